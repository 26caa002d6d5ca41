//! Keyed permutations of the numbers below a bound: what collision-free masks of finite spaces are made of.
//!
//! A balanced Feistel network over the smallest even number of bits that holds the bound, walked until it comes back
//! below it (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). Twelve rounds of the domain's
//! pseudorandom function; small domains are weak against one who knows many pairs, as every permutation of them is.

use super::key::DomainKey;

/// How often the halves are mixed.
const ROUNDS: u8 = 12;

/// A permutation of the numbers below a bound.
#[derive(Clone, Debug)]
pub struct Permutation {
    key: DomainKey,
    bound: u128,
    /// Bits of each half.
    half: u32,
}

impl Permutation {
    /// The largest bound: 2^126, so that two halves fit their numbers with room for walking.
    pub const MAX_BOUND: u128 = 1 << 126;

    /// A permutation of the numbers below `bound`, which is taken as 1 where it is 0 and as [`Permutation::MAX_BOUND`]
    /// where it is larger.
    pub fn new(key: DomainKey, bound: u128) -> Permutation {
        let bound = bound.clamp(1, Permutation::MAX_BOUND);
        let bits = 128 - (bound - 1).leading_zeros();
        Permutation { key, bound, half: bits.div_ceil(2).max(1) }
    }

    /// How many numbers it permutes.
    pub fn bound(&self) -> u128 {
        self.bound
    }

    /// The number in another's place. `tweak` chooses among permutations: one for each prefix, length or country. A number
    /// past the bound stays as it is.
    pub fn apply(&self, number: u128, tweak: u64) -> u128 {
        self.walk(number, |number| self.rounds(number, tweak, 0..ROUNDS, false))
    }

    /// The number whose place another took: undoes [`Permutation::apply`].
    pub fn undo(&self, number: u128, tweak: u64) -> u128 {
        self.walk(number, |number| self.rounds(number, tweak, 0..ROUNDS, true))
    }

    /// Like [`Permutation::apply`], but no number stays as it is unless it is the only one. Looks at two or three numbers.
    pub fn derange(&self, number: u128, tweak: u64) -> u128 {
        if number >= self.bound {
            return number;
        }
        self.apply(self.instead(number, tweak).0, tweak)
    }

    /// Undoes [`Permutation::derange`].
    pub fn arrange(&self, number: u128, tweak: u64) -> u128 {
        if number >= self.bound {
            return number;
        }
        self.instead(self.undo(number, tweak), tweak).1
    }

    /// Neighbours exchange their pseudonyms where one of them would stay: the number whose pseudonym this one gets, and the
    /// number that gets this one's. Neighbours are two, and at the end of an odd count three: of three numbers that must
    /// each avoid one pseudonym at most, some exchange suits all.
    fn instead(&self, number: u128, tweak: u64) -> (u128, u128) {
        let last_three = self.bound % 2 == 1 && number + 3 >= self.bound;
        let (first, count) = match self.bound {
            1 => return (number, number),
            bound if last_three => (bound - 3, 3),
            _ => (number & !1, 2),
        };
        let place = usize::try_from(number - first).unwrap_or(0);
        let mut made = [0; 3];
        for (made, member) in made.iter_mut().zip(first..first + count) {
            *made = self.apply(member, tweak);
        }
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];
        let stays = |order: &[usize; 3]| (0..3).zip(order).take(count as usize).any(|(at, of)| made.get(*of) == Some(&(first + at)));
        let of_count = if count == 2 { 2 } else { ORDERS.len() };
        let order = ORDERS.iter().take(of_count).find(|order| !stays(order)).unwrap_or(&ORDERS[0]);
        let of = order.get(place).copied().unwrap_or(place);
        let by = order.iter().position(|of| *of == place).unwrap_or(place);
        (first + of as u128, first + by as u128)
    }

    /// Takes steps until one ends below the bound: fewer than four on average, since the bound is more than a quarter of
    /// what the halves hold (small bounds apart, where there are few numbers to walk through).
    fn walk(&self, number: u128, step: impl Fn(u128) -> u128) -> u128 {
        if number >= self.bound {
            return number;
        }
        let mut at = step(number);
        while at >= self.bound {
            at = step(at);
        }
        at
    }

    fn rounds(&self, number: u128, tweak: u64, rounds: std::ops::Range<u8>, back: bool) -> u128 {
        let mask = (1u64 << self.half) - 1;
        let (mut left, mut right) = ((number >> self.half) as u64 & mask, number as u64 & mask);
        let mix = |round: u8, half: u64| {
            let mut text = [0; 17];
            text[..8].copy_from_slice(&half.to_le_bytes());
            text[8..16].copy_from_slice(&tweak.to_le_bytes());
            text[16] = round;
            self.key.hash(&text).high & mask
        };
        if back {
            for round in rounds.rev() {
                (left, right) = (right ^ mix(round, left), left);
            }
        } else {
            for round in rounds {
                (left, right) = (right, left ^ mix(round, right));
            }
        }
        (u128::from(left) << self.half) | u128::from(right)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::Secret;
    use super::*;
    use proptest::prelude::*;

    fn permutation(bound: u128) -> Permutation {
        Permutation::new(Secret::new(b"0123456789abcdef".to_vec()).domain("x"), bound)
    }

    #[test]
    fn every_number_comes_once() {
        for bound in [1, 2, 3, 10, 97, 100, 1000, 1024, 5041] {
            let permutation = permutation(bound);
            for tweak in [0, 7] {
                let mut seen: Vec<u128> = (0..bound).map(|number| permutation.apply(number, tweak)).collect();
                assert!(seen.iter().enumerate().all(|(i, number)| permutation.undo(*number, tweak) == i as u128));
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..bound), "{bound}");
            }
        }
    }

    #[test]
    fn no_number_stays_unless_it_is_alone() {
        for bound in (1..60).chain([97, 676, 1000, 1001]) {
            let permutation = permutation(bound);
            for tweak in 0..40 {
                let mut seen: Vec<u128> = (0..bound).map(|number| permutation.derange(number, tweak)).collect();
                assert!(bound == 1 || seen.iter().enumerate().all(|(i, number)| *number != i as u128), "{bound}");
                assert!(seen.iter().enumerate().all(|(i, number)| permutation.arrange(*number, tweak) == i as u128), "{bound}");
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..bound), "{bound}");
            }
        }
    }

    /// Pins the function for all releases of this major version.
    #[test]
    fn the_function_is_pinned() {
        assert_eq!([0, 1, 2].map(|number| permutation(1_000_000).apply(number, 0)), PINNED);
        assert_ne!(permutation(1_000_000).apply(0, 1), PINNED[0]);
    }

    const PINNED: [u128; 3] = [834_313, 718_684, 454_156];

    proptest! {
        #[test]
        fn undo_undoes(number in any::<u128>(), bound in 1..Permutation::MAX_BOUND, tweak in any::<u64>()) {
            let permutation = permutation(bound);
            let number = number % bound;
            let there = permutation.apply(number, tweak);
            prop_assert!(there < bound);
            prop_assert_eq!(permutation.undo(there, tweak), number);
        }
    }
}
