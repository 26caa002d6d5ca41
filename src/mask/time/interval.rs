//! Intervals, as PostgreSQL writes them with IntervalStyle postgres (pg_dump sets it): `1 year 2 mons -3 days 04:05:06.7`
//! (`EncodeInterval` in src/backend/utils/adt/datetime.c).

use std::io::Write;

use super::super::{Cell, Mask, Masked, Refusal};
use super::calendar::Unit;

const REFUSAL: Refusal = Refusal { expected: "an interval as PostgreSQL writes it (1 year 2 mons 3 days 04:05:06)" };

/// The parts of an interval. Each has a sign of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    years: i64,
    months: i64,
    days: i64,
    /// Seconds of the time.
    seconds: i64,
}

/// Cuts intervals, towards zero.
#[derive(Debug)]
pub(super) struct IntervalTrunc(pub(super) Unit);

impl Mask for IntervalTrunc {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if matches!(cell.value, b"infinity" | b"-infinity") {
            return Ok(Masked::Same);
        }
        let mut parts = parse(cell.value).ok_or(REFUSAL)?;
        match self.0 {
            Unit::Decade => parts = Parts { years: parts.years / 10 * 10, ..Parts::default() },
            Unit::Year => parts = Parts { years: parts.years, ..Parts::default() },
            Unit::Quarter => parts = Parts { days: 0, seconds: 0, months: parts.months / 3 * 3, ..parts },
            Unit::Month => parts = Parts { days: 0, seconds: 0, ..parts },
            Unit::Week | Unit::Day => parts.seconds = 0,
            Unit::Hour => parts.seconds -= parts.seconds % 3600,
            Unit::Minute => parts.seconds -= parts.seconds % 60,
        }
        parts.write(out);
        Ok(Masked::Value)
    }
}

impl Parts {
    fn write(self, out: &mut Vec<u8>) {
        let mark = out.len();
        // Behind a part below zero the next one above it carries a plus, for readers who know the SQL standard's signs.
        let mut below_zero = false;
        for (number, unit) in [(self.years, "year"), (self.months, "mon"), (self.days, "day")] {
            if number != 0 {
                let blank = if out.len() > mark { " " } else { "" };
                let plus = if below_zero && number > 0 { "+" } else { "" };
                // Writing to memory cannot fail.
                let _ = write!(out, "{blank}{plus}{number} {unit}{}", if number == 1 { "" } else { "s" });
                below_zero = number < 0;
            }
        }
        let clock = self.seconds.unsigned_abs();
        if clock > 0 || out.len() == mark {
            let blank = if out.len() > mark { " " } else { "" };
            let sign = if self.seconds < 0 { "-" } else { ["", "+"][usize::from(below_zero)] };
            let _ = write!(out, "{blank}{sign}{:02}:{:02}:{:02}", clock / 3600, clock / 60 % 60, clock % 60);
        }
    }
}

/// Whether a text is an interval of this form.
pub(in crate::mask) fn is_interval(text: &[u8]) -> bool {
    parse(text).is_some()
}

fn parse(text: &[u8]) -> Option<Parts> {
    let mut words = text.split(|byte| *byte == b' ');
    let mut parts = Parts::default();
    let mut next = words.next();
    while let Some(word) = next {
        if word.contains(&b':') {
            parts.seconds = clock(word)?;
            return words.next().is_none().then_some(parts);
        }
        let number: i64 = number(word)?;
        match words.next()? {
            b"year" | b"years" => parts.years = number,
            b"mon" | b"mons" => parts.months = number,
            b"day" | b"days" => parts.days = number,
            _ => return None,
        }
        next = words.next();
    }
    (!text.is_empty()).then_some(parts)
}

/// The server keeps parts in 32 bits, and the time in 64 bits of microseconds.
fn number(word: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    i32::try_from(number).ok().map(i64::from)
}

fn clock(word: &[u8]) -> Option<i64> {
    let (sign, word) = match word {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, word),
    };
    let text = std::str::from_utf8(word).ok()?;
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str| (!text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(());
    [hours, minutes, seconds, fraction].into_iter().try_for_each(digits)?;
    let (minutes, seconds): (i64, i64) = (minutes.parse().ok()?, seconds.parse().ok()?);
    (minutes < 60 && seconds < 60).then_some(())?;
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(unit: Unit, text: &str) -> String {
        let mut out = Vec::new();
        match IntervalTrunc(unit).mask(Cell::new(text.as_bytes()), &mut out) {
            Ok(Masked::Value) => String::from_utf8(out).expect("ASCII"),
            other => format!("{other:?}"),
        }
    }

    /// As PostgreSQL 15's date_trunc has them.
    #[test]
    fn intervals_are_cut_as_the_server_does() {
        let long = "11 years 8 mons -3 days +04:05:06.789";
        let table = [
            (Unit::Decade, "10 years"),
            (Unit::Year, "11 years"),
            (Unit::Quarter, "11 years 6 mons"),
            (Unit::Month, "11 years 8 mons"),
            (Unit::Day, "11 years 8 mons -3 days"),
            (Unit::Hour, "11 years 8 mons -3 days +04:00:00"),
            (Unit::Minute, "11 years 8 mons -3 days +04:05:00"),
        ];
        for (unit, expected) in table {
            assert_eq!(cut(unit, long), expected);
        }
        assert_eq!(cut(Unit::Hour, "-1 years -1 mons +1 day -04:05:06"), "-1 years -1 mons +1 day -04:00:00");
        assert_eq!(cut(Unit::Year, "3 days"), "00:00:00");
        assert_eq!(cut(Unit::Minute, "-00:00:01.5"), "00:00:00");
        assert_eq!(cut(Unit::Year, "infinity"), "Ok(Same)");
        for text in ["", "P1Y", "1 year 2", "1 week", "04:05", "04:60:00", "04:05:06 1 day", "1  day", "9999999999 days"] {
            assert!(cut(Unit::Year, text).starts_with("Err"), "{text}");
        }
    }
}
