//! The custom format: one file, or a pipe. Header, table of contents, data blocks (`pg_backup_custom.c`).

use std::collections::HashMap;
use std::io::Seek;

use super::ArchiveWriter;
use super::header::{Encoder, OFFSET_SET};
use super::medium::{Destination, Medium};
use super::order::{Kind, Order};
use super::pack::{Packed, Packer, Wrapping};
use super::packing::Packing;
use super::spoil;
use super::stream::Stream;
use super::toc::{self, Head};
use crate::archive::{DataPlace, Entry, Format, Header};
use crate::error::{Error, Result};

/// The first byte of a block of data (`BLK_DATA`).
const BLOCK_DATA: u8 = 1;
/// The first byte of a block of large objects (`BLK_BLOBS`).
const BLOCK_LARGE_OBJECTS: u8 = 3;

/// The longest chunk that is made here, in bytes: pg_restore keeps a whole one in memory.
pub const CHUNK: usize = 1 << 20;

/// Writes a custom archive.
#[derive(Debug)]
pub struct Custom<W: Destination> {
    out: Medium<W>,
    packer: Packer,
    order: Order,
    /// Makes integers of the archive's size; empty.
    ints: Encoder,
    head: Head,
    /// The data that is being written. That of the last block stays here until the archive is whole.
    stream: Option<Stream>,
    /// The end of the last block is held back.
    held: bool,
    /// Where the blocks stand, by their dump ids.
    blocks: HashMap<i32, u64>,
}

impl<W: Destination> Custom<W> {
    /// An archive on a pipe. `label` is its name in messages: `standard output`. The table of contents says that the
    /// positions of the data are unknown, as pg_dump says it there.
    pub fn pipe(out: W, label: impl Into<String>, packing: Packing) -> Custom<W> {
        Custom::over(Medium::pipe(out, label.into()), packing)
    }

    /// An archive in a file that can be patched: the positions of the data are set at the end.
    ///
    /// # Errors
    /// It cannot be asked for its position.
    pub fn file(out: W, label: impl Into<String>, packing: Packing) -> Result<Custom<W>>
    where
        W: Seek,
    {
        Ok(Custom::over(Medium::file(out, label.into())?, packing))
    }

    fn over(out: Medium<W>, packing: Packing) -> Custom<W> {
        let ints = Encoder::with_sizes(4, 8);
        let head = Head { bytes: Vec::new(), offsets: Vec::new() };
        let packer = Packer::new(packing, Wrapping::Zlib);
        Custom { out, packer, order: Order::new(), ints, head, stream: None, held: false, blocks: HashMap::new() }
    }

    /// The head of a block.
    fn block(&mut self, kind: u8, dump_id: i32) -> Result<()> {
        self.blocks.insert(dump_id, self.out.position());
        let mut head = self.ints.clone();
        head.byte(kind);
        head.int(dump_id.into())?;
        self.out.write(&head.into_bytes())
    }

    /// The integer that ends chunks and large objects.
    fn zero(&mut self) -> Result<()> {
        let mut zero = self.ints.clone();
        zero.int(0)?;
        self.out.write(&zero.into_bytes())
    }

    fn with_stream(&mut self, work: impl FnOnce(&mut Stream, &mut super::stream::Pieces<'_>) -> Result<()>) -> Result<()> {
        let Custom { stream, out, ints, .. } = self;
        let stream = stream.as_mut().ok_or_else(Error::internal)?;
        work(stream, &mut |piece| chunks(out, ints, piece))
    }

    /// Ends the stream that is being written, and its chunks.
    fn end_stream(&mut self) -> Result<()> {
        let Custom { stream, out, ints, .. } = self;
        stream.take().ok_or_else(Error::internal)?.finish(&mut |piece| chunks(out, ints, piece))?;
        self.zero()
    }

    /// What was held back.
    fn release(&mut self) -> Result<()> {
        if !self.held {
            return Ok(());
        }
        self.held = false;
        if self.blocks.is_empty() {
            return self.out.write(&self.head.bytes);
        }
        if self.stream.is_some() { self.end_stream() } else { self.zero() }
    }

    /// Sets the positions of the data, where the archive's offsets are long enough for them.
    fn patch(&mut self) -> Result<()> {
        if !self.out.can_patch() || self.blocks.is_empty() {
            return Ok(());
        }
        for (dump_id, at) in &self.head.offsets {
            let Some(position) = self.blocks.get(dump_id) else { continue };
            let mut offset = self.ints.clone();
            if offset.offset(OFFSET_SET, *position).is_err() {
                continue;
            }
            let offset = offset.into_bytes();
            if let Some(place) = self.head.bytes.get_mut(*at..*at + offset.len()) {
                place.copy_from_slice(&offset);
            }
        }
        self.out.patch(0, &self.head.bytes)
    }

    /// Ends the data that is due now in what fails wherever it is restored to.
    fn spoil(&mut self) -> Result<()> {
        let due = self.order.next().cloned();
        match &due {
            Some(due) if due.kind == Kind::LargeObjects => return Ok(()),
            Some(due) if self.order.is_between() => self.begin_data(due.dump_id)?,
            _ => {}
        }
        match &self.stream {
            Some(stream) if !stream.is_copied() => self.with_stream(|stream, out| {
                stream.data(&spoil::ending(due.map_or(Kind::Copy, |due| due.kind)), out)?;
                stream.flush(out)
            }),
            _ => Ok(()),
        }
    }
}

/// A piece of a stream as chunks.
fn chunks<W: Destination>(out: &mut Medium<W>, ints: &Encoder, piece: &[u8]) -> Result<()> {
    for chunk in piece.chunks(CHUNK) {
        write_chunk(out, ints, chunk)?;
    }
    Ok(())
}

/// One chunk: its length, its bytes. An empty one would end the block.
fn write_chunk<W: Destination>(out: &mut Medium<W>, ints: &Encoder, chunk: &[u8]) -> Result<()> {
    if chunk.is_empty() {
        return Ok(());
    }
    let mut length = ints.clone();
    let bytes = i32::try_from(chunk.len()).map_err(|_| Error::internal())?;
    length.int(bytes.into())?;
    out.write(&length.into_bytes())?;
    out.write(chunk)
}

impl<W: Destination> ArchiveWriter for Custom<W> {
    fn begin(&mut self, header: &Header, entries: &[Entry]) -> Result<()> {
        let header = self.packer.packing().header(header, Format::Custom)?;
        let place = |entry: &Entry| if entry.has_data { DataPlace::Unknown } else { DataPlace::NoData };
        let entries: Vec<Entry> = entries.iter().map(|entry| Entry { place: place(entry), ..entry.clone() }).collect();
        self.ints = Encoder::new(&header);
        let head = toc::head(&header, &entries)?;
        self.order.begin(&entries)?;
        self.head = head;
        if self.order.next().is_none() {
            self.held = true;
            return Ok(());
        }
        self.out.write(&self.head.bytes)?;
        if !self.out.can_patch() {
            self.head.bytes = Vec::new();
        }
        Ok(())
    }

    fn packer(&self) -> Packer {
        self.packer.clone()
    }

    fn begin_data(&mut self, dump_id: i32) -> Result<()> {
        self.order.data(dump_id)?;
        self.block(BLOCK_DATA, dump_id)?;
        self.stream = Some(Stream::new(self.packer.clone()));
        Ok(())
    }

    fn begin_large_objects(&mut self, dump_id: i32) -> Result<()> {
        self.order.large_objects(dump_id)?;
        self.block(BLOCK_LARGE_OBJECTS, dump_id)
    }

    fn begin_large_object(&mut self, oid: u32) -> Result<()> {
        self.order.large_object()?;
        let mut head = self.ints.clone();
        head.oid(oid)?;
        self.out.write(&head.into_bytes())?;
        self.stream = Some(Stream::new(self.packer.clone()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.order.in_stream()?;
        self.with_stream(|stream, out| stream.data(bytes, out))
    }

    fn packed(&mut self, batch: &Packed) -> Result<()> {
        self.order.in_stream()?;
        self.with_stream(|stream, out| stream.packed(batch, out))
    }

    fn copied(&mut self, chunk: &[u8]) -> Result<()> {
        self.order.in_stream()?;
        let Custom { stream, out, ints, .. } = self;
        let stream = stream.as_mut().ok_or_else(Error::internal)?;
        // A chunk stays one: a byte more or less in a chunk is a difference.
        stream.copied(chunk, &mut |piece| write_chunk(out, ints, piece))
    }

    fn end_large_object(&mut self) -> Result<()> {
        self.order.end_large_object()?;
        self.end_stream()
    }

    fn end(&mut self) -> Result<()> {
        self.order.end()?;
        if self.order.next().is_none() {
            self.held = true;
            return Ok(());
        }
        if self.stream.is_some() { self.end_stream() } else { self.zero() }
    }

    fn written(&self) -> u64 {
        self.out.written()
    }

    fn settle(&mut self) -> Result<()> {
        if !self.out.is_pending() {
            return Ok(());
        }
        self.order.finish()?;
        self.release()?;
        self.patch()?;
        self.out.settle()
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        self.order.finish()?;
        self.release()?;
        self.patch()?;
        let written = self.out.written();
        self.out.complete().map(|()| written)
    }

    fn abandon(mut self: Box<Self>) {
        // A file is gone without its end, and on a pipe whatever cannot be written cannot be restored either.
        let done = self.spoil().and_then(|()| self.out.disown(&spoil::beginning()));
        let _ = done.and_then(|()| self.out.flush());
    }
}
