//! The calendar: days and what they are called.
//!
//! It is the proleptic Gregorian one, as in the server's src/backend/utils/adt/datetime.c (`date2j`). Days are counted from
//! 0000-03-01 on; year 0 is 1 BC.

/// The first day that the server has: 4714-11-24 BC (`DATETIME_MIN_JULIAN` in src/include/datatype/timestamp.h).
pub(super) const FIRST_DAY: i64 = days(-4713, 11, 24);
/// The last day of type date.
pub(super) const LAST_DATE: i64 = days(5_874_897, 12, 31);
/// The last day of both timestamps.
pub(super) const LAST_TIMESTAMP: i64 = days(294_276, 12, 31);
/// The days that every form of text can write with four digits.
pub(super) const FIRST_WRITTEN: i64 = days(1, 1, 1);
/// The last of them.
pub(super) const LAST_WRITTEN: i64 = days(9999, 12, 31);
/// A Monday.
const MONDAY: i64 = days(2000, 1, 3);
/// The day at which POSIX time begins.
pub(super) const EPOCH: i64 = days(1970, 1, 1);

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Days since 0000-03-01. The year begins in March, so that the leap day is its last.
pub(super) const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year
}

/// Year, month and day of a number of days since 0000-03-01.
pub(super) const fn civil(days: i64) -> (i64, i64, i64) {
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

/// The day of a date that exists.
pub(super) fn real(year: i64, month: i64, day: i64) -> Option<i64> {
    let found = days(year, month, day);
    ((1..=12).contains(&month) && day >= 1 && civil(found) == (year, month, day)).then_some(found)
}

/// The same date in another year; 29 February becomes the 28th where there is none.
pub(super) fn in_year(year: i64, month: i64, day: i64) -> i64 {
    real(year, month, day).unwrap_or_else(|| days(year, month, 28))
}

/// A stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Decade,
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

impl Unit {
    /// The unit of a word in a rule.
    pub(super) fn of(word: &str) -> Option<Unit> {
        let at = UNITS.iter().position(|known| *known == word)?;
        let units = [Unit::Decade, Unit::Year, Unit::Quarter, Unit::Month, Unit::Week, Unit::Day, Unit::Hour, Unit::Minute];
        units.get(at).copied()
    }

    /// The seconds of a unit shorter than a day.
    pub(super) fn seconds(self) -> Option<i64> {
        match self {
            Unit::Hour => Some(3600),
            Unit::Minute => Some(60),
            _ => None,
        }
    }

    /// The first day of the unit in which a day lies. Weeks begin on Mondays (ISO 8601), decades in years that end in 0, as
    /// in the server's `date_trunc`.
    pub(super) fn first_day(self, day: i64) -> i64 {
        let (year, month, _) = civil(day);
        match self {
            Unit::Decade => days(year.div_euclid(10) * 10, 1, 1),
            Unit::Year => days(year, 1, 1),
            Unit::Quarter => days(year, (month - 1) / 3 * 3 + 1, 1),
            Unit::Month => days(year, month, 1),
            Unit::Week => day - (day - MONDAY).rem_euclid(7),
            Unit::Day | Unit::Hour | Unit::Minute => day,
        }
    }
}

/// The words for units in a rule.
pub(super) const UNITS: &[&str] = &["decade", "year", "quarter", "month", "week", "day", "hour", "minute"];

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

    /// As PostgreSQL 15's date_trunc has them.
    #[test]
    fn units_begin_where_the_server_says() {
        let begins = |unit: Unit, (y, m, d): (i64, i64, i64)| civil(unit.first_day(days(y, m, d)));
        assert_eq!(begins(Unit::Week, (2024, 3, 3)), (2024, 2, 26));
        assert_eq!(begins(Unit::Week, (2024, 2, 26)), (2024, 2, 26));
        assert_eq!(begins(Unit::Week, (-43, 3, 15)), (-43, 3, 11), "the Ides of March were a Friday");
        assert_eq!(begins(Unit::Quarter, (2023, 12, 31)), (2023, 10, 1));
        assert_eq!(begins(Unit::Decade, (1999, 12, 31)), (1990, 1, 1));
        assert_eq!(begins(Unit::Decade, (-1, 6, 1)), (-10, 1, 1), "2 BC is in the decade of 11 BC");
        assert_eq!(begins(Unit::Month, (2024, 2, 29)), (2024, 2, 1));
        assert_eq!(begins(Unit::Year, (294_276, 12, 31)), (294_276, 1, 1));
    }
}
