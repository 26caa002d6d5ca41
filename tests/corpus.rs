//! The packed dumps are what their manifest says, and cover what the filter has to take.

use crate::support::corpus::{self, Kind};

#[test]
fn every_member_is_what_the_manifest_says() {
    let mut count = 0;
    corpus::each(
        |_| true,
        |entry, bytes| {
            assert_eq!(blake3::hash(bytes).to_hex().as_str(), entry.blake3, "{}", entry.name);
            count += 1;
        },
    );
    assert_eq!(count, corpus::list().len());
}

#[test]
fn every_version_and_every_form_is_there() {
    let names: Vec<String> = corpus::list().into_iter().map(|entry| entry.name).collect();
    for version in 14..=18 {
        for dump in [
            "app",
            "torture",
            "torture.inserts",
            "torture.quote-all",
            "torture.no-dollar",
            "torture.clean-create",
            "torture.data-only",
            "torture.schema-only",
            "torture.partition-root",
            "torture.verbose",
            "torture_latin1",
            "torture_ascii",
            "torture_eucjp",
            "torture_ja.E-SJIS",
            "torture_zh_tw.E-BIG5",
            "torture_lo",
            "weirddb1.create",
        ] {
            let name = format!("{version}/{dump}.sql");
            assert!(names.contains(&name), "{name} is missing");
        }
    }
    for name in
        ["14/torture.sql.gz", "18/torture.lz4.sql.lz4", "18/torture.zstd.sql.zstd", "real/18/pagila.sql", "damaged/torture_gucs.crlf.sql"]
    {
        assert!(names.iter().any(|known| known == name), "{name} is missing");
    }
}

#[test]
fn a_whole_dump_ends_in_its_trailer() {
    corpus::each(
        |entry| entry.kind == Kind::Dump && entry.size < 1_000_000,
        |entry, bytes| {
            let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(300)..]).into_owned();
            let whole = ["-- PostgreSQL database dump complete", "-- PostgreSQL database cluster dump complete"];
            assert!(whole.iter().any(|trailer| tail.contains(trailer)), "{}: ends in {tail}", entry.name);
        },
    );
}

#[test]
fn one_member_is_found_by_its_name() {
    let dump = corpus::read("18/torture_latin1.sql");
    assert!(dump.windows(29).any(|window| window == b"SET client_encoding = 'LATIN1"), "not a LATIN1 dump");
}
