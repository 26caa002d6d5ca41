//! The report as it lies in its file: what `filter --report` writes and `verify` reads. `docs/report.md` describes it; what
//! is there stays there as long as [`SCHEMA_VERSION`] does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::RelationName;

/// Raised when a field changes its meaning or goes. New fields do not raise it.
pub const SCHEMA_VERSION: u32 = 1;

/// The report.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Manifest {
    /// The version of this format.
    pub schema_version: u32,
    /// The version of the program.
    pub pgveil_version: String,
    /// Whether the run ended well.
    pub complete: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// The status that the program ended with.
    pub exit_status: u8,
    /// Whether nothing was written because of `--dry-run`.
    pub dry_run: bool,
    /// How long the run took.
    pub elapsed_seconds: f64,
    /// Bytes of the input, unpacked.
    pub bytes_in: u64,
    /// Bytes of the input as it came, packed or not.
    #[serde(default)]
    pub bytes_read: u64,
    /// How many times the input was read.
    #[serde(default)]
    pub readings: u64,
    /// Bytes of the output.
    pub bytes_out: u64,
    /// Rows read, of all tables.
    pub rows_in: u64,
    /// Rows written.
    pub rows_out: u64,
    /// Values that a mask changed or set to NULL.
    pub values_masked: u64,
    /// Values that their mask could not read.
    pub values_invalid: u64,
    /// Values whose seed was NULL or absent.
    pub values_unseeded: u64,
    /// How checksums are made; `None` where there are none.
    #[serde(default)]
    pub checksum_method: Option<String>,
    /// Whether a second database came behind a table.
    #[serde(default)]
    pub several_databases: bool,
    /// The tables whose data the dump holds, in its order.
    pub tables: Vec<Table>,
    /// Objects that were left out.
    pub objects_left_out: Vec<LeftOut>,
    /// How many statements of other sorts were left out.
    pub statements_left_out: BTreeMap<String, u64>,
    /// Columns that can hold personal data and that no rule names.
    pub unlisted: Vec<Column>,
    /// What else the user should know.
    pub remarks: Vec<String>,
    /// The other outputs of the run (`--also`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
}

/// Another output of the same run.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Also {
    /// Its rules, as they were named.
    pub rules: String,
    /// Where it went.
    pub file: String,
    /// What was done.
    #[serde(flatten)]
    pub manifest: Manifest,
}

/// A table.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Table {
    /// Its database, where the dump holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Its schema, unquoted.
    pub schema: String,
    /// Its name, unquoted.
    pub table: String,
    /// What happened to its rows.
    pub action: Action,
    /// Rows read.
    pub rows_in: u64,
    /// Rows written.
    pub rows_out: u64,
    /// How many rows were left out, by what left them out.
    #[serde(default)]
    pub rows_left_out: BTreeMap<String, u64>,
    /// Values that a mask changed or set to NULL.
    pub values_masked: u64,
    /// Values that their mask could not read.
    pub values_invalid: u64,
    /// Values whose seed was NULL or absent.
    pub values_unseeded: u64,
    /// The masked columns.
    pub columns: Vec<Masked>,
    /// The columns that a rule keeps as they are.
    #[serde(default)]
    pub columns_kept: Vec<Kept>,
    /// Whether some of its rows came by statements that do not say how many: `INSERT … SELECT`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub rows_uncounted: bool,
    /// The columns of its rows, in their order; `None` where the statements name none: all that are not generated.
    #[serde(default)]
    pub row_columns: Option<Vec<String>>,
    /// How many values a row has, where rows came as INSERT without names of columns.
    #[serde(default)]
    pub row_width: Option<u64>,
    /// The encoding of its rows, by PostgreSQL's name.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The checksum of the rows written, 32 hexadecimal digits; `None` where some value is not known.
    #[serde(default)]
    pub checksum: Option<String>,
}

/// Serde asks by reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What happened to a table's rows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They passed as they were.
    Pass,
    /// They were rewritten.
    Mask,
    /// They were left out.
    Skip,
}

/// An object that was left out.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is.
    pub kind: String,
    /// Its name, quoted where it must be.
    pub name: String,
    /// Why.
    pub because: String,
}

/// A masked column.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Masked {
    /// Its name, unquoted.
    pub column: String,
    /// The mask's name.
    pub mask: String,
    /// Where the rule stands that won: `rules.toml:7`.
    #[serde(default)]
    pub rule: Option<String>,
    /// Values that the mask could not read.
    #[serde(default)]
    pub values_invalid: u64,
}

/// A column that a rule keeps as it is.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Kept {
    /// Its name, unquoted.
    pub column: String,
    /// Where the rule stands that won.
    pub rule: String,
}

/// A column.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Column {
    /// Its database, where the dump holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The schema of its table.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub column: String,
}

impl Table {
    /// Its name.
    pub fn relation(&self) -> RelationName {
        RelationName::new(self.schema.as_str(), self.table.as_str())
    }

    /// The checksum as a number; `None` where there is none that can be read.
    pub fn sum(&self) -> Option<u128> {
        self.checksum.as_deref().and_then(|digits| u128::from_str_radix(digits, 16).ok())
    }
}

impl Manifest {
    /// Whether a table itself was left out, not only its rows.
    pub fn leaves_out(&self, table: &Table) -> bool {
        let name = table.relation().to_string();
        self.objects_left_out.iter().any(|object| object.kind.ends_with("table") && object.name == name)
    }
}
