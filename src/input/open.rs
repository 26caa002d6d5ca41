//! Opens standard input, a file or a directory archive: looks at its first bytes, unpacks it, reads an archive as a script,
//! refuses what is no dump.
//!
//! A regular file, also one behind `<`, is read by position, so that it can be read a second time. Nothing is buffered
//! on the way of a plain script: reads go straight into the caller's buffer.

use std::fs::{self, File, Metadata};
use std::io::{self, Cursor, IsTerminal, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{Contents, script};
use super::share::{Shared, share};
use super::sniff::{self, Codec, HEAD, Kind};
use super::unpack::unpack;
use super::{spool, tarball};
use crate::archive::script::Style;
use crate::archive::{Archive, Format};
use crate::error::{Error, Fault, Place, Result};

/// How large a pipe is made, where the system allows it, in bytes.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// As what an archive is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// As the script that pg_restore makes of it, asked like this.
    Script(Style),
    /// As what it is: [`Opened::itself`].
    Archive,
    /// Not at all: the input is rows, and nothing but unpacked. It may be empty.
    Rows,
}

/// A script, ready to be read.
pub struct Opened {
    /// The script, unpacked. A read may fail with a [`Fault`] inside the [`io::Error`].
    pub reader: Box<dyn Read + Send>,
    /// How many bytes there are to read, as `read` counts them; `None` for a pipe.
    pub size: Option<u64>,
    /// How many bytes have been read of the input as it lies there (packed); of a pipe that is kept on disk, unpacked.
    pub read: Arc<AtomicU64>,
    /// How many bytes of the input have come, as it came: another count than `read` only where a pipe was kept on disk.
    pub came: Arc<AtomicU64>,
    /// `standard input`, or the path as it was given, with control characters escaped.
    pub label: String,
    /// What an archive says of itself; `None` for a plain script.
    pub archive: Option<Contents>,
    /// The archive itself, where that is wanted; `reader` is empty then.
    pub itself: Option<Archive>,
    /// Where it can be read once more.
    again: Again,
    /// Which member of a tar file it is, where one was named.
    member: Option<String>,
}

/// What an input can be read from once more.
enum Again {
    /// It cannot.
    Never,
    /// The regular file that it is, and where it begins.
    File(Arc<File>, u64),
    /// A directory archive.
    Directory(PathBuf),
    /// The file that a pipe was kept in, and how many bytes that is unpacked.
    Spool(Arc<File>, u64),
}

impl Opened {
    /// The same script once more, from its beginning; `None` where the input can be read only once.
    ///
    /// # Errors
    /// As [`open_as`]: the file may be another by now.
    pub fn read_again(&self) -> Option<Result<Opened>> {
        let label = self.label.clone();
        match &self.again {
            Again::Never => None,
            Again::File(file, start) => {
                let raw = Raw::File { file: Arc::clone(file), offset: *start };
                Some(Opened::over(raw, label, self.member.clone(), Wanted::Script(self.style())))
            }
            Again::Directory(folder) => Some(Opened::directory(folder, label, Wanted::Script(self.style()))),
            Again::Spool(file, size) => Some(Opened::spooled(Arc::clone(file), *size, label, Arc::clone(&self.came))),
        }
    }

    fn style(&self) -> Style {
        self.archive.as_ref().map_or(Style::default(), |contents| contents.style)
    }

    /// Whether the input is the regular file that `other` describes, or holds it.
    pub fn is_file(&self, other: &Metadata) -> bool {
        let same = |own: &Metadata| other.is_file() && own.dev() == other.dev() && own.ino() == other.ino();
        match &self.again {
            Again::Never | Again::Spool(..) => false,
            Again::File(file, _) => file.metadata().is_ok_and(|own| same(&own)),
            Again::Directory(folder) => files(folder).any(|own| same(&own)),
        }
    }

    pub(super) fn over(raw: Raw, label: String, member: Option<String>, wanted: Wanted) -> Result<Opened> {
        let (size, again) = match &raw {
            Raw::File { file, offset } => {
                let length = file.metadata().map_err(|error| read_error(&label, error))?.len();
                (Some(length.saturating_sub(*offset)), Again::File(Arc::clone(file), *offset))
            }
            Raw::Stream(_) => (None, Again::Never),
        };
        let read = Arc::new(AtomicU64::new(0));
        let counted = Box::new(Counted { raw, read: Arc::clone(&read) });
        let (kind, reader) = recognise(counted, &label, member.as_deref(), wanted)?;
        let Recognised { reader, archive, itself } = read_as(&kind, reader, wanted)?;
        let came = Arc::clone(&read);
        Ok(Opened { reader, size, read, came, label, archive, itself, again, member })
    }

    /// A script that was kept, packed, in a file of ours. Its bytes count as they are unpacked: nobody else sees the file.
    pub(super) fn spooled(file: Arc<File>, size: u64, label: String, came: Arc<AtomicU64>) -> Result<Opened> {
        let raw = Raw::File { file: Arc::clone(&file), offset: 0 };
        let mut opened = Opened::over(raw, label, None, Wanted::Script(Style::default()))?;
        let read = Arc::new(AtomicU64::new(0));
        opened.reader = Box::new(Counted { raw: opened.reader, read: Arc::clone(&read) });
        Ok(Opened { size: Some(size), read, came, again: Again::Spool(file, size), ..opened })
    }

    fn directory(folder: &Path, label: String, wanted: Wanted) -> Result<Opened> {
        let read = Arc::new(AtomicU64::new(0));
        let Recognised { reader, archive, itself } = Recognised::archive(Archive::directory(folder, &read)?, wanted)?;
        let size = Some(files(folder).map(|file| file.len()).sum());
        let again = Again::Directory(folder.to_owned());
        let came = Arc::clone(&read);
        Ok(Opened { reader, size, read, came, label, archive, itself, again, member: None })
    }
}

/// The regular files in a folder, as far as they can be looked at.
fn files(folder: &Path) -> impl Iterator<Item = Metadata> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    found.filter_map(|entry| entry.metadata().ok()).filter(Metadata::is_file)
}

/// Opens what the command line names: a file, a directory archive, or standard input for `-` or no name at all.
/// `member` chooses a member of a tar file by its name; without it there must be one dump in it.
///
/// # Errors
/// [`Error::Usage`] where standard input is a terminal, [`Error::Io`] where the file cannot be opened or read,
/// [`Error::Data`] where it is no dump, or an archive whose table of contents is damaged.
pub fn open(path: Option<&Path>, member: Option<&str>) -> Result<Opened> {
    open_as(path, member, Wanted::Script(Style::default()))
}

/// The same, with archives read as what is wanted.
///
/// # Errors
/// As of [`open`].
pub fn open_as(path: Option<&Path>, member: Option<&str>, wanted: Wanted) -> Result<Opened> {
    match source(path, member)? {
        (Source::Directory(folder), label) => Opened::directory(&folder, label, wanted),
        (Source::Raw(raw), label) => Opened::over(raw, label, member.map(ToOwned::to_owned), wanted),
    }
}

/// The same for several who read it at a time. A file is read by each; a pipe is read and unpacked once, and what comes out
/// of it goes to each: [`Shared::begin`] says when all of them go on.
///
/// # Errors
/// As of [`open`].
pub fn open_shared(path: Option<&Path>, member: Option<&str>, wanted: Wanted, count: usize) -> Result<(Vec<Opened>, Option<Arc<Shared>>)> {
    let each = |opened: &dyn Fn() -> Result<Opened>| (0..count).map(|_| opened()).collect::<Result<Vec<_>>>();
    match source(path, member)? {
        (Source::Directory(folder), label) => Ok((each(&|| Opened::directory(&folder, label.clone(), wanted))?, None)),
        (Source::Raw(Raw::File { file, offset }), label) => {
            let raw = || Raw::File { file: Arc::clone(&file), offset };
            Ok((each(&|| Opened::over(raw(), label.clone(), member.map(ToOwned::to_owned), wanted))?, None))
        }
        (Source::Raw(raw), label) => {
            let read = Arc::new(AtomicU64::new(0));
            let counted = Box::new(Counted { raw, read: Arc::clone(&read) });
            let (kind, reader) = recognise(counted, &label, member, wanted)?;
            let (readers, shared) = share(reader, count).map_err(|error| Error::io("start a thread", error))?;
            let opened = |reader| {
                let Recognised { reader, archive, itself } = read_as(&kind, reader, wanted)?;
                let (read, label) = (Arc::clone(&read), label.clone());
                let came = Arc::clone(&read);
                Ok(Opened { reader, size: None, read, came, label, archive, itself, again: Again::Never, member: None })
            };
            Ok((readers.into_iter().map(opened).collect::<Result<_>>()?, Some(shared)))
        }
    }
}

/// The same for several readings, one after the other: a pipe is kept as it comes, in the folder that `folder` names;
/// `told` hears how many bytes of it have been.
///
/// # Errors
/// As of [`open`]; [`Error::Io`] where the folder takes no file or the disk is full.
pub fn open_kept(
    path: Option<&Path>,
    member: Option<&str>,
    wanted: Wanted,
    count: usize,
    folder: impl FnOnce() -> Result<PathBuf>,
    told: &mut dyn FnMut(u64),
) -> Result<Vec<Opened>> {
    let (file, offset, label) = match source(path, member)? {
        (Source::Directory(folder), label) => return (0..count).map(|_| Opened::directory(&folder, label.clone(), wanted)).collect(),
        (Source::Raw(Raw::File { file, offset }), label) => (file, offset, label),
        (Source::Raw(Raw::Stream(pipe)), label) => (Arc::new(spool::keep(pipe, &label, &folder()?, told)?), 0, label),
    };
    let raw = || Raw::File { file: Arc::clone(&file), offset };
    (0..count).map(|_| Opened::over(raw(), label.clone(), member.map(ToOwned::to_owned), wanted)).collect()
}

/// What the command line names.
enum Source {
    /// A directory archive.
    Directory(PathBuf),
    /// A file, or a pipe.
    Raw(Raw),
}

/// Opens it, without a look at what it holds. Gives its name for messages too.
fn source(path: Option<&Path>, member: Option<&str>) -> Result<(Source, String)> {
    let (file, label) = match path.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let label = shown(path);
            let file = File::open(path).map_err(|error| Error::named(format!("read {label}"), error))?;
            (file, label)
        }
        None => {
            let label = "standard input".to_owned();
            let stdin = io::stdin().as_fd().try_clone_to_owned().map_err(|error| Error::io(format!("open {label}"), error))?;
            (File::from(stdin), label)
        }
    };
    if file.is_terminal() {
        let message =
            format!("{label} is a terminal, expected a dump; for example: pg_dump app | pgveil filter -r rules.toml > masked.sql");
        return Err(Error::Usage(message));
    }
    let found = file.metadata().map_err(|error| read_error(&label, error))?;
    if found.is_dir() {
        return match path {
            Some(folder) if is_archive(folder) && member.is_none() => Ok((Source::Directory(folder.to_owned()), label)),
            Some(folder) if is_archive(folder) => Err(no_tar(&label)),
            _ => Err(refused(Fault::NotADump { what: "a directory".into(), remedy: "name the file or the directory that pg_dump wrote" })),
        };
    }
    if found.file_type().is_fifo() {
        enlarge(&file);
    }
    let raw = if found.is_file() { positioned(file, &label)? } else { Raw::Stream(file) };
    Ok((Source::Raw(raw), label))
}

/// A path for messages, with control characters escaped.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

/// A regular file from where it stands: whoever gave it to us as standard input may have read a part of it.
fn positioned(mut file: File, label: &str) -> Result<Raw> {
    let offset = file.stream_position().map_err(|error| read_error(label, error))?;
    Ok(Raw::File { file: Arc::new(file), offset })
}

/// Whether a folder is a directory archive: it has a table of contents, as it is or packed (`_discoverArchiveFormat` in
/// src/bin/pg_dump/pg_backup_archiver.c).
fn is_archive(folder: &Path) -> bool {
    ["toc.dat", "toc.dat.gz", "toc.dat.lz4", "toc.dat.zst"].iter().any(|name| folder.join(name).is_file())
}

/// A larger pipe saves switches between the two ends; where it is refused, the run is only slower.
fn enlarge(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(file, PIPE);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// A script to read, or the archive that it would come from.
struct Recognised {
    reader: Box<dyn Read + Send>,
    archive: Option<Contents>,
    itself: Option<Archive>,
}

impl Recognised {
    fn archive(archive: Archive, wanted: Wanted) -> Result<Recognised> {
        match wanted {
            Wanted::Script(style) => {
                let (reader, contents) = script(archive, style)?;
                Ok(Recognised { reader, archive: Some(contents), itself: None })
            }
            Wanted::Archive | Wanted::Rows => Ok(Recognised { reader: Box::new(io::empty()), archive: None, itself: Some(archive) }),
        }
    }
}

/// What an input holds once it is unpacked.
type Found = (Kind, Box<dyn Read + Send>);

/// Looks at the first bytes, unpacks, looks again; where it is a tar file, does so with the dump in it.
fn recognise(raw: Box<dyn Read + Send>, label: &str, member: Option<&str>, wanted: Wanted) -> Result<Found> {
    if wanted == Wanted::Rows {
        return rows(raw, label).map(|reader| (Kind::Script, reader));
    }
    let (kind, reader) = unpacked(raw, label)?;
    if kind != Kind::Tar {
        return if member.is_some() { Err(no_tar(label)) } else { Ok((kind, reader)) };
    }
    let inner = tarball::dump(reader, member).map_err(|error| read_error(label, error))?;
    match unpacked(inner, label)? {
        (Kind::Tar, _) => {
            let remedy = "unpack the outer one first";
            Err(refused(Fault::NotADump { what: "a tar file inside a tar file".into(), remedy }))
        }
        found => Ok(found),
    }
}

/// Rows, unpacked. Text is rows whatever it looks like; what plainly is none is refused.
fn rows(raw: Box<dyn Read + Send>, label: &str) -> Result<Box<dyn Read + Send>> {
    let (mut kind, mut reader) = look(raw, label)?;
    if let Kind::Packed(packing) = kind {
        let unpacked = unpack(packing, reader).map_err(|error| read_error(label, error))?;
        (kind, reader) = look(unpacked, label)?;
    }
    let what = match &kind {
        Kind::Packed(packing) => format!("a {} file inside a packed one", packing.name()),
        Kind::Archive(_) => "an archive of pg_dump".into(),
        Kind::Tar => "a tar file".into(),
        Kind::Other { what, .. } if sniff::is_binary(what) => what.clone().into_owned(),
        Kind::Empty | Kind::Script | Kind::Other { .. } => return Ok(reader),
    };
    Err(refused(Fault::NoRows { what }))
}

/// `--member` was given, and the input is no tar file.
fn no_tar(label: &str) -> Error {
    Error::Usage(format!("--member chooses a member of a tar file, and {label} is none"))
}

/// What a reader holds once it is unpacked, and the reader.
fn unpacked(raw: Box<dyn Read + Send>, label: &str) -> Result<Found> {
    let (kind, reader) = look(raw, label)?;
    let Kind::Packed(packing) = kind else {
        return match sniff::refuse(&kind) {
            Some(fault) => Err(refused(fault)),
            None => Ok((kind, reader)),
        };
    };
    let unpacked = unpack(packing, reader).map_err(|error| read_error(label, error))?;
    let (kind, reader) = look(unpacked, label)?;
    match refuse_packed(&kind, packing) {
        Some(fault) => Err(refused(fault)),
        None => Ok((kind, reader)),
    }
}

/// A dump of this kind as a script.
fn read_as(kind: &Kind, reader: Box<dyn Read + Send>, wanted: Wanted) -> Result<Recognised> {
    let archive = match kind {
        Kind::Archive(Format::Custom) => Archive::custom(reader)?,
        Kind::Archive(_) => Archive::tar(reader)?,
        Kind::Empty | Kind::Script | Kind::Packed(_) | Kind::Tar | Kind::Other { .. } => {
            return Ok(Recognised { reader, archive: None, itself: None });
        }
    };
    Recognised::archive(archive, wanted)
}

/// The fault of a packed input that holds no dump.
fn refuse_packed(kind: &Kind, packing: Codec) -> Option<Fault> {
    let outer = packing.name();
    match kind {
        Kind::Script | Kind::Archive(_) | Kind::Tar => None,
        Kind::Empty => Some(Fault::Empty),
        Kind::Packed(inner) => {
            let remedy = "unpack it once and pipe the result into pgveil filter";
            Some(Fault::NotADump { what: format!("a {} file inside a {outer} file", inner.name()), remedy })
        }
        Kind::Other { what, remedy } => Some(Fault::NotADump { what: format!("{what} inside a {outer} file"), remedy }),
    }
}

/// What a reader holds, and the reader with its first bytes put back.
fn look(mut reader: Box<dyn Read + Send>, label: &str) -> Result<Found> {
    let mut head = Vec::with_capacity(HEAD);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| read_error(label, error))?;
    let kind = sniff::sniff(&head);
    Ok((kind, Box::new(Cursor::new(head).chain(reader))))
}

fn refused(fault: Fault) -> Error {
    Error::Data { place: Place::default(), fault }
}

/// An error of a read: a fault of the stream, or one of the system.
fn read_error(label: &str, error: io::Error) -> Error {
    Error::of_read(error, Place::default, format!("read {label}"))
}

/// The bytes as they lie there.
pub(super) enum Raw {
    /// A regular file, read by position: whoever shares the file with us neither sees nor moves it.
    File { file: Arc<File>, offset: u64 },
    /// A pipe, a socket or a device.
    Stream(File),
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Raw::File { file, offset } => {
                let read = file.read_at(buffer, *offset)?;
                *offset += read as u64;
                Ok(read)
            }
            Raw::Stream(file) => file.read(buffer),
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    raw: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    const SCRIPT: &[u8] = b"--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n";

    fn text(opened: &mut Opened) -> Vec<u8> {
        let mut text = Vec::new();
        opened.reader.read_to_end(&mut text).expect("reads");
        text
    }

    fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("writes");
        file
    }

    fn refusal(path: &Path) -> String {
        match open(Some(path), None) {
            Ok(_) => panic!("opened"),
            Err(error) => error.to_string(),
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    #[test]
    fn a_file_can_be_read_twice_at_the_same_time() {
        let script = [SCRIPT, &b"SELECT 1;\n".repeat(2000)].concat();
        for bytes in [script.clone(), gzip(&script)] {
            let file = written(&bytes);
            let mut opened = open(Some(file.path()), None).expect("opens");
            assert_eq!(opened.size, Some(bytes.len() as u64));
            let mut first = [0; 10];
            opened.reader.read_exact(&mut first).expect("reads");
            let mut again = opened.read_again().expect("can be read twice").expect("opens");
            assert_eq!(text(&mut again), script);
            assert_eq!([&first[..], &text(&mut opened)].concat(), script);
            assert_eq!(opened.read.load(Ordering::Relaxed), bytes.len() as u64);
        }
    }

    #[test]
    fn a_file_that_was_begun_goes_on_where_it_stood() {
        let mut file = File::open(written(&[b"rubbish\n", SCRIPT].concat()).path()).expect("opens");
        file.seek(io::SeekFrom::Start(8)).expect("seeks");
        let mut opened =
            Opened::over(positioned(file, "x").expect("stands"), "x".into(), None, Wanted::Script(Style::default())).expect("opens");
        assert_eq!(opened.size, Some(SCRIPT.len() as u64));
        assert_eq!(text(&mut opened.read_again().expect("twice").expect("opens")), SCRIPT);
        assert_eq!(text(&mut opened), SCRIPT);
    }

    #[test]
    fn what_is_no_script_is_refused_by_what_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(refusal(folder.path()), "this is a directory, expected a dump; name the file or the directory that pg_dump wrote");
        fs::write(folder.path().join("toc.dat"), "PGDMP").expect("writes");
        assert_eq!(refusal(folder.path()), "byte 5: the archive is cut: it ends inside its header");
        assert!(refusal(written(b"").path()).starts_with("the input is empty"));
        assert!(refusal(written(&gzip(b"")).path()).starts_with("the input is empty"));
        assert_eq!(refusal(written(&gzip(b"PGDMP\x01\x11\0")).path()).split(" was").next(), Some("byte 7: archive version 1.17"));
        assert!(refusal(written(&gzip(b"PK\x03\x04")).path()).starts_with("this is a zip file inside a gzip file"));
        assert!(refusal(written(&gzip(&gzip(SCRIPT))).path()).starts_with("this is a gzip file inside a gzip file"));
        let cut = gzip(SCRIPT);
        assert_eq!(refusal(written(&cut[..cut.len() - 3]).path()), "the gzip input ends before its end; it is cut");
    }

    #[test]
    fn a_missing_file_is_named_without_its_control_characters() {
        let message = refusal(Path::new("/nowhere/a\x1b[31m.sql"));
        assert_eq!(message, "cannot read /nowhere/a\\u{1b}[31m.sql: no such file");
    }

    #[test]
    fn the_same_file_is_known_by_any_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a.sql"), folder.path().join("b.sql"));
        fs::write(&path, SCRIPT).expect("writes");
        fs::hard_link(&path, &link).expect("links");
        let opened = open(Some(&path), None).expect("opens");
        assert!(opened.is_file(&fs::metadata(&link).expect("is there")));
        assert!(!opened.is_file(&fs::metadata(folder.path()).expect("is there")));
    }

    #[test]
    fn a_dump_in_a_tar_is_read_packed_or_not() {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in [("notes", b"hello".to_vec()), ("in/dump.sql.gz", gzip(SCRIPT))] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, &content[..]).expect("packs");
        }
        let tar = builder.into_inner().expect("packs");
        for bytes in [tar.clone(), gzip(&tar)] {
            let file = written(&bytes);
            for member in [None, Some("in/dump.sql.gz")] {
                let mut opened = open(Some(file.path()), member).expect("opens");
                assert_eq!(text(&mut opened), SCRIPT);
                assert_eq!(text(&mut opened.read_again().expect("twice").expect("opens")), SCRIPT);
            }
            let why = open(Some(file.path()), Some("x")).map(|_| ()).expect_err("none").to_string();
            assert_eq!(why, "the tar file has no member \"x\"; it holds notes, in/dump.sql.gz");
        }
        let why = open(Some(written(SCRIPT).path()), Some("x")).map(|_| ()).expect_err("none").to_string();
        assert!(why.starts_with("--member chooses a member of a tar file, and "), "{why}");
    }
}
