//! date_trunc: the first moment of the unit in which a date lies.

use super::super::fit::Kind;
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::calendar::{DAY, Unit};
use super::{Dates, Forms, Written, Zone, interval, written, zone};

/// Cuts dates.
#[derive(Debug)]
struct DateTrunc {
    unit: Unit,
    zone: Zone,
    dates: Dates,
}

impl Mask for DateTrunc {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(mut value) = self.dates.read(cell.value)? else { return Ok(Masked::Same) };
        let local = match value.offset() {
            // What has no offset is cut as it is written.
            None => self.cut(value),
            Some(offset) => self.cut_instant(value, value.local() - offset) + offset,
        };
        value.set_local(local);
        if let Some(clock) = &mut value.clock {
            clock.cut_fraction(self.dates.forms);
            if value.day < *self.dates.reach.start() {
                clock.second = 0;
            }
        }
        self.dates.write(value, out)
    }
}

impl DateTrunc {
    /// Cuts a local time, in seconds since 1970.
    fn cut(&self, mut value: Written<'_>) -> i64 {
        match self.unit.seconds() {
            Some(seconds) => value.local() - value.local().rem_euclid(seconds),
            None => {
                value.day = self.unit.first_day(value.day);
                value.local() - value.local().rem_euclid(DAY)
            }
        }
    }

    /// Cuts an instant in the zone.
    fn cut_instant(&self, mut value: Written<'_>, instant: i64) -> i64 {
        let offset = self.zone.offset_at(instant);
        value.set_local(instant + offset);
        let local = self.cut(value);
        // Hours and minutes are cut with the offset at hand (as `timestamptz_trunc` does in the server): where clocks are
        // turned back one local time is two instants.
        if self.unit.seconds().is_some() { local - offset } else { self.zone.resolve(local) }
    }
}

/// Cuts times of day.
#[derive(Debug)]
struct TimeTrunc(i64);

impl Mask for TimeTrunc {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut clock = written::parse_clock(cell.value).ok_or(Refusal { expected: "a time of day as PostgreSQL writes it (12:34:56)" })?;
        clock.second -= clock.second % self.0;
        clock.cut_fraction(Forms::Server);
        clock.write(out);
        Ok(Masked::Value)
    }
}

/// `date_trunc`.
pub(super) fn date_trunc(request: &Request<'_>) -> Result<Bound, BuildError> {
    let word = request.text("to").unwrap_or_default();
    let Some(unit) = Unit::of(word) else { return Err(request.misfit("option \"to\" is missing", "for example to = \"month\"")) };
    let name = &request.target.type_name;
    let no_such = |has: &str| Err(BuildError::of("to", format!("{name} has {has}, found {word:?}"), None));
    let zone = zone(request)?;
    match (&request.target.kind, unit.seconds()) {
        (Kind::Time | Kind::TimeTz, Some(seconds)) => {
            request.needs_charset()?;
            Ok(request.bound(TimeTrunc(seconds), Distinct::Lost, format!("date_trunc time {word}")))
        }
        (Kind::Time | Kind::TimeTz, None) => no_such("hours and minutes only"),
        (Kind::Interval, _) if unit == Unit::Week => no_such("no weeks"),
        (Kind::Interval, _) => {
            request.needs_charset()?;
            Ok(request.bound(interval::IntervalTrunc(unit), Distinct::Lost, format!("date_trunc interval {word}")))
        }
        (Kind::Date, _) if unit == Unit::Day || unit.seconds().is_some() => no_such("days only, so that nothing would change"),
        _ => {
            let dates = Dates::of(request, "cuts dates")?;
            let fingerprint = format!("date_trunc {word} {:?} {}", request.text("zone").unwrap_or("UTC"), dates.fingerprint());
            Ok(request.bound(DateTrunc { unit, zone, dates }, Distinct::Lost, fingerprint))
        }
    }
}
