//! The tuples of `INSERT … VALUES`: literals ↔ values.
//!
//! A value here is the text that COPY would have for it: `t` where the tuple says `true`, `101` where it says `B'101'`, so
//! that masks make the same of it in both forms. What stands in a tuple and is no literal is refused: nobody here knows
//! what a function would return.
//!
//! Facts from PostgreSQL's src/backend/parser/scan.l (strings), src/bin/pg_dump/pg_dump.c (`dumpTableData_insert`: which
//! types go without quotes) and src/fe_utils/string_utils.c (`appendStringLiteral`). Encodings in which a backslash or
//! quote may be the later byte of a character are not for this module.

use memchr::{memchr, memchr2};

use super::{Value, copy};

/// How a literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `NULL`
    Null,
    /// `DEFAULT`
    Default,
    /// `12`, `-1.5e3`: digits without quotes. False where its text must be tidied to be the value (`+ 5`).
    Number(bool),
    /// `true`, `false`
    Boolean(bool),
    /// `'…'` in which nothing is escaped.
    Plain,
    /// `'…'` with doubled quotes.
    Quoted,
    /// `E'…'`, or `'…'` while `standard_conforming_strings` is off: backslashes escape.
    Escaped,
    /// `B'101'`
    Bits,
    /// `X'1F'`: four bits a digit.
    Hex,
    /// `$tag$…$tag$`, with the length of one delimiter.
    Dollar(usize),
}

/// A field of a tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// How it is written.
    pub kind: Kind,
    /// Where its literal begins, sign or prefix included.
    pub start: usize,
    /// Where its literal ends; a cast (`::type`) may follow.
    pub end: usize,
}

/// Where something stands in a tuple that is no literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLiteral(pub usize);

/// Reads a tuple from its opening parenthesis at `at`. Replaces `fields` by its fields; gives where the tuple ends.
/// `backslashes`: `standard_conforming_strings` is off.
///
/// # Errors
/// The tuple ends early or holds something else than literals with casts: an expression, a comment, an escape on which
/// releases of PostgreSQL do not agree.
pub fn tuple(text: &[u8], at: usize, backslashes: bool, fields: &mut Vec<Field>) -> Result<usize, NoLiteral> {
    fields.clear();
    if text.get(at) != Some(&b'(') {
        return Err(NoLiteral(at));
    }
    let mut at = skip_blanks(text, at + 1);
    loop {
        let field = literal(text, at, backslashes)?;
        at = skip_blanks(text, field.end);
        while text.get(at..).is_some_and(|rest| rest.starts_with(b"::")) {
            at = skip_blanks(text, type_name(text, at + 2).ok_or(NoLiteral(field.start))?);
        }
        fields.push(field);
        match text.get(at) {
            Some(b',') => at = skip_blanks(text, at + 1),
            Some(b')') => return Ok(at + 1),
            _ => return Err(NoLiteral(field.start)),
        }
    }
}

/// Where the blanks at `at` end.
#[inline]
pub fn skip_blanks(text: &[u8], at: usize) -> usize {
    let blanks = |b: &&u8| matches!(**b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    at + text.get(at..).unwrap_or_default().iter().take_while(blanks).count()
}

/// A literal at `at`.
fn literal(text: &[u8], at: usize, backslashes: bool) -> Result<Field, NoLiteral> {
    let rest = text.get(at..).unwrap_or_default();
    let (kind, length) = match rest {
        [b'\'', ..] => string(rest, 1, backslashes),
        [b'0'..=b'9' | b'.' | b'-' | b'+', ..] => number(rest),
        [b'E' | b'e', b'\'', ..] => string(rest, 2, true),
        [b'B' | b'b', b'\'', ..] => digits(rest, Kind::Bits, |b| matches!(b, b'0' | b'1')),
        [b'X' | b'x', b'\'', ..] => digits(rest, Kind::Hex, |b| b.is_ascii_hexdigit()),
        [b'$', ..] => dollar(rest),
        _ => word(rest),
    }
    .ok_or(NoLiteral(at))?;
    Ok(Field { kind, start: at, end: at + length })
}

/// A string whose text begins at `open`, behind its quote; and its length.
fn string(text: &[u8], open: usize, backslashes: bool) -> Option<(Kind, usize)> {
    let mut at = open;
    let mut kind = if backslashes { Kind::Escaped } else { Kind::Plain };
    loop {
        let rest = text.get(at..)?;
        let found = if backslashes { memchr2(b'\'', b'\\', rest)? } else { memchr(b'\'', rest)? };
        at += found + 1;
        match (rest.get(found), text.get(at)) {
            // Releases do not agree on \v, and \u is of the server's encoding.
            (Some(b'\\'), Some(b'v' | b'u' | b'U') | None) => return None,
            (Some(b'\\'), Some(_)) => at += 1,
            (_, Some(b'\'')) => {
                at += 1;
                if kind == Kind::Plain {
                    kind = Kind::Quoted;
                }
            }
            _ => return Some((kind, at)),
        }
    }
}

/// `B'…'`, `X'…'`
fn digits(text: &[u8], kind: Kind, digit: fn(&u8) -> bool) -> Option<(Kind, usize)> {
    let inside = text.get(2..)?;
    let end = memchr(b'\'', inside)?;
    inside.get(..end)?.iter().all(digit).then_some((kind, end + 3))
}

fn dollar(text: &[u8]) -> Option<(Kind, usize)> {
    let tag = memchr(b'$', text.get(1..)?)? + 2;
    let delimiter = text.get(..tag)?;
    let name = delimiter.get(1..tag - 1)?;
    if name.first().is_some_and(u8::is_ascii_digit) || !name.iter().all(|b| is_word(*b)) {
        return None;
    }
    let end = memchr::memmem::find(text.get(tag..)?, delimiter)?;
    Some((Kind::Dollar(tag), end + 2 * tag))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// A decimal number with at most one sign.
fn number(text: &[u8]) -> Option<(Kind, usize)> {
    let sign = usize::from(matches!(text, [b'-' | b'+', ..]));
    let start = if sign == 1 { skip_blanks(text, 1) } else { 0 };
    let length = unsigned(text.get(start..)?)?;
    let tidy = text.first() != Some(&b'+') && start == sign;
    Some((Kind::Number(tidy), start + length))
}

/// The length of the number without a sign at the head of a text; `None` where it runs into something else.
fn unsigned(text: &[u8]) -> Option<usize> {
    let count = |from: usize| text.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = count(0);
    let mut at = whole;
    let mut fraction = 0;
    if text.get(at) == Some(&b'.') {
        fraction = count(at + 1);
        at += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'-' | b'+')));
        let exponent = count(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    (!text.get(at).is_some_and(|b| is_word(*b) || matches!(b, b'.' | b'$' | b'\''))).then_some(at)
}

fn word(text: &[u8]) -> Option<(Kind, usize)> {
    let length = text.iter().take_while(|b| is_word(**b) || **b == b'$').count();
    let word = text.get(..length)?;
    let kinds = [(&b"null"[..], Kind::Null), (b"true", Kind::Boolean(true)), (b"false", Kind::Boolean(false)), (b"default", Kind::Default)];
    kinds.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, kind)| (*kind, length))
}

/// Words that may follow the first of a type's name.
const TYPE_WORDS: [&[u8]; 6] = [b"varying", b"precision", b"without", b"with", b"time", b"zone"];

/// Where the type's name behind `::` ends: `text`, `public."Mood"`, `character varying(10)`, `integer[]`.
fn type_name(text: &[u8], at: usize) -> Option<usize> {
    let mut at = identifier(text, skip_blanks(text, at))?;
    loop {
        let next = skip_blanks(text, at);
        match text.get(next) {
            Some(b'.') => at = identifier(text, skip_blanks(text, next + 1))?,
            Some(open @ (b'(' | b'[')) => {
                let inside = text.get(next + 1..)?;
                let length = inside.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-')).count();
                let close = if *open == b'(' { b')' } else { b']' };
                if inside.get(length) != Some(&close) {
                    return None;
                }
                at = next + length + 2;
            }
            Some(byte) if is_word(*byte) => {
                let end = identifier(text, next)?;
                if !TYPE_WORDS.iter().any(|known| text.get(next..end).is_some_and(|word| word.eq_ignore_ascii_case(known))) {
                    return None;
                }
                at = end;
            }
            _ => return Some(at),
        }
    }
}

/// Where the identifier at `at` ends, quoted or not.
fn identifier(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if rest.first() != Some(&b'"') {
        let length = rest.iter().take_while(|b| is_word(**b) || **b == b'$').count();
        return (length > 0 && !rest.first().is_some_and(u8::is_ascii_digit)).then_some(at + length);
    }
    let mut end = 1;
    loop {
        end += memchr(b'"', rest.get(end..)?)? + 1;
        if rest.get(end) != Some(&b'"') {
            return Some(at + end);
        }
        end += 1;
    }
}

impl Field {
    /// Its value, as COPY would have it. `text` is the one that the tuple was read from; `memory` is used where the value
    /// does not stand there as it is.
    pub fn value<'v>(&self, text: &'v [u8], memory: &'v mut Vec<u8>) -> Value<'v> {
        let written = text.get(self.start..self.end).unwrap_or_default();
        let inside = |open: usize, close: usize| written.get(open..written.len().saturating_sub(close)).unwrap_or_default();
        memory.clear();
        match self.kind {
            Kind::Null => return Value::Null,
            Kind::Default => return Value::Default,
            Kind::Number(true) => return Value::Text(written),
            Kind::Boolean(true) => return Value::Text(b"t"),
            Kind::Boolean(false) => return Value::Text(b"f"),
            Kind::Plain => return Value::Text(inside(1, 1)),
            Kind::Bits => return Value::Text(inside(2, 1)),
            Kind::Dollar(tag) => return Value::Text(inside(tag, tag)),
            Kind::Number(false) => {
                let digits = written.strip_prefix(b"+").unwrap_or(written);
                memory.extend(digits.iter().filter(|b| !b.is_ascii_whitespace() && **b != 0x0b));
            }
            Kind::Quoted => undouble(inside(1, 1), memory),
            Kind::Escaped => unescape(inside(if written.first() == Some(&b'\'') { 1 } else { 2 }, 1), memory),
            Kind::Hex => {
                for digit in inside(2, 1) {
                    let value = char::from(*digit).to_digit(16).unwrap_or(0);
                    memory.extend((0..4).rev().map(|bit| b'0' + u8::from(value >> bit & 1 == 1)));
                }
            }
        }
        Value::Text(memory)
    }
}

/// Appends a text with `''` as `'`.
fn undouble(mut rest: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr(b'\'', rest) {
        out.extend_from_slice(rest.get(..=at).unwrap_or_default());
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Appends a text with `''` and the escapes of `E'…'` as what they stand for.
fn unescape(mut rest: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr2(b'\'', b'\\', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at..).unwrap_or_default();
        let (byte, length) = match escape {
            [b'\'', ..] => (b'\'', 2),
            [b'\\', b'v', ..] => (b'v', 2),
            _ => copy::unescape_one(escape),
        };
        out.push(byte);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Appends a string literal (`appendStringLiteral`): quotes doubled, and backslashes where they escape.
pub fn quote(value: &[u8], backslashes: bool, out: &mut Vec<u8>) {
    out.push(b'\'');
    let mut rest = value;
    while let Some(at) = if backslashes { memchr2(b'\'', b'\\', rest) } else { memchr(b'\'', rest) } {
        let (plain, escaped) = rest.split_at(at + 1);
        out.extend_from_slice(plain);
        out.extend(plain.last());
        rest = escaped;
    }
    out.extend_from_slice(rest);
    out.push(b'\'');
}

/// Appends a new value where a literal of this kind stood: without quotes only where none were and none are needed.
pub fn replace(kind: Kind, value: &[u8], backslashes: bool, out: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Number(_), _) if is_number(value) => out.extend_from_slice(value),
        (Kind::Boolean(_), b"t") => out.extend_from_slice(b"true"),
        (Kind::Boolean(_), b"f") => out.extend_from_slice(b"false"),
        (Kind::Bits | Kind::Hex, _) if value.iter().all(|b| matches!(b, b'0' | b'1')) => bits(value, out),
        _ => quote(value, backslashes, out),
    }
}

fn bits(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"B'");
    out.extend_from_slice(value);
    out.push(b'\'');
}

/// Whether a value may stand without quotes and mean the same. `-0` may not: the server reads the integer 0.
fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    unsigned(digits) == Some(digits.len()) && !is_negative_zero(value)
}

/// A zero with a sign, which only floats have.
fn is_negative_zero(value: &[u8]) -> bool {
    let mantissa = || value.iter().skip(1).take_while(|b| !matches!(b, b'e' | b'E'));
    value.first() == Some(&b'-') && !mantissa().any(|b| (b'1'..=b'9').contains(b))
}

/// How pg_dump writes the values of a column, by its type under any domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// smallint, integer, bigint, oid, real, double precision, numeric: without quotes where that is a number.
    Number,
    /// boolean: `true`, `false`.
    Boolean,
    /// bit, bit varying: `B'…'`.
    Bits,
    /// Any other type.
    Text,
    /// A generated column, which COPY has no field for: `DEFAULT`.
    Default,
}

/// Appends the literal of a raw field of COPY text, as `dumpTableData_insert` writes it; only a float's `-0` is quoted
/// here, since without quotes it comes back as 0. `memory` is used where the field holds escapes.
pub fn from_copy(raw: &[u8], style: Style, backslashes: bool, memory: &mut Vec<u8>, out: &mut Vec<u8>) {
    if raw == copy::NULL {
        out.extend_from_slice(b"NULL");
        return;
    }
    let value = if memchr(b'\\', raw).is_some() {
        memory.clear();
        copy::unescape(raw, memory);
        memory
    } else {
        raw
    };
    match style {
        Style::Number if value.iter().all(|b| b"0123456789 +-eE.".contains(b)) && !value.is_empty() && !is_negative_zero(value) => {
            out.extend_from_slice(value);
        }
        Style::Boolean if value == b"t" => out.extend_from_slice(b"true"),
        Style::Boolean if value == b"f" => out.extend_from_slice(b"false"),
        Style::Bits if value.iter().all(|b| matches!(b, b'0' | b'1')) => bits(value, out),
        Style::Number | Style::Boolean | Style::Bits | Style::Text | Style::Default => quote(value, backslashes, out),
    }
}

#[cfg(test)]
mod tests;
