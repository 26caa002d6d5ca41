//! One rules file: TOML → rules, with their places, and all the mistakes of its form.
//!
//! Reads no other file: includes come out as names ([`mod@super::load`] follows them). Layers and ids are given there, too.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::outline;
use super::pattern::TableName;
use super::reader::{Key, Node, Reader, entries, kind, quoted};
use super::{
    ColumnRule, LargeObjectData, MaskRule, ObjectRule, Pattern, Spanned, SubsetRule, TableData, TablePattern, TableRule, Unlisted,
    Unsatisfied, rows, subset,
};
use crate::error::RuleError;

/// The only version of the form so far.
const VERSION: &str = "1";

const TOP_KEYS: &[&str] =
    &["version", "include", "defaults", "columns", "tables", "subset", "only", "objects", "foreign_keys", "large_objects"];
const DEFAULTS_KEYS: &[&str] = &["locale", "timezone", "unlisted"];
const TABLE_KEYS: &[&str] = &["data", "drop", "where", "unless", "sample", "limit", "erase", "columns"];
const UNLISTED: &[(&str, Unlisted)] = &[("keep", Unlisted::Keep), ("warn", Unlisted::Warn), ("error", Unlisted::Error)];
const DATA: &[(&str, TableData)] = &[("skip", TableData::Skip), ("keep", TableData::Keep)];

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct File {
    /// `include`, as written, in its order.
    pub(super) includes: Vec<Spanned<String>>,
    /// `defaults.locale`.
    pub(super) locale: Option<Spanned<String>>,
    /// `defaults.timezone`.
    pub(super) timezone: Option<Spanned<String>>,
    /// `defaults.unlisted`.
    pub(super) unlisted: Option<Unlisted>,
    /// `[columns]`.
    pub(super) columns: Vec<ColumnRule>,
    /// `[tables.X]`.
    pub(super) tables: Vec<TableRule>,
    /// `only`.
    pub(super) only: Vec<TablePattern>,
    /// `[objects]`.
    pub(super) objects: Vec<ObjectRule>,
    /// `[foreign_keys]`.
    pub(super) unsatisfied: Option<Spanned<Unsatisfied>>,
    /// `[large_objects]`.
    pub(super) large_objects: Option<LargeObjectData>,
    /// `[subset]`.
    pub(super) subset: Vec<SubsetRule>,
}

/// Reads one file, named `label` in messages. Gives what could be read and every mistake; the rules are good only if
/// there is none.
pub(super) fn read(label: &Arc<str>, text: &str) -> (File, Vec<RuleError>) {
    let mut reader = Reader::new(Arc::clone(label), text);
    let mut file = File::default();
    if let Some(top) = reader.parse()
        && version(&mut reader, &top)
    {
        top_level(&mut reader, &top, &mut file);
    }
    (file, reader.into_mistakes())
}

/// Whether the rest of the file can be read. A missing version is a mistake, but no hindrance.
fn version(reader: &mut Reader<'_>, top: &DeTable<'_>) -> bool {
    let Some((key, node)) = top.get_key_value("version") else {
        let fact = if reader.text().trim().is_empty() { "the file is empty" } else { "the key \"version\" is missing" };
        reader.mistake(0..0, format!("{fact}, expected version = {VERSION} at its top"), None);
        return true;
    };
    match node.get_ref() {
        DeValue::Integer(found) if found.as_str() == VERSION => true,
        DeValue::Integer(found) => {
            let help = match found.as_str().parse::<u64>() {
                Ok(later) if later > 1 => "use the later pgveil that it was written for",
                _ => "write version = 1",
            };
            reader.mistake(node.span(), format!("version {found} is not known, expected {VERSION}"), Some(help.to_owned()));
            false
        }
        _ => {
            reader.wrong_type(key, node, "an integer");
            true
        }
    }
}

fn top_level(reader: &mut Reader<'_>, top: &DeTable<'_>, file: &mut File) {
    for (key, node) in entries(top) {
        match key.get_ref().as_ref() {
            "version" => {}
            "include" => file.includes = includes(reader, key, node),
            "defaults" => defaults(reader, key, node, file),
            "columns" => file.columns = columns(reader, key, node),
            "tables" => file.tables = tables(reader, key, node),
            "only" => file.only = outline::only(reader, key, node),
            "objects" => file.objects = outline::objects(reader, key, node),
            "foreign_keys" => file.unsatisfied = outline::foreign_keys(reader, key, node),
            "large_objects" => file.large_objects = outline::large_objects(reader, key, node),
            "subset" => file.subset = subset::read(reader, key, node),
            _ => reader.unknown(key, TOP_KEYS, None),
        }
    }
}

fn includes(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<Spanned<String>> {
    let Some(items) = node.get_ref().as_array() else {
        reader.wrong_type(key, node, "an array of strings");
        return Vec::new();
    };
    items.iter().filter_map(|item| reader.string(key, item, "a path or \"preset:NAME\"")).collect()
}

fn defaults(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>, file: &mut File) {
    let Some(table) = reader.table(key, node) else { return };
    for (key, node) in entries(table) {
        match key.get_ref().as_ref() {
            "locale" => file.locale = reader.string(key, node, "a locale such as \"fr_FR\""),
            "timezone" => file.timezone = reader.string(key, node, "a time zone such as \"Europe/Paris\""),
            "unlisted" => file.unlisted = reader.choice(key, node, UNLISTED).map(|found| found.value),
            _ => reader.unknown(key, DEFAULTS_KEYS, None),
        }
    }
}

fn tables(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<TableRule> {
    let Some(table) = reader.table(key, node) else { return Vec::new() };
    entries(table).into_iter().filter_map(|(key, node)| table_rule(reader, key, node)).collect()
}

fn table_rule(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<TableRule> {
    let names = match Pattern::table(key.get_ref()) {
        Ok(names) => Some(names),
        Err(message) => {
            reader.mistake(key.span(), message, None);
            None
        }
    };
    let (mut data, mut drop, mut condition, mut unless, mut rules) = (None, None, None, None, Vec::new());
    let (mut sample, mut limit, mut erase) = (None, None, None);
    for (inner, node) in entries(reader.table(key, node)?) {
        match inner.get_ref().as_ref() {
            "data" => data = reader.choice(inner, node, DATA),
            "drop" => drop = reader.boolean(inner, node),
            "where" => condition = reader.string(inner, node, "a condition such as \"last_seen > '2024-01-01'\""),
            "unless" => unless = reader.string(inner, node, "a condition such as \"role = 'test'\""),
            "sample" => sample = rows::sample(reader, inner, node),
            "limit" => limit = rows::limit(reader, inner, node),
            "erase" => erase = rows::erase(reader, inner, node, columns),
            "columns" => rules = columns(reader, inner, node),
            _ => reader.unknown(inner, TABLE_KEYS, unquoted_schema(key, inner, node)),
        }
    }
    let TableName { database, schema, name } = names?;
    let Spanned { value: key, at } = reader.key(key);
    let rule = TableRule {
        id: 0,
        key,
        database,
        elsewhere: false,
        schema,
        name,
        at,
        data,
        drop,
        rows: condition,
        unless,
        sample,
        limit,
        erase,
        columns: rules,
        layer: 0,
        preset: false,
    };
    Some(rule)
}

/// `[tables.crm.users]` is TOML for a table `crm` with a key `users`; meant was the table `users` of the schema `crm`.
fn unquoted_schema(schema: &Key<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<String> {
    let inner = node.get_ref().as_table()?;
    TABLE_KEYS
        .iter()
        .any(|known| inner.contains_key(*known))
        .then(|| format!("a name with its schema stands in quotes: {}", quoted(&format!("{}.{}", schema.get_ref(), key.get_ref()))))
}

fn columns(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<ColumnRule> {
    let Some(table) = reader.table(key, node) else { return Vec::new() };
    entries(table).into_iter().filter_map(|(key, node)| column_rule(reader, key, node)).collect()
}

fn column_rule(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<ColumnRule> {
    let pattern = match Pattern::column(key.get_ref()) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            reader.mistake(key.span(), message, None);
            None
        }
    };
    let masks = masks(reader, key, node);
    Some(ColumnRule { id: 0, pattern: pattern?, at: reader.at(key.span().start), masks: masks?, layer: 0, preset: false })
}

/// One mask, or a list of masks with conditions.
fn masks(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<Vec<MaskRule>> {
    let DeValue::Array(items) = node.get_ref() else { return Some(vec![mask(reader, key, node)?]) };
    if items.is_empty() {
        let message = format!("{}: the list is empty, expected masks with \"when\"", quoted(key.get_ref()));
        reader.mistake(node.span(), message, None);
        return None;
    }
    let masks: Vec<Option<MaskRule>> = items.iter().map(|item| mask(reader, key, item)).collect();
    for (mask, item) in masks.iter().zip(items.iter()).rev().skip(1) {
        if mask.as_ref().is_some_and(|mask| mask.when.is_none()) {
            let message =
                format!("{}: a mask without \"when\" that is not the last: those behind it can never be used", quoted(key.get_ref()));
            reader.mistake(item.span(), message, Some("give it a condition, or put it last".into()));
        }
    }
    masks.into_iter().collect()
}

/// The short form (a string) or the long form (a table).
fn mask(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<MaskRule> {
    let at = reader.at(node.span().start);
    match node.get_ref() {
        DeValue::String(_) => {
            let name = reader.string(key, node, "the name of a mask; `pgveil masks` lists them")?;
            Some(MaskRule { name: Some(name), at, when: None, options: Vec::new() })
        }
        DeValue::Table(table) => long_form(reader, key, node, table),
        other => {
            let message = format!("{}: expected the name of a mask or a table with \"mask\", found {}", quoted(key.get_ref()), kind(other));
            reader.mistake(node.span(), message, None);
            None
        }
    }
}

fn long_form(reader: &mut Reader<'_>, rule_key: &Key<'_>, rule_node: &Node<'_>, table: &DeTable<'_>) -> Option<MaskRule> {
    let mut rule = MaskRule { name: None, at: reader.at(rule_node.span().start), when: None, options: Vec::new() };
    for (key, node) in entries(table) {
        match key.get_ref().as_ref() {
            "mask" => rule.name = Some(reader.string(key, node, "the name of a mask; `pgveil masks` lists them")?),
            "when" => rule.when = Some(reader.string(key, node, "a condition such as \"role = 'partner'\"")?),
            "" => reader.mistake(key.span(), "the name of an option is empty", None),
            _ => rule.options.extend(reader.value(node).map(|value| (reader.key(key), value))),
        }
    }
    if rule.name.is_none() && table.keys().all(|key| matches!(key.get_ref().as_ref(), "when" | "")) {
        let message = format!("{}: the rule has no \"mask\", expected one such as {{ mask = \"email\" }}", quoted(rule_key.get_ref()));
        reader.mistake(rule_node.span(), message, None);
        return None;
    }
    Some(rule)
}
