//! Text without its accents and ligatures: for search keys, slugs, logins.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::scratch;

/// Appends a text without accents, ligatures spelt out (`Œuvre déjà` → `OEuvre deja`): compatibility decomposition (NFKD)
/// without its combining marks, and the letters that Unicode does not decompose.
pub fn unaccent(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
        return;
    }
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match spelt_out(c) {
            Some(letters) => out.push_str(letters),
            None => out.push(c),
        }
    }
}

/// Letters that have no decomposition in Unicode but one in use.
fn spelt_out(c: char) -> Option<&'static str> {
    Some(match c {
        'œ' => "oe",
        'Œ' => "OE",
        'æ' => "ae",
        'Æ' => "AE",
        'ß' => "ss",
        'ẞ' => "SS",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ı' => "i",
        '\u{2018}' | '\u{2019}' | '\u{02BC}' => "'",
        _ => return None,
    })
}

/// Appends a text as search keys hold it: without accents, in lower case, all but a–z and 0–9 to one blank between words,
/// none at the ends.
pub fn search_key(text: &str, out: &mut String) {
    words(text, ' ', out);
}

/// Appends a text as addresses hold it: like [`search_key`], with hyphens.
pub fn slug(text: &str, out: &mut String) {
    words(text, '-', out);
}

fn words(text: &str, between: char, out: &mut String) {
    let mut plain = scratch::text();
    unaccent(text, &mut plain);
    let start = out.len();
    let mut gap = false;
    for c in plain.chars().flat_map(char::to_lowercase) {
        if !c.is_ascii_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && out.len() > start {
            out.push(between);
        }
        gap = false;
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(function: fn(&str, &mut String), text: &str) -> String {
        let mut out = String::new();
        function(text, &mut out);
        out
    }

    #[test]
    fn accents_and_ligatures_go() {
        assert_eq!(with(unaccent, "Œuvre déjà, Łódź, Straße, ﬁn, Æ, plain"), "OEuvre deja, Lodz, Strasse, fin, AE, plain");
        assert_eq!(with(search_key, "  D’Élan-Vital  (n° 7) "), "d elan vital n 7");
        assert_eq!(with(search_key, "…"), "");
        assert_eq!(with(slug, "Café des Amis"), "cafe-des-amis");
    }
}
