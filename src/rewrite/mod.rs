//! What happens to one row. Hot: this is where profiles point.

pub mod program;
pub mod row;
pub mod tally;

pub use program::{Read, RowFault, RowProgram, Scratch, Step};
pub use tally::Tally;
