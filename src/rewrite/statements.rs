//! COPY text → INSERT statements, as pg_dump would have written them (`dumpTableData_insert` in src/bin/pg_dump/pg_dump.c).
//!
//! A batch of rows becomes a batch of tuples. How many of them make a statement is only known in order, so that the heads
//! and ends of statements of several rows are the writer's affair.

use memchr::memchr_iter;

use super::program::RowFault;
use crate::error::Fault;
use crate::row::copy;
use crate::row::insert::{self, Style};

/// How the rows of one COPY block become INSERT statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statements {
    /// From `INSERT INTO` to `VALUES`; the whole statement for a table without columns.
    pub head: Vec<u8>,
    /// How each value is written; those that are not [`Style::Default`] are the fields of COPY, in order.
    pub styles: Vec<Style>,
    /// How many rows make a statement, 1 or more.
    pub rows: u64,
    /// What ends a statement, its line end included.
    pub tail: &'static [u8],
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
}

/// What stands between two tuples of a statement.
pub const BETWEEN: &[u8] = b",\n\t";

impl Statements {
    /// Appends the rows of a batch of COPY text (whole rows, each with its line end). Where a statement takes one row,
    /// these are statements; else tuples with [`BETWEEN`] between them, and `starts` gets where each begins. Gives how
    /// many rows there are.
    ///
    /// # Errors
    /// A row that has not the right number of fields, ends in the middle of an escape or in another line end than `crlf`
    /// says, or that holds a NUL.
    pub fn write(&self, batch: &[u8], crlf: bool, starts: &mut Vec<usize>, out: &mut Vec<u8>) -> Result<u64, RowFault> {
        let mut memory = Vec::new();
        let (mut start, mut row) = (0, 0);
        for line_end in memchr_iter(b'\n', batch) {
            let line = batch.get(start..line_end).unwrap_or_default();
            let fault = |fault| RowFault { row, byte: start, column: None, fault };
            let returned = line.last() == Some(&b'\r');
            if returned != crlf {
                return Err(fault(Fault::LineEnd));
            }
            let text = line.get(..line.len() - usize::from(returned)).unwrap_or_default();
            if self.styles.is_empty() {
                out.extend_from_slice(&self.head);
                if !text.is_empty() {
                    return Err(fault(Fault::FieldCount { expected: 0, found: 1 + memchr_iter(b'\t', text).count() }));
                }
            } else if self.rows == 1 {
                out.extend_from_slice(&self.head);
                out.push(b' ');
                self.tuple(text, &mut memory, out).map_err(fault)?;
                out.extend_from_slice(self.tail);
            } else {
                if !starts.is_empty() {
                    out.extend_from_slice(BETWEEN);
                }
                starts.push(out.len());
                self.tuple(text, &mut memory, out).map_err(fault)?;
            }
            start = line_end + 1;
            row += 1;
        }
        Ok(row)
    }

    /// Whether the statements of a batch are whole, so that nothing is left for the writer to put around them.
    pub fn are_whole(&self) -> bool {
        self.rows == 1 || self.styles.is_empty()
    }

    fn tuple(&self, row: &[u8], memory: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), Fault> {
        let expected = self.styles.iter().filter(|style| **style != Style::Default).count();
        let count = || Fault::FieldCount { expected, found: 1 + memchr_iter(b'\t', row).count() };
        // A table all of whose columns are generated has empty rows.
        let mut ends = memchr_iter(b'\t', row).chain((expected > 0 || !row.is_empty()).then_some(row.len()));
        let mut start = 0;
        for (index, style) in self.styles.iter().enumerate() {
            out.extend_from_slice(if index > 0 { b", " } else { b"(" });
            if *style == Style::Default {
                out.extend_from_slice(b"DEFAULT");
                continue;
            }
            let end = ends.next().ok_or_else(count)?;
            let raw = row.get(start..end).unwrap_or_default();
            if raw.last() == Some(&b'\\') && copy::is_escaped(raw, raw.len()) {
                return Err(Fault::TrailingBackslash);
            }
            let mark = out.len();
            insert::from_copy(raw, *style, self.backslashes, memory, out);
            // The server would refuse it in COPY; psql would end the line there and read on in the middle.
            if raw.contains(&b'\\') && out.get(mark..).is_some_and(|made| made.contains(&0)) {
                return Err(Fault::Nul);
            }
            start = end + 1;
        }
        out.push(b')');
        if ends.next().is_some() { Err(count()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(styles: &[Style], rows: u64) -> Statements {
        Statements { head: b"INSERT INTO t VALUES".to_vec(), styles: styles.to_vec(), rows, tail: b";\n", backslashes: false }
    }

    fn write(statements: &Statements, batch: &[u8], crlf: bool) -> Result<(String, Vec<usize>), RowFault> {
        let (mut starts, mut out) = (Vec::new(), Vec::new());
        statements.write(batch, crlf, &mut starts, &mut out)?;
        Ok((String::from_utf8(out).expect("UTF-8"), starts))
    }

    #[test]
    fn rows_become_statements() {
        let both = [Style::Number, Style::Default, Style::Text];
        let one = write(&statements(&both, 1), b"1\ta'b\n2\t\\N\n", false).expect("writes");
        assert_eq!(one.0, "INSERT INTO t VALUES (1, DEFAULT, 'a''b');\nINSERT INTO t VALUES (2, DEFAULT, NULL);\n");
        let many = write(&statements(&both, 3), b"1\ta\r\n2\tb\r\n", true).expect("writes");
        assert_eq!(many, ("(1, DEFAULT, 'a'),\n\t(2, DEFAULT, 'b')".to_owned(), vec![0, 20]));
        let mut nothing = statements(&[], 5);
        nothing.head = b"INSERT INTO t DEFAULT VALUES;\n".to_vec();
        assert_eq!(write(&nothing, b"\n\n", false).expect("writes").0, "INSERT INTO t DEFAULT VALUES;\n".repeat(2));
        let generated = write(&statements(&[Style::Default], 1), b"\n", false).expect("writes");
        assert_eq!(generated.0, "INSERT INTO t VALUES (DEFAULT);\n");
    }

    #[test]
    fn bad_rows_are_refused() {
        let both = statements(&[Style::Number, Style::Text], 1);
        for (batch, row, fault) in [
            (&b"1\ta\n2\n"[..], 1, Fault::FieldCount { expected: 2, found: 1 }),
            (b"1\ta\tb\n", 0, Fault::FieldCount { expected: 2, found: 3 }),
            (b"1\ta\\\n", 0, Fault::TrailingBackslash),
            (b"1\ta\r\n", 0, Fault::LineEnd),
            (b"1\ta\\0b\n", 0, Fault::Nul),
        ] {
            let found = write(&both, batch, false).expect_err("refused");
            assert_eq!((found.row, found.fault), (row, fault));
        }
        assert!(write(&statements(&[], 1), b"x\n", false).is_err());
    }
}
