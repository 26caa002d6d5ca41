//! What the archive writers write, pg_restore lists, prints and restores; what they abandoned, it refuses.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use pgveil::archive;
use pgveil::archive::write::{ArchiveWriter, Custom, Directory, Packing, Tar};
use pgveil::archive::{Compression, Format};

use crate::support::process::{Outcome, run};
use crate::support::server::{Database, Server};

#[allow(dead_code, reason = "the unit tests ask for more of it")]
#[path = "../../src/archive/write/tests/parse.rs"]
mod parse;

use parse::{Data, Parsed};

/// Tables, one of them empty, one without columns, one large enough for several batches; large objects, also an empty one.
const SCHEMA: &str = r"
CREATE TABLE people (id int PRIMARY KEY, name text, note text);
INSERT INTO people SELECT i, 'Zoé ' || i, repeat(md5(i::text), 3) || E'\t\\' FROM generate_series(1, 3000) i;
CREATE TABLE nothing ();
INSERT INTO nothing SELECT FROM generate_series(1, 3);
CREATE TABLE orders (id int PRIMARY KEY, person int REFERENCES people);
CREATE TABLE visits (id int, person int REFERENCES people);
INSERT INTO visits SELECT i, i FROM generate_series(1, 1000) i;
SELECT lo_from_bytea(100000 + i, decode(repeat(md5(i::text), i * 20), 'hex')) FROM generate_series(0, 30) i;
SELECT lo_from_bytea(4000000000, 'high');
SELECT lo_from_bytea(200000, (SELECT string_agg(decode(md5(i::text), 'hex'), '' ORDER BY i) FROM generate_series(1, 150000) i));
GRANT SELECT ON LARGE OBJECT 100003 TO PUBLIC;
";

/// How many bytes a batch has: small, so that there are many.
const BATCH: usize = 30_000;

fn database() -> Database {
    let db = Server::get().database("archive");
    db.psql(SCHEMA);
    db
}

/// An archive of pg_dump, not packed, and what it holds.
fn dumped(db: &Database, folder: &Path, args: &[&str]) -> (String, Parsed) {
    let path = folder.join("original.dump").to_str().expect("text").to_owned();
    let mut command = db.command("pg_dump");
    command.args(["-Fc", "-Z0", "--no-owner", "-f", &path]).args(args);
    run(command, b"", 1).success();
    let parsed = parse::parse(&fs::read(&path).expect("reads"));
    (path, parsed)
}

/// Writes all data of an archive: some of it packed in batches, as workers do it, the rest as it comes.
fn write(writer: &mut dyn ArchiveWriter, parsed: &Parsed) {
    let packer = writer.packer();
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    for block in &parsed.blocks {
        match &block.data {
            Data::Table(chunks) => {
                writer.begin_data(block.dump_id).expect("begins");
                let whole = chunks.concat();
                for (index, batch) in whole.chunks(BATCH).enumerate() {
                    let before = &whole[..index * BATCH];
                    let before: &[u8] = if index % 2 == 0 { before } else { &[] };
                    writer.packed(&packer.pack(before, batch).expect("packs")).expect("writes");
                }
            }
            Data::LargeObjects(objects) => {
                writer.begin_large_objects(block.dump_id).expect("begins");
                for (oid, chunks) in objects {
                    writer.begin_large_object(*oid).expect("begins");
                    // One of these is a batch of many chunks.
                    if oid % 2 == 0 {
                        writer.packed(&packer.pack(&[], &chunks.concat()).expect("packs")).expect("writes");
                    } else {
                        chunks.iter().for_each(|chunk| writer.data(chunk).expect("writes"));
                    }
                    writer.end_large_object().expect("ends");
                }
            }
        }
        writer.end().expect("ends");
    }
}

fn restore(db: &Database, args: &[&str], input: &[u8]) -> Outcome {
    let mut command = db.command("pg_restore");
    command.args(args);
    run(command, input, usize::MAX)
}

/// A listing or script without what differs each time or tells the format.
fn comparable(outcome: Outcome) -> String {
    let text = outcome.success().out();
    let differs = |line: &&str| {
        [r"\restrict", r"\unrestrict", ";     Format:", ";     Compression:", ";     Integer:", ";     Offset:", "; Archive created"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    text.lines().filter(|line| !differs(line)).collect::<Vec<_>>().join("\n")
}

/// The packings that the archive's version has.
fn packings(parsed: &Parsed, format: Format) -> Vec<Packing> {
    let all = ["none", "gzip:1", "gzip", "lz4", "zstd", "zstd:level=1,long"];
    let all = all.map(|text| Packing::parse(text).expect("a packing"));
    all.into_iter().filter(|packing| packing.check(format, parsed.header.version).is_ok()).collect()
}

/// An archive in each format and packing: its path, and whether `pg_restore -j` takes it.
fn written(folder: &Path, parsed: &Parsed) -> Vec<(String, bool)> {
    let mut archives = Vec::new();
    let mut path = |name: String| {
        let path = folder.join(name).to_str().expect("text").to_owned();
        archives.push((path.clone(), !path.contains("tar")));
        path
    };
    for (index, packing) in packings(parsed, Format::Custom).into_iter().enumerate() {
        let name = format!("{}{index}", packing.method());
        let open = |path: &str| File::create(path).expect("a file");
        let mut writer = Box::new(Custom::file(open(&path(format!("{name}.file"))), "file", packing).expect("opens"));
        write(&mut *writer, parsed);
        writer.finish().expect("finishes");
        let mut writer = Box::new(Custom::pipe(open(&path(format!("{name}.pipe"))), "pipe", packing));
        write(&mut *writer, parsed);
        writer.finish().expect("finishes");
        let mut writer = Box::new(Directory::create(Path::new(&path(format!("{name}.dir"))), packing).expect("creates"));
        write(&mut *writer, parsed);
        writer.finish().expect("finishes");
    }
    let mut writer = Box::new(Tar::file(File::create(path("file.tar".to_owned())).expect("a file"), "file").expect("opens"));
    write(&mut *writer, parsed);
    writer.finish().expect("finishes");
    let mut writer = Box::new(Tar::pipe(File::create(path("pipe.tar".to_owned())).expect("a file"), "pipe", folder));
    write(&mut *writer, parsed);
    writer.finish().expect("finishes");
    archives
}

#[test]
fn archives_are_listed_and_printed_as_the_original() {
    let db = database();
    for args in [&[][..], &["--inserts"], &["--schema-only"], &["--data-only"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let (original, parsed) = dumped(&db, folder.path(), args);
        let list = comparable(restore(&db, &["-l", &original], b""));
        let script = comparable(restore(&db, &["-f", "-", &original], b""));
        for (path, _) in written(folder.path(), &parsed) {
            assert_eq!(comparable(restore(&db, &["-l", &path], b"")), list, "{path}");
            assert!(comparable(restore(&db, &["-f", "-", &path], b"")) == script, "{path} is printed otherwise");
            if Path::new(&path).is_file() {
                let bytes = fs::read(&path).expect("reads");
                assert!(comparable(restore(&db, &["-f", "-"], &bytes)) == script, "{path} in a pipe is printed otherwise");
            }
        }
    }
}

/// What a database holds, as one line.
fn digest(db: &Database) -> String {
    db.psql(
        "SELECT (SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM people p), (SELECT count(*) FROM nothing),
                (SELECT md5(string_agg(v::text, ',' ORDER BY id)) FROM visits v), (SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'f')),
                (SELECT md5(string_agg(oid || md5(lo_get(oid)), ',' ORDER BY oid)) FROM pg_largeobject_metadata)",
    )
}

#[test]
fn archives_restore_with_jobs_and_from_a_pipe() {
    let source = database();
    let expected = digest(&source);
    let folder = tempfile::tempdir().expect("a folder");
    let (_, parsed) = dumped(&source, folder.path(), &[]);
    for (path, jobs) in written(folder.path(), &parsed) {
        let target = Server::get().database("restored");
        let connect = ["-e", "-d", target.name()];
        if jobs {
            restore(&target, &[&connect[..], &["-j4", &path]].concat(), b"").success();
        } else {
            restore(&target, &[&connect[..], &["-1", &path]].concat(), b"").success();
        }
        assert_eq!(digest(&target), expected, "{path}");
        if Path::new(&path).is_file() {
            let piped = Server::get().database("piped");
            restore(&piped, &["-1", "-d", piped.name()], &fs::read(&path).expect("reads")).success();
            assert_eq!(digest(&piped), expected, "{path} in a pipe");
        }
    }
}

/// Where an archive is abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Behind the head.
    Start,
    /// Between the blocks of two entries, of which this is the second.
    Before(usize),
    /// In the middle of this block.
    Within(usize),
    /// All data is written.
    End,
}

fn abandoned(mut writer: Box<dyn ArchiveWriter>, parsed: &Parsed, at: At) {
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    for (index, block) in parsed.blocks.iter().enumerate() {
        if at == At::Start || at == At::Before(index) {
            break;
        }
        match &block.data {
            Data::Table(chunks) => {
                writer.begin_data(block.dump_id).expect("begins");
                let until = if at == At::Within(index) { chunks.len() / 2 } else { chunks.len() };
                chunks[..until].iter().for_each(|chunk| writer.data(chunk).expect("writes"));
            }
            Data::LargeObjects(objects) => {
                writer.begin_large_objects(block.dump_id).expect("begins");
                let until = if at == At::Within(index) { objects.len() / 2 } else { objects.len() };
                for (oid, chunks) in &objects[..until] {
                    writer.begin_large_object(*oid).expect("begins");
                    chunks.iter().for_each(|chunk| writer.data(chunk).expect("writes"));
                    writer.end_large_object().expect("ends");
                }
            }
        }
        if at == At::Within(index) {
            break;
        }
        writer.end().expect("ends");
    }
    writer.abandon();
}

/// Everything that an abandoned writer has sent into a pipe.
fn sent(parsed: &Parsed, at: At, packing: Option<Packing>, folder: &Path) -> Vec<u8> {
    left(parsed, at, packing, folder, true)
}

/// What an abandoned writer has left in a pipe, or in a file that keeps its name as where standard output goes to one.
fn left(parsed: &Parsed, at: At, packing: Option<Packing>, folder: &Path, pipe: bool) -> Vec<u8> {
    let path = folder.join("abandoned");
    let file = File::create(&path).expect("a file");
    let writer: Box<dyn ArchiveWriter> = match (packing, pipe) {
        (Some(packing), true) => Box::new(Custom::pipe(file, "pipe", packing)),
        (None, true) => Box::new(Tar::pipe(file, "pipe", folder)),
        (Some(packing), false) => Box::new(Custom::file(file, "file", packing).expect("opens")),
        (None, false) => Box::new(Tar::file(file, "file").expect("opens")),
    };
    abandoned(writer, parsed, at);
    fs::read(&path).expect("reads")
}

/// Tables of a database.
fn tables(db: &Database) -> String {
    db.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
}

#[test]
fn an_abandoned_archive_is_refused() {
    let source = database();
    let folder = tempfile::tempdir().expect("a folder");
    for args in [&["-b"][..], &["-b", "--inserts", "-t", "visits"], &["--no-blobs"]] {
        let (_, parsed) = dumped(&source, folder.path(), args);
        let count = parsed.blocks.len();
        let places = (0..count).flat_map(|index| [At::Before(index), At::Within(index)]).chain([At::Start, At::End]);
        for at in places {
            let gzip = Packing::of(Compression::Gzip);
            let zstd = Packing::of(Compression::Zstd);
            let ways = [None, Some(Packing::NONE), Some(gzip), Some(zstd)].into_iter();
            let version = parsed.header.version;
            for packing in ways.filter(|packing| packing.is_none_or(|packing| packing.check(Format::Custom, version).is_ok())) {
                let bytes = sent(&parsed, at, packing, folder.path());
                let how = format!("{at:?} of {count} {packing:?} {args:?}");
                let target = Server::get().database("refused");
                let said = restore(&target, &["-1", "-d", target.name()], &bytes);
                assert_eq!(said.code(), 1, "-1: {how}: {}", said.err());
                assert_eq!(tables(&target), "0", "-1: {how}");
                if packing.is_none_or(|packing| packing == gzip) {
                    let said = restore(&target, &["-d", target.name()], &bytes);
                    assert_eq!(said.code(), 1, "{how}: {}", said.err());
                }
            }
        }
    }
}

/// A file that standard output went to keeps its name, and pg_restore finds no archive in it, wherever the run failed.
#[test]
fn an_abandoned_file_is_no_archive() {
    let source = database();
    let folder = tempfile::tempdir().expect("a folder");
    let (_, parsed) = dumped(&source, folder.path(), &["-b"]);
    let path = folder.path().join("abandoned").display().to_string();
    let places = (0..parsed.blocks.len()).flat_map(|index| [At::Before(index), At::Within(index)]).chain([At::Start, At::End]);
    for at in places {
        for packing in [None, Some(Packing::NONE), Some(Packing::of(Compression::Gzip))] {
            let bytes = left(&parsed, at, packing, folder.path(), false);
            for args in [&["-f", "-", &path][..], &["-l", &path], &["-f", "-"]] {
                let said = restore(&source, args, &bytes);
                assert_eq!((said.code(), said.out()), (1, String::new()), "{at:?} {packing:?} {args:?}: {}", said.err());
            }
        }
    }
}

/// `pg_restore -f - | psql -1`: psql sees no exit status, and yet restores nothing.
#[test]
fn what_is_printed_of_an_abandoned_archive_is_refused_too() {
    let source = database();
    let folder = tempfile::tempdir().expect("a folder");
    for args in [&["--no-blobs"][..], &["--no-blobs", "--inserts"]] {
        let (_, parsed) = dumped(&source, folder.path(), args);
        let count = parsed.blocks.len();
        for at in (0..count).flat_map(|index| [At::Before(index), At::Within(index)]).chain([At::End]) {
            for packing in [Some(Packing::NONE), Some(Packing::of(Compression::Gzip)), None] {
                // The last member of a tar is missing, or pg_restore would not fail.
                if packing.is_none() && [At::Before(count - 1), At::Within(count - 1), At::End].contains(&at) {
                    continue;
                }
                let bytes = sent(&parsed, at, packing, folder.path());
                let printed = restore(&source, &["-f", "-"], &bytes);
                assert_eq!(printed.code(), 1);
                let target = Server::get().database("refused");
                target.psql_stdin(&printed.stdout, &["-1"]);
                assert_eq!(tables(&target), "0", "{at:?} of {count} {packing:?} {args:?}");
            }
        }
    }
}

/// Batches of any size and kind, in any packing: pg_restore prints what they were made of.
#[test]
fn batches_of_any_size_are_printed_as_they_were() {
    let db = database();
    let folder = tempfile::tempdir().expect("a folder");
    let (_, parsed) = dumped(&db, folder.path(), &["-t", "visits"]);
    let noise =
        proptest::collection::vec(any::<u8>(), 0..60_000).prop_map(|bytes| bytes.iter().map(|byte| b' ' + byte % 64).collect::<Vec<u8>>());
    let rows = (0..4000usize, "[a-zé]{0,9}")
        .prop_map(|(count, word)| (0..count).flat_map(|i| format!("{i}\t{word}{}\n", i * 7919 % 1000).into_bytes()).collect::<Vec<u8>>());
    let batch = (prop_oneof![2 => rows, 1 => noise, 1 => Just(vec![b'x'; 1_500_000]), 1 => Just(Vec::new())], 0..3u8);
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&proptest::collection::vec(batch, 0..8), |batches| {
        for packing in packings(&parsed, Format::Custom) {
            let path = folder.path().join("batches").to_str().expect("text").to_owned();
            let mut writer = Box::new(Custom::pipe(File::create(&path).expect("a file"), "pipe", packing));
            let packer = writer.packer();
            writer.begin(&parsed.header, &parsed.entries).expect("begins");
            writer.begin_data(parsed.blocks[0].dump_id).expect("begins");
            let mut whole = Vec::new();
            for (batch, way) in &batches {
                match way {
                    0 => writer.data(batch).expect("writes"),
                    1 => writer.packed(&packer.pack(&whole, batch).expect("packs")).expect("writes"),
                    _ => writer.packed(&packer.pack(&[], batch).expect("packs")).expect("writes"),
                }
                whole.extend_from_slice(batch);
            }
            writer.end().expect("ends");
            writer.finish().expect("finishes");
            let printed = restore(&db, &["-a", "-f", "-", &path], b"").success().stdout;
            let start = memchr::memmem::find(&printed, b" FROM stdin;\n").expect("a COPY statement") + 13;
            prop_assert!(printed[start..].starts_with(&whole), "{packing:?}");
            // Nothing of it comes twice: what follows is the end of the script.
            prop_assert!(printed.len() - start - whole.len() < 500, "{packing:?}");
        }
        Ok(())
    });
    result.expect("the same");
}

/// Files that were packed by threads of their own.
#[test]
fn a_folder_is_written_by_several_threads() {
    let db = database();
    let folder = tempfile::tempdir().expect("a folder");
    let (original, parsed) = dumped(&db, folder.path(), &[]);
    let path = folder.path().join("threads");
    let mut writer = Box::new(Directory::create(&path, Packing::of(Compression::Gzip)).expect("creates"));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    rayon::scope(|scope| {
        for block in &parsed.blocks {
            let writer = &writer;
            scope.spawn(move |_| match &block.data {
                Data::Table(chunks) => {
                    let mut file = writer.file(block.dump_id).expect("opens");
                    chunks.iter().for_each(|chunk| file.data(chunk).expect("writes"));
                    file.finish().expect("finishes");
                }
                Data::LargeObjects(objects) => {
                    let mut group = writer.large_objects(block.dump_id).expect("opens");
                    for (oid, chunks) in objects {
                        let mut file = group.object(*oid).expect("opens");
                        chunks.iter().for_each(|chunk| file.data(chunk).expect("writes"));
                        file.finish().expect("finishes");
                    }
                    group.finish().expect("finishes");
                }
            });
        }
    });
    writer.finish().expect("finishes");
    let print = |path: &str| comparable(restore(&db, &["-f", "-", path], b""));
    assert!(print(path.to_str().expect("text")) == print(&original));
    // A gzip file is one for everybody.
    let mut gunzip = Command::new("gunzip");
    gunzip.arg("-t").args(fs::read_dir(&path).expect("lists").filter_map(|file| {
        let path = file.expect("a file").path();
        path.extension().is_some_and(|extension| extension == "gz").then_some(path)
    }));
    run(gunzip, b"", 1).success();
}
