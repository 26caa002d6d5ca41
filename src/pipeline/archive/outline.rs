//! The table of contents of the copy: entries that stay, as they are or with another text.
//!
//! Each entry is looked at as the statements that pg_restore makes of it: they pass the same verdicts as those of a script.

use std::collections::BTreeMap;
use std::io::Cursor;

use bytes::Bytes;

use crate::archive::script::{Mark, Script, Style};
use crate::archive::{Archive, Entry};
use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::error::{Error, Fault, Result};
use crate::pipeline::director::large_objects::{entry_creates, unlisted};
use crate::pipeline::director::{Director, Learned};
use crate::pipeline::run::{Input, SchemaSource};
use crate::plan::LargeObjectData;
use crate::plan::TableAction;
use crate::plan::objects::{Section, Without};
use crate::schema::object::Aspect;

/// What becomes of an entry.
#[derive(Debug, Default)]
struct Fate {
    /// Statements that are its own.
    statements: usize,
    /// Those of them that stay.
    kept: usize,
    /// Its owner is not named.
    no_owner: bool,
    /// Texts that take another's place; those of statements that are left out are empty.
    replaced: Vec<(Bytes, Bytes)>,
    /// Its data is left out.
    data_goes: bool,
    /// What stands for its data has come.
    has_data: bool,
}

impl Fate {
    /// Rows stand in the data of a table, once, and in no definition: there they would go past the masks.
    fn brings_rows(&mut self, entry: Option<&Entry>) -> Result<()> {
        let first = !std::mem::replace(&mut self.has_data, true);
        if first && entry.is_some_and(|entry| entry.has_data) {
            return Ok(());
        }
        let (entry, expected) = (entry.map(|entry| entry.dump_id), "them in the data of a table");
        Err(Error::somewhere(Fault::BadArchive { entry, what: "rows in a statement of its own", found: None, expected }))
    }
}

impl Director {
    /// Makes the plan from the table of contents, and gives the entries of the copy.
    pub(super) fn outline(&mut self, archive: &Archive, schema: SchemaSource, keys: Option<Input>) -> Result<Vec<Entry>> {
        let large_objects = self.large_objects_of_copy(&archive.entries)?;
        if self.is_idle() {
            return Ok(archive.entries.iter().filter(|entry| stays(entry, large_objects)).cloned().collect());
        }
        let (text, marks) = Script::without_rows(&archive.header, &archive.entries, Style::default())?;
        let ahead = match schema {
            SchemaSource::File(input) => SchemaSource::File(input),
            SchemaSource::Stream | SchemaSource::ReadAhead(_) => SchemaSource::ReadAhead(Box::new(Cursor::new(text.clone()))),
        };
        self.plan_ahead(ahead, keys)?;
        let limits = Limits { require_trailer: false, ..self.limits() };
        let mut reader = ScriptReader::new(Buffer::new(Box::new(Cursor::new(text)), self.block()), limits);
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        while let Some(event) = reader.next_event()? {
            let learned = self.learn(&event)?;
            let Some(place) = offset_of(&event).and_then(|offset| entry_at(&marks, offset)) else { continue };
            let fate = fates.entry(place).or_default();
            if matches!(event, Event::CopyStart(_) | Event::Insert(_)) {
                fate.brings_rows(archive.entries.get(place))?;
            }
            match event {
                Event::Statement(statement) => self.judge_statement(statement, &learned, fate)?,
                Event::CopyStart(start) => fate.data_goes = self.plan_copy(&start)?.action == TableAction::Skip,
                // A row of defaults stands for all: whether they can be masked is to be seen.
                Event::Insert(insert) => fate.data_goes = self.leaves_all(&insert.relation)?,
                Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
            }
        }
        self.judge_texts(archive)?;
        let mut kept = self.entries_of_copy(&archive.entries, &fates)?;
        kept.retain(|entry| stays(entry, large_objects));
        Ok(kept)
    }

    /// What becomes of the archive's large objects.
    fn large_objects_of_copy(&mut self, entries: &[Entry]) -> Result<LargeObjectData> {
        let found: Vec<u64> = entries.iter().filter_map(entry_creates).collect();
        if !found.is_empty() && self.refuses_large_objects() {
            return Err(unlisted());
        }
        let count = found.iter().sum();
        let data = self.large_object_data().unwrap_or(LargeObjectData::Keep);
        match data {
            _ if !self.objects().choice().has(Section::Data) => {}
            LargeObjectData::Keep => self.count_large_objects(count, 0),
            LargeObjectData::Drop | LargeObjectData::Empty => self.count_large_objects(0, count),
        }
        Ok(data)
    }

    /// All that pg_restore may print of an archive goes into the copy, also what only -C and -c ask for: none of it may bring
    /// rows or hold values.
    fn judge_texts(&mut self, archive: &Archive) -> Result<()> {
        let style = Style { create: true, clean: true, if_exists: false };
        let (text, marks) = Script::without_rows(&archive.header, &archive.entries, style)?;
        let mut seen: BTreeMap<usize, Fate> = BTreeMap::new();
        self.judge_text(text.into(), |offset| match entry_at(&marks, offset) {
            Some(place) => seen.entry(place).or_default().brings_rows(archive.entries.get(place)),
            // What removes the objects stands before the first.
            None => Fate::default().brings_rows(None),
        })?;
        for entry in &archive.entries {
            let unseen = if entry.desc.as_deref() == Some(b"BLOBS") { &entry.defn } else { &None };
            for text in [unseen, &entry.drop_stmt].into_iter().flatten().filter(|text| !text.is_empty()) {
                self.judge_text(text.clone(), |_| Fate::default().brings_rows(Some(&Entry { has_data: false, ..entry.clone() })))?;
            }
        }
        Ok(())
    }

    /// Looks at statements; `rows` judges those at an offset that bring rows.
    fn judge_text(&mut self, text: Bytes, mut rows: impl FnMut(u64) -> Result<()>) -> Result<()> {
        let limits = Limits { require_trailer: false, ..self.limits() };
        let mut reader = ScriptReader::new(Buffer::new(Box::new(Cursor::new(text)), self.block()), limits);
        while let Some(event) = reader.next_event()? {
            match &event {
                Event::Statement(statement) if statement.verb == Verb::Carrier && self.masks_anything() => {
                    return Err(Error::somewhere(Fault::Unmasked));
                }
                Event::CopyStart(_) | Event::Insert(_) => rows(offset_of(&event).unwrap_or_default())?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes down what becomes of a statement.
    fn judge_statement(&mut self, statement: Statement, learned: &Learned, fate: &mut Fate) -> Result<()> {
        let is = |aspect| learned.facts.iter().any(|facts| facts.aspect == aspect);
        let (setting, owner) = (is(Aspect::Setting), is(Aspect::Owner));
        let before = statement.text.clone();
        let after = self.decide(statement, learned)?;
        if setting {
            return Ok(());
        }
        if owner {
            fate.no_owner |= after.is_none();
            return Ok(());
        }
        fate.statements += 1;
        fate.kept += usize::from(after.is_some());
        let after = after.unwrap_or_default();
        if after != before {
            fate.replaced.push((before, after));
        }
        Ok(())
    }

    /// The entries that stay, with the texts that they get.
    fn entries_of_copy(&self, entries: &[Entry], fates: &BTreeMap<usize, Fate>) -> Result<Vec<Entry>> {
        let choice = self.objects().choice();
        let mut kept = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let large_objects = matches!(entry.desc.as_deref(), Some(b"BLOBS" | b"BLOB" | b"BLOB METADATA"));
            if large_objects && !choice.has(Section::Data) {
                continue;
            }
            let mut entry = entry.clone();
            if let Some(fate) = fates.get(&place) {
                if fate.data_goes || fate.statements > 0 && fate.kept == 0 {
                    continue;
                }
                if fate.no_owner {
                    entry.owner = Some(Bytes::new());
                }
                for (before, after) in &fate.replaced {
                    entry.defn = Some(replace(entry.defn.as_ref(), before, after)?);
                }
            }
            if choice.without.contains(&Without::Owners) {
                entry.owner = Some(Bytes::new());
            }
            if choice.without.contains(&Without::Tablespaces) {
                entry.tablespace = entry.tablespace.map(|_| Bytes::new());
            }
            if choice.without.contains(&Without::TableAccessMethods) {
                // Unlike an empty tablespace, an empty name is none of an access method.
                entry.table_am = None;
            }
            kept.push(entry);
        }
        Ok(kept)
    }
}

/// Whether an entry stays, as far as it is of large objects.
fn stays(entry: &Entry, data: LargeObjectData) -> bool {
    match data {
        LargeObjectData::Keep => true,
        LargeObjectData::Drop => entry_creates(entry).is_none(),
        LargeObjectData::Empty => entry.desc.as_deref() != Some(b"BLOBS"),
    }
}

/// Where an event's text begins.
fn offset_of(event: &Event) -> Option<u64> {
    match event {
        Event::Statement(statement) => Some(statement.offset),
        Event::CopyStart(start) => Some(start.offset),
        Event::Insert(insert) => Some(insert.offset),
        Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => None,
    }
}

/// The place of the entry that a byte of the script belongs to.
fn entry_at(marks: &[Mark], offset: u64) -> Option<usize> {
    let after = marks.partition_point(|mark| mark.offset <= offset);
    marks.get(after.checked_sub(1)?)?.entry
}

/// A definition with one of its statements replaced.
fn replace(defn: Option<&Bytes>, before: &Bytes, after: &Bytes) -> Result<Bytes> {
    let found = defn.and_then(|defn| Some((defn, memchr::memmem::find(defn, before)?)));
    let Some((defn, at)) = found else {
        return Err(Error::somewhere(Fault::Unsupported("an entry whose statement is not found in its definition")));
    };
    let rest = defn.get(at + before.len()..).unwrap_or_default();
    Ok(Bytes::from([defn.get(..at).unwrap_or_default(), after, rest].concat()))
}
