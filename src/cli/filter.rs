//! `pgveil filter`: gets the job ready, runs it, tells how it ended.

use std::env;
use std::io::{self, Cursor, IsTerminal};
use std::num::NonZeroU32;
use std::thread;

use crossbeam_channel::{Receiver, bounded};

use super::args::{Filter, When};
use super::job::{self, Job};
use super::{exit, say, target};
use crate::dump::script::poison::Position;
use crate::dump::script::reader::Limits;
use crate::error::{Error, Result};
use crate::input::{self, Opened};
use crate::output::Sink;
use crate::pipeline::abort::watch_signals;
use crate::pipeline::inserts::Inserts;
use crate::pipeline::observe::{Observer, Summary};
use crate::pipeline::queue::{Waited, wait};
use crate::pipeline::run::{BLOCK, Input, SchemaSource};
use crate::pipeline::{Run, run};
use crate::plan::Planner;
use crate::report::json::{Ending, Report};
use crate::report::progress::{Bar, Lines, Silent};
use crate::report::summary::{self, Detail};
use crate::target::Stage;

/// Does the job and gives the status to end with.
pub fn filter(args: &Filter) -> u8 {
    // Opened first: a report that cannot be written is better known before a run of hours than after it.
    if let Err(error) = job::check_targets(args) {
        return fail(&error);
    }
    let report = match args.report.as_deref().map(Report::create).transpose() {
        Ok(report) => report,
        Err(error) => return fail(&error),
    };
    let (result, summary) = match ready(args) {
        Ok(job) => run(job),
        Err(error) => {
            spoil(args, &error);
            (Err(error), Summary::default())
        }
    };
    let status = match &result {
        Ok(()) => exit::DONE,
        Err(error) => fail(error),
    };
    if result.is_ok() && !args.quiet {
        for line in summary::lines(&summary, Detail { tables: args.verbose, dry_run: args.dry_run }) {
            say::line(&line);
        }
    }
    let ending = Ending { error: result.as_ref().err(), exit_status: status, dry_run: args.dry_run };
    match report.map(|report| report.write(&summary, &ending)).transpose() {
        // The first failure is the one that the status tells.
        Err(error) if status == exit::DONE => fail(&error),
        Err(error) => {
            say::error(&error);
            status
        }
        Ok(_) => status,
    }
}

/// Nothing was written yet, and psql may wait for it: an empty script would do nothing and succeed.
fn spoil(args: &Filter, error: &Error) {
    if matches!(error, Error::Data { .. } | Error::Interrupted(_)) && args.file.is_none() && !args.dry_run && !io::stdout().is_terminal() {
        // If even this cannot be written, the first error is the one to tell.
        let _ = Sink::stdout().and_then(|mut sink| sink.write(&Position::default().poison()).and_then(|()| sink.flush()));
    }
}

fn fail(error: &Error) -> u8 {
    say::error(error);
    exit::status(error)
}

/// Gets the job ready, unless a signal comes first: the input may be a pipe that nobody writes to yet.
fn ready(args: &Filter) -> Result<Run> {
    let interrupts = watch_signals()?;
    let (sender, receiver) = bounded(1);
    let (args, signals) = (args.clone(), interrupts.clone());
    let prepare = move || {
        // Nobody waits for it any more if this fails.
        let _ = sender.send(prepare(&args, signals));
    };
    thread::Builder::new().name("prepare".into()).spawn(prepare).map_err(|error| Error::io("start a thread", error))?;
    match wait(&receiver, &interrupts) {
        Waited::Got(run) => run,
        Waited::Interrupted(signal) => Err(Error::Interrupted(signal)),
        Waited::Gone => Err(Error::internal()),
    }
}

/// The job as the pipeline takes it.
fn prepare(args: &Filter, interrupts: Receiver<&'static str>) -> Result<Run> {
    let Job { mut input, archive, schema, sink, rules, secret, threads, notes } = job::prepare(args)?;
    if !args.quiet {
        notes.iter().for_each(|note| say::line(note));
    }
    let planner = Planner::new(rules, secret);
    let choice = args.choose.choice()?;
    let mut keys = None;
    if planner.wants_subset() {
        if archive.is_some() {
            return Err(Error::Usage("the rules choose a subset, which is written as a script; leave out -F".into()));
        }
        input = rereadable(args, input)?;
        keys = input.read_again().transpose()?.map(|again| again.reader);
    }
    let target = target::read(&args.target)?;
    if archive.is_some() && !target.is_idle() {
        return Err(Error::Usage(
            "the output is an archive, and what is done for the target (--reset, -1, --role and their like) goes around a script; write a script, or give pg_restore its own flags".into(),
        ));
    }
    if archive.is_some() && inserts(args).is_some() {
        return Err(Error::Usage("--inserts and its sisters write a script; leave out -F, or dump with pg_dump --inserts".into()));
    }
    let reads_ahead = schema.is_none() && !(planner.is_idle() && choice.is_empty());
    let tables = if target.asks_for_tables() && !reads_ahead { again(&input)? } else { None };
    let schema = match schema {
        None if archive.is_some() => SchemaSource::Stream,
        Some(file) => SchemaSource::File(file.reader),
        None if planner.is_idle() && choice.is_empty() => SchemaSource::Stream,
        None => again(&input)?.map_or(SchemaSource::Stream, SchemaSource::ReadAhead),
    };
    Ok(Run {
        observer: observer(args, input.size),
        input: input.reader,
        input_bytes: input.read,
        archive,
        schema,
        keys,
        sink,
        planner,
        choice,
        inserts: inserts(args),
        digests: args.report.is_some() && !args.dry_run,
        stage: Stage::new(target)?,
        tables,
        threads,
        block: BLOCK,
        limits: Limits { max_row: args.max_row, require_trailer: !args.no_trailer },
        interrupts,
    })
}

/// How COPY rows become INSERT statements, if any of the options asks for it.
fn inserts(args: &Filter) -> Option<Inserts> {
    let rows = args.rows_per_insert.map_or(1, NonZeroU32::get);
    let asked = args.inserts || args.column_inserts || args.rows_per_insert.is_some() || args.target.for_driver;
    asked.then_some(Inserts { columns: args.column_inserts, rows: rows.into(), skip_conflicts: args.on_conflict_do_nothing })
}

/// An input that can be read more than once: itself, or a copy of it.
fn rereadable(args: &Filter, input: Opened) -> Result<Opened> {
    if input.read_again().transpose()?.is_some() {
        return Ok(input);
    }
    if args.no_spool {
        return Err(Error::Usage(
            "the rules choose a subset, for which the dump must be read more than once, but it comes through a pipe and --no-spool is given; name a file"
                .into(),
        ));
    }
    let folder = args.spool_dir.clone().unwrap_or_else(env::temp_dir);
    if !args.quiet {
        say::line(&format!(
            "the rules choose a subset, for which the dump must be read more than once: the pipe is kept, packed, in {} until the end of the run",
            input::open::shown(&folder)
        ));
    }
    input::spool(input, &folder)
}

/// The dump once more, as far as it tells its schema and its tables; `None` for a script from a pipe.
fn again(input: &Opened) -> Result<Option<Input>> {
    Ok(match (&input.archive, input.read_again().transpose()?) {
        // An archive's table of contents comes before its data: it need not be read twice.
        (Some(archive), _) => Some(Box::new(Cursor::new(archive.without_rows()?))),
        (None, Some(again)) => Some(again.reader),
        (None, None) => None,
    })
}

/// Who watches the run. `size` is the input's.
fn observer(args: &Filter, size: Option<u64>) -> Box<dyn Observer> {
    let terminal = io::stderr().is_terminal();
    match args.progress {
        When::Auto if terminal && !args.quiet => Box::new(Bar::new(size)),
        When::Auto | When::Never => Box::new(Silent),
        When::Always if terminal => Box::new(Bar::new(size)),
        When::Always => Box::new(Lines::new(size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use crate::cli::args::{Cli, Command};

    const SCRIPT: &str = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.t (a text);\n\n\
        COPY public.t (a) FROM stdin;\ncanary\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n";

    /// Runs a command line in a folder that holds `in.sql`; gives the status, the output and the report.
    fn run_on(script: &str, folder: &Path, flags: &[&str]) -> (u8, Option<String>, serde_json::Value) {
        let path = |name: &str| folder.join(name).display().to_string();
        fs::write(path("in.sql"), script).expect("writes");
        let (out, report, input) = (path("out.sql"), path("report.json"), path("in.sql"));
        let line = ["pgveil", "filter", "-q", "-f", &out, "--report", &report, &input];
        let cli = Cli::try_parse_from(line.iter().chain(flags)).expect("parses");
        let Command::Filter(args) = cli.command else { panic!("another command") };
        let status = filter(&args);
        let report = serde_json::from_slice(&fs::read(report).expect("is there")).expect("JSON");
        (status, fs::read_to_string(out).ok(), report)
    }

    #[test]
    fn a_dump_goes_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let (status, out, report) = run_on(SCRIPT, folder.path(), &[]);
        assert_eq!((status, out.as_deref()), (exit::DONE, Some(SCRIPT)));
        assert_eq!((&report["complete"], &report["rows_in"]), (&true.into(), &1.into()));
    }

    #[test]
    fn a_dry_run_writes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (status, out, report) = run_on(SCRIPT, folder.path(), &["--dry-run"]);
        assert_eq!((status, out), (exit::DONE, None));
        assert_eq!((&report["dry_run"], &report["rows_in"]), (&true.into(), &1.into()));
    }

    #[test]
    fn a_failed_run_leaves_a_report_and_no_output() {
        let folder = tempfile::tempdir().expect("a folder");
        let cut = &SCRIPT[..SCRIPT.len() - 60];
        let none = folder.path().join("none.toml").display().to_string();
        for (script, flags, expected) in
            [(cut, &[] as &[&str], exit::DATA), ("PGDMP\x01\x0f", &[], exit::DATA), (SCRIPT, &["-r", &none], exit::USAGE)]
        {
            let (status, out, report) = run_on(script, folder.path(), flags);
            assert_eq!((status, out), (expected, None));
            assert_eq!((&report["complete"], &report["exit_status"]), (&false.into(), &expected.into()));
            let error = report["error"].as_str().expect("says why");
            assert!(!error.is_empty() && !error.contains("canary"), "{error}");
        }
    }
}
