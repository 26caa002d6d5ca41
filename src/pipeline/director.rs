//! The reading end: takes events, keeps the catalogue, has the plan made before the first row, and says for each event
//! what is to be written.
//!
//! Until the plan is made nothing is written: what comes before the first row is held back (it is DDL, and no more than
//! the schema), so that a mistake in the rules leaves no byte of output.

use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::Sender;
use memchr::memchr_iter;

use super::batch::Workers;
use super::queue::{Slot, Table};
use super::run::{Input, SchemaSource};
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, Insert, Rows, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};
use crate::plan::{Copied, CopyFacts, Knowledge, Plan, Planner, TableAction, Verdict};
use crate::rewrite::RowProgram;
use crate::schema::catalogue::{Catalogue, Relation};
use crate::schema::ddl::Change;
use crate::target::{Piece, Stage};

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
    /// A table has been created or filled since the last `\connect`.
    inside_database: bool,
    left_out: LeftOut,
    /// The tables whose data has come.
    copied: Copied,
    /// What `--schema-file` says, where it was given: the dump must not say otherwise.
    given: Option<Catalogue>,
    dressing: Dressing,
}

/// What is done for the place where the output goes.
#[derive(Default)]
struct Dressing {
    stage: Option<Stage>,
    /// The dump once more, to be read for its tables.
    tables: Option<Input>,
    /// Whether the output takes a text for an earlier place.
    late: bool,
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
            inside_database: false,
            left_out: LeftOut::default(),
            copied: Copied::new(),
            given: None,
            dressing: Dressing::default(),
        }
    }

    /// Has every statement pass through a stage on its way out. `tables`: the dump once more, for the stage to know the
    /// tables that are filled; `late`: they may be told at the end.
    pub fn with_stage(self, stage: Option<Stage>, tables: Option<Input>, late: bool) -> Director {
        Director { dressing: Dressing { stage, tables, late }, ..self }
    }

    /// Reads the dump to its end.
    pub fn run(mut self, schema: SchemaSource) -> Result<()> {
        let copied = if self.planner.is_idle() { None } else { self.plan_ahead(schema)? };
        self.tell_tables(copied)?;
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

    /// Reads the schema from elsewhere than the stream, where there is an elsewhere, and makes the plan from it. Gives the
    /// tables of the dump, where it was the dump that was read.
    fn plan_ahead(&mut self, schema: SchemaSource) -> Result<Option<(Copied, Charset)>> {
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
        };
        let charset = ahead.run()?;
        self.plan = Some(self.planner.settle(&ahead.catalogue, charset, Knowledge::Whole, &ahead.copied)?);
        self.given = from_file.then_some(ahead.catalogue);
        self.announce()?;
        Ok((!from_file).then_some((ahead.copied, charset)))
    }

    /// Tells the stage which tables the output fills, where it asks: those of the dump whose rows are not left out.
    fn tell_tables(&mut self, copied: Option<(Copied, Charset)>) -> Result<()> {
        let Some(stage) = self.dressing.stage.as_mut().filter(|stage| stage.asks_for_tables()) else { return Ok(()) };
        let copied = match (copied, self.dressing.tables.take()) {
            (None, Some(input)) => {
                let reader = ScriptReader::new(Buffer::new(input, self.block), self.limits);
                let mut ahead = Ahead { reader, catalogue: Catalogue::default(), copied: Copied::new() };
                let charset = ahead.run()?;
                Some((ahead.copied, charset))
            }
            (copied, _) => copied,
        };
        let mut filled = None;
        if let Some((copied, charset)) = copied {
            let tables = filled.insert(Vec::new());
            for (relation, columns) in copied {
                let facts = CopyFacts { relation: &relation, columns: columns.as_deref(), options: false, charset, byte: 0 };
                let left_out = match &self.plan {
                    Some(plan) => plan.copy(&facts)?.action == TableAction::Skip,
                    None => false,
                };
                if !left_out {
                    tables.push(relation);
                }
            }
        }
        stage.fill_tables(filled, self.dressing.late)
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
            Event::Meta(meta) => match &mut self.dressing.stage {
                Some(stage) => {
                    let pieces = stage.command(meta)?;
                    self.put_all(pieces)
                }
                None => {
                    self.put(Slot::Text(meta.lead))?;
                    self.put(Slot::Command(meta.line))
                }
            },
            Event::CopyStart(start) => self.copy_start(start),
            Event::Rows(rows) => self.rows(rows),
            Event::CopyEnd(marker) => {
                let kept = !matches!(self.table, Treatment::Skip);
                self.put(Slot::TableEnd(kept.then_some(marker)))
            }
            Event::Insert(insert) => self.insert(insert),
            Event::End(rest) => match &mut self.dressing.stage {
                Some(stage) => {
                    let (pieces, truncated) = (stage.end(rest)?, stage.truncated());
                    self.name_dependants(&truncated)?;
                    self.put_all(pieces)
                }
                None => self.put(Slot::Text(rest)),
            },
        }
    }

    /// Tells which tables of the schema file point at tables that are emptied, and are not emptied themselves: the server
    /// refuses that.
    fn name_dependants(&self, truncated: &[RelationName]) -> Result<()> {
        let Some(given) = &self.given else { return Ok(()) };
        for table in truncated {
            for (holder, _) in given.foreign_keys_to(table).filter(|(holder, _)| !truncated.contains(holder)) {
                self.put(Slot::Remark(format!(
                    "{holder} references {table}, which --reset=truncate empties, and gets no rows itself; where that key is in the target, the server stops"
                )))?;
            }
        }
        Ok(())
    }

    /// Sends on what the stage gives.
    fn put_all(&self, pieces: Vec<Piece>) -> Result<()> {
        pieces.into_iter().try_for_each(|piece| {
            self.put(match piece {
                Piece::Text(text) => Slot::Text(text),
                Piece::Command(line) => Slot::Command(line),
                Piece::Remark(remark) => Slot::Remark(remark),
                Piece::Mark => Slot::Mark,
                Piece::Fill(text) => Slot::Fill(text),
            })
        })
    }

    /// Sends a statement on its way out.
    fn send(&mut self, statement: Statement) -> Result<()> {
        match &mut self.dressing.stage {
            Some(stage) => {
                let pieces = stage.statement(statement)?;
                self.put_all(pieces)
            }
            None => {
                self.put(Slot::Text(statement.lead))?;
                self.put(Slot::Text(statement.text))
            }
        }
    }

    /// Tells the stage that a table's rows begin. Gives what to write in the place of the comments before them.
    fn begin_rows(&mut self, relation: &RelationName, lead: Bytes, copy: bool, offset: u64) -> Result<Bytes> {
        let Some(stage) = &mut self.dressing.stage else { return Ok(lead) };
        let (pieces, lead) = stage.rows(relation, lead, copy, offset)?;
        self.put_all(pieces)?;
        Ok(lead)
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
        let mut statement = statement;
        if let Some(remark) = self.judge(changes)? {
            self.put(Slot::Remark(remark))?;
            statement.text = not_valid(&statement)?;
        }
        self.send(statement)
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
                self.put(Slot::Pass(rows.bytes, lines))
            }
            Treatment::Skip => self.put(Slot::Skip(count(&rows))),
            Treatment::Mask(program) => self.put(Slot::Batch(self.workers.rewrite(rows, Arc::clone(program)))),
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
        let lead = self.begin_rows(&insert.relation, insert.lead, false, insert.offset)?;
        self.put(Slot::Text(lead))?;
        self.put(Slot::Text(insert.text))
    }

    fn finish(&mut self) -> Result<()> {
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
