//! What a run did, as text for the end of it. It does not print: it gives lines.

use super::figures::{bytes, counted, number, rate, time};
use crate::pipeline::observe::{Summary, TableAction, TableSummary};

/// How much is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// Every table, and every column without a rule.
    pub tables: bool,
    /// Nothing was written, since the user asked for that.
    pub dry_run: bool,
}

/// The lines of the summary, without line ends.
pub fn lines(summary: &Summary, detail: Detail) -> Vec<String> {
    let mut lines = vec![totals(summary)];
    if detail.tables {
        lines.extend(tables(&summary.tables));
    }
    lines.extend(left_out(summary, detail.tables));
    lines.extend(noted(summary));
    lines.extend(summary.remarks.iter().cloned());
    lines.extend(unlisted(summary, detail.tables));
    lines.push(speed(summary, detail.dry_run));
    lines
}

/// `3 tables, 12,345 rows (1,000 left out), 24,690 values masked`
fn totals(summary: &Summary) -> String {
    let mut total = crate::rewrite::Tally::default();
    for table in &summary.tables {
        total += table.tally;
    }
    let left_out = total.rows_in.saturating_sub(total.rows_out);
    let left_out = if left_out > 0 { format!(" ({} left out)", number(left_out)) } else { String::new() };
    format!(
        "{}, {}{left_out}, {}",
        counted(summary.tables.len() as u64, "table", "tables"),
        counted(total.rows_in, "row", "rows"),
        counted(total.masked, "value masked", "values masked"),
    )
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

/// What masks met that they were not made for, by table.
fn noted(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &summary.tables {
        let mut note = |count: u64, one: &str, many: &str| {
            if count > 0 {
                lines.push(format!("{}: {}", table.relation, counted(count, one, many)));
            }
        };
        note(
            table.tally.invalid,
            "value that its mask could not read (on_invalid took care of it)",
            "values that their mask could not read (on_invalid took care of them)",
        );
        note(table.tally.unseeded, "value without its seed (it was its own)", "values without their seed (they were their own)");
    }
    lines
}

/// `1.20 GB read, 1.10 GB written in 2.4 s (512 MB/s)`
fn speed(summary: &Summary, dry_run: bool) -> String {
    let rate = rate(summary.bytes_in, summary.elapsed).map(|rate| format!(" ({rate})")).unwrap_or_default();
    let (read, elapsed) = (bytes(summary.bytes_in), time(summary.elapsed));
    if dry_run {
        format!("{read} read in {elapsed}{rate}; nothing was written (--dry-run)")
    } else {
        format!("{read} read, {} written in {elapsed}{rate}", bytes(summary.bytes_out))
    }
}

/// A line a table, in columns.
fn tables(tables: &[TableSummary]) -> Vec<String> {
    let rows: Vec<[String; 3]> =
        tables.iter().map(|table| [table.relation.to_string(), number(table.tally.rows_in), what_happened(table)]).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0);
    let (names, counts) = (width(0), width(1));
    let unit = |count: &str| if count == "1" { "row" } else { "rows" };
    rows.iter().map(|[name, count, what]| format!("  {name:names$}  {count:>counts$} {:4}  {what}", unit(count))).collect()
}

/// What happened to a table's rows.
fn what_happened(table: &TableSummary) -> String {
    match table.action {
        TableAction::Pass => "unchanged".into(),
        TableAction::Skip => "rows left out".into(),
        TableAction::Mask if table.columns.is_empty() => {
            format!("{} left out by a condition", counted(table.tally.rows_in - table.tally.rows_out, "row", "rows"))
        }
        TableAction::Mask => {
            let columns: Vec<String> = table.columns.iter().map(|(column, mask)| format!("{column} = {mask}")).collect();
            format!("{}: {}", counted(table.tally.masked, "value masked", "values masked"), columns.join(", "))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Name, RelationName};
    use crate::rewrite::Tally;
    use std::time::Duration;

    fn summary() -> Summary {
        let table = |name: &str, action, rows_in, rows_out, masked, columns: &[(&str, &'static str)]| TableSummary {
            relation: RelationName::new("public", name),
            action,
            tally: Tally { rows_in, rows_out, masked, ..Tally::default() },
            columns: columns.iter().map(|(column, mask)| (Name::new(*column), *mask)).collect(),
            listed: None,
            charset: crate::encoding::Charset::Utf8,
        };
        Summary {
            objects: Vec::new(),
            statements: Vec::new(),
            tables: vec![
                table("users", TableAction::Mask, 12_345, 12_345, 24_690, &[("firstName", "first_name"), ("email", "email")]),
                table("knowledge-elements", TableAction::Skip, 1_000_000, 0, 0, &[]),
                table("tags", TableAction::Pass, 1, 1, 0, &[]),
            ],
            bytes_in: 1_200_000_000,
            bytes_out: 1_100_000_000,
            elapsed: Duration::from_millis(2400),
            unlisted: vec![(RelationName::new("public", "users"), Name::new("phone"))],
            remarks: vec!["public.answers: foreign key answers_user_fkey is NOT VALID".into()],
            connects_late: false,
            complete: true,
        }
    }

    #[test]
    fn the_short_form() {
        assert_eq!(
            lines(&summary(), Detail::default()),
            [
                "3 tables, 1,012,346 rows (1,000,000 left out), 24,690 values masked",
                "public.answers: foreign key answers_user_fkey is NOT VALID",
                "1 column that can hold personal data has no rule; -v names it",
                "1.20 GB read, 1.10 GB written in 2.40 s (500 MB/s)",
            ]
        );
    }

    #[test]
    fn the_long_form_stands_in_columns() {
        assert_eq!(
            lines(&summary(), Detail { tables: true, dry_run: true }),
            [
                "3 tables, 1,012,346 rows (1,000,000 left out), 24,690 values masked",
                "  public.users                    12,345 rows  24,690 values masked: \"firstName\" = first_name, email = email",
                "  public.\"knowledge-elements\"  1,000,000 rows  rows left out",
                "  public.tags                          1 row   unchanged",
                "public.answers: foreign key answers_user_fkey is NOT VALID",
                "1 column that can hold personal data has no rule:",
                "  public.users.phone",
                "1.20 GB read in 2.40 s (500 MB/s); nothing was written (--dry-run)",
            ]
        );
    }

    #[test]
    fn nothing_to_tell() {
        assert_eq!(lines(&Summary::default(), Detail::default()), ["0 tables, 0 rows, 0 values masked", "0 B read, 0 B written in 0.00 s"]);
    }
}
