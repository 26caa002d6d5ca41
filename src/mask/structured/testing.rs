//! For the tests of this family: rules as a file has them, masks as the row program runs them.

use super::super::fit::Target;
use super::super::registry::OptionValue;
use super::super::{Bound, Cell, Masked, Note, Surroundings, bind, demo, options};

/// A value of TOML as an option.
fn option(value: toml::Value) -> OptionValue {
    match value {
        toml::Value::String(text) => OptionValue::Text(text),
        toml::Value::Integer(number) => OptionValue::Integer(number),
        toml::Value::Float(number) => OptionValue::Float(number),
        toml::Value::Boolean(truth) => OptionValue::Boolean(truth),
        toml::Value::Array(items) => OptionValue::List(items.into_iter().map(option).collect()),
        toml::Value::Table(entries) => OptionValue::Table(entries.into_iter().map(|(key, value)| (key, option(value))).collect()),
        toml::Value::Datetime(time) => OptionValue::Text(time.to_string()),
    }
}

/// Binds a rule as it stands behind `column = `; `row` is what it may read. The error is its way and its text.
pub(super) fn bind_to(rule: &str, target: &Target, row: &[(&str, &str)]) -> Result<Bound, String> {
    // In the order of the file, which the crate's own tables lose.
    let table: toml::Table = toml::from_str(&format!("rule = {rule}")).expect("TOML");
    let (mut name, mut entries) = (None, Vec::new());
    match option(table["rule"].clone()) {
        OptionValue::Text(text) => name = Some(text),
        OptionValue::Table(all) => {
            for (key, value) in all {
                match value {
                    OptionValue::Text(text) if key == "mask" => name = Some(text),
                    value => entries.push((key, value)),
                }
            }
        }
        other => panic!("{other:?} is no rule"),
    }
    let told = |error: super::super::registry::BuildError| {
        let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
        format!("{}: {}{help}", error.path.join("/"), error.message)
    };
    let definition = bind::definition(name.as_deref(), &entries).map_err(told)?;
    if let Some(error) = options::check(definition, &entries).into_iter().next() {
        return Err(told(error));
    }
    let row: Vec<_> = row.iter().map(|(name, kind)| ((*name).to_owned(), Target::of_sql(kind))).collect();
    demo::bound(definition, &entries, target, &row, b"0123456789abcdef").map_err(told)
}

/// The same, for a column of a type.
pub(super) fn bind(rule: &str, sql: &str) -> Result<Bound, String> {
    bind_to(rule, &Target::of_sql(sql), &[])
}

/// A row, by the readings of a mask.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) values: Vec<Option<Vec<u8>>>,
    pub(super) notes: std::cell::RefCell<Vec<Note>>,
}

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.values.get(index)?.as_deref()
    }

    fn note(&self, note: Note) {
        self.notes.borrow_mut().push(note);
    }
}

/// What a mask makes of a value: `same`, `NULL`, `refused: …` or the new one.
pub(super) fn run_in(bound: &Bound, value: &[u8], row: &Row) -> String {
    let mut out = b"head".to_vec();
    let Some(mask) = &bound.mask else { return "same".into() };
    let masked = mask.mask(Cell { around: row, ..Cell::new(value) }, &mut out);
    assert!(out.starts_with(b"head"));
    match masked {
        Ok(Masked::Value) => String::from_utf8(out.split_off(4)).expect("UTF-8"),
        Ok(Masked::Null) => "NULL".into(),
        Ok(Masked::Same) => "same".into(),
        Err(refusal) => format!("refused: {}", refusal.expected),
    }
}

/// The same, with nothing around it.
pub(super) fn run(bound: &Bound, value: &str) -> String {
    run_in(bound, value.as_bytes(), &Row::default())
}

/// Binds and runs.
pub(super) fn masked(rule: &str, sql: &str, value: &str) -> String {
    run(&bind(rule, sql).expect("fits"), value)
}

/// A mask of text, on its own.
pub(super) fn alone(rule: &str, value: &str) -> String {
    masked(rule, "text", value)
}

/// A text as a key or string of TOML.
pub(super) fn quote(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}
