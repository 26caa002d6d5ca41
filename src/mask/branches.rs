//! A list of masks with conditions: the first whose condition holds is used; where none does, the value stays.

use std::fmt;

use super::registry::BuildError;
use super::{Bound, Cell, Distinct, Mask, Masked, Note, Reading, Refusal, Surroundings};

/// A condition on the row, or on whatever surrounds the value.
pub trait Condition: Send + Sync + fmt::Debug {
    /// Whether it holds; `None` where it is unknown, as SQL has it. [`Surroundings::read`] counts its own readings.
    ///
    /// # Errors
    /// A value that it reads is none of its type.
    fn holds(&self, around: &dyn Surroundings) -> Result<Option<bool>, Refusal>;
}

/// Who reads conditions: masks know none of their language.
pub trait Conditions: fmt::Debug {
    /// Reads a condition of a mask that stands inside of another one. In a document it may read `@.key` and `$.key`, too.
    ///
    /// # Errors
    /// It is no condition, or does not fit the row.
    fn bind(&self, text: &str, document: bool) -> Result<When, BuildError>;
}

/// A condition with what it reads, and its text for fingerprints.
#[derive(Debug)]
pub struct When {
    /// The condition.
    pub condition: Box<dyn Condition>,
    /// What it reads around the value: original values.
    pub reads: Vec<Reading>,
    /// As the rule has it.
    pub text: String,
}

/// One of the masks.
#[derive(Debug)]
struct Branch {
    /// The condition, and where its readings begin among those of the whole.
    when: Option<(Box<dyn Condition>, usize)>,
    mask: Option<Box<dyn Mask>>,
    /// Where the mask's readings begin.
    offset: usize,
    takes_empty: bool,
    takes_null: bool,
}

/// The masks of one rule.
#[derive(Debug)]
struct Branches(Vec<Branch>);

impl Mask for Branches {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        for branch in &self.0 {
            if let Some((condition, offset)) = &branch.when
                && condition.holds(&Shifted { around: cell.around, offset: *offset })? != Some(true)
            {
                continue;
            }
            let left = (cell.null && !branch.takes_null) || (!cell.null && cell.value.is_empty() && !branch.takes_empty);
            return match &branch.mask {
                Some(mask) if !left => mask.mask(Cell { around: &Shifted { around: cell.around, offset: branch.offset }, ..cell }, out),
                _ => Ok(Masked::Same),
            };
        }
        Ok(Masked::Same)
    }
}

/// The readings from an index on.
#[derive(Debug)]
struct Shifted<'a> {
    around: &'a dyn Surroundings,
    offset: usize,
}

impl Surroundings for Shifted<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.around.read(self.offset + index)
    }

    fn note(&self, note: Note) {
        self.around.note(note);
    }
}

/// One mask of several. A single one without a condition is itself.
pub fn bound(branches: Vec<(Option<When>, Bound)>) -> Bound {
    let single = branches.len() == 1 && branches.first().is_some_and(|(when, _)| when.is_none());
    let mut whole = Bound {
        mask: None,
        distinct: Distinct::Same,
        takes_empty: false,
        takes_null: false,
        reads: Vec::new(),
        fingerprint: String::from("when"),
    };
    let mut made = Vec::new();
    for (when, bound) in branches {
        if single {
            return bound;
        }
        let when = when.map(|when| {
            whole.fingerprint.push_str(&format!(" ({})", when.text));
            let offset = whole.reads.len();
            whole.reads.extend(when.reads);
            (when.condition, offset)
        });
        let offset = whole.reads.len();
        whole.reads.extend(bound.reads);
        whole.fingerprint.push_str(&format!(" [{}]", bound.fingerprint));
        whole.takes_empty |= bound.takes_empty;
        whole.takes_null |= bound.takes_null;
        if bound.distinct != Distinct::Same {
            // What one mask makes may equal what another makes, or what stays.
            whole.distinct = Distinct::Lost;
        }
        made.push(Branch { when, mask: bound.mask, offset, takes_empty: bound.takes_empty, takes_null: bound.takes_null });
    }
    whole.mask = Some(Box::new(Branches(made)));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo;
    use crate::mask::fit::Target;
    use crate::mask::registry::{self, OptionValue};

    /// Holds where its first reading is this text; unknown where it is NULL.
    #[derive(Debug)]
    struct Is(&'static [u8]);

    impl Condition for Is {
        fn holds(&self, around: &dyn Surroundings) -> Result<Option<bool>, Refusal> {
            Ok(around.read(0).map(|value| value == self.0))
        }
    }

    #[derive(Debug)]
    struct Row(Vec<Option<&'static [u8]>>);

    impl Surroundings for Row {
        fn read(&self, index: usize) -> Option<&[u8]> {
            self.0.get(index).copied().flatten()
        }

        fn note(&self, _: Note) {}
    }

    fn constant(value: &str, options: &[(&str, &str)]) -> Bound {
        let mut all = vec![("value".to_owned(), OptionValue::Text(value.into()))];
        all.extend(options.iter().map(|(name, value)| ((*name).to_owned(), OptionValue::Text((*value).into()))));
        demo::bound(registry::find("const").expect("known"), &all, &Target::of_sql("text"), &[], demo::NO_SECRET).expect("fits")
    }

    fn is(text: &'static str) -> Option<When> {
        let reads = vec![Reading { of: "kind".into(), masked: false }];
        Some(When { condition: Box::new(Is(text.as_bytes())), reads, text: format!("kind = {text}") })
    }

    #[test]
    fn the_first_that_holds_is_used() {
        let whole = bound(vec![(is("a"), constant("A", &[])), (is("b"), constant("B", &[("on_null", "mask")]))]);
        assert_eq!((whole.reads.len(), whole.distinct, whole.takes_null), (2, Distinct::Lost, true));
        let mask = whole.mask.expect("a mask");
        let run = |kind: Option<&'static [u8]>, null| {
            let mut out = Vec::new();
            let cell = Cell { null, around: &Row(vec![kind, kind]), ..Cell::new(if null { b"" } else { b"v" }) };
            (mask.mask(cell, &mut out).expect("runs"), String::from_utf8(out).expect("UTF-8"))
        };
        assert_eq!(run(Some(b"a"), false), (Masked::Value, "A".into()));
        assert_eq!(run(Some(b"b"), false), (Masked::Value, "B".into()));
        assert_eq!(run(Some(b"c"), false), (Masked::Same, String::new()));
        assert_eq!(run(None, false), (Masked::Same, String::new()), "unknown does not hold");
        assert_eq!(run(Some(b"a"), true), (Masked::Same, String::new()), "this branch keeps NULL");
        assert_eq!(run(Some(b"b"), true), (Masked::Value, "B".into()));
    }

    #[test]
    fn one_without_a_condition_is_itself() {
        assert_eq!(bound(vec![(None, constant("A", &[]))]).fingerprint, constant("A", &[]).fingerprint);
        assert_ne!(bound(vec![(is("a"), constant("A", &[]))]).fingerprint, bound(vec![(is("b"), constant("A", &[]))]).fingerprint);
    }
}
