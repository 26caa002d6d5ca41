//! Whatever needs a real PostgreSQL; `make test-matrix` runs this module once a version.

mod containers;
mod cuts;
mod domifa;
mod filter;
mod harness;
mod keys;
mod roundtrip;
mod teams;
