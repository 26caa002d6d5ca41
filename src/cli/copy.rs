//! The flags of bare COPY streams → what the stream is.

use clap::Args;

use super::args::Filter;
use crate::dump::copy::Stream;
use crate::dump::copy::options::Options;
use crate::error::{Error, Result};
use crate::plan::Planner;

/// Flags that speak of objects, of the target, of archives or scripts: rows alone have none of it.
const NOT_WITH: [&str; 45] = [
    "tables",
    "exclude_tables",
    "schemas",
    "exclude_schemas",
    "exclude_data",
    "extensions",
    "exclude_extensions",
    "schema_only",
    "data_only",
    "section",
    "no_owner",
    "no_privileges",
    "no_comments",
    "no_foreign_keys",
    "no_publications",
    "no_security_labels",
    "no_subscriptions",
    "no_table_access_method",
    "no_tablespaces",
    "no_strict_names",
    "reset",
    "keep_in_target",
    "single_transaction",
    "psql_meta",
    "for_driver",
    "rename_database",
    "role",
    "if_not_exists",
    "clean",
    "if_exists",
    "create",
    "format",
    "compress",
    "inserts",
    "column_inserts",
    "rows_per_insert",
    "on_conflict_do_nothing",
    "member",
    "no_trailer",
    "spool_dir",
    "no_spool",
    "no_large_objects",
    "no_role_passwords",
    "expect_database",
    "max_age",
];

/// What is no dump, but the rows of one table.
#[derive(Clone, Debug, Default, Args)]
pub struct CopyArgs {
    /// The input is rows of this table, as psql's \copy writes them
    ///
    /// Rows in, rows out, for those who copy a table's new rows by `\copy (select …) to stdout`. The columns are those of
    /// the stream, in its order; without a list, all of the table but generated ones. Names are as in SQL:
    /// `"Mixed Case"(id, "createdAt")`. With rules it needs --schema-file, since rows say neither names nor types. A COPY
    /// stream has no end of its own: one that is cut between two rows can't be told from a whole one, so run the shell
    /// with pipefail.
    #[arg(long, value_name = "TABLE(COLUMNS)", help_heading = "Rules", hide_short_help = true)]
    #[arg(conflicts_with_all = NOT_WITH)]
    pub copy: Option<String>,

    /// In which form its rows are, in COPY's own words [default: FORMAT text]
    ///
    /// `FORMAT csv, HEADER, DELIMITER ';', NULL 'x'`, also QUOTE, ESCAPE and ENCODING; or in the old form, `csv header`.
    /// The output has the same. A header line must name the columns. ENCODING is the client_encoding of the psql that
    /// writes; otherwise it is that of the schema file.
    #[arg(long, value_name = "OPTIONS", requires = "copy", help_heading = "Rules", hide_short_help = true)]
    pub copy_options: Option<String>,
}

/// What the input is, where it is rows alone.
///
/// # Errors
/// A table that is none, options that COPY has not.
pub fn read(args: &CopyArgs) -> Result<Option<Stream>> {
    let Some(table) = &args.copy else { return Ok(None) };
    let options = Options::parse(args.copy_options.as_deref().unwrap_or_default());
    let options = options.map_err(|mistake| Error::Usage(format!("--copy-options: {mistake}")))?;
    match Stream::parse(table, options) {
        Some(stream) => Ok(Some(stream)),
        None => Err(Error::Usage(format!(
            "--copy {table} is no table with its columns, expected for example: --copy 'answers(id, \"createdAt\")'; names that are not all lower case stand in double quotes"
        ))),
    }
}

/// Refuses what a stream of rows cannot follow.
///
/// # Errors
/// Rules without the schema, rules that choose a subset.
pub fn check(args: &Filter, planner: &Planner) -> Result<()> {
    if planner.wants_subset() {
        return Err(Error::Usage("the rules choose a subset, which is of a whole dump; take [subset] out of the rules for --copy".into()));
    }
    if !planner.is_idle() && args.schema_file.is_none() {
        return Err(Error::Usage(
            "--copy with rules needs --schema-file: rows say neither the types nor the keys that masks must respect; pg_dump --schema-only writes it"
                .into(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flags that mean with rows what they mean with a dump.
    const WITH: [&str; 15] = [
        "input",
        "rules",
        "secret_file",
        "schema_file",
        "copy",
        "copy_options",
        "file",
        "also",
        "dry_run",
        "report",
        "jobs",
        "max_row",
        "progress",
        "quiet",
        "verbose",
    ];

    #[test]
    fn every_flag_goes_with_rows_or_is_refused() {
        let command = Filter::augment_args(clap::Command::new("filter"));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            assert!(NOT_WITH.contains(&id) != WITH.contains(&id), "{id} must stand in one of both lists");
        }
        for id in NOT_WITH.iter().chain(&WITH) {
            assert!(command.get_arguments().any(|argument| argument.get_id() == id), "{id} is no flag");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let read = |copy: &str, options: &str| {
            read(&CopyArgs { copy: Some(copy.into()), copy_options: Some(options.into()) }).map_err(|error| error.to_string())
        };
        assert!(read("t(a)", "csv").expect("reads").is_some());
        assert!(read("t(", "").expect_err("no table").starts_with("--copy t( is no table with its columns"));
        assert!(read("t", "FREEZE").expect_err("no option").starts_with("--copy-options: found FREEZE, expected"));
    }
}
