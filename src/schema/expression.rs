//! What an expression reads. Expressions are not evaluated here.

use pg_query::NodeEnum;
use pg_query::protobuf::Node;
use serde_json::Value;

use super::catalogue::KeyMember;
use super::ddl::string;
use crate::name::Name;

/// The columns that an expression reads, each once. The tree is walked in its generic form, so that no kind of node can
/// be forgotten.
pub(super) fn columns(node: &Node) -> Vec<Name> {
    let mut found = Vec::new();
    if let Ok(tree) = serde_json::to_value(node) {
        walk(&tree, &mut found);
    }
    found
}

fn walk(tree: &Value, found: &mut Vec<Name>) {
    match tree {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == "ColumnRef" || key == "column_ref" {
                    note(value, found);
                }
                walk(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Notes every name of a column reference: `a`, `t.a`, `(a).b` — one too many does no harm.
fn note(reference: &Value, found: &mut Vec<Name>) {
    match reference {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if key == "sval" => {
                        let name = Name::new(name.as_str());
                        if !found.contains(&name) {
                            found.push(name);
                        }
                    }
                    value => note(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| note(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A member of an index: the column itself, its lower- or upper-case form, or another expression.
pub(super) fn member(node: &Node) -> KeyMember {
    match folded(node, 8) {
        Some((column, true)) => KeyMember::Folded(column),
        Some((column, false)) => KeyMember::Column(column),
        None => KeyMember::Expression(columns(node)),
    }
}

/// A column inside at most `depth` calls of lower(), upper() and casts to text types; and whether there was a call.
fn folded(node: &Node, depth: usize) -> Option<(Name, bool)> {
    let depth = depth.checked_sub(1)?;
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => match &reference.fields[..] {
            [one] => Some((Name::new(string(one)?), false)),
            _ => None,
        },
        NodeEnum::FuncCall(call) => {
            let name = string(call.funcname.last()?)?;
            let [argument] = &call.args[..] else { return None };
            matches!(name, "lower" | "upper").then(|| folded(argument, depth))?.map(|(column, _)| (column, true))
        }
        NodeEnum::TypeCast(cast) => {
            let name = cast.type_name.as_ref()?;
            let plain = name.typmods.is_empty() && matches!(string(name.names.last()?)?, "text" | "varchar");
            plain.then(|| folded(cast.arg.as_ref()?, depth))?
        }
        _ => None,
    }
}
