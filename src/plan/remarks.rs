//! What the user should know of a plan that is no mistake: rules that reached tables through a parent, CHECK constraints
//! that read masked columns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Plan, fit, mistakes};
use crate::error::At;
use crate::figures::number;
use crate::name::{Name, RelationName};
use crate::rewrite::filter::Clock;
use crate::rules::{ColumnRule, Rules, TableRule};
use crate::schema::catalogue::{Catalogue, Column, ConstraintKind, Relation};

/// Rules that reached tables through a parent.
#[derive(Debug)]
pub struct Reached<'r> {
    /// The table rule that each column rule stands under, by the column rule's id.
    under: HashMap<usize, &'r TableRule>,
    /// The tables, by the parent and the place of the rules.
    tables: BTreeMap<(RelationName, &'r At), BTreeSet<RelationName>>,
}

impl<'r> Reached<'r> {
    /// None yet.
    pub fn new(rules: &'r Rules) -> Reached<'r> {
        Reached { under: rules.column_rules().filter_map(|(table, rule)| Some((rule.id, table?))).collect(), tables: BTreeMap::new() }
    }

    /// Notes that a rule won for a column of `relation`.
    pub fn note(&mut self, relation: &RelationName, ancestors: &[RelationName], rule: &ColumnRule) {
        let Some(table) = self.under.get(&rule.id).filter(|table| !table.matches(relation)) else { return };
        if let Some(parent) = ancestors.iter().find(|ancestor| table.matches(ancestor)) {
            self.tables.entry((parent.clone(), &table.at)).or_default().insert(relation.clone());
        }
    }

    /// One remark a rule.
    pub fn remarks(self) -> impl Iterator<Item = String> {
        self.tables.into_iter().map(|((parent, at), tables)| {
            let heirs = number(tables.len() as u64);
            format!("the rules under {parent} ({at}) also hold for {heirs} of its partitions or heirs")
        })
    }
}

/// One remark for each masked column with a CHECK constraint, its own or its domain's, that no mask can be made to pass: it
/// reads other columns too, or is none of the conditions that pgveil reads. The columns that a
/// table shares with its parent count as one.
pub(super) fn checks(plan: &Plan, catalogue: &Catalogue, clock: &Clock) -> Vec<String> {
    let mut told: BTreeMap<(RelationName, Name), (String, usize)> = BTreeMap::new();
    for relation in catalogue.relations.values() {
        for column in &relation.columns {
            let Some(mask) = plan.mask_of(&relation.name, &column.name) else { continue };
            let Some(check) = check(catalogue, relation, column, clock) else { continue };
            let ancestors = plan.relations.get(&relation.name).map_or(&[][..], |found| &found.ancestors);
            let top = ancestors.iter().rev().find(|ancestor| plan.mask_of(ancestor, &column.name).is_some()).unwrap_or(&relation.name);
            let remark = || {
                let column = format!("column {}.{} is masked by {:?}", relation.name, column.name, mask.name);
                format!("{column} and read by {check}, which pgveil does not test: the restore refuses a value that breaks it")
            };
            told.entry((top.clone(), column.name.clone())).and_modify(|(_, more)| *more += 1).or_insert_with(|| (remark(), 0));
        }
    }
    told.into_values().map(|(remark, more)| remark + &mistakes::more_tables(more)).collect()
}

/// The CHECK constraint of a column that is not seen to, in words.
fn check(catalogue: &Catalogue, relation: &Relation, column: &Column, clock: &Clock) -> Option<String> {
    let name = column.name.as_str();
    let reads = relation.constraints.iter().find(|constraint| match &constraint.kind {
        ConstraintKind::Check { columns, expression, .. } => {
            let alone = columns[..] == [column.name.clone()];
            columns.contains(&column.name) && !(alone && fit::is_readable(catalogue, column, name, expression, clock))
        }
        ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) => false,
    });
    match reads {
        Some(constraint) => {
            Some(constraint.name.as_ref().map_or_else(|| "a CHECK constraint".into(), |name| format!("CHECK constraint {name}")))
        }
        None if (catalogue.base_type(&column.data_type).checks.iter())
            .all(|check| fit::is_readable(catalogue, column, "value", check, clock)) =>
        {
            None
        }
        None => Some(format!("the CHECK of its domain {}", column.data_type.written)),
    }
}
