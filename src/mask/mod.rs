//! Value rewriters: the trait and nothing else. One family a file, one line each in the [`registry`].
//!
//! A mask sees one value at a time: the bytes of the unescaped value in, in UTF-8 or (where the dump's encoding is
//! another one and the value is not ASCII) decoded to it; the bytes of the new value out, unescaped, in the dump's
//! encoding. It allocates nothing per value and keeps nothing between values, so that rows may be rewritten in any
//! order and on any thread.
//!
//! NULL never reaches a mask, and neither does the empty string unless the mask says that it wants it
//! ([`Bound::takes_empty`]).

use std::fmt;

pub mod contact;
pub mod date;
pub mod fit;
pub mod fixed;
pub mod key;
pub mod network;
pub mod options;
mod padded;
pub mod person;
pub mod pseudonym;
pub mod registry;
#[cfg(test)]
mod tests;
pub mod words;

/// One value on its way through a mask.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The unescaped value.
    pub value: &'a [u8],
    /// What the pseudonym is derived from: the value itself, unless a rule names another source.
    pub seed: &'a [u8],
}

impl<'a> Cell<'a> {
    /// A value that is its own seed.
    pub fn new(value: &'a [u8]) -> Cell<'a> {
        Cell { value, seed: value }
    }
}

/// What a mask made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masked {
    /// The new value was appended to the output.
    Value,
    /// The new value is NULL; nothing was appended.
    Null,
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
    /// Equal for two columns exactly when equal values become equal pseudonyms in both: name, domain, options that
    /// matter, limits that change the output.
    pub fingerprint: String,
}
