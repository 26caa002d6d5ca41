//! What the output says around the dump's own statements, for the place where it goes: a target that is emptied first,
//! a transaction of its own, another database name, no psql at the other end.
//!
//! [`Target`] is what the user asked for. [`stage::Stage`] sees every statement on its way out and does it. The rest are
//! small functions from statements to text. Facts about what pg_dump writes come from src/bin/pg_dump and src/fe_utils of
//! PostgreSQL 14 to 18; what the written SQL asks of the catalogue holds from PostgreSQL 11 on.

pub mod database;
pub mod head;
pub mod meta;
pub mod stage;

mod driver;
mod idempotent;
mod opening;
mod outside;
mod pattern;
mod quote;

use crate::name::NamePattern;

pub use database::Renaming;
pub use stage::{Piece, Stage};

/// What is done for the target. The default does nothing: what goes in comes out, byte for byte.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// How the target is emptied.
    pub reset: Option<Reset>,
    /// What [`Reset::Owned`] and [`Reset::Objects`] spare.
    pub keep: Vec<NamePattern>,
    /// The script brings its own BEGIN and COMMIT.
    pub single_transaction: bool,
    /// What is done with psql's backslash commands.
    pub meta: Meta,
    /// Databases that get other names.
    pub renamed: Vec<Renaming>,
    /// The script runs as one string through any driver.
    pub driver: bool,
    /// The role that restores: `SET ROLE`.
    pub role: Option<String>,
    /// Schemas and text search objects may exist already.
    pub if_not_exists: bool,
}

/// How the target is emptied before the load, in the load's own transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// What the current user owns in the schemas of the dump.
    Owned,
    /// Everything in the schemas of the dump.
    Objects,
    /// The schemas of the dump themselves, which are made anew.
    Schema,
    /// The rows of the tables that the stream fills.
    Truncate,
}

/// What is done with psql's backslash commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meta {
    /// They pass.
    #[default]
    Keep,
    /// They are left out; one that cannot be is refused.
    Strip,
    /// `\restrict` gets a fresh key, `\connect` names the database and nothing else.
    Rewrite,
}

impl Reset {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Reset::Owned => "owned",
            Reset::Objects => "objects",
            Reset::Schema => "schema",
            Reset::Truncate => "truncate",
        }
    }
}

impl Target {
    /// Whether nothing is to be done.
    pub fn is_idle(&self) -> bool {
        self.reset.is_none()
            && !self.single_transaction
            && self.meta == Meta::Keep
            && self.renamed.is_empty()
            && !self.driver
            && self.role.is_none()
            && !self.if_not_exists
    }

    /// Whether the tables that the stream fills must be known before its first row.
    pub fn asks_for_tables(&self) -> bool {
        self.reset == Some(Reset::Truncate)
    }
}
