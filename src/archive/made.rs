//! Archives made by hand for tests: bytes written field by field, with a note of what stands where.

use std::io::{Cursor, Read, Write};
use std::ops::Range;

use bytes::Bytes;

use super::{Compression, DataPlace, Entry, Format, Header, Section, Version};

/// Bytes, and the names of the fields that they make.
#[derive(Default)]
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) fields: Vec<(&'static str, Range<usize>)>,
}

impl Made {
    pub(super) fn raw(&mut self, name: &'static str, bytes: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.fields.push((name, from..self.bytes.len()));
    }

    pub(super) fn int(&mut self, name: &'static str, value: i64, size: u8) {
        let magnitude = value.unsigned_abs().to_le_bytes();
        let mut bytes = vec![u8::from(value < 0)];
        bytes.extend_from_slice(&magnitude[..usize::from(size)]);
        self.raw(name, &bytes);
    }

    fn string(&mut self, name: &'static str, value: Option<&Bytes>, size: u8) {
        let length = value.map_or(-1, |value| i64::try_from(value.len()).expect("fits"));
        self.int("a length", length, size);
        self.raw(name, value.map_or(b"", |value| value.as_ref()));
    }

    /// What the field at a byte is called.
    pub(super) fn field(&self, at: usize) -> &'static str {
        self.fields.iter().find(|(_, range)| range.contains(&at)).map_or("", |(name, _)| name)
    }
}

pub(super) fn text(text: &str) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn header(minor: u8, format: Format, compression: Compression) -> Header {
    Header {
        version: Version { major: 1, minor, revision: 0 },
        int_size: 4,
        offset_size: 8,
        format,
        compression,
        level: if minor < 15 && compression == Compression::Gzip { -1 } else { 0 },
        created: [59, 58, 23, 31, 11, 125, 0],
        database: text("app"),
        server_version: text("15.18"),
        dump_version: text(if minor < 15 { "15.18" } else { "18.6" }),
    }
}

pub(super) fn entry(dump_id: i32, desc: &str, tag: &str) -> Entry {
    Entry {
        dump_id,
        has_data: false,
        table_oid: text("1259"),
        oid: text("16384"),
        tag: text(tag),
        desc: text(desc),
        section: Section::PreData,
        defn: text(""),
        drop_stmt: text(""),
        copy_stmt: None,
        namespace: text("public"),
        tablespace: None,
        table_am: None,
        relkind: 0,
        owner: text("postgres"),
        with_oids: text("false"),
        dependencies: Vec::new(),
        place: DataPlace::NoData,
    }
}

/// The settings, a table, its rows, large objects and a view: what most archives hold.
pub(super) fn entries(minor: u8) -> Vec<Entry> {
    let setting = |id, desc: &str, defn: &str| Entry { defn: text(defn), namespace: None, owner: text(""), ..entry(id, desc, desc) };
    let mut all = vec![
        setting(1, "ENCODING", "SET client_encoding = 'UTF8';\n"),
        setting(2, "STDSTRINGS", "SET standard_conforming_strings = 'on';\n"),
    ];
    if minor >= 13 {
        all.push(setting(3, "SEARCHPATH", "SELECT pg_catalog.set_config('search_path', '', false);\n"));
    }
    all.push(Entry {
        defn: text("CREATE TABLE public.t (\n    a integer\n);\n"),
        drop_stmt: text("DROP TABLE public.t;\n"),
        tablespace: text(""),
        table_am: text("heap").filter(|_| minor >= 14),
        relkind: if minor >= 16 { i32::from(b'r') } else { 0 },
        ..entry(210, "TABLE", "t")
    });
    all.push(Entry {
        has_data: true,
        section: Section::Data,
        defn: None,
        copy_stmt: text("COPY public.t (a) FROM stdin;\n"),
        dependencies: vec![210],
        place: DataPlace::Unknown,
        ..entry(3055, "TABLE DATA", "t")
    });
    all.push(Entry {
        has_data: true,
        section: Section::Data,
        namespace: None,
        defn: None,
        place: DataPlace::Unknown,
        ..entry(3056, "BLOBS", "BLOBS")
    });
    all.push(Entry {
        defn: text("CREATE INDEX i ON public.t USING btree (a);\n"),
        section: Section::PostData,
        ..entry(3057, "INDEX", "i")
    });
    all
}

pub(super) const ROWS: &[u8] = b"1\n2\n\\N\n\\.\n\n\n";
pub(super) const OBJECTS: [(u32, &[u8]); 3] = [(7, b"seven"), (4_294_967_295, b""), (2_147_483_648, &[0xff; 40_000])];

/// The header and the table of contents.
pub(super) fn contents(header: &Header, entries: &[Entry]) -> Made {
    let mut made = Made::default();
    let size = header.int_size;
    made.raw("magic", b"PGDMP");
    made.raw("version", &[header.version.major, header.version.minor]);
    made.raw("revision", &[header.version.revision]);
    made.raw("sizes", &[header.int_size, header.offset_size]);
    made.raw("format", &[if header.format == Format::Custom { 1 } else { 3 }]);
    if header.version.minor < 15 {
        made.int("level", header.level.into(), size);
    } else {
        made.raw("compression", &[header.compression as u8]);
    }
    for part in header.created {
        made.int("created", part.into(), size);
    }
    made.string("text of the header", header.database.as_ref(), size);
    made.string("text of the header", header.server_version.as_ref(), size);
    made.string("text of the header", header.dump_version.as_ref(), size);
    made.int("count", i64::try_from(entries.len()).expect("fits"), size);
    for entry in entries {
        one(&mut made, header, entry);
    }
    made
}

fn one(made: &mut Made, header: &Header, entry: &Entry) {
    let (size, minor) = (header.int_size, header.version.minor);
    made.int(if entry.has_data { "dump id with data" } else { "dump id" }, entry.dump_id.into(), size);
    made.int("has data", entry.has_data.into(), size);
    made.string("OID", entry.table_oid.as_ref(), size);
    made.string("OID", entry.oid.as_ref(), size);
    made.string("name", entry.tag.as_ref(), size);
    made.string("kind", entry.desc.as_ref(), size);
    made.int("section", entry.section as i64 + 1, size);
    made.string("statement", entry.defn.as_ref(), size);
    made.string("statement", entry.drop_stmt.as_ref(), size);
    made.string("statement", entry.copy_stmt.as_ref(), size);
    made.string("name", entry.namespace.as_ref(), size);
    made.string("name", entry.tablespace.as_ref(), size);
    if minor >= 14 {
        made.string("name", entry.table_am.as_ref(), size);
    }
    if minor >= 16 {
        made.int("relkind", entry.relkind.into(), size);
    }
    made.string("name", entry.owner.as_ref(), size);
    made.string("with oids", entry.with_oids.as_ref(), size);
    for id in &entry.dependencies {
        made.string("dependency", text(&id.to_string()).as_ref(), size);
    }
    made.string("", None, size);
    let offset = |made: &mut Made, flag, offset: u64| {
        made.raw("flag", &[flag]);
        made.raw("offset", &offset.to_le_bytes()[..usize::from(header.offset_size)]);
    };
    match &entry.place {
        DataPlace::Unknown => offset(made, 1, 0),
        DataPlace::At(at) => offset(made, 2, *at),
        DataPlace::NoData => offset(made, 3, 0),
        DataPlace::File(name) => made.string("file", Some(name), size),
    }
}

/// One whole stream.
pub(super) fn packed(compression: Compression, data: &[u8]) -> Vec<u8> {
    match compression {
        Compression::None => data.to_vec(),
        Compression::Gzip => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(data).expect("packs");
            encoder.finish().expect("packs")
        }
        Compression::Lz4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(data).expect("packs");
            encoder.finish().expect("packs")
        }
        Compression::Zstd => zstd::encode_all(data, 3).expect("packs"),
    }
}

/// A stream in chunks of so many bytes, with its end.
pub(super) fn chunked(stream: &[u8], step: usize, int_size: u8) -> Vec<u8> {
    let mut made = Made::default();
    for chunk in stream.chunks(step) {
        made.int("", i64::try_from(chunk.len()).expect("fits"), int_size);
        made.raw("", chunk);
    }
    made.int("", 0, int_size);
    made.bytes
}

/// A block of rows.
pub(super) fn table_block(dump_id: i32, chunks: &[u8], int_size: u8) -> Vec<u8> {
    let mut made = Made::default();
    made.raw("", &[1]);
    made.int("", dump_id.into(), int_size);
    made.raw("", chunks);
    made.bytes
}

/// A block of large objects.
pub(super) fn objects_block(dump_id: i32, compression: Compression, int_size: u8) -> Vec<u8> {
    let mut made = Made::default();
    made.raw("", &[3]);
    made.int("", dump_id.into(), int_size);
    for (oid, contents) in OBJECTS {
        // As a C int.
        made.int("", i64::from(oid.cast_signed()), int_size);
        made.raw("", &chunked(&packed(compression, contents), 4096, int_size));
    }
    made.int("", 0, int_size);
    made.bytes
}

/// A whole custom archive of [`entries`].
pub(super) fn custom(header: &Header) -> Made {
    let mut made = contents(header, &entries(header.version.minor));
    let rows = chunked(&packed(header.compression, ROWS), 5, header.int_size);
    made.raw("data", &table_block(3055, &rows, header.int_size));
    made.raw("data", &objects_block(3056, header.compression, header.int_size));
    made
}

pub(super) fn reader(bytes: &[u8]) -> Box<dyn Read + Send> {
    Box::new(Cursor::new(bytes.to_vec()))
}

/// Entries whose data stands in files.
pub(super) fn filed(minor: u8) -> Vec<Entry> {
    let place = |entry: &Entry| match entry.dump_id {
        3055 => "3055.dat",
        3056 if minor >= 16 => "blobs_3056.toc",
        3056 => "blobs.toc",
        _ => "",
    };
    let with = |entry: Entry| Entry { place: DataPlace::File(place(&entry).into()), ..entry };
    entries(minor).into_iter().map(with).collect()
}

/// A member of a tar file, as pg_dump writes it.
pub(super) fn member(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000600 ");
    header[124..136].copy_from_slice(format!("{:011o} ", contents.len()).as_bytes());
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    seal(&mut header);
    let mut member = header.to_vec();
    member.extend_from_slice(contents);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

/// Writes the checksum of a tar header.
pub(super) fn seal(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header[..512].iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o} \0").as_bytes());
}

/// The name and the content of a member.
pub(super) type Member = (String, Vec<u8>);

/// The members of a tar archive of [`filed`], without the end.
pub(super) fn members(minor: u8) -> Vec<Member> {
    let header = header(minor, Format::Tar, Compression::None);
    let mut members = vec![("toc.dat".to_owned(), contents(&header, &filed(minor)).bytes), ("3055.dat".to_owned(), ROWS.to_vec())];
    for (oid, contents) in OBJECTS {
        members.push((format!("blob_{oid}.dat"), contents.to_vec()));
    }
    members.push((if minor >= 16 { "blobs_3056.toc" } else { "blobs.toc" }.to_owned(), list().into_bytes()));
    members.push(("restore.sql".to_owned(), b"-- all of it\n".to_vec()));
    members
}

/// The list of [`OBJECTS`].
pub(super) fn list() -> String {
    OBJECTS.iter().map(|(oid, _)| format!("{oid} blob_{oid}.dat\n")).collect()
}

pub(super) fn tar(members: &[Member]) -> Vec<u8> {
    let mut bytes: Vec<u8> = members.iter().flat_map(|(name, contents)| member(name, contents)).collect();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
