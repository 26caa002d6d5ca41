//! What a mask must know of its column, in the masks' own words: the kind of type, its limits, its encoding.

use crate::encoding::Charset;

/// What values of a column look like as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// text, varchar, citext, name and domains over them.
    Text,
    /// char(n): padded with blanks.
    Padded,
    /// smallint, integer, bigint: width in bits.
    Integer(u8),
    /// numeric, with its precision and scale where the column states them.
    Numeric(Option<Digits>),
    /// real, double precision: width in bits.
    Float(u8),
    /// money.
    Money,
    /// boolean.
    Boolean,
    /// date.
    Date,
    /// timestamp without time zone.
    Timestamp,
    /// timestamp with time zone.
    TimestampTz,
    /// time without time zone.
    Time,
    /// time with time zone.
    TimeTz,
    /// interval.
    Interval,
    /// inet.
    Inet,
    /// cidr.
    Cidr,
    /// macaddr, macaddr8: bytes.
    Mac(u8),
    /// uuid.
    Uuid,
    /// json or jsonb.
    Json,
    /// xml.
    Xml,
    /// bytea.
    Bytea,
    /// hstore.
    Hstore,
    /// geometry, geography (PostGIS): hex EWKB.
    Geo,
    /// An enum, with its labels.
    Enum(Vec<String>),
    /// An array, with what its elements are.
    Array(Box<Target>),
    /// A composite type, with its fields.
    Composite(Vec<(String, Target)>),
    /// A range or (true) multirange, with what its bounds are.
    Range(Box<Target>, bool),
    /// Any other type.
    Other,
}

/// Precision and scale of `numeric(p,s)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// How many significant digits.
    pub precision: u16,
    /// How many of them behind the point; fewer than none since PostgreSQL 15.
    pub scale: i16,
}

/// A column as a mask sees it; or an element of an array, a field of a composite, a value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What values look like.
    pub kind: Kind,
    /// The type as SQL writes it, for messages: `character varying(40)`.
    pub type_name: String,
    /// The `n` of varchar(n) and char(n), in characters.
    pub max_chars: Option<u32>,
    /// Whether NULL is refused by the column (NOT NULL, a primary key, a domain).
    pub not_null: bool,
    /// The value of its DEFAULT, where that is a literal.
    pub default: Option<String>,
    /// The encoding of the dump's text: a mask writes UTF-8, but only characters that this one has.
    pub charset: Charset,
}

impl Target {
    /// Whether the column takes any text of a fitting length.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Padded)
    }

    /// Text of any length, in the same encoding: a string in a document, say. It takes NULL.
    pub fn any_text(&self) -> Target {
        Target { kind: Kind::Text, type_name: "text".into(), max_chars: None, not_null: false, default: None, charset: self.charset }
    }

    /// A column of a built-in type, by the name that SQL gives it (`character varying(40)`, `numeric(10,2)[]`), in UTF-8:
    /// for examples and tests; with a default that is no string behind it (`integer DEFAULT 0`). Types that are not built in
    /// are [`Kind::Other`], but for hstore, citext, geometry and geography; a composite type is written as its fields:
    /// `(name text, age integer)`.
    pub fn of_sql(written: &str) -> Target {
        let (type_name, default) = written.split_once(" DEFAULT ").map_or((written, None), |(name, value)| (name, Some(value.to_owned())));
        let (kind, max_chars) = kind_of_sql(type_name);
        Target { kind, type_name: type_name.to_owned(), max_chars, not_null: false, default, charset: Charset::Utf8 }
    }
}

fn kind_of_sql(written: &str) -> (Kind, Option<u32>) {
    if let Some(element) = written.strip_suffix("[]") {
        return (Kind::Array(Box::new(Target::of_sql(element))), None);
    }
    if let Some(fields) = written.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let field = |field: &str| field.trim().split_once(' ').map(|(name, kind)| (name.to_owned(), Target::of_sql(kind)));
        return (Kind::Composite(fields.split(", ").filter_map(field).collect()), None);
    }
    let (name, modifier) = written.split_once('(').unwrap_or((written, ""));
    let (modifier, rest) = modifier.split_once(')').unwrap_or((modifier, ""));
    let number = |text: &str| text.trim().parse::<i16>().ok();
    let digits = || {
        let (precision, scale) = modifier.split_once(',').unwrap_or((modifier, "0"));
        Some(Digits { precision: u16::try_from(number(precision)?).ok()?, scale: number(scale)? })
    };
    let range = |element: &str, multi| Kind::Range(Box::new(Target::of_sql(element)), multi);
    let kind = match format!("{}{rest}", name.trim()).as_str() {
        "text" | "character varying" | "varchar" | "citext" | "name" => Kind::Text,
        "character" | "char" | "bpchar" => Kind::Padded,
        "smallint" => Kind::Integer(16),
        "integer" => Kind::Integer(32),
        "bigint" => Kind::Integer(64),
        "numeric" => Kind::Numeric(digits()),
        "real" => Kind::Float(32),
        "double precision" => Kind::Float(64),
        "money" => Kind::Money,
        "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "timestamp" | "timestamp without time zone" => Kind::Timestamp,
        "timestamptz" | "timestamp with time zone" => Kind::TimestampTz,
        "time" | "time without time zone" => Kind::Time,
        "timetz" | "time with time zone" => Kind::TimeTz,
        "interval" => Kind::Interval,
        "inet" => Kind::Inet,
        "cidr" => Kind::Cidr,
        "macaddr" => Kind::Mac(6),
        "macaddr8" => Kind::Mac(8),
        "uuid" => Kind::Uuid,
        "json" | "jsonb" => Kind::Json,
        "xml" => Kind::Xml,
        "bytea" => Kind::Bytea,
        "hstore" => Kind::Hstore,
        "geometry" | "geography" => Kind::Geo,
        "int4range" => range("integer", false),
        "int8range" => range("bigint", false),
        "numrange" => range("numeric", false),
        "daterange" => range("date", false),
        "tsrange" => range("timestamp without time zone", false),
        "tstzrange" => range("timestamp with time zone", false),
        "datemultirange" => range("date", true),
        "int4multirange" => range("integer", true),
        _ => Kind::Other,
    };
    let limited = matches!(kind, Kind::Text | Kind::Padded);
    (kind, modifier.parse().ok().filter(|_| limited))
}
