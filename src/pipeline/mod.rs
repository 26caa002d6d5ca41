//! Batches through the pool, in order.

pub mod abort;
pub mod archive;
pub mod batch;
pub mod digests;
pub mod director;
pub mod expect;
pub mod inserts;
mod keys;
pub mod limit;
mod medium;
pub mod observe;
pub mod queue;
pub mod run;
mod stream;
pub mod together;
pub mod writer;

pub use run::{Run, run, run_together};
