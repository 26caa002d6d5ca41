//! What goes because something else goes.

use super::{Because, Objects};
use crate::error::RuleError;
use crate::schema::object::{Aspect, Facts, Need, Object};

impl Objects {
    /// Takes along whatever cannot be without what is gone, until nothing more goes.
    pub(super) fn cascade(&mut self, said: &[Facts]) {
        if self.gone.is_empty() {
            return;
        }
        loop {
            let before = self.gone.len();
            for facts in said {
                self.follow(facts);
            }
            if self.gone.len() == before {
                return;
            }
        }
    }

    /// Takes along what a statement that comes now creates or ties.
    pub(super) fn take_along(&mut self, facts: &Facts) {
        if self.settled {
            self.seed_late(facts);
        }
        self.follow(facts);
    }

    fn follow(&mut self, facts: &Facts) {
        for (dependent, on) in &facts.links {
            if self.gone.contains_key(on) && !self.gone.contains_key(dependent) {
                self.gone.insert(dependent.clone(), Because::Of(on.clone()));
            }
        }
        if facts.aspect != Aspect::Definition {
            return;
        }
        let first = facts.about.iter().find(|object| self.gone.contains_key(object)).cloned();
        let because = match first {
            // A table's row type goes with the table; it is the same thing.
            Some(object) => self.gone.get(&object).cloned(),
            None => facts.needs.iter().find_map(|need| self.missing(need)).map(Because::Of),
        };
        if let Some(because) = because {
            for object in &facts.about {
                self.gone.entry(object.clone()).or_insert_with(|| because.clone());
            }
        }
    }

    /// What of a statement can neither stay nor go: its objects stay, but a part of them needs what is gone.
    pub(super) fn torn(&self, facts: &Facts) -> Vec<RuleError> {
        let gone = facts.about.iter().filter(|object| self.gone.contains_key(object)).count();
        if gone == facts.about.len() && gone > 0 || facts.needs.iter().any(|need| self.missing(need).is_some()) {
            return Vec::new();
        }
        if let (true, Some(kept)) = (gone > 0, facts.about.iter().find(|object| !self.gone.contains_key(object))) {
            return vec![RuleError {
                at: None,
                message: format!("one statement speaks of {kept}, which stays, and of objects that are left out"),
                help: Some("write it as one statement for each object, as pg_dump does".into()),
            }];
        }
        let torn = facts.parts.iter().filter(|part| part.default.is_none());
        torn.filter_map(|part| {
            let missing: Object = part.needs.iter().find_map(|need: &Need| self.missing(need))?;
            let table = facts.about.first().map(ToString::to_string).unwrap_or_default();
            let what = part.column.as_ref().map_or_else(|| format!("table {table}"), |column| format!("column {column} of {table}"));
            Some(RuleError {
                at: None,
                message: format!(
                    "{what} needs {missing}, which is left out ({})",
                    self.gone.get(&missing).map_or_else(String::new, |because| self.words(because))
                ),
                help: Some(format!("leave {table} out too, or keep {missing}")),
            })
        })
        .collect()
    }
}
