//! Which rows of a table pass, as a table rule says it besides its conditions: `sample`, `limit`, `erase`.

use toml::de::DeValue;

use super::reader::{Key, Node, Reader, entries, quoted};
use super::{ColumnRule, Spanned, Value};

const SAMPLE_KEYS: &[&str] = &["rate", "by", "domain"];
const ERASE_KEYS: &[&str] = &["column", "ids", "columns"];

/// `sample`: a share of the rows, chosen by their keys.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRule {
    /// The share: more than 0, at most 1.
    pub rate: f64,
    /// The columns that choose a row; empty where the primary key does.
    pub by: Vec<Spanned<String>>,
    /// The namespace in which equal keys are chosen alike; `None` where the table has its own.
    pub domain: Option<String>,
}

/// `erase`: rows of subjects that are to be forgotten.
#[derive(Clone, Debug)]
pub struct EraseRule {
    /// The column that names the subject.
    pub column: Spanned<String>,
    /// The file of the subjects, as written: a path from the folder of the rules file on.
    pub ids: Spanned<String>,
    /// The masks of such rows; `None` where they are left out.
    pub columns: Option<Vec<ColumnRule>>,
}

impl PartialEq for EraseRule {
    /// Whether two rules ask for the same, places apart.
    fn eq(&self, other: &EraseRule) -> bool {
        let same = |one: &ColumnRule, other: &ColumnRule| one.pattern.text == other.pattern.text && one.agrees(other);
        let columns = match (&self.columns, &other.columns) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(one, other)| same(one, other)),
            _ => false,
        };
        // Equal names of files are one file only where the rules files are neighbours.
        columns && self.column.value == other.column.value && self.ids.value == other.ids.value && self.ids.at.file == other.ids.at.file
    }
}

/// `sample = 0.05` or `{ rate = 0.05, by = "user_id", domain = "people" }`.
pub(super) fn sample(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<Spanned<SampleRule>> {
    let at = reader.at(node.span().start);
    let DeValue::Table(table) = node.get_ref() else {
        let rate = rate(reader, key, node)?;
        return Some(Spanned { value: SampleRule { rate, by: Vec::new(), domain: None }, at });
    };
    let (mut share, mut by, mut domain) = (None, Vec::new(), None);
    for (inner, node) in entries(table) {
        match inner.get_ref().as_ref() {
            "rate" => share = rate(reader, inner, node),
            "by" => by = names(reader, inner, node),
            "domain" => domain = reader.string(inner, node, "the name of a domain"),
            _ => reader.unknown(inner, SAMPLE_KEYS, None),
        }
    }
    if !table.contains_key("rate") {
        reader.mistake(
            node.span(),
            format!("{}: \"rate\" is missing, expected one such as {{ rate = 0.05 }}", quoted(key.get_ref())),
            None,
        );
    }
    Some(Spanned { value: SampleRule { rate: share?, by, domain: domain.map(|domain| domain.value) }, at })
}

fn rate(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<f64> {
    let number = match node.get_ref() {
        DeValue::Integer(_) | DeValue::Float(_) => match reader.value(node)?.value {
            Value::Float(number) => Some(number),
            // 1 is the one integer that is a share, and the only one that need be exact.
            Value::Integer(number) => Some(if number == 1 { 1.0 } else { 0.0 }),
            _ => None,
        },
        _ => None,
    };
    let found = number.filter(|rate| *rate > 0.0 && *rate <= 1.0);
    if found.is_none() {
        reader.mistake(
            node.span(),
            format!("{}: expected a share of the rows, more than 0 and at most 1", quoted(key.get_ref())),
            Some("5 % is 0.05".into()),
        );
    }
    found
}

/// A name, or an array of names.
fn names(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<Spanned<String>> {
    match node.get_ref().as_array() {
        Some(items) if !items.is_empty() => items.iter().filter_map(|item| reader.string(key, item, "the name of a column")).collect(),
        _ => reader.string(key, node, "the name of a column").into_iter().collect(),
    }
}

/// `limit = 1000`.
pub(super) fn limit(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<Spanned<u64>> {
    if !matches!(node.get_ref(), DeValue::Integer(_)) {
        reader.wrong_type(key, node, "a number of rows");
        return None;
    }
    let Spanned { value, at } = reader.value(node)?;
    match value {
        Value::Integer(rows) if rows > 0 => Some(Spanned { value: u64::try_from(rows).ok()?, at }),
        _ => {
            let message = format!("{}: expected a number of rows, 1 at least", quoted(key.get_ref()));
            reader.mistake(node.span(), message, Some("data = \"skip\" leaves all rows out".into()));
            None
        }
    }
}

/// `erase = { column = "id", ids = "ids.txt" }`, also with `columns`, which `read` reads.
pub(super) fn erase<'i>(
    reader: &mut Reader<'i>,
    key: &Key<'_>,
    node: &Node<'_>,
    read: impl Fn(&mut Reader<'i>, &Key<'_>, &Node<'_>) -> Vec<ColumnRule>,
) -> Option<Spanned<EraseRule>> {
    let at = reader.at(node.span().start);
    let table = reader.table(key, node)?;
    let (mut column, mut ids, mut columns) = (None, None, None);
    for (inner, node) in entries(table) {
        match inner.get_ref().as_ref() {
            "column" => column = reader.string(inner, node, "the name of the column that names the subject"),
            "ids" => ids = reader.string(inner, node, "the path of a file, an id a line"),
            "columns" => columns = Some(read(reader, inner, node)),
            _ => reader.unknown(inner, ERASE_KEYS, None),
        }
    }
    for missing in ["column", "ids"].iter().filter(|missing| !table.contains_key(**missing)) {
        let message =
            format!("{}: {} is missing, expected erase = {{ column = \"id\", ids = \"ids.txt\" }}", quoted(key.get_ref()), quoted(missing));
        reader.mistake(node.span(), message, None);
    }
    Some(Spanned { value: EraseRule { column: column?, ids: ids?, columns }, at })
}
