//! array: a mask for every element of an array, as array_out writes it (src/backend/utils/adt/arrayfuncs.c). Of a JSON
//! column it takes the elements of the array that the document is.

use super::json;
use super::part::{Part, Quoting, Splice, is_space};
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// The mask `array`.
pub(super) const DEFINITION: Definition = Definition {
    name: "array",
    summary: "a mask for every element of an array, at any depth; NULL elements stay",
    accepts: "arrays of types that the mask takes; json and jsonb that hold an array",
    distinct: "yes, where the mask of the elements keeps them so; not in JSON",
    keeps_distinct: true,
    keyed: false,
    fallible: true,
    default_domain: "array",
    options: &[OptionDefinition { name: "array", kind: OptionKind::Mask, default: "required", summary: "the mask of the elements" }],
    example: Example::of(r#"{ array = "first_name" }"#, "text[]", r#"{Zoé,NULL,"Anne Marie"}"#),
    build,
};

/// More dimensions PostgreSQL has not (`MAXDIM` in src/include/utils/array.h).
const MOST_DIMENSIONS: usize = 6;

const REFUSAL: Refusal = Refusal { expected: "an array as PostgreSQL writes it: {a,\"b c\",NULL}" };

/// Masks elements.
#[derive(Debug)]
struct Array {
    part: Part,
    delimiter: u8,
}

impl Mask for Array {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let value = cell.value;
        let mut splice = Splice::new(value, out);
        let mut at = bounds(value).ok_or(REFUSAL)?;
        let mut depth = 0;
        loop {
            match value.get(at).copied().ok_or(REFUSAL)? {
                b'{' => {
                    depth += 1;
                    at += 1;
                    if depth > MOST_DIMENSIONS {
                        return Err(REFUSAL);
                    }
                    if value.get(at) != Some(&b'}') {
                        continue;
                    }
                }
                _ if depth == 0 => return Err(REFUSAL),
                b'"' => at = self.quoted(cell, at, &mut splice)?,
                _ => at = self.bare(cell, at, &mut splice)?,
            }
            while value.get(at) == Some(&b'}') {
                at += 1;
                depth -= 1;
                if depth == 0 {
                    return if at == value.len() { Ok(splice.finish()) } else { Err(REFUSAL) };
                }
            }
            if value.get(at) != Some(&self.delimiter) {
                return Err(REFUSAL);
            }
            at += 1;
        }
    }
}

impl Array {
    /// An element in quotes: masks it and gives the offset behind it.
    fn quoted(&self, cell: Cell<'_>, at: usize, splice: &mut Splice<'_>) -> Result<usize, Refusal> {
        let mut text = scratch::buffer();
        let end = Quoting::Backslash.unquote(cell.value, at, &mut text).ok_or(REFUSAL)?;
        self.element(&text, false, cell, (at, end), splice)?;
        Ok(end)
    }

    /// An element without quotes.
    fn bare(&self, cell: Cell<'_>, at: usize, splice: &mut Splice<'_>) -> Result<usize, Refusal> {
        let rest = cell.value.get(at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == self.delimiter || matches!(byte, b'}' | b'{' | b'"' | b'\\')).ok_or(REFUSAL)?;
        let text = rest.get(..length).unwrap_or_default();
        if text.is_empty() || rest.get(length) != Some(&self.delimiter) && rest.get(length) != Some(&b'}') {
            return Err(REFUSAL);
        }
        let null = text.eq_ignore_ascii_case(b"NULL");
        self.element(if null { b"" } else { text }, null, cell, (at, at + length), splice)?;
        Ok(at + length)
    }

    fn element(&self, text: &[u8], null: bool, cell: Cell<'_>, (at, end): (usize, usize), splice: &mut Splice<'_>) -> Result<(), Refusal> {
        let mark = splice.before(at);
        match self.part.mask(text, null, cell, splice.out)? {
            Masked::Same => return Ok(()),
            Masked::Null => splice.out.extend_from_slice(b"NULL"),
            Masked::Value => {
                if needs_quotes(splice.out.get(mark..).unwrap_or_default(), self.delimiter) {
                    Quoting::Backslash.quote(splice.out, mark);
                }
            }
        }
        splice.replaced(end);
        Ok(())
    }
}

/// Where the array itself begins, behind `[2:3][0:1]=`.
pub(super) fn bounds(value: &[u8]) -> Option<usize> {
    if value.first() != Some(&b'[') {
        return Some(0);
    }
    let equals = memchr::memchr(b'=', value)?;
    let head = value.get(..equals)?;
    head.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'[' | b']' | b':' | b'-' | b'+')).then_some(equals + 1)
}

/// Whether array_out puts an element in quotes.
pub(super) fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\\' | b'{' | b'}') || is_space(*byte);
    text.is_empty() || text.eq_ignore_ascii_case(b"NULL") || text.iter().any(special)
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    let Some(rule) = request.option("array") else {
        return Err(request.misfit("option \"array\" is missing, expected a mask", "for example { array = \"first_name\" }"));
    };
    let element = match &request.target.kind {
        Kind::Array(element) => element,
        Kind::Json => return json::elements(request, rule),
        _ => return Err(request.wrong_kind("masks the elements of arrays")),
    };
    request.needs_charset()?;
    let mut reads = Vec::new();
    let part = Part::bind(request, rule, element, &mut reads).map_err(|error| error.under("array"))?;
    let fingerprint = format!("array {}", part.fingerprint);
    let distinct = if part.distinct == Distinct::Kept { Distinct::Kept } else { Distinct::Lost };
    let kept = part.keeps();
    // box is the one type that array_out delimits with a semicolon (typdelim in src/include/catalog/pg_type.dat).
    let delimiter = if matches!(element.type_name.as_str(), "box" | "pg_catalog.box") { b';' } else { b',' };
    let bound = request.bound(Array { part, delimiter }, distinct, fingerprint).reading(reads);
    Ok(if kept { Bound { mask: None, distinct: Distinct::Same, ..bound } } else { bound })
}
