//! `[subset]`: the rules fitted to the schema, and which rows of a table pass once the rows have been chosen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::bind::Columns;
use super::planner::Maker;
use super::{CopyFacts, Knowledge, Plan, RelationPlan};
use crate::error::{Error, Fault, Place, Result, RuleError};
use crate::figures::{bytes, counted, number};
use crate::name::{Name, RelationName, nearest};
use crate::rewrite::filter::Filter;
use crate::rewrite::{Bits, Look, Read, RowProgram, RowTest};
use crate::rules::{Children, Others, Rules, SubsetRule, TablePattern};
use crate::schema::catalogue::{Catalogue, RelationKind};
use crate::subset::{Begin, Chosen, Graph, Obstacle, Reader, Shape, Wanted};

/// The subset of a run.
#[derive(Debug)]
pub(super) struct SubsetPlan {
    shape: Shape,
    /// With which rows it begins.
    roots: Vec<Root>,
    /// Tables all of whose rows stay, by the place.
    whole: BTreeSet<usize>,
    others: Others,
    /// The rows, once they are chosen: by the place, with how many rows there are in all.
    chosen: Option<Vec<Members>>,
}

/// With which rows of a table a subset begins.
#[derive(Debug)]
struct Root {
    /// The table, and its partitions.
    holders: BTreeSet<RelationName>,
    filter: Option<Arc<Filter>>,
    most: u64,
}

/// The rows of one table.
#[derive(Clone, Debug)]
struct Members {
    rows: Arc<Bits>,
    count: u64,
    all: u64,
}

/// Who reads the rows of one COPY block.
#[derive(Debug)]
pub struct Counted {
    /// The place of their table in the graph.
    pub place: usize,
    /// Which of the tables it is that the subset begins with, in the order of the rules; their number where it is none.
    pub root: usize,
    /// The reader.
    pub reader: Reader,
}

/// What a subset does to the rows of one relation.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// They pass as without it.
    All,
    /// None passes.
    None,
    /// Those of the table's rows pass; their table's place, and which.
    Some(usize, Arc<Bits>),
}

impl Maker<'_> {
    /// The subset, where the rules ask for one and nothing is wrong with it; what is, is noted.
    pub(super) fn subset(&mut self, plans: &HashMap<RelationName, RelationPlan>) -> Option<SubsetPlan> {
        let all: &Rules = self.rules;
        let rules = &all.subset;
        let first = rules.first()?;
        if self.knowledge == Knowledge::BeforeData {
            let message = "a subset needs the foreign keys, which a pipe brings behind the rows".into();
            let help = Some("read the dump from a file, or let it be spooled".into());
            self.mistakes.add("subset", None, RuleError { at: Some(first.at.clone()), message, help });
            return None;
        }
        let others = self.others(rules);
        let wanted = self.wanted(rules, plans, others)?;
        let shape = match Shape::new(self.catalogue, &wanted) {
            Ok(shape) => shape,
            Err(unfollowed) => {
                for found in unfollowed {
                    let why = match &found.why {
                        Obstacle::Generated(column) => format!("column {column} is generated, so the dump holds no value of it"),
                        Obstacle::Unlike(one, two) if one == two => format!("equal values of {one} can be written differently"),
                        Obstacle::Unlike(one, two) => {
                            format!("it joins {one} with {two}, and equal values of the two can be written differently")
                        }
                    };
                    let message = format!("the subset cannot follow foreign key{} of {}: {why}", found.key, found.table);
                    let help = Some("leave out the rows of one of its tables with data = \"skip\"".into());
                    self.mistakes.add("subset", Some(&found.table), RuleError { at: Some(first.at.clone()), message, help });
                }
                return None;
            }
        };
        let whole = wanted.whole.iter().filter_map(|name| shape.place(name)).collect();
        let mut roots: Vec<Root> = Vec::new();
        for rule in rules {
            let root = self.root(rule)?;
            if roots.iter().any(|known| !known.holders.is_disjoint(&root.holders)) {
                let message = format!("the subset begins in {} twice, expected one condition", rule.root.written.value);
                let help = Some("join the two with OR".into());
                self.mistakes.add("subset", None, RuleError { at: Some(rule.root.written.at.clone()), message, help });
            }
            roots.push(root);
        }
        Some(SubsetPlan { shape, roots, whole, others, chosen: None })
    }

    fn others(&mut self, rules: &[SubsetRule]) -> Others {
        let mut stated = rules.iter().filter_map(|rule| rule.others.as_ref());
        let Some(first) = stated.next() else { return Others::Keep };
        if let Some(other) = stated.find(|other| other.value != first.value) {
            let message = format!("\"others\" is another here than at {}, expected one answer for all roots", first.at);
            self.mistakes.add("subset", None, RuleError { at: Some(other.at.clone()), message, help: Some("remove one".into()) });
        }
        first.value
    }

    /// What the rules choose, by names; `None` where a name means nothing, which is noted.
    fn wanted(&mut self, rules: &[SubsetRule], plans: &HashMap<RelationName, RelationPlan>, others: Others) -> Option<Wanted> {
        let mut wanted = Wanted {
            skipped: plans.iter().filter(|(_, plan)| plan.skip.is_some()).map(|(name, _)| name.clone()).collect(),
            ..Wanted::default()
        };
        let mut fine = true;
        for rule in rules {
            match self.tables(&rule.root) {
                Ok(found) => {
                    if let Some(gone) = found.iter().find(|name| wanted.skipped.contains(*name)) {
                        let message = format!("the subset begins in {gone}, whose rows are left out");
                        let at = Some(rule.root.written.at.clone());
                        self.mistakes.add("subset", None, RuleError { at, message, help: Some("remove data = \"skip\"".into()) });
                        fine = false;
                    }
                    wanted.roots.extend(found);
                }
                Err(mistake) => {
                    self.mistakes.add("subset", None, mistake);
                    fine = false;
                }
            }
            fine &= self.children(rule, &mut wanted);
            for pattern in &rule.whole {
                match self.tables(pattern) {
                    // What nothing joins with the subset stays whole anyway.
                    Ok(found) => {
                        wanted.whole.extend(found.into_iter().filter(|name| others == Others::Skip || self.is_joined(rules, name)))
                    }
                    Err(mistake) => {
                        self.mistakes.add("subset", None, mistake);
                        fine = false;
                    }
                }
            }
        }
        fine.then_some(wanted)
    }

    /// Whether foreign keys join a table with one in which the subset begins.
    fn is_joined(&self, rules: &[SubsetRule], name: &RelationName) -> bool {
        let roots: BTreeSet<RelationName> =
            self.catalogue.relations.keys().filter(|name| rules.iter().any(|rule| rule.root.matches(name))).cloned().collect();
        Shape::new(self.catalogue, &Wanted { roots, ..Wanted::default() }).is_ok_and(|shape| shape.place(name).is_some())
    }

    /// Adds the tables whose rows come along; false where a name means nothing, which is noted.
    fn children(&mut self, rule: &SubsetRule, wanted: &mut Wanted) -> bool {
        let mut found: BTreeMap<RelationName, (bool, Option<u64>)> = BTreeMap::new();
        let mut mistakes = Vec::new();
        match &rule.children {
            Children::Every => found.extend(self.catalogue.relations.keys().map(|name| (name.clone(), (false, None)))),
            Children::These(these) => {
                for child in these {
                    match self.tables(&child.table) {
                        Err(mistake) => mistakes.push(mistake),
                        Ok(names) => {
                            for name in names {
                                // An exact name wins over a glob, and of two globs the first.
                                let exact = child.table.is_exact();
                                if found.get(&name).is_none_or(|(known, _)| exact && !known) {
                                    found.insert(name, (exact, child.limit));
                                }
                            }
                        }
                    }
                }
            }
        }
        for pattern in &rule.except {
            match self.tables(pattern) {
                Ok(names) => found.retain(|name, _| !names.contains(name)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        for (name, (_, limit)) in found {
            // Of several roots the one that takes more of a table's rows.
            let most = wanted.children.entry(name).or_insert(limit);
            *most = most.zip(limit).map(|(one, other)| one.max(other));
        }
        let fine = mistakes.is_empty();
        for mistake in mistakes {
            self.mistakes.add("subset", None, mistake);
        }
        fine
    }

    /// The tables that a pattern means.
    fn tables(&self, pattern: &TablePattern) -> std::result::Result<BTreeSet<RelationName>, RuleError> {
        let found: BTreeSet<RelationName> = self.catalogue.relations.keys().filter(|name| pattern.matches(name)).cloned().collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let elsewhere = self.catalogue.relations.keys().find(|found| pattern.name.matches(found.name.as_str()));
        let near = || nearest(&pattern.name.text, self.catalogue.relations.keys().map(|found| found.name.as_str()));
        let help = match elsewhere {
            Some(found) => Some(format!("there is one in schema {:?}: write \"{}.{}\"", found.schema.as_str(), found.schema, found.name)),
            None => near().map(|near| format!("did you mean {near:?}?")),
        };
        let message = format!("the dump has no table {:?} in schema {:?}", pattern.name.text, pattern.schema.text);
        Err(RuleError { at: Some(pattern.written.at.clone()), message, help })
    }

    /// With which rows the subset begins in one table.
    fn root(&mut self, rule: &SubsetRule) -> Option<Root> {
        let name = RelationName::new(&*rule.root.schema.text, &*rule.root.name.text);
        let relation = self.catalogue.relation(&name)?;
        let columns: Columns = self.columns(relation);
        let most = rule.limit.as_ref().map_or(u64::MAX, |limit| limit.value);
        let filter = match &rule.rows {
            None => None,
            Some(text) => match self.bound_condition(relation, &columns, text) {
                Ok(filter) => Some(Arc::new(filter)),
                Err(mistake) => {
                    self.mistakes.add("condition", Some(&name), mistake);
                    return None;
                }
            },
        };
        let parts = if relation.kind == RelationKind::Partitioned { self.catalogue.descendants(&name) } else { Vec::new() };
        Some(Root { holders: parts.into_iter().chain([name]).collect(), filter, most })
    }
}

impl SubsetPlan {
    /// Whether a relation's rows are left out because nothing joins them with the subset.
    pub(super) fn skips(&self, relation: &RelationName) -> bool {
        self.others == Others::Skip && self.shape.place(relation).is_none()
    }
}

impl Plan {
    /// Whether rows are to be chosen before they are written: [`Plan::graph`], [`Plan::reader`], [`Plan::choose`].
    pub fn has_subset(&self) -> bool {
        self.subset.is_some()
    }

    /// The graph that the rows go into.
    pub fn graph(&self) -> Graph {
        Graph::new(&self.subset.as_ref().map(|subset| subset.shape.outlines()).unwrap_or_default())
    }

    /// Who reads the rows of a COPY block into the graph; `None` for a table that nothing joins with the subset.
    ///
    /// # Errors
    /// As of [`Plan::copy`]; a column of a key that the rows have not.
    pub fn reader(&self, facts: &CopyFacts<'_>) -> Result<Option<Counted>> {
        let (Some(subset), Some(relation)) = (&self.subset, self.relations.get(facts.relation)) else { return Ok(None) };
        let all = || relation.order.iter().filter(|(_, generated)| !generated).map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let columns = facts.columns.map_or_else(all, <[Name]>::to_vec);
        let Some(fields) = subset.shape.fields(facts.relation, &columns).filter(|_| relation.skip.is_none()) else { return Ok(None) };
        self.readable(facts, None, &[])?;
        let fields = fields.map_err(|column| {
            let place = Place { table: Some(facts.relation.clone()), column: Some(column), byte: Some(facts.byte), ..Place::default() };
            Error::Data { place, fault: Fault::MissingKeyColumn }
        })?;
        let place = fields.table;
        let number = subset.roots.iter().position(|root| root.holders.contains(facts.relation)).unwrap_or(subset.roots.len());
        let root = subset.roots.get(number);
        let begin = match root {
            Some(root) => Begin::Chosen(root.most),
            None if subset.whole.contains(&place) => Begin::Needed,
            None => Begin::Open,
        };
        let field = |of: &str| columns.iter().position(|column| column.as_str() == of);
        let test = |filter: &Arc<Filter>| RowTest {
            reads: filter.reads().iter().map(|reading| Read { field: field(&reading.of), masked: false }).collect(),
            filter: Arc::clone(filter),
        };
        let program = RowProgram {
            fields: columns.len(),
            steps: Vec::new(),
            rows: relation.rows.as_ref().map(|(filter, _)| test(filter)),
            unless: None,
            choice: relation.choice(&columns),
            charset: self.charset,
        };
        let look = Look { program, test: root.and_then(|root| root.filter.as_ref()).map(test), reads: Vec::new() };
        Ok(Some(Counted { place, root: number, reader: Reader::new(look, fields, begin) }))
    }

    /// Takes down which rows were chosen, and what the user should know of it.
    pub fn choose(&mut self, chosen: Chosen) {
        let Some(subset) = &mut self.subset else { return };
        let all: u64 = chosen.all.iter().sum();
        let kept: u64 = chosen.rows.iter().map(Bits::count).sum();
        self.remarks.push(format!(
            "subset: {} of {} in {}; their keys took {} of memory",
            number(kept),
            counted(all, "row", "rows"),
            counted(chosen.all.len() as u64, "table", "tables"),
            bytes(chosen.bytes as u64),
        ));
        for (table, counts) in chosen.dangling.iter().enumerate() {
            for (link, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let key = subset.shape.link_name(table, link).unwrap_or_default();
                self.remarks.push(format!(
                    "subset: {key} has {} which the dump does not hold",
                    counted(*count, "row that points at a row", "rows that point at rows")
                ));
            }
        }
        let members = |(rows, all): (Bits, u64)| Members { count: rows.count(), rows: Arc::new(rows), all };
        subset.chosen = Some(chosen.rows.into_iter().zip(chosen.all).map(members).collect());
    }

    /// Whether the rows of a table, by its place, were as many when they were written as when they were chosen.
    pub fn is_unchanged(&self, place: usize, rows: u64) -> bool {
        let members = self.subset.as_ref().and_then(|subset| subset.chosen.as_ref()?.get(place));
        members.is_none_or(|members| members.all == rows)
    }

    /// What the subset does to the rows of a relation.
    pub(super) fn part(&self, relation: &RelationName) -> Part {
        let Some(subset) = &self.subset else { return Part::All };
        let Some(place) = subset.shape.place(relation) else {
            return if subset.skips(relation) { Part::None } else { Part::All };
        };
        match subset.chosen.as_ref().and_then(|chosen| chosen.get(place)) {
            Some(members) if members.count == members.all => Part::All,
            Some(members) if members.count > 0 => Part::Some(place, Arc::clone(&members.rows)),
            _ => Part::None,
        }
    }
}

/// Tables that a subset has no say in, for the summary: how many stay whole or are left out.
pub(super) fn remark(plan: &Plan, catalogue: &Catalogue) -> Option<String> {
    let subset = plan.subset.as_ref()?;
    let apart = catalogue.relations.keys().filter(|name| subset.shape.place(name).is_none()).count();
    let fate = if subset.others == Others::Keep { "stay whole" } else { "are left out" };
    let tables = counted(apart as u64, "table", "tables");
    (apart > 0).then(|| format!("subset: the rows of {tables} that no foreign key joins with it {fate} (others)"))
}
