//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::Sender;
use memchr::memchr_iter;

use super::batch::{Batch, Form, Workers};
use super::inserts::Inserts;
use super::queue::{Slot, Table};
use super::run::{Input, SchemaSource};
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, Insert, InsertRows, Rows, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};
use crate::plan::{Copied, CopyFacts, Knowledge, Plan, Planner, TableAction, TablePlan, Verdict};
use crate::rewrite::{RowProgram, Statements};
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
}

impl Director {
    /// A director of the dump in `input`.
    pub fn new(
        input: Input,
        block: usize,
        limits: Limits,
        planner: Planner,
        inserts: Option<Inserts>,
        workers: Workers,
        slots: Sender<Slot>,
    ) -> Director {
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
            inserts,
            statements: None,
            series: None,
            inside_database: false,
            left_out: LeftOut::default(),
            copied: Copied::new(),
            given: None,
        }
    }

    /// Reads the dump to its end.
    pub fn run(mut self, schema: SchemaSource) -> Result<()> {
        if !self.planner.is_idle() {
            self.plan_ahead(schema)?;
        } else if let (Some(_), SchemaSource::File(input)) = (&self.inserts, schema) {
            self.given = Some(self.read_schema(input)?.catalogue);
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
    fn plan_ahead(&mut self, schema: SchemaSource) -> Result<()> {
        let from_file = matches!(schema, SchemaSource::File(_));
        let ahead = match schema {
            SchemaSource::Stream => return Ok(()),
            SchemaSource::ReadAhead(input) => Ahead::read(input, self.block, self.limits)?,
            SchemaSource::File(input) => self.read_schema(input)?,
        };
        self.plan = Some(self.planner.settle(&ahead.catalogue, ahead.charset, Knowledge::Whole, &ahead.copied)?);
        self.given = from_file.then_some(ahead.catalogue);
        self.announce()
    }

    /// Reads what `--schema-file` names.
    fn read_schema(&self, input: Input) -> Result<Ahead> {
        Ahead::read(input, self.block, Limits { require_trailer: false, ..self.limits })
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
            return self.learn_types(event);
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
            Event::Insert(insert) => note_insert(&mut self.copied, insert),
            Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
        Ok(Vec::new())
    }

    /// Without rules the catalogue is of use only to those who write rows as INSERT; each database has its own.
    fn learn_types(&mut self, event: &Event) -> Result<Vec<Change>> {
        match event {
            Event::Statement(statement) if self.inserts.is_some() && statement.verb == Verb::Schema => {
                let changes = apply(&mut self.catalogue, statement)?;
                self.compare(&changes, statement.offset)?;
            }
            Event::Meta(meta) if self.inserts.is_some() && is_connect(&meta.line) => self.catalogue = Catalogue::default(),
            _ => {}
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
        if !matches!(event, Event::Insert(_)) && self.series.take().is_some() {
            self.put(Slot::TableEnd(None))?;
        }
        match event {
            Event::Statement(statement) => self.statement(statement, changes),
            Event::Meta(meta) => {
                self.put(Slot::Text(meta.lead))?;
                self.put(Slot::Command(meta.line))
            }
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip) && self.statements.is_none();
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
            None => TablePlan::pass(),
        };
        if self.given.is_some() && start.columns.is_none() && planned.action == TableAction::Mask {
            return Err(Error::at_byte(
                start.offset,
                Fault::BadStatement("COPY with its columns: their order may not be that of the schema file"),
            ));
        }
        self.treat(&planned);
        let kept = !matches!(self.table, Treatment::Skip);
        self.statements = match &self.inserts {
            Some(inserts) if kept => {
                let given = self.given.as_ref().filter(|given| given.relation(&start.relation).is_some());
                Some(Arc::new(inserts.statements(&start, given.unwrap_or(&self.catalogue))?))
            }
            Some(_) | None => None,
        };
        self.put(Slot::Table(Box::new(Table {
            relation: start.relation,
            action: planned.action,
            columns: planned.columns,
            width: start.columns.map(|columns| columns.len()),
            statements: self.statements.clone(),
            head: kept.then_some([start.lead, start.text]),
        })))
    }

    /// Takes down what is done with the rows that follow.
    fn treat(&mut self, planned: &TablePlan) {
        self.table = match (planned.action, &planned.program) {
            (TableAction::Skip, _) => Treatment::Skip,
            (_, Some(program)) => Treatment::Mask(Arc::clone(program)),
            (_, None) => Treatment::Pass,
        };
    }

    fn rows(&self, rows: Rows) -> Result<()> {
        let count = |rows: &Rows| memchr_iter(b'\n', &rows.bytes).count() as u64;
        let program = match &self.table {
            Treatment::Skip => return self.put(Slot::Skip(count(&rows))),
            Treatment::Pass if self.statements.is_none() => {
                let lines = count(&rows);
                return self.put(Slot::Pass(rows.bytes, lines));
            }
            Treatment::Pass => None,
            Treatment::Mask(program) => Some(Arc::clone(program)),
        };
        let form = Form::Copy { crlf: rows.crlf, statements: self.statements.clone() };
        self.put(Slot::Batch(self.workers.rewrite(Batch { bytes: rows.bytes, offset: rows.offset, form, program })))
    }

    fn insert(&mut self, insert: Insert) -> Result<()> {
        let same = |series: &(RelationName, Option<Vec<Name>>)| series.0 == insert.relation && series.1 == insert.columns;
        // What is no list of tuples is judged by itself.
        if matches!(insert.rows, InsertRows::Other(_)) || !self.series.as_ref().is_some_and(same) {
            self.insert_start(&insert)?;
        }
        let Insert { lead, text, offset, head, rows, backslashes, .. } = insert;
        let skipped = matches!(self.table, Treatment::Skip);
        let count = match rows {
            InsertRows::Values(count) | InsertRows::Defaults(count) => count,
            InsertRows::Other(_) => {
                *if skipped { &mut self.left_out.inserts_skipped } else { &mut self.left_out.inserts_passed } += 1;
                0
            }
        };
        if skipped {
            return self.put(Slot::Skip(count));
        }
        self.left_out.inserts_kept += count;
        self.put(Slot::Text(lead))?;
        match &self.table {
            Treatment::Mask(program) => {
                let form = Form::Insert { head, backslashes };
                let batch = Batch { bytes: text, offset, form, program: Some(Arc::clone(program)) };
                self.put(Slot::Batch(self.workers.rewrite(batch)))
            }
            Treatment::Pass | Treatment::Skip => self.put(Slot::Pass(text, count)),
        }
    }

    /// INSERT statements of another table or other columns than those before.
    fn insert_start(&mut self, insert: &Insert) -> Result<()> {
        if self.series.take().is_some() {
            self.put(Slot::TableEnd(None))?;
        }
        let facts = CopyFacts {
            relation: &insert.relation,
            columns: insert.columns.as_deref(),
            options: false,
            charset: insert.charset,
            byte: insert.offset,
        };
        let other = match insert.rows {
            InsertRows::Values(_) => None,
            InsertRows::Defaults(_) => Some("DEFAULT VALUES"),
            InsertRows::Other(what) => Some(what),
        };
        let planned = self.plan.as_ref().map_or_else(|| Ok(TablePlan::pass()), |plan| plan.insert(&facts, other))?;
        self.treat(&planned);
        self.series = Some((insert.relation.clone(), insert.columns.clone()));
        self.put(Slot::Table(Box::new(Table {
            relation: insert.relation.clone(),
            action: planned.action,
            columns: planned.columns,
            width: None,
            statements: None,
            head: None,
        })))
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(plan) = &self.plan {
            plan.judge_rest(&self.catalogue, &self.copied)?;
        }
        let LeftOut { statistics, inserts_skipped, inserts_passed, inserts_kept } = self.left_out;
        for (count, what) in [
            (statistics, "statements that restore column statistics were left out: they hold values; run ANALYZE after the restore"),
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
        self.put(Slot::Done { bytes_in: self.reader.offset() })
    }
}

/// What a first reading of a dump, for its DDL only, has found.
struct Ahead {
    catalogue: Catalogue,
    copied: Copied,
    /// The encoding of the rows.
    charset: Charset,
}

impl Ahead {
    /// Reads to the end.
    fn read(input: Input, block: usize, limits: Limits) -> Result<Ahead> {
        let mut reader = ScriptReader::new(Buffer::new(input, block), limits);
        let (mut catalogue, mut copied) = (Catalogue::default(), Copied::new());
        let mut inside_database = false;
        let mut charset = None;
        while let Some(event) = reader.next_event()? {
            follow_databases(&event, &mut inside_database)?;
            match event {
                Event::Statement(statement) if statement.verb == Verb::Schema => {
                    apply(&mut catalogue, &statement)?;
                }
                Event::CopyStart(start) => {
                    charset.get_or_insert(start.charset);
                    copied.insert(start.relation, start.columns);
                }
                Event::Insert(insert) => {
                    charset.get_or_insert(insert.charset);
                    note_insert(&mut copied, &insert);
                }
                Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
            }
        }
        Ok(Ahead { catalogue, copied, charset: charset.unwrap_or_else(|| reader.charset()) })
    }
}

/// Takes down the table of INSERT statements, and the columns that the first of them names.
fn note_insert(copied: &mut Copied, insert: &Insert) {
    if !copied.contains_key(&insert.relation) {
        copied.insert(insert.relation.clone(), insert.columns.clone());
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
