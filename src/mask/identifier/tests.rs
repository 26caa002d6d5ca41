//! What holds for every mask of this family.

mod known;
mod oracle;
mod promises;

use super::super::fit::Target;
use super::super::registry::{self, OptionValue};
use super::super::{Bound, Cell, Masked, demo};

/// An option of a rule.
fn words(words: &[&str]) -> OptionValue {
    OptionValue::List(words.iter().map(|word| word_of(word)).collect())
}

fn word_of(word: &str) -> OptionValue {
    OptionValue::Text(word.into())
}

/// Binds a mask to a column of a type, or gives its error's text.
fn bind(name: &str, options: &[(&str, OptionValue)], column_type: &str) -> Result<Bound, String> {
    secret(name, options, column_type, b"0123456789abcdef")
}

fn secret(name: &str, options: &[(&str, OptionValue)], column_type: &str, secret: &[u8]) -> Result<Bound, String> {
    let definition = registry::find(name).expect("a known mask");
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let row = [("born".to_owned(), Target::of_sql("date"))];
    demo::bound(definition, &options, &Target::of_sql(column_type), &row, secret)
        .map_err(|error| error.help.as_ref().map_or_else(|| error.message.clone(), |help| format!("{}; {help}", error.message)))
}

/// What a mask makes of a value; what is wrong with the value, where it refuses it.
fn apply(bound: &Bound, value: &str) -> Result<String, &'static str> {
    give(bound, Cell::new(value.as_bytes()))
}

fn give(bound: &Bound, cell: Cell<'_>) -> Result<String, &'static str> {
    let mut out = b"head".to_vec();
    let masked = bound.mask.as_ref().expect("a mask").mask(cell, &mut out);
    assert!(out.starts_with(b"head"));
    match masked {
        Ok(Masked::Value) => Ok(String::from_utf8(out.split_off(4)).expect("UTF-8")),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal.expected),
    }
}

/// The same in a text column without options, refusing what is no number.
fn strict(name: &str, options: &[(&str, OptionValue)]) -> Bound {
    let mut options = options.to_vec();
    options.push(("on_invalid", word_of("error")));
    bind(name, &options, "text").expect("fits")
}
