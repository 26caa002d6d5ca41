//! bucket: what stands for all numbers of a bucket.

use std::cmp::Ordering;

use super::super::registry::{BuildError, OptionValue, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::column::{Numbers, number, number_of};
use super::decimal::{Decimal, Left, Units};

/// Where buckets begin.
#[derive(Debug)]
enum Buckets {
    Equal { size: Units, offset: Decimal },
    Bounds(Vec<Decimal>),
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    Lower,
    Middle,
    Label,
}

/// Puts numbers into buckets.
#[derive(Debug)]
struct Bucket {
    buckets: Buckets,
    written: As,
    room: usize,
    numbers: Numbers,
}

impl Buckets {
    /// The lower and the upper end of a number's bucket; `None` where it has none.
    fn find(&self, number: &Decimal) -> (Option<Decimal>, Option<Decimal>) {
        match self {
            Buckets::Equal { size, offset } => {
                let mut lower = number.copy();
                lower.subtract(offset);
                let negative = lower.is_negative();
                if lower.cut(*size) != Left::Nothing && negative {
                    lower.add_away(*size, true);
                }
                lower.add(offset);
                let mut upper = lower.copy();
                upper.add(&size.decimal());
                (Some(lower), Some(upper))
            }
            Buckets::Bounds(bounds) => {
                let above = bounds.partition_point(|bound| bound.compare(number) != Ordering::Greater);
                let lower = above.checked_sub(1).and_then(|at| bounds.get(at));
                (lower.map(Decimal::copy), bounds.get(above).map(Decimal::copy))
            }
        }
    }
}

impl Mask for Bucket {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(mut value) = self.numbers.read(cell.value)? else { return Ok(Masked::Same) };
        let (lower, upper) = self.buckets.find(&value.number);
        if self.written == As::Label {
            return self.label(lower.as_ref(), upper.as_ref(), out);
        }
        // A bucket with one end is known by that.
        value.number = match (lower, upper) {
            (Some(lower), Some(upper)) if self.written == As::Middle => middle(lower, &upper),
            (Some(end), _) | (None, Some(end)) => end,
            (None, None) => value.number,
        };
        Ok(self.numbers.write(value, out))
    }
}

/// The number half way.
fn middle(mut lower: Decimal, upper: &Decimal) -> Decimal {
    let scale = lower.scale().max(upper.scale());
    lower.add(upper);
    lower.multiply(Units { units: 5, scale: 1 });
    lower.trim(scale);
    lower
}

impl Bucket {
    /// Appends both ends, as PostgreSQL writes a range.
    fn label(&self, lower: Option<&Decimal>, upper: Option<&Decimal>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        label(lower, upper, out);
        if out.len() - mark > self.room { Err(Refusal { expected: "a number whose bucket fits the column" }) } else { Ok(Masked::Value) }
    }
}

fn label(lower: Option<&Decimal>, upper: Option<&Decimal>, out: &mut Vec<u8>) {
    out.push(if lower.is_some() { b'[' } else { b'(' });
    if let Some(lower) = lower {
        lower.write(out, b'.', 1);
    }
    out.push(b',');
    if let Some(upper) = upper {
        upper.write(out, b'.', 1);
    }
    out.push(b')');
}

/// `bucket`.
pub(super) fn bucket(request: &Request<'_>) -> Result<Bound, BuildError> {
    let numbers = Numbers::of(request, "puts numbers into buckets")?;
    let written = match request.text("as") {
        Some("label") => As::Label,
        Some("middle") => As::Middle,
        _ => As::Lower,
    };
    if written == As::Label && !request.target.is_text() {
        let message = format!("option \"as\": a label is text, but the column is {}", request.target.type_name);
        return Err(BuildError::of("as", message, Some("use \"lower\" or \"middle\"".into())));
    }
    let buckets = match (numbers.step(request, "size")?, request.option("bounds")) {
        (Some(size), None) => {
            Buckets::Equal { size, offset: numbers.value(request, "offset")?.unwrap_or(Units { units: 0, scale: 0 }.decimal()) }
        }
        (None, Some(OptionValue::List(items))) => bounds(request, &numbers, items)?,
        (None, _) => {
            return Err(request.misfit("neither \"size\" nor \"bounds\" is given", "for example size = 10, or bounds = [18, 25, 40, 65]"));
        }
        (Some(_), Some(_)) => {
            return Err(BuildError::of("bounds", "option \"bounds\": it stands beside \"size\"", Some("give one of the two".into())));
        }
    };
    if let Buckets::Bounds(bounds) = &buckets {
        let mut longest = Vec::new();
        for pair in bounds.windows(2) {
            let mut text = Vec::new();
            label(pair.first(), pair.last(), &mut text);
            longest = if text.len() > longest.len() { text } else { longest };
        }
        if written == As::Label && longest.len() > request.max_chars() {
            return Err(request.too_short("the longest label needs", longest.len()));
        }
    }
    let shown = ["size", "offset", "bounds"].map(|name| request.option(name));
    let fingerprint = format!("bucket {shown:?} {written:?} {}", numbers.fingerprint());
    Ok(request.bound(Bucket { buckets, written, room: request.max_chars(), numbers }, Distinct::Lost, fingerprint))
}

fn bounds(request: &Request<'_>, numbers: &Numbers, items: &[OptionValue]) -> Result<Buckets, BuildError> {
    if number(request, "offset")?.is_some() {
        let help = Some("leave it out".into());
        return Err(BuildError::of("offset", "option \"offset\": it is for buckets of equal size", help));
    }
    let mut bounds: Vec<Decimal> = Vec::new();
    for item in items {
        let bound = number_of("bounds", item)?;
        let mut fitted = bound.copy();
        numbers.fit(&mut fitted);
        if fitted.compare(&bound) != Ordering::Equal {
            let message = format!("option \"bounds\": one of them is no value of {}", request.target.type_name);
            return Err(BuildError::of("bounds", message, None));
        }
        if bounds.last().is_some_and(|last| last.compare(&bound) != Ordering::Less) {
            return Err(BuildError::of("bounds", "option \"bounds\": they do not rise", Some("for example [18, 25, 40, 65]".into())));
        }
        bounds.push(bound);
    }
    if bounds.is_empty() {
        return Err(BuildError::of("bounds", "option \"bounds\": there is none", Some("for example [18, 25, 40, 65]".into())));
    }
    Ok(Buckets::Bounds(bounds))
}
