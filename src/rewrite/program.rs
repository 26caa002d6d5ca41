//! The row program: what is done to each row of one table, with every name already an index.
//!
//! Advice to whoever changes this: it is the inner loop. One pass finds every tab and line end of a batch; what lies
//! between two masked fields is copied in one piece, across rows too; a value is unescaped only where it holds a
//! backslash, and a mask writes straight into the output.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memchr2_iter};

use super::choice::{self, Choice, Part};
use super::filter::Filter;
use super::tally::Tally;
use crate::encoding::{Charset, holds_strays};
use crate::error::Fault;
use crate::mask::{Cell, Mask, Masked, Note, Remedy, Surroundings};
use crate::name::Name;
use crate::row::copy;

/// What is done to each row of one table.
#[derive(Debug)]
pub struct RowProgram {
    /// How many fields a row has.
    pub fields: usize,
    /// What is done to fields, by ascending field; at most one step a field.
    pub steps: Vec<Step>,
    /// Which rows pass; the others are left out.
    pub rows: Option<RowTest>,
    /// Which rows keep their values.
    pub unless: Option<RowTest>,
    /// Which of the rows that pass `rows` pass.
    pub choice: Choice,
    /// The encoding of the rows.
    pub charset: Charset,
}

/// What is done to one field of each row.
#[derive(Clone, Debug)]
pub struct Step {
    /// The field's index in the row, from 0.
    pub field: usize,
    /// The column's name, for errors.
    pub column: Name,
    /// The mask's name in the registry, for errors.
    pub mask_name: &'static str,
    /// The rewriter.
    pub mask: Arc<dyn Mask>,
    /// Whether the empty string goes through the mask too (it is kept otherwise).
    pub takes_empty: bool,
    /// Whether NULL goes through the mask too (it is kept otherwise).
    pub takes_null: bool,
    /// What the mask reads of the row, in its own order.
    pub reads: Vec<Read>,
}

/// A condition on a row.
#[derive(Clone, Debug)]
pub struct RowTest {
    /// The condition.
    pub filter: Arc<Filter>,
    /// What it reads of the row, in its own order.
    pub reads: Vec<Read>,
}

/// A field that a mask reads besides its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The field's index in the row; `None` where the rows do not have it, so that it reads as NULL.
    pub field: Option<usize>,
    /// The value that the row will have, not the one that it had.
    pub masked: bool,
}

/// A row that stops the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Rows of the batch before it.
    pub row: u64,
    /// Where in the batch the row or field begins.
    pub byte: usize,
    /// The column, where one is at fault.
    pub column: Option<Name>,
    /// What is wrong.
    pub fault: Fault,
}

/// Memory that is used again for each batch.
#[derive(Debug, Default)]
pub struct Scratch {
    value: Vec<u8>,
    /// For rows of which all fields are known before any is written.
    pub(super) row: super::row::Memory,
    /// Where the fields of a row of COPY text stand.
    pub(super) fields: Vec<std::ops::Range<usize>>,
    /// The fields of a tuple.
    pub(super) tuple: Vec<crate::row::insert::Field>,
}

impl RowProgram {
    /// Rewrites a batch of whole rows, each with its line end, and appends them to `out`.
    ///
    /// # Errors
    /// The first row that has not the right number of fields, ends in the middle of an escape or in another line end
    /// than `crlf` says, or holds a value that its mask cannot read. What was appended by then is of no use.
    pub fn run(&self, batch: &[u8], crlf: bool, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
        self.run_part(&Part::of(batch, crlf), scratch, out)
    }

    /// The same, of rows that are not the first ones of their table, and of which only so many may pass. Rows behind the
    /// last that may are counted, and not looked at.
    ///
    /// # Errors
    /// As of [`RowProgram::run`].
    pub fn run_part(&self, part: &Part<'_>, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
        let fields_alone = self.rows.is_none() && self.unless.is_none();
        if self.steps.is_empty() && fields_alone && choice::is_by_place(&self.choice) {
            return choice::by_place(&self.choice, part, out);
        }
        if !fields_alone || !self.choice.is_idle() || self.steps.iter().any(|step| step.takes_null || !step.reads.is_empty()) {
            return super::row::run(self, part, scratch, out);
        }
        self.walk(part.bytes, part.crlf, scratch, out)
    }

    /// Rows all of which pass, and whose masks know their own field alone.
    fn walk(&self, batch: &[u8], crlf: bool, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
        let mut walk = Walk { program: self, batch, crlf, copied: 0, tally: Tally::default() };
        let mut steps = self.steps.iter();
        let mut step = steps.next();
        let (mut field, mut start, mut row_start) = (0, 0, 0);
        for at in memchr2_iter(b'\t', b'\n', batch) {
            let line_end = batch.get(at) == Some(&b'\n');
            if at > start && batch.get(at - 1) == Some(&b'\\') && copy::is_escaped(batch.get(start..).unwrap_or_default(), at - start) {
                return Err(walk.fault(start, None, Fault::TrailingBackslash));
            }
            let end = if line_end { walk.row_end(at, start)? } else { at };
            if let Some(due) = step.filter(|due| due.field == field) {
                walk.field(due, start, end, scratch, out).map_err(|fault| walk.recount(fault, row_start))?;
                step = steps.next();
            }
            field += 1;
            start = at + 1;
            if line_end {
                if field != self.fields {
                    return Err(walk.fault(row_start, None, Fault::FieldCount { expected: self.fields, found: field }));
                }
                walk.tally.rows_in += 1;
                steps = self.steps.iter();
                step = steps.next();
                field = 0;
                row_start = start;
            }
        }
        out.extend_from_slice(batch.get(walk.copied..).unwrap_or_default());
        walk.tally.rows_out = walk.tally.rows_in;
        Ok(walk.tally)
    }
}

impl RowProgram {
    /// An unescaped value in UTF-8; bytes that are no text come out as [`Charset::decode`] says, so that a mask always
    /// reads text, and different values stay different.
    #[inline]
    pub(super) fn decode<'v>(&self, value: &'v [u8]) -> Cow<'v, [u8]> {
        if value.is_ascii() {
            return Cow::Borrowed(value);
        }
        match self.charset.decode(value) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    /// Makes of the new value behind `mark` (unescaped, in UTF-8) a field of COPY text in the dump's encoding.
    ///
    /// # Errors
    /// A character that the encoding has not: a mask's mistake, since it was told the encoding.
    #[inline]
    pub(super) fn finish(&self, out: &mut Vec<u8>, mark: usize) -> Result<(), Fault> {
        if let Cow::Owned(encoded) = self.encode(out.get(mark..).unwrap_or_default())? {
            out.truncate(mark);
            out.extend_from_slice(&encoded);
        }
        copy::escape_tail(out, mark);
        Ok(())
    }

    /// A new value, given in UTF-8, in the dump's encoding; borrowed where that is the same.
    ///
    /// # Errors
    /// As in [`RowProgram::finish`].
    #[inline]
    pub(super) fn encode<'v>(&self, value: &'v [u8]) -> Result<Cow<'v, [u8]>, Fault> {
        if value.is_ascii() || self.charset == Charset::Utf8 && !holds_strays(value) {
            return Ok(Cow::Borrowed(value));
        }
        let text = String::from_utf8_lossy(value);
        let encoded = self.charset.encode_kept(&text).ok_or(Fault::Unencodable)?;
        Ok(Cow::Owned(encoded.into_owned()))
    }
}

/// What the notes are that a [`Counter`] counts.
const NOTES: [Note; 4] = [Note::Invalid(Remedy::Shape), Note::Invalid(Remedy::Kept), Note::Invalid(Remedy::Null), Note::Unseeded];

/// Counts what the mask of one field notes, where it reads nothing.
#[derive(Debug, Default)]
pub(super) struct Counter {
    some: std::cell::Cell<bool>,
    counts: [std::cell::Cell<u64>; NOTES.len()],
}

impl Counter {
    #[inline]
    pub(super) fn add_to(&self, tally: &mut Tally, column: &Name) {
        if self.some.get() {
            let counts = NOTES.into_iter().zip(&self.counts).filter(|(_, count)| count.get() > 0);
            counts.for_each(|(note, count)| tally.note(column, note, count.get()));
        }
    }
}

impl Surroundings for Counter {
    fn read(&self, _: usize) -> Option<&[u8]> {
        None
    }

    fn note(&self, note: Note) {
        self.some.set(true);
        for (_, count) in NOTES.into_iter().zip(&self.counts).filter(|(known, _)| *known == note) {
            count.set(count.get() + 1);
        }
    }
}

/// A walk through one batch.
struct Walk<'a> {
    program: &'a RowProgram,
    batch: &'a [u8],
    crlf: bool,
    /// How far the batch has been copied to the output, or replaced in it.
    copied: usize,
    tally: Tally,
}

impl Walk<'_> {
    /// Where the last field of a row ends: at its LF, or at the CR before it where rows end so.
    #[inline]
    fn row_end(&self, line_end: usize, start: usize) -> Result<usize, RowFault> {
        let return_before = line_end > start && self.batch.get(line_end - 1) == Some(&b'\r');
        if return_before == self.crlf { Ok(line_end - usize::from(return_before)) } else { Err(self.fault(start, None, Fault::LineEnd)) }
    }

    /// Masks the field from `start` to `end`.
    #[inline]
    fn field(&mut self, step: &Step, start: usize, end: usize, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<(), RowFault> {
        let raw = self.batch.get(start..end).unwrap_or_default();
        if raw == copy::NULL || (raw.is_empty() && !step.takes_empty) {
            return Ok(());
        }
        out.extend_from_slice(self.batch.get(self.copied..start).unwrap_or_default());
        self.copied = end;
        let value = if memchr(b'\\', raw).is_some() {
            scratch.value.clear();
            copy::unescape(raw, &mut scratch.value);
            &scratch.value
        } else {
            raw
        };
        let mark = out.len();
        let counter = Counter::default();
        let decoded = self.program.decode(value);
        let cell = Cell { around: &counter, ..Cell::new(&decoded) };
        let masked = step.mask.mask(cell, out);
        counter.add_to(&mut self.tally, &step.column);
        match masked {
            Ok(Masked::Value) => self.program.finish(out, mark).map_err(|fault| self.fault(start, Some(step.column.clone()), fault))?,
            Ok(Masked::Null) => {
                out.truncate(mark);
                out.extend_from_slice(copy::NULL);
            }
            Ok(Masked::Same) => {
                out.truncate(mark);
                out.extend_from_slice(raw);
                return Ok(());
            }
            Err(refusal) => {
                let fault = Fault::Refused { mask: step.mask_name, expected: refusal.expected };
                return Err(self.fault(start, Some(step.column.clone()), fault));
            }
        }
        self.tally.masked += 1;
        Ok(())
    }

    /// A value that a mask cannot read may be another column's: where the row has not the fields that it should, that is what
    /// is wrong.
    #[cold]
    fn recount(&self, fault: RowFault, row_start: usize) -> RowFault {
        let rest = self.batch.get(row_start..).unwrap_or_default();
        let row = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
        let (expected, found) = (self.program.fields, 1 + memchr_iter(b'\t', row).count());
        if found == expected { fault } else { self.fault(row_start, None, Fault::FieldCount { expected, found }) }
    }

    #[cold]
    fn fault(&self, byte: usize, column: Option<Name>, fault: Fault) -> RowFault {
        RowFault { row: self.tally.rows_in, byte, column, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Refusal;
    use crate::row::naive;
    use proptest::prelude::*;

    /// Writes the value's characters backwards, refuses `refuse`, makes NULL of `null`.
    #[derive(Debug)]
    struct Backwards;

    impl Mask for Backwards {
        fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
            match cell.value {
                b"refuse" => return Err(Refusal { expected: "another word" }),
                b"null" => {
                    out.extend_from_slice(b"rubbish");
                    return Ok(Masked::Null);
                }
                value => out.extend(std::str::from_utf8(value).expect("UTF-8").chars().rev().collect::<String>().into_bytes()),
            }
            Ok(Masked::Value)
        }
    }

    /// Writes the value twice, which must be UTF-8.
    #[derive(Debug)]
    struct Twice;

    impl Mask for Twice {
        fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
            out.extend_from_slice(std::str::from_utf8(cell.value).expect("UTF-8").repeat(2).as_bytes());
            Ok(Masked::Value)
        }
    }

    /// What [`Backwards`] makes of bytes: characters where there are such, single bytes elsewhere.
    fn backwards(value: &[u8]) -> Vec<u8> {
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        for chunk in value.utf8_chunks() {
            pieces.extend(chunk.valid().chars().map(|c| c.to_string().into_bytes()));
            pieces.extend(chunk.invalid().iter().map(|byte| vec![*byte]));
        }
        pieces.reverse();
        pieces.concat()
    }

    fn program(fields: usize, masked: &[usize]) -> RowProgram {
        let steps = masked
            .iter()
            .map(|field| Step {
                field: *field,
                column: Name::new(format!("c{field}")),
                mask_name: "backwards",
                mask: Arc::new(Backwards),
                takes_empty: false,
                takes_null: false,
                reads: Vec::new(),
            })
            .collect();
        RowProgram { fields, steps, rows: None, unless: None, choice: Choice::default(), charset: Charset::Utf8 }
    }

    fn run(program: &RowProgram, batch: &[u8], crlf: bool) -> Result<(Vec<u8>, Tally), RowFault> {
        let mut out = Vec::new();
        program.run(batch, crlf, &mut Scratch::default(), &mut out).map(|tally| (out, tally))
    }

    #[test]
    fn masks_only_the_fields_that_it_should() {
        let (out, tally) = run(&program(3, &[0, 2]), b"ab\tcd\tef\n\\N\t\\N\t\nnull\tx\ta\\\\b\\tc\n", false).expect("runs");
        assert_eq!(out, b"ba\tcd\tfe\n\\N\t\\N\t\n\\N\tx\tc\\tb\\\\a\n");
        assert_eq!(tally, Tally { rows_in: 3, rows_out: 3, masked: 4, ..Tally::default() });
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        let (out, _) = run(&program(2, &[1]), b"a\tbc\r\nd\tef\r\n", true).expect("runs");
        assert_eq!(out, b"a\tcb\r\nd\tfe\r\n");
        assert_eq!(run(&program(2, &[1]), b"a\tb\r\n", false).expect_err("CR").fault, Fault::LineEnd);
        assert_eq!(run(&program(2, &[1]), b"a\tb\n", true).expect_err("no CR").fault, Fault::LineEnd);
    }

    #[test]
    fn malformed_rows_say_where() {
        let fault = run(&program(2, &[1]), b"a\tb\nc\n", false).expect_err("too few");
        assert_eq!((fault.row, fault.byte, fault.fault), (1, 4, Fault::FieldCount { expected: 2, found: 1 }));
        let fault = run(&program(2, &[0]), b"a\tb\tc\n", false).expect_err("too many");
        assert_eq!(fault.fault, Fault::FieldCount { expected: 2, found: 3 });
        let fault = run(&program(2, &[1]), b"a\tb\nc\trefuse\td\n", false).expect_err("another column's value");
        assert_eq!((fault.row, fault.byte, fault.column, fault.fault), (1, 4, None, Fault::FieldCount { expected: 2, found: 3 }));
        for row in [&b"a\\\tb\tc\n"[..], b"a\tb\\\n", b"a\\\\\\\tb\n"] {
            assert_eq!(run(&program(2, &[0]), row, false).expect_err("escape").fault, Fault::TrailingBackslash);
        }
        let fault = run(&program(2, &[1]), b"a\tb\nc\trefuse\n", false).expect_err("refused");
        assert_eq!((fault.row, fault.byte, fault.column), (1, 6, Some(Name::new("c1"))));
    }

    #[test]
    fn a_mask_reads_unicode_whatever_the_encoding() {
        let mut latin = program(1, &[0]);
        latin.charset = Charset::Latin1;
        latin.steps[0].mask = Arc::new(Twice);
        let (out, _) = run(&latin, b"\xe9\n", false).expect("runs");
        assert_eq!(out, b"\xe9\xe9\n");
        for charset in [Charset::Utf8, Charset::SqlAscii] {
            latin.charset = charset;
            let (out, _) = run(&latin, b"\xe9 \xc3\xa9\n", false).expect("runs");
            assert_eq!(out, b"\xe9 \xc3\xa9\xe9 \xc3\xa9\n", "what a mask keeps of stray bytes stays");
        }
    }

    proptest! {
        #[test]
        fn equals_the_naive_version(
            rows in proptest::collection::vec(proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 4), 0..20),
            masked in proptest::sample::subsequence(vec![0usize, 1, 2, 3], 1..4),
        ) {
            let mut batch = Vec::new();
            for row in &rows {
                for (i, value) in row.iter().enumerate() {
                    if i > 0 { batch.push(b'\t'); }
                    copy::escape(value, &mut batch);
                }
                batch.push(b'\n');
            }
            let (out, tally) = run(&program(4, &masked), &batch, false).expect("runs");
            prop_assert_eq!(tally.rows_in, rows.len() as u64);
            let (before, after) = (naive::rows(&batch), naive::rows(&out));
            prop_assert_eq!(before.len(), after.len());
            for (old, new) in before.iter().zip(&after) {
                prop_assert_eq!(new.len(), 4);
                for i in 0..4 {
                    if masked.contains(&i) && old[i] != copy::NULL && !old[i].is_empty() {
                        let expected = naive::unescape(&old[i]);
                        if expected == b"null" { continue; }
                        prop_assert_eq!(naive::unescape(&new[i]), backwards(&expected));
                    } else {
                        prop_assert_eq!(&new[i], &old[i]);
                    }
                }
            }
        }
    }
}
