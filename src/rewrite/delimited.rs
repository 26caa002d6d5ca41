//! Rows of a COPY stream that are no COPY text as pg_dump writes it: CSV, or text with another delimiter or null string.

use std::ops::Range;

use super::choice::Part;
use super::program::{RowFault, RowProgram, Scratch};
use super::row::{Fate, Fields, Passage, Rows, Stop};
use super::tally::Tally;
use crate::error::Fault;
use crate::row::Value;
use crate::row::layout::Layout;

impl RowProgram {
    /// Rewrites whole rows, each with its line end, and appends them to `out`; what no mask changes stays as it is written.
    /// Rows behind the last that may pass are counted, and not looked at.
    ///
    /// # Errors
    /// As of [`RowProgram::run`].
    pub fn run_delimited(&self, part: &Part<'_>, layout: &Layout, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
        let mut rows = Rows::new(self, &mut scratch.row);
        let fields = &mut scratch.fields;
        let mut start = 0;
        while let Some(length) = part.bytes.get(start..).and_then(|rest| layout.line_end(rest)) {
            if part.most == Some(rows.rows_out()) {
                rows.skip(layout.count(part.bytes.get(start..).unwrap_or_default()));
                break;
            }
            let end = start + length;
            let passage = row(&mut rows, part, layout, start..end, fields, out).map_err(|stop| rows.fault(start, stop))?;
            rows.count(passage);
            start = end + 1;
        }
        Ok(rows.into_tally())
    }
}

/// Rewrites the row that stands in `range`, its LF behind it.
fn row<'a>(
    rows: &mut Rows<'a>,
    part: &Part<'_>,
    layout: &Layout,
    range: Range<usize>,
    fields: &mut Vec<Range<usize>>,
    out: &mut Vec<u8>,
) -> Result<Passage, Stop<'a>> {
    let text = super::row::line(part, range.start, range.end)?;
    layout.split(text, fields).map_err(|start| (start, None, Fault::TrailingBackslash))?;
    let (expected, found) = (rows.program.fields, fields.len());
    if expected != found {
        return Err((0, None, Fault::FieldCount { expected, found }));
    }
    let row = Row { text, fields, layout };
    let passage = rows.pass(&row, out)?;
    match passage {
        Passage::LeftOut(_) => return Ok(passage),
        Passage::Kept => out.extend_from_slice(text),
        Passage::Masked => row.write(rows, out)?,
    }
    out.extend_from_slice(if part.crlf { b"\r\n" } else { b"\n" });
    Ok(passage)
}

/// A row that has been split.
struct Row<'a> {
    text: &'a [u8],
    fields: &'a [Range<usize>],
    layout: &'a Layout,
}

impl Row<'_> {
    fn raw(&self, field: usize) -> &[u8] {
        self.fields.get(field).and_then(|range| self.text.get(range.clone())).unwrap_or_default()
    }

    fn write<'p>(&self, rows: &Rows<'p>, out: &mut Vec<u8>) -> Result<(), Stop<'p>> {
        let single = self.fields.len() == 1;
        for (index, fate) in rows.fates().iter().enumerate() {
            if index > 0 {
                out.push(self.layout.delimiter());
            }
            match fate {
                Fate::Same => out.extend_from_slice(self.raw(index)),
                Fate::Null => out.extend_from_slice(self.layout.null()),
                Fate::Made => {
                    let value = rows.program.encode(rows.made(index)).map_err(|fault| (self.start(index), rows.step(index), fault))?;
                    self.layout.write(&value, self.raw(index), single, out);
                }
            }
        }
        Ok(())
    }
}

impl Fields for Row<'_> {
    fn count(&self) -> usize {
        self.fields.len()
    }

    fn value<'v>(&'v self, field: usize, memory: &'v mut Vec<u8>) -> Value<'v> {
        self.layout.value(self.raw(field), memory)
    }

    fn start(&self, field: usize) -> usize {
        self.fields.get(field).map_or(0, |range| range.start)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Choice, Step};
    use super::*;
    use crate::encoding::Charset;
    use crate::mask::{Cell, Mask, Masked, Refusal};
    use crate::name::Name;
    use crate::row::copy;
    use crate::row::csv::Csv;
    use proptest::prelude::*;

    /// Makes NULL of `null`, keeps `same`, refuses `refuse`, and writes anything else backwards with a quote before it.
    #[derive(Debug)]
    struct Odd;

    impl Mask for Odd {
        fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
            match cell.value {
                b"refuse" => return Err(Refusal { expected: "another word" }),
                b"null" => return Ok(Masked::Null),
                b"same" => return Ok(Masked::Same),
                value => {
                    out.push(b'"');
                    out.extend(String::from_utf8_lossy(value).chars().rev().collect::<String>().into_bytes());
                }
            }
            Ok(Masked::Value)
        }
    }

    fn program(fields: usize, masked: &[usize], takes_null: bool) -> RowProgram {
        let step = |field: &usize| Step {
            field: *field,
            column: Name::new(format!("c{field}")),
            mask_name: "odd",
            mask: Arc::new(Odd),
            takes_empty: takes_null,
            takes_null,
            reads: Vec::new(),
        };
        let steps = masked.iter().map(step).collect();
        RowProgram { fields, steps, rows: None, unless: None, choice: Choice::default(), charset: Charset::Utf8 }
    }

    fn run(program: &RowProgram, part: &Part<'_>) -> Result<(String, Tally), RowFault> {
        let mut out = Vec::new();
        let tally = program.run_delimited(part, &Layout::Csv(Csv::default()), &mut Scratch::default(), &mut out)?;
        Ok((String::from_utf8(out).expect("UTF-8"), tally))
    }

    #[test]
    fn what_is_not_masked_keeps_its_quotes() {
        let text = b"1,\"a\",\"x\"\n2,same,\"y\nz\"\n\"3\",,x\n4,\"\",\n5,null,\"\"\n";
        let (out, tally) = run(&program(3, &[1], false), &Part::of(text, false)).expect("runs");
        assert_eq!(out, "1,\"\"\"a\",\"x\"\n2,same,\"y\nz\"\n\"3\",,x\n4,\"\",\n5,,\"\"\n");
        assert_eq!((tally.rows_in, tally.rows_out, tally.masked), (5, 5, 2));
    }

    #[test]
    fn bad_rows_say_where() {
        let text = b"1,\"a\nb\"\n2\n";
        let fault = run(&program(2, &[1], false), &Part::of(text, false)).expect_err("too few");
        assert_eq!((fault.row, fault.byte, fault.fault), (1, 8, Fault::FieldCount { expected: 2, found: 1 }));
        let fault = run(&program(2, &[1], false), &Part::of(b"1,refuse\r\n", true)).expect_err("refused");
        assert_eq!((fault.row, fault.byte, fault.column), (0, 2, Some(Name::new("c1"))));
        assert_eq!(run(&program(2, &[1], false), &Part::of(b"1,a\r\n", false)).expect_err("CR").fault, Fault::LineEnd);
    }

    #[test]
    fn a_limit_counts_the_rest() {
        let part = Part { most: Some(1), ..Part::of(b"1,\"a\nb\"\n2,b\n3,\"\n\"\n", false) };
        let (out, tally) = run(&program(2, &[], false), &part).expect("runs");
        assert_eq!((out.as_str(), tally.rows_in, tally.rows_out), ("1,\"a\nb\"\n", 3, 1));
    }

    proptest! {
        #[test]
        fn equals_what_copy_text_gives(
            rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of("[a,\"\n\r\\\\\t.]{0,6}"), 3), 1..10),
            masked in proptest::sample::subsequence(vec![0usize, 1, 2], 0..3),
            takes_null: bool,
        ) {
            let csv = Csv::default();
            let (mut text, mut comma) = (Vec::new(), Vec::new());
            for row in &rows {
                for (index, value) in row.iter().enumerate() {
                    if index > 0 {
                        text.push(b'\t');
                        comma.push(b',');
                    }
                    match value {
                        None => text.extend_from_slice(copy::NULL),
                        Some(value) => {
                            copy::escape(value.as_bytes(), &mut text);
                            csv.write(value.as_bytes(), false, false, &mut comma);
                        }
                    }
                }
                text.push(b'\n');
                comma.push(b'\n');
            }
            let program = program(3, &masked, takes_null);
            let mut copied = Vec::new();
            let expected = program.run(&text, false, &mut Scratch::default(), &mut copied).expect("runs");
            let (out, tally) = run(&program, &Part::of(&comma, false)).expect("runs");
            prop_assert_eq!(tally, expected);
            let (mut rest, mut fields) = (out.as_bytes(), Vec::new());
            for line in copied.split(|byte| *byte == b'\n').take(rows.len()) {
                let end = csv.line_end(rest).expect("a row");
                csv.split(&rest[..end], &mut fields);
                for (raw, range) in line.split(|byte| *byte == b'\t').zip(&fields) {
                    let value = if raw == copy::NULL { None } else { Some(crate::row::naive::unescape(raw)) };
                    let found = match csv.value(&rest[range.clone()], &mut Vec::new()) {
                        Value::Text(text) => Some(text.to_vec()),
                        _ => None,
                    };
                    prop_assert_eq!(found, value);
                }
                rest = &rest[end + 1..];
            }
        }
    }
}
