//! Which rows of a table pass besides those that `where` lets through: `sample`, `limit`, `erase`, made of the rules and
//! the schema.

mod erase;
mod judge;

use std::collections::HashMap;

use super::bind::Columns;
use super::planner::Maker;
use super::{RelationPlan, Skip};
use crate::error::{At, RuleError};
use crate::mask::key::DomainKey;
use crate::name::{Name, RelationName, nearest};
use crate::plan::Knowledge;
use crate::rewrite::{Choice, Sample};
use crate::rules::select::Selection;
use crate::rules::{SampleRule, Spanned};
use crate::schema::catalogue::{Relation, RelationKind};

pub use erase::Erasure;
pub(super) use erase::{ErasePlan, Lists};

/// `sample` of one table.
#[derive(Debug)]
pub(super) struct SamplePlan {
    /// The columns that choose a row.
    columns: Vec<Name>,
    key: DomainKey,
    below: u128,
    pub(super) at: At,
}

/// `limit` of one table.
#[derive(Clone, Debug)]
pub(super) struct LimitPlan {
    pub(super) rows: u64,
    pub(super) at: At,
    /// The table whose rows are counted: a partitioned table's are those of its partitions.
    pub(super) of: RelationName,
}

/// How many rows of a table pass at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub rows: u64,
    /// The table whose rows are counted: the table itself, or the partitioned table that it is a part of.
    pub of: RelationName,
}

impl RelationPlan {
    /// Whether some of its rows are left out, or may be, and where the rule stands that says so.
    pub(super) fn leaves_out(&self) -> Option<Option<&At>> {
        let erase = self.erase.as_ref().filter(|erase| erase.columns.is_none()).map(|erase| &erase.at);
        let rows = self.rows.as_ref().map(|(_, at)| at);
        let sample = self.sample.as_ref().map(|sample| &sample.at);
        let limit = self.limit.as_ref().map(|limit| &limit.at);
        let chosen = rows.or(sample).or(limit).or(erase).map(Some);
        self.skip.as_ref().map(Skip::at).or(chosen)
    }

    /// Whether rules choose among its rows, or change some of them: they cannot pass unread then.
    pub(super) fn chooses(&self) -> bool {
        self.rows.is_some() || self.sample.is_some() || self.limit.is_some() || self.erase.is_some()
    }

    /// Where the rules stand that choose among its rows: equal for tables that are treated alike.
    pub(super) fn chosen_by(&self) -> [Option<&At>; 4] {
        let rows = self.rows.as_ref().map(|(_, at)| at);
        let sample = self.sample.as_ref().map(|sample| &sample.at);
        let limit = self.limit.as_ref().map(|limit| &limit.at);
        [rows, sample, limit, self.erase.as_ref().map(|erase| &erase.at)]
    }

    /// A column of the table that the rules read of each row, and that is none of these: NULL would be a wrong guess, for the
    /// rows may be given a DEFAULT, or be there already.
    pub(super) fn absent(&self, columns: &[Name]) -> Option<Name> {
        let erased = self.erase.as_ref();
        let masks = columns.iter().flat_map(|column| {
            let erased = erased.and_then(|erase| erase.columns.as_ref()?.get(column)?.as_ref());
            self.masked.get(column).into_iter().chain(erased)
        });
        let masks = masks.flat_map(|plan| plan.reads.iter());
        let conditions = self.rows.iter().map(|(filter, _)| filter).chain(&self.unless).flat_map(|filter| filter.reads());
        let read = conditions.chain(masks).map(|reading| Name::new(reading.of.as_str()));
        let sample = self.sample.iter().flat_map(|sample| &sample.columns).cloned();
        let mut all = read.chain(sample).chain(erased.map(|erase| erase.column.clone()));
        all.find(|name| !columns.contains(name) && self.order.iter().any(|(known, _)| known == name))
    }

    /// The choice among rows that have these columns.
    pub(super) fn choice(&self, columns: &[Name]) -> Choice {
        let field = |name: &Name| columns.iter().position(|column| column == name);
        let sample = self.sample.as_ref().map(|plan| Sample {
            fields: plan.columns.iter().map(field).collect(),
            key: plan.key.clone(),
            below: plan.below,
        });
        let erase = self.erase.as_ref().and_then(|plan| plan.program(self, columns));
        Choice { sample, members: None, erase, limit: self.limit.as_ref().map(|limit| limit.rows) }
    }
}

/// Says of which table the rows under each limit are counted: those of partitions with those of their partitioned table,
/// where one rule limits both.
pub(super) fn share_limits(relations: &mut HashMap<RelationName, RelationPlan>) {
    let shared = |name: &RelationName, plan: &RelationPlan| {
        let limit = plan.limit.as_ref()?;
        let whole = plan.ancestors.iter().rev().find(|ancestor| {
            relations
                .get(*ancestor)
                .is_some_and(|found| found.partitioned && found.limit.as_ref().is_some_and(|their| their.at == limit.at))
        });
        whole.map(|whole| (name.clone(), whole.clone()))
    };
    let shared: Vec<_> = relations.iter().filter_map(|(name, plan)| shared(name, plan)).collect();
    for (name, of) in shared {
        if let Some(limit) = relations.get_mut(&name).and_then(|plan| plan.limit.as_mut()) {
            limit.of = of;
        }
    }
}

impl Maker<'_> {
    /// `sample`, `limit` and `erase` of a table.
    pub(super) fn choice(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        ancestors: &[RelationName],
        selection: &Selection<'_>,
        plan: &mut RelationPlan,
    ) {
        match selection.sample() {
            Ok(Some(rule)) => match self.sample(relation, ancestors, rule) {
                Ok(sample) => plan.sample = Some(sample),
                Err(mistake) => self.mistakes.add("sample", Some(&relation.name), mistake),
            },
            Ok(None) => {}
            Err(conflict) => self.mistakes.add("conflict", Some(&relation.name), conflict.error(&relation.name, None)),
        }
        match selection.limit() {
            Ok(Some(rule)) => plan.limit = Some(LimitPlan { rows: rule.value, at: rule.at.clone(), of: relation.name.clone() }),
            Ok(None) => {}
            Err(conflict) => self.mistakes.add("conflict", Some(&relation.name), conflict.error(&relation.name, None)),
        }
        match selection.erase() {
            Ok(Some(rule)) => plan.erase = self.erase(relation, columns, ancestors, rule),
            Ok(None) => {}
            Err(conflict) => self.mistakes.add("conflict", Some(&relation.name), conflict.error(&relation.name, None)),
        }
    }

    fn sample(&self, relation: &Relation, ancestors: &[RelationName], rule: &Spanned<SampleRule>) -> Result<SamplePlan, RuleError> {
        let mut columns = Vec::new();
        for by in &rule.value.by {
            columns.push(chosen_column(relation, by, "the sample")?);
        }
        if columns.is_empty() {
            columns =
                self.catalogue.primary_key(&relation.name).and_then(|key| key.columns()).ok_or_else(|| self.keyless(relation, &rule.at))?;
        }
        // Rows of a partition are chosen as they would be in the partitioned table.
        let partitioned = |name: &&RelationName| self.catalogue.relation(name).is_some_and(|found| found.kind == RelationKind::Partitioned);
        let whole = ancestors.iter().rfind(partitioned);
        let domain = match &rule.value.domain {
            Some(domain) => format!("sample domain {domain}"),
            None => format!("sample table {}", whole.unwrap_or(&relation.name)),
        };
        Ok(SamplePlan { columns, key: self.secret.domain(&domain), below: Sample::below(rule.value.rate), at: rule.at.clone() })
    }

    /// A table without a primary key, as far as it is known.
    fn keyless(&self, relation: &Relation, at: &At) -> RuleError {
        let by = "name the columns that choose a row: sample = { rate = 0.05, by = \"user_id\" }";
        let (fact, help) = match self.knowledge {
            Knowledge::Whole => ("and the table has none", by.to_owned()),
            Knowledge::BeforeData => {
                ("which a pipe brings behind the rows", format!("read the dump from a file, give the schema with --schema-file, or {by}"))
            }
        };
        let message = format!("the sample of {} is chosen by the primary key, {fact}", relation.name);
        RuleError { at: Some(at.clone()), message, help: Some(help) }
    }
}

/// A column that a rule on rows reads: it must be there, and in the dump.
fn chosen_column(relation: &Relation, named: &Spanned<String>, what: &str) -> Result<Name, RuleError> {
    let name = Name::new(named.value.clone());
    let wrong = |message: String, help: Option<String>| RuleError { at: Some(named.at.clone()), message, help };
    match relation.column(&name) {
        Some(column) if column.generated => Err(wrong(
            format!("{what} of {} reads column {name}, which is generated, so the dump holds no value of it", relation.name),
            Some("read the columns that it is computed from".into()),
        )),
        Some(_) => Ok(name),
        None => {
            let near = nearest(&named.value, relation.columns.iter().map(|column| column.name.as_str()));
            let help = near.map(|near| format!("did you mean {near:?}?"));
            Err(wrong(format!("{what} of {}: the table has no column {:?}", relation.name, named.value), help))
        }
    }
}
