//! The flags about the target → what is done for it. Flags that cannot be together are told here, by name.

use clap::{Args, ValueEnum};

use super::choose::patterns;
use crate::archive::script::Style;
use crate::error::{Error, Result};
use crate::name::NamePattern;
use crate::target::{Meta, Renaming, Reset, Target};

/// What is done for the place where the output goes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Empty the target first: owned, objects, schema, truncate
    ///
    /// In the load's own transaction, before the first object comes. `objects`: drops all that stands in the schemas of
    /// the dump; `owned`: what the current user owns of it; `schema`: drops these schemas and makes them anew;
    /// `truncate`: for dumps of data only, empties the tables that the dump fills, in one TRUNCATE. Members of extensions
    /// are spared. What others need (a view in another schema, a foreign key) is never dropped along: the server names it
    /// and stops. docs/target.md says more.
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
    pub reset: Option<ResetTo>,

    /// Spare these tables and other objects from --reset
    ///
    /// A pattern as pg_dump's -t takes it: `answers`, `crm.*`, `"Mixed Case"`. May be given several times. What belongs to
    /// a table that is kept (its sequences, indexes, partitions) is kept too. Leave it out of the stream as well.
    #[arg(long, value_name = "PATTERN", hide_short_help = true)]
    pub keep_in_target: Vec<String>,

    /// Bring BEGIN and COMMIT, for tools that have no -1
    ///
    /// All or nothing, as with `psql -1`. Not for dumps made with --create.
    #[arg(short = '1', long)]
    pub single_transaction: bool,

    /// What becomes of psql's commands: keep, strip, rewrite
    ///
    /// `strip` leaves out `\restrict` and `\unrestrict`, for tools that are not psql, or a psql that does not know them; a
    /// `\connect` is refused. `rewrite` gives `\restrict` a fresh random key, and has `\connect` name the database and
    /// nothing else.
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true, hide_short_help = true)]
    pub psql_meta: Option<PsqlMeta>,

    /// Write a script that any driver runs as one string
    ///
    /// No SET, no comment, no backslash command, rows as INSERT; nothing stays behind in the session. Sent in one piece, it
    /// is one transaction.
    #[arg(long, hide_short_help = true)]
    pub for_driver: bool,

    /// Give the database of a --create dump another name
    ///
    /// In every place: CREATE, ALTER and DROP DATABASE, comments, grants, settings of roles, `\connect`. A name in double
    /// quotes may hold `=`. May be given several times.
    #[arg(long, value_name = "OLD=NEW", hide_short_help = true)]
    pub rename_database: Vec<String>,

    /// SET ROLE before anything else, as pg_dump --role does
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub role: Option<String>,

    /// Create schemas and text search objects only where there are none
    ///
    /// `CREATE SCHEMA IF NOT EXISTS`; around text search configurations, their mappings and dictionaries, which have no such
    /// form, a test of the catalogue. What is there stays as it is. (CREATE EXTENSION has it from pg_dump.)
    #[arg(long, hide_short_help = true)]
    pub if_not_exists: bool,

    /// Of an archive: drop first what the script creates, as pg_restore --clean does
    ///
    /// A plain script does not say how to drop what it creates; there `--reset` empties the target, or pg_dump --clean has
    /// written it so.
    #[arg(short, long, hide_short_help = true, conflicts_with = "data_only")]
    pub clean: bool,

    /// With -c: drop only what is there
    #[arg(long, hide_short_help = true)]
    pub if_exists: bool,

    /// Of an archive: create the database and connect to it, as pg_restore --create does
    ///
    /// `--rename-database` gives it another name. A plain script creates its database only where pg_dump --create wrote it so.
    #[arg(short = 'C', long, hide_short_help = true)]
    pub create: bool,
}

/// How the target is emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResetTo {
    /// What the current user owns.
    Owned,
    /// All objects of the dump's schemas.
    Objects,
    /// The schemas themselves.
    Schema,
    /// The rows of the tables in the stream.
    Truncate,
}

/// What becomes of psql's backslash commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PsqlMeta {
    /// They stay.
    Keep,
    /// They go.
    Strip,
    /// They are written anew.
    Rewrite,
}

/// Reads the flags of the heading "Target".
///
/// # Errors
/// A value that is none, flags that contradict each other, flags that a plain script cannot follow.
pub fn read(typed: &TargetArgs) -> Result<Target> {
    style(typed)?;
    let reset = typed.reset.map(|reset| match reset {
        ResetTo::Owned => Reset::Owned,
        ResetTo::Objects => Reset::Objects,
        ResetTo::Schema => Reset::Schema,
        ResetTo::Truncate => Reset::Truncate,
    });
    if !typed.keep_in_target.is_empty() && !matches!(reset, Some(Reset::Owned | Reset::Objects)) {
        return refuse("--keep-in-target spares what --reset=owned or --reset=objects would drop; give one of them too");
    }
    let meta = match (typed.for_driver, typed.psql_meta) {
        (true, Some(PsqlMeta::Keep | PsqlMeta::Rewrite)) => {
            return refuse("--for-driver leaves psql's commands out, expected --psql-meta=strip or none");
        }
        (true, _) | (false, Some(PsqlMeta::Strip)) => Meta::Strip,
        (false, Some(PsqlMeta::Rewrite)) => Meta::Rewrite,
        (false, Some(PsqlMeta::Keep) | None) => Meta::Keep,
    };
    if typed.for_driver && typed.role.is_some() {
        return refuse("--for-driver leaves no SET in the script, and --role is one; connect as that role");
    }
    if typed.role.as_deref() == Some("") {
        return refuse("--role is empty, expected the name of a role");
    }
    Ok(Target {
        reset,
        keep: patterns("--keep-in-target", &typed.keep_in_target, NamePattern::relation)?,
        single_transaction: typed.single_transaction,
        meta,
        renamed: typed.rename_database.iter().map(|written| Renaming::read(written)).collect::<Result<_>>()?,
        driver: typed.for_driver,
        role: typed.role.clone(),
        if_not_exists: typed.if_not_exists,
    })
}

/// What of pg_restore's flags goes into the script of an archive.
///
/// # Errors
/// Flags that contradict each other.
pub fn style(typed: &TargetArgs) -> Result<Style> {
    if typed.if_exists && !typed.clean {
        return refuse("--if-exists says how --clean drops; give -c too");
    }
    if typed.create && typed.single_transaction {
        return refuse("-C: CREATE DATABASE cannot stand in a transaction, and -1 makes the script one; leave out one of the two");
    }
    if typed.clean && typed.reset.is_some() {
        return refuse("-c drops what the dump creates, and --reset what stands in the target; give one of the two");
    }
    Ok(Style { create: typed.create, clean: typed.clean, if_exists: typed.if_exists })
}

/// Refuses flags that only the script of an archive can follow: pg_restore makes a script from a list of objects and can
/// choose; in a plain script pg_dump has chosen.
///
/// # Errors
/// The first such flag.
pub fn refuse_archive_flags(typed: &TargetArgs) -> Result<()> {
    if typed.clean {
        let dump = if typed.if_exists { "--clean --if-exists" } else { "--clean" };
        return refuse(&format!(
            "-c/--clean: a plain script does not say how to drop what it creates; --reset=objects empties the target first, or dump with pg_dump {dump}",
        ));
    }
    if typed.create {
        return refuse(
            "-C/--create: a plain script creates its database only if pg_dump wrote it so; dump with pg_dump --create (--rename-database gives it another name)",
        );
    }
    Ok(())
}

fn refuse<T>(why: &str) -> Result<T> {
    Err(Error::Usage(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::args::{Cli, Command};

    fn target(line: &[&str]) -> Result<Target> {
        let cli = Cli::try_parse_from(["pgveil", "filter"].iter().chain(line)).expect("parses");
        let Command::Filter(args) = cli.command else { panic!("another command") };
        read(&args.target)
    }

    #[test]
    fn nothing_typed_is_nothing_done() {
        assert!(target(&[]).expect("fits").is_idle());
        assert!(target(&["--psql-meta=keep"]).expect("fits").is_idle());
    }

    #[test]
    fn flags_that_fit() {
        let all =
            target(&["--reset=objects", "--keep-in-target", "answers", "--keep-in-target=crm.*", "-1", "--psql-meta=strip"]).expect("fits");
        assert!(all.reset == Some(Reset::Objects) && all.keep.len() == 2 && all.single_transaction && all.meta == Meta::Strip);
        let driver = target(&["--for-driver"]).expect("fits");
        assert!(driver.driver && driver.meta == Meta::Strip && !driver.is_idle());
        let renamed = target(&["--rename-database", "a=b", "--rename-database", "c=d", "--role", "x", "--if-not-exists"]).expect("fits");
        assert!(renamed.renamed.len() == 2 && renamed.role.as_deref() == Some("x") && renamed.if_not_exists);
    }

    #[test]
    fn flags_that_do_not() {
        for (line, said) in [
            (&["--keep-in-target=a"][..], "give one of them too"),
            (&["--keep-in-target=a", "--reset=truncate"], "give one of them too"),
            (&["--keep-in-target=\"a", "--reset=owned"], "opens a quote that does not end"),
            (&["--for-driver", "--psql-meta=keep"], "expected --psql-meta=strip or none"),
            (&["--for-driver", "--role=x"], "connect as that role"),
            (&["--role="], "expected the name of a role"),
            (&["--rename-database=a"], "expected OLD=NEW"),
            (&["--if-exists"], "give -c too"),
            (&["-C", "-1"], "leave out one of the two"),
            (&["-c", "--reset=objects"], "give one of the two"),
        ] {
            let error = target(line).expect_err("refused");
            assert!(matches!(error, Error::Usage(_)) && error.to_string().contains(said), "{line:?}: {error}");
        }
    }
}
