//! LIKE: the pattern read once, then matched without allocating (src/backend/utils/adt/like_match.c).

use std::borrow::Cow;

use super::text;

/// A pattern.
#[derive(Clone, Debug)]
pub(super) struct Like {
    parts: Vec<Part>,
    ignore_case: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// These very bytes.
    Text(Vec<u8>),
    /// `_`
    One,
    /// `%`
    Any,
}

impl Like {
    /// Reads a pattern; the empty escape means that there is none. `None` where it ends with the escape.
    pub(super) fn new(pattern: &[u8], escape: Option<&[u8]>, ignore_case: bool) -> Option<Like> {
        let escape = escape.unwrap_or(b"\\");
        let pattern = if ignore_case { text::lower(Cow::Borrowed(pattern)) } else { Cow::Borrowed(pattern) };
        let escape = if ignore_case { text::lower(Cow::Borrowed(escape)) } else { Cow::Borrowed(escape) };
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = Vec::new();
        let mut rest: &[u8] = &pattern;
        while let [first, tail @ ..] = rest {
            let special = if !escape.is_empty() && rest.starts_with(&escape) {
                rest = rest.get(escape.len()..).unwrap_or_default();
                let [first, tail @ ..] = rest else { return None };
                literal.push(*first);
                rest = tail;
                continue;
            } else {
                rest = tail;
                match first {
                    b'%' => Part::Any,
                    b'_' => Part::One,
                    _ => {
                        literal.push(*first);
                        continue;
                    }
                }
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            if special != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(special);
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Some(Like { parts, ignore_case })
    }

    /// Whether a text matches as a whole.
    pub(super) fn matches(&self, value: &[u8]) -> bool {
        if self.ignore_case { matches(&self.parts, &text::lower(Cow::Borrowed(value))) } else { matches(&self.parts, value) }
    }
}

/// Goes back to the last `%` only: what an earlier one could still take, the last can, too.
fn matches(parts: &[Part], value: &[u8]) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match parts.get(part) {
            None if at == value.len() => return true,
            None => None,
            Some(Part::Any) => {
                retry = Some((part, at));
                part += 1;
                continue;
            }
            Some(Part::One) => character(value, at),
            Some(Part::Text(text)) => value.get(at..).filter(|rest| rest.starts_with(text)).map(|_| text.len()),
        };
        match (step, retry) {
            (Some(length), _) => {
                part += 1;
                at += length;
            }
            (None, Some((any, from))) => {
                let Some(length) = character(value, from) else { return false };
                retry = Some((any, from + length));
                part = any + 1;
                at = from + length;
            }
            (None, None) => return false,
        }
    }
}

/// The length of the character that begins there.
fn character(value: &[u8], at: usize) -> Option<usize> {
    let rest = value.get(at..).filter(|rest| !rest.is_empty())?;
    Some(rest.iter().skip(1).position(|b| b & 0xC0 != 0x80).map_or(rest.len(), |next| next + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow, obvious version.
    fn oracle(pattern: &[char], value: &[char]) -> bool {
        match pattern {
            [] => value.is_empty(),
            ['%', rest @ ..] => (0..=value.len()).any(|taken| oracle(rest, &value[taken..])),
            ['_', rest @ ..] => !value.is_empty() && oracle(rest, &value[1..]),
            ['\\', c, rest @ ..] | [c, rest @ ..] => value.first() == Some(c) && oracle(rest, &value[1..]),
        }
    }

    proptest::proptest! {
        #[test]
        fn as_the_oracle(pattern in "[%_abé]{0,8}", value in "[abé]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let like = Like::new(pattern.as_bytes(), None, false).expect("a pattern");
            proptest::prop_assert_eq!(like.matches(value.as_bytes()), oracle(&chars(&pattern), &chars(&value)));
        }
    }

    #[test]
    fn escapes_and_case() {
        let like = |pattern: &str, escape: Option<&str>, ignore| Like::new(pattern.as_bytes(), escape.map(str::as_bytes), ignore);
        assert!(like("50\\%", None, false).expect("read").matches(b"50%"));
        assert!(like("50!%", Some("!"), false).expect("read").matches(b"50%"));
        assert!(like("a\\%", Some(""), false).expect("read").matches(b"a\\bc"));
        assert!(like("É%", None, true).expect("read").matches("éa".as_bytes()));
        assert!(like("a\\", None, false).is_none());
        let slow = like(&"%a".repeat(30), None, false).expect("read");
        assert!(!slow.matches("a".repeat(29).as_bytes()) && slow.matches("a".repeat(5000).as_bytes()));
    }
}
