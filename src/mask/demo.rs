//! Runs a mask on one value, as the row program would: for examples, tests, fuzzers and benchmarks.

use std::path::Path;

use super::bind::{self, Env};
use super::fit::Target;
use super::key::Secret;
use super::options;
use super::registry::{BuildError, Definition, OptionValue};
use super::{Bound, Cell, Mask, Masked, Note, Nothing, Refusal, Surroundings};

/// A secret that is none.
pub const NO_SECRET: &[u8] = b"pgveil's examples";

/// What a mask made of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new value, unescaped, in UTF-8.
    Value(Vec<u8>),
    /// NULL.
    Null,
    /// The value that was there.
    Same,
}

/// Binds a mask by its name. `options` are those of the rule; `row` is what it may read.
///
/// # Errors
/// The first mistake in the options, or a mask that does not fit.
pub fn bound(
    definition: &Definition,
    options: &[(String, OptionValue)],
    target: &Target,
    row: &[(String, Target)],
    secret: &[u8],
) -> Result<Bound, BuildError> {
    if let Some(error) = options::check(definition, options).into_iter().next() {
        return Err(error);
    }
    let secret = Secret::new(secret.to_vec());
    let env = Env { secret: &secret, locale: "fr_FR", columns: row, document: false, directory: Path::new(""), conditions: None };
    bind::bind(definition, options, target, &env)
}

/// Masks one value with nothing around it.
///
/// # Errors
/// The mask refuses the value.
pub fn apply(mask: &dyn Mask, value: &[u8]) -> Result<Outcome, Refusal> {
    let mut out = Vec::new();
    Ok(match mask.mask(Cell::new(value), &mut out)? {
        Masked::Value => Outcome::Value(out),
        Masked::Null => Outcome::Null,
        Masked::Same => Outcome::Same,
    })
}

/// A definition's example, ready to run: its mask with the row that it reads.
#[derive(Debug)]
pub struct Ready {
    bound: Bound,
    around: Row,
}

impl Ready {
    /// Binds the mask of an example. `options` are those of its rule, read.
    ///
    /// # Errors
    /// The example does not fit its own mask.
    pub fn new(definition: &Definition, options: &[(String, OptionValue)]) -> Result<Ready, BuildError> {
        Ready::on(definition, options, &Target::of_sql(definition.example.column_type))
    }

    /// Binds the mask of an example to another column.
    ///
    /// # Errors
    /// The mask does not fit the column.
    pub fn on(definition: &Definition, options: &[(String, OptionValue)], target: &Target) -> Result<Ready, BuildError> {
        let row = definition.example.row;
        let columns: Vec<(String, Target)> = row.iter().map(|(name, kind, _)| ((*name).to_owned(), Target::of_sql(kind))).collect();
        let bound = bound(definition, options, target, &columns, NO_SECRET)?;
        let value = |of: &str| row.iter().find(|(name, ..)| *name == of).map(|(_, _, value)| value.as_bytes());
        let around = Row(bound.reads.iter().map(|reading| value(&reading.of)).collect());
        Ok(Ready { bound, around })
    }

    /// Masks a value, in the row of the example; `keep` has no mask and keeps it.
    ///
    /// # Errors
    /// The mask refuses the value.
    pub fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        match &self.bound.mask {
            Some(mask) => mask.mask(Cell { around: &self.around, ..Cell::new(value) }, out),
            None => Ok(Masked::Same),
        }
    }
}

/// Masks a definition's example. `options` are those of its rule, read.
///
/// # Errors
/// The example does not fit its own mask.
pub fn example(definition: &Definition, options: &[(String, OptionValue)]) -> Result<Outcome, String> {
    let ready = Ready::new(definition, options).map_err(|error| error.message)?;
    let mut out = Vec::new();
    let masked = ready.mask(definition.example.before.as_bytes(), &mut out).map_err(|refusal| refusal.expected.to_owned())?;
    Ok(match masked {
        Masked::Value => Outcome::Value(out),
        Masked::Null => Outcome::Null,
        Masked::Same => Outcome::Same,
    })
}

/// The columns that an example reads.
#[derive(Debug)]
struct Row(Vec<Option<&'static [u8]>>);

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index).copied().flatten()
    }

    fn note(&self, note: Note) {
        Nothing.note(note);
    }
}
