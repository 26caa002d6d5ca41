//! date_range: a date between two others.

use std::ops::RangeInclusive;

use super::super::fit::Kind;
use super::super::key::{DomainKey, below};
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::calendar::DAY;
use super::written::Clock;
use super::{Dates, Forms, Written, day, written};

/// Writes a date between two others.
#[derive(Debug)]
struct DateRange {
    key: DomainKey,
    between: RangeInclusive<i64>,
    dates: Dates,
    /// What stands behind a date of this type.
    clock: Option<Clock<'static>>,
}

impl Mask for DateRange {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let (first, last) = (*self.between.start(), *self.between.end());
        let count = u64::try_from(last - first).unwrap_or(0) + 1;
        let plain = || Written::of_server(first, self.clock);
        let mut value = match self.dates.forms {
            Forms::Server => plain(),
            // The form of a text is kept where it has one and there is room for it.
            Forms::Text { .. } => written::parse(cell.value, self.dates.forms).unwrap_or_else(plain),
        };
        value.day = first + below(random.high, count).cast_signed();
        if let Some(clock) = &mut value.clock {
            clock.second = below(random.low, DAY.unsigned_abs()).cast_signed();
            clock.cut_fraction(self.dates.forms);
        }
        let mark = out.len();
        if self.dates.write(value, out).is_err() {
            out.truncate(mark);
            Written::of_server(value.day, self.clock).write(out);
        }
        Ok(Masked::Value)
    }
}

/// `date_range`.
pub(super) fn date_range(request: &Request<'_>) -> Result<Bound, BuildError> {
    let dates = Dates::of(request, "makes dates")?;
    if request.max_chars() < 10 {
        return Err(request.too_short("a date needs", 10));
    }
    let mut ends = [0; 2];
    for (option, end) in ["from", "to"].into_iter().zip(&mut ends) {
        *end = day(request, option)?.unwrap_or(0);
        if !dates.reach.contains(end) {
            let message = format!("option {option:?}: {} has no such day", request.target.type_name);
            return Err(BuildError::of(option, message, None));
        }
    }
    let [from, to] = ends;
    if from > to {
        return Err(BuildError::of("to", "option \"to\": it comes before \"from\"", Some("let them change places".into())));
    }
    let zone: &[u8] = if request.target.kind == Kind::TimestampTz { b"+00" } else { b"" };
    let clock = matches!(request.target.kind, Kind::Timestamp | Kind::TimestampTz).then_some(Clock::of_server(0, zone));
    let fingerprint = format!("date_range {} {from} {to} {} {}", request.domain, clock.is_some(), dates.fingerprint());
    Ok(request.bound(DateRange { key: request.key.clone(), between: from..=to, dates, clock }, Distinct::Lost, fingerprint))
}
