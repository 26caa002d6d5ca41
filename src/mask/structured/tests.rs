//! Arrays, hstore, composite types, ranges and XML before and after. The oracles write values as the server's output functions
//! do, in the obvious way.

use proptest::prelude::*;

use super::testing::{Row, alone, bind, bind_to, masked, quote, run, run_in};
use crate::encoding::Charset;
use crate::mask::fit::{Kind, Target};
use crate::mask::{Distinct, Note};

/// Which types a `const` stands for.
fn constant(value: &str) -> String {
    format!(r#"{{ mask = "const", value = {} }}"#, quote(value))
}

fn array(value: &str) -> String {
    masked(&format!("{{ array = {} }}", constant("X")), "text[]", value)
}

#[test]
fn elements_of_arrays_are_masked() {
    for (before, after) in [
        ("{}", "same"),
        ("{NULL,null}", "same"),
        (r#"{""}"#, "same"),
        ("{a}", "{X}"),
        (r#"{a,"b c",NULL,"NULL","\"x\\"}"#, "{X,X,NULL,X,X}"),
        ("{{1,2},{NULL,4}}", "{{X,X},{NULL,X}}"),
        ("[2:3]={a,b}", "[2:3]={X,X}"),
        ("[-1:0][5:5]={{a},{b}}", "[-1:0][5:5]={{X},{X}}"),
        ("{{{{{{a}}}}}}", "{{{{{{X}}}}}}"),
    ] {
        assert_eq!(array(before), after, "{before}");
    }
    let told = "refused: an array as PostgreSQL writes it: {a,\"b c\",NULL}";
    for value in [
        "",
        "a",
        "{",
        "{a",
        "{a}}",
        "{a,}",
        "{,a}",
        "{a}b",
        "[1:1]",
        "[x]={a}",
        "{\"a}",
        "{\"a\"b}",
        "{a\"b\"}",
        "{a\\,b}",
        "}",
        "{{{{{{{a}}}}}}}",
        "{a;b",
    ] {
        assert_eq!(array(value), told, "{value}");
    }
    assert_eq!(masked(&format!("{{ array = {} }}", constant("X")), "box[]", "{(1,1),(0,0);(2,2),(1,1)}"), "{X;X}");
    assert_eq!(masked(r#"{ array = { mask = "const", value = 7 } }"#, "integer[]", "{1,NULL}"), "{7,NULL}");
    assert_eq!(masked(r#"{ array = "null" }"#, "text[]", "{a,NULL}"), "{NULL,NULL}");
    assert_eq!(
        masked(r#"{ array = { mask = "const", value = "v", on_null = "mask", on_empty = "mask" } }"#, "text[]", r#"{"",NULL}"#),
        "{v,v}"
    );
    assert_eq!(masked(r#"{ array = { mask = "ip", on_invalid = "keep" } }"#, "text[]", r#"{a,"b c"}"#), "same");
    assert_eq!(masked(r#"{ array = "keep" }"#, "text[]", "no array"), "same");
    assert_eq!(masked(&format!("{{ array = {} }}", constant("X")), "jsonb", r#"["a", ["b"], 1]"#), r#"["X", "X", "X"]"#);
}

#[test]
fn elements_are_quoted_as_array_out_does() {
    for (value, element) in [
        ("", "\"\""),
        ("nUlL", "\"nUlL\""),
        ("a,b", "\"a,b\""),
        ("a b", "\"a b\""),
        ("{", "\"{\""),
        ("\"\\", r#""\"\\""#),
        ("a;b", "a;b"),
        ("a'b", "a'b"),
        ("é\u{a0}", "é\u{a0}"),
        ("\u{b}", "\"\u{b}\""),
    ] {
        assert_eq!(masked(&format!("{{ array = {} }}", constant(value)), "text[]", "{x}"), format!("{{{element}}}"));
    }
}

#[test]
fn parts_bind_to_what_they_are() {
    assert_eq!(
        bind(r#"{ array = { mask = "const", value = "abc" } }"#, "varchar(2)[]").expect_err("too long"),
        "array/value: mask \"const\": the value has 3 characters, the column takes 2; shorten it"
    );
    assert_eq!(
        bind(r#"{ array = "hash" }"#, "text").expect_err("no array"),
        ": it masks the elements of arrays, but the column is text; use const or null, or keep the column"
    );
    assert_eq!(
        bind(r#"{ array = "hsah" }"#, "jsonb").expect_err("unknown"),
        "array/mask: unknown mask \"hsah\"; did you mean \"hash\"? `pgveil masks` lists them all"
    );
    assert_eq!(bind(r#"{ array = "hash" }"#, "text[]").expect("fits").distinct, Distinct::Kept);
    assert_eq!(bind(r#"{ array = "first_name" }"#, "text[]").expect("fits").distinct, Distinct::Lost);
    assert_eq!(bind(r#"{ array = "keep" }"#, "text[]").expect("fits").distinct, Distinct::Same);
    assert_ne!(
        bind(r#"{ array = "hash" }"#, "text[]").expect("fits").fingerprint,
        bind(r#"{ array = "email" }"#, "text[]").expect("fits").fingerprint
    );
    let sjis = Target { charset: Charset::from_name("SJIS").expect("known"), ..Target::of_sql("text[]") };
    assert_eq!(
        bind_to(r#"{ array = "null" }"#, &sjis, &[]).expect_err("refused"),
        ": the dump's encoding SJIS is one that masks cannot read or write; dump with pg_dump --encoding=UTF8"
    );
}

#[test]
fn parts_read_the_row() {
    let full = alone(r#"{ mask = "full_name", domain = "agent" }"#, "7");
    let rule = r#"{ hstore = { a = { mask = "full_name", seed = "x", domain = "agent" }, b = { mask = "full_name", seed = "id", domain = "agent" } } }"#;
    let bound = bind_to(rule, &Target::of_sql("hstore"), &[("x", "text"), ("id", "integer")]).expect("fits");
    let reads: Vec<&str> = bound.reads.iter().map(|reading| reading.of.as_str()).collect();
    assert_eq!(reads, ["x", "id"]);
    let row = Row { values: vec![None, Some(b"7".to_vec())], ..Row::default() };
    let own = alone(r#"{ mask = "full_name", domain = "agent" }"#, "p");
    assert_eq!(run_in(&bound, br#""a"=>"p", "b"=>"q""#, &row), format!(r#""a"=>"{own}", "b"=>"{full}""#));
    assert_eq!(*row.notes.borrow(), [Note::Unseeded]);
}

#[test]
fn values_of_hstore_are_masked() {
    let rule = format!(r#"{{ hstore = {{ a = {}, "b*" = "remove", "*c" = "null", "bk" = "keep" }} }}"#, constant("q\"\\"));
    let run = |value: &str| masked(&rule, "hstore", value);
    for (before, after) in [
        ("", "same"),
        (r#""x"=>"a""#, "same"),
        (r#""a"=>NULL, "x"=>"1""#, "same"),
        (r#""a"=>"1", "x"=>"2""#, r#""a"=>"q\"\\", "x"=>"2""#),
        (r#""x"=>"2", "bb"=>"1", "bk"=>"3""#, r#""x"=>"2", "bk"=>"3""#),
        (r#""bb"=>"1", "b"=>NULL, "x"=>"2""#, r#""x"=>"2""#),
        (r#""x"=>"2", "b"=>"\"1"#, "refused: an hstore as PostgreSQL writes it: \"key\"=>\"value\", \"key\"=>NULL"),
        (r#""x"=>"2", "b"=>"1""#, r#""x"=>"2""#),
        (r#""b"=>"1""#, ""),
        (r#""\"c"=>"1""#, r#""\"c"=>NULL"#),
    ] {
        assert_eq!(run(before), after, "{before}");
    }
    for value in ["a", "\"a\"", "\"a\"=>", "\"a\"=>b", "\"a\"=>\"b\",", "\"a\"=>\"b\", ", "\"a\"=>\"b\",\"c\"=>\"d\"", "\"a\"=\"b\""] {
        assert!(run(value).starts_with("refused"), "{value}");
    }
    assert_eq!(
        bind("{ hstore = {} }", "hstore").expect_err("empty"),
        "hstore: option \"hstore\" has no key; for example { hstore = { name = \"first_name\", \"*token\" = \"remove\" } }"
    );
    assert_eq!(
        bind(r#"{ hstore = { a = "hsah" } }"#, "hstore").expect_err("unknown"),
        "hstore/a/mask: unknown mask \"hsah\"; did you mean \"hash\"? `pgveil masks` lists them all"
    );
}

const RECORD: &str = "(a text, b integer, c text)";

#[test]
fn fields_of_composites_are_masked() {
    let rule = format!(r#"{{ composite = {{ a = {}, c = "null" }} }}"#, constant("x,\"\\"));
    for (before, after) in
        [("(,,)", "same"), ("(\"\",1,)", "same"), ("(a,1,c)", r#"("x,""\\",1,)"#), (r#"("a ""b\\,)",,"")"#, r#"("x,""\\",,)"#)]
    {
        assert_eq!(masked(&rule, RECORD, before), after, "{before}");
    }
    for value in ["", "(", "()", "(a)", "(a,1)", "(a,1,c", "(a,1,c,d)", "(a,1,c)x", "(a(,1,c)", "(\"a,1,c)", "(a\"b\",1,c)"] {
        assert!(masked(&rule, RECORD, value).starts_with("refused: a value of the composite type"), "{value}");
    }
    assert_eq!(
        bind(r#"{ composite = { firts = "null" } }"#, "(first text, last text)").expect_err("unknown"),
        "composite/firts: (first text, last text) has no field \"firts\"; did you mean \"first\"?"
    );
    assert_eq!(
        bind(r#"{ composite = { b = "hash" } }"#, RECORD).expect_err("type"),
        "composite/b: mask \"hash\": it makes text, but the column is integer; use const or null, or keep the column"
    );
    let nested = Kind::Array(Box::new(Target::of_sql(RECORD)));
    let target = Target { kind: nested, ..Target::of_sql("text") };
    let bound = bind_to(&format!("{{ array = {{ composite = {{ a = {} }} }} }}", constant("p q")), &target, &[]).expect("fits");
    assert_eq!(run(&bound, r#"{"(x,1,)",NULL}"#), r#"{"(\"p q\",1,)",NULL}"#);
}

#[test]
fn bounds_of_ranges_are_masked() {
    let rule = |value: &str| format!("{{ bounds = {} }}", constant(value));
    for (kind, value, before, after) in [
        ("int4range", "5", "empty", "same"),
        ("int4range", "5", "(,)", "same"),
        ("int4range", "5", "[1,)", "[5,)"),
        ("int4range", "5", "(,9)", "(,5)"),
        ("int4range", "5", "[1,9)", "[5,5]"),
        ("tsrange", "2024-01-01 00:00:00", "[\"2023-01-01 00:00:00\",)", "[\"2024-01-01 00:00:00\",)"),
        ("int4multirange", "5", "{}", "same"),
        ("int4multirange", "5", "{[1,3),[7,)}", "{[5,5],[5,)}"),
    ] {
        assert_eq!(masked(&rule(value), kind, before), after, "{before}");
    }
    assert_eq!(masked(r#"{ bounds = "null" }"#, "int4range", "[1,9)"), "(,)");
    for value in ["", "x", "[", "[1", "[1,", "[1,2", "[1,2}", "1,2", "[1;2)", "[1,2)x", "[\"1,2)", "{[1,2)}"] {
        assert!(masked(&rule("5"), "int4range", value).starts_with("refused: a range"), "{value}");
    }
    for value in ["", "[1,2)", "{", "{[1,2)", "{[1,2),}", "{[1,2)}x", "{empty}"] {
        assert!(masked(&rule("5"), "int4multirange", value).starts_with("refused: a range"), "{value}");
    }
}

#[test]
fn shifted_ranges_stay_in_order() {
    let bound = bind(r#"{ bounds = { mask = "date_shift", days = 3000 } }"#, "daterange").expect("fits");
    let mut swapped = 0;
    let shift = |date: &str| masked(r#"{ mask = "date_shift", days = 3000 }"#, "date", date);
    for day in 10..28 {
        let (one, other) = (format!("2024-01-{day}"), format!("2024-02-{day}"));
        let made = run(&bound, &format!("[{one},{other})"));
        let (lower, upper) = made.trim_matches(['[', ')']).split_once(',').expect("a range");
        assert!(lower <= upper && lower.len() == 10, "{made}");
        swapped += u8::from(lower != shift(&one));
        let mut expected = [shift(&one), shift(&other)];
        expected.sort();
        assert_eq!([lower, upper], expected);
    }
    assert!(swapped > 2, "{swapped}");
}

#[test]
fn values_of_ranges_compare_as_their_types() {
    use super::range::is_ordered;
    for ascending in [&[
        "-Infinity",
        "-10.5",
        "-9",
        "-0.01",
        "0",
        "0.0010",
        "0.01",
        "9",
        "10",
        "010.5",
        "1000000000000000000000000000000",
        "Infinity",
        "NaN",
    ][..]]
    {
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(is_ordered(&Kind::Numeric(None), a, b), Some(i <= j), "{a} {b}");
            }
        }
    }
    assert_eq!(is_ordered(&Kind::Numeric(None), "-0.0", "0"), Some(true));
    assert_eq!(is_ordered(&Kind::Numeric(None), "0", "-0.0"), Some(true));
    assert_eq!(is_ordered(&Kind::Numeric(None), "x", "0"), None);
    let moments = [
        "-infinity",
        "0044-03-15 12:00:00+00 BC",
        "0001-01-01 00:00:00+00",
        "1999-12-31 23:59:59.999999+00",
        "2000-01-01 00:00:00+00",
        "2000-01-01 00:00:00.000001+00",
        "2000-01-01 01:30:00+01",
        "2000-01-01 00:00:00-01:30",
        "2024-02-29 00:00:00+00",
        "2024-03-01 00:00:00+00",
        "12024-03-01 00:00:00+00",
        "infinity",
    ];
    for (i, a) in moments.iter().enumerate() {
        for (j, b) in moments.iter().enumerate() {
            assert_eq!(is_ordered(&Kind::TimestampTz, a, b), Some(i <= j), "{a} {b}");
        }
    }
}

fn xml(rules: &[(&str, &str)], value: &str) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|(path, mask)| {
            format!("{} = {}", quote(path), if ["null", "keep", "remove"].contains(mask) { quote(mask) } else { constant(mask) })
        })
        .collect();
    masked(&format!("{{ xml = {{ {} }} }}", rules.join(", ")), "xml", value)
}

#[test]
fn text_and_attributes_of_xml_are_masked() {
    for (path, before, after) in [
        ("/a/b", "<a><b>1</b><c>2</c></a>", "<a><b>X</b><c>2</c></a>"),
        ("/a/b/text()", "<a><b> 1 <i>2</i>3</b></a>", "<a><b> X <i>2</i>X</b></a>"),
        ("/a/b", "<a><b>\n 1 <i>2</i>3</b></a>", "<a><b>\n X <i>X</i>X</b></a>"),
        ("//b", "<a><c><b>1</b></c></a><b>2</b>", "<a><c><b>X</b></c></a><b>X</b>"),
        ("/a//b", "<b>1</b><a><b>2</b><c><b>3</b></c></a>", "<b>1</b><a><b>X</b><c><b>X</b></c></a>"),
        ("/*/b", "<a><b>1</b></a>", "<a><b>X</b></a>"),
        ("//b/@id", "<a id='1'><b id='2' x=\"3\"/></a>", "<a id='1'><b id='X' x=\"3\"/></a>"),
        ("@id", "<a id='1'><b id = \"2\" x=\"3\"/></a>", "<a id='X'><b id = \"X\" x=\"3\"/></a>"),
        ("//@*", "<a id='1' x=''/>", "<a id='X' x=''/>"),
        ("//text()", "free <a>1</a>", "X <a>X</a>"),
        ("//n:b", "<a xmlns:n='u'><n:b>1</n:b><b>2</b></a>", "<a xmlns:n='u'><n:b>X</n:b><b>2</b></a>"),
        ("//b", "<a xmlns:n='u'><n:b>1</n:b></a>", "<a xmlns:n='u'><n:b>X</n:b></a>"),
        (
            "//a",
            "<?xml version=\"1.0\"?><!-- <a>1</a> --><a>1<!-- 2 -->3<?p 4?></a>",
            "<?xml version=\"1.0\"?><!-- <a>1</a> --><a>X<!-- 2 -->X<?p 4?></a>",
        ),
        ("//a", "<a>x &amp; <![CDATA[y]]></a>", "<a>X</a>"),
        ("//a", "<a> <![CDATA[y<]]> </a>", "<a> <![CDATA[X]]> </a>"),
        ("//a", "<a/><a></a><a> \n</a>", "same"),
        ("//z", "<a  b = '1' >&lt;</a >", "same"),
    ] {
        assert_eq!(xml(&[(path, "X")], before), after, "{path}");
    }
    assert_eq!(xml(&[("//a", "<&>\"'")], "<a>1</a>"), "<a>&lt;&amp;&gt;\"'</a>");
    assert_eq!(xml(&[("//@a", "<&>\"'\n")], "<a a='1'/>"), "<a a='&lt;&amp;&gt;&quot;&apos;&#10;'/>");
    assert_eq!(xml(&[("//a", "x]]>y")], "<a><![CDATA[1]]></a>"), "<a>x]]&gt;y</a>");
    assert_eq!(xml(&[("//a", "x\u{1}y")], "<a>1</a>"), "<a>xy</a>");
    assert_eq!(xml(&[("//a", "null")], "<a b='1'>1</a>"), "<a b='1'></a>");
    assert_eq!(xml(&[("//@b", "null")], "<a b='1'>1</a>"), "<a b=''>1</a>");
    assert_eq!(xml(&[("//b", "remove"), ("//@c", "remove")], "<a c='1' d='2'><b><b>1</b></b>x<b/></a>"), "<a d='2'>x</a>");
    assert_eq!(
        xml(&[("//b", "X"), ("/a/b", "Y"), ("/*/c", "Z"), ("/a/k", "keep")], "<a><b>1</b><c>2</c><k>3</k><d><b>4</b></d></a>"),
        "<a><b>Y</b><c>Z</c><k>3</k><d><b>X</b></d></a>"
    );
    let hash = |value| alone("\"hash\"", value);
    assert_eq!(
        masked(r#"{ xml = { "//a" = "hash" } }"#, "xml", "<a> &#90;o&#xE9; &amp;<![CDATA[&]]></a>"),
        format!("<a> {}</a>", hash("Zoé &&"))
    );
    let latin = Target { charset: Charset::Latin1, ..Target::of_sql("xml") };
    let shape = bind_to(r#"{ xml = { "//a" = { mask = "ip", on_invalid = "mask" } } }"#, &latin, &[]).expect("fits");
    assert_eq!(run(&shape, "<a>&#8364;§</a>"), "<a>&#8364;§</a>");
    for value in ["<a>", "</a>", "<a></b>", "<a b='1' b='2'/>", "<a b=1/>", "<a>&unknown;</a>", "<a", "<a b='&x;'/>", "<a>&</a>"] {
        assert_eq!(
            xml(&[("//a", "X"), ("//@b", "X")], value),
            "refused: well-formed XML without entities of its own where paths end",
            "{value}"
        );
    }
}

#[test]
fn paths_of_xml_say_where_they_are_wrong() {
    let told = |path: &str| bind(&format!("{{ xml = {{ {} = \"null\" }} }}", quote(path)), "xml").expect_err(path);
    let expected = "expected / or //, and then an element's name, *, @attribute or text()";
    for (path, at, found) in [
        ("", 1, "the end"),
        ("a", 1, "'a'"),
        ("/", 2, "the end"),
        ("/a/", 4, "the end"),
        ("/a[1]", 3, "'['"),
        ("///a", 3, "'/'"),
        ("/a/1", 4, "'1'"),
    ] {
        assert_eq!(told(path), format!("xml/{path}: the path {path:?} is wrong at character {at}: {expected}, found {found}"));
    }
    assert_eq!(told("/a/@b/c"), "xml//a/@b/c: the path \"/a/@b/c\" goes on behind text() or an @attribute");
    assert_eq!(
        bind("{ xml = { } }", "xml").expect_err("empty"),
        "xml: option \"xml\" has no path; for example { xml = { \"/user/name\" = \"first_name\", \"//@email\" = \"email\", \"//token\" = \"remove\" } }"
    );
}

/// An array, as a tree.
#[derive(Clone, Debug)]
enum Tree {
    Null,
    Text(String),
    List(Vec<Tree>),
}

/// array_out, the obvious way.
fn array_out(tree: &Tree) -> String {
    match tree {
        Tree::Null => "NULL".into(),
        Tree::List(items) => format!("{{{}}}", items.iter().map(array_out).collect::<Vec<_>>().join(",")),
        Tree::Text(text) => {
            let plain = !text.is_empty()
                && !text.eq_ignore_ascii_case("NULL")
                && !text.contains(['"', '\\', '{', '}', ',', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            if plain { text.clone() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
        }
    }
}

/// record_out and range_bound_escape, the obvious way.
fn field_out(text: &str, special: &[char]) -> String {
    let plain = !text.is_empty() && !text.contains(['"', '\\', ',', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}']) && !text.contains(special);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")) }
}

fn map(tree: &Tree, f: &dyn Fn(&str) -> String) -> Tree {
    match tree {
        Tree::Null => Tree::Null,
        Tree::Text(text) if text.is_empty() => tree.clone(),
        Tree::Text(text) => Tree::Text(f(text)),
        Tree::List(items) => Tree::List(items.iter().map(|item| map(item, f)).collect()),
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c\"\\\\{}(),;=> \\[\\]\n\t\u{b}é]{0,6}", Just("null".to_owned()), "\\PC{0,6}"]
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![1 => Just(Tree::Null), 4 => texts().prop_map(Tree::Text)];
    let list = prop::collection::vec(leaf, 1..5).prop_map(Tree::List);
    let deep = prop::collection::vec(list.clone(), 1..4).prop_map(Tree::List);
    prop_oneof![Just(Tree::List(Vec::new())), list, deep]
}

/// A mask whose results need quotes: other characters of the same shape.
const SHAPE: &str = r#"{ mask = "ip", on_invalid = "mask" }"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_array(tree in trees(), prefix in prop_oneof![Just(""), Just("[0:3]=")]) {
        let shape = |text: &str| alone(SHAPE, text);
        let bound = bind(&format!("{{ array = {SHAPE} }}"), "text[]").expect("fits");
        let before = format!("{prefix}{}", array_out(&tree));
        let after = run(&bound, &before);
        let expected = format!("{prefix}{}", array_out(&map(&tree, &shape)));
        prop_assert!(after == expected || after == "same" && before == expected, "{} is {}, not {}", before, after, expected);
    }

    #[test]
    fn any_composite(fields in prop::collection::vec(prop::option::of(texts()), 3)) {
        let bound = bind(&format!("{{ composite = {{ a = {SHAPE}, c = {SHAPE} }} }}"), "(a text, b text, c text)").expect("fits");
        let write = |mask: bool| {
            let field = |(index, text): (usize, &Option<String>)| match text {
                None => String::new(),
                Some(text) if mask && index != 1 && !text.is_empty() => field_out(&alone(SHAPE, text), &['(', ')']),
                Some(text) => field_out(text, &['(', ')']),
            };
            format!("({})", fields.iter().enumerate().map(field).collect::<Vec<_>>().join(","))
        };
        let after = run(&bound, &write(false));
        prop_assert!(after == write(true) || after == "same" && write(true) == write(false), "{} is {}", write(false), after);
    }

    #[test]
    fn any_hstore(pairs in prop::collection::vec((texts(), prop::option::of(texts())), 0..5)) {
        let rule = format!("{{ hstore = {{ 'a*' = {SHAPE}, '*' = 'keep', '*b' = 'remove', '' = 'null' }} }}");
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        // In the order in which TOML's own tables give them: '', '*', '*b', 'a*'.
        let mut expected = Vec::new();
        for (key, value) in &pairs {
            let value = match value {
                _ if key.is_empty() => None,
                value => value.as_ref(),
            };
            expected.push(format!("{}=>{}", quoted(key), value.map_or("NULL".into(), |value| quoted(value))));
        }
        let before: Vec<String> = pairs.iter().map(|(key, value)| format!("{}=>{}", quoted(key), value.as_ref().map_or("NULL".into(), |value| quoted(value)))).collect();
        let after = run(&bind(&rule, "hstore").expect("fits"), &before.join(", "));
        let (before, expected) = (before.join(", "), expected.join(", "));
        prop_assert!(after == expected || after == "same" && before == expected || pairs.iter().any(|(key, value)| key.is_empty() && value.as_deref() == Some("")), "{} is {}", before, after);
    }

    #[test]
    fn any_bounds(one in prop::option::of("[1-9][0-9]{0,30}(\\.[0-9]{1,9})?"), other in prop::option::of("[1-9][0-9]{0,30}(\\.[0-9]{1,9})?")) {
        // The bounds as they stand: what is changed is only their order.
        use super::range::is_ordered;
        if let (Some(one), Some(other)) = (&one, &other) {
            let exact = |text: &str| {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                (whole.parse::<u128>().expect("digits"), format!("{fraction:0<9}"))
            };
            prop_assert_eq!(is_ordered(&Kind::Numeric(None), one, other), Some(exact(one) <= exact(other)));
        }
        let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
        let before = format!("[{one},{other})");
        prop_assert_eq!(masked(&format!("{{ bounds = {} }}", constant("3.5")), "numrange", &before), match (one.is_empty(), other.is_empty()) {
            (true, true) => "same".to_owned(),
            (true, false) => "[,3.5)".to_owned(),
            (false, true) => "[3.5,)".to_owned(),
            (false, false) => "[3.5,3.5]".to_owned(),
        });
    }

    #[test]
    fn any_xml(text in "\\PC{1,8}", attribute in "\\PC{1,8}", other in "\\PC{0,8}") {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;");
        let write = |text: &str, attribute: &str| format!("<a b='{}' c='{}'>|{}|<d>{}</d></a>", escape(attribute), escape(&other), escape(text), escape(&other));
        let before = write(&text, &attribute);
        let rule = r#"{ xml = { "/a/text()" = "hash", "//@b" = "hash" } }"#;
        let hash = |value: &str| alone("\"hash\"", value);
        let after = masked(rule, "xml", &before);
        let expected = write("", &hash(&attribute)).replacen(">||<d>", &format!(">{}<d>", hash(&format!("|{text}|"))), 1);
        prop_assert_eq!(after, expected);
    }

    #[test]
    fn no_bytes_stop_them(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[\\[\\](){}<>\"'\\\\,;:=&/!a1 \\-]{0,30}".prop_map(String::into_bytes),
    ]) {
        let rules = [
            ("text[]", format!("{{ array = {SHAPE} }}")),
            ("hstore", format!("{{ hstore = {{ '*' = {SHAPE}, a = 'remove' }} }}")),
            ("(a text, b text)", format!("{{ composite = {{ a = {SHAPE} }} }}")),
            ("int4range", format!("{{ bounds = {} }}", constant("5"))),
            ("int4multirange", format!("{{ bounds = {} }}", constant("5"))),
            ("xml", format!("{{ xml = {{ '//a' = {SHAPE}, '//@a' = 'remove', '//b' = 'remove' }} }}")),
        ];
        for (kind, rule) in rules {
            let mut out = b"head".to_vec();
            let _ = bind(&rule, kind).expect("fits").mask.expect("a mask").mask(crate::mask::Cell::new(&bytes), &mut out);
            prop_assert!(out.starts_with(b"head"));
        }
    }
}
