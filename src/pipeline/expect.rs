//! What the user expects of a dump before anything of it is written: whose it is, and how old.
//!
//! A dump that does not say is refused: whoever asks wants to know.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::archive::Header;
use crate::dump::script::started::Started;
use crate::error::{Error, Result};
use crate::name::Name;

/// How far ahead a time may lie, in seconds: zones are guessed, and two of them are at most 26 hours apart (UTC+14, UTC-12).
const AHEAD: i64 = 26 * 3600;

/// What is expected. The default: nothing.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// `--expect-database`.
    pub database: Option<Name>,
    /// `--max-age`.
    pub max_age: Option<Duration>,
}

/// What a dump says of itself.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The database that it is of.
    pub database: Option<Name>,
    /// It is of a whole cluster.
    pub cluster: bool,
    /// When it was begun.
    pub started: Option<Started>,
}

impl Said {
    /// What an archive's header says. Its time is that of the clock on the wall where it was made; it is taken, as pg_restore
    /// does, for that of this machine's zone.
    pub fn of_archive(header: &Header) -> Said {
        let database = header.database.as_deref().filter(|name| !name.is_empty());
        let database = database.map(|name| Name::new(String::from_utf8_lossy(name)));
        let started = || wall_time(header.created).map_or_else(|| Started::Unclear("no date".into()), Started::At);
        let dated = header.created != Header::UNDATED;
        Said { database, cluster: false, started: dated.then(started) }
    }
}

/// A `struct tm` in this machine's zone.
fn wall_time([second, minute, hour, day, month, year, _]: [i32; 7]) -> Option<Timestamp> {
    let small = |number: i32| i8::try_from(number).ok();
    let year = i16::try_from(year.checked_add(1900)?).ok()?;
    let (month, second) = (small(month.checked_add(1)?)?, small(second.min(59))?);
    let time = DateTime::new(year, month, small(day)?, small(hour)?, small(minute)?, second, 0).ok()?;
    Some(time.to_zoned(TimeZone::system()).ok()?.timestamp())
}

impl Expectations {
    /// Whether nothing is expected.
    pub fn is_idle(&self) -> bool {
        self.database.is_none() && self.max_age.is_none()
    }

    /// Judges what a dump says of itself, at a time.
    ///
    /// # Errors
    /// [`Error::Policy`] for one that is not as expected, or that does not say.
    pub fn judge(&self, said: &Said, now: Timestamp) -> Result<()> {
        self.judge_database(said)?;
        self.judge_age(said, now)
    }

    fn judge_database(&self, said: &Said) -> Result<()> {
        let Some(wanted) = &self.database else { return Ok(()) };
        let refuse = |what: String| Err(Error::Policy(format!("{what} (--expect-database {wanted})")));
        match &said.database {
            _ if said.cluster => refuse(format!("the dump is of a whole cluster (pg_dumpall), expected one of the database {wanted}")),
            Some(name) if name == wanted => Ok(()),
            Some(name) => refuse(format!("the dump is of the database {name}, expected {wanted}")),
            None => refuse(format!(
                "the dump does not say which database it is of, expected {wanted}; a script says it where pg_dump --create wrote it, an archive of pg_dump's always does"
            )),
        }
    }

    fn judge_age(&self, said: &Said, now: Timestamp) -> Result<()> {
        let Some(most) = self.max_age else { return Ok(()) };
        let refuse = |what: String| Err(Error::Policy(format!("{what} (--max-age {})", shown(most))));
        match &said.started {
            Some(Started::At(time)) => {
                let since = now.as_second() - time.as_second();
                if since < -AHEAD {
                    return refuse(format!("the dump was begun at {time}, which is yet to come; the clock of one of the two machines is wrong"));
                }
                let age = Duration::from_secs(u64::try_from(since).unwrap_or(0));
                if age <= most {
                    return Ok(());
                }
                refuse(format!("the dump was begun at {time}, which is longer ago than {}", shown(most)))
            }
            Some(Started::Unclear(written)) => refuse(format!(
                "the dump says that it was begun on {written:?}, which is no time that can be placed; dump with TZ=UTC in pg_dump's environment"
            )),
            None => refuse(
                "the dump does not say when it was begun; a script says it where pg_dump --verbose wrote it, an archive of pg_dump's always does".into(),
            ),
        }
    }
}

/// `26h`, `2d 3h`, `90s`: the two largest units.
fn shown(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let told: Vec<String> = parts
        .iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if told.is_empty() { "0s".into() } else { told.join(" ") }
}

/// The units of a duration, in seconds.
const UNITS: &[(&str, u64)] = &[("s", 1), ("min", 60), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

/// A duration as the command line has it: `26h`, `7d`.
///
/// # Errors
/// What was expected.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
    let seconds = unit.and_then(|(_, factor)| count.parse::<u64>().ok()?.checked_mul(*factor)).filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| "expected a duration as 90min, 26h, 7d or 2w".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(database: Option<&str>, age: Option<&str>, said: &Said) -> Option<String> {
        let expected = Expectations { database: database.map(Name::new), max_age: age.map(|age| duration(age).expect(age)) };
        let now = "2026-11-21T12:00:00Z".parse().expect("a time");
        expected.judge(said, now).err().map(|error| {
            assert!(matches!(error, Error::Policy(_)));
            error.to_string()
        })
    }

    #[test]
    fn a_dump_must_be_of_the_database_that_is_expected() {
        let said = Said { database: Some(Name::new("shop")), ..Said::default() };
        assert_eq!(judged(Some("shop"), None, &said), None);
        assert_eq!(judged(None, None, &Said::default()), None);
        let wrong = "the dump is of the database shop, expected \"Shop\" (--expect-database \"Shop\")";
        assert_eq!(judged(Some("Shop"), None, &said).as_deref(), Some(wrong));
        assert!(judged(Some("shop"), None, &Said::default()).is_some_and(|said| said.starts_with("the dump does not say which database")));
        let cluster = Said { cluster: true, ..said };
        assert!(judged(Some("shop"), None, &cluster).is_some_and(|said| said.starts_with("the dump is of a whole cluster")));
    }

    #[test]
    fn a_dump_must_be_young_enough() {
        let at = |time: &str| Said { started: Some(Started::At(time.parse().expect(time))), ..Said::default() };
        for (time, fine) in [
            ("2026-11-21T03:00:00Z", true),
            ("2026-11-20T10:00:00Z", true),
            ("2026-11-20T09:59:59Z", false),
            ("2026-11-22T14:00:00Z", true),
            ("2026-11-22T14:00:01Z", false),
            ("2036-11-21T12:00:00Z", false),
        ] {
            assert_eq!(judged(None, Some("26h"), &at(time)).is_none(), fine, "{time}");
        }
        let old = "the dump was begun at 2026-11-14T03:00:00Z, which is longer ago than 1d 2h (--max-age 1d 2h)";
        assert_eq!(judged(None, Some("26h"), &at("2026-11-14T03:00:00Z")).as_deref(), Some(old));
        let ahead = judged(None, Some("1h"), &at("2036-11-21T12:00:00Z"));
        assert!(ahead.is_some_and(|said| said.starts_with("the dump was begun at 2036-11-21T12:00:00Z, which is yet to come")));
        let unclear = Said { started: Some(Started::Unclear("2026-11-20 03:00:01 IST".into())), ..Said::default() };
        assert!(judged(None, Some("7d"), &unclear).is_some_and(|said| said.contains("\"2026-11-20 03:00:01 IST\", which is no time")));
        assert!(judged(None, Some("7d"), &Said::default()).is_some_and(|said| said.starts_with("the dump does not say when")));
    }

    #[test]
    fn durations() {
        let seconds = ["90s", "5min", "5m", "26h", "7d", "2 w"].map(|text| duration(text).expect(text).as_secs());
        assert_eq!(seconds, [90, 300, 300, 93_600, 604_800, 1_209_600]);
        for text in ["", "h", "26", "0h", "1.5h", "1h30", "-1d", "99999999999999999999d", "1y"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!([1, 61, 3600, 90_061].map(|seconds| shown(Duration::from_secs(seconds))), ["1s", "1min 1s", "1h", "1d 1h"]);
    }

    #[test]
    fn an_archive_says_both() {
        assert!(wall_time([1, 0, 3, 20, 10, 126, 0]).is_some());
        assert!(wall_time([60, 0, 3, 20, 10, 126, 0]).is_some(), "a leap second");
        assert!(wall_time([0, 0, 0, 0, 0, 0, 0]).is_none() && wall_time([i32::MAX; 7]).is_none());
    }
}
