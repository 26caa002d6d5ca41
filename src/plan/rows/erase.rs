//! `erase`: a list of subjects, read once however many tables name it, and what becomes of their rows.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chosen_column;
use crate::error::{At, RuleError};
use crate::mask::key::{DomainKey, Secret};
use crate::name::{Name, RelationName};
use crate::plan::bind::Columns;
use crate::plan::planner::Maker;
use crate::plan::resolve::{Won, keeps};
use crate::plan::{ColumnPlan, Plan, RelationPlan};
use crate::rewrite::{Erase, IdForm, IdList, Ids};
use crate::rules::{EraseRule, Spanned, select};
use crate::schema::catalogue::Relation;

/// A longer line is no id: the file is something else.
const LONGEST_ID: usize = 1 << 20;

/// `erase` of one table.
#[derive(Debug)]
pub(in crate::plan) struct ErasePlan {
    pub(super) column: Name,
    ids: Arc<Ids>,
    /// The list's path as written, for messages.
    path: String,
    /// The masks of such rows, `None` for a column that is kept; no map where they are left out.
    pub(in crate::plan) columns: Option<BTreeMap<Name, Option<ColumnPlan>>>,
    pub(in crate::plan) at: At,
}

impl ErasePlan {
    /// What is done to rows of these columns; `None` where they have not the column that names the subject, so that none
    /// does.
    pub(super) fn program(&self, relation: &RelationPlan, columns: &[Name]) -> Option<Erase> {
        let field = columns.iter().position(|column| *column == self.column)?;
        let steps = self.columns.as_ref().map(|erased| {
            let mask = |column: &Name| erased.get(column).map_or_else(|| relation.masked.get(column), Option::as_ref);
            Plan::steps(columns, mask)
        });
        Some(Erase { field, ids: Arc::clone(&self.ids), steps })
    }

    /// The masks of such a row by column: those of all rows, under its own.
    pub(in crate::plan) fn masks(&self, masked: &HashMap<Name, ColumnPlan>) -> HashMap<Name, ColumnPlan> {
        let mut masks = masked.clone();
        for (name, plan) in self.columns.iter().flatten() {
            match plan {
                Some(plan) => masks.insert(name.clone(), plan.clone()),
                None => masks.remove(name),
            };
        }
        masks
    }
}

/// Why a list was not read, and what to do.
type Unread = (String, Option<String>);

/// The lists of a run, each read once, and what each rule has seen of its own.
#[derive(Debug, Default)]
pub(in crate::plan) struct Lists {
    lists: HashMap<(PathBuf, IdForm), Result<IdList, Unread>>,
    /// By the rule, which may hold for many partitions.
    seen: HashMap<(At, IdForm), Arc<Ids>>,
}

impl Lists {
    fn ids(&mut self, rule: &Spanned<EraseRule>, form: IdForm, secret: &Secret) -> Result<Arc<Ids>, RuleError> {
        if let Some(known) = self.seen.get(&(rule.at.clone(), form)) {
            return Ok(Arc::clone(known));
        }
        let written = &rule.value.ids;
        let path = Path::new(&*written.at.file).parent().unwrap_or(Path::new("")).join(&written.value);
        let list = self.lists.entry((path.clone(), form)).or_insert_with(|| read(&path, form, secret.domain("erase")));
        let list = list.clone().map_err(|(message, help)| RuleError { at: Some(written.at.clone()), message, help })?;
        let ids = Arc::new(Ids::new(list, form));
        self.seen.insert((rule.at.clone(), form), Arc::clone(&ids));
        Ok(ids)
    }
}

/// Reads a list: UTF-8, an id a line, as it stands in the table without the escapes of COPY text. Empty lines are none.
fn read(path: &Path, form: IdForm, key: DomainKey) -> Result<IdList, (String, Option<String>)> {
    let shown = path.display().to_string();
    let fail = |error: std::io::Error| (format!("cannot read {shown:?}: {error}"), None);
    let file = File::open(path).map_err(fail)?;
    let mut reader = BufReader::new(file);
    let (mut line, mut hashes) = (Vec::new(), Vec::new());
    let mut number = 0;
    loop {
        line.clear();
        let read = std::io::Read::take(&mut reader, LONGEST_ID as u64 + 1).read_until(b'\n', &mut line).map_err(fail)?;
        if read == 0 {
            return Ok(IdList::new(hashes, key));
        }
        number += 1;
        let wrong = |what: &str| (format!("{shown:?}, line {number}: {what}, expected an id a line"), None);
        if line.len() > LONGEST_ID {
            return Err(wrong(&format!("it has more than {LONGEST_ID} bytes")));
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = if number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        // Text in UTF-16 is mostly NULs where it is no other mistake of UTF-8.
        let Some(text) = std::str::from_utf8(text).ok().filter(|text| !text.contains('\0')) else {
            let (message, _) = wrong("it is not UTF-8");
            return Err((message, Some("save it as UTF-8".into())));
        };
        if !text.is_empty() {
            hashes.push(IdList::hash(&key, form.read(text).as_bytes()));
        }
    }
}

impl Maker<'_> {
    /// `erase` of a table; `None` where it is a mistake, which is noted.
    pub(super) fn erase(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        ancestors: &[RelationName],
        rule: &Spanned<EraseRule>,
    ) -> Option<ErasePlan> {
        let column = chosen_column(relation, &rule.value.column, "the erasure");
        let form = column.as_ref().ok().and_then(|name| relation.column(name)).map_or(IdForm::Plain, |column| {
            match self.catalogue.base_type(&column.data_type).base.name.as_str() {
                "uuid" => IdForm::Uuid,
                "citext" => IdForm::Folded,
                _ => IdForm::Plain,
            }
        });
        let ids = self.lists.ids(rule, form, self.secret);
        let made = match (column, ids) {
            (Ok(column), Ok(ids)) => Some((column, ids)),
            (column, ids) => {
                for mistake in [column.err(), ids.err()].into_iter().flatten() {
                    self.mistakes.add("erase", Some(&relation.name), mistake);
                }
                None
            }
        };
        let erased = rule.value.columns.is_some().then(|| self.erased_columns(relation, columns, ancestors, &rule.value));
        let (column, ids) = made?;
        Some(ErasePlan { column, ids, path: rule.value.ids.value.clone(), columns: erased, at: rule.at.clone() })
    }

    /// The masks that an erasure names, for the columns that they match.
    fn erased_columns(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        ancestors: &[RelationName],
        rule: &EraseRule,
    ) -> BTreeMap<Name, Option<ColumnPlan>> {
        let mut erased = BTreeMap::new();
        for column in &relation.columns {
            match select::erased(rule, column.name.as_str()) {
                Ok(None) => {}
                Ok(Some(found)) if keeps(found) => {
                    erased.insert(column.name.clone(), None);
                }
                Ok(Some(found)) => {
                    let won = Won { rule: found, exact: found.pattern.is_exact() };
                    if let Some(plan) = self.column(relation, columns, ancestors, column, won) {
                        erased.insert(column.name.clone(), Some(plan));
                    }
                }
                Err(conflict) => {
                    let mistake = conflict.error(&relation.name, Some(column.name.as_str()));
                    self.mistakes.add("conflict", Some(&relation.name), mistake);
                }
            }
        }
        erased
    }
}

/// What became of a list of ids.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// The table.
    relation: RelationName,
    /// The list's path as written.
    path: String,
    ids: Arc<Ids>,
}

impl Erasure {
    /// What the user should know once all rows have been seen: how many ids no row had. Never which ones.
    pub fn remark(&self) -> Option<String> {
        let (unseen, all) = (self.ids.unseen(), self.ids.len());
        let (table, path) = (&self.relation, &self.path);
        match (unseen, all) {
            (_, 0) => Some(format!("erase of {table}: {path} lists no id")),
            (0, _) => None,
            (unseen, all) => Some(format!("erase of {table}: {unseen} of the {all} ids in {path} matched no row")),
        }
    }
}

impl Plan {
    /// The lists of ids that rows are erased by, one a rule, by table.
    pub fn erasures(&self) -> Vec<Erasure> {
        let mut found: BTreeMap<&At, Erasure> = BTreeMap::new();
        let mut tables: Vec<_> = self.relations.iter().collect();
        tables.sort_by_key(|(name, plan)| (plan.ancestors.len(), *name));
        for (name, plan) in tables {
            // Behind a limit rows are not looked at, or only some.
            let Some(erase) = plan.erase.as_ref().filter(|_| plan.skip.is_none() && plan.limit.is_none()) else { continue };
            let erasure = || Erasure { relation: name.clone(), path: erase.path.clone(), ids: Arc::clone(&erase.ids) };
            found.entry(&erase.at).or_insert_with(erasure);
        }
        found.into_values().collect()
    }
}
