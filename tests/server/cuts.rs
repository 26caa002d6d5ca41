//! Whatever byte the input was cut at, and whenever a signal comes: the restore leaves the target as it was, and the
//! exit status is not 0.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

const SCHEMA: &str = "
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, note text);
CREATE TABLE empty (a int);
CREATE TABLE nothing ();
CREATE TABLE \"odd \"\"table\" (\"a b\" text);
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '\\.' $$;
INSERT INTO people SELECT i, 'Name ' || i, 'user' || i || '@example.com', E'a\\tb\\\\c\\n' || i FROM generate_series(1, 40) i;
INSERT INTO \"odd \"\"table\" VALUES (E'\\\\.'), (NULL), ('');
INSERT INTO nothing SELECT FROM generate_series(1, 3);
";

const RULES: &str = "version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.people.columns]\nname = \"full_name\"\nemail = \"email\"\n";

/// The places that a cut is wanted at, by name, found in a dump; then places all over it.
fn places(dump: &[u8]) -> Vec<(String, usize)> {
    let find = |needle: &str, from: usize| {
        let at = dump[from..].windows(needle.len()).position(|window| window == needle.as_bytes());
        from + at.unwrap_or_else(|| panic!("the dump holds no {needle:?}"))
    };
    let copy = find("COPY public.people", 0);
    let row = find("\n1\tName 1\t", copy) + 1;
    let escape = find("\\t", row);
    let marker = find("\n\\.\n", row) + 1;
    let trailer = find("-- PostgreSQL database dump complete", marker);
    let mut places: Vec<(String, usize)> = [
        ("in the first comment", 5),
        ("in a SET statement", find("SET ", 0) + 6),
        ("in a CREATE TABLE", find("CREATE TABLE", 0) + 20),
        ("in a dollar-quoted body", find("$$", 0) + 6),
        ("before COPY", copy),
        ("in the word COPY", copy + 2),
        ("in the COPY header's table", copy + 10),
        ("in the COPY header's columns", find("(", copy) + 3),
        ("before the header's semicolon", find(";", copy)),
        ("behind the header's semicolon", find(";", copy) + 1),
        ("behind the COPY header", row),
        ("in the first field", row + 1),
        ("at a tab", row + 2),
        ("in a masked field", row + 5),
        ("in an escape", escape + 1),
        ("behind an escape", escape + 2),
        ("before the first row's line end", find("\n", row)),
        ("behind the first row", find("\n", row) + 1),
        ("in the second row", find("\n", row) + 4),
        ("before the end marker", marker),
        ("in the end marker", marker + 1),
        ("before the end marker's line end", marker + 2),
        ("behind the end marker", marker + 3),
        ("in a setting of keys", find("PRIMARY KEY", marker) + 3),
        ("between ALTER TABLE and its end", find("ADD CONSTRAINT", marker) + 5),
        ("before the trailer", trailer),
        ("in the trailer", trailer + 20),
        ("before the trailer's last letter", trailer + 35),
    ]
    .map(|(name, at)| (name.to_owned(), at))
    .into();
    // What ends behind the trailer is whole, but for a \unrestrict that belongs to its \restrict.
    let last = if dump.windows(12).any(|window| window == b"\\unrestrict ") { find("\\unrestrict", trailer) + 20 } else { trailer + 30 };
    let count = 180;
    places.extend((0..count).map(|i| (format!("at byte {}", last * i / count), last * i / count)));
    places
}

/// What is in the database beyond what every database has.
fn contents(db: &Database) -> String {
    db.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace; SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace; SELECT * FROM public.mine")
}

/// A dump, the rules' file, and a target that holds something.
fn stage() -> (Vec<u8>, tempfile::NamedTempFile, Database) {
    let server = Server::get();
    let source = server.database("cut_source");
    source.psql(SCHEMA);
    let target = server.database("cut_target");
    target.psql("CREATE TABLE mine (a int); INSERT INTO mine VALUES (42)");
    let rules = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(rules.path(), RULES).expect("writes");
    (source.dump(["--no-owner"]), rules, target)
}

#[test]
fn a_cut_dump_changes_nothing() {
    let (dump, rules, target) = stage();
    let before = contents(&target);
    let places = places(&dump);
    assert!(places.len() >= 200);
    for (i, (name, at)) in places.into_iter().enumerate() {
        let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).run(&dump[..at]);
        assert_eq!(outcome.code(), 3, "cut {name} (byte {at}): {}", outcome.err());
        // psql without ON_ERROR_STOP goes on after errors, and would commit: the harder case.
        let args: &[&str] = if i % 4 == 0 { &["-1", "-v", "ON_ERROR_STOP=1"] } else { &["-1"] };
        let restored = target.psql_stdin(&outcome.stdout, args);
        assert_eq!(contents(&target), before, "cut {name} (byte {at})");
        assert_eq!(restored.code(), 3, "psql {args:?}, cut {name} (byte {at}): {}", restored.err());
    }
    // The whole of it does restore.
    let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).run(&dump).success();
    target.psql_stdin(&outcome.stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    assert_ne!(contents(&target), before);
}

#[test]
fn a_cut_file_writes_nothing_and_leaves_no_file() {
    let (dump, rules, _) = stage();
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.sql"), folder.path().join("out.sql"));
    for (name, at) in places(&dump).into_iter().step_by(7) {
        std::fs::write(&input, &dump[..at]).expect("writes");
        let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).arg("-f").arg(&output).arg(&input).run("");
        assert_eq!(outcome.code(), 3, "cut {name}: {}", outcome.err());
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).expect("lists").filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        assert_eq!(left, ["in.sql"], "cut {name}");
    }
}

#[test]
fn a_bad_row_changes_nothing() {
    let (dump, rules, target) = stage();
    let before = contents(&target);
    let text = String::from_utf8(dump).expect("UTF-8");
    for (from, to) in
        [("\n40\tName 40\t", "\n40\tName 40"), ("\n39\tName 39\t", "\n39\tName\t39\t"), ("\n38\tName 38\t", "\n38\tName 38\\\t")]
    {
        let bad = text.replace(from, to);
        assert_ne!(bad, text);
        let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).run(bad);
        assert_eq!(outcome.code(), 3, "{}", outcome.err());
        assert!(outcome.err().contains("public.people, row "), "{}", outcome.err());
        assert_eq!(target.psql_stdin(&outcome.stdout, &["-1"]).code(), 3);
        assert_eq!(contents(&target), before);
    }
}

#[test]
fn a_signal_changes_nothing() {
    let (dump, rules, target) = stage();
    let before = contents(&target);
    // Twenty times, in the middle of the rows and elsewhere, after more and less time.
    for turn in 0..20_u64 {
        let (signal, name) = if turn % 2 == 0 { (Signal::TERM, "SIGTERM") } else { (Signal::INT, "SIGINT") };
        let at = dump.len() * usize::try_from(turn).expect("small") / 20;
        let mut running = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).heeding_signals().start();
        // A signal that came before the program watches for it would end it as it ends any program.
        running.wait_to_watch(signal);
        assert!(running.write(&dump[..at]));
        sleep(Duration::from_millis(turn * 7 % 50));
        // The input stays open: it is the signal that ends the run.
        let outcome = running.stop(signal);
        assert_eq!(outcome.code(), 1, "{}", outcome.err());
        assert_eq!(outcome.err(), format!("pgveil: stopped by {name}\n"));
        let restored = target.psql_stdin(&outcome.stdout, &["-1"]);
        assert_eq!(contents(&target), before, "{name} at byte {at}");
        assert_eq!(restored.code(), 3, "{}", restored.err());
    }
}
