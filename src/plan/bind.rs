//! A rule and a column's type → a mask that fits, with the key of its domain.

use std::collections::HashMap;
use std::sync::Arc;

use super::ColumnPlan;
use super::mistakes::Mistakes;
use crate::encoding::Charset;
use crate::error::{At, RuleError};
use crate::mask::Distinct;
use crate::mask::fit::{Kind, Target};
use crate::mask::key::{DomainKey, Secret};
use crate::mask::registry::{self, BuildError, Definition, OptionValue, Request};
use crate::mask::words;
use crate::name::{RelationName, nearest};
use crate::rules::{ColumnRule, Rules, Value};
use crate::schema::catalogue::{Catalogue, Column};

/// The locale where the rules name none.
const LOCALE: &str = "en";

/// Binds rules to columns. What a rule says by itself is read once.
#[derive(Debug)]
pub struct Binder<'a> {
    catalogue: &'a Catalogue,
    charset: Charset,
    locale: &'a str,
    /// By the rules' ids; `None` for a rule that is a mistake by itself.
    prepared: Vec<Option<Prepared<'a>>>,
    /// What was bound, by what its rule says. A mask may hold whole lists of words, and whatever is asked for in the same
    /// words gives the same mask: ten thousand columns share one.
    bound: HashMap<usize, Vec<(Target, ColumnPlan)>>,
}

/// A rule whose mask exists and takes its options.
#[derive(Debug)]
struct Prepared<'a> {
    definition: &'static Definition,
    options: Vec<(String, OptionValue)>,
    domain: &'a str,
    key: DomainKey,
    /// Equal for rules that ask for the same.
    class: usize,
}

impl<'a> Binder<'a> {
    /// Reads all rules, also those that win nowhere, and notes which of them are mistakes by themselves. Columns are those
    /// of `catalogue`, their text in `charset`.
    pub fn new(rules: &'a Rules, secret: &Secret, catalogue: &'a Catalogue, charset: Charset, mistakes: &mut Mistakes) -> Binder<'a> {
        let locale = match &rules.defaults.locale {
            Some(locale) if words::find(&locale.value).is_none() => {
                mistakes.add("locale", None, unknown_locale(&locale.value, &locale.at));
                LOCALE
            }
            locale => locale.as_ref().map_or(LOCALE, |locale| &locale.value),
        };
        let (mut keys, mut classes) = (HashMap::new(), HashMap::new());
        let prepared = rules.column_rules().map(|(_, rule)| prepare(rule, secret, &mut keys, &mut classes, mistakes)).collect();
        Binder { catalogue, charset, locale, prepared, bound: HashMap::new() }
    }

    /// The mask of a column under a rule; `None` where the rule keeps the column, or is a mistake (which is noted).
    pub(super) fn bind(
        &mut self,
        relation: &RelationName,
        column: &Column,
        rule: &ColumnRule,
        mistakes: &mut Mistakes,
    ) -> Option<ColumnPlan> {
        let Prepared { definition, options, domain, key, class } = self.prepared.get(rule.id)?.as_ref()?;
        let target = target(self.catalogue, self.charset, column);
        let bound = self.bound.entry(*class).or_default();
        if let Some((_, plan)) = bound.iter().find(|(known, _)| *known == target) {
            return Some(ColumnPlan { at: rule.at.clone(), ..plan.clone() });
        }
        match (definition.build)(&Request { target: &target, options, domain, key, locale: self.locale }) {
            Ok(made) if made.distinct == Distinct::Same => None,
            Ok(made) => {
                let plan = ColumnPlan {
                    mask: Arc::from(made.mask?),
                    name: definition.name,
                    distinct: made.distinct,
                    takes_empty: made.takes_empty,
                    fingerprint: made.fingerprint.into(),
                    at: rule.at.clone(),
                };
                bound.push((target, plan.clone()));
                Some(plan)
            }
            Err(error) => {
                let message = format!("mask {:?} does not fit column {relation}.{}: {}", definition.name, column.name, error.message);
                let mistake = RuleError { at: Some(place(rule, &error).clone()), message, help: error.help };
                mistakes.add(&error.message, Some(relation), mistake);
                None
            }
        }
    }
}

/// Where in a rule an error stands: at the option, or else at the mask's name.
fn place<'r>(rule: &'r ColumnRule, error: &BuildError) -> &'r At {
    let option = error.option.as_ref().and_then(|name| rule.mask.options.iter().find(|(key, _)| key.value == *name));
    option.map_or(&rule.mask.name.at, |(key, _)| &key.at)
}

/// What a rule says by itself, or `None` where that is a mistake (which is noted).
fn prepare<'a>(
    rule: &'a ColumnRule,
    secret: &Secret,
    keys: &mut HashMap<&'a str, DomainKey>,
    classes: &mut HashMap<String, usize>,
    mistakes: &mut Mistakes,
) -> Option<Prepared<'a>> {
    let definition = definition(rule).map_err(|mistake| mistakes.add("mask", None, mistake)).ok()?;
    let options: Vec<(String, OptionValue)> =
        rule.mask.options.iter().map(|(key, value)| (key.value.clone(), option(&value.value))).collect();
    let wrong = registry::check_options(definition, &options);
    for error in &wrong {
        let message = format!("mask {:?}: {}", definition.name, error.message);
        mistakes.add("option", None, RuleError { at: Some(place(rule, error).clone()), message, help: error.help.clone() });
    }
    if !wrong.is_empty() {
        return None;
    }
    let domain = rule.mask.domain.as_ref().map_or(definition.default_domain, |domain| domain.value.as_str());
    let key = keys.entry(domain).or_insert_with(|| secret.domain(domain)).clone();
    let (next, asked) = (classes.len(), format!("{} {domain:?} {options:?}", definition.name));
    let class = *classes.entry(asked).or_insert(next);
    Some(Prepared { definition, options, domain, key, class })
}

/// The mask that a rule names.
fn definition(rule: &ColumnRule) -> Result<&'static Definition, RuleError> {
    let name = &rule.mask.name;
    let Some(definition) = registry::find(&name.value) else {
        let known = || registry::all().iter().map(|definition| definition.name);
        let list: Vec<&str> = known().collect();
        let help = nearest(&name.value, known()).map(|near| format!("did you mean {near:?}?"));
        let message = format!("unknown mask {:?}, expected one of {}", name.value, list.join(", "));
        return Err(RuleError { at: Some(name.at.clone()), message, help });
    };
    match &rule.mask.domain {
        Some(domain) if !definition.keyed => Err(RuleError {
            at: Some(domain.at.clone()),
            message: format!("mask {:?} has no domain: it makes no pseudonyms", definition.name),
            help: Some("remove the option".into()),
        }),
        _ => Ok(definition),
    }
}

fn unknown_locale(name: &str, at: &At) -> RuleError {
    let known: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
    let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
    RuleError { at: Some(at.clone()), message: format!("unknown locale {name:?}, expected one of {}", known.join(", ")), help }
}

/// A column as masks see it.
pub fn target(catalogue: &Catalogue, charset: Charset, column: &Column) -> Target {
    let resolved = catalogue.base_type(&column.data_type);
    let kind = match resolved.labels() {
        _ if resolved.array => Kind::Array,
        Some(labels) => Kind::Enum(labels.to_vec()),
        None => kind(resolved.base.schema.as_str(), resolved.base.name.as_str()),
    };
    let limited = matches!(resolved.base.name.as_str(), "varchar" | "bpchar") && !resolved.array;
    let max_chars = if limited { resolved.base.modifiers.first().and_then(|n| u32::try_from(*n).ok()) } else { None };
    // "char" and name are text with a limit in bytes.
    let max_chars = match resolved.base.name.as_str() {
        "name" => Some(63),
        "char" => Some(1),
        _ => max_chars,
    };
    Target { kind, type_name: column.data_type.written.clone(), max_chars, not_null: column.not_null || resolved.not_null, charset }
}

/// The masks that keep the values of a column distinct, of those that fit it as they are: for a remedy.
pub fn distinct_masks(target: &Target) -> Vec<&'static str> {
    // Nothing is masked with this key: only whether a mask can be built counts.
    let key = Secret::new(vec![0; Secret::MIN_BYTES]).domain("");
    let fits = |definition: &&Definition| {
        let request = Request { target, options: &[], domain: "", key: &key, locale: LOCALE };
        (definition.build)(&request).is_ok_and(|bound| matches!(bound.distinct, Distinct::Same | Distinct::Kept))
    };
    registry::all().iter().filter(|definition| definition.keeps_distinct).filter(fits).map(|definition| definition.name).collect()
}

/// What values of a type look like, by its internal name.
pub fn kind(schema: &str, name: &str) -> Kind {
    match (schema, name) {
        (_, "citext") => Kind::Text,
        ("pg_catalog", "text" | "varchar" | "name" | "char") => Kind::Text,
        ("pg_catalog", "bpchar") => Kind::Padded,
        ("pg_catalog", "int2") => Kind::Integer(16),
        ("pg_catalog", "int4") => Kind::Integer(32),
        ("pg_catalog", "int8") => Kind::Integer(64),
        ("pg_catalog", "numeric") => Kind::Numeric,
        ("pg_catalog", "float4" | "float8") => Kind::Float,
        ("pg_catalog", "bool") => Kind::Boolean,
        ("pg_catalog", "date") => Kind::Date,
        ("pg_catalog", "timestamp") => Kind::Timestamp,
        ("pg_catalog", "timestamptz") => Kind::TimestampTz,
        ("pg_catalog", "time" | "timetz") => Kind::Time,
        ("pg_catalog", "interval") => Kind::Interval,
        ("pg_catalog", "inet") => Kind::Inet,
        ("pg_catalog", "cidr") => Kind::Cidr,
        ("pg_catalog", "uuid") => Kind::Uuid,
        ("pg_catalog", "json" | "jsonb") => Kind::Json,
        ("pg_catalog", "bytea") => Kind::Bytea,
        _ => Kind::Other,
    }
}

/// An option's value in the masks' words.
fn option(value: &Value) -> OptionValue {
    match value {
        Value::Text(text) => OptionValue::Text(text.clone()),
        Value::Integer(number) => OptionValue::Integer(*number),
        Value::Float(number) => OptionValue::Float(*number),
        Value::Boolean(truth) => OptionValue::Boolean(*truth),
        // TOML writes dates and times without quotes; a mask takes them as text.
        Value::Datetime(text) => OptionValue::Text(text.clone()),
        Value::Array(_) => OptionValue::Other("an array"),
        Value::Table(_) => OptionValue::Other("a table"),
    }
}
