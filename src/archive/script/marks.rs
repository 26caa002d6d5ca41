//! Which bytes of a script belong to which entry of the archive.

use std::sync::{Arc, Mutex, PoisonError};

/// Whether bytes define an entry or are its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Comment, settings, statements, and the COPY statement of a data entry.
    Definition,
    /// What its block holds: for a table exactly these bytes, with the `\.` and the two empty lines; for large objects the
    /// statements from BEGIN to COMMIT that write them.
    Data,
}

/// From here on, up to the next mark, the script's bytes belong to this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// In bytes of the script, from 0.
    pub offset: u64,
    /// The place of the entry in the table of contents; `None` for what stands before the first and behind the last.
    pub entry: Option<usize>,
    /// Which part of it.
    pub part: Part,
}

/// The marks of a script that is being read; clones share them. A mark is there before the bytes that it is about can be
/// read.
#[derive(Clone, Debug, Default)]
pub struct Marks(Arc<Mutex<Vec<Mark>>>);

impl Marks {
    pub(super) fn push(&self, mark: Mark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mark);
    }

    /// What the byte at an offset belongs to, if that has been made; the last one of several at the same offset.
    pub fn at(&self, offset: u64) -> Option<Mark> {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let after = marks.partition_point(|mark| mark.offset <= offset);
        marks.get(after.checked_sub(1)?).copied()
    }

    /// The marks from the `seen`-th on: for one that follows along.
    pub fn since(&self, seen: usize) -> Vec<Mark> {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(seen..).unwrap_or_default().to_vec()
    }
}
