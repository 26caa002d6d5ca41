//! Which rows of a table pass besides those that its condition lets through: a sample, those of a subset, the first so
//! many, all but those of forgotten subjects.

use std::sync::Arc;

use memchr::memchr_iter;

use super::bits::Bits;
use super::ids::Ids;
use super::program::{RowFault, Step};
use super::tally::Tally;
use crate::error::Fault;
use crate::mask::key::DomainKey;

/// Which rows of a table pass. They are asked in this order: `where`, sample, subset, erase, limit.
#[derive(Debug, Default)]
pub struct Choice {
    /// A share of the rows.
    pub sample: Option<Sample>,
    /// The rows of a subset, by their place among the rows of the table.
    pub members: Option<Arc<Bits>>,
    /// Rows of forgotten subjects.
    pub erase: Option<Erase>,
    /// How many rows pass at most.
    pub limit: Option<u64>,
}

impl Choice {
    /// Whether it lets all rows pass as they are.
    pub fn is_idle(&self) -> bool {
        self.sample.is_none() && self.members.is_none() && self.erase.is_none() && self.limit.is_none()
    }

    /// The fields that it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        let sample = self.sample.iter().flat_map(|sample| sample.fields.iter().flatten().copied());
        sample.chain(self.erase.iter().map(|erase| erase.field))
    }

    /// Whether it is told by a row's place alone.
    fn is_blind(&self) -> bool {
        self.sample.is_none() && self.erase.is_none()
    }

    /// Whether the row of a place is among the members, where those are chosen.
    pub(super) fn has(&self, row: u64) -> bool {
        self.members.as_ref().is_none_or(|members| usize::try_from(row).is_ok_and(|row| members.has(row)))
    }
}

/// A share of the rows, chosen by a keyed hash of some of their values: the same rows in each run with the same secret,
/// and in each table that has the same key and values. A smaller share is a part of a larger one.
#[derive(Debug)]
pub struct Sample {
    /// The fields that choose, in the order of the rule; `None` where the rows have no such field, so that it is NULL.
    pub fields: Vec<Option<usize>>,
    /// The key of the domain.
    pub key: DomainKey,
    /// Rows pass whose hash (64 bits) is below it.
    pub below: u128,
}

impl Sample {
    /// The bound of a share, which is more than 0 and at most 1.
    pub fn below(rate: f64) -> u128 {
        // 2⁶⁴ times the share: a float of that size is exact to 2¹¹, of 2⁶⁴.
        (rate * 18_446_744_073_709_551_616.0) as u128
    }

    /// Whether a row is taken, by the values of the fields (unescaped, in UTF-8), `None` for NULL. A row of NULLs alone
    /// has no key, and is not.
    pub fn takes<'v>(&self, values: impl Iterator<Item = Option<&'v [u8]>>, memory: &mut Vec<u8>) -> bool {
        memory.clear();
        let mut known = false;
        for value in values {
            known |= value.is_some();
            // The length keeps (a, bc) and (ab, c) apart, and NULL from the empty string.
            memory.extend_from_slice(&value.map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
            memory.extend_from_slice(value.unwrap_or_default());
        }
        known && u128::from(self.key.hash(memory).high) < self.below
    }
}

/// Rows of forgotten subjects.
#[derive(Debug)]
pub struct Erase {
    /// The field that names the subject.
    pub field: usize,
    /// The subjects.
    pub ids: Arc<Ids>,
    /// What is done to the fields of such a row, by ascending field; `None` where it is left out.
    pub steps: Option<Vec<Step>>,
}

/// A part of a table's rows.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Whole rows, each with its line end.
    pub bytes: &'a [u8],
    /// Whether they end in CR LF.
    pub crlf: bool,
    /// How many rows of the table come before them.
    pub first: u64,
    /// How many of them may pass at most.
    pub most: Option<u64>,
}

impl<'a> Part<'a> {
    /// The rows of a table's begin.
    pub fn of(bytes: &'a [u8], crlf: bool) -> Part<'a> {
        Part { bytes, crlf, first: 0, most: None }
    }
}

/// The rows of a table of which nothing but their place counts: they pass as they are, or not at all.
pub(super) fn by_place(choice: &Choice, part: &Part<'_>, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
    let mut tally = Tally::default();
    // What lies before `start` is done; chosen rows from `run` on wait to be copied in one piece.
    let (mut start, mut run) = (0, 0);
    for end in memchr_iter(b'\n', part.bytes) {
        if part.most == Some(tally.rows_out) {
            break;
        }
        let returned = end > start && part.bytes.get(end - 1) == Some(&b'\r');
        if returned != part.crlf {
            return Err(RowFault { row: tally.rows_in, byte: start, column: None, fault: Fault::LineEnd });
        }
        if choice.has(part.first + tally.rows_in) {
            tally.rows_out += 1;
        } else {
            out.extend_from_slice(part.bytes.get(run..start).unwrap_or_default());
            run = end + 1;
        }
        tally.rows_in += 1;
        start = end + 1;
    }
    out.extend_from_slice(part.bytes.get(run..start).unwrap_or_default());
    tally.rows_in += rest(part, start);
    Ok(tally)
}

/// Whether [`by_place`] does for a choice, where nothing else is done to rows.
pub(super) fn is_by_place(choice: &Choice) -> bool {
    !choice.is_idle() && choice.is_blind()
}

/// How many rows stand from a byte on.
pub(super) fn rest(part: &Part<'_>, start: usize) -> u64 {
    part.bytes.get(start..).map_or(0, |rest| memchr_iter(b'\n', rest).count() as u64)
}
