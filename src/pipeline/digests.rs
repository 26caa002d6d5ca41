//! Checksums of what is written (`--report`): made by the workers, batch by batch, of the rows as they go out.

use crate::row::digest::{Digest, Inserts};

/// How the checksum of a table's rows is made.
#[derive(Clone, Copy, Debug)]
pub struct Digests {
    /// In which form the rows are looked at.
    pub form: Looked,
    /// A byte below 0x80 may be the later byte of a character.
    pub hides_ascii: bool,
}

/// In which form rows are looked at.
#[derive(Clone, Copy, Debug)]
pub enum Looked {
    /// COPY text.
    Copy {
        /// Whether rows end in CR LF.
        crlf: bool,
    },
    /// INSERT statements.
    Insert {
        /// How long the head of each is.
        head: usize,
        /// Whether a backslash escapes inside plain quotes.
        backslashes: bool,
        /// Whether they name their columns.
        listed: bool,
    },
    /// What tells no values: COPY with options, INSERT that is no list of values.
    Unknown,
}

impl Digests {
    /// The checksum of whole rows, or whole statements.
    pub fn of(&self, bytes: &[u8]) -> Digest {
        let memory = &mut Vec::new();
        match self.form {
            Looked::Copy { crlf } => Digest::of_copy(bytes, crlf, self.hides_ascii, memory),
            Looked::Insert { head, backslashes, listed } if !self.hides_ascii => {
                Digest::of_inserts(&Inserts { text: bytes, head, backslashes, listed }, memory)
            }
            Looked::Insert { .. } | Looked::Unknown => Digest::unknown(),
        }
    }
}
