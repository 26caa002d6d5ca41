//! What an expression reads, and whether a key's member is more than a column. Values in expressions are not kept.

use pg_query::NodeEnum;
use pg_query::protobuf::{FuncCall, IndexElem, Node, TypeName};
use serde_json::Value;

use super::catalogue::{Column, KeyMember};
use super::ddl::Context;
use crate::name::Name;

/// The columns that an expression reads, in order, each once; all of `columns` where it reads the whole row.
pub(super) fn columns_read(cx: &Context<'_>, columns: &[Column], expression: &Node) -> Vec<Name> {
    let mut read = Vec::new();
    // pg_query's own walker leaves out kinds of nodes (arrays, CASE, COLLATE); its serializer leaves out none.
    if let Ok(tree) = serde_json::to_value(expression) {
        walk(cx, columns, &tree, &mut read);
    }
    read
}

/// As [`columns_read`], without what stands as `column IS NULL` or `column IS NOT NULL`.
pub(super) fn values_read(cx: &Context<'_>, columns: &[Column], expression: &Node) -> Vec<Name> {
    let mut read = Vec::new();
    if let Ok(mut tree) = serde_json::to_value(expression) {
        forget_null_tests(&mut tree);
        walk(cx, columns, &tree, &mut read);
    }
    read
}

/// Takes tests of a bare column for NULL out of a tree.
fn forget_null_tests(tree: &mut Value) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(forget_null_tests),
        Value::Object(members) => {
            for (key, member) in members {
                let field = member.pointer("/arg/node/ColumnRef/fields").and_then(Value::as_array).and_then(|fields| fields.last());
                let of_column = field.is_some_and(|field| field.pointer("/node/String").is_some());
                if key == "NullTest" && of_column {
                    *member = Value::Null;
                } else {
                    forget_null_tests(member);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Descends at most as deep as the tree was decoded, some hundreds of levels.
fn walk(cx: &Context<'_>, columns: &[Column], tree: &Value, read: &mut Vec<Name>) {
    match tree {
        Value::Array(items) => items.iter().for_each(|item| walk(cx, columns, item, read)),
        Value::Object(members) => {
            for (key, member) in members {
                if key == "ColumnRef" {
                    note_reference(cx, columns, member, read);
                } else {
                    walk(cx, columns, member, read);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Notes the column of `a`, `t.a`; of `t.*` all columns.
fn note_reference(cx: &Context<'_>, columns: &[Column], reference: &Value, read: &mut Vec<Name>) {
    let last = reference.get("fields").and_then(Value::as_array).and_then(|fields| fields.last());
    let field = last.and_then(|field| field.pointer("/node/String/sval")).and_then(Value::as_str);
    let found = match field {
        Some(name) => vec![cx.source.name(name)],
        None => columns.iter().map(|column| column.name.clone()).collect(),
    };
    for name in found {
        if !read.contains(&name) {
            read.push(name);
        }
    }
}

/// A member of a unique key.
pub(super) fn key_member(cx: &Context<'_>, columns: &[Column], member: &IndexElem) -> KeyMember {
    let Some(expression) = &member.expr else {
        let name = cx.source.name(&member.name);
        return if keeps_bytes_apart(cx, &member.collation) { KeyMember::Column(name) } else { KeyMember::Expression(vec![name]) };
    };
    let folded = folded_column(cx, expression).filter(|_| keeps_bytes_apart(cx, &member.collation));
    folded.map_or_else(|| KeyMember::Expression(columns_read(cx, columns, expression)), KeyMember::Folded)
}

/// Whether a collation tells apart what differs in its bytes. Those of pg_catalog do; one that the dump defines may not.
fn keeps_bytes_apart(cx: &Context<'_>, collation: &[Node]) -> bool {
    match cx.strings(collation).as_slice() {
        [] => true,
        [name] => matches!(name.as_str(), "C" | "POSIX" | "default" | "ucs_basic" | "pg_c_utf8"),
        [schema, ..] => schema.as_str() == "pg_catalog",
    }
}

/// The column of lower(column) and upper(column), of a cast of it to a text type, and of both together.
fn folded_column(cx: &Context<'_>, expression: &Node) -> Option<Name> {
    match expression.node.as_ref()? {
        NodeEnum::FuncCall(call) => folding_argument(call).and_then(|argument| bare_column(cx, argument)),
        NodeEnum::TypeCast(cast) if is_text(cast.type_name.as_ref()) => {
            folded_column(cx, cast.arg.as_deref()?).or_else(|| bare_column(cx, expression))
        }
        _ => None,
    }
}

/// The argument of lower(…) or upper(…).
fn folding_argument(call: &FuncCall) -> Option<&Node> {
    let parts: Vec<&str> = call
        .funcname
        .iter()
        .map(|part| match &part.node {
            Some(NodeEnum::String(text)) => text.sval.as_str(),
            _ => "",
        })
        .collect();
    match (parts.as_slice(), call.args.as_slice()) {
        (["lower" | "upper"] | ["pg_catalog", "lower" | "upper"], [argument]) => Some(argument),
        _ => None,
    }
}

/// A column, maybe with casts between text types around it.
fn bare_column(cx: &Context<'_>, expression: &Node) -> Option<Name> {
    match expression.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => reference.fields.last().and_then(|field| cx.string(field)),
        NodeEnum::TypeCast(cast) if is_text(cast.type_name.as_ref()) => bare_column(cx, cast.arg.as_deref()?),
        _ => None,
    }
}

fn is_text(tree: Option<&TypeName>) -> bool {
    let Some(tree) = tree else { return false };
    let Some(NodeEnum::String(name)) = tree.names.last().and_then(|node| node.node.as_ref()) else { return false };
    // A length would cut the value: char(n) and varchar(n) are not the same value any more.
    tree.array_bounds.is_empty() && tree.typmods.is_empty() && matches!(name.sval.as_str(), "text" | "varchar" | "citext")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::RelationName;
    use crate::schema::catalogue::ConstraintKind;
    use crate::schema::ddl::tests::catalogue_of;

    fn member(sql: &str) -> KeyMember {
        let index = format!("CREATE UNIQUE INDEX i ON public.t USING btree ({sql})");
        let catalogue = catalogue_of(&["CREATE TABLE public.t (email text, last_name text)", &index]);
        let table = catalogue.relations.get(&RelationName::new("public", "t")).expect("created");
        table.unique_keys().next().and_then(|key| key.members.first()).expect("one member").clone()
    }

    fn names(of: &[&str]) -> Vec<Name> {
        of.iter().map(|name| Name::new(*name)).collect()
    }

    #[test]
    fn members_are_told_apart() {
        let email = || Name::new("email");
        assert_eq!(member("email varchar_pattern_ops DESC NULLS LAST"), KeyMember::Column(email()));
        assert_eq!(member("email COLLATE \"C\""), KeyMember::Column(email()));
        assert_eq!(member("email COLLATE public.nocase"), KeyMember::Expression(vec![email()]));
        for folded in ["lower(email)", "upper((email)::text)", "((email)::text)", "(lower(email)::text)", "pg_catalog.lower(email)"] {
            assert_eq!(member(folded), KeyMember::Folded(email()), "{folded}");
        }
        assert_eq!(member("lower(email::varchar(3))"), KeyMember::Expression(vec![email()]));
        assert_eq!(member("lower(TRIM(BOTH FROM email))"), KeyMember::Expression(vec![email()]));
        assert_eq!(member("((email || last_name))"), KeyMember::Expression(names(&["email", "last_name"])));
        assert_eq!(member("((now() IS NULL))"), KeyMember::Expression(Vec::new()));
    }

    #[test]
    fn an_unreadable_member_names_what_it_may_read() {
        let deep = format!("(({}))", vec!["email"; 200].join(" || "));
        assert_eq!(member(&deep), KeyMember::Expression(names(&["email"])));
        assert_eq!(member(&format!("f(last_name, {deep})")), KeyMember::Expression(names(&["last_name", "email"])));
    }

    #[test]
    fn checks_read_everywhere() {
        let catalogue = catalogue_of(&["CREATE TABLE t (a int, b text, c text[], d int, e text, \
            CHECK ((CASE WHEN (a > 1) THEN b ELSE (e COLLATE \"C\") END = ANY (ARRAY['x'::text, c[d]]))), CHECK ((t.* IS NOT NULL)))"]);
        let table = catalogue.relations.get(&RelationName::new("public", "t")).expect("created");
        for constraint in &table.constraints {
            let ConstraintKind::Check { columns, readable, .. } = &constraint.kind else { panic!("a check") };
            let mut columns = columns.clone();
            columns.sort();
            assert_eq!((columns, *readable), (names(&["a", "b", "c", "d", "e"]), true));
        }
        assert_eq!(table.constraints.len(), 2);
    }
}
