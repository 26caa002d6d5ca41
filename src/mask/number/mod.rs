//! Numbers: noise, round, bucket, range.
//!
//! They take the integers, numeric, real, double precision, money, and numbers in text columns and documents, whose spelling
//! is kept. They reckon in decimals of any length: what is exact in the database stays exact. NaN and the infinities stay
//! what they are; a result never leaves its type, nor its precision and scale.

use super::fit::{Digits, Kind};
use super::registry::{Definition, Example, OptionDefinition, OptionKind};
use decimal::Decimal;

mod bucket;
mod column;
mod decimal;
mod float;
mod noise;
mod range;
mod round;
#[cfg(test)]
mod tests;

const NUMBERS: &str = "smallint, integer, bigint, numeric, real, double precision, money, text";

const fn option(name: &'static str, kind: OptionKind, default: &'static str, summary: &'static str) -> OptionDefinition {
    OptionDefinition { name, kind, default, summary }
}

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "bucket",
        summary: "the bucket in which a number lies: its lower bound, its middle, or in text its bounds",
        accepts: NUMBERS,
        distinct: "no: that is its purpose",
        keeps_distinct: false,
        keyed: false,
        fallible: true,
        default_domain: "",
        options: &[
            option("size", OptionKind::Number, "required, unless bounds are given", "how wide a bucket is"),
            option("offset", OptionKind::Number, "0", "where one of the buckets begins"),
            option(
                "bounds",
                OptionKind::Scalars,
                "buckets of equal size",
                "where buckets begin, rising; what is below the first counts as being it",
            ),
            option(
                "as",
                OptionKind::Choice(&["lower", "middle", "label"]),
                "lower",
                "what is written; a label as [40,50), with the 50 left out",
            ),
        ],
        example: Example::of("{ mask = \"bucket\", size = 10, as = \"label\" }", "text", "42"),
        build: bucket::bucket,
    },
    Definition {
        name: "noise",
        summary: "a number nearby, rounded to as many digits behind the point as the number has (on floats a little finer)",
        accepts: NUMBERS,
        distinct: "no: two numbers may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: true,
        default_domain: "noise",
        options: &[
            option("absolute", OptionKind::Number, "required, unless relative is given", "the largest change, either way"),
            option(
                "relative",
                OptionKind::Number,
                "required, unless absolute is given",
                "the largest change as a part of the number: 0.1 is a tenth",
            ),
            option(
                "distribution",
                OptionKind::Choice(&["uniform", "triangular"]),
                "uniform",
                "whether all changes are equally likely, or small ones more so than large ones",
            ),
            option("min", OptionKind::Number, "that of the type", "the smallest result"),
            option("max", OptionKind::Number, "that of the type", "the largest result"),
        ],
        example: Example::of("{ mask = \"noise\", relative = 0.1, min = 0 }", "numeric(10,2)", "1234.50"),
        build: noise::noise,
    },
    Definition {
        name: "range",
        summary: "a number between two others",
        accepts: "smallint, integer, bigint, numeric, real, double precision, text",
        distinct: "no: two numbers may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "range",
        options: &[
            option("min", OptionKind::Number, "required", "the smallest number"),
            option("max", OptionKind::Number, "required", "the largest number"),
            option(
                "digits",
                OptionKind::Integer(0, 17),
                "those of the column; where it has none those of min and max, on floats 6",
                "how many digits stand behind the point",
            ),
        ],
        example: Example::of("{ mask = \"range\", min = 18, max = 99 }", "integer", "42"),
        build: range::range,
    },
    Definition {
        name: "round",
        summary: "the nearest number with fewer digits, or the nearest multiple of a step; half way it goes away from zero, as in PostgreSQL",
        accepts: NUMBERS,
        distinct: "no: that is its purpose",
        keeps_distinct: false,
        keyed: false,
        fallible: true,
        default_domain: "",
        options: &[
            option(
                "digits",
                OptionKind::Integer(-36, 36),
                "required, unless to is given",
                "how many digits stay behind the point; -2 rounds to hundreds",
            ),
            option("to", OptionKind::Number, "required, unless digits is given", "the step: 0.05, 25"),
        ],
        example: Example::of("{ mask = \"round\", digits = 1 }", "double precision", "48.8566"),
        build: round::round,
    },
];

/// Whether a number has more digits before the point, once it is rounded, than numeric(p,s) takes.
pub(super) fn overflows(text: &[u8], digits: Digits) -> bool {
    Decimal::parse(text, false).is_some_and(|mut number| {
        number.round(digits.scale.into());
        number.whole_digits() > i64::from(digits.precision) - i64::from(digits.scale)
    })
}

/// A number as a dump of a column of that kind spells it; `None` where it is none, or where the spelling is its own.
pub(super) fn spell(kind: &Kind, text: &[u8]) -> Option<String> {
    let mut number = Decimal::parse(text, false)?;
    let mut out = Vec::new();
    match kind {
        Kind::Numeric(Some(digits)) => {
            number.round(digits.scale.into());
            number.grow(usize::try_from(digits.scale).unwrap_or(0));
            number.write(&mut out, b'.', 1);
        }
        Kind::Integer(_) => number.write(&mut out, b'.', 1),
        Kind::Float(bits) => {
            let mut plain = Vec::new();
            number.write(&mut plain, b'.', 1);
            float::write(&plain, *bits, &mut out);
        }
        _ => return None,
    }
    String::from_utf8(out).ok()
}
