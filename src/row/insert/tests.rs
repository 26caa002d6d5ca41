//! Tests of the tuples of INSERT.

use proptest::prelude::*;

use super::super::naive;
use super::*;

/// The values of a tuple that is the whole text; NULL and DEFAULT by their names.
fn values(text: &str, backslashes: bool) -> Result<Vec<String>, usize> {
    let mut fields = Vec::new();
    let end = tuple(text.as_bytes(), 0, backslashes, &mut fields).map_err(|found| found.0)?;
    assert_eq!(end, text.len(), "{text}");
    let mut memory = Vec::new();
    let shown = |value: Value<'_>| match value {
        Value::Null => "NULL".to_owned(),
        Value::Default => "DEFAULT".to_owned(),
        Value::Text(text) => format!("<{}>", String::from_utf8_lossy(text)),
    };
    Ok(fields.iter().map(|field| shown(field.value(text.as_bytes(), &mut memory))).collect())
}

#[test]
fn literals_of_every_kind() {
    for (text, expected) in [
        ("(1, 'a', NULL, DEFAULT)", &["<1>", "<a>", "NULL", "DEFAULT"][..]),
        ("(\n\t-1.5e+3 ,.5,5.,+ 7, - 8)", &["<-1.5e+3>", "<.5>", "<5.>", "<7>", "<-8>"]),
        ("(true, FALSE, null, default)", &["<t>", "<f>", "NULL", "DEFAULT"]),
        ("('it''s', '''', '', 'a\nb\t\r')", &["<it's>", "<'>", "<>", "<a\nb\t\r>"]),
        (r"('c:\dir\', E'\\a\'b''c\n\101\x41\q')", &[r"<c:\dir\>", "<\\a'b'c\nAAq>"]),
        ("(B'101', b'', X'1F')", &["<101>", "<>", "<00011111>"]),
        (r"($$it's$$, $a$ $$ \ $a$)", &["<it's>", r"< $$ \ >"]),
        (
            "('1'::integer, 'x'::character varying(10)::public.\"a \"\"b\"[], NULL::pg_catalog.timestamp(3) with time zone)",
            &["<1>", "<x>", "NULL"],
        ),
    ] {
        assert_eq!(values(text, false).as_deref(), Ok(&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..]), "{text}");
    }
    assert_eq!(values(r"('c:\\dir\\', 'a\'b')", true), Ok(vec![r"<c:\dir\>".into(), "<a'b>".into()]));
    assert_eq!(values("('),\n\t(', 'ON CONFLICT DO NOTHING;')", false), Ok(vec!["<),\n\t(>".into(), "<ON CONFLICT DO NOTHING;>".into()]));
}

#[test]
fn what_is_no_literal_is_refused() {
    for (text, at) in [
        ("(now())", 1),
        ("(1, 2 + 3)", 4),
        ("(1-2)", 1),
        ("('a' || 'b')", 1),
        ("((SELECT 1))", 1),
        ("(1, (2))", 4),
        ("()", 1),
        ("(1,)", 3),
        ("('a'\n'b')", 1),
        ("(- - 1)", 1),
        ("(1e)", 1),
        ("(1.2.3)", 1),
        ("(0x1F)", 1),
        ("(.)", 1),
        ("(1_000)", 1),
        ("(U&'a')", 1),
        (r"(E'\u00e9')", 1),
        (r"(E'\v')", 1),
        ("(B'2')", 1),
        ("($1)", 1),
        ("(ARRAY[1])", 1),
        ("(CAST('a' AS text))", 1),
        ("(date '2024-01-01')", 1),
        ("('a'::text || 'b')", 1),
        ("('a'::text IS NULL)", 1),
        ("('a'::numeric(now()))", 1),
        ("(1 /* x */)", 1),
        ("('a', 'b", 6),
        ("(1", 1),
        ("x", 0),
    ] {
        assert_eq!(values(text, false), Err(at), "{text}");
    }
}

#[test]
fn new_values_are_quoted_unless_they_need_not_be() {
    for (kind, value, expected) in [
        (Kind::Number(true), "-12.5e3", "-12.5e3"),
        (Kind::Number(true), "-0", "'-0'"),
        (Kind::Number(true), "-0.00e5", "'-0.00e5'"),
        (Kind::Number(true), "NaN", "'NaN'"),
        (Kind::Number(true), "1-2", "'1-2'"),
        (Kind::Number(true), "1e", "'1e'"),
        (Kind::Number(true), "", "''"),
        (Kind::Boolean(true), "f", "false"),
        (Kind::Boolean(true), "maybe", "'maybe'"),
        (Kind::Bits, "10", "B'10'"),
        (Kind::Hex, "2", "'2'"),
        (Kind::Plain, "12", "'12'"),
        (Kind::Null, "12", "'12'"),
        (Kind::Default, "it's", "'it''s'"),
    ] {
        let mut out = Vec::new();
        replace(kind, value.as_bytes(), false, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{kind:?} {value}");
    }
}

#[test]
fn copy_fields_as_pg_dump_writes_them() {
    for (raw, style, backslashes, expected) in [
        (r"\N", Style::Number, false, "NULL"),
        ("1.5e-7", Style::Number, false, "1.5e-7"),
        ("NaN", Style::Number, false, "'NaN'"),
        ("-0", Style::Number, false, "'-0'"),
        ("-0.5", Style::Number, false, "-0.5"),
        ("t", Style::Boolean, false, "true"),
        ("f", Style::Boolean, false, "false"),
        ("101", Style::Bits, false, "B'101'"),
        (r"a\tb\\c'", Style::Text, false, "'a\tb\\c'''"),
        (r"a\\b", Style::Text, true, r"'a\\b'"),
        (r"\\N", Style::Text, false, r"'\N'"),
        ("", Style::Text, false, "''"),
    ] {
        let mut out = Vec::new();
        from_copy(raw.as_bytes(), style, backslashes, &mut Vec::new(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{raw}");
    }
}

/// Bytes that matter to literals, and any others.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\''), Just(b'\\'), Just(b'\n'), Just(b')'), Just(b','), Just(b'n'), 1u8..];
    proptest::collection::vec(byte, 0..12)
}

proptest! {
    #[test]
    fn what_is_quoted_is_read_again(rows in proptest::collection::vec(text(), 1..6), backslashes: bool) {
        let mut tuple_text = b"(".to_vec();
        for (i, value) in rows.iter().enumerate() {
            if i > 0 { tuple_text.extend_from_slice(b", "); }
            quote(value, backslashes, &mut tuple_text);
        }
        tuple_text.push(b')');
        let mut fields = Vec::new();
        // A backslash before u, U or v is doubled, so it is never refused.
        prop_assert_eq!(tuple(&tuple_text, 0, backslashes, &mut fields), Ok(tuple_text.len()));
        prop_assert_eq!(fields.len(), rows.len());
        let mut memory = Vec::new();
        for (field, value) in fields.iter().zip(&rows) {
            prop_assert_eq!(field.value(&tuple_text, &mut memory), Value::Text(value));
            let mut again = Vec::new();
            replace(field.kind, value, backslashes, &mut again);
            prop_assert_eq!(&again[..], &tuple_text[field.start..field.end]);
        }
    }

    #[test]
    fn fields_of_copy_come_back(raw in proptest::collection::vec(text().prop_map(|v| { let mut out = Vec::new(); copy::escape(&v, &mut out); out }), 1..6), backslashes: bool) {
        let mut tuple_text = b"(".to_vec();
        for (i, field) in raw.iter().enumerate() {
            if i > 0 { tuple_text.extend_from_slice(b", "); }
            from_copy(field, Style::Text, backslashes, &mut Vec::new(), &mut tuple_text);
        }
        tuple_text.push(b')');
        let mut fields = Vec::new();
        prop_assert_eq!(tuple(&tuple_text, 0, backslashes, &mut fields), Ok(tuple_text.len()));
        let mut memory = Vec::new();
        for (field, raw) in fields.iter().zip(&raw) {
            prop_assert_eq!(field.value(&tuple_text, &mut memory), Value::Text(&naive::unescape(raw)));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in proptest::collection::vec(prop_oneof![Just(b'\''), Just(b'('), Just(b')'), Just(b','), Just(b'E'), Just(b'\\'), Just(b'1'), Just(b'-'), Just(b'$'), Just(b':'), any::<u8>()], 0..20), backslashes: bool) {
        let mut fields = Vec::new();
        if let Ok(end) = tuple(&text, 0, backslashes, &mut fields) {
            prop_assert!(end <= text.len());
            let mut memory = Vec::new();
            let mut last = 0;
            for field in &fields {
                prop_assert!(field.start > last && field.end > field.start && field.end < end);
                last = field.end;
                let value = field.value(&text, &mut memory);
                if let Value::Text(value) = value {
                    let mut again = Vec::new();
                    replace(field.kind, value, backslashes, &mut again);
                    let mut whole = b"(".to_vec();
                    whole.extend_from_slice(&again);
                    whole.push(b')');
                    let mut fields = Vec::new();
                    prop_assert_eq!(tuple(&whole, 0, backslashes, &mut fields), Ok(whole.len()));
                    let mut other = Vec::new();
                    prop_assert_eq!(fields[0].value(&whole, &mut other), Value::Text(value));
                }
            }
        }
    }
}
