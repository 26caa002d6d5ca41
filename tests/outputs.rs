//! Where a run writes to: forms, files, pipes, directories, and what is said where that cannot be.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pgveil::{Pgveil, SECRET};
use crate::support::process::Outcome;

struct Stage(tempfile::TempDir);

impl Stage {
    /// A folder with the dump of the cases as a script and as archives, and rules.
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = Stage(folder);
        let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/base.sql");
        fs::copy(dump, stage.0.path().join("dump.sql")).expect("copies");
        let rules = "version = 1\n[tables.users.columns]\nemail = \"email\"\nphone = \"null\"\n";
        fs::write(stage.0.path().join("rules.toml"), rules).expect("writes");
        for (form, out) in [("custom", "dump.custom"), ("directory", "dump.dir"), ("tar", "dump.tar")] {
            stage.run(&["-F", form, "-f", out, "dump.sql"]).success();
        }
        stage
    }

    fn run(&self, args: &[&str]) -> Outcome {
        Pgveil::new(["filter", "-j2"]).args(args).current_dir(self.0.path()).run("")
    }

    fn refused(&self, args: &[&str], status: i32) -> String {
        let outcome = self.run(args);
        assert_eq!(outcome.code(), status, "{args:?}: {}", outcome.err());
        outcome.err()
    }

    fn size(&self, name: &str) -> u64 {
        let path = self.0.path().join(name);
        match path.is_dir() {
            true => fs::read_dir(path).expect("reads").map(|file| file.expect("is there").metadata().expect("is there").len()).sum(),
            false => fs::metadata(path).expect("is there").len(),
        }
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).expect("reads");
        let mut names: Vec<String> = names.map(|file| file.expect("is there").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

#[test]
fn bytes_out_is_what_stands_there() {
    let stage = Stage::new();
    for (index, input) in ["dump.sql", "dump.custom"].into_iter().enumerate() {
        for (form, flags) in [("custom", &[][..]), ("custom", &["-s"]), ("directory", &[]), ("tar", &[]), ("plain", &[])] {
            let out = format!("out.{index}.{form}{}", flags.len());
            stage.run(&[&["-F", form, "-f", &out, "--report", "r.json"], flags, &[input]].concat()).success();
            let report: serde_json::Value =
                serde_json::from_slice(&fs::read(stage.0.path().join("r.json")).expect("is there")).expect("JSON");
            assert_eq!(report["bytes_out"], stage.size(&out), "{input} into {form} {flags:?}");
        }
    }
}

#[test]
fn an_archive_that_becomes_a_script_is_told() {
    let stage = Stage::new();
    let told = stage.run(&["-f", "masked.dump", "dump.custom"]).success().err();
    assert!(told.contains("the input is an archive, and masked.dump becomes a script, for psql; -F same keeps the form"), "{told}");
    for args in
        [&["-F", "plain", "-f", "a.sql", "dump.custom"][..], &["-f", "b.sql", "dump.sql"], &["-F", "SAME", "-f", "c", "dump.custom"]]
    {
        let told = stage.run(args).success().err();
        assert!(!told.contains("becomes a script"), "{told}");
    }
}

#[test]
fn a_dash_is_standard_output() {
    let stage = Stage::new();
    let expected = stage.run(&["dump.sql"]).success().stdout;
    assert_eq!(stage.run(&["-f", "-", "dump.sql"]).success().stdout, expected);
    assert!(!stage.names().contains(&"-".to_owned()));
}

#[test]
fn a_dry_run_refuses_what_the_run_would() {
    let stage = Stage::new();
    let before = stage.names();
    for args in [
        &["-F", "directory", "-f", "dump.dir"][..],
        &["-F", "directory"],
        &["-F", "directory", "-f", "nowhere/out"],
        &["-F", "custom", "-f", "nowhere/out"],
        &["-F", "custom", "-f", "dump.dir"],
        &["-f", "nowhere/out.sql"],
        &["-f", "dump.dir"],
    ] {
        for input in ["dump.sql", "dump.custom"] {
            let real = stage.refused(&[args, &[input]].concat(), 2);
            let dry = stage.refused(&[&["--dry-run"], args, &[input]].concat(), 2);
            assert_eq!(dry, real, "{args:?}");
        }
    }
    for args in [&["-F", "directory", "-f", "new"][..], &["-F", "custom", "-f", "new"], &["-f", "new"], &["-F", "tar"]] {
        stage.run(&[&["--dry-run"], args, &["dump.sql"]].concat()).success();
    }
    assert_eq!(stage.names(), before, "nothing is left");
}

#[test]
fn a_tar_archive_on_a_pipe_says_where_its_tables_wait() {
    let stage = Stage::new();
    let outcome = stage.run(&["-F", "tar", "--spool-dir", ".", "dump.custom"]).success();
    assert!(outcome.err().contains("large ones in a file without a name in . (--spool-dir names another directory)"), "{}", outcome.err());
    assert_eq!(outcome.stdout, fs::read(stage.0.path().join("dump.tar")).expect("reads"));
    let refused = stage.refused(&["-F", "tar", "--no-spool", "dump.custom"], 2);
    assert!(refused.contains("--no-spool is given; name a file"), "{refused}");
    assert_eq!(stage.refused(&["-F", "tar", "--no-spool", "--dry-run", "dump.custom"], 2), refused);
    let refused = stage.refused(&["-F", "tar", "--spool-dir", "none", "dump.custom"], 2);
    assert!(refused.contains("none is no directory"), "{refused}");
    stage.run(&["-F", "tar", "--no-spool", "-f", "out.tar", "dump.custom"]).success();
}

#[test]
fn damage_of_an_archive_names_the_table() {
    let stage = Stage::new();
    let folder = stage.0.path().join("dump.dir");
    let mut files: Vec<_> = fs::read_dir(&folder).expect("reads").map(|file| file.expect("is there").path()).collect();
    files.retain(|path| path.extension().is_some_and(|suffix| suffix == "gz"));
    assert!(files.len() >= 2);
    let mut named = Vec::new();
    for path in files {
        let whole = fs::read(&path).expect("reads");
        let mut tables = Vec::new();
        for cut in [true, false] {
            match cut {
                true => fs::write(&path, &whole[..whole.len() - 20]).expect("writes"),
                false => fs::remove_file(&path).expect("removes"),
            }
            for format in ["plain", "directory", "custom"] {
                let error = stage.refused(&["-q", "-r", "rules.toml", "-F", format, "-f", "out", "dump.dir"], 3);
                let told = error.split_once(": dump.dir: ").map_or(error.as_str(), |(_, told)| told);
                assert!(!error.contains("byte 0"), "{error}");
                tables.push(told.split(':').next().expect("a table").to_owned());
            }
        }
        assert!(tables[0].starts_with("public."), "{tables:?}");
        assert!(tables.iter().all(|table| *table == tables[0]), "{tables:?}");
        named.push(tables.remove(0));
        fs::write(&path, &whole).expect("writes");
    }
    named.sort();
    named.dedup();
    assert!(named.len() >= 2, "each file is of another table: {named:?}");
}

#[test]
fn the_contents_of_a_directory_are_no_archive() {
    let stage = Stage::new();
    let told = stage.refused(&["dump.dir/toc.dat"], 3);
    assert!(told.contains("this is the toc.dat of a directory archive, expected a dump; name its directory instead"), "{told}");
}

#[test]
fn a_limit_of_file_sizes_is_told() {
    let stage = Stage::new();
    let rows: String = (0..60_000).map(|row| format!("{row}\tsome text\n")).collect();
    let head = "CREATE TABLE public.t (id integer, a text);\n\nCOPY public.t (id, a) FROM stdin;\n";
    fs::write(stage.0.path().join("large.sql"), format!("{head}{rows}\\.\n")).expect("writes");
    let before = stage.names();
    let script = r#"ulimit -f 100; exec "$0" filter -q --no-trailer -f out.sql large.sql"#;
    let outcome = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_pgveil")])
        .env("PGVEIL_SECRET", SECRET)
        .current_dir(stage.0.path())
        .output()
        .expect("starts");
    let told = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!((outcome.status.code(), told.as_str()), (Some(1), "pgveil: cannot write out.sql: File too large (os error 27)\n"));
    assert_eq!(stage.names(), before, "nothing is left");
}

#[test]
fn rows_in_a_form_that_is_not_read_are_refused_without_a_bad_ending() {
    let stage = Stage::new();
    let options = ["--schema-file", "dump.sql", "--copy", "users(id)", "--copy-options", "binary"];
    let outcome = Pgveil::new(["filter"]).args(options).current_dir(stage.0.path()).run(b"PGCOPY\n\xff\r\n\0");
    assert_eq!((outcome.code(), outcome.stdout.len()), (2, 0), "{}", outcome.err());
}

#[test]
fn what_is_no_file_in_a_directory_is_named() {
    let stage = Stage::new();
    let folder = stage.0.path().join("dump.dir");
    let data = fs::read_dir(&folder).expect("reads").map(|file| file.expect("is there").path());
    let data = data.into_iter().find(|path| path.extension().is_some_and(|suffix| suffix == "gz")).expect("is there");
    fs::remove_file(&data).expect("removes");
    let name = data.file_name().expect("has one").to_string_lossy().into_owned();
    let made = Command::new("mkfifo").arg(&data).status().expect("starts");
    assert!(made.success());
    let told = stage.refused(&["dump.dir"], 3);
    assert!(told.contains(&format!("the archive is damaged: {name} is no file")), "{told}");
}
