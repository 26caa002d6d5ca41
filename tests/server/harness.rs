//! The server that the other tests stand on does what they take for granted.

use std::path::Path;
use std::process::Command;

use crate::support::server::Server;

#[test]
fn the_server_is_a_supported_version_in_utf8() {
    let server = Server::get();
    assert!((14..=18).contains(&server.version()), "version {}", server.version());
    let db = server.database("utf8");
    assert_eq!(db.psql("SHOW server_encoding; SHOW client_encoding; SELECT 'é' || length('é')"), "UTF8\nUTF8\né1");
}

#[test]
fn the_server_is_the_one_that_was_asked_for() {
    let Some(bin) = std::env::var_os("PGVEIL_PG_BIN") else { return };
    let said = Command::new(Path::new(&bin).join("postgres")).arg("--version").output().expect("postgres --version runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = Server::get().version();
    assert!(said.contains(&format!(" {version}.")), "{version}, expected {said}");
}

#[test]
fn a_dump_restores_and_dumps_the_same() {
    let server = Server::get();
    let (source, target) = (server.database("source"), server.database("target"));
    source.psql("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT g, 'Zoé ' || g FROM generate_series(1, 1000) g");
    let strip = |dump: Vec<u8>| {
        let text = String::from_utf8(dump).expect("UTF-8");
        // The key of \restrict is drawn anew for each dump.
        text.lines().filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict")).collect::<Vec<_>>().join("\n")
    };
    let dump = source.dump(["--no-owner"]);
    target.psql_stdin(&dump, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    assert_eq!(target.psql("SELECT count(*), max(name) FROM t"), "1000|Zoé 999");
    assert_eq!(strip(target.dump(["--no-owner"])), strip(dump));
}

#[test]
fn a_failing_script_fails_and_rolls_back() {
    let db = Server::get().database("fails");
    let outcome = db.psql_stdin(b"CREATE TABLE t (); SELECT 1/0;\n", &["-1", "-v", "ON_ERROR_STOP=1"]);
    assert_eq!(outcome.code(), 3);
    assert!(outcome.err().contains("division by zero"), "{}", outcome.err());
    assert_eq!(db.psql("SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn a_script_may_come_in_pieces() {
    let db = Server::get().database("pieces");
    let mut psql = db.psql_start(&["-1"]);
    assert!(psql.write(b"CREATE TABLE t (a int); INSERT INTO "));
    assert!(psql.write(b"t VALUES (7);\n"));
    psql.finish().success();
    assert_eq!(db.psql("SELECT a FROM t"), "7");
}

#[test]
fn a_database_may_have_another_encoding() {
    let db = Server::get().database_in("latin1", "LATIN1");
    db.psql("CREATE TABLE t (a text); INSERT INTO t VALUES ('Zoé')");
    let dump = db.dump(["--data-only"]);
    assert!(dump.windows(5).any(|window| window == b"\nZo\xe9\n"), "not in LATIN1");
}

#[test]
fn a_dropped_database_is_gone() {
    let server = Server::get();
    let other = server.database("other");
    let name = server.database("short_lived").name().to_owned();
    assert_eq!(other.psql(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")), "0");
}
