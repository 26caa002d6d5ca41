//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

mod ahead;
mod dressing;
mod rows;
mod statements;

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::Sender;

use dressing::Dressing;

pub(super) use ahead::is_connect;
use ahead::{Ahead, apply, follow_databases, note_insert, read_facts};

use super::batch::Workers;
use super::digests::Digests;
use super::inserts::Inserts;
use super::keys;
use super::limit::{Limited, Limits as RowLimits};
use super::queue::Slot;
use super::run::{Input, SchemaSource};
use crate::archive::write::Packer;
use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::name::{Name, RelationName};
use crate::plan::{Copied, Knowledge, Objects, Plan, Planner};
use crate::rewrite::{RowProgram, Statements};
use crate::schema::catalogue::{Catalogue, Relation};
use crate::schema::ddl::Change;
use crate::schema::object::Facts;

/// Directs a run.
pub struct Director {
    reader: ScriptReader,
    block: usize,
    limits: Limits,
    planner: Planner,
    workers: Workers,
    slots: Sender<Slot>,
    /// What the stream's DDL has said so far.
    catalogue: Catalogue,
    /// Made before the first row; never made where there is no rule.
    plan: Option<Plan>,
    /// Which objects pass.
    objects: Objects,
    /// What came before the plan, with what it says.
    held: Vec<(Event, Learned)>,
    /// What is done with the rows that are being read.
    table: Treatment,
    /// How many of them pass at most.
    limit: Option<Limited>,
    row_limits: RowLimits,
    /// The place in a subset of the table that is being read, and how many rows of each such table have come.
    place: Option<usize>,
    rows: BTreeMap<usize, u64>,
    /// How COPY rows become INSERT statements, where that is asked for.
    inserts: Option<Inserts>,
    /// How those of the table do that is being read.
    statements: Option<Arc<Statements>>,
    /// The table and columns of the INSERT statements that are being read, one behind the other.
    series: Option<(RelationName, Option<Vec<Name>>)>,
    /// A table has been created or filled since the last `\connect`.
    inside_database: bool,
    left_out: LeftOut,
    /// The tables whose data has come.
    copied: Copied,
    /// What `--schema-file` says, where it was given: the dump must not say otherwise.
    given: Option<Catalogue>,
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
}

impl Director {
    /// A director of the dump in `input`.
    pub fn new(
        input: Input,
        block: usize,
        limits: Limits,
        (planner, objects): (Planner, Objects),
        inserts: Option<Inserts>,
        workers: Workers,
        slots: Sender<Slot>,
    ) -> Director {
        Director {
            reader: ScriptReader::new(Buffer::new(input, block), limits),
            block,
            limits,
            planner,
            objects,
            workers,
            slots,
            catalogue: Catalogue::default(),
            plan: None,
            held: Vec::new(),
            table: Treatment::Pass,
            limit: None,
            row_limits: RowLimits::default(),
            place: None,
            rows: BTreeMap::new(),
            inserts,
            statements: None,
            series: None,
            inside_database: false,
            left_out: LeftOut::default(),
            copied: Copied::new(),
            given: None,
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
    pub fn run(mut self, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        let mut copied = None;
        if !self.is_idle() {
            copied = self.plan_ahead(schema, keys)?;
        } else if let (Some(_), SchemaSource::File(input)) = (&self.inserts, schema) {
            self.given = Some(self.read_schema(input)?.catalogue);
        }
        self.tell_tables(copied)?;
        while let Some(event) = self.reader.next_event()? {
            let learned = self.learn(&event)?;
            if self.plan.is_some() || self.is_idle() {
                self.emit(event, &learned)?;
            } else if begins_data(&event) {
                self.settle(self.reader.charset(), Knowledge::BeforeData)?;
                for (event, learned) in std::mem::take(&mut self.held) {
                    self.emit(event, &learned)?;
                }
                self.emit(event, &learned)?;
            } else {
                self.held.push((event, learned));
            }
        }
        self.finish()
    }

    /// Whether there is nothing to plan: every statement and every row passes.
    pub(super) fn is_idle(&self) -> bool {
        self.planner.is_idle() && self.objects.is_idle()
    }

    /// Reads the schema from elsewhere than the stream, where there is an elsewhere, and makes the plan from it. Gives the
    /// tables that the dump fills, where it was the dump that was read.
    pub(super) fn plan_ahead(&mut self, schema: SchemaSource, keys: Option<Input>) -> Result<Option<(Copied, Charset)>> {
        let from_file = matches!(schema, SchemaSource::File(_));
        let Ahead { catalogue, copied, charset } = match schema {
            SchemaSource::Stream => return Ok(None),
            SchemaSource::ReadAhead(input) => Ahead::read(input, self.block, self.limits, &mut self.objects)?,
            SchemaSource::File(input) => self.read_schema(input)?,
        };
        let mut plan = self.planner.settle(&catalogue, charset, Knowledge::Whole, &copied, &mut self.objects)?;
        match keys {
            Some(keys) if plan.has_subset() => keys::choose(&mut plan, keys, self.block, self.limits)?,
            // Nobody but the program's own wiring can leave it out.
            None if plan.has_subset() => return Err(Error::internal()),
            _ => {}
        }
        self.plan = Some(plan);
        self.given = from_file.then_some(catalogue);
        self.announce()?;
        Ok((!from_file).then_some((copied, charset)))
    }

    /// Reads what `--schema-file` names.
    fn read_schema(&mut self, input: Input) -> Result<Ahead> {
        Ahead::read(input, self.block, Limits { require_trailer: false, ..self.limits }, &mut self.objects)
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
        &self.objects
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

    /// The data of the table at hand is copied as it stands: its rows are not counted.
    pub(super) fn count_copied(&mut self) {
        self.reader.leave_data();
        self.left_out.tables_copied += 1;
    }

    /// The schema in which unqualified names are found.
    pub(super) fn search_path(&self) -> Option<&Name> {
        self.reader.search_path()
    }

    /// The next event.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>> {
        self.reader.next_event()
    }

    /// Makes the plan from what the stream has said.
    fn settle(&mut self, charset: Charset, knowledge: Knowledge) -> Result<()> {
        self.plan = Some(self.planner.settle(&self.catalogue, charset, knowledge, &Copied::new(), &mut self.objects)?);
        self.announce()
    }

    /// Tells the summary what the plan has to say.
    fn announce(&mut self) -> Result<()> {
        let Some(plan) = &self.plan else { return Ok(()) };
        for remark in plan.remarks() {
            self.put(Slot::Remark(remark.clone()))?;
        }
        self.put(Slot::Unlisted(plan.unlisted().to_vec()))
    }

    /// Has the catalogue learn from DDL, where there is a plan to make or to judge.
    pub(super) fn learn(&mut self, event: &Event) -> Result<Learned> {
        let mut learned = Learned::default();
        if self.is_idle() {
            return self.learn_types(event).map(|()| learned);
        }
        follow_databases(event, &mut self.inside_database)?;
        match event {
            Event::Statement(statement) => {
                if !self.objects.is_idle() {
                    learned.facts = read_facts(statement)?;
                    if self.plan.is_none() {
                        self.objects.note(&learned.facts);
                    }
                }
                if statement.verb == Verb::Schema {
                    learned.changes = apply(&mut self.catalogue, statement)?;
                    self.compare(&learned.changes, statement.offset)?;
                }
            }
            Event::CopyStart(start) => {
                self.copied.insert(start.relation.clone(), start.columns.clone());
            }
            Event::Insert(insert) => note_insert(&mut self.copied, insert),
            Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
        Ok(learned)
    }

    /// Without rules the catalogue is of use only to those who write rows as INSERT; each database has its own.
    fn learn_types(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Statement(statement) if self.inserts.is_some() && statement.verb == Verb::Schema => {
                let changes = apply(&mut self.catalogue, statement)?;
                self.compare(&changes, statement.offset)?;
            }
            Event::Meta(meta) if self.inserts.is_some() && is_connect(&meta.line) => self.catalogue = Catalogue::default(),
            _ => {}
        }
        Ok(())
    }

    /// Refuses DDL that says of a table's columns or parents what the schema file does not.
    fn compare(&self, changes: &[Change], offset: u64) -> Result<()> {
        let Some(given) = &self.given else { return Ok(()) };
        for change in changes {
            let Change::Relation(name) = change else { continue };
            let Some(ours) = self.catalogue.relations.get(name) else { continue };
            let same = given.relations.get(name).is_some_and(|theirs| {
                let columns = |relation: &Relation| -> Vec<(Name, String)> {
                    relation.columns.iter().map(|column| (column.name.clone(), column.data_type.written.clone())).collect()
                };
                columns(ours) == columns(theirs) && ours.parents.iter().all(|parent| theirs.parents.contains(parent))
            });
            if !same {
                return Err(Error::at_byte(offset, Fault::SchemaDiffers(name.clone())));
            }
        }
        Ok(())
    }

    /// Says what is to be written for an event.
    pub(super) fn emit(&mut self, event: Event, learned: &Learned) -> Result<()> {
        if !matches!(event, Event::Insert(_)) && self.series.take().is_some() {
            self.put(Slot::TableEnd(None))?;
        }
        match event {
            Event::Statement(statement) => self.statement(statement, learned),
            Event::Meta(meta) => self.send_command(meta),
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip) && self.statements.is_none();
                self.put(Slot::TableEnd(kept.then_some(marker)))
            }
            Event::Insert(insert) => self.insert(insert),
            Event::End(rest) => self.send_end(rest),
        }
    }

    pub(super) fn put(&self, slot: Slot) -> Result<()> {
        // The writer is gone only when it has failed and says so itself: what is sent then reaches nobody.
        self.slots.send(slot).map_err(|_| Error::ClosedPipe)
    }

    pub(super) fn finish(&mut self) -> Result<()> {
        if let Some(plan) = &self.plan {
            plan.judge_rest(&self.catalogue, &self.copied)?;
            if !self.rows.iter().all(|(place, rows)| plan.is_unchanged(*place, *rows)) {
                return Err(Error::Data { place: Place::default(), fault: Fault::Changed });
            }
            self.put(Slot::Erased(plan.erasures()))?;
        }
        self.name_keys_in_the_way()?;
        let LeftOut { statistics, inserts_skipped, inserts_passed, inserts_kept, tables_copied } = self.left_out;
        for (count, what) in [
            (statistics, "statements that restore column statistics were left out: they hold values; run ANALYZE after the restore"),
            (tables_copied, "tables were copied packed as they are; their rows are not counted (with --report they are)"),
            (inserts_skipped, "INSERT statements of skipped tables that are no list of values were left out; their rows are not counted"),
            (inserts_passed, "INSERT statements that are no list of values passed as they are; their rows are not counted"),
            (
                if self.inserts.is_some() { inserts_kept } else { 0 },
                "rows came as INSERT, and their statements keep the form that they had",
            ),
        ] {
            if count > 0 {
                self.put(Slot::Remark(format!("{count} {what}")))?;
            }
        }
        for remark in self.objects.remarks() {
            self.put(Slot::Remark(remark))?;
        }
        self.put(Slot::Objects(self.objects.left().to_vec(), self.objects.counts().collect()))?;
        self.put(Slot::Done { bytes_in: self.reader.offset() })
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
