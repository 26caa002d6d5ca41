//! Any document under rules of all kinds: no panic; what comes out is JSON if what came in was; what no path hits stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgveil::mask::fit::Target;
use pgveil::mask::registry::{self, OptionValue};
use pgveil::mask::{Cell, Masked, demo};

/// Rules: path and mask.
const RULES: &[&[(&str, &str)]] = &[
    &[("$.no.such.key", "null")],
    &[("$..*", "hash")],
    &[("$..a", "remove"), ("$.b[*].c", "email"), ("$..['b','c']", "keep")],
    &[("$[?@.a == 'x' || !@.b].c", "hash"), ("$[-2:]", "remove"), ("$..[1,3]", "null")],
];

fuzz_target!(|input: (u8, &[u8])| {
    let (which, doc) = input;
    let rules = RULES[usize::from(which) % RULES.len()];
    let rules = rules.iter().map(|(path, mask)| ((*path).to_owned(), OptionValue::Text((*mask).to_owned()))).collect();
    let options = [("json".to_owned(), OptionValue::Table(rules))];
    let definition = registry::find("json").expect("known");
    let bound = demo::bound(definition, &options, &Target::of_sql("json"), &[], demo::NO_SECRET).expect("fits");
    let mut out = b"before".to_vec();
    let made = bound.mask.expect("a mask").mask(Cell::new(doc), &mut out);
    assert!(out.starts_with(b"before"));
    let json = std::str::from_utf8(doc).is_ok_and(|doc| serde_json::from_str::<serde_json::Value>(doc).is_ok());
    match made {
        Ok(Masked::Same) => {}
        Ok(Masked::Value) if json => {
            serde_json::from_slice::<serde_json::Value>(&out[6..]).expect("JSON");
        }
        Ok(Masked::Value) => {}
        Ok(Masked::Null) => panic!("a document never becomes NULL"),
        // An object where a mask takes scalars only is refused, too.
        Err(_) => assert!(!json || usize::from(which) % RULES.len() >= 2),
    }
});
