//! One stream of data, put together in order: what stands before the packed batches and behind them.

use std::io::Write;

use super::pack::{Checksum, Packed, Packer, WINDOW, Wrapping, failed};
use crate::archive::Compression;
use crate::error::{Error, Result};

/// Data that comes in small pieces is gathered up to this many bytes, then packed at once.
const GATHERED: usize = 256 * 1024;

/// Takes what a stream gives: pieces of any length, none of them empty, no two frames of zstd in one.
pub type Pieces<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// A stream in the making: the data of a table, or one large object.
pub struct Stream {
    packer: Packer,
    state: State,
    /// Not packed yet.
    gathered: Vec<u8>,
    /// The end of what was packed here last.
    before: Vec<u8>,
    /// Of everything that was packed, before it was.
    length: u64,
    checksum: Checksum,
    /// `zstd:long` packs the whole stream as one frame; there is none before enough has come that its window is worth it.
    long: Option<zstd::Encoder<'static, Vec<u8>>>,
}

/// What has come so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Begun,
    /// Bytes of a stream that is packed already.
    Copied,
}

impl Stream {
    /// An empty stream, packed by `packer`.
    pub fn new(packer: Packer) -> Stream {
        let checksum = Checksum::start((packer.packing(), packer.wrapping()));
        Stream { packer, state: State::Empty, gathered: Vec::new(), before: Vec::new(), length: 0, checksum, long: None }
    }

    /// Whether bytes came that were packed before: then nothing can be added to them.
    pub fn is_copied(&self) -> bool {
        self.state == State::Copied && self.packer.packing().compression != Compression::None
    }

    /// More data, of any length. It is packed here and now where it is packed at all.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn data(&mut self, bytes: &[u8], out: &mut Pieces<'_>) -> Result<()> {
        self.begin(false)?;
        if self.packer.is_long() {
            return self.long_data(bytes, out);
        }
        if self.packer.is_idle() {
            return if bytes.is_empty() { Ok(()) } else { out(bytes) };
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(GATHERED - self.gathered.len()));
            self.gathered.extend_from_slice(now);
            rest = later;
            if self.gathered.len() == GATHERED {
                self.pack_gathered(out)?;
            }
        }
        Ok(())
    }

    /// A batch that was packed by this stream's packer, or a clone of it.
    ///
    /// # Errors
    /// It was packed otherwise; those of `out`.
    pub fn packed(&mut self, packed: &Packed, out: &mut Pieces<'_>) -> Result<()> {
        if packed.how != (self.packer.packing(), self.packer.wrapping()) {
            return Err(Error::internal());
        }
        if self.packer.is_idle() {
            return self.data(&packed.bytes, out);
        }
        self.begin(false)?;
        self.pack_gathered(out)?;
        self.before.clear();
        self.append(packed, out)
    }

    /// Bytes of a stream that is packed already in the same way, whole in the end: they are copied as they are.
    ///
    /// # Errors
    /// Other data has come before; those of `out`.
    pub fn copied(&mut self, bytes: &[u8], out: &mut Pieces<'_>) -> Result<()> {
        self.begin(true)?;
        if bytes.is_empty() { Ok(()) } else { out(bytes) }
    }

    /// The end of the stream: whatever is still to be written. An empty one becomes a complete stream of nothing, as
    /// pg_restore needs it for gzip.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self, out: &mut Pieces<'_>) -> Result<()> {
        if self.state == State::Copied {
            return Ok(());
        }
        if let Some(encoder) = self.long.take() {
            let mut rest = encoder.finish().map_err(|_| failed("zstd"))?;
            return drain(&mut rest, 1, out);
        }
        self.pack_gathered(out)?;
        match self.packer.packing().compression {
            Compression::None => Ok(()),
            Compression::Gzip => {
                let mut end = if self.length == 0 { self.head() } else { Vec::new() };
                // A final block of fixed codes that holds nothing (RFC 1951, 3.2.6).
                end.extend_from_slice(&[0x03, 0x00]);
                match self.checksum {
                    Checksum::Adler(sum) => end.extend_from_slice(&sum.to_be_bytes()),
                    Checksum::Crc(sum) => {
                        end.extend_from_slice(&sum.to_le_bytes());
                        let [a, b, c, d, ..] = self.length.to_le_bytes();
                        end.extend_from_slice(&[a, b, c, d]);
                    }
                    Checksum::None => {}
                }
                out(&end)
            }
            Compression::Lz4 | Compression::Zstd if self.length == 0 => {
                let nothing = self.packer.pack_now(&[], &[])?;
                out(&nothing.bytes)
            }
            Compression::Lz4 | Compression::Zstd => Ok(()),
        }
    }

    /// Everything out that has been gathered: what was given so far can be unpacked from what went out.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn flush(&mut self, out: &mut Pieces<'_>) -> Result<()> {
        if let Some(encoder) = &mut self.long {
            encoder.flush().map_err(|_| failed("zstd"))?;
            return drain(encoder.get_mut(), 1, out);
        }
        self.pack_gathered(out)
    }

    /// More data of a stream that becomes one frame.
    fn long_data(&mut self, bytes: &[u8], out: &mut Pieces<'_>) -> Result<()> {
        let encoder = match &mut self.long {
            Some(encoder) => encoder,
            None if self.gathered.len() + bytes.len() < GATHERED => {
                self.gathered.extend_from_slice(bytes);
                return Ok(());
            }
            None => {
                let mut encoder = zstd::Encoder::new(Vec::new(), self.packer.zstd_level()).map_err(|_| failed("zstd"))?;
                encoder.long_distance_matching(true).map_err(|_| failed("zstd"))?;
                encoder.write_all(&std::mem::take(&mut self.gathered)).map_err(|_| failed("zstd"))?;
                self.long.insert(encoder)
            }
        };
        encoder.write_all(bytes).map_err(|_| failed("zstd"))?;
        drain(encoder.get_mut(), GATHERED, out)
    }

    /// Notes what kind of bytes come; one stream takes one kind, unless nothing is packed.
    fn begin(&mut self, copied: bool) -> Result<()> {
        let state = if copied && self.packer.packing().compression != Compression::None { State::Copied } else { State::Begun };
        if self.state != State::Empty && self.state != state {
            return Err(Error::internal());
        }
        self.state = state;
        Ok(())
    }

    fn pack_gathered(&mut self, out: &mut Pieces<'_>) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let packed = self.packer.pack_now(&self.before, &self.gathered)?;
        let window = self.gathered.len().saturating_sub(WINDOW);
        self.before.clear();
        self.before.extend_from_slice(self.gathered.get(window..).unwrap_or_default());
        self.gathered.clear();
        self.append(&packed, out)
    }

    fn append(&mut self, packed: &Packed, out: &mut Pieces<'_>) -> Result<()> {
        if packed.length == 0 {
            return Ok(());
        }
        if self.length == 0 && self.packer.packing().compression == Compression::Gzip {
            out(&self.head())?;
        }
        self.length += packed.length;
        self.checksum = self.checksum.then(packed.checksum, packed.length);
        out(&packed.bytes)
    }

    /// What stands before a stream of deflate, as zlib writes it.
    fn head(&self) -> Vec<u8> {
        let level = self.packer.gzip_level();
        match self.packer.wrapping() {
            // The level is only told, none is told as 6, and the two bytes are a multiple of 31 (RFC 1950).
            Wrapping::Zlib => vec![
                0x78,
                match level {
                    Some(0..=1) => 0x01,
                    Some(2..=5) => 0x5e,
                    Some(6) | None => 0x9c,
                    Some(_) => 0xda,
                },
            ],
            // No name, no time, the level where it is an extreme one, Unix (RFC 1952).
            Wrapping::Gzip => {
                let extreme = match level {
                    Some(9) => 2,
                    Some(1) => 4,
                    _ => 0,
                };
                vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, extreme, 3]
            }
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("packer", &self.packer)
            .field("state", &self.state)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Hands on what an encoder has written, once it is enough.
fn drain(written: &mut Vec<u8>, enough: usize, out: &mut Pieces<'_>) -> Result<()> {
    if written.len() < enough {
        return Ok(());
    }
    out(written)?;
    written.clear();
    Ok(())
}
