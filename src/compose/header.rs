//! The comment that pg_dump writes before each entry of its table of contents. It is a help where SQL says nothing, and
//! never more: names in it have lost their quotes and line ends (`sanitize_line` in src/bin/pg_dump/dumputils.c).

/// The last such comment before a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) schema: Option<Vec<u8>>,
    pub(super) owner: Option<Vec<u8>>,
}

impl Header {
    /// Reads what stands before a statement.
    pub(super) fn read(lead: &[u8]) -> Option<Header> {
        lead.split(|byte| *byte == b'\n').rev().find_map(Header::line)
    }

    fn line(line: &[u8]) -> Option<Header> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let rest =
            [&b"-- Name: "[..], b"-- Data for Name: ", b"-- Statistics for Name: "].iter().find_map(|begin| line.strip_prefix(*begin))?;
        let (rest, owner) = cut(rest, b"; Owner: ")?;
        let owner = cut(owner, b"; Tablespace: ").map_or(owner, |(owner, _)| owner);
        let (rest, schema) = cut(rest, b"; Schema: ")?;
        let (name, _) = cut(rest, b"; Type: ")?;
        let given = |field: &[u8]| (field != b"-").then(|| field.to_vec());
        Some(Header { name: name.to_vec(), schema: given(schema), owner: given(owner) })
    }
}

/// What stands before and behind the last of such words.
fn cut<'a>(text: &'a [u8], word: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::rfind(text, word)?;
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}

/// A name as such a comment has it.
pub(super) fn sanitized(name: &[u8]) -> Vec<u8> {
    name.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}

/// The line that says that a partition is loaded through its root, without its line end.
pub(super) fn partition_root(lead: &[u8]) -> Option<Vec<u8>> {
    let at = memchr::memmem::rfind(lead, b"-- load via partition root ")?;
    let line = lead.get(at..)?.split(|byte| *byte == b'\n').next()?;
    Some(line.to_vec())
}

/// The version that a comment at the head of a dump states: of the database, or of pg_dump.
pub(super) fn version(lead: &[u8], words: &[u8]) -> Option<Vec<u8>> {
    let line = lead.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(words))?;
    Some(line.trim_ascii_end().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comment_counts() {
        let lead = b"\n\n--\n-- Name: a; Type: TABLE; Schema: s; Owner: o\n--\n\n--\n-- Data for Name: b; Type: x; Type: TABLE DATA; Schema: -; Owner: p; Tablespace: t\n--\n\n";
        let expected = Header { name: b"b; Type: x".to_vec(), schema: None, owner: Some(b"p".to_vec()) };
        assert_eq!(Header::read(lead), Some(expected));
        assert_eq!(Header::read(b"\n-- by hand\n"), None);
    }

    #[test]
    fn versions_and_roots() {
        let lead = b"--\n-- Dumped from database version 15.18 (Debian)\n-- Dumped by pg_dump version 18.6\n\n";
        assert_eq!(version(lead, b"-- Dumped by pg_dump version ").as_deref(), Some(&b"18.6"[..]));
        assert_eq!(partition_root(b"\n-- load via partition root public.p\n"), Some(b"-- load via partition root public.p".to_vec()));
    }
}
