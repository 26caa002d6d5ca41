//! Masks write what the server writes back, or a target would differ from its report without need.

use super::{equal, filtered, restored, verify};
use crate::support::server::Server;

/// A column's type, an expression of its values by `g`, and its rule.
const CASES: &[(&str, &str, &str)] = &[
    ("smallint", "g", r#"{ mask = "noise", absolute = 10 }"#),
    ("integer", "g", r#""permute""#),
    ("integer", "g", r#"{ mask = "bucket", size = 10 }"#),
    ("integer", "75000 + g", r#""postcode""#),
    ("bigint", "g * 1000000007::bigint", r#"{ mask = "range", min = -5, max = 5000000000 }"#),
    ("bigint", "552100554 + g * 0", r#""siren""#),
    ("numeric", "g / 7.0", r#"{ mask = "noise", relative = 0.1 }"#),
    ("numeric", "g / 7.0", r#"{ mask = "round", digits = 1 }"#),
    ("numeric(10,2)", "g / 7.0", r#"{ mask = "noise", relative = 0.1 }"#),
    ("numeric(10,2)", "g / 7.0", r#"{ mask = "round", digits = 1 }"#),
    ("numeric(10,2)", "g / 7.0", r#"{ mask = "round", digits = -1 }"#),
    ("numeric(10,2)", "g / 7.0", r#"{ mask = "bucket", size = 10 }"#),
    ("numeric(10,2)", "g / 7.0", r#"{ mask = "range", min = 1, max = 9 }"#),
    ("numeric(10,2)", "g", r#""permute""#),
    ("numeric(10,2)", "g", r#"{ mask = "const", value = 1 }"#),
    ("numeric(10,2)[]", "ARRAY[g, 1.5]", r#"{ array = { mask = "noise", relative = 0.1 } }"#),
    ("real", "g / 7.0", r#"{ mask = "noise", relative = 0.1 }"#),
    ("real", "g / 7.0", r#"{ mask = "round", digits = 2 }"#),
    ("real", "g * 1e20", r#"{ mask = "noise", relative = 0.1 }"#),
    ("double precision", "g / 7.0", r#"{ mask = "noise", relative = 0.1 }"#),
    ("double precision", "g * 1e20", r#"{ mask = "noise", relative = 0.1 }"#),
    ("double precision", "g * 1e-9", r#"{ mask = "noise", relative = 0.1 }"#),
    ("double precision", "g / 7.0", r#"{ mask = "round", digits = 1 }"#),
    ("double precision", "g / 7.0", r#"{ mask = "bucket", size = 10 }"#),
    ("double precision", "g / 7.0", r#"{ mask = "range", min = 0, max = 1 }"#),
    ("double precision", "g / 7.0", r#"{ mask = "const", value = "1e5" }"#),
    ("double precision", "40 + g / 100.0", r#"{ mask = "geo", km = 5, axis = "latitude" }"#),
    ("real", "40 + g / 100.0", r#"{ mask = "geo", km = 5, axis = "latitude" }"#),
    ("numeric(8,6)", "40 + g / 100.0", r#"{ mask = "geo", km = 5, axis = "latitude" }"#),
    ("point", "point(2 + g / 100.0, 40)", r#"{ mask = "geo", km = 5 }"#),
    ("varchar(40)", "'Zoé ' || g", r#""first_name""#),
    ("varchar(3)", "'abc'", r#""lorem""#),
    ("char(30)", "'Zoé ' || g", r#""first_name""#),
    ("char(30)", "'Zoé ' || g", r#""permute""#),
    ("char(60)", "'Zoé ' || g || '@example.com'", r#""email""#),
    ("char(10)", "'x'", r#"{ mask = "const", value = "ab" }"#),
    ("char(10)[]", "ARRAY['x', 'y z']", r#"{ array = "first_name" }"#),
    ("date", "date '1980-01-01' + g", r#"{ mask = "date_shift", days = 30 }"#),
    ("date", "date '1980-01-01' + g", r#""date_of_birth""#),
    ("date", "date '0044-03-15 BC' + g", r#"{ mask = "date_shift", days = 30 }"#),
    ("date", "date '1980-01-01' + g", r#"{ mask = "date_range", from = "2020-01-01", to = "2024-12-31" }"#),
    ("date", "date '1980-01-01' + g", r#"{ mask = "date_band", ages = [15, 18, 25, 40, 65], at = "2026-01-01" }"#),
    (
        "timestamp",
        "timestamp '1980-01-01 00:00:00.5' + g * interval '1 hour 0.123456 s'",
        r#"{ mask = "date_shift", days = 30, hours = 5 }"#,
    ),
    (
        "timestamp(3)",
        "timestamp '1980-01-01 00:00:00.5' + g * interval '1 hour 0.123456 s'",
        r#"{ mask = "date_shift", days = 30, minutes = 5 }"#,
    ),
    ("timestamp", "timestamp '1980-01-01' + g * interval '1 hour'", r#"{ mask = "date_trunc", to = "month" }"#),
    ("timestamp", "timestamp '1980-01-01' + g * interval '1 hour'", r#"{ mask = "date_range", from = "2020-01-01", to = "2024-12-31" }"#),
    ("timestamp", "timestamp '1980-01-01' + g * interval '1 hour'", r#"{ mask = "const", value = "2020-01-01" }"#),
    (
        "timestamptz",
        "timestamptz '1980-01-01 00:00:00.5+00' + g * interval '1 hour 0.123456 s'",
        r#"{ mask = "date_shift", days = 30, hours = 5 }"#,
    ),
    ("timestamptz", "timestamptz '1980-01-01+00' + g * interval '1 hour'", r#"{ mask = "date_trunc", to = "day", zone = "Europe/Paris" }"#),
    (
        "timestamptz",
        "timestamptz '1980-01-01+00' + g * interval '1 hour'",
        r#"{ mask = "date_range", from = "2020-01-01", to = "2024-12-31" }"#,
    ),
    ("timestamptz", "timestamptz '1980-01-01+00' + g * interval '1 hour'", r#""date_of_birth""#),
    ("timestamptz", "timestamptz '1980-01-01+00'", r#"{ mask = "const", value = "2020-01-01 00:00:00+02" }"#),
    ("time", "time '00:00:00.25' + g * interval '1 minute'", r#"{ mask = "date_shift", hours = 3 }"#),
    ("time", "time '00:00:00.25' + g * interval '1 minute'", r#"{ mask = "date_trunc", to = "hour" }"#),
    ("timetz", "timetz '00:00:00.25+05:30' + g * interval '1 minute'", r#"{ mask = "date_shift", hours = 3 }"#),
    ("interval", "g * interval '1 day 01:02:03.5'", r#"{ mask = "date_trunc", to = "hour" }"#),
    ("interval", "g * interval '1 mon -2 day'", r#"{ mask = "date_trunc", to = "month" }"#),
    ("daterange", "daterange(date '1980-01-01' + g, NULL)", r#"{ bounds = { mask = "date_shift", days = 10 } }"#),
    (
        "tstzrange",
        "tstzrange(timestamptz '1980-01-01+00' + g * interval '1 hour', '2050-01-01')",
        r#"{ bounds = { mask = "date_shift", days = 10 } }"#,
    ),
    ("numrange", "numrange(g, g + 5.5)", r#"{ bounds = { mask = "noise", absolute = 1 } }"#),
    ("int4range", "int4range(g, g + 5)", r#"{ bounds = { mask = "noise", absolute = 1 } }"#),
    ("int4range", "int4range(g, g + 5)", r#""empty""#),
    ("uuid", "md5(g::text)::uuid", r#""uuid""#),
    ("inet", "('10.0.' || g || '.1')::inet", r#""ip""#),
    ("inet", "('10.0.' || g || '.1/24')::inet", r#""ip""#),
    ("inet", "('2001:db8::' || g || ':0:1')::inet", r#""ip""#),
    ("inet", "('10.0.' || g || '.1')::inet", r#"{ mask = "const", value = "10.0.0.1/32" }"#),
    ("cidr", "('10.0.' || g || '.0/24')::cidr", r#""ip""#),
    ("cidr", "('2001:db8:' || g || '::/48')::cidr", r#""ip""#),
    ("macaddr", "('08:00:2b:01:02:' || lpad(to_hex(g % 256), 2, '0'))::macaddr", r#""mac""#),
    ("macaddr8", "('08:00:2b:01:02:03:04:' || lpad(to_hex(g % 256), 2, '0'))::macaddr8", r#""mac""#),
    (
        "json",
        "('{\"a\":  ' || g || ', \"name\": \"Zoé\", \"b\" : [1,2]}')::json",
        r#"{ json = { "$.name" = "first_name", "$.b" = "remove" } }"#,
    ),
    (
        "jsonb",
        "('{\"a\": ' || g || ', \"name\": \"Zoé\", \"token\": \"x\"}')::jsonb",
        r#"{ json = { "$.name" = "full_name", "$..token" = "remove" } }"#,
    ),
    ("jsonb", "('{\"a\": ' || g || '}')::jsonb", r#"{ json = { "$.a" = { mask = "noise", absolute = 3 } } }"#),
    ("jsonb", "('{\"a\": ' || g || '.50}')::jsonb", r#"{ json = { "$.a" = { mask = "noise", absolute = 3 } } }"#),
    ("jsonb", "('{\"a\": ' || g || '}')::jsonb", r#"{ json = { "$.a" = "null" } }"#),
    ("jsonb", "('[1, ' || g || ']')::jsonb", r#"{ mask = "append", value = "erased" }"#),
    ("jsonb", "('[1, ' || g || ']')::jsonb", r#"{ mask = "append", value = { b = 1, a = [1, 2] } }"#),
    ("jsonb", "'[\"Zoé\", \"Noël\"]'::jsonb", r#"{ array = "first_name" }"#),
    ("jsonb", "('{\"a\": ' || g || '}')::jsonb", r#"{ mask = "const", value = "{\"b\":1,\"a\" : [ ]}" }"#),
    ("integer[]", "ARRAY[g, NULL, 3]", r#"{ array = { mask = "noise", absolute = 3 } }"#),
    ("text[]", "ARRAY['Zoé', NULL, '', 'a\"b', 'NULL']", r#"{ array = "first_name" }"#),
    ("text[]", "ARRAY['Zoé', 'x']", r#"{ array = "lorem" }"#),
    ("text[]", "ARRAY['Zoé', 'x']", r#"{ mask = "append", value = "erased on request" }"#),
    ("text[]", "ARRAY['Zoé', 'x']", r#""empty""#),
    ("date[]", "ARRAY[date '1980-01-01' + g]", r#"{ array = { mask = "date_shift", days = 3 } }"#),
    ("timestamp[]", "ARRAY[timestamp '1980-01-01' + g * interval '1 hour']", r#"{ array = { mask = "date_shift", days = 3 } }"#),
    ("pair", "ROW('Zoé', g)::pair", r#"{ composite = { a = "full_name", b = { mask = "noise", absolute = 2 } } }"#),
    ("pair", "ROW('Zoé', NULL)::pair", r#"{ composite = { a = "null" } }"#),
    ("bytea", "decode(md5(g::text), 'hex')", r#""random_bytes""#),
    ("bytea", "decode(md5(g::text), 'hex')", r#""empty""#),
    ("bytea", "decode(md5(g::text), 'hex')", r#"{ mask = "const", value = "\\xDEADBEEF" }"#),
    ("boolean", "g % 2 = 0", r#"{ mask = "const", value = "false" }"#),
    ("boolean", "g % 2 = 0", r#"{ mask = "choice", values = [true, false] }"#),
    ("boolean DEFAULT true", "g % 2 = 0", r#""default""#),
    ("numeric(10,2) DEFAULT 5", "g", r#""default""#),
    ("timestamptz DEFAULT '2020-01-01 00:00:00+02'", "now()", r#""default""#),
    ("text DEFAULT 'it''s'", "'x'", r#""default""#),
    ("bit(5)", "(g % 32)::bit(5)", r#"{ mask = "const", value = "10101" }"#),
    ("xml", "('<user><name>Zoé ' || g || '</name><t/></user>')::xml", r#"{ xml = { "/user/name" = "first_name", "/user/t" = "remove" } }"#),
    ("uuid", "md5(g::text)::uuid", r#"{ mask = "const", value = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" }"#),
    ("date", "date '1980-01-01' + g", r#"{ mask = "map", values = { "1980-01-02" = "1999-01-08" } }"#),
    ("text", "'Zoé ' || g", r#"{ template = "{id} \\ x" }"#),
];

#[test]
fn masks_write_what_the_server_writes_back() {
    let source = Server::get().database("verify_masks");
    let mut schema = "CREATE TYPE pair AS (a text, b integer);\n".to_owned();
    let mut rules = "version = 1\n[defaults]\nlocale = \"fr_FR\"\nunlisted = \"keep\"\n".to_owned();
    for (at, (data_type, value, rule)) in CASES.iter().enumerate() {
        let name = format!("case {at}: {}", data_type.replace(['\'', '"'], "").replace("[]", " array"));
        let (declared, default) =
            data_type.split_once(" DEFAULT").map_or((*data_type, String::new()), |(of, default)| (of, format!(" DEFAULT{default}")));
        schema.push_str(&format!("CREATE TABLE \"{name}\" (id integer, v {declared}{default});\nINSERT INTO \"{name}\" SELECT g, ({value})::{declared} FROM generate_series(1, 40) g;\n"));
        rules.push_str(&format!("[tables.'{name}'.columns]\nv = {rule}\n"));
    }
    source.psql(&schema);
    let written = filtered(&source.dump(["--no-owner"]), &rules, &[]);
    let target = restored("verify_masked", &written.script);
    equal(&written, &target);
    // What a rule says as it stands there is spelt as the server does, as far as this is known.
    let told = verify(&written, &target, &["-v"]).out();
    let counted: Vec<&str> = told.lines().filter(|line| line.contains("counted only")).collect();
    let known = ["timestamp", "inet", "jsonb", "char(10) array"];
    assert!(counted.iter().all(|line| known.iter().any(|of| line.contains(&format!(": {of}\"")))), "{counted:#?}");
}
