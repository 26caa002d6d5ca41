//! The data of an archive, block by block.

use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{Source, Step};
use crate::archive::Entry;
use crate::archive::read::{Kind, Source as Data};
use crate::dump::buffer::Buffer;
use crate::dump::event::Event;
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::error::{Error, Fault, Result};
use crate::pipeline::director::Director;
use crate::pipeline::queue::Slot;
use crate::pipeline::run::{Input, SchemaSource};
use crate::plan::TableAction;

/// How much of a large object is handed on at a time.
const PIECE: usize = 256 * 1024;

/// An archive's data, shared with the reader of the block at hand.
#[derive(Clone)]
struct Shared(Arc<Mutex<Data>>);

impl Shared {
    fn with<T>(&self, call: impl FnOnce(&mut Data) -> io::Result<T>) -> Result<T> {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)).map_err(told)
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

/// A fault of the archive inside an error of reading.
fn told(error: io::Error) -> Error {
    match error.downcast::<Fault>() {
        Ok(fault) => Error::at_byte(0, fault),
        Err(error) => Error::io("read the archive", error),
    }
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
        let whole = std::mem::take(&mut input.entries);
        let data = Shared(Arc::new(Mutex::new(input.data)));
        while let Some(block) = data.with(Data::next_block)? {
            let Some(entry) = whole.get(block.entry) else { continue };
            let passes = kept.contains(&block.dump_id);
            match block.kind {
                Kind::LargeObjects if passes => self.large_objects(block.dump_id, &data, alike)?,
                // The reader wants to see that no file is left over.
                Kind::LargeObjects => while data.with(Data::next_object)?.is_some() {},
                Kind::Table => self.table(entry, &data, passes, alike)?,
            }
        }
        self.finish()
    }

    /// Has the reader learn what the archive says of its texts: encoding, literals, search path.
    fn prepare_blocks(&mut self, entries: &[Entry]) -> Result<()> {
        let mut prelude = Vec::new();
        for entry in entries {
            if matches!(entry.desc.as_deref(), Some(b"ENCODING" | b"STDSTRINGS" | b"SEARCHPATH")) {
                prelude.extend_from_slice(entry.defn.as_deref().unwrap_or_default());
            }
        }
        let limits = Limits { require_trailer: false, ..self.limits() };
        self.set_reader(ScriptReader::new(Buffer::new(Box::new(Cursor::new(prelude)), self.block()), limits));
        while self.next_event()?.is_some() {}
        Ok(())
    }

    /// The data of a table: rows or INSERT statements.
    fn table(&mut self, entry: &Entry, data: &Shared, passes: bool, alike: bool) -> Result<()> {
        if passes {
            self.put(Slot::Archive(Step::Data(entry.dump_id)))?;
        }
        if passes && alike && self.is_idle() {
            self.count_copied();
            self.copied(data)?;
            return self.put(Slot::Archive(Step::End));
        }
        let mut head = Vec::new();
        // Before archive version 1.13 there is no search path for all, and every entry has its own.
        if let (None, Some(namespace)) = (self.search_path(), entry.namespace.as_deref()) {
            let quoted = String::from_utf8_lossy(namespace).replace('"', "\"\"");
            head.extend_from_slice(format!("SET search_path = \"{quoted}\", pg_catalog;\n").as_bytes());
        }
        head.extend_from_slice(entry.copy_stmt.as_deref().unwrap_or_default());
        self.swap(Box::new(Cursor::new(head)));
        loop {
            match self.next_event()? {
                Some(Event::CopyStart(start)) if passes && alike && self.plan_copy(&start)?.action == TableAction::Pass => {
                    self.learn(&Event::CopyStart(start))?;
                    self.count_copied();
                    self.copied(data)?;
                    return self.put(Slot::Archive(Step::End));
                }
                Some(event @ Event::CopyStart(_)) => {
                    let learned = self.learn(&event)?;
                    self.emit(event, &learned)?;
                    break;
                }
                Some(Event::Statement(_)) => {}
                Some(_) | None => break,
            }
        }
        self.swap(Box::new(data.clone()));
        while let Some(event) = self.next_event()? {
            match event {
                Event::End(rest) if passes => self.put(Slot::Text(rest))?,
                Event::End(_) => {}
                Event::Statement(statement) => {
                    return Err(Error::at_byte(statement.offset, Fault::BadStatement("rows or INSERT statements in a table's data")));
                }
                event => {
                    let learned = self.learn(&event)?;
                    self.emit(event, &learned)?;
                }
            }
        }
        if passes { self.put(Slot::Archive(Step::End)) } else { Ok(()) }
    }

    fn large_objects(&self, dump_id: i32, data: &Shared, alike: bool) -> Result<()> {
        self.put(Slot::Archive(Step::LargeObjects(dump_id)))?;
        while let Some(oid) = data.with(Data::next_object)? {
            self.put(Slot::Archive(Step::LargeObject(oid)))?;
            if alike {
                self.copied(data)?
            } else {
                self.contents(data)?
            }
            self.put(Slot::Archive(Step::EndLargeObject))?;
        }
        self.put(Slot::Archive(Step::End))
    }

    /// What a large object holds.
    fn contents(&self, data: &Shared) -> Result<()> {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            data.with(|data| data.by_ref().take(PIECE as u64).read_to_end(&mut piece))?;
            if piece.is_empty() {
                return Ok(());
            }
            self.put(Slot::Archive(Step::Bytes(Bytes::from(piece))))?;
        }
    }

    /// The data of a block or a large object, packed as it is.
    fn copied(&self, data: &Shared) -> Result<()> {
        loop {
            let mut piece = Vec::new();
            let more = data.with(|data| data.piece(&mut piece, PIECE))?;
            if !piece.is_empty() {
                self.put(Slot::Archive(Step::Copied(Bytes::from(piece))))?;
            }
            if !more {
                return Ok(());
            }
        }
    }
}
