//! Conditions in simple forms: what a CHECK demands of one column, in words that a mask can work to.
//!
//! Casts between text types, as pg_dump writes them around columns and literals, are looked through.

use super::{BaseType, Comparison, Form, Function, Match, Pattern, Term, Test};
use crate::name::Name;

/// Something simple that a condition demands of a column. Like CHECK itself, none of it is said of NULL, but `NotNull`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simple {
    /// It is one of these.
    In(Vec<String>),
    /// It is a number or a date in a range: the least and the most, each with whether it is in the range itself.
    Range {
        /// The lower bound.
        low: Option<(String, bool)>,
        /// The upper bound.
        high: Option<(String, bool)>,
    },
    /// Its length in characters.
    Length {
        /// The least.
        least: u32,
        /// The most.
        most: Option<u32>,
    },
    /// It matches a regular expression of PostgreSQL.
    Matches {
        /// The expression.
        pattern: String,
        /// `~*`
        ignore_case: bool,
    },
    /// It is not the empty string.
    NotEmpty,
    /// It is not NULL.
    NotNull,
}

/// The simple forms among the conjuncts.
pub(super) fn forms(root: &Term, column: &Name) -> Vec<Simple> {
    let mut found = Vec::new();
    each_conjunct(root, &mut |term| found.extend(simple(term, column)));
    merged(found)
}

/// Whether every conjunct is of a simple form.
pub(super) fn all_are_simple(root: &Term, column: &Name) -> bool {
    let mut all = true;
    each_conjunct(root, &mut |term| all &= !simple(term, column).is_empty());
    all
}

fn each_conjunct(term: &Term, call: &mut impl FnMut(&Term)) {
    match &term.form {
        Form::And(terms) => terms.iter().for_each(|term| each_conjunct(term, call)),
        _ => call(term),
    }
}

/// Ranges and lengths put together, so that `a >= 0 AND a < 9` is one of each.
fn merged(found: Vec<Simple>) -> Vec<Simple> {
    let mut merged: Vec<Simple> = Vec::new();
    for next in found {
        let joined = merged.iter_mut().any(|known| match (known, &next) {
            (Simple::Range { low, high: high @ None }, Simple::Range { low: None, high: Some(new) }) if low.is_some() => {
                *high = Some(new.clone());
                true
            }
            (Simple::Range { low: low @ None, high }, Simple::Range { low: Some(new), high: None }) if high.is_some() => {
                *low = Some(new.clone());
                true
            }
            (Simple::Length { least, most }, Simple::Length { least: new_least, most: new_most }) => {
                *least = (*least).max(*new_least);
                *most = match (*most, *new_most) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                true
            }
            _ => false,
        });
        if !joined {
            merged.push(next);
        }
    }
    merged
}

/// The forms of one conjunct; none where it is not simple.
fn simple(term: &Term, column: &Name) -> Vec<Simple> {
    let of_column = |term: &Term| bare_column(term) == Some(column);
    match &term.form {
        Form::In(value, list, false) if of_column(value) => texts(list).map(Simple::In).into_iter().collect(),
        Form::Any(value, Test::Compare(Comparison::Equal), array, false) if of_column(value) => {
            elements(array).map(Simple::In).into_iter().collect()
        }
        // OR of equalities, as people write it.
        Form::Or(terms) => {
            let one = |term: &Term| match &term.form {
                Form::Compare(Comparison::Equal, left, right) if of_column(left) => literal(right),
                Form::Compare(Comparison::Equal, left, right) if of_column(right) => literal(left),
                _ => None,
            };
            terms.iter().map(one).collect::<Option<Vec<_>>>().map(Simple::In).into_iter().collect()
        }
        Form::Compare(comparison, left, right) => compared(*comparison, left, right, column)
            .or_else(|| compared(comparison.mirrored(), right, left, column))
            .into_iter()
            .collect(),
        Form::Between { value, low, high, symmetric: false, negated: false } => {
            let bounds = literal(low).zip(literal(high));
            let range = bounds.map(|(low, high)| {
                [Simple::Range { low: Some((low, true)), high: None }, Simple::Range { low: None, high: Some((high, true)) }]
            });
            match range {
                Some([low, high]) if of_column(value) => merged(vec![low, high]),
                Some([low, high]) if length_of(value) == Some(column) => [low, high].into_iter().filter_map(as_length).collect(),
                _ => Vec::new(),
            }
        }
        Form::Match { how: Match { pattern: Pattern::Regex, ignore_case, negated: false }, value, pattern, escape: None }
            if of_column(value) =>
        {
            literal(pattern).map(|pattern| Simple::Matches { pattern, ignore_case: *ignore_case }).into_iter().collect()
        }
        Form::IsNull(value, true) if of_column(value) => vec![Simple::NotNull],
        _ => Vec::new(),
    }
}

/// A comparison whose left side is the column, or its length.
fn compared(comparison: Comparison, left: &Term, right: &Term, column: &Name) -> Option<Simple> {
    let value = literal(right)?;
    let range = match comparison {
        Comparison::Greater => Simple::Range { low: Some((value, false)), high: None },
        Comparison::GreaterOrEqual => Simple::Range { low: Some((value, true)), high: None },
        Comparison::Less => Simple::Range { low: None, high: Some((value, false)) },
        Comparison::LessOrEqual => Simple::Range { low: None, high: Some((value, true)) },
        Comparison::Equal if bare_column(left) == Some(column) => return Some(Simple::In(vec![value])),
        Comparison::Equal if length_of(left) == Some(column) => {
            let length = value.parse().ok()?;
            return Some(Simple::Length { least: length, most: Some(length) });
        }
        Comparison::NotEqual if bare_column(left) == Some(column) && value.is_empty() => return Some(Simple::NotEmpty),
        Comparison::Equal | Comparison::NotEqual => return None,
    };
    if bare_column(left) == Some(column) {
        return Some(range);
    }
    (length_of(left) == Some(column)).then(|| as_length(range)).flatten()
}

/// A range of whole numbers as one of lengths.
fn as_length(range: Simple) -> Option<Simple> {
    let Simple::Range { low, high } = range else { return None };
    let least = match low {
        Some((low, inclusive)) => low.parse::<u32>().ok()?.checked_add(u32::from(!inclusive))?,
        None => 0,
    };
    let most = match high {
        Some((high, inclusive)) => Some(high.parse::<u32>().ok()?.checked_sub(u32::from(!inclusive))?),
        None => None,
    };
    Some(Simple::Length { least, most })
}

/// The column, maybe behind casts to text types without a length.
fn bare_column(term: &Term) -> Option<&Name> {
    match &term.form {
        Form::Column(name) => Some(name),
        Form::Cast(inner, to) if !to.array && to.modifiers.is_empty() && matches!(to.base, BaseType::Text | BaseType::Varchar) => {
            bare_column(inner)
        }
        _ => None,
    }
}

/// The column whose length is taken.
fn length_of(term: &Term) -> Option<&Name> {
    match &term.form {
        Form::Call(Function::Length, arguments) => arguments.first().and_then(bare_column),
        _ => None,
    }
}

/// What a literal says, maybe behind casts.
fn literal(term: &Term) -> Option<String> {
    match &term.form {
        Form::Text(text) | Form::Number(text) => Some(text.clone()),
        Form::Boolean(truth) => Some(if *truth { "t" } else { "f" }.to_owned()),
        Form::Cast(inner, to) if !to.array && to.modifiers.is_empty() => literal(inner),
        Form::Negate(inner) => match literal(inner) {
            Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => Some(format!("-{number}")),
            _ => None,
        },
        _ => None,
    }
}

fn texts(terms: &[Term]) -> Option<Vec<String>> {
    terms.iter().map(literal).collect()
}

/// The elements of an array of literals: `ARRAY['a', 'b']::text[]`, `'{a,b}'::text[]`.
fn elements(term: &Term) -> Option<Vec<String>> {
    match &term.form {
        Form::Array(terms) => texts(terms),
        Form::Cast(inner, to) if to.array && to.modifiers.is_empty() => elements(inner),
        // Only what needs no unquoting; anything else is not simple.
        Form::Text(text) => {
            let inner = text.strip_prefix('{')?.strip_suffix('}')?;
            let plain = |element: &&str| !element.is_empty() && !element.contains(['"', '\\', '{', '}']) && element.trim() == *element;
            let elements: Vec<&str> = inner.split(',').collect();
            let good = elements.iter().all(|element| plain(element) && !element.eq_ignore_ascii_case("null"));
            good.then(|| elements.into_iter().map(str::to_owned).collect())
        }
        _ => None,
    }
}
