//! The entries of an archive in their order, with dump ids, owners and sections.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::item::Item;
use super::settings::Settings;
use super::{Composed, Composer};
use crate::archive::{Compression, DataPlace, Entry, Format, Header, Section, Version};
use crate::encoding::Charset;
use crate::error::Result;
use crate::figures::counted;

/// How many entries stand before those of the script: encoding, literals, search path.
const BEFORE: i32 = 3;

/// The dump id of an item.
pub(super) fn dump_id(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX - BEFORE - 1).saturating_add(BEFORE + 1)
}

/// The version of the archive that the pg_dump of the script writes; where the script does not say which, one that every
/// PostgreSQL since 12 reads.
pub(super) fn version(settings: &Settings) -> Version {
    let digits = settings.dump_version.as_deref().map(|version| version.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default());
    let major: Option<u32> = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let minor = match major {
        Some(17..) => 16,
        Some(16) => 15,
        _ => 14,
    };
    Version { major: 1, minor, revision: 0 }
}

pub(super) fn finish(composer: Composer, charset: Charset) -> Result<Composed> {
    let Composer { items, data, settings, told, .. } = composer;
    let mut items = items.into_all();
    postpone(&mut items);
    let header = Header {
        version: version(&settings),
        int_size: 4,
        offset_size: 8,
        format: Format::Custom,
        compression: Compression::Gzip,
        level: -1,
        created: Header::UNDATED,
        database: Some(items.iter().find(|item| item.desc == "DATABASE").map_or_else(Bytes::new, |item| Bytes::from(item.tag.clone()))),
        server_version: settings.server_version.map(Bytes::from),
        dump_version: settings.dump_version.map(Bytes::from),
    };
    let encoding = settings.encoding.unwrap_or_else(|| charset.name().into());
    let literals: &[u8] = if settings.dialect.backslashes { b"off" } else { b"on" };
    let mut special = vec![
        ("ENCODING", [b"SET client_encoding = '", encoding.as_slice(), b"';\n"].concat()),
        ("STDSTRINGS", [b"SET standard_conforming_strings = '", literals, b"';\n"].concat()),
    ];
    special.extend(settings.paths.first().map(|path| ("SEARCHPATH", [path.as_slice(), b"\n"].concat())));
    let mut entries: Vec<Entry> = special
        .into_iter()
        .zip(1..)
        .map(|((desc, defn), id)| Entry { dump_id: id, ..entry(&Item { desc, tag: desc.into(), defn, ..Item::default() }, &[], 0) })
        .collect();
    entries.extend(in_order(&items).into_iter().filter_map(|place| Some(entry(items.get(place)?, &items, place))));
    let remarks = told.into_iter().map(|((one, many), count)| counted(count, one, many)).collect();
    Ok(Composed { header, entries, data, remarks })
}

/// What can wait and stands behind constraints is restored with them, unless something before the data needs it.
fn postpone(items: &mut [Item]) {
    let Some(first) = items.iter().position(|item| item.section() == Section::PostData) else { return };
    let cannot = items.iter().skip(first).filter(|item| matches!(item.desc, "TABLE" | "VIEW" | "TYPE" | "DOMAIN"));
    let needed: HashSet<usize> = cannot.flat_map(|item| &item.needs).copied().collect();
    for (place, item) in items.iter_mut().enumerate().skip(first) {
        if item.can_wait() && !needed.contains(&place) {
            item.section = Some(Section::PostData);
        }
    }
}

/// The order of pg_dump: that of the script, but for privileges, which pg_restore does last and which stand behind their
/// object all the same.
fn in_order(items: &[Item]) -> Vec<usize> {
    let moves = |item: &Item| item.desc == "ACL" && item.parent.is_some();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    let mut last_remarks: HashMap<usize, usize> = HashMap::new();
    for (place, item) in items.iter().enumerate().filter(|(_, item)| moves(item)) {
        // Comments and labels of the object stand before its privileges.
        let parent = item.parent.unwrap_or_default();
        let last = *last_remarks.entry(parent).or_insert_with(|| {
            let is_remark = |other: &&Item| matches!(other.desc, "COMMENT" | "SECURITY LABEL") && other.parent == Some(parent);
            parent + items.iter().skip(parent + 1).take_while(is_remark).count()
        });
        if let Some(list) = behind.get_mut(last) {
            list.push(place);
        }
    }
    let mut order = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        if !moves(item) && !item.is_path {
            order.push(place);
        }
        order.extend(behind.get(place).into_iter().flatten());
    }
    order
}

fn entry(item: &Item, items: &[Item], place: usize) -> Entry {
    let given = |text: &Option<Vec<u8>>| text.clone().map(Bytes::from);
    let needs = item.needs.iter().filter(|need| **need != place && items.get(**need).is_some_and(|item| !item.is_path));
    let mut seen = HashSet::new();
    let dependencies: Vec<i32> = needs.map(|need| dump_id(*need)).filter(|id| seen.insert(*id)).collect();
    Entry {
        dump_id: dump_id(place),
        has_data: item.has_data,
        table_oid: Some(Bytes::from_static(b"0")),
        // `pg_restore --clean` drops a large object by it.
        oid: Some(if item.desc == "BLOB" { item.tag.clone().into() } else { Bytes::from_static(b"0") }),
        tag: Some(item.tag.clone().into()),
        desc: Some(Bytes::from_static(item.desc.as_bytes())),
        section: item.section(),
        defn: (!item.defn.is_empty()).then(|| item.defn.clone().into()),
        drop_stmt: given(&item.drop),
        copy_stmt: item.copy.clone(),
        namespace: given(&item.namespace),
        tablespace: given(&item.tablespace),
        table_am: given(&item.table_am),
        relkind: item.relkind.into(),
        owner: owner(item, items).map(Bytes::from),
        with_oids: Some(Bytes::from_static(b"false")),
        dependencies,
        place: DataPlace::NoData,
    }
}

/// The owner of an entry: its own, or that of what it belongs to, or the one that the comment before it names.
fn owner(item: &Item, items: &[Item]) -> Option<Vec<u8>> {
    if item.owner.is_some() || item.is_owned() {
        return item.owner.clone();
    }
    if item.desc == "STATISTICS DATA" {
        return None;
    }
    let mut of = item;
    for _ in 0..4 {
        match of.parent.and_then(|parent| items.get(parent)) {
            Some(parent) => of = parent,
            None => break,
        }
        if of.is_owned() {
            return of.owner.clone();
        }
    }
    item.told_owner.clone()
}
