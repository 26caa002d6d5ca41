//! International Bank Account Numbers: ISO 13616.

use super::check::{self, last, last_two, luhn, mod_11_10, put, remainder, to_eleven, to_ten, weigh};
use super::iban_countries::{COUNTRIES, Country, National};
use super::italy::italian;
use super::scheme::{Cursor, DIGITS, Form, Keep, LETTERS, Scheme};

/// What [`IBAN`] keeps: the bank.
pub(super) const BANK: Keep = 1;

/// Country, two checks (ISO 7064 MOD 97-10 with the first four places put last), and the country's own number. Where its national
/// check is right, that of the new number is; where it is not, neither is that of the new one. A country that is not in the
/// registry keeps its shape.
pub(super) static IBAN: Scheme = Scheme::of(
    &[Form::By(|cursor, keep| iban(cursor, keep, true)), Form::By(|cursor, keep| iban(cursor, keep, false))],
    |symbols, form| {
        let known = symbols.get(..2).and_then(find);
        let national = match (known, symbols.get_mut(4..)) {
            (Some(country), Some(bban)) if form == 0 => country.national.seal(bban),
            _ => true,
        };
        let Some((head, bban)) = symbols.split_at_mut_checked(4) else { return false };
        let [country @ .., tens, ones] = head else { return false };
        let rest = remainder(remainder(0, bban, 97), country, 97) * 100 % 97;
        national && put(tens, (98 - rest) / 10) && put(ones, (98 - rest) % 10)
    },
);

fn find(code: &[u8]) -> Option<&'static Country> {
    let at = COUNTRIES.binary_search_by(|country| country.code.as_slice().cmp(code)).ok()?;
    COUNTRIES.get(at)
}

fn iban(cursor: &mut Cursor<'_>, keep: Keep, national: bool) {
    let country = find(cursor.next(2));
    if !cursor.next(2).iter().all(u8::is_ascii_uppercase) {
        return cursor.fail();
    }
    cursor.keep(2);
    cursor.check(2);
    let Some(country) = country else {
        // ISO 13616: at most 30 places; ten is fewer than any country has.
        let rest = cursor.count().saturating_sub(4);
        return if (10..=30).contains(&rest) && national { cursor.alike(rest) } else { cursor.fail() };
    };
    if !national && country.national == National::None {
        return cursor.fail();
    }
    let (mut count, mut at) = (0, 0);
    for letter in country.structure.bytes() {
        if letter.is_ascii_digit() {
            count = count * 10 + usize::from(letter - b'0');
            continue;
        }
        for _ in 0..std::mem::take(&mut count) {
            let kept = keep & BANK != 0 && (country.bank..country.end).contains(&at);
            place(cursor, letter, kept, national);
            at += 1;
        }
    }
}

fn place(cursor: &mut Cursor<'_>, class: u8, kept: bool, national: bool) {
    let fits = |alphabet: &[u8]| cursor.peek(0).is_some_and(|symbol| alphabet.contains(&symbol));
    match class {
        b'#' if national => cursor.check(1),
        b'n' if !fits(DIGITS) => cursor.fail(),
        b'a' if !fits(LETTERS) => cursor.fail(),
        b'=' => cursor.keep(1),
        _ if kept => cursor.keep(1),
        _ => cursor.alike(1),
    }
}

/// Writes a check at a place, made of others.
fn at(bban: &mut [u8], place: usize, from: std::ops::Range<usize>, check: impl FnOnce(&[u8]) -> u32) -> bool {
    let Some(check) = bban.get(from).map(check) else { return false };
    bban.get_mut(place).is_some_and(|place| put(place, check))
}

/// The key of a French RIB (Comité français d'organisation et de normalisation bancaires). A to I count 1 to 9, J to R 1 to 9, S to
/// Z 2 to 9.
fn rib(body: &[u8]) -> u32 {
    let digit = |symbol: u8| match symbol {
        b'A'..=b'I' => symbol - b'A' + b'1',
        b'J'..=b'R' => symbol - b'J' + b'1',
        b'S'..=b'Z' => symbol - b'S' + b'2',
        digit => digit,
    };
    97 - body.iter().fold(0, |rest, symbol| remainder(rest, &[digit(*symbol)], 97)) * 100 % 97
}

/// Spain's check modulo 11: ten is written 1.
fn spanish(digits: &[u8], weights: &[u32]) -> u32 {
    match to_eleven(weigh(digits, weights)) {
        10 => 1,
        check => check,
    }
}

impl National {
    /// Writes the check into a country's number; false where there is none for these digits.
    fn seal(self, bban: &mut [u8]) -> bool {
        const TENS: &[u32] = &[9, 7, 3, 1];
        const ELEVENS: &[u32] = &[6, 3, 7, 9, 10, 5, 8, 4, 2];
        match self {
            National::None => true,
            National::Rib => last_two(bban, rib),
            National::Mod97 => last_two(bban, check::mod_97_10),
            National::Belgium => last_two(bban, |body| match remainder(0, body, 97) {
                0 => 97,
                rest => rest,
            }),
            National::Spain => {
                at(bban, 8, 0..8, |bank| spanish(bank, &[4, 8, 5, 10, 9, 7, 3, 6]))
                    && at(bban, 9, 10..20, |account| spanish(account, &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6]))
            }
            National::Italy => {
                let Some((place, body)) = bban.split_first_mut() else { return false };
                let letter = LETTERS.get(italian(body) as usize).copied();
                *place = letter.unwrap_or(*place);
                true
            }
            National::Luhn => last(bban, luhn),
            National::Estonia => last(bban, |body| {
                // The bank's first two digits are no part of the account; weights 7, 3, 1 from the right.
                let account = body.get(2..).unwrap_or_default();
                let sum = account.iter().rev().zip([7, 3, 1].iter().cycle()).map(|(digit, weight)| check::value(*digit) * weight).sum();
                to_ten(sum)
            }),
            National::Norway => last(bban, |body| match body {
                // The bank counts only where the account has its two digits of the kind.
                [_, _, _, _, b'0', b'0', account @ ..] => to_eleven(weigh(account, &[5, 4, 3, 2])),
                body => to_eleven(weigh(body, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2])),
            }),
            National::Poland => at(bban, 7, 0..7, |bank| to_ten(weigh(bank, &[3, 9, 7, 1]))),
            National::Albania => at(bban, 7, 0..7, |bank| to_ten(weigh(bank, TENS))),
            National::Hungary => {
                at(bban, 7, 0..7, |bank| to_ten(weigh(bank, TENS))) && at(bban, 23, 8..23, |account| to_ten(weigh(account, TENS)))
            }
            National::Czechia => {
                at(bban, 9, 4..9, |prefix| to_eleven(weigh(prefix, &[10, 5, 8, 4, 2])))
                    && at(bban, 19, 10..19, |account| to_eleven(weigh(account, ELEVENS)))
            }
            National::Iceland => at(bban, 20, 12..20, |holder| to_eleven(weigh(holder, &[3, 2, 7, 6, 5, 4, 3, 2]))),
            National::Croatia => at(bban, 6, 0..6, mod_11_10) && at(bban, 16, 7..16, mod_11_10),
        }
    }
}
