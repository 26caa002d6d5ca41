//! UNIQUE, primary keys, unique indexes, exclusion: do the new values keep them true.
//!
//! A key holds if its members stay as distinct as they were, or if one of them becomes NULL in every row (PostgreSQL
//! compares no row that holds a NULL, `_bt_check_unique` in nbtinsert.c), or if the members that stay distinct hold
//! another whole key. An expression over a masked column is never trusted, nor one that reads a column that becomes NULL:
//! `coalesce(email, '')` is then the same in each row.

use super::{ColumnPlan, Plan, bind, target};
use crate::error::RuleError;
use crate::mask::Distinct;
use crate::name::{Name, RelationName};
use crate::schema::catalogue::{Catalogue, ConstraintKind, KeyMember, Relation, UniqueKey};

/// A mask that may break a key.
struct Loss<'p> {
    plan: &'p ColumnPlan,
    column: &'p Name,
    /// What it does to the key.
    why: &'static str,
    /// Whether a mask that keeps values distinct would do.
    curable: bool,
}

impl Plan {
    /// Judges a unique key over all tables whose rows it holds for. Where it is not the `last` word, a loss that another
    /// key may make good passes.
    pub(super) fn judge_unique(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        name: &str,
        key: &UniqueKey,
        last: bool,
    ) -> Result<(), RuleError> {
        for table in self.holders(relation).filter(|table| !self.is_skipped(table)) {
            let Some(loss) = self.loss(last.then_some(catalogue), table, key) else { continue };
            let kept = if key.exclusion { Vec::new() } else { self.kept(table, key) };
            let saved = if last {
                catalogue.relations.get(relation).is_some_and(|found| holds_another(found, key, &kept))
            } else {
                !kept.is_empty()
            };
            if !saved {
                return Err(self.lost(catalogue, relation, table, name, key, &loss));
            }
        }
        Ok(())
    }

    /// The first mask on a table's columns that may break a key. The catalogue is given where it has the last word.
    fn loss<'a>(&'a self, catalogue: Option<&Catalogue>, table: &RelationName, key: &'a UniqueKey) -> Option<Loss<'a>> {
        let plain = |member: &KeyMember| match member {
            KeyMember::Column(column) | KeyMember::Folded(column) => {
                self.mask_of(table, column).is_some_and(|plan| plan.distinct == Distinct::Nulls)
            }
            KeyMember::Expression(_) => false,
        };
        if !key.primary && !key.nulls_equal && !key.exclusion && key.members.iter().any(plain) {
            return None;
        }
        key.members.iter().find_map(|member| self.member_loss(catalogue, table, member, key)).or_else(|| self.predicate_loss(table, key))
    }

    fn member_loss<'a>(
        &'a self,
        catalogue: Option<&Catalogue>,
        table: &RelationName,
        member: &'a KeyMember,
        key: &UniqueKey,
    ) -> Option<Loss<'a>> {
        let column = match member {
            KeyMember::Column(column) | KeyMember::Folded(column) => column,
            KeyMember::Expression(columns) => {
                let (column, plan) = columns.iter().find_map(|column| Some((column, self.mask_of(table, column)?)))?;
                return Some(Loss { plan, column, why: "changes what is computed from column", curable: false });
            }
        };
        let plan = self.mask_of(table, column)?;
        let (why, curable) = match plan.distinct {
            _ if key.exclusion => ("changes values in column", false),
            Distinct::Same | Distinct::Kept => return None,
            Distinct::Follows(bits) if self.follows_keys(catalogue, table, plan, bits) => return None,
            Distinct::Lost | Distinct::Follows(_) => ("may make equal values in column", true),
            Distinct::Nulls if key.primary => ("makes NULL in column", true),
            Distinct::Nulls => ("makes equal NULLs in column", true),
        };
        Some(Loss { plan, column, why, curable })
    }

    /// Whether one of the readings makes a mask's values distinct. Until all keys are known it may.
    fn follows_keys(&self, catalogue: Option<&Catalogue>, table: &RelationName, plan: &ColumnPlan, bits: u64) -> bool {
        catalogue.is_none_or(|catalogue| (0..64).any(|n| bits >> n & 1 == 1 && self.follows_key(catalogue, table, plan, n)))
    }

    /// Whether a mask's values are distinct because the column that they come from is a key by itself: in its original
    /// values, or in the row's new ones where those are still distinct.
    fn follows_key(&self, catalogue: &Catalogue, table: &RelationName, plan: &ColumnPlan, reading: usize) -> bool {
        let (Some(read), Some(relation)) = (plan.reads.get(reading), catalogue.relations.get(table)) else { return false };
        let column = Name::new(read.of.clone());
        let still =
            !read.masked || self.mask_of(table, &column).is_none_or(|other| matches!(other.distinct, Distinct::Same | Distinct::Kept));
        let whole = |key: &&UniqueKey| !key.partial && !key.exclusion && key.members[..] == [KeyMember::Column(column.clone())];
        let never_null = relation.column(&column).is_some_and(|found| found.not_null);
        still && never_null && relation.unique_keys().any(|key| whole(&key))
    }

    /// Rows that stood outside a partial index, where values may repeat, may come under it when its WHERE reads other
    /// values. A mask leaves NULL as NULL, and but for `null` it makes none: a mere test for NULL is safe from the others.
    fn predicate_loss<'a>(&'a self, table: &RelationName, key: &'a UniqueKey) -> Option<Loss<'a>> {
        let moves = |column: &'a Name| {
            let plan = self.mask_of(table, column)?;
            let safe = key.null_tested.contains(column) && plan.distinct != Distinct::Nulls && !key.exclusion;
            (!safe).then_some(Loss { plan, column, why: "changes which rows come under the index, by column", curable: false })
        };
        key.predicate_columns.iter().find_map(moves)
    }

    /// The columns of a key whose values stay distinct.
    pub(super) fn kept<'k>(&self, table: &RelationName, key: &'k UniqueKey) -> Vec<&'k Name> {
        let columns = key.members.iter().filter_map(|member| match member {
            KeyMember::Column(column) => Some(column),
            KeyMember::Folded(_) | KeyMember::Expression(_) => None,
        });
        columns
            .filter(|column| self.mask_of(table, column).is_none_or(|plan| matches!(plan.distinct, Distinct::Same | Distinct::Kept)))
            .collect()
    }

    fn lost(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        table: &RelationName,
        name: &str,
        key: &UniqueKey,
        loss: &Loss<'_>,
    ) -> RuleError {
        let kind = match key {
            UniqueKey { primary: true, .. } => "primary key",
            UniqueKey { exclusion: true, .. } => "exclusion constraint",
            UniqueKey { .. } => "unique key",
        };
        let needs = if key.exclusion { "refuses rows by those values" } else { "needs distinct values" };
        let column = catalogue.relations.get(table).and_then(|found| found.column(loss.column));
        let masks = column.filter(|_| loss.curable).map(|column| bind::distinct_masks(&target::target(catalogue, self.charset, column)));
        let help = match masks.as_deref() {
            None | Some(["keep"]) => "use \"keep\" for the column, or skip the table".to_owned(),
            Some(names) => format!("masks that keep values distinct: {}", names.join(", ")),
        };
        RuleError {
            at: Some(loss.plan.at.clone()),
            message: format!("mask {:?} {} {}, but {kind}{name} of {relation} {needs}", loss.plan.name, loss.why, loss.column),
            help: Some(help),
        }
    }
}

/// Whether columns that stay distinct hold another key of the table, which then keeps all rows apart that `key` compares.
pub(super) fn holds_another(relation: &Relation, key: &UniqueKey, kept: &[&Name]) -> bool {
    relation.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::Unique(other) if !other.partial && !other.exclusion && !other.members.is_empty() => {
            other.members.iter().all(|member| match member {
                // Two rows with NULL here are equal for neither key, unless only `key` takes NULLs for equal.
                KeyMember::Column(column) | KeyMember::Folded(column) => {
                    let apart = !key.nulls_equal
                        || other.primary
                        || other.nulls_equal
                        || relation.column(column).is_some_and(|found| found.not_null);
                    apart && kept.contains(&column)
                }
                KeyMember::Expression(_) => false,
            })
        }
        ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. } => false,
    })
}
