//! image: a grey pixel in the format of the picture that was there.

use super::{DataUrl, base64_length, hex_digits, write_base64, write_hex};
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `image`.
pub(super) const IMAGE: Definition = Definition {
    name: "image",
    summary: "a picture of one grey pixel, in the format of the picture: PNG, JPEG, GIF or WebP",
    accepts: "bytea, text of data URLs or of pictures in base 64",
    distinct: "no: all of one format become equal",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "",
    options: &[],
    example: Example::of(r#""image""#, "bytea", r"\x47494638396105000500800000ff0000ffffff2c00000000050005000002048c8f095003"),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "a picture: PNG, JPEG, GIF or WebP" };

/// A format of pictures.
struct Format {
    /// As media types name it (the register of IANA).
    media_type: &'static str,
    /// Whether a file of it begins so. Sixteen bytes are given, or the whole file.
    begins: fn(&[u8]) -> bool,
    /// One grey pixel.
    pixel: &'static [u8],
}

/// The formats, told apart by the first bytes that each one's specification demands: PNG (third edition), section 5.2;
/// JPEG, ITU-T T.81, section B.1.1.3; GIF89a, section 17; the WebP container specification, "WebP File Header".
const FORMATS: &[Format] = &[
    Format { media_type: "image/png", begins: |head| head.starts_with(b"\x89PNG\r\n\x1a\n"), pixel: PNG },
    Format { media_type: "image/jpeg", begins: |head| head.starts_with(b"\xff\xd8\xff"), pixel: JPEG },
    Format { media_type: "image/gif", begins: |head| head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"), pixel: GIF },
    Format { media_type: "image/webp", begins: |head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"), pixel: WEBP },
];

/// One grey pixel as PNG.
const PNG: &[u8] = b"\
    \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\
    \x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\xda\x63\x38\x03\x00\x00\xce\x00\xcd\x79\xee\xea\x3d\x00\
    \x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// One grey pixel as JPEG.
const JPEG: &[u8] = b"\
    \xff\xd8\xff\xe0\x00\x10\x4a\x46\x49\x46\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43\x00\x10\x0b\x0c\
    \x0e\x0c\x0a\x10\x0e\x0d\x0e\x12\x11\x10\x13\x18\x28\x1a\x18\x16\x16\x18\x31\x23\x25\x1d\x28\x3a\x33\x3d\x3c\x39\
    \x33\x38\x37\x40\x48\x5c\x4e\x40\x44\x57\x45\x37\x38\x50\x6d\x51\x57\x5f\x62\x67\x68\x67\x3e\x4d\x71\x79\x70\x64\
    \x78\x5c\x65\x67\x63\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xc4\x00\x14\x00\x01\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\xff\xc4\x00\x14\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x4c\xff\xd9";

/// One grey pixel as GIF.
const GIF: &[u8] = b"\
    \x47\x49\x46\x38\x37\x61\x01\x00\x01\x00\x81\x00\x00\xcc\xcc\xcc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x2c\x00\x00\
    \x00\x00\x01\x00\x01\x00\x00\x08\x04\x00\x01\x04\x04\x00\x3b";

/// One grey pixel as WebP (lossless).
const WEBP: &[u8] = b"\
    \x52\x49\x46\x46\x1e\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x4c\x11\x00\x00\x00\x2f\x00\x00\x00\x00\x07\x50\xe6\
    \x32\x97\xb9\xff\x81\x88\xe8\x7f\x00\x00";

/// How many of a file's first bytes tell its format.
const HEAD: usize = 16;

/// The format of a file that begins so.
fn format_of(head: &[u8]) -> Result<&'static Format, Refusal> {
    FORMATS.iter().find(|format| (format.begins)(head)).ok_or(REFUSAL)
}

/// Decodes the first bytes that digits stand for.
fn head_of_hex(digits: &[u8]) -> ([u8; HEAD], usize) {
    let mut head = [0; HEAD];
    let mut length = 0;
    for (byte, pair) in head.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | char::from(*digit).to_digit(16).unwrap_or(0) as u8);
        length += 1;
    }
    (head, length)
}

/// Decodes the first bytes that a text in base 64 stands for; line ends are passed over.
fn head_of_base64(body: &[u8]) -> ([u8; HEAD], usize) {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut head, mut length, mut bits, mut held) = ([0; HEAD], 0, 0u32, 0);
    for six in body.iter().filter_map(|byte| value(*byte)) {
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(place) = head.get_mut(length) else { break };
            *place = (bits >> held) as u8;
            length += 1;
        }
    }
    (head, length)
}

/// Writes a pixel.
#[derive(Debug)]
struct Image {
    bytea: bool,
}

impl Mask for Image {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if self.bytea {
            let digits = hex_digits(cell.value).ok_or(REFUSAL)?;
            if digits.is_empty() {
                return Ok(Masked::Same);
            }
            let (head, length) = head_of_hex(digits);
            let format = format_of(head.get(..length).unwrap_or_default())?;
            out.extend_from_slice(b"\\x");
            write_hex(format.pixel.iter().copied(), out);
            return Ok(Masked::Value);
        }
        let url = DataUrl::read(cell.value);
        let body = url.as_ref().map_or(cell.value, |url| url.body);
        base64_length(body).ok_or(REFUSAL)?;
        let (head, length) = head_of_base64(body);
        let format = format_of(head.get(..length).unwrap_or_default())?;
        if url.is_some() {
            DataUrl::write_head(format.media_type, out);
        }
        write_base64(format.pixel, out);
        Ok(Masked::Value)
    }
}

/// `image`.
fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    let bytea = request.target.kind == Kind::Bytea;
    if !bytea && !request.target.is_text() {
        return Err(request.wrong_kind("makes pictures"));
    }
    if !bytea {
        request.needs_charset()?;
        let length = |format: &Format| "data:;base64,".len() + format.media_type.len() + format.pixel.len().div_ceil(3) * 4;
        let least = FORMATS.iter().map(length).max().unwrap_or(0);
        if request.max_chars() < least {
            return Err(request.too_short("a picture as a data URL needs", least));
        }
    }
    let fingerprint = format!("image {bytea}");
    Ok(request.bound(Image { bytea }, Distinct::Lost, fingerprint))
}

/// The pixels by the names of their formats: for tests that have them read by others.
#[cfg(test)]
pub(super) fn pixels() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FORMATS.iter().map(|format| (format.media_type, format.pixel))
}
