//! What a run tells on its way and at its end: the readings, the summary, the figures of the report.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::pgveil::Pgveil;

const RULES: &str = "version = 1\ninclude = [\"preset:gdpr\"]\n\n[tables.users]\nwhere = \"id < 3\"\n\n[tables.users.columns]\n\
    \"firstName\" = \"keep\"\nemail = { mask = \"email\", domain = \"people\" }\n\n[tables.logins]\ndata = \"skip\"\n";

struct Stage(tempfile::TempDir);

impl Stage {
    /// A folder with the dump of the cases, plain and packed, its schema, and rules.
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let dump = dump();
        let schema: String = {
            let text = String::from_utf8(dump.clone()).expect("UTF-8");
            let (head, rest) = text.split_once("COPY public.users").expect("rows");
            let (_, tail) = rest.split_once("ALTER TABLE").expect("keys");
            format!("{head}ALTER TABLE{tail}")
        };
        for (name, bytes) in [
            ("dump.sql", dump.clone()),
            ("dump.sql.zst", zstd::encode_all(&dump[..], 3).expect("packs")),
            ("schema.sql", schema.into_bytes()),
            ("rules.toml", RULES.into()),
            ("over.toml", b"version = 1\n[tables.users.columns]\nphone = \"null\"\n".to_vec()),
        ] {
            fs::write(folder.path().join(name), bytes).expect("writes");
        }
        Stage(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filter(&self, args: &[&str]) -> Pgveil {
        Pgveil::new(["filter", "-j2"]).args(args).current_dir(self.path())
    }

    /// What a run says on standard error; it ends well.
    fn told(&self, args: &[&str]) -> String {
        let outcome = self.filter(args).run("");
        assert_eq!(outcome.code(), 0, "{}", outcome.err());
        outcome.err()
    }

    fn report(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path().join(name)).expect("is there")).expect("JSON")
    }
}

fn dump() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    fs::read(folder.join("base.sql")).expect("is there")
}

/// The lines of progress without their time of day, which each has.
fn progress(told: &str) -> Vec<String> {
    let rest = |line: &str| {
        let line = line.strip_prefix("pgveil: ")?;
        let (time, rest) = line.split_once(' ')?;
        let is_time = time.len() == 8 && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        is_time.then(|| rest.to_owned())
    };
    told.lines().filter_map(rest).collect()
}

#[test]
fn each_reading_is_told_by_itself() {
    let stage = Stage::new();
    let lines = progress(&stage.told(&["-r", "rules.toml", "-f", "out.sql", "--progress=always", "dump.sql"]));
    assert!(lines[0].starts_with("1 of 2: reading the schema, ") && lines[0].contains(" %, "), "{lines:#?}");
    assert!(lines[1].starts_with("2 of 2: writing, ") && lines[1].contains(" %, "), "{lines:#?}");
    let lines = progress(&stage.told(&["-f", "out.sql", "--progress=always", "dump.sql"]));
    assert!(lines[0].contains(" %, ") && !lines[0].contains(": "), "read once, without rules: {lines:#?}");
    let subset = "version = 1\n[subset]\nroot = \"users\"\nwhere = \"id = 1\"\n";
    fs::write(stage.path().join("subset.toml"), subset).expect("writes");
    let lines = progress(&stage.told(&["-r", "subset.toml", "-F", "custom", "-f", "out.dump", "--progress=always", "dump.sql.zst"]));
    let heads: Vec<&str> = lines.iter().map(|line| line.split(',').next().unwrap_or_default()).collect();
    assert_eq!(
        heads,
        [
            "1 of 4: reading the schema",
            "2 of 4: choosing the rows of the subset",
            "3 of 4: making the table of contents",
            "4 of 4: writing"
        ]
    );
}

#[test]
fn a_pipe_that_is_kept_is_told_and_timed() {
    let stage = Stage::new();
    let mut running = stage.filter(&["-F", "custom", "-f", "out.dump", "--report", "r.json", "--progress=always"]).start();
    let dump = dump();
    let (begin, rest) = dump.split_at(dump.len() / 2);
    assert!(running.write(begin), "it reads");
    thread::sleep(Duration::from_millis(400));
    assert!(running.write(rest), "it reads");
    let outcome = running.finish();
    assert_eq!(outcome.code(), 0, "{}", outcome.err());
    let lines = progress(&outcome.err());
    assert!(lines[0].starts_with("keeping the pipe, ") && lines[1].starts_with("1 of 2: making the table of contents, "), "{lines:#?}");
    assert!(lines[2].starts_with("2 of 2: writing, "), "{lines:#?}");
    let report = stage.report("r.json");
    let seconds = report["elapsed_seconds"].as_f64().expect("a number");
    assert!(seconds >= 0.35, "the time of the pipe counts: {seconds}");
    assert_eq!(report["readings"], 2);
}

#[test]
fn bytes_in_is_unpacked_whatever_comes_and_goes() {
    let stage = Stage::new();
    let size = dump().len();
    let packed = fs::metadata(stage.path().join("dump.sql.zst")).expect("is there").len();
    for (index, (input, format, read)) in [
        ("dump.sql", "plain", size as u64),
        ("dump.sql.zst", "plain", packed),
        ("dump.sql", "custom", size as u64),
        ("dump.sql.zst", "custom", packed),
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out{index}");
        stage.told(&["-r", "rules.toml", "-F", format, "-f", &out, "--report", "r.json", input]);
        let report = stage.report("r.json");
        assert_eq!((&report["bytes_in"], &report["bytes_read"]), (&size.into(), &read.into()), "{input} into {format}");
    }
    let outcome = stage
        .filter(&["-F", "custom", "-f", "piped.dump", "--report", "r.json"])
        .run(fs::read(stage.path().join("dump.sql.zst")).expect("is there"));
    assert_eq!(outcome.code(), 0, "{}", outcome.err());
    let report = stage.report("r.json");
    assert_eq!((&report["bytes_in"], &report["bytes_read"]), (&size.into(), &packed.into()), "from a pipe");
    // Rows and definitions of an archive, as large whatever its packing.
    let bytes_in = |flags: &[&str]| {
        stage.told(&[&["-F", "custom", "--report", "r.json", "-f"], flags].concat());
        stage.report("r.json")["bytes_in"].as_u64().expect("a number")
    };
    let first = bytes_in(&["a.dump", "-Z", "gzip:9", "out2"]);
    assert_eq!(first, bytes_in(&["b.dump", "-Z", "none", "a.dump"]));
    assert_eq!(first, bytes_in(&["c.dump", "b.dump"]));
    assert!(first > 500 && first < size as u64, "{first}");
}

#[test]
fn the_plan_is_told_without_a_row() {
    let stage = Stage::new();
    let args = ["-r", "rules.toml", "-r", "over.toml", "--dry-run", "-v"];
    let outcome = stage.filter(&args).run(fs::read(stage.path().join("schema.sql")).expect("is there"));
    assert_eq!(outcome.code(), 0, "{}", outcome.err());
    for told in [outcome.err(), stage.told(&[&args[..], &["schema.sql"]].concat())] {
        let expected = "pgveil: the dump holds no rows; planned: 2 tables, 3 columns masked\n\
            pgveil:   public.logins  no rows  left out by data = \"skip\" (rules.toml:12)\n\
            pgveil:   public.users   no rows  where (rules.toml:5); 3 columns masked\n\
            pgveil:     \"firstName\" = keep                         rules.toml:8\n\
            pgveil:     email       = email { domain = \"people\" }  rules.toml:9\n\
            pgveil:     phone       = null                         over.toml:3\n\
            pgveil:     ip          = ip                           preset:gdpr:";
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn tables_and_rows_that_go_are_told_apart() {
    let stage = Stage::new();
    let first = |args: &[&str]| stage.told(args).lines().take(4).map(|line| line.replace("pgveil: ", "")).collect::<Vec<_>>();
    let told = first(&["-t", "logins", "--dry-run", "dump.sql"]);
    assert_eq!(told[1..3], ["1 of 2 tables, 2 of 5 rows, 0 values masked", "rows left out: 3 with their tables"], "{told:#?}");
    let told = first(&["-T", "logins", "-v", "-f", "out.sql", "dump.sql"]);
    assert_eq!(told[3], "  public.logins  0 of 2 rows  the table is left out", "{told:#?}");
    let told = first(&["--exclude-table-data", "logins", "-v", "-f", "out.sql", "dump.sql"]);
    assert_eq!(told[1], "2 tables, 3 of 5 rows, 0 values masked");
    assert_eq!(told[3], "  public.logins  0 of 2 rows  left out by --exclude-table-data=logins", "{told:#?}");
    let told = stage.told(&["-r", "rules.toml", "-v", "-f", "out.sql", "dump.sql"]);
    assert!(told.contains("  public.users   2 of 3 rows  1 left out by where (rules.toml:5); 3 values masked\n"), "{told}");
    assert!(told.contains("pgveil: rows left out: 1 by where, 2 by data = \"skip\"\n"), "{told}");
}

#[test]
fn an_archive_that_is_copied_is_counted() {
    let stage = Stage::new();
    stage.told(&["-F", "custom", "-f", "one.dump", "dump.sql"]);
    let told = stage.told(&["-F", "same", "-v", "-f", "two.dump", "one.dump"]);
    let rest = told.split_once("2 tables, 5 rows, 0 values masked\n").expect(&told).1;
    assert!(rest.starts_with("pgveil:   public.users   3 rows  unchanged\npgveil:   public.logins  2 rows  unchanged\n"), "{told}");
    assert!(rest.contains("pgveil: 2 tables were copied packed as they are\n"), "{told}");
}

#[test]
fn each_output_is_named() {
    let stage = Stage::new();
    let told = stage.told(&["-r", "rules.toml", "-f", "out.sql", "--also", "over.toml=other.sql", "dump.sql"]);
    for expected in
        ["pgveil: out.sql (rules.toml):\n", " written to out.sql in 0.", "pgveil: other.sql (over.toml):\n", " written to other.sql in 0."]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(stage.told(&["dump.sql"]).contains(" written to standard output in 0."));
}

#[test]
fn what_a_mask_could_not_read_is_told_by_column() {
    let stage = Stage::new();
    for (options, became) in [
        ("", "got other characters of the same shape"),
        (", on_invalid = \"keep\"", "stayed as they were"),
        (", on_invalid = \"null\"", "became NULL"),
    ] {
        let rules = format!("version = 1\n[tables.users.columns]\nnote = {{ mask = \"ip\"{options} }}\n");
        fs::write(stage.path().join("odd.toml"), rules).expect("writes");
        let told = stage.told(&["-r", "odd.toml", "-f", "out.sql", "--report", "r.json", "dump.sql"]);
        let expected = format!("pgveil: public.users.note: 2 values that their mask could not read {became}\n");
        assert!(told.contains(&expected), "{told}");
        let report = stage.report("r.json");
        assert_eq!(report["values_invalid"], 2);
        let column = &report["tables"][0]["columns"][0];
        assert_eq!((&column["column"], &column["values_invalid"], &column["rule"]), (&"note".into(), &2.into(), &"odd.toml:3".into()));
    }
}
