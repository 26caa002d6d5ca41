//! What happens to one row. Hot: this is where profiles point.

pub mod filter;
pub mod program;
pub mod row;
pub mod tally;

pub use filter::{BindError, Clock, Filter};
pub use program::{Read, RowFault, RowProgram, RowTest, Scratch, Step};
pub use tally::Tally;
