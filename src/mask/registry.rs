//! The only list of masks: name → options, example, builder. `pgveil masks`, the reference page, errors and
//! completion all read it. Adding a mask is one file section and one entry here.

use super::fit::Target;
use super::key::DomainKey;
use super::{Bound, contact, date, fixed, network, options, person, pseudonym};

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
    /// The domain of rules that name none; masks that agree about a person share one.
    pub default_domain: &'static str,
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

const LOCALE: OptionDefinition =
    OptionDefinition { name: "locale", kind: OptionKind::Locale, default: "that of [defaults], else en", summary: "whose names are used" };

/// Every mask, by name.
static ALL: &[Definition] = &[
    Definition {
        name: "const",
        summary: "one value for all rows",
        accepts: "every type; the value must be one of it",
        distinct: "no: all become equal",
        keeps_distinct: false,
        keyed: false,
        default_domain: "",
        options: &[OptionDefinition { name: "value", kind: OptionKind::Scalar, default: "required", summary: "the value" }],
        example: Example { rule: r#"{ mask = "const", value = "x" }"#, column_type: "text", before: "secret" },
        build: fixed::constant,
    },
    Definition {
        name: "date_shift",
        summary: "moves a date by some days, never by none; time of day and zone stay",
        accepts: "date, timestamp, timestamp with time zone",
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: true,
        default_domain: "date_shift",
        options: &[OptionDefinition {
            name: "days",
            kind: OptionKind::Integer(1, 36_500),
            default: "30",
            summary: "the most days, either way",
        }],
        example: Example { rule: r#"{ mask = "date_shift", days = 30 }"#, column_type: "date", before: "1984-02-29" },
        build: date::date_shift,
    },
    Definition {
        name: "email",
        summary: "an address that receives no mail: first.last.suffix@example.org",
        accepts: "text that takes at least 30 characters (18, an @ and the host)",
        distinct: "yes: by a keyed suffix of 90 bits; so a collision among 10^9 values is less likely than 10^-9",
        keeps_distinct: true,
        keyed: true,
        default_domain: "email",
        options: &[
            OptionDefinition { name: "host", kind: OptionKind::Text, default: "example.org", summary: "what stands behind the @" },
            LOCALE,
        ],
        example: Example { rule: r#""email""#, column_type: "character varying(255)", before: "zoe.lefevre@laposte.net" },
        build: contact::email,
    },
    Definition {
        name: "empty",
        summary: "the empty string; NULL stays NULL",
        accepts: "text",
        distinct: "no: all become equal",
        keeps_distinct: false,
        keyed: false,
        default_domain: "",
        options: &[],
        example: Example { rule: r#""empty""#, column_type: "text", before: "secret" },
        build: fixed::empty,
    },
    Definition {
        name: "first_name",
        summary: "a first name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        default_domain: "person",
        options: &[LOCALE],
        example: Example { rule: r#""first_name""#, column_type: "text", before: "Zoé" },
        build: person::first_name,
    },
    Definition {
        name: "full_name",
        summary: "first and last name: those that first_name and last_name give for the same value",
        accepts: "text",
        distinct: "no: the lists are finite",
        keeps_distinct: false,
        keyed: true,
        default_domain: "person",
        options: &[
            LOCALE,
            OptionDefinition {
                name: "order",
                kind: OptionKind::Choice(&["first_last", "last_first"]),
                default: "first_last",
                summary: "which name stands first",
            },
        ],
        example: Example { rule: r#"{ mask = "full_name", locale = "fr_FR" }"#, column_type: "text", before: "Zoé Lefèvre" },
        build: person::full_name,
    },
    Definition {
        name: "hash",
        summary: "32 hexadecimal digits of a keyed hash; fewer, base-32 digits where the column is shorter",
        accepts: "text that takes at least 18 characters",
        distinct: "yes: 90 bits or more; so a collision among 10^9 values is less likely than 10^-9",
        keeps_distinct: true,
        keyed: true,
        default_domain: "hash",
        options: &[OptionDefinition {
            name: "length",
            kind: OptionKind::Integer(18, 32),
            default: "32, or what fits",
            summary: "how many characters (26 at most below 32)",
        }],
        example: Example { rule: r#""hash""#, column_type: "text", before: "12-345-678" },
        build: pseudonym::hash,
    },
    Definition {
        name: "ip",
        summary: "another address; addresses of one network stay in one network",
        accepts: "inet, cidr, text of addresses that takes at least 43 characters",
        distinct: "yes: a permutation of the addresses",
        keeps_distinct: true,
        keyed: true,
        default_domain: "ip",
        options: &[],
        example: Example { rule: r#""ip""#, column_type: "inet", before: "10.1.2.3" },
        build: network::ip,
    },
    Definition {
        name: "keep",
        summary: "the value as it is, on purpose",
        accepts: "every type",
        distinct: "yes",
        keeps_distinct: true,
        keyed: false,
        default_domain: "",
        options: &[],
        example: Example { rule: r#""keep""#, column_type: "text", before: "public" },
        build: fixed::keep,
    },
    Definition {
        name: "last_name",
        summary: "a last name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        default_domain: "person",
        options: &[LOCALE],
        example: Example { rule: r#""last_name""#, column_type: "text", before: "Lefèvre" },
        build: person::last_name,
    },
    Definition {
        name: "null",
        summary: "NULL",
        accepts: "every type, unless the column is NOT NULL",
        distinct: "yes, as far as UNIQUE goes: NULLs are not compared",
        keeps_distinct: false,
        keyed: false,
        default_domain: "",
        options: &[],
        example: Example { rule: r#""null""#, column_type: "text", before: "secret" },
        build: fixed::null,
    },
    Definition {
        name: "phone",
        summary: "a number kept for fiction, in the form of the original; mobile stays mobile",
        accepts: "text that takes a national number",
        distinct: "no: such numbers are few",
        keeps_distinct: false,
        keyed: true,
        default_domain: "phone",
        options: &[
            OptionDefinition {
                name: "country",
                kind: OptionKind::Choice(contact::PHONE_COUNTRIES),
                default: "that of the locale",
                summary: "whose numbers are used",
            },
            LOCALE,
        ],
        example: Example { rule: r#"{ mask = "phone", country = "FR" }"#, column_type: "text", before: "06 12 34 56 78" },
        build: contact::phone,
    },
];

/// Every mask, by name.
pub fn all() -> &'static [Definition] {
    ALL
}

/// Finds a mask by its name.
pub fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter().find(|definition| definition.name == name)
}

/// What is wrong with the options of a rule for a mask: unknown names, wrong types, missing ones.
pub fn check_options(definition: &Definition, options: &[(String, OptionValue)]) -> Vec<BuildError> {
    options::check(definition, options)
}
