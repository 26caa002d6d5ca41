//! Masks inside of values: what a value holds (a document, an array, a record, a range) is taken apart, its parts are
//! masked by masks of their own, and it is put together again as the server would write it. Parts that no mask changes stay
//! byte for byte.

mod append;
mod array;
mod composite;
mod hstore;
mod json;
mod part;
mod range;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod xml;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[
    append::DEFINITION,
    array::DEFINITION,
    composite::DEFINITION,
    hstore::DEFINITION,
    json::DEFINITION,
    range::DEFINITION,
    xml::DEFINITION,
];
