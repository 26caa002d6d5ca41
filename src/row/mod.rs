//! One row ↔ its fields: no I/O, no policy.

pub mod copy;
#[cfg(any(test, fuzzing))]
pub mod naive;
