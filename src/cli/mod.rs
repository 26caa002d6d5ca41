//! Wiring only: one file a command. It sees everything; nobody sees it.

pub mod also;
pub mod args;
pub mod choose;
pub mod copy;
pub mod exit;
pub mod filter;
pub mod inputs;
pub mod job;
pub mod masks;
pub mod pages;
mod readings;
pub mod reveal;
pub mod say;
pub mod target;
pub mod targets;
pub mod verify;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};

/// How wide help is where no terminal says its width: the same on every machine.
const WIDTH: usize = 100;

/// The program: reads the command line, does what it says, gives the status to end with.
pub fn main() -> ExitCode {
    say::watch_panics();
    ExitCode::from(match parse() {
        Ok(cli) => run(cli),
        Err(error) => refused(&error),
    })
}

/// The definitions, with help as wide as the terminal.
fn command() -> clap::Command {
    let command = Cli::command();
    if io::stdout().is_terminal() { command } else { command.term_width(WIDTH) }
}

fn parse() -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&command().try_get_matches()?)
}

fn run(cli: Cli) -> u8 {
    let done = match cli.command {
        Command::Filter(args) => return filter::filter(&args),
        Command::Masks(args) => masks::masks(&args),
        Command::Reveal(args) => reveal::reveal(&args),
        Command::Verify(args) => {
            return verify::verify(&args).unwrap_or_else(|error| {
                say::error(&error);
                exit::status(&error)
            });
        }
        Command::Presets(args) => pages::presets(&args),
        Command::Completions(args) => pages::completions(&args),
        Command::Man(args) => pages::man(&args),
    };
    match done {
        Ok(()) => exit::DONE,
        Err(error) => {
            say::error(&error);
            exit::status(&error)
        }
    }
}

/// Prints what clap says of a command line: help on standard output, mistakes on standard error.
fn refused(error: &clap::Error) -> u8 {
    match error.print() {
        Err(printing) if printing.kind() == io::ErrorKind::BrokenPipe => exit::CLOSED_PIPE,
        _ if error.use_stderr() => exit::USAGE,
        _ => exit::DONE,
    }
}
