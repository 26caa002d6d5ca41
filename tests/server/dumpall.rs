//! Whole clusters: what pg_dumpall writes, under rules for one database and for all, restored on a server that is new.

use std::fs;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::Server;

/// Two databases with tables of the same names, and what a cluster has besides.
const CLUSTER: &str = r#"
CREATE ROLE clerk LOGIN PASSWORD 'swordfish';
ALTER ROLE clerk SET work_mem TO '8MB';
CREATE ROLE boss;
GRANT boss TO clerk;
CREATE DATABASE crm;
CREATE DATABASE "My Shop; --";
ALTER DATABASE crm SET statement_timeout TO '1min';
"#;

const CRM: &str = "
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, note text);
INSERT INTO users SELECT g, 'user' || g || '@example.com', 'crm ' || g FROM generate_series(1, 500) g;
CREATE TABLE visits (id int, who text REFERENCES users (email));
INSERT INTO visits SELECT g, 'user' || g || '@example.com' FROM generate_series(1, 100) g;
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT i * 2';
SELECT lo_from_bytea(4711, 'large');
GRANT SELECT ON users TO clerk;
";

const SHOP: &str = "
CREATE TABLE users (id int PRIMARY KEY, email text, nick text);
INSERT INTO users SELECT g, 'user' || g || '@example.com', 'nick ' || g FROM generate_series(1, 300) g;
CREATE TABLE orders (id int, note text);
INSERT INTO orders SELECT g, 'order ' || g FROM generate_series(1, 50) g;
CREATE VIEW emails AS SELECT email FROM users;
";

const SHOP_NAME: &str = "My Shop; --";

/// The rows of every table, by database.
fn rows(server: &Server) -> [String; 4] {
    let all = |database: &str, table: &str| server.psql(database, &format!("SELECT t FROM {table} t ORDER BY id"));
    [all("crm", "users"), all("crm", "visits"), all(SHOP_NAME, "users"), all(SHOP_NAME, "orders")]
}

/// Restores a script of a whole cluster. What a new cluster has already (the role postgres) cannot be created.
fn restored(script: &[u8]) -> &'static Server {
    let server = Server::fresh();
    let mut psql = server.command("psql", "postgres");
    psql.env_remove("PGCLIENTENCODING").arg("-qX");
    let outcome = run(psql, script, usize::MAX);
    let errors = outcome.err();
    let other: Vec<&str> =
        errors.lines().filter(|line| line.contains("ERROR") && !line.contains("role \"postgres\" already exists")).collect();
    assert!(outcome.code() == 0 && other.is_empty(), "{errors}");
    server
}

/// Runs the rules from a pipe and from a file, which must say the same.
fn filtered(script: &[u8], rules: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.toml"), format!("version = 1\n[defaults]\nunlisted = \"keep\"\n{rules}")).expect("writes");
    fs::write(folder.path().join("all.sql"), script).expect("writes");
    let pgveil = || Pgveil::new(["filter", "-q", "-r", "rules.toml"]).args(args).current_dir(folder.path());
    let piped = pgveil().run(script).success().stdout;
    assert!(pgveil().arg("all.sql").run("").success().stdout == piped, "a file and a pipe differ");
    piped
}

#[test]
fn a_cluster_is_masked_in_one_database_or_in_all() {
    let source = Server::fresh();
    source.psql("postgres", CLUSTER);
    source.psql("crm", CRM);
    source.psql(SHOP_NAME, SHOP);
    let before = rows(source);
    let dump = run(source.command("pg_dumpall", "postgres"), b"", 1).success().stdout;
    assert!(Pgveil::new(["filter", "-q"]).run(&dump).success().stdout == dump, "without rules nothing changes");

    let one =
        restored(&filtered(&dump, "[tables.'crm.public.users'.columns]\nemail = \"email\"\n[tables.visits.columns]\nwho = \"email\"", &[]));
    let masked = rows(one);
    assert!(masked[0] != before[0] && masked[1] != before[1] && !masked[0].contains("@example.com\"") && masked[2..] == before[2..]);
    assert_eq!(
        one.psql("crm", "SELECT count(*) FROM visits JOIN users ON email = who; SELECT twice(4); SELECT lo_get(4711)"),
        "100\n8\n\\x6c61726765"
    );
    assert_eq!(one.psql("postgres", "SELECT count(*) FROM pg_authid WHERE rolname = 'clerk' AND rolpassword LIKE 'SCRAM%'"), "1");

    let rules = "[tables.users.columns]\nemail = \"email\"\n[tables.visits.columns]\nwho = \"email\"\n[large_objects]\ndata = \"drop\"\n";
    let all = restored(&filtered(&dump, rules, &["--no-role-passwords", "-T", "\"My Shop; --\".public.emails"]));
    let both = rows(all);
    assert_eq!((&both[0], &both[1], &both[3]), (&masked[0], &masked[1], &before[3]));
    let email = |database| all.psql(database, "SELECT email FROM users WHERE id <= 300 ORDER BY id");
    assert_eq!(email("crm"), email(SHOP_NAME), "one value, one pseudonym, in every database");
    assert_ne!(both[2], before[2]);
    assert_eq!(all.psql(SHOP_NAME, "SELECT to_regclass('emails') IS NULL"), "t");
    assert_eq!(all.psql("crm", "SELECT count(*) FROM pg_largeobject_metadata; SELECT current_setting('statement_timeout')"), "0\n1min");
    let clerk = "SELECT rolpassword IS NULL, rolcanlogin, pg_has_role('clerk', 'boss', 'member') FROM pg_authid WHERE rolname = 'clerk'";
    assert_eq!(all.psql("postgres", clerk), "t|t|t");

    // A mistake in the second database: from a pipe the stream has begun, and psql must say so.
    let broken = "version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.visits.columns]\nid = \"email\"\n";
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.toml"), broken).expect("writes");
    let outcome = Pgveil::new(["filter", "-q", "-r", "rules.toml"]).current_dir(folder.path()).run(&dump);
    assert_eq!(outcome.code(), 2, "{}", outcome.err());
    let mut psql = one.command("psql", "postgres");
    psql.env_remove("PGCLIENTENCODING").arg("-qX");
    assert!(outcome.stdout.is_empty() || run(psql, &outcome.stdout, usize::MAX).code() == 3);
}
