//! The arguments of functions and the operands of operators, as pg_dump writes them in tags and DROP statements
//! (`format_function_signature`, `format_function_arguments`, `getFormattedTypeName` in src/bin/pg_dump/pg_dump.c).

use super::cursor::Cursor;
use crate::dump::script::lexeme::Dialect;
use crate::dump::script::token::TokenKind;

/// A list of arguments in two forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// The types of what goes in: `integer, text[]`.
    pub(super) types: Vec<u8>,
    /// Everything but the defaults: `a integer, VARIADIC b text[]`.
    pub(super) identity: Vec<u8>,
}

/// Reads a list of arguments; `text` stands between the parentheses.
pub(super) fn arguments(text: &[u8]) -> Arguments {
    if text.trim_ascii() == b"*" {
        return Arguments { types: b"*".to_vec(), identity: b"*".to_vec() };
    }
    let (mut types, mut identity) = (Vec::new(), Vec::new());
    for (index, part) in parts(text).into_iter().enumerate() {
        if index > 0 {
            identity.extend_from_slice(b", ");
        }
        let (direct, ordered) = split_order_by(part);
        let ordered = ordered.map(|piece| (true, piece));
        for (is_ordered, piece) in [(false, direct)].into_iter().chain(ordered) {
            let Some((data_type, written)) = argument(piece) else { continue };
            types.extend(data_type);
            if is_ordered {
                let gap: &[u8] = if identity.is_empty() || identity.ends_with(b" ") { b"" } else { b" " };
                identity.extend([gap, b"ORDER BY "].concat());
            }
            identity.extend(written);
        }
    }
    Arguments { types: types.join(&b", "[..]), identity }
}

/// The type of an argument that goes in, and the argument without its default.
fn argument(text: &[u8]) -> Option<(Option<Vec<u8>>, Vec<u8>)> {
    let mut cursor = Cursor::new(text, Dialect::default());
    let start = cursor.start();
    cursor.peek()?;
    let goes_in = !cursor.is("out") || cursor.second().is_none();
    if cursor.second().is_some() {
        let _mode = ["inout", "in", "out", "variadic"].iter().any(|word| cursor.eat(&[word]));
    }
    if is_named(&cursor) {
        cursor.next();
    }
    let begin = cursor.start();
    let mut end = cursor.end();
    while let Some(token) = cursor.peek() {
        let default = cursor.is("default") || token.kind == TokenKind::Sign(b'=');
        if default {
            break;
        }
        if token.kind == TokenKind::Sign(b'(') {
            cursor.parentheses();
        } else {
            cursor.next();
        }
        end = cursor.end();
    }
    let data_type = cursor.slice(begin, end).to_vec();
    Some((goes_in.then_some(data_type), cursor.slice(start, end).to_vec()))
}

/// Whether the token at hand is an argument's name, and its type comes behind it.
fn is_named(cursor: &Cursor<'_>) -> bool {
    let (Some(first), Some(second)) = (cursor.peek(), cursor.second()) else { return false };
    if !matches!(first.kind, TokenKind::Word | TokenKind::Quoted) || !matches!(second.kind, TokenKind::Word | TokenKind::Quoted) {
        return false;
    }
    if first.kind == TokenKind::Quoted {
        return true;
    }
    // Types of more than one word.
    const LONG: &[(&str, &[&str])] = &[
        ("double", &["precision"]),
        ("character", &["varying"]),
        ("char", &["varying"]),
        ("bit", &["varying"]),
        ("national", &["character", "char"]),
        ("timestamp", &["with", "without"]),
        ("time", &["with", "without"]),
        ("interval", &["year", "month", "day", "hour", "minute", "second"]),
        ("setof", &[]),
    ];
    let word = |token| String::from_utf8_lossy(cursor.text_of(token)).to_ascii_lowercase();
    let (one, two) = (word(first), word(second));
    !(two == "default" || two == "array" || LONG.iter().any(|(first, seconds)| *first == one && seconds.contains(&two.as_str())))
}

/// The operands of CREATE OPERATOR: `NONE` where there is none.
pub(super) fn operands(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let side = |word: &str| {
        let found = parts(text).into_iter().find_map(|part| {
            let mut cursor = Cursor::new(part, Dialect::default());
            let named = cursor.eat(&[word]);
            cursor.next()?;
            named.then(|| part.get(cursor.start()..).unwrap_or_default().trim_ascii().to_vec())
        });
        found.unwrap_or_else(|| b"NONE".to_vec())
    };
    (side("leftarg"), side("rightarg"))
}

/// The parts between commas outside of parentheses and brackets.
fn parts(text: &[u8]) -> Vec<&[u8]> {
    let mut cursor = Cursor::new(text, Dialect::default());
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    while let Some(token) = cursor.next() {
        match token.kind {
            TokenKind::Sign(b'(' | b'[') => depth += 1,
            TokenKind::Sign(b')' | b']') => depth = depth.saturating_sub(1),
            TokenKind::Sign(b',') if depth == 0 => {
                found.push(cursor.slice(start, token.start));
                start = token.end;
            }
            _ => {}
        }
    }
    if start < text.len() {
        found.push(cursor.slice(start, text.len()));
    }
    found
}

/// ORDER BY parts the direct arguments of an ordered-set aggregate from the others.
fn split_order_by(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut cursor = Cursor::new(text, Dialect::default());
    loop {
        let at = cursor.start();
        if cursor.eat(&["order", "by"]) {
            return (cursor.slice(0, at), Some(cursor.slice(cursor.end(), text.len())));
        }
        if cursor.next().is_none() {
            return (text, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_in_both_forms() {
        for (text, types, identity) in [
            ("", "", ""),
            ("a integer, b double precision DEFAULT 1.0", "integer, double precision", "a integer, b double precision"),
            ("a text DEFAULT 'x,y'::text, VARIADIC b text[] DEFAULT '{}'::text[]", "text, text[]", "a text, VARIADIC b text[]"),
            ("INOUT a integer, OUT b text", "integer", "INOUT a integer, OUT b text"),
            (
                "integer, public.\"T\", timestamp without time zone",
                "integer, public.\"T\", timestamp without time zone",
                "integer, public.\"T\", timestamp without time zone",
            ),
            ("\"a b\" numeric", "numeric", "\"a b\" numeric"),
            ("*", "*", "*"),
            ("ORDER BY anyelement", "anyelement", "ORDER BY anyelement"),
            ("double precision ORDER BY a integer", "double precision, integer", "double precision ORDER BY a integer"),
        ] {
            let found = arguments(text.as_bytes());
            assert_eq!(
                (String::from_utf8_lossy(&found.types).as_ref(), String::from_utf8_lossy(&found.identity).as_ref()),
                (types, identity)
            );
        }
    }

    #[test]
    fn operands_of_operators() {
        let found = operands(b"\n    FUNCTION = int4eq,\n    LEFTARG = integer,\n    COMMUTATOR = OPERATOR(public.===)\n");
        assert_eq!(found, (b"integer".to_vec(), b"NONE".to_vec()));
    }
}
