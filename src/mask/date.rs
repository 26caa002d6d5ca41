//! Dates: date_shift, on what PostgreSQL writes with DateStyle ISO (pg_dump sets it).
//!
//! The calendar is the proleptic Gregorian one, as in the server's src/backend/utils/adt/datetime.c (`date2j`).

use std::io::Write;
use std::ops::RangeInclusive;

use super::fit::Kind;
use super::key::{DomainKey, below};
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[Definition {
    name: "date_shift",
    summary: "moves a date by some days, never by none; time of day and zone stay",
    accepts: "date, timestamp, timestamp with time zone",
    distinct: "no: two dates may become one",
    keeps_distinct: false,
    keyed: true,
    fallible: true,
    default_domain: "date_shift",
    options: &[OptionDefinition {
        name: "days",
        kind: OptionKind::Integer(1, 36_500),
        default: "30",
        summary: "the most days, either way",
    }],
    example: Example::of(r#"{ mask = "date_shift", days = 30 }"#, "date", "1984-02-29"),
    build: date_shift,
}];

const REFUSAL: Refusal = Refusal { expected: "a date as PostgreSQL writes it (2000-01-31, DateStyle ISO)" };

/// Days since 0000-03-01 of 4714-11-24 BC, the first day that the server has (`DATETIME_MIN_JULIAN` in
/// src/include/datatype/timestamp.h), and of the last days of its types: 5874897-12-31 for date, 294276-12-31 for
/// timestamps.
const FIRST_DAY: i64 = days(-4713, 11, 24);
const LAST_DATE: i64 = days(5_874_897, 12, 31);
const LAST_TIMESTAMP: i64 = days(294_276, 12, 31);

/// Days since 0000-03-01. Year 0 is 1 BC. The year begins in March, so that the leap day is its last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year
}

/// Year, month and day of a number of days since 0000-03-01.
const fn civil(days: i64) -> (i64, i64, i64) {
    let era = days.div_euclid(146_097);
    let in_era = days.rem_euclid(146_097);
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// A date as text: its day, and what stands behind it (time of day, zone).
struct Dated<'a> {
    day: i64,
    rest: &'a [u8],
}

/// Reads a date with whatever stands behind it; `None` where it is none.
fn parse(text: &[u8]) -> Option<Dated<'_>> {
    let (text, bc) = match text.strip_suffix(b" BC") {
        Some(before) => (before, true),
        None => (text, false),
    };
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(4..=7).contains(&digits) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?.iter().try_fold(0i64, |number, b| b.is_ascii_digit().then(|| number * 10 + i64::from(b - b'0')))
    };
    let year = number(0, digits)?;
    let [b'-', _, _, b'-', _, _, rest @ ..] = text.get(digits..)? else { return None };
    let (month, day) = (number(digits + 1, digits + 3)?, number(digits + 4, digits + 6)?);
    if year == 0 || !(1..=12).contains(&month) || !(rest.is_empty() || is_time(rest)) {
        return None;
    }
    let year = if bc { 1 - year } else { year };
    let found = days(year, month, day);
    let real = day >= 1 && civil(found) == (year, month, day) && (FIRST_DAY..=LAST_DATE).contains(&found);
    real.then_some(Dated { day: found, rest })
}

/// Whether a text can be the time of day and the zone behind a date.
fn is_time(rest: &[u8]) -> bool {
    matches!(rest, [b' ' | b'T', b'0'..=b'9', b'0'..=b'9', b':', ..])
        && rest.iter().skip(1).all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z'))
}

/// Whether a text is a date with or without a time of day, or an infinity.
pub fn is_date(text: &[u8]) -> bool {
    matches!(text, b"infinity" | b"-infinity") || parse(text).is_some()
}

/// Moves a date.
#[derive(Debug)]
struct DateShift {
    key: DomainKey,
    days: u64,
    /// The days that the column's type has.
    reach: RangeInclusive<i64>,
}

impl Mask for DateShift {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if matches!(cell.value, b"infinity" | b"-infinity") {
            out.extend_from_slice(cell.value);
            return Ok(Masked::Value);
        }
        let Dated { day, rest } = parse(cell.value).ok_or(REFUSAL)?;
        let random = self.key.hash(cell.seed);
        let distance = 1 + below(random.high, self.days).cast_signed();
        let shift = if random.low & 1 == 0 { distance } else { -distance };
        // At the ends of the calendar there is only one way to go.
        let moved = if self.reach.contains(&(day + shift)) { day + shift } else { day - shift };
        let (year, month, date) = civil(moved);
        // Writing to memory cannot fail.
        let _ = write!(out, "{:04}-{month:02}-{date:02}", if year > 0 { year } else { 1 - year });
        out.extend_from_slice(rest);
        if year <= 0 {
            out.extend_from_slice(b" BC");
        }
        Ok(Masked::Value)
    }
}

/// `date_shift`: date and both timestamps.
pub fn date_shift(request: &Request<'_>) -> Result<Bound, BuildError> {
    let reach = match request.target.kind {
        Kind::Date => FIRST_DAY..=LAST_DATE,
        Kind::Timestamp => FIRST_DAY..=LAST_TIMESTAMP,
        // The server's bounds are in UTC; a zone moves a time by less than a day.
        Kind::TimestampTz => FIRST_DAY + 1..=LAST_TIMESTAMP - 1,
        _ => return Err(request.wrong_kind("moves dates")),
    };
    request.needs_charset()?;
    let days = request.integer("days").unwrap_or(30).unsigned_abs().max(1);
    let fingerprint = format!("date_shift {} {days} {reach:?}", request.domain);
    Ok(request.bound(DateShift { key: request.key.clone(), days, reach }, Distinct::Lost, fingerprint))
}

/// How many days lie between two dates.
#[cfg(test)]
pub(super) fn distance(from: &[u8], to: &[u8]) -> Option<i64> {
    Some(parse(to)?.day - parse(from)?.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_right_day_by_day() {
        let mut day = days(1, 1, 1);
        let (mut y, mut m, mut d) = (1i64, 1i64, 1i64);
        while y < 2500 {
            assert_eq!((civil(day), days(y, m, d)), ((y, m, d), day));
            let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
            let length = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][(m - 1) as usize];
            (y, m, d) = if d < length {
                (y, m, d + 1)
            } else if m < 12 {
                (y, m + 1, 1)
            } else {
                (y + 1, 1, 1)
            };
            day += 1;
        }
        for day in FIRST_DAY..days(1, 1, 1) {
            let (y, m, d) = civil(day);
            assert!(days(y, m, d) == day && civil(day + 1) > (y, m, d), "{y} {m} {d}");
        }
        assert_eq!(civil(days(0, 2, 29)), (0, 2, 29), "1 BC is a leap year");
        assert_eq!(days(2000, 1, 1) - FIRST_DAY, 2_451_545, "the Julian day of 2000-01-01");
    }

    #[test]
    fn reads_what_postgresql_writes() {
        for text in [
            "2024-02-29",
            "0044-03-15 BC",
            "294276-12-31 23:59:59.999999+00",
            "2024-07-01 17:30:00+05:30",
            "1900-01-01 00:00:00+05:21:10",
            "0001-01-01 00:00:00 BC",
        ] {
            assert!(parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "2024-02-30",
            "2023-02-29",
            "31/01/2000",
            "2024-13-01",
            "2024-1-1",
            "0000-01-01",
            "2024-01-01x",
            "2024-01-01 noon",
            "999-01-01",
            "12345678-01-01",
            "5874898-01-01",
            "4714-11-23 BC",
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
