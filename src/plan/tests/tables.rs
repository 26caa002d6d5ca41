//! Tables and their columns as a whole: rows without a schema, partitions, remarks, coverage, size.

use std::collections::BTreeMap;

use super::{SCHEMA, action, catalogue, inserted, planned, planner, public, wrong};
use crate::encoding::Charset;
use crate::error::Error;
use crate::name::{Name, RelationName};
use crate::plan::{Copied, CopyFacts, Knowledge, Plan, Verdict};

const USERS: &str = "CREATE TABLE public.users (id integer NOT NULL, name text)";

fn copied(tables: &[(&str, Option<&[&str]>)]) -> Copied {
    let names = |columns: &[&str]| columns.iter().map(|name| Name::new(*name)).collect();
    tables.iter().map(|(table, columns)| (public(table), columns.map(names))).collect()
}

fn read_ahead(schema: &str, text: &str, copied: &Copied) -> Result<Plan, Error> {
    planner(text).settle_all(&catalogue(schema), Charset::Utf8, Knowledge::Whole, copied)
}

#[test]
fn a_plan_can_go_to_another_thread() {
    fn sends<T: Send>() {}
    sends::<Plan>();
}

#[test]
fn rules_that_win_nowhere_are_read_too() {
    assert_eq!(
        wrong(
            USERS,
            "[defaults]\nlocale = \"fr_FX\"\n[columns]\n\"*a*\" = \"frist_name\"\n[tables.users.columns]\nname = { mask = \"first_name\", local = \"en\" }\nid = \"keep\"\n[tables.users]\ndata = \"skip\""
        ),
        "r.toml:3:10: unknown locale \"fr_FX\", expected one of cy_GB, de_DE, en, fr_FR, it_IT, nl_NL, pt_BR, pt_PT; did you mean \"fr_FR\"?\n\
         r.toml:5:9: unknown mask \"frist_name\"; did you mean \"first_name\"? `pgveil masks` lists them all\n\
         r.toml:7:1: the rows of public.users are left out, so its rules for columns can never act; remove data = \"skip\" or the columns\n\
         r.toml:7:31: mask \"first_name\": unknown option \"local\", expected one of case, gender, locale, domain, seed, unique, on_null, on_empty; did you mean \"locale\"?"
    );
}

#[test]
fn a_generated_column_is_passed_over_by_a_glob() {
    let schema = "CREATE TABLE public.t (name text, folded text GENERATED ALWAYS AS (lower(name)) STORED)";
    let plan = planned(schema, "[tables.t.columns]\n\"*\" = \"hash\"").expect("a plan");
    assert_eq!(action(&plan, &public("t"), &["name"]), "Mask 0=hash");
    let all = CopyFacts { relation: &public("t"), columns: None, options: false, charset: Charset::Utf8, byte: 0 };
    assert_eq!(plan.copy(&all).expect("fits").program.map(|program| program.fields), Some(1));
    let schema = format!("{schema};\nCREATE TABLE public.u (folded text)");
    assert!(planned(&schema, "[columns]\nfolded = \"hash\"").is_ok());
}

#[test]
fn rows_that_a_mask_cannot_read() {
    let plan =
        planned(&format!("{USERS};\nCREATE TABLE public.other (a text)"), "[tables.users.columns]\nname = \"hash\"").expect("a plan");
    let told = |table: &str, options, charset| {
        let relation = public(table);
        let facts = CopyFacts { relation: &relation, columns: None, options, charset, byte: 9 };
        plan.copy(&facts).map(|planned| format!("{:?}", planned.action)).unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(told("other", true, Charset::Latin1), "Pass");
    assert_eq!(
        told("users", true, Charset::Utf8),
        "public.users, byte 9: a statement that carries data cannot be read, expected COPY without options: the rows of a masked table must be COPY text"
    );
    assert!(told("users", false, Charset::Latin1).contains("a second client_encoding"));
}

#[test]
fn columns_that_the_schema_has_not() {
    let schema = format!("{USERS};\nCREATE TABLE public.other (a text)");
    let plan = planned(&schema, "[columns]\nname = \"hash\"").expect("a plan");
    assert_eq!(action(&plan, &public("other"), &["a", "b"]), "Pass");
    assert_eq!(
        action(&plan, &public("other"), &["a", "name"]),
        "public.other, column name, byte 7: the statement names a column that the table has not; is it renamed or dropped behind its rows, or is --schema-file that of another dump?"
    );
    let plan = planned(&schema, "[defaults]\nunlisted = \"error\"\n[columns]\n\"{a,name}\" = \"keep\"").expect("a plan");
    assert_eq!(
        action(&plan, &public("other"), &["a", "b"]),
        "one column can hold personal data and has no rule: public.other.b; give each a rule, \"keep\" where it may pass"
    );
}

#[test]
fn tables_of_extensions_have_rows_but_no_schema() {
    let rows = copied(&[("users", Some(&["id", "name"])), ("srs", Some(&["code", "name"]))]);
    let plan = read_ahead(USERS, "[tables.srs]\ndata = \"skip\"\n[tables.users.columns]\nname = \"hash\"", &rows).expect("a plan");
    assert_eq!(action(&plan, &public("srs"), &["code", "name"]), "Skip");
    assert_eq!(
        read_ahead(USERS, "[columns]\nname = \"hash\"", &rows).expect_err("no types").to_string(),
        "r.toml:3:1: the dump does not describe table public.srs, so no mask can be fitted to its column name; give the schema with --schema-file (pg_dump --schema-only writes it), or skip the table, or keep the column"
    );
    let plan = read_ahead(USERS, "[tables.users.columns]\nname = \"hash\"", &rows).expect("a plan");
    let unlisted: Vec<String> = plan.unlisted().iter().map(|(table, column)| format!("{table}.{column}")).collect();
    assert_eq!(unlisted, ["public.srs.code", "public.srs.name"]);
    let text = "[defaults]\nunlisted = \"error\"\n[tables.users.columns]\nname = \"hash\"";
    assert!(matches!(read_ahead(USERS, text, &rows), Err(Error::Policy(_))));
    // On a pipe the same is told when the rows come.
    let plan = planned(USERS, text).expect("a plan");
    assert!(action(&plan, &public("srs"), &["code"]).starts_with("one column can hold personal data and has no rule: public.srs.code;"));
}

#[test]
fn inserts_into_a_table_without_a_schema() {
    let plan = planned(USERS, "[tables.users.columns]\nname = \"hash\"").expect("a plan");
    assert_eq!(inserted(&plan, &public("srs"), None, None), "Pass", "no rule can mean it");
    let plan = planned(USERS, "[columns]\nname = \"hash\"").expect("a plan");
    assert_eq!(
        inserted(&plan, &public("srs"), None, None),
        "r.toml:3:1: the dump does not describe table public.srs, so this rule cannot be fitted to it; give the schema with --schema-file (pg_dump --schema-only writes it), or skip the table, or keep the column"
    );
}

#[test]
fn an_empty_database_has_nothing_to_mask() {
    let preset = || planner("include = [\"preset:gdpr\"]");
    let settle =
        |rows: &Copied| preset().settle_all(&catalogue(""), Charset::Utf8, Knowledge::Whole, rows).map(drop).map_err(|e| e.to_string());
    assert_eq!(settle(&Copied::new()), Ok(()));
    // Rows without a schema are another matter, told once for all tables.
    let told = "the dump describes no table (data only?), so no rule for columns can be fitted; give the schema with --schema-file; pg_dump --schema-only writes it";
    assert_eq!(settle(&copied(&[("users", Some(&["email"])), ("people", Some(&["email"]))])), Err(told.into()));
}

const PARTITIONED: &str = "CREATE TABLE public.p (at date NOT NULL, who text) PARTITION BY RANGE (at);
CREATE TABLE public.p1 (at date NOT NULL, who text);
CREATE TABLE public.p2 (at date NOT NULL, who text);
ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 DEFAULT;
ALTER TABLE ONLY public.p ATTACH PARTITION public.p2 DEFAULT";

#[test]
fn rows_that_come_through_the_root_need_one_treatment() {
    for (text, column) in [("[tables.p1.columns]\nwho = \"null\"", 1), ("[tables.p1]\ndata = \"skip\"", 8)] {
        let plan = planned(PARTITIONED, text).expect("a plan");
        let told = format!(
            "r.toml:3:{column}: rows come through the partitioned table public.p, so those of its partition public.p1, which has other rules, cannot be told apart; dump without --load-via-partition-root, or give public.p and its partitions the same rules"
        );
        assert_eq!(action(&plan, &public("p"), &["at", "who"]), told);
        assert_eq!(inserted(&plan, &public("p"), None, None), told);
        assert_eq!(action(&plan, &public("p2"), &["at", "who"]), "Pass");
        let early = read_ahead(PARTITIONED, text, &copied(&[("p", Some(&["at", "who"]))]));
        assert_eq!(early.expect_err("known before").to_string(), told);
    }
    let plan = planned(PARTITIONED, "[tables.p.columns]\nwho = \"null\"").expect("a plan");
    assert_eq!(action(&plan, &public("p"), &["at", "who"]), "Mask 1=null");
    let plan = planned(PARTITIONED, "[tables.p]\ndata = \"skip\"").expect("a plan");
    assert_eq!(action(&plan, &public("p"), &["at", "who"]), "Skip");
}

#[test]
fn a_mask_on_the_partition_key_is_told_once() {
    assert_eq!(
        wrong(PARTITIONED, "[columns]\nat = \"date_shift\""),
        "r.toml:3:1: column public.p.at is in the partition key of public.p, so rows with new values would belong to other partitions (and in 2 more tables); use \"keep\" for it"
    );
    assert!(planned(PARTITIONED, "[columns]\nat = \"keep\"").is_ok());
}

#[test]
fn contradictions_need_one_file_and_no_row() {
    let skip = "[tables.p]\ndata = \"skip\"\n[tables.p.columns]\nwho = \"null\"";
    assert!(wrong(PARTITIONED, skip).contains("can never act"));
    assert!(planned(PARTITIONED, &format!("{skip}\n[tables.p1]\ndata = \"keep\"")).is_ok(), "they act on p1");
    assert!(planned(PARTITIONED, "[tables.\"p*\"]\ndata = \"skip\"\n[tables.p.columns]\nwho = \"null\"").is_ok(), "a glob skips");
    assert!(wrong(PARTITIONED, "[tables.p]\ndata = \"skip\"\n[tables.\"public.p\".columns]\nwho = \"null\"").contains("can never act"));
}

#[test]
fn checks_that_cannot_be_seen_to_are_told_of() {
    let schema = "CREATE DOMAIN public.word AS text CONSTRAINT w CHECK (public.is_word(VALUE));
CREATE TABLE public.p (at date, who public.word, mood text) PARTITION BY RANGE (at);
CREATE TABLE public.p1 (at date, who public.word, mood text, CONSTRAINT moody CHECK ((mood <> (who)::text)));
CREATE TABLE public.p2 (at date, who public.word, mood text, CONSTRAINT moody CHECK ((mood <> (who)::text)), CONSTRAINT short CHECK ((char_length(mood) <= 30)));
ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 DEFAULT;
ALTER TABLE ONLY public.p ATTACH PARTITION public.p2 DEFAULT";
    let plan = planned(schema, "[tables.p.columns]\nwho = \"hash\"\nmood = \"null\"").expect("a plan");
    assert_eq!(
        plan.remarks(),
        [
            "the rules under public.p (r.toml:2:9) also hold for 2 of its partitions or heirs",
            "column public.p1.mood is masked by \"null\" and read by CHECK constraint moody, which pgveil does not test: the restore refuses a value that breaks it (and in one more table)",
            "column public.p.who is masked by \"hash\" and read by the CHECK of its domain public.word, which pgveil does not test: the restore refuses a value that breaks it (and in 2 more tables)",
        ]
    );
}

#[test]
fn masks_fit_the_checks_of_their_column() {
    let schema = "CREATE DOMAIN public.code AS text CONSTRAINT c CHECK ((VALUE ~ '^[0-9a-f]+$'::text));
CREATE TABLE public.t (state character varying(20), name text, code public.code, gone text,
    CONSTRAINT s CHECK (((state)::text = ANY ((ARRAY['on'::character varying, 'off'::character varying])::text[]))),
    CONSTRAINT n CHECK ((char_length(name) <= 20)), CONSTRAINT g CHECK ((gone IS NOT NULL)))";
    let fits = |rule: &str| {
        planned(schema, &format!("[tables.t.columns]\n{rule}")).map(|plan| plan.remarks().to_vec()).map_err(|error| error.to_string())
    };
    assert_eq!(fits("code = \"hash\""), Ok(Vec::new()));
    assert_eq!(fits("name = \"hash\""), Ok(Vec::new()));
    assert_eq!(fits("state = { mask = \"const\", value = \"off\" }"), Ok(Vec::new()));
    assert_eq!(
        fits("state = \"first_name\""),
        Err("r.toml:3:9: mask \"first_name\" does not fit column public.t.state: CHECK allows only on, off, and it makes other values; use map, choice or const with values that pass, or keep the column".into())
    );
    assert_eq!(
        fits("code = { mask = \"const\", value = \"Z\" }"),
        Err("r.toml:3:17: mask \"const\" does not fit column public.t.code: it makes nothing that passes CHECK (VALUE ~ '^[0-9a-f]+$'::text); use map, choice or const with values that pass, or keep the column".into())
    );
    assert!(fits("gone = \"null\"").expect_err("not null").contains("the column is NOT NULL"));
}

#[test]
fn conditions_are_read_with_their_places() {
    let schema = "CREATE TABLE public.t (id integer NOT NULL, kind text, name text, twin text GENERATED ALWAYS AS (name) STORED)";
    let fits = |rules: &str| planned(schema, rules).map(drop).map_err(|error| error.to_string());
    assert_eq!(
        fits(
            "[tables.t]\nwhere = \"id > 3\"\nunless = \"kind = 'test'\"\ncolumns.name = [ { when = \"kind = 'a'\", mask = \"hash\" }, { mask = \"first_name\" } ]"
        ),
        Ok(())
    );
    for (rules, expected) in [
        ("[tables.t]\nwhere = \"idd > 3\"", "r.toml:3:10: the condition on rows of public.t: "),
        ("[tables.t]\nunless = \"id > 'x'\"", "r.toml:3:16: the condition on rows of public.t: "),
        ("[tables.t]\nwhere = \"twin = 'x'\"", "r.toml:3:9: the condition on rows of public.t reads column twin, which is generated"),
        ("[tables.t.columns]\nname = { when = \"kind = \", mask = \"hash\" }", "r.toml:3:"),
        (
            "[tables.t.columns]\nname = { when = \"kid = 'a'\", mask = \"hash\" }",
            "r.toml:3:18: the condition of the rule for column public.t.name: ",
        ),
    ] {
        let error = fits(rules).expect_err(rules);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn what_can_be_personal() {
    let schema = "CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE TABLE public.t (a integer, b boolean, c uuid, d public.mood, e numeric(8,0), f numeric(8,2), g numeric, h real, i text[], j xml, k bytea, l public.hstore, m cidr, n jsonb, o timestamp with time zone, p public.geometry(Point,4326), q public.mood[], r smallint)";
    let plan = planned(schema, "[defaults]\nunlisted = \"warn\"\n[columns]\na = \"keep\"").expect("a plan");
    let unlisted: Vec<&str> = plan.unlisted().iter().map(|(_, column)| column.as_str()).collect();
    assert_eq!(unlisted, ["f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"]);
}

#[test]
fn unlisted_columns_stand_in_the_order_of_their_table() {
    let schema = "CREATE TABLE public.b (z text, a text);\nCREATE TABLE public.a () INHERITS (public.b)";
    let plan = planned(schema, "[defaults]\nunlisted = \"warn\"").expect("a plan");
    let unlisted: Vec<String> = plan.unlisted().iter().map(|(table, column)| format!("{table}.{column}")).collect();
    assert_eq!(unlisted, ["public.b.z", "public.b.a"]);
}

#[test]
fn the_policy_names_twenty() {
    let columns: Vec<String> = (10..35).map(|i| format!("c{i} text")).collect();
    let told = wrong(&format!("CREATE TABLE public.t ({})", columns.join(", ")), "[defaults]\nunlisted = \"error\"");
    assert!(told.starts_with("25 columns can hold personal data and have no rule: public.t.c10, public.t.c11, "), "{told}");
    assert!(told.ends_with("public.t.c29, and 5 more; give each a rule, \"keep\" where it may pass"), "{told}");
}

#[test]
fn columns_that_ask_for_the_same_share_a_mask() {
    let schema = "CREATE TABLE public.a (x text, y character varying(60), z text);\nCREATE TABLE public.b (x text)";
    let text = "[columns]\nx = \"email\"\nz = { mask = \"email\", domain = \"other\" }\n[tables.a.columns]\ny = \"email\"";
    let plan = planned(schema, text).expect("a plan");
    let mask = |table: &str, column: &str| std::sync::Arc::clone(&plan.mask_of(&public(table), &Name::new(column)).expect("masked").mask);
    assert!(std::sync::Arc::ptr_eq(&mask("a", "x"), &mask("b", "x")));
    assert!(!std::sync::Arc::ptr_eq(&mask("a", "x"), &mask("a", "z")), "another key");
    assert!(!std::sync::Arc::ptr_eq(&mask("a", "x"), &mask("a", "y")), "another length");
}

/// The promise is one second in a release build; a test must not fail because a machine is busy.
#[test]
fn ten_thousand_tables_are_soon_planned() {
    let columns = |i: usize| (0..18).map(|c| format!("c{c}_{i} text, ")).collect::<String>();
    let mut big = crate::schema::catalogue::Catalogue::default();
    let one = catalogue(&format!("CREATE TABLE public.t (id bigint NOT NULL, {}email text)", columns(0)));
    let mut template = one.relations[&public("t")].clone();
    for i in 0..10_000 {
        template.name = public(&format!("t{i}"));
        big.relations.insert(template.name.clone(), template.clone());
    }
    let rules: String = (0..200).map(|i| format!("[tables.t{i}.columns]\nemail = \"hash\"\n")).collect();
    let planner = planner(&format!("[columns]\n\"*mail*\" = \"email\"\n\"c1_*\" = \"full_name\"\n{rules}"));
    let start = std::time::Instant::now();
    let plan = planner.settle_all(&big, Charset::Utf8, Knowledge::Whole, &BTreeMap::new()).expect("a plan");
    println!("{:?}", start.elapsed());
    assert!(start.elapsed().as_secs() < 30);
    assert_eq!(plan.unlisted().len(), 170_000);
    assert_eq!(action(&plan, &public("t9999"), &["id", "c1_0", "email"]), "Mask 1=full_name 2=email");
}

#[test]
fn a_sample_needs_to_know_what_chooses_a_row() {
    let rules = "[tables.users]\nsample = 0.5";
    let keyless = "CREATE TABLE public.users (id integer, email text)";
    let settle = |knowledge| planner(rules).settle_all(&catalogue(keyless), Charset::Utf8, knowledge, &BTreeMap::new());
    assert_eq!(
        settle(Knowledge::BeforeData).expect_err("unknown").to_string(),
        "r.toml:3:10: the sample of public.users is chosen by the primary key, which a pipe brings behind the rows; read the dump from a file, \
         give the schema with --schema-file, or name the columns that choose a row: sample = { rate = 0.05, by = \"user_id\" }"
    );
    assert_eq!(
        settle(Knowledge::Whole).expect_err("none").to_string(),
        "r.toml:3:10: the sample of public.users is chosen by the primary key, and the table has none; \
         name the columns that choose a row: sample = { rate = 0.05, by = \"user_id\" }"
    );
    assert!(planned(keyless, "[tables.users]\nsample = { rate = 0.5, by = [\"email\", \"id\"] }").is_ok());
}

#[test]
fn a_limit_on_a_partitioned_table_counts_the_rows_of_all_partitions() {
    let plan = planned(SCHEMA, "[tables.events]\nlimit = 5\n[tables.users]\nlimit = 7").expect("a plan");
    let limit = |name: &str| {
        let relation = public(name);
        let facts = CopyFacts { relation: &relation, columns: None, options: false, charset: Charset::Utf8, byte: 7 };
        plan.copy(&facts).expect("planned").limit.map(|limit| (limit.rows, limit.of.to_string()))
    };
    assert_eq!(limit("events_1"), Some((5, "public.events".into())));
    assert_eq!(limit("events"), Some((5, "public.events".into())));
    assert_eq!(limit("users"), Some((7, "public.users".into())));
    assert_eq!(limit("logins"), None);
}

#[test]
fn keys_point_at_rows_that_a_choice_leaves_out() {
    let ids = tempfile::NamedTempFile::new().expect("a file");
    let erase = format!("[tables.users]\nerase = {{ column = \"id\", ids = {:?} }}", ids.path());
    for rules in ["[tables.users]\nsample = 0.5", "[tables.users]\nlimit = 3", &erase] {
        let plan = planned(SCHEMA, rules).expect("a plan");
        let catalogue = catalogue(SCHEMA);
        let orders = RelationName::new("shop", "orders");
        let verdict = plan.judge(&catalogue, &orders, &catalogue.relations[&orders].constraints[0]).expect("judged");
        assert!(matches!(verdict, Verdict::NotValid(_)), "{rules}: {verdict:?}");
    }
}
