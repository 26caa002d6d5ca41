//! What is read of packed data, kept as it stands there: a copy of a block that nothing changes is made of it, while what it
//! holds is read, and so verified, by the same read.

/// Keeps bytes while it is on.
#[derive(Debug, Default)]
pub(super) struct Record {
    on: bool,
    pieces: Vec<Vec<u8>>,
    /// The next byte begins a chunk.
    apart: bool,
}

impl Record {
    /// Keeps what is read from here on.
    pub(super) fn start(&mut self) {
        *self = Record { on: true, ..Record::default() };
    }

    /// Keeps nothing.
    pub(super) fn stop(&mut self) {
        *self = Record::default();
    }

    /// A chunk begins: no piece crosses its border.
    pub(super) fn begin_chunk(&mut self) {
        self.apart = true;
    }

    /// These bytes were read.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if !self.on || bytes.is_empty() {
            return;
        }
        match self.pieces.last_mut().filter(|_| !self.apart) {
            Some(piece) => piece.extend_from_slice(bytes),
            None => self.pieces.push(bytes.to_vec()),
        }
        self.apart = false;
    }

    /// What has been read since this was asked last.
    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.pieces)
    }
}
