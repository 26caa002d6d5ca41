//! The letters and digits of a number, apart from how it is spelt: without separators and in upper case.

/// The most letters and digits that a number has: an IBAN of Russia has 33.
pub(super) const MOST: usize = 34;

/// What may stand between the letters and digits: a blank, a hyphen, a full stop, a slash; and the blanks and the hyphen that
/// do not break a line (U+00A0, U+2009, U+202F, U+2011), in UTF-8.
const SEPARATORS: &[&[u8]] = &[b" ", b"-", b".", b"/", b"\xC2\xA0", b"\xE2\x80\x89", b"\xE2\x80\xAF", b"\xE2\x80\x91"];

/// Letters in upper case and digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbols {
    bytes: [u8; MOST],
    length: usize,
}

impl Symbols {
    /// None yet.
    pub(super) const fn new() -> Symbols {
        Symbols { bytes: [0; MOST], length: 0 }
    }

    /// Those of a text; `None` where it holds anything else but separators, or more than [`MOST`].
    pub(super) fn read(text: &[u8]) -> Option<Symbols> {
        Symbols::new().with(text)
    }

    /// Those and then those of a text.
    pub(super) fn with(mut self, mut text: &[u8]) -> Option<Symbols> {
        while let Some((first, rest)) = text.split_first() {
            if first.is_ascii_alphanumeric() {
                *self.bytes.get_mut(self.length)? = first.to_ascii_uppercase();
                self.length += 1;
                text = rest;
            } else {
                text = after_separator(text)?;
            }
        }
        Some(self)
    }

    /// A number of a column of numbers: with the zeros in front that such a column does not keep.
    pub(super) fn of_number(text: &[u8], width: usize) -> Option<Symbols> {
        if text.is_empty() || text.len() > MOST || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = [b'0'; MOST];
        Symbols::new().with(zeros.get(..width.saturating_sub(text.len()))?)?.with(text)
    }

    /// All of them.
    pub(super) fn all(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// All of them.
    pub(super) fn all_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }

    /// Whether letters and digits stand at the same places.
    pub(super) fn is_shaped_as(&self, other: &Symbols) -> bool {
        self.length == other.length && self.all().iter().zip(other.all()).all(|(a, b)| a.is_ascii_digit() == b.is_ascii_digit())
    }

    /// Appends them from `skip` on, spelt as a text: its separators, and the case of its letters. The text has as many letters
    /// and digits, and at the same places.
    pub(super) fn write_as(&self, text: &[u8], skip: usize, out: &mut Vec<u8>) {
        let mut symbols = self.all().iter().skip(skip);
        for byte in text {
            let new = if byte.is_ascii_alphanumeric() { symbols.next() } else { None };
            out.push(match new {
                Some(symbol) if byte.is_ascii_lowercase() => symbol.to_ascii_lowercase(),
                Some(symbol) => *symbol,
                None => *byte,
            });
        }
    }

    /// Appends them as a column of numbers has them: without zeros in front.
    pub(super) fn write_number(&self, out: &mut Vec<u8>) {
        let all = self.all();
        let zeros = all.iter().take_while(|digit| **digit == b'0').count().min(all.len().saturating_sub(1));
        out.extend_from_slice(all.get(zeros..).unwrap_or_default());
    }

    /// The digits as a number; `None` where there is a letter, or too many of them.
    pub(super) fn number(&self) -> Option<u128> {
        std::str::from_utf8(self.all()).ok()?.parse().ok()
    }
}

fn after_separator(text: &[u8]) -> Option<&[u8]> {
    SEPARATORS.iter().find_map(|separator| text.strip_prefix(*separator))
}
