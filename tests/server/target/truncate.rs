//! `--reset=truncate` and `-1`: data into a schema that is there.

use super::{SAFE, database, filtered};
use crate::support::pgveil::Pgveil;
use crate::support::server::Database;

const DOMIFA: &str = include_str!("../../fixtures/domifa.sql");

/// The number of rows of each table.
const COUNTS: &str = "SELECT string_agg(relname || '=' || (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', relname), false, true, '')))[1], ',' ORDER BY relname)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";

/// The schema of a database, without its rows.
fn empty_copy(source: &Database) -> Database {
    let target = database("");
    target.psql_stdin(&source.dump(["--schema-only", "--no-owner"]), &SAFE).success();
    target
}

/// Whether no line begins with a backslash but those of COPY data.
fn is_free_of_commands(script: &str) -> bool {
    let mut data = false;
    script.lines().all(|line| {
        let own = data;
        data = (data && line != r"\.") || (line.starts_with("COPY ") && line.ends_with("FROM stdin;"));
        own || !line.starts_with('\\')
    })
}

#[test]
fn rows_are_loaded_twice_and_are_there_once() {
    let source = database(DOMIFA);
    source.psql("CREATE TABLE counted (id serial PRIMARY KEY); INSERT INTO counted SELECT FROM generate_series(1, 9)");
    let dump = source.dump(["--data-only", "--no-owner"]);
    let target = empty_copy(&source);
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, input) = (folder.path().join("seed.sql"), folder.path().join("in.sql"));
    std::fs::write(&input, &dump).expect("writes");
    let args = ["filter", "-q", "--reset=truncate", "-1", "--psql-meta=strip"];
    // From a pipe the tables are known at the end, from a file before the first row; the script is the same.
    Pgveil::new(args).arg("-f").arg(&seed).run(&dump).success();
    let script = std::fs::read(&seed).expect("is there");
    assert!(script == Pgveil::new(args).arg(&input).run("").success().stdout);
    let text = String::from_utf8(script.clone()).expect("UTF-8");
    assert!(is_free_of_commands(&text) && text.matches("TRUNCATE TABLE").count() == 1);
    let tables: usize = source
        .psql("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        .parse()
        .expect("a number");
    assert_eq!(text.matches("\n        'public.").count(), tables);
    for _ in 0..2 {
        target.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"]).success();
        assert_eq!(target.psql(COUNTS), source.psql(COUNTS));
        assert_eq!(target.psql("SELECT last_value, is_called FROM counted_id_seq"), "9|t");
    }
    // A row that no table takes, near the end: the old rows stay, whoever restores and however.
    let bad = text.replacen("\nSELECT pg_catalog.setval(", "\nINSERT INTO public.counted VALUES (1);\nSELECT pg_catalog.setval(", 1);
    assert_ne!(bad, text);
    target.psql("UPDATE usager SET nom = 'kept'");
    for args in [&["-v", "ON_ERROR_STOP=1"][..], &[]] {
        target.psql_stdin(bad.as_bytes(), args);
        assert_eq!(target.psql(COUNTS), source.psql(COUNTS));
        assert_eq!(target.psql("SELECT count(*) FROM usager WHERE nom <> 'kept'"), "0");
    }
}

#[test]
fn a_cut_dump_is_rolled_back_without_any_help() {
    let source = database(DOMIFA);
    let target = empty_copy(&source);
    target.psql("INSERT INTO migrations (timestamp, name) VALUES (1, 'kept')");
    for form in ["--inserts", "--no-comments"] {
        let dump = source.dump(["--data-only", "--no-owner", form]);
        for cut in (0..dump.len() - 200).step_by(dump.len() / 9) {
            let outcome = filtered(&dump[..cut], &["-1", "--psql-meta=strip"]);
            assert_eq!(outcome.code(), 3);
            // Neither -1 nor ON_ERROR_STOP: the script's own BEGIN is enough.
            let loaded = target.psql_stdin(&outcome.stdout, &[]);
            assert_eq!(loaded.code(), 3, "{}", loaded.err());
            assert_eq!(target.psql("SELECT count(*) FROM structure"), "0", "cut at {cut}");
            assert_eq!(target.psql("SELECT count(*) FROM migrations"), "1", "cut at {cut}");
        }
    }
}

#[test]
fn tables_outside_of_the_stream_are_named_and_not_emptied() {
    let source = database("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)");
    let dump = source.dump(["--data-only"]);
    let target = database(
        "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE \"their logins\" (id int REFERENCES users); INSERT INTO users VALUES (7); INSERT INTO \"their logins\" VALUES (7)",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in.sql");
    std::fs::write(&input, &dump).expect("writes");
    let script = Pgveil::new(["filter", "-q", "--reset=truncate"]).arg(&input).run("").success().stdout;
    let outcome = target.psql_stdin(&script, &SAFE);
    assert_eq!(outcome.code(), 3);
    assert!(outcome.err().contains("\"their logins\" references public.users (foreign key \"their logins_id_fkey\")"), "{}", outcome.err());
    assert_eq!(target.psql("SELECT count(*) FROM \"their logins\""), "1");
    let refused = filtered(&dump, &["--reset=truncate"]);
    assert_eq!((refused.code(), refused.stdout.len()), (2, 0));
    assert!(refused.err().contains("give the dump as a file, or name the output with -f"), "{}", refused.err());
}

#[test]
fn partitions_are_emptied_and_heirs_of_others_are_not() {
    let schema = "CREATE TABLE days (a int PRIMARY KEY) PARTITION BY RANGE (a);
        CREATE TABLE day1 PARTITION OF days FOR VALUES FROM (0) TO (10); CREATE TABLE day2 PARTITION OF days FOR VALUES FROM (10) TO (20);
        CREATE TABLE notes (a int REFERENCES days); CREATE TABLE base (a int);";
    let source =
        database(&format!("{schema} INSERT INTO days VALUES (1), (11); INSERT INTO notes VALUES (1); INSERT INTO base VALUES (1)"));
    let target = database(&format!(
        "{schema} CREATE TABLE heir () INHERITS (base); INSERT INTO heir VALUES (5); INSERT INTO days VALUES (3); INSERT INTO notes VALUES (3)"
    ));
    for how in ["--data-only", "--load-via-partition-root"] {
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("in.sql");
        std::fs::write(&input, source.dump(["--data-only", how])).expect("writes");
        let script = Pgveil::new(["filter", "-q", "--reset=truncate", "-1"]).arg(&input).run("").success().stdout;
        for _ in 0..2 {
            target.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"]).success();
            assert_eq!(
                target.psql(
                    "SELECT (SELECT sum(a) FROM days), (SELECT sum(a) FROM notes), (SELECT string_agg(a::text, ',' ORDER BY a) FROM base)"
                ),
                "12|1|1,5"
            );
        }
    }
}

#[test]
fn tables_that_are_left_out_are_not_emptied() {
    let source = database(DOMIFA);
    let dump = source.dump(["--data-only", "--no-owner"]);
    let target = empty_copy(&source);
    target.psql(
        "INSERT INTO migrations (timestamp, name) VALUES (1, 'kept'); INSERT INTO public_stats_cache (key, stats) VALUES ('kept', '{}')",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let (seed, input) = (folder.path().join("seed.sql"), folder.path().join("in.sql"));
    std::fs::write(&input, &dump).expect("writes");
    let args = [
        "filter",
        "-q",
        "-a",
        "--reset=truncate",
        "-1",
        "--psql-meta=strip",
        "-T",
        "migrations*",
        "--exclude-table-data=public_stats_cache",
    ];
    Pgveil::new(args).arg("-f").arg(&seed).run(&dump).success();
    let script = std::fs::read(&seed).expect("is there");
    assert!(script == Pgveil::new(args).arg(&input).run("").success().stdout);
    for _ in 0..2 {
        target.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"]).success();
        assert_eq!(target.psql("SELECT (SELECT name FROM migrations), (SELECT key FROM public_stats_cache)"), "kept|kept");
        assert_eq!(target.psql("SELECT count(*) FROM usager"), source.psql("SELECT count(*) FROM usager"));
    }
}

#[test]
fn an_archive_tells_its_tables_from_a_pipe() {
    let schema = "CREATE TABLE a (x int); CREATE TABLE \"b c\" (x int); INSERT INTO a VALUES (1); INSERT INTO \"b c\" VALUES (1)";
    let (source, target) = (database(schema), database(schema));
    let script = filtered(&source.dump(["-Fc", "--data-only"]), &["--reset=truncate", "-1"]).success().stdout;
    for _ in 0..2 {
        target.psql("INSERT INTO a VALUES (2)");
        target.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"]).success();
        assert_eq!(target.psql("SELECT (SELECT sum(x) FROM a), (SELECT sum(x) FROM \"b c\")"), "1|1");
    }
}

#[test]
fn skipped_tables_are_not_emptied() {
    let schema = "CREATE TABLE a (x int); CREATE TABLE b (x int); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)";
    let (source, target) = (database(schema), database(schema));
    let folder = tempfile::tempdir().expect("a folder");
    let (input, rules) = (folder.path().join("in.sql"), folder.path().join("rules.toml"));
    std::fs::write(&input, source.dump(["--data-only"])).expect("writes");
    std::fs::write(&rules, "version = 1\n[tables.b]\ndata = \"skip\"\n").expect("writes");
    for out in [None, Some(folder.path().join("out.sql"))] {
        let mut pgveil = Pgveil::new(["filter", "-q", "--reset=truncate", "-r"]).arg(&rules);
        let script = match &out {
            None => pgveil.arg(&input).run("").success().stdout,
            Some(path) => {
                pgveil = pgveil.arg("-f").arg(path);
                pgveil.run(std::fs::read(&input).expect("reads")).success();
                std::fs::read(path).expect("reads")
            }
        };
        target.psql("INSERT INTO a VALUES (2)");
        target.psql_stdin(&script, &SAFE).success();
        assert_eq!(target.psql("SELECT (SELECT sum(x) FROM a), (SELECT count(*) FROM b)"), "1|1");
    }
}
