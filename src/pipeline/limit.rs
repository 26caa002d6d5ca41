//! A limit on the rows of a table: exact, whatever the number of workers and the size of batches.
//!
//! A worker knows only that no more rows of its batch can pass than of the whole table. The writer, which sees batches in
//! order, takes them whole until one holds more rows than may still pass, or a bad row; that one it has rewritten once
//! more, up to the last row that passes. What stands behind that row is counted and not looked at. The director is told
//! when the table is full, and from then on hands rows to nobody.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;
use memchr::memchr_iter;

use super::batch::Rewritten;
use super::digests::Digests;
use crate::dump::event::Rows;
use crate::name::RelationName;
use crate::plan::Limit;
use crate::rewrite::{Part, RowFault, RowProgram, Scratch, Statements, Tally};

/// The limit of the table that is being read.
#[derive(Clone, Debug)]
pub struct Limited {
    limit: Limit,
    /// As many rows as may pass have passed.
    full: Arc<AtomicBool>,
}

impl Limited {
    /// Whether no more row passes.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}

/// The limits of a run, on the reading end.
#[derive(Debug, Default)]
pub struct Limits(HashMap<RelationName, Arc<AtomicBool>>);

impl Limits {
    /// A limit, which tables may share.
    pub fn begin(&mut self, limit: Limit) -> Limited {
        let full = Arc::clone(self.0.entry(limit.of.clone()).or_default());
        Limited { limit, full }
    }
}

/// A batch of a table with a limit.
#[derive(Debug)]
pub struct Bounded {
    /// The batch when it is rewritten.
    pub batch: Receiver<Rewritten>,
    /// The rows as they are.
    pub rows: Rows,
    /// What is done to them.
    pub program: Arc<RowProgram>,
    /// How many rows of the table come before them.
    pub first: u64,
    /// How their checksum is made, where it is asked for.
    pub digests: Option<Digests>,
    /// How they become INSERT statements, where they do.
    pub statements: Option<Arc<Statements>>,
}

/// A batch that was rewritten up to a row.
#[derive(Debug)]
pub struct Again {
    /// What was done.
    pub tally: Tally,
    /// The new rows.
    pub bytes: Vec<u8>,
    /// Where each tuple begins, where rows became tuples.
    pub starts: Vec<usize>,
}

impl Bounded {
    /// How many rows it holds.
    pub fn count(&self) -> u64 {
        memchr_iter(b'\n', &self.rows.bytes).count() as u64
    }

    /// Rewrites it here and now, up to so many rows that pass.
    pub fn again(&self, most: u64) -> Result<Again, RowFault> {
        let (mut out, mut starts) = (Vec::new(), Vec::new());
        let part = Part { bytes: &self.rows.bytes, crlf: self.rows.crlf, first: self.first, most: Some(most) };
        let mut tally = self.program.run_part(&part, &mut Scratch::default(), &mut out)?;
        tally.digest = self.digests.map(|digests| digests.of(&out)).unwrap_or_default();
        let Some(statements) = &self.statements else { return Ok(Again { tally, bytes: out, starts }) };
        let mut bytes = Vec::new();
        statements.write(&out, self.rows.crlf, &mut starts, &mut bytes)?;
        Ok(Again { tally, bytes, starts })
    }
}

/// How many rows have passed, on the writing end.
#[derive(Debug, Default)]
pub struct Passed(HashMap<RelationName, u64>);

impl Passed {
    /// How many rows may still pass.
    pub fn left(&self, limited: &Limited) -> u64 {
        limited.limit.rows - self.0.get(&limited.limit.of).copied().unwrap_or(0).min(limited.limit.rows)
    }

    /// So many rows have passed.
    pub fn add(&mut self, limited: &Limited, rows: u64) {
        *self.0.entry(limited.limit.of.clone()).or_default() += rows;
        if self.left(limited) == 0 {
            limited.full.store(true, Ordering::Relaxed);
        }
    }
}
