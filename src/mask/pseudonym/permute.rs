//! permute and token: another text or number of the same shape.

use super::letters::{Alphabet, Way, drawn, permute};
use super::number::Number;
use crate::mask::fit::Kind;
use crate::mask::key::DomainKey;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `permute`.
pub(super) const PERMUTE: Definition = Definition {
    name: "permute",
    summary: "other digits for digits, other letters of the same script for letters, in place; length, case, punctuation and symbols stay",
    accepts: "text, smallint, integer, bigint, numeric (also numbers in documents)",
    distinct: "yes: a permutation of the values of one shape",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "permute",
    options: &[OptionDefinition {
        name: "alphabet",
        kind: OptionKind::Text,
        default: "digits, and letters",
        summary: "the characters that change, into one another: \"0-9\", \"A-Z\", \"0-9A-F\"",
    }],
    example: Example::of(r#""permute""#, "text", "AB-1234-z"),
    build,
};

/// `token`.
pub(super) const TOKEN: Definition = Definition {
    name: "token",
    summary: "another token, key or path of the same shape; hexadecimal digits stay hexadecimal",
    accepts: "text",
    distinct: "yes: a permutation of the values of one shape",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "token",
    options: &[],
    example: Example::of(r#""token""#, "text", "d41d8cd98f00b204e9800998ecf8427e"),
    build: token,
};

#[derive(Debug)]
struct Permute {
    key: DomainKey,
    alphabet: Alphabet,
}

impl Mask for Permute {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        if cell.is_seeded() {
            drawn(&self.key, &self.alphabet, &text, cell.seed, out);
        } else {
            permute(&self.key, &self.alphabet, &text, Way::There, out);
        }
        Ok(Masked::Value)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        permute(&self.key, &self.alphabet, &String::from_utf8_lossy(value), Way::Back, out);
        true
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let alphabet = match request.text("alphabet") {
        None => Alphabet::plain(request.target.charset),
        Some(text) => {
            Alphabet::parse(text).map_err(|message| BuildError::of("alphabet", format!("option \"alphabet\": {message}"), None))?
        }
    };
    let max: Option<u128> = match &request.target.kind {
        Kind::Text | Kind::Padded => {
            if !alphabet.fits(request.target.charset) {
                let message = format!("the dump's encoding {} cannot write the alphabet", request.target.charset.name());
                return Err(BuildError::of("alphabet", message, Some("use ASCII".into())));
            }
            // An alphabet is the same however it is written, and all columns of a dump are in one encoding.
            let changing = if let Alphabet::Plain(_) = alphabet { "Plain".to_owned() } else { format!("{alphabet:?}") };
            let fingerprint = format!("permute {} {changing}", request.domain);
            return Ok(request.bound(Permute { key: request.key.clone(), alphabet }, Distinct::Kept, fingerprint));
        }
        Kind::Integer(16) => Some(i16::MAX as u128),
        Kind::Integer(32) => Some(i32::MAX as u128),
        Kind::Integer(_) => Some(i64::MAX as u128),
        Kind::Numeric(_) => None,
        _ => return Err(request.wrong_kind("permutes text and numbers")),
    };
    if request.text("alphabet").is_some() {
        return Err(BuildError::of("alphabet", "a number has no alphabet", Some("leave the option out".into())));
    }
    // Numbers of other types with as many digits are permuted alike, up to those at the type's end.
    let fingerprint = format!("permute {} {}", request.domain, max.map_or("numeric".into(), |max| max.to_string()));
    Ok(request.bound(Number { key: request.key.clone(), max }, Distinct::Kept, fingerprint))
}

#[derive(Debug)]
struct Token {
    key: DomainKey,
    alphabet: Alphabet,
}

/// Whether a text is hexadecimal digits of one case, and enough of them to be no word.
fn is_hex(text: &str) -> bool {
    let one_case = !text.bytes().any(|b| b.is_ascii_uppercase()) || !text.bytes().any(|b| b.is_ascii_lowercase());
    text.len() >= 16 && one_case && text.bytes().all(|b| b.is_ascii_hexdigit()) && !text.bytes().all(|b| b.is_ascii_digit())
}

impl Token {
    fn turn(&self, text: &str, way: Way, out: &mut Vec<u8>) {
        let hex = is_hex(text);
        let alphabet = if hex { &Alphabet::Hex } else { &self.alphabet };
        let mark = out.len();
        permute(&self.key, alphabet, text, way, out);
        // What was hexadecimal stays so, and what was not must not become so: the walk stays among its kind.
        loop {
            let made = String::from_utf8_lossy(out.get(mark..).unwrap_or_default()).into_owned();
            if is_hex(&made) == hex {
                return;
            }
            out.truncate(mark);
            permute(&self.key, alphabet, &made, way, out);
        }
    }
}

impl Mask for Token {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        if cell.is_seeded() {
            drawn(&self.key, if is_hex(&text) { &Alphabet::Hex } else { &self.alphabet }, &text, cell.seed, out);
        } else {
            self.turn(&text, Way::There, out);
        }
        Ok(Masked::Value)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        self.turn(&String::from_utf8_lossy(value), Way::Back, out);
        true
    }
}

fn token(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let token = Token { key: request.key.clone(), alphabet: Alphabet::plain(request.target.charset) };
    Ok(request.bound(token, Distinct::Kept, format!("token {}", request.domain)))
}
