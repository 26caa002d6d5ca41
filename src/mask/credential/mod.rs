//! What lets somebody in: password, jwt. (`token` is among the pseudonyms.)
//!
//! A password's hash is replaced by that of one known word, under the scheme and the parameters that the value shows, so
//! that testers can log in as anybody. A signed token keeps its header and its form, and no longer proves anything.

mod derive;
mod jwt;
mod password;
mod scheme;
#[cfg(test)]
mod tests;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[jwt::JWT, password::PASSWORD];
