//! Licence plates, by country.

use super::check;
use super::scheme::{Cursor, DIGITS, Form, Keep, LETTERS, Scheme, decimal};

/// France since 2009: two letters, three digits from 001 on, two letters; without I, O and U, and no SS, nor WW in front (arrêté du 9
/// février 2009). Before: up to four digits, two or three letters, the département, which is kept.
static FRANCE: Scheme = Scheme::of(&[Form::By(siv), Form::By(fni)], |symbols, form| {
    form == 1 || symbols.get(..2) != Some(b"SS") && symbols.get(..2) != Some(b"WW") && symbols.get(5..) != Some(b"SS")
});

fn siv(cursor: &mut Cursor<'_>, _: Keep) {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTVWXYZ";
    (0..2).for_each(|_| cursor.one_of(ALPHABET));
    cursor.range(3, 1, 999);
    (0..2).for_each(|_| cursor.one_of(ALPHABET));
}

fn fni(cursor: &mut Cursor<'_>, _: Keep) {
    let numbers = span(cursor, 0, true);
    let letters = span(cursor, numbers, false);
    if !(1..=4).contains(&numbers) || !(1..=3).contains(&letters) || numbers + letters + 2 > cursor.count() {
        return cursor.fail();
    }
    number(cursor, numbers);
    (0..letters).for_each(|_| cursor.one_of(b"ABCDEFGHJKLMNPQRSTVWXYZ"));
    let rest = cursor.count() - numbers - letters;
    let place = cursor.next(rest);
    if (2..=3).contains(&rest) && (decimal(place).is_some() || matches!(place, b"2A" | b"2B")) {
        cursor.keep(rest);
    } else {
        cursor.fail();
    }
}

/// How many digits, or letters, stand from there on.
fn span(cursor: &Cursor<'_>, from: usize, digits: bool) -> usize {
    (from..cursor.count()).take_while(|at| cursor.peek(*at).is_some_and(|symbol| symbol.is_ascii_digit() == digits)).count()
}

/// A number that does not begin with 0.
fn number(cursor: &mut Cursor<'_>, digits: usize) {
    if digits > 0 {
        cursor.one_of(b"123456789");
        cursor.digits(digits - 1);
    }
}

/// Germany: up to three letters of the district and up to two more, up to four digits, E or H (Fahrzeug-Zulassungsverordnung, § 9).
/// The blank between the letters stands where it stood, so the district is another one and need not exist.
static GERMANY: Scheme = Scheme::of(&[Form::By(german)], check::none);

fn german(cursor: &mut Cursor<'_>, _: Keep) {
    let letters = span(cursor, 0, false);
    let digits = span(cursor, letters, true);
    if !(2..=5).contains(&letters) || !(1..=4).contains(&digits) {
        return cursor.fail();
    }
    cursor.letters(letters);
    number(cursor, digits);
    match cursor.count() - letters - digits {
        0 => {}
        1 if matches!(cursor.next(1), b"E" | b"H") => cursor.keep(1),
        _ => cursor.fail(),
    }
}

/// United Kingdom since 2001: two letters of the place, two digits of the half year, three letters; without I and Q, and
/// without Z in front of the digits (DVLA, INF104). Older ones keep their shape.
static BRITAIN: Scheme = Scheme::of(&[Form::By(british), Form::By(|cursor, _| old(cursor))], check::none);

fn british(cursor: &mut Cursor<'_>, _: Keep) {
    cursor.one_of(b"ABCDEFGHJKLMNOPRSTUVWXY");
    cursor.one_of(b"ABCDEFGHJKLMNOPRSTUVWXY");
    // 02 to 29 are spring's, 51 to 79 autumn's.
    let spring = matches!(decimal(cursor.next(2)), Some(2..=29));
    cursor.range(2, if spring { 2 } else { 51 }, if spring { 28 } else { 29 });
    (0..3).for_each(|_| cursor.one_of(b"ABCDEFGHJKLMNOPRSTUVWXYZ"));
}

/// What was given before: letters for letters and digits for digits.
fn old(cursor: &mut Cursor<'_>) {
    let count = cursor.count();
    if (2..=7).contains(&count) { shape(cursor) } else { cursor.fail() }
}

/// Spain since 2000: four digits and three consonants, without Ñ and Q (Orden INT/2323/2000's register).
static SPAIN: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        cursor.digits(4);
        (0..3).for_each(|_| cursor.one_of(b"BCDFGHJKLMNPRSTVWXYZ"));
    })],
    check::none,
);

/// Italy since 1994: two letters, three digits, two letters, without I, O, Q and U.
static ITALY: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPRSTVWXYZ";
        (0..2).for_each(|_| cursor.one_of(ALPHABET));
        cursor.digits(3);
        (0..2).for_each(|_| cursor.one_of(ALPHABET));
    })],
    check::none,
);

/// Belgium: an index (since 2010), three letters and three digits.
static BELGIUM: Scheme =
    Scheme::of(&[Form::Of("=lllddd"), Form::Of("lllddd")], |symbols, form| form == 1 || symbols.first().is_some_and(u8::is_ascii_digit));

/// Switzerland: the canton (kept) and up to six digits.
static SWITZERLAND: Scheme = Scheme::of(
    &[Form::By(|cursor, _| {
        let digits = cursor.count().saturating_sub(2);
        if !(1..=6).contains(&digits) || span(cursor, 0, false) != 2 {
            return cursor.fail();
        }
        cursor.keep(2);
        number(cursor, digits);
    })],
    check::none,
);

/// Any plate: letters for letters and digits for digits.
static ANY: Scheme = Scheme::of(&[Form::By(|cursor, _| shape(cursor))], check::none);

fn shape(cursor: &mut Cursor<'_>) {
    if !(2..=12).contains(&cursor.count()) {
        return cursor.fail();
    }
    (0..cursor.count()).for_each(|_| cursor.within(&[DIGITS, LETTERS]));
}

/// The countries whose plates are known.
pub(super) const COUNTRIES: &[&str] = &["BE", "CH", "DE", "ES", "FR", "GB", "IT"];

/// The plates of a country; any plates, where none is named.
pub(super) fn of(country: &str) -> &'static Scheme {
    match country {
        "BE" => &BELGIUM,
        "CH" => &SWITZERLAND,
        "DE" => &GERMANY,
        "ES" => &SPAIN,
        "FR" => &FRANCE,
        "GB" => &BRITAIN,
        "IT" => &ITALY,
        _ => &ANY,
    }
}
