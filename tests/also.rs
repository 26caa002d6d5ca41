//! `--also`: several outputs of one read, under rules of their own, which are whole together or not there at all.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::pgveil::{Pgveil, SECRET};

/// Rows for inside, all of them, and rules for those outside.
const EXTERNE: &str = "version = 1\n[tables.people.columns]\nname = \"full_name\"\nemail = \"email\"\n";
/// Rules whose mask refuses a value that the others do not look at.
const DATED: &str = "version = 1\n[tables.people]\nwhere = \"id > 10\"\n[tables.people.columns]\nborn = \"date_shift\"\n";

fn dump(rows: usize, last: &str) -> Vec<u8> {
    let mut text = String::from(
        "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nCREATE TABLE public.people (id integer, name text, born date, email text);\n\nCOPY public.people (id, name, born, email) FROM stdin;\n",
    );
    for i in 0..rows {
        text.push_str(&format!("{i}\tCANARY {i}\t1984-02-29\tCANARY{i}@example.com\n"));
    }
    text.push_str(last);
    text.push_str("\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n");
    text.into_bytes()
}

struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("externe.toml"), EXTERNE).expect("writes");
        fs::write(folder.path().join("dated.toml"), DATED).expect("writes");
        Stage(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn pgveil(&self, args: &[&str]) -> Pgveil {
        Pgveil::new(["filter", "-q"]).args(args).current_dir(self.path())
    }

    /// The files that are there beside the rules.
    fn files(&self) -> Vec<String> {
        let names =
            fs::read_dir(self.path()).expect("lists").map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".toml") && !name.starts_with("in.")).collect();
        names.sort();
        names
    }

    /// What a run of its own writes.
    fn alone(&self, rules: &str, input: &[u8]) -> Vec<u8> {
        self.pgveil(&["-r", rules]).run(input).success().stdout
    }
}

#[test]
fn each_output_is_that_of_a_run_of_its_own() {
    let (stage, dump) = (Stage::new(), dump(60_000, ""));
    fs::write(stage.path().join("in.sql"), &dump).expect("writes");
    let packed = zstd::encode_all(&dump[..], 1).expect("packs");
    let (externe, dated) = (stage.alone("externe.toml", &dump), stage.alone("dated.toml", &dump));
    assert!(externe != dump && dated != externe);
    let also = ["--also", "externe.toml=externe.sql", "--also", "dated.toml=dated.sql"];
    for (name, args, input) in [
        ("a pipe", &[][..], &dump[..]),
        ("a packed pipe", &["-j", "3"][..], &packed[..]),
        ("a file", &["in.sql"][..], b""),
        ("a file for each", &["-f", "interne.sql", "-j", "1"][..], &dump[..]),
    ] {
        let outcome = stage.pgveil(&also).args(args).run(input).success();
        let interne = if args.contains(&"-f") { stage.read("interne.sql") } else { outcome.stdout };
        assert!(interne == dump, "{name}: the main output is the dump");
        assert!(stage.read("externe.sql") == externe, "{name}");
        assert!(stage.read("dated.sql") == dated, "{name}");
        for file in stage.files() {
            fs::remove_file(stage.path().join(file)).expect("is there");
        }
    }
}

#[test]
fn the_summary_and_the_report_tell_of_each() {
    let stage = Stage::new();
    let args = ["--also", "externe.toml=externe.sql", "--also", "dated.toml=dated.sql", "--report", "report.json"];
    let outcome = Pgveil::new(["filter"]).args(args).current_dir(stage.path()).run(dump(100, "")).success();
    let said = outcome.err();
    assert!(said.contains("pgveil: standard output:\npgveil: 1 table, 100 rows, 0 values masked\n"), "{said}");
    assert!(said.contains("pgveil: externe.sql (externe.toml):\npgveil: 1 table, 100 rows, 200 values masked\n"), "{said}");
    assert!(said.contains("pgveil: dated.sql (dated.toml):\npgveil: 1 table, 89 of 100 rows, 89 values masked\n"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&stage.read("report.json")).expect("JSON");
    assert_eq!((&report["values_masked"], report["also"].as_array().map(Vec::len)), (&0.into(), Some(2)));
    let externe = &report["also"][0];
    assert_eq!((&externe["rules"], &externe["file"], &externe["complete"]), (&"externe.toml".into(), &"externe.sql".into(), &true.into()));
    assert_eq!((&externe["values_masked"], &externe["tables"][0]["columns"][0]["mask"]), (&200.into(), &"full_name".into()));
    assert_eq!(report["also"][1]["rows_out"], 89);
}

#[test]
fn one_that_fails_fails_all() {
    let stage = Stage::new();
    fs::write(stage.path().join("wrong.toml"), "version = 1\n[tables.people.columns]\nnmae = \"full_name\"\n").expect("writes");
    fs::write(stage.path().join("odd.toml"), "version = 1\n[tables.people.columns]\nname = \"no_such_mask\"\n").expect("writes");
    let bad = dump(60_000, "60000\tx\tCANARY no date\ty\n");
    let both = ["--also", "externe.toml=externe.sql", "--report", "report.json"];
    let cases: [(&str, &[&str], i32, &str); 4] = [
        ("rules of another output", &["--also", "wrong.toml=wrong.sql"], 2, "did you mean \"name\""),
        ("a mask that is none", &["--also", "odd.toml=odd.sql"], 2, "no_such_mask"),
        ("a row that one mask refuses", &["--also", "dated.toml=dated.sql"], 3, "row 60001"),
        (
            "a file that cannot be written",
            &["--also", "dated.toml=/nowhere/dated.sql"],
            2,
            "cannot write /nowhere/dated.sql: there is no folder /nowhere",
        ),
    ];
    for (name, args, status, expected) in cases {
        for file in [true, false] {
            fs::write(stage.path().join("in.sql"), &bad).expect("writes");
            let pgveil = stage.pgveil(&both).args(args);
            let outcome = if file { pgveil.args(["-f", "interne.sql", "in.sql"]).run("") } else { pgveil.run(&bad) };
            assert_eq!(outcome.code(), status, "{name}: {}", outcome.err());
            assert!(outcome.err().contains(expected) && !outcome.err().contains("CANARY"), "{name}: {}", outcome.err());
            assert_eq!(outcome.err().lines().count(), 1, "{name}: {}", outcome.err());
            assert_eq!(stage.files(), ["report.json"], "{name}");
            let report: serde_json::Value = serde_json::from_slice(&stage.read("report.json")).expect("JSON");
            assert_eq!((&report["complete"], &report["exit_status"]), (&false.into(), &status.into()), "{name}");
            if file || status != 3 {
                assert_eq!(outcome.out(), "", "{name}: not a byte");
            } else {
                assert!(outcome.out().ends_with("END $pgveil$;\n"), "{name}: standard output is poisoned");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_the_input_is_told_once() {
    let stage = Stage::new();
    let mut cut = dump(60_000, "");
    cut.truncate(cut.len() / 2);
    let outcome = stage.pgveil(&["--also", "externe.toml=externe.sql", "--also", "dated.toml=dated.sql"]).run(&cut);
    assert_eq!((outcome.code(), outcome.err().lines().count()), (3, 1), "{}", outcome.err());
    assert!(outcome.out().ends_with("END $pgveil$;\n"));
    assert!(stage.files().is_empty(), "{:?}", stage.files());
}

#[test]
fn outputs_that_contradict_each_other_are_refused() {
    let stage = Stage::new();
    fs::write(stage.path().join("in.sql"), dump(3, "")).expect("writes");
    for (args, expected) in [
        (&["--also", "externe.toml=a.sql", "--also", "dated.toml=./a.sql"][..], "--also and --also both name ./a.sql"),
        (&["-f", "a.sql", "--also", "dated.toml=a.sql"], "-f and --also both name a.sql"),
        (&["--report", "a.sql", "--also", "dated.toml=a.sql"], "--report and --also both name a.sql"),
        (&["--also", "dated.toml=in.sql"], "--also in.sql would overwrite what the run reads (in.sql)"),
        (&["--also", "dated.toml=externe.toml", "--also", "externe.toml=b.sql"], "--also externe.toml would overwrite what the run reads"),
        (&["--also", "dated.toml"], "--also dated.toml is not RULES=FILE"),
        (&["--also", "dated.toml=-"], "standard output is for the main output"),
    ] {
        let outcome = stage.pgveil(args).args(["in.sql"]).run("");
        assert_eq!((outcome.code(), outcome.stdout.len()), (2, 0), "{}", outcome.err());
        assert!(outcome.err().contains(expected), "{}", outcome.err());
        assert!(stage.files().is_empty(), "{:?}", stage.files());
    }
    let outcome = stage.pgveil(&["--dry-run", "--also", "dated.toml=dated.sql", "in.sql"]).run("").success();
    assert!(outcome.stdout.is_empty() && stage.files().is_empty());
}

#[test]
fn a_slow_reader_holds_all_back_and_a_signal_ends_all() {
    let stage = Stage::new();
    let dump = dump(400_000, "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgveil"));
    command.args(["filter", "-q", "--also", "externe.toml=externe.sql"]).current_dir(stage.path()).env("PGVEIL_SECRET", SECRET);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let (mut stdin, mut stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let whole = dump.clone();
    let writing = std::thread::spawn(move || stdin.write_all(&whole));
    let mut head = vec![0; 1000];
    stdout.read_exact(&mut head).expect("reads");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!writing.is_finished(), "nobody reads on, so the input waits");
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).expect("reads");
    writing.join().expect("ends").expect("all was read");
    assert!(child.wait().expect("ends").success());
    assert!([head, rest].concat() == dump);
    assert!(stage.read("externe.sql").len() > 1_000_000);
    fs::remove_file(stage.path().join("externe.sql")).expect("is there");

    let mut running = stage.pgveil(&["--also", "externe.toml=externe.sql"]).heeding_signals().start();
    running.wait_to_watch(Signal::TERM);
    assert!(running.write(&dump[..dump.len() / 2]));
    let outcome = running.stop(Signal::TERM);
    assert_eq!((outcome.code(), outcome.err().as_str()), (1, "pgveil: stopped by SIGTERM\n"));
    assert!(outcome.out().ends_with("END $pgveil$;\n"));
    assert!(stage.files().is_empty(), "{:?}", stage.files());
}

#[test]
fn a_reader_that_goes_away_ends_all() {
    let stage = Stage::new();
    let dump = dump(200_000, "");
    fs::write(stage.path().join("in.sql"), &dump).expect("writes");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgveil"));
    command.args(["filter", "-q", "--also", "externe.toml=externe.sql", "in.sql"]).current_dir(stage.path()).env("PGVEIL_SECRET", SECRET);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let outcome = child.wait_with_output().expect("ends");
    assert_eq!((outcome.status.code(), &*String::from_utf8_lossy(&outcome.stderr)), (Some(141), ""));
    assert!(stage.files().is_empty(), "{:?}", stage.files());
}

#[test]
fn a_long_head_is_no_deadlock_where_one_output_has_no_rules() {
    let stage = Stage::new();
    let mut head = String::from("--\n-- PostgreSQL database dump\n--\n\n");
    for i in 0..2_000 {
        head.push_str(&format!("-- {}\nCREATE TABLE public.t{i} (id integer);\n", "a long comment ".repeat(160)));
    }
    let dump = [head.as_bytes(), &dump(10, "")].concat();
    assert!(dump.len() > 17 * 256 * 1024, "more than waits for a reader");
    let outcome = stage.pgveil(&["--also", "externe.toml=externe.sql"]).run(&dump).success();
    assert!(outcome.stdout == dump && stage.read("externe.sql") == stage.alone("externe.toml", &dump));
}

#[test]
fn rows_alone_may_have_several_outputs_too() {
    let stage = Stage::new();
    let schema = dump(0, "");
    fs::write(stage.path().join("in.schema"), schema).expect("writes");
    let rows = "11\tCANARY\t1984-02-29\tCANARY@example.com\n";
    let args = ["--schema-file", "in.schema", "--copy", "people"];
    let outcome = stage.pgveil(&args).args(["--also", "externe.toml=externe.copy"]).run(rows).success();
    assert_eq!(outcome.out(), rows);
    assert_eq!(stage.read("externe.copy"), stage.pgveil(&args).args(["-r", "externe.toml"]).run(rows).success().stdout);
}

#[test]
fn a_schema_file_that_is_a_pipe_serves_all() {
    let stage = Stage::new();
    fs::write(stage.path().join("in.sql"), dump(0, "")).expect("writes");
    let fifo = stage.path().join("in.schema");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("runs").success());
    let (from, to) = (stage.path().join("in.sql"), fifo.clone());
    let feeding = std::thread::spawn(move || fs::copy(from, to));
    let rows = "11\tCANARY\t1984-02-29\tCANARY@example.com\n";
    let args = ["--schema-file", "in.schema", "--copy", "people", "--also", "externe.toml=externe.copy", "-r", "dated.toml"];
    stage.pgveil(&args).run(rows).success();
    feeding.join().expect("ends").expect("feeds");
    assert!(!stage.read("externe.copy").is_empty());
}

#[test]
fn two_outputs_that_are_one_are_refused_by_what_they_are() {
    let (stage, dump) = (Stage::new(), dump(10, ""));
    std::os::unix::fs::symlink("one.sql", stage.path().join("two.sql")).expect("links");
    for (name, args) in [
        ("standard output", &["--also", "externe.toml=/dev/stdout"][..]),
        ("its other names", &["--also", "externe.toml=/proc/self/fd/1"][..]),
        ("twice", &["-f", "/dev/stdout", "--also", "externe.toml=/dev/fd/1"][..]),
        ("the report", &["--report", "/dev/stdout"][..]),
    ] {
        let refused = stage.pgveil(args).run(&dump[..]);
        assert!(refused.code() == 2 && refused.stdout.is_empty(), "{name}: {}", refused.err());
        // The same into a file.
        let program = env!("CARGO_BIN_EXE_pgveil");
        let mut child = Command::new(program)
            .args(["filter", "-q"])
            .args(args)
            .current_dir(stage.path())
            .env("PGVEIL_SECRET", SECRET)
            .stdin(Stdio::piped())
            .stdout(fs::File::create(stage.path().join("out.sql")).expect("creates"))
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        // It may be gone before it has read all.
        let _ = child.stdin.take().expect("is a pipe").write_all(&dump);
        assert_eq!(child.wait().expect("ends").code(), Some(2), "{name}");
        assert!(stage.read("out.sql").is_empty(), "{name}");
        fs::remove_file(stage.path().join("out.sql")).expect("removes");
    }
    fs::write(stage.path().join("one.sql"), "old").expect("writes");
    let refused = stage.pgveil(&["-f", "one.sql", "--also", "externe.toml=two.sql"]).run(&dump[..]);
    assert_eq!((refused.code(), stage.read("one.sql")), (2, b"old".to_vec()), "{}", refused.err());
}

#[test]
fn a_name_that_no_file_can_have_leaves_none() {
    let (stage, dump) = (Stage::new(), dump(10, ""));
    for args in [
        &["-f", "one.sql", "--also", "externe.toml=two.sql", "--also", "dated.toml=none/"][..],
        &["-f", "none/", "--also", "externe.toml=two.sql"],
        &["-f", "none/"],
    ] {
        let refused = stage.pgveil(args).run(&dump[..]);
        assert_eq!(refused.code(), 2, "{}", refused.err());
        assert!(refused.err().contains("none/ names a folder, expected a file to write to"), "{}", refused.err());
        assert_eq!(stage.files(), [""; 0]);
    }
}

/// The clock is no input: the header of each member of a tar has the time of the dump.
#[test]
fn a_tar_is_the_same_each_time() {
    let (stage, dump) = (Stage::new(), dump(10, ""));
    fs::write(stage.path().join("in.sql"), dump).expect("writes");
    stage.pgveil(&["-Ftar", "-f", "first.tar", "in.sql"]).run("").success();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.pgveil(&["-Ftar", "-f", "main.tar", "--also", "externe.toml=externe.tar", "in.sql"]).run("").success();
    assert!(stage.read("first.tar") == stage.read("main.tar"));
}
