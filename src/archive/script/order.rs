//! What pg_restore takes of each entry, and in which of its three passes (`_tocEntryRequired` and `_tocEntryRestorePass` in
//! src/bin/pg_dump/pg_backup_archiver.c).

use super::super::{Entry, Section};
use super::style::Style;

/// What pg_restore takes of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its definition, as a part of the schema.
    pub(super) schema: bool,
    /// Its data, or a definition that counts as data.
    pub(super) data: bool,
    /// Its definition, as statistics.
    pub(super) statistics: bool,
}

impl Wanted {
    pub(super) fn any(self) -> bool {
        self.schema || self.data || self.statistics
    }
}

/// The text of a field; NULL is empty.
pub(super) fn text(field: Option<&bytes::Bytes>) -> &[u8] {
    field.map_or(b"", |field| field.as_ref())
}

/// Whether an entry is the database itself, or what is set of it.
pub(super) fn is_database(entry: &Entry) -> bool {
    matches!(text(entry.desc.as_ref()), b"DATABASE" | b"DATABASE PROPERTIES")
}

/// What is taken of an entry by `pg_restore -f -` without any option that chooses.
pub(super) fn wanted(entry: &Entry, style: Style) -> Wanted {
    let (desc, tag) = (text(entry.desc.as_ref()), text(entry.tag.as_ref()));
    match desc {
        // These are acted on before all others; a database only with --create.
        b"ENCODING" | b"STDSTRINGS" | b"SEARCHPATH" => return Wanted::default(),
        _ if is_database(entry) => return Wanted { schema: style.create, ..Wanted::default() },
        b"ACL" | b"COMMENT" | b"SECURITY LABEL" | b"STATISTICS DATA" if !style.create && tag.starts_with(b"DATABASE ") => {
            return Wanted::default();
        }
        b"STATISTICS DATA" => return Wanted { statistics: true, ..Wanted::default() },
        _ => {}
    }
    let about_object = matches!(desc, b"ACL" | b"COMMENT" | b"SECURITY LABEL") && tag.starts_with(b"LARGE OBJECT");
    let counts_as_data = about_object || matches!(desc, b"SEQUENCE SET" | b"BLOB" | b"BLOB METADATA");
    let (schema, data) = match entry.has_data {
        true => (true, true),
        false => (!counts_as_data, counts_as_data),
    };
    let defn = text(entry.defn.as_ref());
    let schema = schema && !defn.is_empty() && !defn.starts_with(b"-- load via partition root ");
    Wanted { schema, data, statistics: false }
}

/// The passes, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pass {
    Main,
    Acl,
    PostAcl,
}

pub(super) fn pass(entry: &Entry) -> Pass {
    let about_trigger = text(entry.tag.as_ref()).starts_with(b"EVENT TRIGGER ");
    match text(entry.desc.as_ref()) {
        b"ACL" | b"DEFAULT ACL" => Pass::Acl,
        b"EVENT TRIGGER" | b"MATERIALIZED VIEW DATA" => Pass::PostAcl,
        b"COMMENT" | b"SECURITY LABEL" if about_trigger => Pass::PostAcl,
        b"STATISTICS DATA" if entry.section == Section::PostData => Pass::PostAcl,
        _ => Pass::Main,
    }
}

/// The entries that are taken, by their places, in the order of the script.
pub(super) fn order(entries: &[Entry], style: Style) -> Vec<(usize, Wanted)> {
    let taken = entries.iter().enumerate().map(|(at, entry)| (pass(entry), at, wanted(entry, style)));
    let mut taken: Vec<(Pass, usize, Wanted)> = taken.filter(|(_, _, wanted)| wanted.any()).collect();
    taken.sort_by_key(|(pass, at, _)| (*pass, *at));
    taken.into_iter().map(|(_, at, wanted)| (at, wanted)).collect()
}
