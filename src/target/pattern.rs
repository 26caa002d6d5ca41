//! pg_dump's pattern syntax for names, as the regular expressions that the target's server matches.

use super::quote::literal;
use crate::error::{Error, Result};

/// A pattern of `--keep-in-target`: `answers`, `crm.*`, `"Mixed Case"`, `tmp_?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// A regular expression for the schema, where the pattern names one.
    schema: Option<String>,
    /// A regular expression for the name.
    name: String,
    /// What was typed, where it is one name and no pattern of names.
    exact: Option<String>,
}

impl Pattern {
    /// Reads a pattern as psql and pg_dump do (`patternToSQLRegex` in src/fe_utils/string_utils.c): `*` is any run of
    /// characters, `?` any one, letters fold to lower case, double quotes keep what they hold, a dot parts schema and
    /// name. Other characters of regular expressions mean what they mean there.
    ///
    /// # Errors
    /// It is empty, its quotes are open, or it has three parts.
    pub fn read(written: &str) -> Result<Pattern> {
        let (mut parts, mut part) = (Vec::new(), String::new());
        let (mut quoted, mut chars, mut wild) = (false, written.chars().peekable(), false);
        while let Some(c) = chars.next() {
            wild |= !quoted && "*?|+()[]{}^\\".contains(c);
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    part.push('"');
                }
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(std::mem::take(&mut part)),
                '*' if !quoted => part.push_str(".*"),
                '?' if !quoted => part.push('.'),
                // `a[]` is more likely the name of an array type than a set of characters.
                '[' if !quoted && chars.peek() == Some(&']') => part.push_str("\\["),
                '$' => part.push_str("\\$"),
                c if quoted && "|*+?()[]{}.^\\".contains(c) => part.extend(['\\', c]),
                c if quoted => part.push(c),
                c => part.extend(c.to_lowercase()),
            }
        }
        let refuse =
            |why: &str| Err(Error::Usage(format!("--keep-in-target {written:?} {why}, expected a pattern as pg_dump's -t takes it")));
        if quoted {
            return refuse("has an open quote");
        }
        if part.is_empty() {
            return refuse("names nothing");
        }
        if parts.len() > 1 {
            return refuse("has too many dots");
        }
        let whole = |part: String| format!("^({part})$");
        Ok(Pattern { schema: parts.pop().map(whole), name: whole(part), exact: (!wild).then(|| written.to_owned()) })
    }

    /// A row for each name that is no pattern of names: the name, and whether a table, view or sequence of the target has it.
    pub(super) fn exact(patterns: &[Pattern]) -> String {
        let known = patterns.iter().filter_map(|pattern| {
            let condition = pattern.condition();
            Some(format!(
                "{}::pg_catalog.text, EXISTS (SELECT FROM (SELECT c.relname, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) t (name, space) WHERE {condition})",
                literal(pattern.exact.as_ref()?)
            ))
        });
        let rows: Vec<String> = known.collect();
        if rows.is_empty() { "NULL::pg_catalog.text, true".to_owned() } else { rows.join("\n        UNION ALL SELECT ") }
    }

    /// The condition over `t.name` and `t.space`.
    pub(super) fn condition(&self) -> String {
        let test = |column: &str, regex: &str| {
            format!("t.{column}::pg_catalog.text OPERATOR(pg_catalog.~) {} COLLATE pg_catalog.\"default\"", literal(regex))
        };
        match &self.schema {
            Some(schema) => format!("({} AND {})", test("space", schema), test("name", &self.name)),
            None => format!("({})", test("name", &self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_pg_dump_reads_them() {
        let exact = ["answers", "crm.answers", "\"a*\"", "a$b", "with space"];
        for (written, schema, name) in [
            ("answers", None, "^(answers)$"),
            ("Answers", None, "^(answers)$"),
            ("\"Answers\"", None, "^(Answers)$"),
            ("crm.*", Some("^(crm)$"), "^(.*)$"),
            ("tmp_?", None, "^(tmp_.)$"),
            ("\"a.b\".\"c*\"\"d\"", Some("^(a\\.b)$"), "^(c\\*\"d)$"),
            ("a$b", None, "^(a\\$b)$"),
            ("(a|b)[0-9]", None, "^((a|b)[0-9])$"),
            ("a[]", None, "^(a\\[])$"),
            ("with space", None, "^(with space)$"),
            ("crm.answers", Some("^(crm)$"), "^(answers)$"),
            ("\"a*\"", None, "^(a\\*)$"),
        ] {
            let pattern = Pattern::read(written).expect("reads");
            assert_eq!((pattern.schema.as_deref(), &*pattern.name), (schema, name), "{written}");
            let plain =
                exact.contains(&written) || written.trim_matches('"').eq_ignore_ascii_case("answers") || written.starts_with("\"a.b");
            assert_eq!(pattern.exact.is_some(), plain, "{written}");
        }
        for written in ["", "a.", "a.b.c", "\"a"] {
            assert!(matches!(Pattern::read(written), Err(Error::Usage(_))), "{written}");
        }
    }

    #[test]
    fn conditions_hold_no_lone_backslash() {
        let condition = Pattern::read("s.a$").expect("reads").condition();
        assert!(condition.contains(r"~) E'^(a\\$)$' COLLATE"), "{condition}");
        assert!(condition.contains("t.space::pg_catalog.text OPERATOR(pg_catalog.~) '^(s)$'"), "{condition}");
    }
}
