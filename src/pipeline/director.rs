//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::Sender;
use memchr::memchr_iter;

use super::batch::Workers;
use super::keys;
use super::limit::{Bounded, Limited, Limits as RowLimits};
use super::queue::{Slot, Table};
use super::run::{Input, SchemaSource};
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, Insert, Rows, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::name::Name;
use crate::plan::{Copied, CopyFacts, Knowledge, Plan, Planner, TableAction, Verdict};
use crate::rewrite::RowProgram;
use crate::schema::catalogue::{Catalogue, Relation};
use crate::schema::ddl::Change;

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
    /// What came before the plan, with what it changed in the catalogue.
    held: Vec<(Event, Vec<Change>)>,
    /// What is done with the rows that are being read.
    table: Treatment,
    /// How many of them pass at most.
    limit: Option<Limited>,
    row_limits: RowLimits,
    /// The place in a subset of the table that is being read, and how many rows of each such table have come.
    place: Option<usize>,
    rows: BTreeMap<usize, u64>,
    /// A table has been created or filled since the last `\connect`.
    inside_database: bool,
    left_out: LeftOut,
    /// The tables whose data has come.
    copied: Copied,
    /// What `--schema-file` says, where it was given: the dump must not say otherwise.
    given: Option<Catalogue>,
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
    pub fn new(input: Input, block: usize, limits: Limits, planner: Planner, workers: Workers, slots: Sender<Slot>) -> Director {
        Director {
            reader: ScriptReader::new(Buffer::new(input, block), limits),
            block,
            limits,
            planner,
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
            inside_database: false,
            left_out: LeftOut::default(),
            copied: Copied::new(),
            given: None,
        }
    }

    /// Reads the dump to its end. `keys` is the same dump once more, for rules that choose a subset.
    pub fn run(mut self, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        if !self.planner.is_idle() {
            self.plan_ahead(schema, keys)?;
        }
        while let Some(event) = self.reader.next_event()? {
            let changes = self.learn(&event)?;
            if self.plan.is_some() || self.planner.is_idle() {
                self.emit(event, &changes)?;
            } else if begins_data(&event) {
                self.settle(self.reader.charset(), Knowledge::BeforeData)?;
                for (event, changes) in std::mem::take(&mut self.held) {
                    self.emit(event, &changes)?;
                }
                self.emit(event, &changes)?;
            } else {
                self.held.push((event, changes));
            }
        }
        self.finish()
    }

    /// Reads the schema from elsewhere than the stream, where there is an elsewhere, and makes the plan from it.
    fn plan_ahead(&mut self, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        let from_file = matches!(schema, SchemaSource::File(_));
        let (input, limits) = match schema {
            SchemaSource::Stream => return Ok(()),
            SchemaSource::ReadAhead(input) => (input, self.limits),
            SchemaSource::File(input) => (input, Limits { require_trailer: false, ..self.limits }),
        };
        let mut ahead = Ahead {
            reader: ScriptReader::new(Buffer::new(input, self.block), limits),
            catalogue: Catalogue::default(),
            copied: Copied::new(),
        };
        let charset = ahead.run()?;
        let mut plan = self.planner.settle(&ahead.catalogue, charset, Knowledge::Whole, &ahead.copied)?;
        match keys {
            Some(keys) if plan.has_subset() => keys::choose(&mut plan, keys, self.block, self.limits)?,
            // Nobody but the program's own wiring can leave it out.
            None if plan.has_subset() => return Err(Error::internal()),
            _ => {}
        }
        self.plan = Some(plan);
        self.given = from_file.then_some(ahead.catalogue);
        self.announce()
    }

    /// Makes the plan from what the stream has said.
    fn settle(&mut self, charset: Charset, knowledge: Knowledge) -> Result<()> {
        self.plan = Some(self.planner.settle(&self.catalogue, charset, knowledge, &Copied::new())?);
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
    fn learn(&mut self, event: &Event) -> Result<Vec<Change>> {
        if self.planner.is_idle() {
            return Ok(Vec::new());
        }
        follow_databases(event, &mut self.inside_database)?;
        match event {
            Event::Statement(statement) if statement.verb == Verb::Schema => {
                let changes = apply(&mut self.catalogue, statement)?;
                self.compare(&changes, statement.offset)?;
                return Ok(changes);
            }
            Event::CopyStart(start) => {
                self.copied.insert(start.relation.clone(), start.columns.clone());
            }
            Event::Insert(insert) => {
                self.copied.entry(insert.relation.clone()).or_default();
            }
            Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
        Ok(Vec::new())
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
    fn emit(&mut self, event: Event, changes: &[Change]) -> Result<()> {
        match event {
            Event::Statement(statement) => self.statement(statement, changes),
            Event::Meta(meta) => {
                self.put(Slot::Text(meta.lead))?;
                self.put(Slot::Command(meta.line))
            }
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip);
                self.put(Slot::TableEnd(kept.then_some(marker)))
            }
            Event::Insert(insert) => self.insert(insert),
            Event::End(rest) => self.put(Slot::Text(rest)),
        }
    }

    fn put(&self, slot: Slot) -> Result<()> {
        // The writer is gone only when it has failed and says so itself: what is sent then reaches nobody.
        self.slots.send(slot).map_err(|_| Error::ClosedPipe)
    }

    fn masks_anything(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::masks_anything)
    }

    fn statement(&mut self, statement: Statement, changes: &[Change]) -> Result<()> {
        if self.masks_anything() {
            match statement.verb {
                Verb::Statistics => {
                    self.left_out.statistics += 1;
                    return Ok(());
                }
                Verb::Carrier => {
                    return Err(Error::at_byte(statement.offset, Fault::Unmasked));
                }
                Verb::Schema | Verb::LargeObject | Verb::Plain => {}
            }
        }
        let text = match self.judge(changes)? {
            Some(remark) => {
                self.put(Slot::Remark(remark))?;
                not_valid(&statement)?
            }
            None => statement.text,
        };
        self.put(Slot::Text(statement.lead))?;
        self.put(Slot::Text(text))
    }

    /// Judges the constraints that a statement brought. Gives a remark where they must be written NOT VALID.
    fn judge(&self, changes: &[Change]) -> Result<Option<String>> {
        let Some(plan) = &self.plan else { return Ok(None) };
        let mut remark = None;
        for change in changes {
            let Change::Constraint { relation, index } = change else { continue };
            let Some(constraint) = self.catalogue.relations.get(relation).and_then(|found| found.constraints.get(*index)) else { continue };
            match plan.judge(&self.catalogue, relation, constraint)? {
                Verdict::Holds => {}
                Verdict::NotValid(why) => remark = Some(why),
            }
        }
        Ok(remark)
    }

    fn copy_start(&mut self, start: CopyStart) -> Result<()> {
        let planned = match &self.plan {
            Some(plan) => plan.copy(&CopyFacts {
                relation: &start.relation,
                columns: start.columns.as_deref(),
                options: start.options,
                charset: start.charset,
                byte: start.offset,
            })?,
            None => crate::plan::TablePlan::pass(),
        };
        if self.given.is_some() && start.columns.is_none() && planned.action == TableAction::Mask {
            return Err(Error::at_byte(
                start.offset,
                Fault::BadStatement("COPY with its columns: their order may not be that of the schema file"),
            ));
        }
        self.table = match (planned.action, planned.program) {
            (TableAction::Skip, _) => Treatment::Skip,
            (_, Some(program)) => Treatment::Mask(program),
            (_, None) => Treatment::Pass,
        };
        self.place = planned.place;
        self.limit = planned.limit.map(|limit| self.row_limits.begin(limit));
        let kept = !matches!(self.table, Treatment::Skip);
        self.put(Slot::Table(Box::new(Table {
            relation: start.relation,
            action: planned.action,
            columns: planned.columns,
            width: start.columns.map(|columns| columns.len()),
            head: kept.then_some([start.lead, start.text]),
            limit: self.limit.clone(),
        })))
    }

    fn rows(&mut self, rows: Rows) -> Result<()> {
        let count = |rows: &Rows| memchr_iter(b'\n', &rows.bytes).count() as u64;
        let mut first = 0;
        if let Some(place) = self.place {
            let seen = self.rows.entry(place).or_default();
            first = *seen;
            *seen += count(&rows);
        }
        match &self.table {
            Treatment::Pass => {
                let lines = count(&rows);
                self.put(Slot::Pass(rows.bytes, lines))
            }
            Treatment::Skip => self.put(Slot::Skip(count(&rows))),
            Treatment::Mask(_) if self.limit.as_ref().is_some_and(Limited::is_full) => self.put(Slot::Skip(count(&rows))),
            Treatment::Mask(program) => {
                let bounded = self.limit.as_ref().map(|_| rows.clone());
                let batch = self.workers.rewrite(rows, Arc::clone(program), first);
                self.put(match bounded {
                    None => Slot::Batch(batch),
                    Some(rows) => Slot::Bounded(Box::new(Bounded { batch, rows, program: Arc::clone(program), first })),
                })
            }
        }
    }

    fn insert(&mut self, insert: Insert) -> Result<()> {
        let action = match &self.plan {
            Some(plan) => plan.insert(&insert.relation, insert.offset)?,
            None => TableAction::Pass,
        };
        if action == TableAction::Skip {
            self.left_out.inserts_skipped += 1;
            return Ok(());
        }
        self.left_out.inserts_passed += 1;
        self.put(Slot::Text(insert.lead))?;
        self.put(Slot::Text(insert.text))
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(plan) = &self.plan {
            plan.judge_rest(&self.catalogue, &self.copied)?;
            if !self.rows.iter().all(|(place, rows)| plan.is_unchanged(*place, *rows)) {
                return Err(Error::Data { place: Place::default(), fault: Fault::Changed });
            }
            self.put(Slot::Erased(plan.erasures()))?;
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
        self.put(Slot::Done { bytes_in: self.reader.offset() })
    }
}

/// A first reading of a dump, for its DDL only.
struct Ahead {
    reader: ScriptReader,
    catalogue: Catalogue,
    copied: Copied,
}

impl Ahead {
    /// Reads to the end; gives the encoding of the rows.
    fn run(&mut self) -> Result<Charset> {
        let mut inside_database = false;
        let mut charset = None;
        while let Some(event) = self.reader.next_event()? {
            follow_databases(&event, &mut inside_database)?;
            match event {
                Event::Statement(statement) if statement.verb == Verb::Schema => {
                    apply(&mut self.catalogue, &statement)?;
                }
                Event::CopyStart(start) => {
                    charset.get_or_insert(start.charset);
                    self.copied.insert(start.relation, start.columns);
                }
                Event::Insert(insert) => {
                    self.copied.entry(insert.relation).or_default();
                }
                Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
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
