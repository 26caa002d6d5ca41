//! Foreign keys: are both ends masked alike, and are the rows that they point at still there.
//!
//! A row that holds a NULL in a foreign key points at nothing (MATCH SIMPLE, the default). MATCH FULL is not told apart:
//! of a key of several columns it refuses rows that hold some NULLs.

use super::action::Verdict;
use super::{ColumnPlan, Plan};
use crate::error::{At, RuleError};
use crate::mask::Distinct;
use crate::name::{Name, RelationName};
use crate::rules::Unsatisfied;
use crate::schema::catalogue::{Catalogue, ForeignKey, RelationKind};

impl Plan {
    /// Judges a foreign key. Where it is not the `last` word, a key that names no columns waits for the primary key that
    /// it means.
    pub(super) fn judge_foreign(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        name: &str,
        key: &ForeignKey,
        last: bool,
    ) -> Result<Verdict, RuleError> {
        // The key goes with either of its tables.
        if self.no_foreign_keys || self.is_dropped(relation) || self.is_dropped(&key.references) {
            return Ok(Verdict::Holds);
        }
        let ours: Vec<&RelationName> = self.holders(relation).filter(|table| !self.is_skipped(table)).collect();
        if ours.iter().all(|table| self.points_nowhere(table, key)) {
            return Ok(Verdict::Holds);
        }
        let theirs: Vec<&RelationName> = self.holders(&key.references).filter(|table| !self.is_skipped(table)).collect();
        let gone = self.holders(&key.references).find_map(|table| Some((table, self.leaves_out(table)?)));
        match catalogue.referenced_columns(key) {
            None if !last => {}
            // The rows that are left are still joined with ours.
            referenced if !theirs.is_empty() => {
                let referenced = referenced.unwrap_or_default();
                for (i, column) in key.columns.iter().enumerate() {
                    self.same_treatment(&ours, column, &theirs, referenced.get(i))
                        .map_or(Ok(()), |plan| Err(differs(relation, column, &key.references, referenced.get(i), name, plan)))?;
                    self.same_padding(catalogue, (relation, &ours, column), &key.references, referenced.get(i), name)?;
                }
            }
            _ => {}
        }
        match gone {
            None => Ok(Verdict::Holds),
            Some((table, at)) => self.points_at_gone(catalogue, relation, name, table, at),
        }
    }

    /// Whether every row of a table that passes has a NULL in a foreign key.
    fn points_nowhere(&self, table: &RelationName, key: &ForeignKey) -> bool {
        key.columns.iter().any(|column| self.mask_of(table, column).is_some_and(|plan| plan.distinct == Distinct::Nulls))
    }

    /// A foreign key that may point at rows which are left out.
    ///
    /// Before version 18 PostgreSQL takes no NOT VALID on a partitioned table (`ATAddForeignKeyConstraint` in
    /// tablecmds.c); that the table it points at is partitioned does not matter.
    fn points_at_gone(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        name: &str,
        gone: &RelationName,
        at: Option<&At>,
    ) -> Result<Verdict, RuleError> {
        let rows = || format!("{} of {gone} are left out", self.which_rows(gone));
        let policy = self.rules.unsatisfied.as_ref();
        match policy.map_or(Unsatisfied::NotValid, |policy| policy.value) {
            Unsatisfied::NotValid => {}
            Unsatisfied::Drop => return Ok(Verdict::Leave(format!("{}, and unsatisfied = \"drop\"", rows()))),
            Unsatisfied::Keep => {
                let what =
                    format!("foreign key{name} of {relation} is kept as it is, though {}; its restore fails where one is missing", rows());
                return Ok(Verdict::Kept(what));
            }
            Unsatisfied::Error => {
                return Err(RuleError {
                    at: policy.map(|policy| policy.at.clone()),
                    message: format!("foreign key{name} of {relation} may point at nothing: {}", rows()),
                    help: Some("unsatisfied = \"not_valid\" keeps it unchecked, \"drop\" leaves it out".into()),
                });
            }
        }
        if catalogue.relations.get(relation).map(|found| found.kind) != Some(RelationKind::Partitioned) {
            return Ok(Verdict::NotValid(format!(
                "foreign key{name} of {relation} is kept as NOT VALID: {} of {gone} are left out",
                self.which_rows(gone)
            )));
        }
        Err(RuleError {
            at: at.cloned(),
            message: format!(
                "{} of {gone} are left out, but foreign key{name} of the partitioned table {relation} points at them, and PostgreSQL before 18 takes no NOT VALID there",
                self.which_rows(gone)
            ),
            help: Some(format!("leave out the rows of {relation} too")),
        })
    }

    /// Whether rows of a table are left out, and the rule that says so.
    fn leaves_out(&self, table: &RelationName) -> Option<Option<&At>> {
        self.relations.get(table)?.leaves_out()
    }

    fn which_rows(&self, table: &RelationName) -> &'static str {
        if self.is_skipped(table) { "the rows" } else { "rows" }
    }

    /// Refuses a mask on text that points at char(n). PostgreSQL compares the two as char(n), without the blanks at the end
    /// (`ATAddForeignKeyConstraint` in tablecmds.c takes the operators of the column pointed at, `bpchareq` in varchar.c),
    /// so that texts which differ in these blanks are one key; to a mask they are two values. The other way round they are
    /// compared as text, of which char(n) has no blanks at the end.
    fn same_padding(
        &self,
        catalogue: &Catalogue,
        (relation, ours, column): (&RelationName, &[&RelationName], &Name),
        other: &RelationName,
        other_column: Option<&Name>,
        name: &str,
    ) -> Result<(), RuleError> {
        let padded = |relation: &RelationName, column: &Name| {
            let column = catalogue.relations.get(relation)?.column(column)?;
            let base = catalogue.base_type(&column.data_type).base;
            Some(base.schema.as_str() == "pg_catalog" && base.name.as_str() == "bpchar")
        };
        let Some(other_column) = other_column else { return Ok(()) };
        if (padded(relation, column), padded(other, other_column)) != (Some(false), Some(true)) {
            return Ok(());
        }
        let masked = ours.iter().find_map(|table| self.mask_of(table, column).filter(|plan| plan.distinct != Distinct::Nulls));
        masked.map_or(Ok(()), |plan| {
            Err(RuleError {
                at: Some(plan.at.clone()),
                message: format!(
                    "foreign key{name} joins {relation}.{column} with {other}.{other_column}, but one is text and the other char(n): blanks at the end count for mask {:?}, and not for the key",
                    plan.name
                ),
                help: Some("keep both columns, or leave the keys out with --no-foreign-keys".into()),
            })
        })
    }

    /// The mask, if there is one, that makes a column of our tables and its column in theirs differ.
    fn same_treatment(&self, ours: &[&RelationName], column: &Name, theirs: &[&RelationName], other: Option<&Name>) -> Option<&ColumnPlan> {
        let treatments: Vec<Option<&ColumnPlan>> = match other {
            Some(other) => theirs.iter().map(|table| self.mask_of(table, other)).collect(),
            // Nobody says what it is joined with: only a column that stays as it is can be right.
            None => vec![None],
        };
        ours.iter().map(|table| self.mask_of(table, column)).find_map(|our| {
            if our.is_some_and(|plan| plan.distinct == Distinct::Nulls) {
                return None;
            }
            let differs = |their: &&Option<&ColumnPlan>| our.map(|plan| &plan.fingerprint) != their.map(|plan| &plan.fingerprint);
            treatments.iter().find(differs).and_then(|their| our.or(*their))
        })
    }
}

fn differs(
    relation: &RelationName,
    column: &Name,
    other: &RelationName,
    other_column: Option<&Name>,
    name: &str,
    plan: &ColumnPlan,
) -> RuleError {
    let theirs = other_column.map_or_else(|| format!("the primary key of {other}"), |column| format!("{other}.{column}"));
    RuleError {
        at: Some(plan.at.clone()),
        message: format!("foreign key{name} joins {relation}.{column} with {theirs}, but mask {:?} does not treat both alike", plan.name),
        help: Some("give both columns the same mask, options and domain; if they have them, their types differ in length".into()),
    }
}
