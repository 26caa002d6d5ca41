//! The catalogue: tables, columns, types, domains, enums, constraints, partitions, inheritance.

use std::collections::BTreeMap;

use crate::name::{Name, RelationName};

/// Everything that a dump's DDL has said so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Tables, partitioned tables and foreign tables.
    pub relations: BTreeMap<RelationName, Relation>,
    /// Domains, enums and composite types; others are known by their names only.
    pub types: BTreeMap<RelationName, TypeDefinition>,
    /// Sequences by the column that owns them.
    pub owned_sequences: Vec<(RelationName, RelationName, Name)>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: RelationName,
    /// What it is.
    pub kind: RelationKind,
    /// Its columns in the order of CREATE TABLE; those of a parent that its own statement leaves out come first.
    pub columns: Vec<Column>,
    /// What can be said of rows whose columns are not named.
    pub positions: Positions,
    /// The tables it inherits from, or the partitioned table that it is a partition of; nearest first.
    pub parents: Vec<RelationName>,
    /// The columns that a partition key uses (also inside expressions).
    pub partition_key: Vec<Name>,
    /// Its constraints and unique indexes, in the order in which they came.
    pub constraints: Vec<Constraint>,
}

/// The values of an INSERT that names no columns. pg_dump writes them in the order in which the columns came into being in the
/// database that was dumped (`dumpTableData_insert` in src/bin/pg_dump/pg_dump.c), which is not always that of CREATE TABLE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Positions {
    /// They are those of [`Relation::columns`], in their order.
    #[default]
    InOrder,
    /// The table inherits columns and may have got others before or behind them: the order is not known.
    Unordered,
    /// A parent, or the type that the table is OF, is not described: there are columns that are not known.
    Unknown,
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, also one that is a partition.
    Table,
    /// A partitioned table: it has no rows of its own.
    Partitioned,
    /// A foreign table.
    Foreign,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its declared type.
    pub data_type: DataType,
    /// Declared NOT NULL, or by a primary key, or by its domain.
    pub not_null: bool,
    /// Whether it has a DEFAULT.
    pub has_default: bool,
    /// The value of its DEFAULT, where that is a literal: `active`.
    pub default: Option<String>,
    /// GENERATED ALWAYS AS (expression), stored or virtual: its values are not in the dump.
    pub generated: bool,
    /// GENERATED … AS IDENTITY.
    pub identity: bool,
    /// GENERATED ALWAYS AS IDENTITY: INSERT may give it a value only with OVERRIDING SYSTEM VALUE.
    pub always: bool,
}

/// A type as a column declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataType {
    /// The schema, `pg_catalog` for built-in types.
    pub schema: Name,
    /// The internal name: `varchar`, `int4`, `timestamptz`, `bpchar`.
    pub name: Name,
    /// Modifiers: the `40` of varchar(40), the `10, 2` of numeric(10,2).
    pub modifiers: Vec<i32>,
    /// Whether it is an array of that type.
    pub array: bool,
    /// As SQL writes it, for messages: `character varying(40)`.
    pub written: String,
}

/// A type that the dump itself defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeDefinition {
    /// CREATE DOMAIN.
    Domain {
        /// What it is a domain over.
        base: DataType,
        /// Whether it refuses NULL.
        not_null: bool,
        /// Its CHECK expressions as SQL.
        checks: Vec<String>,
    },
    /// CREATE TYPE … AS ENUM, with its labels in order.
    Enum(Vec<String>),
    /// CREATE TYPE … AS (…), with its attributes in order: CREATE TABLE … OF takes its columns from here.
    Composite(Vec<Column>),
    /// Any other type: range, base, shell.
    Other,
}

/// A constraint, or an index that works like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its name, where it has one.
    pub name: Option<Name>,
    /// What it demands.
    pub kind: ConstraintKind,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// PRIMARY KEY, UNIQUE, CREATE UNIQUE INDEX (also partial), EXCLUDE.
    Unique(UniqueKey),
    /// FOREIGN KEY.
    ForeignKey(ForeignKey),
    /// CHECK.
    Check {
        /// The expression as SQL, as the dump writes it.
        expression: String,
        /// The columns that it reads.
        columns: Vec<Name>,
        /// False where the expression could not be parsed: `columns` are then all those whose names occur in it.
        readable: bool,
    },
}

/// A set of columns or expressions that must be unique together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// Whether it is the primary key (and so NOT NULL).
    pub primary: bool,
    /// Its members.
    pub members: Vec<KeyMember>,
    /// Columns that the WHERE of a partial index reads.
    pub predicate_columns: Vec<Name>,
    /// Those of them that it only tests for NULL (`email IS NOT NULL`): other values than NULL do not bear on it.
    pub null_tested: Vec<Name>,
    /// Whether it is partial.
    pub partial: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_equal: bool,
    /// EXCLUDE with other operators than equality, or WITHOUT OVERLAPS: what it refuses is not known to us.
    pub exclusion: bool,
}

/// One member of a unique key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyMember {
    /// The column itself.
    Column(Name),
    /// lower(column), upper(column), also with casts between text types; and such a cast of the column alone.
    Folded(Name),
    /// Any other expression, with the columns that it reads.
    Expression(Vec<Name>),
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns of this table.
    pub columns: Vec<Name>,
    /// The table that they point at.
    pub references: RelationName,
    /// The columns there; empty where the statement leaves them out (the primary key then).
    pub referenced: Vec<Name>,
}
