//! Statements that carry no data: which pass, and as what.

use bytes::Bytes;

use super::{Database, Director, Learned};
use crate::dump::event::{Statement, Verb};
use crate::error::{Error, Fault, Result};
use crate::pipeline::queue::Slot;
use crate::plan::objects::Section;
use crate::plan::{Plan, StatementVerdict, Verdict};
use crate::schema::ddl::Change;
use crate::schema::object::Facts;

impl Director {
    pub(in crate::pipeline) fn masks_anything(&self) -> bool {
        self.database.plan.as_ref().is_some_and(Plan::masks_anything)
    }

    /// Whether a statement restores statistics that tell of what is not in the copy. Those of any column may: a view's hold
    /// values of its tables, a key's those of the other end. Sizes tell only of rows, which masks leave as many.
    fn leaves_statistics(&self, verb: Verb) -> bool {
        let Database { plan: Some(plan), objects, .. } = &self.database else { return false };
        // What is out of its section goes with that, and there is nothing to tell of it.
        let choice = objects.choice();
        let leaves_rows = || choice.has(Section::Data) && (plan.leaves_rows() || objects.leaves_tables());
        if !choice.has(Section::Data) && (choice.has(Section::PreData) || !self.database.planner.is_idle() || objects.leaves_tables()) {
            // Masks are not planned where no row comes: any may be meant. pg_restore -s has none either.
            return matches!(verb, Verb::Statistics | Verb::Size);
        }
        match verb {
            Verb::Statistics => plan.masks_anything() || leaves_rows(),
            Verb::Size => leaves_rows(),
            Verb::Schema | Verb::LargeObject | Verb::Carrier | Verb::Plain => false,
        }
    }

    pub(super) fn statement(&mut self, statement: Statement, learned: &Learned) -> Result<()> {
        let whole = statement.clone();
        match self.decide(statement, learned)? {
            Some(text) => self.send(Statement { text, ..whole }),
            None => Ok(()),
        }
    }

    /// The text of a statement that passes, as it is or as another; `None` where it is left out.
    pub(in crate::pipeline) fn decide(&mut self, mut statement: Statement, learned: &Learned) -> Result<Option<Bytes>> {
        if self.leaves_statistics(statement.verb) {
            self.left_out.statistics += 1;
            return Ok(None);
        }
        self.without_password(&mut statement)?;
        match self.pass(&statement, &learned.facts)? {
            StatementVerdict::Keep => {}
            StatementVerdict::Leave => return Ok(None),
            StatementVerdict::Replace(text) => statement.text = rewritten(&statement, &text)?,
        }
        if statement.verb == Verb::Carrier && self.masks_anything() {
            return Err(Error::at_byte(statement.offset, Fault::Unmasked));
        }
        match self.judge(&learned.changes)? {
            Verdict::Holds => {}
            Verdict::NotValid(remark) => {
                self.put(Slot::Remark(remark))?;
                statement.text = not_valid(&statement)?;
            }
            Verdict::Kept(remark) => self.put(Slot::Remark(remark))?,
            Verdict::Leave(because) => {
                self.database.objects.leave_key(&learned.facts, because);
                return Ok(None);
            }
        }
        Ok(Some(statement.text))
    }

    /// Whether a statement passes, by the objects that it speaks of.
    fn pass(&mut self, statement: &Statement, facts: &[Facts]) -> Result<StatementVerdict> {
        if facts.is_empty() {
            return Ok(StatementVerdict::Keep);
        }
        self.database.objects.verdict(facts, &statement.charset.decode(&statement.text)).map_err(|mistake| Error::Rules(vec![mistake]))
    }

    /// Judges the constraints that a statement brought: the verdict that asks for most.
    fn judge(&self, changes: &[Change]) -> Result<Verdict> {
        let Some(plan) = &self.database.plan else { return Ok(Verdict::Holds) };
        let mut worst = Verdict::Holds;
        for change in changes {
            let Change::Constraint { relation, index } = change else { continue };
            let Some(constraint) = self.database.catalogue.relations.get(relation).and_then(|found| found.constraints.get(*index)) else {
                continue;
            };
            match plan.judge(&self.database.catalogue, relation, constraint)? {
                Verdict::Holds => {}
                Verdict::NotValid(_) if matches!(worst, Verdict::Leave(_)) => {}
                Verdict::Kept(_) if worst != Verdict::Holds => {}
                verdict => worst = verdict,
            }
        }
        Ok(worst)
    }
}

/// A statement's new text in the encoding of its script.
fn rewritten(statement: &Statement, text: &str) -> Result<Bytes> {
    let encoded = statement.charset.encode(text).map(|bytes| Bytes::from(bytes.into_owned()));
    encoded.ok_or_else(|| Error::at_byte(statement.offset, Fault::Unsupported("a statement in an encoding that cannot be written")))
}

/// The statement that adds a foreign key, with `NOT VALID` at its end.
fn not_valid(statement: &Statement) -> Result<Bytes> {
    let body = statement.text.strip_suffix(b";").filter(|body| body.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"alter")));
    let Some(body) = body else {
        return Err(Error::at_byte(statement.offset, Fault::Unsupported("a foreign key inside CREATE TABLE whose rows are left out")));
    };
    if body.trim_ascii_end().ends_with(b" NOT VALID") {
        return Ok(statement.text.clone());
    }
    Ok(Bytes::from([body.trim_ascii_end(), b" NOT VALID;"].concat()))
}
