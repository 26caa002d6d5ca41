//! Decimal numbers of any length, exact: what masks of numbers reckon with. PostgreSQL's numeric has up to 131072 digits
//! before the point and 16383 behind it; no float holds them.
//!
//! Their memory is lent (see [`scratch`]), so that nothing is allocated per value. The arithmetic is that of paper and
//! pencil, digit by digit (Knuth, The Art of Computer Programming, volume 2, 4.3.1, in base 10).

use std::cmp::Ordering;

use super::super::scratch::{self, Buffer};

/// The most digits that a number may have: `NUMERIC_MAX_PRECISION` and more in src/include/utils/numeric.h.
const MOST: usize = 131_072 + 16_383;

/// The most that [`Units::units`] may be, so that ten of them and a digit still fit 128 bits.
const MOST_UNITS: u128 = 10u128.pow(36);

/// A decimal number.
#[derive(Debug)]
pub(super) struct Decimal {
    negative: bool,
    /// The digits from the lowest to the highest, which is not 0.
    digits: Buffer,
    /// How many of them stand behind the point.
    scale: usize,
}

/// A number of a rule, never below zero: so many units, with so many of their digits behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Units {
    /// At most 10^36.
    pub(super) units: u128,
    /// The digits behind the point.
    pub(super) scale: usize,
}

impl Units {
    /// As a number.
    pub(super) fn decimal(self) -> Decimal {
        let mut digits = scratch::buffer();
        let mut rest = self.units;
        while rest > 0 {
            digits.push((rest % 10) as u8);
            rest /= 10;
        }
        Decimal { negative: false, digits, scale: self.scale }
    }
}

impl Decimal {
    /// Reads `-12.50`, `1.5e-07`; with `comma` also `12,50`. The sign, the digits and the exponent stand without blanks, and
    /// there is a digit on each side of a point.
    pub(super) fn parse(text: &[u8], comma: bool) -> Option<Decimal> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let end = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
        let (mantissa, exponent) = text.split_at(end);
        let exponent = if exponent.is_empty() { 0 } else { small(exponent.get(1..)?)? };
        let point = mantissa.iter().position(|byte| *byte == b'.' || comma && *byte == b',');
        let (whole, fraction) = match point {
            Some(at) => (mantissa.get(..at)?, mantissa.get(at + 1..).filter(|fraction| !fraction.is_empty())?),
            None => (mantissa, &[][..]),
        };
        if whole.is_empty() || whole.len() + fraction.len() > MOST || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            return None;
        }
        let mut digits = scratch::buffer();
        digits.extend(fraction.iter().rev().chain(whole.iter().rev()).map(|digit| digit - b'0'));
        let mut number = Decimal { negative, digits, scale: fraction.len() };
        number.shift(exponent)?;
        number.tidy();
        Some(number)
    }

    /// Multiplies by a power of ten.
    fn shift(&mut self, exponent: i64) -> Option<()> {
        let scale = i64::try_from(self.scale).ok()? - exponent;
        let zeros = usize::try_from(-scale).unwrap_or(0);
        if zeros + self.digits.len() > MOST || scale > 20_000 {
            return None;
        }
        self.digits.splice(..0, std::iter::repeat_n(0, zeros));
        self.scale = usize::try_from(scale).unwrap_or(0);
        Some(())
    }

    /// The largest number of so many digits, that many of them behind the point; or with so many zeros at its end where
    /// that is below zero.
    pub(super) fn nines(digits: usize, scale: i64, negative: bool) -> Decimal {
        let mut nines = scratch::buffer();
        let zeros = usize::try_from(-scale).unwrap_or(0);
        nines.resize(zeros, 0);
        nines.resize(zeros + digits, 9);
        Decimal { negative, digits: nines, scale: usize::try_from(scale).unwrap_or(0) }
    }

    /// A copy.
    pub(super) fn copy(&self) -> Decimal {
        let mut digits = scratch::buffer();
        digits.extend_from_slice(&self.digits);
        Decimal { negative: self.negative, digits, scale: self.scale }
    }

    /// The number without its sign, if it is short enough for a rule.
    pub(super) fn units(&self) -> Option<Units> {
        let units = self.digits.iter().rev().try_fold(0u128, |units, digit| {
            let units = units * 10 + u128::from(*digit);
            (units <= MOST_UNITS).then_some(units)
        })?;
        Some(Units { units, scale: self.scale })
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// How many digits stand behind the point.
    pub(super) fn scale(&self) -> usize {
        self.scale
    }

    /// How many digits stand before the point: fewer than none where zeros follow it.
    pub(super) fn whole_digits(&self) -> i64 {
        let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        length(self.digits.len()) - length(self.scale)
    }

    pub(super) fn negate(&mut self) {
        self.negative = !self.negative;
    }

    /// Writes zeros behind the last digit until there are as many behind the point.
    pub(super) fn grow(&mut self, scale: usize) {
        if scale > self.scale {
            if !self.is_zero() {
                self.digits.splice(..0, std::iter::repeat_n(0, scale - self.scale));
            }
            self.scale = scale;
        }
    }

    /// The same with other digits than zeros.
    pub(super) fn grow_with(&mut self, scale: usize, digit: impl FnMut() -> u8) {
        if scale > self.scale {
            self.digits.splice(..0, std::iter::repeat_with(digit).take(scale - self.scale));
            self.scale = scale;
            self.tidy();
        }
    }

    /// Drops zeros at the end until so many digits are left behind the point.
    pub(super) fn trim(&mut self, scale: usize) {
        let zeros = if self.is_zero() { usize::MAX } else { self.digits.iter().take_while(|digit| **digit == 0).count() };
        let drop = zeros.min(self.scale.saturating_sub(scale));
        let length = self.digits.len();
        self.digits.drain(..drop.min(length));
        self.scale -= drop;
    }

    /// Adds another number.
    pub(super) fn add(&mut self, other: &Decimal) {
        self.grow(other.scale);
        let offset = self.scale - other.scale;
        if self.negative == other.negative {
            self.add_digits(other, offset);
        } else {
            self.subtract_digits(other, offset);
        }
        self.tidy();
    }

    /// Subtracts another number.
    pub(super) fn subtract(&mut self, other: &Decimal) {
        self.negate();
        self.add(other);
        self.negate();
    }

    fn add_digits(&mut self, other: &Decimal, offset: usize) {
        let length = self.digits.len().max(other.digits.len() + offset);
        self.digits.resize(length, 0);
        let mut carry = 0;
        for (digit, more) in self.digits.iter_mut().skip(offset).zip(other.digits.iter().chain(std::iter::repeat(&0))) {
            let sum = *digit + more + carry;
            (*digit, carry) = (sum % 10, sum / 10);
        }
        if carry > 0 {
            self.digits.push(carry);
        }
    }

    /// The difference of the two, as far as their digits go; the sign turns where the other is larger.
    fn subtract_digits(&mut self, other: &Decimal, offset: usize) {
        let turned = self.compare_digits(other, offset) == Ordering::Less;
        let length = self.digits.len().max(other.digits.len() + offset);
        self.digits.resize(length, 0);
        let mut borrow = 0;
        let others = std::iter::repeat_n(&0, offset).chain(other.digits.iter()).chain(std::iter::repeat(&0));
        for (digit, other) in self.digits.iter_mut().zip(others) {
            let (from, less) = if turned { (*other, *digit) } else { (*digit, *other) };
            let difference = 10 + from - less - borrow;
            (*digit, borrow) = (difference % 10, u8::from(difference < 10));
        }
        self.negative ^= turned;
    }

    fn compare_digits(&self, other: &Decimal, offset: usize) -> Ordering {
        let offset = if other.is_zero() { 0 } else { offset };
        let lower = std::iter::repeat_n(&0, offset);
        self.digits
            .len()
            .cmp(&(other.digits.len() + offset))
            .then_with(|| self.digits.iter().rev().cmp(other.digits.iter().rev().chain(lower)))
    }

    /// Compares the two numbers.
    pub(super) fn compare(&self, other: &Decimal) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (negative, _) => {
                let order = if self.scale >= other.scale {
                    self.compare_digits(other, self.scale - other.scale)
                } else {
                    other.compare_digits(self, other.scale - self.scale).reverse()
                };
                if negative { order.reverse() } else { order }
            }
        }
    }

    /// Multiplies by a number of a rule.
    pub(super) fn multiply(&mut self, by: Units) {
        let mut carry = 0u128;
        for digit in self.digits.iter_mut() {
            let product = u128::from(*digit) * by.units + carry;
            (*digit, carry) = ((product % 10) as u8, product / 10);
        }
        while carry > 0 {
            self.digits.push((carry % 10) as u8);
            carry /= 10;
        }
        self.scale += by.scale;
        self.tidy();
    }

    /// Rounds to so many digits behind the point, half away from zero, as `round` does in the server; below zero: to tens,
    /// hundreds.
    pub(super) fn round(&mut self, scale: i64) {
        let drop = i64::try_from(self.scale).unwrap_or(i64::MAX).saturating_sub(scale);
        let Ok(drop @ 1..) = usize::try_from(drop) else { return };
        let up = self.digits.get(drop - 1).is_some_and(|digit| *digit >= 5);
        let length = self.digits.len();
        self.digits.drain(..drop.min(length));
        if up {
            self.add_digits(&Units { units: 1, scale: 0 }.decimal(), 0);
        }
        if !self.is_zero() {
            self.digits.splice(..0, std::iter::repeat_n(0, usize::try_from(-scale).unwrap_or(0)));
        }
        self.scale = usize::try_from(scale).unwrap_or(0);
    }

    /// Takes away what is left when dividing by the step, and says how much of a step that was.
    pub(super) fn cut(&mut self, step: Units) -> Left {
        self.grow(step.scale);
        let (tail, whole) = self.digits.split_at((self.scale - step.scale).min(self.digits.len()));
        // Fewer digits than there are behind the step's last one: zeros precede them.
        let is_half = tail.len() == self.scale - step.scale && tail.last().is_some_and(|digit| *digit >= 5);
        let left = whole.iter().rev().fold(0, |left, digit| (left * 10 + u128::from(*digit)) % step.units.max(1));
        let nothing = left == 0 && tail.iter().all(|digit| *digit == 0);
        let half = 2 * left >= step.units || 2 * left + 1 == step.units && is_half;
        let tail = tail.len();
        self.digits.drain(..tail);
        self.scale = step.scale;
        if left > 0 {
            self.subtract_digits(&Units { units: left, scale: step.scale }.decimal(), 0);
        }
        self.tidy();
        if nothing { Left::Nothing } else { [Left::Less, Left::Half][usize::from(half)] }
    }

    /// Adds a number away from zero.
    pub(super) fn add_away(&mut self, step: Units, negative: bool) {
        let mut step = step.decimal();
        self.negative = negative;
        step.negative = negative;
        self.add(&step);
    }

    /// Whether it is below zero is for numbers that are not zero; digits end in one that is not zero.
    fn tidy(&mut self) {
        let length = self.digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
        self.digits.truncate(length);
    }

    /// Appends it, with at least so many digits before the point, padded with zeros.
    pub(super) fn write(&self, out: &mut Vec<u8>, point: u8, width: usize) {
        if self.is_negative() {
            out.push(b'-');
        }
        let length = self.digits.len().max(self.scale + width.max(1));
        out.reserve(length + 1);
        for place in (0..length).rev() {
            out.push(b'0' + self.digits.get(place).copied().unwrap_or(0));
            if place == self.scale && place > 0 {
                out.push(point);
            }
        }
    }
}

/// What is left of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// Less than half a step.
    Less,
    /// Half a step, or more.
    Half,
}

/// The number of an exponent.
fn small(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 8)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes(), false).unwrap_or_else(|| panic!("{text}"))
    }

    fn text(number: &Decimal) -> String {
        let mut out = Vec::new();
        number.write(&mut out, b'.', 1);
        String::from_utf8(out).expect("ASCII")
    }

    /// A number of a small space, for reckoning with integers beside.
    fn scaled(units: i128, scale: u32) -> String {
        let (sign, digits) = (if units < 0 { "-" } else { "" }, format!("{:0width$}", units.abs(), width = scale as usize + 1));
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    #[test]
    fn numbers_are_read_and_written() {
        for same in ["0", "0.00", "12.50", "-0.05", "123456789012345678901234567890.123456789", "7"] {
            assert_eq!(text(&decimal(same)), same);
        }
        for (from, to) in [
            ("1e3", "1000"),
            ("1.5e-07", "0.00000015"),
            ("-1.25E+1", "-12.5"),
            ("007.0", "7.0"),
            ("-0.0", "0.0"),
            ("+3", "3"),
            ("0e5", "0"),
        ] {
            assert_eq!(text(&decimal(from)), to);
        }
        assert_eq!(text(&Decimal::parse(b"12,50", true).expect("a comma")), "12.50");
        for wrong in ["", "-", ".5", "5.", "1.2.3", "1e", "e5", "1e999999999", "1e200000", "1 000", "0x10", "1,5", "NaN", "--1", "1e1.5"] {
            assert!(Decimal::parse(wrong.as_bytes(), false).is_none(), "{wrong}");
        }
        let long = format!("{}.{}", "9".repeat(131_072), "1".repeat(16_382));
        assert_eq!(text(&decimal(&long)), long);
        assert!(Decimal::parse("9".repeat(MOST + 1).as_bytes(), false).is_none());
    }

    #[test]
    fn nines_are_the_largest() {
        assert_eq!(text(&Decimal::nines(4, 2, true)), "-99.99");
        assert_eq!(text(&Decimal::nines(2, -3, false)), "99000");
        assert_eq!(text(&Decimal::nines(3, 5, false)), "0.00999");
    }

    /// As PostgreSQL 15's round(numeric, int) has them.
    #[test]
    fn rounding_is_the_servers() {
        let table = [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.449", 1, "2.4"),
            ("0.05", 1, "0.1"),
            ("0.04", 1, "0.0"),
            ("99.96", 1, "100.0"),
            ("1250", -2, "1300"),
            ("-1249.9", -2, "-1200"),
            ("49", -2, "0"),
            ("50", -2, "100"),
            ("5", -3, "0"),
            ("1.5", 3, "1.5"),
        ];
        for (before, scale, after) in table {
            let mut number = decimal(before);
            number.round(scale);
            assert_eq!(text(&number), after, "{before} {scale}");
        }
    }

    proptest! {
        #[test]
        fn sums_and_orders_are_those_of_integers(a in any::<i64>(), b in any::<i64>(), x in 0u32..12, y in 0u32..12) {
            let scale = x.max(y);
            let (wide_a, wide_b) = (i128::from(a) * 10i128.pow(scale - x), i128::from(b) * 10i128.pow(scale - y));
            let (mut left, right) = (decimal(&scaled(a.into(), x)), decimal(&scaled(b.into(), y)));
            prop_assert_eq!(left.compare(&right), wide_a.cmp(&wide_b));
            left.add(&right);
            prop_assert_eq!(text(&left), scaled(wide_a + wide_b, scale));
            left.subtract(&right);
            prop_assert_eq!(text(&left), scaled(wide_a, scale));
        }

        #[test]
        fn products_are_those_of_integers(a in any::<i64>(), b in any::<u32>(), x in 0u32..12, y in 0usize..5) {
            let mut number = decimal(&scaled(a.into(), x));
            number.multiply(Units { units: b.into(), scale: y });
            prop_assert_eq!(text(&number), scaled(i128::from(a) * i128::from(b), x + y as u32));
        }

        #[test]
        fn cuts_are_those_of_integers(a in any::<i64>(), x in 0u32..8, step in 1u32..5000, y in 0u32..8) {
            let scale = x.max(y);
            let (wide, wide_step) = (i128::from(a) * 10i128.pow(scale - x), i128::from(step) * 10i128.pow(scale - y));
            let mut number = decimal(&scaled(a.into(), x));
            let left = number.cut(Units { units: step.into(), scale: y as usize });
            let rest = wide.abs() % wide_step;
            prop_assert_eq!(left, if rest == 0 { Left::Nothing } else if 2 * rest < wide_step { Left::Less } else { Left::Half });
            number.grow(scale as usize);
            prop_assert_eq!(text(&number), scaled(wide - wide % wide_step, scale));
        }

        #[test]
        fn zeros_come_and_go(a in any::<i64>(), x in 0u32..12, more in 0usize..20) {
            let before = scaled(a.into(), x);
            let mut number = decimal(&before);
            number.grow(x as usize + more);
            number.trim(x as usize);
            prop_assert_eq!(text(&number), before);
        }
    }
}
