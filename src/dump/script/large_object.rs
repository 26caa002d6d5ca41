//! The functions by which a statement creates, fills and removes large objects (src/backend/libpq/be-fsstubs.c).

use memchr::memmem;

/// A function of large objects, whatever form its call has. What pg_dump's own calls hold, `compose::PgDumpCall` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `lo_create`, `lo_creat`: makes one that is empty.
    Create,
    /// `lo_open`, `lowrite`, `lo_close`, `lo_put`, `lo_truncate`: writes to one, or is a part of that.
    Write,
    /// `lo_from_bytea`, `lo_import`: makes one with its contents.
    Make,
    /// `lo_unlink`: removes one.
    Unlink,
}

const NAMES: &[(&[u8], Call)] = &[
    (b"lo_create", Call::Create),
    (b"lo_creat", Call::Create),
    (b"lo_open", Call::Write),
    (b"lowrite", Call::Write),
    (b"lo_close", Call::Write),
    (b"lo_put", Call::Write),
    (b"lo_truncate", Call::Write),
    (b"lo_truncate64", Call::Write),
    (b"lo_from_bytea", Call::Make),
    (b"lo_import", Call::Make),
    (b"lo_unlink", Call::Unlink),
];

/// pg_dump's statements name the function within so many bytes; behind it stands what may be long.
const HEAD: usize = 256;

/// Which of them a statement calls, each once. Quotes are not looked at: what a literal says of a call counts as one. Of a
/// statement that writes in its first bytes only those are looked at: what is behind them is what it writes.
pub fn calls(text: &[u8]) -> impl Iterator<Item = Call> {
    let in_head = text.get(..HEAD).map(found).filter(|found| found.contains(&Call::Write));
    in_head.unwrap_or_else(|| found(text)).into_iter()
}

fn found(text: &[u8]) -> Vec<Call> {
    // No name is without it in any case.
    if !text.windows(2).any(|two| two.eq_ignore_ascii_case(b"lo")) {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut calls = Vec::new();
    for (name, call) in NAMES {
        let mut places = memmem::find_iter(&lower, name);
        if !calls.contains(call) && places.any(|at| is_call(&lower, at, at + name.len())) {
            calls.push(*call);
        }
    }
    calls
}

/// Whether a name is a whole word with an opening bracket behind it.
fn is_call(text: &[u8], start: usize, end: usize) -> bool {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii();
    let before = start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(in_word);
    let rest = text.get(end..).unwrap_or_default();
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest).trim_ascii_start();
    // A comment may stand before the bracket.
    !before && matches!(rest.first(), Some(b'(' | b'-' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_any_form() {
        for (text, expected) in [
            ("SELECT pg_catalog.lo_create('5');", &[Call::Create][..]),
            ("SELECT lo_creat(-1);", &[Call::Create]),
            ("SELECT PG_CATALOG.LO_FROM_BYTEA(6,'x');", &[Call::Make]),
            ("SELECT \"lo_from_bytea\" (5,'x');", &[Call::Make]),
            ("SELECT pg_catalog.lowrite(pg_catalog.lo_open(5,131072), 'x');", &[Call::Write]),
            ("SELECT lo_put/**/(5,0,'x');", &[Call::Write]),
            ("SELECT lo_create(1), lo_put(1,0,'x');", &[Call::Create, Call::Write]),
            ("SELECT pg_catalog.setval('public.lo_create_id_seq', 5);", &[]),
            ("SELECT hello_open(1), 'lo_open';", &[]),
            ("SELECT 1;", &[]),
        ] {
            assert_eq!(calls(text.as_bytes()).collect::<Vec<_>>(), expected, "{text}");
        }
        let far = format!("SELECT '{}', lo_unlink(5);", "é".repeat(200));
        assert_eq!(calls(far.as_bytes()).collect::<Vec<_>>(), [Call::Unlink]);
    }
}
