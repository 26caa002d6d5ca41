//! The header of an archive (`ReadHead` in src/bin/pg_dump/pg_backup_archiver.c).

use std::io;

use super::super::{Compression, Format, Header, Version};
use super::input::{Input, damaged};
use crate::error::Fault;

/// The bytes that an archive begins with.
pub const MAGIC: &[u8; 5] = b"PGDMP";

/// The minor versions that are read: 1.12 (PostgreSQL 9.0) to 1.16 (PostgreSQL 17 and 18).
pub const MINORS: std::ops::RangeInclusive<u8> = 12..=16;

/// Reads the header, and tells the input how long integers and offsets are.
///
/// # Errors
/// Reading failed, or what stands there is no header of a version that is read.
pub(super) fn header(input: &mut Input) -> io::Result<Header> {
    input.inside = "its header";
    if input.array()? != *MAGIC {
        return Err(input.bad("the first bytes", None, "PGDMP"));
    }
    let [major, minor] = input.array()?;
    if major != 1 || !MINORS.contains(&minor) {
        return Err(damaged(Fault::ArchiveVersion { major, minor }));
    }
    let [revision, int_size, offset_size, format] = input.array()?;
    input.int_size = size(input, "the size of an integer", int_size)?;
    input.offset_size = size(input, "the size of an offset", offset_size)?;
    let format = match format {
        1 => Format::Custom,
        3 => Format::Tar,
        other => return Err(input.bad("the format", i64::from(other), "1 (custom) or 3 (tar and directory)")),
    };
    let (compression, level) = compression(input, minor)?;
    let created = created(input)?;
    let database = input.string("the name of the database")?;
    let server_version = input.string("the version of the server")?;
    let dump_version = input.string("the version of pg_dump")?;
    let version = Version { major, minor, revision };
    Ok(Header { version, int_size, offset_size, format, compression, level, created, database, server_version, dump_version })
}

fn size(input: &Input, what: &'static str, size: u8) -> io::Result<u8> {
    if (1..=8).contains(&size) { Ok(size) } else { Err(input.bad(what, i64::from(size), "1 to 8")) }
}

/// An algorithm since 1.15, before that a level (src/include/common/compression.h).
fn compression(input: &mut Input, minor: u8) -> io::Result<(Compression, i32)> {
    if minor < 15 {
        let level = input.ranged("the compression level", -1, 9, "-1 to 9")?;
        return Ok((if level == 0 { Compression::None } else { Compression::Gzip }, level));
    }
    let code = input.byte()?;
    match Compression::ALL.into_iter().find(|compression| compression.code() == code) {
        Some(compression) => Ok((compression, 0)),
        None => Err(input.bad("the compression", i64::from(code), "0 (none), 1 (gzip), 2 (lz4) or 3 (zstd)")),
    }
}

/// The time of the dump, as C's `struct tm` has it.
fn created(input: &mut Input) -> io::Result<[i32; 7]> {
    let limits = [(0, 61), (0, 59), (0, 23), (1, 31), (0, 11), (70, 8099), (-1, 1)];
    let mut created = [0; 7];
    for (part, (low, high)) in created.iter_mut().zip(limits) {
        *part = input.ranged("the time of the dump", low, high, "a part of a time")?;
    }
    Ok(created)
}
