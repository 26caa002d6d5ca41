//! choice: one of some values.

use super::super::fit::Kind;
use super::super::key::{DomainKey, below};
use super::super::registry::{BuildError, OptionValue, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::literal;

/// Chooses one of some values.
#[derive(Debug)]
struct Choice {
    key: DomainKey,
    values: Vec<Vec<u8>>,
    /// For each value the first number that is no longer its own; empty where all are chosen alike.
    ends: Vec<u64>,
}

impl Mask for Choice {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed).high;
        let count = self.values.len();
        let at = if self.ends.is_empty() {
            usize::try_from(below(random, count as u64)).unwrap_or(0)
        } else {
            self.ends.partition_point(|end| *end <= random).min(count.saturating_sub(1))
        };
        out.extend_from_slice(self.values.get(at).map(Vec::as_slice).unwrap_or_default());
        Ok(Masked::Value)
    }
}

/// `choice`.
pub(super) fn choice(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let mut values = values(request)?;
    for value in &values {
        literal::check(request, "values", value)?;
    }
    let weights = weights(request, values.len())?;
    let mut ends = Vec::new();
    if let Some(weights) = weights {
        let mut chosen = weights.iter();
        values.retain(|_| chosen.next().is_some_and(|weight| *weight > 0.0));
        ends = shares(weights.into_iter().filter(|weight| *weight > 0.0).collect());
    }
    let fingerprint = format!("choice {} {values:?} {ends:?}", request.domain);
    let values = values.iter().map(|value| literal::spelt(request, value)).collect();
    Ok(request.bound(Choice { key: request.key.clone(), values, ends }, Distinct::Lost, fingerprint))
}

/// The values to choose from.
fn values(request: &Request<'_>) -> Result<Vec<String>, BuildError> {
    let found = match (request.option("values"), &request.target.kind) {
        (Some(OptionValue::List(items)), _) => items.iter().filter_map(OptionValue::to_text).collect(),
        (_, Kind::Enum(labels)) => labels.clone(),
        (_, Kind::Boolean) => vec!["t".to_owned(), "f".to_owned()],
        _ => return Err(request.misfit("option \"values\" is missing", "for example values = [\"a\", \"b\"]")),
    };
    if found.is_empty() {
        let help = Some("for example values = [\"a\", \"b\"]".into());
        return Err(BuildError::of("values", "option \"values\": there is none", help));
    }
    Ok(found)
}

/// How often each value is chosen beside the others.
fn weights(request: &Request<'_>, count: usize) -> Result<Option<Vec<f64>>, BuildError> {
    let Some(OptionValue::List(items)) = request.option("weights") else { return Ok(None) };
    let wrong = |message: String| Err(BuildError::of("weights", format!("option \"weights\": {message}"), None));
    if items.len() != count {
        return wrong(format!("there are {} of them for {count} values", items.len()));
    }
    let number = |item: &OptionValue| match item {
        OptionValue::Integer(number) => Some(*number as f64),
        OptionValue::Float(number) => Some(*number),
        _ => None,
    };
    let weights: Vec<f64> = items.iter().filter_map(number).filter(|weight| (0.0..=1e15).contains(weight)).collect();
    if weights.len() < items.len() {
        return wrong("expected numbers from 0 to 10^15".into());
    }
    if !weights.iter().any(|weight| *weight > 0.0) {
        return wrong("all are 0".into());
    }
    Ok(Some(weights))
}

/// The ends of the values' shares of all 64-bit numbers. Sums and quotients of floats are the same on every machine
/// (IEEE 754).
fn shares(weights: Vec<f64>) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let share = |weight| {
        sum += weight;
        (sum / total * 18_446_744_073_709_551_616.0) as u64
    };
    weights.into_iter().map(share).collect()
}
