//! Writing archives: custom, directory and tar, of versions 1.12 to 1.16, so that every pg_restore that reads the version
//! reads what is written here.
//!
//! One thread speaks to an [`ArchiveWriter`], in the order of the table of contents. Packing happens where there is room for
//! it: workers pack batches with a [`Packer`]; the writer only puts them together.
//!
//! **Nothing is whole before [`ArchiveWriter::finish`].** Files and folders have another name until then. What goes to a
//! pipe lacks its end until then: the end of the last data block, or the head itself where there is no data; so an archive
//! that was left alone at whatever place is refused by pg_restore, also where all its data had been written.

pub mod custom;
pub mod directory;
pub mod header;
pub mod medium;
pub mod order;
pub mod pack;
pub mod packing;
mod spoil;
pub mod stream;
pub mod tar;
pub mod toc;

#[cfg(test)]
mod tests;

pub use custom::Custom;
pub use directory::Directory;
pub use medium::Destination;
pub use pack::{Packed, Packer, Wrapping};
pub use packing::Packing;
pub use tar::Tar;

use crate::archive::{Entry, Header};
use crate::error::Result;

/// Writes an archive. The calls come in this order; one that does not is a bug, and [`crate::error::Error::internal`].
///
/// ```text
/// begin
///   ( begin_data           ( data | packed | copied )*                         end
///   | begin_large_objects  ( begin_large_object  ( … )*  end_large_object )*   end )*    in the order of the entries
/// finish, or abandon at any time
/// ```
///
/// Every entry that has data gets it, if only none: pg_restore refuses an archive where it is missing. What is between
/// `begin_data` and `end` is all of it, with the `\.` and the two empty lines that end COPY data.
pub trait ArchiveWriter: Send {
    /// The header and the entries. Format, compression and level of the header and the places of the entries are the
    /// writer's own affair; whatever they are, they are replaced.
    ///
    /// # Errors
    /// [`crate::error::Error::Usage`] where this version cannot be packed so; those of writing.
    fn begin(&mut self, header: &Header, entries: &[Entry]) -> Result<()>;

    /// Packs batches for this writer, on any thread.
    fn packer(&self) -> Packer;

    /// The data of a table begins.
    ///
    /// # Errors
    /// Those of writing.
    fn begin_data(&mut self, dump_id: i32) -> Result<()>;

    /// The large objects of a `BLOBS` entry begin.
    ///
    /// # Errors
    /// Those of writing.
    fn begin_large_objects(&mut self, dump_id: i32) -> Result<()>;

    /// One of them begins.
    ///
    /// # Errors
    /// Those of writing.
    fn begin_large_object(&mut self, oid: u32) -> Result<()>;

    /// Data, of any length, packed by the calling thread. In a custom archive that packs nothing it is one chunk, as each
    /// row is where pg_dump writes it.
    ///
    /// # Errors
    /// Those of writing.
    fn data(&mut self, bytes: &[u8]) -> Result<()>;

    /// A batch that was packed by [`ArchiveWriter::packer`]. May be mixed with [`ArchiveWriter::data`].
    ///
    /// # Errors
    /// Those of writing.
    fn packed(&mut self, batch: &Packed) -> Result<()>;

    /// Data that is packed already, as it came from an archive of the same format that is packed in the same way: one chunk
    /// of a custom archive, or any part of a file. All data between begin and end comes so, or none.
    ///
    /// # Errors
    /// Those of writing.
    fn copied(&mut self, chunk: &[u8]) -> Result<()>;

    /// A large object ends.
    ///
    /// # Errors
    /// Those of writing.
    fn end_large_object(&mut self) -> Result<()>;

    /// The data of an entry ends.
    ///
    /// # Errors
    /// Those of writing.
    fn end(&mut self) -> Result<()>;

    /// How many bytes have been written so far, without what is held back.
    fn written(&self) -> u64;

    /// All has been told: where the archive has another name until it is finished, all of it is written and safe on the disk,
    /// so that little is left that can fail. Elsewhere nothing happens, and the end stays held back.
    ///
    /// # Errors
    /// Those of writing.
    fn settle(&mut self) -> Result<()>;

    /// The archive is whole: its end is written, offsets are set, and a file or directory takes its name. Gives how many bytes
    /// it has.
    ///
    /// # Errors
    /// Those of writing.
    fn finish(self: Box<Self>) -> Result<u64>;

    /// The archive failed, and must not be restored: no file is left, and on a pipe it is cut so that pg_restore fails.
    /// Whatever fails here is kept silent, as the first error is the one to tell.
    fn abandon(self: Box<Self>);
}
