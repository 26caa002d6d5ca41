//! What stands at the head of an archive: the header, and the table of contents with its entries.
//!
//! Texts are bytes in the encoding of the archive's `ENCODING` entry. NULL and the empty string are two values, as they
//! are in the file (`ReadStr` in src/bin/pg_dump/pg_backup_archiver.c).

use bytes::Bytes;

/// The version of an archive, as in `PGDMP 1.16`: that of the tool that wrote it, not of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 1 in every archive so far.
    pub major: u8,
    /// 12 (PostgreSQL 9.0) to 16 (PostgreSQL 17 and 18).
    pub minor: u8,
    /// Readers accept any.
    pub revision: u8,
}

/// The three forms of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One file: header, table of contents, data blocks (`pg_dump -Fc`).
    Custom,
    /// A folder: `toc.dat`, and a file for each data entry (`pg_dump -Fd`).
    Directory,
    /// A tar file with the members of a directory archive, not packed (`pg_dump -Ft`).
    Tar,
}

/// How data is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// zlib streams in a custom archive, gzip files in a directory.
    Gzip,
    /// LZ4 frames; since archive version 1.15.
    Lz4,
    /// Zstandard frames; since archive version 1.15.
    Zstd,
}

impl Compression {
    /// All of them, in the order in which pg_restore looks for their files: one that is not packed wins
    /// (`InitDiscoverCompressFileHandle` in src/bin/pg_dump/compress_io.c).
    pub const ALL: [Compression; 4] = [Compression::None, Compression::Gzip, Compression::Lz4, Compression::Zstd];

    /// As `-Z` has it.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }

    /// What the name of a file ends in that is packed so: `.gz`, or nothing.
    pub fn suffix(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Lz4 => ".lz4",
            Compression::Zstd => ".zst",
        }
    }

    /// The byte in the header of an archive, since version 1.15 (`pg_compress_algorithm` in src/include/common/compression.h).
    pub fn code(self) -> u8 {
        match self {
            Compression::None => 0,
            Compression::Gzip => 1,
            Compression::Lz4 => 2,
            Compression::Zstd => 3,
        }
    }
}

/// The header of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the archive.
    pub version: Version,
    /// How many bytes an integer takes, its sign apart.
    pub int_size: u8,
    /// How many bytes an offset takes, its flag apart.
    pub offset_size: u8,
    /// What the format byte says: a `toc.dat` in a directory says [`Format::Tar`].
    pub format: Format,
    /// What packs the data. In versions before 1.15 the file holds a level; any but 0 means gzip.
    pub compression: Compression,
    /// The level that versions before 1.15 hold: -1 (default) to 9. Later ones hold none, and have 0 here.
    pub level: i32,
    /// Second, minute, hour, day, month (from 0), year (since 1900), daylight saving: local time of the dumping machine.
    pub created: [i32; 7],
    /// The database that was dumped.
    pub database: Option<Bytes>,
    /// As in `15.18 (Debian 15.18-0+deb12u1)`.
    pub server_version: Option<Bytes>,
    /// As in `15.18 (Debian 15.18-0+deb12u1)`.
    pub dump_version: Option<Bytes>,
}

impl Header {
    /// [`Header::created`] of an archive that was made of a script, which does not say when it was begun: the first moment of 1970.
    pub const UNDATED: [i32; 7] = [0, 0, 0, 1, 0, 70, 0];
}

/// The part of a restore that an entry belongs to (`teSection`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Comments, grants and labels: that of the entry before them.
    None,
    /// What comes before the data.
    PreData,
    /// Data.
    Data,
    /// What comes after the data.
    PostData,
}

/// An entry of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Greater than 0 and unique; not the entry's place.
    pub dump_id: i32,
    /// Whether it has a data block or file.
    pub has_data: bool,
    /// The OID of the catalogue that the object stands in, as a decimal.
    pub table_oid: Option<Bytes>,
    /// The OID of the object, as a decimal.
    pub oid: Option<Bytes>,
    /// The bare name, unquoted; may hold anything, line ends too.
    pub tag: Option<Bytes>,
    /// What it is: `TABLE`, `TABLE DATA`, `FK CONSTRAINT`.
    pub desc: Option<Bytes>,
    /// When it is restored.
    pub section: Section,
    /// The SQL that makes it; for `BLOB METADATA` a list of OIDs.
    pub defn: Option<Bytes>,
    /// The SQL that drops it.
    pub drop_stmt: Option<Bytes>,
    /// `COPY schema.table (columns) FROM stdin;` with its line end; none where the data is INSERT statements.
    pub copy_stmt: Option<Bytes>,
    /// The schema.
    pub namespace: Option<Bytes>,
    /// Empty: the default tablespace.
    pub tablespace: Option<Bytes>,
    /// The table access method; since 1.14.
    pub table_am: Option<Bytes>,
    /// `relkind` of `pg_class` as a character's number, or 0; since 1.16.
    pub relkind: i32,
    /// The owner.
    pub owner: Option<Bytes>,
    /// `true` only in archives of PostgreSQL before 12.
    pub with_oids: Option<Bytes>,
    /// The dump ids of what it needs; decimals in the file. Ids that the archive has not are allowed.
    pub dependencies: Vec<i32>,
    /// Where its data stands.
    pub place: DataPlace,
}

/// Where an entry's data stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataPlace {
    /// Custom: it has none.
    NoData,
    /// Custom: somewhere behind the table of contents; the writer could not seek.
    Unknown,
    /// Custom: at this offset of the file.
    At(u64),
    /// Directory and tar: the file's name without the suffix of its compression; empty where there is none.
    File(Bytes),
}
