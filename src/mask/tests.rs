//! What holds for every mask, and what each one promises.

use std::collections::HashSet;

use proptest::prelude::*;

use super::fit::{Kind, Target};
use super::registry::{self, OptionValue};
use super::{Bound, Cell, Distinct, Masked, demo};
use crate::encoding::Charset;

mod scripts;

/// A column of a kind.
fn column(kind: Kind, type_name: &str) -> Target {
    Target { kind, type_name: type_name.into(), max_chars: None, not_null: false, default: None, charset: Charset::Utf8 }
}

fn text() -> Target {
    column(Kind::Text, "text")
}

fn varchar(n: u32) -> Target {
    Target { max_chars: Some(n), ..column(Kind::Text, &format!("character varying({n})")) }
}

/// Binds a mask, or gives its error's text.
fn bind(name: &str, options: &[(&str, OptionValue)], target: &Target) -> Result<Bound, String> {
    let definition = registry::find(name).expect("a known mask");
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    demo::bound(definition, &options, target, &[], b"0123456789abcdef").map_err(|error| told(&error))
}

fn told(error: &registry::BuildError) -> String {
    error.help.as_ref().map_or_else(|| error.message.clone(), |help| format!("{}; {help}", error.message))
}

/// What a mask makes of a value.
fn apply(bound: &Bound, value: &str) -> Option<String> {
    let mut out = b"head".to_vec();
    let masked = bound.mask.as_ref().expect("a mask").mask(Cell::new(value.as_bytes()), &mut out);
    assert!(out.starts_with(b"head"));
    match masked {
        Ok(Masked::Value) => Some(String::from_utf8(out.split_off(4)).expect("UTF-8")),
        Ok(Masked::Null) => None,
        Ok(Masked::Same) => Some(value.to_owned()),
        Err(refusal) => Some(format!("refused: {}", refusal.expected)),
    }
}

fn number(n: i64) -> OptionValue {
    OptionValue::Integer(n)
}

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

#[test]
#[expect(clippy::too_many_lines, clippy::type_complexity, reason = "a table")]
fn each_mask_says_what_it_does_not_fit() {
    let date = column(Kind::Date, "date");
    let not_null = Target { not_null: true, ..text() };
    let table: &[(&str, &[(&str, OptionValue)], Target, &str)] = &[
        ("null", &[], not_null, "the column is NOT NULL; use empty, const or another mask"),
        ("empty", &[], date.clone(), "the empty string is no value of type date; use const or null"),
        ("first_name", &[], date.clone(), "it makes text, but the column is date; use const or null, or keep the column"),
        ("first_name", &[], varchar(2), "a choice of names of locale fr_FR needs 3 characters, the column takes 2; use const or null"),
        (
            "first_name",
            &[("locale", word("fr"))],
            text(),
            "option \"locale\": unknown locale \"fr\", expected one of cy_GB, de_DE, en, fr_FR, it_IT, nl_NL, pt_BR, pt_PT",
        ),
        (
            "first_name",
            &[("local", word("fr_FR"))],
            text(),
            "unknown option \"local\", expected one of case, gender, locale, domain, seed, unique, on_null, on_empty; did you mean \"locale\"?",
        ),
        ("hash", &[], varchar(17), "a hash that keeps values distinct needs 18 characters, the column takes 17; use const or null"),
        (
            "hash",
            &[("length", number(20))],
            varchar(19),
            "a hash of 20 characters is too long, the column takes 19; leave the option out: the hash is fitted to the column",
        ),
        ("hash", &[("length", number(5))], text(), "option \"length\": expected an integer from 18 to 32, found 5"),
        (
            "email",
            &[],
            varchar(29),
            "addresses that stay distinct need 30 characters under example.org, the column takes 29; name a shorter host, or use const or null",
        ),
        (
            "email",
            &[("host", word("Not A Host"))],
            text(),
            "option \"host\": \"Not A Host\" is no host name in lower case; for example \"example.org\", which receives no mail",
        ),
        (
            "phone",
            &[("country", word("ZZ"))],
            text(),
            "option \"country\": \"ZZ\" is neither a country nor a column, expected one of AU, BL, CA, DE, FR, GB, GF, GP, IE, MF, MQ, RE, SE, US, YT",
        ),
        ("phone", &[], varchar(9), "a number of FR needs 10 characters, the column takes 9; use const or null"),
        ("full_name", &[], varchar(8), "a choice of names of locale fr_FR needs 9 characters, the column takes 8; use const or null"),
        ("hash", &[], column(Kind::Uuid, "uuid"), "it makes text, but the column is uuid; use const or null, or keep the column"),
        (
            "hash",
            &[],
            Target { not_null: true, ..varchar(17) },
            "a hash that keeps values distinct needs 18 characters, the column takes 17; use const",
        ),
        ("ip", &[], varchar(42), "an IPv6 address with its mask length needs 43 characters, the column takes 42; use const or null"),
        (
            "const",
            &[("value", word("10.1.2.3/8"))],
            column(Kind::Cidr, "cidr"),
            "the value is no cidr, expected a network, no bit set behind its mask length",
        ),
        ("ip", &[], date.clone(), "it makes IP addresses, but the column is date; use const or null, or keep the column"),
        ("date_shift", &[], column(Kind::Uuid, "uuid"), "it moves dates, but the column is uuid; use const or null, or keep the column"),
        ("date_shift", &[("days", word("x"))], date.clone(), "option \"days\": expected an integer from 1 to 36500, found a string"),
        (
            "const",
            &[],
            text(),
            "option \"value\" is missing, expected a string, a number or a boolean; for example { mask = \"const\", value = \"x\" }",
        ),
        ("const", &[("value", word("abc"))], varchar(2), "the value has 3 characters, the column takes 2; shorten it"),
        (
            "const",
            &[("value", number(70_000))],
            column(Kind::Integer(16), "smallint"),
            "the value is no smallint, expected a whole number in its range",
        ),
        ("const", &[("value", word("x"))], date, "the value is no date, expected a date as 2000-01-31"),
        (
            "const",
            &[("value", word("activ"))],
            column(Kind::Enum(vec!["active".into(), "gone".into()]), "public.state"),
            "\"activ\" is no label of public.state, expected one of active, gone; did you mean \"active\"?",
        ),
        ("const", &[("value", word("{"))], column(Kind::Json, "jsonb"), "the value is no jsonb, expected a JSON document"),
    ];
    for (name, options, target, expected) in table {
        assert_eq!(bind(name, options, target).expect_err(name), *expected, "{name}");
    }
}

/// A value of TOML as an option.
fn option(value: toml::Value) -> OptionValue {
    match value {
        toml::Value::String(text) => OptionValue::Text(text),
        toml::Value::Integer(number) => OptionValue::Integer(number),
        toml::Value::Float(number) => OptionValue::Float(number),
        toml::Value::Boolean(truth) => OptionValue::Boolean(truth),
        toml::Value::Array(items) => OptionValue::List(items.into_iter().map(option).collect()),
        toml::Value::Table(entries) => OptionValue::Table(entries.into_iter().map(|(key, value)| (key, option(value))).collect()),
        other @ toml::Value::Datetime(_) => panic!("{other} is in no example"),
    }
}

/// The options of an example's rule, in any form.
fn example_options(rule: &str) -> Vec<(String, OptionValue)> {
    let table: toml::Table = toml::from_str(&format!("rule = {rule}")).expect("TOML");
    let OptionValue::Table(options) = option(table["rule"].clone()) else { return Vec::new() };
    options.into_iter().filter(|(name, _)| name != "mask").collect()
}

#[test]
fn examples_run_and_are_stable() {
    let mut told = String::new();
    for definition in registry::all() {
        let outcome = demo::example(definition, &example_options(definition.example.rule));
        let after = match outcome.unwrap_or_else(|error| panic!("{}: {error}", definition.name)) {
            demo::Outcome::Value(value) => String::from_utf8(value).expect("UTF-8"),
            demo::Outcome::Null => "NULL".into(),
            demo::Outcome::Same => definition.example.before.to_owned(),
        };
        told.push_str(&format!("{}: {} -> {}\n", definition.name, definition.example.before, after));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn names_of_one_seed_agree() {
    let (first, last, full) = (bind("first_name", &[], &text()), bind("last_name", &[], &text()), bind("full_name", &[], &text()));
    let (first, last, full) = (first.expect("fits"), last.expect("fits"), full.expect("fits"));
    for seed in ["1", "2", "Zoé"] {
        assert_eq!(apply(&full, seed), Some(format!("{} {}", apply(&first, seed).expect("a name"), apply(&last, seed).expect("a name"))));
    }
    assert_ne!(first.fingerprint, last.fingerprint);
    let turned = bind("full_name", &[("order", word("last_first"))], &text()).expect("fits");
    assert_eq!(apply(&turned, "1"), Some(format!("{} {}", apply(&last, "1").expect("a name"), apply(&first, "1").expect("a name"))));
}

#[test]
fn masks_that_keep_distinct_do() {
    for (name, target) in [("email", varchar(30)), ("email", text()), ("hash", varchar(18)), ("hash", text())] {
        let bound = bind(name, &[], &target).expect("fits");
        assert_eq!(bound.distinct, Distinct::Kept);
        let values: HashSet<_> = (0..200_000).map(|i| apply(&bound, &i.to_string())).collect();
        assert_eq!(values.len(), 200_000, "{name}");
        for value in values.iter().take(1000).flatten() {
            assert!(target.max_chars.is_none_or(|max| value.len() <= max as usize), "{value}");
            assert_eq!(*value, value.to_lowercase());
        }
    }
    let bound = bind("ip", &[], &column(Kind::Inet, "inet")).expect("fits");
    let values: HashSet<_> = (0..1u32 << 16).map(|i| apply(&bound, &format!("10.1.{}.{}", i >> 8, i & 255))).collect();
    assert_eq!(values.len(), 1 << 16);
}

#[test]
fn networks_stay_networks() {
    let inet = bind("ip", &[], &column(Kind::Inet, "inet")).expect("fits");
    let prefix = |value: &str| apply(&inet, value).expect("an address").rsplit_once('.').expect("dots").0.to_owned();
    assert_eq!(prefix("10.1.2.3"), prefix("10.1.2.250"));
    assert_ne!(prefix("10.1.2.3"), prefix("10.1.3.3"));
    assert!(apply(&inet, "10.1.2.3/24").expect("an address").ends_with("/24"));
    let cidr = bind("ip", &[], &column(Kind::Cidr, "cidr")).expect("fits");
    assert!(apply(&cidr, "10.1.2.0/23").expect("a network").ends_with(".0/23"));
    assert!(apply(&cidr, "2001:db8::/32").expect("a network").ends_with("::/32"));
    assert_eq!(apply(&cidr, "0.0.0.0/0").as_deref(), Some("0.0.0.0/0"));
    let written = bind("ip", &[], &text()).expect("fits");
    let spellings: HashSet<_> =
        ["2001:db8::1", "2001:DB8::1", "2001:db8:0::1", "2001:0db8::1"].iter().map(|text| apply(&written, text)).collect();
    assert_eq!(spellings.len(), 4, "different texts stay different");
    let strict = bind("ip", &[("on_invalid", word("error"))], &text()).expect("fits");
    for text in ["unknown", "::1/00000000000000000000000000000000000000128"] {
        assert_eq!(apply(&strict, text).as_deref(), Some("refused: an IP address, with or without a mask length"));
        let after = apply(&written, text).expect("another text");
        let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0").replace(|c: char| c.is_ascii_lowercase(), "a");
        assert!(after != text && form(&after) == form(text), "{after}");
    }
    let seeded = |bound: &Bound, value: &str, seed: &str| {
        let mut out = Vec::new();
        bound
            .mask
            .as_ref()
            .expect("a mask")
            .mask(Cell { seed: seed.as_bytes(), ..Cell::new(value.as_bytes()) }, &mut out)
            .expect("an address");
        String::from_utf8(out).expect("UTF-8")
    };
    assert_eq!(seeded(&inet, "10.0.0.1", "42"), seeded(&inet, "192.0.2.7", "42"), "the seed alone decides");
    assert_ne!(seeded(&inet, "10.0.0.1", "42"), seeded(&inet, "10.0.0.1", "43"));
    assert!(seeded(&inet, "2001:db8::1/64", "42").ends_with("/64"));
    assert!(seeded(&cidr, "10.1.0.0/16", "42").ends_with(".0.0/16"));
}

#[test]
fn phones_keep_their_form() {
    let phone = bind("phone", &[("country", word("FR"))], &varchar(20)).expect("fits");
    let form = |value: &str| apply(&phone, value).expect("a number");
    assert!(form("0612345678").starts_with("063998"));
    assert!(form("+33612345678").starts_with("+3363998"));
    assert!(form("0033612345678").starts_with("003363998"));
    assert!(form("06 12 34 56 78").starts_with("06 39 98 "));
    assert!(form("06.12.34.56.78").starts_with("06.39.98."));
    assert!(!form("0145678901").starts_with("0639"));
    assert!(form("+33 (0)6 12 34 56 78").starts_with("+3363998"), "the form cannot be kept: a digit less");
    assert!(form("612345678").starts_with("63998"));
    // What is no number of the country becomes one.
    for text in ["ask Jeanne", "15", "n/a", "123456789012", "3615 ULLA"] {
        let after = form(text);
        assert!(after.len() == 10 && after.starts_with('0') && after.bytes().all(|b| b.is_ascii_digit()), "{text}: {after}");
    }
    assert!(form("+49 170 1234567").starts_with("+33"));
    assert!(form("0049 170 123456").starts_with("0033"));
    let short = bind("phone", &[("country", word("FR"))], &varchar(10)).expect("fits");
    for text in ["+33612345678", "33 61234567"] {
        let after = apply(&short, text).expect("a number");
        assert!(after.len() == 10 && after.starts_with('0'), "{text}: {after}");
    }
    let german = bind("phone", &[("country", word("DE"))], &text()).expect("fits");
    assert_eq!(apply(&german, "0171/123 45 67").expect("a number").replace(|c: char| c.is_ascii_digit(), "#"), "####/### ## ##");
}

#[test]
fn dates_move_and_keep_the_rest() {
    let shift = bind("date_shift", &[("days", number(3))], &column(Kind::TimestampTz, "timestamp with time zone")).expect("fits");
    assert_eq!(apply(&shift, "infinity").as_deref(), Some("infinity"));
    let moved = apply(&shift, "2024-02-29 17:30:00.5+05:30").expect("a date");
    assert!(moved.ends_with(" 17:30:00.5+05:30") && !moved.starts_with("2024-02-29"), "{moved}");
    assert!(apply(&shift, "0044-03-15 12:00:00+00 BC").expect("a date").ends_with(" 12:00:00+00 BC"));
    assert!(apply(&shift, "yesterday").expect("refused").starts_with("refused"));
    let dates = bind("date_shift", &[("days", number(36_500))], &column(Kind::Date, "date")).expect("fits");
    assert!(apply(&dates, "5874897-12-31").is_some_and(|date| date.starts_with("587")));
    assert!(apply(&dates, "4714-11-24 BC").is_some_and(|date| date.ends_with(" BC")));
    let day = bind("date_shift", &[("days", number(1))], &column(Kind::TimestampTz, "timestamp with time zone")).expect("fits");
    for second in 10..60 {
        // A day earlier would be before the server's first moment, which is in UTC.
        assert_eq!(apply(&day, &format!("4714-11-25 00:00:{second}+05:30 BC")), Some(format!("4714-11-26 00:00:{second}+05:30 BC")));
    }
}

#[test]
fn other_encodings_get_their_own_characters() {
    let latin = Target { charset: Charset::Latin1, ..text() };
    let ascii = Target { charset: Charset::SqlAscii, ..text() };
    let (latin, ascii) = (bind("first_name", &[], &latin).expect("fits"), bind("first_name", &[], &ascii).expect("fits"));
    let mut accents = false;
    for i in 0..1000 {
        let mut out = Vec::new();
        let cell = i.to_string();
        let _ = latin.mask.as_ref().expect("a mask").mask(Cell::new(cell.as_bytes()), &mut out);
        accents |= !out.is_ascii();
        assert!(Charset::Latin1.encode(std::str::from_utf8(&out).expect("UTF-8")).is_some());
        assert!(apply(&ascii, &cell).expect("a name").is_ascii());
    }
    assert!(accents, "some French names have accents that LATIN1 has");
    for name in ["first_name", "full_name", "hash", "email", "phone", "ip", "date_shift"] {
        let kind = if name == "date_shift" { Kind::Date } else { Kind::Text };
        let sjis = Target { charset: Charset::from_name("SJIS").expect("known"), ..column(kind, "x") };
        assert_eq!(
            bind(name, &[], &sjis).expect_err("refused"),
            "the dump's encoding SJIS is one that masks cannot read or write; dump with pg_dump --encoding=UTF8"
        );
    }
    let sjis = Target { charset: Charset::from_name("SJIS").expect("known"), ..text() };
    for (name, value) in [("keep", None), ("null", None), ("empty", None), ("const", Some("x"))] {
        let options: Vec<_> = value.map(|value| ("value", word(value))).into_iter().collect();
        assert!(bind(name, &options, &sjis).is_ok(), "{name}");
    }
    assert_eq!(
        bind("const", &[("value", word("é"))], &sjis).expect_err("refused"),
        "the dump's encoding SJIS cannot write the value; use ASCII"
    );
}

#[test]
fn padding_is_no_part_of_a_value() {
    let padded = |n| Target { max_chars: Some(n), ..column(Kind::Padded, &format!("character({n})")) };
    for name in ["hash", "email", "first_name", "full_name"] {
        let (ten, plain) = (bind(name, &[], &padded(40)).expect("fits"), bind(name, &[], &varchar(40)).expect("fits"));
        assert_eq!(apply(&ten, "abc   "), apply(&plain, "abc"), "{name}");
        assert_eq!(apply(&ten, "    ").as_deref(), Some("    "), "the empty string stays");
        assert_eq!(ten.fingerprint, plain.fingerprint, "{name}");
    }
    // Also where the mask cannot read the value, and where a suffix tells values apart.
    let unique = [("unique", OptionValue::Boolean(true))];
    for (name, options) in [("fpe", &[][..]), ("iban", &[]), ("postcode", &[]), ("first_name", &unique)] {
        let (ten, plain) = (bind(name, options, &padded(50)).expect("fits"), bind(name, options, &varchar(50)).expect("fits"));
        assert_eq!(apply(&ten, "abc   "), apply(&plain, "abc"), "{name}");
    }
}

#[test]
fn words_folded_to_ascii_still_fit() {
    for charset in [Charset::SqlAscii, Charset::Latin1] {
        for locale in super::words::LOCALES {
            for n in 3..12 {
                let target = Target { charset, ..varchar(n) };
                let Ok(bound) = bind("last_name", &[("locale", word(locale.name))], &target) else { continue };
                for i in 0..300 {
                    let mut out = Vec::new();
                    let seed = i.to_string();
                    bound.mask.as_ref().expect("a mask").mask(Cell::new(seed.as_bytes()), &mut out).expect("a name");
                    assert!(
                        String::from_utf8_lossy(&out).chars().count() <= n as usize,
                        "{} in {n} of {}",
                        String::from_utf8_lossy(&out),
                        charset.name()
                    );
                }
            }
        }
    }
}

#[test]
fn equal_fingerprints_mean_equal_pseudonyms() {
    let targets = [text(), varchar(255), varchar(45), varchar(33), varchar(30), varchar(26), varchar(20), varchar(15), varchar(10)];
    for name in ["hash", "email", "first_name", "last_name", "full_name", "phone"] {
        let bound: Vec<Bound> = targets.iter().filter_map(|target| bind(name, &[], target).ok()).collect();
        for (a, b) in bound.iter().flat_map(|a| bound.iter().map(move |b| (a, b))) {
            let same = (0..2000).all(|i| {
                let value = format!("+3361{i:06}");
                apply(a, &value) == apply(b, &value)
            });
            // Equal by chance is possible only where the fingerprints differ for values that are not tried here.
            assert!(same || a.fingerprint != b.fingerprint, "{name}: {}", a.fingerprint);
            if name != "phone" {
                assert_eq!(same, a.fingerprint == b.fingerprint, "{name}: {} and {}", a.fingerprint, b.fingerprint);
            }
        }
    }
}

#[test]
fn frequencies_are_sane() {
    let bound = bind("first_name", &[], &text()).expect("fits");
    let mut counts = std::collections::HashMap::new();
    for i in 0..200_000 {
        *counts.entry(apply(&bound, &i.to_string()).expect("a name")).or_insert(0u32) += 1;
    }
    let list: HashSet<&str> = super::words::find("fr_FR").expect("known").first_names.iter().copied().collect();
    assert_eq!(counts.len(), list.len(), "the whole list is used");
    let mean = 200_000 / u32::try_from(list.len()).expect("small");
    assert!(counts.values().all(|count| *count < mean * 2), "no name is twice as frequent as it should be");
}

proptest! {
    #[test]
    fn every_mask_takes_any_value(value in "\\PC{0,40}", index in 0..registry::all().len()) {
        let definition = registry::all()[index];
        let options: &[(&str, OptionValue)] = if definition.name == "const" { &[("value", word("x"))] } else { &[] };
        for target in [text(), varchar(45), column(Kind::Date, "date"), column(Kind::Inet, "inet"), column(Kind::Cidr, "cidr")] {
            let Ok(bound) = bind(definition.name, options, &target) else { continue };
            if bound.mask.is_none() { continue; }
            let after = apply(&bound, &value);
            prop_assert_eq!(&after, &apply(&bound, &value));
            if let Some(after) = after.filter(|after| !after.starts_with("refused")) {
                prop_assert!(target.max_chars.is_none_or(|max| after.chars().count() <= max as usize));
            }
        }
    }

    #[test]
    fn moved_dates_are_dates_within_reach(day in 0i64..800_000, reach in 1i64..400) {
        let shift = bind("date_shift", &[("days", number(reach))], &column(Kind::Date, "date")).expect("fits");
        let before = format!("{:04}-{:02}-{:02}", day / 366 + 1, day % 12 + 1, day % 28 + 1);
        let after = apply(&shift, &before).expect("a date");
        let distance = super::time::distance(before.as_bytes(), after.as_bytes()).expect("two dates");
        prop_assert!((1..=reach).contains(&distance.abs()), "{} {}", before, after);
    }

    #[test]
    fn addresses_keep_prefixes_and_only_those(a in any::<u32>(), b in any::<u32>(), same in 0u32..32) {
        let mask = u32::MAX.checked_shl(32 - same).unwrap_or(0);
        let b = a & mask | b & !mask;
        let bound = bind("ip", &[], &column(Kind::Inet, "inet")).expect("fits");
        let other = |address: u32| -> u32 {
            apply(&bound, &std::net::Ipv4Addr::from(address).to_string()).expect("one").parse::<std::net::Ipv4Addr>().expect("one").into()
        };
        prop_assert_eq!((a ^ b).leading_zeros(), (other(a) ^ other(b)).leading_zeros());
    }

    #[test]
    fn ipv6_addresses_keep_prefixes_and_only_those(a in any::<u128>(), b in any::<u128>(), same in 0u32..128) {
        let mask = u128::MAX.checked_shl(128 - same).unwrap_or(0);
        let b = a & mask | b & !mask;
        let bound = bind("ip", &[], &column(Kind::Inet, "inet")).expect("fits");
        let other = |address: u128| -> u128 {
            apply(&bound, &std::net::Ipv6Addr::from(address).to_string()).expect("one").parse::<std::net::Ipv6Addr>().expect("one").into()
        };
        prop_assert_eq!((a ^ b).leading_zeros(), (other(a) ^ other(b)).leading_zeros());
    }
}
