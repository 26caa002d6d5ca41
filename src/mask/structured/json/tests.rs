//! Documents before and after; paths and their mistakes; and any document under any paths against serde_json_path.

mod oracle;

use super::super::testing::{Row, alone, bind, bind_to, masked, quote, run, run_in};
use super::path::Path;
use crate::encoding::Charset;
use crate::mask::fit::{Kind, Target};
use crate::mask::{Note, Remedy};

/// Masks with constants, so that the outcome can be read.
fn x(path: &str) -> String {
    format!(r#"{{ json = {{ {} = {{ mask = "const", value = "X" }} }} }}"#, quote(path))
}

fn hit(path: &str, doc: &str) -> String {
    masked(&x(path), "json", doc)
}

#[test]
fn what_no_path_hits_stays_as_it_is() {
    let doc = "{ \"b\" :1.10,\"a\":[1e5 , \"\\u00e9\\/\"],\n\"a\": {\"c\":\"x\"} , \"d\":null}";
    for path in ["$.x", "$..x", "$.b.c", "$[0]", "$.a[5]", "$.a[?@ == 3]", "$.a['b',0].c", "$.d.e"] {
        assert_eq!(hit(path, doc), "same", "{path}");
    }
    assert_eq!(hit("$.a[1]", doc), "{ \"b\" :1.10,\"a\":[1e5 , \"X\"],\n\"a\": {\"c\":\"x\"} , \"d\":null}");
    assert_eq!(hit("$.b", doc).replacen("\"X\"", "1.10", 1), doc, "all else is byte for byte");
    assert_eq!(hit("$.d", doc), "same", "null stays");
    assert_eq!(masked(r#"{ json = { "$..*" = { mask = "ip", on_invalid = "keep" } } }"#, "json", doc), "same");
    assert_eq!(masked(r#"{ json = { "$.a" = "keep" } }"#, "json", "not looked at"), "same");
}

#[test]
fn paths_hit_what_they_say() {
    for (path, doc, after) in [
        ("$", r#""a""#, r#""X""#),
        ("$.a", r#"{"a":"1","a":"2","b":{"a":"3"}}"#, r#"{"a":"X","a":"X","b":{"a":"3"}}"#),
        (".a", r#"{"a":"1","b":{"a":"3"}}"#, r#"{"a":"X","b":{"a":"3"}}"#),
        ("**.a", r#"{"a":"1","b":[{"a":"3"}]}"#, r#"{"a":"X","b":[{"a":"X"}]}"#),
        (".b.**.a", r#"{"a":"1","b":[{"a":"3"}]}"#, r#"{"a":"1","b":[{"a":"X"}]}"#),
        ("$['a','c d']", r#"{"a":"1","b":"2","c d":"3"}"#, r#"{"a":"X","b":"2","c d":"X"}"#),
        ("$['\u{e9}']", r#"{"\u00e9":"1","\u00E9":"2","é":"3","e":"4"}"#, r#"{"\u00e9":"X","\u00E9":"X","é":"X","e":"4"}"#),
        ("$[*].a", r#"[{"a":"1"},{"b":"2"},"a"]"#, r#"[{"a":"X"},{"b":"2"},"a"]"#),
        ("$.*.a", r#"{"x":{"a":"1"},"y":["a"]}"#, r#"{"x":{"a":"X"},"y":["a"]}"#),
        ("$[1]", r#"["0","1","2"]"#, r#"["0","X","2"]"#),
        ("$[-1]", r#"["0","1","2"]"#, r#"["0","1","X"]"#),
        ("$[1:]", r#"["0","1","2"]"#, r#"["0","X","X"]"#),
        ("$[::2]", r#"["0","1","2"]"#, r#"["X","1","X"]"#),
        ("$[::-2]", r#"["0","1","2","3"]"#, r#"["0","X","2","X"]"#),
        ("$[-2:]", r#"["0","1","2"]"#, r#"["0","X","X"]"#),
        ("$..['a','b']", r#"[{"a":"1"},{"c":{"b":"2"}}]"#, r#"[{"a":"X"},{"c":{"b":"X"}}]"#),
        ("$..*", r#"{"a":"1","b":["2",{"c":"3"}]}"#, r#"{"a":"X","b":["X",{"c":"X"}]}"#),
        ("$..a.b", r#"{"a":{"a":{"b":"1"},"b":"2"},"b":"3"}"#, r#"{"a":{"a":{"b":"X"},"b":"X"},"b":"3"}"#),
        (
            "$[?@.t == 'x' && @.n > 3].v",
            r#"[{"v":"1","t":"x","n":4},{"v":"2","t":"x","n":3}]"#,
            r#"[{"v":"X","t":"x","n":4},{"v":"2","t":"x","n":3}]"#,
        ),
        ("$[?!(@.t || @.n)].v", r#"[{"v":"1","t":null},{"v":"2"}]"#, r#"[{"v":"1","t":null},{"v":"X"}]"#),
        (
            "$.l[?@.id == $.me].v",
            r#"{"l":[{"id":1,"v":"1"},{"id":2,"v":"2"}],"me":2.0}"#,
            r#"{"l":[{"id":1,"v":"1"},{"id":2,"v":"X"}],"me":2.0}"#,
        ),
        ("$.*[?@ >= 'b']", r#"{"k":["a","b","c",1]}"#, r#"{"k":["a","X","X",1]}"#),
        (
            "$[?@.t <= @.n].v",
            r#"[{"v":"1"},{"v":"2","t":null,"n":null},{"v":"3","t":"a","n":1}]"#,
            r#"[{"v":"X"},{"v":"X","t":null,"n":null},{"v":"3","t":"a","n":1}]"#,
        ),
        ("$[?@..deep].v", r#"[{"v":"1","a":[{"deep":0}]},{"v":"2"}]"#, r#"[{"v":"X","a":[{"deep":0}]},{"v":"2"}]"#),
        (
            "$[?@.a == @.b].v",
            r#"[{"v":"1"},{"v":"2","a":1},{"v":"3","a":{"x":[1]},"b":{"x":[1.0]}}]"#,
            r#"[{"v":"X"},{"v":"2","a":1},{"v":"3","a":{"x":[1]},"b":{"x":[1.0]}}]"#,
        ),
    ] {
        assert_eq!(hit(path, doc), after, "{path}");
    }
}

#[test]
fn a_path_that_says_more_wins() {
    let rule = r#"{ json = { "$..*" = "null", "$.a.*" = { mask = "const", value = "wild" }, "$..b" = { mask = "const", value = "deep" }, "$.a.b" = { mask = "const", value = "here" }, "$.keep" = "keep" } }"#;
    assert_eq!(
        masked(rule, "json", r#"{"a":{"b":"1","c":"2"},"b":"3","d":["4",{}],"keep":{"b":"5"}}"#),
        r#"{"a":{"b":"here","c":"wild"},"b":"deep","d":[null,{}],"keep":{"b":"5"}}"#
    );
}

#[test]
fn types_are_kept() {
    let hash = |value| alone("\"hash\"", value);
    let rule = r#"{ json = { "$..*" = "hash" } }"#;
    let doc = r#"{"a":"x","b":12,"c":true,"d":null,"e":"","f":[1.50,["y"]]}"#;
    let made = masked(rule, "jsonb", doc);
    let expected = format!(
        r#"{{"a":"{}","b":"{}","c":"{}","d":null,"e":"","f":["{}",["{}"]]}}"#,
        hash("x"),
        hash("12"),
        hash("true"),
        hash("1.50"),
        hash("y")
    );
    assert_eq!(made, expected);
    let constant =
        |value: &str, doc: &str| masked(&format!(r#"{{ json = {{ "$.a" = {{ mask = "const", value = {value} }} }} }}"#), "jsonb", doc);
    assert_eq!(constant("7", r#"{"a":1}"#), r#"{"a":7}"#);
    assert_eq!(constant("7", r#"{"a":"1"}"#), r#"{"a":"7"}"#);
    assert_eq!(constant("true", r#"{"a":false}"#), r#"{"a":true}"#);
    assert_eq!(constant("'0612'", r#"{"a":1}"#), r#"{"a":"0612"}"#, "a number has no leading zero");
    assert_eq!(constant("'[1]'", r#"{"a":{"x":1}}"#), r#"{"a":[1]}"#);
    assert_eq!(constant("'gone'", r#"{"a":["x"]}"#), r#"{"a":"gone"}"#);
    assert_eq!(masked(r#"{ json = { "$.*" = "empty" } }"#, "jsonb", r#"{"a":{"b":1},"c":2,"d":"x"}"#), r#"{"a":"","c":"","d":""}"#);
    assert_eq!(
        masked(r#"{ json = { "$.*" = "null" } }"#, "jsonb", r#"{"a":{"b":1},"c":2,"d":"x","e":""}"#),
        r#"{"a":null,"c":null,"d":null,"e":null}"#
    );
    let on_null = r#"{ json = { "$.*" = { mask = "const", value = "v", on_null = "mask" } } }"#;
    assert_eq!(masked(on_null, "jsonb", r#"{"a":null}"#), r#"{"a":"v"}"#);
    let on_empty = r#"{ json = { "$.*" = { mask = "const", value = "v", on_empty = "mask" } } }"#;
    assert_eq!(masked(on_empty, "jsonb", r#"{"a":""}"#), r#"{"a":"v"}"#);
    let shift = masked(r#"{ json = { "$.d" = "date_shift" } }"#, "jsonb", r#"{"d":"1990-04-18T02:00:00.000Z"}"#);
    assert!(shift.ends_with("T02:00:00.000Z\"}") && shift.len() == 32 && !shift.contains("04-18"), "{shift}");
}

#[test]
fn removed_keys_take_one_comma() {
    for (path, doc, after) in [
        ("$.a", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"b": 2, "c": 3}"#),
        ("$.b", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"a": 1, "c": 3}"#),
        ("$.c", r#"{"a": 1, "b": 2, "c": {"d": [4]} }"#, r#"{"a": 1, "b": 2 }"#),
        ("$['a','b']", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"c": 3}"#),
        ("$['a','c']", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"b": 2}"#),
        ("$['b','c']", r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"a": 1}"#),
        ("$.*", r#"{"a": 1, "b": 2, "c": 3}"#, "{}"),
        ("$[1:3]", "[ 0 , 1 , 2 , 3 ]", "[ 0 , 3 ]"),
        ("$..x", r#"[{"x":1,"y":{"x":[2],"z":3}}]"#, r#"[{"y":{"z":3}}]"#),
    ] {
        let made = masked(&format!("{{ json = {{ {} = \"remove\" }} }}", quote(path)), "json", doc);
        assert_eq!(made.replace("{ }", "{}"), after, "{path}");
        let _: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    }
    assert_eq!(
        masked(r#"{ json = { "$.a" = { mask = "remove" }, "$.c" = { mask = "const", value = "X" } } }"#, "json", r#"{"a":1,"b":2,"c":3}"#),
        r#"{"b":2,"c":"X"}"#
    );
    let last = r#"{ json = { "$.a" = { mask = "const", value = "X" }, "$['b','c']" = "remove" } }"#;
    assert_eq!(masked(last, "json", r#"{"a":1,"b":2,"c":3}"#), r#"{"a":"X"}"#);
}

#[test]
fn strings_are_decoded_and_written_with_few_escapes() {
    let show = |doc: &str| masked(r#"{ json = { "$" = { mask = "ip", on_invalid = "mask" } } }"#, "json", doc);
    // Other characters of the same shape: what is no letter or digit is written as it was read.
    assert_eq!(show(r#""\"\\\/\b\f\n\r\t\u0001""#), r#""\"\\/\b\f\n\r\t\u0001""#);
    assert_eq!(show(r#""\uD83D\uDE00-\u20ac""#), "\"😀-€\"");
    assert!(show(r#""\ud800 1""#).starts_with(r#""\\"#), "half a pair is no character");
    let latin = Target { charset: Charset::Latin1, ..Target::of_sql("json") };
    let bound = bind_to(r#"{ json = { "$" = { mask = "ip", on_invalid = "mask" } } }"#, &latin, &[]).expect("fits");
    assert_eq!(run(&bound, r#""\u20ac\u00a7\uD83D\uDE00""#), "\"\\u20ac§\\ud83d\\ude00\"", "what LATIN1 lacks is escaped again");
}

#[test]
fn arrays_are_masked_scalar_by_scalar_and_objects_refused() {
    let rule = r#"{ json = { "$.p" = { mask = "const", value = "X", on_null = "keep" } } }"#;
    assert_eq!(masked(rule, "jsonb", r#"{"p":["a"]}"#), r#"{"p":"X"}"#, "const takes all");
    let hash = |value| alone("\"hash\"", value);
    let rule = r#"{ json = { "$.p" = "hash" } }"#;
    assert_eq!(masked(rule, "jsonb", r#"{"p":["a",["b",null]]}"#), format!(r#"{{"p":["{}",["{}",null]]}}"#, hash("a"), hash("b")));
    let told = "refused: documents that have, where its paths end, values of the types that the masks there take";
    assert_eq!(masked(rule, "jsonb", r#"{"p":["a",{"b":1}]}"#), told);
    assert_eq!(masked(rule, "jsonb", r#"{"p":{"b":1}}"#), told);
    let row = Row::default();
    let keep = bind(r#"{ json = { "$.p" = { mask = "ip", on_invalid = "keep" } } }"#, "jsonb").expect("fits");
    assert_eq!(run_in(&keep, br#"{"p":{"b":1}}"#, &row), "same");
    assert_eq!(*row.notes.borrow(), [Note::Invalid(Remedy::Kept)]);
    let null = bind(r#"{ json = { "$.p" = { mask = "ip", on_invalid = "null" } } }"#, "jsonb").expect("fits");
    assert_eq!(run(&null, r#"{"p":{"b":1}}"#), r#"{"p":null}"#);
    let whole = r#"{ mask = "json", on_invalid = "null", json = { "$.p" = "hash" } }"#;
    assert_eq!(masked(whole, "jsonb", r#"{"p":{"b":1}}"#), "NULL", "the rule's own on_invalid");
}

#[test]
fn documents_stand_in_documents() {
    let rule = r#"{ json = { "$.a" = { json = { "$.b" = { mask = "const", value = "X" } } } } }"#;
    assert_eq!(masked(rule, "jsonb", r#"{"a": {"b": 1, "c": 2}}"#), r#"{"a": {"b": "X", "c": 2}}"#);
    assert_eq!(masked(rule, "jsonb", r#"{"a": "{\"b\": \"1\"}"}"#), r#"{"a": "{\"b\": \"X\"}"}"#);
    assert_eq!(masked(rule, "text", r#"{"a": {"c": 2}}"#), "same");
    let array = r#"{ json = { "$.a" = { array = "empty" } } }"#;
    assert_eq!(masked(array, "jsonb", r#"{"a": ["x", 2]}"#), r#"{"a": ["", ""]}"#);
}

#[test]
fn seeds_are_read_around_the_value() {
    let full = |seed| alone(r#"{ mask = "full_name", domain = "agent" }"#, seed);
    let rule = r#"{ json = { "$..userName" = { mask = "full_name", seed = "@.userId", domain = "agent" } } }"#;
    for id in ["7", "\"7\"", "\"\\u0037\""] {
        let doc = format!(r#"[{{"userId": {id}, "userName": "x"}}, {{"userName": ["y"], "userId": 8}}]"#);
        let expected = format!(r#"[{{"userId": {id}, "userName": "{}"}}, {{"userName": ["{}"], "userId": 8}}]"#, full("7"), full("8"));
        assert_eq!(masked(rule, "jsonb", &doc), expected);
    }
    let bound = bind(rule, "jsonb").expect("fits");
    for doc in [r#"{"userId":null,"userName":"x"}"#, r#"{"userName":"x"}"#] {
        let row = Row::default();
        assert_eq!(run_in(&bound, doc.as_bytes(), &row), doc.replace("\"x\"", &format!("{:?}", full("x"))));
        assert_eq!(*row.notes.borrow(), [Note::Unseeded]);
    }
    let root = r#"{ json = { "$.l[*].n" = { mask = "full_name", seed = "$.who.ids[0]", domain = "agent" } } }"#;
    assert_eq!(
        masked(root, "jsonb", r#"{"l":[{"n":"x"},{"n":"y"}],"who":{"ids":[3]}}"#),
        format!(r#"{{"l":[{{"n":"{0}"}},{{"n":"{0}"}}],"who":{{"ids":[3]}}}}"#, full("3"))
    );
    let column = r#"{ json = { "$.n" = { mask = "full_name", seed = "id", domain = "agent" }, "$.m" = { json = { "$.n" = { mask = "full_name", seed = "id", domain = "agent" } } } } }"#;
    let bound = bind_to(column, &Target::of_sql("jsonb"), &[("id", "integer")]).expect("fits");
    assert_eq!(bound.reads.len(), 1);
    let row = Row { values: vec![Some(b"5".to_vec())], ..Row::default() };
    assert_eq!(run_in(&bound, br#"{"n":"x","m":{"n":"y"}}"#, &row), format!(r#"{{"n":"{0}","m":{{"n":"{0}"}}}}"#, full("5")));
}

/// Reads what the document will have, as templates do.
mod masked_readings {
    use std::path::Path as FilePath;

    use super::super::automaton::{Automaton, ROOT};
    use super::super::path::Path;
    use super::super::read::Reader;
    use super::super::rule::{Binder, Child, Inner, Source};
    use super::super::{Document, memory};
    use crate::encoding::Charset;
    use crate::mask::bind::Env;
    use crate::mask::fit::Target;
    use crate::mask::key::Secret;
    use crate::mask::registry::{OptionValue, Request};
    use crate::mask::{Cell, Mask, Masked, Refusal};

    /// Writes its first reading.
    #[derive(Debug)]
    struct Echo;

    impl Mask for Echo {
        fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
            out.extend_from_slice(cell.around.read(0).unwrap_or(b"absent"));
            Ok(Masked::Value)
        }
    }

    fn read(rules: &[(&str, &str)], of: &str, doc: &str) -> String {
        let rules: Vec<_> = rules.iter().map(|(path, mask)| (*path, OptionValue::Text((*mask).into()))).collect();
        let paths: Vec<Path> = rules.iter().map(|(path, _)| Path::parse(path).expect("a path")).collect();
        let secret = Secret::new(b"0123456789abcdef".to_vec());
        let key = secret.domain("x");
        let env = Env { secret: &secret, locale: "fr_FR", columns: &[], document: true, directory: FilePath::new(""), conditions: None };
        let target = Target::of_sql("jsonb");
        let request = Request { target: &target, options: &[], domain: "x", key: &key, env: &env };
        let mut binder = Binder::new(&request);
        let bound = paths.iter().zip(&rules).map(|(path, (_, rule))| binder.rule(path, rule).expect("fits")).collect();
        let automaton = Automaton::new(&paths).expect("few");
        let document = Document { automaton, rules: bound, slots: 1, charset: Charset::Utf8, max_chars: usize::MAX };
        let steps = Path::parse_reading(of).expect("a reading").segments.into_iter().flat_map(|segment| segment.selectors).collect();
        let source = Source::Inner(Inner { slot: 0, root: of.starts_with('$'), steps, masked: true });
        let child = Child { mask: Box::new(Echo), takes_empty: false, takes_null: false, sources: vec![source] };
        let reader = Reader { document: &document, doc: doc.as_bytes(), cell: Cell::new(doc.as_bytes()), level: 0 };
        let mut out = Vec::new();
        let mut memory = memory::memory(1);
        reader.mask(&child, b"", false, Some((0, ROOT)), &mut memory.found, &mut out).expect("runs");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_the_document_will_have() {
        let hash = super::alone("\"hash\"", "x");
        assert_eq!(read(&[("$.b", "hash")], "@.b", r#"{"a":1,"b":"x"}"#), hash);
        assert_eq!(read(&[("$.b", "hash")], "@.b[1][0]", r#"{"a":1,"b":["y",["x"]]}"#), hash, "in an array that the path hits");
        assert_eq!(read(&[("$.b", "hash")], "$.c", r#"{"c":"\u0041","b":"x"}"#), "A");
        assert_eq!(read(&[("$.b", "keep")], "@.b.c", r#"{"b":{"c":12}}"#), "12");
        assert_eq!(read(&[("$.b", "null")], "@.b", r#"{"b":"x"}"#), "absent");
        assert_eq!(read(&[("$.b", "null")], "@.b.c", r#"{"b":{"c":"x"}}"#), "absent");
        assert_eq!(read(&[("$.b", "remove")], "@.b", r#"{"b":"x"}"#), "absent");
        assert_eq!(read(&[("$..c", "hash")], "@.b", r#"{"b":{"c":"x"}}"#), "absent", "an object that is masked inside");
        assert_eq!(read(&[("$.d.c", "hash")], "@.b", r#"{"b":{"c":"x"}}"#), r#"{"c":"x"}"#);
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let told = "refused: a JSON document, nested no deeper than 1000";
    for doc in [
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "--1",
        "tru",
        "nulls",
        "\"",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "[1]]",
        "{\"a\":1]",
        "[1}",
        "1 2",
        "'a'",
        "NaN",
        "[\"a\" \"b\"]",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "\u{feff}1",
    ] {
        for path in ["$.x", "$..x", "$..*"] {
            let got = hit(path, doc);
            assert_eq!(got, told, "{path} {doc}");
        }
    }
    for path in ["$.x", "$..x", "$..*"] {
        assert_eq!(hit(path, &format!("{}{}", "[".repeat(1000), "]".repeat(1000))), "same", "{path}");
        assert_eq!(hit(path, &format!("{}{}", "[".repeat(1001), "]".repeat(1001))), told, "{path}");
        assert_eq!(hit(path, &"[".repeat(1 << 20)), told, "{path}");
        assert_eq!(hit(path, &"{\"a\":".repeat(1 << 18)), told, "{path}");
    }
}

#[test]
fn a_masked_document_fits_its_column() {
    let rule = r#"{ mask = "json", on_invalid = "error", json = { "$.a" = "hash" } }"#;
    let doc = r#"{"a":"x"}"#;
    assert_eq!(masked(rule, "varchar(20)", doc), "refused: a JSON document that still fits the column when it is masked");
    assert!(masked(rule, "varchar(40)", doc).starts_with("{\"a\":\""));
    assert_eq!(masked(r#"{ json = { "$.a" = "hash" } }"#, "varchar(20)", doc).len(), doc.len(), "other characters of the same shape");
}

#[test]
fn mistakes_are_told() {
    let wrong = |rule: &str, sql: &str| bind(rule, sql).expect_err(rule);
    assert_eq!(
        wrong(r#"{ json = {} }"#, "jsonb"),
        "json: option \"json\" has no path; for example { json = { \"$.name\" = \"first_name\", \"$.phones\" = \"phone\", \"$..token\" = \"remove\" } }"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = "null" } }"#, "date"),
        ": it masks JSON documents, but the column is date; use const or null, or keep the column"
    );
    assert_eq!(
        wrong(r#"{ json = { "$" = "remove" } }"#, "jsonb"),
        "json/$: the whole document cannot be removed; use \"null\", or leave the table's rows out"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = { mask = "remove", x = 1 } } }"#, "jsonb"),
        "json/$.a/x: mask \"remove\": unknown option \"x\", it takes none"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = "emial" } }"#, "jsonb"),
        "json/$.a/mask: unknown mask \"emial\"; did you mean \"email\"? `pgveil masks` lists them all"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = { mask = "email", host = 1 } } }"#, "jsonb"),
        "json/$.a/host: mask \"email\": option \"host\": expected a string, found an integer"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = "null", "$['b','a']" = "empty" } }"#, "jsonb"),
        "json/$['b','a']: \"$['b','a']\" and \"$.a\" mean the same values and give them different masks; keep one of the two"
    );
    assert!(bind(r#"{ json = { "$.a" = "null", "$['b','a']" = "null", "$..a" = "empty", "$.*" = "empty" } }"#, "jsonb").is_ok());
    assert_eq!(
        wrong(r#"{ json = { "$.a" = { mask = "hash", seed = "@.x[*]" } } }"#, "jsonb"),
        "json/$.a: \"@.x[*]\" may mean several values, expected keys and indices, such as @.key or $.list[0].key"
    );
    assert_eq!(
        wrong(r#"{ json = { "$.a" = { mask = "hash", seed = "id" } } }"#, "jsonb"),
        "json/$.a/seed: mask \"hash\": option \"seed\": the table has no column \"id\""
    );
    let many: Vec<String> = (0..9).map(|n| format!("'$[?@.a == {n}].b' = 'null'")).collect();
    assert_eq!(
        wrong(&format!("{{ json = {{ {} }} }}", many.join(", ")), "jsonb"),
        "json: its paths cannot be followed together: they have too many filters, slices or .. in a row; write fewer paths, or more concrete ones"
    );
    let sjis = Target { charset: Charset::from_name("SJIS").expect("known"), ..Target::of_sql("jsonb") };
    assert_eq!(
        bind_to(r#"{ json = { "$.a" = "null" } }"#, &sjis, &[]).expect_err("refused"),
        "json: the dump's encoding SJIS is one that masks cannot read or write; dump with pg_dump --encoding=UTF8"
    );
    assert_eq!(Target::of_sql("jsonb").kind, Kind::Json);
}

#[test]
fn paths_say_where_they_are_wrong() {
    let segment = "a segment (.key, ['key'], [0], [*], ..key) or the end of the path";
    let name = "a key (letters, digits and _; others in brackets and quotes: ['first-name']), * or [";
    let selector = "a selector ('key', *, 0, 1:3 or ?@.key == 'x')";
    let test = "a comparison or a path from @ or $ (functions are not taken)";
    let integer = "an integer without leading zeros, between -(2^53-1) and 2^53-1";
    for (path, at, expected, found) in [
        ("a", 1, "a path such as $.key or $..key", "'a'"),
        ("", 1, "a path such as $.key or $..key", "the end"),
        ("$.", 3, name, "the end"),
        ("$.first-name", 8, segment, "'-'"),
        ("$.é..", 6, name, "the end"),
        ("$.1a", 3, name, "'1'"),
        ("$[", 3, selector, "the end"),
        ("$[]", 3, selector, "']'"),
        ("$['a]", 6, "the quote that ends the key or text", "the end"),
        ("$['a' 'b']", 7, "a comma or ]", "'\\''"),
        ("$['a',]", 7, selector, "']'"),
        ("$['\\x']", 5, "an escape such as \\n, \\\\ or \\u00e9", "'x'"),
        ("$[01]", 3, integer, "'0'"),
        ("$[9007199254740992]", 3, integer, "'9'"),
        ("$[?]", 4, test, "']'"),
        ("$[?length(@) > 3]", 4, test, "'l'"),
        ("$[?@.a ==]", 10, "a literal ('x', 1, true, null) or a path from @ or $ to one value", "']'"),
        ("$[?@.a == 'x' &&]", 15, "a comma or ]", "'&'"),
        ("$[?(@.a]", 8, "a )", "']'"),
        ("$.a b", 4, segment, "' '"),
        ("$.**", 4, segment, "'*'"),
    ] {
        let told = Path::parse(path).expect_err(path);
        assert_eq!(told, format!("the path {path:?} is wrong at character {at}: expected {expected}, found {found}"));
    }
    assert_eq!(Path::parse(&format!("${}", "[(".repeat(101))).expect_err("deep"), "a path has more than 200 brackets");
}

/// The paths of a rules file for a real application.
#[test]
fn paths_as_people_write_them() {
    for path in [
        "$.numero",
        "$.userName",
        "$['salt','fingerprintHash']",
        "$[*]['salt','fingerprintHash']",
        "$[*].ipAddress",
        "$..['ip','oldIp','newIp','xRealIp']",
        "$..headers",
        "$.transfert.adresse",
        "$[*].dateNaissance",
        ".items[0].name",
        "**.ssn",
        "$ .a\n[ 'b' , \"c\" ] [ ? @.x==1||@.y && !( $.z[0]<=-1.5e3 ) ]",
    ] {
        assert!(Path::parse(path).is_ok(), "{path}");
    }
}
