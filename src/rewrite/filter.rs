//! Conditions over rows: an [`Expr`] bound to the columns of a table, typed as the server would, and evaluated on the
//! text of a row.
//!
//! Binding gives every term its type, reads every literal as one (so that a literal that is none is found before the
//! first row), and computes what is the same for all rows. What is left is a tree of enums: for the usual conditions
//! evaluation allocates nothing.

mod bind;
mod calendar;
mod clock;
mod convert;
mod fields;
mod function;
mod interval;
mod json;
mod network;
mod node;
mod numeric;
mod operator;
mod ops;
mod pattern;
mod read;
mod regex;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod value;

use crate::mask::branches::Condition;
use crate::mask::fit::Target;
use crate::mask::{Reading, Refusal, Surroundings};
use crate::rules::expr::Expr;

pub use clock::Clock;

/// A condition over the rows of one table.
#[derive(Clone, Debug)]
pub struct Filter {
    node: node::Node,
    reads: Vec<Reading>,
    clock: Clock,
}

impl Condition for Filter {
    fn holds(&self, around: &dyn Surroundings) -> Result<Option<bool>, Refusal> {
        Filter::holds(self, around)
    }
}

/// Why a condition does not fit the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindError {
    /// Where in the condition's text, in bytes.
    pub offset: usize,
    /// What was found and what was expected.
    pub message: String,
    /// What to do, where there is something.
    pub help: Option<String>,
}

impl Filter {
    /// Binds a condition to the columns of a table. `now()` is the time of the clock, and times without a time zone are
    /// meant in the clock's zone.
    ///
    /// [`Target::type_name`] tells citext, json and enums apart, so for a column of a domain it should be the name of the
    /// type under the domain; a domain over text by its own name must be cast to text, for it may be citext.
    ///
    /// # Errors
    /// An unknown column, an operator that its types have not, a literal that is no value of the type it is needed as, or
    /// a result that is no boolean.
    pub fn bind(expr: &Expr, columns: &[(String, Target)], clock: &Clock) -> Result<Filter, BindError> {
        let (node, reads) = bind::bind(expr, columns, clock)?;
        Ok(Filter { node, reads, clock: clock.clone() })
    }

    /// The columns that it reads, original values all; [`Filter::holds`] asks for them by their place here.
    pub fn reads(&self) -> &[Reading] {
        &self.reads
    }

    /// Whether the condition holds for a row; `None` where it is NULL.
    ///
    /// # Errors
    /// A value that cannot be read as its column's type, or where the server would raise an error: a division by zero, a
    /// result out of range, a cast of a text that does not fit.
    pub fn holds(&self, around: &dyn Surroundings) -> Result<Option<bool>, Refusal> {
        self.node.truth(node::Row { around, clock: &self.clock })
    }
}
