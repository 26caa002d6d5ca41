//! The primitives of an archive: bytes, integers, strings and offsets, read off a stream and counted.
//!
//! Layouts follow `ReadInt`, `ReadStr` and `ReadOffset` in src/bin/pg_dump/pg_backup_archiver.c. Stricter than these: a
//! sign other than 0 and 1, a negative zero, a length below -1 and a NUL inside a string are damage, since no pg_dump
//! writes them and pg_restore would read something else than what stands there.

use std::io::{self, BufRead, BufReader, Read};

use bytes::Bytes;

use crate::error::Fault;

/// How many bytes are read at a time.
const BLOCK: usize = 256 * 1024;

/// The bytes of an archive, from its first on.
pub(super) struct Input {
    inner: BufReader<Box<dyn Read + Send>>,
    at: u64,
    /// How many bytes an integer takes, its sign apart.
    pub(super) int_size: u8,
    /// How many bytes an offset takes, its flag apart.
    pub(super) offset_size: u8,
    /// The entry that is being read, for messages.
    pub(super) entry: Option<i32>,
    /// What is being read, for messages.
    pub(super) inside: &'static str,
}

impl Default for Input {
    fn default() -> Input {
        Input::with_capacity(0, Box::new(io::empty()))
    }
}

impl Input {
    /// The archive that `inner` holds, from its first byte on.
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Input {
        Input::with_capacity(BLOCK, inner)
    }

    fn with_capacity(capacity: usize, inner: Box<dyn Read + Send>) -> Input {
        let inner = BufReader::with_capacity(capacity, inner);
        Input { inner, at: 0, int_size: 4, offset_size: 8, entry: None, inside: "its header" }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether nothing is left.
    ///
    /// # Errors
    /// Reading failed.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.inner.fill_buf()?.is_empty())
    }

    /// What a read gives without waiting.
    pub(super) fn buffered(&self) -> &[u8] {
        self.inner.buffer()
    }

    /// Damage: what was found of the entry at hand, and what was expected.
    pub(super) fn bad(&self, what: &'static str, found: impl Into<Option<i64>>, expected: &'static str) -> io::Error {
        damaged(Fault::BadArchive { entry: self.entry, what, found: found.into(), expected })
    }

    /// The kind of an entry is none that is known: of a newer pg_dump if it reads like one, else damage.
    pub(super) fn unknown_kind(&self, desc: &[u8]) -> io::Error {
        let word = |text: &&str| text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ');
        let kind = std::str::from_utf8(desc).ok().filter(word).map(str::to_owned);
        damaged(Fault::EntryKind { entry: self.entry, kind })
    }

    /// The archive ends here, and must not.
    pub(super) fn cut(&self) -> io::Error {
        damaged(Fault::CutArchive { entry: self.entry, inside: self.inside })
    }

    pub(super) fn byte(&mut self) -> io::Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Fills a short buffer.
    pub(super) fn exact(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        match self.inner.read_exact(bytes) {
            Ok(()) => {
                self.at += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.cut()),
            Err(error) => Err(error),
        }
    }

    /// A little-endian number of so many bytes (8 at most).
    fn magnitude(&mut self, size: u8) -> io::Result<u64> {
        let mut bytes = [0; 8];
        match bytes.get_mut(..usize::from(size)) {
            Some(bytes) => self.exact(bytes)?,
            None => return Err(self.bad("the size of an integer", i64::from(size), "1 to 8")),
        }
        Ok(u64::from_le_bytes(bytes))
    }

    /// Sign and magnitude.
    fn number(&mut self, what: &'static str) -> io::Result<(bool, u64)> {
        let sign = self.byte()?;
        let magnitude = self.magnitude(self.int_size)?;
        match sign {
            0 => Ok((false, magnitude)),
            1 if magnitude > 0 => Ok((true, magnitude)),
            _ => Err(self.bad(what, i64::from(sign), "a sign of 0, or of 1 before a number that is not 0")),
        }
    }

    /// An integer; `what` names it in messages.
    pub(super) fn int(&mut self, what: &'static str) -> io::Result<i32> {
        let (negative, magnitude) = self.number(what)?;
        let value = i64::try_from(magnitude).ok().and_then(|value| i32::try_from(if negative { -value } else { value }).ok());
        value.ok_or_else(|| self.bad(what, i64::try_from(magnitude).ok(), "a number of 32 bits"))
    }

    /// An integer from `low` to `high`.
    pub(super) fn ranged(&mut self, what: &'static str, low: i32, high: i32, expected: &'static str) -> io::Result<i32> {
        let value = self.int(what)?;
        if (low..=high).contains(&value) { Ok(value) } else { Err(self.bad(what, i64::from(value), expected)) }
    }

    /// The OID of a large object: from 2^31 on it is written as a negative number.
    pub(super) fn oid(&mut self) -> io::Result<u32> {
        let what = "the OID of a large object";
        let (negative, magnitude) = self.number(what)?;
        match u32::try_from(magnitude) {
            Ok(oid) if !negative => Ok(oid),
            Ok(oid) if oid <= 1 << 31 => Ok(oid.wrapping_neg()),
            _ => Err(self.bad(what, i64::try_from(magnitude).ok(), "a number of 32 bits")),
        }
    }

    /// A string, or NULL.
    pub(super) fn string(&mut self, what: &'static str) -> io::Result<Option<Bytes>> {
        let length = self.int(what)?;
        let Ok(length) = u64::try_from(length) else {
            return if length == -1 { Ok(None) } else { Err(self.bad(what, i64::from(length), "a length from 0 on, or -1 for NULL")) };
        };
        // Grows with what is there, whatever the length claims.
        let mut text = Vec::new();
        self.inner.by_ref().take(length).read_to_end(&mut text)?;
        self.at += text.len() as u64;
        if (text.len() as u64) < length {
            return Err(self.cut());
        }
        match memchr::memchr(0, &text) {
            Some(_) => Err(self.bad(what, None, "a text without NUL bytes")),
            None => Ok(Some(text.into())),
        }
    }

    /// An offset with its flag.
    pub(super) fn offset(&mut self) -> io::Result<(u8, u64)> {
        let flag = self.byte()?;
        Ok((flag, self.magnitude(self.offset_size)?))
    }

    /// Passes over so many bytes.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let found = self.inner.fill_buf()?.len() as u64;
            if found == 0 {
                return Err(self.cut());
            }
            let step = found.min(count);
            self.consume(usize::try_from(step).unwrap_or(usize::MAX));
            count -= step;
        }
        Ok(())
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.at += count as u64;
        self.inner.consume(count);
    }
}

/// A fault on its way through a reader.
pub(super) fn damaged(fault: Fault) -> io::Error {
    io::Error::other(fault)
}
