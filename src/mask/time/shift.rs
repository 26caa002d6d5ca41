//! date_shift: moves dates and times.

use super::super::fit::Kind;
use super::super::key::{DomainKey, below};
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::calendar::DAY;
use super::{Dates, Written, with_seed, written};

/// By how much a seed moves its dates.
#[derive(Clone, Debug)]
struct Distance {
    key: DomainKey,
    /// The most steps.
    most: u64,
    /// Seconds of a step.
    step: i64,
}

impl Distance {
    /// The distance of a rule. Days alone count in days, with hours in hours, with minutes in minutes.
    fn of(request: &Request<'_>) -> Distance {
        let given = |name| request.integer(name).map(|number| number.unsigned_abs());
        let (days, hours, minutes) = (given("days"), given("hours"), given("minutes"));
        let (most, step) = match (hours, minutes) {
            (None, None) => (days.unwrap_or(30), DAY),
            (Some(hours), None) => (days.unwrap_or(0) * 24 + hours, 3600),
            (hours, Some(minutes)) => ((days.unwrap_or(0) * 24 + hours.unwrap_or(0)) * 60 + minutes, 60),
        };
        Distance { key: request.key.clone(), most: most.max(1), step }
    }

    /// The seconds of a seed, never 0.
    fn seconds(&self, seed: &[u8]) -> i64 {
        let random = self.key.hash(seed);
        let distance = (1 + below(random.high, self.most).cast_signed()) * self.step;
        if random.low & 1 == 0 { distance } else { -distance }
    }
}

/// Moves a date.
#[derive(Debug)]
struct DateShift {
    distance: Distance,
    dates: Dates,
}

impl Mask for DateShift {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let Some(value) = self.dates.read(cell.value)? else { return Ok(Masked::Same) };
        let canonical = |buffer: &mut Vec<u8>| {
            if !value.is_iso() {
                value.write_iso(buffer);
            }
            !value.is_iso()
        };
        let shift = with_seed(cell, canonical, |seed| self.distance.seconds(seed));
        let moved = moved(value, shift);
        // At the ends of the calendar there is only one way to go.
        let moved = if self.dates.reach.contains(&moved.day) { moved } else { self::moved(value, -shift) };
        self.dates.write(moved, out)
    }
}

/// A date moved by so many seconds. Where there is no time of day it moves by whole days, away from where it was.
fn moved(mut value: Written<'_>, shift: i64) -> Written<'_> {
    let shift = match value.clock {
        Some(_) => shift,
        None => shift.signum() * (shift.abs() + DAY - 1) / DAY * DAY,
    };
    value.set_local(value.local() + shift);
    value
}

/// Moves a time of day, around midnight where need be.
#[derive(Debug)]
struct TimeShift(Distance);

impl Mask for TimeShift {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut clock = written::parse_clock(cell.value).ok_or(Refusal { expected: "a time of day as PostgreSQL writes it (12:34:56)" })?;
        clock.second = (clock.second + self.0.seconds(cell.seed)).rem_euclid(DAY);
        clock.write(out);
        Ok(Masked::Value)
    }
}

/// `date_shift`: dates, and times of day by hours and minutes.
pub(super) fn date_shift(request: &Request<'_>) -> Result<Bound, BuildError> {
    let distance = Distance::of(request);
    let steps = format!("{} of {}", distance.most, distance.step);
    if matches!(request.target.kind, Kind::Time | Kind::TimeTz) {
        request.needs_charset()?;
        if distance.step == DAY || distance.most.cast_signed() * distance.step >= DAY {
            let message = format!("{} has hours and minutes only, fewer than 24 hours of them", request.target.type_name);
            return Err(request.misfit(message, "give \"hours\" or \"minutes\", and no \"days\""));
        }
        let fingerprint = format!("date_shift {} time {steps}", request.domain);
        return Ok(request.bound(TimeShift(distance), Distinct::Lost, fingerprint));
    }
    let dates = Dates::of(request, "moves dates")?;
    let fingerprint = format!("date_shift {} {steps} {}", request.domain, dates.fingerprint());
    Ok(request.bound(DateShift { distance, dates }, Distinct::Lost, fingerprint))
}
