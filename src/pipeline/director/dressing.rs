//! The director's side of the target: everything that goes out passes through the stage, where there is one.

use bytes::Bytes;

use super::Director;
use super::ahead::Ahead;
use crate::dump::event::{Meta, Statement};
use crate::encoding::Charset;
use crate::error::Result;
use crate::name::RelationName;
use crate::pipeline::queue::Slot;
use crate::pipeline::run::Input;
use crate::plan::{Copied, CopyFacts, TableAction};
use crate::target::{Piece, Stage};

/// What is done for the place where the output goes.
#[derive(Default)]
pub(super) struct Dressing {
    stage: Option<Stage>,
    /// The dump once more, to be read for its tables.
    tables: Option<Input>,
    /// Whether the output takes a text for an earlier place.
    late: bool,
}

impl Director {
    /// Has every statement pass through a stage on its way out. `tables`: the dump once more, for the stage to know the
    /// tables that are filled; `late`: they may be told at the end.
    pub fn with_stage(self, stage: Option<Stage>, tables: Option<Input>, late: bool) -> Director {
        Director { dressing: Dressing { stage, tables, late }, ..self }
    }

    /// Tells the stage which tables the output fills, where it asks: those of the dump whose rows are not left out.
    /// `copied`: those of the dump, where it was read ahead.
    pub(super) fn tell_tables(&mut self, copied: Option<(Copied, Charset)>) -> Result<()> {
        if !self.dressing.stage.as_ref().is_some_and(Stage::asks_for_tables) {
            return Ok(());
        }
        let copied = match (copied, self.dressing.tables.take()) {
            (None, Some(input)) => Some(self.read_tables(input)?),
            (copied, _) => copied,
        };
        let mut filled = None;
        if let Some((copied, charset)) = copied {
            let tables = filled.insert(Vec::new());
            for (relation, columns) in copied {
                if !self.is_left_out(&relation, columns.as_deref(), charset)? {
                    tables.push(relation);
                }
            }
        }
        let late = self.dressing.late;
        self.dressing.stage.as_mut().map_or(Ok(()), |stage| stage.fill_tables(filled, late))
    }

    /// Reads a dump for the tables that it fills.
    fn read_tables(&mut self, input: Input) -> Result<(Copied, Charset)> {
        let all = self.read_ahead(input, self.limits)?;
        let filled: Vec<Ahead> = all.into_iter().filter(|ahead| ahead.database.inside).collect();
        self.refuse_unless_one(filled.len())?;
        let found = filled.into_iter().next().map(|ahead| (ahead.database.copied, ahead.charset));
        Ok(found.unwrap_or_else(|| (Copied::new(), self.reader.charset())))
    }

    /// The flag of the target that makes sense for one database only, if one is given.
    pub(super) fn only_for_one(&self) -> Option<&'static str> {
        self.dressing.stage.as_ref().and_then(Stage::only_for_one)
    }

    /// Whether a table's rows do not come out.
    fn is_left_out(&self, relation: &RelationName, columns: Option<&[crate::name::Name]>, charset: Charset) -> Result<bool> {
        let Some(plan) = &self.database.plan else { return Ok(false) };
        if self.database.objects.leaves_rows(relation) {
            return Ok(true);
        }
        Ok(plan.copy(&CopyFacts { relation, columns, options: false, charset, byte: 0 })?.action == TableAction::Skip)
    }

    /// Sends a statement on its way out.
    pub(super) fn send(&mut self, statement: Statement) -> Result<()> {
        match &mut self.dressing.stage {
            Some(stage) => {
                let pieces = stage.statement(statement)?;
                self.put_all(pieces)
            }
            None => {
                self.put(Slot::Text(statement.lead))?;
                self.put(Slot::Text(statement.text))
            }
        }
    }

    /// Sends a backslash command on its way out.
    pub(super) fn send_command(&mut self, meta: Meta) -> Result<()> {
        match &mut self.dressing.stage {
            Some(stage) => {
                let pieces = stage.command(meta)?;
                self.put_all(pieces)
            }
            None => {
                self.put(Slot::Text(meta.lead))?;
                self.put(Slot::Command(meta.line))
            }
        }
    }

    /// Sends what stands behind the last statement.
    pub(super) fn send_end(&mut self, rest: Bytes) -> Result<()> {
        match &mut self.dressing.stage {
            Some(stage) => {
                let (pieces, truncated) = (stage.end(rest)?, stage.truncated());
                self.name_dependants(&truncated)?;
                self.put_all(pieces)
            }
            None => self.put(Slot::Text(rest)),
        }
    }

    /// Tells the stage that a table's rows begin. Gives what to write in the place of the comments before them.
    pub(super) fn begin_rows(&mut self, relation: &RelationName, lead: Bytes, copy: bool, offset: u64) -> Result<Bytes> {
        let Some(stage) = &mut self.dressing.stage else { return Ok(lead) };
        let (pieces, lead) = stage.rows(relation, lead, copy, offset)?;
        self.put_all(pieces)?;
        Ok(lead)
    }

    /// Sends on what the stage gives.
    fn put_all(&self, pieces: Vec<Piece>) -> Result<()> {
        pieces.into_iter().try_for_each(|piece| {
            self.put(match piece {
                Piece::Text(text) => Slot::Text(text),
                Piece::Command(line) => Slot::Command(line),
                Piece::Remark(remark) => Slot::Remark(remark),
                Piece::Mark => Slot::Mark,
                Piece::Fill(text) => Slot::Fill(text),
            })
        })
    }

    /// Tells which tables of the schema file point at tables that are emptied, and are not emptied themselves: the server
    /// refuses that.
    fn name_dependants(&self, truncated: &[RelationName]) -> Result<()> {
        let Some(given) = &self.database.given else { return Ok(()) };
        for table in truncated {
            for (holder, _) in given.foreign_keys_to(table).filter(|(holder, _)| !truncated.contains(holder)) {
                self.put(Slot::Remark(format!(
                    "{holder} references {table}, which --reset=truncate empties, and gets no rows itself; where that key is in the target, the server stops"
                )))?;
            }
        }
        Ok(())
    }
}
