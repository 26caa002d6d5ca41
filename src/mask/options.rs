//! The options of a rule, checked against the registry and read by builders.

use super::fit::Kind;
use super::padded::Unpadded;
use super::registry::{BuildError, Definition, OptionKind, OptionValue, Request};
use super::words::{self, Locale};
use super::{Bound, Distinct, Mask};
use crate::name::nearest;

impl OptionValue {
    /// What was found, for messages: `an integer`.
    fn found(&self) -> &'static str {
        match self {
            OptionValue::Text(_) => "a string",
            OptionValue::Integer(_) => "an integer",
            OptionValue::Float(_) => "a float",
            OptionValue::Boolean(_) => "a boolean",
            OptionValue::Other(what) => what,
        }
    }
}

impl OptionKind {
    /// What is wrong with a value, if it is not of this kind.
    fn refuse(self, value: &OptionValue) -> Option<String> {
        match (self, value) {
            (OptionKind::Text, OptionValue::Text(_)) | (OptionKind::Boolean, OptionValue::Boolean(_)) => None,
            (OptionKind::Scalar, OptionValue::Other(what)) => Some(format!("expected a string, a number or a boolean, found {what}")),
            (OptionKind::Scalar, _) => None,
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
            OptionKind::Integer(least, most) => format!("an integer from {least} to {most}"),
            OptionKind::Boolean => "true or false".into(),
            OptionKind::Choice(words) => format!("one of {}", words.join(", ")),
            OptionKind::Locale => "the name of a locale".into(),
        }
    }
}

/// What is wrong with the options of a rule for a mask: unknown names, wrong types, missing ones.
pub fn check(definition: &Definition, options: &[(String, OptionValue)]) -> Vec<BuildError> {
    let mut errors = Vec::new();
    for (name, value) in options {
        let Some(known) = definition.options.iter().find(|known| known.name == name) else {
            errors.push(unknown(definition, name));
            continue;
        };
        if let Some(wrong) = known.kind.refuse(value) {
            let near = match (known.kind, value) {
                (OptionKind::Choice(words), OptionValue::Text(word)) => nearest(word, words.iter().copied()),
                (OptionKind::Locale, OptionValue::Text(word)) => nearest(word, words::LOCALES.iter().map(|locale| locale.name)),
                _ => None,
            };
            errors.push(BuildError {
                option: Some(name.clone()),
                message: format!("option {name:?}: {wrong}"),
                help: near.map(|near| format!("did you mean {near:?}?")),
            });
        }
    }
    for required in definition.options.iter().filter(|known| known.default == "required") {
        if !options.iter().any(|(name, _)| name == required.name) {
            let message = format!("option {:?} is missing, expected {}", required.name, required.kind.expected());
            errors.push(BuildError { option: None, message, help: Some(format!("for example {}", definition.example.rule)) });
        }
    }
    errors
}

fn unknown(definition: &Definition, name: &str) -> BuildError {
    let mut known: Vec<&str> = definition.options.iter().map(|option| option.name).collect();
    if definition.keyed {
        known.push("domain");
    }
    let expected = if known.is_empty() { "it takes none".to_owned() } else { format!("expected one of {}", known.join(", ")) };
    let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
    BuildError { option: Some(name.to_owned()), message: format!("unknown option {name:?}, {expected}"), help }
}

fn find_locale(name: &str) -> Result<&'static Locale, BuildError> {
    words::find(name).ok_or_else(|| {
        let known: Vec<&str> = words::LOCALES.iter().map(|locale| locale.name).collect();
        let help = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near:?}?"));
        BuildError { option: None, message: format!("unknown locale {name:?}, expected one of {}", known.join(", ")), help }
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

    /// The locale: the option's, or that of `[defaults]`.
    pub fn locale(&self) -> Result<&'static Locale, BuildError> {
        find_locale(self.text("locale").unwrap_or(self.locale))
    }

    /// An error that no single option causes.
    pub fn misfit(&self, message: impl Into<String>, help: impl Into<String>) -> BuildError {
        BuildError { option: None, message: message.into(), help: Some(help.into()) }
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
        let mask: Box<dyn Mask> = if self.target.kind == Kind::Padded { Box::new(Unpadded(mask)) } else { Box::new(mask) };
        Bound { mask: Some(mask), distinct, takes_empty: false, fingerprint }
    }
}
