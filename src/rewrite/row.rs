//! Rows of which all fields are known before any is written: each mask sees the fields that it reads, and a mask that reads
//! what another makes comes after it. In which form a row is written is the caller's affair (`Fields`): COPY text here,
//! the tuples of INSERT in `insert.rs`.
//!
//! Slower than the walk of `program.rs`, which knows only the field at hand; taken only by tables that need it.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::choice::{self, Part};
use super::program::{Counter, Read, RowFault, RowProgram, RowTest, Scratch, Step};
use super::tally::{Cause, Tally};
use crate::error::Fault;
use crate::mask::{Cell, Masked, Note, Surroundings};
use crate::row::{Value, copy};

/// A row that has been split into fields.
pub(super) trait Fields {
    /// How many fields there are.
    fn count(&self) -> usize;
    /// The value of a field, unescaped, in the encoding of the dump; `memory` is used where it does not stand there as it is.
    fn value<'v>(&'v self, field: usize, memory: &'v mut Vec<u8>) -> Value<'v>;
    /// Where a field begins.
    fn start(&self, field: usize) -> usize;
}

/// A row that stops the run: where in the row, at which step, and why.
pub(super) type Stop<'a> = (usize, Option<&'a Step>, Fault);

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It is left out, and why.
    LeftOut(Cause),
    /// It stays as it is written.
    Kept,
    /// The fates of its fields are known.
    Masked,
}

/// Memory that is used again for each row.
#[derive(Debug, Default)]
pub(super) struct Memory {
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
pub(super) enum Fate {
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
    let mut rows = Rows::new(program, &mut scratch.row);
    let fields = &mut scratch.fields;
    let mut start = 0;
    for line_end in memchr_iter(b'\n', part.bytes) {
        if part.most == Some(rows.tally.rows_out) {
            rows.skip(choice::rest(part, start));
            break;
        }
        let text = line(part, start, line_end).map_err(|stop| rows.fault(start, stop))?;
        let mut passage = Passage::LeftOut(Cause::Subset);
        if program.choice.has(part.first + rows.tally.rows_in) {
            split(text, program.fields, fields).map_err(|stop| rows.fault(start, stop))?;
            let row = CopyRow { text, fields };
            passage = rows.pass(&row, out).map_err(|stop| rows.fault(start, stop))?;
            match passage {
                Passage::LeftOut(_) => {}
                Passage::Kept => out.extend_from_slice(text),
                Passage::Masked => row.write(&rows, out).map_err(|stop| rows.fault(start, stop))?,
            }
        }
        rows.count(passage);
        if !matches!(passage, Passage::LeftOut(_)) {
            out.extend_from_slice(if part.crlf { b"\r\n" } else { b"\n" });
        }
        start = line_end + 1;
    }
    Ok(rows.into_tally())
}

/// A row of COPY text without its line end, which must be the table's.
pub(super) fn line<'p, 'a>(part: &Part<'p>, start: usize, end: usize) -> Result<&'p [u8], Stop<'a>> {
    let line = part.bytes.get(start..end).unwrap_or_default();
    let returned = line.last() == Some(&b'\r');
    if returned != part.crlf {
        return Err((line.len().saturating_sub(1), None, Fault::LineEnd));
    }
    Ok(line.get(..line.len() - usize::from(returned)).unwrap_or_default())
}

/// A row of COPY text, without its line end.
pub(super) struct CopyRow<'a> {
    pub(super) text: &'a [u8],
    pub(super) fields: &'a [Range<usize>],
}

impl CopyRow<'_> {
    fn raw(&self, field: usize) -> &[u8] {
        self.fields.get(field).and_then(|range| self.text.get(range.clone())).unwrap_or_default()
    }

    fn write<'p>(&self, rows: &Rows<'p>, out: &mut Vec<u8>) -> Result<(), Stop<'p>> {
        for (index, fate) in rows.fates().iter().enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            match fate {
                Fate::Same => out.extend_from_slice(self.raw(index)),
                Fate::Null => out.extend_from_slice(copy::NULL),
                Fate::Made => {
                    let mark = out.len();
                    out.extend_from_slice(rows.made(index));
                    rows.program.finish(out, mark).map_err(|fault| (self.start(index), rows.step(index), fault))?;
                }
            }
        }
        Ok(())
    }
}

impl Fields for CopyRow<'_> {
    fn count(&self) -> usize {
        self.fields.len()
    }

    fn value<'v>(&'v self, field: usize, memory: &'v mut Vec<u8>) -> Value<'v> {
        match self.raw(field) {
            raw if raw == copy::NULL => Value::Null,
            raw if memchr(b'\\', raw).is_none() => Value::Text(raw),
            raw => {
                memory.clear();
                copy::unescape(raw, memory);
                Value::Text(memory)
            }
        }
    }

    fn start(&self, field: usize) -> usize {
        self.fields.get(field).map_or(0, |range| range.start)
    }
}

/// Finds the fields of a row of COPY text.
pub(super) fn split<'a>(row: &[u8], expected: usize, fields: &mut Vec<Range<usize>>) -> Result<(), Stop<'a>> {
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
    let found = fields.len();
    if expected == found { Ok(()) } else { Err((0, None, Fault::FieldCount { expected, found })) }
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
    pub(super) program: &'a RowProgram,
    /// The steps of rows, in an order in which each comes after those whose values it reads.
    steps: Vec<&'a Step>,
    /// The same, of rows whose subjects are forgotten.
    erased: Vec<&'a Step>,
    /// Whether the row at hand is such a row.
    is_erased: bool,
    /// Fields whose original values are read, ascending.
    read: Vec<usize>,
    tally: Tally,
    memory: &'a mut Memory,
}

impl<'a> Rows<'a> {
    pub(super) fn new(program: &'a RowProgram, memory: &'a mut Memory) -> Rows<'a> {
        let ordered = |steps: &'a [Step]| order(steps).into_iter().filter_map(|index| steps.get(index)).collect::<Vec<_>>();
        let steps = ordered(&program.steps);
        let erased = ordered(program.choice.erase.iter().find_map(|erase| erase.steps.as_deref()).unwrap_or_default());
        let tests = program.rows.iter().chain(&program.unless).flat_map(|test| &test.reads);
        let reads = steps.iter().chain(&erased).flat_map(|step| &step.reads).chain(tests);
        let mut read: Vec<usize> = reads.filter_map(|read| read.field).chain(program.choice.reads()).collect();
        read.sort_unstable();
        read.dedup();
        Rows { program, steps, erased, is_erased: false, read, tally: Tally::default(), memory }
    }

    /// Says what becomes of a row. `out` is used as memory, and is afterwards as it was.
    pub(super) fn pass(&mut self, row: &impl Fields, out: &mut Vec<u8>) -> Result<Passage, Stop<'a>> {
        let program = self.program;
        self.remember(row)?;
        if self.holds(program.rows.as_ref())? == Some(false) {
            return Ok(Passage::LeftOut(Cause::Condition));
        }
        if !self.is_sampled() {
            return Ok(Passage::LeftOut(Cause::Sample));
        }
        let erase = program.choice.erase.as_ref().filter(|erase| self.value(erase.field).is_some_and(|id| erase.ids.find(id)));
        self.is_erased = erase.is_some();
        if erase.is_some_and(|erase| erase.steps.is_none()) {
            return Ok(Passage::LeftOut(Cause::Erase));
        }
        if !self.is_erased && self.holds(program.unless.as_ref())? == Some(true) {
            return Ok(Passage::Kept);
        }
        self.make(row, out).map(|()| Passage::Masked)
    }

    /// Looks at a row without changing it: takes down what is read, and says whether the row passes.
    pub(super) fn look(&mut self, row: &impl Fields) -> Result<bool, Stop<'a>> {
        let program = self.program;
        self.remember(row)?;
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

    /// Counts a row that is done.
    pub(super) fn count(&mut self, passage: Passage) {
        self.tally.rows_in += 1;
        match passage {
            Passage::LeftOut(cause) => self.tally.causes.add(cause, 1),
            Passage::Kept | Passage::Masked => self.tally.rows_out += 1,
        }
    }

    /// How many rows have passed.
    pub(super) fn rows_out(&self) -> u64 {
        self.tally.rows_out
    }

    /// Counts rows behind the last that may pass, which are not looked at.
    pub(super) fn skip(&mut self, rows: u64) {
        self.tally += &Tally::left_out(Cause::Limit, rows);
    }

    /// What became of each field, for [`Passage::Masked`].
    pub(super) fn fates(&self) -> &[Fate] {
        &self.memory.fates
    }

    /// The value that a mask made, unescaped and in UTF-8.
    pub(super) fn made(&self, field: usize) -> &[u8] {
        self.memory.made.get(field).unwrap_or_default()
    }

    /// The step that is done to a field.
    pub(super) fn step(&self, field: usize) -> Option<&'a Step> {
        let steps = if self.is_erased { &self.erased } else { &self.steps };
        steps.iter().copied().find(|step| step.field == field)
    }

    /// Where in the batch the row at hand stops the run.
    #[cold]
    pub(super) fn fault(&self, row_start: usize, (byte, step, fault): Stop<'_>) -> RowFault {
        RowFault { row: self.tally.rows_in, byte: row_start + byte, column: step.map(|step| step.column.clone()), fault }
    }

    pub(super) fn into_tally(self) -> Tally {
        self.tally
    }

    /// Takes down the values that masks and conditions read.
    fn remember(&mut self, row: &impl Fields) -> Result<(), Stop<'a>> {
        let program = self.program;
        let Memory { originals, made, fates, value } = &mut *self.memory;
        originals.clear(row.count());
        made.clear(row.count());
        fates.clear();
        fates.resize(row.count(), Fate::Same);
        for field in &self.read {
            match row.value(*field, value) {
                Value::Null => {}
                Value::Text(text) => originals.set(*field, &program.decode(text)),
                Value::Default => return Err((row.start(*field), None, Fault::UnknownDefault)),
            }
        }
        Ok(())
    }

    /// Whether a condition holds; `None` where there is none. What is unknown does not hold, as in SQL's WHERE.
    pub(super) fn holds(&self, test: Option<&RowTest>) -> Result<Option<bool>, Stop<'a>> {
        let Some(test) = test else { return Ok(None) };
        let Memory { originals, made, fates, .. } = &*self.memory;
        // A condition notes nothing.
        let counter = Counter::default();
        let view = View { reads: &test.reads, originals, made, fates, counter: &counter };
        let held = test.filter.holds(&view).map_err(|refusal| (0, None, Fault::Unreadable(refusal.expected)))?;
        Ok(Some(held == Some(true)))
    }

    /// Makes the new values.
    fn make(&mut self, row: &impl Fields, out: &mut Vec<u8>) -> Result<(), Stop<'a>> {
        let program = self.program;
        let Memory { originals, made, fates, value } = &mut *self.memory;
        for step in if self.is_erased { &self.erased } else { &self.steps }.iter().copied() {
            let text = match row.value(step.field, value) {
                Value::Null if step.takes_null => None,
                Value::Text(text) if !text.is_empty() || step.takes_empty => Some(text),
                Value::Null | Value::Text(_) | Value::Default => continue,
            };
            let decoded = program.decode(text.unwrap_or_default());
            let counter = Counter::default();
            let view = View { reads: &step.reads, originals, made, fates, counter: &counter };
            let cell = Cell { null: text.is_none(), around: &view, ..Cell::new(&decoded) };
            // A row's new values stand behind what is already out until all of them are known.
            let mark = out.len();
            let masked = step.mask.mask(cell, out);
            counter.add_to(&mut self.tally, &step.column);
            let fate = match masked {
                Ok(Masked::Value) => Fate::Made,
                Ok(Masked::Null) => Fate::Null,
                Ok(Masked::Same) => Fate::Same,
                Err(refusal) => {
                    let fault = Fault::Refused { mask: step.mask_name, expected: refusal.expected };
                    return Err((row.start(step.field), Some(step), fault));
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
}
