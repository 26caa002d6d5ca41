//! CSV as COPY has it: where rows and fields end, what a field's value is, how a value is written.
//!
//! Facts from PostgreSQL's src/backend/commands/copyfromparse.c (`CopyReadLineText`, `CopyReadAttributesCSV`) and copyto.c
//! (`CopyAttributeOutCSV`). Quotes may stand anywhere in a field; only a field without any can be NULL.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr2_iter, memchr3_iter};

use super::Value;

/// The form of CSV rows: the options of COPY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    /// What stands between fields.
    pub delimiter: u8,
    /// What stands around a field.
    pub quote: u8,
    /// What stands before a quote, or before itself, inside quotes.
    pub escape: u8,
    /// What a field holds that is NULL, without quotes.
    pub null: Vec<u8>,
}

impl Default for Csv {
    /// What COPY takes where no option says otherwise.
    fn default() -> Csv {
        Csv { delimiter: b',', quote: b'"', escape: b'"', null: Vec::new() }
    }
}

impl Csv {
    /// Where the row ends that `text` begins with: at its LF. `None` where the end is not in `text`.
    pub fn line_end(&self, text: &[u8]) -> Option<usize> {
        self.outside(text, b'\n').next()
    }

    /// Finds the fields of a row, which comes without its line end; quotes belong to their field.
    pub fn split(&self, row: &[u8], fields: &mut Vec<Range<usize>>) {
        fields.clear();
        let mut start = 0;
        for end in self.outside(row, self.delimiter) {
            fields.push(start..end);
            start = end + 1;
        }
        fields.push(start..row.len());
    }

    /// The value of a field; `memory` is used where it does not stand there as it is.
    pub fn value<'v>(&self, raw: &'v [u8], memory: &'v mut Vec<u8>) -> Value<'v> {
        if memchr(self.quote, raw).is_none() {
            return if raw == self.null { Value::Null } else { Value::Text(raw) };
        }
        match raw {
            [first, inner @ .., last]
                if *first == self.quote && *last == self.quote && memchr2(self.quote, self.escape, inner).is_none() =>
            {
                Value::Text(inner)
            }
            _ => {
                memory.clear();
                self.unquote(raw, memory);
                Value::Text(memory)
            }
        }
    }

    /// Appends a value. It stands in quotes where it did before (`quoted`), and where COPY would have it so. `single`: the
    /// row has no other field, so that it could be taken for the end marker.
    pub fn write(&self, value: &[u8], quoted: bool, single: bool, out: &mut Vec<u8>) {
        let special = memchr2(self.delimiter, self.quote, value).is_some() || memchr2(b'\n', b'\r', value).is_some();
        if !(quoted || special || value == self.null || single && value == br"\.") {
            out.extend_from_slice(value);
            return;
        }
        out.push(self.quote);
        let mut copied = 0;
        for at in memchr2_iter(self.quote, self.escape, value) {
            out.extend_from_slice(value.get(copied..at).unwrap_or_default());
            out.push(self.escape);
            copied = at;
        }
        out.extend_from_slice(value.get(copied..).unwrap_or_default());
        out.push(self.quote);
    }

    fn unquote(&self, raw: &[u8], out: &mut Vec<u8>) {
        let mut bytes = raw.iter().copied().peekable();
        let mut inside = false;
        while let Some(byte) = bytes.next() {
            if inside
                && byte == self.escape
                && let Some(next) = bytes.next_if(|next| *next == self.quote || *next == self.escape)
            {
                out.push(next);
                continue;
            }
            if byte == self.quote {
                inside = !inside;
            } else {
                out.push(byte);
            }
        }
    }

    /// Where a byte stands outside of quotes.
    fn outside<'t>(&self, text: &'t [u8], wanted: u8) -> impl Iterator<Item = usize> + use<'t> {
        let (quote, escape) = (self.quote, self.escape);
        // Where a quote escapes itself, two of them leave things as they are.
        let mut found = if escape == quote {
            Search::Two(memchr2_iter(quote, wanted, text))
        } else {
            Search::Three(memchr3_iter(quote, wanted, escape, text))
        };
        let (mut inside, mut escaped) = (false, None);
        std::iter::from_fn(move || {
            loop {
                let at = match &mut found {
                    Search::Two(found) => found.next()?,
                    Search::Three(found) => found.next()?,
                };
                let byte = *text.get(at)?;
                if escaped.take() == Some(at) && (byte == quote || byte == escape) {
                } else if inside && byte == escape && escape != quote {
                    escaped = Some(at + 1);
                } else if byte == quote {
                    inside = !inside;
                } else if !inside && byte == wanted {
                    return Some(at);
                }
            }
        })
    }
}

/// A search for two bytes, or three.
enum Search<'t> {
    Two(memchr::Memchr2<'t>),
    Three(memchr::Memchr3<'t>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(csv: &Csv, row: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut fields = Vec::new();
        csv.split(row, &mut fields);
        let value = |range: Range<usize>| match csv.value(&row[range], &mut Vec::new()) {
            Value::Text(text) => Some(text.to_vec()),
            _ => None,
        };
        fields.into_iter().map(value).collect()
    }

    fn texts(found: Vec<Option<Vec<u8>>>) -> Vec<Option<String>> {
        found.into_iter().map(|value| value.map(|value| String::from_utf8(value).expect("UTF-8"))).collect()
    }

    #[test]
    fn fields_as_the_server_reads_them() {
        let csv = Csv::default();
        let read = |row: &str| texts(values(&csv, row.as_bytes()));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("1,,\"\",a b"), [some("1"), None, some(""), some("a b")]);
        assert_eq!(read("\"a,b\",\"c\"\"d\",\"e\nf\""), [some("a,b"), some("c\"d"), some("e\nf")]);
        assert_eq!(read("a\"b,c\"d,\"e\"f"), [some("ab,cd"), some("ef")], "quotes may stand anywhere");
        assert_eq!(read(""), [None]);
        assert_eq!(read("\\N,\\."), [some("\\N"), some("\\.")]);
        let other = Csv { delimiter: b';', quote: b'\'', escape: b'\\', null: b"NULL".to_vec() };
        let read = |row: &str| texts(values(&other, row.as_bytes()));
        assert_eq!(read(r"NULL;'NULL';;'a\'b;\\';'c\d'"), [None, some("NULL"), some(""), some(r"a'b;\"), some(r"c\d")]);
        assert_eq!(read(r"\;a"), [some("\\"), some("a")], "an escape counts inside quotes alone");
    }

    #[test]
    fn rows_end_outside_of_quotes() {
        let csv = Csv::default();
        assert_eq!(csv.line_end(b"a,\"b\nc\"\nd\n"), Some(7));
        assert_eq!(csv.line_end(b"a,\"b\n"), None);
        assert_eq!(csv.line_end(b"a,\"b\"\"\n\"\n"), Some(8));
        let other = Csv { escape: b'\\', ..Csv::default() };
        assert_eq!(other.line_end(b"\"a\\\"\n\"\nb\n"), Some(6));
        assert_eq!(other.line_end(b"\"a\\\\\"\nb\n"), Some(5));
    }

    #[test]
    fn quotes_where_copy_has_them() {
        let csv = Csv::default();
        let written = |value: &str, quoted, single| {
            let mut out = Vec::new();
            csv.write(value.as_bytes(), quoted, single, &mut out);
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(written("a b", false, false), "a b");
        assert_eq!(written("a b", true, false), "\"a b\"");
        assert_eq!(written("", false, false), "\"\"");
        assert_eq!(written("a\"b,", false, false), "\"a\"\"b,\"");
        assert_eq!(written("a\rb", false, false), "\"a\rb\"");
        assert_eq!(written("\\.", false, false), "\\.");
        assert_eq!(written("\\.", false, true), "\"\\.\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of("[a\"',;\\\\\n\r.N]{0,6}"), 2..4), 1..5),
            (delimiter, quote, escape) in prop_oneof![Just((b',', b'"', b'"')), Just((b';', b'\'', b'\\')), Just((b'.', b'"', b'a'))],
            quoted: bool,
        ) {
            let csv = Csv { delimiter, quote, escape, null: b"N".to_vec() };
            let mut text = Vec::new();
            for row in &rows {
                for (index, value) in row.iter().enumerate() {
                    if index > 0 {
                        text.push(delimiter);
                    }
                    match value {
                        Some(value) => csv.write(value.as_bytes(), quoted, false, &mut text),
                        None => text.extend_from_slice(&csv.null),
                    }
                }
                text.push(b'\n');
            }
            let mut rest = &text[..];
            for row in &rows {
                let end = csv.line_end(rest).expect("a row");
                prop_assert_eq!(&texts(values(&csv, &rest[..end])), row);
                rest = &rest[end + 1..];
            }
            prop_assert!(rest.is_empty());
        }
    }
}
