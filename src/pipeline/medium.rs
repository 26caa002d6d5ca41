//! A sink as what an archive is written to.

use crate::archive::write::Target;
use crate::error::Result;
use crate::output::Sink;

impl Target for Sink {
    fn complete(self) -> Result<()> {
        self.finish()
    }
}
