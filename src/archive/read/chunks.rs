//! The framing of a custom archive's data: `length bytes length bytes … 0` is one stream
//! (`_WriteFunc` and `_CustomReadFunc` in src/bin/pg_dump/pg_backup_custom.c).

use std::io::{self, BufRead, Read};

use super::input::Input;
use super::record::Record;

/// One stream after the other, each to be begun with [`Chunks::begin`].
#[derive(Default)]
pub(super) struct Chunks {
    pub(super) input: Input,
    /// What is left of the chunk at hand.
    left: u64,
    /// The stream's end has been read, or none has been begun.
    ended: bool,
    /// An error that came up behind bytes that had to be handed out first.
    failed: Option<io::Error>,
    /// The bytes of chunks that have been read.
    pub(super) record: Record,
}

impl Chunks {
    pub(super) fn new(input: Input) -> Chunks {
        Chunks { input, left: 0, ended: true, failed: None, record: Record::default() }
    }

    /// Begins the stream whose first chunk comes next.
    pub(super) fn begin(&mut self) {
        self.left = 0;
        self.ended = false;
    }

    /// Whether the last byte that was read is the last of its chunk.
    pub(super) fn is_at_border(&self) -> bool {
        self.left == 0
    }

    /// Passes over what is left of the stream.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        while self.advance()? {
            self.input.skip(self.left)?;
            self.left = 0;
        }
        Ok(())
    }

    /// Sees to it that there is a chunk with bytes left; false at the stream's end.
    fn advance(&mut self) -> io::Result<bool> {
        if self.left == 0 && !self.ended {
            let length = self.input.ranged("the length of a chunk", 0, i32::MAX, "a number from 0 on")?;
            self.left = u64::try_from(length).unwrap_or(0);
            self.ended = self.left == 0;
            self.record.begin_chunk();
        }
        Ok(!self.ended)
    }

    fn some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.advance()? {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.input.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err(self.input.cut());
        }
        self.left -= read as u64;
        self.record.add(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// The stream without its framing. A chunk may be as short as a row: what is at hand fills the buffer.
impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.some(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if filled > 0 => {
                    self.failed = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
            if self.input.buffered().is_empty() {
                break;
            }
        }
        Ok(filled)
    }
}

/// A buffer does not cross the border of a chunk.
impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.advance()? {
            return Ok(&[]);
        }
        if self.input.is_at_end()? {
            return Err(self.input.cut());
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let buffer = self.input.fill_buf()?;
        Ok(buffer.get(..left).unwrap_or(buffer))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.record.add(self.input.buffered().get(..count).unwrap_or_default());
        self.input.consume(count);
    }
}
