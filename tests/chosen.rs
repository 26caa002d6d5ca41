//! What is chosen by name, and what that brings along.

use std::fs;

use crate::support::pgveil::Pgveil;
use crate::support::process::Outcome;

const PARTITIONS: &str = "CREATE TABLE public.ev (id integer, note text) PARTITION BY RANGE (id);\n\n\
    CREATE TABLE public.ev_1 (id integer, note text);\n\nCREATE TABLE public.ev_2 (id integer, note text);\n\n\
    CREATE TABLE public.kid (extra text) INHERITS (public.par);\n\n\
    ALTER TABLE ONLY public.ev ATTACH PARTITION public.ev_1 FOR VALUES FROM (0) TO (10);\n\n\
    ALTER TABLE ONLY public.ev ATTACH PARTITION public.ev_2 FOR VALUES FROM (10) TO (20);\n\n\
    COPY public.ev_1 (id, note) FROM stdin;\n1\tone\n\\.\n\n\nCOPY public.ev_2 (id, note) FROM stdin;\n11\televen\n\\.\n\n\n\
    COPY public.kid (id, extra) FROM stdin;\n5\tfive\n\\.\n\n\n";

/// With the parent of an heir.
fn dump() -> String {
    format!("CREATE TABLE public.par (id integer);\n\n{PARTITIONS}")
}

fn filter(args: &[&str], input: &str) -> Outcome {
    Pgveil::new(["filter", "--no-trailer"]).args(args).run(input)
}

#[test]
fn a_partition_without_its_whole_is_no_choice() {
    let rules = tempfile::NamedTempFile::new().expect("a file");
    fs::write(rules.path(), "version = 1\nonly = [\"ev_1\"]\n").expect("writes");
    let only = ["-r", rules.path().to_str().expect("text")];
    for (args, table, whole) in [
        (&["-t", "ev_1"][..], "public.ev_1", "public.ev"),
        (&only, "public.ev_1", "public.ev"),
        (&["-t", "kid"], "public.kid", "public.par"),
    ] {
        let outcome = filter(args, &dump());
        assert_eq!((outcome.code(), outcome.out().as_str()), (2, ""), "{args:?}");
        let told = format!("table {table} is named, but cannot be without {whole}, of which it is a partition or an heir");
        assert!(outcome.err().contains(&told), "{}", outcome.err());
        assert!(outcome.err().contains(&format!("name {whole} too")), "{}", outcome.err());
    }
    let both = filter(&["-q", "-t", "ev", "-t", "ev_1"], &dump()).success().out();
    assert!(both.contains("1\tone") && both.contains("11\televen") && !both.contains("kid"), "{both}");
}

#[test]
fn rows_of_a_partitioned_table_are_in_its_partitions() {
    let rest = filter(&["-q", "--exclude-table-data", "ev"], &dump()).success().out();
    assert!(!rest.contains("one") && !rest.contains("eleven") && rest.contains("5\tfive"), "{rest}");
    assert!(rest.contains("CREATE TABLE public.ev_1"));
    // An heir has rows of its own.
    assert!(filter(&["-q", "--exclude-table-data", "par"], &dump()).success().out().contains("5\tfive"));
    let whole = dump().replace("COPY public.ev_1", "COPY public.ev");
    let rest = filter(&["-q", "--exclude-table-data", "ev"], &whole).success().out();
    assert!(!rest.contains("one") && !rest.contains("eleven"), "through the whole: {rest}");
}

#[test]
fn rows_that_may_be_an_extensions_are_told() {
    let script = "CREATE EXTENSION IF NOT EXISTS ext WITH SCHEMA public;\n\nCREATE TABLE public.own (id integer);\n\n\
        COPY public.own (id) FROM stdin;\n1\n\\.\n\n\nCOPY public.settings (k) FROM stdin;\nx\n\\.\n\n\n";
    let told = "the rows of public.settings stay, which the dump does not create; if it is a table of extension ext, which is left out, leave its rows out too: --no-strict-names --exclude-table-data=public.settings";
    let outcome = filter(&["--exclude-extension", "ext"], script).success();
    assert!(outcome.err().contains(told), "{}", outcome.err());
    assert!(!outcome.err().contains("the rows of public.own"));
    let outcome = filter(&["--exclude-extension", "ext", "--no-strict-names", "--exclude-table-data=public.settings"], script).success();
    assert!(!outcome.err().contains("which the dump does not create") && !outcome.out().contains("settings"), "{}", outcome.err());
    assert!(!filter(&[], script).success().err().contains("which the dump does not create"));
}

#[test]
fn no_transaction_is_left_of_large_objects_that_go() {
    let script = "CREATE TABLE public.t (id integer);\n\nSELECT pg_catalog.lo_create('7');\n\n\nBEGIN;\n\n\
        SELECT pg_catalog.lo_open('7', 131072);\nSELECT pg_catalog.lowrite(0, '\\x01');\nSELECT pg_catalog.lo_close(0);\n\nCOMMIT;\n\n\n\
        ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (id);\n";
    for flags in [&["-s"][..], &["--section=pre-data"], &["--section=post-data"], &["-B"]] {
        let out = filter(&[&["-q"], flags].concat(), script).success().out();
        assert!(!out.contains("BEGIN") && !out.contains("COMMIT") && !out.contains("lo_"), "{flags:?}: {out}");
    }
    assert!(filter(&["-q", "-a"], script).success().out().contains("BEGIN;"));
}

#[test]
fn statistics_stand_in_the_section_of_what_they_are_of() {
    let of = |name: &str| {
        format!(
            "SELECT * FROM pg_catalog.pg_restore_relation_stats(\n\t'version', '180000'::integer,\n\t'schemaname', 'public',\n\t'relname', '{name}',\n\t'relpages', '1'::integer\n);\n\n"
        )
    };
    let script = [
        "CREATE TABLE public.t (id integer);\n\nCREATE MATERIALIZED VIEW public.mv AS SELECT 1 AS x WITH NO DATA;\n\n".to_owned(),
        of("t"),
        "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n\nCREATE INDEX mv_x ON public.mv USING btree (x);\n\n".into(),
        of("mv"),
        of("t_pkey"),
        of("mv_x"),
    ]
    .concat();
    for (section, expected) in [("pre-data", &[][..]), ("data", &["t"]), ("post-data", &["mv", "t_pkey", "mv_x"])] {
        let out = filter(&["-q", &format!("--section={section}")], &script).success().out();
        let found: Vec<&str> = out.split("'relname', '").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        assert_eq!(found, expected, "{section}");
    }
}

#[test]
fn no_statistics_come_without_the_rows() {
    let script = "CREATE TABLE public.t (email text);\n\nCREATE INDEX t_lower ON public.t USING btree (lower(email));\n\n\
        SELECT * FROM pg_catalog.pg_restore_attribute_stats(\n\t'version', '180000'::integer,\n\t'schemaname', 'public',\n\t\
        'relname', 't_lower',\n\t'attnum', '1'::smallint,\n\t'most_common_vals', '{LEAK@x.org}'\n);\n\n";
    let rules = tempfile::NamedTempFile::new().expect("a file");
    fs::write(rules.path(), "version = 1\n[tables.t.columns]\nemail = \"null\"\n").expect("writes");
    let rules = ["-r", rules.path().to_str().expect("text")];
    for flags in [&["-s"][..], &["--section=post-data"], &["--section=pre-data", "--section=post-data"], &["-a"], &[]] {
        let out = filter(&[&["-q"], &rules[..], flags].concat(), script).success().out();
        assert!(!out.contains("LEAK"), "{flags:?}: {out}");
    }
    // As pg_restore has it.
    assert!(!filter(&["-q", "-s"], script).success().out().contains("LEAK"));
    assert!(filter(&["-q", "--section=post-data"], script).success().out().contains("LEAK"));
}

#[test]
fn rows_of_a_partition_through_a_whole_that_is_not_there() {
    let script = "CREATE TABLE public.he0 (id integer, email text);\n\n\
        ALTER TABLE ONLY public.he ATTACH PARTITION public.he0 FOR VALUES WITH (modulus 1, remainder 0);\n\n";
    let copy = format!("{script}COPY public.he (id, email) FROM stdin;\n1\tLEAK\n\\.\n\n\n");
    let insert = format!("{script}INSERT INTO public.he VALUES (1, 'LEAK');\n");
    let rules = tempfile::NamedTempFile::new().expect("a file");
    let path = ["-r", rules.path().to_str().expect("text")];
    for script in [&copy, &insert] {
        for rule in ["columns.email = \"null\"", "data = \"skip\"", "where = \"false\""] {
            fs::write(rules.path(), format!("version = 1\n[tables.he0]\n{rule}\n")).expect("writes");
            let outcome = filter(&path, script);
            assert_eq!(outcome.code(), 2, "{rule}: {}", outcome.err());
            assert!(outcome.err().contains("rows come through public.he, which the dump does not create"), "{}", outcome.err());
            assert!(!outcome.out().contains("LEAK"));
        }
        assert_eq!(filter(&["--exclude-table-data", "he0"], script).code(), 2);
        fs::write(rules.path(), "version = 1\n[tables.he0.columns]\nid = \"keep\"\n").expect("writes");
        filter(&path, script).success();
    }
}

#[test]
fn a_view_without_its_table_is_no_choice() {
    let script = "CREATE TABLE public.t (id integer);\n\nCREATE VIEW public.v AS\n SELECT t.id\n   FROM public.t;\n\n";
    let outcome = filter(&["-t", "v"], script);
    assert_eq!(outcome.code(), 2);
    assert!(outcome.err().contains("view public.v is named, but cannot be without public.t, which it reads"), "{}", outcome.err());
    filter(&["-t", "v", "-t", "t"], script).success();
}
