//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

mod ahead;
mod database;
mod dressing;
mod ending;
mod expecting;
pub(super) mod large_objects;
mod merge;
mod passwords;
mod rows;
mod statements;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::Sender;

use ahead::{Ahead, apply, note_insert, read_facts};
use database::{Database, Databases};
use dressing::Dressing;
use large_objects::{LargeObjects, unlisted};

use super::batch::Workers;
use super::digests::Digests;
use super::expect::Expectations;
use super::inserts::Inserts;
use super::keys;
use super::limit::Limited;
use super::queue::Slot;
use super::run::{Input, SchemaSource};
use crate::archive::write::Packer;
use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Statement, Verb};
use crate::dump::script::lexeme::Dialect;
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};
use crate::plan::LargeObjectData;
use crate::plan::{Choice, Copied, Knowledge, Limit, Objects, Plan, Planner, TableOutlook};
use crate::rewrite::{RowProgram, Statements};
use crate::schema::catalogue::{Catalogue, Positions, Relation};
use crate::schema::ddl::Change;
use crate::schema::object::Facts;

/// Directs a run.
pub struct Director {
    reader: ScriptReader,
    block: usize,
    limits: Limits,
    workers: Workers,
    slots: Sender<Slot>,
    /// The database at hand.
    database: Database,
    /// The others of the script.
    databases: Databases,
    /// What came before the plan, with what it says.
    held: Vec<(Event, Learned)>,
    /// What is done with the rows that are being read.
    table: Treatment,
    /// How many of them pass at most.
    limit: Option<Limited>,
    /// The place in a subset of the table that is being read.
    place: Option<usize>,
    /// How COPY rows become INSERT statements, where that is asked for.
    inserts: Option<Inserts>,
    /// How those of the table do that is being read.
    statements: Option<Arc<Statements>>,
    /// The table and columns of the INSERT statements that are being read, one behind the other.
    series: Option<(RelationName, Option<Vec<Name>>)>,
    left_out: LeftOut,
    large_objects: LargeObjects,
    /// What the script must say of itself, and what was read of it to know.
    expected: Expectations,
    head: VecDeque<Event>,
    /// The other outputs of the read have been waited for.
    agreed: bool,
    /// The last word on keys has been said.
    judged: bool,
    dressing: Dressing,
    /// Whether checksums are made of what is written; how, of the rows that are being read.
    digests: bool,
    digest: Option<Digests>,
}

/// What a statement says.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// What it changed in the catalogue.
    pub(super) changes: Vec<Change>,
    /// Which objects it speaks of, where objects are left out.
    pub(super) facts: Vec<Facts>,
}

/// What is done with the rows of the table that is being read.
#[derive(Clone, Debug)]
enum Treatment {
    Pass,
    Skip,
    Mask(Arc<RowProgram>),
}

/// What was left out or passed without being counted as rows.
#[derive(Debug, Default)]
struct LeftOut {
    statistics: u64,
    inserts_skipped: u64,
    inserts_passed: u64,
    inserts_kept: u64,
    tables_copied: u64,
    passwords_left: u64,
    passwords_passed: u64,
}

impl Director {
    /// A director of the dump in `input`. `database` is that of an archive, which a script names by `\connect`.
    pub fn new(
        input: Input,
        block: usize,
        limits: Limits,
        (planner, choice, database): (Planner, Choice, Option<Name>),
        inserts: Option<Inserts>,
        workers: Workers,
        slots: Sender<Slot>,
    ) -> Director {
        let databases = Databases::new(planner, choice);
        Director {
            reader: ScriptReader::new(Buffer::new(input, block), limits),
            block,
            limits,
            workers,
            slots,
            database: databases.begin(database),
            databases,
            held: Vec::new(),
            table: Treatment::Pass,
            limit: None,
            place: None,
            inserts,
            statements: None,
            series: None,
            left_out: LeftOut::default(),
            large_objects: LargeObjects::default(),
            expected: Expectations::default(),
            head: VecDeque::new(),
            agreed: false,
            judged: false,
            dressing: Dressing::default(),
            digests: false,
            digest: None,
        }
    }

    /// Has checksums made of what is written, or not.
    pub fn with_digests(self, digests: bool) -> Director {
        Director { digests, ..self }
    }

    /// Reads the dump to its end. `keys` is the same dump once more, for rules that choose a subset.
    ///
    /// # Errors
    /// Whatever is wrong with the rules, the schema or the dump: [`Error::Usage`], [`Error::Rules`], [`Error::Policy`] before
    /// anything is put out, [`Error::Data`] and [`Error::Io`] wherever the reading has come to. [`Error::ClosedPipe`] where the
    /// writer has failed, which says why.
    pub fn run(mut self, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        let done = self.read_all(schema, keys);
        // What is judged at the end says itself of which database it is.
        done.map_err(|error| if self.judged { error } else { self.told_error(error) })?;
        self.finish()
    }

    fn read_all(&mut self, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        self.judge_head()?;
        let mut copied = None;
        if !self.is_idle() {
            copied = self.plan_ahead(schema, keys)?;
        } else if let (Some(_), SchemaSource::File(input)) = (&self.inserts, schema) {
            self.database.given = self.read_schema(input)?.pop().map(|ahead| ahead.database.catalogue);
        }
        self.tell_tables(copied)?;
        if self.database.plan.is_some() || self.is_idle() {
            self.agree()?;
        }
        while let Some(event) = self.next_event()? {
            if let Event::Meta(meta) = &event {
                self.follow(meta)?;
            }
            let learned = self.learn(&event)?;
            if self.database.plan.is_some() || self.is_idle() {
                self.emit(event, &learned)?;
            } else if begins_data(&event) {
                // Of several, the last may be empty.
                let ended = matches!(event, Event::End(_)) && self.are_several();
                self.settle(self.reader.charset(), if ended { Knowledge::Whole } else { Knowledge::BeforeData })?;
                self.write_held()?;
                self.emit(event, &learned)?;
            } else {
                self.held.push((event, learned));
            }
        }
        Ok(())
    }

    /// Waits, once, until every output of the read has its plan.
    fn agree(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.agreed, true) { Ok(()) } else { self.put(Slot::Agree) }
    }

    /// Writes what was held back.
    fn write_held(&mut self) -> Result<()> {
        self.agree()?;
        std::mem::take(&mut self.held).into_iter().try_for_each(|(event, learned)| self.emit(event, &learned))
    }

    /// Whether there is nothing to plan: every statement and every row passes.
    pub(super) fn is_idle(&self) -> bool {
        self.database.is_idle()
    }

    /// Reads the schema from elsewhere than the stream, where there is an elsewhere, and makes the plan from it. Gives the
    /// tables that the dump fills, where it was the dump that was read.
    pub(super) fn plan_ahead(&mut self, schema: SchemaSource, keys: Option<Input>) -> Result<Option<(Copied, Charset)>> {
        let from_file = matches!(schema, SchemaSource::File(_));
        let all = match schema {
            SchemaSource::Stream => return Ok(None),
            SchemaSource::ReadAhead(input) => self.read_ahead(input, self.limits)?,
            SchemaSource::File(input) => self.read_schema(input)?,
        };
        let Some(Ahead { mut database, charset, .. }) = self.plan_all(all, from_file)? else { return Err(Error::internal()) };
        if let Some(plan) = database.plan.as_mut().filter(|plan| plan.has_subset()) {
            match keys {
                Some(keys) => keys::choose(plan, keys, self.block, self.limits)?,
                // Nobody but the program's own wiring can leave it out.
                None => return Err(Error::internal()),
            }
        }
        let copied = std::mem::take(&mut database.copied);
        self.begin_planned(database);
        self.announce()?;
        Ok((!from_file).then_some((copied, charset)))
    }

    /// Reads what `--schema-file` names.
    fn read_schema(&mut self, input: Input) -> Result<Vec<Ahead>> {
        self.read_ahead(input, Limits { require_trailer: false, ..self.limits })
    }

    /// Reads a dump for its DDL.
    fn read_ahead(&mut self, input: Input, limits: Limits) -> Result<Vec<Ahead>> {
        Ahead::read(input, self.block, limits, &self.databases, self.databases.begin(self.database.name.clone()))
    }

    /// What `--schema-file` says, and the encoding of its text.
    pub(super) fn read_catalogue(&mut self, input: Input) -> Result<(Catalogue, Charset)> {
        let mut all = self.read_schema(input)?;
        self.refuse_unless_one(all.len())?;
        let Some(Ahead { database, charset, .. }) = all.pop() else { return Err(Error::internal()) };
        Ok((database.catalogue, charset))
    }

    /// Makes the plan for rows of one table that are read under a schema. Gives whether they are left out with their table.
    pub(super) fn settle_stream(&mut self, catalogue: &Catalogue, charset: Charset, copied: &Copied, table: &RelationName) -> Result<bool> {
        let Database { planner, objects, .. } = &mut self.database;
        let plan = planner.settle(catalogue, charset, Knowledge::Whole, copied, objects)?;
        for remark in plan.remarks() {
            self.put(Slot::Remark(remark.clone()))?;
        }
        let unlisted = plan.unlisted().iter().filter(|(relation, _)| relation == table).cloned().collect();
        self.put(Slot::Unlisted(unlisted))?;
        self.put(Slot::Outlook(plan.outlook().into_iter().filter(|found| found.relation == *table).collect()))?;
        self.database.plan = Some(plan);
        Ok(self.database.objects.leaves_rows(table))
    }

    /// The plan, once it is made.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.database.plan.as_ref()
    }

    /// Counts the rows of the table that is being read against a limit.
    pub(super) fn begin_limit(&mut self, limit: Limit) -> Limited {
        let limited = self.database.row_limits.begin(limit);
        self.limit = Some(limited.clone());
        limited
    }

    /// What the reader is strict about.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// How many bytes are read at a time.
    pub(super) fn block(&self) -> usize {
        self.block
    }

    /// Which objects pass.
    pub(super) fn objects(&self) -> &Objects {
        &self.database.objects
    }

    /// Has workers pack what they have rewritten.
    pub(super) fn pack_with(&mut self, packer: Packer) {
        self.workers.pack_with(packer);
    }

    /// Reads from somewhere else from here on.
    pub(super) fn set_reader(&mut self, reader: ScriptReader) {
        self.reader = reader;
    }

    /// Goes on with another text, in the same state.
    pub(super) fn swap(&mut self, input: Input) {
        self.reader.go_on_with(Buffer::new(input, self.block));
    }

    /// The data of the table at hand is copied as it stands, packed.
    pub(super) fn count_copied(&mut self) {
        self.left_out.tables_copied += 1;
    }

    /// The encoding of what is being read.
    pub(super) fn charset(&self) -> Charset {
        self.reader.charset()
    }

    /// Whether rows of `table` may come through `relation`: it is a partition of that, or nothing is known of it.
    pub(super) fn may_fill(&self, relation: &RelationName, table: &RelationName) -> bool {
        let catalogue = &self.database.catalogue;
        !catalogue.relations.contains_key(table) || catalogue.ancestors(table).contains(relation)
    }

    /// The next event.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>> {
        self.head.pop_front().map_or_else(|| self.reader.next_event(), |event| Ok(Some(event)))
    }

    /// Makes the plan from what the stream has said.
    fn settle(&mut self, charset: Charset, knowledge: Knowledge) -> Result<()> {
        if self.database.large_objects && self.refuses_large_objects() {
            return Err(unlisted());
        }
        let part = self.more_databases_may_come();
        let Database { planner, objects, catalogue, plan, .. } = &mut self.database;
        *plan = Some(if part {
            planner.settle_part(catalogue, charset, knowledge, &Copied::new(), objects)?
        } else {
            planner.settle(catalogue, charset, knowledge, &Copied::new(), objects)?
        });
        self.announce()
    }

    /// Tells the summary what the plan has to say.
    fn announce(&mut self) -> Result<()> {
        let Some(plan) = &self.database.plan else { return Ok(()) };
        for remark in plan.remarks() {
            self.put(Slot::Remark(self.told_remark(remark.clone())))?;
        }
        let told = |found: TableOutlook| TableOutlook { relation: self.told(&found.relation), ..found };
        self.put(Slot::Outlook(plan.outlook().into_iter().map(told).collect()))?;
        self.put(Slot::Unlisted(plan.unlisted().iter().map(|(relation, column)| (self.told(relation), column.clone())).collect()))
    }

    /// Has the catalogue learn from DDL, where there is a plan to make or to judge.
    pub(super) fn learn(&mut self, event: &Event) -> Result<Learned> {
        let mut learned = Learned::default();
        self.database.note(event);
        if self.is_idle() {
            return self.learn_types(event).map(|()| learned);
        }
        let Database { objects, catalogue, copied, plan, .. } = &mut self.database;
        match event {
            Event::Statement(statement) => {
                if !objects.is_idle() {
                    learned.facts = read_facts(statement)?;
                    if plan.is_none() {
                        objects.note(&learned.facts);
                    }
                }
                if statement.verb == Verb::Schema {
                    learned.changes = apply(catalogue, statement)?;
                    self.compare(&learned.changes, statement.offset)?;
                }
            }
            Event::CopyStart(start) => {
                copied.insert(start.relation.clone(), start.columns.clone());
            }
            Event::Insert(insert) => note_insert(copied, insert),
            Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
        Ok(learned)
    }

    /// Without rules the catalogue is of use only to those who write rows as INSERT, or leave out large objects.
    fn learn_types(&mut self, event: &Event) -> Result<()> {
        let wanted = self.inserts.is_some() || self.large_object_data() == Some(LargeObjectData::Drop);
        if let (Event::Statement(statement), true) = (event, wanted)
            && statement.verb == Verb::Schema
        {
            let changes = apply(&mut self.database.catalogue, statement)?;
            self.compare(&changes, statement.offset)?;
        }
        Ok(())
    }

    /// Refuses DDL that says of a table's columns or parents what the schema file does not.
    fn compare(&self, changes: &[Change], offset: u64) -> Result<()> {
        let Some(given) = &self.database.given else { return Ok(()) };
        for change in changes {
            let Change::Relation(name) = change else { continue };
            let Some(ours) = self.database.catalogue.relations.get(name) else { continue };
            let same = given.relations.get(name).is_some_and(|theirs| {
                let columns = |relation: &Relation| -> Vec<(Name, String)> {
                    relation.columns.iter().map(|column| (column.name.clone(), column.data_type.written.clone())).collect()
                };
                let same = match ours.positions {
                    // A parent or type is not in the dump: these are columns of its own.
                    Positions::Unknown => columns(ours).iter().all(|column| columns(theirs).contains(column)),
                    Positions::InOrder | Positions::Unordered => columns(ours) == columns(theirs),
                };
                same && ours.parents.iter().all(|parent| theirs.parents.contains(parent))
            });
            if !same {
                return Err(Error::at_byte(offset, Fault::SchemaDiffers(name.clone())));
            }
        }
        Ok(())
    }

    /// Says what is to be written for an event.
    pub(super) fn emit(&mut self, event: Event, learned: &Learned) -> Result<()> {
        if !matches!(event, Event::Insert(_)) {
            self.end_series()?;
        }
        if !matches!(event, Event::Statement(_)) {
            self.write_begin()?;
        }
        match event {
            Event::Statement(statement) => self.statement_or_large_object(statement, learned),
            Event::Meta(meta) => self.send_command(meta),
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip) && self.statements.is_none();
                self.put(Slot::TableEnd(kept.then_some(marker)))
            }
            Event::Insert(insert) => self.insert(insert),
            Event::End(rest) => {
                // What ends the stream may be a COMMIT.
                self.judge_rest()?;
                self.put(Slot::Agree)?;
                self.send_end(rest)
            }
        }
    }

    /// What a statement that passes as `text` says of objects; `known`, where it has been read already.
    pub(super) fn said(&self, statement: &Statement, text: &Bytes, known: Vec<Facts>) -> Result<Vec<Facts>> {
        if !known.is_empty() && *text == statement.text {
            return Ok(known);
        }
        read_facts(&Statement { text: text.clone(), ..statement.clone() })
    }

    /// INSERT statements of a table end, if there have been any.
    pub(super) fn end_series(&mut self) -> Result<bool> {
        let some = self.series.take().is_some();
        if some {
            self.put(Slot::TableEnd(None))?;
        }
        Ok(some)
    }

    /// How the text is split, where the reader is.
    pub(super) fn dialect(&self) -> Dialect {
        self.reader.dialect()
    }

    pub(super) fn put(&self, slot: Slot) -> Result<()> {
        // The writer is gone only when it has failed and says so itself: what is sent then reaches nobody.
        self.slots.send(slot).map_err(|_| Error::ClosedPipe)
    }
}

/// Whether an event is the first that needs a plan.
fn begins_data(event: &Event) -> bool {
    match event {
        Event::CopyStart(_) | Event::Insert(_) | Event::End(_) => true,
        Event::Statement(statement) => matches!(statement.verb, Verb::LargeObject | Verb::Statistics),
        Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) => false,
    }
}
