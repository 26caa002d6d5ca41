//! What the masks of text promise.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::super::fit::Target;
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Distinct, Masked, Note, Surroundings, demo};
use crate::encoding::Charset;

/// The options of a rule.
type Options<'a> = &'a [(&'a str, OptionValue)];

/// A row, in the order of the mask's readings.
#[derive(Debug, Default)]
struct Row(Vec<Option<String>>);

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index)?.as_deref().map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn number(number: i64) -> OptionValue {
    OptionValue::Integer(number)
}

fn words(list: &[&str]) -> OptionValue {
    OptionValue::List(list.iter().map(|text| word(text)).collect())
}

fn table(entries: &[(&str, OptionValue)]) -> OptionValue {
    OptionValue::Table(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn text() -> Target {
    Target::of_sql("text")
}

fn bind_with(secret: &[u8], name: &str, options: &[(&str, OptionValue)], target: &Target) -> Result<Bound, String> {
    let definition = registry::find(name).expect("a known mask");
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let columns = ["first", "last", "email", "phone", "name"].map(|name| (name.to_owned(), text()));
    demo::bound(definition, &options, target, &columns, secret).map_err(|error| match error.help {
        Some(help) => format!("{}; {help}", error.message),
        None => error.message,
    })
}

fn bind(name: &str, options: &[(&str, OptionValue)], target: &Target) -> Result<Bound, String> {
    bind_with(b"0123456789abcdef", name, options, target)
}

fn bound(name: &str, options: &[(&str, OptionValue)]) -> Bound {
    bind(name, options, &text()).expect("fits")
}

fn run(bound: &Bound, value: &[u8], row: &Row) -> Result<Vec<u8>, &'static str> {
    let mut out = b"head".to_vec();
    let masked = bound.mask.as_ref().expect("a mask").mask(Cell { around: row, ..Cell::new(value) }, &mut out);
    assert!(out.starts_with(b"head"), "what stands before is not touched");
    match masked {
        Ok(Masked::Value) => Ok(out.split_off(4)),
        Ok(Masked::Null) => Ok(b"NULL".to_vec()),
        Ok(Masked::Same) => Ok(value.to_vec()),
        Err(refusal) => Err(refusal.expected),
    }
}

fn apply(bound: &Bound, value: &str) -> String {
    String::from_utf8(run(bound, value.as_bytes(), &Row::default()).expect("taken")).expect("UTF-8")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn errors_say_what_to_do() {
    let ascii = Target { charset: Charset::SqlAscii, ..text() };
    let not_null = Target { not_null: true, ..text() };
    let table: &[(&str, Options<'_>, &Target, &str)] = &[
        ("lorem", &[], &Target::of_sql("date"), "it makes text, but the column is date; use const or null, or keep the column"),
        ("partial", &[("fill", word("xx"))], &text(), "option \"fill\": \"xx\" is not one character; for example \"*\""),
        ("partial", &[("fill", word("•"))], &ascii, "option \"fill\": the dump's encoding SQL_ASCII cannot write \"•\"; use \"*\""),
        (
            "partial",
            &[("form", word("email")), ("by", word("word"))],
            &text(),
            "form = \"email\" says already which parts the numbers count for; leave one of the two out",
        ),
        (
            "replace",
            &[],
            &text(),
            "option \"pattern\" is missing, expected a string; for example { mask = \"replace\", pattern = '(\\d{2})\\d+', with = \"${1}000\" }",
        ),
        (
            "replace",
            &[("pattern", word("(a"))],
            &text(),
            "option \"pattern\": unclosed group; see https://docs.rs/regex for what a pattern may hold; literal = true takes it as it stands",
        ),
        (
            "replace",
            &[("pattern", word("(a)")), ("with", word("$1a"))],
            &text(),
            "option \"with\": the pattern has no group \"1a\"; ${1}0 is group 1 and a zero behind it, $$ is a dollar",
        ),
        (
            "replace",
            &[("pattern", word("a")), ("with", word("$1"))],
            &text(),
            "option \"with\": the pattern has no group \"1\"; ${1}0 is group 1 and a zero behind it, $$ is a dollar",
        ),
        (
            "replace",
            &[("pattern", word("a")), ("with", word("é"))],
            &ascii,
            "option \"with\": the dump's encoding SQL_ASCII cannot write it; use ASCII",
        ),
        ("replace", &[("pattern", word("a")), ("otherwise", word("null"))], &not_null, "the column is NOT NULL; use \"error\""),
        ("truncate", &[("chars", number(0))], &text(), "option \"chars\": expected an integer from 1 to 1000000000, found 0"),
        (
            "redact",
            &[("detect", words(&["mail"]))],
            &text(),
            "option \"detect\": unknown kind \"mail\", expected some of email, phone, iban, credit_card, nir, siret, siren, ip, url, date; did you mean \"email\"?",
        ),
        ("redact", &[("detect", words(&[]))], &text(), "nothing is looked for; name a kind, or leave the option out"),
        (
            "redact",
            &[("with", word("emial"))],
            &text(),
            "option \"with\": \"emial\" is neither \"label\" nor \"pseudonym\" nor the name of a mask; did you mean \"email\"?",
        ),
        (
            "redact",
            &[("with", word("xxxxxxxxx"))],
            &text(),
            "option \"with\": \"xxxxxxxxx\" is neither \"label\" nor \"pseudonym\" nor the name of a mask; for a text write \"[xxxxxxxxx]\"",
        ),
        ("redact", &[("row", words(&["frist"]))], &text(), "option \"row\": the table has no column \"frist\"; did you mean \"first\"?"),
        (
            "redact",
            &[("row", words(&["@.a"]))],
            &text(),
            "option \"row\": \"@.a\" is inside a document, and the value is in none; name columns of the row",
        ),
        (
            "redact",
            &[("masks", table(&[("emial", word("email"))]))],
            &text(),
            "option \"masks\": unknown kind \"emial\", expected some of email, phone, iban, credit_card, nir, siret, siren, ip, url, date, word; did you mean \"email\"?",
        ),
        (
            "redact",
            &[("detect", words(&["ip"])), ("masks", table(&[("email", word("email"))]))],
            &text(),
            "option \"masks\": \"email\" is not looked for; name it in \"detect\", or leave its mask out",
        ),
        ("redact", &[("words", words(&["-"]))], &text(), "option \"words\": there is no word, expected at least one"),
        (
            "redact",
            &[("masks", table(&[("email", table(&[("mask", word("email")), ("host", word("X"))]))]))],
            &text(),
            "mask \"email\": option \"host\": \"X\" is no host name in lower case; for example \"example.org\", which receives no mail",
        ),
    ];
    for (name, options, target, expected) in table {
        assert_eq!(bind(name, options, target).expect_err(expected), *expected);
    }
}

#[test]
fn lorem_keeps_the_shape() {
    let lorem = bound("lorem", &[]);
    let before = "Vu M. LEFÈVRE-Petit (né le 12/03/1980) :\r\n  « Il a très mal… »\n\n\t- tél. 06 12 34 56 78 ?";
    let after = apply(&lorem, before);
    let shape = |text: &str| -> String {
        let class = |c: char| match c {
            c if c.is_uppercase() => 'A',
            c if c.is_alphabetic() => 'a',
            c if c.is_numeric() => '0',
            c => c,
        };
        text.chars().map(class).collect()
    };
    assert_eq!(shape(&after), shape(before));
    let letters =
        |text: &str| text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 3).map(str::to_owned).collect::<HashSet<_>>();
    assert!(letters(&after).is_disjoint(&letters(before)), "{after}");
    assert_ne!(after, apply(&bind_with(b"another secret!!", "lorem", &[], &text()).expect("fits"), before));
    assert_eq!(apply(&lorem, "🙂é").chars().filter(char::is_ascii_lowercase).count(), 2, "what is no sign becomes a letter");
    assert_eq!(apply(&bound("lorem", &[("words", number(2))]), "Un deux, trois quatre.").split(' ').count(), 2);
    assert_eq!(apply(&bound("lorem", &[("chars", number(3))]), "Un deux, trois").len(), 2, "no blank at the end");
    let long = apply(&lorem, &"x".repeat(100));
    assert!(long.len() == 100 && long.bytes().all(|b| b.is_ascii_lowercase()));
}

#[test]
fn lorem_uses_all_its_words() {
    let lorem = bound("lorem", &[]);
    let mut counts = HashMap::new();
    for i in 0..20_000 {
        // Five letters of which none is a digit, and all different.
        let value: String = (0..5).map(|place| char::from(b'a' + (i / 26u32.pow(place) % 26) as u8)).collect();
        *counts.entry(apply(&lorem, &value)).or_insert(0u32) += 1;
    }
    let mean = 20_000 / u32::try_from(counts.len()).expect("few");
    assert!(counts.len() > 30 && counts.values().all(|count| *count < 2 * mean && *count > mean / 2), "{counts:?}");
}

#[test]
fn partial_forms() {
    let cases: &[(Options<'_>, &str, &str)] = &[
        (&[], "Lefèvre", "L******"),
        (&[("last", number(4))], "4970101234567893", "************7893"),
        (&[("first", number(2)), ("last", number(2)), ("fill", word("•"))], "Éléonore", "Él••••re"),
        (&[("first", number(2)), ("last", number(2))], "Zoé!", "****"),
        (&[], "Z", "*"),
        (&[("by", word("word"))], "Marie-Ève D'Arc, 12", "M****-È** *'A**, 1*"),
        (&[("form", word("email"))], "zoe.lefevre@laposte.net", "z***@l***.net"),
        (&[("form", word("email"))], "z@l.net", "***@***.net"),
        (&[("form", word("email")), ("first", number(2)), ("last", number(1))], "zoe.lefevre@mail.laposte.net", "zo***e@ma***e.net"),
        (&[("form", word("email"))], "root@localhost", "r***@l***"),
        (&[("form", word("email"))], "no address", "**********"),
    ];
    for (options, before, after) in cases {
        assert_eq!(apply(&bound("partial", options), before), *after);
    }
    let short = bind("partial", &[("form", word("email"))], &Target::of_sql("character varying(6)")).expect("fits");
    assert_eq!(apply(&short, "a@b.fr"), "***@**", "an address may grow, and is cut");
}

#[test]
fn replace_forms() {
    let cases: &[(Options<'_>, &str, &str)] = &[
        (&[("pattern", word(r"(\d{2})\d+")), ("with", word("${1}000"))], "75011 et 69003", "75000 et 69000"),
        (&[("pattern", word("(?<a>[a-z]+)@(?<b>[a-z.]+)")), ("with", word("$b at $a"))], "zoe@x.fr", "x.fr at zoe"),
        (&[("pattern", word("[aeiouéè]"))], "Zoé", "Z"),
        (&[("pattern", word("x*")), ("with", word("-"))], "éa", "-é-a-"),
        (&[("pattern", word("^a*$")), ("with", word("$$1"))], "aa", "$1"),
        (&[("pattern", word("a.b")), ("with", word("$1")), ("literal", OptionValue::Boolean(true))], "a.b axb", "$1 axb"),
        (&[("pattern", word("<a>[")), ("with", word("")), ("literal", OptionValue::Boolean(true))], "x<a>[y", "xy"),
        (&[("pattern", word("z"))], "abc", "abc"),
        (&[("pattern", word("z")), ("otherwise", word("null"))], "abc", "NULL"),
        (&[("pattern", word("(?i)é"))], "ÉtÉ", "t"),
    ];
    for (options, before, after) in cases {
        assert_eq!(apply(&bound("replace", options), before), *after, "{options:?}");
    }
    let strict = bound("replace", &[("pattern", word("z")), ("otherwise", word("error"))]);
    assert_eq!(run(&strict, b"abc", &Row::default()), Err("a value that the pattern matches"));
    let short = bind("replace", &[("pattern", word("a")), ("with", word("éé"))], &Target::of_sql("character varying(3)")).expect("fits");
    assert_eq!(apply(&short, "aa"), "ééé");
    let bytes = bound("replace", &[("pattern", word("b")), ("with", word("x"))]);
    assert_eq!(run(&bytes, b"a\xffb", &Row::default()), Ok(b"a\xffx".to_vec()));
}

#[test]
fn shuffle_moves_and_loses_nothing() {
    let sorted = |text: &str| {
        let mut chars: Vec<char> = text.chars().collect();
        chars.sort_unstable();
        chars
    };
    let (chars, by_word) = (bound("shuffle", &[]), bound("shuffle", &[("by", word("word"))]));
    let before = "Éléonore  de\tBeaumont 42";
    let after = apply(&chars, before);
    assert_eq!(sorted(&after), sorted(before));
    let blanks = |text: &str| {
        text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, c)| (text[..at].chars().count(), c)).collect::<Vec<_>>()
    };
    assert_eq!(blanks(&after), blanks(before));
    let mut words: Vec<String> = apply(&by_word, before).split_whitespace().map(str::to_owned).collect();
    words.sort();
    assert_eq!(words, ["42", "Beaumont", "de", "Éléonore"]);
    let orders: HashSet<String> = (0..500).map(|i| apply(&bound("shuffle", &[("domain", word(&format!("d{i}")))]), "abc")).collect();
    assert_eq!(orders.len(), 6, "every order comes");
}

#[test]
fn truncate_cuts_characters() {
    let two = bound("truncate", &[("chars", number(2))]);
    assert_eq!([apply(&two, "Zoé"), apply(&two, "éèà"), apply(&two, "é")], ["Zo", "éè", "é"]);
    assert_eq!(two.distinct, Distinct::Lost);
}

/// A row: first name, last name, e-mail address, phone; before and after.
fn person(pairs: [(&str, &str); 4]) -> Row {
    Row(pairs.iter().flat_map(|(before, after)| [*before, *after]).map(|value| (value != "NULL").then(|| value.to_owned())).collect())
}

fn redact(options: &[(&str, OptionValue)], row: &Row, before: &str) -> String {
    String::from_utf8(run(&bound("redact", options), before.as_bytes(), row).expect("taken")).expect("UTF-8")
}

#[test]
fn labels_texts_and_masks() {
    let row = Row::default();
    let before = "Joindre zoe@x.fr ou 06 12 34 56 78, IP 192.0.2.1, né le 12 mars 1980";
    assert_eq!(redact(&[], &row, before), "Joindre [email] ou [phone], IP [ip], né le [date]");
    assert_eq!(redact(&[("with", word("…"))], &row, before), "Joindre … ou …, IP …, né le …");
    assert_eq!(
        redact(&[("with", word("")), ("detect", words(&["email", "ip"]))], &row, before),
        "Joindre  ou 06 12 34 56 78, IP , né le 12 mars 1980"
    );
    assert_eq!(redact(&[("with", word("null"))], &row, before), "Joindre  ou , IP , né le ");
    assert_eq!(redact(&[("with", word("keep"))], &row, before), before);
    let forwarded = "192.0.2.1, 2001:db8::1";
    let ip = bind("ip", &[], &text()).expect("fits");
    let other = |address: &str| apply(&ip, address);
    assert_eq!(
        redact(&[("detect", words(&["ip"])), ("with", word("ip"))], &row, forwarded),
        format!("{}, {}", other("192.0.2.1"), other("2001:db8::1"))
    );
    let masks = table(&[("email", table(&[("mask", word("const")), ("value", word("X"))])), ("date", word("keep"))]);
    assert_eq!(redact(&[("masks", masks)], &row, before), "Joindre X ou [phone], IP [ip], né le 12 mars 1980");
    assert_eq!(redact(&[], &row, "Rien."), "Rien.");
    let short = bind("redact", &[], &Target::of_sql("character varying(8)")).expect("fits");
    assert_eq!(apply(&short, "à a@b.fr"), "à [email", "a label may be longer than what it stands for");
}

#[test]
fn pseudonyms_are_those_of_the_columns() {
    let row = Row::default();
    let by = |mask: &str, target: &str, value: &str| apply(&bind(mask, &[], &Target::of_sql(target)).expect("fits"), value);
    let pseudonym = |before: &str| redact(&[("with", word("pseudonym"))], &row, before);
    assert_eq!(pseudonym("→ zoe@x.fr."), format!("→ {}.", by("email", "character varying(255)", "zoe@x.fr")));
    assert_eq!(pseudonym("→ 06 12 34 56 78."), format!("→ {}.", by("phone", "text", "06 12 34 56 78")));
    assert_eq!(pseudonym("→ 2001:DB8::1."), format!("→ {}.", by("ip", "inet", "2001:db8::1")), "however it is spelt");
    assert_eq!(pseudonym("le 1980-03-12"), format!("le {}", by("date_shift", "date", "1980-03-12")));
    let moved = by("date_shift", "date", "1980-03-12");
    let (year, rest) = moved.split_once('-').expect("a date");
    let (month, day) = rest.split_once('-').expect("a date");
    assert_eq!(pseudonym("le 12/03/1980 au soir"), format!("le {day}/{month}/{year} au soir"));
    let named = pseudonym("le 12 mars 1980");
    assert!(named.ends_with(year) && named.contains(day.trim_start_matches('0')), "{named}");
    let latin = Target { charset: Charset::SqlAscii, ..text() };
    let ascii = bind("redact", &[("with", word("pseudonym")), ("detect", words(&["date"]))], &latin).expect("fits");
    for month in 1..13 {
        assert!(apply(&ascii, &format!("12 mars {}, 3 mai {}, 30 juillet {}", 1950 + month, 1960 + month, 1970 + month)).is_ascii());
    }
    let other = table(&[("email", table(&[("mask", word("email")), ("domain", word("people"))]))]);
    let people = redact(&[("with", word("pseudonym")), ("masks", other)], &row, "zoe@x.fr");
    assert_eq!(people, apply(&bound("email", &[("domain", word("people"))]), "zoe@x.fr"));
}

#[test]
fn words_and_numbers_in_other_forms_of_unicode() {
    let greek = person([("Νίκος", "Anna"), ("Παπαδόπουλος", "Petit"), ("NULL", "NULL"), ("０６１２３４５６７８", "NULL")]);
    let options = [("row", words(&["first", "last", "email", "phone"])), ("words", words(&["Παῦλος"]))];
    for (before, after) in [
        ("ΝΙΚΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "[name] [name]"),
        ("Ο κ. Παπαδόπουλος‐Νίκοσ", "Ο κ. [name]‐[name]"),
        ("ΠΑΥΛΟΣ, παυλοσ, Παύλος", "[word], [word], [word]"),
        ("Πα\u{ad}πα\u{ad}δό\u{ad}που\u{ad}λος", "[name]"),
        ("06‑12‑34‑56‑78 ou ０６１２３４５６７８", "[phone] ou [phone]"),
        ("＋３３　６　１２　３４　５６　７８ ; ｚｏｅ＠ｘ．ｆｒ.", "[phone] ; [email]."),
        ("né le １２／０３／１９８０ – IP １９２．１６８．１．１", "né le [date] – IP [ip]"),
        ("1980–1990 – ok", "1980–1990 – ok"),
    ] {
        assert_eq!(redact(&options, &greek, before), after);
    }
    let keep = [("with", word("keep"))];
    assert_eq!(redact(&keep, &greek, "０６１２３４５６７８"), "０６１２３４５６７８");
}

#[test]
fn the_people_of_the_row() {
    let zoe =
        || person([("Zoé", "Anna"), ("Lefèvre", "Petit-Jean"), ("zoe.lefevre@laposte.net", "a@example.org"), ("0612345678", "0639981234")]);
    let options = [("row", words(&["first", "last", "email", "phone"])), ("with", word("pseudonym"))];
    for (before, after) in [
        ("Vu Zoé Lefèvre.", "Vu Anna Petit-Jean."),
        ("LEFEVRE Zoé", "PETIT-JEAN Anna"),
        ("zoé  lefèvre, zoe", "anna  petit-jean, anna"),
        ("Zoe\u{301}\nLEFE\u{300}VRE", "Anna\nPETIT-JEAN"),
        ("d'Anne, Zoélie, Lefèvres, XZoé", "d'Anne, Zoélie, Lefèvres, XZoé"),
        ("L’appel de Zoé-Lefèvre", "L’appel de Anna-Petit-Jean"),
        ("ZOE.Lefevre@LaPoste.NET", "a@example.org"),
        ("+33 6 12 34 56 78 / 06.12.34.56.78", "0639981234 / 06.39.98.12.34"),
        ("zoe.lefevre", "anna.petit-jean"),
        ("Zoé né(e) 王", "Anna né(e) 王"),
    ] {
        assert_eq!(redact(&options, &zoe(), before), after);
    }
    // Detected only where it is the row's own.
    let own = [("row", words(&["first", "last", "email", "phone"])), ("with", word("pseudonym")), ("detect", words(&["ip"]))];
    let after = redact(&own, &zoe(), "zoe.lefevre@laposte.net, jean@x.fr, 0612345678, 0612345679");
    assert_eq!(after, "a@example.org, jean@x.fr, 0639981234, 0612345679");
    // Labels, also where a value stays.
    let label = [("row", words(&["first", "last", "email", "phone"]))];
    let same = person([("Zoé", "Zoé"), ("Lefèvre", "NULL"), ("NULL", "NULL"), ("0612345678", "NULL")]);
    assert_eq!(redact(&label, &same, "Zoé Lefèvre 06 12 34 56 78"), "[name] [name] [phone]");
    assert_eq!(redact(&options, &same, "Zoé Lefèvre 06 12 34 56 78"), "Zoé [name] [phone]");
    let text_for = [("row", words(&["first", "last", "email", "phone"])), ("with", word("…"))];
    assert_eq!(redact(&text_for, &zoe(), "Zoé, zoe.lefevre@laposte.net"), "…, …");
    // Names that also stand in somebody's address are not taken out of it.
    let jean = person([("Jean", "Paul"), ("Dupont", "Martin"), ("NULL", "NULL"), ("NULL", "NULL")]);
    let mail = apply(&bound("email", &[]), "jean.dupont@x.fr");
    assert_eq!(redact(&options, &jean, "Dupont jean.dupont@x.fr"), format!("Martin {mail}"));
    // Two letters.
    let li = person([("Al", "Anna"), ("Li", "Petit"), ("NULL", "NULL"), ("NULL", "NULL")]);
    for (before, after) in [
        ("Al, AL et al. ; Li li LI", "Anna, ANNA et al. ; Petit li PETIT"),
        ("al li ; li, al", "anna petit ; petit, anna"),
        ("Ali, Alli", "Ali, Alli"),
    ] {
        assert_eq!(redact(&options, &li, before), after);
    }
    // One column for the whole name.
    let whole = Row(vec![Some("Marie-Ève de La Tour".into()), Some("Anna Petit".into())]);
    let name = [("row", words(&["name"])), ("with", word("pseudonym"))];
    for (before, after) in [
        ("marie eve de la tour", "anna petit"),
        ("DE LA TOUR Marie-Ève", "Anna Petit"),
        ("Mme Tour et la tour", "Mme Anna Petit et la tour"),
    ] {
        assert_eq!(redact(&name, &whole, before), after);
    }
    let two = Row(vec![Some("Zoé Lefèvre".into()), Some("Anna Petit".into())]);
    for (before, after) in
        [("LEFÈVRE Zoé", "PETIT Anna"), ("Mme Lefèvre", "Mme Petit"), ("Mme LEFÈVRE", "Mme PETIT"), ("lefèvre", "lefèvre")]
    {
        assert_eq!(redact(&name, &two, before), after);
    }
}

#[test]
fn capitals_stay_within_the_encoding() {
    let target = Target { charset: Charset::Latin1, ..text() };
    let bound = bind("redact", &[("row", words(&["first"])), ("with", word("pseudonym"))], &target).expect("fits");
    let row = Row(vec![Some("Zoé".into()), Some("Faÿ".into())]);
    // LATIN1 has ÿ, but not its capital.
    assert_eq!(run(&bound, "ZOÉ".as_bytes(), &row), Ok("FAÿ".as_bytes().to_vec()));
}

#[test]
fn masks_inside_read_the_row_too() {
    let seeded = table(&[("email", table(&[("mask", word("email")), ("seed", word("phone"))]))]);
    let rule = bound("redact", &[("row", words(&["first"])), ("masks", seeded), ("with", word("pseudonym"))]);
    let told: Vec<(&str, bool)> = rule.reads.iter().map(|reading| (&*reading.of, reading.masked)).collect();
    assert_eq!(told, [("first", false), ("first", true), ("phone", false)]);
    let row = Row(["Zoé  ", "Anna  ", "0612345678"].map(|value| Some(value.to_owned())).into());
    let after = String::from_utf8(run(&rule, b"zoe : zoe@x.fr", &row).expect("taken")).expect("UTF-8");
    assert_eq!(after, format!("anna : {}", apply(&bound("email", &[]), "0612345678")));
    let inner = table(&[("mask", word("redact")), ("row", words(&["first"])), ("with", word("pseudonym")), ("detect", words(&[]))]);
    let rule = bound("redact", &[("row", words(&["last"])), ("masks", table(&[("url", inner)])), ("with", word("pseudonym"))]);
    let row = Row(["Petit", "Grand", "Zoé", "Anna"].map(|value| Some(value.to_owned())).into());
    let after = String::from_utf8(run(&rule, b"petit https://x.fr/zoe petit", &row).expect("taken")).expect("UTF-8");
    assert_eq!(after, "grand https://x.fr/anna grand", "a redaction inside of another one");
}

#[test]
fn a_list_of_ones_own() {
    let row = Row::default();
    let list = ("words", words(&["Zoé", "Résidence du Lac", "Lac", "résidence DU lac"]));
    let none = ("detect", words(&[]));
    let after = redact(&[list.clone(), none.clone()], &row, "ZOE, lac; la residence-du-Lac, lacs, du Lac Zoé@");
    assert_eq!(after, "[word], [word]; la [word], lacs, du [word] [word]@");
    let masks = ("masks", table(&[("word", word("last_name"))]));
    let name = apply(&bound("last_name", &[]), "Zoé");
    let after = redact(&[list.clone(), none.clone(), masks], &row, "Zoé zoe ZOE");
    assert_eq!(after, format!("{name} {} {}", name.to_lowercase(), name.to_uppercase()));
    let own = Row(vec![Some("Zoé".into()), Some("Anna".into())]);
    let both = redact(&[list.clone(), none, ("row", words(&["first"])), ("with", word("pseudonym"))], &own, "Zoé du Lac");
    assert_eq!(both, "Anna du [word]", "the row's own first");
    assert_eq!(redact(&[list, ("detect", words(&["email"]))], &row, "lac zoe@lac.fr lac"), "[word] [email] [word]");
    let missing = bind("redact", &[("file", word("no/such/file"))], &text()).expect_err("refused");
    assert!(missing.starts_with("option \"file\": cannot read \"no/such/file\": "), "{missing}");
}

#[test]
fn fingerprints_tell_rules_apart() {
    let of = |options: &[(&str, OptionValue)]| bound("redact", options).fingerprint;
    let rules = [
        of(&[]),
        of(&[("with", word("pseudonym"))]),
        of(&[("with", word("…"))]),
        of(&[("detect", words(&["ip"]))]),
        of(&[("words", words(&["a"]))]),
        of(&[("words", words(&["b"]))]),
        of(&[("row", words(&["first"]))]),
    ];
    assert_eq!(rules.iter().collect::<HashSet<_>>().len(), rules.len());
    assert_eq!(of(&[]), of(&[("with", word("label"))]));
}

proptest! {
    /// Whatever stands around it, in whatever case: a name is found, and nothing else changes.
    #[test]
    fn names_are_found_anywhere(before in "([a-y ,.]{0,20}[ ,.])?", behind in "([ ,.!\n][a-y ,.]{0,20})?", upper in any::<bool>()) {
        let row = person([("Zoé", "Anna"), ("Zwyz", "Zzyz"), ("NULL", "NULL"), ("NULL", "NULL")]);
        let options = [("row", words(&["first", "last"])), ("with", word("pseudonym")), ("detect", words(&[]))];
        let (name, new) = if upper { ("ZOÉ", "ANNA") } else { ("zoe", "anna") };
        prop_assert_eq!(redact(&options, &row, &format!("{before}{name}{behind}")), format!("{before}{new}{behind}"));
    }

    #[test]
    fn shapes_hold(value in "\\PC{0,60}") {
        let lorem = apply(&bound("lorem", &[]), &value);
        prop_assert_eq!(lorem.chars().count(), value.chars().count());
        prop_assert_eq!(lorem.split_whitespace().count(), value.split_whitespace().count());
        let partial = apply(&bound("partial", &[("first", number(2)), ("last", number(1))]), &value);
        prop_assert_eq!(partial.chars().count(), value.chars().count());
        let shuffled = apply(&bound("shuffle", &[]), &value);
        prop_assert_eq!(shuffled.chars().count(), value.chars().count());
        let cut = apply(&bound("truncate", &[("chars", number(7))]), &value);
        prop_assert_eq!(cut, value.chars().take(7).collect::<String>());
    }

    #[test]
    fn no_bytes_are_too_odd(value in proptest::collection::vec(any::<u8>(), 0..200), names in proptest::collection::vec("\\PC{0,12}", 6)) {
        let row = Row(names.into_iter().map(Some).collect());
        for (name, options) in [
            ("lorem", vec![]),
            ("partial", vec![("by", word("word"))]),
            ("partial", vec![("form", word("email"))]),
            ("replace", vec![("pattern", word("(.)b?")), ("with", word("$1$1"))]),
            ("shuffle", vec![]),
            ("shuffle", vec![("by", word("word"))]),
            ("truncate", vec![("chars", number(3))]),
            ("redact", vec![("row", words(&["first", "last", "email"])), ("words", words(&["Zoé", "王"])), ("with", word("pseudonym"))]),
            ("redact", vec![("row", words(&["first", "last", "email"])), ("words", words(&["a"])), ("with", word("hash"))]),
        ] {
            let bound = bound(name, &options);
            let once = run(&bound, &value, &row);
            prop_assert_eq!(&once, &run(&bound, &value, &row));
            prop_assert!(once.is_ok());
        }
    }
}
