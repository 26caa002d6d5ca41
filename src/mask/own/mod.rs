//! What one brings along: words, replacements and programs of one's own (dictionary, map_file, command).

pub mod command;
pub mod dictionary;
pub mod map_file;
mod process;
pub mod source;
#[cfg(test)]
mod tests;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[command::DEFINITION, dictionary::DEFINITION, map_file::DEFINITION];
