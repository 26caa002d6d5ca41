//! Any document under any paths, against serde_json_path and the obvious way to mask.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::super::testing::{alone, bind, quote, run};
use crate::mask::structured::json::path::Path;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Does {
    Hash,
    Null,
    Keep,
    Remove,
}

impl Does {
    fn rule(self) -> &'static str {
        match self {
            Does::Hash => "hash",
            Does::Null => "null",
            Does::Keep => "keep",
            Does::Remove => "remove",
        }
    }
}

/// Masks a value in memory; `hits` says for each pointer which rules hit it, best first. `Err` where an object is refused.
fn naive(value: &Value, pointer: &str, hits: &HashMap<String, Vec<(usize, Does, bool)>>) -> Result<Option<Value>, ()> {
    let here = hits.get(pointer).map(Vec::as_slice).unwrap_or_default();
    let container = value.is_object() || value.is_array();
    let does = here.iter().find(|(_, _, everywhere)| !container || !everywhere).map(|(_, does, _)| *does);
    match (does, value) {
        (Some(Does::Keep), _) => Ok(Some(value.clone())),
        (Some(Does::Remove), _) => Ok(None),
        (Some(Does::Null), _) => Ok(Some(Value::Null)),
        (Some(Does::Hash), _) => each(value).map(Some),
        (None, Value::Array(items)) => {
            let items = items.iter().enumerate().map(|(index, item)| naive(item, &format!("{pointer}/{index}"), hits));
            Ok(Some(Value::Array(items.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())))
        }
        (None, Value::Object(entries)) => {
            let mut made = serde_json::Map::new();
            for (key, item) in entries {
                let step = key.replace('~', "~0").replace('/', "~1");
                if let Some(item) = naive(item, &format!("{pointer}/{step}"), hits)? {
                    made.insert(key.clone(), item);
                }
            }
            Ok(Some(Value::Object(made)))
        }
        (None, scalar) => Ok(Some(scalar.clone())),
    }
}

fn each(value: &Value) -> Result<Value, ()> {
    let hash = |text: &str| Value::String(alone("\"hash\"", text));
    Ok(match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => value.clone(),
        Value::String(text) => hash(text),
        Value::Bool(truth) => hash(&truth.to_string()),
        Value::Number(number) => hash(&number.to_string()),
        Value::Array(items) => Value::Array(items.iter().map(each).collect::<Result<_, _>>()?),
        Value::Object(_) => return Err(()),
    })
}

const KEYS: &[&str] = &["a", "b", "c", "é/~", "k\"\n"];

fn documents() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..4).prop_map(Value::from),
        (-3i64..4).prop_map(|n| Value::from(n as f64 + 0.5)),
        "[ab]{0,2}".prop_map(Value::from),
        "\\PC{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..5)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn quoted(key: &str) -> String {
    format!("'{}'", key.replace('\n', "\\n"))
}

fn selectors() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(KEYS).prop_map(quoted);
    let bound = || prop_oneof![Just(String::new()), (-4i64..5).prop_map(|n| n.to_string())];
    let reading = || {
        prop_oneof![
            Just("@".to_owned()),
            name().prop_map(|name| format!("@[{name}]")),
            // Not from the end: serde_json_path takes [-n] of n values for absent in a comparison.
            (0i64..2).prop_map(|n| format!("@[{n}]")),
            name().prop_map(|name| format!("$[{name}]")),
        ]
    };
    let operand = || {
        prop_oneof![
            reading(),
            Just("'a'".to_owned()),
            (-3i64..4).prop_map(|n| n.to_string()),
            Just("0.5".to_owned()),
            Just("true".to_owned()),
            Just("null".to_owned())
        ]
    };
    let comparison = (operand(), prop::sample::select(&["==", "!="][..]), operand()).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    // RFC 9535 says that == implies <= also of what is absent, null or a boolean; serde_json_path 0.7 does not.
    let ordered = (operand(), prop::sample::select(&["<", "<=", ">", ">="][..]), prop::sample::select(&["'a'", "0", "-1.5"][..]))
        .prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    let exists = prop_oneof![
        reading(),
        name().prop_map(|name| format!("@..[{name}]")),
        Just("@[*]".to_owned()),
        Just("@[?@ == 'a']".to_owned()),
        Just("@[1:]".to_owned())
    ];
    let test = prop_oneof![comparison, ordered, exists.clone(), exists.prop_map(|test| format!("!{test}"))];
    let filter = prop_oneof![
        test.clone(),
        (test.clone(), prop::sample::select(&["&&", "||"][..]), test.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (test.clone(), test).prop_map(|(a, b)| format!("!({a} || {b})")),
    ];
    prop_oneof![
        6 => name(),
        2 => Just("*".to_owned()),
        2 => (-4i64..5).prop_map(|n| n.to_string()),
        2 => (bound(), bound(), prop_oneof![Just(String::new()), (-2i64..3).prop_map(|n| format!(":{n}"))]).prop_map(|(a, b, step)| format!("{a}:{b}{step}")),
        2 => filter.prop_map(|filter| format!("?{filter}")),
    ]
}

fn paths() -> impl Strategy<Value = String> {
    let segment = (prop::bool::weighted(0.3), prop::collection::vec(selectors(), 1..3))
        .prop_map(|(descendant, selectors)| format!("{}[{}]", if descendant { ".." } else { "" }, selectors.join(",")));
    prop::collection::vec(segment, 0..4).prop_map(|segments| format!("${}", segments.concat()))
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![4 => Just(Does::Hash), 1 => Just(Does::Null), 1 => Just(Does::Keep), 2 => Just(Does::Remove)]
}

/// The document in one of the ways to write it.
fn written(value: &Value, way: u8) -> String {
    match way {
        0 => value.to_string(),
        1 => serde_json::to_string_pretty(value).expect("JSON"),
        _ => value
            .to_string()
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")).collect() })
            .collect(),
    }
}

/// How much a path says, told from its segments: `..`, then wildcards.
fn rank(path: &str) -> (bool, bool) {
    let parsed = Path::parse(path).expect("a path");
    let simple = |selector: &crate::mask::structured::json::path::Selector| {
        use crate::mask::structured::json::path::Selector::{Index, Name};
        matches!(selector, Name(_) | Index(_))
    };
    (parsed.segments.iter().any(|s| s.descendant), !parsed.segments.iter().all(|s| s.selectors.iter().all(simple)))
}

fn everywhere(path: &str) -> bool {
    let last = Path::parse(path).expect("a path").segments.pop();
    last.is_some_and(|last| last.descendant && last.selectors.contains(&crate::mask::structured::json::path::Selector::Wildcard))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_paths_in_any_document(value in documents(), rules in prop::collection::vec((paths(), does()), 1..4), way in 0u8..3) {
        let mut known = HashSet::new();
        let rules: Vec<_> = rules.into_iter().filter(|(path, does)| known.insert(path.clone()) && !(path == "$" && *does == Does::Remove)).collect();
        let entries: Vec<_> = rules.iter().map(|(path, does)| format!("{} = \"{}\"", quote(path), does.rule())).collect();
        prop_assume!(!rules.is_empty());
        // The order of the file decides among equals; the crate that reads it here sorts by name.
        let mut rules = rules;
        rules.sort();
        let bound = bind(&format!("{{ json = {{ {} }} }}", entries.join(", ")), "json");
        let bound = match bound {
            Ok(bound) => bound,
            Err(told) => {
                prop_assert!(told.contains("different masks") || told.contains("followed together"), "{}", told);
                return Ok(());
            }
        };
        let doc = written(&value, way);
        let made = run(&bound, &doc);
        let mut hits: HashMap<String, Vec<(usize, Does, bool)>> = HashMap::new();
        let mut order: Vec<usize> = (0..rules.len()).collect();
        order.sort_by_key(|index| (rank(&rules[*index].0), *index));
        for index in order {
            let (path, does) = &rules[index];
            let oracle = JsonPath::parse(path).expect("a path for both");
            for node in oracle.query_located(&value).all() {
                let pointer = node.location().to_json_pointer();
                hits.entry(pointer).or_default().push((index, *does, everywhere(path)));
            }
        }
        match naive(&value, "", &hits) {
            Err(()) => prop_assert!(made.starts_with("refused"), "{} is {}", doc, made),
            Ok(expected) => {
                let after: Value = if made == "same" { value.clone() } else { serde_json::from_str(&made).expect("JSON") };
                prop_assert_eq!(Some(after), expected, "{} is {}", doc, made);
            }
        }
    }

    #[test]
    fn any_bytes_are_json_or_refused_as_serde_has_it(text in "[\\[\\]{}:, 0-9eE.\\-\"\\\\a-cutn]{0,24}") {
        let oracle = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        for rule in [r#"{ json = { "$.x" = "null" } }"#, r#"{ json = { "$..x" = "null" } }"#] {
            let made = run(&bind(rule, "json").expect("fits"), &text);
            prop_assert_eq!(oracle, made == "same", "{}: {}", text, made);
        }
    }

    #[test]
    fn no_bytes_stop_it(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let bound = bind(r#"{ json = { "$..*" = "hash", "$.a[?@.b > 'x']" = "remove" } }"#, "json").expect("fits");
        let mut out = Vec::new();
        let _ = bound.mask.expect("a mask").mask(crate::mask::Cell::new(&bytes), &mut out);
    }
}
