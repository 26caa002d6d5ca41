//! Dates and times: date_shift, date_trunc, date_band, date_of_birth, date_range.
//!
//! They take date, both timestamps, and dates in text columns and documents, whose form is kept. The infinities stay what
//! they are; a result never leaves the bounds of its type, nor in text the years that have four digits.

use std::ops::RangeInclusive;

use super::fit::Kind;
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::{Cell, Masked, Refusal, scratch};
use calendar::{FIRST_DAY, FIRST_WRITTEN, LAST_DATE, LAST_TIMESTAMP, LAST_WRITTEN};
use written::{Forms, Written};
use zone::Zone;

mod band;
mod calendar;
mod interval;
mod range;
mod shift;
#[cfg(test)]
mod tests;
mod trunc;
mod written;
mod zone;

pub(super) use interval::is_interval;
#[cfg(test)]
pub(super) use written::distance;

/// How a text column writes days and months.
const ORDER: OptionDefinition = OptionDefinition {
    name: "order",
    kind: OptionKind::Choice(&["dmy", "mdy"]),
    default: "dmy",
    summary: "what 03/02/2024 is in text: 3 February, or (mdy) 2 March",
};

/// Where days begin.
const ZONE: OptionDefinition = OptionDefinition {
    name: "zone",
    kind: OptionKind::Text,
    default: "UTC",
    summary: "where the days of an instant begin: UTC, an offset such as +02:00, a name such as Europe/Paris",
};

/// The ages that stay together, for those masks that keep them.
const BAND: [OptionDefinition; 3] = [
    OptionDefinition { name: "years", kind: OptionKind::Integer(1, 200), default: "5", summary: "how many years a band has" },
    OptionDefinition {
        name: "ages",
        kind: OptionKind::Scalars,
        default: "bands of equal width",
        summary: "the ages at which a band begins, for example [15, 18, 25, 40, 65]; past the last they go on as wide as the last but one",
    },
    OptionDefinition {
        name: "at",
        kind: OptionKind::Text,
        default: "1999-12-31, so that bands are calendar years; required with ages",
        summary: "the day on which ages count",
    },
];

const DATES: &str = "date, timestamp, timestamp with time zone, text";

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "date_band",
        summary: "another birth date in the same age band; time of day stays",
        accepts: DATES,
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: true,
        default_domain: "date_band",
        options: &{
            let [years, ages, at] = BAND;
            [years, ages, at, ZONE, ORDER]
        },
        example: Example::of(r#"{ mask = "date_band", ages = [15, 18, 25, 40, 65], at = "2026-01-01" }"#, "date", "1984-02-29"),
        build: band::date_band,
    },
    Definition {
        name: "date_of_birth",
        summary: "another birth date in the same year, month or age band; time of day stays",
        accepts: DATES,
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: true,
        default_domain: "date_of_birth",
        options: &{
            let [years, ages, at] = BAND;
            let keep = OptionDefinition {
                name: "keep",
                kind: OptionKind::Choice(&["age_band", "year", "month"]),
                default: "year",
                summary: "what stays; years, ages and at are for age_band",
            };
            [keep, years, ages, at, ZONE, ORDER]
        },
        example: Example::of(r#"{ mask = "date_of_birth", keep = "year" }"#, "text", "29/02/1984"),
        build: band::date_of_birth,
    },
    Definition {
        name: "date_range",
        summary: "a date between two others",
        accepts: DATES,
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "date_range",
        options: &[
            OptionDefinition { name: "from", kind: OptionKind::Text, default: "required", summary: "the first day, as 2000-01-31" },
            OptionDefinition { name: "to", kind: OptionKind::Text, default: "required", summary: "the last day" },
            ORDER,
        ],
        example: Example::of(r#"{ mask = "date_range", from = "2020-01-01", to = "2024-12-31" }"#, "timestamp", "1984-02-29 12:00:00"),
        build: range::date_range,
    },
    Definition {
        name: "date_shift",
        summary: "moves a date by some days, never by none; time of day and zone stay. With a seed all dates of one seed move alike",
        accepts: "date, timestamp, timestamp with time zone, text; time and time with time zone by hours and minutes",
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: true,
        fallible: true,
        default_domain: "date_shift",
        options: &[
            OptionDefinition {
                name: "days",
                kind: OptionKind::Integer(1, 36_500),
                default: "30, or none with hours or minutes",
                summary: "the most days, either way",
            },
            OptionDefinition {
                name: "hours",
                kind: OptionKind::Integer(1, 876_000),
                default: "whole days",
                summary: "the most hours besides; a date without time of day moves by whole days all the same",
            },
            OptionDefinition {
                name: "minutes",
                kind: OptionKind::Integer(1, 52_560_000),
                default: "whole hours or days",
                summary: "the most minutes besides",
            },
            ORDER,
        ],
        example: Example::of(r#"{ mask = "date_shift", days = 30 }"#, "date", "1984-02-29"),
        build: shift::date_shift,
    },
    Definition {
        name: "date_trunc",
        summary: "the first moment of the year, month, … in which a date lies; an instant is cut in a zone and keeps its offset",
        accepts: "date, timestamp, timestamp with time zone, text, time, time with time zone, interval",
        distinct: "no: two dates may become one",
        keeps_distinct: false,
        keyed: false,
        fallible: true,
        default_domain: "",
        options: &[
            OptionDefinition { name: "to", kind: OptionKind::Choice(calendar::UNITS), default: "required", summary: "the unit that stays" },
            ZONE,
            ORDER,
        ],
        example: Example::of(
            r#"{ mask = "date_trunc", to = "month", zone = "UTC" }"#,
            "timestamp with time zone",
            "1990-04-18 02:00:00+02",
        ),
        build: trunc::date_trunc,
    },
];

const REFUSAL: Refusal = Refusal { expected: "a date as PostgreSQL writes it (2000-01-31, DateStyle ISO)" };
const TEXT_REFUSAL: Refusal = Refusal { expected: "a date such as 2000-01-31, 2000-01-31T12:00:00Z or 31/01/2000" };

/// Whether a text is a date with or without a time of day, or an infinity.
pub(super) fn is_date(text: &[u8]) -> bool {
    let in_reach = |written: Written<'_>| (FIRST_DAY..=LAST_DATE).contains(&written.day);
    written::is_infinity(text) || written::parse(text, Forms::Server).is_some_and(in_reach)
}

/// Whether a text is a time of day, with or without an offset.
pub(super) fn is_time(text: &[u8]) -> bool {
    written::parse_clock(text).is_some()
}

/// A column of dates.
#[derive(Clone, Debug)]
struct Dates {
    forms: Forms,
    /// The local days that values may have.
    reach: RangeInclusive<i64>,
    /// How many characters a value may have.
    room: usize,
}

impl Dates {
    /// The column of a request; `does` is what its mask does, in words.
    fn of(request: &Request<'_>, does: &str) -> Result<Dates, BuildError> {
        let reach = match request.target.kind {
            Kind::Date => FIRST_DAY..=LAST_DATE,
            Kind::Timestamp => FIRST_DAY..=LAST_TIMESTAMP,
            // The server's bounds are in UTC; a zone moves a time by less than a day.
            Kind::TimestampTz => FIRST_DAY + 1..=LAST_TIMESTAMP - 1,
            Kind::Text | Kind::Padded => FIRST_WRITTEN..=LAST_WRITTEN,
            _ => return Err(request.wrong_kind(does)),
        };
        request.needs_charset()?;
        let month_first = request.text("order") == Some("mdy");
        let forms = if request.target.is_text() { Forms::Text { month_first } } else { Forms::Server };
        if !request.target.is_text() && request.option("order").is_some() {
            let message = format!("option \"order\" is for dates in text, but the column is {}", request.target.type_name);
            return Err(BuildError::of("order", message, Some("leave it out".into())));
        }
        Ok(Dates { forms, reach, room: request.max_chars() })
    }

    /// What the form and the bounds of a column change of its pseudonyms.
    fn fingerprint(&self) -> String {
        format!("{:?} {:?}", self.forms, self.reach)
    }

    /// Reads a value: `None` where it is infinite.
    fn read<'a>(&self, text: &'a [u8]) -> Result<Option<Written<'a>>, Refusal> {
        if written::is_infinity(text) {
            return Ok(None);
        }
        let refusal = if self.forms == Forms::Server { REFUSAL } else { TEXT_REFUSAL };
        let found = written::parse(text, self.forms).ok_or(refusal)?;
        // The server's own values lie within a day of the reach of instants.
        if !(*self.reach.start() - 2..=*self.reach.end() + 2).contains(&found.day) {
            return Err(refusal);
        }
        Ok(Some(found))
    }

    /// Appends a value, brought back into reach.
    fn write(&self, mut value: Written<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        value.day = value.day.clamp(*self.reach.start(), *self.reach.end());
        let mark = out.len();
        value.write(out);
        // Only a form without padding grows: 9/9/2024 to 10/10/2024. Dates are ASCII.
        if out.len() - mark > self.room { Err(TEXT_REFUSAL) } else { Ok(Masked::Value) }
    }
}

/// The zone of a request.
fn zone(request: &Request<'_>) -> Result<Zone, BuildError> {
    Zone::find(request.text("zone").unwrap_or("UTC")).map_err(|(message, help)| BuildError::of("zone", message, help))
}

/// A day that a rule names.
fn day(request: &Request<'_>, option: &str) -> Result<Option<i64>, BuildError> {
    let Some(text) = request.text(option) else { return Ok(None) };
    let found = written::parse(text.as_bytes(), Forms::Server).filter(|found| found.clock.is_none());
    let message = || format!("option {option:?}: {text:?} is no date, expected one such as \"2000-01-31\"");
    found.map(|found| Some(found.day)).ok_or_else(|| BuildError::of(option, message(), None))
}

/// What a value's pseudonym is derived from: a rule's seed as it is; else what `canonical` writes of the value, so that one
/// date is one seed however it is written.
fn with_seed<T>(cell: Cell<'_>, canonical: impl FnOnce(&mut Vec<u8>) -> bool, then: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = scratch::buffer();
    if std::ptr::eq(cell.seed, cell.value) && canonical(&mut buffer) { then(&buffer) } else { then(cell.seed) }
}
