//! The command line: exactly what was typed. It opens nothing and decides nothing.
//!
//! Help, man page and completions are made of what stands here. Flags that pg_dump and pg_restore have too keep their
//! names and letters.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::choose::Choose;
use super::copy::CopyArgs;
use super::exit;
use super::target::TargetArgs;
use crate::pipeline::expect::duration;

/// Masks personal data in what pg_dump writes
///
/// pgveil reads a dump, rewrites personal data by rule, leaves out what nobody needs, and writes a dump that restores. No
/// database is needed on either side, and nothing touches the disk on the way but a pipe that must be read more than once (for a
/// subset, or to become an archive) and a tar archive on a pipe, which it says.
#[derive(Debug, Parser)]
#[command(name = "pgveil", version, max_term_width = 100, after_help = EXAMPLES, after_long_help = after_long_help(EXAMPLES))]
#[command(arg_required_else_help = true, infer_long_args = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pg_dump app | pgveil filter -r rules.toml | psql -1 -v ON_ERROR_STOP=1 staging
  pgveil filter -r rules.toml -f masked.sql app.sql.gz
  pgveil masks email";

const FILTER_EXAMPLES: &str = "\
Examples:
  pg_dump app | pgveil filter -r rules.toml | psql -1 -v ON_ERROR_STOP=1 staging
  pgveil filter -r preset:gdpr-fr -r rules.toml -f masked.sql app.sql.zst
  pgveil filter -r rules.toml --dry-run -v app.sql";

const FILTER_NOTES: &str = "\
The secret:
  Pseudonyms are made from a secret: the same secret gives the same pseudonyms,
  on every machine. It comes from the environment variable PGVEIL_SECRET or from
  --secret-file; `openssl rand -hex 32` makes one. Without one, a secret is drawn
  at random, and the next run gives other pseudonyms.

A run that fails:
  The output ends in statements that psql refuses, so that `psql -1` rolls back.
  A file given by -f appears under its name only when it is whole.";

const REVEAL_EXAMPLES: &str = "\
Examples:
  pgveil reveal --secret-file secret 'mask = \"fpe\", domain = \"licence\"' < pseudonyms
  echo 8d1f7c3a-52e9-4b6b-9a41-0c93ee2f1b56 | pgveil reveal uuid
  pgveil reveal -r rules.toml --type integer users.badge < pseudonyms";

const REVEAL_NOTES: &str = "\
Lines:
  A line is a value as it is, not escaped as in COPY. An empty line and \\N stay.
  A line that the mask never makes gives an empty line; the first one is told at
  the end, and the status is 3. The wrong secret or domain cannot be told from the
  right one: it gives other values.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  pg_dump app | pgveil filter -r rules.toml --report report.json | psql -1 staging
  pgveil verify --report report.json --to postgresql://zoe@db.example/staging
  pgveil verify --report report.json --to staging --table 'crm.*' -v";

const VERIFY_NOTES: &str = "\
The password:
  It comes from PGPASSWORD or ~/.pgpass; one in the URL works too, but others on
  the machine can see it. No message holds it.

What is compared:
  The rows of a table in any order, with the columns that the dump names. A table
  whose rows were left out must be there and empty. A table with more rows was
  not empty before, or has been written to since: it differs.";

fn after_long_help(head: &str) -> String {
    format!("{head}\n\n{}", exit::HELP)
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Filter a dump: dump in, masked dump out
    ///
    /// Reads a plain dump or an archive (also packed with gzip, zstd, lz4, bzip2 or xz, also in a tar file), masks what
    /// the rules name, and writes a script, or with -F an archive. What no rule names passes byte for byte; an archive
    /// that becomes a script comes out as pg_restore prints it.
    Filter(Box<Filter>),
    /// List the masks, or show one with all its options
    Masks(Masks),
    /// Turn pseudonyms back into what they were made from, with the secret
    ///
    /// Reads pseudonyms from standard input, one a line, and writes what each was made from, one a line. It works for
    /// masks that encrypt or permute (fpe, permute, token, uuid), and takes the secret and the rule that made them.
    Reveal(Reveal),
    /// Compare a database with what was written, by the report
    ///
    /// Counts the rows of each table that `pgveil filter --report` wrote and compares their checksum, in one read-only
    /// transaction. A line for each table that differs, and a summary; status 4 where something is missing or different.
    Verify(Box<Verify>),
    /// List the rules files that ship with pgveil, or print one
    Presets(Presets),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print a man page in roff
    Man(Man),
}

/// `pgveil filter`
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("insert").args(["inserts", "column_inserts", "rows_per_insert"]).multiple(true))]
#[command(after_help = FILTER_EXAMPLES, after_long_help = after_long_help(&format!("{FILTER_EXAMPLES}\n\n{FILTER_NOTES}")))]
pub struct Filter {
    /// The dump: a file, a directory archive, or - for standard input (the default)
    ///
    /// It is recognised by its first bytes, never by its name: a script, or a custom, directory or tar archive, which is
    /// read as the script that pg_restore makes of it. A file is read twice, first for its schema, so that mistakes are
    /// found before anything is written.
    #[arg(value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub input: Option<PathBuf>,

    /// Which member of a tar file is the dump, where it holds several
    #[arg(long, value_name = "NAME")]
    pub member: Option<String>,

    /// Refuse a dump that is of another database
    ///
    /// Before anything is written, with status 4; also one that does not say which database it is of. An archive says it, a
    /// script where pg_dump --create wrote it.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub expect_database: Option<String>,

    /// Refuse a dump that was begun longer ago: 90min, 26h, 7d
    ///
    /// Before anything is written, with status 4; also one that does not say when. An archive says it, in the local time of
    /// its machine, which is taken for that of this one; a script where pg_dump --verbose wrote it.
    #[arg(long, value_name = "DURATION", value_parser = duration, hide_short_help = true)]
    pub max_age: Option<Duration>,

    /// The rules: a file, or preset:NAME; the later wins
    ///
    /// May be given several times. `pgveil presets` lists the presets. Without rules the dump passes as it is.
    #[arg(short, long, value_name = "RULES", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub rules: Vec<String>,

    /// The secret that pseudonyms come from [default: $PGVEIL_SECRET]
    ///
    /// The file's bytes, without a line end at their end; 16 at least. With neither, a secret is drawn at random.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub secret_file: Option<PathBuf>,

    /// The schema, as pg_dump --schema-only writes it
    ///
    /// For dumps of data only, and for pipes: with it, rules and keys are checked before anything is written.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Rules")]
    pub schema_file: Option<PathBuf>,

    /// What the input is, where it is rows alone.
    #[command(flatten)]
    pub copy: CopyArgs,

    /// Which objects pass.
    #[command(flatten)]
    pub choose: Choose,

    /// Where the output goes [default: standard output]
    ///
    /// A file is written beside its name and takes it when it is whole, whatever was there; a run that fails leaves none. `-`
    /// is standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub file: Option<PathBuf>,

    /// Write a second output of the same read, under other rules
    ///
    /// `externe.toml=externe.sql`: the rules (a file, or preset:NAME) in the place of all -r, and where it goes. All other
    /// flags hold for it too. May be given several times. A pipe is read once, a file by each for itself. All succeed, or
    /// none: no file takes its name before all are whole.
    #[arg(long, value_name = "RULES=FILE", help_heading = "Output", hide_short_help = true)]
    pub also: Vec<String>,

    /// What is written: plain, custom, directory, tar or same [default: plain]
    ///
    /// By their letters too: p, c, d, t. `same` is what the input is; plain is a script, for psql. A directory needs -f, and
    /// must not exist or be empty. Into a pipe, tables of a tar wait in a file without a name (--spool-dir) if they are large.
    /// A script becomes an archive too: it is then read three times, and a pipe is kept on disk. Tables of an archive that
    /// nothing changes are copied as they are packed.
    #[arg(short = 'F', long, value_name = "FORMAT", value_enum, ignore_case = true, hide_possible_values = true, help_heading = "Output")]
    pub format: Option<OutputFormat>,

    /// How an archive is packed: none, gzip, lz4 or zstd, with a level [default: as the input; of a script gzip]
    ///
    /// As pg_dump has it: `zstd:9`, `gzip:level=6`, `zstd:level=3,long`, or a level of gzip alone. lz4 and zstd need an
    /// archive of PostgreSQL 16 or later.
    #[arg(short = 'Z', long, value_name = "METHOD[:LEVEL]", help_heading = "Output")]
    pub compress: Option<String>,

    /// Write rows as INSERT instead of COPY
    ///
    /// As pg_dump would have written them; their columns' types are those of the dump's CREATE TABLE statements, or of
    /// --schema-file. Much slower to restore. Rows that come as INSERT stay as they are.
    #[arg(long, help_heading = "Output")]
    pub inserts: bool,

    /// The same, each INSERT with the names of its columns
    #[arg(long, hide_short_help = true, visible_alias = "attribute-inserts", help_heading = "Output")]
    pub column_inserts: bool,

    /// The same, with so many rows in an INSERT
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = rows, help_heading = "Output")]
    pub rows_per_insert: Option<NonZeroU32>,

    /// Add ON CONFLICT DO NOTHING to each INSERT
    ///
    /// With --inserts, --column-inserts or --rows-per-insert.
    #[arg(long, hide_short_help = true, requires = "insert", help_heading = "Output")]
    pub on_conflict_do_nothing: bool,

    /// Read and check all, write nothing
    #[arg(long, help_heading = "Output")]
    pub dry_run: bool,

    /// Write what was done as JSON
    ///
    /// Tables, rows, masked columns, remarks; docs/report.md describes it. It holds no value of the dump.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub report: Option<PathBuf>,

    /// What is done for the place where the output goes.
    #[command(flatten)]
    pub target: TargetArgs,

    /// How many threads rewrite rows [default: all cores]
    #[arg(short, long, value_name = "N", value_parser = jobs, help_heading = "Limits")]
    pub jobs: Option<NonZeroUsize>,

    /// The longest row or statement
    ///
    /// In bytes, or as 64MB (millions) or 1GiB (powers of 1024). PostgreSQL's own limit of a row is 1 GiB.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size, help_heading = "Limits")]
    pub max_row: usize,

    /// Accept a script whose last comment was removed by hand
    ///
    /// pg_dump ends a script with `-- PostgreSQL database dump complete`. Without that line a script may be cut, and is
    /// refused.
    #[arg(long, hide_short_help = true, help_heading = "Limits")]
    pub no_trailer: bool,

    /// Where a pipe is kept that must be read again [default: $TMPDIR, else /tmp]
    ///
    /// For `[subset]`, and for a script that becomes an archive. It goes into a file without a name, a script packed with zstd,
    /// which is gone when the run ends, however it ends. The large tables of a tar archive on a pipe wait there too.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Limits", conflicts_with = "no_spool", hide_short_help = true)]
    pub spool_dir: Option<PathBuf>,

    /// Refuse what would need room on the disk: a pipe to be read again, a tar archive on a pipe
    #[arg(long, help_heading = "Limits", hide_short_help = true)]
    pub no_spool: bool,

    /// Show how far the run is
    ///
    /// `auto` shows a bar on a terminal. `always` writes a line every 5 seconds where standard error is none.
    #[arg(
        long, value_name = "WHEN", value_enum, default_value_t = When::Auto, num_args = 0..=1, require_equals = true,
        default_missing_value = "always", help_heading = "Messages", hide_possible_values = true
    )]
    pub progress: When,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Messages")]
    pub quiet: bool,

    /// Name every table, the rule of each column, and every column without one
    #[arg(short, long, help_heading = "Messages")]
    pub verbose: bool,
}

impl Filter {
    /// What is written; a script where nothing is said.
    pub fn format(&self) -> OutputFormat {
        self.format.unwrap_or(OutputFormat::Plain)
    }
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A script.
    #[value(alias = "p")]
    Plain,
    /// A custom archive.
    #[value(alias = "c")]
    Custom,
    /// A directory archive.
    #[value(alias = "d")]
    Directory,
    /// A tar archive.
    #[value(alias = "t")]
    Tar,
    /// What the input is.
    Same,
}

/// When something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `pgveil masks`
#[derive(Debug, Args)]
pub struct Masks {
    /// The mask to show
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `pgveil verify`
#[derive(Clone, Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES, after_long_help = after_long_help(&format!("{VERIFY_EXAMPLES}\n\n{VERIFY_NOTES}")))]
pub struct Verify {
    /// What `pgveil filter --report` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,

    /// The database: postgresql://USER@HOST:PORT/DATABASE, "host=… dbname=…", or a name
    ///
    /// As libpq has it, with sslmode, sslrootcert, sslcert and sslkey. What it does not say comes from PGHOST, PGPORT,
    /// PGUSER, PGDATABASE, PGSSLMODE and their like.
    #[arg(long, value_name = "URL")]
    pub to: String,

    /// Only these tables
    ///
    /// A pattern as psql has them: `users`, `crm.*`, `"Mixed Case"`. May be given several times.
    #[arg(short = 't', long = "table", value_name = "PATTERN")]
    pub tables: Vec<String>,

    /// How many tables are compared at a time, each by its own connection [default: 1]
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,

    /// Count rows, and do not compare them
    #[arg(long)]
    pub counts_only: bool,

    /// Say nothing but what differs
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Name every table
    #[arg(short, long)]
    pub verbose: bool,
}

/// `pgveil reveal`
#[derive(Clone, Debug, Args)]
#[command(after_help = REVEAL_EXAMPLES, after_long_help = after_long_help(&format!("{REVEAL_EXAMPLES}\n\n{REVEAL_NOTES}")))]
pub struct Reveal {
    /// The mask's name, or its rule in TOML without the braces; with -r, the column: table.column or schema.table.column
    #[arg(value_name = "RULE|COLUMN")]
    pub rule: String,

    /// Take the rule of this column from rules files, as `pgveil filter` would
    ///
    /// May be given several times. Names stand as the rules file has them; a part that holds a dot stands in double quotes.
    #[arg(short, long, value_name = "RULES", value_hint = ValueHint::FilePath)]
    pub rules: Vec<String>,

    /// The secret that made the pseudonyms [default: $PGVEIL_SECRET]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub secret_file: Option<PathBuf>,

    /// The column's type in SQL
    ///
    /// It matters for numbers: permute makes other ones for integer than for bigint.
    #[arg(long = "type", value_name = "TYPE", default_value = "text")]
    pub column_type: String,
}

/// `pgveil presets`
#[derive(Debug, Args)]
pub struct Presets {
    /// The preset to print
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `pgveil completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `pgveil man`
#[derive(Debug, Args)]
pub struct Man {
    /// The command whose page is wanted [default: pgveil itself]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// The most threads that can be asked for.
const MAX_JOBS: usize = 1024;

fn rows(text: &str) -> Result<NonZeroU32, String> {
    let count = text.parse::<NonZeroU32>().ok().filter(|count| count.get() <= i32::MAX.unsigned_abs());
    count.ok_or_else(|| format!("expected a number from 1 to {}", i32::MAX))
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let count = text.parse::<NonZeroUsize>().ok().filter(|count| count.get() <= MAX_JOBS);
    count.ok_or_else(|| format!("expected a number from 1 to {MAX_JOBS}"))
}

/// The units of a size, and what they stand for.
const UNITS: &[(&str, u64)] =
    &[("", 1), ("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A size in bytes: `1048576`, `64MB`, `1 GiB`.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()));
    let bytes = unit.and_then(|(_, factor)| count.parse::<u64>().ok()?.checked_mul(*factor));
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "expected a size as 1048576, 64MB or 1GiB".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    fn filter(line: &str) -> Filter {
        match parse(line).expect(line).command {
            Command::Filter(filter) => *filter,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_argument_has_help() {
        let mut command = Cli::command();
        command.build();
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty() && !help.ends_with('.'), "{} {}: {help:?}", command.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn valid_lines() {
        let args = filter("pgveil filter");
        assert_eq!((args.input, args.max_row, args.progress, args.jobs), (None, 1 << 30, When::Auto, None));
        let args = filter("pgveil filter -r preset:a -r b.toml --rules c.toml -");
        assert_eq!(args.rules, ["preset:a", "b.toml", "c.toml"]);
        assert_eq!(args.input, Some(PathBuf::from("-")));
        let args = filter("pgveil filter -f out.sql -j4 -q --dry-run --no-trailer --report r.json --secret-file s --schema-file d in.sql");
        assert_eq!(args.jobs.map(NonZeroUsize::get), Some(4));
        assert!(args.quiet && args.dry_run && args.no_trailer);
        assert_eq!(args.file, Some(PathBuf::from("out.sql")));
        assert_eq!(args.input, Some(PathBuf::from("in.sql")));
        let args = filter("pgveil filter --inserts --attribute-inserts --rows-per-insert=2147483647 --on-conflict-do-nothing");
        assert!(args.inserts && args.column_inserts && args.on_conflict_do_nothing);
        assert_eq!(args.rows_per_insert.map(NonZeroU32::get), Some(2_147_483_647));
        assert!(filter("pgveil filter --rows-per-insert 1 --on-conflict-do-nothing").on_conflict_do_nothing);
        assert_eq!(filter("pgveil filter --progress in.sql").progress, When::Always);
        assert_eq!(filter("pgveil filter --progress=never in.sql").progress, When::Never);
        assert!(matches!(parse("pgveil masks email").expect("parses").command, Command::Masks(Masks { name: Some(_) })));
        assert!(matches!(
            parse("pgveil completions zsh").expect("parses").command,
            Command::Completions(Completions { shell: Shell::Zsh })
        ));
        let Command::Reveal(args) = parse("pgveil reveal -r a -r b --type integer users.badge").expect("parses").command else {
            panic!("another command")
        };
        assert_eq!((args.rule.as_str(), args.column_type.as_str(), args.rules.len()), ("users.badge", "integer", 2));
        assert!(matches!(parse("pgveil reveal uuid").expect("parses").command, Command::Reveal(Reveal { rules, .. }) if rules.is_empty()));
        assert!(matches!(parse("pgveil man filter").expect("parses").command, Command::Man(Man { command: Some(_) })));
    }

    #[test]
    fn invalid_lines() {
        let lines = [
            ("pgveil", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("pgveil filte", ErrorKind::InvalidSubcommand),
            ("pgveil reveal", ErrorKind::MissingRequiredArgument),
            ("pgveil --help", ErrorKind::DisplayHelp),
            ("pgveil filter -h", ErrorKind::DisplayHelp),
            ("pgveil --version", ErrorKind::DisplayVersion),
            ("pgveil filter --rule x", ErrorKind::UnknownArgument),
            ("pgveil filter -X", ErrorKind::UnknownArgument),
            ("pgveil filter a b", ErrorKind::UnknownArgument),
            ("pgveil filter -r", ErrorKind::InvalidValue),
            ("pgveil filter -q -v", ErrorKind::ArgumentConflict),
            ("pgveil filter -f a -f b", ErrorKind::ArgumentConflict),
            ("pgveil filter -j 0", ErrorKind::ValueValidation),
            ("pgveil filter --rows-per-insert 0", ErrorKind::ValueValidation),
            ("pgveil filter --rows-per-insert 2147483648", ErrorKind::ValueValidation),
            ("pgveil filter --on-conflict-do-nothing", ErrorKind::MissingRequiredArgument),
            ("pgveil filter -j all", ErrorKind::ValueValidation),
            ("pgveil filter -j 100000", ErrorKind::ValueValidation),
            ("pgveil filter --no-spool --spool-dir .", ErrorKind::ArgumentConflict),
            ("pgveil filter -a -c", ErrorKind::ArgumentConflict),
            ("pgveil filter --max-row 0", ErrorKind::ValueValidation),
            ("pgveil filter --max-row 1M", ErrorKind::ValueValidation),
            ("pgveil filter --max-row -1", ErrorKind::InvalidValue),
            ("pgveil filter --progress=sometimes", ErrorKind::InvalidValue),
            ("pgveil filter --secret hunter2", ErrorKind::UnknownArgument),
            ("pgveil completions csh", ErrorKind::InvalidValue),
            ("pgveil completions", ErrorKind::MissingRequiredArgument),
            ("pgveil masks a b", ErrorKind::UnknownArgument),
        ];
        for (line, kind) in lines {
            assert_eq!(parse(line).expect_err(line).kind(), kind, "{line}");
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion() {
        let error = parse("pgveil filter --schema-fil x").expect_err("unknown").to_string();
        assert!(error.contains("--schema-file"), "{error}");
        let error = parse("pgveil fliter").expect_err("unknown").to_string();
        assert!(error.contains("'filter'"), "{error}");
    }

    #[test]
    fn sizes() {
        let sizes = ["1", "64MB", "64mb", "1GiB", "1 GiB", "8kB", "8KiB", "10B"].map(|text| size(text).expect(text));
        assert_eq!(sizes, [1, 64_000_000, 64_000_000, 1 << 30, 1 << 30, 8000, 8192, 10]);
        for text in ["", "0", "MB", "1.5GiB", "1M", "99999999999999999999", "18446744073709551615GB", "1 2"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_short_help_fits_a_screen() {
        let mut command = Cli::command().term_width(100);
        let filter = command.find_subcommand_mut("filter").expect("is there").clone().term_width(100);
        let text = filter.clone().render_help().to_string();
        assert!(text.lines().count() <= 53, "{} lines\n{text}", text.lines().count());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let text = filter.clone().render_long_help().to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains(FILTER_NOTES), "no line of the notes is broken: {text}");
    }
}
