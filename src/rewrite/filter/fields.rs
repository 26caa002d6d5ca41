//! The fields of `extract` and `date_trunc` (src/backend/utils/adt/timestamp.c).

use jiff::tz::TimeZone;

use super::calendar::{self, DAY, FOREVER, FOREVER_DAY, NEVER, NEVER_DAY};
use super::clock::{self, SECOND};
use super::interval::Interval;
use super::numeric::Numeric;
use super::value::Value;
use crate::mask::Refusal;

/// A field of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Milliseconds,
    Microseconds,
    Epoch,
}

/// Names as the server knows them (`deltatktbl` and `datetktbl` of datetime.c, the plain ones).
const NAMES: &[(&str, Field)] = &[
    ("millennium", Field::Millennium),
    ("century", Field::Century),
    ("decade", Field::Decade),
    ("year", Field::Year),
    ("isoyear", Field::IsoYear),
    ("quarter", Field::Quarter),
    ("month", Field::Month),
    ("week", Field::Week),
    ("day", Field::Day),
    ("dow", Field::DayOfWeek),
    ("isodow", Field::IsoDayOfWeek),
    ("doy", Field::DayOfYear),
    ("hour", Field::Hour),
    ("minute", Field::Minute),
    ("second", Field::Second),
    ("milliseconds", Field::Milliseconds),
    ("microseconds", Field::Microseconds),
    ("epoch", Field::Epoch),
];

impl Field {
    /// The field of a name.
    pub(super) fn find(name: &str) -> Option<Field> {
        let name = name.to_ascii_lowercase();
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether date_trunc knows it.
    pub(super) fn truncates(self) -> bool {
        !matches!(self, Field::IsoYear | Field::DayOfWeek | Field::IsoDayOfWeek | Field::DayOfYear | Field::Epoch)
    }

    /// Whether a date has it.
    pub(super) fn of_days(self) -> bool {
        !matches!(self, Field::Hour | Field::Minute | Field::Second | Field::Milliseconds | Field::Microseconds)
    }

    /// Whether an interval has it, of those that are extracted here.
    pub(super) fn of_intervals(self) -> bool {
        matches!(self, Field::Year | Field::Month | Field::Day | Field::Hour | Field::Minute | Field::Second | Field::Epoch)
    }

    /// Whether infinity has it.
    fn grows(self) -> bool {
        matches!(self, Field::Millennium | Field::Century | Field::Decade | Field::Year | Field::IsoYear | Field::Epoch)
    }

    fn of_infinity(self, least: bool) -> Value<'static> {
        match (self.grows(), least) {
            (false, _) => Value::Null,
            (true, true) => Value::Numeric(Numeric::Least),
            (true, false) => Value::Numeric(Numeric::Most),
        }
    }
}

/// `extract(field from date)`
pub(super) fn of_day(field: Field, day: i32) -> Value<'static> {
    match day {
        NEVER_DAY | FOREVER_DAY => field.of_infinity(day == NEVER_DAY),
        _ if field == Field::Epoch => Value::Numeric(Numeric::whole((i64::from(day) - calendar::days(1970, 1, 1)) * 86_400)),
        _ => Value::Numeric(Numeric::whole(day_field(field, day.into()))),
    }
}

/// `extract(field from timestamp)`, local time given; `moment` is what the epoch counts.
pub(super) fn of_moment(field: Field, local: i64, moment: i64) -> Value<'static> {
    if matches!(local, NEVER | FOREVER) {
        return field.of_infinity(local == NEVER);
    }
    let time = local.rem_euclid(DAY);
    Value::Numeric(match field {
        Field::Hour => Numeric::whole(time / (3600 * SECOND)),
        Field::Minute => Numeric::whole(time / (60 * SECOND) % 60),
        Field::Second => Numeric::scaled(time % (60 * SECOND), 6),
        Field::Milliseconds => Numeric::scaled(time % (60 * SECOND), 3),
        Field::Microseconds => Numeric::whole(time % (60 * SECOND)),
        Field::Epoch => Numeric::scaled(moment.saturating_sub(calendar::days(1970, 1, 1) * DAY), 6),
        _ => Numeric::whole(day_field(field, local.div_euclid(DAY))),
    })
}

/// `extract(field from interval)`
pub(super) fn of_interval(field: Field, interval: Interval) -> Result<Value<'static>, Refusal> {
    if let Some(negative) = interval.infinite() {
        let grows = matches!(field, Field::Year | Field::Day | Field::Hour | Field::Epoch);
        let end = if negative { Numeric::Least } else { Numeric::Most };
        return Ok(if grows { Value::Numeric(end) } else { Value::Null });
    }
    let Interval { months, days, micros } = interval;
    let (months, days) = (i64::from(months), i64::from(days));
    Ok(Value::Numeric(match field {
        Field::Year => Numeric::whole(months / 12),
        Field::Month => Numeric::whole(months % 12),
        Field::Day => Numeric::whole(days),
        Field::Hour => Numeric::whole(micros / (3600 * SECOND)),
        Field::Minute => Numeric::whole(micros / (60 * SECOND) % 60),
        Field::Second => Numeric::scaled(micros % (60 * SECOND), 6),
        Field::Epoch => {
            // A year has 365.25 days there, a month 30.
            let quarters = 1461 * (months / 12) + 120 * (months % 12) + 4 * days;
            let micros = (quarters * 21_600).checked_mul(SECOND).and_then(|long| long.checked_add(micros));
            Numeric::scaled(micros.ok_or(Refusal { expected: "an interval of less than 292 000 years" })?, 6)
        }
        _ => return Err(super::value::MIXED),
    }))
}

/// A field that a day has.
fn day_field(field: Field, day: i64) -> i64 {
    let (year, month, date) = calendar::civil(day);
    let positive = year > 0;
    match field {
        Field::Millennium if positive => (year + 999) / 1000,
        Field::Millennium => -((999 - (year - 1)) / 1000),
        Field::Century if positive => (year + 99) / 100,
        Field::Century => -((99 - (year - 1)) / 100),
        Field::Decade if year >= 0 => year / 10,
        Field::Decade => -((8 - (year - 1)) / 10),
        Field::Year => year - i64::from(!positive),
        Field::IsoYear => {
            let year = iso_week(day).0;
            year - i64::from(year <= 0)
        }
        Field::Quarter => (month - 1) / 3 + 1,
        Field::Month => month,
        Field::Week => iso_week(day).1,
        Field::Day => date,
        // 2000-01-01 was a Saturday.
        Field::DayOfWeek => (day + 6).rem_euclid(7),
        Field::IsoDayOfWeek => (day + 5).rem_euclid(7) + 1,
        Field::DayOfYear => day - calendar::days(year, 1, 1) + 1,
        Field::Hour | Field::Minute | Field::Second | Field::Milliseconds | Field::Microseconds | Field::Epoch => 0,
    }
}

/// The year and week of ISO 8601: a week belongs to the year of its Thursday.
fn iso_week(day: i64) -> (i64, i64) {
    let monday = day - (day + 5).rem_euclid(7);
    let (year, ..) = calendar::civil(monday + 3);
    let fourth = calendar::days(year, 1, 4);
    let first_monday = fourth - (fourth + 5).rem_euclid(7);
    (year, (monday - first_monday) / 7 + 1)
}

/// `date_trunc(field, timestamp)`
pub(super) fn truncate(field: Field, local: i64) -> i64 {
    if matches!(local, NEVER | FOREVER) {
        return local;
    }
    let day = local.div_euclid(DAY);
    let (year, month, _) = calendar::civil(day);
    let positive = year > 0;
    let of_year = |year| calendar::days(year, 1, 1) * DAY;
    match field {
        Field::Millennium if positive => of_year((year + 999) / 1000 * 1000 - 999),
        Field::Millennium => of_year(-((999 - (year - 1)) / 1000) * 1000 + 1),
        Field::Century if positive => of_year((year + 99) / 100 * 100 - 99),
        Field::Century => of_year(-((99 - (year - 1)) / 100) * 100 + 1),
        Field::Decade if positive => of_year(year / 10 * 10),
        Field::Decade => of_year(-((8 - (year - 1)) / 10) * 10),
        Field::Quarter => calendar::days(year, (month - 1) / 3 * 3 + 1, 1) * DAY,
        Field::Month => calendar::days(year, month, 1) * DAY,
        Field::Week => (day - (day + 5).rem_euclid(7)) * DAY,
        Field::Day => day * DAY,
        Field::Hour => local - local.rem_euclid(3600 * SECOND),
        Field::Minute => local - local.rem_euclid(60 * SECOND),
        Field::Second => local - local.rem_euclid(SECOND),
        Field::Milliseconds => local - local.rem_euclid(1000),
        Field::Microseconds => local,
        Field::Year | Field::IsoYear | Field::DayOfWeek | Field::IsoDayOfWeek | Field::DayOfYear | Field::Epoch => of_year(year),
    }
}

/// `date_trunc(field, timestamptz)`: fields of a day and longer are those of a zone's calendar.
pub(super) fn truncate_in(field: Field, moment: i64, zone: &TimeZone) -> i64 {
    if matches!(moment, NEVER | FOREVER) {
        return moment;
    }
    let ahead = clock::ahead(zone, moment);
    let cut = truncate(field, moment.saturating_add(ahead));
    if field.of_days() { calendar::from_local(zone, cut) } else { cut.saturating_sub(ahead) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_of_iso_8601() {
        for ((year, month, day), expected) in
            [((2005, 1, 1), (2004, 53)), ((2006, 1, 1), (2005, 52)), ((2012, 12, 31), (2013, 1)), ((2024, 2, 29), (2024, 9))]
        {
            assert_eq!(iso_week(calendar::days(year, month, day)), expected, "{year}-{month}-{day}");
        }
        assert_eq!(day_field(Field::DayOfWeek, 0), 6);
        assert_eq!(day_field(Field::IsoDayOfWeek, 1), 7);
        assert_eq!(day_field(Field::Century, calendar::days(2000, 1, 1)), 20);
        assert_eq!(day_field(Field::Year, calendar::days(0, 1, 1)), -1);
    }
}
