//! Masks inside of values: what a value holds (a document, an array, a record, a range) is taken apart, its parts are
//! masked by masks of their own, and it is put together again as the server would write it. Parts that no mask changes stay
//! byte for byte.

mod json;
#[cfg(test)]
mod testing;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[json::DEFINITION];
