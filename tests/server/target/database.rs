//! `--rename-database` and `--psql-meta=rewrite`: a dump with `--create` under another name.

use super::{database, filtered};
use crate::support::server::{Database, Server};

/// Restores a `--create` dump through `postgres`, as psql would be called on the target's machine.
fn restore(script: &[u8]) {
    let gate = Server::get().database("gate");
    let outcome = gate.psql_stdin(script, &["-v", "ON_ERROR_STOP=1"]).success();
    assert!(!outcome.err().contains("ERROR"), "{}", outcome.err());
}

/// What another database says.
fn asked(gate: &Database, name: &str, sql: &str) -> String {
    let mut psql = gate.command("psql");
    psql.args(["-qAtX", "-d"]).arg(format!("dbname='{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))).args(["-c", sql]);
    crate::support::process::run(psql, b"", 1).success().out().trim_end().to_owned()
}

#[test]
fn a_copy_stands_beside_its_original() {
    let source = database(include_str!("../../fixtures/psa.sql"));
    let (api, role) = (source.name().to_owned(), format!("api_role_{}", std::process::id()));
    source.psql(&format!(
        "CREATE ROLE {role} NOLOGIN; COMMENT ON DATABASE \"{api}\" IS 'production'; ALTER DATABASE \"{api}\" SET work_mem = '5MB';
         ALTER ROLE {role} IN DATABASE \"{api}\" SET work_mem = '6MB'; REVOKE CONNECT ON DATABASE \"{api}\" FROM PUBLIC;
         GRANT CONNECT ON DATABASE \"{api}\" TO {role}; ALTER DATABASE \"{api}\" CONNECTION LIMIT 50"
    ));
    let dump = source.dump(["--create", "--clean", "--if-exists"]);
    let gate = database("");
    for new in [format!("{api}_staging"), format!("{api} st'ag\"ing é=")] {
        let flag = format!("{api}=\"{}\"", new.replace('"', "\"\""));
        let script = filtered(&dump, &["-r", "preset:psa", "--rename-database", &flag, "--psql-meta=rewrite"]).success().stdout;
        let text = String::from_utf8(script.clone()).expect("UTF-8");
        let old = |line: &&str| line.contains(&api) && !line.contains(&new) && !line.contains(&new.replace('"', "\"\""));
        assert!(!text.lines().any(|line| old(&line) && !line.contains("st\\'ag")), "{:?}", text.lines().find(old));
        assert!(!String::from_utf8_lossy(&dump).lines().filter(|line| line.contains("restrict ")).any(|line| text.contains(line)));
        for _ in 0..2 {
            restore(&script);
        }
        let facts = |name: &str| {
            let name = name.replace('\'', "''");
            format!(
                "SELECT shobj_description(d.oid, 'pg_database'), datconnlimit, (SELECT string_agg(array_to_string(setconfig, ','), ';' ORDER BY setrole) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid), (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(datacl) a) FROM pg_database d WHERE datname = '{name}'"
            )
        };
        assert_eq!(gate.psql(&facts(&new)), gate.psql(&facts(&api)), "{new}");
        let profiles = "SELECT count(*) FROM current_job_profiles";
        assert_eq!(asked(&gate, &new, profiles), source.psql(profiles));
        assert_ne!(
            asked(&gate, &new, "SELECT md5(string_agg(name, ',' ORDER BY id)) FROM \"user\""),
            source.psql("SELECT md5(string_agg(name, ',' ORDER BY id)) FROM \"user\"")
        );
        gate.psql(&format!("DROP DATABASE \"{}\"", new.replace('"', "\"\"")));
    }
    assert_eq!(source.psql("SELECT count(*) > 0 FROM \"user\""), "t");
    gate.psql(&format!(
        "REVOKE CONNECT ON DATABASE \"{api}\" FROM {role}; ALTER ROLE {role} IN DATABASE \"{api}\" RESET ALL; DROP ROLE {role}"
    ));
}

#[test]
fn what_cannot_hold_a_database_says_so() {
    let dump = database("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").dump(["--create"]);
    for (args, said) in [
        (&["-1"][..], "-1: the script creates a database (pg_dump --create), which no transaction can hold"),
        (&["--reset=objects"], "--reset=objects: the script creates a database"),
        (&["--psql-meta=strip"], "which only psql can do; dump without --create, or use --psql-meta=rewrite"),
        (&["--for-driver"], "--for-driver: the script creates a database"),
        (&["--rename-database=nowhere=x"], "--rename-database: the script has no database nowhere, found target_"),
    ] {
        let outcome = filtered(&dump, args);
        assert!(outcome.code() == 2 && outcome.err().contains(said), "{args:?}: {}", outcome.err());
        if !said.contains("nowhere") {
            assert_eq!(outcome.stdout.len(), 0, "{args:?}");
        }
    }
}
