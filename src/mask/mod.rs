//! Value rewriters: the trait and nothing else. One family a file or folder, one line each in the [`registry`].
//!
//! A mask sees one value at a time: the unescaped value in, in UTF-8 (decoded where the dump's encoding is another one);
//! the new value out, unescaped, in UTF-8 too, made of characters that the dump's encoding can write. What else it may
//! look at (other columns of the row, keys of the document around it) it names when it is bound ([`Bound::reads`]) and
//! gets from its [`Surroundings`]. It allocates nothing per value and keeps nothing between values, so that rows may be
//! rewritten in any order and on any thread.
//!
//! NULL reaches a mask only if it says that it wants it ([`Bound::takes_null`]), and so does the empty string
//! ([`Bound::takes_empty`]). What all masks have in common (`seed`, `unique`, `on_invalid`, …) is done once, around them,
//! in [`common`].

use std::fmt;

mod binary;
pub mod bind;
pub mod branches;
pub mod checked;
pub mod common;
pub mod contact;
mod credential;
pub mod demo;
pub mod fit;
pub mod fixed;
pub mod fold;
mod identifier;
pub mod key;
pub mod network;
pub mod number;
pub mod options;
pub mod own;
mod padded;
pub mod permutation;
pub mod person;
pub mod place;
pub mod pseudonym;
pub mod registry;
pub mod scratch;
mod structured;
pub mod template;
#[cfg(test)]
mod tests;
pub mod text;
pub mod time;
pub mod word;
pub mod words;

/// One value on its way through a mask.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The unescaped value; empty where it is NULL.
    pub value: &'a [u8],
    /// What the pseudonym is derived from: the value itself, unless a rule names another source.
    pub seed: &'a [u8],
    /// Whether the value is NULL. Only a mask with [`Bound::takes_null`] ever sees one.
    pub null: bool,
    /// 0, or how often the value was masked before because a CHECK refused the result (see [`checked`]).
    pub round: u16,
    /// What stands around the value.
    pub around: &'a dyn Surroundings,
}

impl<'a> Cell<'a> {
    /// A value that is its own seed, with nothing around it.
    pub fn new(value: &'a [u8]) -> Cell<'a> {
        Cell { value, seed: value, null: false, round: 0, around: &Nothing }
    }

    /// Whether the seed is another value than the one to be masked.
    pub fn is_seeded(self) -> bool {
        !std::ptr::eq(self.seed, self.value)
    }

    /// Another value in the same place, its own seed unless a rule named another one.
    pub fn with(self, value: &'a [u8]) -> Cell<'a> {
        let seed = if std::ptr::eq(self.seed, self.value) { value } else { self.seed };
        Cell { value, seed, null: false, ..self }
    }
}

/// What a mask may look at besides the value: the columns (or keys of a document) that it named in [`Bound::reads`].
pub trait Surroundings: fmt::Debug {
    /// The mask's own reading of that index, unescaped and in UTF-8; `None` where it is NULL or absent.
    fn read(&self, index: usize) -> Option<&[u8]>;

    /// Takes down something that the report counts.
    fn note(&self, note: Note);
}

/// Something that the report counts, besides masked values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A value that its mask could not read, and what became of it.
    Invalid(Remedy),
    /// A value whose seed was NULL or absent, so that the value itself was the seed.
    Unseeded,
}

/// What becomes of a value that its mask cannot read, by `on_invalid` or by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Other characters of the same shape take its place.
    Shape,
    /// It stays.
    Kept,
    /// It becomes NULL; inside of a document, `null`.
    Null,
}

/// No surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Surroundings for Nothing {
    fn read(&self, _: usize) -> Option<&[u8]> {
        None
    }

    fn note(&self, _: Note) {}
}

/// Something around the value that a mask reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The column's name; inside a document also `@.key` (in the object around the value) and `$.key` (from its root).
    pub of: String,
    /// The value that the row will have, not the one that it had.
    pub masked: bool,
}

/// What a mask made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masked {
    /// The new value was appended to the output.
    Value,
    /// The new value is NULL; nothing was appended.
    Null,
    /// The value stays as it is; nothing was appended.
    Same,
}

/// A value that its mask cannot read. Holds fixed texts only: see [`crate::error::Fault::Refused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the mask takes: `a date as PostgreSQL writes it`.
    pub expected: &'static str,
}

/// A value rewriter, bound to a column's type, limits and key.
pub trait Mask: Send + Sync + fmt::Debug {
    /// Appends the new value to `out` (which already holds other things, not to be touched).
    ///
    /// # Errors
    /// The value is not of the form that this mask takes. What was appended by then is discarded by the caller.
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal>;

    /// Appends the original of a pseudonym, where the mask can be undone with its key; false where it cannot (what was
    /// appended is of no use then).
    fn undo(&self, _pseudonym: &[u8], _out: &mut Vec<u8>) -> bool {
        false
    }
}

/// How a mask treats equality; decides where UNIQUE survives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Values stay as they are.
    Same,
    /// Different values stay different, and stay so when folded to lower case.
    Kept,
    /// Different values may become equal.
    Lost,
    /// Every value becomes NULL, which no UNIQUE constraint compares (unless NULLS NOT DISTINCT).
    Nulls,
    /// Values are as distinct as those of each of these readings ([`Bound::reads`]): bit n stands for the reading of index n.
    Follows(u64),
}

/// A mask that fits its column, and what the plan must know about it.
#[derive(Debug)]
pub struct Bound {
    /// The rewriter; `None` for `keep`.
    pub mask: Option<Box<dyn Mask>>,
    /// What it does to equality.
    pub distinct: Distinct,
    /// Whether the empty string goes through the mask too (it is kept otherwise).
    pub takes_empty: bool,
    /// Whether NULL goes through the mask too (it is kept otherwise).
    pub takes_null: bool,
    /// What it reads around the value; [`Surroundings::read`] counts in this order.
    pub reads: Vec<Reading>,
    /// Equal for two columns exactly when equal values become equal pseudonyms in both: name, domain, options that
    /// matter, limits that change the output.
    pub fingerprint: String,
}
