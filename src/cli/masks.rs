//! `pgveil masks`: the registry as text. Every example is run when it is shown, so it cannot be wrong.

use std::fmt::Write as _;

use super::args::Masks;
use super::{pages, say};
use crate::encoding::Charset;
use crate::error::{Error, Result};
use crate::mask::fit::{Kind, Target};
use crate::mask::key::Secret;
use crate::mask::registry::{self, Definition, OptionValue, Request};
use crate::mask::{Cell, Masked};
use crate::rules::{self, MaskRule, Value};

/// The secret of the examples. It is no secret.
const DEMONSTRATION: &[u8] = b"pgveil's examples";

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
    let mut options: Vec<(&str, String, &str, String)> =
        definition.options.iter().map(|option| (option.name, option.kind.expected(), option.summary, option.default.to_owned())).collect();
    if definition.keyed {
        let default = definition.default_domain.to_owned();
        options.push(("domain", "a string".into(), "equal values get equal pseudonyms within a domain", default));
    }
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
    Ok(match run(definition)? {
        None => format!("{before} → NULL"),
        Some(after) if after.is_empty() => format!("{before} → (the empty string)"),
        Some(after) => format!("{before} → {after}"),
    })
}

/// Runs a mask's example; `None` for NULL.
fn run(definition: &Definition) -> Result<Option<String>> {
    let rule = parsed(definition)?;
    let options: Vec<(String, OptionValue)> = rule.options.iter().map(|(key, value)| (key.value.clone(), option(&value.value))).collect();
    let key = Secret::new(DEMONSTRATION.to_vec()).domain(definition.default_domain);
    let target = target(definition.example.column_type);
    let request = Request { target: &target, options: &options, domain: definition.default_domain, key: &key, locale: "en" };
    let bound = (definition.build)(&request).map_err(|_| Error::internal())?;
    let Some(mask) = bound.mask else { return Ok(Some(definition.example.before.to_owned())) };
    let mut out = Vec::new();
    match mask.mask(Cell::new(definition.example.before.as_bytes()), &mut out) {
        Ok(Masked::Value) => Ok(Some(String::from_utf8(out).map_err(|_| Error::internal())?)),
        Ok(Masked::Null) => Ok(None),
        Err(_) => Err(Error::internal()),
    }
}

/// The example's rule, read as any rules file is.
fn parsed(definition: &Definition) -> Result<MaskRule> {
    let file = format!("version = 1\n[columns]\nexample = {}\n", definition.example.rule);
    let rules = rules::parse(definition.name, &file)?;
    rules.columns.into_iter().next().map(|rule| rule.mask).ok_or_else(Error::internal)
}

fn option(value: &Value) -> OptionValue {
    match value {
        Value::Text(text) | Value::Datetime(text) => OptionValue::Text(text.clone()),
        Value::Integer(number) => OptionValue::Integer(*number),
        Value::Float(number) => OptionValue::Float(*number),
        Value::Boolean(boolean) => OptionValue::Boolean(*boolean),
        Value::Array(_) => OptionValue::Other("an array"),
        Value::Table(_) => OptionValue::Other("a table"),
    }
}

/// A column of the types that examples use.
fn target(column_type: &str) -> Target {
    let (name, modifier) = column_type.split_once('(').unwrap_or((column_type, ""));
    let kind = match name {
        "date" => Kind::Date,
        "timestamp without time zone" => Kind::Timestamp,
        "inet" => Kind::Inet,
        _ => Kind::Text,
    };
    let max_chars = modifier.trim_end_matches(')').parse().ok();
    Target { kind, type_name: column_type.to_owned(), max_chars, not_null: false, charset: Charset::Utf8 }
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
            assert_eq!(page.contains("    domain"), definition.keyed, "{page}");
            assert_eq!(example(definition).expect("runs"), example(definition).expect("runs"));
        }
    }

    #[test]
    fn only_keep_keeps() {
        for definition in registry::all() {
            let after = run(definition).expect("runs");
            assert_eq!(after.as_deref() == Some(definition.example.before), definition.name == "keep", "{}", definition.name);
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        let error = masks(&Masks { name: Some("emial".into()) }).expect_err("unknown").to_string();
        assert!(error.ends_with("did you mean \"email\"?"), "{error}");
    }
}
