//! The stage on scripts small enough to read.

use super::*;
use crate::name::NamePattern;
use crate::target::Renaming;

const HEADER: &str =
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict Key\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n";
const TRAILER: &str = "\n\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict Key\n\n";

/// Sends a script through a stage; a table's rows are the line `COPY t` or `INSERT t`.
fn sent(target: Target, script: &str) -> Result<String> {
    use crate::dump::buffer::Buffer;
    use crate::dump::event::Event;
    use crate::dump::script::reader::{Limits, ScriptReader};
    let source = Box::new(std::io::Cursor::new(script.as_bytes().to_vec()));
    let mut reader = ScriptReader::new(Buffer::new(source, 4096), Limits { max_row: 1 << 20, require_trailer: true });
    let mut stage = Stage::new(target)?.expect("not idle");
    if stage.asks_for_tables() {
        stage.fill_tables(None, true)?;
    }
    let (mut out, mut mark) = (Vec::new(), None);
    let mut put = |pieces: Vec<Piece>, rest: &[u8]| {
        for piece in pieces {
            match piece {
                Piece::Text(text) | Piece::Command(text) => out.extend_from_slice(&text),
                Piece::Remark(_) => {}
                Piece::Mark => mark = Some(out.len()),
                Piece::Fill(text) => {
                    let at = mark.expect("marked");
                    out.splice(at..at, text.to_vec());
                }
            }
        }
        out.extend_from_slice(rest);
    };
    while let Some(event) = reader.next_event().expect("reads") {
        match event {
            Event::Statement(statement) => put(stage.statement(statement)?, b""),
            Event::Meta(meta) => put(stage.command(meta)?, b""),
            Event::CopyStart(start) => {
                let (pieces, lead) = stage.rows(&start.relation, start.lead, true, start.offset)?;
                put(pieces, &[&lead[..], &start.text].concat());
            }
            Event::Insert(insert) => {
                let (pieces, lead) = stage.rows(&insert.relation, insert.lead, false, insert.offset)?;
                put(pieces, &[&lead[..], &insert.text].concat());
            }
            Event::Rows(rows) => put(Vec::new(), &rows.bytes),
            Event::CopyEnd(marker) => put(Vec::new(), &marker),
            Event::End(rest) => put(stage.end(rest)?, b""),
        }
    }
    Ok(String::from_utf8(out).expect("text"))
}

fn script(body: &str) -> String {
    format!("{HEADER}{body}{TRAILER}")
}

fn refusal(target: Target, body: &str) -> String {
    let error = sent(target, &script(body)).expect_err("refused");
    assert!(matches!(error, Error::Usage(_)), "{error}");
    error.to_string()
}

const ROWS: &str = "\n\nCOPY public.t (a) FROM stdin;\n1\n\\.\n";

#[test]
fn a_transaction_stands_around_all_but_the_settings() {
    let target = || Target { single_transaction: true, ..Target::default() };
    let said = sent(target(), &script("\n\nCREATE TABLE public.t (a int);\n\n\nCOPY public.t (a) FROM stdin;\n1\n\\.\n")).expect("goes");
    let expected = format!(
        "{}\n\nBEGIN;\n\nCREATE TABLE public.t (a int);\n\n\nCOPY public.t (a) FROM stdin;\n1\n\\.\n\n\nCOMMIT;\n\n\n{}",
        HEADER.trim_end(),
        TRAILER.trim_start()
    );
    assert_eq!(said.replace("on;\n\n\n\nC", "on;\n\nC"), expected.replace("BEGIN;\n\nC", "BEGIN;\n\n\nC"));
    let schema_only = sent(target(), &script("\nCREATE TABLE public.t (a int);")).expect("goes");
    assert!(schema_only.contains("COMMIT;\n\n\n--\n-- PostgreSQL database dump complete"), "{schema_only}");
    let bare = "SET client_encoding = 'UTF8';\nCREATE TABLE t ();\n-- PostgreSQL database dump complete\n";
    assert_eq!(
        sent(target(), bare).expect("goes"),
        "SET client_encoding = 'UTF8';\n\nBEGIN;\nCREATE TABLE t ();\n\nCOMMIT;\n\n-- PostgreSQL database dump complete\n"
    );
}

#[test]
fn the_transactions_of_large_objects_are_part_of_the_one() {
    let target = Target { single_transaction: true, ..Target::default() };
    let body = "\nSELECT pg_catalog.lo_create('1');\nBEGIN;\nSELECT pg_catalog.lo_open('1', 131072);\nCOMMIT;";
    let said = sent(target, &script(body)).expect("goes");
    assert_eq!((said.matches("BEGIN;").count(), said.matches("COMMIT;").count()), (1, 1), "{said}");
}

#[test]
fn databases_of_their_own_are_refused() {
    let body = "\nCREATE DATABASE api;\n\n\\unrestrict Key\n\n\\connect api\n\n\\restrict Key\n\nCREATE TABLE public.t (a int);";
    let single = Target { single_transaction: true, ..Target::default() };
    assert_eq!(
        refusal(single, body),
        "-1: the script creates a database (pg_dump --create), which no transaction can hold; dump without --create, or load without -1"
    );
    let reset = Target { reset: Some(Reset::Objects), ..Target::default() };
    assert!(refusal(reset, body).starts_with("--reset=objects: the script creates a database (pg_dump --create), so the database"));
    let strip = Target { meta: Meta::Strip, ..Target::default() };
    assert_eq!(
        refusal(strip, body),
        "--psql-meta=strip: the script connects to a database (pg_dump --create), which only psql can do; dump without --create, or use --psql-meta=rewrite"
    );
    let driver = Target { driver: true, meta: Meta::Strip, ..Target::default() };
    assert!(refusal(driver, body).starts_with("--for-driver: the script creates a database"));
}

#[test]
fn commands_are_stripped_or_written_anew() {
    let strip = Target { meta: Meta::Strip, ..Target::default() };
    let said = sent(strip, &script(ROWS)).expect("goes");
    assert_eq!(said, script(ROWS).replace("\\restrict Key\n", "").replace("\\unrestrict Key\n", ""));
    let rewrite = Target { meta: Meta::Rewrite, ..Target::default() };
    let body = "\n\n\\unrestrict Key\n\n\\connect api some_user\n\n\\restrict Key\nCREATE TABLE public.t (a int);";
    let said = sent(rewrite, &script(body)).expect("goes");
    assert!(said.contains("\n\\connect api\n"), "{said}");
    let keys: Vec<&str> = said.lines().filter_map(|line| line.split_once("restrict ")).map(|(_, key)| key).collect();
    assert!(keys.len() == 4 && keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2] && !keys.contains(&"Key"), "{keys:?}");
}

#[test]
fn a_role_is_set_after_every_header() {
    let target = || Target { role: Some("Bob".into()), ..Target::default() };
    let said = sent(target(), &script("SET ROLE other;\nCREATE TABLE public.t (a int);")).expect("goes");
    assert!(said.contains("SET standard_conforming_strings = on;\nSET ROLE \"Bob\";\n\nCREATE TABLE"), "{said}");
    let bare = sent(target(), "CREATE TABLE t ();\n-- PostgreSQL database dump complete\n").expect("goes");
    assert!(bare.starts_with("\n\nSET ROLE \"Bob\";\n\nCREATE TABLE t ();"), "{bare}");
}

#[test]
fn a_reset_empties_the_schemas_that_get_something() {
    let target =
        || Target { reset: Some(Reset::Objects), keep: vec![NamePattern::relation("answers").expect("reads")], ..Target::default() };
    let body = "\nCREATE SCHEMA crm;\nCREATE TABLE public.t (a int);\nCREATE FUNCTION \"X\".f() RETURNS int;\nCREATE EXTENSION e WITH SCHEMA ext;\nCREATE PUBLICATION p;";
    let said = sent(target(), &script(body)).expect("goes");
    assert!(said.contains("ARRAY['X', 'crm', 'public']::pg_catalog.name[]"), "{said}");
    assert!(
        said.contains("\nCREATE SCHEMA IF NOT EXISTS crm;\n") && said.contains("\nDROP PUBLICATION IF EXISTS p;\nCREATE PUBLICATION p;"),
        "{said}"
    );
    let (settings, block) = (said.find("standard_conforming_strings").expect("is there"), said.find("DO $pgveil$").expect("is there"));
    assert!(settings < block && block < said.find("CREATE SCHEMA").expect("is there"), "{said}");
    assert_eq!(
        refusal(target(), ROWS),
        "--reset=objects: the script creates nothing that could be made anew; for a dump of data only, use --reset=truncate"
    );
    assert!(refusal(target(), "\nDROP TABLE public.t;\nCREATE TABLE public.t (a int);").contains("dump without --clean"));
    let late = format!("\nCREATE TABLE public.t (a int);{ROWS}\nCREATE VIEW late.v AS SELECT 1;");
    assert!(refusal(target(), &late).contains("schema late gets its first object behind the first row"));
}

#[test]
fn tables_are_emptied_that_the_stream_fills() {
    let target = || Target { reset: Some(Reset::Truncate), single_transaction: true, ..Target::default() };
    let said = sent(target(), &script(&format!("{ROWS}{}", ROWS.replace("public.t", "\"a b\".\"T\"")))).expect("goes");
    assert!(said.contains("        '\"a b\".\"T\"',\n        'public.t'\n    ]::"), "{said}");
    assert!(said.find("BEGIN;").expect("is there") < said.find("TRUNCATE").expect("is there"), "{said}");
    assert_eq!(said.matches("TRUNCATE").count(), 1);
    assert!(refusal(target(), &format!("\nCREATE TABLE public.t (a int);{ROWS}")).contains("the script creates its tables"));
    let none = sent(target(), &script("\nSELECT pg_catalog.setval('public.s', 1);")).expect("goes");
    assert!(!none.contains("TRUNCATE"), "{none}");
    let mut known = Stage::new(target()).expect("fits").expect("not idle");
    known.fill_tables(Some(Vec::new()), false).expect("known");
    assert!(known.rows(&RelationName::new("public", "t"), Bytes::new(), true, 7).is_err(), "the input has changed");
    let mut pipe = Stage::new(target()).expect("fits").expect("not idle");
    assert!(pipe.fill_tables(None, false).expect_err("refused").to_string().contains("name the output with -f"));
}

#[test]
fn a_driver_gets_statements_and_nothing_else() {
    let target = || Target { driver: true, meta: Meta::Strip, ..Target::default() };
    let body =
        "\n\n--\n-- Name: t\n--\n\nCREATE TABLE public.t (a int);\n\n-- x\n\nINSERT INTO public.t VALUES ('\n-- y');\nBEGIN;\nCOMMIT;";
    let said = sent(target(), &script(body)).expect("goes");
    assert_eq!(said, "CREATE TABLE public.t (a int);\n\nINSERT INTO public.t VALUES ('\n-- y');\n\n");
    assert!(refusal(target(), ROWS).contains("dump with pg_dump --inserts"));
    assert!(refusal(target(), "\nSET default_tablespace = fast;").contains("--no-tablespaces"));
    let routine = sent(target(), &script("\nCREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';")).expect("goes");
    assert!(
        routine.trim_start().starts_with("DO $pgveil$\nBEGIN\n    PERFORM pg_catalog.set_config('check_function_bodies', 'off', true);"),
        "{routine}"
    );
}

#[test]
fn a_renamed_database_is_renamed_everywhere() {
    let target = |old: &str| Target { renamed: vec![Renaming::read(&format!("{old}=x y")).expect("reads")], ..Target::default() };
    let body = "\n\n--\n-- Name: api; Type: DATABASE; Schema: -; Owner: api\n--\n\nCREATE DATABASE api;\n\n\\unrestrict Key\n\n\\connect api\n\n\\restrict Key\n\nCREATE TABLE public.api (a int);";
    let said = sent(target("api"), &script(body)).expect("goes");
    let expected = script(body)
        .replace("-- Name: api; Type: DATABASE", "-- Name: x y; Type: DATABASE")
        .replace("CREATE DATABASE api", "CREATE DATABASE \"x y\"")
        .replace("\\connect api", "\\connect -reuse-previous=on \"dbname='x y'\"");
    assert_eq!(said, expected);
    assert!(refusal(target("apy"), body).ends_with("the script has no database apy, found api; did you mean api?"));
    assert!(refusal(target("api"), "\nCREATE TABLE public.api (a int);").ends_with("dump it with pg_dump --create"));
}
