//! The archives of pg_dump: custom, directory and tar. Their header, their table of contents, their data blocks and how
//! these are packed, read and written. Knows no SQL beyond what pg_restore itself looks at, and no rules.
//!
//! Facts come from `src/bin/pg_dump/pg_backup_*.c` of PostgreSQL 14 to 18.

#[cfg(test)]
mod made;
pub mod read;
pub mod script;
pub mod toc;
pub mod write;

pub use read::{Archive, Block, Kind, Source};
pub use script::Script;
pub use toc::{Compression, DataPlace, Entry, Format, Header, Section, Version};
