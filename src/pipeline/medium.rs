//! A sink as what an archive is written to.

use crate::archive::write::Destination;
use crate::error::Result;
use crate::output::Sink;

impl Destination for Sink {
    fn is_pending(&self) -> bool {
        Sink::is_pending(self)
    }

    fn settle(&mut self) -> Result<()> {
        Sink::settle(self)
    }

    fn complete(self) -> Result<()> {
        self.finish()
    }
}
