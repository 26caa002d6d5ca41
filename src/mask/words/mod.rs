//! Word lists by locale, from the crate `fake`. Its version is pinned, and a test pins what is in the lists: a changed
//! list would change every pseudonym.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR, PT_PT};

use crate::encoding::Charset;

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

/// Words ready to be written: encoded, none longer than a limit, no two the same. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Words {
    text: Arc<[u8]>,
    /// Where each word ends in the text.
    ends: Arc<[u32]>,
}

/// Lists that have been made: a schema may bind the same one to ten thousand columns.
static MADE: Mutex<BTreeMap<String, Words>> = Mutex::new(BTreeMap::new());

impl Words {
    /// The list that was made under this key, or a new one. The key must name all that the list depends on.
    pub fn shared(key: String, make: impl FnOnce() -> Words) -> Words {
        MADE.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(make).clone()
    }

    /// Encodes a list. A word that the encoding lacks loses its accents, so that it is still written as people would;
    /// words of more than `max_chars` characters are left out.
    pub fn encode(list: &[&str], charset: Charset, max_chars: Option<usize>) -> Words {
        let mut words: Vec<Vec<u8>> = list
            .iter()
            // Some words of the lists have a blank or tab at their end.
            .map(|word| word.trim())
            .filter(|word| max_chars.is_none_or(|max| word.chars().count() <= max))
            .filter_map(|word| charset.encode(word).map(|bytes| bytes.into_owned()).or_else(|| plain(word).map(String::into_bytes)))
            .filter(|word| !word.is_empty())
            .collect();
        words.sort_unstable();
        words.dedup();
        let mut text = Vec::new();
        let mut ends = Vec::new();
        for word in words {
            text.extend_from_slice(&word);
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Words { text: text.into(), ends: ends.into() }
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
            'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => folded.push('A'),
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => folded.push('a'),
            'Ç' => folded.push('C'),
            'ç' => folded.push('c'),
            'È' | 'É' | 'Ê' | 'Ë' => folded.push('E'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'Ì' | 'Í' | 'Î' | 'Ï' | 'İ' => folded.push('I'),
            'ì' | 'í' | 'î' | 'ï' | 'ı' => folded.push('i'),
            'Ñ' => folded.push('N'),
            'ñ' => folded.push('n'),
            'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => folded.push('O'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => folded.push('o'),
            'Ù' | 'Ú' | 'Û' | 'Ü' => folded.push('U'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'Ý' => folded.push('Y'),
            'ý' | 'ÿ' => folded.push('y'),
            'Ğ' => folded.push('G'),
            'ğ' => folded.push('g'),
            'Ş' | 'Š' => folded.push('S'),
            'ş' | 'š' => folded.push('s'),
            'Œ' => folded.push_str("OE"),
            'œ' => folded.push_str("oe"),
            'Æ' => folded.push_str("AE"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            '’' => folded.push('\''),
            // Combining accents.
            '\u{300}'..='\u{36f}' => {}
            _ => return None,
        }
    }
    Some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_pinned() {
        let mut all = blake3::Hasher::new();
        for locale in LOCALES {
            for word in locale.first_names.iter().chain(locale.last_names) {
                all.update(word.as_bytes());
                all.update(b"\n");
            }
        }
        assert_eq!(all.finalize().to_hex().as_str(), "50ee6c63de7909798b6fb586a31ea01ff91831d3084b335462f4a475787d6e8e");
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
        assert_eq!((0..latin.len()).map(|i| latin.get(i).to_vec()).collect::<Vec<_>>(), [b"OEdipe".to_vec(), b"Zo\xe9".to_vec()]);
        assert_eq!(Words::encode(&list, Charset::SqlAscii, Some(3)).get(0), b"Zoe");
        assert_eq!(latin.get(2), b"");
    }
}
