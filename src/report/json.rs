//! What a run did, as JSON for programs.

use std::collections::BTreeMap;
use std::path::Path;

use super::summary::outlook;
use crate::error::{At, Error, Result};
use crate::manifest::{Action, Also, Column, Kept, LeftOut, Manifest, Masked, SCHEMA_VERSION, Table};
use crate::mask::Note;
use crate::name::Name;
use crate::output::Sink;
use crate::pipeline::observe::{Absence, Summary, TableAction, TableOutlook, TableSummary};
use crate::rewrite::{Cause, Tally};
use crate::row::digest;

/// A report that will be written. It is opened before the run, so that a path that cannot be written to is known in
/// time, and takes its name when it is whole.
#[derive(Debug)]
pub struct Report(Sink);

/// What the report says beside the summary.
#[derive(Debug)]
pub struct Ending<'a> {
    /// Why the run failed, if it did.
    pub error: Option<&'a Error>,
    /// The status that the program will end with.
    pub exit_status: u8,
    /// Nothing was written, since the user asked for that.
    pub dry_run: bool,
}

/// Another output of the same run: `--also`.
#[derive(Debug)]
pub struct Other<'a> {
    /// Its rules, as they were named.
    pub rules: &'a str,
    /// Where it went.
    pub file: &'a Path,
    /// What was done.
    pub summary: &'a Summary,
    /// How it ended.
    pub ending: &'a Ending<'a>,
}

impl Report {
    /// A report at `path`.
    ///
    /// # Errors
    /// The path cannot be written to.
    pub fn create(path: &Path) -> Result<Report> {
        Sink::file(path).map(Report)
    }

    /// Writes it. `others`: the outputs of `--also`.
    pub fn write(mut self, summary: &Summary, ending: &Ending<'_>, others: &[Other<'_>]) -> Result<()> {
        self.0.write(json(summary, ending, others)?.as_bytes())?;
        self.0.finish()
    }
}

/// The report's text.
///
/// # Errors
/// None that is known: the report is made of names and numbers.
pub fn json(summary: &Summary, ending: &Ending<'_>, others: &[Other<'_>]) -> Result<String> {
    let also = others.iter().map(also).collect();
    let document = Manifest { also, ..manifest(summary, ending) };
    let text = serde_json::to_string_pretty(&document).map_err(|error| Error::io("write the report", error.into()))?;
    Ok(text + "\n")
}

fn also(other: &Other<'_>) -> Also {
    let file = other.file.display().to_string();
    Also { rules: other.rules.into(), file, manifest: manifest(other.summary, other.ending) }
}

fn manifest(summary: &Summary, ending: &Ending<'_>) -> Manifest {
    let mut total = Tally::default();
    for table in &summary.tables {
        total += &table.tally;
    }
    let planned = outlook(summary);
    let left = summary.objects.iter();
    let unlisted = summary.unlisted.iter();
    Manifest {
        schema_version: SCHEMA_VERSION,
        pgveil_version: env!("CARGO_PKG_VERSION").into(),
        complete: summary.complete && ending.error.is_none(),
        error: ending.error.map(ToString::to_string),
        exit_status: ending.exit_status,
        dry_run: ending.dry_run,
        elapsed_seconds: summary.elapsed.as_secs_f64(),
        bytes_in: summary.bytes_in,
        bytes_read: summary.bytes_read,
        readings: summary.readings as u64,
        bytes_out: summary.bytes_out,
        rows_in: total.rows_in,
        rows_out: total.rows_out,
        values_masked: total.masked,
        values_invalid: total.invalid(),
        values_unseeded: total.unseeded(),
        checksum_method: (!ending.dry_run).then(|| digest::METHOD.into()),
        several_databases: summary.connects_late,
        tables: summary.tables.iter().map(|found| table(found, planned.get(&found.relation).copied(), ending.dry_run)).collect(),
        objects_left_out: left
            .map(|object| LeftOut { kind: object.kind.into(), name: object.name.clone(), because: object.because.clone() })
            .collect(),
        statements_left_out: summary.statements.iter().map(|(what, count)| ((*what).into(), *count)).collect(),
        unlisted: unlisted
            .map(|(relation, column)| Column {
                database: relation.database.as_ref().map(|name| name.as_str().into()),
                schema: relation.schema.as_str().into(),
                table: relation.name.as_str().into(),
                column: column.as_str().into(),
            })
            .collect(),
        remarks: summary.remarks.clone(),
        also: Vec::new(),
    }
}

/// Under which name rows are counted that were left out: the key of the rules file, `flag` for one of the command line, `drop`
/// where the table itself went.
fn rows_left_out(table: &TableSummary) -> BTreeMap<String, u64> {
    let whole = table.absence.as_ref().map(|absence| match absence {
        Absence::Dropped => "drop",
        Absence::Rule(_) => "data",
        Absence::Flag(_) => "flag",
        Absence::Subset => Cause::Subset.key(),
    });
    let whole = whole.map(|key| (key, table.tally.rows_in - table.tally.rows_out)).filter(|(_, rows)| *rows > 0);
    let single = table.tally.causes.counts().map(|(cause, rows)| (cause.key(), rows));
    whole.into_iter().chain(single).map(|(key, rows)| (key.to_owned(), rows)).collect()
}

fn table(table: &TableSummary, outlook: Option<&TableOutlook>, dry_run: bool) -> Table {
    let Tally { rows_in, rows_out, masked, digest, ref notes, .. } = table.tally;
    let planned = outlook.map_or(&[][..], |found| &found.columns);
    let place = |at: &At| format!("{}:{}", at.file, at.line);
    let rule = |column: &Name| planned.iter().find(|found| found.column == *column).map(|found| place(&found.at));
    let invalid = |column: &Name| {
        let found = notes.iter().filter(|noted| noted.column == *column && matches!(noted.note, Note::Invalid(_)));
        found.map(|noted| noted.count).sum()
    };
    let masks = table.columns.iter().map(|(column, mask)| Masked {
        column: column.as_str().into(),
        mask: (*mask).into(),
        rule: rule(column),
        values_invalid: invalid(column),
    });
    let kept = planned.iter().filter(|found| !found.is_masked);
    Table {
        database: table.relation.database.as_ref().map(|name| name.as_str().into()),
        schema: table.relation.schema.as_str().into(),
        table: table.relation.name.as_str().into(),
        action: match table.action {
            TableAction::Pass => Action::Pass,
            TableAction::Mask => Action::Mask,
            TableAction::Skip => Action::Skip,
        },
        rows_in,
        rows_out,
        values_masked: masked,
        rows_left_out: rows_left_out(table),
        values_invalid: table.tally.invalid(),
        values_unseeded: table.tally.unseeded(),
        columns: masks.collect(),
        columns_kept: kept.map(|found| Kept { column: found.column.as_str().into(), rule: place(&found.at) }).collect(),
        rows_uncounted: table.tally.uncounted,
        row_columns: table.listed.as_ref().map(|listed| listed.iter().map(|column| column.as_str().into()).collect()),
        row_width: digest.width().map(|width| width as u64),
        encoding: Some(table.charset.name().into()),
        checksum: digest.checksum().filter(|_| !dry_run).map(|sum| format!("{sum:032x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;
    use crate::mask::Remedy;
    use crate::name::RelationName;
    use crate::pipeline::observe::ColumnOutlook;
    use std::fs;

    fn summary() -> Summary {
        let mut tally = Tally { rows_out: 2, masked: 4, ..Tally::left_out(Cause::Condition, 1) };
        tally.rows_in = 3;
        tally.note(&Name::new("email"), Note::Invalid(Remedy::Kept), 1);
        let at = |line| At { file: "rules.toml".into(), line, column: 1 };
        let column = |name, line, is_masked| ColumnOutlook {
            column: Name::new(name),
            rule: "email".into(),
            at: at(line),
            is_masked,
            is_carried: false,
        };
        let outlook = TableOutlook {
            relation: RelationName::new("public", "we\"ird"),
            absence: None,
            choices: vec![(Cause::Condition, at(4))],
            columns: vec![column("id", 5, false), column("email", 6, true)],
        };
        Summary {
            outlook: vec![outlook],
            bytes_read: 30,
            readings: 2,
            tables: vec![TableSummary {
                relation: RelationName::new("public", "we\"ird"),
                action: TableAction::Mask,
                absence: None,
                tally,
                columns: vec![(Name::new("email"), "email")],
                listed: Some(vec![Name::new("id"), Name::new("email")]),
                charset: crate::encoding::Charset::Latin1,
            }],
            bytes_in: 100,
            unlisted: vec![(RelationName::new("public", "users"), Name::new("phone"))],
            remarks: vec!["a remark".into()],
            complete: true,
            ..Summary::default()
        }
    }

    fn parsed(summary: &Summary, ending: &Ending<'_>) -> serde_json::Value {
        serde_json::from_str(&json(summary, ending, &[]).expect("writes")).expect("JSON")
    }

    #[test]
    fn a_run_that_ended_well() {
        let value = parsed(&summary(), &Ending { error: None, exit_status: 0, dry_run: false });
        let expected = serde_json::json!({
            "schema_version": 1, "pgveil_version": env!("CARGO_PKG_VERSION"), "complete": true, "error": null,
            "exit_status": 0, "dry_run": false, "elapsed_seconds": 0.0, "bytes_in": 100, "bytes_read": 30, "readings": 2, "bytes_out": 0,
            "rows_in": 3, "rows_out": 2, "values_masked": 4, "values_invalid": 1, "values_unseeded": 0,
            "tables": [{
                "schema": "public", "table": "we\"ird", "action": "mask", "rows_in": 3, "rows_out": 2,
                "rows_left_out": { "where": 1 }, "values_masked": 4, "values_invalid": 1, "values_unseeded": 0,
                "columns": [{ "column": "email", "mask": "email", "rule": "rules.toml:6", "values_invalid": 1 }],
                "columns_kept": [{ "column": "id", "rule": "rules.toml:5" }],
                "row_columns": ["id", "email"], "row_width": null, "encoding": "LATIN1", "checksum": "0".repeat(32),
            }],
            "checksum_method": "xxh3-128-sum", "several_databases": false,
            "unlisted": [{ "schema": "public", "table": "users", "column": "phone" }],
            "objects_left_out": [], "statements_left_out": {}, "remarks": ["a remark"],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let error = Error::at_byte(7, Fault::NoTrailer("PostgreSQL database dump complete"));
        let value = parsed(&summary(), &Ending { error: Some(&error), exit_status: 3, dry_run: false });
        assert_eq!(value["complete"], false);
        assert_eq!(value["exit_status"], 3);
        assert_eq!(value["error"], error.to_string());
    }

    #[test]
    fn the_file_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        let report = Report::create(&path).expect("opens");
        assert!(!path.exists());
        report.write(&summary(), &Ending { error: None, exit_status: 0, dry_run: true }, &[]).expect("writes");
        let value: serde_json::Value = serde_json::from_slice(&fs::read(&path).expect("is there")).expect("JSON");
        assert_eq!(value["dry_run"], true);
        assert!(Report::create(&folder.path().join("missing").join("report.json")).is_err());
    }

    /// What the page says is what the report holds.
    #[test]
    fn every_field_is_documented() {
        let page = include_str!("../../docs/report.md");
        fn walk(value: &serde_json::Value, page: &str) {
            match value {
                serde_json::Value::Object(fields) => {
                    for (name, value) in fields {
                        assert!(page.contains(&format!("`{name}`")), "docs/report.md does not name `{name}`");
                        walk(value, page);
                    }
                }
                serde_json::Value::Array(values) => values.iter().for_each(|value| walk(value, page)),
                _ => {}
            }
        }
        walk(&parsed(&summary(), &Ending { error: None, exit_status: 0, dry_run: false }), page);
    }
}
