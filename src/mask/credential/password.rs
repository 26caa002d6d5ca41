//! password: the hash of one known word, in the scheme that the value shows.
//!
//! Such a hash takes a tenth of a second or more to make, on purpose. All values of one scheme with the same parameters
//! become the same hash, so it is made once, when the first of them comes, and kept: what is kept depends on nothing but
//! the form, so order and threads do not matter.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::derive::hash_of;
use super::scheme::{self, Stored, Writing};
use crate::mask::key::DomainKey;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// The word where the rule names none.
const WORD: &str = "password";

/// bcrypt reads no more bytes of a word.
const LONGEST_WORD: usize = 72;

/// Forms that are kept. A column has one or a few; beyond this each value is made anew.
const MOST_FORMS: usize = 256;

/// `password`.
pub(super) const PASSWORD: Definition = Definition {
    name: "password",
    summary: "the hash of one known word, in the value's own scheme: bcrypt, argon2, scrypt, PBKDF2, Django's, MD5, SHA",
    accepts: "text of password hashes",
    distinct: "no: all hashes of one scheme with its parameters become equal",
    keeps_distinct: false,
    keyed: true,
    fallible: true,
    default_domain: "password",
    options: &[OptionDefinition {
        name: "word",
        kind: OptionKind::Text,
        default: "password",
        summary: "the word that lets testers in (with the application's pepper behind it, where it has one)",
    }],
    example: Example::of(
        r#"{ mask = "password", word = "staging" }"#,
        "text",
        "pbkdf2_sha256$1000$seasalt$zUZ4SHzYWDFSWhBKJaBIcSIcs0WwFVk7Z0RQmYJAxF0=",
    ),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "a password hash of bcrypt, argon2, scrypt, PBKDF2 or Django, or a plain MD5 or SHA digest" };

/// Writes the hash of one word.
#[derive(Debug)]
struct Password {
    word: String,
    /// What salts come from.
    key: DomainKey,
    /// What was made so far.
    known: RwLock<Known>,
}

/// Hashes by their forms; `None` where the scheme refuses its parameters.
type Known = HashMap<Box<[u8]>, Option<Box<[u8]>>>;

/// Appends what the hashes of one form have in common: all but the characters of salt and hash.
fn form(stored: &Stored<'_>, out: &mut Vec<u8>) {
    let upper = stored.hash_writing == Writing::Hex { upper: true };
    out.extend_from_slice(stored.before.as_bytes());
    out.push(0);
    out.extend_from_slice(stored.between.as_bytes());
    out.push(0);
    for length in [stored.salt.len(), stored.hash.len(), usize::from(upper)] {
        out.extend_from_slice(&length.to_le_bytes());
    }
}

impl Mask for Password {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let stored = scheme::read(cell.value).ok_or(REFUSAL)?;
        let mut key = scratch::buffer();
        form(&stored, &mut key);
        let write = |hash: &Option<Box<[u8]>>, out: &mut Vec<u8>| match hash {
            Some(hash) => {
                out.extend_from_slice(hash);
                Ok(Masked::Value)
            }
            None => Err(REFUSAL),
        };
        if let Some(hash) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key[..]) {
            return write(hash, out);
        }
        // Whoever comes while a hash is made waits for it, instead of making it too.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = known.get(&key[..]) {
            return write(hash, out);
        }
        let hash = hash_of(&self.word, &stored, &self.key).map(Vec::into_boxed_slice);
        let masked = write(&hash, out);
        if known.len() < MOST_FORMS {
            known.insert(key[..].into(), hash);
        }
        masked
    }
}

/// `password`.
fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let word = request.text("word").unwrap_or(WORD);
    if word.is_empty() || word.len() > LONGEST_WORD || word.contains('\0') {
        let message = format!("option \"word\": expected 1 to {LONGEST_WORD} bytes without NUL, found {} bytes", word.len());
        return Err(BuildError::of("word", message, Some("bcrypt reads no more of a word".into())));
    }
    // The word is the user's own, not the dump's: it may stand in a fingerprint.
    let fingerprint = format!("password {} {word:?}", request.domain);
    let mask = Password { word: word.to_owned(), key: request.key.clone(), known: RwLock::default() };
    Ok(request.bound(mask, Distinct::Lost, fingerprint))
}
