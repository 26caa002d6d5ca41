//! Persons' numbers by country: ssn, sin, nino, nhs_number, steuer_id, dni, bsn, national_number, ahv, pesel,
//! cpf, personnummer; and cnpj, which goes with cpf.

use super::birth::{self, Century, EITHER, NINETEEN, TWENTY};
use super::check::{self, last, last_two, luhn, remainder, to_eleven, to_ten, value, weigh};
use super::multiset;
use super::scheme::{Cursor, Form, Keep, Link, Scheme, decimal};

/// USA: area, group, serial (Social Security Administration). Never issued: area 000, 666 and from 900 on, group 00, serial
/// 0000; and two numbers that stood on cards in advertisements. What begins with 9 is a number for taxes (ITIN, Internal Revenue
/// Service: groups 50 to 65, 70 to 88, 90 to 92 and 94 to 99; ATIN: 93), and stays one.
pub(super) static SSN: Scheme = Scheme::of(&[Form::Of("9dd93dddd"), Form::Of("9dddddddd"), Form::Of("ddddddddd")], |symbols, form| {
    let part = |from: usize, to: usize| symbols.get(from..to).and_then(decimal).unwrap_or(0);
    let (area, group, serial) = (part(0, 3), part(3, 5), part(5, 9));
    match form {
        0 => true,
        1 => matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99),
        _ => {
            area > 0
                && area != 666
                && area < 900
                && group > 0
                && serial > 0
                && !matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999))
        }
    }
});

/// USA, where what comes out must be nobody's: area from 900 on and group 01 to 49, which are issued neither as SSN nor as
/// ITIN or ATIN.
pub(super) static NO_SSN: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.literal(b"9");
        cursor.digits(2);
        cursor.range(2, 1, 49);
        cursor.range(4, 1, 9999);
    })],
    check::none,
);

/// Canada: nine digits with the check of Luhn, the first neither 0 nor 8 (Employment and Social Development Canada). A 9 is of
/// temporary residents.
pub(super) static SIN: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.within(&[b"1234567", b"9"]);
        cursor.digits(7);
        cursor.check(1);
    })],
    |symbols, _| symbols.first().is_some_and(|first| !b"08".contains(first)) && last(symbols, luhn),
);

/// United Kingdom: two letters, six digits, A to D or nothing (HMRC, National Insurance Manual NIM39110).
pub(super) static NINO: Scheme =
    Scheme::of(&[Form::By(|cursor, _| nino(cursor, true)), Form::By(|cursor, _| nino(cursor, false))], |symbols, _| {
        !matches!(symbols.get(..2), Some(b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"))
    });

fn nino(cursor: &mut Cursor<'_>, suffix: bool) {
    cursor.one_of(b"ABCEGHJKLMNOPRSTWXYZ");
    cursor.one_of(b"ABCEGHJKLMNPRSTWXYZ");
    cursor.digits(6);
    if suffix {
        cursor.one_of(b"ABCD");
    }
}

/// England, Wales, Isle of Man: nine digits, weights 10 to 2, check modulo 11 (NHS Data Dictionary).
pub(super) static NHS_NUMBER: Scheme =
    Scheme::of(&[Form::Of("ddddddddd#")], |symbols, _| last(symbols, |body| to_eleven(weigh(body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]))));

/// Germany: ten digits and a check of ISO 7064 MOD 11,10. The first is not 0; of the ten one digit comes twice, or three times but
/// not thrice in a row, and all others once at most (Bundeszentralamt für Steuern; Steueridentifikationsnummerverordnung).
pub(super) static STEUER_ID: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.draw(10, multiset::COUNT, multiset::rank, multiset::write);
        cursor.check(1);
    })],
    |symbols, _| {
        let body = symbols.get(..10).unwrap_or_default();
        let thrice = body.windows(3).any(|three| three.iter().all(|digit| Some(digit) == three.first()));
        !thrice && body.first() != Some(&b'0') && last(symbols, check::mod_11_10)
    },
);

/// The letters of Spanish numbers, by the remainder modulo 23.
pub(super) const SPANISH: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Spain: DNI, eight digits and a letter; NIE, where X, Y or Z stands for 0, 1 or 2 in front; and K, L, M with seven digits (Real
/// Decreto 1553/2005; Orden INT/2058/2008). A DNI without its letter is one, too.
pub(super) static DNI: Scheme =
    Scheme::of(&[Form::Of("dddddddd#"), Form::By(nie), Form::By(klm), Form::Of("dddddddd")], |symbols, form| form == 3 || spanish(symbols));

/// The control letter of a DNI, a NIE or a number with K, L or M.
pub(super) fn spanish(symbols: &mut [u8]) -> bool {
    check::last_of(symbols, SPANISH, |body| match body {
        [first @ b'X'..=b'Z', rest @ ..] => remainder(u32::from(first - b'X'), rest, 23),
        [b'K' | b'L' | b'M', rest @ ..] => remainder(0, rest, 23),
        all => remainder(0, all, 23),
    })
}

pub(super) fn nie(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.one_of(b"XYZ");
    cursor.digits(7);
    cursor.check(1);
}

pub(super) fn klm(cursor: &mut Cursor<'_>, _: Keep) {
    if !cursor.peek(0).is_some_and(|first| b"KLM".contains(&first)) {
        return cursor.fail();
    }
    cursor.keep(1);
    cursor.digits(7);
    cursor.check(1);
}

/// The Netherlands: nine digits, weights 9 to 2 and -1, a multiple of 11 (the "elfproef" of the Rijksdienst voor Identiteitsgegevens);
/// eight where the zero in front is left out.
pub(super) static BSN: Scheme = Scheme::of(&[Form::Of("dddddddd#"), Form::Of("ddddddd#")], |symbols, form| {
    symbols.iter().any(|digit| *digit != b'0') && eleven_test(symbols, if form == 0 { 9 } else { 8 })
});

/// The check of the eleven test, the first weight given.
pub(super) fn eleven_test(symbols: &mut [u8], first: u32) -> bool {
    last(symbols, |body| body.iter().zip((2..=first).rev()).map(|(digit, weight)| value(*digit) * weight).sum::<u32>() % 11)
}

/// Belgium: date of birth, a count (odd for men), and 97 less the remainder of all before it, behind a 2 for those born from 2000
/// on (arrêté royal of 3 April 1984). 20 or 40 is added to the month in the numbers of those not in the register (BIS).
pub(super) static NATIONAL_NUMBER: Scheme = Scheme::of(
    &[Form::By(|cursor, keep| belgian(cursor, keep, NINETEEN)), Form::By(|cursor, keep| belgian(cursor, keep, TWENTY))],
    |symbols, form| {
        let counted = symbols.get(6..9).and_then(decimal).is_some_and(|count| (1..=998).contains(&count));
        counted && last_two(symbols, |body| 97 - remainder(if form == 0 { 0 } else { 2 }, body, 97))
    },
);

fn belgian(cursor: &mut Cursor<'_>, keep: Keep, century: Century) {
    let offset = match decimal(cursor.next(4).get(2..).unwrap_or_default()) {
        Some(0..=12) => 0,
        Some(20..=32) => 20,
        Some(40..=52) => 40,
        _ => return cursor.fail(),
    };
    birth::draw(cursor, keep, century, (offset, 0));
    cursor.digits(2);
    birth::draw_sex(cursor, keep);
    cursor.check(2);
}

/// Switzerland: 756, nine digits, the check of an EAN (Verordnung über die Alters- und Hinterlassenenversicherung, art. 133).
pub(super) static AHV: Scheme = Scheme::of(&[Form::Of("756ddddddddd#")], |symbols, _| last(symbols, check::ean));

/// Poland: date of birth, with a number added to the month that tells the century, three digits, one of the sex, and a check
/// (ustawa z dnia 24 września 2010 o ewidencji ludności).
pub(super) static PESEL: Scheme =
    Scheme::of(&[Form::By(pesel)], |symbols, _| last(symbols, |body| to_ten(weigh(body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]))));

fn pesel(cursor: &mut Cursor<'_>, keep: Keep) {
    let Some(month) = decimal(cursor.next(4).get(2..).unwrap_or_default()) else { return cursor.fail() };
    let offset = month / 20 * 20;
    // Of the centuries from 1800, 1900, … 2200 on, only one begins with a leap year.
    birth::draw(cursor, keep, if offset == 20 { TWENTY } else { NINETEEN }, (offset, 0));
    cursor.digits(3);
    birth::draw_sex(cursor, keep);
    cursor.check(1);
}

/// Sweden: date of birth, three digits of which the last tells the sex, the check of Luhn (folkbokföringslag 1991:481); also with
/// the century in front. 60 is added to the day of those not in the register.
pub(super) static PERSONNUMMER: Scheme =
    Scheme::of(&[Form::By(|cursor, keep| swedish(cursor, keep, 0)), Form::By(|cursor, keep| swedish(cursor, keep, 2))], |symbols, form| {
        let day = symbols.get(if form == 0 { 4..6 } else { 6..8 }).and_then(decimal);
        let month = symbols.get(if form == 0 { 2..4 } else { 4..6 }).and_then(decimal);
        // An organisation's number has a third digit of two or more.
        let dated = matches!(month, Some(1..=12)) && matches!(day, Some(1..=31 | 61..=91));
        dated && symbols.get_mut(if form == 0 { 0 } else { 2 }..).is_some_and(|short| last(short, luhn))
    });

fn swedish(cursor: &mut Cursor<'_>, keep: Keep, century: usize) {
    if cursor.count() != 10 + century {
        return cursor.fail();
    }
    if century > 0 && !matches!(cursor.next(2), b"18" | b"19" | b"20") {
        return cursor.fail();
    }
    let years = match cursor.next(century) {
        b"" => EITHER,
        b"20" => TWENTY,
        _ => NINETEEN,
    };
    cursor.keep(century);
    let apart = decimal(cursor.next(6).get(4..).unwrap_or_default()).is_some_and(|day| day > 60);
    birth::draw(cursor, keep, years, (0, if apart { 60 } else { 0 }));
    cursor.digits(2);
    birth::draw_sex(cursor, keep);
    cursor.check(1);
}

/// Brazil: nine digits and two checks modulo 11 (Receita Federal). Ten and eleven are written 0. Eleven times one digit is none.
pub(super) static CPF: Scheme = Scheme::of(&[Form::Of("ddddddddd##")], |symbols, _| {
    let sealed = brazilian(symbols, &[10, 9, 8, 7, 6, 5, 4, 3, 2], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    sealed && symbols.iter().any(|digit| Some(digit) != symbols.first())
});

/// Brazil's two checks.
fn brazilian(symbols: &mut [u8], first: &[u32], second: &[u32]) -> bool {
    // Letters count as in ASCII, 48 less (Receita Federal, nota técnica on the alphanumeric CNPJ, 2024).
    let sum = |body: &[u8], weights: &[u32]| -> u32 {
        body.iter().zip(weights).map(|(symbol, weight)| u32::from(symbol.saturating_sub(b'0')) * weight).sum()
    };
    let check = |sum: u32| to_eleven(sum) % 10;
    let Some(body) = symbols.len().checked_sub(1).and_then(|length| symbols.get_mut(..length)) else { return false };
    last(body, |body| check(sum(body, first))) && last(symbols, |body| check(sum(body, second)))
}

/// What [`CNPJ`] keeps: the number of the branch.
pub(super) const BRANCH: Keep = 1;

/// The eight places of the organisation in a CNPJ.
static CNPJ_ROOT: Scheme = Scheme::of(&[Form::Of("xxxxxxxx")], |symbols, _| symbols.iter().any(|symbol| *symbol != b'0'));

/// Brazil: eight digits or letters of the organisation (letters since 2026), four of the branch, two checks.
pub(super) static CNPJ: Scheme = Scheme {
    forms: &[Form::By(|cursor, keep| {
        cursor.keep(8);
        if keep & BRANCH == 0 {
            cursor.alike(4)
        } else {
            cursor.keep(4)
        }
        cursor.check(2);
    })],
    seal: |symbols, _| {
        let sealed = brazilian(symbols, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
        sealed && symbols.iter().take(8).any(|symbol| *symbol != b'0')
    },
    link: Some(Link { form: 0, at: 0..8, scheme: &CNPJ_ROOT, unless: 0 }),
};
