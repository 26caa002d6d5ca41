//! Filters (RFC 9535, section 2.3.5), asked of a document without reading it into memory.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::path::{Comparison, Filter, Operand, Query, Segment, Selector};
use super::scan::{self, Child, Children};
use super::text;
use crate::mask::scratch;

/// Whether a filter holds for the value at `node`.
pub(super) fn holds(filter: &Filter, doc: &[u8], node: usize) -> bool {
    match filter {
        Filter::Or(all) => all.iter().any(|filter| holds(filter, doc, node)),
        Filter::And(all) => all.iter().all(|filter| holds(filter, doc, node)),
        Filter::Not(filter) => !holds(filter, doc, node),
        Filter::Exists(query) => exists(&query.segments, doc, start(query, doc, node)),
        Filter::Compare(left, comparison, right) => compare(left, *comparison, right, doc, node),
    }
}

fn start(query: &Query, doc: &[u8], node: usize) -> usize {
    if query.root { scan::blank(doc, 0) } else { node }
}

/// Whether segments lead to a node.
fn exists(segments: &[Segment], doc: &[u8], at: usize) -> bool {
    let Some((first, rest)) = segments.split_first() else { return true };
    let below = |at: usize| {
        let children = Children::of(doc, at);
        let keyed = children.keyed();
        // Counted once, where a selector asks for it.
        let count = OnceCell::new();
        let length = || *count.get_or_init(|| Children::of(doc, at).count());
        let takes = |child: &Child| first.selectors.iter().any(|selector| takes(selector, doc, &length, child, keyed));
        children.into_iter().any(|child| takes(&child) && exists(rest, doc, child.at))
    };
    if !first.descendant {
        return below(at);
    }
    let mut found = false;
    // What is no JSON is refused by the walk over the whole document.
    let _ = scan::values(doc, at, 0, |at| found = found || below(at));
    found
}

fn takes(selector: &Selector, doc: &[u8], length: &impl Fn() -> usize, child: &Child, keyed: bool) -> bool {
    match selector {
        Selector::Wildcard => true,
        Selector::Name(name) => keyed && is_key(doc, child, name.as_bytes()),
        Selector::Index(index) if *index < 0 => {
            !keyed && usize::try_from(index.unsigned_abs()).is_ok_and(|back| child.index + back == length())
        }
        Selector::Index(index) => !keyed && usize::try_from(*index) == Ok(child.index),
        Selector::Slice(slice) => !keyed && slice.takes(child.index, length()),
        Selector::Filter(filter) => holds(filter, doc, child.at),
    }
}

/// Whether a child has this key.
pub(super) fn is_key(doc: &[u8], child: &Child, name: &[u8]) -> bool {
    let inside = doc.get(child.key.0 + 1..child.key.1.saturating_sub(1)).unwrap_or_default();
    if text::is_plain(inside) {
        return inside == name;
    }
    let mut key = scratch::buffer();
    text::decode(inside, &mut key);
    key[..] == *name
}

/// The child that one selector of a path to one node means. Of children with one key it is the last, as in PostgreSQL.
pub(super) fn child(doc: &[u8], at: usize, selector: &Selector) -> Option<Child> {
    let children = Children::of(doc, at);
    let keyed = children.keyed();
    match selector {
        Selector::Name(name) if keyed => children.filter(|child| is_key(doc, child, name.as_bytes())).last(),
        Selector::Index(index) if !keyed => {
            let index = match usize::try_from(*index) {
                Ok(index) => index,
                Err(_) => children.clone().count().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
            };
            children.into_iter().nth(index)
        }
        _ => None,
    }
}

/// A value in a comparison; text is decoded.
enum Operated<'a> {
    /// There is no such node.
    Nothing,
    Null,
    Boolean(bool),
    Number(&'a [u8]),
    Text(&'a [u8]),
    /// An object or array, as it is written.
    Container(&'a [u8]),
}

/// The value of an operand; `memory` holds decoded text.
fn operate<'a>(operand: &'a Operand, doc: &'a [u8], node: usize, memory: &'a mut Vec<u8>) -> Operated<'a> {
    let query = match operand {
        Operand::Null => return Operated::Null,
        Operand::Boolean(truth) => return Operated::Boolean(*truth),
        Operand::Number(text) => return Operated::Number(text.as_bytes()),
        Operand::Text(text) => return Operated::Text(text.as_bytes()),
        Operand::Query(query) => query,
    };
    let mut at = start(query, doc, node);
    for selector in query.segments.iter().filter_map(|segment| segment.selectors.first()) {
        let Some(child) = child(doc, at, selector) else { return Operated::Nothing };
        at = child.at;
    }
    let Ok(end) = scan::skip(doc, at, 0) else { return Operated::Nothing };
    let written = doc.get(at..end).unwrap_or_default();
    match written {
        [b'"', inside @ .., b'"'] if text::is_plain(inside) => Operated::Text(inside),
        [b'"', inside @ .., b'"'] => {
            text::decode(inside, memory);
            Operated::Text(memory)
        }
        b"null" => Operated::Null,
        b"true" => Operated::Boolean(true),
        b"false" => Operated::Boolean(false),
        [b'{' | b'[', ..] => Operated::Container(written),
        _ => Operated::Number(written),
    }
}

fn compare(left: &Operand, comparison: Comparison, right: &Operand, doc: &[u8], node: usize) -> bool {
    let (mut one, mut other) = (scratch::buffer(), scratch::buffer());
    let (left, right) = (operate(left, doc, node, &mut one), operate(right, doc, node, &mut other));
    let order = match (&left, &right) {
        (Operated::Number(a), Operated::Number(b)) => compare_numbers(a, b),
        (Operated::Text(a), Operated::Text(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let equal = match (&left, &right) {
        (Operated::Nothing, Operated::Nothing) | (Operated::Null, Operated::Null) => true,
        (Operated::Boolean(a), Operated::Boolean(b)) => a == b,
        (Operated::Container(a), Operated::Container(b)) => same(a, b),
        _ => order == Some(Ordering::Equal),
    };
    match comparison {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => equal || order == Some(Ordering::Less),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => equal || order == Some(Ordering::Greater),
    }
}

/// Integers exactly, others as doubles (RFC 9535 speaks of I-JSON, which has no more).
fn compare_numbers(one: &[u8], other: &[u8]) -> Option<Ordering> {
    let (one, other) = (std::str::from_utf8(one).ok()?, std::str::from_utf8(other).ok()?);
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one.cmp(&other));
    }
    one.parse::<f64>().ok()?.partial_cmp(&other.parse::<f64>().ok()?)
}

/// Whether two objects or arrays are the same value. This one builds them in memory; objects are hardly ever compared.
fn same(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let read = |text| serde_json::from_slice::<serde_json::Value>(text).ok();
    matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}
