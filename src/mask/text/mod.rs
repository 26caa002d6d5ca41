//! Text that people wrote: lorem, partial, redact, replace, shuffle, truncate.
//!
//! A value of the dump is UTF-8, or was made so. Where a mask is fed other bytes all the same, those that are no UTF-8
//! count as U+FFFD, but for masks that only cut or search: they pass bytes as they are.

pub mod detect;
pub mod fold;
pub mod lorem;
pub mod partial;
pub mod people;
pub mod redact;
pub mod replace;
pub mod shuffle;
#[cfg(test)]
mod tests;
pub mod truncate;
pub mod vocabulary;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] =
    &[lorem::DEFINITION, partial::DEFINITION, redact::DEFINITION, replace::DEFINITION, shuffle::DEFINITION, truncate::DEFINITION];
