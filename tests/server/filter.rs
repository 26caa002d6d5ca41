//! Conditions mean what they mean to PostgreSQL: thousands of pairs of a condition and a row, each evaluated by a server
//! and by us, errors included.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use pgveil::mask::fit::{Kind, Target};
use pgveil::mask::{Note, Surroundings};
use pgveil::rewrite::{Clock, Filter};
use pgveil::rules::expr;

use crate::support::server::{Database, Server};

/// A column: its name, its type, and the values that rows take turns with (as SQL).
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("small", "smallint", &["0", "-1", "32767", "NULL", "7"]),
    ("int", "integer", &["0", "1", "-5", "2147483647", "NULL", "42", "7"]),
    ("big", "bigint", &["9007199254740993", "-1", "NULL", "9223372036854775807", "42"]),
    ("num", "numeric(20,6)", &["0", "1.5", "-2.25", "12345678901234.123456", "NULL", "'NaN'", "42", "7.000000"]),
    ("free", "numeric", &["0.1", "1.50", "1e30", "NULL", "-0.000001", "7", "123456789012345678901234567890.5"]),
    ("real", "real", &["0.1", "1.5", "1e30", "NULL", "'NaN'", "'-Infinity'", "7"]),
    ("double", "double precision", &["0.1", "-1e-10", "1e300", "NULL", "'NaN'", "'Infinity'", "9007199254740992", "7"]),
    ("flag", "boolean", &["true", "false", "NULL"]),
    (
        "txt",
        "text",
        &[
            "''",
            "'Zoé'",
            "'zoé'",
            "NULL",
            "'a b'",
            "'50%'",
            "E'a\\\\b'",
            "E'line\\nbreak'",
            "'  x '",
            "'42'",
            "'ÉTÉ_1'",
            "'2024-02-29'",
            "'a@b.org'",
        ],
    ),
    ("short", "character varying(20)", &["'open'", "'closed'", "''", "NULL", "'Open'", "'abc'", "'Zoé'"]),
    ("fix", "character(5)", &["'ab'", "'ab c'", "''", "NULL", "'abcde'", "'Zoé'"]),
    ("nom", "name", &["'a'", "'B'", "NULL", "'open'"]),
    (
        "day",
        "date",
        &["'2024-02-29'", "'1999-12-31'", "NULL", "'infinity'", "'0044-03-15 BC'", "'2024-07-01'", "'2000-01-01'", "'-infinity'"],
    ),
    (
        "stamp",
        "timestamp without time zone",
        &["'2024-02-29 12:30:45.678901'", "'1999-12-31 23:59:59'", "NULL", "'infinity'", "'2024-07-01'", "'0044-03-15 01:02:03 BC'"],
    ),
    (
        "moment",
        "timestamp with time zone",
        &[
            "'2024-02-29 12:30:45.678901+02'",
            "'1999-12-31 23:59:59Z'",
            "NULL",
            "'-infinity'",
            "'2024-07-01 00:00 Europe/Paris'",
            "now()",
            "now() - interval '7 months'",
        ],
    ),
    ("clock", "time without time zone", &["'12:30'", "'00:00'", "'23:59:59.5'", "NULL", "'24:00'"]),
    ("span", "interval", &["'1 day'", "'24:00:00'", "'1 mon'", "'30 days'", "NULL", "'-1 year +2 days -03:04:05.6'", "'0'"]),
    ("id", "uuid", &["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'", "NULL"]),
    ("ip", "inet", &["'10.1.2.3'", "'10.0.0.0/8'", "'2001:db8::1'", "NULL", "'192.168.1.0/24'", "'::ffff:1.2.3.4'"]),
    ("net", "cidr", &["'10.0.0.0/8'", "'192.168.1.0/24'", "NULL", "'2001:db8::/32'"]),
    ("mood", "public.mood", &["'sad'", "'ok'", "'Happy'", "NULL"]),
    (
        "doc",
        "jsonb",
        &[
            r#"'{"a": {"b": [1, "two", null]}, "kind": "x", "n": 3.50}'"#,
            r#"'[1, 2, {"k": "v"}, "two"]'"#,
            "NULL",
            r#"'"kind"'"#,
            "'null'",
            r#"'{"kind": null, "n": "12", "é": "è\u0001\"\\/"}'"#,
            "'{}'",
            r#"'{"n": -1e3, "t": true}'"#,
        ],
    ),
    ("raw", "json", &[r#"'{"a": 1, "a" :  {"b":[ 1 ,2 ]}, "kind":"x"}'"#, "'[]'", "NULL", r#"' {"kind":"\u00e9\n"} '"#]),
    ("tags", "text[]", &["'{}'", "'{a,b}'", "'{\"c d\",NULL,\"x\\\"y\"}'", "NULL", "'{{a,b},{c,d}}'", "'[2:3]={a,z}'"]),
    ("nums", "integer[]", &["'{1,2,3}'", "'{}'", "'{NULL,7}'", "NULL"]),
    ("pair", "public.pair", &["ROW(NULL,NULL)", "ROW(1,NULL)", "ROW(1,'x,\"')", "NULL"]),
    ("shape", "box", &["'(1,2),(0,0)'", "NULL"]),
];

const ROWS: usize = 60;

/// A row as it stands in a dump, by column.
#[derive(Debug)]
struct Row<'a> {
    fields: &'a [Option<String>],
    reads: Vec<usize>,
}

impl Surroundings for Row<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.fields[self.reads[index]].as_deref().map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

fn columns() -> Vec<(String, Target)> {
    COLUMNS
        .iter()
        .map(|(name, ty, _)| {
            let mut target = Target::of_sql(ty);
            match *name {
                "mood" => target.kind = Kind::Enum(["sad", "ok", "Happy"].map(str::to_owned).into()),
                "pair" => target.kind = Kind::Composite(Vec::new()),
                _ => {}
            }
            ((*name).to_owned(), target)
        })
        .collect()
}

fn schema() -> String {
    let list: Vec<String> = COLUMNS.iter().map(|(name, ty, _)| format!("\"{name}\" {ty}")).collect();
    let mut sql = format!(
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'Happy'); CREATE TYPE pair AS (a int, b text);
        CREATE TABLE t (row int PRIMARY KEY, {});\n",
        list.join(", ")
    );
    let mut dice = Dice(7);
    for row in 0..ROWS {
        // Each value once, and then as it comes, so that rows differ in all columns.
        let mut value = |values: &[&'static str]| values[if row < values.len() { row } else { dice.below(values.len()) }];
        let values: Vec<&str> = COLUMNS.iter().map(|(_, _, values)| value(values)).collect();
        writeln!(sql, "INSERT INTO t VALUES ({row}, {});", values.join(", ")).expect("memory");
    }
    // Each row by itself only where one of them fails.
    sql + r#"CREATE FUNCTION try(expression text) RETURNS text LANGUAGE plpgsql AS $f$
        DECLARE all_rows text; one text; row int;
        BEGIN
            BEGIN
                EXECUTE 'SELECT string_agg(coalesce(((' || expression || E'\n))::boolean::text, ''null''), '','' ORDER BY row) FROM t' INTO all_rows;
                RETURN all_rows;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            FOR row IN SELECT t.row FROM t ORDER BY 1 LOOP
                BEGIN
                    EXECUTE 'SELECT coalesce(((' || expression || E'\n))::boolean::text, ''null'') FROM t WHERE row = ' || row INTO one;
                EXCEPTION WHEN OTHERS THEN one := 'error';
                END;
                all_rows := concat_ws(',', all_rows, one);
            END LOOP;
            RETURN all_rows;
        END $f$;"#
}

/// The fields of each row, unescaped as the pipeline does it; and the time of now().
fn rows(output: &str) -> Vec<Vec<Option<String>>> {
    let field = |raw: &str| {
        if raw == "\\N" {
            return None;
        }
        let mut out = Vec::new();
        pgveil::row::copy::unescape(raw.as_bytes(), &mut out);
        Some(String::from_utf8(out).expect("UTF-8"))
    };
    output.lines().map(|line| line.split('\t').skip(1).map(field).collect()).collect()
}

/// Evaluates every condition on every row, both ways.
fn compare(db: &Database, zone: &str, conditions: &[String]) {
    let mut script = format!("SET TimeZone = '{zone}'; SET IntervalStyle = postgres; BEGIN;\n");
    script += "SELECT (extract(epoch FROM now()) * 1000000)::bigint;\nCOPY (SELECT * FROM t ORDER BY row) TO STDOUT;\n\\echo ---\n";
    for condition in conditions {
        assert!(!condition.contains("$q$"));
        writeln!(script, "SELECT try($q${condition}$q$);").expect("memory");
    }
    let output = db.psql(&script);
    let (head, answers) = output.split_once("\n---\n").expect("both parts");
    let (now, data) = head.split_once('\n').expect("the time and the rows");
    let rows = rows(data);
    assert_eq!(rows.len(), ROWS);
    let clock = Clock::at(UNIX_EPOCH + Duration::from_micros(now.parse().expect("a time"))).in_zone(zone).expect("a zone");
    let columns = columns();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), conditions.len());
    let (mut wrong, mut pairs, mut known) = (Vec::new(), 0, [0; 4]);
    for (condition, answer) in conditions.iter().zip(answers) {
        let expr = match expr::parse(condition) {
            Ok(expr) => expr,
            Err(error) => {
                wrong.push(format!("{condition}\n    is not read: {error:?}"));
                continue;
            }
        };
        let filter = match Filter::bind(&expr, &columns, &clock) {
            Ok(filter) => filter,
            // What fails when it is bound fails on every row.
            Err(_) if answer.split(',').all(|one| one == "error") => continue,
            Err(error) => {
                wrong.push(format!("{condition}\n    is not bound: {} {:?} (server: {answer})", error.message, error.help));
                continue;
            }
        };
        let place = |reading: &pgveil::mask::Reading| columns.iter().position(|(name, _)| *name == reading.of).expect("a column");
        let reads: Vec<usize> = filter.reads().iter().map(place).collect();
        for (fields, theirs) in rows.iter().zip(answer.split(',')) {
            let ours = match filter.holds(&Row { fields, reads: reads.clone() }) {
                Ok(Some(true)) => "true",
                Ok(Some(false)) => "false",
                Ok(None) => "null",
                Err(_) => "error",
            };
            pairs += 1;
            known[["true", "false", "null", "error"].iter().position(|one| *one == ours).expect("one")] += 1;
            // Before PostgreSQL 17 no interval was infinite: the difference of such timestamps was an error.
            let infinite = || reads.iter().any(|i| fields[*i].as_deref().is_some_and(|value| value.ends_with("infinity")));
            let new = Server::get().version() < 17 && theirs == "error" && condition.contains(" - ") && infinite();
            if ours != theirs && !new {
                let values: Vec<_> = reads.iter().map(|i| (&columns[*i].0, &fields[*i])).collect();
                wrong.push(format!("{condition}\n    {values:?}: ours {ours}, server {theirs}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {pairs} pairs differ:\n{}",
        wrong.len(),
        wrong.iter().take(60).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(pairs > 1000 && known.iter().take(3).all(|count| *count > pairs / 50), "{pairs} pairs of {known:?} show too little");
}

fn stage(hint: &str) -> Database {
    let db = Server::get().database(hint);
    db.psql(&schema());
    db
}

/// Every column with every comparison and literals of its type.
fn comparisons() -> Vec<String> {
    let mut conditions = Vec::new();
    for (name, ty, values) in COLUMNS {
        if matches!(*ty, "json" | "public.pair" | "box") {
            continue;
        }
        let text = matches!(*name, "txt" | "short" | "fix");
        let unordered = matches!(*name, "doc" | "tags" | "nums");
        for value in values.iter().filter(|value| !value.contains('(') && !value.starts_with('E')) {
            let literal = if value.starts_with('\'') || *value == "NULL" { (*value).to_owned() } else { format!("'{value}'") };
            for sign in ["=", "<>", "<", "<=", ">", ">="] {
                let collate =
                    if text && sign.len() + usize::from(sign == "<" || sign == ">") > 1 && sign != "<>" { " COLLATE \"C\"" } else { "" };
                if !unordered || matches!(sign, "=" | "<>") {
                    conditions.push(format!("\"{name}\"{collate} {sign} {literal}"));
                }
            }
            conditions.push(format!("\"{name}\" IS DISTINCT FROM {literal}"));
            conditions.push(format!("\"{name}\" IS NOT DISTINCT FROM {literal}"));
        }
        conditions.push(format!("\"{name}\" IS NULL"));
        let literals: Vec<String> = values.iter().filter(|value| value.starts_with('\'')).map(|value| (*value).to_owned()).collect();
        if literals.len() > 2 {
            conditions.push(format!("\"{name}\" IN ({})", literals[1..].join(", ")));
            conditions.push(format!("\"{name}\" NOT IN ({}, NULL)", literals[1..].join(", ")));
        }
    }
    conditions
}

#[test]
fn comparisons_of_every_type() {
    compare(&stage("comparisons"), "UTC", &comparisons());
}

#[test]
fn conditions_by_hand() {
    let conditions: Vec<String> =
        include_str!("conditions.sql").lines().filter(|line| !line.is_empty() && !line.starts_with("--")).map(str::to_owned).collect();
    let db = stage("conditions");
    compare(&db, "UTC", &conditions);
    let of_time = |condition: &&String| ["moment", "day", "stamp", "now()", "current_date"].iter().any(|word| condition.contains(word));
    let of_time: Vec<String> = conditions.iter().filter(of_time).cloned().collect();
    compare(&db, "America/New_York", &of_time);
    compare(&db, "Asia/Kolkata", &of_time);
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }

    fn condition(&mut self, atoms: &[String], depth: usize) -> String {
        if depth == 0 {
            return format!("({})", atoms[self.below(atoms.len())]);
        }
        let left = self.condition(atoms, depth - 1);
        match self.below(8) {
            0 => format!("NOT {left}"),
            1 => format!("({left}) IS NOT TRUE"),
            2 => format!("({left}) IS UNKNOWN"),
            3 => format!("CASE WHEN {left} THEN {} ELSE {left} END", self.condition(atoms, depth - 1)),
            4 => format!("coalesce({left}, {})", self.condition(atoms, depth - 1)),
            5 | 6 => format!("({left} AND {})", self.condition(atoms, depth - 1)),
            _ => format!("({left} OR {})", self.condition(atoms, depth - 1)),
        }
    }
}

#[test]
fn conditions_put_together() {
    let atoms = comparisons();
    let mut dice = Dice(42);
    let conditions: Vec<String> = (0..400).map(|i| dice.condition(&atoms, 1 + i % 4)).collect();
    compare(&stage("together"), "UTC", &conditions);
}

#[test]
fn case_is_ignored_by_citext() {
    let db = Server::get().database("citext");
    if db.psql("SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") == "0" {
        return;
    }
    db.psql("CREATE EXTENSION citext; CREATE TABLE c (v citext); INSERT INTO c VALUES ('Zoé'), ('ZOÉ'), ('a'), ('B'), (''), (NULL)");
    let target = Target { type_name: "public.citext".into(), ..Target::of_sql("citext") };
    let clock = Clock::at(UNIX_EPOCH);
    let conditions = [
        "v = 'zoé'",
        "v = 'zoé'::text",
        "v::text = 'zoé'",
        "v <> 'A'",
        "v IN ('zoé', 'b')",
        "v = ANY ('{ZOÉ,b}')",
        "v LIKE 'zO%'",
        "v ~ '^z'",
        "v !~~ 'Z%'",
        "v COLLATE \"C\" > 'A'",
        "length(v) = 3",
        "lower(v) = 'zoé'",
        "v || 'x' = 'Zoéx'",
    ];
    for condition in conditions {
        let server = db.psql(&format!("SELECT string_agg(coalesce(({condition})::text, 'null'), ',') FROM c"));
        let expr = expr::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error:?}"));
        let filter =
            Filter::bind(&expr, &[("v".to_owned(), target.clone())], &clock).unwrap_or_else(|error| panic!("{condition}: {error:?}"));
        let holds = |value: Option<&str>| {
            let fields = [value.map(str::to_owned)];
            let found = filter.holds(&Row { fields: &fields, reads: vec![0] }).expect("no error");
            found.map_or("null".to_owned(), |truth| truth.to_string())
        };
        let ours: Vec<String> = [Some("Zoé"), Some("ZOÉ"), Some("a"), Some("B"), Some(""), None].into_iter().map(holds).collect();
        assert_eq!(ours.join(","), server, "{condition}");
    }
}

/// Patterns that look random: what both take, both match alike; what the server refuses, we refuse.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn patterns_by_dice() {
    let pieces = [
        "a",
        "o",
        "é",
        "Z",
        ".",
        "^",
        "$",
        "|",
        "(",
        ")",
        "(?:",
        "[a-z]",
        "[^a-z]",
        "[]x]",
        "[[:alpha:]]",
        "[[:digit:]_]",
        "[[:space:]]",
        "\\d",
        "\\w",
        "\\s",
        "\\W",
        "\\S",
        "\\D",
        "\\m",
        "\\M",
        "\\y",
        "\\Y",
        "\\A",
        "\\Z",
        "*",
        "+",
        "?",
        "{2}",
        "{1,2}",
        "{0,}",
        "*?",
        "+?",
        "{",
        "}",
        "]",
        "\\.",
        "\\\\",
        "%",
        "_",
        " ",
        "-",
        "@",
        "b",
        "\\n",
        "[\\w@]",
        "4",
        "0",
        "&",
        "~",
        "#",
        "\\x5a",
        "\\u005a",
        "[a-]",
        "[\\d.-]",
        "(?i)",
        "\\t",
        "[é-ü]",
        "[^[:upper:]]",
        "x",
        ",",
    ];
    let mut dice = Dice(2024);
    let mut conditions = Vec::new();
    for i in 0..3000 {
        let pattern: String = (0..1 + dice.below(6)).map(|_| pieces[dice.below(pieces.len())]).collect();
        let sign = ["~", "~*", "LIKE", "SIMILAR TO", "ILIKE"][if i % 2 == 0 { 0 } else { dice.below(5) }];
        conditions.push(format!("txt {sign} '{pattern}'"));
    }
    let db = stage("patterns");
    // What is taken here and refused by the server is a difference; what is refused here is so by design.
    let columns = columns();
    let clock = Clock::at(UNIX_EPOCH);
    let taken = |condition: &String| Filter::bind(&expr::parse(condition).expect("parses"), &columns, &clock).is_ok();
    let all = conditions.len();
    conditions.retain(taken);
    assert!(conditions.len() * 3 > all, "{} of {all} patterns are taken", conditions.len());
    compare(&db, "UTC", &conditions);
}

/// What a term comes to, digit by digit: the server's text of it is ours.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn results_as_text() {
    let numbers = [
        "0",
        "1",
        "-1",
        "0.5",
        "2.50",
        "-0.001",
        "3",
        "7",
        "1e10",
        "123456789.123456789",
        "99999999999999999999",
        "1e-12",
        "10000",
        "9999",
        "0.0001",
        "-12345.6789",
        "1e25",
    ];
    let floats = ["0", "1", "-1.5", "0.1", "1e15", "1e-5", "123456789012345680", "3.3333333333", "1e300", "5e-324", "100000", "1234567"];
    let times = [
        "2024-02-29 12:30:45.678901",
        "1999-12-31 23:59:59",
        "0044-03-15 01:02:03 BC",
        "2024-03-31 02:30",
        "2024-10-27 02:30",
        "1900-01-01",
        "4000-06-30 06:00",
    ];
    let spans = [
        "1 mon",
        "-1 mon",
        "1 day",
        "36:00:00",
        "-1 year 2 mons -3 days 04:05:06.7",
        "100 years",
        "0.5 hours",
        "-00:00:01.000001",
        "13 mons 40 days",
    ];
    let units = ["millennium", "century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second", "milliseconds"];
    let mut dice = Dice(99);
    let mut terms = Vec::new();
    for _ in 0..2500 {
        let mut of = |list: &[&'static str]| list[dice.below(list.len())];
        let (a, b, sign, five) = (of(&numbers), of(&numbers), of(&["+", "-", "*", "/", "%"]), of(&["-3", "-1", "0", "1", "2", "5"]));
        let (x, y, four) = (of(&floats), of(&floats), of(&["+", "-", "*", "/"]));
        let (time, other, span, unit) = (of(&times), of(&times), of(&spans), of(&units));
        let ty = of(&["timestamp", "timestamptz"]);
        terms.push(match of(&["n", "n", "r", "f", "f4", "t", "d", "s", "u", "e", "c", "z"]) {
            "n" => format!("numeric '{a}' {sign} numeric '{b}'"),
            "r" => format!("round(numeric '{a}' {sign} numeric '{b}', {five})"),
            "f" => format!("'{x}'::double precision {four} '{y}'::double precision"),
            "f4" => format!("'{x}'::real {four} '{y}'::real"),
            "t" => format!("{ty} '{time}' {} interval '{span}'", of(&["+", "-"])),
            "d" => format!("{ty} '{time}' - {ty} '{other}'"),
            "s" => format!("interval '{span}' {} interval '{}'", of(&["+", "-"]), of(&spans)),
            "u" => format!("date_trunc('{unit}', {ty} '{time}')"),
            "e" => format!("extract({unit} from {ty} '{time}')"),
            "c" => format!("'{x}'::{}::numeric", of(&["double precision", "real"])),
            _ => format!("({ty} '{time}') AT TIME ZONE '{}'", of(&["Europe/Paris", "America/New_York", "UTC", "Asia/Kathmandu"])),
        });
    }
    let db = stage("texts");
    db.psql("CREATE FUNCTION say(term text) RETURNS text LANGUAGE plpgsql AS $f$ DECLARE said text; BEGIN EXECUTE 'SELECT (' || term || ')::text' INTO said; RETURN coalesce(said, 'NULL'); EXCEPTION WHEN OTHERS THEN RETURN 'error'; END $f$");
    for zone in ["UTC", "Europe/Paris", "America/New_York"] {
        let script: String = terms.iter().map(|term| format!("SELECT say($q${term}$q$);\n")).collect();
        let said = db.psql(&format!("SET TimeZone = '{zone}'; SET IntervalStyle = postgres;\n{script}"));
        let clock = Clock::at(UNIX_EPOCH).in_zone(zone).expect("a zone");
        let mut wrong = Vec::new();
        for (term, said) in terms.iter().zip(said.lines()) {
            let condition =
                format!("({term})::text IS NOT DISTINCT FROM {}", if said == "NULL" { "NULL".to_owned() } else { format!("'{said}'") });
            let filter = Filter::bind(&expr::parse(&condition).expect("parses"), &[], &clock);
            let same = match filter {
                Ok(filter) => filter.holds(&Row { fields: &[], reads: Vec::new() }) == Ok(Some(true)),
                Err(_) => said == "error",
            };
            if !same {
                wrong.push(format!("{term} is {said} in {zone}"));
            }
        }
        wrong.sort();
        wrong.dedup();
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    }
}
