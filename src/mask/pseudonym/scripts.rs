//! The letters and digits outside ASCII, in classes: a character is exchanged within its class.
//!
//! A class is closed: its letters are of one script, of one kind (letters with a case, letters without, marks, digits) and
//! as long in UTF-8 as each other, so that what comes out is of the same shape and as long, and no two texts of a shape
//! meet. Letters with a case are held as their small ones, since both cases count the same.
//!
//! Alphabets in use are listed here, those of the single-byte encodings so that each encoding has all of a list or none of
//! it wherever that can be; other characters form classes by Unicode's blocks. In an encoding that lacks some of a class, the
//! class is what it has of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use unicode_normalization::char::is_combining_mark;

use super::letters::Alphabet;
use crate::encoding::Charset;

/// Alphabets, each a class: characters and ranges of them.
const ALPHABETS: &[&str] = &[
    "à-öø-þ",
    "œÿ",
    "ªµºß",
    "а-яё",
    "ђѓєѕіїјљњћќўџґ",
    "α-ρσ-ω",
    "άέήίόύώϊϋ",
    "ςΐΰ",
    "א-ת",
    "ء-غف-ي",
    "\u{64B}-\u{652}",
    "ぁ-ん",
    "ァ-ヶ",
    "一-龥",
    "가-힣",
];

/// Zeros, each with its nine digits behind it (Unicode's category Nd, below [`END`]).
const ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50,
    0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950,
    0x1FBF0,
];

/// Where the planes of scripts end and those of rare ideographs begin.
const END: u32 = 0x2_0000;

/// Ideographs of the planes behind: blocks, to their last character.
const IDEOGRAPHS: &[(u32, u32)] = &[
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEAD),
    (0x2CEB0, 0x2EBE0),
    (0x2EBF0, 0x2EE5D),
    (0x2F800, 0x2FA1D),
    (0x30000, 0x3134A),
    (0x31350, 0x323AF),
    (0x323B0, 0x33479),
];

/// The code points of bytes that are no text ([`Charset::decode`]): the bytes that continue a character of UTF-8, and those
/// that begin one, apart from one another so that bytes without the one or the other never become text.
const STRAYS: &[(u32, u32)] = &[(0x10_FF80, 0x10_FFBF), (0x10_FFC0, 0x10_FFFF)];

/// What kind of character a class is made of, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// One of [`ALPHABETS`].
    Listed(usize),
    /// One of [`ZEROS`] and its nine.
    Digits(u32),
    /// Characters of one kind in a block of 128.
    Block(Kind, u32),
    /// What would else be alone.
    Rest(Kind),
}

/// What a class holds; with how many bytes its members have in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Small letters that have a capital of their own, and how many bytes that has.
    Cased(usize, usize),
    /// Letters without another case.
    Uncased(usize),
    /// Capitals whose small letter is written otherwise as a capital (İ, ǅ, the Kelvin sign).
    Odd(usize),
    /// Accents, vowel signs.
    Mark(usize),
    /// Numbers that are no decimal digits: ², Ⅳ in one case, ①.
    Number(usize),
}

/// The other case of a character, if it is one character.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

/// The capital of a small letter whose small letter it is.
fn capital(c: char) -> Option<char> {
    single(c.to_uppercase()).filter(|upper| *upper != c && single(upper.to_lowercase()) == Some(c))
}

/// The small letter of a capital whose capital it is.
fn small(c: char) -> Option<char> {
    single(c.to_lowercase()).filter(|lower| capital(*lower) == Some(c))
}

/// The kind of a character that is its own small letter; `None` for one that stays, and for capitals.
fn kind(c: char) -> Option<Kind> {
    let bytes = c.len_utf8();
    // Variation selectors say how the character before them looks, most often an emoji.
    if matches!(u32::from(c), 0x180B..=0x180F | 0xFE00..=0xFE0F) {
        return None;
    }
    if is_combining_mark(c) {
        return Some(Kind::Mark(bytes));
    }
    if small(c).is_some() {
        return None;
    }
    if let Some(upper) = capital(c) {
        return Some(Kind::Cased(bytes, upper.len_utf8()));
    }
    if c.is_alphabetic() {
        let is_odd = single(c.to_lowercase()) != Some(c);
        return Some(if is_odd { Kind::Odd(bytes) } else { Kind::Uncased(bytes) });
    }
    c.is_numeric().then_some(Kind::Number(bytes))
}

/// A character's place in its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first of the class, which names it.
    pub(super) class: u32,
    /// How many are before it in the class.
    pub(super) digit: u32,
    /// How many are in the class.
    pub(super) base: u32,
}

/// Classes by character.
#[derive(Debug, PartialEq, Eq)]
struct Classes {
    /// The members of each class.
    members: Vec<Vec<char>>,
    /// By code point: which class, counted from 1, and which member of it.
    table: Vec<(u16, u16)>,
}

/// The characters that are listed, each with its class.
static LISTED: LazyLock<HashMap<char, Class>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for (index, alphabet) in ALPHABETS.iter().enumerate() {
        if let Ok(Alphabet::Own(letters)) = Alphabet::parse(alphabet) {
            found.extend(letters.into_iter().map(|c| (c, Class::Listed(index))));
        }
    }
    for zero in ZEROS {
        found.extend((*zero..zero + 10).filter_map(char::from_u32).map(|c| (c, Class::Digits(*zero))));
    }
    found
});

impl Classes {
    /// The classes of an encoding's characters; `has` says whether a character is one of them.
    fn new(characters: impl Iterator<Item = char>, has: impl Fn(char) -> bool) -> Classes {
        let mut classes: BTreeMap<Class, Vec<char>> = BTreeMap::new();
        for c in characters.filter(|c| !c.is_ascii() && u32::from(*c) < END) {
            let alone = || small(c).filter(|lower| !has(*lower)).map(|_| Kind::Uncased(c.len_utf8()));
            let Some(kind) = kind(c).or_else(alone) else { continue };
            // A small letter without its capital in the encoding: no letter of a cased class could be put for both.
            let class = match (LISTED.get(&c), kind) {
                (_, Kind::Cased(bytes, _)) if !capital(c).is_some_and(&has) => Class::Rest(Kind::Uncased(bytes)),
                (Some(class), _) => *class,
                (None, Kind::Odd(_)) => Class::Rest(kind),
                (None, Kind::Cased(small, capital)) if small != capital => Class::Rest(kind),
                (None, _) => Class::Block(kind, u32::from(c) / 0x80),
            };
            classes.entry(class).or_default().push(c);
        }
        let mut alone = Vec::new();
        classes.retain(|_, members| {
            let [one] = members[..] else { return true };
            alone.push(one);
            false
        });
        for c in alone {
            if let Some(kind) = kind(c) {
                let kind = if capital(c).is_some_and(&has) { kind } else { uncased(kind) };
                classes.entry(Class::Rest(kind)).or_default().push(c);
            }
        }
        Classes::of(classes.into_values().collect())
    }

    fn of(mut members: Vec<Vec<char>>) -> Classes {
        let mut table = Vec::new();
        for (class, letters) in members.iter_mut().enumerate() {
            letters.sort_unstable();
            for (digit, c) in letters.iter().enumerate() {
                for c in [Some(*c), capital(*c)].into_iter().flatten() {
                    let index = u32::from(c) as usize;
                    if table.len() <= index {
                        table.resize(index + 1, (0, 0));
                    }
                    if let (Some(entry), Ok(class), Ok(digit)) = (table.get_mut(index), u16::try_from(class + 1), u16::try_from(digit)) {
                        *entry = (class, digit);
                    }
                }
            }
        }
        Classes { members, table }
    }

    fn find(&self, c: char) -> Option<(&[char], u32)> {
        let (class, digit) = self.table.get(u32::from(c) as usize)?;
        let members = self.members.get(usize::from(*class).checked_sub(1)?)?;
        Some((members, u32::from(*digit)))
    }
}

fn uncased(kind: Kind) -> Kind {
    if let Kind::Cased(bytes, _) = kind { Kind::Uncased(bytes) } else { kind }
}

/// The letters and digits outside ASCII that an encoding has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    /// Those of a single-byte encoding; `None` where it is all of them.
    narrow: Option<Arc<Classes>>,
    /// Whether bytes that are no text count as letters.
    strays: bool,
}

/// All of Unicode: half a megabyte, made when the first such character comes.
static WIDE: OnceLock<Classes> = OnceLock::new();

impl Letters {
    /// Those of an encoding. SQL_ASCII is read as UTF-8, and its bytes that are no text are letters of an encoding that
    /// nobody names.
    pub fn of(charset: Charset) -> Letters {
        let narrow = match charset {
            Charset::Utf8 | Charset::SqlAscii | Charset::Opaque(..) => None,
            Charset::Latin1 | Charset::Table(_) => {
                let all: Vec<char> = (0x80..=0xFF_u8).filter_map(|byte| charset.decode(&[byte]).chars().next()).collect();
                Some(Arc::new(Classes::new(all.iter().copied(), |c| all.contains(&c))))
            }
        };
        Letters { narrow, strays: charset == Charset::SqlAscii }
    }

    fn classes(&self) -> &Classes {
        match &self.narrow {
            Some(narrow) => narrow,
            None => WIDE.get_or_init(|| Classes::new((0x80..END).filter_map(char::from_u32), |_| true)),
        }
    }

    /// The range that a code point behind the table is in.
    fn range(&self, c: char) -> Option<(u32, u32)> {
        let strays = if self.strays { STRAYS } else { &[] };
        let mut ranges = IDEOGRAPHS.iter().filter(|_| self.narrow.is_none()).chain(strays);
        ranges.find(|(first, last)| (*first..=*last).contains(&u32::from(c))).copied()
    }

    /// A character's place; `None` for one that stays.
    pub(super) fn place(&self, c: char) -> Option<Place> {
        if u32::from(c) >= END {
            let (first, last) = self.range(c)?;
            return Some(Place { class: first, digit: u32::from(c) - first, base: last - first + 1 });
        }
        let (members, digit) = self.classes().find(c)?;
        Some(Place { class: u32::from(*members.first()?), digit, base: u32::try_from(members.len()).ok()? })
    }

    /// The character at a place of another's class, in the other's case.
    pub(super) fn letter(&self, before: char, digit: u32) -> char {
        if u32::from(before) >= END {
            let found = self.range(before).and_then(|(first, last)| char::from_u32((first + digit).min(last)));
            return found.unwrap_or(before);
        }
        let found = self.classes().find(before).and_then(|(members, _)| members.get(digit as usize).copied());
        let found = found.unwrap_or(before);
        if small(before).is_some() { capital(found).unwrap_or(found) } else { found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(letters: &Letters, c: char) -> String {
        letters.classes().find(c).map_or_else(String::new, |(members, _)| members.iter().collect())
    }

    #[test]
    fn alphabets_are_whole_and_of_one_kind() {
        let wide = Letters::of(Charset::Utf8);
        for alphabet in ALPHABETS {
            let Ok(Alphabet::Own(letters)) = Alphabet::parse(alphabet) else { panic!("{alphabet}") };
            let kinds: std::collections::BTreeSet<Option<Kind>> = letters.iter().map(|c| kind(*c)).collect();
            assert!(kinds.len() == 1 && !kinds.contains(&None), "{alphabet}: {kinds:?}");
            assert_eq!(members(&wide, letters[0]), letters.iter().collect::<String>());
        }
        for zero in ZEROS.iter().filter_map(|zero| char::from_u32(*zero)) {
            assert_eq!(wide.place(zero).map(|place| (place.digit, place.base)), Some((0, 10)), "{zero:?}");
        }
    }

    /// What the ordinary alphabets are in every encoding that has them, so that a value has one pseudonym in all of them.
    #[test]
    fn encodings_have_the_same_alphabets() {
        let named = |name: &str| Letters::of(Charset::from_name(name).expect("known"));
        let wide = Letters::of(Charset::Utf8);
        let table: &[(char, &[&str])] = &[
            ('é', &["latin1", "latin9", "win1252"]),
            ('ß', &["latin1", "win1252"]),
            ('я', &["win1251", "koi8r", "koi8u", "win866", "iso88595"]),
            ('α', &["win1253", "iso88597"]),
            ('ά', &["win1253", "iso88597"]),
            ('א', &["win1255", "iso88598"]),
            ('م', &["win1256", "iso88596"]),
            ('ก', &["win874"]),
        ];
        for (letter, encodings) in table {
            for name in *encodings {
                assert_eq!(members(&named(name), *letter), members(&wide, *letter), "{name} {letter}");
            }
        }
    }

    /// A class is closed, its letters are as long as each other, and lower case maps as its capital does.
    #[test]
    fn classes_are_closed() {
        let wide = Letters::of(Charset::Utf8);
        for c in (0x80..0x2_0010).chain([0x2A6DF, 0x323AF]).filter_map(char::from_u32) {
            let Some(place) = wide.place(c) else { continue };
            for digit in [0, place.base / 2, place.base - 1] {
                let made = wide.letter(c, digit);
                let back = wide.place(made).expect("a place");
                assert_eq!((back.class, back.base, back.digit), (place.class, place.base, digit), "{c:?} {made:?}");
                assert_eq!(made.len_utf8(), c.len_utf8(), "{c:?} {made:?}");
                assert_eq!(small(made).is_some(), small(c).is_some(), "{c:?} {made:?}");
            }
            assert_eq!(wide.letter(c, place.digit), c);
            assert!(place.base > 1, "{c:?} is alone");
        }
    }

    #[test]
    fn every_letter_and_number_has_a_place() {
        let wide = Letters::of(Charset::Utf8);
        let without: Vec<char> =
            (0x80..=0x10_FFFF).filter_map(char::from_u32).filter(|c| c.is_alphanumeric() && wide.place(*c).is_none()).collect();
        assert_eq!(without, []);
    }

    /// Letters that are the only ones of their kind in a single-byte encoding stay.
    #[test]
    fn few_letters_are_alone_in_an_encoding() {
        let mut alone = Vec::new();
        for name in SINGLE_BYTE {
            let charset = Charset::from_name(name).expect("known");
            let letters = Letters::of(charset);
            for byte in 0x80..=0xFF_u8 {
                let text = charset.decode(&[byte]).into_owned();
                let c = text.chars().next().expect("a character");
                let Some(place) = letters.place(c) else {
                    assert!(!c.is_alphanumeric(), "{name}: {c:?}");
                    continue;
                };
                if place.base == 1 {
                    alone.push(format!("{name} {c}"));
                }
                for digit in 0..place.base {
                    assert!(charset.encode(&letters.letter(c, digit).to_string()).is_some(), "{name}: {c:?}");
                }
            }
        }
        assert_eq!(alone, ALONE);
    }

    const ALONE: &[&str] = &[
        "latin1 ÿ",
        "latin3 İ",
        "latin3 ı",
        "latin8 Ÿ",
        "latin8 ß",
        "latin8 ÿ",
        "latin10 ß",
        "iso88596 ـ",
        "iso88597 ͺ",
        "iso88598 µ",
        "win1250 ˇ",
        "win1251 µ",
        "win1254 İ",
        "win1256 Œ",
        "win1256 œ",
        "win1257 ˇ",
        "koi8r ²",
        "koi8u ²",
    ];

    const SINGLE_BYTE: &[&str] = &[
        "latin1", "latin2", "latin3", "latin4", "latin6", "latin7", "latin8", "latin9", "latin10", "iso88595", "iso88596", "iso88597",
        "iso88598", "win866", "win874", "win1250", "win1251", "win1252", "win1253", "win1254", "win1255", "win1256", "win1257", "win1258",
        "koi8r", "koi8u",
    ];

    /// Pins the classes for all releases of this major version. A newer Unicode in the standard library may add letters to
    /// rare blocks: then this fails, and those blocks are to be listed as they were.
    #[test]
    fn the_classes_are_pinned() {
        let mut hasher = blake3::Hasher::new();
        for members in &Letters::of(Charset::Utf8).classes().members {
            hasher.update(members.iter().collect::<String>().as_bytes()).update(b"\n");
        }
        assert_eq!(&hasher.finalize().to_hex()[..16], PINNED);
    }

    const PINNED: &str = "ff5a7005ba18886a";
}
