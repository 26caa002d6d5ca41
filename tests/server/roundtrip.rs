//! Create, load, `pg_dump | pgveil | psql -1`; then SQL proves what was promised.

use crate::support::corpus;
use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

const SCHEMA: &str = r#"
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN mail AS varchar(80) CHECK (value ~ '@');
CREATE TABLE users (
    id bigint PRIMARY KEY, "firstName" varchar(40) NOT NULL, "lastName" text NOT NULL, email mail UNIQUE, login varchar(20) UNIQUE,
    phone varchar(30), born date, seen timestamptz, last_ip inet UNIQUE, net cidr, mood mood, notes text, meta jsonb, score numeric(6,2),
    "fullName" text GENERATED ALWAYS AS ("firstName" || ' ' || "lastName") STORED);
CREATE UNIQUE INDEX users_lower ON users (lower(email::text)) WHERE email IS NOT NULL;
CREATE TABLE invitations (id serial PRIMARY KEY, email mail REFERENCES users (email), token text UNIQUE);
CREATE TABLE "knowledge-elements" (id int PRIMARY KEY, "userId" bigint REFERENCES users, value text);
CREATE TABLE marks (ke int REFERENCES "knowledge-elements", n int);
CREATE TABLE visits (at date NOT NULL, who text, ip inet) PARTITION BY RANGE (at);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE TABLE "odd ""name"", (x)" ("a,b" text, "c""d" text);
CREATE TABLE nothing ();
CREATE FUNCTION trap() RETURNS text LANGUAGE sql AS $$ SELECT '
COPY public.users (id, email) FROM stdin;
1	x
\.
' $$;
COMMENT ON TABLE users IS E'COPY public.users (id) FROM stdin;\n\\.\n';
INSERT INTO users SELECT i, 'Zoé' || i, E'Lefèvre\t\\' || i, CASE WHEN i % 7 > 0 THEN 'User' || i || '@Example.com' END, 'login' || i,
    CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '06' || lpad(i::text, 8, '0') END, CASE WHEN i % 9 > 0 THEN date '1950-01-01' + i END,
    CASE i % 50 WHEN 0 THEN 'infinity' WHEN 1 THEN '0044-03-15 12:00 BC' ELSE timestamptz '2020-01-01' + i * interval '1 hour' END,
    ('10.' || i % 256 || '.' || i / 256 || '.1')::inet, set_masklen(('192.168.' || i % 256 || '.0')::inet, 24)::cidr,
    'ok', E'line one\nline \\N two\r\n\\.\t' || i, jsonb_build_object('k', E'a\\b"c', 'n', i), i / 7.0
    FROM generate_series(1, 3000) i;
INSERT INTO invitations (email, token) SELECT email, md5(id::text) FROM users WHERE id % 3 = 0;
INSERT INTO "knowledge-elements" SELECT i, i, 'v' || i FROM generate_series(1, 2000) i;
INSERT INTO marks SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO visits SELECT date '2019-06-01' + i, 'Jean ' || i, ('2001:db8::' || to_hex(i))::inet FROM generate_series(1, 500) i;
INSERT INTO "odd ""name"", (x)" SELECT E'\\.', E'\\N' FROM generate_series(1, 10);
INSERT INTO nothing SELECT FROM generate_series(1, 5);
"#;

const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[columns]
email = { mask = "email", domain = "people" }
[tables.users.columns]
"firstName" = "first_name"
"lastName" = "last_name"
login = "hash"
phone = { mask = "phone", country = "FR" }
born = { mask = "date_shift", days = 30 }
seen = { mask = "date_shift", days = 30 }
last_ip = "ip"
net = "ip"
notes = "null"
[tables.visits.columns]
who = "full_name"
ip = "ip"
[tables.'"odd ""name"", (x)"'.columns]
"*" = { mask = "const", value = "\\.\ttab\nline" }
[tables."knowledge-elements"]
data = "skip"
"#;

/// A database with the schema and rows above.
fn source() -> Database {
    let db = Server::get().database("source");
    db.psql(SCHEMA);
    db
}

/// Filters a dump under rules, as a pipe.
fn filtered(dump: &[u8], rules: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, rules).expect("writes");
    Pgveil::new(["filter", "-q", "-r"]).arg(&path).args(args).run(dump).success().stdout
}

/// Runs a query on both databases.
fn both(source: &Database, target: &Database, sql: &str) -> (String, String) {
    (source.psql(sql), target.psql(sql))
}

#[test]
fn a_masked_dump_restores_and_keeps_its_promises() {
    let (source, target) = (source(), Server::get().database("target"));
    let dump = source.dump(["--no-owner"]);
    target.psql_stdin(&filtered(&dump, RULES, &[]), &SAFE).success();
    for sql in [
        // Rows.
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM invitations), (SELECT count(*) FROM visits), (SELECT count(*) FROM nothing)",
        // What no rule names, byte for byte.
        "SELECT md5(string_agg(concat_ws('|', id, mood, meta, score), E'\\n' ORDER BY id)) FROM users",
        "SELECT md5(string_agg(concat_ws('|', id, token), E'\\n' ORDER BY id)) FROM invitations",
        "SELECT md5(string_agg(at::text, ',' ORDER BY at)) FROM visits",
        // NULL stays NULL, the empty string stays empty.
        "SELECT count(*) FILTER (WHERE email IS NULL), count(*) FILTER (WHERE phone IS NULL), count(*) FILTER (WHERE phone = ''), count(*) FILTER (WHERE born IS NULL) FROM users",
        "SELECT count(*) FILTER (WHERE seen = 'infinity'), count(*) FILTER (WHERE seen < '0001-01-01') FROM users",
        // Joins on masked columns give the same pairs.
        "SELECT md5(string_agg(u.id || '-' || i.id, ',' ORDER BY i.id)) FROM users u JOIN invitations i USING (email)",
        // Sequences, functions, comments.
        "SELECT last_value FROM invitations_id_seq",
        "SELECT md5(trap()), md5(obj_description('users'::regclass))",
        // Keys and indexes, the foreign key to the emptied table apart.
        "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE contype IN ('u', 'p', 'f') AND convalidated AND connamespace = 'public'::regnamespace AND conname <> 'marks_ke_fkey'",
    ] {
        let (before, after) = both(&source, &target, sql);
        assert_eq!(before, after, "{sql}");
    }
    for (sql, expected) in [
        ("SELECT count(*) FROM \"knowledge-elements\"", "0"),
        ("SELECT count(*), bool_or(convalidated) FROM pg_constraint WHERE conname = 'marks_ke_fkey'", "1|f"),
        (
            "SELECT count(*) FROM users WHERE \"firstName\" ~ '[0-9]' OR \"lastName\" ~ '[0-9]' OR email ~* 'user[0-9]|example.com' OR login ~ '^login'",
            "0",
        ),
        ("SELECT count(*) FROM users WHERE phone <> '' AND phone !~ '^063998[0-9]{4}$'", "0"),
        ("SELECT count(*) FROM users WHERE notes IS NOT NULL", "0"),
        ("SELECT count(*) FROM users WHERE \"fullName\" <> \"firstName\" || ' ' || \"lastName\"", "0"),
        ("SELECT count(DISTINCT email) = count(email), count(DISTINCT login) = count(*) FROM users", "t|t"),
        ("SELECT count(*) FROM visits WHERE who ~ '[0-9]'", "0"),
        ("SELECT DISTINCT \"a,b\" = E'\\\\.\\ttab\\nline' FROM \"odd \"\"name\"\", (x)\"", "t"),
    ] {
        assert_eq!(target.psql(sql), expected, "{sql}");
    }
    let differ = |column: &str| {
        let sql = format!("SELECT {column} FROM users WHERE {column} IS NOT NULL AND {column}::text NOT IN ('', 'infinity') ORDER BY id");
        let (before, after) = both(&source, &target, &sql);
        let same = before.lines().zip(after.lines()).filter(|(a, b)| a == b).count();
        assert_eq!(before.lines().count(), after.lines().count(), "{column}");
        assert!(same * 50 <= before.lines().count(), "{column}: {same} of {} values are unchanged", before.lines().count());
    };
    for column in ["\"firstName\"", "\"lastName\"", "email", "login", "phone", "born", "seen", "last_ip", "net"] {
        differ(column);
    }
}

#[test]
fn files_and_pipes_and_schema_files_give_the_same_rows() {
    let source = source();
    let dump = source.dump(["--no-owner"]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    std::fs::write(path("dump.sql"), &dump).expect("writes");
    std::fs::write(path("schema.sql"), source.dump(["--schema-only"])).expect("writes");
    let piped = filtered(&dump, RULES, &[]);
    assert!(filtered(b"", RULES, &[&path("dump.sql")]) == piped);
    assert!(filtered(&dump, RULES, &["--schema-file", &path("schema.sql")]) == piped);
    // Data only: the rows are the same, and load into the schema.
    let rules = RULES.replace("data = \"skip\"", "data = \"keep\"");
    let data = filtered(&source.dump(["--data-only"]), &rules, &["--schema-file", &path("schema.sql")]);
    let target = Server::get().database("data");
    target.psql_stdin(&source.dump(["--schema-only", "--no-owner"]), &SAFE).success();
    target.psql_stdin(&data, &SAFE).success();
    let whole = Server::get().database("whole");
    whole.psql_stdin(&filtered(&dump, &rules, &[]), &SAFE).success();
    let (a, b) = both(&target, &whole, "SELECT md5(string_agg(u::text, E'\\n' ORDER BY id)) FROM users u");
    assert_eq!(a, b);
}

#[test]
fn another_encoding_is_written_in_that_encoding() {
    let (source, target) = (Server::get().database_in("latin", "LATIN1"), Server::get().database_in("latin", "LATIN1"));
    source.psql(
        "CREATE TABLE people (id int, name text, note text); INSERT INTO people SELECT i, 'Zoé', 'é' || i FROM generate_series(1, 500) i",
    );
    let rules = "version = 1\n[defaults]\nlocale = \"fr_FR\"\n[tables.people.columns]\nname = { mask = \"const\", value = \"Hélène\" }\nnote = \"first_name\"\n";
    let dump = filtered(&source.dump(["--no-owner"]), rules, &[]);
    assert!(std::str::from_utf8(&dump).is_err(), "LATIN1 is no UTF-8");
    target.psql_stdin(&dump, &SAFE).success();
    assert_eq!(target.psql("SELECT DISTINCT name FROM people"), "Hélène");
    assert_ne!(target.psql("SELECT count(*) FROM people WHERE note ~ '[é-ï]'"), "0");
}

#[test]
fn the_shop_of_the_corpus_restores() {
    let version = Server::get().version();
    let dump = corpus::read(&format!("{version}/app.sql"));
    let target = Server::get().database("shop");
    // Its owner has another name here.
    let ours = target.psql("SELECT current_user");
    let dump = if ours == "postgres" {
        dump
    } else {
        String::from_utf8(dump).expect("UTF-8").replace("OWNER TO postgres", &format!("OWNER TO {ours}")).into_bytes()
    };
    target.psql_stdin(&filtered(&dump, include_str!("../rules/app.toml"), &[]), &SAFE).success();
    assert_eq!(target.psql("SELECT count(*) FROM shop.customers WHERE email NOT LIKE '%@example.org'"), "0");
    assert_eq!(target.psql("SELECT count(*) FROM audit.log"), "0");
    assert_ne!(target.psql("SELECT count(*) FROM shop.orders WHERE ship_to = ''"), "0");
}
