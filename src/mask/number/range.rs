//! range: a number between two others.

use std::cmp::Ordering;

use super::super::key::DomainKey;
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::column::{Form, Numbers, Value};
use super::decimal::{Decimal, Units};

/// Writes a number between two others.
#[derive(Debug)]
struct Range {
    key: DomainKey,
    min: Decimal,
    /// How many numbers there are, and the digits behind the point that they have.
    count: Units,
    numbers: Numbers,
}

/// The most numbers to choose from: 128 bits choose among them with a bias below 2⁻²⁸.
const MOST: u128 = 10u128.pow(30);

impl Mask for Range {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let drawn = self.key.hash(cell.seed).wide() % self.count.units.max(1);
        let mut number = Units { units: drawn, scale: self.count.scale }.decimal();
        number.add(&self.min);
        Ok(self.numbers.write(Value::plain(number), out))
    }
}

/// `range`.
pub(super) fn range(request: &Request<'_>) -> Result<Bound, BuildError> {
    let numbers = Numbers::of(request, "makes numbers")?;
    if matches!(numbers.form, Form::Money) {
        return Err(request.misfit(
            "it makes numbers, and how money is spelt depends on the server's locale",
            "use noise, round or bucket, which keep the spelling",
        ));
    }
    let zero = || Units { units: 0, scale: 0 }.decimal();
    let (mut min, max) = (numbers.value(request, "min")?.unwrap_or_else(zero), numbers.value(request, "max")?.unwrap_or_else(zero));
    if min.compare(&max) == Ordering::Greater {
        return Err(BuildError::of("max", "option \"max\": it is less than \"min\"", None));
    }
    let scale = digits(request, &numbers, min.scale().max(max.scale()))?;
    min.grow(scale);
    let mut span = max.copy();
    span.grow(scale);
    span.subtract(&min);
    let Some(count) = span.units().map(|span| span.units + 1).filter(|count| *count <= MOST) else {
        return Err(BuildError::of(
            "max",
            "option \"max\": there are more than 10^30 numbers between the two",
            Some("use fewer digits".into()),
        ));
    };
    let mut longest = Vec::new();
    for end in [&min, &max] {
        let mut text = Vec::new();
        let mut end = end.copy();
        end.grow(scale);
        end.write(&mut text, b'.', 1);
        longest = if text.len() > longest.len() { text } else { longest };
    }
    if request.target.is_text() && longest.len() > request.max_chars() {
        return Err(request.too_short("these numbers need", longest.len()));
    }
    let fingerprint = format!("range {} {count} {scale} {:?} {} {}", request.domain, min.units(), min.is_negative(), numbers.fingerprint());
    let count = Units { units: count, scale };
    Ok(request.bound(Range { key: request.key.clone(), min, count, numbers }, Distinct::Lost, fingerprint))
}

/// How many digits stand behind the point.
fn digits(request: &Request<'_>, numbers: &Numbers, of_ends: usize) -> Result<usize, BuildError> {
    let columns = numbers.scale().map(|scale| usize::try_from(scale).unwrap_or(0));
    let asked = request.integer("digits").and_then(|digits| usize::try_from(digits).ok());
    let wrong = |message: String| Err(BuildError::of("digits", message, Some("leave it out".into())));
    match (asked, columns) {
        (Some(asked), Some(columns)) if asked > columns => {
            wrong(format!("option \"digits\": values of {} have {columns} behind the point", request.target.type_name))
        }
        (Some(asked), _) if asked < of_ends => wrong(format!("option \"digits\": \"min\" or \"max\" has {of_ends}")),
        (Some(asked), _) => Ok(asked),
        (None, Some(columns)) => Ok(columns),
        (None, None) if matches!(numbers.form, Form::Float(_)) => Ok(of_ends.max(6)),
        (None, None) => Ok(of_ends),
    }
}
