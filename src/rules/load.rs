//! From the `-r` options to one set of rules: files, presets, and what they include, laid over one another.
//!
//! Knows how files hang together, and leaves what stands in them to [`super::file`].
//!
//! The order in which rules win is that of the text if each file stood behind what it includes. It is walked from its end,
//! so that a file which is reached twice is read once, at the place where it counts.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{self, File};
use super::preset::{name_of, presets};
use super::reader::{Reader, did_you_mean, quoted};
use super::{ColumnRule, Defaults, Rules, TableRule, Unlisted};
use crate::error::{At, Error, Result, RuleError};

/// A rules file that is larger is something else.
const MAX_BYTES: u64 = 16 << 20;

/// Files and presets of one run.
const MAX_FILES: usize = 256;

/// Reads the rules of a run. Each source is one `-r`: a path or `preset:NAME`. Later sources win.
///
/// # Errors
/// [`Error::Rules`] with all mistakes of all files; a file that cannot be read is one.
pub fn load(sources: &[String]) -> Result<Rules> {
    load_from(&Disk, sources)
}

/// Reads one text, named `file` in messages. It can include presets, but no files: nothing is read from the disk.
///
/// # Errors
/// [`Error::Rules`] with all mistakes.
pub fn parse(file: &str, text: &str) -> Result<Rules> {
    load_from(&Memory(BTreeMap::from([(file, text.as_bytes())])), &[file.to_owned()])
}

/// Where files come from.
pub(super) trait Files {
    /// The whole file, or its first `MAX_BYTES + 1` bytes.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
    /// The same for each way to write the path of one file.
    fn identity(&self, path: &str) -> PathBuf;
}

/// The file system.
struct Disk;

/// Files by their paths, for tests and fuzzing.
pub(super) struct Memory<'a>(pub(super) BTreeMap<&'a str, &'a [u8]>);

impl Files for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn identity(&self, path: &str) -> PathBuf {
        // A pipe (`-r <(command)`) has no path of its own.
        fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path))
    }
}

impl Files for Memory<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).map(|bytes| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn identity(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

/// [`load`], from wherever the files come.
pub(super) fn load_from(files: &dyn Files, sources: &[String]) -> Result<Rules> {
    let mut loader = Loader { files, layers: Vec::new(), open: Vec::new(), done: HashSet::new() };
    let mut mistakes = Vec::new();
    for source in sources.iter().rev() {
        if let Err(mistake) = loader.visit(source, source, None) {
            mistakes.push(mistake);
        }
    }
    mistakes.reverse();
    for layer in loader.layers.iter_mut().rev() {
        layer.mistakes.sort_by(|a, b| a.at.cmp(&b.at));
        mistakes.append(&mut layer.mistakes);
    }
    if mistakes.is_empty() { Ok(merge(loader.layers)) } else { Err(Error::Rules(mistakes)) }
}

/// One file on its way into the rules.
struct Layer {
    file: File,
    preset: bool,
    mistakes: Vec<RuleError>,
}

/// What a source is, told apart from every other way to write it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Preset(&'static str),
    File(PathBuf),
}

/// Why a source cannot be had: what was found and expected, what to do.
type Refusal = (String, Option<String>);

struct Loader<'a> {
    files: &'a dyn Files,
    /// The highest first.
    layers: Vec<Layer>,
    /// The files whose includes are being followed, outermost first.
    open: Vec<Identity>,
    done: HashSet<Identity>,
}

impl Loader<'_> {
    /// Reads a source, named `label`, and all that it includes. The mistake that it gives is about the name at `at`;
    /// those inside the file stay with its layer.
    fn visit(&mut self, written: &str, label: &str, at: Option<At>) -> Result<(), RuleError> {
        let mistake = |message: String, help: Option<String>| RuleError { at: at.clone(), message, help };
        let identity = self.identify(label).map_err(|(message, help)| mistake(message, help))?;
        if self.open.contains(&identity) {
            return Err(mistake(format!("{} includes itself, expected no circle of includes", quoted(written)), None));
        }
        if self.done.contains(&identity) {
            return Ok(());
        }
        let bytes = self.fetch(&identity, label).map_err(|(message, help)| mistake(message, help))?;
        self.done.insert(identity.clone());
        if self.layers.len() >= MAX_FILES {
            return Err(mistake(format!("there are more than {MAX_FILES} rules files, expected fewer"), None));
        }
        let label: Arc<str> = Arc::from(label);
        let (mut file, mistakes) = decode(&label, &bytes).map_or_else(|bad| (File::default(), vec![bad]), |text| file::read(&label, text));
        let includes = std::mem::take(&mut file.includes);
        let slot = self.layers.len();
        let preset = matches!(identity, Identity::Preset(_));
        self.layers.push(Layer { file, preset, mistakes });
        self.open.push(identity);
        for include in includes.iter().rev() {
            let path = if name_of(&include.value).is_some() { include.value.clone() } else { beside(&label, &include.value) };
            if let Err(mistake) = self.visit(&include.value, &path, Some(include.at.clone()))
                && let Some(layer) = self.layers.get_mut(slot)
            {
                layer.mistakes.push(mistake);
            }
        }
        self.open.pop();
        Ok(())
    }

    /// Tells what a source is; or says in fact and remedy why there is none.
    fn identify(&self, label: &str) -> Result<Identity, Refusal> {
        let Some(name) = name_of(label) else { return Ok(Identity::File(self.files.identity(label))) };
        if let Some(preset) = presets().iter().find(|preset| preset.name == name) {
            return Ok(Identity::Preset(preset.name));
        }
        let known: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
        Err((format!("there is no preset {}, expected one of {}", quoted(name), known.join(", ")), did_you_mean(name, &known)))
    }

    /// Reads a source; or says in fact and remedy why not.
    fn fetch(&self, identity: &Identity, label: &str) -> Result<Cow<'static, [u8]>, Refusal> {
        if let Identity::Preset(name) = identity {
            let text = presets().iter().find(|preset| preset.name == *name).map_or("", |preset| preset.text);
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        match self.files.read(label) {
            Ok(bytes) if bytes.len() as u64 > MAX_BYTES => {
                Err((format!("{} is larger than {} MiB, expected a rules file", quoted(label), MAX_BYTES >> 20), None))
            }
            Ok(bytes) => Ok(Cow::Owned(bytes)),
            Err(error) => {
                let preset = presets().iter().find(|preset| preset.name == label);
                let help = preset.map(|preset| format!("did you mean \"preset:{}\"?", preset.name));
                Err((format!("cannot read {}: {}", quoted(label), reason(&error)), help))
            }
        }
    }
}

/// What the system said, in the words of a message.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory, expected a file".to_owned(),
        _ => error.to_string(),
    }
}

/// A path as it stands in the file `label`.
fn beside(label: &str, path: &str) -> String {
    Path::new(label).parent().unwrap_or(Path::new("")).join(path).to_string_lossy().into_owned()
}

fn decode<'b>(label: &Arc<str>, bytes: &'b [u8]) -> Result<&'b str, RuleError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let reader = Reader::new(Arc::clone(label), valid);
        let at = reader.at(reader.text().len().min(error.valid_up_to()));
        RuleError {
            at: Some(at),
            message: "the file is not UTF-8, expected a TOML text".to_owned(),
            help: Some("save it as UTF-8".to_owned()),
        }
    })
}

/// Lays the layers over one another, numbers them and their rules.
fn merge(layers: Vec<Layer>) -> Rules {
    let mut rules = Rules { given: !layers.is_empty(), ..Rules::default() };
    let mut unlisted = None;
    for (number, layer) in layers.into_iter().rev().enumerate() {
        let File {
            includes: _,
            locale,
            timezone,
            unlisted: stated,
            mut columns,
            mut tables,
            subset,
            mut only,
            mut objects,
            unsatisfied,
            large_objects,
        } = layer.file;
        rules.defaults.locale = locale.or(rules.defaults.locale.take());
        rules.defaults.timezone = timezone.or(rules.defaults.timezone.take());
        unlisted = stated.or(unlisted);
        if !subset.is_empty() {
            rules.subset = subset;
        }
        let mark = |rule: &mut ColumnRule| (rule.layer, rule.preset) = (number, layer.preset);
        columns.iter_mut().for_each(mark);
        for table in &mut tables {
            (table.layer, table.preset) = (number, layer.preset);
            table.all_columns_mut().for_each(mark);
        }
        objects.iter_mut().for_each(|rule| (rule.layer, rule.preset) = (number, layer.preset));
        rules.only.append(&mut only);
        rules.objects.append(&mut objects);
        rules.large_objects = large_objects.or(rules.large_objects);
        rules.unsatisfied = unsatisfied.or(rules.unsatisfied.take());
        rules.columns.append(&mut columns);
        rules.tables.append(&mut tables);
    }
    rules.defaults = Defaults { unlisted: unlisted.unwrap_or(Unlisted::default()), ..rules.defaults };
    rules.tables.iter_mut().enumerate().for_each(|(id, table)| table.id = id);
    let under_tables = rules.tables.iter_mut().flat_map(TableRule::all_columns_mut);
    rules.columns.iter_mut().chain(under_tables).enumerate().for_each(|(id, rule)| rule.id = id);
    rules
}
