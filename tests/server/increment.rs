//! Increments: the rows that are new since yesterday, by `\copy … to stdout | pgveil filter --copy | \copy … from stdin`.

use std::process::Command;

use crate::support::pgveil::Pgveil;
use crate::support::process::{Outcome, run};
use crate::support::server::{Database, Server};

/// Answers of people, as a day's work makes more of them. The text holds whatever CSV and COPY text must escape.
const SCHEMA: &str = r#"
    CREATE TYPE result AS ENUM ('ok', 'ko');
    CREATE TABLE users (id int PRIMARY KEY, email varchar(80) UNIQUE, "lastName" text);
    CREATE TABLE "knowledge-answers" (
        id int PRIMARY KEY, value text NOT NULL, email varchar(80), "createdAt" timestamptz, result result,
        doubled int GENERATED ALWAYS AS (id * 2) STORED, tags text[], data jsonb, "userId" int REFERENCES users (id));
"#;

/// The rows of one day, from one id to another.
fn day(from: u32, to: u32) -> String {
    format!(
        r#"INSERT INTO users SELECT g, 'someone' || g || '@example.com', 'Name ' || g FROM generate_series({from}, {to}) g;
        INSERT INTO "knowledge-answers" (id, value, email, "createdAt", result, tags, data, "userId")
        SELECT g, CASE g % 7 WHEN 0 THEN E'a "quoted"\nline, with\ttab' WHEN 1 THEN '' WHEN 2 THEN E'\\.' WHEN 3 THEN E'back\\slash\r'
            WHEN 4 THEN '\N' WHEN 5 THEN ',' ELSE 'l''été' END,
            CASE WHEN g % 5 > 0 THEN 'someone' || g || '@example.com' END, timestamptz '2020-10-01' + g * interval '1 hour',
            CASE g % 3 WHEN 0 THEN 'ok' WHEN 1 THEN 'ko' END::result, ARRAY['a,b', 'c"d', NULL], jsonb_build_object('k', E'x\n' || g), g
        FROM generate_series({from}, {to}) g;"#
    )
}

/// Rules as for a copy that goes outside: nobody in it, and not all of the rows.
const RULES: &str = r#"
version = 1
[tables.users.columns]
email = "email"
lastName = "last_name"
[tables.knowledge-answers]
where = "result is distinct from 'ko'"
[tables.knowledge-answers.columns]
email = "email"
value = "shuffle"
"#;

const COLUMNS: &str = r#""knowledge-answers"(id, value, email, "createdAt", result, tags, data, "userId")"#;

struct Copy {
    source: Database,
    target: Database,
    folder: tempfile::TempDir,
}

impl Copy {
    /// Yesterday's copy of the whole database, and today's rows in the source.
    fn of_day_one(rules: &str) -> Copy {
        let server = Server::get();
        let folder = tempfile::tempdir().expect("a folder");
        let (source, target) = (server.database("day"), server.database("copy"));
        source.psql(SCHEMA);
        source.psql(&day(1, 200));
        std::fs::write(folder.path().join("rules.toml"), rules).expect("writes");
        let copy = Copy { source, target, folder };
        std::fs::write(copy.path("schema.sql"), copy.source.dump(["--schema-only"])).expect("writes");
        copy.full(&copy.target);
        copy.source.psql(&day(201, 500));
        copy
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    /// The whole database, masked, into another.
    fn full(&self, target: &Database) {
        let dump = Pgveil::new(["filter", "-q", "-r", &self.path("rules.toml")]).run(self.source.dump(["--no-owner"])).success().stdout;
        target.psql_stdin(&dump, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    }

    fn out(&self, query: &str, options: &str) -> Vec<u8> {
        psql(&self.source, &format!(r"\copy ({query}) to stdout {options}"), b"").success().stdout
    }

    fn filter(&self, table: &str, options: &str) -> Pgveil {
        let files = ["filter", "-q", "-r", &self.path("rules.toml"), "--schema-file", &self.path("schema.sql")];
        Pgveil::new(files).args(["--copy", table, "--copy-options", options])
    }

    /// Rows that one has and the other not, of the tables that came in parts.
    fn differences(&self, whole: &Database) -> usize {
        let rows = |db: &Database| {
            let dump = ["SELECT u.* FROM users u ORDER BY id", "SELECT a.* FROM \"knowledge-answers\" a ORDER BY id"];
            dump.map(|query| psql(db, &format!(r"\copy ({query}) to stdout"), b"").success().stdout)
        };
        let (one, other) = (rows(&self.target), rows(whole));
        let lines = |text: &[u8]| text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<std::collections::BTreeSet<_>>();
        one.iter().zip(&other).map(|(one, other)| lines(one).symmetric_difference(&lines(other)).count()).sum()
    }
}

/// How psql ends that is given one command.
fn psql(db: &Database, command: &str, input: &[u8]) -> Outcome {
    let mut psql: Command = db.command("psql");
    psql.args(["-qX", "-v", "ON_ERROR_STOP=1", "-c", command]);
    run(psql, input, usize::MAX)
}

#[test]
fn a_day_and_an_increment_are_two_days() {
    let forms = [
        "",
        "FORMAT csv",
        "FORMAT csv, HEADER, DELIMITER ';', NULL 'NULL', QUOTE '|'",
        r"FORMAT csv, ESCAPE '\'",
        "DELIMITER ';', NULL 'none'",
    ];
    let users = r#"users(id, email, "lastName")"#;
    for form in forms {
        let copy = Copy::of_day_one(RULES);
        let options = if form.is_empty() { String::new() } else { format!("with ({form})") };
        for (table, query) in [
            (users, "select * from users where id > 200"),
            (COLUMNS, r#"select id, value, email, "createdAt", result, tags, data, "userId" from "knowledge-answers" where id > 200"#),
        ] {
            let rows = copy.out(query, &options);
            let masked = copy.filter(table, form).run(&rows).success().stdout;
            assert_eq!(copy.filter(table, form).args(["-j", "3"]).chunk(1000).run(&rows).success().stdout, masked);
            psql(&copy.target, &format!(r"\copy {table} from stdin {options}"), &masked).success();
        }
        let whole = Server::get().database("whole");
        copy.full(&whole);
        assert_eq!(whole.psql("SELECT count(*) > 200, count(DISTINCT email) > 100 FROM \"knowledge-answers\""), "t|t");
        assert_eq!(copy.differences(&whole), 0, "{form}");
        assert_eq!(whole.psql("SELECT count(*) FROM users WHERE email LIKE 'someone%'"), "0");
    }
}

#[test]
fn rows_that_no_rule_names_are_the_same_bytes() {
    let copy = Copy::of_day_one("version = 1\n");
    for form in ["", "FORMAT csv, FORCE_QUOTE *", "FORMAT csv, HEADER"] {
        let options = if form.is_empty() { String::new() } else { format!("with ({form})") };
        let rows = copy.out("select * from users", &options);
        let ours = form.replace(", FORCE_QUOTE *", "");
        assert!(copy.filter("users", &ours).run(&rows).success().stdout == rows, "{form}");
    }
}

#[test]
fn a_bad_row_late_leaves_nothing_behind() {
    for form in ["", "FORMAT csv"] {
        let copy = Copy::of_day_one(RULES);
        let options = if form.is_empty() { String::new() } else { format!("with ({form})") };
        let mut rows = copy.out("select g, 'x' || g || '@example.com', 'y' from generate_series(1000, 90000) g", &options);
        rows.extend_from_slice(b"90001\n");
        let outcome = copy.filter("users", form).run(&rows);
        assert_eq!(outcome.code(), 3, "{}", outcome.err());
        let reads = outcome.err();
        assert!(reads.contains("public.users, row 89002, byte ") && reads.contains("expected 3 fields, found 1"), "{reads}");
        assert!(outcome.stdout.len() > 1_000_000, "much has been written by then");
        let loaded = psql(&copy.target, &format!(r"\copy users from stdin {options}"), &outcome.stdout);
        assert_ne!(loaded.code(), 0);
        assert!(loaded.err().contains("extra data after last expected column"), "{}", loaded.err());
        assert_eq!(copy.target.psql("SELECT count(*) FROM users WHERE id >= 1000"), "0", "{form}");
    }
}

#[test]
fn every_cut_inside_a_row_is_seen_and_refused_by_the_server() {
    let copy = Copy::of_day_one(RULES);
    for form in ["", "FORMAT csv"] {
        let options = if form.is_empty() { String::new() } else { format!("with ({form})") };
        let rows = copy.out("select * from users where id > 480", &options);
        for cut in (1..rows.len()).filter(|cut| rows[cut - 1] != b'\n').step_by(17) {
            let outcome = copy.filter("users", form).run(&rows[..cut]);
            assert_eq!(outcome.code(), 3, "{}", outcome.err());
            assert_ne!(psql(&copy.target, &format!(r"\copy users from stdin {options}"), &outcome.stdout).code(), 0);
        }
    }
    assert_eq!(copy.target.psql("SELECT count(*) FROM users WHERE id > 200"), "0");
}

#[test]
fn a_column_list_that_differs_from_the_ddl_leaves_no_byte() {
    let copy = Copy::of_day_one(RULES);
    for (columns, expected) in [
        ("(id, value, mail)", "column mail is not in the schema; did you mean email?"),
        ("(id, value, id)", "column id is named twice"),
        ("(id, doubled)", "column doubled is generated"),
    ] {
        let outcome = copy.filter(&format!("\"knowledge-answers\"{columns}"), "").run(b"1\ta\n");
        assert_eq!((outcome.code(), outcome.stdout.len()), (2, 0), "{}", outcome.err());
        assert!(outcome.err().contains(expected), "{}", outcome.err());
    }
}

#[test]
fn the_encoding_is_that_of_the_schema_file_or_what_the_options_say() {
    let copy = Copy::of_day_one("version = 1\n[tables.users.columns]\nlastName = { mask = \"const\", value = \"Zoé\" }\n");
    let rows = b"1\ta\tL\xe9a\n";
    assert_eq!(copy.filter("users", "ENCODING 'LATIN1'").run(rows).success().stdout, b"1\ta\tZo\xe9\n");
    assert_eq!(copy.filter("users", "").run("1\ta\tLéa\n").success().stdout, "1\ta\tZoé\n".as_bytes());
}
