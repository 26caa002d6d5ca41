//! Keys of every kind over masked columns: the copy restores without an error, and whatever joined still joins.
//!
//! Many rows, so that what is merely unlikely shows: `PGVEIL_TEST_ROWS=1000000` makes it a million.

use std::time::Instant;

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// Rows of the largest table, unless the environment asks for more.
const ROWS: u64 = 20_000;

/// The variable that asks for more.
const ROWS_VARIABLE: &str = "PGVEIL_TEST_ROWS";

/// Deleted people keep a token that somebody else has now; invitations join without a foreign key; a badge is one of its
/// office only, and its key stands in two columns.
const SCHEMA: &str = "
CREATE TABLE people (
    id bigint PRIMARY KEY, email varchar(80) NOT NULL CONSTRAINT people_email UNIQUE CHECK (email LIKE '%@%'),
    login varchar(20) NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9._-]{3,}$' AND length(login) >= 3),
    office int NOT NULL, badge varchar(8) NOT NULL, ref bigint UNIQUE, card text UNIQUE, session uuid UNIQUE,
    token text, deleted_at timestamptz, name text NOT NULL, UNIQUE (office, badge));
CREATE UNIQUE INDEX people_lower_email ON people (lower(email));
CREATE UNIQUE INDEX people_upper_login ON people (upper(login));
CREATE UNIQUE INDEX people_live_token ON people (token) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX people_named_token ON people (token, office) WHERE token IS NOT NULL AND deleted_at IS NULL;
CREATE TABLE visits (
    id bigint PRIMARY KEY, office int NOT NULL, badge varchar(8) NOT NULL, ref bigint REFERENCES people (ref),
    FOREIGN KEY (office, badge) REFERENCES people (office, badge));
CREATE TABLE invitations (email varchar(80) PRIMARY KEY CHECK (email LIKE '%@%'), sent date);
";

/// Fills the tables; `:n` is how many people there are.
const FILL: &str = "
INSERT INTO people SELECT i, CASE i % 3 WHEN 0 THEN 'Zoé.Lefèvre' WHEN 1 THEN 'j' ELSE 'a-very-long-first-name.of-somebody' END || i || '@exemple.fr',
    'login' || i, i % 50, 'B' || lpad((i / 50)::text, 6, '0'), CASE WHEN i % 10 > 0 THEN i * 7 END,
    CASE WHEN i % 10 > 1 THEN lpad((4000000000000000 + i * 13)::text, 16, '0') END, md5(i::text)::uuid,
    CASE WHEN i % 10 > 2 THEN CASE WHEN i % 4 = 0 THEN 'again' || i % 7 ELSE md5(i::text || 't') END END,
    CASE WHEN i % 4 = 0 THEN timestamptz '2024-01-01' + i * interval '1 minute' END, 'Zoé Lefèvre'
    FROM generate_series(1::bigint, :n) i;
INSERT INTO visits SELECT i, p % 50, 'B' || lpad((p / 50)::text, 6, '0'), CASE WHEN p % 10 > 0 THEN p * 7 END
    FROM generate_series(1::bigint, :n) i, LATERAL (SELECT i * 7919 % :n + 1 AS p) x;
INSERT INTO invitations SELECT email, date '2024-01-01' FROM people WHERE id % 5 = 0;
INSERT INTO invitations SELECT 'nobody' || i || '@exemple.fr', date '2024-01-01' FROM generate_series(1, 100) i;
";

/// One end of each foreign key is named; the other follows by itself.
const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[columns]
email = "email"
[tables.people.columns]
login = "username"
badge = "permute"
ref = "permute"
card = { mask = "permute", domain = "card" }
session = "uuid"
token = "token"
name = "full_name"
"#;

/// What original and copy answer alike: which rows join which.
const ALIKE: &[&str] = &[
    "SELECT count(*), count(ref), count(card), count(token), count(deleted_at) FROM people",
    "SELECT count(DISTINCT email), count(DISTINCT lower(login)), count(DISTINCT (office, badge)), count(DISTINCT ref), count(DISTINCT token) FROM people",
    "SELECT count(*), md5(string_agg(v.id || '-' || p.id, ',' ORDER BY v.id)) FROM visits v JOIN people p USING (office, badge)",
    "SELECT count(*), md5(string_agg(v.id || '-' || p.id, ',' ORDER BY v.id)) FROM visits v JOIN people p USING (ref)",
    "SELECT count(*), md5(string_agg(p.id::text, ',' ORDER BY p.id)) FROM invitations i JOIN people p USING (email)",
    "SELECT count(*) FROM invitations i LEFT JOIN people p USING (email) WHERE p.id IS NULL",
    "SELECT count(*), md5(string_agg(a.id || '-' || b.id, ',' ORDER BY a.id, b.id)) FROM people a JOIN people b USING (token) WHERE a.id < b.id AND a.id < 2000 AND b.id < 2000",
    "SELECT count(*) FROM pg_constraint WHERE convalidated AND connamespace = 'public'::regnamespace",
    "SELECT count(*) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid AND relnamespace = 'public'::regnamespace",
];

/// What must be found in no row of the copy.
const NONE: &[&str] = &[
    "SELECT count(*) FROM people WHERE email LIKE '%@exemple.fr' OR login ~ '^login[0-9]+$' OR token ~ '^again' OR name = 'Zoé Lefèvre'",
    "SELECT count(*) FROM people WHERE session = md5(id::text)::uuid",
    "SELECT count(*) FROM invitations WHERE email LIKE '%@exemple.fr'",
    "SELECT count(*) FROM people WHERE length(email) > 80 OR length(login) > 20 OR badge !~ '^[A-Z][0-9]{6}$'",
];

fn rows() -> u64 {
    std::env::var(ROWS_VARIABLE).map_or(ROWS, |text| text.parse().unwrap_or_else(|_| panic!("{ROWS_VARIABLE} is no number: {text:?}")))
}

fn source(rows: u64) -> Database {
    let source = Server::get().database("keys");
    source.psql(SCHEMA);
    source.psql(&FILL.replace(":n", &rows.to_string()));
    source
}

#[test]
fn keys_of_every_kind_hold() {
    let rows = rows();
    let source = source(rows);
    let folder = tempfile::tempdir().expect("a folder");
    let [dump, rules] = ["dump.sql", "rules.toml"].map(|name| folder.path().join(name));
    std::fs::write(&dump, source.dump(["--no-owner"])).expect("writes");
    std::fs::write(&rules, RULES).expect("writes");

    let begun = Instant::now();
    let outcome = Pgveil::new(["filter", "-r"]).arg(&rules).arg(&dump).run("").success();
    let filtered = begun.elapsed();
    let target = Server::get().database("keys_copy");
    let restored = target.psql_stdin(&outcome.stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    assert_eq!(restored.err(), "");

    assert_eq!(target.psql("SELECT count(*) FROM people"), rows.to_string());
    for sql in ALIKE {
        let before = source.psql(sql);
        assert!(!before.starts_with("0"), "nothing to compare: {sql}");
        assert_eq!(target.psql(sql), before, "{sql}; filtered in {filtered:?}");
    }
    for sql in NONE {
        assert_eq!(target.psql(sql), "0", "{sql}");
    }
}

/// A mask whose values may meet is refused before a byte is written, by the name of the key that would not hold.
#[test]
fn a_mask_that_may_collide_is_refused_at_each_key() {
    let source = source(10);
    let dump = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(dump.path(), source.dump(["--no-owner"])).expect("writes");
    for (rule, expected) in [
        ("email = { mask = \"const\", value = \"a@example.org\" }", "unique key people_email of public.people"),
        ("card = \"lorem\"", "unique key people_card_key of public.people needs distinct values"),
        ("token = \"lorem\"", "unique key people_live_token of public.people"),
        ("deleted_at = \"null\"", "changes which rows come under the index"),
        ("badge = \"lorem\"", "unique key people_office_badge_key of public.people needs distinct values"),
    ] {
        let rules = tempfile::NamedTempFile::new().expect("a file");
        let text = format!("version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.people.columns]\n{rule}\n");
        std::fs::write(rules.path(), text).expect("writes");
        let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).arg(dump.path()).run("");
        assert_eq!((outcome.code(), outcome.stdout.len()), (2, 0), "{rule}: {}", outcome.err());
        assert!(outcome.err().contains(expected), "{rule}: {}", outcome.err());
    }
}
