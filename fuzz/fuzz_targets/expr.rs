//! Any text as a condition, and any text as the values of its row: no panic, no stack overflow, no hang.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgveil::mask::fit::Target;
use pgveil::mask::{Note, Surroundings};
use pgveil::rewrite::{Clock, Filter};
use pgveil::rules::expr;

/// Columns by one letter each.
const COLUMNS: &[(&str, &str)] = &[
    ("a", "text"),
    ("b", "integer"),
    ("c", "numeric"),
    ("d", "date"),
    ("e", "timestamp with time zone"),
    ("f", "double precision"),
    ("g", "jsonb"),
    ("h", "text[]"),
    ("i", "interval"),
    ("j", "character(3)"),
    ("k", "boolean"),
    ("l", "inet"),
];

#[derive(Debug)]
struct Row<'a>(Vec<&'a str>);

impl Surroundings for Row<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index % self.0.len().max(1)).map(|value| value.as_bytes())
    }

    fn note(&self, _: Note) {}
}

fuzz_target!(|text: &str| {
    let (condition, values) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(expr) = expr::parse(condition) else { return };
    for name in expr.columns() {
        expr.simple_forms(name);
        expr.is_simple(name);
    }
    let columns: Vec<(String, Target)> = COLUMNS.iter().map(|(name, ty)| ((*name).to_owned(), Target::of_sql(ty))).collect();
    if let Ok(filter) = Filter::bind(&expr, &columns, &Clock::at(std::time::UNIX_EPOCH)) {
        let _ = filter.holds(&Row(values.split('\n').collect()));
        let _ = filter.holds(&Row(Vec::new()));
    }
});
