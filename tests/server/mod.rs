//! Whatever needs a real PostgreSQL; `make test-matrix` runs this module once a version.

mod archives;
mod containers;
mod cuts;
mod domifa;
mod filter;
mod harness;
mod objects;
mod keys;
mod roundtrip;
mod teams;
