//! What happens to a table's rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rows::Limit;
use crate::encoding::Charset;
use crate::name::{Name, RelationName};
use crate::rewrite::RowProgram;

/// What happens to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableAction {
    /// They pass as they are.
    Pass,
    /// They are rewritten.
    Mask,
    /// They are left out.
    Skip,
}

/// Tables that a dump holds rows of, with the columns that its COPY statements name; `None` where they name none.
pub type Copied = BTreeMap<RelationName, Option<Vec<Name>>>;

/// What a COPY or INSERT statement says of its rows.
#[derive(Clone, Copy, Debug)]
pub struct CopyFacts<'a> {
    /// The table.
    pub relation: &'a RelationName,
    /// The columns that it names; `None` stands for all (in COPY, for all that are not generated).
    pub columns: Option<&'a [Name]>,
    /// Whether it has options, so that its rows may have another form than COPY text.
    pub options: bool,
    /// The encoding of its rows.
    pub charset: Charset,
    /// Where it stands in the unpacked input.
    pub byte: u64,
}

/// What is done with one COPY block.
#[derive(Clone, Debug)]
pub struct TablePlan {
    /// What happens to its rows.
    pub action: TableAction,
    /// How they are rewritten, for [`TableAction::Mask`].
    pub program: Option<Arc<RowProgram>>,
    /// The masked columns and their masks' names, in the order of the COPY statement.
    pub columns: Vec<(Name, &'static str)>,
    /// How many rows pass at most.
    pub limit: Option<Limit>,
    /// The place of the table in a subset, where only some of its rows are in it: they are known by their order.
    pub place: Option<usize>,
    /// Columns that nothing describes and no rule names, for the summary; `*` where the statement names none.
    pub unlisted: Vec<Name>,
}

impl TablePlan {
    /// Rows pass as they are.
    pub fn pass() -> TablePlan {
        TablePlan { action: TableAction::Pass, program: None, columns: Vec::new(), limit: None, place: None, unlisted: Vec::new() }
    }

    /// Rows are left out.
    pub fn skip() -> TablePlan {
        TablePlan { action: TableAction::Skip, ..TablePlan::pass() }
    }
}

/// What is to be done with a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds for the new rows as it did for the old.
    Holds,
    /// A foreign key whose rows are left out: it is to be written `NOT VALID`, and the text says why.
    NotValid(String),
    /// A foreign key whose rows are left out, that the rules leave out for it; the text says why.
    Leave(String),
    /// A foreign key whose rows are left out, that the rules keep all the same; the text says so.
    Kept(String),
}

/// How much of the schema is known when the plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// All of it: the input was read ahead, or `--schema-file` was given.
    Whole,
    /// What stands before the first row: a pipe. Keys arrive later and are judged then.
    BeforeData,
}
