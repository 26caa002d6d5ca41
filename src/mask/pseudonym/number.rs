//! permute on numbers: another number of as many digits before and behind the point.

use super::letters::{Alphabet, Way, drawn, permute};
use crate::encoding::Charset;
use crate::mask::key::{DomainKey, below};
use crate::mask::permutation::Permutation;
use crate::mask::{Cell, Mask, Masked, Refusal, scratch};

/// More digits are permuted as text: [`Permutation`] takes no more.
const MOST_DIGITS: usize = 36;

const EXPECTED: Refusal = Refusal { expected: "a number" };

/// Numbers, among those of the same sign and as many digits that the type takes. On numeric, zero stays. The sign, zeros at the end of the fraction
/// and an exponent stay; so does the zero before a fraction, so that numeric(2,2) takes the result.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) key: DomainKey,
    /// The largest number of an integer type; its least is one further from zero.
    pub(super) max: Option<u128>,
}

/// A number taken apart.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    /// Digits behind the point, without the zeros at their end.
    fraction: &'a str,
    /// Those zeros with the point, where there is no other fraction, and the exponent.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    /// Reads a number as the server writes it, or JSON.
    fn read(text: &'a str) -> Option<Parts<'a>> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let end = digits.find(['e', 'E']).unwrap_or(digits.len());
        let mantissa = digits.get(..end)?;
        let whole = mantissa.split('.').next()?;
        let fraction = mantissa.get(whole.len()..)?.strip_prefix('.').unwrap_or_default();
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let taken = whole.len() + if fraction.is_empty() { 0 } else { 1 + fraction.len() };
        Some(Parts { negative, whole, fraction, rest: digits.get(taken..)? })
    }

    /// Its digits that change: all, but for the zero before a fraction.
    fn digits(self) -> usize {
        self.fraction.len() + if self.is_below_one() { 0 } else { self.whole.len() }
    }

    fn is_below_one(self) -> bool {
        self.whole == "0" && !self.fraction.is_empty()
    }

    fn is_zero(self) -> bool {
        self.whole == "0" && self.fraction.is_empty()
    }
}

/// The numbers of one shape: `first` to `last`; those that end in zero left out where there is a fraction.
#[derive(Clone, Copy, Debug)]
struct Shape {
    first: u128,
    last: u128,
    fraction: bool,
}

impl Shape {
    fn of(parts: Parts<'_>, max: Option<u128>) -> Shape {
        let digits = u32::try_from(parts.digits()).unwrap_or(0);
        let top = 10u128.pow(digits);
        // Zero has no sign, so that it must not come from a number that has one; nor from 7.00 where 0.00 stays.
        let zero = u128::from(parts.negative || max.is_none());
        let first = if parts.is_below_one() || digits == 1 { zero } else { top / 10 };
        let most = max.map_or(u128::MAX, |max| max + u128::from(parts.negative));
        Shape { first, last: (top - 1).min(most), fraction: !parts.fraction.is_empty() }
    }

    /// How many there are.
    fn count(self) -> u128 {
        if self.fraction { (self.last + 1 - self.tens()) / 10 * 9 } else { self.last + 1 - self.first }
    }

    /// The first number, with a zero at its end.
    fn tens(self) -> u128 {
        self.first / 10 * 10
    }

    /// Which of them a number is; `None` where it is none.
    fn index(self, number: u128) -> Option<u128> {
        if number < self.first || number > self.last {
            return None;
        }
        if !self.fraction {
            return Some(number - self.first);
        }
        let from = number - self.tens();
        (!from.is_multiple_of(10)).then(|| from / 10 * 9 + from % 10 - 1)
    }

    fn number(self, index: u128) -> u128 {
        if self.fraction { self.tens() + index / 9 * 10 + index % 9 + 1 } else { self.first + index }
    }
}

impl Number {
    fn turn(&self, value: &[u8], seed: Option<&[u8]>, way: Way, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = std::str::from_utf8(value).map_err(|_| EXPECTED)?;
        if matches!(text, "NaN" | "Infinity" | "-Infinity") {
            return Ok(Masked::Same);
        }
        let parts = Parts::read(text).ok_or(EXPECTED)?;
        // In numeric(2,2) there is nothing else before the point.
        if parts.is_zero() && (parts.negative || self.max.is_none()) {
            return Ok(Masked::Same);
        }
        if parts.negative {
            out.push(b'-');
        }
        let digits = parts.digits();
        if digits > MOST_DIGITS {
            self.long(parts, seed, way, out);
            return Ok(Masked::Value);
        }
        let shape = Shape::of(parts, self.max);
        let mut written = scratch::text();
        if !parts.is_below_one() {
            written.push_str(parts.whole);
        }
        written.push_str(parts.fraction);
        let index = written.parse().ok().and_then(|number| shape.index(number)).ok_or(EXPECTED)?;
        // Whole numbers have no tweak; a fraction's shape is one.
        let tweak = if shape.fraction { (parts.fraction.len() as u64) << 8 | digits as u64 } else { 0 };
        let permutation = Permutation::new(self.key.clone(), shape.count());
        let new = match (seed, way) {
            (Some(seed), _) => u128::from(below(self.key.hash(seed).high, u64::try_from(shape.count()).unwrap_or(u64::MAX))),
            (None, Way::There) => permutation.apply(index, tweak),
            (None, Way::Back) => permutation.undo(index, tweak),
        };
        written.clear();
        // Writing to memory cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut *written, format_args!("{:0digits$}", shape.number(new)));
        let (whole, fraction) = written.split_at(digits - parts.fraction.len());
        out.extend_from_slice(if parts.is_below_one() { b"0" } else { whole.as_bytes() });
        if shape.fraction {
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        out.extend_from_slice(parts.rest.as_bytes());
        Ok(Masked::Value)
    }

    /// Digits as text. The first and the last stay: they must not become zero.
    fn long(&self, parts: Parts<'_>, seed: Option<&[u8]>, way: Way, out: &mut Vec<u8>) {
        let mut written = scratch::text();
        written.push_str(parts.whole);
        if !parts.fraction.is_empty() {
            written.push('.');
            written.push_str(parts.fraction);
        }
        let (head, middle) = written.split_at(1);
        let (middle, tail) = middle.split_at(middle.len().saturating_sub(1));
        out.extend_from_slice(head.as_bytes());
        let alphabet = Alphabet::plain(Charset::Utf8);
        match seed {
            Some(seed) => drawn(&self.key, &alphabet, middle, seed, out),
            None => permute(&self.key, &alphabet, middle, way, out),
        }
        out.extend_from_slice(tail.as_bytes());
        out.extend_from_slice(parts.rest.as_bytes());
    }
}

impl Mask for Number {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        self.turn(cell.value, cell.is_seeded().then_some(cell.seed), Way::There, out)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        match self.turn(value, None, Way::Back, out) {
            Ok(Masked::Same) => {
                out.extend_from_slice(value);
                true
            }
            Ok(_) => true,
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::mask::key::Secret;

    fn mask(max: Option<u128>) -> Number {
        Number { key: Secret::new(vec![3; 16]).domain("permute"), max }
    }

    fn there(mask: &Number, value: &str) -> Option<String> {
        let mut out = Vec::new();
        match mask.mask(Cell::new(value.as_bytes()), &mut out).ok()? {
            Masked::Same => Some(value.to_owned()),
            _ => String::from_utf8(out).ok(),
        }
    }

    #[test]
    fn smallint_is_permuted_whole() {
        let mask = mask(Some(i16::MAX as u128));
        let all: BTreeSet<i16> =
            (i16::MIN..=i16::MAX).map(|n| there(&mask, &n.to_string()).expect("fits").parse().expect("a smallint")).collect();
        assert_eq!(all.len(), 65_536);
    }

    /// As numbers, which do not tell 0.5 from 0.50.
    #[test]
    fn fractions_are_permuted_whole() {
        let mask = mask(None);
        let mut met = BTreeSet::new();
        for hundredths in -2_500i64..=2_500 {
            let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
            let text = format!("{sign}{}.{:02}", size / 100, size % 100);
            let made = there(&mask, &text).expect("a number");
            let shape = |text: &str| (text.len(), text.find('.'), text.starts_with('-'), text.starts_with("0.") || text.starts_with("-0."));
            assert_eq!(shape(&made), shape(&text), "{text} {made}");
            met.insert((made.parse::<f64>().expect("a number") * 100.0).round() as i64);
        }
        assert_eq!(met.len(), 5_001);
    }

    #[test]
    fn what_has_no_digits_stays_and_exponents_do() {
        let mask = mask(None);
        for text in ["NaN", "Infinity", "-Infinity", "-0", "-0.00"] {
            assert_eq!(there(&mask, text).as_deref(), Some(text));
        }
        let made = there(&mask, "-1.25E-7").expect("a number");
        assert!(made.starts_with('-') && made.ends_with("E-7") && made.len() == 8, "{made}");
        for text in ["", "-", "1,5", ".5", "007", "1.2.3", "0x10", "one"] {
            assert_eq!(there(&mask, text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn back_undoes_there(text in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?") {
            prop_assume!(!text.ends_with('.') && !text.contains(".e") && !text.contains(".E"));
            let mask = mask(None);
            let made = there(&mask, &text).expect("a number");
            prop_assert_eq!(made.len(), text.len());
            let mut back = Vec::new();
            prop_assert!(mask.undo(made.as_bytes(), &mut back));
            prop_assert_eq!(String::from_utf8(back).expect("UTF-8"), text);
        }
    }
}
