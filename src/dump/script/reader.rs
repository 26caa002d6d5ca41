//! A plain script → events.

use std::io;

use bytes::Bytes;
use memchr::{memmem, memrchr};

use super::command;
use super::head::{self, Copy, Setting};
use super::insert;
use super::large_object::{self, Call};
use super::lexeme::{self, Dialect};
use super::lexer::{self, Found, Words};
use super::template;
use super::trailer::Trailer;
use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event, Insert, Meta, Rows, Statement, Verb};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::name::{Name, RelationName};

/// What a reader is strict about.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest row and the longest statement, in bytes. One that fits in a block always passes.
    pub max_row: usize,
    /// Whether the comment that pg_dump writes last must be there.
    pub require_trailer: bool,
}

/// Reads a script.
#[derive(Debug)]
pub struct ScriptReader {
    buffer: Buffer,
    limits: Limits,
    charset: Charset,
    /// `standard_conforming_strings` is off.
    backslashes: bool,
    search_path: Option<Name>,
    trailer: Trailer,
    /// The table whose data is being read.
    copying: Option<Copying>,
    /// Whether a statement or command has been read: if not, what fails may not be a dump at all.
    begun: bool,
    ended: bool,
}

/// A COPY block on its way.
#[derive(Debug)]
struct Copying {
    relation: RelationName,
    /// Whether its rows end in CR LF; unknown before the first.
    crlf: Option<bool>,
}

impl ScriptReader {
    /// Reads the script that `buffer` holds.
    pub fn new(buffer: Buffer, limits: Limits) -> ScriptReader {
        ScriptReader {
            buffer,
            limits,
            charset: Charset::Utf8,
            backslashes: false,
            search_path: None,
            trailer: Trailer::default(),
            copying: None,
            begun: false,
            ended: false,
        }
    }

    /// The next event, `None` behind [`Event::End`].
    ///
    /// # Errors
    /// [`Error::Data`] where the script is cut or cannot be followed, [`Error::Io`] where it cannot be read.
    pub fn next_event(&mut self) -> Result<Option<Event>> {
        if self.ended {
            return Ok(None);
        }
        if self.copying.is_some() { self.next_in_copy().map(Some) } else { self.next_in_sql().map(Some) }
    }

    /// Goes on with another text, in the state that the last one left: encoding, literals, search path, and the table whose
    /// data is being read. To be called behind an event with nothing left of the last text, or at its end.
    pub fn go_on_with(&mut self, buffer: Buffer) {
        (self.buffer, self.ended, self.trailer) = (buffer, false, Trailer::default());
    }

    /// Whether it is what pg_dumpall writes, as far as it has been read.
    pub fn is_cluster(&self) -> bool {
        self.trailer.is_cluster()
    }

    /// The schema in which unqualified names are found, if the script has set one.
    pub fn search_path(&self) -> Option<&Name> {
        self.search_path.as_ref()
    }

    /// How the text at hand is split.
    pub fn dialect(&self) -> Dialect {
        Dialect { backslashes: self.backslashes, charset: self.charset }
    }

    /// How many bytes of the unpacked input have been taken.
    pub fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    /// The encoding in which the text is now.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    fn next_in_sql(&mut self) -> Result<Event> {
        loop {
            let dialect = self.dialect();
            let mark = self.byte_order_mark();
            let text = self.buffer.window().get(mark..).unwrap_or_default();
            match lexer::read(text, dialect).map_err(|fault| self.fault(fault))? {
                Found::Statement { lead, end, words } => {
                    if let Some(event) = self.statement(mark + lead, mark + end, &words)? {
                        return Ok(event);
                    }
                }
                Found::Meta { lead, end } if self.buffer.ended() || text.get(end.wrapping_sub(1)) == Some(&b'\n') => {
                    return self.meta(mark + lead, mark + end);
                }
                Found::Blank if self.buffer.ended() => return self.end(),
                Found::Cut { inside: lexeme::LINE_COMMENT, lead: 0 } if self.buffer.ended() => return self.end(),
                Found::Cut { inside, lead } if self.buffer.ended() => {
                    let fault = if self.begun || looks_like_sql(text.get(lead..).unwrap_or_default()) {
                        Fault::CutStatement(inside)
                    } else {
                        not_a_script()
                    };
                    return Err(self.fault(fault));
                }
                Found::Meta { .. } | Found::Blank | Found::Cut { .. } => {}
            }
            self.more(|limit| Fault::StatementTooLong { limit })?;
        }
    }

    /// The length of a byte order mark at the head of the input; psql skips it.
    fn byte_order_mark(&self) -> usize {
        if self.buffer.offset() == 0 && self.buffer.window().starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
    }

    /// Makes the window longer, up to the limit.
    fn more(&mut self, too_long: impl Fn(usize) -> Fault) -> Result<()> {
        let limit = self.limits.max_row;
        if self.buffer.window().len() > limit {
            return Err(self.fault(too_long(limit)));
        }
        self.buffer.more().map_err(|error| self.read_error(error))
    }

    /// An error at the head of the window.
    fn fault(&self, fault: Fault) -> Error {
        Error::Data { place: self.place(), fault }
    }

    /// The head of the window.
    fn place(&self) -> Place {
        let table = self.copying.as_ref().map(|copying| copying.relation.clone());
        Place { table, byte: Some(self.buffer.offset()), ..Place::default() }
    }

    fn read_error(&self, error: io::Error) -> Error {
        Error::of_read(error, || self.place(), "read the input")
    }

    /// A backslash command: only those pass that cannot bring data from elsewhere or change what is read.
    fn meta(&mut self, lead: usize, end: usize) -> Result<Event> {
        let line = self.buffer.window().get(lead..end).unwrap_or_default();
        if !command::is_harmless(line) {
            return Err(self.fault(Fault::Unsupported("a backslash command of psql")));
        }
        if let Some(name) = head::encoding_command(line) {
            self.set_encoding(&name)?;
        }
        let (lead, line, _) = self.take_statement(lead, end);
        self.trailer.command(&line);
        Ok(Event::Meta(Meta { lead, line }))
    }

    fn set_encoding(&mut self, name: &str) -> Result<()> {
        self.charset = Charset::from_name(name).ok_or_else(|| self.fault(Fault::Unsupported("an unknown client_encoding")))?;
        Ok(())
    }

    /// A statement of the window, from `lead` to `end`; `None` where the window must first be longer.
    fn statement(&mut self, lead: usize, end: usize, words: &Words) -> Result<Option<Event>> {
        let text = self.buffer.window().get(lead..end).unwrap_or_default();
        match words.get(0) {
            b"copy" => match head::copy(text, self.charset) {
                Some(Copy::ToStdout) => {}
                Some(found) => return self.copy_start(lead, end, found),
                None => return Err(self.fault(Fault::BadStatement("COPY table (columns) FROM stdin"))),
            },
            b"insert" => return self.insert(lead, end),
            _ => {}
        }
        let verb = match verb(words, text) {
            Some(verb) => verb,
            None if self.begun => return Err(self.fault(Fault::Unsupported("text that is no SQL statement"))),
            None => return Err(self.fault(not_a_script())),
        };
        if let b"set" | b"select" | b"reset" | b"discard" | b"rollback" | b"abort" = words.get(0) {
            match head::setting(text, self.charset).map_err(|fault| self.fault(fault))? {
                Some(Setting::ClientEncoding(name)) => self.set_encoding(&name)?,
                Some(Setting::StandardStrings(on)) => self.backslashes = !on,
                Some(Setting::SearchPath(path)) => self.search_path = path,
                None => {}
            }
        }
        let (charset, search_path) = (self.charset, self.search_path.clone());
        let (lead, text, offset) = self.take_statement(lead, end);
        Ok(Some(Event::Statement(Statement { lead, text, offset, charset, search_path, verb })))
    }

    fn take_statement(&mut self, lead: usize, end: usize) -> (Bytes, Bytes, u64) {
        self.begun = true;
        let before = self.buffer.take(lead);
        self.trailer.lead(&before);
        let offset = self.buffer.offset();
        (before, self.buffer.take(end.saturating_sub(lead)), offset)
    }

    /// A run of INSERT statements, the first of which stands from `lead` to `end`.
    fn insert(&mut self, lead: usize, end: usize) -> Result<Option<Event>> {
        let text = self.buffer.window().get(lead..).unwrap_or_default();
        let dialect = self.dialect();
        let run = insert::run(text, end - lead, dialect, self.buffer.ended()).map_err(|fault| self.fault(fault))?;
        let Some(insert::Run { head, rows, length }) = run else { return Ok(None) };
        let relation = head::resolve(head.schema, head.table, self.search_path.as_ref());
        let (charset, backslashes) = (self.charset, self.backslashes);
        let (lead, text, offset) = self.take_statement(lead, lead + length);
        let (columns, head) = (head.columns, head.length);
        Ok(Some(Event::Insert(Insert { lead, text, offset, relation, columns, head, rows, charset, backslashes })))
    }

    /// The head of a table's data: the statement and the rest of its line, which must be blank.
    fn copy_start(&mut self, lead: usize, end: usize, found: Copy) -> Result<Option<Event>> {
        let Copy::FromStdin { schema, table, columns, named, listed, options } = found else { return Ok(None) };
        let relation = head::resolve(schema, table, self.search_path.as_ref());
        let after = self.buffer.window().get(end..).unwrap_or_default();
        let blank = after.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        match after.get(blank) {
            Some(b'\n') => {}
            None if self.buffer.ended() => return Err(self.fault(Fault::CutStatement("a COPY statement's line"))),
            None => return Ok(None),
            Some(_) => return Err(self.fault(Fault::Unsupported("text behind a COPY statement on its line"))),
        }
        let (lead, text, offset) = self.take_statement(lead, end + blank + 1);
        self.copying = Some(Copying { relation: relation.clone(), crlf: None });
        let (charset, backslashes) = (self.charset, self.backslashes);
        let (named, listed) = (text.slice(named), listed.map(|listed| text.slice(listed)));
        Ok(Some(Event::CopyStart(CopyStart { lead, text, offset, relation, columns, named, listed, options, charset, backslashes })))
    }

    fn next_in_copy(&mut self) -> Result<Event> {
        loop {
            let window = self.buffer.window();
            if let Some(length) = marker(window) {
                self.copying = None;
                return Ok(Event::CopyEnd(self.buffer.take(length)));
            }
            // A window that may end within the marker is not judged before it is longer.
            let unclear = window.len() < 4 && b"\\.\r\n".starts_with(window) || window.is_empty();
            if !unclear {
                let whole = match find_marker(window) {
                    Some(at) => at,
                    None => memrchr(b'\n', window).map_or(0, |at| at + 1),
                };
                if whole > 0 {
                    return Ok(self.rows(whole));
                }
            }
            if self.buffer.ended() {
                return Err(self.fault(Fault::NoEndOfCopy));
            }
            self.more(|limit| Fault::RowTooLong { limit })?;
        }
    }

    fn rows(&mut self, length: usize) -> Event {
        let offset = self.buffer.offset();
        let bytes = self.buffer.take(length);
        let crlf = self.copying.as_mut().is_some_and(|copying| {
            *copying.crlf.get_or_insert_with(|| memchr::memchr(b'\n', &bytes).is_some_and(|at| at > 0 && bytes.get(at - 1) == Some(&b'\r')))
        });
        Event::Rows(Rows { bytes, offset, crlf })
    }

    /// The end of the input, outside of any statement.
    fn end(&mut self) -> Result<Event> {
        let rest = self.buffer.take(usize::MAX);
        self.trailer.lead(&rest);
        self.ended = true;
        if self.buffer.offset() == 0 && !self.begun {
            return Err(self.fault(Fault::Empty));
        }
        match self.trailer.missing() {
            Some(fault) if self.limits.require_trailer => Err(self.fault(fault)),
            _ => Ok(Event::End(rest)),
        }
    }
}

/// The length of the end marker's line at the head of `rows`, if it stands there: `\.` and a line end
/// (`handleCopyIn` in src/bin/psql/copy.c).
pub(in crate::dump) fn marker(rows: &[u8]) -> Option<usize> {
    match rows {
        [b'\\', b'.', b'\n', ..] => Some(3),
        [b'\\', b'.', b'\r', b'\n', ..] => Some(4),
        _ => None,
    }
}

/// Where the end marker's line begins, behind at least one row. `rows` begins at the start of a row. A marker that the
/// end of `rows` cuts short counts too: what is before it is whole rows in any case.
pub(in crate::dump) fn find_marker(rows: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = memmem::find(rows.get(from..)?, b"\n\\.") {
        let start = from + found + 1;
        let line = rows.get(start..).unwrap_or_default();
        if marker(line).is_some() || matches!(line, [b'\\', b'.'] | [b'\\', b'.', b'\r']) {
            return Some(start);
        }
        from = start;
    }
    None
}

fn not_a_script() -> Fault {
    Fault::NotADump { what: "text, but no SQL script".into(), remedy: "pgveil reads what pg_dump writes" }
}

/// Whether a text that is cut in its first statement could have been a script.
fn looks_like_sql(text: &[u8]) -> bool {
    let word: Vec<u8> = text.iter().take_while(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
    STATEMENTS.contains(&&*word)
}

/// The words that a statement of a script can begin with (`unreserved` commands of src/backend/parser/gram.y).
const STATEMENTS: [&[u8]; 46] = [
    b"abort",
    b"alter",
    b"analyze",
    b"begin",
    b"call",
    b"checkpoint",
    b"cluster",
    b"comment",
    b"commit",
    b"copy",
    b"create",
    b"deallocate",
    b"declare",
    b"delete",
    b"discard",
    b"do",
    b"drop",
    b"end",
    b"execute",
    b"explain",
    b"grant",
    b"import",
    b"insert",
    b"listen",
    b"load",
    b"lock",
    b"merge",
    b"notify",
    b"prepare",
    b"reassign",
    b"refresh",
    b"reindex",
    b"release",
    b"reset",
    b"revoke",
    b"rollback",
    b"savepoint",
    b"security",
    b"select",
    b"set",
    b"show",
    b"start",
    b"truncate",
    b"update",
    b"vacuum",
    b"with",
];

/// What a statement is, by its first words; `None` where they begin none.
fn verb(words: &Words, text: &[u8]) -> Option<Verb> {
    let first = words.get(0);
    let mentions = |name: &&[u8]| memmem::find(text, name).is_some();
    Some(match first {
        b"update" if template::is_reset(text) => Verb::Plain,
        b"update" | b"delete" | b"merge" | b"with" | b"prepare" | b"execute" | b"do" | b"call" | b"explain" => Verb::Carrier,
        b"select" if [&b"pg_restore_attribute_stats"[..], b"pg_restore_extended_stats"].iter().any(mentions) => Verb::Statistics,
        b"select" if mentions(&&b"pg_restore_relation_stats"[..]) => Verb::Size,
        b"select" | b"values" if calls_large_object(text) => Verb::LargeObject,
        b"select" if mentions_word(text, b"into") => Verb::Carrier,
        b"create" if words.get(1) == b"schema" && mentions_word(text.get(6..).unwrap_or_default(), b"create") => Verb::Carrier,
        b"create" | b"alter" | b"drop" => {
            let kinds: [&[u8]; 7] = [b"table", b"foreign", b"type", b"domain", b"unique", b"sequence", b"unlogged"];
            if kinds.contains(&words.get(1))
                || (matches!(words.get(1), b"temp" | b"temporary" | b"global" | b"local") && words.get(2) == b"table")
            {
                Verb::Schema
            } else {
                Verb::Plain
            }
        }
        b"" if text.starts_with(b"(") || text.starts_with(b";") => Verb::Plain,
        _ if STATEMENTS.contains(&first)
            || first == b"values"
            || first == b"table"
            || first == b"close"
            || first == b"fetch"
            || first == b"move" =>
        {
            Verb::Plain
        }
        _ => return None,
    })
}

/// Whether a statement creates a large object or writes to one.
fn calls_large_object(text: &[u8]) -> bool {
    large_object::calls(text).any(|call| call != Call::Unlink)
}

/// Whether a word stands in the first part of a text, quotes not looked at.
fn mentions_word(text: &[u8], word: &[u8]) -> bool {
    let head = text.get(..65_536).unwrap_or(text);
    head.split(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).any(|found| found.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n";

    fn reader(text: &[u8], block: usize, limits: Limits) -> ScriptReader {
        ScriptReader::new(Buffer::new(Box::new(io::Cursor::new(text.to_vec())), block), limits)
    }

    const STRICT: Limits = Limits { max_row: 1 << 20, require_trailer: true };

    /// All events, a word and the bytes each, until the end or an error.
    fn read(text: &[u8], block: usize) -> (Vec<(&'static str, Vec<u8>)>, Option<String>) {
        let mut reader = reader(text, block, STRICT);
        let mut events: Vec<(&'static str, Vec<u8>)> = Vec::new();
        loop {
            let (kind, bytes) = match reader.next_event() {
                Ok(None) => return (events, None),
                Err(error) => return (events, Some(error.to_string())),
                Ok(Some(Event::Statement(s))) => ("statement", [s.lead, s.text].concat()),
                Ok(Some(Event::Insert(s))) => ("insert", [s.lead, s.text].concat()),
                Ok(Some(Event::CopyStart(s))) => ("copy", [s.lead, s.text].concat()),
                Ok(Some(Event::Meta(m))) => ("meta", [m.lead, m.line].concat()),
                Ok(Some(Event::CopyEnd(bytes))) => ("end of copy", bytes.to_vec()),
                Ok(Some(Event::End(bytes))) => ("end", bytes.to_vec()),
                Ok(Some(Event::Rows(rows))) => ("rows", rows.bytes.to_vec()),
            };
            match events.last_mut() {
                Some((last, all)) if *last == kind && ["rows", "insert"].contains(&kind) => all.extend(bytes),
                _ => events.push((kind, bytes)),
            }
        }
    }

    fn script() -> String {
        format!(
            "--\n-- PostgreSQL database dump\n--\n\n\\restrict key\n\nSET client_encoding = 'UTF8';\n\
             CREATE FUNCTION f() AS $$\nCOPY fake FROM stdin;\n\\.\n$$;\n\
             COPY public.a (x, y) FROM stdin;\n1\tb\n\\\\.\t2\n\\.x\t3\n\\.\n\n\nCOPY b  FROM stdin;\n\\.\n\
             COPY c (x) FROM stdin;\r\n\r\n1\r\n\\.\r\nINSERT INTO d VALUES ('a;\nb');\nINSERT INTO d VALUES (2, E'\\'); \n, (\"x\")'), (3) ; \n{END}\\unrestrict key\n\n"
        )
    }

    #[test]
    fn events_put_together_are_the_script_at_any_block_size() {
        let script = script();
        let whole = read(script.as_bytes(), 1 << 20);
        assert_eq!(whole.1, None);
        let kinds: Vec<_> = whole.0.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [
                "meta",
                "statement",
                "statement",
                "copy",
                "rows",
                "end of copy",
                "copy",
                "end of copy",
                "copy",
                "rows",
                "end of copy",
                "insert",
                "meta",
                "end"
            ]
        );
        assert_eq!(whole.0.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(), script.as_bytes());
        for block in 1..200 {
            assert_eq!(read(script.as_bytes(), block), whole, "block of {block}");
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let script = script();
        for cut in 0..script.len() - 2 {
            let (_, error) = read(&script.as_bytes()[..cut], 64);
            assert!(error.is_some(), "cut at {cut}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for (text, expected) in [
            ("", "the input is empty"),
            ("COPY a FROM stdin; SELECT 1;\n\\.\n", "text behind a COPY"),
            ("COPY a FROM '/x';\n", "expected COPY table"),
            ("\\i other.sql\n", "a backslash command"),
            ("\\copy a from stdin\n", "a backslash command"),
            ("SELECT 1 \\g\n;", "a backslash inside a statement"),
            ("hello world, this is text", "no SQL script"),
            ("id,name;\n1,x\n", "no SQL script"),
            ("SET client_encoding = 'KLINGON';\n", "an unknown client_encoding"),
            ("SELECT 1;\nhello world;", "text that is no SQL statement"),
        ] {
            let error = read(text.as_bytes(), 16).1.unwrap_or_default();
            assert!(error.contains(expected), "{text:?} gave {error:?}");
        }
    }

    #[test]
    fn limits_hold() {
        let long = format!("COPY a FROM stdin;\n{}", "x".repeat(5000));
        let mut reader = reader(long.as_bytes(), 64, Limits { max_row: 1000, require_trailer: true });
        reader.next_event().expect("the head");
        let error = reader.next_event().expect_err("too long").to_string();
        assert!(error.starts_with("public.a, byte 19: a row is longer than 1000 bytes"), "{error}");
    }
}
