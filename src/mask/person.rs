//! People: first_name, last_name, full_name.
//!
//! The three share a domain ("person"), and in one domain one seed gives one person: full_name is first_name, a blank
//! and last_name of the same seed. A column too short for some of the names chooses among the others, and then the three
//! may differ.

use super::key::{DomainKey, Random, below};
use super::registry::{BuildError, Definition, Example, LOCALE, OptionDefinition, OptionKind, Request};
use super::words::{self, Locale, Words};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "first_name",
        summary: "a first name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[LOCALE],
        example: Example::of(r#""first_name""#, "text", "Zoé"),
        build: first_name,
    },
    Definition {
        name: "full_name",
        summary: "first and last name: those that first_name and last_name give for the same value",
        accepts: "text",
        distinct: "no: the lists are finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[
            LOCALE,
            OptionDefinition {
                name: "order",
                kind: OptionKind::Choice(&["first_last", "last_first"]),
                default: "first_last",
                summary: "which name stands first",
            },
        ],
        example: Example::of(r#"{ mask = "full_name", locale = "fr_FR" }"#, "text", "Zoé Lefèvre"),
        build: full_name,
    },
    Definition {
        name: "last_name",
        summary: "a last name",
        accepts: "text",
        distinct: "no: the list is finite",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "person",
        options: &[LOCALE],
        example: Example::of(r#""last_name""#, "text", "Lefèvre"),
        build: last_name,
    },
];

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

/// A locale's list.
fn list(locale: &Locale, which: Which) -> &'static [&'static str] {
    match which {
        Which::First => locale.first_names,
        Which::Last => locale.last_names,
    }
}

/// How many characters a column must take so that there is a choice.
fn need(request: &Request<'_>, which: Which) -> Result<usize, BuildError> {
    let (locale, charset) = (request.locale()?, request.target.charset);
    words::room(list(locale, which), charset, FEWEST).ok_or_else(|| {
        let message = format!("too few names of locale {} can be written in the dump's encoding {}", locale.name, charset.name());
        request.misfit(message, "name another locale, or dump with pg_dump --encoding=UTF8")
    })
}

/// The words of a request's locale that fit `max` characters.
fn words(request: &Request<'_>, which: Which, max: usize) -> Result<Words, BuildError> {
    Ok(Words::encode(list(request.locale()?, which), request.target.charset, Some(max)))
}

fn one(request: &Request<'_>, which: Which) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let least = need(request, which)?;
    if request.max_chars() < least {
        return Err(request.too_short(&format!("a choice of names of locale {} needs", request.locale()?.name), least));
    }
    let words = words(request, which, request.max_chars())?;
    let fingerprint = format!("{which:?} {} {} {} {}", request.domain, request.locale()?.name, words.len(), request.target.charset.name());
    Ok(request.bound(OneName { key: request.key.clone(), which, words }, Distinct::Lost, fingerprint))
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
    // Each name takes its half, so that any two fit together.
    let least = 2 * need(request, Which::First)?.max(need(request, Which::Last)?) + 1;
    if request.max_chars() < least {
        return Err(request.too_short(&format!("a choice of names of locale {} needs", request.locale()?.name), least));
    }
    let half = if request.max_chars() == usize::MAX { usize::MAX } else { (request.max_chars() - 1) / 2 };
    let (first, last) = (words(request, Which::First, half)?, words(request, Which::Last, half)?);
    let last_first = request.text("order") == Some("last_first");
    let fingerprint = format!(
        "full_name {} {} {last_first} {} {} {}",
        request.domain,
        request.locale()?.name,
        first.len(),
        last.len(),
        request.target.charset.name()
    );
    Ok(request.bound(FullName { key: request.key.clone(), first, last, last_first }, Distinct::Lost, fingerprint))
}
