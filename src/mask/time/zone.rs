//! Time zones: UTC, a fixed offset, or a name of the tz database (IANA).
//!
//! The database is the copy that comes with `jiff`, never the machine's own: a pseudonym must not depend on it.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::name::nearest;

/// Where days begin.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// Seconds east of UTC.
    Fixed(i64),
    /// One that changes its offset.
    Named(TimeZone),
}

/// After so many seconds the calendar repeats itself, weekdays included: 400 years.
const CYCLE: i64 = 146_097 * 86_400;

/// Shortly before the last second that `jiff` knows, in the year 9999.
const LAST: i64 = 253_000_000_000;

impl Zone {
    /// The zone of a name.
    ///
    /// # Errors
    /// What was found and expected, and the nearest name.
    pub(super) fn find(name: &str) -> Result<Zone, (String, Option<String>)> {
        if name.eq_ignore_ascii_case("utc") || name == "Z" {
            return Ok(Zone::Fixed(0));
        }
        if let Some(offset) = fixed(name) {
            return Ok(Zone::Fixed(offset));
        }
        let known = TimeZoneDatabase::bundled();
        known.get(name).map(Zone::Named).map_err(|_| {
            let names: Vec<String> = known.available().map(|name| name.to_string()).collect();
            let near = nearest(name, names.iter().map(String::as_str)).map(|near| format!("did you mean {near:?}?"));
            let message = format!("unknown time zone {name:?}, expected UTC, an offset such as +02:00, or a name such as Europe/Paris");
            (message, near)
        })
    }

    /// Seconds east of UTC at an instant (in seconds since 1970).
    pub(super) fn offset_at(&self, instant: i64) -> i64 {
        let zone = match self {
            Zone::Fixed(offset) => return *offset,
            Zone::Named(zone) => zone,
        };
        // Rules for a year hold for the same year of the next cycle.
        let instant = if instant > LAST { LAST - CYCLE + (instant - LAST).rem_euclid(CYCLE) } else { instant };
        Timestamp::from_second(instant).map_or(0, |at| i64::from(zone.to_offset(at).seconds()))
    }

    /// The instant of a local time: the first of two where clocks were turned back; where they leapt over it, as if they
    /// had not yet.
    pub(super) fn resolve(&self, local: i64) -> i64 {
        let before = self.offset_at(local - 86_400);
        let after = self.offset_at(local + 86_400);
        let holds = |offset: &i64| self.offset_at(local - offset) == *offset;
        local - [before, after].into_iter().find(holds).unwrap_or(before)
    }
}

/// `+02`, `+02:00`, `-0330`: seconds east of UTC.
fn fixed(name: &str) -> Option<i64> {
    let (sign, digits) = match name.as_bytes() {
        [b'+', ..] => (1, name.get(1..)?),
        [b'-', ..] => (-1, name.get(1..)?),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..).filter(|rest| !rest.is_empty()).unwrap_or("0").parse().ok()?;
    (hours < 16 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::find(name).expect("a zone")
    }

    #[test]
    fn names_and_offsets() {
        for (name, offset) in [("UTC", 0), ("utc", 0), ("Z", 0), ("+02", 7200), ("-03:30", -12_600), ("+0530", 19_800)] {
            assert_eq!(zone(name).offset_at(0), offset, "{name}");
        }
        for name in ["", "+2", "+16", "+02:60", "Europe/Pari", "+é"] {
            assert!(Zone::find(name).is_err(), "{name}");
        }
        assert_eq!(Zone::find("Europe/Pari").expect_err("unknown").1.as_deref(), Some("did you mean \"Europe/Paris\"?"));
    }

    #[test]
    fn summer_and_winter_in_every_century() {
        let paris = zone("Europe/Paris");
        let instant =
            |text: &str| super::super::written::parse(text.as_bytes(), super::super::written::Forms::Server).expect("one").local();
        assert_eq!(paris.offset_at(instant("2024-01-15 12:00:00")), 3600);
        assert_eq!(paris.offset_at(instant("2024-07-15 12:00:00")), 7200);
        assert_eq!(paris.offset_at(instant("1890-07-15 12:00:00")), 561, "the mean time of Paris");
        for year in [9998, 9999, 10_000, 12_024, 294_276] {
            assert_eq!(paris.offset_at(instant(&format!("{year:04}-01-15 12:00:00"))), 3600, "{year}");
            assert_eq!(paris.offset_at(instant(&format!("{year:04}-07-15 12:00:00"))), 7200, "{year}");
        }
        assert_eq!(paris.offset_at(instant("4714-11-24 00:00:00 BC")), 561);
    }

    #[test]
    fn local_times_that_come_twice_or_never() {
        let instant =
            |text: &str| super::super::written::parse(text.as_bytes(), super::super::written::Forms::Server).expect("one").local();
        let paris = zone("Europe/Paris");
        assert_eq!(paris.resolve(instant("2024-03-31 02:30:00")), instant("2024-03-31 01:30:00"), "never: read as +01");
        assert_eq!(paris.resolve(instant("2024-10-27 02:30:00")), instant("2024-10-27 00:30:00"), "twice: the first, +02");
        assert_eq!(paris.resolve(instant("2024-07-01 00:00:00")), instant("2024-06-30 22:00:00"));
        // In Beirut clocks leap over midnight.
        assert_eq!(zone("Asia/Beirut").resolve(instant("2022-03-27 00:00:00")), instant("2022-03-26 22:00:00"));
    }
}
