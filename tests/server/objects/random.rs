//! Random sets of relations are left out, of a schema that is rich and of one that is awkward: what is left restores, and is
//! what `DROP … CASCADE` leaves. `PGVEIL_TEST_SETS=200` tries as many of each, `PGVEIL_TEST_SEED=…` others.

use std::fs;
use std::path::PathBuf;

use super::{SAFE, differences, rich_schema};
use crate::support::corpus;
use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// How many sets of each schema, if nobody asks for more.
const SETS: usize = 9;

/// A relation to leave out, under its quoted name, which is a pattern of pg_dump too.
#[derive(Debug)]
struct Relation {
    name: String,
    kind: String,
}

/// A schema that sets are left out of, as a database and as dumps.
struct Trial {
    source: Database,
    folder: tempfile::TempDir,
    seed: String,
    /// A condition on those names that no set may hold.
    spared: &'static str,
}

impl Trial {
    fn of(source: Database, spared: &'static str) -> Trial {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("in.sql"), source.dump(["--no-owner"])).expect("writes");
        fs::write(folder.path().join("in.dump"), source.dump(["--no-owner", "-Fc"])).expect("writes");
        let seed = std::env::var("PGVEIL_TEST_SEED").unwrap_or_else(|_| "twenty".into());
        Trial { source, folder, seed, spared }
    }

    fn input(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The set of this number.
    fn set(&self, number: usize) -> Vec<Relation> {
        let size = [1, 2, 3, 5, 8, 1, 2, 13, 1].get(number % 9).expect("nine sizes");
        let (seed, spared) = (&self.seed, self.spared);
        let rows = self.source.psql(&format!(
            r#"SELECT encode(convert_to(format('"%s"."%s"', replace(nspname, '"', '""'), replace(relname, '"', '""')), 'UTF8'), 'hex'),
                CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_|^information_schema$' AND NOT ({spared})
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY md5('{seed} {number} ' || nspname || '.' || relname) LIMIT {size}"#
        ));
        rows.lines().map(relation).collect()
    }

    /// Leaves a set out, on one of three ways in, and compares.
    fn check(&self, number: usize) {
        let set = self.set(number);
        assert!(!set.is_empty(), "no relations");
        let mut pgveil = Pgveil::new(["filter", "-q", "-Fp"]).args(set.iter().flat_map(|relation| ["-T", &relation.name]));
        let way = ["a file", "a pipe", "an archive"].get(number % 3).expect("three ways");
        let input = match *way {
            "a pipe" => fs::read(self.input("in.sql")).expect("reads"),
            other => {
                pgveil = pgveil.arg(self.input(if other == "a file" { "in.sql" } else { "in.dump" }));
                Vec::new()
            }
        };
        let what = format!("PGVEIL_TEST_SEED={} set {number}, from {way}, without {set:#?}", self.seed);
        let filtered = pgveil.run(input);
        assert_eq!(filtered.code(), 0, "{what}: {}", filtered.err());
        let (cut, dropped) = (self.source.empty("cut"), self.source.copy("dropped"));
        let restored = cut.psql_stdin(&filtered.stdout, &SAFE);
        assert_eq!(restored.code(), 0, "{what}: {}", restored.err());
        for Relation { name, kind } in &set {
            dropped.psql(&format!("SET client_min_messages = error; DROP {kind} IF EXISTS {name} CASCADE"));
        }
        assert_eq!(differences(&cut, &dropped), [""; 0], "{what}");
    }

    fn run(&self) {
        let sets = std::env::var("PGVEIL_TEST_SETS").map_or(SETS, |count| count.parse().expect("a number of sets"));
        (0..sets).for_each(|number| self.check(number));
    }
}

/// A row of the query for a set: names are in hexadecimal digits, for they may hold anything.
fn relation(row: &str) -> Relation {
    let (name, kind) = row.split_once('|').expect("two columns");
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("hexadecimal digits");
    let name = String::from_utf8(name.as_bytes().chunks(2).map(byte).collect()).expect("UTF-8");
    Relation { name, kind: kind.into() }
}

#[test]
fn any_set_can_be_left_out_of_a_rich_schema() {
    let source = Server::get().database("rich");
    source.psql(&rich_schema());
    Trial::of(source, "false").run();
}

/// Spared are what a row holds as a `regclass`, which no restore finds then, and partitions by the hash of an enum: pg_dump
/// has their rows come through the parent, and pgveil refuses to tell them apart.
#[test]
fn any_set_can_be_left_out_of_an_awkward_schema() {
    let source = Server::fresh().database("awkward");
    let scripts = ["sql/roles.sql", "sql/torture.sql"];
    for script in scripts {
        corpus::each(
            |entry| entry.name == script,
            |_, text| {
                // The library of postgres_fdw loads only beside a libpq of its own version.
                let text = String::from_utf8_lossy(text);
                let text = text.replace("CREATE EXTENSION IF NOT EXISTS postgres_fdw;", "CREATE FOREIGN DATA WRAPPER postgres_fdw;");
                source.psql_stdin(text.as_bytes(), &["-v", "ON_ERROR_STOP=1"]).success();
            },
        );
    }
    // A database that is made of another has none of its subscriptions.
    source.psql("DROP SUBSCRIPTION sub1");
    Trial::of(source, "relname ~ '^(ident|phe_.*)$'").run();
}
