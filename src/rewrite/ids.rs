//! A list of ids, as keyed hashes of 128 bits: 16 bytes an id, and a bit for whether a row had it.
//!
//! Exact enough: that a value which is not in a list of n ids has the hash of one that is has the probability n/2¹²⁸; for
//! a billion ids and a billion rows that is less than 10⁻²⁰. The hashes are those of a key of the run's secret, so nobody
//! can choose values that meet.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mask::key::DomainKey;

/// Ids, without repetition. The list itself is shared by all that look into it.
#[derive(Clone, Debug)]
pub struct IdList {
    /// Ascending.
    hashes: Arc<[u128]>,
    key: DomainKey,
}

/// How ids are read, so that one that the column takes for a value of its own is equal to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdForm {
    /// As it stands there.
    Plain,
    /// Capitals are small letters: citext.
    Folded,
    /// As the server writes it: in small letters, without braces, with four hyphens (`uuid_in` in uuid.c takes more).
    Uuid,
}

impl IdForm {
    /// An id of a list (unescaped, in UTF-8) in this form.
    pub fn read(self, id: &str) -> Cow<'_, str> {
        match self {
            IdForm::Plain => Cow::Borrowed(id),
            IdForm::Folded => Cow::Owned(id.to_lowercase()),
            IdForm::Uuid => uuid(id).map_or(Cow::Borrowed(id), Cow::Owned),
        }
    }
}

/// A UUID as the server writes it; `None` where it is none.
fn uuid(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '{' | '}' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    Some([part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?].join("-"))
}

/// A list, and which of its ids a table's rows had.
#[derive(Debug)]
pub struct Ids {
    list: IdList,
    form: IdForm,
    seen: Vec<AtomicU64>,
}

impl IdList {
    /// The list of these hashes, which `key` made of the ids ([`IdList::hash`]).
    pub fn new(mut hashes: Vec<u128>, key: DomainKey) -> IdList {
        hashes.sort_unstable();
        hashes.dedup();
        IdList { hashes: hashes.into(), key }
    }

    /// The hash of an id: unescaped, in UTF-8.
    pub fn hash(key: &DomainKey, id: &[u8]) -> u128 {
        key.hash(id).wide()
    }

    /// How many different ids it holds.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Where a hash stands. Hashes are uniform, so the place that a hash should have is near the one that it has.
    fn position(&self, hash: u128) -> Option<usize> {
        let hashes = &*self.hashes;
        let guess = (((hash >> 64) * hashes.len() as u128) >> 64) as usize;
        let (mut low, mut high, mut step) = (guess, guess, 1);
        while low > 0 && hashes.get(low).is_none_or(|found| *found > hash) {
            low = low.saturating_sub(step);
            step *= 2;
        }
        step = 1;
        while high < hashes.len() && hashes.get(high).is_some_and(|found| *found < hash) {
            high = (high + step).min(hashes.len());
            step *= 2;
        }
        let window = hashes.get(low..(high + 1).min(hashes.len()))?;
        window.binary_search(&hash).ok().map(|at| low + at)
    }
}

impl Ids {
    /// A list of which no id was seen yet, of ids in this form.
    pub fn new(list: IdList, form: IdForm) -> Ids {
        let words = list.len().div_ceil(64);
        Ids { seen: (0..words).map(|_| AtomicU64::new(0)).collect(), list, form }
    }

    /// Whether the list holds a value (unescaped, in UTF-8), which is then seen.
    pub fn find(&self, value: &[u8]) -> bool {
        let folded;
        let value = match (self.form, std::str::from_utf8(value)) {
            (IdForm::Folded, Ok(text)) => {
                folded = text.to_lowercase();
                folded.as_bytes()
            }
            // The server has written a UUID.
            _ => value,
        };
        let Some(at) = self.list.position(IdList::hash(&self.list.key, value)) else { return false };
        if let Some(word) = self.seen.get(at / 64) {
            word.fetch_or(1 << (at % 64), Ordering::Relaxed);
        }
        true
    }

    /// How many different ids the list holds.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of them no row had.
    pub fn unseen(&self) -> usize {
        let seen: u32 = self.seen.iter().map(|word| word.load(Ordering::Relaxed).count_ones()).sum();
        self.len() - seen as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::key::Secret;
    use proptest::prelude::*;

    fn list(ids: &[String]) -> IdList {
        let key = Secret::new(b"0123456789abcdef".to_vec()).domain("erase");
        IdList::new(ids.iter().map(|id| IdList::hash(&key, id.as_bytes())).collect(), key)
    }

    #[test]
    fn ids_are_read_as_their_column_reads_them() {
        let known = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for written in
            [known, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"]
        {
            assert_eq!(IdForm::Uuid.read(written), known);
        }
        assert_eq!((IdForm::Uuid.read("A0"), IdForm::Plain.read("A"), IdForm::Folded.read("ÉA")), ("A0".into(), "A".into(), "éa".into()));
        let folded = Ids::new(list(&["zoé@x".into()]), IdForm::Folded);
        assert!(folded.find("ZOÉ@x".as_bytes()) && !folded.find(b"zoe@x") && folded.unseen() == 0);
    }

    proptest! {
        #[test]
        fn it_holds_what_was_put_in_and_nothing_else(
            ids in proptest::collection::vec("[a-c]{0,3}", 0..60),
            asked in proptest::collection::vec("[a-d]{0,3}", 0..60),
        ) {
            let found = Ids::new(list(&ids), IdForm::Plain);
            let known: std::collections::BTreeSet<&String> = ids.iter().collect();
            prop_assert_eq!(found.len(), known.len());
            for id in &asked {
                prop_assert_eq!(found.find(id.as_bytes()), known.contains(id));
            }
            let hit: std::collections::BTreeSet<&String> = asked.iter().filter(|id| known.contains(id)).collect();
            prop_assert_eq!(found.unseen(), known.len() - hit.len());
        }

        /// Hashes that are not uniform at all are found too, only later.
        #[test]
        fn any_hashes_are_found(hashes in proptest::collection::btree_set(prop_oneof![any::<u128>(), 0u128..50, (u128::MAX - 50)..], 0..80)) {
            let list = IdList { hashes: hashes.iter().copied().collect(), key: list(&[]).key };
            for (at, hash) in hashes.iter().enumerate() {
                prop_assert_eq!(list.position(*hash), Some(at));
                for other in [hash.wrapping_add(1), hash.wrapping_sub(1)] {
                    prop_assert_eq!(list.position(other).is_some(), hashes.contains(&other));
                }
            }
        }
    }
}
