//! The presets of four applications, each on a database of its shape: from the dump to the restored copy.
//!
//! Here is what all of them promise; what one of them promises besides stands in its own file.

mod dropit;
mod pix;
mod psa;
mod que_faire;

use std::path::Path;

use crate::support::pgveil::{Pgveil, SECRET};
use crate::support::process::Outcome;
use crate::support::server::{Database, Server};

/// psql as the README tells people to call it.
const SAFE: [&str; 3] = ["-1", "-v", "ON_ERROR_STOP=1"];

/// The tables of the schema.
const TABLES: &str = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";

/// A database of a team's shape, and what its copy is held to.
struct Team {
    /// The preset, which is also the name of its file in `rules/`.
    preset: &'static str,
    /// The script that makes the database.
    fixture: &'static str,
    /// Tables whose rows, all or some, are left out, and how many stay.
    fewer: &'static [(&'static str, usize)],
    /// Columns that the rules empty, as `table.column`: the only ones where NULL, '' and the types of JSON may change.
    emptied: &'static [&'static str],
    /// Queries for what must not stand in the copy; of each value, more than three characters.
    originals: &'static [&'static str],
    /// Queries that the copy answers as the original does.
    kept: &'static [&'static str],
    /// Queries, and what the copy answers.
    said: &'static [(&'static str, &'static str)],
    /// Queries of which original and copy have no line in common, row by row: at most one in fifty.
    changed: &'static [&'static str],
}

/// The database, its dump, and the restored copy.
struct Copied {
    source: Database,
    target: Database,
}

fn filter(preset: &str, secret: &str, dump: &[u8]) -> Outcome {
    Pgveil::new(["filter", "-r", preset]).secret(Some(secret)).run(dump)
}

impl Team {
    /// Dump, filter, restore; then all that holds for any team.
    fn prove(&self) -> Copied {
        let source = Server::get().database(self.preset);
        source.psql(self.fixture);
        let dump = source.dump(["--no-owner"]);
        let preset = format!("preset:{}", self.preset);
        let outcome = filter(&preset, SECRET, &dump).success();
        let again = filter(&preset, SECRET, &dump).success().stdout;
        assert!(again == outcome.stdout, "one secret gives one copy");
        assert_ne!(filter(&preset, "another secret, of thirty-two bytes or more", &dump).success().stdout, outcome.stdout);
        let target = Server::get().database("copy");
        target.psql_stdin(&outcome.stdout, &SAFE).success();

        let copied = Copied { source, target };
        self.nothing_is_left(&copied.source, &outcome);
        self.rows_are_as_many(&copied);
        self.constraints_hold(&copied);
        self.nothing_stays_nothing(&copied);
        self.documents_keep_their_shape(&copied);
        for sql in self.kept {
            let before = copied.source.psql(sql);
            assert!(before.split(['|', ',']).any(|answer| !["", "0"].contains(&answer)), "nothing to compare: {sql}");
            assert_eq!(copied.target.psql(sql), before, "{sql}");
        }
        for (sql, expected) in self.said {
            assert_eq!(copied.target.psql(sql), *expected, "{sql}");
        }
        for sql in self.changed {
            copied.all_changed(sql);
        }
        self.rules_fit(&copied.source, &dump);
        copied
    }

    /// No original stands in the copy, nor in what was said on the way.
    fn nothing_is_left(&self, source: &Database, outcome: &Outcome) {
        let (copy, said) = (outcome.out(), outcome.err());
        for sql in self.originals {
            let originals = source.psql(sql);
            let mut looked_for = 0;
            for original in originals.lines().filter(|original| original.chars().count() > 3) {
                assert!(!copy.contains(original), "{original:?} of {sql}");
                assert!(!said.contains(original), "on standard error, {original:?} of {sql}");
                looked_for += 1;
            }
            assert!(looked_for > 0, "nothing to look for: {sql}");
        }
    }

    fn fewer(&self, table: &str) -> Option<usize> {
        self.fewer.iter().find(|(name, _)| *name == table).map(|(_, rows)| *rows)
    }

    fn rows_are_as_many(&self, copied: &Copied) {
        let tables = copied.source.psql(TABLES);
        assert_eq!(copied.target.psql(TABLES), tables);
        for (table, _) in self.fewer {
            assert!(tables.lines().any(|found| found == *table), "{table}");
        }
        let all: Vec<String> = tables.lines().map(|table| format!("SELECT '{table}', count(*) FROM \"{table}\"")).collect();
        let count = format!("{} ORDER BY 1", all.join(" UNION ALL "));
        let expected: Vec<String> = copied
            .source
            .psql(&count)
            .lines()
            .map(|line| {
                let (table, rows) = line.split_once('|').expect("two columns");
                let stay = self.fewer(table);
                assert_ne!(stay.map(|rows| rows.to_string()).as_deref(), Some(rows), "{table}: none is left out");
                format!("{table}|{}", stay.map_or_else(|| rows.to_owned(), |rows| rows.to_string()))
            })
            .collect();
        assert_eq!(copied.target.psql(&count), expected.join("\n"));
    }

    fn constraints_hold(&self, copied: &Copied) {
        for sql in [
            "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
        ] {
            assert_eq!(copied.target.psql(sql), copied.source.psql(sql), "{sql}");
        }
    }

    /// NULL stays NULL, '' stays '', in each column that the rules do not empty.
    fn nothing_stays_nothing(&self, copied: &Copied) {
        let columns = "SELECT c.relname, a.attname, t.typcategory = 'S' FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid \
                       WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped";
        let mut questions = Vec::new();
        for line in copied.source.psql(columns).lines() {
            let [table, column, text] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if self.fewer(table).is_some() || self.is_emptied(table, column) {
                continue;
            }
            let empty = if text == "t" { format!("count(*) FILTER (WHERE \"{column}\" = '')") } else { "0".into() };
            questions.push(format!("SELECT '{table}.{column}', count(*) FILTER (WHERE \"{column}\" IS NULL), {empty} FROM \"{table}\""));
        }
        let question = format!("{} ORDER BY 1", questions.join(" UNION ALL "));
        let before = copied.source.psql(&question);
        assert!(before.lines().any(|line| !line.ends_with("|0|0")), "no NULL and no '' to look at");
        assert_eq!(copied.target.psql(&question), before);
    }

    fn is_emptied(&self, table: &str, column: &str) -> bool {
        self.emptied.iter().any(|name| name.split_once('.') == Some((table, column)))
    }

    /// Keys, lengths of arrays and types are the same, of each document and in each array column.
    fn documents_keep_their_shape(&self, copied: &Copied) {
        let columns = "SELECT c.relname, a.attname, CASE WHEN t.typcategory = 'A' THEN 'to_jsonb(' || quote_ident(attname) || ')' ELSE quote_ident(attname) END FROM pg_attribute a \
                       JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
                       AND attnum > 0 AND (typname = 'jsonb' OR typcategory = 'A')";
        for line in copied.source.psql(columns).lines() {
            let [table, column, document] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if self.fewer(table).is_some() {
                continue;
            }
            let kind = if self.is_emptied(table, column) { "'any'" } else { "jsonb_typeof(value)" };
            let sql = shape(document, table, kind);
            assert_eq!(copied.target.psql(&sql), copied.source.psql(&sql), "{table}.{column}");
        }
    }

    /// As a file of one's own each rule must match something; a column that no rule knows stops the run.
    fn rules_fit(&self, source: &Database, dump: &[u8]) {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("rules/{}.toml", self.preset));
        Pgveil::new(["filter", "-q", "--dry-run", "-r"]).arg(rules).run(dump).success();
        let table = self.kept_table(source);
        source.psql(&format!("ALTER TABLE \"{table}\" ADD COLUMN \"nickName\" text"));
        let outcome = filter(&format!("preset:{}", self.preset), SECRET, &source.dump(["--schema-only"]));
        assert_eq!((outcome.code(), outcome.stdout.len()), (4, 0), "{}", outcome.err());
        assert!(outcome.err().contains("nickName"), "{}", outcome.err());
    }

    /// A table whose rows pass.
    fn kept_table(&self, source: &Database) -> String {
        source.psql(TABLES).lines().find(|table| self.fewer(table).is_none()).expect("a table").to_owned()
    }
}

/// One line for all paths of a column's documents. Rows come in the order in which they were loaded.
fn shape(document: &str, table: &str, kind: &str) -> String {
    format!(
        "WITH RECURSIVE d(row, path, value) AS (SELECT row_number() OVER (ORDER BY ctid), '$', {document} FROM \"{table}\" UNION ALL SELECT row, path || '.' || k, v FROM d, LATERAL (\
         SELECT k, v FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value ELSE '{{}}' END) o(k, v) UNION ALL \
         SELECT (n - 1)::text, v FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) WITH ORDINALITY e(v, n)) x) \
         SELECT count(*), md5(string_agg(concat_ws(' ', row, path, {kind}), ',' ORDER BY row, path COLLATE \"C\")) FROM d"
    )
}

impl Copied {
    /// The lines of a query, of the original and of the copy.
    fn pairs(&self, sql: &str) -> Vec<(String, String)> {
        let (before, after) = (self.source.psql(sql), self.target.psql(sql));
        assert_eq!(before.lines().count(), after.lines().count(), "{sql}");
        before.lines().zip(after.lines()).map(|(before, after)| (before.to_owned(), after.to_owned())).collect()
    }

    fn all_changed(&self, sql: &str) {
        let pairs = self.pairs(sql);
        let same = pairs.iter().filter(|(before, after)| before == after).count();
        assert!(!pairs.is_empty() && same * 50 <= pairs.len(), "{sql}: {same} of {} are as they were", pairs.len());
    }
}
