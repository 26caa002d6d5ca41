//! How to reach people: email, phone. What they write reaches nobody: domains without mail, numbers kept for fiction.

use super::key::{DomainKey, below};
use super::pseudonym::{DIGITS, base32};
use super::registry::{BuildError, Request};
use super::words::{self, Locale, Words};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use crate::encoding::Charset;

/// The most characters before the `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// Writes `first.last.suffix@host`.
///
/// Distinct by its suffix alone: 90 bits of the hash, the low ones. The names before it are chosen by the high 38 bits,
/// which the suffix does not use, so they tell nothing about it.
#[derive(Debug)]
struct Email {
    key: DomainKey,
    first: Words,
    last: Words,
    host: Vec<u8>,
}

impl Mask for Email {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed).wide();
        let names = (random >> (5 * DIGITS)) as u64;
        for (words, bits) in [(&self.first, names >> 19), (&self.last, names)] {
            if !words.is_empty() {
                // 19 bits choose among a few thousand names at most.
                out.extend_from_slice(words.get(below(bits << 45, words.len())));
                out.push(b'.');
            }
        }
        base32(random, DIGITS, out);
        out.push(b'@');
        out.extend_from_slice(&self.host);
        Ok(Masked::Value)
    }
}

/// Names as they stand in addresses: ASCII letters in lower case, none longer than `max`.
fn address_words(locale: &Locale, which: &str, list: &[&str], max: usize) -> Words {
    Words::shared(format!("address {which} {} {max}", locale.name), || plain_words(list, max))
}

fn plain_words(list: &[&str], max: usize) -> Words {
    let names: Vec<String> = list
        .iter()
        .filter_map(|name| words::plain(name))
        .map(|name| name.to_ascii_lowercase())
        .filter(|name| name.len() <= max && name.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Words::encode(&names, Charset::SqlAscii, None)
}

/// `email`: text of at least 19 characters and the host's.
pub fn email(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let host = request.text("host").unwrap_or("example.org");
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        let message = format!("option \"host\": {host:?} is no host name in lower case");
        return Err(BuildError {
            option: Some("host".into()),
            message,
            help: Some("for example \"example.org\", which receives no mail".into()),
        });
    }
    let least = DIGITS + 1 + host.len();
    let max = request.max_chars();
    if max < least {
        let message = format!("addresses that stay distinct need {least} characters under {host}, the column takes {max}");
        return Err(request.misfit(message, "name a shorter host, or use null or const"));
    }
    let locale = request.locale()?;
    // Both names with their dots, as far as the column and the local part leave room for them.
    let room = (max - least).min(LOCAL_PART - DIGITS);
    let share = (room / 2).saturating_sub(1);
    let most = share.min(15);
    let (first, last) = (address_words(locale, "first", locale.first_names, most), address_words(locale, "last", locale.last_names, most));
    let fingerprint = format!("email {} {host} {} {} {}", request.domain, locale.name, first.len(), last.len());
    let mask = Email { key: request.key.clone(), first, last, host: host.as_bytes().to_vec() };
    Ok(Bound { mask: Some(Box::new(mask)), distinct: Distinct::Kept, takes_empty: false, fingerprint })
}

/// The numbers of a country that ring at nobody's.
#[derive(Debug)]
struct Country {
    /// As rules name it: ISO 3166.
    code: &'static str,
    /// Calling code.
    calling: &'static str,
    /// What stands before a national number.
    trunk: &'static str,
    /// Mobile numbers without the trunk prefix; `#` is a free digit.
    mobile: &'static [&'static str],
    /// The others.
    fixed: &'static [&'static str],
    /// Whether national digits behind the trunk prefix are a mobile number.
    is_mobile: fn(&[u8]) -> bool,
}

/// Numbers kept for fiction. FR: ARCEP decision 2018-0881, article 2.5.12; GB: Ofcom, "Telephone numbers for use in TV
/// and radio drama programmes"; US, CA: NANPA, 555-0100 to 555-0199; DE: Bundesnetzagentur, "Rufnummern für
/// Medienproduktionen"; AU: ACMA, "Phone numbers for use in TV shows, films and creative works".
static COUNTRIES: &[Country] = &[
    Country {
        code: "AU",
        calling: "61",
        trunk: "0",
        mobile: &["491570006", "491570156", "491570157", "491570158", "491570159", "491570110"],
        fixed: &["25550####", "27010####", "35550####", "37010####", "75550####", "77010####", "85550####", "87010####"],
        is_mobile: |digits| digits.starts_with(b"4"),
    },
    Country {
        code: "CA",
        calling: "1",
        trunk: "",
        mobile: &["41655501##", "51455501##", "60455501##", "61355501##", "90255501##"],
        fixed: &["41655501##", "51455501##", "60455501##", "61355501##", "90255501##"],
        is_mobile: |_| false,
    },
    Country {
        code: "DE",
        calling: "49",
        trunk: "0",
        mobile: &["15228817386", "15228895456", "15254599371", "171392000##", "176040690##"],
        fixed: &["3023125###", "6990009###", "4066969###", "2214710###", "8999998###"],
        is_mobile: |digits| matches!(digits, [b'1', b'5' | b'6' | b'7', ..]),
    },
    Country {
        code: "FR",
        calling: "33",
        trunk: "0",
        mobile: &["63998####"],
        fixed: &["19900####", "26191####", "35301####", "46571####", "53649####"],
        is_mobile: |digits| matches!(digits, [b'6' | b'7', ..]),
    },
    Country {
        code: "GB",
        calling: "44",
        trunk: "0",
        mobile: &["7700900###"],
        fixed: &[
            "1134960###",
            "1144960###",
            "1154960###",
            "1164960###",
            "1174960###",
            "1184960###",
            "1214960###",
            "1314960###",
            "1414960###",
            "1514960###",
            "1614960###",
            "2079460###",
        ],
        is_mobile: |digits| digits.starts_with(b"7"),
    },
    Country {
        code: "US",
        calling: "1",
        trunk: "",
        mobile: &["20255501##", "21255501##", "30555501##", "31255501##", "41555501##", "61755501##"],
        fixed: &["20255501##", "21255501##", "30555501##", "31255501##", "41555501##", "61755501##"],
        is_mobile: |_| false,
    },
];

/// The countries that `phone` knows.
pub const PHONE_COUNTRIES: &[&str] = &["AU", "CA", "DE", "FR", "GB", "US"];

/// Writes a number that rings at nobody's, in the form of the original.
#[derive(Debug)]
struct Phone {
    key: DomainKey,
    country: &'static Country,
    max: usize,
}

/// The most digits that a number has here, international prefix included.
const MOST_DIGITS: usize = 20;

impl Mask for Phone {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let digits = Digits::of(cell.value);
        let (prefix, national) = self.split(digits.get());
        let ranges = if (self.country.is_mobile)(national) { self.country.mobile } else { self.country.fixed };
        let range =
            usize::try_from(below(random.high, ranges.len() as u64)).ok().and_then(|index| ranges.get(index)).copied().unwrap_or_default();
        let mut number = Digits::default();
        let [before, calling] = prefix;
        number.extend(before);
        number.extend(calling);
        let mut rest = random.low;
        for byte in range.bytes() {
            if byte == b'#' {
                number.push(b'0' + (rest % 10) as u8);
                rest /= 10;
            } else {
                number.push(byte);
            }
        }
        self.write(cell.value, number.get(), digits.get().len(), out);
        Ok(Masked::Value)
    }
}

impl Phone {
    /// What a number's digits begin with (international prefix, calling code or trunk prefix), and the rest. What is no
    /// number of this country is taken for a national one.
    fn split<'a>(&self, digits: &'a [u8]) -> ([&'a [u8]; 2], &'a [u8]) {
        let calling = self.country.calling.as_bytes();
        let trunk = self.country.trunk.as_bytes();
        for before in [&b"00"[..], &b"011"[..], &b""[..]] {
            let national = digits.strip_prefix(before).and_then(|rest| rest.strip_prefix(calling));
            if let Some(national) = national.filter(|national| national.len() >= 8) {
                let national = national.strip_prefix(trunk).unwrap_or(national);
                return (
                    [
                        digits.get(..before.len()).unwrap_or_default(),
                        digits.get(before.len()..before.len() + calling.len()).unwrap_or_default(),
                    ],
                    national,
                );
            }
        }
        match digits.strip_prefix(trunk).filter(|_| !trunk.is_empty()) {
            Some(national) => ([digits.get(..trunk.len()).unwrap_or_default(), &[]], national),
            None if digits.len() >= 8 => ([&[], &[]], digits),
            // Nothing like a number: a whole national one takes its place.
            None => ([trunk_of(self.country), &[]], digits),
        }
    }

    /// Writes the digits in the form of the original, where they are as many; without separators otherwise.
    fn write(&self, original: &[u8], digits: &[u8], digits_before: usize, out: &mut Vec<u8>) {
        let plain = original.iter().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b' ' | b'.' | b'-' | b'(' | b')' | b'/'));
        if plain && digits.len() == digits_before && original.len() <= self.max {
            let mut next = digits.iter();
            out.extend(original.iter().map(|b| if b.is_ascii_digit() { next.next().copied().unwrap_or(b'0') } else { *b }));
            return;
        }
        let plus = original.first() == Some(&b'+') && digits.len() < self.max && digits.starts_with(self.country.calling.as_bytes());
        if plus {
            out.push(b'+');
        }
        // The builder made sure that a national number fits; an international prefix may have to go.
        let room = self.max - usize::from(plus);
        let fitting = digits.get(digits.len().saturating_sub(room)..).unwrap_or_default();
        out.extend_from_slice(fitting);
    }
}

/// The trunk prefix, as long as the country's table lives.
fn trunk_of(country: &'static Country) -> &'static [u8] {
    country.trunk.as_bytes()
}

/// A few digits, without an allocation.
#[derive(Clone, Copy, Debug, Default)]
struct Digits {
    bytes: [u8; MOST_DIGITS],
    count: usize,
}

impl Digits {
    /// The digits of a text; those past the most are left out.
    fn of(text: &[u8]) -> Digits {
        let mut digits = Digits::default();
        for byte in text.iter().filter(|b| b.is_ascii_digit()) {
            digits.push(*byte);
        }
        digits
    }

    fn push(&mut self, digit: u8) {
        if let Some(slot) = self.bytes.get_mut(self.count) {
            *slot = digit;
            self.count += 1;
        }
    }

    fn extend(&mut self, digits: &[u8]) {
        for digit in digits {
            self.push(*digit);
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}

/// `phone`: text that takes a national number.
pub fn phone(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let code = match request.text("country") {
        Some(code) => code,
        None => country_of(request.locale()?.name).ok_or_else(|| {
            request.misfit(
                format!("no numbers are kept for fiction where locale {} is spoken", request.locale),
                format!("name a country: one of {}", PHONE_COUNTRIES.join(", ")),
            )
        })?,
    };
    let Some(country) = COUNTRIES.iter().find(|country| country.code == code) else {
        let message = format!("unknown country {code:?}, expected one of {}", PHONE_COUNTRIES.join(", "));
        return Err(BuildError { option: Some("country".into()), message, help: None });
    };
    let longest = country.mobile.iter().chain(country.fixed).map(|range| range.len()).max().unwrap_or(0) + country.trunk.len();
    let max = request.max_chars();
    if max < longest {
        let message = format!("a number of {code} needs {longest} characters, the column takes {max}");
        return Err(request.misfit(message, "use const, or null where the column takes it"));
    }
    let limit = if max > 64 { String::new() } else { max.to_string() };
    let fingerprint = format!("phone {} {code} {limit}", request.domain);
    Ok(Bound {
        mask: Some(Box::new(Phone { key: request.key.clone(), country, max })),
        distinct: Distinct::Lost,
        takes_empty: false,
        fingerprint,
    })
}

/// The country whose numbers go with a locale.
fn country_of(locale: &str) -> Option<&'static str> {
    match locale {
        "en" => Some("US"),
        "fr_FR" => Some("FR"),
        "de_DE" => Some("DE"),
        _ => None,
    }
}
