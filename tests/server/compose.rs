//! A script that becomes an archive restores as the archive that pg_dump writes, by every way of pg_restore.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

/// Rules that have large objects pass, and columns that no preset knows.
const KEEP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/compose.toml");

fn source() -> Database {
    let db = Server::get().database("compose");
    db.psql(include_str!("../fixtures/pix.sql"));
    db.psql("SELECT lo_from_bytea(70000 + i, decode(repeat(md5(i::text), i * 50), 'hex')) FROM generate_series(0, 9) i");
    db.psql(include_str!("compose.sql"));
    db
}

fn restored(db: &Database, arguments: &[&str]) -> (i32, String) {
    let mut command = db.command("pg_restore");
    command.args(arguments);
    let outcome = run(command, b"", 1);
    // PostgreSQL 14 warns of a publication where the server has no logical replication.
    let said = outcome.err();
    let said = said.lines().filter(|line| !line.contains("wal_level")).map(|line| format!("{line}\n")).collect();
    (outcome.code(), said)
}

fn lines(bytes: Vec<u8>) -> Vec<String> {
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines().filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict")).map(str::to_owned).collect()
}

/// Kind, schema, name and owner of each entry, without its numbers.
fn list(db: &Database, path: &str) -> Vec<String> {
    let mut command = db.command("pg_restore");
    command.args(["-l", path]);
    let said = lines(run(command, b"", 1).success().stdout);
    let entries = said.iter().filter(|line| !line.starts_with(';') && !line.is_empty());
    entries.map(|line| line.splitn(4, ' ').nth(3).expect("four fields").to_owned()).collect()
}

/// Each entry with what it needs; `through`: through others too.
fn needs(db: &Database, path: &str, through: bool) -> BTreeMap<String, BTreeSet<String>> {
    let mut command = db.command("pg_restore");
    command.args(["-l", "-v", path]);
    let said = lines(run(command, b"", 1).success().stdout);
    let (mut names, mut direct, mut last) = (BTreeMap::new(), BTreeMap::new(), String::new());
    for line in &said {
        if let Some(numbers) = line.strip_prefix(";\tdepends on:") {
            direct.insert(last.clone(), numbers.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        } else if let Some((number, rest)) = line.split_once("; ").filter(|_| !line.starts_with(';')) {
            last = number.to_owned();
            names.insert(last.clone(), rest.splitn(3, ' ').nth(2).expect("three fields").to_owned());
        }
    }
    let all = names.iter().map(|(number, name)| {
        let (mut found, mut open) = (BTreeSet::new(), vec![number.clone()]);
        while let Some(next) = open.pop() {
            let fresh = direct.get(&next).into_iter().flatten().filter(|number| found.insert((*number).clone()));
            let fresh: Vec<String> = fresh.cloned().collect();
            open.extend(fresh.into_iter().filter(|_| through));
        }
        (name.clone(), found.iter().filter_map(|number| names.get(number).cloned()).collect())
    });
    all.collect()
}

/// Jobs of pg_restore wait for what an entry needs: ours names all that pg_dump's does, where the order does not settle it
/// (what stands before the data is restored by one job).
fn assert_waits_for_as_much(db: &Database, path: &str, own: &str) {
    let ours = needs(db, path, true);
    let mut count = 0;
    for (entry, needed) in needs(db, own, false) {
        for need in needed.iter().filter(|need| !need.starts_with("DATABASE ")) {
            let settled = [
                ("SEQUENCE ", "TABLE "),
                ("TABLE ", "TABLE "),
                ("INDEX ", "INDEX "),
                ("INDEX ", "TABLE "),
                ("ACL ", "TABLE "),
                ("CONSTRAINT ", "CONSTRAINT "),
                ("CONSTRAINT ", "TABLE "),
                ("INDEX ATTACH side event_1_0", "INDEX side event_key"),
            ];
            if settled.iter().any(|(one, other)| entry.starts_with(one) && need.starts_with(other)) {
                continue;
            }
            assert!(ours.get(&entry).is_some_and(|ours| ours.contains(need)), "{entry} does not wait for {need}");
            count += 1;
        }
    }
    assert!(count > 300, "only {count} were compared");
}

fn composed(db: &Database, folder: &Path, format: &str) -> String {
    let path = folder.join(format!("made.{format}")).display().to_string();
    let plain = db.dump([""; 0]);
    Pgveil::new(["filter", "-q", "-F", format, "-f", &path]).run(&plain).success();
    path
}

/// The archive that pg_dump itself writes.
fn of_pg_dump(db: &Database, folder: &Path) -> String {
    let path = folder.join("own.dump").display().to_string();
    let mut command = db.command("pg_dump");
    command.args(["-Fc", "-f", &path]);
    run(command, b"", 1).success();
    path
}

#[test]
fn it_lists_and_restores_as_pg_dumps_own() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let own = of_pg_dump(&db, folder.path());
    let expected = lines(db.dump([""; 0]));
    for format in ["custom", "directory", "tar"] {
        let path = composed(&db, folder.path(), format);
        let ours = list(&db, &path);
        let theirs: Vec<String> = list(&db, &own).into_iter().filter(|line| !line.starts_with("DATABASE ")).collect();
        assert_eq!(ours, theirs, "{format}");
        assert_waits_for_as_much(&db, &path, &own);
        let ways: &[&[&str]] = if format == "tar" { &[&["-1"]] } else { &[&["-j4"], &["-1"]] };
        for way in ways {
            let target = Server::get().database("composed");
            assert_eq!(restored(&target, &[way, &["--exit-on-error", "-d", target.name(), &path][..]].concat()), (0, String::new()));
            assert!(lines(target.dump([""; 0])) == expected, "{format} {way:?}");
            // And again, over itself.
            let clean = restored(&target, &["--clean", "--if-exists", "--exit-on-error", "-d", target.name(), &path]);
            assert_eq!(clean, (0, String::new()), "{format}");
            assert!(lines(target.dump([""; 0])) == expected, "{format} {way:?}: again");
        }
    }
}

#[test]
fn parts_of_it_are_those_of_pg_dumps_own() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let own = of_pg_dump(&db, folder.path());
    let made = composed(&db, folder.path(), "custom");
    let all = folder.path().join("list").display().to_string();
    let listed = {
        let mut command = db.command("pg_restore");
        command.args(["-l", &made]);
        String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8")
    };
    let some: String = listed
        .lines()
        .filter(|line| (line.contains(" TABLE ") && !line.contains(" TABLE DATA ")) || line.starts_with(';'))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(&all, some).expect("writes");
    let printed = |path: &str, flags: &[&str]| {
        let mut command = db.command("pg_restore");
        command.args(flags).args(["-f", "-", path]);
        lines(run(command, b"", 1).success().stdout)
    };
    for flags in [
        &["-O", "-x"][..],
        &["-t", "users"],
        &["-n", "side"],
        &["--section=pre-data"],
        &["--section=data"],
        &["--section=post-data"],
        &["-s"],
        &["-a"],
        &["--clean", "--if-exists"],
        &["--no-comments", "--no-publications"],
    ] {
        assert_eq!(printed(&made, flags), printed(&own, flags), "{flags:?}");
    }
    let chosen = printed(&made, &["-L", &all]);
    let copied: Vec<&String> = chosen.iter().filter(|line| line.starts_with("COPY public.")).collect();
    assert!(chosen.iter().any(|line| line.starts_with("CREATE TABLE")) && copied.is_empty(), "{copied:?}");
}

#[test]
fn rules_hold_on_the_way() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let rules = ["filter", "-q", "-r", "preset:pix", "-r", KEEP, "-T", "element-answers", "-O"];
    let plain = db.dump([""; 0]);
    let target = Server::get().database("as_script");
    target.psql_stdin(&Pgveil::new(rules).run(&plain).success().stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    let expected = lines(target.dump(["--no-owner"]));
    for (format, jobs) in [("custom", "-j2"), ("directory", "-j4"), ("tar", "-1")] {
        let path = folder.path().join(format!("ruled.{format}")).display().to_string();
        let file = folder.path().join("in.sql").display().to_string();
        std::fs::write(&file, &plain).expect("writes");
        Pgveil::new(rules).args(["-F", format, "-f", &path, &file]).run([]).success();
        let target = Server::get().database("as_archive");
        assert_eq!(restored(&target, &[jobs, "--exit-on-error", "-d", target.name(), &path]), (0, String::new()));
        assert!(lines(target.dump(["--no-owner"])) == expected, "{format}");
    }
}

#[test]
fn rows_as_insert_become_the_data_of_entries() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let expected = lines(db.dump([""; 0]));
    for form in ["--inserts", "--column-inserts", "--rows-per-insert=7"] {
        let path = folder.path().join("inserts.dump").display().to_string();
        Pgveil::new(["filter", "-q", "-Fc", "-f", &path]).run(db.dump([form])).success();
        let target = Server::get().database("inserted");
        assert_eq!(restored(&target, &["-j2", "--exit-on-error", "-d", target.name(), &path]), (0, String::new()));
        assert!(lines(target.dump([""; 0])) == expected, "{form}");
    }
}

#[test]
fn a_failed_run_leaves_no_archive() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let plain = db.dump([""; 0]);
    for format in ["custom", "directory", "tar"] {
        let path = folder.path().join(format!("never.{format}"));
        let outcome = Pgveil::new(["filter", "-q", "-F", format, "-f"]).arg(&path).run(&plain[..plain.len() / 2]);
        assert!(outcome.code() == 3 && !path.exists(), "{format}: {}", outcome.err());
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 0);
}

/// pg_restore takes what stands before the data first, and goes on with other connections: with one job or several a script
/// written by hand gives what psql makes of it.
#[test]
fn what_is_written_by_hand_restores_with_any_number_of_jobs() {
    let head = "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\
        SELECT pg_catalog.set_config('search_path', '', false);\n";
    let paths = "CREATE SCHEMA crm;\nSET search_path = public;\nCREATE TABLE t (id serial PRIMARY KEY, v text UNIQUE);\nCOPY t (id, v) FROM stdin;\n1\ta\n\\.\n\
        SELECT setval('t_id_seq', 10);\nCREATE VIEW v AS SELECT * FROM t;\nCREATE VIEW crm.w AS SELECT * FROM t;\nALTER TABLE t ADD CHECK (id > 0);\n\
        SET search_path = crm;\nCREATE TABLE \"T u\" AS SELECT 1 AS id WHERE false;\nCREATE TABLE u (id int REFERENCES public.t (id));\n\
        COPY \"T u\" FROM stdin;\n7\n\\.\nCOPY u FROM stdin;\n1\n\\.\nCREATE INDEX ON u (id);\n";
    let anew = "CREATE TABLE public.t (id int, v text);\nCOPY public.t (id, v) FROM stdin;\n1\ta\n2\tb\n\\.\nCREATE INDEX i ON public.t (id);\nDROP TABLE public.t;\n\
        CREATE TABLE public.t (id int, v text);\nCOPY public.t FROM stdin;\n9\tz\n\\.\n\
        CREATE TABLE public.kept AS SELECT * FROM public.t;\nCREATE MATERIALIZED VIEW public.m AS SELECT v FROM public.t;\nCREATE VIEW public.w AS SELECT v FROM public.t;\nCOMMENT ON TABLE public.t IS 'anew';\n\
        CREATE INDEX i ON public.t (v);\n";
    let folder = tempfile::tempdir().expect("a folder");
    for (name, body) in [("paths", paths), ("anew", anew)] {
        let script = format!("{head}{body}--\n-- PostgreSQL database dump complete\n--\n\n");
        let by_psql = Server::get().database("by_hand");
        by_psql.psql_stdin(script.as_bytes(), &["-v", "ON_ERROR_STOP=1"]).success();
        let expected = lines(by_psql.dump([""; 0]));
        for format in ["custom", "directory"] {
            let path = folder.path().join(format!("{name}.{format}")).display().to_string();
            Pgveil::new(["filter", "-q", "-F", format, "-f", &path]).run(script.as_bytes()).success();
            for jobs in ["-j1", "-j4"] {
                let target = Server::get().database("by_restore");
                assert_eq!(
                    restored(&target, &[jobs, "--exit-on-error", "-d", target.name(), &path]),
                    (0, String::new()),
                    "{name} {format} {jobs}"
                );
                assert_eq!(lines(target.dump([""; 0])), expected, "{name} {format} {jobs}");
            }
        }
    }
    let bare = format!(
        "{head}SET search_path = public;\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n--\n-- PostgreSQL database dump complete\n--\n\n"
    );
    let refused = Pgveil::new(["filter", "-q", "-Fc"]).run(bare.as_bytes());
    assert!(refused.code() == 2 && refused.err().contains("INSERT statements name their table without its schema"), "{}", refused.err());
}
