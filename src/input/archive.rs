//! Archives as the scripts that pg_restore makes of them.

use std::io::Read;
use std::sync::Arc;

use crate::archive::script::Style;
use crate::archive::{Archive, Entry, Header, Script};
use crate::error::Result;

/// What an archive says of itself before its data comes.
pub struct Contents {
    /// Its header.
    pub header: Header,
    /// Its table of contents.
    pub entries: Arc<[Entry]>,
    /// What the script does beside making the objects.
    pub style: Style,
}

impl Contents {
    /// The script but for its rows: what a plan can be made from where the input can be read only once.
    ///
    /// # Errors
    /// Entries that cannot be understood.
    pub fn without_rows(&self) -> Result<Vec<u8>> {
        Script::without_rows(&self.header, &self.entries, self.style).map(|(text, _)| text)
    }
}

/// An archive as a script, and what it says of itself.
///
/// # Errors
/// Entries that cannot be understood.
pub(super) fn script(archive: Archive, style: Style) -> Result<(Box<dyn Read + Send>, Contents)> {
    let script = Script::new(archive, style, None)?;
    let contents = Contents { header: script.header().clone(), entries: script.entries(), style };
    Ok((Box::new(script), contents))
}
