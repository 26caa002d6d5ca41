//! redact: what free text holds of personal data becomes a label, a pseudonym or nothing.
//!
//! Three searches, in this order: what has a written form ([`super::detect`]); in what lies between, the people of the row
//! ([`super::people`]) and a list of one's own words ([`super::vocabulary`]). The two last ones look at the text folded
//! ([`super::fold`]), which is made only where there is such a thing to look for.

use std::borrow::Cow;
use std::cell::Cell as Slot;
use std::ops::Range;

use super::super::common::truncate;
use super::super::scratch;
use super::super::{Cell, Mask, Masked, Refusal, Surroundings};
use super::detect::narrow::{Narrow, narrowed};
use super::detect::{self, Found, Kind, Kinds, date};
use super::fold::Folded;
use super::people::{self, People};
use super::vocabulary::{self, Vocabulary};
use crate::encoding::Charset;

mod build;

pub(super) use build::DEFINITION;

/// What labels call a name of the row, and a word of the list.
const NAME: &str = "name";
const WORD: &str = "word";

/// Writes a label: `[email]`.
fn label(name: &str, out: &mut Vec<u8>) {
    out.push(b'[');
    out.extend_from_slice(name.as_bytes());
    out.push(b']');
}

/// What becomes of something that was found.
#[derive(Debug)]
enum Action {
    /// This text stands for it.
    Text(Vec<u8>),
    /// It goes through a mask.
    Child(Child),
}

/// A mask that pieces of the text go through.
#[derive(Debug)]
struct Child {
    /// `None` for `keep`.
    mask: Option<Box<dyn Mask>>,
    /// Its first reading among ours.
    from: usize,
    /// It takes dates as the server writes them.
    iso: bool,
    /// What stands where it refuses a piece; `None` where that ends the run.
    otherwise: Option<Vec<u8>>,
}

/// What becomes of the row's own names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    /// A label.
    Label,
    /// One text.
    Text(Vec<u8>),
    /// What their column has now; the label where that is NULL.
    Masked,
}

/// Redacts.
#[derive(Debug)]
pub(super) struct Redact {
    /// What is replaced wherever it stands.
    kinds: Kinds,
    /// What is looked for: also what may be the row's own.
    search: Kinds,
    /// By kind.
    actions: Vec<Option<Action>>,
    vocabulary: Option<(Vocabulary, Action)>,
    /// How many columns of the row are read.
    columns: usize,
    names: Names,
    charset: Charset,
    /// Whether the encoding has the accents of months.
    accents: bool,
    max: usize,
}

/// A mask's readings, seen from the mask.
#[derive(Debug)]
struct Shifted<'a> {
    around: &'a dyn Surroundings,
    from: usize,
}

impl Surroundings for Shifted<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.around.read(self.from + index)
    }

    fn note(&self, note: super::super::Note) {
        self.around.note(note);
    }
}

impl Mask for Redact {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut memory = Memory::take();
        let mark = out.len();
        let mut words = self.words(cell, &mut memory);
        let narrow = Narrow::of(cell.value);
        let placed = |found: Found| match &narrow {
            Some(narrow) => Found { range: narrow.original(&found.range), ..found },
            None => found,
        };
        let searched = narrow.as_ref().map_or(cell.value, Narrow::text);
        let mut found = detect::find(searched, self.search).filter_map(|found| self.meant(cell, placed(found)));
        let (mut at, mut changed) = (0, false);
        loop {
            let next = found.next();
            let limit = next.as_ref().map_or(cell.value.len(), |(found, _)| found.range.start);
            while let Some(word) = words.as_mut().and_then(|words| words.next(at, limit)) {
                let range = word.range();
                out.extend_from_slice(cell.value.get(at..range.start).unwrap_or_default());
                at = range.end;
                self.word(cell, &word, words.as_ref(), out)?;
                changed = true;
            }
            let Some((found, column)) = next else { break };
            out.extend_from_slice(cell.value.get(at..found.range.start).unwrap_or_default());
            at = found.range.end;
            changed |= self.found(cell, &found, column, out)?;
        }
        if !changed {
            out.truncate(mark);
            return Ok(Masked::Same);
        }
        out.extend_from_slice(cell.value.get(at..).unwrap_or_default());
        truncate(out, mark, self.max);
        Ok(Masked::Value)
    }
}

impl Redact {
    /// What is looked for by words, if anything is.
    fn words<'a>(&'a self, cell: Cell<'a>, memory: &'a mut Memory) -> Option<Words<'a>> {
        let Parts { folded, people } = memory.parts();
        if self.columns > 0 {
            people.read(cell.around, self.columns, self.names != Names::Masked);
        }
        if people.is_empty() && self.vocabulary.is_none() {
            return None;
        }
        folded.fold(cell.value);
        let vocabulary = self.vocabulary.as_ref().map(|(vocabulary, _)| vocabulary);
        Some(Words { text: cell.value, around: cell.around, folded, people, vocabulary, from: 0, next: None })
    }

    /// What was found, with the column whose value it is; nothing where it was looked for only because it might have been
    /// one's.
    fn meant(&self, cell: Cell<'_>, found: Found) -> Option<(Found, Option<usize>)> {
        let text = narrowed(cell.value.get(found.range.clone())?);
        let column = match found.kind {
            Kind::Email | Kind::Phone if self.columns > 0 => people::column_of(cell.around, self.columns, &text, found.kind == Kind::Phone),
            _ => None,
        };
        // What its column keeps is treated as anybody's.
        let kept = |column: &usize| self.names == Names::Masked && people::is_kept(cell.around, *column);
        let column = column.filter(|column| !kept(column));
        (column.is_some() || self.kinds.has(found.kind)).then_some((found, column))
    }

    /// Writes what stands for something that was found; false where it is what was there.
    fn found(&self, cell: Cell<'_>, found: &Found, column: Option<usize>, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        let written = cell.value.get(found.range.clone()).unwrap_or_default();
        let text = narrowed(written);
        if let Some(column) = column {
            match (&self.names, people::masked(cell.around, column)) {
                (Names::Masked, Some(new)) if found.kind == Kind::Phone => people::write_number(&text, new, out),
                (Names::Masked, Some(new)) => out.extend_from_slice(new.as_bytes()),
                (Names::Text(fixed), _) => out.extend_from_slice(fixed),
                (Names::Label | Names::Masked, _) => label(found.kind.name(), out),
            }
            return Ok(true);
        }
        match self.actions.get(found.kind as usize).and_then(Option::as_ref) {
            Some(Action::Text(fixed)) => out.extend_from_slice(fixed),
            Some(Action::Child(child)) if child.mask.is_some() => return child.write(cell, &text, self.accents, out),
            // Kept: as it is written.
            Some(Action::Child(_)) => {
                out.extend_from_slice(written);
                return Ok(false);
            }
            None => out.extend_from_slice(written),
        }
        Ok(true)
    }

    /// Writes what stands for a word.
    fn word(&self, cell: Cell<'_>, word: &Word, words: Option<&Words<'_>>, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let Some(words) = words else { return Ok(()) };
        match (word, &self.names, &self.vocabulary) {
            (Word::Person(hit), Names::Masked, _) => {
                if !words.people.write(hit, cell.around, words.folded, cell.value, self.charset, out) {
                    label(NAME, out);
                }
            }
            (Word::Person(_), Names::Text(fixed), _) => out.extend_from_slice(fixed),
            (Word::Person(_), Names::Label, _) => label(NAME, out),
            (Word::Listed(..), _, None) => {}
            (Word::Listed(..), _, Some((_, Action::Text(fixed)))) => out.extend_from_slice(fixed),
            (Word::Listed(range, index), _, Some((vocabulary, Action::Child(child)))) => {
                // As the list has it, so that every spelling has one pseudonym.
                let mut made = scratch::buffer();
                child.write(cell, vocabulary.word(*index).as_bytes(), self.accents, &mut made)?;
                people::write_like(cell.value.get(range.clone()).unwrap_or_default(), &made, self.charset, out);
            }
        }
        Ok(())
    }
}

impl Child {
    /// Writes what the mask makes of a piece of the text; false where it is what was there.
    fn write(&self, cell: Cell<'_>, text: &[u8], accents: bool, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        let Some(mask) = &self.mask else {
            out.extend_from_slice(text);
            return Ok(false);
        };
        let around = Shifted { around: cell.around, from: self.from };
        let written = if self.iso { date::read(text) } else { None };
        let mut iso = scratch::buffer();
        if let Some(written) = written {
            written.iso(&mut iso);
        }
        let piece: Cow<'_, [u8]> = Cow::Borrowed(if written.is_some() { &iso } else { text });
        let mark = out.len();
        let made = mask.mask(Cell { around: &around, ..cell.with(&piece) }, out);
        match (made, &self.otherwise) {
            (Ok(Masked::Value), _) => {
                if let Some(written) = written {
                    reform(written, mark, accents, out);
                }
                Ok(true)
            }
            (Ok(Masked::Same), _) => {
                out.extend_from_slice(text);
                Ok(false)
            }
            (Ok(Masked::Null), _) => Ok(true),
            (Err(_), Some(otherwise)) => {
                out.truncate(mark);
                out.extend_from_slice(otherwise);
                Ok(true)
            }
            (Err(refusal), None) => Err(refusal),
        }
    }
}

/// Gives the date behind `mark` the form of another one. What is no date in four digits stays as it is.
fn reform(form: date::Written<'_>, mark: usize, accents: bool, out: &mut Vec<u8>) {
    let mut made = scratch::buffer();
    made.extend_from_slice(out.get(mark..).unwrap_or_default());
    if let Some(new) = date::read(&made) {
        out.truncate(mark);
        form.write((new.year, new.month, new.day), accents, out);
    }
}

/// A word that was found.
#[derive(Clone, Debug)]
enum Word {
    Person(people::Hit),
    /// Where it stands, and which word of the list it is.
    Listed(Range<usize>, usize),
}

impl Word {
    fn range(&self) -> Range<usize> {
        match self {
            Word::Person(hit) => hit.range.clone(),
            Word::Listed(range, _) => range.clone(),
        }
    }
}

/// The words that are looked for in one text.
struct Words<'a> {
    text: &'a [u8],
    around: &'a dyn Surroundings,
    folded: &'a Folded,
    people: &'a mut People,
    vocabulary: Option<&'a Vocabulary>,
    /// Where the next search for words of the list begins, in the folded text.
    from: usize,
    /// What the last one found: `Some(None)` for nothing.
    next: Option<Option<vocabulary::Hit>>,
}

impl Words<'_> {
    /// The next word that lies between two places: the leftmost, the longest of those, the row's own before the list's.
    fn next(&mut self, at: usize, limit: usize) -> Option<Word> {
        loop {
            let person = self.people.next(self.around, self.folded, self.text, at);
            let listed = self.listed(at);
            let word = match (person, listed) {
                (Some(hit), Some((range, index))) if before(&range, &hit.range) => Word::Listed(range, index),
                (Some(hit), _) => Word::Person(hit),
                (None, listed) => listed.map(|(range, index)| Word::Listed(range, index))?,
            };
            let range = word.range();
            if range.start >= limit {
                return None;
            }
            if range.end <= limit && !range.is_empty() {
                return Some(word);
            }
            // It reaches into something that was found, which comes first.
            match &word {
                Word::Person(hit) => self.people.pass(hit),
                Word::Listed(..) => self.pass(),
            }
        }
    }

    /// The next word of the list at or behind a place.
    fn listed(&mut self, at: usize) -> Option<(Range<usize>, usize)> {
        let vocabulary = self.vocabulary?;
        loop {
            let next = match self.next {
                Some(next) => next,
                None => *self.next.insert(vocabulary.find(self.folded, self.from)),
            };
            let hit = next?;
            let range = self.folded.words(hit.start, hit.end);
            if range.start >= at {
                return Some((range, hit.word));
            }
            self.pass();
        }
    }

    /// Goes on behind the last one that was found.
    fn pass(&mut self) {
        if let Some(Some(hit)) = self.next {
            self.from = hit.start + 1;
            self.next = None;
        }
    }
}

/// Whether one range comes first: it begins first, or is the longer of two that begin together.
fn before(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.start || (one.start == other.start && one.end > other.end)
}

/// Memory beyond this many bytes is not kept.
const LARGEST: usize = 1 << 20;

/// Memory that is used again for each text.
#[derive(Debug, Default)]
struct Parts {
    folded: Folded,
    people: People,
}

/// The memory of a thread, put back when dropped. A redaction inside of another one takes memory of its own.
#[derive(Debug)]
struct Memory(Option<Box<Parts>>);

thread_local! {
    static MEMORY: Slot<Option<Box<Parts>>> = const { Slot::new(None) };
}

impl Memory {
    fn take() -> Memory {
        Memory(MEMORY.take())
    }

    fn parts(&mut self) -> &mut Parts {
        self.0.get_or_insert_default()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(mut parts) = self.0.take() {
            // A value of the dump must not stay around longer than it must.
            parts.folded.forget(LARGEST);
            parts.people.forget(LARGEST);
            // While a thread ends its memory may be gone.
            let _ = MEMORY.try_with(|memory| memory.set(Some(parts)));
        }
    }
}
