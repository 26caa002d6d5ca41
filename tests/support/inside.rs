//! The whole pipeline inside the test process: any read size, any block size, any number of threads.

use std::io::{self, Cursor, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use pgveil::dump::script::reader::Limits;
use pgveil::mask::key::Secret;
use pgveil::output::Sink;
use pgveil::pipeline::observe::{Reading, Summary, Watch};
use pgveil::pipeline::run::SchemaSource;
use pgveil::pipeline::{Run, run};
use pgveil::plan::Planner;
use pgveil::report::progress::Silent;
use pgveil::rules;

/// How a run reads and works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// How many bytes a read gives at most.
    pub(crate) read: usize,
    /// How many bytes the program asks for at a time.
    pub(crate) block: usize,
    /// Workers.
    pub(crate) threads: usize,
    /// Read ahead, as a file is; a pipe otherwise.
    pub(crate) file: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The error's text, if it failed.
    pub(crate) error: Option<String>,
    /// All that was written.
    pub(crate) output: Vec<u8>,
    /// What it says it did.
    pub(crate) summary: Summary,
}

impl Ran {
    /// Whether the rules had no table to hold for.
    pub(crate) fn is_nothing(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.contains("no table has a column \"*\""))
    }
}

/// Gives at most so many bytes a read.
struct Pieces(Cursor<Arc<[u8]>>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

/// Filters `input` under the rules file `text` (none, if it is empty).
pub(crate) fn filter(input: &Arc<[u8]>, text: &str, how: How) -> Ran {
    let rules = if text.is_empty() { rules::Rules::default() } else { rules::parse("rules.toml", text).expect("the rules are right") };
    let source = || Box::new(Pieces(Cursor::new(Arc::clone(input)), how.read));
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let collected = thread::spawn(move || {
        let mut output = Vec::new();
        reader.read_to_end(&mut output).map(|_| output)
    });
    let (result, summary) = run(Run {
        input: source(),
        read: Arc::default(),
        came: Arc::default(),
        schema: if how.file { SchemaSource::ReadAhead(source()) } else { SchemaSource::Stream },
        keys: how.file.then(|| -> Box<dyn Read + Send> { source() }),
        sink: Sink::open(OwnedFd::from(writer), "a pipe".into()),
        choice: pgveil::plan::Choice::default(),
        stream: None,
        database: None,
        expected: pgveil::pipeline::expect::Expectations::default(),
        archive: None,
        composing: None,
        planner: Planner::new(rules, Secret::new(b"a secret of the tests".to_vec())),
        inserts: None,
        digests: true,
        threads: how.threads,
        block: how.block,
        limits: Limits { max_row: 1 << 30, require_trailer: true },
        stage: None,
        tables: None,
        watch: Watch::new(Box::new(Silent)),
        reading: Reading::default(),
        readings: 1,
        started: Instant::now(),
        interrupts: crossbeam_channel::never(),
    });
    let output = collected.join().expect("no panic").expect("reads");
    Ran { error: result.err().map(|error| error.to_string()), output, summary }
}
