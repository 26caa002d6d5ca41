//! The options of a rule, checked against the registry and read by builders.

use super::fit::Target;
use super::padded::unpadded;
use super::registry::{BuildError, Definition, OptionKind, OptionValue, Request};
use super::words::{self, Locale};
use super::{Bound, Distinct, Mask, Reading, bind, common};
use crate::name::nearest;

impl OptionValue {
    /// What was found, for messages: `an integer`.
    fn found(&self) -> &'static str {
        match self {
            OptionValue::Text(_) => "a string",
            OptionValue::Integer(_) => "an integer",
            OptionValue::Float(_) => "a float",
            OptionValue::Boolean(_) => "a boolean",
            OptionValue::List(_) => "an array",
            OptionValue::Table(_) => "a table",
        }
    }
}

impl OptionValue {
    /// Neither an array nor a table.
    fn is_scalar(&self) -> bool {
        !matches!(self, OptionValue::List(_) | OptionValue::Table(_))
    }

    /// A scalar as text: `true`, `1.5`, the string itself.
    pub fn to_text(&self) -> Option<String> {
        match self {
            OptionValue::Text(text) => Some(text.clone()),
            OptionValue::Integer(number) => Some(number.to_string()),
            OptionValue::Float(number) => Some(number.to_string()),
            OptionValue::Boolean(truth) => Some(truth.to_string()),
            OptionValue::List(_) | OptionValue::Table(_) => None,
        }
    }
}

/// A decimal number without an exponent: `-0.05`.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl OptionKind {
    /// What is wrong with a value, if it is not of this kind.
    fn refuse(self, value: &OptionValue) -> Option<String> {
        match (self, value) {
            (OptionKind::Text, OptionValue::Text(_)) | (OptionKind::Boolean, OptionValue::Boolean(_)) => None,
            (OptionKind::Any, _) => None,
            (OptionKind::Scalar, scalar) if scalar.is_scalar() => None,
            (OptionKind::Number, OptionValue::Integer(_) | OptionValue::Float(_)) => None,
            (OptionKind::Number, OptionValue::Text(text)) if is_decimal(text) => None,
            (OptionKind::Column | OptionKind::File, OptionValue::Text(text)) if !text.is_empty() => None,
            (OptionKind::Words, OptionValue::List(items)) if items.iter().all(|item| matches!(item, OptionValue::Text(_))) => None,
            (OptionKind::Scalars, OptionValue::List(items)) if items.iter().all(OptionValue::is_scalar) => None,
            (OptionKind::Map, OptionValue::Table(entries)) if entries.iter().all(|(_, value)| value.is_scalar()) => None,
            // What is wrong inside of a mask is said when it is bound.
            (OptionKind::Mask, OptionValue::Text(_) | OptionValue::Table(_) | OptionValue::List(_))
            | (OptionKind::Masks, OptionValue::Table(_)) => None,
            (OptionKind::Integer(least, most), OptionValue::Integer(number)) if (least..=most).contains(number) => None,
            (OptionKind::Integer(least, most), OptionValue::Integer(number)) => {
                Some(format!("expected an integer from {least} to {most}, found {number}"))
            }
            (OptionKind::Choice(words), OptionValue::Text(word)) if words.contains(&word.as_str()) => None,
            (OptionKind::Choice(words), OptionValue::Text(word)) => Some(format!("expected one of {}, found {word:?}", words.join(", "))),
            (OptionKind::Locale, OptionValue::Text(name)) => find_locale(name).err().map(|error| error.message),
            (kind, value) => Some(format!("expected {}, found {}", kind.expected(), value.found())),
        }
    }

    /// What it takes, in words.
    pub fn expected(self) -> String {
        match self {
            OptionKind::Text => "a string".into(),
            OptionKind::Scalar => "a string, a number or a boolean".into(),
            OptionKind::Any => "any value".into(),
            OptionKind::Integer(least, most) => format!("an integer from {least} to {most}"),
            OptionKind::Boolean => "true or false".into(),
            OptionKind::Choice(words) => format!("one of {}", words.join(", ")),
            OptionKind::Locale => "the name of a locale".into(),
            OptionKind::Number => "a number".into(),
            OptionKind::Words => "an array of strings".into(),
            OptionKind::Scalars => "an array of strings, numbers and booleans".into(),
            OptionKind::Map => "a table of strings, numbers and booleans".into(),
            OptionKind::Column => "the name of a column".into(),
            OptionKind::File => "the path of a file".into(),
            OptionKind::Mask => "a mask".into(),
            OptionKind::Masks => "a table of masks".into(),
        }
    }
}

/// What is wrong with the options of a rule for a mask: unknown names, wrong types, missing ones.
pub fn check(definition: &Definition, options: &[(String, OptionValue)]) -> Vec<BuildError> {
    let mut errors = Vec::new();
    for (name, value) in options {
        let Some(known) = definition.options.iter().chain(common::options(definition)).find(|known| known.name == name) else {
            errors.push(unknown(definition, name));
            continue;
        };
        if name == "domain" && *value == OptionValue::Text(String::new()) {
            errors.push(BuildError::of(name, "option \"domain\" is empty, expected the name of a domain", None));
        }
        if let Some(wrong) = known.kind.refuse(value) {
            let near = match (known.kind, value) {
                (OptionKind::Choice(words), OptionValue::Text(word)) => nearest(word, words.iter().copied()),
                (OptionKind::Locale, OptionValue::Text(word)) => nearest(word, words::LOCALES.iter().map(|locale| locale.name)),
                _ => None,
            };
            errors.push(BuildError {
                path: vec![name.clone()],
                message: format!("option {name:?}: {wrong}"),
                help: near.map(|near| format!("did you mean {near:?}?")),
            });
        }
    }
    for required in definition.options.iter().filter(|known| known.default == "required") {
        if !options.iter().any(|(name, _)| name == required.name) {
            let message = format!("option {:?} is missing, expected {}", required.name, required.kind.expected());
            errors.push(BuildError { path: Vec::new(), message, help: Some(format!("for example {}", definition.example.rule)) });
        }
    }
    errors
}

fn unknown(definition: &Definition, name: &str) -> BuildError {
    let known: Vec<&str> = definition.options.iter().chain(common::options(definition)).map(|option| option.name).collect();
    let expected = if known.is_empty() { "it takes none".to_owned() } else { format!("expected one of {}", known.join(", ")) };
    let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
    BuildError { path: vec![name.to_owned()], message: format!("unknown option {name:?}, {expected}"), help }
}

pub(super) fn find_locale(name: &str) -> Result<&'static Locale, BuildError> {
    words::find(name).ok_or_else(|| {
        let known: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
        let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
        BuildError { path: Vec::new(), message: format!("unknown locale {name:?}, expected one of {}", known.join(", ")), help }
    })
}

/// Reads of options; they have been checked, so a wrong type counts as not given.
impl Request<'_> {
    /// An option's value.
    pub fn option(&self, name: &str) -> Option<&OptionValue> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.option(name) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// An integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.option(name) {
            Some(OptionValue::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// true or false; false where it is not given.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.option(name), Some(OptionValue::Boolean(true)))
    }

    /// An array of strings.
    pub fn words(&self, name: &str) -> Option<Vec<&str>> {
        let OptionValue::List(items) = self.option(name)? else { return None };
        Some(items.iter().filter_map(|item| if let OptionValue::Text(text) = item { Some(text.as_str()) } else { None }).collect())
    }

    /// A table, in the order of the file.
    pub fn table(&self, name: &str) -> &[(String, OptionValue)] {
        match self.option(name) {
            Some(OptionValue::Table(entries)) => entries,
            _ => &[],
        }
    }

    /// The mask of a rule inside of this one (an element's, a key's), bound to what it stands for. Inside a document its
    /// readings may be `@.key` and `$.key`; the caller answers those, and passes on the others as its own.
    ///
    /// # Errors
    /// As for any rule; the caller puts the key under which it stands before the path ([`BuildError::under`]).
    pub fn child(&self, rule: &OptionValue, target: &Target, document: bool) -> Result<Bound, BuildError> {
        bind::inner(rule, target, &bind::Env { document: document || self.env.document, ..*self.env })
    }

    /// What a column of the row holds, where it has one of that name.
    pub fn column(&self, name: &str) -> Option<&Target> {
        self.env.columns.iter().find(|(known, _)| known == name).map(|(_, target)| target)
    }

    /// The locale: the option's, or that of `[defaults]`.
    pub fn locale(&self) -> Result<&'static Locale, BuildError> {
        find_locale(self.text("locale").unwrap_or(self.env.locale))
    }

    /// An error that no single option causes.
    pub fn misfit(&self, message: impl Into<String>, help: impl Into<String>) -> BuildError {
        BuildError { path: Vec::new(), message: message.into(), help: Some(help.into()) }
    }

    /// Refuses columns that do not hold text, and dumps in an encoding that masks cannot write.
    pub fn needs_text(&self) -> Result<(), BuildError> {
        if !self.target.is_text() {
            return Err(self.wrong_kind("makes text"));
        }
        self.needs_charset()
    }

    /// Refuses dumps in an encoding that masks cannot read. Their values would reach a mask as raw bytes, so that one
    /// value had another pseudonym than in a dump of the same database in UTF8.
    pub fn needs_charset(&self) -> Result<(), BuildError> {
        let charset = self.target.charset;
        if charset.is_writable() {
            return Ok(());
        }
        let message = format!("the dump's encoding {} is one that masks cannot read or write", charset.name());
        Err(self.misfit(message, "dump with pg_dump --encoding=UTF8"))
    }

    /// The column is of a type that the mask does not take: `it moves dates, but the column is text`.
    pub fn wrong_kind(&self, does: &str) -> BuildError {
        let message = format!("it {does}, but the column is {}", self.target.type_name);
        self.misfit(message, format!("{}, or keep the column", self.instead()))
    }

    /// The column takes fewer characters than the mask needs: `a number of FR needs 10 characters, the column takes 9`.
    pub fn too_short(&self, what: &str, least: usize) -> BuildError {
        let message = format!("{what} {least} characters, the column takes {}", self.max_chars());
        self.misfit(message, self.instead())
    }

    /// What any column takes where a mask does not fit: no NULL where it is refused.
    pub fn instead(&self) -> &'static str {
        if self.target.not_null { "use const" } else { "use const or null" }
    }

    /// How many characters a value may have.
    pub fn max_chars(&self) -> usize {
        self.target.max_chars.map_or(usize::MAX, |max| max as usize)
    }

    /// A mask that leaves the empty string alone, as all do that derive pseudonyms; on char(n) it sees no padding.
    pub fn bound(&self, mask: impl Mask + 'static, distinct: Distinct, fingerprint: String) -> Bound {
        Bound::new(unpadded(&self.target.kind, mask), distinct, fingerprint)
    }
}

impl Bound {
    /// A mask that reads nothing around the value, and sees neither NULL nor the empty string.
    pub fn new(mask: Box<dyn Mask>, distinct: Distinct, fingerprint: String) -> Bound {
        Bound { mask: Some(mask), distinct, takes_empty: false, takes_null: false, reads: Vec::new(), fingerprint }
    }

    /// The same, reading this around the value.
    #[must_use]
    pub fn reading(self, reads: Vec<Reading>) -> Bound {
        Bound { reads, ..self }
    }
}
