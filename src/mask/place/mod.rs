//! Places: street_address, address, city, postcode, commune_code, departement, region, country; and geo, where they lie.
//!
//! One seed is one place. The masks of places share the domain "place", and a place is a record of a real town: postcode,
//! town, code of the commune, département and region belong together, as they do in the town. So masks with the same seed
//! agree in a row, and in every table that has that seed:
//!
//! ```toml
//! [tables.person.columns]
//! street   = { mask = "street_address", seed = "id" }
//! postcode = { mask = "postcode", seed = "id" }
//! town     = { mask = "city", seed = "id" }
//! ```
//!
//! Or they follow one column: `of` names it, its original value is the seed where the rule names none, and with `keep` it
//! says in which département the place lies.
//!
//! ```toml
//! [tables.person.columns]
//! postcode = { mask = "postcode", keep = "departement" }
//! town     = { mask = "city", of = "postcode", keep = "departement" }
//! region   = { mask = "region", of = "postcode", keep = "departement" }
//! ```
//!
//! A column too short for some of the names chooses among the other places, and then they may differ.

mod country;
mod field;
mod form;
mod french;
mod geo;
mod list;
mod pool;
mod postcode;
mod street;

use super::registry::{Definition, Example, LOCALE, OptionDefinition, OptionKind};
use super::words::case::CASE;

/// Whose places are used.
const COUNTRY: OptionDefinition = OptionDefinition {
    name: "country",
    kind: OptionKind::Choice(list::CODES),
    default: "that of the locale",
    summary: "whose places are used (ISO 3166)",
};

/// The column that says which place it is.
const OF: OptionDefinition = OptionDefinition {
    name: "of",
    kind: OptionKind::Column,
    default: "the value itself",
    summary: "the column that holds the postcode: equal ones are one place, so that postcode, city and the others agree",
};

/// How far the place may be from the original.
const KEEP: OptionDefinition = OptionDefinition {
    name: "keep",
    kind: OptionKind::Choice(&["departement", "region"]),
    default: "nothing",
    summary: "what the place has in common with the original, or with the postcode that `of` names (France)",
};

/// A code or a name.
const FORM: OptionDefinition = OptionDefinition {
    name: "form",
    kind: OptionKind::Choice(&["same", "code", "name"]),
    default: "same",
    summary: "the code, the name, or what the original is: 35, Ille-et-Vilaine, 35 - Ille-et-Vilaine, Ille-et-Vilaine (35)",
};

/// A mask of places, but for what the others have not in common.
const PLACE: Definition = Definition {
    name: "",
    summary: "",
    accepts: "text",
    distinct: "no: the list is finite",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "place",
    options: &[],
    example: Example::of("", "text", ""),
    build: field::city,
};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "address",
        summary: "a whole address: street, postcode and town of one place",
        options: &[
            CASE,
            COUNTRY,
            KEEP,
            OptionDefinition {
                name: "lines",
                kind: OptionKind::Integer(1, 3),
                default: "as many as the original has",
                summary: "1: all in one, 2: the street above the town, 3: the country below",
            },
            LOCALE,
            OF,
        ],
        example: Example::of(r#"{ mask = "address", locale = "fr_FR" }"#, "text", "10 rue d'Amsterdam, 75009 Paris"),
        build: street::address,
        ..PLACE
    },
    Definition {
        name: "city",
        summary: "a town",
        options: &[CASE, COUNTRY, KEEP, LOCALE, OF],
        example: Example::of(r#"{ mask = "city", locale = "fr_FR" }"#, "text", "Rennes"),
        build: field::city,
        ..PLACE
    },
    Definition {
        name: "commune_code",
        summary: "the INSEE code of a commune of France",
        options: &[KEEP, OF],
        example: Example::of(r#"{ mask = "commune_code", keep = "departement" }"#, "character varying(5)", "35115"),
        build: field::commune_code,
        ..PLACE
    },
    Definition {
        name: "country",
        summary: "a country, as its name or ISO 3166 code, in the form of the original",
        default_domain: "country",
        options: &[CASE, LOCALE],
        example: Example::of(r#"{ mask = "country", locale = "fr_FR" }"#, "text", "Belgique"),
        build: country::country,
        ..PLACE
    },
    Definition {
        name: "departement",
        summary: "a département, province or state, as its code or name",
        accepts: "text, integer",
        options: &[CASE, COUNTRY, FORM, KEEP, LOCALE, OF],
        example: Example::of(r#"{ mask = "departement", locale = "fr_FR" }"#, "text", "35"),
        build: field::departement,
        ..PLACE
    },
    Definition {
        name: "geo",
        summary: "coordinates of somewhere else within so many kilometres",
        accepts: "double precision, real, numeric, point, geometry, geography; text that holds `lat,lon`",
        distinct: "no: two places may move to one",
        keeps_distinct: false,
        keyed: true,
        fallible: true,
        default_domain: "geo",
        options: geo::OPTIONS,
        example: Example::of(r#"{ mask = "geo", km = 5, round = 4 }"#, "text", "48.8566,2.3522"),
        build: geo::geo,
    },
    Definition {
        name: "postcode",
        summary: "a postcode of a real town, in the form of the original",
        accepts: "text, integer",
        options: &[
            COUNTRY,
            OptionDefinition {
                name: "keep",
                kind: OptionKind::Scalar,
                default: "nothing",
                summary: "\"departement\" or \"region\": of the same one (France); a number: so many leading characters, the others made up",
            },
            LOCALE,
            OF,
        ],
        example: Example::of(r#"{ mask = "postcode", keep = "departement", locale = "fr_FR" }"#, "character varying(5)", "35250"),
        build: postcode::postcode,
        ..PLACE
    },
    Definition {
        name: "region",
        summary: "a region or state, as its code or name",
        accepts: "text, integer",
        options: &[CASE, COUNTRY, FORM, KEEP, LOCALE, OF],
        example: Example::of(r#"{ mask = "region", locale = "fr_FR" }"#, "text", "Bretagne"),
        build: field::region,
        ..PLACE
    },
    Definition {
        name: "street_address",
        summary: "a number and a street that no one need live in",
        options: &[CASE, COUNTRY, LOCALE, OF],
        example: Example::of(r#"{ mask = "street_address", locale = "fr_FR" }"#, "text", "10 rue d'Amsterdam"),
        build: street::street_address,
        ..PLACE
    },
];

/// The fewest places that are worth calling a choice.
const FEWEST: usize = 20;

#[cfg(test)]
mod tests;
