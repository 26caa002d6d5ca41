//! Numbers that stand for somebody, told by their check digits: SIRET, SIREN, payment cards, NIR, IBAN.

use std::ops::Range;

use super::Kind;
use super::edge::{begins, ends};
use super::row::Row;

/// Says where in the text a number ends that a row begins with.
type Check = fn(&Row) -> Option<usize>;

/// What a row of digits may be, in the order in which it is tried.
pub(super) const CHECKS: [(Kind, Check); 3] = [(Kind::Siret, siret), (Kind::CreditCard, card), (Kind::Siren, siren)];

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        (digits.iter().rev().enumerate()).map(|(index, digit)| u32::from(if index % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}

/// The first digits of a row, where it has so many and not all are zero.
fn nonzero(row: &Row, count: usize) -> Option<&[u8]> {
    row.digits().get(..count).filter(|digits| digits.iter().any(|digit| *digit != 0))
}

/// INSEE's SIRET: 14 digits with Luhn's check, the first nine a SIREN. Those of La Poste have digits whose sum is a multiple of five
/// instead (INSEE, "Avis de situation": the exception of 356 000 000).
fn siret(row: &Row) -> Option<usize> {
    let digits = nonzero(row, 14)?;
    let form = [&[14][..], &[9, 5], &[3, 3, 3, 5]].into_iter().any(|sizes| row.has_form(sizes));
    let post =
        digits.starts_with(&[3, 5, 6, 0, 0, 0, 0, 0, 0]) && digits.iter().map(|digit| u32::from(*digit)).sum::<u32>().is_multiple_of(5);
    row.end(14).filter(|_| form && digits.get(..9).is_some_and(luhn) && (luhn(digits) || post))
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
        let digits = nonzero(row, count)?;
        (form && row.is_narrow(groups.len()) && issued(digits) && luhn(digits)).then_some(end)
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
pub(super) fn nir(text: &[u8], at: usize) -> Option<usize> {
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

/// Lengths, and the countries that have them, of SWIFT's IBAN registry.
const IBANS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

/// The longest IBAN.
const LONGEST_IBAN: usize = 34;

/// The IBAN whose check digits begin at `at`, its country's letters before them (ISO 13616; the check is ISO 7064's MOD
/// 97-10).
pub(super) fn iban(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2).filter(|start| *start >= from)?;
    let [a, b, first, second, ..] = text.get(start..)? else { return None };
    if !first.is_ascii_digit() || !second.is_ascii_digit() {
        return None;
    }
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let has = |countries: &str| countries.as_bytes().chunks(3).any(|known| known.starts_with(&country));
    let (length, _) = IBANS.iter().find(|(_, countries)| has(countries))?;
    let (written, end) = compact::<LONGEST_IBAN>(text, start, *length)?;
    let written = written.get(..*length)?;
    let (head, account) = written.split_at_checked(4)?;
    let rest = account.iter().chain(head).fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    (rest == 1 && begins(text, from, start) && ends(text, end)).then_some(start..end)
}
