//! A batch of whole rows, rewritten on the pool. Buffers are used again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crossbeam_channel::{Receiver, bounded};
use memchr::memchr_iter;
use rayon::ThreadPool;

use super::digests::Digests;
use crate::archive::write::{Packed, Packer};
use crate::dump::event::Rows;
use crate::rewrite::{Part, RowFault, RowProgram, Run, Scratch, Statements, Tally};
use crate::row::digest::Digest;
use crate::row::layout::Layout;

/// Whole rows that wait for a worker.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The rows, or statements.
    pub bytes: Bytes,
    /// Where they begin in the unpacked input.
    pub offset: u64,
    /// In which form they come.
    pub form: Form,
    /// How many rows of the table come before them, where that counts.
    pub first: u64,
    /// What is done to them; `None` where they only change their form.
    pub program: Option<Arc<RowProgram>>,
    /// How their checksum is made, where it is asked for.
    pub digests: Option<Digests>,
}

/// In which form rows come, and go.
#[derive(Clone, Debug)]
pub enum Form {
    /// COPY text.
    Copy {
        /// Whether rows end in CR LF.
        crlf: bool,
        /// How they become INSERT statements, where they do.
        statements: Option<Arc<Statements>>,
    },
    /// Rows of a COPY stream that is no COPY text as pg_dump writes it.
    Delimited {
        /// Whether rows end in CR LF.
        crlf: bool,
        /// How they are written.
        layout: Arc<Layout>,
    },
    /// INSERT statements.
    Insert {
        /// How long the head of each is.
        head: usize,
        /// Whether a backslash escapes inside plain quotes.
        backslashes: bool,
    },
}

/// A batch that has been rewritten, or the row that stopped it.
#[derive(Debug)]
pub struct Rewritten {
    /// Where the batch began in the unpacked input.
    pub offset: u64,
    /// The new rows, when `result` is well and they are not packed.
    pub buffer: Buffer,
    /// The same, packed for an archive.
    pub packed: Option<Packed>,
    /// Where each tuple begins, where COPY rows became tuples that the writer makes statements of.
    pub starts: Vec<usize>,
    /// What was done.
    pub result: Result<Tally, RowFault>,
}

/// The workers and their buffers.
#[derive(Clone, Debug)]
pub struct Workers {
    pool: Arc<ThreadPool>,
    free: Arc<Mutex<Vec<Space>>>,
    packer: Option<Packer>,
}

/// What a worker needs for one batch.
#[derive(Debug, Default)]
struct Space {
    out: Vec<u8>,
    /// Rows that have been rewritten and are yet to change their form.
    rewritten: Vec<u8>,
    scratch: Scratch,
}

/// The output of one batch; its memory goes back to the workers when it is dropped.
#[derive(Debug)]
pub struct Buffer {
    space: Space,
    free: Arc<Mutex<Vec<Space>>>,
}

/// Buffers larger than this are not kept: one row of a gigabyte must not stay in memory.
const KEPT_BYTES: usize = 16 << 20;

impl Workers {
    /// A pool of `threads` workers.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn new(threads: usize) -> Result<Workers, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("worker {index}"))
            // A panic is a bug of ours; its batch is then missing, which the writer takes for a failure.
            .panic_handler(|_| {})
            .build()?;
        Ok(Workers { pool: Arc::new(pool), free: Arc::default(), packer: None })
    }

    /// Has batches packed as they are made.
    pub fn pack_with(&mut self, packer: Packer) {
        self.packer = Some(packer);
    }

    /// Whether batches are packed, so that even those that nothing changes are work.
    pub fn packs(&self) -> bool {
        self.packer.as_ref().is_some_and(|packer| !packer.is_idle())
    }

    /// Has rows packed as they are; `count` is how many.
    pub fn pack(&self, rows: Rows, count: u64, digests: Option<Digests>) -> Receiver<Rewritten> {
        let (sender, receiver) = bounded(1);
        let (free, packer) = (Arc::clone(&self.free), self.packer.clone());
        self.pool.spawn(move || {
            let buffer = Buffer { space: Space::default(), free };
            let digest = digests.map(|digests| digests.of(&rows.bytes)).unwrap_or_default();
            let result = Ok(Tally { rows_in: count, rows_out: count, digest, ..Tally::default() });
            // What cannot be packed for want of memory is a batch that is missing, which the writer takes for a failure.
            let Some(packed) = packer.and_then(|packer| packer.pack_owned(&[], rows.bytes).ok()) else { return };
            let _ = sender.send(Rewritten { offset: rows.offset, buffer, packed: Some(packed), starts: Vec::new(), result });
        });
        receiver
    }

    /// Has the checksum made of what passes as it is.
    pub fn digest(&self, bytes: Bytes, digests: Digests) -> Receiver<Digest> {
        let (sender, receiver) = bounded(1);
        self.pool.spawn(move || {
            // The writer may be gone: then nobody wants it.
            let _ = sender.send(digests.of(&bytes));
        });
        receiver
    }

    /// Has a batch rewritten; the receiver gets it when it is done, or is disconnected if the worker panicked.
    pub fn rewrite(&self, batch: Batch) -> Receiver<Rewritten> {
        let (sender, receiver) = bounded(1);
        let (free, packer) = (Arc::clone(&self.free), self.packer.clone().filter(|packer| !packer.is_idle()));
        self.pool.spawn(move || {
            let space = free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let mut buffer = Buffer { space, free };
            // Room for values that grow, so that most batches never move.
            buffer.space.out.reserve(batch.bytes.len() + batch.bytes.len() / 4);
            let mut starts = Vec::new();
            let most = batch.program.as_ref().and_then(|program| program.choice.limit);
            let result = batch.run(most, &mut buffer.space, &mut starts);
            let packed = match packer.filter(|_| result.is_ok()).map(|packer| packer.pack(&[], buffer.bytes())).transpose() {
                Ok(packed) => packed,
                Err(_) => return,
            };
            // The writer may be gone: then nobody wants the batch.
            let _ = sender.send(Rewritten { offset: batch.offset, buffer, packed, starts, result });
        });
        receiver
    }
}

impl Batch {
    /// How many rows it holds, where they come as COPY.
    pub fn count(&self) -> u64 {
        match &self.form {
            Form::Delimited { layout, .. } => layout.count(&self.bytes),
            Form::Copy { .. } | Form::Insert { .. } => memchr_iter(b'\n', &self.bytes).count() as u64,
        }
    }

    /// Rewrites it here and now, up to so many rows that pass.
    pub fn up_to(&self, most: u64) -> Rewritten {
        let (mut space, mut starts) = (Space::default(), Vec::new());
        let result = self.run(Some(most), &mut space, &mut starts);
        let buffer = Buffer { space, free: Arc::default() };
        Rewritten { offset: self.offset, buffer, packed: None, starts, result }
    }

    /// Rewrites the batch into `space.out`, up to so many rows that pass, and has its checksum made.
    fn run(&self, most: Option<u64>, space: &mut Space, starts: &mut Vec<usize>) -> Result<Tally, RowFault> {
        let mut tally = self.rewrite(most, space, starts)?;
        if let Some(digests) = &self.digests {
            // Of rows that have become statements, the rows.
            tally.digest = digests.of(match (&self.form, &self.program) {
                (Form::Copy { statements: Some(_), .. }, Some(_)) => &space.rewritten,
                (Form::Copy { statements: Some(_), .. }, None) => &self.bytes,
                (Form::Copy { statements: None, .. } | Form::Insert { .. } | Form::Delimited { .. }, _) => &space.out,
            });
        }
        Ok(tally)
    }

    fn rewrite(&self, most: Option<u64>, space: &mut Space, starts: &mut Vec<usize>) -> Result<Tally, RowFault> {
        let Space { out, rewritten, scratch } = space;
        let part = |crlf: bool| Part { bytes: &self.bytes, crlf, first: self.first, most };
        match (&self.form, &self.program) {
            (Form::Copy { crlf, statements: None }, Some(program)) => program.run_part(&part(*crlf), scratch, out),
            (Form::Delimited { crlf, layout }, Some(program)) => program.run_delimited(&part(*crlf), layout, scratch, out),
            (Form::Copy { crlf, statements: Some(statements) }, Some(program)) => {
                rewritten.clear();
                let tally = program.run_part(&part(*crlf), scratch, rewritten)?;
                statements.write(rewritten, *crlf, starts, out).map(|_| tally)
            }
            (Form::Copy { crlf, statements: Some(statements) }, None) => {
                let rows = statements.write(&self.bytes, *crlf, starts, out)?;
                Ok(Tally { rows_in: rows, rows_out: rows, ..Tally::default() })
            }
            (Form::Insert { head, backslashes }, Some(program)) => {
                let run = Run { text: &self.bytes, head: *head, backslashes: *backslashes };
                program.run_inserts(run, scratch, out)
            }
            (Form::Copy { statements: None, .. } | Form::Delimited { .. } | Form::Insert { .. }, None) => {
                out.extend_from_slice(&self.bytes);
                Ok(Tally::default())
            }
        }
    }
}

impl Buffer {
    /// The new rows.
    pub fn bytes(&self) -> &[u8] {
        &self.space.out
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut space = std::mem::take(&mut self.space);
        if space.out.capacity().max(space.rewritten.capacity()) <= KEPT_BYTES {
            space.out.clear();
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(space);
        }
    }
}
