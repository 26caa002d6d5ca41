//! What goes because the rules or the command line say so.

use std::collections::HashMap;

use super::names::parts;
use super::{Because, Objects, place};
use crate::error::RuleError;
use crate::name::RelationName;
use crate::rules::ObjectName;
use crate::rules::select::Selection;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object};

/// Why what nobody named goes.
const NO_TABLE: &str = "no -t names it";
const NO_SCHEMA: &str = "no -n names its schema";
const NOT_LISTED: &str = "\"only\" does not list it";

/// Whether `-t` and `drop` choose among things of this kind.
pub(super) fn is_table_like(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable)
}

/// The schema that an object stands in.
fn schema_of(object: &Object) -> Option<&str> {
    match object {
        Object::Global(Kind::Schema, name) => Some(name.as_str()),
        other => parts(other).schema,
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
        if let Some(at) = self.rules.leaves_object(kind.word(), Some(parts(object))) {
            return Ok(Some(place(at)));
        }
        Ok(schema_of(object).and_then(|schema| self.chosen_schema(schema)))
    }

    fn chosen_schema(&self, schema: &str) -> Option<String> {
        if let Some(pattern) = self.choice.exclude_schemas.iter().find(|pattern| pattern.matches_name(schema)) {
            return Some(format!("-N {pattern}"));
        }
        let wanted = self.choice.schemas.is_empty() || self.choice.schemas.iter().any(|pattern| pattern.matches_name(schema));
        (!wanted).then(|| NO_SCHEMA.into())
    }

    /// Why a statement goes that speaks of a schema as a whole, such as `public`, which no dump creates.
    pub(super) fn chosen_with_schema(&self, facts: &Facts) -> Option<String> {
        let speaks = facts.aspect != Aspect::Definition && matches!(facts.kind, Kind::Schema | Kind::Publication | Kind::DefaultPrivileges);
        let needed = facts.needs.iter().filter_map(|need| match need {
            Need::Object(object) => Some(object),
            Need::Routine(..) => None,
        });
        let mut schemas = facts.about.iter().chain(needed).filter_map(|object| match object {
            Object::Global(Kind::Schema, name) => Some(name.as_str()),
            _ => None,
        });
        if speaks { schemas.find_map(|schema| self.chosen_schema(schema)) } else { None }
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
            return Some(NO_TABLE.into());
        }
        let only = &self.rules.only;
        if !only.is_empty() {
            let listed = |name: &RelationName| only.iter().any(|entry| entry.matches(name));
            if !with_owners(name, &self.owners).iter().any(listed) {
                return Some(NOT_LISTED.into());
            }
        }
        None
    }

    /// Tables and views that the command line or `only` names, and that go all the same: with the partitioned table, the parent or
    /// the table read that nobody named. A copy without them is not what was meant.
    pub(super) fn named_in_vain(&self) -> Vec<RuleError> {
        let mut mistakes = Vec::new();
        for (object, kind) in self.kinds.iter().filter(|(_, kind)| is_table_like(**kind)) {
            let is_view = matches!(kind, Kind::View | Kind::MaterializedView);
            let (Object::Relation(name), Some(Because::Of(on))) = (object, self.gone.get(object)) else { continue };
            let Some(Because::Chosen(because)) = self.gone.get(on) else { continue };
            if self.kinds.get(on).copied().is_some_and(is_table_like) && [NO_TABLE, NO_SCHEMA, NOT_LISTED].contains(&because.as_str()) {
                // A schema may have views of another's tables; they are told.
                if is_view && because == NO_SCHEMA {
                    continue;
                }
                let (word, how) = (kind.word(), if is_view { "which it reads" } else { "of which it is a partition or an heir" });
                mistakes.push(RuleError {
                    at: None,
                    message: format!("{word} {name} is named, but cannot be without {on}, {how}: {because}"),
                    help: Some(format!("name {on} too, or leave {name} out")),
                });
            }
        }
        mistakes.sort_by(|one, other| one.message.cmp(&other.message));
        mistakes
    }

    /// The extensions that were left out so far.
    pub fn left_extensions(&self) -> impl Iterator<Item = &str> {
        self.gone.keys().filter_map(|object| match object {
            Object::Global(Kind::Extension, name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn chosen_extension(&self, name: &str) -> Option<String> {
        if let Some(pattern) = self.choice.exclude_extensions.iter().find(|pattern| pattern.matches_name(name)) {
            return Some(format!("--exclude-extension={pattern}"));
        }
        if !self.choice.extensions.is_empty() && !self.choice.extensions.iter().any(|pattern| pattern.matches_name(name)) {
            return Some("no -e names it".into());
        }
        let named = ObjectName { schema: None, table: None, name, arguments: None };
        self.rules.leaves_object("extension", Some(named)).map(place)
    }

    /// Whether a table of which only rows are known is chosen to go.
    pub(super) fn leaves_unknown(&self, name: &RelationName) -> bool {
        let object = Object::Relation(name.clone());
        !self.is_idle() && !self.kinds.contains_key(&object) && matches!(self.chosen(&object, Kind::Table), Ok(Some(_)))
    }

    /// Why a statement goes by its kind, by `[objects]` of the rules.
    pub(super) fn chosen_kind(&self, facts: &Facts) -> Option<String> {
        let name = facts.about.first().map(parts);
        let by = |word: &str, name| self.rules.leaves_object(word, name).map(place);
        match facts.aspect {
            Aspect::Comment => by("comment", name),
            Aspect::Owner => by("owner", name),
            Aspect::Privileges if facts.kind == Kind::DefaultPrivileges => {
                by("privileges", None).or_else(|| by(Kind::DefaultPrivileges.word(), None))
            }
            Aspect::Privileges => by("privileges", name),
            Aspect::SecurityLabel => by("security label", name),
            Aspect::Setting | Aspect::Value => None,
            // ENABLE ROW LEVEL SECURITY has the name of its table, and goes where no policy is kept.
            Aspect::Part if facts.kind == Kind::Policy && self.rules.keeps_one(Kind::Policy.word()) => None,
            Aspect::Part if facts.kind == Kind::Policy => by(Kind::Policy.word(), None),
            Aspect::Definition | Aspect::Part | Aspect::Refresh | Aspect::Removal => by(facts.kind.word(), name),
        }
    }
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
