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
