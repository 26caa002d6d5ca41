//! Batches through the pool, in order.

pub mod abort;
pub mod batch;
pub mod director;
mod keys;
pub mod limit;
pub mod observe;
pub mod queue;
pub mod run;
pub mod writer;

pub use run::{Run, run};
