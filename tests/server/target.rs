//! What the output does around the dump's own statements, on real servers: a target emptied first, one transaction, another
//! database name, no psql at the other end.

mod database;
mod driver;
mod reset;
mod spared;
mod truncate;

use crate::support::pgveil::Pgveil;
use crate::support::process::Outcome;
use crate::support::server::{Database, Server};

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

/// A schema with something of every kind that a reset has to drop.
const RICH: &str = r#"
CREATE SCHEMA "a b";
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN mail AS text CHECK (VALUE ~ '@');
CREATE TYPE pair AS (a mood, b int);
CREATE TYPE span AS RANGE (subtype = int);
CREATE TABLE "with space" (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, mail mail);
CREATE TABLE answers (id int PRIMARY KEY REFERENCES "with space", mood mood DEFAULT 'ok', pairs pair[]);
ALTER TABLE "with space" ADD answer int REFERENCES answers;
CREATE TABLE "a b".parts (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE "a b".part1 PARTITION OF "a b".parts FOR VALUES IN (1, 2);
CREATE TABLE heirs () INHERITS (answers);
CREATE STATISTICS samples ON id, mood FROM answers;
CREATE SEQUENCE loose START 7;
CREATE VIEW "custom-view" AS SELECT a.id, b.a FROM answers a, "a b".parts b;
CREATE MATERIALIZED VIEW summary AS SELECT count(*) AS n FROM "custom-view";
CREATE FUNCTION "testFunction"() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION "testFunction"(a int, VARIADIC b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION totals() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.answers';
CREATE PROCEDURE act(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := 1; END';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE AGGREGATE rows(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR CLASS ops FOR TYPE int USING hash AS OPERATOR 1 ===;
CREATE COLLATION "My Collation" (LOCALE = 'C');
CREATE CONVERSION own FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY own (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION wagtail_french (COPY = french);
ALTER TEXT SEARCH CONFIGURATION wagtail_french ALTER MAPPING FOR asciiword WITH own;
CREATE CAST (pair AS text) WITH INOUT;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER noted BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION noted();
CREATE FUNCTION watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watched();
CREATE INDEX ON answers (("testFunction"() + id));
CREATE PUBLICATION news FOR TABLE answers;
CREATE POLICY mine ON answers USING (id > 0);
CREATE RULE nothing AS ON UPDATE TO heirs DO INSTEAD NOTHING;
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER far FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE away (a int) SERVER far;
INSERT INTO "with space" (mail) SELECT i || '@x.example' FROM generate_series(1, 100) i;
INSERT INTO answers (id) SELECT i FROM generate_series(1, 50) i;
INSERT INTO "a b".parts VALUES (1), (2);
SELECT lo_create(900001), lo_put(900001, 0, 'large');
COMMENT ON TABLE answers IS 'kept';
COMMENT ON SCHEMA "a b" IS 'an odd one';
"#;

fn database(sql: &str) -> Database {
    let db = Server::get().database("target");
    db.psql(sql);
    db
}

/// Filters a dump from a pipe.
fn filtered(dump: &[u8], args: &[&str]) -> Outcome {
    Pgveil::new(["filter", "-q"]).args(args).run(dump)
}

/// What pg_dump says of a database, without what differs from run to run.
fn catalogue(db: &Database, args: &[&str]) -> String {
    let dump = String::from_utf8(db.dump(args)).expect("UTF-8");
    dump.lines().filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict")).collect::<Vec<_>>().join("\n")
}

/// The same without any comment line.
fn uncommented(text: &str) -> String {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}
