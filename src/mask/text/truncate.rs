//! truncate: the first characters of a text.

use super::super::common;
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `truncate`
pub(super) const DEFINITION: Definition = Definition {
    name: "truncate",
    summary: "the first characters only",
    accepts: "text",
    distinct: "no: what is cut off is lost",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[OptionDefinition {
        name: "chars",
        kind: OptionKind::Integer(1, 1_000_000_000),
        default: "required",
        summary: "how many characters stay",
    }],
    example: Example::of(r#"{ mask = "truncate", chars = 2 }"#, "text", "75011"),
    build: truncate,
};

/// Cuts.
#[derive(Debug)]
struct Truncate(usize);

impl Mask for Truncate {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        // A character has at most four bytes; what lies beyond need not be copied.
        let enough = cell.value.len().min(self.0.saturating_mul(4).saturating_add(4));
        out.extend_from_slice(cell.value.get(..enough).unwrap_or_default());
        common::truncate(out, mark, self.0);
        if out.len() - mark == cell.value.len() {
            out.truncate(mark);
            return Ok(Masked::Same);
        }
        Ok(Masked::Value)
    }
}

/// `truncate`: text of any length.
pub fn truncate(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let chars = request.integer("chars").and_then(|chars| usize::try_from(chars).ok()).unwrap_or(1);
    Ok(request.bound(Truncate(chars), Distinct::Lost, format!("truncate {chars}")))
}
