//! What is written where: no file that the run reads, and no two things to one.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::args::Filter;
use crate::error::{Error, Result};

/// A device and an inode.
type Identity = (u64, u64);

/// Refuses to write over a file that the run reads, or to write two things to one, by whatever name: `/dev/stdout` is what
/// standard output is. `outputs`: the main one first.
///
/// # Errors
/// [`Error::Usage`].
pub fn check(outputs: &[Filter]) -> Result<()> {
    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from).and_then(|stdout| stdout.metadata());
    check_with(outputs, stdout.ok().as_ref().and_then(identity))
}

/// The same, where standard output is that.
fn check_with(outputs: &[Filter], stdout: Option<Identity>) -> Result<()> {
    let Some(args) = outputs.first() else { return Err(Error::internal()) };
    let rules = outputs.iter().flat_map(|output| &output.rules).filter(|source| !source.starts_with("preset:")).map(Path::new);
    let read = rules.chain(args.secret_file.as_deref()).chain(args.schema_file.as_deref()).chain(args.input.as_deref());
    let read: Vec<&Path> = read.filter(|path| *path != Path::new("-")).collect();
    let also = outputs.iter().skip(1).filter_map(|output| output.file.as_deref()).map(|file| ("--also", file));
    let main = [("-f", args.file.as_deref()), ("--report", args.report.as_deref())];
    let targets: Vec<(&str, &Path)> = main.into_iter().filter_map(|(flag, path)| Some((flag, path?))).chain(also).collect();
    // Where the dump itself goes there.
    let stdout = stdout.filter(|_| args.file.is_none() && !args.dry_run);
    for (index, (flag, target)) in targets.iter().enumerate() {
        let shown = target.display();
        if let Some(same) = read.iter().find(|path| is_same_file(path, target)) {
            let same = same.display();
            return Err(Error::Usage(format!("{flag} {shown} would overwrite what the run reads ({same}), expected another file")));
        }
        if stdout.is_some() && identity_of(target) == stdout {
            return Err(Error::Usage(format!(
                "{flag} {shown} is standard output, which the main output goes to; expected another file, or -f for the main output"
            )));
        }
        if let Some((other, _)) = targets.iter().take(index).find(|(_, other)| is_same_target(other, target)) {
            return Err(Error::Usage(format!("{other} and {flag} both name {shown}, expected two files")));
        }
    }
    Ok(())
}

/// Whether two paths name one file or pipe, which need not be there yet. A device (`/dev/null`, a terminal) takes any number
/// of outputs.
fn is_same_target(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        fs::canonicalize(path).or_else(|_| fs::canonicalize(folder).map(|folder| folder.join(path.file_name().unwrap_or_default())))
    };
    let device = fs::metadata(one).is_ok_and(|found| is_device(&found));
    let same = || identity_of(one).is_some_and(|one| identity_of(other) == Some(one));
    !device && (one == other || same() || whole(one).ok().is_some_and(|one| whole(other).is_ok_and(|other| one == other)))
}

/// Whether two paths lead to one regular file that is there.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let is_file = fs::metadata(one).is_ok_and(|found| found.is_file());
    is_file && identity_of(one).is_some_and(|one| identity_of(other) == Some(one))
}

fn is_device(found: &Metadata) -> bool {
    found.file_type().is_char_device() || found.file_type().is_block_device()
}

/// What is there as one file or pipe; `None` for a device, and for nothing.
fn identity(found: &Metadata) -> Option<Identity> {
    (!is_device(found)).then(|| (found.dev(), found.ino()))
}

fn identity_of(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().as_ref().and_then(identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::also;
    use crate::cli::args::{Cli, Command};

    fn args(line: &[&str]) -> Filter {
        let cli = Cli::try_parse_from(["pgveil", "filter"].iter().chain(line)).expect("parses");
        match cli.command {
            Command::Filter(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_read_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        for name in ["in.sql", "rules.toml"] {
            fs::write(path(name), "x").expect("writes");
        }
        fs::hard_link(path("in.sql"), path("link.sql")).expect("links");
        let cases: &[(&[&str], bool)] = &[
            (&["-f", &path("in.sql"), &path("in.sql")], false),
            (&["-f", &path("link.sql"), &path("in.sql")], false),
            (&["-f", &path("rules.toml"), "-r", &path("rules.toml"), "-"], false),
            (&["--report", &path("rules.toml"), "-r", &path("rules.toml")], false),
            (&["--report", &path("new"), "-f", &path("new")], false),
            (&["-f", &path("new"), "--report", &path("report"), "-r", &path("rules.toml"), &path("in.sql")], true),
            (&["-f", "/dev/null", "--report", "/dev/stderr", "-r", "/dev/null"], true),
        ];
        for (line, fine) in cases {
            assert_eq!(check_with(&[args(line)], None).is_ok(), *fine, "{line:?}");
        }
    }

    #[test]
    fn no_two_outputs_are_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        for name in ["out.sql", "one"] {
            fs::write(path(name), "x").expect("writes");
        }
        std::os::unix::fs::symlink(path("one"), path("two")).expect("links");
        std::os::unix::fs::symlink(folder.path(), path("folder")).expect("links");
        rustix::fs::mknodat(rustix::fs::CWD, path("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).expect("makes");
        let stdout = identity_of(Path::new(&path("out.sql")));
        let also = |file: &str| format!("r.toml={}", if file.starts_with('/') { file.to_owned() } else { path(file) });
        for (line, fine) in [
            (vec!["--also".into(), also("out.sql")], false),
            (vec!["--also".into(), also("folder/out.sql")], false),
            (vec!["-f".into(), path("new"), "--also".into(), also("out.sql")], true),
            (vec!["--dry-run".into(), "--also".into(), also("out.sql")], true),
            (vec!["--report".into(), path("out.sql")], false),
            (vec!["--also".into(), also("one"), "--also".into(), also("two")], false),
            (vec!["--also".into(), also("new"), "--also".into(), also("folder/new")], false),
            (vec!["--also".into(), also("fifo"), "--also".into(), also("fifo")], false),
            (vec!["--also".into(), also("fifo"), "--also".into(), also("/dev/null"), "--also".into(), also("/dev/null")], true),
        ] {
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            let outputs = also::outputs(&args(&line)).expect("reads");
            assert_eq!(check_with(&outputs, stdout).is_ok(), fine, "{line:?}");
        }
    }
}
