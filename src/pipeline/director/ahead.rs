//! The first reading of a dump, for its DDL only; and how statements reach the catalogue.

use crate::dump::buffer::Buffer;
use crate::dump::event::{Event, Insert, Statement, Verb};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::pipeline::run::Input;
use crate::plan::{Copied, Objects};
use crate::schema::catalogue::Catalogue;
use crate::schema::ddl::Change;
use crate::schema::facts::facts;
use crate::schema::object::Facts;

/// What a first reading of a dump, for its DDL only, has found.
pub(super) struct Ahead {
    pub(super) catalogue: Catalogue,
    pub(super) copied: Copied,
    /// The encoding of the rows.
    pub(super) charset: Charset,
}

impl Ahead {
    /// Reads to the end. `objects` takes in what the statements say, where it asks.
    pub(super) fn read(input: Input, block: usize, limits: Limits, objects: &mut Objects) -> Result<Ahead> {
        let mut reader = ScriptReader::new(Buffer::new(input, block), limits);
        let (mut catalogue, mut copied) = (Catalogue::default(), Copied::new());
        let mut inside_database = false;
        let mut charset = None;
        while let Some(event) = reader.next_event()? {
            follow_databases(&event, &mut inside_database)?;
            match event {
                Event::Statement(statement) => {
                    if !objects.is_idle() {
                        objects.note(&read_facts(&statement)?);
                    }
                    if statement.verb == Verb::Schema {
                        apply(&mut catalogue, &statement)?;
                    }
                }
                Event::CopyStart(start) => {
                    charset.get_or_insert(start.charset);
                    copied.insert(start.relation, start.columns);
                }
                Event::Insert(insert) => {
                    charset.get_or_insert(insert.charset);
                    note_insert(&mut copied, &insert);
                }
                Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
            }
        }
        Ok(Ahead { catalogue, copied, charset: charset.unwrap_or_else(|| reader.charset()) })
    }
}

/// Takes down the table of INSERT statements, and the columns that the first of them names.
pub(super) fn note_insert(copied: &mut Copied, insert: &Insert) {
    if !copied.contains_key(&insert.relation) {
        copied.insert(insert.relation.clone(), insert.columns.clone());
    }
}

/// Applies a statement to a catalogue.
pub(super) fn apply(catalogue: &mut Catalogue, statement: &Statement) -> Result<Vec<Change>> {
    let sql = statement.charset.decode(&statement.text);
    catalogue
        .apply(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}

/// What a statement says of objects.
pub(super) fn read_facts(statement: &Statement) -> Result<Vec<Facts>> {
    let sql = statement.charset.decode(&statement.text);
    facts(&sql, statement.search_path.as_ref())
        .map_err(|error| Error::at_byte(statement.offset, Fault::Ddl { about: error.about, what: error.what }))
}

/// Refuses a second database: rules do not say yet which one they mean.
pub(super) fn follow_databases(event: &Event, inside: &mut bool) -> Result<()> {
    match event {
        Event::CopyStart(_) | Event::Insert(_) => *inside = true,
        Event::Statement(statement) if statement.verb == Verb::Schema => *inside = true,
        Event::Meta(meta) if *inside && is_connect(&meta.line) => {
            return Err(Error::Usage(
                "the script holds several databases, expected one; filter them one by one, since rules do not say which one they mean"
                    .into(),
            ));
        }
        Event::Statement(_) | Event::Meta(_) | Event::Rows(_) | Event::CopyEnd(_) | Event::End(_) => {}
    }
    Ok(())
}

/// Whether a command's line is `\connect`.
pub(in crate::pipeline) fn is_connect(line: &[u8]) -> bool {
    matches!(line.split(|b| b.is_ascii_whitespace()).next(), Some(br"\connect" | br"\c"))
}
