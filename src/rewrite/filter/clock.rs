//! What the clock of the run says: the time of `now()`, and the time zone of times that name none.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Microseconds from 1970 to 2000, where the server's time begins.
const EPOCH: i64 = 946_684_800_000_000;

pub(super) const SECOND: i64 = 1_000_000;

/// Seconds in 400 years, after which the calendar repeats itself, weekdays too.
const CYCLE: i64 = 146_097 * 86_400;

/// The time of a run, read once, and its time zone: what the session's `TimeZone` is to a server.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Microseconds since 2000-01-01 UTC.
    now: i64,
    zone: TimeZone,
}

impl Clock {
    /// A clock that stands at a time, in UTC.
    pub fn at(time: SystemTime) -> Clock {
        let micros = |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let now = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => micros(after).saturating_sub(EPOCH),
            Err(before) => micros(before.duration()).saturating_neg().saturating_sub(EPOCH),
        };
        Clock { now, zone: TimeZone::UTC }
    }

    /// The same in a zone of the IANA database (`Europe/Paris`), or one given by its distance from UTC (`+02:00`);
    /// `None` where there is no such zone.
    pub fn in_zone(self, name: &str) -> Option<Clock> {
        Some(Clock { zone: zone(name)?, ..self })
    }

    /// The time of the run.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// A zone as it may stand in a literal. Abbreviations are left out: the server has its own for them, in which CET never
/// changes its clocks.
pub(super) fn named(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    let plain = ["utc", "gmt", "zulu"].contains(&name.to_ascii_lowercase().as_str());
    (plain || name.contains('/')).then(|| zone(name)).flatten()
}

/// A zone by its name or distance.
fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if let Some(seconds) = offset(name.as_bytes()) {
        return Offset::from_seconds(i32::try_from(seconds).ok()?).ok().map(TimeZone::fixed);
    }
    if ["utc", "z", "gmt", "zulu"].contains(&name.to_ascii_lowercase().as_str()) {
        return Some(TimeZone::UTC);
    }
    TimeZone::get(name).ok()
}

/// `+02`, `-03:30`, `+0530`, `+05:21:10`: seconds east of UTC.
pub(super) fn offset(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let two = |pair: &[u8]| match pair {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
        _ => None,
    };
    let (hours, minutes, seconds) = match rest {
        [digit @ b'0'..=b'9'] => (i64::from(digit - b'0'), 0, 0),
        [_, _] => (two(rest)?, 0, 0),
        [_, _, b':', minutes @ ..] if minutes.len() == 2 => (two(rest.get(..2)?)?, two(minutes)?, 0),
        [_, _, minutes @ ..] if minutes.len() == 2 => (two(rest.get(..2)?)?, two(minutes)?, 0),
        [_, _, b':', _, _, b':', seconds @ ..] => (two(rest.get(..2)?)?, two(rest.get(3..5)?)?, two(seconds)?),
        _ => return None,
    };
    // MAX_TZDISP_HOUR of the server's src/include/datatype/timestamp.h.
    (hours <= 15 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// A second since 1970 that jiff has, at the same place of the calendar's cycle.
fn within(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_else(|_| Timestamp::from_second(second.rem_euclid(CYCLE)).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// How far a zone is ahead of UTC at a time, in microseconds.
pub(super) fn ahead(zone: &TimeZone, moment: i64) -> i64 {
    let second = (moment.saturating_add(EPOCH)).div_euclid(SECOND);
    i64::from(zone.to_offset(within(second)).seconds()) * SECOND
}

/// The moment of a local time (both in microseconds since 2000). A time that a clock change leaves out is read by the
/// offset before it, one that comes twice by the offset after it (`DetermineTimeZoneOffset` in datetime.c).
pub(super) fn moment(zone: &TimeZone, local: i64) -> i64 {
    let second = (local.saturating_add(EPOCH)).div_euclid(SECOND);
    let ahead = match zone.to_ambiguous_timestamp(Offset::UTC.to_datetime(within(second))).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { after, .. } => after,
    };
    local.saturating_sub(i64::from(ahead.seconds()) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        for (text, seconds) in [("+02", 7200), ("-03:30", -12_600), ("+0530", 19_800), ("+05:21:10", 19_270), ("+5", 18_000)] {
            assert_eq!(offset(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in ["", "02", "+", "+2x", "+16", "+02:60", "+02:0", "+02:00:0"] {
            assert_eq!(offset(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn clock_changes() {
        let paris = zone("Europe/Paris").expect("known");
        let hour = 3600 * SECOND;
        // 2024-03-31 02:30 is left out; 2024-10-27 02:30 comes twice. Days since 2000-01-01.
        let (spring, autumn) = (8856 * 24 * hour, 9066 * 24 * hour);
        assert_eq!(moment(&paris, spring + 5 * hour / 2), spring + 3 * hour / 2);
        assert_eq!(moment(&paris, autumn + 5 * hour / 2), autumn + 3 * hour / 2);
        assert_eq!((ahead(&paris, spring), ahead(&paris, spring + 2 * hour)), (hour, 2 * hour));
        assert!(zone("Nowhere/Land").is_none() && zone("UTC").is_some());
    }
}
