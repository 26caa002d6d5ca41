//! What can go wrong, and where. Errors are part of the interface: each says where, what was found, what was
//! expected, and what to do.
//!
//! An error about data can only be built from names, numbers and fixed texts ([`Fault`]), so that no value of the
//! dump can reach a message. Names of tables and columns are not values.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::name::{Name, RelationName};

/// The system's own words: the crate for temporary files adds their names.
pub(crate) fn system(error: io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run stopped. Prints as `PLACE: fact, expectation; remedy`, in lower case and without a full stop.
#[derive(Debug)]
pub enum Error {
    /// The command line asks for something that cannot be. Exit status 2.
    Usage(String),
    /// What is wrong with the rules, all of it at once. Never empty. Exit status 2.
    Rules(Vec<RuleError>),
    /// The input is malformed or cut, or a mask refuses a value. Exit status 3.
    Data {
        /// Where in the dump.
        place: Place,
        /// What is wrong there.
        fault: Fault,
    },
    /// Reading or writing failed. Exit status 1.
    Io {
        /// What was being done, as in `cannot {doing}`: `write "out.sql"`.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// Something is unclassified, unmasked or unsatisfied. Exit status 4.
    Policy(String),
    /// SIGTERM or SIGINT, by its name. Exit status 1.
    Interrupted(&'static str),
    /// Another output of the same run failed, so this one is given up. `early`: before anything was written, by a mistake
    /// of usage or rules. The status is that of the other.
    Abandoned {
        /// Nothing has been written anywhere, and nothing need be said.
        early: bool,
    },
    /// Whoever read our output went away. Ends quietly, with the status of a process that SIGPIPE ended.
    ClosedPipe,
}

/// A mistake in the rules, or between the rules and the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Where the rule stands; `None` where no line of a rules file is at fault.
    pub at: Option<At>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do, where there is something: `did you mean "email"?`.
    pub help: Option<String>,
}

/// A place in a rules file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The file as the user named it, or `preset:NAME`.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
}

/// A place in a dump. What is not known is left out of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The table whose data is being read.
    pub table: Option<RelationName>,
    /// The column, where one is at fault.
    pub column: Option<Name>,
    /// The row within the table's COPY block, counted from 1.
    pub row: Option<u64>,
    /// Counted from 0: of a script in the unpacked input, of an archive that becomes a script in that script. Of one that
    /// becomes an archive: of a table in its unpacked data, of the table of contents in the archive.
    pub byte: Option<u64>,
}

/// What can be wrong with a dump. Holds names, numbers and fixed texts only, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The input holds no byte at all.
    Empty,
    /// The input is something else than a dump; `what` says what, `remedy` what to do.
    NotADump {
        /// As in `this is {what}`: `a custom archive (PGDMP 1.15)`.
        what: String,
        /// What to do with such a thing.
        remedy: &'static str,
    },
    /// A row has not as many fields as its COPY statement names columns.
    FieldCount {
        /// Columns in the COPY statement.
        expected: usize,
        /// Fields in the row.
        found: usize,
    },
    /// A field ends in a backslash that would escape the tab or line end behind it.
    TrailingBackslash,
    /// A row does not end as the table's first row does: CR LF in one, LF in the other.
    LineEnd,
    /// A row is longer than `--max-row` allows.
    RowTooLong {
        /// In bytes.
        limit: usize,
    },
    /// A statement is longer than `--max-row` allows.
    StatementTooLong {
        /// In bytes.
        limit: usize,
    },
    /// The input ends inside a table's data: no line `\.`.
    NoEndOfCopy,
    /// The input is something else than the rows of a COPY stream; `what` says what, as in `this is {what}`.
    NoRows {
        /// What it is.
        what: String,
    },
    /// A bare COPY stream ends inside a row.
    CutRow,
    /// A bare COPY stream holds nothing, where its header line was expected.
    NoHeader,
    /// A field of a COPY stream's header line, counted from 1, is not the name of the column that is expected there.
    HeaderDiffers {
        /// Which field.
        field: usize,
        /// The column; `None` where there should be no such field.
        expected: Option<Name>,
    },
    /// A bare COPY stream goes on behind its end marker.
    BehindMarker,
    /// The input ends inside a statement; the text says inside what: `a quoted string`.
    CutStatement(&'static str),
    /// The input ends without the comment that ends it; the text is what it says: `PostgreSQL database dump complete`.
    NoTrailer(&'static str),
    /// The input ends without the `\unrestrict` that belongs to its `\restrict`.
    NoUnrestrict,
    /// Something that pg_dump does not write and that cannot be followed safely.
    Unsupported(&'static str),
    /// Something of a script that an archive cannot hold.
    NoArchive {
        /// What it is.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A NUL byte, which no dump of PostgreSQL holds.
    Nul,
    /// The dump's own DDL describes a table in another way than `--schema-file`, or one that it has not.
    SchemaDiffers(RelationName),
    /// A statement whose values no mask reaches, in a dump that is masked.
    Unmasked,
    /// A statement that carries data does not parse; the text says what was expected.
    BadStatement(&'static str),
    /// The compressed input is damaged; the text names the compression.
    Damaged(&'static str),
    /// The compressed input ends before its end; the text names the compression.
    CutCompressed(&'static str),
    /// A COPY or INSERT statement names a column that the schema has not.
    UnknownColumn,
    /// An INSERT that is no list of values fills a table that a rule masks; the text says what it is: `INSERT … SELECT`.
    MaskedInsert(&'static str),
    /// An INSERT names no columns, and which values are whose is not known; the text says why.
    UnnamedColumns(&'static str),
    /// A tuple of a masked table holds something else than literals.
    NoLiteral,
    /// A mask or a condition reads a field that says DEFAULT.
    UnknownDefault,
    /// `--inserts` has to write rows of a table whose columns' types are not known.
    NoTypes,
    /// `--inserts` has to write rows in an encoding of the name given, whose characters may end in a quote or backslash.
    InsertEncoding(&'static str),
    /// Rows come without a column that the rules read.
    AbsentColumn,
    /// A COPY statement leaves out a column of a key that a subset follows.
    MissingKeyColumn,
    /// The input was not the same when it was read again.
    Changed,
    /// An INSERT fills a table of which rows are chosen by their place: a limit, or a subset.
    CountedInsert,
    /// A statement that describes the schema cannot be read.
    Ddl {
        /// The table or type that it describes, where that much is known.
        about: Option<RelationName>,
        /// What is not understood.
        what: &'static str,
    },
    /// An archive of a version that is not read.
    ArchiveVersion {
        /// 1 in every archive so far.
        major: u8,
        /// The version of the table of contents.
        minor: u8,
    },
    /// An entry of an archive is of no kind that is known.
    EntryKind {
        /// Its dump id.
        entry: Option<i32>,
        /// The kind, where it reads like one of pg_dump's: capital letters and spaces.
        kind: Option<String>,
    },
    /// An archive holds what pg_dump does not write.
    BadArchive {
        /// The dump id of the entry that it is about.
        entry: Option<i32>,
        /// What is wrong: `its section`, `a cut zlib stream`.
        what: &'static str,
        /// The number that stands there, where it is one.
        found: Option<i64>,
        /// What should stand there.
        expected: &'static str,
    },
    /// An archive ends before its end.
    CutArchive {
        /// The dump id of the entry whose part is cut.
        entry: Option<i32>,
        /// Inside what it ends: `its header`, `its data`.
        inside: &'static str,
    },
    /// The table of contents of an archive has an entry whose data is missing.
    NoData {
        /// The dump id of the entry.
        entry: i32,
        /// The file that was to hold it, in a directory or tar archive.
        file: Option<String>,
    },
    /// A file of a directory archive, or a member of a tar archive, that cannot be.
    ArchiveFile {
        /// Its name.
        file: String,
        /// What is wrong with it, as in `{file} {what}`: `belongs to no entry`.
        what: &'static str,
    },
    /// A tar file holds several dumps, by the names of its members.
    SeveralDumps {
        /// The dumps, two at least.
        members: Vec<String>,
    },
    /// A tar file holds no dump, or no member of the name that was asked for.
    NoMember {
        /// What `--member` names.
        wanted: Option<String>,
        /// What it holds.
        members: Vec<String>,
    },
    /// A part of pgveil stopped without a word: a bug.
    Internal,
    /// A condition reads a value that is none of its column's type; the text says what was expected.
    Unreadable(&'static str),
    /// A mask made a character that the dump's encoding has not: a bug.
    Unencodable,
    /// A mask cannot read a value; the text says what it expected: `a date as PostgreSQL writes it`.
    Refused {
        /// The mask's name.
        mask: &'static str,
        /// What the mask takes.
        expected: &'static str,
    },
}

impl Error {
    /// An I/O error, with what was being done: `read standard input`. A closed pipe is told apart.
    pub fn io(doing: impl Into<String>, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::BrokenPipe { Error::ClosedPipe } else { Error::Io { doing: doing.into(), source } }
    }

    /// The same for a file that the command line names: where there is none of that name, the command line is at fault.
    pub fn named(doing: impl Into<String>, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::NotFound {
            return Error::Usage(format!("cannot {}: no such file", doing.into()));
        }
        Error::io(doing, source)
    }

    /// The same for a file that is to be written in a folder.
    pub fn named_in(folder: &Path, doing: impl Into<String>, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::NotFound {
            return Error::Usage(format!("cannot {}: there is no folder {}", doing.into(), folder.display()));
        }
        Error::io(doing, source)
    }

    /// An error of reading: a fault that came through it, at `place` unless it brings its own, or one of the system.
    /// `doing` is as for [`Error::io`].
    pub fn of_read(error: io::Error, place: impl FnOnce() -> Place, doing: impl Into<String>) -> Error {
        let error = match error.downcast::<FaultIn>() {
            Ok(FaultIn { table, fault }) => return Error::Data { place: Place { table, ..Place::default() }, fault },
            Err(error) => error,
        };
        match error.downcast::<Fault>() {
            Ok(fault) => Error::Data { place: place(), fault },
            Err(source) => Error::Io { doing: doing.into(), source },
        }
    }

    /// A fault whose byte is not known.
    pub fn somewhere(fault: Fault) -> Error {
        Error::Data { place: Place::default(), fault }
    }

    /// A fault at a byte offset, outside any table.
    pub fn at_byte(byte: u64, fault: Fault) -> Error {
        Error::Data { place: Place { byte: Some(byte), ..Place::default() }, fault }
    }

    /// A bug of ours.
    pub fn internal() -> Error {
        Error::Data { place: Place::default(), fault: Fault::Internal }
    }

    /// One mistake in the rules.
    pub fn rule(at: Option<At>, message: impl Into<String>, help: Option<String>) -> Error {
        Error::Rules(vec![RuleError { at, message: message.into(), help }])
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Usage(_)
            | Error::Rules(_)
            | Error::Data { .. }
            | Error::Policy(_)
            | Error::Interrupted(_)
            | Error::Abandoned { .. }
            | Error::ClosedPipe => None,
        }
    }
}

/// A fault may travel through [`io::Error`], where it comes from a reader (a decompressor, say).
impl std::error::Error for Fault {}

/// A fault that travels through [`io::Error`] with its place: whoever reads does not know it better.
#[derive(Debug)]
pub struct FaultIn {
    /// The table in whose data it is, where that is known.
    pub table: Option<RelationName>,
    /// What is wrong.
    pub fault: Fault,
}

impl FaultIn {
    /// An error of reading whose fault, if it is one, brings this place.
    pub fn wrap(error: io::Error, table: Option<RelationName>) -> io::Error {
        match error.downcast::<Fault>() {
            Ok(fault) => io::Error::other(FaultIn { table, fault }),
            Err(error) => error,
        }
    }
}

impl std::error::Error for FaultIn {}

impl fmt::Display for FaultIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "{table}: {}", self.fault),
            None => write!(f, "{}", self.fault),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(message) | Error::Policy(message) => f.write_str(message),
            Error::Rules(mistakes) => {
                for (i, mistake) in mistakes.iter().enumerate() {
                    if i > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "{mistake}")?;
                }
                Ok(())
            }
            Error::Data { place, fault } => {
                let place = place.to_string();
                if place.is_empty() { write!(f, "{fault}") } else { write!(f, "{place}: {fault}") }
            }
            Error::Io { doing, source } => write!(f, "cannot {doing}: {source}"),
            Error::Interrupted(signal) => write!(f, "stopped by {signal}"),
            Error::Abandoned { .. } => f.write_str("another output of the run failed"),
            Error::ClosedPipe => f.write_str("the reader of the output went away"),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        if let Some(table) = &self.table {
            write!(f, "{table}")?;
            comma = ", ";
        }
        if let Some(column) = &self.column {
            write!(f, "{comma}column {column}")?;
            comma = ", ";
        }
        if let Some(row) = self.row {
            write!(f, "{comma}row {row}")?;
            comma = ", ";
        }
        match self.byte {
            Some(byte) => write!(f, "{comma}byte {byte}"),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// What is wrong with a bare COPY stream.
    fn about_stream(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoRows { what } => {
                write!(f, "this is {what}, expected the rows of a COPY stream as psql's \\copy writes them; for a dump, leave out --copy")
            }
            Fault::CutRow => f.write_str("the input ends inside a row, expected its line end; the stream is cut"),
            Fault::NoHeader => f.write_str("the input is empty, expected the header line; did the COPY that writes it fail?"),
            Fault::HeaderDiffers { field, expected: Some(expected) } => {
                write!(
                    f,
                    "field {field} of the header line is not {expected}; name the columns in the order of the stream: --copy 'table(column, …)'"
                )
            }
            Fault::HeaderDiffers { field, expected: None } => {
                write!(
                    f,
                    "the header line has more than {} fields; name the columns of the stream: --copy 'table(column, …)'",
                    field.saturating_sub(1)
                )
            }
            Fault::BehindMarker => {
                f.write_str(r"the input goes on behind the line \., expected its end; several streams are filtered one by one")
            }
            _ => Ok(()),
        }
    }

    /// What is wrong with rows that come as INSERT, or are to.
    fn about_insert(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::MaskedInsert(what) => {
                write!(f, "a rule masks this table, but its rows come by {what}, expected VALUES as pg_dump writes them; take the statement out of the script")
            }
            Fault::UnnamedColumns(why) => write!(
                f,
                "the rules ask for columns of this table, but the INSERT names none, and in which order its values come cannot be told: {why}; dump with --column-inserts, or with COPY"
            ),
            Fault::NoLiteral => f.write_str(
                "a rule masks this table, but the row holds something else than literals (a function, a sub-select, a comment), expected values as pg_dump writes them",
            ),
            Fault::UnknownDefault => f.write_str("a rule reads a field that says DEFAULT, expected its value; write the value into the script"),
            Fault::NoTypes => f.write_str(
                "the dump does not describe this table, so its rows cannot be written as INSERT; give the schema with --schema-file (pg_dump --schema-only writes it)",
            ),
            Fault::InsertEncoding(name) => {
                write!(f, "the rows are in {name}, in which they cannot be written as INSERT; dump with pg_dump --encoding=UTF8")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => f.write_str("the input is empty, expected a dump; did pg_dump fail?"),
            Fault::NotADump { what, remedy } => write!(f, "this is {what}, expected a dump; {remedy}"),
            Fault::FieldCount { expected, found } => write!(f, "expected {expected} fields, found {found}"),
            Fault::TrailingBackslash => f.write_str("a field ends in a lone backslash, expected an escape sequence"),
            Fault::LineEnd => f.write_str("the row does not end as the first one does, expected either LF or CR LF throughout"),
            Fault::RowTooLong { limit } => write!(f, "a row is longer than {limit} bytes; if this is right, raise --max-row"),
            Fault::StatementTooLong { limit } => write!(f, "a statement is longer than {limit} bytes; if this is right, raise --max-row"),
            Fault::NoEndOfCopy => f.write_str(r"the input ends inside the table's data, expected a line \. after the last row; the dump is cut"),
            Fault::NoRows { .. } | Fault::CutRow | Fault::NoHeader | Fault::HeaderDiffers { .. } | Fault::BehindMarker => self.about_stream(f),
            Fault::CutStatement(inside) => write!(f, "the input ends inside {inside}, expected the end of the statement; the dump is cut"),
            Fault::NoTrailer(trailer) => write!(
                f,
                "the input ends without \"-- {trailer}\"; the dump is cut, or use --no-trailer if that line was removed by hand"
            ),
            Fault::NoUnrestrict => f.write_str(r"the input ends without the \unrestrict that belongs to its \restrict; the dump is cut"),
            Fault::Unsupported(what) => write!(f, "found {what}, which pgveil cannot follow"),
            Fault::NoArchive { what, remedy } => write!(f, "found {what}, which an archive cannot hold; {remedy}"),
            Fault::Nul => f.write_str("found a NUL byte, which no dump of PostgreSQL holds; the dump is damaged"),
            Fault::SchemaDiffers(table) => {
                write!(f, "the dump describes {table} in another way than the schema file; leave --schema-file out, or give that of this dump")
            }
            Fault::Unmasked => f.write_str(
                "found a statement that may hold values where no mask reaches (UPDATE, DELETE, MERGE, WITH, PREPARE, EXECUTE, DO, CALL, EXPLAIN, SELECT INTO); pg_dump writes none, so take it out of the script",
            ),
            Fault::BadStatement(expected) => write!(f, "a statement that carries data cannot be read, expected {expected}"),
            Fault::Damaged(packing) => write!(f, "the {packing} input is damaged"),
            Fault::CutCompressed(packing) => write!(f, "the {packing} input ends before its end; it is cut"),
            Fault::UnknownColumn => f.write_str("the statement names a column that the table has not; is it renamed or dropped behind its rows, or is --schema-file that of another dump?"),
            Fault::MaskedInsert(_) | Fault::UnnamedColumns(_) | Fault::NoLiteral | Fault::UnknownDefault | Fault::NoTypes | Fault::InsertEncoding(_) => self.about_insert(f),
            Fault::AbsentColumn => f.write_str(
                "the rules read this column, but the rows come without it; have them come with it, or change the rules of this table",
            ),
            Fault::MissingKeyColumn => f.write_str("the rows have not this column, which is in a key that the subset follows"),
            Fault::Changed => f.write_str("the dump had another number of rows when it was read again; do not write to it while it is read"),
            Fault::CountedInsert => {
                f.write_str("a limit or a subset counts the rows of this table, but they come as INSERT, expected COPY; dump without --inserts")
            }
            Fault::Ddl { about: Some(about), what } => write!(f, "the definition of {about} cannot be read: {what}"),
            Fault::Ddl { about: None, what } => write!(f, "a statement that describes the schema cannot be read: {what}"),
            Fault::ArchiveVersion { .. } | Fault::EntryKind { .. } | Fault::BadArchive { .. } | Fault::CutArchive { .. } | Fault::NoData { .. } | Fault::ArchiveFile { .. } => {
                self.archive(f)
            }
            Fault::SeveralDumps { members } => {
                write!(f, "the tar file holds {} dumps, expected one; choose with --member NAME: {}", members.len(), listed(members))
            }
            Fault::NoMember { wanted: Some(wanted), members } => {
                write!(f, "the tar file has no member \"{wanted}\"; it holds {}", listed(members))
            }
            Fault::NoMember { wanted: None, members } => write!(f, "the tar file holds no dump; it holds {}", listed(members)),
            Fault::Internal => f.write_str("internal error: a thread stopped; please report it, with the version and the lines above"),
            Fault::Unreadable(expected) => write!(f, "a condition of the rules cannot read a value of the row, expected {expected}"),
            Fault::Unencodable => f.write_str("internal error: a mask made a character that the dump's encoding has not; please report it"),
            Fault::Refused { mask, expected } => write!(f, "the mask \"{mask}\" cannot read the value, expected {expected}"),
        }
    }
}

impl Fault {
    /// What is wrong with an archive.
    fn archive(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |entry: &Option<i32>| entry.map(|entry| format!("entry {entry}: ")).unwrap_or_default();
        match self {
            Fault::ArchiveVersion { major, minor } if (*major, *minor) > (1, 16) => write!(
                f,
                "archive version {major}.{minor} was written by a later pg_dump than pgveil knows, expected 1.12 to 1.16; take a newer pgveil, or a pg_dump up to 18"
            ),
            Fault::ArchiveVersion { major, minor } => write!(
                f,
                "archive version {major}.{minor} was written by a pg_dump before 9.0, expected 1.12 to 1.16; turn it into a script first: pg_restore ARCHIVE | pgveil filter"
            ),
            Fault::EntryKind { entry, kind: Some(kind) } => write!(
                f,
                "{}found its kind {kind}, expected one that pg_dump of PostgreSQL 9.0 to 18 writes; of a later pg_dump take a script (pg_dump -Fp, pg_restore -f -), or a newer pgveil; otherwise the archive is damaged",
                of(entry)
            ),
            Fault::EntryKind { entry, kind: None } => {
                write!(f, "the archive is damaged: {}found its kind, expected one that pg_dump of PostgreSQL 9.0 to 18 writes", of(entry))
            }
            Fault::BadArchive { entry, what, found: Some(found), expected } => {
                write!(f, "the archive is damaged: {}found {what} as {found}, expected {expected}", of(entry))
            }
            Fault::BadArchive { entry, what, found: None, expected } => {
                write!(f, "the archive is damaged: {}found {what}, expected {expected}", of(entry))
            }
            Fault::CutArchive { entry, inside } => write!(f, "the archive is cut: {}it ends inside {inside}", of(entry)),
            Fault::NoData { entry, file: Some(file) } => {
                write!(f, "the data of entry {entry} is missing: there is no {file}; the archive is not whole")
            }
            Fault::NoData { entry, file: None } => {
                write!(f, "the data of entry {entry} is missing, expected its block; the archive is cut")
            }
            Fault::ArchiveFile { file, what } => write!(f, "the archive is damaged: {file} {what}"),
            _ => Ok(()),
        }
    }
}

/// Names in a row, the first of many.
fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().checked_sub(MOST) {
        _ if names.is_empty() => "nothing".into(),
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}
