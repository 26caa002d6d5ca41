//! Conditions on rows, without a server: forms, types, errors. What they evaluate to is held against PostgreSQL itself in
//! `tests/server/filter.rs`.

use std::time::{Duration, UNIX_EPOCH};

use super::{Clock, Filter};
use crate::mask::fit::{Kind, Target};
use crate::mask::{Note, Surroundings};
use crate::rules::expr;

/// A row: the values that a filter reads, in its order.
#[derive(Debug)]
struct Row(Vec<Option<String>>);

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index)?.as_deref().map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn columns() -> Vec<(String, Target)> {
    let named = |name: &str, ty: &str| (name.to_owned(), Target::of_sql(ty));
    let kind = |name: &str, ty: &str, kind: Kind| (name.to_owned(), Target { kind, type_name: ty.to_owned(), ..Target::of_sql("text") });
    vec![
        named("id", "integer"),
        named("big", "bigint"),
        named("status", "character varying(20)"),
        named("name", "text"),
        named("code", "character(5)"),
        named("price", "numeric(10,2)"),
        named("ratio", "double precision"),
        named("active", "boolean"),
        named("born", "date"),
        named("createdAt", "timestamp with time zone"),
        named("at", "timestamp without time zone"),
        named("pause", "interval"),
        named("uuid", "uuid"),
        named("ip", "inet"),
        named("meta", "jsonb"),
        named("raw", "json"),
        named("tags", "text[]"),
        kind("login", "public.citext", Kind::Text),
        kind("mail", "public.mail", Kind::Text),
        kind("mood", "public.mood", Kind::Enum(vec!["sad".into(), "ok".into()])),
        kind("pair", "public.pair", Kind::Composite(Vec::new())),
        named("shape", "box"),
    ]
}

/// 2024-07-01 12:00 UTC.
fn clock() -> Clock {
    Clock::at(UNIX_EPOCH + Duration::from_secs(1_719_835_200))
}

fn filter(text: &str) -> Result<Filter, String> {
    let expr = expr::parse(text).map_err(|error| format!("{}: {}", error.offset, error.message))?;
    Filter::bind(&expr, &columns(), &clock()).map_err(|error| {
        let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
        format!("{}: {}{help}", error.offset, error.message)
    })
}

/// `t`, `f`, `null`, or `error: …`.
fn holds(text: &str, row: &[(&str, &str)]) -> String {
    let filter = match filter(text) {
        Ok(filter) => filter,
        Err(error) => return format!("error: {error}"),
    };
    let value = |reading: &crate::mask::Reading| row.iter().find(|(name, _)| *name == reading.of).map(|(_, value)| (*value).to_owned());
    match filter.holds(&Row(filter.reads().iter().map(value).collect())) {
        Ok(Some(true)) => "t".into(),
        Ok(Some(false)) => "f".into(),
        Ok(None) => "null".into(),
        Err(refusal) => format!("error: expected {}", refusal.expected),
    }
}

#[test]
fn the_usual_conditions() {
    let cases: &[(&str, &[(&str, &str)], &str)] = &[
        ("status = 'open'", &[("status", "open")], "t"),
        ("status = 'open'", &[("status", "Open")], "f"),
        ("status = 'open'", &[], "null"),
        ("status IS NULL OR status <> 'open'", &[], "t"),
        ("status IN ('a', 'b')", &[("status", "b")], "t"),
        ("status NOT IN ('a', 'b', NULL)", &[("status", "c")], "null"),
        ("((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", &[("status", "b")], "t"),
        ("status = ANY ('{a,b}'::text[])", &[("status", "c")], "f"),
        ("id BETWEEN 3 AND 5", &[("id", "5")], "t"),
        ("id BETWEEN SYMMETRIC 5 AND 3", &[("id", "4")], "t"),
        ("id = 9007199254740993", &[("id", "7")], "f"),
        ("big = 9007199254740993", &[("big", "9007199254740993")], "t"),
        ("price > 19.99", &[("price", "20.00")], "t"),
        ("price = 20", &[("price", "20.00")], "t"),
        ("NOT active", &[("active", "f")], "t"),
        ("active IS NOT TRUE", &[], "t"),
        ("name LIKE 'Z%é'", &[("name", "Zoé")], "t"),
        ("name ILIKE 'zO_'", &[("name", "Zoé")], "t"),
        ("name ~ '^[A-Z]'", &[("name", "zoé")], "f"),
        ("name !~* '^z'", &[("name", "Zoé")], "f"),
        ("code = 'ab'", &[("code", "ab   ")], "t"),
        ("born >= '2000-01-01'", &[("born", "1999-12-31")], "f"),
        ("born < date '2000-01-01' + 30", &[("born", "2000-01-30")], "t"),
        ("\"createdAt\" > now() - interval '6 months'", &[("createdAt", "2024-01-01 13:00:01+01")], "t"),
        ("\"createdAt\" > now() - interval '6 months'", &[("createdAt", "2024-01-01 13:00:00+01")], "f"),
        ("at < '2024-01-01'", &[("at", "2023-12-31 23:59:59.999999")], "t"),
        ("login = 'ZOÉ'", &[("login", "zoé")], "t"),
        ("mood > 'sad'", &[("mood", "ok")], "t"),
        ("mood = ANY (ARRAY['ok'::public.mood])", &[("mood", "ok")], "t"),
        ("uuid = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", &[("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")], "t"),
        ("ip << '10.0.0.0/8'", &[("ip", "10.1.2.3")], "t"),
        ("meta->>'kind' = 'x'", &[("meta", r#"{"kind": "x"}"#)], "t"),
        ("(meta->'a'->>'n')::int > 3", &[("meta", r#"{"a": {"n": "4"}}"#)], "t"),
        ("meta ? 'kind'", &[("meta", r#"{"kind": null}"#)], "t"),
        ("meta #>> '{a,0}' = 'z'", &[("meta", r#"{"a": ["z"]}"#)], "t"),
        ("'b' = ANY (tags)", &[("tags", "{a,b}")], "t"),
        ("tags @> ARRAY['b']", &[("tags", "{a,b}")], "t"),
        ("lower(name) || '!' = 'zoé!'", &[("name", "ZOÉ")], "t"),
        ("length(name) = 3 AND octet_length(name) = 4", &[("name", "Zoé")], "t"),
        ("extract(year from born) = 1984", &[("born", "1984-02-29")], "t"),
        ("coalesce(status, name) = 'x'", &[("name", "x")], "t"),
        ("(mail)::text = 'A'", &[("mail", "a")], "f"),
        ("pair IS NULL", &[("pair", "(,)")], "t"),
        ("pair IS NOT NULL", &[("pair", "(a,)")], "f"),
        ("shape::text LIKE '(%'", &[("shape", "(1,2),(0,0)")], "t"),
        ("name COLLATE \"C\" < 'a'", &[("name", "Z")], "t"),
        ("CASE WHEN id > 5 THEN status ELSE name END = 'x'", &[("id", "3"), ("name", "x")], "t"),
    ];
    for (text, row, expected) in cases {
        assert_eq!(holds(text, row), *expected, "{text} {row:?}");
    }
}

#[test]
fn what_a_row_cannot_be_is_an_error() {
    for (text, row, expected) in [
        ("id = 1", ("id", "x"), "error: expected an integer"),
        ("born = '2024-01-01'", ("born", "01/02/2024"), "error: expected a date as PostgreSQL writes it (2024-01-31)"),
        ("10 / id = 1", ("id", "0"), "error: expected a divisor other than 0"),
        ("id + 1 > 0", ("id", "2147483647"), "error: expected a result within the range of its type"),
        ("name::int = 1", ("name", "one"), "error: expected an integer"),
        ("meta->>'a' = 'b'", ("meta", "{"), "error: expected JSON"),
        ("mood = 'ok'", ("mood", "angry"), "error: expected a label of the enum"),
    ] {
        assert_eq!(holds(text, &[row]), expected, "{text}");
    }
    assert_eq!(holds("id IS NULL", &[("id", "x")]), "f", "a test for NULL reads no value");
}
