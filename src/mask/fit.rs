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
    /// numeric.
    Numeric,
    /// real, double precision.
    Float,
    /// boolean.
    Boolean,
    /// date.
    Date,
    /// timestamp without time zone.
    Timestamp,
    /// timestamp with time zone.
    TimestampTz,
    /// time, with or without zone.
    Time,
    /// interval.
    Interval,
    /// inet.
    Inet,
    /// cidr.
    Cidr,
    /// uuid.
    Uuid,
    /// json or jsonb.
    Json,
    /// bytea.
    Bytea,
    /// An enum, with its labels.
    Enum(Vec<String>),
    /// An array of anything.
    Array,
    /// Any other type.
    Other,
}

/// A column as a mask sees it.
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
    /// The encoding of the dump's text.
    pub charset: Charset,
}

impl Target {
    /// Whether the column takes any text of a fitting length.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Padded)
    }
}
