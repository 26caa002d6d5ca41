//! The tar format: the files of a directory archive in one tar, not packed (`pg_backup_tar.c`).
//!
//! A member's size stands before it. In a file it is patched; on a pipe each member waits until it is whole, in memory while it
//! is small and then in a temporary file that has no name. `restore.sql`, which pg_dump adds for people and pg_restore does
//! not read, is left out: it repeats what stands in the table of contents.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tempfile::SpooledTempFile;

use super::ArchiveWriter;
use super::medium::{Destination, Medium};
use super::order::{Kind, Order};
use super::pack::{Packed, Packer, Wrapping};
use super::packing::Packing;
use super::{directory, spoil, toc};
use crate::archive::{DataPlace, Entry, Format, Header};
use crate::error::{Error, Result};

/// Members wait in memory up to this many bytes.
const IN_MEMORY: usize = 8 << 20;

/// A tar is made of blocks of so many bytes.
const BLOCK: usize = 512;

/// Writes a tar archive.
#[derive(Debug)]
pub struct Tar<W: Destination> {
    out: Medium<W>,
    packer: Packer,
    order: Order,
    /// Where members wait.
    folder: PathBuf,
    /// When members were changed, in seconds since 1970. Where nobody says, it is when the archive was begun, as its header
    /// has it, and not when the run is: the same input gives the same bytes.
    modified: Option<u64>,
    header: Option<Header>,
    member: Option<Member>,
    /// The archive's last member, whole, on a pipe: it is written when the archive is.
    held: Option<Member>,
    /// The list of the large objects of the entry that is being written, and its name.
    objects: Option<(String, Vec<u8>)>,
    /// The end of the archive is written.
    closed: bool,
}

/// A member.
#[derive(Debug)]
struct Member {
    name: String,
    length: u64,
    modified: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Waits.
    Spooled(SpooledTempFile),
    /// Written already, behind a header to be patched that stands there.
    Written { header_at: u64 },
}

impl Member {
    fn header(&self) -> [u8; BLOCK] {
        member_header(&self.name, self.length, self.modified)
    }
}

impl<W: Destination> Tar<W> {
    /// An archive on a pipe, whose members wait in `folder` where they are large. `label` is its name in messages.
    pub fn pipe(out: W, label: impl Into<String>, folder: impl Into<PathBuf>) -> Tar<W> {
        Tar::over(Medium::pipe(out, label.into()), folder.into())
    }

    /// An archive in a file that can be patched: nothing has to wait.
    ///
    /// # Errors
    /// It cannot be asked for its position.
    pub fn file(out: W, label: impl Into<String>) -> Result<Tar<W>>
    where
        W: Seek,
    {
        Ok(Tar::over(Medium::file(out, label.into())?, PathBuf::new()))
    }

    fn over(out: Medium<W>, folder: PathBuf) -> Tar<W> {
        let packer = Packer::new(Packing::NONE, Wrapping::Gzip);
        Tar {
            out,
            packer,
            order: Order::new(),
            folder,
            modified: None,
            header: None,
            member: None,
            held: None,
            objects: None,
            closed: false,
        }
    }

    /// The time of the members that follow, in seconds since 1970, as pg_dump gives it: that of its own clock.
    #[cfg(test)]
    pub(super) fn set_modified(&mut self, seconds: u64) {
        self.modified = Some(seconds);
    }

    fn open(&mut self, name: String) -> Result<()> {
        let body = if self.out.can_patch() {
            let header_at = self.out.written();
            self.out.write(&[0; BLOCK])?;
            Body::Written { header_at }
        } else {
            Body::Spooled(tempfile::spooled_tempfile_in(IN_MEMORY, &self.folder))
        };
        let modified = self.modified.unwrap_or_else(|| self.header.as_ref().map_or(0, |header| seconds(header.created)));
        self.member = Some(Member { name, length: 0, modified, body });
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let member = self.member.as_mut().ok_or_else(Error::internal)?;
        member.length += bytes.len() as u64;
        match &mut member.body {
            Body::Spooled(spool) => spool.write_all(bytes).map_err(|error| spool_error(&self.folder, error)),
            Body::Written { .. } => self.out.write(bytes),
        }
    }

    /// The member is whole. On a pipe the last one waits for the end of the run, so that an archive that fails lacks it.
    fn close(&mut self) -> Result<()> {
        let member = self.member.take().ok_or_else(Error::internal)?;
        if let Body::Written { header_at } = member.body {
            self.pad(member.length)?;
            return self.out.patch(header_at, &member.header());
        }
        if self.order.next().is_some() {
            return self.release(member);
        }
        self.held = Some(member);
        Ok(())
    }

    /// Writes a member that has waited.
    fn release(&mut self, member: Member) -> Result<()> {
        self.out.write(&member.header())?;
        let Member { length, body: Body::Spooled(mut spool), .. } = member else { return Err(Error::internal()) };
        spool.seek(SeekFrom::Start(0)).map_err(|error| spool_error(&self.folder, error))?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match spool.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(spool_error(&self.folder, error)),
            };
            self.out.write(buffer.get(..count).unwrap_or_default())?;
        }
        self.pad(length)
    }

    /// The end of the archive, once.
    fn close_archive(&mut self) -> Result<()> {
        self.order.finish()?;
        if let Some(member) = self.held.take() {
            self.release(member)?;
        }
        if std::mem::replace(&mut self.closed, true) { Ok(()) } else { self.out.write(&[0; 2 * BLOCK]) }
    }

    /// The bad ending, on a pipe. Where large objects come last pg_restore takes the end of the archive for that of their list; half a
    /// header it does not (`_tarGetHeader` in pg_backup_tar.c). Before that comes a member that fails, unless it were the last
    /// one: that one must be missing, as pg_restore looks no further behind it.
    fn spoil(&mut self) -> Result<()> {
        if let Some(due) = self.order.next().cloned()
            && due.kind != Kind::LargeObjects
            && self.order.has_more()
        {
            if self.order.is_between() {
                self.open(format!("{}.dat", due.dump_id))?;
            }
            self.add(&spoil::ending(due.kind))?;
            let member = self.member.take().ok_or_else(Error::internal)?;
            self.release(member)?;
        }
        self.out.write(&member_header("", 0, 0)[..BLOCK / 2])
    }

    fn pad(&mut self, length: u64) -> Result<()> {
        let over = usize::try_from(length % BLOCK as u64).unwrap_or(0);
        self.out.write(&vec![0; (BLOCK - over) % BLOCK])
    }

    fn whole(&mut self, name: String, bytes: &[u8]) -> Result<()> {
        self.open(name)?;
        self.add(bytes)?;
        self.close()
    }
}

fn spool_error(folder: &std::path::Path, error: std::io::Error) -> Error {
    Error::io(format!("keep a member of the tar in {}", folder.display()), error)
}

/// The time of an archive's header as seconds since 1970, as if its clock showed UTC, which is the same on every machine; 0
/// for none.
fn seconds([second, minute, hour, day, month, year, _]: [i32; 7]) -> u64 {
    let small = |number: i32| i8::try_from(number).ok();
    let time = || {
        let year = i16::try_from(year.checked_add(1900)?).ok()?;
        let (month, second) = (small(month.checked_add(1)?)?, small(second.min(59))?);
        let time = DateTime::new(year, month, small(day)?, small(hour)?, small(minute)?, second, 0).ok()?;
        u64::try_from(TimeZone::UTC.to_timestamp(time).ok()?.as_second()).ok()
    };
    time().unwrap_or(0)
}

/// The header of a member, as `tarCreateHeader` in src/port/tar.c makes it for pg_dump.
fn member_header(name: &str, length: u64, modified: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    put(&mut header, 0, name.as_bytes());
    number(&mut header, 100, 8, 0o600);
    number(&mut header, 108, 8, 0o4000);
    number(&mut header, 116, 8, 0o2000);
    number(&mut header, 124, 12, length);
    number(&mut header, 136, 12, modified);
    // The checksum counts itself as blanks.
    put(&mut header, 148, b"        ");
    put(&mut header, 156, b"0");
    put(&mut header, 257, b"ustar\x0000");
    put(&mut header, 265, b"postgres");
    put(&mut header, 297, b"postgres");
    number(&mut header, 329, 8, 0);
    number(&mut header, 337, 8, 0);
    let sum = header.iter().map(|byte| u64::from(*byte)).sum();
    number(&mut header, 148, 8, sum);
    header
}

/// Bytes at a place of a header; names are short enough by their making.
fn put(header: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    for (place, byte) in header.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
}

/// A number in octal with a blank behind it; in base 256, marked by the first bit, where it is too large for that
/// (`print_tar_number`).
fn number(header: &mut [u8; BLOCK], at: usize, width: usize, value: u64) {
    if value < 1 << ((width - 1) * 3) {
        put(header, at, format!("{value:0digits$o} ", digits = width - 1).as_bytes());
    } else {
        let mut bytes = vec![0; width - 8];
        bytes.extend_from_slice(&value.to_be_bytes());
        if let Some(first) = bytes.first_mut() {
            *first |= 0x80;
        }
        put(header, at, &bytes);
    }
}

impl<W: Destination> ArchiveWriter for Tar<W> {
    fn begin(&mut self, header: &Header, entries: &[Entry]) -> Result<()> {
        let header = Packing::NONE.header(header, Format::Tar)?;
        // The name of large objects is none of a member here (`_ArchiveEntry` in pg_backup_tar.c).
        let name = |entry: &Entry| if entry.has_data { format!("{}.dat", entry.dump_id).into() } else { bytes::Bytes::new() };
        let entries: Vec<Entry> = entries.iter().map(|entry| Entry { place: DataPlace::File(name(entry)), ..entry.clone() }).collect();
        let toc = toc::head(&header, &entries)?.bytes;
        self.order.begin(&entries)?;
        self.header = Some(header);
        self.whole("toc.dat".to_owned(), &toc)
    }

    fn packer(&self) -> Packer {
        self.packer.clone()
    }

    fn begin_data(&mut self, dump_id: i32) -> Result<()> {
        self.order.data(dump_id)?;
        self.open(format!("{dump_id}.dat"))
    }

    fn begin_large_objects(&mut self, dump_id: i32) -> Result<()> {
        self.order.large_objects(dump_id)?;
        let version = self.header.as_ref().ok_or_else(Error::internal)?.version;
        self.objects = Some((directory::large_object_list(dump_id, version), Vec::new()));
        Ok(())
    }

    fn begin_large_object(&mut self, oid: u32) -> Result<()> {
        self.order.large_object()?;
        let (_, list) = self.objects.as_mut().ok_or_else(Error::internal)?;
        list.extend_from_slice(format!("{oid} blob_{oid}.dat\n").as_bytes());
        self.open(format!("blob_{oid}.dat"))
    }

    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.order.in_stream()?;
        self.add(bytes)
    }

    fn packed(&mut self, batch: &Packed) -> Result<()> {
        self.order.in_stream()?;
        if batch.how != (self.packer.packing(), self.packer.wrapping()) {
            return Err(Error::internal());
        }
        self.add(&batch.bytes)
    }

    fn copied(&mut self, chunk: &[u8]) -> Result<()> {
        self.data(chunk)
    }

    fn end_large_object(&mut self) -> Result<()> {
        self.order.end_large_object()?;
        self.close()
    }

    fn end(&mut self) -> Result<()> {
        self.order.end()?;
        match self.objects.take() {
            Some((name, list)) => self.whole(name, &list),
            None => self.close(),
        }
    }

    fn written(&self) -> u64 {
        self.out.written()
    }

    fn settle(&mut self) -> Result<()> {
        if !self.out.is_pending() {
            return Ok(());
        }
        self.close_archive()?;
        self.out.settle()
    }

    fn finish(mut self: Box<Self>) -> Result<u64> {
        self.close_archive()?;
        let written = self.out.written();
        self.out.complete().map(|()| written)
    }

    fn abandon(mut self: Box<Self>) {
        if self.out.written() == 0 {
            return;
        }
        // A file that has no name yet is gone. One that has lacks no end: its members are patched where they stand.
        let done = if self.out.can_patch() { self.out.disown(&spoil::beginning()) } else { self.spoil() };
        let _ = done.and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, member_header, seconds};

    #[test]
    fn members_are_as_old_as_the_archive() {
        assert_eq!(seconds([5, 4, 3, 2, 0, 126, 0]), 1_767_323_045);
        assert_eq!(seconds(Header::UNDATED), 0);
        assert_eq!((seconds([0; 7]), seconds([i32::MAX; 7]), seconds([60, 59, 23, 31, 11, 99, 1])), (0, 0, 946_684_799));
    }

    #[test]
    fn a_header_is_that_of_pg_dump() {
        // From `pg_dump -Ft` of PostgreSQL 15.
        let header = member_header("toc.dat", 0o5554, 0o15300202526);
        assert_eq!(&header[..8], b"toc.dat\0");
        assert_eq!(&header[100..157], b"0000600 0004000 0002000 00000005554 15300202526 0014443 0");
        assert_eq!(&header[257..273], b"ustar\x0000postgres");
        assert_eq!(&header[329..345], b"0000000 0000000 ");
    }

    #[test]
    fn large_sizes_are_in_base_256() {
        let read = |length: u64| tar::Header::from_byte_slice(&member_header("1.dat", length, 0)).entry_size().expect("a size");
        for length in [0, 1, (8 << 30) - 1, 8 << 30, u64::from(u32::MAX) * 100] {
            assert_eq!(read(length), length);
        }
        assert_eq!(member_header("1.dat", 8 << 30, 0)[124..136], [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }
}
