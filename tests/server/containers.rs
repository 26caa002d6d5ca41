//! Values that hold values: thousands of random ones, written by the server, masked inside, and read again by the server.
//! What it says of their structure is the same before and after.

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

/// How many rows, each with seventeen containers.
const ROWS: usize = 3_000;

/// The types, the functions that make random values of them, and the table.
const SCRIPT: &str = include_str!("containers.sql");

/// Masks that change what they see, and masks that keep its length.
const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[tables.boxes.columns]
words = { array = "permute" }
codes = { array = "hash" }
deep = { array = "lorem" }
numbers = { array = "permute" }
one = { composite = { name = "permute", age = "permute", tags = { array = "permute" } } }
people = { array = { composite = { name = "hash", tags = { array = "permute" } } } }
team = { composite = { label = "permute", lead = { composite = { name = "permute" } }, members = { array = { composite = { name = "permute" } } } } }
pairs = { hstore = { name = "full_name", "*" = "permute" } }
period = { bounds = { mask = "date_shift", days = 30, seed = "id" } }
span = { bounds = { mask = "noise", absolute = 3 } }
price = { bounds = { mask = "noise", relative = 0.1 } }
seen = { bounds = { mask = "date_shift", days = 30, seed = "id" } }
several = { bounds = { mask = "date_shift", days = 3 } }
doc = { json = { "$..name" = "permute", "$..list[*]" = { mask = "permute", domain = "list" } } }
docb = { json = { "$..name" = { mask = "permute", domain = "name" }, "$..list" = "permute" } }
note = { json = { "$..list" = "permute", "$..name" = "token" } }
page = { xml = { "//name" = "permute", "//@kind" = "permute" } }
"#;

/// What the server says of each column's structure: asked of original and copy.
const STRUCTURE: &[(&str, &str)] = &[
    ("words", "array_dims(words) || e(words)"),
    ("codes", "array_dims(codes) || regexp_replace(e(codes::text[]), '[0-9]+', '', 'g')"),
    ("deep", "array_dims(deep) || e(deep)"),
    ("numbers", "array_dims(numbers) || e(numbers::text[])"),
    ("one", "p(one)"),
    (
        "people",
        "array_dims(people) || (SELECT string_agg(regexp_replace(p(m), '^[0-9]+', 'V'), ';' ORDER BY o) FROM unnest(people) WITH ORDINALITY u(a, b, c, o), LATERAL (SELECT CASE WHEN people[o] IS NULL THEN NULL ELSE ROW(a, b, c)::person END) x(m))",
    ),
    ("team", "s((team).label) || p((team).lead) || coalesce(array_dims((team).members), '-')"),
    (
        "pairs",
        "(SELECT string_agg(key || '=' || CASE WHEN key = 'name' THEN (value IS NULL OR value = '')::text ELSE s(value) END, ',' ORDER BY key) FROM each(pairs))",
    ),
    (
        "period",
        "isempty(period) || r(lower_inf(period), upper_inf(period), lower_inc(period), upper_inc(period)) || coalesce((upper(period) - lower(period))::text, '-')",
    ),
    ("span", "isempty(span) || r(lower_inf(span), upper_inf(span), lower_inc(span), upper_inc(span))"),
    ("price", "isempty(price) || r(lower_inf(price), upper_inf(price), lower_inc(price), upper_inc(price))"),
    (
        "seen",
        "isempty(seen) || r(lower_inf(seen), upper_inf(seen), lower_inc(seen), upper_inc(seen)) || coalesce((upper(seen) - lower(seen))::text, '-')",
    ),
    ("several", "(SELECT string_agg(r(lower_inf(x), upper_inf(x), lower_inc(x), upper_inc(x)), ',') FROM unnest(several) x)"),
    ("doc", "j(doc::jsonb) || k(doc)"),
    ("docb", "j(docb)"),
    ("note", "j(note::jsonb)"),
    (
        "page",
        "(page IS DOCUMENT)::text || array_length(xpath('//node()', page), 1) || (SELECT string_agg(length(x::text)::text, ',') FROM unnest(xpath('//empty', page)) x)",
    ),
];

/// Functions for the questions: the lengths of an array's elements; of a composite's fields; of a document's values, by path.
const FUNCTIONS: &str = r#"
CREATE FUNCTION s(text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(length($1)::text, 'N') $$;
CREATE FUNCTION e(text[]) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(string_agg(s(v), ',' ORDER BY o), '') FROM unnest($1) WITH ORDINALITY u(v, o) $$;
CREATE FUNCTION p(person) RETURNS text LANGUAGE sql AS $$ SELECT s($1.name) || '/' || s($1.age::text) || '/' || coalesce(array_dims($1.tags) || e($1.tags), s($1.tags::text)) $$;
CREATE FUNCTION r(bool, bool, bool, bool) RETURNS text LANGUAGE sql AS $$ SELECT concat($1, $2, $3, $4) $$;
CREATE FUNCTION k(json) RETURNS text LANGUAGE sql AS $$ SELECT CASE json_typeof($1) WHEN 'object' THEN (SELECT string_agg(x, ',') FROM json_object_keys($1) x) ELSE json_typeof($1) END $$;
CREATE FUNCTION j(doc jsonb) RETURNS text LANGUAGE sql AS $$
    WITH RECURSIVE d(path, value) AS (SELECT '$', doc UNION ALL SELECT path || '.' || k, v FROM d, LATERAL (
        SELECT k, v FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value ELSE '{}' END) o(k, v) UNION ALL
        SELECT (n - 1)::text, v FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) WITH ORDINALITY e(v, n)) x)
    SELECT string_agg(path || ':' || jsonb_typeof(value) || CASE jsonb_typeof(value) WHEN 'string' THEN length(value #>> '{}')::text ELSE '' END, ',' ORDER BY path, value::text) FROM d $$;
"#;

fn source() -> Database {
    let source = Server::get().database("containers");
    source.psql(&SCRIPT.replace("{rows}", &ROWS.to_string()));
    source
}

#[test]
fn containers_keep_their_structure() {
    let source = source();
    let rules = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(rules.path(), RULES).expect("writes");
    let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(rules.path()).run(source.dump(["--no-owner"])).success();
    let target = Server::get().database("containers_copy");
    let restored = target.psql_stdin(&outcome.stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    assert_eq!(restored.err(), "");
    for database in [&source, &target] {
        database.psql(FUNCTIONS);
    }
    for (column, structure) in STRUCTURE {
        let all = format!("SELECT id, {structure} FROM boxes ORDER BY id");
        let (before, after) = (source.psql(&all), target.psql(&all));
        assert_eq!(before.lines().count(), after.lines().count(), "{column}");
        let wrong = before.lines().zip(after.lines()).find(|(before, after)| before != after);
        assert_eq!(wrong, None, "{column}");
        let values = format!(
            "SELECT md5(string_agg({column}::text, ',' ORDER BY id)), count({column}), count(DISTINCT {column}::text) > {ROWS} / 4 FROM boxes"
        );
        let (before, after) = (source.psql(&values), target.psql(&values));
        let (before, after) = (before.split_once('|').expect("columns"), after.split_once('|').expect("columns"));
        assert!(before.0 != after.0, "{column} was not masked");
        assert_eq!(before.1, after.1, "{column}: NULLs, and variety");
    }
}

/// Every column of every row goes through another number of threads, and comes out the same.
#[test]
fn threads_change_nothing() {
    let source = source();
    let dump = source.dump(["--no-owner"]);
    let rules = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(rules.path(), RULES).expect("writes");
    let run = |jobs: &str| Pgveil::new(["filter", "-q", "-j", jobs, "-r"]).arg(rules.path()).run(&dump).success().stdout;
    let alone = run("1");
    assert!(alone == run("8"), "one thread and eight make different copies");
    assert!(alone == run("3"));
}
