//! A condition with its types known, and its evaluation: three-valued, from left to right, as far as needed.

use regex::bytes::Regex;

use super::clock::Clock;
use super::convert::Conversion;
use super::ops::Op;
use super::pattern::Like;
use super::read;
use super::types::Type;
use super::value::{List, MIXED, Value};
use crate::mask::{Refusal, Surroundings};
use crate::rules::expr::Comparison;

/// A term that can be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(Value<'static>),
    /// A column by the index of its reading.
    Column(usize, Type),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// IS DISTINCT FROM; with true, IS NOT DISTINCT FROM.
    Distinct(Box<Node>, Box<Node>, bool),
    /// `= ANY` of constants; with true, `<> ALL`.
    Among(Box<Node>, Set, bool),
    /// A comparison with the elements of an array; with true, with all of them.
    Any(Box<Node>, Comparison, Box<Node>, bool),
    Like(Box<Node>, Like, bool),
    Regex(Box<Node>, Regex, bool),
    /// LIKE with a pattern that is no constant: ignores case; negated.
    LikeTerm(Box<Node>, Box<Node>, bool, bool),
    IsNull(Box<Node>, bool),
    /// IS NULL of what may be a row.
    RowIsNull(Box<Node>, bool),
    Is(Box<Node>, Option<bool>, bool),
    List(Vec<Node>),
    Coalesce(Vec<Node>),
    /// NULL where the first two are equal, or else the third.
    NullIf(Box<[Node; 3]>),
    Case(Vec<(Node, Node)>, Box<Node>),
    Convert(Conversion, Box<Node>),
    /// A function that is NULL where an argument is.
    Apply(Op, Vec<Node>),
}

/// Constants that a value is looked up in.
#[derive(Clone, Debug)]
pub(super) struct Set {
    items: Items,
    /// Whether NULL is one of them.
    null: bool,
}

#[derive(Clone, Debug)]
enum Items {
    /// Sorted.
    Texts(Vec<Vec<u8>>),
    /// Sorted.
    Integers(Vec<i64>),
    Values(Vec<Value<'static>>),
}

impl Set {
    pub(super) fn new(values: Vec<Value<'static>>) -> Set {
        let count = values.len();
        let values: Vec<Value<'static>> = values.into_iter().filter(|value| !value.is_null()).collect();
        let null = values.len() < count;
        let text = |value: &Value<'static>| if let Value::Text(text) = value { Some(text.to_vec()) } else { None };
        let integer = |value: &Value<'static>| if let Value::Integer(number) = value { Some(*number) } else { None };
        let items = if let Some(mut texts) = values.iter().map(text).collect::<Option<Vec<_>>>() {
            texts.sort_unstable();
            Items::Texts(texts)
        } else if let Some(mut integers) = values.iter().map(integer).collect::<Option<Vec<_>>>() {
            integers.sort_unstable();
            Items::Integers(integers)
        } else {
            Items::Values(values)
        };
        Set { items, null }
    }

    fn is_empty(&self) -> bool {
        let items = match &self.items {
            Items::Texts(texts) => texts.is_empty(),
            Items::Integers(integers) => integers.is_empty(),
            Items::Values(values) => values.is_empty(),
        };
        items && !self.null
    }

    fn contains(&self, value: &Value<'_>) -> Result<bool, Refusal> {
        match (&self.items, value) {
            (Items::Texts(texts), Value::Text(text)) => Ok(texts.binary_search_by(|known| known.as_slice().cmp(text)).is_ok()),
            (Items::Integers(integers), Value::Integer(number)) => Ok(integers.binary_search(number).is_ok()),
            (Items::Values(values), _) => {
                for known in values {
                    if known.compare(value)?.is_eq() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            // Nothing but NULL.
            (Items::Texts(texts), _) if texts.is_empty() => Ok(false),
            _ => Err(MIXED),
        }
    }
}

/// What a condition is evaluated on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'r> {
    pub(super) around: &'r dyn Surroundings,
    pub(super) clock: &'r Clock,
}

fn truth(value: Option<bool>) -> Value<'static> {
    value.map_or(Value::Null, Value::Boolean)
}

impl Node {
    /// The value of the term.
    pub(super) fn value<'r>(&'r self, row: Row<'r>) -> Result<Value<'r>, Refusal> {
        match self {
            Node::Constant(value) => Ok(value.borrowed()),
            Node::Column(index, of) => match row.around.read(*index) {
                None => Ok(Value::Null),
                Some(text) => read::read(of, text, row.clock),
            },
            Node::List(items) => Ok(Value::List(List::Own(items.iter().map(|item| item.value(row)).collect::<Result<_, _>>()?))),
            Node::Coalesce(terms) => {
                for term in terms {
                    let value = term.value(row)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            Node::NullIf(terms) => {
                let [left, right, result] = &**terms;
                if compare(Comparison::Equal, left, right, row)? == Some(true) { Ok(Value::Null) } else { result.value(row) }
            }
            Node::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    if condition.truth(row)? == Some(true) {
                        return result.value(row);
                    }
                }
                otherwise.value(row)
            }
            Node::Convert(conversion, term) => match term.value(row)? {
                Value::Null => Ok(Value::Null),
                value => conversion.apply(value, row.clock),
            },
            Node::Apply(op, terms) => {
                let mut values = [const { Value::Null }; 3];
                for (term, value) in terms.iter().zip(&mut values) {
                    *value = term.value(row)?;
                    if value.is_null() {
                        return Ok(Value::Null);
                    }
                }
                op.apply(values, row.clock)
            }
            _ => self.truth(row).map(truth),
        }
    }

    /// The value of a boolean term; `None` for NULL.
    pub(super) fn truth(&self, row: Row<'_>) -> Result<Option<bool>, Refusal> {
        match self {
            Node::And(terms) => connective(terms, false, row),
            Node::Or(terms) => connective(terms, true, row),
            Node::Not(term) => Ok(term.truth(row)?.map(|truth| !truth)),
            Node::Compare(comparison, left, right) => compare(*comparison, left, right, row),
            Node::Distinct(left, right, negated) => {
                let (left, right) = (left.value(row)?, right.value(row)?);
                let distinct = match (left.is_null(), right.is_null()) {
                    (false, false) => left.compare(&right)?.is_ne(),
                    (left, right) => left != right,
                };
                Ok(Some(distinct != *negated))
            }
            Node::Among(term, set, negated) => {
                let value = term.value(row)?;
                // An empty array is decided before its NULL is looked at.
                let found = match (set.is_empty(), value.is_null()) {
                    (true, _) => Some(false),
                    (false, true) => None,
                    (false, false) => match set.contains(&value)? {
                        true => Some(true),
                        false => (!set.null).then_some(false),
                    },
                };
                Ok(found.map(|found| found != *negated))
            }
            Node::Any(term, comparison, list, all) => any(*comparison, term.value(row)?, list.value(row)?, *all),
            Node::Like(term, like, negated) => matched(term, row, *negated, |text| like.matches(text)),
            Node::Regex(term, regex, negated) => matched(term, row, *negated, |text| regex.is_match(text)),
            Node::LikeTerm(term, pattern, ignore_case, negated) => {
                let Value::Text(pattern) = pattern.value(row)? else { return Ok(None) };
                let ending = Refusal { expected: "a LIKE pattern that does not end with the escape character" };
                let like = Like::new(&pattern, None, *ignore_case).ok_or(ending)?;
                matched(term, row, *negated, |text| like.matches(text))
            }
            Node::IsNull(term, negated) => {
                let null = match &**term {
                    // A column need not be read as its type.
                    Node::Column(index, _) => row.around.read(*index).is_none(),
                    other => other.value(row)?.is_null(),
                };
                Ok(Some(null != *negated))
            }
            Node::RowIsNull(term, negated) => {
                let nulls = match term.value(row)? {
                    Value::Text(text) => read::row_nulls(&text).unwrap_or((0, 1)),
                    _ => (1, 0),
                };
                // Not each other's opposite: a row of NULL and others is neither.
                Ok(Some(if *negated { nulls.0 == 0 } else { nulls.1 == 0 }))
            }
            Node::Is(term, asked, negated) => Ok(Some((term.truth(row)? == *asked) != *negated)),
            _ => match self.value(row)? {
                Value::Boolean(truth) => Ok(Some(truth)),
                Value::Null => Ok(None),
                _ => Err(MIXED),
            },
        }
    }

    /// Whether the value of the term is the same for every row.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Node::Constant(_))
    }
}

/// AND, or (with true) OR.
fn connective(terms: &[Node], decides: bool, row: Row<'_>) -> Result<Option<bool>, Refusal> {
    let mut result = Some(!decides);
    for term in terms {
        match term.truth(row)? {
            Some(truth) if truth == decides => return Ok(Some(decides)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(result)
}

fn compare(comparison: Comparison, left: &Node, right: &Node, row: Row<'_>) -> Result<Option<bool>, Refusal> {
    let left = left.value(row)?;
    if left.is_null() {
        return Ok(None);
    }
    let right = right.value(row)?;
    if right.is_null() {
        return Ok(None);
    }
    Ok(Some(comparison.holds(left.compare(&right)?)))
}

fn any(comparison: Comparison, value: Value<'_>, list: Value<'_>, all: bool) -> Result<Option<bool>, Refusal> {
    let items = match list {
        Value::List(items) => items,
        Value::Null => return Ok(None),
        _ => return Err(MIXED),
    };
    let mut result = Some(all);
    for item in items.iter() {
        if value.is_null() {
            return Ok(None);
        }
        if item.is_null() {
            result = None;
        } else if comparison.holds(value.compare(item)?) != all {
            return Ok(Some(!all));
        }
    }
    Ok(result)
}

fn matched(term: &Node, row: Row<'_>, negated: bool, matches: impl FnOnce(&[u8]) -> bool) -> Result<Option<bool>, Refusal> {
    match term.value(row)? {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(matches(&text) != negated)),
        _ => Err(MIXED),
    }
}
