//! The places that a mask may choose, and which of them a row gets.

use super::FEWEST;
use super::french;
use super::list::{self, Country, Division, Place};
use crate::mask::fit::Kind;
use crate::mask::key::{DomainKey, Random, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::letters;
use crate::mask::{Cell, Note, Reading};

/// What the place has in common with the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Nothing,
    Area,
    Region,
}

/// The places of a country that a mask may choose.
#[derive(Debug)]
pub(super) struct Pool {
    key: DomainKey,
    pub(super) country: &'static Country,
    /// Indices of its places, in their order.
    chosen: Vec<usize>,
    keep: Keep,
    /// The reading that says which place it is, and whether its values are padded.
    of: Option<bool>,
}

/// The country of a request.
pub(super) fn country(request: &Request<'_>) -> Result<&'static Country, BuildError> {
    let code = match request.text("country") {
        Some(code) => code,
        None => list::of_locale(request.locale()?.name),
    };
    list::find(code).ok_or_else(|| BuildError::of("country", format!("option \"country\": there is no list of places of {code}"), None))
}

/// An empty division, for a place that is none.
const NOWHERE: Place = Place { postcode: "", city: "", commune: "", area: 0 };

impl Pool {
    /// The places of a request that `fits` takes.
    ///
    /// # Errors
    /// `keep` where the country has no départements that a postcode tells, or where nothing says which is the original's;
    /// too few places, as far as the column goes: `least` says how many characters a choice needs.
    pub(super) fn new(
        request: &Request<'_>,
        country: &'static Country,
        what: &str,
        width: impl Fn(&Place) -> usize,
    ) -> Result<Pool, BuildError> {
        let keep = match request.text("keep") {
            Some("departement") => Keep::Area,
            Some("region") => Keep::Region,
            _ => Keep::Nothing,
        };
        if keep != Keep::Nothing && country.code != "FR" {
            let message = format!("option \"keep\": of the postcodes of {} no table tells in which region they lie", country.code);
            let help = "name country = \"FR\", or keep = 2 on the postcode";
            return Err(BuildError::of("keep", message, Some(help.into())));
        }
        let max = request.max_chars();
        // A place that cannot be written is too wide for a column without a limit, too.
        let fits = |place: &Place| width(place) <= max.min(usize::MAX - 1);
        let chosen: Vec<usize> = country.places.iter().enumerate().filter(|(_, place)| fits(place)).map(|(index, _)| index).collect();
        let of = request.text("of").map(|column| request.column(column).is_some_and(|target| target.kind == Kind::Padded));
        let pool = Pool { key: request.key.clone(), country, chosen, keep, of };
        if pool.chosen.len() < FEWEST || !pool.covers() {
            let mut widths: Vec<usize> = country.places.iter().map(width).collect();
            widths.sort_unstable();
            let least = if keep == Keep::Nothing { widths.get(FEWEST - 1) } else { widths.last() };
            return Err(request.too_short(&format!("{what} of {} needs", country.code), least.copied().unwrap_or(0)));
        }
        Ok(pool)
    }

    /// Whether each part of the country that must be kept has a place.
    fn covers(&self) -> bool {
        let count = match self.keep {
            Keep::Nothing => return true,
            Keep::Area => self.country.areas.len(),
            Keep::Region => self.country.regions.len(),
        };
        (0..count).all(|part| !self.within(part).is_empty())
    }

    /// The chosen places of an area, or of a region.
    fn within(&self, part: usize) -> &[usize] {
        let of = |index: &usize| {
            let area = self.country.places.get(*index).map_or(0, |place| place.area);
            if self.keep == Keep::Region { self.country.region_of(area) } else { area }
        };
        let start = self.chosen.partition_point(|index| of(index) < part);
        let end = self.chosen.partition_point(|index| of(index) <= part);
        self.chosen.get(start..end).unwrap_or_default()
    }

    /// What the mask reads.
    pub(super) fn reads(request: &Request<'_>) -> Vec<Reading> {
        request.text("of").map(|of| Reading { of: of.to_owned(), masked: false }).into_iter().collect()
    }

    /// For the fingerprint.
    pub(super) fn mark(&self, request: &Request<'_>) -> String {
        let of = request.text("of").map_or_else(String::new, |of| format!(" of {of:?}"));
        let charset = request.target.charset.name();
        format!("{} {} {} {:?} {charset}{of}", request.domain, self.country.code, self.chosen.len(), self.keep)
    }

    /// The index of a row's place, and bits for what else there is to choose.
    #[inline]
    pub(super) fn choose(&self, cell: Cell<'_>) -> (usize, Random) {
        let of = self.of.map(|padded| {
            let read = cell.around.read(0);
            if read.is_none() {
                cell.around.note(Note::Unseeded);
            }
            if padded { read.map(trim) } else { read }
        });
        let own = std::ptr::eq(cell.seed, cell.value);
        let seed = if own { of.flatten().unwrap_or(cell.seed) } else { cell.seed };
        let random = self.key.hash(seed);
        let all = match self.keep {
            Keep::Nothing => self.chosen.as_slice(),
            _ => self.part(of.unwrap_or(Some(cell.value))).map_or(self.chosen.as_slice(), |part| self.within(part)),
        };
        let index = usize::try_from(below(random.high, all.len() as u64)).unwrap_or_default();
        (all.get(index).copied().unwrap_or_default(), random)
    }

    /// The place at an index.
    pub(super) fn place(&self, index: usize) -> &'static Place {
        self.country.places.get(index).unwrap_or(&NOWHERE)
    }

    /// The index of the area or region in which something lies.
    fn part(&self, of: Option<&[u8]>) -> Option<usize> {
        let text = std::str::from_utf8(of?).ok()?;
        let area = self.area(text)?;
        Some(if self.keep == Keep::Region { self.country.region_of(area) } else { area })
    }

    /// The index of an area by a postcode, the code of a commune, its own code or name.
    fn area(&self, text: &str) -> Option<usize> {
        // A column of integers has lost the zero of 01000.
        let mut padded = [b'0'; 5];
        let text = match text.len() {
            4 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                padded.get_mut(1..)?.copy_from_slice(text.as_bytes());
                std::str::from_utf8(&padded).ok()?
            }
            _ => text,
        };
        if let Some(code) = french::departement(text) {
            return self.country.areas.iter().position(|(area, _)| area.code == code);
        }
        by_name(text, self.country.areas.iter().map(|(area, _)| area))
    }
}

/// More letters than any name has.
const LONGEST: usize = 60;

/// The index of a division by its name, however it is written.
pub(super) fn by_name<'a>(text: &str, mut all: impl Iterator<Item = &'a Division>) -> Option<usize> {
    let (mut wanted, mut name) = (crate::mask::scratch::buffer(), crate::mask::scratch::buffer());
    letters(text.as_bytes(), LONGEST, &mut wanted);
    if wanted.is_empty() {
        return None;
    }
    all.position(|division| {
        name.clear();
        letters(division.name.as_bytes(), LONGEST, &mut name);
        *name == *wanted
    })
}

/// A value of char(n) without its padding.
fn trim(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}
