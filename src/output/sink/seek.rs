//! A sink as the standard library's traits have it, for what is written by them and patched: archives.

use std::io::{self, Seek, SeekFrom, Write};

use rustix::fs::OFlags;

use super::Sink;

impl Sink {
    /// Its name in messages.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether what was written can be changed: a regular file, also behind `>`, but not behind `>>`, where all writing goes
    /// to the end.
    pub fn can_seek(&self) -> bool {
        let Some(writer) = &self.writer else { return false };
        let file = writer.get_ref();
        let appends = rustix::fs::fcntl_getfl(file).map_or(true, |flags| flags.contains(OFlags::APPEND));
        !appends && file.metadata().is_ok_and(|found| found.is_file())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = match &mut self.writer {
            Some(writer) => Write::write(writer, bytes)?,
            None => bytes.len(),
        };
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// Where [`Sink::can_seek`] says so.
impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.as_mut().map_or(Ok(0), |writer| writer.seek(to))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_can_be_patched() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.dump");
        let mut sink = Sink::file(&path).expect("opens");
        assert!(sink.can_seek());
        Write::write_all(&mut sink, b"head body").expect("writes");
        sink.seek(SeekFrom::Start(0)).expect("seeks");
        Write::write_all(&mut sink, b"HEAD").expect("writes");
        assert_eq!(sink.seek(SeekFrom::End(0)).expect("seeks"), 9);
        sink.finish().expect("finishes");
        assert_eq!(fs::read(&path).expect("reads"), b"HEAD body");
    }

    #[test]
    fn what_is_no_file_or_only_grows_cannot() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let open = |options: &mut fs::OpenOptions| Sink::open(OwnedFd::from(options.open(&path).expect("opens")), "log".into()).can_seek();
        assert!(open(File::options().create(true).write(true)));
        assert!(!open(File::options().append(true)));
        assert!(!Sink::file(Path::new("/dev/null")).expect("opens").can_seek());
        assert!(!Sink::nowhere().can_seek());
        let (_reader, writer) = io::pipe().expect("a pipe");
        assert!(!Sink::open(OwnedFd::from(writer), "a pipe".into()).can_seek());
    }
}
