//! What was typed → what is needed: files opened, the secret read, rules loaded, threads chosen.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use zeroize::Zeroizing;

use super::args::{Filter, OutputFormat};
use super::{inputs, target};
use crate::archive::script::Style;
use crate::archive::write::{self, ArchiveWriter, Custom, Packing, Tar};
use crate::archive::{Archive, Compression, Format};
use crate::error::{Error, Result};
use crate::input::open::shown;
use crate::input::{Opened, Shared};
use crate::mask::key::Secret;
use crate::output::Sink;
use crate::pipeline::archive::Archiving;
use crate::pipeline::observe::Watch;
use crate::rules::{self, Rules, TableRule};

/// The environment variable that holds the secret.
pub const SECRET_VARIABLE: &str = "PGVEIL_SECRET";

/// The most bytes that a secret file may have: a larger one is some other file.
const MAX_SECRET: usize = 64 * 1024;

/// A job, with all that it needs in hand.
pub struct Job {
    /// The dump.
    pub input: Opened,
    /// The archive that is read in its place, and what writes its copy.
    pub archive: Option<Archiving>,
    /// What writes a script as an archive, where it becomes one.
    pub compose: Option<Box<dyn ArchiveWriter>>,
    /// What `--schema-file` names.
    pub schema: Option<Box<dyn Read + Send>>,
    /// Where the output goes.
    pub sink: Sink,
    /// The rules; empty where none are given.
    pub rules: Rules,
    /// The secret.
    pub secret: Secret,
    /// How many threads rewrite rows.
    pub threads: usize,
    /// What the user should know before the run, a line each.
    pub notes: Vec<String>,
}

/// Gets everything ready for the outputs of one read, the main one first. The input of several that comes through a pipe is
/// read once, and [`Shared`] is what lets all of them go on. `watch` is told of a pipe that is kept on disk.
///
/// # Errors
/// What cannot be: files, rules, the secret. Nothing has been written then.
pub fn prepare(outputs: &[Filter], watch: &Watch) -> Result<(Vec<Job>, Option<Arc<Shared>>)> {
    let Some(args) = outputs.first() else { return Err(Error::internal()) };
    let rules = outputs.iter().map(|output| rules::load(&output.rules)).collect::<Result<Vec<_>>>()?;
    let mut notes = Vec::new();
    let given = secret(args.secret_file.as_deref(), env::var_os(SECRET_VARIABLE), &mut notes)?;
    if args.rules.is_empty() {
        notes.push("no rules are given (-r), so nothing is masked".into());
    } else if !rules.iter().any(names_columns) {
        notes.push("the rules (-r) name no column, so nothing is masked".into());
    }
    if given.is_none() && rules.iter().any(names_columns) {
        notes.push(format!(
            "no secret is given ({SECRET_VARIABLE} or --secret-file), so one is drawn at random; the pseudonyms of this run will not come again"
        ));
    }
    if given.is_none() && rules.iter().flat_map(|rules| &rules.tables).any(|table| table.sample.is_some()) {
        notes.push(format!("without a secret ({SECRET_VARIABLE} or --secret-file) the samples of this run will not come again either"));
    }
    let secret = given.map_or_else(random, Ok)?;
    let schemas = inputs::schema_files(args.schema_file.as_deref(), outputs.len())?;
    let wants_subset = rules.iter().any(|rules| !rules.subset.is_empty());
    let (inputs, shared) = inputs::inputs(args, outputs.len(), wants_subset, watch)?;
    let mut jobs = Vec::with_capacity(outputs.len());
    for (((output, rules), schema), input) in outputs.iter().zip(rules).zip(schemas).zip(inputs) {
        jobs.push(job(output, rules, schema, input, (secret.clone(), std::mem::take(&mut notes)))?);
    }
    Ok((jobs, shared))
}

/// One output.
fn job(
    args: &Filter,
    rules: Rules,
    schema: Option<Box<dyn Read + Send>>,
    mut input: Opened,
    (secret, mut notes): (Secret, Vec<String>),
) -> Result<Job> {
    let packing = args.compress.as_deref().map(Packing::parse).transpose()?;
    match (&input.archive, &input.itself) {
        _ if args.copy.copy.is_some() => {}
        (None, None) => target::refuse_archive_flags(&args.target)?,
        (_, Some(_)) if target::style(&args.target)? != Style::default() => return Err(Error::Usage(ARCHIVE_OUTPUT.into())),
        _ => {}
    }
    let mut compose = None;
    let archive = match input.itself.take() {
        Some(archive) => Some(archiving(args, &input, archive, packing, &mut notes)?),
        None => {
            compose = composing(args, &input, packing, &mut notes)?;
            None
        }
    };
    if let (None, None, Some(_)) = (&archive, &compose, packing) {
        return Err(Error::Usage(
            "-Z packs archives, and the output is a script; pipe it into gzip or zstd, or choose a format by -F".into(),
        ));
    }
    if let (Some(_), None, Some(file)) = (&input.archive, args.format, &args.file) {
        notes.push(format!(
            "the input is an archive, and {} becomes a script, for psql; -F same keeps the form, -F plain says that a script is meant",
            shown(file)
        ));
    }
    let sink = if archive.is_some() || compose.is_some() { Sink::nowhere() } else { sink(args, &input)? };
    let threads = args.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    Ok(Job { input, archive, compose, schema, sink, rules, secret, threads, notes })
}

/// What writes a script as an archive; `None` where it stays a script. The packing is that of pg_dump where none is given.
fn composing(args: &Filter, input: &Opened, packing: Option<Packing>, notes: &mut Vec<String>) -> Result<Option<Box<dyn ArchiveWriter>>> {
    let format = match args.format() {
        OutputFormat::Plain | OutputFormat::Same => return Ok(None),
        OutputFormat::Custom => Format::Custom,
        OutputFormat::Directory => Format::Directory,
        OutputFormat::Tar => Format::Tar,
    };
    let usual = if format == Format::Tar { Packing::NONE } else { Packing::of(Compression::Gzip) };
    writer(args, input, format, packing.unwrap_or(usual), notes).map(Some)
}

/// Why an archive does not say what pg_restore is asked for.
const ARCHIVE_OUTPUT: &str = "the output is an archive, which holds what -c and -C need; give these flags to pg_restore";

/// Where the copy of an archive goes.
fn archiving(args: &Filter, input: &Opened, archive: Archive, packing: Option<Packing>, notes: &mut Vec<String>) -> Result<Archiving> {
    let format = match args.format() {
        OutputFormat::Plain | OutputFormat::Same => archive.format(),
        OutputFormat::Custom => Format::Custom,
        OutputFormat::Directory => Format::Directory,
        OutputFormat::Tar => Format::Tar,
    };
    let same = Packing::same(&archive.header);
    let packing = match format {
        Format::Tar => packing.unwrap_or(Packing::NONE),
        Format::Custom | Format::Directory => packing.unwrap_or(same),
    };
    packing.check(format, archive.header.version)?;
    // A report has a checksum of what was written, which nothing makes of rows that are copied packed.
    let alike = format == archive.format() && packing == same && args.report.is_none();
    let writer = writer(args, input, format, packing, notes)?;
    Ok(Archiving { input: archive, writer, alike })
}

/// What writes an archive.
fn writer(args: &Filter, input: &Opened, format: Format, packing: Packing, notes: &mut Vec<String>) -> Result<Box<dyn ArchiveWriter>> {
    if io::stdout().is_terminal() && args.file.is_none() && !args.dry_run {
        return Err(Error::Usage("standard output is a terminal, expected a file or a pipe for an archive: -f FILE".into()));
    }
    Ok(match (format, args.file.as_deref()) {
        (Format::Directory, None) => {
            return Err(Error::Usage("a directory archive needs a name: -f DIRECTORY".into()));
        }
        (Format::Directory, Some(path)) => {
            // Made for a dry run too, and removed unused: what cannot be made is better known now.
            let directory = write::Directory::create(path, packing)?;
            if args.dry_run { nowhere(packing) } else { Box::new(directory) }
        }
        _ => match sink(args, input)? {
            _ if args.dry_run => {
                if format == Format::Tar && args.file.is_none() {
                    inputs::spool_folder(args, TAR_ON_A_PIPE)?;
                }
                nowhere(packing)
            }
            sink => one_file(args, format, sink, packing, notes)?,
        },
    })
}

/// What stands for the writer of a dry run.
fn nowhere(packing: Packing) -> Box<dyn ArchiveWriter> {
    Box::new(Custom::pipe(Sink::nowhere(), "nowhere", packing))
}

/// Why a tar needs room on the disk; the beginning of what is said.
const TAR_ON_A_PIPE: &str = "the output is a tar archive on a pipe, in which the size of each table stands before its rows:";

/// The writer of an archive of one file. Where the file can be gone back in, the positions of the data are set at the end.
fn one_file(args: &Filter, format: Format, sink: Sink, packing: Packing, notes: &mut Vec<String>) -> Result<Box<dyn ArchiveWriter>> {
    let label = sink.label().to_owned();
    Ok(match (format, sink.can_seek()) {
        (Format::Tar, true) => Box::new(Tar::file(sink, label)?),
        (Format::Tar, false) => {
            let folder = inputs::spool_folder(args, TAR_ON_A_PIPE)?;
            notes.push(format!(
                "a tar archive on a pipe: the rows of each table wait until their size is known, large ones in a file without a name in {} (--spool-dir names another directory)",
                shown(&folder)
            ));
            Box::new(Tar::pipe(sink, label, folder))
        }
        (_, true) => Box::new(Custom::file(sink, label, packing)?),
        (_, false) => Box::new(Custom::pipe(sink, label, packing)),
    })
}

/// Whether rules name any column, so that a secret may matter.
fn names_columns(rules: &Rules) -> bool {
    let erased = |table: &TableRule| table.erase.as_ref().is_some_and(|erase| erase.value.columns.is_some());
    rules.column_rules().next().is_some() || rules.tables.iter().any(erased)
}

/// Where the output goes: nowhere in a dry run, but a file that cannot be written is told in it too.
fn sink(args: &Filter, input: &Opened) -> Result<Sink> {
    if let Some(path) = &args.file {
        let present = fs::metadata(path).ok();
        if present.as_ref().is_some_and(|found| input.is_file(found)) {
            return Err(Error::Usage(format!("-f {} is the input itself, expected another file", path.display())));
        }
        // Whoever reads from a FIFO would take it for the end.
        let is_special = present.is_some_and(|found| !found.is_file() && !found.is_dir());
        if args.dry_run && is_special {
            return Ok(Sink::nowhere());
        }
        let sink = Sink::file(path)?;
        return Ok(if args.dry_run { Sink::nowhere() } else { sink });
    }
    if args.dry_run {
        return Ok(Sink::nowhere());
    }
    // A script that is appended to itself never ends.
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from).and_then(|stdout| stdout.metadata());
    if stdout.is_ok_and(|found| input.is_file(&found)) {
        return Err(Error::Usage(format!("standard output goes to the input itself ({}), expected another file", input.label)));
    }
    Sink::stdout()
}

/// The secret that the user gives, by the environment or by a file. The environment's own copy cannot be wiped without
/// `unsafe`; ours are.
pub(super) fn secret(file: Option<&Path>, variable: Option<OsString>, notes: &mut Vec<String>) -> Result<Option<Secret>> {
    let (bytes, source) = match (file, variable) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Error::Usage(format!(
                "both {SECRET_VARIABLE} and --secret-file give a secret, expected one of them; unset {SECRET_VARIABLE}"
            )));
        }
        (None, Some(value)) => (Zeroizing::new(value.into_vec()), SECRET_VARIABLE.to_owned()),
        (Some(path), None) => (read_secret(path, notes)?, format!("--secret-file {}", path.display())),
    };
    let secret = without_line_end(bytes);
    if secret.len() < Secret::MIN_BYTES {
        let (found, least) = (secret.len(), Secret::MIN_BYTES);
        return Err(Error::Usage(format!(
            "the secret of {source} has {found} bytes, expected {least} at least; make one with: openssl rand -hex 32"
        )));
    }
    Ok(Some(Secret::new(take(secret))))
}

/// Moves the bytes on: no copy stays behind.
fn take(mut bytes: Zeroizing<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut *bytes)
}

fn read_secret(path: &Path, notes: &mut Vec<String>) -> Result<Zeroizing<Vec<u8>>> {
    let shown = path.display();
    let fail = |error| Error::named(format!("read the secret from {shown}"), error);
    let file = File::open(path).map_err(fail)?;
    if file.is_terminal() {
        return Err(Error::Usage(format!("--secret-file {shown} is a terminal, expected a file")));
    }
    let found = file.metadata().map_err(fail)?;
    if found.is_file() && found.permissions().mode() & 0o004 != 0 {
        notes.push(format!("everybody on this machine can read the secret in {shown}; close it with: chmod 600 {shown}"));
    }
    // Never grown, so that no copy is left in memory that was given back.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 1));
    file.take(MAX_SECRET as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > MAX_SECRET {
        return Err(Error::Usage(format!(
            "--secret-file {shown} has more than {MAX_SECRET} bytes, expected a secret; make one with: openssl rand -hex 32"
        )));
    }
    Ok(bytes)
}

/// Strips one line end, which editors and `openssl` leave behind a secret.
fn without_line_end(mut bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    bytes
}

/// A secret for this run only.
fn random() -> Result<Secret> {
    let mut bytes = Zeroizing::new(vec![0; 32]);
    getrandom::fill(&mut bytes).map_err(|error| Error::io("draw a random secret", io::Error::other(error.to_string())))?;
    Ok(Secret::new(take(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two secrets give the same pseudonyms.
    fn equal(one: &Secret, other: &Secret) -> bool {
        one.domain("x").hash(b"y").wide() == other.domain("x").hash(b"y").wide()
    }

    #[test]
    fn a_file_and_the_variable_give_the_same_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let plain = Secret::new(b"0123456789abcdef".to_vec());
        for written in ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n"] {
            fs::write(&path, written).expect("writes");
            let mut notes = Vec::new();
            let from_file = secret(Some(&path), None, &mut notes).expect("reads").expect("is given");
            let from_variable = secret(None, Some(written.into()), &mut Vec::new()).expect("reads").expect("is given");
            assert!(equal(&from_file, &plain) && equal(&from_variable, &plain), "{written:?}");
        }
        assert!(secret(None, None, &mut Vec::new()).expect("reads").is_none());
    }

    #[test]
    fn a_secret_that_everybody_can_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "0123456789abcdef").expect("writes");
        for (mode, told) in [(0o600, 0), (0o640, 0), (0o644, 1)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("sets");
            let mut notes = Vec::new();
            assert!(secret(Some(&path), None, &mut notes).expect("reads").is_some());
            assert_eq!(notes.len(), told, "{mode:o}: {notes:?}");
        }
    }

    #[test]
    fn bad_secrets_are_refused_without_being_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "canary\n").expect("writes");
        let short = "has 6 bytes, expected 16 at least; make one with: openssl rand -hex 32";
        let cases = [
            (Some(path.as_path()), None, format!("the secret of --secret-file {} {short}", path.display())),
            (None, Some("canary"), format!("the secret of PGVEIL_SECRET {short}")),
            (None, Some(""), "the secret of PGVEIL_SECRET has 0 bytes, expected 16 at least; make one with: openssl rand -hex 32".into()),
            (
                Some(path.as_path()),
                Some("canary"),
                "both PGVEIL_SECRET and --secret-file give a secret, expected one of them; unset PGVEIL_SECRET".into(),
            ),
        ];
        for (file, variable, expected) in cases {
            let error = secret(file, variable.map(OsString::from), &mut Vec::new()).expect_err("refused");
            assert_eq!(error.to_string(), expected);
            assert!(matches!(error, Error::Usage(_)));
        }
        let large = folder.path().join("large");
        fs::write(&large, vec![b'x'; MAX_SECRET + 1]).expect("writes");
        assert!(matches!(secret(Some(&large), None, &mut Vec::new()), Err(Error::Usage(_))));
        assert!(matches!(secret(Some(&folder.path().join("none")), None, &mut Vec::new()), Err(Error::Usage(_))));
    }

    #[test]
    fn random_secrets_differ() {
        assert!(!equal(&random().expect("draws"), &random().expect("draws")));
    }
}
