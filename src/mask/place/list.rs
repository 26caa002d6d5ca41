//! The lists of places: text files in `data/`, one a country, whose heads name their sources. Read once.
//!
//! `=code name` begins a region, `-code name` an area of it (a département, a province; where a country has no such lines,
//! its regions are its areas), and the other lines are places: `postcode;town`, in France with the commune's INSEE code. In
//! a postcode `#` stands for any digit and `@` for any letter.

use std::sync::LazyLock;

/// A region or state; a département or province.
#[derive(Clone, Copy, Debug)]
pub(super) struct Division {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
}

/// A place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) postcode: &'static str,
    pub(super) city: &'static str,
    /// The INSEE code; empty outside of France.
    pub(super) commune: &'static str,
    /// The index of its area.
    pub(super) area: usize,
}

/// The places of a country, those of one area, and the areas of one region, next to each other.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) code: &'static str,
    pub(super) regions: Vec<Division>,
    /// With the index of their region.
    pub(super) areas: Vec<(Division, usize)>,
    pub(super) places: Vec<Place>,
}

/// The countries that have a list.
pub(super) const CODES: &[&str] = &["AU", "BE", "BR", "CA", "CH", "DE", "ES", "FR", "GB", "IT", "NL", "PT", "US"];

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let texts = [
        include_str!("data/au.txt"),
        include_str!("data/be.txt"),
        include_str!("data/br.txt"),
        include_str!("data/ca.txt"),
        include_str!("data/ch.txt"),
        include_str!("data/de.txt"),
        include_str!("data/es.txt"),
        include_str!("data/fr.txt"),
        include_str!("data/gb.txt"),
        include_str!("data/it.txt"),
        include_str!("data/nl.txt"),
        include_str!("data/pt.txt"),
        include_str!("data/us.txt"),
    ];
    CODES.iter().zip(texts).map(|(code, text)| read(code, text)).collect()
});

fn read(code: &'static str, text: &'static str) -> Country {
    let mut country = Country { code, regions: Vec::new(), areas: Vec::new(), places: Vec::new() };
    let division = |line: &'static str| line.split_once(' ').map(|(code, name)| Division { code, name });
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let region = country.regions.len().saturating_sub(1);
        if let Some(found) = line.strip_prefix('=').and_then(division) {
            country.regions.push(found);
        } else if let Some(found) = line.strip_prefix('-').and_then(division) {
            country.areas.push((found, region));
        } else if let Some((postcode, rest)) = line.split_once(';') {
            let (city, commune) = rest.split_once(';').unwrap_or((rest, ""));
            if country.areas.last().is_none_or(|(_, of)| *of != region) {
                country.areas.extend(country.regions.last().map(|found| (*found, region)));
            }
            country.places.push(Place { postcode, city, commune, area: country.areas.len().saturating_sub(1) });
        }
    }
    country
}

/// The list of a country.
pub(super) fn find(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.code == code)
}

/// The country of a locale.
pub(super) fn of_locale(locale: &str) -> &'static str {
    match locale.split_once('_') {
        Some((_, country)) => CODES.iter().find(|code| **code == country).copied().unwrap_or("US"),
        None => "US",
    }
}

impl Country {
    /// The area of a place.
    pub(super) fn area(&self, place: &Place) -> Division {
        self.areas.get(place.area).map_or(Division { code: "", name: "" }, |(area, _)| *area)
    }

    /// The region of a place.
    pub(super) fn region(&self, place: &Place) -> Division {
        let region = self.areas.get(place.area).and_then(|(_, region)| self.regions.get(*region));
        region.copied().unwrap_or(Division { code: "", name: "" })
    }

    /// The index of an area's region.
    pub(super) fn region_of(&self, area: usize) -> usize {
        self.areas.get(area).map_or(0, |(_, region)| *region)
    }
}

#[cfg(test)]
mod tests {
    use super::super::french;
    use super::*;
    use std::collections::BTreeSet;

    /// If this fails, pseudonyms change: a list is only ever changed with a new major version.
    #[test]
    fn the_lists_are_pinned() {
        let told: Vec<String> = COUNTRIES
            .iter()
            .map(|country| {
                let hash = blake3::hash(format!("{country:?}").as_bytes()).to_hex();
                format!("{} {} {} {}", country.code, country.areas.len(), country.places.len(), &hash[..8])
            })
            .collect();
        assert_eq!(told, PINS);
    }

    /// Country, areas, places, and the start of a hash of them all.
    const PINS: &[&str] = &[
        "AU 8 50 5a2c1d3c",
        "BE 11 42 6323b060",
        "BR 27 47 2a67477d",
        "CA 13 42 b35aa451",
        "CH 22 46 159f02f9",
        "DE 16 67 a49d2a8c",
        "ES 50 58 baddefd8",
        "FR 104 549 8525e7bd",
        "GB 4 68 287c3c1a",
        "IT 69 74 501ba034",
        "NL 12 43 53415f80",
        "PT 20 43 3a6b0c91",
        "US 51 143 0142ab64",
    ];

    #[test]
    fn lists_are_well_formed() {
        for country in COUNTRIES.iter() {
            assert!(country.places.len() >= 40 && !country.regions.is_empty(), "{}", country.code);
            assert!(country.places.is_sorted_by_key(|place| place.area) && country.areas.is_sorted_by_key(|(_, region)| *region));
            let used: BTreeSet<usize> = country.places.iter().map(|place| place.area).collect();
            assert_eq!(used.len(), country.areas.len(), "{}: an area without a place", country.code);
            let codes: BTreeSet<_> = country.areas.iter().map(|(area, _)| area.code).collect();
            assert_eq!(codes.len(), country.areas.len(), "{}: a code twice", country.code);
            let all = || country.areas.iter().map(|(area, _)| area).chain(&country.regions);
            assert!(all().all(|found| !found.name.is_empty() && found.name.trim() == found.name && !found.code.is_empty()));
            let places: BTreeSet<_> = country.places.iter().map(|place| (place.postcode, place.city)).collect();
            assert_eq!(places.len(), country.places.len(), "{}: a place twice", country.code);
        }
    }

    /// What the postcodes of each country look like (Universal Postal Union, addressing systems).
    #[test]
    fn postcodes_are_of_their_countrys_form() {
        for country in COUNTRIES.iter() {
            for place in &country.places {
                let form: String = place.postcode.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
                let good = match country.code {
                    "AU" | "BE" | "CH" => form == "####",
                    "BR" => form == "#####-###",
                    "DE" | "ES" | "FR" | "IT" | "US" => form == "#####",
                    "NL" => form == "#### @@" && !place.postcode.starts_with('0'),
                    "PT" => form == "####-###",
                    "CA" => form.len() == 7 && form.ends_with(" #@#") && place.postcode.is_char_boundary(3),
                    _ => form.ends_with(" #@@") && place.postcode.len() <= 8,
                };
                assert!(good, "{} {}", country.code, place.postcode);
            }
        }
    }

    /// By the rules that La Poste and INSEE publish, in other words than the code's.
    #[test]
    fn french_postcodes_lie_in_their_departements() {
        let france = find("FR").expect("listed");
        assert!(france.places.len() >= 500 && france.areas.len() == 104 && france.regions.len() == 21);
        for place in &france.places {
            let area = france.area(place).code;
            let by_commune = if place.commune.starts_with("97") { &place.commune[..3] } else { &place.commune[..2] };
            assert_eq!(by_commune, area, "{}", place.city);
            let by_postcode = match (&place.postcode[..2], place.postcode) {
                (_, "97133") => "977",
                (_, "97150") => "978",
                ("20", postcode) if postcode < "20200" => "2A",
                ("20", _) => "2B",
                ("97", postcode) => &postcode[..3],
                (two, _) => two,
            };
            assert_eq!(by_postcode, area, "{}", place.city);
            assert_eq!(french::departement(place.postcode), Some(area), "{}", place.city);
        }
        let counts: Vec<usize> =
            (0..france.areas.len()).map(|area| france.places.iter().filter(|place| place.area == area).count()).collect();
        assert!(counts.iter().all(|count| *count >= 1) && counts.iter().filter(|count| **count < 5).count() <= 3, "{counts:?}");
    }

    /// The first digits of a ZIP code tell the state (USPS), those of a Spanish postcode the province (INE).
    #[test]
    fn other_postcodes_lie_in_their_areas() {
        let first = |code: &str| {
            let country = find(code).expect("listed");
            let pairs: BTreeSet<(&str, &str)> = country
                .places
                .iter()
                .map(|place| (&place.postcode[..if code == "US" { 3 } else { 2 }], country.area(place).code))
                .collect();
            (pairs.iter().map(|(prefix, _)| *prefix).collect::<BTreeSet<_>>().len(), pairs.len())
        };
        for code in ["US", "ES"] {
            let (prefixes, pairs) = first(code);
            assert_eq!(prefixes, pairs, "{code}: a prefix in two areas");
        }
        let us = find("US").expect("listed");
        let state = |zip: &str| us.places.iter().find(|place| place.postcode == zip).map(|place| us.area(place).code);
        assert_eq!((state("02903"), state("99501"), state("60601"), state("20001")), (Some("RI"), Some("AK"), Some("IL"), Some("DC")));
    }
}
