//! A rule and a column's type → a mask that fits, with the key of its domain.

use std::collections::HashMap;
use std::sync::Arc;

use super::ColumnPlan;
use super::mistakes::Mistakes;
use crate::encoding::Charset;
use crate::mask::Distinct;
use crate::mask::fit::{Kind, Target};
use crate::mask::key::{DomainKey, Secret};
use crate::mask::registry::{self, Definition, OptionValue, Request};
use crate::name::{RelationName, nearest};
use crate::rules::{ColumnRule, Rules, Value};
use crate::schema::catalogue::{Catalogue, Column};

/// Binds rules to columns; derives each domain's key once.
#[derive(Debug)]
pub struct Binder<'a> {
    rules: &'a Rules,
    secret: &'a Secret,
    catalogue: &'a Catalogue,
    charset: Charset,
    keys: HashMap<String, DomainKey>,
}

impl<'a> Binder<'a> {
    /// A binder for columns of `catalogue` whose text is in `charset`.
    pub fn new(rules: &'a Rules, secret: &'a Secret, catalogue: &'a Catalogue, charset: Charset) -> Binder<'a> {
        Binder { rules, secret, catalogue, charset, keys: HashMap::new() }
    }

    /// The mask of a column under a rule; `None` where the rule keeps the column, or is a mistake (which is noted).
    pub(super) fn bind(
        &mut self,
        relation: &RelationName,
        column: &Column,
        rule: &ColumnRule,
        mistakes: &mut Mistakes,
    ) -> Option<ColumnPlan> {
        let definition = self.definition(rule, mistakes)?;
        let options: Vec<(String, OptionValue)> =
            rule.mask.options.iter().map(|(key, value)| (key.value.clone(), option(&value.value))).collect();
        let wrong = registry::check_options(definition, &options);
        let place = |name: &Option<String>| match name {
            Some(name) => rule.mask.options.iter().find(|(key, _)| key.value == *name).map_or(&rule.mask.name.at, |(key, _)| &key.at),
            None => &rule.mask.name.at,
        };
        if !wrong.is_empty() {
            for error in wrong {
                mistakes.add(
                    Some(place(&error.option)),
                    &error.message,
                    format!("mask {:?}: {}", definition.name, error.message),
                    error.help,
                );
            }
            return None;
        }
        let target = self.target(column);
        let domain = rule.mask.domain.as_ref().map_or(definition.default_domain, |domain| domain.value.as_str());
        let secret = self.secret;
        let key = self.keys.entry(domain.to_owned()).or_insert_with(|| secret.domain(domain));
        let locale = self.rules.defaults.locale.as_ref().map_or("en", |locale| locale.value.as_str());
        match (definition.build)(&Request { target: &target, options: &options, domain, key, locale }) {
            Ok(bound) if bound.distinct == Distinct::Same => None,
            Ok(bound) => bound.mask.map(|mask| ColumnPlan {
                mask: Arc::from(mask),
                name: definition.name,
                distinct: bound.distinct,
                takes_empty: bound.takes_empty,
                fingerprint: bound.fingerprint,
                at: rule.at.clone(),
            }),
            Err(error) => {
                let message = format!("mask {:?} does not fit column {relation}.{}: {}", definition.name, column.name, error.message);
                mistakes.add(Some(place(&error.option)), &error.message, message, error.help);
                None
            }
        }
    }

    /// The mask that a rule names.
    fn definition(&self, rule: &ColumnRule, mistakes: &mut Mistakes) -> Option<&'static Definition> {
        let name = &rule.mask.name;
        let Some(definition) = registry::find(&name.value) else {
            let known = || registry::all().iter().map(|definition| definition.name);
            let list: Vec<&str> = known().collect();
            let help = nearest(&name.value, known()).map(|near| format!("did you mean {near:?}?"));
            let message = format!("unknown mask {:?}, expected one of {}", name.value, list.join(", "));
            mistakes.add(Some(&name.at), "unknown mask", message, help);
            return None;
        };
        if let Some(domain) = &rule.mask.domain
            && !definition.keyed
        {
            let message = format!("mask {:?} has no domain: it makes no pseudonyms", definition.name);
            mistakes.add(Some(&domain.at), "domain", message, Some("remove the option".into()));
            return None;
        }
        Some(definition)
    }

    /// A column as masks see it.
    fn target(&self, column: &Column) -> Target {
        let resolved = self.catalogue.base_type(&column.data_type);
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
        Target {
            kind,
            type_name: column.data_type.written.clone(),
            max_chars,
            not_null: column.not_null || resolved.not_null,
            charset: self.charset,
        }
    }
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
