//! Objects are left out with all that hangs on them: what is left restores, and is what `DROP … CASCADE` leaves.

mod kinds;
mod random;

use std::fmt::Write as _;

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

/// Sixty tables in rings of six, with whatever can hang on a table: keys in circles, views over views, partitions,
/// inheritance, sequences that others use, triggers, rules, policies, functions over row types, statistics, publications.
fn rich_schema() -> String {
    let mut sql = String::from(
        "CREATE SCHEMA \"Other one\"; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);\n\
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n\
         CREATE PUBLICATION pub;\n",
    );
    for i in 0..60 {
        let _ = write!(
            sql,
            "CREATE TABLE t{i} (id serial PRIMARY KEY, other int, code text UNIQUE, m mood DEFAULT 'ok', n positive, at timestamptz DEFAULT now());\n\
             CREATE INDEX ON t{i} (lower(code)); COMMENT ON TABLE t{i} IS 'table {i}'; COMMENT ON COLUMN t{i}.code IS 'code of {i}';\n\
             INSERT INTO t{i} (other, code, n) SELECT g, 'c' || g, g FROM generate_series(1, 5) g; GRANT SELECT ON t{i} TO PUBLIC;\n\
             ALTER PUBLICATION pub ADD TABLE t{i};\n"
        );
        if i % 6 == 5 {
            for j in i - 5..=i {
                let to = j / 6 * 6 + (j + 1) % 6;
                let _ = writeln!(sql, "ALTER TABLE t{j} ADD CONSTRAINT fk{j} FOREIGN KEY (other) REFERENCES t{to} (id);");
            }
        }
    }
    (0..60).for_each(|i| hang(i, &mut sql));
    sql
}

/// Hangs something on a table.
fn hang(i: u32, sql: &mut String) {
    let next = i / 6 * 6 + (i + 1) % 6;
    let more = match i % 10 {
        0 => format!(
            "CREATE VIEW v{i} AS SELECT id, code FROM t{i}; CREATE VIEW vv{i} AS SELECT count(*) AS n FROM v{i}; COMMENT ON VIEW vv{i} IS 'over';\n\
                 CREATE MATERIALIZED VIEW mv{i} AS SELECT n FROM vv{i}; CREATE INDEX ON mv{i} (n);\n"
        ),
        1 => format!(
            "CREATE FUNCTION row{i}(r t{i}) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; COMMENT ON FUNCTION row{i}(t{i}) IS 'of a row';\n\
                 CREATE FUNCTION all{i}() RETURNS SETOF t{i} LANGUAGE sql AS $$ SELECT * FROM t{i} $$;\n\
                 CREATE VIEW calls{i} AS SELECT * FROM all{i}();\n"
        ),
        2 => format!(
            "CREATE TRIGGER g{i} BEFORE INSERT ON t{i} FOR EACH ROW EXECUTE FUNCTION touch(); COMMENT ON TRIGGER g{i} ON t{i} IS 'touch';\n\
                 CREATE STATISTICS st{i} ON id, other FROM t{i};\n"
        ),
        3 => format!(
            "CREATE TABLE p{i} (id int, at date) PARTITION BY RANGE (at); CREATE TABLE p{i}_a PARTITION OF p{i} DEFAULT;\n\
                 ALTER TABLE p{i} ADD PRIMARY KEY (id, at); INSERT INTO p{i} VALUES (1, '2024-01-01'); CREATE INDEX ON p{i} (at);\n"
        ),
        4 => format!("CREATE TABLE h{i} (extra text) INHERITS (t{i}); ALTER TABLE h{i} ADD CHECK (extra <> '');\n"),
        5 => {
            format!("CREATE TABLE d{i} (id int DEFAULT nextval('t{i}_id_seq'), x int DEFAULT 7); INSERT INTO d{i} VALUES (1, 2);\n")
        }
        6 => format!("ALTER TABLE t{i} ENABLE ROW LEVEL SECURITY; CREATE POLICY pol{i} ON t{i} USING (id IN (SELECT id FROM t{next}));\n"),
        7 => format!("CREATE RULE r{i} AS ON DELETE TO t{i} DO ALSO INSERT INTO t{next} (code) VALUES (old.code || 'x');\n"),
        8 => format!(
            "CREATE TABLE \"Other one\".\"Id {i}\" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, up int REFERENCES \"Other one\".\"Id {i}\", t int REFERENCES t{i});\n\
                 INSERT INTO \"Other one\".\"Id {i}\" (t) VALUES (1);\n"
        ),
        _ => format!(
            "CREATE VIEW grouped{i} AS SELECT id, code, count(*) FROM t{i} GROUP BY id; CREATE VIEW over{i} AS SELECT id FROM grouped{i};\n\
                 CREATE FUNCTION body{i}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t{i}; END;\n"
        ),
    };
    sql.push_str(&more);
}

/// What `pg_dump --schema-only` says, without comments, blank lines and the key of `\restrict`.
fn catalogue(database: &Database) -> Vec<String> {
    let dump = String::from_utf8(database.dump(["--schema-only", "--no-owner"])).expect("UTF-8");
    dump.lines().filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\')).map(str::to_owned).collect()
}

/// The lines that only one of two catalogues has.
fn differences(one: &Database, other: &Database) -> Vec<String> {
    let (one, other) = (catalogue(one), catalogue(other));
    let only = |lines: &[String], others: &[String], sign: &str| -> Vec<String> {
        lines.iter().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}")).collect()
    };
    let mut found = [only(&one, &other, "-"), only(&other, &one, "+")].concat();
    if found.is_empty() && one != other {
        found.push("the same lines in another order or number".into());
    }
    found
}

fn quoted(name: &str) -> String {
    name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

/// Leaves `names` out of a dump of `source`, from a file and from a pipe, and compares with `DROP … CASCADE`.
fn compare(source: &Database, script: &[u8], names: &[String]) {
    let (cut, dropped) = (Server::get().database("cut"), Server::get().database("dropped"));
    let flags: Vec<String> = names.iter().flat_map(|name| ["-T".to_owned(), quoted(name)]).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in.sql");
    std::fs::write(&file, script).expect("writes");
    let whole = Pgveil::new(["filter", "-q"]).args(&flags).arg(&file).run([]).success().stdout;
    cut.psql_stdin(&whole, &SAFE).success();
    dropped.psql_stdin(&source.dump(["--no-owner"]), &SAFE).success();
    for name in names {
        let kind = dropped.psql(&format!(
            "SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END FROM pg_class WHERE oid = to_regclass('{}')",
            quoted(name)
        ));
        if !kind.is_empty() {
            dropped.psql(&format!("SET client_min_messages = warning; DROP {kind} {} CASCADE", quoted(name)));
        }
    }
    assert_eq!(differences(&cut, &dropped), [""; 0], "without {names:?}");
    // From a pipe, what stands behind the rows is not known when the plan is made.
    let piped = Server::get().database("piped");
    piped.psql_stdin(&Pgveil::new(["filter", "-q"]).args(&flags).run(script).success().stdout, &SAFE).success();
    assert_eq!(differences(&piped, &dropped), [""; 0], "from a pipe, without {names:?}");
}

#[test]
fn what_is_left_is_what_drop_cascade_leaves() {
    let source = Server::get().database("rich");
    source.psql(&rich_schema());
    let script = source.dump(["--no-owner"]);
    let all = source.psql(
        "SELECT n.nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('public', 'Other one') ORDER BY md5(relname)",
    );
    let all: Vec<String> = all.lines().map(str::to_owned).collect();
    assert!(all.len() > 90, "{} relations", all.len());
    // Names in an order that means nothing: one, two, three … of them at a time.
    let mut rest = &all[..];
    for size in [1, 1, 2, 3, 5, 8, 13, 1, 30] {
        let (names, others) = rest.split_at(size.min(rest.len()));
        compare(&source, &script, names);
        rest = others;
    }
    for name in ["public.v0", "public.mv10", "public.p3", "public.t4", "public.t5", "public.t9", "public.t1", "Other one.Id 8"] {
        compare(&source, &script, &[name.to_owned()]);
    }
}

#[test]
fn pix_leaves_its_big_tables_out() {
    let source = Server::get().database("pix");
    source.psql(include_str!("../fixtures/pix.sql"));
    let script = source.dump(["--no-owner"]);
    let three: &[&str] = &["-T", "answers", "-T", "knowledge-elements", "-T", "knowledge-element-snapshots"];
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'";
    assert_eq!(source.psql(keys), "51");
    for (flags, expected) in [
        ([three, &["--no-foreign-keys"]].concat(), "0"),
        (three.to_vec(), "47"),
        (vec!["-T", "answers"], "49"),
        (vec!["--exclude-table-data", "answers"], "51"),
    ] {
        let target = Server::get().database("copy");
        let copy = Pgveil::new(["filter", "-q"]).args(&flags).run(&script).success().stdout;
        target.psql_stdin(&copy, &SAFE).success();
        assert_eq!(target.psql(keys), expected, "{flags:?}");
        assert_eq!(target.psql("SELECT to_regclass('\"element-answers\"') IS NULL OR to_regclass('\"answers-corrected\"') IS NULL"), "f");
        if flags.contains(&"-T") {
            assert_eq!(target.psql("SELECT to_regclass('answers') IS NULL, to_regclass('answers_id_seq') IS NULL"), "t|t");
            assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relname ~ '^answers_' AND relname !~ 'corrected'"), "0");
        } else {
            assert_eq!(target.psql("SELECT count(*), to_regclass('answers_id_seq') IS NULL FROM answers"), "0|f");
        }
    }
}

#[test]
fn a_sequence_s_name_is_no_identity() {
    let source = Server::get().database("pix");
    source.psql(include_str!("../fixtures/pix.sql"));
    let target = Server::get().database("copy");
    let copy = Pgveil::new(["filter", "-q", "-T", "users"]).run(source.dump(["--no-owner"])).success().stdout;
    target.psql_stdin(&copy, &SAFE).success();
    let value = "SELECT last_value FROM users_pix_roles_id_seq";
    assert_eq!(target.psql(value), source.psql(value));
    assert_eq!(target.psql("SELECT to_regclass('users_id_seq') IS NULL, to_regclass('users_pix_roles') IS NULL"), "t|f");
}

#[test]
fn sections_put_together_are_the_whole() {
    let source = Server::get().database("rich");
    source.psql(&rich_schema());
    let script = source.dump(["--no-owner"]);
    let (whole, parts) = (Server::get().database("whole"), Server::get().database("parts"));
    whole.psql_stdin(&script, &SAFE).success();
    for section in ["pre-data", "data", "post-data"] {
        let part = Pgveil::new(["filter", "-q", "--section", section]).run(&script).success().stdout;
        parts.psql_stdin(&part, &SAFE).success();
    }
    assert_eq!(differences(&parts, &whole), [""; 0]);
    let count = "SELECT sum(n) FROM (SELECT count(*) AS n FROM t0 UNION ALL SELECT count(*) FROM t59 UNION ALL SELECT count(*) FROM p3) x";
    assert_eq!(parts.psql(count), whole.psql(count));
    // The same by the flags that people know better.
    let again = Server::get().database("again");
    for flag in ["-s", "-a"] {
        again.psql_stdin(&Pgveil::new(["filter", "-q", flag]).run(&script).success().stdout, &["-1"]).success();
    }
    assert_eq!(differences(&again, &whole), [""; 0]);
}

#[test]
fn only_some_tables_with_what_they_need() {
    let source = Server::get().database("rich");
    source.psql(&rich_schema());
    let script = source.dump(["--no-owner"]);
    let target = Server::get().database("some");
    let copy = Pgveil::new(["filter", "-q", "-t", "t1?", "-t", "p3", "-n", "public"]).run(&script).success().stdout;
    target.psql_stdin(&copy, &SAFE).success();
    let tables = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace";
    assert_eq!(target.psql(tables), "p3 p3_a t10 t11 t12 t13 t14 t15 t16 t17 t18 t19");
    // Heirs of a table that stays are its rows, too; their other columns are not.
    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relkind = 'S'"), "10");
    assert_eq!(target.psql("SELECT to_regnamespace('\"Other one\"') IS NULL"), "t");
}
