//! Values as conditions work with them, and their order.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::interval::Interval;
use super::json::Tree;
use super::network::Network;
use super::numeric::Numeric;
use crate::mask::Refusal;

/// A value. What its type is, binding has made sure of: two that meet are of one kind.
#[derive(Clone, Debug)]
pub(super) enum Value<'r> {
    Null,
    Boolean(bool),
    Integer(i64),
    Numeric(Numeric),
    /// Both widths; what is a real has been rounded to one.
    Float(f64),
    Text(Cow<'r, [u8]>),
    Day(i32),
    /// Both kinds of timestamp.
    Moment(i64),
    Time(i64),
    Interval(Interval),
    Uuid(u128),
    Network(Network),
    /// The position of an enum's label.
    Label(usize),
    Json(Cow<'r, [u8]>),
    /// An array of one dimension, or the elements of one of several.
    List(List<'r>),
}

/// Elements, lent or own. (`Cow` would tie the lifetime of the elements down.)
#[derive(Clone, Debug)]
pub(super) enum List<'r> {
    Lent(&'r [Value<'r>]),
    Own(Vec<Value<'r>>),
    /// The elements of an array that has not one dimension that begins with 1.
    Shaped(Vec<Value<'r>>, Shape),
}

/// What tells apart arrays of the same elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// How many braces open at each depth, the outermost apart: with the number of elements, that gives the lengths.
    pub(super) opens: Vec<usize>,
    /// The lower bounds, where one of them is not 1.
    pub(super) lower: Vec<i32>,
}

impl<'r> List<'r> {
    fn shape(&self) -> Option<&Shape> {
        if let List::Shaped(_, shape) = self { Some(shape) } else { None }
    }

    /// Other elements in the same shape.
    pub(super) fn with<'n>(&self, items: Vec<Value<'n>>) -> List<'n> {
        match self.shape() {
            Some(shape) => List::Shaped(items, shape.clone()),
            None => List::Own(items),
        }
    }
}

impl<'r> std::ops::Deref for List<'r> {
    type Target = [Value<'r>];

    fn deref(&self) -> &[Value<'r>] {
        match self {
            List::Lent(items) => items,
            List::Own(items) | List::Shaped(items, _) => items,
        }
    }
}

/// What does not happen once types are known.
pub(super) const MIXED: Refusal = Refusal { expected: "values of one type" };

pub(super) const JSON: Refusal = Refusal { expected: "JSON" };

impl<'r> Value<'r> {
    /// The same value, of which nothing is copied.
    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Boolean(truth) => Value::Boolean(*truth),
            Value::Integer(number) => Value::Integer(*number),
            Value::Numeric(number) => Value::Numeric(number.clone()),
            Value::Float(number) => Value::Float(*number),
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Day(day) => Value::Day(*day),
            Value::Moment(moment) => Value::Moment(*moment),
            Value::Time(time) => Value::Time(*time),
            Value::Interval(interval) => Value::Interval(*interval),
            Value::Uuid(uuid) => Value::Uuid(*uuid),
            Value::Network(network) => Value::Network(*network),
            Value::Label(label) => Value::Label(*label),
            Value::Json(json) => Value::Json(Cow::Borrowed(json)),
            Value::List(list @ List::Shaped(items, _)) => Value::List(list.with(items.iter().map(Value::borrowed).collect())),
            Value::List(items) => Value::List(List::Lent(items)),
        }
    }

    /// The same value, of which nothing is borrowed.
    pub(super) fn owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Boolean(truth) => Value::Boolean(truth),
            Value::Integer(number) => Value::Integer(number),
            Value::Numeric(number) => Value::Numeric(number),
            Value::Float(number) => Value::Float(number),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Day(day) => Value::Day(day),
            Value::Moment(moment) => Value::Moment(moment),
            Value::Time(time) => Value::Time(time),
            Value::Interval(interval) => Value::Interval(interval),
            Value::Uuid(uuid) => Value::Uuid(uuid),
            Value::Network(network) => Value::Network(network),
            Value::Label(label) => Value::Label(label),
            Value::Json(json) => Value::Json(Cow::Owned(json.into_owned())),
            Value::List(items) => Value::List(items.with(items.iter().map(|item| item.borrowed().owned()).collect())),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The order of two values, neither of them NULL. Documents and arrays are equal or not: no condition asks for their
    /// order.
    pub(super) fn compare(&self, other: &Value<'_>) -> Result<Ordering, Refusal> {
        Ok(match (self, other) {
            (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
            (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
            (Value::Numeric(left), Value::Numeric(right)) => left.compare(right),
            (Value::Float(left), Value::Float(right)) => compare_floats(*left, *right),
            (Value::Text(left), Value::Text(right)) => left.cmp(right),
            (Value::Day(left), Value::Day(right)) => left.cmp(right),
            (Value::Moment(left), Value::Moment(right)) | (Value::Time(left), Value::Time(right)) => left.cmp(right),
            (Value::Interval(left), Value::Interval(right)) => left.length().cmp(&right.length()),
            (Value::Uuid(left), Value::Uuid(right)) => left.cmp(right),
            (Value::Network(left), Value::Network(right)) => left.compare(*right),
            (Value::Label(left), Value::Label(right)) => left.cmp(right),
            (Value::Json(left), Value::Json(right)) => {
                let (left, right) = (Tree::read(left).map_err(|_| JSON)?, Tree::read(right).map_err(|_| JSON)?);
                if left.equals(&right) { Ordering::Equal } else { Ordering::Greater }
            }
            (Value::List(left), Value::List(right)) => compare_lists(left, right)?,
            _ => return Err(MIXED),
        })
    }
}

/// NaN is equal to itself and greater than all (`float8_cmp_internal`).
fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// Element by element, then by length; NULL is equal to itself (`array_eq`). No condition asks for their order.
fn compare_lists(left: &List<'_>, right: &List<'_>) -> Result<Ordering, Refusal> {
    if left.shape() != right.shape() {
        return Ok(Ordering::Greater);
    }
    for (left, right) in left.iter().zip(right.iter()) {
        let order = match (left.is_null(), right.is_null()) {
            (false, false) => left.compare(right)?,
            (left, right) => left.cmp(&right),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(left.len().cmp(&right.len()))
}
