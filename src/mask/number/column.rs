//! A column of numbers: how its values are read, which ones it takes, how they are written.

use std::cmp::Ordering;

use super::super::fit::{Digits, Kind};
use super::super::registry::{BuildError, OptionValue, Request};
use super::super::{Masked, Refusal, scratch};
use super::decimal::{Decimal, Units};
use super::float;

const REFUSAL: Refusal = Refusal { expected: "a number as PostgreSQL writes it (-12.50)" };
const TEXT_REFUSAL: Refusal = Refusal { expected: "a number such as 12, -12.50 or 12,50" };
const MONEY_REFUSAL: Refusal = Refusal { expected: "an amount of money with two digits behind the point or comma" };

/// The most digits of numeric before the point (`NUMERIC_MAX_PRECISION` rules what is declared; this is what its format
/// holds, src/backend/utils/adt/numeric.c).
const NUMERIC_WHOLE: usize = 131_072;

/// What the values of a column look like.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Integer(u8),
    Numeric(Option<Digits>),
    Float(u8),
    Money,
    Text,
}

/// A column of numbers.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) form: Form,
    /// The least and the largest value of the type.
    ends: Option<(Decimal, Decimal)>,
    /// How many characters a value may have.
    room: usize,
}

/// A number with what is kept of its spelling.
#[derive(Debug)]
pub(super) struct Value<'a> {
    pub(super) number: Decimal,
    /// What stands between whole digits and others.
    point: u8,
    /// How many digits stand before the point, where zeros fill them up.
    width: usize,
    /// What stands before and after an amount of money.
    around: (&'a [u8], &'a [u8]),
}

impl Value<'static> {
    /// A number that is spelt like no other.
    pub(super) fn plain(number: Decimal) -> Value<'static> {
        Value { number, point: b'.', width: 1, around: (b"", b"") }
    }
}

/// Whether a text is one of the values that are no numbers to reckon with.
pub(super) fn is_special(text: &[u8]) -> bool {
    matches!(text, b"NaN" | b"Infinity" | b"-Infinity")
}

impl Numbers {
    /// The column of a request; `does` is what its mask does, in words.
    pub(super) fn of(request: &Request<'_>, does: &str) -> Result<Numbers, BuildError> {
        let form = match request.target.kind {
            Kind::Integer(bits) => Form::Integer(bits),
            Kind::Numeric(digits) => Form::Numeric(digits),
            Kind::Float(bits) => Form::Float(bits),
            Kind::Money => Form::Money,
            Kind::Text | Kind::Padded => Form::Text,
            _ => return Err(request.wrong_kind(does)),
        };
        request.needs_charset()?;
        // Money is 64 bits of cents.
        let bits = match form {
            Form::Integer(bits) => Some((bits, 0)),
            Form::Money => Some((64, 2)),
            _ => None,
        };
        let ends = bits.map(|(bits, scale)| {
            let most = (1u128 << (bits - 1)) - 1;
            let mut least = Units { units: most + 1, scale }.decimal();
            least.negate();
            (least, Units { units: most, scale }.decimal())
        });
        Ok(Numbers { form, ends, room: request.max_chars() })
    }

    /// What the column changes of its pseudonyms.
    pub(super) fn fingerprint(&self) -> String {
        format!("{:?} {}", self.form, if matches!(self.form, Form::Text) { self.room } else { 0 })
    }

    /// The digits that every value of the column has behind the point: fewer than none where hundreds are the finest.
    pub(super) fn scale(&self) -> Option<i64> {
        match self.form {
            Form::Integer(_) => Some(0),
            Form::Numeric(Some(digits)) => Some(digits.scale.into()),
            Form::Money => Some(2),
            Form::Numeric(None) | Form::Float(_) | Form::Text => None,
        }
    }

    /// Reads a value: `None` where it is not a finite number.
    pub(super) fn read<'a>(&self, text: &'a [u8]) -> Result<Option<Value<'a>>, Refusal> {
        if is_special(text) {
            return Ok(None);
        }
        if matches!(self.form, Form::Money) {
            return money(text).map(Some).ok_or(MONEY_REFUSAL);
        }
        let in_text = matches!(self.form, Form::Text);
        let number = Decimal::parse(text, in_text).ok_or(if in_text { TEXT_REFUSAL } else { REFUSAL })?;
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        // Zeros in front are the spelling of codes, which have a width.
        let width = match digits {
            [b'0', b'0'..=b'9', ..] if in_text => digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 1,
        };
        let point = if text.contains(&b',') { b',' } else { b'.' };
        Ok(Some(Value { number, point, width, around: (b"", b"") }))
    }

    /// Whether the column takes a number.
    pub(super) fn takes(&self, number: &Decimal) -> bool {
        let most_whole = match self.form {
            Form::Numeric(Some(digits)) => i64::from(digits.precision) - i64::from(digits.scale),
            Form::Numeric(None) => i64::try_from(NUMERIC_WHOLE).unwrap_or(i64::MAX),
            Form::Integer(_) | Form::Money | Form::Float(_) | Form::Text => i64::MAX,
        };
        number.whole_digits() <= most_whole
            && self
                .ends
                .as_ref()
                .is_none_or(|(least, most)| number.compare(least) != Ordering::Less && number.compare(most) != Ordering::Greater)
    }

    /// Brings a number to the column's scale and into its bounds.
    pub(super) fn fit(&self, number: &mut Decimal) {
        if let Some(scale) = self.scale() {
            number.round(scale);
            number.grow(usize::try_from(scale).unwrap_or(0));
        }
        if self.takes(number) {
            return;
        }
        let negative = number.is_negative();
        *number = match (&self.ends, &self.form) {
            (Some((least, most)), _) => if negative { least } else { most }.copy(),
            (None, Form::Numeric(Some(digits))) => Decimal::nines(digits.precision.into(), digits.scale.into(), negative),
            _ => Decimal::nines(NUMERIC_WHOLE, 0, negative),
        };
    }

    /// Appends a value, as the column spells it.
    pub(super) fn write(&self, mut value: Value<'_>, out: &mut Vec<u8>) -> Masked {
        self.fit(&mut value.number);
        match self.form {
            Form::Float(bits) => {
                let mut text = scratch::buffer();
                value.number.write(&mut text, b'.', 1);
                float::write(&text, bits, out);
            }
            Form::Money => {
                if value.number.is_negative() {
                    out.push(b'-');
                    value.number.negate();
                }
                out.extend_from_slice(value.around.0);
                value.number.write(out, value.point, 1);
                out.extend_from_slice(value.around.1);
            }
            Form::Text => self.write_text(&value, out),
            Form::Integer(_) | Form::Numeric(_) => value.number.write(out, b'.', 1),
        }
        Masked::Value
    }

    /// Appends a number where there may be too little room for it: the largest of that sign and so many digits behind the
    /// point that there is room for, then.
    fn write_text(&self, value: &Value<'_>, out: &mut Vec<u8>) {
        let mark = out.len();
        value.number.write(out, value.point, value.width);
        if out.len() - mark <= self.room {
            return;
        }
        out.truncate(mark);
        let (scale, negative) = (value.number.scale(), value.number.is_negative());
        let behind = if scale > 0 { scale + 1 } else { 0 };
        let whole = self.room.saturating_sub(behind + usize::from(negative));
        let largest = if whole > 0 {
            Decimal::nines(whole + scale, i64::try_from(scale).unwrap_or(0), negative)
        } else {
            Units { units: 0, scale: if self.room > behind { scale } else { 0 } }.decimal()
        };
        largest.write(out, value.point, 1);
    }
}

/// An amount of money: `-$1,234.50`, `1 234,50 €`. Its spelling depends on the locale of the server (`cash_out` in
/// src/backend/utils/adt/cash.c); two digits behind the last separator are cents, anything else is refused.
fn money(text: &[u8]) -> Option<Value<'_>> {
    let first = text.iter().position(u8::is_ascii_digit)?;
    let last = text.iter().rposition(u8::is_ascii_digit)?;
    let (before, after, amount) = (text.get(..first)?, text.get(last + 1..)?, text.get(first..=last)?);
    let [whole @ .., point @ (b'.' | b','), b'0'..=b'9', b'0'..=b'9'] = amount else { return None };
    // Groups have another separator, if any, and three digits.
    if whole.iter().any(|byte| byte == point || byte.is_ascii_alphabetic()) {
        return None;
    }
    let mut digits = scratch::buffer();
    digits.extend(whole.iter().filter(|byte| byte.is_ascii_digit()));
    digits.push(b'.');
    digits.extend_from_slice(amount.get(amount.len() - 2..)?);
    let mut number = Decimal::parse(&digits, false)?;
    if before.iter().chain(after).any(|byte| matches!(byte, b'-' | b'(')) {
        number.negate();
    }
    // The sign is written in front; one in the midst of the symbol is of no locale that we know.
    let is_sign = |byte: &u8| matches!(byte, b'-' | b'(' | b')');
    let symbol = |side: &'_ [u8]| -> Option<(usize, usize)> {
        let start = side.iter().position(|byte| !is_sign(byte)).unwrap_or(side.len());
        let end = side.iter().rposition(|byte| !is_sign(byte)).map_or(start, |last| last + 1);
        (!side.get(start..end)?.iter().any(is_sign)).then_some((start, end))
    };
    let ((a, b), (c, d)) = (symbol(before)?, symbol(after)?);
    Some(Value { number, point: *point, width: 1, around: (before.get(a..b)?, after.get(c..d)?) })
}

/// A number that a rule gives.
pub(super) fn number(request: &Request<'_>, option: &str) -> Result<Option<Decimal>, BuildError> {
    request.option(option).map(|value| number_of(option, value)).transpose()
}

/// A number among the options of a rule.
pub(super) fn number_of(option: &str, value: &OptionValue) -> Result<Decimal, BuildError> {
    let text = value.to_text().filter(|_| !matches!(value, OptionValue::Boolean(_))).unwrap_or_default();
    let found = Decimal::parse(text.as_bytes(), false).filter(|number| number.units().is_some() && number.scale() <= 36);
    found.ok_or_else(|| {
        let message = format!("option {option:?}: expected a number of at most 36 digits, found {text:?}");
        BuildError::of(option, message, None)
    })
}

impl Numbers {
    /// A number of a rule that is a value of the column: `min`, `max`.
    pub(super) fn value(&self, request: &Request<'_>, option: &str) -> Result<Option<Decimal>, BuildError> {
        let Some(number) = number(request, option)? else { return Ok(None) };
        let mut fitted = number.copy();
        self.fit(&mut fitted);
        if fitted.compare(&number) != Ordering::Equal {
            let message = format!("option {option:?}: it is no value of {}", request.target.type_name);
            return Err(BuildError::of(option, message, None));
        }
        Ok(Some(number))
    }

    /// A number of a rule that values are counted in: above 0, and no finer than the column.
    pub(super) fn step(&self, request: &Request<'_>, option: &str) -> Result<Option<Units>, BuildError> {
        let Some(mut number) = number(request, option)? else { return Ok(None) };
        number.trim(0);
        let wrong = |message: &str, help: &str| Err(BuildError::of(option, format!("option {option:?}: {message}"), Some(help.to_owned())));
        if number.is_negative() || number.is_zero() {
            return wrong("expected a number above 0", "for example 10");
        }
        let mut rounded = number.copy();
        if let Some(scale) = self.scale() {
            rounded.round(scale);
        }
        if rounded.compare(&number) != Ordering::Equal {
            let message = format!("it is finer than {}", request.target.type_name);
            return wrong(&message, "give a multiple of the column's last digit");
        }
        Ok(number.units())
    }
}
