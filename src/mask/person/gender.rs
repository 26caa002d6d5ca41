//! Whose first names are used: those of women, of men, or of both. A rule says it, a column, or the original first name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::mask::registry::Request;
use crate::mask::words::{letters, lists};
use crate::mask::{Cell, Reading};

/// As first names have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gender {
    Female,
    Male,
}

/// What tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing: names of both.
    None,
    /// The rule.
    Always(Gender),
    /// The original first name, as far as the lists know it; the number is that of the locale whose names come first.
    Name(usize),
    /// The reading of that index.
    Read(usize),
}

impl Source {
    /// What a rule's `gender` names; a column is the reading of index `next`.
    pub(super) fn of(request: &Request<'_>, next: usize) -> (Source, Option<Reading>) {
        match request.text("gender") {
            None => (Source::None, None),
            Some("female") => (Source::Always(Gender::Female), None),
            Some("male") => (Source::Always(Gender::Male), None),
            Some("name") => {
                let locale = request.locale().map_or("", |locale| locale.name);
                let place = lists::first_names().iter().position(|(name, _)| *name == locale);
                (Source::Name(place.unwrap_or(usize::MAX)), None)
            }
            Some(column) => (Source::Read(next), Some(Reading { of: column.to_owned(), masked: false })),
        }
    }

    /// For the fingerprint: nothing where it is the default.
    pub(super) fn mark(request: &Request<'_>) -> String {
        request.text("gender").map_or_else(String::new, |gender| format!(" gender {gender:?}"))
    }

    /// The gender of one row's person; `None` where nothing tells.
    #[inline]
    pub(super) fn tell(self, cell: Cell<'_>) -> Option<Gender> {
        match self {
            Source::None => None,
            Source::Always(gender) => Some(gender),
            Source::Name(locale) => of_name(cell.value, locale),
            Source::Read(index) => cell.around.read(index).and_then(of_word),
        }
    }
}

/// The most letters that are looked at.
const MOST: usize = 40;

/// The ASCII letters and digits of a name in lower case, without an allocation: what a name is looked up by.
fn fold_name(text: &[u8], buffer: &mut Vec<u8>) {
    buffer.clear();
    letters(text, MOST, buffer);
}

/// What people write for it: letters, titles, and the numbers of ISO/IEC 5218. A letter that one language uses for one
/// gender and another for the other is none of them here (`t`, `s`, `k`).
fn of_word(text: &[u8]) -> Option<Gender> {
    let mut word = crate::mask::scratch::buffer();
    fold_name(text, &mut word);
    match word.as_slice() {
        b"m" | b"1" | b"h" | b"male" | b"man" | b"men" | b"homme" | b"hommes" | b"masculin" | b"mr" | b"monsieur" | b"mister" | b"sir"
        | b"herr" | b"mann" | b"mannlich" | b"maennlich" | b"garcon" | b"boy" | b"dhr" | b"heer" | b"uomo" | b"maschio" | b"sig"
        | b"signor" | b"signore" | b"hombre" | b"masculino" | b"sr" | b"senor" | b"senhor" | b"homem" => Some(Gender::Male),
        b"f" | b"2" | b"w" | b"v" | b"female" | b"woman" | b"women" | b"femme" | b"femmes" | b"feminin" | b"mme" | b"mlle" | b"madame"
        | b"mademoiselle" | b"mrs" | b"ms" | b"miss" | b"frau" | b"weiblich" | b"fille" | b"girl" | b"mevr" | b"mevrouw" | b"mw"
        | b"vrouw" | b"donna" | b"femmina" | b"sigra" | b"signora" | b"mujer" | b"feminino" | b"femenino" | b"sra" | b"senora"
        | b"senhora" | b"mulher" => Some(Gender::Female),
        _ => None,
    }
}

/// First names, folded, with what each locale that has them says.
type Known = HashMap<Vec<u8>, Vec<(usize, Gender)>>;

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::new();
    let mut folded = Vec::new();
    for (locale, (_, names)) in lists::first_names().iter().enumerate() {
        for (list, gender) in [(&names.women, Gender::Female), (&names.men, Gender::Male)] {
            for name in list {
                fold_name(name.as_bytes(), &mut folded);
                known.entry(folded.clone()).or_default().push((locale, gender));
            }
        }
    }
    known
});

/// What one word says: what its locale says, or else all others, if they agree.
fn of_known(word: &[u8], locale: usize) -> Option<Gender> {
    let said = KNOWN.get(word)?;
    let own = |of: usize| of == locale;
    let any = said.iter().any(|(of, _)| own(*of));
    // André and Andrée fold to two words, Élie and Elie to one: a name that is given to both tells nothing.
    let mut genders = said.iter().filter(|(of, _)| !any || own(*of)).map(|(_, gender)| *gender);
    let first = genders.next()?;
    genders.all(|gender| gender == first).then_some(first)
}

/// What a name tells, alone or with a last name in either order: the first word that is a known first name, those in
/// capitals last (LEFÈVRE Martin). Of Jean-Pierre the first part counts.
fn of_name(text: &[u8], locale: usize) -> Option<Gender> {
    let mut folded = crate::mask::scratch::buffer();
    let mut find = |capitals: bool| {
        text.split(|byte| matches!(byte, b' ' | b',' | b'\t' | b'\n' | 0xA0))
            .filter(|word| word.len() > 1 && is_capitals(word) == capitals)
            .take(6)
            .find_map(|word| {
                fold_name(word, &mut folded);
                of_known(&folded, locale).or_else(|| {
                    fold_name(word.split(|byte| *byte == b'-').next()?, &mut folded);
                    of_known(&folded, locale)
                })
            })
    };
    find(false).or_else(|| find(true))
}

/// No small letter of ASCII.
fn is_capitals(word: &[u8]) -> bool {
    !word.iter().any(u8::is_ascii_lowercase)
}

/// What a first name of a list tells, for titles.
pub(super) fn of_first_name(name: &[u8], locale: &str) -> Option<Gender> {
    of_name(name, lists::first_names().iter().position(|(known, _)| *known == locale)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french(name: &str) -> Option<Gender> {
        of_first_name(name.as_bytes(), "fr_FR")
    }

    #[test]
    fn words_tell() {
        for word in ["m", "M.", "1", "H", "Homme", "MALE", "Mr", "monsieur", "Herr", "männlich", " masculin "] {
            assert_eq!(of_word(word.as_bytes()), Some(Gender::Male), "{word}");
        }
        for word in ["f", "2", "F.", "femme", "Female", "Mme", "MADAME", "Mlle", "Sig.ra", "women", "W", "féminin"] {
            assert_eq!(of_word(word.as_bytes()), Some(Gender::Female), "{word}");
        }
        for word in ["", "0", "9", "x", "autre", "non-binaire", "\u{1F600}"] {
            assert_eq!(of_word(word.as_bytes()), None, "{word}");
        }
        assert_eq!(of_word(b"\xff\xfe"), None);
    }

    #[test]
    fn names_tell() {
        assert_eq!(
            (french("Zoé"), french("ZOE"), french("zoé lefèvre")),
            (Some(Gender::Female), Some(Gender::Female), Some(Gender::Female))
        );
        assert_eq!(
            (french("Jean-Pierre"), french("MARTIN Sophie"), french("Martin")),
            (Some(Gender::Male), Some(Gender::Female), Some(Gender::Male))
        );
        assert_eq!((french("Camille"), french("Xyzzy"), french(""), french("-")), (None, None, None, None));
        // Simone is a woman in France, a man in Italy; a name that only another locale knows is taken from there.
        assert_eq!((french("Simone"), of_first_name(b"Simone", "it_IT")), (Some(Gender::Female), Some(Gender::Male)));
        assert_eq!((french("Giuseppe"), french("Waltraud")), (Some(Gender::Male), Some(Gender::Female)));
    }
}
