//! Whatever needs a real PostgreSQL; `make test-matrix` runs this module once a version.

mod archives;
mod clean;
mod containers;
mod cuts;
mod domifa;
mod filter;
mod flips;
mod formats;
mod harness;
mod increment;
mod inserts;
mod keys;
mod objects;
mod roundtrip;
mod subset;
mod target;
mod teams;
