//! Bytes that are no text: image, random_bytes. In bytea as COPY writes it (`\x` and hexadecimal digits), and in text as
//! data URLs (RFC 2397) or base 64.

mod image;
mod random;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[image::IMAGE, random::RANDOM_BYTES];

/// The digits of a bytea as the server writes it (`bytea_output = hex`, its default); `None` where it is written otherwise.
fn hex_digits(value: &[u8]) -> Option<&[u8]> {
    let digits = value.strip_prefix(b"\\x")?;
    (digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit)).then_some(digits)
}

/// Appends bytes as hexadecimal digits.
fn write_hex(bytes: impl IntoIterator<Item = u8>, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
    out.extend(bytes.into_iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// A data URL in base 64: its type, and what it holds.
struct DataUrl<'a> {
    /// `image/png`; empty where none is named.
    media_type: &'a str,
    /// Base 64.
    body: &'a [u8],
}

impl<'a> DataUrl<'a> {
    /// Reads `data:image/png;base64,…`. Parameters (a charset, a file's name) are passed over.
    fn read(value: &'a [u8]) -> Option<DataUrl<'a>> {
        let scheme = value.get(..5)?;
        if !scheme.eq_ignore_ascii_case(b"data:") {
            return None;
        }
        let comma = memchr::memchr(b',', value)?;
        let head = std::str::from_utf8(value.get(5..comma)?).ok()?;
        let (head, encoding) = head.rsplit_once(';')?;
        let media_type = head.split(';').next().unwrap_or_default();
        let plain = media_type.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte));
        (encoding.trim().eq_ignore_ascii_case("base64") && plain).then_some(DataUrl { media_type, body: value.get(comma + 1..)? })
    }

    /// Appends what stands before the body, without parameters.
    fn write_head(media_type: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data:");
        out.extend_from_slice(media_type.as_bytes());
        out.extend_from_slice(b";base64,");
    }
}

/// How many bytes a text in base 64 stands for, line ends apart; `None` where it is none.
fn base64_length(body: &[u8]) -> Option<usize> {
    let (mut digits, mut padding) = (0usize, 0usize);
    for byte in body {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            byte if padding == 0 && (byte.is_ascii_alphanumeric() || b"+/".contains(byte)) => digits += 1,
            _ => return None,
        }
    }
    (digits % 4 != 1 && padding <= 2).then_some(digits * 3 / 4)
}

/// Appends bytes in base 64.
fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let mark = out.len();
    out.resize(mark + bytes.len().div_ceil(3) * 4, 0);
    let length = STANDARD.encode_slice(bytes, out.get_mut(mark..).unwrap_or_default()).unwrap_or(0);
    out.truncate(mark + length);
}
