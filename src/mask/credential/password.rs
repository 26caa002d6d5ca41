//! password: the hash of one known word, in the scheme of the hash that stands there, so that testers can log in.
//!
//! A hash is slow to make on purpose, so each scheme with its parameters is hashed once and kept. Costs are cut to what a
//! login in a test needs: a cheaper hash is as good a hash of the word. The salt comes from the domain's key.
//!
//! Forms: bcrypt `$2b$10$…` (also Devise's, without its pepper), argon2's `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, and the
//! forms of Django's `django.contrib.auth.hashers`: `pbkdf2_sha256$…`, `argon2$argon2id$…`, `bcrypt$$2b$…`.

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params};

use crate::mask::key::DomainKey;
use crate::mask::pseudonym::base32;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `password`.
pub(super) const PASSWORD: Definition = Definition {
    name: "password",
    summary: "the hash of one known word, in the scheme of the hash that stands there (bcrypt, argon2, Django's PBKDF2)",
    accepts: "text",
    distinct: "no: all hashes of one scheme become equal",
    keeps_distinct: false,
    keyed: true,
    fallible: true,
    default_domain: "password",
    options: &[OptionDefinition { name: "word", kind: OptionKind::Text, default: "password", summary: "the word that logs in" }],
    example: Example::of(
        r#"{ mask = "password", word = "staging" }"#,
        "text",
        "pbkdf2_sha256$1000$seasalt$zUZ4SHzYWDFSWhBKJaBIcSIcs0WwFVk7Z0RQmYJAxF0=",
    ),
    build,
};

const EXPECTED: Refusal = Refusal { expected: "a password hash of bcrypt, argon2 or Django's PBKDF2" };

/// The dearest bcrypt that is made: 2^10 rounds, some 50 ms.
const MAX_COST: u32 = 10;
/// The dearest argon2 that is made: kibibytes, passes, lanes.
const MAX_ARGON2: (u32, u32, u32) = (19_456, 2, 4);
/// The most rounds of PBKDF2 that are made.
const MAX_ROUNDS: u32 = 100_000;

/// A scheme with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scheme {
    Bcrypt { prefix: &'static str, version: &'static str, cost: u32 },
    Argon2 { prefix: &'static str, algorithm: &'static str, memory: u32, passes: u32, lanes: u32 },
    DjangoPbkdf2 { rounds: u32 },
}

impl Scheme {
    /// The scheme of a hash.
    fn of(text: &str) -> Option<Scheme> {
        let (prefix, rest) = [("bcrypt$", "$2"), ("argon2$", "argon2"), ("", "$"), ("", "pbkdf2_sha256$")]
            .into_iter()
            .find_map(|(prefix, next)| Some((prefix, text.strip_prefix(prefix)?)).filter(|(_, rest)| rest.starts_with(next)))?;
        let parts: Vec<&str> = rest.trim_start_matches('$').split('$').collect();
        match parts[..] {
            [version, cost, hash] if hash.len() == 53 => {
                let version = ["2a", "2b", "2y"].into_iter().find(|known| *known == version)?;
                Some(Scheme::Bcrypt { prefix, version, cost: cost.parse::<u32>().ok()?.clamp(4, MAX_COST) })
            }
            [algorithm, "v=19", parameters, _, _] => {
                let algorithm = ["argon2id", "argon2i", "argon2d"].into_iter().find(|known| *known == algorithm)?;
                let number = |name: &str| parameters.split(',').find_map(|part| part.strip_prefix(name)?.parse::<u32>().ok());
                let (memory, passes, lanes) = (number("m=")?, number("t=")?, number("p=")?);
                let lanes = lanes.clamp(1, MAX_ARGON2.2);
                Some(Scheme::Argon2 {
                    prefix,
                    algorithm,
                    memory: memory.clamp(8 * lanes, MAX_ARGON2.0),
                    passes: passes.clamp(1, MAX_ARGON2.1),
                    lanes,
                })
            }
            ["pbkdf2_sha256", rounds, _, _] => Some(Scheme::DjangoPbkdf2 { rounds: rounds.parse::<u32>().ok()?.clamp(1, MAX_ROUNDS) }),
            _ => None,
        }
    }

    /// The hash of a word; `None` where the library refuses the parameters.
    fn hash(&self, word: &str, random: u128) -> Option<String> {
        match self {
            Scheme::Bcrypt { prefix, version, cost } => {
                let parts = bcrypt::hash_with_salt(word, *cost, random.to_be_bytes()).ok()?;
                let version = match *version {
                    "2a" => bcrypt::Version::TwoA,
                    "2y" => bcrypt::Version::TwoY,
                    _ => bcrypt::Version::TwoB,
                };
                Some(format!("{prefix}{}", parts.format_for_version(version)))
            }
            Scheme::Argon2 { prefix, algorithm, memory, passes, lanes } => {
                let mut hash = [0; 32];
                let kind = match *algorithm {
                    "argon2i" => Algorithm::Argon2i,
                    "argon2d" => Algorithm::Argon2d,
                    _ => Algorithm::Argon2id,
                };
                let params = Params::new(*memory, *passes, *lanes, Some(hash.len())).ok()?;
                let salt = random.to_be_bytes();
                Argon2::new(kind, argon2::Version::V0x13, params).hash_password_into(word.as_bytes(), &salt, &mut hash).ok()?;
                let dollar = if prefix.is_empty() { "$" } else { "" };
                Some(format!(
                    "{prefix}{dollar}{algorithm}$v=19$m={memory},t={passes},p={lanes}${}${}",
                    base64(&salt, false),
                    base64(&hash, false)
                ))
            }
            Scheme::DjangoPbkdf2 { rounds } => {
                let mut salt = Vec::new();
                base32(random, 22, &mut salt);
                let mut hash = [0; 32];
                pbkdf2::pbkdf2_hmac::<sha2::Sha256>(word.as_bytes(), &salt, *rounds, &mut hash);
                Some(format!("pbkdf2_sha256${rounds}${}${}", String::from_utf8_lossy(&salt), base64(&hash, true)))
            }
        }
    }
}

/// Base 64 (RFC 4648, section 4), with or without padding.
fn base64(bytes: &[u8], padded: bool) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let index = (number >> (18 - 6 * digit) & 63) as usize;
            text.push(char::from(DIGITS.get(index).copied().unwrap_or(b'A')));
        }
        if padded {
            text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
        }
    }
    text
}

#[derive(Debug)]
struct Password {
    key: DomainKey,
    word: String,
    max_chars: usize,
    /// The hashes made so far, by scheme: a function of scheme, word and key, so that the order of rows does not matter.
    made: Mutex<Vec<(Scheme, String)>>,
}

impl Mask for Password {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let scheme = std::str::from_utf8(cell.value).ok().and_then(Scheme::of).ok_or(EXPECTED)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made.iter().position(|(known, _)| *known == scheme);
        let index = match known {
            Some(index) => index,
            None => {
                let hash = scheme.hash(&self.word, self.key.hash(b"salt").wide()).ok_or(EXPECTED)?;
                made.push((scheme, hash));
                made.len() - 1
            }
        };
        let hash = made.get(index).map(|(_, hash)| hash.as_str()).unwrap_or_default();
        if hash.len() > self.max_chars {
            return Err(EXPECTED);
        }
        out.extend_from_slice(hash.as_bytes());
        Ok(Masked::Value)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let word = request.text("word").unwrap_or("password").to_owned();
    if word.is_empty() || word.len() > 72 {
        return Err(BuildError::of("word", "the word has 1 to 72 bytes: bcrypt takes no more", None));
    }
    let fingerprint = format!("password {} {word:?} {}", request.domain, request.max_chars());
    let mask = Password { key: request.key.clone(), word, max_chars: request.max_chars(), made: Mutex::default() };
    Ok(request.bound(mask, Distinct::Lost, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;
    use crate::mask::registry::OptionValue;

    fn run(value: &str) -> Option<String> {
        let options =
            [("word".to_owned(), OptionValue::Text("staging".into())), ("on_invalid".to_owned(), OptionValue::Text("error".into()))];
        let mask = demo::bound(&PASSWORD, &options, &Target::of_sql("text"), &[], demo::NO_SECRET).expect("fits").mask.expect("a mask");
        match demo::apply(mask.as_ref(), value.as_bytes()) {
            Ok(Outcome::Value(made)) => Some(String::from_utf8(made).expect("UTF-8")),
            _ => None,
        }
    }

    #[test]
    fn hashes_keep_their_scheme_and_let_the_word_in() {
        let bcrypt = run("$2y$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234").expect("bcrypt");
        assert!(bcrypt.starts_with("$2y$10$") && bcrypt.len() == 60, "{bcrypt}");
        assert_eq!(bcrypt::verify("staging", &bcrypt).ok(), Some(true));
        let django = run("pbkdf2_sha256$1000$salt$AAAA=").expect("Django's");
        assert_eq!(django.split('$').count(), 4);
        let argon = run("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA").expect("argon2");
        assert!(argon.starts_with("argon2$argon2id$v=19$m=19456,t=2,p=4$"), "{argon}");
        assert!(run("$argon2i$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").expect("argon2").starts_with("$argon2i$v=19$m=8,t=1,p=1$"));
        for text in ["", "secret", "$2b$10$short", "pbkdf2_sha256$x$y$z", "$argon2id$v=18$m=8,t=1,p=1$c2FsdA$aGFzaA"] {
            assert_eq!(run(text), None, "{text}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes(), true), text);
        }
        assert_eq!(base64(b"fo", false), "Zm8");
    }

    /// PBKDF2-HMAC-SHA256, "passwd", "salt", one round (RFC 7914, section 11): the first 32 bytes.
    #[test]
    fn pbkdf2_is_that_of_the_rfc() {
        let mut hash = [0; 32];
        pbkdf2::pbkdf2_hmac::<sha2::Sha256>(b"passwd", b"salt", 1, &mut hash);
        assert_eq!(hash[..8], [0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f]);
    }
}
