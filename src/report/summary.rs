//! What a run did, as text for the end of it. It does not print: it gives lines.

mod tables;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::figures::{bytes, counted, number, rate, time};
use crate::mask::{Note, Remedy};
use crate::name::RelationName;
use crate::pipeline::observe::{Absence, Summary, TableOutlook, TableSummary};
use crate::rewrite::{Cause, Tally};

/// How much is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail<'a> {
    /// Every table with its columns that a rule names, and every column without a rule.
    pub tables: bool,
    /// Nothing was written, since the user asked for that.
    pub dry_run: bool,
    /// Where the output went, as it is called in messages.
    pub output: &'a str,
}

/// The lines of the summary, without line ends.
pub fn lines(summary: &Summary, detail: Detail<'_>) -> Vec<String> {
    let mut lines = vec![totals(summary)];
    if detail.tables {
        lines.extend(tables::lines(summary));
    }
    lines.extend(rows_left_out(&summary.tables));
    lines.extend(left_out(summary, detail.tables));
    lines.extend(noted(summary));
    lines.extend(summary.remarks.iter().cloned());
    lines.extend(unlisted(summary, detail.tables));
    lines.push(speed(summary, detail));
    lines
}

/// What the plan does to each table that it knows.
pub(super) fn outlook(summary: &Summary) -> HashMap<&RelationName, &TableOutlook> {
    summary.outlook.iter().map(|found| (&found.relation, found)).collect()
}

/// A number of things, and of how many, where that is another: `3 rows`, `1 of 3 rows`.
fn among(count: u64, all: u64, one: &str, many: &str) -> String {
    let all_of_them = counted(all, one, many);
    if count == all { all_of_them } else { format!("{} of {all_of_them}", number(count)) }
}

/// Whether a table itself was left out.
fn is_dropped(table: &TableSummary) -> bool {
    table.absence == Some(Absence::Dropped)
}

/// `2 of 3 tables, 11,345 of 12,345 rows, 24,690 values masked`. A table whose rows alone are left out counts as one that stays.
fn totals(summary: &Summary) -> String {
    if summary.tables.is_empty() && !summary.outlook.is_empty() {
        let stay = || summary.outlook.iter().filter(|table| table.absence != Some(Absence::Dropped));
        let masked = stay().flat_map(|table| &table.columns).filter(|column| column.is_masked).count() as u64;
        let (tables, columns) = (counted(stay().count() as u64, "table", "tables"), counted(masked, "column", "columns"));
        return format!("the dump holds no rows; planned: {tables}, {columns} masked");
    }
    let mut total = Tally::default();
    for table in &summary.tables {
        total += &table.tally;
    }
    let stay = summary.tables.iter().filter(|table| !is_dropped(table)).count() as u64;
    format!(
        "{}, {}, {}",
        among(stay, summary.tables.len() as u64, "table", "tables"),
        among(total.rows_out, total.rows_in, "row", "rows"),
        counted(total.masked, "value masked", "values masked"),
    )
}

/// Why rows were left out, over all tables: `rows left out: 14,000 with their tables, 901 by where, 99 by sample`.
fn rows_left_out(tables: &[TableSummary]) -> Option<String> {
    let mut reasons: Vec<(String, u64)> = Vec::new();
    let mut add = |reason: String, rows: u64| match reasons.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, count)) => *count += rows,
        None => reasons.push((reason, rows)),
    };
    for table in tables {
        if let Some(absence) = &table.absence {
            let reason = match absence {
                Absence::Dropped => "with their tables".to_owned(),
                Absence::Rule(_) => "by data = \"skip\"".to_owned(),
                Absence::Flag(flag) => format!("by {flag}"),
                Absence::Subset => by(Cause::Subset),
            };
            add(reason, table.tally.rows_in - table.tally.rows_out);
        }
        table.tally.causes.counts().for_each(|(cause, rows)| add(by(cause), rows));
    }
    let told: Vec<String> =
        reasons.iter().filter(|(_, rows)| *rows > 0).map(|(reason, rows)| format!("{} {reason}", number(*rows))).collect();
    (!told.is_empty()).then(|| format!("rows left out: {}", told.join(", ")))
}

/// By what a row is left out.
fn by(cause: Cause) -> String {
    match cause {
        Cause::Subset => "by the subset".to_owned(),
        cause => format!("by {}", cause.key()),
    }
}

/// The objects that were left out: by number of each kind, or by name.
fn left_out(summary: &Summary, named: bool) -> Vec<String> {
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for object in &summary.objects {
        match kinds.iter_mut().find(|(kind, _)| *kind == object.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((object.kind, 1)),
        }
    }
    let mut parts: Vec<String> = kinds.into_iter().map(|(kind, count)| counted(count, kind, &plural(kind))).collect();
    parts.extend(summary.statements.iter().map(|(what, count)| format!("{} {what}", counted(*count, "statement", "statements"))));
    if parts.is_empty() {
        return Vec::new();
    }
    let head = format!("left out: {}", parts.join(", "));
    if !named {
        let more = if summary.objects.is_empty() { "" } else { "; -v names them" };
        return vec![format!("{head}{more}")];
    }
    let names = summary.objects.iter().map(|object| format!("  {} {} ({})", object.kind, object.name, object.because));
    std::iter::once(head).chain(names).collect()
}

fn plural(kind: &str) -> String {
    match kind {
        "index" => "indexes".into(),
        "policy" => "policies".into(),
        "operator family" => "operator families".into(),
        "operator class" => "operator classes".into(),
        kind if kind.ends_with('s') => kind.into(),
        kind => format!("{kind}s"),
    }
}

/// What masks met that they were not made for, by column, and what they did with it.
fn noted(summary: &Summary) -> Vec<String> {
    let told = |table: &TableSummary| -> Vec<String> {
        let line = |noted: &crate::rewrite::Noted| {
            let [one, many] = match noted.note {
                Note::Invalid(Remedy::Shape) => [
                    "value that its mask could not read got other characters of the same shape",
                    "values that their mask could not read got other characters of the same shape",
                ],
                Note::Invalid(Remedy::Kept) => {
                    ["value that its mask could not read stayed as it was", "values that their mask could not read stayed as they were"]
                }
                Note::Invalid(Remedy::Null) => {
                    ["value that its mask could not read became NULL", "values that their mask could not read became NULL"]
                }
                Note::Unseeded => ["value without its seed was its own", "values without their seed were their own"],
            };
            format!("{}.{}: {}", table.relation, noted.column, counted(noted.count, one, many))
        };
        table.tally.notes.iter().map(line).collect()
    };
    let mut lines: Vec<String> = summary.tables.iter().flat_map(told).collect();
    // Workers end as they like.
    lines.sort();
    lines
}

/// `1.20 GB read, 1.10 GB written to masked.sql in 2.40 s (512 MB/s, read 2 times)`
fn speed(summary: &Summary, detail: Detail<'_>) -> String {
    let often = (summary.readings > 1).then(|| format!("read {} times", summary.readings));
    let about: Vec<String> = rate(summary.bytes_in, summary.elapsed).into_iter().chain(often).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    let (read, elapsed) = (bytes(summary.bytes_in), time(summary.elapsed));
    if detail.dry_run {
        return format!("{read} read in {elapsed}{about}; nothing was written (--dry-run)");
    }
    let place = if detail.output.is_empty() { String::new() } else { format!(" to {}", detail.output) };
    format!("{read} read, {} written{place} in {elapsed}{about}", bytes(summary.bytes_out))
}

/// The columns that can hold personal data and that no rule names.
fn unlisted(summary: &Summary, named: bool) -> Vec<String> {
    let count = summary.unlisted.len() as u64;
    if count == 0 {
        return Vec::new();
    }
    let verb = if count == 1 { "has" } else { "have" };
    let head = format!("{} that can hold personal data {verb} no rule", counted(count, "column", "columns"));
    if !named {
        return vec![format!("{head}; -v names {}", if count == 1 { "it" } else { "them" })];
    }
    let names = summary.unlisted.iter().map(|(relation, column)| format!("  {relation}.{column}"));
    std::iter::once(format!("{head}:")).chain(names).collect()
}
