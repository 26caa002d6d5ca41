//! The one vocabulary that everything after the reader speaks.
//!
//! The events of a dump, concatenated, are the dump: nothing is left out and nothing is added. There is no event for
//! "something else": what a reader does not understand is an error.

use bytes::Bytes;

use crate::encoding::Charset;
use crate::name::{Name, RelationName};

/// What a reader yields.
#[derive(Clone, Debug)]
pub enum Event {
    /// A statement that carries no data.
    Statement(Statement),
    /// A backslash command of psql.
    Meta(Meta),
    /// `COPY … FROM stdin;` up to and with the end of its line.
    CopyStart(CopyStart),
    /// Whole rows of the table whose data is being read.
    Rows(Rows),
    /// The end marker `\.` with its line end. Outside data again.
    CopyEnd(Bytes),
    /// `INSERT INTO` outside of any body: one, or several in a row that begin alike.
    Insert(Insert),
    /// What stands behind the last statement: comments and blank lines. The dump was whole.
    End(Bytes),
}

/// A backslash command of psql.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Blanks and comments before it.
    pub lead: Bytes,
    /// From its backslash to the end of its line.
    pub line: Bytes,
}

/// A statement that carries no data.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Blanks and comments before it.
    pub lead: Bytes,
    /// From its first word to its semicolon.
    pub text: Bytes,
    /// Where the text begins in the unpacked input.
    pub offset: u64,
    /// The encoding of its text.
    pub charset: Charset,
    /// The schema in which unqualified names are found, if the script has set one.
    pub search_path: Option<Name>,
    /// What its first words say it is.
    pub verb: Verb,
}

/// What the first words of a statement say it is; no more than what the stages after the reader tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// CREATE TABLE, TYPE, DOMAIN, UNIQUE INDEX, FOREIGN TABLE; ALTER TABLE, TYPE, DOMAIN, SEQUENCE: the schema wants to see it.
    Schema,
    /// A large object is created or written (`lo_create`, `lowrite`).
    LargeObject,
    /// Column statistics are restored; they hold values (`pg_restore_attribute_stats`).
    Statistics,
    /// A relation's size is restored: how many pages and rows it has (`pg_restore_relation_stats`).
    Size,
    /// It may hold values where no mask reaches (UPDATE, DELETE, MERGE, WITH, PREPARE, EXECUTE); pg_dump writes none.
    Carrier,
    /// Anything else that carries no rows.
    Plain,
}

/// The head of a table's data.
#[derive(Clone, Debug)]
pub struct CopyStart {
    /// Blanks and comments before it.
    pub lead: Bytes,
    /// From `COPY` to the end of the line.
    pub text: Bytes,
    /// Where the text begins in the unpacked input.
    pub offset: u64,
    /// The table that the statement names.
    pub relation: RelationName,
    /// The columns that it names; `None` where it names none.
    pub columns: Option<Vec<Name>>,
    /// The table's name as it is written.
    pub named: Bytes,
    /// The list of columns as it is written, parentheses included.
    pub listed: Option<Bytes>,
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
    /// Whether it has options (`WITH …`): its rows may have another form than COPY text.
    pub options: bool,
    /// The encoding of its rows.
    pub charset: Charset,
}

/// A run of whole rows, each with its line end: a shared slice of the input buffer.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The rows.
    pub bytes: Bytes,
    /// Where they begin in the unpacked input.
    pub offset: u64,
    /// Whether rows of this table end in CR LF.
    pub crlf: bool,
}

/// One `INSERT INTO`, or several that begin alike, each on a line behind the other.
#[derive(Clone, Debug)]
pub struct Insert {
    /// Blanks and comments before the first.
    pub lead: Bytes,
    /// From the first `INSERT` to the last semicolon, and to the end of its line where nothing else stands on it.
    pub text: Bytes,
    /// Where the text begins in the unpacked input.
    pub offset: u64,
    /// The table that it names.
    pub relation: RelationName,
    /// The columns that it names; `None` where it names none.
    pub columns: Option<Vec<Name>>,
    /// How long the head is that each statement begins with: to its `VALUES`.
    pub head: usize,
    /// What brings its rows.
    pub rows: InsertRows,
    /// The encoding of its text.
    pub charset: Charset,
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
}

/// What brings the rows of INSERT statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertRows {
    /// Tuples, as many as that in all statements of the event.
    Values(u64),
    /// `DEFAULT VALUES`, as many statements.
    Defaults(u64),
    /// Something else, in a single statement; the text says what, for a message: `INSERT … SELECT`.
    Other(&'static str),
}
