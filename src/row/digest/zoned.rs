//! Moments with their offset from UTC, as a server writes values of `timestamp with time zone` (DateStyle ISO) in the time
//! zone of its session: `2024-07-01 14:00:00.5+02`, `0044-03-15 12:09:21+00:09:21 BC`.
//!
//! They are known by their form, wherever they stand: in a field, an array, a range or a composite. A text that looks like
//! one is taken for one, on both sides alike.
//!
//! The form: src/backend/utils/adt/datetime.c (`EncodeDateTime`, `EncodeTimezone`). Days: Howard Hinnant, "chrono-compatible
//! low-level date algorithms", days_from_civil and civil_from_days.

use std::io::Write as _;

/// A moment and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Seconds since 1970 by its own clock.
    local: i64,
    /// How far that clock is ahead of UTC, in seconds.
    offset: i64,
    /// Its fraction of a second with the point; empty where it has none.
    fraction: &'a [u8],
    /// Whether its offset is written `+00`.
    utc: bool,
}

/// The moment in whose time the colon at `colon` is the first.
#[inline]
pub fn around(line: &[u8], colon: usize) -> Option<Stamp<'_>> {
    // 13 bytes come before it at least: `2024-07-01 14`.
    let space = colon.checked_sub(3)?;
    if line.get(colon + 3) != Some(&b':') || line.get(space) != Some(&b' ') {
        return None;
    }
    read(line, space)
}

/// The moment whose date ends at `space`.
fn read(line: &[u8], space: usize) -> Option<Stamp<'_>> {
    let dash = space.checked_sub(6)?;
    if line.get(dash) != Some(&b'-') || line.get(dash + 3) != Some(&b'-') {
        return None;
    }
    let digits = line.get(..dash)?.iter().rev().take(7).take_while(|b| b.is_ascii_digit()).count();
    if !(4..=6).contains(&digits) {
        return None;
    }
    let start = dash - digits;
    let year = number(line, start, digits)?;
    let (month, day) = (number(line, dash + 1, 2)?, number(line, dash + 4, 2)?);
    let (hour, minute, second) = (number(line, space + 1, 2)?, number(line, space + 4, 2)?, number(line, space + 7, 2)?);
    if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let behind = space + 9;
    let fraction = fraction(line.get(behind..)?);
    let zone = behind + fraction.len();
    let (offset, length) = offset(line.get(zone..)?)?;
    let mut end = zone + length;
    let before_christ = line.get(end..).is_some_and(|rest| rest.starts_with(b" BC"));
    if before_christ {
        end += 3;
    }
    let days = days(if before_christ { 1 - year } else { year }, month, day);
    let local = days * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Stamp { start, end, local, offset, fraction, utc: offset == 0 && length == 3 && line.get(zone) == Some(&b'+') })
}

/// A number of so many digits.
fn number(line: &[u8], at: usize, digits: usize) -> Option<i64> {
    let text = line.get(at..at + digits)?;
    text.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')))
}

/// `.5`, at the head of a text; empty where there is none.
fn fraction(text: &[u8]) -> &[u8] {
    if text.first() != Some(&b'.') {
        return &[];
    }
    let digits = text.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 { &[] } else { text.get(..=digits).unwrap_or_default() }
}

/// `+02`, `-03:30`, `+00:09:21` at the head of a text: in seconds, and how long it is.
fn offset(text: &[u8]) -> Option<(i64, usize)> {
    let sign = match text.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let mut seconds = number(text, 1, 2)? * 3600;
    let mut length = 3;
    for unit in [60, 1] {
        if text.get(length) != Some(&b':') {
            break;
        }
        let Some(part) = number(text, length + 1, 2).filter(|part| *part < 60) else { break };
        seconds += part * unit;
        length += 3;
    }
    // A longer number is no offset.
    (!text.get(length).is_some_and(u8::is_ascii_digit)).then_some((sign * seconds, length))
}

/// Days since 1970-01-01; the year 0 is 1 BC.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of so many days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (year + era * 400 + i64::from(month <= 2), month, day)
}

impl Stamp<'_> {
    /// Whether it is written in UTC.
    pub fn is_utc(&self) -> bool {
        self.utc
    }

    /// Appends it as a server does whose time zone is UTC.
    pub fn write(&self, out: &mut Vec<u8>) {
        let moment = self.local - self.offset;
        let (year, month, day) = date(moment.div_euclid(86_400));
        let time = moment.rem_euclid(86_400);
        let (shown, tail) = if year > 0 { (year, "") } else { (1 - year, " BC") };
        // Writing to memory does not fail.
        let _ = write!(out, "{shown:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
        out.extend_from_slice(self.fraction);
        out.extend_from_slice(b"+00");
        out.extend_from_slice(tail.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn in_utc(text: &str) -> Option<String> {
        let colon = text.find(':')?;
        let stamp = around(text.as_bytes(), colon)?;
        let mut out = text.as_bytes()[..stamp.start].to_vec();
        stamp.write(&mut out);
        out.extend_from_slice(&text.as_bytes()[stamp.end..]);
        Some(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn moments_are_written_in_utc() {
        for (text, expected) in [
            ("2024-07-01 14:00:00+02", "2024-07-01 12:00:00+00"),
            ("2024-01-01 00:30:00.123456+05:30", "2023-12-31 19:00:00.123456+00"),
            ("1891-03-15 00:00:00+00:09:21", "1891-03-14 23:50:39+00"),
            ("2024-02-28 22:00:00-03:30", "2024-02-29 01:30:00+00"),
            ("0044-03-15 12:09:21+00:09:21 BC", "0044-03-15 12:00:00+00 BC"),
            ("0001-01-01 00:00:00+01", "0001-12-31 23:00:00+00 BC"),
            ("294276-12-31 23:00:00-01", "294277-01-01 00:00:00+00"),
            ("[\"2024-07-01 14:00:00+02\",", "[\"2024-07-01 12:00:00+00\","),
            ("2024-07-01 14:00:00+00", "2024-07-01 14:00:00+00"),
        ] {
            assert_eq!(in_utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_looks_otherwise_is_let_alone() {
        for text in [
            "2024-07-01 14:00:00",
            "2024-07-01T14:00:00+02",
            "14:00:00+02",
            "12024-07-01 14:00+02",
            "2024-13-01 14:00:00+02",
            "1234567-01-01 14:00:00+02",
            "2024-07-01 14:00:00+2",
            "2024-07-01 14:00:00+020",
            "a:b",
            "",
        ] {
            assert_eq!(in_utc(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_and_dates_are_each_others_inverse(day in -2_000_000i64..110_000_000) {
            let (year, month, of_month) = date(day);
            prop_assert_eq!(days(year, month, of_month), day);
            if (-9000..9000).contains(&year) {
                let known = jiff::civil::date(i16::try_from(year).expect("small"), i8::try_from(month).expect("small"), i8::try_from(of_month).expect("small"));
                let since = known.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).expect("near").get_days();
                prop_assert_eq!(i64::from(since), day);
            }
        }

        #[test]
        fn no_text_stops_it(text in "[0-9: +.BC-]{0,40}", colon in 0usize..40) {
            let _ = around(text.as_bytes(), colon);
        }
    }
}
