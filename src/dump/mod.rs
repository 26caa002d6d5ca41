//! Bytes ↔ events. Knows formats and no rules; reader and writer of a format stand side by side.

pub mod buffer;
pub mod copy;
pub mod event;
pub mod script;
