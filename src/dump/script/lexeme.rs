//! Where one thing in a script ends: a string, a quoted identifier, a comment, a word, a number. As psql sees it
//! (src/fe_utils/psqlscan.l).
//!
//! Advice to whoever changes this: a rule that psql has not must not come in, however sensible it looks. What we see as
//! text and psql sees as data, or the other way round, is a leak.

use memchr::{memchr, memchr2, memmem};

use crate::encoding::Charset;
use crate::error::Fault;

/// What changes how text is split.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Whether a backslash escapes inside plain quotes (`standard_conforming_strings` is off).
    pub backslashes: bool,
    /// The encoding of the text.
    pub charset: Charset,
}

impl Default for Dialect {
    /// As pg_dump writes scripts, if nobody asks for another encoding.
    fn default() -> Dialect {
        Dialect { backslashes: false, charset: Charset::Utf8 }
    }
}

/// Where something ends, or inside what the text does.
pub(super) type End = Result<usize, &'static str>;

/// Skips blanks and comments from `at`. The error names what the text ends in.
pub fn skip_blanks(text: &[u8], mut at: usize) -> Result<usize, &'static str> {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => at += 1,
            [b'-', b'-', ..] => at += line_comment(rest)?,
            [b'/', b'*', ..] => at += block_comment(rest)?,
            [b'-' | b'/'] => return Err("a comment"),
            _ => return Ok(at),
        }
    }
}

/// What a text ends in that ends in a `--` comment: at the end of the input that is no harm.
pub const LINE_COMMENT: &str = "a line comment";

/// The length of a `--` comment, its line end included. A CR alone ends it too (`non_newline` in psqlscan.l).
pub(super) fn line_comment(text: &[u8]) -> End {
    memchr2(b'\n', b'\r', text).map(|end| end + 1).ok_or(LINE_COMMENT)
}

/// The length of a `/* */` comment, which may hold others.
pub(super) fn block_comment(text: &[u8]) -> End {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(found) = memchr2(b'/', b'*', rest) else { return Err("a comment") };
        at += found;
        match text.get(at..).unwrap_or_default() {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
}

/// Bytes that can start an identifier or keyword.
pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Bytes that can continue one.
pub(super) fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// What a word turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worded {
    /// A keyword or identifier, and where it ends.
    Word(usize),
    /// The letter before a string (`E'…'`, `B'…'`, `X'…'`, `U&'…'`), and where that ends.
    String(usize),
}

/// A keyword or identifier, or a string with a letter before it, from its first byte.
pub(super) fn word(text: &[u8], at: usize, charset: Charset) -> Result<Worded, &'static str> {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|b| continues_word(**b)).count();
    let word = rest.get(..length).unwrap_or_default();
    let end = at + length;
    let quoted = rest.get(length) == Some(&b'\'');
    let string = |open, backslashes| string(text, open, backslashes, charset).map(Worded::String);
    match word {
        [b'e' | b'E'] if quoted => string(end, true),
        [b'b' | b'B' | b'x' | b'X'] if quoted => string(end, false),
        [b'u' | b'U'] if rest.get(length..).is_some_and(|after| after.starts_with(b"&'")) => string(end + 1, false),
        _ => Ok(Worded::Word(end)),
    }
}

/// A string from its opening quote. A string that goes on after a line break goes on by the same rules.
pub(super) fn string(text: &[u8], open: usize, backslashes: bool, charset: Charset) -> End {
    let mut at = open + 1;
    loop {
        at = quoted(text, at, backslashes, charset)?;
        match text.get(at) {
            Some(b'\'') => at += 1,
            _ => match continuation(text, at) {
                Some(next) => at = next,
                None => return Ok(at),
            },
        }
    }
}

/// Walks from inside quotes to behind the closing quote.
fn quoted(text: &[u8], mut at: usize, backslashes: bool, charset: Charset) -> End {
    const INSIDE: &str = "a quoted string";
    loop {
        let rest = text.get(at..).unwrap_or_default();
        if !backslashes {
            return memchr(b'\'', rest).map(|found| at + found + 1).ok_or(INSIDE);
        }
        if charset.hides_ascii() {
            match rest.first().ok_or(INSIDE)? {
                b'\'' => return Ok(at + 1),
                b'\\' => at += 2,
                _ => at += charset.step(rest),
            }
            continue;
        }
        let found = memchr2(b'\'', b'\\', rest).ok_or(INSIDE)?;
        if rest.get(found) == Some(&b'\'') {
            return Ok(at + found + 1);
        }
        at += found + 2;
    }
}

/// Whether a string goes on: blanks and `--` comments with a line break in them, then a quote
/// (`whitespace_with_newline` in psqlscan.l). Gives where its text goes on.
fn continuation(text: &[u8], mut at: usize) -> Option<usize> {
    let mut broken = false;
    loop {
        let rest = text.get(at..)?;
        match rest {
            [b' ' | b'\t' | 0x0b | 0x0c, ..] => at += 1,
            [b'\n' | b'\r', ..] => {
                broken = true;
                at += 1;
            }
            [b'-', b'-', ..] => {
                broken = true;
                at += line_comment(rest).ok()?;
            }
            [b'\'', ..] if broken => return Some(at + 1),
            _ => return None,
        }
    }
}

/// A number. One that runs into a quoted string (`1e'x'`) is refused: releases of psql do not agree on it.
pub(super) fn number(text: &[u8], at: usize) -> Result<usize, Fault> {
    let rest = text.get(at..).unwrap_or_default();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let letters = rest.iter().skip(digits).take_while(|b| continues_word(**b) && **b != b'$').count();
    match rest.get(digits + letters) {
        Some(b'\'') if letters > 0 => Err(Fault::Unsupported("a number that runs into a string")),
        _ => Ok(at + digits + letters),
    }
}

/// A quoted identifier from its opening quote.
pub(super) fn identifier(text: &[u8], open: usize) -> End {
    let mut at = open + 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += memchr(b'"', rest).ok_or("a quoted identifier")? + 1;
        if text.get(at) != Some(&b'"') {
            return Ok(at);
        }
        at += 1;
    }
}

/// A dollar: of a dollar-quoted string, of a parameter, or alone.
pub(super) fn dollar(text: &[u8], at: usize) -> End {
    let rest = text.get(at..).unwrap_or_default();
    let tag = rest.iter().skip(1).take_while(|b| continues_word(**b) && **b != b'$').count();
    let opens = rest.get(tag + 1) == Some(&b'$') && !rest.get(1).is_some_and(u8::is_ascii_digit);
    let Some(delimiter) = rest.get(..tag + 2).filter(|_| opens) else { return Ok(at + 1) };
    let body = rest.get(tag + 2..).unwrap_or_default();
    let end = memmem::find(body, delimiter).ok_or("a dollar-quoted string")?;
    Ok(at + 2 * delimiter.len() + end)
}
