//! CHECK constraints of one column: a mask's result that would break one is masked again, until one passes.
//!
//! Distinct values stay distinct on the way: every original passes the CHECK, so no walk of one value can meet that of
//! another (it would have to come through a value that was an original, and a walk stops there). What takes its seed from
//! elsewhere draws again from that seed and the number of the round.

use super::branches::Condition;
use super::{Bound, Cell, Mask, Masked, Note, Refusal, Surroundings, scratch};

/// After so many rounds without a value that passes, none is expected any more.
const ROUNDS: u16 = 1000;

/// A mask whose results pass checks.
#[derive(Debug)]
struct Checked {
    inner: Box<dyn Mask>,
    checks: Vec<Box<dyn Condition>>,
}

impl Mask for Checked {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let first = self.inner.mask(cell, out)?;
        if first != Masked::Value || passes(&self.checks, out.get(mark..).unwrap_or_default()) {
            return Ok(first);
        }
        let mut last = scratch::buffer();
        for round in 1..=ROUNDS {
            last.clear();
            last.extend_from_slice(out.get(mark..).unwrap_or_default());
            out.truncate(mark);
            let again = Cell { round, ..cell.with(&last) };
            match self.inner.mask(again, out) {
                Ok(Masked::Value) if passes(&self.checks, out.get(mark..).unwrap_or_default()) => return Ok(Masked::Value),
                Ok(Masked::Value) => {}
                Ok(Masked::Null) => return Ok(Masked::Null),
                // What stays as it is would be the value that did not pass.
                Ok(Masked::Same) | Err(_) => break,
            }
        }
        out.truncate(mark);
        Err(Refusal { expected: "a value of which it makes one that passes the column's CHECK" })
    }
}

/// The column's own value, which is all that such a check reads.
#[derive(Debug)]
struct Column<'a>(&'a [u8]);

impl Surroundings for Column<'_> {
    fn read(&self, _: usize) -> Option<&[u8]> {
        Some(self.0)
    }

    fn note(&self, _: Note) {}
}

/// Whether a value passes all checks of a column. A CHECK that is unknown passes ("Check Constraints" in PostgreSQL's manual).
pub fn passes(checks: &[Box<dyn Condition>], value: &[u8]) -> bool {
    checks.iter().all(|check| !matches!(check.holds(&Column(value)), Ok(Some(false)) | Err(_)))
}

/// Puts checks around a mask. Each reads the column itself and nothing else.
#[must_use]
pub fn checked(mut bound: Bound, checks: Vec<Box<dyn Condition>>, text: &str) -> Bound {
    let Some(inner) = bound.mask.take() else { return bound };
    bound.fingerprint.push_str(&format!(" check {text}"));
    bound.mask = Some(Box::new(Checked { inner, checks }));
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;
    use crate::mask::registry;
    use std::collections::HashSet;

    /// Passes texts that end in one of these bytes.
    #[derive(Debug)]
    struct Ends(&'static [u8]);

    impl Condition for Ends {
        fn holds(&self, around: &dyn Surroundings) -> Result<Option<bool>, Refusal> {
            Ok(around.read(0).map(|value| value.last().is_some_and(|last| self.0.contains(last))))
        }
    }

    fn mask(name: &str, ends: &'static [u8]) -> Box<dyn Mask> {
        let bound = demo::bound(registry::find(name).expect("known"), &[], &Target::of_sql("text"), &[], demo::NO_SECRET).expect("fits");
        checked(bound, vec![Box::new(Ends(ends))], "c").mask.expect("a mask")
    }

    #[test]
    fn results_pass_and_stay_distinct() {
        let mask = mask("hash", b"0123");
        let made: HashSet<Vec<u8>> = (0..20_000)
            .map(|i: i32| match demo::apply(mask.as_ref(), format!("{i}0").as_bytes()) {
                Ok(Outcome::Value(value)) => value,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(made.len(), 20_000);
        assert!(made.iter().all(|value| b"0123".contains(value.last().expect("text"))));
    }

    #[test]
    fn what_never_passes_is_refused() {
        let mask = mask("hash", b"!");
        assert_eq!(
            demo::apply(mask.as_ref(), b"x").expect_err("never").expected,
            "a value of which it makes one that passes the column's CHECK"
        );
    }
}
