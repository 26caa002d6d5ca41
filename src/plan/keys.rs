//! UNIQUE, primary keys and foreign keys: does the plan keep them true.

use super::action::{Copied, Knowledge, Verdict};
use super::mistakes::Mistakes;
use super::{ColumnPlan, Plan, resolve};
use crate::error::{Error, Result, RuleError};
use crate::mask::Distinct;
use crate::mask::registry;
use crate::name::{Name, RelationName};
use crate::schema::catalogue::{Catalogue, Constraint, ConstraintKind, ForeignKey, KeyMember, RelationKind, UniqueKey};

/// What a plan does to a unique key.
enum Judged {
    /// It holds.
    Holds,
    /// It may not hold, unless another unique key among the key's other columns makes rows differ.
    Depends(RuleError),
    /// It cannot be relied on.
    Broken(RuleError),
}

impl Plan {
    /// Judges a constraint when it arrives.
    ///
    /// # Errors
    /// What the new rows may break: an [`Error::Rules`] that names the rule.
    pub fn judge(&self, catalogue: &Catalogue, relation: &RelationName, constraint: &Constraint) -> Result<Verdict> {
        match &constraint.kind {
            ConstraintKind::Unique(key) => {
                match self.judge_unique(relation, constraint, key) {
                    Judged::Holds => {}
                    // Another key may still come: `judge_rest` has the last word.
                    Judged::Depends(_) => {}
                    Judged::Broken(mistake) => return Err(Error::Rules(vec![mistake])),
                }
                Ok(Verdict::Holds)
            }
            ConstraintKind::ForeignKey(key) => self.judge_foreign(catalogue, relation, constraint, key),
            ConstraintKind::Check { .. } => Ok(Verdict::Holds),
        }
    }

    /// Judges, at the end of a stream, what depended on keys and tables that had not come yet. `copied` holds the tables
    /// that the stream brought rows of.
    pub fn judge_rest(&self, catalogue: &Catalogue, copied: &Copied) -> Result<()> {
        let mut mistakes = Mistakes::default();
        if self.blind {
            resolve::unmatched(&self.rules, catalogue, copied, &mut mistakes);
        }
        for relation in catalogue.relations.values() {
            for constraint in &relation.constraints {
                if let ConstraintKind::Unique(key) = &constraint.kind {
                    self.judge_whole(catalogue, &relation.name, constraint, key, &mut mistakes);
                }
            }
        }
        mistakes.into_result()
    }

    /// Judges every constraint that is known when the plan is made.
    pub(super) fn judge_all(&self, catalogue: &Catalogue, mistakes: &mut Mistakes) -> Result<()> {
        for relation in catalogue.relations.values() {
            for constraint in &relation.constraints {
                match &constraint.kind {
                    ConstraintKind::Unique(key) if self.knowledge == Knowledge::Whole => {
                        self.judge_whole(catalogue, &relation.name, constraint, key, mistakes)
                    }
                    ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) => {
                        if let Err(error) = self.judge(catalogue, &relation.name, constraint) {
                            mistakes.absorb(error)?;
                        }
                    }
                    ConstraintKind::Check { .. } => {}
                }
            }
        }
        Ok(())
    }

    /// Judges a unique key with all other keys known.
    fn judge_whole(
        &self,
        catalogue: &Catalogue,
        relation: &RelationName,
        constraint: &Constraint,
        key: &UniqueKey,
        mistakes: &mut Mistakes,
    ) {
        let mistake = match self.judge_unique(relation, constraint, key) {
            Judged::Holds => return,
            Judged::Depends(_) if self.others_are_unique(catalogue, relation, key) => return,
            Judged::Depends(mistake) | Judged::Broken(mistake) => mistake,
        };
        mistakes.add(mistake.at.as_ref(), &mistake.message, mistake.message.clone(), mistake.help);
    }

    fn judge_unique(&self, relation: &RelationName, constraint: &Constraint, key: &UniqueKey) -> Judged {
        // A key of a partitioned table holds over the rows of its partitions.
        let rows_of = std::iter::once(relation).chain(self.heirs.get(relation).into_iter().flatten());
        for table in rows_of {
            if self.is_skipped(table) {
                continue;
            }
            let mut spared = false;
            let mut lost = None;
            for member in &key.members {
                match self.judge_member(table, member, key) {
                    Ok(kept) => spared |= kept,
                    Err((plan, why)) => lost = Some((plan, why)),
                }
            }
            let Some((plan, why)) = lost else { continue };
            let kind = if key.primary { "primary key" } else { "unique key" };
            let name = constraint.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
            let message = format!("mask {:?} {why}, but {kind}{name} of {relation} needs distinct values", plan.name);
            let mistake = RuleError { at: Some(plan.at.clone()), message, help: Some(distinct_masks()) };
            return if spared && !key.exclusion { Judged::Depends(mistake) } else { Judged::Broken(mistake) };
        }
        Judged::Holds
    }

    /// Whether a member keeps what is distinct, as a plain column (`true`) or not (`false`); or the mask that loses it.
    fn judge_member<'a>(
        &'a self,
        table: &RelationName,
        member: &KeyMember,
        key: &UniqueKey,
    ) -> std::result::Result<bool, (&'a ColumnPlan, String)> {
        let lost = |plan: &'a ColumnPlan, column: &Name, what: &str| Err((plan, format!("{what} in column {column}")));
        let (column, folded) = match member {
            KeyMember::Column(column) => (column, false),
            KeyMember::Folded(column) => (column, true),
            KeyMember::Expression(columns) => {
                for column in columns {
                    if let Some(plan) = self.mask_of(table, column).filter(|plan| plan.distinct != Distinct::Nulls) {
                        return lost(plan, column, "changes an expression");
                    }
                }
                return Ok(false);
            }
        };
        let Some(plan) = self.mask_of(table, column) else { return Ok(!folded) };
        match plan.distinct {
            _ if key.exclusion => lost(plan, column, "changes values"),
            Distinct::Same | Distinct::Kept => Ok(!folded),
            Distinct::Lost => lost(plan, column, "may make equal values"),
            Distinct::Nulls if key.primary => lost(plan, column, "makes NULL"),
            Distinct::Nulls if key.nulls_equal => lost(plan, column, "makes equal NULLs"),
            Distinct::Nulls => Ok(false),
        }
    }

    /// Whether the columns of a key that stay distinct hold another key, which then keeps all rows apart.
    fn others_are_unique(&self, catalogue: &Catalogue, relation: &RelationName, key: &UniqueKey) -> bool {
        let Some(found) = catalogue.relations.get(relation) else { return false };
        let kept: Vec<&Name> = key
            .members
            .iter()
            .filter_map(|member| match member {
                KeyMember::Column(column) => Some(column),
                KeyMember::Folded(_) | KeyMember::Expression(_) => None,
            })
            .filter(|column| self.mask_of(relation, column).is_none_or(|plan| matches!(plan.distinct, Distinct::Same | Distinct::Kept)))
            .collect();
        found.constraints.iter().any(|other| match &other.kind {
            ConstraintKind::Unique(other) if !other.partial && !other.exclusion => other.members.iter().all(|member| match member {
                KeyMember::Column(column) => {
                    let not_null = other.primary || other.nulls_equal || found.columns.iter().any(|c| c.name == *column && c.not_null);
                    not_null && kept.contains(&column)
                }
                KeyMember::Folded(_) | KeyMember::Expression(_) => false,
            }),
            ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. } => false,
        })
    }

    fn judge_foreign(&self, catalogue: &Catalogue, relation: &RelationName, constraint: &Constraint, key: &ForeignKey) -> Result<Verdict> {
        if self.is_skipped(relation) {
            return Ok(Verdict::Holds);
        }
        let name = constraint.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        if self.is_skipped(&key.references) {
            let kind = catalogue.relations.get(relation).map(|found| found.kind);
            if kind == Some(RelationKind::Partitioned) {
                let message = format!(
                    "the rows of {} are left out, but foreign key{name} of the partitioned table {relation} points at them",
                    key.references
                );
                return Err(Error::rule(None, message, Some(format!("leave out the rows of {relation} too"))));
            }
            return Ok(Verdict::NotValid(format!(
                "foreign key{name} of {relation} is kept as NOT VALID: the rows of {} are left out",
                key.references
            )));
        }
        let referenced = catalogue.referenced_columns(key).unwrap_or_default();
        for (i, column) in key.columns.iter().enumerate() {
            self.same_treatment(relation, column, &key.references, referenced.get(i), &name)?;
        }
        Ok(Verdict::Holds)
    }

    /// Both ends of a foreign key must be masked alike, in all partitions.
    fn same_treatment(
        &self,
        relation: &RelationName,
        column: &Name,
        other: &RelationName,
        other_column: Option<&Name>,
        name: &str,
    ) -> Result<()> {
        let all = |table: &RelationName, column: &Name| -> Vec<Option<&ColumnPlan>> {
            std::iter::once(table).chain(self.heirs.get(table).into_iter().flatten()).map(|table| self.mask_of(table, column)).collect()
        };
        let ours = all(relation, column);
        let theirs = other_column.map_or_else(Vec::new, |column| all(other, column));
        for our in &ours {
            if our.is_some_and(|plan| plan.distinct == Distinct::Nulls) {
                continue;
            }
            let differs = |their: &&Option<&ColumnPlan>| our.map(|plan| &plan.fingerprint) != their.map(|plan| &plan.fingerprint);
            let culprit = match theirs.iter().find(differs) {
                Some(their) => our.or(*their),
                None if theirs.is_empty() => *our,
                None => None,
            };
            if let Some(plan) = culprit {
                let theirs = other_column.map_or_else(|| "its primary key".to_owned(), |column| format!("{other}.{column}"));
                let message = format!(
                    "foreign key{name} joins {relation}.{column} with {theirs}, but mask {:?} does not treat both alike",
                    plan.name
                );
                return Err(Error::rule(
                    Some(plan.at.clone()),
                    message,
                    Some("give both columns the same mask, options and domain; if they have them, their types differ in length".into()),
                ));
            }
        }
        Ok(())
    }
}

/// Masks that keep values distinct, for a remedy.
fn distinct_masks() -> String {
    let names: Vec<&str> =
        registry::all().iter().filter(|definition| definition.keeps_distinct).map(|definition| definition.name).collect();
    format!("masks that keep values distinct: {}", names.join(", "))
}
