//! What the masks of people promise.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use crate::encoding::Charset;
use crate::mask::fit::Target;
use crate::mask::registry::{self, OptionValue};
use crate::mask::words::{LOCALES, lists};
use crate::mask::{Bound, Cell, Distinct, Masked, Note, Surroundings, demo};

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn try_bind(name: &str, options: &[(&str, &str)], target: &Target) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), word(value))).collect();
    let row = [("sexe".to_owned(), Target::of_sql("text"))];
    demo::bound(registry::find(name).expect("known"), &options, target, &row, b"0123456789abcdef")
        .map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
}

fn bind(name: &str, options: &[(&str, &str)], kind: &str) -> Bound {
    try_bind(name, options, &Target::of_sql(kind)).expect("fits")
}

#[derive(Debug)]
struct Row(Option<&'static str>);

impl Surroundings for Row {
    fn read(&self, _: usize) -> Option<&[u8]> {
        self.0.map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn masked(bound: &Bound, cell: Cell<'_>) -> String {
    let mut out = Vec::new();
    assert_eq!(bound.mask.as_ref().expect("a mask").mask(cell, &mut out), Ok(Masked::Value));
    String::from_utf8(out).expect("UTF-8")
}

fn apply(bound: &Bound, value: &str) -> String {
    masked(bound, Cell::new(value.as_bytes()))
}

fn with(bound: &Bound, value: &str, gender: Option<&'static str>) -> String {
    masked(bound, Cell { around: &Row(gender), ..Cell::new(value.as_bytes()) })
}

#[test]
fn a_person_is_one_person() {
    for options in
        [&[][..], &[("gender", "female")], &[("gender", "male")], &[("gender", "sexe")], &[("locale", "pt_BR"), ("gender", "sexe")]]
    {
        let [first, full, user, title] = ["first_name", "full_name", "username", "title"].map(|name| bind(name, options, "text"));
        let plain: Vec<_> = options.iter().copied().filter(|(name, _)| *name == "locale").collect();
        let last = bind("last_name", &plain, "text");
        let locale = if plain.is_empty() { "fr_FR" } else { "pt_BR" };
        let (_, names) = lists::first_names().iter().find(|(name, _)| *name == locale).expect("known");
        for i in 0..500 {
            let (seed, gender) = (i.to_string(), [Some("F"), Some("1"), Some("?"), None][i % 4]);
            let (one, two) = (with(&first, &seed, gender), with(&last, &seed, gender));
            assert_eq!(with(&full, &seed, gender), format!("{one} {two}"));
            let user = with(&user, &seed, gender);
            let initial = crate::mask::words::plain(&one).expect("has an ASCII form").to_lowercase();
            assert!(user.starts_with(&initial[..1]) && user.is_ascii(), "{one} {two}: {user}");
            let title = with(&title, &seed, gender);
            if names.women.contains(&one.as_str()) {
                assert!(title == "Mme" || title == "Sra", "{one}: {title}");
            }
            if names.men.contains(&one.as_str()) {
                assert!(title == "M" || title == "Sr", "{one}: {title}");
            }
        }
    }
}

#[test]
fn gender_is_kept_as_far_as_it_is_told() {
    let is = |list: &[&str], name: &str| list.contains(&name);
    for locale in LOCALES {
        let (_, names) = lists::first_names().iter().find(|(name, _)| *name == locale.name).expect("known");
        let read = bind("first_name", &[("locale", locale.name), ("gender", "sexe")], "text");
        let told = bind("first_name", &[("locale", locale.name), ("gender", "name")], "text");
        for i in 0..200 {
            let seed = i.to_string();
            assert!(is(&names.women, &with(&read, &seed, Some("femme"))));
            assert!(is(&names.men, &with(&read, &seed, Some("M."))));
        }
        for (name, list) in [(&names.women, &names.women), (&names.men, &names.men)] {
            // A name that folds like one of the other gender tells nothing.
            let kept = name.iter().filter(|name| is(list, &apply(&told, name))).count();
            assert!(kept * 100 >= name.len() * 95, "{}: {kept} of {}", locale.name, name.len());
        }
    }
    let (any, read) = (bind("first_name", &[], "text"), bind("first_name", &[("gender", "sexe")], "text"));
    assert_eq!(apply(&any, "1"), with(&read, "1", Some("unknown")));
    assert_eq!(read.reads.len(), 1);
    assert_eq!(
        try_bind("first_name", &[("gender", "sex")], &Target::of_sql("text")).expect_err("refused"),
        "option \"gender\": the table has no column \"sex\"; did you mean \"sexe\"?"
    );
}

#[test]
fn orders_and_cases() {
    let (first, last) = (apply(&bind("first_name", &[], "text"), "1"), apply(&bind("last_name", &[], "text"), "1"));
    let full = |options: &[(&str, &str)]| apply(&bind("full_name", options, "text"), "1");
    assert_eq!(full(&[("order", "last, first")]), format!("{last}, {first}"));
    assert_eq!(full(&[("order", "LAST First")]), format!("{} {first}", last.to_uppercase()));
    assert_eq!(full(&[("order", "First LAST"), ("case", "lower")]), format!("{} {}", first.to_lowercase(), last.to_uppercase()));
    assert_eq!(full(&[("case", "upper")]), format!("{first} {last}").to_uppercase());
    for i in 0..3000 {
        let seed = i.to_string();
        for mask in ["first_name", "last_name"] {
            let as_is = apply(&bind(mask, &[], "text"), &seed);
            assert_eq!(apply(&bind(mask, &[("case", "upper")], "text"), &seed), as_is.to_uppercase());
            if i > 20 {
                break;
            }
        }
    }
    let prints: HashSet<_> =
        ["upper", "lower", "title", "as_is"].map(|case| bind("last_name", &[("case", case)], "text").fingerprint).into();
    assert_eq!(prints.len(), 4);
    assert_eq!(bind("last_name", &[("case", "as_is")], "text").fingerprint, bind("last_name", &[], "text").fingerprint);
}

#[test]
fn usernames_stay_distinct_in_short_columns() {
    for kind in ["character varying(18)", "character varying(19)", "character varying(20)", "character varying(24)", "text"] {
        let bound = bind("username", &[], kind);
        assert_eq!(bound.distinct, Distinct::Kept);
        let all: HashSet<_> = (0..100_000).map(|i| apply(&bound, &i.to_string())).collect();
        assert_eq!(all.len(), 100_000);
        let max = Target::of_sql(kind).max_chars.unwrap_or(18 + 21) as usize;
        assert!(all.iter().all(|name| name.len() <= max && *name == name.to_lowercase()), "{kind}");
    }
    assert_eq!(
        try_bind("username", &[], &Target::of_sql("character varying(17)")).expect_err("refused"),
        "a log-in name that stays distinct needs 18 characters, the column takes 17; use const or null"
    );
}

#[test]
fn titles_keep_their_form() {
    let title = bind("title", &[("gender", "sexe")], "text");
    let form = |value| with(&title, value, Some("m"));
    assert_eq!((form("Mme"), form("Mme.")), ("M".into(), "M.".into()));
    assert_eq!((form("Madame"), form("MADAME")), ("Monsieur".into(), "MONSIEUR".into()));
    assert_eq!((with(&title, "M.", Some("f")), with(&title, "MONSIEUR", Some("f"))), ("Mme".into(), "MADAME".into()));
    let short = bind("title", &[("gender", "female")], "character varying(5)");
    assert_eq!(apply(&short, "Madam"), "Mme");
    assert_eq!(
        try_bind("title", &[], &Target::of_sql("character varying(2)")).expect_err("refused"),
        "a title of locale fr_FR needs 3 characters, the column takes 2; use const or null"
    );
}

#[test]
fn companies_and_jobs_fit() {
    for locale in LOCALES {
        for mask in ["company", "job"] {
            for charset in [Charset::Utf8, Charset::Latin1, Charset::SqlAscii] {
                for max in [1, 8, 10, 12, 15, 20, 30, 60] {
                    let target = Target { charset, ..Target::of_sql(&format!("character varying({max})")) };
                    let Ok(bound) = try_bind(mask, &[("locale", locale.name)], &target) else {
                        assert!(max < 16, "{mask} {} {max}", locale.name);
                        continue;
                    };
                    let made: HashSet<_> = (0..300).map(|i| apply(&bound, &i.to_string())).collect();
                    assert!(made.iter().all(|name| name.chars().count() <= max && charset.encode(name).is_some() && name.trim() == name));
                    assert!(made.len() >= 12, "{mask} {} {max}: {}", locale.name, made.len());
                }
            }
        }
    }
    let (sixty, text) = (bind("company", &[], "character varying(200)"), bind("company", &[], "text"));
    assert_eq!(sixty.fingerprint, text.fingerprint);
    assert!((0..100).all(|i| apply(&sixty, &i.to_string()) == apply(&text, &i.to_string())));
    let mut forms: HashMap<bool, u32> = HashMap::new();
    (0..2000).for_each(|i| *forms.entry(apply(&text, &i.to_string()).contains("SARL")).or_default() += 1);
    assert!((80..300).contains(&forms[&true]), "two of 29 patterns: {forms:?}");
    assert_eq!(
        try_bind("company", &[], &Target::of_sql("character varying(5)")).expect_err("refused"),
        "the name of a company of locale fr_FR needs 7 characters, the column takes 5; use const or null"
    );
}

proptest! {
    #[test]
    fn any_bytes_will_do(value in prop::collection::vec(any::<u8>(), 0..60), gender in prop::option::of("\\PC{0,8}")) {
        let gender: Option<&'static str> = gender.map(|gender| &*gender.leak());
        for mask in ["first_name", "full_name", "username", "title"] {
            for source in ["sexe", "name"] {
                let bound = bind(mask, &[("gender", source)], "character varying(40)");
                let after = masked(&bound, Cell { around: &Row(gender), ..Cell::new(&value) });
                prop_assert!(after.chars().count() <= 40);
            }
        }
    }
}
