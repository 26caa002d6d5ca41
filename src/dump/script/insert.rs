//! INSERT statements: how far a run of them goes that begin alike.
//!
//! pg_dump writes the rows of a table as many short statements, each with the same head. They travel together, as rows of
//! COPY do.

use super::head::{self, Source};
use super::lexeme::Dialect;
use super::lexer::Scan;
use crate::dump::event::InsertRows;
use crate::error::Fault;

/// A run of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What their heads say.
    pub head: head::Insert,
    /// What brings the rows.
    pub rows: InsertRows,
    /// How long they are, the line end of the last included where it stands there alone.
    pub length: usize,
}

/// What came of a walk through one statement.
enum Walked {
    /// Where the statement ends, and how many rows it has.
    Whole(usize, u64),
    /// It holds something else than tuples.
    Other(&'static str),
}

/// Reads the run of INSERT statements at the head of `text`, the first of which ends at `first`. `ended`: nothing follows
/// the text. `Ok(None)` where more of the text is needed to tell where a line ends.
///
/// # Errors
/// The first is no INSERT that can be followed.
pub fn run(text: &[u8], first: usize, dialect: Dialect, ended: bool) -> Result<Option<Run>, Fault> {
    let statement = text.get(..first).unwrap_or(text);
    let Some(head) = head::insert(statement, dialect.charset) else {
        return Err(Fault::BadStatement("INSERT INTO schema.table, its name in two parts at most and without U&"));
    };
    let Some(mut length) = line_end(text, first, ended) else { return Ok(None) };
    let begin = text.get(..head.length).unwrap_or_default();
    let mut rows = match walk(text, head.length, head.source, dialect)? {
        Some(Walked::Whole(end, rows)) if end == first => rows,
        Some(Walked::Other(what)) => return Ok(Some(Run { head, rows: InsertRows::Other(what), length })),
        _ => return Ok(Some(Run { head, rows: InsertRows::Other("something else than VALUES"), length })),
    };
    // A statement that begins alike on the next line; one that is cut off waits for the next run.
    while text.get(length.wrapping_sub(1)) == Some(&b'\n') && text.get(length..).is_some_and(|rest| rest.starts_with(begin)) {
        let Ok(Some(Walked::Whole(end, more))) = walk(text, length + begin.len(), head.source, dialect) else { break };
        let Some(end) = line_end(text, end, ended) else { break };
        rows += more;
        length = end;
    }
    let rows = if head.source == Source::Defaults { InsertRows::Defaults(rows) } else { InsertRows::Values(rows) };
    Ok(Some(Run { head, rows, length }))
}

/// Where the line ends behind a statement that ends at `end`: there, if something else stands on it. `None` where the text
/// ends before that is known.
fn line_end(text: &[u8], end: usize, ended: bool) -> Option<usize> {
    let rest = text.get(end..).unwrap_or_default();
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    match rest.get(blanks) {
        Some(b'\n') => Some(end + blanks + 1),
        None if !ended => None,
        Some(_) | None => Some(end),
    }
}

/// Walks through a statement from behind its head; `None` where the text ends inside.
fn walk(text: &[u8], from: usize, source: Source, dialect: Dialect) -> Result<Option<Walked>, Fault> {
    match source {
        Source::Other => return Ok(Some(Walked::Other("INSERT … SELECT or another form than VALUES"))),
        Source::Defaults => return Ok(tail(text, from, 1)),
        Source::Values => {}
    }
    let mut scan = Scan::new(text, from, dialect);
    let mut rows = 0;
    loop {
        scan.at = blanks(text, scan.at);
        match text.get(scan.at) {
            Some(b'(') => match scan.group()? {
                Ok(end) => scan.at = end,
                Err(_) => return Ok(None),
            },
            None => return Ok(None),
            Some(_) => return Ok(Some(Walked::Other("something else than a list of tuples"))),
        }
        rows += 1;
        let next = blanks(text, scan.at);
        match text.get(next) {
            Some(b',') => scan.at = next + 1,
            Some(b';') => return Ok(Some(Walked::Whole(next + 1, rows))),
            _ => return Ok(tail(text, scan.at, rows)),
        }
    }
}

/// What follows the tuples of a statement, blanks and all.
fn tail(text: &[u8], from: usize, rows: u64) -> Option<Walked> {
    let rest = text.get(from..).unwrap_or_default();
    match head::insert_tail(rest) {
        // A comment could hold a semicolon, and is not what pg_dump writes there.
        Some(length) if rest.get(..length).is_some_and(|tail| tail.iter().all(|b| !matches!(b, b'-' | b'/'))) => {
            Some(Walked::Whole(from + length, rows))
        }
        Some(_) => Some(Walked::Other("a comment inside the statement")),
        None if memchr::memchr(b';', rest).is_none() => None,
        None => {
            let word = rest.trim_ascii_start().get(..9).unwrap_or_default().to_ascii_lowercase();
            Some(Walked::Other(match &*word {
                b"returning" => "INSERT … RETURNING",
                [b'o', b'n', next, ..] if next.is_ascii_whitespace() => "ON CONFLICT with more than DO NOTHING",
                _ => "something else than a list of tuples",
            }))
        }
    }
}

fn blanks(text: &[u8], at: usize) -> usize {
    let blank = |b: &&u8| matches!(**b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    at + text.get(at..).unwrap_or_default().iter().take_while(blank).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexer::{self, Found};
    use crate::encoding::Charset;

    const DIALECT: Dialect = Dialect { backslashes: false, charset: Charset::Utf8 };

    fn read(text: &str) -> Option<(InsertRows, &str)> {
        let Ok(Found::Statement { lead: 0, end, .. }) = lexer::read(text.as_bytes(), DIALECT) else { panic!("{text}: no statement") };
        let run = run(text.as_bytes(), end, DIALECT, false).expect("an INSERT")?;
        Some((run.rows, &text[..run.length]))
    }

    #[test]
    fn statements_that_begin_alike_are_one_run() {
        let run = "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES\n\t('x;\nINSERT INTO a VALUES (')),\n\t(3) ON CONFLICT DO NOTHING; \r\n";
        let run = run.replace("'))", "')");
        for rest in [
            "INSERT INTO a (b) VALUES (4);\n",
            "\nINSERT INTO a VALUES (5);\n",
            "INSERT INTO a VALUES (6)",
            "INSERT INTO a VALUES (6);",
            "x",
        ] {
            assert_eq!(read(&format!("{run}{rest}")), Some((InsertRows::Values(3), &*run)), "{rest}");
        }
        assert_eq!(read("INSERT INTO a VALUES (1); x"), Some((InsertRows::Values(1), "INSERT INTO a VALUES (1);")));
        assert_eq!(read("INSERT INTO a VALUES (1);"), None);
        assert_eq!(read("INSERT INTO a VALUES (1); "), None);
        let defaults = "INSERT INTO a DEFAULT VALUES;\nINSERT INTO a DEFAULT VALUES;\n";
        assert_eq!(read(defaults), Some((InsertRows::Defaults(2), defaults)));
    }

    #[test]
    fn what_is_no_list_of_tuples_is_said() {
        for (text, said) in [
            ("INSERT INTO a SELECT 1;\n", "INSERT … SELECT or another form than VALUES"),
            ("INSERT INTO a VALUES (1) RETURNING b;\n", "INSERT … RETURNING"),
            ("INSERT INTO a VALUES (1)\nON CONFLICT (b) DO NOTHING;\n", "ON CONFLICT with more than DO NOTHING"),
            ("INSERT INTO a VALUES (1) + 2;\n", "something else than a list of tuples"),
            ("INSERT INTO a VALUES (1) /* ; */;\n", "a comment inside the statement"),
            ("INSERT INTO a VALUES (1), ROW(2);\n", "something else than a list of tuples"),
        ] {
            assert_eq!(read(text), Some((InsertRows::Other(said), text)), "{text}");
        }
    }
}
