//! UNIQUE, primary and foreign keys: what is refused, in full, and what is not.

use std::collections::BTreeMap;

use super::{Objects, catalogue, described, planned, planner, public, wrong};
use crate::encoding::Charset;
use crate::name::Name;
use crate::plan::{Knowledge, Verdict};

const FIRST_NAME: &str = "[tables.t.columns]\nname = \"first_name\"";
const TABLE: &str = "CREATE TABLE public.t (id integer NOT NULL, name text, kind text, gone date, code character varying(10), n bigint)";

fn with(key: &str) -> String {
    format!("{TABLE};\n{key}")
}

fn holds(key: &str, text: &str) {
    if let Err(error) = planned(&with(key), text) {
        panic!("{key} with {text}: {error}");
    }
}

fn refused(key: &str, text: &str) -> String {
    wrong(&with(key), text)
}

#[test]
fn a_remedy_names_masks_that_fit() {
    let unique = "ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (name)";
    assert_eq!(
        refused(unique, FIRST_NAME),
        "r.toml:3:1: mask \"first_name\" may make equal values in column name, but unique key u of public.t needs distinct values; masks that keep values distinct: email, hash, permute, token, username, keep"
    );
    // Too short for most pseudonyms, or no text.
    for (column, value, left) in [("n", "1", "permute, keep"), ("code", "\"x\"", "permute, token, keep")] {
        let unique = format!("ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE ({column})");
        let told = refused(&unique, &format!("[tables.t.columns]\n{column} = {{ mask = \"const\", value = {value} }}"));
        let expected = format!("; masks that keep values distinct: {left}");
        assert!(told.ends_with(&expected), "{told}");
    }
}

#[test]
fn nulls_are_distinct_but_where_they_are_not() {
    let text = "[tables.t.columns]\nkind = \"null\"\nname = \"first_name\"";
    holds("ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (kind, name)", text);
    holds("CREATE UNIQUE INDEX u ON public.t USING btree (lower(kind), name)", text);
    assert_eq!(
        refused("CREATE UNIQUE INDEX u ON public.t USING btree (kind) NULLS NOT DISTINCT", "[tables.t.columns]\nkind = \"null\""),
        "r.toml:3:1: mask \"null\" makes equal NULLs in column kind, but unique key u of public.t needs distinct values; masks that keep values distinct: email, hash, permute, token, username, keep"
    );
}

#[test]
fn expressions_over_masked_columns_are_not_trusted() {
    let index = "CREATE UNIQUE INDEX u ON public.t USING btree (id, COALESCE(name, ''::text))";
    for mask in ["null", "hash"] {
        assert_eq!(
            refused(index, &format!("[tables.t.columns]\nname = \"{mask}\"")),
            format!(
                "r.toml:3:1: mask \"{mask}\" changes what is computed from column name, but unique key u of public.t needs distinct values; use \"keep\" for the column, or skip the table"
            )
        );
    }
    holds(index, "[tables.t.columns]\nname = \"keep\"\nkind = \"first_name\"");
    holds("CREATE UNIQUE INDEX u ON public.t USING btree (lower(name))", "[tables.t.columns]\nname = \"hash\"");
}

#[test]
fn a_partial_index_may_gain_rows() {
    let index = |predicate: &str| format!("CREATE UNIQUE INDEX u ON public.t USING btree (name) WHERE ({predicate})");
    let moved = "[tables.t.columns]\ngone = \"date_shift\"";
    holds(&index("gone IS NULL"), moved);
    holds(&index("name IS NOT NULL"), "[tables.t.columns]\nname = \"hash\"");
    holds(&index("id > 3"), "[tables.t.columns]\nname = \"hash\"");
    assert_eq!(
        refused(&index("gone IS NULL"), "[tables.t.columns]\ngone = \"null\""),
        "r.toml:3:1: mask \"null\" changes which rows come under the index, by column gone, but unique key u of public.t needs distinct values; use \"keep\" for the column, or skip the table"
    );
    assert!(refused(&index("gone > '2020-01-01'::date"), moved).contains("which rows come under the index, by column gone"));
    assert!(refused(&index("name ~~ '%@x.org'::text"), "[tables.t.columns]\nname = \"hash\"").contains("by column name"));
    let primary = "ALTER TABLE ONLY public.t ADD CONSTRAINT p PRIMARY KEY (id);\nCREATE UNIQUE INDEX u ON public.t USING btree (id, name) WHERE (gone > '2020-01-01'::date)";
    holds(primary, moved);
}

#[test]
fn exclusion_refuses_any_mask() {
    let exclusion = "ALTER TABLE ONLY public.t ADD CONSTRAINT e EXCLUDE USING gist (id WITH =, name WITH &&)";
    for mask in ["null", "hash"] {
        assert_eq!(
            refused(exclusion, &format!("[tables.t.columns]\nname = \"{mask}\"")),
            format!(
                "r.toml:3:1: mask \"{mask}\" changes values in column name, but exclusion constraint e of public.t refuses rows by those values; use \"keep\" for the column, or skip the table"
            )
        );
    }
}

#[test]
fn another_key_keeps_rows_apart() {
    let keys = |other: &str, key: &str| {
        format!("CREATE UNIQUE INDEX a ON public.t USING btree ({other});\nCREATE UNIQUE INDEX b ON public.t USING btree ({key}")
    };
    holds(&keys("kind", "kind, name)"), FIRST_NAME);
    holds(&keys("lower(kind)", "kind, name)"), FIRST_NAME);
    holds(&keys("id", "id, name) NULLS NOT DISTINCT"), FIRST_NAME);
    // Two rows with NULL in kind pass the first index and may meet in the second.
    assert!(refused(&keys("kind", "kind, name) NULLS NOT DISTINCT"), FIRST_NAME).contains("unique key b"));
    assert!(refused(&keys("lower(name)", "kind, name)"), FIRST_NAME).contains("unique key b"));
    assert!(
        refused(
            "CREATE UNIQUE INDEX a ON public.t USING btree (id) WHERE (n > 0);\nCREATE UNIQUE INDEX b ON public.t USING btree (id, name)",
            FIRST_NAME
        )
        .contains("unique key b")
    );
}

#[test]
fn one_rule_over_many_tables_is_told_once() {
    let schema: Vec<String> = (0..4)
        .map(|i| format!("CREATE TABLE public.t{i} (email text);\nALTER TABLE ONLY public.t{i} ADD CONSTRAINT u{i} UNIQUE (email)"))
        .collect();
    let expected =
        "r.toml:3:1: mask \"first_name\" may make equal values in column email, but unique key u0 of public.t0 needs distinct values";
    let told = wrong(&schema.join(";\n"), "[columns]\nemail = \"first_name\"");
    assert_eq!(
        told,
        format!("{expected} (and in 3 more tables); masks that keep values distinct: email, hash, permute, token, username, keep")
    );
    let told = wrong(&schema[..2].join(";\n"), "[columns]\nemail = \"first_name\"");
    assert!(told.starts_with(&format!("{expected} (and in one more table);")), "{told}");
}

const PARTITIONED: &str = "CREATE TABLE public.p (at date NOT NULL, who text) PARTITION BY RANGE (at);
CREATE TABLE public.p1 (at date NOT NULL, who text);
ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 DEFAULT;
ALTER TABLE ONLY public.p ADD CONSTRAINT k UNIQUE (at, who)";

#[test]
fn keys_of_a_partitioned_table_hold_for_its_partitions() {
    assert_eq!(
        wrong(PARTITIONED, "[tables.p1.columns]\nwho = \"first_name\""),
        "r.toml:3:1: mask \"first_name\" may make equal values in column who, but unique key k of public.p needs distinct values; masks that keep values distinct: email, hash, permute, token, username, keep"
    );
    assert!(planned(PARTITIONED, "[tables.p1]\ndata = \"skip\"\n[tables.p.columns]\nwho = \"first_name\"").is_ok());
    // An heir by INHERITS is not bound by its parent's keys.
    let heir = "CREATE TABLE public.a (who text);\nCREATE TABLE public.b () INHERITS (public.a);\nALTER TABLE ONLY public.a ADD CONSTRAINT k UNIQUE (who)";
    assert!(planned(heir, "[tables.b.columns]\nwho = \"first_name\"").is_ok());
    assert!(wrong(heir, "[tables.a.columns]\nwho = \"first_name\"").contains("unique key k of public.a"));
}

const JOINED: &str = "CREATE TABLE public.a (email text, n integer);
CREATE TABLE public.b (who text, n integer);
ALTER TABLE ONLY public.b ADD CONSTRAINT f FOREIGN KEY (who) REFERENCES public.a(email)";

#[test]
fn both_ends_of_a_foreign_key_are_masked_alike() {
    let fits = |text: &str| planned(JOINED, text).map(drop).map_err(|error| error.to_string());
    assert_eq!(fits("[tables.a.columns]\nemail = \"email\"\n[tables.b.columns]\nwho = \"email\""), Ok(()));
    assert_eq!(fits("[tables.b.columns]\nwho = \"null\"\n[tables.a.columns]\nemail = \"email\""), Ok(()));
    assert_eq!(fits("[tables.a.columns]\nemail = \"keep\"\n[tables.b.columns]\nn = \"null\""), Ok(()));
    assert_eq!(
        fits("[tables.a.columns]\nemail = \"email\"\n[tables.b.columns]\nwho = \"keep\""),
        Err("r.toml:3:1: foreign key f joins public.b.who with public.a.email, but mask \"email\" does not treat both alike; give both columns the same mask, options and domain; if they have them, their types differ in length".into())
    );
    assert_eq!(
        fits("[tables.a.columns]\nemail = \"email\"\n[tables.b.columns]\nwho = { mask = \"email\", domain = \"other\" }"),
        Err("r.toml:5:1: foreign key f joins public.b.who with public.a.email, but mask \"email\" does not treat both alike; give both columns the same mask, options and domain; if they have them, their types differ in length".into())
    );
}

/// char(n) compares without the blanks at its end; text that points at it may have them, and a mask would see them.
#[test]
fn text_that_points_at_padded_text_is_not_masked() {
    let joined =
        |one: &str, other: &str| JOINED.replace("email text", &format!("email {one}")).replace("who text", &format!("who {other}"));
    let fits = |one: &str, other: &str, mask: &str| {
        planned(&joined(one, other), &format!("[tables.a.columns]\nemail = \"{mask}\"")).map(drop).map_err(|error| error.to_string())
    };
    for mask in ["permute", "fpe", "token"] {
        for other in ["text", "character varying", "character varying(8)"] {
            let message = fits("character(8)", other, mask).expect_err("differs");
            assert!(
                message.contains(&format!(
                    "foreign key f joins public.b.who with public.a.email, but one is text and the other char(n): blanks at the end count for mask \"{mask}\", and not for the key"
                )),
                "{message}"
            );
            assert_eq!(fits(other, "character(8)", mask), Ok(()), "char(n) has no blanks where text is pointed at");
        }
        assert_eq!(fits("character(8)", "character(10)", mask), Ok(()));
    }
    assert_eq!(fits("character(8)", "text", "keep"), Ok(()));
    let erased = "[tables.b.columns]\nwho = \"null\"\n[tables.a.columns]\nemail = \"permute\"";
    assert!(planned(&joined("character(8)", "text"), erased).is_ok());
}

#[test]
fn the_other_end_of_a_foreign_key_follows() {
    let schema = format!(
        "{JOINED};\nCREATE TABLE public.c (who text, since date) PARTITION BY RANGE (since);\nCREATE TABLE public.c_1 (who text, since date);\n\
         ALTER TABLE ONLY public.c ATTACH PARTITION public.c_1 DEFAULT;\n\
         ALTER TABLE public.c ADD CONSTRAINT g FOREIGN KEY (who) REFERENCES public.b(who)"
    );
    for rules in [
        "[tables.a.columns]\nemail = { mask = \"email\", domain = \"d\" }",
        "[tables.c.columns]\nwho = { mask = \"email\", domain = \"d\" }",
    ] {
        let plan = planned(&schema, rules).expect("a plan");
        for (table, column) in [("a", "email"), ("b", "who"), ("c_1", "who")] {
            assert_eq!(plan.mask_of(&public(table), &Name::new(column)).expect("masked").name, "email", "{table}.{column}");
        }
        assert!(plan.remarks().iter().any(|line| line.starts_with("public.b.who gets mask \"email\" as public.")), "{:?}", plan.remarks());
        assert!(plan.unlisted().iter().all(|(_, column)| column.as_str() != "who"), "{:?}", plan.unlisted());
    }
    // Its own rule counts, and what makes NULL points at nothing.
    assert!(planned(JOINED, "[tables.a.columns]\nemail = \"email\"\n[tables.b.columns]\nwho = \"null\"").is_ok());
    let plan = planned(JOINED, "[tables.b.columns]\nwho = \"null\"").expect("a plan");
    assert!(plan.mask_of(&public("a"), &Name::new("email")).is_none());
}

#[test]
fn masks_that_read_one_another_are_refused() {
    let schema = "CREATE TABLE public.t (id integer, a text, b text, c text, twin text GENERATED ALWAYS AS (a) STORED)";
    let fits = |text: &str| planned(schema, text).map(drop).map_err(|error| error.to_string());
    assert_eq!(
        fits("[tables.t.columns]\na = { template = \"{b}\" }\nb = { template = \"{c}\" }\nc = { template = \"{a:original}\" }"),
        Ok(())
    );
    assert_eq!(
        fits("[tables.t.columns]\na = { template = \"{b}\" }\nb = { template = \"{c}\" }\nc = { template = \"{a}\" }"),
        Err("r.toml:3:1: the masks of public.t wait for one another: a, b, c and a again; read the value that the row had: {column:original} in a template".into())
    );
    assert_eq!(
        fits("[tables.t.columns]\na = { template = \"x{a}\" }"),
        Err("r.toml:3:1: the mask of public.t.a reads what it makes itself; read the value that the row had: {column:original} in a template".into())
    );
    assert_eq!(
        fits("[tables.t.columns]\na = { mask = \"first_name\", seed = \"twin\" }"),
        Err("r.toml:3:1: the rule for public.t.a reads column twin, which is generated, so the dump holds no value of it; read the columns that it is computed from".into())
    );
    assert_eq!(
        fits("[tables.t.columns]\na = { mask = \"first_name\", seed = \"idd\" }"),
        Err("r.toml:3:28: mask \"first_name\" does not fit column public.t.a: option \"seed\": the table has no column \"idd\"; did you mean \"id\"?".into())
    );
}

#[test]
fn a_template_is_as_distinct_as_its_key() {
    let fits = |key: &str, rules: &str| {
        let schema = format!(
            "CREATE TABLE public.t (id integer NOT NULL, email text);\nALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (email);\nALTER TABLE ONLY public.t ADD CONSTRAINT p {key}"
        );
        planned(&schema, &format!("[tables.t.columns]\n{rules}")).is_ok()
    };
    let template = "email = { template = \"{id}@x.example\" }";
    assert!(fits("PRIMARY KEY (id)", template));
    assert!(!fits("UNIQUE (id, email)", template));
    assert!(fits("PRIMARY KEY (id)", "email = { mask = \"hash\", seed = \"id\" }"));
    assert!(!fits("UNIQUE (id, email)", "email = { mask = \"hash\", seed = \"id\" }"));
    assert!(!fits("PRIMARY KEY (id)", "email = { mask = \"first_name\", seed = \"id\" }"));
    assert!(fits("PRIMARY KEY (id)", "email = { mask = \"first_name\", unique = true }"));
}

#[test]
fn a_key_without_columns_waits_for_the_primary_key() {
    let tables = "CREATE TABLE public.a (email text NOT NULL);\nCREATE TABLE public.b (who text)";
    let foreign = "ALTER TABLE ONLY public.b ADD CONSTRAINT f FOREIGN KEY (who) REFERENCES public.a";
    let primary = "ALTER TABLE ONLY public.a ADD CONSTRAINT p PRIMARY KEY (email)";
    let plan =
        |text: &str| planner(text).settle_all(&catalogue(tables), Charset::Utf8, Knowledge::BeforeData, &BTreeMap::new()).expect("a plan");
    let late = catalogue(&format!("{tables};\n{foreign};\n{primary}"));
    let early = catalogue(&format!("{tables};\n{foreign}"));
    let constraint = early.relations[&public("b")].constraints[0].clone();
    let alike = plan("[columns]\n\"{email,who}\" = \"email\"");
    assert_eq!(alike.judge(&early, &public("b"), &constraint).expect("waits"), Verdict::Holds);
    assert!(alike.judge_rest(described(&late, &BTreeMap::new(), &Objects::default())).is_ok());
    // Masked at the other end only, or with nobody to say what it joins: the end tells.
    let unlike = plan("[columns]\nemail = \"email\"");
    assert_eq!(unlike.judge(&early, &public("b"), &constraint).expect("waits"), Verdict::Holds);
    assert_eq!(
        unlike.judge_rest(described(&late, &BTreeMap::new(), &Objects::default())).expect_err("differs").to_string(),
        "r.toml:3:1: foreign key f joins public.b.who with public.a.email, but mask \"email\" does not treat both alike; give both columns the same mask, options and domain; if they have them, their types differ in length"
    );
    assert!(
        alike
            .judge_rest(described(&early, &BTreeMap::new(), &Objects::default()))
            .expect_err("unknown")
            .to_string()
            .contains("with the primary key of public.a")
    );
}

#[test]
fn rows_that_are_gone_make_a_key_not_valid() {
    let verdict = |schema: &str, of: &str, text: &str| {
        let catalogue = catalogue(schema);
        let plan = planner(text).settle_all(&catalogue, Charset::Utf8, Knowledge::Whole, &BTreeMap::new()).map_err(|e| e.to_string())?;
        let constraint = catalogue.relations[&public(of)].constraints.last().cloned().expect("a constraint");
        plan.judge(&catalogue, &public(of), &constraint).map_err(|error| error.to_string())
    };
    let skip = "[tables.a]\ndata = \"skip\"\n";
    let not_valid = |gone: &str, of: &str| {
        Ok(Verdict::NotValid(format!("foreign key f of public.{of} is kept as NOT VALID: the rows of public.{gone} are left out")))
    };
    assert_eq!(verdict(JOINED, "b", skip), not_valid("a", "b"));
    assert_eq!(verdict(JOINED, "b", &format!("{skip}[tables.b.columns]\nwho = \"null\"")), Ok(Verdict::Holds));
    assert_eq!(verdict(JOINED, "b", "[tables.b]\ndata = \"skip\""), Ok(Verdict::Holds));
    let own = "CREATE TABLE public.a (id integer, up integer);\nALTER TABLE ONLY public.a ADD CONSTRAINT f FOREIGN KEY (up) REFERENCES public.a(id)";
    assert_eq!(verdict(own, "a", skip), Ok(Verdict::Holds));
    // One partition of the other table is enough.
    let to_parts = format!(
        "{PARTITIONED};\nCREATE TABLE public.c (at date);\nALTER TABLE ONLY public.c ADD CONSTRAINT f FOREIGN KEY (at) REFERENCES public.p(at)"
    );
    assert_eq!(verdict(&to_parts, "c", "[tables.p1]\ndata = \"skip\""), not_valid("p1", "c"));
    assert_eq!(verdict(&to_parts, "c", "[tables.p]\ndata = \"skip\""), not_valid("p1", "c"));
    let from_parts = format!(
        "{PARTITIONED};\nCREATE TABLE public.a (at date);\nALTER TABLE public.p ADD CONSTRAINT f FOREIGN KEY (at) REFERENCES public.a(at)"
    );
    assert_eq!(
        verdict(&from_parts, "p", skip),
        Err("r.toml:3:8: the rows of public.a are left out, but foreign key f of the partitioned table public.p points at them, and PostgreSQL before 18 takes no NOT VALID there; leave out the rows of public.p too".into())
    );
    assert_eq!(verdict(&from_parts, "p", &format!("{skip}[tables.p]\ndata = \"skip\"")), Ok(Verdict::Holds));
}
