//! What the family promises: permutations, spellings, columns of numbers, agreement, seeds, no value in a message.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::super::super::{Distinct, Note, Reading, Surroundings};
use super::known::RIGHT;
use super::*;

/// Every number of a shape (`0` any digit) that a mask takes.
fn all(bound: &Bound, shape: &str) -> BTreeSet<String> {
    let free = shape.matches('*').count();
    let fill = |number: usize| {
        let digits = format!("{number:0free$}");
        let mut next = digits.chars();
        shape.chars().map(|c| if c == '*' { next.next().expect("a digit") } else { c }).collect::<String>()
    };
    (0..10usize.pow(free as u32)).map(fill).filter(|value| apply(bound, value).is_ok()).collect()
}

#[test]
fn small_spaces_are_permuted_whole() {
    for (name, options, shape, count) in [
        ("credit_card", vec![("keep", OptionValue::Integer(8))], "41111111****", 1000),
        ("siret", vec![("keep", words(&["siren"]))], "732829320*****", 10_000),
        ("uai", vec![("keep", word_of("departement"))], "075****V", 435),
        ("nir", vec![("keep", words(&["sex", "birth", "departement"]))], "2 95 10 974 01 *** **", 0),
        ("personnummer", vec![("keep", words(&["birth"]))], "880320-****", 1000),
        ("licence_plate", vec![("country", word_of("CH"))], "VD ****", 9000),
        ("vat", vec![], "GBHA***", 500),
        ("vat", vec![], "GBGD***", 500),
        ("iban", vec![("keep", word_of("bank"))], "BE** 5390 0000 **00", 0),
        ("isbn", vec![], "00000****X", 0),
        ("imei", vec![], "35686800-0000**-*", 100),
        ("bsn", vec![], "00000****", 0),
    ] {
        let bound = strict(name, &options);
        let before = all(&bound, shape);
        if count > 0 {
            assert_eq!(before.len(), count, "{name} {shape}");
        }
        let after: BTreeSet<String> = before.iter().map(|value| apply(&bound, value).expect("taken")).collect();
        assert_eq!(before.len(), after.len(), "{name} {shape}");
        // Where nothing outside of the shape can be reached, the numbers change places among themselves.
        if matches!(name, "credit_card" | "siret" | "licence_plate" | "vat" | "personnummer") {
            assert_eq!(before, after, "{name} {shape}");
        }
        let same = before.iter().filter(|value| apply(&bound, value).as_ref() == Ok(value)).count();
        assert!(same < 8, "{name}: {same} of {} stay", before.len());
    }
}

#[test]
fn spellings_of_one_number_agree_and_stay_apart() {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    for (name, value) in RIGHT {
        let bound = strict(name, &[]);
        assert_eq!(bound.distinct, Distinct::Kept);
        let bare = plain(value);
        let spaced: String = bare.chars().enumerate().flat_map(|(at, c)| if at % 4 == 3 { vec![c, ' '] } else { vec![c] }).collect();
        let spellings: HashSet<String> = [
            bare.clone(),
            bare.to_lowercase(),
            spaced.clone(),
            spaced.replace(' ', "-"),
            format!(" {bare}"),
            spaced.replace(' ', "\u{a0}"),
            spaced.replace(' ', "\u{202f}"),
        ]
        .into();
        let after: HashSet<String> = spellings.iter().map(|spelt| apply(&bound, spelt).expect("taken")).collect();
        assert_eq!(after.len(), spellings.len(), "{name}");
        let numbers: HashSet<String> = after.iter().map(|spelt| plain(spelt)).collect();
        assert_eq!(numbers.len(), 1, "{name} {value}");
        for spelt in &spellings {
            let separators = |text: &str| text.replace(|c: char| c.is_ascii_alphanumeric(), "x");
            let new = apply(&bound, spelt).expect("taken");
            assert_eq!(separators(&new), separators(spelt), "{name}");
            assert_eq!(new.to_lowercase() == new, spelt.to_lowercase() == *spelt, "{name}: {spelt} becomes {new}");
        }
    }
}

#[test]
fn organisations_agree() {
    let (siren, siret, vat) = (strict("siren", &[]), strict("siret", &[]), strict("vat", &[]));
    for (company, establishments) in
        [("732829320", ["73282932000074", "73282932000082"]), ("404833048", ["40483304800022", "40483304800030"])]
    {
        let masked = apply(&siren, company).expect("a SIREN");
        for establishment in establishments {
            assert_eq!(apply(&siret, establishment).expect("a SIRET")[..9], masked);
        }
        assert_ne!(apply(&siret, establishments[0]), apply(&siret, establishments[1]));
        let key = (12 + 3 * (company.parse::<u32>().expect("digits") % 97)) % 97;
        assert_eq!(apply(&vat, &format!("FR{key:02}{company}")).expect("a VAT number")[4..], masked);
    }
    let keeping = strict("siret", &[("keep", words(&["siren"]))]);
    assert!(apply(&keeping, "73282932000074").expect("a SIRET").starts_with("732829320"));
    let nic = apply(&strict("siret", &[("keep", words(&["nic"]))]), "73282932000074").expect("a SIRET");
    assert!(nic[9..13] == *"0007" && nic[..9] != *"732829320", "{nic}");
    for post in ["35600000000048", "35600000049837"] {
        assert!(apply(&siret, post).expect("La Poste").starts_with("356000000"));
    }
    // Of a company the branches stay together.
    let cnpj = strict("cnpj", &[("keep", word_of("branch"))]);
    let (one, two) = (apply(&cnpj, "16.727.230/0001-97").expect("a CNPJ"), apply(&cnpj, "16.727.230/0002-78").expect("a CNPJ"));
    assert!(one[..10] == two[..10] && one[10..15] == *"/0001" && two[10..15] == *"/0002", "{one} {two}");
}

#[test]
fn numbers_keep_what_they_are_told_to() {
    let kept = |name: &str, words_: &[&str], value: &str| apply(&strict(name, &[("keep", words(words_))]), value).expect("taken");
    let nir = "2 95 10 99 126 111 93";
    assert!(kept("nir", &["sex", "birth", "departement"], nir).starts_with("2 95 10 99 "));
    assert!(kept("nir", &["birth"], nir)[1..].starts_with(" 95 10 "));
    assert!(apply(&strict("nir", &[]), nir).expect("taken").starts_with("2 "), "the sex stays by default");
    assert!(apply(&strict("nir", &[]), nir).expect("taken")[7..].starts_with(" 99 "), "the département too");
    assert!(kept("nir", &["departement"], "1 84 12 2A 451 089 33")[7..].starts_with(" 2A "));
    assert!(kept("nir", &["departement"], "1841297405108")[5..].starts_with("974"));
    // With its key or without it is the same number.
    let long = apply(&strict("nir", &[]), "2 95 10 99 126 111 93").expect("taken");
    assert!(long.starts_with(&apply(&strict("nir", &[]), "2 95 10 99 126 111").expect("taken")));
    let months: HashSet<String> = (0..200).map(|order| kept("nir", &[], &format!("1841276451{:03}", order + 1))[3..5].to_owned()).collect();
    assert!(months.len() == 12, "{months:?}");
    assert!(kept("pesel", &["birth"], "44051401359").starts_with("440514"));
    for value in ["44051401359", "02070803628"] {
        let sex = |text: &str| text.as_bytes()[9] % 2;
        assert_eq!(sex(&kept("pesel", &["sex"], value)), sex(value));
    }
    assert!(kept("national_number", &["birth", "sex"], "85.07.30-033 28").starts_with("85.07.30-"));
    assert_eq!(kept("codice_fiscale", &["sex", "birth", "place"], "RCCMNL83S18D969H")[6..15], *"83S18D969");
    assert_eq!(kept("codice_fiscale", &["birth"], "RCCMNL83S18D969H")[6..9], *"83S");
    let women = (0..100).map(|at| format!("RSSMRA85T{:02}A{:03}", at % 30 + 41, at)).filter_map(|body| {
        ('A'..='Z').find_map(|letter| apply(&strict("codice_fiscale", &[("keep", words(&["sex"]))]), &format!("{body}{letter}")).ok())
    });
    assert!(
        women.fold(0, |count, code| {
            assert!(code[9..11].parse::<u32>().expect("a day") > 40, "{code}");
            count + 1
        }) > 90
    );
    assert!(apply(&strict("iban", &[("keep", word_of("bank"))]), "FR1420041010050500013M02606").expect("taken")[4..].starts_with("20041"));
    assert!(apply(&strict("credit_card", &[]), "4111 1111 1111 1111").expect("taken").starts_with("4111 11"));
    assert!(apply(&strict("rna", &[("keep", word_of("departement"))]), "W751004076").expect("taken").starts_with("W75"));
    // A code in which letters stand for digits keeps them where they are.
    let code = strict("codice_fiscale", &[]);
    let omocodia = ('A'..='Z').find_map(|end| apply(&code, &format!("RCCMNL83S18D96V{end}")).ok()).expect("a code");
    assert!(omocodia.as_bytes()[14].is_ascii_uppercase() && omocodia.as_bytes()[13].is_ascii_digit(), "{omocodia}");
}

#[test]
fn national_checks_that_were_wrong_stay_wrong() {
    // Right by ISO 7064, but with a wrong key of the French RIB.
    let bound = strict("iban", &[]);
    let wrong =
        (0..97).map(|check| format!("FR{check:02}20041010050500013M02607")).find(|value| apply(&bound, value).is_ok()).expect("one");
    let after = apply(&bound, &wrong).expect("an IBAN");
    assert!(after != wrong && apply(&bound, &after).is_ok());
    // A country that is in no registry keeps its shape.
    let elsewhere =
        (2..99).map(|check| format!("MA{check:02}011519000001205000534921")).find(|value| apply(&bound, value).is_ok()).expect("one");
    assert!(apply(&bound, &elsewhere).expect("an IBAN").starts_with("MA"));
}

#[test]
fn columns_of_numbers_lose_no_zeros() {
    let siren = bind("siren", &[], "integer").expect("fits");
    let text = strict("siren", &[]);
    // 5 and zeros before it; what the text column makes of the same number.
    for value in ["5500003", "732829320", "8"] {
        let padded = format!("{value:0>9}");
        match (apply(&siren, value), apply(&text, &padded)) {
            (Ok(number), Ok(spelt)) => assert_eq!(number, spelt.trim_start_matches('0')),
            (number, spelt) => assert_eq!(number, spelt),
        }
    }
    let numbers: BTreeSet<u32> = (5_000_000..5_020_000u32)
        .filter_map(|number| apply(&siren, &number.to_string()).ok())
        .map(|after| after.parse().expect("digits"))
        .collect();
    assert_eq!(numbers.len(), 2000);
    for (name, column, value) in [
        ("credit_card", "bigint", "4111111111111111"),
        ("siret", "bigint", "73282932000074"),
        ("bsn", "integer", "111222333"),
        ("pesel", "numeric(11)", "2070803628"),
        ("nir", "numeric", "295109912611193"),
        ("isbn", "numeric(13,0)", "9789024538270"),
    ] {
        let bound = bind(name, &[], column).expect("fits");
        let after = apply(&bound, value).unwrap_or_else(|_| panic!("{name}"));
        assert!(!after.starts_with('0') && after.bytes().all(|byte| byte.is_ascii_digit()) && after != value, "{name} {after}");
        assert!(apply(&bound, &after).is_ok(), "{name} {after}");
        for odd in ["-1", "1.0", "NaN", "", "1e3"] {
            assert!(apply(&bound, odd).is_err(), "{name} {odd}");
        }
    }
    // Nineteen digits must stay below the largest bigint.
    let cards = bind("credit_card", &[("keep", OptionValue::Integer(1))], "bigint").expect("fits");
    let mut at = "9000000000000000008".to_owned();
    at = (0..10).map(|check| format!("{}{check}", &at[..18])).find(|value| apply(&cards, value).is_ok()).expect("a number");
    for _ in 0..300 {
        at = apply(&cards, &at).expect("a number");
        assert!(at.parse::<i64>().is_ok(), "{at}");
    }
    assert_eq!(bind("siren", &[], "integer").expect("fits").fingerprint, bind("siren", &[], "bigint").expect("fits").fingerprint);
    assert_ne!(bind("siren", &[], "integer").expect("fits").fingerprint, bind("siren", &[], "text").expect("fits").fingerprint);
    assert_eq!(
        bind("siren", &[], "character varying(9)").expect("fits").fingerprint,
        bind("siren", &[], "text").expect("fits").fingerprint
    );
}

#[test]
fn what_does_not_fit_is_told() {
    for (name, options, column, expected) in [
        ("siret", vec![], "integer", "SIRET numbers have 14 digits, more than integer holds; use const or null, or keep the column"),
        ("iban", vec![], "bigint", "it makes IBANs, but the column is bigint; use const or null, or keep the column"),
        ("siren", vec![], "date", "it makes SIREN numbers, but the column is date; use const or null, or keep the column"),
        (
            "siren",
            vec![],
            "numeric(12,2)",
            "it makes SIREN numbers, but the column is numeric(12,2); use const or null, or keep the column",
        ),
        ("credit_card", vec![], "integer", "card numbers have 12 digits, more than integer holds; use const or null, or keep the column"),
        ("credit_card", vec![("keep", OptionValue::Integer(9))], "text", "option \"keep\": expected an integer from 0 to 8, found 9"),
        (
            "nir",
            vec![("keep", words(&["sexe"]))],
            "text",
            "option \"keep\": \"sexe\" is no part of it, expected some of sex, birth, departement; did you mean \"sex\"?",
        ),
        (
            "nir",
            vec![("keep", words(&["birth"])), ("birth_date", word_of("born"))],
            "text",
            "option \"birth_date\": year and month cannot both stay and come from another column; leave \"birth\" out of \"keep\"",
        ),
        ("nir", vec![("birth_date", word_of("naissance"))], "text", "option \"birth_date\": the table has no column \"naissance\""),
        (
            "licence_plate",
            vec![("country", word_of("US"))],
            "text",
            "option \"country\": expected one of BE, CH, DE, ES, FR, GB, IT, found \"US\"; did you mean \"ES\"?",
        ),
    ] {
        assert_eq!(bind(name, &options, column).expect_err(name), expected);
    }
}

#[derive(Debug)]
struct Around(Option<&'static str>);

impl Surroundings for Around {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.filter(|_| index == 0).map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

#[test]
fn births_agree_with_another_column() {
    let bound = strict("nir", &[("birth_date", word_of("born"))]);
    assert_eq!(bound.reads, [Reading { of: "born".into(), masked: true }]);
    assert_eq!(bound.distinct, Distinct::Lost);
    let masked = |value: &str, date| give(&bound, Cell { around: &Around(date), ..Cell::new(value.as_bytes()) });
    let after = masked("2 95 10 99 126 111 93", Some("1971-03-01")).expect("a number");
    assert!(after.starts_with("2 71 03 99 "), "{after}");
    assert!(apply(&bound, &after).is_ok());
    assert!(masked("2951099126111", Some("2004-12-31 00:00:00+00")).expect("a number").starts_with("20412"));
    for date in [None, Some("infinity"), Some("0044-03-15 BC"), Some("x")] {
        assert_eq!(masked("2 95 10 99 126 111 93", date), apply(&strict("nir", &[]), "2 95 10 99 126 111 93"), "{date:?}");
    }
    assert!(masked("2 95 10 99 126 111 94", Some("1971-03-01")).is_err());
}

#[test]
fn numbers_that_nobody_has() {
    let bound = strict("ssn", &[("range", word_of("never_issued"))]);
    assert_eq!(bound.distinct, Distinct::Lost);
    let after: HashSet<String> = (0..2000).filter_map(|serial| apply(&bound, &format!("536-22-{serial:04}")).ok()).collect();
    assert!(after.len() > 1990);
    for number in &after {
        assert!(
            number.starts_with('9') && (1..50).contains(&number[4..6].parse::<u32>().expect("digits")) && !number.ends_with("0000"),
            "{number}"
        );
        assert!(apply(&strict("ssn", &[]), number).is_err());
    }
    assert_eq!(
        apply(&bound, "536221234").map(|text| format!("{}-{}-{}", &text[..3], &text[3..5], &text[5..])),
        apply(&bound, "536-22-1234")
    );
    assert!(apply(&bound, "000-22-1234").is_err());
}

#[test]
fn vat_numbers_without_their_prefix() {
    let bound = strict("vat", &[("country", word_of("BE"))]);
    let (bare, whole) = (apply(&bound, "0428.759.497").expect("a number"), apply(&bound, "BE0428759497").expect("a number"));
    assert_eq!(format!("BE{}", bare.replace('.', "")), whole);
    assert_eq!(apply(&strict("vat", &[]), "BE0428759497"), Ok(whole));
    assert!(apply(&bound, "FR40303265045").is_err());
    let swiss = strict("vat", &[("country", word_of("CH"))]);
    assert!(apply(&swiss, "107.787.577").is_ok());
}

#[test]
fn seeds_decide_alone() {
    for (name, value) in RIGHT {
        let bound = strict(name, &[]);
        let seeded = |value: &str, seed: &str| give(&bound, Cell { seed: seed.as_bytes(), ..Cell::new(value.as_bytes()) });
        let first = seeded(value, "42").expect("taken");
        assert_eq!(seeded(value, "42").as_deref(), Ok(&*first), "{name}");
        assert!(apply(&bound, &first).is_ok(), "{name}: {first}");
        if value.len() > 7 && !value.starts_with("356000000") {
            let others: HashSet<String> = (0..50).map(|seed| seeded(value, &seed.to_string()).expect("taken")).collect();
            assert!(others.len() > 30, "{name} {value}: {}", others.len());
        }
    }
    let siren = strict("siren", &[]);
    let seeded = |value: &str| give(&siren, Cell { seed: b"42", ..Cell::new(value.as_bytes()) });
    assert_eq!(seeded("732829320"), seeded("404833048"));
}

#[test]
fn digits_are_spread() {
    let bound = strict("steuer_id", &[]);
    let mut counts = [[0u32; 10]; 10];
    let mut at = "36574261809".to_owned();
    for _ in 0..10_000 {
        at = apply(&bound, &at).expect("a number");
        at.bytes().take(10).zip(&mut counts).for_each(|(digit, counts)| counts[usize::from(digit - b'0')] += 1);
    }
    // The first is never 0; the others are all alike.
    assert!(counts[0][0] == 0 && counts[0][1..].iter().all(|count| (950..1280).contains(count)), "{:?}", counts[0]);
    assert!(counts[1..].iter().flatten().all(|count| (850..1150).contains(count)), "{counts:?}");
}

#[test]
fn padding_and_other_encodings() {
    let padded = bind("siret", &[], "character(20)").expect("fits");
    assert_eq!(apply(&padded, "73282932000074      "), apply(&strict("siret", &[]), "73282932000074"));
}

/// Every mask on a text column, and on a bigint if it takes one.
fn bounds() -> Vec<Bound> {
    let names = super::super::DEFINITIONS.iter().map(|definition| definition.name);
    let text = names.clone().map(|name| strict(name, &[]));
    text.chain(names.filter_map(|name| bind(name, &[], "bigint").ok())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_borne(value in proptest::collection::vec(any::<u8>(), 0..60), seed in proptest::collection::vec(any::<u8>(), 0..9)) {
        for bound in bounds() {
            let mut out = Vec::new();
            let mask = bound.mask.as_ref().expect("a mask");
            let _ = mask.mask(Cell::new(&value), &mut out);
            let _ = mask.mask(Cell { seed: &seed, ..Cell::new(&value) }, &mut out);
        }
    }

    #[test]
    fn what_is_almost_a_number_is_borne(of in 0..RIGHT.len(), at in 0usize..30, with in "[0-9A-Za-zé \\-]") {
        let (name, value) = RIGHT[of];
        let at = value.char_indices().map(|(at, _)| at).cycle().nth(at).expect("not empty");
        let changed = format!("{}{with}{}", &value[..at], &value[at + 1..]);
        let bound = strict(name, &[]);
        if let Ok(after) = apply(&bound, &changed) {
            prop_assert_eq!(after.chars().count(), changed.chars().count());
            prop_assert!(apply(&bound, &after).is_ok(), "{} {} {}", name, changed, after);
        }
    }

    #[test]
    fn letters_and_digits_are_borne(value in "[0-9A-Z]{0,36}", prefix in "(FR|IE|GBGD|NL|W|97|CHE|X|9|756|978)?") {
        let value = format!("{prefix}{value}");
        for bound in bounds() {
            if let Ok(after) = apply(&bound, &value) {
                prop_assert!(after.len() == value.len() || value.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert!(apply(&bound, &after).is_ok(), "{} {}", value, after);
            }
        }
    }
}
