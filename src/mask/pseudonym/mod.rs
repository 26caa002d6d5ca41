//! Pseudonyms that mean nothing: hash, permute, token, uuid, fpe, pattern. And the base-32 digits that other masks use too.

mod fpe;
pub mod letters;
mod number;
mod pattern;
mod permute;
pub mod scripts;
mod uuid;

use crate::mask::key::DomainKey;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[HASH, pattern::PATTERN, permute::PERMUTE, permute::TOKEN, fpe::FPE, uuid::UUID];

/// `hash`.
const HASH: Definition = Definition {
    name: "hash",
    summary: "32 hexadecimal digits of a keyed hash; fewer, base-32 digits where the column is shorter",
    accepts: "text that takes at least 18 characters",
    distinct: "yes: 90 bits or more; so a collision among 10^9 values is less likely than 10^-9",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "hash",
    options: &[OptionDefinition {
        name: "length",
        kind: OptionKind::Integer(18, 32),
        default: "32, or what fits",
        summary: "how many characters (26 at most below 32)",
    }],
    example: Example::of(r#""hash""#, "text", "12-345-678"),
    build: hash,
};

/// Digits that are hard to misread (Crockford's, in lower case: no i, l, o, u).
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The fewest base-32 digits that keep values distinct: 90 bits. Among n values the chance of any collision is below
/// n²/2^(bits+1): for 10⁹ values 10¹⁸/2⁹¹, about 4·10⁻¹⁰.
pub const DIGITS: usize = 18;

/// Appends `count` base-32 digits (26 at most) of a number, its low bits first.
#[inline]
pub fn base32(number: u128, count: usize, out: &mut Vec<u8>) {
    let mut rest = number;
    for _ in 0..count {
        let digit = BASE32.get((rest & 31) as usize).copied().unwrap_or(b'0');
        out.push(digit);
        rest >>= 5;
    }
}

/// Writes the digits of a keyed hash.
#[derive(Debug)]
struct Hash {
    key: DomainKey,
    /// Hexadecimal digits of all 128 bits, or this many base-32 digits.
    base32: Option<usize>,
}

impl Mask for Hash {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let number = self.key.hash(cell.seed).wide();
        match self.base32 {
            Some(count) => base32(number, count, out),
            None => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                for shift in (0..32).rev() {
                    out.push(HEX.get((number >> (4 * shift) & 15) as usize).copied().unwrap_or(b'0'));
                }
            }
        }
        Ok(Masked::Value)
    }
}

/// `hash`: 32 hexadecimal digits, or base-32 digits where the column is shorter.
pub fn hash(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let wanted = request.integer("length").and_then(|length| usize::try_from(length).ok()).unwrap_or(32);
    let max = request.max_chars();
    if wanted > max && request.integer("length").is_some() {
        let message = format!("a hash of {wanted} characters is too long, the column takes {max}");
        return Err(BuildError::of("length", message, Some("leave the option out: the hash is fitted to the column".into())));
    }
    let length = wanted.min(max);
    if length < DIGITS {
        return Err(request.too_short("a hash that keeps values distinct needs", DIGITS));
    }
    let base32 = (length < 32).then_some(length.min(26));
    let fingerprint = format!("hash {} {base32:?}", request.domain);
    Ok(request.bound(Hash { key: request.key.clone(), base32 }, Distinct::Kept, fingerprint))
}
