//! city, commune_code, departement, region: one field of the place of a row.

use super::form::{Form, Texts};
use super::list::{Country, Division, Place};
use super::pool::{Pool, country};
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::written;
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// Writes the town.
#[derive(Debug)]
struct City {
    pool: Pool,
    /// The towns of the country as they are written.
    texts: Vec<Vec<u8>>,
}

impl Mask for City {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (index, _) = self.pool.choose(cell);
        out.extend_from_slice(self.texts.get(index).map(Vec::as_slice).unwrap_or_default());
        Ok(Masked::Value)
    }
}

/// How many characters a text has as it is written; more than any column takes where it cannot be.
pub(super) fn width(text: &str, case: Case, charset: crate::encoding::Charset) -> usize {
    written(&case.of(text), charset).map_or(usize::MAX, |text| text.chars().count())
}

/// `city`.
pub(super) fn city(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    needs_of(request)?;
    let (case, charset) = (Case::named(request.text("case")), request.target.charset);
    let pool = Pool::new(request, country(request)?, "a choice of towns", |place| width(place.city, case, charset))?;
    let fingerprint = format!("city {} {case:?}", pool.mark(request));
    let text = |place: &Place| written(&case.of(place.city), charset).unwrap_or_default().into_bytes();
    let mask = City { texts: pool.country.places.iter().map(text).collect(), pool };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}

/// That something says where the original lies: a town's name does not.
fn needs_of(request: &Request<'_>) -> Result<(), BuildError> {
    if request.text("keep").is_none() || request.text("of").is_some() {
        return Ok(());
    }
    let message = "option \"keep\": the value does not tell where it lies";
    Err(BuildError::of("keep", message, Some("name the column of the postcode: of = \"postcode\"".into())))
}

/// Writes the code of the commune.
#[derive(Debug)]
struct CommuneCode(Pool);

impl Mask for CommuneCode {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (index, _) = self.0.choose(cell);
        out.extend_from_slice(self.0.place(index).commune.as_bytes());
        Ok(Masked::Value)
    }
}

/// `commune_code`: text of at least five characters.
pub(super) fn commune_code(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let Some(france) = super::list::find("FR") else { return Err(request.misfit("there is no list of communes", "use const")) };
    let pool = Pool::new(request, france, "the code of a commune", |place| place.commune.len())?;
    let fingerprint = format!("commune_code {}", pool.mark(request));
    Ok(request.bound(CommuneCode(pool), Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}

/// Which division of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Area,
    Region,
}

impl Level {
    fn all(self, country: &Country) -> Vec<Division> {
        match self {
            Level::Area => country.areas.iter().map(|(area, _)| *area).collect(),
            Level::Region => country.regions.clone(),
        }
    }

    fn of(self, country: &Country, place: &Place) -> Division {
        if self == Level::Area { country.area(place) } else { country.region(place) }
    }
}

/// Writes a division of the place.
#[derive(Debug)]
struct DivisionOf {
    pool: Pool,
    level: Level,
    form: Form,
    /// All divisions, and how they are written.
    all: Vec<Division>,
    texts: Vec<Texts>,
    max: usize,
    integer: bool,
}

impl Mask for DivisionOf {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let (index, _) = self.pool.choose(cell);
        let place = self.pool.place(index);
        let index = match self.level {
            Level::Area => place.area,
            Level::Region => self.pool.country.region_of(place.area),
        };
        if self.integer {
            // The server writes integers without leading zeros.
            let code = self.level.of(self.pool.country, place).code.trim_start_matches('0');
            out.extend_from_slice(code.as_bytes());
        } else if let Some(texts) = self.texts.get(index) {
            self.form.write(texts, cell.value, &self.all, self.max, out);
        }
        Ok(Masked::Value)
    }
}

fn division(request: &Request<'_>, level: Level, what: &str) -> Result<Bound, BuildError> {
    let integer = matches!(request.target.kind, Kind::Integer(_));
    if !integer {
        request.needs_text()?;
    }
    if level == Level::Region {
        needs_of(request)?;
    }
    let (country, case, charset) = (country(request)?, Case::named(request.text("case")), request.target.charset);
    let all = level.all(country);
    if integer && all.iter().filter(|division| is_number(division)).count() * 2 < all.len() {
        let message = format!("the codes of {} are no numbers, but the column is {}", country.code, request.target.type_name);
        return Err(request.misfit(message, request.instead()));
    }
    let named = Form::named(request.text("form"));
    let max = request.max_chars();
    let name = |place: &Place| width(level.of(country, place).name, case, charset);
    let code = |place: &Place| level.of(country, place).code.len();
    // Names, if there is room for a choice of them; else codes, if the rule leaves it open.
    let names = country.places.iter().filter(|place| name(place) <= max).count() >= super::FEWEST;
    let form = if named == Form::Same && !names { Form::Code } else { named };
    let pool = Pool::new(request, country, what, |place| {
        if integer {
            return if is_number(&level.of(country, place)) { 1 } else { usize::MAX };
        }
        if form == Form::Code { code(place) } else { name(place).max(code(place)) }
    })?;
    let texts: Vec<Texts> = all.iter().map(|division| Texts::of(division, case, charset)).collect();
    // `35 - Ille-et-Vilaine` is the longest form; past that the limit changes nothing.
    let limit = if max >= 64 { String::new() } else { max.to_string() };
    let fingerprint = format!("{level:?} {} {form:?} {case:?} {limit} {integer}", pool.mark(request));
    let mask = DivisionOf { pool, level, form, all, texts, max, integer };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(Pool::reads(request)))
}

/// Whether a division's code can stand in a column of integers: 2A cannot.
fn is_number(division: &Division) -> bool {
    division.code.bytes().all(|byte| byte.is_ascii_digit())
}

/// `departement`.
pub(super) fn departement(request: &Request<'_>) -> Result<Bound, BuildError> {
    division(request, Level::Area, "a choice of départements, provinces or states")
}

/// `region`.
pub(super) fn region(request: &Request<'_>) -> Result<Bound, BuildError> {
    division(request, Level::Region, "a choice of regions")
}
