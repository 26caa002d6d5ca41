//! Whatever format goes in and comes out: the same rules give the same rows, and a failed run restores nothing.

use std::fs;
use std::path::Path;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

const RULES: [&str; 9] = ["filter", "-q", "-r", "preset:pix", "-r", KEEP, "-T", "element-answers", "-O"];

/// Rules that have large objects pass.
const KEEP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/keep_large_objects.toml");

fn source() -> Database {
    let db = Server::get().database("formats");
    db.psql(include_str!("../fixtures/pix.sql"));
    db.psql("SELECT lo_from_bytea(70000 + i, decode(repeat(md5(i::text), i * 50), 'hex')) FROM generate_series(0, 9) i");
    db
}

/// A dump of `db` in a format.
fn dumped(db: &Database, folder: &Path, format: &str) -> String {
    let path = folder.join(format!("in.{format}")).display().to_string();
    let mut command = db.command("pg_dump");
    command.args([&format!("-F{format}"), "-f", &path]);
    run(command, b"", 1).success();
    path
}

/// Every row of every table, and every object, as a dump of the database says it.
fn content(db: &Database) -> Vec<String> {
    let dump = String::from_utf8(db.dump(["--no-owner"])).expect("UTF-8");
    dump.lines().filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict")).map(str::to_owned).collect()
}

fn restore(path: &str, jobs: bool) -> Database {
    let target = Server::get().database("restored");
    let mut command = target.command("pg_restore");
    command.args(if jobs { ["-j2", "--exit-on-error"] } else { ["-1", "--exit-on-error"] });
    command.args(["--no-owner", "-d", target.name(), path]);
    run(command, b"", 1).success();
    target
}

#[test]
fn the_same_rules_give_the_same_rows_in_every_format() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let plain = Server::get().database("plain");
    plain.psql_stdin(&Pgveil::new(RULES).run(db.dump([""; 0])).success().stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    let expected = content(&plain);
    for from in ["c", "d", "t"] {
        let input = dumped(&db, folder.path(), from);
        for to in ["custom", "directory", "tar"] {
            let output = folder.path().join(format!("{from}.{to}")).display().to_string();
            Pgveil::new(RULES).args(["-F", to, "-f", &output, &input]).run([]).success();
            assert!(content(&restore(&output, to != "tar")) == expected, "{from} to {to}");
        }
        let script = Pgveil::new(RULES).arg(&input).run([]).success().stdout;
        let target = Server::get().database("script");
        target.psql_stdin(&script, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
        assert!(content(&target) == expected, "{from} to a script");
    }
}

#[test]
fn an_archive_goes_through_pipes_and_says_what_it_holds() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let input = dumped(&db, folder.path(), "c");
    let rules = RULES.iter().filter(|rule| **rule != "-O");
    let piped = Pgveil::new(rules).args(["-Fc"]).run(fs::read(&input).expect("reads")).success().stdout;
    let file = folder.path().join("piped.dump").display().to_string();
    fs::write(&file, &piped).expect("writes");
    let list = |path: &str| {
        let mut command = db.command("pg_restore");
        command.args(["-l", path]);
        let said = String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8");
        said.lines().filter(|line| !line.starts_with(';') && !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (before, after) = (list(&input), list(&file));
    // The dropped table goes with all that is its own, and the data of three tables that the rules skip.
    let skipped = ["answers", "knowledge-elements", "knowledge-element-snapshots"];
    let stays = |line: &&String| {
        let data = skipped.iter().any(|table| line.contains(&format!("TABLE DATA public {table} ")));
        !data && !line.contains("element-answers")
    };
    let expected: Vec<&String> = before.iter().filter(stays).collect();
    assert!(before.len() - expected.len() > 9, "{before:?}");
    assert_eq!(after.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn nothing_changes_without_rules() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let input = dumped(&db, folder.path(), "c");
    let output = folder.path().join("same.dump").display().to_string();
    Pgveil::new(["filter", "-q", "-F", "same", "-f", &output, &input]).run([]).success();
    assert!(fs::read(&input).expect("reads") == fs::read(&output).expect("reads"), "another archive");
}

#[test]
fn a_cut_archive_leaves_nothing_that_restores() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let whole = fs::read(dumped(&db, folder.path(), "c")).expect("reads");
    let path = folder.path().join("cut.dump");
    for part in 0..25 {
        let cut = &whole[..whole.len() * part / 25];
        let outcome = Pgveil::new(RULES).args(["-Fc"]).run(cut);
        assert_eq!(outcome.code(), 3, "cut at {part}/25: {}", outcome.err());
        fs::write(&path, &outcome.stdout).expect("writes");
        let target = Server::get().database("untouched");
        let mut command = target.command("pg_restore");
        command.args(["-1", "-d", target.name()]).arg(&path);
        assert_ne!(run(command, b"", 1).code(), 0, "cut at {part}/25");
        assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
        let file = folder.path().join("never.dump");
        let outcome = Pgveil::new(RULES).args(["-Fc", "-f"]).arg(&file).run(cut);
        assert!(outcome.code() == 3 && !file.exists(), "cut at {part}/25");
    }
}

#[test]
fn rows_as_insert_go_from_archive_to_archive() {
    let db = Server::get().database("inserts");
    db.psql(
        "CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, up text GENERATED ALWAYS AS (upper(email)) STORED);
         INSERT INTO g (email) SELECT 'm' || i || '@secret.example' FROM generate_series(1, 500) i",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.dump").display().to_string();
    let rules = folder.path().join("rules.toml").display().to_string();
    fs::write(&rules, "version = 1\n[tables.g.columns]\nemail = \"email\"\n").expect("writes");
    let mut seen = Vec::new();
    for form in ["--inserts", "--column-inserts", "--rows-per-insert=7", "--format=custom"] {
        let mut command = db.command("pg_dump");
        command.args(["-Fc", form, "-f", &path]);
        run(command, b"", 1).success();
        let output = folder.path().join("out.dump").display().to_string();
        Pgveil::new(["filter", "-q", "-r", &rules, "-Fc", "-f", &output, &path]).run([]).success();
        let copy = restore(&output, false);
        seen.push(copy.psql("SELECT count(*), count(DISTINCT email), md5(string_agg(concat(id, email, up), ',' ORDER BY id)) FROM g"));
        assert_eq!(copy.psql("SELECT count(*) FROM g WHERE email LIKE '%secret%' OR up <> upper(email)"), "0");
    }
    assert!(seen.iter().all(|one| *one == seen[0] && one.starts_with("500|500|")), "{seen:?}");
}

/// pg_dump writes its table of contents a second time; into a file that is opened to be appended to, that stands behind
/// the data.
#[test]
fn an_archive_that_was_appended_to_a_file_is_read() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("appended.dump");
    let file = fs::File::options().create(true).append(true).open(&path).expect("opens");
    let mut command = db.command("pg_dump");
    command.arg("-Fc").stdout(file);
    assert!(command.status().expect("runs").success());
    let outcome = Pgveil::new(["filter", "-q"]).arg(&path).run([]);
    let script = outcome.success().stdout;
    assert!(script.ends_with(b"-- PostgreSQL database dump complete\n--\n\n"));
    // Anything else behind the data is damage.
    let plain = fs::read(dumped(&db, folder.path(), "c")).expect("reads");
    assert_eq!(Pgveil::new(["filter", "-q"]).run([&plain[..], b"PGDMP more"].concat()).code(), 3);
}

/// Entries of statistics hold statements that hold values beside others that do not: the first go, whatever the format.
#[test]
fn statistics_of_columns_do_not_come_along() {
    if Server::get().version() < 18 {
        // pg_dump --statistics is new in 18.
        return;
    }
    let db = source();
    db.psql("ANALYZE");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.dump").display().to_string();
    let mut command = db.command("pg_dump");
    command.args(["-Fc", "--statistics", "-f", &path]);
    run(command, b"", 1).success();
    let output = folder.path().join("out.dump").display().to_string();
    let rules = folder.path().join("rules.toml").display().to_string();
    fs::write(&rules, "version = 1\n[tables.users.columns]\nemail = \"email\"\n").expect("writes");
    Pgveil::new(["filter", "-q", "-r", &rules, "-Fc", "-f", &output, &path]).run([]).success();
    let printed = |path: &str| {
        let mut command = db.command("pg_restore");
        command.args(["--statistics", "--schema", "public", "-f", "-", path]);
        String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8")
    };
    assert!(printed(&path).contains("pg_restore_attribute_stats"));
    let copy = printed(&output);
    assert!(!copy.contains("pg_restore_attribute_stats") && copy.contains("pg_restore_relation_stats"));
    // Rows that are left out leave no trace either, not even in what is known of other tables.
    for flag in ["-Telement-answers", "--exclude-table-data=element-answers"] {
        Pgveil::new(["filter", "-q", flag, "-Fc", "-f", &output, &path]).run([]).success();
        assert!(!printed(&output).contains("_stats"), "{flag}");
    }
}
