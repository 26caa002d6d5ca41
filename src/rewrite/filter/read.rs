//! Text → value: what the server's input functions do, for what a dump holds and for literals.

use std::borrow::Cow;

use super::calendar;
use super::clock::Clock;
use super::interval::Interval;
use super::json;
use super::network::Network;
use super::numeric::Numeric;
use super::types::Type;
use super::value::{JSON, List, Shape, Value};
use crate::mask::Refusal;

/// The value that a text is of a type. Text stays borrowed.
///
/// # Errors
/// The text is no value of the type; the refusal says what one is.
pub(super) fn read<'t>(of: &Type, text: &'t [u8], clock: &Clock) -> Result<Value<'t>, Refusal> {
    let expected = |value: Option<Value<'t>>| value.ok_or(Refusal { expected: expected(of) });
    match of {
        Type::Text | Type::Name | Type::Padded | Type::Citext | Type::Unknown => Ok(Value::Text(Cow::Borrowed(text))),
        Type::Composite(_) | Type::Opaque(_) | Type::TextDomain(_) => Ok(Value::Text(Cow::Borrowed(text))),
        Type::Boolean => expected(boolean(text).map(Value::Boolean)),
        Type::Integer(bits) => expected(integer(text).filter(|number| fits(*number, *bits)).map(Value::Integer)),
        Type::Numeric => expected(Numeric::read(text).map(Value::Numeric)),
        Type::Float(bits) => expected(float(text, *bits).map(Value::Float)),
        Type::Date => expected(calendar::read_day(text, clock).map(Value::Day)),
        Type::Timestamp => expected(calendar::read_timestamp(text, clock).map(Value::Moment)),
        Type::TimestampTz => expected(calendar::read_moment(text, clock).map(Value::Moment)),
        Type::Time => expected(calendar::read_time(text).map(Value::Time)),
        Type::Interval => expected(Interval::read(text).map(Value::Interval)),
        Type::Uuid => expected(uuid(text).map(Value::Uuid)),
        Type::Network { cidr } => expected(Network::read(text).filter(|network| !cidr || network.is_cidr()).map(Value::Network)),
        Type::Enum(enumeration) => expected(enumeration.labels.iter().position(|label| label.as_bytes() == text).map(Value::Label)),
        Type::Json => json::check(text).map(|()| Value::Json(Cow::Borrowed(text))).map_err(|_| JSON),
        Type::Jsonb => json::check(text).map(|()| Value::Json(Cow::Borrowed(text))).map_err(|_| JSON),
        Type::Array(element) => list(element, text, clock),
    }
}

/// What a value of a type looks like.
pub(super) fn expected(of: &Type) -> &'static str {
    match of {
        Type::Boolean => "a boolean",
        Type::Integer(16) => "a smallint",
        Type::Integer(64) => "a bigint",
        Type::Integer(_) => "an integer",
        Type::Numeric => "a number",
        Type::Float(_) => "a floating-point number",
        Type::Date => "a date as PostgreSQL writes it (2024-01-31)",
        Type::Timestamp => "a timestamp as PostgreSQL writes it (2024-01-31 12:30:00)",
        Type::TimestampTz => "a timestamp with time zone as PostgreSQL writes it (2024-01-31 12:30:00+00)",
        Type::Time => "a time as PostgreSQL writes it (12:30:00)",
        Type::Interval => "an interval as PostgreSQL writes it (6 mons 2 days 01:00:00)",
        Type::Uuid => "a uuid",
        Type::Network { cidr: false } => "an address (inet)",
        Type::Network { cidr: true } => "a network (cidr)",
        Type::Enum(_) => "a label of the enum",
        Type::Json | Type::Jsonb => "JSON",
        Type::Array(_) => "an array as PostgreSQL writes it ({a,b})",
        Type::Unknown | Type::Text | Type::Name | Type::Padded | Type::Citext => "text",
        Type::Composite(_) => "a row as PostgreSQL writes it ((a,b))",
        Type::Opaque(_) | Type::TextDomain(_) => "a value of its type",
    }
}

pub(super) fn fits(number: i64, bits: u8) -> bool {
    match bits {
        16 => i16::try_from(number).is_ok(),
        32 => i32::try_from(number).is_ok(),
        _ => true,
    }
}

/// `parse_bool_with_len` of src/backend/utils/adt/bool.c: any beginning of a word that tells it apart.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    if let [b't' | b'f'] = text {
        return Some(text == b"t");
    }
    let text = text.trim_ascii().to_ascii_lowercase();
    let begins = |word: &[u8], least: usize| text.len() >= least && word.starts_with(&text);
    if begins(b"true", 1) || begins(b"yes", 1) || text == b"on" || text == b"1" {
        return Some(true);
    }
    (begins(b"false", 1) || begins(b"no", 1) || begins(b"off", 2) || text == b"0").then_some(false)
}

/// Decimal digits with a sign; 64 bits.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, b| {
        let digit = b.is_ascii_digit().then(|| i64::from(b - b'0'))?;
        let ten = sum.checked_mul(10)?;
        if negative { ten.checked_sub(digit) } else { ten.checked_add(digit) }
    })
}

/// A float of one of the widths; an overflow is none.
pub(super) fn float(text: &[u8], bits: u8) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        let negative = text.starts_with('-');
        return match digits.to_ascii_lowercase().as_str() {
            "nan" => Some(f64::NAN),
            "inf" | "infinity" if negative => Some(f64::NEG_INFINITY),
            "inf" | "infinity" => Some(f64::INFINITY),
            _ => None,
        };
    }
    let number = if bits == 32 { f64::from(text.parse::<f32>().ok()?) } else { text.parse::<f64>().ok()? };
    let zero = number == 0.0 && digits.split(['e', 'E']).next().is_some_and(|mantissa| mantissa.contains(|c| ('1'..='9').contains(&c)));
    (number.is_finite() && !zero).then_some(number)
}

/// 32 hexadecimal digits, maybe with hyphens behind every fourth and braces around (`string_to_uuid`).
fn uuid(text: &[u8]) -> Option<u128> {
    let text = text.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(text);
    let (mut value, mut count) = (0_u128, 0_u32);
    let mut after_hyphen = true;
    for b in text {
        match b {
            b'-' if count % 4 == 0 && !after_hyphen && count < 32 => after_hyphen = true,
            _ => {
                let digit = char::from(*b).to_digit(16)?;
                if count == 32 {
                    return None;
                }
                value = value << 4 | u128::from(digit);
                count += 1;
                after_hyphen = false;
            }
        }
    }
    (count == 32).then_some(value)
}

/// The lower bounds of `[2:3][1:2]=`, which stand before an array where one is not 1; and what follows.
fn bounds(text: &[u8]) -> Option<(Vec<i32>, &[u8])> {
    let (mut lower, mut rest) = (Vec::new(), text);
    while let [b'[', inside @ ..] = rest {
        let end = inside.iter().position(|b| *b == b']')?;
        let written = std::str::from_utf8(inside.get(..end)?).ok()?;
        lower.push(written.split_once(':').map_or("1", |(low, _)| low).trim().parse().ok()?);
        rest = inside.get(end + 1..)?;
    }
    let body = if lower.is_empty() { rest } else { rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start() };
    if lower.iter().all(|low| *low == 1) {
        lower.clear();
    }
    Some((lower, body))
}

/// The elements of an array, all dimensions in one list.
fn list<'t>(element: &Type, text: &'t [u8], clock: &Clock) -> Result<Value<'t>, Refusal> {
    let malformed = Refusal { expected: expected(&Type::Array(Box::new(Type::Unknown))) };
    let (lower, body) = bounds(text.trim_ascii()).ok_or(malformed)?;
    let mut shape = Shape { opens: Vec::new(), lower };
    let mut items = Vec::new();
    let (mut rest, mut depth, mut due) = (body, 0_usize, true);
    while let [first, tail @ ..] = rest {
        match first {
            b'{' if due => {
                depth += 1;
                if depth > 1 {
                    shape.opens.resize(shape.opens.len().max(depth - 1), 0);
                    shape.opens.iter_mut().skip(depth - 2).take(1).for_each(|count| *count += 1);
                }
                rest = tail.trim_ascii_start();
                if rest.first() == Some(&b'}') && depth == 1 {
                    due = false;
                }
            }
            b'}' if !due && depth > 0 => {
                depth -= 1;
                rest = tail.trim_ascii_start();
                if depth == 0 {
                    let list = if shape == Shape::default() { List::Own(items) } else { List::Shaped(items, shape) };
                    return if rest.is_empty() { Ok(Value::List(list)) } else { Err(malformed) };
                }
            }
            b',' if !due && depth > 0 => {
                due = true;
                rest = tail.trim_ascii_start();
            }
            _ if due && depth > 0 => {
                let (item, left) = list_element(rest).ok_or(malformed)?;
                items.push(match item {
                    None => Value::Null,
                    Some(Cow::Borrowed(text)) => read(element, text, clock)?,
                    Some(Cow::Owned(text)) => read(element, &text, clock)?.owned(),
                });
                rest = left.trim_ascii_start();
                due = false;
            }
            _ => return Err(malformed),
        }
    }
    Err(malformed)
}

/// An element of an array without its quotes and escapes; `None` for NULL.
type Element<'t> = Option<Cow<'t, [u8]>>;

/// The first element, and what follows it.
fn list_element(text: &[u8]) -> Option<(Element<'_>, &[u8])> {
    if let [b'"', inside @ ..] = text {
        let mut own = Vec::new();
        let mut at = 0;
        loop {
            match inside.get(at)? {
                b'"' => {
                    let item = if own.is_empty() { Cow::Borrowed(inside.get(..at)?) } else { Cow::Owned(own) };
                    return Some((Some(item), inside.get(at + 1..)?));
                }
                b'\\' => {
                    if own.is_empty() {
                        own.extend_from_slice(inside.get(..at)?);
                    }
                    own.push(*inside.get(at + 1)?);
                    at += 2;
                }
                b => {
                    if !own.is_empty() {
                        own.push(*b);
                    }
                    at += 1;
                }
            }
        }
    }
    let end = text.iter().position(|b| b"{},\"".contains(b))?;
    let (item, rest) = text.split_at(end);
    let item = item.trim_ascii();
    // Without quotes an escape only ever stands in what people wrote.
    if item.is_empty() || item.contains(&b'\\') || rest.first() == Some(&b'"') {
        return None;
    }
    Some((if item.eq_ignore_ascii_case(b"null") { None } else { Some(Cow::Borrowed(item)) }, rest))
}

/// Of a row's text, how many of its fields are NULL and how many are not; `None` where it is no row.
pub(super) fn row_nulls(text: &[u8]) -> Option<(usize, usize)> {
    let inside = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    let (mut nulls, mut others) = (0, 0);
    let (mut quoted, mut empty) = (false, true);
    let mut bytes = inside.iter();
    while let Some(b) = bytes.next() {
        match b {
            b',' if !quoted => {
                if empty {
                    nulls += 1
                } else {
                    others += 1
                }
                empty = true;
                continue;
            }
            b'"' => quoted = !quoted,
            b'\\' => {
                bytes.next()?;
            }
            _ => {}
        }
        empty = false;
    }
    if empty {
        nulls += 1
    } else {
        others += 1
    }
    (!quoted).then_some((nulls, others))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_and_numbers() {
        for (text, expected) in
            [("t", Some(true)), ("TRUE", Some(true)), (" on ", Some(true)), ("of", Some(false)), ("o", None), ("", None), ("2", None)]
        {
            assert_eq!(boolean(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [
            ("-9223372036854775808", Some(i64::MIN)),
            (" +7 ", Some(7)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            ("1.0", None),
        ] {
            assert_eq!(integer(text.as_bytes()), expected, "{text}");
        }
        assert_eq!((float(b"1e400", 64), float(b"1e-400", 64), float(b"0e-400", 64)), (None, None, Some(0.0)));
        assert_eq!((float(b"1e39", 32), float(b"-Infinity", 64)), (None, Some(f64::NEG_INFINITY)));
    }

    #[test]
    fn uuids() {
        let canonical = uuid(b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        assert!(canonical.is_some());
        for text in
            ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"]
        {
            assert_eq!(uuid(text.as_bytes()), canonical, "{text}");
        }
        for text in [
            "",
            "a0eebc99",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
            "a0eebc99--9c0b4ef8bb6d6bb9bd380a11",
            "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ] {
            assert_eq!(uuid(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn arrays() {
        let clock = Clock::at(std::time::UNIX_EPOCH);
        let items = |text: &str| match list(&Type::Text, text.as_bytes(), &clock) {
            Ok(Value::List(items)) => Some(
                items
                    .iter()
                    .map(|item| match item {
                        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
                        _ => "NULL".into(),
                    })
                    .collect::<Vec<_>>(),
            ),
            _ => None,
        };
        assert_eq!(items("{}"), Some(vec![]));
        assert_eq!(
            items(r#"{a,"b c",NULL,"NULL","x\"y","","\\"}"#),
            Some(["a", "b c", "NULL", "NULL", "x\"y", "", "\\"].map(str::to_owned).into())
        );
        assert_eq!(items("{{a,b},{c,d}}").map(|items| items.len()), Some(4));
        assert_eq!(items("[2:3]={a,b}").map(|items| items.len()), Some(2));
        for text in ["", "{", "{a", "{a,}", "{,a}", "a", "{a}b", "{\"a}", "{a}{b}", "{}}"] {
            assert_eq!(items(text), None, "{text}");
        }
    }

    #[test]
    fn rows() {
        assert_eq!(row_nulls(b"(,)"), Some((2, 0)));
        assert_eq!(row_nulls(br#"(a,"b,""c",)"#), Some((1, 2)));
        assert_eq!(row_nulls(br#"("")"#), Some((0, 1)));
        assert_eq!((row_nulls(b"a"), row_nulls(b"(\"")), (None, None));
    }
}
