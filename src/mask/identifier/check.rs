//! Check digits: the algorithms that several numbers share.

/// What a digit or letter counts: 0 to 9, and 10 to 35 for A to Z (ISO 7064, ISO 13616).
pub(super) fn value(symbol: u8) -> u32 {
    match symbol {
        b'0'..=b'9' => u32::from(symbol - b'0'),
        b'A'..=b'Z' => u32::from(symbol - b'A') + 10,
        _ => 0,
    }
}

/// The sum of what symbols count, each times its weight; the weights begin anew where there are more symbols.
pub(super) fn weigh(symbols: &[u8], weights: &[u32]) -> u32 {
    symbols.iter().zip(weights.iter().cycle()).map(|(symbol, weight)| value(*symbol) * weight).sum()
}

/// The check digit of Luhn (ISO/IEC 7812-1, annex B) behind these digits.
pub(super) fn luhn(body: &[u8]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = body.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 0 { doubled(value(*digit)) } else { value(*digit) }).sum();
    (10 - sum % 10) % 10
}

/// The check digit of an EAN (GS1 General Specifications, 7.9) behind these digits: weights 3 and 1 from the right.
pub(super) fn ean(body: &[u8]) -> u32 {
    let sum: u32 = body.iter().rev().enumerate().map(|(at, digit)| value(*digit) * if at % 2 == 0 { 3 } else { 1 }).sum();
    (10 - sum % 10) % 10
}

/// The check digit of ISO 7064 MOD 11,10 behind these digits.
pub(super) fn mod_11_10(body: &[u8]) -> u32 {
    let product = body.iter().fold(10, |product, digit| {
        let sum = (product + value(*digit)) % 10;
        if sum == 0 { 20 % 11 } else { 2 * sum % 11 }
    });
    (11 - product) % 10
}

/// The remainder modulo 97 (or another small number) of symbols that follow a number with this remainder; a letter counts as
/// two digits.
pub(super) fn remainder(before: u32, symbols: &[u8], modulus: u32) -> u32 {
    symbols.iter().fold(before, |rest, symbol| {
        let value = value(*symbol);
        (rest * if value > 9 { 100 } else { 10 } + value) % modulus
    })
}

/// The two check digits of ISO 7064 MOD 97-10 behind these symbols.
pub(super) fn mod_97_10(body: &[u8]) -> u32 {
    98 - remainder(0, body, 97) * 100 % 97
}

/// Writes a check digit at the end, made of what stands before it; false where it has two digits.
pub(super) fn last(symbols: &mut [u8], check: impl FnOnce(&[u8]) -> u32) -> bool {
    let Some((place, body)) = symbols.split_last_mut() else { return false };
    put(place, check(body))
}

/// Writes two check digits at the end, made of what stands before them; false where there are three.
pub(super) fn last_two(symbols: &mut [u8], check: impl FnOnce(&[u8]) -> u32) -> bool {
    let Some(length) = symbols.len().checked_sub(2) else { return false };
    let (body, places) = symbols.split_at_mut(length);
    let check = check(body);
    let [tens, ones] = places else { return false };
    put(tens, check / 10) && put(ones, check % 10)
}

/// Writes a check letter or digit at the end: that of an alphabet whose index is made of what stands before it.
pub(super) fn last_of(symbols: &mut [u8], alphabet: &[u8], index: impl FnOnce(&[u8]) -> u32) -> bool {
    let Some((place, body)) = symbols.split_last_mut() else { return false };
    let Some(symbol) = alphabet.get(index(body) as usize) else { return false };
    *place = *symbol;
    true
}

/// Writes a digit; false where it is none.
pub(super) fn put(place: &mut u8, digit: u32) -> bool {
    let Some(digit) = u8::try_from(digit).ok().filter(|digit| *digit < 10) else { return false };
    *place = b'0' + digit;
    true
}

/// What makes a weighted sum a multiple of 11; ten, which no digit writes, included.
pub(super) fn to_eleven(sum: u32) -> u32 {
    (11 - sum % 11) % 11
}

/// What makes a weighted sum a multiple of 10.
pub(super) fn to_ten(sum: u32) -> u32 {
    (10 - sum % 10) % 10
}

/// No check.
pub(super) fn none(_: &mut [u8], _: usize) -> bool {
    true
}
