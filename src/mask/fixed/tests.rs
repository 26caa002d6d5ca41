//! What the masks of fixed values promise.

use std::collections::BTreeMap;

use super::super::fit::{Kind, Target};
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Distinct, Masked, demo};

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn whole(n: i64) -> OptionValue {
    OptionValue::Integer(n)
}

fn table(pairs: &[(&str, &str)]) -> OptionValue {
    OptionValue::Table(pairs.iter().map(|(from, to)| ((*from).to_owned(), word(to))).collect())
}

fn list(items: &[&str]) -> OptionValue {
    OptionValue::List(items.iter().map(|item| word(item)).collect())
}

fn column(kind: &str) -> Target {
    Target::of_sql(kind)
}

fn state() -> Target {
    Target { kind: Kind::Enum(vec!["new".into(), "open".into(), "done".into()]), type_name: "public.state".into(), ..column("text") }
}

/// Binds a mask to a column, or gives its error's text.
fn bind(name: &str, options: &[(&str, OptionValue)], target: &Target) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let told = |error: registry::BuildError| error.help.as_ref().map_or(error.message.clone(), |help| format!("{}; {help}", error.message));
    demo::bound(registry::find(name).expect("known"), &options, target, &[], b"0123456789abcdef").map_err(told)
}

fn apply(bound: &Bound, value: &str) -> String {
    let mut out = b"head".to_vec();
    match bound.mask.as_ref().expect("a mask").mask(Cell::new(value.as_bytes()), &mut out) {
        Ok(Masked::Value) => String::from_utf8(out.split_off(4)).expect("UTF-8"),
        Ok(Masked::Same) => value.to_owned(),
        Ok(Masked::Null) => "NULL".into(),
        Err(refusal) => format!("refused: {}", refusal.expected),
    }
}

#[test]
fn maps_map_and_say_what_becomes_of_the_rest() {
    let values = || ("values", table(&[("a", "x"), ("b", "y"), ("", "none")]));
    let text = column("text");
    let make =
        |more: &[(&str, OptionValue)], value: &str| apply(&bind("map", &[&[values()][..], more].concat(), &text).expect("fits"), value);
    assert_eq!([make(&[], "a"), make(&[], "b"), make(&[], "c"), make(&[], "")], ["x", "y", "c", "none"]);
    assert_eq!(make(&[("default", word("z"))], "c"), "z");
    assert_eq!(make(&[("otherwise", word("null"))], "c"), "NULL");
    assert_eq!(make(&[("otherwise", word("error"))], "c"), "refused: one of the values of the map");
    assert!(bind("map", &[values()], &text).expect("fits").takes_empty);
    let null = Cell { null: true, ..Cell::new(b"") };
    let bound = bind("map", &[values(), ("on_null", word("mask")), ("default", word("z"))], &text).expect("fits");
    let mut out = Vec::new();
    assert_eq!(bound.mask.expect("a mask").mask(null, &mut out), Ok(Masked::Value));
    assert_eq!(out, b"z", "NULL is not the empty string");
}

#[test]
fn keys_of_maps_are_spelt_as_in_the_dump() {
    let make = |kind: &str, from: &str, to: &str, value: &str| {
        apply(&bind("map", &[("values", table(&[(from, to)]))], &column(kind)).expect("fits"), value)
    };
    assert_eq!(make("boolean", "true", "f", "t"), "f");
    assert_eq!(make("numeric(6,2)", "1.5", "2", "1.50"), "2.00");
    assert_eq!(make("double precision", "100000000000000000", "2", "1e+17"), "2");
    assert_eq!(make("character(5)", "ab", "cd", "ab   "), "cd");
    assert_eq!(
        make(
            "uuid",
            "6D3F0A3C-1E5B-7D4F-8A9B-0C1D2E3F4A5B",
            "6d3f0a3c-1e5b-7d4f-8a9b-0c1d2e3f4a5c",
            "6d3f0a3c-1e5b-7d4f-8a9b-0c1d2e3f4a5b"
        ),
        "6d3f0a3c-1e5b-7d4f-8a9b-0c1d2e3f4a5c"
    );
}

#[test]
fn maps_keep_distinct_where_they_can() {
    let distinct = |pairs: &[(&str, &str)], more: &[(&str, OptionValue)], target: &Target| {
        bind("map", &[&[("values", table(pairs))][..], more].concat(), target).expect("fits").distinct
    };
    let (text, error) = (column("text"), [("otherwise", word("error"))]);
    assert_eq!(distinct(&[("a", "x"), ("b", "y")], &error, &text), Distinct::Kept);
    assert_eq!(distinct(&[("a", "x"), ("b", "X")], &error, &text), Distinct::Lost, "equal when folded");
    assert_eq!(distinct(&[("a", "x"), ("b", "y")], &[], &text), Distinct::Lost, "x may be there already");
    assert_eq!(distinct(&[("1", "2"), ("2", "1")], &[], &text), Distinct::Kept);
    assert_eq!(distinct(&[("a", "b"), ("b", "a")], &[], &text), Distinct::Lost, "A may be there already");
    assert_eq!(distinct(&[("new", "done"), ("done", "new")], &[], &state()), Distinct::Kept);
    assert_eq!(distinct(&[("1", "2"), ("2", "1")], &[("default", word("3"))], &text), Distinct::Lost);
    assert_eq!(distinct(&[("1", "2"), ("2", "1")], &[("otherwise", word("null"))], &text), Distinct::Lost);
}

#[test]
fn choices_follow_their_weights() {
    let count = |bound: &Bound| {
        let mut counts = BTreeMap::<String, u32>::new();
        for i in 0..10_000 {
            *counts.entry(apply(bound, &i.to_string())).or_default() += 1;
        }
        counts
    };
    let alike = count(&bind("choice", &[("values", list(&["a", "b", "c", "d"]))], &column("text")).expect("fits"));
    assert!(alike.len() == 4 && alike.values().all(|count| (2300..2700).contains(count)), "{alike:?}");
    let weights = OptionValue::List(vec![whole(70), OptionValue::Float(29.5), whole(0), OptionValue::Float(0.5)]);
    let weighted = count(&bind("choice", &[("values", list(&["a", "b", "c", "d"])), ("weights", weights)], &column("text")).expect("fits"));
    let near = |value: &str, expected: u32| weighted.get(value).is_some_and(|count| count.abs_diff(expected) < 150);
    assert!(near("a", 7000) && near("b", 2950) && near("d", 50) && !weighted.contains_key("c"), "{weighted:?}");
    let labels = count(&bind("choice", &[], &state()).expect("fits"));
    assert_eq!(labels.keys().map(String::as_str).collect::<Vec<_>>(), ["done", "new", "open"]);
    assert_eq!(count(&bind("choice", &[], &column("boolean")).expect("fits")).len(), 2);
}

#[test]
fn empty_is_the_empty_value_of_its_type() {
    let table = [
        ("text", ""),
        ("character(5)", ""),
        ("integer[]", "{}"),
        ("hstore", ""),
        ("bytea", "\\x"),
        ("int4range", "empty"),
        ("datemultirange", "{}"),
    ];
    for (kind, expected) in table {
        assert_eq!(apply(&bind("empty", &[], &column(kind)).expect("fits"), "x"), expected, "{kind}");
    }
    assert_eq!(
        bind("empty", &[], &column("integer")).expect_err("refused"),
        "the empty string is no value of type integer; use const or null"
    );
}

#[test]
fn defaults_are_literals() {
    let make = |kind: &str| bind("default", &[], &column(kind)).map(|bound| (apply(&bound, "x"), bound.takes_empty));
    assert_eq!(make("integer DEFAULT 0"), Ok(("0".into(), true)));
    assert_eq!(make("boolean DEFAULT false"), Ok(("f".into(), true)));
    assert_eq!(make("date DEFAULT now").expect_err("refused"), "the value is no date, expected a date as 2000-01-31");
    assert_eq!(
        make("integer").expect_err("refused"),
        "the column has no DEFAULT that is a literal; use const with a value, or null where the column has no default"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_says_what_it_does_not_fit() {
    let refused = |name: &str, options: &[(&str, OptionValue)], target: &Target| bind(name, options, target).expect_err("refused");
    let not_null = Target { not_null: true, ..column("text") };
    let table = [
        (
            refused("map", &[("values", table(&[("nwe", "done")]))], &state()),
            "\"nwe\": \"nwe\" is no label of public.state, expected one of new, open, done; did you mean \"new\"?",
        ),
        (
            refused("map", &[("values", table(&[("new", "don")]))], &state()),
            "\"new\": \"don\" is no label of public.state, expected one of new, open, done; did you mean \"done\"?",
        ),
        (
            refused("map", &[("values", table(&[]))], &column("text")),
            "option \"values\": there is none; for example values = { draft = \"new\" }",
        ),
        (
            refused("map", &[("values", table(&[("t", "f"), ("true", "f")]))], &column("boolean")),
            "option \"values\": \"t\" is in it twice, spelt differently",
        ),
        (
            refused("map", &[("values", table(&[("a", "b")])), ("default", word("x")), ("otherwise", word("null"))], &column("text")),
            "option \"otherwise\": it stands beside \"default\"; give one of the two",
        ),
        (
            refused("map", &[("values", table(&[("a", "b")])), ("otherwise", word("null"))], &not_null),
            "option \"otherwise\": the column is NOT NULL; use \"keep\" or \"error\", or give a \"default\"",
        ),
        (
            refused("map", &[("values", table(&[("1", "2")])), ("default", word("x"))], &column("integer")),
            "the value is no integer, expected a whole number in its range",
        ),
        (refused("choice", &[], &column("text")), "option \"values\" is missing; for example values = [\"a\", \"b\"]"),
        (
            refused("choice", &[("values", list(&[]))], &column("text")),
            "option \"values\": there is none; for example values = [\"a\", \"b\"]",
        ),
        (
            refused("choice", &[("values", list(&["abc"]))], &column("character varying(2)")),
            "the value has 3 characters, the column takes 2; shorten it",
        ),
        (
            refused("choice", &[("values", list(&["a"])), ("weights", list(&[]))], &column("text")),
            "option \"weights\": there are 0 of them for 1 values",
        ),
        (
            refused("choice", &[("values", list(&["a"])), ("weights", list(&["1"]))], &column("text")),
            "option \"weights\": expected numbers from 0 to 10^15",
        ),
        (
            refused("choice", &[("values", list(&["a"])), ("weights", OptionValue::List(vec![whole(0)]))], &column("text")),
            "option \"weights\": all are 0",
        ),
        (
            refused("const", &[("value", word("{1,x}"))], &column("integer[]")),
            "the value is no integer, expected a whole number in its range",
        ),
        (
            refused("const", &[("value", word("1000"))], &column("numeric(5,2)")),
            "the value has more digits before the point than numeric(5,2) takes",
        ),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}
