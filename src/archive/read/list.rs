//! The list of large objects of a directory or tar archive: lines of `OID blob_OID.dat`
//! (`_EndLO` in src/bin/pg_dump/pg_backup_directory.c).

use std::io::{self, Read};

use super::input::damaged;
use crate::error::Fault;

/// The name of a large object's file.
pub(super) fn file_of(oid: u32) -> String {
    format!("blob_{oid}.dat")
}

/// The OID in the name of a large object's file.
pub(super) fn oid_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("blob_")?.strip_suffix(".dat")?;
    digits.parse().ok().filter(|oid| *oid > 0 && file_of(*oid) == name)
}

/// Reads a list: the OIDs in its order.
///
/// # Errors
/// Reading failed; a line is none that pg_dump writes.
pub(super) fn read(file: &str, reader: &mut impl Read) -> io::Result<Vec<u32>> {
    let mut text = String::new();
    let bad = |what| damaged(Fault::ArchiveFile { file: file.to_owned(), what });
    let line = "holds a line that is not an OID and the name of its file";
    reader.read_to_string(&mut text).map_err(|error| if error.kind() == io::ErrorKind::InvalidData { bad(line) } else { error })?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(bad("ends inside a line; it is cut"));
    }
    let parse = |line: &str| {
        let (oid, name) = line.split_once(' ')?;
        oid_of(name).filter(|found| found.to_string() == oid)
    };
    text.lines().map(|text| parse(text).ok_or_else(|| bad(line))).collect()
}
