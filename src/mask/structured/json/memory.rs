//! What a walk over a document must remember: kept for each thread, so that nothing is allocated per document once it has
//! grown.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::automaton::State;

/// An object or array that the walk is in.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Its state.
    pub(super) state: State,
    pub(super) object: bool,
    /// Where it begins.
    pub(super) at: usize,
    /// Children behind.
    pub(super) index: usize,
    /// How many elements it has, once counted.
    pub(super) length: Option<usize>,
    /// Where the child that the walk is in, or its key, begins.
    pub(super) child: usize,
    /// Where the last child that stays ends; 0 where there is none yet.
    pub(super) kept: usize,
    /// The comma that comes next goes with the child before it.
    pub(super) headless: bool,
}

/// Something that a mask reads in the document.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Of which object it was read; `usize::MAX` where it was not.
    pub(super) base: usize,
    pub(super) place: Place,
    /// Decoded text.
    pub(super) text: Vec<u8>,
}

/// Where the text of a reading stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Place {
    #[default]
    Nowhere,
    /// In the document, as it is.
    Document(usize, usize),
    /// Beside it, decoded.
    Beside,
}

impl Found {
    /// The text.
    pub(super) fn get<'a>(&'a self, doc: &'a [u8]) -> Option<&'a [u8]> {
        match self.place {
            Place::Nowhere => None,
            Place::Document(start, end) => doc.get(start..end),
            Place::Beside => Some(&self.text),
        }
    }
}

/// The memory of one walk.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) frames: Vec<Frame>,
    pub(super) found: Vec<Found>,
}

/// Longer texts are not kept.
const LARGEST: usize = 1 << 20;

/// More memories are not kept; documents nest no deeper in one another.
const MOST: usize = 8;

thread_local! {
    static POOL: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

/// A memory that goes back to the pool when dropped.
#[derive(Debug)]
pub(super) struct Pooled(Memory);

/// Takes a memory, with room for so many readings.
pub(super) fn memory(readings: usize) -> Pooled {
    let mut memory = POOL.with_borrow_mut(Vec::pop).unwrap_or_default();
    if memory.found.len() < readings {
        memory.found.resize_with(readings, Found::default);
    }
    memory.found.iter_mut().take(readings).for_each(|found| found.base = usize::MAX);
    Pooled(memory)
}

impl Deref for Pooled {
    type Target = Memory;

    fn deref(&self) -> &Memory {
        &self.0
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Memory {
        &mut self.0
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut memory = std::mem::take(&mut self.0);
        memory.frames.clear();
        for found in &mut memory.found {
            found.text.clear();
            found.text.shrink_to(LARGEST);
        }
        let _ = POOL.try_with(|pool| {
            if let Ok(mut pool) = pool.try_borrow_mut()
                && pool.len() < MOST
            {
                pool.push(memory);
            }
        });
    }
}
