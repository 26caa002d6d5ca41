//! The files of a directory archive, each packed as the suffix of its name says.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::bufread::MultiGzDecoder;

use super::super::Compression;
use super::input::damaged;
use super::lz4::Lz4Frames;
use super::record::Record;
use crate::error::Fault;

/// How many packed bytes are read at a time.
const BLOCK: usize = 256 * 1024;

/// Finds a file by its name without the suffix, and opens it; `None` where there is none.
///
/// # Errors
/// Opening failed.
pub(super) fn find(folder: &Path, name: &str) -> io::Result<Option<(String, Compression, File)>> {
    for compression in Compression::ALL {
        let full = format!("{name}{}", compression.suffix());
        let path = folder.join(&full);
        match fs::metadata(&path) {
            // A FIFO would wait for ever for somebody to write to it.
            Ok(found) if !found.is_file() => {
                return Err(io::Error::other(Fault::ArchiveFile { file: full, what: "is no file" }));
            }
            Ok(_) => return Ok(Some((full, compression, File::open(path)?))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The contents of a file by its name without the suffix; `None` where there is none.
///
/// # Errors
/// Opening failed.
pub(super) fn open(folder: &Path, name: &str, read: &Arc<AtomicU64>) -> io::Result<Option<Box<dyn Read + Send>>> {
    let Some((full, compression, file)) = find(folder, name)? else { return Ok(None) };
    Ok(Some(Box::new(unpack(full, compression, Counted::new(file, &Seen::new(read)))?)))
}

/// The contents of an open file.
///
/// # Errors
/// Reading failed, or a decompressor cannot be set up.
pub(super) fn unpack(name: String, compression: Compression, file: Counted) -> io::Result<Unpacked> {
    let mut raw = BufReader::with_capacity(BLOCK, file);
    // pg_dump leaves an empty file where a large object is empty and lz4 or zstd was to pack it (compress_zstd.c).
    let empty = matches!(compression, Compression::Lz4 | Compression::Zstd) && raw.fill_buf()?.is_empty();
    let inner: Box<dyn Read + Send> = match compression {
        _ if empty => Box::new(io::empty()),
        Compression::None => Box::new(raw.into_inner()),
        Compression::Gzip => Box::new(MultiGzDecoder::new(raw)),
        Compression::Lz4 => Box::new(Lz4Frames::new(raw)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(raw)?),
    };
    Ok(Unpacked { name, inner })
}

/// What has been read of files, packed as it is: how much, and the bytes of which a copy is made.
#[derive(Clone)]
pub(super) struct Seen {
    count: Arc<AtomicU64>,
    record: Arc<Mutex<Record>>,
}

impl Seen {
    pub(super) fn new(count: &Arc<AtomicU64>) -> Seen {
        Seen { count: Arc::clone(count), record: Arc::default() }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that tells what is read of it.
pub(super) struct Counted {
    file: File,
    seen: Seen,
}

impl Counted {
    pub(super) fn new(file: File, seen: &Seen) -> Counted {
        Counted { file, seen: seen.clone() }
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.seen.count.fetch_add(read as u64, Ordering::Relaxed);
        self.seen.record().add(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// A file's contents; what the decompressor says is turned into a fault that names the file.
pub(super) struct Unpacked {
    name: String,
    inner: Box<dyn Read + Send>,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let what = match error.kind() {
                _ if error.raw_os_error().is_some() => return error,
                ErrorKind::Interrupted => return error,
                ErrorKind::UnexpectedEof => "is cut: its compressed data ends before its end",
                _ => "is damaged: its data cannot be unpacked",
            };
            damaged(Fault::ArchiveFile { file: self.name.clone(), what })
        })
    }
}
