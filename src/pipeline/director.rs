//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

mod dressing;

use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::Sender;
use memchr::memchr_iter;

use dressing::Dressing;

use super::batch::Workers;
use super::queue::{Slot, Table};
use super::run::{Input, SchemaSource};
use crate::archive::write::Packer;
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, Insert, Rows, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::Name;
use crate::plan::{Copied, CopyFacts, Knowledge, Objects, Plan, Planner, StatementVerdict, TableAction, TablePlan, Verdict};
use crate::rewrite::RowProgram;
use crate::schema::catalogue::{Catalogue, Relation};
use crate::schema::ddl::Change;
use crate::schema::facts::facts;
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
    /// A table has been created or filled since the last `\connect`.
    inside_database: bool,
    left_out: LeftOut,
    /// The tables whose data has come.
    copied: Copied,
    /// What `--schema-file` says, where it was given: the dump must not say otherwise.
    given: Option<Catalogue>,
    dressing: Dressing,
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
}

impl Director {
    /// A director of the dump in `input`.
    pub fn new(
        input: Input,
        block: usize,
        limits: Limits,
        (planner, objects): (Planner, Objects),
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
            inside_database: false,
            left_out: LeftOut::default(),
            copied: Copied::new(),
            given: None,
            dressing: Dressing::default(),
        }
    }

    /// Reads the dump to its end.
    pub fn run(mut self, schema: SchemaSource) -> Result<()> {
        let copied = if self.is_idle() { None } else { self.plan_ahead(schema)? };
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
    pub(super) fn plan_ahead(&mut self, schema: SchemaSource) -> Result<Option<(Copied, Charset)>> {
        let from_file = matches!(schema, SchemaSource::File(_));
        let (input, limits) = match schema {
            SchemaSource::Stream => return Ok(None),
            SchemaSource::ReadAhead(input) => (input, self.limits),
            SchemaSource::File(input) => (input, Limits { require_trailer: false, ..self.limits }),
        };
        let mut ahead = Ahead {
            reader: ScriptReader::new(Buffer::new(input, self.block), limits),
            catalogue: Catalogue::default(),
            copied: Copied::new(),
            objects: &mut self.objects,
        };
        let charset = ahead.run()?;
        let Ahead { catalogue, copied, .. } = ahead;
        self.plan = Some(self.planner.settle(&catalogue, charset, Knowledge::Whole, &copied, &mut self.objects)?);
        self.given = from_file.then_some(catalogue);
        self.announce()?;
        Ok((!from_file).then_some((copied, charset)))
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
            return Ok(learned);
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
            Event::Insert(insert) => {
                self.copied.entry(insert.relation.clone()).or_default();
            }
            Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
        Ok(learned)
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
        match event {
            Event::Statement(statement) => self.statement(statement, learned),
            Event::Meta(meta) => self.send_command(meta),
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip);
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

    fn masks_anything(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::masks_anything)
    }

    fn statement(&mut self, statement: Statement, learned: &Learned) -> Result<()> {
        let whole = statement.clone();
        match self.decide(statement, learned)? {
            Some(text) => self.send(Statement { text, ..whole }),
            None => Ok(()),
        }
    }

    /// The text of a statement that passes, as it is or as another; `None` where it is left out.
    pub(super) fn decide(&mut self, mut statement: Statement, learned: &Learned) -> Result<Option<Bytes>> {
        match self.pass(&statement, &learned.facts)? {
            StatementVerdict::Keep => {}
            StatementVerdict::Leave => return Ok(None),
            StatementVerdict::Replace(text) => statement.text = rewritten(&statement, &text)?,
        }
        if self.masks_anything() {
            match statement.verb {
                Verb::Statistics => {
                    self.left_out.statistics += 1;
                    return Ok(None);
                }
                Verb::Carrier => {
                    return Err(Error::at_byte(statement.offset, Fault::Unmasked));
                }
                Verb::Schema | Verb::LargeObject | Verb::Plain => {}
            }
        }
        match self.judge(&learned.changes)? {
            Verdict::Holds => {}
            Verdict::NotValid(remark) => {
                self.put(Slot::Remark(remark))?;
                statement.text = not_valid(&statement)?;
            }
            Verdict::Kept(remark) => self.put(Slot::Remark(remark))?,
            Verdict::Leave(because) => {
                self.objects.leave_key(&learned.facts, because);
                return Ok(None);
            }
        }
        Ok(Some(statement.text))
    }

    /// Whether a statement passes, by the objects that it speaks of.
    fn pass(&mut self, statement: &Statement, facts: &[Facts]) -> Result<StatementVerdict> {
        if facts.is_empty() {
            return Ok(StatementVerdict::Keep);
        }
        self.objects.verdict(facts, &statement.charset.decode(&statement.text)).map_err(|mistake| Error::Rules(vec![mistake]))
    }

    /// Judges the constraints that a statement brought: the verdict that asks for most.
    fn judge(&self, changes: &[Change]) -> Result<Verdict> {
        let Some(plan) = &self.plan else { return Ok(Verdict::Holds) };
        let mut worst = Verdict::Holds;
        for change in changes {
            let Change::Constraint { relation, index } = change else { continue };
            let Some(constraint) = self.catalogue.relations.get(relation).and_then(|found| found.constraints.get(*index)) else { continue };
            match plan.judge(&self.catalogue, relation, constraint)? {
                Verdict::Holds => {}
                verdict => worst = verdict,
            }
        }
        Ok(worst)
    }

    /// What is done with a table's data.
    pub(super) fn treat(&self, start: &CopyStart) -> Result<TablePlan> {
        let planned = match &self.plan {
            Some(_) if self.objects.leaves_rows(&start.relation) => TablePlan::skip(),
            Some(plan) => plan.copy(&CopyFacts {
                relation: &start.relation,
                columns: start.columns.as_deref(),
                options: start.options,
                charset: start.charset,
                byte: start.offset,
            })?,
            None => TablePlan::pass(),
        };
        if self.given.is_some() && start.columns.is_none() && planned.action == TableAction::Mask {
            return Err(Error::at_byte(
                start.offset,
                Fault::BadStatement("COPY with its columns: their order may not be that of the schema file"),
            ));
        }
        Ok(planned)
    }

    fn copy_start(&mut self, start: CopyStart) -> Result<()> {
        let planned = self.treat(&start)?;
        self.table = match (planned.action, planned.program) {
            (TableAction::Skip, _) => Treatment::Skip,
            (_, Some(program)) => Treatment::Mask(program),
            (_, None) => Treatment::Pass,
        };
        let head = match self.table {
            Treatment::Skip => None,
            _ => Some([self.begin_rows(&start.relation, start.lead, true, start.offset)?, start.text]),
        };
        self.put(Slot::Table(Box::new(Table {
            relation: start.relation,
            action: planned.action,
            columns: planned.columns,
            width: start.columns.map(|columns| columns.len()),
            head,
        })))
    }

    fn rows(&self, rows: Rows) -> Result<()> {
        let count = |rows: &Rows| memchr_iter(b'\n', &rows.bytes).count() as u64;
        match &self.table {
            Treatment::Pass => {
                let lines = count(&rows);
                if self.workers.packs() {
                    self.put(Slot::Batch(self.workers.pack(rows, lines)))
                } else {
                    self.put(Slot::Pass(rows.bytes, lines))
                }
            }
            Treatment::Skip => self.put(Slot::Skip(count(&rows))),
            Treatment::Mask(program) => self.put(Slot::Batch(self.workers.rewrite(rows, Arc::clone(program)))),
        }
    }

    /// What is done with the rows of an INSERT.
    pub(super) fn treat_insert(&self, insert: &Insert) -> Result<TableAction> {
        match &self.plan {
            Some(_) if self.objects.leaves_rows(&insert.relation) => Ok(TableAction::Skip),
            Some(plan) => plan.insert(&insert.relation, insert.offset),
            None => Ok(TableAction::Pass),
        }
    }

    fn insert(&mut self, insert: Insert) -> Result<()> {
        let action = self.treat_insert(&insert)?;
        if action == TableAction::Skip {
            self.left_out.inserts_skipped += 1;
            return Ok(());
        }
        self.left_out.inserts_passed += 1;
        let lead = self.begin_rows(&insert.relation, insert.lead, false, insert.offset)?;
        self.put(Slot::Text(lead))?;
        self.put(Slot::Text(insert.text))
    }

    pub(super) fn finish(&mut self) -> Result<()> {
        if let Some(plan) = &self.plan {
            plan.judge_rest(&self.catalogue, &self.copied)?;
        }
        let LeftOut { statistics, inserts_skipped, inserts_passed } = self.left_out;
        for (count, what) in [
            (statistics, "statements that restore column statistics were left out: they hold values; run ANALYZE after the restore"),
            (inserts_skipped, "INSERT statements of skipped tables were left out; their rows are not counted"),
            (inserts_passed, "INSERT statements passed as they are; their rows are not counted"),
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

/// A first reading of a dump, for its DDL only.
struct Ahead<'a> {
    reader: ScriptReader,
    catalogue: Catalogue,
    copied: Copied,
    objects: &'a mut Objects,
}

impl Ahead<'_> {
    /// Reads to the end; gives the encoding of the rows.
    fn run(&mut self) -> Result<Charset> {
        let mut inside_database = false;
        let mut charset = None;
        while let Some(event) = self.reader.next_event()? {
            follow_databases(&event, &mut inside_database)?;
            match event {
                Event::Statement(statement) => {
                    if !self.objects.is_idle() {
                        self.objects.note(&read_facts(&statement)?);
                    }
                    if statement.verb == Verb::Schema {
                        apply(&mut self.catalogue, &statement)?;
                    }
                }
                Event::CopyStart(start) => {
                    charset.get_or_insert(start.charset);
                    self.copied.insert(start.relation, start.columns);
                }
                Event::Insert(insert) => {
                    self.copied.entry(insert.relation).or_default();
                }
                Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
            }
        }
        Ok(charset.unwrap_or_else(|| self.reader.charset()))
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

/// Applies a statement to a catalogue.
fn apply(catalogue: &mut Catalogue, statement: &Statement) -> Result<Vec<Change>> {
    let sql = statement.charset.decode(&statement.text);
    catalogue
        .apply(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}

/// What a statement says of objects.
fn read_facts(statement: &Statement) -> Result<Vec<Facts>> {
    let sql = statement.charset.decode(&statement.text);
    facts(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}

/// A statement's new text in the encoding of its script.
fn rewritten(statement: &Statement, text: &str) -> Result<Bytes> {
    let encoded = statement.charset.encode(text).map(|bytes| Bytes::from(bytes.into_owned()));
    encoded.ok_or_else(|| Error::at_byte(statement.offset, Fault::Unsupported("a statement in an encoding that cannot be written")))
}

/// Refuses a second database: rules do not say yet which one they mean.
fn follow_databases(event: &Event, inside: &mut bool) -> Result<()> {
    match event {
        Event::CopyStart(_) | Event::Insert(_) => *inside = true,
        Event::Statement(statement) if statement.verb == Verb::Schema => *inside = true,
        Event::Meta(meta) if *inside && is_connect(&meta.line) => {
            return Err(Error::Usage(
                "the script holds several databases, expected one; filter them one by one, since rules do not say which one they mean"
                    .into(),
            ));
        }
        Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
    }
    Ok(())
}

/// Whether a command's line is `\connect`.
fn is_connect(line: &[u8]) -> bool {
    matches!(line.split(|b| b.is_ascii_whitespace()).next(), Some(br"\connect" | br"\c"))
}

/// The statement that adds a foreign key, with `NOT VALID` at its end.
fn not_valid(statement: &Statement) -> Result<Bytes> {
    let body = statement.text.strip_suffix(b";").filter(|body| body.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"alter")));
    let Some(body) = body else {
        return Err(Error::at_byte(statement.offset, Fault::Unsupported("a foreign key inside CREATE TABLE whose rows are left out")));
    };
    if body.trim_ascii_end().ends_with(b" NOT VALID") {
        return Ok(statement.text.clone());
    }
    Ok(Bytes::from([body.trim_ascii_end(), b" NOT VALID;"].concat()))
}
