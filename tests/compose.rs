//! Scripts that become archives: the table of contents is that which pg_dump writes of the same database, and the script that
//! pg_restore makes of it is the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};

use pgveil::archive::script::Style;
use pgveil::archive::{Archive, Entry, Script};

use crate::archives;
use crate::support::corpus;
use crate::support::pgveil::Pgveil;

/// An entry as far as the script says it: what pg_restore lists and runs.
#[derive(Debug, PartialEq)]
struct Seen {
    name: String,
    section: String,
    texts: [String; 4],
    owner: String,
    relkind: i32,
}

fn text(field: Option<&bytes::Bytes>) -> String {
    field.map_or_else(|| "none".into(), |field| String::from_utf8_lossy(field).into_owned())
}

fn seen(archive: &Archive) -> Vec<Seen> {
    let of_database =
        |entry: &&Entry| text(entry.desc.as_ref()).starts_with("DATABASE") || text(entry.tag.as_ref()).starts_with("DATABASE ");
    let versioned = archive.header.version.minor >= 16;
    let entries = archive.entries.iter().filter(|entry| !of_database(entry));
    let one = |entry: &Entry| Seen {
        name: [&entry.desc, &entry.namespace, &entry.tag].map(|field| text(field.as_ref())).join(" "),
        section: format!("{:?} {}", entry.section, entry.has_data),
        // A script does not tell the default tablespace from none.
        texts: [&entry.defn, &entry.drop_stmt, &entry.copy_stmt, &entry.tablespace.clone().filter(|name| !name.is_empty())]
            .map(|field| text(field.as_ref())),
        owner: text(entry.owner.as_ref()),
        relkind: if versioned { entry.relkind } else { 0 },
    };
    entries.map(one).collect()
}

fn script(archive: Archive) -> String {
    let mut bytes = Vec::new();
    Script::new(archive, Style::default(), None).expect("is a script").read_to_end(&mut bytes).expect("reads");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// Scripts of the corpus by the archive of the same database.
fn pairs() -> BTreeMap<String, Vec<u8>> {
    let mut pairs = BTreeMap::new();
    let wanted = |name: &str| {
        let (version, file) = name.split_once('/')?;
        let database = file.strip_suffix(".sql")?;
        let archive = match database {
            "torture.statistics" => "torture.Fc-none-statistics.dump".into(),
            _ if !database.contains('.') => format!("{database}.Fc-Z0.dump"),
            _ => return None,
        };
        version.parse::<u32>().ok().map(|_| format!("{version}/{archive}"))
    };
    corpus::each(
        |entry| wanted(&entry.name).is_some(),
        |entry, bytes| {
            pairs.insert(wanted(&entry.name).expect("was selected"), bytes.to_vec());
        },
    );
    pairs
}

/// Grants on large objects stand for many in one entry since 17, where a script has them one by one.
fn of_large_objects(seen: &Seen) -> bool {
    seen.name.starts_with("ACL none LARGE OBJECT")
}

#[test]
fn a_script_becomes_the_archive_that_pg_dump_writes() {
    let mut pairs = pairs();
    let mut count = 0;
    archives::each(|name, path| {
        let Some(plain) = pairs.remove(name) else { return };
        let made = Pgveil::new(["filter", "-q", "-Fc"]).run(&plain).success().stdout;
        let made = || Archive::custom(Box::new(Cursor::new(made.clone()))).expect("opens");
        let (expected, found) = (seen(&archives::open(path)), seen(&made()));
        let (mut expected, mut found): (Vec<_>, Vec<_>) = (
            expected.into_iter().filter(|seen| !of_large_objects(seen)).collect(),
            found.into_iter().filter(|seen| !of_large_objects(seen)).collect(),
        );
        // pg_restore prints statistics of what stands behind the rows last, wherever their entries stand.
        if name.contains("statistics") {
            for list in [&mut expected, &mut found] {
                list.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.texts.cmp(&other.texts)));
            }
        }
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(found.len(), expected.len(), "{name}");
        assert!(script(made()) == script(archives::open(path)), "{name}: another script");
        count += 1;
    });
    assert!(count >= 25, "only {count} pairs");
}

#[test]
fn a_dump_without_comments_becomes_the_same_archive() {
    let mut pairs = pairs();
    archives::each(|name, path| {
        if !name.ends_with("torture_gucs.Fc-Z0.dump") && !name.ends_with("torture_seclabel.Fc-Z0.dump") {
            return;
        }
        let plain = String::from_utf8(pairs.remove(name).expect("a script")).expect("UTF-8");
        let keep = |line: &&str| !line.starts_with("-- Name:") && !line.starts_with("-- Data for Name:");
        let bare = plain.lines().filter(keep).collect::<Vec<_>>().join("\n") + "\n";
        let made = Pgveil::new(["filter", "-q", "-Fc"]).run(bare.as_bytes()).success().stdout;
        let found = seen(&Archive::custom(Box::new(Cursor::new(made))).expect("opens"));
        let names =
            |seen: &[Seen]| seen.iter().map(|seen| (seen.name.clone(), seen.section.clone(), seen.texts.clone())).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&seen(&archives::open(path))), "{name}");
    });
}

#[test]
fn what_is_written_by_hand_is_kept_in_its_place_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hand.sql");
    let head =
        "--\n-- PostgreSQL database dump\n--\n\nSET x.y = 'canary';\nCREATE TABLE t (id int, a text);\nALTER TABLE t OWNER TO bob;\n";
    let rest = "COPY t (id, a) FROM stdin;\n1\tx\n\\.\n\nINSERT INTO t VALUES (2, 'y;');\nINSERT INTO t VALUES (3, 'z'); INSERT INTO t VALUES (4, 'w');\n\
                DO $$ BEGIN NULL; END $$;\nCREATE INDEX ON t (a);\n--\n-- PostgreSQL database dump complete\n--\n\n";
    fs::write(&path, format!("{head}{rest}")).expect("writes");
    let made = Pgveil::new(["filter", "-q", "-Fc"]).arg(&path).run("").success().stdout;
    let archive = || Archive::custom(Box::new(Cursor::new(made.clone()))).expect("opens");
    let names: Vec<String> = seen(&archive()).into_iter().map(|seen| format!("{}; {}", seen.name, seen.owner)).collect();
    assert_eq!(
        names,
        [
            "ENCODING none ENCODING; none",
            "STDSTRINGS none STDSTRINGS; none",
            "STATEMENT none SET x; none",
            "TABLE public t; bob",
            "TABLE DATA public t; bob",
            "TABLE DATA public t; bob",
            "STATEMENT none DO; none",
            "INDEX public ; bob",
        ]
    );
    let printed = script(archive());
    for part in [
        "1\tx\n\\.\n",
        "INSERT INTO t VALUES (3, 'z');",
        "INSERT INTO t VALUES (4, 'w');",
        "DO $$ BEGIN NULL; END $$;",
        "CREATE INDEX ON t (a);",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    // The second entry of rows comes behind the first, which alone hangs on the table: it is not truncated.
    let entries = archive().entries;
    let rows: Vec<&Entry> = entries.iter().filter(|entry| entry.has_data).collect();
    assert_eq!(rows[1].dependencies.first(), Some(&rows[0].dump_id));
    for (statement, message) in [
        ("INSERT INTO t VALUES (5, E'it\\'s;');\n", "INSERT with E'…'"),
        ("CREATE ROLE bob;\n", "roles and tablespaces"),
        ("\\connect other\n", "several databases"),
    ] {
        fs::write(&path, format!("{head}{statement}{rest}")).expect("writes");
        let out = folder.path().join("never.dump");
        let outcome = Pgveil::new(["filter", "-q", "-Fc", "-f"]).arg(&out).arg(&path).run("");
        assert!(outcome.code() != 0 && outcome.err().contains(message), "{}", outcome.err());
        assert!(!out.exists() && !outcome.err().contains("canary"));
    }
}

#[test]
fn a_pipe_is_kept_and_said_so_or_refused() {
    let script =
        "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.t (a text);\n\n--\n-- PostgreSQL database dump complete\n--\n\n";
    let kept = Pgveil::new(["filter", "-Fc"]).run(script).success();
    assert!(kept.err().contains("the pipe is kept in"), "{}", kept.err());
    let refused = Pgveil::new(["filter", "-Fc", "--no-spool"]).run(script);
    assert_eq!(refused.code(), 2);
    assert!(refused.err().contains("--no-spool is given; name a file"), "{}", refused.err());
    assert!(refused.stdout.is_empty());
}
