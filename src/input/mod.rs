//! Where bytes come from: standard input or a file, told by its first bytes and unpacked.
//!
//! It knows what a dump looks like from outside, and nothing of what stands in it.

pub mod open;
pub mod sniff;
pub mod spool;
pub mod unpack;

pub use open::{Opened, open};
pub use spool::spool;
