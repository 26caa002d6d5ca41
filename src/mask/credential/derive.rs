//! The hash of a word, as a stored hash says that it was made.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{NO_PAD, STANDARD, STANDARD_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::scheme::{Digest, Function, Stored, Writing};
use crate::mask::key::{DomainKey, Stream};

/// passlib's base 64: `.` for `+`.
const ADAPTED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./";

/// The hash of `word` in the form of another one: same function, parameters and lengths, a salt of our own. The salt comes
/// from the key and from all that the hashes of one form have in common, so it is one for each form. `None` where the
/// function refuses its parameters.
pub(super) fn hash_of(word: &str, like: &Stored<'_>, key: &DomainKey) -> Option<Vec<u8>> {
    let form = format!("{} {} {}", like.before, like.between, like.salt.len());
    let mut stream = Stream::new(key, form.as_bytes());
    if let Function::Bcrypt { cost, digested } = like.function {
        let hash = bcrypt_of(word, cost, digested, &mut stream)?;
        return Some([like.before, like.between, &hash].concat().into_bytes());
    }
    let mut salt: Vec<u8> = (0..like.salt_length()).map(|_| stream.bits() as u8).collect();
    if like.salt_writing == Writing::Text {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        salt = salt.iter().map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().unwrap_or(b'0')).collect();
    }
    let mut hash = vec![0; like.hash_length()];
    derive(like.function, word.as_bytes(), &salt, &mut hash)?;
    let salt = write(&salt, like.salt_writing)?;
    Some([like.before, &salt, like.between, &write(&hash, like.hash_writing)?].concat().into_bytes())
}

/// Salt and hash of bcrypt as they stand behind the cost.
fn bcrypt_of(word: &str, cost: u32, digested: bool, stream: &mut Stream<'_>) -> Option<String> {
    let mut salt = [0; 16];
    salt.fill_with(|| stream.bits() as u8);
    let digest = digested.then(|| write(&Sha256::digest(word.as_bytes()), Writing::Hex { upper: false })).flatten();
    let parts = bcrypt::hash_with_salt(digest.as_deref().unwrap_or(word), cost, salt).ok()?;
    parts.to_string().get(7..).map(ToOwned::to_owned)
}

/// Fills `hash`.
pub(super) fn derive(function: Function, word: &[u8], salt: &[u8], hash: &mut [u8]) -> Option<()> {
    match function {
        // Its salt and hash are written by its own crate.
        Function::Bcrypt { .. } => None,
        Function::Argon2 { kind, version, memory, passes, lanes } => {
            let algorithm = [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id].into_iter().nth(usize::from(kind))?;
            let version = if version == 0x10 { Version::V0x10 } else { Version::V0x13 };
            let parameters = Params::new(memory, passes, lanes, Some(hash.len())).ok()?;
            Argon2::new(algorithm, version, parameters).hash_password_into(word, salt, hash).ok()
        }
        Function::Scrypt { log_n, r, p } => scrypt::scrypt(word, salt, &scrypt::Params::new(log_n, r, p).ok()?, hash).ok(),
        Function::Pbkdf2 { digest, rounds } => {
            match digest {
                Digest::Md5 => return None,
                Digest::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(word, salt, rounds, hash),
                Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(word, salt, rounds, hash),
                Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(word, salt, rounds, hash),
            }
            Some(())
        }
        Function::Plain(digest) => {
            let text = [salt, word].concat();
            let made = match digest {
                Digest::Md5 => Md5::digest(&text).to_vec(),
                Digest::Sha1 => Sha1::digest(&text).to_vec(),
                Digest::Sha256 => Sha256::digest(&text).to_vec(),
                Digest::Sha512 => Sha512::digest(&text).to_vec(),
            };
            (made.len() == hash.len()).then(|| hash.copy_from_slice(&made))
        }
    }
}

/// Bytes as text.
fn write(bytes: &[u8], writing: Writing) -> Option<String> {
    match writing {
        Writing::Text => String::from_utf8(bytes.to_vec()).ok(),
        Writing::Hex { upper } => {
            let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(u32::from(digit), 16));
            Some(digits.map(|digit| if upper { digit.to_ascii_uppercase() } else { digit }).collect())
        }
        Writing::Padded => Some(STANDARD.encode(bytes)),
        Writing::Bare => Some(STANDARD_NO_PAD.encode(bytes)),
        Writing::Adapted => Some(GeneralPurpose::new(&alphabet::Alphabet::new(ADAPTED).ok()?, NO_PAD).encode(bytes)),
        Writing::Bcrypt => None,
    }
}
