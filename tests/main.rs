//! The tests that look at the program from outside, as one binary with one module a theme. Unit tests stand beside the
//! code. Everything under `server` needs a real PostgreSQL, and fails where there is none.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod also;
mod archives;
mod cases;
mod chosen;
mod compose;
mod corpus;
mod ends;
mod harness;
mod identity;
mod inserts;
mod lies;
mod outputs;
mod reference;
mod reveal;
mod rooms;
mod same;
mod server;
mod support;
mod told;
mod unnamed;
