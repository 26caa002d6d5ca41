//! date_band and date_of_birth: another day in the same stretch of time.

use super::super::key::{DomainKey, below};
use super::super::registry::{BuildError, OptionValue, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::calendar::{civil, days, in_year};
use super::{Dates, Written, Zone, day, with_seed, zone};

/// What stays of a date.
#[derive(Clone, Debug)]
enum Keep {
    Year,
    Month,
    Band(Bands),
}

/// Age bands.
#[derive(Clone, Debug)]
struct Bands {
    /// The day on which ages count: year, month, day.
    at: (i64, i64, i64),
    /// The ages at which bands begin, rising from 0 on.
    ages: Vec<i64>,
}

impl Keep {
    /// The first and the last day of those that a day is exchanged with.
    fn stretch(&self, day: i64) -> (i64, i64) {
        let (year, month, _) = civil(day);
        match self {
            Keep::Year => (days(year, 1, 1), days(year, 12, 31)),
            Keep::Month => {
                let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                (days(year, month, 1), days(next_year, next, 1) - 1)
            }
            Keep::Band(bands) => bands.births(day),
        }
    }
}

impl Bands {
    /// The ages at which a band begins and the next one does. Before the first age and past the last, bands go on as wide
    /// as those next to them.
    fn band(&self, age: i64) -> (i64, i64) {
        if let Some(pair) = self.ages.windows(2).find(|pair| matches!(pair, [from, to] if (*from..*to).contains(&age))) {
            return (pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0));
        }
        let mut ends = self.ages.iter().copied();
        let width = |from: Option<i64>, to: Option<i64>| (to.unwrap_or(5) - from.unwrap_or(0)).max(1);
        let (start, width) = if age < 0 {
            (0, width(ends.next(), ends.next()))
        } else {
            let last = ends.next_back();
            (last.unwrap_or(0), width(ends.next_back(), last))
        };
        let from = start + (age - start).div_euclid(width) * width;
        (from, from + width)
    }

    /// The birth dates of those who are in one band with somebody born on a day.
    fn births(&self, day: i64) -> (i64, i64) {
        let (year, month, in_month) = self.at;
        let born = civil(day);
        let had_birthday = (born.1, born.2) <= (month, in_month);
        let (from, to) = self.band(year - born.0 - if had_birthday { 0 } else { 1 });
        (in_year(year - to, month, in_month) + 1, in_year(year - from, month, in_month))
    }

    /// The bands of a rule.
    fn of(request: &Request<'_>) -> Result<Bands, BuildError> {
        let at = day(request, "at")?;
        let Some(OptionValue::List(items)) = request.option("ages") else {
            let years = request.integer("years").unwrap_or(5);
            return Ok(Bands { at: civil(at.unwrap_or(days(1999, 12, 31))), ages: vec![0, years] });
        };
        let wrong = |message: &str, help: &str| Err(BuildError::of("ages", format!("option \"ages\": {message}"), Some(help.into())));
        if request.option("years").is_some() {
            return wrong("it stands beside \"years\"", "give one of the two");
        }
        let Some(at) = at else {
            return wrong("there is no day on which they count", "give one, for example at = \"2026-01-01\"");
        };
        let mut ages = vec![0];
        for item in items {
            match item {
                OptionValue::Integer(age @ 0..=200) if ages.last() < Some(age) => ages.push(*age),
                OptionValue::Integer(0) if ages.len() == 1 => {}
                _ => return wrong("expected whole numbers from 0 to 200 that rise", "for example [15, 18, 25, 40, 65]"),
            }
        }
        if ages.len() < 2 {
            return wrong("there is none above 0", "for example [15, 18, 25, 40, 65]");
        }
        Ok(Bands { at: civil(at), ages })
    }
}

/// Writes another day.
#[derive(Debug)]
struct OtherDay {
    key: DomainKey,
    keep: Keep,
    zone: Zone,
    dates: Dates,
}

impl Mask for OtherDay {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(mut value) = self.dates.read(cell.value)? else { return Ok(Masked::Same) };
        let Some(offset) = value.offset() else {
            value.day = self.other(cell, value);
            return self.dates.write(value, out);
        };
        // An instant is a day in the zone.
        let instant = value.local() - offset;
        let mut there = value;
        there.set_local(instant + self.zone.offset_at(instant));
        there.day = self.other(cell, there);
        value.set_local(self.zone.resolve(there.local()) + offset);
        self.dates.write(value, out)
    }
}

impl OtherDay {
    fn other(&self, cell: Cell<'_>, value: Written<'_>) -> i64 {
        let (first, last) = self.keep.stretch(value.day);
        let (first, last) = (first.max(*self.dates.reach.start()), last.min(*self.dates.reach.end()));
        let own = value.day - first;
        // One date is one seed as a date, as a timestamp and in text.
        let canonical = |buffer: &mut Vec<u8>| {
            Written::of_server(value.day, None).write(buffer);
            true
        };
        let random = with_seed(cell, canonical, |seed| self.key.hash(seed));
        let others = u64::try_from(last - first).unwrap_or(0);
        if others == 0 {
            return value.day;
        }
        let index = below(random.high, others).cast_signed();
        first + if index >= own && own >= 0 { index + 1 } else { index }
    }
}

fn other_day(request: &Request<'_>, keep: Keep) -> Result<Bound, BuildError> {
    let dates = Dates::of(request, "makes dates")?;
    let zone = zone(request)?;
    let named = request.text("zone").unwrap_or("UTC");
    let fingerprint = format!("other_day {} {keep:?} {named:?} {}", request.domain, dates.fingerprint());
    Ok(request.bound(OtherDay { key: request.key.clone(), keep, zone, dates }, Distinct::Lost, fingerprint))
}

/// `date_band`.
pub(super) fn date_band(request: &Request<'_>) -> Result<Bound, BuildError> {
    other_day(request, Keep::Band(Bands::of(request)?))
}

/// `date_of_birth`.
pub(super) fn date_of_birth(request: &Request<'_>) -> Result<Bound, BuildError> {
    let keep = match request.text("keep") {
        Some("age_band") => Keep::Band(Bands::of(request)?),
        Some("month") => Keep::Month,
        _ => Keep::Year,
    };
    let of_bands = ["years", "ages", "at"].into_iter().find(|name| request.option(name).is_some());
    if let (Keep::Year | Keep::Month, Some(name)) = (&keep, of_bands) {
        let message = format!("option {name:?} is for keep = \"age_band\"");
        return Err(BuildError::of(name, message, Some("leave it out, or keep the age band".into())));
    }
    other_day(request, keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(ages: &[i64], at: (i64, i64, i64)) -> Bands {
        Bands { at, ages: ages.to_vec() }
    }

    #[test]
    fn bands_have_no_gaps_and_no_overlaps() {
        let some = bands(&[0, 15, 18, 25, 40, 65], (2024, 2, 29));
        let table = [(-1, (-15, 0)), (0, (0, 15)), (17, (15, 18)), (18, (18, 25)), (64, (40, 65)), (65, (65, 90)), (90, (90, 115))];
        for (age, band) in table {
            assert_eq!(some.band(age), band, "{age}");
        }
        let five = bands(&[0, 5], (1999, 12, 31));
        for age in -20..120i64 {
            assert_eq!(five.band(age), (age.div_euclid(5) * 5, age.div_euclid(5) * 5 + 5));
        }
    }

    /// The age is counted here by walking through birthdays.
    #[test]
    fn who_is_in_a_band_has_an_age_of_it() {
        for at in [(2024, 2, 29), (2023, 2, 28), (2026, 1, 1), (1999, 12, 31)] {
            let bands = bands(&[0, 15, 18, 25, 40, 65], at);
            let at_day = days(at.0, at.1, at.2);
            let age = |born: i64| {
                let (year, month, day) = civil(born);
                // Who was born on 29 February has a birthday on 1 March of a year that has none.
                let birthday = |n: i64| crate::mask::time::calendar::real(year + n, month, day).unwrap_or(days(year + n, 3, 1));
                (0..200).take_while(|n| birthday(n + 1) <= at_day).count() as i64
            };
            for born in (days(1900, 1, 1)..at_day).step_by(17) {
                let (first, last) = bands.births(born);
                let (from, to) = bands.band(age(born));
                assert!((first..=last).contains(&born));
                assert!((from..to).contains(&age(first)) && (from..to).contains(&age(last)), "{:?}", civil(born));
                assert!(!(from..to).contains(&age(first - 1)) && (last + 1 > at_day || !(from..to).contains(&age(last + 1))));
            }
        }
    }

    #[test]
    fn years_of_bands_are_calendar_years() {
        let (first, last) = bands(&[0, 5], (1999, 12, 31)).births(days(1984, 2, 29));
        assert_eq!((civil(first), civil(last)), ((1980, 1, 1), (1984, 12, 31)));
    }
}
