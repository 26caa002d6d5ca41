//! Keys under `erase` with `columns`: some rows of a table get other masks than the rest, so a key is compared over values
//! of two kinds.

use crate::error::RuleError;
use crate::mask::Distinct;
use crate::name::{Name, RelationName};
use crate::plan::unique::holds_another;
use crate::plan::{ColumnPlan, Plan, RelationPlan};
use crate::schema::catalogue::{Catalogue, ForeignKey, KeyMember, UniqueKey};

/// Masks whose results are so many that they meet no value of another kind: by 90 bits or more of a hash.
const APART: &[&str] = &["email", "hash", "username", "uuid", "domain_name"];

/// A column that an erasure treats in another way than the other rows.
struct Mixed<'p> {
    column: &'p Name,
    /// `None` where it keeps its values.
    plan: Option<&'p ColumnPlan>,
}

impl RelationPlan {
    /// The columns that an erasure treats in another way than the other rows.
    fn mixed(&self) -> impl Iterator<Item = Mixed<'_>> {
        let erased = self.erase.iter().filter(|_| self.skip.is_none()).flat_map(|erase| erase.columns.iter().flatten());
        erased.filter_map(|(column, plan)| {
            let same = self.masked.get(column).map(|mask| &mask.fingerprint) == plan.as_ref().map(|plan| &plan.fingerprint);
            (!same).then_some(Mixed { column, plan: plan.as_ref() })
        })
    }
}

impl Plan {
    /// Judges a unique key over rows of two kinds. Where it is not the `last` word, a loss that another key may make good
    /// passes.
    pub(in crate::plan) fn judge_erased_unique(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        name: &str,
        key: &UniqueKey,
        last: bool,
    ) -> Result<(), RuleError> {
        for table in self.holders(relation) {
            let Some(found) = self.relations.get(table) else { continue };
            let reads = |column: &Name| {
                let in_member = |member: &KeyMember| match member {
                    KeyMember::Column(own) | KeyMember::Folded(own) => own == column,
                    KeyMember::Expression(columns) => columns.contains(column),
                };
                key.members.iter().any(in_member) || key.predicate_columns.contains(column)
            };
            let plain = |column: &Name| {
                let itself = |member: &KeyMember| matches!(member, KeyMember::Column(own) | KeyMember::Folded(own) if own == column);
                key.members.iter().any(itself) && !key.exclusion
            };
            let safe = |mixed: &Mixed<'_>| {
                plain(mixed.column)
                    && mixed.plan.is_some_and(|plan| match plan.distinct {
                        Distinct::Nulls => !key.primary && !key.nulls_equal,
                        Distinct::Kept => APART.contains(&plan.name),
                        Distinct::Same | Distinct::Lost | Distinct::Follows(_) => false,
                    })
            };
            // One value that is apart keeps the rows apart that have it.
            if found.mixed().any(|mixed| safe(&mixed)) {
                continue;
            }
            let alike = |column: &&Name| !found.mixed().any(|mixed| mixed.column == *column);
            let kept: Vec<&Name> = if key.exclusion { Vec::new() } else { self.kept(table, key).into_iter().filter(alike).collect() };
            let saved = if last {
                catalogue.relations.get(relation).is_some_and(|found| holds_another(found, key, &kept))
            } else {
                !kept.is_empty()
            };
            if let Some(mixed) = found.mixed().find(|mixed| !saved && reads(mixed.column)) {
                let kind = if key.primary { "primary key" } else { "unique key" };
                let message = format!(
                    "erase of {table} changes column {}, but {kind}{name} needs values that differ from those of the rows that stay",
                    mixed.column
                );
                let help = Some("use null, email, hash or uuid for the column, or leave the rows out: erase without columns".into());
                return Err(RuleError { at: self.erase_at(found, mixed.plan), message, help });
            }
        }
        Ok(())
    }

    /// Judges a foreign key of which an erasure treats one end in another way than the other.
    pub(in crate::plan) fn judge_erased_foreign(
        &self,
        relation: &RelationName,
        name: &str,
        key: &ForeignKey,
        referenced: Option<&[Name]>,
    ) -> Result<(), RuleError> {
        let wrong = |table: &RelationName, found: &RelationPlan, mixed: &Mixed<'_>| RuleError {
            at: self.erase_at(found, mixed.plan),
            message: format!("erase of {table} changes column {}, by which foreign key{name} of {relation} joins rows", mixed.column),
            help: Some("leave the column out of the erasure, or leave the rows out: erase without columns".into()),
        };
        for table in self.holders(relation) {
            let Some(found) = self.relations.get(table) else { continue };
            // A row with a NULL points at nothing.
            let nulls = |mixed: &Mixed<'_>| mixed.plan.is_some_and(|plan| plan.distinct == Distinct::Nulls);
            if found.mixed().any(|mixed| key.columns.contains(mixed.column) && nulls(&mixed)) {
                continue;
            }
            if let Some(mixed) = found.mixed().find(|mixed| key.columns.contains(mixed.column)) {
                return Err(wrong(table, found, &mixed));
            }
        }
        for table in self.holders(&key.references) {
            let Some(found) = self.relations.get(table) else { continue };
            if let Some(mixed) = found.mixed().find(|mixed| referenced.unwrap_or_default().contains(mixed.column)) {
                return Err(wrong(table, found, &mixed));
            }
        }
        Ok(())
    }

    fn erase_at(&self, found: &RelationPlan, plan: Option<&ColumnPlan>) -> Option<crate::error::At> {
        plan.map(|plan| plan.at.clone()).or_else(|| found.erase.as_ref().map(|erase| erase.at.clone()))
    }
}
