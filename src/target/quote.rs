//! Text → SQL that means it, whatever `standard_conforming_strings` says, in the encoding of the script.

use crate::encoding::Charset;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::sql;

/// A string literal.
pub(super) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    // E'…' reads the same with either setting; a plain literal does not where it holds a backslash.
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// An identifier: in double quotes unless it is a plain word that PostgreSQL does not know, or knows and does not
/// reserve (`fmtId` in src/fe_utils/string_utils.c).
pub(super) fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // 0 is NO_KEYWORD, 1 UNRESERVED_KEYWORD (KeywordKind in pg_query's protobuf).
    let free = || sql::tokens(name).is_ok_and(|tokens| tokens.iter().all(|token| token.keyword_kind <= 1));
    if plain && free() { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `schema.name`.
pub(super) fn qualified(schema: &Name, name: &Name) -> String {
    format!("{}.{}", identifier(schema.as_str()), identifier(name.as_str()))
}

/// `ARRAY['a', 'b']`.
pub(super) fn array<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    format!("ARRAY[{}]", items.into_iter().map(literal).collect::<Vec<_>>().join(", "))
}

/// `DO` and a body of PL/pgSQL.
pub(super) fn block(body: &[u8]) -> Vec<u8> {
    let mut tag = "$pgveil$".to_owned();
    for count in 1.. {
        if memchr::memmem::find(body, tag.as_bytes()).is_none() {
            break;
        }
        tag = format!("$pgveil{count}$");
    }
    [b"DO ", tag.as_bytes(), b"\n", body.trim_ascii_end(), b"\n", tag.as_bytes(), b";"].concat()
}

/// SQL in the encoding of the script.
///
/// # Errors
/// The encoding cannot hold a name that it did not bring.
pub(super) fn encode(sql: &str, charset: Charset) -> Result<Vec<u8>> {
    charset.encode_kept(sql).map(std::borrow::Cow::into_owned).ok_or_else(|| {
        Error::Usage(format!("the script is in {}, which has not all characters of the names on the command line", charset.name()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_read_the_same_with_either_setting() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }

    #[test]
    fn identifiers_are_quoted_where_they_must_be() {
        for (name, written) in [
            ("api_staging", "api_staging"),
            ("user", "\"user\""),
            ("select", "\"select\""),
            ("name", "name"),
            ("Api", "\"Api\""),
            ("a\"b c", "\"a\"\"b c\""),
            ("1a", "\"1a\""),
            ("é", "\"é\""),
            ("", "\"\""),
        ] {
            assert_eq!(identifier(name), written);
        }
    }

    #[test]
    fn a_block_is_not_ended_by_its_body() {
        assert_eq!(block(b"a\n"), b"DO $pgveil$\na\n$pgveil$;");
        assert_eq!(block(b"$pgveil$ $pgveil1$"), b"DO $pgveil2$\n$pgveil$ $pgveil1$\n$pgveil2$;");
    }
}
