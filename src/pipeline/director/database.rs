//! The databases of a script: what belongs to one, and how the director goes from one to another.
//!
//! A database begins at its `\connect`. What comes before the first of them (roles, CREATE DATABASE) belongs to it, and a
//! database that turns out to hold nothing is one with the next: so `pg_dump --create` is one database, and those of
//! `pg_dumpall` that are empty do not count.
//!
//! From a file all plans are made before a byte is written. From a pipe each is made when the first row of its database
//! comes: a mistake in the second ends a stream that has begun.

use std::collections::{BTreeMap, VecDeque};

use super::Director;
use super::ahead::Ahead;
use super::large_objects::{is_creation, unlisted};
use super::merge::Failures;
use crate::dump::event::{Event, Meta, Statement, Verb};
use crate::dump::script::command::{Connect, connect};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::name::{Name, RelationName};
use crate::pipeline::limit::Limits as RowLimits;
use crate::plan::{Choice, Copied, Described, Knowledge, Objects, Plan, Planner};
use crate::schema::catalogue::Catalogue;

/// What belongs to one database.
#[derive(Debug)]
pub(super) struct Database {
    /// As `\connect` gives it, as far as the script has been read.
    pub(super) name: Option<Name>,
    pub(super) planner: Planner,
    /// Which objects pass.
    pub(super) objects: Objects,
    /// What the stream's DDL has said so far.
    pub(super) catalogue: Catalogue,
    /// Made before the first row; never made where there is no rule.
    pub(super) plan: Option<Plan>,
    /// The tables whose data has come.
    pub(super) copied: Copied,
    /// What `--schema-file` says, where it was given: the dump must not say otherwise.
    pub(super) given: Option<Catalogue>,
    pub(super) row_limits: RowLimits,
    /// How many rows of each table of a subset have come.
    pub(super) rows: BTreeMap<usize, u64>,
    /// An object has been created, or a table filled.
    pub(super) inside: bool,
    /// It has large objects.
    pub(super) large_objects: bool,
}

/// The databases of a script beside the one at hand.
#[derive(Debug)]
pub(super) struct Databases {
    /// For all of them.
    planner: Planner,
    choice: Choice,
    /// Those that the script has been in before.
    away: Vec<Database>,
    /// Those that were planned ahead and have not come yet.
    planned: VecDeque<Database>,
    /// Planned from `--schema-file`, and not from the dump itself.
    from_file: bool,
    /// All that the script holds were planned ahead.
    ahead: bool,
    /// There are several.
    several: bool,
    /// What matches nothing is told at the end.
    late: bool,
}

/// What a `\connect` makes of the database at hand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// One stays in it.
    Stay,
    /// It held nothing: it is of that name.
    Rename(Option<Name>),
    /// Another one begins, or comes back.
    To(Name),
}

impl Database {
    /// Whether everything passes, so that nothing need be known of it.
    pub(super) fn is_idle(&self) -> bool {
        self.planner.is_idle() && self.objects.is_idle()
    }

    /// Where a command leads; `None` for any that is no `\connect`.
    ///
    /// # Errors
    /// Another database of which the name is not said.
    pub(super) fn follow(&self, meta: &Meta) -> Result<Option<Move>> {
        let Some(connect) = connect(&meta.line) else { return Ok(None) };
        Ok(Some(match connect {
            Connect::Same => Move::Stay,
            Connect::To(name) if self.name.as_ref().is_some_and(|own| own.as_str() == name) => Move::Stay,
            Connect::To(name) if self.inside => Move::To(Name::new(name)),
            Connect::To(name) => Move::Rename(Some(Name::new(name))),
            Connect::Unknown if self.inside => {
                let fault = Fault::Unsupported("a \\connect behind a database's objects whose database cannot be told from it");
                return Err(Error::Data { place: Place::default(), fault });
            }
            Connect::Unknown => Move::Rename(None),
        }))
    }

    /// Notes that an event is of the database's contents.
    pub(super) fn note(&mut self, event: &Event) {
        self.large_objects |= matches!(event, Event::Statement(statement) if is_creation(statement));
        self.inside |= match event {
            Event::CopyStart(_) | Event::Insert(_) => true,
            Event::Statement(statement) => creates(statement),
            Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => false,
        };
    }

    /// What it has, for rules to be judged by.
    pub(super) fn described(&self) -> Described<'_> {
        Described { name: self.name.as_ref(), catalogue: &self.catalogue, copied: &self.copied, objects: &self.objects }
    }

    /// The database as it is before its first statement, with the plan that was made for it.
    fn planned(self, from_file: bool) -> Database {
        let given = from_file.then_some(self.catalogue);
        Database { name: None, catalogue: Catalogue::default(), copied: Copied::new(), given, inside: false, ..self }
    }
}

/// Whether a statement creates something inside of a database.
pub(super) fn creates(statement: &Statement) -> bool {
    if matches!(statement.verb, Verb::Schema | Verb::LargeObject | Verb::Statistics | Verb::Size) {
        return true;
    }
    let mut words = statement.text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(<[u8]>::to_ascii_lowercase);
    let globals: [&[u8]; 5] = [b"database", b"role", b"user", b"group", b"tablespace"];
    words.next().as_deref() == Some(b"create") && words.next().is_none_or(|word| !globals.contains(&&*word))
}

/// A database that holds nothing, with a plan for that: rows that come all the same are those of no table that is described.
fn empty(mut database: Database, charset: Charset) -> Result<Database> {
    let Database { planner, catalogue, copied, objects, .. } = &mut database;
    database.plan = Some(planner.settle_part(catalogue, charset, Knowledge::Whole, copied, objects)?);
    Ok(database)
}

impl Databases {
    pub(super) fn new(planner: Planner, choice: Choice) -> Databases {
        Databases {
            planner,
            choice,
            away: Vec::new(),
            planned: VecDeque::new(),
            from_file: false,
            ahead: false,
            several: false,
            late: false,
        }
    }

    /// A database of that name, of which nothing is known.
    pub(super) fn begin(&self, name: Option<Name>) -> Database {
        let planner = self.planner.within(name.as_ref());
        Database {
            objects: planner.objects(self.choice.clone()),
            name,
            planner,
            catalogue: Catalogue::default(),
            plan: None,
            copied: Copied::new(),
            given: None,
            row_limits: RowLimits::default(),
            rows: BTreeMap::new(),
            inside: false,
            large_objects: false,
        }
    }

    /// Has a database be of another name.
    pub(super) fn rename(&self, database: &mut Database, name: Option<Name>) {
        if database.plan.is_none() {
            database.planner = self.planner.within(name.as_ref());
            database.planner.rename(&mut database.objects, &self.choice);
        }
        database.name = name;
    }

    /// What the command line chooses.
    pub(super) fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Whether any rule or flag names a database.
    fn are_named(&self) -> bool {
        self.planner.names_databases() || self.choice.names_databases()
    }

    /// The one that a planned run comes to when it is told of `name`.
    fn take_planned(&mut self, name: &Name) -> Option<Database> {
        if !self.from_file {
            return self.planned.pop_front();
        }
        let at = self.planned.iter().position(|database| database.planner.database() == Some(name))?;
        self.planned.remove(at)
    }
}

impl Director {
    /// Makes the plans of the databases that a first reading has found, and gives the tables that the first holds rows of.
    ///
    /// # Errors
    /// The mistakes of all of them at once.
    pub(super) fn plan_all(&mut self, mut all: Vec<Ahead>, from_file: bool) -> Result<Option<Ahead>> {
        if all.iter().any(|ahead| ahead.database.inside) {
            all.retain(|ahead| ahead.database.inside);
        }
        let databases = &mut self.databases;
        (databases.several, databases.from_file, databases.ahead) = (all.len() > 1, from_file, true);
        if databases.several {
            self.refuse_several()?;
        }
        let mut failures = Failures::default();
        for ahead in &mut all {
            if ahead.database.large_objects && self.refuses_large_objects() {
                failures.add(ahead.database.name.as_ref().filter(|_| self.databases.several), unlisted())?;
            }
            match ahead.settle(self.databases.several) {
                Ok(plan) => ahead.database.plan = Some(plan),
                Err(error) => failures.add(ahead.database.name.as_ref().filter(|_| self.databases.several), error)?,
            }
        }
        if self.databases.several {
            let described: Vec<Described<'_>> = all.iter().map(|ahead| ahead.database.described()).collect();
            if let Err(error) = self.databases.planner.unmatched(&described) {
                failures.add(None, error)?;
            }
        }
        failures.into_result()?;
        let mut all = all.into_iter();
        let first = all.next();
        self.databases.planned = all.map(|ahead| ahead.database.planned(from_file)).collect();
        Ok(first)
    }

    /// Goes on with the database that a first reading has found first.
    pub(super) fn begin_planned(&mut self, database: Database) {
        let name = self.database.name.clone();
        self.database = Database { name, ..database.planned(self.databases.from_file) };
    }

    /// The same, where there are so many.
    pub(super) fn refuse_unless_one(&self, databases: usize) -> Result<()> {
        if databases > 1 { self.refuse_several() } else { Ok(()) }
    }

    /// Refuses what makes no sense for several databases.
    fn refuse_several(&self) -> Result<()> {
        let refused = |what: &str| {
            Err(Error::Usage(format!(
                "the script holds several databases, and {what} for one only; filter them one by one, from a pg_dump --create of each"
            )))
        };
        if self.database.planner.wants_subset() {
            return refused("[subset] is");
        }
        if let Some(flag) = self.only_for_one() {
            return refused(&format!("{flag} is"));
        }
        Ok(())
    }

    /// Follows a `\connect` to another database, before the command itself is written.
    pub(super) fn follow(&mut self, meta: &Meta) -> Result<()> {
        match self.database.follow(meta)? {
            None | Some(Move::Stay) => Ok(()),
            Some(Move::Rename(name)) => {
                if let (true, Some(name)) = (self.databases.from_file, &name)
                    && self.database.planner.database().is_some_and(|own| own != name)
                    && let Some(other) = self.databases.take_planned(name)
                {
                    let before = std::mem::replace(&mut self.database, other);
                    self.databases.planned.push_back(before);
                    self.announce()?;
                }
                self.databases.rename(&mut self.database, name);
                Ok(())
            }
            Some(Move::To(name)) => self.go_to(name),
        }
    }

    fn go_to(&mut self, name: Name) -> Result<()> {
        self.expect_no_other(&name)?;
        let idle = self.is_idle();
        if !self.databases.several && !self.databases.ahead {
            self.databases.several = true;
            self.refuse_several()?;
        }
        // Its end, if no row has come.
        if self.database.plan.is_none() && !idle {
            self.settle(self.reader.charset(), Knowledge::Whole)?;
            self.write_held()?;
        }
        let databases = &mut self.databases;
        let known = databases.away.iter().position(|database| database.name.as_ref() == Some(&name));
        let next = match known {
            Some(at) => databases.away.remove(at),
            None => match databases.take_planned(&name) {
                Some(planned) => Database { name: Some(name), ..planned },
                None if databases.from_file && !idle => {
                    return Err(Error::Usage(format!(
                        "--schema-file does not describe the database {name}; give the output of pg_dumpall --schema-only"
                    )));
                }
                // Planned are all that hold something.
                None if databases.ahead && !idle => empty(databases.begin(Some(name)), self.reader.charset())?,
                None => databases.begin(Some(name)),
            },
        };
        let before = std::mem::replace(&mut self.database, next);
        self.databases.away.push(before);
        if known.is_none() { self.announce() } else { Ok(()) }
    }

    /// Whether there are several, as far as is known.
    pub(super) fn are_several(&self) -> bool {
        self.databases.several
    }

    /// The name of the database at hand, where there are several to be told apart.
    pub(super) fn told_database(&self) -> Option<&Name> {
        let several = self.databases.several || !self.databases.ahead && self.reader.is_cluster();
        self.database.planner.database().or(self.database.name.as_ref()).filter(|_| several)
    }

    /// A relation as it is told: with its database, where there are several.
    pub(in crate::pipeline) fn told(&self, relation: &RelationName) -> RelationName {
        relation.clone().of(self.told_database())
    }

    /// A line of the summary, with the database that it is about.
    pub(super) fn told_remark(&self, remark: String) -> String {
        match self.told_database() {
            Some(database) => format!("database {database}: {remark}"),
            None => remark,
        }
    }

    /// An error of the database at hand.
    pub(super) fn told_error(&self, error: Error) -> Error {
        match (self.told_database(), error) {
            (Some(database), Error::Rules(mut mistakes)) => {
                for mistake in &mut mistakes {
                    mistake.message = format!("database {database}: {}", mistake.message);
                }
                Error::Rules(mistakes)
            }
            (Some(database), Error::Policy(message)) => Error::Policy(format!("database {database}: {message}")),
            (database, Error::Data { mut place, fault }) => {
                place.table = place.table.map(|table| if table.database.is_none() { table.of(database) } else { table });
                Error::Data { place, fault }
            }
            (_, error) => error,
        }
    }

    /// Whether what matches nothing must wait for the end: more databases may come.
    pub(super) fn more_databases_may_come(&mut self) -> bool {
        let databases = &mut self.databases;
        let named = databases.are_named() && self.database.name.is_some();
        databases.late |= databases.several || named || self.reader.is_cluster();
        databases.late
    }

    /// Whether names that match nothing are judged over all databases.
    pub(super) fn judges_databases(&self) -> bool {
        self.databases.late || self.databases.several
    }

    /// Judges what had to wait for the end.
    pub(super) fn judge_databases(&self) -> Result<()> {
        if !self.databases.late {
            return Ok(());
        }
        let described: Vec<Described<'_>> = self.databases.away.iter().chain([&self.database]).map(Database::described).collect();
        self.databases.planner.unmatched(&described)
    }

    /// Goes through all databases of the script, the one at hand last.
    pub(super) fn each_database(&mut self, mut what: impl FnMut(&mut Director) -> Result<()>) -> Result<()> {
        let mut away = std::mem::take(&mut self.databases.away);
        for other in &mut away {
            std::mem::swap(&mut self.database, other);
            what(self)?;
            std::mem::swap(&mut self.database, other);
        }
        self.databases.away = away;
        what(self)
    }
}
