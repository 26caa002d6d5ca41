//! Which rule wins for a column or a table.
//!
//! The first difference decides: the scope (the table's own name, then an ancestor's, the nearest first, then a glob over
//! tables, then `[columns]`); within a scope the later layer; within a layer the exact name of a column over a glob. What is
//! left must agree, or it is a [`Conflict`]. Whether the names exist, and what a mask makes of the column, is not asked here.

use super::{ColumnRule, Rules, Spanned, TableData, TableRule};
use crate::error::{At, RuleError};
use crate::name::{Name, RelationName};

/// The rule that wins.
#[derive(Clone, Debug)]
pub struct Winner<'r> {
    /// The rule.
    pub rule: &'r ColumnRule,
    /// Why it wins.
    pub scope: Scope,
}

/// What a rule stands under. The nearer one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The table's own name.
    Table,
    /// The name of the partitioned table, or of the table that it inherits from.
    Ancestor(RelationName),
    /// A glob that matches the table or one of its ancestors.
    TableGlob,
    /// `[columns]`.
    Columns,
}

/// Two rules of equal rank that ask for different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict<'r> {
    /// The one that stands first.
    pub first: Claim<'r>,
    /// The other.
    pub second: Claim<'r>,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'r> {
    /// Where the rule stands.
    pub at: &'r At,
    /// The name or the glob, as the file writes it.
    pub pattern: &'r str,
}

/// Which rule wins for a column of `relation`, whose ancestors (partitioned parents, inheritance) come nearest first.
/// For many columns of one table make one [`Selection`].
///
/// # Errors
/// Two rules of equal rank disagree.
pub fn column<'r>(
    rules: &'r Rules,
    relation: &RelationName,
    ancestors: &[RelationName],
    column: &str,
) -> Result<Option<Winner<'r>>, Conflict<'r>> {
    Selection::new(rules, relation, ancestors).column(column)
}

/// Which `data` wins for a table.
///
/// # Errors
/// Two rules of equal rank disagree.
pub fn data<'r>(
    rules: &'r Rules,
    relation: &RelationName,
    ancestors: &[RelationName],
) -> Result<Option<&'r Spanned<TableData>>, Conflict<'r>> {
    Selection::new(rules, relation, ancestors).data()
}

/// The rules that can touch one table, sorted by scope: made once for a table, asked for each of its columns.
#[derive(Clone, Debug)]
pub struct Selection<'r> {
    /// Scopes with at least one rule, the nearest first.
    levels: Vec<(Scope, Vec<&'r TableRule>)>,
    /// `[columns]`.
    columns: &'r [ColumnRule],
}

impl<'r> Selection<'r> {
    /// Looks through the table rules once. Ancestors come nearest first.
    pub fn new(rules: &'r Rules, relation: &RelationName, ancestors: &[RelationName]) -> Selection<'r> {
        let mut own = Vec::new();
        let mut inherited: Vec<Vec<&TableRule>> = vec![Vec::new(); ancestors.len()];
        let mut globs = Vec::new();
        for table in &rules.tables {
            if !table.is_exact() {
                if table.matches(relation) || ancestors.iter().any(|ancestor| table.matches(ancestor)) {
                    globs.push(table);
                }
            } else if table.matches(relation) {
                own.push(table);
            } else if let Some((_, level)) = ancestors.iter().zip(&mut inherited).find(|(ancestor, _)| table.matches(ancestor)) {
                level.push(table);
            }
        }
        let inherited = ancestors.iter().zip(inherited).map(|(ancestor, level)| (Scope::Ancestor(ancestor.clone()), level));
        let levels = std::iter::once((Scope::Table, own)).chain(inherited).chain([(Scope::TableGlob, globs)]);
        Selection { levels: levels.filter(|(_, tables)| !tables.is_empty()).collect(), columns: &rules.columns }
    }

    /// Which rule wins for a column.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn column(&self, column: &str) -> Result<Option<Winner<'r>>, Conflict<'r>> {
        for (scope, tables) in &self.levels {
            if let Some(rule) = best_column(under(tables), column)? {
                return Ok(Some(Winner { rule, scope: scope.clone() }));
            }
        }
        Ok(best_column(self.columns.iter(), column)?.map(|rule| Winner { rule, scope: Scope::Columns }))
    }

    /// Which `data` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn data(&self) -> Result<Option<&'r Spanned<TableData>>, Conflict<'r>> {
        for (_, tables) in &self.levels {
            let stated = tables.iter().filter_map(|table| Some((*table, table.data.as_ref()?)));
            let claim = |(table, data): (&'r TableRule, &'r Spanned<TableData>)| Claim { at: &data.at, pattern: &table.key };
            let found = best(stated, |(table, _)| (table.layer, false), |(_, a), (_, b)| a.value == b.value, claim)?;
            if let Some((_, data)) = found {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The table rules that match the table or an ancestor, the nearest scope first.
    pub fn tables(&self) -> impl Iterator<Item = &'r TableRule> {
        self.levels.iter().flat_map(|(_, tables)| tables.iter().copied())
    }

    /// All column rules that match a column, also those that do not win: so that a rule which matched nothing can be told.
    pub fn matching(&self, column: &str) -> impl Iterator<Item = &'r ColumnRule> {
        self.tables().flat_map(|table| &table.columns).chain(self.columns).filter(move |rule| rule.pattern.matches(column))
    }
}

fn under<'r>(tables: &[&'r TableRule]) -> impl Iterator<Item = &'r ColumnRule> {
    tables.iter().flat_map(|table| &table.columns)
}

fn best_column<'r>(rules: impl Iterator<Item = &'r ColumnRule>, column: &str) -> Result<Option<&'r ColumnRule>, Conflict<'r>> {
    best(
        rules.filter(|rule| rule.pattern.matches(column)),
        |rule| (rule.layer, rule.pattern.is_exact()),
        |a, b| a.mask.agrees(&b.mask),
        |rule| Claim { at: &rule.at, pattern: &rule.pattern.text },
    )
}

/// The first of the highest rank, if all of that rank agree with it.
fn best<'r, T: Copy>(
    items: impl Iterator<Item = T>,
    rank: impl Fn(T) -> (usize, bool),
    agree: impl Fn(T, T) -> bool,
    claim: impl Fn(T) -> Claim<'r>,
) -> Result<Option<T>, Conflict<'r>> {
    let mut best: Option<T> = None;
    let mut rival: Option<T> = None;
    for item in items {
        match best {
            Some(held) if rank(item) < rank(held) => {}
            Some(held) if rank(item) == rank(held) => {
                if rival.is_none() && !agree(held, item) {
                    rival = Some(item);
                }
            }
            _ => (best, rival) = (Some(item), None),
        }
    }
    match (best, rival) {
        (Some(best), Some(rival)) => Err(Conflict { first: claim(best), second: claim(rival) }),
        (best, _) => Ok(best),
    }
}

impl Conflict<'_> {
    /// The conflict as a mistake in the rules: over a column of `relation`, or (`None`) over its `data`.
    pub fn error(&self, relation: &RelationName, column: Option<&str>) -> RuleError {
        let subject = match column {
            Some(column) => format!("{relation}, column {}", Name::new(column)),
            None => format!("{relation}, data"),
        };
        let (first, second) = (super::reader::quoted(self.first.pattern), super::reader::quoted(self.second.pattern));
        RuleError {
            at: Some(self.second.at.clone()),
            message: format!("{second} and {first} ({}) disagree on {subject}, expected one answer", self.first.at),
            help: Some("remove one, or add a rule with the exact name, which wins".to_owned()),
        }
    }
}
