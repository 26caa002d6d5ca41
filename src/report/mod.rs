//! What a person, or a program, learns of a run: the progress bar, the summary at the end, the report as JSON.
//!
//! It shows names and numbers only, and decides nothing about the run.

pub mod json;
pub mod progress;
pub mod summary;
