//! Archives of pg_dump written again; streams of all packings; what is left of an archive that failed.

mod failing;
mod identity;
mod parse;
mod streams;

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use super::Destination;
use crate::archive;
use crate::archive::Compression;
use crate::error::Result;

/// A target in memory that outlives its writer.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<(Cursor<Vec<u8>>, bool)>>);

impl Memory {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("a lock").0.get_ref().clone()
    }

    fn is_complete(&self) -> bool {
        self.0.lock().expect("a lock").1
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().expect("a lock").0.seek(to)
    }
}

impl Destination for Memory {
    fn complete(self) -> Result<()> {
        self.0.lock().expect("a lock").1 = true;
        Ok(())
    }
}

/// Archives of pg_dump 14 to 18: custom, tar, and folders file by file. `old/` holds some that an independent program wrote
/// anew with older versions and other sizes of integers and offsets.
fn samples() -> BTreeMap<String, Vec<u8>> {
    let mut decoder = zstd::Decoder::new(&include_bytes!("samples.tar.zst")[..]).expect("a zstd frame");
    decoder.window_log_max(27).expect("a window that zstd takes");
    let mut found = BTreeMap::new();
    for member in tar::Archive::new(decoder).entries().expect("a tar") {
        let mut member = member.expect("a member");
        let name = member.path().expect("a name").to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).expect("a whole member");
        found.insert(name, bytes);
    }
    found
}

/// What a stream of a custom archive holds; fails where pg_restore would fail, hang or lose data.
fn unpack(compression: Compression, chunks: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let packed: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.as_ref().to_vec()).collect();
    let mut out = Vec::new();
    match compression {
        Compression::None => out = packed,
        Compression::Gzip => {
            let mut inflate = flate2::read::ZlibDecoder::new(&packed[..]);
            inflate.read_to_end(&mut out).expect("a whole zlib stream");
            // Whatever follows makes pg_restore loop.
            assert_eq!(inflate.total_in(), packed.len() as u64);
        }
        Compression::Lz4 => {
            let mut rest = Cursor::new(&packed[..]);
            while rest.position() < packed.len() as u64 {
                lz4_flex::frame::FrameDecoder::new(&mut rest).read_to_end(&mut out).expect("a whole lz4 frame");
            }
        }
        Compression::Zstd => {
            // A frame that ends within a chunk ends the chunk for pg_restore.
            let mut frame = Vec::new();
            for chunk in chunks {
                frame.extend_from_slice(chunk.as_ref());
                if let Ok(size) = zstd::zstd_safe::find_frame_compressed_size(&frame) {
                    assert_eq!(size, frame.len(), "a frame ends within a chunk");
                    out.extend(zstd::decode_all(&frame[..]).expect("a whole zstd frame"));
                    frame.clear();
                }
            }
            assert!(frame.is_empty(), "the last frame is cut");
        }
    }
    out
}
