//! Strings of JSON ↔ text (RFC 8259, section 7).

use super::scan;
use crate::encoding::Charset;

/// The inside of a string, without quotes: whether it is text as it stands.
pub(super) fn is_plain(inside: &[u8]) -> bool {
    memchr::memchr(b'\\', inside).is_none()
}

/// Appends what the inside of a well-formed string means. Half a pair of surrogates, which is no text, and `\u0000`, which
/// PostgreSQL takes nowhere, stay as they are written.
pub(super) fn decode(inside: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(found) = inside.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let escape = at + found;
        out.extend_from_slice(inside.get(at..escape).unwrap_or_default());
        at = escape + 2;
        match scan::byte(inside, escape + 1) {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => at = escape + unicode(inside, escape, out),
            other => out.push(other),
        }
    }
    out.extend_from_slice(inside.get(at..).unwrap_or_default());
}

/// Appends the character of the `\u` escape at an offset, and says how long it is.
fn unicode(inside: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let first = unit(inside, at).unwrap_or_default();
    let high = (0xD800..0xDC00).contains(&first);
    let low = unit(inside, at + 6).filter(|low| high && (0xDC00..0xE000).contains(low));
    let (code, length) = match low {
        Some(low) => (0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00), 12),
        None => (first, 6),
    };
    match char::from_u32(code).filter(|c| *c != '\0') {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(inside.get(at..at + 6).unwrap_or_default()),
    }
    length
}

/// The number of the `\uXXXX` at an offset.
fn unit(inside: &[u8], at: usize) -> Option<u32> {
    let hex = inside.get(at..at + 6)?.strip_prefix(b"\\u")?;
    hex.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// Makes of the text behind `mark` the inside of a string: escapes what must be, and what the dump's encoding cannot write.
/// NUL, which PostgreSQL takes nowhere, is left out.
pub(super) fn encode_tail(out: &mut Vec<u8>, mark: usize, charset: Charset) {
    let tail = out.get(mark..).unwrap_or_default();
    let foreign = charset != Charset::Utf8 && !tail.is_ascii();
    if !foreign && scan::plain(tail, 0) == tail.len() {
        return;
    }
    let mut text = super::super::super::scratch::buffer();
    text.extend_from_slice(tail);
    out.truncate(mark);
    if foreign {
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                let mut bytes = [0; 4];
                let written: &str = c.encode_utf8(&mut bytes);
                if c.is_ascii() || charset.encode_kept(written).is_some() {
                    encode(written.as_bytes(), out);
                } else {
                    c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escape(*unit, out));
                }
            }
            out.extend_from_slice(chunk.invalid());
        }
    } else {
        encode(&text, out);
    }
}

fn encode(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let end = scan::plain(text, at);
        out.extend_from_slice(text.get(at..end).unwrap_or_default());
        let Some(byte) = text.get(end) else { return };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0 => {}
            control => escape(u16::from(*control), out),
        }
        at = end + 1;
    }
}

/// Appends `\uXXXX`.
fn escape(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        let digit = (unit >> shift & 15) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
}
