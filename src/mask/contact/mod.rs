//! How to reach people: email, phone. What they write reaches nobody: domains without mail, numbers kept for fiction.

use super::key::{DomainKey, below};
use super::pseudonym::{DIGITS, base32};
use super::registry::{BuildError, Definition, Example, LOCALE, OptionDefinition, OptionKind, Request};
use super::words::{self, Words};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use crate::encoding::Charset;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    Definition {
        name: "email",
        summary: "an address that receives no mail: first.last.suffix@example.org",
        accepts: "text that takes at least 30 characters (18, an @ and the host)",
        distinct: "yes: by a keyed suffix of 90 bits; so a collision among 10^9 values is less likely than 10^-9",
        keeps_distinct: true,
        keyed: true,
        fallible: false,
        default_domain: "email",
        options: &[
            OptionDefinition { name: "host", kind: OptionKind::Text, default: "example.org", summary: "what stands behind the @" },
            LOCALE,
        ],
        example: Example::of(r#""email""#, "character varying(255)", "zoe.lefevre@laposte.net"),
        build: email,
    },
    Definition {
        name: "phone",
        summary: "a number kept for fiction, in the form of the original; mobile stays mobile",
        accepts: "text that takes a national number",
        distinct: "no: such numbers are few",
        keeps_distinct: false,
        keyed: true,
        fallible: false,
        default_domain: "phone",
        options: &[
            OptionDefinition {
                name: "country",
                kind: OptionKind::Choice(PHONE_COUNTRIES),
                default: "that of the locale",
                summary: "whose numbers are used",
            },
            LOCALE,
        ],
        example: Example::of(r#"{ mask = "phone", country = "FR" }"#, "text", "06 12 34 56 78"),
        build: phone,
    },
];

/// The most characters before the `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// Writes `first.last.suffix@host`.
///
/// Distinct by its suffix alone: the low 90 bits of the hash. Two addresses that are equal have equal suffixes (18 digits
/// before the `@`, whatever stands before them), so the bound of `hash` for 90 bits holds at any length, names or none. The
/// names are chosen by the high 38 bits, which the suffix does not use: dropping or shortening them takes nothing from it.
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
fn address_words(list: &[&str], max: usize) -> Words {
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
        return Err(BuildError::of("host", message, Some("for example \"example.org\", which receives no mail".into())));
    }
    let least = DIGITS + 1 + host.len();
    let max = request.max_chars();
    if max < least {
        let message = format!("addresses that stay distinct need {least} characters under {host}, the column takes {max}");
        return Err(request.misfit(message, format!("name a shorter host, or {}", request.instead())));
    }
    let locale = request.locale()?;
    // Both names with their dots, as far as the column and the local part leave room for them.
    let room = (max - least).min(LOCAL_PART - DIGITS);
    let share = (room / 2).saturating_sub(1);
    let (first, last) = (address_words(locale.first_names, share.min(15)), address_words(locale.last_names, share.min(15)));
    let fingerprint = format!("email {} {host} {} {} {}", request.domain, locale.name, first.len(), last.len());
    let mask = Email { key: request.key.clone(), first, last, host: host.as_bytes().to_vec() };
    Ok(request.bound(mask, Distinct::Kept, fingerprint))
}

/// Numbers that begin alike: their first digits without the trunk prefix, and how many free digits follow.
type Block = (&'static str, u32);

/// The numbers of a country that ring at nobody's.
#[derive(Debug)]
struct Country {
    /// As rules name it: ISO 3166.
    code: &'static str,
    /// Calling code.
    calling: &'static str,
    /// What stands before a national number.
    trunk: &'static str,
    /// Mobile numbers.
    mobile: &'static [Block],
    /// The others.
    fixed: &'static [Block],
    /// Whether national digits behind the trunk prefix are a mobile number.
    is_mobile: fn(&[u8]) -> bool,
}

/// Numbers kept for fiction. FR: ARCEP decision 2018-0881, article 2.5.12; GB: Ofcom, "Telephone numbers for use in TV
/// and radio drama programmes"; US, CA: NANPA, 555-0100 to 555-0199; DE: Bundesnetzagentur, Mitteilung
/// 148/2021, "Rufnummern für Medienproduktionen"; AU: ACMA, "Phone numbers for use in TV shows, films and creative works".
static COUNTRIES: &[Country] = &[
    Country {
        code: "AU",
        calling: "61",
        trunk: "0",
        mobile: &[("491570006", 0), ("491570156", 0), ("491570157", 0), ("491570158", 0), ("491570159", 0), ("491570110", 0)],
        fixed: &[("25550", 4), ("27010", 4), ("35550", 4), ("37010", 4), ("75550", 4), ("77010", 4), ("85550", 4), ("87010", 4)],
        is_mobile: |digits| digits.starts_with(b"4"),
    },
    Country {
        code: "CA",
        calling: "1",
        trunk: "",
        mobile: &[("41655501", 2), ("51455501", 2), ("60455501", 2), ("61355501", 2), ("90255501", 2)],
        fixed: &[("41655501", 2), ("51455501", 2), ("60455501", 2), ("61355501", 2), ("90255501", 2)],
        is_mobile: |_| false,
    },
    Country {
        code: "DE",
        calling: "49",
        trunk: "0",
        mobile: &[
            ("15228817386", 0),
            ("15228895456", 0),
            ("15254599371", 0),
            ("1729925904", 0),
            ("1729968532", 0),
            ("1729973185", 0),
            ("1729973186", 0),
            ("1729980752", 0),
            ("1749091317", 0),
            ("1749464308", 0),
            ("17139200", 2),
            ("176040690", 2),
        ],
        fixed: &[("3023125", 3), ("6990009", 3), ("4066969", 3), ("2214710", 3), ("8999998", 3)],
        is_mobile: |digits| matches!(digits, [b'1', b'5' | b'6' | b'7', ..]),
    },
    Country {
        code: "FR",
        calling: "33",
        trunk: "0",
        mobile: &[("63998", 4)],
        fixed: &[("19900", 4), ("26191", 4), ("35301", 4), ("46571", 4), ("53649", 4)],
        is_mobile: |digits| matches!(digits, [b'6' | b'7', ..]),
    },
    Country {
        code: "GB",
        calling: "44",
        trunk: "0",
        mobile: &[("7700900", 3)],
        fixed: &[
            ("1134960", 3),
            ("1144960", 3),
            ("1154960", 3),
            ("1164960", 3),
            ("1174960", 3),
            ("1184960", 3),
            ("1214960", 3),
            ("1314960", 3),
            ("1414960", 3),
            ("1514960", 3),
            ("1614960", 3),
            ("2079460", 3),
        ],
        is_mobile: |digits| digits.starts_with(b"7"),
    },
    Country {
        code: "US",
        calling: "1",
        trunk: "",
        mobile: &[("20255501", 2), ("21255501", 2), ("30555501", 2), ("31255501", 2), ("41555501", 2), ("61755501", 2)],
        fixed: &[("20255501", 2), ("21255501", 2), ("30555501", 2), ("31255501", 2), ("41555501", 2), ("61755501", 2)],
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

/// The fewest digits that are taken for a number where no trunk prefix stands before them.
const FEWEST_DIGITS: usize = 8;

/// How a number begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// These digits (`00`, `011` or none), then the calling code.
    International(&'static str),
    /// The trunk prefix, if the country has one.
    National,
    /// Nothing: the trunk prefix was left out.
    Bare,
}

impl Mask for Phone {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let digits = Digits::of(cell.value);
        let (head, national) = self.read(cell.value, digits.get());
        let blocks = if (self.country.is_mobile)(national) { self.country.mobile } else { self.country.fixed };
        let (prefix, free, mut rest) = choose(blocks, national.len(), random.high);
        let mut other = Digits::default();
        other.extend(prefix.as_bytes());
        for _ in 0..free {
            other.push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        self.write(cell.value, digits.get().len(), head, other.get(), out);
        Ok(Masked::Value)
    }
}

/// Chooses among all numbers of some blocks, those of a length first if there are any: the block's first digits, how many
/// are free, and what they are.
fn choose(blocks: &[Block], length: usize, bits: u64) -> (&'static str, u32, u64) {
    let fitting = |block: &&Block| block.0.len() + block.1 as usize == length;
    let any_length = !blocks.iter().any(|block| fitting(&block));
    let eligible = || blocks.iter().filter(|block| any_length || fitting(block));
    let mut index = below(bits, eligible().map(|block| 10u64.pow(block.1)).sum());
    for (prefix, free) in eligible() {
        let numbers = 10u64.pow(*free);
        if index < numbers {
            return (prefix, *free, index);
        }
        index -= numbers;
    }
    // Not reached: the index is below the sum of all.
    ("", 0, 0)
}

impl Phone {
    /// How a number begins, and its national digits without a trunk prefix. A number of another country is taken for an
    /// international one of this country; what is no number at all, for a national one.
    fn read<'a>(&self, value: &[u8], digits: &'a [u8]) -> (Head, &'a [u8]) {
        let (calling, trunk) = (self.country.calling.as_bytes(), self.country.trunk.as_bytes());
        for before in ["00", "011", ""] {
            let national = digits.strip_prefix(before.as_bytes()).and_then(|rest| rest.strip_prefix(calling));
            if let Some(national) = national.filter(|national| national.len() >= FEWEST_DIGITS) {
                return (Head::International(before), national.strip_prefix(trunk).unwrap_or(national));
            }
        }
        if digits.len() >= FEWEST_DIGITS && (value.starts_with(b"+") || digits.starts_with(b"00")) {
            return (Head::International(if digits.starts_with(b"00") { "00" } else { "" }), digits);
        }
        match digits.strip_prefix(trunk) {
            Some(national) if !trunk.is_empty() => (Head::National, national),
            _ if digits.len() >= FEWEST_DIGITS => (Head::Bare, digits),
            _ => (Head::National, digits),
        }
    }

    /// Writes a national number in the form of the original, where that has as many digits; without separators otherwise.
    fn write(&self, original: &[u8], digits_before: usize, head: Head, national: &[u8], out: &mut Vec<u8>) {
        let (before, country) = match head {
            Head::International(before) => (before, self.country.calling),
            Head::National => ("", self.country.trunk),
            Head::Bare => ("", ""),
        };
        let plain = original.iter().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b' ' | b'.' | b'-' | b'(' | b')' | b'/'));
        let count = before.len() + country.len() + national.len();
        if plain && count == digits_before && original.len() <= self.max {
            let mut next = before.bytes().chain(country.bytes()).chain(national.iter().copied());
            out.extend(original.iter().map(|b| if b.is_ascii_digit() { next.next().unwrap_or(b'0') } else { *b }));
            return;
        }
        // The digits cannot stand where the original's did. The builder made sure that the national form fits.
        let plus = if before.is_empty() { "+" } else { before };
        if matches!(head, Head::International(_)) && plus.len() + country.len() + national.len() <= self.max {
            out.extend_from_slice(plus.as_bytes());
            out.extend_from_slice(country.as_bytes());
        } else {
            out.extend_from_slice(self.country.trunk.as_bytes());
        }
        out.extend_from_slice(national);
    }
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
                format!("no numbers are kept for fiction where locale {} is spoken", request.env.locale),
                format!("name a country: one of {}", PHONE_COUNTRIES.join(", ")),
            )
        })?,
    };
    let Some(country) = COUNTRIES.iter().find(|country| country.code == code) else {
        let message = format!("unknown country {code:?}, expected one of {}", PHONE_COUNTRIES.join(", "));
        return Err(BuildError::of("country", message, None));
    };
    let lengths = country.mobile.iter().chain(country.fixed).map(|(prefix, free)| prefix.len() + *free as usize);
    let longest = lengths.max().unwrap_or(0) + country.trunk.len();
    let max = request.max_chars();
    if max < longest {
        return Err(request.too_short(&format!("a number of {code} needs"), longest));
    }
    // Past that length the limit changes nothing: a `+` and all digits.
    let limit = if max > MOST_DIGITS { String::new() } else { max.to_string() };
    let fingerprint = format!("phone {} {code} {limit}", request.domain);
    Ok(request.bound(Phone { key: request.key.clone(), country, max }, Distinct::Lost, fingerprint))
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
