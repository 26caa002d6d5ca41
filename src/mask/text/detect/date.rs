//! Dates in text: read, and written again in the same form.

use std::io::Write;
use std::ops::Range;
use std::sync::LazyLock;

use super::edge::{begins, ends, first, last};

/// A date as it is written, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'t> {
    /// All four digits.
    pub year: u32,
    /// From 1 on.
    pub month: u32,
    /// From 1 on.
    pub day: u32,
    form: Form<'t>,
}

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form<'t> {
    /// Numbers with a sign between.
    Numbers {
        order: Order,
        sign: u8,
        /// Two digits for the year.
        short: bool,
        /// Two digits for day and month, always.
        padded: bool,
    },
    /// A day, the month's name, a year.
    DayFirst { after_day: &'t str, name: Name, after_name: &'t str, padded: bool },
    /// The month's name, a day, a year.
    MonthFirst { name: Name, after_name: &'t str, after_day: &'t str, padded: bool },
}

/// In which order numbers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

/// How the name of a month is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    style: Style,
    case: Case,
    /// Without its accents.
    plain: bool,
    /// A dot behind an abbreviation.
    dot: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Lower,
    Capital,
    Upper,
}

/// The names of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Style {
    french: bool,
    short: bool,
}

/// French abbreviations are those of the Imprimerie nationale, without their dots.
const NAMES: [(Style, [&str; 12]); 4] = [
    (
        Style { french: true, short: false },
        ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    ),
    (
        Style { french: false, short: false },
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    ),
    (Style { french: true, short: true }, ["janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"]),
    (Style { french: false, short: true }, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
];

/// The longest name, in bytes.
const LONGEST_NAME: usize = 10;

/// Without accents, as `words::plain` does it; the names have no others.
fn plain(c: char) -> char {
    match c {
        'é' | 'É' => 'e',
        'û' | 'Û' => 'u',
        c => c.to_ascii_lowercase(),
    }
}

/// Names without accents, the longest first, with their style and month.
static PLAIN: LazyLock<Vec<(String, Style, u32)>> = LazyLock::new(|| {
    let of = |(style, names): &(Style, [&str; 12])| {
        let style = *style;
        (1..).zip(*names).map(move |(month, name)| (name.chars().map(plain).collect::<String>(), style, month)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = NAMES.iter().flat_map(of).collect();
    all.sort_by_key(|(name, style, _)| (std::cmp::Reverse(name.len()), style.short));
    all
});

/// The month that a word names.
fn month(word: &str) -> Option<(Name, u32)> {
    if word.is_empty() || word.len() > LONGEST_NAME + 2 {
        return None;
    }
    let same = |name: &str| word.chars().map(plain).eq(name.chars());
    let (_, style, month) = PLAIN.iter().find(|(name, ..)| same(name))?;
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let case = match capitals {
        0 => Case::Lower,
        1 => Case::Capital,
        _ => Case::Upper,
    };
    let spelt = spelling(*style, *month);
    Some((Name { style: *style, case, plain: word.is_ascii() && !spelt.is_ascii(), dot: false }, *month))
}

fn spelling(style: Style, month: u32) -> &'static str {
    let names = NAMES.iter().find(|(known, _)| *known == style).map(|(_, names)| names);
    let index = usize::try_from(month.saturating_sub(1)).unwrap_or(0);
    names.and_then(|names| names.get(index)).copied().unwrap_or_default()
}

/// The date that the digits at `at` are the first of; a month's name may stand before them.
pub(super) fn find(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let start = month_before(text, from, at).unwrap_or(at);
    if start < at
        && let Some((_, length)) = read_at(text.get(start..)?)
    {
        return Some(start..start + length);
    }
    // `12.03.04.05` or a fraction: not the start of a date.
    if matches!(text.get(from..at)?, [.., digit, b'.' | b',' | b'/' | b'-'] if digit.is_ascii_digit()) {
        return None;
    }
    let (_, length) = read_at(text.get(at..)?)?;
    Some(at..at + length)
}

/// Where the month's name begins that stands before the digits at `at`.
fn month_before(text: &[u8], from: usize, at: usize) -> Option<usize> {
    let mut start = at;
    let back =
        |start: usize, is: fn(char) -> bool| text.get(from..start).and_then(last).filter(|(c, _)| is(*c)).map(|(_, length)| start - length);
    start = back(start, char::is_whitespace)?;
    start = back(start, |c| c == '.').unwrap_or(start);
    let end = start;
    while let Some(before) = back(start, char::is_alphabetic).filter(|before| end - before <= LONGEST_NAME + 2) {
        start = before;
    }
    let word = std::str::from_utf8(text.get(start..end)?).ok()?;
    (begins(text, from, start) && month(word).is_some()).then_some(start)
}

/// Reads a date that a text is, all of it.
pub fn read(text: &[u8]) -> Option<Written<'_>> {
    read_at(text).filter(|(_, length)| *length == text.len()).map(|(written, _)| written)
}

/// Reads the date at the head of a text, and says how long it is.
fn read_at(text: &[u8]) -> Option<(Written<'_>, usize)> {
    let (written, length) = if text.first()?.is_ascii_digit() { numbers(text).or_else(|| day_first(text))? } else { month_first(text)? };
    let Written { year, month, day, .. } = written;
    // ISO 8601 has a T before the time of day.
    let time = matches!(text.get(length..), Some([b'T', digit, ..]) if digit.is_ascii_digit());
    let real = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && year > 0;
    (real && (time || ends(text, length))).then_some((written, length))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number at the head of a text, and how many digits it has: four at most.
fn number(text: &[u8]) -> Option<(u32, usize)> {
    let count = text.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
    let digits = text.get(..count).filter(|digits| (1..=4).contains(&digits.len()))?;
    Some((digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')), count))
}

/// A year of two digits: from 1969 to 2068, as POSIX has it (strptime, `%y`).
fn whole_year(short: u32) -> u32 {
    if short >= 69 { 1900 + short } else { 2000 + short }
}

fn numbers(text: &[u8]) -> Option<(Written<'_>, usize)> {
    let (a, a_length) = number(text)?;
    let sign = *text.get(a_length).filter(|sign| matches!(sign, b'-' | b'/' | b'.'))?;
    let (b, b_length) = number(text.get(a_length + 1..)?)?;
    let second = a_length + 1 + b_length;
    if text.get(second) != Some(&sign) {
        return None;
    }
    let (c, c_length) = number(text.get(second + 1..)?)?;
    let length = second + 1 + c_length;
    // `1.2.3.4`, `1/2/3/4`: more of the same.
    if matches!(text.get(length..), Some([next, digit, ..]) if *next == sign && digit.is_ascii_digit()) {
        return None;
    }
    let padded = a_length.min(b_length).min(c_length) == 2;
    let form = |order, short| Form::Numbers { order, sign, short, padded };
    let written = match (a_length, b_length, c_length) {
        (4, 1..=2, 1..=2) => Written { year: a, month: b, day: c, form: form(Order::YearMonthDay, false) },
        (1..=2, 1..=2, 4) if b > 12 => Written { year: c, month: a, day: b, form: form(Order::MonthDayYear, false) },
        (1..=2, 1..=2, 4) => Written { year: c, month: b, day: a, form: form(Order::DayMonthYear, false) },
        (2, 2, 2) if b > 12 => Written { year: whole_year(c), month: a, day: b, form: form(Order::MonthDayYear, true) },
        (2, 2, 2) => Written { year: whole_year(c), month: b, day: a, form: form(Order::DayMonthYear, true) },
        _ => return None,
    };
    Some((written, length))
}

/// The text of some bytes that a pattern takes, from the head on.
fn taken(text: &[u8], takes: impl Fn(char) -> bool) -> &str {
    let mut end = 0;
    while let Some((c, length)) = text.get(end..).and_then(first).filter(|(c, _)| takes(*c)) {
        let _ = c;
        end += length;
    }
    text.get(..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// A month's name at the head of a text, its dot with it.
fn name(text: &[u8]) -> Option<(Name, u32, usize)> {
    let head = text.get(..text.len().min(4 * LONGEST_NAME)).unwrap_or_default();
    let word = taken(head, char::is_alphabetic);
    let (name, month) = month(word)?;
    let dot = name.style.short && text.get(word.len()) == Some(&b'.');
    Some((Name { dot, ..name }, month, word.len() + usize::from(dot)))
}

/// Blanks, and signs that may stand between the parts of a date.
fn between<'t>(text: &'t [u8], words: &[&str]) -> &'t str {
    let head = text.get(..text.len().min(16)).unwrap_or_default();
    let word = words.iter().find(|word| head.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())));
    let length = word.map_or(0, |word| word.len());
    let blanks = taken(head.get(length..).unwrap_or_default(), char::is_whitespace);
    head.get(..length + blanks.len()).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// `12 mars 1980`, `1er mars 1980`, `12th of March, 1980`
fn day_first(text: &[u8]) -> Option<(Written<'_>, usize)> {
    let (day, digits) = number(text).filter(|(_, digits)| *digits <= 2)?;
    let after_day = between(text.get(digits..)?, &["er", "st of", "nd of", "rd of", "th of", "st", "nd", "rd", "th", "-", "."]);
    let mut at = digits + after_day.len();
    let (name, month, length) = name(text.get(at..)?).filter(|_| !after_day.is_empty())?;
    at += length;
    let after_name = between(text.get(at..)?, &[",", "-"]);
    at += after_name.len();
    let (year, count) = number(text.get(at..)?).filter(|(_, count)| *count == 4 && !after_name.is_empty())?;
    let form = Form::DayFirst { after_day, name, after_name, padded: digits == 2 && day < 10 };
    Some((Written { year, month, day, form }, at + count))
}

/// `March 12, 1980`
fn month_first(text: &[u8]) -> Option<(Written<'_>, usize)> {
    let (name, month, mut at) = name(text)?;
    let after_name = between(text.get(at..)?, &[]);
    at += after_name.len();
    let (day, digits) = number(text.get(at..)?).filter(|(_, digits)| *digits <= 2 && !after_name.is_empty())?;
    at += digits;
    let after_day = between(text.get(at..)?, &["st,", "nd,", "rd,", "th,", "st", "nd", "rd", "th", ","]);
    at += after_day.len();
    let (year, count) = number(text.get(at..)?).filter(|(_, count)| *count == 4 && !after_day.is_empty())?;
    let form = Form::MonthFirst { name, after_name, after_day, padded: digits == 2 && day < 10 };
    Some((Written { year, month, day, form }, at + count))
}

impl Written<'_> {
    /// The date as PostgreSQL writes it.
    pub fn iso(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day);
    }

    /// Writes another date in the form of this one. `accents` says whether the dump's encoding has é and û.
    pub fn write(&self, (year, month, day): (u32, u32, u32), accents: bool, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = match self.form {
            Form::Numbers { order, sign, short, padded } => {
                let two = if padded { 2 } else { 1 };
                let year = if short { (year % 100, 2) } else { (year, 4) };
                let parts = match order {
                    Order::YearMonthDay => [year, (month, two), (day, two)],
                    Order::DayMonthYear => [(day, two), (month, two), year],
                    Order::MonthDayYear => [(month, two), (day, two), year],
                };
                parts.into_iter().enumerate().try_for_each(|(index, (number, width))| {
                    if index > 0 {
                        out.push(sign);
                    }
                    write!(out, "{number:0width$}")
                })
            }
            Form::DayFirst { after_day, name, after_name, padded } => {
                number_of_day(day, padded, out);
                ordinal(day, after_day, out);
                name.write(month, accents, out);
                write!(out, "{after_name}{year:04}")
            }
            Form::MonthFirst { name, after_name, after_day, padded } => {
                name.write(month, accents, out);
                out.extend_from_slice(after_name.as_bytes());
                number_of_day(day, padded, out);
                ordinal(day, after_day, out);
                write!(out, "{year:04}")
            }
        };
    }
}

fn number_of_day(day: u32, padded: bool, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = if padded { write!(out, "{day:02}") } else { write!(out, "{day}") };
}

/// Writes what stood behind a day, its ordinal ending made to fit another day: 1er, 2; 1st, 2nd, 3rd, 4th.
fn ordinal(day: u32, after: &str, out: &mut Vec<u8>) {
    let head = after.get(..2).unwrap_or_default();
    let lower = [head.as_bytes().first(), head.as_bytes().last()].map(|byte| byte.map_or(0, u8::to_ascii_lowercase));
    let (ending, rest) = match &lower {
        b"er" if day == 1 => ("er", after.get(2..)),
        b"er" => ("", after.get(2..)),
        b"st" | b"nd" | b"rd" | b"th" => (english(day), after.get(2..)),
        _ => ("", Some(after)),
    };
    let upper = head.bytes().all(|byte| byte.is_ascii_uppercase());
    out.extend(ending.bytes().map(|byte| if upper { byte.to_ascii_uppercase() } else { byte }));
    out.extend_from_slice(rest.unwrap_or_default().as_bytes());
}

fn english(day: u32) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}

impl Name {
    fn write(self, month: u32, accents: bool, out: &mut Vec<u8>) {
        let spelt = spelling(self.style, month);
        // Whether a name was spelt without its accents can be told only where it has some.
        let bare = self.plain || !accents;
        for (index, c) in spelt.chars().enumerate() {
            let c = if bare { plain(c) } else { c };
            let upper = self.case == Case::Upper || (self.case == Case::Capital && index == 0);
            let c = if upper { c.to_uppercase().next().unwrap_or(c) } else { c };
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        // A whole name has no dot, also where its list is that of abbreviations.
        if self.dot && !matches!(spelt, "mars" | "mai" | "juin" | "août" | "may") {
            out.push(b'.');
        }
    }
}
