//! `--reset=owned | objects | schema`.

use super::{RICH, SAFE, catalogue, database, filtered};
use crate::support::process::Outcome;
use crate::support::server::{Database, Server};

/// What stands in the target before: things of the dump's names, and things that the dump has not.
const BEFORE: &str = r#"
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.spared (a int);
INSERT INTO elsewhere.spared VALUES (1);
CREATE TYPE mood AS ENUM ('another');
CREATE VIEW "custom-view" AS SELECT 1 AS one;
CREATE FUNCTION "testFunction"() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
CREATE FUNCTION "testFunction"(a text) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
CREATE TABLE "old table" (id serial PRIMARY KEY);
CREATE TABLE "older" (id int REFERENCES "old table");
CREATE SEQUENCE old_sequence;
CREATE TEXT SEARCH CONFIGURATION wagtail_french (COPY = simple);
CREATE TABLE of_extension (a int);
INSERT INTO of_extension VALUES (42);
"#;

/// A database that holds what stands in the way, and an extension with a table.
fn before() -> Database {
    let db = database(BEFORE);
    db.psql("CREATE EXTENSION pg_trgm; ALTER EXTENSION pg_trgm ADD TABLE of_extension");
    db
}

fn load(target: &Database, dump: &[u8], args: &[&str]) -> Outcome {
    target.psql_stdin(&filtered(dump, args).success().stdout, &SAFE)
}

fn clean(outcome: Outcome) {
    let outcome = outcome.success();
    assert!(!outcome.err().contains("ERROR"), "{}", outcome.err());
}

#[test]
fn what_stands_in_the_way_goes_and_extensions_stay() {
    let source = database(RICH);
    let dump = source.dump(["--no-owner"]);
    for how in ["--reset=objects", "--reset=owned"] {
        let target = before();
        let member = target.psql("SELECT 'of_extension'::regclass::oid");
        for run in 0..2 {
            clean(load(&target, &dump, &[how]));
            let expected = catalogue(&source, &["--no-owner"]);
            let found = catalogue(&target, &["--no-owner", "-N", "elsewhere", "--exclude-table=of_extension"]);
            let extension = |line: &&str| !line.contains("pg_trgm");
            let lines = |text: &str| super::uncommented(text).lines().filter(extension).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(lines(&found), lines(&expected), "{how}, run {run}");
        }
        assert_eq!(target.psql("SELECT 'of_extension'::regclass::oid, a FROM of_extension"), format!("{member}|42"), "{how}");
        assert_eq!(target.psql("SELECT similarity('a', 'a')"), "1");
        assert_eq!(target.psql("SELECT a FROM elsewhere.spared"), "1");
        assert_eq!(target.psql("SELECT to_regclass('\"old table\"'), to_regclass('old_sequence'), to_regproc('old')"), "||");
        assert_eq!(target.psql("SELECT count(*) FROM \"with space\""), "100");
    }
}

#[test]
fn an_archive_is_loaded_as_its_script_is() {
    let source = database(RICH);
    let dump = source.dump(["-Fc", "--no-owner"]);
    let target = before();
    for _ in 0..2 {
        clean(load(&target, &dump, &["--reset=objects"]));
        assert_eq!(target.psql("SELECT count(*) FROM \"with space\""), "100");
        assert_eq!(target.psql("SELECT a FROM of_extension"), "42");
    }
    let outcome = filtered(&dump, &["-Fc", "--reset=objects"]);
    assert!(outcome.code() == 2 && outcome.err().contains("give pg_restore its own flags"), "{}", outcome.err());
}

#[test]
fn what_others_need_stops_the_reset_by_name() {
    let dump = database(RICH).dump(["--no-owner"]);
    let target = before();
    target.psql("CREATE VIEW elsewhere.v AS SELECT * FROM public.\"old table\"; CREATE TABLE elsewhere.f (a int REFERENCES public.\"old table\", m public.mood)");
    for how in ["--reset=objects", "--reset=schema"] {
        if how == "--reset=schema" {
            target.psql("ALTER EXTENSION pg_trgm DROP TABLE of_extension; DROP EXTENSION pg_trgm");
        }
        let outcome = load(&target, &dump, &[how]);
        assert_eq!(outcome.code(), 3, "{}", outcome.err());
        for said in [
            &format!("pgveil: {how} would take along what it must not touch") as &str,
            "view elsewhere.v needs table public.\"old table\"",
            "column m of table elsewhere.f needs type public.mood",
            "constraint f_a_fkey on table elsewhere.f needs table public.\"old table\"",
        ] {
            assert!(outcome.err().contains(said), "{said}: {}", outcome.err());
        }
        assert_eq!(target.psql("SELECT count(*) FROM elsewhere.v"), "0");
        assert_eq!(target.psql("SELECT enum_range(NULL::mood)"), "{another}");
    }
}

#[test]
fn kept_tables_keep_their_rows() {
    let source =
        database("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1); CREATE TABLE \"element-answers\" (id int)");
    let dump = source.dump(["--no-owner"]);
    let target = database(
        "CREATE TABLE answers (id serial PRIMARY KEY, at int); CREATE TABLE users (id int); CREATE TABLE \"element-answers\" (id int);
         INSERT INTO answers (at) VALUES (7); INSERT INTO \"element-answers\" VALUES (7); CREATE TABLE \"Keep.Me\" (a int);
         CREATE FUNCTION answers_of(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    for _ in 0..2 {
        let args = ["--reset=objects", "--keep-in-target", "answers", "--keep-in-target=public.\"Keep.Me\"", "--keep-in-target=*_of"];
        clean(load(&target, &dump, &args));
    }
    assert_eq!(
        target.psql("INSERT INTO answers (at) VALUES (8); SELECT string_agg(id || ':' || at, ',' ORDER BY id) FROM answers"),
        "1:7,2:8"
    );
    assert_eq!(target.psql("SELECT count(*) FROM \"element-answers\""), "0");
    assert_eq!(target.psql("SELECT to_regclass('\"Keep.Me\"') IS NOT NULL, answers_of(1)"), "t|1");
    target.psql("ALTER TABLE answers ADD FOREIGN KEY (id) REFERENCES users NOT VALID");
    let outcome = load(&target, &dump, &["--reset=objects", "--keep-in-target", "answers"]);
    assert!(outcome.err().contains("constraint answers_id_fkey on table public.answers needs table public.users"), "{}", outcome.err());
}

#[test]
fn only_the_chosen_schemas_are_emptied() {
    let dump =
        database("CREATE SCHEMA audit; CREATE TABLE audit.log (a int); CREATE TABLE t (a int); CREATE TABLE answers (id serial, a int)")
            .dump(["--no-owner"]);
    let target = database(
        "CREATE SCHEMA audit; CREATE TABLE audit.log (a int); INSERT INTO audit.log VALUES (7); CREATE TABLE t (b int); CREATE TABLE answers (id serial, a int); INSERT INTO answers (a) VALUES (7)",
    );
    for _ in 0..2 {
        clean(load(&target, &dump, &["--reset=objects", "-n", "public", "-O", "-x", "-T", "answers", "--keep-in-target", "answers"]));
        assert_eq!(
            target.psql("SELECT (SELECT count(*) FROM audit.log), (SELECT count(a) FROM t), (SELECT count(*) FROM answers)"),
            "1|0|1"
        );
    }
}

#[test]
fn what_others_own_is_spared() {
    let role = format!("owner_{}", std::process::id());
    let dump = database("CREATE TABLE mine (a int)").dump(["--no-owner"]);
    let target = database(&format!(
        "CREATE ROLE {role} NOLOGIN; GRANT CREATE, USAGE ON SCHEMA public TO {role};
         CREATE TABLE theirs (a int); SET ROLE {role}; CREATE TABLE mine (a int, b int); CREATE TYPE too AS ENUM ('x')"
    ));
    for _ in 0..2 {
        clean(load(&target, &dump, &["--reset=owned", "--role", &role]));
        let owners = "SELECT string_agg(relname || ':' || pg_get_userbyid(relowner), ',' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        assert_eq!(target.psql(owners), format!("mine:{role},theirs:postgres"));
        assert_eq!(target.psql("SELECT to_regtype('too') IS NULL"), "t");
    }
    let outcome = load(&target, &dump, &["--reset=objects", "--role", &role]);
    assert!(outcome.code() == 3 && outcome.err().contains("must be owner of table theirs"), "{}", outcome.err());
    target.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn schemas_are_made_anew_as_they_were() {
    let source = database(RICH);
    let dump = source.dump(["--no-owner"]);
    let target = database(
        "CREATE SCHEMA \"a b\"; COMMENT ON SCHEMA public IS 'of our own'; GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE x (a int)",
    );
    let schema = "SELECT nspname, pg_get_userbyid(nspowner), obj_description(oid), (SELECT string_agg(privilege_type || grantee, ',' ORDER BY privilege_type, grantee) FROM aclexplode(nspacl)) FROM pg_namespace WHERE nspname = 'public'";
    let expected = target.psql(schema);
    for _ in 0..2 {
        clean(load(&target, &dump, &["--reset=schema"]));
        assert_eq!(target.psql(schema), expected);
        assert_eq!(target.psql("SELECT to_regclass('x') IS NULL, count(*) FROM answers"), "t|50");
    }
    target.psql("CREATE EXTENSION pg_trgm");
    let outcome = load(&target, &dump, &["--reset=schema"]);
    assert!(outcome.err().contains("DETAIL:  extension pg_trgm has objects in schema public"), "{}", outcome.err());
    assert!(outcome.err().contains("Use --reset=objects, which spares them"), "{}", outcome.err());
    assert_eq!((outcome.code(), target.psql("SELECT count(*) FROM answers").as_str()), (3, "50"));
}

#[test]
fn a_broken_dump_leaves_what_was_there() {
    let fixture = include_str!("../../fixtures/dropit.sql");
    let source = database(fixture);
    let dump = source.dump(["--no-owner"]);
    let target = database("CREATE TABLE \"user\" (old text); INSERT INTO \"user\" VALUES ('yesterday')");
    let whole = dump.len();
    for cut in (0..whole - 200).step_by(whole / 12) {
        let outcome = filtered(&dump[..cut], &["--reset=objects", "-r", "preset:dropit"]);
        assert_eq!(outcome.code(), 3, "cut at {cut}: {}", outcome.err());
        target.psql_stdin(&outcome.stdout, &SAFE);
        assert_eq!(target.psql("SELECT old FROM \"user\""), "yesterday", "cut at {cut}");
    }
    clean(load(&target, &dump, &["--reset=objects", "-r", "preset:dropit"]));
    assert_eq!(target.psql("SELECT count(*) FROM \"user\""), source.psql("SELECT count(*) FROM \"user\""));
}

#[test]
fn large_objects_are_part_of_the_transaction() {
    let source = database("CREATE TABLE t (a int); SELECT lo_create(900001), lo_put(900001, 0, 'new')");
    let dump = source.dump(["--no-owner"]);
    let target = database("CREATE TABLE t (old int); SELECT lo_create(900001), lo_put(900001, 0, 'old')");
    let script = filtered(&dump, &["--reset=objects", "-1"]).success().out();
    let broken = script.replace("\nCOMMIT;", "\nSELECT 1/0;\nCOMMIT;");
    assert_eq!((script.matches("\nBEGIN;").count(), broken.matches("1/0").count()), (1, 1), "{script}");
    target.psql_stdin(broken.as_bytes(), &[]);
    assert_eq!(target.psql("SELECT convert_from(lo_get(900001), 'UTF8'), count(old) FROM t"), "old|0");
    for _ in 0..2 {
        target.psql_stdin(script.as_bytes(), &["-v", "ON_ERROR_STOP=1"]).success();
        assert_eq!(target.psql("SELECT convert_from(lo_get(900001), 'UTF8'), count(a) FROM t"), "new|0");
    }
    let told = crate::support::pgveil::Pgveil::new(["filter", "--reset=objects"]).run(&dump).success().err();
    assert!(told.contains("-1 of pgveil leaves it out and is all or nothing"), "{told}");
}

#[test]
fn another_encoding_and_backslashes_in_literals() {
    let source = Server::get().database_in("latin1", "LATIN1");
    source.psql(&format!("ALTER DATABASE \"{}\" SET standard_conforming_strings = off", source.name()));
    source.psql("CREATE SCHEMA \"sché'ma\\\"; CREATE TABLE \"sché'ma\\\".\"é\" (a text); INSERT INTO \"sché'ma\\\".\"é\" VALUES ('é')");
    let dump = source.dump(["--no-owner"]);
    let target = database("CREATE SCHEMA \"sché'ma\\\"; CREATE TABLE \"sché'ma\\\".\"é\" (b int)");
    for _ in 0..2 {
        clean(load(&target, &dump, &["--reset=objects", "--keep-in-target", "a\\\\.b*"]));
        assert_eq!(target.psql("SELECT a FROM \"sché'ma\\\".\"é\""), "é");
    }
}
