//! A target against the report of the run that wrote it: equal where nothing happened to it, and told where something did.

use std::path::PathBuf;

use crate::support::pgveil::Pgveil;
use crate::support::process::Outcome;
use crate::support::server::{Database, Server};

mod masks;

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

/// Names, types and rows that are awkward to compare.
const SCHEMA: &str = r#"
CREATE TYPE pair AS (a text, at timestamptz);
CREATE TABLE users (id int PRIMARY KEY, email text, born date, at timestamptz, ats timestamptz[], span tstzrange, p pair, t timetz,
    price numeric(10,2), ratio float8, small real, data bytea, meta jsonb, ip inet, i interval, twice int GENERATED ALWAYS AS (id * 2) STORED, note text);
INSERT INTO users (id, email, born, at, ats, span, p, t, price, ratio, small, data, meta, ip, i, note)
    SELECT g, 'user' || g || '@example.com', date '1980-01-01' + g, timestamptz '1890-03-25 00:30:00+01' + g * interval '37 days 1 hour',
    ARRAY[timestamptz '2024-03-31 00:59:59.5+00' + g * interval '1 hour', NULL], tstzrange(timestamptz '2024-10-27 00:30+00', NULL),
    ROW('a,"b', timestamptz '0044-03-15 BC')::pair, '12:00:00+05:30', g / 3.0, g / 7.0::float8, g / 7.0::float4, decode(md5(g::text), 'hex'),
    jsonb_build_object('a', g, 'at', timestamptz '2024-01-01'), '10.0.0.1/24', interval '1 mon -2 days 03:04:05',
    CASE g % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'a\tb\\N\n' || g ELSE 'é 2024-01-01 12:00:00+01' END
    FROM generate_series(1, 500) g;
CREATE SCHEMA "Sch ema";
CREATE TABLE "Sch ema"."odd ""name"", (x)" ("a,b" text, "Ünï" text);
INSERT INTO "Sch ema"."odd ""name"", (x)" VALUES ('x', 'ü'), ('x', 'ü'), (NULL, '');
CREATE TABLE empty (id int);
CREATE TABLE nocols ();
INSERT INTO nocols SELECT FROM generate_series(1, 3);
CREATE TABLE computed (one int GENERATED ALWAYS AS (1) STORED);
INSERT INTO computed SELECT FROM generate_series(1, 3);
CREATE TABLE bank (id int, cash money);
INSERT INTO bank VALUES (1, 12.5), (2, -3);
CREATE TABLE logs (id int, line text);
INSERT INTO logs SELECT g, 'l' || g FROM generate_series(1, 50) g;
CREATE TABLE parent (id int);
CREATE TABLE child (extra text) INHERITS (parent);
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (3, 'e');
CREATE TABLE parts (at date NOT NULL, who text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
INSERT INTO parts SELECT date '2019-12-01' + g, 'w' || g FROM generate_series(1, 60) g;
"#;

const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[tables.users]
where = "id <> 7"
sample = { rate = 0.8, by = "id" }
[tables.users.columns]
email = "email"
at = { mask = "date_shift", days = 30 }
price = { mask = "noise", relative = 0.1 }
note = "lorem"
[tables.logs]
data = "skip"
[tables.parts.columns]
who = "full_name"
[tables."parent"]
limit = 1
"#;

/// A run's output and its report.
struct Written {
    script: Vec<u8>,
    report: PathBuf,
    _folder: tempfile::TempDir,
}

fn filtered(dump: &[u8], rules: &str, args: &[&str]) -> Written {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, report) = (folder.path().join("rules.toml"), folder.path().join("report.json"));
    let mut filter = Pgveil::new(["filter", "-q", "--report"]).arg(&report);
    if !rules.is_empty() {
        std::fs::write(&path, rules).expect("writes");
        filter = filter.arg("-r").arg(&path);
    }
    let script = filter.args(args).run(dump).success().stdout;
    Written { script, report, _folder: folder }
}

/// Where a database is, as `--to` takes it.
fn address(db: &Database) -> String {
    let psql = db.command("psql");
    let host = psql.get_envs().find(|(name, _)| *name == "PGHOST").and_then(|(_, value)| value).expect("a host");
    format!("host='{}' user=postgres dbname={}", host.display(), db.name())
}

fn verify(written: &Written, target: &Database, args: &[&str]) -> Outcome {
    Pgveil::new(["verify", "--report"]).arg(&written.report).arg("--to").arg(address(target)).args(args).run("")
}

#[track_caller]
fn equal(written: &Written, target: &Database) {
    let outcome = verify(written, target, &["-v"]);
    assert_eq!(outcome.code(), 0, "{}{}", outcome.out(), outcome.err());
}

#[track_caller]
fn differs(written: &Written, target: &Database, line: &str) {
    let outcome = verify(written, target, &[]);
    assert_eq!(outcome.code(), 4, "{}{}", outcome.out(), outcome.err());
    assert!(outcome.out().lines().any(|found| found == line), "expected {line:?}, found\n{}", outcome.out());
}

fn source(hint: &str) -> Database {
    let db = Server::get().database(hint);
    db.psql(SCHEMA);
    db
}

fn restored(hint: &str, script: &[u8]) -> Database {
    let db = Server::get().database(hint);
    db.psql_stdin(script, &SAFE).success();
    db
}

#[test]
fn what_was_written_is_found_in_every_form() {
    let source = source("verify_forms");
    for form in [&[][..], &["--inserts"], &["--column-inserts"], &["--rows-per-insert=7"], &["--load-via-partition-root"]] {
        let dump = source.dump(["--no-owner"].iter().chain(form));
        for rules in ["", RULES] {
            if rules.contains("limit") && form.iter().any(|flag| flag.contains("insert")) {
                continue;
            }
            let written = filtered(&dump, rules, &[]);
            let target = restored("verified", &written.script);
            equal(&written, &target);
            let jobs = verify(&written, &target, &["--jobs", "3"]);
            assert_eq!((jobs.code(), jobs.out().lines().count()), (0, 1), "{form:?}: {}", jobs.out());
        }
    }
}

/// The same rows have the same checksum, whatever they came as.
#[test]
fn the_report_does_not_depend_on_the_form() {
    let source = source("verify_reports");
    let sums = |form: &[&str], args: &[&str]| -> Vec<(String, serde_json::Value)> {
        let written = filtered(&source.dump(["--no-owner"].iter().chain(form)), "", args);
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&written.report).expect("reads")).expect("JSON");
        let mut sums: Vec<_> = report["tables"]
            .as_array()
            .expect("tables")
            .iter()
            .filter(|table| table["rows_out"] != 0)
            .map(|table| (table["table"].as_str().expect("a name").to_owned(), table["checksum"].clone()))
            .collect();
        sums.sort_by(|a, b| a.0.cmp(&b.0));
        sums
    };
    let expected = sums(&[], &[]);
    assert!(expected.iter().all(|(_, sum)| sum.as_str().is_some_and(|sum| sum.len() == 32)), "{expected:?}");
    for form in [&["--inserts"][..], &["--column-inserts"], &["--rows-per-insert=7"]] {
        assert_eq!(sums(form, &[]), expected, "{form:?}");
        assert_eq!(sums(&[], form), expected, "COPY turned into {form:?}");
    }
    let written = filtered(&source.dump(["--no-owner"]), "", &["--rows-per-insert=5"]);
    equal(&written, &restored("turned", &written.script));
}

#[test]
fn what_happened_since_is_told() {
    let source = source("verify_told");
    let written =
        filtered(&source.dump(["--no-owner"]), "version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.logs]\ndata = \"skip\"\n", &[]);
    let again = || restored("changed", &written.script);
    let target = again();
    target.psql(
        "CREATE TABLE other AS SELECT * FROM ONLY parent; TRUNCATE ONLY parent; INSERT INTO parent SELECT * FROM other ORDER BY id DESC",
    );
    target.psql("UPDATE users SET note = note WHERE id % 2 = 0; VACUUM FULL users");
    equal(&written, &target);
    target.psql("DELETE FROM users WHERE id = 3");
    differs(&written, &target, "public.users: expected 500 rows, found 499");
    let counted = verify(&written, &target, &["--counts-only", "-q"]);
    assert_eq!((counted.code(), counted.out().as_str()), (4, "public.users: expected 500 rows, found 499\n"));
    assert_eq!(
        verify(&written, &target, &["--table", "parts*", "-t", "\"Sch ema\".*"]).success().out(),
        "3 tables, 63 rows: all as written\n"
    );
    let target = again();
    target.psql("UPDATE users SET at = at + interval '1 microsecond' WHERE id = 3");
    differs(&written, &target, "public.users: rows differ: 500 rows, not all as written");
    assert_eq!(verify(&written, &target, &["--counts-only"]).code(), 0);
    target.psql("DROP TABLE empty; DROP TABLE nocols; CREATE VIEW nocols AS SELECT 1; ALTER TABLE bank DROP COLUMN cash");
    differs(&written, &target, "public.empty: the table is missing");
    differs(&written, &target, "public.nocols: expected a table, found a view");
    differs(&written, &target, "public.bank: column cash is missing");
    let target = again();
    target.psql("INSERT INTO logs VALUES (1, 'x'); INSERT INTO \"Sch ema\".\"odd \"\"name\"\", (x)\" VALUES ('', '')");
    differs(&written, &target, "public.logs: expected 0 rows, found 1; was the table empty before?");
    differs(&written, &target, "\"Sch ema\".\"odd \"\"name\"\", (x)\": expected 3 rows, found 4; was the table empty before?");
    let target = again();
    target.psql("UPDATE parts SET who = 'x' WHERE at = '2019-12-02'");
    differs(&written, &target, "public.parts_1: rows differ: 30 rows, not all as written");
}

#[test]
fn sessions_settings_do_not_count() {
    let source = source("verify_zone");
    let name = source.name().to_owned();
    source.psql(&format!("ALTER DATABASE \"{name}\" SET TimeZone = 'Europe/Paris'; ALTER DATABASE \"{name}\" SET bytea_output = 'escape'"));
    let written = filtered(&source.dump(["--no-owner"]), "", &[]);
    assert!(String::from_utf8_lossy(&written.script).contains("+00:09:21"), "the local time of Paris");
    let target = restored("new_york", &written.script);
    let name = target.name();
    target.psql(&format!(
        "ALTER DATABASE \"{name}\" SET TimeZone = 'America/New_York'; ALTER DATABASE \"{name}\" SET DateStyle = 'German, DMY'; ALTER DATABASE \"{name}\" SET IntervalStyle = 'iso_8601'; ALTER DATABASE \"{name}\" SET extra_float_digits = 0; ALTER DATABASE \"{name}\" SET statement_timeout = '100ms'"
    ));
    equal(&written, &target);
}

/// The text of money depends on a setting that a dump does not tell: such tables are counted.
#[test]
fn money_is_counted() {
    let source = source("verify_money");
    let dump = source.dump(["--no-owner"]);
    let written = filtered(&dump, "", &[]);
    let target = restored("rich", &written.script);
    target.psql("UPDATE bank SET cash = cash * 100");
    let outcome = verify(&written, &target, &["-v"]).success().out();
    assert!(outcome.contains("public.bank: 2 rows, counted only: the text of \"cash\" depends on lc_monetary\n"), "{outcome}");
    assert!(outcome.ends_with("(1 table by the number of rows only)\n"), "{outcome}");
}

#[test]
fn other_encodings() {
    let source = Server::get().database_in("verify_latin1", "LATIN1");
    source.psql("CREATE TABLE \"Zoé\" (\"prénom\" text); INSERT INTO \"Zoé\" VALUES ('Zoé'), ('Noël')");
    let written = filtered(&source.dump(["--no-owner"]), "", &[]);
    let target = restored("verify_utf8", &written.script);
    equal(&written, &target);
    target.psql("UPDATE \"Zoé\" SET \"prénom\" = '€' WHERE \"prénom\" = 'Zoé'");
    let outcome = verify(&written, &target, &[]);
    assert_eq!(outcome.code(), 4, "{}", outcome.err());
    assert!(outcome.out().starts_with("public.\"Zoé\": rows differ: 2 rows"), "{}", outcome.out());
}

#[test]
fn archives_are_compared_too() {
    let source = source("verify_custom");
    for format in ["custom", "plain"] {
        let written = filtered(
            &source.dump(["--no-owner", "-Fc"]),
            "version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.users.columns]\nemail = \"email\"\n[tables.logs]\ndrop = true\n",
            &["-F", format],
        );
        let target = Server::get().database("verify_restored");
        if format == "custom" {
            let archive = written.report.with_file_name("out.dump");
            std::fs::write(&archive, &written.script).expect("writes");
            let outcome =
                target.command("pg_restore").arg("--exit-on-error").arg("-d").arg(target.name()).arg(&archive).output().expect("runs");
            assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
        } else {
            target.psql_stdin(&written.script, &SAFE).success();
        }
        let outcome = verify(&written, &target, &["-v"]);
        assert_eq!(outcome.code(), 0, "{}", outcome.out());
        assert!(outcome.out().contains("public.logs: left out, not looked at\n"), "{}", outcome.out());
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let source = source("verify_refused");
    let written = filtered(&source.dump(["--no-owner"]), "", &[]);
    let to = |to: &str| Pgveil::new(["verify", "--report"]).arg(&written.report).args(["--to", to]).env("PGCONNECT_TIMEOUT", "5").run("");
    let outcome = to("postgresql://zoe:hunter2@127.0.0.1:1/app?sslmode=disable");
    assert_eq!(outcome.code(), 1);
    assert!(
        outcome.err().starts_with("pgveil: cannot connect to app at 127.0.0.1:1: ") && !outcome.err().contains("hunter2"),
        "{}",
        outcome.err()
    );
    assert_eq!(to("postgresql://zoe:hunter2@h:x/app").code(), 2);
    let outcome = verify(&written, &source, &["--table", "nobody"]);
    assert_eq!((outcome.code(), outcome.err().as_str()), (2, "pgveil: --table nobody names no table of the report\n"));
    source.psql("CREATE ROLE guest LOGIN; ALTER TABLE parent ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON parent USING (id = 1); GRANT SELECT ON parent TO guest");
    let guest = address(&source).replace("user=postgres", "user=guest");
    let outcome = Pgveil::new(["verify", "-t", "parent", "--report"]).arg(&written.report).arg("--to").arg(guest).run("");
    source.psql("DROP OWNED BY guest; DROP ROLE guest");
    assert_eq!(outcome.code(), 1, "{}", outcome.out());
    assert!(
        outcome.err().contains("cannot read the rows of public.parent: query would be affected by row-level security"),
        "{}",
        outcome.err()
    );
}
