//! The row program: what is done to each row of one table, with every name already an index.

use crate::mask::Mask;
use std::sync::Arc;

/// What is done to each row of one table.
#[derive(Debug)]
pub struct RowProgram {
    /// How many fields a row has.
    pub fields: usize,
    /// What is done to fields, by ascending field; at most one step a field. Never empty.
    pub steps: Vec<Step>,
    /// The encoding of the rows.
    pub charset: crate::encoding::Charset,
}

/// What is done to one field of each row.
#[derive(Clone, Debug)]
pub struct Step {
    /// The field's index in the row, from 0.
    pub field: usize,
    /// The column's name, for errors.
    pub column: crate::name::Name,
    /// The mask's name in the registry, for errors.
    pub mask_name: &'static str,
    /// The rewriter.
    pub mask: Arc<dyn Mask>,
    /// Whether the empty string goes through the mask too (it is kept otherwise). NULL is always kept.
    pub takes_empty: bool,
}
