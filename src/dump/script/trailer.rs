//! Whether a script is whole: the comments that open and close a dump, and the key of `\restrict`.

use bytes::Bytes;

use crate::error::Fault;

/// What the last comment of a database's script says.
const DUMP: &str = "PostgreSQL database dump complete";

/// What that of pg_dumpall's script says.
const CLUSTER: &str = "PostgreSQL database cluster dump complete";

/// What a script has opened and must still close.
#[derive(Clone, Debug, Default)]
pub struct Trailer {
    open_dump: bool,
    open_cluster: bool,
    closed_once: bool,
    /// It is what pg_dumpall writes.
    cluster: bool,
    restricted: Option<Bytes>,
}

impl Trailer {
    /// Sees the blanks and comments before a statement.
    /// (`_PrintTocData`'s neighbours in src/bin/pg_dump/pg_backup_archiver.c; src/bin/pg_dump/pg_dumpall.c.)
    pub fn lead(&mut self, lead: &[u8]) {
        for line in lead.split(|b| *b == b'\n') {
            match line.strip_suffix(b"\r").unwrap_or(line) {
                b"-- PostgreSQL database dump" => self.open_dump = true,
                b"-- PostgreSQL database cluster dump" => (self.open_cluster, self.cluster) = (true, true),
                b"-- PostgreSQL database dump complete" => {
                    self.open_dump = false;
                    self.closed_once = true;
                }
                b"-- PostgreSQL database cluster dump complete" => {
                    self.open_cluster = false;
                    self.closed_once = true;
                }
                _ => {}
            }
        }
    }

    /// Sees a backslash command, its line whole.
    pub fn command(&mut self, line: &Bytes) {
        let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (Some(br"\restrict"), Some(key)) => self.restricted = Some(line.slice_ref(key)),
            // A key cut short opens nothing: psql compares it too.
            (Some(br"\unrestrict"), key) if key == self.restricted.as_deref() => self.restricted = None,
            _ => {}
        }
    }

    /// Whether the heading of pg_dumpall has been seen.
    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// The key of a `\restrict` that is in force.
    pub fn restricted(&self) -> Option<&Bytes> {
        self.restricted.as_ref()
    }

    /// What is missing at the end of the input, if anything is.
    pub fn missing(&self) -> Option<Fault> {
        if self.open_dump || !self.cluster && !self.closed_once {
            Some(Fault::NoTrailer(DUMP))
        } else if self.open_cluster || !self.closed_once {
            Some(Fault::NoTrailer(CLUSTER))
        } else if self.restricted.is_some() {
            Some(Fault::NoUnrestrict)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_whole_when_all_is_closed() {
        let mut trailer = Trailer::default();
        assert_eq!(trailer.missing(), Some(Fault::NoTrailer(DUMP)));
        trailer.lead(b"--\n-- PostgreSQL database dump\n--\n\n");
        trailer.command(&Bytes::from_static(b"\\restrict abc\n"));
        assert_eq!(trailer.restricted().map(|key| &**key), Some(&b"abc"[..]));
        trailer.lead(b"\n-- PostgreSQL database dump complete\r\n--\n");
        assert_eq!(trailer.missing(), Some(Fault::NoUnrestrict));
        trailer.command(&Bytes::from_static(b"\\unrestrict abc\n"));
        assert_eq!(trailer.missing(), None);
        trailer.lead(b"--\n-- PostgreSQL database dump\n--\n\n");
        assert_eq!(trailer.missing(), Some(Fault::NoTrailer(DUMP)), "a second dump has begun");
    }

    #[test]
    fn a_cluster_is_whole_when_each_of_its_databases_is_and_itself() {
        let mut trailer = Trailer::default();
        trailer.lead(b"--\n-- PostgreSQL database cluster dump\n--\n\n");
        assert!(trailer.is_cluster() && trailer.missing().is_some());
        for _ in 0..2 {
            trailer.lead(b"--\n-- PostgreSQL database dump\n--\n\n");
            trailer.lead(b"--\n-- PostgreSQL database dump complete\n--\n\n");
            assert_eq!(trailer.missing(), Some(Fault::NoTrailer(CLUSTER)), "between two databases, or behind the last");
        }
        trailer.lead(b"--\n-- PostgreSQL database cluster dump complete\n--\n\n");
        assert_eq!(trailer.missing(), None);
    }
}
