//! What a plan does to each table and column, told before any row comes: for the summary, where every table is asked for,
//! and for the report.

use std::collections::HashMap;
use std::sync::Arc;

use super::subset::Part;
use super::{Absence, Plan, RelationPlan};
use crate::error::At;
use crate::name::{Name, RelationName};
use crate::rewrite::Cause;

/// What happens to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOutlook {
    /// The table.
    pub relation: RelationName,
    /// Why none of its rows pass, where none does.
    pub absence: Option<Absence>,
    /// What else chooses among its rows, and where the rules say so.
    pub choices: Vec<(Cause, At)>,
    /// Its columns that a rule names, in the order of CREATE TABLE. None, where no row passes.
    pub columns: Vec<ColumnOutlook>,
}

/// What happens to a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOutlook {
    /// The column.
    pub column: Name,
    /// The rule that won, as it is written, cut to a line.
    pub rule: Arc<str>,
    /// Where it stands.
    pub at: At,
    /// Whether its values change; a rule may say that they stay.
    pub is_masked: bool,
    /// The rule is that of the other end of a foreign key.
    pub is_carried: bool,
}

impl Plan {
    /// What happens to each table that can hold rows, by name.
    pub fn outlook(&self) -> Vec<TableOutlook> {
        let rules: HashMap<usize, _> = self.rules.column_rules().map(|(_, rule)| (rule.id, rule)).collect();
        let mut texts: HashMap<usize, Arc<str>> = HashMap::new();
        let mut shown = |id: usize| {
            let text = || rules.get(&id).map_or_else(|| Arc::from(""), |rule| Arc::from(rule.shown()));
            Arc::clone(texts.entry(id).or_insert_with(text))
        };
        let mut outlook: Vec<TableOutlook> = (self.relations.iter())
            .filter(|(_, plan)| !plan.partitioned)
            .map(|(name, plan)| self.table_outlook(name, plan, &mut shown))
            .collect();
        outlook.sort_by(|one, other| one.relation.cmp(&other.relation));
        outlook
    }

    fn table_outlook(&self, name: &RelationName, plan: &RelationPlan, shown: &mut impl FnMut(usize) -> Arc<str>) -> TableOutlook {
        let part = self.part(name);
        let absence = plan.skip.clone().or_else(|| matches!(part, Part::None).then_some(Absence::Subset));
        let mut outlook = TableOutlook { relation: name.clone(), absence, choices: Vec::new(), columns: Vec::new() };
        if outlook.absence.is_some() {
            return outlook;
        }
        let [condition, sample, limit, erase] = plan.chosen_by();
        let subset = self.rules.subset.first().filter(|_| matches!(part, Part::Some(..))).map(|rule| &rule.at);
        let all =
            [(Cause::Condition, condition), (Cause::Sample, sample), (Cause::Subset, subset), (Cause::Erase, erase), (Cause::Limit, limit)];
        outlook.choices = all.into_iter().filter_map(|(cause, at)| Some((cause, at?.clone()))).collect();
        for (column, _) in &plan.order {
            let found = match (plan.masked.get(column), plan.kept.get(column)) {
                (Some(mask), _) => Some((mask.rule, &mask.at, true)),
                (None, Some((rule, at))) => Some((*rule, at, false)),
                (None, None) => None,
            };
            outlook.columns.extend(found.map(|(rule, at, is_masked)| ColumnOutlook {
                column: column.clone(),
                rule: shown(rule),
                at: at.clone(),
                is_masked,
                is_carried: is_masked && plan.unruled.contains(column),
            }));
        }
        outlook
    }
}
