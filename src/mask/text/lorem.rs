//! lorem: Latin words where the text had words of its own, letter for letter.
//!
//! What makes the shape of a text stays in its place: blanks, line ends, punctuation, capitals. Everything else is
//! replaced one for one: letters by those of a word of the same length, digits by digits, other signs (emoji, symbols) by
//! letters. So the text is as long as it was, in words and in characters, and fits where it stood.

use super::super::common::truncate;
use super::super::key::{DomainKey, Stream};
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `lorem`
pub(super) const DEFINITION: Definition = Definition {
    name: "lorem",
    summary: "Latin words of the same lengths; capitals, punctuation and line breaks stay",
    accepts: "text",
    distinct: "no: short words are few",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "lorem",
    options: &[
        OptionDefinition { name: "words", kind: OptionKind::Integer(1, 1_000_000_000), default: "all", summary: "the most words" },
        OptionDefinition { name: "chars", kind: OptionKind::Integer(1, 1_000_000_000), default: "all", summary: "the most characters" },
    ],
    example: Example::of(r#""lorem""#, "text", "Vue le 12 mars ; très fatiguée."),
    build: lorem,
};

/// The words of Cicero, De finibus bonorum et malorum, 1.10.32 and 33 (45 BC), and some other Latin ones where those of a
/// length are few; by length, from 1 on. Changing a list changes pseudonyms.
const WORDS: [&[&str]; 14] = [
    &["a", "e"],
    &["ab", "ad", "at", "ea", "et", "ex", "id", "in", "is", "ne", "os", "se", "si", "ut"],
    &[
        "aut", "bis", "cum", "dum", "eos", "est", "eum", "hic", "iam", "ita", "nam", "non", "per", "pro", "qui", "quo", "rem", "sed",
        "sit", "sub", "tam", "vel", "vir",
    ],
    &[
        "amet", "eius", "enim", "esse", "fuga", "illo", "ipsa", "iste", "iure", "modi", "nemo", "nisi", "odio", "odit", "quae", "quam",
        "quas", "quia", "quis", "quod", "quos", "sint", "sunt", "unde", "vero",
    ],
    &[
        "alias", "animi", "atque", "autem", "culpa", "dicta", "dolor", "eaque", "earum", "error", "fugit", "harum", "illum", "ipsam",
        "ipsum", "iusto", "magni", "minus", "natus", "neque", "nihil", "nobis", "nulla", "omnis", "optio", "porro", "quasi", "rerum",
        "saepe", "sequi", "totam", "ullam", "velit", "vitae",
    ],
    &[
        "beatae", "cumque", "dolore", "facere", "fugiat", "itaque", "labore", "libero", "magnam", "maxime", "minima", "quidem", "soluta",
        "veniam",
    ],
    &[
        "aliquam", "aliquid", "aperiam", "commodi", "debitis", "dolorem", "dolores", "dolorum", "ducimus", "eveniet", "facilis", "impedit",
        "laborum", "maiores", "nostrum", "numquam", "officia", "placeat", "quaerat", "ratione", "tempora", "tempore", "tenetur",
    ],
    &[
        "adipisci", "corporis", "corrupti", "delectus", "deleniti", "deserunt", "eligendi", "expedita", "incidunt", "mollitia", "nesciunt",
        "officiis", "pariatur", "possimus", "quisquam", "repellat", "sapiente", "suscipit", "voluptas",
    ],
    &[
        "accusamus",
        "assumenda",
        "doloribus",
        "excepturi",
        "explicabo",
        "inventore",
        "molestiae",
        "molestias",
        "occaecati",
        "provident",
        "quibusdam",
        "similique",
        "veritatis",
        "voluptate",
    ],
    &[
        "architecto",
        "asperiores",
        "aspernatur",
        "blanditiis",
        "cupiditate",
        "distinctio",
        "doloremque",
        "laboriosam",
        "laudantium",
        "recusandae",
        "reiciendis",
        "temporibus",
        "voluptatem",
        "voluptates",
        "voluptatum",
    ],
    &["accusantium", "consectetur", "consequatur", "dignissimos", "perferendis", "praesentium", "repellendus", "repudiandae"],
    &["consequuntur", "consuetudine", "liberalitate", "magnitudinis", "perspiciatis", "perturbantur", "praestantium", "voluptatibus"],
    &["circumspectus", "consuetudinem", "praestantibus", "reprehenderet", "reprehenderit", "voluptariorum"],
    &["circumspectare", "exercitationem", "necessitatibus", "necessitudinem", "perturbationes", "reprehenderunt"],
];

/// Writes Latin.
#[derive(Debug)]
struct Lorem {
    key: DomainKey,
    words: usize,
    chars: usize,
}

impl Mask for Lorem {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        let mut stream = Stream::new(&self.key, cell.seed);
        let mark = out.len();
        let mut words = 0;
        let mut rest = &*text;
        let mut blank = true;
        while let Some(c) = rest.chars().next() {
            if blank && !c.is_whitespace() {
                words += 1;
                if words > self.words {
                    break;
                }
            }
            blank = c.is_whitespace();
            if stays(c) {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            } else if c.is_numeric() {
                out.push(b'0' + u8::try_from(stream.below(10)).unwrap_or(0));
            } else {
                let end = rest.find(|c: char| stays(c) || c.is_numeric()).unwrap_or(rest.len());
                let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
                write(word, &mut stream, out);
                rest = behind;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        truncate(out, mark, self.chars);
        if self.words < usize::MAX || self.chars < usize::MAX {
            while out.len() > mark && out.last().is_some_and(u8::is_ascii_whitespace) {
                out.pop();
            }
        }
        Ok(Masked::Value)
    }
}

/// Whether a character is of a text's shape and says nothing by itself.
fn stays(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || c.is_control()
        // Latin-1's quotation marks and its like; dashes, quotation marks, dots and bullets.
        || matches!(c, '«' | '»' | '¡' | '¿' | '·' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}')
}

/// Writes letters for those of a word, capitals for capitals.
fn write(word: &str, stream: &mut Stream<'_>, out: &mut Vec<u8>) {
    let mut left = word.chars().count();
    let mut chars = word.chars();
    while left > 0 {
        // A word that Latin has not is made of several.
        let length = if left <= WORDS.len() { left } else { 8 };
        let list = WORDS.get(length - 1).copied().unwrap_or_default();
        let chosen = usize::try_from(stream.below(list.len().max(1) as u64)).ok().and_then(|index| list.get(index)).copied();
        for letter in chosen.unwrap_or_default().bytes() {
            let Some(original) = chars.next() else { return };
            out.push(if original.is_uppercase() { letter.to_ascii_uppercase() } else { letter });
        }
        left -= length;
    }
}

/// `lorem`: text of any length.
pub fn lorem(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let most = |name| request.integer(name).and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let (words, chars) = (most("words"), most("chars"));
    let fingerprint = format!("lorem {} {words} {chars}", request.domain);
    Ok(request.bound(Lorem { key: request.key.clone(), words, chars }, Distinct::Lost, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_as_long_as_its_list_says() {
        for (length, list) in (1..).zip(WORDS) {
            for word in list {
                assert!(word.len() == length && word.bytes().all(|b| b.is_ascii_lowercase()), "{length}: {word}");
            }
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{length} is sorted, nothing twice");
        }
    }
}
