//! Which rule wins where, and which rules mean nothing in this dump.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::name::{Name, RelationName, nearest};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Copied, TableAction};
use crate::rules::select::{Conflict, Scope, Selection};
use crate::rules::{ColumnRule, Rules, TableData, TableRule};
use crate::schema::catalogue::Catalogue;

/// A rule that wins for a column, and whether the rule names that very table.
#[derive(Clone, Copy, Debug)]
pub struct Won<'r> {
    /// The rule.
    pub rule: &'r ColumnRule,
    /// Whether table and column are named exactly, so that a rule which cannot act is a mistake.
    pub exact: bool,
}

/// The rule that wins for a column.
pub fn column<'r>(selection: &Selection<'r>, relation: &RelationName, column: &Name) -> Result<Option<Won<'r>>> {
    let winner = selection.column(column.as_str()).map_err(|conflict| conflicting(&conflict, relation, Some(column)))?;
    Ok(winner.map(|winner| Won {
        rule: winner.rule,
        exact: winner.rule.pattern.is_exact() && matches!(winner.scope, Scope::Table | Scope::Ancestor(_)),
    }))
}

/// Whether a table's rows are left out.
pub fn skips(selection: &Selection<'_>, relation: &RelationName) -> Result<bool> {
    let data = selection.data().map_err(|conflict| conflicting(&conflict, relation, None))?;
    Ok(data.is_some_and(|data| data.value == TableData::Skip))
}

fn conflicting(conflict: &Conflict<'_>, relation: &RelationName, column: Option<&Name>) -> Error {
    Error::Rules(vec![conflict.error(relation, column.map(Name::as_str))])
}

/// What the rules say of a table that the schema does not describe. It may pass or be left out; a mask needs its types.
pub fn unknown_relation(rules: &Rules, relation: &RelationName, columns: Option<&[Name]>) -> Result<TableAction> {
    let selection = Selection::new(rules, relation, &[]);
    if skips(&selection, relation)? {
        return Ok(TableAction::Skip);
    }
    let help =
        || Some("give the schema with --schema-file (pg_dump --schema-only writes it), or skip the table, or keep the column".to_owned());
    let Some(columns) = columns else {
        // Which columns it has is not said: any rule for columns might be meant.
        return match rules
            .columns
            .iter()
            .chain(rules.tables.iter().flat_map(|table| &table.columns))
            .find(|rule| rule.mask.name.value != "keep")
        {
            None => Ok(TableAction::Pass),
            Some(_) => {
                Err(Error::rule(None, format!("the dump does not describe table {relation}, so no rule can be fitted to it"), help()))
            }
        };
    };
    for name in columns {
        if let Some(won) = column(&selection, relation, name)?
            && won.rule.mask.name.value != "keep"
        {
            let message = format!("the dump does not describe table {relation}, so no mask can be fitted to its column {name}");
            return Err(Error::rule(Some(won.rule.at.clone()), message, help()));
        }
    }
    Ok(TableAction::Pass)
}

/// Notes every rule of the user's own that matches nothing. Presets may name what a dump has not. `copied` holds tables
/// that the dump has rows of, also such that the schema does not describe.
pub fn unmatched(rules: &Rules, catalogue: &Catalogue, copied: &Copied, mistakes: &mut Mistakes) {
    let known = Known::new(catalogue, copied);
    for rule in rules.tables.iter().filter(|rule| !rule.preset) {
        let matched: Vec<&RelationName> = known.tables.keys().copied().filter(|name| rule.matches(name)).collect();
        if matched.is_empty() {
            no_table(rule, &known, mistakes);
            continue;
        }
        let table =
            if let [one] = matched[..] { format!("table {one} has") } else { format!("the {} tables of this rule have", matched.len()) };
        for column in &rule.columns {
            no_column(column, &table, || matched.iter().filter_map(|name| known.tables.get(*name)), mistakes);
        }
    }
    for column in rules.columns.iter().filter(|rule| !rule.preset) {
        no_column(column, "no table has", || known.tables.values(), mistakes);
    }
}

/// The names that a dump has.
struct Known<'a> {
    /// Each table with its columns; `None` where they are not known (rows of an INSERT).
    tables: BTreeMap<&'a RelationName, Option<Vec<&'a str>>>,
}

impl<'a> Known<'a> {
    fn new(catalogue: &'a Catalogue, copied: &'a Copied) -> Known<'a> {
        let mut tables: BTreeMap<&RelationName, Option<Vec<&str>>> = BTreeMap::new();
        for (name, columns) in copied {
            tables.insert(name, columns.as_ref().map(|columns| columns.iter().map(Name::as_str).collect()));
        }
        for (name, relation) in &catalogue.relations {
            tables.insert(name, Some(relation.columns.iter().map(|column| column.name.as_str()).collect()));
        }
        Known { tables }
    }
}

/// A column rule that matches none of the columns that its tables have. Where those are not known, it may.
fn no_column<'a, 'k: 'a, I: Iterator<Item = &'a Option<Vec<&'k str>>>>(
    rule: &ColumnRule,
    table: &str,
    tables: impl Fn() -> I,
    mistakes: &mut Mistakes,
) {
    let names = || tables().flatten().flatten().copied();
    if tables().any(Option::is_none) || names().any(|name| rule.pattern.matches(name)) {
        return;
    }
    let near = if rule.pattern.is_exact() { nearest(&rule.pattern.text, names()) } else { None };
    let help = near.map_or_else(|| "remove the rule, or name a column that exists".into(), |name| format!("did you mean {name:?}?"));
    let not = if table.starts_with("no ") { "a" } else { "no" };
    mistakes.add(Some(&rule.at), "no column", format!("{table} {not} column {:?}", rule.pattern.text), Some(help));
}

/// A table rule that matches no table: says which schema has the name, or which name is near.
fn no_table(rule: &TableRule, known: &Known<'_>, mistakes: &mut Mistakes) {
    let (schema, name) = (&rule.schema.text, &rule.name.text);
    let message = format!("the dump has no table {name:?} in schema {schema:?}");
    let elsewhere = known.tables.keys().find(|found| rule.name.matches(found.name.as_str()));
    let help = match elsewhere {
        Some(found) => {
            Some(format!("there is one in schema {0:?}: write [tables.\"{0}.{1}\"]", found.schema.as_str(), found.name.as_str()))
        }
        None => nearest(name, known.tables.keys().map(|found| found.name.as_str())).map(|name| format!("did you mean {name:?}?")),
    };
    let help = help.or_else(|| Some("remove the rule, or name a table that exists".into()));
    mistakes.add(Some(&rule.at), "no table", message, help);
}
