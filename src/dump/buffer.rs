//! The rolling buffer: the part of the input that is being looked at, in one piece, handed out as shared slices.
//!
//! Blocks come from a small pool and go back to it when the last slice of them is dropped, so that a run of any length
//! works in the same few megabytes. What is left of a block when it does not hold enough moves to the head of the next
//! one, twice as large if need be: looking again from the start of a statement or row costs at most twice its length.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::error::Fault;

/// The input, as a window that moves forward.
pub struct Buffer {
    source: Box<dyn Read + Send>,
    pool: Arc<Pool>,
    window: Bytes,
    /// Where the window begins in the input.
    offset: u64,
    ended: bool,
}

impl Buffer {
    /// A buffer that reads blocks of `block` bytes (1 or more).
    pub fn new(source: Box<dyn Read + Send>, block: usize) -> Buffer {
        let pool = Arc::new(Pool { block: block.max(1), free: Mutex::new(Vec::new()) });
        Buffer { source, pool, window: Bytes::new(), offset: 0, ended: false }
    }

    /// What has been read and not taken.
    pub fn window(&self) -> &[u8] {
        &self.window
    }

    /// Where the window begins in the input.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether nothing follows the window.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Takes the first `length` bytes of the window (at most all of it).
    pub fn take(&mut self, length: usize) -> Bytes {
        let taken = self.window.split_to(length.min(self.window.len()));
        self.offset += taken.len() as u64;
        taken
    }

    /// Makes the window longer, unless the input has ended. What was in it stays at its head.
    ///
    /// # Errors
    /// Those of the input.
    pub fn more(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let kept = self.window.len();
        let mut block = self.pool.block(kept.saturating_mul(2));
        if let Some(head) = block.bytes.get_mut(..kept) {
            head.copy_from_slice(&self.window);
        }
        // The old block may go back to the pool before the new one fills.
        self.window = Bytes::new();
        let mut filled = kept;
        while let Some(room) = block.bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let nul = memchr::memchr(0, block.bytes.get(kept..filled).unwrap_or_default()).is_some();
        self.window = Bytes::from_owner(block).slice(..filled);
        // psql would drop the rest of the line, and see another script than we do.
        if nul { Err(io::Error::other(Fault::Nul)) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer {{ offset: {}, window: {} bytes }}", self.offset, self.window.len())
    }
}

/// Blocks that wait for their next use.
struct Pool {
    block: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

/// How many blocks wait at most; more are given back to the system.
const KEPT_BLOCKS: usize = 32;

impl Pool {
    fn block(self: &Arc<Pool>, least: usize) -> Block {
        let reused = if least <= self.block { self.free.lock().unwrap_or_else(PoisonError::into_inner).pop() } else { None };
        Block { bytes: reused.unwrap_or_else(|| vec![0; self.block.max(least)]), pool: Arc::clone(self) }
    }
}

/// A block that goes back to its pool.
struct Block {
    bytes: Vec<u8>,
    pool: Arc<Pool>,
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.bytes.len() == self.pool.block {
            let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < KEPT_BLOCKS {
                free.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_and_moves() {
        let mut buffer = Buffer::new(Box::new(&b"hello world"[..]), 4);
        buffer.more().expect("reads");
        assert_eq!(buffer.window(), b"hell");
        buffer.more().expect("reads");
        assert_eq!(buffer.window(), b"hello wo");
        let first = buffer.take(6);
        assert_eq!((&*first, buffer.offset(), buffer.window()), (&b"hello "[..], 6, &b"wo"[..]));
        buffer.more().expect("reads");
        assert!(!buffer.ended());
        buffer.more().expect("reads");
        assert_eq!(buffer.window(), b"world");
        assert!(buffer.ended());
        assert_eq!(&*first, b"hello ");
    }

    #[test]
    fn blocks_are_used_again() {
        let mut buffer = Buffer::new(Box::new(io::repeat(b'x').take(1000)), 10);
        while !buffer.ended() {
            buffer.more().expect("reads");
            buffer.take(usize::MAX);
        }
        assert!(buffer.pool.free.lock().expect("no panic").len() <= 2);
    }
}
