//! What happens to one row. Hot: this is where profiles point.

pub mod bits;
pub mod choice;
pub mod delimited;
pub mod filter;
pub mod ids;
pub mod insert;
pub mod look;
pub mod program;
pub mod row;
pub mod statements;
pub mod tally;

pub use bits::Bits;
pub use choice::{Choice, Erase, Part, Sample};
pub use filter::{BindError, Clock, Filter};
pub use ids::{IdForm, IdList, Ids};
pub use insert::Run;
pub use look::{Look, Seen};
pub use program::{Read, RowFault, RowProgram, RowTest, Scratch, Step};
pub use statements::Statements;
pub use tally::{Cause, Causes, Noted, Tally};
