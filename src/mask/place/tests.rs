//! What the masks of places promise.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::list;
use crate::encoding::Charset;
use crate::mask::fit::{Kind, Target};
use crate::mask::registry::{self, OptionValue};
use crate::mask::{Bound, Cell, Distinct, Masked, Note, Surroundings, demo};

fn value(text: &str) -> OptionValue {
    text.parse().map_or_else(|_| OptionValue::Text(text.to_owned()), OptionValue::Integer)
}

fn try_bind(name: &str, options: &[(&str, &str)], target: &Target) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect();
    let row = [("cp".to_owned(), Target::of_sql("text")), ("id".to_owned(), Target::of_sql("integer"))];
    demo::bound(registry::find(name).expect("known"), &options, target, &row, b"0123456789abcdef")
        .map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
}

fn bind(name: &str, options: &[(&str, &str)], kind: &str) -> Bound {
    try_bind(name, options, &Target::of_sql(kind)).expect("fits")
}

#[derive(Debug)]
struct Row<'a>(Option<&'a str>);

impl Surroundings for Row<'_> {
    fn read(&self, _: usize) -> Option<&[u8]> {
        self.0.map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn masked(bound: &Bound, cell: Cell<'_>) -> String {
    let mut out = b"head".to_vec();
    assert_eq!(bound.mask.as_ref().expect("a mask").mask(cell, &mut out), Ok(Masked::Value));
    String::from_utf8(out.split_off(4)).expect("UTF-8")
}

fn apply(bound: &Bound, value: &str) -> String {
    masked(bound, Cell::new(value.as_bytes()))
}

fn seeded(bound: &Bound, value: &str, seed: &str) -> String {
    masked(bound, Cell { seed: seed.as_bytes(), ..Cell::new(value.as_bytes()) })
}

#[test]
fn one_seed_is_one_place() {
    for code in list::CODES {
        let country = list::find(code).expect("listed");
        let of = |name, more: &[(&'static str, &'static str)]| bind(name, &[&[("country", *code)], more].concat(), "text");
        let (city, postcode, address) = (of("city", &[]), of("postcode", &[]), of("address", &[("lines", "2")]));
        let (area, region) = (of("departement", &[("form", "name")]), of("region", &[("form", "code")]));
        let street = of("street_address", &[]);
        let mut seen = HashSet::new();
        for i in 0..400 {
            let seed = i.to_string();
            let (city, postcode) = (seeded(&city, "x", &seed), seeded(&postcode, "x", &seed));
            let (area, region) = (seeded(&area, "x", &seed), seeded(&region, "x", &seed));
            let fits = |pattern: &str| {
                let good = |(a, b): (char, char)| match b {
                    '#' => a.is_ascii_digit(),
                    '@' => a.is_ascii_uppercase(),
                    b => a == b,
                };
                pattern.len() == postcode.len() && postcode.chars().zip(pattern.chars()).all(good)
            };
            let is = |place: &&list::Place| {
                place.city == city && fits(place.postcode) && country.area(place).name == area && country.region(place).code == region
            };
            assert!(country.places.iter().any(|place| is(&place)), "{code}: {postcode} {city} {area} {region}");
            let address = seeded(&address, "x", &seed);
            let (first, second) = address.split_once('\n').expect("two lines");
            assert_eq!(first, seeded(&street, "x", &seed));
            assert!(second.contains(&city), "{address}");
            seen.insert((city, postcode));
        }
        assert!(seen.len() > 30, "{code}: {}", seen.len());
    }
    let (commune, city) = (bind("commune_code", &[], "character varying(5)"), bind("city", &[], "text"));
    let france = list::find("FR").expect("listed");
    for i in 0..500 {
        let (commune, city) = (apply(&commune, &i.to_string()), apply(&city, &i.to_string()));
        assert!(france.places.iter().any(|place| place.commune == commune && place.city == city));
    }
}

#[test]
fn the_departement_is_kept_and_the_row_agrees() {
    let postcode = bind("postcode", &[("keep", "departement")], "character varying(5)");
    let follow = |name| bind(name, &[("of", "cp"), ("keep", "departement")], "text");
    let (city, commune, area, region) = (follow("city"), follow("commune_code"), follow("departement"), follow("region"));
    let france = list::find("FR").expect("listed");
    for (before, code) in [
        ("35250", "35"),
        ("20137", "2A"),
        ("20200", "2B"),
        ("97411", "974"),
        ("97133", "977"),
        ("97150", "978"),
        ("05110", "04"),
        ("01590", "39"),
        ("75018", "75"),
        ("2A004", "2A"),
        ("971", "971"),
        ("1000", "01"),
    ] {
        let around = Row(Some(before));
        let cell = |value: &'static str| Cell { around: &around, ..Cell::new(value.as_bytes()) };
        let after = apply(&postcode, before);
        let place = (masked(&city, cell("Anywhere")), masked(&commune, cell("00000")));
        let found = france.places.iter().find(|place| place.postcode == after && place.commune == masked(&commune, cell("x")));
        let found = found.unwrap_or_else(|| panic!("{before}: {after} {place:?}"));
        assert_eq!((found.city, france.area(found).code), (place.0.as_str(), code), "{before}");
        assert_eq!(masked(&area, cell("99")), code);
        assert_eq!(masked(&region, cell("Anywhere")), france.region(found).name);
    }
    let around = Row(None);
    assert_eq!(masked(&city, Cell { around: &around, ..Cell::new(b"Rennes") }), apply(&bind("city", &[], "text"), "Rennes"));
    // With a seed the column says where, and the seed which.
    let around = Row(Some("35250"));
    let at = |seed: &'static str| masked(&commune, Cell { seed: seed.as_bytes(), around: &around, ..Cell::new(b"x") });
    let places: BTreeSet<_> = ["1", "2", "3", "4", "5", "6", "7", "8"].map(at).into();
    assert!(places.len() > 2 && places.iter().all(|commune| commune.starts_with("35")), "{places:?}");
    let region = bind("commune_code", &[("of", "cp"), ("keep", "region")], "text");
    let all: BTreeSet<_> = (0..200)
        .map(|i| masked(&region, Cell { seed: i.to_string().as_bytes(), around: &around, ..Cell::new(b"x") })[..2].to_owned())
        .collect();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), ["22", "29", "35", "56"], "Bretagne");
}

#[test]
fn leading_characters_are_kept() {
    let two = bind("postcode", &[("keep", "2")], "text");
    for (before, form) in [("35250", "35###"), ("SW1A 2AA", "SW#@ #@@"), ("sw1a2aa", "sw#@#@@"), ("1012 AB", "10## @@"), ("4", "4")] {
        let after = apply(&two, before);
        let good = |(a, f): (char, char)| match f {
            '#' => a.is_ascii_digit(),
            '@' => a.is_ascii_alphabetic(),
            f => a == f,
        };
        assert!(after.len() == form.len() && after.chars().zip(form.chars()).all(good), "{before}: {after}");
    }
}

#[test]
fn forms_are_those_of_the_original() {
    let area = bind("departement", &[], "text");
    let form = |before| apply(&area, before);
    assert!(form("35").len() <= 3 && form("2A").len() <= 3 && form("971").len() <= 3);
    assert!(form("Ille-et-Vilaine").len() > 2 && form("Ain").len() > 2 && form("Var").chars().any(char::is_lowercase));
    assert!(form("35 - Ille-et-Vilaine").contains(" - ") && form("Ille-et-Vilaine (35)").ends_with(')'));
    let short = bind("departement", &[], "character varying(3)");
    assert!((0..300).all(|i| apply(&short, &format!("dep {i}")).len() <= 3));
    let integer = bind("departement", &[], "integer");
    assert!(
        (0..300)
            .map(|i| apply(&integer, &i.to_string()))
            .all(|code| code.parse::<u16>().is_ok_and(|code| code > 0) && !code.starts_with('0'))
    );
    let postcode = bind("postcode", &[], "integer");
    assert!((0..300).map(|i| apply(&postcode, &i.to_string())).all(|code| code.parse::<u32>().is_ok() && !code.starts_with('0')));
    let dutch = bind("postcode", &[("country", "NL")], "character varying(7)");
    assert!(apply(&dutch, "1012 AB").contains(' ') && !apply(&dutch, "1012AB").contains(' '));
    let narrow = bind("postcode", &[("country", "NL")], "character(6)");
    assert_eq!(apply(&narrow, "1012AB").len(), 6);
    let country = bind("country", &[], "text");
    let form = |before| apply(&country, before);
    assert!(form("FR").len() == 2 && form("fr").bytes().all(|byte| byte.is_ascii_lowercase()) && form("FRA").len() == 3);
    assert!(form("250").parse::<u16>().is_ok() && form("Allemagne").len() > 3);
    let code = bind("country", &[], "character(2)");
    assert!(["France", "FR", "x"].iter().all(|before| apply(&code, before).len() == 2));
    let address = bind("address", &[], "text");
    for (before, lines) in [("10 rue X, Paris", 1), ("10 rue X\nParis", 2), ("a\nb\nc", 3), ("a\nb\nc\nd", 3)] {
        assert_eq!(apply(&address, before).lines().count(), lines, "{before}");
    }
    assert!(apply(&bind("address", &[("case", "upper")], "text"), "x").chars().all(|c| !c.is_lowercase()));
}

#[test]
fn what_does_not_fit_is_said() {
    let text = || Target::of_sql("text");
    let varchar = |n: u32| Target { max_chars: Some(n), ..Target::of_sql(&format!("character varying({n})")) };
    for (name, options, target, said) in [
        ("city", &[][..], varchar(3), "a choice of towns of FR needs 4 characters, the column takes 3; use const or null"),
        (
            "city",
            &[("keep", "departement")],
            text(),
            "option \"keep\": the value does not tell where it lies; name the column of the postcode: of = \"postcode\"",
        ),
        (
            "postcode",
            &[("keep", "departement"), ("country", "US")],
            text(),
            "option \"keep\": of the postcodes of US no table tells in which region they lie; name country = \"FR\", or keep = 2 on the postcode",
        ),
        (
            "postcode",
            &[("keep", "street")],
            text(),
            "option \"keep\": expected \"departement\", \"region\" or a number from 1 to 8; for example keep = \"departement\"",
        ),
        (
            "postcode",
            &[],
            Target::of_sql("smallint"),
            "it makes postcodes, which are larger numbers, but the column is smallint; use const or null, or keep the column",
        ),
        (
            "postcode",
            &[("country", "GB")],
            Target::of_sql("integer"),
            "the postcodes of GB are no numbers, but the column is integer; use const or null",
        ),
        (
            "departement",
            &[("country", "US")],
            Target::of_sql("integer"),
            "the codes of US are no numbers, but the column is integer; use const or null",
        ),
        ("postcode", &[], varchar(4), "a choice of postcodes of FR needs 5 characters, the column takes 4; use const or null"),
        ("city", &[("of", "pc")], text(), "option \"of\": the table has no column \"pc\"; did you mean \"cp\"?"),
        ("country", &[], varchar(1), "the code of a country needs 2 characters, the column takes 1; use const or null"),
    ] {
        assert_eq!(try_bind(name, options, &target).expect_err(name), said, "{name}");
    }
}

const NAMES: &[&str] = &["address", "city", "country", "departement", "postcode", "region", "street_address"];

#[test]
fn values_fit_columns_and_encodings() {
    for code in list::CODES {
        for name in NAMES {
            for charset in [Charset::Utf8, Charset::Latin1, Charset::SqlAscii] {
                for max in [2u32, 3, 5, 8, 12, 16, 20, 25, 30, 40, 60, 100, 255] {
                    let target = Target { charset, max_chars: Some(max), ..Target::of_sql("character varying(9)") };
                    let options: &[_] = if *name == "country" { &[] } else { &[("country", *code)] };
                    let Ok(bound) = try_bind(name, options, &target) else {
                        assert!(max < 60, "{name} {code} {max}");
                        continue;
                    };
                    assert_eq!(bound.distinct, Distinct::Lost);
                    let mut seen = HashSet::new();
                    for i in 0..60 {
                        for value in [i.to_string(), format!("Ille-et-Vilaine {i}"), format!("{i}\n\n3")] {
                            let after = apply(&bound, &value);
                            assert!(after.chars().count() <= max as usize, "{name} {code} {max}: {after}");
                            assert!(!after.is_empty() && charset.encode(&after).is_some(), "{name} {code}: {after}");
                            seen.insert(after);
                        }
                    }
                    assert!(seen.len() >= 3, "{name} {code} {max}: {}", seen.len());
                }
            }
        }
    }
}

#[test]
fn equal_fingerprints_mean_equal_pseudonyms() {
    for name in NAMES {
        let kinds = [
            "text",
            "character varying(255)",
            "character varying(60)",
            "character varying(30)",
            "character varying(12)",
            "character varying(3)",
        ];
        let bound: Vec<Bound> = kinds.iter().filter_map(|kind| try_bind(name, &[], &Target::of_sql(kind)).ok()).collect();
        for (a, b) in bound.iter().flat_map(|a| bound.iter().map(move |b| (a, b))) {
            let same = (0..1000)
                .all(|i| ["", "x\ny\nz", "Ain (01)"].iter().all(|text| apply(a, &format!("{i}{text}")) == apply(b, &format!("{i}{text}"))));
            assert!(same || a.fingerprint != b.fingerprint, "{name}: {}", a.fingerprint);
        }
    }
    let domains: BTreeSet<_> = NAMES.iter().map(|name| registry::find(name).expect("known").default_domain).collect();
    assert_eq!(domains.into_iter().collect::<Vec<_>>(), ["country", "place"]);
}

#[test]
fn frequencies_are_sane() {
    let city = bind("commune_code", &[], "text");
    let mut counts = std::collections::HashMap::new();
    for i in 0..110_000 {
        *counts.entry(apply(&city, &i.to_string())).or_insert(0u32) += 1;
    }
    let france = list::find("FR").expect("listed");
    assert_eq!(counts.len(), france.places.len());
    assert!(counts.values().all(|count| (100..320).contains(count)), "200 on average");
}

#[test]
fn padding_is_no_part_of_a_postcode() {
    let target = Target { kind: Kind::Padded, ..Target::of_sql("character(8)") };
    let (padded, plain) = (try_bind("postcode", &[], &target).expect("fits"), bind("postcode", &[], "text"));
    assert_eq!(apply(&padded, "35250   "), apply(&plain, "35250"));
}

proptest! {
    #[test]
    fn any_bytes_will_do(value in prop::collection::vec(any::<u8>(), 0..60), of in prop::option::of("\\PC{0,9}")) {
        for name in ["postcode", "city", "departement", "region", "commune_code", "address"] {
            let options: &[(&str, &str)] = &[("of", "cp"), ("keep", "departement")];
            let bound = bind(name, options, "character varying(90)");
            let around = Row(of.as_deref());
            let after = masked(&bound, Cell { around: &around, ..Cell::new(&value) });
            prop_assert!(!after.is_empty());
        }
        for name in NAMES {
            prop_assert!(!masked(&bind(name, &[], "character varying(90)"), Cell::new(&value)).is_empty());
        }
    }
}
