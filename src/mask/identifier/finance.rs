//! Money and goods: credit_card, bic, isin, lei, isbn; and devices and vehicles: imei, vin.

use super::check::{self, last, last_two, luhn, value, weigh};
use super::scheme::{Cursor, Form, Keep, Scheme};

/// ISO/IEC 7812-1: issuer, account, check digit of Luhn; 12 to 19 digits of those in use. [`Keep`] says how many of the first
/// digits are kept: six told the issuer until 2022, now eight do.
pub(super) static CREDIT_CARD: Scheme = Scheme::of(&[Form::By(card)], |symbols, _| last(symbols, luhn));

fn card(cursor: &mut Cursor<'_>, keep: Keep) {
    let count = cursor.count();
    if !(12..=19).contains(&count) {
        return cursor.fail();
    }
    let kept = keep as usize;
    if !cursor.next(kept).iter().all(u8::is_ascii_digit) {
        return cursor.fail();
    }
    cursor.keep(kept);
    cursor.digits(count - 1 - kept);
    cursor.check(1);
}

/// ISO 9362: party prefix, country, party suffix, branch. The branch XXX is the head office's.
pub(super) static BIC: Scheme = Scheme::of(
    &[Form::Of("llll==xxXXX"), Form::Of("llll==xxxxx"), Form::Of("llll==xx"), Form::Of("xxxx==xxXXX"), Form::Of("xxxx==xxxxx")],
    |symbols, _| symbols.get(4..6).is_some_and(|country| country.iter().all(u8::is_ascii_uppercase)),
);

/// ISO 6166: country, nine letters or digits, check digit of Luhn over the digits that letters count as.
pub(super) static ISIN: Scheme = Scheme::of(&[Form::Of("==xxxxxxxxx#")], |symbols, _| {
    symbols.iter().take(2).all(u8::is_ascii_uppercase)
        && last(symbols, |body| {
            // Eleven symbols are at most 22 digits.
            let mut digits = [0; 22];
            let tens = |symbol: u8| Some(value(symbol) / 10).filter(|tens| *tens > 0);
            let all = body.iter().flat_map(|symbol| tens(*symbol).into_iter().chain([value(*symbol) % 10]));
            let count = digits.iter_mut().zip(all).map(|(place, digit)| check::put(place, digit)).count();
            luhn(digits.get(..count).unwrap_or_default())
        })
});

/// ISO 17442: issuer of four digits or letters (kept), 14 digits or letters, two checks (ISO 7064 MOD 97-10).
pub(super) static LEI: Scheme = Scheme::of(&[Form::Of("====xxxxxxxxxxxxxx##")], |symbols, _| last_two(symbols, check::mod_97_10));

/// ISO 2108: 978 or 979 and nine digits with the check of an EAN; or nine digits with a check modulo 11, ten of which is
/// written X. 979-0 is not of books but of music (ISMN).
pub(super) static ISBN: Scheme =
    Scheme::of(&[Form::Of("978ddddddddd#"), Form::Of("979ddddddddd#"), Form::Of("ddddddddd#")], |symbols, form| match form {
        0 => last(symbols, check::ean),
        1 => symbols.get(3) != Some(&b'0') && last(symbols, check::ean),
        _ => check::last_of(symbols, b"0123456789X", |body| check::to_eleven(weigh(body, &[10, 9, 8, 7, 6, 5, 4, 3, 2]))),
    });

/// 3GPP TS 23.003, 6.2: type of the device, serial number, check digit of Luhn; an IMEISV has a version instead of the check.
/// The type is kept: it tells the model, as a user agent does.
pub(super) static IMEI: Scheme =
    Scheme::of(&[Form::Of("========dddddd#"), Form::Of("========dddddd=="), Form::Of("========dddddd")], |symbols, form| {
        symbols.iter().all(u8::is_ascii_digit) && (form != 0 || last(symbols, luhn))
    });

/// What letters of a VIN count (49 CFR 565.15): there is no I, O, Q.
const VIN: &[u8; 26] = b"12345678\x0012345\x007\x00923456789";

/// ISO 3779: maker (kept), description, check where the maker writes one, year and plant, serial number. The check is the ninth
/// place (49 CFR 565.15); vehicles of other markets have anything there, and then it stays what it is.
pub(super) static VIN_CODE: Scheme =
    Scheme::of(&[Form::By(|cursor, _| vin(cursor, true)), Form::By(|cursor, _| vin(cursor, false))], |symbols, form| {
        let worth = |symbol: u8| match symbol {
            b'A'..=b'Z' => VIN.get(usize::from(symbol - b'A')).map_or(0, |digit| value(*digit)),
            digit => value(digit),
        };
        const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
        let sum: u32 = symbols.iter().zip(WEIGHTS).map(|(symbol, weight)| worth(*symbol) * weight).sum();
        let legible = !symbols.iter().any(|symbol| b"IOQ".contains(symbol));
        let check = b"0123456789X".get((sum % 11) as usize).copied();
        match (symbols.get_mut(8), check) {
            (Some(place), Some(check)) if form == 0 => *place = check,
            _ => {}
        }
        legible
    });

fn vin(cursor: &mut Cursor<'_>, checked: bool) {
    cursor.keep(3);
    cursor.within(&[b"ABCDEFGHJKLMNPRSTUVWXYZ", super::scheme::DIGITS]);
    for _ in 0..4 {
        cursor.within(&[b"ABCDEFGHJKLMNPRSTUVWXYZ", super::scheme::DIGITS]);
    }
    if checked {
        cursor.check(1);
    } else {
        cursor.keep(1);
    }
    // The model's year and the plant.
    cursor.keep(2);
    for _ in 0..6 {
        cursor.within(&[b"ABCDEFGHJKLMNPRSTUVWXYZ", super::scheme::DIGITS]);
    }
}
