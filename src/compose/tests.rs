//! What entries scripts become, where no other test of the house looks.

use std::io::Cursor;

use super::{Composed, Composer};
use crate::dump::buffer::Buffer;
use crate::dump::event::Event;
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::error::Result;
use crate::schema::facts::facts;

/// Composes a script; `passes` says which of its statements pass.
fn composed_of(script: &str, passes: impl Fn(&str) -> bool) -> Result<Composed> {
    let limits = Limits { max_row: 1 << 20, require_trailer: false };
    let mut reader = ScriptReader::new(Buffer::new(Box::new(Cursor::new(script.as_bytes().to_vec())), 1 << 16), limits);
    let mut composer = Composer::new();
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Statement(statement) => {
                let text = std::str::from_utf8(&statement.text).expect("UTF-8");
                if passes(text) {
                    let said = facts(text, statement.search_path.as_ref()).expect("is SQL");
                    composer.statement(&statement, &statement.text, &said)?;
                } else {
                    composer.left_out(&statement);
                }
            }
            Event::Meta(meta) => composer.command(&meta)?,
            Event::CopyStart(start) => composer.copy(&start, true)?,
            Event::Insert(insert) => composer.insert(&insert, true)?,
            Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
        }
    }
    composer.finish(reader.charset())
}

fn composed(script: &str) -> Composed {
    composed_of(script, |_| true).expect("becomes an archive")
}

/// Kind and name of each entry.
fn names(composed: &Composed) -> Vec<(i32, String)> {
    let text = |field: &Option<bytes::Bytes>| String::from_utf8_lossy(field.as_deref().unwrap_or_default()).into_owned();
    composed.entries.iter().map(|entry| (entry.dump_id, format!("{} {}", text(&entry.desc), text(&entry.tag)))).collect()
}

/// What an entry depends on, by kind and name.
fn needs(composed: &Composed, name: &str) -> Vec<String> {
    let names = names(composed);
    let (id, _) = names.iter().rfind(|(_, known)| known == name).unwrap_or_else(|| panic!("{name} is none of {names:?}"));
    let entry = composed.entries.iter().find(|entry| entry.dump_id == *id).expect("is there");
    let named = |id: &i32| names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
    entry.dependencies.iter().filter_map(named).collect()
}

#[test]
fn refresh_waits_for_what_the_view_reads() {
    let script = composed(
        "CREATE MATERIALIZED VIEW public.a AS SELECT 1 AS x WITH NO DATA;\nCREATE MATERIALIZED VIEW public.b AS SELECT x FROM public.a WITH NO DATA;\n\
         CREATE VIEW public.v AS SELECT x FROM public.b;\nCREATE TABLE public.t (x int);\n\
         CREATE MATERIALIZED VIEW public.c AS SELECT v.x FROM public.v JOIN public.t USING (x) WITH NO DATA;\n\
         COPY public.t (x) FROM stdin;\n1\n\\.\nREFRESH MATERIALIZED VIEW public.a;\nREFRESH MATERIALIZED VIEW public.b;\nREFRESH MATERIALIZED VIEW public.c;\n",
    );
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA a"), ["MATERIALIZED VIEW a"]);
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA b"), ["MATERIALIZED VIEW b", "MATERIALIZED VIEW DATA a"]);
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA c"), ["MATERIALIZED VIEW c", "MATERIALIZED VIEW DATA b"]);
}

#[test]
fn refresh_of_views_that_are_not_defined_keeps_its_order() {
    let script = composed(
        "COPY public.t (x) FROM stdin;\n1\n\\.\nCREATE UNIQUE INDEX i ON public.a (x);\nREFRESH MATERIALIZED VIEW public.a;\n\
         REFRESH MATERIALIZED VIEW public.b;\nCREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();\nREFRESH MATERIALIZED VIEW public.c;\n",
    );
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA a"), [""; 0]);
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA b"), ["MATERIALIZED VIEW DATA a"]);
    assert_eq!(needs(&script, "MATERIALIZED VIEW DATA c"), ["MATERIALIZED VIEW DATA b"]);
    // It would run for each row.
    assert_eq!(needs(&script, "TRIGGER t g"), ["TABLE DATA t"]);
}

#[test]
fn a_partition_switches_its_trigger_when_its_whole_has_it() {
    let script = composed(
        "CREATE TABLE public.p (x int) PARTITION BY LIST (x);\nCREATE TABLE public.p1 (x int);\n\
         ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 DEFAULT;\n\
         CREATE TRIGGER trp BEFORE INSERT ON public.p FOR EACH ROW EXECUTE FUNCTION public.f();\n\
         ALTER TABLE public.p1 DISABLE TRIGGER trp;\n",
    );
    assert!(needs(&script, "TRIGGER p1 trp").contains(&"TRIGGER p trp".to_owned()), "{:?}", needs(&script, "TRIGGER p1 trp"));
}

#[test]
fn foreign_keys_wait_for_the_rows_of_a_table_that_is_not_created() {
    let script = composed(
        "CREATE TABLE public.t (x int);\nCOPY ext.config (x) FROM stdin;\n1\n\\.\nCOPY ext.other (x) FROM stdin;\n1\n\\.\nCOPY public.t (x) FROM stdin;\n1\n\\.\n\
         ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_fkey FOREIGN KEY (x) REFERENCES ext.config(x);\n",
    );
    assert_eq!(needs(&script, "FK CONSTRAINT t t_fkey"), ["TABLE t", "TABLE DATA config"]);
    assert_eq!(needs(&script, "TABLE DATA t"), ["TABLE t"]);
}

#[test]
fn contents_that_are_left_out_take_their_transaction_along() {
    let contents = "BEGIN;\n\nSELECT pg_catalog.lo_open('7', 131072);\nSELECT pg_catalog.lowrite(0, '\\x61');\nSELECT pg_catalog.lo_close(0);\n\nCOMMIT;\n\n";
    let script = format!("SELECT pg_catalog.lo_create('7');\nCREATE TABLE public.t (x int);\n{contents}");
    let is_content = |text: &str| ["lo_open", "lowrite", "lo_close"].iter().any(|name| text.contains(name));
    let kept = composed(&script);
    assert_eq!((kept.remarks, kept.data.len()), (Vec::new(), 1));
    let emptied = composed_of(&script, |text| !is_content(text)).expect("becomes an archive");
    assert_eq!((emptied.remarks, emptied.data.len()), (Vec::new(), 0));
    let dropped = composed_of(&script, |text| !text.contains("lo_create") && !is_content(text)).expect("becomes an archive");
    assert_eq!((dropped.remarks, dropped.data.len()), (Vec::new(), 0));
    // One that somebody wrote is told, behind contents too.
    let by_hand = composed_of(&format!("{script}BEGIN;\nCOMMIT;\n"), |text| !is_content(text)).expect("becomes an archive");
    assert_eq!(by_hand.remarks, ["1 BEGIN, COMMIT or the like was left out: give pg_restore -1 for one transaction"]);
}

#[test]
fn each_entry_sets_the_search_path_unless_it_runs_alone() {
    let script = composed(
        "CREATE SCHEMA a;\nCREATE SCHEMA \"b c\";\nSET search_path = a;\nCREATE TABLE t (x int);\nCREATE TABLE public.p (x int);\nSET search_path = \"b c\";\nCREATE TABLE u (x int);\n\
         COMMENT ON TABLE u IS 'built concurrently with t';\nCREATE INDEX CONCURRENTLY i ON u (x);\n",
    );
    let of = |desc: &str| {
        let entry = script.entries.iter().rfind(|entry| entry.desc.as_deref() == Some(desc.as_bytes())).expect("is there");
        String::from_utf8_lossy(entry.defn.as_deref().unwrap_or_default()).into_owned()
    };
    assert_eq!(of("COMMENT"), "SET search_path = \"b c\";\nCOMMENT ON TABLE u IS 'built concurrently with t';\n");
    assert_eq!(of("INDEX"), "CREATE INDEX CONCURRENTLY i ON u (x);\n");
}

#[test]
fn rows_name_their_schema_as_sql_has_it() {
    for (schema, written) in [("\"user\"", "\"user\""), ("\"a\tb\"\"\"", "\"a\tb\"\"\""), ("plain", "plain"), ("\"Ä\"", "\"Ä\"")] {
        // Early objects, and more paths than one: each entry names its schema.
        let script = composed(&format!(
            "CREATE TABLE early (x int);\nCREATE SCHEMA {schema};\nSET search_path = {schema};\nCREATE TABLE copy (x int);\nCREATE TABLE public.p (x int);\ncopy copy (x) from stdin;\n1\n\\.\n"
        ));
        let copy = script.entries.iter().find_map(|entry| entry.copy_stmt.clone()).expect("has rows");
        assert_eq!(String::from_utf8_lossy(&copy), format!("copy {written}.copy (x) from stdin;\n"));
    }
}

#[test]
fn what_fills_a_table_is_a_statement_of_its_own() {
    for (text, desc) in [
        ("CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS x\n  WITH NO DATA;", "MATERIALIZED VIEW m"),
        ("CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS x -- with no data\n;", "STATEMENT CREATE MATERIALIZED VIEW"),
        ("CREATE TABLE public.m AS SELECT 1 AS x WITH NO DATA;", "TABLE m"),
        ("CREATE TABLE public.m AS SELECT 'with no data' AS x;", "STATEMENT CREATE TABLE public"),
        ("CREATE TABLE public.m (x int GENERATED ALWAYS AS (1) STORED);", "TABLE m"),
    ] {
        let composed = composed(&format!("{text}\n"));
        assert_eq!(names(&composed).last().map(|(_, name)| name.as_str()), Some(desc), "{text}");
    }
}
