//! The only list of masks: name → options, example, builder. `pgveil masks`, the reference page, errors and
//! completion all read it. A mask is one file section with its [`Definition`]; a family is one line here.

use std::sync::LazyLock;

use super::bind::Env;
use super::fit::Target;
use super::key::DomainKey;
use super::{
    Bound, binary, contact, credential, fixed, identifier, network, number, own, person, place, pseudonym, structured, template, text,
    time, word,
};

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
    /// Whether it can keep different values different (the binding says whether it does for a column).
    pub keeps_distinct: bool,
    /// Whether its pseudonyms come from a domain's key (and thus whether `domain` is an option).
    pub keyed: bool,
    /// Whether there are values that it refuses (and thus whether `on_invalid` is an option).
    pub fallible: bool,
    /// The domain of rules that name none; masks that agree about a person share one.
    pub default_domain: &'static str,
    /// Its own options; those that all masks have stand in [`super::common`].
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
    /// A number: an integer, a float, or a string that holds a decimal number of any length.
    Number,
    /// An array of strings.
    Words,
    /// An array of strings, numbers and booleans.
    Scalars,
    /// A table: any string → a string, a number or a boolean.
    Map,
    /// The name of a column of the row; inside a document also `@.key` or `$.key`.
    Column,
    /// The path of a file, from the directory of the rules file on.
    File,
    /// A mask: its name, or a table with `mask` and its options.
    Mask,
    /// A table: any string (a path, a key, a field) → a mask.
    Masks,
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
    /// Other columns of the row that the rule reads: name, type, value.
    pub row: &'static [(&'static str, &'static str, &'static str)],
}

impl Example {
    /// An example that reads no other column.
    pub const fn of(rule: &'static str, column_type: &'static str, before: &'static str) -> Example {
        Example { rule, column_type, before, row: &[] }
    }
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
    /// An array.
    List(Vec<OptionValue>),
    /// A table, in the order of the file.
    Table(Vec<(String, OptionValue)>),
}

/// What a builder is given. Options have been checked against the definition.
#[derive(Debug)]
pub struct Request<'a> {
    /// The column.
    pub target: &'a Target,
    /// The mask's own options, checked.
    pub options: &'a [(String, OptionValue)],
    /// The name of the domain, for the fingerprint.
    pub domain: &'a str,
    /// The key of the domain.
    pub key: &'a DomainKey,
    /// What surrounds the rule: the row's columns, the secret, the default locale.
    pub env: &'a Env<'a>,
}

/// Why a mask does not fit its column or its options, in the words of a rule error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The way to the option at fault, from the rule inwards: `["paths", "$.name", "locale"]`; empty where it is none.
    pub path: Vec<String>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl BuildError {
    /// An error of one option.
    pub fn of(option: &str, message: impl Into<String>, help: Option<String>) -> BuildError {
        BuildError { path: vec![option.to_owned()], message: message.into(), help }
    }

    /// The same error, of a rule that stands under a key of this one.
    #[must_use]
    pub fn under(mut self, key: &str) -> BuildError {
        self.path.insert(0, key.to_owned());
        self
    }
}

/// The option that all masks have whose words depend on a language.
pub(super) const LOCALE: OptionDefinition =
    OptionDefinition { name: "locale", kind: OptionKind::Locale, default: "that of [defaults], else en", summary: "whose names are used" };

/// The families, each a slice of definitions.
static FAMILIES: &[&[Definition]] = &[
    binary::DEFINITIONS,
    contact::DEFINITIONS,
    credential::DEFINITIONS,
    fixed::DEFINITIONS,
    identifier::DEFINITIONS,
    network::DEFINITIONS,
    number::DEFINITIONS,
    own::DEFINITIONS,
    person::DEFINITIONS,
    place::DEFINITIONS,
    pseudonym::DEFINITIONS,
    structured::DEFINITIONS,
    template::DEFINITIONS,
    text::DEFINITIONS,
    time::DEFINITIONS,
    word::DEFINITIONS,
];

/// Every mask, by name.
pub fn all() -> &'static [&'static Definition] {
    static ALL: LazyLock<Vec<&'static Definition>> = LazyLock::new(|| {
        let mut all: Vec<_> = FAMILIES.iter().copied().flatten().collect();
        all.sort_by_key(|definition| definition.name);
        all
    });
    &ALL
}

/// Finds a mask by its name.
pub fn find(name: &str) -> Option<&'static Definition> {
    let all = all();
    let at = all.binary_search_by(|definition| definition.name.cmp(name)).ok()?;
    all.get(at).copied()
}
