//! map_file: replacements of one's own, from a file of two columns.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::fixed::literal::wrong_for;
use super::super::key::DomainKey;
use super::super::pseudonym::letters::{self, Alphabet};
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::source::{self, Source};

/// `map_file`
pub(super) const DEFINITION: Definition = Definition {
    name: "map_file",
    summary: "replacements of your own, from a CSV or TSV file: original, replacement",
    accepts: "every type; the replacements must be values of it",
    distinct: "yes, where all replacements differ and other values end the run or become NULL",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "map_file",
    options: &[
        OptionDefinition {
            name: "file",
            kind: OptionKind::File,
            default: "required",
            summary: "UTF-8, two columns, quoted as in RFC 4180; an original must not stand there twice",
        },
        OptionDefinition {
            name: "separator",
            kind: OptionKind::Choice(&["comma", "semicolon", "tab", "pipe"]),
            default: "tab in *.tsv and *.tab, else comma",
            summary: "what stands between the columns",
        },
        OptionDefinition { name: "header", kind: OptionKind::Boolean, default: "false", summary: "the first line names the columns" },
        OptionDefinition {
            name: "otherwise",
            kind: OptionKind::Choice(&["error", "keep", "null", "mask"]),
            default: "error",
            summary: "what becomes of a value that the file has not: the end of the run, itself, NULL, other characters of the same shape",
        },
    ],
    example: Example::of(r#"{ mask = "map_file", file = "example:towns.csv" }"#, "text", "Paris"),
    build: map_file,
};

const UNKNOWN: Refusal = Refusal { expected: "a value that the file has (or the option otherwise)" };

/// What becomes of a value that the file has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Error,
    Keep,
    Null,
    Mask,
}

/// Where a pair stands in the text: original from, replacement from, end.
type Entry = [u32; 3];

/// Originals and replacements, sorted by original, in one piece of memory.
#[derive(Debug, Default)]
struct Table {
    text: Vec<u8>,
    entries: Vec<Entry>,
}

impl Table {
    fn part(&self, from: u32, to: u32) -> &[u8] {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    fn original(&self, entry: Entry) -> &[u8] {
        self.part(entry[0], entry[1])
    }

    fn replacement(&self, entry: Entry) -> &[u8] {
        self.part(entry[1], entry[2])
    }

    fn get(&self, value: &[u8]) -> Option<&[u8]> {
        let at = self.entries.binary_search_by(|entry| self.original(*entry).cmp(value)).ok()?;
        self.entries.get(at).map(|entry| self.replacement(*entry))
    }
}

/// Replaces.
#[derive(Debug)]
struct MapFile {
    table: Table,
    otherwise: Otherwise,
    key: DomainKey,
    alphabet: Alphabet,
}

impl Mask for MapFile {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        if let Some(replacement) = self.table.get(cell.seed) {
            out.extend_from_slice(replacement);
            return Ok(Masked::Value);
        }
        match self.otherwise {
            Otherwise::Error => Err(UNKNOWN),
            Otherwise::Keep => Ok(Masked::Same),
            Otherwise::Null => Ok(Masked::Null),
            Otherwise::Mask => {
                letters::drawn(&self.key, &self.alphabet, &String::from_utf8_lossy(cell.value), cell.seed, out);
                Ok(Masked::Value)
            }
        }
    }
}

fn refuse(message: String, help: Option<String>) -> BuildError {
    BuildError::of("file", format!("option \"file\": {message}"), help)
}

/// Reads the pairs of a file, each with its line.
fn read(request: &Request<'_>, source: &Source, separator: u8) -> Result<Table, BuildError> {
    let at = |line: u64, message: &str| refuse(format!("{}:{line}: {message}", source.name), None);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(request.flag("header"))
        .flexible(true)
        .trim(Trim::None)
        .from_reader(source.text.as_bytes());
    let mut table = Table::default();
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    // The text was found to be UTF-8 and records may have any number of fields, so that reading cannot fail.
    while reader.read_record(&mut record).map_err(|error| refuse(format!("{}: {error}", source.name), None))? {
        let line = record.position().map_or(0, |position| position.line() + blank_lines(&source.text, position.byte()));
        let (Some(original), Some(replacement), 2) = (record.get(0), record.get(1), record.len()) else {
            let expected = format!("expected 2 fields with {:?} between them, found {}", char::from(separator), record.len());
            return Err(at(line, &expected));
        };
        if let Some((wrong, help)) = wrong_for(request.target, replacement) {
            return Err(refuse(format!("{}:{line}: {wrong}", source.name), help));
        }
        if request.target.charset.encode(replacement).is_none() {
            return Err(at(line, &format!("the dump's encoding {} cannot write the replacement", request.target.charset.name())));
        }
        let place = |text: &Vec<u8>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let from = place(&table.text);
        table.text.extend_from_slice(original.as_bytes());
        let middle = place(&table.text);
        table.text.extend_from_slice(replacement.as_bytes());
        lines.push(line);
        table.entries.push([from, middle, place(&table.text)]);
    }
    if table.entries.is_empty() {
        return Err(refuse(format!("{:?} holds no replacement", source.name), None));
    }
    sort(&mut table, &lines).map_err(|(first, again)| at(again, &format!("the original stands already in line {first}")))?;
    Ok(table)
}

/// How many empty lines stand at a place: the reader passes over them, but takes the first for the start of a record.
fn blank_lines(text: &str, byte: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|byte| **byte == b'\n').count() as u64
}

/// Sorts the entries; an error holds the lines of two that have one original.
fn sort(table: &mut Table, lines: &[u64]) -> Result<(), (u64, u64)> {
    let mut order: Vec<(Entry, u64)> = table.entries.iter().copied().zip(lines.iter().copied()).collect();
    order.sort_by(|(a, _), (b, _)| table.original(*a).cmp(table.original(*b)));
    let twice = order.windows(2).find_map(|pair| match pair {
        [(a, first), (b, again)] if table.original(*a) == table.original(*b) => Some((*first, *again)),
        _ => None,
    });
    if let Some(lines) = twice {
        return Err(lines);
    }
    table.entries = order.into_iter().map(|(entry, _)| entry).collect();
    Ok(())
}

/// Whether no two replacements are equal, also when folded to lower case.
fn all_differ(table: &Table) -> bool {
    let mut replacements: Vec<String> =
        table.entries.iter().map(|entry| String::from_utf8_lossy(table.replacement(*entry)).to_lowercase()).collect();
    replacements.sort_unstable();
    replacements.windows(2).all(|pair| pair.first() != pair.get(1))
}

/// `map_file`: any type.
pub fn map_file(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let path = request.text("file").unwrap_or_default();
    let tabs = [".tsv", ".tab"].iter().any(|ending| path.to_ascii_lowercase().ends_with(ending));
    let separator = match request.text("separator") {
        Some("semicolon") => b';',
        Some("pipe") => b'|',
        Some("comma") => b',',
        Some(_) => b'\t',
        None if tabs => b'\t',
        None => b',',
    };
    let otherwise = match request.text("otherwise") {
        Some("keep") => Otherwise::Keep,
        Some("null") if request.target.not_null => {
            return Err(BuildError::of("otherwise", "the column is NOT NULL", Some("use \"error\", \"keep\" or \"mask\"".into())));
        }
        Some("null") => Otherwise::Null,
        Some("mask") if !request.target.is_text() => {
            let message = format!("other characters of the same shape may be no value of type {}", request.target.type_name);
            return Err(BuildError::of("otherwise", message, Some("use \"error\", \"keep\" or \"null\"".into())));
        }
        Some("mask") => Otherwise::Mask,
        _ => Otherwise::Error,
    };
    let source = source::read(request, "file", path)?;
    let table = read(request, &source, separator)?;
    let distinct = match otherwise {
        Otherwise::Error | Otherwise::Null if all_differ(&table) => Distinct::Kept,
        _ => Distinct::Lost,
    };
    let mut hasher = blake3::Hasher::new();
    for entry in &table.entries {
        for part in [table.original(*entry), table.replacement(*entry)] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
    }
    // The domain counts only where something is made by its key.
    let domain = if otherwise == Otherwise::Mask { request.domain } else { "" };
    let fingerprint = format!("map_file {} {otherwise:?} {domain}", hasher.finalize().to_hex());
    let alphabet = Alphabet::plain(request.target.charset);
    Ok(request.bound(MapFile { table, otherwise, key: request.key.clone(), alphabet }, distinct, fingerprint))
}
