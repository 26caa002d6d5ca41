//! Whole rules files: what they say, and every mistake with its full message.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::load::{Memory, load_from};
use super::{Rules, TableData, Unlisted, Value, load, parse};
use crate::error::Error;

const MISTAKES: &str = include_str!("testdata/mistakes.txt");
const VALID: &str = include_str!("testdata/valid.toml");
const REFERENCE: &str = include_str!("../../docs/rules.md");

/// Loads files that stand in memory.
fn load_files(files: &[(&str, &str)], sources: &[&str]) -> Result<Rules, String> {
    let files: BTreeMap<&str, &[u8]> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let sources: Vec<String> = sources.iter().map(|source| (*source).to_owned()).collect();
    load_from(&Memory(files), &sources).map_err(|error| error.to_string())
}

fn mistakes_of(text: &str) -> String {
    match parse("rules.toml", text) {
        Ok(_) => "no mistake".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The rules as `place: [table] pattern = mask`, one a line.
fn listed(rules: &Rules) -> String {
    let line = |(table, rule): (Option<&super::TableRule>, &super::ColumnRule)| {
        let table = table.map(|table| format!("[{}.{}] ", table.schema.text, table.name.text)).unwrap_or_default();
        format!("{} {}: {table}{} = {}\n", rule.layer, rule.at, rule.pattern.text, rule.masks[0].name.as_ref().expect("a name").value)
    };
    rules.column_rules().map(line).collect()
}

#[test]
fn every_mistake_has_its_message() {
    let mut cases = 0;
    for case in MISTAKES.split("\n=== ").skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let rest = format!("\n{rest}");
        let (text, expected) = rest.split_once("\n---\n").unwrap();
        let text = if text.is_empty() { String::new() } else { format!("{}\n", &text[1..]) };
        assert_eq!(mistakes_of(&text), expected.trim_end(), "{title}");
        assert!(!expected.contains("no mistake"), "{title}");
        cases += 1;
    }
    assert!(cases > 40, "only {cases} cases were read");
}

#[test]
fn what_a_text_file_cannot_show() {
    assert_eq!(mistakes_of(" \r\n"), "rules.toml:1:1: the file is empty, expected version = 1 at its top");
    assert_eq!(mistakes_of("version = 1\r\rx = 1"), "rules.toml:1:13: a carriage return stands alone, expected the end of a line");
    assert_eq!(
        mistakes_of("\u{feff}version = 1\r\n\r\n[column]\r\n"),
        "rules.toml:3:2: unknown key \"column\", expected one of version, include, defaults, columns, tables, subset, only, objects, foreign_keys, large_objects; did you mean \"columns\"?"
    );
    assert_eq!(
        mistakes_of("\u{feff}versio = 1").lines().next(),
        Some("rules.toml:1:1: the key \"version\" is missing, expected version = 1 at its top")
    );
    let deep = format!("version = 1\ncolumns = {{ a = {{ mask = \"x\", o = {}{} }} }}", "[".repeat(200), "]".repeat(200));
    assert!(mistakes_of(&deep).starts_with("rules.toml:2:"), "{}", mistakes_of(&deep));
    assert!(mistakes_of(&deep).contains("nested too deep, expected less than 80 levels"));
    let many = format!("version = 1\n{}", "a b\n".repeat(1000));
    assert_eq!(mistakes_of(&many).lines().count(), 10);
}

#[test]
fn a_valid_file_says_what_it_says() {
    let rules = parse("valid.toml", VALID).unwrap();
    assert_eq!(rules.defaults.unlisted, Unlisted::Error);
    assert_eq!(rules.defaults.locale.as_ref().map(|l| (l.value.as_str(), l.at.to_string())), Some(("fr_FR", "valid.toml:5:12".to_owned())));
    let expected = "\
0 valid.toml:9:1: *email* = email
0 valid.toml:10:1: last_ip = ip
0 valid.toml:13:1: [public.users] firstName = first_name
0 valid.toml:14:1: [public.users] phone = phone
0 valid.toml:15:1: [public.users] birthDate = date_shift
0 valid.toml:16:1: [public.users] odd\"name = null
0 valid.toml:25:1: [crm.x.y] a.b = null
0 valid.toml:31:19: [public.{a.b,c}] label = keep
";
    assert_eq!(listed(&rules), expected);
    let tables: Vec<_> =
        rules.tables.iter().map(|t| (t.id, t.key.as_str(), t.at.to_string(), t.data.as_ref().map(|d| d.value), t.is_exact())).collect();
    assert_eq!(
        tables,
        [
            (0, "users", "valid.toml:12:9".to_owned(), None, true),
            (1, "answers", "valid.toml:18:9".to_owned(), Some(TableData::Skip), true),
            (2, "crm.*", "valid.toml:21:9".to_owned(), Some(TableData::Keep), false),
            (3, "crm.\"x.y\"", "valid.toml:24:9".to_owned(), None, true),
            (4, "\"a.b\"", "valid.toml:28:1".to_owned(), Some(TableData::Skip), true),
            (5, "*.{a,b}_log", "valid.toml:30:1".to_owned(), Some(TableData::Skip), false),
            (6, "{a.b,c}", "valid.toml:31:1".to_owned(), None, false),
        ]
    );
    assert!(rules.column_rules().enumerate().all(|(id, (_, rule))| rule.id == id && !rule.preset));
}

#[test]
fn options_keep_their_types_and_places() {
    let text =
        "version = 1\n[columns]\n\"é\" = { mask = \"m\", z = 0x10, a = 1.5, b = true, d = 2024-01-02, e = [1, \"x\"], f.g = \"\" }\n";
    let rules = parse("r", text).unwrap();
    let mask = &rules.columns[0].masks[0];
    assert_eq!(mask.name.as_ref().expect("a name").at.to_string(), "r:3:16");
    let options: Vec<(&str, &Value)> = mask.options.iter().map(|(key, value)| (key.value.as_str(), &value.value)).collect();
    assert_eq!(options[0], ("z", &Value::Integer(16)));
    assert_eq!(options[1], ("a", &Value::Float(1.5)));
    assert_eq!(options[2], ("b", &Value::Boolean(true)));
    assert_eq!(options[3], ("d", &Value::Datetime("2024-01-02".to_owned())));
    assert!(matches!(options[4], ("e", Value::Array(items)) if items.len() == 2 && items[1].value == Value::Text("x".to_owned())));
    assert!(matches!(options[5], ("f", Value::Table(entries)) if entries[0].0.value == "g"));
    assert_eq!(mask.options[0].0.at.to_string(), "r:3:21");
    assert_eq!(mask.options[0].1.at.to_string(), "r:3:25");
}

#[test]
fn what_includes_wins_over_what_is_included() {
    let files = [
        ("conf/app.toml", "version = 1\ninclude = [\"team.toml\", \"more/last.toml\", \"preset:gdpr-fr\"]\n[columns]\napp = \"keep\"\n"),
        (
            "conf/team.toml",
            "version = 1\ninclude = [\"base.toml\"]\n[defaults]\nunlisted = \"keep\"\nlocale = \"en\"\n[columns]\nteam = \"keep\"\n",
        ),
        ("conf/base.toml", "version = 1\n[defaults]\nunlisted = \"error\"\n[columns]\nbase = \"keep\"\n"),
        ("conf/more/last.toml", "version = 1\n[columns]\nlast = \"keep\"\n"),
        ("over.toml", "version = 1\n[columns]\nover = \"keep\"\n"),
    ];
    let rules = load_files(&files, &["conf/app.toml", "over.toml"]).unwrap();
    let layers: Vec<(usize, &str, bool)> =
        rules.columns.iter().filter(|rule| rule.pattern.is_exact()).map(|rule| (rule.layer, &*rule.at.file, rule.preset)).collect();
    let expected = [
        (0, "conf/base.toml", false),
        (1, "conf/team.toml", false),
        (2, "conf/more/last.toml", false),
        (5, "conf/app.toml", false),
        (6, "over.toml", false),
    ];
    assert_eq!(layers, expected);
    assert!(rules.columns.iter().any(|rule| rule.layer == 3 && rule.preset && &*rule.at.file == "preset:gdpr"));
    assert!(rules.columns.iter().any(|rule| rule.layer == 4 && rule.preset && &*rule.at.file == "preset:gdpr-fr"));
    assert_eq!(rules.defaults.unlisted, Unlisted::Keep);
    // Of two includes the later wins, so the preset's locale wins over the team's.
    assert_eq!(rules.defaults.locale.map(|locale| locale.value), Some("fr_FR".to_owned()));
}

#[test]
fn a_file_reached_twice_counts_where_it_wins() {
    let files = [
        ("a", "version = 1\ninclude = [\"base\"]\n[columns]\na = \"keep\"\n"),
        ("b", "version = 1\ninclude = [\"base\"]\n[columns]\nb = \"keep\"\n"),
        ("base", "version = 1\n[columns]\nbase = \"keep\"\n"),
    ];
    let names = |rules: Rules| rules.columns.iter().map(|rule| rule.pattern.text.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(load_files(&files, &["a", "b"]).map(names), Ok("a base b".to_owned()));
    assert_eq!(load_files(&files, &["a", "base"]).map(names), Ok("a base".to_owned()));
    assert_eq!(load_files(&files, &["base", "a"]).map(names), Ok("base a".to_owned()));
    assert_eq!(load_files(&files, &[]).map(names), Ok(String::new()));
}

#[test]
fn mistakes_of_all_files_come_at_once() {
    let files = [
        ("a.toml", "version = 1\ninclude = [\"sub/b.toml\", \"gone.toml\"]\ncolums = 1\n"),
        ("sub/b.toml", "version = 1\ninclude = [\"../a.toml\", \"b.toml\", \"c.toml\"]\n[defaults]\nlocal = 1\n"),
        ("sub/c.toml", "version = 2\n"),
    ];
    let expected = "\
cannot read \"gdpr\": no such file; did you mean \"preset:gdpr\"?
there is no preset \"x\", expected one of gdpr, gdpr-fr, pix, domifa, dropit, psa, que-faire
sub/c.toml:1:11: version 2 is not known, expected 1; use the later pgveil that it was written for
sub/b.toml:2:12: cannot read \"sub/../a.toml\": no such file
sub/b.toml:2:25: \"b.toml\" includes itself, expected no circle of includes
sub/b.toml:4:1: unknown key \"local\", expected one of locale, timezone, unlisted; did you mean \"locale\"?
a.toml:2:26: cannot read \"gone.toml\": no such file
a.toml:3:1: unknown key \"colums\", expected one of version, include, defaults, columns, tables, subset, only, objects, foreign_keys, large_objects; did you mean \"columns\"?";
    assert_eq!(load_files(&files, &["gdpr", "preset:x", "a.toml"]).unwrap_err(), expected);
}

#[test]
fn too_many_files() {
    let files: Vec<(String, String)> = (0..300).map(|i| (format!("f{i}"), format!("version = 1\ninclude = [\"f{}\"]\n", i + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(load_files(&files, &["f0"]).unwrap_err(), "f255:2:12: there are more than 256 rules files, expected fewer");
}

#[test]
fn files_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("sub")).unwrap();
    fs::write(path("a.toml"), "version = 1\ninclude = [\"sub/b.toml\"]\n").unwrap();
    fs::write(path("sub/b.toml"), "version = 1\ninclude = [\"../a.toml\"]\n").unwrap();
    fs::write(path("latin1.toml"), b"\xef\xbb\xbfversion = 1\n# \xc3\xa9t\xe9\n").unwrap();
    fs::write(path("large.toml"), vec![b'\n'; (16 << 20) + 1]).unwrap();
    fs::write(path("good.toml"), "version = 1\ninclude = [\"preset:gdpr\"]\n").unwrap();
    let fails = |name: &str| match load(&[path(name)]) {
        Err(Error::Rules(mistakes)) => Error::Rules(mistakes).to_string().replace(&path(""), ""),
        other => panic!("{other:?}"),
    };
    assert_eq!(fails("a.toml"), "sub/b.toml:2:12: \"../a.toml\" includes itself, expected no circle of includes");
    assert_eq!(fails("latin1.toml"), "latin1.toml:2:5: the file is not UTF-8, expected a TOML text; save it as UTF-8");
    assert_eq!(fails("large.toml"), "\"large.toml\" is larger than 16 MiB, expected a rules file");
    assert_eq!(fails("none.toml"), "cannot read \"none.toml\": no such file");
    assert_eq!(fails("sub"), "cannot read \"sub\": it is a directory, expected a file");
    assert!(load(&[path("good.toml")]).is_ok_and(|rules| rules.columns.iter().all(|rule| rule.preset)));
}

#[test]
fn the_examples_of_the_reference_are_read() {
    let mut examples = 0;
    for block in REFERENCE.split("```toml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        let text = if text.contains("version = 1") { text.to_owned() } else { format!("version = 1\n{text}") };
        let files = [("rules.toml", text.as_str()), ("team.toml", "version = 1\n")];
        assert_eq!(load_files(&files, &["rules.toml"]).map(|_| ()), Ok(()), "{text}");
        examples += 1;
    }
    assert!(examples > 5, "only {examples} examples were found");
}

#[test]
fn the_mistakes_of_the_reference_are_true() {
    let (_, block) = REFERENCE.split_once("```text\n").unwrap();
    let (messages, _) = block.split_once("```").unwrap();
    for message in messages.lines() {
        assert!(MISTAKES.lines().any(|line| line == message), "{message}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = mistakes_of(&text);
        let _ = mistakes_of(&format!("version = 1\n{text}"));
    }

    #[test]
    fn any_toml_like_text_is_read_or_refused(text in "([\\[\\]{}=.,\"'#\\\\\n a-c1*?!-]|mask|tables|columns|version = 1\n|data|include|defaults){0,60}") {
        let _ = mistakes_of(&text);
        let _ = mistakes_of(&format!("version = 1\n{text}"));
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0usize..4000, cut in 0usize..12, put in "[\\[\\]{}=.,\"'#\\\\\n\r a1*é]{0,4}", source in 0usize..4) {
        let text = [VALID, super::presets()[0].text, super::presets()[1].text, MISTAKES][source];
        let at = text.floor_char_boundary(at % text.len());
        let end = text.ceil_char_boundary(at + cut);
        let damaged = format!("{}{put}{}", &text[..at], &text[end..]);
        if let Err(Error::Rules(mistakes)) = parse("rules.toml", &damaged) {
            prop_assert!(!mistakes.is_empty());
            let lines = damaged.lines().count() + 1;
            for mistake in mistakes {
                prop_assert!(mistake.at.is_some_and(|at| (1..=lines).contains(&(at.line as usize)) && at.column > 0));
                prop_assert!(!mistake.message.contains(['\n', '\r']));
            }
        }
    }
}
