//! The table of contents (`ReadToc` in src/bin/pg_dump/pg_backup_archiver.c).

use std::collections::HashSet;
use std::io;

use bytes::Bytes;

use super::super::{DataPlace, Entry, Format, Header, Section};
use super::input::Input;
use super::{kinds, texts};

/// Reads the entries behind the header.
///
/// # Errors
/// Reading failed, or what stands there is nothing that pg_dump writes.
pub(super) fn entries(input: &mut Input, header: &Header) -> io::Result<Vec<Entry>> {
    input.inside = "its table of contents";
    let count = input.ranged("the number of entries", 0, i32::MAX, "a number from 0 on")?;
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for _ in 0..count {
        input.entry = None;
        let dump_id = input.ranged("a dump id", 1, i32::MAX, "a number from 1 on")?;
        input.entry = Some(dump_id);
        if !seen.insert(dump_id) {
            return Err(input.bad("its dump id", i64::from(dump_id), "an id that no other entry has"));
        }
        entries.push(entry(input, header, dump_id)?);
    }
    input.entry = None;
    Ok(entries)
}

/// What follows a dump id.
fn entry(input: &mut Input, header: &Header, dump_id: i32) -> io::Result<Entry> {
    let minor = header.version.minor;
    let has_data = input.ranged("its flag for data", 0, 1, "0 or 1")? == 1;
    let table_oid = decimal(input, "the OID of its catalogue")?;
    let oid = decimal(input, "its OID")?;
    let tag = Some(required(input, "its name")?);
    let desc = required(input, "its kind")?;
    if !kinds::is_known(&desc) {
        return Err(input.unknown_kind(&desc));
    }
    let section = section(input)?;
    let defn = input.string("its definition")?;
    let drop_stmt = input.string("its DROP statement")?;
    let copy_stmt = input.string("its COPY statement")?;
    let namespace = input.string("its schema")?;
    let tablespace = input.string("its tablespace")?;
    let table_am = if minor >= 14 { input.string("its access method")? } else { None };
    let relkind = if minor >= 16 { relkind(input, &desc)? } else { 0 };
    let owner = input.string("its owner")?;
    let with_oids = input.string("its flag for OIDs")?;
    if !matches!(with_oids.as_deref(), Some(b"true" | b"false")) {
        return Err(input.bad("its flag for OIDs", None, "true or false"));
    }
    let dependencies = dependencies(input)?;
    let place = place(input, header.format)?;
    agree(input, has_data, &desc, section, &place)?;
    let desc = Some(desc);
    let entry = Entry {
        dump_id,
        has_data,
        table_oid,
        oid,
        tag,
        desc,
        section,
        defn,
        drop_stmt,
        copy_stmt,
        namespace,
        tablespace,
        table_am,
        relkind,
        owner,
        with_oids,
        dependencies,
        place,
    };
    match texts::contradiction(&entry) {
        None => Ok(entry),
        Some((what, expected)) => Err(input.bad(what, None, expected)),
    }
}

fn required(input: &mut Input, what: &'static str) -> io::Result<Bytes> {
    input.string(what)?.ok_or_else(|| input.bad(what, None, "a text, not NULL"))
}

/// A decimal as `%u` of C writes it.
fn decimal(input: &mut Input, what: &'static str) -> io::Result<Option<Bytes>> {
    let text = required(input, what)?;
    let plain = text.as_ref() == b"0" || text.first().is_some_and(|digit| (b'1'..=b'9').contains(digit));
    match number::<u32>(&text) {
        Some(_) if plain => Ok(Some(text)),
        _ => Err(input.bad(what, None, "a decimal of 32 bits")),
    }
}

/// The number that ASCII digits make.
fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

fn section(input: &mut Input) -> io::Result<Section> {
    Ok(match input.ranged("its section", 1, 4, "1 to 4")? {
        1 => Section::None,
        2 => Section::PreData,
        3 => Section::Data,
        _ => Section::PostData,
    })
}

/// A `relkind` of `pg_class` (src/include/catalog/pg_class.h) that goes with the kind of the entry, or 0.
fn relkind(input: &mut Input, desc: &[u8]) -> io::Result<i32> {
    let relkind = input.int("its relkind")?;
    let fitting: &[u8] = match desc {
        b"TABLE" => b"rp",
        b"VIEW" => b"v",
        b"MATERIALIZED VIEW" => b"m",
        b"FOREIGN TABLE" => b"f",
        _ => b"",
    };
    let known = u8::try_from(relkind).is_ok_and(|kind| kind == 0 || fitting.contains(&kind));
    if known {
        Ok(relkind)
    } else {
        Err(input.bad("its relkind", i64::from(relkind), "0 or a letter of pg_class.relkind that goes with its kind"))
    }
}

fn dependencies(input: &mut Input) -> io::Result<Vec<i32>> {
    let what = "a dependency of it";
    let mut ids = Vec::new();
    while let Some(text) = input.string(what)? {
        let id = number::<i32>(&text).filter(|id| *id > 0 && text.first() != Some(&b'0'));
        ids.push(id.ok_or_else(|| input.bad(what, None, "the dump id of an entry"))?);
    }
    Ok(ids)
}

/// The offset in a custom archive, the file's name in the others.
fn place(input: &mut Input, format: Format) -> io::Result<DataPlace> {
    if format != Format::Custom {
        return Ok(DataPlace::File(required(input, "the name of its file")?));
    }
    // K_OFFSET_POS_NOT_SET, K_OFFSET_POS_SET and K_OFFSET_NO_DATA in pg_backup_archiver.h.
    match input.offset()? {
        (1, 0) => Ok(DataPlace::Unknown),
        (2, offset) => Ok(DataPlace::At(offset)),
        (3, 0) => Ok(DataPlace::NoData),
        (1 | 3, _) => Err(input.bad("the offset of its data", None, "0, since its flag says that there is none")),
        (flag, _) => Err(input.bad("the flag of its offset", i64::from(flag), "1, 2 or 3")),
    }
}

/// Whether what an entry says of its data is true throughout.
fn agree(input: &Input, has_data: bool, desc: &[u8], section: Section, place: &DataPlace) -> io::Result<()> {
    let expected = matches!(desc, b"TABLE DATA" | b"BLOBS");
    if has_data != expected {
        return Err(input.bad("its flag for data", i64::from(has_data), "1 for TABLE DATA and BLOBS, 0 for all others"));
    }
    if has_data && section != Section::Data {
        return Err(input.bad("its section", None, "3, since it has data"));
    }
    let right = match place {
        DataPlace::NoData => !has_data,
        DataPlace::Unknown | DataPlace::At(_) => has_data,
        DataPlace::File(name) => file_fits(input.entry.unwrap_or_default(), has_data, desc, name),
    };
    if right { Ok(()) } else { Err(input.bad("the place of its data", None, "one that agrees with its kind and its dump id")) }
}

/// The names that the writers give (`_ArchiveEntry` in pg_backup_directory.c and pg_backup_tar.c); no other one is looked
/// for, so that no archive makes us read a file elsewhere.
fn file_fits(dump_id: i32, has_data: bool, desc: &[u8], name: &[u8]) -> bool {
    if !has_data {
        return name.is_empty();
    }
    let own = format!("{dump_id}.dat");
    let list = format!("blobs_{dump_id}.toc");
    name == own.as_bytes() || (desc == b"BLOBS" && (name == b"blobs.toc" || name == list.as_bytes()))
}
