//! What the masks of contacts promise.

use std::collections::HashSet;

use proptest::prelude::*;

use super::numbers;
use crate::mask::fit::Target;
use crate::mask::registry::{self, OptionValue};
use crate::mask::{Bound, Cell, Distinct, Masked, Note, Surroundings, demo};

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn try_bind(name: &str, options: &[(&str, OptionValue)], kind: &str) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let row: Vec<_> = ["pays", "prenom", "nom"].map(|name| (name.to_owned(), Target::of_sql("text"))).into();
    demo::bound(registry::find(name).expect("known"), &options, &Target::of_sql(kind), &row, b"0123456789abcdef")
        .map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
}

fn bind(name: &str, options: &[(&str, OptionValue)], kind: &str) -> Bound {
    try_bind(name, options, kind).expect("fits")
}

#[derive(Debug)]
struct Row(&'static [Option<&'static str>]);

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index).copied().flatten().map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn bytes(bound: &Bound, cell: Cell<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(bound.mask.as_ref().expect("a mask").mask(cell, &mut out), Ok(Masked::Value));
    out
}

fn apply(bound: &Bound, value: &str) -> String {
    String::from_utf8(bytes(bound, Cell::new(value.as_bytes()))).expect("UTF-8")
}

fn with(bound: &Bound, value: &str, row: &'static [Option<&'static str>]) -> String {
    String::from_utf8(bytes(bound, Cell { around: &Row(row), ..Cell::new(value.as_bytes()) })).expect("UTF-8")
}

#[test]
fn addresses_are_made_of_the_names_of_the_row() {
    let email = bind("email", &[("first", word("prenom")), ("last", word("nom"))], "character varying(60)");
    assert!(email.reads.iter().all(|reading| reading.masked) && email.reads.len() == 2 && email.distinct == Distinct::Kept);
    assert!(with(&email, "a@b.fr", &[Some("Zoé"), Some("d'Œuvre")]).starts_with("zoe.doeuvre."));
    assert!(with(&email, "a@b.fr", &[Some("Zoé"), None]).starts_with("zoe."));
    let bare = with(&email, "a@b.fr", &[None, Some("陈")]);
    assert_eq!(bare.find('@'), Some(18));
    assert_eq!(with(&email, "a@b.fr", &[Some("Zoé"), None]).rsplit('.').nth(1), bare.rsplit('.').nth(1), "one value, one suffix");
    let short = bind("email", &[("first", word("prenom")), ("last", word("nom"))], "character varying(34)");
    for (first, last) in [("Maximilienne", "Grandjean-Delacroix"), ("A", "B")] {
        let row: &'static [Option<&'static str>] = Box::leak(Box::new([Some(first), Some(last)]));
        assert!(with(&short, "a@b.fr", row).len() <= 34);
    }
}

#[test]
fn hosts_are_kept_where_they_fit() {
    let email = bind("email", &[("keep_host", OptionValue::Boolean(true))], "character varying(40)");
    assert!(apply(&email, "zoe@laposte.net").ends_with("@laposte.net"));
    for odd in ["zoe", "zoe@", "zoe@-x-.fr", "zoe@a b", "zoe@münchen.de", "a@example.com (work)", "z@an.unusually.long.host.example"] {
        let after = apply(&email, odd);
        assert!(after.ends_with("@example.org") && after.len() <= 40, "{odd}: {after}");
    }
    let all: HashSet<_> = (0..50_000).map(|i| apply(&email, &format!("u{i}@h{}.example", i % 7))).collect();
    assert_eq!(all.len(), 50_000);
    assert!(all.iter().all(|address| address.len() <= 40));
    assert_ne!(email.fingerprint, bind("email", &[], "character varying(40)").fingerprint);
}

/// Digits of the national number as E.164 has it, by a reading of its own.
fn is_fiction(number: &str, calling: &str, blocks: &[(&str, u32)]) -> bool {
    let national = number.strip_prefix('+').and_then(|rest| rest.strip_prefix(calling)).expect("international");
    blocks.iter().any(|(prefix, free)| national.starts_with(prefix) && national.len() == prefix.len() + *free as usize)
}

#[test]
fn every_country_writes_numbers_of_its_own() {
    for country in numbers::COUNTRIES.iter().filter(|country| country.is_known()) {
        let bound = bind("phone", &[("country", word(country.code))], "text");
        for i in 0..300 {
            let after = apply(&bound, &format!("+{}{}", country.calling, 612_345_000 + i));
            assert!(is_fiction(&after, country.calling, country.mobile) || is_fiction(&after, country.calling, country.fixed), "{after}");
        }
    }
    let codes: Vec<_> = numbers::COUNTRIES.iter().map(|country| country.code).collect();
    assert!(codes.is_sorted() && codes.iter().collect::<HashSet<_>>().len() == codes.len());
    assert_eq!(
        try_bind("phone", &[("country", word("PT"))], "text").expect_err("refused"),
        format!(
            "no numbers are kept for fiction in PT; name a country that keeps some: one of {}; or distinct = true or keep_prefix, whose numbers may ring at somebody's",
            numbers::codes()
        )
    );
}

#[test]
fn a_column_names_the_country() {
    let phone = bind("phone", &[("country", word("pays"))], "text");
    assert!(with(&phone, "+33612345678", &[Some("fr")]).starts_with("+3363998"));
    assert!(with(&phone, "+590690123456", &[Some("GP")]).starts_with("+59063998"));
    assert!(with(&phone, "+594694123456", &[Some(" gf ")]).starts_with("+59463998"));
    assert!(with(&phone, "+262262123456", &[Some("re")]).starts_with("+262"));
    assert!(with(&phone, "07700 123456", &[Some("gb")]).starts_with("07700 900"));
    assert!(with(&phone, "0612345678", &[Some("+33")]).starts_with("063998"));
    // The national number alone, the country's code elsewhere.
    assert!(with(&phone, "612345678", &[Some("FR")]).starts_with("63998"));
    assert!(with(&phone, "690123456", &[Some("gp")]).starts_with("63998"));
    for unknown in [None, Some(""), Some("zz"), Some("nc"), Some("PT")] {
        assert!(with(&phone, "0612345678", Box::leak(Box::new([unknown]))).starts_with("063998"), "{unknown:?}");
    }
    assert_eq!(
        try_bind("phone", &[("country", word("pay"))], "text").expect_err("refused").split(',').next(),
        Some("option \"country\": \"pay\" is neither a country nor a column")
    );
}

#[test]
fn prefixes_are_kept_and_the_rest_is_made_up() {
    let phone = bind("phone", &[("keep_prefix", OptionValue::Integer(4))], "text");
    let after = apply(&phone, "06 12 34 56 78");
    assert!(after.starts_with("06 12 ") && after != "06 12 34 56 78" && after.len() == 14);
    assert_ne!(apply(&phone, "1234567"), "1234567");
    assert_ne!(apply(&phone, "ask Jeanne"), "ask Jeanne");
    assert_ne!(apply(&phone, "15"), apply(&phone, "99"));
}

fn distinct(code: &str) -> Bound {
    bind("phone", &[("country", word(code)), ("distinct", OptionValue::Boolean(true))], "character varying(20)")
}

#[test]
fn different_numbers_stay_different() {
    let bound = distinct("FR");
    assert_eq!(bound.distinct, Distinct::Kept);
    let all: HashSet<_> = (0..200_000).map(|i| apply(&bound, &format!("06{i:08}"))).collect();
    assert_eq!(all.len(), 200_000);
    assert!(all.iter().all(|number| number.len() == 10 && number.starts_with("06")));
    for form in ["{}", "+33 6 {}", "00336{}", "0{}", "33{}", "44{}"] {
        // Every value of the last four digits: a permutation within and across the classes.
        let mut seen = HashSet::new();
        for i in 0..10_000 {
            assert!(seen.insert(apply(&bound, &form.replace("{}", &format!("{i:04}")))), "{form}");
        }
    }
    // One number, however it is written.
    let rest = |text: &str| apply(&bound, text).replace([' ', '.'], "").chars().rev().take(8).collect::<String>();
    assert_eq!(rest("0612345678"), rest("+33612345678"));
    assert_eq!(rest("06 12 34 56 78"), rest("0033612345678"));
    assert_eq!(rest("612345678"), rest("06.12.34.56.78"));
    assert_eq!(
        try_bind("phone", &[("country", word("pays")), ("distinct", OptionValue::Boolean(true))], "text").expect_err("refused"),
        "option \"country\": numbers of several countries are not kept distinct; name one country, or leave distinct out"
    );
}

#[test]
fn small_spaces_are_permuted_exhaustively() {
    for (code, keep) in [("GB", None), ("ES", None), ("FR", Some(2)), ("IT", Some(1))] {
        let mut options = vec![("country", word(code)), ("distinct", OptionValue::Boolean(true))];
        options.extend(keep.map(|keep| ("keep_prefix", OptionValue::Integer(keep))));
        let bound = bind("phone", &options, "text");
        for width in 1..=5 {
            let all: HashSet<_> = (0..10u32.pow(width)).map(|i| apply(&bound, &format!("{i:0width$}", width = width as usize))).collect();
            assert_eq!(all.len(), 10usize.pow(width), "{code} {width}");
        }
        let all: HashSet<_> =
            ('a'..='z').flat_map(|a| ('0'..='9').map(move |b| format!("{a}-{b}"))).map(|text| apply(&bound, &text)).collect();
        assert_eq!(all.len(), 260);
    }
}

proptest! {
    #[test]
    fn two_numbers_never_meet(a in "[+0]{0,2}[0-9]{1,14}[ x]?", b in "[+0]{0,2}[0-9]{1,14}[ x]?", country in 0usize..numbers::COUNTRIES.len()) {
        let bound = distinct(numbers::COUNTRIES[country].code);
        prop_assert_eq!(a == b, apply(&bound, &a) == apply(&bound, &b), "{} {}", a, b);
    }

    #[test]
    fn long_texts_stay_apart(a in "[0-9a-zA-Z]{60}", b in "[0-9a-zA-Z]{60}") {
        let bound = bind("phone", &[("distinct", OptionValue::Boolean(true))], "text");
        let (after, other) = (apply(&bound, &a), apply(&bound, &b));
        prop_assert!(after != other || a == b);
        prop_assert!(after.len() == 60 && after != a);
    }

    #[test]
    fn any_bytes_will_do(value in prop::collection::vec(any::<u8>(), 0..80)) {
        for options in [vec![], vec![("distinct", OptionValue::Boolean(true))], vec![("keep_prefix", OptionValue::Integer(3))]] {
            let _ = bytes(&bind("phone", &options, "text"), Cell::new(&value));
        }
        let kept = bytes(&bind("email", &[("keep_host", OptionValue::Boolean(true))], "text"), Cell::new(&value));
        prop_assert!(kept.is_ascii() && kept.contains(&b'@'));
    }
}
