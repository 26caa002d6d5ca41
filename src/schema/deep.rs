//! Parsing, with a way out for expressions that are nested too deeply.
//!
//! pg_query hands its tree over in a form that may be nested a hundred levels deep (a limit of its decoder). A legal
//! CHECK or DEFAULT can be deeper; then the statement is parsed once more without the insides of such expressions.

use pg_query::protobuf::{ParseResult, Token};

use super::ddl::DdlError;

/// A parsed statement.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: ParseResult,
    /// The text that was left out, if any was.
    pub(super) blanked: Option<String>,
}

/// Deeper parentheses are never handed to the parser: it would run out of stack.
const DEEPEST: usize = 1000;

const UNPARSABLE: DdlError = DdlError::new("it is no statement that PostgreSQL 18 would take");

/// Parses a statement.
pub(super) fn parse(sql: &str) -> Result<Parsed, DdlError> {
    if depth(sql) > DEEPEST {
        return parse_shallow(sql);
    }
    match pg_query::parse(sql, 0) {
        Ok(result) => Ok(Parsed { tree: result.protobuf, blanked: None }),
        Err(pg_query::Error::Decode(_)) => parse_shallow(sql),
        Err(_) => Err(UNPARSABLE),
    }
}

/// How deep parentheses go, quotes not looked at: an upper bound.
fn depth(sql: &str) -> usize {
    let mut deepest = 0usize;
    let mut now = 0usize;
    for byte in sql.bytes() {
        match byte {
            b'(' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b')' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Parses a statement with the insides of nested parentheses left out.
fn parse_shallow(sql: &str) -> Result<Parsed, DdlError> {
    let (shallow, blanked) = blank(sql).ok_or(UNPARSABLE)?;
    let result = pg_query::parse(&shallow, 0).map_err(|_| UNPARSABLE)?;
    Ok(Parsed { tree: result.protobuf, blanked: Some(blanked) })
}

/// Replaces what stands in the parentheses behind CHECK, AS, DEFAULT or an operator, where there are more parentheses
/// in it, by NULL. Gives the new statement, and what was replaced. Parentheses with none inside (types, keys) stay, and
/// so does everything behind PARTITION.
fn blank(sql: &str) -> Option<(String, String)> {
    let tokens = pg_query::scan(sql).ok()?.tokens;
    let is = |index: usize, token: Token| tokens.get(index).is_some_and(|found| found.token == token as i32);
    // The list of columns is the outermost parenthesis of CREATE TABLE: what is inside it counts from there.
    let outer = usize::from(is(0, Token::Create));
    let (mut shallow, mut blanked) = (String::new(), String::new());
    let (mut copied, mut level, mut index) = (0usize, 0usize, 0usize);
    while let Some(token) = tokens.get(index) {
        if is(index, Token::Partition) && level == 0 {
            break;
        }
        if is(index, Token::Ascii40) {
            let end = closing(&tokens, index);
            let nested = (index + 1..end).any(|inside| is(inside, Token::Ascii40));
            if level >= outer && nested {
                let (from, to) = (usize::try_from(token.end).ok()?, usize::try_from(tokens.get(end)?.start).ok()?);
                shallow.push_str(sql.get(copied..from)?);
                shallow.push_str("NULL");
                blanked.push_str(sql.get(from..to)?);
                copied = to;
                index = end;
                continue;
            }
            level += 1;
        } else if is(index, Token::Ascii41) {
            level = level.saturating_sub(1);
        }
        index += 1;
    }
    shallow.push_str(sql.get(copied..)?);
    Some((shallow, blanked))
}

/// The index of the parenthesis that closes the one at `open`, or past the end.
fn closing(tokens: &[pg_query::protobuf::ScanToken], open: usize) -> usize {
    let mut level = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.token == Token::Ascii40 as i32 {
            level += 1;
        } else if token.token == Token::Ascii41 as i32 {
            level -= 1;
            if level == 0 {
                return index;
            }
        }
    }
    tokens.len()
}
