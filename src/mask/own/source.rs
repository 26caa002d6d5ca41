//! Files of one's own: found from the directory of the rules file on, read whole, UTF-8.

use std::fs;
use std::io::Read;

use super::super::registry::{BuildError, Request};

/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// What stands before the name of an example that ships with the program.
const EXAMPLE: &str = "example:";

/// The examples: for `pgveil masks`, and to try a rule with.
const EXAMPLES: &[(&str, &str)] = &[("towns.txt", include_str!("towns.txt")), ("towns.csv", include_str!("towns.csv"))];

/// The text of a file.
#[derive(Debug)]
pub struct Source {
    /// As the rule names it.
    pub name: String,
    /// Without a byte order mark.
    pub text: String,
}

/// Reads a file that an option names.
///
/// # Errors
/// It cannot be read, is no file, is too large or no UTF-8: with its name, and the line where there is one.
pub fn read(request: &Request<'_>, option: &str, path: &str) -> Result<Source, BuildError> {
    let refuse =
        |message: String, help: Option<&str>| BuildError::of(option, format!("option {option:?}: {message}"), help.map(str::to_owned));
    if let Some(name) = path.strip_prefix(EXAMPLE) {
        let known = EXAMPLES.iter().find(|(known, _)| *known == name);
        let (_, text) = known.ok_or_else(|| {
            let names: Vec<String> = EXAMPLES.iter().map(|(known, _)| format!("{EXAMPLE}{known}")).collect();
            refuse(format!("no example is called {path:?}, expected one of {}", names.join(", ")), None)
        })?;
        return Ok(Source { name: path.to_owned(), text: (*text).to_owned() });
    }
    let whole = request.env.directory.join(path);
    let cannot =
        |error: &std::io::Error| refuse(format!("cannot read {path:?}: {error}"), Some("paths begin at the directory of the rules file"));
    let about = fs::metadata(&whole).map_err(|error| cannot(&error))?;
    if !about.is_file() {
        return Err(refuse(format!("{path:?} is no file"), None));
    }
    let large = || refuse(format!("{path:?} is larger than {} MiB", LARGEST >> 20), None);
    if about.len() > LARGEST {
        return Err(large());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(&whole).map_err(|error| cannot(&error))?;
    // It may have grown since it was looked at.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(large());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = lines_before(error.as_bytes(), error.utf8_error().valid_up_to());
        refuse(format!("{path}:{line}: this is no UTF-8"), Some("convert the file to UTF-8"))
    })?;
    if let Some(at) = text.find('\0') {
        let line = lines_before(text.as_bytes(), at);
        return Err(refuse(format!("{path}:{line}: found a NUL character, which PostgreSQL takes nowhere"), None));
    }
    Ok(Source { name: path.to_owned(), text })
}

/// The number of the line that holds a byte.
fn lines_before(bytes: &[u8], at: usize) -> usize {
    1 + bytes.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
}

impl Source {
    /// Its lines without the blanks around them; empty ones are left out.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty())
    }
}
