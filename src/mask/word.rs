//! One word of a list that ships with pgveil: currencies, time zones, industries, months.
//!
//! Most lists come from the crate `fake` (its version is pinned, see [`super::words`]); the others are facts that stand here.

use fake::locales::{Data, EN};

use super::key::{DomainKey, below};
use super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::words::{self, Words};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[Definition {
    name: "word",
    summary: "a word of a list: a currency, a time zone, an industry, a month",
    accepts: "text that takes some words of the list",
    distinct: "no: the lists are finite",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "word",
    options: &[OptionDefinition { name: "list", kind: OptionKind::Choice(NAMES), default: "required", summary: "which list" }],
    example: Example::of(r#"{ mask = "word", list = "currency_code" }"#, "character(3)", "EUR"),
    build: word,
}];

/// The names of the lists, in the order of [`LISTS`].
const NAMES: &[&str] = &[
    "buzzword",
    "color",
    "currency_code",
    "currency_name",
    "currency_symbol",
    "domain_suffix",
    "email_provider",
    "file_extension",
    "file_name",
    "file_path",
    "industry",
    "language_code",
    "mime_type",
    "month",
    "profession",
    "time_zone",
    "weekday",
];

/// A list: parts, one of each, with what stands before each.
type List = &'static [(&'static str, &'static [&'static str])];

/// The lists, in the order of [`NAMES`].
static LISTS: &[List] = &[
    &[("", EN::COMPANY_BUZZWORD_HEAD), (" ", EN::COMPANY_BUZZWORD_MIDDLE), (" ", EN::COMPANY_BUZZWORD_TAIL)],
    &[("", COLORS)],
    &[("", EN::CURRENCY_CODE)],
    &[("", EN::CURRENCY_NAME)],
    &[("", EN::CURRENCY_SYMBOL)],
    &[("", EN::INTERNET_DOMAIN_SUFFIX)],
    &[("", EN::INTERNET_FREE_EMAIL_PROVIDER)],
    &[("", EN::PATH_EXTENSIONS)],
    &[("", EN::LOREM_WORD), ("-", EN::LOREM_WORD), (".", EN::PATH_EXTENSIONS)],
    &[("/", EN::PATH_SEGMENTS), ("/", EN::LOREM_WORD), ("-", EN::LOREM_WORD), (".", EN::PATH_EXTENSIONS)],
    &[("", EN::COMPANY_INDUSTRY)],
    &[("", LANGUAGES)],
    &[("", MIME_TYPES)],
    &[("", MONTHS)],
    &[("", EN::COMPANY_PROFESSION)],
    &[("", EN::ADDRESS_TIME_ZONE)],
    &[("", WEEKDAYS)],
];

const MONTHS: &[&str] =
    &["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const WEEKDAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The sixteen basic colours of CSS (W3C, CSS Color Module Level 4, section 6.1).
const COLORS: &[&str] = &[
    "aqua", "black", "blue", "fuchsia", "gray", "green", "lime", "maroon", "navy", "olive", "purple", "red", "silver", "teal", "white",
    "yellow",
];

/// The official languages of the European Union by ISO 639-1.
const LANGUAGES: &[&str] = &[
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk",
    "sl", "sv",
];

/// Common media types of IANA's register.
const MIME_TYPES: &[&str] = &[
    "application/json",
    "application/msword",
    "application/pdf",
    "application/xml",
    "application/zip",
    "audio/mpeg",
    "audio/ogg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "video/mp4",
    "video/webm",
];

/// Writes one word of each part.
#[derive(Debug)]
struct Word {
    key: DomainKey,
    parts: Vec<(&'static str, Words)>,
}

impl Mask for Word {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut bits = self.key.hash(cell.seed).wide();
        for (before, words) in &self.parts {
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(words.get(below((bits >> 64) as u64, words.len())));
            // Four parts at most, of 32 fresh bits each: lists are far shorter.
            bits = bits.rotate_left(32);
        }
        Ok(Masked::Value)
    }
}

fn word(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let name = request.text("list").unwrap_or_default();
    let Some(list) = NAMES.iter().position(|known| *known == name).and_then(|index| LISTS.get(index)) else {
        return Err(request.misfit("option \"list\" is missing", "for example { mask = \"word\", list = \"month\" }"));
    };
    let charset = request.target.charset;
    let separators: usize = list.iter().map(|(before, _)| before.len()).sum();
    let share = match request.max_chars() {
        usize::MAX => usize::MAX,
        max => max.saturating_sub(separators) / list.len(),
    };
    // Some lists have words of one length only (currency codes), so a few must do.
    let least = list.iter().filter_map(|(_, words)| words::room(words, charset, 5)).max().unwrap_or(usize::MAX);
    if share < least {
        return Err(
            request.too_short(&format!("a choice of list {name:?} needs"), least.saturating_mul(list.len()).saturating_add(separators))
        );
    }
    let parts: Vec<_> = list.iter().map(|(before, words)| (*before, Words::encode(words, charset, Some(share)))).collect();
    let counts: Vec<u64> = parts.iter().map(|(_, words)| words.len()).collect();
    let fingerprint = format!("word {} {name} {counts:?} {}", request.domain, charset.name());
    Ok(request.bound(Word { key: request.key.clone(), parts }, Distinct::Lost, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;
    use crate::mask::registry::{self, OptionValue};
    use std::collections::HashSet;

    fn bind(list: &str, target: &str) -> Result<Bound, String> {
        let options = [("list".to_owned(), OptionValue::Text(list.into()))];
        let definition = registry::find("word").expect("known");
        demo::bound(definition, &options, &Target::of_sql(target), &[], demo::NO_SECRET).map_err(|error| error.message)
    }

    #[test]
    fn every_list_is_used_whole_and_fits() {
        assert_eq!(NAMES.len(), LISTS.len());
        assert!(NAMES.is_sorted());
        for (name, list) in NAMES.iter().zip(LISTS) {
            let mask = bind(name, "text").expect("fits").mask.expect("a mask");
            let made: HashSet<Vec<u8>> = (0..5000)
                .map(|i: i32| match demo::apply(mask.as_ref(), &i.to_le_bytes()) {
                    Ok(Outcome::Value(value)) => value,
                    other => panic!("{other:?}"),
                })
                .collect();
            let distinct: HashSet<&str> = list.first().expect("a part").1.iter().map(|word| word.trim()).collect();
            assert!(made.len() >= distinct.len() * 9 / 10, "{name}: {} of {}", made.len(), distinct.len());
        }
        let short = bind("weekday", "character varying(8)").expect("fits").mask.expect("a mask");
        for i in 0..200 {
            let Ok(Outcome::Value(value)) = demo::apply(short.as_ref(), &[i]) else { panic!("refused") };
            assert!(value.len() <= 8 && value != b"Wednesday");
        }
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        assert_eq!(
            bind("currency_code", "character varying(2)").expect_err("short"),
            "a choice of list \"currency_code\" needs 3 characters, the column takes 2"
        );
        assert!(bind("currency_code", "character(3)").is_ok());
        assert!(bind("month", "integer").is_err());
    }
}
