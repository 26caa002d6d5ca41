//! The rules file by itself: parsed, checked for form, with the place of everything kept. It knows no schema and no mask.

use crate::error::At;

/// All rules of a run: those of every `-r` and all that they include, in the order in which they win (later wins).
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// `[defaults]`.
    pub defaults: Defaults,
    /// `[columns]` of all files.
    pub columns: Vec<ColumnRule>,
    /// `[tables.X]` of all files.
    pub tables: Vec<TableRule>,
}

/// `[defaults]`.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The locale of masks that name none, and where it was set.
    pub locale: Option<Spanned<String>>,
    /// What happens to a column that can hold personal data and that no rule names.
    pub unlisted: Unlisted,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults { locale: None, unlisted: Unlisted::Warn }
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
    /// The column's name, or a glob.
    pub pattern: Pattern,
    /// Where the line stands (its key).
    pub at: At,
    /// The mask and its options.
    pub mask: MaskRule,
    /// Which file it came from: a higher layer wins over a lower one.
    pub layer: usize,
    /// Whether it came from a preset, which may name what a dump has not.
    pub preset: bool,
}

/// The mask that a rule names, as typed.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskRule {
    /// The mask's name.
    pub name: Spanned<String>,
    /// The namespace of its pseudonyms, where the rule gives one.
    pub domain: Option<Spanned<String>>,
    /// The other options, in the order of the file: key, value.
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
    /// The schema's name, or a glob; `public` where the rule writes none.
    pub schema: Pattern,
    /// The table's name, or a glob.
    pub name: Pattern,
    /// Where the table's header stands.
    pub at: At,
    /// `data = "skip"` or `data = "keep"`.
    pub data: Option<Spanned<TableData>>,
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

/// A name or a glob: `*`, `?`, `[a-z]`, `{a,b}`.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// `None` for an exact name.
    pub glob: Option<globset::GlobMatcher>,
}

impl Pattern {
    /// Whether a stored name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(name),
            None => self.text == name,
        }
    }

    /// Whether it is a name and no glob.
    pub fn is_exact(&self) -> bool {
        self.glob.is_none()
    }
}
