//! The patterns of pg_dump's and pg_restore's flags: `users`, `crm.*`, `"Mixed Case"`, `data_?`, `(a|b)*`.
//!
//! "Patterns" of psql's manual, and `patternToSQLRegex` in src/fe_utils/string_utils.c: `*` is any run of characters, `?`
//! any one, dots outside of quotes separate database, schema and name, letters outside of quotes fold to lower case, `$` means
//! itself, `[]` is the end of an array type's name, and everything else that a regular expression knows means there what it
//! means in one.

use std::fmt;

use regex::Regex;

use super::{Name, RelationName};

/// A pattern of names, with or without a database and a schema before it.
#[derive(Clone, Debug)]
pub struct NamePattern {
    text: String,
    database: Option<Regex>,
    /// It names another database than the one at hand, and means nothing there.
    elsewhere: bool,
    schema: Option<Regex>,
    name: Regex,
    /// It is a name and stands for one relation, or for those of one name.
    plain: bool,
}

impl NamePattern {
    /// A pattern of a name alone: a dot in it means itself, as in `-n`.
    ///
    /// # Errors
    /// A quote that does not end, more than one dot outside of quotes where a schema may stand, or a regular expression
    /// that is none.
    pub fn bare(text: &str) -> Result<NamePattern, String> {
        match &split(text)?.parts[..] {
            [name] => NamePattern::new(text, None, None, name),
            parts => Err(format!("{text:?} has {} parts, expected one name", parts.len())),
        }
    }

    /// A pattern of a schema: `name` or `database.name`.
    ///
    /// # Errors
    /// As of [`NamePattern::bare`].
    pub fn schema(text: &str) -> Result<NamePattern, String> {
        match &split(text)?.parts[..] {
            [name] => NamePattern::new(text, None, None, name),
            [database, name] => NamePattern::new(text, Some(database), None, name),
            parts => Err(format!("{text:?} has {} parts, expected a schema or database.schema", parts.len())),
        }
    }

    /// A pattern of a relation: `name` (in any schema), `schema.name` or `database.schema.name`.
    ///
    /// # Errors
    /// As of [`NamePattern::bare`].
    pub fn relation(text: &str) -> Result<NamePattern, String> {
        match &split(text)?.parts[..] {
            [name] => NamePattern::new(text, None, None, name),
            [schema, name] => NamePattern::new(text, None, Some(schema), name),
            [database, schema, name] => NamePattern::new(text, Some(database), Some(schema), name),
            parts => Err(format!("{text:?} has {} parts, expected a table, schema.table or database.schema.table", parts.len())),
        }
    }

    fn new(text: &str, database: Option<&String>, schema: Option<&String>, name: &str) -> Result<NamePattern, String> {
        let part = |part: Option<&String>| part.map(|part| compile(part)).transpose();
        let (elsewhere, plain) = (database.is_some(), split(text)?.plain);
        Ok(NamePattern { text: text.into(), database: part(database)?, elsewhere, schema: part(schema)?, name: compile(name)?, plain })
    }

    /// Whether it is a name, and no pattern of names.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Its parts as regular expressions of PostgreSQL, whole names each: database, schema, name.
    pub fn parts(&self) -> (Option<String>, Option<String>, String) {
        let written = |regex: &Regex| {
            let inner = regex.as_str().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
            format!("^({})$", inner.unwrap_or_default())
        };
        (self.database.as_ref().map(written), self.schema.as_ref().map(written), written(&self.name))
    }

    /// The pattern as it holds in a database; `None` is one whose name is not known. One that names another means nothing
    /// there.
    pub fn within(&self, database: Option<&Name>) -> NamePattern {
        let means = |named: &Regex| database.is_some_and(|name| named.is_match(name.as_str()));
        NamePattern { elsewhere: !self.database.as_ref().is_none_or(means), ..self.clone() }
    }

    /// Whether it names a database.
    pub fn names_database(&self) -> bool {
        self.database.is_some()
    }

    /// Whether a relation is meant.
    pub fn matches(&self, relation: &RelationName) -> bool {
        self.schema.as_ref().is_none_or(|schema| schema.is_match(relation.schema.as_str())) && self.matches_name(relation.name.as_str())
    }

    /// Whether a name by itself is meant; the pattern's schema is not looked at.
    pub fn matches_name(&self, name: &str) -> bool {
        !self.elsewhere && self.name.is_match(name)
    }
}

/// The pattern as it was typed.
impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands around a part.
const BEGIN: &str = "^(?s:";
const END: &str = ")$";

/// The parts of a pattern as regular expressions, and whether none of them is more than a name.
struct Split {
    parts: Vec<String>,
    plain: bool,
}

fn split(text: &str) -> Result<Split, String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut plain) = (false, true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(part) = parts.last_mut() else { break };
        plain &= quoted || !"*?|+()[]{}^\\".contains(c);
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => part.push('"'),
            '"' => quoted = !quoted,
            c if quoted => part.push_str(&regex::escape(&c.to_string())),
            '.' => parts.push(String::new()),
            '*' => part.push_str(".*"),
            '?' => part.push('.'),
            '$' => part.push_str("\\$"),
            '[' if chars.next_if_eq(&']').is_some() => part.push_str("\\[\\]"),
            c => part.push(c.to_ascii_lowercase()),
        }
    }
    if quoted {
        return Err(format!("{text:?} opens a quote that does not end"));
    }
    if parts.iter().any(String::is_empty) {
        return Err(format!("{text:?} is not the name of a table or a pattern of names"));
    }
    Ok(Split { parts, plain })
}

fn compile(part: &str) -> Result<Regex, String> {
    Regex::new(&format!("{BEGIN}{part}{END}")).map_err(|_| format!("{part:?} is no regular expression as psql has them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(pattern: &str, names: &[(&str, &str)]) -> Vec<String> {
        let pattern = NamePattern::relation(pattern).expect(pattern);
        let all = names.iter().map(|(schema, name)| RelationName::new(*schema, *name));
        all.filter(|name| pattern.matches(name)).map(|name| name.to_string()).collect()
    }

    #[test]
    fn they_mean_what_psql_means() {
        let names = [
            ("public", "answers"),
            ("public", "element-answers"),
            ("public", "Answers"),
            ("crm", "answers"),
            ("public", "a.b"),
            ("public", "x\"y"),
            ("public", "a$b"),
        ];
        assert_eq!(matching("answers", &names), ["public.answers", "crm.answers"]);
        assert_eq!(matching("public.answers", &names), ["public.answers"]);
        assert_eq!(matching("ANSWERS", &names), ["public.answers", "crm.answers"]);
        assert_eq!(matching("\"Answers\"", &names), ["public.\"Answers\""]);
        assert_eq!(matching("*answers", &names), ["public.answers", "public.\"element-answers\"", "crm.answers"]);
        assert_eq!(matching("crm.*", &names), ["crm.answers"]);
        assert_eq!(matching("\"a.b\"", &names), ["public.\"a.b\""]);
        assert_eq!(matching("\"x\"\"y\"", &names), ["public.\"x\"\"y\""]);
        assert_eq!(matching("a$b", &names), ["public.\"a$b\""]);
        assert_eq!(matching("(answer|question)s", &names), ["public.answers", "crm.answers"]);
        assert_eq!(matching("answer?", &names), ["public.answers", "crm.answers"]);
        assert_eq!(matching("\"answer?\"", &names), [""; 0]);
        // Letters above ASCII keep their case, as in pg_dump.
        assert_eq!(matching("ÉTÉ", &[("public", "ÉtÉ"), ("public", "été")]), ["public.\"ÉtÉ\""]);
        assert_eq!(matching("a[]", &[("public", "a[]"), ("public", "a")]), ["public.\"a[]\""]);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (pattern, expected) in [
            ("\"open", "\"\\\"open\" opens a quote that does not end"),
            ("a.b.c.d", "\"a.b.c.d\" has 4 parts, expected a table, schema.table or database.schema.table"),
            ("", "\"\" is not the name of a table or a pattern of names"),
            ("a..b", "\"a..b\" is not the name of a table or a pattern of names"),
            ("a(", "\"a(\" is no regular expression as psql has them"),
        ] {
            assert_eq!(NamePattern::relation(pattern).expect_err(pattern), expected);
        }
        assert_eq!(NamePattern::bare("a.b").expect_err("two parts"), "\"a.b\" has 2 parts, expected one name");
        assert_eq!(NamePattern::schema("a.b.c").expect_err("three"), "\"a.b.c\" has 3 parts, expected a schema or database.schema");
    }

    #[test]
    fn a_database_before_a_name_must_be_the_one_at_hand() {
        let users = RelationName::new("public", "users");
        let holds = |pattern: &str, database: Option<&str>| {
            let pattern = NamePattern::relation(pattern).expect(pattern);
            pattern.within(database.map(Name::new).as_ref()).matches(&users)
        };
        assert!(holds("shop.public.users", Some("shop")) && holds("sh*.*.users", Some("shop")) && holds("users", None));
        assert!(!holds("shop.public.users", Some("crm")) && !holds("shop.public.users", None));
        assert!(!NamePattern::relation("shop.public.users").expect("a pattern").matches(&users));
    }

    #[test]
    fn postgresql_gets_the_same_expressions() {
        for (written, schema, name, plain) in [
            ("answers", None, "^(answers)$", true),
            ("Answers", None, "^(answers)$", true),
            ("\"Answers\"", None, "^(Answers)$", true),
            ("crm.*", Some("^(crm)$"), "^(.*)$", false),
            ("tmp_?", None, "^(tmp_.)$", false),
            ("\"a.b\".\"c*\"\"d\"", Some("^(a\\.b)$"), "^(c\\*\"d)$", true),
            ("a$b", None, "^(a\\$b)$", true),
            ("(a|b)[0-9]", None, "^((a|b)[0-9])$", false),
            ("a[]", None, "^(a\\[\\])$", false),
            ("with space", None, "^(with space)$", true),
            ("\"a*\"", None, "^(a\\*)$", true),
        ] {
            let pattern = NamePattern::relation(written).expect("reads");
            assert_eq!(pattern.parts(), (None, schema.map(str::to_owned), name.to_owned()), "{written}");
            assert_eq!(pattern.is_plain(), plain, "{written}");
        }
    }
}
