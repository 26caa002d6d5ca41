//! What the masks of this family share: a mask for a part of a value, the parts that stay as they are, and names or globs
//! that choose a mask.

use crate::mask::fit::Target;
use crate::mask::registry::{BuildError, OptionValue, Request};
use crate::mask::{Cell, Distinct, Mask, Masked, Note, Reading, Refusal, Surroundings};

/// The mask of a part.
#[derive(Debug)]
pub(super) struct Part {
    /// `None` where it keeps parts as they are.
    mask: Option<Box<dyn Mask>>,
    takes_empty: bool,
    takes_null: bool,
    /// Where its readings begin among those of the whole.
    offset: usize,
    pub(super) distinct: Distinct,
    pub(super) fingerprint: String,
}

impl Part {
    /// Binds the mask of a part; what it reads becomes a reading of the whole.
    ///
    /// # Errors
    /// As for any rule.
    pub(super) fn bind(request: &Request<'_>, rule: &OptionValue, target: &Target, reads: &mut Vec<Reading>) -> Result<Part, BuildError> {
        let bound = request.child(rule, target, false)?;
        let offset = reads.len();
        reads.extend(bound.reads);
        Ok(Part {
            mask: bound.mask,
            takes_empty: bound.takes_empty,
            takes_null: bound.takes_null,
            offset,
            distinct: bound.distinct,
            fingerprint: bound.fingerprint,
        })
    }

    /// Whether it keeps parts as they are.
    pub(super) fn keeps(&self) -> bool {
        self.mask.is_none()
    }

    /// Masks a part of the value of `cell`. NULL and the empty string stay unless the mask takes them.
    ///
    /// # Errors
    /// The mask refuses the part.
    pub(super) fn mask(&self, value: &[u8], null: bool, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let left = if null { !self.takes_null } else { value.is_empty() && !self.takes_empty };
        let Some(mask) = self.mask.as_ref().filter(|_| !left) else { return Ok(Masked::Same) };
        let around = Shifted { around: cell.around, offset: self.offset };
        mask.mask(Cell { seed: value, null, around: &around, ..cell.with(value) }, out)
    }
}

/// The readings from an index on.
#[derive(Debug)]
struct Shifted<'a> {
    around: &'a dyn Surroundings,
    offset: usize,
}

impl Surroundings for Shifted<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.around.read(self.offset + index)
    }

    fn note(&self, note: Note) {
        self.around.note(note);
    }
}

/// A value that is copied but for some of its parts.
#[derive(Debug)]
pub(super) struct Splice<'a> {
    value: &'a [u8],
    /// Where the new value grows.
    pub(super) out: &'a mut Vec<u8>,
    mark: usize,
    copied: usize,
    changed: bool,
}

impl<'a> Splice<'a> {
    pub(super) fn new(value: &'a [u8], out: &'a mut Vec<u8>) -> Splice<'a> {
        let mark = out.len();
        Splice { value, out, mark, copied: 0, changed: false }
    }

    /// Copies what stands before an offset; gives where the next part begins in `out`.
    pub(super) fn before(&mut self, at: usize) -> usize {
        if at > self.copied {
            self.out.extend_from_slice(self.value.get(self.copied..at).unwrap_or_default());
            self.copied = at;
        }
        self.out.len()
    }

    /// What was written stands for the value up to `end`.
    pub(super) fn replaced(&mut self, end: usize) {
        self.copied = self.copied.max(end);
        self.changed = true;
    }

    /// Copies the rest.
    pub(super) fn finish(mut self) -> Masked {
        if !self.changed {
            self.out.truncate(self.mark);
            return Masked::Same;
        }
        self.before(self.value.len());
        Masked::Value
    }
}

/// How a quote inside of quotes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// `\"`, as array_out and hstore_out have it.
    Backslash,
    /// `""`, as record_out and range_out have it.
    Twice,
}

impl Quoting {
    /// Puts the text behind `mark` in quotes.
    pub(super) fn quote(self, out: &mut Vec<u8>, mark: usize) {
        let special = |byte: &u8| matches!(byte, b'"' | b'\\');
        let count = out.get(mark..).unwrap_or_default().iter().filter(|byte| special(byte)).count();
        let old = out.len();
        out.resize(old + count + 2, b'"');
        // From the end, so that each byte moves once.
        let mut to = out.len() - 1;
        for from in (mark..old).rev() {
            let Some(byte) = out.get(from).copied() else { break };
            let escape = match self {
                Quoting::Backslash => b'\\',
                Quoting::Twice => byte,
            };
            to -= 1;
            put(out, to, byte);
            if special(&byte) {
                to -= 1;
                put(out, to, escape);
            }
        }
        put(out, mark, b'"');
    }

    /// Reads what stands in the quotes that open at an offset, appends it, and gives the offset behind them. A backslash
    /// always stands for the next byte; `""` for a quote only where it is written so. `None` where the quotes do not end.
    pub(super) fn unquote(self, value: &[u8], at: usize, text: &mut Vec<u8>) -> Option<usize> {
        let mut at = at + 1;
        loop {
            let rest = value.get(at..)?;
            let plain = memchr::memchr2(b'"', b'\\', rest)?;
            text.extend_from_slice(rest.get(..plain)?);
            at += plain;
            match (value.get(at)?, value.get(at + 1)) {
                (b'\\', next) => text.push(*next?),
                (_, Some(b'"')) if self == Quoting::Twice => text.push(b'"'),
                _ => return Some(at + 1),
            }
            at += 2;
        }
    }
}

fn put(out: &mut [u8], at: usize, byte: u8) {
    if let Some(slot) = out.get_mut(at) {
        *slot = byte;
    }
}

/// White space as PostgreSQL's scanners know it (`scanner_isspace`, `array_isspace`).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// A name, or a name with `*` for any characters.
#[derive(Debug)]
pub(super) struct Pattern {
    pieces: Vec<Box<[u8]>>,
}

impl Pattern {
    pub(super) fn new(written: &str) -> Pattern {
        Pattern { pieces: written.split('*').map(|piece| piece.as_bytes().into()).collect() }
    }

    /// Whether it is a name without `*`.
    pub(super) fn is_exact(&self) -> bool {
        self.pieces.len() == 1
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else {
            return self.pieces.first().is_some_and(|only| **only == *name);
        };
        let Some(mut rest) = name.strip_prefix(&**first).and_then(|rest| rest.strip_suffix(&**last)) else { return false };
        for piece in middle {
            let Some(at) = memchr::memmem::find(rest, piece) else { return false };
            rest = rest.get(at + piece.len()..).unwrap_or_default();
        }
        true
    }
}

/// The first that matches, names before globs.
pub(super) fn choose<'p, T>(choices: &'p [(Pattern, T)], name: &[u8]) -> Option<&'p T> {
    let of = |exact: bool| choices.iter().find(|(pattern, _)| pattern.is_exact() == exact && pattern.matches(name));
    of(true).or_else(|| of(false)).map(|(_, chosen)| chosen)
}
