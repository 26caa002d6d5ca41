//! What the DDL says: tables, columns, types, constraints. It never sees the data.
//!
//! A statement goes in at [`catalogue::Catalogue::apply`] (`ddl.rs`), through PostgreSQL's own parser (`parse.rs`),
//! and comes to rest in [`catalogue::Catalogue`]. Questions are asked in `lookup.rs`.

pub mod catalogue;
pub mod ddl;
pub mod facts;
pub mod lookup;
pub mod object;

mod alter;
mod constraint;
mod define;
mod expression;
mod literal;
mod parse;
mod remove;
mod rename;
mod spans;
mod table;
mod types;
