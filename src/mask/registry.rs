//! The only list of masks: name → options, example, builder. `pgveil masks`, the reference page, errors and
//! completion all read it. Adding a mask is one file section and one entry here.

use super::Bound;
use super::fit::Target;
use super::key::DomainKey;

/// A mask as the registry knows it.
#[derive(Debug)]
pub struct Definition {
    /// The name that rules use.
    pub name: &'static str,
    /// One line, lower case: what it does.
    pub summary: &'static str,
    /// Which columns it takes, in words: `text`, `date, timestamp`.
    pub accepts: &'static str,
    /// Whether different values stay different, in words, for the reference.
    pub distinct: &'static str,
    /// Whether its pseudonyms come from a domain's key (and thus whether `domain` is an option).
    pub keyed: bool,
    /// Its options, `domain` apart.
    pub options: &'static [OptionDefinition],
    /// A rule, a type and a value that a test runs.
    pub example: Example,
    /// Binds it to a column.
    pub build: fn(&Request<'_>) -> Result<Bound, BuildError>,
}

/// An option of a mask.
#[derive(Debug)]
pub struct OptionDefinition {
    /// The key in the rule.
    pub name: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// What holds where it is not given, in words; `required` where there is no default.
    pub default: &'static str,
    /// One line, lower case.
    pub summary: &'static str,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// Any string.
    Text,
    /// A string, an integer, a float or a boolean: a literal of the column's type.
    Scalar,
    /// An integer within these bounds, both inclusive.
    Integer(i64, i64),
    /// true or false.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a locale (see [`super::words`]).
    Locale,
}

/// An example that a test runs.
#[derive(Debug)]
pub struct Example {
    /// The rule in TOML, as it stands behind `column = `.
    pub rule: &'static str,
    /// The column's type in SQL.
    pub column_type: &'static str,
    /// The value before, unescaped.
    pub before: &'static str,
}

/// The value of an option, as typed in the rules file.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// An array or a table: no mask takes one yet, so only its name is kept (`an array`).
    Other(&'static str),
}

/// What a builder is given. Options have been checked against the definition.
#[derive(Debug)]
pub struct Request<'a> {
    /// The column.
    pub target: &'a Target,
    /// The options of the rule, checked.
    pub options: &'a [(String, OptionValue)],
    /// The name of the domain, for the fingerprint.
    pub domain: &'a str,
    /// The key of the domain.
    pub key: &'a DomainKey,
    /// The locale: the option's, or that of `[defaults]`.
    pub locale: &'a str,
}

/// Why a mask does not fit its column or its options, in the words of a rule error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The option at fault, if it is one.
    pub option: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
