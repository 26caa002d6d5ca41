//! What the masks of dates promise.

use proptest::prelude::*;

use super::super::fit::Target;
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Masked, demo};
use super::calendar::civil;
use super::written::{Forms, parse};

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn number(n: i64) -> OptionValue {
    OptionValue::Integer(n)
}

/// Binds a mask to a column of a type, or gives its error's text.
fn bind(name: &str, options: &[(&str, OptionValue)], kind: &str) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let told = |error: registry::BuildError| error.help.as_ref().map_or(error.message.clone(), |help| format!("{}; {help}", error.message));
    demo::bound(registry::find(name).expect("known"), &options, &Target::of_sql(kind), &[], b"0123456789abcdef").map_err(told)
}

/// What a mask makes of a value with a seed.
fn seeded(bound: &Bound, value: &str, seed: Option<&str>) -> String {
    let cell = Cell::new(value.as_bytes());
    let cell = seed.map_or(cell, |seed| Cell { seed: seed.as_bytes(), ..cell });
    let mut out = b"head".to_vec();
    match bound.mask.as_ref().expect("a mask").mask(cell, &mut out) {
        Ok(Masked::Value) => String::from_utf8(out.split_off(4)).expect("UTF-8"),
        Ok(Masked::Same) => value.to_owned(),
        Ok(Masked::Null) => "NULL".into(),
        Err(refusal) => format!("refused: {}", refusal.expected),
    }
}

fn apply(bound: &Bound, value: &str) -> String {
    seeded(bound, value, None)
}

const TIMESTAMPTZ: &str = "timestamp with time zone";
const STRICT: (&str, fn() -> OptionValue) = ("on_invalid", || OptionValue::Text("error".into()));

#[test]
fn truncation_is_of_the_instant() {
    let cut = |to: &str, zone: &str, value: &str| {
        apply(&bind("date_trunc", &[("to", word(to)), ("zone", word(zone))], TIMESTAMPTZ).expect("fits"), value)
    };
    assert_eq!(cut("month", "UTC", "1990-04-18 02:00:00+02"), "1990-04-01 02:00:00+02");
    assert_eq!(cut("month", "UTC", "1990-04-01 01:59:59.999999+02"), "1990-03-01 02:00:00+02");
    assert_eq!(cut("month", "Europe/Paris", "1990-04-17 22:00:00+00"), "1990-03-31 22:00:00+00");
    assert_eq!(cut("year", "Europe/Paris", "1990-07-01 12:00:00+00"), "1989-12-31 23:00:00+00", "winter's offset for the first of January");
    assert_eq!(cut("day", "+05:30", "2024-01-01 00:00:00+00"), "2023-12-31 18:30:00+00");
    assert_eq!(cut("week", "UTC", "2024-03-03 12:00:00-11"), "2024-02-25 13:00:00-11");
    assert_eq!(cut("hour", "Asia/Kolkata", "2024-01-01 00:10:00+00"), "2023-12-31 23:30:00+00");
    assert_eq!(cut("hour", "Europe/Paris", "2024-10-27 01:30:00+00"), "2024-10-27 01:00:00+00", "the second of two hours");
    assert_eq!(cut("minute", "UTC", "1900-01-01 00:00:59.5+05:21:10"), "1900-01-01 00:00:10+05:21:10");
    assert_eq!(cut("year", "UTC", "0044-03-15 12:00:00+00 BC"), "0044-01-01 00:00:00+00 BC");
    assert_eq!(cut("year", "UTC", "12024-03-15 12:00:00+00"), "12024-01-01 00:00:00+00");
    assert_eq!(cut("year", "UTC", "infinity"), "infinity");
    assert_eq!(cut("year", "UTC", "4714-11-24 12:00:00+00 BC"), "4714-11-25 00:00:00+00 BC", "never before the first day");
}

#[test]
fn what_has_no_zone_is_cut_as_written() {
    let cut = |kind: &str, to: &str, value: &str| apply(&bind("date_trunc", &[("to", word(to))], kind).expect("fits"), value);
    assert_eq!(cut("date", "month", "2024-02-29"), "2024-02-01");
    assert_eq!(cut("date", "decade", "1999-12-31"), "1990-01-01");
    assert_eq!(cut("date", "year", "5874897-12-31"), "5874897-01-01");
    assert_eq!(cut("timestamp", "quarter", "2024-06-30 23:59:59.123"), "2024-04-01 00:00:00");
    assert_eq!(cut("time", "hour", "12:34:56.789"), "12:00:00");
    assert_eq!(cut("time", "minute", "24:00:00"), "24:00:00");
    assert_eq!(cut("timetz", "minute", "12:34:56.789+05:21:10"), "12:34:00+05:21:10");
    assert_eq!(cut("text", "month", "29/02/2024"), "01/02/2024");
    assert_eq!(cut("text", "month", "2024-02-29T12:34:56.789Z"), "2024-02-01T00:00:00.000Z");
    assert_eq!(cut("text", "hour", "2024-02-29 12:34"), "2024-02-29 12:00");
    assert_eq!(cut("text", "decade", "0005-06-07"), "0001-01-01");
    assert_eq!(cut("character(30)", "year", "2024-02-29   "), "2024-01-01");
}

#[test]
fn shifts_of_one_seed_are_equal() {
    let date = bind("date_shift", &[("days", number(400))], "date").expect("fits");
    let stamp = bind("date_shift", &[("days", number(400))], TIMESTAMPTZ).expect("fits");
    let text = bind("date_shift", &[("days", number(400))], "text").expect("fits");
    for seed in 0..200 {
        let seed = Some(seed.to_string());
        let seed = seed.as_deref();
        let day = |text: &str, forms| parse(text.as_bytes(), forms).expect("a date").day;
        let days = day(&seeded(&date, "2024-02-29", seed), Forms::Server) - day("2024-02-29", Forms::Server);
        assert!((1..=400).contains(&days.abs()));
        let other = seeded(&stamp, "1999-12-31 23:00:00.5-03:30", seed);
        assert!(other.ends_with(" 23:00:00.5-03:30"));
        assert_eq!(day(&other, Forms::Server) - day("1999-12-31", Forms::Server), days);
        let forms = Forms::Text { month_first: false };
        assert_eq!(day(&seeded(&text, "31/12/1999", seed), forms) - day("1999-12-31", forms), days);
    }
    assert_ne!(seeded(&date, "2024-02-29", Some("1")), seeded(&date, "2024-02-29", Some("2")));
}

#[test]
fn shifts_by_hours_and_minutes() {
    let hours = bind("date_shift", &[("hours", number(30))], "timestamp").expect("fits");
    let minutes = bind("date_shift", &[("days", number(1)), ("minutes", number(1))], "timestamp").expect("fits");
    let date = bind("date_shift", &[("hours", number(30))], "date").expect("fits");
    let mut seen = std::collections::BTreeSet::new();
    for i in 0..2000 {
        let seed = i.to_string();
        let local = |text: &str| parse(text.as_bytes(), Forms::Server).expect("a date").local();
        let before = "2024-02-29 12:34:56.5";
        let by = local(&seeded(&hours, before, Some(&seed))) - local(before);
        assert!(by % 3600 == 0 && by != 0 && by.abs() <= 30 * 3600);
        seen.insert(by);
        let days = local(&seeded(&date, "2024-02-29", Some(&seed))) - local("2024-02-29");
        assert_eq!(days, by.signum() * if by.abs() > 86_400 { 2 } else { 1 } * 86_400);
        let by = local(&seeded(&minutes, before, Some(&seed))) - local(before);
        assert!(by % 60 == 0 && by != 0 && by.abs() <= 86_400 + 60);
    }
    assert_eq!(seen.len(), 60, "every hour either way");
    let time = bind("date_shift", &[("minutes", number(90))], "timetz").expect("fits");
    let moved = apply(&time, "23:59:01.25+02");
    assert!(moved.ends_with(":01.25+02") && moved != "23:59:01.25+02", "{moved}");
}

#[test]
fn pseudonyms_of_the_first_release_stay() {
    let shift = bind("date_shift", &[], "date").expect("fits");
    assert_eq!(["1984-02-29", "2000-01-01", "0044-03-15 BC"].map(|date| apply(&shift, date)), PINNED);
    let stamps = bind("date_shift", &[("days", number(30))], TIMESTAMPTZ).expect("fits");
    assert_eq!(apply(&stamps, "2024-07-01 17:30:00+05:30"), PINNED_STAMP);
}

const PINNED: [&str; 3] = ["1984-03-02", "1999-12-30", "0044-02-21 BC"];
const PINNED_STAMP: &str = "2024-07-06 17:30:00+05:30";

#[test]
fn one_birth_date_is_one_seed_in_all_forms() {
    for (mask, options) in [("date_of_birth", vec![("keep", word("month"))]), ("date_band", vec![("years", number(10))])] {
        let with_zone = |kind: &str| bind(mask, &[&options[..], &[("zone", word("Europe/Paris"))]].concat(), kind).expect("fits");
        let after = apply(&with_zone("date"), "1990-12-18");
        let (year, rest) = after.split_once('-').expect("a date");
        let (month, day) = rest.split_once('-').expect("a date");
        assert_ne!(after, "1990-12-18");
        assert_eq!(apply(&with_zone("text"), "18/12/1990"), format!("{day}/{month}/{year}"));
        assert_eq!(apply(&with_zone("text"), "1990-12-18T23:59:00"), format!("{after}T23:59:00"));
        assert_eq!(apply(&with_zone("timestamp"), "1990-12-18 00:00:00"), format!("{after} 00:00:00"));
        // Midnight in Paris, as a server in UTC wrote it.
        let stamp = apply(&with_zone(TIMESTAMPTZ), "1990-12-17 23:00:00+00");
        let trunc = bind("date_trunc", &[("to", word("day")), ("zone", word("Europe/Paris"))], TIMESTAMPTZ).expect("fits");
        assert_eq!(apply(&trunc, &stamp), stamp, "a midnight in Paris is one again, in summer too");
        assert_ne!(seeded(&with_zone("date"), "1990-12-18", Some("1")), seeded(&with_zone("date"), "1990-12-18", Some("5")));
    }
}

#[test]
fn ranges_are_kept_in_each_form() {
    let options = [("from", word("2020-02-29")), ("to", word("2020-03-02"))];
    let range = |kind: &str| bind("date_range", &options, kind).expect("fits");
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for i in 0..3000 {
        *seen.entry(apply(&range("date"), &i.to_string())).or_default() += 1;
    }
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), ["2020-02-29", "2020-03-01", "2020-03-02"]);
    assert!(seen.values().all(|count| (850..1150).contains(count)), "{seen:?}");
    assert!(apply(&range("text"), "31/12/1999").ends_with("/2020"));
    assert!(apply(&range("text"), "nothing").starts_with("2020-0"));
    let zulu = apply(&range("text"), "1999-12-31T12:00:00.123Z");
    assert!(zulu.len() == 24 && zulu.ends_with(".000Z") && zulu.starts_with("2020-0"), "{zulu}");
    let stamp = apply(&range(TIMESTAMPTZ), "x");
    assert!(stamp.len() == 22 && stamp.ends_with("+00"), "{stamp}");
    assert!(apply(&range("character varying(10)"), "1/1/1999").ends_with("/2020"));
}

#[test]
fn each_says_what_it_does_not_fit() {
    let shift = |options: &[(&str, OptionValue)], kind: &str| bind("date_shift", options, kind).expect_err("refused");
    let band = |options: &[(&str, OptionValue)]| bind("date_band", options, "date").expect_err("refused");
    let list = |ages: &[i64]| OptionValue::List(ages.iter().map(|age| number(*age)).collect());
    let table = [
        (shift(&[], "uuid"), "it moves dates, but the column is uuid; use const or null, or keep the column"),
        (
            shift(&[], "time"),
            "time has hours and minutes only, fewer than 24 hours of them; give \"hours\" or \"minutes\", and no \"days\"",
        ),
        (
            shift(&[("hours", number(24))], "timetz"),
            "timetz has hours and minutes only, fewer than 24 hours of them; give \"hours\" or \"minutes\", and no \"days\"",
        ),
        (shift(&[("order", word("mdy"))], "date"), "option \"order\" is for dates in text, but the column is date; leave it out"),
        (
            bind("date_trunc", &[("to", word("month")), ("zone", word("Europe/Pari"))], "date").expect_err("refused"),
            "unknown time zone \"Europe/Pari\", expected UTC, an offset such as +02:00, or a name such as Europe/Paris; did you mean \"Europe/Paris\"?",
        ),
        (
            bind("date_trunc", &[("to", word("day"))], "date").expect_err("refused"),
            "date has days only, so that nothing would change, found \"day\"",
        ),
        (bind("date_trunc", &[("to", word("month"))], "time").expect_err("refused"), "time has hours and minutes only, found \"month\""),
        (bind("date_trunc", &[("to", word("week"))], "interval").expect_err("refused"), "interval has no weeks, found \"week\""),
        (band(&[("ages", list(&[18]))]), "option \"ages\": there is no day on which they count; give one, for example at = \"2026-01-01\""),
        (band(&[("ages", list(&[18])), ("years", number(5))]), "option \"ages\": it stands beside \"years\"; give one of the two"),
        (
            band(&[("ages", list(&[18, 15])), ("at", word("2026-01-01"))]),
            "option \"ages\": expected whole numbers from 0 to 200 that rise; for example [15, 18, 25, 40, 65]",
        ),
        (
            band(&[("ages", list(&[0])), ("at", word("2026-01-01"))]),
            "option \"ages\": there is none above 0; for example [15, 18, 25, 40, 65]",
        ),
        (band(&[("at", word("2026-02-30"))]), "option \"at\": \"2026-02-30\" is no date, expected one such as \"2000-01-31\""),
        (
            bind("date_of_birth", &[("years", number(5))], "date").expect_err("refused"),
            "option \"years\" is for keep = \"age_band\"; leave it out, or keep the age band",
        ),
        (
            bind("date_range", &[("from", word("2024-01-02")), ("to", word("2024-01-01"))], "date").expect_err("refused"),
            "option \"to\": it comes before \"from\"; let them change places",
        ),
        (
            bind("date_range", &[("from", word("0044-03-15 BC")), ("to", word("2024-01-01"))], "text").expect_err("refused"),
            "option \"from\": text has no such day",
        ),
        (
            bind("date_range", &[("from", word("2024-01-01")), ("to", word("2024-01-01"))], "character varying(9)").expect_err("refused"),
            "a date needs 10 characters, the column takes 9; use const or null",
        ),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

/// Every mask of the family, with its options, on every type that it may take.
fn all() -> Vec<(String, Bound)> {
    let rules: &[(&str, &[(&str, OptionValue)])] = &[
        ("date_shift", &[("days", number(36_500))]),
        ("date_shift", &[("minutes", number(600))]),
        ("date_trunc", &[("to", word("decade")), ("zone", word("America/Havana"))]),
        ("date_trunc", &[("to", word("hour"))]),
        ("date_band", &[("years", number(200))]),
        ("date_of_birth", &[("zone", word("Europe/Paris"))]),
        ("date_range", &[("from", word("0001-01-01")), ("to", word("9999-12-31"))]),
    ];
    let kinds = ["date", "timestamp", TIMESTAMPTZ, "text", "character varying(10)", "character(12)", "time", "timetz", "interval"];
    let (strict, error) = STRICT;
    let mut all = Vec::new();
    for (name, options) in rules {
        for kind in kinds {
            let fallible = registry::find(name).is_some_and(|found| found.fallible);
            let options = if fallible { [options, &[(strict, error())][..]].concat() } else { options.to_vec() };
            all.extend(bind(name, &options, kind).map(|bound| (format!("{name} {kind}"), bound)));
        }
    }
    assert!(all.len() > 40);
    all
}

#[test]
fn the_ends_of_the_calendar_hold() {
    let values = [
        "4714-11-24 BC",
        "4714-11-25 00:00:00+05:30 BC",
        "4714-11-24 00:00:00 BC",
        "4714-11-23 12:00:00-12 BC",
        "294276-12-31 23:59:59.999999",
        "294276-12-31 23:59:59.999999+00",
        "294277-01-01 11:59:59+12",
        "5874897-12-31",
        "0001-01-01",
        "9999-12-31",
        "01/01/0001",
        "9/9/9999",
        "9999-12-31T23:59:59.999Z",
    ];
    for (name, bound) in all() {
        for value in values {
            for seed in 0..50 {
                let after = seeded(&bound, value, Some(&seed.to_string()));
                if after.starts_with("refused") || name.ends_with("interval") || name.contains("time") && !name.contains("timestamp") {
                    continue;
                }
                let forms = if name.contains("char") || name.contains("text") { Forms::Text { month_first: false } } else { Forms::Server };
                let found = parse(after.as_bytes(), forms).unwrap_or_else(|| panic!("{name}: {value} -> {after}"));
                let (year, ..) = civil(found.day);
                match forms {
                    Forms::Server if name.ends_with("date") => assert!(super::is_date(after.as_bytes()), "{name}: {after}"),
                    Forms::Server => assert!((-4713..=294_276).contains(&year), "{name}: {after}"),
                    Forms::Text { .. } => assert!((1..=9999).contains(&year), "{name}: {after}"),
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_makes_them_panic(value in prop_oneof!["\\PC{0,40}", "[0-9:. TZ+/BC-]{0,30}", "[0-9]{4}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?([+-][01][0-9])?)?"], tail in proptest::collection::vec(any::<u8>(), 0..4)) {
        for (name, bound) in all() {
            let after = apply(&bound, &value);
            prop_assert_eq!(&after, &apply(&bound, &value));
            if name.ends_with("(10)") && !after.starts_with("refused") && after != value {
                prop_assert!(after.len() <= 10, "{}", after);
            }
            let bytes = [value.as_bytes(), &tail].concat();
            let _ = bound.mask.as_ref().expect("a mask").mask(Cell::new(&bytes), &mut Vec::new());
        }
    }

    #[test]
    fn truncation_is_idempotent_and_never_later(day in 0i64..1_000_000, second in 0i64..86_400, unit in 0usize..8, zone in 0usize..4) {
        let zone = ["UTC", "Europe/Paris", "America/Havana", "+05:30"][zone];
        let cut = bind("date_trunc", &[("to", word(super::calendar::UNITS[unit])), ("zone", word(zone))], TIMESTAMPTZ).expect("fits");
        let mut before = parse(b"0400-01-01 00:00:00-03:30", Forms::Server).expect("a date");
        before.day += day;
        if let Some(clock) = &mut before.clock { clock.second = second; }
        let mut text = Vec::new();
        before.write(&mut text);
        let once = apply(&cut, std::str::from_utf8(&text).expect("ASCII"));
        prop_assert_eq!(&apply(&cut, &once), &once);
        prop_assert!(parse(once.as_bytes(), Forms::Server).expect("a date").local() <= before.local());
    }

    #[test]
    fn years_months_and_bands_stay(day in 0i64..800_000, seed in any::<u32>()) {
        let (y, m, d) = (day / 366 + 1, day % 12 + 1, day % 28 + 1);
        let before = format!("{y:04}-{m:02}-{d:02}");
        let seed = seed.to_string();
        for (keep, same) in [("year", 4), ("month", 7)] {
            let bound = bind("date_of_birth", &[("keep", word(keep))], "date").expect("fits");
            let after = seeded(&bound, &before, Some(&seed));
            prop_assert_eq!(&after[..same], &before[..same]);
            prop_assert_ne!(&after, &before);
            prop_assert_ne!(&apply(&bound, &before), &before);
        }
        let bound = bind("date_band", &[], "date").expect("fits");
        let after = seeded(&bound, &before, Some(&seed));
        prop_assert_eq!(after[..4].parse::<i64>().expect("a year") / 5, y / 5);
        prop_assert_ne!(after, before);
    }
}
