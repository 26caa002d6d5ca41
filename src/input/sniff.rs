//! What an input is by its first bytes, never by its name.
//!
//! Scripts are taken generously, since people edit them: what is refused is what plainly cannot be one. A cut or
//! malformed script is not told from a good one here; that is the script reader's affair.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::archive::{Format, read as archive};
use crate::error::Fault;

/// How many bytes of an input are looked at: enough for a tar header (512) and for the comments at the head of a script.
pub const HEAD: usize = 4096;

/// What an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No byte at all.
    Empty,
    /// A text that can be an SQL script.
    Script,
    /// Something that is unpacked on the way.
    Packed(Codec),
    /// An archive of pg_dump in one file: custom, or tar.
    Archive(Format),
    /// A tar file of other things, of which one may be a dump.
    Tar,
    /// Something that is refused by what it is: the words of [`Fault::NotADump`].
    Other {
        /// As in `this is {what}`.
        what: Cow<'static, str>,
        /// What to do with it.
        remedy: &'static str,
    },
}

/// A compression that is unpacked on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// gzip (RFC 1952), of one member or several.
    Gzip,
    /// Zstandard (RFC 8878), of one frame or several.
    Zstd,
    /// LZ4 frames.
    Lz4,
    /// bzip2, of one stream or several.
    Bzip2,
    /// xz, of one stream or several.
    Xz,
}

impl Codec {
    /// The name of the compression, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Gzip => "gzip",
            Codec::Zstd => "zstd",
            Codec::Lz4 => "lz4",
            Codec::Bzip2 => "bzip2",
            Codec::Xz => "xz",
        }
    }
}

const UNPACK: &str = "unpack it first and pipe the result into pgveil filter";
const FOREIGN: &str = "pgveil reads what pg_dump writes";

/// Files that begin with fixed bytes. Sources: the formats' own documents, and `magic(5)`.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a zip file", UNPACK),
    (b"PK\x05\x06", "an empty zip file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", UNPACK),
    (b"\x02\x21\x4c\x18", "an lz4 file of the legacy format, whose end cannot be told", UNPACK),
    (b"\x78\x9c", "a zlib stream", UNPACK),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", FOREIGN),
    (b"\xff\xd8\xff", "a JPEG image", FOREIGN),
    (b"GIF8", "a GIF image", FOREIGN),
    (b"%PDF", "a PDF document", FOREIGN),
    (b"\x7fELF", "a program (ELF)", FOREIGN),
    (b"SQLite format 3\0", "an SQLite database", FOREIGN),
    (b"PGCOPY\n\xff\r\n\0", COPY_BINARY, FOREIGN),
    (b"-- MySQL dump", "a dump of MySQL", FOREIGN),
    (b"-- MariaDB dump", "a dump of MariaDB", FOREIGN),
    (b"/*M!", "a dump of MariaDB", FOREIGN),
    (b"pg_dump:", "a message of pg_dump", "its error output was written into the dump; keep 2> apart from >"),
    (b"pg_dumpall:", "a message of pg_dumpall", "its error output was written into the dump; keep 2> apart from >"),
    (b"pg_restore:", "a message of pg_restore", "its error output was written into the dump; keep 2> apart from >"),
];

/// What a file of these first bytes is. `head` holds the first [`HEAD`] bytes, or all where there are fewer.
pub fn sniff(head: &[u8]) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if let Some(packing) = packing(head) {
        return Kind::Packed(packing);
    }
    if head.starts_with(archive::MAGIC) {
        return Kind::Archive(Format::Custom);
    }
    // pg_dump writes the table of contents as the first member of its tar (src/bin/pg_dump/pg_backup_tar.c).
    if head.starts_with(b"toc.dat\0") {
        return Kind::Archive(Format::Tar);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Kind::Tar;
    }
    if let Some((_, what, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return other(what, remedy);
    }
    if is_utf16(head) {
        return other(UTF_16, "PowerShell's > re-encodes what it writes; let pg_dump write the file itself: pg_dump -f FILE");
    }
    if memchr(0, head).is_some() {
        return other(BINARY, FOREIGN);
    }
    text(head)
}

/// The fault of an input that is no dump; `None` for one that is, or that is unpacked on the way.
pub fn refuse(kind: &Kind) -> Option<Fault> {
    match kind {
        Kind::Script | Kind::Packed(_) | Kind::Archive(_) | Kind::Tar => None,
        Kind::Empty => Some(Fault::Empty),
        Kind::Other { what, remedy } => Some(Fault::NotADump { what: what.clone().into_owned(), remedy }),
    }
}

/// Whether what [`Kind::Other`] says is no text.
pub fn is_binary(what: &str) -> bool {
    [BINARY, UTF_16, COPY_BINARY].contains(&what)
}

/// What files are called that hold NUL bytes.
const BINARY: &str = "a binary file";
const UTF_16: &str = "a text in UTF-16";
const COPY_BINARY: &str = "the output of COPY in binary format";

fn other(what: &'static str, remedy: &'static str) -> Kind {
    Kind::Other { what: Cow::Borrowed(what), remedy }
}

/// The compression of a file, if it is one that is unpacked.
fn packing(head: &[u8]) -> Option<Codec> {
    match head {
        [0x1f, 0x8b, ..] => Some(Codec::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Codec::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Codec::Lz4),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Codec::Xz),
        // The mark of a block (the digits of pi) or, of an empty stream, of its end (those of its root).
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(Codec::Bzip2),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Some(Codec::Bzip2),
        // A skippable frame (RFC 8878, 3.1.2), with which pzstd begins: zstd, if a zstd frame follows.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, rest @ ..] => {
            let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
            packing(rest.get(length..)?).filter(|packing| *packing == Codec::Zstd)
        }
        _ => None,
    }
}

/// UTF-16 by its byte order mark, or by two ASCII characters with NULs between them.
fn is_utf16(head: &[u8]) -> bool {
    match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => [a, b].iter().all(|c| c.is_ascii_graphic() || c.is_ascii_whitespace()),
        _ => false,
    }
}

/// A text is a script if its first word, behind blanks and comments, can begin a statement.
fn text(head: &[u8]) -> Kind {
    let body = match skip_comments(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)) {
        // Nothing but comments as far as can be seen.
        None => return Kind::Script,
        Some(body) => body,
    };
    match body {
        [b'\\' | b';' | b'(', ..] => Kind::Script,
        [b'<', ..] => other("a web page or XML", FOREIGN),
        [b'{' | b'[', ..] => other("JSON or the like", FOREIGN),
        body if begins_statement(body) => Kind::Script,
        _ => other("a text, but no SQL script", FOREIGN),
    }
}

/// What stands behind blanks and comments; `None` where nothing does.
fn skip_comments(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = text.trim_ascii_start();
        text = match text {
            [] => return None,
            [b'-', b'-', rest @ ..] => rest.get(memchr(b'\n', rest)? + 1..)?,
            // A nested comment leaves a rest that is judged as text, and its words seldom begin a statement: look for
            // the last end in that case.
            [b'/', b'*', rest @ ..] => {
                let end = memmem::find(rest, b"*/")?;
                let nested = memmem::find(rest.get(..end)?, b"/*").is_some();
                let end = if nested { memmem::rfind(rest, b"*/")? } else { end };
                rest.get(end + 2..)?
            }
            _ => return Some(text),
        };
    }
}

/// The words that begin a statement in PostgreSQL ("SQL Commands" in its manual), and END.
const STATEMENTS: &[&str] = &[
    "abort",
    "alter",
    "analyse",
    "analyze",
    "begin",
    "call",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "explain",
    "fetch",
    "grant",
    "import",
    "insert",
    "listen",
    "load",
    "lock",
    "merge",
    "move",
    "notify",
    "prepare",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "select",
    "set",
    "show",
    "start",
    "table",
    "truncate",
    "unlisten",
    "update",
    "vacuum",
    "values",
    "with",
];

/// Whether a text begins with a word that begins a statement, and not with a list of columns whose first is named so.
fn begins_statement(text: &[u8]) -> bool {
    let length = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let (word, rest) = text.split_at_checked(length).unwrap_or((text, b""));
    let next = rest.first();
    if next == Some(&b',') || next == Some(&b':') {
        return false;
    }
    STATEMENTS.iter().any(|known| {
        // A word at the very end of what is seen may go on.
        known.as_bytes().eq_ignore_ascii_case(word)
            || (next.is_none()
                && !word.is_empty()
                && known.as_bytes().get(..word.len()).is_some_and(|known| known.eq_ignore_ascii_case(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> String {
        match sniff(head) {
            Kind::Other { what, .. } => what.into_owned(),
            kind => format!("{kind:?}"),
        }
    }

    #[test]
    fn scripts_are_taken_generously() {
        let scripts: &[&[u8]] = &[
            b"--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n\nSET statement_timeout = 0;\n",
            b"\xef\xbb\xbf--\r\n-- PostgreSQL database dump\r\n--\r\n\r\nSET x = 0;\r\n",
            b"\n\n  select 1;",
            b"/* a /* nested */ comment */ create table t ();",
            b"/* one */ /* two */\nCREATE TABLE t ();",
            b"\\connect x\n",
            b"(select 1);",
            b"BEGIN;",
            b"Copy public.t (a) from stdin;\n1\n\\.\n",
            b"-- a comment that goes on",
            b"/* a comment that goes on",
            b"   \n\t",
            b"SE",
            b"select'x';",
            b"INSERT INTO t VALUES ('\xe9');",
        ];
        for script in scripts {
            assert_eq!(sniff(script), Kind::Script, "{}", String::from_utf8_lossy(script));
        }
    }

    #[test]
    fn archives_and_packings_by_their_first_bytes() {
        assert_eq!(sniff(b""), Kind::Empty);
        assert_eq!(sniff(b"\x1f\x8b\x08\0"), Kind::Packed(Codec::Gzip));
        assert_eq!(sniff(b"\x28\xb5\x2f\xfd\0"), Kind::Packed(Codec::Zstd));
        assert_eq!(sniff(b"\x04\x22\x4d\x18\0"), Kind::Packed(Codec::Lz4));
        assert_eq!(sniff(b"\xfd7zXZ\0\0\x04"), Kind::Packed(Codec::Xz));
        assert_eq!(sniff(b"BZh91AY&SY"), Kind::Packed(Codec::Bzip2));
        assert_eq!(what(b"BZhello"), "a text, but no SQL script");
        assert_eq!(sniff(b"\x50\x2a\x4d\x18\x04\0\0\0abcd\x28\xb5\x2f\xfd"), Kind::Packed(Codec::Zstd));
        assert_eq!(what(b"\x50\x2a\x4d\x18\x04\0\0\0abcd\x04\x22\x4d\x18"), "a binary file");
        assert_eq!(sniff(b"PGDMP\x01\x0f\0\x04\x08"), Kind::Archive(Format::Custom));
        assert_eq!(sniff(b"PGDMP"), Kind::Archive(Format::Custom));
        let mut tar = vec![0; 512];
        tar[..9].copy_from_slice(b"dump.sql\0");
        assert_eq!(what(&tar), "a binary file");
        tar[257..265].copy_from_slice(b"ustar  \0");
        assert_eq!(sniff(&tar), Kind::Tar);
        tar[..8].copy_from_slice(b"toc.dat\0");
        assert_eq!(sniff(&tar), Kind::Archive(Format::Tar));
    }

    #[test]
    fn other_things_are_named() {
        let things: &[(&[u8], &str)] = &[
            (b"PK\x03\x04\x14\0", "a zip file"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip file"),
            (b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
            (b"GIF89a", "a GIF image"),
            (b"%PDF-1.7\n", "a PDF document"),
            (b"\x7fELF\x02\x01", "a program (ELF)"),
            (b"SQLite format 3\0", "an SQLite database"),
            (b"\xff\xfe-\0-\0", "a text in UTF-16"),
            (b"-\0-\0\n\0", "a text in UTF-16"),
            (b"\0-\0-\0\n", "a text in UTF-16"),
            (b"SET x = 0;\0", "a binary file"),
            (b"<!DOCTYPE html>\n<html>", "a web page or XML"),
            (b"{\"version\": 1}", "JSON or the like"),
            (b"[1, 2]", "JSON or the like"),
            (b"id,name,email\n1,a,b\n", "a text, but no SQL script"),
            (b"comment,author\nx,y\n", "a text, but no SQL script"),
            (b"version: 1\n", "a text, but no SQL script"),
            (b"version = 1\n[defaults]\n", "a text, but no SQL script"),
            (b"1\tJean\tjean@example.org\n", "a text, but no SQL script"),
            (b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "a text, but no SQL script"),
            (b"pg_dump: error: connection to server failed\n", "a message of pg_dump"),
            (b"-- MySQL dump 10.13  Distrib 8.0\n--\n", "a dump of MySQL"),
        ];
        for (head, expected) in things {
            assert_eq!(what(head), *expected);
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let fault = refuse(&sniff(b"PK\x03\x04")).expect("refused");
        assert_eq!(fault.to_string(), "this is a zip file, expected a dump; unpack it first and pipe the result into pgveil filter");
        assert_eq!(refuse(&Kind::Archive(Format::Custom)), None);
        assert_eq!(refuse(&Kind::Empty), Some(Fault::Empty));
        assert_eq!(refuse(&Kind::Script), None);
    }
}
