//! Subsets that hold together: some rows, the rows that belong to them as far as that is chosen, and every row that one of
//! them points at.
//!
//! ```text
//! rules × schema ─▶ shape (tables, keys, links) ─▶ read (rows → hashes) ─▶ graph (hashes → rows of the subset)
//! ```
//!
//! What is held in memory: 8 bytes for each value of a foreign key, 8 for each key that one points at, and while the rows
//! are chosen 6 to 8 more for each of the latter, and of the former where rows come along with those that they point at.
//! What is left in the end is one bit a row. Tables that no foreign key joins with the chosen rows cost nothing.

mod graph;
mod index;
mod key;
mod read;
mod shape;
#[cfg(test)]
mod tests;

pub use graph::{Chosen, Graph, KeyRef, Outline, Standing, TooManyRows};
pub use index::Hash;
pub use key::Form;
pub use read::{Begin, Reader};
pub use shape::{Fields, Obstacle, Shape, Unfollowed, Wanted};
