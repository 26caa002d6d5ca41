//! Dates of birth inside of numbers: two digits of the year, month, day.

use super::check::value;
use super::scheme::{Cursor, Keep, decimal, write_decimal};

/// The bits of [`Keep`] of numbers that tell of a person.
pub(super) const SEX: Keep = 1;
/// See [`SEX`].
pub(super) const BIRTH: Keep = 2;
/// See [`SEX`].
pub(super) const PLACE: Keep = 4;

/// Which years two digits are.
#[derive(Clone, Copy)]
pub(super) struct Century {
    /// Whether the year divisible by 100 is a leap year.
    leap: bool,
    /// The days on which somebody can have been born. Later ones become later ones: nobody gets a birth to come.
    past: u32,
}

/// 1900 to 1999, and other centuries whose first year is no leap year.
pub(super) const NINETEEN: Century = Century { leap: false, past: 36_524 };
/// 2000 to 2099, up to the end of 2025 apart from what is later.
pub(super) const TWENTY: Century = Century { leap: true, past: 26 * 365 + 7 };
/// The digits do not tell the century.
pub(super) const EITHER: Century = Century { leap: true, past: 36_525 };

impl Century {
    fn is_leap(self, year: u32) -> bool {
        year.is_multiple_of(4) && (year > 0 || self.leap)
    }

    fn days_of(self, year: u32, month: u32) -> u32 {
        match month {
            2 => 28 + u32::from(self.is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// How many days it has.
    pub(super) fn days(self) -> u32 {
        36_524 + u32::from(self.leap)
    }

    /// The day's number in the century, from 0 on; `None` where there is no such day.
    pub(super) fn day(self, year: u32, month: u32, day: u32) -> Option<u32> {
        if year > 99 || !(1..=12).contains(&month) || day == 0 || day > self.days_of(year, month) {
            return None;
        }
        let before: u32 = (1..month).map(|month| self.days_of(year, month)).sum();
        Some(self.first(year) + before + day - 1)
    }

    /// Year, month and day of a day's number.
    pub(super) fn date(self, number: u32) -> (u32, u32, u32) {
        let mut year = (number / 365).min(99);
        while self.first(year) > number {
            year -= 1;
        }
        let (mut rest, mut month) = (number - self.first(year), 1);
        while month < 12 && rest >= self.days_of(year, month) {
            rest -= self.days_of(year, month);
            month += 1;
        }
        (year, month, rest + 1)
    }

    /// The number of a year's first day.
    fn first(self, year: u32) -> u32 {
        // Of the years before, every fourth from 0 on is a leap year, but for year 0 where it is none.
        365 * year + year.div_ceil(4) - u32::from(year > 0 && !self.leap)
    }
}

/// Draws a date as `yymmdd`, with something added to the month and something to the day. A date that is none (of a birth that
/// is not known, say) keeps its month and day.
pub(super) fn draw(cursor: &mut Cursor<'_>, keep: Keep, century: Century, (months, days): (u32, u32)) {
    let read = |here: &[u8]| {
        let (month, day) = (decimal(here.get(2..4)?)?, decimal(here.get(4..6)?)?);
        century.day(decimal(here.get(..2)?)?, month.checked_sub(months)?, day.checked_sub(days)?)
    };
    if keep & BIRTH != 0 {
        cursor.keep(6);
    } else if read(cursor.next(6)).is_none() {
        let years = century.past / 365;
        let past = decimal(cursor.next(2)).is_some_and(|year| year < years);
        if past {
            cursor.range(2, 0, years)
        } else {
            cursor.range(2, years, 100 - years)
        }
        cursor.keep(4);
    } else {
        let past = read(cursor.next(6)).is_some_and(|day| day < century.past);
        let (first, count) = if past { (0, century.past) } else { (century.past, century.days() - century.past) };
        let write = |number: u128, here: &mut [u8]| {
            let (year, month, day) = century.date(first + number as u32);
            write_decimal(year * 10_000 + (month + months) * 100 + day + days, here);
        };
        cursor.draw(6, u128::from(count), |here| read(here)?.checked_sub(first).map(u128::from), write);
    }
}

/// Draws a digit whose parity tells the sex.
pub(super) fn draw_sex(cursor: &mut Cursor<'_>, keep: Keep) {
    if keep & SEX == 0 {
        return cursor.digits(1);
    }
    let odd = cursor.peek(0).is_some_and(|digit| value(digit) % 2 == 1);
    cursor.one_of(if odd { b"13579" } else { b"02468" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_counted_once() {
        for (century, first) in [(NINETEEN, 1900), (TWENTY, 2000)] {
            // Rata die (Dershowitz and Reingold, "Calendrical Calculations"), another way to count.
            let fixed = |year: i64, month: i64, day: i64| {
                let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
                365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            };
            for number in 0..century.days() {
                let (year, month, day) = century.date(number);
                assert_eq!(century.day(year, month, day), Some(number));
                let days = fixed(first + i64::from(year), month.into(), day.into()) - fixed(first, 1, 1);
                assert_eq!(days, i64::from(number));
            }
        }
        assert_eq!((NINETEEN.day(0, 2, 29), TWENTY.day(0, 2, 29), TWENTY.day(1, 2, 29)), (None, Some(59), None));
        assert_eq!((NINETEEN.day(99, 13, 1), NINETEEN.day(99, 4, 31), NINETEEN.day(0, 0, 1)), (None, None, None));
        assert_eq!(TWENTY.day(25, 12, 31), Some(TWENTY.past - 1));
    }
}
