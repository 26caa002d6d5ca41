//! Numbers in text: where they stand, how many digits they have, how they are written.

use std::io::Write;

/// The fewest digits behind the point where a rule says nothing: eleven metres.
pub(super) const FEWEST: usize = 4;

/// As many digits as a double has.
pub(super) const MOST: usize = 15;

/// A number and where it stands in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'a> {
    pub(super) value: f64,
    text: &'a [u8],
    /// Where it ends.
    pub(super) end: usize,
}

impl<'a> Number<'a> {
    /// The number that begins at an index.
    fn at(text: &'a [u8], start: usize) -> Option<Number<'a>> {
        let rest = text.get(start..)?;
        let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = rest.get(..length)?;
        let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(Number { value, text, end: start + length }).filter(|number| number.value.is_finite())
    }

    /// A text that is one number.
    pub(super) fn whole(text: &'a [u8]) -> Option<Number<'a>> {
        let text = text.trim_ascii();
        Number::at(text, 0).filter(|number| number.end == text.len())
    }

    /// How many digits stand behind its point; all that a double has where it has an exponent.
    pub(super) fn decimals(&self) -> usize {
        if self.text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            return MOST;
        }
        let point = self.text.iter().position(|byte| *byte == b'.');
        point.map_or(0, |point| self.text.len() - point - 1).min(MOST)
    }
}

/// Two numbers, each with what stands before it: `48.85, 2.35`, `(2.35,48.85)`, `SRID=4326;POINT(2.35 48.85)`.
pub(super) fn pair(text: &[u8]) -> Option<[(&[u8], Number<'_>); 2]> {
    let start = head(text)?;
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    let first_at = start + text.get(start..)?.iter().position(is_number)?;
    let first = Number::at(text, first_at)?;
    let second_at = first.end + text.get(first.end..)?.iter().position(is_number)?;
    let second = Number::at(text, second_at)?;
    let around = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'(' | b')' | b'[' | b']' | b',' | b';' | b' ' | b'\t'));
    let between = text.get(first.end..second_at)?;
    let good = around(text.get(start..first_at)?) && !between.is_empty() && around(between) && around(text.get(second.end..)?);
    good.then_some([(text.get(..first_at)?, first), (between, second)])
}

/// Where the coordinates of a text begin: behind the head of WKT or EWKT, if it has one.
fn head(text: &[u8]) -> Option<usize> {
    let mut start = 0;
    if text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"SRID=")) {
        start = text.iter().position(|byte| *byte == b';')? + 1;
    }
    let is_point = text.get(start..start + 5).is_some_and(|head| head.eq_ignore_ascii_case(b"POINT"));
    if is_point { Some(start + 5) } else { (start == 0).then_some(0) }
}

/// Appends a number with so many digits behind the point, no minus before zero; `short` leaves out zeros at its end.
pub(super) fn write(value: f64, digits: usize, short: bool, out: &mut Vec<u8>) {
    let start = out.len();
    // Writing to memory cannot fail.
    let _ = write!(out, "{value:.digits$}");
    if short && out.iter().skip(start).any(|byte| *byte == b'.') {
        let zeros = out.iter().rev().take_while(|byte| **byte == b'0').count();
        out.truncate(out.len() - zeros);
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
    if out.get(start) == Some(&b'-') && out.iter().skip(start).all(|byte| matches!(byte, b'-' | b'0' | b'.')) {
        out.remove(start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read() {
        let told = |text: &'static str| pair(text.as_bytes()).map(|[(_, a), (_, b)]| (a.value, b.value));
        for text in ["48.85,2.35", " 48.85 2.35 ", "(48.85, 2.35)", "[48.85;2.35]", "POINT(48.85 2.35)", "srid=4326;point (48.85 2.35)"] {
            assert_eq!(told(text), Some((48.85, 2.35)), "{text}");
        }
        for text in
            ["", "48.85", "48.85,", "48,85,2,35", "x48,2", "48N 2E", "1e999,2", "SRID=4326", "POINTLESS 1 2", "1-2", "SRID=4326;1 2"]
        {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written() {
        let told = |value, digits, short| {
            let mut out = b"0".to_vec();
            write(value, digits, short, &mut out);
            String::from_utf8(out.split_off(1)).expect("ASCII")
        };
        assert_eq!((told(-0.0001, 2, false), told(-0.0001, 2, true), told(2.50, 3, true)), ("0.00".into(), "0".into(), "2.5".into()));
        assert_eq!((told(100.0, 0, true), told(-12.346, 2, false)), ("100".into(), "-12.35".into()));
    }
}
