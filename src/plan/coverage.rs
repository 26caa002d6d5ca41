//! Columns that can hold personal data and that no rule names.

use std::collections::BTreeSet;

use crate::encoding::Charset;
use crate::error::{Error, Result};
use crate::mask::fit::Kind;
use crate::name::{Name, RelationName};
use crate::schema::catalogue::{Catalogue, Column, ConstraintKind, Relation};

/// Whether a column can hold personal data, by its type: text, documents, dates, addresses, fractions, arrays and
/// whatever is not known; not integers, booleans, uuids, enums, nor the columns of a foreign key of those types.
pub fn can_be_personal(catalogue: &Catalogue, relation: &Relation, column: &Column) -> bool {
    if column.generated {
        return false;
    }
    let resolved = catalogue.base_type(&column.data_type);
    if resolved.array {
        return true;
    }
    if resolved.labels().is_some() {
        return false;
    }
    let foreign = relation.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => key.columns.contains(&column.name),
        ConstraintKind::Unique(_) | ConstraintKind::Check { .. } => false,
    });
    match super::target::target(catalogue, Charset::Utf8, column).kind {
        Kind::Integer(_) | Kind::Boolean | Kind::Uuid | Kind::Enum(_) => false,
        Kind::Other => !foreign && !is_plainly_technical(resolved.base.name.as_str()),
        // numeric(p) and numeric(p,0) are integers, and so is what is rounded before the point.
        Kind::Numeric(digits) => digits.is_none_or(|digits| digits.scale > 0),
        _ => true,
    }
}

/// Types of PostgreSQL's own that hold identities of its objects, not of people.
fn is_plainly_technical(name: &str) -> bool {
    name.starts_with("reg")
        || matches!(name, "oid" | "xid" | "xid8" | "cid" | "tid" | "pg_lsn" | "txid_snapshot" | "pg_snapshot" | "bit" | "varbit")
}

/// Columns that no rule names, where those that a table has from a parent are told of the parent: a rule there covers all.
#[derive(Debug, Default)]
pub struct Unnamed(BTreeSet<(RelationName, usize, Name)>);

impl Unnamed {
    /// Notes a column of a table whose rows pass. `ancestors` come nearest first.
    pub fn note(&mut self, catalogue: &Catalogue, relation: &RelationName, ancestors: &[RelationName], column: &Name) {
        let place = |name: &RelationName| catalogue.relations.get(name)?.columns.iter().position(|found| found.name == *column);
        let top = ancestors.iter().rev().find_map(|name| Some((name, place(name)?)));
        let (top, index) = top.unwrap_or_else(|| (relation, place(relation).unwrap_or(usize::MAX)));
        self.0.insert((top.clone(), index, column.clone()));
    }

    /// Takes a column back: it got a mask without a rule.
    pub fn forget(&mut self, relation: &RelationName, column: &Name) {
        self.0.retain(|(known, _, name)| known != relation || name != column);
    }

    /// All of them, by their tables' names and there in the order of CREATE TABLE.
    pub fn into_list(self) -> Vec<(RelationName, Name)> {
        self.0.into_iter().map(|(relation, _, column)| (relation, column)).collect()
    }
}

/// The error of `unlisted = "error"`, where there are such columns.
pub fn refuse(columns: &[(RelationName, Name)]) -> Result<()> {
    let what = match columns.len() {
        0 => return Ok(()),
        1 => "one column can hold personal data and has no rule".to_owned(),
        many => format!("{many} columns can hold personal data and have no rule"),
    };
    Err(Error::Policy(format!("{what}: {}; give each a rule, \"keep\" where it may pass", list(columns))))
}

/// Names columns for an error or a summary: the first few, and how many more.
pub fn list(columns: &[(RelationName, Name)]) -> String {
    const TOLD: usize = 20;
    let mut told: Vec<String> = columns.iter().take(TOLD).map(|(relation, column)| format!("{relation}.{column}")).collect();
    if columns.len() > TOLD {
        told.push(format!("and {} more", columns.len() - TOLD));
    }
    told.join(", ")
}
