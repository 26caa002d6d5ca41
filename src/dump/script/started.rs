//! When a script was begun, where it says so: `-- Started on 2026-11-20 03:00:01 CET`, which `pg_dump -v` writes
//! (`dumpTimestamp` in src/bin/pg_dump/pg_backup_archiver.c and pg_dumpall.c, PGDUMP_STRFTIME_FMT).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// When a dump was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// At this time.
    At(Timestamp),
    /// At a time that cannot be read, for its zone, say; as it is written.
    Unclear(String),
}

/// What stands before a statement says of it.
pub fn started(lead: &[u8]) -> Option<Started> {
    let line = lead.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"-- Started on "))?;
    let written = String::from_utf8_lossy(line).trim_end().to_owned();
    Some(time(&written).map_or_else(|| Started::Unclear(shown(&written)), Started::At))
}

/// `2026-11-20 03:00:01 CET`.
fn time(written: &str) -> Option<Timestamp> {
    let mut parts = written.split_ascii_whitespace();
    let (date, time, zone, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let time: DateTime = format!("{date}T{time}").parse().ok()?;
    zone_offset(zone)?.to_timestamp(time).ok()
}

/// A text for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The zones that have abbreviations which mean one thing, in minutes east of UTC. Where several do, it is that of
/// PostgreSQL (src/timezone/tznames/Default); those that it has not, or that are still unclear (IST), are refused.
const ZONES: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("SAST", 120),
    ("MSK", 180),
    ("HKT", 480),
    ("JST", 540),
    ("KST", 540),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("AST", -240),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
];

/// An abbreviation, or the digits that stand for zones without one: `+03`, `-0330`.
fn zone_offset(zone: &str) -> Option<Offset> {
    let minutes = match zone.as_bytes() {
        [sign @ (b'+' | b'-'), digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            let number: i32 = zone.get(1..)?.parse().ok()?;
            let minutes = match digits.len() {
                2 => number * 60,
                4 => number / 100 * 60 + number % 100,
                _ => return None,
            };
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => ZONES.iter().find(|(name, _)| *name == zone)?.1,
    };
    Offset::from_seconds(minutes * 60).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_their_zones() {
        for (written, expected) in [
            ("2026-11-20 03:00:01 UTC", Some("2026-11-20T03:00:01Z")),
            ("2026-07-20 03:00:01 CEST", Some("2026-07-20T01:00:01Z")),
            ("2026-11-20 03:00:01 -0330", Some("2026-11-20T06:30:01Z")),
            ("2026-11-20 03:00:01 +03\r", Some("2026-11-20T00:00:01Z")),
            ("2026-11-20 03:00:01 EST", Some("2026-11-20T08:00:01Z")),
            ("2026-11-20 03:00:01 IST", None),
            ("2026-11-20 03:00:01", None),
            ("yesterday", None),
        ] {
            let lead = format!("--\n-- PostgreSQL database dump\n--\n\n-- Dumped by pg_dump version 15.18\n\n-- Started on {written}\n\n");
            let expected = match expected {
                Some(time) => Started::At(time.parse().expect("a time")),
                None => Started::Unclear(written.to_owned()),
            };
            assert_eq!(started(lead.as_bytes()), Some(expected));
        }
        assert_eq!(started(b"-- Dumped by pg_dump version 15.18\n"), None);
    }
}
