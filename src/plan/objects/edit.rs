//! Statements that pass with a part less, and what undoes a statement that has passed.

use super::Objects;
use crate::schema::object::{Aspect, Facts, Kind, Object};

impl Objects {
    /// CREATE TABLE without the defaults that need what is gone; `None` where none does.
    pub(super) fn without_defaults(&self, facts: &Facts, sql: &str) -> Option<String> {
        let mut cuts: Vec<std::ops::Range<usize>> = facts
            .parts
            .iter()
            .filter(|part| part.needs.iter().any(|need| self.missing(need).is_some()))
            .filter_map(|part| part.default.clone())
            .collect();
        if cuts.is_empty() {
            return None;
        }
        cuts.sort_by_key(|cut| cut.start);
        let mut text = String::with_capacity(sql.len());
        let mut from = 0;
        for cut in cuts {
            // With the blank before it.
            text.push_str(sql.get(from..cut.start)?.trim_end());
            from = cut.end;
        }
        text.push_str(sql.get(from..)?);
        Some(text)
    }

    /// A view of which a stand-in has passed, before it was known what it reads: the stand-in goes again.
    ///
    /// pg_dump writes views that need a primary key, or each other, first with columns of NULLs
    /// (`createDummyViewAsClause` in src/bin/pg_dump/pg_dump.c).
    pub(super) fn undo(&self, facts: &Facts) -> Option<String> {
        let [object @ Object::Relation(view), ..] = &facts.about[..] else { return None };
        let is_view = facts.kind == Kind::View && facts.aspect == Aspect::Definition;
        let undone = is_view && self.passed.contains(object) && self.gone.contains_key(object);
        undone.then(|| format!("DROP VIEW IF EXISTS {} CASCADE;", sql_name(view)))
    }
}

/// A name for a statement: always in quotes, and nothing in it escaped but quotes.
fn sql_name(name: &crate::name::RelationName) -> String {
    let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    format!("{}.{}", quoted(name.schema.as_str()), quoted(name.name.as_str()))
}
