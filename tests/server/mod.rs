//! Whatever needs a real PostgreSQL; `make test-matrix` runs this module once a version.

mod archives;
mod containers;
mod cuts;
mod domifa;
mod filter;
mod formats;
mod harness;
mod inserts;
mod keys;
mod objects;
mod roundtrip;
mod subset;
mod target;
mod teams;
mod verify;
