//! What the script says, of archives made by hand; those of pg_dump are compared with pg_restore in tests/archives.rs.

use std::io::Read;

use super::super::made::{self, text};
use super::super::{Archive, Compression, Entry, Format, Section};
use super::{Script, Style};

fn script(bytes: &[u8], key: Option<&str>) -> Script {
    Script::new(Archive::custom(made::reader(bytes)).expect("opens"), Style::default(), key).expect("is one")
}

fn whole(mut script: Script) -> String {
    let mut text = String::new();
    script.read_to_string(&mut text).expect("reads");
    text
}

/// Entries without data as a script.
fn of(entries: &[Entry], minor: u8) -> String {
    let header = made::header(minor, Format::Custom, Compression::None);
    whole(script(&made::contents(&header, entries).bytes, None))
}

fn position(text: &str, part: &str) -> usize {
    text.find(part).unwrap_or_else(|| panic!("{part:?} is not in\n{text}"))
}

#[test]
fn the_whole_of_it() {
    let bytes = made::custom(&made::header(16, Format::Custom, Compression::Zstd)).bytes;
    let text = whole(script(&bytes, None));
    let head = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 18.6\n\n\
                SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\nSET transaction_timeout = 0;\n\
                SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n\
                SET check_function_bodies = false;\nSET xmloption = content;\nSET client_min_messages = warning;\nSET row_security = off;\n\n\
                SET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n\
                --\n-- Name: t; Type: TABLE; Schema: public; Owner: postgres\n--\n\n\
                CREATE TABLE public.t (\n    a integer\n);\n\n\nALTER TABLE public.t OWNER TO postgres;\n\n\
                --\n-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres\n--\n\n\
                COPY public.t (a) FROM stdin;\n1\n2\n\\N\n\\.\n\n\n\
                --\n-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: postgres\n--\n\nBEGIN;\n\n\
                SELECT pg_catalog.lo_open('7', 131072);\nSELECT pg_catalog.lowrite(0, '\\x736576656e');\nSELECT pg_catalog.lo_close(0);\n\n\
                SELECT pg_catalog.lo_open('4294967295', 131072);\nSELECT pg_catalog.lo_close(0);\n\n\
                SELECT pg_catalog.lo_open('2147483648', 131072);\nSELECT pg_catalog.lowrite(0, '\\xffff";
    assert!(text.starts_with(head), "{}", &text[..text.len().min(head.len())]);
    assert_eq!(text.matches("lowrite").count(), 1 + 3);
    assert!(text.ends_with("--\n-- PostgreSQL database dump complete\n--\n\n"));
}

#[test]
fn a_plan_needs_no_rows() {
    let header = made::header(16, Format::Custom, Compression::None);
    let mut entries = made::entries(16);
    let by_insert = |id, defn: Option<&str>| Entry { defn: defn.and_then(text), copy_stmt: None, dump_id: id, ..entries[4].clone() };
    let more = [by_insert(9, None), by_insert(10, Some("-- load via partition root public.\"Root\""))];
    assert_eq!(entries[4].dump_id, 3055);
    entries.extend(more);
    let plan = String::from_utf8(Script::without_rows(&header, &entries, Style::default()).expect("renders").0).expect("UTF-8");
    assert!(plan.contains("CREATE TABLE") && plan.contains("CREATE INDEX") && plan.ends_with("dump complete\n--\n\n"));
    assert!(plan.contains("COPY public.t (a) FROM stdin;\n\\.\n\n\n") && !plan.contains("lo_open"));
    assert!(plan.contains("INSERT INTO public.t DEFAULT VALUES;\n") && plan.contains("INSERT INTO public.\"Root\" DEFAULT VALUES;\n"));
}

#[test]
fn grants_come_late_and_what_needs_them_last() {
    let plain = |id, desc: &str, tag: &str| Entry { defn: text(&format!("{desc} {tag};\n")), ..made::entry(id, desc, tag) };
    let entries = [
        plain(1, "MATERIALIZED VIEW DATA", "m"),
        plain(2, "COMMENT", "EVENT TRIGGER e"),
        plain(3, "ACL", "TABLE t"),
        plain(4, "DATABASE", "d"),
        plain(5, "COMMENT", "DATABASE d"),
        Entry { section: Section::PostData, ..plain(6, "STATISTICS DATA", "late") },
        Entry { section: Section::Data, ..plain(7, "STATISTICS DATA", "early") },
        plain(8, "INDEX", "i"),
    ];
    let script = of(&entries, 16);
    let parts = [
        "-- Statistics for Name: early",
        "INDEX i;",
        "ACL TABLE t;",
        "MATERIALIZED VIEW DATA m;",
        "COMMENT EVENT TRIGGER e;",
        "DATA late;",
    ];
    assert!(parts.windows(2).all(|pair| position(&script, pair[0]) < position(&script, pair[1])), "{script}");
    assert!(!script.contains("DATABASE d"));
}

#[test]
fn old_archives_select_the_schema() {
    let bytes = made::custom(&made::header(12, Format::Custom, Compression::None)).bytes;
    let script = whole(script(&bytes, None));
    assert!(script.contains("SET search_path = public, pg_catalog;\n\nSET default_tablespace"));
    assert!(script.contains("SET search_path = pg_catalog;\n\nBEGIN;"));
    assert!(!script.contains("set_config") && !script.contains("transaction_timeout") && !script.contains("access_method"));
}

#[test]
fn large_objects_in_groups() {
    let metadata = Entry { defn: text("5\n6\n"), drop_stmt: text("-- dummy"), namespace: None, ..made::entry(1, "BLOB METADATA", "5..6") };
    let grant =
        Entry { defn: text("GRANT ALL ON LARGE OBJECT 5 TO bob;\n"), dependencies: vec![1], ..made::entry(2, "ACL", "LARGE OBJECTS 5..6") };
    let script = of(&[metadata, grant.clone()], 16);
    assert!(
        script
            .contains("SELECT pg_catalog.lo_create('5');\nSELECT pg_catalog.lo_create('6');\n\nALTER LARGE OBJECT 5 OWNER TO postgres;\n")
    );
    assert!(script.contains("GRANT ALL ON LARGE OBJECT 5 TO bob;\nGRANT ALL ON LARGE OBJECT 6 TO bob;\n\n"));
    let header = made::header(16, Format::Custom, Compression::None);
    let error = Script::without_rows(&header, &[grant], Style::default()).map(|_| ());
    assert!(error.is_err(), "which objects it speaks of is not told");
}

#[test]
fn names_are_made_one_line() {
    let entry = Entry { defn: text("X;\n"), owner: None, tablespace: text("a\rb"), ..made::entry(1, "VIEW", "new\nline") };
    let script = of(&[entry], 16);
    assert!(script.contains("-- Name: new line; Type: VIEW; Schema: public; Owner: -; Tablespace: a b\n--\n"), "{script}");
    assert!(script.contains("SET default_tablespace = \"a\rb\";\n"));
}

#[test]
fn a_key_frames_the_script() {
    let bytes = made::custom(&made::header(16, Format::Custom, Compression::None)).bytes;
    let text = whole(script(&bytes, Some("abc123")));
    assert!(text.starts_with("--\n-- PostgreSQL database dump\n--\n\n\\restrict abc123\n\n-- Dumped from"));
    assert!(text.ends_with("dump complete\n--\n\n\\unrestrict abc123\n\n"));
    let archive = Archive::custom(made::reader(&bytes)).expect("opens");
    assert!(Script::new(archive, Style::default(), Some("a\n\\!")).is_err());
}

#[test]
fn settings_that_cannot_be_understood_are_refused() {
    let header = made::header(16, Format::Custom, Compression::None);
    for (desc, defn) in
        [("ENCODING", "SET client_encoding = UTF8;"), ("ENCODING", "SET client_encoding = 'U;\n';"), ("STDSTRINGS", "SET x = 'maybe';")]
    {
        let entry = Entry { defn: text(defn), ..made::entry(1, desc, desc) };
        assert!(Script::without_rows(&header, &[entry], Style::default()).is_err(), "{defn}");
    }
}
