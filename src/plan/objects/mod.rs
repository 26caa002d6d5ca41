//! Which objects of a dump are left out: what the rules and the command line choose, and all that hangs on it.
//!
//! What hangs on what is read from each statement ([`crate::schema::facts`]). Objects go as `DROP … CASCADE` would take
//! them: a view with its table, a partition with its parent, a sequence with the table that owns it, a default with its
//! sequence; foreign keys go with either end.
//!
//! Where the whole dump is known before the first byte is written (a file, an archive, `--schema-file`), everything is
//! decided then. From a pipe, what stands before the first row is; what comes behind it can only need what came before.

mod cascade;
mod choice;
mod edit;
mod names;
mod seeds;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub use choice::{Choice, Section, Without};

use crate::error::{At, RuleError};
use crate::name::RelationName;
use crate::plan::Absence;
use crate::rules::Rules;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object};

/// Decides which statements pass.
#[derive(Debug, Default)]
pub struct Objects {
    choice: Choice,
    rules: Arc<Rules>,
    /// What has been said before the decision.
    said: Vec<Facts>,
    /// What each object was created as.
    kinds: HashMap<Object, Kind>,
    /// Functions by name: calls do not say which one they mean.
    routines: HashMap<RelationName, Vec<Object>>,
    gone: HashMap<Object, Because>,
    /// What an object belongs to: a partition to its table.
    owners: HashMap<Object, Vec<Object>>,
    /// Objects whose definition has been passed on.
    passed: HashSet<Object>,
    /// Bodies of functions that passed, which are not followed.
    bodies: Vec<(Object, String)>,
    left: Vec<LeftObject>,
    counts: BTreeMap<&'static str, u64>,
    settled: bool,
    /// Everything was known when names that match nothing were judged.
    knew_all: bool,
    /// What statements speak of that no statement creates: the schema `public`, the database.
    spoken: HashSet<Object>,
}

/// Why an object goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Because {
    /// The rules or the command line say so; as in `left out by -T answers`.
    Chosen(String),
    /// It cannot be without another.
    Of(Object),
}

/// The reason of what is not in a section that was chosen.
const SECTIONS: &str = "the sections that were chosen";

/// An object that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftObject {
    /// What it is: `foreign key`.
    pub kind: &'static str,
    /// Its name: `answers_fkey of public.answers`.
    pub name: String,
    /// Why: `-T answers`, `goes with table public.answers`.
    pub because: String,
}

/// What is done with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementVerdict {
    /// It passes.
    Keep,
    /// It is left out.
    Leave,
    /// It passes as this text.
    Replace(String),
}

impl Objects {
    /// Nothing is decided yet.
    pub fn new(choice: Choice, rules: Arc<Rules>) -> Objects {
        Objects { choice, rules, ..Objects::default() }
    }

    /// Takes what is chosen for another database in the place of what was, before anything is decided.
    pub fn rename(&mut self, choice: Choice, rules: Arc<Rules>) {
        (self.choice, self.rules) = (choice, rules);
    }

    /// Whether every object passes, so that statements need not be read.
    pub fn is_idle(&self) -> bool {
        self.choice.is_empty() && !self.rules.leave_out_objects()
    }

    /// What the command line chooses.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Takes in what a statement says, before the decision.
    pub fn note(&mut self, facts: &[Facts]) {
        for said in facts {
            self.learn(said);
            self.said.push(said.clone());
        }
    }

    fn learn(&mut self, facts: &Facts) {
        if facts.aspect != Aspect::Definition {
            self.spoken.extend(facts.about.iter().filter(|object| !self.kinds.contains_key(object)).cloned());
            return;
        }
        for object in &facts.about {
            if let Object::Routine(name, _) = object {
                let known = self.routines.entry(name.clone()).or_default();
                if !known.contains(object) {
                    known.push(object.clone());
                }
            }
            self.kinds.entry(object.clone()).or_insert(facts.kind);
        }
    }

    /// Decides, from everything that has been said. Gives every mistake: rules and patterns that match nothing, and what
    /// can neither stay nor go.
    #[cfg(test)]
    fn settle(&mut self) -> Vec<RuleError> {
        let mut mistakes = self.judge_names(true);
        mistakes.extend(self.decide());
        mistakes
    }

    /// Names and patterns that match nothing, as of [`Objects::unmatched`]; those that must wait are left to
    /// [`Objects::unmatched_behind`].
    pub fn judge_names(&mut self, all: bool) -> Vec<RuleError> {
        self.knew_all = all;
        self.unmatched(all)
    }

    /// Decides, from everything that has been said. Gives what can neither stay nor go.
    pub fn decide(&mut self) -> Vec<RuleError> {
        self.settled = true;
        let mut mistakes = self.seed();
        let said = std::mem::take(&mut self.said);
        self.cascade(&said);
        mistakes.extend(self.named_in_vain());
        mistakes.extend(said.iter().flat_map(|facts| self.torn(facts)));
        mistakes
    }

    /// Whether every foreign key is left out.
    pub fn leaves_foreign_keys(&self) -> bool {
        self.choice.no_foreign_keys || self.rules.leaves_object("foreign key", None).is_some()
    }

    /// Whether the rows of a table are left out: with the table, or by the command line. Tables that the dump does not
    /// create are judged by their names alone.
    pub fn leaves_rows(&self, relation: &RelationName) -> bool {
        self.absence(relation).is_some()
    }

    /// The same, and why.
    pub fn absence(&self, relation: &RelationName) -> Option<Absence> {
        if self.leaves(relation) || self.leaves_unknown(relation) {
            return Some(Absence::Dropped);
        }
        self.skips_data(relation).map(Absence::Flag)
    }

    /// Whether any table is left out, or its rows are by the command line; a flag that may is taken for one that does.
    pub fn leaves_tables(&self) -> bool {
        self.choice.strict().next().is_some() || !self.rules.only.is_empty() || self.relations().next().is_some()
    }

    /// Takes down that a foreign key is left out because rows that it points at are.
    pub fn leave_key(&mut self, facts: &[Facts], because: String) {
        let name = facts.iter().flat_map(|said| &said.about).next().map(Object::to_string).unwrap_or_default();
        self.left.push(LeftObject { kind: Kind::ForeignKey.word(), name, because });
    }

    /// Whether a relation is left out.
    pub fn leaves(&self, relation: &RelationName) -> bool {
        self.gone.contains_key(&Object::Relation(relation.clone()))
    }

    /// The relations that are left out.
    pub fn relations(&self) -> impl Iterator<Item = &RelationName> {
        self.gone.keys().filter_map(|object| match object {
            Object::Relation(name) => Some(name),
            _ => None,
        })
    }

    /// Tables, views and sequences that the dump creates, those that go among them.
    pub fn created_relations(&self) -> BTreeSet<&RelationName> {
        let names = self.kinds.keys().filter_map(|object| match object {
            Object::Relation(name) => Some(name),
            _ => None,
        });
        names.collect()
    }

    /// Whether the rows of a table are left out by the command line: the flag that says so.
    pub fn skips_data(&self, relation: &RelationName) -> Option<String> {
        if !self.choice.has(Section::Data) {
            return Some(SECTIONS.into());
        }
        let found = self.choice.exclude_data.iter().find(|pattern| pattern.matches(relation));
        found.map(|pattern| format!("--exclude-table-data={pattern}"))
    }

    /// What is done with a statement; `sql` is its decoded text. What it says is learned, if it is new.
    ///
    /// # Errors
    /// It speaks of objects that stay and of objects that go, or a column that stays needs a type that goes.
    pub fn verdict(&mut self, facts: &[Facts], sql: &str) -> Result<StatementVerdict, RuleError> {
        let mut leave = false;
        let mut replaced = None;
        for said in facts {
            self.learn(said);
            self.take_along(said);
            if let Some(mistake) = self.torn(said).into_iter().next() {
                return Err(mistake);
            }
            if let Some(because) = self.goes(said) {
                leave = true;
                self.count(said, because);
                replaced = self.undo(said).or(replaced);
            } else if let Some(edited) = self.without_defaults(said, sql) {
                replaced = Some(edited);
            }
        }
        if leave {
            return Ok(replaced.map_or(StatementVerdict::Leave, StatementVerdict::Replace));
        }
        for said in facts.iter().filter(|said| said.aspect == Aspect::Definition) {
            self.passed.extend(said.about.iter().cloned());
            if let (Some(body), Some(function)) = (&said.body, said.about.first()) {
                self.bodies.push((function.clone(), body.clone()));
            }
        }
        Ok(replaced.map_or(StatementVerdict::Keep, StatementVerdict::Replace))
    }

    /// Why a statement goes, if it does.
    fn goes(&self, facts: &Facts) -> Option<Because> {
        let flag = |flag: &str| Some(Because::Chosen(flag.to_owned()));
        if let Some(object) = facts.about.iter().find(|object| self.gone.contains_key(object)) {
            return match facts.aspect {
                Aspect::Definition => self.gone.get(object).cloned(),
                _ => Some(Because::Of(object.clone())),
            };
        }
        if let Some(object) = facts.needs.iter().find_map(|need| self.missing(need)) {
            return Some(Because::Of(object));
        }
        if let Some(word) = self.choice.leaves_out(facts.kind) {
            return flag(word);
        }
        if let Some(because) = self.chosen_with_schema(facts).or_else(|| self.chosen_kind(facts)) {
            return Some(Because::Chosen(because));
        }
        if let Some((_, word)) = unwanted(facts).filter(|(without, _)| self.choice.without.contains(without)) {
            return flag(word);
        }
        match section(facts, &self.kinds) {
            Some(section) if !(self.choice.has(section) || self.choice.create && makes_database(facts)) => flag(SECTIONS),
            _ => None,
        }
    }

    /// The object that a need is missing, if it is gone.
    fn missing(&self, need: &Need) -> Option<Object> {
        match need {
            Need::Object(object) => self.gone.contains_key(object).then(|| object.clone()),
            Need::Routine(name, count) => {
                let meant = self.routines.get(name)?.iter().filter(|routine| can_be_called(routine, *count));
                let (gone, kept): (Vec<_>, Vec<_>) = meant.partition(|routine| self.gone.contains_key(*routine));
                // With one of that name left, the call most likely means that one: a wrong guess fails at restore.
                if kept.is_empty() { gone.into_iter().next().cloned() } else { None }
            }
        }
    }

    /// Notes that a statement was left out: objects by name, the rest by number.
    fn count(&mut self, facts: &Facts, because: Because) {
        if facts.aspect == Aspect::Definition
            && let Some(object) = facts.about.first()
            && !matches!(&because, Because::Chosen(flag) if flag == SECTIONS)
        {
            let left = LeftObject { kind: facts.kind.word(), name: object.to_string(), because: self.words(&because) };
            if !self.left.contains(&left) {
                self.left.push(left);
            }
        } else {
            let what = match facts.aspect {
                Aspect::Comment => "of comments",
                Aspect::Owner => "of owners",
                Aspect::Privileges => "of privileges",
                Aspect::SecurityLabel => "of security labels",
                Aspect::Value if facts.kind == Kind::Statistics => "of statistics",
                Aspect::Value => "of sequences' values",
                Aspect::Refresh => "of materialized views' contents",
                Aspect::Setting => "of settings",
                Aspect::Definition | Aspect::Part | Aspect::Removal => "that change what is left out",
            };
            *self.counts.entry(what).or_default() += 1;
        }
    }

    fn words(&self, because: &Because) -> String {
        match because {
            Because::Chosen(words) => words.clone(),
            Because::Of(object) => {
                let kind = self.kinds.get(object).copied().map_or("object", Kind::word);
                format!("goes with {kind} {object}")
            }
        }
    }

    /// What was left out so far, in the order of the dump.
    pub fn left(&self) -> &[LeftObject] {
        &self.left
    }

    /// What else there is to tell: numbers, and functions whose body names what is gone.
    pub fn remarks(&self) -> Vec<String> {
        let told = |(function, body): &(Object, String)| {
            let name = self.named_in(body)?;
            Some(format!("function {function} names {name}, which is left out: it stays, and fails where it uses it"))
        };
        self.bodies.iter().filter_map(told).collect()
    }

    /// How many statements of other sorts were left out.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(what, count)| (*what, *count))
    }

    /// A relation that is gone and that a text names as a word. A schema before it must be its own.
    fn named_in(&self, body: &str) -> Option<&RelationName> {
        let words: HashSet<&str> = body.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$' || c == '-')).collect();
        let named = |name: &&RelationName| {
            let word = name.name.as_str();
            words.contains(word) || words.iter().any(|found| found.eq_ignore_ascii_case(word))
        };
        let tables = self.relations().filter(|name| {
            let kind = self.kinds.get(&Object::Relation((*name).clone()));
            !matches!(kind, None | Some(Kind::Index | Kind::Constraint))
        });
        tables.filter(named).min()
    }
}

/// Patterns of the command line, and `only`, that match nothing in any of several databases.
pub(super) fn unmatched<'o>(databases: impl Iterator<Item = &'o Objects>) -> Vec<RuleError> {
    let mut all = databases.filter(|objects| !objects.kinds.is_empty()).map(|objects| objects.unmatched(true));
    let mut mistakes = all.next().unwrap_or_default();
    for other in all {
        mistakes.retain(|mistake| other.iter().any(|other| other.at == mistake.at && other.message == mistake.message));
    }
    mistakes
}

/// Whether a routine takes that many arguments: fewer where it has defaults, more where it is variadic.
fn can_be_called(routine: &Object, count: Option<usize>) -> bool {
    let Object::Routine(_, arguments) = routine else { return false };
    count.is_none_or(|count| count <= arguments.len() || arguments.last().is_some_and(|last| last.ends_with("[]") || last == "any"))
}

/// The sort of statement that a flag leaves out of every object.
fn unwanted(facts: &Facts) -> Option<(Without, &'static str)> {
    Some(match facts.aspect {
        Aspect::Comment => (Without::Comments, "--no-comments"),
        Aspect::Owner => (Without::Owners, "--no-owner"),
        Aspect::Privileges => (Without::Privileges, "--no-privileges"),
        Aspect::SecurityLabel => (Without::SecurityLabels, "--no-security-labels"),
        Aspect::Setting => match facts.setting.as_deref() {
            Some("default_tablespace") => (Without::Tablespaces, "--no-tablespaces"),
            Some("default_table_access_method") => (Without::TableAccessMethods, "--no-table-access-method"),
            Some("session_authorization") => (Without::Owners, "--no-owner"),
            _ => return None,
        },
        _ => return None,
    })
}

/// The section that a statement belongs to; `None` for settings, which all sections have.
fn section(facts: &Facts, kinds: &HashMap<Object, Kind>) -> Option<Section> {
    match facts.aspect {
        Aspect::Setting if facts.setting.as_deref().is_some_and(|name| name.starts_with("default_table")) => Some(Section::PreData),
        Aspect::Setting => None,
        Aspect::Value if facts.kind == Kind::Statistics => Some(section_of_statistics(facts.about.first(), kinds)),
        Aspect::Value => Some(Section::Data),
        Aspect::Refresh => Some(Section::PostData),
        _ if facts.kind == Kind::LargeObject => Some(Section::Data),
        _ if facts.behind_data => Some(Section::PostData),
        // One that CREATE TABLE brings is not created by a statement of its own.
        Aspect::Comment if facts.kind == Kind::Constraint => {
            let apart = facts.about.iter().any(|object| kinds.contains_key(object));
            Some(if apart { Section::PostData } else { Section::PreData })
        }
        _ => {
            let created = facts.about.first().and_then(|object| kinds.get(object)).copied();
            let kind = if facts.kind.is_post_data() { facts.kind } else { created.unwrap_or(facts.kind) };
            Some(if kind.is_post_data() { Section::PostData } else { Section::PreData })
        }
    }
}

/// Statistics of tables are data; those of what is made behind the data, keys' indexes among them, come behind it
/// (`getRelationStatistics` in src/bin/pg_dump/pg_dump.c). With no table known there is nothing else than statistics.
fn section_of_statistics(about: Option<&Object>, kinds: &HashMap<Object, Kind>) -> Section {
    match about.and_then(|object| kinds.get(object)) {
        Some(Kind::Table | Kind::ForeignTable) => Section::Data,
        None if !kinds.values().any(|kind| *kind == Kind::Table) => Section::Data,
        Some(_) | None => Section::PostData,
    }
}

/// Whether a statement makes the database, or sets what holds for it as a whole. Of an archive, only those that set
/// something in a database speak of roles.
fn makes_database(facts: &Facts) -> bool {
    matches!(facts.kind, Kind::Database | Kind::Role)
        && matches!(facts.aspect, Aspect::Definition | Aspect::Part | Aspect::Owner | Aspect::Removal)
}

/// A place of a rule as words: `rules.toml:3:1`.
fn place(at: &At) -> String {
    format!("{}:{}:{}", at.file, at.line, at.column)
}
