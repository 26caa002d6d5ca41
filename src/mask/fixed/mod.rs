//! Masks that do not look at the value: keep, null, empty, const.

use super::fit::{Kind, Target};
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, OptionValue, Request};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use crate::name::nearest;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
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
        name: "empty",
        summary: "the empty string; NULL stays NULL",
        accepts: "text",
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

/// `empty`: text only.
pub fn empty(request: &Request<'_>) -> Result<Bound, BuildError> {
    if !request.target.is_text() {
        let message = format!("the empty string is no value of type {}", request.target.type_name);
        return Err(request.misfit(message, request.instead()));
    }
    Ok(Bound { takes_empty: true, ..Bound::new(Box::new(Const(Vec::new())), Distinct::Lost, "empty".into()) })
}

/// `const`: the value must be one of the column's type, as far as this can be told.
pub fn constant(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Some(text) = request.option("value").and_then(OptionValue::to_text) else {
        return Err(request.misfit("option \"value\" is missing", "for example { mask = \"const\", value = \"x\" }"));
    };
    let refuse = |message: String, help: Option<String>| BuildError::of("value", message, help);
    if let Some((message, help)) = wrong_for(request.target, &text) {
        return Err(refuse(message, help));
    }
    if text.contains('\0') {
        return Err(refuse("the value holds a NUL character, which PostgreSQL takes nowhere".into(), None));
    }
    if request.target.charset.encode(&text).is_none() {
        return Err(refuse(
            format!("the dump's encoding {} cannot write the value", request.target.charset.name()),
            Some("use ASCII".into()),
        ));
    }
    // An option's text is the user's own, not the dump's: it may stand in a fingerprint.
    let fingerprint = format!("const {text:?}");
    Ok(Bound::new(Box::new(Const(text.into_bytes())), Distinct::Lost, fingerprint))
}

/// Why a text is no value of a column, and what to do.
pub(super) fn wrong_for(target: &Target, text: &str) -> Option<(String, Option<String>)> {
    let expected = |what: &str| Some((format!("the value is no {}, expected {what}", target.type_name), None));
    let trimmed = text.trim();
    match &target.kind {
        Kind::Text | Kind::Padded => {
            let length = text.chars().count();
            let max = target.max_chars.map_or(usize::MAX, |max| max as usize);
            (length > max).then(|| (format!("the value has {length} characters, the column takes {max}"), Some("shorten it".into())))
        }
        Kind::Integer(bits) if !fits_integer(trimmed, *bits) => expected("a whole number in its range"),
        Kind::Numeric(_) | Kind::Float(_) => {
            let special = matches!(trimmed.to_ascii_lowercase().as_str(), "nan" | "infinity" | "-infinity" | "inf" | "-inf");
            if special || (trimmed.parse::<f64>().is_ok() && !trimmed.contains(char::is_alphabetic)) || is_exponent(trimmed) {
                None
            } else {
                expected("a number")
            }
        }
        Kind::Boolean => {
            let words = ["t", "f", "true", "false", "yes", "no", "on", "off", "1", "0", "y", "n"];
            if words.contains(&trimmed.to_ascii_lowercase().as_str()) { None } else { expected("true or false") }
        }
        Kind::Date | Kind::Timestamp | Kind::TimestampTz => {
            if super::time::is_date(trimmed.as_bytes()) {
                None
            } else {
                expected("a date as 2000-01-31")
            }
        }
        Kind::Inet | Kind::Cidr => {
            let network = target.kind == Kind::Cidr;
            if super::network::is_address(trimmed, network) {
                None
            } else {
                expected(if network { "a network, no bit set behind its mask length" } else { "an IP address" })
            }
        }
        Kind::Uuid => {
            if is_uuid(trimmed) {
                None
            } else {
                expected("32 hexadecimal digits")
            }
        }
        Kind::Enum(labels) if !labels.iter().any(|label| label == text) => {
            let help = nearest(text, labels.iter().map(String::as_str)).map(|near| format!("did you mean {near:?}?"));
            Some((format!("{text:?} is no label of {}, expected one of {}", target.type_name, labels.join(", ")), help))
        }
        Kind::Json => {
            if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
                None
            } else {
                expected("a JSON document")
            }
        }
        _ => None,
    }
}

/// Whether a text is a whole number of so many bits.
fn fits_integer(text: &str, bits: u8) -> bool {
    text.parse::<i64>().is_ok_and(|number| match bits {
        16 => i16::try_from(number).is_ok(),
        32 => i32::try_from(number).is_ok(),
        _ => true,
    })
}

/// A number with an exponent: `1e10`.
fn is_exponent(text: &str) -> bool {
    text.parse::<f64>().is_ok() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E'))
}

/// A uuid in any form that PostgreSQL takes: hyphens behind any four digits, braces around it all
/// (src/backend/utils/adt/uuid.c, `string_to_uuid`).
fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'));
    let mut digits = 0;
    let mut after_hyphen = false;
    for byte in text.unwrap_or_default().bytes() {
        match byte {
            b'-' if digits > 0 && digits % 4 == 0 && !after_hyphen => after_hyphen = true,
            _ if byte.is_ascii_hexdigit() => {
                digits += 1;
                after_hyphen = false;
            }
            _ => return false,
        }
    }
    digits == 32 && !after_hyphen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PostgreSQL 15 judged them.
    #[test]
    fn uuids_as_the_server_takes_them() {
        let digits = "6d3f0a3c1e5b7d4f8a9b0c1d2e3f4a5b";
        assert!(is_uuid(digits) && is_uuid(&format!("{{{digits}}}")) && is_uuid("6d3f-0a3c-1e5b7d4f8a9b0c1d2e3f4a5b"));
        for text in ["", "{}", &digits[1..], "6d-3f0a3c1e5b7d4f8a9b0c1d2e3f4a5b"] {
            assert!(!is_uuid(text), "{text}");
        }
        assert!(!is_uuid(&format!("{{{digits}")) && !is_uuid(&format!("{digits}}}")) && !is_uuid(&format!("{digits}-")));
    }
}
