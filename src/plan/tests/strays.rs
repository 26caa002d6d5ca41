//! Values that are no text in the dump's encoding: whatever a mask keeps of them stays, and no mask ends the run for it.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::encoding::Charset;
use crate::error::Fault;
use crate::mask::bind::{self, Env};
use crate::mask::fit::Target;
use crate::mask::key::Secret;
use crate::mask::registry::{self, OptionValue};
use crate::mask::{Mask, options};
use crate::name::Name;
use crate::plan::bind as plan;
use crate::rewrite::{RowProgram, Scratch, Step};
use crate::row::copy;

/// The masks that take a text column of that encoding and read nothing else, under the rules of their examples.
fn masks(charset: Charset) -> Vec<(&'static str, Arc<dyn Mask>)> {
    let secret = Secret::new(vec![5; 16]);
    let env =
        Env { secret: &secret, locale: "fr_FR", columns: &[], document: false, directory: std::path::Path::new(""), conditions: None };
    let target = Target { charset, ..Target::of_sql("text") };
    // A program of one's own takes a process, and has its own tests.
    let wanted = registry::all().iter().filter(|definition| definition.name != "command");
    let bound = wanted.filter_map(|definition| {
        let mut rule = plan::example(definition).expect("a rule");
        rule.retain(|(name, _)| name != "on_invalid");
        if definition.fallible {
            rule.push(("on_invalid".into(), OptionValue::Text("mask".into())));
        }
        assert_eq!(options::check(definition, &rule), []);
        let bound = bind::bind(definition, &rule, &target, &env).ok().filter(|bound| bound.reads.is_empty())?;
        Some((definition.name, Arc::from(bound.mask?)))
    });
    bound.collect()
}

fn program(name: &'static str, mask: &Arc<dyn Mask>, charset: Charset) -> RowProgram {
    let mask = Arc::clone(mask);
    let step = Step { field: 0, column: Name::new("a"), mask_name: name, mask, takes_empty: false, takes_null: false, reads: Vec::new() };
    RowProgram { fields: 1, steps: vec![step], rows: None, unless: None, choice: crate::rewrite::Choice::default(), charset }
}

/// Text with damage: letters, numbers and words that masks look for, and any bytes between them.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(1u8..=255, 1..6),
        "[a-zA-Z0-9 .,@-]{1,8}".prop_map(String::into_bytes),
        "[é-ÿŒΩ😀\u{10FF80}]{1,3}".prop_map(String::into_bytes),
        proptest::sample::select(vec!["zoe@example.fr", "06 12 34 56 78", "10.1.2.3", "2024-02-29", "https://a.fr/b?c=d", "{\"a\": \""])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_mask_stumbles_over_stray_bytes() {
    let charsets = ["SQL_ASCII", "UTF8", "LATIN1", "WIN1253", "LATIN9"].map(|name| Charset::from_name(name).expect("known"));
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    for charset in charsets {
        let masks = masks(charset);
        assert!(masks.len() > 50, "{}: {}", charset.name(), masks.len());
        let programs: Vec<_> = masks.iter().map(|(name, mask)| (*name, program(name, mask, charset))).collect();
        let never_stops = |value: Vec<u8>| {
            let mut row = Vec::new();
            copy::escape(&value, &mut row);
            row.push(b'\n');
            for (name, program) in &programs {
                let (mut out, mut scratch) = (Vec::new(), Scratch::default());
                let ran = program.run(&row, false, &mut scratch, &mut out);
                let refused = matches!(&ran, Err(fault) if matches!(fault.fault, Fault::Refused { .. }));
                prop_assert!(ran.is_ok() || refused, "{} {} {:?}", charset.name(), name, ran);
            }
            Ok(())
        };
        runner.run(&damaged(), never_stops).expect("no mask stumbles");
    }
}

/// Values that differ in nothing but bytes that are no text still differ behind masks that keep values distinct.
#[test]
fn stray_bytes_are_told_apart() {
    for charset in [Charset::Utf8, Charset::SqlAscii] {
        let definition = registry::find("permute").expect("known");
        let (name, mask) = masks(charset).into_iter().find(|(name, _)| *name == definition.name).expect("fits");
        let run = |row: &[u8]| {
            let mut out = Vec::new();
            program(name, &mask, charset).run(row, false, &mut Scratch::default(), &mut out).expect("runs");
            out
        };
        assert_ne!(run(b"caf\xe9\n"), run(b"caf\xe8\n"));
        // Where any byte may be a letter of some encoding, it changes; in UTF-8 a byte that is no character stays.
        assert_eq!(run(b"caf\xe9\n").get(3) == Some(&0xe9), charset == Charset::Utf8, "{}", charset.name());
    }
}
