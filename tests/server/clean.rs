//! `-c`, `--if-exists` and `-C`: what pg_restore makes of an archive when it is asked for more than its objects.

use std::path::Path;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

const SCHEMA: &str = r#"
CREATE TABLE a (id int PRIMARY KEY, e text);
CREATE TABLE b (id serial PRIMARY KEY, a int REFERENCES a, CHECK (a > 0));
CREATE VIEW v AS SELECT * FROM a;
CREATE VIEW "W w" AS SELECT b.id FROM b;
CREATE MATERIALIZED VIEW m AS SELECT e FROM a;
CREATE VIEW grouped AS SELECT id, e FROM a GROUP BY id;
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE INDEX ON a (e);
INSERT INTO a VALUES (1, 'x');
INSERT INTO b (a) VALUES (1);
COMMENT ON TABLE b IS 'x';
SELECT lo_from_bytea(7, 'x');
SELECT lo_from_bytea(8, 'y');
"#;

fn source() -> Database {
    let db = Server::get().database("clean");
    db.psql(SCHEMA);
    db
}

fn dumped(db: &Database, folder: &Path) -> String {
    let path = folder.join("in.dump").display().to_string();
    let mut command = db.command("pg_dump");
    command.args(["-Fc", "-f", &path]);
    run(command, b"", 1).success();
    path
}

/// A script of pg_restore without what it draws at random.
fn unrestricted(script: &str) -> String {
    let mut kept = String::new();
    let mut lines = script.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict") {
            kept.push_str(line);
        } else if kept.ends_with("\n\n") && lines.peek() == Some(&"\n") {
            lines.next();
        }
    }
    kept
}

#[test]
fn the_script_is_that_of_pg_restore() {
    let db = source();
    db.psql(&format!("COMMENT ON DATABASE \"{0}\" IS 'x'; ALTER DATABASE \"{0}\" SET work_mem = '5MB'", db.name()));
    let folder = tempfile::tempdir().expect("a folder");
    let archive = dumped(&db, folder.path());
    let asked: [&[&str]; 5] = [&["-c"], &["-c", "--if-exists"], &["-C"], &["-C", "-c"], &["-C", "-c", "--if-exists"]];
    for flags in asked {
        let mut command = db.command("pg_restore");
        command.args(flags).args(["-f", "-", &archive]);
        let expected = String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8");
        let script = Pgveil::new(["filter", "-q"]).args(flags).arg(&archive).run([]).success().out();
        assert_eq!(script, unrestricted(&expected), "{flags:?}");
    }
}

#[test]
fn it_loads_twice_and_drops_only_what_it_brings() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let archive = dumped(&db, folder.path());
    let target = Server::get().database("clean_target");
    target.psql("CREATE TABLE a (mine int); INSERT INTO a VALUES (4)");
    let script = Pgveil::new(["filter", "-q", "-c", "--if-exists", "-T", "a"]).arg(&archive).run([]).success().stdout;
    for _ in 0..2 {
        target.psql_stdin(&script, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
        assert_eq!(target.psql("SELECT mine, (SELECT count(*) FROM b), (SELECT count(*) FROM pg_largeobject_metadata) FROM a"), "4|1|2");
    }
    let plain = Pgveil::new(["filter", "-q", "-c"]).run(db.dump([""; 0]));
    assert_eq!(plain.code(), 2);
    assert!(plain.err().contains("--reset=objects empties the target first") && plain.stdout.is_empty(), "{}", plain.err());
    let packed = Pgveil::new(["filter", "-q", "-c", "-Fc"]).arg(&archive).run([]);
    assert_eq!(packed.code(), 2);
    assert!(packed.err().contains("give these flags to pg_restore"), "{}", packed.err());
}

#[test]
fn a_database_is_created_under_another_name() {
    let db = source();
    let folder = tempfile::tempdir().expect("a folder");
    let archive = dumped(&db, folder.path());
    let other = Server::get().database("clean_new");
    let renamed = format!("{}={}", db.name(), other.name());
    // The first script finds a database of that name, and drops it.
    let script = Pgveil::new(["filter", "-q", "-C", "-c", "--if-exists", "--rename-database", &renamed]).arg(&archive).run([]).success();
    Server::get().database("clean_admin").psql_stdin(&script.stdout, &["-v", "ON_ERROR_STOP=1"]).success();
    assert_eq!(other.psql("SELECT count(*) FROM a"), "1");
    assert_eq!(db.psql("SELECT count(*) FROM a"), "1");
}

/// `\\connect` leads to a database that the same script has made.
#[test]
fn the_database_is_made_for_its_rows_alone() {
    let db = source();
    db.psql(&format!("ALTER DATABASE \"{}\" SET work_mem = '5MB'", db.name()));
    let folder = tempfile::tempdir().expect("a folder");
    let archive = dumped(&db, folder.path());
    for flags in [["-C", "-a"], ["-C", "--section=data"], ["-C", "--section=post-data"]] {
        let mut command = db.command("pg_restore");
        command.args(flags).args(["-f", "-", &archive]);
        let expected = String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8");
        let script = Pgveil::new(["filter", "-q"]).args(flags).arg(&archive).run([]).success().out();
        let of_database = |script: &str| -> Vec<String> {
            let kept = |line: &&str| line.contains(" DATABASE ") && !line.starts_with("--") || line.starts_with(r"\connect");
            script.lines().filter(kept).map(str::to_owned).collect()
        };
        let found = of_database(&script);
        assert!(found.len() > 2 && found == of_database(&expected), "{flags:?}: {found:?}");
    }
    // A script says what it has, and without its definitions the database is one of them.
    let mut command = db.command("pg_dump");
    command.arg("-C");
    let plain = run(command, b"", 1).success().stdout;
    assert!(!Pgveil::new(["filter", "-q", "-a"]).run(&plain).success().out().contains("CREATE DATABASE"));
}

/// A template database becomes an ordinary one before it is dropped, by the one UPDATE that pg_dump writes.
#[test]
fn a_template_database_is_dropped_under_rules() {
    let db = source();
    db.psql(&format!("ALTER DATABASE \"{}\" IS_TEMPLATE true", db.name()));
    let folder = tempfile::tempdir().expect("a folder");
    let archive = dumped(&db, folder.path());
    let rules = folder.path().join("rules.toml");
    std::fs::write(&rules, "version = 1\n[tables.a.columns]\ne = \"hash\"\n").expect("writes");
    let reset = "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = ";
    let filter = |flags: &[&str]| Pgveil::new(["filter", "-q", "-r"]).arg(&rules).args(flags);
    assert!(filter(&["-c", "-C", &archive]).run([]).success().out().contains(reset));
    let mut command = db.command("pg_dump");
    command.args(["-c", "-C"]);
    let plain = String::from_utf8(run(command, b"", 1).success().stdout).expect("UTF-8");
    let script = filter(&[]).run(plain.as_bytes()).success().out();
    assert_eq!(script.matches(reset).count(), plain.matches(reset).count());
    // An archive has it before its DROP DATABASE, and not among its entries.
    let made = folder.path().join("made.dump").display().to_string();
    filter(&["-Fc", "-f", &made]).run(plain.as_bytes()).success();
    let mut command = db.command("pg_restore");
    command.args(["-l", &made]);
    assert!(!run(command, b"", 1).success().out().contains("STATEMENT"));
    // Any other UPDATE is refused as before.
    let other = plain.replacen(reset, "UPDATE pg_catalog.pg_database SET datistemplate = true WHERE datname = ", 1);
    assert_eq!(filter(&[]).run(other.as_bytes()).code(), 3);
}
