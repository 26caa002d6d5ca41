//! country: another country, as a name or an ISO 3166-1 code.

use std::sync::LazyLock;

use super::FEWEST;
use crate::mask::key::{DomainKey, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::words::written;
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// A country: its codes of two and three letters, its number, and its names in the languages of the list.
type Row = Vec<&'static str>;

static COUNTRIES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("data/countries.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(';').collect()).collect()
});

/// The column of the list that holds the names in a locale's language.
fn language(locale: &str) -> usize {
    match locale.get(..2) {
        Some("fr") => 4,
        Some("de") => 5,
        Some("es") => 6,
        Some("it") => 7,
        Some("nl") => 8,
        Some("pt") => 9,
        _ => 3,
    }
}

/// Writes a country.
#[derive(Debug)]
struct Country {
    key: DomainKey,
    /// The countries that the column takes.
    chosen: Vec<&'static Row>,
    /// Their names as they are written; empty where the column has no room for names.
    names: Vec<Vec<u8>>,
    max: usize,
}

impl Mask for Country {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let index = usize::try_from(below(self.key.hash(cell.seed).high, self.chosen.len() as u64)).unwrap_or_default();
        let Some(row) = self.chosen.get(index) else { return Ok(Masked::Null) };
        let value = cell.value.trim_ascii();
        let letters = value.iter().all(u8::is_ascii_alphabetic);
        let column = match value.len() {
            2 if letters => Some(0),
            3 if letters => Some(1),
            1..=3 if value.iter().all(u8::is_ascii_digit) && self.max >= 3 => Some(2),
            _ => None,
        };
        let code = |column: usize| row.get(column).copied().unwrap_or_default().as_bytes();
        match (column, self.names.get(index)) {
            (None, Some(name)) => out.extend_from_slice(name),
            (column, _) => {
                // A short column takes a code, whatever stood there.
                let column = column.unwrap_or(usize::from(self.max >= 3));
                let small = value.iter().any(u8::is_ascii_lowercase) && !value.iter().any(u8::is_ascii_uppercase);
                out.extend(code(column).iter().map(|byte| if small && letters { byte.to_ascii_lowercase() } else { *byte }));
            }
        }
        Ok(Masked::Value)
    }
}

/// `country`: text of at least two characters.
pub(super) fn country(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (language, charset, max) = (language(request.locale()?.name), request.target.charset, request.max_chars());
    if max < 2 {
        return Err(request.too_short("the code of a country needs", 2));
    }
    let case = Case::named(request.text("case"));
    let named = |row: &'static Row| {
        let name = written(&case.of(row.get(language)?), charset)?;
        (name.chars().count() <= max).then(|| (row, name.into_bytes()))
    };
    let fitting: Vec<_> = COUNTRIES.iter().filter_map(named).collect();
    let (chosen, names): (Vec<_>, Vec<_>) =
        if fitting.len() >= FEWEST { fitting.into_iter().unzip() } else { (COUNTRIES.iter().collect(), Vec::new()) };
    let limit = max.min(3);
    let fingerprint = format!("country {} {language} {} {} {case:?} {} {limit}", request.domain, chosen.len(), names.len(), charset.name());
    Ok(request.bound(Country { key: request.key.clone(), chosen, names, max }, Distinct::Lost, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_well_formed() {
        assert!(COUNTRIES.len() >= 40 && COUNTRIES.iter().all(|row| row.len() == 10));
        for column in 0..10 {
            let values: BTreeSet<_> = COUNTRIES.iter().map(|row| row[column]).collect();
            assert_eq!(values.len(), COUNTRIES.len(), "column {column}: a value twice");
        }
        let upper = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(COUNTRIES.iter().all(|row| upper(row[0], 2) && upper(row[1], 3) && row[2].len() == 3 && row[2].parse::<u16>().is_ok()));
        assert!(COUNTRIES.is_sorted_by_key(|row| row[0]));
        assert_eq!(blake3::hash(include_bytes!("data/countries.txt")).to_hex()[..16], *"8d64e84f5d2f4726");
    }
}
