//! replace: what a pattern matches becomes something else.
//!
//! Patterns are those of Rust's `regex`: no look-around and no back references, and in return a search takes time linear
//! in the value's length, whatever the pattern.

use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::interpolate;
use regex_automata::util::iter::Searcher;
use regex_automata::util::pool::Pool;

use super::super::common::truncate;
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `replace`
pub(super) const DEFINITION: Definition = Definition {
    name: "replace",
    summary: "replaces what a pattern matches, everywhere in the value; cut where the column takes no more",
    accepts: "text",
    distinct: "no: what is replaced is lost",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[
        OptionDefinition {
            name: "pattern",
            kind: OptionKind::Text,
            default: "required",
            summary: "a regular expression (of the crate regex); (?i) at its start ignores case",
        },
        OptionDefinition {
            name: "with",
            kind: OptionKind::Text,
            default: "nothing",
            summary: "what stands there then; $1, ${1} or ${name} for what a group matched, $$ for a dollar",
        },
        OptionDefinition {
            name: "literal",
            kind: OptionKind::Boolean,
            default: "false",
            summary: "pattern and with are taken as they stand: no signs have a meaning",
        },
        OptionDefinition {
            name: "otherwise",
            kind: OptionKind::Choice(&["keep", "null", "error"]),
            default: "keep",
            summary: "what becomes of a value that the pattern does not match",
        },
    ],
    example: Example::of(r#"{ mask = "replace", pattern = '(\d{2})\d+', with = "${1}000" }"#, "text", "75011 Paris"),
    build: replace,
};

const UNMATCHED: Refusal = Refusal { expected: "a value that the pattern matches" };

/// What becomes of a value without a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Keep,
    Null,
    Error,
}

/// A pool of one's own function, so that the type has a name.
type Make = Box<dyn Fn() -> Captures + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>;

/// Replaces.
struct Replace {
    regex: Regex,
    with: Vec<u8>,
    /// `with` has references to groups, or `$$`.
    captures: Option<Pool<Captures, Make>>,
    otherwise: Otherwise,
    max: usize,
}

impl std::fmt::Debug for Replace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replace").field("regex", &self.regex).field("max", &self.max).finish_non_exhaustive()
    }
}

impl Mask for Replace {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let copied = match &self.captures {
            None => self.plain(cell.value, out),
            Some(pool) => self.interpolated(cell.value, &mut pool.get(), out),
        };
        let Some(copied) = copied else {
            return match self.otherwise {
                Otherwise::Keep => Ok(Masked::Same),
                Otherwise::Null => Ok(Masked::Null),
                Otherwise::Error => Err(UNMATCHED),
            };
        };
        out.extend_from_slice(cell.value.get(copied..).unwrap_or_default());
        truncate(out, mark, self.max);
        Ok(Masked::Value)
    }
}

impl Replace {
    /// Writes the value up to the end of the last match, and says where that is; `None` without a match.
    fn plain(&self, value: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let mut copied = None;
        for found in self.regex.find_iter(value) {
            out.extend_from_slice(value.get(copied.unwrap_or(0)..found.start()).unwrap_or_default());
            out.extend_from_slice(&self.with);
            copied = Some(found.end());
        }
        copied
    }

    /// The same, with groups.
    fn interpolated(&self, value: &[u8], captures: &mut Captures, out: &mut Vec<u8>) -> Option<usize> {
        let mut copied = None;
        let mut searcher = Searcher::new(Input::new(value));
        while let Some(found) = searcher.advance(|input| {
            self.regex.search_captures(input, captures);
            Ok(captures.get_match())
        }) {
            out.extend_from_slice(value.get(copied.unwrap_or(0)..found.start()).unwrap_or_default());
            captures.interpolate_bytes_into(value, &self.with, out);
            copied = Some(found.end());
        }
        copied
    }
}

/// The first reference of a replacement that no group answers.
fn unknown_group(regex: &Regex, with: &str) -> Option<String> {
    let groups = regex.group_info();
    let pattern = regex_automata::PatternID::ZERO;
    let unknown = std::cell::RefCell::new(None::<String>);
    interpolate::string(
        with,
        |index, _| {
            if index >= groups.group_len(pattern) {
                unknown.borrow_mut().get_or_insert(index.to_string());
            }
        },
        |name| {
            let index = groups.to_index(pattern, name);
            if index.is_none() {
                unknown.borrow_mut().get_or_insert_with(|| name.to_owned());
            }
            index
        },
        &mut String::new(),
    );
    unknown.into_inner()
}

fn compile(pattern: &str, literal: bool) -> Result<Regex, BuildError> {
    let escaped;
    let pattern = if literal {
        escaped = escape(pattern);
        &escaped
    } else {
        pattern
    };
    // As the crate regex does, so that no pattern can take all memory.
    let config = Regex::config().nfa_size_limit(Some(10 << 20)).hybrid_cache_capacity(2 << 20);
    Regex::builder().configure(config).build(pattern).map_err(|error| {
        let told = match error.syntax_error() {
            // The last line says what is wrong, those before it where.
            Some(syntax) => syntax.to_string().lines().last().map(|line| line.trim_start_matches("error: ").to_owned()).unwrap_or_default(),
            None => error.to_string(),
        };
        let help = "see https://docs.rs/regex for what a pattern may hold; literal = true takes it as it stands";
        BuildError::of("pattern", format!("option \"pattern\": {told}"), Some(help.into()))
    })
}

/// A pattern that matches a text and nothing else.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // \< and \> are assertions; by themselves the two signs mean nothing.
        if c.is_ascii_punctuation() && !matches!(c, '<' | '>') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// `replace`: text of any length.
pub fn replace(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let pattern = request.text("pattern").unwrap_or_default();
    let with = request.text("with").unwrap_or_default();
    let literal = request.flag("literal");
    let charset = request.target.charset;
    if charset.encode(with).is_none() || with.contains('\0') {
        let message = format!("option \"with\": the dump's encoding {} cannot write it", charset.name());
        return Err(BuildError::of("with", message, Some("use ASCII".into())));
    }
    let regex = compile(pattern, literal)?;
    if !literal && let Some(name) = unknown_group(&regex, with) {
        let help = "${1}0 is group 1 and a zero behind it, $$ is a dollar".to_owned();
        return Err(BuildError::of("with", format!("option \"with\": the pattern has no group {name:?}"), Some(help)));
    }
    let otherwise = match request.text("otherwise") {
        Some("null") if request.target.not_null => {
            return Err(BuildError::of("otherwise", "the column is NOT NULL", Some("use \"error\"".into())));
        }
        Some("null") => Otherwise::Null,
        Some("error") => Otherwise::Error,
        _ => Otherwise::Keep,
    };
    let captures = (!literal && with.contains('$')).then(|| {
        let groups = regex.clone();
        let make: Make = Box::new(move || groups.create_captures());
        Pool::new(make)
    });
    let fingerprint = format!("replace {pattern:?} {with:?} {literal} {otherwise:?} {}", request.max_chars());
    let mask = Replace { regex, with: with.as_bytes().to_vec(), captures, otherwise, max: request.max_chars() };
    Ok(request.bound(mask, Distinct::Lost, fingerprint))
}
