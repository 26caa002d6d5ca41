//! pg_dump's patterns of names as conditions that the target's server judges.

use super::quote::literal;
use crate::name::NamePattern;

/// A row for each pattern that is a name: the name as it was typed, and whether a relation of the target has it.
pub(super) fn exact(patterns: &[NamePattern]) -> String {
    let known = patterns.iter().filter(|pattern| pattern.is_plain()).map(|pattern| {
        format!(
            "{}::pg_catalog.text, EXISTS (SELECT FROM (SELECT c.relname, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) t (name, space) WHERE {})",
            literal(&pattern.to_string()),
            condition(pattern)
        )
    });
    let rows: Vec<String> = known.collect();
    if rows.is_empty() { "NULL::pg_catalog.text, true".to_owned() } else { rows.join("\n        UNION ALL SELECT ") }
}

/// The condition over `t.name` and `t.space`.
pub(super) fn condition(pattern: &NamePattern) -> String {
    let test = |value: &str, regex: &str| {
        format!("{value}::pg_catalog.text OPERATOR(pg_catalog.~) {} COLLATE pg_catalog.\"default\"", literal(regex))
    };
    let (database, schema, name) = pattern.parts();
    let database = database.map(|regex| test("pg_catalog.current_database()", &regex));
    let schema = schema.map(|regex| test("t.space", &regex));
    let all: Vec<String> = database.into_iter().chain(schema).chain([test("t.name", &name)]).collect();
    format!("({})", all.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> String {
        condition(&NamePattern::relation(pattern).expect(pattern))
    }

    #[test]
    fn conditions_hold_no_lone_backslash() {
        let condition = of("s.a$");
        assert!(condition.contains(r"~) E'^(a\\$)$' COLLATE"), "{condition}");
        assert!(condition.contains("t.space::pg_catalog.text OPERATOR(pg_catalog.~) '^(s)$'"), "{condition}");
    }

    #[test]
    fn a_database_is_that_of_the_target() {
        assert!(of("shop.crm.users").starts_with("(pg_catalog.current_database()::pg_catalog.text OPERATOR(pg_catalog.~) '^(shop)$'"));
        assert!(of("users").starts_with("(t.name::"));
    }

    #[test]
    fn only_names_must_be_there() {
        let patterns = ["a*", "b"].map(|pattern| NamePattern::relation(pattern).expect(pattern));
        let rows = exact(&patterns);
        assert!(rows.starts_with("'b'::") && !rows.contains("UNION"), "{rows}");
    }
}
