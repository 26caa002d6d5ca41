//! `--for-driver` and `--if-not-exists`: scripts that something else than pg_dump's own psql session runs.

use super::{RICH, SAFE, catalogue, database, filtered, uncommented};
use crate::support::process::{Outcome, run};
use crate::support::server::Database;

/// Sends a script as one string, as a driver's simple query does: psql's `-c` is one call of PQexec.
fn sent(db: &Database, script: &str) -> Outcome {
    let mut psql = db.command("psql");
    psql.args(["-qX", "-c", script]);
    run(psql, b"", 1)
}

/// Whether a script holds what a driver must not get: outside of bodies in dollar quotes, that is.
fn is_for_a_driver(script: &str) -> bool {
    let mut outside = String::new();
    let mut rest = script;
    while let Some(open) = rest.find('$') {
        let tag_end = rest[open + 1..].find('$').map_or(rest.len(), |at| open + at + 2);
        let tag = &rest[open..tag_end];
        outside.push_str(&rest[..open]);
        let close = rest[tag_end..].find(tag).map_or(rest.len(), |at| tag_end + at + tag.len());
        rest = &rest[close..];
    }
    outside.push_str(rest);
    !outside.lines().any(|line| line.starts_with("SET ") || line.starts_with("--") || line.starts_with('\\') || line.contains("set_config"))
}

#[test]
fn a_schema_runs_as_one_string() {
    for (schema, functions) in [(include_str!("../../fixtures/domifa.sql"), false), (RICH, true)] {
        let source = database(schema);
        let script = filtered(&source.dump(["--schema-only", "--no-owner"]), &["--for-driver"]).success().out();
        assert!(is_for_a_driver(&script), "{script}");
        assert_eq!(script.contains("set_config"), functions);
        let target = database("");
        sent(&target, &script).success();
        let schema = |db: &Database| uncommented(&catalogue(db, &["--schema-only", "--no-owner"]));
        assert_eq!(schema(&target), schema(&source));
        // All or nothing: a second time nothing changes.
        assert_ne!(sent(&target, &script).code(), 0);
        assert_eq!(schema(&target), schema(&source));
    }
}

#[test]
fn rows_run_as_one_string_and_leave_no_setting() {
    let source = database("CREATE TABLE t (id serial, a text); INSERT INTO t (a) VALUES ('--'), (E'\\\\x\\nSET a = b;'), (NULL)");
    let script = filtered(&source.dump(["--no-owner", "--inserts"]), &["--for-driver", "--reset=objects"]).success().out();
    let target = database("CREATE TABLE t (old int)");
    for _ in 0..2 {
        let outcome =
            sent(&target, &format!("{script}\nSELECT current_setting('check_function_bodies'), current_setting('search_path');")).success();
        assert!(outcome.out().contains("| \"$user\", public"), "{}", outcome.out());
        assert_eq!(
            target.psql("SELECT string_agg(id || ':' || coalesce(a, 'NULL'), ',' ORDER BY id) FROM t"),
            source.psql("SELECT string_agg(id || ':' || coalesce(a, 'NULL'), ',' ORDER BY id) FROM t")
        );
    }
    // Rows that come as COPY are written as INSERT.
    let script = filtered(&source.dump(["--no-owner"]), &["--for-driver", "--reset=objects"]).success().out();
    assert!(!script.contains("COPY") && !script.contains("restrict"), "{script}");
    target.psql("TRUNCATE t");
    sent(&target, &script).success();
    assert_eq!(target.psql("SELECT count(a), count(*), max(id) FROM t"), "2|3|3");
}

#[test]
fn what_may_exist_already_is_asked_for() {
    let source = database("CREATE SCHEMA \"a b\"; CREATE TEXT SEARCH DICTIONARY \"a b\".own (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION wagtail_french (COPY = french);
        ALTER TEXT SEARCH CONFIGURATION wagtail_french ALTER MAPPING FOR asciiword WITH \"a b\".own");
    let script = filtered(&source.dump(["--no-owner"]), &["--if-not-exists"]).success().stdout;
    let target = database("");
    for _ in 0..2 {
        target.psql_stdin(&script, &SAFE).success();
        assert_eq!(catalogue(&target, &["--no-owner"]), catalogue(&source, &["--no-owner"]));
    }
    let other = database("CREATE TEXT SEARCH CONFIGURATION wagtail_french (COPY = simple)");
    other.psql_stdin(&script, &SAFE).success();
    assert_eq!(other.psql("SELECT dictname FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = mapdict WHERE mapcfg = 'wagtail_french'::regconfig AND maptokentype = 1"), "simple");
}
