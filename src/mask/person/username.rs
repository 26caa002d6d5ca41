//! username: a log-in name of the person of the same seed, kept distinct by a keyed suffix.

use super::gender::Source;
use super::names::{FirstNames, first_names, last_names, last_of};
use crate::mask::key::DomainKey;
use crate::mask::pseudonym::{DIGITS, base32};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::{Words, letters};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The most letters of the names.
const LETTERS: usize = 20;

/// Writes `zlefevre.suffix`.
///
/// Distinct by its suffix alone, the low 90 bits of the person's hash: names of any length stand before it, but the suffix
/// is always as long. It tells nothing that the person's names do not tell: both are pseudonyms of the same seed.
#[derive(Debug)]
struct Username {
    key: DomainKey,
    first: FirstNames,
    last: Words,
    /// Letters before the dot; none means no dot either.
    letters: usize,
}

impl Mask for Username {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        if self.letters > 0 {
            let start = out.len();
            out.extend(self.first.get(cell, random).iter().take(1));
            let last = last_of(&self.last, random);
            let room = self.letters - (out.len() - start);
            out.extend_from_slice(last.get(..room).unwrap_or(last));
            out.push(b'.');
        }
        base32(random.wide(), DIGITS, out);
        Ok(Masked::Value)
    }
}

/// A name as it stands in log-in names.
fn plain(name: &str) -> String {
    let mut folded = Vec::new();
    letters(name.as_bytes(), usize::from(u8::MAX), &mut folded);
    String::from_utf8(folded).unwrap_or_default()
}

/// `username`: text of at least 18 characters.
pub(super) fn username(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let max = request.max_chars();
    if max < DIGITS {
        return Err(request.too_short("a log-in name that stays distinct needs", DIGITS));
    }
    let letters = (max - DIGITS).saturating_sub(1).min(LETTERS);
    // All names, whatever the column takes: the person must be the one of first_name and last_name.
    let (first, reading) = first_names(request, Case::AsIs, usize::MAX, 0)?;
    let last = last_names(request, Case::AsIs, usize::MAX)?;
    let fingerprint = format!(
        "username {} {} {letters} {}{}",
        request.domain,
        request.locale()?.name,
        request.target.charset.name(),
        Source::mark(request)
    );
    let mask = Username { key: request.key.clone(), first: first.map(plain), last: last.map(plain), letters };
    Ok(request.bound(mask, Distinct::Kept, fingerprint).reading(reading.into_iter().collect()))
}
