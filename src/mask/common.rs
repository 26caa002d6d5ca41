//! What masks have in common: the options that every mask understands, done once, around the mask.
//!
//! ```text
//! value ─▶ on_null, on_empty (the row program) ─▶ on_invalid ─▶ unique ─▶ seed ─▶ the mask
//! ```

use super::fit::Target;
use super::key::DomainKey;
use super::padded::unpadded;
use super::pseudonym::letters::{Alphabet, Way, drawn, permute};
use super::pseudonym::{DIGITS, base32};
use super::registry::{BuildError, Definition, OptionDefinition, OptionKind, OptionValue};
use super::scratch;
use super::{Bound, Cell, Distinct, Mask, Masked, Note, Reading, Refusal, Remedy};

/// Of masks that make pseudonyms.
static KEYED: &[OptionDefinition] = &[
    OptionDefinition {
        name: "domain",
        kind: OptionKind::Text,
        default: "the mask's own",
        summary: "the namespace of pseudonyms: equal values get equal ones within a domain",
    },
    OptionDefinition {
        name: "seed",
        kind: OptionKind::Column,
        default: "the value itself",
        summary: "derive the pseudonym from the original value of this column, or of @.key or $.key in a document",
    },
    OptionDefinition {
        name: "unique",
        kind: OptionKind::Boolean,
        default: "false",
        summary: "different values stay different: by a suffix, where the mask does not see to it itself",
    },
];

/// Of masks that look at the value or make one.
static CHANGING: &[OptionDefinition] = &[
    OptionDefinition { name: "on_null", kind: OptionKind::Choice(&["keep", "mask"]), default: "keep", summary: "what becomes of NULL" },
    OptionDefinition {
        name: "on_empty",
        kind: OptionKind::Choice(&["keep", "mask"]),
        default: "keep",
        summary: "what becomes of the empty string",
    },
];

/// Of masks that cannot read every value.
static FALLIBLE: &[OptionDefinition] = &[OptionDefinition {
    name: "on_invalid",
    kind: OptionKind::Choice(&["mask", "keep", "null", "error"]),
    default: "mask in text, error elsewhere",
    summary: "what becomes of a value that the mask cannot read: other characters of the same shape, itself, NULL, the end of the run",
}];

/// The options that a mask has besides its own.
pub fn options(definition: &Definition) -> impl Iterator<Item = &'static OptionDefinition> {
    let keyed = if definition.keyed { KEYED } else { &[] };
    let changing = if definition.name == "keep" || definition.name == "null" { &[] } else { CHANGING };
    let fallible = if definition.fallible { FALLIBLE } else { &[] };
    keyed.iter().chain(changing).chain(fallible)
}

/// Masks that keep values distinct by 90 bits of a hash, and so do it for seeds too. Permutations draw from a seed, and what
/// is drawn from few may be drawn twice.
const HASHED: &[&str] = &["domain_name", "email", "hash", "jwt", "pattern", "username"];

/// The common options of one rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common<'a> {
    options: &'a [(String, OptionValue)],
}

impl<'a> Common<'a> {
    /// Those among a rule's options; the others are not looked at.
    pub(super) fn new(options: &'a [(String, OptionValue)]) -> Common<'a> {
        Common { options }
    }

    fn get(&self, name: &str) -> Option<&'a OptionValue> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn word(&self, name: &str) -> Option<&'a str> {
        if let Some(OptionValue::Text(text)) = self.get(name) { Some(text) } else { None }
    }

    /// `domain`.
    pub(super) fn domain(&self) -> Option<&'a str> {
        self.word("domain")
    }

    /// Puts around a mask what the rule asks for.
    ///
    /// # Errors
    /// An option that cannot hold for this mask and column.
    pub(super) fn wrap(&self, definition: &Definition, target: &Target, key: &DomainKey, bound: Bound) -> Result<Bound, BuildError> {
        let bound = self.seed(definition, bound);
        let bound = self.unique(definition, target, key, bound)?;
        let bound = self.on_invalid(definition, target, key, bound)?;
        self.nothing(definition, target, bound)
    }

    fn seed(&self, definition: &Definition, mut bound: Bound) -> Bound {
        let Some(column) = self.word("seed") else { return bound };
        let Some(inner) = bound.mask.take() else { return bound };
        let index = bound.reads.len();
        bound.reads.push(Reading { of: column.to_owned(), masked: false });
        bound.fingerprint.push_str(&format!(" seed {column:?}"));
        bound.mask = Some(Box::new(Seeded { inner, index }));
        if bound.distinct == Distinct::Kept && !HASHED.contains(&definition.name) {
            bound.distinct = Distinct::Lost;
        }
        if bound.distinct == Distinct::Kept {
            bound.distinct = 1u64.checked_shl(u32::try_from(index).unwrap_or(64)).map_or(Distinct::Lost, Distinct::Follows);
        }
        bound
    }

    fn unique(&self, definition: &Definition, target: &Target, key: &DomainKey, mut bound: Bound) -> Result<Bound, BuildError> {
        let asked = matches!(self.get("unique"), Some(OptionValue::Boolean(true)));
        if !asked || matches!(bound.distinct, Distinct::Same | Distinct::Kept) {
            return Ok(bound);
        }
        // A word of four characters and a hyphen before the digits: less is hardly worth its name.
        let least = DIGITS + 5;
        let max = target.max_chars.map_or(usize::MAX, |max| max as usize);
        if !target.is_text() || max < least {
            let message = format!("it makes equal values, and {} has no room for a suffix of {DIGITS} characters", target.type_name);
            return Err(BuildError::of("unique", message, Some("use hash, permute or another mask that keeps values distinct".into())));
        }
        let Some(inner) = bound.mask.take() else { return Ok(bound) };
        bound.mask = Some(unpadded(&target.kind, Suffixed { inner, key: key.clone(), room: max - DIGITS - 1 }));
        bound.distinct = Distinct::Kept;
        bound.fingerprint.push_str(&format!(" unique {} {}", definition.name, max.min(1 << 20)));
        Ok(bound)
    }

    fn on_invalid(&self, definition: &Definition, target: &Target, key: &DomainKey, mut bound: Bound) -> Result<Bound, BuildError> {
        if !definition.fallible {
            return Ok(bound);
        }
        let then = match self.word("on_invalid") {
            Some("keep") => Then::Keep,
            Some("null") if target.not_null => {
                let help = Some("use \"mask\" or \"error\"".into());
                return Err(BuildError::of("on_invalid", "the column is NOT NULL", help));
            }
            Some("null") => Then::Null,
            Some("error") => return Ok(bound),
            Some("mask") if !target.is_text() => {
                let message = format!("other characters of the same shape may be no value of type {}", target.type_name);
                return Err(BuildError::of("on_invalid", message, Some("use \"null\" or \"error\"".into())));
            }
            None if !target.is_text() => return Ok(bound),
            _ => Then::Mask,
        };
        let Some(inner) = bound.mask.take() else { return Ok(bound) };
        let alphabet = Alphabet::plain(target.charset);
        bound.mask = Some(unpadded(&target.kind, OnInvalid { inner, then, key: key.clone(), alphabet }));
        bound.fingerprint.push_str(&format!(" invalid {then:?}"));
        Ok(bound)
    }

    fn nothing(&self, definition: &Definition, target: &Target, mut bound: Bound) -> Result<Bound, BuildError> {
        match self.word("on_null") {
            Some("mask") if definition.fallible => {
                let message = "it changes values, and can make none from NULL";
                return Err(BuildError::of("on_null", message, Some("use const, or a mask that makes a value".into())));
            }
            Some("mask") if !target.not_null => {
                bound.takes_null = true;
                bound.fingerprint.push_str(" null");
                if matches!(bound.distinct, Distinct::Kept | Distinct::Same) {
                    bound.distinct = Distinct::Lost;
                }
            }
            _ => {}
        }
        match self.word("on_empty") {
            Some("mask") => bound.takes_empty = true,
            Some("keep") => bound.takes_empty = false,
            _ => return Ok(bound),
        }
        bound.fingerprint.push_str(if bound.takes_empty { " empty" } else { " not empty" });
        Ok(bound)
    }
}

/// Gives the mask another seed than the value.
#[derive(Debug)]
struct Seeded {
    inner: Box<dyn Mask>,
    /// Its reading.
    index: usize,
}

impl Mask for Seeded {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        match cell.around.read(self.index) {
            Some(seed) if cell.round == 0 => self.inner.mask(Cell { seed, ..cell }, out),
            Some(seed) => {
                let mut again = scratch::buffer();
                again.extend_from_slice(seed);
                again.extend_from_slice(&cell.round.to_le_bytes());
                self.inner.mask(Cell { seed: &again, ..cell }, out)
            }
            None => {
                cell.around.note(Note::Unseeded);
                self.inner.mask(cell, out)
            }
        }
    }
}

/// Appends a suffix of the value's own, wide enough that no two values collide.
#[derive(Debug)]
struct Suffixed {
    inner: Box<dyn Mask>,
    key: DomainKey,
    /// Characters before the hyphen.
    room: usize,
}

impl Mask for Suffixed {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let masked = self.inner.mask(cell, out)?;
        if masked != Masked::Value {
            return Ok(masked);
        }
        truncate(out, mark, self.room);
        out.push(b'-');
        // Another function than the one that chose the value, so that the two tell nothing of one another.
        let mut text = scratch::buffer();
        text.extend_from_slice(b"unique\0");
        text.extend_from_slice(cell.value);
        base32(self.key.hash(&text).wide(), DIGITS, out);
        Ok(Masked::Value)
    }
}

/// Cuts what stands behind `mark` to a number of characters.
pub fn truncate(out: &mut Vec<u8>, mark: usize, chars: usize) {
    let tail = out.get(mark..).unwrap_or_default();
    if tail.len() <= chars {
        return;
    }
    // A character begins at each byte that does not continue one.
    let begins = |(_, byte): &(usize, &u8)| **byte & 0xC0 != 0x80;
    if let Some((cut, _)) = tail.iter().enumerate().filter(begins).nth(chars) {
        out.truncate(mark + cut);
    }
}

/// What becomes of a value that its mask cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Mask,
    Keep,
    Null,
}

impl Then {
    fn remedy(self) -> Remedy {
        match self {
            Then::Mask => Remedy::Shape,
            Then::Keep => Remedy::Kept,
            Then::Null => Remedy::Null,
        }
    }
}

/// Takes care of values that the mask refuses.
#[derive(Debug)]
struct OnInvalid {
    inner: Box<dyn Mask>,
    then: Then,
    key: DomainKey,
    alphabet: Alphabet,
}

impl Mask for OnInvalid {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        if let Ok(masked) = self.inner.mask(cell, out) {
            return Ok(masked);
        }
        out.truncate(mark);
        cell.around.note(Note::Invalid(self.then.remedy()));
        Ok(match self.then {
            Then::Mask => {
                self.shape(cell, out);
                Masked::Value
            }
            Then::Keep => Masked::Same,
            Then::Null => Masked::Null,
        })
    }
}

impl OnInvalid {
    /// Appends something of the same shape: digits for digits, letters for letters of the same script and case, all else as
    /// it is. Among the values of that shape that the mask refuses it is a permutation, so that what differed still does:
    /// the walk goes on until the mask refuses the result too.
    fn shape(&self, cell: Cell<'_>, out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(cell.value);
        if cell.is_seeded() {
            return drawn(&self.key, &self.alphabet, &text, cell.seed, out);
        }
        let mark = out.len();
        permute(&self.key, &self.alphabet, &text, Way::There, out);
        for _ in 0..WALK {
            let made = String::from_utf8_lossy(out.get(mark..).unwrap_or_default()).into_owned();
            let refused = self.inner.mask(cell.with(made.as_bytes()), out).is_err();
            out.truncate(mark);
            if refused {
                out.extend_from_slice(made.as_bytes());
                return;
            }
            permute(&self.key, &self.alphabet, &made, Way::There, out);
        }
    }
}

/// The longest walk: where nearly every text of a shape is one that the mask takes, the few others may meet.
const WALK: usize = 10_000;
