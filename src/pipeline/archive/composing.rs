//! From a script to an archive: a first reading makes the plan, a second the table of contents, a third brings the rows.
//!
//! ```text
//! script ─▶ plan ─▶ statements, by their verdicts ─▶ entries ─▶ head of the output
//! script ─▶ rows ─▶ workers: rewrite, pack ─▶ writer
//! ```

use std::vec::IntoIter;

use bytes::Bytes;

use super::Step;
use crate::archive::write::{ArchiveWriter, Packer};
use crate::compose::{Composed, Composer, Datum, PgDumpCall, pg_dump_call};
use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Statement};
use crate::dump::script::reader::ScriptReader;
use crate::error::{Error, Fault, Result};
use crate::pipeline::director::Director;
use crate::pipeline::queue::Slot;
use crate::pipeline::run::{Input, SchemaSource};
use crate::plan::TableAction;

/// A script that is to be written as an archive.
pub struct Composing {
    /// The script once more, for its table of contents.
    pub outline: Input,
    /// What writes the archive.
    pub writer: Box<dyn ArchiveWriter>,
}

/// What the director needs of a [`Composing`].
pub(in crate::pipeline) struct Rereading {
    pub(in crate::pipeline) input: Input,
    pub(in crate::pipeline) packer: Packer,
}

/// How rows end in an archive, behind the line `\.`.
const BEHIND_ROWS: &[u8] = b"\n\n";

/// The data that comes next, and the data at hand.
struct Due {
    next: std::iter::Peekable<IntoIter<Datum>>,
    /// Whether the data at hand goes into the archive.
    open: bool,
    large: Large,
}

/// Where large objects stand that are being written.
#[derive(PartialEq, Eq)]
enum Large {
    None,
    Between,
    Object,
}

impl Director {
    /// Reads a script to its end, and has it written as an archive. `keys`: once more, for rules that choose a subset.
    pub(in crate::pipeline) fn run_composing(mut self, outline: Rereading, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        self.pack_with(outline.packer);
        self.judge_head()?;
        if !self.is_idle() {
            self.plan_ahead(schema, keys)?;
        }
        let Composed { header, entries, data, remarks } = self.compose(outline.input)?;
        for remark in remarks {
            self.put(Slot::Remark(remark))?;
        }
        self.put(Slot::Agree)?;
        self.put(Slot::Archive(Step::Head(Box::new((header, entries)))))?;
        let mut due = Due { next: data.into_iter().peekable(), open: false, large: Large::None };
        while let Some(event) = self.next_event()? {
            self.compose_event(event, &mut due)?;
        }
        self.judge_rest()?;
        self.put(Slot::Agree)?;
        self.finish()
    }

    /// The table of contents.
    fn compose(&mut self, input: Input) -> Result<Composed> {
        let mut reader = ScriptReader::new(Buffer::new(input, self.block()), self.limits());
        let mut composer = Composer::new();
        while let Some(event) = reader.next_event()? {
            let learned = self.learn(&event)?;
            match event {
                Event::Statement(statement) if !self.keeps_large_object(&statement)? => composer.left_out(&statement),
                Event::Statement(statement) => {
                    let whole = statement.clone();
                    match self.decide(statement, &learned)? {
                        Some(text) => {
                            let said = self.said(&whole, &text, learned.facts)?;
                            composer.statement(&whole, &text, &said)?;
                        }
                        None => composer.left_out(&whole),
                    }
                }
                Event::Meta(meta) => composer.command(&meta)?,
                Event::CopyStart(start) => {
                    let passes = self.plan_copy(&start)?.action != TableAction::Skip;
                    composer.copy(&start, passes)?;
                }
                Event::Insert(insert) => {
                    let passes = self.plan_insert(&insert)?.action != TableAction::Skip;
                    composer.insert(&insert, passes)?;
                }
                Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
            }
        }
        composer.finish(reader.charset())
    }

    /// An event of the last reading: what is data goes on, and statements have become entries.
    fn compose_event(&mut self, event: Event, due: &mut Due) -> Result<()> {
        match event {
            Event::CopyStart(start) => {
                self.close(due)?;
                self.open(due, start.offset, false)?;
                let learned = self.learn(&Event::CopyStart(start.clone()))?;
                self.emit(Event::CopyStart(start), &learned)
            }
            Event::Rows(rows) if rows.crlf && due.open => Err(Error::at_byte(
                rows.offset,
                Fault::NoArchive { what: "rows that end in CR LF", remedy: "convert the script with dos2unix" },
            )),
            event @ Event::Rows(_) => self.emit(event, &Default::default()),
            event @ Event::CopyEnd(_) => {
                self.emit(event, &Default::default())?;
                if due.open {
                    self.put(Slot::Text(Bytes::from_static(BEHIND_ROWS)))?;
                }
                self.close(due)
            }
            Event::Insert(mut insert) => {
                if due.next.peek().is_some_and(|next| next.offset <= insert.offset) {
                    self.close(due)?;
                    self.open(due, insert.offset, false)?;
                }
                insert.lead = Bytes::new();
                let whole = insert.text.ends_with(b"\n");
                let learned = self.learn(&Event::Insert(insert.clone()))?;
                self.emit(Event::Insert(insert), &learned)?;
                // No two statements stand on a line.
                if due.open && !whole { self.put(Slot::Text(Bytes::from_static(b"\n"))) } else { Ok(()) }
            }
            Event::Statement(statement) => self.compose_object(&statement, due),
            Event::Meta(_) => Ok(()),
            Event::End(_) => self.close(due),
        }
    }

    /// The data that begins here, if it is an entry's.
    fn open(&self, due: &mut Due, offset: u64, large: bool) -> Result<()> {
        let Some(datum) = due.next.next_if(|next| next.offset == offset) else {
            return Err(Error::Data { place: Default::default(), fault: Fault::Changed });
        };
        if let Some(dump_id) = datum.dump_id {
            self.put(Slot::Archive(if large { Step::LargeObjects(dump_id) } else { Step::Data(dump_id) }))?;
            due.open = true;
        }
        due.large = if large { Large::Between } else { Large::None };
        Ok(())
    }

    fn close(&mut self, due: &mut Due) -> Result<()> {
        let series = self.end_series()?;
        if std::mem::take(&mut due.open) {
            if series {
                self.put(Slot::Text(Bytes::from_static(BEHIND_ROWS)))?;
            }
            self.put(Slot::Archive(Step::End))?;
        }
        due.large = Large::None;
        Ok(())
    }

    /// Statements are entries already, but for those that bring the contents of large objects.
    fn compose_object(&mut self, statement: &Statement, due: &mut Due) -> Result<()> {
        let begins = due.next.peek().is_some_and(|next| next.offset == statement.offset);
        if due.large == Large::None && !begins {
            return self.close(due);
        }
        if begins {
            self.close(due)?;
            self.open(due, statement.offset, true)?;
        }
        let step = match (pg_dump_call(statement, &statement.text, self.dialect())?, &due.large) {
            (Some(PgDumpCall::Open(oid)), Large::Between) => {
                due.large = Large::Object;
                Step::LargeObject(oid)
            }
            (Some(PgDumpCall::Write(bytes)), Large::Object) => Step::Bytes(bytes.into()),
            (Some(PgDumpCall::Close), Large::Object) => {
                due.large = Large::Between;
                Step::EndLargeObject
            }
            (None, Large::Between) => return self.close(due),
            _ => {
                return Err(Error::at_byte(
                    statement.offset,
                    Fault::Unsupported("calls of large objects in another order than lo_open, lowrite, lo_close"),
                ));
            }
        };
        self.put(Slot::Archive(step))
    }
}
