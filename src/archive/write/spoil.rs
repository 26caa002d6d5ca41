//! The bad ending of data: what fails wherever it is restored to.
//!
//! pg_restore fails by itself where an archive ends too soon. But with `pg_restore -f - | psql -1` psql sees no exit status,
//! and takes the end of its input inside COPY for the end of the data.

use super::order::Kind;

/// What the server and the person who reads its message are told.
const REASON: &str = "pgveil stopped before the end of this archive, nothing of it must be kept";

/// What a file begins with that must not be taken for an archive: as long as the header of a member of a tar.
pub(super) fn beginning() -> Vec<u8> {
    let mut beginning = format!("{REASON}\n").into_bytes();
    beginning.resize(512, 0);
    beginning
}

/// How many fields no table has: the server's limit is 1600 columns (`MaxHeapAttributeNumber`, htup_details.h).
const TOO_MANY_TABS: usize = 1601;

/// What stands behind the data that came so far: in rows one that COPY refuses, and everywhere a statement that raises.
pub(super) fn ending(kind: Kind) -> Vec<u8> {
    let mut ending = Vec::new();
    if kind == Kind::Copy {
        ending.extend_from_slice(REASON.as_bytes());
        ending.resize(ending.len() + TOO_MANY_TABS, b'\t');
        ending.extend_from_slice(b"\n\\.\n");
    }
    ending.extend_from_slice(format!("\nSELECT '{REASON}'::integer;\n").as_bytes());
    ending
}
