//! Makes the plan: goes through every column of the schema once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use super::bind::{Binder, Columns};
use super::coverage::{self, Unnamed};
use super::mistakes::Mistakes;
use super::remarks::{self, Reached};
use super::rows::Lists;
use super::spread::{self, Spread};
use super::{
    Absence, Choice, ColumnPlan, Copied, Described, EVERY_COLUMN, Knowledge, Objects, Plan, RelationPlan, TableAction, Uneven, circles,
    objects, resolve, rows, subset,
};
use crate::encoding::Charset;
use crate::error::{At, Result, RuleError};
use crate::mask::Reading;
use crate::mask::key::Secret;
use crate::name::{Name, RelationName};
use crate::rewrite::filter::{Clock, Filter};
use crate::rules::select::{Conflict, Selection};
use crate::rules::{LargeObjectData, Rules, Spanned, TableData, TableRule, Unlisted};
use crate::schema::catalogue::{Catalogue, Column, Positions, Relation, RelationKind};

/// The rules and the secret, waiting for a schema.
#[derive(Clone, Debug)]
pub struct Planner {
    rules: Arc<Rules>,
    /// The rules as they are written, whatever the database.
    written: Arc<Rules>,
    /// The database that the plan is for, where its name is known.
    database: Option<Name>,
    secret: Arc<Secret>,
    /// The time of the run, read once: `now()` in conditions.
    clock: Clock,
}

impl Planner {
    /// A planner for these rules.
    pub fn new(rules: Rules, secret: Secret) -> Planner {
        let written = Arc::new(rules);
        let rules = if written.name_databases() { Arc::new(written.within(None)) } else { Arc::clone(&written) };
        let clock = Clock::at(SystemTime::now());
        let zone = rules.defaults.timezone.as_ref().and_then(|zone| clock.clone().in_zone(&zone.value));
        Planner { rules, written, database: None, secret: Arc::new(secret), clock: zone.unwrap_or(clock) }
    }

    /// The same planner for a database of that name.
    pub fn within(&self, database: Option<&Name>) -> Planner {
        let rules = if self.written.name_databases() { Arc::new(self.written.within(database)) } else { Arc::clone(&self.written) };
        Planner { rules, database: database.cloned(), ..self.clone() }
    }

    /// The database that the plan is for, where its name is known.
    pub fn database(&self) -> Option<&Name> {
        self.database.as_ref()
    }

    /// Whether any rule names a database.
    pub fn names_databases(&self) -> bool {
        self.written.name_databases()
    }

    /// Whether no rule speaks of columns, tables or objects, and nobody asks which columns have none: then nothing need be
    /// known of the schema.
    pub fn is_idle(&self) -> bool {
        self.rules.columns.is_empty()
            && self.rules.tables.is_empty()
            && self.rules.subset.is_empty()
            && (!self.rules.given || self.rules.defaults.unlisted == Unlisted::Keep)
            && !self.rules.leave_out_objects()
    }

    /// What the rules make of large objects, where they say.
    pub fn large_objects(&self) -> Option<LargeObjectData> {
        self.rules.large_objects
    }

    /// Whether the rules leave out the passwords of roles.
    pub fn leaves_role_passwords(&self) -> bool {
        self.rules.leaves_object("role password", None).is_some()
    }

    /// Whether what can hold personal data and has no rule is refused.
    pub fn refuses_unlisted(&self) -> bool {
        self.rules.defaults.unlisted == Unlisted::Error
    }

    /// Whether the rules choose a subset, so that the rows must be read twice.
    pub fn wants_subset(&self) -> bool {
        !self.rules.subset.is_empty()
    }

    /// What decides which objects pass, with what the command line chooses.
    pub fn objects(&self, choice: Choice) -> Objects {
        Objects::new(choice.within(self.database.as_ref()), Arc::clone(&self.rules))
    }

    /// Objects of which nothing is decided yet, as those of another database: that is what they are found to be of.
    pub fn rename(&self, objects: &mut Objects, choice: &Choice) {
        objects.rename(choice.within(self.database.as_ref()), Arc::clone(&self.rules));
    }

    /// Judges rules and patterns that match nothing, over all the databases of a script.
    ///
    /// # Errors
    /// All of them at once.
    pub fn unmatched(&self, databases: &[Described<'_>]) -> Result<()> {
        let mut mistakes = Mistakes::default();
        for mistake in objects::unmatched(databases.iter().map(|database| database.objects)) {
            mistakes.add("objects", None, mistake);
        }
        resolve::unmatched(&self.written, databases, &mut mistakes);
        mistakes.into_result()
    }

    /// As [`Planner::settle`], of a dump of which every object passes.
    #[cfg(test)]
    pub(crate) fn settle_all(&self, catalogue: &Catalogue, charset: Charset, knowledge: Knowledge, copied: &Copied) -> Result<Plan> {
        self.settle(catalogue, charset, knowledge, copied, &mut self.objects(Choice::default()))
    }

    /// Makes the plan, before the first byte of data is written. `copied` holds the tables that COPY statements name,
    /// where the input was read ahead.
    ///
    /// # Errors
    /// Every mistake in the rules at once, or the columns that no rule names where the rules make that an error.
    pub fn settle(
        &self,
        catalogue: &Catalogue,
        charset: Charset,
        knowledge: Knowledge,
        copied: &Copied,
        objects: &mut Objects,
    ) -> Result<Plan> {
        let mut mistakes = Mistakes::default();
        for mistake in objects.judge_names(knowledge != Knowledge::BeforeData) {
            mistakes.add("objects", None, mistake);
        }
        // Without a word of DDL it is only known at the end which tables there are.
        if !(catalogue.relations.is_empty() && (knowledge == Knowledge::BeforeData || self.misses_schema(catalogue, knowledge, copied))) {
            let database = Described { name: self.database.as_ref(), catalogue, copied, objects };
            resolve::unmatched(&self.written, &[database], &mut mistakes);
        }
        self.make(catalogue, charset, knowledge, copied, objects, mistakes)
    }

    /// The same for one of several databases: rules that match nothing here are no mistake, and left to
    /// [`Planner::unmatched`].
    ///
    /// # Errors
    /// As of [`Planner::settle`].
    pub fn settle_part(
        &self,
        catalogue: &Catalogue,
        charset: Charset,
        knowledge: Knowledge,
        copied: &Copied,
        objects: &mut Objects,
    ) -> Result<Plan> {
        let mut plan = self.make(catalogue, charset, knowledge, copied, objects, Mistakes::default())?;
        plan.blind = false;
        Ok(plan)
    }

    /// Whether rules would mask rows of which nothing describes the columns.
    fn misses_schema(&self, catalogue: &Catalogue, knowledge: Knowledge, copied: &Copied) -> bool {
        let rows = knowledge == Knowledge::BeforeData || !copied.is_empty();
        let holds = |(table, rule): (Option<&TableRule>, _)| table.is_none_or(|table| !table.elsewhere) && !resolve::keeps(rule);
        catalogue.relations.is_empty() && rows && self.rules.column_rules().any(holds)
    }

    fn make(
        &self,
        catalogue: &Catalogue,
        charset: Charset,
        knowledge: Knowledge,
        copied: &Copied,
        objects: &mut Objects,
        mut mistakes: Mistakes,
    ) -> Result<Plan> {
        for mistake in objects.decide() {
            mistakes.add("objects", None, mistake);
        }
        if let Some(zone) = self.rules.defaults.timezone.as_ref().filter(|zone| self.clock.clone().in_zone(&zone.value).is_none()) {
            mistakes.add("timezone", None, unknown_zone(zone));
        }
        let binder = Binder::new(&self.rules, &self.secret, catalogue, charset, &self.clock, &mut mistakes);
        let blind = knowledge == Knowledge::BeforeData && catalogue.relations.is_empty();
        let missing = self.misses_schema(catalogue, knowledge, copied);
        if missing {
            mistakes.add("schema", None, no_schema());
        }
        let maker = Maker {
            rules: &self.rules,
            catalogue,
            binder,
            mistakes,
            reached: Reached::new(&self.rules),
            unnamed: Unnamed::default(),
            clock: &self.clock,
            objects,
            secret: &self.secret,
            knowledge,
            lists: Lists::default(),
        };
        let (mut plan, mut mistakes) = maker.make(Arc::clone(&self.rules), charset, blind);
        plan.no_foreign_keys = objects.leaves_foreign_keys();
        if !charset.is_writable() && plan.masks_anything() {
            mistakes.add("encoding", None, unwritable(charset));
        }
        // Without any schema that has been said once, for all tables.
        if !missing {
            plan.undescribed_tables(copied, &mut mistakes);
        }
        // What a missing or misfit mask would break besides is not worth telling.
        if mistakes.is_empty() {
            plan.judge_all(catalogue, knowledge == Knowledge::Whole, &mut mistakes);
        }
        mistakes.into_result()?;
        match self.rules.defaults.unlisted {
            // Whoever gives no rules does not ask which columns have none.
            _ if self.is_idle() && !objects.is_idle() => plan.unlisted.clear(),
            Unlisted::Keep => plan.unlisted.clear(),
            Unlisted::Warn => {}
            Unlisted::Error => coverage::refuse(&plan.unlisted)?,
        }
        Ok(plan)
    }
}

fn unknown_zone(zone: &Spanned<String>) -> RuleError {
    RuleError {
        at: Some(zone.at.clone()),
        message: format!("unknown time zone \"{}\"", zone.value),
        help: Some("give one of the IANA database (\"Europe/Paris\"), or its distance from UTC (\"+02:00\")".into()),
    }
}

fn no_schema() -> RuleError {
    RuleError {
        at: None,
        message: "the dump describes no table (data only?), so no rule for columns can be fitted".into(),
        help: Some("give the schema with --schema-file; pg_dump --schema-only writes it".into()),
    }
}

fn unwritable(charset: Charset) -> RuleError {
    RuleError {
        at: None,
        message: format!("the dump is in {}, which masks cannot write", charset.name()),
        help: Some("dump with pg_dump --encoding=UTF8".into()),
    }
}

impl Plan {
    /// Tables that the dump has rows of, known before them: those that the schema does not describe, and partitioned
    /// tables that the rows of all their partitions come through.
    fn undescribed_tables(&mut self, copied: &Copied, mistakes: &mut Mistakes) {
        for (name, columns) in copied {
            let wrong = match self.relations.get(name) {
                Some(relation) => Plan::uneven(name, relation),
                None => match resolve::undescribed(&self.rules, name, &[], columns.as_deref()) {
                    Ok(TableAction::Pass | TableAction::Mask) => {
                        let all = [Name::new(EVERY_COLUMN)];
                        let unnamed = resolve::unnamed(&self.rules, name, &[], columns.as_deref().unwrap_or(&all));
                        self.unlisted.extend(unnamed.into_iter().map(|column| (name.clone(), column)));
                        None
                    }
                    Ok(TableAction::Skip) => None,
                    Err(mistake) => Some(mistake),
                },
            };
            if let Some(mistake) = wrong {
                mistakes.add("rows", Some(name), mistake);
            }
        }
        self.unlisted.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

/// The partitions of each partitioned table, all the way down.
fn partitions(catalogue: &Catalogue, plans: &HashMap<RelationName, RelationPlan>) -> HashMap<RelationName, Vec<RelationName>> {
    let mut partitions: HashMap<RelationName, Vec<RelationName>> = HashMap::new();
    for name in catalogue.relations.keys() {
        for ancestor in plans.get(name).map_or(&[][..], |plan| &plan.ancestors) {
            if plans.get(ancestor).is_some_and(|plan| plan.partitioned) {
                partitions.entry(ancestor.clone()).or_default().push(name.clone());
            }
        }
    }
    partitions
}

/// The rule that makes a partition's treatment another one than its partitioned table's; `None` where they are alike.
fn difference(whole: &RelationPlan, part: &RelationPlan) -> Option<Option<At>> {
    match (&whole.skip, &part.skip) {
        (Some(_), Some(_)) => return None,
        (Some(skip), None) | (None, Some(skip)) => return Some(skip.at().cloned()),
        (None, None) => {}
    }
    let mut chosen = part.chosen_by().into_iter().zip(whole.chosen_by());
    if let Some((part, whole)) = chosen.find(|(part, whole)| part != whole) {
        return Some(part.or(whole).cloned());
    }
    let differs = |one: &RelationPlan, other: &RelationPlan| {
        let differing = |(name, plan): (&Name, &ColumnPlan)| {
            let alike = other.masked.get(name).is_some_and(|found| found.fingerprint == plan.fingerprint);
            (!alike).then(|| plan.at.clone())
        };
        one.masked.iter().filter_map(differing).min()
    };
    differs(part, whole).or_else(|| differs(whole, part)).map(Some)
}

/// The plan in the making.
pub(super) struct Maker<'a> {
    pub(super) rules: &'a Rules,
    pub(super) catalogue: &'a Catalogue,
    binder: Binder<'a>,
    pub(super) mistakes: Mistakes,
    reached: Reached<'a>,
    unnamed: Unnamed,
    clock: &'a Clock,
    objects: &'a Objects,
    pub(super) secret: &'a Secret,
    pub(super) knowledge: Knowledge,
    pub(super) lists: Lists,
}

impl Maker<'_> {
    fn make(mut self, rules: Arc<Rules>, charset: Charset, blind: bool) -> (Plan, Mistakes) {
        let mut relations: HashMap<RelationName, RelationPlan> =
            self.catalogue.relations.values().map(|relation| (relation.name.clone(), self.relation(relation))).collect();
        let rules_by_id: Vec<_> = self.rules.column_rules().map(|(_, rule)| rule).collect();
        let spread = spread::spread(self.catalogue, &rules_by_id, &mut self.binder, &mut relations);
        for found in &spread {
            self.unnamed.forget(&found.to.0, &found.to.1);
        }
        for (name, plan) in &relations {
            let erased = plan.erase.as_ref().map(|erase| erase.masks(&plan.masked));
            if let Some(mistake) = circles::circle(name, &plan.masked).or_else(|| circles::circle(name, &erased?)) {
                self.mistakes.add("circle", Some(name), mistake);
            }
        }
        rows::share_limits(&mut relations);
        let partitions = partitions(self.catalogue, &relations);
        for (whole, parts) in &partitions {
            let uneven = relations.get(whole).and_then(|plan| {
                parts.iter().find_map(|part| Some(Uneven { at: difference(plan, relations.get(part)?)?, partition: part.clone() }))
            });
            let is_other = |plan: &RelationPlan| {
                parts.iter().filter_map(|part| relations.get(part)).any(|part| !part.partitioned && part.order != plan.order)
            };
            let unordered = relations.get(whole).is_some_and(is_other);
            if let Some(plan) = relations.get_mut(whole) {
                plan.uneven = uneven;
                // Rows that come through it have the order of their partitions.
                if unordered && plan.positions == Positions::InOrder {
                    plan.positions = Positions::Unordered;
                }
            }
        }
        let subset = self.subset(&relations);
        let unlisted = self.unnamed.into_list();
        let mut plan = Plan {
            subset,
            relations,
            partitions,
            rules,
            charset,
            unlisted,
            remarks: self.reached.remarks().collect(),
            blind,
            no_foreign_keys: false,
        };
        plan.remarks.extend(spread.iter().map(Spread::remark));
        let checks = remarks::checks(&plan, self.catalogue, self.clock);
        plan.remarks.extend(checks);
        let apart = subset::remark(&plan, self.catalogue);
        plan.remarks.extend(apart);
        contradictions(&plan, self.rules, self.catalogue, &mut self.mistakes);
        (plan, self.mistakes)
    }

    fn relation(&mut self, relation: &Relation) -> RelationPlan {
        let ancestors = self.catalogue.ancestors(&relation.name);
        let selection = Selection::new(self.rules, &relation.name, &ancestors);
        let mut plan = RelationPlan {
            partitioned: relation.kind == RelationKind::Partitioned,
            order: relation.columns.iter().map(|column| (column.name.clone(), column.generated)).collect(),
            positions: relation.positions,
            ..RelationPlan::default()
        };
        match resolve::skips(&selection, &relation.name) {
            _ if self.objects.leaves(&relation.name) => plan.skip = Some(Absence::Dropped),
            Ok(Some(at)) => plan.skip = Some(Absence::Rule(Some(at.clone()))),
            Ok(None) => {
                // A partitioned table has its rows in its partitions.
                let holds = |of: &&RelationName| self.catalogue.relation(of).is_some_and(|of| of.kind == RelationKind::Partitioned);
                let mut names = std::iter::once(&relation.name).chain(ancestors.iter().filter(holds));
                plan.skip = names.find_map(|name| self.objects.skips_data(name)).map(Absence::Flag);
            }
            Err(mistake) => self.mistakes.add("conflict", Some(&relation.name), mistake),
        }
        if plan.skip.is_none() {
            let columns = self.binder.columns(relation);
            self.conditions(relation, &columns, &selection, &mut plan);
            self.choice(relation, &columns, &ancestors, &selection, &mut plan);
            for column in &relation.columns {
                match resolve::column(&selection, &relation.name, &column.name) {
                    Ok(None) => {
                        plan.unruled.insert(column.name.clone());
                        if !plan.partitioned && coverage::can_be_personal(self.catalogue, relation, column) {
                            self.unnamed.note(self.catalogue, &relation.name, &ancestors, &column.name);
                        }
                    }
                    Ok(Some(won)) => {
                        self.reached.note(&relation.name, &ancestors, won.rule);
                        let bound = self.column(relation, &columns, &ancestors, column, won);
                        match bound {
                            Some(bound) => _ = plan.masked.insert(column.name.clone(), bound),
                            None if column.generated => {}
                            None => _ = plan.kept.insert(column.name.clone(), (won.rule.id, won.rule.at.clone())),
                        }
                    }
                    Err(mistake) => self.mistakes.add("conflict", Some(&relation.name), mistake),
                }
            }
        }
        plan.ancestors = ancestors;
        plan
    }

    /// `where` and `unless`.
    fn conditions(&mut self, relation: &Relation, columns: &Columns, selection: &Selection<'_>, plan: &mut RelationPlan) {
        let mut bound = |stated: std::result::Result<Option<&Spanned<String>>, Conflict<'_>>| {
            let text = match stated {
                Ok(text) => text?,
                Err(conflict) => {
                    self.mistakes.add("conflict", Some(&relation.name), conflict.error(&relation.name, None));
                    return None;
                }
            };
            let filter = bound_condition(&self.binder, relation, columns, text);
            match filter {
                Ok(filter) => Some((Arc::new(filter), text.at.clone())),
                Err(mistake) => {
                    self.mistakes.add("condition", Some(&relation.name), mistake);
                    None
                }
            }
        };
        plan.rows = bound(selection.rows());
        plan.unless = bound(selection.unless()).map(|(filter, _)| filter);
    }

    /// A table's columns as masks and conditions see them.
    pub(super) fn columns(&self, relation: &Relation) -> Columns {
        self.binder.columns(relation)
    }

    /// A condition on the rows of a table.
    pub(super) fn bound_condition(&self, relation: &Relation, columns: &Columns, text: &Spanned<String>) -> Result<Filter, RuleError> {
        bound_condition(&self.binder, relation, columns, text)
    }

    /// The mask of a column under a rule; `None` where it keeps its values, or is a mistake, which is noted.
    pub(super) fn column(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        ancestors: &[RelationName],
        column: &Column,
        won: resolve::Won<'_>,
    ) -> Option<ColumnPlan> {
        let at = &won.rule.at;
        if column.generated {
            if won.exact && !won.keeps() {
                let message = format!("column {}.{} is generated, so the dump holds no value of it", relation.name, column.name);
                let help = Some("mask the columns that it is computed from".into());
                self.mistakes.add("generated", Some(&relation.name), RuleError { at: Some(at.clone()), message, help });
            }
            return None;
        }
        let bound = self.binder.bind(relation, columns, column, won.rule, &mut self.mistakes)?;
        if let Some(read) = generated(relation, &bound.reads) {
            let message = format!(
                "the rule for {}.{} reads column {}, which is generated, so the dump holds no value of it",
                relation.name, column.name, read
            );
            let help = Some("read the columns that it is computed from".into());
            self.mistakes.add("generated", Some(&relation.name), RuleError { at: Some(bound.at), message, help });
            return None;
        }
        let splits = std::iter::once(&relation.name)
            .chain(ancestors)
            .find(|name| self.catalogue.relations.get(*name).is_some_and(|relation| relation.partition_key.contains(&column.name)));
        if let Some(partitioned) = splits {
            let message = format!(
                "column {}.{} is in the partition key of {partitioned}, so rows with new values would belong to other partitions",
                relation.name, column.name
            );
            let help = Some("use \"keep\" for it".into());
            self.mistakes.add("partition key", Some(&relation.name), RuleError { at: Some(at.clone()), message, help });
            return None;
        }
        Some(bound)
    }
}

/// A condition on the rows of a table, which reads what the dump holds.
fn bound_condition(binder: &Binder<'_>, relation: &Relation, columns: &Columns, text: &Spanned<String>) -> Result<Filter, RuleError> {
    let filter = binder.condition(&relation.name, columns, text)?;
    let Some(column) = generated(relation, filter.reads()) else { return Ok(filter) };
    let message =
        format!("the condition on rows of {} reads column {column}, which is generated, so the dump holds no value of it", relation.name);
    Err(RuleError { at: Some(text.at.clone()), message, help: Some("read the columns that it is computed from".into()) })
}

/// The first column among readings that is generated, so that the dump holds no value of it.
fn generated<'r>(relation: &Relation, reads: &'r [Reading]) -> Option<&'r str> {
    let is_generated = |of: &str| relation.column(&Name::new(of)).is_some_and(|found| found.generated);
    reads.iter().map(|read| read.of.as_str()).find(|of| is_generated(of))
}

/// Rows that are left out cannot be masked: rules of one file that say both of a table, by its name, are a mistake.
fn contradictions<'r>(plan: &Plan, rules: &'r Rules, catalogue: &Catalogue, mistakes: &mut Mistakes) {
    let drops = |rule: &TableRule| rule.drop.as_ref().is_some_and(|drop| drop.value);
    let skips = |rule: &TableRule| drops(rule) || rule.data.as_ref().is_some_and(|data| data.value == TableData::Skip);
    let exact = |rule: &&TableRule| rule.is_exact() && !rule.elsewhere;
    let key =
        |rule: &'r TableRule| (rule.database.as_ref().map(|database| &*database.text), &*rule.schema.text, &*rule.name.text, rule.layer);
    let skipped: BTreeSet<_> = rules.tables.iter().filter(exact).filter(|rule| skips(rule)).map(key).collect();
    for rule in rules.tables.iter().filter(exact) {
        let Some(column) = rule.columns.first() else { continue };
        if !skipped.contains(&key(rule)) {
            continue;
        }
        let name = RelationName::new(&*rule.schema.text, &*rule.name.text);
        let reaches = |table: &RelationName| plan.is_skipped(table);
        if catalogue.relations.contains_key(&name) && reaches(&name) && plan.heirs_of(&name).all(reaches) {
            let (what, key) = if drops(rule) {
                (format!("{name} is left out"), "drop = true")
            } else {
                (format!("the rows of {name} are left out"), "data = \"skip\"")
            };
            let message = format!("{what}, so its rules for columns can never act");
            let help = Some(format!("remove {key} or the columns"));
            mistakes.add("contradiction", Some(&name), RuleError { at: Some(column.at.clone()), message, help });
        }
    }
}
