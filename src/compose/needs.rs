//! What an entry waits for, and what it belongs to.

use std::collections::HashSet;

use super::Composer;
use super::item::Item;
use crate::schema::object::{Facts, Kind, Need, Object};

impl Composer {
    /// What an entry belongs to: its owner is the other's.
    pub(super) fn parent(&self, item: &Item, said: &Facts) -> Option<usize> {
        if item.is_owned() || matches!(item.desc, "EXTENSION" | "CAST" | "TRANSFORM" | "ACCESS METHOD") {
            return None;
        }
        let on = said.about.iter().find_map(|object| match object {
            Object::On(_, table, _) => Some(Object::Relation(table.clone())),
            _ => None,
        });
        let about = said.about.iter().filter(|object| !matches!(object, Object::On(..))).cloned();
        let needed = said.needs.iter().filter_map(|need| match need {
            Need::Object(Object::Relation(name)) => Some(Object::Relation(name.clone())),
            Need::Object(object @ Object::Global(..)) => Some(object.clone()),
            _ => None,
        });
        let same = |place: &usize| {
            // A table attached, an index attached, an index: the one of its own schema and name.
            let of = self.items.get(*place);
            of.is_some_and(|of| {
                !matches!(item.desc, "TABLE ATTACH" | "INDEX ATTACH" | "SEQUENCE OWNED BY")
                    || of.tag == item.tag
                    || of.tag.ends_with(&item.tag)
            })
        };
        on.into_iter().chain(about).chain(needed).filter_map(|object| self.places.get(&object).copied()).find(same)
    }

    /// The entries that a statement needs, as far as they have come.
    pub(super) fn needs(&self, said: &Facts) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let schemas = said.about.iter().filter_map(|object| match object {
            Object::Relation(name) | Object::Type(name) | Object::Routine(name, _) | Object::Within(_, name) => Some(name.schema.clone()),
            _ => None,
        });
        found.extend(schemas.filter_map(|schema| self.places.get(&Object::Global(Kind::Schema, schema))));
        let parts = said.parts.iter().flat_map(|part| &part.needs);
        for need in said.needs.iter().chain(parts) {
            match need {
                Need::Object(object) => self.add_place(object, &mut found),
                Need::Routine(name, _) => found.extend(self.routines.get(name).into_iter().flatten()),
            }
        }
        said.about.iter().for_each(|object| self.add_place(object, &mut found));
        found.extend(said.links.iter().filter_map(|(_, on)| self.places.get(on)));
        if said.kind == Kind::ForeignKey {
            found.extend(self.with_partitions(self.keys_of(said)));
        }
        found.extend(self.barrier);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Where an object is defined; where it is not, what the script brings into it: rows of an extension's table, or of one that
    /// a part of a dump leaves to another part.
    fn add_place(&self, object: &Object, found: &mut Vec<usize>) {
        match (self.places.get(object), object) {
            (Some(place), _) => found.push(*place),
            (None, Object::Relation(name)) => found.extend(self.contents.get(name).into_iter().flatten()),
            (None, _) => {}
        }
    }

    /// Primary keys, UNIQUE constraints and unique indexes of the tables that a statement needs, as far as they have come.
    pub(super) fn keys_of(&self, said: &Facts) -> Vec<usize> {
        let tables: Vec<usize> = said
            .needs
            .iter()
            .filter_map(|need| if let Need::Object(object) = need { self.places.get(object).copied() } else { None })
            .collect();
        self.items.keys_of(&tables)
    }

    /// Keys with those of partitions that are attached to them, and where they are: a foreign key onto a partitioned table
    /// needs all (`addConstrChildIdxDeps` in src/bin/pg_dump/pg_dump.c).
    fn with_partitions(&self, keys: Vec<usize>) -> Vec<usize> {
        let mut seen: HashSet<usize> = keys.iter().copied().collect();
        let mut open = keys;
        let mut found = Vec::new();
        // Partitions of partitions are attached in any order.
        while let Some(key) = open.pop() {
            found.push(key);
            for &place in self.items.attached_to(key) {
                let ends = self.items.get(place).into_iter().flat_map(|item| &item.needs).copied().filter(|need| self.is_key(*need));
                open.extend([place].into_iter().chain(ends).filter(|place| seen.insert(*place)));
            }
        }
        found
    }

    fn is_key(&self, place: usize) -> bool {
        self.items.get(place).is_some_and(|item| matches!(item.desc, "CONSTRAINT" | "INDEX"))
    }

    /// The contents of materialized views that a view reads, through other views too. What such a materialized view reads itself
    /// is for its own contents to wait for.
    pub(super) fn refreshed_before(&self, view: usize) -> Vec<usize> {
        let (mut seen, mut open) = (HashSet::from([view]), vec![view]);
        let mut found = Vec::new();
        while let Some(place) = open.pop() {
            let Some(item) = self.items.get(place).filter(|item| item.desc.ends_with("VIEW")) else { continue };
            found.extend_from_slice(self.items.refreshes_of(place));
            if place == view || item.desc == "VIEW" {
                open.extend(item.needs.iter().copied().filter(|need| seen.insert(*need)));
            }
        }
        found.sort_unstable();
        found
    }
}
