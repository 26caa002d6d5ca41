//! Rows by the hash of a key: which rows have it.

/// The hash of a key; 0 where a row has none, because a column of it is NULL or the row does not count.
pub type Hash = u64;

/// Rows grouped by the upper bits of their hashes: a few rows a group, found in one step. Takes 4 bytes a row and 2 to 4
/// more for the groups, besides the hashes, which stay where they are.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Where each group begins in `rows`, and the end of the last.
    starts: Vec<u32>,
    /// Rows with a key, by group; ascending within one.
    rows: Vec<u32>,
    /// How far to shift a hash down to its group.
    shift: u32,
}

impl Index {
    /// The rows of these hashes, each at its place: fewer than 2³².
    pub(super) fn new(hashes: &[Hash]) -> Index {
        let bits = (hashes.len() / 2).max(1).ilog2();
        let mut index = Index { starts: vec![0; (1 << bits) + 1], rows: Vec::new(), shift: 64 - bits };
        let counted = || hashes.iter().enumerate().filter(|(_, hash)| **hash != 0);
        for (_, hash) in counted() {
            // Counted one further, so that sums become beginnings.
            if let Some(count) = index.starts.get_mut(group(*hash, index.shift) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut index.starts {
            sum += *start;
            *start = sum;
        }
        index.rows = vec![0; sum as usize];
        let mut next = index.starts.clone();
        for (row, hash) in counted() {
            let Some(at) = next.get_mut(group(*hash, index.shift)) else { continue };
            if let Some(place) = index.rows.get_mut(*at as usize) {
                *place = u32::try_from(row).unwrap_or(u32::MAX);
            }
            *at += 1;
        }
        index
    }

    /// The rows that have a hash, ascending. `hashes` are those that the index was made of.
    pub(super) fn rows<'i>(&'i self, hashes: &'i [Hash], hash: Hash) -> impl Iterator<Item = u32> + 'i {
        let group = group(hash, self.shift);
        let range = self.starts.get(group).zip(self.starts.get(group + 1)).filter(|_| hash != 0);
        let rows = range.and_then(|(start, end)| self.rows.get(*start as usize..*end as usize)).unwrap_or_default();
        rows.iter().copied().filter(move |row| hashes.get(*row as usize) == Some(&hash))
    }

    /// What it holds in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        4 * (self.starts.capacity() + self.rows.capacity())
    }
}

fn group(hash: Hash, shift: u32) -> usize {
    usize::try_from(hash.checked_shr(shift).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_each_row_by_its_hash(hashes in proptest::collection::vec(prop_oneof![0u64..6, any::<u64>()], 0..80), asked in 0u64..8) {
            let index = Index::new(&hashes);
            for hash in hashes.iter().copied().chain([asked, u64::MAX]) {
                let expected: Vec<u32> = (0..hashes.len()).filter(|row| hash != 0 && hashes[*row] == hash).map(|row| row as u32).collect();
                prop_assert_eq!(index.rows(&hashes, hash).collect::<Vec<_>>(), expected);
            }
        }
    }
}
