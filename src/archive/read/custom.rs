//! The data of a custom archive: blocks behind the table of contents, in its order, read forward
//! (`_PrintTocData` and `_LoadLOs` in src/bin/pg_dump/pg_backup_custom.c).

use std::collections::VecDeque;
use std::io::{self, Read};

use super::super::{Compression, DataPlace, Entry};
use super::chunks::Chunks;
use super::codec::Unpacker;
use super::input::{Input, damaged};
use super::record::Record;
use super::{Block, Kind};
use crate::error::Fault;

/// `BLK_DATA` and `BLK_BLOBS` in pg_backup_custom.c.
const DATA: u8 = 1;
const BLOBS: u8 = 3;

/// The blocks of a custom archive.
pub struct Custom {
    unpacker: Unpacker,
    /// The blocks that are to come, with the offsets that the table of contents gives them.
    ahead: VecDeque<(Block, Option<u64>)>,
    /// All entries by dump id, and whether they have data.
    known: Vec<(i32, bool)>,
    /// In the large objects of the block at hand.
    objects: bool,
}

impl Custom {
    /// The blocks that come next in `input`, which stands right behind the table of contents.
    ///
    /// # Errors
    /// The decompressor cannot be set up.
    pub(super) fn new(mut input: Input, compression: Compression, entries: &[Entry]) -> io::Result<Custom> {
        input.inside = "its data";
        let mut known: Vec<(i32, bool)> = entries.iter().map(|entry| (entry.dump_id, entry.has_data)).collect();
        known.sort_unstable();
        let place = |entry: &Entry| if let DataPlace::At(offset) = entry.place { Some(offset) } else { None };
        let ahead = super::blocks(entries).into_iter().map(|block| (block, entries.get(block.entry).and_then(place)));
        let ahead = ahead.collect();
        Ok(Custom { unpacker: Unpacker::new(compression, Chunks::new(input))?, ahead, known, objects: false })
    }

    /// See [`super::Source::next_block`].
    pub(super) fn next_block(&mut self) -> io::Result<Option<Block>> {
        self.finish_block()?;
        let input = &mut self.unpacker.chunks().input;
        input.entry = None;
        if input.is_at_end()? {
            return match self.ahead.front() {
                Some((block, _)) => Err(damaged(Fault::NoData { entry: block.dump_id, file: None })),
                None => Ok(None),
            };
        }
        let at = input.at();
        let kind = match input.byte()? {
            DATA => Kind::Table,
            BLOBS => Kind::LargeObjects,
            0 if self.ahead.is_empty() => return self.second_contents().map(|()| None),
            other => return Err(input.bad("the kind of a block", i64::from(other), "1 (data) or 3 (large objects)")),
        };
        let dump_id = input.int("the dump id of a block")?;
        input.entry = Some(dump_id);
        let Some((block, place)) = self.ahead.pop_front_if(|(block, _)| block.dump_id == dump_id) else {
            return Err(self.unexpected(dump_id));
        };
        if block.kind != kind {
            return Err(input.bad("the kind of its block", None, "that of its entry"));
        }
        if place.is_some_and(|place| place != at) {
            return Err(input.bad("its block at byte", i64::try_from(at).ok(), "the offset that the table of contents gives"));
        }
        match kind {
            Kind::Table => self.unpacker.begin()?,
            Kind::LargeObjects => self.objects = true,
        }
        Ok(Some(block))
    }

    /// What may stand behind the last block: the table of contents once more. pg_dump writes it with the positions of the
    /// data over the first one, and behind the data where the file takes nothing but at its end (`>>`, a standard output
    /// in append mode). No reader looks at it there.
    fn second_contents(&mut self) -> io::Result<()> {
        let input = &mut self.unpacker.chunks().input;
        // Its number of entries, whose sign has been read: 0 is no block.
        let mut count = [0; 4];
        let read = count.iter_mut().try_for_each(|byte| input.byte().map(|read| *byte = read));
        if read.is_err() || usize::try_from(u32::from_le_bytes(count)) != Ok(self.known.len()) {
            return Err(input.bad("the kind of a block", 0, "1 (data) or 3 (large objects)"));
        }
        while !input.is_at_end()? {
            input.byte()?;
        }
        Ok(())
    }

    /// What is wrong with a block that is not the next one.
    fn unexpected(&mut self, dump_id: i32) -> io::Error {
        let has_data = self.known.binary_search_by_key(&dump_id, |(id, _)| *id).ok().and_then(|at| self.known.get(at));
        let ahead = self.ahead.iter().any(|(block, _)| block.dump_id == dump_id);
        let input = &self.unpacker.chunks().input;
        match has_data {
            None => input.bad("a block of an entry that the table of contents has not", None, "blocks of its entries only"),
            Some((_, false)) => input.bad("a block of an entry without data", None, "blocks of entries with data"),
            Some(_) if ahead => input.bad("its block before that of another entry", None, "the order of the table of contents"),
            Some(_) => input.bad("a second block", None, "one block an entry"),
        }
    }

    /// See [`super::Source::next_object`].
    pub(super) fn next_object(&mut self) -> io::Result<Option<u32>> {
        if !self.objects {
            return Ok(None);
        }
        self.unpacker.chunks().finish()?;
        let oid = self.unpacker.chunks().input.oid()?;
        if oid == 0 {
            self.objects = false;
            return Ok(None);
        }
        self.unpacker.begin()?;
        Ok(Some(oid))
    }

    /// See [`super::Source::record`].
    pub(super) fn record(&mut self) -> &mut Record {
        &mut self.unpacker.chunks().record
    }

    fn finish_block(&mut self) -> io::Result<()> {
        self.unpacker.chunks().finish()?;
        while self.next_object()?.is_some() {}
        Ok(())
    }
}

impl Read for Custom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.unpacker.read(buffer)
    }
}
