//! A rule and a column's type → a mask that fits, with the key of its domain.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::ColumnPlan;
use super::mistakes::Mistakes;
use super::target::target;
use crate::encoding::Charset;
use crate::error::{At, RuleError};
use crate::mask::Distinct;
use crate::mask::bind::{self, Env};
use crate::mask::fit::Target;
use crate::mask::key::Secret;
use crate::mask::options as check;
use crate::mask::registry::{self, BuildError, Definition, OptionValue};
use crate::mask::words;
use crate::name::{RelationName, nearest};
use crate::rules::{ColumnRule, MaskRule, Rules, Spanned, Value};
use crate::schema::catalogue::{Catalogue, Column};

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
    prepared: Vec<Option<Prepared<'a>>>,
    /// What was bound, by what its rule says. A mask may hold whole lists of words, and whatever is asked for in the same
    /// words gives the same mask: ten thousand columns share one.
    bound: HashMap<usize, Vec<(Target, ColumnPlan)>>,
}

/// A rule whose mask exists and takes its options.
#[derive(Debug)]
struct Prepared<'a> {
    rule: &'a MaskRule,
    definition: &'static Definition,
    options: Vec<(String, OptionValue)>,
    /// Equal for rules that ask for the same.
    class: usize,
}

/// The columns of a table as masks see them.
pub type Columns = Vec<(String, Target)>;

impl<'a> Binder<'a> {
    /// Reads all rules, also those that win nowhere, and notes which of them are mistakes by themselves. Columns are those
    /// of `catalogue`, their text in `charset`.
    pub fn new(rules: &'a Rules, secret: &'a Secret, catalogue: &'a Catalogue, charset: Charset, mistakes: &mut Mistakes) -> Binder<'a> {
        let locale = match &rules.defaults.locale {
            Some(locale) if words::find(&locale.value).is_none() => {
                mistakes.add("locale", None, unknown_locale(&locale.value, &locale.at));
                LOCALE
            }
            locale => locale.as_ref().map_or(LOCALE, |locale| &locale.value),
        };
        let mut classes = HashMap::new();
        let prepared = rules.column_rules().map(|(_, rule)| prepare(rule, &mut classes, mistakes)).collect();
        Binder { catalogue, charset, locale, secret, prepared, bound: HashMap::new() }
    }

    /// A table's columns as masks see them: for [`Binder::bind`].
    pub fn columns<'c>(&self, columns: impl IntoIterator<Item = &'c Column>) -> Columns {
        columns.into_iter().map(|column| (column.name.as_str().to_owned(), target(self.catalogue, self.charset, column))).collect()
    }

    /// The mask of a column under a rule; `None` where the rule keeps the column, or is a mistake (which is noted).
    pub(super) fn bind(
        &mut self,
        relation: &RelationName,
        columns: &Columns,
        column: &Column,
        rule: &ColumnRule,
        mistakes: &mut Mistakes,
    ) -> Option<ColumnPlan> {
        let Prepared { rule: mask, definition, options, class } = self.prepared.get(rule.id)?.as_ref()?;
        let target = target(self.catalogue, self.charset, column);
        let bound = self.bound.entry(*class).or_default();
        if let Some((_, plan)) = bound.iter().find(|(known, _)| *known == target) {
            return Some(ColumnPlan { at: rule.at.clone(), ..plan.clone() });
        }
        let directory = Path::new(&*rule.at.file).parent().unwrap_or(Path::new(""));
        let env = Env { secret: self.secret, locale: self.locale, columns, document: false, directory };
        match bind::bind(definition, options, &target, &env) {
            Ok(made) if made.distinct == Distinct::Same => None,
            Ok(made) => {
                let plan = ColumnPlan {
                    mask: Arc::from(made.mask?),
                    name: definition.name,
                    distinct: made.distinct,
                    takes_empty: made.takes_empty,
                    takes_null: made.takes_null,
                    reads: made.reads.into(),
                    fingerprint: made.fingerprint.into(),
                    at: rule.at.clone(),
                };
                // What reads other columns belongs to its table.
                if plan.reads.is_empty() {
                    bound.push((target, plan.clone()));
                }
                Some(plan)
            }
            Err(error) => {
                let message = format!("mask {:?} does not fit column {relation}.{}: {}", definition.name, column.name, error.message);
                let mistake = RuleError { at: Some(place(mask, &error).clone()), message, help: error.help };
                mistakes.add(&error.message, Some(relation), mistake);
                None
            }
        }
    }
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
fn prepare<'a>(rule: &'a ColumnRule, classes: &mut HashMap<String, usize>, mistakes: &mut Mistakes) -> Option<Prepared<'a>> {
    let rule = rule.masks.first()?;
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
    if !wrong.is_empty() {
        return None;
    }
    let (next, asked) = (classes.len(), format!("{} {:?} {options:?}", definition.name, rule.at.file));
    let class = *classes.entry(asked).or_insert(next);
    Some(Prepared { rule, definition, options, class })
}

fn unknown_locale(name: &str, at: &At) -> RuleError {
    let known: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
    let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
    RuleError { at: Some(at.clone()), message: format!("unknown locale {name:?}, expected one of {}", known.join(", ")), help }
}

/// The masks that keep any values of a column distinct, of those that fit it as they are: for a remedy.
pub fn distinct_masks(target: &Target) -> Vec<&'static str> {
    // Nothing is masked with this secret: only whether a mask can be built counts.
    let secret = Secret::new(vec![0; Secret::MIN_BYTES]);
    let env = Env { secret: &secret, locale: LOCALE, columns: &[], document: false, directory: Path::new("") };
    let fits = |definition: &&&Definition| {
        check::check(definition, &[]).is_empty()
            && bind::bind(definition, &[], target, &env).is_ok_and(|bound| matches!(bound.distinct, Distinct::Same | Distinct::Kept))
    };
    // One that refuses values is made for those of one kind only, and nobody knows whether these are.
    let any_value = |definition: &&&Definition| definition.keeps_distinct && !definition.fallible;
    registry::all().iter().filter(any_value).filter(fits).map(|definition| definition.name).collect()
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
