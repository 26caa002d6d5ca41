//! Whether a text of a rule is a value of a column, as far as this can be told without a server: a rule that cannot hold
//! is to fail before the first row, not at the restore.

use super::super::fit::{Digits, Kind, Target};
use super::super::registry::{BuildError, Request};
use super::super::{network, number, time};
use super::array;
use crate::name::nearest;

/// Refuses a text that is no value of the column, or that the dump cannot write.
pub(super) fn check(request: &Request<'_>, option: &str, text: &str) -> Result<(), BuildError> {
    let refuse = |message: String, help: Option<String>| Err(BuildError::of(option, message, help));
    if let Some((message, help)) = wrong_for(request.target, text) {
        return refuse(message, help);
    }
    if text.contains('\0') {
        return refuse("the value holds a NUL character, which PostgreSQL takes nowhere".into(), None);
    }
    if request.target.charset.encode(text).is_none() {
        let message = format!("the dump's encoding {} cannot write the value", request.target.charset.name());
        return refuse(message, Some("use ASCII".into()));
    }
    Ok(())
}

/// A text that is a value of the column, as a dump spells it, where that is known: what a mask writes is to be what the server
/// writes back.
pub(super) fn spelt(request: &Request<'_>, text: &str) -> Vec<u8> {
    let spelt = match &request.target.kind {
        Kind::Boolean => truth(text.trim()).map(|truth| if truth { "t" } else { "f" }.to_owned()),
        Kind::Padded => Some(text.trim_end_matches(' ').to_owned()),
        Kind::Uuid if text.len() == 36 => Some(text.to_ascii_lowercase()),
        Kind::Bytea if text.starts_with("\\x") => Some(text.split_ascii_whitespace().collect::<String>().to_ascii_lowercase()),
        kind => number::spell(kind, text.as_bytes()),
    };
    spelt.unwrap_or_else(|| text.to_owned()).into_bytes()
}

/// What is wrong with a text, and what to do.
type Wrong = Option<(String, Option<String>)>;

/// Why a text is no value of a column, and what to do.
pub(in crate::mask) fn wrong_for(target: &Target, text: &str) -> Wrong {
    let expected = |what: &str| Some((format!("the value is no {}, expected {what}", target.type_name), None));
    let unless = |holds: bool, what: &str| if holds { None } else { expected(what) };
    let trimmed = text.trim();
    match &target.kind {
        Kind::Text | Kind::Padded => too_long(target, text),
        Kind::Integer(bits) => unless(fits_integer(trimmed, *bits), "a whole number in its range"),
        Kind::Numeric(digits) => numeric(target, trimmed, *digits),
        Kind::Float(bits) => unless(is_float(trimmed, *bits), "a number"),
        // How money is spelt depends on the server's locale.
        Kind::Money => unless(trimmed.bytes().any(|byte| byte.is_ascii_digit()), "an amount"),
        Kind::Boolean => unless(truth(trimmed).is_some(), "true or false"),
        Kind::Date | Kind::Timestamp | Kind::TimestampTz => unless(time::is_date(trimmed.as_bytes()), "a date as 2000-01-31"),
        Kind::Time | Kind::TimeTz => unless(time::is_time(trimmed.as_bytes()), "a time as 12:34:56"),
        Kind::Interval => unless(is_interval(trimmed), "an interval as 1 day 02:30:00"),
        Kind::Inet => unless(network::is_address(trimmed, false), "an IP address"),
        Kind::Cidr => unless(network::is_address(trimmed, true), "a network, no bit set behind its mask length"),
        Kind::Mac(bytes) => unless(is_mac(trimmed, *bytes), &format!("{} hexadecimal digits", bytes * 2)),
        Kind::Uuid => unless(is_uuid(trimmed), "32 hexadecimal digits"),
        Kind::Bytea => unless(is_bytea(text), r"hexadecimal digits as \xc3a9"),
        Kind::Enum(labels) => label(target, labels, text),
        Kind::Json => unless(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "a JSON document"),
        Kind::Array(element) => elements(target, element, trimmed),
        Kind::Range(bound, multi) => range(target, bound, *multi, trimmed),
        Kind::Composite(_) => unless(trimmed.starts_with('(') && trimmed.ends_with(')'), "fields in parentheses as (1,x)"),
        Kind::Xml | Kind::Hstore | Kind::Geo | Kind::Other => None,
    }
}

fn too_long(target: &Target, text: &str) -> Wrong {
    // Blanks at the end of char(n) are padding.
    let text = if target.kind == Kind::Padded { text.trim_end_matches(' ') } else { text };
    let length = text.chars().count();
    let max = target.max_chars.map_or(usize::MAX, |max| max as usize);
    (length > max).then(|| (format!("the value has {length} characters, the column takes {max}"), Some("shorten it".into())))
}

fn label(target: &Target, labels: &[String], text: &str) -> Wrong {
    if labels.iter().any(|label| label == text) {
        return None;
    }
    let help = nearest(text, labels.iter().map(String::as_str)).map(|near| format!("did you mean {near:?}?"));
    Some((format!("{text:?} is no label of {}, expected one of {}", target.type_name, labels.join(", ")), help))
}

/// The words for numbers that are none.
fn is_special(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().trim_start_matches(['-', '+']), "nan" | "infinity" | "inf")
}

/// A number with or without an exponent: `.5`, `1e10`.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E'))
}

fn numeric(target: &Target, text: &str, digits: Option<Digits>) -> Wrong {
    let infinite = is_special(text) && !text.eq_ignore_ascii_case("nan");
    if infinite && digits.is_some() {
        return Some((format!("{} has no infinity", target.type_name), None));
    }
    if !is_special(text) && !is_number(text) {
        return Some((format!("the value is no {}, expected a number", target.type_name), None));
    }
    let overflows = digits.is_some_and(|digits| number::overflows(text.as_bytes(), digits));
    overflows.then(|| (format!("the value has more digits before the point than {} takes", target.type_name), None))
}

fn is_float(text: &str, bits: u8) -> bool {
    let finite = if bits == 32 { text.parse::<f32>().is_ok_and(f32::is_finite) } else { text.parse::<f64>().is_ok_and(f64::is_finite) };
    is_special(text) || is_number(text) && finite
}

/// Whether a text is a whole number of so many bits.
fn fits_integer(text: &str, bits: u8) -> bool {
    text.parse::<i64>().is_ok_and(|number| match bits {
        16 => i16::try_from(number).is_ok(),
        32 => i32::try_from(number).is_ok(),
        _ => true,
    })
}

/// A boolean in the words that PostgreSQL takes (src/backend/utils/adt/bool.c, beginnings of words apart).
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// An interval as PostgreSQL writes it, in words, or as ISO 8601 has it.
fn is_interval(text: &str) -> bool {
    const UNITS: &[&str] =
        &["year", "month", "mon", "week", "day", "hour", "minute", "min", "second", "sec", "decade", "century", "centurie", "millisecond"];
    let is_unit = |word: &str| UNITS.contains(&word.strip_suffix('s').unwrap_or(word));
    let word = |word: &str| {
        let lower = word.to_ascii_lowercase();
        is_number(word) || is_unit(&lower) || lower == "ago" || time::is_time(word.trim_start_matches(['-', '+']).as_bytes())
    };
    let iso = text.strip_prefix('P').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b"YMWDTHS.,-:+".contains(&b)));
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && (iso || time::is_interval(text.as_bytes()) || text.split_ascii_whitespace().all(word))
}

/// A MAC address in any form that PostgreSQL takes (src/backend/utils/adt/mac.c): so many bytes, with `:`, `-` or `.` in
/// between.
fn is_mac(text: &str, bytes: u8) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    // macaddr8 takes the six bytes of a macaddr too.
    let enough = digits == usize::from(bytes) * 2 || bytes == 8 && digits == 12;
    enough && text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'-' | b'.'))
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

/// `\x` and pairs of digits (with blanks between the pairs); or bytes, with `\\` and `\ooo` for those that are no text
/// (`byteain` in src/backend/utils/adt/varlena.c).
fn is_bytea(text: &str) -> bool {
    if let Some(hex) = text.strip_prefix("\\x") {
        let is_pair = |word: &str| word.len().is_multiple_of(2) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        return hex.split_ascii_whitespace().all(is_pair);
    }
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [b'\\', b'\\', after @ ..] | [b'\\', b'0'..=b'3', b'0'..=b'7', b'0'..=b'7', after @ ..] => after,
            [b'\\', ..] => return false,
            [_, after @ ..] => after,
        };
    }
}

fn elements(target: &Target, element: &Target, text: &str) -> Wrong {
    let Some(found) = array::elements(text) else {
        return Some((format!("the value is no {}, expected an array as {{a,b}}", target.type_name), None));
    };
    found.iter().flatten().find_map(|text| wrong_for(element, text))
}

/// A range as `[1,5)`; a multirange as `{[1,5),[7,9)}`.
fn range(target: &Target, bound: &Target, multi: bool, text: &str) -> Wrong {
    let wrong = |what: &str| Some((format!("the value is no {}, expected {what}", target.type_name), None));
    if multi {
        return if text.starts_with('{') && text.ends_with('}') { None } else { wrong("a multirange as {[1,5),[7,9)}") };
    }
    if text.eq_ignore_ascii_case("empty") {
        return None;
    }
    let inside = text.strip_prefix(['[', '(']).and_then(|text| text.strip_suffix([']', ')']));
    let Some((lower, upper)) = inside.and_then(|inside| inside.split_once(',')) else { return wrong("a range as [1,5)") };
    let unquoted = |text: &str| text.trim_matches(['"', ' ']).to_owned();
    [lower, upper].map(unquoted).iter().filter(|end| !end.is_empty()).find_map(|end| wrong_for(bound, end))
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

    /// As PostgreSQL 15 judged them.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn literals_as_the_server_takes_them() {
        let good = [
            ("smallint", "-32768"),
            ("numeric(5,2)", "999.99"),
            ("numeric(5,2)", ".5"),
            ("numeric(5,2)", "NaN"),
            ("numeric", "Infinity"),
            ("numeric(2,-3)", "99499"),
            ("real", "3e38"),
            ("double precision", "1e308"),
            ("time", "24:00:00"),
            ("timetz", "12:34:56.7+05:30"),
            ("interval", "1 year 2 mons -3 days 04:05:06"),
            ("interval", "90 minutes"),
            ("interval", "2 weeks ago"),
            ("interval", "P1Y2M3DT4H5M6S"),
            ("macaddr", "08:00:2b:01:02:03"),
            ("macaddr", "0800.2b01.0203"),
            ("macaddr8", "08:00:2b:01:02:03"),
            ("bytea", r"\xDE AD"),
            ("bytea", r"a\\b\001"),
            ("bytea", ""),
            ("integer[]", "{1,NULL,3}"),
            ("integer[]", "{{1,2},{3,4}}"),
            ("integer[]", " { 1 , 2 } "),
            ("integer[]", "{}"),
            ("text[]", r#"{"a,b","c\"d",e f}"#),
            ("int4range", "[1,5)"),
            ("int4range", "(,5]"),
            ("int4range", "empty"),
            ("daterange", "[2024-01-01,\"2024-12-31\"]"),
            ("datemultirange", "{}"),
            ("character(3)", "abc   "),
            ("money", "12.50"),
        ];
        for (kind, text) in good {
            assert_eq!(wrong_for(&Target::of_sql(kind), text), None, "{kind} {text}");
        }
        let bad = [
            ("smallint", "32768"),
            ("numeric(5,2)", "1000"),
            ("numeric(5,2)", "999.995"),
            ("numeric(5,2)", "-Infinity"),
            ("numeric(2,-3)", "99500"),
            ("numeric", "0x"),
            ("real", "1e39"),
            ("double precision", "1e309"),
            ("time", "25:00:00"),
            ("time", "noon"),
            ("interval", "1 yaer"),
            ("interval", "soon"),
            ("macaddr", "08:00:2b:01:02"),
            ("macaddr", "08:00:2b:01:02:0g"),
            ("bytea", r"\xDEA"),
            ("bytea", r"a\b"),
            ("bytea", r"\400"),
            ("integer[]", "1,2"),
            ("integer[]", "{1,x}"),
            ("integer[]", "{1,2"),
            ("integer[]", "{1,,2}"),
            ("integer[]", "{1}}"),
            ("text[]", r#"{"a}"#),
            ("character varying(2)[]", "{abc}"),
            ("int4range", "1,5"),
            ("int4range", "[a,5)"),
            ("daterange", "[2024-02-30,)"),
            ("datemultirange", "[2024-01-01,)"),
            ("character(3)", "abcd"),
            ("money", "dear"),
        ];
        for (kind, text) in bad {
            assert!(wrong_for(&Target::of_sql(kind), text).is_some(), "{kind} {text}");
        }
    }
}
