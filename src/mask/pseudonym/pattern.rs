//! pattern: text by a pattern, such as `AA-999`.

use crate::mask::key::{DomainKey, Stream};
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `pattern`.
pub(super) const PATTERN: Definition = Definition {
    name: "pattern",
    summary: "text by a pattern: A is a capital, a a small letter, 9 a digit, ? any of them, \\ makes the next one literal",
    accepts: "text that takes the whole pattern",
    distinct: "where the pattern holds 90 bits or more; so a collision among 10^9 values is less likely than 10^-9",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "pattern",
    options: &[OptionDefinition { name: "pattern", kind: OptionKind::Text, default: "required", summary: "the pattern" }],
    example: Example::of(r#"{ pattern = "AA-999" }"#, "character varying(10)", "QX-204"),
    build,
};

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const ANY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Debug)]
enum Piece {
    Literal(char),
    OneOf(&'static [u8]),
}

#[derive(Debug)]
struct Pattern {
    key: DomainKey,
    pieces: Vec<Piece>,
}

impl Mask for Pattern {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut stream = Stream::new(&self.key, cell.seed);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Piece::OneOf(set) => {
                    let index = usize::try_from(stream.below(set.len() as u64)).unwrap_or(0);
                    out.push(set.get(index).copied().unwrap_or(b'0'));
                }
            }
        }
        Ok(Masked::Value)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let text = request.text("pattern").unwrap_or_default();
    let mut pieces = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        pieces.push(match c {
            'A' => Piece::OneOf(UPPER),
            'a' => Piece::OneOf(LOWER),
            '9' => Piece::OneOf(DIGITS),
            '?' => Piece::OneOf(ANY),
            '\\' => Piece::Literal(rest.next().unwrap_or('\\')),
            c => Piece::Literal(c),
        });
    }
    let bits: f64 = pieces.iter().map(|piece| if let Piece::OneOf(set) = piece { (set.len() as f64).log2() } else { 0.0 }).sum();
    if bits == 0.0 {
        let help = "for example { pattern = \"AA-999\" }";
        return Err(BuildError::of("pattern", "option \"pattern\" has no A, a, 9 or ?", Some(help.into())));
    }
    if pieces.len() > request.max_chars() {
        return Err(request.too_short("the pattern needs", pieces.len()));
    }
    if request.target.charset.encode(text).is_none() {
        let message = format!("the dump's encoding {} cannot write the pattern", request.target.charset.name());
        return Err(BuildError::of("pattern", message, Some("use ASCII".into())));
    }
    let distinct = if bits >= 90.0 { Distinct::Kept } else { Distinct::Lost };
    let fingerprint = format!("pattern {} {text:?}", request.domain);
    Ok(request.bound(Pattern { key: request.key.clone(), pieces }, distinct, fingerprint))
}
