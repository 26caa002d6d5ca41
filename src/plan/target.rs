//! A column of the catalogue → a column as masks see it.

use crate::encoding::Charset;
use crate::mask::fit::{Digits, Kind, Target};
use crate::schema::catalogue::{Catalogue, Column, DataType, TypeDefinition};

/// Composite types hold composite types; deeper than this they are types like any other.
const DEEPEST: usize = 8;

/// A column as masks see it.
pub fn target(catalogue: &Catalogue, charset: Charset, column: &Column) -> Target {
    let target = of_type(catalogue, charset, &column.data_type, DEEPEST);
    Target { not_null: column.not_null || target.not_null, default: column.default.clone(), ..target }
}

fn of_type(catalogue: &Catalogue, charset: Charset, data_type: &DataType, depth: usize) -> Target {
    let resolved = catalogue.base_type(data_type);
    let (schema, name) = (resolved.base.schema.as_str(), resolved.base.name.as_str());
    let modifier = resolved.base.modifiers.first().and_then(|n| u32::try_from(*n).ok());
    let max_chars = match name {
        _ if resolved.array => None,
        "varchar" | "bpchar" => modifier,
        // "char" and name are text with a limit in bytes.
        "name" => Some(63),
        "char" => Some(1),
        _ => None,
    };
    let kind = match resolved.definition {
        _ if resolved.array => Kind::Array(Box::new(element(catalogue, charset, resolved.base, depth))),
        Some(TypeDefinition::Enum(labels)) => Kind::Enum(labels.clone()),
        Some(TypeDefinition::Composite(fields)) if depth > 0 => {
            let field = |field: &Column| {
                let target = of_type(catalogue, charset, &field.data_type, depth - 1);
                (field.name.as_str().to_owned(), target)
            };
            Kind::Composite(fields.iter().map(field).collect())
        }
        _ => kind(schema, name, &resolved.base.modifiers, charset),
    };
    Target { kind, type_name: data_type.written.clone(), max_chars, not_null: resolved.not_null, default: None, charset }
}

/// What the elements of an array are.
fn element(catalogue: &Catalogue, charset: Charset, array: &DataType, depth: usize) -> Target {
    let written = array.written.split_once('[').map_or(array.written.as_str(), |(element, _)| element).trim_end();
    let element = DataType { array: false, written: written.to_owned(), ..array.clone() };
    // A domain over an array, in an array: nobody knows which of the two brackets was meant.
    if catalogue.base_type(&element).array || depth == 0 {
        return Target { kind: Kind::Other, type_name: written.to_owned(), max_chars: None, not_null: false, default: None, charset };
    }
    of_type(catalogue, charset, &element, depth - 1)
}

/// What values of a type look like, by its internal name.
fn kind(schema: &str, name: &str, modifiers: &[i32], charset: Charset) -> Kind {
    let range = |element: &str, multi| Kind::Range(Box::new(Target { charset, ..Target::of_sql(element) }), multi);
    match (schema, name) {
        // Types of extensions, wherever those were created.
        (_, "citext") => Kind::Text,
        (_, "hstore") => Kind::Hstore,
        (_, "geometry" | "geography") => Kind::Geo,
        ("pg_catalog", "text" | "varchar" | "name" | "char") => Kind::Text,
        ("pg_catalog", "bpchar") => Kind::Padded,
        ("pg_catalog", "int2") => Kind::Integer(16),
        ("pg_catalog", "int4") => Kind::Integer(32),
        ("pg_catalog", "int8") => Kind::Integer(64),
        ("pg_catalog", "numeric") => Kind::Numeric(digits(modifiers)),
        ("pg_catalog", "float4") => Kind::Float(32),
        ("pg_catalog", "float8") => Kind::Float(64),
        ("pg_catalog", "money") => Kind::Money,
        ("pg_catalog", "bool") => Kind::Boolean,
        ("pg_catalog", "date") => Kind::Date,
        ("pg_catalog", "timestamp") => Kind::Timestamp,
        ("pg_catalog", "timestamptz") => Kind::TimestampTz,
        ("pg_catalog", "time") => Kind::Time,
        ("pg_catalog", "timetz") => Kind::TimeTz,
        ("pg_catalog", "interval") => Kind::Interval,
        ("pg_catalog", "inet") => Kind::Inet,
        ("pg_catalog", "cidr") => Kind::Cidr,
        ("pg_catalog", "macaddr") => Kind::Mac(6),
        ("pg_catalog", "macaddr8") => Kind::Mac(8),
        ("pg_catalog", "uuid") => Kind::Uuid,
        ("pg_catalog", "json" | "jsonb") => Kind::Json,
        ("pg_catalog", "xml") => Kind::Xml,
        ("pg_catalog", "bytea") => Kind::Bytea,
        ("pg_catalog", "int4range") => range("integer", false),
        ("pg_catalog", "int8range") => range("bigint", false),
        ("pg_catalog", "numrange") => range("numeric", false),
        ("pg_catalog", "daterange") => range("date", false),
        ("pg_catalog", "tsrange") => range("timestamp without time zone", false),
        ("pg_catalog", "tstzrange") => range("timestamp with time zone", false),
        ("pg_catalog", "int4multirange") => range("integer", true),
        ("pg_catalog", "int8multirange") => range("bigint", true),
        ("pg_catalog", "nummultirange") => range("numeric", true),
        ("pg_catalog", "datemultirange") => range("date", true),
        ("pg_catalog", "tsmultirange") => range("timestamp without time zone", true),
        ("pg_catalog", "tstzmultirange") => range("timestamp with time zone", true),
        _ => Kind::Other,
    }
}

fn digits(modifiers: &[i32]) -> Option<Digits> {
    let precision = u16::try_from(*modifiers.first()?).ok()?;
    Some(Digits { precision, scale: modifiers.get(1).map_or(Ok(0), |scale| i16::try_from(*scale)).ok()? })
}
