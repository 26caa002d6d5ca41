//! Read → cut → rewrite → write: puts the stages of a run together.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Instant;

use crossbeam_channel::Receiver;

use super::abort::Stop;
use super::archive::composing::{Composing, Rereading};
use super::archive::{Archiving, Source};
use super::batch::Workers;
use super::director::Director;
use super::expect::Expectations;
use super::inserts::Inserts;
use super::observe::{Reading, Summary, Watch};
use super::queue::{Slot, queue};
use super::together::{self, Member};
use super::writer::{Watching, Writer};
use crate::dump::copy::Stream;
use crate::dump::script::poison::Position;
use crate::dump::script::reader::Limits;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::output::Sink;
use crate::plan::{Choice, Planner};
use crate::target::Stage;

/// How much is read at a time, and so the size of most batches: large enough that the work around a batch does not
/// count, small enough that a batch stays in a core's cache.
pub const BLOCK: usize = 512 * 1024;

/// An unpacked input, ready to be read once.
pub type Input = Box<dyn Read + Send>;

/// A run, ready to go.
pub struct Run {
    /// The dump.
    pub input: Input,
    /// Bytes that are read of it as it lies there, for the progress bar.
    pub read: Arc<AtomicU64>,
    /// Bytes of the input as it came: the same, but for a pipe that is kept on disk and read from there.
    pub came: Arc<AtomicU64>,
    /// Where the schema is read before the first row: the same dump once more, or the file of `--schema-file`.
    pub schema: SchemaSource,
    /// What the input is, where it is the bare rows of a table.
    pub stream: Option<Stream>,
    /// The archive to be read in its place, and what writes its copy; `input` and `sink` are then nowhere.
    pub archive: Option<Archiving>,
    /// What writes the script `input` as an archive, where it becomes one; `sink` is then nowhere.
    pub composing: Option<Composing>,
    /// The same dump once more, where the rules choose a subset: its rows are read before the first is written.
    pub keys: Option<Input>,
    /// Where the output goes.
    pub sink: Sink,
    /// The rules and the secret.
    pub planner: Planner,
    /// The database of an archive.
    pub database: Option<Name>,
    /// What a script must say of itself; nothing for an archive, which has been judged.
    pub expected: Expectations,
    /// Which objects the command line chooses.
    pub choice: Choice,
    /// How COPY rows become INSERT statements, where that is asked for.
    pub inserts: Option<Inserts>,
    /// Whether checksums are made of what is written.
    pub digests: bool,
    /// How many workers rewrite rows.
    pub threads: usize,
    /// How many bytes are read at a time.
    pub block: usize,
    /// What the reader is strict about.
    pub limits: Limits,
    /// What is done for the place where the output goes; `None` for nothing.
    pub stage: Option<Stage>,
    /// The dump once more, where the stage must know its tables and nothing else reads it ahead.
    pub tables: Option<Input>,
    /// Who watches. Other readings than that of `input` are told to it by whoever made them ([`Watch::over`]).
    pub watch: Watch,
    /// The reading of `input`.
    pub reading: Reading,
    /// How many readings there are.
    pub readings: usize,
    /// When the program began.
    pub started: Instant,
    /// What stops the run: signals.
    pub interrupts: Receiver<Stop>,
}

/// Where the schema is read before the first row.
pub enum SchemaSource {
    /// Nowhere: the dump is a pipe, and constraints are judged when they arrive.
    Stream,
    /// From the dump itself, read once for its DDL and a second time for its rows.
    ReadAhead(Input),
    /// From a file that `pg_dump --schema-only` wrote.
    File(Input),
}

/// Does the job. The summary says what was done, also of a run that failed.
pub fn run(run: Run) -> (Result<()>, Summary) {
    match Workers::new(run.threads).map_err(|error| no_threads(run.threads, &error)) {
        Ok(workers) => join(start(run, workers, None)),
        Err(error) => (Err(error), Summary::default()),
    }
}

/// Does several jobs on the same input, which succeed together or not at all; they share the workers of the first. Gives
/// what came of each, and which of them failed first. What stops them comes through `signals`, and `begin` is called when
/// all have their plans, before any of them writes.
pub fn run_together(
    runs: Vec<Run>,
    signals: Receiver<Stop>,
    begin: Box<dyn Fn() + Send + Sync>,
) -> (Vec<(Result<()>, Summary)>, Option<usize>) {
    let threads = runs.first().map_or(1, |run| run.threads);
    let ready = Workers::new(threads)
        .map_err(|error| no_threads(threads, &error))
        .and_then(|workers| together::members(runs.len(), signals, begin).map(|found| (workers, found)));
    let (workers, (members, outcome)) = match ready {
        Ok(ready) => ready,
        Err(error) => return (vec![(Err(error), Summary::default())], Some(0)),
    };
    let start_one = |(mut run, (member, stops)): (Run, (Member, Receiver<Stop>))| {
        run.interrupts = stops;
        start(run, workers.clone(), Some(member))
    };
    let writers: Vec<_> = runs.into_iter().zip(members).map(start_one).collect();
    let done = writers.into_iter().map(join).collect();
    (done, outcome.first_failure())
}

fn no_threads(threads: usize, error: &rayon::ThreadPoolBuildError) -> Error {
    Error::Usage(format!("cannot start {threads} threads: {error}"))
}

/// Waits for the end of a run.
fn join(started: Result<thread::JoinHandle<(Result<()>, Summary)>>) -> (Result<()>, Summary) {
    match started.map(thread::JoinHandle::join) {
        Ok(Ok(done)) => done,
        // The writer panicked: a bug of ours. The stream ends without its bad ending, but the status tells.
        Ok(Err(_)) => (Err(Error::internal()), Summary::default()),
        Err(error) => (Err(error), Summary::default()),
    }
}

/// Starts the stages and gives the one that ends last. The director is not waited for: when the writer has stopped
/// because of a signal, it may still be waiting for input.
fn start(run: Run, workers: Workers, member: Option<Member>) -> Result<thread::JoinHandle<(Result<()>, Summary)>> {
    // Enough in flight that neither end waits for the other, and no more: this is what bounds the memory.
    let (sender, receiver) = queue(2 * run.threads + 4);
    let late = run.sink.takes_marks();
    let (archive, source) = match run.archive {
        Some(Archiving { input, writer, alike }) => {
            let source = Source { input, packer: writer.packer(), alike };
            (Some(writer), Some(source))
        }
        None => (None, None),
    };
    let (archive, outline) = match run.composing {
        Some(Composing { outline, writer }) => {
            let outline = Rereading { input: outline, packer: writer.packer() };
            (Some(writer), Some(outline))
        }
        None => (archive, None),
    };
    let Run { watch, reading, read, came, readings, started, .. } = run;
    let watching = Watching { watch, reading, read, came, readings, started, begun: false };
    let writer = Writer::new(run.sink, archive, receiver, run.interrupts, watching);
    let writer = writer.with(member);
    let writer = match &run.stream {
        Some(stream) => writer.at(Position::of_rows(stream.options.layout.clone())),
        None => writer,
    };
    let chosen = (run.planner, run.choice, run.database);
    // A stream of rows has a reader of its own.
    let (input, stream) = match run.stream {
        Some(stream) => (Box::new(io::empty()) as Input, Some((stream, run.input))),
        None => (run.input, None),
    };
    let director = Director::new(input, run.block, run.limits, chosen, run.inserts, workers, sender.clone());
    let director = director.with_stage(run.stage, run.tables, late).expecting(run.expected).with_digests(run.digests);
    let (schema, keys) = (run.schema, run.keys);
    let spawn = |name: &str| thread::Builder::new().name(name.to_owned());
    let writing = spawn("writer").spawn(move || writer.run()).map_err(|error| Error::io("start a thread", error))?;
    let direct = move || {
        let done = match (source, outline, stream) {
            (Some(source), ..) => director.run_archive(source, schema, keys),
            (None, Some(outline), _) => director.run_composing(outline, schema, keys),
            (None, None, Some((stream, input))) => director.run_stream(stream, input, schema),
            (None, None, None) => director.run(schema, keys),
        };
        if let Err(error) = done {
            // The writer is gone if this fails, and then it has said why.
            let _ = sender.send(Slot::Failed(error));
        }
    };
    spawn("director").spawn(direct).map_err(|error| Error::io("start a thread", error))?;
    Ok(writing)
}
