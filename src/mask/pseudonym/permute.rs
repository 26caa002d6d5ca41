//! permute and token: another text or number of the same shape.

use super::letters::{Alphabet, Way, drawn, permute};
use crate::mask::fit::Kind;
use crate::mask::key::{DomainKey, below};
use crate::mask::permutation::Permutation;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// `permute`.
pub(super) const PERMUTE: Definition = Definition {
    name: "permute",
    summary: "other digits for digits, other letters for letters, in place; length, case and all else stay",
    accepts: "text, smallint, integer, bigint, numeric",
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

/// Whole numbers, among those of as many digits that the type takes.
#[derive(Debug)]
struct Whole {
    key: DomainKey,
    /// The largest number of the type.
    max: u128,
}

impl Whole {
    /// The least and the most number of as many digits.
    fn range(&self, number: u128) -> (u128, u128) {
        let mut top: u128 = 10;
        while top <= number {
            top = top.saturating_mul(10);
        }
        let least = if top == 10 { 0 } else { top / 10 };
        (least, self.max.min(top - 1))
    }

    fn turn(&self, value: &[u8], seed: Option<&[u8]>, way: Way, out: &mut Vec<u8>) -> Result<(), Refusal> {
        const EXPECTED: Refusal = Refusal { expected: "a whole number" };
        let text = std::str::from_utf8(value).map_err(|_| EXPECTED)?;
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let number: u128 = digits.parse().map_err(|_| EXPECTED)?;
        let (least, most) = self.range(number);
        if number > most {
            return Err(EXPECTED);
        }
        let permutation = Permutation::new(self.key.clone(), most - least + 1);
        let new = match (seed, way) {
            (Some(seed), _) => u128::from(below(self.key.hash(seed).high, u64::try_from(most - least + 1).unwrap_or(u64::MAX))),
            (None, Way::There) => permutation.apply(number - least, 0),
            (None, Way::Back) => permutation.undo(number - least, 0),
        };
        let mut made = scratch::text();
        // Writing to memory cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut *made, format_args!("{}", new + least));
        // Zero has no sign, so it must not come from a number that has one, nor become one.
        out.extend_from_slice(if new + least == 0 { "" } else { sign }.as_bytes());
        out.extend_from_slice(made.as_bytes());
        Ok(())
    }
}

impl Mask for Whole {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        self.turn(cell.value, cell.is_seeded().then_some(cell.seed), Way::There, out).map(|()| Masked::Value)
    }

    fn undo(&self, value: &[u8], out: &mut Vec<u8>) -> bool {
        self.turn(value, None, Way::Back, out).is_ok()
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let alphabet = match request.text("alphabet") {
        None => Alphabet::Plain,
        Some(text) => {
            Alphabet::parse(text).map_err(|message| BuildError::of("alphabet", format!("option \"alphabet\": {message}"), None))?
        }
    };
    let max: u128 = match &request.target.kind {
        Kind::Text | Kind::Padded => {
            if !alphabet.fits(request.target.charset) {
                let message = format!("the dump's encoding {} cannot write the alphabet", request.target.charset.name());
                return Err(BuildError::of("alphabet", message, Some("use ASCII".into())));
            }
            let fingerprint = format!("permute {} {alphabet:?}", request.domain);
            return Ok(request.bound(Permute { key: request.key.clone(), alphabet }, Distinct::Kept, fingerprint));
        }
        Kind::Integer(16) => i16::MAX as u128,
        Kind::Integer(32) => i32::MAX as u128,
        Kind::Integer(_) => i64::MAX as u128,
        Kind::Numeric(Some(digits)) if digits.scale == 0 && digits.precision <= 36 => 10u128.pow(u32::from(digits.precision)) - 1,
        Kind::Numeric(_) => {
            let help = "use noise or round, or a numeric of at most 36 digits without decimals";
            return Err(request.misfit(format!("it permutes whole numbers, but the column is {}", request.target.type_name), help));
        }
        _ => return Err(request.wrong_kind("permutes text and whole numbers")),
    };
    if request.text("alphabet").is_some() {
        return Err(BuildError::of("alphabet", "a number has no alphabet", Some("leave the option out".into())));
    }
    // Numbers of other types with as many digits are permuted alike, up to those at the type's end.
    let fingerprint = format!("permute {} {max}", request.domain);
    Ok(request.bound(Whole { key: request.key.clone(), max }, Distinct::Kept, fingerprint))
}

#[derive(Debug)]
struct Token {
    key: DomainKey,
}

/// Whether a text is hexadecimal digits of one case, and enough of them to be no word.
fn is_hex(text: &str) -> bool {
    let one_case = !text.bytes().any(|b| b.is_ascii_uppercase()) || !text.bytes().any(|b| b.is_ascii_lowercase());
    text.len() >= 16 && one_case && text.bytes().all(|b| b.is_ascii_hexdigit()) && !text.bytes().all(|b| b.is_ascii_digit())
}

impl Token {
    fn turn(&self, text: &str, way: Way, out: &mut Vec<u8>) {
        let hex = is_hex(text);
        let alphabet = if hex { Alphabet::Hex } else { Alphabet::Plain };
        let mark = out.len();
        permute(&self.key, &alphabet, text, way, out);
        // What was hexadecimal stays so, and what was not must not become so: the walk stays among its kind.
        loop {
            let made = String::from_utf8_lossy(out.get(mark..).unwrap_or_default()).into_owned();
            if is_hex(&made) == hex {
                return;
            }
            out.truncate(mark);
            permute(&self.key, &alphabet, &made, way, out);
        }
    }
}

impl Mask for Token {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        if cell.is_seeded() {
            drawn(&self.key, if is_hex(&text) { &Alphabet::Hex } else { &Alphabet::Plain }, &text, cell.seed, out);
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
    Ok(request.bound(Token { key: request.key.clone() }, Distinct::Kept, format!("token {}", request.domain)))
}
