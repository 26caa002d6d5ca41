//! An archive as the script that `pg_restore -f - ARCHIVE` prints, byte for byte.
//!
//! It is the script of the pg_restore of the archive's own major version, 14 at least, and without `\restrict` unless a
//! key is given: pg_restore draws one at random. The data goes through in slices as large as the reader asks for.

mod drop;
mod objects;
mod order;
mod quote;
mod render;
mod style;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::sync::Arc;

pub(crate) use quote::identifier;
pub use style::Style;

use self::order::Wanted;
use self::render::Renderer;
use super::read::{Archive, Kind, Source};
use super::{Entry, Header};
use crate::error::{Error, Fault, FaultIn, Result};
use crate::name::RelationName;

/// How the data of a COPY entry ends, behind the last row.
const END_OF_ROWS: &[u8] = b"\\.\n\n\n";

/// The script of an archive, to be read.
///
/// A read fails with a [`Fault`] inside the [`io::Error`] where the archive is damaged; the line that says that the dump is
/// complete comes only once all of it has been seen to be whole.
pub struct Script {
    header: Header,
    entries: Arc<[Entry]>,
    source: Source,
    renderer: Renderer,
    /// The entries in the order of the script.
    order: std::vec::IntoIter<(usize, Wanted)>,
    stage: Stage,
    /// Text that has been made and not yet read, from `given` on.
    pending: Vec<u8>,
    given: usize,
    /// The last bytes of the rows at hand.
    last: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    /// The next entry.
    Entry,
    /// The data of this entry, and whether it must end as COPY does.
    Rows(usize, bool),
    /// The next large object.
    Objects,
    /// The contents of the large object at hand.
    Object,
    End,
}

impl Script {
    /// The script of an archive; with a key it begins and ends in restricted mode (`\restrict KEY`).
    ///
    /// # Errors
    /// [`Error::Usage`] for a key of other characters than ASCII letters and digits, [`Error::Data`] where the entries that
    /// set encoding and literals cannot be understood.
    pub fn new(archive: Archive, style: Style, restrict_key: Option<&str>) -> Result<Script> {
        if restrict_key.is_some_and(|key| key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return Err(Error::Usage("a restrict key holds letters and digits only".into()));
        }
        let renderer = Renderer::new(&archive.header, &archive.entries, style, restrict_key.map(ToOwned::to_owned))?;
        let order = order::order(&archive.entries, style).into_iter();
        let entries = archive.entries.into();
        let (pending, last) = (Vec::new(), Vec::new());
        let (header, source, stage) = (archive.header, archive.data, Stage::Head);
        Ok(Script { header, entries, source, renderer, order, stage, pending, given: 0, last })
    }

    /// The whole script but for its rows: what a plan for it can be made from before any of them has come. Tables that
    /// COPY fills are filled with nothing, those that INSERT fills with one row of defaults; large objects are left out. With
    /// it, which bytes belong to which entry.
    ///
    /// # Errors
    /// As [`Script::new`], and for grants of large objects that cannot be told apart.
    pub fn without_rows(header: &Header, entries: &[Entry], style: Style) -> Result<(Vec<u8>, Vec<Mark>)> {
        let mut renderer = Renderer::new(header, entries, style, None)?;
        let (mut text, mut marks) = (Vec::new(), Vec::new());
        renderer.head(entries, &mut text);
        for (at, wanted) in order::order(entries, style) {
            let Some(entry) = entries.get(at) else { continue };
            marks.push(Mark { offset: text.len() as u64, entry: Some(at) });
            if !entry.has_data {
                renderer.entry(entry, entries, "", &mut text)?;
            } else if order::text(entry.desc.as_ref()) == b"TABLE DATA" {
                if wanted.schema {
                    renderer.entry(entry, entries, "", &mut text)?;
                }
                renderer.entry(entry, entries, "Data for ", &mut text)?;
                match order::text(entry.copy_stmt.as_ref()) {
                    b"" => renderer.filled_by_insert(entry, &mut text),
                    copy => text.extend([copy, END_OF_ROWS].concat()),
                }
            }
        }
        marks.push(Mark { offset: text.len() as u64, entry: None });
        renderer.tail(&mut text);
        Ok((text, marks))
    }

    /// The table of contents.
    pub fn entries(&self) -> Arc<[Entry]> {
        Arc::clone(&self.entries)
    }

    /// What the archive's header says, for one that writes an archive of the same kind.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Makes more text, or comes to rows that are read straight.
    fn step(&mut self) -> io::Result<()> {
        match self.stage {
            Stage::Head => {
                self.renderer.head(&self.entries, &mut self.pending);
                self.stage = Stage::Entry;
            }
            Stage::Entry => match self.order.next() {
                Some((at, wanted)) => self.entry(at, wanted)?,
                None => {
                    if self.source.next_block()?.is_some() {
                        return Err(io::Error::other(Fault::Internal));
                    }
                    self.renderer.tail(&mut self.pending);
                    self.stage = Stage::End;
                }
            },
            Stage::Objects => match self.source.next_object()? {
                Some(oid) => {
                    // INV_WRITE of src/include/libpq/libpq-fs.h.
                    self.pending.extend_from_slice(format!("SELECT pg_catalog.lo_open('{oid}', 131072);\n").as_bytes());
                    self.stage = Stage::Object;
                }
                None => {
                    self.pending.extend_from_slice(b"COMMIT;\n\n");
                    self.stage = Stage::Entry;
                }
            },
            Stage::Object => {
                if !objects::write_piece(&mut self.source, self.renderer.std_strings, &mut self.pending)? {
                    self.pending.extend_from_slice(b"SELECT pg_catalog.lo_close(0);\n\n");
                    self.stage = Stage::Objects;
                }
            }
            Stage::Rows(..) | Stage::End => {}
        }
        Ok(())
    }

    /// Everything of an entry that stands before its data (`restore_toc_entry`).
    fn entry(&mut self, at: usize, wanted: Wanted) -> io::Result<()> {
        let entries = Arc::clone(&self.entries);
        let Some(entry) = entries.get(at) else { return Err(io::Error::other(Fault::Internal)) };
        let mut render = |prefix| self.renderer.entry(entry, &entries, prefix, &mut self.pending).map_err(carried);
        if wanted.schema {
            render("")?;
        }
        match (wanted.data, entry.has_data) {
            (true, true) => {
                render("Data for ")?;
                return self.data(at, entry);
            }
            (true, false) if !wanted.schema => render("")?,
            _ => {}
        }
        if wanted.statistics {
            render("Statistics for ")?;
        }
        Ok(())
    }

    fn data(&mut self, at: usize, entry: &Entry) -> io::Result<()> {
        let block = self.source.next_block().map_err(|error| of_entry(error, entry))?.filter(|block| block.entry == at);
        let Some(block) = block else { return Err(io::Error::other(Fault::Internal)) };
        if block.kind == Kind::LargeObjects {
            self.renderer.select_schema(Some(&bytes::Bytes::from_static(b"pg_catalog")), &mut self.pending);
            self.pending.extend_from_slice(b"BEGIN;\n\n");
            self.stage = Stage::Objects;
            return Ok(());
        }
        let copy = order::text(entry.copy_stmt.as_ref());
        self.pending.extend_from_slice(copy);
        self.last.clear();
        self.stage = Stage::Rows(at, !copy.is_empty());
        Ok(())
    }

    /// Reads rows straight into the caller's buffer; 0 at their end.
    fn rows(&mut self, at: usize, is_copy: bool, buffer: &mut [u8]) -> io::Result<usize> {
        let entries = Arc::clone(&self.entries);
        let within = |error| entries.get(at).map_or_else(|| io::Error::other(Fault::Internal), |entry| of_entry(error, entry));
        let read = self.source.read(buffer).map_err(within)?;
        if read > 0 {
            if is_copy {
                self.remember(buffer.get(..read).unwrap_or_default());
            }
            return Ok(read);
        }
        let whole = match self.last.strip_suffix(END_OF_ROWS) {
            Some(before) => before.is_empty() || before.ends_with(b"\n"),
            None => !is_copy,
        };
        if !whole {
            let entry = self.entries.get(at).map(|entry| entry.dump_id);
            let expected = r"a line \. and two empty lines";
            let fault = Fault::BadArchive { entry, what: "another end of its rows", found: None, expected };
            return Err(within(io::Error::other(fault)));
        }
        self.stage = Stage::Entry;
        Ok(0)
    }

    /// Keeps the last bytes of what has been read: the end of the rows and the line end before it.
    fn remember(&mut self, read: &[u8]) {
        let keep = END_OF_ROWS.len() + 1;
        self.last.extend_from_slice(read.get(read.len().saturating_sub(keep)..).unwrap_or_default());
        self.last.drain(..self.last.len().saturating_sub(keep));
    }
}

/// From here on, up to the next mark, the script's bytes belong to this entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// In bytes of the script, from 0.
    pub offset: u64,
    /// Its place in the table of contents; `None` for what stands before the first and behind the last.
    pub entry: Option<usize>,
}

/// The table whose data an entry has; `None` for large objects.
pub fn table_of(entry: &Entry) -> Option<RelationName> {
    let text = |text: &Option<bytes::Bytes>| String::from_utf8_lossy(order::text(text.as_ref())).into_owned();
    (order::text(entry.desc.as_ref()) == b"TABLE DATA").then(|| RelationName::new(text(&entry.namespace), text(&entry.tag)))
}

/// A fault inside an entry's data goes with the name of the table.
fn of_entry(error: io::Error, entry: &Entry) -> io::Error {
    FaultIn::wrap(error, table_of(entry))
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let text = self.pending.get(self.given..).unwrap_or_default();
            if !text.is_empty() {
                let count = text.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), text.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.given += count;
                return Ok(count);
            }
            self.pending.clear();
            self.given = 0;
            match self.stage {
                Stage::End => return Ok(0),
                Stage::Rows(at, is_copy) => {
                    let read = self.rows(at, is_copy, buffer)?;
                    if read > 0 {
                        return Ok(read);
                    }
                }
                _ => self.step()?,
            }
        }
    }
}

/// A fault on its way through a reader.
fn carried(error: Error) -> io::Error {
    match error {
        Error::Data { fault, .. } => io::Error::other(fault),
        other => io::Error::other(other),
    }
}
