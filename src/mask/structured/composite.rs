//! composite: masks for the fields of a composite type, as record_out writes it (src/backend/utils/adt/rowtypes.c):
//! `(a,"b c",,"")`, where nothing between two commas is NULL.

use super::part::{Part, Quoting, Splice, is_space};
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};
use crate::name::nearest;

/// The mask `composite`.
pub(super) const DEFINITION: Definition = Definition {
    name: "composite",
    summary: "masks for the fields of a composite type",
    accepts: "composite types",
    distinct: "no: what differs may be masked to the same",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "composite",
    options: &[OptionDefinition { name: "composite", kind: OptionKind::Masks, default: "required", summary: "field = mask" }],
    example: Example::of(
        r#"{ composite = { first = "first_name", last = "last_name" } }"#,
        "(first text, last text, age integer)",
        "(Zoé,Lefèvre,7)",
    ),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "a value of the composite type as PostgreSQL writes it: (a,\"b c\",)" };

/// Masks fields.
#[derive(Debug)]
struct Composite {
    /// The masks of all fields, in their order.
    fields: Vec<Option<Part>>,
}

impl Mask for Composite {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let value = cell.value;
        let mut splice = Splice::new(value, out);
        let mut text = scratch::buffer();
        let mut at = 0;
        for (index, part) in self.fields.iter().enumerate() {
            if value.get(at) != Some(if index == 0 { &b'(' } else { &b',' }) {
                return Err(REFUSAL);
            }
            let from = at + 1;
            text.clear();
            at = field(value, from, &mut text)?;
            let Some(part) = part else { continue };
            let mark = splice.before(from);
            match part.mask(&text, at == from, cell, splice.out)? {
                Masked::Same => continue,
                Masked::Null => {}
                Masked::Value => {
                    if needs_quotes(splice.out.get(mark..).unwrap_or_default()) {
                        Quoting::Twice.quote(splice.out, mark);
                    }
                }
            }
            splice.replaced(at);
        }
        if value.get(at..) == Some(b")") { Ok(splice.finish()) } else { Err(REFUSAL) }
    }
}

/// Reads a field, in quotes or not, and gives the offset behind it.
fn field(value: &[u8], at: usize, text: &mut Vec<u8>) -> Result<usize, Refusal> {
    if value.get(at) == Some(&b'"') {
        return Quoting::Twice.unquote(value, at, text).ok_or(REFUSAL);
    }
    let rest = value.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b',' | b')' | b'(' | b'"' | b'\\')).ok_or(REFUSAL)?;
    text.extend_from_slice(rest.get(..length).unwrap_or_default());
    Ok(at + length)
}

/// Whether record_out puts a field in quotes.
fn needs_quotes(text: &[u8]) -> bool {
    text.is_empty() || text.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || is_space(*byte))
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Kind::Composite(fields) = &request.target.kind else { return Err(request.wrong_kind("masks the fields of composite types")) };
    request.needs_charset()?;
    let rules = request.table("composite");
    if rules.is_empty() {
        let help = Some(format!("for example {}", DEFINITION.example.rule));
        return Err(BuildError::of("composite", "option \"composite\" has no field", help));
    }
    for (name, _) in rules {
        if !fields.iter().any(|(known, _)| known == name) {
            let help = nearest(name, fields.iter().map(|(known, _)| known.as_str())).map(|near| format!("did you mean {near:?}?"));
            let message = format!("{} has no field {name:?}", request.target.type_name);
            return Err(BuildError::of(name, message, help).under("composite"));
        }
    }
    let (mut reads, mut parts, mut fingerprint) = (Vec::new(), Vec::new(), String::from("composite"));
    for (name, target) in fields {
        let Some((_, rule)) = rules.iter().find(|(known, _)| known == name) else {
            parts.push(None);
            continue;
        };
        let part = Part::bind(request, rule, target, &mut reads).map_err(|error| error.under(name).under("composite"))?;
        fingerprint.push_str(&format!(" {name:?} {}", part.fingerprint));
        parts.push(Some(part));
    }
    let kept = parts.iter().flatten().all(Part::keeps);
    let bound = request.bound(Composite { fields: parts }, Distinct::Lost, fingerprint).reading(reads);
    Ok(if kept { Bound { mask: None, distinct: Distinct::Same, ..bound } } else { bound })
}
