//! The functions of the language, by their SQL names.

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `lower(text)`
    Lower,
    /// `upper(text)`
    Upper,
    /// `length(text)`, `char_length`, `character_length`: in characters.
    Length,
    /// `octet_length(text)`: in bytes.
    OctetLength,
    /// `btrim(text, characters)`, `trim`
    Trim,
    /// `ltrim(text, characters)`
    TrimLeft,
    /// `rtrim(text, characters)`
    TrimRight,
    /// `substr(text, from, count)`, `substring`
    Substring,
    /// `left(text, count)`
    Left,
    /// `right(text, count)`
    Right,
    /// `coalesce(a, …)`
    Coalesce,
    /// `nullif(a, b)`
    NullIf,
    /// `abs(number)`
    Abs,
    /// `floor(number)`
    Floor,
    /// `ceil(number)`, `ceiling`
    Ceil,
    /// `round(number)`, `round(numeric, digits)`
    Round,
    /// `date_trunc(field, time)`
    DateTrunc,
    /// `extract(field from time)`
    Extract,
    /// `time AT TIME ZONE 'zone'`, `timezone(zone, time)`
    AtTimeZone,
    /// `now()`, `transaction_timestamp()`, `current_timestamp`
    Now,
    /// `current_date`
    CurrentDate,
    /// `localtimestamp`
    LocalTimestamp,
}

/// Names as they are called, with the least and most arguments.
const KNOWN: &[(&str, Function, usize, usize)] = &[
    ("lower", Function::Lower, 1, 1),
    ("upper", Function::Upper, 1, 1),
    ("length", Function::Length, 1, 1),
    ("char_length", Function::Length, 1, 1),
    ("character_length", Function::Length, 1, 1),
    ("octet_length", Function::OctetLength, 1, 1),
    ("btrim", Function::Trim, 1, 2),
    ("ltrim", Function::TrimLeft, 1, 2),
    ("rtrim", Function::TrimRight, 1, 2),
    ("substr", Function::Substring, 2, 3),
    ("substring", Function::Substring, 2, 3),
    ("left", Function::Left, 2, 2),
    ("right", Function::Right, 2, 2),
    ("abs", Function::Abs, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("ceiling", Function::Ceil, 1, 1),
    ("round", Function::Round, 1, 2),
    ("date_trunc", Function::DateTrunc, 2, 2),
    ("extract", Function::Extract, 2, 2),
    ("timezone", Function::AtTimeZone, 2, 2),
    ("now", Function::Now, 0, 0),
    ("transaction_timestamp", Function::Now, 0, 0),
];

/// What the parser has other nodes for, so that they are named but never called: for messages.
const SPELT: &[&str] = &["trim", "coalesce", "nullif", "current_date", "current_timestamp", "localtimestamp"];

impl Function {
    /// The function of a name with the least and most arguments that it takes.
    pub(super) fn find(name: &str) -> Option<(Function, usize, usize)> {
        KNOWN.iter().find(|(known, ..)| *known == name).map(|(_, function, least, most)| (*function, *least, *most))
    }

    /// All names, in the order in which they are told.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(name, ..)| *name).chain(SPELT.iter().copied())
    }

    /// The name, as SQL calls it.
    pub fn name(self) -> &'static str {
        match self {
            Function::Coalesce => "coalesce",
            Function::NullIf => "nullif",
            Function::CurrentDate => "current_date",
            Function::LocalTimestamp => "localtimestamp",
            _ => KNOWN.iter().find(|(_, known, ..)| *known == self).map_or("", |(name, ..)| name),
        }
    }
}
