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

/// A condition, a row, and what it is.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const USUAL: &[Case] = &[
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

#[test]
fn the_usual_conditions() {
    for (text, row, expected) in USUAL {
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

/// What does not fit, and what is said of it.
const UNFIT: &[(&str, &str)] = &[
    (
        "stauts = 'open'",
        "0: found no column stauts, expected one of id, big, status, name, code, price, ratio, active, born, \"createdAt\", at, pause, uuid, ip, meta, raw, tags, login, mail, mood, pair, shape; did you mean status?",
    ),
    (
        "createdat > now()",
        "0: found no column createdat, expected one of id, big, status, name, code, price, ratio, active, born, \"createdAt\", at, pause, uuid, ip, meta, raw, tags, login, mail, mood, pair, shape; did you mean \"createdAt\"?",
    ),
    (
        "status = \"open\"",
        "9: found no column open, expected one of id, big, status, name, code, price, ratio, active, born, \"createdAt\", at, pause, uuid, ip, meta, raw, tags, login, mail, mood, pair, shape; a string is written in single quotes: 'text'",
    ),
    ("status", "0: found a term of the type text, expected a condition (boolean)"),
    ("id = 'x'", "5: found \"x\" where the type is integer, expected an integer"),
    ("id = 1 OR id = '99999999999'", "15: found \"99999999999\" where the type is integer, expected an integer"),
    (
        "born > '31/12/1999'",
        "7: found \"31/12/1999\" where the type is date, expected a date as PostgreSQL writes it (2024-01-31); dates are written year-month-day",
    ),
    ("mood = 'sadd'", "7: found \"sadd\" where the type is public.mood, expected a label of the enum; did you mean 'sad'?"),
    ("mood = 'furious'", "7: found \"furious\" where the type is public.mood, expected a label of the enum; its labels are 'sad', 'ok'"),
    ("mood = 'ok'::public.color", "7: found a literal of the type color where one of the type public.mood is needed"),
    ("status = 5", "7: = compares the types text and integer, which the server does not; cast one of them: x::text"),
    (
        "name < 'm'",
        "5: < compares text, whose order depends on the server's collation; write COLLATE \"C\" behind one side to compare by bytes",
    ),
    ("mail = 'a@b.c'", "0: the type public.mail is a domain, of which is not known whether it ignores case; cast it: x::text"),
    ("raw = '{}'", "0: values of the type json cannot be compared here, only tested for NULL; take a member of it, or cast it: x::jsonb"),
    ("shape = '(1,2),(0,0)'", "0: values of the type box cannot be compared here, only tested for NULL; cast it to text: x::text"),
    ("meta > '{}'", "5: > compares the type jsonb, expected = or <>"),
    ("raw ? 'a'", "0: ? takes jsonb, found the type json; cast it: x::jsonb"),
    ("name->>'a' = 'b'", "0: ->> takes json or jsonb, found the type text; cast it: x::jsonb"),
    ("id LIKE '4%'", "0: LIKE takes text, found the type integer; cast it: x::text"),
    ("lower(id) = 'x'", "6: lower() takes text, found the type integer; cast it: x::text"),
    ("name ~ '(a)\\1'", "7: the pattern holds a back reference or octal number (\\1), which cannot be matched here"),
    ("name ~ status", "7: ~ has a pattern that is no literal"),
    ("name LIKE 'a\\'", "10: found a LIKE pattern that ends with the escape character"),
    (
        "born + '1 month' > now()",
        "5: found + between the types date and unknown, which no condition can hold; an interval is written interval '6 months'",
    ),
    ("born * 2 = 1", "5: found * between the types date and integer, which no condition can hold"),
    ("ratio % 2 = 1", "6: found % between the types double precision and integer, which no condition can hold"),
    ("active && id = 1", "7: found && between the types boolean and integer, which no condition can hold"),
    ("active || (id = 1)", "7: found || between the types boolean and boolean, which no condition can hold; did you mean OR?"),
    ("1 / 0 = id", "2: cannot be computed, expected a divisor other than 0"),
    (
        "extract(fortnight from born) = 1",
        "0: extract() has a field that is not known here, expected one of millennium, century, decade, year, isoyear, quarter, month, week, day, dow, isodow, doy, hour, minute, second, milliseconds, microseconds, epoch",
    ),
    (
        "extract(hour from born) = 1",
        "0: extract() has a field that is not known here, expected one of millennium, century, decade, year, isoyear, quarter, month, week, day, dow, isodow, doy, epoch",
    ),
    ("at AT TIME ZONE 'CET' > now()", "3: found the time zone \"CET\", expected UTC or one such as Europe/Paris"),
    (
        "id::public.money2 = 1",
        "2: found a cast of the type integer to money2, expected one to a built-in type; of the dump's own types only literals can be made",
    ),
    ("born::int = 1", "0: found the type date where integer is needed; cast it: x::type"),
    ("at::timestamp(0) = now()", "2: found a cast to timestamp without time zone with a precision, expected one without"),
    ("coalesce(id, name) = 'x'", "0: coalesce() holds the types integer and text, expected one type"),
    ("round(ratio, 2) = 1", "0: round() takes numeric, found the type double precision; cast it: x::numeric"),
    ("name = ANY (status)", "12: found the type text behind ANY or ALL, expected an array"),
    ("id COLLATE \"C\" > 1", "3: COLLATE stands behind a term of the type integer, expected text"),
];

#[test]
fn what_does_not_fit_is_told() {
    let found: Vec<String> = UNFIT.iter().map(|(text, _)| filter(text).err().unwrap_or_default()).collect();
    assert_eq!(found, UNFIT.iter().map(|(_, expected)| *expected).collect::<Vec<_>>());
}

#[test]
fn each_column_is_read_once_and_unmasked() {
    let filter = filter("status = 'a' OR (id > 3 AND status = 'b')").expect("binds");
    let reads: Vec<(&str, bool)> = filter.reads().iter().map(|reading| (reading.of.as_str(), reading.masked)).collect();
    assert_eq!(reads, [("status", false), ("id", false)]);
}

proptest::proptest! {
    /// Whatever a row holds: a value or an error, and no panic.
    #[test]
    fn no_row_panics(value in "\\PC{0,24}", digits in "[0-9:.+ \\-eE{},\"()/BCinfty]{0,30}") {
        let conditions = [
            "id + 1 > 0", "big * 2 = 1", "price / 3 > 1", "ratio * ratio > 1", "active", "born + id > '2000-01-01'", "extract(week from born) = 1",
            "date_trunc('century', \"createdAt\") < now()", "at + pause < now()", "at - '2000-01-01' > pause", "pause::text = ''", "uuid::text = ''",
            "ip << '10.0.0.0/8'", "ip::text = ''", "meta @> '{}'", "raw::jsonb #>> '{a,0}' = ''", "tags && '{a}'", "login ~ 'a'", "pair IS NULL",
            "left(name, id) = right(name, -id)", "substr(name, id, id) = ''", "code LIKE name", "name::date = current_date", "name::interval = pause",
            "round(price, id)::text = name", "price::double precision::text = ''", "ratio::int = id", "shape IS NULL",
        ];
        for condition in conditions {
            let filter = filter(condition).expect("binds");
            for row in [&value, &digits] {
                let count = filter.reads().len();
                let _ = filter.holds(&Row(vec![Some(row.clone()); count]));
                let _ = filter.holds(&Row((0..count).map(|i| Some(if i == 0 { row.clone() } else { "7".to_owned() })).collect()));
            }
        }
    }
}
