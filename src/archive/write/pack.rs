//! Packing batches, each on whatever thread is free, so that they join to one stream.
//!
//! gzip in the way of pigz: each batch becomes a piece of raw deflate that ends on a byte boundary (an empty stored block,
//! `Z_SYNC_FLUSH`) and that may look back into what stood before it; checksums of the pieces are combined. zstd and lz4: each
//! batch becomes a frame. [`super::stream::Stream`] puts the pieces together.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flate2::{Compress, Crc, FlushCompress, Status};
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use zlib_rs::adler32::{adler32, adler32_combine};

use super::packing::Packing;
use crate::archive::Compression;
use crate::error::{Error, Result};

/// How far deflate looks back, in bytes (RFC 1951).
pub const WINDOW: usize = 32 * 1024;

/// The level of gzip where none is asked for. On rows of a shop zlib-rs packs at 5 with 2.3 times the speed of zlib at 6, which
/// is pg_dump's default, to a size that is 1 % larger; at 6 with 1.5 times the speed, to the same size.
const GZIP_LEVEL: u32 = 5;

/// What stands around a stream of deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapping {
    /// RFC 1950, in the blocks of a custom archive: two bytes before it, Adler-32 behind it.
    Zlib,
    /// RFC 1952, in the files of a directory archive: ten bytes before it, CRC-32 and length behind it.
    Gzip,
}

/// The checksum of a gzip or zlib stream; that of the bytes before packing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Where there is none: every packing but gzip.
    None,
    /// Adler-32.
    Adler(u32),
    /// CRC-32, and of how many bytes.
    Crc(u32),
}

/// A packed batch: a piece of a stream.
#[derive(Clone, Debug)]
pub struct Packed {
    pub(super) bytes: Bytes,
    pub(super) length: u64,
    pub(super) checksum: Checksum,
    pub(super) how: (Packing, Wrapping),
}

impl Packed {
    /// How many bytes it had before it was packed.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes it has.
    pub fn packed_length(&self) -> usize {
        self.bytes.len()
    }
}

/// Packs batches for one archive. Clones share what they have in store; each worker may have one.
#[derive(Clone, Debug)]
pub struct Packer {
    packing: Packing,
    wrapping: Wrapping,
    idle: Arc<Mutex<Vec<Compressor>>>,
}

/// A compressor with its memory, used again for the next batch.
enum Compressor {
    Deflate(Compress),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Compressor::Deflate(_) => "Deflate",
            Compressor::Zstd(_) => "Zstd",
        })
    }
}

impl Packer {
    /// A packer for an archive that is packed so.
    pub fn new(packing: Packing, wrapping: Wrapping) -> Packer {
        Packer { packing, wrapping, idle: Arc::default() }
    }

    /// How it packs.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// What stands around its streams of gzip.
    pub fn wrapping(&self) -> Wrapping {
        self.wrapping
    }

    /// Whether a batch comes out as it went in: nothing is packed, or everything by the writing thread (`zstd:long`).
    pub fn is_idle(&self) -> bool {
        self.packing.compression == Compression::None || self.is_long()
    }

    /// Whether a stream becomes one frame of zstd.
    pub(super) fn is_long(&self) -> bool {
        self.packing.compression == Compression::Zstd && self.packing.long
    }

    /// Packs one batch, of at best some hundred kB. `before` is what stands before it in the same stream, or the last
    /// [`WINDOW`] of it, or nothing: gzip packs closer where it is given (0.6 % with batches of 256 kB), and nothing else looks
    /// at it.
    ///
    /// # Errors
    /// The compressor has no memory left.
    pub fn pack(&self, before: &[u8], batch: &[u8]) -> Result<Packed> {
        if self.is_idle() { Ok(self.plain(Bytes::copy_from_slice(batch))) } else { self.pack_now(before, batch) }
    }

    /// The same, whoever is to pack it.
    pub(super) fn pack_now(&self, before: &[u8], batch: &[u8]) -> Result<Packed> {
        let compressor = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (bytes, compressor) = match self.packing.compression {
            Compression::Gzip => self.deflate(compressor, before, batch),
            Compression::Zstd => self.zstd(compressor, batch),
            Compression::Lz4 | Compression::None => lz4(batch).map(|bytes| (bytes, None)),
        }?;
        if let Some(compressor) = compressor {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(compressor);
        }
        let checksum = self.checksum(batch);
        Ok(Packed { bytes: bytes.into(), length: batch.len() as u64, checksum, how: (self.packing, self.wrapping) })
    }

    /// The same for a batch that is somebody's already, which is not copied where nothing is packed here.
    ///
    /// # Errors
    /// As [`Packer::pack`].
    pub fn pack_owned(&self, before: &[u8], batch: Bytes) -> Result<Packed> {
        if self.is_idle() { Ok(self.plain(batch)) } else { self.pack(before, &batch) }
    }

    fn plain(&self, bytes: Bytes) -> Packed {
        Packed { length: bytes.len() as u64, bytes, checksum: Checksum::None, how: (self.packing, self.wrapping) }
    }

    fn checksum(&self, batch: &[u8]) -> Checksum {
        match (self.packing.compression, self.wrapping) {
            (Compression::Gzip, Wrapping::Zlib) => Checksum::Adler(adler32(1, batch)),
            (Compression::Gzip, Wrapping::Gzip) => {
                let mut crc = Crc::new();
                crc.update(batch);
                Checksum::Crc(crc.sum())
            }
            _ => Checksum::None,
        }
    }

    /// The level of gzip that was asked for: 1 to 9.
    pub(super) fn gzip_level(&self) -> Option<u32> {
        self.packing.level.and_then(|level| u32::try_from(level).ok()).filter(|level| (1..=9).contains(level))
    }

    /// The level of zstd, by default 3 (which is what 0 means to zstd).
    pub(super) fn zstd_level(&self) -> i32 {
        self.packing.level.unwrap_or(0)
    }

    fn deflate(&self, compressor: Option<Compressor>, before: &[u8], batch: &[u8]) -> Result<(Vec<u8>, Option<Compressor>)> {
        let mut deflate = match compressor {
            Some(Compressor::Deflate(mut deflate)) => {
                deflate.reset();
                deflate
            }
            _ => Compress::new(flate2::Compression::new(self.gzip_level().unwrap_or(GZIP_LEVEL)), false),
        };
        let window = before.get(before.len().saturating_sub(WINDOW)..).unwrap_or(before);
        if !window.is_empty() {
            deflate.set_dictionary(window).map_err(|_| failed("gzip"))?;
        }
        // Most batches fit at once: what does not shrink grows by a few bytes a block.
        let mut out = Vec::with_capacity(batch.len() / 2 + 1024);
        let mut rest = batch;
        loop {
            let read = deflate.total_in();
            let status = deflate.compress_vec(rest, &mut out, FlushCompress::Sync).map_err(|_| failed("gzip"))?;
            let read = usize::try_from(deflate.total_in() - read).unwrap_or(usize::MAX);
            rest = rest.get(read..).unwrap_or_default();
            // Room that is left says that all is out (`deflate` in zlib.h).
            if rest.is_empty() && out.len() < out.capacity() {
                break;
            }
            if status == Status::BufError && out.len() < out.capacity() {
                return Err(failed("gzip"));
            }
            out.reserve(batch.len() / 4 + 1024);
        }
        Ok((out, Some(Compressor::Deflate(deflate))))
    }

    fn zstd(&self, compressor: Option<Compressor>, batch: &[u8]) -> Result<(Vec<u8>, Option<Compressor>)> {
        let mut zstd = match compressor {
            Some(Compressor::Zstd(zstd)) => zstd,
            _ => zstd::bulk::Compressor::new(self.zstd_level()).map_err(|_| failed("zstd"))?,
        };
        let bytes = zstd.compress(batch).map_err(|_| failed("zstd"))?;
        Ok((bytes, Some(Compressor::Zstd(zstd))))
    }
}

/// One frame, of blocks of 256 kB at most that look back into each other.
fn lz4(batch: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write;

    let info = FrameInfo::new().block_size(BlockSize::Max256KB).block_mode(BlockMode::Linked);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::with_capacity(batch.len() / 2 + 64));
    encoder.write_all(batch).map_err(|_| failed("lz4"))?;
    encoder.finish().map_err(|_| failed("lz4"))
}

impl Checksum {
    /// The checksum of nothing, for a stream that is packed so.
    pub(super) fn start((packing, wrapping): (Packing, Wrapping)) -> Checksum {
        match (packing.compression, wrapping) {
            (Compression::Gzip, Wrapping::Zlib) => Checksum::Adler(1),
            (Compression::Gzip, Wrapping::Gzip) => Checksum::Crc(0),
            _ => Checksum::None,
        }
    }

    /// The checksum of two pieces, of which `next` has `length` bytes.
    pub(super) fn then(self, next: Checksum, length: u64) -> Checksum {
        match (self, next) {
            (Checksum::Adler(first), Checksum::Adler(next)) => Checksum::Adler(adler32_combine(first, next, length)),
            (Checksum::Crc(first), Checksum::Crc(next)) => Checksum::Crc(zlib_rs::crc32::crc32_combine(first, next, length)),
            _ => Checksum::None,
        }
    }
}

/// A compressor refuses its work, which it does only where it finds no memory.
pub(super) fn failed(method: &'static str) -> Error {
    Error::io(format!("pack with {method}"), std::io::ErrorKind::OutOfMemory.into())
}
