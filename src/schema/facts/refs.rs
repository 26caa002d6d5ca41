//! What an expression, a query or any other part of a statement names: relations, types, functions.

use serde_json::Value;

use super::Reader;
use super::tree::Tree;
use crate::name::{Name, RelationName};
use crate::schema::object::{Kind, Need, Object};

impl Reader<'_> {
    /// Everything that a part of a statement names.
    pub(super) fn references(&self, tree: Tree<'_>) -> Vec<Need> {
        let mut walk = Walk { reader: self, found: Vec::new(), local: Vec::new() };
        walk.common_tables(tree.0);
        walk.walk(tree.0);
        walk.found
    }

    /// The relation that a text names, as in `'public.s'::regclass`.
    pub(super) fn relation_in(&self, text: &str) -> Option<RelationName> {
        self.qualified(&parts(text))
    }
}

/// The parts of a name as it is written: `public."a.b"`.
fn parts(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut stored = String::new();
                let mut chars = quoted.char_indices().peekable();
                let mut end = quoted.len();
                while let Some((at, c)) = chars.next() {
                    if c != '"' {
                        stored.push(c);
                    } else if chars.next_if(|(_, next)| *next == '"').is_some() {
                        stored.push('"');
                    } else {
                        end = at + 1;
                        break;
                    }
                }
                (Name::new(stored), quoted.get(end..).unwrap_or(""))
            }
            None => {
                let end = rest.find(['.', '(']).unwrap_or(rest.len());
                (Name::folded(rest.get(..end).unwrap_or("").trim()), rest.get(end..).unwrap_or(""))
            }
        };
        names.push(name);
        match after.trim_start().strip_prefix('.') {
            Some(next) => rest = next,
            None => break,
        }
    }
    names
}

struct Walk<'a> {
    reader: &'a Reader<'a>,
    found: Vec<Need>,
    /// Names that WITH gives to queries.
    local: Vec<Name>,
}

impl Walk<'_> {
    /// Names of common table expressions are no relations.
    fn common_tables(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(name) = fields.get("ctename").and_then(Value::as_str) {
                    self.local.push(self.reader.source.name(name));
                }
                fields.values().for_each(|field| self.common_tables(field));
            }
            Value::Array(items) => items.iter().for_each(|item| self.common_tables(item)),
            _ => {}
        }
    }

    /// What a node names by itself. Apart from the walk, so that a deep tree takes little of the stack.
    #[inline(never)]
    fn node(&mut self, value: &Value) {
        let has = |key: &str| value.get(key).is_some();
        let tree = Tree(value);
        if has("relname") && has("schemaname") {
            self.relation(tree);
        } else if has("names") && has("array_bounds") {
            self.data_type(tree);
        } else if has("funcname") && has("agg_within_group") {
            self.call(tree);
        } else if has("objname") && has("objargs") {
            self.routine(tree);
        } else if has("arg") && has("type_name") {
            self.cast(tree);
        } else if has("lexpr") && has("rexpr") {
            self.operator(tree.get("name"));
        } else if has("oper_name") {
            self.operator(tree.get("oper_name"));
        } else if has("use_op") {
            self.operator(tree.get("use_op"));
        } else if has("collname") {
            self.collation(tree.get("collname"));
        } else if has("collation") && has("opclass") {
            self.collation(tree.get("collation"));
        }
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                self.node(value);
                fields.values().for_each(|field| self.walk(field));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    fn relation(&mut self, tree: Tree<'_>) {
        let Some(name) = self.reader.range_var(tree) else { return };
        let written_alone = tree.text("schemaname").is_none_or(str::is_empty);
        if !(written_alone && self.local.contains(&name.name)) {
            self.found.push(Need::Object(Object::Relation(name)));
        }
    }

    fn data_type(&mut self, tree: Tree<'_>) {
        // `t.c%TYPE` names a relation and its column.
        let parts = self.reader.names(tree.get("names"));
        if tree.flag("pct_type") {
            let relation = parts.split_last().and_then(|(_, relation)| self.reader.qualified(relation));
            self.found.extend(relation.map(|name| Need::Object(Object::Relation(name))));
        } else if let Some(name) = self.reader.qualified(&parts).filter(|name| name.schema.as_str() != "pg_catalog") {
            self.found.push(Need::Object(Object::Type(name)));
        }
    }

    fn call(&mut self, tree: Tree<'_>) {
        let Some(name) = self.reader.qualified(&self.reader.names(tree.get("funcname"))) else { return };
        let spread = tree.flag("func_variadic") || tree.flag("agg_star");
        self.found.push(Need::Routine(name, (!spread).then(|| tree.get("args").items().count())));
        // Before PostgreSQL 8.1 nextval took a text; what it names is a relation all the same.
        if let (Some(first), Some("nextval" | "currval" | "setval")) = (tree.get("args").items().next(), self.last_word(tree)) {
            let named = first.string().and_then(|text| self.reader.relation_in(text));
            self.found.extend(named.map(|name| Need::Object(Object::Relation(name))));
        }
    }

    fn last_word<'t>(&self, tree: Tree<'t>) -> Option<&'t str> {
        tree.get("funcname").items().last().and_then(Tree::string)
    }

    /// The name of an operator. Without a schema it is one of PostgreSQL's own, in what pg_dump writes.
    fn operator(&mut self, name: Tree<'_>) {
        self.found.extend(self.reader.own(name).map(|name| Need::Routine(name, None)));
    }

    fn collation(&mut self, name: Tree<'_>) {
        self.found.extend(self.reader.own(name).map(|name| Need::Object(Object::Within(Kind::Collation, name))));
    }

    fn routine(&mut self, tree: Tree<'_>) {
        if let Some(name) = self.reader.qualified(&self.reader.names(tree.get("objname"))) {
            let arguments = (!tree.flag("args_unspecified")).then(|| tree.get("objargs").items().count());
            self.found.push(Need::Routine(name, arguments));
        }
    }

    /// `'public.t'::regclass` and its like depend on what they name.
    fn cast(&mut self, tree: Tree<'_>) {
        let names = self.reader.names(tree.get("type_name").get("names"));
        let (Some(text), Some(kind)) = (tree.get("arg").string(), names.last()) else { return };
        let Some(name) = self.reader.relation_in(text) else { return };
        match kind.as_str() {
            "regclass" => self.found.push(Need::Object(Object::Relation(name))),
            "regtype" => self.found.push(Need::Object(Object::Type(name))),
            "regcollation" => self.found.push(Need::Object(Object::Within(Kind::Collation, name))),
            "regconfig" => self.found.push(Need::Object(Object::Within(Kind::TextSearchConfiguration, name))),
            "regdictionary" => self.found.push(Need::Object(Object::Within(Kind::TextSearchDictionary, name))),
            "regproc" | "regprocedure" | "regoper" | "regoperator" => self.found.push(Need::Routine(name, None)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_texts() {
        let read = |text: &str| parts(text).iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(read("public.S"), ["public", "s"]);
        assert_eq!(read("\"a.b\".\"x\"\"y\""), ["a.b", "x\"y"]);
        assert_eq!(read(" f (integer)"), ["f"]);
        assert_eq!(read("\"open"), ["open"]);
        assert_eq!(read(""), [""; 0]);
    }
}
