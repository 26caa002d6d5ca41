//! IP addresses in text.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::edge::{begins, ends};

/// The longest text of an IPv6 address: six groups of four and an IPv4 address.
const LONGEST: usize = 45;

/// The address that the digit or colon at `at` belongs to.
pub(super) fn find(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    v6(text, from, at).or_else(|| v4(text, from, at))
}

/// Four numbers below 256, dots between; not part of a longer row of numbers (`1.2.3.4.5`).
fn v4(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let dotted = |before: &[u8]| matches!(before, [.., digit, b'.'] if digit.is_ascii_digit());
    if !begins(text, from, at) || dotted(text.get(from..at)?) {
        return None;
    }
    let mut end = at;
    for part in 0..4 {
        if part > 0 {
            if text.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
        let rest = text.get(end..)?;
        let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        let number = rest.get(..digits)?.iter().fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'));
        let leading_zero = digits > 1 && rest.first() == Some(&b'0');
        if !(1..=3).contains(&digits) || number > 255 || leading_zero {
            return None;
        }
        end += digits;
    }
    let more = matches!(text.get(end..), Some([b'.', digit, ..]) if digit.is_ascii_digit());
    (ends(text, end) && !more).then_some(at..end)
}

/// Groups of hexadecimal digits with colons between, as the standard library reads them (RFC 4291, 2.2).
fn v6(text: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let belongs = |byte: &&u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let before = text.get(from..at)?.iter().rev().take(LONGEST + 1).take_while(belongs).count();
    let behind = text.get(at..)?.iter().take(LONGEST + 2).take_while(belongs).count();
    let (mut start, mut end) = (at - before, at + behind);
    // What a sentence puts around it.
    loop {
        match text.get(start..end)? {
            [b':', second, ..] if *second != b':' => start += 1,
            [b'.', ..] => start += 1,
            [.., b'.'] => end -= 1,
            [.., last, b':'] if *last != b':' => end -= 1,
            [_, ..] => break,
            [] => return None,
        }
    }
    let written = text.get(start..end)?;
    let colons = written.iter().filter(|byte| **byte == b':').count();
    if written.len() > LONGEST || colons < 2 || written == b"::" || !begins(text, from, start) || !ends(text, end) || end <= at {
        return None;
    }
    std::str::from_utf8(written).ok()?.parse::<Ipv6Addr>().ok()?;
    Some(start..end)
}
