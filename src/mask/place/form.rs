//! How a division is written: its code, its name, or both.

use super::list::Division;
use super::pool::by_name;
use crate::encoding::Charset;
use crate::mask::words::case::Case;
use crate::mask::words::written;

/// A division ready to be written.
#[derive(Debug)]
pub(super) struct Texts {
    code: Vec<u8>,
    name: Vec<u8>,
}

impl Texts {
    /// In a case and an encoding.
    pub(super) fn of(division: &Division, case: Case, charset: Charset) -> Texts {
        let name = case.of(division.name);
        let name = written(&name, charset).unwrap_or_else(|| division.code.to_owned());
        Texts { code: division.code.as_bytes().to_vec(), name: name.into_bytes() }
    }
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What the original is.
    Same,
    /// The code.
    Code,
    /// The name.
    Name,
}

impl Form {
    /// By the name that rules use.
    pub(super) fn named(name: Option<&str>) -> Form {
        match name {
            Some("code") => Form::Code,
            Some("name") => Form::Name,
            _ => Form::Same,
        }
    }

    /// Appends a division in the form of `original`, at most `max` characters.
    pub(super) fn write(self, texts: &Texts, original: &[u8], all: &[Division], max: usize, out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(original);
        let shape = if self == Form::Same { shape(text.trim(), all) } else { Shape::Name };
        let room = |more: usize| texts.code.len() + texts.name.len() + more <= max;
        match (self, shape) {
            (Form::Code, _) | (_, Shape::Code) => out.extend_from_slice(&texts.code),
            (_, Shape::CodeName(between)) if room(between.len()) => {
                out.extend_from_slice(&texts.code);
                out.extend_from_slice(between.as_bytes());
                out.extend_from_slice(&texts.name);
            }
            (_, Shape::NameCode) if room(3) => {
                out.extend_from_slice(&texts.name);
                out.extend_from_slice(b" (");
                out.extend_from_slice(&texts.code);
                out.push(b')');
            }
            // The builder made sure that the code fits, and as many names as it promised.
            _ if String::from_utf8_lossy(&texts.name).chars().count() > max => out.extend_from_slice(&texts.code),
            _ => out.extend_from_slice(&texts.name),
        }
    }
}

/// What an original is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape<'a> {
    Code,
    Name,
    /// With what stands between: `35 - Ille-et-Vilaine`.
    CodeName(&'a str),
    /// `Ille-et-Vilaine (35)`.
    NameCode,
}

fn shape<'a>(text: &'a str, all: &[Division]) -> Shape<'a> {
    if by_name(text, all.iter()).is_some() {
        return Shape::Name;
    }
    let is_code = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code(text) {
        return Shape::Code;
    }
    if text.strip_suffix(')').and_then(|text| text.rsplit_once('(')).is_some_and(|(_, code)| is_code(code)) {
        return Shape::NameCode;
    }
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (code, rest) = text.split_at(end);
    let between = rest.len() - rest.trim_start_matches([' ', '-', ':', ',']).len();
    let known = all.iter().any(|division| division.code.eq_ignore_ascii_case(code));
    match rest.get(..between) {
        Some(between) if known && (1..=4).contains(&between.len()) && between.len() < rest.len() => Shape::CodeName(between),
        _ => Shape::Name,
    }
}
