//! CHECK constraints that read one column alone, of its table, its ancestors or its domain: a mask's results are made to
//! pass them. What cannot be read as a condition (`docs/expressions.md`) is told as a remark (`remarks.rs`).

use crate::encoding::Charset;
use crate::mask::branches::Condition;
use crate::mask::checked::{checked, passes};
use crate::mask::demo::{self, Outcome};
use crate::mask::fit::Target;
use crate::mask::registry::BuildError;
use crate::mask::{Bound, Distinct};
use crate::name::Name;
use crate::rewrite::filter::{Clock, Filter};
use crate::rules::expr::{self, Simple};
use crate::schema::catalogue::{Catalogue, Column, ConstraintKind, Relation};

use super::target::target;

/// What CHECK constraints demand of one column.
#[derive(Debug, Default)]
pub(super) struct Checks {
    conditions: Vec<Filter>,
    /// The conditions as the dump writes them.
    text: String,
    /// All that is allowed, where a list says so.
    allowed: Option<Vec<String>>,
}

/// The column's own checks, those of its table's ancestors, and those of its domain: each with the name under which it
/// reads the column.
fn expressions<'c>(catalogue: &'c Catalogue, relation: &'c Relation, column: &'c Column) -> Vec<(&'c str, &'c str)> {
    let ancestors = catalogue.ancestors(&relation.name);
    let tables = std::iter::once(relation).chain(ancestors.iter().filter_map(|name| catalogue.relations.get(name)));
    let mut found: Vec<(&str, &str)> = Vec::new();
    for constraint in tables.flat_map(|table| &table.constraints) {
        if let ConstraintKind::Check { expression, columns, .. } = &constraint.kind
            && columns[..] == [column.name.clone()]
            && !found.contains(&(column.name.as_str(), expression))
        {
            found.push((column.name.as_str(), expression));
        }
    }
    found.extend(catalogue.base_type(&column.data_type).checks.into_iter().map(|check| ("value", check)));
    found
}

/// A column as conditions see it: by the type under its domain.
pub(super) fn filter_target(catalogue: &Catalogue, charset: Charset, column: &Column) -> Target {
    let written = catalogue.base_type(&column.data_type).base.written.clone();
    Target { type_name: written, ..target(catalogue, charset, column) }
}

impl Checks {
    /// The checks of a column that can be read, and the target that they leave.
    pub(super) fn of(catalogue: &Catalogue, relation: &Relation, column: &Column, charset: Charset, clock: &Clock) -> (Checks, Target) {
        let mut target = target(catalogue, charset, column);
        let mut checks = Checks::default();
        for (name, expression) in expressions(catalogue, relation, column) {
            let Some((expr, filter)) = readable(catalogue, charset, column, name, expression, clock) else { continue };
            for simple in expr.simple_forms(&Name::new(name)) {
                match simple {
                    Simple::Length { most: Some(most), .. } if target.is_text() => {
                        target.max_chars = Some(target.max_chars.map_or(most, |max| max.min(most)));
                    }
                    Simple::NotNull => target.not_null = true,
                    Simple::In(values) => checks.allowed = Some(values),
                    _ => {}
                }
            }
            checks.text.push_str(expression);
            checks.conditions.push(filter);
        }
        (checks, target)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Puts the checks around a mask, and tries whether it can pass them.
    ///
    /// # Errors
    /// It makes nothing that passes.
    pub(super) fn around(&self, bound: Bound, refuses: bool) -> Result<Bound, BuildError> {
        if matches!(bound.distinct, Distinct::Same | Distinct::Nulls) || bound.mask.is_none() {
            return Ok(bound);
        }
        let conditions = || self.conditions.iter().map(|filter| Box::new(filter.clone()) as Box<dyn Condition>).collect::<Vec<_>>();
        let alone = bound.reads.is_empty();
        let bound = checked(bound, conditions(), &self.text);
        let Some(mask) = bound.mask.as_deref().filter(|_| alone) else { return Ok(bound) };
        // Without a list of what is allowed, a mask that takes any value can be tried on any.
        let tried: Vec<&str> = match &self.allowed {
            Some(allowed) => allowed.iter().map(String::as_str).filter(|value| passes(&conditions(), value.as_bytes())).collect(),
            None if refuses => return Ok(bound),
            None => vec!["pgveil", "12", "a value to try"],
        };
        let works = |value: &&str| match demo::apply(mask, value.as_bytes()) {
            Ok(Outcome::Value(made)) => passes(&conditions(), &made),
            Ok(Outcome::Null | Outcome::Same) => true,
            Err(_) => false,
        };
        if tried.iter().all(works) {
            return Ok(bound);
        }
        let message = match &self.allowed {
            Some(allowed) => format!("CHECK allows only {}, and it makes other values", allowed.join(", ")),
            None => format!("it makes nothing that passes CHECK {}", self.text),
        };
        let help = "use map, choice or const with values that pass, or keep the column".to_owned();
        Err(BuildError { path: Vec::new(), message, help: Some(help) })
    }
}

/// A check as a condition on the column alone.
fn readable(
    catalogue: &Catalogue,
    charset: Charset,
    column: &Column,
    name: &str,
    expression: &str,
    clock: &Clock,
) -> Option<(expr::Expr, Filter)> {
    let expr = expr::parse(expression).ok()?;
    let filter = Filter::bind(&expr, &[(name.to_owned(), filter_target(catalogue, charset, column))], clock).ok()?;
    Some((expr, filter))
}

/// Whether a check on this column alone is a condition that can be read; `name` is what it calls the column.
pub(super) fn is_readable(catalogue: &Catalogue, column: &Column, name: &str, expression: &str, clock: &Clock) -> bool {
    readable(catalogue, Charset::Utf8, column, name, expression, clock).is_some()
}
