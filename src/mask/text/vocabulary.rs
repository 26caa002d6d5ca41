//! A list of one's own words (names of streets, of patients, of projects) that are looked for in text: whole words, case
//! and accents aside, all of them in one pass.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use super::fold::{Folded, folded};

/// Words that are looked for.
#[derive(Debug)]
pub struct Vocabulary {
    automaton: AhoCorasick,
    /// As they stand in the list, by pattern.
    words: Vec<Box<str>>,
}

/// A word that was found: in the folded text, with a blank at either end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The first blank.
    pub start: usize,
    /// Behind the last blank.
    pub end: usize,
    /// The word's index.
    pub word: usize,
}

impl Vocabulary {
    /// Words without a letter or digit are left out, and of those that are equal when folded, all but the first; `None`
    /// where none is left.
    ///
    /// # Errors
    /// There are more than the automaton takes, in its own words.
    pub fn new<'w>(list: impl IntoIterator<Item = &'w str>) -> Result<Option<Vocabulary>, String> {
        let mut seen = HashSet::new();
        let (mut patterns, mut words) = (Vec::new(), Vec::new());
        for word in list {
            let pattern = folded(word);
            if pattern.len() > 1 && seen.insert(pattern.clone()) {
                patterns.push(pattern);
                words.push(word.into());
            }
        }
        if patterns.is_empty() {
            return Ok(None);
        }
        let automaton =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).map_err(|error| error.to_string())?;
        Ok(Some(Vocabulary { automaton, words }))
    }

    /// The first word at or behind a place in a folded text, the longest where several begin there.
    pub fn find(&self, text: &Folded, from: usize) -> Option<Hit> {
        let text = text.text();
        let found = self.automaton.find(Input::new(text).range(from.min(text.len())..))?;
        Some(Hit { start: found.start(), end: found.end(), word: found.pattern().as_usize() })
    }

    /// A word as it stands in the list.
    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word)
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: a list without words is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}
