//! Every statement passes here on its way out. What comes before the first row is held back: it is DDL, and only when it
//! is known can the target be emptied of it, or can a script be refused before a byte of it is written.

mod dress;

use std::collections::BTreeSet;

use bytes::Bytes;

use super::database::Names;
use super::head::Head;
use super::outside::Made;
use super::quote::{encode, identifier};
use super::{Meta, Reset, Target, driver, meta, opening};
use crate::dump::event::{self, Statement, Verb};
use crate::dump::script::lexeme::Dialect;
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};

/// Something to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text outside of a table's data.
    Text(Bytes),
    /// A backslash command, its line whole.
    Command(Bytes),
    /// Something that the summary should say.
    Remark(String),
    /// Here comes the text of [`Piece::Fill`], which is known later.
    Mark,
    /// The text for the mark.
    Fill(Bytes),
}

/// What goes out in one turn.
type Pieces = Vec<Piece>;

/// The last stage before the output; `docs/target.md` says what it does for the user.
#[derive(Debug)]
pub struct Stage {
    target: Target,
    names: Names,
    tables: Tables,
    charset: Charset,
    /// `standard_conforming_strings` is off.
    backslashes: bool,
    /// What has come before the first row; `None` behind it.
    held: Option<Vec<Item>>,
    facts: Facts,
    /// `\unrestrict` lines that may be the last: COMMIT goes before them.
    closing: Vec<event::Meta>,
    /// The key of `\restrict` that has taken the place of the dump's.
    key: Option<String>,
    /// SET ROLE is written, or held.
    role_set: bool,
    /// Nothing has been written yet.
    first: bool,
    /// It has been said that the script commits in its middle.
    told_commit: bool,
}

/// One held statement or command.
#[derive(Debug)]
struct Item {
    /// It belongs to the dump's settings, which stay before what the target needs.
    header: bool,
    pieces: Pieces,
}

/// What the held statements have told.
#[derive(Debug, Default)]
struct Facts {
    /// Schemas that get something.
    schemas: BTreeSet<Name>,
    /// What stands outside of schemas and is made again.
    made: BTreeSet<Made>,
    creates_table: bool,
    creates_routine: bool,
    drops: bool,
}

/// The tables that the stream fills.
#[derive(Debug)]
enum Tables {
    /// Known before the first row.
    Known(Vec<RelationName>),
    /// Gathered as they come; their list is filled in at the end.
    Gathered(BTreeSet<RelationName>),
    /// Nobody asks.
    Unasked,
}

impl Stage {
    /// The stage for a target; `None` where there is nothing to do.
    ///
    /// # Errors
    /// Renamings that cannot both be.
    pub fn new(target: Target) -> Result<Option<Stage>> {
        if target.is_idle() {
            return Ok(None);
        }
        let names = Names::new(target.renamed.clone())?;
        Ok(Some(Stage {
            target,
            names,
            tables: Tables::Unasked,
            charset: Charset::Utf8,
            backslashes: false,
            held: Some(Vec::new()),
            facts: Facts::default(),
            closing: Vec::new(),
            key: None,
            role_set: false,
            first: true,
            told_commit: false,
        }))
    }

    /// The tables that `--reset=truncate` empties, as far as they are known by now.
    pub fn truncated(&self) -> Vec<RelationName> {
        match &self.tables {
            Tables::Known(tables) => tables.clone(),
            Tables::Gathered(tables) => tables.iter().cloned().collect(),
            Tables::Unasked => Vec::new(),
        }
    }

    /// The flag that makes sense for one database only, if one is given.
    pub fn only_for_one(&self) -> Option<&'static str> {
        let Target { reset, single_transaction, driver, .. } = &self.target;
        let flags = [(reset.is_some(), "--reset"), (*single_transaction, "-1"), (*driver, "--for-driver")];
        flags.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }

    /// Whether [`Stage::fill_tables`] is wanted before the first event.
    pub fn asks_for_tables(&self) -> bool {
        self.target.asks_for_tables()
    }

    /// Says which tables the stream fills, where that is known. Where it is not, the output must take their list at the
    /// end (`late`).
    ///
    /// # Errors
    /// It is neither known nor can it be filled in.
    pub fn fill_tables(&mut self, known: Option<Vec<RelationName>>, late: bool) -> Result<()> {
        self.tables = match known {
            Some(tables) => Tables::Known(tables),
            None if late => Tables::Gathered(BTreeSet::new()),
            None => {
                return Err(Error::Usage(
                    "--reset=truncate empties all tables before the first row comes, and a pipe does not tell them in time; give the dump as a file, or name the output with -f".into(),
                ));
            }
        };
        Ok(())
    }

    /// A statement that carries no rows.
    ///
    /// # Errors
    /// The target cannot be prepared as asked: [`Error::Usage`]. Nothing was put out then, unless the statement came
    /// behind the first row.
    pub fn statement(&mut self, statement: Statement) -> Result<Pieces> {
        let mut pieces = self.reopen()?;
        if matches!(statement.verb, Verb::LargeObject | Verb::Statistics) {
            pieces.extend(self.release()?);
        }
        self.charset = statement.charset;
        let head = Head::read(&statement.text, Dialect { backslashes: self.backslashes, charset: statement.charset });
        self.follow(&head);
        self.learn(&statement, &head)?;
        let item = Item { header: head.is_setting(), pieces: self.dress(statement, &head)? };
        match &mut self.held {
            Some(held) => held.push(item),
            None => pieces.extend(item.pieces),
        }
        Ok(pieces)
    }

    /// A table's rows begin, by COPY or by INSERT. Gives what goes before, and the comments and blanks to write in the
    /// place of `lead`.
    ///
    /// # Errors
    /// As [`Stage::statement`].
    pub fn rows(&mut self, relation: &RelationName, lead: Bytes, copy: bool, offset: u64) -> Result<(Pieces, Bytes)> {
        if copy && self.target.driver {
            return Err(Error::Usage(
                "--for-driver: the rows come as COPY, which no driver runs inside a string; dump with pg_dump --inserts".into(),
            ));
        }
        match &mut self.tables {
            Tables::Known(tables) if !tables.contains(relation) => {
                return Err(Error::at_byte(
                    offset,
                    Fault::Unsupported("a table that was not there when the input was read for its tables"),
                ));
            }
            Tables::Gathered(tables) => {
                tables.insert(relation.clone());
            }
            Tables::Known(_) | Tables::Unasked => {}
        }
        let mut pieces = self.reopen()?;
        pieces.extend(self.release()?);
        let lead = if self.target.driver { Bytes::from_static(driver::lead(&lead, self.first)) } else { lead };
        self.first = false;
        Ok((pieces, lead))
    }

    /// A backslash command.
    ///
    /// # Errors
    /// As [`Stage::statement`].
    pub fn command(&mut self, command: event::Meta) -> Result<Pieces> {
        let line = self.charset.decode(&command.line).into_owned();
        let word = meta::command(&line);
        let mut pieces = self.reopen()?;
        if word == r"\unrestrict" && self.target.single_transaction && !self.target.driver {
            self.closing.push(command);
            return Ok(pieces);
        }
        let item = Item { header: !matches!(word, r"\connect" | r"\c"), pieces: self.dress_command(command, &line)? };
        match &mut self.held {
            Some(held) => held.push(item),
            None => pieces.extend(item.pieces),
        }
        Ok(pieces)
    }

    /// The end of the script, and what stands behind its last statement.
    ///
    /// # Errors
    /// As [`Stage::statement`].
    pub fn end(&mut self, rest: Bytes) -> Result<Pieces> {
        let mut pieces = self.release()?;
        if let Some(error) = self.names.missing(true) {
            return Err(error);
        }
        if let Tables::Gathered(tables) = &self.tables {
            let tables: Vec<RelationName> = tables.iter().cloned().collect();
            pieces.push(Piece::Fill(self.truncate(&tables)?.into()));
        }
        let mut rest = if self.target.driver { Bytes::from_static(b"\n") } else { rest };
        let mut closing = std::mem::take(&mut self.closing);
        if self.target.single_transaction {
            match closing.first_mut() {
                Some(first) => first.lead = commit(&first.lead),
                None => rest = commit(&rest),
            }
        }
        for command in closing {
            let line = self.charset.decode(&command.line).into_owned();
            pieces.extend(self.dress_command(command, &line)?);
        }
        pieces.push(Piece::Text(rest));
        Ok(pieces)
    }

    /// Sends on the commands that might have been the last and were not.
    fn reopen(&mut self) -> Result<Pieces> {
        let mut pieces = Vec::new();
        for command in std::mem::take(&mut self.closing) {
            let line = self.charset.decode(&command.line).into_owned();
            let dressed = self.dress_command(command, &line)?;
            match &mut self.held {
                Some(held) => held.push(Item { header: true, pieces: dressed }),
                None => pieces.extend(dressed),
            }
        }
        Ok(pieces)
    }

    /// Who asks that backslash commands be left out, if anybody does.
    fn strips(&self) -> Option<&'static str> {
        if self.target.driver { Some("--for-driver") } else { (self.target.meta == Meta::Strip).then_some("--psql-meta=strip") }
    }

    /// Follows the setting that changes how literals are read.
    fn follow(&mut self, head: &Head) {
        if head.reads(0, &["set", "standard_conforming_strings"]) {
            self.backslashes = head.word(3) == "off";
        }
    }

    /// Learns from a statement what the opening must know, and refuses what the target cannot be prepared for.
    fn learn(&mut self, statement: &Statement, head: &Head) -> Result<()> {
        if head.reads(0, &["create", "database"]) || head.reads(0, &["drop", "database"]) {
            self.refuse_database("creates a database")?;
        }
        let facts = &mut self.facts;
        facts.drops |= head.word(0) == "drop";
        if self.held.is_some() {
            facts.made.extend(Made::read(&statement.text, head, statement.charset));
        }
        let schema = match (head.created_schema(), head.created()) {
            (Some((schema, _)), _) => Some(schema),
            (None, Some(made)) => {
                facts.creates_table |= made.kind == "table";
                facts.creates_routine |= matches!(made.kind, "function" | "procedure");
                Some(made.schema.or_else(|| statement.search_path.clone()).unwrap_or_else(|| Name::new("public")))
            }
            (None, None) => None,
        };
        let Some(schema) = schema else { return Ok(()) };
        let resets = matches!(self.target.reset, Some(Reset::Owned | Reset::Objects | Reset::Schema));
        if self.held.is_some() {
            facts.schemas.insert(schema);
        } else if resets && !facts.schemas.contains(&schema) {
            let how = self.target.reset.map_or("", Reset::name);
            return Err(Error::Usage(format!(
                "--reset={how}: schema {schema} gets its first object behind the first row, when the target has been emptied; restore it in a run of its own"
            )));
        }
        Ok(())
    }

    /// Lets go of what was held, with what the target needs behind the dump's settings.
    fn release(&mut self) -> Result<Pieces> {
        let Some(mut items) = self.held.take() else { return Ok(Vec::new()) };
        if let Some(error) = self.names.missing(false) {
            return Err(error);
        }
        self.check()?;
        let rest = items.split_off(items.iter().position(|item| !item.header).unwrap_or(items.len()));
        let mut pieces: Pieces = items.into_iter().flat_map(|item| item.pieces).collect();
        let mut rest: Pieces = rest.into_iter().flat_map(|item| item.pieces).collect();
        let opening = self.opening()?;
        let begun = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) | Piece::Command(text) if !text.is_empty()));
        let opened = !opening.is_empty();
        pieces.extend(opening);
        let spaced = rest.iter().find_map(|piece| match piece {
            Piece::Text(text) => text.first().map(u8::is_ascii_whitespace),
            _ => None,
        });
        if opened && spaced == Some(false) {
            rest.insert(0, Piece::Text(Bytes::from_static(if begun { b"\n" } else { b"\n\n" })));
        }
        pieces.extend(rest);
        Ok(pieces)
    }

    /// Refuses a reset that does not fit what has come.
    fn check(&self) -> Result<()> {
        let Some(how) = self.target.reset else { return Ok(()) };
        let refuse = |why: &str| Err(Error::Usage(format!("--reset={}: {why}", how.name())));
        match how {
            Reset::Truncate if self.facts.creates_table => refuse(
                "the script creates its tables, so there is nothing to empty; use it with pg_dump --data-only, or choose --reset=objects",
            ),
            Reset::Truncate => Ok(()),
            _ if self.facts.schemas.is_empty() => {
                refuse("the script creates nothing that could be made anew; for a dump of data only, use --reset=truncate")
            }
            _ if self.facts.drops => {
                refuse("the script drops what it creates by itself (pg_dump --clean); dump without --clean, or load without --reset")
            }
            _ => Ok(()),
        }
    }

    /// What goes between the dump's settings and its first statement.
    fn opening(&mut self) -> Result<Pieces> {
        let mut pieces = Vec::new();
        let text = |text: Vec<u8>| Piece::Text([b"\n\n", &*text].concat().into());
        if let Some(role) = self.target.role.as_deref().filter(|_| !self.role_set) {
            pieces.push(text(encode(&format!("SET ROLE {};", identifier(role)), self.charset)?));
        }
        if self.target.single_transaction {
            pieces.push(text(b"BEGIN;".to_vec()));
        }
        if self.target.driver && self.facts.creates_routine {
            pieces.push(text(opening::unchecked_bodies()));
        }
        match (self.target.reset, &self.tables) {
            (Some(Reset::Truncate), Tables::Known(tables)) => {
                let tables = tables.clone();
                pieces.push(Piece::Text(self.truncate(&tables)?.into()));
            }
            (Some(Reset::Truncate), _) => pieces.push(Piece::Mark),
            (Some(how), _) => {
                let schemas: Vec<Name> = self.facts.schemas.iter().cloned().collect();
                let block = opening::reset(how, &self.target.keep, &schemas, &self.facts.made, self.charset)?;
                pieces.push(text([opening::remark(&self.target, how).as_bytes(), &block].concat()));
            }
            (None, _) => {}
        }
        Ok(pieces)
    }

    /// The block that empties tables, with blank lines before it; nothing where there are none.
    fn truncate(&self, tables: &[RelationName]) -> Result<Vec<u8>> {
        let block = opening::truncate(tables, self.charset)?;
        if block.is_empty() {
            return Ok(block);
        }
        Ok([b"\n\n", opening::remark(&self.target, Reset::Truncate).as_bytes(), &block].concat())
    }
}

/// Puts COMMIT before the comment that ends a dump.
fn commit(lead: &[u8]) -> Bytes {
    let at = memchr::memmem::rfind(lead, b"--\n-- PostgreSQL database dump complete\n").filter(|at| *at > 0);
    match at {
        Some(at) => [lead.get(..at).unwrap_or_default(), b"COMMIT;\n\n\n", lead.get(at..).unwrap_or_default()].concat().into(),
        None => [b"\n\nCOMMIT;\n", lead].concat().into(),
    }
}

#[cfg(test)]
mod tests;
