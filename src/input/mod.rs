//! Where bytes come from: standard input, a file or a directory, told by its first bytes and unpacked; an archive is read
//! as the script that pg_restore makes of it.
//!
//! It knows what a dump looks like from outside, and nothing of what stands in it.

pub mod archive;
pub mod open;
pub mod share;
pub mod sniff;
pub mod spool;
mod tarball;
pub mod unpack;

pub use archive::Contents;
pub use open::{Opened, Wanted, open, open_as, open_kept, open_shared};
pub use share::Shared;
pub use spool::spool;
