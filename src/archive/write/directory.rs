//! The directory format: a folder with `toc.dat` and a file for each table's data and each large object
//! (`pg_backup_directory.c`). Files are independent of each other, so several threads may write one each.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tempfile::TempDir;

use super::ArchiveWriter;
use super::order::Kind;
use super::pack::{Packed, Packer, Wrapping};
use super::packing::Packing;
use super::stream::{Pieces, Stream};
use super::toc;
use crate::archive::{DataPlace, Entry, Format, Header, Version};
use crate::error::{Error, Result, system};

/// Small pieces are gathered up to this many bytes.
const GATHERED: usize = 64 * 1024;

/// Writes a directory archive: a folder beside its target, that takes its name when it is whole.
///
/// As an [`ArchiveWriter`] it takes one file after the other, in any order, and what is in it is packed by the workers. With
/// [`Directory::file`] and [`Directory::large_objects`] threads may write files side by side.
#[derive(Debug)]
pub struct Directory {
    folder: Arc<Folder>,
    part: TempDir,
    target: PathBuf,
    /// The table of contents; written last, so that a folder that was left behind is no archive.
    toc: Vec<u8>,
    current: Option<DataFile>,
    objects: Option<LargeObjects>,
    /// The table of contents is written.
    settled: bool,
}

/// What all files of an archive share.
#[derive(Debug)]
struct Folder {
    part: PathBuf,
    /// Its name in messages.
    label: String,
    packer: Packer,
    written: AtomicU64,
    /// Entries whose data has not been written, by their dump ids: what kind it is, and its file.
    due: Mutex<HashMap<i32, (Kind, Bytes)>>,
}

/// A file of a directory archive that is being written: a table's data, or a large object.
#[derive(Debug)]
pub struct DataFile {
    folder: Arc<Folder>,
    name: String,
    out: BufWriter<File>,
    stream: Stream,
}

/// The large objects of one entry that are being written.
#[derive(Debug)]
pub struct LargeObjects {
    folder: Arc<Folder>,
    list_name: String,
    /// A line for each: its OID, its file.
    list: Vec<u8>,
}

/// The name of an entry's file, without the suffix of its compression; empty where it has no data.
pub fn file_name(entry: &Entry, version: Version) -> Bytes {
    if !entry.has_data {
        return Bytes::new();
    }
    match Kind::of(entry) {
        Kind::Copy | Kind::Inserts => format!("{}.dat", entry.dump_id).into(),
        Kind::LargeObjects => large_object_list(entry.dump_id, version).into(),
    }
}

/// The name of the list of an entry's large objects: one for all of them, until 1.16 had them in groups.
pub fn large_object_list(dump_id: i32, version: Version) -> String {
    if version.minor < 16 { "blobs.toc".to_owned() } else { format!("blobs_{dump_id}.toc") }
}

impl Directory {
    /// An archive that becomes the folder `target`.
    ///
    /// # Errors
    /// [`Error::Usage`] where the target is no folder, or one that holds something: pg_dump refuses it as well. Those of
    /// making a folder beside it.
    pub fn create(target: &Path, packing: Packing) -> Result<Directory> {
        let label = target.display().to_string();
        let fail = |error| Error::io(format!("write {label}"), system(error));
        let mut mode = 0o700;
        match fs::metadata(target) {
            Ok(found) if !found.is_dir() => {
                return Err(Error::Usage(format!("{label} is a file, expected a folder that does not exist yet or is empty")));
            }
            Ok(found) => {
                if fs::read_dir(target).map_err(fail)?.next().is_some() {
                    return Err(Error::Usage(format!(
                        "{label} is not empty, expected a folder that does not exist yet or is empty; remove it, or name another"
                    )));
                }
                mode = found.permissions().mode() & 0o7777;
            }
            Err(_) => {}
        }
        // A link stays a link: the folder that it points at is the one that is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.components().collect());
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let part = tempfile::Builder::new()
            .prefix(".pgveil-")
            .suffix(".part")
            .permissions(Permissions::from_mode(mode))
            .tempdir_in(parent)
            .map_err(|error| Error::named_in(parent, format!("write {label}"), system(error)))?;
        let folder = Folder {
            part: part.path().to_owned(),
            label,
            packer: Packer::new(packing, Wrapping::Gzip),
            written: AtomicU64::new(0),
            due: Mutex::default(),
        };
        Ok(Directory { folder: Arc::new(folder), part, target, toc: Vec::new(), current: None, objects: None, settled: false })
    }

    /// The file of a table's data, to be written on any thread. The archive is whole when all of them are.
    ///
    /// # Errors
    /// The entry has no such data, or its file was opened before; those of opening it.
    pub fn file(&self, dump_id: i32) -> Result<DataFile> {
        let name = self.folder.take(dump_id, false)?;
        DataFile::create(&self.folder, name)
    }

    /// The large objects of a `BLOBS` entry, to be written on any thread.
    ///
    /// # Errors
    /// The entry has none, or they were begun before.
    pub fn large_objects(&self, dump_id: i32) -> Result<LargeObjects> {
        let list_name = self.folder.take(dump_id, true)?;
        Ok(LargeObjects { folder: Arc::clone(&self.folder), list_name, list: Vec::new() })
    }

    fn current(&mut self) -> Result<&mut DataFile> {
        self.current.as_mut().ok_or_else(Error::internal)
    }
}

impl Folder {
    /// The name of the file of an entry, which is not due any more.
    fn take(&self, dump_id: i32, large_objects: bool) -> Result<String> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match due.remove(&dump_id) {
            Some((kind, name)) if (kind == Kind::LargeObjects) == large_objects => Ok(String::from_utf8_lossy(&name).into_owned()),
            _ => Err(Error::internal()),
        }
    }

    fn fail(&self, name: &str, error: std::io::Error) -> Error {
        Error::io(format!("write {}/{name}", self.label), system(error))
    }

    /// A whole file that is not packed.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.part.join(name), bytes).map_err(|error| self.fail(name, error))?;
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Everything on the disk, as pg_dump leaves it.
    fn sync(&self) -> Result<()> {
        let names: Result<Vec<_>, _> = fs::read_dir(&self.part).and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect());
        let sync = |path: &PathBuf| File::open(path).and_then(|file| file.sync_all());
        let synced = names.and_then(|mut paths| {
            paths.push(self.part.clone());
            paths.par_iter().try_for_each(sync)
        });
        synced.map_err(|error| Error::io(format!("write {}", self.label), system(error)))
    }
}

impl DataFile {
    fn create(folder: &Arc<Folder>, name: String) -> Result<DataFile> {
        let name = format!("{name}{}", folder.packer.packing().compression.suffix());
        let file = File::create_new(folder.part.join(&name)).map_err(|error| folder.fail(&name, error))?;
        let stream = Stream::new(folder.packer.clone());
        Ok(DataFile { folder: Arc::clone(folder), name, out: BufWriter::with_capacity(GATHERED, file), stream })
    }

    /// As [`ArchiveWriter::data`].
    ///
    /// # Errors
    /// Those of writing.
    pub fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.with(|stream, out| stream.data(bytes, out))
    }

    /// As [`ArchiveWriter::packed`].
    ///
    /// # Errors
    /// Those of writing.
    pub fn packed(&mut self, batch: &Packed) -> Result<()> {
        self.with(|stream, out| stream.packed(batch, out))
    }

    /// Any part of a file that is packed already in the same way.
    ///
    /// # Errors
    /// Those of writing.
    pub fn copied(&mut self, bytes: &[u8]) -> Result<()> {
        self.with(|stream, out| stream.copied(bytes, out))
    }

    /// The file is whole.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(self) -> Result<()> {
        let DataFile { folder, name, mut out, stream } = self;
        stream.finish(&mut |piece| folder.write(&name, &mut out, piece))?;
        out.flush().map_err(|error| folder.fail(&name, error))
    }

    fn with(&mut self, work: impl FnOnce(&mut Stream, &mut Pieces<'_>) -> Result<()>) -> Result<()> {
        let DataFile { folder, name, out, stream } = self;
        work(stream, &mut |piece| folder.write(name, out, piece))
    }
}

impl Folder {
    fn write(&self, name: &str, out: &mut BufWriter<File>, piece: &[u8]) -> Result<()> {
        self.written.fetch_add(piece.len() as u64, Ordering::Relaxed);
        out.write_all(piece).map_err(|error| self.fail(name, error))
    }
}

impl LargeObjects {
    /// The file of the next one. It may be written while others are.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn object(&mut self, oid: u32) -> Result<DataFile> {
        let name = format!("blob_{oid}.dat");
        self.list.extend_from_slice(format!("{oid} {name}\n").as_bytes());
        DataFile::create(&self.folder, name)
    }

    /// There are no more: writes their list.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(self) -> Result<()> {
        self.folder.put(&self.list_name, &self.list)
    }
}

impl ArchiveWriter for Directory {
    fn begin(&mut self, header: &Header, entries: &[Entry]) -> Result<()> {
        let header = self.folder.packer.packing().header(header, Format::Directory)?;
        let name = |entry: &Entry| file_name(entry, header.version);
        let entries: Vec<Entry> = entries.iter().map(|entry| Entry { place: DataPlace::File(name(entry)), ..entry.clone() }).collect();
        self.toc = toc::head(&header, &entries)?.bytes;
        let due = entries.iter().filter(|entry| entry.has_data).map(|entry| (entry.dump_id, (Kind::of(entry), name(entry)))).collect();
        *self.folder.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
        Ok(())
    }

    fn packer(&self) -> Packer {
        self.folder.packer.clone()
    }

    fn begin_data(&mut self, dump_id: i32) -> Result<()> {
        if self.current.is_some() || self.objects.is_some() {
            return Err(Error::internal());
        }
        self.current = Some(self.file(dump_id)?);
        Ok(())
    }

    fn begin_large_objects(&mut self, dump_id: i32) -> Result<()> {
        if self.current.is_some() || self.objects.is_some() {
            return Err(Error::internal());
        }
        self.objects = Some(self.large_objects(dump_id)?);
        Ok(())
    }

    fn begin_large_object(&mut self, oid: u32) -> Result<()> {
        match &mut self.objects {
            Some(objects) if self.current.is_none() => {
                self.current = Some(objects.object(oid)?);
                Ok(())
            }
            _ => Err(Error::internal()),
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.current()?.data(bytes)
    }

    fn packed(&mut self, batch: &Packed) -> Result<()> {
        self.current()?.packed(batch)
    }

    fn copied(&mut self, chunk: &[u8]) -> Result<()> {
        self.current()?.copied(chunk)
    }

    fn end_large_object(&mut self) -> Result<()> {
        match self.current.take() {
            Some(file) if self.objects.is_some() => file.finish(),
            _ => Err(Error::internal()),
        }
    }

    fn end(&mut self) -> Result<()> {
        match (self.current.take(), self.objects.take()) {
            (Some(file), None) => file.finish(),
            (None, Some(objects)) => objects.finish(),
            _ => Err(Error::internal()),
        }
    }

    fn written(&self) -> u64 {
        self.folder.written.load(Ordering::Relaxed)
    }

    fn settle(&mut self) -> Result<()> {
        let Directory { folder, toc, current, objects, settled, .. } = self;
        if *settled {
            return Ok(());
        }
        let is_whole = folder.due.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        // A file that is still open holds a reference of its own.
        if !is_whole || toc.is_empty() || current.is_some() || objects.is_some() || Arc::strong_count(folder) > 1 {
            return Err(Error::internal());
        }
        folder.put("toc.dat", toc)?;
        folder.sync()?;
        // What stands there may have changed since.
        let fail = |error| Error::io(format!("write {}", folder.label), system(error));
        match fs::metadata(&self.target) {
            Ok(found) if !found.is_dir() => return Err(fail(ErrorKind::NotADirectory.into())),
            Ok(_) if fs::read_dir(&self.target).map_err(fail)?.next().is_some() => return Err(fail(ErrorKind::DirectoryNotEmpty.into())),
            _ => {}
        }
        *settled = true;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        self.settle()?;
        let written = self.written();
        let Directory { folder, part, target, .. } = *self;
        let fail = |error| Error::io(format!("write {}", folder.label), error);
        // An empty folder of that name gives way; what has come into it in the meantime does not.
        fs::rename(part.path(), &target).map_err(fail)?;
        let _ = part.keep();
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(fail)?;
        Ok(written)
    }

    fn abandon(self: Box<Self>) {
        // The folder goes with the value.
    }
}
