//! How a number is made up, and how it becomes another one of the same make.
//!
//! A [`Scheme`] tells for each place of a number whether it is *kept*, *drawn* or a *check*. What is drawn counts as one number
//! in mixed radix, and that number is permuted ([`Permutation`]); one permutation for each combination of what is kept. Check
//! digits are computed anew. Where what comes out is no number of the scheme (an area that is never issued, a check of ten
//! that no digit writes), the permutation is applied again, until it is (cycle walking: Black and Rogaway 2002). All numbers
//! of one make are on the same cycles, so this is a permutation of them: no two numbers become one, and a walk ends.

use super::super::key::{DomainKey, Stream};
use super::super::permutation::Permutation;
use super::symbols::{MOST, Symbols};

/// The schemes of a mask.
#[derive(Clone, Copy)]
pub(super) enum Schemes {
    /// One.
    One(&'static Scheme),
    /// The first of these that takes a number is that number's.
    Any(&'static [&'static Scheme]),
}

impl Schemes {
    /// What the first scheme gives that gives anything.
    pub(super) fn find<T>(self, mut give: impl FnMut(&'static Scheme) -> Option<T>) -> Option<T> {
        match self {
            Schemes::One(scheme) => give(scheme),
            Schemes::Any(schemes) => schemes.iter().copied().find_map(give),
        }
    }
}

/// What a rule keeps: bits or a count, as the scheme takes it.
pub(super) type Keep = u32;

/// How often a number is drawn from a seed before the value's own is permuted instead. Of all schemes at least one draw in
/// forty is a number.
const DRAWS: usize = 4096;

/// How the numbers of one kind are made up.
pub(super) struct Scheme {
    /// The forms that they have; the first one that fits is that of a number.
    pub(super) forms: &'static [Form],
    /// Writes the check digits of a form with this index; false where there are none, because no number has these digits.
    pub(super) seal: fn(&mut [u8], usize) -> bool,
    /// A number of another kind inside.
    pub(super) link: Option<Link>,
}

/// One form of a number.
pub(super) enum Form {
    /// Place by place: `d` a digit, `l` a letter, `x` a letter or digit that stays one or the other: drawn; `#` a check; `=`
    /// kept; all else stands for itself.
    Of(&'static str),
    /// As told to the cursor.
    By(fn(&mut Cursor<'_>, Keep)),
}

/// A number of another kind inside of a number. It becomes what it becomes where it stands alone.
pub(super) struct Link {
    /// The form that has it.
    pub(super) form: usize,
    /// The places where it stands.
    pub(super) at: std::ops::Range<usize>,
    /// Its own scheme.
    pub(super) scheme: &'static Scheme,
    /// The bit of [`Keep`] with which it is kept.
    pub(super) unless: Keep,
}

/// Where a number comes from.
pub(super) struct Source<'a> {
    /// The key of the domain.
    pub(super) key: &'a DomainKey,
    /// What the rule keeps.
    pub(super) keep: Keep,
    /// What the number is drawn from, if not from itself.
    pub(super) seed: Option<&'a [u8]>,
    /// Whether the column can hold a number.
    pub(super) fits: &'a dyn Fn(&Symbols) -> bool,
}

/// A number that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts {
    form: usize,
    /// What is kept, and where; one byte for each place that is no check.
    skeleton: [u8; MOST],
    /// What is drawn.
    number: u128,
    /// How many numbers there are to draw.
    bound: u128,
}

impl Scheme {
    /// A scheme without another one inside.
    pub(super) const fn of(forms: &'static [Form], seal: fn(&mut [u8], usize) -> bool) -> Scheme {
        Scheme { forms, seal, link: None }
    }

    /// Another number of the same make; `None` where this is no number of the scheme.
    pub(super) fn another(&self, symbols: &Symbols, source: &Source<'_>) -> Option<Symbols> {
        let parts = self.read(symbols, source.keep)?;
        let Some(link) = self.link.as_ref().filter(|link| link.form == parts.form && source.keep & link.unless == 0) else {
            return Some(self.permute(symbols, &parts, source));
        };
        let inner = Symbols::read(symbols.all().get(link.at.clone())?)?;
        let inner = link.scheme.another(&inner, &Source { keep: 0, fits: &|_| true, ..*source })?;
        let linked = self.revise(symbols, link.at.clone(), inner.all())?;
        let parts = self.read(&linked, source.keep).filter(|parts| parts.form == link.form)?;
        Some(self.permute(&linked, &parts, source))
    }

    fn permute(&self, symbols: &Symbols, parts: &Parts, source: &Source<'_>) -> Symbols {
        let written = |number| self.write(symbols, parts, source.keep, number).filter(|other| (source.fits)(other));
        if let Some(seed) = source.seed {
            let mut stream = Stream::new(source.key, seed);
            let draw = |_| (u128::from(stream.bits()) << 64 | u128::from(stream.bits())) % parts.bound;
            if let Some(drawn) = (0..DRAWS).map(draw).find_map(written) {
                return drawn;
            }
        }
        let permutation = Permutation::new(source.key.clone(), parts.bound);
        let tweak = source.key.hash(&parts.skeleton).low;
        let mut number = permutation.apply(parts.number, tweak);
        while number != parts.number {
            if let Some(other) = written(number) {
                return other;
            }
            number = permutation.apply(number, tweak);
        }
        *symbols
    }

    /// Whether this is a number of the scheme.
    pub(super) fn takes(&self, symbols: &Symbols) -> bool {
        self.read(symbols, 0).is_some()
    }

    /// The number with something else at some of its places, checks made anew; `None` where this is no number of the scheme, or
    /// where that would be none.
    pub(super) fn revise(&self, symbols: &Symbols, at: std::ops::Range<usize>, with: &[u8]) -> Option<Symbols> {
        let parts = self.read(symbols, 0)?;
        let mut revised = *symbols;
        let place = revised.all_mut().get_mut(at).filter(|place| place.len() == with.len())?;
        place.copy_from_slice(with);
        ((self.seal)(revised.all_mut(), parts.form) && self.takes(&revised)).then_some(revised)
    }

    fn read(&self, symbols: &Symbols, keep: Keep) -> Option<Parts> {
        self.forms.iter().enumerate().find_map(|(form, makeup)| {
            let mut copy = *symbols;
            let mut cursor = Cursor::new(copy.all_mut(), None);
            makeup.walk(&mut cursor, keep);
            let parts = cursor.parts(form)?;
            ((self.seal)(copy.all_mut(), form) && copy == *symbols).then_some(parts)
        })
    }

    /// The number of the same make in which another one is drawn, if there is one.
    fn write(&self, symbols: &Symbols, parts: &Parts, keep: Keep, number: u128) -> Option<Symbols> {
        let mut other = *symbols;
        self.forms.get(parts.form)?.walk(&mut Cursor::new(other.all_mut(), Some(number)), keep);
        let sealed = (self.seal)(other.all_mut(), parts.form) && other.is_shaped_as(symbols);
        // Read back, so that nothing is written that is of another make, or that another number would be written as too.
        (sealed && self.read(&other, keep)? == Parts { number, ..*parts }).then_some(other)
    }
}

impl Form {
    fn walk(&self, cursor: &mut Cursor<'_>, keep: Keep) {
        match self {
            Form::By(told) => told(cursor, keep),
            Form::Of(places) => places.bytes().for_each(|place| match place {
                b'd' => cursor.digits(1),
                b'l' => cursor.letters(1),
                b'x' => cursor.alike(1),
                b'#' => cursor.check(1),
                b'=' => cursor.keep(1),
                other => cursor.literal(&[other]),
            }),
        }
    }
}

/// A way through the places of a number, the same for reading and for writing.
pub(super) struct Cursor<'a> {
    symbols: &'a mut [u8],
    at: usize,
    /// Read so far; or what is still to be written.
    number: u128,
    /// How many numbers the places so far can write.
    bound: u128,
    writing: bool,
    fits: bool,
    skeleton: [u8; MOST],
    bones: usize,
}

pub(super) const DIGITS: &[u8] = b"0123456789";
pub(super) const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl<'a> Cursor<'a> {
    fn new(symbols: &'a mut [u8], number: Option<u128>) -> Cursor<'a> {
        let writing = number.is_some();
        Cursor { symbols, at: 0, number: number.unwrap_or(0), bound: 1, writing, fits: true, skeleton: [0; MOST], bones: 0 }
    }

    fn parts(&self, form: usize) -> Option<Parts> {
        let whole = self.fits && self.at == self.symbols.len();
        whole.then_some(Parts { form, skeleton: self.skeleton, number: self.number, bound: self.bound })
    }

    /// How many places there are.
    pub(super) fn count(&self) -> usize {
        self.symbols.len()
    }

    /// What stands at a place that was not passed yet, counted from here.
    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.symbols.get(self.at + ahead).copied()
    }

    /// What stands next, before it is passed.
    pub(super) fn next(&self, count: usize) -> &[u8] {
        self.symbols.get(self.at..self.at + count).unwrap_or_default()
    }

    /// The number is of another form.
    pub(super) fn fail(&mut self) {
        self.fits = false;
    }

    fn bone(&mut self, bone: u8) {
        if let Some(at) = self.skeleton.get_mut(self.bones) {
            *at = bone;
            self.bones += 1;
        }
    }

    /// Keeps what stands there.
    pub(super) fn keep(&mut self, count: usize) {
        for _ in 0..count {
            match self.peek(0) {
                Some(symbol) => self.bone(symbol | 0x80),
                None => self.fail(),
            }
            self.at += 1;
        }
    }

    /// Keeps this, and takes nothing else.
    pub(super) fn literal(&mut self, text: &[u8]) {
        if self.next(text.len()) == text { self.keep(text.len()) } else { self.fail() }
    }

    /// Passes checks.
    pub(super) fn check(&mut self, count: usize) {
        self.at += count;
    }

    /// Draws a symbol of an alphabet.
    pub(super) fn one_of(&mut self, alphabet: &[u8]) {
        let rank = |here: &[u8]| alphabet.iter().position(|symbol| here == [*symbol]).map(|rank| rank as u128);
        let write = |rank: u128, here: &mut [u8]| {
            if let (Some(here), Some(symbol)) = (here.first_mut(), alphabet.get(rank as usize)) {
                *here = *symbol;
            }
        };
        self.draw(1, alphabet.len() as u128, rank, write);
    }

    /// Draws a symbol of the first alphabet that has the one there; keeps what is in none.
    pub(super) fn within(&mut self, alphabets: &[&[u8]]) {
        let found = self.peek(0).and_then(|symbol| alphabets.iter().find(|alphabet| alphabet.contains(&symbol)));
        match found {
            Some(alphabet) => self.one_of(alphabet),
            None => self.keep(1),
        }
    }

    /// Draws digits.
    pub(super) fn digits(&mut self, count: usize) {
        (0..count).for_each(|_| self.one_of(DIGITS));
    }

    /// Draws letters.
    pub(super) fn letters(&mut self, count: usize) {
        (0..count).for_each(|_| self.one_of(LETTERS));
    }

    /// Draws a digit for a digit and a letter for a letter.
    pub(super) fn alike(&mut self, count: usize) {
        (0..count).for_each(|_| self.within(&[DIGITS, LETTERS]));
    }

    /// Draws a number of `width` digits from `first` on, `count` of them.
    pub(super) fn range(&mut self, width: usize, first: u32, count: u32) {
        let rank = |here: &[u8]| decimal(here)?.checked_sub(first).map(u128::from);
        self.draw(width, u128::from(count), rank, |rank, here| write_decimal(first + rank as u32, here));
    }

    /// Draws one of `count` numbers that `width` places write. `rank` tells which stands there; `write` writes one over
    /// another.
    ///
    /// More than a permutation can hold is kept instead; only numbers of thirty letters and more are that long.
    pub(super) fn draw(
        &mut self,
        width: usize,
        count: u128,
        rank: impl FnOnce(&[u8]) -> Option<u128>,
        write: impl FnOnce(u128, &mut [u8]),
    ) {
        let Some(bound) = self.bound.checked_mul(count).filter(|bound| *bound <= Permutation::MAX_BOUND) else {
            return self.keep(width);
        };
        let Some(here) = self.symbols.get_mut(self.at..self.at + width) else { return self.fail() };
        if self.writing {
            write(self.number % count, here);
            self.number /= count;
        } else if let Some(rank) = rank(here).filter(|rank| *rank < count) {
            self.number += rank * self.bound;
        } else {
            self.fits = false;
        }
        self.bound = bound;
        (0..width).for_each(|_| self.bone(b'_'));
        self.at += width;
    }
}

/// The number that digits write; `None` where there is anything else, or more than nine.
pub(super) fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// Writes a number over digits, with zeros in front; what does not fit is cut off in front.
pub(super) fn write_decimal(mut number: u32, here: &mut [u8]) {
    for digit in here.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
