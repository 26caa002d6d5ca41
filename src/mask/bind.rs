//! A rule → a mask that fits: finds the definition, checks the options, derives the key, builds, and puts around it what
//! all masks have in common.

use std::path::Path;

use super::Bound;
use super::branches::{self, Conditions, When};
use super::common::Common;
use super::fit::Target;
use super::key::Secret;
use super::options;
use super::registry::{self, BuildError, Definition, OptionKind, OptionValue, Request};
use crate::name::nearest;

/// What surrounds a rule.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// The secret of the run.
    pub secret: &'a Secret,
    /// The locale of `[defaults]`.
    pub locale: &'a str,
    /// The columns of the row, with what they hold: those that a mask may read.
    pub columns: &'a [(String, Target)],
    /// Whether the value stands inside a document, so that `@.key` and `$.key` can be read.
    pub document: bool,
    /// Where the paths of files begin: the directory of the rules file.
    pub directory: &'a Path,
    /// Who reads the conditions of masks that stand inside of others; `None` where there are no rows.
    pub conditions: Option<&'a dyn Conditions>,
}

/// The mask of a rule: the one that `mask` names, or else the one that an option of the same name stands for
/// (`{ json = { … } }`, `{ template = "…" }`).
///
/// # Errors
/// No such mask, or no mask at all: with the nearest name.
pub fn definition(name: Option<&str>, options: &[(String, OptionValue)]) -> Result<&'static Definition, BuildError> {
    let Some(name) = name else {
        let short = |(key, _): &(String, OptionValue)| registry::find(key).filter(|found| found.options.iter().any(|own| own.name == *key));
        return options.iter().find_map(short).ok_or_else(|| {
            let known = ["mask"].into_iter().chain(registry::all().iter().map(|known| known.name));
            let near = options.iter().find_map(|(key, _)| nearest(key, known.clone()));
            BuildError {
                path: Vec::new(),
                message: "the rule has no \"mask\", expected one such as { mask = \"email\" }".into(),
                help: near.map(|near| format!("did you mean {near:?}?")),
            }
        });
    };
    if name == "remove" {
        return Err(BuildError {
            path: vec!["mask".into()],
            message: "\"remove\" takes a key out of a document, and stands alone behind its path: a column cannot be removed".into(),
            help: Some("use \"null\" or \"empty\"; in a document { json = { \"$.key\" = \"remove\" } }, also with hstore and xml".into()),
        });
    }
    registry::find(name).ok_or_else(|| {
        let known = || registry::all().iter().map(|definition| definition.name);
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean {near:?}? `pgveil masks` lists them all"),
            None => "`pgveil masks` lists them all".into(),
        };
        BuildError { path: vec!["mask".into()], message: format!("unknown mask {name:?}"), help: Some(help) }
    })
}

/// Binds a mask to a column. The options are all those of the rule, `mask` apart, and have been found good by
/// [`options::check`].
///
/// # Errors
/// Where the mask or an option does not fit the column.
pub fn bind(definition: &Definition, options: &[(String, OptionValue)], target: &Target, env: &Env<'_>) -> Result<Bound, BuildError> {
    let common = Common::new(options);
    let domain = common.domain().unwrap_or(definition.default_domain);
    let key = env.secret.domain(domain);
    let own: Vec<(String, OptionValue)> =
        options.iter().filter(|(name, _)| definition.options.iter().any(|own| own.name == name)).cloned().collect();
    let request = Request { target, options: &own, domain, key: &key, env };
    let bound = common.wrap(definition, target, &key, (definition.build)(&request)?)?;
    for reading in &bound.reads {
        readable(&reading.of, env).map_err(|(message, help)| at_fault(definition, options, &reading.of, message, help))?;
    }
    Ok(bound)
}

/// A rule that stands inside of another one: its mask's name, a table, or a list of tables with conditions.
pub(super) fn inner(rule: &OptionValue, target: &Target, env: &Env<'_>) -> Result<Bound, BuildError> {
    match rule {
        OptionValue::List(masks) => {
            let unconditional = |mask: &OptionValue| condition(mask).is_none();
            if masks.is_empty() {
                return Err(BuildError { path: Vec::new(), message: "the list is empty, expected masks with \"when\"".into(), help: None });
            }
            if masks.iter().rev().skip(1).any(unconditional) {
                let message = "a mask without \"when\" is not the last of its list: those behind it can never be used";
                return Err(BuildError {
                    path: Vec::new(),
                    message: message.into(),
                    help: Some("give it a condition, or put it last".into()),
                });
            }
            masks.iter().map(|mask| branch(mask, target, env)).collect::<Result<_, _>>().map(branches::bound)
        }
        mask if condition(mask).is_some() => Ok(branches::bound(vec![branch(mask, target, env)?])),
        mask => single(mask, target, env),
    }
}

/// The condition of a mask.
fn condition(rule: &OptionValue) -> Option<&OptionValue> {
    let OptionValue::Table(entries) = rule else { return None };
    entries.iter().find(|(key, _)| key == "when").map(|(_, value)| value)
}

/// One mask of a list.
fn branch(rule: &OptionValue, target: &Target, env: &Env<'_>) -> Result<(Option<When>, Bound), BuildError> {
    let (Some(when), OptionValue::Table(entries)) = (condition(rule), rule) else { return Ok((None, single(rule, target, env)?)) };
    let OptionValue::Text(when) = when else {
        return Err(BuildError::of("when", "\"when\": expected a condition such as \"role = 'partner'\"", None));
    };
    let Some(conditions) = env.conditions else {
        return Err(BuildError::of("when", "there are no rows here, so no conditions either", None));
    };
    let when = conditions.bind(when, env.document)?;
    let mask = entries.iter().filter(|(key, _)| key != "when").cloned().collect();
    Ok((Some(when), single(&OptionValue::Table(mask), target, env)?))
}

/// One mask without a condition.
fn single(rule: &OptionValue, target: &Target, env: &Env<'_>) -> Result<Bound, BuildError> {
    let (name, rest) = match rule {
        OptionValue::Text(name) => (Some(name.as_str()), Vec::new()),
        OptionValue::Table(entries) => {
            let name = entries.iter().find(|(key, _)| key == "mask").map(|(_, value)| value);
            let name = match name {
                None => None,
                Some(OptionValue::Text(name)) => Some(name.as_str()),
                Some(_) => return Err(BuildError::of("mask", "expected the name of a mask", None)),
            };
            (name, entries.iter().filter(|(key, _)| key != "mask").cloned().collect())
        }
        _ => {
            let message = "expected the name of a mask, a table with \"mask\", or a list of such tables with \"when\"";
            return Err(BuildError { path: Vec::new(), message: message.into(), help: Some("for example \"first_name\"".into()) });
        }
    };
    let definition = definition(name, &rest)?;
    let named = |error: BuildError| BuildError { message: format!("mask {:?}: {}", definition.name, error.message), ..error };
    if let Some(error) = options::check(definition, &rest).into_iter().next() {
        return Err(named(error));
    }
    bind(definition, &rest, target, env).map_err(named)
}

/// Whether there is such a thing to read; otherwise what is wrong, and what to do.
fn readable(of: &str, env: &Env<'_>) -> Result<(), (String, Option<String>)> {
    if of.starts_with("@.") || of.starts_with("$.") {
        let help = || Some("name a column of the row".into());
        return if env.document { Ok(()) } else { Err((format!("{of:?} is inside a document, and the value is in none"), help())) };
    }
    if env.columns.iter().any(|(name, _)| name == of) {
        return Ok(());
    }
    let help = nearest(of, env.columns.iter().map(|(name, _)| name.as_str())).map(|near| format!("did you mean {near:?}?"));
    Err((format!("the table has no column {of:?}"), help))
}

/// An error of the option that names what cannot be read.
fn at_fault(definition: &Definition, options: &[(String, OptionValue)], of: &str, message: String, help: Option<String>) -> BuildError {
    let names = |name: &str| {
        let kind =
            definition.options.iter().chain(super::common::options(definition)).find(|known| known.name == name).map(|known| known.kind);
        kind == Some(OptionKind::Column)
    };
    let found = options.iter().find(|(name, value)| names(name) && *value == OptionValue::Text(of.to_owned()));
    let path = found.map(|(name, _)| vec![name.clone()]).unwrap_or_default();
    let message = if let [name] = &path[..] { format!("option {name:?}: {message}") } else { message };
    BuildError { path, message, help }
}
