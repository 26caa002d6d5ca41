//! Each table of a run on a line: how many of its rows were written, and why not the others; its columns that a rule names
//! below it, with the rule that won.

use std::collections::HashSet;

use super::outlook;
use crate::error::At;
use crate::figures::{counted, number};
use crate::name::RelationName;
use crate::pipeline::observe::{Absence, ColumnOutlook, Summary, TableOutlook, TableSummary};
use crate::rewrite::Cause;

/// A rule longer than this does not move those of other columns to the right.
const WIDEST: usize = 40;

/// One table.
struct Line {
    name: String,
    /// How many rows, and of how many; `no`, where the dump has none of it.
    rows: String,
    unit: &'static str,
    what: String,
    columns: Vec<[String; 3]>,
}

/// The tables that the dump holds rows of, in its order; then those of which it holds none, by name.
pub(super) fn lines(summary: &Summary) -> Vec<String> {
    let planned = outlook(summary);
    let known: HashSet<&RelationName> = summary.tables.iter().map(|table| &table.relation).collect();
    let filled = summary.tables.iter().map(|table| Line::filled(table, planned.get(&table.relation).copied()));
    let empty = summary.outlook.iter().filter(|found| !known.contains(&found.relation));
    let lines: Vec<Line> = filled.chain(empty.map(Line::empty)).collect();
    let width = |text: fn(&Line) -> &str| lines.iter().map(|line| text(line).chars().count()).max().unwrap_or(0);
    let (names, counts) = (width(|line| &line.name), width(|line| &line.rows));
    let table = |line: &Line| {
        let Line { name, rows, unit, what, .. } = line;
        format!("  {name:names$}  {rows:>counts$} {unit:4}  {what}")
    };
    lines.iter().flat_map(|line| std::iter::once(table(line)).chain(columns(&line.columns))).collect()
}

impl Line {
    fn filled(table: &TableSummary, outlook: Option<&TableOutlook>) -> Line {
        let (rows_in, rows_out) = (table.tally.rows_in, table.tally.rows_out);
        let rows = if rows_in == rows_out { number(rows_in) } else { format!("{} of {}", number(rows_out), number(rows_in)) };
        let mut what = Vec::new();
        match &table.absence {
            Some(absence) => what.push(absent(absence)),
            None => {
                let choices = outlook.map_or(&[][..], |found| &found.choices);
                what.extend(
                    table.tally.causes.counts().map(|(cause, rows)| format!("{} left out by {}", number(rows), named(cause, choices))),
                );
                if !table.columns.is_empty() {
                    what.push(counted(table.tally.masked, "value masked", "values masked"));
                }
            }
        }
        if what.is_empty() {
            what.push("unchanged".to_owned());
        }
        let columns = match outlook {
            Some(found) => planned(found),
            None => table.columns.iter().map(|(column, mask)| [column.to_string(), (*mask).to_owned(), String::new()]).collect(),
        };
        Line { name: table.relation.to_string(), rows, unit: if rows_in == 1 { "row" } else { "rows" }, what: what.join("; "), columns }
    }

    fn empty(table: &TableOutlook) -> Line {
        let masked = table.columns.iter().filter(|column| column.is_masked).count() as u64;
        let mut what: Vec<String> = table.absence.iter().map(absent).collect();
        what.extend(table.choices.iter().map(|(cause, _)| named(*cause, &table.choices)));
        if masked > 0 {
            what.push(format!("{} masked", counted(masked, "column", "columns")));
        }
        if what.is_empty() {
            what.push("unchanged".to_owned());
        }
        Line { name: table.relation.to_string(), rows: "no".to_owned(), unit: "rows", what: what.join("; "), columns: planned(table) }
    }
}

/// Why none of a table's rows pass.
fn absent(absence: &Absence) -> String {
    match absence {
        Absence::Dropped => "the table is left out".to_owned(),
        Absence::Rule(None) => "left out by data = \"skip\"".to_owned(),
        Absence::Rule(Some(at)) => format!("left out by data = \"skip\" ({})", place(at)),
        Absence::Flag(flag) => format!("left out by {flag}"),
        Absence::Subset => "left out by the subset".to_owned(),
    }
}

/// What leaves rows out, and where the rule stands.
fn named(cause: Cause, choices: &[(Cause, At)]) -> String {
    let name = if cause == Cause::Subset { "the subset" } else { cause.key() };
    match choices.iter().find(|(known, _)| *known == cause) {
        Some((_, at)) => format!("{name} ({})", place(at)),
        None => name.to_owned(),
    }
}

/// `rules.toml:7`
fn place(at: &At) -> String {
    format!("{}:{}", at.file, at.line)
}

fn planned(table: &TableOutlook) -> Vec<[String; 3]> {
    let line = |column: &ColumnOutlook| {
        let carried = if column.is_carried { ", along a foreign key" } else { "" };
        [column.column.to_string(), column.rule.to_string(), format!("{}{carried}", place(&column.at))]
    };
    table.columns.iter().map(line).collect()
}

/// The columns of a table, with their rules below one another.
fn columns(columns: &[[String; 3]]) -> Vec<String> {
    let names = columns.iter().map(|[name, ..]| name.chars().count()).max().unwrap_or(0);
    let rules = columns.iter().map(|[_, rule, _]| rule.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let line = |[name, rule, at]: &[String; 3]| format!("    {name:names$} = {rule:rules$}  {at}").trim_end().to_owned();
    columns.iter().map(line).collect()
}
