//! The entries in the making, with what later statements ask of them: no statement has to look through all that came before it.

use std::collections::HashMap;

use super::header;
use super::item::{BLOBS, Item};
use crate::archive::Section;
use crate::name::Name;
use crate::schema::object::Object;

/// All entries in the order of the script. What is kept of an entry to find it by stays as it is when it is added.
#[derive(Debug, Default)]
pub(super) struct Items {
    all: Vec<Item>,
    /// Constraints and indexes by what they belong to.
    keys: HashMap<usize, Vec<usize>>,
    /// INDEX ATTACH by each entry that it needs.
    attached: HashMap<usize, Vec<usize>>,
    /// The last rows of each table.
    rows: HashMap<usize, usize>,
    /// The last privileges of each entry.
    privileges: HashMap<usize, usize>,
    /// MATERIALIZED VIEW DATA by their view.
    refreshes: HashMap<usize, Vec<usize>>,
    /// The first table of each name and schema, as the comments of pg_dump have them.
    tables: HashMap<(Vec<u8>, Option<Vec<u8>>), usize>,
    /// The first entry of each name that stands in no schema.
    global: HashMap<Vec<u8>, usize>,
    /// Triggers by their own names, whatever their tables.
    triggers: HashMap<Name, Vec<usize>>,
    /// The latest section.
    latest: Option<Section>,
}

fn trigger_names(item: &Item) -> impl Iterator<Item = &Name> {
    item.about.iter().filter_map(|object| match object {
        Object::On(_, _, name) => Some(name),
        _ => None,
    })
}

impl Items {
    /// Adds an entry, and gives its place.
    pub(super) fn add(&mut self, item: Item) -> usize {
        let place = self.all.len();
        if let Some(parent) = item.parent {
            match item.desc {
                "CONSTRAINT" | "INDEX" => self.keys.entry(parent).or_default().push(place),
                "MATERIALIZED VIEW DATA" => self.refreshes.entry(parent).or_default().push(place),
                "TABLE DATA" => _ = self.rows.insert(parent, place),
                "ACL" => _ = self.privileges.insert(parent, place),
                _ => {}
            }
        }
        match item.desc {
            "TRIGGER" => {
                for name in trigger_names(&item) {
                    self.triggers.entry(name.clone()).or_default().push(place);
                }
            }
            "INDEX ATTACH" => item.needs.iter().for_each(|need| self.attached.entry(*need).or_default().push(place)),
            "TABLE" | "FOREIGN TABLE" => {
                let name = (header::sanitized(&item.tag), item.namespace.as_deref().map(header::sanitized));
                self.tables.entry(name).or_insert(place);
            }
            _ => {}
        }
        if item.namespace.is_none() && !matches!(item.desc, "EXTENSION" | "BLOB" | "BLOB METADATA" | BLOBS) {
            self.global.entry(item.tag.clone()).or_insert(place);
        }
        if !item.is_path && item.section() != Section::None {
            self.latest = self.latest.max(Some(item.section()));
        }
        self.all.push(item);
        place
    }

    /// The triggers so far that have the name of one: a trigger of a partition comes from that of its partitioned table
    /// (`getTriggers` in src/bin/pg_dump/pg_dump.c).
    pub(super) fn triggers_like(&self, item: &Item) -> Vec<usize> {
        trigger_names(item).filter_map(|name| self.triggers.get(name)).flatten().copied().collect()
    }

    /// The entry at a place.
    pub(super) fn get(&self, place: usize) -> Option<&Item> {
        self.all.get(place)
    }

    /// The same, to add to it.
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Item> {
        self.all.get_mut(place)
    }

    /// The last entry, to add to it.
    pub(super) fn last_mut(&mut self) -> Option<&mut Item> {
        self.all.last_mut()
    }

    /// How many there are: the place of the next.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// All of them in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.all.iter()
    }

    /// The same, to add to them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.all.iter_mut()
    }

    /// All of them, when no more come.
    pub(super) fn into_all(self) -> Vec<Item> {
        self.all
    }

    /// Constraints and indexes of these tables.
    pub(super) fn keys_of(&self, tables: &[usize]) -> Vec<usize> {
        let mut keys: Vec<usize> = tables.iter().filter_map(|table| self.keys.get(table)).flatten().copied().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// INDEX ATTACH that need an entry.
    pub(super) fn attached_to(&self, place: usize) -> &[usize] {
        self.attached.get(&place).map_or(&[], Vec::as_slice)
    }

    /// The last rows of a table.
    pub(super) fn rows_of(&self, table: usize) -> Option<usize> {
        self.rows.get(&table).copied()
    }

    /// The last privileges on what an entry is.
    pub(super) fn privileges_of(&self, place: usize) -> Option<usize> {
        self.privileges.get(&place).copied()
    }

    /// REFRESH of a materialized view.
    pub(super) fn refreshes_of(&self, view: usize) -> &[usize] {
        self.refreshes.get(&view).map_or(&[], Vec::as_slice)
    }

    /// The table that a comment of pg_dump names.
    pub(super) fn table(&self, name: &[u8], schema: Option<&[u8]>) -> Option<usize> {
        self.tables.get(&(name.to_vec(), schema.map(<[u8]>::to_vec))).copied()
    }

    /// What has this name and stands in no schema: extensions and large objects apart.
    pub(super) fn global(&self, name: &[u8]) -> Option<usize> {
        self.global.get(name).copied()
    }

    /// The latest section that has been reached; search paths and what has no section apart.
    pub(super) fn latest_section(&self) -> Section {
        self.latest.unwrap_or(Section::PreData)
    }
}
