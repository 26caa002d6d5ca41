//! Mistakes, gathered over all tables, so that one run tells them all and each once.

use std::collections::BTreeMap;

use crate::error::{At, Error, Result, RuleError};

/// Mistakes on their way to the user.
#[derive(Debug, Default)]
pub struct Mistakes {
    /// By place and kind: the first, and how many more of the same.
    found: BTreeMap<(Option<At>, String), (RuleError, usize)>,
}

impl Mistakes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes a mistake. Those with the same place and kind are told once, with a count.
    pub fn add(&mut self, at: Option<&At>, kind: &str, message: String, help: Option<String>) {
        let mistake = RuleError { at: at.cloned(), message, help };
        self.found.entry((at.cloned(), kind.to_owned())).and_modify(|(_, more)| *more += 1).or_insert((mistake, 0));
    }

    /// Notes whatever a rule error holds.
    pub fn absorb(&mut self, error: Error) -> Result<()> {
        match error {
            Error::Rules(mistakes) => {
                for mistake in mistakes {
                    let kind = mistake.message.clone();
                    self.add(mistake.at.as_ref(), &kind, mistake.message, mistake.help);
                }
                Ok(())
            }
            other => Err(other),
        }
    }

    /// All of them as one error, if there are any.
    pub fn into_result(self) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let told = self.found.into_values().map(|(mut mistake, more)| {
            match more {
                0 => {}
                1 => mistake.message.push_str(" (and one more column)"),
                more => mistake.message.push_str(&format!(" (and {more} more columns)")),
            }
            mistake
        });
        Err(Error::Rules(told.collect()))
    }
}
