//! The types of terms: those of columns, and those that casts name.

use std::sync::Arc;

use crate::mask::fit::{Kind, Target};
use crate::name::Name;
use crate::rules::expr::{BaseType, TypeName};

/// The type of a term.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// A literal that nothing has given a type yet, or NULL.
    Unknown,
    Boolean,
    /// Width in bits.
    Integer(u8),
    Numeric,
    /// Width in bits.
    Float(u8),
    /// text and varchar.
    Text,
    /// name: text, ordered by bytes.
    Name,
    /// char(n): blanks at the end do not count when it is compared.
    Padded,
    Citext,
    Date,
    Timestamp,
    TimestampTz,
    Time,
    Interval,
    Uuid,
    Network {
        cidr: bool,
    },
    Enum(Arc<Labels>),
    Json,
    Jsonb,
    Array(Box<Type>),
    /// A composite type, or what may be one, by its name: IS NULL asks its fields.
    Composite(String),
    /// A type that can only be tested for NULL and cast to text.
    Opaque(String),
    /// A domain over text: whether that is citext, nobody said.
    TextDomain(String),
}

/// An enum.
#[derive(Debug, PartialEq)]
pub(super) struct Labels {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
}

impl Type {
    /// The type of a column.
    pub(super) fn of_target(target: &Target) -> Type {
        let name = target.type_name.as_str();
        let is = |known: &str| name == known || name.strip_suffix(known).is_some_and(|schema| schema.ends_with('.'));
        let opaque = || Type::Opaque(name.to_owned());
        match &target.kind {
            Kind::Text if is("citext") => Type::Citext,
            Kind::Text if name == "name" => Type::Name,
            Kind::Text if name == "\"char\"" => opaque(),
            Kind::Text if name == "text" || name.starts_with("character varying") || name.starts_with("varchar") => Type::Text,
            Kind::Text => Type::TextDomain(name.to_owned()),
            Kind::Padded => Type::Padded,
            Kind::Integer(bits) => Type::Integer(*bits),
            Kind::Numeric(_) => Type::Numeric,
            Kind::Float(bits) => Type::Float(*bits),
            Kind::Boolean => Type::Boolean,
            Kind::Date => Type::Date,
            Kind::Timestamp => Type::Timestamp,
            Kind::TimestampTz => Type::TimestampTz,
            Kind::Time => Type::Time,
            Kind::Interval => Type::Interval,
            Kind::Inet => Type::Network { cidr: false },
            Kind::Cidr => Type::Network { cidr: true },
            Kind::Uuid => Type::Uuid,
            Kind::Json if name == "jsonb" => Type::Jsonb,
            Kind::Json => Type::Json,
            Kind::Enum(labels) => Type::Enum(Arc::new(Labels { name: name.to_owned(), labels: labels.clone() })),
            Kind::Array(element) => Type::Array(Box::new(Type::of_target(element))),
            Kind::Composite(_) => Type::Composite(name.to_owned()),
            // The row type of a table is a type of its schema that the catalogue does not list.
            Kind::Other if name.contains('.') => Type::Composite(name.to_owned()),
            Kind::Money
            | Kind::TimeTz
            | Kind::Mac(_)
            | Kind::Xml
            | Kind::Bytea
            | Kind::Hstore
            | Kind::Geo
            | Kind::Range(..)
            | Kind::Other => opaque(),
        }
    }

    /// The type that a cast names; `None` for one that only its surroundings tell.
    pub(super) fn of_name(name: &TypeName) -> Option<Type> {
        let base = match &name.base {
            BaseType::Text | BaseType::Varchar => Type::Text,
            BaseType::Char => Type::Padded,
            BaseType::Citext => Type::Citext,
            BaseType::Boolean => Type::Boolean,
            BaseType::Integer(bits) => Type::Integer(*bits),
            BaseType::Numeric => Type::Numeric,
            BaseType::Float(bits) => Type::Float(*bits),
            BaseType::Date => Type::Date,
            BaseType::Timestamp => Type::Timestamp,
            BaseType::TimestampTz => Type::TimestampTz,
            BaseType::Time => Type::Time,
            BaseType::Interval => Type::Interval,
            BaseType::Uuid => Type::Uuid,
            BaseType::Inet => Type::Network { cidr: false },
            BaseType::Cidr => Type::Network { cidr: true },
            BaseType::Json => Type::Json,
            BaseType::Jsonb => Type::Jsonb,
            BaseType::Named(_) => return None,
        };
        Some(if name.array { Type::Array(Box::new(base)) } else { base })
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Type::Text | Type::Name | Type::Padded | Type::Citext)
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Type::Integer(_) | Type::Numeric | Type::Float(_))
    }

    /// Whether it is the type of that name, in whatever schema.
    pub(super) fn is_named(&self, name: &Name) -> bool {
        let own = match self {
            Type::Enum(labels) => &labels.name,
            Type::Composite(own) | Type::Opaque(own) | Type::TextDomain(own) => own,
            _ => return false,
        };
        let name = name.to_string();
        own.strip_suffix(name.as_str()).is_some_and(|schema| schema.is_empty() || schema.ends_with('.'))
    }
}

/// As SQL calls it.
impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Type::Unknown => "unknown",
            Type::Boolean => "boolean",
            Type::Integer(16) => "smallint",
            Type::Integer(64) => "bigint",
            Type::Integer(_) => "integer",
            Type::Numeric => "numeric",
            Type::Float(32) => "real",
            Type::Float(_) => "double precision",
            Type::Text => "text",
            Type::Name => "name",
            Type::Padded => "character",
            Type::Citext => "citext",
            Type::Date => "date",
            Type::Timestamp => "timestamp without time zone",
            Type::TimestampTz => "timestamp with time zone",
            Type::Time => "time",
            Type::Interval => "interval",
            Type::Uuid => "uuid",
            Type::Network { cidr: false } => "inet",
            Type::Network { cidr: true } => "cidr",
            Type::Enum(labels) => return f.write_str(&labels.name),
            Type::Json => "json",
            Type::Jsonb => "jsonb",
            Type::Array(element) => return write!(f, "{element}[]"),
            Type::Composite(name) | Type::Opaque(name) | Type::TextDomain(name) => name,
        })
    }
}
