//! Phone numbers in text: international ones (ITU-T E.164) behind `+` or `00`, and the national forms of FR, GB, DE and US.

use std::ops::Range;

use super::edge::begins;
use super::row::Row;

/// The most digits of an international number (E.164, 6).
const LONGEST: usize = 15;

/// The number whose first digits begin at `at`; it may begin with a sign before them.
pub(super) fn find(text: &[u8], from: usize, at: usize, row: &Row) -> Option<Range<usize>> {
    let before = text.get(from..at)?;
    let (start, end) = if before.ends_with(b"+") {
        let bracket = before.ends_with(b"(+") && row.closes;
        (at - 1 - usize::from(bracket), international(row, 0)?)
    } else {
        // `3.0612345678`: the digits of a fraction.
        if matches!(before, [.., digit, b'.' | b','] if digit.is_ascii_digit()) {
            return None;
        }
        let bracket = before.ends_with(b"(") && row.closes;
        (at - usize::from(bracket), national(row)?)
    };
    begins(text, from, start).then_some(start..end)
}

/// Where a number ends whose calling code begins at that digit.
fn international(row: &Row, code: usize) -> Option<usize> {
    let digits = row.digits().get(code..)?;
    if *digits.first()? == 0 {
        return None;
    }
    // `+33 (0)6 …`: the trunk prefix may stand there although it is not dialled.
    let trunk = |length: usize| usize::from(digits.get(length) == Some(&0));
    let counts = match digits {
        [1, ..] => 11..=11,
        [3, 3, ..] => 11 + trunk(2)..=11 + trunk(2),
        [4, 4, ..] => 11 + trunk(2)..=12 + trunk(2),
        _ => 8..=LONGEST,
    };
    counts.rev().find_map(|count| row.end(code + count))
}

/// Where a number ends that is written without a calling code, or behind `00` or `011`.
fn national(row: &Row) -> Option<usize> {
    match row.digits() {
        [0, 0, next, ..] if *next != 0 => international(row, 2),
        [0, 1, 1, next, ..] if *next != 0 && row.groups().first() == Some(&3) => international(row, 3).or_else(|| trunk(row)),
        [0, next, ..] if *next != 0 => trunk(row),
        _ => north_american(row),
    }
}

/// A national number behind the trunk prefix 0: of FR (10 digits), GB (10 or 11), DE (9 to 12).
fn trunk(row: &Row) -> Option<usize> {
    let groups = row.groups();
    match groups {
        [2, 2, 2, 2, 2, ..] | [1, 3, 3, 3, ..] => return row.end(10),
        [10..=12, ..] => return row.end(usize::from(*groups.first()?)),
        _ => {}
    }
    // An area code, then groups of two digits and more.
    if !(2..=6).contains(groups.first()?) {
        return None;
    }
    (9..=12).rev().find_map(|count| {
        let form = row.groups_of(count);
        row.end(count).filter(|_| form.len() > 1 && form.iter().all(|size| (2..=8).contains(size)))
    })
}

/// A number of the North American plan: three, three and four digits, perhaps a 1 before them; area and exchange begin
/// with 2 to 9 (NANPA).
fn north_american(row: &Row) -> Option<usize> {
    let (one, digits) = match row.digits() {
        [1, rest @ ..] => (1, rest),
        digits => (0, digits),
    };
    let [2..=9, _, _, 2..=9, ..] = digits else { return None };
    let form = match row.groups() {
        [10, ..] | [3, 3, 4, ..] | [3, 7, ..] => one == 0,
        [11, ..] | [1, 3, 3, 4, ..] | [1, 10, ..] => one == 1,
        _ => false,
    };
    row.end(10 + one).filter(|_| form)
}
