//! uuid: another UUID of the same version and variant (RFC 9562, section 4).

use crate::mask::fit::Kind;
use crate::mask::key::DomainKey;
use crate::mask::permutation::Permutation;
use crate::mask::registry::{BuildError, Definition, Example, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `uuid`.
pub(super) const UUID: Definition = Definition {
    name: "uuid",
    summary: "another UUID of the same version and variant",
    accepts: "uuid, text of UUIDs that takes them",
    distinct: "yes: a permutation of the UUIDs of one version",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "uuid",
    options: &[],
    example: Example::of(r#""uuid""#, "uuid", "3f0b8c1a-7d52-4e6b-9a41-c0ffee123456"),
    build,
};

/// Bits 48 to 51 from the top are the version, 64 and 65 the variant.
const FIXED: u128 = (0xF << 76) | (0x3 << 62);

#[derive(Debug)]
struct Uuid {
    key: DomainKey,
    permutation: Permutation,
}

const EXPECTED: Refusal = Refusal { expected: "a UUID: 32 hexadecimal digits, with or without hyphens" };

/// The bits, and whether it is written with hyphens.
fn parse(text: &[u8]) -> Option<(u128, bool)> {
    let hyphens = text.len() == 36;
    if text.len() != 32 && !hyphens {
        return None;
    }
    let mut bits = 0;
    for (at, byte) in text.iter().enumerate() {
        if hyphens && matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        bits = bits << 4 | u128::from(char::from(*byte).to_digit(16)?);
    }
    Some((bits, hyphens))
}

/// The 122 bits that may change, side by side.
fn payload(bits: u128) -> u128 {
    (bits >> 80 << 74) | ((bits >> 64 & 0xFFF) << 62) | (bits & ((1 << 62) - 1))
}

fn with_payload(bits: u128, payload: u128) -> u128 {
    (bits & FIXED) | (payload >> 74 << 80) | ((payload >> 62 & 0xFFF) << 64) | (payload & ((1 << 62) - 1))
}

impl Uuid {
    fn turn(&self, value: &[u8], new: impl Fn(u128, u64) -> u128, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let (bits, hyphens) = parse(value).ok_or(EXPECTED)?;
        let fixed = ((bits & FIXED) >> 62) as u64;
        let made = with_payload(bits, new(payload(bits), fixed));
        let upper = value.iter().any(u8::is_ascii_uppercase);
        for nibble in (0..32).rev() {
            if hyphens && matches!(nibble, 23 | 19 | 15 | 11) {
                out.push(b'-');
            }
            let digit = char::from_digit((made >> (4 * nibble) & 15) as u32, 16).unwrap_or('0') as u8;
            out.push(if upper { digit.to_ascii_uppercase() } else { digit });
        }
        Ok(())
    }
}

impl Mask for Uuid {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if cell.is_seeded() {
            let drawn = self.key.hash(cell.seed).wide() >> 6;
            self.turn(cell.value, |_, _| drawn, out)?;
        } else {
            self.turn(cell.value, |number, tweak| self.permutation.apply(number, tweak), out)?;
        }
        Ok(Masked::Value)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        self.turn(value, |number, tweak| self.permutation.undo(number, tweak), out).is_ok()
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    if request.target.kind != Kind::Uuid && !request.target.is_text() {
        return Err(request.wrong_kind("makes UUIDs"));
    }
    if request.target.is_text() && request.max_chars() < 32 {
        return Err(request.too_short("a UUID needs", 32));
    }
    let mask = Uuid { key: request.key.clone(), permutation: Permutation::new(request.key.clone(), 1 << 122) };
    Ok(request.bound(mask, Distinct::Kept, format!("uuid {}", request.domain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_payload_is_all_but_version_and_variant(bits in any::<u128>(), other in any::<u128>()) {
            prop_assert_eq!(with_payload(bits, payload(bits)), bits);
            let made = with_payload(bits, other >> 6);
            prop_assert_eq!(payload(made), other >> 6);
            prop_assert_eq!(made & FIXED, bits & FIXED);
        }
    }

    #[test]
    fn version_and_variant_stand_where_the_rfc_has_them() {
        let (bits, _) = parse(b"00000000-0000-f000-c000-000000000000").expect("a UUID");
        assert_eq!(bits, FIXED);
    }
}
