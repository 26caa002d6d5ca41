//! The rules file by itself: parsed, checked for form, with the place of everything kept. It knows no schema and no mask:
//! whether a table, a column or a mask exists is for the planner to say, with the places that stand here.
//!
//! ```text
//! -r FILE ─▶ load (files, includes, presets) ─▶ file (TOML → rules, mistakes) ─▶ Rules ─▶ select (which rule wins)
//! ```

pub mod expr;
mod file;
mod load;
mod objects;
mod outline;
mod pattern;
mod preset;
mod reader;
mod rows;
pub mod select;
mod shown;
mod subset;
#[cfg(test)]
mod tests;

use crate::error::At;
use crate::name::{Name, RelationName};

pub use load::{load, parse};
pub use objects::{ObjectName, ObjectPattern, ObjectRule};
pub use pattern::Pattern;
pub use preset::{Preset, presets};
pub use rows::{EraseRule, SampleRule};
pub use subset::{ChildRule, Children, Others, SubsetRule, TablePattern};

/// All rules of a run: those of every `-r` and all that they include, in the order in which they win (later wins).
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Whether there is any file: whoever gives one asks which columns have no rule.
    pub given: bool,
    /// `[defaults]`.
    pub defaults: Defaults,
    /// `[columns]` of all files.
    pub columns: Vec<ColumnRule>,
    /// `[tables.X]` of all files.
    pub tables: Vec<TableRule>,
    /// `[subset]` of the file that wins, with several roots where it has several.
    pub subset: Vec<SubsetRule>,
    /// `only` of all files: the only tables, views and materialized views that stay. Empty: all.
    pub only: Vec<TablePattern>,
    /// `[objects]` of all files.
    pub objects: Vec<ObjectRule>,
    /// `[foreign_keys]`: the latest.
    pub unsatisfied: Option<Spanned<Unsatisfied>>,
    /// `[large_objects]`: the latest.
    pub large_objects: Option<LargeObjectData>,
}

/// `[large_objects]`: what happens to large objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeObjectData {
    /// They pass.
    Keep,
    /// They go, with all that is said of them.
    Drop,
    /// They stay with their owner, comment and privileges, and hold nothing.
    Empty,
}

/// What happens to a foreign key whose rows may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsatisfied {
    /// It is kept as NOT VALID: new rows are checked.
    NotValid,
    /// It is left out.
    Drop,
    /// It is kept as it is: its restore fails where a row is missing.
    Keep,
    /// The run is refused.
    Error,
}

/// `[defaults]`.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The locale of masks that name none, and where it was set.
    pub locale: Option<Spanned<String>>,
    /// The time zone in which conditions read times without one, and where it was set.
    pub timezone: Option<Spanned<String>>,
    /// What happens to a column that can hold personal data and that no rule names.
    pub unlisted: Unlisted,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults { locale: None, timezone: None, unlisted: Unlisted::Warn }
    }
}

/// What happens to a column that can hold personal data and that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// It passes, silently.
    Keep,
    /// It passes and is counted in the summary.
    #[default]
    Warn,
    /// The run is refused.
    Error,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: At,
}

/// One line of a table's `columns`, or of `[columns]`.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// Counted from 0 through all column rules of a run, [`Rules::column_rules`]' order: for marks.
    pub id: usize,
    /// The column's name, or a glob.
    pub pattern: Pattern,
    /// Where the line stands (its key).
    pub at: At,
    /// The mask and its options; several where each has a condition (`when`) and the first that holds wins. Never empty.
    pub masks: Vec<MaskRule>,
    /// Which file it came from: a higher layer wins over a lower one.
    pub layer: usize,
    /// Whether it came from a preset, which may name what a dump has not.
    pub preset: bool,
}

/// A mask with its options, as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskRule {
    /// The mask's name; `None` for the forms that name it by an option (`{ json = { … } }`, `{ template = "…" }`).
    pub name: Option<Spanned<String>>,
    /// Where it stands.
    pub at: At,
    /// The condition under which it is used, in PostgreSQL's expression grammar.
    pub when: Option<Spanned<String>>,
    /// The options, in the order of the file: key, value.
    pub options: Vec<(Spanned<String>, Spanned<Value>)>,
}

/// The value of an option, as typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or time, as written.
    Datetime(String),
    /// An array.
    Array(Vec<Spanned<Value>>),
    /// A table.
    Table(Vec<(Spanned<String>, Spanned<Value>)>),
}

/// `[tables.X]`.
#[derive(Clone, Debug)]
pub struct TableRule {
    /// Counted from 0 through all table rules of a run: for marks.
    pub id: usize,
    /// The key as written.
    pub key: String,
    /// The database's name, or a glob, where the rule names one.
    pub database: Option<Pattern>,
    /// It names another database than the one at hand, and means nothing there ([`Rules::within`]).
    pub elsewhere: bool,
    /// The schema's name, or a glob; `public` where the rule writes none.
    pub schema: Pattern,
    /// The table's name, or a glob.
    pub name: Pattern,
    /// Where the table's header stands (its key).
    pub at: At,
    /// `data = "skip"` or `data = "keep"`.
    pub data: Option<Spanned<TableData>>,
    /// `drop`: the table goes with all that hangs on it.
    pub drop: Option<Spanned<bool>>,
    /// `where`: the condition of rows that pass.
    pub rows: Option<Spanned<String>>,
    /// `unless`: the condition of rows that keep their values.
    pub unless: Option<Spanned<String>>,
    /// `sample`: the share of rows that pass.
    pub sample: Option<Spanned<SampleRule>>,
    /// `limit`: how many rows pass at most.
    pub limit: Option<Spanned<u64>>,
    /// `erase`: the subjects that are forgotten.
    pub erase: Option<Spanned<EraseRule>>,
    /// Its `columns`.
    pub columns: Vec<ColumnRule>,
    /// Which file it came from: a higher layer wins over a lower one.
    pub layer: usize,
    /// Whether it came from a preset.
    pub preset: bool,
}

/// What happens to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableData {
    /// They pass, through the masks.
    Keep,
    /// The table stays, its rows go.
    Skip,
}

impl Rules {
    /// Whether any object is left out.
    pub fn leave_out_objects(&self) -> bool {
        let drops = |table: &TableRule| table.drop.as_ref().is_some_and(|drop| drop.value);
        !self.only.is_empty()
            || self.objects.iter().any(|rule| !rule.keep || rule.name.is_some())
            || self.tables.iter().any(drops)
            || self.unsatisfied.as_ref().is_some_and(|policy| policy.value == Unsatisfied::Drop)
    }

    /// Whether a rule leaves out the rows of tables that it names: also of tables that no schema describes.
    pub fn skip_rows(&self) -> bool {
        self.tables.iter().any(|table| !table.elsewhere && table.data.as_ref().is_some_and(|data| data.value == TableData::Skip))
    }

    /// Whether any rule names a database.
    pub fn name_databases(&self) -> bool {
        self.tables.iter().any(|table| table.database.is_some()) || self.only.iter().any(|table| table.database.is_some())
    }

    /// The rules as they hold in a database; `None` is one whose name is not known. Those that name another mean nothing
    /// there.
    pub fn within(&self, database: Option<&Name>) -> Rules {
        let mut rules = self.clone();
        for table in &mut rules.tables {
            table.elsewhere = !means_database(table.database.as_ref(), database);
        }
        for table in &mut rules.only {
            table.elsewhere = !means_database(table.database.as_ref(), database);
        }
        rules
    }

    /// Every column rule with the table rule that it stands under (`None`: `[columns]`), in the order of their ids.
    pub fn column_rules(&self) -> impl Iterator<Item = (Option<&TableRule>, &ColumnRule)> {
        let under_tables = self.tables.iter().flat_map(|table| table.all_columns().map(move |rule| (Some(table), rule)));
        self.columns.iter().map(|rule| (None, rule)).chain(under_tables)
    }
}

/// Whether a database is meant: any where none is named. One whose name is not known is meant by no name.
fn means_database(named: Option<&Pattern>, database: Option<&Name>) -> bool {
    named.is_none_or(|pattern| database.is_some_and(|name| pattern.matches(name.as_str())))
}

impl TableRule {
    /// Its `columns`, then those of its `erase`.
    fn all_columns(&self) -> impl Iterator<Item = &ColumnRule> {
        let erased = self.erase.iter().flat_map(|erase| erase.value.columns.iter().flatten());
        self.columns.iter().chain(erased)
    }

    /// The same, to be changed.
    fn all_columns_mut(&mut self) -> impl Iterator<Item = &mut ColumnRule> {
        let erased = self.erase.iter_mut().flat_map(|erase| erase.value.columns.iter_mut().flatten());
        self.columns.iter_mut().chain(erased)
    }

    /// Whether schema and table, and the database where one is named, are exact names.
    pub fn is_exact(&self) -> bool {
        self.schema.is_exact() && self.name.is_exact() && self.database.as_ref().is_none_or(Pattern::is_exact)
    }

    /// Whether a relation of the database at hand is meant.
    pub fn matches(&self, relation: &RelationName) -> bool {
        !self.elsewhere && self.matches_name(relation)
    }

    /// Whether a relation of a database is meant; `None` is one whose name is not known.
    pub fn means(&self, database: Option<&Name>, relation: &RelationName) -> bool {
        means_database(self.database.as_ref(), database) && self.matches_name(relation)
    }

    fn matches_name(&self, relation: &RelationName) -> bool {
        self.name.matches(relation.name.as_str()) && self.schema.matches(relation.schema.as_str())
    }
}

impl ColumnRule {
    /// Whether two rules ask for the same of a column.
    pub fn agrees(&self, other: &ColumnRule) -> bool {
        self.masks.len() == other.masks.len() && self.masks.iter().zip(&other.masks).all(|(one, other)| one.agrees(other))
    }
}

impl MaskRule {
    /// Whether it is the mask of that name, without a condition.
    pub fn is(&self, name: &str) -> bool {
        self.when.is_none() && self.name.as_ref().is_some_and(|own| own.value == name)
    }

    /// Whether two rules ask for the same: places and the order of options apart.
    pub fn agrees(&self, other: &MaskRule) -> bool {
        let text = |spanned: &Option<Spanned<String>>| spanned.as_ref().map(|spanned| spanned.value.clone());
        text(&self.name) == text(&other.name) && text(&self.when) == text(&other.when) && same_entries(&self.options, &other.options)
    }
}

/// Keys are unique in a table, so equal lengths and a partner for each are enough.
fn same_entries(left: &[(Spanned<String>, Spanned<Value>)], right: &[(Spanned<String>, Spanned<Value>)]) -> bool {
    let partner = |key: &str| right.iter().find(|(other, _)| other.value == key).map(|(_, value)| &value.value);
    left.len() == right.len() && left.iter().all(|(key, value)| partner(&key.value).is_some_and(|other| value.value.agrees(other)))
}

impl Value {
    /// Equal, places apart.
    fn agrees(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value.agrees(&b.value)),
            (Value::Table(a), Value::Table(b)) => same_entries(a, b),
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            _ => self == other,
        }
    }
}
