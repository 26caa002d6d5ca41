//! One row ↔ its fields: no I/O, no policy.

pub mod copy;
pub mod csv;
pub mod digest;
pub mod insert;
pub mod layout;
#[cfg(any(test, fuzzing))]
pub mod naive;

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// None: the server makes it (`DEFAULT` in an INSERT).
    Default,
    /// The text that COPY would have between its tabs, unescaped, in the encoding of the dump.
    Text(&'a [u8]),
}
