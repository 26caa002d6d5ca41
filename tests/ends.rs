//! How a run ends when the world around it does not play along: who reads goes away, the disk is full, the memory is
//! small. And that nothing of the dump is told anywhere but in the output.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};

use crate::support::pgveil::{Pgveil, SECRET};

const RULES: &str = "version = 1\n[tables.people.columns]\nname = \"full_name\"\nborn = \"date_shift\"\nemail = \"email\"\n";

/// A value that may stand in the output of an unmasked column and nowhere else.
const CANARY: &str = "CANARY-7f3a";

/// A dump of `rows` rows, the last of them as given.
fn dump(rows: usize, last: &str) -> String {
    let mut text = String::from(
        "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nCREATE TABLE public.people (id integer, name text, born date, email text, note text);\n\nCOPY public.people (id, name, born, email, note) FROM stdin;\n",
    );
    for i in 0..rows {
        text.push_str(&format!("{i}\t{CANARY} {i}\t1984-02-29\t{CANARY}{i}@example.com\t{CANARY} note\n"));
    }
    text.push_str(last);
    text.push_str("\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n");
    text
}

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("rules.toml"), RULES).expect("writes");
        Stage { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    fn filter(&self) -> Pgveil {
        Pgveil::new(["filter", "-r", &self.path("rules.toml")])
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let stage = Stage::new();
    fs::write(stage.path("in.sql"), dump(200_000, "")).expect("writes");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pgveil"))
        .args(["filter", "-r", &stage.path("rules.toml"), &stage.path("in.sql")])
        .env("PGVEIL_SECRET", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut head = [0; 100];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut head).expect("reads");
    drop(stdout);
    let outcome = child.wait_with_output().expect("ends");
    assert_eq!(outcome.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&outcome.stderr), "");
}

#[test]
fn a_full_disk_is_told() {
    let stage = Stage::new();
    let outcome = stage.filter().args(["-f", "/dev/full"]).run(dump(10, ""));
    assert_eq!((outcome.code(), outcome.err().as_str()), (1, "pgveil: cannot write /dev/full: No space left on device (os error 28)\n"));
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_read() {
    let stage = Stage::new();
    let outcome = stage.filter().args(["-f", "/nowhere/out.sql"]).run(dump(10, ""));
    assert_eq!((outcome.code(), outcome.err().as_str()), (2, "pgveil: cannot write /nowhere/out.sql: there is no folder /nowhere\n"));
}

#[test]
fn a_report_never_takes_the_place_of_what_the_run_reads() {
    let stage = Stage::new();
    let rules = stage.path("rules.toml");
    let outcome = stage.filter().args(["--report", &rules]).run(dump(3, ""));
    assert_eq!(outcome.code(), 2, "{}", outcome.err());
    assert_eq!(fs::read_to_string(&rules).expect("still there"), RULES);
}

#[test]
fn a_schema_file_of_another_dump_is_refused() {
    let stage = Stage::new();
    let schema = stage.path("schema.sql");
    fs::write(&schema, dump(0, "")).expect("writes");
    let filter = |input: String| stage.filter().args(["-q", "--schema-file", &schema]).run(input);
    filter(dump(3, "")).success();
    let heirs = "CREATE TABLE public.kid () INHERITS (public.people);\n\nCOPY public.kid (id, email) FROM stdin;\n1\tx@y.fr\n\\.\n\nCOPY public.people";
    for other in [dump(3, "").replace("COPY public.people", heirs), dump(3, "").replace("born date, email text", "email text, born date")] {
        let outcome = filter(other);
        assert_eq!(outcome.code(), 3, "{}", outcome.err());
        assert!(outcome.err().contains("in another way than the schema file"), "{}", outcome.err());
    }
}

#[test]
fn a_nul_byte_is_damage() {
    let stage = Stage::new();
    let outcome = stage.filter().run(dump(20_000, "").replace("19000\t", "1900\0\t"));
    assert_eq!(outcome.code(), 3, "{}", outcome.err());
    assert!(outcome.err().contains("found a NUL byte"), "{}", outcome.err());
}

#[test]
fn nothing_of_the_dump_is_told() {
    let stage = Stage::new();
    let whole = dump(50, "");
    let bad = [
        ("too few fields", dump(50, &format!("50\t{CANARY}\n"))),
        ("too many fields", dump(50, &format!("50\t{CANARY}\t\\N\t\\N\t\\N\t{CANARY}\n"))),
        ("a bad escape", dump(50, &format!("50\t{CANARY}\\\t\\N\t\\N\t{CANARY}\n"))),
        ("no date", dump(50, &format!("50\t\\N\t{CANARY}\t\\N\t\\N\n"))),
        ("mixed line ends", dump(50, &format!("50\t{CANARY}\t\\N\t\\N\t\\N\r\n"))),
        ("cut in a row", whole[..whole.len() / 2].to_owned()),
        ("a statement that is none", whole.replace("SET client_encoding", &format!("{CANARY} nonsense; SET client_encoding"))),
        ("DDL that does not parse", whole.replace("note text);", &format!("note text, '{CANARY}',, note text);"))),
        ("a command", whole.replace("SET client_encoding", &format!("\\copy {CANARY} from stdin\nSET client_encoding"))),
        ("text behind COPY", whole.replace("FROM stdin;", &format!("FROM stdin; {CANARY};"))),
        ("an update", whole.replace("\\.\n", &format!("\\.\nUPDATE people SET name = '{CANARY}';\n"))),
        ("an insert", whole.replace("\\.\n", &format!("\\.\nINSERT INTO public.people VALUES (1, '{CANARY}');\n"))),
        ("a cut string", format!("{}SELECT '{CANARY}", &whole[..60])),
        ("no script", format!("{CANARY} is no script")),
    ];
    for (name, input) in bad {
        let report = stage.path("report.json");
        let _ = fs::remove_file(&report);
        let outcome = stage.filter().args(["-v", "--progress=always", "--report", &report]).run(&input);
        assert_eq!(outcome.code(), 3, "{name}: {}", outcome.err());
        let report = fs::read_to_string(&report).expect("a report");
        assert!(!outcome.err().contains(CANARY), "{name}: {}", outcome.err());
        assert!(!report.contains(CANARY), "{name}: {report}");
        assert!(report.contains("\"complete\": false"), "{name}: {report}");
    }
    let left: Vec<_> =
        fs::read_dir(stage.folder.path()).expect("lists").filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    assert_eq!(left.len(), 2, "only the rules and the last report are left: {left:?}");
}

#[test]
fn memory_does_not_grow_with_the_dump() {
    let stage = Stage::new();
    let peak = |rows: usize| {
        fs::write(stage.path("in.sql"), dump(rows, "")).expect("writes");
        let script = format!(
            "'{}' filter -q -j 4 -r '{}' < '{}' | {{ sleep 0.1; cat >/dev/null; }} & wait; exit 0",
            env!("CARGO_BIN_EXE_pgveil"),
            stage.path("rules.toml"),
            stage.path("in.sql")
        );
        let mut child =
            Command::new("sh").arg("-c").arg(script).env("PGVEIL_SECRET", SECRET).stdout(Stdio::null()).spawn().expect("starts");
        let mut most = 0;
        while child.try_wait().expect("waits").is_none() {
            most = most.max(resident(&stage.path("rules.toml")));
        }
        most
    };
    peak(1000);
    let (small, large) = (peak(300_000), peak(1_500_000));
    // Megabytes more would be a leak; the noise of an allocator is allowed.
    assert!(large < small + (24 << 10), "{small} KiB for 300 000 rows, {large} KiB for five times as many");
    assert!(large < 256 << 10, "{large} KiB");
}

/// The resident memory of the pgveil whose command line holds `mark`, in KiB.
fn resident(mark: &str) -> u64 {
    let mut most = 0;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line);
        if !line.contains("pgveil") || line.starts_with("sh") || !line.contains(mark) {
            continue;
        }
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.trim().split(' ').next()?.parse().ok());
        most = most.max(resident.unwrap_or(0));
    }
    most
}

#[test]
fn a_dry_run_writes_nothing_and_counts_all() {
    let stage = Stage::new();
    let report = stage.path("report.json");
    let outcome = stage.filter().args(["--dry-run", "--report", &report]).run(dump(20, "")).success();
    assert_eq!(outcome.out(), "");
    let report = fs::read_to_string(report).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["complete"], true);
    assert_eq!(report["tables"][0]["rows_in"], 20);
    assert_eq!(report["tables"][0]["values_masked"], 60);
    File::open(stage.path("rules.toml")).expect("still there");
}
