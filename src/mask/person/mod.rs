//! People: first_name, last_name, full_name, username, title; and what they do: company, job.
//!
//! Those of people share a domain ("person"), and in one domain one seed gives one person: full_name is first_name, a blank
//! and last_name of the same seed, username is made of them, title goes with the first name. Where they name a source of
//! the gender they must name the same one. A column too short for some of the names chooses among the others, and then
//! they may differ.

mod company;
mod gender;
mod names;
mod title;
mod username;

use super::registry::{Definition, Example, LOCALE, OptionDefinition, OptionKind};
use super::words::case::CASE;

/// The option that says whose first names are used.
const GENDER: OptionDefinition = OptionDefinition {
    name: "gender",
    kind: OptionKind::Column,
    default: "names of both",
    summary: "whose names: \"female\", \"male\", \"name\" (as the original first name tells), or a column that holds it (f/m, 2/1, Mme/M, …)",
};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "company",
        summary: "the name of a company or an association: a last name and a legal form or a trade",
        accepts: "text",
        distinct: "no: the lists are finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "company",
        options: &[CASE, LOCALE],
        example: Example::of(r#"{ mask = "company", locale = "fr_FR" }"#, "text", "Emmaüs Solidarité"),
        build: company::company,
    },
    Definition {
        name: "first_name",
        summary: "a first name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[CASE, GENDER, LOCALE],
        example: Example::of(r#""first_name""#, "text", "Zoé"),
        build: names::first_name,
    },
    Definition {
        name: "full_name",
        summary: "first and last name: those that first_name and last_name give for the same value",
        accepts: "text",
        distinct: "no: the lists are finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[
            CASE,
            GENDER,
            LOCALE,
            OptionDefinition {
                name: "order",
                kind: OptionKind::Choice(&["first_last", "last_first", "last, first", "LAST First", "First LAST"]),
                default: "first_last",
                summary: "which name stands first, and how: \"last, first\" is Lefèvre, Zoé; \"LAST First\" is LEFÈVRE Zoé",
            },
        ],
        example: Example::of(r#"{ mask = "full_name", locale = "fr_FR" }"#, "text", "Zoé Lefèvre"),
        build: names::full_name,
    },
    Definition {
        name: "job",
        summary: "the name of a job",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "job",
        options: &[CASE, LOCALE],
        example: Example::of(r#"{ mask = "job", locale = "fr_FR" }"#, "text", "Ministre"),
        build: company::job,
    },
    Definition {
        name: "last_name",
        summary: "a last name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[CASE, LOCALE],
        example: Example::of(r#""last_name""#, "text", "Lefèvre"),
        build: names::last_name,
    },
    Definition {
        name: "title",
        summary: "Mr or Ms, in the form of the original: as the first name of the same seed has it",
        accepts: "text",
        distinct: "no: there are two",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[GENDER, LOCALE],
        example: Example::of(r#"{ mask = "title", locale = "fr_FR" }"#, "text", "Madame"),
        build: title::title,
    },
    Definition {
        name: "username",
        summary: "a log-in name of the person of the same seed: zlefevre.suffix",
        accepts: "text that takes at least 18 characters",
        distinct: "yes: by a keyed suffix of 90 bits; so a collision among 10^9 values is less likely than 10^-9",
        keeps_distinct: true,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[GENDER, LOCALE],
        example: Example::of(r#"{ mask = "username", locale = "fr_FR" }"#, "character varying(32)", "zlefevre"),
        build: username::username,
    },
];

/// The fewest words that are worth calling a choice.
const FEWEST: u64 = 20;

#[cfg(test)]
mod tests;
