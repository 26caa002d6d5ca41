//! A rule and a column's type → a mask that fits, with the key of its domain.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::ColumnPlan;
use super::condition::Inner;
use super::fit::{self, Checks};
use super::mistakes::Mistakes;
use super::target::target;
use crate::encoding::Charset;
use crate::error::{At, Result, RuleError};
use crate::mask::bind::{self, Env};
use crate::mask::branches::{self, When};
use crate::mask::fit::Target;
use crate::mask::key::Secret;
use crate::mask::options as check;
use crate::mask::registry::{self, BuildError, Definition, OptionValue};
use crate::mask::words;
use crate::mask::{Bound, Distinct};
use crate::name::{RelationName, nearest};
use crate::rewrite::filter::{Clock, Filter};
use crate::rules::expr::{self, Expr};
use crate::rules::{self, ColumnRule, MaskRule, Rules, Spanned, Value};
use crate::schema::catalogue::{Catalogue, Column, Relation};

/// The locale where the rules name none.
const LOCALE: &str = "en";

/// Binds rules to columns. What a rule says by itself is read once.
#[derive(Debug)]
pub struct Binder<'a> {
    catalogue: &'a Catalogue,
    charset: Charset,
    locale: &'a str,
    secret: &'a Secret,
    /// By the rules' ids; `None` for a rule that is a mistake by itself.
    prepared: Vec<Option<Rule<'a>>>,
    clock: &'a Clock,
    /// What was bound, by what its rule says. A mask may hold whole lists of words, and whatever is asked for in the same
    /// words gives the same mask: ten thousand columns share one.
    bound: HashMap<usize, Vec<(Target, ColumnPlan)>>,
}

/// A rule whose masks exist and take their options.
#[derive(Debug)]
struct Rule<'a> {
    branches: Vec<Prepared<'a>>,
    /// Equal for rules that ask for the same.
    class: usize,
}

/// One mask of a rule.
#[derive(Debug)]
struct Prepared<'a> {
    rule: &'a MaskRule,
    when: Option<(&'a Spanned<String>, Expr)>,
    definition: &'static Definition,
    options: Vec<(String, OptionValue)>,
}

impl<'a> Binder<'a> {
    /// Reads all rules, also those that win nowhere, and notes which of them are mistakes by themselves. Columns are those
    /// of `catalogue`, their text in `charset`.
    pub fn new(
        rules: &'a Rules,
        secret: &'a Secret,
        catalogue: &'a Catalogue,
        charset: Charset,
        clock: &'a Clock,
        mistakes: &mut Mistakes,
    ) -> Binder<'a> {
        let locale = match &rules.defaults.locale {
            Some(locale) if words::find(&locale.value).is_none() => {
                mistakes.add("locale", None, unknown_locale(&locale.value, &locale.at));
                LOCALE
            }
            locale => locale.as_ref().map_or(LOCALE, |locale| &locale.value),
        };
        let mut classes = HashMap::new();
        let prepared = rules.column_rules().map(|(_, rule)| prepare(rule, &mut classes, mistakes)).collect();
        Binder { catalogue, charset, locale, secret, prepared, clock, bound: HashMap::new() }
    }

    /// A table's columns as masks and conditions see them.
    pub fn columns(&self, relation: &Relation) -> Columns {
        let name = |column: &Column| column.name.as_str().to_owned();
        Columns {
            masks: relation.columns.iter().map(|column| (name(column), target(self.catalogue, self.charset, column))).collect(),
            conditions: (relation.columns.iter())
                .map(|column| (name(column), fit::filter_target(self.catalogue, self.charset, column)))
                .collect(),
        }
    }

    /// The mask of a column under a rule; `None` where the rule keeps the column, or is a mistake (which is noted).
    pub(super) fn bind(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        column: &Column,
        rule: &ColumnRule,
        mistakes: &mut Mistakes,
    ) -> Option<ColumnPlan> {
        let Rule { branches, class } = self.prepared.get(rule.id)?.as_ref()?;
        let (checks, target) = Checks::of(self.catalogue, relation, column, self.charset, self.clock);
        let known = self.bound.get(class).into_iter().flatten().find(|(known, _)| checks.is_empty() && *known == target);
        if let Some((_, plan)) = known {
            return Some(ColumnPlan { rule: rule.id, at: rule.at.clone(), ..plan.clone() });
        }
        let mut bound = Vec::new();
        for branch in branches {
            match self.branch(branch, columns, &target, &checks) {
                Ok(made) => bound.push(made),
                Err(mistake) => {
                    let message = format!("{} column {}.{}: {}", mistake.subject, relation.name, column.name, mistake.error.message);
                    let told = RuleError { at: Some(mistake.at), message, help: mistake.error.help };
                    mistakes.add(&mistake.error.message, Some(&relation.name), told);
                    return None;
                }
            }
        }
        let made = branches::bound(bound);
        let name = branches.iter().map(|branch| branch.definition.name).find(|name| *name != "keep")?;
        if made.distinct == Distinct::Same {
            return None;
        }
        let plan = ColumnPlan {
            mask: Arc::from(made.mask?),
            name,
            distinct: made.distinct,
            takes_empty: made.takes_empty,
            takes_null: made.takes_null,
            reads: made.reads.into(),
            fingerprint: made.fingerprint.into(),
            rule: rule.id,
            at: rule.at.clone(),
        };
        // What reads other columns or passes checks belongs to its table.
        if plan.reads.is_empty() && checks.is_empty() {
            self.bound.entry(*class).or_default().push((target, plan.clone()));
        }
        Some(plan)
    }

    /// One mask of a rule, with its condition.
    fn branch(
        &self,
        branch: &Prepared<'_>,
        columns: &Columns,
        target: &Target,
        checks: &Checks,
    ) -> std::result::Result<(Option<When>, Bound), Misfit> {
        let directory = Path::new(&*branch.rule.at.file).parent().unwrap_or(Path::new(""));
        let conditions = Inner { columns: &columns.conditions, charset: self.charset, clock: self.clock };
        let env = Env {
            secret: self.secret,
            locale: self.locale,
            columns: &columns.masks,
            document: false,
            directory,
            conditions: Some(&conditions),
        };
        let misfit = |error: BuildError| Misfit {
            at: place(branch.rule, &error).clone(),
            subject: format!("mask {:?} does not fit", branch.definition.name),
            error,
        };
        let bound = bind::bind(branch.definition, &branch.options, target, &env)
            .and_then(|bound| if checks.is_empty() { Ok(bound) } else { checks.around(bound, branch.definition.fallible) })
            .map_err(misfit)?;
        let Some((text, expr)) = &branch.when else { return Ok((None, bound)) };
        let filter = Filter::bind(expr, &columns.conditions, self.clock).map_err(|error| Misfit {
            at: inside(text, error.offset),
            subject: "the condition of the rule for".into(),
            error: BuildError { path: Vec::new(), message: error.message, help: error.help },
        })?;
        let reads = filter.reads().to_vec();
        Ok((Some(When { condition: Box::new(filter), reads, text: text.value.clone() }), bound))
    }

    /// The condition of a table's rule, bound to its columns.
    ///
    /// # Errors
    /// It is no condition, or does not fit the columns.
    pub(super) fn condition(
        &self,
        relation: &RelationName,
        columns: &Columns,
        text: &Spanned<String>,
    ) -> std::result::Result<Filter, RuleError> {
        let wrong = |offset, message, help| RuleError {
            at: Some(inside(text, offset)),
            message: format!("the condition on rows of {relation}: {message}"),
            help,
        };
        let expr = expr::parse(&text.value).map_err(|error| wrong(error.offset, error.message, error.help))?;
        Filter::bind(&expr, &columns.conditions, self.clock).map_err(|error| wrong(error.offset, error.message, error.help))
    }
}

/// The columns of a table.
#[derive(Debug)]
pub struct Columns {
    /// As masks see them.
    masks: Vec<(String, Target)>,
    /// As conditions see them: by the types under their domains.
    conditions: Vec<(String, Target)>,
}

/// Why a mask or its condition does not fit a column.
#[derive(Debug)]
struct Misfit {
    at: At,
    subject: String,
    error: BuildError,
}

/// A place inside of a text that stands in quotes, by the byte in the text. Escapes before it are not counted.
fn inside(text: &Spanned<String>, offset: usize) -> At {
    let before = text.value.get(..offset).map_or(0, |before| before.chars().count());
    At { column: text.at.column + 1 + u32::try_from(before).unwrap_or(0), ..text.at.clone() }
}

/// Where in a rule an error stands: at the innermost key that it names, or else at the mask's name.
fn place<'r>(rule: &'r MaskRule, error: &BuildError) -> &'r At {
    let mut at = rule.name.as_ref().map_or(&rule.at, |name| &name.at);
    let mut options = &rule.options[..];
    for step in &error.path {
        let Some((key, value)) = options.iter().find(|(key, _)| key.value == *step) else { break };
        at = &key.at;
        options = if let Value::Table(inner) = &value.value { inner } else { &[] };
    }
    at
}

/// What a rule says by itself, or `None` where that is a mistake (which is noted).
fn prepare<'a>(rule: &'a ColumnRule, classes: &mut HashMap<String, usize>, mistakes: &mut Mistakes) -> Option<Rule<'a>> {
    let branches: Vec<_> = rule.masks.iter().map(|mask| prepare_mask(mask, mistakes)).collect();
    let branches = branches.into_iter().collect::<Option<Vec<_>>>()?;
    let asked: Vec<String> = (branches.iter())
        .map(|branch| {
            format!(
                "{} {:?} {:?} {:?}",
                branch.definition.name,
                branch.when.as_ref().map(|(text, _)| &text.value),
                branch.rule.at.file,
                branch.options
            )
        })
        .collect();
    let next = classes.len();
    let class = *classes.entry(asked.join(";")).or_insert(next);
    Some(Rule { branches, class })
}

fn prepare_mask<'a>(rule: &'a MaskRule, mistakes: &mut Mistakes) -> Option<Prepared<'a>> {
    let options = options(rule);
    let mistake =
        |error: &BuildError, message: String| RuleError { at: Some(place(rule, error).clone()), message, help: error.help.clone() };
    let definition = match bind::definition(rule.name.as_ref().map(|name| name.value.as_str()), &options) {
        Ok(definition) => definition,
        Err(error) => {
            mistakes.add("mask", None, mistake(&error, error.message.clone()));
            return None;
        }
    };
    let wrong = check::check(definition, &options);
    for error in &wrong {
        mistakes.add("option", None, mistake(error, format!("mask {:?}: {}", definition.name, error.message)));
    }
    let when = match &rule.when {
        None => None,
        Some(text) => match expr::parse(&text.value) {
            Ok(expr) => Some((text, expr)),
            Err(error) => {
                let told = RuleError {
                    at: Some(inside(text, error.offset)),
                    message: format!("the condition: {}", error.message),
                    help: error.help,
                };
                mistakes.add("condition", None, told);
                return None;
            }
        },
    };
    wrong.is_empty().then_some(Prepared { rule, when, definition, options })
}

fn unknown_locale(name: &str, at: &At) -> RuleError {
    let known: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
    let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
    RuleError { at: Some(at.clone()), message: format!("unknown locale {name:?}, expected one of {}", known.join(", ")), help }
}

/// Masks that keep values distinct, whatever the values are; identifiers have masks of their own besides.
const REMEDIES: &[&str] = &["email", "hash", "permute", "token", "username", "uuid", "keep"];

/// The masks that keep the values of a column distinct, of those that fit it as they are: for a remedy.
pub fn distinct_masks(target: &Target) -> Vec<&'static str> {
    // Nothing is masked with this secret: only whether a mask can be built counts.
    let secret = Secret::new(vec![0; Secret::MIN_BYTES]);
    let env = Env { secret: &secret, locale: LOCALE, columns: &[], document: false, directory: Path::new(""), conditions: None };
    let fits = |definition: &Definition| {
        check::check(definition, &[]).is_empty()
            && !(definition.fallible && target.is_text())
            && bind::bind(definition, &[], target, &env).is_ok_and(|bound| matches!(bound.distinct, Distinct::Same | Distinct::Kept))
    };
    REMEDIES
        .iter()
        .filter_map(|name| registry::find(name))
        .filter(|definition| fits(definition))
        .map(|definition| definition.name)
        .collect()
}

/// An option's value in the masks' words.
fn option(value: &Value) -> OptionValue {
    let list = |items: &[Spanned<Value>]| items.iter().map(|item| option(&item.value)).collect();
    match value {
        // TOML writes dates and times without quotes; a mask takes them as text.
        Value::Text(text) | Value::Datetime(text) => OptionValue::Text(text.clone()),
        Value::Integer(number) => OptionValue::Integer(*number),
        Value::Float(number) => OptionValue::Float(*number),
        Value::Boolean(truth) => OptionValue::Boolean(*truth),
        Value::Array(items) => OptionValue::List(list(items)),
        Value::Table(entries) => OptionValue::Table(entries.iter().map(|(key, value)| (key.value.clone(), option(&value.value))).collect()),
    }
}

/// The options of a rule in the masks' words: for those who bind a rule that stands alone.
pub fn options(rule: &MaskRule) -> Vec<(String, OptionValue)> {
    rule.options.iter().map(|(key, value)| (key.value.clone(), option(&value.value))).collect()
}

/// The options of a definition's example, read as any rules file is.
///
/// # Errors
/// The example is no rule.
pub fn example(definition: &Definition) -> Result<Vec<(String, OptionValue)>> {
    let file = format!("version = 1\n[columns]\nexample = {}\n", definition.example.rule);
    let rules = rules::parse(definition.name, &file)?;
    Ok(rules.columns.first().and_then(|rule| rule.masks.first()).map(options).unwrap_or_default())
}
