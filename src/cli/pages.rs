//! Texts that the program prints about itself: completions, man pages, presets.

use std::fmt::Write as _;

use clap::builder::Resettable;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::{Completions, Man as ManArgs, Presets};
use super::{command, say};
use crate::error::{Error, Result};
use crate::name::nearest;
use crate::rules;

/// `pgveil completions SHELL`
pub fn completions(args: &Completions) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "pgveil", &mut text);
    say::answer(&text)
}

/// `pgveil man [COMMAND]`
pub fn man(args: &ManArgs) -> Result<()> {
    say::answer(&page(args.command.as_deref())?)
}

/// A man page in roff.
fn page(wanted: Option<&str>) -> Result<Vec<u8>> {
    let mut whole = command().disable_help_flag(true);
    whole.build();
    let subject = match wanted {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(unknown("command", name, whole.get_subcommands().map(clap::Command::get_name).collect())),
        },
    };
    let notes = subject.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let subject = subject.after_help(Resettable::Reset).after_long_help(Resettable::Reset);
    let mut text = Vec::new();
    let source = format!("pgveil {}", env!("CARGO_PKG_VERSION"));
    let page = Man::new(subject).source(source).render(&mut text);
    page.and_then(|()| sections(&notes).to_writer(&mut text)).map_err(|error| Error::io("write the man page", error))?;
    Ok(text)
}

/// The paragraphs of the long help as sections of their own, with their lines as they are.
fn sections(notes: &str) -> Roff {
    let mut sections = Roff::new();
    for paragraph in notes.split("\n\n") {
        let (head, body) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        sections.control("SH", [head.trim_end_matches(':').to_uppercase().as_str()]).control("nf", []);
        for line in body.lines() {
            sections.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        sections.control("fi", []);
    }
    sections
}

/// `pgveil presets [NAME]`
pub fn presets(args: &Presets) -> Result<()> {
    let all = rules::presets();
    let Some(wanted) = &args.name else {
        let width = all.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for preset in all {
            let _ = writeln!(text, "{:width$}  {}", preset.name, preset.summary());
        }
        return say::answer(text.as_bytes());
    };
    let name = wanted.strip_prefix("preset:").unwrap_or(wanted);
    match all.iter().find(|preset| preset.name == name) {
        Some(preset) => say::answer(preset.text.as_bytes()),
        None => Err(unknown("preset", name, all.iter().map(|preset| preset.name).collect())),
    }
}

/// A name that is not there, with those that are.
pub(super) fn unknown(what: &str, name: &str, known: Vec<&str>) -> Error {
    let near = nearest(name, known.iter().copied()).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
    Error::Usage(format!("unknown {what} {name:?}, expected one of {}{near}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let main = String::from_utf8(page(None).expect("renders")).expect("text");
        assert!(main.contains(".TH pgveil 1"), "{main}");
        assert!(!main.contains("EXTRA"), "{main}");
        assert!(main.contains(".SH \"EXIT STATUS\"\n.nf\n0    done\n"), "{main}");
        for command in command().get_subcommands() {
            let text = String::from_utf8(page(Some(command.get_name())).expect("renders")).expect("text");
            assert!(text.contains(&format!("pgveil\\-{}", command.get_name())), "{text}");
        }
        let error = page(Some("filte")).expect_err("unknown").to_string();
        assert!(
            error.starts_with("unknown command \"filte\", expected one of filter, ") && error.ends_with("did you mean \"filter\"?"),
            "{error}"
        );
    }

    #[test]
    fn every_shell_has_completions() {
        for shell in <clap_complete::Shell as clap::ValueEnum>::value_variants() {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command(), "pgveil", &mut text);
            let text = String::from_utf8(text).expect("text");
            assert!(text.contains("schema-file"), "{shell}");
        }
    }
}
