//! Word lists by locale, from the crate `fake` and from text files of our own ([`lists`]). The crate's version is pinned, and
//! tests pin what is in the lists: a changed list would change every pseudonym.

use std::collections::BTreeMap;

use fake::locales::{CY_GB, DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR, PT_PT};

use crate::encoding::Charset;

pub mod case;
pub mod lists;

/// The lists of one locale.
#[derive(Clone, Copy, Debug)]
pub struct Locale {
    /// The name that rules use: `fr_FR`.
    pub name: &'static str,
    /// First names.
    pub first_names: &'static [&'static str],
    /// Last names.
    pub last_names: &'static [&'static str],
}

const fn locale<D: Data>(name: &'static str) -> Locale {
    Locale { name, first_names: D::NAME_FIRST_NAME, last_names: D::NAME_LAST_NAME }
}

/// Every locale, by name.
pub static LOCALES: &[Locale] = &[
    locale::<CY_GB>("cy_GB"),
    locale::<DE_DE>("de_DE"),
    locale::<EN>("en"),
    locale::<FR_FR>("fr_FR"),
    locale::<IT_IT>("it_IT"),
    locale::<NL_NL>("nl_NL"),
    locale::<PT_BR>("pt_BR"),
    locale::<PT_PT>("pt_PT"),
];

/// Finds a locale by its name.
pub fn find(name: &str) -> Option<&'static Locale> {
    LOCALES.iter().find(|locale| locale.name == name)
}

/// Words ready to be written: in UTF-8, of characters that the dump's encoding has, none longer than a limit, no two the same.
#[derive(Clone, Debug)]
pub struct Words {
    text: Vec<u8>,
    /// Where each word ends in the text.
    ends: Vec<u32>,
}

/// Words as they are written, in order, with their length in characters. A word that the encoding lacks loses its accents,
/// so that it is still written as people would; one without an ASCII form is left out.
fn spelt(list: &[&str], charset: Charset) -> BTreeMap<Vec<u8>, usize> {
    let spell = |word: &str| {
        let written = written(word, charset)?;
        // Counted as it is written: a ligature may become two letters.
        let chars = written.chars().count();
        Some((written.into_bytes(), chars))
    };
    // Some words of the lists have a blank or tab at their end.
    list.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).filter_map(spell).collect()
}

/// A word as an encoding can write it: as it is, or without its accents; `None` where it has no ASCII form either.
pub fn written(word: &str, charset: Charset) -> Option<String> {
    if charset.encode(word).is_some() { Some(word.to_owned()) } else { plain(word) }
}

/// How many characters a column must take so that `count` words of a list fit it; `None` where the encoding has not so many.
pub fn room(list: &[&str], charset: Charset, count: u64) -> Option<usize> {
    let mut lengths: Vec<usize> = spelt(list, charset).into_values().collect();
    lengths.sort_unstable();
    usize::try_from(count).ok()?.checked_sub(1).and_then(|last| lengths.get(last).copied())
}

impl Words {
    /// Encodes a list; words of more than `max_chars` characters, as they are written, are left out.
    pub fn encode(list: &[&str], charset: Charset, max_chars: Option<usize>) -> Words {
        let mut text = Vec::new();
        let mut ends = Vec::new();
        for (word, chars) in spelt(list, charset) {
            if max_chars.is_none_or(|max| chars <= max) {
                text.extend_from_slice(&word);
                ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            }
        }
        Words { text, ends }
    }

    /// The same words in the same order, each written in another way.
    #[must_use]
    pub fn map(&self, spell: impl Fn(&str) -> String) -> Words {
        let mut text = Vec::new();
        let mut ends = Vec::new();
        for index in 0..self.len() {
            text.extend_from_slice(spell(&String::from_utf8_lossy(self.get(index))).as_bytes());
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Words { text, ends }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word at an index below [`Words::len`]; empty past it.
    #[inline]
    pub fn get(&self, index: u64) -> &[u8] {
        let Ok(index) = usize::try_from(index) else { return &[] };
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        let end = self.ends.get(index).map_or(start, |end| *end as usize);
        self.text.get(start..end).unwrap_or_default()
    }
}

/// A word in ASCII: accents off, ligatures spelt out. `None` where a character has no such form.
pub fn plain(word: &str) -> Option<String> {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            c if c.is_ascii() => folded.push(c),
            c => folded.push_str(fold(c)?),
        }
    }
    Some(folded)
}

/// What a character beyond ASCII is without its accent, ligatures spelt out; `None` where it has no such form.
pub fn fold(c: char) -> Option<&'static str> {
    Some(match c {
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => "A",
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'Ç' | 'Č' => "C",
        'ç' | 'č' => "c",
        'È' | 'É' | 'Ê' | 'Ë' => "E",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'İ' => "I",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'Ñ' => "N",
        'ñ' => "n",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => "O",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'Ù' | 'Ú' | 'Û' | 'Ü' => "U",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ğ' => "G",
        'ğ' => "g",
        'Ş' | 'Š' => "S",
        'ş' | 'š' => "s",
        'Œ' => "OE",
        'œ' => "oe",
        'Æ' => "AE",
        'æ' => "ae",
        'ß' => "ss",
        '’' => "'",
        // Combining accents.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// Appends the letters and digits of a text in lower case and ASCII, at most `most` of them; all other characters, and
/// those without an ASCII form, are left out. Takes any bytes.
pub fn letters(text: &[u8], most: usize, out: &mut Vec<u8>) {
    let end = out.len() + most;
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut ascii = [0; 4];
            let folded = if c.is_ascii() { c.encode_utf8(&mut ascii) } else { fold(c).unwrap_or_default() };
            for byte in folded.bytes().filter(u8::is_ascii_alphanumeric) {
                if out.len() >= end {
                    return;
                }
                out.push(byte.to_ascii_lowercase());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Locale, and the first 64 bits of BLAKE3 of its first and of its last names, one a line.
    const PINS: &[&str] = &[
        "cy_GB 92808f0af5b7f08e 686405e3f7acfd93",
        "de_DE 46e3439315496721 3a11bb7029447c85",
        "en 1340fa41b69518c9 d7810172dddb6b1e",
        "fr_FR d0f3d32e95e3676b ad8268172ba7b8fe",
        "it_IT 94a5262e6e7cc87a f4b3ec1c4d8d47bc",
        "nl_NL eed1916ce1f25eb9 de30a0aa28c9a211",
        "pt_BR 09b3a6875e6df671 7059d88d3c8a4d1e",
        "pt_PT 102aafcc1cf9d51c 90da1c3e44f105b7",
    ];

    /// If this fails, pseudonyms change: a list is only ever changed with a new major version.
    #[test]
    fn the_lists_are_pinned() {
        let pins = |locale: &Locale| {
            let pin = |list: &[&str]| blake3::hash(list.join("\n").as_bytes()).to_hex()[..16].to_owned();
            format!("{} {} {}", locale.name, pin(locale.first_names), pin(locale.last_names))
        };
        assert_eq!(LOCALES.iter().map(pins).collect::<Vec<_>>(), PINS);
    }

    #[test]
    fn every_list_is_large_and_has_an_ascii_form() {
        for locale in LOCALES {
            assert!(locale.first_names.len() >= 50 && locale.last_names.len() >= 40, "{}", locale.name);
            let all = || locale.first_names.iter().chain(locale.last_names);
            assert!(all().filter(|word| plain(word).is_none()).count() * 2 < all().count(), "{}", locale.name);
            for list in [locale.first_names, locale.last_names] {
                let words = Words::encode(list, Charset::Utf8, None);
                assert!(
                    (0..words.len()).all(|i| !words.get(i).is_empty() && !words.get(i).iter().any(u8::is_ascii_control)),
                    "{}",
                    locale.name
                );
            }
        }
    }

    #[test]
    fn words_are_encoded_or_folded() {
        let list = ["Zoé", "Œdipe", "Zoé", "Maximilien"];
        let latin = Words::encode(&list, Charset::Latin1, Some(6));
        assert_eq!((0..latin.len()).map(|i| latin.get(i)).collect::<Vec<_>>(), ["OEdipe".as_bytes(), "Zoé".as_bytes()]);
        assert_eq!(Words::encode(&list, Charset::SqlAscii, Some(3)).get(0), b"Zoe");
        // Œdipe has five characters, OEdipe has six.
        assert_eq!(Words::encode(&list, Charset::Latin1, Some(5)).len(), 1);
        assert_eq!(
            (room(&list, Charset::Utf8, 2), room(&list, Charset::Latin1, 2), room(&list, Charset::Utf8, 4)),
            (Some(5), Some(6), None)
        );
        assert_eq!(latin.get(2), b"");
    }
}
