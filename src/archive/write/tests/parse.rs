//! A reader of custom archives, as simple as can be and for tests alone: the writers are not to be judged by our own reader.
//! Whoever includes it names the crate's `archive` beside it.

use bytes::Bytes;

use super::archive::{Compression, DataPlace, Entry, Format, Header, Section, Version};

/// An archive in pieces.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) header: Header,
    pub(crate) entries: Vec<Entry>,
    /// Where the table of contents ends.
    pub(crate) head: usize,
    pub(crate) blocks: Vec<Block>,
}

/// A block of a custom archive, its chunks as they stand there.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) at: u64,
    pub(crate) dump_id: i32,
    pub(crate) data: Data,
}

#[derive(Debug)]
pub(crate) enum Data {
    Table(Vec<Bytes>),
    LargeObjects(Vec<(u32, Vec<Bytes>)>),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    int_size: usize,
}

impl Reader<'_> {
    fn raw(&mut self, count: usize) -> Bytes {
        self.at += count;
        Bytes::copy_from_slice(&self.bytes[self.at - count..self.at])
    }

    fn byte(&mut self) -> u8 {
        self.raw(1)[0]
    }

    fn low(&mut self, size: usize) -> u64 {
        self.raw(size).iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn int(&mut self) -> i64 {
        let negative = self.byte() != 0;
        let value = i64::try_from(self.low(self.int_size)).expect("a small integer");
        if negative { -value } else { value }
    }

    fn i32(&mut self) -> i32 {
        i32::try_from(self.int()).expect("32 bits")
    }

    fn text(&mut self) -> Option<Bytes> {
        let length = self.int();
        usize::try_from(length).ok().map(|length| self.raw(length))
    }

    fn chunks(&mut self) -> Vec<Bytes> {
        let mut chunks = Vec::new();
        loop {
            match self.int() {
                0 => return chunks,
                length => chunks.push(self.raw(usize::try_from(length).expect("a length"))),
            }
        }
    }
}

/// The header and the entries, and the blocks of a custom archive.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut reader = Reader { bytes, at: 0, int_size: 0 };
    let header = header(&mut reader);
    let offset_size = usize::from(header.offset_size);
    let count = reader.int();
    let entries = (0..count).map(|_| entry(&mut reader, &header, offset_size)).collect();
    let head = reader.at;
    let mut blocks = Vec::new();
    while header.format == Format::Custom && reader.at < bytes.len() {
        let at = reader.at as u64;
        let kind = reader.byte();
        let dump_id = reader.i32();
        let data = if kind == 1 {
            Data::Table(reader.chunks())
        } else {
            assert_eq!(kind, 3, "the kind of a block");
            let mut objects = Vec::new();
            loop {
                let oid = reader.int();
                if oid == 0 {
                    break;
                }
                objects.push((i32::try_from(oid).expect("32 bits").cast_unsigned(), reader.chunks()));
            }
            Data::LargeObjects(objects)
        };
        blocks.push(Block { at, dump_id, data });
    }
    Parsed { header, entries, head, blocks }
}

fn header(reader: &mut Reader<'_>) -> Header {
    assert_eq!(reader.raw(5), b"PGDMP"[..]);
    let version = Version { major: reader.byte(), minor: reader.byte(), revision: reader.byte() };
    let (int_size, offset_size) = (reader.byte(), reader.byte());
    reader.int_size = int_size.into();
    let format = if reader.byte() == 1 { Format::Custom } else { Format::Tar };
    let (compression, level) = if version.minor >= 15 {
        ([Compression::None, Compression::Gzip, Compression::Lz4, Compression::Zstd][usize::from(reader.byte())], 0)
    } else {
        let level = reader.i32();
        (if level == 0 { Compression::None } else { Compression::Gzip }, level)
    };
    let created = std::array::from_fn(|_| reader.i32());
    let (database, server_version, dump_version) = (reader.text(), reader.text(), reader.text());
    Header { version, int_size, offset_size, format, compression, level, created, database, server_version, dump_version }
}

fn entry(reader: &mut Reader<'_>, header: &Header, offset_size: usize) -> Entry {
    let minor = header.version.minor;
    let (dump_id, has_data) = (reader.i32(), reader.int() == 1);
    let (table_oid, oid, tag, desc) = (reader.text(), reader.text(), reader.text(), reader.text());
    let section = [Section::None, Section::PreData, Section::Data, Section::PostData][usize::try_from(reader.int() - 1).expect("1 to 4")];
    let (defn, drop_stmt, copy_stmt) = (reader.text(), reader.text(), reader.text());
    let (namespace, tablespace) = (reader.text(), reader.text());
    let table_am = if minor >= 14 { reader.text() } else { None };
    let relkind = if minor >= 16 { reader.i32() } else { 0 };
    let (owner, with_oids) = (reader.text(), reader.text());
    let mut dependencies = Vec::new();
    while let Some(dependency) = reader.text() {
        dependencies.push(std::str::from_utf8(&dependency).expect("digits").parse().expect("a number"));
    }
    let place = if header.format == Format::Custom {
        let flag = reader.byte();
        let position = reader.low(offset_size);
        match flag {
            1 => DataPlace::Unknown,
            2 => DataPlace::At(position),
            _ => DataPlace::NoData,
        }
    } else {
        DataPlace::File(reader.text().expect("a name"))
    };
    Entry {
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
    }
}
