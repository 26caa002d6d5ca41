//! Who watches a run, and what there is to see.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::name::RelationName;
use crate::pipeline::run::Input;
pub use crate::plan::objects::LeftObject;
pub use crate::plan::{Absence, ColumnOutlook, TableAction, TableOutlook};
use crate::rewrite::Tally;

/// Watches a run as it goes. Called by whoever reads or writes, once a batch: keep it short.
pub trait Observer: Send {
    /// A reading of the input begins; what was said of another is over.
    fn begin(&mut self, reading: &Reading);
    /// The reading at hand has come so far.
    fn progress(&mut self, progress: &Progress<'_>);
    /// Has something said on standard error, without getting in its way.
    fn aside(&mut self, say: &mut dyn FnMut()) {
        say();
    }
    /// The run is over, well or not: the last call. Clears the terminal's line.
    fn finished(&mut self);
}

/// One of the readings of an input. A run reads it once, or first for its schema and for the rows of a subset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Which it is, from 1, and of how many; `None` where it is the only one, or none of those that are counted.
    pub place: Option<(usize, usize)>,
    /// What is done: `reading the schema`. Empty where that goes without saying.
    pub what: &'static str,
    /// How many bytes there are to read, as they count in [`Progress::input_bytes`]; `None` for a pipe.
    pub size: Option<u64>,
}

/// Hands on to one observer what several threads see.
#[derive(Clone)]
pub struct Watch(Arc<Mutex<Box<dyn Observer>>>);

impl Watch {
    /// Has `observer` told.
    pub fn new(observer: Box<dyn Observer>) -> Watch {
        Watch(Arc::new(Mutex::new(observer)))
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Observer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As of [`Observer::begin`].
    pub fn begin(&self, reading: &Reading) {
        self.lock().begin(reading);
    }

    /// As of [`Observer::progress`].
    pub fn progress(&self, progress: &Progress<'_>) {
        self.lock().progress(progress);
    }

    /// As of [`Observer::aside`].
    pub fn aside(&self, mut say: impl FnMut()) {
        self.lock().aside(&mut say);
    }

    /// As of [`Observer::finished`]; it may be said more than once.
    pub fn finished(&self) {
        self.lock().finished();
    }

    /// An input whose reading is told from its first byte on. `read` counts the bytes that have been read.
    pub fn over(&self, input: Input, read: Arc<AtomicU64>, reading: Reading) -> Input {
        Box::new(Watched { input, read, reading: Some(reading), watch: self.clone() })
    }
}

/// An input whose reading is watched.
struct Watched {
    input: Input,
    read: Arc<AtomicU64>,
    /// Until it begins.
    reading: Option<Reading>,
    watch: Watch,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(reading) = self.reading.take() {
            self.watch.begin(&reading);
        }
        let count = self.input.read(buffer)?;
        self.watch.progress(&Progress { input_bytes: self.read.load(Ordering::Relaxed), table: None, rows: None });
        Ok(count)
    }
}

/// How far a reading has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Bytes of the input (as it lies there, before unpacking) that this reading has read.
    pub input_bytes: u64,
    /// The table whose rows are being written.
    pub table: Option<&'a RelationName>,
    /// Rows written so far, of all tables; `None` where none are written yet.
    pub rows: Option<u64>,
}

/// What a run did. Holds names and numbers only.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Tables in the order of the dump; a table whose data comes in several blocks stands once.
    pub tables: Vec<TableSummary>,
    /// Bytes of the input, unpacked. Of an archive that becomes an archive: of its data, and of the definitions in its table
    /// of contents.
    pub bytes_in: u64,
    /// Bytes of the input as it came, packed or not. A second reading does not count.
    pub bytes_read: u64,
    /// How many times the input was read.
    pub readings: usize,
    /// Bytes written.
    pub bytes_out: u64,
    /// How long it took, from the beginning of the program on.
    pub elapsed: Duration,
    /// What the plan does to each table that can hold rows, by name; empty where there is no rule.
    pub outlook: Vec<TableOutlook>,
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
    /// Why none of its rows pass, where none does.
    pub absence: Option<Absence>,
    /// Its counts.
    pub tally: Tally,
    /// Its masked columns and their masks' names, in the order of the COPY statement.
    pub columns: Vec<(crate::name::Name, &'static str)>,
    /// The columns that its COPY or INSERT statements name; `None` where they name none.
    pub listed: Option<Vec<crate::name::Name>>,
    /// The encoding of its rows.
    pub charset: crate::encoding::Charset,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Takes down what it is told.
    struct Diary(Arc<Mutex<Vec<String>>>);

    impl Observer for Diary {
        fn begin(&mut self, reading: &Reading) {
            self.0.lock().expect("no panic").push(reading.what.into());
        }
        fn progress(&mut self, progress: &Progress<'_>) {
            self.0.lock().expect("no panic").push(progress.input_bytes.to_string());
        }
        fn finished(&mut self) {}
    }

    #[test]
    fn a_reading_is_told_from_its_first_byte_on() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let watch = Watch::new(Box::new(Diary(Arc::clone(&told))));
        let read = Arc::new(AtomicU64::new(7));
        let input = Box::new(Cursor::new(b"ab".to_vec()));
        let mut input = watch.over(input, Arc::clone(&read), Reading { what: "reading the schema", ..Reading::default() });
        assert!(told.lock().expect("no panic").is_empty(), "nobody reads yet");
        let mut text = Vec::new();
        input.read_to_end(&mut text).expect("reads");
        assert_eq!(text, b"ab");
        assert_eq!(told.lock().expect("no panic").iter().take(2).collect::<Vec<_>>(), ["reading the schema", "7"]);
    }
}
