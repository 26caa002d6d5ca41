//! What the DDL says: tables, columns, types, constraints. It never sees the data.

pub mod catalogue;
