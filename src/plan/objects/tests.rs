use super::*;
use crate::name::NamePattern;
use crate::schema::facts::facts;

const SCRIPT: &[&str] = &[
    "CREATE SCHEMA crm;",
    "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;",
    "COMMENT ON EXTENSION postgis IS 'geometry';",
    "CREATE TYPE public.mood AS ENUM ('ok');",
    "CREATE FUNCTION public.f(r public.a) RETURNS integer LANGUAGE sql AS $$SELECT 1$$;",
    "CREATE FUNCTION public.reads() RETURNS integer LANGUAGE sql AS $$SELECT count(*) FROM a$$;",
    "SET default_tablespace = '';",
    "CREATE TABLE public.a (id integer NOT NULL);",
    "ALTER TABLE public.a OWNER TO x;",
    "COMMENT ON TABLE public.a IS 'a';",
    "CREATE SEQUENCE public.a_id_seq;",
    "ALTER SEQUENCE public.a_id_seq OWNED BY public.a.id;",
    "CREATE TABLE public.b (id integer DEFAULT nextval('public.a_id_seq'::regclass) NOT NULL, m public.mood DEFAULT 'ok'::public.mood);",
    "CREATE VIEW public.v AS SELECT a.id FROM public.a;",
    "CREATE VIEW public.w AS SELECT v.id FROM public.v;",
    "CREATE TABLE crm.c (m public.mood);",
    "ALTER TABLE ONLY public.a ALTER COLUMN id SET DEFAULT nextval('public.a_id_seq'::regclass);",
    "SELECT pg_catalog.setval('public.a_id_seq', 1, true);",
    "ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);",
    "CREATE INDEX a_i ON public.a USING btree (id);",
    "ALTER TABLE ONLY public.b ADD CONSTRAINT b_fk FOREIGN KEY (id) REFERENCES public.a(id);",
    "GRANT SELECT ON TABLE public.b TO x;",
];

/// The places in [`SCRIPT`] of the statements that pass, and of those that pass as another text.
fn passing(choice: Choice, rules: &str, ahead: usize) -> (Vec<usize>, Vec<(usize, String)>, Objects) {
    let rules = crate::rules::parse("r", &format!("version = 1\n{rules}")).expect("parses");
    let mut objects = Objects::new(choice, Arc::new(rules));
    let all: Vec<Vec<Facts>> = SCRIPT.iter().map(|sql| facts(sql, None).expect(sql)).collect();
    all.iter().take(ahead).for_each(|facts| objects.note(facts));
    assert_eq!(objects.settle(), []);
    let (mut kept, mut replaced) = (Vec::new(), Vec::new());
    for (index, facts) in all.iter().enumerate() {
        match objects.verdict(facts, SCRIPT[index]).expect("whole") {
            StatementVerdict::Keep => kept.push(index),
            StatementVerdict::Leave => {}
            StatementVerdict::Replace(text) => replaced.push((index, text)),
        }
    }
    (kept, replaced, objects)
}

fn table(pattern: &str) -> Choice {
    Choice { exclude_tables: vec![NamePattern::relation(pattern).expect("a pattern")], ..Choice::default() }
}

#[test]
fn a_table_goes_with_what_hangs_on_it() {
    // All known ahead, and only what stands before the first row.
    for ahead in [SCRIPT.len(), 17] {
        let (kept, replaced, objects) = passing(table("a"), "", ahead);
        assert_eq!(kept, [0, 1, 2, 3, 5, 6, 15, 21], "{ahead} ahead");
        assert_eq!(replaced, [(12, "CREATE TABLE public.b (id integer NOT NULL, m public.mood DEFAULT 'ok'::public.mood);".to_owned())]);
        let left: Vec<String> =
            objects.left().iter().map(|object| format!("{} {} ({})", object.kind, object.name, object.because)).collect();
        assert_eq!(
            left,
            [
                "function public.f(public.a) (goes with table public.a)",
                "table public.a (-T a)",
                "sequence public.a_id_seq (goes with table public.a)",
                "view public.v (goes with table public.a)",
                "view public.w (goes with view public.v)",
                "constraint a_pkey of public.a (goes with table public.a)",
                "index public.a_i (goes with table public.a)",
                "foreign key b_fk of public.b (goes with table public.a)",
            ]
        );
        assert_eq!(objects.remarks(), ["function public.reads() names public.a, which is left out: it stays, and fails where it uses it"]);
    }
}

#[test]
fn rules_say_the_same_as_flags() {
    let by_flag = passing(table("a"), "", SCRIPT.len());
    let by_rule = passing(Choice::default(), "[tables.a]\ndrop = true\n", SCRIPT.len());
    assert_eq!((by_flag.0, by_flag.1), (by_rule.0, by_rule.1));
    assert_eq!(by_rule.2.left()[1].because, "r:3:8");
    let only = passing(Choice::default(), "only = [\"b\", \"crm.*\"]\n", SCRIPT.len());
    assert_eq!(only.0, [0, 1, 2, 3, 5, 6, 15, 21]);
}

#[test]
fn kinds_and_aspects() {
    let all: Vec<usize> = (0..SCRIPT.len()).collect();
    let without = |left: &[usize]| all.iter().copied().filter(|index| !left.contains(index)).collect::<Vec<_>>();
    let flag = |flag| Choice { without: BTreeSet::from([flag]), ..Choice::default() };
    assert_eq!(passing(flag(Without::Comments), "", SCRIPT.len()).0, without(&[2, 9]));
    assert_eq!(passing(flag(Without::Owners), "", SCRIPT.len()).0, without(&[8]));
    assert_eq!(passing(flag(Without::Privileges), "", SCRIPT.len()).0, without(&[21]));
    assert_eq!(passing(flag(Without::Tablespaces), "", SCRIPT.len()).0, without(&[6]));
    assert_eq!(passing(Choice { no_foreign_keys: true, ..Choice::default() }, "", SCRIPT.len()).0, without(&[20]));
    let objects = "[objects]\ndrop = [\"comment\", \"extension:post*\"]\n";
    assert_eq!(passing(Choice::default(), objects, SCRIPT.len()).0, without(&[1, 2, 9]));
    let objects = "[objects]\ndrop = [\"extension\"]\nkeep = [\"extension:postgis\"]\n";
    assert_eq!(passing(Choice::default(), objects, SCRIPT.len()).0, all);
    let data = Choice { sections: BTreeSet::from([Section::Data]), ..Choice::default() };
    assert_eq!(passing(data, "", SCRIPT.len()).0, [17]);
    let post = Choice { sections: BTreeSet::from([Section::PostData]), ..Choice::default() };
    assert_eq!(passing(post, "", SCRIPT.len()).0, [18, 19, 20]);
}

/// The mistakes of a choice and rules over [`SCRIPT`].
fn mistakes(choice: Choice, rules: &str) -> Vec<String> {
    let rules = crate::rules::parse("r", &format!("version = 1\n{rules}")).expect("parses");
    let mut objects = Objects::new(choice, Arc::new(rules));
    for sql in SCRIPT {
        objects.note(&facts(sql, None).expect(sql));
    }
    let told = |mistake: RuleError| format!("{} ({})", mistake.message, mistake.help.unwrap_or_default());
    objects.settle().into_iter().map(told).collect()
}

#[test]
fn what_cannot_be_is_refused() {
    assert_eq!(
        mistakes(table("aa"), ""),
        ["-T aa matches no table, view or sequence of the dump (did you mean a? --no-strict-names makes it no error)"]
    );
    assert_eq!(mistakes(Choice { lenient: true, ..table("aa") }, ""), [""; 0]);
    assert_eq!(mistakes(Choice::default(), "only = [\"bb\"]"), ["\"only\" lists \"bb\", which the dump has not (did you mean \"b\"?)"]);
    let schema = Choice { exclude_schemas: vec![NamePattern::bare("public").expect("a pattern")], ..Choice::default() };
    assert_eq!(
        mistakes(schema, ""),
        ["column m of crm.c needs public.mood, which is left out (-N public) (leave crm.c out too, or keep public.mood)"]
    );
}

#[test]
fn one_statement_about_two_objects_is_refused() {
    let mut objects = Objects::new(table("a"), Arc::default());
    for sql in SCRIPT {
        objects.note(&facts(sql, None).expect(sql));
    }
    assert_eq!(objects.settle(), []);
    let sql = "GRANT SELECT ON TABLE public.a, public.b TO x;";
    let mistake = objects.verdict(&facts(sql, None).expect(sql), sql).expect_err("torn");
    assert_eq!(mistake.message, "one statement speaks of public.b, which stays, and of objects that are left out");
}

/// What stands in a dump for objects of other kinds than tables.
const KINDS: &[&str] = &[
    "CREATE COLLATION public.c (provider = libc, locale = 'C');",
    "CREATE FUNCTION public.f(integer) RETURNS integer LANGUAGE sql AS $$SELECT 1$$;",
    "ALTER FUNCTION public.f(integer) OWNER TO x;",
    "COMMENT ON FUNCTION public.f(integer) IS 'f';",
    "CREATE OPERATOR public.=# (FUNCTION = public.f2, LEFTARG = integer, RIGHTARG = integer);",
    "ALTER OPERATOR public.=# (integer, integer) OWNER TO x;",
    "CREATE TABLE public.t (id integer);",
    "CREATE VIEW public.v AS SELECT public.f(t.id) AS id FROM public.t;",
    "ALTER TABLE public.v OWNER TO x;",
    "COMMENT ON VIEW public.v IS 'v';",
    "CREATE MATERIALIZED VIEW public.m AS SELECT v.id FROM public.v WITH NO DATA;",
    "CREATE VIEW public.o AS SELECT 1 AS id WHERE (1 OPERATOR(public.=#) 2);",
    "CREATE SERVER far FOREIGN DATA WRAPPER w;",
    "ALTER SERVER far OWNER TO x;",
    "CREATE USER MAPPING FOR x SERVER far;",
    "CREATE FOREIGN TABLE public.away (a integer) SERVER far;",
    "GRANT ALL ON FOREIGN SERVER far TO x;",
    "CREATE INDEX t_i ON public.t USING btree (id);",
    "ALTER TABLE public.t CLUSTER ON t_i;",
    "CREATE INDEX m_i ON public.m USING btree (id);",
    "REFRESH MATERIALIZED VIEW public.m;",
    "CREATE PUBLICATION pub;",
    "ALTER PUBLICATION pub ADD TABLE ONLY public.t;",
    "ALTER PUBLICATION pub ADD TABLES IN SCHEMA s;",
    "GRANT SELECT ON TABLE public.v TO PUBLIC;",
    "ALTER DEFAULT PRIVILEGES FOR ROLE x IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;",
];

/// The statements of [`KINDS`] that go, all known ahead and from a pipe.
fn going(choice: &Choice, rules: &str) -> Vec<usize> {
    let run = |ahead: usize| {
        let rules = crate::rules::parse("r", &format!("version = 1\n{rules}")).expect("parses");
        let mut objects = Objects::new(choice.clone(), Arc::new(rules));
        let all: Vec<Vec<Facts>> = KINDS.iter().map(|sql| facts(sql, None).expect(sql)).collect();
        all.iter().take(ahead).for_each(|facts| objects.note(facts));
        assert_eq!(objects.judge_names(ahead == KINDS.len()), []);
        assert_eq!(objects.decide(), []);
        let left = (0..KINDS.len()).filter(|at| objects.verdict(&all[*at], KINDS[*at]).expect("whole") == StatementVerdict::Leave);
        let left: Vec<usize> = left.collect();
        assert_eq!(objects.unmatched_behind(), []);
        left
    };
    assert_eq!(run(17), run(KINDS.len()), "from a pipe as from a file");
    run(KINDS.len())
}

#[test]
fn what_hangs_on_a_kind_goes_with_it() {
    let by = |objects: &str| going(&Choice::default(), &format!("[objects]\n{objects}\n"));
    let views = [7, 8, 9, 10, 19, 20, 24];
    assert_eq!(by("drop = [\"view\"]"), [7, 8, 9, 10, 11, 19, 20, 24]);
    assert_eq!(by("drop = [\"view:v\"]"), views);
    assert_eq!(by("drop = [\"view\"]\nkeep = [\"view:o\"]"), views);
    assert_eq!(by("drop = [\"materialized view\"]"), [10, 19, 20]);
    for function in ["function", "function:f", "function:public.f", "function:*.f", "function:f(int4)"] {
        assert_eq!(by(&format!("drop = [{function:?}]")), [[1, 2, 3].as_slice(), &views].concat(), "{function}");
    }
    assert_eq!(by("drop = [\"operator\"]"), [4, 5, 11]);
    assert_eq!(by("drop = [\"server\"]"), [12, 13, 14, 15, 16]);
    assert_eq!(by("drop = [\"user mapping\", \"foreign table:away\"]"), [14, 15]);
    assert_eq!(by("drop = [\"index\"]"), [17, 18, 19]);
    assert_eq!(by("drop = [\"publication:pub\"]"), [21, 22, 23]);
    assert_eq!(by("drop = [\"collation\"]"), [0]);
    assert_eq!(by("drop = [\"comment:v\", \"owner:far\", \"privileges:v\"]"), [9, 13, 24]);
    assert_eq!(by("drop = [\"comment\"]\nkeep = [\"comment:v\"]"), [3]);
    assert_eq!(by("drop = [\"default privileges\"]"), [25]);
}

#[test]
fn a_schema_goes_from_publications_and_default_privileges() {
    let of = |name: &str| vec![NamePattern::bare(name).expect("a pattern")];
    assert_eq!(going(&Choice { exclude_schemas: of("s"), lenient: true, ..Choice::default() }, ""), [23]);
    assert_eq!(going(&Choice { schemas: of("public"), lenient: true, ..Choice::default() }, ""), [23]);
    let without = going(&Choice { exclude_schemas: of("public"), lenient: true, ..Choice::default() }, "");
    assert!(without.contains(&25) && without.contains(&4) && !without.contains(&23), "{without:?}");
}

#[test]
fn what_cannot_go_along_is_refused_with_names() {
    let script = [
        "CREATE DOMAIN public.d AS text;",
        "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS $$SELECT 1$$;",
        "CREATE TABLE public.t (a public.d, b integer DEFAULT public.f(), c text);",
        "CREATE TABLE public.u (c text);",
        "ALTER TABLE ONLY public.u ALTER COLUMN c SET DEFAULT public.f();",
    ];
    let told = |objects: &str| {
        let rules = crate::rules::parse("r", &format!("version = 1\n[objects]\ndrop = [{objects:?}]\n")).expect("parses");
        let mut objects = Objects::new(Choice::default(), Arc::new(rules));
        script.iter().for_each(|sql| objects.note(&facts(sql, None).expect(sql)));
        objects
            .settle()
            .into_iter()
            .map(|mistake| format!("{} ({})", mistake.message, mistake.help.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("domain"),
        ["column a of public.t needs public.d, which is left out (r:3:9) (leave public.t out too, or keep public.d)"]
    );
    assert_eq!(
        told("function"),
        [
            "the default of column b of public.t needs public.f(), which is left out (r:3:9) (leave public.t out too, or keep public.f())",
            "a default of public.u needs public.f(), which is left out (r:3:9) (leave public.u out too, or keep public.f())",
        ]
    );
}

#[test]
fn names_of_objects_must_match() {
    let entry = |objects: &str| mistakes(Choice::default(), &format!("[objects]\n{objects}\n"));
    assert_eq!(
        entry("drop = [\"view:vv\"]"),
        ["\"view:vv\" of [objects] matches no view of the dump (did you mean \"view:v\"? --no-strict-names makes it no error)"]
    );
    assert_eq!(
        entry("keep = [\"comment:crm.cc\"]"),
        [
            "\"comment:crm.cc\" of [objects] matches no object of the dump (did you mean \"comment:crm.c\"? --no-strict-names makes it no error)"
        ]
    );
    assert_eq!(
        entry("drop = [\"extension:absent\"]"),
        [
            "\"extension:absent\" of [objects] matches no extension of the dump (name one that the dump has (without a schema it is of public), or add --no-strict-names)"
        ]
    );
    assert_eq!(entry("drop = [\"publication\", \"comment:a\", \"view:*\", \"foreign key:b_fk\", \"foreign key:public.b.b_fk\"]"), [""; 0]);
    assert_eq!(mistakes(Choice { lenient: true, ..Choice::default() }, "[objects]\ndrop = [\"view:vv\"]\n"), [""; 0]);
}

#[test]
fn names_of_what_stands_behind_the_rows_wait_for_it() {
    let rules = crate::rules::parse("r", "version = 1\n[objects]\ndrop = [\"index:a_i\", \"index:a_j\", \"view:x\"]\n").expect("parses");
    let mut objects = Objects::new(Choice::default(), Arc::new(rules));
    let all: Vec<Vec<Facts>> = SCRIPT.iter().map(|sql| facts(sql, None).expect(sql)).collect();
    all.iter().take(17).for_each(|facts| objects.note(facts));
    let lines = |mistakes: Vec<RuleError>| mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>();
    assert_eq!(lines(objects.judge_names(false)), ["\"view:x\" of [objects] matches no view of the dump"]);
    objects.decide();
    all.iter().zip(SCRIPT).for_each(|(facts, sql)| drop(objects.verdict(facts, sql)));
    assert_eq!(lines(objects.unmatched_behind()), ["\"index:a_j\" of [objects] matches no index of the dump"]);
}
