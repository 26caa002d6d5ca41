//! phone: numbers that ring at nobody's; and, where a rule asks for them, others.

use super::numbers::{self, Block, Country};
use crate::mask::key::{DomainKey, Stream, below};
use crate::mask::permutation::Permutation;
use crate::mask::registry::{BuildError, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal};

/// Writes a number that rings at nobody's, in the form of the original.
#[derive(Debug)]
struct Phone {
    key: DomainKey,
    /// Of rows that name no other.
    country: &'static Country,
    /// The reading that names one.
    read: Option<usize>,
    max: usize,
}

/// The most digits that a number has here, international prefix included.
const MOST_DIGITS: usize = 20;

/// The fewest digits that are taken for a number where no trunk prefix stands before them.
const FEWEST_DIGITS: usize = 8;

/// How a number begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// These digits (`00`, `011` or none), then the calling code.
    International(&'static str),
    /// The trunk prefix, if the country has one.
    National,
    /// Nothing: the trunk prefix was left out.
    Bare,
}

impl Mask for Phone {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let digits = Digits::of(cell.value);
        let country = self.country_of(cell);
        let (head, national) = read(country, cell.value, digits.get());
        let blocks = if (country.is_mobile)(national) { country.mobile } else { country.fixed };
        let (prefix, free, mut rest) = choose(blocks, national.len(), random.high);
        let mut other = Digits::default();
        other.extend(prefix.as_bytes());
        for _ in 0..free {
            other.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        self.write(country, (cell.value, digits.get().len()), head, other.get(), out);
        Ok(Masked::Value)
    }
}

/// Chooses among all numbers of some blocks, those of a length first if there are any: the block's first digits, how many
/// are free, and what they are.
fn choose(blocks: &[Block], length: usize, bits: u64) -> (&'static str, u32, u64) {
    let fitting = |block: &&Block| block.0.len() + block.1 as usize == length;
    let any_length = !blocks.iter().any(|block| fitting(&block));
    let eligible = || blocks.iter().filter(|block| any_length || fitting(block));
    let mut index = below(bits, eligible().map(|block| 10u64.pow(block.1)).sum());
    for (prefix, free) in eligible() {
        let numbers = 10u64.pow(*free);
        if index < numbers {
            return (prefix, *free, index);
        }
        index -= numbers;
    }
    // Not reached: the index is below the sum of all.
    ("", 0, 0)
}

/// How a number begins, and its national digits without a trunk prefix. A number of another country is taken for an
/// international one of this country; what is no number at all, for a national one.
fn read<'a>(country: &Country, value: &[u8], digits: &'a [u8]) -> (Head, &'a [u8]) {
    let (calling, trunk) = (country.calling.as_bytes(), country.trunk.as_bytes());
    for before in ["00", "011", ""] {
        let national = digits.strip_prefix(before.as_bytes()).and_then(|rest| rest.strip_prefix(calling));
        if let Some(national) = national.filter(|national| national.len() >= FEWEST_DIGITS) {
            return (Head::International(before), national.strip_prefix(trunk).unwrap_or(national));
        }
    }
    if digits.len() >= FEWEST_DIGITS && (value.starts_with(b"+") || digits.starts_with(b"00")) {
        return (Head::International(if digits.starts_with(b"00") { "00" } else { "" }), digits);
    }
    match digits.strip_prefix(trunk) {
        Some(national) if !trunk.is_empty() => (Head::National, national),
        _ if digits.len() >= FEWEST_DIGITS => (Head::Bare, digits),
        _ => (Head::National, digits),
    }
}

impl Phone {
    /// The country of a row: the one that it names, if that keeps numbers and the column takes them.
    fn country_of(&self, cell: Cell<'_>) -> &'static Country {
        let named = self.read.and_then(|index| cell.around.read(index)).and_then(numbers::find);
        named.filter(|country| country.is_known() && country.longest() <= self.max).unwrap_or(self.country)
    }

    /// Writes a national number in the form of the original, where that has as many digits; without separators otherwise.
    fn write(&self, of: &Country, (original, digits_before): (&[u8], usize), head: Head, national: &[u8], out: &mut Vec<u8>) {
        let (before, country) = match head {
            Head::International(before) => (before, of.calling),
            Head::National => ("", of.trunk),
            Head::Bare => ("", ""),
        };
        let plain = original.iter().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b' ' | b'.' | b'-' | b'(' | b')' | b'/'));
        let count = before.len() + country.len() + national.len();
        if plain && count == digits_before && original.len() <= self.max {
            let mut next = before.bytes().chain(country.bytes()).chain(national.iter().copied());
            out.extend(original.iter().map(|b| if b.is_ascii_digit() { next.next().unwrap_or(b'0') } else { *b }));
            return;
        }
        // The digits cannot stand where the original's did. The builder made sure that the national form fits.
        let plus = if before.is_empty() { "+" } else { before };
        if matches!(head, Head::International(_)) && plus.len() + country.len() + national.len() <= self.max {
            out.extend_from_slice(plus.as_bytes());
            out.extend_from_slice(country.as_bytes());
        } else {
            out.extend_from_slice(of.trunk.as_bytes());
        }
        out.extend_from_slice(national);
    }
}

/// A few digits, without an allocation.
#[derive(Clone, Copy, Debug, Default)]
struct Digits {
    bytes: [u8; MOST_DIGITS],
    count: usize,
}

impl Digits {
    /// The digits of a text; those past the most are left out.
    fn of(text: &[u8]) -> Digits {
        let mut digits = Digits::default();
        for byte in text.iter().filter(|b| b.is_ascii_digit()) {
            digits.push(*byte);
        }
        digits
    }

    fn push(&mut self, digit: u8) {
        if let Some(slot) = self.bytes.get_mut(self.count) {
            *slot = digit;
            self.count += 1;
        }
    }

    fn extend(&mut self, digits: &[u8]) {
        for digit in digits {
            self.push(*digit);
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}

/// Keeps the leading digits and makes up the others.
#[derive(Debug)]
struct Prefixed {
    key: DomainKey,
    keep: usize,
}

impl Mask for Prefixed {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut stream = Stream::new(&self.key, cell.seed);
        let mut kept = kept(cell.value, self.keep);
        for byte in cell.value {
            out.push(match radix(*byte) {
                Some((10, _)) if kept > 0 => {
                    kept -= 1;
                    *byte
                }
                Some((radix, first)) => first + u8::try_from(stream.below(radix)).unwrap_or_default(),
                None => *byte,
            });
        }
        Ok(Masked::Value)
    }
}

/// The fewest digits that are made up.
const FEWEST_CHANGED: usize = 4;

/// How many leading digits are kept: none where too few would be left.
fn kept(value: &[u8], keep: usize) -> usize {
    if value.iter().filter(|byte| byte.is_ascii_digit()).count() >= keep + FEWEST_CHANGED { keep } else { 0 }
}

/// How many characters may stand in the place of one, and the first of them; `None` for what stays as it is.
fn radix(byte: u8) -> Option<(u64, u8)> {
    match byte {
        b'0'..=b'9' => Some((10, b'0')),
        b'a'..=b'z' => Some((26, b'a')),
        b'A'..=b'Z' => Some((26, b'A')),
        _ => None,
    }
}

/// Permutes the digits behind the first ones, and letters.
///
/// How many digits are kept can be told from the kept ones and from what stays as it is, so the result is of the class of
/// the original, and within a class it is a permutation: different values stay different. One number gives one number,
/// written with the country's code or without: the digits are permuted under what it begins with in its country.
#[derive(Debug)]
struct Permuted {
    key: DomainKey,
    country: &'static Country,
    keep: Option<usize>,
}

impl Permuted {
    /// How many leading digits are kept, and how many of those do not belong to the national number.
    fn head(&self, value: &[u8]) -> (usize, usize) {
        let digits = Digits::of(value);
        let digits = digits.get();
        if let Some(keep) = self.keep {
            return (kept(value, keep), 0);
        }
        let calling = self.country.calling.as_bytes();
        // Of a national number the first digit is kept, so that mobile stays mobile.
        let national = |before: usize| {
            let is_own = digits.get(before..).is_some_and(|rest| rest.starts_with(calling));
            (before + calling.len() + usize::from(is_own), if is_own { before + calling.len() } else { 0 })
        };
        match digits {
            _ if digits.len() < FEWEST_DIGITS => (0, 0),
            [b'0', b'0', ..] => national(2),
            _ if value.starts_with(b"+") => national(0),
            [b'0', ..] => (2, usize::from(self.country.trunk == "0")),
            _ => (1, 0),
        }
    }

    /// The positions of what is permuted, from one on, as many as fit a number; and how large that number may be.
    fn chunk(out: &[u8], from: usize) -> (usize, u128) {
        let mut bound = 1u128;
        for (at, byte) in out.iter().enumerate().skip(from) {
            let Some((radix, _)) = radix(*byte) else { continue };
            match bound.checked_mul(u128::from(radix)).filter(|next| *next <= Permutation::MAX_BOUND) {
                Some(next) => bound = next,
                None => return (at, bound),
            }
        }
        (out.len(), bound)
    }

    /// Permutes what stands at these positions; gives the number that stands there then.
    fn permute(&self, part: &mut [u8], bound: u128, tweak: u64) -> u128 {
        let mut number = 0u128;
        for byte in part.iter() {
            if let Some((radix, first)) = radix(*byte) {
                number = number * u128::from(radix) + u128::from(byte - first);
            }
        }
        let other = Permutation::new(self.key.clone(), bound).apply(number, tweak);
        let mut rest = other;
        for byte in part.iter_mut().rev() {
            if let Some((radix, first)) = radix(*byte) {
                *byte = first + u8::try_from(rest % u128::from(radix)).unwrap_or_default();
                rest /= u128::from(radix);
            }
        }
        other
    }
}

impl Mask for Permuted {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (mut kept, outside) = self.head(cell.value);
        let start = out.len();
        out.extend_from_slice(cell.value);
        let Some(text) = out.get_mut(start..) else { return Ok(Masked::Value) };
        // The kept digits of the national number choose among permutations; then each chunk what the one before became.
        let mut tweak = 1u64;
        let mut from = 0;
        let mut seen = 0;
        for (at, byte) in text.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
            if kept == 0 {
                break;
            }
            kept -= 1;
            seen += 1;
            from = at + 1;
            if seen > outside {
                tweak = tweak.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            }
        }
        while from < text.len() {
            let (to, bound) = Permuted::chunk(text, from);
            let Some(part) = text.get_mut(from..to) else { break };
            let became = self.permute(part, bound, tweak);
            tweak = self.key.hash(&became.to_le_bytes()).high;
            from = to;
        }
        Ok(Masked::Value)
    }
}

/// The country of a rule: one for all rows, and the column that may name another.
fn country<'a>(request: &'a Request<'_>) -> Result<(&'static Country, Option<&'a str>), BuildError> {
    let own = numbers::of_locale(request.locale()?.name);
    let code = request.text("country");
    let column = code.filter(|name| name.starts_with("@.") || name.starts_with("$.") || request.column(name).is_some());
    let named = match code {
        Some(code) if column.is_none() => Some(numbers::find(code.as_bytes()).ok_or_else(|| {
            let message = format!("option \"country\": {code:?} is neither a country nor a column, expected one of {}", numbers::codes());
            BuildError::of("country", message, None)
        })?),
        _ => None,
    };
    let country = named.or(own).ok_or_else(|| {
        request
            .misfit(format!("no country goes with locale {}", request.env.locale), format!("name a country: one of {}", numbers::codes()))
    })?;
    Ok((country, column))
}

/// `phone`: text that takes a national number.
pub(super) fn phone(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (country, column) = country(request)?;
    let code = country.code;
    let keep = request.integer("keep_prefix").and_then(|keep| usize::try_from(keep).ok());
    if request.flag("distinct") {
        if column.is_some() {
            let message = "option \"country\": numbers of several countries are not kept distinct";
            return Err(BuildError::of("country", message, Some("name one country, or leave distinct out".into())));
        }
        let fingerprint = format!("phone {} {code} distinct {keep:?}", request.domain);
        return Ok(request.bound(Permuted { key: request.key.clone(), country, keep }, Distinct::Kept, fingerprint));
    }
    if let Some(keep) = keep {
        let fingerprint = format!("phone {} keep {keep}", request.domain);
        return Ok(request.bound(Prefixed { key: request.key.clone(), keep }, Distinct::Lost, fingerprint));
    }
    if !country.is_known() {
        let help = format!(
            "name a country that keeps some: one of {}; or distinct = true or keep_prefix, whose numbers may ring at somebody's",
            numbers::codes()
        );
        return Err(request.misfit(format!("no numbers are kept for fiction in {code}"), help));
    }
    let (longest, max) = (country.longest(), request.max_chars());
    if max < longest {
        return Err(request.too_short(&format!("a number of {code} needs"), longest));
    }
    // Past that length the limit changes nothing: a `+` and all digits.
    let limit = if max > MOST_DIGITS { String::new() } else { max.to_string() };
    let from = column.map_or_else(String::new, |column| format!(" of {column:?}"));
    let fingerprint = format!("phone {} {code} {limit}{from}", request.domain);
    let reads: Vec<Reading> = column.map(|column| Reading { of: column.to_owned(), masked: false }).into_iter().collect();
    let mask = Phone { key: request.key.clone(), country, read: column.map(|_| 0), max };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(reads))
}
