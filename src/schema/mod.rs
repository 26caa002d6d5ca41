//! What the DDL says: tables, columns, types, constraints. It never sees the data.

pub mod catalogue;
pub mod constraint;
pub mod ddl;
pub mod deep;
pub mod expression;
pub mod lookup;
pub mod table;
#[cfg(test)]
mod tests;
pub mod types;
