//! What a run reads, for as many outputs as read it: the dump, and the schema file.

use std::env;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::args::{Filter, OutputFormat};
use super::{say, target};
use crate::error::{Error, Fault, Result};
use crate::input::{self, Opened, Shared, Wanted};
use crate::pipeline::observe::{Progress, Reading, Watch};

/// Opens the input for so many who read it.
pub(super) fn inputs(args: &Filter, count: usize, wants_subset: bool, watch: &Watch) -> Result<(Vec<Opened>, Option<Arc<Shared>>)> {
    let wanted = match args.format() {
        _ if args.copy.copy.is_some() => Wanted::Rows,
        OutputFormat::Plain => Wanted::Script(target::style(&args.target)?),
        _ => Wanted::Archive,
    };
    let (path, member) = (args.input.as_deref(), args.member.as_deref());
    if count > 1 && !wants_subset {
        let (inputs, shared) = input::open_shared(path, member, wanted, count)?;
        if shared.is_some() && wanted == Wanted::Archive && inputs.iter().any(|input| input.itself.is_none()) {
            return Err(Error::Usage(
                "a script that comes through a pipe becomes several archives, each of which reads it more than once; name a file".into(),
            ));
        }
        return Ok((inputs, shared));
    }
    if wants_subset && wanted == Wanted::Archive {
        // It may be an archive, which is kept as it comes.
        let mut begun = false;
        let mut told = |bytes| {
            if !std::mem::replace(&mut begun, true) {
                watch.begin(&KEEPING);
            }
            watch.progress(&Progress { input_bytes: bytes, table: None, rows: None });
        };
        let inputs = input::open_kept(path, member, wanted, count, || keeping_folder(args, SUBSET, watch), &mut told)?;
        return Ok((inputs, None));
    }
    let mut inputs = vec![input::open_as(path, member, wanted)?];
    if count > 1 {
        // Whoever chooses a subset reads to the end before the others may begin, so that a pipe is kept for all of them.
        let Some(first) = inputs.pop() else { return Err(Error::internal()) };
        let first = rereadable(args, first, SUBSET, watch)?;
        for _ in 1..count {
            inputs.push(first.read_again().ok_or_else(Error::internal)??);
        }
        inputs.push(first);
    }
    Ok((inputs, None))
}

/// A pipe is written to disk, to be read from there.
const KEEPING: Reading = Reading { place: None, what: "keeping the pipe", size: None };

/// Why a dump is read more than once.
pub(super) const SUBSET: &str = "the rules choose a subset, for which";

/// The same, of a script that becomes an archive.
pub(super) const COMPOSING: &str = "a script becomes an archive, whose table of contents stands before its data, and so";

/// The schema file, for each of so many who read it: it may be a pipe.
pub(super) fn schema_files(path: Option<&Path>, count: usize) -> Result<Vec<Option<Box<dyn Read + Send>>>> {
    let Some(path) = path else { return Ok((0..count).map(|_| None).collect()) };
    let mut reader = schema_file(path)?.reader;
    if count == 1 {
        return Ok(vec![Some(reader)]);
    }
    let mut text = Vec::new();
    reader.read_to_end(&mut text).map_err(|error| match error.downcast::<Fault>() {
        Ok(fault) => Error::Usage(format!("--schema-file {}: {fault}", path.display())),
        Err(error) => Error::io(format!("read {}", path.display()), error),
    })?;
    let text = Bytes::from(text);
    Ok((0..count).map(|_| Some(Box::new(Cursor::new(text.clone())) as Box<dyn Read + Send>)).collect())
}

/// An input that can be read more than once: itself, or a copy of it. `why` begins what the user is told.
pub(super) fn rereadable(args: &Filter, mut input: Opened, why: &str, watch: &Watch) -> Result<Opened> {
    if input.read_again().transpose()?.is_some() {
        return Ok(input);
    }
    let folder = keeping_folder(args, why, watch)?;
    let reader = std::mem::replace(&mut input.reader, Box::new(io::empty()));
    input.reader = watch.over(reader, Arc::clone(&input.read), KEEPING);
    input::spool(input, &folder)
}

/// Where files without a name are kept. `why` begins what is said where there must be none.
pub(super) fn spool_folder(args: &Filter, why: &str) -> Result<PathBuf> {
    if args.no_spool {
        return Err(Error::Usage(format!("{why} that needs room on the disk, and --no-spool is given; name a file")));
    }
    let folder = args.spool_dir.clone().unwrap_or_else(env::temp_dir);
    if !folder.is_dir() {
        return Err(Error::Usage(format!(
            "{why} that needs room on the disk, and {} is no directory, expected one for files; --spool-dir names another",
            input::open::shown(&folder)
        )));
    }
    Ok(folder)
}

/// Where a pipe is kept, which the user is told. `why` begins what is said.
fn keeping_folder(args: &Filter, why: &str, watch: &Watch) -> Result<PathBuf> {
    let folder = spool_folder(args, &format!("{why} the dump must be read more than once, but it comes through a pipe:"))?;
    if !args.quiet {
        let note = format!(
            "{why} the dump must be read more than once: the pipe is kept in {} until the end of the run, packed (a script to a fifth or so; --spool-dir names another folder)",
            input::open::shown(&folder)
        );
        watch.aside(|| say::line(&note));
    }
    Ok(folder)
}

/// Opens what `--schema-file` names. What it is not is a mistake of usage: the dump itself is sound.
fn schema_file(path: &Path) -> Result<Opened> {
    input::open(Some(path), None).map_err(|error| match error {
        Error::Data { fault, .. } => Error::Usage(format!("--schema-file {}: {fault}", path.display())),
        error => error,
    })
}
