use super::*;
use crate::plan::objects::pattern::NamePattern;
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
