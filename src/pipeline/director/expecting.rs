//! The head of a script, read before anything is written, where something is expected of it.

use jiff::Timestamp;

use super::Director;
use super::database::creates;
use crate::dump::event::Event;
use crate::dump::script::command::{Connect, connect};
use crate::dump::script::started::started;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::pipeline::expect::{Expectations, Said};

impl Director {
    /// Has a script refused before its first byte is written, where it is not as expected.
    pub fn expecting(self, expected: Expectations) -> Director {
        Director { expected, ..self }
    }

    /// Reads up to the first object, and judges.
    pub(in crate::pipeline) fn judge_head(&mut self) -> Result<()> {
        if self.expected.is_idle() {
            return Ok(());
        }
        let mut said = Said::default();
        while let Some(event) = self.reader.next_event()? {
            let (lead, done) = match &event {
                Event::Statement(statement) => (&statement.lead, creates(statement)),
                Event::CopyStart(start) => (&start.lead, true),
                Event::Insert(insert) => (&insert.lead, true),
                Event::End(rest) => (rest, true),
                Event::Meta(meta) => {
                    if let Some(Connect::To(name)) = connect(&meta.line) {
                        said.database = Some(Name::new(name));
                    }
                    (&meta.lead, false)
                }
                Event::Rows(_) | Event::CopyEnd(_) => continue,
            };
            said.started = said.started.or_else(|| started(lead));
            self.head.push_back(event);
            if done {
                break;
            }
        }
        said.cluster = self.reader.is_cluster();
        self.expected.judge(&said, Timestamp::now())
    }

    /// Refuses a second database, where one is expected.
    pub(super) fn expect_no_other(&self, name: &Name) -> Result<()> {
        match &self.expected.database {
            Some(wanted) => Err(Error::Policy(format!(
                "the script goes on with the database {name}, expected {wanted} alone (--expect-database {wanted})"
            ))),
            None => Ok(()),
        }
    }
}
