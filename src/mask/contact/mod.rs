//! How to reach people: email, phone. What they write reaches nobody: domains without mail, numbers kept for fiction. Options
//! that keep a part of the original give that up, and say so.

mod email;
mod numbers;
mod phone;

use super::registry::{Definition, Example, LOCALE, OptionDefinition, OptionKind};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "email",
        summary: "an address that receives no mail: first.last.suffix@example.org",
        accepts: "text that takes at least 30 characters (18, an @ and the host)",
        distinct: "yes: by a keyed suffix of 90 bits; so a collision among 10^9 values is less likely than 10^-9",
        keeps_distinct: true,
        keyed: true,
        fallible: false,
        default_domain: "email",
        options: &[
            OptionDefinition { name: "host", kind: OptionKind::Text, default: "example.org", summary: "what stands behind the @" },
            OptionDefinition {
                name: "keep_host",
                kind: OptionKind::Boolean,
                default: "false",
                summary: "keep what stands behind the @ where it fits: mail may then reach a stranger of that host",
            },
            OptionDefinition {
                name: "first",
                kind: OptionKind::Column,
                default: "a name of the list",
                summary: "the column whose masked value is the first name in the address",
            },
            OptionDefinition {
                name: "last",
                kind: OptionKind::Column,
                default: "a name of the list",
                summary: "the column whose masked value is the last name in the address",
            },
            LOCALE,
        ],
        example: Example::of(r#""email""#, "character varying(255)", "zoe.lefevre@laposte.net"),
        build: email::email,
    },
    Definition {
        name: "phone",
        summary: "a number kept for fiction, in the form of the original; mobile stays mobile",
        accepts: "text that takes a national number",
        distinct: "no: such numbers are few; with distinct = true yes, then they are not kept for fiction",
        keeps_distinct: true,
        keyed: true,
        fallible: false,
        default_domain: "phone",
        options: &[
            OptionDefinition {
                name: "country",
                kind: OptionKind::Column,
                default: "that of the locale",
                summary: "whose numbers are used: a code as FR (ISO 3166), or a column that holds one in any case; the locale's where it is NULL, unknown or without numbers for fiction",
            },
            OptionDefinition {
                name: "distinct",
                kind: OptionKind::Boolean,
                default: "false",
                summary: "permute the digits behind the first ones, so that different numbers stay different: they may ring at somebody's; a seed plays no part",
            },
            OptionDefinition {
                name: "keep_prefix",
                kind: OptionKind::Integer(1, 12),
                default: "none",
                summary: "keep so many leading digits and make up the others: they may ring at somebody's",
            },
            LOCALE,
        ],
        example: Example::of(r#"{ mask = "phone", country = "FR" }"#, "text", "06 12 34 56 78"),
        build: phone::phone,
    },
];

#[cfg(test)]
mod tests;
