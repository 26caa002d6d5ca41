//! Counts of one batch, returned by value from the workers.

use crate::mask::Note;
use crate::name::Name;
use crate::row::digest::Digest;

/// What happened to the rows of one batch, or of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub rows_in: u64,
    /// Rows written.
    pub rows_out: u64,
    /// Whether some came by a statement that does not say how many.
    pub uncounted: bool,
    /// Why rows were left out, of a table that has not lost all of them.
    pub causes: Causes,
    /// Values that a mask changed or set to NULL.
    pub masked: u64,
    /// What masks have noted, by column. A handful at most.
    pub notes: Vec<Noted>,
    /// The checksum of the rows written, where it is asked for.
    pub digest: Digest,
}

/// What the masks of a column have noted of so many values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The column.
    pub column: Name,
    /// What.
    pub note: Note,
    /// Of how many values.
    pub count: u64,
}

/// Why a row is left out, by the key of the rules file that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `where`.
    Condition,
    /// `sample`.
    Sample,
    /// `[subset]`.
    Subset,
    /// `erase`.
    Erase,
    /// `limit`.
    Limit,
}

/// How many rows were left out, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes([u64; Cause::ALL.len()]);

impl Cause {
    /// All of them, in the order in which rows are asked.
    pub const ALL: [Cause; 5] = [Cause::Condition, Cause::Sample, Cause::Subset, Cause::Erase, Cause::Limit];

    /// The key of the rules file.
    pub fn key(self) -> &'static str {
        match self {
            Cause::Condition => "where",
            Cause::Sample => "sample",
            Cause::Subset => "subset",
            Cause::Erase => "erase",
            Cause::Limit => "limit",
        }
    }
}

impl Causes {
    /// So many rows for one cause.
    pub fn of(cause: Cause, rows: u64) -> Causes {
        let mut causes = Causes::default();
        causes.add(cause, rows);
        causes
    }

    /// So many rows more.
    pub fn add(&mut self, cause: Cause, rows: u64) {
        if let Some(count) = self.0.get_mut(cause as usize) {
            *count += rows;
        }
    }

    /// How many rows each cause has left out, where it is any.
    pub fn counts(&self) -> impl Iterator<Item = (Cause, u64)> {
        Cause::ALL.into_iter().zip(self.0).filter(|(_, rows)| *rows > 0)
    }
}

impl Tally {
    /// Rows that are left out for one cause.
    pub fn left_out(cause: Cause, rows: u64) -> Tally {
        Tally { rows_in: rows, causes: Causes::of(cause, rows), ..Tally::default() }
    }

    /// Takes down what the masks of a column have noted of so many values.
    pub fn note(&mut self, column: &Name, note: Note, count: u64) {
        match self.notes.iter_mut().find(|known| known.note == note && known.column == *column) {
            Some(known) => known.count += count,
            None => self.notes.push(Noted { column: column.clone(), note, count }),
        }
    }

    /// Values that their mask could not read.
    pub fn invalid(&self) -> u64 {
        self.notes.iter().filter(|noted| matches!(noted.note, Note::Invalid(_))).map(|noted| noted.count).sum()
    }

    /// Values whose seed was NULL or absent, so that the value itself was the seed.
    pub fn unseeded(&self) -> u64 {
        self.notes.iter().filter(|noted| noted.note == Note::Unseeded).map(|noted| noted.count).sum()
    }
}

impl std::ops::AddAssign for Causes {
    fn add_assign(&mut self, other: Causes) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own += other);
    }
}

impl std::ops::AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.uncounted |= other.uncounted;
        self.causes += other.causes;
        self.masked += other.masked;
        self.digest += other.digest;
        for Noted { column, note, count } in &other.notes {
            self.note(column, *note, *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Remedy;

    #[test]
    fn notes_add_up_by_column() {
        let mut one = Tally::left_out(Cause::Sample, 3);
        one.note(&Name::new("email"), Note::Invalid(Remedy::Shape), 2);
        let mut other = Tally::left_out(Cause::Limit, 4);
        other.note(&Name::new("email"), Note::Invalid(Remedy::Shape), 3);
        other.note(&Name::new("email"), Note::Invalid(Remedy::Null), 1);
        other.note(&Name::new("phone"), Note::Unseeded, 1);
        one += &other;
        assert_eq!((one.rows_in, one.rows_out, one.invalid(), one.unseeded(), one.notes.len()), (7, 0, 6, 1, 3));
        assert_eq!(one.causes.counts().map(|(cause, rows)| (cause.key(), rows)).collect::<Vec<_>>(), [("sample", 3), ("limit", 4)]);
    }
}
