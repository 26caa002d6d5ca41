//! What happens to one row. Hot: this is where profiles point.

pub mod program;
pub mod tally;

pub use program::{RowProgram, Step};
pub use tally::Tally;
