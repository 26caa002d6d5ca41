//! Batches through the pool, in order.

pub mod abort;
pub mod archive;
pub mod batch;
pub mod digests;
pub mod director;
pub mod inserts;
mod keys;
pub mod limit;
mod medium;
pub mod observe;
pub mod queue;
pub mod run;
pub mod writer;

pub use run::{Run, run};
