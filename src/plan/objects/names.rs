//! The names that rules and flags give, against those of the dump: which of them match nothing.

use super::Objects;
use super::choice::Among;
use super::seeds::is_table_like;
use crate::error::RuleError;
use crate::name::{Name, nearest};
use crate::rules::ObjectName;
use crate::schema::object::{Kind, Object};

/// The name of an object as the rules see it.
pub(super) fn parts(object: &Object) -> ObjectName<'_> {
    let of = |schema, table, name, arguments| ObjectName { schema, table, name, arguments };
    match object {
        Object::Relation(name) | Object::Type(name) | Object::Within(_, name) | Object::Method(_, _, name) => {
            of(Some(name.schema.as_str()), None, name.name.as_str(), None)
        }
        Object::Routine(name, arguments) => of(Some(name.schema.as_str()), None, name.name.as_str(), Some(arguments.as_slice())),
        Object::On(_, table, name) => of(Some(table.schema.as_str()), Some(table.name.as_str()), name.as_str(), None),
        Object::Global(_, name) => of(None, None, name.as_str(), None),
        Object::Other(_, name) => of(None, None, name, None),
    }
}

impl Objects {
    /// Names of `[objects]` that match nothing and could not be judged before the first row of a pipe: what they name
    /// stands behind it.
    pub fn unmatched_behind(&self) -> Vec<RuleError> {
        if self.kinds.is_empty() || self.knew_all {
            return Vec::new();
        }
        let early = self.unmatched_names(false);
        self.unmatched_names(true).into_iter().filter(|mistake| !early.contains(mistake)).collect()
    }

    fn unmatched_names(&self, all: bool) -> Vec<RuleError> {
        let mut mistakes = Vec::new();
        for (rule, name) in self.rules.named_objects().filter(|_| !self.choice.lenient) {
            let kind = Kind::of_word(&rule.kind);
            // What is said of objects may be said of those that come behind the rows.
            if !all && kind.is_none_or(Kind::is_post_data) {
                continue;
            }
            let objects = || {
                let created = self.kinds.iter().filter(move |(_, found)| kind.is_none_or(|kind| kind == **found)).map(|(object, _)| object);
                created.chain(self.spoken.iter().filter(move |_| kind.is_none()))
            };
            if objects().any(|object| name.matches(parts(object))) {
                continue;
            }
            let known: Vec<String> = objects().map(|object| written(parts(object))).collect();
            let near = nearest(&name.written, known.iter().map(String::as_str));
            let line = format!("{}:{}", rule.kind, name.written);
            let message = match kind {
                Some(kind) => format!("{line:?} of [objects] matches no {} of the dump", kind.word()),
                None => format!("{line:?} of [objects] matches no object of the dump"),
            };
            let help = near.map_or_else(
                || "name one that the dump has (without a schema it is of public), or add --no-strict-names".to_owned(),
                |near| format!("did you mean {:?}? --no-strict-names makes it no error", format!("{}:{near}", rule.kind)),
            );
            mistakes.push(RuleError { at: Some(rule.at.clone()), message, help: Some(help) });
        }
        mistakes
    }

    /// Patterns of the command line, `only` and names of `[objects]` that match nothing. `all`: everything is known, and not
    /// only what stands before the first row.
    pub fn unmatched(&self, all: bool) -> Vec<RuleError> {
        let mut mistakes = Vec::new();
        // Without any statement of DDL nothing is known: the rows will tell.
        if self.kinds.is_empty() {
            return mistakes;
        }
        let relations = || {
            self.kinds.iter().filter(|(_, kind)| is_table_like(**kind) || **kind == Kind::Sequence).filter_map(|(object, _)| match object {
                Object::Relation(name) => Some(name),
                _ => None,
            })
        };
        let globals = |kind: Kind| {
            self.kinds.keys().filter_map(move |object| match object {
                Object::Global(found, name) if *found == kind => Some(name.as_str()),
                _ => None,
            })
        };
        for (flag, target, pattern) in self.choice.strict().filter(|_| !self.choice.lenient) {
            let (matched, near) = match target {
                Among::Relation => (
                    relations().any(|name| pattern.matches(name)),
                    nearest(&pattern.to_string(), relations().map(|name| name.name.as_str())).map(str::to_owned),
                ),
                Among::Schema => {
                    let schemas: Vec<&str> = relations().map(|name| name.schema.as_str()).chain(globals(Kind::Schema)).collect();
                    (
                        schemas.iter().any(|name| pattern.matches_name(name)),
                        nearest(&pattern.to_string(), schemas.iter().copied()).map(str::to_owned),
                    )
                }
                Among::Extension => (
                    globals(Kind::Extension).any(|name| pattern.matches_name(name)),
                    nearest(&pattern.to_string(), globals(Kind::Extension)).map(str::to_owned),
                ),
            };
            if !matched {
                let help = near.map_or_else(
                    || "name one that the dump has, or add --no-strict-names".to_owned(),
                    |name| format!("did you mean {}? --no-strict-names makes it no error", as_pattern(&name)),
                );
                let message = format!("{flag} {pattern} matches no {} of the dump", target.word());
                mistakes.push(RuleError { at: None, message, help: Some(help) });
            }
        }
        mistakes.extend(self.unmatched_names(all));
        for entry in self.rules.only.iter().filter(|entry| !relations().any(|name| entry.matches(name))) {
            let help = nearest(entry.name.text.as_str(), relations().map(|name| name.name.as_str()));
            mistakes.push(RuleError {
                at: Some(entry.written.at.clone()),
                message: format!("\"only\" lists {:?}, which the dump has not", entry.written.value),
                help: Some(help.map_or_else(|| "remove it, or name a table that exists".into(), |name| format!("did you mean {name:?}?"))),
            });
        }
        mistakes
    }
}

/// A name as a pattern that means it: in SQL's quotes, and the shell's, where it does not fold to itself.
fn as_pattern(name: &str) -> String {
    let written = Name::new(name).to_string();
    if written.starts_with('"') { format!("'{written}' (letters outside of double quotes fold to lower case)") } else { written }
}

/// A name as a line of `[objects]` gives it.
fn written(name: ObjectName<'_>) -> String {
    let quoted = |part: &str| {
        if part.contains(['.', '*', '?', '[', '{', '"']) { format!("\"{}\"", part.replace('"', "\"\"")) } else { part.to_owned() }
    };
    match name.schema {
        None => name.name.to_owned(),
        Some("public") => quoted(name.name),
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name.name)),
    }
}
