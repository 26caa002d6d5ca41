//! The header of an archive as bytes, and the primitives that it and the table of contents are made of.
//!
//! `WriteHead`, `WriteInt`, `WriteStr` and `WriteOffset` in src/bin/pg_dump/pg_backup_archiver.c.

use crate::archive::{Format, Header, Version};
use crate::error::{Error, Fault, Result};

/// The flag of an offset: data stands somewhere behind the table of contents (`K_OFFSET_POS_NOT_SET`).
pub const OFFSET_UNKNOWN: u8 = 1;
/// The flag of an offset: data stands at the position that follows (`K_OFFSET_POS_SET`).
pub const OFFSET_SET: u8 = 2;
/// The flag of an offset: there is no data (`K_OFFSET_NO_DATA`).
pub const OFFSET_NO_DATA: u8 = 3;

/// Bytes in the making, with the sizes of an archive's integers and offsets.
#[derive(Clone, Debug)]
pub struct Encoder {
    bytes: Vec<u8>,
    int_size: usize,
    offset_size: usize,
}

impl Encoder {
    /// Nothing so far; the sizes are those that `header` states.
    pub fn new(header: &Header) -> Encoder {
        Encoder::with_sizes(header.int_size, header.offset_size)
    }

    /// Nothing so far; integers and offsets of so many bytes.
    pub fn with_sizes(int_size: u8, offset_size: u8) -> Encoder {
        Encoder { bytes: Vec::new(), int_size: int_size.into(), offset_size: offset_size.into() }
    }

    /// What has been written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes have been written.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// An integer: the sign, then the absolute value, least byte first.
    ///
    /// # Errors
    /// The archive's integers are too short for it.
    pub fn int(&mut self, value: i64) -> Result<()> {
        self.byte(u8::from(value < 0));
        self.low_bytes(value.unsigned_abs(), self.int_size)
    }

    /// The OID of a large object. `WriteInt` takes it as a C int, so the upper half of the OIDs is negative.
    ///
    /// # Errors
    /// The archive's integers are too short for it.
    pub fn oid(&mut self, oid: u32) -> Result<()> {
        self.int(i64::from(oid.cast_signed()))
    }

    /// A text, or NULL, which is one of length -1.
    ///
    /// # Errors
    /// The archive's integers are too short for its length, or it is longer than a C int can say.
    pub fn string(&mut self, text: Option<&[u8]>) -> Result<()> {
        let Some(text) = text else { return self.int(-1) };
        let length = i32::try_from(text.len()).map_err(|_| unsupported("a text of 2 GB or more"))?;
        self.int(length.into())?;
        self.raw(text);
        Ok(())
    }

    /// An offset: its flag, then the position, least byte first.
    ///
    /// # Errors
    /// The archive's offsets are too short for it.
    pub fn offset(&mut self, flag: u8, position: u64) -> Result<()> {
        self.byte(flag);
        self.low_bytes(position, self.offset_size)
    }

    fn low_bytes(&mut self, value: u64, size: usize) -> Result<()> {
        let bytes = value.to_le_bytes();
        let (low, high) = bytes.split_at(size.min(bytes.len()));
        if high.iter().any(|byte| *byte != 0) {
            return Err(unsupported("integers or offsets that are too short for this archive"));
        }
        self.raw(low);
        self.bytes.resize(self.bytes.len() + size - low.len(), 0);
        Ok(())
    }
}

/// The versions that can be written: PostgreSQL 9.0 to 18.
const VERSIONS: std::ops::RangeInclusive<u8> = 12..=16;

/// Writes a header. `header` says everything: what a format or a packing demands of it stands there already.
///
/// # Errors
/// The version is none of 1.12 to 1.16, or integers are too short.
pub fn write(out: &mut Encoder, header: &Header) -> Result<()> {
    let Version { major, minor, revision } = header.version;
    if major != 1 || !VERSIONS.contains(&minor) {
        return Err(unsupported("an archive of a version other than 1.12 to 1.16"));
    }
    out.raw(b"PGDMP");
    out.raw(&[major, minor, revision, header.int_size, header.offset_size]);
    out.byte(match header.format {
        Format::Custom => 1,
        Format::Directory | Format::Tar => 3,
    });
    if states_algorithm(header.version) {
        out.byte(header.compression.code());
    } else {
        out.int(header.level.into())?;
    }
    for part in header.created {
        out.int(part.into())?;
    }
    for text in [&header.database, &header.server_version, &header.dump_version] {
        out.string(text.as_deref())?;
    }
    Ok(())
}

/// Whether the header names the algorithm that packs the data. Before 1.15 it holds a level of gzip.
pub fn states_algorithm(version: Version) -> bool {
    (version.major, version.minor) >= (1, 15)
}

/// Something that cannot be written, as in `found {what}, which pgveil cannot follow`.
fn unsupported(what: &'static str) -> Error {
    Error::somewhere(Fault::Unsupported(what))
}
