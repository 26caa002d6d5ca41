//! The reading of a dump that chooses the rows of a subset: keys alone are looked at, and nothing is written.

use crate::dump::buffer::Buffer;
use crate::dump::event::{CopyStart, Event};
use crate::dump::script::reader::{Limits, ScriptReader};
use crate::error::{Error, Fault, Place, Result};
use crate::name::RelationName;
use crate::plan::{CopyFacts, Counted, Plan};
use crate::rewrite::Part;
use crate::subset::Graph;

use super::run::Input;

/// Reads the dump in `input` to its end, and tells the plan which rows were chosen.
///
/// # Errors
/// What a reading of the dump meets; a row that cannot be read.
pub(super) fn choose(plan: &mut Plan, input: Input, block: usize, limits: Limits) -> Result<()> {
    let mut keys = Keys { plan, graph: plan.graph(), table: None, chosen: Vec::new() };
    let mut reader = ScriptReader::new(Buffer::new(input, block), limits);
    while let Some(event) = reader.next_event()? {
        keys.event(event)?;
    }
    let chosen = keys.graph.close();
    plan.choose(chosen);
    Ok(())
}

/// The rows on their way into the graph.
struct Keys<'p> {
    plan: &'p Plan,
    graph: Graph,
    /// The table that is being read, where its rows count, and how many of this block have been.
    table: Option<Table>,
    /// How many rows of each of its roots the subset begins with.
    chosen: Vec<u64>,
}

/// A table whose rows are being read.
struct Table {
    name: RelationName,
    counted: Counted,
    /// How many rows of the table came before this block.
    before: u64,
}

impl Keys<'_> {
    fn event(&mut self, event: Event) -> Result<()> {
        match event {
            Event::CopyStart(start) => {
                self.table = self.begin(start)?;
                Ok(())
            }
            Event::Rows(rows) => {
                let Some(Table { name, counted: Counted { place, root, reader }, before }) = &mut self.table else { return Ok(()) };
                let before = self.graph.rows(*place) - *before;
                if self.chosen.len() <= *root {
                    self.chosen.resize(*root + 1, 0);
                }
                let Some(chosen) = self.chosen.get_mut(*root) else { return Ok(()) };
                reader.read(&Part::of(&rows.bytes, rows.crlf), &mut self.graph, chosen).map_err(|fault| Error::Data {
                    place: Place {
                        table: Some(name.clone()),
                        column: fault.column,
                        row: Some(before + fault.row + 1),
                        byte: Some(rows.offset + fault.byte as u64),
                    },
                    fault: fault.fault,
                })
            }
            Event::CopyEnd(_) => {
                self.table = None;
                Ok(())
            }
            Event::Insert(insert) => {
                let facts = CopyFacts {
                    relation: &insert.relation,
                    columns: insert.columns.as_deref(),
                    options: false,
                    charset: insert.charset,
                    byte: insert.offset,
                };
                match self.plan.reader(&facts)? {
                    None => Ok(()),
                    Some(_) => {
                        let place = Place { table: Some(insert.relation.clone()), byte: Some(insert.offset), ..Place::default() };
                        Err(Error::Data { place, fault: Fault::CountedInsert })
                    }
                }
            }
            Event::Statement(_) | Event::Meta(_) | Event::End(_) => Ok(()),
        }
    }

    fn begin(&self, start: CopyStart) -> Result<Option<Table>> {
        let facts = CopyFacts {
            relation: &start.relation,
            columns: start.columns.as_deref(),
            options: start.options,
            charset: start.charset,
            byte: start.offset,
        };
        let found = self.plan.reader(&facts)?;
        Ok(found.map(|counted| Table { before: self.graph.rows(counted.place), name: start.relation, counted }))
    }
}
