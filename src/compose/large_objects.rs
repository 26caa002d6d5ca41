//! Large objects: `lo_create` makes an entry, the statements from BEGIN to COMMIT are its data (src/bin/pg_dump/pg_backup_db.c).

use std::collections::HashMap;

use super::cursor::Cursor;
use super::item::{BLOBS, Item};
use super::shape::Shape;
use super::statement::owner_named;
use super::{Composer, Datum, order};
use crate::dump::event::{Statement, Verb};
use crate::dump::script::lexeme::Dialect;
use crate::error::{Error, Fault, Result};
use crate::schema::object::{Aspect, Facts};

/// Where the large objects of a script stand.
#[derive(Debug, Default)]
pub(super) struct LargeObjects {
    /// Each with the place of its entry.
    places: HashMap<u32, usize>,
    /// `BLOBS` that are being read.
    writing: Option<usize>,
    /// Contents are being left out.
    leaving: bool,
    /// Whether there have been any.
    written: bool,
}

impl LargeObjects {
    /// The entry of the object that a statement names behind LARGE OBJECT.
    pub(super) fn place(&self, statement: &Statement) -> Option<usize> {
        let oid = named(&statement.text)?;
        self.places.get(&oid).copied()
    }

    /// Something else comes.
    pub(super) fn end(&mut self) {
        self.end_transaction();
    }

    /// A statement is left out. BEGIN and COMMIT around contents go with them.
    pub(super) fn leave_out(&mut self, statement: &Statement, dialect: Dialect) {
        let call = if statement.verb == Verb::LargeObject { pg_dump_call(statement, &statement.text, dialect) } else { Ok(None) };
        self.leaving |= !matches!(call, Ok(None | Some(PgDumpCall::Create(_))));
    }

    /// A transaction ends. BEGIN and COMMIT around the contents of large objects are pg_restore's own: whether it was such a one.
    pub(super) fn end_transaction(&mut self) -> bool {
        let left = std::mem::take(&mut self.leaving);
        self.writing.take().is_some() || left
    }
}

/// A call as pg_dump writes it: a statement by itself, with what is in it. Which functions any statement calls, in whatever form, is
/// what `dump::script::large_object::Call` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PgDumpCall {
    /// It makes one.
    Create(u32),
    /// Its contents come.
    Open(u32),
    /// A part of them.
    Write(Vec<u8>),
    /// They have come.
    Close,
}

/// Reads such a call; `None` for any other statement.
///
/// # Errors
/// Contents that are no hexadecimal digits.
pub fn pg_dump_call(statement: &Statement, text: &[u8], dialect: Dialect) -> Result<Option<PgDumpCall>> {
    let mut cursor = Cursor::new(text, dialect);
    if !cursor.eat(&["select"]) {
        return Ok(None);
    }
    let Some(name) = cursor.qualified() else { return Ok(None) };
    if !cursor.sign(b'(') {
        return Ok(None);
    }
    let number = |cursor: &mut Cursor<'_>| {
        let digits = cursor.literal().or_else(|| cursor.name())?;
        std::str::from_utf8(&digits).ok()?.parse::<u32>().ok()
    };
    Ok(match name.name().as_slice() {
        b"lo_create" => number(&mut cursor).map(PgDumpCall::Create),
        b"lo_open" => number(&mut cursor).map(PgDumpCall::Open),
        b"lo_close" => Some(PgDumpCall::Close),
        b"lowrite" => {
            cursor.next();
            cursor.next();
            let bytes = cursor.literal().and_then(|literal| contents(&literal));
            let bad =
                || Error::at_byte(statement.offset, Fault::Unsupported("contents of a large object that are not in hexadecimal digits"));
            Some(PgDumpCall::Write(bytes.ok_or_else(bad)?))
        }
        _ => None,
    })
}

fn contents(literal: &[u8]) -> Option<Vec<u8>> {
    let digits = literal.strip_prefix(br"\\x").or_else(|| literal.strip_prefix(br"\x"))?;
    let value = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(value(*high)? << 4 | value(*low)?) } else { None }).collect()
}

/// The object that a statement names: `ALTER LARGE OBJECT 7 OWNER TO x`.
fn named(text: &[u8]) -> Option<u32> {
    let mut cursor = Cursor::new(text, Dialect::default());
    while cursor.peek().is_some() {
        if cursor.eat(&["large", "object"]) {
            return std::str::from_utf8(&cursor.name()?).ok()?.parse().ok();
        }
        cursor.next();
    }
    None
}

impl Composer {
    /// Takes in a statement about a large object; false where it is treated as any other.
    pub(super) fn large_object(&mut self, statement: &Statement, text: &[u8], said: &Facts) -> Result<bool> {
        if said.aspect == Aspect::Owner {
            self.large.end();
            return Ok(self.own_large_object(statement, text));
        }
        if said.aspect != Aspect::Definition {
            return Ok(false);
        }
        match pg_dump_call(statement, text, self.settings.dialect)? {
            Some(PgDumpCall::Create(oid)) => {
                self.large.end();
                self.make(statement, text, oid);
                Ok(true)
            }
            Some(PgDumpCall::Open(oid)) => self.open(statement, oid).map(|()| true),
            Some(PgDumpCall::Write(_) | PgDumpCall::Close) if self.large.writing.is_some() => Ok(true),
            Some(PgDumpCall::Write(_) | PgDumpCall::Close) => {
                Err(Error::at_byte(statement.offset, Fault::Unsupported("contents of a large object outside of lo_open and lo_close")))
            }
            None => Ok(false),
        }
    }

    fn own_large_object(&mut self, statement: &Statement, text: &[u8]) -> bool {
        let mut cursor = Cursor::new(text, self.settings.dialect);
        let name = owner_named(&mut cursor);
        let item = self.large.place(statement).and_then(|place| self.items.get_mut(place));
        match (name, item) {
            (Some(name), Some(item)) => {
                item.owner = Some(name);
                true
            }
            _ => false,
        }
    }

    /// `lo_create`: an entry each before archive version 1.16, since then one for all that come together.
    fn make(&mut self, statement: &Statement, text: &[u8], oid: u32) {
        let grouped = order::version(&self.settings).minor >= 16;
        let place = self.items.len();
        let digits = oid.to_string().into_bytes();
        let last = self.items.last_mut().filter(|last| grouped && last.desc == "BLOB METADATA" && last.owner.is_none());
        if let Some(last) = last.filter(|_| super::Header::read(&statement.lead).is_none()) {
            last.defn.extend([digits.as_slice(), b"\n"].concat());
            let first = last.tag.split(|byte| *byte == b'.').next().unwrap_or_default().to_vec();
            last.tag = [&first, &b".."[..], &digits].concat();
            self.large.places.entry(oid).or_insert(place - 1);
            return;
        }
        let (desc, drop) = if grouped {
            ("BLOB METADATA", b"-- dummy".to_vec())
        } else {
            ("BLOB", [b"SELECT pg_catalog.lo_unlink('", digits.as_slice(), b"');\n"].concat())
        };
        let shape = Shape { desc, tag: digits.clone(), drop: Some(drop), ..Shape::default() };
        let mut item = self.item(statement, text, shape);
        if grouped {
            item.defn = [digits.as_slice(), b"\n"].concat();
        }
        item.needs.extend(self.barrier);
        self.items.add(item);
        self.large.places.entry(oid).or_insert(place);
    }

    /// `lo_open`: begins the data of the objects that come together, or goes on with it.
    fn open(&mut self, statement: &Statement, oid: u32) -> Result<()> {
        let grouped = order::version(&self.settings).minor >= 16;
        let of = self.large.places.get(&oid).copied();
        if let Some(item) = self.large.writing.and_then(|place| self.items.get_mut(place)) {
            if grouped {
                let first = item.tag.split(|byte| *byte == b'.').next().unwrap_or_default().to_vec();
                item.tag = [&first, &b".."[..], oid.to_string().as_bytes()].concat();
            }
            item.needs.extend(of);
            return Ok(());
        }
        if !grouped && self.large.written {
            return Err(Error::at_byte(
                statement.offset,
                Fault::Unsupported("contents of large objects in two places, expected one transaction with all"),
            ));
        }
        let place = self.items.len();
        let told_owner = super::Header::read(&statement.lead).and_then(|told| told.owner);
        let tag = if grouped { oid.to_string().into_bytes() } else { BLOBS.into() };
        let needs = of.into_iter().chain(self.barrier).collect();
        let parent = of.filter(|_| grouped);
        self.items.add(Item { desc: BLOBS, tag, has_data: true, needs, parent, told_owner, ..Item::default() });
        self.data.push(Datum { offset: statement.offset, dump_id: Some(order::dump_id(place)) });
        (self.large.writing, self.large.written) = (Some(place), true);
        Ok(())
    }
}
