//! Text whose characters are exchanged within their classes, and nothing else: what `permute`, `token` and values that a
//! mask cannot read are made of.
//!
//! The characters that change are the digits of one long number, each to the base of its class. It is cut into pieces
//! that a [`Permutation`] holds; a piece is permuted under a tweak made of the text's shape and of the pieces before it,
//! so that the whole can be undone from the front, and thus is a bijection among texts of one shape.

use super::scripts::{Letters, Place};
use crate::encoding::Charset;
use crate::mask::key::{DomainKey, Stream};
use crate::mask::permutation::Permutation;
use crate::mask::scratch;

/// Which characters change, and into which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Digits become digits, letters become letters of the same case, marks become marks, each of the same script and as
    /// long in UTF-8; letters count the same in both cases, so that texts that differ when folded still do. Punctuation,
    /// blanks and symbols (emoji too) stay.
    Plain(Letters),
    /// Hexadecimal digits of one case.
    Hex,
    /// Only these characters change, into one another.
    Own(Vec<char>),
}

/// A character's place in its class.
struct Digit {
    digit: u128,
    base: u128,
    /// The class outside ASCII.
    class: Option<u32>,
}

impl Digit {
    fn ascii(digit: u32, base: u128) -> Digit {
        Digit { digit: u128::from(digit), base, class: None }
    }

    fn of(Place { class, digit, base }: Place) -> Digit {
        Digit { digit: u128::from(digit), base: u128::from(base), class: Some(class) }
    }
}

const LOWER: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

impl Alphabet {
    /// The letters and digits of an encoding.
    pub fn plain(charset: Charset) -> Alphabet {
        Alphabet::Plain(Letters::of(charset))
    }

    /// Reads an alphabet: characters, and ranges such as `0-9A-F`. A hyphen stands for itself at either end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Alphabet, String> {
        let written: Vec<char> = text.chars().collect();
        let mut own = Vec::new();
        let mut at = 0;
        while let Some(first) = written.get(at) {
            let range = written.get(at + 1).filter(|c| **c == '-').and(written.get(at + 2));
            match range {
                Some(last) if last < first => return Err(format!("the range {first}-{last} runs backwards")),
                Some(last) => {
                    own.extend(*first..=*last);
                    at += 3;
                }
                None => {
                    own.push(*first);
                    at += 1;
                }
            }
        }
        own.sort_unstable();
        own.dedup();
        if own.len() < 2 {
            return Err("it needs two characters or more".into());
        }
        if own.iter().any(|c| c.is_control()) {
            return Err("it holds a control character".into());
        }
        Ok(Alphabet::Own(own))
    }

    /// Whether the encoding can write all of it.
    pub fn fits(&self, charset: Charset) -> bool {
        match self {
            Alphabet::Plain(_) | Alphabet::Hex => true,
            Alphabet::Own(own) => charset.encode(&own.iter().collect::<String>()).is_some(),
        }
    }

    fn digit(&self, c: char) -> Option<Digit> {
        match self {
            Alphabet::Plain(_) if c.is_ascii_digit() => Some(Digit::ascii(c as u32 - '0' as u32, 10)),
            Alphabet::Plain(_) if c.is_ascii_alphabetic() => Some(Digit::ascii(c.to_ascii_lowercase() as u32 - 'a' as u32, 26)),
            Alphabet::Plain(letters) if !c.is_ascii() => letters.place(c).map(Digit::of),
            Alphabet::Hex if c.is_ascii_hexdigit() => Some(Digit::ascii(c.to_digit(16)?, 16)),
            Alphabet::Plain(_) | Alphabet::Hex => None,
            Alphabet::Own(own) => {
                let digit = own.binary_search(&c).ok()?;
                Some(Digit::ascii(u32::try_from(digit).ok()?, own.len() as u128))
            }
        }
    }

    /// The character of a digit, in the case of the one that it replaces.
    fn character(&self, before: char, digit: u128) -> char {
        let index = usize::try_from(digit).unwrap_or(0);
        match self {
            Alphabet::Plain(_) if before.is_ascii_digit() => char::from(b'0' + (digit % 10) as u8),
            Alphabet::Plain(letters) if !before.is_ascii() => letters.letter(before, u32::try_from(digit).unwrap_or(0)),
            Alphabet::Plain(_) => {
                let lower = char::from(LOWER.get(index).copied().unwrap_or(b'a'));
                if before.is_ascii_uppercase() { lower.to_ascii_uppercase() } else { lower }
            }
            Alphabet::Hex => {
                let lower = char::from_digit((digit % 16) as u32, 16).unwrap_or('0');
                if before.is_ascii_uppercase() { lower.to_ascii_uppercase() } else { lower }
            }
            Alphabet::Own(own) => own.get(index).copied().unwrap_or(before),
        }
    }
}

/// Which way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the pseudonym.
    There,
    /// To the original.
    Back,
}

/// The largest number that a piece may stand for.
const PIECE: u128 = 1 << 120;

/// Pieces that stand for so few numbers never stay as they are. Of more, one in a million may: nobody will meet it, and to
/// look for it would take twice as long.
const FEW: u128 = 1 << 20;

/// Appends the text in another's place among those of its shape.
pub fn permute(key: &DomainKey, alphabet: &Alphabet, text: &str, way: Way, out: &mut Vec<u8>) {
    // The shape: what stays, and the class of what changes. Letters count the same in both cases.
    let mut history = scratch::buffer();
    for c in text.chars() {
        match alphabet.digit(c) {
            Some(Digit { class: Some(class), .. }) => {
                history.push(1);
                history.extend_from_slice(&class.to_le_bytes());
            }
            Some(Digit { base, .. }) => history.extend_from_slice(&[0, base as u8]),
            None => history.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (mut number, mut bound, mut taken) = (0u128, 1u128, 0);
        for (at, c) in rest.char_indices() {
            if let Some(Digit { digit, base, .. }) = alphabet.digit(c) {
                if bound > PIECE / base {
                    break;
                }
                number = number * base + digit;
                bound *= base;
            }
            taken = at + c.len_utf8();
        }
        let (piece, after) = rest.split_at(taken);
        let tweak = key.hash(&history).low;
        let permutation = Permutation::new(key.clone(), bound);
        let new = match way {
            Way::There if bound <= FEW => permutation.derange(number, tweak),
            Way::There => permutation.apply(number, tweak),
            Way::Back if bound <= FEW => permutation.arrange(number, tweak),
            Way::Back => permutation.undo(number, tweak),
        };
        let original = if way == Way::There { number } else { new };
        history.extend_from_slice(&original.to_le_bytes());
        write(alphabet, piece, new, bound, out);
        rest = after;
    }
}

/// Writes a number in the places of a piece's characters that change.
fn write(alphabet: &Alphabet, piece: &str, number: u128, bound: u128, out: &mut Vec<u8>) {
    let (mut rest, mut weight) = (number, bound);
    for c in piece.chars() {
        let new = match alphabet.digit(c) {
            Some(Digit { base, .. }) => {
                weight /= base;
                let digit = rest / weight.max(1);
                rest %= weight.max(1);
                alphabet.character(c, digit)
            }
            None => c,
        };
        out.extend_from_slice(new.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Appends a text of the same shape that another value tells: for a seed from elsewhere.
pub fn drawn(key: &DomainKey, alphabet: &Alphabet, text: &str, seed: &[u8], out: &mut Vec<u8>) {
    let mut stream = Stream::new(key, seed);
    for c in text.chars() {
        let new = match alphabet.digit(c) {
            Some(Digit { base, .. }) => alphabet.character(c, u128::from(stream.below(u64::try_from(base).unwrap_or(1)))),
            None => c,
        };
        out.extend_from_slice(new.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::key::Secret;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn key() -> DomainKey {
        Secret::new(b"0123456789abcdef".to_vec()).domain("x")
    }

    fn plain() -> Alphabet {
        Alphabet::plain(Charset::Utf8)
    }

    fn there(alphabet: &Alphabet, text: &str) -> String {
        let mut out = Vec::new();
        permute(&key(), alphabet, text, Way::There, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn small_shapes_are_permuted_whole() {
        let made: HashSet<String> = (0..1000).map(|n| there(&plain(), &format!("{n:03}"))).collect();
        assert_eq!(made.len(), 1000);
        assert!(made.iter().all(|text| text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit())));
        let letters: HashSet<String> =
            (0..26 * 26).map(|n| there(&plain(), &format!("{}-{}", LOWER[n / 26] as char, LOWER[n % 26] as char))).collect();
        assert_eq!(letters.len(), 26 * 26);
        assert_eq!(there(&plain(), "AbC").to_lowercase(), there(&plain(), "aBc").to_lowercase());
    }

    #[test]
    fn alphabets_are_read() {
        assert_eq!(Alphabet::parse("0-2a-c_-"), Ok(Alphabet::Own("-012_abc".chars().collect())));
        assert_eq!(Alphabet::parse("9-0").expect_err("backwards"), "the range 9-0 runs backwards");
        assert!(Alphabet::parse("x").is_err());
        let own = Alphabet::parse("0-9").expect("reads");
        let made = there(&own, "AB-123 é");
        assert!(made.starts_with("AB-") && made.ends_with(" é") && made != "AB-123 é", "{made}");
    }

    proptest! {
        #[test]
        fn back_undoes_there(text in "\\PC{0,80}") {
            for alphabet in [plain(), Alphabet::parse("a-z0-9é").expect("reads")] {
                let made = there(&alphabet, &text);
                prop_assert_eq!(made.chars().count(), text.chars().count());
                let mut back = Vec::new();
                permute(&key(), &alphabet, &made, Way::Back, &mut back);
                prop_assert_eq!(String::from_utf8(back).expect("UTF-8"), text.clone());
            }
        }
    }
}
