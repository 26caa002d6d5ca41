//! The data of a tar archive: members in the order of the table of contents, read forward
//! (src/bin/pg_dump/pg_backup_tar.c, src/port/tar.c).

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use super::super::{Compression, Entry, Header};
use super::input::{Input, damaged};
use super::record::Record;
use super::{Block, Kind, list};
use crate::error::Fault;

/// The size of a header, and what members are padded to.
const RECORD: usize = 512;

/// The members of a tar file, one after the other.
pub(super) struct Members {
    pub(super) input: Input,
    /// What is left of the member at hand.
    left: u64,
    /// How many bytes pad it.
    padding: u64,
    /// The name of a member that has been looked at but not taken.
    next: Option<String>,
    /// The end of the file has been read.
    ended: bool,
    /// The bytes of members that have been read.
    record: Record,
}

impl Members {
    pub(super) fn new(mut input: Input) -> Members {
        input.inside = "its members (tar)";
        Members { input, left: 0, padding: 0, next: None, ended: false, record: Record::default() }
    }

    /// The name of the next member, which is not taken yet; `None` at the end of the file.
    fn peek(&mut self) -> io::Result<Option<&str>> {
        if self.next.is_none() && !self.ended {
            self.input.inside = "its members (tar)";
            self.input.skip(self.left)?;
            self.input.skip(self.padding)?;
            (self.left, self.padding) = (0, 0);
            self.header()?;
        }
        Ok(self.next.as_deref())
    }

    /// Takes the next member: its bytes come next.
    fn enter(&mut self) -> Option<String> {
        self.next.take()
    }

    fn header(&mut self) -> io::Result<()> {
        let mut header = [0; RECORD];
        self.input.exact(&mut header)?;
        if header.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return self.only_zeros();
        }
        let bad = |what| damaged(Fault::BadArchive { entry: None, what, found: None, expected: "what pg_dump writes" });
        let (name, size) = parse(&header).map_err(bad)?;
        self.left = size;
        self.padding = size.wrapping_neg() % RECORD as u64;
        self.next = Some(name);
        Ok(())
    }

    /// Behind the first record of zeros there is nothing but zeros.
    fn only_zeros(&mut self) -> io::Result<()> {
        loop {
            let rest = self.input.fill_buf()?;
            if rest.is_empty() {
                return Ok(());
            }
            if rest.iter().any(|byte| *byte != 0) {
                return Err(self.input.bad("bytes behind the end of the tar file", None, "nothing but zeros"));
            }
            let count = rest.len();
            self.input.consume(count);
        }
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) else { return Ok(0) };
        let read = self.input.read(part)?;
        if read == 0 {
            return Err(self.input.cut());
        }
        self.left -= read as u64;
        self.record.add(part.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// The name and the size in a header, or what is wrong with it. pg_dump writes plain files of ustar (POSIX or GNU) without
/// prefix (`tarCreateHeader` in src/port/tar.c).
fn parse(header: &[u8; RECORD]) -> Result<(String, u64), &'static str> {
    let field = |from: usize, length: usize| header.get(from..from + length).unwrap_or_default();
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = field(148, 8).iter().map(|byte| u64::from(*byte)).sum();
    if octal(field(148, 8)) != Some(sum - own + 8 * u64::from(b' ')) {
        return Err("a tar header whose checksum is wrong");
    }
    // The three magics of isValidTarHeader in pg_backup_tar.c.
    if field(257, 6) != b"ustar\0" && field(257, 8) != b"ustar  \0" && field(257, 7) != b"ustar00" {
        return Err("a tar header of another kind than ustar");
    }
    if !matches!(field(156, 1), b"0" | b"\0") {
        return Err("a tar member that is no plain file");
    }
    if field(257, 6) == b"ustar\0" && field(345, 155).iter().any(|byte| *byte != 0) {
        return Err("a tar member with a folder before its name");
    }
    let name = field(0, 100).split(|byte| *byte == 0).next().unwrap_or_default();
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty()).ok_or("a tar member without a name")?;
    let size = number(field(124, 12)).ok_or("a tar header whose size cannot be read")?;
    Ok((name.to_owned(), size))
}

/// Octal digits between blanks, ended by a blank or a NUL.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.split(|byte| *byte == 0).next()?.trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
        sum.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

/// Octal digits, or base 256 where the first byte is 0x80 (`read_tar_number` in src/port/tar.c).
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => rest.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte))),
        field => octal(field),
    }
}

/// The header and the entries in the first member.
pub(super) fn contents(members: &mut Members) -> io::Result<(Header, Vec<Entry>)> {
    if members.peek()? != Some("toc.dat") {
        return Err(members.input.bad("the first member of the tar file", None, "toc.dat"));
    }
    members.enter();
    // The table of contents is held in memory anyway; apart from its member it knows nothing of the tar.
    let mut text = Vec::new();
    members.input.inside = "its table of contents";
    members.read_to_end(&mut text)?;
    let mut input = Input::new(Box::new(io::Cursor::new(text)));
    let (header, entries) = super::whole(&mut input)?;
    if header.compression != Compression::None {
        return Err(members.input.bad("a compression", None, "none: the members of a tar archive are never packed"));
    }
    Ok((header, entries))
}

/// The members of a tar archive behind its table of contents.
pub struct Tar {
    members: Members,
    /// The blocks that are to come.
    ahead: VecDeque<Block>,
    /// In a block of large objects: its dump id, and what it has had.
    objects: Option<(i32, Vec<u32>)>,
}

impl Tar {
    pub(super) fn new(members: Members, entries: &[Entry]) -> Tar {
        Tar { members, ahead: super::blocks(entries).into(), objects: None }
    }

    /// See [`super::Source::next_block`].
    pub(super) fn next_block(&mut self) -> io::Result<Option<Block>> {
        while self.next_object()?.is_some() {}
        self.members.input.entry = None;
        let Some(block) = self.ahead.pop_front() else {
            self.end()?;
            return Ok(None);
        };
        self.members.input.entry = Some(block.dump_id);
        match block.kind {
            Kind::Table => self.come_to(format!("{}.dat", block.dump_id), block.dump_id)?,
            Kind::LargeObjects => self.objects = Some((block.dump_id, Vec::new())),
        }
        Ok(Some(block))
    }

    /// See [`super::Source::next_object`]. The list of the objects comes behind them.
    pub(super) fn next_object(&mut self) -> io::Result<Option<u32>> {
        let Some((dump_id, mut seen)) = self.objects.take() else { return Ok(None) };
        if let Some(oid) = self.members.peek()?.and_then(list::oid_of) {
            self.members.enter();
            seen.push(oid);
            self.objects = Some((dump_id, seen));
            return Ok(Some(oid));
        }
        let own = format!("blobs_{dump_id}.toc");
        let name = if self.members.peek()? == Some("blobs.toc") { "blobs.toc".to_owned() } else { own };
        self.come_to(name.clone(), dump_id)?;
        if list::read(&name, &mut self.members)? != seen {
            return Err(damaged(Fault::ArchiveFile { file: name, what: "does not list the large objects that stand before it" }));
        }
        Ok(None)
    }

    /// See [`super::Source::record`].
    pub(super) fn record(&mut self) -> &mut Record {
        &mut self.members.record
    }

    /// Takes the member of this name, which must be the next one.
    fn come_to(&mut self, name: String, entry: i32) -> io::Result<()> {
        match self.members.peek()? {
            Some(found) if found == name => {
                self.members.enter();
                self.members.input.inside = "its data";
                Ok(())
            }
            Some(_) => Err(self.members.input.bad("another member where its data was to come", None, "the order of the table of contents")),
            None => Err(damaged(Fault::NoData { entry, file: Some(name) })),
        }
    }

    /// Behind the data stands restore.sql, which repeats it all as a script, and the end.
    fn end(&mut self) -> io::Result<()> {
        if self.members.peek()? == Some("restore.sql") {
            self.members.enter();
        }
        match self.members.peek()?.map(ToOwned::to_owned) {
            None => Ok(()),
            Some(file) => Err(damaged(Fault::ArchiveFile {
                file: file.escape_default().to_string(),
                what: "belongs to no entry of the table of contents",
            })),
        }
    }
}

impl Read for Tar {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.members.read(buffer)
    }
}
