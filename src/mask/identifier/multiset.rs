//! Ten digits of which one comes twice or three times and all others once at most, counted: those of a German tax number. The
//! choice of digits comes first, then the place of their arrangement in the order of numbers.

use super::check::{put, value};

/// How often each digit comes.
type Counts = [u8; 10];

/// Of those with a pair: the digit, the one that is missing, and the arrangements.
const PAIRS: u128 = 90 * PAIR;
const PAIR: u128 = 1_814_400;
/// Of those with three: the digit, the two that are missing, and the arrangements.
const TRIPLE: u128 = 604_800;
/// All of them.
pub(super) const COUNT: u128 = PAIRS + 360 * TRIPLE;

/// The choices of counts, the pairs first; 450 of them.
fn choices() -> impl Iterator<Item = Counts> {
    let all = |most: usize| (0..10).map(move |digit| (digit, most));
    let pairs =
        all(2).flat_map(|(digit, most)| (0..10).filter(move |gone| *gone != digit).map(move |gone| counts(digit, most, gone, gone)));
    let triples = all(3).flat_map(|(digit, most)| {
        let gone = (0..10).flat_map(|one| (one + 1..10).map(move |two| (one, two)));
        gone.filter(move |(one, two)| *one != digit && *two != digit).map(move |(one, two)| counts(digit, most, one, two))
    });
    pairs.chain(triples)
}

fn counts(digit: usize, most: usize, one: usize, two: usize) -> Counts {
    std::array::from_fn(|at| if at == digit { most as u8 } else { u8::from(at != one && at != two) })
}

/// How many arrangements there are of what is left.
fn arrangements(left: &Counts) -> u128 {
    let factorial = |n: u8| (1..=u128::from(n)).product::<u128>();
    let total = left.iter().sum();
    left.iter().fold(factorial(total), |all, count| all / factorial(*count))
}

pub(super) fn rank(digits: &[u8]) -> Option<u128> {
    let mut left = Counts::default();
    for digit in digits {
        *left.get_mut(value(*digit) as usize)? += 1;
    }
    let choice = choices().position(|counts| counts == left)? as u128;
    let mut rank = if choice < 90 { choice * PAIR } else { PAIRS + (choice - 90) * TRIPLE };
    for digit in digits {
        let digit = value(*digit) as usize;
        for lower in 0..digit {
            rank += taken(&left, lower).map_or(0, |rest| arrangements(&rest));
        }
        left = taken(&left, digit)?;
    }
    Some(rank)
}

pub(super) fn write(number: u128, here: &mut [u8]) {
    let (choice, mut rank) = match number.checked_sub(PAIRS) {
        None => (number / PAIR, number % PAIR),
        Some(rest) => (90 + rest / TRIPLE, rest % TRIPLE),
    };
    let mut left = choices().nth(choice as usize).unwrap_or_default();
    for place in here {
        for digit in 0..10 {
            let Some(rest) = taken(&left, digit) else { continue };
            let count = arrangements(&rest);
            if rank < count {
                put(place, digit as u32);
                left = rest;
                break;
            }
            rank -= count;
        }
    }
}

/// What is left when one of a digit is taken, if there is one.
fn taken(left: &Counts, digit: usize) -> Option<Counts> {
    let mut rest = *left;
    let count = rest.get_mut(digit)?;
    *count = count.checked_sub(1)?;
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_counted() {
        // Ways to choose the digits times the arrangements: 10! / 2! and 10! / 3!.
        assert_eq!((PAIR, TRIPLE), (3_628_800 / 2, 3_628_800 / 6));
        assert_eq!(choices().count(), 10 * 9 + 10 * 36);
        assert!(choices().all(|counts| counts.iter().sum::<u8>() == 10));
    }

    #[test]
    fn each_number_is_written_and_read() {
        let numbers = (0..2000).map(|step| step * (COUNT / 2000)).chain([PAIRS - 1, PAIRS, COUNT - 1]);
        for number in numbers {
            let mut digits = [0; 10];
            write(number, &mut digits);
            assert_eq!(rank(&digits), Some(number));
        }
        assert_eq!([rank(b"0123456789"), rank(b"0011234567"), rank(b"0000123456")], [None; 3]);
    }
}
