//! char(n): its values come padded with blanks, which PostgreSQL does not count as part of them. A mask sees them
//! without the padding, so that one value has one pseudonym in char(10), char(20) and text. The server pads the result.

use super::fit::Kind;
use super::{Cell, Mask, Masked, Refusal};

/// A mask on a column of type char(n).
#[derive(Debug)]
struct Unpadded<M>(M);

/// A mask as a column of that kind needs it: on char(n) it sees no padding.
pub(super) fn unpadded(kind: &Kind, mask: impl Mask + 'static) -> Box<dyn Mask> {
    if *kind == Kind::Padded { Box::new(Unpadded(mask)) } else { Box::new(mask) }
}

impl<M: Mask> Mask for Unpadded<M> {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let value = trim(cell.value);
        if value.is_empty() {
            // The empty string of char(n) is all padding; it is kept, as it is elsewhere.
            return if cell.null { self.0.mask(cell, out) } else { Ok(Masked::Same) };
        }
        self.0.mask(cell.with(value), out)
    }

    fn undo(&self, pseudonym: &[u8], out: &mut Vec<u8>) -> bool {
        self.0.undo(trim(pseudonym), out)
    }
}

/// A value without the blanks at its end.
fn trim(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    value.get(..end).unwrap_or_default()
}
