//! numeric: exact decimal numbers with a scale, as the server's src/backend/utils/adt/numeric.c has them.
//!
//! What fits 128 bits is kept there, so that reading and comparing allocate nothing.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

/// The most digits before the point and behind it (`NUMERIC_WEIGHT_MAX`, `NUMERIC_DSCALE_MAX`).
const MOST_BEFORE: i64 = 131_072;
const MOST_BEHIND: i64 = 16_383;

/// How many significant digits a quotient has at least, and how many places at most (`NUMERIC_MIN_SIG_DIGITS`,
/// `NUMERIC_MAX_DISPLAY_SCALE`).
const SIGNIFICANT: i64 = 16;
const MOST_PLACES: i64 = 1000;

/// A number.
#[derive(Clone, Debug)]
pub(super) enum Numeric {
    /// `-Infinity`
    Least,
    /// A mantissa and how many of its digits stand behind the point.
    Finite(Mantissa, u32),
    /// `Infinity`
    Most,
    /// `NaN`: equal to itself, and greater than all.
    NaN,
}

/// A whole number.
#[derive(Clone, Debug)]
pub(super) enum Mantissa {
    Small(i128),
    Large(BigInt),
}

impl Mantissa {
    fn big(&self) -> BigInt {
        match self {
            Mantissa::Small(small) => BigInt::from(*small),
            Mantissa::Large(large) => large.clone(),
        }
    }

    fn of(big: BigInt) -> Mantissa {
        i128::try_from(&big).map_or(Mantissa::Large(big), Mantissa::Small)
    }

    fn sign(&self) -> Ordering {
        match self {
            Mantissa::Small(small) => small.cmp(&0),
            Mantissa::Large(large) => match large.sign() {
                Sign::Minus => Ordering::Less,
                Sign::NoSign => Ordering::Equal,
                Sign::Plus => Ordering::Greater,
            },
        }
    }
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// Divides by a power of ten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    /// To the nearest, halves away from zero.
    Nearest,
    Down,
    Up,
}

fn shorten(number: &BigInt, digits: u32, rounding: Rounding) -> BigInt {
    let by = power(digits);
    let (quotient, rest) = (number / &by, number % &by);
    let negative = number.sign() == Sign::Minus;
    let away = match rounding {
        Rounding::Nearest => rest.magnitude() * 2u8 >= *by.magnitude() && digits > 0,
        Rounding::Down => negative && rest.sign() != Sign::NoSign,
        Rounding::Up => !negative && rest.sign() != Sign::NoSign,
    };
    match (away, negative) {
        (false, _) => quotient,
        (true, true) => quotient - 1,
        (true, false) => quotient + 1,
    }
}

impl Numeric {
    /// Reads what the server would (`numeric_in`), but for other bases than ten.
    pub(super) fn read(text: &[u8]) -> Option<Numeric> {
        let text = text.trim_ascii();
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if !digits.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.') {
            return match digits.to_ascii_lowercase().as_slice() {
                b"nan" if digits.len() == text.len() => Some(Numeric::NaN),
                b"inf" | b"infinity" => Some(if negative { Numeric::Least } else { Numeric::Most }),
                _ => None,
            };
        }
        let mut small: i128 = 0;
        let mut large: Option<Vec<u8>> = None;
        let (mut count, mut scale, mut point) = (0_i64, 0_i64, false);
        let mut rest = digits;
        while let [first, tail @ ..] = rest {
            match first {
                b'0'..=b'9' => {
                    count += 1;
                    scale += i64::from(point);
                    let next = small.checked_mul(10).and_then(|ten| ten.checked_add(i128::from(first - b'0')));
                    match (next, &mut large) {
                        (Some(next), None) => small = next,
                        (None, None) => large = Some([small.to_string().as_bytes(), &[*first]].concat()),
                        (_, Some(all)) => all.push(*first),
                    }
                }
                b'.' if !point => point = true,
                b'e' | b'E' => break,
                _ => return None,
            }
            rest = tail;
        }
        let exponent = match rest {
            [] => 0,
            [_, exponent @ ..] => std::str::from_utf8(exponent).ok()?.parse::<i32>().ok()?.into(),
        };
        if count == 0 || scale - exponent > MOST_BEHIND || count - scale + exponent > MOST_BEFORE {
            return None;
        }
        let mantissa = match large {
            Some(all) => Mantissa::Large(BigInt::parse_bytes(&all, 10)?),
            None => Mantissa::Small(small),
        };
        let mantissa = match (negative, mantissa) {
            (true, Mantissa::Small(small)) => Mantissa::Small(-small),
            (true, Mantissa::Large(large)) => Mantissa::Large(-large),
            (false, mantissa) => mantissa,
        };
        let scale = scale - exponent;
        match u32::try_from(scale) {
            Ok(scale) => Some(Numeric::Finite(mantissa, scale)),
            Err(_) => {
                let longer = mantissa.big() * power(u32::try_from(-scale).ok()?);
                Some(Numeric::Finite(Mantissa::of(longer), 0))
            }
        }
    }

    /// A whole number.
    pub(super) fn whole(number: i64) -> Numeric {
        Numeric::Finite(Mantissa::Small(number.into()), 0)
    }

    /// A number with digits behind the point.
    pub(super) fn scaled(mantissa: i64, scale: u32) -> Numeric {
        Numeric::Finite(Mantissa::Small(mantissa.into()), scale)
    }

    /// A float with as many digits as it holds for sure (`float8_numeric`, `float4_numeric`: `%.15g`, `%.6g`).
    pub(super) fn of_float(float: f64, bits: u8) -> Numeric {
        if float.is_nan() {
            return Numeric::NaN;
        }
        if float.is_infinite() {
            return if float > 0.0 { Numeric::Most } else { Numeric::Least };
        }
        let digits = if bits == 32 { 5 } else { 14 };
        let written = format!("{float:.digits$e}");
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        Numeric::read(format!("{mantissa}e{exponent}").as_bytes()).unwrap_or(Numeric::NaN)
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        match self {
            Numeric::NaN => f64::NAN,
            Numeric::Most => f64::INFINITY,
            Numeric::Least => f64::NEG_INFINITY,
            Numeric::Finite(..) => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The nearest whole number, halves away from zero; `None` where there is none of 64 bits.
    pub(super) fn to_integer(&self) -> Option<i64> {
        match self.round(0) {
            Numeric::Finite(Mantissa::Small(small), _) => i64::try_from(small).ok(),
            _ => None,
        }
    }

    pub(super) fn negate(&self) -> Numeric {
        match self {
            Numeric::NaN => Numeric::NaN,
            Numeric::Most => Numeric::Least,
            Numeric::Least => Numeric::Most,
            Numeric::Finite(mantissa, scale) => Numeric::Finite(Mantissa::of(-mantissa.big()), *scale),
        }
    }

    pub(super) fn abs(&self) -> Numeric {
        match self {
            Numeric::Least => Numeric::Most,
            Numeric::Finite(mantissa, _) if mantissa.sign().is_lt() => self.negate(),
            _ => self.clone(),
        }
    }

    /// Rounds to a number of digits behind the point, or (fewer than none) before it.
    pub(super) fn round(&self, places: i64) -> Numeric {
        self.shortened(places, Rounding::Nearest)
    }

    pub(super) fn floor(&self) -> Numeric {
        self.shortened(0, Rounding::Down)
    }

    pub(super) fn ceil(&self) -> Numeric {
        self.shortened(0, Rounding::Up)
    }

    fn shortened(&self, places: i64, rounding: Rounding) -> Numeric {
        let Numeric::Finite(mantissa, scale) = self else { return self.clone() };
        let places = places.clamp(-MOST_BEFORE, MOST_BEHIND);
        let cut = i64::from(*scale) - places;
        let Ok(cut) = u32::try_from(cut) else {
            // More places than there were.
            let more = u32::try_from(-cut).unwrap_or(0);
            return Numeric::Finite(Mantissa::of(mantissa.big() * power(more)), scale + more);
        };
        let short = shorten(&mantissa.big(), cut, rounding);
        match u32::try_from(places) {
            Ok(places) => Numeric::Finite(Mantissa::of(short), places),
            Err(_) => Numeric::Finite(Mantissa::of(short * power(u32::try_from(-places).unwrap_or(0))), 0),
        }
    }

    /// A number as numeric(precision, scale) holds it; `None` where it is too large.
    pub(super) fn fit(&self, precision: i64, scale: i64) -> Option<Numeric> {
        let rounded = self.round(scale);
        match &rounded {
            Numeric::NaN => {}
            Numeric::Most | Numeric::Least => return None,
            Numeric::Finite(..) => {
                let limit = Numeric::Finite(Mantissa::Small(1), 0).shifted(precision - scale);
                if rounded.abs().compare(&limit).is_ge() {
                    return None;
                }
            }
        }
        Some(rounded)
    }

    /// Times a power of ten.
    fn shifted(&self, by: i64) -> Numeric {
        let Numeric::Finite(mantissa, scale) = self else { return self.clone() };
        match u32::try_from(i64::from(*scale) - by) {
            Ok(scale) => Numeric::Finite(mantissa.clone(), scale),
            Err(_) => {
                let more = u32::try_from(by - i64::from(*scale)).unwrap_or(0);
                Numeric::Finite(Mantissa::of(mantissa.big() * power(more)), 0)
            }
        }
    }

    /// The order of numbers: -Infinity, numbers, Infinity, NaN.
    pub(super) fn compare(&self, other: &Numeric) -> Ordering {
        let rank = |number: &Numeric| match number {
            Numeric::Least => 0,
            Numeric::Finite(..) => 1,
            Numeric::Most => 2,
            Numeric::NaN => 3,
        };
        let (Numeric::Finite(left, left_scale), Numeric::Finite(right, right_scale)) = (self, other) else {
            return rank(self).cmp(&rank(other));
        };
        let by_sign = left.sign().cmp(&right.sign());
        if by_sign.is_ne() || left.sign().is_eq() {
            return by_sign;
        }
        if let (Mantissa::Small(left), Mantissa::Small(right)) = (left, right) {
            let (more, fewer) = (left_scale.max(right_scale), left_scale.min(right_scale));
            let factor = 10_i128.checked_pow(more - fewer);
            let (left, right) = if left_scale < right_scale {
                (factor.and_then(|factor| left.checked_mul(factor)), Some(*right))
            } else {
                (Some(*left), factor.and_then(|factor| right.checked_mul(factor)))
            };
            if let (Some(left), Some(right)) = (left, right) {
                return left.cmp(&right);
            }
        }
        let (left, right, _) = aligned(left, *left_scale, right, *right_scale);
        left.cmp(&right)
    }

    pub(super) fn add(&self, other: &Numeric) -> Numeric {
        match (self, other) {
            (Numeric::Finite(left, left_scale), Numeric::Finite(right, right_scale)) => {
                let (left, right, scale) = aligned(left, *left_scale, right, *right_scale);
                Numeric::Finite(Mantissa::of(left + right), scale)
            }
            (Numeric::NaN, _) | (_, Numeric::NaN) | (Numeric::Most, Numeric::Least) | (Numeric::Least, Numeric::Most) => Numeric::NaN,
            (Numeric::Finite(..), infinite) | (infinite, _) => infinite.clone(),
        }
    }

    pub(super) fn subtract(&self, other: &Numeric) -> Numeric {
        self.add(&other.negate())
    }

    pub(super) fn multiply(&self, other: &Numeric) -> Numeric {
        match (self, other) {
            (Numeric::Finite(left, left_scale), Numeric::Finite(right, right_scale)) => {
                let product = Numeric::Finite(Mantissa::of(left.big() * right.big()), left_scale + right_scale);
                if i64::from(left_scale + right_scale) > MOST_BEHIND { product.round(MOST_BEHIND) } else { product }
            }
            (Numeric::NaN, _) | (_, Numeric::NaN) => Numeric::NaN,
            _ => match (self.direction(), other.direction()) {
                (Ordering::Equal, _) | (_, Ordering::Equal) => Numeric::NaN,
                (left, right) if left == right => Numeric::Most,
                _ => Numeric::Least,
            },
        }
    }

    fn direction(&self) -> Ordering {
        match self {
            Numeric::Least => Ordering::Less,
            Numeric::Most | Numeric::NaN => Ordering::Greater,
            Numeric::Finite(mantissa, _) => mantissa.sign(),
        }
    }

    /// The quotient (`numeric_div`); `None` where the divisor is 0.
    pub(super) fn divide(&self, other: &Numeric) -> Option<Numeric> {
        match (self, other) {
            (Numeric::NaN, _) | (_, Numeric::NaN) => Some(Numeric::NaN),
            (Numeric::Finite(left, left_scale), Numeric::Finite(right, right_scale)) => {
                if right.sign().is_eq() {
                    return None;
                }
                let scale = self.quotient_scale(other);
                // One digit more than is kept, and whether anything is left, decides the rounding.
                let shift = scale + i64::from(*right_scale) - i64::from(*left_scale) + 1;
                let (mut above, mut below) = (left.big(), right.big());
                match u32::try_from(shift) {
                    Ok(shift) => above *= power(shift),
                    Err(_) => below *= power(u32::try_from(-shift).unwrap_or(0)),
                }
                let places = u32::try_from(scale).unwrap_or(0);
                Some(Numeric::Finite(Mantissa::of(shorten(&(above / below), 1, Rounding::Nearest)), places))
            }
            (Numeric::Finite(..), _) => Some(Numeric::whole(0)),
            (infinite, Numeric::Finite(right, _)) => match right.sign() {
                Ordering::Equal => None,
                Ordering::Greater => Some(infinite.clone()),
                Ordering::Less => Some(infinite.negate()),
            },
            _ => Some(Numeric::NaN),
        }
    }

    /// `select_div_scale` of numeric.c: the server counts in digits of base 10 000.
    fn quotient_scale(&self, other: &Numeric) -> i64 {
        let ((left_weight, left_first, left_scale), (right_weight, right_first, right_scale)) = (self.leading(), other.leading());
        let weight = left_weight - right_weight - i64::from(left_first <= right_first);
        (SIGNIFICANT - weight * 4).max(left_scale).max(right_scale).clamp(0, MOST_PLACES)
    }

    /// The weight of the first digit of base 10 000, that digit, and the scale.
    fn leading(&self) -> (i64, i64, i64) {
        let Numeric::Finite(mantissa, scale) = self else { return (0, 0, 0) };
        let scale = i64::from(*scale);
        if mantissa.sign().is_eq() {
            return (0, 0, scale);
        }
        let digits = mantissa.big().magnitude().to_string();
        let exponent = i64::try_from(digits.len()).unwrap_or(i64::MAX) - scale - 1;
        let weight = exponent.div_euclid(4);
        let taken = usize::try_from(exponent.rem_euclid(4) + 1).unwrap_or(1);
        let first: String = digits.chars().chain(std::iter::repeat('0')).take(taken).collect();
        (weight, first.parse().unwrap_or(0), scale)
    }

    /// The rest of a division, with the sign of the dividend; `None` where the divisor is 0.
    pub(super) fn modulo(&self, other: &Numeric) -> Option<Numeric> {
        match (self, other) {
            (Numeric::NaN, _) | (_, Numeric::NaN) => Some(Numeric::NaN),
            (Numeric::Finite(left, left_scale), Numeric::Finite(right, right_scale)) => {
                if right.sign().is_eq() {
                    return None;
                }
                let (left, right, scale) = aligned(left, *left_scale, right, *right_scale);
                Some(Numeric::Finite(Mantissa::of(left % right), scale))
            }
            (Numeric::Finite(..), _) => Some(self.clone()),
            (_, Numeric::Finite(right, _)) if right.sign().is_eq() => None,
            _ => Some(Numeric::NaN),
        }
    }
}

/// Two numbers with as many digits behind the point.
fn aligned(left: &Mantissa, left_scale: u32, right: &Mantissa, right_scale: u32) -> (BigInt, BigInt, u32) {
    let scale = left_scale.max(right_scale);
    (left.big() * power(scale - left_scale), right.big() * power(scale - right_scale), scale)
}

/// As the server writes it.
impl std::fmt::Display for Numeric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mantissa, scale) = match self {
            Numeric::NaN => return f.write_str("NaN"),
            Numeric::Most => return f.write_str("Infinity"),
            Numeric::Least => return f.write_str("-Infinity"),
            Numeric::Finite(mantissa, scale) => (mantissa, usize::try_from(*scale).unwrap_or(0)),
        };
        let digits = mantissa.big().magnitude().to_string();
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (before, behind) = digits.split_at(digits.len() - scale);
        let sign = if mantissa.sign().is_lt() { "-" } else { "" };
        if scale == 0 { write!(f, "{sign}{before}") } else { write!(f, "{sign}{before}.{behind}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Numeric {
        Numeric::read(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn reads_and_writes() {
        for (text, written) in [
            ("1.50", "1.50"),
            ("-0.001", "-0.001"),
            (" 12 ", "12"),
            ("1e3", "1000"),
            ("1.5e-3", "0.0015"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0", "0"),
            ("nan", "NaN"),
            ("-inf", "-Infinity"),
            (
                "123456789012345678901234567890123456789012345678901234567890.5",
                "123456789012345678901234567890123456789012345678901234567890.5",
            ),
        ] {
            assert_eq!(number(text).to_string(), written);
        }
        for text in ["", "-", ".", "1.2.3", "e5", "1e", "1e999999", "--1", "0x10", "12a", "-nan"] {
            assert!(Numeric::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn orders() {
        let ordered =
            ["-inf", "-1e100", "-5", "-0.1", "0", "0.09", "0.1", "99999999999999999999999999999999999999999", "1e200", "inf", "nan"];
        for (i, left) in ordered.iter().enumerate() {
            for (j, right) in ordered.iter().enumerate() {
                assert_eq!(number(left).compare(&number(right)), i.cmp(&j), "{left} {right}");
            }
        }
        assert!(number("1.50").compare(&number("1.5")).is_eq());
    }

    #[test]
    fn calculates_as_the_server() {
        // Seen in PostgreSQL 15.
        for (left, right, quotient) in [
            ("1", "3", "0.33333333333333333333"),
            ("10", "3", "3.3333333333333333"),
            ("2", "3", "0.66666666666666666667"),
            ("1000000", "7", "142857.142857142857"),
            ("-1.00", "8", "-0.12500000000000000000"),
            ("0", "5", "0.00000000000000000000"),
        ] {
            assert_eq!(number(left).divide(&number(right)).map(|q| q.to_string()).as_deref(), Some(quotient), "{left} / {right}");
        }
        assert!(number("1").divide(&number("0.00")).is_none());
        assert_eq!(number("1.50").multiply(&number("2.0")).to_string(), "3.000");
        assert_eq!(number("-7.5").modulo(&number("2")).map(|m| m.to_string()).as_deref(), Some("-1.5"));
        assert_eq!(number("2.5").round(0).to_string(), "3");
        assert_eq!(number("-2.5").round(0).to_string(), "-3");
        assert_eq!(number("1250").round(-2).to_string(), "1300");
        assert_eq!((number("-1.5").floor().to_string(), number("-1.5").ceil().to_string()), ("-2".into(), "-1".into()));
        assert_eq!(Numeric::of_float(0.1 + 0.2, 64).to_string(), "0.3");
        assert!(number("999.995").fit(5, 2).is_none() && number("999.994").fit(5, 2).is_some());
    }
}
