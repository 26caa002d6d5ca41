//! postcode: that of the place of a row, or the first characters of the original with others behind them.

use super::list::Place;
use super::pool::{Pool, country};
use crate::mask::fit::Kind;
use crate::mask::key::{DomainKey, Stream};
use crate::mask::registry::{BuildError, OptionValue, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// Letters that postcodes have in all of the countries whose postcodes have letters left free (Royal Mail's and Canada
/// Post's addressing guides leave some out, as do Dutch postcodes the pairs with S).
const LETTERS: &[u8] = b"ABEGHJLNPRTWXZ";

/// Writes the postcode of the place.
#[derive(Debug)]
struct Postcode {
    pool: Pool,
    max: usize,
    integer: bool,
}

impl Mask for Postcode {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (index, random) = self.pool.choose(cell);
        let place = self.pool.place(index);
        let parted = cell.value.iter().any(|byte| matches!(byte, b' ' | b'-')) || !cell.value.iter().any(u8::is_ascii_digit);
        let parted = parted && !self.integer && place.postcode.len() <= self.max;
        let start = out.len();
        write(place.postcode, random.low, parted, out);
        if self.integer {
            // The server writes integers without leading zeros.
            let zeros = out.iter().skip(start).take_while(|byte| **byte == b'0').count();
            out.drain(start..start + zeros);
        }
        Ok(Masked::Value)
    }
}

/// Appends a postcode, what is left free filled by these bits; with its blank or hyphen or without.
pub(super) fn write(pattern: &str, bits: u64, parted: bool, out: &mut Vec<u8>) {
    let mut rest = bits;
    // The bits as a fraction, of which each choice takes what stands before the point.
    let mut pick = |bound: u64| {
        let product = u128::from(rest) * u128::from(bound);
        rest = product as u64;
        (product >> 64) as usize
    };
    for byte in pattern.bytes() {
        match byte {
            b'#' => out.push(b'0' + u8::try_from(pick(10)).unwrap_or_default()),
            b'@' => out.push(LETTERS.get(pick(LETTERS.len() as u64)).copied().unwrap_or(b'A')),
            b' ' | b'-' if !parted => {}
            byte => out.push(byte),
        }
    }
}

/// Keeps the leading characters; digits become other digits, letters other letters.
#[derive(Debug)]
struct Leading {
    key: DomainKey,
    keep: usize,
}

impl Mask for Leading {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut stream = Stream::new(&self.key, cell.seed);
        let mut left = self.keep;
        for byte in cell.value {
            let counts = byte.is_ascii_alphanumeric();
            out.push(match byte {
                _ if counts && left > 0 => *byte,
                b'0'..=b'9' => b'0' + u8::try_from(stream.below(10)).unwrap_or_default(),
                b'A'..=b'Z' | b'a'..=b'z' => {
                    let index = usize::try_from(stream.below(LETTERS.len() as u64)).unwrap_or_default();
                    let letter = LETTERS.get(index).copied().unwrap_or(b'A');
                    if byte.is_ascii_lowercase() { letter.to_ascii_lowercase() } else { letter }
                }
                _ => *byte,
            });
            left -= usize::from(counts && left > 0);
        }
        Ok(Masked::Value)
    }
}

/// `postcode`.
pub(super) fn postcode(request: &Request<'_>) -> Result<Bound, BuildError> {
    let integer = match request.target.kind {
        Kind::Integer(16) => return Err(request.wrong_kind("makes postcodes, which are larger numbers")),
        Kind::Integer(_) => true,
        _ => {
            request.needs_text()?;
            false
        }
    };
    match request.option("keep") {
        Some(OptionValue::Integer(keep)) if (1..=8).contains(keep) => {
            if let Some(of) = request.text("of") {
                let message = format!("option \"of\": the characters that are kept are the value's own, not those of {of:?}");
                return Err(BuildError::of("of", message, Some("leave it out, or use keep = \"departement\"".into())));
            }
            let keep = usize::try_from(*keep).unwrap_or(1);
            let fingerprint = format!("postcode {} first {keep}", request.domain);
            return Ok(request.bound(Leading { key: request.key.clone(), keep }, Distinct::Lost, fingerprint));
        }
        Some(OptionValue::Text(word)) if word == "departement" || word == "region" => {}
        None => {}
        Some(_) => {
            let message = "option \"keep\": expected \"departement\", \"region\" or a number from 1 to 8";
            return Err(BuildError::of("keep", message, Some("for example keep = \"departement\"".into())));
        }
    }
    let country = country(request)?;
    let is_number = |place: &Place| place.postcode.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#' || byte == b'-');
    if integer && !country.places.iter().all(is_number) {
        let message = format!("the postcodes of {} are no numbers, but the column is {}", country.code, request.target.type_name);
        return Err(request.misfit(message, request.instead()));
    }
    let bare = |place: &Place| place.postcode.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).count();
    let pool = Pool::new(request, country, "a choice of postcodes", |place| if integer { 0 } else { bare(place) })?;
    // Past the longest the limit changes nothing.
    let max = request.max_chars();
    let fingerprint = format!("postcode {} {} {integer}", pool.mark(request), max.min(9));
    let mask = Postcode { pool, max, integer };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}
