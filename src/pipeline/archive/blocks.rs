//! The data of an archive, block by block.

use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use memchr::memchr_iter;

use super::{Source, Step};
use crate::archive::read::{Kind, Source as Data};
use crate::archive::script::table_of;
use crate::archive::{Entry, Header};
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, InsertRows};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::error::{Error, Fault, FaultIn, Place, Result};
use crate::name::{Name, RelationName};
use crate::pipeline::director::Director;
use crate::pipeline::queue::{Slot, Table};
use crate::pipeline::run::{Input, SchemaSource};
use crate::plan::TableAction;

/// How much of a large object is handed on at a time.
const PIECE: usize = 256 * 1024;

/// An archive's data, shared with the reader of the block at hand.
#[derive(Clone)]
struct Shared {
    data: Arc<Mutex<Data>>,
    /// Bytes that have been read of it, unpacked.
    read: Arc<AtomicU64>,
}

impl Shared {
    fn new(data: Data) -> Shared {
        Shared { data: Arc::new(Mutex::new(data)), read: Arc::default() }
    }

    fn with<T>(&self, call: impl FnOnce(&mut Data) -> io::Result<T>) -> Result<T> {
        call(&mut self.data.lock().unwrap_or_else(PoisonError::into_inner)).map_err(told)
    }
}

/// What the blocks of an archive have in common.
struct Blocks {
    data: Shared,
    /// The header of an archive whose copy is packed as it is.
    alike: Option<Header>,
    /// The archive sets one search path for all its entries, since version 1.13.
    has_path: bool,
}

impl Blocks {
    /// Whether the block or object at hand is packed as the copy is: a directory may hold files of another packing.
    fn is_packed_alike(&self) -> Result<bool> {
        self.alike.as_ref().map_or(Ok(false), |header| self.data.with(|data| Ok(data.packing(header) == header.compression)))
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        // Which table it is in is known to whoever reads the block; at which byte of it nobody knows.
        let count = data.read(buffer).map_err(|error| FaultIn::wrap(error, None))?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A fault of the archive inside an error of reading.
fn told(error: io::Error) -> Error {
    Error::of_read(error, Place::default, "read the archive")
}

/// What stands before the rows of a table. Where an archive has no search path for all, every entry has its own
/// (`_selectOutputSchema` in src/bin/pg_dump/pg_backup_archiver.c).
fn head(entry: &Entry, has_path: bool) -> Vec<u8> {
    let mut head = Vec::new();
    if let (false, Some(namespace)) = (has_path, entry.namespace.as_deref().filter(|namespace| !namespace.is_empty())) {
        let doubled = namespace.iter().flat_map(|byte| if *byte == b'"' { vec![b'"'; 2] } else { vec![*byte] });
        head.extend_from_slice(b"SET search_path = \"");
        head.extend(doubled);
        head.extend_from_slice(b"\", pg_catalog;\n");
    }
    head.extend_from_slice(entry.copy_stmt.as_deref().unwrap_or_default());
    head
}

/// A fault of the archive inside an entry's data names the table, as far as it names none.
fn of_entry(error: Error, entry: &Entry) -> Error {
    let Error::Data { mut place, fault } = error else { return error };
    place.table = place.table.or_else(|| table_of(entry));
    Error::Data { place, fault }
}

/// Behind the rows stand their end marker and two empty lines (`dumpTableData_copy` in pg_dump.c): less is a file that was cut.
fn unended(entry: &Entry) -> Error {
    let expected = "\\. and two empty lines, and nothing behind them";
    let fault = Fault::BadArchive { entry: Some(entry.dump_id), what: "another end of its rows", found: None, expected };
    Error::somewhere(fault)
}

impl Director {
    /// Reads an archive to its end. `keys` is its script, for rules that choose a subset.
    pub(in crate::pipeline) fn run_archive(mut self, source: Source, schema: SchemaSource, keys: Option<Input>) -> Result<()> {
        let Source { mut input, packer, alike } = source;
        self.pack_with(packer);
        let entries = self.outline(&input, schema, keys)?;
        let kept: HashSet<i32> = entries.iter().map(|entry| entry.dump_id).collect();
        self.prepare_blocks(&input.entries)?;
        self.put(Slot::Agree)?;
        self.put(Slot::Archive(Step::Head(Box::new((input.header.clone(), entries)))))?;
        let alike = alike.then(|| input.header.clone());
        let whole = std::mem::take(&mut input.entries);
        let has_path = whole.iter().any(|entry| entry.desc.as_deref() == Some(b"SEARCHPATH"));
        let blocks = Blocks { data: Shared::new(input.data), alike, has_path };
        let data = &blocks.data;
        let mut due = whole.iter().filter(|entry| entry.has_data);
        loop {
            let next = due.next();
            let block = data.with(Data::next_block).map_err(|error| match next {
                Some(entry) => of_entry(error, entry),
                None => error,
            })?;
            let Some(block) = block else { break };
            let Some(entry) = whole.get(block.entry) else { continue };
            let passes = kept.contains(&block.dump_id);
            match block.kind {
                Kind::LargeObjects if passes => self.large_objects(block.dump_id, &blocks)?,
                // The reader wants to see that no file is left over.
                Kind::LargeObjects => while data.with(Data::next_object)?.is_some() {},
                Kind::Table => self.table(entry, &blocks, passes).map_err(|error| of_entry(error, entry))?,
            }
        }
        let texts = whole.iter().flat_map(|entry| [&entry.defn, &entry.copy_stmt]).flatten();
        self.finish_with(data.read.load(Ordering::Relaxed) + texts.map(|text| text.len() as u64).sum::<u64>())
    }

    /// Has the reader learn what the archive says of its texts: encoding, literals, search path.
    fn prepare_blocks(&mut self, entries: &[Entry]) -> Result<()> {
        let limits = Limits { require_trailer: false, ..self.limits() };
        self.set_reader(ScriptReader::new(Buffer::new(Box::new(io::empty()), self.block()), limits));
        for entry in entries {
            if !matches!(entry.desc.as_deref(), Some(b"ENCODING" | b"STDSTRINGS" | b"SEARCHPATH")) {
                continue;
            }
            self.swap(Box::new(Cursor::new(entry.defn.clone().unwrap_or_default())));
            // It goes into the copy as it is: anything else than a setting would go past the masks.
            while let Some(event) = self.next_event()? {
                let is_setting = match &event {
                    Event::Statement(statement) => {
                        statement.text.starts_with(b"SET ") || statement.text.starts_with(b"SELECT pg_catalog.set_config(")
                    }
                    Event::End(_) => true,
                    _ => false,
                };
                if !is_setting {
                    let expected = "one that sets its text's encoding, literals or search path";
                    let (entry, what) = (Some(entry.dump_id), "another statement");
                    return Err(Error::somewhere(Fault::BadArchive { entry, what, found: None, expected }));
                }
            }
        }
        Ok(())
    }

    /// The data of a table: rows or INSERT statements.
    fn table(&mut self, entry: &Entry, blocks: &Blocks, passes: bool) -> Result<()> {
        if passes {
            self.put(Slot::Archive(Step::Data(entry.dump_id)))?;
        }
        let copied = self.begin_table(entry, blocks, passes)?;
        let data = &blocks.data;
        if copied {
            data.with(|data| {
                data.record();
                Ok(())
            })?;
        }
        self.swap(Box::new(data.clone()));
        while let Some(event) = self.next_event()? {
            match event {
                Event::Statement(statement) => {
                    return Err(Error::at_byte(statement.offset, Fault::BadStatement("rows or INSERT statements in a table's data")));
                }
                // What is copied is read too: so a stream that is cut, or rows without their end, are found.
                Event::End(rest) if entry.copy_stmt.is_some() && *rest != *b"\n\n" => return Err(unended(entry)),
                event if copied => {
                    self.count_rows(&event)?;
                    self.recorded(data)?;
                }
                Event::End(rest) if passes => self.put(Slot::Text(rest))?,
                Event::End(_) => {}
                event => {
                    let learned = self.learn(&event)?;
                    self.emit(event, &learned)?;
                }
            }
        }
        if copied {
            self.recorded(data)?;
            self.put(Slot::TableEnd(None))?;
        }
        if passes { self.put(Slot::Archive(Step::End)) } else { Ok(()) }
    }

    /// Reads what stands before the data of a table; true where the data is copied packed.
    fn begin_table(&mut self, entry: &Entry, blocks: &Blocks, passes: bool) -> Result<bool> {
        let alike = passes && blocks.is_packed_alike()?;
        let mut copied = alike && self.is_idle();
        self.swap(Box::new(Cursor::new(head(entry, blocks.has_path))));
        let mut columns = None;
        loop {
            match self.next_event()? {
                Some(Event::CopyStart(start)) => {
                    columns.clone_from(&start.columns);
                    self.expect_entry(&start, entry)?;
                    copied |= alike && self.passes_as_it_is(&start, copied)?;
                    let event = Event::CopyStart(start);
                    let learned = self.learn(&event)?;
                    if !copied {
                        self.emit(event, &learned)?;
                    }
                    break;
                }
                Some(Event::Statement(_)) => {}
                Some(_) | None => break,
            }
        }
        if copied {
            self.count_copied();
            self.begin_copied(entry, columns)?;
        }
        Ok(copied)
    }

    /// The COPY statement of an entry fills the table that the entry names, or one of which that is a partition.
    fn expect_entry(&self, start: &CopyStart, entry: &Entry) -> Result<()> {
        let bad = |what, expected| Err(Error::somewhere(Fault::BadArchive { entry: Some(entry.dump_id), what, found: None, expected }));
        let statement = entry.copy_stmt.as_deref().unwrap_or_default().trim_ascii();
        if statement != start.text.trim_ascii() {
            return bad("more than one statement before its rows", "COPY alone");
        }
        let relation = &start.relation;
        let text = |text: &Option<Bytes>| text.as_deref().map(|text| self.charset().decode(text).into_owned()).unwrap_or_default();
        let named = RelationName::new(text(&entry.namespace), text(&entry.tag));
        if *relation == named || self.may_fill(relation, &named) {
            return Ok(());
        }
        bad("a COPY statement of another table", "one that fills the table of the entry")
    }

    /// Whether rows pass untouched; then it is told which of their columns nothing describes. `idle`: no rule asks.
    fn passes_as_it_is(&self, start: &CopyStart, idle: bool) -> Result<bool> {
        let planned = self.plan_copy(start)?;
        let passes = idle || planned.action == TableAction::Pass;
        if passes {
            self.note_unlisted(&start.relation, &planned)?;
            self.note_extension(&start.relation, &planned)?;
        }
        Ok(passes)
    }

    /// The data of a table begins that is copied packed.
    fn begin_copied(&self, entry: &Entry, columns: Option<Vec<Name>>) -> Result<()> {
        let text = |text: &Option<Bytes>| String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
        self.put(Slot::Table(Box::new(Table {
            relation: self.told(&RelationName::new(text(&entry.namespace), text(&entry.tag))),
            action: TableAction::Pass,
            absence: None,
            columns: Vec::new(),
            listed: columns,
            charset: self.charset(),
            statements: None,
            head: None,
            limit: None,
        })))
    }

    /// Counts rows that are copied packed: they have been read, to see that they are whole.
    fn count_rows(&self, event: &Event) -> Result<()> {
        let rows = match event {
            Event::Rows(rows) => memchr_iter(b'\n', &rows.bytes).count() as u64,
            Event::Insert(insert) => match insert.rows {
                InsertRows::Values(rows) | InsertRows::Defaults(rows) => rows,
                InsertRows::Other(_) => 0,
            },
            Event::Statement(_) | Event::Meta(_) | Event::CopyStart(_) | Event::CopyEnd(_) | Event::End(_) => return Ok(()),
        };
        self.put(Slot::Counted(rows))
    }

    fn large_objects(&self, dump_id: i32, blocks: &Blocks) -> Result<()> {
        let data = &blocks.data;
        self.put(Slot::Archive(Step::LargeObjects(dump_id)))?;
        while let Some(oid) = data.with(Data::next_object)? {
            self.put(Slot::Archive(Step::LargeObject(oid)))?;
            self.contents(data, blocks.is_packed_alike()?)?;
            self.put(Slot::Archive(Step::EndLargeObject))?;
        }
        self.put(Slot::Archive(Step::End))
    }

    /// What a large object holds; packed as it is where it is `copied`.
    fn contents(&self, data: &Shared, copied: bool) -> Result<()> {
        if copied {
            data.with(|data| {
                data.record();
                Ok(())
            })?;
        }
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = data.with(|data| data.by_ref().take(PIECE as u64).read_to_end(&mut piece))?;
            data.read.fetch_add(read as u64, Ordering::Relaxed);
            if copied {
                self.recorded(data)?;
            }
            match piece {
                piece if piece.is_empty() => return Ok(()),
                _ if copied => {}
                piece => self.put(Slot::Archive(Step::Bytes(Bytes::from(piece))))?,
            }
        }
    }

    /// What has been read of a block or a large object, packed as it is.
    fn recorded(&self, data: &Shared) -> Result<()> {
        data.with(|data| Ok(data.recorded()))?.into_iter().try_for_each(|piece| self.put(Slot::Archive(Step::Copied(Bytes::from(piece)))))
    }
}
