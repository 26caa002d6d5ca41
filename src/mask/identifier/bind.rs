//! What the masks of this family share: a number is read from text or from a column of numbers, becomes another one, and is
//! written as it was spelt.

use super::super::fit::{Digits as NumericDigits, Kind};
use super::super::key::DomainKey;
use super::super::registry::{BuildError, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal};
use super::birth::BIRTH;
use super::france;
use super::scheme::{Keep, Scheme, Schemes, Source};
use super::symbols::Symbols;
use crate::name::nearest;

/// Which columns of numbers can hold the numbers of a mask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Width {
    /// None: there may be letters.
    Text,
    /// Those with room for this many digits; zeros in front are not written there.
    Fixed(usize),
    /// Those with room for this many digits at least. No zero stands in front.
    From(usize),
}

/// A mask of this family.
pub(super) struct Identifier {
    /// What it makes, for messages: `SIREN numbers`.
    pub(super) makes: &'static str,
    /// What it takes, for messages.
    pub(super) expected: &'static str,
    /// The schemes of its numbers; the first one that takes a number is that number's.
    pub(super) schemes: Schemes,
    /// The columns of numbers.
    pub(super) width: Width,
}

/// A column of numbers, and the largest that it holds.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    /// How many digits a number has, the zeros in front with them; 0 where there are none.
    width: usize,
    most: u128,
}

/// Writes another number of the same make.
struct Another {
    key: DomainKey,
    keep: Keep,
    schemes: Schemes,
    refusal: Refusal,
    numbers: Option<Numbers>,
    /// What stands in front of numbers of which only the rest is in the column.
    prefix: &'static str,
    /// Whether year and month of birth come from the first reading.
    born: bool,
    /// What the numbers are drawn from, if not from their own scheme.
    instead: Option<&'static Scheme>,
}

impl std::fmt::Debug for Another {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Another({}, {})", self.refusal.expected, self.keep)
    }
}

impl Mask for Another {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        self.write(cell, out).map(|()| Masked::Value).ok_or(self.refusal)
    }
}

impl Another {
    fn write(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Option<()> {
        let Some(Numbers { width, most }) = self.numbers else {
            let (symbols, added) = self.prefixed(Symbols::read(cell.value)?)?;
            self.of(&symbols, cell, &|_| true)?.write_as(cell.value, added, out);
            return Some(());
        };
        let fits = |other: &Symbols| {
            let leads = width > 0 || other.all().first() != Some(&b'0');
            leads && other.number().is_some_and(|number| number <= most)
        };
        self.of(&Symbols::of_number(cell.value, width)?, cell, &fits)?.write_number(out);
        Some(())
    }

    /// The number with its prefix, and how many symbols of it are not in the column.
    fn prefixed(&self, symbols: Symbols) -> Option<(Symbols, usize)> {
        if symbols.all().starts_with(self.prefix.as_bytes()) {
            return Some((symbols, 0));
        }
        Some((Symbols::read(self.prefix.as_bytes())?.with(symbols.all())?, self.prefix.len()))
    }

    fn of(&self, symbols: &Symbols, cell: Cell<'_>, fits: &dyn Fn(&Symbols) -> bool) -> Option<Symbols> {
        let seed = (cell.seed != cell.value).then_some(cell.seed);
        let source = Source { key: &self.key, keep: self.keep, seed, fits };
        if let Some(instead) = self.instead {
            let taken = self.schemes.find(|scheme| scheme.takes(symbols).then_some(())).is_some();
            // Drawn from the number itself, so that it is the same in any spelling.
            let like = Symbols::read(b"900010001").filter(|_| taken)?;
            return instead.another(&like, &Source { seed: Some(seed.unwrap_or(symbols.all())), ..source });
        }
        let date = if self.born { cell.around.read(0) } else { None };
        if let Some(revised) = date.and_then(|date| france::born(symbols, date)) {
            return france::NIR.another(&revised, &Source { keep: self.keep | BIRTH, ..source });
        }
        self.schemes.find(|scheme| scheme.another(symbols, &source))
    }
}

impl Identifier {
    /// Binds the mask; `told` is what of its options changes what it makes, besides `keep`.
    pub(super) fn bind(&self, request: &Request<'_>, keep: Keep, told: &str) -> Result<Bound, BuildError> {
        let (mask, fingerprint) = self.another(request, keep, told)?;
        Ok(request.bound(mask, Distinct::Kept, fingerprint))
    }

    /// The same, with numbers that stand without what is in front of them.
    pub(super) fn behind(&self, request: &Request<'_>, prefix: &'static str) -> Result<Bound, BuildError> {
        let (mask, fingerprint) = self.another(request, 0, &format!(" behind {prefix}"))?;
        Ok(request.bound(Another { prefix, ..mask }, Distinct::Kept, fingerprint))
    }

    /// The same, with the year and the month of birth of another column's new value. Of two numbers that differ in these alone
    /// one may become the other's.
    pub(super) fn born(&self, request: &Request<'_>, keep: Keep, column: &str) -> Result<Bound, BuildError> {
        let (mask, fingerprint) = self.another(request, keep, &format!(" born {column:?}"))?;
        let bound = request.bound(Another { born: true, ..mask }, Distinct::Lost, fingerprint);
        Ok(bound.reading(vec![Reading { of: column.to_owned(), masked: true }]))
    }

    /// The same, but what comes out is drawn from a scheme of numbers that nobody has.
    pub(super) fn unissued(&self, request: &Request<'_>, scheme: &'static Scheme) -> Result<Bound, BuildError> {
        let (mask, fingerprint) = self.another(request, 0, " unissued")?;
        Ok(request.bound(Another { instead: Some(scheme), ..mask }, Distinct::Lost, fingerprint))
    }

    fn another(&self, request: &Request<'_>, keep: Keep, told: &str) -> Result<(Another, String), BuildError> {
        let numbers = self.numbers(request)?;
        // A column of numbers may be too narrow for some numbers, and then the others take their places.
        let limit = numbers.filter(|numbers| numbers.width == 0).map(|numbers| format!(" to {}", numbers.most.min(10u128.pow(19))));
        let written = if numbers.is_some() { " in digits" } else { "" };
        let fingerprint = format!("{} {} {keep}{told}{written}{}", self.makes, request.domain, limit.unwrap_or_default());
        let refusal = Refusal { expected: self.expected };
        let key = request.key.clone();
        Ok((Another { key, keep, schemes: self.schemes, refusal, numbers, prefix: "", born: false, instead: None }, fingerprint))
    }

    fn numbers(&self, request: &Request<'_>) -> Result<Option<Numbers>, BuildError> {
        let most = match request.target.kind {
            Kind::Text | Kind::Padded => return request.needs_charset().map(|()| None),
            Kind::Integer(bits) => 2u128.pow(u32::from(bits).saturating_sub(1)) - 1,
            Kind::Numeric(None) => u128::MAX,
            Kind::Numeric(Some(NumericDigits { precision, scale: 0 })) => {
                10u128.checked_pow(u32::from(precision)).map_or(u128::MAX, |all| all - 1)
            }
            _ => return Err(request.wrong_kind(&format!("makes {}", self.makes))),
        };
        let (width, digits) = match self.width {
            Width::Text => return Err(request.wrong_kind(&format!("makes {}", self.makes))),
            Width::Fixed(digits) => (digits, digits),
            Width::From(digits) => (0, digits),
        };
        if 10u128.pow(digits as u32) - 1 > most {
            let message = format!("{} have {digits} digits, more than {} holds", self.makes, request.target.type_name);
            return Err(request.misfit(message, format!("{}, or keep the column", request.instead())));
        }
        Ok(Some(Numbers { width, most }))
    }
}

/// The bits of what the option `keep` names.
pub(super) fn kept(request: &Request<'_>, known: &[(&str, Keep)], default: Keep) -> Result<Keep, BuildError> {
    let Some(words) = request.words("keep") else { return Ok(default) };
    words.iter().try_fold(0, |keep, word| match known.iter().find(|(name, _)| name == word) {
        Some((_, bit)) => Ok(keep | bit),
        None => {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let help = nearest(word, names.iter().copied()).map(|near| format!("did you mean {near:?}?"));
            Err(BuildError::of("keep", format!("option \"keep\": {word:?} is no part of it, expected some of {}", names.join(", ")), help))
        }
    })
}
