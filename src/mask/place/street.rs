//! street_address and address: streets that most towns have, with a number, and the town of the place.

use std::sync::LazyLock;

use super::FEWEST;
use super::field::width;
use super::list::{Country, Place};
use super::pool::{Pool, country};
use super::postcode;
use crate::encoding::Charset;
use crate::mask::key::{Random, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::{self, Words, written};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The streets of a country.
#[derive(Debug)]
struct Streets {
    countries: &'static str,
    /// What stands before, between and behind number and street.
    form: &'static str,
    names: Vec<String>,
}

static STREETS: LazyLock<Vec<Streets>> = LazyLock::new(|| {
    let mut lines = include_str!("data/streets.txt").lines().filter(|line| !line.starts_with('#'));
    let mut all = Vec::new();
    while let (Some(head), Some(kinds), Some(names)) = (lines.next(), lines.next(), lines.next()) {
        let Some((countries, form)) = head.strip_prefix('=').and_then(|head| head.split_once(' ')) else { break };
        let names = kinds.split(';').flat_map(|kind| names.split(';').map(|name| kind.replace('~', name))).collect();
        all.push(Streets { countries, form, names });
    }
    all
});

fn streets(country: &Country) -> Option<&'static Streets> {
    STREETS.iter().find(|streets| streets.countries.split(',').any(|code| code == country.code))
}

/// Number and street.
#[derive(Debug)]
struct Street {
    words: Words,
    /// What stands before, between and behind the two; whether the number comes first.
    texts: [&'static str; 3],
    number_first: bool,
    /// Numbers go up to this.
    highest: u64,
}

/// The most digits of a number.
const DIGITS: usize = 4;

impl Street {
    /// The streets that fit `max` characters with a number before or behind them.
    fn new(country: &Country, case: Case, charset: Charset, max: usize) -> Option<Street> {
        let streets = streets(country)?;
        let number_first = streets.form.starts_with("{n}");
        let (before, rest) = streets.form.split_once('{')?;
        let (_, rest) = rest.split_once('}')?;
        let (between, rest) = rest.split_once('{')?;
        let (_, behind) = rest.split_once('}')?;
        let texts = [before, between, behind];
        let names: Vec<&str> = streets.names.iter().map(String::as_str).collect();
        let room = max.saturating_sub(DIGITS + texts.iter().map(|text| text.len()).sum::<usize>());
        // Where streets are long, houses have high numbers.
        let highest = if matches!(country.code, "US" | "CA" | "AU" | "BR") { 2400 } else { 180 };
        Some(Street { words: case.words(&names, charset, Some(room)), texts, number_first, highest })
    }

    /// The most characters that it writes.
    fn longest(country: &Country, case: Case, charset: Charset) -> usize {
        let names = streets(country).map(|streets| streets.names.as_slice()).unwrap_or_default();
        let longest = names.iter().filter_map(|name| written(&case.of(name), charset)).map(|name| name.chars().count()).max();
        longest.unwrap_or(0) + DIGITS + 2
    }

    fn write(&self, random: Random, out: &mut Vec<u8>) {
        // The high half of the bits chooses the street, the low half the number.
        let street = self.words.get(below(random.low, self.words.len()));
        // The lower of two: there are more houses with low numbers, since many streets are short.
        let number = |shift: u32| below(random.low << shift, self.highest);
        let number = 1 + number(32).min(number(48));
        let [before, between, behind] = self.texts;
        out.extend_from_slice(before.as_bytes());
        if self.number_first {
            decimal(number, out);
            out.extend_from_slice(between.as_bytes());
            out.extend_from_slice(street);
        } else {
            out.extend_from_slice(street);
            out.extend_from_slice(between.as_bytes());
            decimal(number, out);
        }
        out.extend_from_slice(behind.as_bytes());
    }
}

/// Appends a number.
fn decimal(number: u64, out: &mut Vec<u8>) {
    let mut divisor = 1;
    while number / divisor >= 10 {
        divisor *= 10;
    }
    while divisor > 0 {
        out.push(b'0' + u8::try_from(number / divisor % 10).unwrap_or_default());
        divisor /= 10;
    }
}

/// Writes number and street.
#[derive(Debug)]
struct StreetAddress {
    pool: Pool,
    street: Street,
}

impl Mask for StreetAddress {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (_, random) = self.pool.choose(cell);
        self.street.write(random, out);
        Ok(Masked::Value)
    }
}

/// `street_address`.
pub(super) fn street_address(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (country, case, charset, max) = (country(request)?, Case::named(request.text("case")), request.target.charset, request.max_chars());
    let fits = |max: usize| Street::new(country, case, charset, max).filter(|street| street.words.len() >= FEWEST as u64);
    let Some(street) = fits(max) else {
        let least = (max..200).find(|max| fits(*max).is_some()).unwrap_or(200);
        return Err(request.too_short(&format!("a choice of streets of {} needs", country.code), least));
    };
    let pool = Pool::new(request, country, "a street", |_| 0)?;
    let fingerprint = format!("street_address {} {} {case:?}", pool.mark(request), street.words.len());
    Ok(request.bound(StreetAddress { pool, street }, Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}

/// Writes a whole address.
#[derive(Debug)]
struct Address {
    pool: Pool,
    street: Street,
    /// What stands in the line of the town: {p} the postcode, {c} the town, {a} the abbreviation of its state.
    locality: &'static str,
    /// The towns and the country as they are written.
    cities: Vec<Vec<u8>>,
    land: Vec<u8>,
    lines: Option<usize>,
    max: usize,
}

/// How the line of the town is written (Universal Postal Union, addressing systems).
fn locality(code: &str) -> &'static str {
    match code {
        "US" | "CA" => "{c}, {a} {p}",
        "AU" => "{c} {a} {p}",
        "GB" => "{c} {p}",
        "IT" => "{p} {c} {a}",
        "BR" => "{p} {c} - {a}",
        _ => "{p} {c}",
    }
}

/// A country's name in its own language.
fn land(code: &str) -> &'static str {
    match code {
        "AU" => "Australia",
        "BE" => "Belgique",
        "BR" => "Brasil",
        "CA" => "Canada",
        "CH" => "Suisse",
        "DE" => "Deutschland",
        "ES" => "España",
        "FR" => "France",
        "GB" => "United Kingdom",
        "IT" => "Italia",
        "NL" => "Nederland",
        "PT" => "Portugal",
        _ => "United States",
    }
}

impl Mask for Address {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (index, random) = self.pool.choose(cell);
        let place = self.pool.place(index);
        let breaks = cell.value.iter().filter(|byte| **byte == b'\n').count();
        let lines = self.lines.unwrap_or_else(|| (breaks + 1).min(3));
        let start = out.len();
        self.street.write(random, out);
        out.extend_from_slice(if lines == 1 { b", " } else { b"\n" });
        for part in self.locality.split_inclusive('}') {
            let (text, field) = part.split_once('{').unwrap_or((part, ""));
            out.extend_from_slice(text.as_bytes());
            match field {
                "p}" => postcode::write(place.postcode, random.low.rotate_left(16), true, out),
                "c}" => out.extend_from_slice(self.cities.get(index).map(Vec::as_slice).unwrap_or_default()),
                "a}" => out.extend_from_slice(self.pool.country.area(place).code.as_bytes()),
                _ => {}
            }
        }
        // A short column has no room for the country: the line is left out.
        if lines == 3 && out.len() - start + 1 + self.land.len() <= self.max {
            out.push(b'\n');
            out.extend_from_slice(&self.land);
        }
        Ok(Masked::Value)
    }
}

/// How many characters the line of a place's town has, with what parts it from the street.
fn locality_width(country: &Country, place: &Place, case: Case, charset: Charset) -> usize {
    let fixed = locality(country.code).replace("{p}", "").replace("{c}", "");
    let (fixed, area) = match fixed.split_once("{a}") {
        Some((before, behind)) => (before.len() + behind.len(), country.area(place).code.len()),
        None => (fixed.len(), 0),
    };
    width(place.city, case, charset).saturating_add(place.postcode.len() + fixed + area + 2)
}

/// `address`.
pub(super) fn address(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    if request.text("keep").is_some() && request.text("of").is_none() {
        let message = "option \"keep\": the value does not tell where it lies";
        return Err(BuildError::of("keep", message, Some("name the column of the postcode: of = \"postcode\"".into())));
    }
    let (country, case, charset, max) = (country(request)?, Case::named(request.text("case")), request.target.charset, request.max_chars());
    let place_width = |place: &Place| locality_width(country, place, case, charset);
    let longest = Street::longest(country, case, charset);
    // What the longest street leaves is the town's; at least half, so that streets give way too.
    let share = |max: usize| max.saturating_sub(longest).max(max / 2);
    let street = |max: usize| Street::new(country, case, charset, max - share(max)).filter(|street| street.words.len() >= FEWEST as u64);
    let towns = |max: usize| country.places.iter().filter(|place| place_width(place) <= share(max)).count() >= FEWEST;
    let fits = |max: &usize| street(*max).is_some() && towns(*max);
    let short = |least| request.too_short(&format!("a choice of addresses of {} needs", country.code), least);
    let Some(street) = street(max).filter(|_| towns(max)) else {
        return Err(short((max..400).find(fits).unwrap_or(400)));
    };
    // The towns may take their share: the others are too wide for any column.
    let width = |place: &Place| if place_width(place) <= share(max) { 0 } else { usize::MAX };
    let pool = Pool::new(request, country, "a choice of addresses", width)
        .map_err(|error| if error.path.is_empty() { short((max..400).find(|max| share(*max) >= 60).unwrap_or(400)) } else { error })?;
    let lines = request.integer("lines").and_then(|lines| usize::try_from(lines).ok());
    let text = |text: &str| words::written(&case.of(text), charset).unwrap_or_default().into_bytes();
    let fingerprint =
        format!("address {} {} {case:?} {lines:?} {}", pool.mark(request), street.words.len(), if max >= 200 { 200 } else { max });
    let cities = country.places.iter().map(|place| text(place.city)).collect();
    let mask = Address { pool, street, locality: locality(country.code), cities, land: text(land(country.code)), lines, max };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::*;

    #[test]
    fn every_country_has_streets() {
        for code in list::CODES {
            let country = list::find(code).expect("listed");
            let streets = streets(country).expect(code);
            assert!(streets.names.len() >= 150 && streets.names.iter().all(|name| !name.contains('~') && name.trim() == name), "{code}");
            let street = Street::new(country, Case::AsIs, Charset::Utf8, usize::MAX).expect(code);
            let mut out = Vec::new();
            street.write(Random { high: 0, low: u64::MAX }, &mut out);
            assert!(out.iter().any(u8::is_ascii_digit) && !out.contains(&b'{'), "{code}");
        }
        assert_eq!(blake3::hash(include_bytes!("data/streets.txt")).to_hex()[..16], *"9daae69e4f3b0ba0");
    }

    #[test]
    fn numbers_are_written() {
        for number in [0, 1, 9, 10, 99, 100, 2400, 9999] {
            let mut out = Vec::new();
            decimal(number, &mut out);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }
}
