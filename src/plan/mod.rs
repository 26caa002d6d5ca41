//! Rules × schema → actions. Cold, and rich in errors: all mistakes are found before the first byte of data is written,
//! and told at once.

pub mod action;
pub mod bind;
pub mod coverage;
pub mod keys;
pub mod mistakes;
pub mod planner;
pub mod resolve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub use action::{Copied, CopyFacts, Knowledge, TableAction, TablePlan, Verdict};
pub use planner::Planner;

use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::mask::{Distinct, Mask};
use crate::name::{Name, RelationName};
use crate::rewrite::{RowProgram, Step};
use crate::rules::Rules;

/// What a run will do to each table and column.
#[derive(Debug)]
pub struct Plan {
    /// Every relation of the schema.
    relations: HashMap<RelationName, RelationPlan>,
    /// The partitions and heirs of each relation, all the way down.
    heirs: HashMap<RelationName, Vec<RelationName>>,
    rules: Arc<Rules>,
    charset: Charset,
    knowledge: Knowledge,
    unlisted: Vec<(RelationName, Name)>,
    remarks: Vec<String>,
    /// Nothing was known of the dump's tables when the plan was made: a pipe without DDL.
    blind: bool,
}

/// What happens to one relation.
#[derive(Debug, Default)]
struct RelationPlan {
    skip: bool,
    /// Its columns in the order of CREATE TABLE, and whether each is generated.
    order: Vec<(Name, bool)>,
    masked: HashMap<Name, ColumnPlan>,
}

/// A column that a mask changes.
#[derive(Clone, Debug)]
struct ColumnPlan {
    mask: Arc<dyn Mask>,
    name: &'static str,
    distinct: Distinct,
    takes_empty: bool,
    fingerprint: String,
    /// The rule, for errors about what it breaks.
    at: crate::error::At,
}

impl Plan {
    /// What is done with a COPY block.
    ///
    /// # Errors
    /// Rows of a masked table that cannot be masked as they stand: in another encoding, with options, with columns that
    /// the schema has not.
    pub fn copy(&self, facts: &CopyFacts<'_>) -> Result<TablePlan> {
        let Some(relation) = self.relations.get(facts.relation) else { return self.copy_unknown(facts) };
        if relation.skip {
            return Ok(TablePlan::skip());
        }
        if relation.masked.is_empty() {
            return Ok(TablePlan::pass());
        }
        let fault =
            |fault| Error::Data { place: Place { table: Some(facts.relation.clone()), byte: Some(facts.byte), ..Place::default() }, fault };
        if facts.options {
            return Err(fault(Fault::BadStatement("COPY without options: the rows of a masked table must be COPY text")));
        }
        if facts.charset != self.charset {
            return Err(fault(Fault::Unsupported("a second client_encoding in one dump")));
        }
        let all: Vec<Name> = relation.order.iter().filter(|(_, generated)| !generated).map(|(name, _)| name.clone()).collect();
        let columns = facts.columns.unwrap_or(&all);
        if let Some(unknown) = columns.iter().find(|column| !relation.order.iter().any(|(name, _)| name == *column)) {
            let place =
                Place { table: Some(facts.relation.clone()), column: Some(unknown.clone()), byte: Some(facts.byte), ..Place::default() };
            return Err(Error::Data { place, fault: Fault::UnknownColumn });
        }
        Ok(self.program(relation, columns))
    }

    fn program(&self, relation: &RelationPlan, columns: &[Name]) -> TablePlan {
        let mut steps = Vec::new();
        for (field, column) in columns.iter().enumerate() {
            if let Some(plan) = relation.masked.get(column) {
                steps.push(Step {
                    field,
                    column: column.clone(),
                    mask_name: plan.name,
                    mask: Arc::clone(&plan.mask),
                    takes_empty: plan.takes_empty,
                });
            }
        }
        if steps.is_empty() {
            return TablePlan::pass();
        }
        let masks = steps.iter().map(|step| (step.column.clone(), step.mask_name)).collect();
        let program = RowProgram { fields: columns.len(), steps, charset: self.charset };
        TablePlan { action: TableAction::Mask, program: Some(Arc::new(program)), columns: masks }
    }

    /// A table without CREATE TABLE: a configuration table of an extension, or a dump without its schema.
    fn copy_unknown(&self, facts: &CopyFacts<'_>) -> Result<TablePlan> {
        match resolve::unknown_relation(&self.rules, facts.relation, facts.columns)? {
            TableAction::Skip => Ok(TablePlan::skip()),
            TableAction::Pass | TableAction::Mask => Ok(TablePlan::pass()),
        }
    }

    /// What is done with an INSERT into a table.
    ///
    /// # Errors
    /// The table is masked: only rows in COPY form are, so far.
    pub fn insert(&self, relation: &RelationName, byte: u64) -> Result<TableAction> {
        let masked = match self.relations.get(relation) {
            Some(found) if found.skip => return Ok(TableAction::Skip),
            Some(found) => !found.masked.is_empty(),
            // Which columns it fills is not looked at, so any rule for columns might be meant.
            None => match resolve::unknown_relation(&self.rules, relation, Some(&[]))? {
                TableAction::Skip => return Ok(TableAction::Skip),
                TableAction::Pass | TableAction::Mask => self.masks_anything(),
            },
        };
        if masked {
            let place = Place { table: Some(relation.clone()), byte: Some(byte), ..Place::default() };
            return Err(Error::Data { place, fault: Fault::MaskedInsert });
        }
        Ok(TableAction::Pass)
    }

    /// Whether any column is masked.
    pub fn masks_anything(&self) -> bool {
        self.relations.values().any(|relation| !relation.skip && !relation.masked.is_empty())
    }

    /// Columns that can hold personal data and that no rule names, where the rules ask for a warning.
    pub fn unlisted(&self) -> &[(RelationName, Name)] {
        &self.unlisted
    }

    /// What the user should know, a line each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The mask of a column, if it has one and its table's rows pass.
    fn mask_of(&self, relation: &RelationName, column: &Name) -> Option<&ColumnPlan> {
        self.relations.get(relation).filter(|found| !found.skip).and_then(|found| found.masked.get(column))
    }

    fn is_skipped(&self, relation: &RelationName) -> bool {
        self.relations.get(relation).is_some_and(|found| found.skip)
    }
}
