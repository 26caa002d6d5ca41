//! What a run did, as JSON for programs. `docs/report.md` describes it; what is there stays there as long as
//! [`SCHEMA_VERSION`] does.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::name::Name;
use crate::output::Sink;
use crate::pipeline::observe::{Summary, TableAction, TableSummary};
use crate::rewrite::Tally;

/// Raised when a field changes its meaning or goes. New fields do not raise it.
pub const SCHEMA_VERSION: u32 = 1;

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
    let also = others.iter().map(Also::new).collect();
    let document = Document { also, ..Document::new(summary, ending) };
    let text = serde_json::to_string_pretty(&document).map_err(|error| Error::io("write the report", error.into()))?;
    Ok(text + "\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    pgveil_version: &'static str,
    complete: bool,
    error: Option<String>,
    exit_status: u8,
    dry_run: bool,
    elapsed_seconds: f64,
    bytes_in: u64,
    bytes_out: u64,
    rows_in: u64,
    rows_out: u64,
    values_masked: u64,
    values_invalid: u64,
    values_unseeded: u64,
    tables: Vec<Table<'a>>,
    objects_left_out: Vec<LeftOut<'a>>,
    statements_left_out: BTreeMap<&'a str, u64>,
    unlisted: Vec<Column<'a>>,
    remarks: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Also<'a>>,
}

/// Another output, in the same shape.
#[derive(Serialize)]
struct Also<'a> {
    rules: &'a str,
    file: String,
    #[serde(flatten)]
    document: Document<'a>,
}

impl<'a> Also<'a> {
    fn new(other: &Other<'a>) -> Also<'a> {
        let file = other.file.display().to_string();
        Also { rules: other.rules, file, document: Document::new(other.summary, other.ending) }
    }
}

#[derive(Serialize)]
struct Table<'a> {
    /// Where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    schema: &'a str,
    table: &'a str,
    action: Action,
    rows_in: u64,
    rows_out: u64,
    values_masked: u64,
    values_invalid: u64,
    values_unseeded: u64,
    columns: Vec<Masked<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pass,
    Mask,
    Skip,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    kind: &'a str,
    name: &'a str,
    because: &'a str,
}

#[derive(Serialize)]
struct Masked<'a> {
    column: &'a str,
    mask: &'a str,
}

#[derive(Serialize)]
struct Column<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    schema: &'a str,
    table: &'a str,
    column: &'a str,
}

impl<'a> Document<'a> {
    fn new(summary: &'a Summary, ending: &Ending<'_>) -> Document<'a> {
        let mut total = Tally::default();
        for table in &summary.tables {
            total += table.tally;
        }
        let unlisted = summary.unlisted.iter();
        Document {
            schema_version: SCHEMA_VERSION,
            pgveil_version: env!("CARGO_PKG_VERSION"),
            complete: summary.complete && ending.error.is_none(),
            error: ending.error.map(ToString::to_string),
            exit_status: ending.exit_status,
            dry_run: ending.dry_run,
            elapsed_seconds: summary.elapsed.as_secs_f64(),
            bytes_in: summary.bytes_in,
            bytes_out: summary.bytes_out,
            rows_in: total.rows_in,
            rows_out: total.rows_out,
            values_masked: total.masked,
            values_invalid: total.invalid,
            values_unseeded: total.unseeded,
            tables: summary.tables.iter().map(Table::new).collect(),
            objects_left_out: summary
                .objects
                .iter()
                .map(|object| LeftOut { kind: object.kind, name: &object.name, because: &object.because })
                .collect(),
            statements_left_out: summary.statements.iter().copied().collect(),
            unlisted: unlisted
                .map(|(relation, column)| Column {
                    database: relation.database.as_ref().map(Name::as_str),
                    schema: relation.schema.as_str(),
                    table: relation.name.as_str(),
                    column: column.as_str(),
                })
                .collect(),
            remarks: &summary.remarks,
            also: Vec::new(),
        }
    }
}

impl<'a> Table<'a> {
    fn new(table: &'a TableSummary) -> Table<'a> {
        Table {
            database: table.relation.database.as_ref().map(Name::as_str),
            schema: table.relation.schema.as_str(),
            table: table.relation.name.as_str(),
            action: match table.action {
                TableAction::Pass => Action::Pass,
                TableAction::Mask => Action::Mask,
                TableAction::Skip => Action::Skip,
            },
            rows_in: table.tally.rows_in,
            rows_out: table.tally.rows_out,
            values_masked: table.tally.masked,
            values_invalid: table.tally.invalid,
            values_unseeded: table.tally.unseeded,
            columns: table.columns.iter().map(|(column, mask)| Masked { column: column.as_str(), mask }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;
    use crate::name::RelationName;
    use std::fs;

    fn summary() -> Summary {
        Summary {
            tables: vec![TableSummary {
                relation: RelationName::new("public", "we\"ird"),
                action: TableAction::Mask,
                tally: Tally { rows_in: 3, rows_out: 2, masked: 4, ..Tally::default() },
                columns: vec![(Name::new("email"), "email")],
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
            "exit_status": 0, "dry_run": false, "elapsed_seconds": 0.0, "bytes_in": 100, "bytes_out": 0,
            "rows_in": 3, "rows_out": 2, "values_masked": 4, "values_invalid": 0, "values_unseeded": 0,
            "tables": [{
                "schema": "public", "table": "we\"ird", "action": "mask", "rows_in": 3, "rows_out": 2, "values_masked": 4, "values_invalid": 0, "values_unseeded": 0,
                "columns": [{ "column": "email", "mask": "email" }],
            }],
            "unlisted": [{ "schema": "public", "table": "users", "column": "phone" }],
            "objects_left_out": [], "statements_left_out": {}, "remarks": ["a remark"],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn a_run_that_failed_says_why() {
        let error = Error::at_byte(7, Fault::NoTrailer);
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
