//! Rows as numbers: their keys, what they point at, and which of them a subset needs. Knows neither names nor values.
//!
//! Rows point at others by the hash of a key. Where two keys have one hash, a row points at both: the subset has a row too
//! many then, and never one too few.

use super::index::{Hash, Index};
use crate::rewrite::Bits;

/// The rows of some tables.
#[derive(Debug, Default)]
pub struct Graph {
    tables: Vec<Table>,
}

/// The rows of one table.
#[derive(Debug, Default)]
struct Table {
    rows: usize,
    /// For each of its keys that others point at, the hash in each row.
    keys: Vec<Vec<Hash>>,
    links: Vec<Link>,
    /// Rows that the subset begins with.
    chosen: Bits,
    /// Rows that stay besides, with what they need.
    needed: Bits,
    /// How many rows come as children at most.
    most: u64,
}

/// What the rows of a table point at: a foreign key.
#[derive(Debug)]
struct Link {
    to: KeyRef,
    /// Whether a row comes along with the row that it points at.
    down: bool,
    /// For each row the hash of the key that it points at.
    hashes: Vec<Hash>,
}

/// A key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// The table.
    pub table: usize,
    /// Which of its keys.
    pub key: usize,
}

/// What is known of a table before its rows.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// How many of its keys others point at.
    pub keys: usize,
    /// What its rows point at, and whether they come along with the row that they point at.
    pub links: Vec<(KeyRef, bool)>,
    /// How many rows come as children at most.
    pub most: Option<u64>,
}

/// How a row stands in the subset from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The subset begins with it: what it needs stays, and what belongs to it as far as that is chosen.
    Chosen,
    /// It stays, with what it needs.
    Needed,
    /// It stays if another row needs it or it belongs to one.
    Open,
    /// Rules leave it out: nobody finds it, and it needs nobody.
    Absent,
}

/// The rows of a subset.
#[derive(Debug, Default)]
pub struct Chosen {
    /// For each table its rows.
    pub rows: Vec<Bits>,
    /// For each table how many rows there are in all.
    pub all: Vec<u64>,
    /// For each table and link how many rows of the subset point at a row that is not there.
    pub dangling: Vec<Vec<u64>>,
    /// The most that the graph held in memory, in bytes.
    pub bytes: usize,
}

/// A table has more rows than can be counted: 2³² − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRows;

impl Graph {
    /// A graph without rows.
    pub fn new(outlines: &[Outline]) -> Graph {
        let link = |(to, down): &(KeyRef, bool)| Link { to: *to, down: *down, hashes: Vec::new() };
        let table = |outline: &Outline| Table {
            keys: vec![Vec::new(); outline.keys],
            links: outline.links.iter().map(link).collect(),
            most: outline.most.unwrap_or(u64::MAX),
            ..Table::default()
        };
        Graph { tables: outlines.iter().map(table).collect() }
    }

    /// Adds a row to a table, behind those that it has: the hashes of its keys, and of the keys that it points at, in the
    /// order of the outline.
    ///
    /// # Errors
    /// There are too many.
    pub fn push(&mut self, table: usize, keys: &[Hash], links: &[Hash], standing: Standing) -> Result<(), TooManyRows> {
        let Some(table) = self.tables.get_mut(table) else { return Ok(()) };
        if u32::try_from(table.rows + 1).is_err() {
            return Err(TooManyRows);
        }
        let known = |hash: &Hash| if standing == Standing::Absent { 0 } else { *hash };
        let columns = table.keys.iter_mut().chain(table.links.iter_mut().map(|link| &mut link.hashes));
        for (column, hash) in columns.zip(keys.iter().chain(links)) {
            if column.len() == column.capacity() {
                // By a quarter, not by doubling: this is what the memory goes into.
                column.reserve_exact(column.len() / 4 + 64);
            }
            column.push(known(hash));
        }
        match standing {
            Standing::Chosen => _ = table.chosen.add(table.rows),
            Standing::Needed => _ = table.needed.add(table.rows),
            Standing::Open | Standing::Absent => {}
        }
        table.rows += 1;
        Ok(())
    }

    /// How many rows a table has so far.
    pub fn rows(&self, table: usize) -> u64 {
        self.tables.get(table).map_or(0, |table| table.rows as u64)
    }

    /// The rows of the subset.
    ///
    /// First those that belong to it, step by step: those that it begins with; the rows that point at one of these by a link
    /// that is followed down; those that point at one of those; and so on. Where only so many rows of a table come along,
    /// the rows of an earlier step go first, and of one step those that stand first. Then all that these rows need, and the
    /// rows that stay besides: whatever one of them points at, whatever that points at, and so on. What is only needed
    /// brings no rows along.
    pub fn close(mut self) -> Chosen {
        let mut bytes = self.down();
        let dangling = self.up(&mut bytes);
        Chosen {
            all: self.tables.iter().map(|table| table.rows as u64).collect(),
            rows: self.tables.into_iter().map(|table| table.chosen).collect(),
            dangling,
            bytes,
        }
    }

    fn bytes(&self) -> usize {
        let hashes = |table: &Table| {
            let links = table.links.iter().map(|link| link.hashes.capacity()).sum::<usize>();
            table.keys.iter().map(Vec::capacity).sum::<usize>() + links
        };
        self.tables.iter().map(|table| 8 * hashes(table) + table.chosen.bytes() + table.needed.bytes()).sum()
    }

    /// Adds the rows that belong to the subset. Gives the memory that this took.
    fn down(&mut self) -> usize {
        let indexes: Vec<Vec<Option<Index>>> = (self.tables.iter())
            .map(|table| table.links.iter().map(|link| link.down.then(|| Index::new(&link.hashes))).collect())
            .collect();
        let held: usize = indexes.iter().flatten().flatten().map(Index::bytes).sum();
        let mut taken = vec![0u64; self.tables.len()];
        let row_of = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        let mut step: Vec<Vec<u32>> = self.tables.iter().map(|table| table.chosen.iter().map(row_of).collect()).collect();
        let mut most_waiting = 0;
        while step.iter().any(|rows| !rows.is_empty()) {
            let next: Vec<Vec<u32>> =
                (self.tables.iter().zip(&indexes)).map(|(child, indexes)| self.children(child, indexes, &step)).collect();
            most_waiting = most_waiting.max(step.iter().chain(&next).map(|rows| 4 * rows.capacity()).sum());
            step = (self.tables.iter_mut().zip(next).zip(&mut taken))
                .map(|((table, rows), taken)| {
                    let mut takes = |row: &u32| {
                        let new = *taken < table.most && table.chosen.add(*row as usize);
                        *taken += u64::from(new);
                        new
                    };
                    rows.into_iter().filter(|row| takes(row)).collect()
                })
                .collect();
        }
        self.bytes() + held + most_waiting
    }

    /// The rows of a table that point at rows of a step and are not chosen, ascending.
    fn children(&self, child: &Table, indexes: &[Option<Index>], step: &[Vec<u32>]) -> Vec<u32> {
        let mut found = Vec::new();
        for (link, index) in child.links.iter().zip(indexes) {
            let Some(index) = index else { continue };
            let parents = step.get(link.to.table).map(Vec::as_slice).unwrap_or_default();
            let Some(keys) = self.tables.get(link.to.table).and_then(|table| table.keys.get(link.to.key)) else { continue };
            for parent in parents {
                let hash = keys.get(*parent as usize).copied().unwrap_or(0);
                found.extend(index.rows(&link.hashes, hash).filter(|row| !child.chosen.has(*row as usize)));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Adds the rows that others need. Gives, by table and link, how many rows point at nothing.
    fn up(&mut self, bytes: &mut usize) -> Vec<Vec<u64>> {
        for table in &mut self.tables {
            for row in std::mem::take(&mut table.needed).iter() {
                table.chosen.add(row);
            }
        }
        let indexes: Vec<Vec<Index>> =
            self.tables.iter().map(|table| table.keys.iter().map(|hashes| Index::new(hashes)).collect()).collect();
        let mut dangling: Vec<Vec<u64>> = self.tables.iter().map(|table| vec![0; table.links.len()]).collect();
        // Rows that are chosen, and whose own needs have not been looked at.
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        let mut most_waiting = 0;
        let begun: Vec<Bits> = self.tables.iter().map(|table| table.chosen.clone()).collect();
        for (table, rows) in begun.iter().enumerate() {
            for row in rows.iter() {
                waiting.push((u32::try_from(table).unwrap_or(u32::MAX), u32::try_from(row).unwrap_or(u32::MAX)));
                while let Some((table, row)) = waiting.pop() {
                    self.needs(table as usize, row as usize, &indexes, &mut waiting, &mut dangling);
                    most_waiting = most_waiting.max(waiting.capacity());
                }
            }
        }
        let held: usize = indexes.iter().flatten().map(Index::bytes).sum();
        *bytes = (*bytes).max(self.bytes() + held + 8 * most_waiting + begun.iter().map(Bits::bytes).sum::<usize>());
        dangling
    }

    /// Adds the rows that one row points at.
    fn needs(&mut self, table: usize, row: usize, indexes: &[Vec<Index>], waiting: &mut Vec<(u32, u32)>, dangling: &mut [Vec<u64>]) {
        let links = self.tables.get(table).map_or(0, |table| table.links.len());
        for number in 0..links {
            let Some(link) = self.tables.get(table).and_then(|table| table.links.get(number)) else { continue };
            let (to, hash) = (link.to, link.hashes.get(row).copied().unwrap_or(0));
            let Some(index) = indexes.get(to.table).and_then(|indexes| indexes.get(to.key)).filter(|_| hash != 0) else { continue };
            let Some(parent) = self.tables.get_mut(to.table) else { continue };
            let Some(keys) = parent.keys.get(to.key) else { continue };
            let mut there = false;
            for needed in index.rows(keys, hash) {
                there = true;
                if parent.chosen.add(needed as usize) {
                    waiting.push((u32::try_from(to.table).unwrap_or(u32::MAX), needed));
                }
            }
            if let Some(count) = dangling.get_mut(table).and_then(|counts| counts.get_mut(number)).filter(|_| !there) {
                *count += 1;
            }
        }
    }
}
