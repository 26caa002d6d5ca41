//! Numbers of value-added tax: the European Union's, those of the United Kingdom (and Northern Ireland, XI), of Switzerland and of
//! Norway. Checks: European Commission, VIES, "VAT numbers: algorithms" (BMF, UID-Konstruktionsregeln), and the countries' own
//! registers. Where natural persons have a number of another make (BG, CZ, LV), its digits have no check here.

use super::check::{self, last, last_two, luhn, mod_11_10, put, remainder, to_eleven, to_ten, value, weigh};
use super::france::SIREN;
use super::scheme::{Cursor, Form, Keep, LETTERS, Link, Scheme};
use super::{italy, people};

/// Puts a check at the end of what stands behind the prefix.
fn tail(symbols: &mut [u8], prefix: usize, check: impl FnOnce(&[u8]) -> u32) -> bool {
    symbols.get_mut(prefix..).is_some_and(|number| last(number, check))
}

/// The same, of two digits.
fn tail_two(symbols: &mut [u8], prefix: usize, check: impl FnOnce(&[u8]) -> u32) -> bool {
    symbols.get_mut(prefix..).is_some_and(|number| last_two(number, check))
}

/// Whether the first digit behind the prefix is not 0.
fn leads(symbols: &[u8]) -> bool {
    symbols.get(2) != Some(&b'0')
}

macro_rules! scheme {
    ([$($form:expr),+ $(,)?], $seal:expr) => {{
        static SCHEME: Scheme = Scheme::of(&[$($form),+], $seal);
        &SCHEME
    }};
}

/// The countries, by the prefix of their numbers; but CH for Switzerland, whose is CHE.
pub(super) const CODES: &[&str] = &[
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// What stands in front of a country's numbers.
pub(super) fn prefix(code: &str) -> &'static str {
    let known = CODES.iter().find(|known| **known == code).copied().unwrap_or_default();
    if known == "CH" { "CHE" } else { known }
}

/// The numbers of all of them.
pub(super) static SCHEMES: &[&Scheme] = &[
    scheme!([Form::Of("ATUddddddd#")], |symbols, _| tail(symbols, 3, |body| (16 - luhn_sum(body)) % 10)),
    // The first digit is 0 or 1; long numbers in which it is left out are old.
    scheme!([Form::By(belgium), Form::Of("BEddddddd##")], |symbols, _| tail_two(symbols, 2, |body| 97 - remainder(0, body, 97))),
    scheme!([Form::Of("BGdddddddd#"), Form::Of("BGdddddddddd")], |symbols, form| form == 1 || tail(symbols, 2, bulgaria)),
    scheme!([Form::Of("CHEdddddddd#"), Form::By(swiss)], |symbols, _| symbols
        .get_mut(3..12)
        .is_some_and(|number| last(number, |body| to_eleven(weigh(body, &[5, 4, 3, 2, 7, 6, 5, 4]))))),
    scheme!([Form::Of("CYdddddddd#")], |symbols, _| {
        symbols.get(2..4) != Some(b"12") && symbols.get_mut(2..).is_some_and(|number| check::last_of(number, LETTERS, italy::italian))
    }),
    scheme!([Form::Of("CZddddddd#"), Form::Of("CZddddddddd"), Form::Of("CZdddddddddd")], |symbols, form| {
        form > 0
            || symbols.get(2) != Some(&b'9')
                && tail(symbols, 2, |body| match to_eleven(weigh(body, &[8, 7, 6, 5, 4, 3, 2])) {
                    0 => 1,
                    check => check % 10,
                })
    }),
    scheme!([Form::Of("DEdddddddd#")], |symbols, _| leads(symbols) && tail(symbols, 2, mod_11_10)),
    scheme!([Form::Of("DKddddddd#")], |symbols, _| leads(symbols)
        && tail(symbols, 2, |body| to_eleven(weigh(body, &[2, 7, 6, 5, 4, 3, 2])))),
    scheme!([Form::Of("EEdddddddd#")], |symbols, _| tail(symbols, 2, |body| to_ten(weigh(body, &[3, 7, 1])))),
    scheme!([Form::Of("ELdddddddd#")], |symbols, _| tail(symbols, 2, greece)),
    scheme!([Form::Of("ESdddddddd#"), Form::By(nie), Form::By(klm), Form::By(cif)], spain),
    scheme!([Form::Of("FIddddddd#")], |symbols, _| tail(symbols, 2, |body| to_eleven(weigh(body, &[7, 9, 10, 5, 8, 4, 2])))),
    &FRANCE,
    &BRITAIN,
    scheme!([Form::Of("GRdddddddd#")], |symbols, _| tail(symbols, 2, greece)),
    scheme!([Form::Of("HRdddddddddd#")], |symbols, _| tail(symbols, 2, mod_11_10)),
    scheme!([Form::Of("HUddddddd#")], |symbols, _| tail(symbols, 2, |body| to_ten(weigh(body, &[9, 7, 3, 1])))),
    scheme!([Form::Of("IEddddddd#"), Form::Of("IEddddddd#l"), Form::By(old_irish)], ireland),
    scheme!([Form::By(italy)], |symbols, _| tail(symbols, 2, luhn)),
    scheme!([Form::Of("LTddddddd1#"), Form::Of("LTdddddddddd1#")], |symbols, _| tail(symbols, 2, lithuania)),
    scheme!([Form::Of("LUdddddd##")], |symbols, _| tail_two(symbols, 2, |body| remainder(0, body, 89))),
    scheme!([Form::By(latvian_company), Form::By(latvian_person)], latvia),
    scheme!([Form::Of("MTdddddd##")], |symbols, _| leads(symbols)
        && tail_two(symbols, 2, |body| 37 - weigh(body, &[3, 4, 6, 7, 8, 9]) % 37)),
    scheme!([Form::Of("NLdddddddd#Bdd"), Form::Of("NLdddddddddB##")], netherlands),
    scheme!([Form::Of("NOdddddddd#MVA"), Form::Of("NOdddddddd#")], |symbols, _| {
        symbols.get_mut(2..11).is_some_and(|number| last(number, |body| to_eleven(weigh(body, &[3, 2, 7, 6, 5, 4, 3, 2]))))
    }),
    // Ten is no check: such numbers are not given.
    scheme!([Form::Of("PLddddddddd#")], |symbols, _| tail(symbols, 2, |body| weigh(body, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11)),
    // The first digit tells the kind of taxpayer.
    scheme!([Form::Of("PT=ddddddd#")], |symbols, _| leads(symbols)
        && tail(symbols, 2, |body| to_eleven(weigh(body, &[9, 8, 7, 6, 5, 4, 3, 2])) % 10)),
    scheme!([Form::By(romania)], |symbols, _| leads(symbols)
        && tail(symbols, 2, |body| {
            let sum: u32 = body.iter().rev().zip([2, 3, 5, 7, 1, 2, 3, 5, 7]).map(|(digit, weight)| value(*digit) * weight).sum();
            sum * 10 % 11 % 10
        })),
    scheme!([Form::Of("SEddddddddd#01")], |symbols, _| symbols.get_mut(2..12).is_some_and(|number| last(number, luhn))),
    scheme!([Form::Of("SIddddddd#")], |symbols, _| leads(symbols)
        && tail(symbols, 2, |body| {
            match 11 - weigh(body, &[8, 7, 6, 5, 4, 3, 2]) % 11 {
                10 => 0,
                // Eleven, which no digit writes, is no check.
                check => check,
            }
        })),
    scheme!([Form::Of("SKddddddddd#")], |symbols, _| {
        let kind = symbols.get(4).is_some_and(|digit| b"234789".contains(digit));
        kind && leads(symbols) && tail(symbols, 2, |body| to_eleven(remainder(0, body, 11) * 10))
    }),
    &BRITAIN,
];

/// The sum of Luhn of digits that no check follows: the last one counts once, the one before it twice.
fn luhn_sum(body: &[u8]) -> u32 {
    let (last, rest) = body.split_last().map_or((0, body), |(last, rest)| (value(*last), rest));
    // What makes the rest a multiple of ten is what its sum lacks.
    (last + 10 - luhn(rest)) % 10
}

fn belgium(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"BE");
    cursor.one_of(b"01");
    cursor.digits(7);
    cursor.check(2);
}

fn bulgaria(body: &[u8]) -> u32 {
    match weigh(body, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11 {
        10 => weigh(body, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10,
        check => check,
    }
}

/// Behind the number stands the tax's name.
fn swiss(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"CHE");
    cursor.digits(8);
    cursor.check(1);
    match cursor.count().saturating_sub(12) {
        4 => cursor.literal(b"MWST"),
        3 if cursor.next(3) == b"TVA" || cursor.next(3) == b"IVA" => cursor.keep(3),
        _ => cursor.literal(b"TPV"),
    }
}

fn greece(body: &[u8]) -> u32 {
    weigh(body, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10
}

fn nie(cursor: &mut Cursor<'_>, keep: Keep) {
    cursor.literal(b"ES");
    people::nie(cursor, keep);
}

fn klm(cursor: &mut Cursor<'_>, keep: Keep) {
    cursor.literal(b"ES");
    people::klm(cursor, keep);
}

/// An organisation: a letter for its kind, seven digits, a check that is a digit or a letter and stays one or the other.
fn cif(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"ES");
    if !cursor.peek(0).is_some_and(|kind| b"ABCDEFGHJNPQRSUVW".contains(&kind)) {
        return cursor.fail();
    }
    cursor.keep(1);
    cursor.digits(7);
    cursor.check(1);
}

fn spain(symbols: &mut [u8], form: usize) -> bool {
    let Some(number) = symbols.get_mut(2..) else { return false };
    if form < 3 {
        return people::spanish(number);
    }
    let letter = number.last().is_some_and(u8::is_ascii_uppercase);
    let check = |body: &[u8]| luhn(body.get(1..).unwrap_or_default());
    if letter { check::last_of(number, b"JABCDEFGHI", check) } else { last(number, check) }
}

/// A SIREN behind a key of two digits, its own in Monaco; or, not given yet, a key with a letter in it (Code général des impôts,
/// annexe IV; Direction générale des finances publiques).
static FRANCE: Scheme = Scheme {
    forms: &[Form::Of("FR##000dddddd"), Form::Of("FR##========="), Form::By(french_letters)],
    seal: |symbols, form| {
        let Some((head, siren)) = symbols.split_at_mut_checked(4) else { return false };
        let rest = remainder(0, siren, 97);
        match (form, head) {
            (0, [_, _, tens, ones]) => put(tens, (12 + 3 * rest) % 97 / 10) && put(ones, (12 + 3 * rest) % 97 % 10),
            (1, [_, _, tens, ones]) => {
                let valid = siren.split_last().is_some_and(|(check, body)| value(*check) == luhn(body));
                let key = (12 + 3 * rest) % 97;
                valid && siren.iter().all(u8::is_ascii_digit) && put(tens, key / 10) && put(ones, key % 10)
            }
            (_, [_, _, first, second]) => last(siren, luhn) && letters_fit(*first, *second, siren),
            _ => false,
        }
    },
    link: Some(Link { form: 1, at: 4..13, scheme: &SIREN, unless: 0 }),
};

const FRENCH: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

fn french_letters(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"FR");
    let key = cursor.next(2);
    if !key.iter().any(u8::is_ascii_uppercase) || !key.iter().all(|symbol| FRENCH.contains(symbol)) {
        return cursor.fail();
    }
    for _ in 0..2 {
        cursor.within(&[b"0123456789", b"ABCDEFGHJKLMNPQRSTUVWXYZ"]);
    }
    cursor.digits(8);
    cursor.check(1);
}

/// The rule of keys with a letter.
fn letters_fit(first: u8, second: u8, siren: &[u8]) -> bool {
    let index = |symbol: u8| FRENCH.iter().position(|known| *known == symbol).map(|at| at as u32);
    let (Some(one), Some(two)) = (index(first), index(second)) else { return false };
    let Some(check) =
        (if first.is_ascii_digit() { one * 24 + two } else { one * 34 + two }).checked_sub(if first.is_ascii_digit() { 10 } else { 100 })
    else {
        return false;
    };
    (remainder(0, siren, 11) + 1 + check / 11) % 11 == check % 11
}

/// Seven digits and two checks by one of two rules, with three digits of a branch or without; or a department of the government
/// (GD, below 500) or a health authority (HA).
static BRITAIN: Scheme = Scheme::of(
    &[
        Form::Of("==ddddddd##"),
        Form::Of("==ddddddd##"),
        Form::Of("==ddddddd##ddd"),
        Form::Of("==ddddddd##ddd"),
        Form::Of("==GDddd"),
        Form::Of("==HAddd"),
    ],
    |symbols, form| {
        let named = matches!(symbols.get(..2), Some(b"GB" | b"XI"));
        let first = symbols.get(4).copied().unwrap_or(0);
        let numbers = |symbols: &mut [u8], plus: u32| {
            symbols.get_mut(2..11).is_some_and(|number| {
                last_two(number, |body| {
                    let rest = (weigh(body, &[8, 7, 6, 5, 4, 3, 2]) + plus) % 97;
                    if plus == 0 { 97 - rest } else { (97 - rest) % 97 }
                })
            })
        };
        named
            && match form {
                0 | 2 => numbers(symbols, 0),
                // The second rule begins with 100, and adds 55.
                1 | 3 => symbols.get(2) != Some(&b'0') && numbers(symbols, 55),
                4 => first < b'5',
                _ => first >= b'5',
            }
    },
);

fn italy(cursor: &mut Cursor<'_>, keep: Keep) {
    cursor.literal(b"IT");
    italy::partita_iva(cursor, keep);
}

/// A letter or a sign at the second place.
fn old_irish(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"IE");
    cursor.digits(1);
    cursor.letters(1);
    cursor.digits(5);
    cursor.check(1);
}

fn ireland(symbols: &mut [u8], form: usize) -> bool {
    const ALPHABET: &[u8] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let Some((_, number)) = symbols.split_at_mut_checked(2) else { return false };
    let weights = &[8, 7, 6, 5, 4, 3, 2];
    let Some((body, rest)) = number.split_at_mut_checked(7) else { return false };
    let sum = match (form, &*body, rest.get(1)) {
        (2, [first, _, others @ ..], _) => weigh(others, &[7, 6, 5, 4, 3]) + 2 * value(*first),
        (_, body, None) => weigh(body, weights),
        (_, body, Some(b'W')) => weigh(body, weights),
        // The letter behind the check counts nine times its place in the alphabet; A to I are given.
        (_, body, Some(letter @ b'A'..=b'I')) => weigh(body, weights) + 9 * u32::from(letter - b'A' + 1),
        _ => return false,
    };
    rest.get_mut(..1).is_some_and(|place| check::last_of(place, ALPHABET, |_| sum % 23))
}

fn lithuania(body: &[u8]) -> u32 {
    match weigh(body, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 {
        10 => weigh(body, &[3, 4, 5, 6, 7, 8, 9, 1, 2]) % 11 % 10,
        check => check,
    }
}

fn latvian_company(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"LV");
    cursor.one_of(b"456789");
    cursor.digits(9);
    cursor.check(1);
}

fn latvian_person(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"LV");
    cursor.one_of(b"0123");
    cursor.digits(10);
}

fn latvia(symbols: &mut [u8], form: usize) -> bool {
    // The weighted sum with the check leaves 3.
    form == 1 || tail(symbols, 2, |body| to_eleven(weigh(body, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6]) + 8))
}

/// The eleven test; or, for natural persons since 2020, MOD 97-10 over all of it.
fn netherlands(symbols: &mut [u8], form: usize) -> bool {
    if form == 1 {
        return last_two(symbols, check::mod_97_10);
    }
    let (Some(number), true) = (symbols.get(2..11), symbols.get(12..) != Some(b"00")) else { return false };
    number.iter().any(|digit| *digit != b'0') && symbols.get_mut(2..11).is_some_and(|number| people::eleven_test(number, 9))
}

fn romania(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.literal(b"RO");
    match cursor.count().checked_sub(3) {
        Some(digits @ 1..=9) => cursor.digits(digits),
        _ => return cursor.fail(),
    }
    cursor.check(1);
}
