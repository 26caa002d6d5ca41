//! Constraints, when they are judged and by whom: `unique.rs` for UNIQUE, `foreign.rs` for foreign keys. CHECK is not
//! judged, only told of (`remarks.rs`).
//!
//! ```text
//! settle, all is known ──▶ judge_all, the last word
//! settle on a pipe ──────▶ judge_all, what is certain ─▶ judge (each constraint as it comes) ─▶ judge_rest, the last word
//! ```

use super::action::Verdict;
use super::mistakes::Mistakes;
use super::{Described, Plan, resolve};
use crate::error::{Error, Result, RuleError};
use crate::name::RelationName;
use crate::schema::catalogue::{Catalogue, Constraint, ConstraintKind};

impl Plan {
    /// Judges a constraint when it arrives.
    ///
    /// # Errors
    /// What the new rows may break: an [`Error::Rules`] that names the rule.
    pub fn judge(&self, catalogue: &Catalogue, relation: &RelationName, constraint: &Constraint) -> Result<Verdict> {
        // Keys that come later may still make good what is missing now: `judge_rest` has the last word.
        self.judge_one(catalogue, relation, constraint, false).map_err(|mistake| Error::Rules(vec![mistake]))
    }

    /// Judges, at the end of a stream, what depended on keys and tables that had not come yet. `database` has the tables
    /// that the stream brought rows of.
    ///
    /// # Errors
    /// All constraints that the new rows may break, and, where the plan was made without a schema, the rules that matched
    /// nothing.
    pub fn judge_rest(&self, database: Described<'_>) -> Result<()> {
        let mut mistakes = Mistakes::default();
        if self.blind {
            resolve::unmatched(&self.rules, &[database], &mut mistakes);
        }
        self.judge_all(database.catalogue, true, &mut mistakes);
        mistakes.into_result()
    }

    /// Judges every constraint that is known; `last` where no more will come.
    pub(super) fn judge_all(&self, catalogue: &Catalogue, last: bool, mistakes: &mut Mistakes) {
        for relation in catalogue.relations.values() {
            for constraint in &relation.constraints {
                let kind = match &constraint.kind {
                    ConstraintKind::Unique(_) => "unique",
                    ConstraintKind::ForeignKey(_) => "foreign key",
                    ConstraintKind::Check { .. } => continue,
                };
                if let Err(mistake) = self.judge_one(catalogue, &relation.name, constraint, last) {
                    mistakes.add(kind, Some(&relation.name), mistake);
                }
            }
        }
    }

    fn judge_one(&self, catalogue: &Catalogue, relation: &RelationName, constraint: &Constraint, last: bool) -> Result<Verdict, RuleError> {
        let name = constraint.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        match &constraint.kind {
            ConstraintKind::Unique(key) => {
                self.judge_erased_unique(catalogue, relation, &name, key, last)?;
                self.judge_unique(catalogue, relation, &name, key, last).map(|()| Verdict::Holds)
            }
            ConstraintKind::ForeignKey(key) => {
                self.judge_erased_foreign(relation, &name, key, catalogue.referenced_columns(key).as_deref())?;
                self.judge_foreign(catalogue, relation, &name, key, last)
            }
            ConstraintKind::Check { .. } => Ok(Verdict::Holds),
        }
    }
}
