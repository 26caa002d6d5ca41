//! A type as the parser has it → a type as the catalogue has it. Domains are not looked through here.

use pg_query::NodeEnum;
use pg_query::protobuf::{AConst, Node, TypeName, a_const::Val};

use super::catalogue::{Catalogue, DataType};
use super::ddl::Context;
use crate::name::{Name, RelationName};

/// The types of pg_catalog that a column can have and whose names stand for themselves, sorted.
/// (src/include/catalog/pg_type.dat; the information schema's domains are not among them.)
const BUILT_IN: &[&str] = &[
    "aclitem",
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "gtsvector",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_node_tree",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

/// The schema of built-in types.
const PG_CATALOG: &str = "pg_catalog";

/// The serial types, which are no types: the integer, NOT NULL, and a DEFAULT. (`transformColumnDefinition` in
/// src/backend/parser/parse_utilcmd.c.)
const SERIAL: &[(&str, &str)] =
    &[("smallserial", "int2"), ("serial2", "int2"), ("serial", "int4"), ("serial4", "int4"), ("bigserial", "int8"), ("serial8", "int8")];

/// "All fields" among interval's modifiers (`INTERVAL_FULL_RANGE` in src/include/utils/timestamp.h).
const INTERVAL_FULL_RANGE: i32 = 0x7FFF;

/// Interval's field masks (`INTERVAL_MASK` in src/include/utils/timestamp.h; the bit numbers are those of datetime.h).
const INTERVAL_FIELDS: &[(i32, &str)] =
    &[(1 << 2, "year"), (1 << 1, "month"), (1 << 3, "day"), (1 << 10, "hour"), (1 << 11, "minute"), (1 << 12, "second")];

/// Reads a type.
pub(super) fn data_type(cx: &Context<'_>, catalogue: &Catalogue, tree: &TypeName) -> DataType {
    let parts: Vec<Name> = tree.names.iter().filter_map(|node| cx.string(node)).collect();
    let (schema, name) = match parts.as_slice() {
        [] => (Name::new(PG_CATALOG), Name::new("unknown")),
        [name] => (schema_of(cx, catalogue, name), serial_base(name.as_str()).map_or_else(|| name.clone(), Name::new)),
        [.., schema, name] => (schema.clone(), name.clone()),
    };
    let array = !tree.array_bounds.is_empty();
    let given: Vec<Modifier> = tree.typmods.iter().filter_map(|node| modifier(cx, node)).collect();
    let built_in = schema.as_str() == PG_CATALOG;
    let interval = built_in && name.as_str() == "interval";
    let (fields, given) = if interval { interval_fields(&given) } else { (String::new(), given.as_slice()) };
    let modifiers =
        given.iter().filter_map(|modifier| if let Modifier::Number(number) = modifier { Some(*number) } else { None }).collect();
    let mut written = if built_in { written_built_in(&name, given) } else { None }.unwrap_or_else(|| {
        let full = RelationName::within(schema.clone(), name.clone());
        let own = if built_in { name.to_string() } else { full.to_string() };
        format!("{own}{fields}{}", in_parentheses(given))
    });
    if array {
        written.push_str("[]");
    }
    DataType { schema, name, modifiers, array, written }
}

/// Whether the type is written as one of the serial types.
pub(super) fn is_serial(tree: &TypeName) -> bool {
    match tree.names.as_slice() {
        [Node { node: Some(NodeEnum::String(only)) }] => serial_base(&only.sval).is_some(),
        _ => false,
    }
}

fn serial_base(name: &str) -> Option<&'static str> {
    SERIAL.iter().find(|(serial, _)| *serial == name).map(|(_, base)| *base)
}

/// The schema of a type that is named without one. Dumps of servers before 10.3 set a search_path in which the
/// schema at hand comes before pg_catalog.
fn schema_of(cx: &Context<'_>, catalogue: &Catalogue, name: &Name) -> Name {
    let here = RelationName::within(cx.search_path.clone(), name.clone());
    let known_here = catalogue.types.contains_key(&here);
    let built_in = BUILT_IN.binary_search(&name.as_str()).is_ok() || serial_base(name.as_str()).is_some();
    if built_in && !known_here { Name::new(PG_CATALOG) } else { here.schema }
}

/// A modifier of a type.
enum Modifier {
    Number(i32),
    /// A word or a string, as SQL writes it: the `Point` of geometry(Point,4326).
    Word(String),
}

fn modifier(cx: &Context<'_>, node: &Node) -> Option<Modifier> {
    match node.node.as_ref()? {
        NodeEnum::AConst(AConst { val: Some(Val::Ival(number)), .. }) => Some(Modifier::Number(number.ival)),
        NodeEnum::AConst(AConst { val: Some(Val::Sval(text)), .. }) => Some(Modifier::Word(format!("'{}'", text.sval.replace('\'', "''")))),
        NodeEnum::AConst(AConst { val: Some(Val::Fval(number)), .. }) => Some(Modifier::Word(number.fval.clone())),
        NodeEnum::ColumnRef(word) => word.fields.last().and_then(|field| cx.string(field)).map(|name| Modifier::Word(name.to_string())),
        _ => None,
    }
}

/// Splits interval's modifiers: the fields as SQL writes them (` day to second`), and the precision.
fn interval_fields(given: &[Modifier]) -> (String, &[Modifier]) {
    let Some((Modifier::Number(mask), precision)) = given.split_first() else { return (String::new(), given) };
    if *mask == INTERVAL_FULL_RANGE {
        return (String::new(), precision);
    }
    let mut fields = INTERVAL_FIELDS.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, field)| *field);
    match (fields.next(), fields.next_back()) {
        (Some(first), Some(last)) => (format!(" {first} to {last}"), precision),
        (Some(only), None) => (format!(" {only}"), precision),
        (None, _) => (String::new(), precision),
    }
}

fn in_parentheses(given: &[Modifier]) -> String {
    if given.is_empty() {
        return String::new();
    }
    let written: Vec<String> = given
        .iter()
        .map(|modifier| match modifier {
            Modifier::Number(number) => number.to_string(),
            Modifier::Word(word) => word.clone(),
        })
        .collect();
    format!("({})", written.join(","))
}

/// Built-in types whose names SQL spells out (`format_type_extended` in src/backend/utils/adt/format_type.c).
fn written_built_in(name: &Name, given: &[Modifier]) -> Option<String> {
    let modifiers = in_parentheses(given);
    let plain = match name.as_str() {
        "bool" => "boolean",
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "varchar" => "character varying",
        "varbit" => "bit varying",
        "bpchar" if !given.is_empty() => "character",
        // The one-byte type, which is not character(1).
        "char" => "\"char\"",
        "time" => return Some(format!("time{modifiers} without time zone")),
        "timetz" => return Some(format!("time{modifiers} with time zone")),
        "timestamp" => return Some(format!("timestamp{modifiers} without time zone")),
        "timestamptz" => return Some(format!("timestamp{modifiers} with time zone")),
        _ => return None,
    };
    Some(format!("{plain}{modifiers}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ddl::tests::catalogue_of;

    fn read(sql: &str) -> DataType {
        let catalogue = catalogue_of(&["CREATE TYPE public.mood AS ENUM ('a')", &format!("CREATE TABLE t (c {sql})")]);
        let table = catalogue.relations.get(&RelationName::new("public", "t")).expect("created");
        table.columns.first().expect("one column").data_type.clone()
    }

    #[test]
    fn built_in_names_are_sorted() {
        assert!(BUILT_IN.is_sorted());
    }

    #[test]
    fn types_are_normalised() {
        let cases: &[(&str, &str, &str, &[i32], &str)] = &[
            ("varchar(40)", "pg_catalog", "varchar", &[40], "character varying(40)"),
            ("character varying", "pg_catalog", "varchar", &[], "character varying"),
            ("char(3)", "pg_catalog", "bpchar", &[3], "character(3)"),
            ("char", "pg_catalog", "bpchar", &[1], "character(1)"),
            ("bpchar", "pg_catalog", "bpchar", &[], "bpchar"),
            ("\"char\"", "pg_catalog", "char", &[], "\"char\""),
            ("decimal(10,2)", "pg_catalog", "numeric", &[10, 2], "numeric(10,2)"),
            ("numeric(5,-2)", "pg_catalog", "numeric", &[5, -2], "numeric(5,-2)"),
            ("int", "pg_catalog", "int4", &[], "integer"),
            ("int8", "pg_catalog", "int8", &[], "bigint"),
            ("timestamp(3) with time zone", "pg_catalog", "timestamptz", &[3], "timestamp(3) with time zone"),
            ("timestamp without time zone", "pg_catalog", "timestamp", &[], "timestamp without time zone"),
            ("interval", "pg_catalog", "interval", &[], "interval"),
            ("interval(3)", "pg_catalog", "interval", &[3], "interval(3)"),
            ("interval day to second(3)", "pg_catalog", "interval", &[3], "interval day to second(3)"),
            ("interval year", "pg_catalog", "interval", &[], "interval year"),
            ("interval year to month", "pg_catalog", "interval", &[], "interval year to month"),
            ("bit varying(5)", "pg_catalog", "varbit", &[5], "bit varying(5)"),
            ("bit(1)", "pg_catalog", "bit", &[1], "bit(1)"),
            ("double precision", "pg_catalog", "float8", &[], "double precision"),
            ("name", "pg_catalog", "name", &[], "name"),
            ("pg_catalog.text", "pg_catalog", "text", &[], "text"),
            ("public.mood", "public", "mood", &[], "public.mood"),
            ("mood", "public", "mood", &[], "public.mood"),
            ("public.geometry(Point,4326)", "public", "geometry", &[4326], "public.geometry(point,4326)"),
            ("crm.\"Odd Type\"", "crm", "Odd Type", &[], "crm.\"Odd Type\""),
            ("serial", "pg_catalog", "int4", &[], "integer"),
        ];
        for (sql, schema, name, modifiers, written) in cases {
            let found = read(sql);
            assert_eq!((found.schema.as_str(), found.name.as_str(), found.written.as_str()), (*schema, *name, *written), "{sql}");
            assert_eq!((found.modifiers.as_slice(), found.array), (*modifiers, false), "{sql}");
        }
    }

    #[test]
    fn arrays_are_marked() {
        for sql in ["text[]", "text[3][2]", "text ARRAY", "text ARRAY[4]"] {
            let found = read(sql);
            assert!(found.array && found.name.as_str() == "text" && found.written == "text[]", "{sql}");
        }
        assert_eq!(read("varchar(5)[]").written, "character varying(5)[]");
        assert_eq!(read("timestamp(0) with time zone[]").written, "timestamp(0) with time zone[]");
    }
}
