//! Declared types: PostgreSQL's internal names, modifiers, and how SQL writes them.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, a_const};

use super::catalogue::{Catalogue, DataType};
use super::ddl::string;
use crate::name::{Name, RelationName};

/// A declared type. What is not written with a schema is a type of the dump's own if there is one of that name in the
/// search path, and a built-in one otherwise (`typenameType` looks in pg_catalog first, but its names are reserved here
/// by the grammar already).
pub(super) fn data_type(name: &protobuf::TypeName, catalogue: &Catalogue, search_path: &Name) -> DataType {
    let parts: Vec<&str> = name.names.iter().filter_map(string).collect();
    let (schema, base) = match parts[..] {
        [.., schema, base] => (Name::new(schema), base),
        [base] => {
            let own = RelationName { schema: search_path.clone(), name: Name::new(base) };
            (if catalogue.types.contains_key(&own) { search_path.clone() } else { Name::new("pg_catalog") }, base)
        }
        [] => (Name::new("pg_catalog"), ""),
    };
    // serial is a notation for an integer with a default.
    let base = match base {
        "serial" | "serial4" => "int4",
        "bigserial" | "serial8" => "int8",
        "smallserial" | "serial2" => "int2",
        base => base,
    };
    let modifiers: Vec<i32> = name.typmods.iter().filter_map(integer).collect();
    let array = !name.array_bounds.is_empty() || (schema.as_str() == "pg_catalog" && base.len() > 1 && base.starts_with('_'));
    let written = written(&schema, base, &modifiers, array);
    DataType { schema, name: Name::new(base), modifiers, array, written }
}

fn integer(node: &Node) -> Option<i32> {
    match &node.node {
        Some(NodeEnum::AConst(found)) => match &found.val {
            Some(a_const::Val::Ival(number)) => Some(number.ival),
            _ => None,
        },
        Some(NodeEnum::Integer(number)) => Some(number.ival),
        _ => None,
    }
}

/// A type as SQL writes it (`format_type` in src/backend/utils/adt/format_type.c).
fn written(schema: &Name, base: &str, modifiers: &[i32], array: bool) -> String {
    let numbers = || modifiers.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
    let with = |name: &str| if modifiers.is_empty() { name.to_owned() } else { format!("{name}({})", numbers()) };
    let name = if schema.as_str() == "pg_catalog" {
        match base {
            "int2" => "smallint".into(),
            "int4" => "integer".into(),
            "int8" => "bigint".into(),
            "float4" => "real".into(),
            "float8" => "double precision".into(),
            "bool" => "boolean".into(),
            "varchar" => with("character varying"),
            "bpchar" => with("character"),
            "varbit" => with("bit varying"),
            "timestamp" => format!("{} without time zone", with("timestamp")),
            "timestamptz" => format!("{} with time zone", with("timestamp")),
            "time" => format!("{} without time zone", with("time")),
            "timetz" => format!("{} with time zone", with("time")),
            other => with(other),
        }
    } else {
        with(&RelationName { schema: schema.clone(), name: Name::new(base) }.to_string())
    };
    if array { format!("{name}[]") } else { name }
}
