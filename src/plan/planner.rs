//! Makes the plan: goes through every column of the schema once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::bind::Binder;
use super::mistakes::Mistakes;
use super::{ColumnPlan, Copied, Knowledge, Plan, RelationPlan, coverage, resolve};
use crate::encoding::Charset;
use crate::error::{At, Error, Result};
use crate::mask::key::Secret;
use crate::name::{Name, RelationName};
use crate::rules::select::Selection;
use crate::rules::{Rules, Unlisted};
use crate::schema::catalogue::{Catalogue, Column, ConstraintKind, Relation, RelationKind};

/// The rules and the secret, waiting for a schema.
#[derive(Debug)]
pub struct Planner {
    rules: Arc<Rules>,
    secret: Secret,
}

impl Planner {
    /// A planner for these rules.
    pub fn new(rules: Rules, secret: Secret) -> Planner {
        Planner { rules: Arc::new(rules), secret }
    }

    /// Whether there is no rule at all, so that nothing need be known of the schema.
    pub fn is_idle(&self) -> bool {
        self.rules.columns.is_empty() && self.rules.tables.is_empty() && self.rules.defaults.unlisted != Unlisted::Error
    }

    /// Makes the plan, before the first byte of data is written. `copied` holds the tables that COPY statements name,
    /// where the input was read ahead.
    ///
    /// # Errors
    /// Every mistake in the rules at once, or the columns that no rule names where the rules make that an error.
    pub fn settle(&self, catalogue: &Catalogue, charset: Charset, knowledge: Knowledge, copied: &Copied) -> Result<Plan> {
        if catalogue.relations.is_empty() && self.needs_types() {
            let message = "the dump describes no table (data only?), so no rule for columns can be fitted";
            return Err(Error::rule(None, message, Some("give the schema with --schema-file; pg_dump --schema-only writes it".into())));
        }
        let mut mistakes = Mistakes::default();
        // Without a word of DDL it is only known at the end which tables there are.
        let blind = knowledge == Knowledge::BeforeData && catalogue.relations.is_empty();
        if !blind {
            resolve::unmatched(&self.rules, catalogue, copied, &mut mistakes);
        }
        for (name, columns) in copied.iter().filter(|(name, _)| !catalogue.relations.contains_key(*name)) {
            if let Err(error) = resolve::unknown_relation(&self.rules, name, columns.as_deref()) {
                mistakes.absorb(error)?;
            }
        }
        let mut maker = Maker {
            rules: &self.rules,
            catalogue,
            binder: Binder::new(&self.rules, &self.secret, catalogue, charset),
            mistakes,
            reached: BTreeMap::new(),
            remarks: Vec::new(),
            unlisted: Vec::new(),
        };
        let mut relations = HashMap::new();
        for relation in catalogue.relations.values() {
            relations.insert(relation.name.clone(), maker.relation(relation)?);
        }
        let Maker { mut mistakes, reached, mut remarks, unlisted, .. } = maker;
        remarks.extend(reached.into_iter().map(|((parent, at), tables)| {
            format!("the rules under {parent} ({at}) also hold for {} of its partitions or heirs", tables.len())
        }));
        let plan =
            Plan { relations, heirs: heirs(catalogue), rules: Arc::clone(&self.rules), charset, knowledge, unlisted, remarks, blind };
        if !charset.is_writable() && plan.masks_anything() {
            let message = format!("the dump is in {}, which masks cannot write", charset.name());
            return Err(Error::rule(None, message, Some("dump with pg_dump --encoding=UTF8".into())));
        }
        // What a missing or misfit mask would break besides is not worth telling.
        if mistakes.is_empty() {
            plan.judge_all(catalogue, &mut mistakes)?;
        }
        mistakes.into_result()?;
        self.cover(plan)
    }

    /// Whether any rule needs the type of its column.
    fn needs_types(&self) -> bool {
        self.rules.column_rules().any(|(_, rule)| rule.mask.name.value != "keep")
    }

    /// Does what `unlisted` says.
    fn cover(&self, mut plan: Plan) -> Result<Plan> {
        match self.rules.defaults.unlisted {
            Unlisted::Keep => plan.unlisted.clear(),
            Unlisted::Warn => {}
            Unlisted::Error if plan.unlisted.is_empty() => {}
            Unlisted::Error => {
                return Err(Error::Policy(format!(
                    "{} columns can hold personal data and have no rule: {}; give each a rule, \"keep\" where it may pass",
                    plan.unlisted.len(),
                    coverage::list(&plan.unlisted)
                )));
            }
        }
        Ok(plan)
    }
}

/// The heirs and partitions of each relation, all the way down.
fn heirs(catalogue: &Catalogue) -> HashMap<RelationName, Vec<RelationName>> {
    let mut heirs: HashMap<RelationName, Vec<RelationName>> = HashMap::new();
    for name in catalogue.relations.keys() {
        for ancestor in catalogue.ancestors(name) {
            heirs.entry(ancestor).or_default().push(name.clone());
        }
    }
    heirs
}

/// The plan in the making.
struct Maker<'a> {
    rules: &'a Rules,
    catalogue: &'a Catalogue,
    binder: Binder<'a>,
    mistakes: Mistakes,
    /// Tables that rules reached through a parent, by the parent and the place of the rules.
    reached: BTreeMap<(RelationName, At), BTreeSet<RelationName>>,
    remarks: Vec<String>,
    unlisted: Vec<(RelationName, Name)>,
}

impl Maker<'_> {
    fn relation(&mut self, relation: &Relation) -> Result<RelationPlan> {
        let ancestors = self.catalogue.ancestors(&relation.name);
        let selection = Selection::new(self.rules, &relation.name, &ancestors);
        let skip = match resolve::skips(&selection, &relation.name) {
            Ok(skip) => skip,
            Err(error) => {
                self.mistakes.absorb(error)?;
                false
            }
        };
        let order = relation.columns.iter().map(|column| (column.name.clone(), column.generated)).collect();
        let mut plan = RelationPlan { skip, order, masked: HashMap::new() };
        if skip {
            self.contradiction(relation);
            return Ok(plan);
        }
        for column in &relation.columns {
            match resolve::column(&selection, &relation.name, &column.name) {
                Ok(None) => {
                    if relation.kind != RelationKind::Partitioned && coverage::can_be_personal(self.catalogue, relation, column) {
                        self.unlisted.push((relation.name.clone(), column.name.clone()));
                    }
                }
                Ok(Some(won)) => {
                    self.reach(relation, &ancestors, &won);
                    if let Some(bound) = self.column(relation, &ancestors, column, won) {
                        plan.masked.insert(column.name.clone(), bound);
                    }
                }
                Err(error) => self.mistakes.absorb(error)?,
            }
        }
        Ok(plan)
    }

    /// Rows that are left out cannot be masked: a rule that says both is a mistake, unless globs say it.
    fn contradiction(&mut self, relation: &Relation) {
        let named = |rule: &&crate::rules::TableRule| rule.is_exact() && rule.matches(&relation.name);
        for rule in self.rules.tables.iter().filter(named).filter(|rule| rule.data.is_some()) {
            if let Some(column) = rule.columns.first() {
                let message = format!("the rows of {} are left out, so its rules for columns can never act", relation.name);
                self.mistakes.add(Some(&column.at), "contradiction", message, Some("remove data = \"skip\" or the columns".into()));
            }
        }
    }

    /// Notes that a rule reached a table through its parent.
    fn reach(&mut self, relation: &Relation, ancestors: &[RelationName], won: &resolve::Won<'_>) {
        let Some(table) = self.rules.tables.iter().find(|table| table.columns.iter().any(|column| column.id == won.rule.id)) else {
            return;
        };
        if table.matches(&relation.name) {
            return;
        }
        if let Some(parent) = ancestors.iter().find(|ancestor| table.matches(ancestor)) {
            self.reached.entry((parent.clone(), table.at.clone())).or_default().insert(relation.name.clone());
        }
    }

    fn column(&mut self, relation: &Relation, ancestors: &[RelationName], column: &Column, won: resolve::Won<'_>) -> Option<ColumnPlan> {
        let rule = won.rule;
        if column.generated {
            if won.exact && rule.mask.name.value != "keep" {
                let message = format!("column {}.{} is generated, so the dump holds no value of it", relation.name, column.name);
                self.mistakes.add(Some(&rule.at), "generated", message, Some("mask the columns that it is computed from".into()));
            }
            return None;
        }
        let bound = self.binder.bind(&relation.name, column, rule, &mut self.mistakes)?;
        let splits = std::iter::once(&relation.name)
            .chain(ancestors)
            .find(|name| self.catalogue.relations.get(*name).is_some_and(|relation| relation.partition_key.contains(&column.name)));
        if let Some(partitioned) = splits {
            let message = format!(
                "column {}.{} is in the partition key of {partitioned}, so rows with new values would belong to other partitions",
                relation.name, column.name
            );
            self.mistakes.add(Some(&rule.at), "partition key", message, Some("use \"keep\" for it".into()));
            return None;
        }
        self.checks(relation, ancestors, column, bound.name);
        Some(bound)
    }

    /// Tells of CHECK constraints that read a masked column: they are not tested yet.
    fn checks(&mut self, relation: &Relation, ancestors: &[RelationName], column: &Column, mask: &str) {
        if matches!(mask, "null") {
            return;
        }
        let own = std::iter::once(relation).chain(ancestors.iter().filter_map(|name| self.catalogue.relations.get(name)));
        let read = own.flat_map(|relation| &relation.constraints).any(|constraint| match &constraint.kind {
            ConstraintKind::Check { columns, .. } => columns.contains(&column.name),
            ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) => false,
        });
        let domain = !self.catalogue.base_type(&column.data_type).checks.is_empty();
        if read || domain {
            self.remarks.push(format!(
                "column {}.{} is masked by {mask:?} and read by a CHECK constraint, which pgveil does not test: the restore refuses a value that breaks it",
                relation.name, column.name
            ));
        }
    }
}
