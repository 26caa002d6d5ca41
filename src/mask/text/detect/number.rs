//! What is found by its digits: tries, at each row of digits, every kind that could begin there.

use std::ops::Range;

use super::edge::{begins, ends};
use super::row::Row;
use super::{Found, Kind, Kinds, address, date, identity, phone};

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
        && let Some(range) = identity::iban(text, from, at)
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
        && let Some(end) = identity::nir(text, at)
    {
        return found(Kind::Nir, at..end);
    }
    let row = Row::read(text, at);
    // A plus before it makes it a phone number.
    if !text.get(from..at).is_some_and(|before| before.ends_with(b"+")) {
        for (kind, check) in identity::CHECKS {
            if kinds.has(kind)
                && let Some(end) = check(&row)
            {
                return found(kind, at..end);
            }
        }
    }
    if kinds.has(Kind::Phone)
        && let Some(range) = phone::find(text, from, at, &row)
    {
        return found(Kind::Phone, range);
    }
    None
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
