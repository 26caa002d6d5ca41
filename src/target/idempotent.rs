//! CREATE statements that may find what they make: `IF NOT EXISTS` where PostgreSQL has it, a question to the catalogue
//! around the statement where it has not.

use super::head::Head;
use super::quote::{block, encode, literal};
use crate::encoding::Charset;
use crate::error::Result;
use crate::name::Name;

const IF_NOT_EXISTS: &[u8] = b"IF NOT EXISTS ";

/// `CREATE SCHEMA IF NOT EXISTS`; `None` for other statements. A schema with its elements in one statement takes none.
pub(super) fn schema(text: &[u8], head: &Head) -> Option<Vec<u8>> {
    let (_, name) = head.created_schema()?;
    let end = if head.word(name + 1) == "authorization" { name + 3 } else { name + 1 };
    if head.reads(2, &["if", "not", "exists"]) || !head.sign(end, b';') {
        return None;
    }
    insert(text, head.token(2)?.start)
}

/// `CREATE SERVER` and `CREATE USER MAPPING IF NOT EXISTS`; `None` for other statements.
pub(super) fn server(text: &[u8], head: &Head) -> Option<Vec<u8>> {
    let at = if head.reads(0, &["create", "server"]) {
        2
    } else if head.reads(0, &["create", "user", "mapping"]) {
        3
    } else {
        return None;
    };
    if head.word(at) == "if" { None } else { insert(text, head.token(at)?.start) }
}

fn insert(text: &[u8], at: usize) -> Option<Vec<u8>> {
    Some([text.get(..at)?, IF_NOT_EXISTS, text.get(at..)?].concat())
}

/// Text search configurations and dictionaries, and the mappings of a configuration, which pg_dump writes one by one;
/// `None` for other statements. `path`: the schema of names without one.
///
/// # Errors
/// The encoding cannot hold a name.
pub(super) fn text_search(text: &[u8], head: &Head, charset: Charset, path: Option<&Name>) -> Result<Option<Vec<u8>>> {
    let found = |schema: Option<Name>, name: &Name, table: &str, prefix: &str| {
        let schema = schema.or_else(|| path.cloned()).unwrap_or_else(|| Name::new("public"));
        format!(
            "SELECT FROM pg_catalog.{table} c JOIN pg_catalog.pg_namespace n ON n.oid = c.{prefix}namespace{{}} WHERE n.nspname = {} AND c.{prefix}name = {}",
            literal(schema.as_str()),
            literal(name.as_str())
        )
    };
    if let Some(made) = head.created() {
        let question = match made.kind {
            "text search configuration" => found(made.schema, &made.name, "pg_ts_config", "cfg"),
            "text search dictionary" => found(made.schema, &made.name, "pg_ts_dict", "dict"),
            _ => return Ok(None),
        };
        return unless(&question.replace("{}", ""), text, charset).map(Some);
    }
    if !head.reads(0, &["alter", "text", "search", "configuration"]) {
        return Ok(None);
    }
    let Some((schema, name, next)) = head.qualified(4) else { return Ok(None) };
    let (true, Some(token)) = (head.reads(next, &["add", "mapping", "for"]), head.name(next + 3)) else { return Ok(None) };
    let mapped = " JOIN pg_catalog.pg_ts_config_map m ON m.mapcfg = c.oid JOIN LATERAL pg_catalog.ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype";
    let question = found(schema, &name, "pg_ts_config", "cfg").replace("{}", mapped);
    unless(&format!("{question} AND t.alias = {}", literal(token.as_str())), text, charset).map(Some)
}

/// What a reset must see to before a statement that makes something outside of any schema, so that a second run does not
/// find the first one's: a statement of its own before it, or another statement in its place. `None` where there is
/// nothing to do.
///
/// # Errors
/// The encoding cannot hold a name.
pub(super) fn outside_schemas(text: &[u8], head: &Head, charset: Charset) -> Result<Option<Vec<u8>>> {
    let before = |statement: String| -> Result<Option<Vec<u8>>> { Ok(Some([&encode(&statement, charset)?, &b"\n"[..], text].concat())) };
    let name = |at: usize| head.name(at).map(|name| super::quote::identifier(name.as_str()));
    if head.word(0) == "select" && head.word(3) == "lo_create" {
        let Some(id) = head.token(5).and_then(|token| text.get(token.start..token.end)) else { return Ok(None) };
        let id = charset.decode(id);
        return before(format!("SELECT pg_catalog.lo_unlink(l.oid) FROM pg_catalog.pg_largeobject_metadata l WHERE l.oid = {id};"));
    }
    if head.word(0) != "create" {
        return Ok(None);
    }
    match (head.word(1), head.word(2)) {
        ("publication", _) => name(2).map_or(Ok(None), |name| before(format!("DROP PUBLICATION IF EXISTS {name};"))),
        ("event", "trigger") => name(3).map_or(Ok(None), |name| before(format!("DROP EVENT TRIGGER IF EXISTS {name};"))),
        ("cast", _) => {
            let close = (2..head.count()).find(|at| head.reads(at + 1, &["with"]) || head.reads(at + 1, &["without"]));
            let range = head.token(2).map(|open| open.start).zip(close.and_then(|at| head.token(at)).map(|close| close.end));
            let Some(types) = range.and_then(|(start, end)| text.get(start..end)) else { return Ok(None) };
            before(format!("DROP CAST IF EXISTS {};", charset.decode(types)))
        }
        ("transform", "for") => {
            let language = (3..head.count()).find(|at| head.word(*at) == "language").and_then(|at| head.token(at + 1));
            let range = head.token(2).map(|word| word.start).zip(language.map(|language| language.end));
            let Some(of) = range.and_then(|(start, end)| text.get(start..end)) else { return Ok(None) };
            before(format!("DROP TRANSFORM IF EXISTS {};", charset.decode(of)))
        }
        ("subscription", _) => head.name(2).map_or(Ok(None), |name| before(subscription(name))),
        ("foreign", "data") => guarded(text, head.name(4), "pg_foreign_data_wrapper", "fdwname", charset),
        ("access", "method") => guarded(text, head.name(3), "pg_am", "amname", charset),
        _ => Ok(server(text, head)),
    }
}

fn guarded(text: &[u8], name: Option<&Name>, table: &str, column: &str, charset: Charset) -> Result<Option<Vec<u8>>> {
    let Some(name) = name else { return Ok(None) };
    let question = format!("SELECT FROM pg_catalog.{table} WHERE {column} = {}", literal(name.as_str()));
    unless(&question, text, charset).map(Some)
}

/// Drops a subscription as far as it stands in this database: what it left at the publisher is not this run's affair, and
/// cannot be reached inside a transaction.
fn subscription(name: &Name) -> String {
    let written = super::quote::identifier(name.as_str());
    let body = format!(
        "BEGIN\n    IF EXISTS (SELECT FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid\n            \
         WHERE d.datname = pg_catalog.current_database() AND s.subname = {}) THEN\n        ALTER SUBSCRIPTION {written} DISABLE;\n        \
         ALTER SUBSCRIPTION {written} SET (slot_name = NONE);\n        DROP SUBSCRIPTION {written};\n    END IF;\nEND",
        literal(name.as_str())
    );
    String::from_utf8_lossy(&block(body.as_bytes())).into_owned()
}

/// A statement that runs only where a query finds no row.
fn unless(query: &str, statement: &[u8], charset: Charset) -> Result<Vec<u8>> {
    let head = encode(&format!("BEGIN\n    IF NOT EXISTS ({query}) THEN\n        "), charset)?;
    Ok(block(&[&head, statement, b"\n    END IF;\nEND"].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexeme::Dialect;

    fn head(text: &str) -> Head {
        Head::read(text.as_bytes(), Dialect::default())
    }

    fn text(bytes: Option<Vec<u8>>) -> Option<String> {
        bytes.map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn schemas_and_servers() {
        let made = |sql: &str| text(schema(sql.as_bytes(), &head(sql)));
        assert_eq!(made("CREATE SCHEMA \"a b\";").as_deref(), Some("CREATE SCHEMA IF NOT EXISTS \"a b\";"));
        assert_eq!(made("CREATE SCHEMA a AUTHORIZATION b;").as_deref(), Some("CREATE SCHEMA IF NOT EXISTS a AUTHORIZATION b;"));
        assert_eq!(made("CREATE SCHEMA AUTHORIZATION b;").as_deref(), Some("CREATE SCHEMA IF NOT EXISTS AUTHORIZATION b;"));
        assert_eq!(made("CREATE SCHEMA a CREATE TABLE t ();"), None);
        assert_eq!(made("CREATE SCHEMA IF NOT EXISTS a;"), None);
        let made = |sql: &str| text(server(sql.as_bytes(), &head(sql)));
        assert_eq!(made("CREATE SERVER s FOREIGN").as_deref(), Some("CREATE SERVER IF NOT EXISTS s FOREIGN"));
        assert_eq!(made("CREATE USER MAPPING FOR b").as_deref(), Some("CREATE USER MAPPING IF NOT EXISTS FOR b"));
    }

    #[test]
    fn text_search_objects_are_asked_for() {
        let made = |sql: &str| text(text_search(sql.as_bytes(), &head(sql), Charset::Utf8, None).expect("fits"));
        assert_eq!(
            made("CREATE TEXT SEARCH CONFIGURATION public.wagtail_french (\n    PARSER = pg_catalog.\"default\" );").as_deref(),
            Some(
                "DO $pgveil$\nBEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_ts_config c JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace \
                 WHERE n.nspname = 'public' AND c.cfgname = 'wagtail_french') THEN\n        \
                 CREATE TEXT SEARCH CONFIGURATION public.wagtail_french (\n    PARSER = pg_catalog.\"default\" );\n    END IF;\nEND\n$pgveil$;"
            )
        );
        let mapping = made("ALTER TEXT SEARCH CONFIGURATION public.f\n    ADD MAPPING FOR asciiword WITH public.d;").expect("guarded");
        assert!(mapping.contains("t.alias = 'asciiword') THEN\n        ALTER TEXT"), "{mapping}");
        assert_eq!(made("ALTER TEXT SEARCH CONFIGURATION public.f OWNER TO x;"), None);
        assert_eq!(made("CREATE TABLE t ();"), None);
    }

    #[test]
    fn what_stands_outside_of_schemas_goes_first() {
        let made = |sql: &str| text(outside_schemas(sql.as_bytes(), &head(sql), Charset::Utf8).expect("fits"));
        for (sql, before) in [
            ("CREATE PUBLICATION \"P\" FOR ALL TABLES;", "DROP PUBLICATION IF EXISTS \"P\";"),
            ("CREATE EVENT TRIGGER e ON ddl_command_end;", "DROP EVENT TRIGGER IF EXISTS e;"),
            (
                "CREATE CAST (public.\"a)\" AS numeric(1, 2)) WITH FUNCTION public.f(x);",
                "DROP CAST IF EXISTS (public.\"a)\" AS numeric(1, 2));",
            ),
            (
                "CREATE TRANSFORM FOR public.t LANGUAGE plx (FROM SQL WITH FUNCTION f);",
                "DROP TRANSFORM IF EXISTS FOR public.t LANGUAGE plx;",
            ),
            (
                "SELECT pg_catalog.lo_create('900001');",
                "SELECT pg_catalog.lo_unlink(l.oid) FROM pg_catalog.pg_largeobject_metadata l WHERE l.oid = '900001';",
            ),
        ] {
            assert_eq!(made(sql), Some(format!("{before}\n{sql}")));
        }
        assert!(made("CREATE SUBSCRIPTION s CONNECTION 'x';").is_some_and(|sql| sql.contains("DROP SUBSCRIPTION s;")));
        assert!(made("CREATE ACCESS METHOD m TYPE INDEX HANDLER h;").is_some_and(|sql| sql.contains("amname = 'm') THEN")));
        for sql in [
            "CREATE TABLE t ();",
            "CREATE FUNCTION cast() RETURNS int;",
            "CREATE FOREIGN TABLE s.t ();",
            "SELECT pg_catalog.setval('a', 1);",
        ] {
            assert_eq!(made(sql), None, "{sql}");
        }
    }
}
