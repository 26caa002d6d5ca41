//! Dates and times: days and microseconds since 2000-01-01, read and written as the server does with DateStyle ISO.
//!
//! The calendar is the proleptic Gregorian one, as in the server's src/backend/utils/adt/datetime.c (`date2j`). The ends
//! of the types' ranges are infinity.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::clock::{self, Clock, SECOND};

pub(super) const DAY: i64 = 86_400 * SECOND;
const HOUR: i64 = 3600 * SECOND;
const MINUTE: i64 = 60 * SECOND;

/// 4714-11-24 BC, the first day of all types, and the days behind their last: 5874898-01-01 for date, 294277-01-01 for
/// timestamps (src/include/datatype/timestamp.h).
const FIRST_DAY: i64 = days(-4713, 11, 24);
const END_OF_DATES: i64 = days(5_874_898, 1, 1);
const FIRST_MOMENT: i64 = FIRST_DAY * DAY;
const END_OF_MOMENTS: i64 = days(294_277, 1, 1) * DAY;

/// The infinities.
pub(super) const NEVER: i64 = i64::MIN;
pub(super) const FOREVER: i64 = i64::MAX;
pub(super) const NEVER_DAY: i32 = i32::MIN;
pub(super) const FOREVER_DAY: i32 = i32::MAX;

/// Days since 2000-01-01. Year 0 is 1 BC. The year begins in March, so that the leap day is its last.
pub(super) const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year - 730_425
}

/// Year, month and day of a number of days since 2000-01-01.
pub(super) const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 730_425;
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

/// How many days a month has.
pub(super) const fn days_in(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days(next_year, next_month, 1) - days(year, month, 1)
}

/// A day of the type date, where it has one.
pub(super) fn as_day(days: i64) -> Option<i32> {
    if (FIRST_DAY..END_OF_DATES).contains(&days) { i32::try_from(days).ok() } else { None }
}

/// A moment of the timestamp types, where they have one.
pub(super) fn as_moment(micros: i128) -> Option<i64> {
    i64::try_from(micros).ok().filter(|micros| (FIRST_MOMENT..END_OF_MOMENTS).contains(micros))
}

/// What a text says of a date and a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Never,
    Forever,
    /// Days, and microseconds within the day; and how far ahead of UTC, where it is said.
    Local {
        day: i64,
        micros: i64,
        ahead: Option<Ahead>,
    },
    /// A time that has no zone to be read in.
    Moment(i64),
}

/// A zone in a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    /// Microseconds.
    By(i64),
    /// A zone by its name stands at this offset of the text; named zones are looked up only where they count.
    Named(usize),
}

/// Reads digits from the front: their value and count.
fn number(text: &[u8]) -> (i64, usize) {
    let count = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let value = text.iter().take(count).fold(0_i64, |sum, b| sum.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    (value, count)
}

/// A time of day: `12:30`, `12:30:45.678901`; microseconds and how many bytes it took.
fn time_of_day(text: &[u8]) -> Option<(i64, usize)> {
    let (hour, length) = number(text);
    let rest = text.get(length..)?;
    let (minute, minute_length) = number(rest.strip_prefix(b":")?);
    let mut taken = length + 1 + minute_length;
    if !(1..=2).contains(&length) || minute_length != 2 {
        return None;
    }
    let (mut second, mut micros) = (0, 0);
    if let Some([b':', rest @ ..]) = text.get(taken..) {
        let (value, length) = number(rest);
        if length != 2 {
            return None;
        }
        second = value;
        taken += 1 + length;
        if let Some([b'.', rest @ ..]) = text.get(taken..) {
            let (found, length) = fraction(rest);
            micros = found;
            taken += 1 + length;
        }
    }
    let whole = hour * HOUR + minute * MINUTE + second * SECOND + micros;
    (minute < 60 && second <= 60 && whole <= DAY).then_some((whole, taken))
}

/// Digits behind a point, as microseconds, rounded; and their count.
pub(super) fn fraction(text: &[u8]) -> (i64, usize) {
    let (_, count) = number(text);
    let digit = |i: usize| text.get(i).filter(|_| i < count).map_or(0, |b| i64::from(b - b'0'));
    let micros = (0..6).fold(0, |sum, i| sum * 10 + digit(i));
    (micros + i64::from(digit(6) >= 5), count)
}

/// Reads what the server writes with DateStyle ISO, and ISO 8601 as people write it.
fn read(text: &[u8], clock: &Clock) -> Option<Said> {
    let text = text.trim_ascii();
    let today = |shift: i64| Said::Local { day: local(clock.zone(), clock.now()).div_euclid(DAY) + shift, micros: 0, ahead: None };
    if text.first().is_none_or(|b| !b.is_ascii_digit()) {
        return match text.to_ascii_lowercase().as_slice() {
            b"infinity" => Some(Said::Forever),
            b"-infinity" => Some(Said::Never),
            b"epoch" => Some(Said::Moment(days(1970, 1, 1) * DAY)),
            b"now" => Some(Said::Moment(clock.now())),
            b"today" => Some(today(0)),
            b"tomorrow" => Some(today(1)),
            b"yesterday" => Some(today(-1)),
            _ => None,
        };
    }
    let (text, before_christ) = match text {
        [before @ .., b' ', b'B' | b'b', b'C' | b'c'] => (before.trim_ascii_end(), true),
        _ => (text, false),
    };
    let (year, length) = number(text);
    let [b'-', rest @ ..] = text.get(length..)? else { return None };
    let (month, month_length) = number(rest);
    let [b'-', rest @ ..] = rest.get(month_length..)? else { return None };
    let (day, day_length) = number(rest);
    let well_formed = (4..=7).contains(&length) && (1..=2).contains(&month_length) && (1..=2).contains(&day_length);
    let year = if before_christ { 1 - year } else { year };
    if !well_formed || (year == 0 && !before_christ) || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let day = days(year, month, day);
    let rest = rest.get(day_length..)?;
    let (micros, zone) = match rest {
        [] => (0, &[][..]),
        [b'T' | b't' | b' ', time @ ..] => {
            let time = time.trim_ascii_start();
            let (micros, taken) = time_of_day(time)?;
            (micros, time.get(taken..)?.trim_ascii_start())
        }
        _ => return None,
    };
    Some(Said::Local { day, micros, ahead: ahead(zone, text.len())? })
}

/// The zone at the end of a text of that length.
fn ahead(zone: &[u8], length: usize) -> Option<Option<Ahead>> {
    match zone {
        [] => Some(None),
        [b'z' | b'Z'] => Some(Some(Ahead::By(0))),
        [b'+' | b'-', ..] => Some(Some(Ahead::By(clock::offset(zone)? * SECOND))),
        _ => {
            let name = std::str::from_utf8(zone).ok()?;
            clock::named(name)?;
            Some(Some(Ahead::Named(length - zone.len())))
        }
    }
}

/// Reads a date.
pub(super) fn read_day(text: &[u8], clock: &Clock) -> Option<i32> {
    match read(text, clock)? {
        Said::Never => Some(NEVER_DAY),
        Said::Forever => Some(FOREVER_DAY),
        Said::Local { day, .. } => as_day(day),
        Said::Moment(moment) => as_day(local(clock.zone(), moment).div_euclid(DAY)),
    }
}

/// Reads a timestamp without time zone: a zone that is written is passed over, as the server does.
pub(super) fn read_timestamp(text: &[u8], clock: &Clock) -> Option<i64> {
    match read(text, clock)? {
        Said::Never => Some(NEVER),
        Said::Forever => Some(FOREVER),
        Said::Local { day, micros, .. } => as_moment(i128::from(day) * i128::from(DAY) + i128::from(micros)),
        Said::Moment(moment) => Some(local(clock.zone(), moment)),
    }
}

/// Reads a timestamp with time zone; where no zone is written, that of the clock is meant.
pub(super) fn read_moment(text: &[u8], clock: &Clock) -> Option<i64> {
    match read(text, clock)? {
        Said::Never => Some(NEVER),
        Said::Forever => Some(FOREVER),
        Said::Moment(moment) => Some(moment),
        Said::Local { day, micros, ahead } => {
            let local = i128::from(day) * i128::from(DAY) + i128::from(micros);
            match ahead {
                Some(Ahead::By(ahead)) => as_moment(local - i128::from(ahead)),
                Some(Ahead::Named(start)) => {
                    let name = std::str::from_utf8(text.trim_ascii().get(start..)?).ok()?;
                    let zone = clock::named(name.trim_end_matches(|c: char| c.is_ascii_whitespace()))?;
                    as_moment(clock::moment(&zone, i64::try_from(local).ok()?).into())
                }
                None => as_moment(clock::moment(clock.zone(), i64::try_from(local).ok()?).into()),
            }
        }
    }
}

/// Reads a time of day.
pub(super) fn read_time(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let (micros, taken) = time_of_day(text)?;
    (taken == text.len()).then_some(micros)
}

/// The local time of a moment.
pub(super) fn local(zone: &TimeZone, moment: i64) -> i64 {
    match moment {
        NEVER | FOREVER => moment,
        _ => moment.saturating_add(clock::ahead(zone, moment)),
    }
}

/// The moment of a local time.
pub(super) fn from_local(zone: &TimeZone, local: i64) -> i64 {
    match local {
        NEVER | FOREVER => local,
        _ => clock::moment(zone, local),
    }
}

/// A day as a timestamp.
pub(super) fn of_day(day: i32) -> Option<i64> {
    match day {
        NEVER_DAY => Some(NEVER),
        FOREVER_DAY => Some(FOREVER),
        _ => as_moment(i128::from(day) * i128::from(DAY)),
    }
}

/// The day of a timestamp.
pub(super) fn day_of(timestamp: i64) -> Option<i32> {
    match timestamp {
        NEVER => Some(NEVER_DAY),
        FOREVER => Some(FOREVER_DAY),
        _ => as_day(timestamp.div_euclid(DAY)),
    }
}

/// Writes a date. Writing to memory cannot fail.
pub(super) fn write_day(day: i32, out: &mut String) {
    match day {
        NEVER_DAY => out.push_str("-infinity"),
        FOREVER_DAY => out.push_str("infinity"),
        _ => {
            let (year, month, date) = civil(day.into());
            let _ = write!(out, "{:04}-{month:02}-{date:02}", if year > 0 { year } else { 1 - year });
            out.push_str(if year > 0 { "" } else { " BC" });
        }
    }
}

/// Writes a time of day.
pub(super) fn write_time(micros: i64, out: &mut String) {
    let _ = write!(out, "{:02}:{:02}:{:02}", micros / HOUR, micros / MINUTE % 60, micros / SECOND % 60);
    write_fraction(micros % SECOND, out);
}

/// Writes microseconds behind a second, without zeros at the end.
pub(super) fn write_fraction(micros: i64, out: &mut String) {
    if micros != 0 {
        let digits = format!(".{micros:06}");
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// Writes a timestamp; with a zone, as that zone's local time and its distance from UTC.
pub(super) fn write_timestamp(timestamp: i64, zone: Option<&TimeZone>, out: &mut String) {
    if matches!(timestamp, NEVER | FOREVER) {
        out.push_str(if timestamp == NEVER { "-infinity" } else { "infinity" });
        return;
    }
    let ahead = zone.map(|zone| clock::ahead(zone, timestamp));
    let local = timestamp.saturating_add(ahead.unwrap_or(0));
    let (year, month, date) = civil(local.div_euclid(DAY));
    let _ = write!(out, "{:04}-{month:02}-{date:02} ", if year > 0 { year } else { 1 - year });
    write_time(local.rem_euclid(DAY), out);
    if let Some(ahead) = ahead {
        let seconds = ahead.abs() / SECOND;
        let _ = write!(out, "{}{:02}", if ahead < 0 { '-' } else { '+' }, seconds / 3600);
        if seconds % 3600 != 0 {
            let _ = write!(out, ":{:02}", seconds / 60 % 60);
        }
        if seconds % 60 != 0 {
            let _ = write!(out, ":{:02}", seconds % 60);
        }
    }
    out.push_str(if year > 0 { "" } else { " BC" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::at(std::time::UNIX_EPOCH)
    }

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(days(2000, 1, 1), 0);
        assert_eq!(days(1970, 1, 1), -10_957);
        assert_eq!(-FIRST_DAY, 2_451_545, "the Julian day of 2000-01-01");
        for day in (FIRST_DAY..4_000_000).step_by(13) {
            let (year, month, date) = civil(day);
            assert!(days(year, month, date) == day && date <= days_in(year, month));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for text in ["2024-02-29", "0044-03-15 BC", "infinity", "-infinity", "12345-01-01", "0001-01-01 BC"] {
            let day = read_day(text.as_bytes(), &clock()).unwrap_or_else(|| panic!("{text}"));
            let mut out = String::new();
            write_day(day, &mut out);
            assert_eq!(out, text);
        }
        for text in
            ["2024-02-29 12:30:45", "2024-02-29 12:30:45.6789", "0044-03-15 00:00:00 BC", "infinity", "294276-12-31 23:59:59.999999"]
        {
            let found = read_timestamp(text.as_bytes(), &clock()).unwrap_or_else(|| panic!("{text}"));
            let mut out = String::new();
            write_timestamp(found, None, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn zones_count() {
        let read = |text: &str| read_moment(text.as_bytes(), &clock());
        let noon = read("2024-07-01 12:00:00+00");
        assert!(noon.is_some());
        for text in [
            "2024-07-01T12:00:00Z",
            "2024-07-01 14:00+02",
            "2024-07-01 17:30:00+05:30",
            "2024-07-01 14:00 Europe/Paris",
            "2024-07-01 12:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        let mut out = String::new();
        write_timestamp(noon.expect("read"), clock::named("Asia/Kolkata").as_ref(), &mut out);
        assert_eq!(out, "2024-07-01 17:30:00+05:30");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "0000-01-01",
            "01/02/2024",
            "2024-01-01x",
            "2024-01-01 25:00",
            "2024-01-01 12",
            "2024-01-01 12:60",
            "4714-11-23 BC",
            "2024-01-01 12:00 Nowhere/Land",
            "5874898-01-01",
        ] {
            assert_eq!((read_day(text.as_bytes(), &clock()), read_moment(text.as_bytes(), &clock())), (None, None), "{text}");
        }
        assert_eq!(read_time(b"24:00:00"), Some(DAY));
        assert_eq!((read_time(b"24:00:01"), read_time(b"12:30"), read_time(b"9:5")), (None, Some(45_000 * SECOND), None));
    }
}
