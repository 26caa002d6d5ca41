//! Secret → domain key → pseudorandom function.
//!
//! `BLAKE3 derive_key` (its context string, the secret and the domain's name) gives each domain a key of its own;
//! SipHash-2-4 with a 128-bit result under that key is the pseudorandom function of a value. Without the secret a
//! pseudonym can neither be recomputed nor be told from a random one.

use siphasher::sip128::{Hash128, SipHasher24};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What the keys of a run come from. Wiped from memory when dropped, each copy of it; never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The fewest bytes that a secret may have.
    pub const MIN_BYTES: usize = 16;

    /// Takes the secret's bytes; the caller has checked that they are at least [`Secret::MIN_BYTES`].
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    /// The key of a domain. The same secret and the same name give the same key on every machine and in every release
    /// of the same major version.
    pub fn domain(&self, domain: &str) -> DomainKey {
        let mut hasher = blake3::Hasher::new_derive_key("pgveil 2026-11-21 domain key, version 1");
        // The secret's length keeps (secret, domain) pairs apart that would be the same bytes one after the other.
        hasher.update(&(self.0.len() as u64).to_le_bytes());
        hasher.update(&self.0);
        hasher.update(domain.as_bytes());
        let mut derived = *hasher.finalize().as_bytes();
        let mut key = [0; 16];
        key.copy_from_slice(&derived[..16]);
        derived.zeroize();
        hasher.zeroize();
        DomainKey { key }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The key of one domain: a pseudorandom function of values. Wiped from memory when dropped; never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DomainKey {
    key: [u8; 16],
}

impl DomainKey {
    /// 128 pseudorandom bits of a value.
    #[inline]
    pub fn hash(&self, value: &[u8]) -> Random {
        let Hash128 { h1, h2 } = SipHasher24::new_with_key(&self.key).hash(value);
        Random { high: h1, low: h2 }
    }
}

impl std::fmt::Debug for DomainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DomainKey(…)")
    }
}

/// 128 pseudorandom bits, in two halves that may be used for two independent choices.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// The first 64 bits.
    pub high: u64,
    /// The last 64 bits.
    pub low: u64,
}

impl Random {
    /// All bits in one number.
    pub fn wide(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }
}

/// Maps 64 uniform bits to a number below `bound` (which must not be 0), with a bias below bound/2⁶⁴.
/// (Lemire, "Fast Random Integer Generation in an Interval", 2019, without the rejection step.)
#[inline]
pub fn below(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// As many pseudorandom numbers of one value as a mask needs: for text of any length.
#[derive(Debug)]
pub struct Stream<'a> {
    key: &'a DomainKey,
    random: Random,
    /// Numbers taken so far.
    taken: u64,
}

impl<'a> Stream<'a> {
    /// The numbers of a value.
    pub fn new(key: &'a DomainKey, value: &[u8]) -> Stream<'a> {
        Stream { key, random: key.hash(value), taken: 0 }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let mut text = [0; 24];
        text[..16].copy_from_slice(&self.random.wide().to_le_bytes());
        text[16..].copy_from_slice(&self.taken.to_le_bytes());
        self.taken += 1;
        self.key.hash(&text).high
    }

    /// The next number below `bound` (which must not be 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        below(self.bits(), bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pins the function for all releases of this major version: if this fails, every user's pseudonyms change.
    #[test]
    fn the_function_is_pinned() {
        let key = Secret::new(b"0123456789abcdef".to_vec()).domain("email");
        let random = key.hash(b"jean@example.org");
        assert_eq!((random.high, random.low), (6_767_234_822_450_965_775, 10_153_337_908_875_383_866));
    }

    #[test]
    fn domains_and_secrets_differ() {
        let secret = Secret::new(b"0123456789abcdef".to_vec());
        let other = Secret::new(b"0123456789abcdeg".to_vec());
        let value = b"x".as_slice();
        assert_ne!(secret.domain("a").hash(value).wide(), secret.domain("b").hash(value).wide());
        assert_ne!(secret.domain("a").hash(value).wide(), other.domain("a").hash(value).wide());
    }

    #[test]
    fn below_is_below() {
        assert_eq!(below(0, 10), 0);
        assert_eq!(below(u64::MAX, 10), 9);
    }
}
