//! Functions on text in UTF-8. Bytes that are no UTF-8 count as characters of their own.

use std::borrow::Cow;

/// Whether a byte opens a character.
fn opens(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// How many characters.
pub(super) fn length(text: &[u8]) -> i64 {
    i64::try_from(text.iter().filter(|b| opens(**b)).count()).unwrap_or(i64::MAX)
}

/// Where a character begins; the text's end where it has not so many.
fn place(text: &[u8], index: i64) -> usize {
    let Ok(index) = usize::try_from(index) else { return 0 };
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.iter().enumerate().filter(|(_, b)| opens(**b)).nth(index).map_or(text.len(), |(at, _)| at)
}

/// A part of a borrowed or own text.
fn part(text: Cow<'_, [u8]>, from: usize, to: usize) -> Cow<'_, [u8]> {
    let range = from.min(to)..to;
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(range).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(range.end);
            text.drain(..range.start.min(text.len()));
            Cow::Owned(text)
        }
    }
}

/// `substr(text, from, count)`, counted from 1; `None` where `count` is negative.
pub(super) fn substring(text: Cow<'_, [u8]>, from: i64, count: Option<i64>) -> Option<Cow<'_, [u8]>> {
    let end = match count {
        Some(..0) => return None,
        Some(count) => from.saturating_add(count).max(1) - 1,
        None => i64::MAX,
    };
    let (start, end) = (place(&text, from.max(1) - 1), place(&text, end));
    Some(part(text, start, end))
}

/// `left(text, count)`: a negative count leaves out so many at the other end.
pub(super) fn left(text: Cow<'_, [u8]>, count: i64) -> Cow<'_, [u8]> {
    let count = if count < 0 { (length(&text) + count).max(0) } else { count };
    let end = place(&text, count);
    part(text, 0, end)
}

/// `right(text, count)`.
pub(super) fn right(text: Cow<'_, [u8]>, count: i64) -> Cow<'_, [u8]> {
    let leave = if count < 0 { count.saturating_neg() } else { (length(&text) - count).max(0) };
    let (start, end) = (place(&text, leave), text.len());
    part(text, start, end)
}

/// Takes characters of a set from the ends.
pub(super) fn trim<'t>(text: Cow<'t, [u8]>, set: &[u8], at_start: bool, at_end: bool) -> Cow<'t, [u8]> {
    let (mut from, mut to) = (0, text.len());
    let in_set = |character: &[u8]| !character.is_empty() && characters(set).any(|known| known == character);
    while at_start && from < to {
        let first = characters(text.get(from..to).unwrap_or_default()).next().unwrap_or_default();
        if !in_set(first) {
            break;
        }
        from += first.len();
    }
    while at_end && from < to {
        let rest = text.get(from..to).unwrap_or_default();
        let start = rest.iter().rposition(|b| opens(*b)).unwrap_or(0);
        if !in_set(rest.get(start..).unwrap_or_default()) {
            break;
        }
        to = from + start;
    }
    part(text, from, to)
}

fn characters(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().skip(1).position(|b| opens(*b)).map_or(rest.len(), |at| at + 1);
        let (first, tail) = rest.split_at(end);
        rest = tail;
        Some(first)
    })
}

/// Without blanks at the end: what of char(n) counts.
pub(super) fn stripped(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    trim(text, b" ", false, true)
}

/// A character in lower case, where that is one character: as towlower() of the C library has it.
pub(super) fn lower_char(c: char) -> char {
    match c {
        // What the full mapping makes two characters of.
        'İ' => 'i',
        _ => single(c, c.to_lowercase()),
    }
}

fn upper_char(c: char) -> char {
    single(c, c.to_uppercase())
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// In lower case, character by character.
pub(super) fn lower(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if text.is_ascii() && !text.iter().any(u8::is_ascii_uppercase) { text } else { Cow::Owned(mapped(&text, lower_char)) }
}

/// In upper case, character by character.
pub(super) fn upper(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if text.is_ascii() && !text.iter().any(u8::is_ascii_lowercase) { text } else { Cow::Owned(mapped(&text, upper_char)) }
}

fn mapped(text: &[u8], map: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            out.extend_from_slice(map(c).encode_utf8(&mut [0; 4]).as_bytes());
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borrowed(text: &str) -> Cow<'_, [u8]> {
        Cow::Borrowed(text.as_bytes())
    }

    fn string(text: Cow<'_, [u8]>) -> String {
        String::from_utf8(text.into_owned()).expect("UTF-8")
    }

    #[test]
    fn parts() {
        let cases: &[(&str, i64, Option<i64>, &str)] = &[
            ("Zoé!", 2, Some(2), "oé"),
            ("Zoé!", 0, Some(2), "Z"),
            ("Zoé!", -5, None, "Zoé!"),
            ("Zoé!", 4, Some(9), "!"),
            ("Zoé!", 9, None, ""),
            ("abc", 2, Some(0), ""),
            ("abc", -1, Some(1), ""),
            ("abc", 2, Some(i64::MAX), "bc"),
        ];
        for (text, from, count, expected) in cases {
            let own: Cow<'_, [u8]> = Cow::Owned(text.as_bytes().to_vec());
            assert_eq!(substring(borrowed(text), *from, *count).map(string).as_deref(), Some(*expected), "{text} {from} {count:?}");
            assert_eq!(substring(own, *from, *count).map(string).as_deref(), Some(*expected));
        }
        assert!(substring(borrowed("a"), 1, Some(-1)).is_none());
        assert_eq!((string(left(borrowed("Zoé!"), 3)), string(left(borrowed("Zoé!"), -1))), ("Zoé".into(), "Zoé".into()));
        assert_eq!((string(right(borrowed("Zoé!"), 2)), string(right(borrowed("Zoé!"), -2))), ("é!".into(), "é!".into()));
        assert_eq!((string(left(borrowed("ab"), -5)), string(right(borrowed("ab"), 5))), (String::new(), "ab".into()));
        assert_eq!(string(right(borrowed("ab"), i64::MIN)), "");
    }

    #[test]
    fn trims_and_cases() {
        assert_eq!(string(trim(borrowed("éaéxé"), "éa".as_bytes(), true, true)), "x");
        assert_eq!(string(trim(borrowed("  a "), b" ", false, true)), "  a");
        assert_eq!(string(trim(borrowed("aa"), b"a", true, true)), "");
        assert_eq!((string(lower(borrowed("ÉÀß"))), string(upper(borrowed("éß")))), ("éàß".into(), "Éß".into()));
    }
}
