//! A TOML text, its places, and access to its values that collects mistakes instead of stopping at the first.
//!
//! Knows TOML and no rule.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeString, DeTable, DeValue};

use super::{Spanned, Value};
use crate::error::{At, RuleError};
use crate::name::nearest;

/// A key as the parser gives it, with its bytes in the text.
pub(super) type Key<'i> = toml::Spanned<DeString<'i>>;
/// A value as the parser gives it, with its bytes in the text.
pub(super) type Node<'i> = toml::Spanned<DeValue<'i>>;

/// More mistakes of syntax than this follow from one another.
const MAX_SYNTAX: usize = 10;

/// One text and the mistakes found in it so far.
pub(super) struct Reader<'i> {
    file: Arc<str>,
    text: &'i str,
    /// The byte at which each line starts; the first is 0.
    lines: Vec<usize>,
    mistakes: Vec<RuleError>,
}

impl<'i> Reader<'i> {
    /// `file` is how messages name the text.
    pub(super) fn new(file: Arc<str>, text: &'i str) -> Reader<'i> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1)).collect();
        Reader { file, text, lines, mistakes: Vec::new() }
    }

    /// The mistakes, in the order of the text.
    pub(super) fn into_mistakes(mut self) -> Vec<RuleError> {
        self.mistakes.sort_by(|a, b| a.at.cmp(&b.at));
        self.mistakes
    }

    /// The text without its byte order mark.
    pub(super) fn text(&self) -> &'i str {
        self.text
    }

    /// The place of a byte.
    pub(super) fn at(&self, byte: usize) -> At {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        At { file: Arc::clone(&self.file), line: clamp(line), column: clamp(column) }
    }

    /// Takes down a mistake.
    pub(super) fn mistake(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let at = Some(self.at(span.start));
        self.mistakes.push(RuleError { at, message: message.into(), help });
    }

    /// Takes down a mistake whose place is known already.
    pub(super) fn mistake_at(&mut self, at: At, message: impl Into<String>, help: Option<String>) {
        self.mistakes.push(RuleError { at: Some(at), message: message.into(), help });
    }

    /// Takes down a key that is not known where it stands.
    pub(super) fn unknown(&mut self, key: &Key<'_>, known: &[&str], help: Option<String>) {
        let found = key.get_ref();
        let message = format!("unknown key {}, expected one of {}", quoted(found), known.join(", "));
        self.mistake(key.span(), message, help.or_else(|| did_you_mean(found, known)));
    }

    /// Parses the text. `None` where its syntax is broken; a key that stands twice is a mistake, and the first one counts.
    pub(super) fn parse(&mut self) -> Option<DeTable<'i>> {
        let (table, faults) = DeTable::parse_recoverable(self.text);
        let (mut last_line, mut found, mut broken) = (0, 0, false);
        for fault in faults {
            let span = fault.span().unwrap_or(self.text.len()..self.text.len());
            let line = self.at(span.start).line;
            broken |= fault.message() != DUPLICATE;
            found += 1;
            if line == last_line || found > MAX_SYNTAX {
                continue;
            }
            last_line = line;
            let (message, help) = syntax(fault.message(), self.text.get(span.clone()).unwrap_or_default());
            self.mistake(span, message, help);
        }
        (!broken).then(|| table.into_inner())
    }

    /// The value as a table.
    pub(super) fn table<'t, 'n>(&mut self, key: &Key<'_>, node: &'t Node<'n>) -> Option<&'t DeTable<'n>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, node, "a table");
        }
        table
    }

    /// The value as a string that is not empty; `what` says what it is, as in `expected {what}`.
    pub(super) fn string(&mut self, key: &Key<'_>, node: &Node<'_>, what: &str) -> Option<Spanned<String>> {
        let Some(value) = node.get_ref().as_str() else {
            self.wrong_type(key, node, "a string");
            return None;
        };
        if value.is_empty() {
            self.mistake(node.span(), format!("{} is empty, expected {what}", quoted(key.get_ref())), None);
            return None;
        }
        Some(Spanned { value: value.to_owned(), at: self.at(node.span().start) })
    }

    /// The value as one of some words.
    pub(super) fn choice<T: Copy>(&mut self, key: &Key<'_>, node: &Node<'_>, choices: &[(&str, T)]) -> Option<Spanned<T>> {
        let Some(value) = node.get_ref().as_str() else {
            self.wrong_type(key, node, "a string");
            return None;
        };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == value) {
            return Some(Spanned { value: *choice, at: self.at(node.span().start) });
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let message = format!("{} is {}, expected {}", quoted(key.get_ref()), quoted(value), one_of(&words));
        self.mistake(node.span(), message, did_you_mean(value, &words));
        None
    }

    /// A boolean.
    pub(super) fn boolean(&mut self, key: &Key<'_>, node: &Node<'_>) -> Option<Spanned<bool>> {
        match node.get_ref() {
            DeValue::Boolean(value) => Some(Spanned { value: *value, at: self.at(node.span().start) }),
            _ => {
                self.wrong_type(key, node, "true or false");
                None
            }
        }
    }

    /// The value as it is.
    pub(super) fn value(&mut self, node: &Node<'_>) -> Option<Spanned<Value>> {
        let value = match node.get_ref() {
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(value) => Value::Integer(value),
                Err(_) => {
                    self.mistake(node.span(), "the integer is out of range, expected one of 64 bits", None);
                    return None;
                }
            },
            DeValue::Float(float) => Value::Float(self.float(float.as_str(), node)?),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(_) => Value::Datetime(self.text.get(node.span()).unwrap_or_default().to_owned()),
            DeValue::Array(items) => Value::Array(items.iter().filter_map(|item| self.value(item)).collect()),
            DeValue::Table(table) => {
                Value::Table(entries(table).into_iter().filter_map(|(key, node)| Some((self.key(key), self.value(node)?))).collect())
            }
        };
        Some(Spanned { value, at: self.at(node.span().start) })
    }

    fn float(&mut self, written: &str, node: &Node<'_>) -> Option<f64> {
        let value = written.parse::<f64>().ok().filter(|value| value.is_finite() || written.contains("inf") || written.contains("nan"));
        if value.is_none() {
            self.mistake(node.span(), "the float is out of range, expected one of 64 bits", None);
        }
        value
    }

    /// A key with its place.
    pub(super) fn key(&self, key: &Key<'_>) -> Spanned<String> {
        Spanned { value: key.get_ref().clone().into_owned(), at: self.at(key.span().start) }
    }

    /// Takes down that a value is of another type than its key takes.
    pub(super) fn wrong_type(&mut self, key: &Key<'_>, node: &Node<'_>, expected: &str) {
        let message = format!("{}: expected {expected}, found {}", quoted(key.get_ref()), kind(node.get_ref()));
        self.mistake(node.span(), message, None);
    }
}

/// A table's entries in the order of the text.
pub(super) fn entries<'t, 'n>(table: &'t DeTable<'n>) -> Vec<(&'t Key<'n>, &'t Node<'n>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// What a value is, with its article.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// A word of the file in quotes, on one line and without control characters.
pub(super) fn quoted(word: &str) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for c in word.chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text.push('"');
    text
}

/// `did you mean "email"?`, where a known name is near.
pub(super) fn did_you_mean(found: &str, known: &[&str]) -> Option<String> {
    nearest(found, known.iter().copied()).map(|name| format!("did you mean {}?", quoted(name)))
}

/// `"keep", "warn" or "error"`.
fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What the parser says of a key that stands twice (crate toml, src/de/parser/document.rs).
const DUPLICATE: &str = "duplicate key";

/// The parser's words (crates toml and toml_parser, the starts of their descriptions) and ours: fact, remedy.
const WORDS: &[(&str, &str, Option<&str>)] = &[
    (DUPLICATE, "stands twice, expected once", Some("join the two")),
    ("string values must be quoted", "a value stands without quotes, expected a string such as \"email\"", None),
    ("invalid unquoted key", QUOTE_THE_KEY, Some("put it in quotes: \"*email*\"")),
    ("unquoted keys cannot be empty", QUOTE_THE_KEY, Some("put it in quotes: \"*email*\"")),
    ("key with no value", "a key has no value, expected =", None),
    ("invalid basic string", "the string does not end, expected a double quote", None),
    ("invalid literal string", "the string does not end, expected a single quote", None),
    ("invalid multi-line", "the string does not end, expected three quotes", None),
    ("missing escaped value", "the backslash escapes nothing, expected an escape such as \\\\", Some("or put the string in single quotes")),
    ("unexpected key or value", "something follows on the line, expected the end of the line or a comment", None),
    ("unclosed table", "the header does not end, expected ]", None),
    ("unclosed inline table", "the table does not end, expected }", None),
    ("unclosed array", "the array does not end, expected ]", None),
    ("missing comma between key-value pairs", "the entries of the table run together, expected a comma", None),
    ("missing comma between array elements", "the items of the array run together, expected a comma or ]", None),
    ("cannot recurse further", "the values are nested too deep, expected less than 80 levels", None),
    ("carriage return must be followed by newline", "a carriage return stands alone, expected the end of a line", None),
];

const QUOTE_THE_KEY: &str = "a key without quotes can hold only letters, digits, - and _";

/// The parser's words in ours. `found` is the text at fault.
fn syntax(message: &str, found: &str) -> (String, Option<String>) {
    if message.starts_with("string values must be quoted") && found.trim().is_empty() {
        return ("a key has no value, expected one behind the =".to_owned(), None);
    }
    match WORDS.iter().find(|(theirs, _, _)| message.starts_with(theirs)) {
        Some((theirs, fact, help)) => {
            let key = if *theirs == DUPLICATE { format!("the key {} ", quoted(found.trim_matches(['"', '\'']))) } else { String::new() };
            (format!("{key}{fact}"), help.map(str::to_owned))
        }
        // The parser writes what it expects in backticks.
        None => (format!("this is not TOML: {}", message.replace(", expected nothing", "").replace('`', "\"")), None),
    }
}
