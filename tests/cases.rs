//! tests/cases/*.toml: rules and a dump in, the output or the error out. What a newcomer reads first.
//!
//! The dump is tests/cases/base.sql, or the `base` of the case, with the case's `edit`s (pairs: what stands there, what takes its place; a pair whose
//! first part is empty replaces all), cut at `cut` (the text before which it ends), packed by `pack`. Each case runs from
//! a pipe at once, from a pipe a byte at a time, and from a file, with one thread and with four. All must say the same,
//! except where the case gives what a file says (`file_error`): from a file, keys are known before the first row.
//!
//! `UPDATE_CASES=1 cargo test --test it cases` writes the expectations anew; look at the difference before you commit.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::support::pgveil::Pgveil;
use crate::support::process::Outcome;

/// A value that stands in the dump and must stand in no message.
const CANARY: &str = "CANARY-7f3a";

#[derive(Deserialize, Serialize)]
struct Cases {
    /// Every case of a theme.
    case: Vec<Case>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    name: String,
    /// The dump, where it is not base.sql.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<String>,
    /// The rules file without its first line (`version = 1`); no rules, if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edit: Vec<[String; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut: Option<String>,
    /// gzip, zstd or lz4; `archive`, `tar`, `png`, `utf16`, `nothing` replace the dump by something that is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pack: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Files beside the rules file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, String>,
    status: i32,
    /// All that stands on standard error.
    #[serde(default)]
    error: String,
    /// The same for a file, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file_error: Option<String>,
    /// Lines of the output that the dump has not, and lines of the dump that the output has not (`-`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    changes: String,
}

impl Case {
    /// Whether it is about rows alone.
    fn is_rows(&self) -> bool {
        self.args.iter().any(|arg| arg == "--copy")
    }

    fn input(&self) -> Vec<u8> {
        let mut text = fs::read_to_string(folder().join(self.base.as_deref().unwrap_or("base.sql"))).expect("the base is there");
        for [from, to] in &self.edit {
            assert!(text.contains(from.as_str()), "{}: the dump has no {from:?}", self.name);
            text = if from.is_empty() { to.clone() } else { text.replace(from.as_str(), to) };
        }
        if let Some(cut) = &self.cut {
            let at = text.find(cut.as_str()).unwrap_or_else(|| panic!("{}: the dump has no {cut:?}", self.name));
            text.truncate(at);
        }
        match self.pack.as_deref() {
            None => text.into_bytes(),
            Some("gzip") => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("packs")
            }
            Some("zstd") => zstd::encode_all(text.as_bytes(), 1).expect("packs"),
            Some("lz4") => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(text.as_bytes()).expect("packs");
                encoder.finish().expect("packs")
            }
            Some("cut gzip") => {
                let mut whole = Case { pack: Some("gzip".into()), ..self.clone() }.input();
                whole.truncate(whole.len() / 2);
                whole
            }
            Some("archive") => b"PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x00\x00\x00".to_vec(),
            Some("tar") => {
                let mut tar = tar::Builder::new(Vec::new());
                let mut header = tar::Header::new_ustar();
                header.set_size(4);
                header.set_cksum();
                tar.append_data(&mut header, "toc.dat", &b"toc\n"[..]).expect("packs");
                tar.into_inner().expect("packs")
            }
            Some("png") => b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            Some("utf16") => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            Some("latin1") => text.chars().map(|c| u8::try_from(u32::from(c)).expect("LATIN1")).collect(),
            Some("nothing") => Vec::new(),
            Some(other) => panic!("{}: unknown pack {other:?}", self.name),
        }
    }

    fn run(&self, folder: &Path, input: &[u8], how: &How) -> Outcome {
        let mut pgveil = Pgveil::new(["filter", "-j", how.threads]).current_dir(folder);
        if !self.args.iter().any(|arg| arg == "-v") {
            pgveil = pgveil.arg("-q");
        }
        if let Some(rules) = &self.rules {
            fs::write(folder.join("rules.toml"), format!("version = 1\n{rules}")).expect("writes");
            pgveil = pgveil.args(["-r", "rules.toml"]);
        }
        if let Some(secret) = &self.secret {
            pgveil = pgveil.secret(Some(secret));
        }
        for (name, text) in &self.files {
            fs::write(folder.join(name), text).expect("writes");
        }
        fs::write(folder.join("schema.sql"), Case { edit: Vec::new(), cut: None, pack: None, ..self.clone() }.input()).expect("writes");
        pgveil = pgveil.args(&self.args);
        if how.file {
            fs::write(folder.join("dump.sql"), input).expect("writes");
            return pgveil.arg("dump.sql").run("");
        }
        pgveil.chunk(how.chunk).run(input)
    }
}

struct How {
    threads: &'static str,
    chunk: usize,
    file: bool,
}

const HOWS: [How; 4] = [
    How { threads: "1", chunk: usize::MAX, file: false },
    How { threads: "4", chunk: 1, file: false },
    How { threads: "4", chunk: usize::MAX, file: true },
    How { threads: "1", chunk: usize::MAX, file: true },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// What differs, line by line, without context: by the longest common subsequence.
fn changes(before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut longest = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut told, mut i, mut j) = (String::new(), 0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            told.push_str(&format!("- {}\n", old[i]));
            i += 1;
        } else {
            told.push_str(&format!("+ {}\n", new[j]));
            j += 1;
        }
    }
    told
}

/// What was said, without how long it took, nor the name of the file that is at fault.
fn said(outcome: &Outcome) -> String {
    let said = outcome.err().replace("pgveil: dump.sql: ", "pgveil: ");
    said.split_inclusive('\n').map(|line| line.find(" in 0.").map_or_else(|| line.to_owned(), |at| format!("{}\n", &line[..at]))).collect()
}

fn run_theme(path: &Path) {
    let text = fs::read_to_string(path).expect("a case file");
    let mut cases: Cases = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let update = std::env::var_os("UPDATE_CASES").is_some();
    for case in &mut cases.case {
        let input = case.input();
        for how in &HOWS {
            let folder = tempfile::tempdir().expect("a folder");
            let outcome = case.run(folder.path(), &input, how);
            let place =
                format!("{}: {}, {} threads, chunks of {}", case.name, if how.file { "a file" } else { "a pipe" }, how.threads, how.chunk);
            assert!(outcome.code() == 0 || !outcome.err().contains(CANARY), "{place}: {}", outcome.err());
            if update && how.threads == "1" {
                case.status = outcome.code();
                if !how.file {
                    case.error = said(&outcome);
                    case.changes =
                        if case.pack.is_none() && outcome.code() == 0 { changes(&input, &outcome.stdout) } else { String::new() };
                } else {
                    case.file_error = (said(&outcome) != case.error).then(|| said(&outcome));
                }
                continue;
            }
            if update {
                continue;
            }
            let expected = case.file_error.as_ref().filter(|_| how.file).unwrap_or(&case.error);
            assert_eq!(said(&outcome), *expected, "{place}");
            assert_eq!(outcome.code(), case.status, "{place}");
            if case.pack.is_none() && case.status == 0 {
                assert_eq!(changes(&input, &outcome.stdout), case.changes, "{place}");
            }
            let reason = "pgveil stopped before the end of this dump, nothing of it must be kept";
            let ending = if case.is_rows() { reason } else { "END $pgveil$;\n" };
            let (nothing, poisoned) = (
                outcome.stdout.is_empty(),
                outcome.out().trim_end_matches(if case.is_rows() { &['\t', '\n'][..] } else { &[] }).ends_with(ending),
            );
            match case.status {
                0 => assert!(!poisoned, "{place}: the stream is poisoned"),
                // From a file every mistake is found before the first byte.
                2 | 4 => assert!(nothing || (poisoned && !how.file), "{place}: mistakes leave a byte of output"),
                _ => assert!(poisoned, "{place}: the stream is not poisoned"),
            }
        }
    }
    if update {
        let head: String = text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        fs::write(path, format!("{head}\n{}", toml::to_string_pretty(&cases).expect("TOML"))).expect("writes");
    }
}

#[test]
fn mistakes_in_the_rules() {
    run_theme(&folder().join("rules.toml"));
}

#[test]
fn keys_and_types() {
    run_theme(&folder().join("keys.toml"));
}

#[test]
fn inputs_that_are_no_dump_or_cut() {
    run_theme(&folder().join("inputs.toml"));
}

#[test]
fn rows_and_statements_that_cannot_be_followed() {
    run_theme(&folder().join("rows.toml"));
}

#[test]
fn what_stands_around_the_dump() {
    run_theme(&folder().join("target.toml"));
}

#[test]
fn dumps_that_are_masked() {
    run_theme(&folder().join("masked.toml"));
}

#[test]
fn rows_that_are_chosen() {
    run_theme(&folder().join("chosen.toml"));
}

#[test]
fn subsets_that_hold_together() {
    run_theme(&folder().join("subset.toml"));
}

#[test]
fn objects_that_stay_and_go() {
    run_theme(&folder().join("objects.toml"));
}

#[test]
fn rows_alone() {
    run_theme(&folder().join("copy.toml"));
}

#[test]
fn statistics_of_what_is_left_out() {
    run_theme(&folder().join("statistics.toml"));
}

#[test]
fn scripts_of_several_databases() {
    run_theme(&folder().join("databases.toml"));
}

#[test]
fn large_objects() {
    run_theme(&folder().join("large_objects.toml"));
}

#[test]
fn dumps_that_are_not_as_expected() {
    run_theme(&folder().join("expected.toml"));
}
