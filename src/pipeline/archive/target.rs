//! Where an archive of one file goes: standard output, or a file that takes its name when it is whole.

use std::io::{self, Seek, SeekFrom, Write};

use crate::archive::write::Target;
use crate::error::{Error, Result};
use crate::output::Sink;

/// A sink as the archive writers see it.
#[derive(Debug)]
pub struct SinkTarget(pub Sink);

impl Write for SinkTarget {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len()).map_err(into_io)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(into_io)
    }
}

impl Seek for SinkTarget {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to).map_err(into_io)
    }
}

impl Target for SinkTarget {
    fn complete(self) -> Result<()> {
        self.0.finish()
    }
}

/// The system's own error, which the caller gives its words again.
fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io { source, .. } => source,
        Error::ClosedPipe => io::ErrorKind::BrokenPipe.into(),
        other => io::Error::other(other.to_string()),
    }
}
