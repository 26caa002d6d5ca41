//! A bare COPY stream → its header line, runs of whole rows, its end.

use bytes::Bytes;
use memchr::memrchr;

use crate::dump::buffer::Buffer;
use crate::dump::event::Rows;
use crate::dump::script::reader::{find_marker, marker};
use crate::error::{Error, Fault, Place, Result};
use crate::name::RelationName;
use crate::row::Value;
use crate::row::layout::Layout;

/// Reads a COPY stream.
#[derive(Debug)]
pub struct StreamReader {
    buffer: Buffer,
    relation: RelationName,
    layout: Layout,
    max_row: usize,
    /// Whether its lines end in CR LF; unknown before the first.
    crlf: Option<bool>,
    ended: bool,
}

/// What a COPY stream consists of.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Whole rows.
    Rows(Rows),
    /// The end marker `\.`, with its line end, where the stream has one. Nothing follows.
    End(Bytes),
}

/// The first line of a stream that names its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The line, with its line end.
    pub line: Bytes,
    /// The names, in the encoding of the stream; `None` where one is NULL.
    pub names: Vec<Option<Vec<u8>>>,
}

impl StreamReader {
    /// Reads the rows of a table that `buffer` holds. `max_row`: the longest row, in bytes; one that fits in a block always
    /// passes.
    pub fn new(buffer: Buffer, relation: RelationName, layout: Layout, max_row: usize) -> StreamReader {
        StreamReader { buffer, relation, layout, max_row, crlf: None, ended: false }
    }

    /// How many bytes of the unpacked input have been taken.
    pub fn offset(&self) -> u64 {
        self.buffer.offset()
    }

    /// Takes the first line for one that names the columns.
    ///
    /// # Errors
    /// There is no whole line, or it cannot be read.
    pub fn header(&mut self) -> Result<Header> {
        loop {
            if let Some(end) = self.layout.line_end(self.buffer.window()) {
                let line = self.buffer.take(end + 1);
                let text = line.get(..end).unwrap_or_default();
                let crlf = text.last() == Some(&b'\r');
                self.crlf = Some(crlf);
                let text = text.get(..text.len() - usize::from(crlf)).unwrap_or_default();
                let mut fields = Vec::new();
                self.layout.split(text, &mut fields).map_err(|_| self.fault(Fault::TrailingBackslash))?;
                let name = |range| match self.layout.value(text.get(range)?, &mut Vec::new()) {
                    Value::Text(name) => Some(name.to_vec()),
                    Value::Null | Value::Default => None,
                };
                let names = fields.into_iter().map(name).collect();
                return Ok(Header { line, names });
            }
            if self.buffer.ended() {
                let empty = self.buffer.window().is_empty();
                return Err(self.fault(if empty { Fault::NoHeader } else { Fault::CutRow }));
            }
            self.more()?;
        }
    }

    /// The next piece, `None` behind the end.
    ///
    /// # Errors
    /// [`Error::Data`] where the stream is cut inside a row, or goes on behind its end marker; [`Error::Io`] where it cannot
    /// be read.
    pub fn next_piece(&mut self) -> Result<Option<Piece>> {
        while !self.ended {
            let window = self.buffer.window();
            if self.buffer.ended() && window.is_empty() {
                self.ended = true;
                return Ok(Some(Piece::End(Bytes::new())));
            }
            if let Some(length) = self.marker_here() {
                return self.end(length).map(Some);
            }
            // A window that may end within the marker is not judged before it is longer.
            let unclear = window.len() < 4 && b"\\.\r\n".starts_with(window) && !self.buffer.ended();
            let whole = if unclear { 0 } else { self.whole() };
            if whole > 0 {
                return Ok(Some(Piece::Rows(self.rows(whole))));
            }
            if self.buffer.ended() {
                return Err(self.fault(Fault::CutRow));
            }
            self.more()?;
        }
        Ok(None)
    }

    /// The length of the end marker, if the window begins with it. Its line end may be missing at the end of the input.
    fn marker_here(&self) -> Option<usize> {
        let window = self.buffer.window();
        let last = self.buffer.ended() && matches!(window, [b'\\', b'.'] | [b'\\', b'.', b'\r']);
        marker(window).or(last.then_some(window.len()))
    }

    /// How much of the window is whole rows before an end marker.
    fn whole(&self) -> usize {
        let window = self.buffer.window();
        if matches!(self.layout, Layout::Text(_)) {
            return find_marker(window).unwrap_or_else(|| memrchr(b'\n', window).map_or(0, |at| at + 1));
        }
        let mut whole = 0;
        while let Some(rest) = window.get(whole..).filter(|rest| !rest.starts_with(br"\.") || marker(rest).is_none()) {
            let Some(end) = self.layout.line_end(rest) else { break };
            whole += end + 1;
        }
        whole
    }

    fn rows(&mut self, length: usize) -> Rows {
        let offset = self.buffer.offset();
        let bytes = self.buffer.take(length);
        let layout = &self.layout;
        let crlf =
            *self.crlf.get_or_insert_with(|| layout.line_end(&bytes).is_some_and(|end| end > 0 && bytes.get(end - 1) == Some(&b'\r')));
        Rows { bytes, offset, crlf }
    }

    fn end(&mut self, length: usize) -> Result<Piece> {
        while !self.buffer.ended() && self.buffer.window().len() == length {
            self.more()?;
        }
        let end = self.buffer.take(length);
        if !self.buffer.window().is_empty() {
            return Err(self.fault(Fault::BehindMarker));
        }
        self.ended = true;
        Ok(Piece::End(end))
    }

    fn more(&mut self) -> Result<()> {
        if self.buffer.window().len() > self.max_row {
            return Err(self.fault(Fault::RowTooLong { limit: self.max_row }));
        }
        self.buffer.more().map_err(|error| Error::of_read(error, || self.place(), "read the input"))
    }

    /// An error at the head of the window.
    fn fault(&self, fault: Fault) -> Error {
        Error::Data { place: self.place(), fault }
    }

    /// The head of the window.
    fn place(&self) -> Place {
        Place { table: Some(self.relation.clone()), byte: Some(self.buffer.offset()), ..Place::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::csv::Csv;
    use crate::row::layout::Text;
    use proptest::prelude::*;

    fn reader(text: &[u8], layout: Layout, block: usize) -> StreamReader {
        let buffer = Buffer::new(Box::new(std::io::Cursor::new(text.to_vec())), block);
        StreamReader::new(buffer, RelationName::new("public", "t"), layout, 1000)
    }

    fn csv() -> Layout {
        Layout::Csv(Csv::default())
    }

    fn text() -> Layout {
        Layout::Text(Text::default())
    }

    /// The rows in one piece, whether they end in CR LF, and the end; or why not.
    fn read(bytes: &[u8], layout: Layout, block: usize) -> std::result::Result<(Vec<u8>, bool, Vec<u8>), Fault> {
        let mut reader = reader(bytes, layout, block);
        let (mut rows, mut crlf, mut end) = (Vec::new(), false, Vec::new());
        loop {
            match reader.next_piece() {
                Ok(Some(Piece::Rows(found))) => {
                    assert!(found.bytes.ends_with(b"\n"));
                    assert_eq!(found.offset, rows.len() as u64);
                    rows.extend_from_slice(&found.bytes);
                    crlf = found.crlf;
                }
                Ok(Some(Piece::End(marker))) => end = marker.to_vec(),
                Ok(None) => return Ok((rows, crlf, end)),
                Err(Error::Data { fault, .. }) => return Err(fault),
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn streams_with_and_without_marker() {
        for block in [1, 2, 3, 7, 100] {
            assert_eq!(read(b"", text(), block), Ok((vec![], false, vec![])));
            assert_eq!(read(b"1\ta\n2\tb\n", text(), block), Ok((b"1\ta\n2\tb\n".to_vec(), false, vec![])));
            assert_eq!(read(b"1\n\\.\n", text(), block), Ok((b"1\n".to_vec(), false, b"\\.\n".to_vec())));
            assert_eq!(read(b"1\r\n\\.\r\n", text(), block), Ok((b"1\r\n".to_vec(), true, b"\\.\r\n".to_vec())));
            assert_eq!(read(b"1\n\\.", text(), block), Ok((b"1\n".to_vec(), false, b"\\.".to_vec())));
            assert_eq!(read(b"\\.\n", csv(), block), Ok((vec![], false, b"\\.\n".to_vec())));
            let quoted = b"1,\"a\n\\.\nb\"\n\\.x\n\\.\n";
            assert_eq!(read(quoted, csv(), block), Ok((quoted[..quoted.len() - 3].to_vec(), false, b"\\.\n".to_vec())));
        }
    }

    #[test]
    fn what_is_cut_or_goes_on() {
        for block in [1, 3, 100] {
            assert_eq!(read(b"1\n2", text(), block), Err(Fault::CutRow));
            assert_eq!(read(b"1\n\\", text(), block), Err(Fault::CutRow));
            assert_eq!(read(b"1,\"a\n\\.\n", csv(), block), Err(Fault::CutRow));
            assert_eq!(read(b"1\n\\.\n2\n", text(), block), Err(Fault::BehindMarker));
            assert_eq!(read(b"1\0\n", text(), block), Err(Fault::Nul));
        }
        assert_eq!(read(&b"x".repeat(5000), text(), 10), Err(Fault::RowTooLong { limit: 1000 }));
    }

    #[test]
    fn header_lines() {
        let mut found = reader(b"id,\"a\"\"b\"\r\n1,2\r\n", csv(), 4);
        let header = found.header().expect("a header");
        assert_eq!((&*header.line, header.names), (&b"id,\"a\"\"b\"\r\n"[..], vec![Some(b"id".to_vec()), Some(b"a\"b".to_vec())]));
        assert!(matches!(found.next_piece(), Ok(Some(Piece::Rows(rows))) if rows.crlf && rows.offset == 11));
        let refused = |text: &[u8]| match reader(text, csv(), 4).header() {
            Err(Error::Data { fault, .. }) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!((refused(b""), refused(b"id")), (Fault::NoHeader, Fault::CutRow));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(bytes in "[a,\"\\\\.\n\r\t]{0,40}", block in 1usize..20, quoted: bool) {
            let layout = if quoted { csv() } else { text() };
            if let Ok((rows, _, end)) = read(bytes.as_bytes(), layout.clone(), block) {
                prop_assert_eq!([&rows[..], &end].concat(), bytes.as_bytes());
                prop_assert_eq!(read(bytes.as_bytes(), layout, 1000).map(|(rows, _, end)| (rows, end)), Ok((rows, end)));
            }
        }
    }
}
