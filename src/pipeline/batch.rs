//! A batch of whole rows, rewritten on the pool. Buffers are used again.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, bounded};
use rayon::ThreadPool;

use crate::dump::event::Rows;
use crate::rewrite::{Part, RowFault, RowProgram, Scratch, Tally};

/// A batch that has been rewritten, or the row that stopped it.
#[derive(Debug)]
pub struct Rewritten {
    /// Where the batch began in the unpacked input.
    pub offset: u64,
    /// The new rows, when `result` is well.
    pub buffer: Buffer,
    /// What was done.
    pub result: Result<Tally, RowFault>,
}

/// The workers and their buffers.
#[derive(Clone, Debug)]
pub struct Workers {
    pool: Arc<ThreadPool>,
    free: Arc<Mutex<Vec<Space>>>,
}

/// What a worker needs for one batch.
#[derive(Debug, Default)]
struct Space {
    out: Vec<u8>,
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
    pub fn new(threads: usize) -> Result<Workers, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("worker {index}"))
            // A panic is a bug of ours; its batch is then missing, which the writer takes for a failure.
            .panic_handler(|_| {})
            .build()?;
        Ok(Workers { pool: Arc::new(pool), free: Arc::default() })
    }

    /// Has a batch rewritten, before which `first` rows of its table came; the receiver gets it when it is done, or is
    /// disconnected if the worker panicked.
    pub fn rewrite(&self, rows: Rows, program: Arc<RowProgram>, first: u64) -> Receiver<Rewritten> {
        let (sender, receiver) = bounded(1);
        let free = Arc::clone(&self.free);
        self.pool.spawn(move || {
            let space = free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let mut buffer = Buffer { space, free };
            let Space { out, scratch } = &mut buffer.space;
            // Room for values that grow, so that most batches never move.
            out.reserve(rows.bytes.len() + rows.bytes.len() / 4);
            let part = Part { bytes: &rows.bytes, crlf: rows.crlf, first, most: program.choice.limit };
            let result = program.run_part(&part, scratch, out);
            // The writer may be gone: then nobody wants the batch.
            let _ = sender.send(Rewritten { offset: rows.offset, buffer, result });
        });
        receiver
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
        if space.out.capacity() <= KEPT_BYTES {
            space.out.clear();
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(space);
        }
    }
}
