//! Foreign keys of which a rule masks one end only: the other end gets the same mask, so that joins hold. Ends that a rule
//! of their own names are left to it; whether both then agree is judged with the other keys (`foreign.rs`).

use std::collections::HashMap;

use super::bind::Binder;
use super::mistakes::Mistakes;
use super::{ColumnPlan, RelationPlan};
use crate::mask::Distinct;
use crate::name::{Name, RelationName};
use crate::rules::ColumnRule;
use crate::schema::catalogue::{Catalogue, Relation, RelationKind};

/// A column of a table.
type End = (RelationName, Name);

/// A column that got its mask from the other end of a foreign key.
#[derive(Debug)]
pub(super) struct Spread {
    /// The column without a rule.
    pub(super) to: End,
    /// The column with one.
    from: End,
    mask: &'static str,
}

impl Spread {
    /// For the summary.
    pub(super) fn remark(&self) -> String {
        let ((to, column), (from, other)) = (&self.to, &self.from);
        format!("{to}.{column} gets mask {:?} as {from}.{other} does: a foreign key joins them", self.mask)
    }
}

/// Gives masks to the other ends of foreign keys, from key to key until none is left.
pub(super) fn spread(
    catalogue: &Catalogue,
    rules: &[&ColumnRule],
    binder: &mut Binder<'_>,
    plans: &mut HashMap<RelationName, RelationPlan>,
) -> Vec<Spread> {
    let joints = joints(catalogue);
    let mut all = Vec::new();
    loop {
        let before = all.len();
        for (one, other) in &joints {
            for (from, to) in [(one, other), (other, one)] {
                let Some(plan) = masked(plans, from).filter(|plan| plan.distinct != Distinct::Nulls && plan.reads.is_empty()) else {
                    continue;
                };
                let (rule, mask) = (plan.rule, plan.name);
                if !is_free(plans, to) {
                    continue;
                }
                let bound = rules.get(rule).and_then(|rule| bind(catalogue, binder, to, rule));
                if let (Some(bound), Some(found)) = (bound, plans.get_mut(&to.0)) {
                    found.masked.insert(to.1.clone(), bound);
                    all.push(Spread { to: to.clone(), from: from.clone(), mask });
                }
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

fn masked<'p>(plans: &'p HashMap<RelationName, RelationPlan>, (relation, column): &End) -> Option<&'p ColumnPlan> {
    plans.get(relation).filter(|plan| plan.skip.is_none())?.masked.get(column)
}

/// Whether no rule names the column, and none has come to it yet.
fn is_free(plans: &HashMap<RelationName, RelationPlan>, (relation, column): &End) -> bool {
    plans.get(relation).is_some_and(|plan| plan.skip.is_none() && plan.unruled.contains(column) && !plan.masked.contains_key(column))
}

/// The mask of a rule for another column; what does not fit stays as it is, for the judges of keys.
fn bind(catalogue: &Catalogue, binder: &mut Binder<'_>, (relation, column): &End, rule: &ColumnRule) -> Option<ColumnPlan> {
    let found = catalogue.relations.get(relation)?;
    let column = found.column(column).filter(|column| !column.generated && !found.partition_key.contains(&column.name))?;
    let columns = binder.columns(found);
    binder.bind(found, &columns, column, rule, &mut Mistakes::default())
}

/// The pairs of columns that foreign keys join; those of a partitioned table stand for those of its partitions too.
fn joints(catalogue: &Catalogue) -> Vec<(End, End)> {
    let mut joints = Vec::new();
    for relation in catalogue.relations.values() {
        for key in relation.foreign_keys() {
            let referenced = catalogue.referenced_columns(key).unwrap_or_default();
            for (column, other) in key.columns.iter().zip(referenced) {
                for ours in with_partitions(catalogue, relation) {
                    for theirs in catalogue.relations.get(&key.references).into_iter().flat_map(|found| with_partitions(catalogue, found)) {
                        joints.push(((ours.clone(), column.clone()), (theirs, other.clone())));
                    }
                }
            }
        }
    }
    joints
}

fn with_partitions(catalogue: &Catalogue, relation: &Relation) -> Vec<RelationName> {
    let partitions = if relation.kind == RelationKind::Partitioned { catalogue.descendants(&relation.name) } else { Vec::new() };
    std::iter::once(relation.name.clone()).chain(partitions).collect()
}
