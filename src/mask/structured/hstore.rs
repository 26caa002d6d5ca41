//! hstore: masks for the values of keys, as hstore_out writes them (contrib/hstore/hstore_io.c): `"key"=>"value", "k"=>NULL`.

use super::json::rule::is_remove;
use super::part::{Part, Pattern, Quoting, Splice, choose};
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// The mask `hstore`.
pub(super) const DEFINITION: Definition = Definition {
    name: "hstore",
    summary: "masks for the values of keys; \"remove\" takes a key out; an exact key beats one with *",
    accepts: "hstore",
    distinct: "no: what differs may be masked to the same",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "hstore",
    options: &[OptionDefinition {
        name: "hstore",
        kind: OptionKind::Masks,
        default: "required",
        summary: "key = mask; * in a key stands for any characters",
    }],
    example: Example::of(
        r#"{ hstore = { name = "first_name", "*token" = "remove" } }"#,
        "hstore",
        r#""id"=>"7", "name"=>"Zoé", "api_token"=>"x""#,
    ),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "an hstore as PostgreSQL writes it: \"key\"=>\"value\", \"key\"=>NULL" };

/// Masks values by their keys.
#[derive(Debug)]
struct Hstore {
    /// `None`: the key goes.
    choices: Vec<(Pattern, Option<Part>)>,
}

impl Mask for Hstore {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let value = cell.value;
        let mut splice = Splice::new(value, out);
        let (mut key, mut text) = (scratch::buffer(), scratch::buffer());
        let (mut at, mut kept) = (0, false);
        while at < value.len() {
            key.clear();
            text.clear();
            let start = at;
            let behind = quoted(value, at, &mut key)?;
            if value.get(behind..behind + 2) != Some(b"=>") {
                return Err(REFUSAL);
            }
            let from = behind + 2;
            let null = value.get(from..from + 4) == Some(b"NULL");
            let end = if null { from + 4 } else { quoted(value, from, &mut text)? };
            at = match value.get(end..) {
                Some([]) => end,
                Some([b',', b' ', _, ..]) => end + 2,
                _ => return Err(REFUSAL),
            };
            match choose(&self.choices, &key) {
                // The comma before it goes too, or else the one behind it.
                Some(None) => {
                    splice.before(if kept { start - 2 } else { start });
                    splice.replaced(if kept { end } else { at });
                    continue;
                }
                Some(Some(part)) => pair(part, &text, null, cell, (from, end), &mut splice)?,
                None => {}
            }
            kept = true;
        }
        Ok(splice.finish())
    }
}

/// Masks one value.
fn pair(part: &Part, text: &[u8], null: bool, cell: Cell<'_>, (from, end): (usize, usize), splice: &mut Splice<'_>) -> Result<(), Refusal> {
    let mark = splice.before(from);
    match part.mask(text, null, cell, splice.out)? {
        Masked::Same => return Ok(()),
        Masked::Null => splice.out.extend_from_slice(b"NULL"),
        Masked::Value => Quoting::Backslash.quote(splice.out, mark),
    }
    splice.replaced(end);
    Ok(())
}

fn quoted(value: &[u8], at: usize, text: &mut Vec<u8>) -> Result<usize, Refusal> {
    if value.get(at) != Some(&b'"') {
        return Err(REFUSAL);
    }
    Quoting::Backslash.unquote(value, at, text).ok_or(REFUSAL)
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    if request.target.kind != Kind::Hstore {
        return Err(request.wrong_kind("masks the values of hstore"));
    }
    request.needs_charset()?;
    let rules = request.table("hstore");
    if rules.is_empty() {
        let help = Some(format!("for example {}", DEFINITION.example.rule));
        return Err(BuildError::of("hstore", "option \"hstore\" has no key", help));
    }
    let (mut reads, mut choices, mut fingerprint) = (Vec::new(), Vec::new(), String::from("hstore"));
    for (key, rule) in rules {
        let within = |error: BuildError| error.under(key).under("hstore");
        let part = if is_remove(rule).map_err(within)? {
            fingerprint.push_str(&format!(" {key:?} remove"));
            None
        } else {
            let part = Part::bind(request, rule, &request.target.any_text(), &mut reads).map_err(within)?;
            fingerprint.push_str(&format!(" {key:?} {}", part.fingerprint));
            Some(part)
        };
        choices.push((Pattern::new(key), part));
    }
    let kept = choices.iter().all(|(_, part)| part.as_ref().is_some_and(Part::keeps));
    let bound = request.bound(Hstore { choices }, Distinct::Lost, fingerprint).reading(reads);
    Ok(if kept { Bound { mask: None, distinct: Distinct::Same, ..bound } } else { bound })
}
