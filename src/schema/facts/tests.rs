use super::*;
use crate::schema::object::{Aspect, Kind, Object};

/// The facts of one statement, in one line.
fn read(sql: &str) -> String {
    let all = facts(sql, None).expect(sql);
    let [facts] = all.as_slice() else { panic!("{} statements", all.len()) };
    let object = |object: &Object| match object {
        Object::Relation(name) => format!("{name}"),
        Object::Type(name) => format!("type {name}"),
        Object::Routine(..) => format!("routine {object}"),
        Object::On(kind, ..) | Object::Within(kind, _) | Object::Method(kind, ..) | Object::Global(kind, _) | Object::Other(kind, _) => {
            format!("{} {object}", kind.word())
        }
    };
    let need = |need: &Need| match need {
        Need::Object(found) => object(found),
        Need::Routine(name, Some(count)) => format!("{name}/{count}"),
        Need::Routine(name, None) => format!("{name}/?"),
    };
    let list = |items: Vec<String>| items.join(", ");
    let mut line = format!("{} {:?}: {}", facts.kind.word(), facts.aspect, list(facts.about.iter().map(object).collect()));
    if !facts.needs.is_empty() {
        line += &format!(" <- {}", list(facts.needs.iter().map(need).collect()));
    }
    for (dependent, on) in &facts.links {
        line += &format!("; {} goes with {}", object(dependent), object(on));
    }
    for part in &facts.parts {
        let column = part.column.as_ref().map_or("table".into(), ToString::to_string);
        let text = part.default.clone().map_or("", |range| &sql[range]);
        line += &format!("; {column} [{text}] needs {}", list(part.needs.iter().map(need).collect()));
    }
    line
}

#[test]
fn what_is_created() {
    for (sql, expected) in [
        (
            "CREATE TABLE public.t (id integer DEFAULT nextval('public.s'::regclass) NOT NULL, m public.mood, CONSTRAINT c CHECK (public.f(id)));",
            "table Definition: public.t, type public.t; constraint c of public.t goes with public.t; \
             id [DEFAULT nextval('public.s'::regclass)] needs public.nextval/1, public.s, type public.regclass; \
             m [] needs type public.mood; table [] needs public.f/1",
        ),
        ("CREATE TABLE public.c ()\nINHERITS (public.p);", "table Definition: public.c, type public.c <- public.p"),
        (
            "CREATE VIEW public.v AS WITH w AS (SELECT 1) SELECT a.* FROM (public.a JOIN w ON (true)) WHERE (EXISTS (SELECT 1 FROM public.b));",
            "view Definition: public.v, type public.v <- public.a, public.b",
        ),
        (
            "CREATE MATERIALIZED VIEW public.v AS SELECT 1 FROM public.a WITH NO DATA;",
            "materialized view Definition: public.v, type public.v <- public.a",
        ),
        (
            "CREATE INDEX i ON public.t USING btree (lower(a), public.g(b));",
            "index Definition: public.i <- public.t, public.g/1, public.lower/1",
        ),
        (
            "CREATE FUNCTION public.f(a integer, OUT b text, VARIADIC c public.t[]) RETURNS SETOF public.u LANGUAGE sql AS $$SELECT 1$$;",
            "function Definition: routine public.f(int4, public.t[]) <- type public.t, type public.text, type public.u, language sql",
        ),
        (
            "CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f('x');",
            "trigger Definition: trigger g of public.t <- public.t, public.f/0",
        ),
        (
            "CREATE AGGREGATE public.a(integer) (SFUNC = public.f, STYPE = integer);",
            "aggregate Definition: routine public.a(int4) <- type public.f, public.f/?",
        ),
        (
            "CREATE POLICY p ON public.t USING ((id IN ( SELECT a.id FROM public.a)));",
            "policy Definition: policy p of public.t <- public.a, public.t",
        ),
        (
            "CREATE INDEX i ON public.t USING btree (a COLLATE public.c public.ops) WHERE (a OPERATOR(public.=#) 'x'::public.d);",
            "index Definition: public.i <- public.t, type public.d, collation public.c, operator class public.ops for btree, public.\"=#\"/?",
        ),
        (
            "CREATE TABLE public.t (a text COLLATE public.c, EXCLUDE USING gist (a public.g WITH OPERATOR(public.&&))) PARTITION BY HASH (a public.h);",
            "table Definition: public.t, type public.t; table [] needs operator class public.h for hash; \
             a [] needs type public.text, collation public.c; \
             table [] needs operator class public.g for gist, public.\"&&\"/?",
        ),
        (
            "CREATE OPERATOR public.=# (FUNCTION = public.f, LEFTARG = integer, RIGHTARG = public.d);",
            "operator Definition: routine public.\"=#\"(int4, public.d) <- type public.d, type public.f, \
             public.d/?, public.f/?",
        ),
        (
            "CREATE OPERATOR CLASS public.ops FOR TYPE public.d USING btree AS OPERATOR 1 public.=#(public.d, public.d);",
            "operator class Definition: operator class public.ops for btree <- type public.d, public.\"=#\"/2",
        ),
        ("CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'x');", "user mapping Definition: user mapping u on s <- server s"),
    ] {
        assert_eq!(read(sql), expected);
    }
}

#[test]
fn what_is_altered() {
    for (sql, expected) in [
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.u(id);",
            "foreign key Definition: constraint f of public.t <- public.t, public.u",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);",
            "constraint Definition: constraint t_pkey of public.t, public.t_pkey <- public.t",
        ),
        ("ALTER SEQUENCE public.s OWNED BY public.t.id;", "sequence Part: public.s <- public.t; public.s goes with public.t"),
        ("ALTER TABLE ONLY public.p ATTACH PARTITION public.c DEFAULT;", "table Part: public.p <- public.c; public.c goes with public.p"),
        ("ALTER INDEX public.i ATTACH PARTITION public.j;", "index Part: public.i <- public.j; public.j goes with public.i"),
        (
            "ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME public.s START WITH 1);",
            "table Part: public.t; public.s goes with public.t",
        ),
        ("ALTER TABLE public.t OWNER TO x;", "table Owner: public.t"),
        ("ALTER FUNCTION public.f(integer) OWNER TO x;", "function Owner: routine public.f(int4)"),
        (
            "ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.\"S\"'::regclass);",
            "default Definition:  <- public.\"S\", public.t, type public.regclass, public.nextval/1",
        ),
        ("ALTER OPERATOR public.=# (integer, public.d) OWNER TO x;", "operator Owner: routine public.\"=#\"(int4, public.d)"),
        ("ALTER OPERATOR public.!! (NONE, integer) OWNER TO x;", "operator Owner: routine public.\"!!\"(NONE, int4)"),
        ("ALTER OPERATOR CLASS public.ops USING btree OWNER TO x;", "operator class Owner: operator class public.ops for btree"),
        ("ALTER PUBLICATION p ADD TABLES IN SCHEMA s;", "publication Part: publication p <- schema s"),
        ("ALTER PUBLICATION p ADD TABLE ONLY public.t;", "publication Part: publication p <- public.t"),
    ] {
        assert_eq!(read(sql), expected);
    }
}

#[test]
fn what_is_said() {
    for (sql, expected) in [
        ("COMMENT ON TRIGGER g ON public.t IS 'x';", "trigger Comment: trigger g of public.t"),
        ("COMMENT ON COLUMN public.t.id IS 'x';", "table Comment: public.t"),
        ("COMMENT ON FUNCTION public.f(a integer, OUT b text) IS 'x';", "function Comment: routine public.f(int4)"),
        ("COMMENT ON TYPE public.mood IS 'x';", "type Comment: type public.mood"),
        ("COMMENT ON EXTENSION postgis IS 'x';", "extension Comment: extension postgis"),
        ("COMMENT ON CONSTRAINT c ON public.t IS 'x';", "constraint Comment: constraint c of public.t"),
        ("GRANT SELECT(a) ON TABLE public.t TO x;", "table Privileges: public.t"),
        ("SELECT pg_catalog.setval('public.\"A b\"', 5, true);", "sequence Value: public.\"A b\""),
        ("SELECT pg_catalog.set_config('search_path', '', false);", "statement Setting: "),
        ("DROP TABLE IF EXISTS public.t;", "table Removal: public.t"),
        (
            "SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '180000'::integer, 'schemaname', 'public', 'relname', 't');",
            "statistics Value: public.t",
        ),
    ] {
        assert_eq!(read(sql), expected);
    }
}

#[test]
fn a_setting_is_named() {
    let all = facts("SET default_tablespace = '';", None).expect("parses");
    assert_eq!(
        all.first().map(|facts| (facts.kind, facts.aspect, facts.setting.as_deref())),
        Some((Kind::Setting, Aspect::Setting, Some("default_tablespace")))
    );
}

#[test]
fn expressions_too_deep_for_the_parser_keep_their_names() {
    let chain = vec!["public.f(a)"; 60].join(" || ");
    let sql = format!("CREATE INDEX i ON public.t USING btree ((({chain})));");
    let found = facts(&sql, None).expect("parses");
    assert!(found.iter().all(|facts| facts.needs.contains(&Need::Object(Object::Type(RelationName::new("public", "f"))))), "{found:?}");
}
