//! Rows that are looked at and not rewritten: which of them pass, and some of their values.

use memchr::memchr_iter;

use super::choice::Part;
use super::program::{RowFault, RowProgram, RowTest, Scratch};
use super::row::{CopyRow, Passage, Rows, line, split};
use crate::error::Fault;

/// What is looked at in the rows of one table.
#[derive(Debug)]
pub struct Look {
    /// Which rows pass: its condition, its sample, its erasure. Its masks and its limit do not count.
    pub program: RowProgram,
    /// One more condition, which is told apart.
    pub test: Option<RowTest>,
    /// The fields whose values are read.
    pub reads: Vec<usize>,
}

/// One row, looked at.
pub struct Seen<'r, 'a> {
    rows: &'r Rows<'a>,
    /// Whether the row passes.
    pub passes: bool,
    /// Whether the condition that is told apart holds, where there is one; what is unknown does not.
    pub held: bool,
}

impl Seen<'_, '_> {
    /// The value of a field that is read, unescaped and in UTF-8; `None` for NULL.
    pub fn value(&self, field: usize) -> Option<&[u8]> {
        self.rows.value(field)
    }
}

impl Look {
    /// Looks at each row in turn, until one is refused.
    ///
    /// # Errors
    /// As of [`RowProgram::run`], and what `each` refuses.
    pub fn each(
        &self,
        part: &Part<'_>,
        scratch: &mut Scratch,
        mut each: impl FnMut(&Seen<'_, '_>) -> Result<(), Fault>,
    ) -> Result<(), RowFault> {
        let mut rows = Rows::new(&self.program, &mut scratch.row);
        let tested = self.test.iter().flat_map(|test| &test.reads).filter_map(|read| read.field);
        rows.read_also(self.reads.iter().copied().chain(tested));
        let fields = &mut scratch.fields;
        let mut start = 0;
        for end in memchr_iter(b'\n', part.bytes) {
            let text = line(part, start, end).map_err(|stop| rows.fault(start, stop))?;
            split(text, self.program.fields, fields).map_err(|stop| rows.fault(start, stop))?;
            let passes = rows.look(&CopyRow { text, fields }).map_err(|stop| rows.fault(start, stop))?;
            let held = passes && rows.holds(self.test.as_ref()).map_err(|stop| rows.fault(start, stop))?.unwrap_or(true);
            each(&Seen { rows: &rows, passes, held }).map_err(|found| rows.fault(start, (0, None, found)))?;
            rows.count(Passage::Kept);
            start = end + 1;
        }
        Ok(())
    }
}
