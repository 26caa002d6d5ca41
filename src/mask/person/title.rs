//! title: Mr or Ms, as the person of the same seed is called.

use super::gender::{Gender, Source, of_first_name};
use super::names::first_names;
use crate::mask::key::{DomainKey, below};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::case::Case;
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The titles of a language: short, long.
#[derive(Clone, Copy, Debug)]
struct Titles {
    women: [&'static str; 2],
    men: [&'static str; 2],
}

/// As they are written in a locale; those of English where it has none here.
fn titles(locale: &str) -> Titles {
    let (women, men) = match locale {
        "fr_FR" => (["Mme", "Madame"], ["M.", "Monsieur"]),
        "de_DE" => (["Frau", "Frau"], ["Herr", "Herr"]),
        "it_IT" => (["Sig.ra", "Signora"], ["Sig.", "Signore"]),
        "nl_NL" => (["Mevr.", "Mevrouw"], ["Dhr.", "De heer"]),
        "pt_BR" | "pt_PT" => (["Sra.", "Senhora"], ["Sr.", "Senhor"]),
        _ => (["Ms", "Ms"], ["Mr", "Mr"]),
    };
    Titles { women, men }
}

/// Writes a title.
#[derive(Debug)]
struct Title {
    key: DomainKey,
    titles: Titles,
    source: Source,
    /// The gender of each first name that the person may have; where none is known, a bit decides.
    genders: Vec<Option<Gender>>,
    max: usize,
}

/// The most letters of a short title: an original with more is written in full.
const SHORT: usize = 4;

impl Mask for Title {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed);
        let of_person = || {
            let index = below(random.high, self.genders.len() as u64);
            self.genders.get(usize::try_from(index).ok()?).copied().flatten()
        };
        let gender = self.source.tell(cell).or_else(of_person);
        let female = gender.map_or(random.low & 1 == 0, |gender| gender == Gender::Female);
        let [short, long] = if female { self.titles.women } else { self.titles.men };
        let letters = cell.value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        let word = if letters > SHORT && long.len() <= self.max { long } else { short };
        let capitals = letters > 1 && !cell.value.iter().any(u8::is_ascii_lowercase);
        let dots = cell.value.contains(&b'.') || cell.value.len() > self.max;
        // `M` and `Mr` without a dot where the original has none; all titles here are ASCII.
        let bytes = word.bytes().filter(|byte| dots || *byte != b'.');
        out.extend(bytes.map(|byte| if capitals { byte.to_ascii_uppercase() } else { byte }));
        Ok(Masked::Value)
    }
}

/// `title`.
pub(super) fn title(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let locale = request.locale()?;
    let titles = titles(locale.name);
    let least = titles.women[0].len().max(titles.men[0].len());
    let max = request.max_chars();
    if max < least {
        return Err(request.too_short(&format!("a title of locale {} needs", locale.name), least));
    }
    let (first, reading) = first_names(request, Case::AsIs, usize::MAX, 0)?;
    let genders = (0..first.any().len()).map(|index| of_first_name(first.any().get(index), locale.name)).collect();
    let longest = titles.women[1].len().max(titles.men[1].len());
    let fingerprint = format!("title {} {} {}{}", request.domain, locale.name, max.min(longest), Source::mark(request));
    let mask = Title { key: request.key.clone(), titles, source: first.source(), genders, max };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(reading.into_iter().collect()))
}
