//! What the masks of one's own promise.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::bind::{self, Env};
use super::super::fit::Target;
use super::super::key::Secret;
use super::super::options;
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Distinct, Masked};
use crate::encoding::Charset;

/// The options of a rule.
type Options<'a> = &'a [(&'a str, OptionValue)];

fn word(text: &str) -> OptionValue {
    OptionValue::Text(text.into())
}

fn words(list: &[&str]) -> OptionValue {
    OptionValue::List(list.iter().map(|text| word(text)).collect())
}

fn text() -> Target {
    Target::of_sql("text")
}

fn bind_in(directory: &Path, name: &str, options: &[(&str, OptionValue)], target: &Target) -> Result<Bound, String> {
    let definition = registry::find(name).expect("a known mask");
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let secret = Secret::new(b"0123456789abcdef".to_vec());
    let env = Env { secret: &secret, locale: "fr_FR", columns: &[], document: false, directory, conditions: None };
    let told = |error: registry::BuildError| match error.help {
        Some(help) => format!("{}; {help}", error.message),
        None => error.message,
    };
    if let Some(error) = options::check(definition, &options).into_iter().next() {
        return Err(told(error));
    }
    bind::bind(definition, &options, target, &env).map_err(told)
}

fn run(bound: &Bound, cell: Cell<'_>) -> Result<Option<Vec<u8>>, &'static str> {
    let mut out = b"head".to_vec();
    match bound.mask.as_ref().expect("a mask").mask(cell, &mut out) {
        Ok(Masked::Value) => Ok(Some(out.split_off(4))),
        Ok(Masked::Null) => Ok(None),
        Ok(Masked::Same) => Ok(Some(cell.value.to_vec())),
        Err(refusal) => Err(refusal.expected),
    }
}

fn apply(bound: &Bound, value: &str) -> String {
    String::from_utf8(run(bound, Cell::new(value.as_bytes())).expect("taken").unwrap_or(b"NULL".to_vec())).expect("UTF-8")
}

fn files(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, bytes) in files {
        std::fs::write(directory.path().join(name), bytes).expect("written");
    }
    directory
}

#[test]
fn a_dictionary_is_chosen_from() {
    let directory = files(&[("words.txt", "\u{feff}Éva\r\n  Bo \n\nMaximilien\nBo\nZoé".as_bytes())]);
    let bind = |target: &Target, options: &[(&str, OptionValue)]| {
        let options = [&[("file", word("words.txt"))], options].concat();
        bind_in(directory.path(), "dictionary", &options, target).expect("fits")
    };
    let seen = |bound: &Bound| (0..200).map(|i| apply(bound, &i.to_string())).collect::<HashSet<_>>();
    assert_eq!(seen(&bind(&text(), &[])), ["Éva", "Bo", "Maximilien", "Zoé"].map(str::to_owned).into());
    assert_eq!(seen(&bind(&Target::of_sql("character varying(3)"), &[])), ["Éva", "Bo", "Zoé"].map(str::to_owned).into());
    let ascii = Target { charset: Charset::SqlAscii, ..text() };
    assert_eq!(seen(&bind(&ascii, &[])), ["Eva", "Bo", "Maximilien", "Zoe"].map(str::to_owned).into());
    let unique = bind(&text(), &[("unique", OptionValue::Boolean(true))]);
    assert_eq!(unique.distinct, Distinct::Kept);
    assert_eq!(seen(&unique).len(), 200);
    assert_ne!(bind(&text(), &[]).fingerprint, bind(&Target::of_sql("character varying(3)"), &[]).fingerprint);
    assert_eq!(bind(&text(), &[]).fingerprint, bind(&Target::of_sql("character varying(30)"), &[]).fingerprint);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn files_that_are_no_good() {
    let directory = files(&[
        ("one", b"a\na\n"),
        ("long", b"aaaa\nbbbb\nc\n"),
        ("cyrillic", "Ж\nЯ\n".as_bytes()),
        ("binary", b"a\nb\n\xff\x00\x80"),
        ("nul", b"a\nb\0\n"),
        ("empty", b""),
        ("three.csv", b"a,b\nc,d,e\n"),
        ("one.csv", b"a,b\n\nc\n"),
        ("twice.csv", b"x,1\n\"a\nb\",2\nx,3\n"),
        ("type.csv", b"1,2\n2,zwei\n"),
        ("open.csv", b"a,b\n\"c,d\n"),
    ]);
    let varchar = Target::of_sql("character varying(3)");
    let ascii = Target { charset: Charset::SqlAscii, ..text() };
    let integer = Target::of_sql("integer");
    let table = [
        (
            "dictionary",
            "one",
            &text(),
            "option \"file\": 1 of the words of \"one\" can be written in the dump's encoding UTF8, expected at least 2 different ones; add words in ASCII, or dump with pg_dump --encoding=UTF8",
        ),
        ("dictionary", "empty", &text(), "option \"file\": \"empty\" holds 0 words, expected at least 2"),
        (
            "dictionary",
            "long",
            &varchar,
            "option \"file\": 1 of the 3 words of \"long\" fit character varying(3), expected at least 2; add shorter words",
        ),
        (
            "dictionary",
            "cyrillic",
            &ascii,
            "option \"file\": 0 of the words of \"cyrillic\" can be written in the dump's encoding SQL_ASCII, expected at least 2 different ones; add words in ASCII, or dump with pg_dump --encoding=UTF8",
        ),
        ("dictionary", "binary", &text(), "option \"file\": binary:3: this is no UTF-8; convert the file to UTF-8"),
        ("dictionary", "nul", &text(), "option \"file\": nul:2: found a NUL character, which PostgreSQL takes nowhere"),
        ("dictionary", ".", &text(), "option \"file\": \".\" is no file"),
        (
            "dictionary",
            "example:x",
            &text(),
            "option \"file\": no example is called \"example:x\", expected one of example:towns.txt, example:towns.csv",
        ),
        ("map_file", "empty", &text(), "option \"file\": \"empty\" holds no replacement"),
        ("map_file", "three.csv", &text(), "option \"file\": three.csv:2: expected 2 fields with ',' between them, found 3"),
        ("map_file", "one.csv", &text(), "option \"file\": one.csv:3: expected 2 fields with ',' between them, found 1"),
        ("map_file", "twice.csv", &text(), "option \"file\": twice.csv:4: the original stands already in line 1"),
        ("map_file", "type.csv", &integer, "option \"file\": type.csv:2: the value is no integer, expected a whole number in its range"),
        ("map_file", "open.csv", &text(), "option \"file\": open.csv:2: expected 2 fields with ',' between them, found 1"),
        ("map_file", "binary", &text(), "option \"file\": binary:3: this is no UTF-8; convert the file to UTF-8"),
    ];
    for (mask, file, target, expected) in table {
        assert_eq!(bind_in(directory.path(), mask, &[("file", word(file))], target).expect_err(expected), expected);
    }
    let missing = bind_in(directory.path(), "map_file", &[("file", word("nowhere.csv"))], &text()).expect_err("refused");
    assert!(
        missing.starts_with("option \"file\": cannot read \"nowhere.csv\": ")
            && missing.ends_with("; paths begin at the directory of the rules file"),
        "{missing}"
    );
    let sparse = std::fs::File::create(directory.path().join("huge")).expect("created");
    sparse.set_len(1 << 40).expect("sparse");
    assert_eq!(
        bind_in(directory.path(), "dictionary", &[("file", word("huge"))], &text()).expect_err("refused"),
        "option \"file\": \"huge\" is larger than 256 MiB"
    );
}

#[test]
fn a_map_from_a_file() {
    let directory = files(&[
        ("a.csv", b"Paris,Auxerre\n\"Lyon, Rh\xc3\xb4ne\",\"a \"\"b\"\"\"\nMarseille,\n"),
        ("b.tsv", b"before\tafter\nx\ty\n1,2\tz\n"),
        ("c.csv", b"a;b\n"),
        ("same.csv", b"a,X\nb,x\n"),
        ("n.csv", b"1,10\n2,20\n"),
    ]);
    let bind = |file: &str, options: &[(&str, OptionValue)], target: &Target| {
        bind_in(directory.path(), "map_file", &[&[("file", word(file))], options].concat(), target)
    };
    let map = bind("a.csv", &[], &text()).expect("fits");
    assert_eq!(map.distinct, Distinct::Kept);
    assert_eq!([apply(&map, "Paris"), apply(&map, "Lyon, Rhône"), apply(&map, "Marseille")], ["Auxerre", "a \"b\"", ""]);
    assert_eq!(run(&map, Cell::new(b"Lille")), Err("a value that the file has (or the option otherwise)"));
    for (otherwise, expected) in [("keep", "Lille"), ("null", "NULL")] {
        assert_eq!(apply(&bind("a.csv", &[("otherwise", word(otherwise))], &text()).expect("fits"), "Lille"), expected);
    }
    let shape = apply(&bind("a.csv", &[("otherwise", word("mask"))], &text()).expect("fits"), "Lille 59");
    assert!(shape != "Lille 59" && shape.len() == 8 && shape.ends_with(|c: char| c.is_ascii_digit()), "{shape}");
    let tabs = bind("b.tsv", &[("header", OptionValue::Boolean(true)), ("otherwise", word("keep"))], &text()).expect("fits");
    assert_eq!([apply(&tabs, "x"), apply(&tabs, "1,2"), apply(&tabs, "before")], ["y", "z", "before"]);
    assert_eq!(apply(&bind("c.csv", &[("separator", word("semicolon"))], &text()).expect("fits"), "a"), "b");
    assert_eq!(bind("same.csv", &[], &text()).expect("fits").distinct, Distinct::Lost);
    assert_eq!(bind("a.csv", &[("otherwise", word("keep"))], &text()).expect("fits").distinct, Distinct::Lost);
    assert_eq!(apply(&bind("n.csv", &[], &Target::of_sql("integer")).expect("fits"), "2"), "20");
    let seeded = Cell { seed: b"Paris", ..Cell::new(b"x") };
    assert_eq!(run(&map, seeded), Ok(Some(b"Auxerre".to_vec())), "a seed is looked up");
    let padded = bind("c.csv", &[("separator", word("semicolon"))], &Target::of_sql("character(5)")).expect("fits");
    assert_eq!(apply(&padded, "a    "), "b");
    let not_null = Target { not_null: true, ..text() };
    for (options, target, expected) in [
        ([("otherwise", word("null"))], &not_null, "the column is NOT NULL; use \"error\", \"keep\" or \"mask\""),
        (
            [("otherwise", word("mask"))],
            &Target::of_sql("integer"),
            "other characters of the same shape may be no value of type integer; use \"error\", \"keep\" or \"null\"",
        ),
    ] {
        assert_eq!(bind("n.csv", &options, target).expect_err(expected), expected);
    }
}

/// A program in the shell's language.
fn shell(script: &str, options: &[(&str, OptionValue)], target: &Target) -> Bound {
    let options = [&[("run", words(&["sh", "-c", script]))], options].concat();
    bind_in(Path::new(""), "command", &options, target).expect("fits")
}

#[test]
fn a_command_answers_line_by_line() {
    let bound = shell("while IFS= read -r line; do printf '<%s>\\n' \"$line\"; done", &[], &text());
    for value in ["a", "", "  b  ", "a\nb\tc\r\\d\\N", "é王", "\\N"] {
        assert_eq!(apply(&bound, value), format!("<{value}>"));
    }
    let same = bind_in(Path::new(""), "command", &[("run", words(&["cat"])), ("on_null", word("mask"))], &text()).expect("fits");
    assert!(same.takes_null);
    assert_eq!(run(&same, Cell { null: true, ..Cell::new(b"") }), Ok(None));
    assert_eq!(apply(&same, "\\N"), "\\N", "the text is not NULL");
}

#[test]
fn long_values_do_not_block() {
    let bound = bind_in(Path::new(""), "command", &[("run", words(&["cat"]))], &text()).expect("fits");
    for size in [1 << 16, 1 << 20, 20 << 20] {
        let value = "x\n\\é".repeat(size / 5);
        assert_eq!(apply(&bound, &value), value);
    }
}

#[test]
fn threads_have_processes_of_their_own() {
    let directory = files(&[]);
    let script = format!("echo >> {}/started; while IFS= read -r line; do printf '%s!\\n' \"$line\"; done", directory.path().display());
    let bound = Arc::new(shell(&script, &[], &text()));
    assert!(!directory.path().join("started").exists(), "nothing is started before the first value");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let bound = Arc::clone(&bound);
            std::thread::spawn(move || (0..500).for_each(|i| assert_eq!(apply(&bound, &format!("{thread} {i}")), format!("{thread} {i}!"))))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no answer got lost"));
    let started = std::fs::read(directory.path().join("started")).expect("written").len();
    assert!((1..=4).contains(&started), "{started}");
}

#[test]
fn a_command_that_goes_wrong_ends_the_run() {
    let second = [("timeout", OptionValue::Integer(1))];
    let not_null = Target { not_null: true, ..text() };
    let ascii = Target { charset: Charset::SqlAscii, ..text() };
    let cases: &[(&str, Options<'_>, &Target, &str)] = &[
        ("exit 1", &[], &text(), "an answer of the command, but the command ended"),
        ("read -r line; exit 0", &[], &text(), "an answer of the command, but the command ended"),
        ("read -r line; sleep 60", &second, &text(), "an answer of the command within its timeout"),
        ("read -r line; printf half; sleep 60", &second, &text(), "an answer of the command within its timeout"),
        ("read -r line; printf 'a\\nb\\n'; read -r line", &[], &text(), "one line of the command for each value, but it wrote more"),
        ("read -r line; echo '\\x41'; read -r line", &[], &text(), "an answer of the command that is escaped as COPY text is"),
        ("read -r line; echo 'a\\'; read -r line", &[], &text(), "an answer of the command that is escaped as COPY text is"),
        ("read -r line; printf '\\377\\n'; read -r line", &[], &text(), "an answer of the command in UTF-8"),
        ("read -r line; echo é; read -r line", &[], &ascii, "an answer of the command that the dump's encoding can write"),
        (
            "read -r line; echo abcd; read -r line",
            &[],
            &Target::of_sql("character varying(3)"),
            "an answer of the command that is no longer than the column takes",
        ),
        (
            "read -r line; echo abc; read -r line",
            &[],
            &Target::of_sql("integer"),
            "an answer of the command that is a value of the column's type",
        ),
        ("read -r line; echo '\\N'; read -r line", &[], &not_null, "an answer other than NULL: the column is NOT NULL"),
    ];
    for (script, options, target, expected) in cases {
        let bound = shell(script, options, target);
        assert_eq!(run(&bound, Cell::new(b"1")), Err(*expected), "{script}");
    }
    // What comes later, unasked, is found at the next value; after that nothing is started again.
    let late = shell("echo x >> /dev/null; read -r line; echo a; sleep 0.1; echo b; sleep 5", &[], &text());
    assert_eq!(apply(&late, "1"), "a");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(run(&late, Cell::new(b"2")), Err("one line of the command for each value, but it wrote more"));
    assert_eq!(run(&late, Cell::new(b"3")), Err("an answer of the command, but the command ended"));
}

#[test]
fn nothing_is_left_behind() {
    let directory = files(&[]);
    let path = directory.path().join("pids");
    // A child of its own that would sleep on.
    let script = format!("sleep 300 & echo $! $$ > {}; while read -r line; do echo x; done; sleep 300", path.display());
    let bound = shell(&script, &[], &text());
    assert_eq!(apply(&bound, "1"), "x");
    let pids = std::fs::read_to_string(&path).expect("written");
    drop(bound);
    for pid in pids.split_whitespace() {
        // The grandchild is reaped by whoever inherits it; until then it is a zombie, which runs no more.
        let runs = || {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            !state.is_empty() && !state.contains(") Z")
        };
        let since = std::time::Instant::now();
        while runs() {
            assert!(since.elapsed().as_secs() < 10, "{pid} runs on");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

#[test]
fn commands_that_cannot_be() {
    let directory =
        files(&[("no-program", b"text"), ("mask.sh", b"#!/bin/sh\nwhile read -r line; do pwd; echo $PGVEIL_SECRET >&2; done\n")]);
    let bind = |run: &[&str]| bind_in(directory.path(), "command", &[("run", words(run))], &text());
    for (run, expected) in [
        (&[][..], "option \"run\" names no program; for example run = [\"./mask.py\"]"),
        (&["./nowhere"], "option \"run\": \"./nowhere\" is no program; paths begin at the directory of the rules file; is it executable?"),
        (
            &["./no-program"],
            "option \"run\": \"./no-program\" is no program; paths begin at the directory of the rules file; is it executable?",
        ),
        (
            &["no-such-program-anywhere"],
            "option \"run\": no program \"no-such-program-anywhere\" is in $PATH; for one beside the rules file write \"./NAME\"",
        ),
        (&["a\0b"], "option \"run\" names no program; for example run = [\"./mask.py\"]"),
    ] {
        assert_eq!(bind(run).expect_err(expected), expected);
    }
    let script = directory.path().join("mask.sh");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    let here = apply(&bind(&["./mask.sh"]).expect("fits"), "x");
    assert_eq!(here, directory.path().canonicalize().expect("there").to_str().expect("UTF-8"), "it runs beside the rules file");
}

proptest! {
    #[test]
    fn map_files_are_maps(pairs in proptest::collection::btree_map("[a-z\", \n]{1,6}", "[a-z\", \n]{0,6}", 1..40)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (original, replacement) in &pairs {
            writer.write_record([original, replacement]).expect("written");
        }
        let directory = files(&[("m.csv", &writer.into_inner().expect("whole"))]);
        let bound = bind_in(directory.path(), "map_file", &[("file", word("m.csv"))], &text()).expect("fits");
        for (original, replacement) in &pairs {
            prop_assert_eq!(&apply(&bound, original), replacement);
        }
        prop_assert!(run(&bound, Cell::new(b"UNKNOWN")).is_err());
    }

    #[test]
    fn commands_get_any_value(value in "[\\PC\n\t\r\\\\]{0,40}") {
        thread_local! {
            static CAT: Bound = bind_in(Path::new(""), "command", &[("run", words(&["cat"]))], &text()).expect("fits");
        }
        prop_assert_eq!(CAT.with(|cat| apply(cat, &value)), value);
    }
}
