//! What goes because the rules or the command line say so.

use std::collections::HashMap;

use super::choice::Target;
use super::{Because, Objects, place};
use crate::error::RuleError;
use crate::name::{Name, RelationName, nearest};
use crate::rules::select::Selection;
use crate::schema::object::{Aspect, Facts, Kind, Object};

/// Whether `-t` and `drop` choose among things of this kind.
fn is_table_like(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable)
}

/// The schema that an object stands in.
fn schema_of(object: &Object) -> Option<&str> {
    match object {
        Object::Relation(name) | Object::Type(name) | Object::Routine(name, _) | Object::Within(_, name) => Some(name.schema.as_str()),
        Object::On(_, table, _) => Some(table.schema.as_str()),
        Object::Global(Kind::Schema, name) => Some(name.as_str()),
        Object::Global(..) | Object::Other(..) => None,
    }
}

impl Objects {
    /// Marks what is chosen to go.
    pub(super) fn seed(&mut self) -> Vec<RuleError> {
        let mut mistakes = Vec::new();
        for (dependent, on) in self.said.iter().flat_map(|facts| &facts.links) {
            self.owners.entry(dependent.clone()).or_default().push(on.clone());
        }
        let mut seeds = Vec::new();
        for (object, kind) in &self.kinds {
            match self.chosen(object, *kind) {
                Ok(Some(because)) => seeds.push((object.clone(), Because::Chosen(because))),
                Ok(None) => {}
                Err(mistake) => mistakes.push(mistake),
            }
        }
        self.gone.extend(seeds);
        mistakes
    }

    /// Marks a newly created object that is chosen to go: one that came behind the first row of a pipe.
    pub(super) fn seed_late(&mut self, facts: &Facts) {
        for object in facts.about.iter().filter(|_| facts.aspect == Aspect::Definition) {
            if !self.gone.contains_key(object)
                && let Ok(Some(because)) = self.chosen(object, facts.kind)
            {
                self.gone.insert(object.clone(), Because::Chosen(because));
            }
        }
    }

    /// Why an object is chosen to go, if it is.
    fn chosen(&self, object: &Object, kind: Kind) -> Result<Option<String>, RuleError> {
        if let Object::Relation(name) = object {
            if let Some(because) = self.chosen_table(name, kind) {
                return Ok(Some(because));
            }
            if is_table_like(kind) {
                let dropped = Selection::new(&self.rules, name, &[]).drop().map_err(|conflict| conflict.error(name, None))?;
                if let Some(drop) = dropped.filter(|drop| drop.value) {
                    return Ok(Some(place(&drop.at)));
                }
            }
        }
        if let Object::Global(Kind::Extension, name) = object {
            // Its objects are not in the dump.
            return Ok(self.chosen_extension(name.as_str()));
        }
        let Some(schema) = schema_of(object) else { return Ok(None) };
        if let Some(pattern) = self.choice.exclude_schemas.iter().find(|pattern| pattern.matches_name(schema)) {
            return Ok(Some(format!("-N {pattern}")));
        }
        let wanted = self.choice.schemas.is_empty() || self.choice.schemas.iter().any(|pattern| pattern.matches_name(schema));
        Ok((!wanted).then(|| "no -n names its schema".into()))
    }

    fn chosen_table(&self, name: &RelationName, kind: Kind) -> Option<String> {
        if !is_table_like(kind) && kind != Kind::Sequence {
            return None;
        }
        if let Some(pattern) = self.choice.exclude_tables.iter().find(|pattern| pattern.matches(name)) {
            return Some(format!("-T {pattern}"));
        }
        if !is_table_like(kind) {
            return None;
        }
        let wanted = |name: &RelationName| self.choice.tables.iter().any(|pattern| pattern.matches(name));
        if !self.choice.tables.is_empty() && !with_owners(name, &self.owners).iter().any(wanted) {
            return Some("no -t names it".into());
        }
        let only = &self.rules.only;
        if !only.is_empty() {
            let listed = |name: &RelationName| only.iter().any(|entry| entry.matches(name));
            if !with_owners(name, &self.owners).iter().any(listed) {
                return Some("\"only\" does not list it".into());
            }
        }
        None
    }

    fn chosen_extension(&self, name: &str) -> Option<String> {
        if let Some(pattern) = self.choice.exclude_extensions.iter().find(|pattern| pattern.matches_name(name)) {
            return Some(format!("--exclude-extension={pattern}"));
        }
        if !self.choice.extensions.is_empty() && !self.choice.extensions.iter().any(|pattern| pattern.matches_name(name)) {
            return Some("no -e names it".into());
        }
        self.rules.leaves_object("extension", Some(name)).map(place)
    }

    /// Whether a table of which only rows are known is chosen to go.
    pub(super) fn leaves_unknown(&self, name: &RelationName) -> bool {
        let object = Object::Relation(name.clone());
        !self.is_idle() && !self.kinds.contains_key(&object) && matches!(self.chosen(&object, Kind::Table), Ok(Some(_)))
    }

    /// Why a statement goes by its kind, by `[objects]` of the rules.
    pub(super) fn chosen_kind(&self, facts: &Facts) -> Option<String> {
        let word = match facts.aspect {
            Aspect::Comment => "comment",
            Aspect::Owner => "owner",
            Aspect::Privileges => "privileges",
            Aspect::SecurityLabel => "security label",
            Aspect::Setting | Aspect::Value => return None,
            Aspect::Definition | Aspect::Part | Aspect::Refresh | Aspect::Removal => facts.kind.word(),
        };
        let name = facts.about.first().map(Object::to_string);
        self.rules.leaves_object(word, name.as_deref()).map(place)
    }

    /// Patterns of the command line, and `only`, that match nothing.
    pub fn unmatched(&self) -> Vec<RuleError> {
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
                Target::Relation => (
                    relations().any(|name| pattern.matches(name)),
                    nearest(&pattern.to_string(), relations().map(|name| name.name.as_str())).map(str::to_owned),
                ),
                Target::Schema => {
                    let schemas: Vec<&str> = relations().map(|name| name.schema.as_str()).chain(globals(Kind::Schema)).collect();
                    (
                        schemas.iter().any(|name| pattern.matches_name(name)),
                        nearest(&pattern.to_string(), schemas.iter().copied()).map(str::to_owned),
                    )
                }
                Target::Extension => (
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

/// A relation with those that it is a part of: a partition with its parents, all the way up.
fn with_owners(name: &RelationName, owners: &HashMap<Object, Vec<Object>>) -> Vec<RelationName> {
    let mut found = vec![name.clone()];
    let mut next = 0;
    while let Some(here) = found.get(next).cloned() {
        for on in owners.get(&Object::Relation(here)).into_iter().flatten() {
            if let Object::Relation(on) = on
                && !found.contains(on)
            {
                found.push(on.clone());
            }
        }
        next += 1;
    }
    found
}
