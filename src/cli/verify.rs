//! `pgveil verify`: reads the report, has the target compared with it, tells what differs.

use std::env;
use std::fs;
use std::num::NonZeroUsize;

use super::args::Verify;
use super::{exit, say};
use crate::error::{Error, Result};
use crate::figures::{counted, number};
use crate::input;
use crate::manifest::{Manifest, Table};
use crate::name::NamePattern;
use crate::verify::{self, Address, Found, How, Verdict};

/// Compares, and gives the status to end with.
pub fn verify(args: &Verify) -> Result<u8> {
    let shown = input::open::shown(&args.report).to_string();
    let text = fs::read(&args.report).map_err(|error| Error::named(format!("read {shown}"), error))?;
    let manifest = verify::manifest(&text, &shown)?;
    let tables = chosen(&manifest, &args.tables)?;
    let address = Address::read(&args.to, &|name| env::var(name).ok())?;
    let how = How { jobs: args.jobs.map_or(1, NonZeroUsize::get), counts_only: args.counts_only };
    let found = verify::verify(&manifest, &tables, &address, how)?;
    let mut answer = String::new();
    for line in lines(&found, args.verbose, args.quiet) {
        answer.push_str(&line);
        answer.push('\n');
    }
    say::answer(answer.as_bytes())?;
    Ok(if found.iter().any(|found| found.verdict.is_bad()) { exit::POLICY } else { exit::DONE })
}

/// The tables that the patterns name; all, where there is none.
fn chosen<'m>(manifest: &'m Manifest, patterns: &[String]) -> Result<Vec<&'m Table>> {
    let mut read = Vec::with_capacity(patterns.len());
    for text in patterns {
        let pattern = NamePattern::relation(text).map_err(|why| Error::Usage(format!("--table {text}: {why}")))?;
        if !manifest.tables.iter().any(|table| pattern.matches(&table.relation())) {
            return Err(Error::Usage(format!("--table {text} names no table of the report")));
        }
        read.push(pattern);
    }
    let wanted = |table: &&Table| read.is_empty() || read.iter().any(|pattern| pattern.matches(&table.relation()));
    Ok(manifest.tables.iter().filter(wanted).collect())
}

/// What is told: what differs, or all, and a summary.
fn lines(found: &[Found], verbose: bool, quiet: bool) -> Vec<String> {
    let told = |found: &&Found| verbose || found.verdict.is_bad();
    let mut lines: Vec<String> = found.iter().filter(told).map(ToString::to_string).collect();
    if quiet {
        return lines;
    }
    let counts = |is: &dyn Fn(&Verdict) -> bool| found.iter().filter(|found| is(&found.verdict)).count() as u64;
    let (bad, left_out) = (counts(&Verdict::is_bad), counts(&|verdict| *verdict == Verdict::LeftOut));
    let counted_only = counts(&|verdict| matches!(verdict, Verdict::Counted { .. }));
    let looked = found.len() as u64 - left_out;
    let mut summary = match bad {
        0 => {
            let rows = found.iter().map(|found| found.verdict.rows()).sum();
            format!("{}, {}: all as written", counted(looked, "table", "tables"), counted(rows, "row", "rows"))
        }
        _ => {
            format!("{} of {} {} as written", number(bad), counted(looked, "table", "tables"), if bad == 1 { "is not" } else { "are not" })
        }
    };
    if counted_only > 0 {
        let why = if verbose { "" } else { "; -v says why" };
        summary.push_str(&format!(" ({} by the number of rows only{why})", counted(counted_only, "table", "tables")));
    }
    lines.push(summary);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::RelationName;

    #[test]
    fn what_is_told() {
        let found = |name: &str, verdict| Found { relation: RelationName::new("public", name), verdict };
        let good = vec![
            found("a", Verdict::Equal { rows: 1000 }),
            found("b", Verdict::Counted { rows: 2, why: "x".into() }),
            found("c", Verdict::LeftOut),
        ];
        assert_eq!(lines(&good, false, false), ["2 tables, 1,002 rows: all as written (1 table by the number of rows only; -v says why)"]);
        assert_eq!(lines(&good, true, false).len(), 4);
        assert!(lines(&good, false, true).is_empty());
        let bad = vec![found("a", Verdict::Missing), found("b", Verdict::Equal { rows: 3 })];
        assert_eq!(lines(&bad, false, false), ["public.a: the table is missing", "1 of 2 tables is not as written"]);
        assert_eq!(lines(&bad, false, true), ["public.a: the table is missing"]);
    }
}
