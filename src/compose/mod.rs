//! A script as the table of contents of an archive: statement by statement, what pg_dump would have written as entries.
//!
//! What an entry is, its name, its schema, its owner and what it needs come from the SQL; the comments that pg_dump writes before
//! entries fill in what SQL does not say (the owner of a comment, the partition whose rows go through its root). Nothing is
//! lost: a statement that no kind of entry fits becomes one of its own (`STATEMENT`), which pg_restore runs in its place.

mod about;
mod cursor;
mod header;
mod item;
mod items;
mod large_objects;
mod needs;
mod order;
mod routine;
mod settings;
mod shape;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use crate::archive::script::identifier;
use crate::archive::{Entry, Header as ArchiveHeader};
use crate::dump::event::{CopyStart, Insert, Meta, Statement};
use crate::dump::script::lexeme::Dialect;
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};
use crate::schema::object::{Facts, Object};

pub use large_objects::{PgDumpCall, pg_dump_call};

use cursor::Cursor;
use header::Header;
use item::Item;
use items::Items;
use settings::Settings;

/// Makes entries of statements.
#[derive(Debug, Default)]
pub struct Composer {
    items: Items,
    /// Where each object is defined.
    places: HashMap<Object, usize>,
    routines: HashMap<RelationName, Vec<usize>>,
    /// Rows, and REFRESH, of what the script does not define.
    contents: HashMap<RelationName, Vec<usize>>,
    /// The last REFRESH of a view that the script does not define.
    refreshed: Option<usize>,
    data: Vec<Datum>,
    settings: Settings,
    large: large_objects::LargeObjects,
    /// The last entry that must be done before all that come behind it.
    barrier: Option<usize>,
    /// What stood before a statement that was left out between the comment on data and the data.
    data_lead: Option<Bytes>,
    /// INSERT statements of this table are being read.
    inserting: Option<RelationName>,
    /// What the user should know, and how often it came.
    told: BTreeMap<(&'static str, &'static str), u64>,
}

/// Data of the script: where it begins, and the entry whose data it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datum {
    /// Where its first statement begins in the unpacked script.
    pub offset: u64,
    /// Its entry; `None` where it is left out.
    pub dump_id: Option<i32>,
}

/// A whole table of contents.
#[derive(Debug)]
pub struct Composed {
    /// The header; how data is packed is for the writer to say.
    pub header: ArchiveHeader,
    /// The entries in their order.
    pub entries: Vec<Entry>,
    /// The data in the order of the script, which is that of the entries.
    pub data: Vec<Datum>,
    /// What the user should know.
    pub remarks: Vec<String>,
}

impl Composer {
    /// Nothing has been read.
    pub fn new() -> Composer {
        Composer::default()
    }

    /// Takes in a statement that passes. `text` is what it passes as, and `facts` what that says.
    ///
    /// # Errors
    /// Statements that an archive cannot hold, by name.
    pub fn statement(&mut self, statement: &Statement, text: &Bytes, facts: &[Facts]) -> Result<()> {
        self.read_versions(&statement.lead);
        self.inserting = None;
        match facts.first() {
            Some(said) => self.take(statement, text, said),
            None => Ok(()),
        }
    }

    /// Takes in a statement that is left out: entries around it stay apart.
    pub fn left_out(&mut self, statement: &Statement) {
        self.read_versions(&statement.lead);
        self.large.leave_out(statement, self.settings.dialect);
        self.inserting = None;
    }

    /// Takes in a backslash command.
    ///
    /// # Errors
    /// A second database.
    pub fn command(&mut self, meta: &Meta) -> Result<()> {
        self.read_versions(&meta.lead);
        let word = meta.line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        match word {
            br"\connect" | br"\c" if !self.items.iter().all(is_of_database) => Err(Error::Usage(
                "the script holds several databases, expected one to write an archive from; take the part of one: csplit all.sql '/^-- Database \"/' '{*}'".into(),
            )),
            br"\connect" | br"\c" | br"\restrict" | br"\unrestrict" | br"\encoding" => Ok(()),
            _ => {
                self.tell(
                    "backslash command of psql was left out: an archive does not hold it",
                    "backslash commands of psql were left out: an archive does not hold them",
                );
                Ok(())
            }
        }
    }

    /// Takes in the head of a table's rows.
    ///
    /// # Errors
    /// Options, which pg_restore does not know.
    pub fn copy(&mut self, start: &CopyStart, passes: bool) -> Result<()> {
        self.read_versions(&start.lead);
        self.inserting = None;
        if start.options {
            return Err(Error::at_byte(start.offset, Fault::NoArchive { what: "COPY with options", remedy: "write it as a script" }));
        }
        let lead = self.lead_of_data(&start.lead);
        let mut item = self.data_of(&start.relation, &lead, start.charset);
        let line = |text: &Bytes| if text.ends_with(b"\n") { text.clone() } else { [text, &b"\n"[..]].concat().into() };
        item.copy = Some(line(&start.text));
        item.qualified = qualified(start).map(|text| line(&text));
        self.add_data(item, &start.relation, start.offset, passes);
        Ok(())
    }

    /// Takes in INSERT statements.
    ///
    /// # Errors
    /// Literals and comments that pg_restore cannot tell from the end of a statement.
    pub fn insert(&mut self, insert: &Insert, passes: bool) -> Result<()> {
        self.read_versions(&insert.lead);
        let dialect = Dialect { backslashes: insert.backslashes, charset: insert.charset };
        if passes && !statement::is_simple(&insert.text, dialect) {
            return Err(Error::at_byte(
                insert.offset,
                Fault::NoArchive {
                    what: "INSERT with E'…' or $$…$$ literals or comments, at which pg_restore cannot split",
                    remedy: "write it as a script",
                },
            ));
        }
        if self.inserting.as_ref() == Some(&insert.relation) {
            return Ok(());
        }
        self.inserting = Some(insert.relation.clone());
        let lead = self.lead_of_data(&insert.lead);
        let mut item = self.data_of(&insert.relation, &lead, insert.charset);
        item.is_bare = names_no_schema(insert.text.get(..insert.head).unwrap_or_default(), dialect);
        self.add_data(item, &insert.relation, insert.offset, passes);
        Ok(())
    }

    /// Takes in what stands behind the last statement, and gives the table of contents. `charset` is that of the script.
    ///
    /// # Errors
    /// Search paths that pg_restore cannot set before rows as INSERT statements.
    pub fn finish(mut self, charset: Charset) -> Result<Composed> {
        self.settle_paths()?;
        self.settle_sections();
        order::finish(self, charset)
    }

    /// Something that the user should know.
    fn tell(&mut self, one: &'static str, many: &'static str) {
        *self.told.entry((one, many)).or_default() += 1;
    }

    /// The versions stand before the first statement.
    fn read_versions(&mut self, lead: &[u8]) {
        self.settings.read_versions(lead);
    }

    /// What stands before data: its own, or what stood before a statement in between.
    fn lead_of_data(&mut self, lead: &Bytes) -> Bytes {
        let before = self.data_lead.take();
        before.filter(|_| Header::read(lead).is_none()).unwrap_or_else(|| lead.clone())
    }

    /// The data of a table: of the one that is named, or of a partition that goes through it.
    fn data_of(&self, relation: &RelationName, lead: &[u8], charset: Charset) -> Item {
        let bytes = |name: &Name| encoded(charset, name.as_str());
        let mut item = Item { desc: "TABLE DATA", has_data: true, ..Item::default() };
        let told = Header::read(lead);
        let mut parent = self.places.get(&Object::Relation(relation.clone())).copied();
        (item.tag, item.namespace) = (bytes(&relation.name), Some(bytes(&relation.schema)));
        if let Some(root) = header::partition_root(lead) {
            item.defn = root;
            // Without its table, the comment is all that says whose rows they are.
            if let Some(told) = &told {
                let partition = self.partition(told);
                (item.tag, item.namespace) = partition
                    .map_or_else(|| (told.name.clone(), told.schema.clone()), |(_, found)| (found.tag.clone(), found.namespace.clone()));
                parent = partition.map(|(place, _)| place).or(parent);
            }
        }
        item.told_owner = told.and_then(|told| told.owner);
        item.parent = parent;
        // Rows that came before belong to the same table: they must not be truncated by a restore with several jobs.
        let before = parent.and_then(|parent| self.items.rows_of(parent));
        item.needs = before.into_iter().chain(parent).chain(self.barrier).collect();
        item
    }

    /// The table that a comment names.
    fn partition(&self, told: &Header) -> Option<(usize, &Item)> {
        let place = self.items.table(&told.name, told.schema.as_deref())?;
        Some((place, self.items.get(place)?))
    }

    fn add_data(&mut self, item: Item, relation: &RelationName, offset: u64, passes: bool) {
        let place = self.items.len();
        if passes {
            if item.parent.is_none() {
                self.contents.entry(relation.clone()).or_default().push(place);
            }
            self.items.add(item);
        }
        // Dump ids are places, counted from 1.
        self.data.push(Datum { offset, dump_id: passes.then(|| order::dump_id(place)) });
    }
}

/// Whether an entry belongs to the database as a whole.
fn is_of_database(item: &Item) -> bool {
    let is_about = matches!(item.desc, "COMMENT" | "ACL" | "SECURITY LABEL") && item.tag.starts_with(b"DATABASE ");
    item.desc.starts_with("DATABASE") || is_about || item.is_path
}

/// The head of a table's rows with the schema of the table; `None` where it is there already.
fn qualified(start: &CopyStart) -> Option<Bytes> {
    let dialect = Dialect { backslashes: start.backslashes, charset: start.charset };
    if Cursor::new(&start.named, dialect).qualified().is_none_or(|name| name.schema().is_some()) {
        return None;
    }
    let mut cursor = Cursor::head(&start.text, dialect);
    cursor.next();
    let (before, rest) = start.text.split_at_checked(cursor.start())?;
    let mut schema = Vec::new();
    identifier(&encoded(start.charset, start.relation.schema.as_str()), u32::MAX, &mut schema);
    Some([before, &schema, b".", rest].concat().into())
}

/// Whether an INSERT statement names its table without a schema.
fn names_no_schema(text: &[u8], dialect: Dialect) -> bool {
    let mut cursor = Cursor::new(text, dialect);
    cursor.eat(&["insert", "into"]) && cursor.qualified().is_some_and(|name| name.schema().is_none())
}

/// A name in the encoding of the script.
fn encoded(charset: Charset, text: &str) -> Vec<u8> {
    charset.encode_kept(text).map_or_else(|| text.as_bytes().to_vec(), std::borrow::Cow::into_owned)
}
