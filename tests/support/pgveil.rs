//! The built program: its arguments, its secret, its input from memory, in pieces or bit by bit.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::process::{Outcome, Running, run};

/// The secret of tests that care for none in particular.
pub(crate) const SECRET: &str = "a secret of the tests, thirty-two bytes or more";

/// A run of pgveil, to be told more and then started.
#[derive(Debug)]
pub(crate) struct Pgveil {
    command: Command,
    chunk: usize,
}

impl Pgveil {
    /// `pgveil ARGS…`, with [`SECRET`] and nothing else of the caller's `PGVEIL_…` environment.
    pub(crate) fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Pgveil {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgveil"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PGVEIL_") {
                command.env_remove(name);
            }
        }
        command.env("PGVEIL_SECRET", SECRET).args(args);
        Pgveil { command, chunk: usize::MAX }
    }

    /// One more argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Pgveil {
        self.command.arg(arg);
        self
    }

    /// More arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Pgveil {
        self.command.args(args);
        self
    }

    /// Another secret; `None`: no secret.
    pub(crate) fn secret(mut self, secret: Option<&str>) -> Pgveil {
        match secret {
            Some(secret) => self.command.env("PGVEIL_SECRET", secret),
            None => self.command.env_remove("PGVEIL_SECRET"),
        };
        self
    }

    /// One more variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Pgveil {
        self.command.env(name, value);
        self
    }

    /// The directory to run in.
    pub(crate) fn current_dir(mut self, dir: &Path) -> Pgveil {
        self.command.current_dir(dir);
        self
    }

    /// Writes the input in pieces of this many bytes, one `write` each. The kernel may hand several to one `read`.
    pub(crate) fn chunk(mut self, bytes: usize) -> Pgveil {
        self.chunk = bytes;
        self
    }

    /// Heeds SIGTERM, SIGINT and SIGHUP even where whoever runs the tests ignores one (nohup, a shell's background job):
    /// what is ignored is inherited, and pgveil leaves it so.
    pub(crate) fn heeding_signals(mut self) -> Pgveil {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        let any = [Signal::TERM, Signal::INT, Signal::HUP].iter().any(|signal| ignored >> (signal.as_raw() - 1) & 1 == 1);
        if any {
            // The standard library resets none but SIGPIPE; env of GNU coreutils 8.31 does.
            let mut command = Command::new("env");
            command.arg("--default-signal=TERM,INT,HUP").arg(self.command.get_program()).args(self.command.get_args());
            for (name, value) in self.command.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            if let Some(folder) = self.command.get_current_dir() {
                command.current_dir(folder);
            }
            self.command = command;
        }
        self
    }

    /// Runs to the end with this on standard input.
    #[track_caller]
    pub(crate) fn run(self, input: impl AsRef<[u8]>) -> Outcome {
        run(self.command, input.as_ref(), self.chunk)
    }

    /// Starts it and leaves the input to the caller.
    #[track_caller]
    pub(crate) fn start(self) -> Running {
        Running::start(self.command)
    }
}
