//! pgveil: a fast filter for what `pg_dump` writes.
pub mod archive;
pub mod cli;
pub mod compose;
pub mod dump;
pub mod encoding;
pub mod error;
pub mod figures;
pub mod input;
pub mod manifest;
pub mod mask;
pub mod name;
pub mod output;

pub mod pipeline;
pub mod plan;
pub mod report;
pub mod rewrite;
pub mod row;
pub mod rules;
pub mod schema;
pub mod sql;
pub mod subset;
pub mod target;
pub mod verify;
