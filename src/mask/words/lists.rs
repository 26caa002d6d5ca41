//! Lists of our own: text files in `data/`, with `=locale` before the lines of a locale. Read once.

use std::sync::LazyLock;

/// First names of a locale, by gender.
#[derive(Clone, Debug, Default)]
pub struct FirstNames {
    /// Those that women mostly bear.
    pub women: Vec<&'static str>,
    /// Those that men mostly bear.
    pub men: Vec<&'static str>,
}

/// Lines of a file by locale, comments left out.
fn sections(text: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.strip_prefix('=') {
            Some(name) => sections.push((name, Vec::new())),
            None => sections.last_mut().into_iter().for_each(|(_, lines)| lines.push(line)),
        }
    }
    sections
}

/// Words of a locale, parted by semicolons.
type Lists = Vec<(&'static str, Vec<&'static str>)>;

fn lists(text: &'static str) -> Lists {
    let words = |lines: Vec<&'static str>| lines.into_iter().flat_map(|line| line.split(';')).collect();
    sections(text).into_iter().map(|(name, lines)| (name, words(lines))).collect()
}

/// The list of a locale; the English one for Welsh, and where there is none.
fn find(lists: &'static Lists, locale: &str) -> &'static [&'static str] {
    let named = |name: &str| lists.iter().find(|(known, _)| *known == name).map(|(_, words)| words.as_slice());
    named(locale).or_else(|| named("en")).unwrap_or_default()
}

/// Names of jobs.
pub fn jobs(locale: &str) -> &'static [&'static str] {
    static JOBS: LazyLock<Lists> = LazyLock::new(|| lists(include_str!("data/jobs.txt")));
    find(&JOBS, locale)
}

/// How companies are called: patterns in which `~` stands for a last name.
pub fn companies(locale: &str) -> &'static [&'static str] {
    static COMPANIES: LazyLock<Lists> = LazyLock::new(|| lists(include_str!("data/companies.txt")));
    find(&COMPANIES, locale)
}

/// First names by gender, of all locales.
pub fn first_names() -> &'static [(&'static str, FirstNames)] {
    static NAMES: LazyLock<Vec<(&'static str, FirstNames)>> = LazyLock::new(|| {
        let names = |lines: &[&'static str], sign: &str| -> Vec<&'static str> {
            lines.iter().filter_map(|line| line.strip_prefix(sign)).flat_map(str::split_ascii_whitespace).collect()
        };
        let by_gender = |lines: Vec<&'static str>| FirstNames { women: names(&lines, "f "), men: names(&lines, "m ") };
        sections(include_str!("data/first_names.txt")).into_iter().map(|(name, lines)| (name, by_gender(lines))).collect()
    });
    &NAMES
}

#[cfg(test)]
mod tests {
    use super::super::{LOCALES, plain};
    use super::*;
    use std::collections::BTreeSet;

    /// If this fails, pseudonyms change: a list is only ever changed with a new major version.
    #[test]
    fn the_lists_are_pinned() {
        let pin = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
        let pins = [include_str!("data/jobs.txt"), include_str!("data/companies.txt"), include_str!("data/first_names.txt")].map(pin);
        assert_eq!(pins, ["15a2dfdf934eeb80", "5689f433e1f3726b", "b03d165531ee8d5f"]);
    }

    #[test]
    fn every_locale_has_its_lists() {
        for locale in LOCALES {
            let (_, names) = first_names().iter().find(|(name, _)| *name == locale.name).expect(locale.name);
            let (women, men): (BTreeSet<_>, BTreeSet<_>) = (names.women.iter().collect(), names.men.iter().collect());
            assert!(women.len() >= 35 && men.len() >= 35 && women.is_disjoint(&men), "{}", locale.name);
            assert_eq!((women.len(), men.len()), (names.women.len(), names.men.len()), "{}: no name twice", locale.name);
            // Names that a gender may choose are among those that anybody may get, but for one typing error of the crate's.
            let known: BTreeSet<&str> = locale.first_names.iter().map(|name| name.trim().trim_end_matches(',')).collect();
            let all = || women.union(&men);
            assert!(all().filter(|name| !known.contains(**name)).count() * 4 < all().count(), "{}", locale.name);
            let jobs: BTreeSet<_> = jobs(locale.name).iter().collect();
            assert!(jobs.len() >= 40 && jobs.iter().all(|job| plain(job).is_some()), "{}", locale.name);
            let companies = companies(locale.name);
            assert!(companies.len() >= 20 && companies.iter().all(|pattern| (1..=3).contains(&pattern.matches('~').count())));
        }
    }
}
