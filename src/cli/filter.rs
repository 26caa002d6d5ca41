//! `pgveil filter`: gets the job ready, runs it, tells how it ended.

use std::io::{self, IsTerminal};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded};
use jiff::Timestamp;

use super::args::Filter;
use super::job::{self, Job};
use super::readings::{self, Again, More, Told};
use super::{also, copy, exit, inputs, say, target, targets};
use crate::archive::Header;
use crate::dump::script::poison::Position;
use crate::dump::script::reader::Limits;
use crate::error::{Error, Fault, Result};
use crate::input::Shared;
use crate::name::Name;
use crate::output::Sink;
use crate::pipeline::abort::{Stop, watch_signals};
use crate::pipeline::archive::composing::Composing;
use crate::pipeline::expect::{Expectations, Said};
use crate::pipeline::inserts::Inserts;
use crate::pipeline::observe::{Summary, Watch};
use crate::pipeline::queue::{Waited, wait};
use crate::pipeline::run::{BLOCK, SchemaSource};
use crate::pipeline::{Run, run, run_together};
use crate::plan::{Choice, Planner};
use crate::report::json::{Ending, Other, Report};
use crate::report::summary::{self, Detail};
use crate::target::{Stage, Target};

/// Does the job and gives the status to end with.
pub fn filter(args: &Filter) -> u8 {
    let started = Instant::now();
    let outputs = also::outputs(args).and_then(|outputs| targets::check(&outputs).map(|()| outputs));
    let outputs = match outputs.and_then(|outputs| copy::read(&args.copy).map(|_| outputs)) {
        Ok(outputs) => outputs,
        Err(error) => return fail(&error),
    };
    // Opened first: a report that cannot be written is better known before a run of hours than after it.
    let report = match args.report.as_deref().map(Report::create).transpose() {
        Ok(report) => report,
        Err(error) => return fail(&error),
    };
    let watch = readings::watch(args);
    let (done, first) = match ready(&outputs, &watch, started) {
        Ok(ready) => ready.run(),
        Err(error) => {
            watch.finished();
            spoil(args, &error);
            (vec![(Err(error), Summary { elapsed: started.elapsed(), ..Summary::default() })], Some(0))
        }
    };
    let status = tell(&outputs, &done, first);
    let summary = |index: usize| done.get(index).map_or_else(Summary::default, |(_, summary)| summary.clone());
    let ending = |index: usize| {
        let (error, exit_status) = match done.get(index) {
            Some((Ok(()), _)) => (None, exit::DONE),
            Some((Err(error), _)) => (Some(error), exit::status(error)),
            // Nothing was begun for it.
            None => (done.first().and_then(|(result, _)| result.as_ref().err()), status),
        };
        Ending { error, exit_status, dry_run: args.dry_run }
    };
    let others: Vec<(String, PathBuf, Summary, Ending<'_>)> = outputs
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, output)| (output.rules.concat(), output.file.clone().unwrap_or_default(), summary(index), ending(index)))
        .collect();
    let others: Vec<Other<'_>> = others.iter().map(|(rules, file, summary, ending)| Other { rules, file, summary, ending }).collect();
    let main = Ending { exit_status: status, ..ending(0) };
    match report.map(|report| report.write(&summary(0), &main, &others)).transpose() {
        // The first failure is the one that the status tells.
        Err(error) if status == exit::DONE => fail(&error),
        Err(error) => {
            say::error(&error);
            status
        }
        Ok(_) => status,
    }
}

/// Tells how the outputs ended, and gives the status: that of the first failure.
fn tell(outputs: &[Filter], done: &[(Result<()>, Summary)], first: Option<usize>) -> u8 {
    let failures = || first.and_then(|first| done.get(first)).into_iter().chain(done).filter_map(|(result, _)| result.as_ref().err());
    let mut status = None;
    let mut said = Vec::new();
    for error in failures().filter(|error| !matches!(error, Error::Abandoned { .. })) {
        status.get_or_insert_with(|| exit::status(error));
        let text = error.to_string();
        // What is wrong with the input is wrong for each.
        if !said.contains(&text) {
            say::error_of(outputs.first().and_then(|output| output.input.as_deref()), error);
            let is_stream = outputs.first().is_some_and(|output| output.copy.copy.is_some());
            if is_stream && matches!(error, Error::Data { fault: Fault::FieldCount { .. }, .. }) {
                say::line(
                    "the columns are those of --copy, or of the table without generated ones; --copy-options says how they are separated (csv, delimiter …)",
                );
            }
            said.push(text);
        }
    }
    if let Some(status) = status.or_else(|| failures().next().map(exit::status)) {
        // The names are taken one after the other: what failed then came too late for these.
        for (output, _) in outputs.iter().zip(done).filter(|(output, (result, _))| result.is_ok() && !output.dry_run) {
            say::line(&format!("{} is whole and in its place all the same", also::label(output)));
        }
        return status;
    }
    for (output, (_, summary)) in outputs.iter().zip(done).filter(|(output, _)| !output.quiet) {
        if outputs.len() > 1 {
            say::line(&format!("{}:", also::label(output)));
        }
        let file = also::file(output);
        for line in summary::lines(summary, Detail { tables: output.verbose, dry_run: output.dry_run, output: &file }) {
            say::line(&line);
        }
    }
    exit::DONE
}

/// The runs, ready to go.
struct Ready {
    runs: Vec<Run>,
    /// What they read together.
    shared: Option<Arc<Shared>>,
    signals: Receiver<Stop>,
}

impl Ready {
    /// Does the job. Gives what came of each output, and which failed first.
    fn run(mut self) -> (Vec<(Result<()>, Summary)>, Option<usize>) {
        match (self.runs.len(), self.runs.pop()) {
            (1, Some(only)) => {
                let done = run(only);
                let first = done.0.is_err().then_some(0);
                (vec![done], first)
            }
            (_, last) => {
                self.runs.extend(last);
                let shared = self.shared;
                let begin = move || shared.iter().for_each(|shared| shared.begin());
                run_together(self.runs, self.signals, Box::new(begin))
            }
        }
    }
}

/// Nothing was written yet, and psql may wait for it: an empty script would do nothing and succeed.
fn spoil(args: &Filter, error: &Error) {
    if matches!(error, Error::Data { .. } | Error::Interrupted(_)) && args.file.is_none() && !args.dry_run && !io::stdout().is_terminal() {
        let position = match copy::read(&args.copy) {
            Ok(Some(stream)) => Position::of_rows(stream.options.layout),
            Ok(None) => Position::default(),
            // What is wrong with the options was told before the input was looked at.
            Err(_) => return,
        };
        // If even this cannot be written, the first error is the one to tell.
        let _ = Sink::stdout().and_then(|mut sink| sink.write(&position.poison()).and_then(|()| sink.flush()));
    }
}

fn fail(error: &Error) -> u8 {
    say::error(error);
    exit::status(error)
}

/// Gets the job ready, unless a signal comes first: the input may be a pipe that nobody writes to yet.
fn ready(outputs: &[Filter], watch: &Watch, started: Instant) -> Result<Ready> {
    let interrupts = watch_signals()?;
    let (sender, receiver) = bounded(1);
    let (outputs, signals, watch) = (outputs.to_vec(), interrupts.clone(), watch.clone());
    let prepare = move || {
        let ready = job::prepare(&outputs, &watch).and_then(|(jobs, shared)| {
            let prepared = outputs.iter().enumerate().zip(jobs).map(|((index, args), job)| {
                let watch = if index == 0 { watch.clone() } else { readings::unwatched() };
                prepare(args, job, (watch, started), signals.clone())
            });
            Ok(Ready { runs: prepared.collect::<Result<_>>()?, shared, signals: signals.clone() })
        });
        // Nobody waits for it any more if this fails.
        let _ = sender.send(ready);
    };
    thread::Builder::new().name("prepare".into()).spawn(prepare).map_err(|error| Error::io("start a thread", error))?;
    match wait(&receiver, &interrupts) {
        Waited::Got(ready) => ready,
        Waited::Interrupted(stop) => Err(stop.into()),
        Waited::Gone => Err(Error::internal()),
    }
}

/// One job as the pipeline takes it, with who watches it and since when it runs.
fn prepare(args: &Filter, job: Job, (watch, started): (Watch, Instant), interrupts: Receiver<Stop>) -> Result<Run> {
    let Job { mut input, archive, compose, schema, sink, rules, secret, threads, notes } = job;
    watch.aside(|| notes.iter().filter(|_| !args.quiet).for_each(|note| say::line(note)));
    let header = archive.as_ref().map(|archiving| &archiving.input.header).or(input.archive.as_ref().map(|archive| &archive.header));
    let database = header.and_then(|header| header.database.as_deref()).map(|name| Name::new(String::from_utf8_lossy(name)));
    let expected = expected(args, header)?;
    let planner = Planner::new(rules, secret);
    let stream = copy::read(&args.copy)?;
    if stream.is_some() {
        copy::check(args, &planner)?;
    }
    let create = args.target.create && input.archive.is_some();
    let choice = Choice { create, ..args.choose.choice()? };
    let mut more = More::default();
    if planner.wants_subset() {
        if archive.is_none() {
            input = inputs::rereadable(args, input, inputs::SUBSET, &watch)?;
        }
        more.keys = input.read_again().transpose()?.map(Again::whole);
    }
    if compose.is_some() {
        input = inputs::rereadable(args, input, inputs::COMPOSING, &watch)?;
        more.outline = Some(input.read_again().transpose()?.map(Again::whole).ok_or_else(Error::internal)?);
    }
    let target = target::read(&args.target)?;
    if archive.is_some() || compose.is_some() {
        refuse_script_flags(args, &target)?;
    }
    let reads_ahead = schema.is_none() && !(planner.is_idle() && choice.is_empty());
    more.look(&input, archive.is_none() && reads_ahead && stream.is_none(), target.asks_for_tables() && !reads_ahead)?;
    let Told { schema: ahead, keys, tables, outline, last, readings } = more.told(&watch, input.size, args.dry_run);
    Ok(Run {
        watch,
        reading: last,
        readings,
        started,
        input: input.reader,
        read: input.read,
        came: input.came,
        stream,
        archive,
        composing: compose.zip(outline).map(|(writer, outline)| Composing { outline, writer }),
        schema: schema.map(SchemaSource::File).or(ahead.map(SchemaSource::ReadAhead)).unwrap_or(SchemaSource::Stream),
        keys,
        sink,
        planner,
        database,
        expected,
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

/// What is expected of the dump and not yet known: what an archive says is known now; a script must be read for it.
fn expected(args: &Filter, header: Option<&Header>) -> Result<Expectations> {
    let expected = Expectations { database: args.expect_database.as_deref().map(Name::new), max_age: args.max_age };
    match header {
        Some(header) => expected.judge(&Said::of_archive(header), Timestamp::now()).map(|()| Expectations::default()),
        None => Ok(expected),
    }
}

/// Refuses what only a script can follow.
fn refuse_script_flags(args: &Filter, target: &Target) -> Result<()> {
    if !target.is_idle() {
        return Err(Error::Usage(
            "the output is an archive, and what is done for the target (--reset, -1, --role and their like) goes around a script; write a script, or give pg_restore its own flags".into(),
        ));
    }
    if inserts(args).is_some() {
        return Err(Error::Usage("--inserts and its sisters write a script; leave out -F, or dump with pg_dump --inserts".into()));
    }
    Ok(())
}

/// How COPY rows become INSERT statements, if any of the options asks for it.
fn inserts(args: &Filter) -> Option<Inserts> {
    let rows = args.rows_per_insert.map_or(1, NonZeroU32::get);
    let asked = args.inserts || args.column_inserts || args.rows_per_insert.is_some() || args.target.for_driver;
    asked.then_some(Inserts { columns: args.column_inserts, rows: rows.into(), skip_conflicts: args.on_conflict_do_nothing })
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
