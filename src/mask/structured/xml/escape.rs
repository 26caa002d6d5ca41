//! Text of XML ↔ text (XML 1.0, sections 2.2, 2.4, 2.7 and 4.1).

use crate::encoding::Charset;
use crate::mask::scratch;

/// Where a CDATA section opens and ends.
const OPENS: &str = "<![CDATA[";
const ENDS: &str = "]]>";

/// Appends what text with references means; `None` where one is to an entity that XML does not know by itself.
pub(super) fn decode(written: &str, text: &mut Vec<u8>) -> Option<()> {
    let mut rest = written;
    while let Some((before, behind)) = rest.split_once('&') {
        text.extend_from_slice(before.as_bytes());
        let (name, after) = behind.split_once(';')?;
        let c = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        };
        text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        rest = after;
    }
    text.extend_from_slice(rest.as_bytes());
    Some(())
}

/// The same for a stretch that may have CDATA sections in it.
pub(super) fn decode_stretch(written: &str, text: &mut Vec<u8>) -> Option<()> {
    let mut rest = written;
    while let Some((before, behind)) = rest.split_once(OPENS) {
        decode(before, text)?;
        let (section, after) = behind.split_once(ENDS)?;
        text.extend_from_slice(section.as_bytes());
        rest = after;
    }
    decode(rest, text)
}

/// Whether a stretch is one CDATA section and nothing else.
pub(super) fn is_section(written: &str) -> bool {
    let inside = written.strip_prefix(OPENS).and_then(|rest| rest.strip_suffix(ENDS));
    inside.is_some_and(|inside| !inside.contains(ENDS))
}

/// Whether XML has a character at all (section 2.2).
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Makes of the text behind `mark` that of an element or attribute. Characters that XML has not are left out; those that the
/// dump's encoding has not become references.
pub(super) fn encode_tail(out: &mut Vec<u8>, mark: usize, attribute: bool, charset: Charset) {
    let tail = out.get(mark..).unwrap_or_default();
    let plain = |byte: &u8| (b' '..0x7F).contains(byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    if tail.iter().all(plain) {
        return;
    }
    rewrite(out, mark, |c, out| match c {
        '&' => out.extend_from_slice(b"&amp;"),
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '"' if attribute => out.extend_from_slice(b"&quot;"),
        '\'' if attribute => out.extend_from_slice(b"&apos;"),
        '\t' | '\n' if attribute => reference(c, out),
        '\r' => reference(c, out),
        c => write(c, charset, out),
    });
}

/// Makes of the text behind `mark` a CDATA section.
pub(super) fn section_tail(out: &mut Vec<u8>, mark: usize, charset: Charset) {
    let tail = String::from_utf8_lossy(out.get(mark..).unwrap_or_default());
    // A section can hold neither its own end nor a reference.
    if tail.contains(ENDS) || tail.contains('\r') || charset.encode_kept(&tail).is_none() {
        return encode_tail(out, mark, false, charset);
    }
    rewrite(out, mark, |c, out| write(c, charset, out));
    out.splice(mark..mark, OPENS.bytes());
    out.extend_from_slice(ENDS.as_bytes());
}

fn rewrite(out: &mut Vec<u8>, mark: usize, mut each: impl FnMut(char, &mut Vec<u8>)) {
    let mut text = scratch::buffer();
    text.extend_from_slice(out.get(mark..).unwrap_or_default());
    out.truncate(mark);
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().filter(|c| is_char(*c)).for_each(|c| each(c, out));
    }
}

fn write(c: char, charset: Charset, out: &mut Vec<u8>) {
    let mut bytes = [0; 4];
    let written: &str = c.encode_utf8(&mut bytes);
    if c.is_ascii() || charset == Charset::Utf8 || charset.encode_kept(written).is_some() {
        out.extend_from_slice(written.as_bytes());
    } else {
        reference(c, out);
    }
}

fn reference(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes());
}
