//! The archives that pg_dump wrote, as scripts: byte for byte what pg_restore of their version prints.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pgveil::archive::script::Style;
use pgveil::archive::{Archive, Script};

use crate::support::pgveil::Pgveil;

/// The window of the packed archives, as `zstd --long=27` has it.
const WINDOW_LOG: u32 = 27;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The BLAKE3 hash and the size of each archive's script, by the archive's name.
fn manifest() -> BTreeMap<String, (String, u64)> {
    let text = fs::read_to_string(folder().join("archives.txt")).expect("tests/corpus/archives.txt is readable");
    let line = |line: &str| {
        let [blake3, size, name] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("archives.txt: {line}") };
        (name.to_owned(), (blake3.to_owned(), size.parse().expect("a number")))
    };
    text.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

/// Lays one archive after the other out in a folder, and hands its name and its path to `visit`.
pub(crate) fn each(mut visit: impl FnMut(&str, &Path)) {
    let file = File::open(folder().join("archives.tar.zst")).expect("the archives are readable");
    let mut decoder = zstd::Decoder::new(file).expect("a zstd frame");
    decoder.window_log_max(WINDOW_LOG).expect("a window that zstd takes");
    let mut at_hand: Option<(String, tempfile::TempDir)> = None;
    let mut finish = |at_hand: &mut Option<(String, tempfile::TempDir)>| {
        if let Some((name, folder)) = at_hand.take() {
            visit(&name, &folder.path().join(&name));
        }
    };
    for member in tar::Archive::new(decoder).entries().expect("a tar") {
        let mut member = member.expect("a whole tar");
        let path = member.path().expect("a name").into_owned();
        // VERSION/ARCHIVE, or VERSION/ARCHIVE/FILE of a directory; the files of one stand together.
        let name = path.iter().take(2).collect::<PathBuf>().to_string_lossy().into_owned();
        if at_hand.as_ref().is_none_or(|(known, _)| *known != name) {
            finish(&mut at_hand);
            at_hand = Some((name, tempfile::tempdir().expect("a folder")));
        }
        let to = at_hand.as_ref().expect("is there").1.path().join(&path);
        fs::create_dir_all(to.parent().expect("has one")).expect("a folder");
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).expect("a whole member");
        fs::write(to, bytes).expect("writes");
    }
    finish(&mut at_hand);
}

pub(crate) fn open(path: &Path) -> Archive {
    if path.is_dir() {
        return Archive::directory(path, &Arc::default()).expect("opens");
    }
    let bytes = fs::read(path).expect("reads");
    let custom = bytes.starts_with(b"PGDMP");
    let reader = Box::new(Cursor::new(bytes));
    if custom { Archive::custom(reader) } else { Archive::tar(reader) }.expect("opens")
}

#[test]
fn every_archive_is_the_script_that_pg_restore_prints() {
    let mut manifest = manifest();
    assert!(manifest.len() > 250, "only {} archives", manifest.len());
    each(|name, path| {
        let (blake3, size) = manifest.remove(name).unwrap_or_else(|| panic!("{name} is not in the manifest"));
        let mut script = Script::new(open(path), Style::default(), None).expect("is a script");
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        let mut count = 0;
        loop {
            let read = script.read(&mut buffer).unwrap_or_else(|error| panic!("{name}: {error}"));
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            count += read as u64;
        }
        assert_eq!((hasher.finalize().to_hex().as_str(), count), (blake3.as_str(), size), "{name}");
    });
    assert!(manifest.is_empty(), "not packed: {:?}", manifest.keys());
}

#[test]
fn every_version_format_and_compression_is_there() {
    let manifest = manifest();
    let has = |name: &str| assert!(manifest.contains_key(name), "{name} is missing");
    for version in 14..=18 {
        for database in ["torture_latin1", "torture_ascii", "torture_gucs"] {
            for form in ["Fc-Z0.dump", "Fc-gzip.dump", "Fc-gzip.pipe.dump", "Fd-gzip", "Ft.tar"] {
                has(&format!("{version}/{database}.{form}"));
            }
            for form in ["Fc-lz4.dump", "Fc-zstd.dump", "Fd-lz4", "Fd-zstd"].iter().filter(|_| version >= 16) {
                has(&format!("{version}/{database}.{form}"));
            }
        }
        has(&format!("{version}/torture_lo.Fc-Z0.dump"));
        has(&format!("{version}/torture_lo.Ft.tar"));
        has(&format!("{version}/torture.Fc-Z0.dump"));
    }
    for name in [
        "oldformats/torture.v1.12.Fc-gzip.dump",
        "oldformats/app.v1.12.Fc-gzip.dump",
        "oldformats/app.v1.13.int4-off4.Fc-gzip.dump",
        "real/dvdrental.pg11.v1.13.tar",
    ] {
        has(name);
    }
}

/// The script of an archive.
fn script(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    Script::new(open(path), Style::default(), None).expect("is a script").read_to_end(&mut text).expect("reads");
    text
}

/// A script without the search paths of single entries: one may be set for an entry that is left out.
fn pathless(script: &[u8]) -> Vec<&[u8]> {
    script.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"SET search_path")).collect()
}

#[test]
fn an_archive_is_filtered_as_its_script_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("rules.toml");
    fs::write(&rules, include_str!("rules/app.toml")).expect("writes");
    let mut count = 0;
    each(|name, path| {
        if !name.starts_with("oldformats/app.") {
            return;
        }
        let rules = rules.to_str().expect("UTF-8");
        let filter = |args: &[&str]| Pgveil::new(["filter", "-q", "-r", rules].iter().chain(args));
        let plain = script(path);
        let expected = filter(&[]).run(&plain).success().stdout;
        assert!(expected != plain, "nothing is masked");
        let file = filter(&[path.to_str().expect("UTF-8")]).run("").success().stdout;
        assert!(file == expected, "{name}: a file");
        let archive = fs::read(path).expect("reads");
        let pipe = filter(&[]).chunk(999).run(&archive).success().stdout;
        assert!(pipe == expected, "{name}: a pipe");
        let packed = zstd::encode_all(&archive[..], 1).expect("packs");
        assert!(filter(&[]).run(packed).success().stdout == expected, "{name}: packed");
        // Cut in its rows: no output from a file; from a pipe one that no restore takes for whole.
        let cut = filter(&[]).run(&archive[..archive.len() - 1000]);
        assert_eq!(cut.code(), 3, "{}", cut.err());
        assert!(cut.err().contains("the archive is cut"), "{}", cut.err());
        assert!(!cut.out().contains("dump complete"));
        // From archive to archive the same values are masked, also where each entry has its own search path.
        for form in ["custom", "directory", "tar"] {
            let out = folder.path().join(format!("{count}.{form}"));
            filter(&["-F", form, "-f", out.to_str().expect("UTF-8"), path.to_str().expect("UTF-8")]).run("").success();
            assert!(pathless(&script(&out)) == pathless(&expected), "{name}: {form}");
        }
        count += 1;
    });
    assert_eq!(count, 2);
}

#[test]
fn every_form_of_archive_passes_without_rules() {
    let mut count = 0;
    each(|name, path| {
        if !["torture_latin1.", "torture_gucs.", "torture_ext."].iter().any(|database| name.contains(database)) || !name.starts_with("18/")
        {
            return;
        }
        let expected = script(path);
        let file = Pgveil::new(["filter", "-q"]).arg(path).run("").success().stdout;
        assert!(file == expected, "{name}: by its name");
        if path.is_file() {
            let pipe = Pgveil::new(["filter", "-q"]).run(fs::read(path).expect("reads")).success().stdout;
            assert!(pipe == expected, "{name}: by a pipe");
        }
        count += 1;
    });
    assert!(count >= 20, "{count}");
}

#[test]
fn a_dump_in_a_tar_file_is_filtered() {
    let mut builder = tar::Builder::new(Vec::new());
    let script = "--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n--\n-- PostgreSQL database dump complete\n--\n\n";
    for name in ["backup/one.sql", "backup/two.sql"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(script.len() as u64);
        builder.append_data(&mut header, name, script.as_bytes()).expect("packs");
    }
    let tar = builder.into_inner().expect("packs");
    let one = Pgveil::new(["filter", "-q", "--member", "backup/two.sql"]).run(&tar).success();
    assert_eq!(one.out(), script);
    let both = Pgveil::new(["filter", "-q"]).run(&tar);
    assert_eq!(both.code(), 3);
    assert!(both.err().contains("the tar file holds 2 dumps, expected one; choose with --member NAME: backup/one.sql, backup/two.sql"));
}

/// Copied packed or rewritten, from directory to directory: a file that is cut stops the run, and leaves no folder.
#[test]
fn a_cut_file_of_a_directory_is_found() {
    let mut seen = 0;
    each(|name, path| {
        if !path.is_dir() || !name.starts_with("18/") {
            return;
        }
        let target = tempfile::tempdir().expect("a folder");
        let out = target.path().join("out");
        let run = || Pgveil::new(["filter", "-q", "-Fdirectory", "-f"]).arg(&out).arg(path).run([]);
        run().success();
        for file in fs::read_dir(path).expect("reads").map(|file| file.expect("reads").path()) {
            let name = file.file_name().expect("has one").to_string_lossy().into_owned();
            // What a large object holds when it is not packed, nobody knows; an empty file may stand for an empty one.
            if name == "toc.dat" || name.starts_with("blob") || !name.contains(".dat") {
                continue;
            }
            let whole = fs::read(&file).expect("reads");
            assert!(fs::read(out.join(&name)).expect("is copied") == whole, "{name}");
            // One is enough of each archive.
            fs::remove_dir_all(&out).expect("removes");
            for length in [0, 1, whole.len() / 2, whole.len() - 1] {
                fs::write(&file, &whole[..length]).expect("writes");
                let cut = run();
                assert_eq!(cut.code(), 3, "{name}, {length} of {} bytes: {}", whole.len(), cut.err());
                assert!(!out.exists());
            }
            fs::write(&file, whole).expect("writes");
            seen += 1;
            break;
        }
    });
    assert!(seen > 2, "{seen} archives");
}
