//! Which rule wins where, and which rules mean nothing in this dump.

use std::collections::BTreeMap;

use crate::error::{At, RuleError};
use crate::figures::number;
use crate::name::{Name, RelationName, nearest};
use crate::plan::mistakes::Mistakes;
use crate::plan::{Described, TableAction};
use crate::rules::select::{Conflict, Scope, Selection};
use crate::rules::{ColumnRule, Rules, TableData, TableRule};

/// A rule that wins for a column, and whether the rule names that very table.
#[derive(Clone, Copy, Debug)]
pub struct Won<'r> {
    /// The rule.
    pub rule: &'r ColumnRule,
    /// Whether table and column are named exactly, so that a rule which cannot act is a mistake.
    pub exact: bool,
}

impl Won<'_> {
    /// Whether the rule says that the column stays as it is.
    pub fn keeps(&self) -> bool {
        keeps(self.rule)
    }
}

/// Whether a rule says that its columns stay as they are.
pub fn keeps(rule: &ColumnRule) -> bool {
    matches!(&rule.masks[..], [mask] if mask.is("keep"))
}

/// The rule that wins for a column.
pub fn column<'r>(selection: &Selection<'r>, relation: &RelationName, column: &Name) -> Result<Option<Won<'r>>, RuleError> {
    let winner = selection.column(column.as_str()).map_err(|conflict| conflict.error(relation, Some(column.as_str())))?;
    Ok(winner.map(|winner| Won {
        rule: winner.rule,
        exact: winner.rule.pattern.is_exact() && matches!(winner.scope, Scope::Table | Scope::Ancestor(_)),
    }))
}

/// Where the rules say that a table's rows are left out, if they are.
pub fn skips<'r>(selection: &Selection<'r>, relation: &RelationName) -> Result<Option<&'r At>, RuleError> {
    let data = selection.data().map_err(|conflict| conflict.error(relation, None))?;
    Ok(data.filter(|data| data.value == TableData::Skip).map(|data| &data.at))
}

/// What the rules say of a table that the schema does not describe, or not wholly. It may pass or be left out; a mask needs its
/// types. `columns` are those that its rows have; `None` where that is not known.
pub fn undescribed(
    rules: &Rules,
    relation: &RelationName,
    ancestors: &[RelationName],
    columns: Option<&[Name]>,
) -> Result<TableAction, RuleError> {
    let selection = Selection::new(rules, relation, ancestors);
    if skips(&selection, relation)?.is_some() {
        return Ok(TableAction::Skip);
    }
    let mistake = |at: &At, message: String| RuleError {
        at: Some(at.clone()),
        message,
        help: Some("give the schema with --schema-file (pg_dump --schema-only writes it), or skip the table, or keep the column".into()),
    };
    let conflicting = |conflict: Conflict<'_>| conflict.error(relation, None);
    let conditions = [
        selection.rows().map_err(conflicting)?.map(|stated| &stated.at),
        selection.unless().map_err(conflicting)?.map(|stated| &stated.at),
        selection.sample().map_err(conflicting)?.map(|stated| &stated.at),
        selection.limit().map_err(conflicting)?.map(|stated| &stated.at),
        selection.erase().map_err(conflicting)?.map(|stated| &stated.at),
    ];
    if let Some(at) = conditions.into_iter().flatten().next() {
        return Err(mistake(at, format!("the dump does not describe table {relation}, so no condition on its rows can be read")));
    }
    let Some(columns) = columns else {
        // Which columns it has is not said: any rule that its table may be meant by might be meant.
        let mut meant = selection.tables().flat_map(|table| &table.columns).chain(&rules.columns);
        return match meant.find(|rule| !keeps(rule)) {
            None => Ok(TableAction::Pass),
            Some(rule) => {
                let what = if ancestors.is_empty() { "table" } else { "all columns of table" };
                Err(mistake(&rule.at, format!("the dump does not describe {what} {relation}, so this rule cannot be fitted to it")))
            }
        };
    };
    for name in columns {
        if let Some(won) = column(&selection, relation, name)?.filter(|won| !won.keeps()) {
            let message = format!("the dump does not describe table {relation}, so no mask can be fitted to its column {name}");
            return Err(mistake(&won.rule.at, message));
        }
    }
    Ok(TableAction::Pass)
}

/// Those of a table's columns that no rule names, of a table that passes; a conflict counts as a name.
pub fn unnamed(rules: &Rules, relation: &RelationName, ancestors: &[RelationName], columns: &[Name]) -> Vec<Name> {
    let selection = Selection::new(rules, relation, ancestors);
    columns.iter().filter(|name| matches!(selection.column(name.as_str()), Ok(None))).cloned().collect()
}

/// Notes every rule of the user's own that matches nothing. Presets may name what a dump has not. `copied` holds tables
/// that the dump has rows of, also such that the schema does not describe. What objects a dump creates holds views too,
/// which can be dropped. A rule that matches something in one of several databases matches.
pub fn unmatched(rules: &Rules, databases: &[Described<'_>], mistakes: &mut Mistakes) {
    let known = Known::new(databases);
    for rule in rules.tables.iter().filter(|rule| !rule.preset) {
        let matched: Vec<&Table<'_>> = known.tables.iter().filter(|table| rule.means(table.database, table.name)).collect();
        let only_drops = rule.drop.is_some() && rule.data.is_none() && rule.columns.is_empty();
        if matched.is_empty() && only_drops && creates(databases, rule) {
            continue;
        }
        if matched.is_empty() {
            mistakes.add("no table", None, no_table(rule, &known, databases));
            continue;
        }
        let table = if let [one] = matched[..] {
            format!("table {} has", one.name)
        } else {
            format!("the {} tables of this rule have", number(matched.len() as u64))
        };
        let erased = rule.erase.iter().flat_map(|erase| erase.value.columns.iter().flatten());
        for column in rule.columns.iter().chain(erased) {
            no_column(column, &table, || matched.iter().map(|table| &table.columns), mistakes);
        }
    }
    for column in rules.columns.iter().filter(|rule| !rule.preset) {
        no_column(column, "no table has", || known.tables.iter().map(|table| &table.columns), mistakes);
    }
}

/// Whether a table, view or sequence that a rule means is created, which may go all the same.
fn creates(databases: &[Described<'_>], rule: &TableRule) -> bool {
    databases.iter().any(|database| database.objects.created_relations().iter().any(|name| rule.means(database.name, name)))
}

/// The names that a dump has.
struct Known<'a> {
    tables: Vec<Table<'a>>,
}

/// A table of a dump.
struct Table<'a> {
    database: Option<&'a Name>,
    name: &'a RelationName,
    /// `None` where they are not known (rows of an INSERT).
    columns: Option<Vec<&'a str>>,
}

impl<'a> Known<'a> {
    fn new(databases: &[Described<'a>]) -> Known<'a> {
        let mut all = Vec::new();
        for Described { name: database, catalogue, copied, .. } in databases {
            let mut tables: BTreeMap<&RelationName, Option<Vec<&str>>> = BTreeMap::new();
            for (name, columns) in *copied {
                tables.insert(name, columns.as_ref().map(|columns| columns.iter().map(Name::as_str).collect()));
            }
            for (name, relation) in &catalogue.relations {
                tables.insert(name, Some(relation.columns.iter().map(|column| column.name.as_str()).collect()));
            }
            all.extend(tables.into_iter().map(|(name, columns)| Table { database: *database, name, columns }));
        }
        Known { tables: all }
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
    // Of a glob, what is left without its wild characters is what was meant to be found.
    let wanted = rule.pattern.text.replace(['*', '?'], "");
    let help = nearest(&wanted, names())
        .map_or_else(|| "remove the rule, or name a column that exists".into(), |name| format!("did you mean {name:?}?"));
    let not = if table.starts_with("no ") { "a" } else { "no" };
    let message = format!("{table} {not} column {:?}", rule.pattern.text);
    mistakes.add("no column", None, RuleError { at: Some(rule.at.clone()), message, help: Some(help) });
}

/// A table rule that matches no table: says which schema has the name, or which name is near.
fn no_table(rule: &TableRule, known: &Known<'_>, databases: &[Described<'_>]) -> RuleError {
    let (schema, name) = (&rule.schema.text, &rule.name.text);
    if let Some(named) = &rule.database
        && !databases.iter().any(|database| database.name.is_some_and(|name| named.matches(name.as_str())))
    {
        return no_database(rule, &named.text, databases);
    }
    let message = format!("the dump has no table {name:?} in schema {schema:?}");
    let tables = || known.tables.iter().map(|table| table.name);
    let elsewhere = tables().find(|found| rule.name.matches(found.name.as_str()) && !rule.schema.matches(found.schema.as_str()));
    let help = match elsewhere {
        Some(found) => Some(format!("there is one in schema {:?}: write {}", found.schema.as_str(), header(found))),
        None => nearest(name, tables().map(|found| found.name.as_str())).map(|name| format!("did you mean {name:?}?")),
    };
    RuleError { at: Some(rule.at.clone()), message, help: help.or_else(|| Some("remove the rule, or name a table that exists".into())) }
}

/// A rule that names a database which the dump is not of.
fn no_database(rule: &TableRule, named: &str, databases: &[Described<'_>]) -> RuleError {
    let names: Vec<&str> = databases.iter().filter_map(|database| database.name).map(Name::as_str).collect();
    let (message, help) = if names.is_empty() {
        (
            format!("the rule names the database {named:?}, but the dump does not say which one it is of"),
            "leave out the database's name, or dump with pg_dump --create".into(),
        )
    } else {
        let help = nearest(named, names.iter().copied()).map(|name| format!("did you mean {name:?}?"));
        (format!("the dump has no database {named:?}"), help.unwrap_or_else(|| format!("it has {}", names.join(", "))))
    };
    RuleError { at: Some(rule.at.clone()), message, help: Some(help) }
}

/// The header of a table's rules as it must be written to mean that table and no other.
fn header(relation: &RelationName) -> String {
    let (schema, name) = (part(relation.schema.as_str()), part(relation.name.as_str()));
    let key = format!("{schema}.{name}");
    // A literal string of TOML takes double quotes as they are, but no single quote.
    if key.contains('\'') {
        format!("[tables.{key:?}]")
    } else if key.contains('"') {
        format!("[tables.'{key}']")
    } else {
        format!("[tables.\"{key}\"]")
    }
}

/// A name in the words of a pattern: in double quotes where a character of it means something there.
fn part(name: &str) -> String {
    if name.contains(['.', '*', '?', '[', '{', '}', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_means_its_table() {
        for (schema, name, written) in [
            ("shop", "users", "[tables.\"shop.users\"]"),
            ("crm", "a.b", "[tables.'crm.\"a.b\"']"),
            ("crm", "x*", "[tables.'crm.\"x*\"']"),
            ("o'hara", "q\"r", r#"[tables."o'hara.\"q\"\"r\""]"#),
        ] {
            let relation = RelationName::new(schema, name);
            assert_eq!(header(&relation), written);
            let rules = crate::rules::parse("r", &format!("version = 1\n{written}\ndata = \"skip\"")).expect("parses");
            assert!(rules.tables[0].is_exact() && rules.tables[0].matches(&relation), "{written}");
        }
    }
}
