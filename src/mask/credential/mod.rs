//! Credentials: password. (`token` is among the pseudonyms.)

mod password;

use super::registry::Definition;

/// The masks of this family.
pub(super) static DEFINITIONS: &[Definition] = &[password::PASSWORD];
