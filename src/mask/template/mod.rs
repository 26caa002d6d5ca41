//! A value made of the row's other values: `{firstName}.{lastName}`.
//!
//! Each is what the row will have, or what it had where no rule changes it. The result is one line: what would end it
//! becomes a blank.

mod parse;

use self::parse::{Function, Part, Place};
use super::common::truncate;
use super::fit::Kind;
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal, fold, scratch};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[Definition {
    name: "template",
    summary: "a value made of others of the row, each as it will be: {lastName:upper} {firstName|nickname}",
    accepts: "text",
    distinct: "only where it holds a whole-number or uuid column that is unique, and is never cut",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[
        OptionDefinition {
            name: "template",
            kind: OptionKind::Text,
            default: "required",
            summary: "text with {column}; {a|b} is b where a is NULL; {a:original} is the value before; then functions: \
                      lower, upper, unaccent, trim, normalize, slug, pad(6,0), substr(1,3)",
        },
        OptionDefinition {
            name: "normalize",
            kind: OptionKind::Choice(&["none", "search", "slug"]),
            default: "none",
            summary: "of the whole: as search keys (no accents, lower case, one blank between words) or as addresses have it",
        },
    ],
    example: Example {
        rule: r#"{ template = "{lastName:upper} {firstName}" }"#,
        column_type: "text",
        before: "LEFÈVRE Zoé",
        row: &[("firstName", "text", "Ali"), ("lastName", "text", "Petit")],
    },
    build: template,
}];

/// What is done to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Normalize {
    None,
    Search,
    Slug,
}

/// A part with its readings.
#[derive(Debug)]
enum Piece {
    Literal(String),
    Value { readings: Vec<usize>, functions: Vec<Function> },
}

#[derive(Debug)]
struct Template {
    pieces: Vec<Piece>,
    normalize: Normalize,
    max_chars: usize,
}

impl Mask for Template {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let mut whole = scratch::text();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => whole.push_str(text),
                Piece::Value { readings, functions } => {
                    let value = readings.iter().find_map(|index| cell.around.read(*index)).unwrap_or_default();
                    apply(&String::from_utf8_lossy(value), functions, &mut whole);
                }
            }
        }
        let mut made = scratch::text();
        match self.normalize {
            Normalize::None => std::mem::swap(&mut *made, &mut *whole),
            Normalize::Search => fold::search_key(&whole, &mut made),
            Normalize::Slug => fold::slug(&whole, &mut made),
        }
        out.extend(made.bytes());
        truncate(out, mark, self.max_chars);
        Ok(Masked::Value)
    }
}

/// Appends a value after its functions, in one line.
fn apply(value: &str, functions: &[Function], out: &mut String) {
    let (mut now, mut next) = (scratch::text(), scratch::text());
    now.push_str(value);
    for function in functions {
        next.clear();
        match function {
            Function::Lower => next.extend(now.chars().flat_map(char::to_lowercase)),
            Function::Upper => next.extend(now.chars().flat_map(char::to_uppercase)),
            Function::Unaccent => fold::unaccent(&now, &mut next),
            Function::Trim => next.push_str(now.trim()),
            Function::Normalize => fold::search_key(&now, &mut next),
            Function::Slug => fold::slug(&now, &mut next),
            Function::Pad(count, fill) => {
                next.extend(std::iter::repeat_n(*fill, count.saturating_sub(now.chars().count())));
                next.push_str(&now);
            }
            Function::Substr(from, count) => next.extend(now.chars().skip(from - 1).take(count.unwrap_or(usize::MAX))),
        }
        std::mem::swap(&mut *now, &mut *next);
    }
    out.extend(now.chars().map(|c| if parse::is_break(c) { ' ' } else { c }));
}

fn template(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let text = request.text("template").unwrap_or_default();
    let parts =
        parse::parse(text).map_err(|(message, help)| BuildError::of("template", format!("option \"template\": {message}"), help))?;
    let normalize = match request.text("normalize") {
        Some("search") => Normalize::Search,
        Some("slug") => Normalize::Slug,
        _ => Normalize::None,
    };
    if request.target.charset.encode(text).is_none() {
        let message = format!("the dump's encoding {} cannot write the text", request.target.charset.name());
        return Err(BuildError::of("template", message, Some("use ASCII".into())));
    }
    let keys = keys(request, &parts, normalize);
    let mut reads: Vec<Reading> = Vec::new();
    let pieces = parts
        .into_iter()
        .map(|part| match part {
            Part::Literal(text) => Piece::Literal(text),
            Part::Value(Place { names, original, functions }) => {
                let reading = |of: String| {
                    reads.push(Reading { of, masked: !original });
                    reads.len() - 1
                };
                Piece::Value { readings: names.into_iter().map(reading).collect(), functions }
            }
        })
        .collect();
    let max_chars = request.max_chars();
    let fingerprint = format!("template {text:?} {normalize:?} {max_chars}");
    let bits = reads.iter().zip(0..64).filter(|(read, _)| keys.contains(&read.of)).fold(0, |bits, (_, index)| bits | 1 << index);
    let distinct = if bits == 0 { Distinct::Lost } else { Distinct::Follows(bits) };
    Ok(request.bound(Template { pieces, normalize, max_chars }, distinct, fingerprint).reading(reads))
}

/// The columns by which the result is distinct if one of them is: whole numbers and uuids that stand alone between other
/// characters than digits and letters, in a result that is never cut.
fn keys(request: &Request<'_>, parts: &[Part], normalize: Normalize) -> Vec<String> {
    let longest = |part: &Part| match part {
        Part::Literal(text) => Some(text.chars().count()),
        Part::Value(place) => {
            let plain = place.functions.is_empty();
            place.names.iter().map(|name| longest(request, name).filter(|_| plain)).collect::<Option<Vec<_>>>()?.into_iter().max()
        }
    };
    let length = parts.iter().map(longest).sum::<Option<usize>>();
    let fits = request.max_chars() == usize::MAX || length.is_some_and(|length| length <= request.max_chars());
    if !fits || normalize != Normalize::None {
        return Vec::new();
    }
    let apart = |part: Option<&Part>, edge: fn(&str) -> Option<char>| match part {
        None => true,
        Some(Part::Literal(text)) => edge(text).is_some_and(|c| !c.is_alphanumeric()),
        Some(Part::Value(_)) => false,
    };
    let key = |(index, part): (usize, &Part)| {
        let Part::Value(Place { names, functions, .. }) = part else { return None };
        let ([name], true) = (&names[..], functions.is_empty()) else { return None };
        let before = index.checked_sub(1).and_then(|index| parts.get(index));
        let alone = apart(before, |text| text.chars().next_back()) && apart(parts.get(index + 1), |text| text.chars().next());
        let kind = &request.column(name)?.kind;
        (alone && matches!(kind, Kind::Integer(_) | Kind::Uuid)).then(|| name.clone())
    };
    parts.iter().enumerate().filter_map(key).collect()
}

/// How many characters a column's values have at most, where that is known.
fn longest(request: &Request<'_>, name: &str) -> Option<usize> {
    let column = request.column(name)?;
    match &column.kind {
        Kind::Integer(_) => Some(20),
        Kind::Uuid => Some(36),
        Kind::Boolean => Some(1),
        Kind::Enum(labels) => labels.iter().map(|label| label.chars().count()).max(),
        _ => column.max_chars.map(|max| max as usize),
    }
}

#[cfg(test)]
mod tests;
