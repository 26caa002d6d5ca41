//! The people of the row: their names, wherever they stand in a text, in whatever order, case or accents.
//!
//! What is looked for is made anew for each row, from the original values of the columns that the rule names; what stands
//! there then comes from the same columns' new values. A value of several words is also found with its words turned
//! round, and each of its longer words alone where it has a capital; a name of one or two letters only as it is written,
//! or beside another name of the row.

use std::ops::Range;

use memchr::memmem;

use super::super::Surroundings;
use super::detect::narrow::narrowed;
use super::fold::Folded;
use crate::encoding::Charset;

/// More than this is not looked for in one row.
const MOST_NEEDLES: usize = 64;

/// A value of more words than this is looked for as a whole only.
const MOST_WORDS: usize = 6;

/// Names with fewer letters must stand as they are written.
const SHORT: usize = 3;

/// Words of a longer name with fewer letters are not looked for alone: `de`, `Le`, `van`.
const SHORT_WORD: usize = 4;

/// The fewest digits of a phone number that is told by them.
const PHONE_DIGITS: usize = 8;

/// A reading without the blanks around it (those of char(n), say); `None` where nothing is left.
fn reading(around: &dyn Surroundings, index: usize) -> Option<&str> {
    around.read(index).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim).filter(|value| !value.is_empty())
}

/// The original value of a column, by its place in the rule: even readings are the original values, odd ones the new.
pub(super) fn original(around: &dyn Surroundings, column: usize) -> Option<&str> {
    reading(around, 2 * column)
}

/// The new value of a column; `None` where it is NULL or empty.
pub(super) fn masked(around: &dyn Surroundings, column: usize) -> Option<&str> {
    reading(around, 2 * column + 1)
}

/// Whether a column has the value that it had.
pub(super) fn is_kept(around: &dyn Surroundings, column: usize) -> bool {
    masked(around, column) == original(around, column)
}

/// The column whose original value is this e-mail address or phone number.
pub(super) fn column_of(around: &dyn Surroundings, columns: usize, found: &[u8], phone: bool) -> Option<usize> {
    (0..columns).find(|column| {
        original(around, *column)
            .is_some_and(|value| if phone { same_number(&narrowed(value.as_bytes()), found) } else { same_address(value, found) })
    })
}

fn same_address(value: &str, found: &[u8]) -> bool {
    value.as_bytes().eq_ignore_ascii_case(found)
}

/// Whether two numbers are one: their last nine digits are, or all of them where there are fewer. Before those stands what
/// differs between the national and the international form.
fn same_number(value: &[u8], found: &[u8]) -> bool {
    let digits = |text| <[u8]>::iter(text).rev().filter(|byte: &&u8| byte.is_ascii_digit());
    let (ours, theirs) = (digits(value).count(), digits(found).count());
    let enough = ours.min(theirs) >= PHONE_DIGITS && (ours == theirs || ours.min(theirs) >= 9);
    enough && digits(value).take(9).eq(digits(found).take(9))
}

/// Writes a column's new number in the form of the one that was found, where it has as many digits; as it is otherwise.
pub(super) fn write_number(found: &[u8], number: &str, out: &mut Vec<u8>) {
    let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits(found) != digits(number.as_bytes()) {
        out.extend_from_slice(number.as_bytes());
        return;
    }
    let mut next = number.bytes().filter(u8::is_ascii_digit);
    out.extend(found.iter().map(|byte| if byte.is_ascii_digit() { next.next().unwrap_or(b'0') } else { *byte }));
}

/// What a needle is of its column's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// All of it.
    Whole,
    /// Its word of that index, of so many.
    Word(usize, usize),
    /// Its words from that index on, and then those before, of so many.
    Turned(usize, usize),
    /// Its value and that of another column, of which the first has so many bytes here.
    Pair(usize, usize),
}

/// Something that is looked for.
#[derive(Clone, Debug)]
struct Needle {
    /// Where it stands in the needles' text: folded, a blank at either end.
    range: Range<usize>,
    column: usize,
    what: What,
    /// It must stand as the column has it.
    exact: bool,
    /// Where the next search begins, in the folded text.
    from: usize,
    /// What the last search found.
    next: Next,
}

/// Where a needle stands next, in the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Unknown,
    At(usize),
    Nowhere,
}

impl Needle {
    /// Goes on behind a place where it was found.
    fn pass(&mut self, start: usize) {
        self.from = start + 1;
        self.next = Next::Unknown;
    }
}

/// A name that was found.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// In the text.
    pub(super) range: Range<usize>,
    needle: usize,
    /// In the folded text.
    start: usize,
}

/// What is looked for in the texts of one row.
#[derive(Debug, Default)]
pub(super) struct People {
    text: Vec<u8>,
    needles: Vec<Needle>,
    folded: Folded,
}

impl People {
    /// Whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Forgets the row, and memory beyond a limit.
    pub(super) fn forget(&mut self, limit: usize) {
        self.text.clear();
        self.needles.clear();
        self.folded.forget(limit);
        if self.text.capacity() > limit {
            self.text = Vec::new();
        }
    }

    /// Reads a row. Values that stay as they are are not looked for, unless `all` asks for it.
    pub(super) fn read(&mut self, around: &dyn Surroundings, columns: usize, all: bool) {
        self.text.clear();
        self.needles.clear();
        for column in 0..columns {
            let Some(value) = original(around, column) else { continue };
            if all || !is_kept(around, column) {
                self.column(around, columns, column, value);
            }
        }
    }

    fn column(&mut self, around: &dyn Surroundings, columns: usize, column: usize, value: &str) {
        let letters = self.add(&[value], column, What::Whole);
        if !is_name(value) {
            return;
        }
        let mut words = [""; MOST_WORDS];
        let count = value.split_whitespace().zip(&mut words).map(|(word, slot)| *slot = word).count();
        let words = words.get(..count).unwrap_or_default();
        if count > 1 && value.split_whitespace().count() == count {
            for (index, word) in
                words.iter().enumerate().filter(|(_, word)| word.chars().filter(|c| c.is_alphabetic()).count() >= SHORT_WORD)
            {
                self.add(&[word], column, What::Word(index, count));
            }
            for at in 1..count {
                let (before, behind) = words.split_at_checked(at).unwrap_or_default();
                let mut turned = [""; MOST_WORDS];
                behind.iter().chain(before).zip(&mut turned).for_each(|(word, slot)| *slot = word);
                self.add(turned.get(..count).unwrap_or_default(), column, What::Turned(at, count));
            }
        }
        for other in (0..columns).filter(|other| *other != column) {
            let Some(beside) = original(around, other).filter(|beside| is_name(beside)) else { continue };
            if letters < SHORT || beside.chars().filter(|c| c.is_alphabetic()).count() < SHORT {
                self.folded.fold(value.as_bytes());
                let first = self.folded.text().len();
                self.add(&[value, beside], column, What::Pair(other, first));
                self.folded.fold(beside.as_bytes());
                let first = self.folded.text().len();
                self.add(&[beside, value], other, What::Pair(column, first));
            }
        }
    }

    /// Looks for some words in a row; says how many letters and digits they have.
    fn add(&mut self, words: &[&str], column: usize, what: What) -> usize {
        let start = self.text.len();
        self.text.push(b' ');
        for word in words {
            self.folded.fold(word.as_bytes());
            // The blank at the head stands there already.
            self.text.extend_from_slice(self.folded.text().get(1..).unwrap_or_default());
        }
        let range = start..self.text.len();
        let new = self.text.get(range.clone()).unwrap_or_default();
        let letters = new.iter().filter(|byte| **byte != b' ' && **byte & 0xC0 != 0x80).count();
        // Han and its like need no more than two letters for a name.
        let short = letters < SHORT && new.is_ascii();
        let known = self.needles.iter().any(|needle| self.text.get(needle.range.clone()) == Some(new));
        if letters == 0 || known || self.needles.len() == MOST_NEEDLES {
            self.text.truncate(start);
        } else {
            self.needles.push(Needle { range, column, what, exact: short && what == What::Whole, from: 0, next: Next::Unknown });
        }
        letters
    }

    /// The first name at or behind `at`, the longest where several begin there.
    pub(super) fn next(&mut self, around: &dyn Surroundings, folded: &Folded, text: &[u8], at: usize) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        for (index, needle) in self.needles.iter_mut().enumerate() {
            let Some(wanted) = self.text.get(needle.range.clone()) else { continue };
            let start = loop {
                match needle.next {
                    Next::Nowhere => break None,
                    Next::At(start) if folded.original(start + 1) >= at && accepted(needle, around, folded, text, start) => {
                        break Some(start);
                    }
                    Next::At(start) => needle.pass(start),
                    Next::Unknown => {
                        let found = memmem::find(folded.text().get(needle.from..).unwrap_or_default(), wanted);
                        needle.next = found.map_or(Next::Nowhere, |found| Next::At(needle.from + found));
                    }
                }
            };
            let Some(start) = start else { continue };
            let range = folded.words(start, start + wanted.len());
            if best
                .as_ref()
                .is_none_or(|best| range.start < best.range.start || (range.start == best.range.start && range.end > best.range.end))
            {
                best = Some(Hit { range, needle: index, start });
            }
        }
        best
    }

    /// Looks for the needle of a hit further on, since the hit will not be used.
    pub(super) fn pass(&mut self, hit: &Hit) {
        if let Some(needle) = self.needles.get_mut(hit.needle) {
            needle.pass(hit.start);
        }
    }

    /// Writes what stands for a hit now; false where that is NULL.
    pub(super) fn write(
        &self,
        hit: &Hit,
        around: &dyn Surroundings,
        folded: &Folded,
        text: &[u8],
        charset: Charset,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(needle) = self.needles.get(hit.needle) else { return false };
        let Some(new) = masked(around, needle.column) else { return false };
        let found = |range: Range<usize>| text.get(range).and_then(|found| std::str::from_utf8(found).ok()).unwrap_or_default();
        let words = new.split_whitespace().count();
        match needle.what {
            What::Whole => follow(found(hit.range.clone()), new.split_whitespace(), new, charset, out),
            What::Word(index, count) if words == count => {
                let word = new.split_whitespace().nth(index).unwrap_or(new);
                follow(found(hit.range.clone()), std::iter::once(word), word, charset, out);
            }
            What::Turned(at, count) if words == count => {
                let turned = new.split_whitespace().skip(at).chain(new.split_whitespace().take(at));
                follow(found(hit.range.clone()), turned, "", charset, out);
            }
            What::Word(..) | What::Turned(..) => follow(found(hit.range.clone()), new.split_whitespace(), new, charset, out),
            What::Pair(other, first) => {
                let Some(beside) = masked(around, other) else { return false };
                let (end, start) = (folded.original(hit.start + first - 1), folded.original(hit.start + first));
                follow(found(hit.range.start..end), new.split_whitespace(), new, charset, out);
                out.extend_from_slice(text.get(end..start).unwrap_or_default());
                follow(found(start..hit.range.end), beside.split_whitespace(), beside, charset, out);
            }
        }
        true
    }
}

/// Whether a value can be a name: letters, and neither a digit nor an `@`.
fn is_name(value: &str) -> bool {
    value.chars().any(char::is_alphabetic) && !value.chars().any(|c| c.is_numeric() || c == '@')
}

/// Whether a needle that was found at a place in the folded text counts there.
fn accepted(needle: &Needle, around: &dyn Surroundings, folded: &Folded, text: &[u8], start: usize) -> bool {
    let range = folded.words(start, start + needle.range.len());
    let found = text.get(range).and_then(|found| std::str::from_utf8(found).ok()).unwrap_or_default();
    let capital = found.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_lowercase());
    match needle.what {
        What::Word(..) => capital,
        What::Pair(_, first) => {
            let between = text.get(folded.original(start + first - 1)..folded.original(start + first)).unwrap_or_default();
            // Short names on either side of a full stop are not one name.
            !between.iter().any(|byte| matches!(byte, b'.' | b';' | b':' | b'!' | b'?' | b'(' | b')'))
        }
        _ if needle.exact => {
            let value = original(around, needle.column).unwrap_or_default();
            capital && (found == value || found.chars().eq(value.chars().flat_map(char::to_uppercase)))
        }
        _ => true,
    }
}

/// Writes other words in the case of those that were found.
pub(super) fn write_like(found: &[u8], made: &[u8], charset: Charset, out: &mut Vec<u8>) {
    match (std::str::from_utf8(found), std::str::from_utf8(made)) {
        (Ok(found), Ok(made)) => follow(found, made.split_whitespace(), made, charset, out),
        _ => out.extend_from_slice(made),
    }
}

/// Writes words in the case of those that were found: word by word where there are as many, else as one. `whole` is the
/// words as their column has them; empty where they stand in another order.
fn follow<'w>(found: &str, words: impl Iterator<Item = &'w str> + Clone, whole: &str, charset: Charset, out: &mut Vec<u8>) {
    if words.clone().count() != found.split_whitespace().count() && !whole.is_empty() {
        return write_cased(Case::of(found), whole, charset, out);
    }
    let mut cases = found.split_whitespace().map(Case::of);
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        write_cased(cases.next().unwrap_or(Case::AsItIs), word, charset, out);
    }
}

/// The case of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    AsItIs,
}

impl Case {
    fn of(word: &str) -> Case {
        let upper = word.chars().filter(|c| c.is_uppercase()).count();
        let lower = word.chars().filter(|c| c.is_lowercase()).count();
        match (upper, lower) {
            (2.., 0) => Case::Upper,
            (0, 1..) => Case::Lower,
            _ => Case::AsItIs,
        }
    }
}

/// Writes a word in a case, as far as the dump's encoding has its letters in that case.
fn write_cased(case: Case, word: &str, charset: Charset, out: &mut Vec<u8>) {
    if case == Case::AsItIs {
        out.extend_from_slice(word.as_bytes());
        return;
    }
    for c in word.chars() {
        let writable = |c: char| c.is_ascii() || charset == Charset::Utf8 || charset.encode(c.encode_utf8(&mut [0; 4])).is_some();
        let push = |c: char, out: &mut Vec<u8>| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        let all = if case == Case::Upper { c.to_uppercase().all(writable) } else { c.to_lowercase().all(writable) };
        match case {
            Case::Upper if all => c.to_uppercase().for_each(|c| push(c, out)),
            Case::Lower if all => c.to_lowercase().for_each(|c| push(c, out)),
            _ => push(c, out),
        }
    }
}
