//! The writing end: takes slots in order, writes them, counts; ends a failed stream so that it cannot be restored.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::abort::Stop;
use super::archive::Step;
use super::batch::Rewritten;
use super::inserts::Open;
use super::limit::{Bounded, Limited, Passed};
use super::observe::{Progress, Reading, Summary, TableSummary, Watch};
use super::queue::{Slot, Table, Waited, wait};
use super::together::Member;
use crate::archive::write::ArchiveWriter;
use crate::dump::script::command::connect;
use crate::dump::script::poison::Position;
use crate::error::{Error, Place, Result};
use crate::name::RelationName;
use crate::output::Sink;
use crate::plan::Erasure;
use crate::rewrite::{Cause, RowFault, Tally};
use crate::row::digest::Digest;

/// Writes a run's output.
pub struct Writer {
    sink: Sink,
    /// What writes an archive in the sink's place.
    archive: Option<Box<dyn ArchiveWriter>>,
    slots: Receiver<Slot>,
    interrupts: Receiver<Stop>,
    watching: Watching,
    position: Position,
    summary: Summary,
    tables: HashMap<RelationName, usize>,
    /// The table whose rows are being written, and its rows of this COPY block so far.
    current: Option<(usize, u64)>,
    /// The limit of that table.
    limit: Option<Limited>,
    passed: Passed,
    rows: u64,
    /// The statements that the rows of the current table become, where they become some.
    statements: Option<Open>,
    /// The other outputs of the run, where there are any.
    member: Option<Member>,
}

/// What the writer tells of the run as it goes.
pub struct Watching {
    /// Who watches.
    pub watch: Watch,
    /// The reading whose rows are written; it begins with the first of what is written.
    pub reading: Reading,
    /// Bytes of that reading, as the input lies there.
    pub read: Arc<AtomicU64>,
    /// Bytes of the input as it came.
    pub came: Arc<AtomicU64>,
    /// How many times the input is read in all.
    pub readings: usize,
    /// When the run began.
    pub started: Instant,
    /// The reading has begun.
    pub begun: bool,
}

impl Watching {
    /// The reading begins, if it has not.
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.watch.begin(&self.reading);
        }
    }

    fn tell(&self, table: Option<&RelationName>, rows: u64) {
        self.watch.progress(&Progress { input_bytes: self.read.load(Ordering::Relaxed), table, rows: Some(rows) });
    }
}

impl Writer {
    /// A writer of what comes through `slots`.
    pub fn new(
        sink: Sink,
        archive: Option<Box<dyn ArchiveWriter>>,
        slots: Receiver<Slot>,
        interrupts: Receiver<Stop>,
        watching: Watching,
    ) -> Writer {
        Writer {
            sink,
            archive,
            slots,
            interrupts,
            watching,
            position: Position::default(),
            summary: Summary::default(),
            tables: HashMap::new(),
            current: None,
            limit: None,
            passed: Passed::default(),
            rows: 0,
            statements: None,
            member: None,
        }
    }

    /// The same, of a run that succeeds only with others.
    pub fn with(self, member: Option<Member>) -> Writer {
        Writer { member, ..self }
    }

    /// The same, of an output that begins at another place than the head of a script.
    pub fn at(self, position: Position) -> Writer {
        Writer { position, ..self }
    }

    /// Writes until all is written or something fails; then the stream has its bad ending.
    pub fn run(mut self) -> (Result<()>, Summary) {
        let mut result = self.write_all().and_then(|()| self.settle());
        if let (Err(error), Some(member)) = (&result, &mut self.member) {
            member.fail(error);
        }
        match &result {
            Ok(()) => {}
            // Nobody is there to be warned.
            Err(Error::ClosedPipe) => {}
            Err(error) => self.spoil(error),
        }
        self.watching.watch.finished();
        self.summary.bytes_out = self.archive.as_ref().map_or(self.sink.written(), |archive| archive.written());
        match (&result, self.archive) {
            (Ok(()), Some(archive)) => result = archive.finish().map(|written| self.summary.bytes_out = written),
            (Err(_), Some(archive)) => archive.abandon(),
            (Ok(()), None) => result = self.sink.finish(),
            (Err(_), None) => {}
        }
        match (self.member.take(), &result) {
            (Some(member), Ok(())) => member.succeed(),
            (Some(mut member), Err(error)) => member.fail(error),
            (None, _) => {}
        }
        self.summary.complete = result.is_ok();
        self.summary.bytes_read = self.watching.came.load(Ordering::Relaxed);
        self.summary.readings = self.watching.readings;
        self.summary.elapsed = self.watching.started.elapsed();
        (result, self.summary)
    }

    /// Waits until the other outputs of the run are as far.
    fn agree(&self) -> Result<()> {
        self.member.as_ref().map_or(Ok(()), |member| member.agree(&self.interrupts))
    }

    /// Makes sure that little can still fail, and that the others have come as far.
    fn settle(&mut self) -> Result<()> {
        if self.member.is_none() {
            return Ok(());
        }
        match &mut self.archive {
            Some(archive) => archive.settle()?,
            None => self.sink.settle()?,
        }
        self.agree()
    }

    fn write_all(&mut self) -> Result<()> {
        loop {
            match wait(&self.slots, &self.interrupts) {
                Waited::Got(Slot::Done { bytes_in }) => {
                    self.summary.bytes_in = bytes_in;
                    return Ok(());
                }
                Waited::Got(slot) => self.watched(slot)?,
                Waited::Interrupted(stop) => return Err(stop.into()),
                Waited::Gone => return Err(Error::internal()),
            }
        }
    }

    /// Does what a slot says, and tells how far the run is.
    fn watched(&mut self, slot: Slot) -> Result<()> {
        // What is known of the plan comes while there may be more to read before the first row.
        if matches!(slot, Slot::Remark(_) | Slot::Unlisted(_) | Slot::Outlook(_)) {
            return self.slot(slot);
        }
        self.watching.begin();
        self.slot(slot)?;
        let table = self.current.and_then(|(index, _)| self.summary.tables.get(index)).map(|table| &table.relation);
        self.watching.tell(table, self.rows);
        Ok(())
    }

    fn slot(&mut self, slot: Slot) -> Result<()> {
        match slot {
            Slot::Text(bytes) => self.write(&bytes),
            Slot::Archive(step) => self.step(step),
            Slot::Command(line) => {
                self.sink.write(&line)?;
                self.summary.connects_late |= !self.summary.tables.is_empty() && connect(&line).is_some();
                self.position.command(&line);
                Ok(())
            }
            Slot::Table(table) => self.table(*table),
            Slot::Uncounted(bytes) => {
                self.write(&bytes)?;
                self.count(&Tally { uncounted: true, digest: Digest::unknown(), ..Tally::default() });
                Ok(())
            }
            Slot::Pass(bytes, rows, digest) => {
                self.write(&bytes)?;
                let digest = digest.map(|digest| self.wait(&digest)).transpose()?.unwrap_or_default();
                self.count(&Tally { rows_in: rows, rows_out: rows, digest, ..Tally::default() });
                Ok(())
            }
            Slot::Skip(rows, cause) => {
                self.count(&cause.map_or(Tally { rows_in: rows, ..Tally::default() }, |cause| Tally::left_out(cause, rows)));
                Ok(())
            }
            Slot::Counted(rows) => {
                self.count(&Tally { rows_in: rows, rows_out: rows, ..Tally::default() });
                Ok(())
            }
            Slot::Batch(batch) => self.wait(&batch).and_then(|rewritten| self.batch(&rewritten)),
            Slot::Bounded(bounded) => self.bounded(&bounded),
            Slot::TableEnd(marker) => {
                if let Some(mut statements) = self.statements.take() {
                    statements.close(&mut self.sink)?;
                    self.position.statement(false);
                }
                if let Some(marker) = marker {
                    self.write(&marker)?;
                    self.position.copy_end();
                }
                self.current = None;
                Ok(())
            }
            Slot::Mark => self.sink.mark(),
            Slot::Fill(text) => self.sink.fill(&text),
            told @ (Slot::Remark(_) | Slot::Objects(..) | Slot::Erased(_) | Slot::Unlisted(_) | Slot::Outlook(_)) => {
                self.take_down(told);
                Ok(())
            }
            Slot::Agree => self.agree(),
            Slot::Failed(error) => Err(error),
            Slot::Done { .. } => Ok(()),
        }
    }

    /// Takes down what is for the summary alone.
    fn take_down(&mut self, told: Slot) {
        let summary = &mut self.summary;
        match told {
            Slot::Remark(remark) => summary.remarks.push(remark),
            Slot::Objects(objects, statements) => (summary.objects, summary.statements) = (objects, statements),
            Slot::Erased(lists) => summary.remarks.extend(lists.iter().filter_map(Erasure::remark)),
            Slot::Unlisted(columns) => {
                // The rows of a table may come in several parts.
                let fresh: Vec<_> = columns.into_iter().filter(|column| !summary.unlisted.contains(column)).collect();
                summary.unlisted.extend(fresh);
            }
            Slot::Outlook(tables) => summary.outlook.extend(tables),
            // All others are written.
            _ => {}
        }
    }

    /// Waits for a worker.
    fn wait<T>(&self, receiver: &Receiver<T>) -> Result<T> {
        match wait(receiver, &self.interrupts) {
            Waited::Got(done) => Ok(done),
            Waited::Interrupted(stop) => Err(stop.into()),
            Waited::Gone => Err(Error::internal()),
        }
    }

    /// Writes bytes of the script, or of a table's data in an archive.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.archive {
            Some(_) if bytes.is_empty() => Ok(()),
            Some(archive) => archive.data(bytes),
            None => self.sink.write(bytes),
        }
    }

    fn step(&mut self, step: Step) -> Result<()> {
        let Some(archive) = &mut self.archive else { return Err(Error::internal()) };
        match step {
            Step::Head(head) => archive.begin(&head.0, &head.1),
            Step::Data(dump_id) => archive.begin_data(dump_id),
            Step::LargeObjects(dump_id) => archive.begin_large_objects(dump_id),
            Step::LargeObject(oid) => archive.begin_large_object(oid),
            Step::EndLargeObject => archive.end_large_object(),
            Step::Bytes(bytes) => archive.data(&bytes),
            Step::Copied(bytes) => archive.copied(&bytes),
            Step::End => archive.end(),
        }
    }

    fn table(&mut self, table: Table) -> Result<()> {
        if let (Some([lead, statement]), None) = (&table.head, &self.archive) {
            self.sink.write(lead)?;
            if table.statements.is_none() {
                self.sink.write(statement)?;
                self.position.copy_start(table.listed.as_ref().map(Vec::len));
            }
        }
        self.statements = table.statements.map(Open::new);
        let tables = &mut self.summary.tables;
        let index = *self.tables.entry(table.relation.clone()).or_insert_with(|| {
            tables.push(TableSummary {
                relation: table.relation,
                action: table.action,
                absence: table.absence,
                tally: Tally::default(),
                columns: table.columns,
                listed: table.listed.clone(),
                charset: table.charset,
            });
            tables.len() - 1
        });
        if let Some(known) = tables.get_mut(index).filter(|known| known.listed != table.listed || known.charset != table.charset) {
            // What is said of the rows holds for the first of them only.
            known.tally.digest += Digest::unknown();
        }
        self.current = Some((index, 0));
        self.limit = table.limit;
        Ok(())
    }

    /// A batch of a table with a limit.
    fn bounded(&mut self, bounded: &Bounded) -> Result<()> {
        let Some(limit) = self.limit.clone() else { return Err(Error::internal()) };
        let left = self.passed.left(&limit);
        if left == 0 {
            self.count(&Tally::left_out(Cause::Limit, bounded.whole.count()));
            return Ok(());
        }
        let rewritten = self.wait(&bounded.batch)?;
        let passed = match &rewritten.result {
            Ok(tally) if tally.rows_out <= left => {
                self.batch(&rewritten)?;
                tally.rows_out
            }
            // Its last rows do not pass, and a bad row may be among those.
            _ => {
                let rewritten = bounded.whole.up_to(left);
                self.batch(&rewritten)?;
                rewritten.result.as_ref().map_or(0, |tally| tally.rows_out)
            }
        };
        self.passed.add(&limit, passed);
        Ok(())
    }

    fn batch(&mut self, rewritten: &Rewritten) -> Result<()> {
        match &rewritten.result {
            Ok(tally) => {
                match (&mut self.archive, &rewritten.packed) {
                    (Some(archive), Some(packed)) => archive.packed(packed)?,
                    _ => self.write_rows(rewritten.buffer.bytes(), &rewritten.starts)?,
                }
                self.count(tally);
                Ok(())
            }
            Err(fault) => Err(self.row_error(fault, rewritten.offset)),
        }
    }

    /// Writes rows, or the statements that they have become.
    fn write_rows(&mut self, bytes: &[u8], starts: &[usize]) -> Result<()> {
        let Some(statements) = &mut self.statements else { return self.write(bytes) };
        // It may fail on the way.
        self.position.statement(true);
        statements.write(bytes, starts, &mut self.sink)?;
        self.position.statement(statements.is_inside());
        Ok(())
    }

    fn count(&mut self, tally: &Tally) {
        self.rows += tally.rows_out;
        if let Some((index, rows)) = &mut self.current {
            *rows += tally.rows_in;
            if let Some(entry) = self.summary.tables.get_mut(*index) {
                entry.tally += tally;
            }
        }
    }

    /// Where in the dump a batch's bad row stands.
    fn row_error(&self, fault: &RowFault, offset: u64) -> Error {
        let (table, before) = match self.current {
            Some((index, rows)) => (self.summary.tables.get(index).map(|table| table.relation.clone()), rows),
            None => (None, 0),
        };
        let place =
            Place { table, column: fault.column.clone(), row: Some(before + fault.row + 1), byte: Some(offset + fault.byte as u64) };
        Error::Data { place, fault: fault.fault.clone() }
    }

    /// Ends a failed stream so that whoever restores it rolls back. Mistakes of usage that are found before the first
    /// byte leave no byte at all.
    fn spoil(&mut self, error: &Error) {
        let mistake = matches!(error, Error::Usage(_) | Error::Rules(_) | Error::Policy(_) | Error::Abandoned { early: true });
        let harmless = mistake && self.sink.written() == 0;
        if harmless || self.archive.is_some() || self.sink.is_pending() {
            return;
        }
        // If even this cannot be written, the first error is the one to tell.
        let _ = self.sink.write(&self.position.poison()).and_then(|()| self.sink.flush());
    }
}
