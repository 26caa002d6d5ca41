//! The one UPDATE that pg_dump writes: a template database becomes an ordinary one before it is dropped (`dumpDatabase` in
//! src/bin/pg_dump/pg_dump.c, `dropDBs` in pg_dumpall.c). It holds the name of the database and nothing else.

/// What stands before the name.
const BEGINNING: &[u8] = b"UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = ";

/// Whether a statement is that one, to its semicolon, and no word more.
pub fn is_reset(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(BEGINNING) else { return false };
    let rest = rest.trim_ascii();
    // With backslashes in the name it is E'…', where a backslash is written as two (`appendStringLiteral`).
    let (escapes, rest) = rest.strip_prefix(b"E").map_or((false, rest), |rest| (true, rest));
    let Some(inner) = rest.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"';")) else { return false };
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        let doubled = *byte == b'\'' || *byte == b'\\' && escapes;
        if doubled && bytes.next() != Some(byte) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_reset;

    #[test]
    fn this_statement_and_no_other() {
        let of = |rest: &str| is_reset([super::BEGINNING, rest.as_bytes()].concat().as_slice());
        for name in ["'template1';", "'it''s';", "'a b\"c';", " E'a\\\\b';", "'été';"] {
            assert!(of(name), "{name}");
        }
        for other in ["'a' OR true;", "'a''", "'a'", "E'\\' OR datname <> '';", "(SELECT 'a');", "'a' RETURNING 'b';", "'';'';", "a;", ""] {
            assert!(!of(other), "{other}");
        }
        assert!(!is_reset(b"UPDATE pg_catalog.pg_database SET datistemplate = false, datname = 'x' WHERE datname = 'a';"));
    }
}
