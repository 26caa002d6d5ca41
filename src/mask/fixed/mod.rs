//! Masks whose values stand in the rule or in the schema: keep, null, empty, default, const, map, choice.

use super::fit::Kind;
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, OptionValue, Request};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

mod array;
mod choice;
pub(super) mod literal;
mod map;
#[cfg(test)]
mod tests;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "choice",
        summary: "one of some values; equal values get the same one",
        accepts: "every type; the values must be of it",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "choice",
        options: &[
            OptionDefinition {
                name: "values",
                kind: OptionKind::Scalars,
                default: "the labels of an enum, true and false; required elsewhere",
                summary: "the values to choose from",
            },
            OptionDefinition {
                name: "weights",
                kind: OptionKind::Scalars,
                default: "all alike",
                summary: "how often each value is chosen beside the others: as many numbers as values",
            },
        ],
        example: Example::of(r#"{ mask = "choice", values = ["bronze", "silver", "gold"], weights = [70, 25, 5] }"#, "text", "platinum"),
        build: choice::choice,
    },
    Definition {
        name: "const",
        summary: "one value for all rows",
        accepts: "every type; the value must be one of it",
        distinct: "no: all become equal",
        keeps_distinct: false,
        keyed: false,
        fallible: false,
        default_domain: "",
        options: &[OptionDefinition { name: "value", kind: OptionKind::Scalar, default: "required", summary: "the value" }],
        example: Example::of(r#"{ mask = "const", value = "x" }"#, "text", "secret"),
        build: constant,
    },
    Definition {
        name: "default",
        summary: "the column's DEFAULT, where that is a literal such as 'active' or 0",
        accepts: "every type, if the column has such a DEFAULT",
        distinct: "no: all become equal",
        keeps_distinct: false,
        keyed: false,
        fallible: false,
        default_domain: "",
        options: &[],
        example: Example::of(r#""default""#, "boolean DEFAULT false", "t"),
        build: default,
    },
    Definition {
        name: "empty",
        summary: "the empty value of its type: the empty string, array, range, hstore or bytea; NULL stays NULL",
        accepts: "text, arrays, ranges, multiranges, hstore, bytea",
        distinct: "no: all become equal",
        keeps_distinct: false,
        keyed: false,
        fallible: false,
        default_domain: "",
        options: &[],
        example: Example::of(r#""empty""#, "text", "secret"),
        build: empty,
    },
    Definition {
        name: "keep",
        summary: "the value as it is, on purpose",
        accepts: "every type",
        distinct: "yes",
        keeps_distinct: true,
        keyed: false,
        fallible: false,
        default_domain: "",
        options: &[],
        example: Example::of(r#""keep""#, "text", "public"),
        build: keep,
    },
    Definition {
        name: "map",
        summary: "some values become others",
        accepts: "every type; the values must be of it",
        distinct: "where no two values become one, and no other value can become one of them",
        keeps_distinct: true,
        keyed: false,
        // A value that has no place in the map is an error only where the rule says so; then nothing else may be made of it.
        fallible: false,
        default_domain: "",
        options: &[
            OptionDefinition { name: "values", kind: OptionKind::Map, default: "required", summary: "each value and what it becomes" },
            OptionDefinition {
                name: "default",
                kind: OptionKind::Scalar,
                default: "see otherwise",
                summary: "what all other values become",
            },
            OptionDefinition {
                name: "otherwise",
                kind: OptionKind::Choice(&["keep", "null", "error"]),
                default: "keep",
                summary: "what becomes of other values where there is no default: themselves, NULL, the end of the run",
            },
        ],
        example: Example::of(r#"{ mask = "map", values = { TO_SEND = "DISABLED" } }"#, "text", "TO_SEND"),
        build: map::map,
    },
    Definition {
        name: "null",
        summary: "NULL",
        accepts: "every type, unless the column is NOT NULL",
        distinct: "yes, as far as UNIQUE goes: NULLs are not compared",
        keeps_distinct: false,
        keyed: false,
        fallible: false,
        default_domain: "",
        options: &[],
        example: Example::of(r#""null""#, "text", "secret"),
        build: null,
    },
];

/// Writes NULL.
#[derive(Debug)]
struct Null;

impl Mask for Null {
    fn mask(&self, _: Cell<'_>, _: &mut Vec<u8>) -> Result<Masked, Refusal> {
        Ok(Masked::Null)
    }
}

/// Writes one text.
#[derive(Debug)]
struct Const(Vec<u8>);

impl Mask for Const {
    fn mask(&self, _: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend_from_slice(&self.0);
        Ok(Masked::Value)
    }
}

/// `keep`: fits every column.
pub fn keep(_: &Request<'_>) -> Result<Bound, BuildError> {
    let bound = Bound::new(Box::new(Null), Distinct::Same, String::new());
    Ok(Bound { mask: None, ..bound })
}

/// `null`: refused where the column refuses NULL.
pub fn null(request: &Request<'_>) -> Result<Bound, BuildError> {
    if request.target.not_null {
        let help = if request.target.is_text() { "use empty, const or another mask" } else { "use const, or another mask for its type" };
        return Err(request.misfit("the column is NOT NULL", help));
    }
    Ok(Bound { takes_empty: true, ..Bound::new(Box::new(Null), Distinct::Nulls, "null".into()) })
}

/// `empty`: types that have an empty value.
pub fn empty(request: &Request<'_>) -> Result<Bound, BuildError> {
    let value = match &request.target.kind {
        Kind::Text | Kind::Padded | Kind::Hstore => "",
        Kind::Array(_) | Kind::Range(_, true) => "{}",
        Kind::Range(_, false) => "empty",
        Kind::Bytea => r"\x",
        _ => {
            let message = format!("the empty string is no value of type {}", request.target.type_name);
            return Err(request.misfit(message, request.instead()));
        }
    };
    let fingerprint = format!("empty {value}");
    Ok(Bound { takes_empty: true, ..Bound::new(Box::new(Const(value.into())), Distinct::Lost, fingerprint) })
}

/// `default`: the column must have one that is a literal. COPY knows no marker for it before PostgreSQL 16 (and that one only
/// if its options say so), and a filter evaluates no expressions.
pub fn default(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Some(value) = &request.target.default else {
        let help = "use const with a value, or null where the column has no default";
        return Err(request.misfit("the column has no DEFAULT that is a literal", help));
    };
    literal::check(request, "mask", value)?;
    let fingerprint = format!("const {value:?}");
    let mask = Box::new(Const(literal::spelt(request, value)));
    Ok(Bound { takes_empty: true, ..Bound::new(mask, Distinct::Lost, fingerprint) })
}

/// `const`: the value must be one of the column's type, as far as this can be told.
pub fn constant(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Some(text) = request.option("value").and_then(OptionValue::to_text) else {
        return Err(request.misfit("option \"value\" is missing", "for example { mask = \"const\", value = \"x\" }"));
    };
    literal::check(request, "value", &text)?;
    // An option's text is the user's own, not the dump's: it may stand in a fingerprint.
    let fingerprint = format!("const {text:?}");
    Ok(Bound::new(Box::new(Const(literal::spelt(request, &text))), Distinct::Lost, fingerprint))
}
