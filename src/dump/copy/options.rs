//! The options of a COPY stream, in COPY's own grammar: `FORMAT csv, HEADER, DELIMITER ';'`, with or without WITH and
//! parentheses, and the old form that psql's users know: `CSV HEADER DELIMITER AS ';'`.
//!
//! Facts from PostgreSQL's src/backend/commands/copy.c (`ProcessCopyOptions`) and src/backend/parser/gram.y (`copy_options`).

use crate::encoding::Charset;
use crate::row::csv::Csv;
use crate::row::layout::{Layout, Text};

/// The form of a COPY stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How its rows are written.
    pub layout: Layout,
    /// Whether its first line names the columns.
    pub header: bool,
    /// Its encoding, where an option says so.
    pub charset: Option<Charset>,
}

impl Default for Options {
    fn default() -> Options {
        Options { layout: Layout::Text(Text::default()), header: false, charset: None }
    }
}

/// The options as they are written.
#[derive(Default)]
struct Given {
    csv: bool,
    header: bool,
    delimiter: Option<u8>,
    null: Option<Vec<u8>>,
    quote: Option<u8>,
    escape: Option<u8>,
    charset: Option<Charset>,
}

impl Options {
    /// Reads the options.
    ///
    /// # Errors
    /// What is wrong with them, as `found …, expected …`.
    pub fn parse(text: &str) -> Result<Options, String> {
        let mut words = Words::new(text)?;
        words.take("with");
        let mut given = Given::default();
        while let Some(word) = words.next() {
            given.option(&word, &mut words)?;
        }
        given.into_options()
    }
}

impl Given {
    fn option(&mut self, word: &Word, words: &mut Words) -> Result<(), String> {
        let Word::Plain(name) = word else { return Err(format!("found {}, expected {KNOWN}", word.shown())) };
        match name.as_str() {
            "format" => match words.value("FORMAT")?.as_str() {
                "csv" => self.csv = true,
                "text" => self.csv = false,
                other => return Err(format!("found FORMAT {other}, expected csv or text; rows in binary format cannot be followed")),
            },
            "csv" => self.csv = true,
            "header" => self.header = words.flag()?,
            "delimiter" | "delimiters" => self.delimiter = Some(words.byte("DELIMITER")?),
            "null" => self.null = Some(words.value("NULL")?.into_bytes()),
            "quote" => self.quote = Some(words.byte("QUOTE")?),
            "escape" => self.escape = Some(words.byte("ESCAPE")?),
            "encoding" => {
                let name = words.value("ENCODING")?;
                self.charset = Some(Charset::from_name(&name).ok_or_else(|| format!("found ENCODING {name}, which PostgreSQL has not"))?);
            }
            "binary" => return Err("found BINARY, expected csv or text; rows in binary format cannot be followed".into()),
            other => return Err(format!("found {}, expected {KNOWN}", other.to_ascii_uppercase())),
        }
        Ok(())
    }

    fn into_options(self) -> Result<Options, String> {
        let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
        if self.null.iter().flatten().any(ends_line) {
            return Err("NULL holds a line end, which COPY does not take".into());
        }
        let given = [("DELIMITER", self.delimiter), ("QUOTE", self.quote), ("ESCAPE", self.escape)];
        if let Some((name, _)) = given.iter().find(|(_, byte)| byte.as_ref().is_some_and(ends_line)) {
            return Err(format!("{name} is a line end, which COPY does not take"));
        }
        let layout = if self.csv { self.csv()? } else { self.text()? };
        Ok(Options { layout, header: self.header, charset: self.charset })
    }

    fn csv(&self) -> Result<Layout, String> {
        let quote = self.quote.unwrap_or(b'"');
        let csv = Csv {
            delimiter: self.delimiter.unwrap_or(b','),
            quote,
            escape: self.escape.unwrap_or(quote),
            null: self.null.clone().unwrap_or_default(),
        };
        if csv.delimiter == csv.quote {
            return Err("DELIMITER and QUOTE are the same, expected two characters".into());
        }
        if csv.null.contains(&csv.delimiter) || csv.null.contains(&csv.quote) {
            return Err("NULL holds the delimiter or the quote, which COPY does not take".into());
        }
        Ok(Layout::Csv(csv))
    }

    fn text(&self) -> Result<Layout, String> {
        if self.quote.is_some() || self.escape.is_some() {
            return Err("QUOTE and ESCAPE are for FORMAT csv alone".into());
        }
        let default = Text::default();
        let text = Text { delimiter: self.delimiter.unwrap_or(default.delimiter), null: self.null.clone().unwrap_or(default.null) };
        if matches!(text.delimiter, b'\\' | b'.' | b'a'..=b'z' | b'0'..=b'9') {
            return Err(format!("DELIMITER \"{}\" cannot be told from an escape in FORMAT text", char::from(text.delimiter)));
        }
        if text.null.contains(&text.delimiter) {
            return Err("NULL holds the delimiter, which COPY does not take".into());
        }
        Ok(Layout::Text(text))
    }
}

/// What an option can be.
const KNOWN: &str =
    "FORMAT, DELIMITER, NULL, HEADER, QUOTE, ESCAPE or ENCODING (what is for the server alone is for the COPY that reads the output)";

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A word or number, in lower case.
    Plain(String),
    /// What stands between quotes.
    Quoted(String),
}

impl Word {
    fn shown(&self) -> String {
        match self {
            Word::Plain(word) => word.clone(),
            Word::Quoted(text) => format!("'{text}'"),
        }
    }
}

/// The pieces of the text in order; commas and the parentheses around it are left out.
struct Words(std::iter::Peekable<std::vec::IntoIter<Word>>);

impl Words {
    fn new(text: &str) -> Result<Words, String> {
        let mut words = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (word, length) = match first {
                ',' | '(' | ')' => (None, 1),
                '\'' => quoted(rest, false).map(|(text, length)| (Some(text), length))?,
                'E' | 'e' if rest.get(1..2) == Some("'") => {
                    let (text, length) = quoted(rest.get(1..).unwrap_or_default(), true)?;
                    (Some(text), length + 1)
                }
                c if c.is_ascii_alphanumeric() || c == '_' => {
                    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
                    (Some(Word::Plain(rest.get(..length).unwrap_or_default().to_ascii_lowercase())), length)
                }
                c => return Err(format!("found {c}, expected {KNOWN}")),
            };
            words.extend(word);
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
        Ok(Words(words.into_iter().peekable()))
    }

    fn next(&mut self) -> Option<Word> {
        self.0.next()
    }

    fn take(&mut self, word: &str) -> bool {
        self.0.next_if(|next| matches!(next, Word::Plain(found) if found == word)).is_some()
    }

    /// The value of an option.
    fn value(&mut self, option: &str) -> Result<String, String> {
        self.take("as");
        match self.next() {
            Some(Word::Plain(text) | Word::Quoted(text)) => Ok(text),
            None => Err(format!("found {option} without a value")),
        }
    }

    /// The value of an option that is one byte.
    fn byte(&mut self, option: &str) -> Result<u8, String> {
        let value = self.value(option)?;
        match value.as_bytes() {
            [byte] => Ok(*byte),
            _ => Err(format!("{option} must be a single one-byte character")),
        }
    }

    /// The value of HEADER, which may have none. (`defGetCopyHeaderChoice`; MATCH is what is done here in any case.)
    fn flag(&mut self) -> Result<bool, String> {
        for (word, on) in [("true", true), ("on", true), ("1", true), ("match", true), ("false", false), ("off", false), ("0", false)] {
            if self.take(word) {
                return Ok(on);
            }
        }
        match self.0.next_if(|next| matches!(next, Word::Quoted(_))) {
            Some(word) => Err(format!("found HEADER {}, expected true, false or match", word.shown())),
            None => Ok(true),
        }
    }
}

/// The string literal that a text begins with, and how long it is. `escapes`: backslashes mean something (`E'…'`).
fn quoted(text: &str, escapes: bool) -> Result<(Word, usize), String> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => value.push('\''),
            '\'' => return Ok((Word::Quoted(value), at + 1)),
            '\\' if escapes => match chars.next() {
                Some((_, 't')) => value.push('\t'),
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 'b')) => value.push('\x08'),
                Some((_, 'f')) => value.push('\x0c'),
                Some((_, c @ ('\\' | '\''))) => value.push(c),
                _ => return Err("found an escape in E'…' other than \\t, \\n, \\r, \\b, \\f, \\\\ and \\'".into()),
            },
            c => value.push(c),
        }
    }
    Err("found a quote that is not closed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(csv: Csv) -> Layout {
        Layout::Csv(csv)
    }

    #[test]
    fn both_grammars() {
        let layout = |text: &str| Options::parse(text).expect(text).layout;
        let semicolon = || csv(Csv { delimiter: b';', ..Csv::default() });
        assert_eq!(layout(""), Layout::Text(Text::default()));
        assert_eq!(layout("FORMAT text"), Layout::Text(Text::default()));
        for text in ["FORMAT csv", "csv", "WITH (FORMAT 'csv')", "with csv header"] {
            assert_eq!(layout(text), csv(Csv::default()), "{text}");
        }
        for text in ["FORMAT csv, DELIMITER ';'", "csv delimiter as ';'", "WITH (DELIMITER ';', FORMAT CSV)"] {
            assert_eq!(layout(text), semicolon(), "{text}");
        }
        let all = layout("FORMAT csv, DELIMITER E'\\t', NULL 'it''s', QUOTE '|', ESCAPE E'\\\\', HEADER, ENCODING 'LATIN1'");
        assert_eq!(all, csv(Csv { delimiter: b'\t', quote: b'|', escape: b'\\', null: b"it's".to_vec() }));
        assert_eq!(layout("quote '|', csv"), csv(Csv { quote: b'|', escape: b'|', ..Csv::default() }));
        assert_eq!(layout("DELIMITER ';' NULL ''"), Layout::Text(Text { delimiter: b';', null: Vec::new() }));
    }

    #[test]
    fn header_and_encoding() {
        let header = |text: &str| Options::parse(text).expect(text).header;
        assert!(["HEADER", "csv header", "HEADER true, FORMAT csv", "HEADER MATCH", "header 1"].into_iter().all(header));
        assert!(!["csv", "HEADER false", "HEADER off, csv"].into_iter().any(header));
        assert_eq!(Options::parse("ENCODING 'latin-1'").expect("known").charset, Some(Charset::Latin1));
    }

    #[test]
    fn what_copy_refuses() {
        for (text, expected) in [
            ("FORMAT binary", "found FORMAT binary, expected csv or text"),
            ("FREEZE", "found FREEZE, expected FORMAT, DELIMITER"),
            ("FORMAT", "found FORMAT without a value"),
            ("csv delimiter ';;'", "DELIMITER must be a single one-byte character"),
            ("DELIMITER 'x'", "cannot be told from an escape"),
            ("QUOTE '|'", "QUOTE and ESCAPE are for FORMAT csv alone"),
            ("csv delimiter '\"'", "DELIMITER and QUOTE are the same"),
            ("csv null ','", "NULL holds the delimiter or the quote"),
            ("csv null E'\\n'", "NULL holds a line end"),
            ("csv quote E'\\r'", "QUOTE is a line end"),
            ("csv null 'x", "a quote that is not closed"),
            ("csv; header", "found ;"),
            ("ENCODING 'klingon'", "found ENCODING klingon"),
            ("HEADER 'maybe'", "found HEADER 'maybe'"),
            ("'csv'", "found 'csv', expected FORMAT"),
        ] {
            let found = Options::parse(text).expect_err(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
