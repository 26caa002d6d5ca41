//! Counts of one batch, returned by value from the workers.

use crate::row::digest::Digest;

/// What happened to the rows of one batch, or of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub rows_in: u64,
    /// Rows written.
    pub rows_out: u64,
    /// Values that a mask changed or set to NULL.
    pub masked: u64,
    /// Values that their mask could not read, and that `on_invalid` took care of.
    pub invalid: u64,
    /// Values whose seed was NULL or absent, so that the value itself was the seed.
    pub unseeded: u64,
    /// The checksum of the rows written, where it is asked for.
    pub digest: Digest,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.masked += other.masked;
        self.invalid += other.invalid;
        self.unseeded += other.unseeded;
        self.digest += other.digest;
    }
}
