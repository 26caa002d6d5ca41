//! A tar file that holds one dump among other files: `tar czf backup.tar.gz backup/`. The dump is told by its first bytes,
//! as everywhere. What pg_dump -Ft writes is no such file, but an archive.
//!
//! It is read forward, so that a pipe will do. Whether there is a second dump shows only at its end; a file is read once
//! before anything is written (where there are rules), so there it shows in time.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::sniff::{self, HEAD, Kind};
use super::unpack::unpack;
use crate::error::{Fault, FaultIn};

/// How much is read at a time.
const BLOCK: usize = 256 * 1024;

/// The size of a header, and what members are padded to.
const RECORD: usize = 512;

/// The longest name or set of extensions that is taken.
const LONGEST: u64 = 64 * 1024;

/// The members of a tar file, one after the other: ustar, GNU, pax.
struct Members {
    inner: BufReader<Box<dyn Read + Send>>,
    /// What is left of the member at hand.
    left: u64,
    /// How many bytes pad it.
    padding: u64,
}

/// A member that has a content.
struct Member {
    /// With control characters escaped: it stands in messages.
    name: String,
    /// The first bytes of the content.
    head: Vec<u8>,
}

/// What headers of their own say of the member behind them.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
}

impl Members {
    /// The next plain file; `None` at the end of the tar file.
    fn next(&mut self) -> io::Result<Option<Member>> {
        let mut extended = Extended::default();
        loop {
            self.skip()?;
            let mut record = [0; RECORD];
            self.inner.read_exact(&mut record).map_err(cut)?;
            if record.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            let header = Header::from_byte_slice(&record);
            check(header, &record)?;
            self.begin(header.entry_size().map_err(|_| damaged())?);
            match header.entry_type() {
                EntryType::GNULongName => extended.name = Some(text(&self.content()?)),
                EntryType::XHeader => self.extensions(&mut extended)?,
                EntryType::XGlobalHeader | EntryType::GNULongLink => {}
                EntryType::Regular | EntryType::Continuous => {
                    if let Some(size) = extended.size {
                        self.begin(size);
                    }
                    let name = extended.name.unwrap_or_else(|| text(&header.path_bytes()));
                    let mut head = Vec::new();
                    Read::by_ref(self).take(HEAD as u64).read_to_end(&mut head)?;
                    return Ok(Some(Member { name, head }));
                }
                // Folders, links, devices; a sparse file is none that pg_dump or a packer of dumps writes.
                _ => extended = Extended::default(),
            }
        }
    }

    fn extensions(&mut self, extended: &mut Extended) -> io::Result<()> {
        for extension in PaxExtensions::new(&self.content()?) {
            let extension = extension.map_err(|_| damaged())?;
            match extension.key_bytes() {
                b"path" => extended.name = Some(text(extension.value_bytes())),
                b"size" => extended.size = Some(extension.value().ok().and_then(|size| size.parse().ok()).ok_or_else(damaged)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn begin(&mut self, size: u64) {
        self.left = size;
        self.padding = size.wrapping_neg() % RECORD as u64;
    }

    /// The content of a short member.
    fn content(&mut self) -> io::Result<Vec<u8>> {
        if self.left > LONGEST {
            return Err(damaged());
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Passes over what is left of the member at hand.
    fn skip(&mut self) -> io::Result<()> {
        let mut count = self.left.checked_add(self.padding).ok_or_else(damaged)?;
        while count > 0 {
            let found = self.inner.fill_buf()?.len() as u64;
            if found == 0 {
                return Err(cut(io::ErrorKind::UnexpectedEof.into()));
            }
            let step = found.min(count);
            self.inner.consume(usize::try_from(step).unwrap_or(usize::MAX));
            count -= step;
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) else { return Ok(0) };
        let read = self.inner.read(part)?;
        if read == 0 {
            return Err(cut(io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Whether a header's checksum is right.
fn check(header: &Header, record: &[u8; RECORD]) -> io::Result<()> {
    let field = 148..156;
    let value = |at: usize, byte: &u8| u32::from(if field.contains(&at) { b' ' } else { *byte });
    let sum: u32 = record.iter().enumerate().map(|(at, byte)| value(at, byte)).sum();
    if header.cksum().is_ok_and(|found| found == sum) { Ok(()) } else { Err(damaged()) }
}

fn text(name: &[u8]) -> String {
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut text = String::new();
    for c in String::from_utf8_lossy(name).chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}

fn damaged() -> io::Error {
    io::Error::other(Fault::Damaged("tar"))
}

fn cut(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { io::Error::other(Fault::CutCompressed("tar")) } else { error }
}

/// Whether a member is a dump, packed or not. What a Mac puts beside each file (`._NAME`) is none.
fn is_dump(member: &Member) -> bool {
    let base = member.name.rsplit('/').next().unwrap_or_default();
    if base.starts_with("._") || member.head.is_empty() {
        return false;
    }
    match sniff::sniff(&member.head) {
        Kind::Script | Kind::Archive(_) => true,
        Kind::Packed(packing) => {
            // As much of its beginning as the first bytes hold.
            let mut head = Vec::new();
            if let Ok(reader) = unpack(packing, Box::new(Cursor::new(member.head.clone()))) {
                let _ = reader.take(HEAD as u64).read_to_end(&mut head);
            }
            matches!(sniff::sniff(&head), Kind::Script | Kind::Archive(_))
        }
        Kind::Empty | Kind::Tar | Kind::Other { .. } => false,
    }
}

/// The dump in a tar file.
struct Chosen {
    members: Members,
    name: String,
    head: Cursor<Vec<u8>>,
    /// It was named, so that others are no mistake.
    named: bool,
    ended: bool,
}

/// The content of the one dump in a tar file, or of the member of this name.
///
/// # Errors
/// Reading failed; there is no dump, or no such member. A read fails at the dump's end where another dump follows.
pub(super) fn dump(reader: Box<dyn Read + Send>, wanted: Option<&str>) -> io::Result<Box<dyn Read + Send>> {
    let mut members = Members { inner: BufReader::with_capacity(BLOCK, reader), left: 0, padding: 0 };
    let mut seen = Vec::new();
    while let Some(member) = members.next()? {
        let found = wanted.map_or_else(|| is_dump(&member), |wanted| same(&member.name, wanted));
        if !found {
            seen.push(member.name);
            continue;
        }
        if member.head.starts_with(b"PGDMP") && member.name.rsplit('/').next() == Some("toc.dat") {
            let remedy = "unpack it and name the directory: tar -xf FILE && pgveil filter DIRECTORY";
            return Err(io::Error::other(Fault::NotADump { what: "a tar file of a directory archive".into(), remedy }));
        }
        let head = Cursor::new(member.head);
        return Ok(Box::new(Chosen { members, name: member.name, head, named: wanted.is_some(), ended: false }));
    }
    Err(io::Error::other(Fault::NoMember { wanted: wanted.map(ToOwned::to_owned), members: seen }))
}

/// Whether a member's name is this one, also where only one of them begins with `./`.
fn same(name: &str, wanted: &str) -> bool {
    let plain = |name| str::strip_prefix(name, "./").unwrap_or(name);
    plain(name) == plain(wanted)
}

impl Chosen {
    /// Behind the dump: whether there is another one.
    fn end(&mut self) -> io::Result<()> {
        let mut dumps = vec![self.name.clone()];
        while let Some(member) = self.members.next()? {
            if is_dump(&member) {
                dumps.push(member.name);
            }
        }
        // Whoever writes into the pipe shall not be cut off.
        io::copy(&mut self.members.inner, &mut io::sink())?;
        if dumps.len() > 1 && !self.named {
            return Err(FaultIn::wrap(io::Error::other(Fault::SeveralDumps { members: dumps }), None));
        }
        Ok(())
    }
}

impl Read for Chosen {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ended {
            return Ok(0);
        }
        let mut read = self.head.read(buffer)?;
        if read == 0 {
            read = self.members.read(buffer)?;
        }
        if read == 0 {
            self.ended = true;
            self.end()?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &[u8] = b"--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n";

    fn packed(members: &[(&str, &[u8])], header: fn() -> Header) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in members {
            let mut header = header();
            header.set_size(content.len() as u64);
            header.set_mode(0o600);
            builder.append_data(&mut header, name, *content).expect("packs");
        }
        builder.into_inner().expect("packs")
    }

    fn read(tar: &[u8], wanted: Option<&str>) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        let read = dump(Box::new(Cursor::new(tar.to_vec())), wanted).and_then(|mut dump| dump.read_to_end(&mut text));
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_one_dump_is_found_at_any_depth() {
        let long = "folder/".repeat(30) + "dump.sql";
        let large = [SCRIPT, &b"SELECT 1;\n".repeat(5000)].concat();
        for header in [Header::new_gnu as fn() -> Header, Header::new_ustar] {
            for name in ["dump.sql", "a/b/c.txt", "./x"] {
                let tar = packed(&[("README", b"Read me.\n"), ("empty", b""), (name, &large), ("log.txt", b"done\n")], header);
                assert_eq!(read(&tar, None), Ok(large.clone()));
                assert_eq!(read(&tar, Some(name.trim_start_matches("./"))), Ok(large.clone()));
            }
        }
        let tar = packed(&[(&long, SCRIPT), ("._dump.sql", SCRIPT)], Header::new_gnu);
        assert_eq!(read(&tar, Some(&long)), Ok(SCRIPT.to_vec()));
        assert_eq!(read(&tar, None), Ok(SCRIPT.to_vec()));
    }

    #[test]
    fn pax_extensions_count() {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("path", "other/name.sql".as_bytes()), ("size", b"46")]).expect("packs");
        let mut header = Header::new_ustar();
        header.set_size(SCRIPT.len() as u64);
        builder.append_data(&mut header, "name.sql", SCRIPT).expect("packs");
        let tar = builder.into_inner().expect("packs");
        assert_eq!(SCRIPT.len(), 46);
        assert_eq!(read(&tar, Some("other/name.sql")), Ok(SCRIPT.to_vec()));
    }

    #[test]
    fn several_dumps_are_named() {
        let zstd = zstd::encode_all(SCRIPT, 1).expect("packs");
        let tar = packed(&[("a.sql", SCRIPT), ("x", b"x"), ("b/c.dump", b"PGDMP\x01\x10\0"), ("d.zst", &zstd)], Header::new_gnu);
        let why = read(&tar, None).expect_err("three");
        assert_eq!(why, "the tar file holds 3 dumps, expected one; choose with --member NAME: a.sql, b/c.dump, d.zst");
        assert_eq!(read(&tar, Some("a.sql")), Ok(SCRIPT.to_vec()));
        assert_eq!(read(&tar, Some("b/c.dump")), Ok(b"PGDMP\x01\x10\0".to_vec()));
        let why = read(&tar, Some("e.sql")).expect_err("none");
        assert_eq!(why, "the tar file has no member \"e.sql\"; it holds a.sql, x, b/c.dump, d.zst");
        let why = read(&packed(&[("x", b"x")], Header::new_gnu), None).expect_err("none");
        assert_eq!(why, "the tar file holds no dump; it holds x");
    }

    #[test]
    fn a_directory_archive_must_be_unpacked() {
        let tar = packed(&[("app/1.dat", b"1\n"), ("app/toc.dat", b"PGDMP\x01\x10\0")], Header::new_gnu);
        assert!(read(&tar, None).expect_err("none").starts_with("this is a tar file of a directory archive"));
    }

    #[test]
    fn no_cut_and_no_damage_passes() {
        let tar = packed(&[("a.sql", SCRIPT), ("log", b"x")], Header::new_gnu);
        for cut in (1..tar.len() - 1024).step_by(37) {
            assert!(read(&tar[..cut], None).is_err(), "cut at {cut}");
        }
        for at in (0..512).step_by(7) {
            let mut flipped = tar.clone();
            flipped[at] ^= 1;
            assert!(read(&flipped, None).is_err() || (148..156).contains(&at), "flipped at {at}");
        }
    }
}
