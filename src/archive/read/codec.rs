//! Unpacks the streams of a custom archive.
//!
//! A stream is whole, or it is refused: one that breaks off, bytes behind its end, a checksum that is wrong. Where
//! pg_restore would hang (bytes behind a zlib stream, `ReadDataFromArchiveGzip` in compress_gzip.c) or lose data in
//! silence (a second zstd frame in one chunk, `ReadDataFromArchiveZstd` in compress_zstd.c), this says so.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::super::Compression;
use super::chunks::Chunks;
use super::lz4::Lz4Frames;
use crate::error::Fault;

const WHOLE: &str = "one whole stream";

/// The streams of an archive, unpacked one after the other.
pub(super) enum Unpacker {
    /// As they stand there.
    Plain(Chunks),
    /// zlib streams (RFC 1950).
    Gzip(Inflate),
    /// LZ4 frames.
    Lz4(Lz4Frames<Chunks>),
    /// Zstandard frames.
    Zstd(Zstd),
}

impl Unpacker {
    /// # Errors
    /// The decompressor cannot be set up.
    pub(super) fn new(compression: Compression, chunks: Chunks) -> io::Result<Unpacker> {
        Ok(match compression {
            Compression::None => Unpacker::Plain(chunks),
            Compression::Gzip => Unpacker::Gzip(Inflate { chunks, state: Decompress::new(true), done: true }),
            Compression::Lz4 => Unpacker::Lz4(Lz4Frames::new(chunks)),
            Compression::Zstd => Unpacker::Zstd(Zstd { chunks, state: Decoder::new()?, inside: false, head: Vec::new(), written: 0 }),
        })
    }

    /// What the streams are read from.
    pub(super) fn chunks(&mut self) -> &mut Chunks {
        match self {
            Unpacker::Plain(chunks) => chunks,
            Unpacker::Gzip(inflate) => &mut inflate.chunks,
            Unpacker::Lz4(frames) => frames.get_mut(),
            Unpacker::Zstd(zstd) => &mut zstd.chunks,
        }
    }

    /// Begins the stream whose first chunk comes next.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        match self {
            Unpacker::Plain(_) => {}
            Unpacker::Gzip(inflate) => {
                inflate.state.reset(true);
                inflate.done = false;
            }
            Unpacker::Lz4(frames) => frames.reset(),
            Unpacker::Zstd(zstd) => {
                zstd.state.reinit()?;
                zstd.inside = false;
            }
        }
        self.chunks().begin();
        Ok(())
    }
}

impl Read for Unpacker {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacker::Plain(chunks) => chunks.read(buffer),
            Unpacker::Gzip(inflate) => inflate.read(buffer),
            Unpacker::Lz4(frames) => frames.read(buffer).map_err(|error| named(error, &frames.get_mut().input)),
            Unpacker::Zstd(zstd) => zstd.read(buffer),
        }
    }
}

/// The decompressor's words turned into a fault; what the system or the framing said stays.
fn named(error: io::Error, input: &super::input::Input) -> io::Error {
    let known = error.raw_os_error().is_some() || error.get_ref().is_some_and(|inner| inner.is::<Fault>());
    match error.kind() {
        _ if known => error,
        ErrorKind::Interrupted => error,
        ErrorKind::UnexpectedEof => input.bad("a cut lz4 stream", None, WHOLE),
        _ => input.bad("a damaged lz4 stream", None, WHOLE),
    }
}

/// zlib streams; their checksum (Adler-32) is verified.
pub(super) struct Inflate {
    chunks: Chunks,
    state: Decompress,
    done: bool,
}

impl Read for Inflate {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.done || buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let packed = self.chunks.fill_buf()?;
            if packed.is_empty() {
                return Err(self.chunks.input.bad("a cut zlib stream", None, WHOLE));
            }
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(packed, buffer, FlushDecompress::None);
            let step = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
            let read = step(self.state.total_in(), before.0);
            let written = step(self.state.total_out(), before.1);
            self.chunks.consume(read);
            match status {
                Ok(Status::StreamEnd) => {
                    self.done = true;
                    if !self.chunks.fill_buf()?.is_empty() {
                        return Err(self.chunks.input.bad("bytes behind the end of a zlib stream", None, WHOLE));
                    }
                    return Ok(written);
                }
                Ok(_) if written > 0 => return Ok(written),
                Ok(_) if read > 0 => {}
                Ok(_) | Err(_) => return Err(self.chunks.input.bad("a damaged zlib stream", None, WHOLE)),
            }
        }
    }
}

/// Zstandard frames, each of which ends with a chunk.
pub(super) struct Zstd {
    chunks: Chunks,
    state: Decoder<'static>,
    /// A frame has begun and has not ended.
    inside: bool,
    /// The first bytes of the frame: its header, which may say how long its content is.
    head: Vec<u8>,
    /// How much has come out of the frame.
    written: u64,
}

/// The longest header of a frame (`ZSTD_FRAMEHEADERSIZE_MAX` in zstd.h).
const LONGEST_HEAD: usize = 18;

impl Zstd {
    /// Whether the frame that has ended is as long as its header says: the library does not look where the last block is
    /// empty.
    fn is_whole(&self) -> bool {
        let declared = zstd::zstd_safe::get_frame_content_size(&self.head);
        declared.is_ok_and(|length| length.is_none_or(|length| length == self.written))
    }
}

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let packed = self.chunks.fill_buf()?;
            let at_end = packed.is_empty();
            if !self.inside {
                if at_end {
                    return Ok(0);
                }
                self.head.clear();
                self.written = 0;
            }
            let mut source = InBuffer::around(packed);
            let mut target = OutBuffer::around(&mut *buffer);
            let result = self.state.run(&mut source, &mut target);
            let (read, written) = (source.pos(), target.pos());
            let wanted = read.min(LONGEST_HEAD.saturating_sub(self.head.len()));
            self.head.extend_from_slice(packed.get(..wanted).unwrap_or_default());
            self.written += written as u64;
            self.chunks.consume(read);
            let Ok(hint) = result else {
                return Err(self.chunks.input.bad("a damaged zstd stream", None, WHOLE));
            };
            self.inside = hint != 0;
            if !self.inside && !self.is_whole() {
                return Err(self.chunks.input.bad("a zstd frame of another length than it says", None, WHOLE));
            }
            if !self.inside && !self.chunks.is_at_border() {
                return Err(self.chunks.input.bad("bytes behind the end of a zstd frame", None, "the end of its chunk"));
            }
            if written > 0 {
                return Ok(written);
            }
            if at_end && self.inside {
                return Err(self.chunks.input.bad("a cut zstd stream", None, WHOLE));
            }
        }
    }
}
