//! What is found by its digits: tries, at each row of digits, every kind that could begin there.

use std::ops::Range;

use super::edge::{begins, ends};
use super::{Found, Kind, Kinds, address, date, phone};

/// The most digits that any of them has (a phone number behind 00, a card).
pub(super) const MOST: usize = 20;

/// The next one that begins at `from` or later.
pub(super) fn next(text: &[u8], from: usize, kinds: Kinds) -> Option<Found> {
    let mut at = from;
    loop {
        at += trigger(text.get(at..)?)?;
        if let Some(end) = uuid(text, from, at) {
            at = end;
            continue;
        }
        if let Some(found) = here(text, from, at, kinds) {
            return Some(found);
        }
        let digits = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        at += digits.max(1);
    }
}

#[inline]
fn is_trigger(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 11 // the digits and the colon behind them
}

/// How far the next digit or colon is.
fn trigger(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Whole chunks without a branch inside, so that the compiler makes vector code of it.
    for chunk in text.chunks_exact(64) {
        if chunk.iter().fold(false, |any, byte| any | is_trigger(*byte)) {
            break;
        }
        at += 64;
    }
    text.get(at..)?.iter().position(|byte| is_trigger(*byte)).map(|index| at + index)
}

/// What begins at the digit or colon at `at`, or just before it.
fn here(text: &[u8], from: usize, at: usize, kinds: Kinds) -> Option<Found> {
    let found = |kind: Kind, range: Range<usize>| Some(Found { kind, range });
    if kinds.has(Kind::Ip)
        && let Some(range) = address::find(text, from, at)
    {
        return found(Kind::Ip, range);
    }
    if text.get(at) == Some(&b':') {
        return None;
    }
    if kinds.has(Kind::Iban)
        && let Some(range) = iban(text, from, at)
    {
        return found(Kind::Iban, range);
    }
    if !begins(text, from, at) {
        return None;
    }
    if kinds.has(Kind::Date)
        && let Some(range) = date::find(text, from, at)
    {
        return found(Kind::Date, range);
    }
    if kinds.has(Kind::Nir)
        && let Some(end) = nir(text, at)
    {
        return found(Kind::Nir, at..end);
    }
    let row = Row::read(text, at);
    let checks: [(Kind, fn(&Row) -> Option<usize>); 3] = [(Kind::Siret, siret), (Kind::CreditCard, card), (Kind::Siren, siren)];
    for (kind, check) in checks {
        // A plus before it makes it a phone number.
        let plus = text.get(from..at).is_some_and(|before| before.ends_with(b"+"));
        if kinds.has(kind)
            && !plus
            && let Some(end) = check(&row)
        {
            return found(kind, at..end);
        }
    }
    if kinds.has(Kind::Phone)
        && let Some(range) = phone::find(text, from, at, &row)
    {
        return found(Kind::Phone, range);
    }
    None
}

/// A row of digits, in groups with one separator each between them.
#[derive(Debug)]
pub(super) struct Row {
    digits: [u8; MOST],
    /// Where each digit ends in the text.
    ends: [usize; MOST],
    count: usize,
    /// Sizes of groups; the last may have been cut at [`MOST`].
    groups: [u8; MOST],
    group_count: usize,
    /// Bit i: what stands before group i is more than one character.
    wide: u32,
    /// Whether a word goes on right behind each digit that ends a group: only for the last.
    open: bool,
    /// Whether a bracket closes behind the first group.
    pub(super) closes: bool,
}

impl Row {
    /// Reads the row that begins at `at`.
    fn read(text: &[u8], at: usize) -> Row {
        let mut row = Row {
            digits: [0; MOST],
            ends: [0; MOST],
            count: 0,
            groups: [0; MOST],
            group_count: 0,
            wide: 0,
            open: false,
            closes: false,
        };
        let mut end = at;
        loop {
            let size = row.group(text, end);
            end += size;
            if row.count == MOST || size == 0 {
                break;
            }
            let Some((length, characters, bracket)) = separator(text.get(end..).unwrap_or_default()) else { break };
            row.closes |= bracket && row.group_count == 1;
            if characters > 1 {
                row.wide |= 1 << row.group_count;
            }
            end += length;
        }
        row.open = !ends(text, end);
        row
    }

    /// Reads one group, and says how many digits it has.
    fn group(&mut self, text: &[u8], start: usize) -> usize {
        let mut size = 0;
        for (index, digit) in text.get(start..).unwrap_or_default().iter().enumerate().take_while(|(_, byte)| byte.is_ascii_digit()) {
            let (Some(slot), Some(end)) = (self.digits.get_mut(self.count), self.ends.get_mut(self.count)) else { break };
            *slot = digit - b'0';
            *end = start + index + 1;
            self.count += 1;
            size += 1;
        }
        if size > 0
            && let Some(slot) = self.groups.get_mut(self.group_count)
        {
            *slot = size as u8;
            self.group_count += 1;
        }
        size
    }

    /// The digits, as numbers.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or_default()
    }

    /// How large the groups are.
    pub(super) fn groups(&self) -> &[u8] {
        self.groups.get(..self.group_count).unwrap_or_default()
    }

    /// Where the first `count` digits end in the text, if a group ends there and no word goes on.
    pub(super) fn end(&self, count: usize) -> Option<usize> {
        let mut sum = 0;
        let closed = self.groups().iter().any(|size| {
            sum += usize::from(*size);
            sum == count
        });
        let last = count == self.count;
        (closed && !(last && self.open)).then(|| self.ends.get(count.checked_sub(1)?).copied()).flatten()
    }

    /// Whether the first groups have these sizes, one character between two.
    fn has_form(&self, sizes: &[u8]) -> bool {
        let between = (1u32 << sizes.len()) - 1;
        self.groups().starts_with(sizes) && self.wide & between == 0
    }

    /// The groups that the first `count` digits have.
    pub(super) fn groups_of(&self, count: usize) -> &[u8] {
        let mut sum = 0;
        let groups = self.groups().iter().take_while(|size| {
            let before = sum;
            sum += usize::from(**size);
            before < count
        });
        let groups = groups.count();
        self.groups().get(..groups).unwrap_or_default()
    }
}

/// What parts two groups of digits: how many bytes and characters, and whether it has a closing bracket. A digit stands
/// behind it.
fn separator(text: &[u8]) -> Option<(usize, usize, bool)> {
    let (mut length, mut characters, mut bracket, mut sign) = (0, 0, false, false);
    loop {
        let (bytes, is_sign) = match text.get(length..)? {
            [b' ', ..] => (1, false),
            [0xC2, 0xA0, ..] => (2, false),
            [0xE2, 0x80, 0xAF, ..] => (3, false),
            // One sign at most, apart from brackets.
            [b'.' | b'-' | b'/', ..] if !sign => (1, true),
            [b'(', ..] => (1, false),
            [b')', ..] => {
                bracket = true;
                (1, false)
            }
            [digit, ..] if digit.is_ascii_digit() && characters > 0 => return Some((length, characters, bracket)),
            _ => return None,
        };
        sign |= is_sign;
        length += bytes;
        characters += 1;
        if characters > 3 {
            return None;
        }
    }
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = (digits.iter().rev().enumerate()).map(|(index, digit)| u32::from(if index % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum % 10 == 0
}

/// The first digits of a row, where it has so many and not all are zero.
fn nonzero(row: &Row, count: usize) -> Option<&[u8]> {
    row.digits().get(..count).filter(|digits| digits.iter().any(|digit| *digit != 0))
}

/// INSEE's SIRET: 14 digits, the first nine a SIREN. Those of La Poste have digits whose sum is a multiple of five
/// instead (INSEE, "Avis de situation": the exception of 356 000 000).
fn siret(row: &Row) -> Option<usize> {
    let digits = nonzero(row, 14)?;
    let form = [&[14][..], &[9, 5], &[3, 3, 3, 5]].into_iter().any(|sizes| row.has_form(sizes));
    let post = digits.starts_with(&[3, 5, 6, 0, 0, 0, 0, 0, 0]) && digits.iter().map(|digit| u32::from(*digit)).sum::<u32>() % 5 == 0;
    row.end(14).filter(|_| form && (luhn(digits) || post))
}

/// INSEE's SIREN: nine digits.
fn siren(row: &Row) -> Option<usize> {
    let digits = nonzero(row, 9)?;
    let form = row.has_form(&[9]) || row.has_form(&[3, 3, 3]);
    row.end(9).filter(|_| form && luhn(digits))
}

/// The longest card number at the start of a row: one group, or groups of three and more of which the first has four.
fn card(row: &Row) -> Option<usize> {
    (13..=19).rev().find_map(|count| {
        let end = row.end(count)?;
        let groups = row.groups_of(count);
        let form = groups.len() == 1 || (groups.first() == Some(&4) && groups.iter().all(|size| (3..=7).contains(size)));
        let narrow = row.wide & ((1u32 << groups.len()) - 1) == 0;
        let digits = nonzero(row, count)?;
        (form && narrow && issued(digits) && luhn(digits)).then_some(end)
    })
}

/// Whether a network issues cards that begin so and are so long (the networks' own ranges, as of ISO/IEC 7812's register).
fn issued(digits: &[u8]) -> bool {
    let head = digits.iter().take(4).fold(0u32, |head, digit| head * 10 + u32::from(*digit));
    match head {
        4000..=4999 => matches!(digits.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => digits.len() == 16,
        3400..=3499 | 3700..=3799 => digits.len() == 15,
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => digits.len() >= 14,
        3528..=3589 | 6011 | 6200..=6299 | 6440..=6599 => digits.len() >= 16,
        // Maestro and the like.
        5000..=5099 | 5600..=6999 => true,
        _ => false,
    }
}

/// Reads so many ASCII letters and digits with at most one blank, dot or hyphen between two.
fn compact<const N: usize>(text: &[u8], start: usize, count: usize) -> Option<([u8; N], usize)> {
    let mut read = [0; N];
    let mut end = start;
    for (index, slot) in read.iter_mut().take(count).enumerate() {
        if index > 0 {
            end += match text.get(end..)? {
                [b' ' | b'.' | b'-', ..] => 1,
                [0xC2, 0xA0, ..] => 2,
                [0xE2, 0x80, 0xAF, ..] => 3,
                _ => 0,
            };
        }
        *slot = text.get(end).filter(|byte| byte.is_ascii_alphanumeric())?.to_ascii_uppercase();
        end += 1;
    }
    Some((read, end))
}

/// INSEE's NIR: sex, year, month, département, commune, number, key. The key is 97 less the rest by 97 of the other
/// digits, in which 2A counts as 19 and 2B as 18 (décret 82-103 of 22 January 1982).
fn nir(text: &[u8], at: usize) -> Option<usize> {
    if !matches!(text.get(at)?, b'1'..=b'4' | b'7' | b'8') {
        return None;
    }
    let (mut digits, end) = compact::<15>(text, at, 15)?;
    match (digits.get(5)?, digits.get(6)?) {
        (b'2', b'A') => digits[5..7].copy_from_slice(b"19"),
        (b'2', b'B') => digits[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    let number = |range: Range<usize>| {
        let digits = digits.get(range)?;
        digits.iter().try_fold(0u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
    };
    // Months from 20 on stand for births whose month is not known.
    let month = matches!(number(3..5)?, 1..=12 | 20..=42 | 50..=99);
    let right = number(13..15)? == 97 - number(0..13)? % 97;
    (month && right && ends(text, end)).then_some(end)
}

/// Lengths by country, of SWIFT's IBAN registry (release 99).
const IBANS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22), (b"BH", 22),
    (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27),
    (b"DK", 18), (b"DO", 28), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27),
    (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27), (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28),
    (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26), (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28),
    (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22),
    (b"MK", 19), (b"MN", 20), (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23),
    (b"PK", 24), (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25), (b"SV", 28),
    (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// The longest IBAN.
const LONGEST_IBAN: usize = 34;

/// The IBAN whose check digits begin at `at`, its country's letters before them (ISO 13616; the check is ISO 7064's MOD
/// 97-10).
fn iban(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2).filter(|start| *start >= from)?;
    let [a, b, first, second, ..] = text.get(start..)? else { return None };
    if !first.is_ascii_digit() || !second.is_ascii_digit() {
        return None;
    }
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let (_, length) = IBANS.iter().find(|(known, _)| **known == country)?;
    let (written, end) = compact::<LONGEST_IBAN>(text, start, *length)?;
    let written = written.get(..*length)?;
    let (head, account) = written.split_at_checked(4)?;
    let rest = account.iter().chain(head).fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    (rest == 1 && begins(text, from, start) && ends(text, end)).then_some(start..end)
}

/// The end of the UUID that the digit at `at` is the first one of, or stands in: its digits mean nothing.
fn uuid(text: &[u8], from: usize, at: usize) -> Option<usize> {
    let belongs = |byte: &&u8| byte.is_ascii_hexdigit() || **byte == b'-';
    let before = text.get(from..at)?.iter().rev().take(35).take_while(belongs).count();
    let dashes = text.get(at - before..at)?.iter().take_while(|byte| **byte == b'-').count();
    let start = at - before + dashes;
    let candidate = text.get(start..start + 36)?;
    let form = candidate.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    (form && begins(text, from, start) && ends(text, start + 36)).then_some(start + 36)
}
