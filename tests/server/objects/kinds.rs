//! `[objects] drop`, `-N` and `--section`: what is left restores, and the sections are those of pg_dump.

use super::SAFE;
use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// Something of every kind that `[objects]` can leave out, with something that hangs on it.
const KINDS: &str = r"
CREATE SCHEMA s2;
CREATE COLLATION own (provider = libc, locale = 'C');
CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION same(int, int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE act() LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE OPERATOR =# (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
CREATE OPERATOR CLASS ops FOR TYPE int USING hash AS OPERATOR 1 =#, FUNCTION 1 hashint4(int);
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TABLE t (id int NOT NULL, n text, CONSTRAINT positive CHECK (id > 0));
COMMENT ON CONSTRAINT positive ON t IS 'inside the table';
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
COMMENT ON CONSTRAINT t_pkey ON t IS 'behind the rows';
ALTER TABLE t CLUSTER ON t_pkey;
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON t USING (id > 0);
CREATE INDEX t_f ON t (f(id)); COMMENT ON INDEX t_f IS 'i';
CREATE INDEX t_own ON t (n COLLATE own);
CREATE INDEX t_ops ON t USING hash (id ops);
CREATE UNIQUE INDEX t_id ON t (id);
CREATE TABLE c (id int NOT NULL); CREATE UNIQUE INDEX c_id ON c (id); ALTER TABLE c CLUSTER ON c_id;
CREATE TABLE s2.x (id int);
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW v AS SELECT f(id) AS id FROM t WHERE id =# 1; COMMENT ON VIEW v IS 'v'; GRANT SELECT ON v TO PUBLIC;
CREATE VIEW sums AS SELECT total(id) AS id FROM v;
CREATE MATERIALIZED VIEW m AS SELECT id FROM sums; CREATE INDEX ON m (id); GRANT SELECT ON m TO PUBLIC;
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER far;
CREATE FOREIGN TABLE away (a int) SERVER far; COMMENT ON SERVER far IS 'far'; GRANT USAGE ON FOREIGN SERVER far TO PUBLIC;
CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watched(); ALTER EVENT TRIGGER watch DISABLE; COMMENT ON EVENT TRIGGER watch IS 'w';
CREATE STATISTICS st ON id, n FROM t; COMMENT ON STATISTICS st IS 's';
CREATE PUBLICATION pub FOR TABLE t; COMMENT ON PUBLICATION pub IS 'p';
CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'e';
COMMENT ON FUNCTION f(int) IS 'f'; COMMENT ON PROCEDURE act() IS 'p'; COMMENT ON AGGREGATE total(int) IS 'a';
COMMENT ON COLLATION own IS 'c'; COMMENT ON CONVERSION conv IS 'c'; COMMENT ON OPERATOR =# (int, int) IS 'o'; COMMENT ON OPERATOR CLASS ops USING hash IS 'o';
GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC; GRANT EXECUTE ON PROCEDURE act() TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA s2 GRANT SELECT ON TABLES TO PUBLIC;
INSERT INTO t VALUES (1, 'a'); INSERT INTO s2.x VALUES (1);
";

fn source() -> Database {
    let source = Server::get().database("kinds");
    source.psql(KINDS);
    if Server::get().version() >= 15 {
        source.psql("ALTER PUBLICATION pub ADD TABLES IN SCHEMA s2");
    }
    source
}

#[test]
fn what_is_left_without_a_kind_restores() {
    let source = source();
    let script = source.dump([""; 0]);
    let folder = tempfile::tempdir().expect("a folder");
    let (file, rules) = (folder.path().join("in.sql"), folder.path().join("rules.toml"));
    std::fs::write(&file, &script).expect("writes");
    for (drop, keep) in [
        ("view", ""),
        ("view:v", ""),
        ("view", "view:sums"),
        ("materialized view", ""),
        ("function", ""),
        ("function:f", ""),
        ("procedure", ""),
        ("aggregate", ""),
        ("foreign table", ""),
        ("server", ""),
        ("foreign data wrapper", ""),
        ("user mapping", ""),
        ("publication", ""),
        ("event trigger", ""),
        ("index", ""),
        ("collation", ""),
        ("operator", ""),
        ("operator class", ""),
        ("operator family", ""),
        ("conversion", ""),
        ("extension", ""),
        ("statistics", ""),
        ("trigger", ""),
        ("policy", ""),
        ("comment:v", ""),
        ("comment", "comment:v"),
    ] {
        let list = |name: &str| if name.is_empty() { String::new() } else { format!("{name:?}") };
        std::fs::write(&rules, format!("version = 1\n[objects]\ndrop = [{}]\nkeep = [{}]\n", list(drop), list(keep))).expect("writes");
        let filter = || Pgveil::new(["filter", "-q", "-r"]).arg(&rules);
        let whole = filter().arg(&file).run([]).success();
        let piped = filter().run(&script).success();
        let word = |out: &[u8]| String::from_utf8_lossy(out).lines().filter(|line| !line.starts_with("--")).count();
        assert!(word(&whole.stdout) < word(&script), "{drop}: nothing went");
        for out in [whole.stdout, piped.stdout] {
            let target = Server::get().database("cut");
            let outcome = target.psql_stdin(&out, &SAFE);
            assert_eq!(outcome.code(), 0, "without {drop:?}, but {keep:?}: {}", outcome.err());
        }
    }
}

/// The statements of a script: what says something, apart from settings.
fn statements(script: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(script);
    let says = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\') && !line.starts_with("SET ");
    let mut lines: Vec<String> = text.lines().filter(says).map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn sections_are_those_of_pg_dump() {
    let source = source();
    let (script, archive) = (source.dump([""; 0]), source.dump(["-Fc"]));
    for section in ["pre-data", "data", "post-data"] {
        let expected = statements(&source.dump(["--section", section]));
        for (what, input) in [("script", &script), ("archive", &archive)] {
            let found = Pgveil::new(["filter", "-q", "--section", section]).run(input).success().stdout;
            let found = statements(&found);
            let missing: Vec<&String> = expected.iter().filter(|line| !found.contains(line)).collect();
            let strange: Vec<&String> = found.iter().filter(|line| !expected.contains(line)).collect();
            assert_eq!((missing, strange), (vec![], vec![]), "{section} of the {what}");
            assert_eq!(found, expected, "{section} of the {what}");
        }
    }
}

#[test]
fn a_schema_that_goes_leaves_its_publication() {
    if Server::get().version() < 15 {
        return;
    }
    let source = source();
    for flags in [["-N", "s2"], ["-n", "public"]] {
        for (from, to) in [("-Fp", "-Fp"), ("-Fc", "-Fp"), ("-Fc", "-Fc"), ("-Fp", "-Fc")] {
            let out = Pgveil::new(["filter", "-q", to]).args(flags).run(source.dump([from])).success().stdout;
            // The table of contents of an archive is not packed.
            let out = String::from_utf8_lossy(&out);
            assert!(!out.contains("SCHEMA s2"), "{flags:?} {from} {to}");
            assert!(out.contains("ALTER PUBLICATION pub ADD TABLE ONLY public.t"), "{flags:?} {from} {to}");
        }
    }
}
