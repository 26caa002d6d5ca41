//! A checksum of rows that does not depend on their order, on the form that they come in, or on the time zone of whoever
//! wrote them: the sum, modulo 2¹²⁸, of a hash of each. `docs/report.md` describes it for others to compute.
//!
//! A row is hashed as the line that `COPY … TO` writes of it, without its line end, without blanks at the end of its fields
//! (`char(n)` comes padded from a server, and not from a mask), each moment in it ([`zoned`]) in UTC.
//! The hash is XXH3 (128 bits, without a seed): it finds what was lost or changed by mistake, not what was forged.
//!
//! What the server writes in a line: src/backend/commands/copyto.c (`CopyAttributeOutText`).

pub mod zoned;

use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};
use xxhash_rust::xxh3::xxh3_128;

use super::insert::{self, Field};
use super::{Value, copy};

/// How the checksum is made, by name: another way would have another.
pub const METHOD: &str = "xxh3-128-sum";

/// A checksum of some rows. That of more rows is the sum of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    sum: u128,
    /// Values of each row that came as INSERT without names of columns.
    width: Option<usize>,
    unknown: bool,
}

/// A run of whole INSERT statements of one table, with nothing but blanks between them.
#[derive(Clone, Copy, Debug)]
pub struct Inserts<'a> {
    /// The statements.
    pub text: &'a [u8],
    /// How long the head is that each of them begins with, from INSERT to VALUES.
    pub head: usize,
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
    /// Whether they name their columns.
    pub listed: bool,
}

impl Digest {
    /// That of rows whose values are not known.
    pub fn unknown() -> Digest {
        Digest { unknown: true, ..Digest::default() }
    }

    /// The checksum; `None` where some value is not known.
    pub fn checksum(&self) -> Option<u128> {
        (!self.unknown).then_some(self.sum)
    }

    /// How many values each row has, where rows came as INSERT without names of columns.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// That of whole rows of COPY text, each with its line end. `memory` is used where a row is not hashed as it stands.
    /// `hides_ascii`: a byte below 0x80 may be the later byte of a character, so that rows are hashed as they stand.
    pub fn of_copy(rows: &[u8], crlf: bool, hides_ascii: bool, memory: &mut Vec<u8>) -> Digest {
        // No server writes them so, but it reads them.
        let controls = memchr3(0x08, 0x0b, 0x0c, rows).is_some();
        let padded = is_padded(rows);
        let (mut sum, mut start) = (0u128, 0);
        let mut bare = Vec::new();
        for end in memchr_iter(b'\n', rows) {
            let line = rows.get(start..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").filter(|_| crlf).unwrap_or(line);
            let line = if padded { without_padding(line, &mut bare) } else { line };
            let line = if hides_ascii { line } else { canonical(line, controls, memory) };
            sum = sum.wrapping_add(xxh3_128(line));
            start = end + 1;
        }
        Digest { sum, ..Digest::default() }
    }

    /// That of rows that come as INSERT: the values that COPY would have. A DEFAULT that stands where no columns are named
    /// is taken for that of a generated column, which COPY has no value for.
    pub fn of_inserts(run: &Inserts<'_>, memory: &mut Vec<u8>) -> Digest {
        let mut fields = Vec::new();
        let mut digest = Digest::default();
        let mut at = 0;
        while at < run.text.len() && !digest.unknown {
            match statement(run, at, &mut fields, memory, &mut digest) {
                Some(end) => at = end,
                None => digest.unknown = true,
            }
        }
        digest
    }

    /// That of rows without any value: `INSERT … DEFAULT VALUES` into a table without columns.
    pub fn of_empty(count: u64) -> Digest {
        Digest { sum: xxh3_128(b"").wrapping_mul(count.into()), width: Some(0), unknown: false }
    }
}

impl std::ops::AddAssign for Digest {
    fn add_assign(&mut self, other: Digest) {
        self.sum = self.sum.wrapping_add(other.sum);
        let alike = self.width.is_none() || other.width.is_none() || self.width == other.width;
        self.unknown |= other.unknown || !alike;
        self.width = self.width.or(other.width);
    }
}

/// Adds the rows of the statement at `at`; gives where the next begins. `None` where it is not understood.
fn statement(run: &Inserts<'_>, at: usize, fields: &mut Vec<Field>, memory: &mut Vec<u8>, digest: &mut Digest) -> Option<usize> {
    let mut start = insert::skip_blanks(run.text, at + run.head);
    let (mut row, mut bare) = (Vec::new(), Vec::new());
    loop {
        let end = insert::tuple(run.text, start, run.backslashes, fields).ok()?;
        let width = line(run, fields, memory, &mut row)?;
        let sum = xxh3_128(canonical(without_padding(&row, &mut bare), false, memory));
        *digest += Digest { sum, width: (!run.listed).then_some(width), unknown: false };
        let next = insert::skip_blanks(run.text, end);
        if run.text.get(next) != Some(&b',') {
            // No semicolon is in a tail that the reader lets pass but the one that ends it.
            return Some(insert::skip_blanks(run.text, next + memchr(b';', run.text.get(next..)?)? + 1));
        }
        start = insert::skip_blanks(run.text, next + 1);
    }
}

/// Makes the line that COPY would have of a tuple; gives how many values it has.
fn line(run: &Inserts<'_>, fields: &[Field], memory: &mut Vec<u8>, row: &mut Vec<u8>) -> Option<usize> {
    row.clear();
    let mut width = 0;
    for field in fields {
        let value = field.value(run.text, memory);
        if value == Value::Default {
            if run.listed {
                return None;
            }
            continue;
        }
        if width > 0 {
            row.push(b'\t');
        }
        width += 1;
        match value {
            Value::Text(text) => copy::escape(text, row),
            Value::Null | Value::Default => row.extend_from_slice(copy::NULL),
        }
    }
    Some(width)
}

/// Whether a field of some rows may end in blanks.
fn is_padded(rows: &[u8]) -> bool {
    [b" \t", b" \n", b" \r"].iter().any(|end| memmem::find(rows, *end).is_some())
}

/// A line without the blanks at the end of its fields.
fn without_padding<'l>(line: &'l [u8], memory: &'l mut Vec<u8>) -> &'l [u8] {
    if line.last() != Some(&b' ') && memmem::find(line, b" \t").is_none() {
        return line;
    }
    memory.clear();
    for (index, field) in line.split(|byte| *byte == b'\t').enumerate() {
        if index > 0 {
            memory.push(b'\t');
        }
        let length = field.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        memory.extend_from_slice(field.get(..length).unwrap_or_default());
    }
    memory
}

/// A line as a server writes it whose time zone is UTC. `controls`: it may hold control characters that are not escaped.
fn canonical<'l>(line: &'l [u8], controls: bool, memory: &'l mut Vec<u8>) -> &'l [u8] {
    memory.clear();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = odd(line, at, controls) {
        let mut change = |from: usize, to: usize, write: &dyn Fn(&mut Vec<u8>)| {
            memory.extend_from_slice(line.get(copied..from).unwrap_or_default());
            write(memory);
            copied = to;
            to
        };
        let rest = line.get(found..).unwrap_or_default();
        at = match rest {
            [b':', ..] => match zoned::around(line, found) {
                Some(stamp) if !stamp.is_utc() => change(stamp.start, stamp.end, &|out| stamp.write(out)),
                Some(stamp) => stamp.end,
                None => found + 1,
            },
            [b'\\', b'\\' | b'b' | b'f' | b'n' | b'r' | b't' | b'v', ..] => found + 2,
            [b'\\', b'N', ..] if is_field(line, found, found + 2) => found + 2,
            [b'\\', ..] => {
                let (byte, length) = copy::unescape_one(rest);
                change(found, found + length, &|out| copy::escape(&[byte], out))
            }
            _ => change(found, found + 1, &|out| copy::escape(rest.get(..1).unwrap_or_default(), out)),
        };
    }
    if copied == 0 {
        return line;
    }
    memory.extend_from_slice(line.get(copied..).unwrap_or_default());
    memory
}

/// The next byte from `at` on that may be of something that is written in another way.
fn odd(line: &[u8], at: usize, controls: bool) -> Option<usize> {
    let rest = line.get(at..)?;
    let mut found = memchr2(b'\\', b':', rest);
    if controls {
        let control = memchr3(0x08, 0x0b, 0x0c, rest);
        found = found.into_iter().chain(control).min();
    }
    found.map(|found| at + found)
}

/// Whether a field begins and ends there.
fn is_field(line: &[u8], start: usize, end: usize) -> bool {
    (start == 0 || line.get(start - 1) == Some(&b'\t')) && line.get(end).is_none_or(|next| *next == b'\t')
}

#[cfg(test)]
mod tests;
