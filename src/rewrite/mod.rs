//! What happens to one row. Hot: this is where profiles point.

pub mod filter;
pub mod insert;
pub mod program;
pub mod row;
pub mod statements;
pub mod tally;

pub use filter::{BindError, Clock, Filter};
pub use insert::Run;
pub use program::{Read, RowFault, RowProgram, RowTest, Scratch, Step};
pub use statements::Statements;
pub use tally::Tally;
