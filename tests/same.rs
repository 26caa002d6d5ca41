//! How the input arrives and how many threads work on it changes no byte of a masked dump.

use std::sync::Arc;

use crate::support::corpus;
use crate::support::inside::{How, filter};

/// Masks in the corpus's shop database: names, e-mail, dates, addresses.
const RULES: &str = include_str!("rules/app.toml");

#[test]
fn chunks_threads_and_files_change_no_byte() {
    let input: Arc<[u8]> = Arc::from(corpus::read("18/app.sql"));
    let reference = filter(&input, RULES, How { read: 1 << 20, block: 1 << 20, threads: 1, file: false });
    assert_eq!(reference.error, None);
    assert!(reference.output != *input);
    let masked: u64 = reference.summary.tables.iter().map(|table| table.tally.masked).sum();
    assert!(masked > 1000, "{masked} values masked");
    for (read, block) in [(1, 997), (7, 64), (113, 4096), (65_536, 65_536), (1 << 20, 1 << 20)] {
        for threads in [1, 2, 4, 7] {
            for file in [false, true] {
                let how = How { read, block, threads, file };
                let ran = filter(&input, RULES, how);
                assert_eq!(ran.error, None, "{how:?}");
                assert!(ran.output == reference.output, "the output differs: {how:?}");
                let again: u64 = ran.summary.tables.iter().map(|table| table.tally.masked).sum();
                assert_eq!(again, masked, "{how:?}");
            }
        }
    }
}

/// The rows of each table of a script, in order.
fn blocks(script: &[u8]) -> Vec<(String, Vec<String>)> {
    let text = String::from_utf8_lossy(script);
    let (mut blocks, mut open) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("COPY ") && line.ends_with("FROM stdin;") {
            blocks.push((line.to_owned(), Vec::new()));
            open = true;
        } else if line == "\\." {
            open = false;
        } else if let Some((_, rows)) = blocks.last_mut().filter(|_| open) {
            rows.push(line.to_owned());
        }
    }
    blocks
}

#[test]
fn a_limit_lets_the_first_rows_pass_whatever_the_threads_and_chunks() {
    let input: Arc<[u8]> = Arc::from(corpus::read("18/app.sql"));
    let before = blocks(&input);
    let (head, all) = before.iter().max_by_key(|(_, rows)| rows.len()).expect("rows");
    let table = head.split([' ', '(']).nth(1).expect("a name");
    assert!(all.len() > 1000, "{} rows", all.len());
    for limit in [1, 2, 63, all.len() - 1, all.len()] {
        let rules = format!("version = 1\n[tables.\"{table}\"]\nlimit = {limit}\n");
        let mut told = None;
        for (read, block, threads) in [(7, 64, 4), (113, 997, 2), (4096, 4096, 7), (65_536, 65_536, 3), (1 << 20, 1 << 20, 1)] {
            let ran = filter(&input, &rules, How { read, block, threads, file: true });
            assert_eq!(ran.error, None, "{limit}, {block}, {threads}");
            let after = blocks(&ran.output);
            assert_eq!(after.len(), before.len());
            for ((found, rows), (_, passed)) in before.iter().zip(&after) {
                let most = if found == head { limit } else { rows.len() };
                assert!(passed[..] == rows[..most], "{found}: {limit}, {block}, {threads}");
            }
            let counts: Vec<_> = ran.summary.tables.iter().map(|table| (table.relation.clone(), table.tally.clone())).collect();
            assert_eq!(*told.get_or_insert(counts.clone()), counts);
        }
    }
}

#[test]
fn a_sample_is_the_same_in_each_run_and_a_smaller_one_a_part_of_it() {
    let input: Arc<[u8]> = Arc::from(corpus::read("18/app.sql"));
    let how = How { read: 113, block: 997, threads: 4, file: true };
    let all = blocks(&input);
    let (head, rows) = all.iter().max_by_key(|(_, rows)| rows.len()).expect("rows");
    let table = head.split([' ', '(']).nth(1).expect("a name").to_owned();
    let column = head.split(['(', ',', ')']).nth(1).expect("a column").trim().to_owned();
    let taken = |rate: &str, how: How| -> Vec<String> {
        let rules = format!("version = 1\n[tables.\"{table}\"]\nsample = {{ rate = {rate}, by = \"{column}\" }}\n");
        let ran = filter(&input, &rules, how);
        assert_eq!(ran.error, None);
        blocks(&ran.output).into_iter().find(|(found, _)| found == head).expect("is there").1
    };
    let tenth = taken("0.1", how);
    assert_eq!(tenth, taken("0.1", How { read: 1 << 20, block: 1 << 20, threads: 1, file: false }));
    let half = taken("0.5", how);
    assert!(tenth.iter().all(|row| half.contains(row)));
    assert!(half.len() > tenth.len() && half.len() < rows.len() && !tenth.is_empty(), "{} {} {}", tenth.len(), half.len(), rows.len());
    assert_eq!(taken("1", how), *rows);
}
