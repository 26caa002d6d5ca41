//! Damaged archives: every byte of the header and the table of contents flipped by itself, and cuts everywhere.

use std::fs;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

const SCHEMA: &str = "
CREATE TABLE a (id int PRIMARY KEY, e text);
CREATE TABLE c (id int, e text);
INSERT INTO a VALUES (1, 'first'), (2, 'second');
INSERT INTO c VALUES (3, 'third');
COMMENT ON TABLE a IS 'x';
CREATE VIEW v AS SELECT * FROM a;
";

/// What stands in the tables.
const ROWS: &str = "SELECT (SELECT string_agg(id || e, ',' ORDER BY id) FROM a), (SELECT string_agg(id || e, ',' ORDER BY id) FROM c)";

/// How many of the runs that find nothing wrong are restored, as a share.
const RESTORED: usize = 12;

fn archive() -> (Database, Vec<u8>) {
    let db = Server::get().database("flips");
    db.psql(SCHEMA);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.dump");
    let mut dump = db.command("pg_dump");
    dump.args(["-Fc", "--no-owner", "-f"]).arg(&path);
    run(dump, b"", 1).success();
    let bytes = fs::read(&path).expect("reads");
    (db, bytes)
}

/// A table of contents has no checksum, so a letter of a comment, a default or a function can change unseen. A row cannot
/// be lost by it, nor come into another table: the run fails, or the restore does, or the rows are there.
#[test]
fn a_flipped_byte_never_loses_or_moves_a_row() {
    let (db, bytes) = archive();
    let expected = db.psql(ROWS);
    let mut refused = 0;
    let mut whole = Vec::new();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let outcome = Pgveil::new(["filter", "-q"]).run(&damaged);
        match outcome.code() {
            0 => whole.push((at, outcome.stdout)),
            code => {
                assert!(matches!(code, 2 | 3), "byte {at}: exit status {code}: {}", outcome.err());
                assert!(!outcome.err().contains("panicked"), "byte {at}");
                refused += 1;
            }
        }
    }
    println!("{} bytes: {refused} refused, {} not", bytes.len(), whole.len());
    assert!(refused * 2 > bytes.len());
    let mut restored = 0;
    for (at, script) in whole.iter().step_by(RESTORED) {
        let target = Server::get().database("flipped");
        if target.psql_stdin(script, &["-1", "-v", "ON_ERROR_STOP=1"]).code() == 0 {
            assert_eq!(target.psql(ROWS), expected, "byte {at}");
            restored += 1;
        } else {
            assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0", "byte {at}");
        }
    }
    assert!(restored > 0);
}

#[test]
fn a_cut_archive_is_refused_wherever_it_is_cut() {
    let (_db, bytes) = archive();
    let cuts = 200.min(bytes.len() - 1);
    for cut in 0..cuts {
        let at = bytes.len() * cut / cuts;
        for args in [&["-Fp"][..], &["-Fc"]] {
            let outcome = Pgveil::new(["filter", "-q"]).args(args).run(&bytes[..at]);
            assert_eq!(outcome.code(), 3, "cut at {at}, {args:?}: {}", outcome.err());
        }
    }
}
