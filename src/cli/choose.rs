//! The flags that choose among a dump's objects. They have the names and the patterns of pg_dump and pg_restore.

use clap::{Args, ValueEnum};

use crate::error::{Error, Result};
use crate::name::NamePattern;
use crate::plan::Choice;
use crate::plan::objects::{Section, Without};
use crate::rules::LargeObjectData;

/// Which objects pass.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct Choose {
    /// Only these tables and views, with all that belongs to them
    ///
    /// Sequences, types, functions and extensions stay, since tables need them. A pattern as psql has them: `users`,
    /// `crm.*`, `"Mixed Case"`; with the database before it, as in `shop.public.users`, it means that one of a script with
    /// several. May be given several times.
    #[arg(short = 't', long = "table", value_name = "PATTERN")]
    pub tables: Vec<String>,

    /// Not these tables and views, nor what hangs on them
    ///
    /// With them go their sequences, indexes, keys, triggers, policies, comments and grants, the foreign keys that point
    /// at them, their partitions, and the views that read them. The summary and the report name what went, and why.
    #[arg(short = 'T', long = "exclude-table", value_name = "PATTERN")]
    pub exclude_tables: Vec<String>,

    /// Only the objects of these schemas
    #[arg(short = 'n', long = "schema", value_name = "PATTERN", hide_short_help = true)]
    pub schemas: Vec<String>,

    /// Not the objects of these schemas
    #[arg(short = 'N', long = "exclude-schema", value_name = "PATTERN", hide_short_help = true)]
    pub exclude_schemas: Vec<String>,

    /// These tables without their rows
    #[arg(long = "exclude-table-data", value_name = "PATTERN")]
    pub exclude_data: Vec<String>,

    /// Only these extensions
    #[arg(short = 'e', long = "extension", value_name = "PATTERN", hide_short_help = true)]
    pub extensions: Vec<String>,

    /// Not these extensions
    ///
    /// What uses their types and functions stays.
    #[arg(long = "exclude-extension", value_name = "PATTERN", hide_short_help = true)]
    pub exclude_extensions: Vec<String>,

    /// The definitions, without any data
    #[arg(short = 's', long, conflicts_with_all = ["data_only", "section"])]
    pub schema_only: bool,

    /// The data, without any definition
    #[arg(short = 'a', long, conflicts_with = "section")]
    pub data_only: bool,

    /// Only this section of the dump
    ///
    /// May be given several times. `post-data` holds indexes, constraints other than CHECK, triggers, rules, policies,
    /// publications and event triggers.
    #[arg(long, value_name = "SECTION", value_enum, hide_short_help = true)]
    pub section: Vec<SectionName>,

    /// Leave out who owns what
    #[arg(short = 'O', long)]
    pub no_owner: bool,

    /// Leave out GRANT and REVOKE
    #[arg(short = 'x', long, visible_alias = "no-acl")]
    pub no_privileges: bool,

    /// Leave out comments
    #[arg(long, hide_short_help = true)]
    pub no_comments: bool,

    /// Leave out foreign keys
    #[arg(long)]
    pub no_foreign_keys: bool,

    /// Leave out large objects
    ///
    /// With their owners, comments and privileges. `[large_objects]` in the rules can also keep them without their
    /// contents.
    #[arg(short = 'B', long, hide_short_help = true, visible_alias = "no-blobs")]
    pub no_large_objects: bool,

    /// Leave out the passwords of roles
    ///
    /// pg_dumpall writes their hashes. The roles stay, and cannot log in with a password before they get one.
    #[arg(long, hide_short_help = true)]
    pub no_role_passwords: bool,

    /// Leave out publications
    #[arg(long, hide_short_help = true)]
    pub no_publications: bool,

    /// Leave out security labels
    #[arg(long, hide_short_help = true)]
    pub no_security_labels: bool,

    /// Leave out subscriptions
    #[arg(long, hide_short_help = true)]
    pub no_subscriptions: bool,

    /// Leave out table access methods
    #[arg(long, hide_short_help = true)]
    pub no_table_access_method: bool,

    /// Leave out tablespaces
    #[arg(long, hide_short_help = true)]
    pub no_tablespaces: bool,

    /// Accept patterns that match nothing
    #[arg(long, hide_short_help = true)]
    pub no_strict_names: bool,
}

/// A section, as `--section` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SectionName {
    /// What comes before the data.
    PreData,
    /// The data.
    Data,
    /// What comes after the data.
    PostData,
}

impl Choose {
    /// What was chosen.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn choice(&self) -> Result<Choice> {
        let relations = |flag: &str, texts: &[String]| patterns(flag, texts, NamePattern::relation);
        let schemas = |flag: &str, texts: &[String]| patterns(flag, texts, NamePattern::schema);
        let names = |flag: &str, texts: &[String]| patterns(flag, texts, NamePattern::bare);
        let mut sections: std::collections::BTreeSet<Section> = self.section.iter().map(|name| (*name).into()).collect();
        if self.schema_only {
            sections.extend([Section::PreData, Section::PostData]);
        }
        if self.data_only {
            sections.insert(Section::Data);
        }
        let without = [
            (self.no_comments, Without::Comments),
            (self.no_owner, Without::Owners),
            (self.no_privileges, Without::Privileges),
            (self.no_publications, Without::Publications),
            (self.no_security_labels, Without::SecurityLabels),
            (self.no_subscriptions, Without::Subscriptions),
            (self.no_table_access_method, Without::TableAccessMethods),
            (self.no_tablespaces, Without::Tablespaces),
        ];
        Ok(Choice {
            tables: relations("-t", &self.tables)?,
            exclude_tables: relations("-T", &self.exclude_tables)?,
            schemas: schemas("-n", &self.schemas)?,
            exclude_schemas: schemas("-N", &self.exclude_schemas)?,
            exclude_data: relations("--exclude-table-data", &self.exclude_data)?,
            extensions: names("-e", &self.extensions)?,
            exclude_extensions: names("--exclude-extension", &self.exclude_extensions)?,
            sections,
            without: without.into_iter().filter(|(chosen, _)| *chosen).map(|(_, without)| without).collect(),
            no_foreign_keys: self.no_foreign_keys,
            large_objects: self.no_large_objects.then_some(LargeObjectData::Drop),
            no_role_passwords: self.no_role_passwords,
            create: false,
            lenient: self.no_strict_names,
        })
    }
}

impl From<SectionName> for Section {
    fn from(name: SectionName) -> Section {
        match name {
            SectionName::PreData => Section::PreData,
            SectionName::Data => Section::Data,
            SectionName::PostData => Section::PostData,
        }
    }
}

/// Patterns as a flag has them.
pub(super) fn patterns(flag: &str, texts: &[String], read: fn(&str) -> Result<NamePattern, String>) -> Result<Vec<NamePattern>> {
    texts.iter().map(|text| read(text).map_err(|message| Error::Usage(format!("{flag}: {message}")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_a_choice() {
        let choose = Choose {
            tables: vec!["a".into(), "crm.*".into()],
            schema_only: true,
            no_owner: true,
            no_foreign_keys: true,
            ..Choose::default()
        };
        let choice = choose.choice().expect("a choice");
        assert_eq!(choice.tables.len(), 2);
        assert!(choice.has(Section::PreData) && !choice.has(Section::Data) && choice.has(Section::PostData));
        assert!(choice.without.contains(&Without::Owners) && choice.no_foreign_keys && !choice.is_empty());
        assert!(Choose::default().choice().expect("a choice").is_empty());
    }

    #[test]
    fn a_pattern_that_is_none_names_its_flag() {
        let choose = Choose { exclude_tables: vec!["a.b.c.d".into()], ..Choose::default() };
        let message = choose.choice().expect_err("four parts").to_string();
        assert_eq!(message, "-T: \"a.b.c.d\" has 4 parts, expected a table, schema.table or database.schema.table");
    }
}
