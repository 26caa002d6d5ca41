//! company and job: what people work for, and as what.

use super::FEWEST;
use crate::mask::key::{DomainKey, Stream, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::{self, Words, lists};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// How a company is called: texts with a name between any two of them, and which names fit between.
#[derive(Debug)]
struct Pattern {
    texts: Vec<String>,
    /// Which of the company's lists.
    names: usize,
}

/// Writes the name of a company.
#[derive(Debug)]
struct Company {
    key: DomainKey,
    patterns: Vec<Pattern>,
    /// Last names, one list for each room that patterns leave.
    names: Vec<Words>,
}

impl Mask for Company {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut stream = Stream::new(&self.key, cell.seed);
        let index = usize::try_from(stream.below(self.patterns.len() as u64)).unwrap_or_default();
        let Some(pattern) = self.patterns.get(index) else { return Ok(Masked::Null) };
        for (at, text) in pattern.texts.iter().enumerate() {
            if let Some(names) = self.names.get(pattern.names).filter(|_| at > 0) {
                out.extend_from_slice(names.get(stream.below(names.len())));
            }
            out.extend_from_slice(text.as_bytes());
        }
        Ok(Masked::Value)
    }
}

/// A pattern in a case and an encoding.
fn texts(pattern: &str, case: Case, charset: crate::encoding::Charset) -> Option<Vec<String>> {
    pattern.split('~').map(|text| words::written(&case.of(text), charset)).collect()
}

/// How many characters a pattern leaves for each name.
fn room(texts: &[String], max: usize) -> Option<usize> {
    let fixed: usize = texts.iter().map(|text| text.chars().count()).sum();
    max.checked_sub(fixed).map(|rest| rest / (texts.len() - 1).max(1))
}

/// `company`.
pub(super) fn company(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (locale, charset, max) = (request.locale()?, request.target.charset, request.max_chars());
    let case = Case::named(request.text("case"));
    let last = case.list(locale.last_names);
    let last: Vec<&str> = last.iter().map(String::as_str).collect();
    let longest = last.iter().filter_map(|name| words::written(name.trim(), charset)).map(|name| name.chars().count()).max().unwrap_or(0);
    let Some(least) = words::room(&last, charset, FEWEST) else {
        let message = format!("too few names of locale {} can be written in the dump's encoding {}", locale.name, charset.name());
        return Err(request.misfit(message, "name another locale, or dump with pg_dump --encoding=UTF8"));
    };
    let all = || lists::companies(locale.name).iter().filter_map(|pattern| texts(pattern, case, charset));
    let (mut patterns, mut rooms, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for texts in all() {
        let Some(room) = room(&texts, max).map(|room| room.min(longest)).filter(|room| *room >= least) else { continue };
        let known = rooms.iter().position(|known| *known == room).unwrap_or_else(|| {
            rooms.push(room);
            names.push(case.words(locale.last_names, charset, Some(room)));
            rooms.len() - 1
        });
        patterns.push(Pattern { texts, names: known });
    }
    if patterns.is_empty() {
        let fixed = |texts: Vec<String>| texts.iter().map(|text| text.chars().count()).sum::<usize>() + (texts.len() - 1) * least;
        return Err(
            request.too_short(&format!("the name of a company of locale {} needs", locale.name), all().map(fixed).min().unwrap_or(least))
        );
    }
    // Where all patterns leave room for the longest name the limit changes nothing.
    let limit = if rooms == [longest] && patterns.len() == all().count() { String::new() } else { max.to_string() };
    let fingerprint = format!("company {} {} {} {case:?} {limit}", request.domain, locale.name, charset.name());
    Ok(request.bound(Company { key: request.key.clone(), patterns, names }, Distinct::Lost, fingerprint))
}

/// Writes one word of a list.
#[derive(Debug)]
struct Job {
    key: DomainKey,
    words: Words,
}

impl Mask for Job {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend_from_slice(self.words.get(below(self.key.hash(cell.seed).high, self.words.len())));
        Ok(Masked::Value)
    }
}

/// `job`.
pub(super) fn job(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (locale, charset, max) = (request.locale()?, request.target.charset, request.max_chars());
    let case = Case::named(request.text("case"));
    let jobs = lists::jobs(locale.name);
    let cased = case.list(jobs);
    let least = words::room(&cased.iter().map(String::as_str).collect::<Vec<_>>(), charset, FEWEST).unwrap_or(usize::MAX);
    if max < least {
        return Err(request.too_short(&format!("a choice of jobs of locale {} needs", locale.name), least));
    }
    let words = case.words(jobs, charset, Some(max));
    let fingerprint = format!("job {} {} {} {} {case:?}", request.domain, locale.name, words.len(), charset.name());
    Ok(request.bound(Job { key: request.key.clone(), words }, Distinct::Lost, fingerprint))
}
