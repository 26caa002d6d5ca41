//! Reads archives: the header, the table of contents, and the data forward in its order.
//!
//! ```text
//! Archive::custom | directory | tar ─▶ header, entries, Source ─▶ next_block ─▶ Read | next_object ─▶ Read
//! ```
//!
//! Nothing is taken on trust: memory grows with what has been read, not with what a length claims, and whatever
//! pg_restore would read otherwise, lose or hang on is refused by a [`Fault`] inside the [`io::Error`]. What stands in a
//! name or a statement cannot be judged.

mod chunks;
mod codec;
mod custom;
mod directory;
mod entries;
mod files;
mod header;
mod input;
pub mod kinds;
mod list;
pub mod lz4;
mod record;
mod tar;
#[cfg(test)]
mod tests;
mod texts;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

pub use header::{MAGIC, MINORS};

use self::custom::Custom;
use self::directory::Directory;
use self::input::Input;
use self::tar::Tar;
use super::{Compression, Entry, Format, Header};
use crate::error::{Error, Fault, Place, Result};

/// An archive, ready to have its data read.
pub struct Archive {
    /// Its header.
    pub header: Header,
    /// Its table of contents, in its order.
    pub entries: Vec<Entry>,
    /// Its data.
    pub data: Source,
}

/// What an entry's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows as COPY text behind which `\.` and two empty lines stand, or INSERT statements.
    Table,
    /// Large objects, each a stream of its own.
    LargeObjects,
}

/// The data of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The place of its entry in [`Archive::entries`].
    pub entry: usize,
    /// The dump id of its entry.
    pub dump_id: i32,
    /// What it holds.
    pub kind: Kind,
}

/// The data of an archive, forward only: [`Source::next_block`], then the bytes by [`Read`]; where it holds large
/// objects, [`Source::next_object`] before the bytes of each.
///
/// A read gives 0 at the end of the block or object. Only then has the whole of it been verified; what is left of it when
/// the next one is asked for is passed over unseen.
pub enum Source {
    /// A custom archive.
    Custom(Box<Custom>),
    /// A directory archive.
    Directory(Box<Directory>),
    /// A tar archive.
    Tar(Box<Tar>),
}

/// The blocks of an archive in the order of its table of contents.
fn blocks(entries: &[Entry]) -> Vec<Block> {
    let kind = |entry: &Entry| if entry.desc.as_deref() == Some(b"BLOBS") { Kind::LargeObjects } else { Kind::Table };
    let with_data = entries.iter().enumerate().filter(|(_, entry)| entry.has_data);
    with_data.map(|(at, entry)| Block { entry: at, dump_id: entry.dump_id, kind: kind(entry) }).collect()
}

impl Archive {
    /// Which form of archive it is; the header of a directory says tar.
    pub fn format(&self) -> Format {
        match self.data {
            Source::Custom(_) => Format::Custom,
            Source::Directory(_) => Format::Directory,
            Source::Tar(_) => Format::Tar,
        }
    }

    /// A custom archive from its first byte on; a pipe will do.
    ///
    /// # Errors
    /// [`Error::Data`] where the header or the table of contents is damaged or of a version that is not read,
    /// [`Error::Io`] where reading fails.
    pub fn custom(reader: Box<dyn Read + Send>) -> Result<Archive> {
        let mut input = Input::new(reader);
        let (header, entries) = contents(&mut input, Format::Custom).map_err(|error| told(error, &input))?;
        let data = Custom::new(input, header.compression, &entries).map_err(|error| Error::io("set up a decompressor", error))?;
        Ok(Archive { header, entries, data: Source::Custom(Box::new(data)) })
    }

    /// A directory archive by its folder; what is read of its files is added to `read`.
    ///
    /// # Errors
    /// As [`Archive::custom`], and where it holds no table of contents.
    pub fn directory(folder: &Path, read: &Arc<AtomicU64>) -> Result<Archive> {
        let toc = files::open(folder, "toc.dat", read).map_err(|error| Error::io("read toc.dat of the directory archive", error))?;
        let Some(toc) = toc else {
            return Err(Error::somewhere(Fault::ArchiveFile { file: "toc.dat".into(), what: "is missing" }));
        };
        let mut input = Input::new(toc);
        let (header, entries) = whole(&mut input).map_err(|error| told(error, &input))?;
        let data = Directory::new(folder, &header, &entries, read);
        Ok(Archive { header, entries, data: Source::Directory(Box::new(data)) })
    }

    /// A tar archive from its first byte on; a pipe will do.
    ///
    /// # Errors
    /// As [`Archive::custom`], and where its first member is not the table of contents.
    pub fn tar(reader: Box<dyn Read + Send>) -> Result<Archive> {
        let mut members = tar::Members::new(Input::new(reader));
        let (header, entries) = tar::contents(&mut members).map_err(|error| told(error, &members.input))?;
        let data = Tar::new(members, &entries);
        Ok(Archive { header, entries, data: Source::Tar(Box::new(data)) })
    }
}

impl Source {
    /// The data of the next entry that has some; `None` at the end, which has been verified then: every entry has had its
    /// data, and nothing stands behind it.
    ///
    /// # Errors
    /// Reading failed; what comes next is not the data of the next entry.
    pub fn next_block(&mut self) -> io::Result<Option<Block>> {
        self.with_record(record::Record::stop);
        match self {
            Source::Custom(custom) => custom.next_block(),
            Source::Directory(directory) => directory.next_block(),
            Source::Tar(tar) => tar.next_block(),
        }
    }

    /// The OID of the next large object of the block at hand, whose contents come next; `None` behind the last, and in a
    /// block of another kind.
    ///
    /// # Errors
    /// Reading failed; what comes next is no large object.
    pub fn next_object(&mut self) -> io::Result<Option<u32>> {
        self.with_record(record::Record::stop);
        match self {
            Source::Custom(custom) => custom.next_object(),
            Source::Directory(directory) => directory.next_object(),
            Source::Tar(tar) => tar.next_object(),
        }
    }

    /// From here to the end of the block or object at hand, keeps what is read as it stands there, packed, for
    /// [`Source::recorded`]. So data that does not change can be copied, and is verified all the same.
    ///
    /// To be called before the first [`Read::read`] of the block or object.
    pub fn record(&mut self) {
        self.with_record(record::Record::start);
    }

    /// What has been recorded since this was called last; all of it once a read has given 0. In a custom archive a piece
    /// does not cross the border of a chunk, and may be written as a chunk of its own.
    pub fn recorded(&mut self) -> Vec<Vec<u8>> {
        self.with_record(record::Record::take)
    }

    fn with_record<T>(&mut self, call: impl FnOnce(&mut record::Record) -> T) -> T {
        match self {
            Source::Custom(custom) => call(custom.record()),
            Source::Directory(directory) => call(&mut directory.record()),
            Source::Tar(tar) => call(tar.record()),
        }
    }

    /// How the block or object at hand is packed: in a directory that is what its file's name says, whatever the header
    /// does. Known behind [`Source::next_block`], or [`Source::next_object`] for large objects.
    pub fn packing(&self, header: &Header) -> Compression {
        match self {
            Source::Custom(_) => header.compression,
            Source::Directory(directory) => directory.packing(),
            Source::Tar(_) => Compression::None,
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Custom(custom) => custom.read(buffer),
            Source::Directory(directory) => directory.read(buffer),
            Source::Tar(tar) => tar.read(buffer),
        }
    }
}

/// The header and the table of contents.
fn contents(input: &mut Input, format: Format) -> io::Result<(Header, Vec<Entry>)> {
    let header = header::header(input)?;
    if format == Format::Custom && header.format == Format::Tar {
        let what = "the toc.dat of a directory archive".into();
        return Err(io::Error::other(Fault::NotADump { what, remedy: "name its directory instead" }));
    }
    if header.format != format {
        return Err(input.bad("the format", None, "that of the archive: 1 in a custom archive, 3 in the others"));
    }
    let entries = entries::entries(input, &header)?;
    Ok((header, entries))
}

/// The contents of a `toc.dat`, and nothing behind them.
fn whole(input: &mut Input) -> io::Result<(Header, Vec<Entry>)> {
    let found = contents(input, Format::Tar)?;
    if !input.is_at_end()? {
        return Err(input.bad("bytes behind the last entry of toc.dat", None, "its end"));
    }
    Ok(found)
}

/// An error of a read: a fault at a byte, or one of the system.
fn told(error: io::Error, input: &Input) -> Error {
    Error::of_read(error, || Place { byte: Some(input.at()), ..Place::default() }, "read the archive")
}
