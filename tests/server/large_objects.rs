//! Large objects of every format, kept, emptied and left out, as the server has them afterwards.

use std::fs;
use std::path::Path;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

const SCHEMA: &str = "
CREATE TABLE photos (id int PRIMARY KEY, photo oid);
SELECT lo_from_bytea(900001, decode(repeat('ab', 50000), 'hex'));
SELECT lo_from_bytea(900002, 'second');
SELECT lo_create(900003);
INSERT INTO photos VALUES (1, 900001), (2, 900002);
COMMENT ON LARGE OBJECT 900001 IS 'the first';
GRANT SELECT ON LARGE OBJECT 900002 TO PUBLIC;
";

/// What a server knows of them: objects, bytes, comments, grants, rows.
const LOOK: &str = "
SELECT count(*) FROM pg_largeobject_metadata WHERE oid BETWEEN 900001 AND 900003;
SELECT coalesce(sum(octet_length(lo_get(oid))), 0) FROM pg_largeobject_metadata WHERE oid BETWEEN 900001 AND 900003;
SELECT count(*) FROM pg_description WHERE classoid = 'pg_largeobject'::regclass;
SELECT count(*) FROM pg_largeobject_metadata WHERE lomacl::text LIKE '%=r/%';
SELECT count(*) FROM photos;
";

/// Restores what was written, a script or an archive.
fn look(output: &Path, archive: bool) -> String {
    let target = Server::get().database("objects");
    if archive {
        let mut restore = target.command("pg_restore");
        restore.args(["-e", "-d", target.name()]).arg(output);
        run(restore, b"", 1).success();
    } else {
        target.psql_stdin(&fs::read(output).expect("reads"), &["-v", "ON_ERROR_STOP=1"]).success();
    }
    target.psql(LOOK).replace('\n', " ")
}

fn dumped(db: &Database, folder: &Path, format: &str) -> String {
    let path = folder.join(format!("dump.{format}")).to_str().expect("text").to_owned();
    let mut dump = db.command("pg_dump");
    dump.args(["-F", format, "-f", &path]);
    run(dump, b"", 1).success();
    path
}

#[test]
fn they_are_kept_emptied_or_left_out_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Server::get().database("with_objects");
    db.psql(SCHEMA);
    let rules = |name: &str, text: &str| {
        let path = folder.path().join(name).to_str().expect("text").to_owned();
        fs::write(&path, format!("version = 1\n[defaults]\nunlisted = \"keep\"\n{text}")).expect("writes");
        path
    };
    let (drop, empty) = (rules("drop", "[large_objects]\ndata = \"drop\""), rules("empty", "[large_objects]\ndata = \"empty\""));
    let keep = rules("keep", "[tables.photos]\nwhere = \"id = 1\"\n[large_objects]\ndata = \"keep\"");
    let both = rules("both", "[tables.photos]\ndata = \"skip\"\n[large_objects]\ndata = \"empty\"");
    let mut count = 0;
    for format in ["p", "c", "d", "t"] {
        let input = dumped(&db, folder.path(), format);
        for (args, expected) in [
            (vec!["-r", &keep], "3 50006 1 1 1"),
            (vec!["-r", &empty], "3 0 1 1 2"),
            (vec!["-r", &both], "3 0 1 1 0"),
            (vec!["-r", &drop], "0 0 0 0 2"),
            (vec!["-B"], "0 0 0 0 2"),
        ] {
            for to in ["p", "same", "c"].into_iter().filter(|to| format != "p" || *to == "p") {
                count += 1;
                let output = folder.path().join(format!("out{count}"));
                let pgveil = Pgveil::new(["filter", "-q", "-F", to]).args(&args).arg("-f").arg(&output).arg(&input);
                pgveil.run("").success();
                assert_eq!(look(&output, to != "p"), expected, "{format} to {to}, {args:?}");
                // From a pipe the same.
                if format != "d" && to != "same" {
                    let piped = Pgveil::new(["filter", "-q", "-F", to]).args(&args).run(fs::read(&input).expect("reads")).success();
                    let output = folder.path().join(format!("piped{count}"));
                    fs::write(&output, piped.stdout).expect("writes");
                    assert_eq!(look(&output, to != "p"), expected, "{format} to {to} by a pipe, {args:?}");
                }
            }
        }
    }
}

#[test]
fn without_a_rule_they_are_told_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Server::get().database("with_objects");
    db.psql(SCHEMA);
    let path = folder.path().join("rules.toml");
    for format in ["p", "c"] {
        let input = dumped(&db, folder.path(), format);
        let filter = |rules: &str, more: &[&str]| {
            fs::write(&path, format!("version = 1\n{rules}")).expect("writes");
            Pgveil::new(["filter", "-r"]).arg(&path).args(more).arg(&input).run("")
        };
        for to in ["p", "c"].into_iter().filter(|to| format == "c" || *to == "p") {
            let told = filter("[tables.photos]\nwhere = \"id = 1\"", &["-F", to]).success();
            assert!(told.err().contains("3 large objects pass as they are, and can hold anything"), "{}", told.err());
            let refused = filter("[defaults]\nunlisted = \"error\"", &["-F", to]);
            assert_eq!((refused.code(), refused.stdout.len()), (4, 0), "{}", refused.err());
            assert!(refused.err().contains("the dump holds large objects"), "{}", refused.err());
            let left = filter("[large_objects]\ndata = \"drop\"", &["-F", to]).success();
            assert!(left.err().contains("3 large objects were left out"), "{}", left.err());
            if to == "p" {
                assert!(left.err().contains("column public.photos.photo is of type oid: it may point at"), "{}", left.err());
            }
        }
    }
}
