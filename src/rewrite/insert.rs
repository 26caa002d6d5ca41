//! Rows that come as INSERT: the row program run over the tuples of whole statements.
//!
//! What lies between two changed literals is copied as it stands. A tuple that is left out goes with the comma before it,
//! a statement that loses all its tuples with its line.

use super::program::{RowFault, RowProgram, Scratch};
use super::row::{Fate, Fields, Passage, Rows, Stop};
use super::tally::Tally;
use crate::error::Fault;
use crate::row::Value;
use crate::row::insert::{self, Field};

/// A run of whole INSERT statements of one table. Blanks may stand between them, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The statements, each with its line end, if it stands on a line of its own.
    pub text: &'a [u8],
    /// How long the head is that each of them begins with, from INSERT to VALUES.
    pub head: usize,
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
}

impl RowProgram {
    /// Rewrites a run of INSERT statements and appends it to `out`. Masks see what they would see in COPY text, and what
    /// they make stands in the same kind of literal.
    ///
    /// # Errors
    /// The first row that has not the right number of fields, holds something else than literals, or holds a value that
    /// its mask cannot read. What was appended by then is of no use.
    pub fn run_inserts(&self, run: Run<'_>, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
        let Scratch { row, tuple, .. } = scratch;
        let mut walk = Walk { run, rows: Rows::new(self, row), fields: tuple, at: 0 };
        while walk.at < run.text.len() {
            walk.statement(out)?;
        }
        Ok(walk.rows.into_tally())
    }
}

/// A walk through a run.
struct Walk<'a> {
    run: Run<'a>,
    rows: Rows<'a>,
    fields: &'a mut Vec<Field>,
    at: usize,
}

/// A tuple of the run; places are those of the run.
struct Tuple<'a> {
    text: &'a [u8],
    fields: &'a [Field],
    start: usize,
    end: usize,
}

impl Walk<'_> {
    /// Rewrites the statement at hand and goes behind it.
    fn statement(&mut self, out: &mut Vec<u8>) -> Result<(), RowFault> {
        let text = self.run.text;
        let begin = self.at;
        let mut between = begin;
        let mut start = insert::skip_blanks(text, begin + self.run.head);
        // What stands before the first tuple belongs before whichever is the first to stay.
        let head = begin..start;
        let mut kept = false;
        loop {
            let end = insert::tuple(text, start, self.run.backslashes, self.fields).map_err(|found| self.no_literal(found.0))?;
            let tuple = Tuple { text, fields: self.fields, start, end };
            if tuple.count() != self.rows.program.fields {
                let fault = Fault::FieldCount { expected: self.rows.program.fields, found: tuple.count() };
                return Err(self.rows.fault(0, (start, None, fault)));
            }
            let passage = self.rows.pass(&tuple, out).map_err(|stop| self.rows.fault(0, stop))?;
            if !matches!(passage, Passage::LeftOut(_)) {
                out.extend_from_slice(text.get(if kept { between..start } else { head.clone() }).unwrap_or_default());
                kept = true;
                match passage {
                    Passage::Masked => tuple.write(&self.rows, self.run.backslashes, out).map_err(|stop| self.rows.fault(0, stop))?,
                    Passage::Kept | Passage::LeftOut(_) => out.extend_from_slice(text.get(start..end).unwrap_or_default()),
                }
            }
            self.rows.count(passage);
            between = end;
            let next = insert::skip_blanks(text, end);
            if text.get(next) != Some(&b',') {
                break;
            }
            start = insert::skip_blanks(text, next + 1);
        }
        let end = self.tail(between)?;
        if kept {
            out.extend_from_slice(text.get(between..end).unwrap_or_default());
        }
        self.at = end;
        Ok(())
    }

    /// Where the statement's line ends, behind its last tuple: no semicolon is in a tail that the reader lets pass but
    /// the one that ends it (`ON CONFLICT DO NOTHING;`).
    fn tail(&self, from: usize) -> Result<usize, RowFault> {
        let text = self.run.text;
        let rest = text.get(from..).unwrap_or_default();
        let Some(length) = memchr::memchr(b';', rest) else { return Err(self.no_literal(from)) };
        let end = from + length + 1;
        let mut next = end;
        while let Some(b' ' | b'\t' | b'\r') = text.get(next) {
            next += 1;
        }
        Ok(match text.get(next) {
            Some(b'\n') => next + 1,
            _ => end,
        })
    }

    #[cold]
    fn no_literal(&self, byte: usize) -> RowFault {
        self.rows.fault(0, (byte, None, Fault::NoLiteral))
    }
}

impl Tuple<'_> {
    fn write<'p>(&self, rows: &Rows<'p>, backslashes: bool, out: &mut Vec<u8>) -> Result<(), Stop<'p>> {
        let mut copied = self.start;
        for (index, (field, fate)) in self.fields.iter().zip(rows.fates()).enumerate() {
            if *fate == Fate::Same {
                continue;
            }
            out.extend_from_slice(self.text.get(copied..field.start).unwrap_or_default());
            copied = field.end;
            if *fate == Fate::Null {
                out.extend_from_slice(b"NULL");
                continue;
            }
            let value = rows.program.encode(rows.made(index)).map_err(|fault| (field.start, rows.step(index), fault))?;
            insert::replace(field.kind, &value, backslashes, out);
        }
        out.extend_from_slice(self.text.get(copied..self.end).unwrap_or_default());
        Ok(())
    }
}

impl Fields for Tuple<'_> {
    fn count(&self) -> usize {
        self.fields.len()
    }

    fn value<'v>(&'v self, field: usize, memory: &'v mut Vec<u8>) -> Value<'v> {
        self.fields.get(field).map_or(Value::Default, |field| field.value(self.text, memory))
    }

    fn start(&self, field: usize) -> usize {
        self.fields.get(field).map_or(self.start, |field| field.start)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::encoding::Charset;
    use crate::mask::{Cell, Mask, Masked, Refusal};
    use crate::name::Name;
    use crate::rewrite::Step;
    use crate::row::{copy, naive};
    use proptest::prelude::*;

    /// Writes the value backwards, refuses `refuse`, makes NULL of `null`, keeps `same`.
    #[derive(Debug)]
    struct Backwards;

    impl Mask for Backwards {
        fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
            match cell.value {
                b"refuse" => return Err(Refusal { expected: "another word" }),
                b"null" => return Ok(Masked::Null),
                b"same" => return Ok(Masked::Same),
                value => out.extend(value.iter().rev()),
            }
            Ok(Masked::Value)
        }
    }

    fn program(fields: usize, masked: &[usize], takes_null: bool) -> RowProgram {
        let step = |field: &usize| Step {
            field: *field,
            column: Name::new(format!("c{field}")),
            mask_name: "backwards",
            mask: Arc::new(Backwards),
            takes_empty: false,
            takes_null,
            reads: Vec::new(),
        };
        RowProgram {
            fields,
            steps: masked.iter().map(step).collect(),
            rows: None,
            unless: None,
            choice: crate::rewrite::Choice::default(),
            charset: Charset::Utf8,
        }
    }

    const HEAD: &str = "INSERT INTO t VALUES";

    fn run(program: &RowProgram, text: &str, backslashes: bool) -> Result<(String, Tally), RowFault> {
        let mut out = Vec::new();
        let run = Run { text: text.as_bytes(), head: HEAD.len(), backslashes };
        let tally = program.run_inserts(run, &mut Scratch::default(), &mut out)?;
        Ok((String::from_utf8(out).expect("UTF-8"), tally))
    }

    #[test]
    fn literals_keep_their_kind() {
        let text = format!(
            "{HEAD} (12, 'ab', true);\n{HEAD}\n\t( -5 ,E'c\\\\d'::text , false),\n\t(NULL, 'null', DEFAULT) ON CONFLICT DO NOTHING;\n"
        );
        let (out, tally) = run(&program(3, &[0, 1], false), &text, false).expect("runs");
        assert_eq!(
            out,
            format!(
                "{HEAD} (21, 'ba', true);\n{HEAD}\n\t( '5-' ,'d\\c'::text , false),\n\t(NULL, NULL, DEFAULT) ON CONFLICT DO NOTHING;\n"
            )
        );
        assert_eq!(tally, Tally { rows_in: 3, rows_out: 3, masked: 5, ..Tally::default() });
        let (out, _) = run(&program(1, &[0], false), &format!(r"{HEAD} ('a\\b''c');"), true).expect("runs");
        assert_eq!(out, format!(r"{HEAD} ('c''b\\a');"));
        let (out, _) = run(&program(2, &[0], false), &format!("{HEAD} ('same', 'x'),('', E'y');"), false).expect("runs");
        assert_eq!(out, format!("{HEAD} ('same', 'x'),('', E'y');"));
    }

    #[test]
    fn bad_rows_say_where() {
        let text = format!("{HEAD} (1, 'a');\n{HEAD} (2, lower('b'));\n");
        let fault = run(&program(2, &[1], false), &text, false).expect_err("a function");
        assert_eq!((fault.row, fault.byte, fault.fault), (1, text.find("lower").expect("there"), Fault::NoLiteral));
        let fault = run(&program(2, &[1], false), &format!("{HEAD} (1, 'a'), (2);"), false).expect_err("too few");
        assert_eq!((fault.row, fault.byte, fault.fault), (1, 31, Fault::FieldCount { expected: 2, found: 1 }));
        let fault = run(&program(2, &[1], false), &format!("{HEAD} (1, 'refuse');"), false).expect_err("refused");
        assert_eq!((fault.row, fault.byte, fault.column), (0, 25, Some(Name::new("c1"))));
    }

    proptest! {
        #[test]
        fn equals_what_copy_gives(
            rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of(proptest::collection::vec(1u8..127, 0..8)), 3), 1..10),
            masked in proptest::sample::subsequence(vec![0usize, 1, 2], 1..3),
            takes_null: bool,
            backslashes: bool,
            per_statement in 1usize..4,
        ) {
            let mut batch = Vec::new();
            let mut text = Vec::new();
            for (r, row) in rows.iter().enumerate() {
                text.extend_from_slice(if r % per_statement == 0 { b"INSERT INTO t VALUES (" } else { b",\n\t(" });
                for (i, value) in row.iter().enumerate() {
                    if i > 0 {
                        batch.push(b'\t');
                        text.extend_from_slice(b", ");
                    }
                    let start = batch.len();
                    match value {
                        None => batch.extend_from_slice(copy::NULL),
                        Some(value) => copy::escape(value, &mut batch),
                    }
                    insert::from_copy(&batch[start..], insert::Style::Text, backslashes, &mut Vec::new(), &mut text);
                }
                batch.push(b'\n');
                text.extend_from_slice(if (r + 1) % per_statement == 0 || r + 1 == rows.len() { b");\n" } else { b")" });
            }
            let program = program(3, &masked, takes_null);
            let mut copied = Vec::new();
            let expected = program.run(&batch, false, &mut Scratch::default(), &mut copied);
            let text = String::from_utf8(text).expect("ASCII");
            let found = run(&program, &text, backslashes);
            prop_assert_eq!(expected.is_ok(), found.is_ok());
            if let (Ok(expected), Ok((out, tally))) = (expected, found) {
                prop_assert_eq!(expected, tally);
                let mut fields = Vec::new();
                let mut at = 0;
                let mut memory = Vec::new();
                for row in naive::rows(&copied) {
                    at += out[at..].find('(').expect("a tuple");
                    at = insert::tuple(out.as_bytes(), at, backslashes, &mut fields).expect("reads");
                    for (field, raw) in fields.iter().zip(&row) {
                        let value = if raw == copy::NULL { None } else { Some(naive::unescape(raw)) };
                        let found = match field.value(out.as_bytes(), &mut memory) {
                            Value::Text(text) => Some(text.to_vec()),
                            _ => None,
                        };
                        prop_assert_eq!(found, value);
                    }
                }
            }
        }
    }
}
