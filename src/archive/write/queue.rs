//! Batches packed on a pool while more of them come, and given back in their order.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use rayon::ThreadPool;

use super::pack::{Packed, Packer, WINDOW};
use crate::error::{Error, Result};

/// Packs the batches of one stream on a pool. As they come in their order, each may look back into the one before it, which
/// gzip packs closer for.
#[derive(Debug)]
pub struct PackQueue {
    pool: Arc<ThreadPool>,
    packer: Packer,
    /// The end of the batches that came so far.
    before: Arc<Vec<u8>>,
    waiting: VecDeque<Receiver<Result<Packed>>>,
    limit: usize,
}

impl PackQueue {
    /// A queue for the batches of one stream, with at most `limit` of them in flight.
    pub fn new(pool: Arc<ThreadPool>, packer: Packer, limit: usize) -> PackQueue {
        PackQueue { pool, packer, before: Arc::default(), waiting: VecDeque::new(), limit: limit.max(1) }
    }

    /// Has a batch packed. Gives the oldest one back as soon as there are more than the limit, and waits for it.
    ///
    /// # Errors
    /// Those of [`Packer::pack`]; a worker stopped.
    pub fn push(&mut self, batch: impl AsRef<[u8]> + Send + 'static) -> Result<Option<Packed>> {
        let bytes = batch.as_ref();
        let tail = self.tail(bytes);
        let before = std::mem::replace(&mut self.before, Arc::new(tail));
        let (sender, receiver) = bounded(1);
        let packer = self.packer.clone();
        self.pool.spawn(move || {
            // Whoever waited may be gone: then nobody wants the batch.
            let _ = sender.send(packer.pack(&before, batch.as_ref()));
        });
        self.waiting.push_back(receiver);
        if self.waiting.len() > self.limit { self.pop() } else { Ok(None) }
    }

    /// The oldest batch that has not been given back; waits for it. `None`: there is none left.
    ///
    /// # Errors
    /// Those of [`Packer::pack`]; a worker stopped.
    pub fn pop(&mut self) -> Result<Option<Packed>> {
        let Some(receiver) = self.waiting.pop_front() else { return Ok(None) };
        receiver.recv().map_err(|_| Error::internal())?.map(Some)
    }

    /// The end of all batches up to this one.
    fn tail(&self, batch: &[u8]) -> Vec<u8> {
        let new = batch.get(batch.len().saturating_sub(WINDOW)..).unwrap_or(batch);
        let old = self.before.len().saturating_sub(WINDOW - new.len());
        let mut tail = self.before.get(old..).unwrap_or_default().to_vec();
        tail.extend_from_slice(new);
        tail
    }
}
