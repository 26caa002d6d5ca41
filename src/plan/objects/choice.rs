//! What the command line chooses among a dump's objects: the flags of pg_dump and pg_restore.

use std::collections::BTreeSet;

use crate::name::Name;
use crate::name::NamePattern;
use crate::rules::LargeObjectData;
use crate::schema::object::Kind;

/// What the command line chooses. Empty: everything.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `-t`: the only tables, views, materialized views and foreign tables that stay.
    pub tables: Vec<NamePattern>,
    /// `-T`: those that go.
    pub exclude_tables: Vec<NamePattern>,
    /// `-n`: the only schemas whose objects stay.
    pub schemas: Vec<NamePattern>,
    /// `-N`: those whose objects go.
    pub exclude_schemas: Vec<NamePattern>,
    /// `--exclude-table-data`: tables that stay without their rows.
    pub exclude_data: Vec<NamePattern>,
    /// `-e`: the only extensions that stay.
    pub extensions: Vec<NamePattern>,
    /// `--exclude-extension`.
    pub exclude_extensions: Vec<NamePattern>,
    /// Which sections pass; empty: all.
    pub sections: BTreeSet<Section>,
    /// What is left out of every object.
    pub without: BTreeSet<Without>,
    /// `--no-foreign-keys`.
    pub no_foreign_keys: bool,
    /// `-B`: what becomes of large objects, apart from the rest: they hang on nothing.
    pub large_objects: Option<LargeObjectData>,
    /// `--no-role-passwords`.
    pub no_role_passwords: bool,
    /// `-C` of an archive: the database is made, whatever sections pass, as its script goes there (`_tocEntryRequired` in
    /// src/bin/pg_dump/pg_backup_archiver.c).
    pub create: bool,
    /// `--no-strict-names`: a pattern that matches nothing is no error.
    pub lenient: bool,
}

/// A section of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What comes before the data.
    PreData,
    /// Rows, large objects, the values of sequences.
    Data,
    /// Indexes, constraints, triggers, rules.
    PostData,
}

/// What is left out of every object, and the flag that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Without {
    /// `--no-comments`.
    Comments,
    /// `-O`, `--no-owner`.
    Owners,
    /// `-x`, `--no-privileges`.
    Privileges,
    /// `--no-publications`.
    Publications,
    /// `--no-security-labels`.
    SecurityLabels,
    /// `--no-subscriptions`.
    Subscriptions,
    /// `--no-table-access-method`.
    TableAccessMethods,
    /// `--no-tablespaces`.
    Tablespaces,
}

impl Choice {
    /// Whether nothing is chosen among objects that plans are made for.
    pub fn is_empty(&self) -> bool {
        let Choice {
            tables,
            exclude_tables,
            schemas,
            exclude_schemas,
            exclude_data,
            extensions,
            exclude_extensions,
            sections,
            without,
            no_foreign_keys,
            large_objects: _,
            no_role_passwords: _,
            create: _,
            lenient: _,
        } = self;
        let patterns = [tables, exclude_tables, schemas, exclude_schemas, exclude_data, extensions, exclude_extensions];
        patterns.iter().all(|patterns| patterns.is_empty()) && sections.is_empty() && without.is_empty() && !no_foreign_keys
    }

    /// What is chosen in a database; `None` is one whose name is not known.
    pub fn within(&self, database: Option<&Name>) -> Choice {
        let within = |patterns: &[NamePattern]| patterns.iter().map(|pattern| pattern.within(database)).collect();
        Choice {
            tables: within(&self.tables),
            exclude_tables: within(&self.exclude_tables),
            schemas: within(&self.schemas),
            exclude_schemas: within(&self.exclude_schemas),
            exclude_data: within(&self.exclude_data),
            ..self.clone()
        }
    }

    /// Whether a pattern names a database.
    pub fn names_databases(&self) -> bool {
        self.strict().any(|(_, _, pattern)| pattern.names_database())
    }

    /// Whether a section passes.
    pub fn has(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }

    /// Whether a kind of object goes as a whole, and the flag that says so.
    pub(super) fn leaves_out(&self, kind: Kind) -> Option<&'static str> {
        match kind {
            Kind::Publication => self.without.contains(&Without::Publications).then_some("--no-publications"),
            Kind::Subscription => self.without.contains(&Without::Subscriptions).then_some("--no-subscriptions"),
            Kind::ForeignKey => self.no_foreign_keys.then_some("--no-foreign-keys"),
            _ => None,
        }
    }

    /// The patterns that must match something, each with its flag and whether they are of schemas or extensions.
    pub(super) fn strict(&self) -> impl Iterator<Item = (&'static str, Among, &NamePattern)> {
        let flags = [
            ("-t", Among::Relation, &self.tables),
            ("-T", Among::Relation, &self.exclude_tables),
            ("--exclude-table-data", Among::Relation, &self.exclude_data),
            ("-n", Among::Schema, &self.schemas),
            ("-N", Among::Schema, &self.exclude_schemas),
            ("-e", Among::Extension, &self.extensions),
            ("--exclude-extension", Among::Extension, &self.exclude_extensions),
        ];
        flags.into_iter().flat_map(|(flag, target, patterns)| patterns.iter().map(move |pattern| (flag, target, pattern)))
    }
}

/// What a pattern is looked for among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    Relation,
    Schema,
    Extension,
}

impl Among {
    pub(super) fn word(self) -> &'static str {
        match self {
            Among::Relation => "table, view or sequence",
            Among::Schema => "schema",
            Among::Extension => "extension",
        }
    }
}
