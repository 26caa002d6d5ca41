//! How the rows of a COPY stream are written: COPY text with any delimiter and null string, or CSV.
//!
//! Text with the options that pg_dump uses has its own way, in `copy.rs`; this is for all the others.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2_iter};

use super::csv::Csv;
use super::{Value, copy};

/// How rows are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// COPY text.
    Text(Text),
    /// CSV.
    Csv(Csv),
}

/// COPY text with options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What stands between fields.
    pub delimiter: u8,
    /// What a field holds that is NULL; compared before unescaping.
    pub null: Vec<u8>,
}

impl Default for Text {
    /// What pg_dump writes.
    fn default() -> Text {
        Text { delimiter: b'\t', null: copy::NULL.to_vec() }
    }
}

impl Layout {
    /// Whether it is COPY text as pg_dump writes it.
    pub fn is_plain(&self) -> bool {
        matches!(self, Layout::Text(text) if *text == Text::default())
    }

    /// What stands between fields.
    pub fn delimiter(&self) -> u8 {
        match self {
            Layout::Text(text) => text.delimiter,
            Layout::Csv(csv) => csv.delimiter,
        }
    }

    /// What a field holds that is NULL.
    pub fn null(&self) -> &[u8] {
        match self {
            Layout::Text(text) => &text.null,
            Layout::Csv(csv) => &csv.null,
        }
    }

    /// Where the row ends that `text` begins with: at its LF. `None` where the end is not in `text`.
    pub fn line_end(&self, text: &[u8]) -> Option<usize> {
        match self {
            Layout::Text(_) => memchr(b'\n', text),
            Layout::Csv(csv) => csv.line_end(text),
        }
    }

    /// How many rows there are in a text of whole rows.
    pub fn count(&self, rows: &[u8]) -> u64 {
        match self {
            Layout::Text(_) => memchr_iter(b'\n', rows).count() as u64,
            Layout::Csv(csv) => {
                let (mut count, mut start) = (0, 0);
                while let Some(end) = rows.get(start..).and_then(|rest| csv.line_end(rest)) {
                    count += 1;
                    start += end + 1;
                }
                count
            }
        }
    }

    /// Finds the fields of a row, which comes without its line end.
    ///
    /// # Errors
    /// Where the field begins that ends in a lone backslash.
    pub fn split(&self, row: &[u8], fields: &mut Vec<Range<usize>>) -> Result<(), usize> {
        match self {
            Layout::Text(text) => text.split(row, fields),
            Layout::Csv(csv) => {
                csv.split(row, fields);
                Ok(())
            }
        }
    }

    /// The value of a field; `memory` is used where it does not stand there as it is.
    pub fn value<'v>(&self, raw: &'v [u8], memory: &'v mut Vec<u8>) -> Value<'v> {
        match self {
            Layout::Text(text) => text.value(raw, memory),
            Layout::Csv(csv) => csv.value(raw, memory),
        }
    }

    /// Appends a value in the place of a field, in quotes if that was. `single`: the row has no other field.
    pub fn write(&self, value: &[u8], before: &[u8], single: bool, out: &mut Vec<u8>) {
        match self {
            Layout::Text(text) => text.write(value, out),
            Layout::Csv(csv) => csv.write(value, before.first() == Some(&csv.quote), single, out),
        }
    }
}

impl Text {
    /// A backslash takes the delimiter behind it into the field, which is how the server writes one that it does not know a
    /// letter for.
    fn split(&self, row: &[u8], fields: &mut Vec<Range<usize>>) -> Result<(), usize> {
        fields.clear();
        let (mut start, mut escaped) = (0, None);
        for at in memchr2_iter(self.delimiter, b'\\', row) {
            if escaped.take() == Some(at) {
            } else if row.get(at) == Some(&b'\\') {
                escaped = Some(at + 1);
            } else {
                fields.push(start..at);
                start = at + 1;
            }
        }
        fields.push(start..row.len());
        if escaped == Some(row.len()) { Err(start) } else { Ok(()) }
    }

    fn value<'v>(&self, raw: &'v [u8], memory: &'v mut Vec<u8>) -> Value<'v> {
        if raw == self.null {
            Value::Null
        } else if memchr(b'\\', raw).is_none() {
            Value::Text(raw)
        } else {
            memory.clear();
            copy::unescape(raw, memory);
            Value::Text(memory)
        }
    }

    /// What the server writes (`CopyAttributeOutText`), but for a value that it would then read as NULL: the first byte of
    /// that one is escaped by its number.
    fn write(&self, value: &[u8], out: &mut Vec<u8>) {
        let mark = out.len();
        for piece in value.split_inclusive(|byte| *byte == self.delimiter) {
            let (plain, delimiter) = match piece {
                [plain @ .., last] if *last == self.delimiter => (plain, Some(*last)),
                _ => (piece, None),
            };
            copy::escape(plain, out);
            if let Some(delimiter) = delimiter {
                out.extend_from_slice(&[b'\\', delimiter]);
            }
        }
        if out.get(mark..) == Some(&self.null)
            && let Some(first) = value.first()
        {
            out.truncate(mark);
            out.extend_from_slice(format!("\\{first:03o}").as_bytes());
            copy::escape(value.get(1..).unwrap_or_default(), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(layout: &Layout, row: &[u8]) -> Result<Vec<Option<String>>, usize> {
        let mut fields = Vec::new();
        layout.split(row, &mut fields)?;
        let value = |range: Range<usize>| match layout.value(&row[range], &mut Vec::new()) {
            Value::Text(text) => Some(String::from_utf8(text.to_vec()).expect("UTF-8")),
            _ => None,
        };
        Ok(fields.into_iter().map(value).collect())
    }

    #[test]
    fn text_with_another_delimiter() {
        let layout = Layout::Text(Text { delimiter: b';', null: b"NULL".to_vec() });
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(values(&layout, br"a\;b;NULL;\\;c\td"), Ok(vec![some("a;b"), None, some("\\"), some("c\td")]));
        assert_eq!(values(&layout, br"a;b\"), Err(2));
        assert_eq!(values(&layout, br"a;b\\"), Ok(vec![some("a"), some("b\\")]));
        assert!(!layout.is_plain() && Layout::Text(Text::default()).is_plain());
        let mut out = Vec::new();
        layout.write(b"NULL", b"x", false, &mut out);
        assert_eq!(out, br"\116ULL");
    }

    proptest! {
        #[test]
        fn text_that_is_written_is_read(row in proptest::collection::vec(proptest::option::of("[a;\\\\\n\t\rN]{0,6}"), 1..4), null in "[aN]{1,2}") {
            let layout = Layout::Text(Text { delimiter: b';', null: null.into_bytes() });
            let mut text = Vec::new();
            for (index, value) in row.iter().enumerate() {
                if index > 0 {
                    text.push(b';');
                }
                match value {
                    Some(value) => layout.write(value.as_bytes(), b"", row.len() == 1, &mut text),
                    None => text.extend_from_slice(layout.null()),
                }
            }
            prop_assert_eq!(layout.line_end(&text), None);
            prop_assert_eq!(values(&layout, &text), Ok(row));
        }
    }
}
