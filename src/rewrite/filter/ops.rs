//! Functions and operators on values of which none is NULL.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::calendar;
use super::clock::Clock;
use super::convert::narrow;
use super::fields::{self, Field};
use super::interval::Interval;
use super::json::{self, Malformed, Tree};
use super::read::fits;
use super::text;
use super::value::{JSON, MIXED, Value};
use crate::mask::Refusal;

/// A function of up to three arguments.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Arithmetic on integers of that width.
    Integer(Arithmetic, u8),
    Numeric(Arithmetic),
    /// Arithmetic on floats of that width.
    Float(Arithmetic, u8),
    /// Of an integer of that width.
    NegateInteger(u8),
    NegateNumeric,
    NegateFloat,
    NegateInterval,
    AbsInteger(u8),
    AbsNumeric,
    AbsFloat,
    FloorNumeric,
    CeilNumeric,
    /// numeric to so many places.
    RoundTo,
    FloorFloat,
    CeilFloat,
    RoundFloat,
    /// date + integer; with true, date - integer.
    MoveDay(bool),
    /// date - date
    DaysBetween,
    /// timestamp + interval; with true, minus.
    MoveTimestamp(bool),
    /// timestamptz + interval; with true, minus.
    MoveMoment(bool),
    /// timestamp - timestamp
    TimeBetween,
    /// interval + interval; with true, minus.
    AddInterval(bool),
    Concat,
    Lower,
    Upper,
    Length,
    OctetLength,
    /// At the start, at the end.
    Trim(bool, bool),
    Substring,
    Left,
    Right,
    /// By key or index; as text.
    Member(bool),
    /// By index; as text; of jsonb, to which a scalar is an array of one.
    Element(bool, bool),
    /// By path; as text.
    Path(bool),
    HasKey,
    HasAnyKey,
    HasAllKeys,
    /// jsonb @> jsonb
    HoldsJson,
    /// array @> array
    HoldsList,
    /// array && array
    ListsMeet,
    /// `<<`; with true, `<<=`.
    Inside(bool),
    NetworksMeet,
    ExtractDay(Field),
    ExtractTimestamp(Field),
    ExtractMoment(Field),
    ExtractInterval(Field),
    TruncateTimestamp(Field),
    TruncateMoment(Field),
    /// timestamptz AT TIME ZONE
    LocalIn(TimeZone),
    /// timestamp AT TIME ZONE
    MomentIn(TimeZone),
}

/// `+ - * / %`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

const ZERO: Refusal = Refusal { expected: "a divisor other than 0" };
const RANGE: Refusal = Refusal { expected: "a result within the range of its type" };
const LENGTH: Refusal = Refusal { expected: "a length that is not negative" };

impl Op {
    /// Applies it; arguments that it does not take are NULL.
    pub(super) fn apply<'r>(&self, arguments: [Value<'r>; 3], clock: &Clock) -> Result<Value<'r>, Refusal> {
        let [first, second, third] = arguments;
        match self {
            Op::Integer(..)
            | Op::Numeric(_)
            | Op::Float(..)
            | Op::NegateInteger(_)
            | Op::NegateNumeric
            | Op::NegateFloat
            | Op::AbsInteger(_)
            | Op::AbsNumeric
            | Op::AbsFloat
            | Op::FloorNumeric
            | Op::CeilNumeric
            | Op::RoundTo
            | Op::FloorFloat
            | Op::CeilFloat
            | Op::RoundFloat => self.number(&first, &second),
            Op::Concat | Op::Lower | Op::Upper | Op::Length | Op::OctetLength | Op::Trim(..) | Op::Substring | Op::Left | Op::Right => {
                self.text(first, &second, &third)
            }
            Op::Member(_) | Op::Element(..) | Op::Path(_) => self.part(first, &second),
            Op::HasKey | Op::HasAnyKey | Op::HasAllKeys | Op::HoldsJson => self.document(&first, &second),
            Op::HoldsList | Op::ListsMeet | Op::Inside(_) | Op::NetworksMeet => self.relation(&first, &second),
            _ => self.time(&first, &second, clock),
        }
    }

    fn number(&self, first: &Value<'_>, second: &Value<'_>) -> Result<Value<'static>, Refusal> {
        let within = |bits: u8, number: Option<i64>| number.filter(|number| fits(*number, bits)).map(Value::Integer).ok_or(RANGE);
        match (self, first, second) {
            (Op::Integer(arithmetic, bits), Value::Integer(left), Value::Integer(right)) => {
                if *right == 0 && matches!(arithmetic, Arithmetic::Divide | Arithmetic::Modulo) {
                    return Err(ZERO);
                }
                within(
                    *bits,
                    match arithmetic {
                        Arithmetic::Add => left.checked_add(*right),
                        Arithmetic::Subtract => left.checked_sub(*right),
                        Arithmetic::Multiply => left.checked_mul(*right),
                        Arithmetic::Divide => left.checked_div(*right),
                        // What overflows there is 0 to the server.
                        Arithmetic::Modulo => Some(left.checked_rem(*right).unwrap_or(0)),
                    },
                )
            }
            (Op::Numeric(arithmetic), Value::Numeric(left), Value::Numeric(right)) => {
                let result = match arithmetic {
                    Arithmetic::Add => left.add(right),
                    Arithmetic::Subtract => left.subtract(right),
                    Arithmetic::Multiply => left.multiply(right),
                    Arithmetic::Divide => left.divide(right).ok_or(ZERO)?,
                    Arithmetic::Modulo => left.modulo(right).ok_or(ZERO)?,
                };
                Ok(Value::Numeric(result))
            }
            (Op::Float(arithmetic, bits), Value::Float(left), Value::Float(right)) => {
                float(*arithmetic, *left, *right, *bits).map(Value::Float)
            }
            (Op::NegateInteger(bits), Value::Integer(number), _) => within(*bits, number.checked_neg()),
            (Op::AbsInteger(bits), Value::Integer(number), _) => within(*bits, number.checked_abs()),
            (Op::NegateNumeric, Value::Numeric(number), _) => Ok(Value::Numeric(number.negate())),
            (Op::AbsNumeric, Value::Numeric(number), _) => Ok(Value::Numeric(number.abs())),
            (Op::FloorNumeric, Value::Numeric(number), _) => Ok(Value::Numeric(number.floor())),
            (Op::CeilNumeric, Value::Numeric(number), _) => Ok(Value::Numeric(number.ceil())),
            (Op::RoundTo, Value::Numeric(number), Value::Integer(places)) => Ok(Value::Numeric(rounded(number, *places))),
            (Op::RoundTo, Value::Numeric(number), _) => Ok(Value::Numeric(number.round(0))),
            (Op::NegateFloat, Value::Float(number), _) => Ok(Value::Float(-number)),
            (Op::AbsFloat, Value::Float(number), _) => Ok(Value::Float(number.abs())),
            (Op::FloorFloat, Value::Float(number), _) => Ok(Value::Float(number.floor())),
            (Op::CeilFloat, Value::Float(number), _) => Ok(Value::Float(number.ceil())),
            (Op::RoundFloat, Value::Float(number), _) => Ok(Value::Float(number.round_ties_even())),
            _ => Err(MIXED),
        }
    }

    fn text<'r>(&self, first: Value<'r>, second: &Value<'r>, third: &Value<'r>) -> Result<Value<'r>, Refusal> {
        let Value::Text(value) = first else { return Err(MIXED) };
        Ok(match (self, second, third) {
            (Op::Concat, Value::Text(right), _) => Value::Text(Cow::Owned([&*value, &**right].concat())),
            (Op::Lower, ..) => Value::Text(text::lower(value)),
            (Op::Upper, ..) => Value::Text(text::upper(value)),
            (Op::Length, ..) => Value::Integer(text::length(&value)),
            (Op::OctetLength, ..) => Value::Integer(i64::try_from(value.len()).unwrap_or(i64::MAX)),
            (Op::Trim(start, end), Value::Text(set), _) => Value::Text(text::trim(value, set, *start, *end)),
            (Op::Trim(start, end), Value::Null, _) => Value::Text(text::trim(value, b" ", *start, *end)),
            (Op::Substring, Value::Integer(from), Value::Integer(count)) => {
                Value::Text(text::substring(value, *from, Some(*count)).ok_or(LENGTH)?)
            }
            (Op::Substring, Value::Integer(from), Value::Null) => Value::Text(text::substring(value, *from, None).ok_or(LENGTH)?),
            (Op::Left, Value::Integer(count), _) => Value::Text(text::left(value, *count)),
            (Op::Right, Value::Integer(count), _) => Value::Text(text::right(value, *count)),
            _ => return Err(MIXED),
        })
    }

    /// A part of a document.
    fn part<'r>(&self, first: Value<'r>, second: &Value<'r>) -> Result<Value<'r>, Refusal> {
        let Value::Json(document) = first else { return Err(MIXED) };
        match document {
            Cow::Borrowed(document) => self.part_of(document, second),
            Cow::Owned(document) => self.part_of(&document, second).map(Value::owned),
        }
    }

    fn part_of<'r>(&self, document: &'r [u8], second: &Value<'_>) -> Result<Value<'r>, Refusal> {
        let malformed = |_: Malformed| JSON;
        let (found, as_text) = match (self, second) {
            (Op::Member(as_text), Value::Text(key)) => (json::member(document, key).map_err(malformed)?, as_text),
            (Op::Element(as_text, true), Value::Integer(0 | -1)) if json::is_scalar_document(document) => (Some(document), as_text),
            (Op::Element(as_text, _), Value::Integer(index)) => (json::element(document, *index).map_err(malformed)?, as_text),
            (Op::Path(as_text), Value::List(path)) => {
                let mut here = Some(document.trim_ascii());
                for name in path.iter() {
                    let Value::Text(name) = name else { return Ok(Value::Null) };
                    let Some(outer) = here else { return Ok(Value::Null) };
                    here = json::step(outer, name).map_err(malformed)?;
                }
                (here, as_text)
            }
            _ => return Err(MIXED),
        };
        let Some(found) = found else { return Ok(Value::Null) };
        if !as_text {
            return Ok(Value::Json(Cow::Borrowed(found)));
        }
        Ok(json::as_text(found).map_err(malformed)?.map_or(Value::Null, Value::Text))
    }

    fn document(&self, first: &Value<'_>, second: &Value<'_>) -> Result<Value<'static>, Refusal> {
        let Value::Json(document) = first else { return Err(MIXED) };
        let has = |key: &Value<'_>| match key {
            Value::Text(key) => json::has_key(document, key).map_err(|_| JSON),
            // NULL is no key.
            _ => Ok(matches!(self, Op::HasAllKeys)),
        };
        let found = match (self, second) {
            (Op::HasKey, key) => has(key)?,
            (Op::HasAnyKey, Value::List(keys)) => keys.iter().map(has).collect::<Result<Vec<_>, _>>()?.contains(&true),
            (Op::HasAllKeys, Value::List(keys)) => !keys.iter().map(has).collect::<Result<Vec<_>, _>>()?.contains(&false),
            (Op::HoldsJson, Value::Json(asked)) => {
                let (document, asked) = (Tree::read(document).map_err(|_| JSON)?, Tree::read(asked).map_err(|_| JSON)?);
                document.contains(&asked)
            }
            _ => return Err(MIXED),
        };
        Ok(Value::Boolean(found))
    }

    fn relation(&self, first: &Value<'_>, second: &Value<'_>) -> Result<Value<'static>, Refusal> {
        let among = |item: &Value<'_>, items: &[Value<'_>]| {
            let same = |other: &Value<'_>| Ok::<bool, Refusal>(!other.is_null() && !item.is_null() && item.compare(other)?.is_eq());
            items.iter().map(same).collect::<Result<Vec<_>, _>>().map(|found| found.contains(&true))
        };
        Ok(Value::Boolean(match (self, first, second) {
            (Op::HoldsList, Value::List(own), Value::List(asked)) => {
                !asked.iter().map(|item| among(item, own)).collect::<Result<Vec<_>, _>>()?.contains(&false)
            }
            (Op::ListsMeet, Value::List(left), Value::List(right)) => {
                left.iter().map(|item| among(item, right)).collect::<Result<Vec<_>, _>>()?.contains(&true)
            }
            (Op::Inside(or_equal), Value::Network(left), Value::Network(right)) => left.inside(*right, !or_equal),
            (Op::NetworksMeet, Value::Network(left), Value::Network(right)) => left.overlaps(*right),
            _ => return Err(MIXED),
        }))
    }

    fn time(&self, first: &Value<'_>, second: &Value<'_>, clock: &Clock) -> Result<Value<'static>, Refusal> {
        const OUT: Refusal = Refusal { expected: "a time within the range of its type" };
        let signed = |interval: &Interval, minus: bool| if minus { interval.negate().ok_or(OUT) } else { Ok(*interval) };
        match (self, first, second) {
            (Op::MoveDay(_), Value::Day(calendar::NEVER_DAY | calendar::FOREVER_DAY), _) => Ok(first.borrowed().owned()),
            (Op::MoveDay(minus), Value::Day(day), Value::Integer(count)) => {
                let moved = i64::from(*day) + if *minus { -count } else { *count };
                calendar::as_day(moved).map(Value::Day).ok_or(OUT)
            }
            (Op::DaysBetween, Value::Day(later), Value::Day(earlier)) => {
                let finite = |day: i32| !matches!(day, calendar::NEVER_DAY | calendar::FOREVER_DAY);
                let between = i64::from(*later) - i64::from(*earlier);
                if finite(*later) && finite(*earlier) { Ok(Value::Integer(between)) } else { Err(OUT) }
            }
            (Op::MoveTimestamp(minus), Value::Moment(local), Value::Interval(interval)) => {
                signed(interval, *minus)?.after(*local).map(Value::Moment).ok_or(OUT)
            }
            (Op::MoveMoment(minus), Value::Moment(moment), Value::Interval(interval)) => {
                signed(interval, *minus)?.after_in(*moment, clock.zone()).map(Value::Moment).ok_or(OUT)
            }
            (Op::TimeBetween, Value::Moment(later), Value::Moment(earlier)) => {
                Interval::between(*later, *earlier).map(Value::Interval).ok_or(OUT)
            }
            (Op::AddInterval(minus), Value::Interval(left), Value::Interval(right)) => {
                left.add(signed(right, *minus)?).map(Value::Interval).ok_or(OUT)
            }
            (Op::NegateInterval, Value::Interval(interval), _) => interval.negate().map(Value::Interval).ok_or(OUT),
            (Op::ExtractDay(field), Value::Day(day), _) => Ok(fields::of_day(*field, *day)),
            (Op::ExtractTimestamp(field), Value::Moment(local), _) => Ok(fields::of_moment(*field, *local, *local)),
            (Op::ExtractMoment(field), Value::Moment(moment), _) => {
                Ok(fields::of_moment(*field, calendar::local(clock.zone(), *moment), *moment))
            }
            (Op::ExtractInterval(field), Value::Interval(interval), _) => fields::of_interval(*field, *interval),
            (Op::TruncateTimestamp(field), Value::Moment(local), _) => Ok(Value::Moment(fields::truncate(*field, *local))),
            (Op::TruncateMoment(field), Value::Moment(moment), _) => Ok(Value::Moment(fields::truncate_in(*field, *moment, clock.zone()))),
            (Op::LocalIn(zone), Value::Moment(moment), _) => Ok(Value::Moment(calendar::local(zone, *moment))),
            (Op::MomentIn(zone), Value::Moment(local), _) => Ok(Value::Moment(calendar::from_local(zone, *local))),
            _ => Err(MIXED),
        }
    }
}

/// To so many places, of which the server takes 2000 at most either way (`numeric_round`).
fn rounded(number: &super::numeric::Numeric, places: i64) -> super::numeric::Numeric {
    number.round(places.clamp(-2000, 2000))
}

/// What overflows or vanishes is out of range (`check_float8_val`, `float8_div`).
fn float(arithmetic: Arithmetic, left: f64, right: f64, bits: u8) -> Result<f64, Refusal> {
    let result = match arithmetic {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide if right == 0.0 && !left.is_nan() => return Err(ZERO),
        Arithmetic::Divide => left / right,
        Arithmetic::Modulo => return Err(MIXED),
    };
    let result = if bits == 32 { narrow(result)? } else { result };
    let vanished = match arithmetic {
        Arithmetic::Multiply => left != 0.0 && right != 0.0,
        Arithmetic::Divide => left != 0.0 && !right.is_infinite(),
        _ => false,
    };
    if (result.is_infinite() && left.is_finite() && right.is_finite()) || (result == 0.0 && vanished) { Err(RANGE) } else { Ok(result) }
}
