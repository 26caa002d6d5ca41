//! Whatever needs a real PostgreSQL; `make test-matrix` runs this module once a version.

mod archives;
mod clean;
mod compose;
mod containers;
mod cuts;
mod domifa;
mod dumpall;
mod filter;
mod flips;
mod formats;
mod harness;
mod increment;
mod inserts;
mod keys;
mod large_objects;
mod objects;
mod roundtrip;
mod subset;
mod target;
mod teams;
mod verify;
