//! Which rows of a table pass besides those that its condition lets through: a sample, those of a subset, the first so
//! many, all but those of forgotten subjects.

use std::sync::Arc;

use memchr::memchr_iter;

use super::bits::Bits;
use super::ids::Ids;
use super::program::{RowFault, Step};
use super::tally::{Cause, Tally};
use crate::error::Fault;
use crate::mask::key::DomainKey;

/// Which rows of a table pass. They are asked in this order: `where`, sample, subset, erase, limit.
#[derive(Debug, Default)]
pub struct Choice {
    /// A share of the rows.
    pub sample: Option<Sample>,
    /// The rows of a subset, by their place among the rows of the table.
    pub members: Option<Arc<Bits>>,
    /// Rows of forgotten subjects.
    pub erase: Option<Erase>,
    /// How many rows pass at most.
    pub limit: Option<u64>,
}

impl Choice {
    /// Whether it lets all rows pass as they are.
    pub fn is_idle(&self) -> bool {
        self.sample.is_none() && self.members.is_none() && self.erase.is_none() && self.limit.is_none()
    }

    /// The fields that it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        let sample = self.sample.iter().flat_map(|sample| sample.fields.iter().flatten().copied());
        sample.chain(self.erase.iter().map(|erase| erase.field))
    }

    /// Whether it is told by a row's place alone.
    fn is_blind(&self) -> bool {
        self.sample.is_none() && self.erase.is_none()
    }

    /// Whether the row of a place is among the members, where those are chosen.
    pub(super) fn has(&self, row: u64) -> bool {
        self.members.as_ref().is_none_or(|members| usize::try_from(row).is_ok_and(|row| members.has(row)))
    }
}

/// A share of the rows, chosen by a keyed hash of some of their values: the same rows in each run with the same secret,
/// and in each table that has the same key and values. A smaller share is a part of a larger one.
#[derive(Debug)]
pub struct Sample {
    /// The fields that choose, in the order of the rule; `None` where the rows have no such field, so that it is NULL.
    pub fields: Vec<Option<usize>>,
    /// The key of the domain.
    pub key: DomainKey,
    /// Rows pass whose hash (64 bits) is below it.
    pub below: u128,
}

impl Sample {
    /// The bound of a share, which is more than 0 and at most 1.
    pub fn below(rate: f64) -> u128 {
        // 2⁶⁴ times the share: a float of that size is exact to 2¹¹, of 2⁶⁴.
        (rate * 18_446_744_073_709_551_616.0) as u128
    }

    /// Whether a row is taken, by the values of the fields (unescaped, in UTF-8), `None` for NULL. A row of NULLs alone
    /// has no key, and is not.
    pub fn takes<'v>(&self, values: impl Iterator<Item = Option<&'v [u8]>>, memory: &mut Vec<u8>) -> bool {
        memory.clear();
        let mut known = false;
        for value in values {
            known |= value.is_some();
            // The length keeps (a, bc) and (ab, c) apart, and NULL from the empty string.
            memory.extend_from_slice(&value.map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
            memory.extend_from_slice(value.unwrap_or_default());
        }
        known && u128::from(self.key.hash(memory).high) < self.below
    }
}

/// Rows of forgotten subjects.
#[derive(Debug)]
pub struct Erase {
    /// The field that names the subject.
    pub field: usize,
    /// The subjects.
    pub ids: Arc<Ids>,
    /// What is done to the fields of such a row, by ascending field; `None` where it is left out.
    pub steps: Option<Vec<Step>>,
}

/// A part of a table's rows.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Whole rows, each with its line end.
    pub bytes: &'a [u8],
    /// Whether they end in CR LF.
    pub crlf: bool,
    /// How many rows of the table come before them.
    pub first: u64,
    /// How many of them may pass at most.
    pub most: Option<u64>,
}

impl<'a> Part<'a> {
    /// The rows of a table's begin.
    pub fn of(bytes: &'a [u8], crlf: bool) -> Part<'a> {
        Part { bytes, crlf, first: 0, most: None }
    }
}

/// The rows of a table of which nothing but their place counts: they pass as they are, or not at all.
pub(super) fn by_place(choice: &Choice, part: &Part<'_>, out: &mut Vec<u8>) -> Result<Tally, RowFault> {
    let mut tally = Tally::default();
    // What lies before `start` is done; chosen rows from `run` on wait to be copied in one piece.
    let (mut start, mut run) = (0, 0);
    for end in memchr_iter(b'\n', part.bytes) {
        if part.most == Some(tally.rows_out) {
            break;
        }
        let returned = end > start && part.bytes.get(end - 1) == Some(&b'\r');
        if returned != part.crlf {
            return Err(RowFault { row: tally.rows_in, byte: start, column: None, fault: Fault::LineEnd });
        }
        if choice.has(part.first + tally.rows_in) {
            tally.rows_out += 1;
        } else {
            tally.causes.add(Cause::Subset, 1);
            out.extend_from_slice(part.bytes.get(run..start).unwrap_or_default());
            run = end + 1;
        }
        tally.rows_in += 1;
        start = end + 1;
    }
    out.extend_from_slice(part.bytes.get(run..start).unwrap_or_default());
    tally += &Tally::left_out(Cause::Limit, rest(part, start));
    Ok(tally)
}

/// Whether [`by_place`] does for a choice, where nothing else is done to rows.
pub(super) fn is_by_place(choice: &Choice) -> bool {
    !choice.is_idle() && choice.is_blind()
}

/// How many rows stand from a byte on.
pub(super) fn rest(part: &Part<'_>, start: usize) -> u64 {
    part.bytes.get(start..).map_or(0, |rest| memchr_iter(b'\n', rest).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Charset;
    use crate::mask::key::Secret;
    use crate::rewrite::{IdList, RowProgram, Scratch};
    use proptest::prelude::*;

    fn key(domain: &str) -> DomainKey {
        Secret::new(b"0123456789abcdef".to_vec()).domain(domain)
    }

    fn program(choice: Choice) -> RowProgram {
        RowProgram { fields: 2, steps: Vec::new(), rows: None, unless: None, choice, charset: Charset::Utf8 }
    }

    /// Runs rows in parts that begin at the cuts; each part may let pass what the ones before have left.
    fn run(program: &RowProgram, rows: &[String], cuts: &[usize], most: Option<u64>, crlf: bool) -> (String, Tally) {
        let (mut out, mut tally, mut start) = (Vec::new(), Tally::default(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (rows.len() + 1)).chain([rows.len()]).collect();
        cuts.sort_unstable();
        for cut in cuts {
            let end = if crlf { "\r\n" } else { "\n" };
            let text: String = rows[start..cut].iter().map(|row| format!("{row}{end}")).collect();
            let most = most.map(|most| most - tally.rows_out);
            let part = Part { bytes: text.as_bytes(), crlf, first: start as u64, most };
            tally += &program.run_part(&part, &mut Scratch::default(), &mut out).expect("right rows");
            start = cut;
        }
        (String::from_utf8(out).expect("UTF-8"), tally)
    }

    proptest! {
        /// Members, erased ids, a sample and a limit at once, cut anywhere, choose what the obvious way chooses.
        #[test]
        fn rows_are_chosen_one_by_one(
            values in proptest::collection::vec((0u8..20, "[a-c\\\\N]{0,2}"), 0..40),
            members in proptest::option::of(proptest::collection::vec(0usize..40, 0..40)),
            erased in proptest::option::of(proptest::collection::vec(0u8..20, 0..8)),
            rate in proptest::option::of(0.1f64..1.0),
            limit in proptest::option::of(0u64..20),
            cuts in proptest::collection::vec(0usize..40, 0..4),
            crlf in any::<bool>(),
        ) {
            let rows: Vec<String> = values.iter().map(|(id, text)| format!("{id}\t{}", text.replace('\\', "\\\\"))).collect();
            let bits = members.as_ref().map(|members| {
                let mut bits = Bits::new(0);
                members.iter().for_each(|row| _ = bits.add(*row));
                bits
            });
            let ids = erased.as_ref().map(|ids| {
                let hashes = ids.iter().map(|id| IdList::hash(&key("erase"), id.to_string().as_bytes())).collect();
                Arc::new(Ids::new(IdList::new(hashes, key("erase")), crate::rewrite::IdForm::Plain))
            });
            let sample = || rate.map(|rate| Sample { fields: vec![Some(0)], key: key("s"), below: Sample::below(rate) });
            let choice = Choice {
                sample: sample(),
                members: bits.clone().map(Arc::new),
                erase: ids.clone().map(|ids| Erase { field: 0, ids, steps: None }),
                limit,
            };
            let passes = |(row, (id, _)): &(usize, &(u8, String))| {
                let text = id.to_string();
                sample().is_none_or(|sample| sample.takes([Some(text.as_bytes())].into_iter(), &mut Vec::new()))
                    && bits.as_ref().is_none_or(|bits| bits.has(*row))
                    && !erased.as_ref().is_some_and(|ids| ids.contains(id))
            };
            let most = usize::try_from(limit.unwrap_or(1000)).expect("few");
            let expected: Vec<&String> = values.iter().enumerate().filter(passes).take(most).map(|(row, _)| &rows[row]).collect();
            let (out, tally) = run(&program(choice), &rows, &cuts, limit, crlf);
            prop_assert_eq!(out.lines().collect::<Vec<_>>(), expected);
            prop_assert_eq!((tally.rows_in, tally.rows_out), (rows.len() as u64, out.lines().count() as u64));
            // Each row that is left out has its cause, and a cause is one that there is.
            let causes: Vec<(Cause, u64)> = tally.causes.counts().collect();
            prop_assert_eq!(causes.iter().map(|(_, rows)| rows).sum::<u64>(), tally.rows_in - tally.rows_out);
            for (cause, _) in causes {
                let asked = match cause {
                    Cause::Condition => false,
                    Cause::Sample => rate.is_some(),
                    Cause::Subset => members.is_some(),
                    Cause::Erase => erased.is_some(),
                    Cause::Limit => limit.is_some(),
                };
                prop_assert!(asked, "{:?}", cause);
            }
        }
    }

    #[test]
    fn null_is_a_value_of_a_key_but_not_a_key() {
        let sample = Sample { fields: Vec::new(), key: key("s"), below: Sample::below(1.0) };
        let takes = |values: &[Option<&[u8]>]| sample.takes(values.iter().copied(), &mut Vec::new());
        assert!(takes(&[Some(b"a"), None]) && takes(&[Some(b"")]));
        assert!(!takes(&[None, None]) && !takes(&[]));
    }

    #[test]
    fn rows_behind_the_last_that_passes_are_not_looked_at() {
        let program = program(Choice {
            limit: Some(1),
            sample: Some(Sample { fields: vec![Some(0)], key: key("s"), below: 1 << 64 }),
            ..Choice::default()
        });
        let text = b"1\ta\ntoo few\n3\tb\n";
        let run = |most| program.run_part(&Part { most, ..Part::of(text, false) }, &mut Scratch::default(), &mut Vec::new());
        assert_eq!(run(Some(1)).expect("one").rows_in, 3);
        assert_eq!(run(Some(2)).expect_err("two").row, 1);
    }
}
