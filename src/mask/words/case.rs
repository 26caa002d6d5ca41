//! How words are written: in capitals, in small letters, as titles.

use super::super::registry::{OptionDefinition, OptionKind};
use super::{Words, written};
use crate::encoding::Charset;

/// The option of masks that write names.
pub const CASE: OptionDefinition = OptionDefinition {
    name: "case",
    kind: OptionKind::Choice(&["as_is", "upper", "lower", "title"]),
    default: "as_is",
    summary: "how it is written: as the list has it, LEFÈVRE, lefèvre, Lefèvre",
};

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// As the list has it.
    AsIs,
    /// In capitals.
    Upper,
    /// In small letters.
    Lower,
    /// A capital at the start, and behind each blank, hyphen and apostrophe.
    Title,
}

impl Case {
    /// By the name that rules use; as it is where there is none.
    pub fn named(name: Option<&str>) -> Case {
        match name {
            Some("upper") => Case::Upper,
            Some("lower") => Case::Lower,
            Some("title") => Case::Title,
            _ => Case::AsIs,
        }
    }

    /// A word in this case.
    pub fn of(self, word: &str) -> String {
        match self {
            Case::AsIs => word.to_owned(),
            Case::Upper => word.to_uppercase(),
            Case::Lower => word.to_lowercase(),
            Case::Title => {
                let mut start = true;
                let mut titled = String::with_capacity(word.len());
                for c in word.chars() {
                    if start {
                        titled.extend(c.to_uppercase());
                    } else {
                        titled.extend(c.to_lowercase());
                    }
                    start = matches!(c, ' ' | '-' | '\'' | '’');
                }
                titled
            }
        }
    }

    /// The words of a list that fit `max` characters both as they are and in this case, written in it. Their order does not
    /// depend on the case, so that one index is one name in all of them.
    pub fn words(self, list: &[&str], charset: Charset, max: Option<usize>) -> Words {
        if self == Case::AsIs {
            return Words::encode(list, charset, max);
        }
        let fits =
            |word: &&str| written(&self.of(word.trim()), charset).is_some_and(|word| max.is_none_or(|max| word.chars().count() <= max));
        let list: Vec<&str> = list.iter().copied().filter(fits).collect();
        Words::encode(&list, charset, max).map(|word| written(&self.of(word), charset).unwrap_or_else(|| word.to_owned()))
    }

    /// The words of a list in this case, for [`super::room`].
    pub fn list(self, list: &[&str]) -> Vec<String> {
        list.iter().map(|word| self.of(word)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_in_each_case() {
        let list = ["Zoé", "d'Artois", "Groß", "van den Berg", "LÉNA", "Jean-paul"];
        let told = |case: Case, charset, max| {
            let words = case.words(&list, charset, max);
            (0..words.len()).map(|i| String::from_utf8(words.get(i).to_vec()).expect("UTF-8")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(Case::AsIs, Charset::Utf8, None), "Groß Jean-paul LÉNA Zoé d'Artois van den Berg");
        assert_eq!(told(Case::Upper, Charset::Utf8, None), "GROSS JEAN-PAUL LÉNA ZOÉ D'ARTOIS VAN DEN BERG");
        assert_eq!(told(Case::Title, Charset::Utf8, None), "Groß Jean-Paul Léna Zoé D'Artois Van Den Berg");
        assert_eq!(told(Case::Lower, Charset::SqlAscii, Some(4)), "lena zoe");
        assert_eq!(told(Case::Upper, Charset::Utf8, Some(4)), "LÉNA ZOÉ", "GROSS has five letters");
    }
}
