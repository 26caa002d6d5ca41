//! The dumps of the corpus as COPY and as INSERT: one becomes the other, and the same rules make the same of both. No server
//! is needed: pg_dump has written both forms.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::corpus;
use crate::support::pgveil::Pgveil;

/// The forms of pg_dump in the names of the corpus, and the options that make them.
const FORMS: [(&str, &[&str]); 4] = [
    ("inserts", &["--inserts"]),
    ("column-inserts", &["--column-inserts"]),
    ("column-inserts-50", &["--column-inserts", "--rows-per-insert=50"]),
    ("inserts-3-onconflict", &["--rows-per-insert=3", "--on-conflict-do-nothing"]),
];

/// A configuration table of an extension has no types in its dump (docs/rules.md, "Rows that come as INSERT").
const UNTYPED: &str = "torture_ext";

/// Dumps by their names without `.sql`, of the versions and samples given.
fn dumps(folders: &[&str], of: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let wanted = |name: &str| {
        let (folder, dump) = name.rsplit_once('/').unwrap_or_default();
        let (database, form) = dump.split_once('.').unwrap_or((dump, ""));
        let form = form.strip_suffix(".sql").unwrap_or(form);
        folders.contains(&folder) && of(database) && (form == "sql" || FORMS.iter().any(|(known, _)| *known == form))
    };
    corpus::each(
        |entry| wanted(&entry.name),
        |entry, bytes| {
            found.insert(entry.name.strip_suffix(".sql").unwrap_or(&entry.name).to_owned(), bytes.to_vec());
        },
    );
    found
}

/// The lines without the key of \restrict, which is drawn anew for each dump. Bytes that are not UTF-8 stay apart.
fn lines(dump: &[u8]) -> Vec<&[u8]> {
    dump.split(|b| *b == b'\n').filter(|line| !line.starts_with(b"\\restrict ") && !line.starts_with(b"\\unrestrict ")).collect()
}

#[test]
fn copy_becomes_insert_byte_for_byte() {
    let dumps = dumps(&["14", "18", "real/15"], |database| database != UNTYPED);
    let mut compared = 0;
    for (name, expected) in &dumps {
        let Some((database, form)) = name.rsplit_once('.') else { continue };
        let Some((_, args)) = FORMS.iter().find(|(known, _)| *known == form) else { continue };
        let copy = &dumps[database];
        let found = Pgveil::new(["filter", "-q"]).args(*args).run(copy).success().stdout;
        let (expected, found) = (lines(expected), lines(&found));
        assert_eq!(expected.len(), found.len(), "{name}");
        for (old, new) in expected.iter().zip(&found) {
            // A float -0 is quoted, and so is a domain over oid that an extension has made.
            let unquoted = String::from_utf8_lossy(new).replace("'-0'", "-0").replace("'900003'", "900003");
            assert!(old == new || String::from_utf8_lossy(old) == unquoted, "{name}: another line than pg_dump's");
        }
        compared += 1;
    }
    assert!(compared >= 30, "{compared} forms");
}

#[test]
fn the_same_rules_make_the_same_of_both() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/app.toml");
    let dumps = dumps(&["14", "18"], |database| database == "app");
    for version in ["14", "18"] {
        for (form, args) in &FORMS[..2] {
            let run =
                |dump: &str, args: &[&str]| Pgveil::new(["filter", "-q", "-r"]).arg(&rules).args(args).run(&dumps[dump]).success().stdout;
            let turned = run(&format!("{version}/app"), args);
            let kept = run(&format!("{version}/app.{form}"), &[]);
            assert!(lines(&turned) == lines(&kept), "{version}, {form}: masked rows differ");
            assert!(!kept.windows(13).any(|window| window == b"@corp.example"), "{version}, {form}: an address is left");
        }
    }
}

/// A limit that is met within a batch: that batch is rewritten once more, and becomes statements all the same.
#[test]
fn a_limit_holds_in_what_becomes_insert() {
    let rows: String = (0..60_000).map(|row| format!("{row}\tsome text to fill the row\n")).collect();
    let dump = format!(
        "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\nCREATE TABLE public.t (\n    a integer,\n    b text\n);\n\n\nCOPY public.t (a, b) FROM stdin;\n{rows}\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let (path, report) = (folder.path().join("rules.toml"), folder.path().join("report.json"));
    std::fs::write(&path, "version = 1\n[defaults]\nunlisted = \"keep\"\n[tables.t]\nlimit = 40_001\n").expect("writes");
    let mut sums = Vec::new();
    for form in [&[][..], &["--inserts"], &["--rows-per-insert=7"]] {
        let filter = Pgveil::new(["filter", "-q", "-r"]).arg(&path).arg("--report").arg(&report).args(form);
        let found = filter.run(&dump).success().out();
        let (copied, rows) = (found.lines().any(|line| line == "40000\tsome text to fill the row"), found.matches("(40000, ").count());
        assert_eq!((copied, rows, found.contains("40001")), (form.is_empty(), usize::from(!form.is_empty()), false), "{form:?}");
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).expect("reads")).expect("JSON");
        sums.push((report["tables"][0]["rows_out"].clone(), report["tables"][0]["checksum"].clone()));
    }
    assert!(sums.iter().all(|sum| *sum == sums[0] && sum.0 == 40_001), "{sums:?}");
}
