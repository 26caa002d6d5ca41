//! map: some values become others.

use std::collections::BTreeSet;

use super::super::registry::{BuildError, OptionValue, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::literal;

/// What becomes of a value that has no place in the map.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Otherwise {
    Keep,
    Null,
    Error,
    Value(Vec<u8>),
}

/// Looks values up.
#[derive(Debug)]
struct Map {
    /// By value, in order.
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
    otherwise: Otherwise,
}

impl Mask for Map {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let at = self.pairs.binary_search_by(|(from, _)| from.as_slice().cmp(cell.value)).ok();
        let found = at.filter(|_| !cell.null).and_then(|at| self.pairs.get(at));
        let value = match (found, &self.otherwise) {
            (Some((_, to)), _) => to,
            (None, Otherwise::Value(value)) => value,
            (None, Otherwise::Keep) => return Ok(Masked::Same),
            (None, Otherwise::Null) => return Ok(Masked::Null),
            (None, Otherwise::Error) => return Err(Refusal { expected: "one of the values of the map" }),
        };
        out.extend_from_slice(value);
        Ok(Masked::Value)
    }
}

/// `map`.
pub(super) fn map(request: &Request<'_>) -> Result<Bound, BuildError> {
    let mut pairs = Vec::new();
    for (from, to) in request.table("values") {
        let to = to.to_text().unwrap_or_default();
        literal::check(request, "values", &to).map_err(|error| under(from, error))?;
        pairs.push((key(request, from)?, literal::spelt(request, &to)));
    }
    pairs.sort();
    if let Some(twice) = pairs.windows(2).find(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
        let value = twice.first().map(|(from, _)| String::from_utf8_lossy(from).into_owned()).unwrap_or_default();
        return Err(BuildError::of("values", format!("option \"values\": {value:?} is in it twice, spelt differently"), None));
    }
    if pairs.is_empty() {
        let help = Some("for example values = { draft = \"new\" }".into());
        return Err(BuildError::of("values", "option \"values\": there is none", help));
    }
    let otherwise = otherwise(request)?;
    let distinct = if keeps_distinct(request, &pairs, &otherwise) { Distinct::Kept } else { Distinct::Lost };
    let takes_empty = pairs.iter().any(|(from, _)| from.is_empty());
    // An option's text is the user's own, not the dump's: it may stand in a fingerprint.
    let written = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let shown: Vec<_> = pairs.iter().map(|(from, to)| (written(from), written(to))).collect();
    let fingerprint = format!("map {shown:?} {otherwise:?}");
    Ok(Bound { takes_empty, ..request.bound(Map { pairs, otherwise }, distinct, fingerprint) })
}

/// An error that is about one value.
fn under(from: &str, error: BuildError) -> BuildError {
    BuildError { message: format!("{from:?}: {}", error.message), path: vec!["values".into(), from.into()], ..error }
}

/// The value of a key, as a dump spells it.
fn key(request: &Request<'_>, from: &str) -> Result<Vec<u8>, BuildError> {
    literal::check(request, "values", from).map_err(|error| under(from, error))?;
    Ok(literal::spelt(request, from))
}

fn otherwise(request: &Request<'_>) -> Result<Otherwise, BuildError> {
    let word = request.text("otherwise");
    if let Some(value) = request.option("default").and_then(OptionValue::to_text) {
        if word.is_some() {
            let help = Some("give one of the two".into());
            return Err(BuildError::of("otherwise", "option \"otherwise\": it stands beside \"default\"", help));
        }
        literal::check(request, "default", &value)?;
        return Ok(Otherwise::Value(literal::spelt(request, &value)));
    }
    match word {
        Some("null") if request.target.not_null => {
            let help = Some("use \"keep\" or \"error\", or give a \"default\"".into());
            Err(BuildError::of("otherwise", "option \"otherwise\": the column is NOT NULL", help))
        }
        Some("null") => Ok(Otherwise::Null),
        Some("error") => Ok(Otherwise::Error),
        _ => Ok(Otherwise::Keep),
    }
}

/// Whether different values stay different, also when folded to lower case.
fn keeps_distinct(request: &Request<'_>, pairs: &[(Vec<u8>, Vec<u8>)], otherwise: &Otherwise) -> bool {
    let fold = |text: &[u8]| String::from_utf8_lossy(text).to_lowercase();
    let to: BTreeSet<String> = pairs.iter().map(|(_, to)| fold(to)).collect();
    if to.len() < pairs.len() {
        return false;
    }
    match otherwise {
        Otherwise::Error => true,
        // What is kept must not be what another value becomes: values change places among themselves.
        Otherwise::Keep => {
            let from: BTreeSet<String> = pairs.iter().map(|(from, _)| fold(from)).collect();
            let caseless = pairs.iter().all(|(from, _)| !String::from_utf8_lossy(from).chars().any(char::is_alphabetic));
            from.len() == pairs.len() && from == to && (caseless || !request.target.is_text())
        }
        Otherwise::Null | Otherwise::Value(_) => false,
    }
}
