//! Rows as INSERT, in and out: the same rules give the same rows whatever the form of the dump, and a dump that was turned
//! into INSERT restores to what it was.

use std::collections::BTreeMap;

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

/// Types, names and values that are awkward in literals.
const SCHEMA: &str = r#"
CREATE TYPE mood AS ENUM ('it''s', 'o\k');
CREATE TYPE pair AS (a text, b integer);
CREATE DOMAIN age AS integer CHECK (value > -1000);
CREATE DOMAIN yes AS boolean;
CREATE DOMAIN mask AS bit(3);
CREATE DOMAIN mail AS varchar(80) CHECK (value ~ '@');
CREATE TABLE kinds (
    id integer PRIMARY KEY, small smallint, big bigint, num numeric, money numeric(12,2), re real, dp double precision, o oid, ok boolean,
    bits bit(5), many bit varying, bin bytea, txt text, fix char(6), c "char", n name, arr text[], nums integer[], flags boolean[], p pair,
    ps pair[], span int4range, js json, jb jsonb, u uuid, ip inet, mac macaddr, at timestamptz, d date, t time, i interval, cash money, x xml,
    m mood, age age, yes yes, mask mask, twice integer GENERATED ALWAYS AS (id * 2) STORED, q point, reg regclass, v tsvector);
INSERT INTO kinds (id, small, big, num, money, re, dp, o, ok, bits, many, bin, txt, fix, c, n, arr, nums, flags, p, ps, span, js, jb, u, ip, mac,
        at, d, t, i, cash, x, m, age, yes, mask, q, reg, v)
    SELECT g, g - 15000, 9223372036854775807 - g, CASE g % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN 1e-30 WHEN 2 THEN NULL ELSE -g / 7.0 END,
    g / 3.0, CASE g % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE g * 1.1e-20 END,
    CASE g % 6 WHEN 0 THEN '-Infinity' WHEN 1 THEN 5e-324 WHEN 2 THEN 1.7976931348623157e308 ELSE g * 0.1 END, 4294967295 - g, g % 3 = 1,
    (g % 32)::bit(5), (g % 8)::bit(3)::varbit, decode(md5(g::text), 'hex'),
    CASE g % 9 WHEN 0 THEN E'),\n\t(' WHEN 1 THEN ' ON CONFLICT DO NOTHING;' WHEN 2 THEN E'x'');\nINSERT INTO people (email) VALUES (''fake@example.com'');\n--'
        WHEN 3 THEN '' WHEN 4 THEN E'\\' WHEN 5 THEN E'\\''\r\n\t\b\f' WHEN 6 THEN 'DEFAULT' WHEN 7 THEN NULL ELSE E'\\N $$ $x$ /* -- \u00e9' END,
    'ab', 'z', 'na me', ARRAY['a"b', E'c\\d', NULL, 'e''f'], ARRAY[g, NULL], ARRAY[true, false], ROW(E'q"\\''', g)::pair,
    ARRAY[ROW('x,y', 1)::pair], int4range(g, g + 5), '{"a": "it''s \\ \"q\""}', '{"a": [1, null, "\u00e9"]}', md5(g::text)::uuid,
    ('10.0.' || g % 256 || '.1/24')::inet, '08:00:2b:01:02:03', timestamptz '2024-01-01 12:00' + g * interval '1 hour', date '1950-01-01' + g,
    '12:30:00.5', interval '1 mon -2 days 03:04:05', -12.5 * g, '<a b="''">&amp;</a>', CASE g % 2 WHEN 0 THEN 'it''s' ELSE E'o\\k' END::mood,
    g - 10, g % 2 = 0, B'101', point(g, -g), 'kinds', to_tsvector('it''s a \ test')
    FROM generate_series(1, 500) g;
CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "firstName" varchar(40) NOT NULL, email mail UNIQUE, phone varchar(30),
    born date, score integer, height double precision, active boolean, flags bit varying(12), note text, role text,
    "fullName" text GENERATED ALWAYS AS ("firstName" || '!') STORED);
INSERT INTO people ("firstName", email, phone, born, score, height, active, flags, note, role)
    SELECT E'O''Zoé\\' || g, CASE WHEN g % 7 > 0 THEN 'user' || g || '@example.com' END, CASE g % 3 WHEN 0 THEN '' ELSE '06' || lpad(g::text, 8, '0') END,
    CASE WHEN g % 9 > 0 THEN date '1950-01-01' + g END, CASE WHEN g % 4 > 0 THEN g - 100 END, g * 0.25, g % 2 = 0, (g % 16)::bit(4)::varbit,
    E'note ''\n' || g || E'\\', CASE g % 10 WHEN 0 THEN 'admin' ELSE 'user' END
    FROM generate_series(1, 1000) g;
CREATE TABLE logins (id serial PRIMARY KEY, email mail REFERENCES people (email), what text);
INSERT INTO logins (email, what) SELECT email, 'x' FROM people WHERE id % 3 = 0 AND role <> 'admin';
CREATE TABLE "evil (a) VALUES ('x');" (a text, "values" integer, ") VALUES (" text, "x; INSERT INTO y" text);
INSERT INTO "evil (a) VALUES ('x');" SELECT 'a' || g, g, E'b''\\', NULL FROM generate_series(1, 20) g;
CREATE TABLE "new
line" ("col
umn" text, "q""uo'te" text);
INSERT INTO "new
line" VALUES ('a', 'b'), (NULL, E'\n');
CREATE TABLE nocols ();
INSERT INTO nocols SELECT FROM generate_series(1, 8);
CREATE TABLE computed (one integer GENERATED ALWAYS AS (1) STORED, two text GENERATED ALWAYS AS ('t') STORED);
INSERT INTO computed SELECT FROM generate_series(1, 8);
CREATE TABLE parent (id integer, who text);
CREATE TABLE child (id integer, who text, extra text) INHERITS (parent);
INSERT INTO parent SELECT g, 'p' || g FROM generate_series(1, 10) g;
INSERT INTO child SELECT g, 'c' || g, 'e' FROM generate_series(1, 10) g;
CREATE TABLE parts (at date NOT NULL, who text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
INSERT INTO parts SELECT date '2019-12-01' + g, 'w' || g FROM generate_series(1, 60) g;
CREATE TABLE gone (id integer, secret text);
INSERT INTO gone SELECT g, 's' FROM generate_series(1, 30) g;
CREATE TABLE old (id integer, at date, who text);
INSERT INTO old SELECT g, date '2020-01-01' + g, 'o' || g FROM generate_series(1, 30) g;
CREATE TABLE empty (id integer);
"#;

/// Whatever the form, pg_dump writes the float -0 as 0 in its own INSERT statements, and rows without column names in the
/// order that the table had.
const TWISTED: &str = r#"
CREATE TABLE zero (re real, dp double precision, n numeric);
INSERT INTO zero VALUES ('-0', '-0', '-0'), (-1.5, -0.5, -2);
CREATE TABLE late (extra text, who text, id integer);
ALTER TABLE late INHERIT parent;
INSERT INTO late VALUES ('e', 'w', 1);
"#;

const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[columns]
email = { mask = "email", domain = "people" }
who = "full_name"
[tables.people]
unless = "role = 'admin'"
[tables.people.columns]
"firstName" = "first_name"
phone = { mask = "phone", country = "FR" }
born = { mask = "date_shift", days = 30, seed = "email" }
score = { mask = "noise", absolute = 10 }
height = { mask = "noise", absolute = 1 }
active = { mask = "const", value = "false" }
note = { mask = "template", template = "{firstName} \\ 'x'" }
[tables.kinds.columns]
txt = { mask = "const", value = "it's \\ new" }
ip = "ip"
bits = { mask = "const", value = "10101" }
big = { mask = "const", value = "-5" }
dp = { mask = "const", value = "1e-5" }
n = "null"
yes = { mask = "const", value = "true" }
[tables."evil (a) VALUES ('x');".columns]
a = { mask = "const", value = "); DROP TABLE x; --'" }
"values" = { mask = "const", value = 7 }
[tables."new\nline".columns]
"\"q\"\"uo'te\"" = { mask = "const", value = "'\n\\" }
[tables.old]
where = "at >= '2020-01-15' and id % 2 = 0"
[tables.gone]
data = "skip"
"#;

const FORMS: [&[&str]; 6] = [
    &[],
    &["--inserts"],
    &["--column-inserts"],
    &["--rows-per-insert=7"],
    &["--column-inserts", "--rows-per-insert=3", "--on-conflict-do-nothing"],
    &["--inserts", "--quote-all-identifiers", "--load-via-partition-root"],
];

fn filtered(dump: &[u8], rules: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, rules).expect("writes");
    Pgveil::new(["filter", "-q", "-r"]).arg(&path).args(args).run(dump).success().stdout
}

/// The rows of every table, as a number and a hash.
fn contents(db: &Database) -> BTreeMap<String, String> {
    let tables = db.psql(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '\\n'",
    );
    let tables = tables.lines().map(str::to_owned).chain(["\"new\nline\"".to_owned()]);
    let hash = |table: &str| {
        db.psql(&format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(whole::text, E'\\n' ORDER BY whole::text)), '') FROM ONLY {table} whole"
        ))
    };
    tables.map(|table| (table.clone(), hash(&table))).collect()
}

fn restored(hint: &str, script: &[u8]) -> (Database, BTreeMap<String, String>) {
    let db = Server::get().database(hint);
    db.psql_stdin(script, &SAFE).success();
    let found = contents(&db);
    (db, found)
}

/// A dump without the key of \restrict, which is drawn anew for each.
fn keyless(dump: &[u8]) -> String {
    let text = String::from_utf8_lossy(dump);
    text.split_inclusive('\n').filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ")).collect()
}

#[test]
fn the_same_rules_give_the_same_rows_in_every_form() {
    let source = Server::get().database("forms");
    source.psql(SCHEMA);
    let before = contents(&source);
    let mut expected = None;
    for form in FORMS {
        let dump = source.dump(["--no-owner"].iter().chain(form));
        let (target, found) = restored("masked", &filtered(&dump, RULES, &[]));
        let expected = expected.get_or_insert_with(|| found.clone());
        assert_eq!(found, *expected, "{form:?}");
        assert_eq!(target.psql("SELECT count(*) FROM old"), "9");
        assert_eq!(target.psql("SELECT count(*) FROM gone"), "0");
        assert_eq!(target.psql("SELECT count(*) FROM people WHERE email ~ '^user[0-9]+@' AND role <> 'admin'"), "0");
        assert_eq!(target.psql("SELECT count(*) FROM people WHERE \"firstName\" ~ '^O''Zo' AND role = 'admin'"), "100");
        for (table, rows) in &found {
            let masked = ["people", "logins", "kinds", "parent", "child", "parts_1", "parts_2", "old", "gone"];
            let changed = masked.contains(&table.as_str()) || table.starts_with('"');
            assert_eq!(before.get(table) != Some(rows), changed, "{table}");
        }
    }
}

#[test]
fn copy_becomes_insert_as_pg_dump_writes_it() {
    let source = Server::get().database("golden");
    source.psql(SCHEMA);
    let copy = source.dump(["--no-owner"]);
    for form in &FORMS[1..5] {
        let expected = keyless(&source.dump(["--no-owner"].iter().chain(*form)));
        let found = keyless(&Pgveil::new(["filter", "-q"]).args(*form).run(&copy).success().stdout);
        if expected != found {
            let (line, (old, new)) = expected.lines().zip(found.lines()).enumerate().find(|(_, (old, new))| old != new).expect("a line");
            panic!("{form:?}: line {}: {old:?} became {new:?}", line + 1);
        }
    }
}

#[test]
fn what_is_turned_into_insert_restores_to_what_it_was() {
    let source = Server::get().database("turned");
    source.psql(SCHEMA);
    source.psql(TWISTED);
    let before = contents(&source);
    let copy = source.dump(["--no-owner"]);
    let (_masked, masked) = restored("copied", &filtered(&copy, RULES, &[]));
    for form in &FORMS[1..5] {
        let (_target, found) = restored("inserted", &Pgveil::new(["filter", "-q"]).args(*form).run(&copy).success().stdout);
        let mut before = before.clone();
        // Its columns come back in another order, whatever the form.
        let twisted = restored("plain", &copy).1.remove("late");
        before.extend(twisted.map(|rows| ("late".to_owned(), rows)));
        assert_eq!(found, before, "{form:?}");
        let (_target, found) = restored("both", &filtered(&copy, RULES, form));
        assert_eq!(found, masked, "{form:?}, masked");
    }
}

#[test]
fn backslashes_that_escape_in_plain_quotes() {
    let source = Server::get().database("backslashes");
    source.psql(SCHEMA);
    source.psql(&format!("ALTER DATABASE \"{}\" SET standard_conforming_strings = off", source.name()));
    let mut expected = None;
    for form in FORMS {
        let dump = source.dump(["--no-owner"].iter().chain(form));
        assert!(String::from_utf8_lossy(&dump).contains("standard_conforming_strings = off"));
        let (_target, found) = restored("masked", &filtered(&dump, RULES, &[]));
        assert_eq!(found, *expected.get_or_insert_with(|| found.clone()), "{form:?}");
    }
    let copy = source.dump(["--no-owner"]);
    let (_target, found) = restored("inserted", &Pgveil::new(["filter", "-q", "--rows-per-insert=10"]).run(&copy).success().stdout);
    let (_other, plain) = restored("plain", &copy);
    assert_eq!(found, plain);
    assert_eq!(
        keyless(&Pgveil::new(["filter", "-q", "--inserts"]).run(&copy).success().stdout),
        keyless(&source.dump(["--no-owner", "--inserts"]))
    );
}

#[test]
fn data_alone_takes_its_types_from_the_schema_file() {
    let source = Server::get().database("data");
    source.psql(SCHEMA);
    let folder = tempfile::tempdir().expect("a folder");
    let schema = folder.path().join("schema.sql");
    std::fs::write(&schema, source.dump(["--no-owner", "--schema-only"])).expect("writes");
    let before = contents(&source);
    for args in [&["--data-only"][..], &["--data-only", "--inserts"]] {
        let data = source.dump(["--no-owner"].iter().chain(args));
        let refused = Pgveil::new(["filter", "-q", "--inserts"]).run(&data);
        let copied = args.len() == 1;
        assert_eq!(refused.code(), if copied { 3 } else { 0 });
        assert_eq!(refused.err().contains("give the schema with --schema-file"), copied, "{}", refused.err());
        let turned = Pgveil::new(["filter", "-q", "--inserts", "--schema-file"]).arg(&schema).run(&data).success().stdout;
        let target = Server::get().database("filled");
        target.psql_stdin(&std::fs::read(&schema).expect("reads"), &SAFE).success();
        target.psql_stdin(&turned, &SAFE).success();
        assert_eq!(contents(&target), before);
    }
}

#[test]
fn a_run_that_fails_between_tuples_leaves_nothing() {
    let source = Server::get().database("cut");
    source.psql("CREATE TABLE t (id integer, note text); INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 3000) g");
    let dump = source.dump(["--no-owner"]);
    let cut = &dump[..dump.len() / 3 * 2];
    for form in FORMS {
        let outcome =
            Pgveil::new(["filter", "-q"]).args(form.iter().filter(|arg| !arg.contains("quote") && !arg.contains("load"))).run(cut);
        assert_eq!(outcome.code(), 3, "{form:?}");
        let text = String::from_utf8_lossy(&outcome.stdout);
        assert!(text.ends_with("END $pgveil$;\n") && text.contains("xxx"), "{form:?}");
        for args in [&["-1"][..], &SAFE] {
            let target = Server::get().database("nothing");
            let restored = target.psql_stdin(&outcome.stdout, args);
            assert_eq!(restored.code(), 3, "{form:?}: {}", restored.err());
            assert!(restored.err().contains("pgveil stopped") || args.len() > 1, "{form:?}: {}", restored.err());
            assert_eq!(target.psql("SELECT to_regclass('t') IS NULL"), "t", "{form:?}");
        }
    }
}
