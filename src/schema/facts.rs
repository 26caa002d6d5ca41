//! Statement → what it creates, speaks of and needs: the ground on which objects are left out with what hangs on them.
//!
//! The parser's tree is walked as a tree of JSON, since every node of it must be visited, also those that we know
//! nothing of: a name that is overlooked is a dump that does not restore.

mod about;
mod alter;
mod create;
mod method;
mod refs;
mod tree;

use pg_query::NodeEnum;
use serde_json::Value;

use super::ddl::DdlError;
use super::object::{Aspect, Facts, Kind, Need, Object};
use super::parse::{Source, parse};
use crate::name::{Name, RelationName};
use tree::Tree;

/// Reads what a statement creates, speaks of and needs. `sql` is decoded to Unicode; `search_path` is the schema of names
/// without one (`public` if `None`). Several statements in one text give their facts in order.
///
/// # Errors
/// Where it is not SQL as PostgreSQL 18 reads it.
pub fn facts(sql: &str, search_path: Option<&Name>) -> Result<Vec<Facts>, DdlError> {
    let (statements, source) = parse(sql)?;
    let reader = Reader { source: &source, search_path: search_path.cloned().unwrap_or_else(|| Name::new("public")) };
    Ok(statements.iter().map(|statement| reader.statement(statement)).collect())
}

/// What it takes to turn the tree's names into ours.
struct Reader<'a> {
    source: &'a Source<'a>,
    search_path: Name,
}

impl Facts {
    fn new(kind: Kind, aspect: Aspect) -> Facts {
        Facts {
            kind,
            aspect,
            about: Vec::new(),
            needs: Vec::new(),
            links: Vec::new(),
            parts: Vec::new(),
            body: None,
            setting: None,
            behind_data: false,
        }
    }

    fn about(mut self, objects: impl IntoIterator<Item = Object>) -> Facts {
        self.about.extend(objects);
        self
    }

    fn needs(mut self, needs: impl IntoIterator<Item = Need>) -> Facts {
        self.needs.extend(needs);
        self
    }

    fn link(mut self, dependent: Object, on: Object) -> Facts {
        self.links.push((dependent, on));
        self
    }
}

impl Reader<'_> {
    fn statement(&self, statement: &NodeEnum) -> Facts {
        // The tree holds nothing that JSON could not, and serialising it into a value cannot fail otherwise.
        let json = serde_json::to_value(statement).unwrap_or(Value::Null);
        let (verb, tree) = Tree(&json).variant();
        let mut facts = self.create(verb, tree).or_else(|| self.alter(verb, tree)).or_else(|| self.say(verb, tree)).unwrap_or_else(|| {
            // Whatever else it is, it goes with what it names.
            Facts::new(Kind::Other, Aspect::Part).needs(self.references(tree))
        });
        self.unreadable(&mut facts);
        let Facts { about, needs, .. } = &mut facts;
        needs.retain(|need| !matches!(need, Need::Object(object) if about.contains(object)));
        needs.sort();
        needs.dedup();
        facts
    }

    /// Expressions that the parser could not take stand in the tree as a `1`: their names are taken from their tokens.
    fn unreadable(&self, facts: &mut Facts) {
        for (schema, name) in self.source.unreadable_pairs() {
            let name = RelationName::within(schema, name);
            facts.needs.push(Need::Object(Object::Relation(name.clone())));
            facts.needs.push(Need::Object(Object::Type(name)));
        }
    }

    /// A name of one or two parts; the last two of more.
    fn qualified(&self, parts: &[Name]) -> Option<RelationName> {
        let (name, before) = parts.split_last()?;
        Some(RelationName::within(before.last().unwrap_or(&self.search_path).clone(), name.clone()))
    }

    /// A `RangeVar`.
    fn range_var(&self, tree: Tree<'_>) -> Option<RelationName> {
        let schema = tree.text("schemaname");
        let name = self.source.name(tree.text("relname").filter(|name| !name.is_empty())?);
        let schema = schema.filter(|schema| !schema.is_empty()).map_or_else(|| self.search_path.clone(), |schema| self.source.name(schema));
        Some(RelationName::within(schema, name))
    }

    /// The strings of a list of nodes.
    fn names(&self, list: Tree<'_>) -> Vec<Name> {
        list.items().filter_map(|item| item.string()).map(|text| self.source.name(text)).collect()
    }

    /// The name of a `TypeName`. Built-in types of the grammar have `pg_catalog` before them.
    fn type_name(&self, tree: Tree<'_>) -> Option<RelationName> {
        self.qualified(&self.names(tree.get("names")))
    }

    /// A type as one text, its modifiers apart: equal for equal types.
    fn type_text(&self, tree: Tree<'_>) -> String {
        let name = match self.names(tree.get("names")).as_slice() {
            [schema, name] if schema.as_str() == "pg_catalog" => name.to_string(),
            [name] => name.to_string(),
            parts => self.qualified(parts).map_or_else(String::new, |name| name.to_string()),
        };
        format!("{name}{}", "[]".repeat(tree.get("array_bounds").items().count()))
    }
}

#[cfg(test)]
mod tests;
