//! Text in other forms of ASCII: full-width letters, digits and signs, and the hyphens and blanks that keep a number on
//! one line. What is looked for has ASCII forms; so such text is looked at in ASCII, and found where it stands.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2_iter;

use super::edge::first;

/// A text in ASCII as far as it can be, and where each part of it stood.
#[derive(Debug)]
pub struct Narrow {
    text: Vec<u8>,
    /// Places from which on original and narrow text go alike, byte for byte: narrow, original.
    jumps: Vec<(usize, usize)>,
}

/// The ASCII of a character (Unicode's Halfwidth and Fullwidth Forms), if it has any. `behind` is what follows it: hyphens
/// and blanks mean a number's only before a digit.
fn ascii(c: char, behind: &[u8]) -> Option<u8> {
    let digit = || first(behind).is_some_and(|(next, _)| matches!(next, '0'..='9' | '０'..='９'));
    match c {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xff01 + 0x21).ok(),
        '\u{2010}'..='\u{2013}' | '\u{2212}' if digit() => Some(b'-'),
        '\u{2000}'..='\u{200a}' | '\u{3000}' if digit() => Some(b' '),
        _ => None,
    }
}

impl Narrow {
    /// The narrow form of a text; `None` where it is the text itself, as it nearly always is.
    pub fn of(text: &[u8]) -> Option<Narrow> {
        // The first bytes of those characters in UTF-8; of U+3000, which stands between full-width digits, there are too many.
        let has = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            first(rest).is_some_and(|(c, length)| ascii(c, rest.get(length..).unwrap_or_default()).is_some())
        };
        memchr2_iter(0xE2, 0xEF, text).any(has).then(|| Narrow::make(text))
    }

    fn make(text: &[u8]) -> Narrow {
        let mut narrow = Narrow { text: Vec::with_capacity(text.len()), jumps: vec![(0, 0)] };
        let mut at = 0;
        while let Some((c, length)) = text.get(at..).and_then(first) {
            let behind = text.get(at + length..).unwrap_or_default();
            match ascii(c, behind) {
                Some(byte) => narrow.text.push(byte),
                None => narrow.text.extend_from_slice(text.get(at..at + length).unwrap_or_default()),
            }
            at += length;
            if ascii(c, behind).is_some() {
                narrow.jumps.push((narrow.text.len(), at));
            }
        }
        narrow
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where in the original stands what stands there.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let next = self.jumps.partition_point(|(narrow, _)| *narrow <= at);
            let (narrow, original) = next.checked_sub(1).and_then(|index| self.jumps.get(index)).copied().unwrap_or_default();
            original + at.saturating_sub(narrow)
        };
        place(range.start)..place(range.end)
    }
}

/// A piece of text in ASCII as far as it can be.
pub fn narrowed(text: &[u8]) -> Cow<'_, [u8]> {
    Narrow::of(text).map_or(Cow::Borrowed(text), |narrow| Cow::Owned(narrow.text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_ascii_and_stand_where_they_stood() {
        let text = "tél. ０６‑12–３４\u{2009}56 x–y";
        let narrow = Narrow::of(text.as_bytes()).expect("is wide");
        assert_eq!(std::str::from_utf8(narrow.text()), Ok("tél. 06-12-34 56 x–y"));
        let found = memchr::memmem::find(narrow.text(), b"6-12-34").expect("is there");
        assert_eq!(&text[narrow.original(&(found..found + 7))], "６‑12–３４");
        for plain in ["", "06-12", "un – deux", "l’été", "王小明", "ﬁn"] {
            assert!(Narrow::of(plain.as_bytes()).is_none(), "{plain}");
        }
    }

    proptest! {
        #[test]
        fn places_are_within_the_text(text in proptest::collection::vec(prop_oneof![Just("９"), Just("‑"), Just("1"), Just("é"), Just("　")], 0..20)) {
            let text = text.concat();
            if let Some(narrow) = Narrow::of(text.as_bytes()) {
                for at in 0..narrow.text().len() {
                    let range = narrow.original(&(at..at + 1));
                    prop_assert!(range.start < range.end && range.end <= text.len());
                }
                prop_assert_eq!(narrow.original(&(0..narrow.text().len())), 0..text.len());
            }
        }
    }
}
