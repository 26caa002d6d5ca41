//! Tables' data, as COPY rows or as INSERT statements: what is done with it, and by whom.

use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::{Receiver, bounded};
use memchr::memchr_iter;

use super::{Database, Director, Treatment};
use crate::dump::event::{CopyStart, Insert, InsertRows, Rows};
use crate::encoding::Charset;
use crate::error::{Error, Fault, Result};
use crate::name::{Name, RelationName};
use crate::pipeline::batch::{Batch, Form};
use crate::pipeline::digests::{Digests, Looked};
use crate::pipeline::limit::{Bounded, Limited};
use crate::pipeline::queue::{Slot, Table};
use crate::plan::{CopyFacts, Limit, TableAction, TablePlan, Verdict};
use crate::rewrite::Cause;
use crate::row::digest::Digest;

/// A checksum that no worker is needed for.
fn known(digest: Digest) -> Receiver<Digest> {
    let (sender, receiver) = bounded(1);
    // There is room, and the receiver is at hand.
    let _ = sender.send(digest);
    receiver
}

impl Director {
    /// What is done with a table's data.
    pub(in crate::pipeline) fn plan_copy(&self, start: &CopyStart) -> Result<TablePlan> {
        let planned = match &self.database.plan {
            Some(plan) => match self.database.objects.absence(&start.relation) {
                Some(absence) => TablePlan::skip(absence),
                None => plan.copy(&CopyFacts {
                    relation: &start.relation,
                    columns: start.columns.as_deref(),
                    options: start.options,
                    charset: start.charset,
                    byte: start.offset,
                })?,
            },
            None => TablePlan::pass(),
        };
        if self.database.given.is_some() && start.columns.is_none() && planned.action == TableAction::Mask {
            return Err(Error::at_byte(
                start.offset,
                Fault::BadStatement("COPY with its columns: their order may not be that of the schema file"),
            ));
        }
        Ok(planned)
    }

    pub(super) fn copy_start(&mut self, start: CopyStart) -> Result<()> {
        let planned = self.plan_copy(&start)?;
        self.note_unlisted(&start.relation, &planned)?;
        self.note_extension(&start.relation, &planned)?;
        self.treat(&planned);
        self.place = planned.place;
        self.limit = planned.limit.map(|limit| {
            let limit = Limit { of: self.told(&limit.of), ..limit };
            self.database.row_limits.begin(limit)
        });
        let kept = !matches!(self.table, Treatment::Skip);
        self.statements = match &self.inserts {
            Some(inserts) if kept => {
                let given = self.database.given.as_ref().filter(|given| given.relation(&start.relation).is_some());
                Some(Arc::new(inserts.statements(&start, given.unwrap_or(&self.database.catalogue))?))
            }
            Some(_) | None => None,
        };
        let looked = if start.options { Looked::Unknown } else { Looked::Copy { crlf: false } };
        self.digest = self.digests.then_some(Digests { form: looked, hides_ascii: start.charset.hides_ascii() });
        let copy = self.statements.is_none();
        let head = if kept { Some([self.begin_rows(&start.relation, start.lead, copy, start.offset)?, start.text]) } else { None };
        self.put(Slot::Table(Box::new(Table {
            relation: self.told(&start.relation),
            action: planned.action,
            absence: planned.absence,
            columns: planned.columns,
            listed: start.columns,
            charset: start.charset,
            statements: self.statements.clone(),
            limit: self.limit.clone(),
            head,
        })))
    }

    /// Tells the summary of columns that nothing describes and no rule names.
    pub(in crate::pipeline) fn note_unlisted(&self, relation: &RelationName, planned: &TablePlan) -> Result<()> {
        let known = self.database.plan.iter().flat_map(|plan| plan.unlisted());
        let known: Vec<&Name> = known.filter(|(table, _)| table == relation).map(|(_, column)| column).collect();
        let fresh = planned.unlisted.iter().filter(|column| !known.contains(column));
        let fresh: Vec<_> = fresh.map(|column| (self.told(relation), column.clone())).collect();
        if fresh.is_empty() { Ok(()) } else { self.put(Slot::Unlisted(fresh)) }
    }

    /// Takes down what is done with the rows that follow.
    fn treat(&mut self, planned: &TablePlan) {
        self.table = match (planned.action, &planned.program) {
            (TableAction::Skip, _) => Treatment::Skip,
            (_, Some(program)) => Treatment::Mask(Arc::clone(program)),
            (_, None) => Treatment::Pass,
        };
    }

    pub(super) fn rows(&mut self, rows: Rows) -> Result<()> {
        let count = |rows: &Rows| memchr_iter(b'\n', &rows.bytes).count() as u64;
        let digests = self.digest_rows(rows.crlf);
        let mut first = 0;
        if let Some(place) = self.place {
            let seen = self.database.rows.entry(place).or_default();
            first = *seen;
            *seen += count(&rows);
        }
        let program = match &self.table {
            Treatment::Mask(_) if self.limit.as_ref().is_some_and(Limited::is_full) => {
                return self.put(Slot::Skip(count(&rows), Some(Cause::Limit)));
            }
            Treatment::Skip => return self.put(Slot::Skip(count(&rows), None)),
            Treatment::Pass if self.statements.is_none() => {
                let lines = count(&rows);
                return self.put(if self.workers.packs() {
                    Slot::Batch(self.workers.pack(rows, lines, digests))
                } else {
                    return self.pass_rows(rows.bytes, lines, digests);
                });
            }
            Treatment::Pass => None,
            Treatment::Mask(program) => Some(Arc::clone(program)),
        };
        let form = Form::Copy { crlf: rows.crlf, statements: self.statements.clone() };
        let bounded = program.is_some();
        self.rewrite(Batch { bytes: rows.bytes, offset: rows.offset, form, first, program, digests }, bounded)
    }

    /// Has rows rewritten; `bounded`: a limit of their table counts them.
    pub(in crate::pipeline) fn rewrite(&self, whole: Batch, bounded: bool) -> Result<()> {
        self.put(if bounded && self.limit.is_some() {
            Slot::Bounded(Box::new(Bounded { batch: self.workers.rewrite(whole.clone()), whole }))
        } else {
            Slot::Batch(self.workers.rewrite(whole))
        })
    }

    /// How the checksum is made of rows of this form, where it is asked for.
    pub(in crate::pipeline) fn digests(&self, form: Looked, charset: Charset) -> Option<Digests> {
        self.digests.then_some(Digests { form, hides_ascii: charset.hides_ascii() })
    }

    /// Has rows written as they are, with their checksum.
    pub(in crate::pipeline) fn pass_rows(&self, bytes: Bytes, rows: u64, digests: Option<Digests>) -> Result<()> {
        let digest = digests.map(|digests| self.workers.digest(bytes.clone(), digests));
        self.put(Slot::Pass(bytes, rows, digest))
    }

    /// How the checksum is made of rows of the COPY block at hand, where it is asked for.
    fn digest_rows(&self, crlf: bool) -> Option<Digests> {
        let digests = self.digest?;
        Some(match digests.form {
            Looked::Copy { .. } => Digests { form: Looked::Copy { crlf }, ..digests },
            Looked::Insert { .. } | Looked::Unknown => digests,
        })
    }

    pub(super) fn insert(&mut self, insert: Insert) -> Result<()> {
        let same = |series: &(RelationName, Option<Vec<Name>>)| series.0 == insert.relation && series.1 == insert.columns;
        // What is no list of tuples is judged by itself.
        if matches!(insert.rows, InsertRows::Other(_)) || !self.series.as_ref().is_some_and(same) {
            self.insert_start(&insert)?;
        }
        let Insert { lead, text, offset, relation, columns, head, rows, charset, backslashes } = insert;
        let skipped = matches!(self.table, Treatment::Skip);
        let count = match rows {
            InsertRows::Values(count) | InsertRows::Defaults(count) => count,
            InsertRows::Other(_) => {
                *if skipped { &mut self.left_out.inserts_skipped } else { &mut self.left_out.inserts_passed } += 1;
                0
            }
        };
        if skipped {
            return self.put(Slot::Skip(count, None));
        }
        self.left_out.inserts_kept += count;
        let lead = self.begin_rows(&relation, lead, false, offset)?;
        self.put(Slot::Text(lead))?;
        let form = match rows {
            InsertRows::Values(_) => Looked::Insert { head, backslashes, listed: columns.is_some() },
            InsertRows::Defaults(_) | InsertRows::Other(_) => Looked::Unknown,
        };
        let digests = self.digests.then_some(Digests { form, hides_ascii: charset.hides_ascii() });
        match &self.table {
            Treatment::Mask(program) => {
                let form = Form::Insert { head, backslashes };
                let batch = Batch { bytes: text, offset, form, first: 0, program: Some(Arc::clone(program)), digests };
                self.put(Slot::Batch(self.workers.rewrite(batch)))
            }
            Treatment::Pass | Treatment::Skip if matches!(rows, InsertRows::Other(_)) => self.put(Slot::Uncounted(text)),
            Treatment::Pass | Treatment::Skip => {
                let digest = digests.map(|digests| match rows {
                    InsertRows::Defaults(count) => known(Digest::of_empty(count)),
                    InsertRows::Values(_) | InsertRows::Other(_) => self.workers.digest(text.clone(), digests),
                });
                self.put(Slot::Pass(text, count, digest))
            }
        }
    }

    /// INSERT statements of another table or other columns than those before.
    fn insert_start(&mut self, insert: &Insert) -> Result<()> {
        if self.series.take().is_some() {
            self.put(Slot::TableEnd(None))?;
        }
        let planned = self.plan_insert(insert)?;
        self.note_unlisted(&insert.relation, &planned)?;
        self.note_extension(&insert.relation, &planned)?;
        self.treat(&planned);
        self.series = Some((insert.relation.clone(), insert.columns.clone()));
        self.put(Slot::Table(Box::new(Table {
            relation: self.told(&insert.relation),
            action: planned.action,
            absence: planned.absence,
            columns: planned.columns,
            listed: insert.columns.clone(),
            charset: insert.charset,
            statements: None,
            limit: None,
            head: None,
        })))
    }

    /// Tells of rows that may be an extension's (`pg_extension_config_dump`), where one is left out: nothing in the dump says
    /// whose they are.
    pub(in crate::pipeline) fn note_extension(&self, relation: &RelationName, planned: &TablePlan) -> Result<()> {
        let Database { objects, catalogue, .. } = &self.database;
        if planned.action == TableAction::Skip || catalogue.relations.contains_key(relation) {
            return Ok(());
        }
        let Some(extension) = objects.left_extensions().next() else { return Ok(()) };
        let table = self.told(relation);
        self.put(Slot::Remark(format!(
            "the rows of {table} stay, which the dump does not create; if it is a table of extension {extension}, which is left out, leave its rows out too: --no-strict-names --exclude-table-data={table}"
        )))
    }

    /// Whether all rows of a table are left out, however they come.
    pub(in crate::pipeline) fn leaves_all(&self, relation: &RelationName) -> Result<bool> {
        let Some(plan) = &self.database.plan else { return Ok(false) };
        Ok(self.database.objects.leaves_rows(relation) || plan.leaves_all(relation)?)
    }

    /// What is done with the rows of INSERT statements.
    pub(in crate::pipeline) fn plan_insert(&self, insert: &Insert) -> Result<TablePlan> {
        let Some(plan) = &self.database.plan else { return Ok(TablePlan::pass()) };
        if let Some(absence) = self.database.objects.absence(&insert.relation) {
            return Ok(TablePlan::skip(absence));
        }
        let facts = CopyFacts {
            relation: &insert.relation,
            columns: insert.columns.as_deref(),
            options: false,
            charset: insert.charset,
            byte: insert.offset,
        };
        let other = match insert.rows {
            InsertRows::Values(_) => None,
            InsertRows::Defaults(_) => Some("DEFAULT VALUES"),
            InsertRows::Other(what) => Some(what),
        };
        plan.insert(&facts, other)
    }

    /// Data that is loaded into tables that are there already: which foreign keys of the schema file point at rows that are
    /// left out. The dump brings no statement of theirs that could be written NOT VALID.
    pub(super) fn name_keys_in_the_way(&self) -> Result<()> {
        let (Some(given), Some(plan)) = (&self.database.given, &self.database.plan) else { return Ok(()) };
        for (name, relation) in given.relations.iter().filter(|(name, _)| !self.database.catalogue.relations.contains_key(*name)) {
            for constraint in &relation.constraints {
                if let Verdict::NotValid(_) = plan.judge(given, name, constraint)? {
                    let key = constraint.name.as_ref().map_or_else(String::new, |key| format!(" {key}"));
                    self.put(Slot::Remark(format!(
                        "foreign key{key} of {name} points at rows that are left out; where it is in the target already, the restore fails on it"
                    )))?;
                }
            }
        }
        Ok(())
    }
}
