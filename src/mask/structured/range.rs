//! bounds: one mask for both bounds of a range, and of each range of a multirange, as range_out writes them
//! (src/backend/utils/adt/rangetypes.c): `[2024-01-01,2024-02-01)`, `(,5]`, `empty`, `{[1,3),[7,9)}`.
//!
//! Ranges of whole numbers and dates come in their canonical form, with an upper bound that is just outside: that is what
//! the mask sees. Bounds that come out in the wrong order are swapped. Where both come out equal the range becomes the one
//! value (`[x,x]`), since any other would be empty. A bound that becomes NULL is none any more.

use std::cmp::Ordering;

use super::part::{Part, Quoting, Splice, is_space};
use crate::mask::fit::{Kind, Target};
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// The mask `bounds`.
pub(super) const DEFINITION: Definition = Definition {
    name: "bounds",
    summary: "a mask for both bounds of a range; they stay in order, in or out, and infinite",
    accepts: "ranges and multiranges of types that the mask takes",
    distinct: "no: what differs may be masked to the same",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "bounds",
    options: &[OptionDefinition { name: "bounds", kind: OptionKind::Mask, default: "required", summary: "the mask of the bounds" }],
    example: Example::of(r#"{ bounds = { mask = "date_shift", days = 10 } }"#, "daterange", "[2024-01-01,2024-02-01)"),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "a range as PostgreSQL writes it: [a,b), (,b] or empty; or a multirange: {[a,b)}" };

/// Masks bounds.
#[derive(Debug)]
struct Bounds {
    part: Part,
    kind: Kind,
    multi: bool,
}

impl Mask for Bounds {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let value = cell.value;
        let mut splice = Splice::new(value, out);
        if !self.multi {
            if value == b"empty" {
                return Ok(Masked::Same);
            }
            let end = self.range(cell, 0, &mut splice)?;
            return if end == value.len() { Ok(splice.finish()) } else { Err(REFUSAL) };
        }
        if value == b"{}" {
            return Ok(Masked::Same);
        }
        let mut at = 0;
        let mut before = b'{';
        while value.get(at) == Some(&before) {
            at = self.range(cell, at + 1, &mut splice)?;
            before = b',';
        }
        if before == b',' && value.get(at..) == Some(b"}") { Ok(splice.finish()) } else { Err(REFUSAL) }
    }
}

/// One bound: its text, whether it is there, and whether it belongs to the range.
struct End<'b> {
    text: &'b mut Vec<u8>,
    finite: bool,
    inclusive: bool,
}

impl Bounds {
    /// Masks the range at an offset and gives the offset behind it.
    fn range(&self, cell: Cell<'_>, at: usize, splice: &mut Splice<'_>) -> Result<usize, Refusal> {
        let value = cell.value;
        let (mut lower, mut upper) = (scratch::buffer(), scratch::buffer());
        let from = match value.get(at) {
            Some(b'[') => true,
            Some(b'(') => false,
            _ => return Err(REFUSAL),
        };
        let (comma, has_lower) = bound(value, at + 1, &mut lower)?;
        if value.get(comma) != Some(&b',') {
            return Err(REFUSAL);
        }
        let (last, has_upper) = bound(value, comma + 1, &mut upper)?;
        let to = match value.get(last) {
            Some(b']') => true,
            Some(b')') => false,
            _ => return Err(REFUSAL),
        };
        let mut lower = End { text: &mut lower, finite: has_lower, inclusive: from };
        let mut upper = End { text: &mut upper, finite: has_upper, inclusive: to };
        let changed = [self.end(&mut lower, cell)?, self.end(&mut upper, cell)?];
        if changed.contains(&true) {
            splice.before(at);
            self.write(lower, upper, splice.out);
            splice.replaced(last + 1);
        }
        Ok(last + 1)
    }

    /// Masks one bound; says whether it changed.
    fn end(&self, end: &mut End<'_>, cell: Cell<'_>) -> Result<bool, Refusal> {
        if !end.finite {
            return Ok(false);
        }
        let mut made = scratch::buffer();
        match self.part.mask(end.text, false, cell, &mut made)? {
            Masked::Same => return Ok(false),
            Masked::Null => (end.finite, end.inclusive) = (false, false),
            Masked::Value => std::mem::swap(&mut *made, end.text),
        }
        Ok(true)
    }

    fn write<'b>(&self, mut lower: End<'b>, mut upper: End<'b>, out: &mut Vec<u8>) {
        let order = if lower.finite && upper.finite { compare(&self.kind, lower.text, upper.text) } else { None };
        match order {
            Some(Ordering::Greater) => std::mem::swap(&mut lower.text, &mut upper.text),
            Some(Ordering::Equal) => (lower.inclusive, upper.inclusive) = (true, true),
            _ => {}
        }
        out.push(if lower.inclusive { b'[' } else { b'(' });
        lower.append(out);
        out.push(b',');
        upper.append(out);
        out.push(if upper.inclusive { b']' } else { b')' });
    }
}

impl End<'_> {
    fn append(&self, out: &mut Vec<u8>) {
        if !self.finite {
            return;
        }
        let mark = out.len();
        out.extend_from_slice(self.text);
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b'[' | b']' | b',') || is_space(*byte);
        if self.text.is_empty() || self.text.iter().any(special) {
            Quoting::Twice.quote(out, mark);
        }
    }
}

/// Reads a bound; gives the offset behind it and whether it is finite.
fn bound(value: &[u8], at: usize, text: &mut Vec<u8>) -> Result<(usize, bool), Refusal> {
    if value.get(at) == Some(&b'"') {
        return Ok((Quoting::Twice.unquote(value, at, text).ok_or(REFUSAL)?, true));
    }
    let rest = value.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b',' | b')' | b']' | b'(' | b'[' | b'"' | b'\\')).ok_or(REFUSAL)?;
    text.extend_from_slice(rest.get(..length).unwrap_or_default());
    Ok((at + length, length > 0))
}

/// How two values of a type are ordered; `None` where they are none of it.
fn compare(kind: &Kind, one: &[u8], other: &[u8]) -> Option<Ordering> {
    match kind {
        Kind::Date | Kind::Timestamp | Kind::TimestampTz => Some(moment(one)?.cmp(&moment(other)?)),
        _ => Some(number(one)?.cmp(&number(other)?)),
    }
}

/// Whether two values of a type are in order: for tests.
#[cfg(test)]
pub(super) fn is_ordered(kind: &Kind, one: &str, other: &str) -> Option<bool> {
    compare(kind, one.as_bytes(), other.as_bytes()).map(Ordering::is_le)
}

/// A decimal number in a form that compares: its sign, then how long its whole part is, then its digits.
#[derive(Debug, PartialEq, Eq)]
enum Number<'a> {
    /// NaN is greater than all others ("Numeric Types" in PostgreSQL's manual).
    Special(i8),
    Finite {
        negative: bool,
        whole: &'a [u8],
        fraction: &'a [u8],
    },
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Number<'_>| match number {
            Number::Special(rank) => *rank,
            Number::Finite { whole, fraction, .. } if whole.is_empty() && fraction.is_empty() => 0,
            Number::Finite { negative: true, .. } => -1,
            Number::Finite { .. } => 1,
        };
        let size = |number: &Number<'_>, other: &Number<'_>| match (number, other) {
            (Number::Finite { whole: a, fraction: b, .. }, Number::Finite { whole: c, fraction: d, .. }) => {
                (a.len(), *a, *b).cmp(&(c.len(), *c, *d))
            }
            _ => Ordering::Equal,
        };
        let order = sign(self).cmp(&sign(other));
        order.then_with(|| if sign(self) < 0 { size(other, self) } else { size(self, other) })
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn number(text: &[u8]) -> Option<Number<'_>> {
    match text {
        b"-Infinity" => return Some(Number::Special(-2)),
        b"Infinity" => return Some(Number::Special(2)),
        b"NaN" => return Some(Number::Special(3)),
        _ => {}
    }
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let point = memchr::memchr(b'.', digits).unwrap_or(digits.len());
    let (whole, fraction) = (digits.get(..point)?, digits.get(point + 1..).unwrap_or_default());
    if whole.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let zeros = whole.iter().take_while(|digit| **digit == b'0').count();
    let end = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    Some(Number::Finite { negative: digits.len() < text.len(), whole: whole.get(zeros..)?, fraction: fraction.get(..end)? })
}

/// Microseconds since 0000-03-01 UTC of a date or timestamp as DateStyle ISO has it; the ends of time for infinities.
fn moment(text: &[u8]) -> Option<i128> {
    match text {
        b"-infinity" => return Some(i128::MIN),
        b"infinity" => return Some(i128::MAX),
        _ => {}
    }
    let text = std::str::from_utf8(text).ok()?;
    let (text, bc) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i128>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if bc { 1 - year } else { year };
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let zone = time.find(['+', '-', 'Z']).unwrap_or(time.len());
    let (clock, zone) = (time.get(..zone)?, time.get(zone..)?.trim_end_matches('Z'));
    let offset = if zone.starts_with('-') { -clock_of(zone.get(1..)?)? } else { clock_of(zone.trim_start_matches('+'))? };
    Some(days * 86_400_000_000 + clock_of(clock)? - offset)
}

/// Microseconds of `HH:MM:SS.ffffff`, of which the later parts may be missing.
fn clock_of(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut units = whole.split(':').map(|part| part.parse::<i128>().ok());
    let mut unit = || units.next().unwrap_or(Some(0));
    let seconds = (unit()? * 60 + unit()?) * 60 + unit()?;
    let micros =
        fraction.bytes().chain(std::iter::repeat(b'0')).take(6).try_fold(0, |sum, b| Some(sum * 10 + i128::from(b.checked_sub(b'0')?)))?;
    Some(seconds * 1_000_000 + micros)
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Kind::Range(target, multi) = &request.target.kind else { return Err(request.wrong_kind("masks the bounds of ranges")) };
    request.needs_charset()?;
    let Some(rule) = request.option("bounds") else {
        return Err(request.misfit("option \"bounds\" is missing, expected a mask", format!("for example {}", DEFINITION.example.rule)));
    };
    let mut reads = Vec::new();
    let target = Target { charset: request.target.charset, ..(**target).clone() };
    let part = Part::bind(request, rule, &target, &mut reads).map_err(|error| error.under("bounds"))?;
    let fingerprint = format!("bounds {}", part.fingerprint);
    let kept = part.keeps();
    let bound = request.bound(Bounds { part, kind: target.kind, multi: *multi }, Distinct::Lost, fingerprint).reading(reads);
    Ok(if kept { Bound { mask: None, distinct: Distinct::Same, ..bound } } else { bound })
}
