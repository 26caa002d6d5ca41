//! Italy: codice_fiscale, and the number of VAT that organisations have instead.

use super::birth::{BIRTH, EITHER, PLACE, SEX};
use super::check::{self, last, luhn, value};
use super::scheme::{Cursor, DIGITS, Form, Keep, LETTERS, Scheme, decimal};

/// The letters that stand for digits where two persons had one code (omocodia), by digit; and those of months.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

/// What the symbols at odd places count, by what they count at even places (a letter there as its place in the alphabet).
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// The control letter of a codice fiscale, and of an Italian account number.
pub(super) fn italian(body: &[u8]) -> u32 {
    let index = |symbol: u8| if symbol.is_ascii_digit() { value(symbol) } else { value(symbol) - 10 };
    let odd = |symbol: u8| ODD.get(index(symbol) as usize).copied().unwrap_or(0);
    let sum: u32 = body.iter().enumerate().map(|(at, symbol)| if at % 2 == 0 { odd(*symbol) } else { index(*symbol) }).sum();
    sum % 26
}

/// Italy: three letters of the last name and three of the first, date of birth (40 added to a woman's day), place of birth,
/// control letter (Decreto ministeriale 23/12/1976). An organisation has the eleven digits of its VAT number.
pub(super) static CODICE_FISCALE: Scheme = Scheme::of(&[Form::By(codice_fiscale), Form::By(partita_iva)], |symbols, form| match form {
    0 => check::last_of(symbols, LETTERS, italian),
    _ => last(symbols, luhn),
});

/// Italy: seven digits, the tax office's province, the check of Luhn (Decreto del Presidente della Repubblica 633/1972).
pub(super) fn partita_iva(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.range(7, 1, 9_999_999);
    let province = decimal(cursor.next(3));
    if province.is_some_and(|number| (1..=100).contains(&number)) {
        cursor.range(3, 1, 100)
    } else {
        cursor.keep(3)
    }
    cursor.check(1);
}

fn codice_fiscale(cursor: &mut Cursor<'_>, keep: Keep) {
    // Vowels, consonants and X stay what they are, so that the names keep to their own rule: consonants first, X to fill up.
    for _ in 0..6 {
        if cursor.peek(0).is_some_and(|symbol| symbol.is_ascii_digit()) {
            return cursor.fail();
        }
        cursor.within(&[b"AEIOU", b"BCDFGHJKLMNPQRSTVWYZ"]);
    }
    let century = EITHER;
    let Some((year, month, day)) = italian_date(cursor.next(5)) else { return cursor.fail() };
    let sex = day > 40;
    if century.day(year, month, day % 40).is_none() {
        return cursor.fail();
    }
    if keep & BIRTH != 0 && keep & SEX != 0 {
        cursor.keep(5);
    } else {
        let ways = if keep & SEX != 0 { 1 } else { 2 };
        let days = if keep & BIRTH != 0 { 1 } else { century.days() };
        let read = |here: &[u8]| {
            let (year, month, day) = italian_date(here)?;
            let number = if days == 1 { 0 } else { century.day(year, month, day % 40)? };
            Some(u128::from(number * ways + if ways == 1 { 0 } else { u32::from(day > 40) }))
        };
        let write = |number: u128, here: &mut [u8]| {
            let number = number as u32;
            let (year, month, day) = if days == 1 { (year, month, day % 40) } else { century.date(number / ways) };
            let woman = if ways == 1 { sex } else { number % 2 == 1 };
            write_italian(year, month, day + if woman { 40 } else { 0 }, here);
        };
        cursor.draw(5, u128::from(days * ways), read, write);
    }
    place(cursor, keep);
    cursor.check(1);
}

/// The land register's code of the commune, or Z and a country.
fn place(cursor: &mut Cursor<'_>, keep: Keep) {
    if cursor.peek(0).is_none_or(|symbol| symbol.is_ascii_digit()) || !(1..4).all(|at| cursor.peek(at).and_then(plain).is_some()) {
        return cursor.fail();
    }
    if keep & PLACE != 0 {
        return cursor.keep(4);
    }
    cursor.within(&[b"ABCDEFGHILM"]);
    for _ in 0..3 {
        cursor.within(&[DIGITS, OMOCODIA]);
    }
}

/// The digit that a digit or a letter of omocodia stands for.
fn plain(symbol: u8) -> Option<u32> {
    if symbol.is_ascii_digit() { Some(value(symbol)) } else { OMOCODIA.iter().position(|known| *known == symbol).map(|at| at as u32) }
}

fn italian_date(here: &[u8]) -> Option<(u32, u32, u32)> {
    let [y, year, month, d, day] = here else { return None };
    let month = MONTHS.iter().position(|known| known == month)? as u32 + 1;
    let day = plain(*d)? * 10 + plain(*day)?;
    // 40 is no day; a woman's are 41 to 71.
    Some((plain(*y)? * 10 + plain(*year)?, month, day)).filter(|_| day != 40 && day < 72)
}

/// Writes a date over another, letters for letters.
fn write_italian(year: u32, month: u32, day: u32, here: &mut [u8]) {
    let digits = [year / 10, year % 10, 0, day / 10, day % 10];
    for (at, (place, digit)) in here.iter_mut().zip(digits).enumerate() {
        *place = match (at, place.is_ascii_digit()) {
            (2, _) => MONTHS.get(month as usize - 1).copied().unwrap_or(*place),
            (_, true) => b'0' + digit as u8,
            (_, false) => OMOCODIA.get(digit as usize).copied().unwrap_or(*place),
        };
    }
}
