//! Archives that say what pg_dump never writes: rows in definitions, several statements where one belongs. No output may
//! carry them past the masks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use pgveil::archive::read::Kind;
use pgveil::archive::write::{ArchiveWriter, Custom, Packing};
use pgveil::archive::{Archive, Entry};

use crate::support::pgveil::Pgveil;

const RULES: &str = "version = 1\n[columns]\nemail = \"hash\"\n";

/// An archive of the dump of the cases, whose entries are changed.
fn archive(folder: &Path, change: impl Fn(&mut Vec<Entry>)) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/base.sql");
    let (whole, lying) = (folder.join("whole.dump"), folder.join("lying.dump"));
    Pgveil::new(["filter", "-q", "-F", "custom", "-Z", "none", "-f"]).arg(&whole).arg(script).run("").success();
    let Archive { header, mut entries, mut data } = Archive::custom(Box::new(File::open(&whole).expect("opens"))).expect("reads");
    let original = entries.clone();
    change(&mut entries);
    assert!(entries != original, "nothing is changed");
    let mut writer = Box::new(Custom::pipe(File::create(&lying).expect("creates"), "lying", Packing::NONE));
    writer.begin(&header, &entries).expect("begins");
    while let Some(block) = data.next_block().expect("reads") {
        assert!(block.kind == Kind::Table);
        let mut rows = Vec::new();
        std::io::Read::read_to_end(&mut data, &mut rows).expect("reads");
        writer.begin_data(block.dump_id).expect("begins");
        writer.data(&rows).expect("writes");
        writer.end().expect("ends");
    }
    writer.finish().expect("finishes");
    lying
}

/// Nothing comes of such an archive, in any form, but what a script masks.
fn refused(change: impl Fn(&mut Vec<Entry>), what: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let lying = archive(folder.path(), change);
    let rules = folder.path().join("rules.toml");
    fs::write(&rules, RULES).expect("writes");
    for form in ["custom", "directory", "tar"] {
        let out = folder.path().join(form);
        let outcome = Pgveil::new(["filter", "-F", form, "-r"]).arg(&rules).arg("-f").arg(&out).arg(&lying).run("");
        assert_eq!(outcome.code(), 3, "{what}, {form}: {}", outcome.err());
        assert!(outcome.err().contains(what), "{}", outcome.err());
        assert!(!out.exists());
    }
    let plain = Pgveil::new(["filter", "-r"]).arg(&rules).arg(&lying).run("");
    assert!(!plain.out().contains("LEAK"), "{}", plain.out());
}

fn first<'e>(entries: &'e mut [Entry], desc: &str) -> &'e mut Entry {
    entries.iter_mut().find(|entry| entry.desc.as_deref() == Some(desc.as_bytes())).expect("is there")
}

fn longer(text: &mut Option<Bytes>, more: &str) {
    *text = Some([text.as_deref().unwrap_or_default(), more.as_bytes()].concat().into());
}

const INSERT: &str = "INSERT INTO public.users VALUES (77, 'x', 'LEAK', NULL, NULL, NULL, NULL);\n";
const COPY: &str = "COPY public.users (id, \"firstName\", email) FROM stdin;\n77\tx\tLEAK\n\\.\n\n\n";

#[test]
fn rows_in_a_definition() {
    for desc in ["CONSTRAINT", "TABLE", "TABLE DATA"] {
        refused(|entries| longer(&mut first(entries, desc).defn, INSERT), "found rows in a statement of its own");
        refused(|entries| longer(&mut first(entries, desc).defn, COPY), "found rows in a statement of its own");
    }
}

#[test]
fn rows_where_an_object_is_removed() {
    refused(|entries| longer(&mut first(entries, "TABLE").drop_stmt, INSERT), "found rows in a statement of its own");
    refused(
        |entries| longer(&mut first(entries, "TABLE").drop_stmt, "UPDATE public.users SET email = 'LEAK';\n"),
        "a statement that may hold values where no mask reaches",
    );
}

#[test]
fn more_than_a_setting() {
    for desc in ["ENCODING", "STDSTRINGS", "SEARCHPATH"] {
        refused(|entries| longer(&mut first(entries, desc).defn, INSERT), "found");
    }
}

#[test]
fn two_statements_before_rows() {
    let more = "COPY public.logins FROM stdin;\n";
    refused(|entries| longer(&mut first(entries, "TABLE DATA").copy_stmt, more), "more than one statement before its rows");
}

#[test]
fn rows_of_another_table() {
    let other = |entries: &mut Vec<Entry>| {
        first(entries, "TABLE DATA").copy_stmt = Some("COPY public.logins (id, user_email, address) FROM stdin;\n".into());
    };
    refused(other, "about the table that the entry names");
}

#[test]
fn rows_that_only_some_flags_of_pg_restore_print() {
    for (desc, tag) in
        [("DATABASE", "app"), ("DATABASE PROPERTIES", "app"), ("ACL", "DATABASE app"), ("COMMENT", "DATABASE app"), ("BLOBS", "BLOBS")]
    {
        let lie = |entries: &mut Vec<Entry>| {
            let mut entry = first(entries, "TABLE").clone();
            entry.dump_id = 9000;
            entry.desc = Some(Bytes::copy_from_slice(desc.as_bytes()));
            entry.tag = Some(Bytes::copy_from_slice(tag.as_bytes()));
            entry.defn = Some(INSERT.into());
            entries.push(entry);
        };
        refused(lie, "found");
    }
}
