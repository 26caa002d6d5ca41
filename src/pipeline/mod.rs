//! Batches through the pool, in order.

pub mod observe;
