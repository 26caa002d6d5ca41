//! INSERT statements that name no columns, of tables whose columns stand in another order than CREATE TABLE has them, or are
//! not all described: pg_dump writes such dumps, and no value may pass for one of another column.

use std::fs;

use crate::support::pgveil::Pgveil;
use crate::support::process::Outcome;

/// Runs rules over a script, from a file, from a pipe, and as an archive into an archive; what is said is the same.
fn run(rules: &str, script: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    fs::write(path("rules.toml"), format!("version = 1\n{rules}")).expect("writes");
    fs::write(path("dump.sql"), script).expect("writes");
    let filter = |args: &[&str]| Pgveil::new(["filter", "-q", "--no-trailer", "-r", &path("rules.toml")]).args(args);
    let file = filter(&[&path("dump.sql")]).run("");
    let pipe = filter(&[]).run(script);
    assert_eq!(pipe.code(), file.code(), "{}", pipe.err());
    assert!(!pipe.out().contains("LEAK"), "{}", pipe.out());
    Pgveil::new(["filter", "-q", "--no-trailer", "-F", "custom", "-f", &path("dump.custom"), &path("dump.sql")]).run("").success();
    let archive = filter(&["-F", "custom", "-Z", "none", "-f", &path("out"), &path("dump.custom")]).run("");
    assert_eq!(archive.code(), file.code(), "{}", archive.err());
    if archive.code() == 0 {
        let out = fs::read(path("out")).expect("is there");
        assert!(memchr::memmem::find(&out, b"LEAK").is_none());
    }
    file
}

fn refused(rules: &str, script: &str, why: &str) {
    let outcome = run(rules, script);
    assert_ne!(outcome.code(), 0, "{script}");
    assert!(outcome.err().contains(why), "{}", outcome.err());
    assert!(!outcome.out().contains("LEAK"));
}

const EMAIL: &str = "[columns]\nemail = \"hash\"\n";
const PEOPLE: &str = "CREATE TABLE public.people (id integer, name text, email text);\n";

#[test]
fn an_heir_may_have_got_columns_before_its_parents() {
    let heir = format!("{PEOPLE}CREATE TABLE public.clients (company text) INHERITS (public.people);\n");
    let insert = "INSERT INTO public.clients VALUES (1, 'Ann', 'ACME', 'LEAK@x.org');\n";
    refused(EMAIL, &format!("{heir}{insert}"), "in which order its values come cannot be told: the table inherits columns");
    // Named columns are what they are called; rows that no rule asks for pass.
    run(EMAIL, &format!("{heir}INSERT INTO public.clients (id, name, company, email) VALUES (1, 'Ann', 'ACME', 'LEAK@x.org');\n"))
        .success();
    run("[tables.people.columns]\nid = \"keep\"\n", &format!("{heir}{}", insert.replace("LEAK", "x"))).success();
}

#[test]
fn an_heir_of_one_order_is_masked() {
    let same = format!("{PEOPLE}CREATE TABLE public.clients () INHERITS (public.people);\n");
    run(EMAIL, &format!("{same}INSERT INTO public.clients VALUES (1, 'Ann', 'LEAK@x.org');\n")).success();
    let listed =
        format!("{PEOPLE}CREATE TABLE public.clients (id integer, name text, email text, company text) INHERITS (public.people);\n");
    run(EMAIL, &format!("{listed}INSERT INTO public.clients VALUES (1, 'Ann', 'LEAK@x.org', 'ACME');\n")).success();
    let moved =
        format!("{PEOPLE}CREATE TABLE public.clients (company text, id integer, name text, email text) INHERITS (public.people);\n");
    refused(EMAIL, &format!("{moved}INSERT INTO public.clients VALUES ('ACME', 1, 'Ann', 'LEAK@x.org');\n"), "cannot be told");
    let two = format!(
        "{PEOPLE}CREATE TABLE public.firms (siren text);\nCREATE TABLE public.clients () INHERITS (public.people, public.firms);\n"
    );
    refused(EMAIL, &format!("{two}INSERT INTO public.clients VALUES (1, 'Ann', 'S', 'LEAK@x.org');\n"), "cannot be told");
}

#[test]
fn rows_through_a_partitioned_table_have_the_order_of_their_partition() {
    let whole = "CREATE TABLE public.p (note text, email text, id integer) PARTITION BY HASH (id);\n";
    let attach = "ALTER TABLE ONLY public.p ATTACH PARTITION public.p0 FOR VALUES WITH (modulus 1, remainder 0);\n";
    let insert = "INSERT INTO public.p VALUES ('LEAK@x', 1, 'note');\n";
    let other = format!("{whole}CREATE TABLE public.p0 (email text, id integer, note text);\n{attach}");
    refused(EMAIL, &format!("{other}{insert}"), "a partition of the table has them in another order");
    run(EMAIL, &format!("{other}INSERT INTO public.p0 VALUES ('LEAK@x', 1, 'note');\n")).success();
    let same = format!("{whole}CREATE TABLE public.p0 (note text, email text, id integer);\n{attach}");
    run(EMAIL, &format!("{same}INSERT INTO public.p VALUES ('note', 'LEAK@x', 1);\n")).success();
}

#[test]
fn columns_that_are_not_described_do_not_pass() {
    let typed = "CREATE TABLE public.typed OF public.utype (\n    id NOT NULL\n);\n\nINSERT INTO public.typed VALUES (1, 'LEAK');\n";
    let heir =
        "CREATE TABLE public.heir (\n    extra text\n)\nINHERITS (public.par);\n\nINSERT INTO public.heir VALUES (2, 'LEAK', 'e');\n";
    let grandchild = heir
        .replace("INSERT", "CREATE TABLE public.kid () INHERITS (public.heir);\n\nINSERT")
        .replace("INTO public.heir", "INTO public.kid");
    let other = "CREATE TABLE public.other (email text, id integer, extra text);\n\n";
    let [typed, heir, grandchild] = [typed, heir, &grandchild].map(|script| format!("{other}{script}"));
    for script in [&typed, &heir, &grandchild] {
        for rules in [
            EMAIL,
            "[defaults]\nunlisted = \"error\"\n",
            "[tables.\"*.*\".columns]\n\"*\" = \"null\"\n",
            "[defaults]\nunlisted = \"error\"\n[columns]\nextra = \"keep\"\nid = \"keep\"\nemail = \"keep\"\n",
        ] {
            let outcome = run(rules, script);
            assert_ne!(outcome.code(), 0, "{rules}{script}");
        }
    }
    refused(EMAIL, &typed, "the dump does not describe");
    let known = typed.replace("CREATE TABLE", "CREATE TYPE public.utype AS (id integer, email text);\nCREATE TABLE");
    run(EMAIL, &known).success();
    // Nothing is asked of it: what passes is told.
    let outcome = Pgveil::new(["filter", "--no-trailer", "-r", "preset:gdpr"]).run(&typed);
    assert_ne!(outcome.code(), 0, "a preset may mean any column: {}", outcome.err());
}

#[test]
fn the_schema_file_may_say_more_than_a_dump_of_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    fs::write(path("rules.toml"), format!("version = 1\n{EMAIL}")).expect("writes");
    fs::write(path("schema.sql"), "CREATE TABLE public.par (email text);\n\nCREATE TABLE public.heir () INHERITS (public.par);\n\n")
        .expect("writes");
    let script = "CREATE TABLE public.heir (\n)\nINHERITS (public.par);\n\nINSERT INTO public.heir VALUES ('LEAK');\n";
    let filter = || Pgveil::new(["filter", "-q", "--no-trailer", "-r", &path("rules.toml")]);
    let masked = filter().args(["--schema-file", &path("schema.sql")]).run(script).success().out();
    assert!(masked.contains("INSERT INTO public.heir VALUES ('") && !masked.contains("LEAK"), "{masked}");
    let other = script.replace("heir (\n)", "heir (\n    other text\n)");
    let outcome = filter().args(["--schema-file", &path("schema.sql")]).run(other);
    assert!(outcome.err().contains("in another way than the schema file"), "{}", outcome.err());
}
