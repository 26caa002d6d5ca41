//! `[subset]`: with which rows a subset begins, and which rows come along.

use toml::de::{DeTable, DeValue};

use super::pattern::TableName;
use super::reader::{Key, Node, Reader, entries, quoted};
use super::{Pattern, Spanned, rows};
use crate::error::At;
use crate::name::RelationName;

const SUBSET_KEYS: &[&str] = &["root", "where", "limit", "children", "except", "whole", "others"];
const CHILD_KEYS: &[&str] = &["table", "limit"];
const OTHERS: &[(&str, Others)] = &[("keep", Others::Keep), ("skip", Others::Skip)];

/// `[subset]`, or one of several `[[subset]]`.
#[derive(Clone, Debug)]
pub struct SubsetRule {
    /// The table in which it begins: an exact name.
    pub root: TablePattern,
    /// `where`: the condition of the rows that it begins with; all, where there is none.
    pub rows: Option<Spanned<String>>,
    /// `limit`: with how many of them it begins at most.
    pub limit: Option<Spanned<u64>>,
    /// Tables whose rows come along with the rows that they point at.
    pub children: Children,
    /// Tables of which none comes along.
    pub except: Vec<TablePattern>,
    /// Tables all of whose rows stay.
    pub whole: Vec<TablePattern>,
    /// What becomes of tables that no foreign key joins with the subset.
    pub others: Option<Spanned<Others>>,
    /// Where it stands.
    pub at: At,
}

/// Tables whose rows come along with the rows that they point at.
#[derive(Clone, Debug)]
pub enum Children {
    /// These; none, where there are none.
    These(Vec<ChildRule>),
    /// All.
    Every,
}

/// A table whose rows come along.
#[derive(Clone, Debug)]
pub struct ChildRule {
    /// The table, or a glob.
    pub table: TablePattern,
    /// How many of its rows come along at most.
    pub limit: Option<u64>,
}

/// A table's name with its schema, or a glob.
#[derive(Clone, Debug)]
pub struct TablePattern {
    /// The database, where one is named.
    pub database: Option<Pattern>,
    /// It names another database than the one at hand, and means nothing there ([`Rules::within`](super::Rules::within)).
    pub elsewhere: bool,
    /// The schema; `public` where none is written.
    pub schema: Pattern,
    /// The table.
    pub name: Pattern,
    /// As written, and where.
    pub written: Spanned<String>,
}

/// What becomes of tables that no foreign key joins with the subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Their rows pass, all of them.
    Keep,
    /// Their rows are left out.
    Skip,
}

impl TablePattern {
    pub(super) fn new(name: TableName, written: Spanned<String>) -> TablePattern {
        let TableName { database, schema, name } = name;
        TablePattern { database, elsewhere: false, schema, name, written }
    }

    /// Whether a relation of the database at hand is meant.
    pub fn matches(&self, relation: &RelationName) -> bool {
        !self.elsewhere && self.name.matches(relation.name.as_str()) && self.schema.matches(relation.schema.as_str())
    }

    /// Whether schema and table are both exact names.
    pub fn is_exact(&self) -> bool {
        self.schema.is_exact() && self.name.is_exact()
    }
}

/// `[subset]`, or `[[subset]]` for several roots.
pub(super) fn read(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<SubsetRule> {
    match node.get_ref() {
        DeValue::Table(table) => one(reader, key, node, table).into_iter().collect(),
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()) => {
            items.iter().filter_map(|item| one(reader, key, item, item.get_ref().as_table()?)).collect()
        }
        _ => {
            reader.wrong_type(key, node, "a table or an array of tables");
            Vec::new()
        }
    }
}

fn one(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>, table: &DeTable<'_>) -> Option<SubsetRule> {
    let (mut root, mut condition, mut limit, mut others) = (None, None, None, None);
    let (mut children, mut except, mut whole) = (Children::These(Vec::new()), Vec::new(), Vec::new());
    for (inner, node) in entries(table) {
        match inner.get_ref().as_ref() {
            "root" => root = root_table(reader, inner, node),
            "where" => condition = reader.string(inner, node, "a condition such as \"id in (3, 7)\""),
            "limit" => limit = rows::limit(reader, inner, node),
            "children" => children = read_children(reader, inner, node),
            "except" => except = tables(reader, inner, node),
            "whole" => whole = tables(reader, inner, node),
            "others" => others = reader.choice(inner, node, OTHERS),
            _ => reader.unknown(inner, SUBSET_KEYS, None),
        }
    }
    if !table.contains_key("root") {
        let message = format!("{}: \"root\" is missing, expected the table in which it begins", quoted(key.get_ref()));
        reader.mistake(key.span(), message, Some("for example root = \"organizations\"".into()));
    }
    let at = reader.at(if table.is_empty() { key.span().start } else { node.span().start });
    Some(SubsetRule { root: root?, rows: condition, limit, children, except, whole, others, at })
}

fn root_table(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<TablePattern> {
    let root = table(reader, key, node)?;
    if !root.is_exact() {
        reader.mistake(
            node.span(),
            format!("{}: a subset begins in one table, expected its name", quoted(key.get_ref())),
            Some("write [[subset]] several times for several tables".into()),
        );
        return None;
    }
    Some(root)
}

fn table(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<TablePattern> {
    let written = reader.string(key, node, "the name of a table")?;
    match Pattern::table(&written.value) {
        Ok(TableName { database: Some(_), .. }) => {
            let help = Some("leave out the database's name: a subset is of one database".into());
            reader.mistake(node.span(), format!("{} names a database, expected table or schema.table", quoted(&written.value)), help);
            None
        }
        Ok(name) => Some(TablePattern::new(name, written)),
        Err(message) => {
            reader.mistake(node.span(), message, None);
            None
        }
    }
}

fn tables(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Vec<TablePattern> {
    match node.get_ref().as_array() {
        Some(items) => items.iter().filter_map(|item| table(reader, key, item)).collect(),
        None => {
            reader.wrong_type(key, node, "an array of tables' names");
            Vec::new()
        }
    }
}

/// `true`, `"*"`, or an array of names and `{ table = "orders", limit = 100 }`.
fn read_children(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Children {
    match node.get_ref() {
        DeValue::Boolean(true) => Children::Every,
        DeValue::Boolean(false) => Children::These(Vec::new()),
        DeValue::String(text) if text == "*" => Children::Every,
        DeValue::Array(items) => Children::These(items.iter().filter_map(|item| child(reader, key, item)).collect()),
        _ => {
            reader.wrong_type(key, node, "true, \"*\" or an array of tables");
            Children::These(Vec::new())
        }
    }
}

fn child(reader: &mut Reader<'_>, key: &Key<'_>, node: &Node<'_>) -> Option<ChildRule> {
    let Some(entry) = node.get_ref().as_table() else { return Some(ChildRule { table: table(reader, key, node)?, limit: None }) };
    let (mut name, mut limit) = (None, None);
    for (inner, node) in entries(entry) {
        match inner.get_ref().as_ref() {
            "table" => name = table(reader, inner, node),
            "limit" => limit = rows::limit(reader, inner, node),
            _ => reader.unknown(inner, CHILD_KEYS, None),
        }
    }
    if !entry.contains_key("table") {
        let message = format!("{}: \"table\" is missing, expected {{ table = \"orders\", limit = 100 }}", quoted(key.get_ref()));
        reader.mistake(node.span(), message, None);
    }
    Some(ChildRule { table: name?, limit: limit.map(|limit| limit.value) })
}
