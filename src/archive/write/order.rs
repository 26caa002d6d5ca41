//! What an archive's writer is told in which order: kept in one place for all formats. A call out of order is a bug of ours.

use std::collections::VecDeque;

use crate::archive::Entry;
use crate::error::{Error, Result};

/// An entry whose data is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its dump id.
    pub dump_id: i32,
    /// What kind of data it has.
    pub kind: Kind,
}

/// What kind of data an entry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows as COPY takes them.
    Copy,
    /// INSERT statements.
    Inserts,
    /// Large objects.
    LargeObjects,
}

/// Where a writer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    New,
    Between,
    Data,
    LargeObjects,
    LargeObject,
}

/// Which data is due, and where the writer stands.
#[derive(Clone, Debug)]
pub struct Order {
    due: VecDeque<Due>,
    state: State,
}

impl Kind {
    /// That of an entry.
    pub fn of(entry: &Entry) -> Kind {
        if entry.desc.as_deref() == Some(b"BLOBS") {
            Kind::LargeObjects
        } else if entry.copy_stmt.is_some() {
            Kind::Copy
        } else {
            Kind::Inserts
        }
    }
}

impl Order {
    /// Nothing has begun.
    pub fn new() -> Order {
        Order { due: VecDeque::new(), state: State::New }
    }

    /// The head is written: from now on the data of these entries is due, in their order.
    ///
    /// # Errors
    /// It was written before.
    pub fn begin(&mut self, entries: &[Entry]) -> Result<()> {
        self.step(&State::New, State::Between)?;
        let with_data = entries.iter().filter(|entry| entry.has_data);
        self.due = with_data.map(|entry| Due { dump_id: entry.dump_id, kind: Kind::of(entry) }).collect();
        Ok(())
    }

    /// The entry whose data comes now, or next.
    pub fn next(&self) -> Option<&Due> {
        self.due.front()
    }

    /// Data can come now.
    ///
    /// # Errors
    /// It cannot.
    pub fn in_stream(&self) -> Result<()> {
        if matches!(self.state, State::Data | State::LargeObject) { Ok(()) } else { Err(Error::internal()) }
    }

    /// Whether more data is due than that of the entry that comes now, or next.
    pub fn has_more(&self) -> bool {
        self.due.len() > 1
    }

    /// Whether the head is written, and no data is being written.
    pub fn is_between(&self) -> bool {
        self.state == State::Between
    }

    /// A table's data begins.
    ///
    /// # Errors
    /// It is not due now.
    pub fn data(&mut self, dump_id: i32) -> Result<()> {
        self.is_due(dump_id, false)?;
        self.step(&State::Between, State::Data)
    }

    /// The large objects of an entry begin.
    ///
    /// # Errors
    /// They are not due now.
    pub fn large_objects(&mut self, dump_id: i32) -> Result<()> {
        self.is_due(dump_id, true)?;
        self.step(&State::Between, State::LargeObjects)
    }

    /// One of them begins.
    ///
    /// # Errors
    /// Nothing of the kind is being written.
    pub fn large_object(&mut self) -> Result<()> {
        self.step(&State::LargeObjects, State::LargeObject)
    }

    /// It ends.
    ///
    /// # Errors
    /// There is none.
    pub fn end_large_object(&mut self) -> Result<()> {
        self.step(&State::LargeObject, State::LargeObjects)
    }

    /// The data of an entry ends.
    ///
    /// # Errors
    /// There is none, or a large object has not ended.
    pub fn end(&mut self) -> Result<()> {
        if !matches!(self.state, State::Data | State::LargeObjects) {
            return Err(Error::internal());
        }
        self.state = State::Between;
        self.due.pop_front().map(|_| ()).ok_or_else(Error::internal)
    }

    /// Everything is written.
    ///
    /// # Errors
    /// It is not.
    pub fn finish(&self) -> Result<()> {
        if self.state == State::Between && self.due.is_empty() { Ok(()) } else { Err(Error::internal()) }
    }

    fn is_due(&self, dump_id: i32, large_objects: bool) -> Result<()> {
        match self.due.front() {
            Some(due) if due.dump_id == dump_id && (due.kind == Kind::LargeObjects) == large_objects => Ok(()),
            _ => Err(Error::internal()),
        }
    }

    fn step(&mut self, from: &State, to: State) -> Result<()> {
        if self.state != *from {
            return Err(Error::internal());
        }
        self.state = to;
        Ok(())
    }
}

impl Default for Order {
    fn default() -> Order {
        Order::new()
    }
}
