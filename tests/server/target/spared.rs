//! What a reset must not touch, and what `--keep-in-target` names: told by name before anything is dropped.

use super::{SAFE, database, filtered};
use crate::support::process::Outcome;
use crate::support::server::Database;

fn load(target: &Database, dump: &[u8], args: &[&str]) -> Outcome {
    target.psql_stdin(&filtered(dump, args).success().stdout, &SAFE)
}

#[test]
fn casts_statistics_and_event_triggers_of_others_stop_it() {
    let dump = database("CREATE TABLE t (a int, b int)").dump(["--no-owner"]);
    for (made, said) in [
        (
            "CREATE FUNCTION flat(point) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE CAST (point AS int) WITH FUNCTION flat(point)",
            "cast from point to integer needs function public.flat(point)",
        ),
        ("CREATE SCHEMA o; CREATE STATISTICS o.s ON a, b FROM t", "statistics object o.s needs table public.t"),
        (
            "CREATE FUNCTION watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
             CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watched()",
            "event trigger watch needs function public.watched()",
        ),
    ] {
        let target = database(&format!("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (7, 7); {made}"));
        for how in ["--reset=objects", "--reset=schema"] {
            let outcome = load(&target, &dump, &[how]);
            assert_eq!(outcome.code(), 3, "{how} {made}: {}", outcome.err());
            assert!(outcome.err().replace("column a of table", "table").contains(said), "{how} {made}: {}", outcome.err());
            assert_eq!(target.psql("SELECT sum(a) FROM t"), "7", "{how} {made}");
        }
        target.psql("DROP EVENT TRIGGER IF EXISTS watch");
    }
}

#[test]
fn a_name_that_is_not_there_stops_it() {
    let dump = database("CREATE TABLE users (id int)").dump(["--no-owner"]);
    let target = database("CREATE TABLE answers (id int); INSERT INTO answers VALUES (7); CREATE TABLE users (id int)");
    let outcome = load(&target, &dump, &["--reset=objects", "--keep-in-target", "anwsers", "--keep-in-target", "use*"]);
    assert_eq!(outcome.code(), 3, "{}", outcome.err());
    for said in ["--keep-in-target names what the target has not: anwsers", "Nothing was dropped."] {
        assert!(outcome.err().contains(said), "{said}: {}", outcome.err());
    }
    assert_eq!(target.psql("SELECT id FROM answers"), "7");
    // Without a row before the reset it is only told of: the first load of a fresh database has nothing to spare.
    let fresh = database("");
    let outcome = load(&fresh, &dump, &["--reset=objects", "--keep-in-target", "answers"]);
    assert_eq!(outcome.code(), 0, "{}", outcome.err());
}

#[test]
fn letters_above_ascii_keep_their_case() {
    let dump = database("CREATE TABLE users (id int)").dump(["--no-owner"]);
    let target = database("CREATE TABLE \"Éa\" (id int); CREATE TABLE \"éa\" (id int)");
    load(&target, &dump, &["--reset=objects", "--keep-in-target", "ÉA"]).success();
    assert_eq!(
        target.psql("SELECT relname FROM pg_class WHERE relname ~ 'a$' AND relkind = 'r' AND relnamespace = 'public'::regnamespace"),
        "Éa"
    );
}

#[test]
fn a_pattern_that_is_none_is_refused_at_once() {
    let dump = database("CREATE TABLE users (id int)").dump(["--no-owner"]);
    let outcome = filtered(&dump, &["--reset=objects", "--keep-in-target", "us("]);
    assert_eq!(outcome.code(), 2);
    assert!(outcome.err().contains("--keep-in-target: \"us(\" is no regular expression"), "{}", outcome.err());
}
