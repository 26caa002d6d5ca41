//! What stands behind a path: the mask in each of the forms in which a document may need it.

use super::path::{Path, Selector};
use crate::mask::bind;
use crate::mask::fit::{Kind, Target};
use crate::mask::registry::{BuildError, OptionValue, Request};
use crate::mask::{Mask, Reading};

/// What a path does to the values that it hits.
#[derive(Debug)]
pub(super) enum Rule {
    /// They stay, with everything in them.
    Keep,
    /// They go, with their keys.
    Remove,
    Mask(Box<Masks>),
}

/// A mask, bound to each type of JSON that it takes. At least one is there.
#[derive(Debug)]
pub(super) struct Masks {
    pub(super) text: Option<Child>,
    pub(super) number: Option<Child>,
    pub(super) boolean: Option<Child>,
    /// For whole objects and arrays.
    pub(super) whole: Option<Child>,
    /// It does not look at the value, so that it may stand for an object, too.
    pub(super) replaces: bool,
    pub(super) refused: Refused,
}

impl Masks {
    /// Whether of an array that a path hits the scalars are masked, and not the whole.
    pub(super) fn is_for_scalars(&self) -> bool {
        self.whole.is_none() && !self.replaces
    }
}

/// What becomes of values of a type that the mask does not take: its `on_invalid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Keep,
    Null,
    Error,
}

/// A bound mask, with what it reads.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) mask: Box<dyn Mask>,
    pub(super) takes_empty: bool,
    pub(super) takes_null: bool,
    pub(super) sources: Vec<Source>,
}

/// Where a reading of a mask comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The column of the row that is the document's reading of that index.
    Outer(usize),
    Inner(Inner),
}

/// A value of the document.
#[derive(Debug)]
pub(super) struct Inner {
    /// Where it is remembered.
    pub(super) slot: usize,
    /// From the root, not from the object around the value.
    pub(super) root: bool,
    pub(super) steps: Vec<Selector>,
    /// As it will be, not as it was.
    pub(super) masked: bool,
}

/// Masks that take objects and arrays as they are.
const WHOLE: &[&str] = &["json", "array", "const", "null"];

/// Binds rules, and gathers what they read.
#[derive(Debug)]
pub(super) struct Binder<'r> {
    request: &'r Request<'r>,
    /// What the document reads in the row.
    pub(super) reads: Vec<Reading>,
    /// How many values the rules read in the document.
    pub(super) slots: usize,
    pub(super) fingerprint: String,
}

impl<'r> Binder<'r> {
    pub(super) fn new(request: &'r Request<'r>) -> Binder<'r> {
        Binder { request, reads: Vec::new(), slots: 0, fingerprint: String::new() }
    }

    /// The rule of one path.
    ///
    /// # Errors
    /// Its mask fits no type of JSON: as for text.
    pub(super) fn rule(&mut self, path: &Path, written: &OptionValue) -> Result<Rule, BuildError> {
        self.fingerprint.push_str(&format!(" {:?}", path.segments));
        if is_remove(written)? {
            if path.segments.is_empty() {
                let help = Some("use \"null\", or leave the table's rows out".into());
                return Err(BuildError { path: Vec::new(), message: "the whole document cannot be removed".into(), help });
            }
            self.fingerprint.push_str(" remove");
            return Ok(Rule::Remove);
        }
        let any = self.request.target.any_text();
        let column = |name: &str| Target { charset: any.charset, ..Target::of_sql(name) };
        let Some(text) = self.child(written, &any)? else {
            self.fingerprint.push_str(" keep");
            return Ok(Rule::Keep);
        };
        let number = self.child(written, &column("numeric")).ok().flatten().and_then(Result::ok);
        let (text, wrong) = match text {
            Ok(text) => (Some(text), None),
            // Texts of these types are what a document has for want of better.
            Err(wrong) => {
                let typed = ["timestamp with time zone", "uuid", "inet"].map(column);
                let found = typed.iter().find_map(|target| self.child(written, target).ok().flatten()?.ok());
                (found, Some(wrong))
            }
        };
        let boolean = if text.is_none() { self.child(written, &column("boolean"))?.and_then(Result::ok) } else { None };
        let name = name(written);
        let document = Target { kind: Kind::Json, type_name: "jsonb".into(), ..any };
        let whole =
            if name.is_some_and(|name| WHOLE.contains(&name)) { self.child(written, &document)?.and_then(Result::ok) } else { None };
        if text.is_none() && number.is_none() && boolean.is_none() && whole.is_none() {
            return Err(wrong.unwrap_or_else(|| self.request.misfit("the mask fits no type of JSON", "use const, null or remove")));
        }
        let replaces = name.is_some_and(|name| matches!(name, "const" | "empty"));
        Ok(Rule::Mask(Box::new(Masks { text, number, boolean, whole, replaces, refused: refused(written) })))
    }

    /// A mask bound to one type; `None` where it keeps values. The inner error is that it does not fit.
    fn child(&mut self, written: &OptionValue, target: &Target) -> Result<Option<Result<Child, BuildError>>, BuildError> {
        let bound = match self.request.child(written, target, true) {
            Ok(bound) => bound,
            Err(error) => return Ok(Some(Err(error))),
        };
        let Some(mask) = bound.mask else { return Ok(None) };
        let sources = bound.reads.into_iter().map(|reading| self.source(reading)).collect::<Result<_, _>>()?;
        self.fingerprint.push_str(&format!(" {:?} {}", target.type_name, bound.fingerprint));
        Ok(Some(Ok(Child { mask, takes_empty: bound.takes_empty, takes_null: bound.takes_null, sources })))
    }

    fn source(&mut self, reading: Reading) -> Result<Source, BuildError> {
        if !reading.of.starts_with("@.") && !reading.of.starts_with("$.") {
            let known = self.reads.iter().position(|known| *known == reading);
            return Ok(Source::Outer(known.unwrap_or_else(|| {
                self.reads.push(reading);
                self.reads.len() - 1
            })));
        }
        let path = Path::parse_reading(&reading.of).map_err(|message| BuildError { path: Vec::new(), message, help: None })?;
        let steps = path.segments.into_iter().flat_map(|segment| segment.selectors).collect();
        self.slots += 1;
        Ok(Source::Inner(Inner { slot: self.slots - 1, root: reading.of.starts_with('$'), steps, masked: reading.masked }))
    }
}

/// The name of a rule's mask.
fn name(written: &OptionValue) -> Option<&'static str> {
    let (name, options) = match written {
        OptionValue::Text(name) => (Some(name.as_str()), &[][..]),
        OptionValue::Table(entries) => (entries.iter().find_map(|(key, value)| mask_name(key, value)), &entries[..]),
        _ => return None,
    };
    bind::definition(name, options).ok().map(|definition| definition.name)
}

fn mask_name<'v>(key: &str, value: &'v OptionValue) -> Option<&'v str> {
    if let ("mask", OptionValue::Text(name)) = (key, value) { Some(name) } else { None }
}

/// Whether a rule is `remove`, which is no mask of its own: only in a document there is a key to remove.
///
/// # Errors
/// It has options.
pub(in super::super) fn is_remove(written: &OptionValue) -> Result<bool, BuildError> {
    match written {
        OptionValue::Text(name) => Ok(name == "remove"),
        OptionValue::Table(entries) if entries.iter().any(|(key, value)| mask_name(key, value) == Some("remove")) => {
            match entries.iter().find(|(key, _)| key != "mask") {
                None => Ok(true),
                Some((key, _)) => Err(BuildError::of(key, format!("mask \"remove\": unknown option {key:?}, it takes none"), None)),
            }
        }
        _ => Ok(false),
    }
}

fn refused(written: &OptionValue) -> Refused {
    let entries = match written {
        OptionValue::Table(entries) => entries,
        OptionValue::List(masks) => return masks.iter().map(refused).find(|refused| *refused != Refused::Error).unwrap_or(Refused::Error),
        _ => return Refused::Error,
    };
    match entries.iter().find(|(key, _)| key == "on_invalid").map(|(_, value)| value) {
        Some(OptionValue::Text(word)) if word == "keep" => Refused::Keep,
        Some(OptionValue::Text(word)) if word == "null" => Refused::Null,
        _ => Refused::Error,
    }
}
