//! Whether an entry's texts speak of the entry. A table of contents has no checksum: a flipped letter in a name would have
//! rows go into another table. What says the same twice is compared; the rest of the text cannot be known.

use super::super::Entry;

/// What of an entry's texts contradicts its name, and what was expected there.
pub(super) fn contradiction(entry: &Entry) -> Option<(&'static str, &'static str)> {
    let desc = entry.desc.as_deref().unwrap_or_default();
    let agrees = match desc {
        b"TABLE DATA" => copies_into(entry),
        b"TABLE" => creates(entry),
        _ => return None,
    };
    let what = if desc == b"TABLE" { "its definition" } else { "its COPY statement" };
    if agrees { None } else { Some((what, "a statement that pg_dump writes, about the table that the entry names")) }
}

/// `COPY schema.table (columns) FROM stdin;` (`dumpTableData` in src/bin/pg_dump/pg_dump.c).
fn copies_into(entry: &Entry) -> bool {
    let Some(copy) = entry.copy_stmt.as_deref().filter(|copy| !copy.is_empty()) else { return true };
    let Some(rest) = copy.strip_prefix(b"COPY ") else { return false };
    if !copy.ends_with(b" FROM stdin;\n") {
        return false;
    }
    let root = entry.defn.as_deref().and_then(|defn| defn.strip_prefix(b"-- load via partition root "));
    let (schema, table) = match root.map(relation) {
        Some(Some((schema, table, _))) => (schema, table),
        Some(None) => return false,
        None => (entry.namespace.as_deref().map(<[u8]>::to_vec), entry.tag.as_deref().unwrap_or_default().to_vec()),
    };
    names(&schema, &table, rest)
}

/// `CREATE TABLE schema.table` (`dumpTableSchema` in src/bin/pg_dump/pg_dump.c).
fn creates(entry: &Entry) -> bool {
    let Some(defn) = entry.defn.as_deref().filter(|defn| !defn.is_empty()) else { return true };
    let begin = ["CREATE TABLE ", "CREATE UNLOGGED TABLE "].iter().find_map(|begin| defn.strip_prefix(begin.as_bytes()));
    match begin {
        Some(rest) => names(&entry.namespace.as_deref().map(<[u8]>::to_vec), entry.tag.as_deref().unwrap_or_default(), rest),
        // pg_dump --binary-upgrade sets OIDs first.
        None => defn.trim_ascii_start().starts_with(b"-- For binary upgrade"),
    }
}

/// Whether a text begins with this table, its schema before it or not: archives before 1.13 have none there.
fn names(schema: &Option<Vec<u8>>, table: &[u8], text: &[u8]) -> bool {
    let Some((found, name, rest)) = relation(text) else { return false };
    name == table && (found.is_none() || found == *schema) && rest.starts_with(b" ")
}

/// A schema, a name, and what stands behind them.
type Named<'t> = (Option<Vec<u8>>, Vec<u8>, &'t [u8]);

/// The relation that a text begins with: its schema, its name, and what stands behind it.
fn relation(text: &[u8]) -> Option<Named<'_>> {
    let (first, rest) = identifier(text)?;
    match rest.strip_prefix(b".") {
        Some(rest) => identifier(rest).map(|(name, rest)| (Some(first), name, rest)),
        None => Some((None, first, rest)),
    }
}

/// The identifier that a text begins with, unquoted, and what stands behind it (`fmtId` in src/fe_utils/string_utils.c).
fn identifier(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
        let end = text.iter().position(|byte| !plain(byte)).unwrap_or(text.len());
        return text.split_at_checked(end).filter(|_| end > 0).map(|(name, rest)| (name.to_vec(), rest));
    };
    let mut name = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'"')?;
        let (part, behind) = rest.split_at_checked(end)?;
        name.extend_from_slice(part);
        rest = behind.get(1..)?;
        match rest.strip_prefix(b"\"") {
            Some(more) => {
                name.push(b'"');
                rest = more;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::made::{self, text};
    use super::*;

    fn about(desc: &str, tag: &str, defn: &str, copy: &str) -> bool {
        let entry = Entry { defn: text(defn), copy_stmt: text(copy), namespace: text("public"), ..made::entry(7, desc, tag) };
        contradiction(&entry).is_none()
    }

    #[test]
    fn texts_that_agree() {
        assert!(about("TABLE DATA", "t", "", "COPY public.t (a) FROM stdin;\n"));
        assert!(about("TABLE DATA", "t", "", "COPY t (a) FROM stdin;\n"));
        assert!(about("TABLE DATA", "t", "", "COPY public.t  FROM stdin;\n"));
        assert!(about("TABLE DATA", "t", "", ""));
        assert!(about("TABLE DATA", "T \"x", "", "COPY public.\"T \"\"x\" (a) FROM stdin;\n"));
        assert!(about("TABLE DATA", "p1", "-- load via partition root public.p\n", "COPY public.p (a) FROM stdin;\n"));
        assert!(about("TABLE DATA", "p1", "-- load via partition root public.p", "COPY public.p (a) FROM stdin;\n"));
        assert!(about("TABLE DATA", "p1", "-- load via partition root public.p\n", "COPY p (a) FROM stdin;\n"));
        assert!(about("TABLE", "t", "CREATE TABLE public.t (\n    a integer\n);\n", ""));
        assert!(about("TABLE", "t", "CREATE UNLOGGED TABLE public.t (\n);\n", ""));
        assert!(about("TABLE", "t", "\n-- For binary upgrade, must preserve pg_type oid\n", ""));
        assert!(about("VIEW", "v", "CREATE VIEW public.w AS", ""), "only what rows depend on");
    }

    #[test]
    fn texts_that_do_not() {
        for copy in [
            "COPY public.u (a) FROM stdin;\n",
            "COPY qublic.t (a) FROM stdin;\n",
            "COPX public.t (a) FROM stdin;\n",
            "COPY public.t (a) FROM stdin;",
            "COPY public.t (a) FROM stdio;\n",
            "COPY public.\"t (a) FROM stdin;\n",
            "COPY ",
        ] {
            assert!(!about("TABLE DATA", "t", "", copy), "{copy}");
        }
        assert!(!about("TABLE DATA", "p1", "-- load via partition root public.p\n", "COPY public.q (a) FROM stdin;\n"));
        assert!(!about("TABLE", "t", "CREATE TABLE public.u (\n);\n", ""));
        assert!(!about("TABLE", "t", "CRE\u{1}TE TABLE public.t (\n);\n", ""));
    }
}
