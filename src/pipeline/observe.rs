//! Who watches a run, and what there is to see.

use std::time::Duration;

use crate::name::RelationName;
pub use crate::plan::TableAction;
pub use crate::plan::objects::LeftObject;
use crate::rewrite::Tally;

/// Watches a run as it goes. Called from the writing thread, once a batch: keep it short.
pub trait Observer: Send {
    /// The run has come so far.
    fn progress(&mut self, progress: &Progress<'_>);
    /// The run is over, well or not: the last call. Clears the terminal's line.
    fn finished(&mut self);
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Bytes of the input (as it came, before unpacking) that have been read.
    pub input_bytes: u64,
    /// The table whose rows are being written.
    pub table: Option<&'a RelationName>,
    /// Rows written so far, of all tables.
    pub rows: u64,
}

/// What a run did. Holds names and numbers only.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Tables in the order of the dump; a table whose data comes in several blocks stands once.
    pub tables: Vec<TableSummary>,
    /// Bytes of the unpacked input.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Columns that can hold personal data and that no rule names, where the rules ask for a warning.
    pub unlisted: Vec<(RelationName, crate::name::Name)>,
    /// What the user should know, a line each: foreign keys made NOT VALID, rules that reached partitions.
    pub remarks: Vec<String>,
    /// Objects that were left out, and why, in the order of the dump.
    pub objects: Vec<LeftObject>,
    /// How many statements of other sorts were left out: comments, owners, privileges.
    pub statements: Vec<(&'static str, u64)>,
    /// Whether a `\connect` came behind a table: there may be several tables of one name.
    pub connects_late: bool,
    /// Whether the run ended well.
    pub complete: bool,
}

/// What a run did to one table.
#[derive(Clone, Debug)]
pub struct TableSummary {
    /// The table.
    pub relation: RelationName,
    /// What was planned for it.
    pub action: TableAction,
    /// Its counts.
    pub tally: Tally,
    /// Its masked columns and their masks' names, in the order of the COPY statement.
    pub columns: Vec<(crate::name::Name, &'static str)>,
    /// The columns that its COPY or INSERT statements name; `None` where they name none.
    pub listed: Option<Vec<crate::name::Name>>,
    /// The encoding of its rows.
    pub charset: crate::encoding::Charset,
}
