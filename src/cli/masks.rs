//! `pgveil masks`: the registry as text. Every example is run when it is shown, so it cannot be wrong.

use std::fmt::Write as _;

use super::args::Masks;
use super::{pages, say};
use crate::error::{Error, Result};
use crate::mask::common;
use crate::mask::demo::{self, Outcome};
use crate::mask::registry::{self, Definition};
use crate::plan::bind;

/// `pgveil masks [NAME]`
pub fn masks(args: &Masks) -> Result<()> {
    let text = match &args.name {
        None => list()?,
        Some(name) => match registry::find(name) {
            Some(definition) => page(definition)?,
            None => return Err(pages::unknown("mask", name, registry::all().iter().map(|known| known.name).collect())),
        },
    };
    say::answer(text.as_bytes())
}

/// Every mask with its example.
fn list() -> Result<String> {
    let width = registry::all().iter().map(|definition| definition.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for definition in registry::all() {
        let _ = writeln!(text, "{:width$}  {}", definition.name, definition.summary);
        let _ = writeln!(text, "{:width$}  {}", "", example(definition)?);
    }
    text.push_str("\n`pgveil masks NAME` shows one with its options. The examples are made with a secret of their own.\n");
    Ok(text)
}

/// One mask with its options.
fn page(definition: &Definition) -> Result<String> {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}\n", definition.name, definition.summary);
    let _ = writeln!(text, "  columns   {}", definition.accepts);
    let _ = writeln!(text, "  distinct  {}", definition.distinct);
    let _ = writeln!(text, "  rule      column = {}", definition.example.rule);
    let _ = writeln!(text, "  example   {}", example(definition)?);
    let options: Vec<(&str, String, &str, String)> = (definition.options.iter().chain(common::options(definition)))
        .map(|option| {
            let default = if option.name == "domain" { definition.default_domain } else { option.default };
            (option.name, option.kind.expected(), option.summary, default.to_owned())
        })
        .collect();
    if options.is_empty() {
        return Ok(text + "\n  no options\n");
    }
    text.push_str("\n  options:\n");
    let width = options.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    for (name, kind, summary, default) in options {
        let default = if default == "required" { default } else { format!("default: {default}") };
        let _ = writeln!(text, "    {name:width$}  {summary}");
        let _ = writeln!(text, "    {:width$}  {kind}; {default}", "");
    }
    Ok(text)
}

/// `before → after`
fn example(definition: &Definition) -> Result<String> {
    let before = definition.example.before;
    let row: String = definition.example.row.iter().map(|(name, _, value)| format!("{name} {value}, ")).collect();
    let after = match run(definition)? {
        Outcome::Same => before.to_owned(),
        Outcome::Null => "NULL".to_owned(),
        Outcome::Value(after) if after.is_empty() => "(the empty string)".to_owned(),
        Outcome::Value(after) => String::from_utf8(after).map_err(|_| Error::internal())?,
    };
    Ok(format!("{row}{before} → {after}"))
}

/// Runs a mask's example.
fn run(definition: &Definition) -> Result<Outcome> {
    demo::example(definition, &bind::example(definition)?).map_err(|_| Error::internal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_is_listed_with_an_example_that_runs() {
        let list = list().expect("all examples run");
        for definition in registry::all() {
            assert!(list.contains(&format!("\n{}", definition.name)) || list.starts_with(definition.name), "{list}");
            let page = page(definition).expect("runs");
            for option in definition.options {
                assert!(page.contains(&format!("    {}", option.name)), "{page}");
            }
            assert_eq!(page.contains("    domain "), definition.keyed, "{page}");
            assert_eq!(example(definition).expect("runs"), example(definition).expect("runs"));
        }
    }

    #[test]
    fn only_keep_keeps() {
        for definition in registry::all() {
            let after = run(definition).expect("runs");
            if definition.name == "title" {
                continue; // One of two, so it may be the same.
            }
            let same = [Outcome::Same, Outcome::Value(definition.example.before.into())].contains(&after);
            assert_eq!(same, definition.name == "keep", "{}", definition.name);
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        let error = masks(&Masks { name: Some("emial".into()) }).expect_err("unknown").to_string();
        assert!(error.ends_with("did you mean \"email\"?"), "{error}");
    }
}
