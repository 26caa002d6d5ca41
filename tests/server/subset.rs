//! Subsets on a real server: no dangling key, the rows that SQL itself would choose, the same rows each time.

use std::fs;

use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::{Database, Server};

const SCHEMA: &str = include_str!("subset.sql");
const ORACLE: &str = include_str!("subset_oracle.sql");

/// Tables that foreign keys join with organisations.
const JOINED: &[&str] = &["countries", "orgs", "users", "teams", "products", "orders", "lines", "notes"];

const RULES: &str = r#"version = 1
[subset]
root = "orgs"
where = "id in (3, 77) or name like '%\\\\19'"
children = ["users", "orders", "lines"]
"#;

/// How many organisations: a million rows and more of all tables, where PGVEIL_SUBSET_SCALE says 10000.
fn scale() -> usize {
    std::env::var("PGVEIL_SUBSET_SCALE").map_or(Ok(300), |text| text.parse()).expect("a number")
}

fn source(name: &str) -> Database {
    let source = Server::get().database(name);
    source.psql(&SCHEMA.replace(":scale", &scale().to_string()));
    source
}

fn filtered(dump: &[u8], rules: &str, args: &[&str], file: bool) -> (Vec<u8>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.toml"), rules).expect("writes");
    fs::write(folder.path().join("dump.sql"), dump).expect("writes");
    let pgveil = Pgveil::new(["filter", "-r", "rules.toml"]).current_dir(folder.path()).args(args);
    let outcome = if file { pgveil.arg("dump.sql").run("") } else { pgveil.run(dump) }.success();
    let said = outcome.err();
    (outcome.stdout, said)
}

fn restored(name: &str, copy: &[u8]) -> Database {
    let target = Server::get().database(name);
    // Each foreign key is checked by the server as it is added: a dangling one fails here.
    target.psql_stdin(copy, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    assert_eq!(target.psql("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
    for (child, parent, on) in [
        ("orgs", "orgs", "c.parent_id = p.id"),
        ("orgs", "countries", "c.country = p.code"),
        ("users", "orgs", "c.org_id = p.id"),
        ("users", "users", "(c.boss_org, c.boss_nr) = (p.org_id, p.nr)"),
        ("users", "teams", "c.team_id = p.id"),
        ("teams", "users", "(c.lead_org, c.lead_nr) = (p.org_id, p.nr)"),
        ("orders", "users", "(c.org_id, c.nr) = (p.org_id, p.nr)"),
        ("orders", "users", "c.referrer = p.email"),
        ("lines", "orders", "(c.order_id, c.at) = (p.id, p.at)"),
        ("lines", "products", "c.product_id = p.id"),
        ("notes", "notes", "c.reply_to = p.id"),
    ] {
        let columns = on.split(" = ").next().expect("a left side").trim_matches(['(', ')']);
        let given = columns.split(", ").map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
        let dangling = format!("SELECT count(*) FROM {child} c WHERE {given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {on})");
        assert_eq!(target.psql(&dangling), "0", "{child}: {on}");
    }
    target
}

/// A table's rows as one value: how many, and a checksum.
fn content(db: &Database, before: &str, table: &str, condition: &str) -> String {
    let sql = format!(
        "{before}; SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, E'\\n' ORDER BY x::text)), '') FROM {table} x {condition}"
    );
    db.psql(&sql).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn it_holds_the_rows_that_sql_would_choose_and_no_dangling_key() {
    let source = source("subset_source");
    let dump = source.dump(["--no-owner"]);
    let (copy, said) = filtered(&dump, RULES, &[], true);
    println!("{said}");
    assert!(said.contains("subset: ") && said.contains("2 tables that no foreign key joins with it stay whole"), "{said}");
    let (piped, announced) = filtered(&dump, RULES, &["-j", "3"], false);
    assert!(copy == piped, "a pipe gives another subset than a file");
    assert!(announced.contains("the pipe is kept in "), "{announced}");
    let target = restored("subset_target", &copy);
    let closure = format!(
        "{ORACLE}; CREATE TEMP TABLE kept (rel oid, tid tid, belongs boolean, PRIMARY KEY (rel, tid));
         CREATE TEMP TABLE followed AS SELECT unnest(ARRAY['users', 'orders', 'lines']) AS name;
         INSERT INTO kept SELECT tableoid, ctid, true FROM orgs WHERE id IN (3, 77) OR name LIKE '%\\\\19';
         SELECT pg_temp.follow(true); SELECT pg_temp.follow(false)"
    );
    let mut rows = (0, 0);
    let among = "WHERE EXISTS (SELECT FROM kept k WHERE k.rel = x.tableoid AND k.tid = x.ctid)";
    for table in JOINED {
        let expected = content(&source, &closure, table, among);
        assert_eq!(content(&target, "SELECT 1", table, ""), expected, "{table}");
        let all: u64 = source.psql(&format!("SELECT count(*) FROM {table}")).parse().expect("a number");
        let kept: u64 = expected.split(' ').next().expect("a count").parse().expect("a number");
        // Nothing brings notes along, and nothing needs one.
        assert!(kept <= all && (kept > 0) == (*table != "notes"), "{table}: {kept} of {all}");
        rows = (rows.0 + kept, rows.1 + all);
    }
    assert!(rows.0 * 2 < rows.1, "{rows:?}");
    for table in ["settings", "setting_log"] {
        assert_eq!(content(&target, "SELECT 1", table, ""), content(&source, "SELECT 1", table, ""), "{table} stays whole");
    }
}

#[test]
fn limits_exceptions_whole_tables_and_masks_leave_no_key_dangling() {
    let source = source("subset_options");
    let dump = source.dump(["--no-owner"]);
    let rules = r#"version = 1
[[subset]]
root = "orgs"
where = "id <= 5"
children = "*"
except = ["teams", "notes"]
whole = ["countries"]
others = "skip"

[[subset]]
root = "notes"
limit = 3
children = [{ table = "lines", limit = 40 }]

[tables.users.columns]
email = "email"
nr = "keep"

[tables.lines]
where = "quantity <> 2"
"#;
    let rules =
        rules.replace("children = \"*\"", "children = [\"users\", { table = \"orders\", limit = 25 }, { table = \"*\", limit = 30 }]");
    let (copy, said) = filtered(&dump, &rules, &[], true);
    let target = restored("subset_options_target", &copy);
    assert_eq!(target.psql("SELECT count(*) FROM countries"), "60");
    assert_eq!(target.psql("SELECT count(*) FROM settings"), "0");
    assert_eq!(target.psql("SELECT count(*), count(*) FILTER (WHERE quantity = 2) FROM lines"), "40|0", "the larger of two limits");
    assert_eq!(target.psql("SELECT count(*) FROM orders"), "25");
    assert_eq!(target.psql("SELECT count(*) >= 3 AND bool_and(id <= 4) FROM notes"), "t");
    assert_eq!(target.psql("SELECT count(*) FROM users u WHERE email LIKE 'u%\\_%@example.org'"), "0");
    assert_ne!(target.psql("SELECT count(*) FROM orders WHERE referrer IS NOT NULL"), "0", "masked keys still join");
    let (again, _) = filtered(&dump, &rules, &["-j", "1"], true);
    let rows = |copy: &[u8]| String::from_utf8_lossy(copy).lines().filter(|line| line.starts_with("COPY")).count();
    assert_eq!(rows(&copy), rows(&again), "{said}");
}

#[test]
fn a_pipe_can_be_refused() {
    let source = source("subset_pipe");
    let dump = source.dump(["--no-owner"]);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.toml"), RULES).expect("writes");
    let tried = |args: &[&str]| Pgveil::new(["filter", "-q", "-r", "rules.toml"]).current_dir(folder.path()).args(args).run(&dump);
    let refused = tried(&["--no-spool"]);
    assert_eq!((refused.code(), refused.stdout.len()), (2, 0));
    assert!(refused.err().contains("--no-spool is given; name a file"), "{}", refused.err());
    assert_eq!(tried(&["--spool-dir", "nowhere"]).code(), 2);
    assert!(!tried(&["--spool-dir", "."]).success().stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1, "no file is left behind");
}

#[test]
fn a_partition_can_be_a_root_and_stands_for_its_own_rows_alone() {
    let source = source("subset_partition");
    let dump = source.dump(["--no-owner"]);
    let (copy, _) = filtered(&dump, "version = 1\n[subset]\nroot = \"orders_1\"\n", &[], true);
    let target = restored("subset_partition_target", &copy);
    let first = source.psql("SELECT count(*) FROM orders_1");
    assert_ne!(first, "0");
    assert_eq!(target.psql("SELECT (SELECT count(*) FROM orders_1), (SELECT count(*) FROM orders_2)"), format!("{first}|0"));
    assert_eq!(target.psql("SELECT count(*) FROM lines"), "0");
}

#[test]
fn an_archive_becomes_an_archive_with_the_rows_of_the_script() {
    let source = source("subset_archive");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.toml"), RULES).expect("writes");
    let (script, _) = filtered(&source.dump(["--no-owner"]), RULES, &[], true);
    let expected = restored("subset_archive_script", &script);
    for (from, to) in [("c", "custom"), ("d", "directory"), ("t", "custom")] {
        let (input, output) = (format!("in.{from}"), format!("out.{from}.{to}"));
        let mut dump = source.command("pg_dump");
        dump.current_dir(folder.path()).args([&format!("-F{from}"), "-f", &input]);
        run(dump, b"", 1).success();
        let filter = Pgveil::new(["filter", "-q", "-r", "rules.toml", "-F", to, "-f", &output, &input]).current_dir(folder.path());
        filter.run("").success();
        let target = Server::get().database("subset_archive_target");
        let mut restore = target.command("pg_restore");
        restore.current_dir(folder.path()).args(["-1", "--exit-on-error", "--no-owner", "-d", target.name(), &output]);
        run(restore, b"", 1).success();
        for table in JOINED.iter().chain(&["settings", "setting_log"]) {
            assert_eq!(content(&target, "SELECT 1", table, ""), content(&expected, "SELECT 1", table, ""), "{from} to {to}: {table}");
        }
    }
}
