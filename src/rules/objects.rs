//! `[objects]`: which objects are left out or kept by their kind, and the names that its lines can give.

use super::pattern::TableName;
use super::{Pattern, Rules};
use crate::error::At;

/// A line of `[objects]`: objects that are left out or, as an exception, kept, by their kind.
#[derive(Clone, Debug)]
pub struct ObjectRule {
    /// `extension`, `comment`, `publication`: a word of [`ObjectRule::WORDS`].
    pub kind: String,
    /// The name behind the colon.
    pub name: Option<ObjectPattern>,
    /// Whether it is kept.
    pub keep: bool,
    /// Where it stands.
    pub at: At,
    /// Which file it came from: a higher layer wins over a lower one.
    pub layer: usize,
    /// Whether it came from a preset, which may name what a dump has not.
    pub preset: bool,
}

/// The name behind the colon of a line of `[objects]`: `users`, `crm.*`, `f(int4)`, `crm.users.touch`.
#[derive(Clone, Debug)]
pub struct ObjectPattern {
    /// As it was written.
    pub written: String,
    /// For what has a name alone: a dot in it means itself.
    whole: Pattern,
    /// For what stands in a schema; `None` where it has too many parts for that.
    parts: Option<TableName>,
    /// The arguments of a function, without blanks.
    arguments: Option<String>,
}

/// The name of an object in its parts, as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct ObjectName<'a> {
    /// The schema, where it stands in one.
    pub schema: Option<&'a str>,
    /// The table that it belongs to: of a trigger, a policy, a constraint.
    pub table: Option<&'a str>,
    /// The name itself.
    pub name: &'a str,
    /// The types of a function's input arguments.
    pub arguments: Option<&'a [String]>,
}

impl ObjectRule {
    /// What a line can name: kinds of objects, and what statements say of every object.
    pub const WORDS: &[&str] = &[
        "access method",
        "aggregate",
        "cast",
        "collation",
        "comment",
        "conversion",
        "default privileges",
        "domain",
        "event trigger",
        "extension",
        "foreign data wrapper",
        "foreign key",
        "foreign table",
        "function",
        "index",
        "language",
        "materialized view",
        "operator",
        "operator class",
        "operator family",
        "owner",
        "policy",
        "privileges",
        "procedure",
        "publication",
        "role password",
        "rule",
        "security label",
        "server",
        "statistics",
        "subscription",
        "text search configuration",
        "text search dictionary",
        "text search parser",
        "text search template",
        "transform",
        "trigger",
        "user mapping",
        "view",
    ];

    /// Those of them that take no name: what they mean has none.
    pub(super) const NAMELESS: &[&str] = &["default privileges", "role password"];
}

impl ObjectPattern {
    /// Reads a name or a glob of names: `name` (of the schema `public`, or without a schema), `schema.name`, or
    /// `schema.table.name` of what belongs to a table. A function may have its argument types behind it.
    ///
    /// # Errors
    /// What was found and what was expected, where it is no pattern.
    pub(super) fn read(written: &str) -> Result<ObjectPattern, String> {
        let call = written.strip_suffix(')').and_then(|open| open.split_once('('));
        let (name, arguments) = call.map_or((written, None), |(name, arguments)| (name, Some(without_blanks(arguments))));
        Ok(ObjectPattern { written: written.to_owned(), whole: Pattern::column(name)?, parts: Pattern::table(name).ok(), arguments })
    }

    /// Whether an object is meant.
    pub fn matches(&self, object: ObjectName<'_>) -> bool {
        let Some(schema) = object.schema else { return self.whole.matches(object.name) };
        let Some(parts) = &self.parts else { return false };
        let (of_schema, of_table) = match &parts.database {
            Some(first) => (first, Some(&parts.schema)),
            None => (&parts.schema, None),
        };
        of_schema.matches(schema)
            && of_table.is_none_or(|pattern| object.table.is_some_and(|table| pattern.matches(table)))
            && parts.name.matches(object.name)
            && self
                .arguments
                .as_ref()
                .is_none_or(|wanted| object.arguments.is_some_and(|types| *wanted == without_blanks(&types.join(","))))
    }
}

impl Rules {
    /// Where `[objects]` says that an object goes, if it does. A named one beats its kind, then the later layer wins, then
    /// `keep`.
    pub fn leaves_object(&self, kind: &str, name: Option<ObjectName<'_>>) -> Option<&At> {
        let meant = self.objects.iter().filter(|rule| rule.kind == kind);
        let meant = meant.filter(|rule| rule.name.as_ref().is_none_or(|pattern| name.is_some_and(|name| pattern.matches(name))));
        let best = meant.max_by_key(|rule| (rule.name.is_some(), rule.layer, rule.keep))?;
        (!best.keep).then_some(&best.at)
    }

    /// Whether `[objects]` keeps an object of a kind by its name.
    pub fn keeps_one(&self, kind: &str) -> bool {
        self.objects.iter().any(|rule| rule.keep && rule.kind == kind && rule.name.is_some())
    }

    /// The lines of `[objects]` that must mean something: those with a name, but for the presets'.
    pub fn named_objects(&self) -> impl Iterator<Item = (&ObjectRule, &ObjectPattern)> {
        self.objects.iter().filter(|rule| !rule.preset).filter_map(|rule| Some((rule, rule.name.as_ref()?)))
    }
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects() {
        let object = |schema, table, name| ObjectName { schema, table, name, arguments: None };
        let means = |written: &str, object| ObjectPattern::read(written).expect("a pattern").matches(object);
        let users = object(Some("public"), None, "users");
        for (written, meant) in [
            ("users", true),
            ("public.users", true),
            ("*.users", true),
            ("u*", true),
            ("crm.users", false),
            ("crm.t.users", false),
            ("*.*.users", false),
            ("a.b.c.d", false),
        ] {
            assert_eq!(means(written, users), meant, "{written}");
        }
        let touch = object(Some("crm"), Some("t"), "touch");
        for (written, meant) in [("touch", false), ("crm.touch", true), ("crm.t.touch", true), ("crm.u.touch", false), ("*.touch", true)] {
            assert_eq!(means(written, touch), meant, "{written}");
        }
        assert!(means("my.pub", object(None, None, "my.pub")) && means("*", object(None, None, "my.pub")));
        let types = ["int4".to_owned(), "text[]".to_owned()];
        let function = ObjectName { arguments: Some(&types), ..object(Some("public"), None, "f") };
        for (written, meant) in [("f", true), ("f(int4, text[])", true), ("f()", false), ("f(int4)", false)] {
            assert_eq!(means(written, function), meant, "{written}");
        }
        assert!(ObjectPattern::read("").is_err() && ObjectPattern::read("a[").is_err());
    }
}
