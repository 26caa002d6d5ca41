//! What the program says to the person who runs it: standard error for messages, standard output for what was asked for.
//!
//! A message is one line that begins with `pgveil: `. Control characters in it are escaped, since names come from a
//! dump and paths from anywhere, and neither may move the cursor of the terminal.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic;
use std::path::Path;

use crate::error::{Error, Result};

/// Says one line on standard error.
pub fn line(text: &str) {
    // There is nobody else to tell that standard error is closed.
    let _ = io::stderr().write_all(escaped(text).as_bytes());
}

/// Says why a run failed. A closed pipe needs no words.
pub fn error(error: &Error) {
    error_of(None, error);
}

/// The same, where a file is at fault if the data is.
pub fn error_of(file: Option<&Path>, error: &Error) {
    let file = file.filter(|file| matches!(error, Error::Data { .. }) && *file != Path::new("-"));
    let file = file.map(|file| format!("{}: ", file.display())).unwrap_or_default();
    for text in told(error) {
        line(&format!("{file}{text}"));
    }
}

/// The lines of an error.
fn told(error: &Error) -> Vec<String> {
    match error {
        Error::ClosedPipe => Vec::new(),
        Error::Rules(mistakes) => {
            let mut lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            if lines.len() > 1 {
                lines.push(format!("{} mistakes in the rules", lines.len()));
            }
            lines
        }
        Error::Usage(_) | Error::Data { .. } | Error::Io { .. } | Error::Policy(_) | Error::Interrupted(_) | Error::Abandoned { .. } => {
            vec![error.to_string()]
        }
    }
}

/// A line as it is written.
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 16);
    line.push_str("pgveil: ");
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line.push('\n');
    line
}

/// Writes to standard output what the command was asked for.
pub fn answer(text: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(|error| Error::io("write standard output", error))
}

/// Makes panics say where they happened and nothing else: the text of a panic may hold a piece of a value.
pub fn watch_panics() {
    panic::set_hook(Box::new(|panic| {
        let mut text = String::from("internal error");
        if let Some(place) = panic.location() {
            let _ = write!(text, " at {}:{}", place.file(), place.line());
        }
        let _ = write!(text, "; please report it, with the version ({})", env!("CARGO_PKG_VERSION"));
        line(&text);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RuleError;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(escaped("a\nb\x1b[31mé"), "pgveil: a\\nb\\u{1b}[31mé\n");
    }

    #[test]
    fn each_mistake_has_its_line() {
        let mistake = |message: &str| RuleError { at: None, message: message.into(), help: Some("a remedy".into()) };
        let both = Error::Rules(vec![mistake("one"), mistake("two")]);
        assert_eq!(told(&both), ["one; a remedy", "two; a remedy", "2 mistakes in the rules"]);
        assert_eq!(told(&Error::Rules(vec![mistake("one")])), ["one; a remedy"]);
        assert!(told(&Error::ClosedPipe).is_empty());
    }
}
