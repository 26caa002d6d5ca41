//! Where bytes go: standard output, or a file that takes its name when it is whole.

pub mod sink;

pub use sink::Sink;
