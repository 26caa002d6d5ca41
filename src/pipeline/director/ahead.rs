//! The first reading of a dump, for its DDL only; and how statements reach the catalogue.

use super::database::{Database, Databases, Move};
use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Insert, Meta, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::pipeline::run::Input;
use crate::plan::{Copied, Knowledge, Plan};
use crate::schema::catalogue::Catalogue;
use crate::schema::ddl::Change;
use crate::schema::facts::facts;
use crate::schema::object::Facts;

/// What a first reading of a dump, for its DDL only, has found of one database.
pub(super) struct Ahead {
    pub(super) database: Database,
    /// The encoding of the rows.
    pub(super) charset: Charset,
    /// It is that of a row.
    filled: bool,
    /// How many databases began before it.
    place: usize,
}

impl Ahead {
    /// Reads to the end. `first` is the database that the script begins in. Never empty.
    pub(super) fn read(input: Input, block: usize, limits: Limits, databases: &Databases, first: Database) -> Result<Vec<Ahead>> {
        let mut reader = ScriptReader::new(Buffer::new(input, block), limits);
        let mut all = Vec::new();
        let mut here = Ahead { database: first, charset: reader.charset(), filled: false, place: 0 };
        while let Some(event) = reader.next_event()? {
            if let Event::Meta(meta) = &event {
                here = here.follow(meta, databases, &mut all)?;
            }
            here.learn(event)?;
            if !here.filled {
                here.charset = reader.charset();
            }
        }
        all.push(here);
        all.sort_by_key(|ahead| ahead.place);
        Ok(all)
    }

    /// Follows a `\connect`.
    fn follow(mut self, meta: &Meta, databases: &Databases, all: &mut Vec<Ahead>) -> Result<Ahead> {
        match self.database.follow(meta)? {
            None | Some(Move::Stay) => Ok(self),
            Some(Move::Rename(name)) => {
                databases.rename(&mut self.database, name);
                Ok(self)
            }
            Some(Move::To(name)) => {
                let known = all.iter().position(|ahead| ahead.database.name.as_ref() == Some(&name));
                let place = all.len() + 1;
                let next = match known {
                    Some(at) => all.remove(at),
                    None => Ahead { database: databases.begin(Some(name)), charset: self.charset, filled: false, place },
                };
                all.push(self);
                Ok(next)
            }
        }
    }

    fn learn(&mut self, event: Event) -> Result<()> {
        self.database.note(&event);
        let Database { objects, catalogue, copied, .. } = &mut self.database;
        let charset = match event {
            Event::Statement(statement) => {
                if !objects.is_idle() {
                    objects.note(&read_facts(&statement)?);
                }
                if statement.verb == Verb::Schema {
                    apply(catalogue, &statement)?;
                }
                return Ok(());
            }
            Event::CopyStart(start) => {
                copied.insert(start.relation, start.columns);
                start.charset
            }
            Event::Insert(insert) => {
                note_insert(copied, &insert);
                insert.charset
            }
            Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => return Ok(()),
        };
        if !self.filled {
            (self.charset, self.filled) = (charset, true);
        }
        Ok(())
    }

    /// Makes the plan. `several`: it is one of several databases.
    ///
    /// # Errors
    /// As of [`Planner::settle`](crate::plan::Planner::settle).
    pub(super) fn settle(&mut self, several: bool) -> Result<Plan> {
        let Database { planner, objects, catalogue, copied, .. } = &mut self.database;
        if several {
            planner.settle_part(catalogue, self.charset, Knowledge::Whole, copied, objects)
        } else {
            planner.settle(catalogue, self.charset, Knowledge::Whole, copied, objects)
        }
    }
}

/// Takes down the table of INSERT statements, and the columns that the first of them names.
pub(super) fn note_insert(copied: &mut Copied, insert: &Insert) {
    if !copied.contains_key(&insert.relation) {
        copied.insert(insert.relation.clone(), insert.columns.clone());
    }
}

/// Applies a statement to a catalogue.
pub(super) fn apply(catalogue: &mut Catalogue, statement: &Statement) -> Result<Vec<Change>> {
    let sql = statement.charset.decode(&statement.text);
    catalogue
        .apply(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}

/// What a statement says of objects.
pub(super) fn read_facts(statement: &Statement) -> Result<Vec<Facts>> {
    let sql = statement.charset.decode(&statement.text);
    facts(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}
