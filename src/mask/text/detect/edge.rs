//! Where words begin and end, in bytes that should be UTF-8.

/// The most bytes of a character.
const LONGEST: usize = 4;

/// The first character of some bytes, and how many bytes it has; U+FFFD and one byte where they are no UTF-8.
#[inline]
pub(in super::super) fn first(text: &[u8]) -> Option<(char, usize)> {
    let byte = *text.first()?;
    if byte.is_ascii() {
        return Some((char::from(byte), 1));
    }
    let head = text.get(..text.len().min(LONGEST)).unwrap_or_default();
    let valid = head.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    Some(valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8())))
}

/// The last character of some bytes, and how many bytes it has; U+FFFD and one byte where they are no UTF-8.
#[inline]
pub(super) fn last(text: &[u8]) -> Option<(char, usize)> {
    let byte = *text.last()?;
    if byte.is_ascii() {
        return Some((char::from(byte), 1));
    }
    for length in 2..=text.len().min(LONGEST) {
        let tail = text.get(text.len() - length..).unwrap_or_default();
        if tail.first().is_some_and(|byte| byte & 0xC0 != 0x80) {
            let c = std::str::from_utf8(tail).ok().and_then(|text| text.chars().next());
            return Some(c.map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, length)));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1))
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word may begin at `at`: nothing of one stands before it, as far back as `from`.
#[inline]
pub(super) fn begins(text: &[u8], from: usize, at: usize) -> bool {
    !text.get(from..at).and_then(last).is_some_and(|(c, _)| in_word(c))
}

/// Whether a word may end at `at`: nothing of one stands behind it.
#[inline]
pub(super) fn ends(text: &[u8], at: usize) -> bool {
    !text.get(at..).and_then(first).is_some_and(|(c, _)| in_word(c))
}
