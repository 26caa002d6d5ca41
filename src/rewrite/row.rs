//! Rows whose masks read more than their own field: a row is split whole, each mask sees the fields that it reads, and a
//! mask that reads what another makes comes after it.
//!
//! Slower than the walk of `program.rs`, which knows only the field at hand; taken only by tables that need it.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::choice::{self, Part};
use super::program::{Counter, Read, RowFault, RowProgram, RowTest, Scratch, Step};
use super::tally::Tally;
use crate::error::Fault;
use crate::mask::{Cell, Masked, Note, Surroundings};
use crate::row::copy;

/// Memory that is used again for each row.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where each field of the row stands, as written.
    fields: Vec<Range<usize>>,
    /// The original values that masks read, unescaped and in UTF-8; `None` for NULL, and for what nobody reads.
    originals: Values,
    /// The values that masks made, unescaped and in UTF-8.
    made: Values,
    /// What became of each field.
    fates: Vec<Fate>,
    /// The value at hand.
    value: Vec<u8>,
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It stays as it is written.
    Same,
    /// It becomes NULL.
    Null,
    /// It becomes what was made.
    Made,
}

/// Values by field, in one piece of memory.
#[derive(Debug, Default)]
struct Values {
    text: Vec<u8>,
    ranges: Vec<Option<Range<usize>>>,
}

impl Values {
    fn clear(&mut self, fields: usize) {
        self.text.clear();
        self.ranges.clear();
        self.ranges.resize(fields, None);
    }

    fn get(&self, field: usize) -> Option<&[u8]> {
        self.text.get(self.ranges.get(field)?.clone()?)
    }

    fn set(&mut self, field: usize, value: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(value);
        if let Some(range) = self.ranges.get_mut(field) {
            *range = Some(start..self.text.len());
        }
    }
}

/// What one mask sees of its row.
#[derive(Debug)]
struct View<'a> {
    reads: &'a [Read],
    originals: &'a Values,
    made: &'a Values,
    fates: &'a [Fate],
    counter: &'a Counter,
}

impl Surroundings for View<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        let read = self.reads.get(index)?;
        let field = read.field?;
        match self.fates.get(field) {
            Some(Fate::Null) if read.masked => None,
            Some(Fate::Made) if read.masked => self.made.get(field),
            _ => self.originals.get(field),
        }
    }

    fn note(&self, note: Note) {
        self.counter.note(note);
    }
}

/// [`RowProgram::run_part`] for such tables.
pub(super) fn run(program: &RowProgram, part: &Part<'_>, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
    let counter = Counter::default();
    let mut rows = Rows::new(program, &counter, &mut scratch.row);
    let mut start = 0;
    for line_end in memchr_iter(b'\n', part.bytes) {
        if part.most == Some(rows.tally.rows_out) {
            rows.tally.rows_in += choice::rest(part, start);
            break;
        }
        let line = part.bytes.get(start..line_end).unwrap_or_default();
        let fault = |(byte, step, fault): (usize, Option<&Step>, Fault), tally: &Tally| RowFault {
            row: tally.rows_in,
            byte: start + byte,
            column: step.map(|step| step.column.clone()),
            fault,
        };
        let returned = line.last() == Some(&b'\r');
        if returned != part.crlf {
            return Err(fault((line.len().saturating_sub(1), None, Fault::LineEnd), &rows.tally));
        }
        let row = line.get(..line.len() - usize::from(returned)).unwrap_or_default();
        let chosen = program.choice.has(part.first + rows.tally.rows_in);
        let passes = chosen && rows.row(row, out).map_err(|found| fault(found, &rows.tally))?;
        rows.tally.rows_in += 1;
        if passes {
            rows.tally.rows_out += 1;
            out.extend_from_slice(if returned { b"\r\n" } else { b"\n" });
        }
        start = line_end + 1;
    }
    let mut tally = rows.tally;
    counter.add_to(&mut tally);
    Ok(tally)
}

/// Steps in an order in which each comes after those whose values it reads. The plan has refused circles; what is left of
/// one here comes in the order of fields.
fn order(steps: &[Step]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(steps.len());
    while order.len() < steps.len() {
        let waits = |step: &Step| {
            let pending = |field: usize| steps.iter().enumerate().any(|(i, other)| other.field == field && !order.contains(&i));
            step.reads.iter().any(|read| read.masked && read.field.is_some_and(|field| field != step.field && pending(field)))
        };
        let free = |&i: &usize| !order.contains(&i);
        let next = (0..steps.len()).filter(free).find(|i| steps.get(*i).is_some_and(|step| !waits(step)));
        let Some(next) = next.or_else(|| (0..steps.len()).find(free)) else { return order };
        order.push(next);
    }
    order
}

/// The rows of one batch.
pub(super) struct Rows<'a> {
    program: &'a RowProgram,
    /// The steps of rows, in an order in which each comes after those whose values it reads.
    steps: Vec<&'a Step>,
    /// The same, of rows whose subjects are forgotten.
    erased: Vec<&'a Step>,
    /// Fields whose original values are read, ascending.
    read: Vec<usize>,
    counter: &'a Counter,
    tally: Tally,
    memory: &'a mut Memory,
}

/// What stops a row: the byte in it, the step at fault, what is wrong.
pub(super) type Stopped<'a> = (usize, Option<&'a Step>, Fault);

impl<'a> Rows<'a> {
    pub(super) fn new(program: &'a RowProgram, counter: &'a Counter, memory: &'a mut Memory) -> Rows<'a> {
        let ordered = |steps: &'a [Step]| order(steps).into_iter().filter_map(|index| steps.get(index)).collect::<Vec<_>>();
        let steps = ordered(&program.steps);
        let erased = ordered(program.choice.erase.iter().find_map(|erase| erase.steps.as_deref()).unwrap_or_default());
        let tests = program.rows.iter().chain(&program.unless).flat_map(|test| &test.reads);
        let reads = steps.iter().chain(&erased).flat_map(|step| &step.reads).chain(tests);
        let mut read: Vec<usize> = reads.filter_map(|read| read.field).chain(program.choice.reads()).collect();
        read.sort_unstable();
        read.dedup();
        Rows { program, steps, erased, read, counter, tally: Tally::default(), memory }
    }

    /// Rewrites one row, without its line end; false where the row is left out.
    fn row(&mut self, row: &[u8], out: &mut Vec<u8>) -> Result<bool, Stopped<'a>> {
        let program = self.program;
        self.split(row)?;
        self.remember(row);
        let holds = |test: &Option<RowTest>| self.holds(test.as_ref());
        if holds(&program.rows)? == Some(false) {
            return Ok(false);
        }
        if !self.is_sampled() {
            return Ok(false);
        }
        let erase =
            program.choice.erase.as_ref().filter(|erase| self.memory.originals.get(erase.field).is_some_and(|id| erase.ids.find(id)));
        if let Some(erase) = erase {
            return match erase.steps {
                None => Ok(false),
                Some(_) => self.rewrite(row, true, out).map(|()| true),
            };
        }
        if self.holds(program.unless.as_ref())? == Some(true) {
            out.extend_from_slice(row);
            return Ok(true);
        }
        self.rewrite(row, false, out).map(|()| true)
    }

    /// Looks at a row without writing it: splits it, takes down what is read, and says whether the row passes.
    pub(super) fn look(&mut self, row: &[u8]) -> Result<bool, Stopped<'a>> {
        let program = self.program;
        self.split(row)?;
        self.remember(row);
        if self.holds(program.rows.as_ref())? == Some(false) || !self.is_sampled() {
            return Ok(false);
        }
        let erase = program.choice.erase.as_ref().filter(|erase| erase.steps.is_none());
        Ok(!erase.is_some_and(|erase| self.value(erase.field).is_some_and(|id| erase.ids.find(id))))
    }

    /// Has the values of more fields taken down.
    pub(super) fn read_also(&mut self, fields: impl Iterator<Item = usize>) {
        self.read.extend(fields);
        self.read.sort_unstable();
        self.read.dedup();
    }

    /// The original value of a field that is taken down, unescaped and in UTF-8; `None` for NULL.
    pub(super) fn value(&self, field: usize) -> Option<&[u8]> {
        self.memory.originals.get(field)
    }

    /// Whether the sample takes a row, where there is one.
    fn is_sampled(&mut self) -> bool {
        let Some(sample) = &self.program.choice.sample else { return true };
        let Memory { originals, value, .. } = &mut *self.memory;
        sample.takes(sample.fields.iter().map(|field| originals.get((*field)?)), value)
    }

    /// Makes the new values and writes the row.
    fn rewrite(&mut self, row: &[u8], erased: bool, out: &mut Vec<u8>) -> Result<(), Stopped<'a>> {
        let steps = std::mem::take(if erased { &mut self.erased } else { &mut self.steps });
        let done = self.make(&steps, row, out).and_then(|()| self.write(&steps, row, out));
        *(if erased { &mut self.erased } else { &mut self.steps }) = steps;
        done
    }

    /// Takes down the values that masks and conditions read.
    fn remember(&mut self, row: &[u8]) {
        let program = self.program;
        let Memory { fields, originals, made, fates, value } = &mut *self.memory;
        originals.clear(fields.len());
        made.clear(fields.len());
        fates.clear();
        fates.resize(fields.len(), Fate::Same);
        for field in &self.read {
            let raw = fields.get(*field).and_then(|range| row.get(range.clone())).unwrap_or_default();
            if raw != copy::NULL {
                originals.set(*field, &program.decode(unescaped(raw, value)));
            }
        }
    }

    /// Whether a condition holds; `None` where there is none. What is unknown does not hold, as in SQL's WHERE.
    pub(super) fn holds(&self, test: Option<&RowTest>) -> Result<Option<bool>, Stopped<'a>> {
        let Some(test) = test else { return Ok(None) };
        let Memory { originals, made, fates, .. } = &*self.memory;
        let view = View { reads: &test.reads, originals, made, fates, counter: self.counter };
        let held = test.filter.holds(&view).map_err(|refusal| (0, None, Fault::Unreadable(refusal.expected)))?;
        Ok(Some(held == Some(true)))
    }

    /// Makes the new values.
    fn make(&mut self, steps: &[&'a Step], row: &[u8], out: &mut Vec<u8>) -> Result<(), Stopped<'a>> {
        let program = self.program;
        let Memory { fields, originals, made, fates, value } = &mut *self.memory;
        for step in steps.iter().copied() {
            let range = fields.get(step.field).cloned().unwrap_or_default();
            let raw = row.get(range.clone()).unwrap_or_default();
            let null = raw == copy::NULL;
            if (null && !step.takes_null) || (raw.is_empty() && !step.takes_empty) {
                continue;
            }
            let text = if null { &[][..] } else { unescaped(raw, value) };
            let decoded = program.decode(text);
            let view = View { reads: &step.reads, originals, made, fates, counter: self.counter };
            let cell = Cell { null, around: &view, ..Cell::new(&decoded) };
            // A row's new values stand behind what is already out until all of them are known.
            let mark = out.len();
            let fate = match step.mask.mask(cell, out) {
                Ok(Masked::Value) => Fate::Made,
                Ok(Masked::Null) => Fate::Null,
                Ok(Masked::Same) => Fate::Same,
                Err(refusal) => {
                    return Err((range.start, Some(step), Fault::Refused { mask: step.mask_name, expected: refusal.expected }));
                }
            };
            if fate == Fate::Made {
                made.set(step.field, out.get(mark..).unwrap_or_default());
            }
            out.truncate(mark);
            if let Some(known) = fates.get_mut(step.field) {
                *known = fate;
            }
            self.tally.masked += u64::from(fate != Fate::Same);
        }
        Ok(())
    }

    fn split(&mut self, row: &[u8]) -> Result<(), Stopped<'a>> {
        let fields = &mut self.memory.fields;
        fields.clear();
        let mut start = 0;
        for end in memchr_iter(b'\t', row).chain(std::iter::once(row.len())) {
            let field = row.get(start..end).unwrap_or_default();
            if field.last() == Some(&b'\\') && copy::is_escaped(field, field.len()) {
                return Err((start, None, Fault::TrailingBackslash));
            }
            fields.push(start..end);
            start = end + 1;
        }
        let (expected, found) = (self.program.fields, fields.len());
        if expected == found { Ok(()) } else { Err((0, None, Fault::FieldCount { expected, found })) }
    }

    fn write(&self, steps: &[&'a Step], row: &[u8], out: &mut Vec<u8>) -> Result<(), Stopped<'a>> {
        let Memory { fields, made, fates, .. } = &*self.memory;
        for (index, (range, fate)) in fields.iter().zip(fates).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            match fate {
                Fate::Same => out.extend_from_slice(row.get(range.clone()).unwrap_or_default()),
                Fate::Null => out.extend_from_slice(copy::NULL),
                Fate::Made => {
                    let mark = out.len();
                    out.extend_from_slice(made.get(index).unwrap_or_default());
                    let step = steps.iter().copied().find(|step| step.field == index);
                    self.program.finish(out, mark).map_err(|fault| (range.start, step, fault))?;
                }
            }
        }
        Ok(())
    }
}

/// A value without the escapes of COPY text.
fn unescaped<'v>(raw: &'v [u8], memory: &'v mut Vec<u8>) -> &'v [u8] {
    if memchr(b'\\', raw).is_none() {
        return raw;
    }
    memory.clear();
    copy::unescape(raw, memory);
    memory
}
