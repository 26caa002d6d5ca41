//! Value → value of another type: casts, written or implied.

use std::borrow::Cow;
use std::fmt::Write;

use super::calendar;
use super::clock::Clock;
use super::json::Tree;
use super::numeric::Numeric;
use super::read::{self, fits};
use super::text;
use super::types::Type;
use super::value::{JSON, MIXED, Value};
use crate::mask::Refusal;

/// A cast.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Conversion {
    /// Text, read as a type.
    Read(Type),
    /// A value of a type, written as the server writes it in a cast to text.
    Write(Type),
    /// char(n) without the blanks at its end.
    Strip,
    /// citext in lower case, by which it is compared.
    Fold,
    /// varchar(n): the rest is cut off.
    Cut(i64),
    /// char(n): cut off or filled with blanks.
    Pad(i64),
    /// A number as an integer of that width.
    ToInteger(u8),
    ToNumeric,
    /// A number as a float of that width.
    ToFloat(u8),
    /// A float whose own width is 32 bits as numeric.
    RealToNumeric,
    /// numeric(precision, scale)
    Fit(i64, i64),
    ToBoolean,
    /// A day or moment as a timestamp without time zone: from a day, or from a moment in the clock's zone.
    DayToTimestamp,
    DayToMoment,
    TimestampToMoment,
    MomentToTimestamp,
    TimestampToDay,
    MomentToDay,
    TimestampToTime,
    MomentToTime,
    /// Each element of an array.
    Each(Box<Conversion>),
    /// Several, one after the other.
    Then(Box<Conversion>, Box<Conversion>),
}

const RANGE: Refusal = Refusal { expected: "a number within the range of its type" };
const DATES: Refusal = Refusal { expected: "a time within the range of its type" };

impl Conversion {
    /// Converts a value that is not NULL.
    pub(super) fn apply<'r>(&self, value: Value<'r>, clock: &Clock) -> Result<Value<'r>, Refusal> {
        let zone = clock.zone();
        match (self, value) {
            (Conversion::Read(of), Value::Text(text)) => read_as(of, text, clock),
            (Conversion::Write(of), value) => Ok(Value::Text(write(of, value, clock)?)),
            (Conversion::Strip, Value::Text(text)) => Ok(Value::Text(text::stripped(text))),
            (Conversion::Fold, Value::Text(text)) => Ok(Value::Text(text::lower(text))),
            (Conversion::Cut(length), Value::Text(text)) => Ok(Value::Text(text::left(text, *length))),
            (Conversion::Pad(length), Value::Text(text)) => {
                let missing = usize::try_from(length - text::length(&text)).unwrap_or(0);
                let mut text = text::left(text, *length);
                if missing > 0 {
                    let own = text.to_mut();
                    own.resize(own.len() + missing, b' ');
                }
                Ok(Value::Text(text))
            }
            (Conversion::ToInteger(bits), value) => integer(&value).filter(|number| fits(*number, *bits)).map(Value::Integer).ok_or(RANGE),
            (Conversion::ToNumeric, value) => numeric(value, 64),
            (Conversion::RealToNumeric, value) => numeric(value, 32),
            (Conversion::ToFloat(bits), value) => float(&value, *bits),
            (Conversion::Fit(precision, scale), Value::Numeric(number)) => number
                .fit(*precision, *scale)
                .map(Value::Numeric)
                .ok_or(Refusal { expected: "a number that numeric(precision,scale) can hold" }),
            (Conversion::ToBoolean, Value::Integer(number)) => Ok(Value::Boolean(number != 0)),
            (Conversion::DayToTimestamp, Value::Day(day)) => calendar::of_day(day).map(Value::Moment).ok_or(DATES),
            (Conversion::DayToMoment, Value::Day(day)) => {
                calendar::of_day(day).map(|local| Value::Moment(calendar::from_local(zone, local))).ok_or(DATES)
            }
            (Conversion::TimestampToMoment, Value::Moment(local)) => Ok(Value::Moment(calendar::from_local(zone, local))),
            (Conversion::MomentToTimestamp, Value::Moment(moment)) => Ok(Value::Moment(calendar::local(zone, moment))),
            (Conversion::TimestampToDay, Value::Moment(local)) => calendar::day_of(local).map(Value::Day).ok_or(DATES),
            (Conversion::MomentToDay, Value::Moment(moment)) => {
                calendar::day_of(calendar::local(zone, moment)).map(Value::Day).ok_or(DATES)
            }
            (Conversion::TimestampToTime, Value::Moment(local)) => Ok(time_of(local)),
            (Conversion::MomentToTime, Value::Moment(moment)) => Ok(time_of(calendar::local(zone, moment))),
            (Conversion::Each(each), Value::List(items)) => {
                let convert = |item: &Value<'r>| match item {
                    Value::Null => Ok(Value::Null),
                    item => each.apply(item.clone(), clock),
                };
                Ok(Value::List(items.with(items.iter().map(convert).collect::<Result<_, _>>()?)))
            }
            (Conversion::Then(first, second), value) => match first.apply(value, clock)? {
                Value::Null => Ok(Value::Null),
                value => second.apply(value, clock),
            },
            _ => Err(MIXED),
        }
    }
}

/// Text read as a type; jsonb also gets its own form.
fn read_as<'r>(of: &Type, text: Cow<'r, [u8]>, clock: &Clock) -> Result<Value<'r>, Refusal> {
    if *of == Type::Jsonb {
        let mut out = Vec::new();
        Tree::read(&text).map_err(|_| JSON)?.write(&mut out);
        return Ok(Value::Json(Cow::Owned(out)));
    }
    match text {
        Cow::Borrowed(text) => read::read(of, text, clock),
        Cow::Owned(text) => Ok(read::read(of, &text, clock)?.owned()),
    }
}

fn time_of(local: i64) -> Value<'static> {
    match local {
        calendar::NEVER | calendar::FOREVER => Value::Null,
        _ => Value::Time(local.rem_euclid(calendar::DAY)),
    }
}

/// Rounded: numeric halves away from zero, floats to the even neighbour (`rint`).
fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Boolean(truth) => Some(i64::from(*truth)),
        Value::Numeric(number) => number.to_integer(),
        Value::Float(number) => Numeric::read(format!("{:.0}", number.round_ties_even()).as_bytes())?.to_integer(),
        _ => None,
    }
}

fn numeric(value: Value<'_>, bits: u8) -> Result<Value<'_>, Refusal> {
    match value {
        Value::Integer(number) => Ok(Value::Numeric(Numeric::whole(number))),
        Value::Float(number) => Ok(Value::Numeric(Numeric::of_float(number, bits))),
        Value::Numeric(_) => Ok(value),
        _ => Err(MIXED),
    }
}

fn float(value: &Value<'_>, bits: u8) -> Result<Value<'static>, Refusal> {
    let number = match value {
        // Decimal digits read by the standard library round once, to the nearest.
        Value::Integer(number) if bits == 32 => number.to_string().parse::<f32>().map(f64::from).map_err(|_| MIXED)?,
        Value::Integer(number) => number.to_string().parse::<f64>().map_err(|_| MIXED)?,
        Value::Numeric(number) if bits == 32 => match number {
            Numeric::Finite(..) => number.to_string().parse::<f32>().map(f64::from).map_err(|_| MIXED)?,
            _ => number.to_float(),
        },
        Value::Numeric(number) => number.to_float(),
        Value::Float(number) if bits == 32 => return narrow(*number).map(Value::Float),
        Value::Float(number) => *number,
        _ => return Err(MIXED),
    };
    let finite = !matches!(value, Value::Numeric(Numeric::NaN | Numeric::Most | Numeric::Least));
    if finite && number.is_infinite() { Err(RANGE) } else { Ok(Value::Float(number)) }
}

/// A float of 64 bits as one of 32; what becomes infinite or 0 by that is out of range.
#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what is wanted")]
pub(super) fn narrow(number: f64) -> Result<f64, Refusal> {
    let narrow = f64::from(number as f32);
    if (narrow.is_infinite() && number.is_finite()) || (narrow == 0.0 && number != 0.0) { Err(RANGE) } else { Ok(narrow) }
}

/// What a cast to text gives.
fn write<'r>(of: &Type, value: Value<'r>, clock: &Clock) -> Result<Cow<'r, [u8]>, Refusal> {
    let mut out = String::new();
    match (value, of) {
        (Value::Text(text) | Value::Json(text), _) => return Ok(text),
        (Value::Boolean(truth), _) => return Ok(Cow::Borrowed(if truth { b"true" } else { b"false" })),
        (Value::Label(label), Type::Enum(labels)) => {
            return labels.labels.get(label).map(|label| Cow::Owned(label.as_bytes().to_vec())).ok_or(MIXED);
        }
        (Value::Float(number), Type::Float(32)) => out.push_str(&shortest(number, 32)),
        (Value::Float(number), _) => out.push_str(&shortest(number, 64)),
        (Value::Integer(number), _) => {
            let _ = write!(out, "{number}");
        }
        (Value::Numeric(number), _) => {
            let _ = write!(out, "{number}");
        }
        (Value::Day(day), _) => calendar::write_day(day, &mut out),
        (Value::Moment(moment), Type::TimestampTz) => calendar::write_timestamp(moment, Some(clock.zone()), &mut out),
        (Value::Moment(moment), _) => calendar::write_timestamp(moment, None, &mut out),
        (Value::Time(time), _) => calendar::write_time(time, &mut out),
        (Value::Interval(interval), _) => interval.write(&mut out),
        (Value::Uuid(uuid), _) => {
            let digits = format!("{uuid:032x}");
            let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
            let _ = write!(out, "{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32));
        }
        (Value::Network(network), _) => {
            let _ = write!(out, "{network}");
        }
        (Value::Null | Value::Label(_) | Value::List(_), _) => return Err(MIXED),
    }
    Ok(Cow::Owned(out.into_bytes()))
}

/// The fewest digits that read as the same float, in the form of the server (`double_to_shortest_decimal_buf`: plain
/// from 0.0001 up to 15 digits before the point, 6 for real; or else with an exponent of two digits at least).
fn shortest(number: f64, bits: u8) -> String {
    if number.is_nan() || number.is_infinite() {
        return match number {
            f64::INFINITY => "Infinity".into(),
            f64::NEG_INFINITY => "-Infinity".into(),
            _ => "NaN".into(),
        };
    }
    let (plain, scientific) = if bits == 32 {
        let number = narrow(number).unwrap_or(0.0);
        let text = format!("{number:e}");
        // Digits of the narrow float: the wide one would show too many.
        let narrow: f32 = text.parse().unwrap_or(0.0);
        (format!("{narrow}"), format!("{narrow:e}"))
    } else {
        (format!("{number}"), format!("{number:e}"))
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let most = if bits == 32 { 6 } else { 15 };
    if (-4..most).contains(&exponent) {
        return plain;
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_as_the_server_writes_them() {
        for (number, written) in [
            (0.1, "0.1"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0"),
            (1.5e-300, "1.5e-300"),
            (100.0, "100"),
        ] {
            assert_eq!(shortest(number, 64), written);
        }
        assert_eq!(
            (shortest(f64::from(0.1_f32), 32), shortest(1e6, 32), shortest(123456.0, 32)),
            ("0.1".into(), "1e+06".into(), "123456".into())
        );
    }
}
