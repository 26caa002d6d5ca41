//! With rules that change nothing, what comes out is what went in, byte for byte.

use std::sync::Arc;

use crate::support::corpus::{self, Kind};
use crate::support::inside::{How, filter};
use crate::support::pgveil::Pgveil;

/// Rules that name every column and change none.
const KEEP: &str = "version = 1\n[defaults]\nunlisted = \"keep\"\n[columns]\n\"*\" = \"keep\"\n";

/// How the input arrives: read size and block size.
const SIZES: [(usize, usize); 4] = [(1, 4096), (7, 1009), (4096, 65_536), (1 << 20, 1 << 20)];

/// How a look at a dump is taken before it is used.
const HOW: How = How { read: 1 << 20, block: 1 << 20, threads: 1, file: true };

fn same(name: &str, input: &Arc<[u8]>, rules: &str, how: How) {
    let ran = filter(input, rules, how);
    assert_eq!(ran.error, None, "{name}: {how:?}");
    assert!(ran.output == **input, "{name}: the output differs, {how:?}");
    assert!(ran.summary.complete && ran.summary.bytes_in == input.len() as u64, "{name}: {:?}", ran.summary);
}

#[test]
fn every_dump_of_the_corpus_comes_back() {
    let mut count = 0;
    corpus::each(
        |entry| entry.kind == Kind::Dump,
        |entry, bytes| {
            let input: Arc<[u8]> = Arc::from(bytes);
            // A rule for columns needs a table to hold for: some dumps hold keys or statistics only.
            let tables = !filter(&input, KEEP, HOW).is_nothing();
            for (i, (read, block)) in SIZES.into_iter().enumerate() {
                // Every size with 1 and 4 threads, every size from a pipe and from a file.
                for (threads, file) in [(1, i % 2 == 0), (4, i % 2 == 1)] {
                    let how = How { read, block, threads, file };
                    same(&entry.name, &input, "", how);
                    if tables {
                        same(&entry.name, &input, KEEP, how);
                    }
                }
            }
            count += 1;
        },
    );
    assert!(count > 300, "only {count} dumps");
}

#[test]
fn compressed_dumps_come_back_unpacked() {
    let plain = corpus::read("18/torture.sql");
    let mut count = 0;
    corpus::each(
        |entry| entry.kind == Kind::Packed && entry.name.starts_with("18/torture.sql"),
        |entry, bytes| {
            let outcome = Pgveil::new(["filter", "-q"]).run(bytes).success();
            // Each was dumped on its own, with its own \restrict key.
            assert_eq!(outcome.stdout.len(), plain.len(), "{}", entry.name);
            count += 1;
        },
    );
    assert!(count > 0);
}

#[test]
fn the_program_itself_gives_a_dump_back_from_a_pipe_and_a_file() {
    let plain = corpus::read("18/torture.sql");
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output, rules) = (folder.path().join("in.sql"), folder.path().join("out.sql"), folder.path().join("keep.toml"));
    std::fs::write(&input, &plain).expect("writes");
    std::fs::write(&rules, KEEP).expect("writes");
    for threads in ["1", "4"] {
        let piped = Pgveil::new(["filter", "-q", "-j", threads, "-r"]).arg(&rules).chunk(4096).run(&plain).success();
        assert!(piped.stdout == plain);
        Pgveil::new(["filter", "-q", "-j", threads, "-r"]).arg(&rules).arg("-f").arg(&output).arg(&input).run("").success();
        assert!(std::fs::read(&output).expect("written") == plain);
    }
}
