//! The one door to libpg_query, PostgreSQL's own parser.
//!
//! pg_query 18.1 does not overflow the stack: its C side watches the depth and fails (`check_stack_depth` in
//! libpg_query's pg_query_outfuncs_protobuf.c), as does prost, which decodes 100 levels. So an expression of some 45
//! levels, such as a chain of as many `||`, fails; a chain of AND is one level.

use std::sync::{Mutex, PoisonError};

use pg_query::NodeEnum;
pub use pg_query::protobuf::ScanToken;
use pg_query::protobuf::Token;

/// libpg_query points the process's stderr at a pipe for the time of a call (`pg_query_raw_parse`), which two threads
/// must not do at once: one would put the other's pipe back in place of stderr.
static PARSER: Mutex<()> = Mutex::new(());

/// The longest name that the parser leaves whole, in bytes (NAMEDATALEN - 1). A name from a LATIN1 dump may be longer
/// once it is UTF-8.
pub const LONGEST_NAME: usize = 63;

/// What keeps a text from being SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The parser's own words: `syntax error at or near "="`. They may hold parts of the text.
    Syntax(String),
    /// Expressions stand inside each other deeper than the tree can be handed over.
    Depth,
}

/// The statements of a text, as PostgreSQL 18 reads them.
///
/// # Errors
/// Where it is no SQL, or nested too deeply.
pub fn statements(sql: &str) -> Result<Vec<NodeEnum>, Mistake> {
    let result = locked(|| pg_query::parse(sql, 0)).map_err(|error| match error {
        pg_query::Error::Decode(_) => Mistake::Depth,
        pg_query::Error::Parse(said) if said.contains("stack depth") || said.contains("memory exhausted") => Mistake::Depth,
        pg_query::Error::Parse(said) | pg_query::Error::Scan(said) => Mistake::Syntax(said),
        other => Mistake::Syntax(other.to_string()),
    })?;
    Ok(result.protobuf.stmts.into_iter().filter_map(|statement| statement.stmt?.node).collect())
}

/// The tokens of a text with their offsets, comments apart.
///
/// # Errors
/// Where the text breaks off inside a literal, a quoted name or a comment.
pub fn tokens(sql: &str) -> Result<Vec<ScanToken>, Mistake> {
    // Of no tokens pg_query makes a slice at the null pointer, which is undefined behaviour (`scan_tokens` in 18.1).
    if sql.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']).is_empty() {
        return Ok(Vec::new());
    }
    let mut tokens = locked(|| pg_query::scan_tokens(sql)).map_err(|error| Mistake::Syntax(error.to_string()))?;
    tokens.retain(|token| !matches!(token.token(), Token::SqlComment | Token::CComment));
    Ok(tokens)
}

/// Calls into libpg_query, one thread at a time.
fn locked<T>(call: impl FnOnce() -> T) -> T {
    let _guard = PARSER.lock().unwrap_or_else(PoisonError::into_inner);
    call()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_apart() {
        assert_eq!(statements("SELECT 1; SELECT 2").expect("parses").len(), 2);
        assert_eq!(statements("SELECT = 1"), Err(Mistake::Syntax("syntax error at or near \"=\"".into())));
        assert!(matches!(statements("SELECT '\0'"), Err(Mistake::Syntax(_))));
        let chain = |count| format!("SELECT {}", vec!["a"; count].join(" || "));
        assert!(statements(&chain(40)).is_ok());
        assert_eq!(statements(&chain(60)), Err(Mistake::Depth));
        for deep in [format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000)), format!("SELECT {}1", "- ".repeat(20_000))] {
            assert_eq!(statements(&deep), Err(Mistake::Depth));
        }
    }

    #[test]
    fn tokens_leave_comments_out() {
        let found = tokens("a /* b */ = -- c\n 'd'").expect("scans");
        assert_eq!(found.iter().map(|token| (token.start, token.end)).collect::<Vec<_>>(), [(0, 1), (10, 11), (18, 21)]);
        assert!(tokens("'open").is_err());
        assert_eq!(tokens(""), Ok(Vec::new()));
        assert_eq!(tokens(" \t\n\r\x0b\x0c"), Ok(Vec::new()));
    }
}
