//! Standard output, a file beside its target until it is whole, or nowhere.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::error::{Error, Result, system};

mod seek;

/// Small pieces (statements) are gathered up to this many bytes; larger ones (rows) go straight through.
const GATHERED: usize = 64 * 1024;

/// Where a run writes to.
#[derive(Debug)]
pub struct Sink {
    writer: Option<BufWriter<File>>,
    /// The file that is not whole yet, and the name that it takes then.
    pending: Option<(TempPath, PathBuf)>,
    /// What is being written to, for messages.
    label: String,
    written: u64,
    /// Where the text of [`Sink::fill`] goes.
    mark: Option<u64>,
}

impl Sink {
    /// Standard output. A pipe is made larger where the system allows it.
    pub fn stdout() -> Result<Sink> {
        let label = "standard output".to_owned();
        let open = io::stdout().as_fd().try_clone_to_owned().map_err(|error| Error::io(format!("open {label}"), error))?;
        Ok(Sink::open(open, label))
    }

    /// Something that is open already and is written to directly; `label` is its name in messages.
    pub fn open(open: OwnedFd, label: String) -> Sink {
        // A larger pipe saves switches between the two ends; where it is refused, the run is only slower.
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&open, 1 << 20);
        Sink::over(File::from(open), label, None)
    }

    /// A file: written beside its target and renamed by [`Sink::finish`], removed when dropped before. What is no
    /// regular file (a FIFO, `/dev/null`) is written to directly.
    pub fn file(path: &Path) -> Result<Sink> {
        let label = format!("{}", path.display());
        let fail = |error| Error::io(format!("write {label}"), system(error));
        let present = fs::metadata(path).ok();
        if present.as_ref().is_some_and(|present| !present.is_file()) {
            if present.is_some_and(|present| present.is_dir()) {
                return Err(Error::Usage(format!("{label} is a directory, expected a file to write to")));
            }
            let file = File::options().write(true).open(path).map_err(fail)?;
            return Ok(Sink::over(file, label, None));
        }
        if names_a_folder(path) {
            return Err(Error::Usage(format!("{label} names a folder, expected a file to write to")));
        }
        // A link stays a link: the file that it points at is the one that is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mode = present.map_or(0o666, |present| present.permissions().mode() & 0o777);
        let temporary: NamedTempFile = tempfile::Builder::new()
            .prefix(".pgveil-")
            .suffix(".part")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)
            .map_err(|error| Error::named_in(folder, format!("write {label}"), system(error)))?;
        let (file, temporary) = temporary.into_parts();
        Ok(Sink::over(file, label, Some((temporary, target))))
    }

    /// Nowhere: all is done and nothing is written.
    pub fn nowhere() -> Sink {
        Sink { writer: None, pending: None, label: "nowhere".to_owned(), written: 0, mark: None }
    }

    fn over(file: File, label: String, pending: Option<(TempPath, PathBuf)>) -> Sink {
        Sink { writer: Some(BufWriter::with_capacity(GATHERED, file)), pending, label, written: 0, mark: None }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`Error::ClosedPipe`] where the reader went away, [`Error::Io`] otherwise.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.written += bytes.len() as u64;
        match &mut self.writer {
            Some(writer) => writer.write_all(bytes).map_err(|error| Error::io(format!("write {}", self.label), error)),
            None => Ok(()),
        }
    }

    /// Hands on what was gathered.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.writer {
            Some(writer) => writer.flush().map_err(|error| Error::io(format!("write {}", self.label), error)),
            None => Ok(()),
        }
    }

    /// How many bytes have been written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether what is written reaches nobody before [`Sink::finish`]: then a failed run leaves nothing, and its
    /// stream needs no bad ending.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some() || self.writer.is_none()
    }

    /// Whether [`Sink::mark`] and [`Sink::fill`] do what they say: only in a file that is not whole yet.
    pub fn takes_marks(&self) -> bool {
        self.is_pending()
    }

    /// Notes this place for a text that is known later.
    pub fn mark(&mut self) -> Result<()> {
        self.mark = Some(self.written);
        Ok(())
    }

    /// Puts a text where the mark is, and what was written behind it behind the text. Costs one more reading and writing
    /// of that part of the file.
    ///
    /// # Errors
    /// There is no mark, or the file cannot be read and written.
    pub fn fill(&mut self, text: &[u8]) -> Result<()> {
        let (Some(mark), true) = (self.mark.take(), self.is_pending()) else { return Err(Error::internal()) };
        self.flush()?;
        let end = self.written;
        self.written += text.len() as u64;
        let Some(writer) = &mut self.writer else { return Ok(()) };
        shift(writer.get_mut(), mark, end, text).map_err(|error| Error::io(format!("write {}", self.label), error))
    }

    /// All is written: hands on what was gathered, and makes a file safe on the disk, still without its name. It is looked
    /// whether the name can still be given: what stands there may have changed since.
    pub fn settle(&mut self) -> Result<()> {
        self.flush()?;
        let (Some(writer), Some((temporary, target))) = (&self.writer, &self.pending) else { return Ok(()) };
        let fail = |error| Error::io(format!("write {}", self.label), system(error));
        writer.get_ref().sync_all().map_err(fail)?;
        fs::metadata(temporary).map_err(fail)?;
        match fs::metadata(target) {
            Ok(found) if found.is_dir() => Err(fail(io::ErrorKind::IsADirectory.into())),
            _ => Ok(()),
        }
    }

    /// The output is whole: hands on what was gathered, and gives a file its name once it is safe on the disk.
    pub fn finish(mut self) -> Result<()> {
        self.settle()?;
        let Some((temporary, target)) = self.pending.take() else { return Ok(()) };
        let fail = |error| Error::io(format!("write {}", self.label), error);
        temporary.persist(&target).map_err(|error| fail(error.error))
    }
}

/// Whether a path can be that of a folder only.
fn names_a_folder(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    path.file_name().is_none() || text.ends_with(b"/") || text.ends_with(b"/.")
}

/// Moves what stands from `start` to `end` to behind a text that is put at `start`.
fn shift(file: &mut File, start: u64, end: u64, text: &[u8]) -> io::Result<()> {
    let (by, mut left) = (text.len() as u64, end);
    let mut block = vec![0; 1 << 20];
    while left > start {
        let length = (left - start).min(block.len() as u64);
        left -= length;
        let Some(piece) = usize::try_from(length).ok().and_then(|length| block.get_mut(..length)) else { break };
        file.read_exact_at(piece, left)?;
        file.write_all_at(piece, left + by)?;
    }
    file.write_all_at(text, start)?;
    file.seek(SeekFrom::Start(end + by)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_where_the_mark_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.sql");
        let mut sink = Sink::file(&path).expect("opens");
        let behind: Vec<u8> = (0..5_000_000u32).map(|i| (i % 251) as u8).collect();
        sink.write(b"head ").expect("writes");
        sink.mark().expect("marks");
        sink.write(&behind).expect("writes");
        sink.fill(b"filled ").expect("fills");
        sink.write(b" tail").expect("writes");
        assert_eq!(sink.written(), 5 + 7 + 5_000_000 + 5);
        sink.finish().expect("finishes");
        assert!(fs::read(&path).expect("reads") == [b"head filled ", &*behind, b" tail"].concat());
        let mut sink = Sink::nowhere();
        sink.mark().expect("marks");
        sink.fill(b"x").expect("fills");
        assert!(!Sink::file(Path::new("/dev/null")).expect("opens").takes_marks());
    }

    #[test]
    fn a_file_takes_its_name_when_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.sql");
        fs::write(&path, "old").expect("writes");
        let mut sink = Sink::file(&path).expect("opens");
        sink.write(b"new").expect("writes");
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        sink.finish().expect("finishes");
        assert_eq!(fs::read(&path).expect("reads"), b"new");
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1);
    }

    #[test]
    fn a_name_that_cannot_be_given_is_refused_before_the_first_byte_or_before_any_is() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["none/", "none/.", "none/..", ".."] {
            let refused = Sink::file(&folder.path().join(name)).expect_err("no file");
            assert!(matches!(refused, Error::Usage(_) | Error::Io { .. }), "{name}: {refused}");
        }
        assert!(matches!(Sink::file(&folder.path().join("none/")), Err(Error::Usage(_))));
        let path = folder.path().join("out.sql");
        let mut sink = Sink::file(&path).expect("opens");
        sink.write(b"whole").expect("writes");
        sink.settle().expect("settles");
        fs::create_dir(&path).expect("makes");
        let error = sink.settle().expect_err("a folder has come").to_string();
        assert!(error.contains("out.sql") && error.contains("directory"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_finished_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.sql");
        let mut sink = Sink::file(&path).expect("opens");
        sink.write(b"half").expect("writes");
        drop(sink);
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
    }

    #[test]
    fn devices_are_written_to_directly() {
        let mut sink = Sink::file(Path::new("/dev/null")).expect("opens");
        assert!(!sink.is_pending());
        sink.write(b"x").expect("writes");
        sink.finish().expect("finishes");
        assert!(Sink::file(Path::new("/")).is_err());
    }
}
