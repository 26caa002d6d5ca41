//! A bit for each row of a table.

/// Rows of one table, a bit each, by their place in the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// No row, with room for so many.
    pub fn new(rows: usize) -> Bits {
        Bits { words: vec![0; rows.div_ceil(64)] }
    }

    /// Whether a row is among them.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Adds a row; whether it was not among them.
    #[inline]
    pub fn add(&mut self, row: usize) -> bool {
        let word = row / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let Some(word) = self.words.get_mut(word) else { return false };
        let before = *word;
        *word |= 1 << (row % 64);
        *word != before
    }

    /// How many they are.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(index * 64 + bit as usize)
            })
        })
    }

    /// What it holds in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_set(rows in proptest::collection::vec(0usize..300, 0..50)) {
            let mut bits = Bits::new(100);
            let mut set = std::collections::BTreeSet::new();
            for row in rows {
                prop_assert_eq!(bits.add(row), set.insert(row));
            }
            prop_assert_eq!(bits.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bits.count(), set.len() as u64);
            for row in 0..400 {
                prop_assert_eq!(bits.has(row), set.contains(&row));
            }
        }
    }
}
