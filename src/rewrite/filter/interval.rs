//! interval: months, days and microseconds, as the server keeps them apart.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::calendar::{self, DAY, FOREVER, NEVER};
use super::clock::SECOND;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) micros: i64,
}

/// `infinity` and `-infinity` (PostgreSQL 17).
const FOREVER_LONG: Interval = Interval { months: i32::MAX, days: i32::MAX, micros: i64::MAX };
const NEVER_LONG: Interval = Interval { months: i32::MIN, days: i32::MIN, micros: i64::MIN };

/// What a unit counts.
#[derive(Clone, Copy)]
enum Unit {
    Months(i64),
    Days(i64),
    Micros(i64),
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "us" | "usec" | "usecs" | "microsecond" | "microseconds" | "microsecon" => Unit::Micros(1),
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => Unit::Micros(1000),
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Micros(SECOND),
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Micros(60 * SECOND),
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Micros(3600 * SECOND),
        "d" | "day" | "days" => Unit::Days(1),
        "w" | "week" | "weeks" => Unit::Days(7),
        "mon" | "mons" | "month" | "months" => Unit::Months(1),
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Months(12),
        "decade" | "decades" | "dec" | "decs" => Unit::Months(120),
        "century" | "centuries" | "cent" | "c" => Unit::Months(1200),
        _ => return None,
    })
}

impl Interval {
    /// Reads what the server writes with IntervalStyle postgres, and numbers with units as people write them. Fractions
    /// are for units up to the hour only; ISO 8601's P1Y is not read.
    pub(super) fn read(text: &[u8]) -> Option<Interval> {
        let text = std::str::from_utf8(text).ok()?.trim().to_ascii_lowercase();
        match text.as_str() {
            "infinity" => return Some(FOREVER_LONG),
            "-infinity" => return Some(NEVER_LONG),
            _ => {}
        }
        let (text, ago) = match text.strip_suffix("ago") {
            Some(before) => (before.trim_end(), true),
            None => (text.as_str(), false),
        };
        let (mut months, mut days, mut micros) = (0_i64, 0_i64, 0_i64);
        let mut rest = text.trim_start_matches('@').trim_start();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.:".contains(c))).unwrap_or(rest.len());
            let (number, tail) = rest.split_at(end);
            let tail = tail.trim_start();
            let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (name, tail) = tail.split_at(end);
            rest = tail.trim_start();
            if number.contains(':') {
                if !name.is_empty() {
                    return None;
                }
                micros = micros.checked_add(clock_time(number)?)?;
                continue;
            }
            let (negative, whole, fraction, long) = parts(number)?;
            let signed = |count: i64| if negative { -count } else { count };
            // A bare number counts seconds.
            match if name.is_empty() { Unit::Micros(SECOND) } else { unit(name)? } {
                Unit::Months(each) if !long => months = months.checked_add(signed(whole.checked_mul(each)?))?,
                Unit::Days(each) if !long => days = days.checked_add(signed(whole.checked_mul(each)?))?,
                Unit::Micros(each) => {
                    let part = i64::try_from(i128::from(fraction) * i128::from(each) / i128::from(SECOND)).ok()?;
                    micros = micros.checked_add(signed(whole.checked_mul(each)?.checked_add(part)?))?;
                }
                Unit::Months(_) | Unit::Days(_) => return None,
            }
        }
        let sign = if ago { -1 } else { 1 };
        Some(Interval { months: i32::try_from(months * sign).ok()?, days: i32::try_from(days * sign).ok()?, micros: micros * sign })
    }

    /// Its length, a month taken as 30 days: what the server compares by (`interval_cmp_value`).
    pub(super) fn length(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(DAY) + i128::from(self.micros)
    }

    /// Whether it is infinite, and then whether it is the negative one.
    pub(super) fn infinite(self) -> Option<bool> {
        match self {
            FOREVER_LONG => Some(false),
            NEVER_LONG => Some(true),
            _ => None,
        }
    }

    pub(super) fn negate(self) -> Option<Interval> {
        match self.infinite() {
            Some(true) => Some(FOREVER_LONG),
            Some(false) => Some(NEVER_LONG),
            None => {
                Some(Interval { months: self.months.checked_neg()?, days: self.days.checked_neg()?, micros: self.micros.checked_neg()? })
            }
        }
    }

    pub(super) fn add(self, other: Interval) -> Option<Interval> {
        match (self.infinite(), other.infinite()) {
            (Some(left), Some(right)) => (left == right).then_some(self),
            (Some(_), None) => Some(self),
            (None, Some(_)) => Some(other),
            (None, None) => Some(Interval {
                months: self.months.checked_add(other.months)?,
                days: self.days.checked_add(other.days)?,
                micros: self.micros.checked_add(other.micros)?,
            }),
        }
    }

    /// The time between two timestamps (`timestamp_mi`): days and what is left of them. It is infinite where one of them
    /// is, as since PostgreSQL 17; older servers raise an error.
    pub(super) fn between(later: i64, earlier: i64) -> Option<Interval> {
        match (later, earlier) {
            (FOREVER, FOREVER) | (NEVER, NEVER) => None,
            (FOREVER, _) | (_, NEVER) => Some(FOREVER_LONG),
            (NEVER, _) | (_, FOREVER) => Some(NEVER_LONG),
            _ => {
                let micros = later.checked_sub(earlier)?;
                Some(Interval { months: 0, days: i32::try_from(micros / DAY).ok()?, micros: micros % DAY })
            }
        }
    }

    /// A timestamp moved by an infinite interval; none where the two cancel each other out.
    fn moved_for_ever(negative: bool, timestamp: i64) -> Option<i64> {
        match (negative, timestamp) {
            (true, FOREVER) | (false, NEVER) => None,
            (true, _) => Some(NEVER),
            (false, _) => Some(FOREVER),
        }
    }

    /// A timestamp moved by it: first the months, to the last day of a shorter month; then the days; then the rest.
    pub(super) fn after(self, timestamp: i64) -> Option<i64> {
        if let Some(negative) = self.infinite() {
            return Interval::moved_for_ever(negative, timestamp);
        }
        let moved = self.calendar_part(timestamp)?;
        finish(moved, self.micros)
    }

    /// The same for a moment: months and days are those of a zone's calendar, the rest is not.
    pub(super) fn after_in(self, moment: i64, zone: &TimeZone) -> Option<i64> {
        if let Some(negative) = self.infinite() {
            return Interval::moved_for_ever(negative, moment);
        }
        let moved = match (self.months, self.days) {
            (0, 0) => moment,
            _ => calendar::from_local(zone, self.calendar_part(calendar::local(zone, moment))?),
        };
        finish(moved, self.micros)
    }

    fn calendar_part(self, timestamp: i64) -> Option<i64> {
        if matches!(timestamp, NEVER | FOREVER) {
            return Some(timestamp);
        }
        let (mut day, time) = (timestamp.div_euclid(DAY), timestamp.rem_euclid(DAY));
        if self.months != 0 {
            let (year, month, date) = calendar::civil(day);
            let months = year * 12 + month - 1 + i64::from(self.months);
            let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
            day = calendar::days(year, month, date.min(calendar::days_in(year, month)));
        }
        day += i64::from(self.days);
        calendar::as_moment(i128::from(day) * i128::from(DAY) + i128::from(time))
    }

    /// Writes it with IntervalStyle postgres (`EncodeInterval`). Writing to memory cannot fail.
    pub(super) fn write(self, out: &mut String) {
        if let Some(negative) = self.infinite() {
            out.push_str(if negative { "-infinity" } else { "infinity" });
            return;
        }
        let start = out.len();
        let mut before = false;
        for (count, unit) in [(self.months / 12, "year"), (self.months % 12, "mon"), (self.days, "day")] {
            if count != 0 {
                let space = if out.len() > start { " " } else { "" };
                let plus = if before && count > 0 { "+" } else { "" };
                let plural = if count == 1 { "" } else { "s" };
                let _ = write!(out, "{space}{plus}{count} {unit}{plural}");
                before = count < 0;
            }
        }
        if self.micros != 0 || out.len() == start {
            let space = if out.len() > start { " " } else { "" };
            let sign = match self.micros {
                ..0 => "-",
                _ if before => "+",
                _ => "",
            };
            let micros = self.micros.unsigned_abs();
            let second = SECOND.unsigned_abs();
            let _ =
                write!(out, "{space}{sign}{:02}:{:02}:{:02}", micros / (3600 * second), micros / (60 * second) % 60, micros / second % 60);
            calendar::write_fraction((micros % second).cast_signed(), out);
        }
    }
}

fn finish(moved: i64, micros: i64) -> Option<i64> {
    if matches!(moved, NEVER | FOREVER) { Some(moved) } else { calendar::as_moment(i128::from(moved) + i128::from(micros)) }
}

/// `[-]12:34:56.789`, the hours without a limit; `12:34` is hours and minutes.
fn clock_time(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut fields = text.split(':');
    let (hours, minutes, seconds) = (fields.next()?, fields.next()?, fields.next().unwrap_or("0"));
    let (_, seconds, fraction, _) = parts(seconds)?;
    let (hours, minutes): (i64, i64) = (digits(hours)?, digits(minutes)?);
    if fields.next().is_some() || minutes > 59 || seconds > 60 {
        return None;
    }
    let micros = hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?.checked_mul(SECOND)?.checked_add(fraction)?;
    Some(if negative { -micros } else { micros })
}

fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A number: whether it is negative, its whole part, its fraction in millionths, and whether there is one.
fn parts(number: &str) -> Option<(bool, i64, i64, bool)> {
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, behind) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && behind.is_empty()) || !behind.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { digits(whole)? };
    let (fraction, _) = calendar::fraction(behind.as_bytes());
    Some((negative, whole, fraction, fraction != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "6 mons",
            "1 year 2 mons 3 days 04:05:06.789",
            "-1 days +02:03:00",
            "1 day",
            "00:00:00",
            "-00:00:01",
            "100:00:00",
            "-1 years -2 mons +3 days -04:05:06",
        ] {
            let interval = Interval::read(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            let mut out = String::new();
            interval.write(&mut out);
            assert_eq!(out, text);
        }
        let read = |text: &str| Interval::read(text.as_bytes()).map(|found| (found.months, found.days, found.micros));
        assert_eq!(read("6 months"), Some((6, 0, 0)));
        assert_eq!(read("2 weeks 1.5 hours ago"), Some((0, -14, -5_400 * SECOND)));
        assert_eq!(read("90"), Some((0, 0, 90 * SECOND)));
        for text in ["", "month", "1 fortnight", "1.5 months", "P1Y", "1:60", "1 day 2:3:4:5", "--1 day", "1 2:3 day"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn months_end() {
        let day = |year, month, date| calendar::days(year, month, date) * DAY;
        let month = Interval { months: 1, days: 0, micros: 0 };
        assert_eq!(month.after(day(2024, 1, 31)), Some(day(2024, 2, 29)));
        assert_eq!(month.negate().and_then(|back| back.after(day(2024, 3, 31))), Some(day(2024, 2, 29)));
        assert_eq!(month.after(FOREVER), Some(FOREVER));
    }
}
