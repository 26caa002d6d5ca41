//! random_bytes: as many other bytes.

use super::{DataUrl, base64_length, hex_digits, write_base64, write_hex};
use crate::mask::fit::Kind;
use crate::mask::key::{DomainKey, Stream};
use crate::mask::permutation::Permutation;
use crate::mask::registry::{BuildError, Definition, Example, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// `random_bytes`.
pub(super) const RANDOM_BYTES: Definition = Definition {
    name: "random_bytes",
    summary: "as many random bytes; a data URL keeps its type",
    accepts: "bytea, text of data URLs",
    distinct: "yes: a permutation of the values of up to 15 bytes, 128 bits beyond",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "random_bytes",
    options: &[],
    example: Example::of(r#""random_bytes""#, "bytea", r"\x0123456789abcdef"),
    build,
};

const BYTEA: Refusal = Refusal { expected: "a bytea in hexadecimal digits, as bytea_output = 'hex' writes it" };
const DATA_URL: Refusal = Refusal { expected: "a data URL in base 64 of 16 bytes or more" };

/// Up to so many bytes are permuted: as many as a permutation takes.
const SHORT: usize = 15;

/// Fewer bytes in a data URL would not stay distinct.
const LEAST: usize = 16;

/// Writes other bytes.
#[derive(Debug)]
struct RandomBytes {
    key: DomainKey,
    bytea: bool,
}

impl RandomBytes {
    /// Other bytes for a short value, as a number: a permutation of those of its length.
    fn short(&self, digits: &[u8]) -> u128 {
        let number = digits.iter().fold(0, |number, digit| number << 4 | u128::from(char::from(*digit).to_digit(16).unwrap_or(0)));
        Permutation::new(self.key.clone(), 1 << (4 * digits.len())).apply(number, digits.len() as u64)
    }

    /// Random bytes of a seed. The first sixteen are all that is known of it.
    fn long(&self, seed: &[u8]) -> impl Iterator<Item = u8> {
        let mut stream = Stream::new(&self.key, seed);
        let first = self.key.hash(seed).wide().to_le_bytes();
        first.into_iter().chain(std::iter::repeat_with(move || stream.bits().to_le_bytes()).flatten())
    }
}

impl Mask for RandomBytes {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if !self.bytea {
            let url = DataUrl::read(cell.value).ok_or(DATA_URL)?;
            let length = base64_length(url.body).filter(|length| *length >= LEAST).ok_or(DATA_URL)?;
            let mut bytes = scratch::buffer();
            bytes.extend(self.long(cell.seed).take(length));
            DataUrl::write_head(url.media_type, out);
            write_base64(&bytes, out);
            // Without padding before, without it now: no longer than before.
            while !url.body.contains(&b'=') && out.last() == Some(&b'=') {
                out.pop();
            }
            return Ok(Masked::Value);
        }
        let digits = hex_digits(cell.value).ok_or(BYTEA)?;
        let length = digits.len() / 2;
        if length == 0 {
            return Ok(Masked::Same);
        }
        out.extend_from_slice(b"\\x");
        if length <= SHORT && !cell.is_seeded() {
            let number = self.short(digits).to_be_bytes();
            write_hex(number.iter().copied().skip(number.len() - length), out);
        } else {
            write_hex(self.long(cell.seed).take(length), out);
        }
        Ok(Masked::Value)
    }
}

/// `random_bytes`.
fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    let bytea = request.target.kind == Kind::Bytea;
    if !bytea {
        if !request.target.is_text() {
            return Err(request.wrong_kind("makes bytes"));
        }
        request.needs_charset()?;
    }
    let fingerprint = format!("random_bytes {} {bytea}", request.domain);
    Ok(request.bound(RandomBytes { key: request.key.clone(), bytea }, Distinct::Kept, fingerprint))
}
