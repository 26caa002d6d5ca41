//! The data of a directory archive: a file for each entry, and for each large object
//! (`_PrintTocData` and `_LoadLOs` in src/bin/pg_dump/pg_backup_directory.c).

use std::collections::{HashSet, VecDeque};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, MutexGuard};

use super::super::{Compression, DataPlace, Entry, Header};
use super::files::{self, Counted, Seen, Unpacked};
use super::input::damaged;
use super::record::Record;
use super::{Block, Kind, list};
use crate::error::Fault;

/// The files of a directory archive.
pub struct Directory {
    folder: PathBuf,
    /// The blocks that are to come, with the names of their files.
    ahead: VecDeque<(Block, String)>,
    /// The large objects of the block at hand that are to come.
    objects: VecDeque<u32>,
    /// The files that have been asked for, without their suffixes.
    seen: HashSet<String>,
    /// The file at hand, opened but not begun, and what packs it.
    file: Option<(String, Compression, Counted)>,
    packing: Compression,
    /// The file at hand, begun.
    contents: Option<Unpacked>,
    /// Whose file it is.
    entry: i32,
    /// What has been read of all files.
    read: Seen,
}

impl Directory {
    pub(super) fn new(folder: &Path, header: &Header, entries: &[Entry], read: &Arc<AtomicU64>) -> Directory {
        // Before 1.16 there is one list of large objects, whatever name the entry gives.
        let name = |block: &Block| match entries.get(block.entry).map(|entry| &entry.place) {
            _ if block.kind == Kind::LargeObjects && header.version.minor < 16 => "blobs.toc".to_owned(),
            Some(DataPlace::File(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        };
        let ahead = super::blocks(entries).into_iter().map(|block| (block, name(&block))).collect();
        let (objects, seen) = (VecDeque::new(), HashSet::new());
        let (folder, packing, read) = (folder.to_owned(), Compression::None, Seen::new(read));
        Directory { folder, ahead, objects, seen, file: None, packing, contents: None, entry: 0, read }
    }

    /// See [`super::Source::next_block`].
    pub(super) fn next_block(&mut self) -> io::Result<Option<Block>> {
        (self.file, self.contents) = (None, None);
        self.objects.clear();
        let Some((block, name)) = self.ahead.pop_front() else {
            self.check_strays()?;
            return Ok(None);
        };
        self.entry = block.dump_id;
        match block.kind {
            Kind::Table => self.find(name)?,
            Kind::LargeObjects => {
                self.find(name.clone())?;
                self.objects = list::read(&name, self)?.into();
                (self.file, self.contents) = (None, None);
                // The contents are read later: what is missing is better known now.
                let mut oids = HashSet::new();
                if let Some(twice) = self.objects.iter().find(|oid| !oids.insert(**oid)) {
                    let file = list::file_of(*twice);
                    return Err(damaged(Fault::ArchiveFile { file, what: "is listed twice" }));
                }
            }
        }
        Ok(Some(block))
    }

    /// See [`super::Source::next_object`].
    pub(super) fn next_object(&mut self) -> io::Result<Option<u32>> {
        let Some(oid) = self.objects.pop_front() else {
            (self.file, self.contents) = (None, None);
            return Ok(None);
        };
        self.find(list::file_of(oid))?;
        Ok(Some(oid))
    }

    /// See [`super::Source::record`].
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.read.record()
    }

    /// What packs the file at hand.
    pub(super) fn packing(&self) -> Compression {
        self.packing
    }

    fn find(&mut self, name: String) -> io::Result<()> {
        self.contents = None;
        let found = files::find(&self.folder, &name)?;
        let Some((full, packing, file)) = found else {
            return Err(damaged(Fault::NoData { entry: self.entry, file: Some(name) }));
        };
        if !self.seen.insert(name.clone()) {
            return Err(damaged(Fault::ArchiveFile { file: name, what: "belongs to two entries" }));
        }
        self.packing = packing;
        self.file = Some((full, packing, Counted::new(file, &self.read)));
        Ok(())
    }

    /// Files of the names that pg_dump gives, and that nothing refers to. Other files are no affair of ours.
    fn check_strays(&self) -> io::Result<()> {
        for found in fs::read_dir(&self.folder)? {
            let Ok(full) = found?.file_name().into_string() else { continue };
            let name = Compression::ALL.iter().skip(1).find_map(|compression| full.strip_suffix(compression.suffix())).unwrap_or(&full);
            if is_data(name) && !self.seen.contains(name) {
                return Err(damaged(Fault::ArchiveFile { file: full, what: "belongs to no entry of the table of contents" }));
            }
        }
        Ok(())
    }
}

/// Whether a file's name is one of those that hold data.
fn is_data(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let list =
        |name: &str| name == "blobs.toc" || name.strip_prefix("blobs_").and_then(|rest| rest.strip_suffix(".toc")).is_some_and(number);
    name.strip_suffix(".dat").is_some_and(|stem| number(stem.strip_prefix("blob_").unwrap_or(stem))) || list(name)
}

impl Read for Directory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((name, compression, file)) = self.file.take() {
            self.contents = Some(files::unpack(name, compression, file)?);
        }
        match &mut self.contents {
            Some(contents) => contents.read(buffer),
            None => Ok(0),
        }
    }
}
