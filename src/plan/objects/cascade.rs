//! What goes because something else goes.

use super::names::parts;
use super::seeds::is_table_like;
use super::{Because, Objects};
use crate::error::RuleError;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object, Part};

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
        if let Some(torn) = self.torn_default(facts) {
            return vec![torn];
        }
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
        facts.parts.iter().filter_map(|part| self.torn_part(facts, part)).collect()
    }

    /// A part of CREATE TABLE that needs what is gone.
    fn torn_part(&self, facts: &Facts, part: &Part) -> Option<RuleError> {
        let mut missing = part.needs.iter().filter_map(|need: &Need| self.missing(need));
        // A default goes with its sequence, or with a schema.
        let missing = missing.find(|missing| part.default.is_none() || self.is_called(missing))?;
        let table = facts.about.first().map(ToString::to_string).unwrap_or_default();
        let what = part.column.as_ref().map_or_else(|| format!("table {table}"), |column| format!("column {column} of {table}"));
        let of = if part.default.is_some() { "the default of " } else { "" };
        Some(self.refused(&format!("{of}{what}"), &missing, &table))
    }

    /// SET DEFAULT by a function that is left out, on a table that stays.
    fn torn_default(&self, facts: &Facts) -> Option<RuleError> {
        if facts.kind != Kind::Default || facts.aspect != Aspect::Definition {
            return None;
        }
        let missing: Vec<Object> = facts.needs.iter().filter_map(|need| self.missing(need)).collect();
        let table = facts.needs.iter().find_map(|need| match need {
            Need::Object(table @ Object::Relation(_)) if self.kinds.get(table).copied().is_some_and(is_table_like) => {
                Some(table.to_string())
            }
            _ => None,
        })?;
        // With its table it goes, whatever else it needs.
        let only_called = missing.iter().all(|missing| self.is_called(missing));
        missing.first().filter(|_| only_called).map(|missing| self.refused(&format!("a default of {table}"), missing, &table))
    }

    /// Whether it is a function that `[objects]` names or means by its kind: defaults that call it cannot be left out, since
    /// rows that come later would be others than meant.
    fn is_called(&self, missing: &Object) -> bool {
        matches!(missing, Object::Routine(..))
            && self.kinds.get(missing).is_some_and(|kind| self.rules.leaves_object(kind.word(), Some(parts(missing))).is_some())
    }

    fn refused(&self, what: &str, missing: &Object, table: &str) -> RuleError {
        let because = self.gone.get(missing).map_or_else(String::new, |because| self.words(because));
        RuleError {
            at: None,
            message: format!("{what} needs {missing}, which is left out ({because})"),
            help: Some(format!("leave {table} out too, or keep {missing}")),
        }
    }
}
