//! COPY text: which field is NULL, unescaping, escaping.
//!
//! Facts from PostgreSQL's src/backend/commands/copyto.c (`CopyAttributeOutText`) and copyfromparse.c
//! (`CopyReadAttributesText`). Finding the fields is the row program's affair: it does so while it rewrites.

use memchr::{memchr, memchr2, memchr3};

/// The raw field that means NULL. It is compared before unescaping, so the text `\N` is written `\\N`.
pub const NULL: &[u8] = br"\N";

/// Whether what ends at `end` ends in a backslash that would escape the byte at `end`: a tab or line end after an odd
/// number of backslashes. pg_dump writes no such thing, and a row that holds one has not the fields that it seems to have.
#[inline]
pub fn is_escaped(text: &[u8], end: usize) -> bool {
    let before = text.get(..end).unwrap_or(text);
    let backslashes = before.iter().rev().take_while(|b| **b == b'\\').count();
    backslashes % 2 == 1
}

/// Appends the value of a raw field that is not NULL: all the escapes that the server takes, not only those it writes
/// (`\b \f \n \r \t \v`, one to three octal digits, `\x` with one or two hexadecimal digits, any other byte for itself).
pub fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (byte, length) = unescape_one(escaped);
        out.push(byte);
        rest = escaped.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The byte that an escape sequence stands for, and the sequence's length. `text` begins with a backslash.
pub(super) fn unescape_one(text: &[u8]) -> (u8, usize) {
    match text.get(1) {
        None => (b'\\', 1),
        Some(b'b') => (0x08, 2),
        Some(b'f') => (0x0c, 2),
        Some(b'n') => (b'\n', 2),
        Some(b'r') => (b'\r', 2),
        Some(b't') => (b'\t', 2),
        Some(b'v') => (0x0b, 2),
        Some(b'0'..=b'7') => numeric_escape(text, 1, 3, 8),
        Some(b'x') if text.get(2).is_some_and(u8::is_ascii_hexdigit) => numeric_escape(text, 2, 2, 16),
        Some(other) => (*other, 2),
    }
}

/// Reads up to `most` digits from `start`. The server keeps the low eight bits.
fn numeric_escape(text: &[u8], start: usize, most: usize, radix: u32) -> (u8, usize) {
    let digits = text.iter().skip(start).take(most).map_while(|b| char::from(*b).to_digit(radix));
    let (value, count) = digits.fold((0, 0), |(value, count), digit| (value * radix + digit, count + 1));
    #[expect(clippy::cast_possible_truncation, reason = "the low eight bits are meant: \\777 is 0xff")]
    (value as u8, start + count)
}

/// Escapes what stands in `out` from `start` on, in place. Mostly there is nothing to escape and nothing is moved.
#[inline]
pub fn escape_tail(out: &mut Vec<u8>, start: usize) {
    let tail = out.get(start..).unwrap_or_default();
    if memchr3(b'\\', b'\t', b'\n', tail).is_some() || memchr3(b'\r', 0x08, 0x0c, tail).is_some() || memchr2(0x0b, 0x0b, tail).is_some() {
        let value = out.split_off(start);
        escape(&value, out);
    }
}

/// Appends a value as the server would write it: the seven escapes that it knows.
pub fn escape(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        let letter = match byte {
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x0b => b'v',
            _ => {
                out.push(*byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::naive;
    use super::*;
    use proptest::prelude::*;

    fn unescaped(raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        unescape(raw, &mut out);
        out
    }

    #[test]
    fn takes_every_escape_of_the_server() {
        assert_eq!(unescaped(br"a\tb\nc\\d\be\ff\rg\v"), b"a\tb\nc\\d\x08e\x0cf\rg\x0b");
        assert_eq!(unescaped(br"\101\60\0x\777"), b"A0\0x\xff");
        assert_eq!(unescaped(br"\x41\x4g\xg\q\."), b"A\x04gxgq.");
        assert_eq!(unescaped(br"\"), br"\");
    }

    #[test]
    fn a_backslash_before_the_end_counts_only_when_odd() {
        assert!(is_escaped(b"a\\\t", 2));
        assert!(!is_escaped(b"a\\\\\t", 3));
        assert!(!is_escaped(b"\t", 0));
        assert!(is_escaped(b"\\\\\\\n", 3));
    }

    proptest! {
        #[test]
        fn escaping_round_trips(value: Vec<u8>) {
            let mut out = b"head\t".to_vec();
            out.extend_from_slice(&value);
            escape_tail(&mut out, 5);
            prop_assert!(out.starts_with(b"head\t"));
            prop_assert!(memchr3(b'\t', b'\n', b'\r', &out[5..]).is_none());
            prop_assert_eq!(unescaped(&out[5..]), value);
        }

        #[test]
        fn unescaping_equals_the_naive_version(raw in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'x'), Just(b'0'), Just(b'7'), Just(b'n'), any::<u8>()], 0..20)) {
            prop_assert_eq!(unescaped(&raw), naive::unescape(&raw));
        }
    }
}
