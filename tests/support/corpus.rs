//! The packed dumps of `tests/corpus`, unpacked in memory as they are asked for. See `tests/corpus/pack.sh` for what they
//! are and how they were packed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

/// The window of the archives, as `zstd --long=27` has it.
const WINDOW_LOG: u32 = 27;

/// What a member of the corpus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole dump as pg_dump or pg_dumpall wrote it.
    Dump,
    /// A whole dump, compressed by pg_dump itself: gzip, lz4 or zstd.
    Packed,
    /// A dump that was cut, or edited as people and tools edit dumps; not every one is refused.
    Damaged,
    /// A script that a person or another tool wrote: what a dump was made of.
    Script,
}

/// A member of the corpus.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// `14/torture.sql`: the version of pg_dump (or `oldformats`, `damaged`, `real/15`, `sql`), the database, the options.
    pub(crate) name: String,
    /// What it is, by its name.
    pub(crate) kind: Kind,
    /// In bytes, as it stands in the archive.
    pub(crate) size: u64,
    /// The BLAKE3 hash in hexadecimal.
    pub(crate) blake3: String,
    archive: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn kind(name: &str) -> Kind {
    if name.starts_with("damaged/") {
        Kind::Damaged
    } else if name.starts_with("sql/") || name.ends_with(".src.sql") {
        Kind::Script
    } else if name.ends_with(".sql") {
        Kind::Dump
    } else {
        Kind::Packed
    }
}

/// Every member, in the order of the manifest: dumps of one name stand side by side.
pub(crate) fn list() -> Vec<Entry> {
    let manifest = fs::read_to_string(folder().join("manifest.txt")).expect("tests/corpus/manifest.txt is readable");
    let entry = |line: &str| {
        let [blake3, size, archive, name] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("tests/corpus/manifest.txt: not four fields: {line}")
        };
        let size = size.parse().expect("the size is a number");
        Entry { name: name.into(), kind: kind(name), size, blake3: blake3.into(), archive: archive.into() }
    };
    manifest.lines().filter(|line| !line.starts_with('#')).map(entry).collect()
}

/// Unpacks every member that `select` takes and hands it to `visit`, one at a time, with 128 MiB of window.
///
/// # Panics
/// Nothing was selected (a test over nothing would prove nothing), or the archives do not hold what the manifest says.
#[track_caller]
pub(crate) fn each(select: impl Fn(&Entry) -> bool, mut visit: impl FnMut(&Entry, &[u8])) {
    let mut archives: BTreeMap<String, BTreeMap<String, Entry>> = BTreeMap::new();
    for entry in list().into_iter().filter(|entry| select(entry)) {
        archives.entry(entry.archive.clone()).or_default().insert(entry.name.clone(), entry);
    }
    assert!(!archives.is_empty(), "no dump of the corpus was selected");
    for (archive, mut wanted) in archives {
        unpack(&archive, &mut wanted, &mut visit);
        assert!(wanted.is_empty(), "{archive}.tar.zst lacks {:?}", wanted.keys());
    }
}

fn unpack(archive: &str, wanted: &mut BTreeMap<String, Entry>, visit: &mut impl FnMut(&Entry, &[u8])) {
    let file = File::open(folder().join(format!("{archive}.tar.zst"))).expect("the archive is readable");
    let mut decoder = zstd::Decoder::new(file).expect("a zstd frame");
    decoder.window_log_max(WINDOW_LOG).expect("a window that zstd takes");
    let mut bytes = Vec::new();
    for member in tar::Archive::new(decoder).entries().expect("a tar") {
        let mut member = member.expect("a whole tar");
        let name = member.path().expect("a name").to_string_lossy().into_owned();
        let Some(entry) = wanted.remove(&name) else { continue };
        bytes.clear();
        member.read_to_end(&mut bytes).expect("a whole member");
        assert_eq!(bytes.len() as u64, entry.size, "{name}: not the size of the manifest");
        visit(&entry, &bytes);
        if wanted.is_empty() {
            return;
        }
    }
}

/// One member by its name.
#[track_caller]
pub(crate) fn read(name: &str) -> Vec<u8> {
    let mut found = Vec::new();
    each(|entry| entry.name == name, |_, bytes| found = bytes.to_vec());
    found
}
