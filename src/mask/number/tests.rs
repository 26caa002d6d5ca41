//! What the masks of numbers promise. Results are judged by 128-bit integers or by PostgreSQL's own answers.

use proptest::prelude::*;

use super::super::fit::Target;
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Masked, demo};
use super::decimal::Decimal;

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn whole(n: i64) -> OptionValue {
    OptionValue::Integer(n)
}

fn float(n: f64) -> OptionValue {
    OptionValue::Float(n)
}

fn list(items: &[i64]) -> OptionValue {
    OptionValue::List(items.iter().map(|item| whole(*item)).collect())
}

/// Binds a mask to a column of a type, or gives its error's text.
fn bind(name: &str, options: &[(&str, OptionValue)], kind: &str) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let told = |error: registry::BuildError| error.help.as_ref().map_or(error.message.clone(), |help| format!("{}; {help}", error.message));
    demo::bound(registry::find(name).expect("known"), &options, &Target::of_sql(kind), &[], b"0123456789abcdef").map_err(told)
}

fn seeded(bound: &Bound, value: &[u8], seed: &[u8]) -> String {
    let mut out = b"head".to_vec();
    match bound.mask.as_ref().expect("a mask").mask(Cell { seed, ..Cell::new(value) }, &mut out) {
        Ok(Masked::Value) => String::from_utf8(out.split_off(4)).expect("UTF-8"),
        Ok(Masked::Same) => String::from_utf8_lossy(value).into_owned(),
        Ok(Masked::Null) => "NULL".into(),
        Err(refusal) => format!("refused: {}", refusal.expected),
    }
}

fn apply(bound: &Bound, value: &str) -> String {
    seeded(bound, value.as_bytes(), value.as_bytes())
}

/// What a rule makes of a value.
fn make(name: &str, options: &[(&str, OptionValue)], kind: &str, value: &str) -> String {
    apply(&bind(name, options, kind).expect("fits"), value)
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes(), true).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn rounding() {
    let digits = |digits: i64, kind: &str, value: &str| make("round", &[("digits", whole(digits))], kind, value);
    let to = |to: OptionValue, kind: &str, value: &str| make("round", &[("to", to)], kind, value);
    let table = [
        (digits(1, "double precision", "48.8566"), "48.9"),
        (digits(1, "numeric(10,7)", "48.8566000"), "48.9000000"),
        (digits(1, "numeric", "48.8566"), "48.9"),
        (digits(2, "numeric", "5"), "5"),
        (digits(2, "numeric", "5.1"), "5.1"),
        (digits(0, "numeric", "-2.5"), "-3"),
        (digits(0, "numeric", "-0.4"), "0"),
        (digits(-2, "integer", "1250"), "1300"),
        (digits(-3, "smallint", "32767"), "32000"),
        (digits(-1, "smallint", "-32768"), "-32760"),
        (digits(0, "numeric(3,1)", "99.9"), "99.0"),
        (digits(-30, "numeric", "1234567890123456789012345678901234567890.5"), "1234567890000000000000000000000000000000"),
        (digits(0, "numeric", "NaN"), "NaN"),
        (digits(0, "numeric", "-Infinity"), "-Infinity"),
        (digits(0, "double precision", "1e+20"), "1e+20"),
        (digits(5, "double precision", "1.5e-07"), "0"),
        (digits(0, "money", "-$1,234.50"), "-$1235.00"),
        (digits(0, "money", "1\u{202f}234,50 €"), "1235,00 €"),
        (digits(0, "money", "($0.50)"), "-$1.00"),
        (digits(0, "text", "12,50"), "13"),
        (digits(1, "text", "12,55"), "12,6"),
        (digits(-1, "text", "0047"), "0050"),
        (to(float(0.05), "numeric", "12.34"), "12.35"),
        (to(float(0.05), "numeric", "12.3"), "12.3"),
        (to(float(0.25), "text", "12.3"), "12.25"),
        (to(whole(25), "integer", "-38"), "-50"),
        (to(word("0.000000000000000000000000000000000007"), "numeric", "1"), "0.999999999999999999999999999999999999"),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

#[test]
fn buckets() {
    let size =
        |more: &[(&str, OptionValue)], kind: &str, value: &str| make("bucket", &[&[("size", whole(10))][..], more].concat(), kind, value);
    let bounds =
        |written: &str, kind: &str, value: &str| make("bucket", &[("bounds", list(&[18, 25, 40])), ("as", word(written))], kind, value);
    let table = [
        (size(&[], "integer", "42"), "40"),
        (size(&[], "integer", "40"), "40"),
        (size(&[], "integer", "-1"), "-10"),
        (size(&[], "integer", "-10"), "-10"),
        (size(&[], "smallint", "-32768"), "-32768"),
        (size(&[("offset", whole(5))], "integer", "42"), "35"),
        (size(&[("offset", whole(-5))], "integer", "-6"), "-15"),
        (size(&[("as", word("middle"))], "integer", "42"), "45"),
        (size(&[("as", word("middle")), ("offset", float(0.5))], "numeric", "42"), "45.5"),
        (size(&[], "numeric(6,2)", "42.99"), "40.00"),
        (
            size(&[], "numeric", "12345678901234567890123456789012345678901234567890.5"),
            "12345678901234567890123456789012345678901234567890",
        ),
        (size(&[("as", word("label"))], "text", "42.5"), "[40,50)"),
        (size(&[("as", word("label"))], "character varying(6)", "42.5"), "55.2"),
        (size(&[], "double precision", "1e+20"), "1e+20"),
        (size(&[], "real", "NaN"), "NaN"),
        (bounds("lower", "integer", "30"), "25"),
        (bounds("lower", "integer", "25"), "25"),
        (bounds("lower", "integer", "7"), "18"),
        (bounds("lower", "integer", "99"), "40"),
        (bounds("middle", "numeric", "30"), "32.5"),
        (bounds("middle", "integer", "30"), "33"),
        (bounds("label", "text", "7"), "(,18)"),
        (bounds("label", "text", "39.9"), "[25,40)"),
        (bounds("label", "character varying(7)", "40"), "[40,)"),
    ];
    for (at, (found, expected)) in table.into_iter().enumerate() {
        // A label too long for its column is a value that the mask cannot make: another of the same shape.
        assert!(found == expected || expected == "55.2" && found.len() == 4, "{at}: {found}, expected {expected}");
    }
}

#[test]
fn noise_keeps_spelling_and_bounds() {
    let five = bind("noise", &[("absolute", whole(5))], "numeric(6,2)").expect("fits");
    let text = bind("noise", &[("absolute", whole(5))], "text").expect("fits");
    let narrow = bind("noise", &[("absolute", whole(500))], "character varying(3)").expect("fits");
    let small = bind("noise", &[("absolute", whole(30_000))], "smallint").expect("fits");
    let clamped = bind("noise", &[("absolute", whole(50)), ("min", whole(0)), ("max", float(10.5))], "numeric(6,2)").expect("fits");
    let money = bind("noise", &[("absolute", whole(500))], "money").expect("fits");
    for i in 0..500 {
        let seed = format!("{i}");
        let after = seeded(&five, b"9998.50", seed.as_bytes());
        assert!(after.len() == 7 && after.starts_with("999"), "{after}");
        let after = seeded(&text, b"12,5", seed.as_bytes());
        assert!(after.split_once(',').is_some_and(|(_, fraction)| fraction.len() == 1), "{after}");
        let after = seeded(&text, b"007", seed.as_bytes());
        assert_eq!(after.trim_start_matches('-').len(), 3, "{after}");
        assert!(seeded(&narrow, b"9.9", seed.as_bytes()).len() <= 3 && seeded(&narrow, b"5", seed.as_bytes()).len() <= 3);
        assert!(seeded(&small, b"32000", seed.as_bytes()).parse::<i16>().is_ok());
        let after = seeded(&clamped, b"3.00", seed.as_bytes());
        assert!(after == "0.00" || after == "10.50" || after.parse::<f64>().is_ok_and(|n| (0.0..=10.5).contains(&n)), "{after}");
        let after = seeded(&money, b"-$1,234.50", seed.as_bytes());
        assert!(after.starts_with("-$") && after.as_bytes()[after.len() - 3] == b'.', "{after}");
    }
    for value in ["NaN", "Infinity", "-Infinity"] {
        assert_eq!(apply(&five, value), value);
    }
}

#[test]
fn noise_reaches_every_value_and_no_other() {
    let mut uniform = [0u32; 7];
    let mut triangular = [0u32; 7];
    for (counts, distribution) in [(&mut uniform, "uniform"), (&mut triangular, "triangular")] {
        let bound = bind("noise", &[("absolute", whole(3)), ("distribution", word(distribution))], "integer").expect("fits");
        for i in 0..14_000u32 {
            let after: usize = seeded(&bound, b"103", &i.to_le_bytes()).parse().expect("a number");
            counts[after - 100] += 1;
        }
    }
    assert!(uniform.iter().all(|count| (1850..2150).contains(count)), "{uniform:?}");
    assert!(triangular[3] > 3200 && triangular[0] < 1100 && triangular[6] < 1100, "{triangular:?}");
    let tenth = bind("noise", &[("relative", float(0.1))], "bigint").expect("fits");
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for i in 0..5000u32 {
        let after: i64 = seeded(&tenth, b"-1000000", &i.to_le_bytes()).parse().expect("a number");
        (least, most) = (least.min(after), most.max(after));
    }
    assert!((-1_100_000..-1_099_000).contains(&least) && (-901_000..=-900_000).contains(&most), "{least} {most}");
}

#[test]
fn noise_reaches_the_last_digit() {
    let bound = bind("noise", &[("absolute", whole(1))], "numeric").expect("fits");
    let before = format!("5.{}", "7".repeat(100));
    let mut columns = vec![std::collections::BTreeSet::new(); 102];
    for i in 0..200u32 {
        let after = seeded(&bound, before.as_bytes(), &i.to_le_bytes());
        assert!(after.len() == 102 && matches!(after.as_bytes()[0], b'4'..=b'6'), "{after}");
        for (seen, digit) in columns.iter_mut().zip(after.bytes()) {
            seen.insert(digit);
        }
    }
    assert!(columns.iter().skip(2).all(|seen| seen.len() == 10), "every digit is another one");
}

#[test]
fn ranges() {
    let bound = bind("range", &[("min", whole(-2)), ("max", float(0.5))], "numeric(3,1)").expect("fits");
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for i in 0..26_000u32 {
        *seen.entry(seeded(&bound, b"x", &i.to_le_bytes())).or_default() += 1;
    }
    assert_eq!(seen.len(), 26, "{seen:?}");
    assert!(seen.contains_key("-2.0") && seen.contains_key("0.5") && seen.contains_key("0.0"), "{seen:?}");
    assert!(seen.values().all(|count| (850..1150).contains(count)), "{seen:?}");
    let degrees = make("range", &[("min", whole(0)), ("max", whole(1))], "double precision", "x");
    assert!(degrees.parse::<f64>().is_ok_and(|n| n > 0.0 && n < 1.0), "{degrees}");
    assert_eq!(
        make("range", &[("min", word("99999999999999999999")), ("max", word("99999999999999999999"))], "numeric", "x"),
        "99999999999999999999"
    );
    assert!(make("range", &[("min", whole(i64::MIN)), ("max", whole(i64::MAX))], "bigint", "x").parse::<i64>().is_ok());
    assert_eq!(make("range", &[("min", whole(1000)), ("max", whole(1000))], "numeric(2,-3)", "x"), "1000");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_says_what_it_does_not_fit() {
    let refused = |name: &str, options: &[(&str, OptionValue)], kind: &str| bind(name, options, kind).expect_err("refused");
    let table = [
        (
            refused("round", &[("digits", whole(1))], "date"),
            "it rounds numbers, but the column is date; use const or null, or keep the column",
        ),
        (
            refused("round", &[("digits", whole(0))], "integer"),
            "option \"digits\": values of integer have no more digits, so that nothing would change; round to fewer, or keep the column",
        ),
        (
            refused("round", &[("digits", whole(7))], "numeric(10,7)"),
            "option \"digits\": values of numeric(10,7) have no more digits, so that nothing would change; round to fewer, or keep the column",
        ),
        (refused("round", &[], "numeric"), "neither \"digits\" nor \"to\" is given; for example digits = 1, or to = 0.05"),
        (
            refused("round", &[("digits", whole(1)), ("to", whole(5))], "numeric"),
            "option \"to\": it stands beside \"digits\"; give one of the two",
        ),
        (
            refused("round", &[("to", float(0.25))], "numeric(5,1)"),
            "option \"to\": it is finer than numeric(5,1); give a multiple of the column's last digit",
        ),
        (refused("round", &[("to", whole(0))], "numeric"), "option \"to\": expected a number above 0; for example 10"),
        (refused("noise", &[], "integer"), "neither \"absolute\" nor \"relative\" is given; for example absolute = 5, or relative = 0.1"),
        (
            refused("noise", &[("absolute", float(0.5))], "integer"),
            "option \"absolute\": it is finer than integer; give a multiple of the column's last digit",
        ),
        (
            refused("noise", &[("relative", whole(-1))], "integer"),
            "option \"relative\": expected a number above 0 of at most 17 digits; for example 0.1",
        ),
        (
            refused("noise", &[("relative", float(0.1)), ("absolute", whole(1))], "integer"),
            "option \"relative\": it stands beside \"absolute\"; give one of the two",
        ),
        (refused("noise", &[("absolute", whole(1)), ("min", whole(40_000))], "smallint"), "option \"min\": it is no value of smallint"),
        (
            refused("noise", &[("absolute", whole(1)), ("min", whole(4)), ("max", whole(3))], "smallint"),
            "option \"max\": it is less than \"min\"",
        ),
        (
            refused("noise", &[("absolute", word(&"9".repeat(40)))], "numeric"),
            "option \"absolute\": expected a number of at most 36 digits, found \"9999999999999999999999999999999999999999\"",
        ),
        (
            refused("bucket", &[("size", whole(5)), ("as", word("label"))], "integer"),
            "option \"as\": a label is text, but the column is integer; use \"lower\" or \"middle\"",
        ),
        (
            refused("bucket", &[], "integer"),
            "neither \"size\" nor \"bounds\" is given; for example size = 10, or bounds = [18, 25, 40, 65]",
        ),
        (refused("bucket", &[("bounds", list(&[5, 5]))], "integer"), "option \"bounds\": they do not rise; for example [18, 25, 40, 65]"),
        (refused("bucket", &[("bounds", list(&[]))], "integer"), "option \"bounds\": there is none; for example [18, 25, 40, 65]"),
        (refused("bucket", &[("bounds", list(&[40_000]))], "smallint"), "option \"bounds\": one of them is no value of smallint"),
        (
            refused("bucket", &[("bounds", list(&[10, 20])), ("as", word("label"))], "character varying(5)"),
            "the longest label needs 7 characters, the column takes 5; use const or null",
        ),
        (
            refused("range", &[("min", whole(1)), ("max", whole(2))], "money"),
            "it makes numbers, and how money is spelt depends on the server's locale; use noise, round or bucket, which keep the spelling",
        ),
        (refused("range", &[("min", whole(2)), ("max", whole(1))], "integer"), "option \"max\": it is less than \"min\""),
        (
            refused("range", &[("min", whole(2)), ("max", whole(100))], "character varying(2)"),
            "these numbers need 3 characters, the column takes 2; use const or null",
        ),
        (
            refused("range", &[("min", whole(2)), ("max", whole(3)), ("digits", whole(3))], "numeric(5,2)"),
            "option \"digits\": values of numeric(5,2) have 2 behind the point; leave it out",
        ),
        (
            refused("range", &[("min", float(2.25)), ("max", whole(3)), ("digits", whole(1))], "text"),
            "option \"digits\": \"min\" or \"max\" has 2; leave it out",
        ),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

/// Every mask of the family on every type that it takes, refusing what it cannot read.
fn all() -> Vec<(&'static str, Bound)> {
    let rules: &[(&str, &[(&str, OptionValue)])] = &[
        ("noise", &[("absolute", whole(7000))]),
        ("noise", &[("relative", float(1.5))]),
        ("round", &[("digits", whole(-4))]),
        ("bucket", &[("size", whole(7000))]),
        ("bucket", &[("bounds", list(&[-1000, 0, 9000]))]),
        ("range", &[("min", whole(-9000)), ("max", whole(9000))]),
    ];
    let kinds = [
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "numeric(6,2)",
        "numeric(2,-3)",
        "numeric(4,6)",
        "real",
        "double precision",
        "money",
        "text",
        "character varying(5)",
        "character(6)",
    ];
    let mut all = Vec::new();
    for (name, options) in rules {
        for kind in kinds {
            let fallible = registry::find(name).is_some_and(|found| found.fallible);
            let options = if fallible { [options, &[("on_invalid", word("error"))][..]].concat() } else { options.to_vec() };
            all.extend(bind(name, &options, kind).map(|bound| (kind, bound)));
        }
    }
    assert!(all.len() > 60, "{}", all.len());
    all
}

/// Whether a text is a value of a type, by other means than the masks' own.
fn is_value(kind: &str, text: &str) -> bool {
    let digits = || {
        let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
        (whole.trim_start_matches('0').to_owned(), fraction.to_owned())
    };
    match kind {
        "smallint" => text.parse::<i16>().is_ok(),
        "integer" => text.parse::<i32>().is_ok(),
        "bigint" => text.parse::<i64>().is_ok(),
        "numeric(6,2)" => digits().0.len() <= 4 && digits().1.len() == 2,
        "numeric(2,-3)" => text == "0" || digits().0.len() <= 5 && text.ends_with("000") && digits().1.is_empty(),
        "numeric(4,6)" => digits().0.is_empty() && digits().1.len() == 6 && digits().1.starts_with("00"),
        "real" => text.parse::<f32>().is_ok_and(f32::is_finite),
        "double precision" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "character varying(5)" => text.len() <= 5,
        "character(6)" => text.len() <= 6,
        _ => !text.is_empty(),
    }
}

#[test]
fn results_are_values_of_their_types() {
    let values = [
        "0",
        "1",
        "-1",
        "32767",
        "-32768",
        "2147483647",
        "-9223372036854775808",
        "9223372036854775807",
        "9999.99",
        "-9999.99",
        "99000",
        "-99000",
        "0.009999",
        "3.4028235e+38",
        "1.7976931348623157e+308",
        "5e-324",
        "12345",
        "$92,233,720,368,547,758.07",
        "-1.00 €",
    ];
    for (kind, bound) in all() {
        for value in values {
            for seed in 0..40u8 {
                let after = seeded(&bound, value.as_bytes(), &[seed]);
                assert!(after.starts_with("refused") || is_value(kind, &after), "{kind}: {value} -> {after}");
            }
        }
    }
}

#[test]
fn numbers_as_long_as_the_server_has_them() {
    let long = format!("{}.{}", "9".repeat(131_072), "9".repeat(16_383));
    for (name, options) in [("noise", [("relative", float(0.5))]), ("round", [("digits", whole(3))]), ("bucket", [("size", whole(7))])] {
        let after = make(name, &options, "numeric", &long);
        let whole = after.split_once('.').map_or(after.as_str(), |(whole, _)| whole);
        assert!(whole.len() >= 131_071 && whole.len() <= 131_072, "{name}: {}", whole.len());
    }
}

proptest! {
    #[test]
    fn nothing_makes_them_panic(value in prop_oneof!["\\PC{0,40}", "[-+]?[0-9]{0,30}[.,]?[0-9]{0,30}([eE][-+]?[0-9]{1,4})?", "[-(]?[$€ ]?[0-9., ]{1,20}[)€ -]?"], tail in proptest::collection::vec(any::<u8>(), 0..4)) {
        for (kind, bound) in all() {
            let after = apply(&bound, &value);
            prop_assert_eq!(&after, &apply(&bound, &value));
            let same = after == value;
            prop_assert!(same || after.starts_with("refused") || is_value(kind, &after), "{}: {} -> {}", kind, value, after);
            let bytes = [value.as_bytes(), &tail].concat();
            let _ = bound.mask.as_ref().expect("a mask").mask(Cell::new(&bytes), &mut Vec::new());
        }
    }

    #[test]
    fn noise_is_within_reach(units in any::<i64>(), scale in 0u32..6, most in 1i64..1_000_000, seed in any::<u32>()) {
        let sign = if units < 0 { "-" } else { "" };
        let digits = format!("{:07}", units.unsigned_abs());
        let (before, behind) = digits.split_at(digits.len() - scale as usize);
        let value = if scale == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{behind}") };
        let bound = bind("noise", &[("absolute", word(&format!("{}.5", most)))], "numeric").expect("fits");
        let after = seeded(&bound, value.as_bytes(), &seed.to_le_bytes());
        let number = |text: &str| text.replace('.', "").parse::<i128>().expect("digits");
        prop_assert_eq!(after.split_once('.').map_or(0, |(_, fraction)| fraction.len()), scale as usize);
        let reach = (i128::from(most) * 10 + 5) * 10i128.pow(scale) / 10;
        prop_assert!((number(&after) - number(&value)).abs() <= reach, "{} {}", value, after);
    }

    #[test]
    fn rounding_is_that_of_integers(units in any::<i64>(), step in 1i64..100_000) {
        let after = make("round", &[("to", whole(step))], "numeric", &units.to_string());
        let (units, step) = (i128::from(units), i128::from(step));
        let nearest = units.signum() * ((2 * units.abs() + step) / (2 * step)) * step;
        prop_assert_eq!(after, nearest.to_string());
    }

    #[test]
    fn buckets_are_those_of_integers(units in any::<i64>(), size in 1i64..100_000, offset in -1000i64..1000) {
        let options = [("size", whole(size)), ("offset", whole(offset))];
        let after = make("bucket", &options, "numeric", &units.to_string());
        let (units, size, offset) = (i128::from(units), i128::from(size), i128::from(offset));
        prop_assert_eq!(after, ((units - offset).div_euclid(size) * size + offset).to_string());
    }

    #[test]
    fn ranges_hold(a in any::<i32>(), b in any::<i32>(), seed in any::<u32>()) {
        let (min, max) = (a.min(b), a.max(b));
        let bound = bind("range", &[("min", whole(min.into())), ("max", whole(max.into()))], "integer").expect("fits");
        let after: i32 = seeded(&bound, b"x", &seed.to_le_bytes()).parse().expect("an integer");
        prop_assert!((min..=max).contains(&after));
        let other = bind("range", &[("min", whole(min.into())), ("max", whole(max.into()))], "double precision").expect("fits");
        let after = decimal(&seeded(&other, b"x", &seed.to_le_bytes()));
        prop_assert!(after.compare(&decimal(&min.to_string())).is_ge() && after.compare(&decimal(&max.to_string())).is_le());
    }
}
