//! A pipe that must be read more than once: it is written to a file, packed with zstd, and read from there.
//!
//! The file has no name (`O_TMPFILE`, or unlinked at once), so that it is gone when the program is, however it ends.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use super::open::{Opened, shown};
use crate::error::{Error, Place, Result};

/// The quickest of zstd's usual levels.
const LEVEL: i32 = 1;

/// Reads an input to its end into a file without a name in `folder`, and opens that.
///
/// # Errors
/// [`Error::Io`] where the folder takes no file or the disk is full; what a reading of the input meets.
pub fn spool(mut opened: Opened, folder: &Path) -> Result<Opened> {
    let label = shown(folder);
    let fail = |error: io::Error| spooling(&label, error);
    let file = tempfile::tempfile_in(folder).map_err(fail)?;
    let mut encoder = zstd::Encoder::new(BufWriter::with_capacity(1 << 20, file), LEVEL).map_err(fail)?;
    let size = copy(&mut opened, &mut encoder, &label)?;
    let mut file: File = encoder.finish().and_then(|writer| writer.into_inner().map_err(io::IntoInnerError::into_error)).map_err(fail)?;
    file.rewind().map_err(fail)?;
    Opened::spooled(Arc::new(file), size, opened.label, opened.came)
}

/// Writes a pipe, as it comes, to a file without a name in `folder`; `told` hears how many bytes have been.
///
/// # Errors
/// [`Error::Io`] where the pipe cannot be read, the folder takes no file, or the disk is full.
pub(super) fn keep(mut pipe: File, label: &str, folder: &Path, told: &mut dyn FnMut(u64)) -> Result<File> {
    let place = shown(folder);
    let fail = |error: io::Error| spooling(&place, error);
    let mut file = tempfile::tempfile_in(folder).map_err(fail)?;
    let mut block = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        match pipe.read(&mut block) {
            Ok(0) => break,
            Ok(read) => {
                file.write_all(block.get(..read).unwrap_or_default()).map_err(fail)?;
                size += read as u64;
                told(size);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io(format!("read {label}"), error)),
        }
    }
    file.rewind().map_err(fail)?;
    Ok(file)
}

/// The folder takes no file, or no more.
fn spooling(folder: &str, error: io::Error) -> Error {
    Error::io(format!("write the spool in {folder} (--spool-dir names another folder)"), error)
}

/// Copies all, and says how many bytes that were; an error says which side it comes from.
fn copy(opened: &mut Opened, out: &mut impl Write, label: &str) -> Result<u64> {
    let mut block = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        let read = match opened.reader.read(&mut block) {
            Ok(0) => return Ok(size),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Error::of_read(error, Place::default, format!("read {}", opened.label)));
            }
        };
        out.write_all(block.get(..read).unwrap_or_default()).map_err(|error| spooling(label, error))?;
        size += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::sync::atomic::Ordering;

    #[test]
    fn what_is_spooled_can_be_read_again_and_leaves_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = [&b"--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n"[..], &b"SELECT 1;\n".repeat(90_000)].concat();
        let input = folder.path().join("in.sql");
        fs::write(&input, &script).expect("writes");
        let spools = folder.path().join("spools");
        fs::create_dir(&spools).expect("makes");
        let mut spooled = spool(open(Some(&input), None).expect("opens"), &spools).expect("spools");
        let mut again = spooled.read_again().expect("twice").expect("opens");
        let whole = script.len() as u64;
        for opened in [&mut spooled, &mut again] {
            let mut text = Vec::new();
            opened.reader.read_to_end(&mut text).expect("reads");
            assert!(text == script);
            // What is kept is packed; what is told of it is not.
            assert_eq!((opened.size, opened.read.load(Ordering::Relaxed)), (Some(whole), whole));
            assert_eq!(opened.came.load(Ordering::Relaxed), whole, "the pipe itself is read once");
        }
        assert_eq!(fs::read_dir(&spools).expect("lists").count(), 0, "the file has no name");
    }

    #[test]
    fn a_folder_that_takes_no_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("in.sql");
        fs::write(&input, "SET x = 0;\n").expect("writes");
        let error = match spool(open(Some(&input), None).expect("opens"), Path::new("/nowhere/at/all")) {
            Ok(_) => panic!("spooled"),
            Err(error) => error.to_string(),
        };
        assert!(error.starts_with("cannot write the spool in /nowhere/at/all (--spool-dir names another folder): No such file"), "{error}");
    }
}
