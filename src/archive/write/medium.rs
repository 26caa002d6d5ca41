//! What an archive of one file is written to: a pipe, or a file that can be patched.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};

use crate::error::{Error, Result};

/// Small pieces are gathered up to this many bytes.
const GATHERED: usize = 64 * 1024;

/// Where a custom or tar archive goes. Dropped without being completed, a file leaves nothing under its final name.
pub trait Destination: Write + Send {
    /// Whether it has another name until it is completed, so that nobody takes it for what it is to be.
    fn is_pending(&self) -> bool {
        false
    }

    /// All is written: makes it safe on the disk, still without its name.
    ///
    /// # Errors
    /// Those of writing.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    /// All is written: hands on what was gathered, and gives a file its name.
    ///
    /// # Errors
    /// Those of writing.
    fn complete(self) -> Result<()>
    where
        Self: Sized;
}

/// An open file that has its name already, or a pipe.
impl Destination for File {
    fn complete(mut self) -> Result<()> {
        self.flush().map_err(|error| Error::io("write the archive", error))
    }
}

/// Seeks for a type that can; a pointer to it says that the type can.
type SeekTo<W> = fn(&mut BufWriter<W>, SeekFrom) -> std::io::Result<u64>;

/// A target, how much of it is written, and whether that can be changed.
#[derive(Debug)]
pub(super) struct Medium<W: Write> {
    out: BufWriter<W>,
    label: String,
    /// Where the archive begins in the file.
    start: u64,
    written: u64,
    seek: Option<SeekTo<W>>,
}

impl<W: Destination> Medium<W> {
    /// A pipe, or anything else that is written once.
    pub(super) fn pipe(out: W, label: String) -> Medium<W> {
        Medium { out: BufWriter::with_capacity(GATHERED, out), label, start: 0, written: 0, seek: None }
    }

    /// Something that can be patched.
    pub(super) fn file(out: W, label: String) -> Result<Medium<W>>
    where
        W: Seek,
    {
        let mut medium = Medium { seek: Some(BufWriter::seek), ..Medium::pipe(out, label) };
        medium.start = medium.out.stream_position().map_err(|error| Error::io(format!("write {}", medium.label), error))?;
        Ok(medium)
    }

    /// Whether what is written can be changed.
    pub(super) fn can_patch(&self) -> bool {
        self.seek.is_some()
    }

    /// How many bytes are written, of this archive.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Where in the file the next byte comes to stand.
    pub(super) fn position(&self) -> u64 {
        self.start + self.written
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|error| Error::io(format!("write {}", self.label), error))
    }

    /// Writes over what stands `at` bytes behind the beginning of the archive. Nothing happens on a pipe.
    pub(super) fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let Some(seek) = self.seek else { return Ok(()) };
        let (there, end) = (SeekFrom::Start(self.start + at), SeekFrom::Start(self.position()));
        let patched = seek(&mut self.out, there).and_then(|_| self.out.write_all(bytes)).and_then(|()| seek(&mut self.out, end));
        patched.map(|_| ()).map_err(|error| Error::io(format!("write {}", self.label), error))
    }

    /// Has a file that failed and keeps its name, as where standard output goes to one, begin with what nobody takes for an
    /// archive, whatever stands behind it.
    pub(super) fn disown(&mut self, beginning: &[u8]) -> Result<()> {
        let length = beginning.len().min(usize::try_from(self.written).unwrap_or(usize::MAX));
        if self.is_pending() { Ok(()) } else { self.patch(0, beginning.get(..length).unwrap_or_default()) }
    }

    /// Whether it has another name until it is completed.
    pub(super) fn is_pending(&self) -> bool {
        self.out.get_ref().is_pending()
    }

    /// All is written, and safe on the disk.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.flush()?;
        self.out.get_mut().settle()
    }

    /// Hands on what was gathered.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(|error| Error::io(format!("write {}", self.label), error))
    }

    /// The archive is whole.
    pub(super) fn complete(mut self) -> Result<()> {
        self.flush()?;
        let Medium { out, label, .. } = self;
        let target = out.into_inner().map_err(|error| Error::io(format!("write {label}"), error.into_error()))?;
        target.complete()
    }
}
