//! fpe: format-preserving encryption, FF1 of NIST SP 800-38G (revision 1), with AES-256. Reversible with the secret, by
//! `pgveil reveal`.
//!
//! The standard asks for a million texts or more of one length and alphabet; shorter values are refused.

use aes::Aes256;
use fpe::ff1::{FF1, FlexibleNumeralString};

use super::letters::Alphabet;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `fpe`.
pub(super) const FPE: Definition = Definition {
    name: "fpe",
    summary: "format-preserving encryption (NIST FF1): characters of the alphabet change, in place; `pgveil reveal` undoes it",
    accepts: "text",
    distinct: "yes: an encryption",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "fpe",
    options: &[OptionDefinition {
        name: "alphabet",
        kind: OptionKind::Text,
        default: "0-9",
        summary: "the characters that change, into one another: \"0-9\", \"A-Z0-9\"; at least a million values of a length",
    }],
    example: Example::of(r#""fpe""#, "text", "4929-1234-5678"),
    build,
};

const EXPECTED: Refusal = Refusal { expected: "enough characters of the alphabet for a million values (six digits, say)" };

struct Fpe {
    cipher: FF1<Aes256>,
    alphabet: Vec<char>,
}

impl std::fmt::Debug for Fpe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fpe(…)")
    }
}

impl Fpe {
    /// Encrypts or decrypts the characters of the alphabet, the others where they are.
    fn turn(&self, text: &str, back: bool, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let digits: Vec<u16> =
            text.chars().filter_map(|c| self.alphabet.binary_search(&c).ok()).filter_map(|digit| u16::try_from(digit).ok()).collect();
        let enough = (self.alphabet.len() as f64).powf(digits.len() as f64) >= 1e6;
        if !enough {
            return Err(EXPECTED);
        }
        let digits = FlexibleNumeralString::from(digits);
        let turned = if back { self.cipher.decrypt(&[], &digits) } else { self.cipher.encrypt(&[], &digits) };
        let turned: Vec<u16> = turned.map_err(|_| EXPECTED)?.into();
        let mut turned = turned.into_iter();
        for c in text.chars() {
            let new = match self.alphabet.binary_search(&c) {
                Ok(_) => turned.next().and_then(|digit| self.alphabet.get(usize::from(digit))).copied().unwrap_or(c),
                Err(_) => c,
            };
            out.extend_from_slice(new.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl Mask for Fpe {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        self.turn(&String::from_utf8_lossy(cell.value), false, out).map(|()| Masked::Value)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        self.turn(&String::from_utf8_lossy(value), true, out).is_ok()
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let text = request.text("alphabet").unwrap_or("0-9");
    let wrong = |message: String, help: &str| BuildError::of("alphabet", message, Some(help.into()));
    let alphabet = Alphabet::parse(text).map_err(|message| BuildError::of("alphabet", format!("option \"alphabet\": {message}"), None))?;
    if !alphabet.fits(request.target.charset) {
        return Err(wrong(format!("the dump's encoding {} cannot write the alphabet", request.target.charset.name()), "use ASCII"));
    }
    let Alphabet::Own(alphabet) = alphabet else { return Err(wrong("no alphabet".into(), "for example \"0-9\"")) };
    let radix = u32::try_from(alphabet.len()).unwrap_or(u32::MAX);
    let mut key = [0; 32];
    let (first, second) = (request.key.hash(b"fpe key, first half").wide(), request.key.hash(b"fpe key, second half").wide());
    key[..16].copy_from_slice(&first.to_le_bytes());
    key[16..].copy_from_slice(&second.to_le_bytes());
    let cipher = FF1::<Aes256>::new(&key, radix);
    zeroize::Zeroize::zeroize(&mut key);
    let cipher = cipher.map_err(|_| wrong(format!("an alphabet of {radix} characters is too large"), "65536 are the most"))?;
    let fingerprint = format!("fpe {} {text:?}", request.domain);
    Ok(request.bound(Fpe { cipher, alphabet }, Distinct::Kept, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sample 7 of NIST's examples for FF1 ("FF1samples.pdf", Cryptographic Standards and Guidelines): AES-256, radix 10,
    /// no tweak.
    #[test]
    fn the_cipher_is_that_of_the_standard() {
        let key: Vec<u8> = (0..32)
            .map(|i| {
                u8::from_str_radix(&"2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"[2 * i..2 * i + 2], 16).expect("hex")
            })
            .collect();
        let mask = Fpe { cipher: FF1::<Aes256>::new(&key, 10).expect("a radix"), alphabet: ('0'..='9').collect() };
        let mut out = Vec::new();
        mask.turn("0123-456789", false, &mut out).expect("long enough");
        assert_eq!(out, b"6657-667009");
        let mut back = Vec::new();
        assert!(mask.undo(&out, &mut back));
        assert_eq!(back, b"0123-456789");
        assert_eq!(mask.turn("12345", false, &mut out), Err(EXPECTED));
    }
}
