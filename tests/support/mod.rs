//! What the tests stand on: the built program, a real PostgreSQL, the packed dumps. No test stands here.

#![allow(dead_code, reason = "a tool stands ready before the first test takes it up")]

pub(crate) mod corpus;
pub(crate) mod inside;
pub(crate) mod pgveil;
pub(crate) mod process;
pub(crate) mod server;
