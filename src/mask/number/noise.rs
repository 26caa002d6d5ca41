//! noise: a number nearby.

use std::cmp::Ordering;

use super::super::key::{DomainKey, Stream};
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::column::{Form, Numbers, number};
use super::decimal::{Decimal, Units};

/// Numbers up to this one are drawn at once. 128 bits are so many more that each is as likely as the next to within 2⁻²⁸.
const AT_ONCE: u128 = 10u128.pow(30);

/// The steps in which a part of a number is drawn.
const STEPS: u128 = 10u128.pow(18);

/// The largest change.
#[derive(Clone, Copy, Debug)]
enum Reach {
    Absolute(Units),
    Relative(Units),
}

/// Adds noise.
#[derive(Debug)]
struct Noise {
    key: DomainKey,
    reach: Reach,
    triangular: bool,
    min: Option<Decimal>,
    max: Option<Decimal>,
    numbers: Numbers,
}

impl Mask for Noise {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(mut value) = self.numbers.read(cell.value)? else { return Ok(Masked::Same) };
        let mut stream = Stream::new(&self.key, cell.seed);
        let change = match self.reach {
            Reach::Absolute(most) => self.absolute(&mut stream, most, self.scale(&value.number, most.scale)),
            Reach::Relative(most) => self.relative(&mut stream, most, &value.number),
        };
        value.number.add(&change);
        if let Some(min) = self.min.as_ref().filter(|min| value.number.compare(min) == Ordering::Less) {
            value.number = same_scale(min, &value.number);
        }
        if let Some(max) = self.max.as_ref().filter(|max| value.number.compare(max) == Ordering::Greater) {
            value.number = same_scale(max, &value.number);
        }
        Ok(self.numbers.write(value, out))
    }
}

/// A bound, with at least as many digits behind the point as the number in whose place it stands.
fn same_scale(bound: &Decimal, number: &Decimal) -> Decimal {
    let mut bound = bound.copy();
    bound.grow(number.scale());
    bound
}

/// A number below `bound`, which must not be 0.
fn draw(stream: &mut Stream<'_>, bound: u128) -> u128 {
    ((u128::from(stream.bits()) << 64) | u128::from(stream.bits())) % bound.max(1)
}

impl Noise {
    /// How many digits a result has behind the point. A float's text says nothing of how fine it is.
    fn scale(&self, number: &Decimal, finer: usize) -> usize {
        match self.numbers.form {
            Form::Float(_) => number.scale().max(finer),
            _ => number.scale(),
        }
    }

    /// A number from 0 to twice `most`.
    fn twice(&self, stream: &mut Stream<'_>, most: u128) -> u128 {
        if self.triangular { draw(stream, most + 1) + draw(stream, most + 1) } else { draw(stream, 2 * most + 1) }
    }

    fn absolute(&self, stream: &mut Stream<'_>, most: Units, scale: usize) -> Decimal {
        // Drawn down to the last digit of the number, so that none of its own digits stays: the upper ones at once, the
        // others, if any, one by one.
        let mut drawn = Units { units: most.units, scale: most.scale };
        while drawn.scale > scale {
            drawn = Units { units: drawn.units / 10, scale: drawn.scale - 1 };
        }
        while drawn.scale < scale && drawn.units < AT_ONCE / 10 {
            drawn = Units { units: drawn.units * 10, scale: drawn.scale + 1 };
        }
        let upper = self.twice(stream, drawn.units);
        let mut change = Units { units: upper, ..drawn }.decimal();
        if upper < 2 * drawn.units {
            change.grow_with(scale, || u8::try_from(stream.below(10)).unwrap_or(0));
        }
        change.subtract(&drawn.decimal());
        change
    }

    fn relative(&self, stream: &mut Stream<'_>, most: Units, number: &Decimal) -> Decimal {
        let part = self.twice(stream, STEPS / 2);
        let mut change = number.copy();
        change.multiply(Units { units: most.units * part.abs_diff(STEPS / 2) * 2, scale: most.scale + 18 });
        if part < STEPS / 2 {
            change.negate();
        }
        let scale = self.scale(number, number.scale() + 2);
        change.round(i64::try_from(scale).unwrap_or(0));
        change
    }
}

/// `noise`.
pub(super) fn noise(request: &Request<'_>) -> Result<Bound, BuildError> {
    let numbers = Numbers::of(request, "adds noise to numbers")?;
    let reach = match (numbers.step(request, "absolute")?, relative(request)?) {
        (Some(most), None) => Reach::Absolute(most),
        (None, Some(most)) => Reach::Relative(most),
        (Some(_), Some(_)) => {
            let help = Some("give one of the two".into());
            return Err(BuildError::of("relative", "option \"relative\": it stands beside \"absolute\"", help));
        }
        (None, None) => {
            return Err(request.misfit("neither \"absolute\" nor \"relative\" is given", "for example absolute = 5, or relative = 0.1"));
        }
    };
    let (min, max) = (numbers.value(request, "min")?, numbers.value(request, "max")?);
    if let (Some(min), Some(max)) = (&min, &max)
        && min.compare(max) == Ordering::Greater
    {
        return Err(BuildError::of("max", "option \"max\": it is less than \"min\"", None));
    }
    let triangular = request.text("distribution") == Some("triangular");
    let ends = [&min, &max].map(|end| end.as_ref().map(|end| (end.is_negative(), end.units())));
    let fingerprint = format!("noise {} {reach:?} {triangular} {ends:?} {}", request.domain, numbers.fingerprint());
    Ok(request.bound(Noise { key: request.key.clone(), reach, triangular, min, max, numbers }, Distinct::Lost, fingerprint))
}

/// `relative`: a part of the number, above 0.
fn relative(request: &Request<'_>) -> Result<Option<Units>, BuildError> {
    let Some(number) = number(request, "relative")? else { return Ok(None) };
    let units = number.units().filter(|units| (1..=STEPS / 2).contains(&units.units) && !number.is_negative());
    let refuse = || {
        BuildError::of("relative", "option \"relative\": expected a number above 0 of at most 17 digits", Some("for example 0.1".into()))
    };
    units.map(Some).ok_or_else(refuse)
}
