//! France: siren, siret, rna, nir, ine, uai, rpps.

use super::birth::{BIRTH, PLACE, SEX};
use super::check::{self, last, last_two, luhn, remainder, value};
use super::scheme::{Cursor, Form, Keep, Link, Scheme, decimal};
use super::symbols::Symbols;

/// La Poste's number. Its establishments have no check of Luhn, so that no other organisation can have theirs: it stays itself,
/// and they stay among themselves.
const LA_POSTE: &str = "356000000";

/// Eight digits and the check of Luhn (Insee, répertoire Sirene; code de commerce R123-220 and following).
pub(super) static SIREN: Scheme = Scheme::of(&[Form::Of(LA_POSTE), Form::Of("dddddddd#")], |symbols, form| {
    // None begins with 000: in numbers of VAT those are Monaco's.
    form == 0 || symbols.get(..3) != Some(b"000") && last(symbols, luhn)
});

/// What [`SIRET`] keeps: the organisation.
pub(super) const OF_SIREN: Keep = 1;
/// What [`SIRET`] keeps: the establishment's number within it.
pub(super) const OF_NIC: Keep = 2;

/// A SIREN, four digits of the establishment and a check of Luhn over all 14. Those of La Poste add up to a multiple of five
/// instead; its seat does not, and stays itself, and if there are others with a check of Luhn, they stay among themselves.
pub(super) static SIRET: Scheme = Scheme {
    forms: &[Form::Of("35600000000048"), Form::By(post), Form::By(post), Form::By(siret)],
    seal: |symbols, form| match form {
        0 => true,
        1 => symbols.iter().map(|digit| value(*digit)).sum::<u32>().is_multiple_of(5),
        2 => symbols.split_last().is_some_and(|(check, body)| value(*check) == luhn(body)),
        _ => symbols.get(..9).is_some_and(is_siren) && last(symbols, luhn),
    },
    link: Some(Link { form: 3, at: 0..9, scheme: &SIREN, unless: OF_SIREN }),
};

fn is_siren(symbols: &[u8]) -> bool {
    let [body @ .., check] = symbols else { return false };
    symbols.iter().all(u8::is_ascii_digit) && value(*check) == luhn(body)
}

fn post(cursor: &mut Cursor<'_>, keep: Keep) {
    cursor.literal(LA_POSTE.as_bytes());
    if keep & OF_NIC == 0 { cursor.digits(5) } else { cursor.keep(5) }
}

fn siret(cursor: &mut Cursor<'_>, keep: Keep) {
    if cursor.next(9) == LA_POSTE.as_bytes() {
        return cursor.fail();
    }
    cursor.keep(9);
    if keep & OF_NIC == 0 {
        cursor.digits(4)
    } else {
        cursor.keep(4)
    }
    cursor.check(1);
}

/// W, the register's département and office, and a number (répertoire national des associations). A département overseas
/// or with a letter (2A, 9R) is kept.
pub(super) static RNA: Scheme = Scheme::of(&[Form::By(rna)], check::none);

fn rna(cursor: &mut Cursor<'_>, keep: Keep) {
    cursor.literal(b"W");
    match decimal(cursor.next(2)) {
        Some(1..=95) if keep & PLACE == 0 => cursor.range(2, 1, 95),
        None if !cursor.peek(0).is_some_and(|symbol| symbol.is_ascii_digit()) => cursor.fail(),
        _ => cursor.keep(2),
    }
    cursor.digits(7);
}

/// Of pupils and students: 9 digits and 2 letters (RNIE, since 2018), 10 digits and a letter (base élèves académique), or 4
/// digits, A, 5 digits and a letter (apprentices). No rule is published by which the letters check the digits.
pub(super) static INE: Scheme = Scheme::of(&[Form::Of("dddddddddll"), Form::Of("ddddddddddl"), Form::Of("ddddAdddddl")], check::none);

/// Of schools: the département, a number, and the letter of the remainder modulo 23 (the alphabet without I, O and Q).
pub(super) static UAI: Scheme = Scheme::of(
    &[Form::By(|cursor, keep| {
        if keep & PLACE == 0 {
            cursor.digits(3)
        } else {
            cursor.keep(3)
        }
        cursor.digits(4);
        cursor.check(1);
    })],
    |symbols, _| {
        symbols.iter().take(7).all(u8::is_ascii_digit) && check::last_of(symbols, b"ABCDEFGHJKLMNPRSTUVWXYZ", |body| remainder(0, body, 23))
    },
);

/// Of health professionals: eleven digits with the check of Luhn, the first of them 1 (Agence du numérique en santé).
pub(super) static RPPS: Scheme = Scheme::of(&[Form::Of("1ddddddddd#")], |symbols, _| last(symbols, luhn));

/// Sex, year and month of birth, département and commune, order, and a key of two digits, or none (décret 82-103; Insee).
///
/// The order of persons within a month and commune begins with 001. Months past 12 stand for unknown ones, and are kept.
pub(super) static NIR: Scheme =
    Scheme::of(&[Form::By(|cursor, keep| nir(cursor, keep, true)), Form::By(|cursor, keep| nir(cursor, keep, false))], |symbols, form| {
        form == 1
            || last_two(symbols, |body| {
                // 2A counts as 19 and 2B as 18.
                let (head, tail) = body.split_at(body.len().min(7));
                let place = match head.get(5..) {
                    Some(b"2A") => [b'1', b'9'],
                    Some(b"2B") => [b'1', b'8'],
                    Some([tens, ones]) => [*tens, *ones],
                    _ => [b'0', b'0'],
                };
                let before = remainder(0, head.get(..5).unwrap_or_default(), 97);
                97 - remainder(remainder(before, &place, 97), tail, 97)
            })
    });

fn nir(cursor: &mut Cursor<'_>, keep: Keep, key: bool) {
    if cursor.count() != if key { 15 } else { 13 } || !cursor.peek(0).is_some_and(|sex| b"123478".contains(&sex)) {
        return cursor.fail();
    }
    // 1 and 2 are final; 3, 4, 7 and 8 are given until then, and stay so.
    if keep & SEX == 0 {
        cursor.within(&[b"12", b"34", b"78"])
    } else {
        cursor.keep(1)
    }
    let month = decimal(cursor.next(4).get(2..).unwrap_or_default());
    match month {
        None => cursor.fail(),
        Some(_) if keep & BIRTH != 0 => cursor.keep(4),
        Some(1..=12) => {
            cursor.digits(2);
            cursor.range(2, 1, 12);
        }
        Some(_) => {
            cursor.digits(2);
            cursor.keep(2);
        }
    }
    commune(cursor, keep);
    cursor.range(3, 1, 999);
    if key {
        cursor.check(2);
    }
}

/// Two places of the département and three of the commune; overseas three and two; abroad 99 and the country.
fn commune(cursor: &mut Cursor<'_>, keep: Keep) {
    let kept = keep & PLACE != 0;
    let places = cursor.next(2);
    let overseas = places == b"97" || places == b"98";
    match places {
        b"2A" | b"2B" => {
            cursor.keep(1);
            if kept { cursor.keep(1) } else { cursor.one_of(b"AB") }
        }
        _ => match decimal(places) {
            Some(1..=95) if !kept => cursor.range(2, 1, 95),
            Some(1..=99) => cursor.keep(2),
            _ => return cursor.fail(),
        },
    }
    if overseas {
        cursor.keep(1);
    }
    let width = if overseas { 2 } else { 3 };
    let most = if overseas { 90 } else { 990 };
    match decimal(cursor.next(width)) {
        Some(commune) if (1..=most).contains(&commune) => cursor.range(width, 1, most),
        Some(_) => cursor.keep(width),
        None => cursor.fail(),
    }
}

/// A number of somebody born in the year and month of a date (`2001-02-03…`); `None` where it is no date, or no number.
pub(super) fn born(number: &Symbols, date: &[u8]) -> Option<Symbols> {
    let [_, _, y1, y2, b'-', m1, m2, b'-', ..] = date else { return None };
    let month = decimal(&[*m1, *m2])?;
    if !(1..=12).contains(&month) || date.ends_with(b"BC") {
        return None;
    }
    NIR.revise(number, 1..5, &[*y1, *y2, *m1, *m2])
}
