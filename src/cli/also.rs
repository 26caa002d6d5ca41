//! `--also`: several outputs of one read, each as if it had a command line of its own.

use std::path::PathBuf;

use super::args::Filter;
use crate::error::{Error, Result};

/// The command lines of all outputs, the main one first: those of `--also` have their own rules and file, and all other
/// flags of the main one.
///
/// # Errors
/// An `--also` that is not `RULES=FILE`.
pub fn outputs(args: &Filter) -> Result<Vec<Filter>> {
    // As pg_restore has it.
    let file = args.file.clone().filter(|file| file.as_os_str() != "-");
    let mut outputs = vec![Filter { file, ..args.clone() }];
    for also in &args.also {
        let Some((rules, file)) = also.split_once('=').filter(|(rules, file)| !rules.is_empty() && !file.is_empty()) else {
            return Err(Error::Usage(format!(
                "--also {also} is not RULES=FILE, expected for example --also externe.toml=externe.sql, or --also preset:pix=externe.sql"
            )));
        };
        if file == "-" {
            return Err(Error::Usage(format!("--also {also} names no file, expected one; standard output is for the main output")));
        }
        outputs.push(Filter { rules: vec![rules.to_owned()], file: Some(PathBuf::from(file)), ..args.clone() });
    }
    Ok(outputs)
}

/// What an output is called in messages and in the report: its file, and its rules.
pub fn label(output: &Filter) -> String {
    let file = file(output);
    if output.rules.is_empty() { file } else { format!("{file} ({})", output.rules.join(", ")) }
}

/// Where an output goes, for messages.
pub fn file(output: &Filter) -> String {
    output.file.as_deref().map_or_else(|| "standard output".into(), crate::input::open::shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::args::{Cli, Command};

    fn read(also: &str) -> Result<Vec<Filter>> {
        match Cli::try_parse_from(["pgveil", "filter", "-a", "-r", "own.toml", "--also", also]).expect("parses").command {
            Command::Filter(args) => outputs(&args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_has_its_rules_and_its_file() {
        let found = read("preset:pix=a=b.sql").expect("reads");
        assert_eq!(found.len(), 2);
        assert_eq!((&found[1].rules, &found[1].file), (&vec!["preset:pix".to_owned()], &Some(PathBuf::from("a=b.sql"))));
        assert!(found[1].choose.data_only, "the other flags are the same");
        assert_eq!((found[0].rules.join(","), found[0].file.clone()), ("own.toml".to_owned(), None));
        assert_eq!(label(&found[1]), "a=b.sql (preset:pix)");
        for bad in ["rules.toml", "=x", "x=", "rules.toml=-"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
