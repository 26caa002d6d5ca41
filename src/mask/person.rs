//! People: first_name, last_name, full_name.
//!
//! The three share a domain ("person"), and in one domain one seed gives one person: full_name is first_name, a blank
//! and last_name of the same seed.

use super::key::{DomainKey, Random, below};
use super::registry::{BuildError, Request};
use super::words::Words;
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The fewest words that are worth calling a choice.
const FEWEST: u64 = 20;

/// Which of a person's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    First,
    Last,
}

impl Which {
    /// The half of the bits that chooses this name.
    fn bits(self, random: Random) -> u64 {
        match self {
            Which::First => random.high,
            Which::Last => random.low,
        }
    }
}

/// Writes one of a person's names.
#[derive(Debug)]
struct OneName {
    key: DomainKey,
    which: Which,
    words: Words,
}

impl Mask for OneName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let bits = self.which.bits(self.key.hash(cell.seed));
        out.extend_from_slice(self.words.get(below(bits, self.words.len())));
        Ok(Masked::Value)
    }
}

/// Writes both.
#[derive(Debug)]
struct FullName {
    key: DomainKey,
    first: Words,
    last: Words,
    last_first: bool,
}

impl Mask for FullName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let first = self.first.get(below(random.high, self.first.len()));
        let last = self.last.get(below(random.low, self.last.len()));
        let (before, after) = if self.last_first { (last, first) } else { (first, last) };
        out.extend_from_slice(before);
        out.push(b' ');
        out.extend_from_slice(after);
        Ok(Masked::Value)
    }
}

/// The words of a request's locale that fit `max` characters.
fn words(request: &Request<'_>, which: Which, max: usize) -> Result<Words, BuildError> {
    let locale = request.locale()?;
    let list = match which {
        Which::First => locale.first_names,
        Which::Last => locale.last_names,
    };
    if !request.target.charset.is_writable() {
        let message = format!("the dump's encoding {} is one that masks cannot write", request.target.charset.name());
        return Err(request.misfit(message, "dump with pg_dump --encoding=UTF8"));
    }
    let charset = request.target.charset;
    let words = Words::shared(format!("{which:?} {} {} {max}", locale.name, charset.name()), || Words::encode(list, charset, Some(max)));
    if words.len() < FEWEST {
        let message = format!("too few names of locale {} fit the {} characters that the column takes", locale.name, request.max_chars());
        return Err(request.misfit(message, "use const, or null where the column takes it"));
    }
    Ok(words)
}

fn one(request: &Request<'_>, which: Which) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let words = words(request, which, request.max_chars())?;
    let fingerprint = format!("{which:?} {} {} {} {}", request.domain, request.locale()?.name, words.len(), request.target.charset.name());
    Ok(Bound {
        mask: Some(Box::new(OneName { key: request.key.clone(), which, words })),
        distinct: Distinct::Lost,
        takes_empty: false,
        fingerprint,
    })
}

/// `first_name`.
pub fn first_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    one(request, Which::First)
}

/// `last_name`.
pub fn last_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    one(request, Which::Last)
}

/// `full_name`.
pub fn full_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    // Each name takes its share, so that any two fit together.
    let share = if request.max_chars() == usize::MAX { usize::MAX } else { request.max_chars().saturating_sub(1) / 2 };
    let (first, last) = (words(request, Which::First, share)?, words(request, Which::Last, share)?);
    let last_first = request.text("order") == Some("last_first");
    let fingerprint = format!(
        "full_name {} {} {last_first} {} {} {}",
        request.domain,
        request.locale()?.name,
        first.len(),
        last.len(),
        request.target.charset.name()
    );
    let mask = FullName { key: request.key.clone(), first, last, last_first };
    Ok(Bound { mask: Some(Box::new(mask)), distinct: Distinct::Lost, takes_empty: false, fingerprint })
}
