//! From archive to archive: the table of contents is decided entry by entry, then the data goes through block by block.
//!
//! ```text
//! entries ─▶ script without rows ─▶ plan, verdicts ─▶ new entries ─▶ head of the output
//! blocks  ─▶ rows ─▶ workers: rewrite, pack ─▶ writer
//! ```
//!
//! What is no table's rows (large objects) is copied. A block that nothing changes is not packed anew where both archives
//! pack alike; it is unpacked and read all the same, so that one that is cut stops the run.

mod blocks;
pub mod composing;
mod outline;

use crate::archive::write::{ArchiveWriter, Packer};
use crate::archive::{Archive, Entry, Header};

/// An archive to be read, and where its copy goes.
pub struct Archiving {
    /// The archive.
    pub input: Archive,
    /// What writes its copy.
    pub writer: Box<dyn ArchiveWriter>,
    /// Where data is packed alike on both sides: blocks that nothing changes are copied as they are.
    pub alike: bool,
}

/// What the director needs of an [`Archiving`]; the writer has the rest.
pub(super) struct Source {
    pub(super) input: Archive,
    pub(super) packer: Packer,
    pub(super) alike: bool,
}

/// What the writer of an archive is told, beside rows.
#[derive(Debug)]
pub enum Step {
    /// The header and the entries that stay.
    Head(Box<(Header, Vec<Entry>)>),
    /// The data of a table begins.
    Data(i32),
    /// The large objects of an entry begin.
    LargeObjects(i32),
    /// One of them begins.
    LargeObject(u32),
    /// It ends.
    EndLargeObject,
    /// Bytes of large objects, or of INSERT statements.
    Bytes(bytes::Bytes),
    /// Data that is packed already.
    Copied(bytes::Bytes),
    /// The data of an entry ends.
    End,
}
