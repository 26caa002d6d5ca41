//! Rules × schema → actions. Cold, and rich in errors: all mistakes are found before the first byte of data is written,
//! and told at once.

pub mod action;
pub mod bind;
mod circles;
mod condition;
pub mod coverage;
mod fit;
pub mod foreign;
pub mod keys;
pub mod mistakes;
pub mod objects;
pub mod outlook;
pub mod planner;
pub mod remarks;
pub mod resolve;
pub mod rows;
mod spread;
mod subset;
pub mod target;
#[cfg(test)]
mod tests;
pub mod unique;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub use crate::rules::LargeObjectData;
pub use action::{Absence, Copied, CopyFacts, Knowledge, TableAction, TablePlan, Verdict};
pub use objects::{Choice, Objects, StatementVerdict};
pub use outlook::{ColumnOutlook, TableOutlook};
pub use planner::Planner;
pub use rows::{Erasure, Limit};
pub use subset::Counted;

use crate::encoding::Charset;
use crate::error::{At, Error, Fault, Place, Result, RuleError};
use crate::mask::{Distinct, Mask, Reading};
use crate::name::{Name, RelationName};
use crate::rewrite::filter::Filter;
use crate::rewrite::{Read, RowProgram, RowTest, Step};
use crate::rules::select::Selection;
use crate::rules::{Rules, Unlisted};
use crate::schema::catalogue::{Catalogue, Positions};
use rows::{ErasePlan, LimitPlan, SamplePlan};
use subset::{Part, SubsetPlan};

/// What a database of a script has, as far as rules are judged by it.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    /// Its name, where that is known.
    pub name: Option<&'a Name>,
    /// Its tables.
    pub catalogue: &'a Catalogue,
    /// The tables that the script has rows of.
    pub copied: &'a Copied,
    /// Its objects.
    pub objects: &'a Objects,
}

/// What a run will do to each table and column.
#[derive(Debug)]
pub struct Plan {
    /// Every relation of the schema.
    relations: HashMap<RelationName, RelationPlan>,
    /// The partitions of each partitioned table, all the way down. (A table that only inherits has keys of its own:
    /// "Caveats" of "Inheritance" in PostgreSQL's manual.)
    partitions: HashMap<RelationName, Vec<RelationName>>,
    rules: Arc<Rules>,
    charset: Charset,
    unlisted: Vec<(RelationName, Name)>,
    remarks: Vec<String>,
    /// The rows that hold together, where the rules ask for such.
    subset: Option<SubsetPlan>,
    /// Nothing was known of the dump's tables when the plan was made: a pipe without DDL.
    blind: bool,
    /// Every foreign key is left out.
    no_foreign_keys: bool,
}

/// What happens to one relation.
#[derive(Debug, Default)]
struct RelationPlan {
    /// Why its rows are left out, if they are.
    skip: Option<Absence>,
    /// Which of its rows pass, and where the rules say so.
    rows: Option<(Arc<Filter>, At)>,
    /// Which of its rows keep their values.
    unless: Option<Arc<Filter>>,
    sample: Option<SamplePlan>,
    limit: Option<LimitPlan>,
    erase: Option<ErasePlan>,
    /// It has no rows of its own.
    partitioned: bool,
    /// Its parents and theirs, nearest first.
    ancestors: Vec<RelationName>,
    /// Its columns in the order of CREATE TABLE, and whether each is generated.
    order: Vec<(Name, bool)>,
    /// What an INSERT gives that names no columns.
    positions: Positions,
    masked: HashMap<Name, ColumnPlan>,
    /// Columns that a rule names and that keep their values: the rule's id and place.
    kept: HashMap<Name, (usize, At)>,
    /// Columns that no rule names.
    unruled: BTreeSet<Name>,
    /// A partition that is not treated as this table is: rows that come through this table cannot be told apart then.
    uneven: Option<Uneven>,
}

/// What the columns of a table are called that neither the schema nor the statement names.
const EVERY_COLUMN: &str = "*";

/// A partition that is not treated as its partitioned table is.
#[derive(Debug)]
struct Uneven {
    partition: RelationName,
    /// The rule that makes the difference.
    at: Option<At>,
}

/// A column that a mask changes.
#[derive(Clone, Debug)]
struct ColumnPlan {
    mask: Arc<dyn Mask>,
    name: &'static str,
    distinct: Distinct,
    takes_empty: bool,
    takes_null: bool,
    /// What the mask reads of the row.
    reads: Arc<[Reading]>,
    fingerprint: Arc<str>,
    /// The rule's id.
    rule: usize,
    /// Where the rule stands, for errors about what it breaks.
    at: At,
}

impl Plan {
    /// What is done with a COPY block.
    ///
    /// # Errors
    /// Rows of a masked table that cannot be masked as they stand: in another encoding, with options, with columns that
    /// the schema has not. Rows that come through a partitioned table while rules tell its partitions apart.
    pub fn copy(&self, facts: &CopyFacts<'_>) -> Result<TablePlan> {
        let refused = Fault::BadStatement("COPY without options: the rows of a masked table must be COPY text");
        self.rows(facts, facts.options.then_some(refused), false)
    }

    /// Whether all rows of a table are left out, however they come.
    ///
    /// # Errors
    /// Rules that contradict each other about it.
    pub fn leaves_all(&self, relation: &RelationName) -> Result<bool> {
        if matches!(self.part(relation), Part::None) {
            return Ok(true);
        }
        match self.relations.get(relation) {
            Some(plan) => Ok(plan.skip.is_some()),
            None => {
                let selection = Selection::new(&self.rules, relation, &[]);
                let skips = resolve::skips(&selection, relation).map_err(|mistake| Error::Rules(vec![mistake]))?;
                Ok(skips.is_some())
            }
        }
    }

    /// What is done with INSERT statements. `other`: what brings their rows, where that is no list of tuples.
    ///
    /// # Errors
    /// As for [`Plan::copy`]; and a masked table whose rows do not come as tuples.
    pub fn insert(&self, facts: &CopyFacts<'_>, other: Option<&'static str>) -> Result<TablePlan> {
        self.rows(facts, other.map(Fault::MaskedInsert), true)
    }

    /// What is done with rows. `refused`: why they could not be masked. `whole`: without a list of columns, rows have
    /// fields for generated columns too.
    fn rows(&self, facts: &CopyFacts<'_>, refused: Option<Fault>, whole: bool) -> Result<TablePlan> {
        let Some(relation) = self.relations.get(facts.relation) else { return self.copy_unknown(facts) };
        if let Some(mistake) = Plan::uneven(facts.relation, relation) {
            return Err(Error::Rules(vec![mistake]));
        }
        if let Some(absence) = &relation.skip {
            return Ok(TablePlan::skip(absence.clone()));
        }
        let part = self.part(facts.relation);
        let known = |column: &Name| relation.order.iter().any(|(name, _)| name == column);
        let unknown: Vec<Name> = facts.columns.unwrap_or_default().iter().filter(|column| !known(column)).cloned().collect();
        let touched = !relation.masked.is_empty() || relation.chooses() || !matches!(part, Part::All);
        if whole
            && facts.columns.is_none()
            && let Some(planned) = self.unplaced(facts, relation, touched)?
        {
            return Ok(planned);
        }
        if !touched {
            let unlisted = self.undescribed(facts, &relation.ancestors, &unknown)?;
            return Ok(TablePlan { unlisted, ..TablePlan::pass() });
        }
        self.readable(facts, refused, &unknown)?;
        if let Some(column) = facts.columns.and_then(|columns| relation.absent(columns)) {
            let place = Place { table: Some(facts.relation.clone()), column: Some(column), byte: Some(facts.byte), ..Place::default() };
            return Err(Error::Data { place, fault: Fault::AbsentColumn });
        }
        if whole && (relation.limit.is_some() || matches!(part, Part::Some(..))) {
            let place = Place { table: Some(facts.relation.clone()), byte: Some(facts.byte), ..Place::default() };
            return Err(Error::Data { place, fault: Fault::CountedInsert });
        }
        let all = || relation.order.iter().filter(|(_, generated)| whole || !generated).map(|(name, _)| name.clone()).collect::<Vec<_>>();
        Ok(match facts.columns {
            _ if matches!(part, Part::None) => TablePlan::skip(Absence::Subset),
            Some(columns) => self.program(relation, columns, part),
            None => self.program(relation, &all(), part),
        })
    }

    /// Rows of INSERT whose columns are neither named nor known by their places: refused where a rule asks for any of them.
    /// `None` where they may pass as any others.
    fn unplaced(&self, facts: &CopyFacts<'_>, relation: &RelationPlan, touched: bool) -> Result<Option<TablePlan>> {
        let refused = |why| {
            let place = Place { table: Some(facts.relation.clone()), byte: Some(facts.byte), ..Place::default() };
            Err(Error::Data { place, fault: Fault::UnnamedColumns(why) })
        };
        match relation.positions {
            Positions::Unordered if touched && relation.partitioned => refused("a partition of the table has them in another order"),
            Positions::Unordered if touched => refused("the table inherits columns, and may have got others before them"),
            Positions::InOrder | Positions::Unordered => Ok(None),
            Positions::Unknown if touched => refused("the dump does not describe the table's parent or type"),
            Positions::Unknown => {
                resolve::undescribed(&self.rules, facts.relation, &relation.ancestors, None)
                    .map_err(|mistake| Error::Rules(vec![mistake]))?;
                let unlisted = self.listed(facts.relation, &relation.ancestors, &[Name::new(EVERY_COLUMN)])?;
                Ok(Some(TablePlan { unlisted, ..TablePlan::pass() }))
            }
        }
    }

    /// Refuses rows that cannot be split into the columns of the schema; `unknown` are those that it has not.
    fn readable(&self, facts: &CopyFacts<'_>, refused: Option<Fault>, unknown: &[Name]) -> Result<()> {
        let place = || Place { table: Some(facts.relation.clone()), byte: Some(facts.byte), ..Place::default() };
        if let Some(fault) = refused {
            return Err(Error::Data { place: place(), fault });
        }
        if facts.charset != self.charset {
            return Err(Error::Data { place: place(), fault: Fault::Unsupported("a second client_encoding in one dump") });
        }
        match unknown.first() {
            Some(unknown) => Err(Error::Data { place: Place { column: Some(unknown.clone()), ..place() }, fault: Fault::UnknownColumn }),
            None => Ok(()),
        }
    }

    /// Rows that come through a partitioned table (`pg_dump --load-via-partition-root`) whose partitions are not treated
    /// alike.
    fn uneven(name: &RelationName, relation: &RelationPlan) -> Option<RuleError> {
        let Uneven { partition, at } = relation.uneven.as_ref()?;
        Some(RuleError {
            at: at.clone(),
            message: format!(
                "rows come through the partitioned table {name}, so those of its partition {partition}, which has other rules, cannot be told apart"
            ),
            help: Some(format!("dump without --load-via-partition-root, or give {name} and its partitions the same rules")),
        })
    }

    /// Columns that the schema does not describe, of a table that passes: they pass too, unless a rule means them. Gives
    /// those that no rule names.
    fn undescribed(&self, facts: &CopyFacts<'_>, ancestors: &[RelationName], columns: &[Name]) -> Result<Vec<Name>> {
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let selection = Selection::new(&self.rules, facts.relation, ancestors);
        for name in columns {
            let won = resolve::column(&selection, facts.relation, name).map_err(|mistake| Error::Rules(vec![mistake]))?;
            if won.is_some_and(|won| !won.keeps()) {
                let table = Some(facts.relation.clone());
                let place = Place { table, column: Some(name.clone()), byte: Some(facts.byte), ..Place::default() };
                return Err(Error::Data { place, fault: Fault::UnknownColumn });
            }
        }
        self.listed(facts.relation, ancestors, columns)
    }

    /// Columns of unknown type that no rule names, where the rules ask for them; or refuses them, where they make that an error.
    fn listed(&self, relation: &RelationName, ancestors: &[RelationName], columns: &[Name]) -> Result<Vec<Name>> {
        if self.rules.defaults.unlisted == Unlisted::Keep || !self.rules.given {
            return Ok(Vec::new());
        }
        let unnamed = resolve::unnamed(&self.rules, relation, ancestors, columns);
        if self.rules.defaults.unlisted == Unlisted::Error {
            let unlisted: Vec<_> = unnamed.iter().map(|name| (relation.clone(), name.clone())).collect();
            coverage::refuse(&unlisted)?;
        }
        Ok(unnamed)
    }

    fn program(&self, relation: &RelationPlan, columns: &[Name], part: Part) -> TablePlan {
        let field = |of: &str| columns.iter().position(|column| column.as_str() == of);
        let steps = Plan::steps(columns, |column| relation.masked.get(column));
        let mut choice = relation.choice(columns);
        let place = if let Part::Some(place, rows) = part {
            choice.members = Some(rows);
            Some(place)
        } else {
            None
        };
        if steps.is_empty() && relation.rows.is_none() && choice.is_idle() {
            return TablePlan::pass();
        }
        let test = |filter: &Arc<Filter>| RowTest {
            reads: filter.reads().iter().map(|reading| Read { field: field(&reading.of), masked: false }).collect(),
            filter: Arc::clone(filter),
        };
        let masks = steps.iter().map(|step| (step.column.clone(), step.mask_name)).collect();
        let program = RowProgram {
            fields: columns.len(),
            steps,
            rows: relation.rows.as_ref().map(|(filter, _)| test(filter)),
            unless: relation.unless.as_ref().map(test),
            choice,
            charset: self.charset,
        };
        let limit = relation.limit.as_ref().map(|limit| Limit { rows: limit.rows, of: limit.of.clone() });
        TablePlan {
            action: TableAction::Mask,
            absence: None,
            program: Some(Arc::new(program)),
            columns: masks,
            limit,
            place,
            unlisted: Vec::new(),
        }
    }

    /// The steps of rows that have these columns, by the mask of each.
    fn steps<'p>(columns: &[Name], mask: impl Fn(&Name) -> Option<&'p ColumnPlan>) -> Vec<Step> {
        let field = |of: &str| columns.iter().position(|column| column.as_str() == of);
        let step = |(index, column): (usize, &Name)| {
            let plan = mask(column)?;
            let reads = plan.reads.iter().map(|reading| Read { field: field(&reading.of), masked: reading.masked }).collect();
            Some(Step {
                field: index,
                column: column.clone(),
                mask_name: plan.name,
                mask: Arc::clone(&plan.mask),
                takes_empty: plan.takes_empty,
                takes_null: plan.takes_null,
                reads,
            })
        };
        columns.iter().enumerate().filter_map(step).collect()
    }

    /// Rows that come through a partitioned table which the dump does not create (`pg_dump -t`), while the rules mean to change
    /// those of a partition that it does.
    fn partition_of_unknown(&self, whole: &RelationName) -> Option<RuleError> {
        let is_treated = |plan: &RelationPlan| plan.skip.is_some() || plan.chooses() || !plan.masked.is_empty();
        let mut parts: Vec<_> =
            self.relations.iter().filter(|(_, plan)| plan.ancestors.contains(whole) && is_treated(plan)).map(|(name, _)| name).collect();
        parts.sort();
        let partition = parts.first()?;
        Some(RuleError {
            at: None,
            message: format!(
                "rows come through {whole}, which the dump does not create, so those of its partition {partition}, which rules or flags change, cannot be told apart"
            ),
            help: Some(
                "give the schema of all with --schema-file (pg_dump --schema-only writes it), or dump the partitioned table too".into(),
            ),
        })
    }

    /// A table without CREATE TABLE: a configuration table of an extension, or a dump without its schema.
    fn copy_unknown(&self, facts: &CopyFacts<'_>) -> Result<TablePlan> {
        if let Some(mistake) = self.partition_of_unknown(facts.relation) {
            return Err(Error::Rules(vec![mistake]));
        }
        match self.unknown(facts.relation, facts.columns)? {
            TableAction::Skip => Ok(TablePlan::skip(Absence::Rule(None))),
            _ if matches!(self.part(facts.relation), Part::None) => Ok(TablePlan::skip(Absence::Subset)),
            TableAction::Pass | TableAction::Mask => {
                let all = [Name::new(EVERY_COLUMN)];
                let unlisted = self.listed(facts.relation, &[], facts.columns.unwrap_or(&all))?;
                Ok(TablePlan { unlisted, ..TablePlan::pass() })
            }
        }
    }

    fn unknown(&self, relation: &RelationName, columns: Option<&[Name]>) -> Result<TableAction> {
        resolve::undescribed(&self.rules, relation, &[], columns).map_err(|mistake| Error::Rules(vec![mistake]))
    }

    /// Whether any column is masked, or any row left out that is not all of its table.
    pub fn masks_anything(&self) -> bool {
        self.has_subset()
            || self.relations.values().any(|relation| relation.skip.is_none() && (!relation.masked.is_empty() || relation.chooses()))
    }

    /// Whether any row of any table is left out.
    pub fn leaves_rows(&self) -> bool {
        self.has_subset() || self.relations.values().any(|relation| relation.skip.is_some() || relation.chooses()) || self.rules.skip_rows()
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
        self.relations.get(relation).filter(|found| found.skip.is_none()).and_then(|found| found.masked.get(column))
    }

    fn is_skipped(&self, relation: &RelationName) -> bool {
        self.relations.get(relation).is_some_and(|found| found.skip.is_some())
    }

    /// Whether a table is left out itself, with its keys.
    fn is_dropped(&self, relation: &RelationName) -> bool {
        self.relations.get(relation).is_some_and(|found| matches!(found.skip, Some(Absence::Dropped)))
    }

    /// The tables that have a relation among their ancestors.
    fn heirs_of<'a>(&'a self, relation: &'a RelationName) -> impl Iterator<Item = &'a RelationName> {
        self.relations.iter().filter(|(_, plan)| plan.ancestors.contains(relation)).map(|(name, _)| name)
    }

    /// The tables that hold a relation's rows: itself, or the partitions that are not partitioned in turn. A partitioned
    /// table without partitions stands for itself.
    fn holders<'a>(&'a self, relation: &'a RelationName) -> impl Iterator<Item = &'a RelationName> {
        let whole = |name: &&RelationName| self.relations.get(*name).is_none_or(|found| !found.partitioned);
        let parts = self.partitions.get(relation).into_iter().flatten().filter(whole);
        let itself = self.partitions.get(relation).is_none_or(|parts| !parts.iter().any(|part| whole(&part)));
        itself.then_some(relation).into_iter().chain(parts)
    }
}
