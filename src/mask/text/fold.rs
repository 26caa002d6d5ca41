//! Text as names are compared: lower case, no accents, one blank for whatever parts two words.
//!
//! Unicode's NFKD, accents off, in lower case, œ æ ß ø ł and their like spelt out, ς as σ, without what is not seen (soft
//! hyphens, joiners, the tatweel that draws Arabic words out). Hyphens, apostrophes, blanks, line
//! ends and all other signs are one blank, and one blank stands at either end, so that a word or some words in a row can
//! be looked for with a blank around them, and are then found as whole words only. In scripts that are written without
//! blanks each character is a word.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::detect::edge::first;

/// A folded text, and where each part of it stood.
#[derive(Debug, Default)]
pub struct Folded {
    text: Vec<u8>,
    /// Places from which on original and folded text go alike, byte for byte: folded, original.
    jumps: Vec<(usize, usize)>,
}

/// ASCII folded, by its code; 0 beyond it.
const ASCII: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 128 {
        let byte = code as u8;
        table[code] = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b' ' };
        code += 1;
    }
    table
};

/// Letters of Latin-1 and Latin Extended-A in ASCII, from U+00C0 on; 0 where that takes more than one.
static LATIN: LazyLock<[u8; 0xC0]> = LazyLock::new(|| {
    let mut table = [0; 0xC0];
    for (slot, c) in table.iter_mut().zip('\u{c0}'..) {
        let mut spelt = String::new();
        spell(c, &mut |c| spelt.push(c));
        if let [byte] = spelt.as_bytes() {
            *slot = *byte;
        }
    }
    table
});

/// What words have or have not, and nobody sees it: of Unicode's default ignorable code points those that part no words, and
/// the tatweel.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{640}' | '\u{200d}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

/// Folds one character; nothing for an accent, a blank for a sign.
fn spell(c: char, write: &mut impl FnMut(char)) {
    for c in std::iter::once(c).nfkd() {
        if canonical_combining_class(c) != 0 || is_unseen(c) {
            continue;
        }
        for c in c.to_lowercase() {
            let spelt = match c {
                'œ' => "oe",
                'æ' => "ae",
                'ß' => "ss",
                'ø' => "o",
                'đ' | 'ð' => "d",
                'ł' => "l",
                'þ' => "th",
                'ı' => "i",
                'ħ' => "h",
                'ŋ' => "n",
                'ŧ' => "t",
                // Σ at the end of a word, by itself.
                'ς' => "σ",
                // Apostrophes and marks of stress, which Unicode counts as letters.
                '\u{2b9}'..='\u{2d1}' | '\u{a78c}' => " ",
                // What lower case adds to İ.
                c if canonical_combining_class(c) != 0 => continue,
                c if c.is_alphanumeric() => {
                    write(c);
                    continue;
                }
                _ => " ",
            };
            spelt.chars().for_each(&mut *write);
        }
    }
}

/// Whether a script puts no blanks between its words: Thai and its neighbours, Han, kana, Hangul (whose particles follow
/// names without one).
fn unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

impl Folded {
    /// Folds another text into the same memory. Bytes that are no UTF-8 count as signs.
    pub fn fold(&mut self, text: &[u8]) {
        self.text.clear();
        self.jumps.clear();
        self.text.reserve(text.len() + 2);
        self.text.push(b' ');
        self.jumps.push((1, 0));
        let mut at = 0;
        while at < text.len() {
            at += self.run(text, at);
            at += self.single(text.get(at..).unwrap_or_default(), at);
        }
        self.sign(at);
    }

    /// Folds what needs no more than a look at each byte: ASCII in which no two signs stand in a row. Says how many bytes.
    #[inline]
    fn run(&mut self, text: &[u8], at: usize) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let mut before = self.text.last().copied().unwrap_or(b' ');
        let plain = |byte: &&u8| {
            let folded = ASCII.get(usize::from(**byte)).copied().unwrap_or(0);
            let goes_on = folded != 0 && !(folded == b' ' && before == b' ');
            before = folded;
            goes_on
        };
        let length = rest.iter().take_while(plain).count();
        if length > 0 {
            self.jump(at);
            let run = rest.get(..length).unwrap_or_default();
            self.text.extend(run.iter().map(|byte| ASCII.get(usize::from(*byte)).copied().unwrap_or(b' ')));
        }
        length
    }

    /// Folds the first character, whatever it is, and says how many bytes it has.
    #[inline]
    fn single(&mut self, text: &[u8], at: usize) -> usize {
        let Some((c, length)) = first(text) else { return 0 };
        if c.is_ascii() || c == char::REPLACEMENT_CHARACTER {
            match ASCII.get(c as usize).copied().unwrap_or(b' ') {
                b' ' => self.sign(at),
                letter => self.letter(letter, at),
            }
            return length;
        }
        let latin = (c as usize).checked_sub(0xC0).and_then(|index| LATIN.get(index)).copied().unwrap_or(0);
        match latin {
            0 => self.other(c, at),
            b' ' => self.sign(at),
            letter => self.letter(letter, at),
        }
        length
    }

    #[inline]
    fn letter(&mut self, letter: u8, at: usize) {
        self.jump(at);
        self.text.push(letter);
    }

    /// Notes where the next byte of the folded text comes from.
    #[inline]
    fn jump(&mut self, at: usize) {
        let here = self.text.len();
        if self.jumps.last().is_none_or(|(folded, original)| at.wrapping_sub(*original) != here.wrapping_sub(*folded)) {
            self.jumps.push((here, at));
        }
    }

    #[inline]
    fn sign(&mut self, at: usize) {
        if self.text.last() != Some(&b' ') {
            self.jump(at);
            self.text.push(b' ');
        }
    }

    #[cold]
    fn other(&mut self, c: char, at: usize) {
        let behind = at + c.len_utf8();
        let (mut letters, mut signs) = (false, false);
        let mut push = |c: char| {
            let alone = unspaced(c);
            if alone {
                self.sign(at);
            }
            self.jump(at);
            self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            if alone {
                self.sign(behind);
            }
        };
        if matches!(c, '\u{ac00}'..='\u{d7a3}') {
            // Decomposed, a syllable of Hangul would be three words.
            return push(c);
        }
        spell(c, &mut |c| match c {
            ' ' => signs = true,
            c => {
                letters = true;
                push(c);
            }
        });
        // A sign between the letters that one character stands for (½) parts nothing.
        if signs && !letters {
            self.sign(at);
        }
    }

    /// The folded text, a blank at either end. One blank where the text has no letter and no digit.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where in the original the character stands that the folded one at `at` was made of.
    pub fn original(&self, at: usize) -> usize {
        let next = self.jumps.partition_point(|(folded, _)| *folded <= at);
        let (folded, original) = next.checked_sub(1).and_then(|index| self.jumps.get(index)).copied().unwrap_or((0, 0));
        original + at.saturating_sub(folded)
    }

    /// Where in the original the words stand that were found, with the blanks around them, at `start..end`.
    pub fn words(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        self.original(start + 1)..self.original(end.saturating_sub(1))
    }

    /// Forgets the text, and memory beyond a limit.
    pub fn forget(&mut self, limit: usize) {
        self.text.clear();
        self.jumps.clear();
        if self.text.capacity() > limit {
            self.text = Vec::new();
        }
        if self.jumps.capacity() > limit / 16 {
            self.jumps = Vec::new();
        }
    }
}

/// A text folded by itself: for words that are looked for.
pub fn folded(text: &str) -> Vec<u8> {
    let mut folded = Folded::default();
    folded.fold(text.as_bytes());
    folded.text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_fold_alike() {
        for (text, expected) in [
            ("Zoé LEFÈVRE", " zoe lefevre "),
            ("Zoe\u{301} Lefe\u{300}vre", " zoe lefevre "),
            ("  Jean—Pierre\u{a0}d’Arc\r\n", " jean pierre d arc "),
            ("Œdipe Æneas Straße Łódź Ørsted Þór İstanbul ﬁx ÿ", " oedipe aeneas strasse lodz orsted thor istanbul fix y "),
            ("Ωmega Иван", " ωmega иван "),
            ("", " "),
            ("!?", " "),
            ("王小明さん", " 王 小 明 さ ん "),
            ("a1b2", " a1b2 "),
            ("Παπαδόπουλος ΠΑΠΑΔΟΠΟΎΛΟΣ παπαδοπουλοσ", " παπαδοπουλοσ παπαδοπουλοσ παπαδοπουλοσ "),
            ("STRASSE Straße STRAẞE ſtraſſe", " strasse strasse strasse strasse "),
            ("IŞIK I\u{307}lker ılgın", " isik ilker ilgin "),
            ("Ｄｕｐｏｎｔ １２ Du\u{ad}pont Du\u{2060}pont", " dupont 12 dupont dupont "),
            ("OʼBrien O’Brien O'Brien", " o brien o brien o brien "),
            ("محـــمد محمد", " محمد محمد "),
            ("Νίκος‐Άγγελος", " νικοσ αγγελοσ "),
        ] {
            assert_eq!(String::from_utf8(folded(text)).expect("UTF-8"), expected);
        }
    }

    #[test]
    fn places_are_those_of_the_original() {
        let text = "« Mme Zoe\u{301}, œuvre ! » 王明";
        let mut folded = Folded::default();
        folded.fold(text.as_bytes());
        for (word, original) in
            [(" zoe ", "Zoe\u{301}"), (" oeuvre ", "œuvre"), (" zoe oeuvre ", "Zoe\u{301}, œuvre"), (" 明 ", "明"), (" mme ", "Mme")]
        {
            let start = memchr::memmem::find(folded.text(), word.as_bytes()).expect(word);
            assert_eq!(&text[folded.words(start, start + word.len())], original);
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
            let once = folded(&text);
            prop_assert!(once.starts_with(b" ") && once.ends_with(b" ") && !once.windows(2).any(|two| two == b"  "));
            let again = folded(std::str::from_utf8(&once).expect("UTF-8"));
            prop_assert_eq!(once, again);
        }

        #[test]
        fn words_have_their_place(text in prop_oneof![proptest::collection::vec(any::<u8>(), 0..80), "\\PC{0,40}".prop_map(String::into_bytes)]) {
            let mut folded = Folded::default();
            folded.fold(&text);
            let blanks: Vec<usize> = (0..folded.text().len()).filter(|at| folded.text()[*at] == b' ').collect();
            let mut last = 0;
            for pair in blanks.windows(2) {
                let range = folded.words(pair[0], pair[1] + 1);
                prop_assert!(range.start >= last && range.end > range.start && range.end <= text.len(), "{:?}", range);
                last = range.start;
            }
        }
    }
}
