//! shuffle: the characters or the words of a value in another order, blanks in their places.
//!
//! It hides what a text says, not what it is made of: a short value of few different characters can be guessed.
//! (Fisher and Yates, in Durstenfeld's form: Algorithm 235, CACM 7/7, 1964.)

use super::super::key::{DomainKey, Stream};
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::scratch::{self, Buffer};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `shuffle`
pub(super) const DEFINITION: Definition = Definition {
    name: "shuffle",
    summary: "the value's own characters, or words, in another order; blanks stay in their places",
    accepts: "text",
    distinct: "no: two values of the same characters may become one",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "shuffle",
    options: &[OptionDefinition {
        name: "by",
        kind: OptionKind::Choice(&["character", "word"]),
        default: "character",
        summary: "what changes places",
    }],
    example: Example::of(r#"{ mask = "shuffle", by = "word" }"#, "text", "rue du Faubourg Saint-Antoine"),
    build: shuffle,
};

/// Shuffles.
#[derive(Debug)]
struct Shuffle {
    key: DomainKey,
    words: bool,
}

impl Mask for Shuffle {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        let mut pieces = Pieces::default();
        for piece in split(&text, self.words).filter(|piece| !is_blank(piece)) {
            pieces.push(piece.as_ptr() as usize - text.as_ptr() as usize, piece.len());
        }
        let mut stream = Stream::new(&self.key, cell.seed);
        for last in (1..pieces.len()).rev() {
            let other = usize::try_from(stream.below(last as u64 + 1)).unwrap_or(last);
            pieces.swap(last, other);
        }
        let mut next = 0;
        for piece in split(&text, self.words) {
            if is_blank(piece) {
                out.extend_from_slice(piece.as_bytes());
                continue;
            }
            let (start, length) = pieces.get(next);
            out.extend_from_slice(text.as_bytes().get(start..start + length).unwrap_or_default());
            next += 1;
        }
        Ok(Masked::Value)
    }
}

/// A text's characters; or its words and the blanks between them.
fn split(text: &str, words: bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match words {
            false => first.len_utf8(),
            true => rest.find(|c: char| c.is_whitespace() != first.is_whitespace()).unwrap_or(rest.len()),
        };
        let (piece, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(piece)
    })
}

fn is_blank(piece: &str) -> bool {
    piece.chars().next().is_some_and(char::is_whitespace)
}

/// Where pieces of the text begin and how long they are, in memory that is used again.
#[derive(Debug)]
struct Pieces(Buffer);

impl Default for Pieces {
    fn default() -> Pieces {
        Pieces(scratch::buffer())
    }
}

impl Pieces {
    fn len(&self) -> usize {
        self.0.len() / 16
    }

    fn push(&mut self, start: usize, length: usize) {
        self.0.extend_from_slice(&(start as u64).to_le_bytes());
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }

    fn bytes(&self, index: usize) -> [u8; 16] {
        self.0.get(index * 16..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default()
    }

    fn get(&self, index: usize) -> (usize, usize) {
        let both = u128::from_le_bytes(self.bytes(index));
        (both as u64 as usize, (both >> 64) as u64 as usize)
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (at_a, at_b) = (self.bytes(a), self.bytes(b));
        for (index, bytes) in [(a, at_b), (b, at_a)] {
            if let Some(slot) = self.0.get_mut(index * 16..).and_then(|rest| rest.first_chunk_mut()) {
                *slot = bytes;
            }
        }
    }
}

/// `shuffle`: text of any length.
pub fn shuffle(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let words = request.text("by") == Some("word");
    let fingerprint = format!("shuffle {} {words}", request.domain);
    Ok(request.bound(Shuffle { key: request.key.clone(), words }, Distinct::Lost, fingerprint))
}
