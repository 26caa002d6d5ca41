//! dictionary: one of one's own words.

use super::super::key::{DomainKey, below};
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::words::Words;
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::source;

/// `dictionary`
pub(super) const DEFINITION: Definition = Definition {
    name: "dictionary",
    summary: "one of your own words; those that the column cannot take are left out",
    accepts: "text that takes two of the words",
    distinct: "no: the list is finite",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "dictionary",
    options: &[OptionDefinition {
        name: "file",
        kind: OptionKind::File,
        default: "required",
        summary: "one word a line, UTF-8, in any order; blanks around a word, empty lines and words that stand twice do not count",
    }],
    example: Example::of(r#"{ mask = "dictionary", file = "example:towns.txt" }"#, "text", "Saint-Denis"),
    build: dictionary,
};

/// Chooses.
#[derive(Debug)]
struct Dictionary {
    key: DomainKey,
    words: Words,
}

impl Mask for Dictionary {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend_from_slice(self.words.get(below(self.key.hash(cell.seed).high, self.words.len())));
        Ok(Masked::Value)
    }
}

/// `dictionary`: text.
pub fn dictionary(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let path = request.text("file").unwrap_or_default();
    let source = source::read(request, "file", path)?;
    let list: Vec<&str> = source.iter().collect();
    let charset = request.target.charset;
    let all = Words::encode(&list, charset, None);
    let max = request.target.max_chars.map(|max| max as usize);
    let words = Words::encode(&list, charset, max);
    let refuse =
        |message: String, help: Option<&str>| BuildError::of("file", format!("option \"file\": {message}"), help.map(str::to_owned));
    match (words.len(), all.len(), list.len()) {
        (2.., ..) => {}
        (_, 2.., _) => {
            let message =
                format!("{} of the {} words of {path:?} fit {}, expected at least 2", words.len(), all.len(), request.target.type_name);
            return Err(refuse(message, Some("add shorter words")));
        }
        (.., 2..) => {
            let message = format!(
                "{} of the words of {path:?} can be written in the dump's encoding {}, expected at least 2 different ones",
                all.len(),
                charset.name()
            );
            return Err(refuse(message, Some("add words in ASCII, or dump with pg_dump --encoding=UTF8")));
        }
        _ => return Err(refuse(format!("{path:?} holds {} words, expected at least 2", list.len()), None)),
    }
    let mut hasher = blake3::Hasher::new();
    for index in 0..words.len() {
        hasher.update(words.get(index)).update(b"\n");
    }
    let fingerprint = format!("dictionary {} {}", request.domain, hasher.finalize().to_hex());
    Ok(request.bound(Dictionary { key: request.key.clone(), words }, Distinct::Lost, fingerprint))
}
