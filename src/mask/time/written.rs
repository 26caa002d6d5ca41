//! Dates and times as text: what PostgreSQL writes with DateStyle ISO (pg_dump sets it), and the forms that stand in text
//! columns and documents (ISO 8601 and RFC 3339, `29/02/2024`, `20240229`). The form of a text is kept.

use std::io::Write;

use super::calendar::{DAY, EPOCH, civil, real};

/// A date with or without a time of day, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'a> {
    /// Days since 0000-03-01, as written: where there is an offset, the local day.
    pub(super) day: i64,
    layout: Layout,
    /// The time of day.
    pub(super) clock: Option<Clock<'a>>,
}

/// How the day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// `2024-02-29`, also with more digits, and with ` BC` at the end of all.
    Iso,
    /// `20240229`.
    Compact,
    /// `29/02/2024` (or `02/29/2024`), with this between the numbers, padded to two digits or not.
    Spelt { between: u8, month_first: bool, padded: bool },
}

/// A time of day, as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'a> {
    /// What stands between the date and this: a blank or a T; nothing where there is no date.
    gap: &'a [u8],
    /// Seconds since midnight, as written.
    pub(super) second: i64,
    has_seconds: bool,
    /// The point and the digits behind it.
    fraction: &'a [u8],
    /// Whether zeros are written in place of those digits.
    blank_fraction: bool,
    /// The offset with what stands before it.
    zone: &'a [u8],
    /// Seconds east of UTC.
    offset: Option<i64>,
}

/// Which forms are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// Those of PostgreSQL.
    Server,
    /// Those of text, in which `03/02/2024` is 3 February, unless months come first.
    Text { month_first: bool },
}

/// Whether a text is one of the infinities of date and timestamp.
pub(super) fn is_infinity(text: &[u8]) -> bool {
    matches!(text, b"infinity" | b"-infinity")
}

/// Reads a date with whatever stands behind it; `None` where it is none.
pub(super) fn parse(text: &[u8], forms: Forms) -> Option<Written<'_>> {
    let (text, bc) = match text.strip_suffix(b" BC") {
        Some(before) => (before, true),
        None => (text, false),
    };
    let mut rest = Cursor(text);
    let (layout, year, month, day) = rest.date(forms)?;
    // There is no year 0 in writing: 1 BC comes before 1 AD.
    if year == 0 || bc && layout != Layout::Iso {
        return None;
    }
    let day = real(if bc { 1 - year } else { year }, month, day)?;
    let clock = if rest.0.is_empty() { None } else { Some(rest.clock(true)?) };
    rest.0.is_empty().then_some(Written { day, layout, clock })
}

/// Reads a time of day that stands alone.
pub(super) fn parse_clock(text: &[u8]) -> Option<Clock<'_>> {
    let mut rest = Cursor(text);
    let clock = rest.clock(false)?;
    rest.0.is_empty().then_some(clock)
}

impl<'a> Written<'a> {
    /// A date as PostgreSQL writes it.
    pub(super) fn of_server(day: i64, clock: Option<Clock<'a>>) -> Written<'a> {
        Written { day, layout: Layout::Iso, clock }
    }

    /// Whether it is written as PostgreSQL does.
    pub(super) fn is_iso(&self) -> bool {
        self.layout == Layout::Iso
    }

    /// Appends it with another day (and a clock that the caller may have turned), in its own form.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (year, month, day) = civil(self.day);
        let shown = if year > 0 { year } else { 1 - year };
        // Writing to memory cannot fail.
        let _ = match self.layout {
            Layout::Iso => write!(out, "{shown:04}-{month:02}-{day:02}"),
            Layout::Compact => write!(out, "{shown:04}{month:02}{day:02}"),
            Layout::Spelt { between, month_first, padded } => {
                let (first, second) = if month_first { (month, day) } else { (day, month) };
                let (between, width) = (char::from(between), if padded { 2 } else { 1 });
                write!(out, "{first:0width$}{between}{second:0width$}{between}{shown:04}")
            }
        };
        if let Some(clock) = &self.clock {
            clock.write(out);
        }
        if year <= 0 {
            out.extend_from_slice(b" BC");
        }
    }

    /// The same as PostgreSQL would write it, so that one date is one seed in all its forms.
    pub(super) fn write_iso(&self, out: &mut Vec<u8>) {
        Written { layout: Layout::Iso, ..*self }.write(out);
    }

    /// Seconds since 1970 of the local time.
    pub(super) fn local(&self) -> i64 {
        (self.day - EPOCH) * DAY + self.clock.map_or(0, |clock| clock.second)
    }

    /// Its offset in seconds, where it is an instant.
    pub(super) fn offset(&self) -> Option<i64> {
        self.clock.and_then(|clock| clock.offset)
    }

    /// Moves it to another local time.
    pub(super) fn set_local(&mut self, local: i64) {
        self.day = EPOCH + local.div_euclid(DAY);
        if let Some(clock) = &mut self.clock {
            clock.second = local.rem_euclid(DAY);
        }
    }
}

impl Clock<'_> {
    /// A clock as PostgreSQL writes it behind a date.
    pub(super) const fn of_server(second: i64, zone: &'static [u8]) -> Clock<'static> {
        Clock { gap: b" ", second, has_seconds: true, fraction: b"", blank_fraction: false, zone, offset: None }
    }

    /// Takes away what is finer than a second. Text keeps as many digits, all zero.
    pub(super) fn cut_fraction(&mut self, forms: Forms) {
        match forms {
            Forms::Server => self.fraction = b"",
            Forms::Text { .. } => self.blank_fraction = true,
        }
    }

    /// Appends it in its own form.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.gap);
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        let _ = write!(out, "{hour:02}:{minute:02}");
        if self.has_seconds {
            let _ = write!(out, ":{second:02}");
        }
        match self.fraction {
            [point, digits @ ..] if self.blank_fraction => {
                out.push(*point);
                out.resize(out.len() + digits.len(), b'0');
            }
            fraction => out.extend_from_slice(fraction),
        }
        out.extend_from_slice(self.zone);
    }
}

/// What is left of a text.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// Takes as many bytes.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Takes one of these bytes.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let first = self.0.first().copied().filter(|byte| bytes.contains(byte))?;
        self.take(1);
        Some(first)
    }

    /// How many digits come next.
    fn run(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Takes exactly so many digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let digits = self.0.get(..count)?;
        let number = digits.iter().try_fold(0i64, |n, byte| byte.is_ascii_digit().then(|| n * 10 + i64::from(byte - b'0')))?;
        self.take(count);
        Some(number)
    }

    /// Takes two digits below a bound.
    fn below(&mut self, bound: i64) -> Option<i64> {
        self.number(2).filter(|number| *number < bound)
    }

    fn date(&mut self, forms: Forms) -> Option<(Layout, i64, i64, i64)> {
        match (self.run(), forms) {
            (1 | 2, Forms::Text { month_first }) => self.spelt(month_first),
            (8, Forms::Text { .. }) => Some((Layout::Compact, self.number(4)?, self.number(2)?, self.number(2)?)),
            (digits @ 4..=7, _) => {
                let year = self.number(digits)?;
                self.one_of(b"-")?;
                let month = self.number(2)?;
                self.one_of(b"-")?;
                Some((Layout::Iso, year, month, self.number(2)?))
            }
            _ => None,
        }
    }

    fn spelt(&mut self, month_first: bool) -> Option<(Layout, i64, i64, i64)> {
        let (long, first) = (self.run() == 2, self.run());
        let first = self.number(first)?;
        let between = self.one_of(b"/.-")?;
        let second = self.run();
        let padded = long && second == 2;
        let second = if matches!(second, 1 | 2) { self.number(second)? } else { return None };
        self.one_of(&[between])?;
        let year = if self.run() == 4 { self.number(4)? } else { return None };
        let (month, day) = if month_first { (first, second) } else { (second, first) };
        Some((Layout::Spelt { between, month_first, padded }, year, month, day))
    }

    fn clock(&mut self, after_date: bool) -> Option<Clock<'a>> {
        let gap = if after_date { self.take(1) } else { b"" };
        if after_date && !matches!(gap, b" " | b"T" | b"t") {
            return None;
        }
        // The server writes 24:00:00 in a time of day alone.
        let hour = self.below(if after_date { 24 } else { 25 })?;
        self.one_of(b":")?;
        let minute = self.below(60)?;
        let has_seconds = self.one_of(b":").is_some();
        let second = if has_seconds { self.below(60)? } else { 0 };
        let second = hour * 3600 + minute * 60 + second;
        let fraction = match self.0 {
            [b'.' | b',', digits @ ..] if has_seconds && digits.first().is_some_and(u8::is_ascii_digit) => {
                let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
                self.take(1 + count)
            }
            _ => b"",
        };
        if second > DAY || second == DAY && !fraction.is_empty() {
            return None;
        }
        let zone = self.0;
        let offset = if zone.is_empty() { None } else { Some(self.offset()?) };
        Some(Clock { gap, second, has_seconds, fraction, blank_fraction: false, zone, offset })
    }

    /// `Z`, ` UTC`, `+02`, `-03:30`, `+0530`, `+05:21:10`.
    fn offset(&mut self) -> Option<i64> {
        let _ = self.one_of(b" ");
        if matches!(self.0, b"Z" | b"z" | b"UTC" | b"GMT") {
            self.take(3);
            return Some(0);
        }
        let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
        // MAX_TZDISP_HOUR in src/include/datatype/timestamp.h.
        let mut offset = self.below(16)? * 3600;
        for unit in [60, 1] {
            if self.0.is_empty() {
                break;
            }
            let _ = self.one_of(b":");
            offset += self.below(60)? * unit;
        }
        Some(sign * offset)
    }
}

/// How many days lie between two dates.
#[cfg(test)]
pub(in crate::mask) fn distance(from: &[u8], to: &[u8]) -> Option<i64> {
    Some(parse(to, Forms::Server)?.day - parse(from, Forms::Server)?.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Forms = Forms::Text { month_first: false };

    fn again(text: &str, forms: Forms) -> Option<String> {
        let mut out = Vec::new();
        parse(text.as_bytes(), forms)?.write(&mut out);
        String::from_utf8(out).ok()
    }

    #[test]
    fn what_is_read_is_written_again() {
        let server = [
            "2024-02-29",
            "0044-03-15 BC",
            "294276-12-31 23:59:59.999999+00",
            "2024-07-01 17:30:00+05:30",
            "1900-01-01 00:00:00+05:21:10",
            "1900-01-01 00:00:00-00:44:30",
            "0001-01-01 00:00:00 BC",
            "5874897-12-31",
        ];
        for text in server {
            assert_eq!(again(text, Forms::Server).as_deref(), Some(text));
        }
        let written = [
            "2024-02-29T12:00:00Z",
            "2024-02-29T12:00:00.123Z",
            "2024-02-29t12:00:00,123456789z",
            "2024-02-29 12:00",
            "2024-02-29 12:00:00 UTC",
            "2024-02-29 12:00:00 +0200",
            "2024-02-29T12:00:00+02:00",
            "29/02/2024",
            "29.02.2024 07:05",
            "29-02-2024",
            "1/2/2024",
            "20240229",
        ];
        for text in written {
            assert_eq!(again(text, TEXT).as_deref(), Some(text));
        }
        assert_eq!(again("02/29/2024", Forms::Text { month_first: true }).as_deref(), Some("02/29/2024"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let neither = [
            "",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-1-1",
            "0000-01-01",
            "2024-01-01x",
            "2024-01-01 noon",
            "2024-01-01 24:00:00",
            "2024-01-01 12:60",
            "2024-01-01 12:00:00.",
            "2024-01-01 12:00:00+16",
            "2024-01-01 12:00:00+02:00:00:00",
            "2024-01-01 ",
            "2024-01-01 12",
            "999-01-01",
            "12345678-01-01",
            "30/02/2024",
            "02/29/2024",
            "29/02-2024",
            "29/02/24",
            "29/02/2024 BC",
            "20240230",
            "2024022",
        ];
        for text in neither {
            assert!(parse(text.as_bytes(), TEXT).is_none() && parse(text.as_bytes(), Forms::Server).is_none(), "{text}");
        }
        assert!(parse(b"31/01/2000", Forms::Server).is_none() && parse(b"20000131", Forms::Server).is_none());
    }
}
