//! json: masks inside of JSON documents, found by JSONPath (RFC 9535).
//!
//! One pass over the bytes of a document ([`walk`]): all paths are one automaton ([`automaton`]), and what no path can reach
//! is leapt over. Bytes of values that no mask changes stay as they are, in json and in jsonb as the server writes it.
//!
//! Which path wins where several hit one value: one without `..` over one with it; then one of keys and numbers alone over
//! one with a wildcard, a slice or a filter; then the first in the file. What hits an object or array decides for all that is
//! in it, but for `..*`, which means every scalar at any depth. A mask on an array masks the scalars in it; an object there,
//! or at the path, is refused (`null`, `const`, `empty`, `json` and `array` take it as a whole).

mod automaton;
mod filter;
mod memory;
mod path;
mod read;
pub(super) mod rule;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod walk;

use automaton::Automaton;
use path::Path;
use rule::{Binder, Rule};
use walk::Walk;

use crate::encoding::Charset;
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, OptionValue, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The mask `json`.
pub(super) const DEFINITION: Definition = Definition {
    name: "json",
    summary: "masks inside of a JSON document, each for the values that a path finds; \"remove\" takes them out with their keys",
    accepts: "json, jsonb, text",
    distinct: "no: what differs may be masked to the same",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "json",
    options: &[OptionDefinition {
        name: "json",
        kind: OptionKind::Masks,
        default: "required",
        summary: "JSONPath = mask: $.key, $.list[*], $..key, $.list[?@.kind == 'x'].key; the short forms .key and **.key too",
    }],
    example: Example::of(
        r#"{ json = { "$.name" = "first_name", "$.phones" = "phone", "$..token" = "remove" } }"#,
        "jsonb",
        r#"{"name": "Zoé", "phones": ["0612345678"], "token": "x", "id": 7}"#,
    ),
    build,
};

const TOO_LONG: Refusal = Refusal { expected: "a JSON document that still fits the column when it is masked" };

/// A rule, ready for documents.
#[derive(Debug)]
struct Document {
    automaton: Automaton,
    rules: Vec<Rule>,
    /// How many values the rules read in a document.
    slots: usize,
    charset: Charset,
    max_chars: usize,
}

impl Mask for Document {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let masked = Walk::run(self, cell, out)?;
        let made = out.get(mark..).unwrap_or_default();
        if made.len() > self.max_chars && String::from_utf8_lossy(made).chars().count() > self.max_chars {
            return Err(TOO_LONG);
        }
        Ok(masked)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    if !matches!(request.target.kind, Kind::Json | Kind::Text | Kind::Padded) {
        return Err(request.wrong_kind("masks JSON documents"));
    }
    let rules = request.table("json");
    if rules.is_empty() {
        let help = Some(format!("for example {}", DEFINITION.example.rule));
        return Err(BuildError::of("json", "option \"json\" has no path", help));
    }
    let rules = rules.iter().map(|(path, rule)| (path.as_str(), rule)).collect::<Vec<_>>();
    document(request, &rules).map_err(|error| error.under("json"))
}

/// The mask that every element of a JSON array gets: for the mask `array`.
pub(super) fn elements(request: &Request<'_>, rule: &OptionValue) -> Result<Bound, BuildError> {
    document(request, &[("$[*]", rule)]).map_err(|error| {
        let path = error.path.get(1..).unwrap_or_default().to_vec();
        BuildError { path, ..error }.under("array")
    })
}

/// Where the bracket that ends a JSON array stands, and whether there is no element before it; `None` where the text is none.
pub(super) fn array_end(doc: &[u8]) -> Option<(usize, bool)> {
    let start = scan::blank(doc, 0);
    if scan::byte(doc, start) != b'[' {
        return None;
    }
    let end = scan::skip(doc, start, 0).ok()?;
    let empty = scan::byte(doc, scan::blank(doc, start + 1)) == b']';
    (scan::blank(doc, end) == doc.len()).then_some((end - 1, empty))
}

/// Writes characters of a JSON text that the dump's encoding has not as escapes; such characters stand in its strings alone.
pub(super) fn ascii_where_needed(json: &mut Vec<u8>, charset: Charset) {
    let text = String::from_utf8_lossy(json).into_owned();
    json.clear();
    for c in text.chars() {
        if charset.encode(c.encode_utf8(&mut [0; 4])).is_some() {
            json.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.extend_from_slice(format!("\\u{unit:04x}").as_bytes()));
        }
    }
}

/// Binds rules to documents. The path of an error begins with that in the document.
fn document(request: &Request<'_>, rules: &[(&str, &OptionValue)]) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let mut binder = Binder::new(request);
    let (mut paths, mut bound): (Vec<Path>, Vec<Rule>) = (Vec::new(), Vec::new());
    for (index, (text, rule)) in rules.iter().enumerate() {
        let path = Path::parse(text).map_err(|message| BuildError::of(text, message, None))?;
        for ((known, other), (known_text, _)) in paths.iter().zip(rules.iter().map(|(_, rule)| rule)).zip(rules.iter().take(index)) {
            if automaton::collide(known, &path) && other != rule {
                let message = format!("{text:?} and {known_text:?} mean the same values and give them different masks");
                return Err(BuildError::of(text, message, Some("keep one of the two".into())));
            }
        }
        bound.push(binder.rule(&path, rule).map_err(|error| error.under(text))?);
        paths.push(path);
    }
    let automaton = Automaton::new(&paths).map_err(|_| {
        let message = "its paths cannot be followed together: they have too many filters, slices or .. in a row";
        BuildError { path: Vec::new(), message: message.into(), help: Some("write fewer paths, or more concrete ones".into()) }
    })?;
    let Binder { reads, slots, fingerprint, .. } = binder;
    if bound.iter().all(|rule| matches!(rule, Rule::Keep)) {
        return Ok(Bound { mask: None, ..request.bound(Nothing, Distinct::Same, String::new()) });
    }
    let max_chars = request.max_chars();
    let fingerprint = format!("json{fingerprint} {}", max_chars.min(1 << 20));
    let document = Document { automaton, rules: bound, slots, charset: request.target.charset, max_chars };
    Ok(request.bound(document, Distinct::Lost, fingerprint).reading(reads))
}

/// What `keep` alone comes to.
#[derive(Debug)]
struct Nothing;

impl Mask for Nothing {
    fn mask(&self, _: Cell<'_>, _: &mut Vec<u8>) -> Result<Masked, Refusal> {
        Ok(Masked::Same)
    }
}
