//! Mistakes, gathered over all tables, so that one run tells them all, by place, and each once.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{At, Error, Result, RuleError};
use crate::figures::number;
use crate::name::RelationName;

/// Mistakes on their way to the user.
#[derive(Debug, Default)]
pub struct Mistakes {
    /// By place and kind.
    found: BTreeMap<(Option<At>, String), Told>,
}

/// Mistakes of one rule and one kind: those of the first table are told, the other tables are counted.
#[derive(Debug, Default)]
struct Told {
    first: Option<RelationName>,
    mistakes: Vec<RuleError>,
    others: BTreeSet<RelationName>,
}

impl Mistakes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes a mistake about a table, or (`None`) about none in particular.
    pub fn add(&mut self, kind: &str, relation: Option<&RelationName>, mistake: RuleError) {
        let told = self.found.entry((mistake.at.clone(), kind.to_owned())).or_default();
        if told.mistakes.is_empty() {
            told.first = relation.cloned();
        }
        if told.first.as_ref() != relation {
            told.others.extend(relation.cloned());
        } else if !told.mistakes.contains(&mistake) {
            told.mistakes.push(mistake);
        }
    }

    /// All of them as one error, if there are any.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        Err(Error::Rules(self.found.into_values().flat_map(Told::counted).collect()))
    }
}

impl Told {
    fn counted(mut self) -> Vec<RuleError> {
        if let Some(last) = self.mistakes.last_mut() {
            last.message.push_str(&more_tables(self.others.len()));
        }
        self.mistakes
    }
}

/// What stands behind a message that holds for `more` tables besides the one it names.
pub fn more_tables(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " (and in one more table)".to_owned(),
        more => format!(" (and in {} more tables)", number(more as u64)),
    }
}
