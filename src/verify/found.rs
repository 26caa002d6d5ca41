//! What came of comparing a table, and how it is told.

use std::fmt;

use crate::figures::{counted, number};
use crate::name::{Name, RelationName};

/// A table of the manifest, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The table.
    pub relation: RelationName,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of comparing a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its rows are those that were written.
    Equal {
        /// How many.
        rows: u64,
    },
    /// There are as many rows as were written; that they are the same was not looked at.
    Counted {
        /// How many.
        rows: u64,
        /// Why it was not.
        why: String,
    },
    /// The table was left out, and is not there, or not ours.
    LeftOut,
    /// It is not there.
    Missing,
    /// Its name is that of something else.
    NoTable(&'static str),
    /// A column is not there.
    NoColumn(String),
    /// There is another number of rows.
    Rows {
        /// How many were written.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// There are as many rows as were written, and not the same.
    Differs {
        /// How many.
        rows: u64,
    },
}

impl Verdict {
    /// Whether something is missing or different.
    pub fn is_bad(&self) -> bool {
        match self {
            Verdict::Equal { .. } | Verdict::Counted { .. } | Verdict::LeftOut => false,
            Verdict::Missing | Verdict::NoTable(_) | Verdict::NoColumn(_) | Verdict::Rows { .. } | Verdict::Differs { .. } => true,
        }
    }

    /// How many rows were found as they were written.
    pub fn rows(&self) -> u64 {
        match self {
            Verdict::Equal { rows } | Verdict::Counted { rows, .. } => *rows,
            _ => 0,
        }
    }
}

/// `1 row`, `1,200 rows`
fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.relation, self.verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Equal { rows: count } => write!(f, "{}, as written", rows(*count)),
            Verdict::Counted { rows: count, why } => write!(f, "{}, counted only: {why}", rows(*count)),
            Verdict::LeftOut => f.write_str("left out, not looked at"),
            Verdict::Missing => f.write_str("the table is missing"),
            Verdict::NoTable(what) => write!(f, "expected a table, found {what}"),
            Verdict::NoColumn(name) => write!(f, "column {} is missing", Name::new(name.as_str())),
            Verdict::Rows { expected, found } => {
                write!(f, "expected {}, found {}", rows(*expected), number(*found))?;
                if found > expected {
                    f.write_str("; was the table empty before?")?;
                }
                Ok(())
            }
            Verdict::Differs { rows: count } => write!(f, "rows differ: {}, not all as written", rows(*count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let told = |verdict: Verdict| Found { relation: RelationName::new("public", "We ird"), verdict }.to_string();
        assert_eq!(told(Verdict::Equal { rows: 1 }), "public.\"We ird\": 1 row, as written");
        assert_eq!(told(Verdict::Counted { rows: 2, why: "x".into() }), "public.\"We ird\": 2 rows, counted only: x");
        assert_eq!(told(Verdict::Rows { expected: 1, found: 0 }), "public.\"We ird\": expected 1 row, found 0");
        assert_eq!(
            told(Verdict::Rows { expected: 5, found: 7000 }),
            "public.\"We ird\": expected 5 rows, found 7,000; was the table empty before?"
        );
        assert_eq!(told(Verdict::Differs { rows: 5 }), "public.\"We ird\": rows differ: 5 rows, not all as written");
        assert_eq!(told(Verdict::NoColumn("A".into())), "public.\"We ird\": column \"A\" is missing");
    }
}
