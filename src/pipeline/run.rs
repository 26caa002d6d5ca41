//! Read → cut → rewrite → write: puts the stages of a run together.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::Receiver;

use super::archive::{Archiving, Source};
use super::batch::Workers;
use super::director::Director;
use super::inserts::Inserts;
use super::observe::{Observer, Summary};
use super::queue::{Slot, queue};
use super::writer::Writer;
use crate::dump::script::reader::Limits;
use crate::error::{Error, Result};
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
    /// Bytes read of the input as it came, for the progress bar.
    pub input_bytes: Arc<AtomicU64>,
    /// Where the schema is read before the first row: the same dump once more, or the file of `--schema-file`.
    pub schema: SchemaSource,
    /// The archive to be read in its place, and what writes its copy; `input` and `sink` are then nowhere.
    pub archive: Option<Archiving>,
    /// The same dump once more, where the rules choose a subset: its rows are read before the first is written.
    pub keys: Option<Input>,
    /// Where the output goes.
    pub sink: Sink,
    /// The rules and the secret.
    pub planner: Planner,
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
    /// Who watches.
    pub observer: Box<dyn Observer>,
    /// Signals that stop the run.
    pub interrupts: Receiver<&'static str>,
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
    match start(run) {
        Ok(writer) => match writer.join() {
            Ok(done) => done,
            // The writer panicked: a bug of ours. The stream ends without its bad ending, but the status tells.
            Err(_) => (Err(Error::internal()), Summary::default()),
        },
        Err(error) => (Err(error), Summary::default()),
    }
}

/// Starts the stages and gives the one that ends last. The director is not waited for: when the writer has stopped
/// because of a signal, it may still be waiting for input.
fn start(run: Run) -> Result<thread::JoinHandle<(Result<()>, Summary)>> {
    let workers = Workers::new(run.threads).map_err(|error| Error::Usage(format!("cannot start {} threads: {error}", run.threads)))?;
    // Enough in flight that neither end waits for the other, and no more: this is what bounds the memory.
    let (sender, receiver) = queue(2 * run.threads + 4);
    let input_bytes = run.input_bytes;
    let late = run.sink.takes_marks();
    let (archive, source) = match run.archive {
        Some(Archiving { input, writer, alike }) => {
            let source = Source { input, packer: writer.packer(), alike };
            (Some(writer), Some(source))
        }
        None => (None, None),
    };
    let writer =
        Writer::new(run.sink, archive, receiver, run.interrupts, run.observer, Box::new(move || input_bytes.load(Ordering::Relaxed)));
    let objects = run.planner.objects(run.choice);
    let director = Director::new(run.input, run.block, run.limits, (run.planner, objects), run.inserts, workers, sender.clone());
    let director = director.with_stage(run.stage, run.tables, late).with_digests(run.digests);
    let (schema, keys) = (run.schema, run.keys);
    let spawn = |name: &str| thread::Builder::new().name(name.to_owned());
    let writing = spawn("writer").spawn(move || writer.run()).map_err(|error| Error::io("start a thread", error))?;
    let direct = move || {
        let done = match source {
            Some(source) => director.run_archive(source, schema),
            None => director.run(schema, keys),
        };
        if let Err(error) = done {
            // The writer is gone if this fails, and then it has said why.
            let _ = sender.send(Slot::Failed(error));
        }
    };
    spawn("director").spawn(direct).map_err(|error| Error::io("start a thread", error))?;
    Ok(writing)
}
