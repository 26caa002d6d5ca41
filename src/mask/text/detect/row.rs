//! Rows of digits in text: how people write numbers, in groups.

use super::edge::ends;

/// The most digits that any of them has (a phone number behind 00, a card).
const MOST: usize = 20;

/// A row of digits, in groups with one separator each between them.
#[derive(Debug)]
pub(super) struct Row {
    digits: [u8; MOST],
    /// Where each digit ends in the text.
    ends: [usize; MOST],
    count: usize,
    /// Sizes of groups; the last may have been cut at [`MOST`].
    groups: [u8; MOST],
    group_count: usize,
    /// Bit i: what stands before group i is more than one character.
    wide: u32,
    /// Whether a word goes on right behind the last digit.
    open: bool,
    /// Whether a bracket closes behind the first group.
    pub(super) closes: bool,
}

impl Row {
    /// Reads the row that begins at `at`.
    pub(super) fn read(text: &[u8], at: usize) -> Row {
        let mut row =
            Row { digits: [0; MOST], ends: [0; MOST], count: 0, groups: [0; MOST], group_count: 0, wide: 0, open: false, closes: false };
        let mut end = at;
        loop {
            let size = row.group(text, end);
            end += size;
            if row.count == MOST || size == 0 {
                break;
            }
            let Some((length, characters, bracket)) = separator(text.get(end..).unwrap_or_default()) else { break };
            row.closes |= bracket && row.group_count == 1;
            if characters > 1 {
                row.wide |= 1 << row.group_count;
            }
            end += length;
        }
        // Letters right behind digits in groups are the next word, without its blank.
        row.open = !ends(text, end) && (row.group_count == 1 || row.count == MOST);
        row
    }

    /// Reads one group, and says how many digits it has.
    fn group(&mut self, text: &[u8], start: usize) -> usize {
        let mut size = 0;
        for (index, digit) in text.get(start..).unwrap_or_default().iter().enumerate().take_while(|(_, byte)| byte.is_ascii_digit()) {
            let (Some(slot), Some(end)) = (self.digits.get_mut(self.count), self.ends.get_mut(self.count)) else { break };
            *slot = digit - b'0';
            *end = start + index + 1;
            self.count += 1;
            size += 1;
        }
        if size > 0
            && let Some(slot) = self.groups.get_mut(self.group_count)
        {
            *slot = size as u8;
            self.group_count += 1;
        }
        size
    }

    /// The digits, as numbers.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or_default()
    }

    /// How large the groups are.
    pub(super) fn groups(&self) -> &[u8] {
        self.groups.get(..self.group_count).unwrap_or_default()
    }

    /// Where the first `count` digits end in the text, if a group ends there and no word goes on.
    pub(super) fn end(&self, count: usize) -> Option<usize> {
        let mut sum = 0;
        let closed = self.groups().iter().any(|size| {
            sum += usize::from(*size);
            sum == count
        });
        let last = count == self.count;
        (closed && !(last && self.open)).then(|| self.ends.get(count.checked_sub(1)?).copied()).flatten()
    }

    /// Whether no more than one character stands between any two of the first groups.
    pub(super) fn is_narrow(&self, groups: usize) -> bool {
        self.wide & ((1u32 << groups) - 1) == 0
    }

    /// Whether the first groups have these sizes, one character between two.
    pub(super) fn has_form(&self, sizes: &[u8]) -> bool {
        self.groups().starts_with(sizes) && self.is_narrow(sizes.len())
    }

    /// The groups that the first `count` digits have.
    pub(super) fn groups_of(&self, count: usize) -> &[u8] {
        let mut sum = 0;
        let groups = self.groups().iter().take_while(|size| {
            let before = sum;
            sum += usize::from(**size);
            before < count
        });
        let groups = groups.count();
        self.groups().get(..groups).unwrap_or_default()
    }
}

/// What parts two groups of digits: how many bytes and characters, and whether it has a closing bracket. A digit stands
/// behind it.
fn separator(text: &[u8]) -> Option<(usize, usize, bool)> {
    let (mut length, mut characters, mut bracket, mut sign) = (0, 0, false, false);
    loop {
        let (bytes, is_sign) = match text.get(length..)? {
            [b' ', ..] => (1, false),
            [0xC2, 0xA0, ..] => (2, false),
            [0xE2, 0x80, 0xAF, ..] => (3, false),
            // One sign at most, apart from brackets.
            [b'.' | b'-' | b'/', ..] if !sign => (1, true),
            [b'(', ..] => (1, false),
            [b')', ..] => {
                bracket = true;
                (1, false)
            }
            [digit, ..] if digit.is_ascii_digit() && characters > 0 => return Some((length, characters, bracket)),
            _ => return None,
        };
        sign |= is_sign;
        length += bytes;
        characters += 1;
        if characters > 3 {
            return None;
        }
    }
}
