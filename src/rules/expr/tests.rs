//! What is taken and what is refused, and in which words; and what is said of one column in simple forms.

use proptest::prelude::*;

use super::{Expr, Form, Simple, parse};
use crate::name::Name;

fn read(text: &str) -> Expr {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// `offset: message; help`
fn refused(text: &str) -> String {
    match parse(text) {
        Ok(expr) => format!("taken: {expr:?}"),
        Err(error) => format!("{}: {}{}", error.offset, error.message, error.help.map(|help| format!("; {help}")).unwrap_or_default()),
    }
}

/// What SQL has and a condition has not: where it is found, and its name.
const OF_SQL: &[(&str, usize, &str)] = &[
    ("a IN (SELECT 1)", 2, "a subquery"),
    ("EXISTS (SELECT 1)", 0, "a subquery"),
    ("(a, b) = (1, 2)", 0, "a row of several values (a, b)"),
    ("a, b", 0, "a row of several values (a, b)"),
    ("a = $1", 4, "a parameter ($1)"),
    ("a[1] = 'x'", 5, "a subscript or field of a value (x[1], (x).y)"),
    ("greatest(a, b) = 1", 0, "greatest() or least()"),
    ("count(*) > 1", 0, "an aggregate"),
    ("sum(a) OVER () > 1", 0, "a window function"),
    ("a = current_user", 4, "a function of the session (current_user, current_time, …)"),
    ("a IS JSON", 0, "IS JSON"),
    ("a = B'101'", 4, "a bit string (B'101')"),
    ("a OPERATOR(public.=) b", 2, "an operator of another schema than pg_catalog"),
    ("a IS DOCUMENT", 2, "an XML expression"),
    ("length(x => 'a') = 1", 7, "a named argument"),
];

/// Mistakes that have words of their own.
const OWN: &[(&str, &str)] = &[
    ("", "0: the condition is empty, expected one such as status = 'open'"),
    ("  -- nothing", "0: the condition is empty, expected one such as status = 'open'"),
    (
        "a = 'x",
        "0: the condition breaks off inside a string, a quoted name or a comment; a string is written in single quotes, a name in double quotes",
    ),
    ("a = = 1", "4: found \"=\" where the grammar of SQL has none"),
    (
        "a == 1",
        "2: found the operator ==, expected one of = <> < <= > >= ~~ ~~* !~~ !~~* ~ ~* !~ !~* + - * / % || -> ->> #> #>> ? ?| ?& @> <@ && << <<= >> >>=; did you mean =?",
    ),
    ("a = 1 AND", "9: found the end where the grammar of SQL has none"),
    ("a = 1; DROP TABLE t", "5: found \";\" where the grammar of SQL has none"),
    ("a = 1 ORDER BY a", "6: found \"ORDER\" where the grammar of SQL has none"),
    ("a) OR (b", "1: found a \")\" that closes nothing"),
    ("(a", "2: the condition ends before its last \")\""),
    (
        "users.email = 'x'",
        "0: found a name with a dot, expected the column's name alone: email; a condition reads the columns of its own row",
    ),
    (
        "a COLLATE \"fr-x-icu\" < 'b'",
        "2: found a collation, expected COLLATE \"C\" or none; the order of other collations is the server's own",
    ),
    ("a = interval '1' day to hour", "4: found an interval that is cut to some fields, expected one such as interval '6 months'"),
    ("lower(a, b) = 'x'", "0: lower() is called with 2 arguments, expected 1"),
    (
        "a ||| b",
        "2: found the operator |||, expected one of = <> < <= > >= ~~ ~~* !~~ !~~* ~ ~* !~ !~* + - * / % || -> ->> #> #>> ? ?| ?& @> <@ && << <<= >> >>=",
    ),
    (
        "a = 0xFFFFFFFFFF",
        "4: found a number that is not decimal, which no condition can hold; a condition is made of columns, literals, casts, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, ~, IS, CASE, arithmetic, JSON operators and some functions (docs/expressions.md)",
    ),
    (
        "lenght(a) > 3",
        "0: found the function lenght(), expected one of lower, upper, length, char_length, character_length, octet_length, btrim, ltrim, rtrim, substr, substring, left, right, abs, floor, ceil, ceiling, round, date_trunc, extract, timezone, now, transaction_timestamp, trim, coalesce, nullif, current_date, current_timestamp, localtimestamp; did you mean length()?",
    ),
];

#[test]
fn what_is_refused_is_named() {
    let allowed = "which no condition can hold; a condition is made of columns, literals, casts, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, ~, IS, CASE, arithmetic, JSON operators and some functions (docs/expressions.md)";
    let found: Vec<String> = OF_SQL.iter().map(|(text, ..)| refused(text)).collect();
    let expected: Vec<String> = OF_SQL.iter().map(|(_, offset, what)| format!("{offset}: found {what}, {allowed}")).collect();
    assert_eq!(found, expected);
    let found: Vec<String> = OWN.iter().map(|(text, _)| refused(text)).collect();
    assert_eq!(found, OWN.iter().map(|(_, expected)| *expected).collect::<Vec<_>>());
    let long = format!("{} = 1", "x".repeat(64));
    assert_eq!(refused(&long), "0: found a name of 64 bytes, expected 63 at most");
    let deep = format!("{}a = 1{}", "(".repeat(60_000), ")".repeat(60_000));
    assert_eq!(refused(&deep), "0: the condition is nested too deeply, expected some 40 levels at most");
    assert_eq!(refused(&"x".repeat(2 << 20)), "0: the condition is 2097152 bytes long, expected 1048576 at most");
}

#[test]
fn nothing_comes_in_beside_the_expression() {
    for text in [
        "1) FROM pg_class WHERE (true",
        "true) UNION SELECT (true",
        "true), (false",
        "a AS b",
        "a b",
        "DISTINCT a",
        "1 LIMIT 1",
        "1 INTO t",
        "a /* ) */ ) -- (",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn columns_in_order() {
    let names = |text: &str| read(text).columns().into_iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names("b = 1 AND (\"createdAt\" > now() OR A IN (c, b))"), ["b", "createdAt", "a", "c"]);
    assert_eq!(names("CASE WHEN x THEN y ELSE z END AND VALUE ~ 'a' AND d BETWEEN e AND f"), ["x", "y", "z", "value", "d", "e", "f"]);
    assert_eq!(names("ARRAY[a] = b::text[] AND coalesce(c, -d) LIKE e ESCAPE f"), ["a", "b", "c", "d", "e", "f"]);
    assert!(matches!(read("- 5 = a").root.form, Form::Compare(..)));
}

#[test]
fn simple_forms() {
    let text = |items: &[&str]| Simple::In(items.iter().map(|item| (*item).to_owned()).collect());
    let bound = |value: &str, inclusive| Some((value.to_owned(), inclusive));
    let cases: &[(&str, Vec<Simple>, bool)] = &[
        ("((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", vec![text(&["a", "b"])], true),
        ("status = ANY ('{a,b}'::text[])", vec![text(&["a", "b"])], true),
        ("status IN ('a', 'b')", vec![text(&["a", "b"])], true),
        ("status = 'a' OR 'b' = status", vec![text(&["a", "b"])], true),
        ("((status)::text = 'a'::text)", vec![text(&["a"])], true),
        ("status >= 0 AND status < 9", vec![Simple::Range { low: bound("0", true), high: bound("9", false) }], true),
        ("(status > (0)::numeric)", vec![Simple::Range { low: bound("0", false), high: None }], true),
        ("-5 <= status", vec![Simple::Range { low: bound("-5", true), high: None }], true),
        ("status BETWEEN 1 AND 5", vec![Simple::Range { low: bound("1", true), high: bound("5", true) }], true),
        ("char_length((status)::text) <= 10", vec![Simple::Length { least: 0, most: Some(10) }], true),
        ("length(status) > 2 AND length(status) <= 8", vec![Simple::Length { least: 3, most: Some(8) }], true),
        ("length(status) = 14", vec![Simple::Length { least: 14, most: Some(14) }], true),
        ("length(status) BETWEEN 3 AND 5", vec![Simple::Length { least: 3, most: Some(5) }], true),
        ("((status)::text ~ '^[0-9]+$'::text)", vec![Simple::Matches { pattern: "^[0-9]+$".into(), ignore_case: false }], true),
        ("status <> ''::text AND status IS NOT NULL", vec![Simple::NotEmpty, Simple::NotNull], true),
        ("status <> '' AND other = 1", vec![Simple::NotEmpty], false),
        ("status = 'a' OR other = 'b'", vec![], false),
        ("lower(status) = 'a'", vec![], false),
        ("status = ANY ('{\"a,b\",c}'::text[])", vec![], false),
        ("status::varchar(3) = 'abc'", vec![], false),
        ("status NOT IN ('a')", vec![], false),
    ];
    let column = Name::new("status");
    for (condition, expected, simple) in cases {
        let expr = read(condition);
        assert_eq!((expr.simple_forms(&column), expr.is_simple(&column)), (expected.clone(), *simple), "{condition}");
    }
    assert_eq!(read("((VALUE)::text ~ '@'::text)").simple_forms(&Name::new("value")).len(), 1);
}

#[test]
fn depth_is_bounded_and_width_is_not() {
    let chain = |count: usize, sign: &str| vec!["a = 1"; count].join(sign);
    assert!(parse(&chain(5000, " AND ")).is_ok() && parse(&chain(5000, " OR ")).is_ok());
    let list = (0..20_000).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    assert!(parse(&format!("a IN ({list})")).is_ok());
    for deep in [
        format!("{}a", "NOT ".repeat(5000)),
        format!("{}a", "- ".repeat(5000)),
        vec!["a"; 500].join(" || "),
        format!("{}1{}", "abs(".repeat(3000), ")".repeat(3000)),
    ] {
        assert!(refused(&deep).contains("nested too deeply"), "{}", refused(&deep));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_heap_of_words_panics(words in proptest::collection::vec(proptest::sample::select(vec![
        "a", "\"b c\"", "'x'", "1", "2.5", "NULL", "true", "=", "<>", "<", "~", "~~*", "LIKE", "IN", "(", ")", ",", "AND", "OR", "NOT", "IS", "BETWEEN",
        "SYMMETRIC", "::", "int", "text[]", "interval", "CASE", "WHEN", "THEN", "ELSE", "END", "ARRAY[", "]", "ANY", "->", "->>", "?", "lower(", "extract(",
        "year", "from", "COLLATE", "\"C\"", "-", "+", "||", "ESCAPE", "SIMILAR", "TO", "DISTINCT", "trim(", "both", "now()", "$1", ".", "*", "SELECT", "at", "time", "zone",
    ]), 0..14)) {
        let text = words.join(" ");
        if let Err(error) = parse(&text) {
            prop_assert!(error.offset <= text.len() && text.is_char_boundary(error.offset), "{text}: {error:?}");
        }
    }
}
