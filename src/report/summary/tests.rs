//! The texts of the summary.

use std::time::Duration;

use super::*;
use crate::error::At;
use crate::name::Name;
use crate::pipeline::observe::{ColumnOutlook, TableAction};

fn at(line: u32) -> At {
    At { file: "rules.toml".into(), line, column: 1 }
}

fn table(name: &str, action: TableAction, absence: Option<Absence>, tally: Tally, columns: &[(&str, &'static str)]) -> TableSummary {
    TableSummary {
        relation: RelationName::new("public", name),
        action,
        absence,
        tally,
        columns: columns.iter().map(|(column, mask)| (Name::new(*column), *mask)).collect(),
        listed: None,
        charset: crate::encoding::Charset::Utf8,
    }
}

fn outlook(name: &str, absence: Option<Absence>, choices: &[(Cause, u32)], columns: &[(&str, &str, u32)]) -> TableOutlook {
    TableOutlook {
        relation: RelationName::new("public", name),
        absence,
        choices: choices.iter().map(|(cause, line)| (*cause, at(*line))).collect(),
        columns: columns
            .iter()
            .map(|(column, rule, line)| ColumnOutlook {
                column: Name::new(*column),
                rule: (*rule).into(),
                at: at(*line),
                is_masked: *rule != "keep",
                is_carried: *column == "owner",
            })
            .collect(),
    }
}

fn passed(rows: u64, masked: u64) -> Tally {
    Tally { rows_in: rows, rows_out: rows, masked, ..Tally::default() }
}

fn skipped(rows: u64) -> Tally {
    Tally { rows_in: rows, ..Tally::default() }
}

fn summary() -> Summary {
    let skip = Some(Absence::Rule(Some(at(12))));
    let mut orders = passed(99, 198);
    orders += &Tally::left_out(Cause::Condition, 4_000);
    orders += &Tally::left_out(Cause::Sample, 901);
    let users = [("firstName", "first_name", 7), ("email", "email { domain = \"people\" }", 8), ("role", "keep", 9)];
    let log = outlook("empty", None, &[(Cause::Limit, 20)], &[("owner", "uuid", 2)]);
    Summary {
        tables: vec![
            table("users", TableAction::Mask, None, passed(12_345, 24_690), &[("firstName", "first_name"), ("email", "email")]),
            table("knowledge-elements", TableAction::Skip, skip.clone(), skipped(1_000_000), &[]),
            table("orders", TableAction::Mask, None, orders, &[("note", "null")]),
            table("logs", TableAction::Skip, Some(Absence::Dropped), skipped(5_000), &[]),
            table("tags", TableAction::Pass, None, passed(1, 0), &[]),
        ],
        outlook: vec![
            log,
            outlook("knowledge-elements", skip, &[], &[]),
            outlook("logs", Some(Absence::Dropped), &[], &[]),
            outlook("orders", None, &[(Cause::Condition, 14), (Cause::Sample, 15)], &[("note", "null", 16)]),
            outlook("tags", None, &[], &[]),
            outlook("users", None, &[], &users),
        ],
        bytes_in: 1_200_000_000,
        bytes_read: 300_000_000,
        readings: 2,
        bytes_out: 1_100_000_000,
        elapsed: Duration::from_millis(2400),
        unlisted: vec![(RelationName::new("public", "users"), Name::new("phone"))],
        remarks: vec!["public.answers: foreign key answers_user_fkey is NOT VALID".into()],
        complete: true,
        ..Summary::default()
    }
}

#[test]
fn the_short_form() {
    assert_eq!(
        lines(&summary(), Detail { output: "masked.sql", ..Detail::default() }),
        [
            "4 of 5 tables, 12,445 of 1,022,346 rows, 24,888 values masked",
            "rows left out: 1,000,000 by data = \"skip\", 4,000 by where, 901 by sample, 5,000 with their tables",
            "public.answers: foreign key answers_user_fkey is NOT VALID",
            "1 column that can hold personal data has no rule; -v names it",
            "1.20 GB read, 1.10 GB written to masked.sql in 2.40 s (500 MB/s, read 2 times)",
        ]
    );
}

#[test]
fn the_long_form_stands_in_columns() {
    assert_eq!(
        lines(&summary(), Detail { tables: true, dry_run: true, output: "" }),
        [
            "4 of 5 tables, 12,445 of 1,022,346 rows, 24,888 values masked",
            "  public.users                         12,345 rows  24,690 values masked",
            "    \"firstName\" = first_name                   rules.toml:7",
            "    email       = email { domain = \"people\" }  rules.toml:8",
            "    role        = keep                         rules.toml:9",
            "  public.\"knowledge-elements\"  0 of 1,000,000 rows  left out by data = \"skip\" (rules.toml:12)",
            "  public.orders                   99 of 5,000 rows  4,000 left out by where (rules.toml:14); 901 left out by sample \
             (rules.toml:15); 198 values masked",
            "    note = null  rules.toml:16",
            "  public.logs                      0 of 5,000 rows  the table is left out",
            "  public.tags                               1 row   unchanged",
            "  public.empty                             no rows  limit (rules.toml:20); 1 column masked",
            "    owner = uuid  rules.toml:2, along a foreign key",
            "rows left out: 1,000,000 by data = \"skip\", 4,000 by where, 901 by sample, 5,000 with their tables",
            "public.answers: foreign key answers_user_fkey is NOT VALID",
            "1 column that can hold personal data has no rule:",
            "  public.users.phone",
            "1.20 GB read in 2.40 s (500 MB/s, read 2 times); nothing was written (--dry-run)",
        ]
    );
}

#[test]
fn a_plan_without_rows() {
    let planned = Summary { tables: Vec::new(), ..summary() };
    let told = lines(&planned, Detail { tables: true, dry_run: true, output: "" });
    assert_eq!(told[0], "the dump holds no rows; planned: 5 tables, 4 columns masked");
    assert!(told.contains(&"  public.users                 no rows  2 columns masked".to_owned()), "{told:#?}");
    assert!(told.contains(&"    role        = keep                         rules.toml:9".to_owned()), "{told:#?}");
}

#[test]
fn what_masks_could_not_read_is_told_by_column() {
    let mut tally = passed(9, 9);
    tally.note(&Name::new("phone"), Note::Invalid(Remedy::Kept), 1);
    tally.note(&Name::new("email"), Note::Invalid(Remedy::Shape), 1_234);
    tally.note(&Name::new("email"), Note::Invalid(Remedy::Null), 2);
    tally.note(&Name::new("born"), Note::Unseeded, 1);
    let summary = Summary { tables: vec![table("users", TableAction::Mask, None, tally, &[])], ..Summary::default() };
    assert_eq!(
        noted(&summary),
        [
            "public.users.born: 1 value without its seed was its own",
            "public.users.email: 1,234 values that their mask could not read got other characters of the same shape",
            "public.users.email: 2 values that their mask could not read became NULL",
            "public.users.phone: 1 value that its mask could not read stayed as it was",
        ]
    );
}

#[test]
fn nothing_to_tell() {
    assert_eq!(lines(&Summary::default(), Detail::default()), ["0 tables, 0 rows, 0 values masked", "0 B read, 0 B written in 0.00 s"]);
}
