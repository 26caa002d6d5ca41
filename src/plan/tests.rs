//! Rules and DDL in, actions or the full text of the mistakes out.

mod keys;
mod strays;
mod tables;

use std::collections::BTreeMap;

use super::{Copied, CopyFacts, Described, Knowledge, Objects, Plan, Planner, TablePlan, Verdict};
use crate::encoding::Charset;
use crate::error::Error;
use crate::mask::key::Secret;
use crate::name::{Name, RelationName};
use crate::rules;
use crate::schema::catalogue::Catalogue;
use crate::schema::ddl::Change;

const SCHEMA: &str = "
CREATE TABLE public.users (id bigint NOT NULL, \"firstName\" character varying(40) NOT NULL, email character varying(255), phone text, born date, score integer, twin text GENERATED ALWAYS AS (phone) STORED);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);
CREATE UNIQUE INDEX users_lower ON public.users USING btree (lower((email)::text));
CREATE TABLE public.logins (id integer NOT NULL, who character varying(255), name text);
ALTER TABLE ONLY public.logins ADD CONSTRAINT logins_who FOREIGN KEY (who) REFERENCES public.users(email);
CREATE TABLE shop.orders (id integer NOT NULL, user_id bigint, note text);
ALTER TABLE ONLY shop.orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES public.users(id);
CREATE TABLE public.events (at date, place text) PARTITION BY RANGE (at);
CREATE TABLE public.events_1 (at date, place text);
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_1 DEFAULT";

fn catalogue(sql: &str) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for statement in sql.split(";\n") {
        catalogue.apply(statement, None).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    catalogue
}

fn planner(text: &str) -> Planner {
    let rules = rules::parse("r.toml", &format!("version = 1\n{text}")).unwrap_or_else(|error| panic!("{error}"));
    Planner::new(rules, Secret::new(b"0123456789abcdef".to_vec()))
}

/// The plan for a schema of the test's own, all of it known.
fn planned(schema: &str, text: &str) -> Result<Plan, Error> {
    planner(text).settle_all(&catalogue(schema), Charset::Utf8, Knowledge::Whole, &BTreeMap::new())
}

/// What is wrong with rules for a schema of the test's own.
fn wrong(schema: &str, text: &str) -> String {
    planned(schema, text).expect_err("a mistake").to_string()
}

fn settle(text: &str, knowledge: Knowledge) -> Result<Plan, Error> {
    planner(text).settle_all(&catalogue(SCHEMA), Charset::Utf8, knowledge, &BTreeMap::new())
}

fn mistakes(text: &str) -> String {
    settle(text, Knowledge::Whole).expect_err("a mistake").to_string()
}

/// What a table's COPY block gets, in one word, with its masked fields.
fn action(plan: &Plan, relation: &RelationName, columns: &[&str]) -> String {
    let columns: Vec<Name> = columns.iter().map(|name| Name::new(*name)).collect();
    shown(plan.copy(&CopyFacts { relation, columns: Some(&columns), options: false, charset: Charset::Utf8, byte: 7 }))
}

/// The same for rows that come as INSERT; `other`: not as tuples.
fn inserted(plan: &Plan, relation: &RelationName, columns: Option<&[&str]>, other: Option<&'static str>) -> String {
    let columns: Option<Vec<Name>> = columns.map(|columns| columns.iter().map(|name| Name::new(*name)).collect());
    let facts = CopyFacts { relation, columns: columns.as_deref(), options: false, charset: Charset::Utf8, byte: 7 };
    shown(plan.insert(&facts, other))
}

fn shown(planned: Result<TablePlan, Error>) -> String {
    match planned {
        Ok(planned) => {
            let fields = planned
                .program
                .map(|program| program.steps.iter().map(|step| format!(" {}={}", step.field, step.mask_name)).collect::<String>());
            format!("{:?}{}", planned.action, fields.unwrap_or_default())
        }
        Err(error) => error.to_string(),
    }
}

/// A dump of one database without a name.
fn described<'a>(catalogue: &'a Catalogue, copied: &'a Copied, objects: &'a Objects) -> Described<'a> {
    Described { name: None, catalogue, copied, objects }
}

fn public(name: &str) -> RelationName {
    RelationName::new("public", name)
}

#[test]
fn a_plan_says_what_each_field_gets() {
    let plan = settle(
        "[defaults]\nunlisted = \"keep\"\n[columns]\nemail = { mask = \"email\", domain = \"mail\" }\nwho = { mask = \"email\", domain = \"mail\" }\n\
         [tables.users.columns]\nfirstName = \"first_name\"\nborn = \"date_shift\"\nphone = \"null\"\n[tables.\"shop.orders\"]\ndata = \"skip\"",
        Knowledge::Whole,
    )
    .expect("a plan");
    assert_eq!(action(&plan, &public("users"), &["email", "id", "firstName"]), "Mask 0=email 2=first_name");
    assert_eq!(action(&plan, &public("users"), &["id"]), "Pass");
    assert_eq!(action(&plan, &public("logins"), &["id", "who"]), "Mask 1=email");
    assert_eq!(action(&plan, &RelationName::new("shop", "orders"), &["id"]), "Skip");
    assert_eq!(action(&plan, &public("events_1"), &["at"]), "Pass");
    assert_eq!(
        action(&plan, &public("users"), &["id", "nick"]),
        "public.users, column nick, byte 7: the statement names a column that the table has not; is it renamed or dropped behind its rows, or is --schema-file that of another dump?"
    );
    assert!(plan.masks_anything() && plan.unlisted().is_empty());
}

#[test]
fn names_that_do_not_exist() {
    assert_eq!(
        mistakes(
            "[tables.user.columns]\nemail = \"email\"\n[tables.orders.columns]\nid = \"keep\"\n[tables.users.columns]\nemial = \"email\"\n[columns]\n\"*phne*\" = \"null\""
        ),
        "r.toml:2:9: the dump has no table \"user\" in schema \"public\"; did you mean \"users\"?\n\
         r.toml:4:9: the dump has no table \"orders\" in schema \"public\"; there is one in schema \"shop\": write [tables.\"shop.orders\"]\n\
         r.toml:7:1: table public.users has no column \"emial\"; did you mean \"email\"?\n\
         r.toml:9:1: no table has a column \"*phne*\"; did you mean \"phone\"?"
    );
}

#[test]
fn masks_that_do_not_exist_or_fit() {
    assert_eq!(
        mistakes(
            "[tables.users.columns]\nfirstName = \"firstname\"\nemail = { mask = \"email\", hots = \"x\" }\nphone = { mask = \"null\", domain = \"x\" }\nscore = \"first_name\"\ntwin = \"null\""
        ),
        "r.toml:3:13: unknown mask \"firstname\"; did you mean \"first_name\"? `pgveil masks` lists them all\n\
         r.toml:4:27: mask \"email\": unknown option \"hots\", expected one of host, keep_host, first, last, locale, domain, seed, unique, on_null, on_empty; did you mean \"host\"?\n\
         r.toml:5:26: mask \"null\": unknown option \"domain\", it takes none\n\
         r.toml:6:9: mask \"first_name\" does not fit column public.users.score: it makes text, but the column is integer; use const or null, or keep the column\n\
         r.toml:7:1: column public.users.twin is generated, so the dump holds no value of it; mask the columns that it is computed from"
    );
}

#[test]
fn not_null_refuses_null() {
    assert_eq!(
        mistakes("[tables.users.columns]\nfirstName = \"null\""),
        "r.toml:3:13: mask \"null\" does not fit column public.users.\"firstName\": the column is NOT NULL; use empty, const or another mask"
    );
}

#[test]
fn unique_keys_need_distinct_values() {
    assert_eq!(
        mistakes("[tables.users.columns]\nemail = \"full_name\""),
        "r.toml:3:1: mask \"full_name\" may make equal values in column email, but unique key users_email_key of public.users needs distinct values; masks that keep values distinct: email, hash, permute, token, username, keep\n\
         r.toml:3:1: mask \"full_name\" may make equal values in column email, but unique key users_lower of public.users needs distinct values; masks that keep values distinct: email, hash, permute, token, username, keep"
    );
}

#[test]
fn a_composite_key_stays_unique_by_its_other_columns() {
    let schema = "CREATE TABLE public.t (id integer NOT NULL, name text, kind text, CONSTRAINT a UNIQUE (id, name), CONSTRAINT b UNIQUE (kind, name), CONSTRAINT p PRIMARY KEY (id))";
    let settle = |text: &str, knowledge| planner(text).settle_all(&catalogue(schema), Charset::Utf8, knowledge, &BTreeMap::new());
    let text = "[tables.t.columns]\nname = \"full_name\"\nkind = \"keep\"";
    let told = settle(text, Knowledge::Whole).expect_err("b").to_string();
    assert!(told.contains("unique key b of public.t") && !told.contains("unique key a "), "{told}");
    // On a pipe the primary key may come last: the verdict waits for the end.
    let plan = settle(text, Knowledge::BeforeData).expect("waits");
    assert!(
        plan.judge_rest(described(&catalogue(schema), &BTreeMap::new(), &Objects::default()))
            .expect_err("b")
            .to_string()
            .contains("unique key b of public.t")
    );
}

#[test]
fn constraints_that_arrive_are_judged() {
    let before =
        "CREATE TABLE public.a (id integer NOT NULL, email text);\nCREATE TABLE public.b (id integer NOT NULL, email text, a_id integer)";
    let mut known = catalogue(before);
    let plan = planner("[tables.a]\ndata = \"skip\"\n[tables.b.columns]\nemail = \"full_name\"")
        .settle_all(&known, Charset::Utf8, Knowledge::BeforeData, &BTreeMap::new())
        .expect("a plan");
    let mut judge = |sql: &str| {
        let changes = known.apply(sql, None).expect("applies");
        let Some(Change::Constraint { relation, index }) = changes.last().cloned() else { panic!("no constraint") };
        let constraint = known.relations[&relation].constraints[index].clone();
        plan.judge(&known, &relation, &constraint).map_err(|error| error.to_string())
    };
    assert_eq!(judge("ALTER TABLE ONLY public.b ADD CONSTRAINT b_id UNIQUE (id)"), Ok(Verdict::Holds));
    assert_eq!(
        judge("ALTER TABLE ONLY public.b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES public.a(id)"),
        Ok(Verdict::NotValid("foreign key b_a of public.b is kept as NOT VALID: the rows of public.a are left out".into()))
    );
    assert!(judge("ALTER TABLE ONLY public.b ADD CONSTRAINT b_email UNIQUE (email)").expect_err("broken").contains("unique key b_email"));
}

#[test]
fn partitions_follow_their_parent_and_keys_stay() {
    let plan = settle("[tables.events.columns]\nplace = { mask = \"const\", value = \"x\" }", Knowledge::Whole).expect("a plan");
    assert_eq!(action(&plan, &public("events_1"), &["at", "place"]), "Mask 1=const");
    assert_eq!(plan.remarks(), ["the rules under public.events (r.toml:2:9) also hold for 1 of its partitions or heirs"]);
    assert!(mistakes("[tables.events.columns]\nat = \"date_shift\"").contains("is in the partition key of public.events"));
}

#[test]
fn contradictions_and_coverage() {
    assert_eq!(
        mistakes("[tables.users]\ndata = \"skip\"\n[tables.users.columns]\nemail = \"email\""),
        "r.toml:5:1: the rows of public.users are left out, so its rules for columns can never act; remove data = \"skip\" or the columns"
    );
    let told =
        mistakes("[defaults]\nunlisted = \"error\"\n[tables.users.columns]\n\"*\" = \"keep\"\n[tables.logins.columns]\n\"*\" = \"keep\"");
    assert_eq!(
        told,
        "3 columns can hold personal data and have no rule: public.events.at, public.events.place, shop.orders.note; give each a rule, \"keep\" where it may pass"
    );
    let plan = settle("[tables.users.columns]\n\"*\" = \"keep\"", Knowledge::Whole).expect("a plan");
    assert_eq!(plan.unlisted().len(), 5);
}

#[test]
fn what_has_no_schema_is_not_masked() {
    let nothing = Catalogue::default();
    let text = "[columns]\nemail = \"email\"";
    let told =
        planner(text).settle_all(&nothing, Charset::Utf8, Knowledge::BeforeData, &BTreeMap::new()).expect_err("no types").to_string();
    assert_eq!(
        told,
        "the dump describes no table (data only?), so no rule for columns can be fitted; give the schema with --schema-file; pg_dump --schema-only writes it"
    );
    let plan = settle("[columns]\nname = \"full_name\"\nnote = \"null\"", Knowledge::Whole).expect("a plan");
    assert_eq!(
        action(&plan, &public("settings"), &["name"]),
        "r.toml:3:1: the dump does not describe table public.settings, so no mask can be fitted to its column name; give the schema with --schema-file (pg_dump --schema-only writes it), or skip the table, or keep the column"
    );
    assert_eq!(action(&plan, &public("settings"), &["other"]), "Pass");
}

#[test]
fn inserts_into_masked_tables() {
    let plan = settle("[tables.logins.columns]\nname = \"full_name\"\n[tables.\"shop.orders\"]\ndata = \"skip\"", Knowledge::Whole)
        .expect("a plan");
    let select = Some("INSERT … SELECT");
    assert_eq!(inserted(&plan, &RelationName::new("shop", "orders"), None, select), "Skip");
    assert_eq!(inserted(&plan, &public("users"), None, select), "Pass");
    assert_eq!(inserted(&plan, &public("logins"), None, None), "Mask 2=full_name");
    assert_eq!(inserted(&plan, &public("logins"), Some(&["name", "id"]), None), "Mask 0=full_name");
    assert_eq!(inserted(&plan, &public("logins"), Some(&["id"]), None), "Pass");
    assert_eq!(
        inserted(&plan, &public("logins"), None, select),
        "public.logins, byte 7: a rule masks this table, but its rows come by INSERT … SELECT, expected VALUES as pg_dump writes them; take the statement out of the script"
    );
    assert_eq!(
        inserted(&plan, &public("logins"), Some(&["nom"]), None),
        "public.logins, column nom, byte 7: the statement names a column that the table has not; is it renamed or dropped behind its rows, or is --schema-file that of another dump?"
    );
    // A generated column has a field, which says DEFAULT.
    let plan = settle("[tables.users.columns]\nscore = \"null\"\nemail = \"keep\"", Knowledge::Whole).expect("a plan");
    assert_eq!(inserted(&plan, &public("users"), None, None), "Mask 5=null");
}

#[test]
fn encodings_that_cannot_be_written_are_refused() {
    let sjis = Charset::from_name("SJIS").expect("known");
    let told = planner("[tables.logins.columns]\nid = { mask = \"const\", value = 1 }\n").settle_all(
        &catalogue(SCHEMA),
        sjis,
        Knowledge::Whole,
        &BTreeMap::new(),
    );
    assert_eq!(told.expect_err("refused").to_string(), "the dump is in SJIS, which masks cannot write; dump with pg_dump --encoding=UTF8");
}
