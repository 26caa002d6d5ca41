//! first_name, last_name, full_name.

use super::FEWEST;
use super::gender::{Gender, Source};
use crate::mask::key::{DomainKey, Random, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::{self, Locale, Words, lists};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal};

/// Which of a person's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    First,
    Last,
}

/// First names by gender.
#[derive(Debug)]
pub(super) struct FirstNames {
    any: Words,
    women: Words,
    men: Words,
    source: Source,
}

impl FirstNames {
    /// The first name of a person.
    #[inline]
    pub(super) fn get(&self, cell: Cell<'_>, random: Random) -> &[u8] {
        let words = match self.source.tell(cell) {
            None => &self.any,
            Some(Gender::Female) => &self.women,
            Some(Gender::Male) => &self.men,
        };
        words.get(below(random.high, words.len()))
    }

    /// The same names, each written in another way.
    pub(super) fn map(&self, spell: impl Fn(&str) -> String) -> FirstNames {
        FirstNames { any: self.any.map(&spell), women: self.women.map(&spell), men: self.men.map(&spell), source: self.source }
    }

    /// What tells the gender.
    pub(super) fn source(&self) -> Source {
        self.source
    }

    /// The names of both, and a name's index among them.
    pub(super) fn any(&self) -> &Words {
        &self.any
    }

    /// How many there are, for the fingerprint.
    fn count(&self) -> String {
        if self.women.is_empty() {
            self.any.len().to_string()
        } else {
            format!("{} {} {}", self.any.len(), self.women.len(), self.men.len())
        }
    }
}

/// The last name of a person.
#[inline]
pub(super) fn last_of(words: &Words, random: Random) -> &[u8] {
    words.get(below(random.low, words.len()))
}

/// Writes a first name.
#[derive(Debug)]
struct FirstName {
    key: DomainKey,
    names: FirstNames,
}

impl Mask for FirstName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend_from_slice(self.names.get(cell, self.key.hash(cell.seed)));
        Ok(Masked::Value)
    }
}

/// Writes a last name.
#[derive(Debug)]
struct LastName {
    key: DomainKey,
    words: Words,
}

impl Mask for LastName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend_from_slice(last_of(&self.words, self.key.hash(cell.seed)));
        Ok(Masked::Value)
    }
}

/// Writes both.
#[derive(Debug)]
struct FullName {
    key: DomainKey,
    first: FirstNames,
    last: Words,
    last_first: bool,
    between: &'static [u8],
}

impl Mask for FullName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let (first, last) = (self.first.get(cell, random), last_of(&self.last, random));
        let (before, after) = if self.last_first { (last, first) } else { (first, last) };
        out.extend_from_slice(before);
        out.extend_from_slice(self.between);
        out.extend_from_slice(after);
        Ok(Masked::Value)
    }
}

/// A locale's list.
fn list(locale: &Locale, which: Which) -> &'static [&'static str] {
    match which {
        Which::First => locale.first_names,
        Which::Last => locale.last_names,
    }
}

/// A locale's first names by gender.
fn by_gender(locale: &Locale) -> Option<&'static lists::FirstNames> {
    lists::first_names().iter().find(|(name, _)| *name == locale.name).map(|(_, names)| names)
}

/// How many characters a column must take so that there is a choice.
fn need(request: &Request<'_>, which: Which, case: Case) -> Result<usize, BuildError> {
    let (locale, charset) = (request.locale()?, request.target.charset);
    let mut all = vec![list(locale, which)];
    if let (Which::First, Some(_), Some(names)) = (which, request.text("gender"), by_gender(locale)) {
        all.extend([names.women.as_slice(), names.men.as_slice()]);
    }
    let room = |list: &&[&str]| {
        let cased = case.list(list);
        words::room(&cased.iter().map(String::as_str).collect::<Vec<_>>(), charset, FEWEST)
    };
    all.iter().map(room).collect::<Option<Vec<_>>>().and_then(|rooms| rooms.into_iter().max()).ok_or_else(|| {
        let message = format!("too few names of locale {} can be written in the dump's encoding {}", locale.name, charset.name());
        request.misfit(message, "name another locale, or dump with pg_dump --encoding=UTF8")
    })
}

/// The first names of a request that fit `max` characters; a column that tells the gender is the reading of index `next`.
pub(super) fn first_names(request: &Request<'_>, case: Case, max: usize, next: usize) -> Result<(FirstNames, Option<Reading>), BuildError> {
    let (locale, charset) = (request.locale()?, request.target.charset);
    let (source, reading) = Source::of(request, next);
    let none = lists::FirstNames::default();
    let genders = if source == Source::None { &none } else { by_gender(locale).unwrap_or(&none) };
    let words = |list: &[&str]| case.words(list, charset, Some(max));
    let names = FirstNames { any: words(list(locale, Which::First)), women: words(&genders.women), men: words(&genders.men), source };
    Ok((names, reading))
}

/// The last names of a request that fit `max` characters.
pub(super) fn last_names(request: &Request<'_>, case: Case, max: usize) -> Result<Words, BuildError> {
    Ok(case.words(list(request.locale()?, Which::Last), request.target.charset, Some(max)))
}

/// What the fingerprint says of the options that not all masks had from the start.
fn marks(request: &Request<'_>, case: Case) -> String {
    let case = if case == Case::AsIs { String::new() } else { format!(" {case:?}") };
    format!("{case}{}", Source::mark(request))
}

/// That the column takes as many characters as a choice needs.
fn fits(request: &Request<'_>, least: usize) -> Result<(), BuildError> {
    if request.max_chars() >= least {
        return Ok(());
    }
    Err(request.too_short(&format!("a choice of names of locale {} needs", request.locale()?.name), least))
}

/// `first_name`.
pub(super) fn first_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let case = Case::named(request.text("case"));
    fits(request, need(request, Which::First, case)?)?;
    let (names, reading) = first_names(request, case, request.max_chars(), 0)?;
    let fingerprint = format!(
        "First {} {} {} {}{}",
        request.domain,
        request.locale()?.name,
        names.count(),
        request.target.charset.name(),
        marks(request, case)
    );
    let mask = FirstName { key: request.key.clone(), names };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(reading.into_iter().collect()))
}

/// `last_name`.
pub(super) fn last_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let case = Case::named(request.text("case"));
    fits(request, need(request, Which::Last, case)?)?;
    let words = last_names(request, case, request.max_chars())?;
    let fingerprint = format!(
        "Last {} {} {} {}{}",
        request.domain,
        request.locale()?.name,
        words.len(),
        request.target.charset.name(),
        marks(request, case)
    );
    Ok(request.bound(LastName { key: request.key.clone(), words }, Distinct::Lost, fingerprint))
}

/// `full_name`.
pub(super) fn full_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let order = request.text("order").unwrap_or("first_last");
    let case = Case::named(request.text("case"));
    let (last_first, between, last_case) = match order {
        "last_first" => (true, " ", case),
        "last, first" => (true, ", ", case),
        "LAST First" => (true, " ", Case::Upper),
        "First LAST" => (false, " ", Case::Upper),
        _ => (false, " ", case),
    };
    // Each name takes its half, so that any two fit together.
    let least = 2 * need(request, Which::First, case)?.max(need(request, Which::Last, last_case)?) + between.len();
    fits(request, least)?;
    let max = request.max_chars();
    let half = if max == usize::MAX { usize::MAX } else { (max - between.len()) / 2 };
    let (first, reading) = first_names(request, case, half, 0)?;
    let last = last_names(request, last_case, half)?;
    let fingerprint = format!(
        "full_name {} {} {order} {} {} {}{}",
        request.domain,
        request.locale()?.name,
        first.count(),
        last.len(),
        request.target.charset.name(),
        marks(request, case)
    );
    let mask = FullName { key: request.key.clone(), first, last, last_first, between: between.as_bytes() };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(reading.into_iter().collect()))
}
