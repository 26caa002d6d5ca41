//! The parts of a rules file that say which objects stay: `only`, `[objects]`, `[foreign_keys]`, `[large_objects]`.

use super::reader::{Key, Node, Reader, entries, quoted};
use super::{LargeObjectData, ObjectPattern, ObjectRule, Pattern, Spanned, TablePattern, Unsatisfied};
use crate::name::nearest;

const OBJECT_KEYS: &[&str] = &["drop", "keep"];
const FOREIGN_KEYS: &[&str] = &["unsatisfied"];
const LARGE_OBJECT_KEYS: &[&str] = &["data"];
const LARGE_OBJECT_DATA: &[(&str, LargeObjectData)] =
    &[("keep", LargeObjectData::Keep), ("drop", LargeObjectData::Drop), ("empty", LargeObjectData::Empty)];
const UNSATISFIED: &[(&str, Unsatisfied)] =
    &[("not_valid", Unsatisfied::NotValid), ("drop", Unsatisfied::Drop), ("keep", Unsatisfied::Keep), ("error", Unsatisfied::Error)];

/// `only = ["users", "crm.*"]`.
pub(super) fn only(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<TablePattern> {
    let mut tables = Vec::new();
    for text in strings(reader, key, node, "a table such as \"users\" or \"crm.*\"") {
        match Pattern::table(&text.value) {
            Ok(name) => tables.push(TablePattern::new(name, text)),
            Err(message) => reader.mistake_at(text.at, message, None),
        }
    }
    tables
}

/// `[objects]`: `drop = ["comment", "extension:postgis"]`.
pub(super) fn objects(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<ObjectRule> {
    let mut rules = Vec::new();
    let Some(table) = reader.table(key, node) else { return rules };
    for (key, node) in entries(table) {
        let keep = match key.get_ref().as_ref() {
            "drop" => false,
            "keep" => true,
            _ => {
                reader.unknown(key, OBJECT_KEYS, None);
                continue;
            }
        };
        for text in strings(reader, key, node, "a kind of object such as \"publication\" or \"extension:postgis\"") {
            rules.extend(object(reader, &text, keep));
        }
    }
    rules
}

/// `extension:postgis`.
fn object(reader: &mut Reader<'_>, text: &Spanned<String>, keep: bool) -> Option<ObjectRule> {
    let (kind, name) = text.value.split_once(':').map_or((text.value.as_str(), None), |(kind, name)| (kind, Some(name)));
    if !ObjectRule::WORDS.contains(&kind) {
        let help = match kind {
            "table" | "sequence" => Some("leave out a table by [tables.NAME] drop = true".to_owned()),
            _ => nearest(kind, ObjectRule::WORDS.iter().copied()).map(|word| format!("did you mean {word:?}?")),
        };
        let help = help.or_else(|| Some(format!("the kinds are {}", ObjectRule::WORDS.join(", "))));
        reader.mistake_at(text.at.clone(), format!("{} is no kind of object", quoted(kind)), help);
        return None;
    }
    if name.is_some() && ObjectRule::NAMELESS.contains(&kind) {
        reader.mistake_at(text.at.clone(), format!("{} takes no name", quoted(kind)), Some(format!("write {kind:?} alone")));
        return None;
    }
    let name = match name.map(ObjectPattern::read).transpose() {
        Ok(name) => name,
        Err(message) => {
            reader.mistake_at(text.at.clone(), message, None);
            return None;
        }
    };
    Some(ObjectRule { kind: kind.to_owned(), name, keep, at: text.at.clone(), layer: 0, preset: false })
}

/// `[foreign_keys]`: `unsatisfied = "not_valid"`.
pub(super) fn foreign_keys(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<Spanned<Unsatisfied>> {
    let mut policy = None;
    for (key, node) in entries(reader.table(key, node)?) {
        match key.get_ref().as_ref() {
            "unsatisfied" => policy = reader.choice(key, node, UNSATISFIED),
            _ => reader.unknown(key, FOREIGN_KEYS, None),
        }
    }
    policy
}

/// `[large_objects]`: `data = "drop"`.
pub(super) fn large_objects(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<LargeObjectData> {
    let mut data = None;
    for (key, node) in entries(reader.table(key, node)?) {
        match key.get_ref().as_ref() {
            "data" => data = reader.choice(key, node, LARGE_OBJECT_DATA).map(|found| found.value),
            _ => reader.unknown(key, LARGE_OBJECT_KEYS, None),
        }
    }
    data
}

fn strings(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>, expected: &'static str) -> Vec<Spanned<String>> {
    let Some(items) = node.get_ref().as_array() else {
        reader.wrong_type(key, node, "an array of strings");
        return Vec::new();
    };
    items.iter().filter_map(|item| reader.string(key, item, expected)).collect()
}
