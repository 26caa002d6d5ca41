//! `--for-driver`: which statements a script loses that runs as one string through any driver, and what it cannot lose.
//!
//! A driver's session goes on behind the script, and often back into a pool: a script must not leave settings in it. What
//! pg_dump sets is for sessions of its own; names are qualified anyway. What cannot be left out without another result is
//! refused.

use super::head::Head;
use crate::dump::script::token::TokenKind;
use crate::encoding::Charset;
use crate::error::{Error, Result};

/// Settings that only guard a session, or are the server's defaults where text is plain.
const SPARE: [&str; 11] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "check_function_bodies",
    "xmloption",
    "client_min_messages",
    "escape_string_warning",
    "row_security",
    "quote_all_identifiers",
    "synchronous_commit",
];

/// Settings that may go where they set this, and what to do where they set something else.
const HARMLESS: [(&str, &[&str], &str); 5] = [
    ("standard_conforming_strings", &["on", "true"], "dump with standard_conforming_strings on"),
    ("default_tablespace", &[""], "leave tablespaces out with --no-tablespaces"),
    ("default_table_access_method", &["heap"], "leave access methods out with --no-table-access-method"),
    ("default_with_oids", &["false", "off"], "tables with OIDS are gone since PostgreSQL 12"),
    ("search_path", &[""], "the names in the script are not qualified; dump with a pg_dump of 2018 or later"),
];

/// Refuses a setting that the script cannot do without. `charset` is the one in force behind the statement.
///
/// # Errors
/// With what it sets.
pub(super) fn setting(text: &[u8], head: &Head, charset: Charset) -> Result<()> {
    let refuse = |name: &str, advice: &str| {
        let what = if name.is_empty() { "a SET of an unusual form".to_owned() } else { format!("a setting of {name}") };
        Err(Error::Usage(format!("--for-driver: the script has {what}, which it cannot do without; {advice}")))
    };
    let at = if matches!(head.word(1), "session" | "local") { 2 } else { 1 };
    let (name, value) = if head.word(0) == "set" {
        (head.word(at).to_owned(), value(text, head, at + 2, charset))
    } else {
        // SELECT pg_catalog.set_config('search_path', '', false)
        let open = (1..head.count()).find(|at| head.sign(*at, b'(')).unwrap_or(0);
        (value(text, head, open + 1, charset).unwrap_or_default(), value(text, head, open + 3, charset))
    };
    if SPARE.contains(&name.as_str()) {
        return Ok(());
    }
    if name == "client_encoding" {
        let known = value.as_deref().and_then(Charset::from_name);
        return if known == Some(Charset::Utf8) { Ok(()) } else { refuse(&name, "dump with pg_dump --encoding=UTF8") };
    }
    match HARMLESS.iter().find(|(known, ..)| *known == name) {
        Some((_, fine, _)) if value.as_deref().is_some_and(|value| fine.contains(&value)) => Ok(()),
        Some((_, _, advice)) => refuse(&name, advice),
        None => refuse(&name, "load it through psql, without --for-driver"),
    }
}

/// The value at a position, without its quotes.
fn value(text: &[u8], head: &Head, at: usize, charset: Charset) -> Option<String> {
    let token = head.token(at)?;
    if token.kind == TokenKind::Literal {
        return Some(charset.decode(text.get(token.start + 1..token.end.checked_sub(1)?)?).into_owned());
    }
    head.name(at).map(|name| name.as_str().to_owned())
}

/// Blanks and comments, without the comments.
pub(super) fn lead(bytes: &[u8], first: bool) -> &'static [u8] {
    match bytes {
        [] => b"",
        _ if first => b"",
        bytes if bytes.contains(&b'\n') => b"\n\n",
        _ => b" ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexeme::Dialect;

    #[test]
    fn what_pg_dump_sets_may_go() {
        let judge = |text: &str| setting(text.as_bytes(), &Head::read(text.as_bytes(), Dialect::default()), Charset::Utf8);
        for text in [
            "SET statement_timeout = 0;",
            "SET client_encoding = 'UTF8';",
            "SET standard_conforming_strings = on;",
            "SELECT pg_catalog.set_config('search_path', '', false);",
            "SET default_tablespace = '';",
            "SET default_table_access_method = heap;",
        ] {
            assert!(judge(text).is_ok(), "{text}");
        }
        for (text, said) in [
            (
                "SET client_encoding = 'LATIN1';",
                "a setting of client_encoding, which it cannot do without; dump with pg_dump --encoding=UTF8",
            ),
            ("SET standard_conforming_strings = off;", "a setting of standard_conforming_strings"),
            ("SET default_tablespace = fast;", "leave tablespaces out with --no-tablespaces"),
            ("SET search_path = shop, pg_catalog;", "the names in the script are not qualified"),
            ("SET ROLE bob;", "a setting of role"),
            ("SET SESSION AUTHORIZATION 'bob';", "a setting of authorization"),
        ] {
            let error = judge(text).expect_err(text).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
