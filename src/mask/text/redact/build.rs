//! The rule of redact: options read, masks bound.

use super::super::super::fit::{self, Target};
use super::super::super::own::source;
use super::super::super::registry::{self, BuildError, Definition, Example, OptionDefinition, OptionKind, OptionValue, Request};
use super::super::super::{Bound, Distinct, Reading};
use super::super::detect::{Kind, Kinds};
use super::super::vocabulary::Vocabulary;
use super::{Action, Child, NAME, Names, Redact, WORD, label};
use crate::name::nearest;

/// `redact`
pub(in super::super) const DEFINITION: Definition = Definition {
    name: "redact",
    summary: "replaces what free text holds of personal data, and leaves the rest",
    accepts: "text",
    distinct: "no: two texts may become one",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[
        OptionDefinition {
            name: "detect",
            kind: OptionKind::Words,
            default: "all of them",
            summary: "what is looked for: email, phone, iban, credit_card, nir, siret, siren, ip, url, date",
        },
        OptionDefinition {
            name: "with",
            kind: OptionKind::Mask,
            default: "label",
            summary: "label: [email]; pseudonym: what the mask of that kind gives for the same value, and a label where there is none; \
                      a mask; or a text (no bare word in lower case)",
        },
        OptionDefinition {
            name: "masks",
            kind: OptionKind::Masks,
            default: "as with says",
            summary: "masks for some kinds, and for word: { email = { mask = \"email\", domain = \"people\" }, word = \"last_name\" }",
        },
        OptionDefinition {
            name: "words",
            kind: OptionKind::Words,
            default: "none",
            summary: "words that are looked for, case and accents aside",
        },
        OptionDefinition { name: "file", kind: OptionKind::File, default: "none", summary: "a file of such words, one a line" },
        OptionDefinition {
            name: "row",
            kind: OptionKind::Words,
            default: "none",
            summary: "columns of the row's own people (names, e-mail address, phone): what they hold is found in any order, case or \
                      accents, and becomes what they have then (or a label)",
        },
    ],
    example: Example {
        rule: r#"{ mask = "redact", row = ["first_name"] }"#,
        column_type: "text",
        before: "Vu ZOÉ hier. Rappeler au 06 12 34 56 78, écrire à z.lefevre@laposte.net",
        row: &[("first_name", "text", "Zoé")],
    },
    build: redact,
};

/// What `with` says.
enum With<'r> {
    Label,
    Pseudonym,
    Rule(&'r OptionValue),
    Text(&'r str),
}

/// The mask whose pseudonyms stand for a kind. One that does not exist, or does not fit, leaves a label.
fn usual(kind: Kind) -> &'static str {
    match kind {
        Kind::Date => "date_shift",
        kind => kind.name(),
    }
}

/// Binds what a rule asks for, one reading after the other.
struct Builder<'r> {
    request: &'r Request<'r>,
    reads: Vec<Reading>,
    fingerprint: String,
}

impl Builder<'_> {
    /// Binds a mask to pieces of a kind: as text, or as the type that the kind has in the database.
    fn child(&mut self, kind: Option<Kind>, rule: &OptionValue, otherwise: Option<Vec<u8>>) -> Result<Action, BuildError> {
        let text = self.request.target.any_text();
        let typed = |kind: fit::Kind, name: &str| Target { kind, type_name: name.into(), ..text.clone() };
        let natural = match kind {
            Some(Kind::Ip) => Some(typed(fit::Kind::Inet, "inet")),
            Some(Kind::Date) => Some(typed(fit::Kind::Date, "date")),
            _ => None,
        };
        let bound = natural.as_ref().and_then(|target| self.request.child(rule, target, false).ok());
        let iso = bound.is_some() && kind == Some(Kind::Date);
        let bound = match bound {
            Some(bound) => bound,
            None => self.request.child(rule, &text, false)?,
        };
        self.fingerprint.push_str(&format!(" {kind:?} ({})", bound.fingerprint));
        let from = self.reads.len();
        self.reads.extend(bound.reads);
        Ok(Action::Child(Child { mask: bound.mask, from, iso, otherwise }))
    }

    /// What becomes of a kind; `None` for the words of the list.
    fn action(&mut self, kind: Option<Kind>, with: &With<'_>) -> Result<Action, BuildError> {
        let name = kind.map_or(WORD, Kind::name);
        let mut labelled = Vec::new();
        label(name, &mut labelled);
        if let Some((_, rule)) = self.request.table("masks").iter().find(|(key, _)| key == name) {
            return self.child(kind, rule, None).map_err(|error| error.under(name).under("masks"));
        }
        match (with, kind) {
            (With::Rule(rule), _) => self.child(kind, rule, None).map_err(|error| error.under("with")),
            (With::Text(text), _) => Ok(Action::Text(text.as_bytes().to_vec())),
            (With::Pseudonym, Some(kind)) if registry::find(usual(kind)).is_some() => {
                let rule = OptionValue::Text(usual(kind).into());
                Ok(self.child(Some(kind), &rule, Some(labelled.clone())).unwrap_or(Action::Text(labelled)))
            }
            (With::Label | With::Pseudonym, _) => Ok(Action::Text(labelled)),
        }
    }
}

fn with<'r>(request: &'r Request<'_>) -> Result<With<'r>, BuildError> {
    let rule = match request.option("with") {
        None => return Ok(With::Label),
        Some(rule) => rule,
    };
    let OptionValue::Text(text) = rule else { return Ok(With::Rule(rule)) };
    match text.as_str() {
        "label" => return Ok(With::Label),
        "pseudonym" => return Ok(With::Pseudonym),
        name if registry::find(name).is_some() => return Ok(With::Rule(rule)),
        _ => {}
    }
    // A misspelt name must not become a text.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        let names = ["label", "pseudonym"].into_iter().chain(registry::all().iter().map(|known| known.name));
        let message = format!("option \"with\": {text:?} is neither \"label\" nor \"pseudonym\" nor the name of a mask");
        let help = nearest(text, names).map_or_else(|| format!("for a text write \"[{text}]\""), |near| format!("did you mean {near:?}?"));
        return Err(BuildError::of("with", message, Some(help)));
    }
    let charset = request.target.charset;
    if charset.encode(text).is_none() || text.contains('\0') {
        let message = format!("option \"with\": the dump's encoding {} cannot write it", charset.name());
        return Err(BuildError::of("with", message, Some("use ASCII".into())));
    }
    Ok(With::Text(text))
}

/// `detect`: all kinds where it is not given.
fn kinds(request: &Request<'_>) -> Result<Kinds, BuildError> {
    let Some(names) = request.words("detect") else { return Ok(Kinds::all()) };
    let kind = |name: &str| {
        Kind::of_name(name).ok_or_else(|| {
            let known = || Kind::ALL.into_iter().map(Kind::name);
            let message = format!("option \"detect\": unknown kind {name:?}, expected some of {}", known().collect::<Vec<_>>().join(", "));
            BuildError::of("detect", message, nearest(name, known()).map(|near| format!("did you mean {near:?}?")))
        })
    };
    names.into_iter().map(kind).collect()
}

/// The columns of the row's people.
fn row<'r>(request: &'r Request<'_>) -> Result<Vec<&'r str>, BuildError> {
    let names = request.words("row").unwrap_or_default();
    for name in &names {
        if name.starts_with("@.") || name.starts_with("$.") {
            if !request.env.document {
                let message = format!("option \"row\": {name:?} is inside a document, and the value is in none");
                return Err(BuildError::of("row", message, Some("name columns of the row".into())));
            }
        } else if request.column(name).is_none() {
            let help =
                nearest(name, request.env.columns.iter().map(|(known, _)| known.as_str())).map(|near| format!("did you mean {near:?}?"));
            return Err(BuildError::of("row", format!("option \"row\": the table has no column {name:?}"), help));
        }
    }
    Ok(names)
}

/// `words` and `file`, and what tells them from others.
fn vocabulary(request: &Request<'_>) -> Result<Option<(Vocabulary, String)>, BuildError> {
    let file = match request.text("file") {
        Some(path) => Some(source::read(request, "file", path)?),
        None => None,
    };
    let own = request.words("words");
    if file.is_none() && own.is_none() {
        return Ok(None);
    }
    let words: Vec<&str> = own.into_iter().flatten().chain(file.iter().flat_map(|file| file.iter())).collect();
    let option = if file.is_some() { "file" } else { "words" };
    let refuse = |message: String| BuildError::of(option, format!("option {option:?}: {message}"), None);
    let made =
        Vocabulary::new(words.iter().copied()).map_err(&refuse)?.ok_or_else(|| refuse("there is no word, expected at least one".into()))?;
    let mut hasher = blake3::Hasher::new();
    words.iter().for_each(|word| {
        hasher.update(word.as_bytes()).update(b"\n");
    });
    Ok(Some((made, hasher.finalize().to_hex().to_string())))
}

/// Refuses masks for what is not looked for.
fn check_masks(request: &Request<'_>, kinds: Kinds, words: bool) -> Result<(), BuildError> {
    for (name, _) in request.table("masks") {
        let (known, wanted) = match Kind::of_name(name) {
            Some(kind) => (true, kinds.has(kind)),
            None => (name == WORD, words),
        };
        let under = |message: String, help| BuildError::of(name, message, help).under("masks");
        if !known {
            let names = || Kind::ALL.into_iter().map(Kind::name).chain([WORD]);
            let message = format!("option \"masks\": unknown kind {name:?}, expected some of {}", names().collect::<Vec<_>>().join(", "));
            return Err(under(message, nearest(name, names()).map(|near| format!("did you mean {near:?}?"))));
        }
        if !wanted {
            let option = if name == WORD { "words" } else { "detect" };
            let message = format!("option \"masks\": {name:?} is not looked for");
            return Err(under(message, Some(format!("name it in {option:?}, or leave its mask out"))));
        }
    }
    Ok(())
}

/// `redact`: text of any length.
fn redact(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let (kinds, with, row, list) = (kinds(request)?, with(request)?, row(request)?, vocabulary(request)?);
    check_masks(request, kinds, list.is_some())?;
    if kinds == Kinds::default() && row.is_empty() && list.is_none() {
        return Err(BuildError::of("detect", "nothing is looked for", Some("name a kind, or leave the option out".into())));
    }
    // The row's readings stand first, two for each column.
    let reads = row.iter().flat_map(|of| [false, true].map(|masked| Reading { of: (*of).to_owned(), masked })).collect();
    let mut builder = Builder { request, reads, fingerprint: String::new() };
    let mut actions = Vec::new();
    for kind in Kind::ALL {
        actions.push(if kinds.has(kind) { Some(builder.action(Some(kind), &with)?) } else { None });
    }
    let mut told = String::new();
    let vocabulary = match list {
        Some((vocabulary, hash)) => {
            told = hash;
            Some((vocabulary, builder.action(None, &with)?))
        }
        None => None,
    };
    let (names, how) = match with {
        With::Label => (Names::Label, "label".to_owned()),
        With::Text(text) => (Names::Text(text.as_bytes().to_vec()), format!("text {text:?}")),
        With::Pseudonym | With::Rule(_) => (Names::Masked, NAME.to_owned()),
    };
    let search = if row.is_empty() { kinds } else { kinds.and(Kind::Email).and(Kind::Phone) };
    let charset = request.target.charset;
    let fingerprint = format!("redact {kinds:?} {how} {row:?} {told}{} {}", builder.fingerprint, request.max_chars());
    let mask = Redact {
        kinds,
        search,
        actions,
        vocabulary,
        columns: row.len(),
        names,
        charset,
        accents: charset.encode("éû").is_some(),
        max: request.max_chars(),
    };
    Ok(request.bound(mask, Distinct::Lost, fingerprint).reading(builder.reads))
}
