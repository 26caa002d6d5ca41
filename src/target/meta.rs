//! psql's backslash commands, as far as a dump has them: `\connect` read and written, fresh keys for `\restrict`.

use crate::error::{Error, Result};
use crate::name::Name;

/// How many characters a key of `\restrict` has (`generate_restrict_key` in src/bin/pg_dump/dumputils.c).
const KEY_LENGTH: usize = 63;

/// The characters of a key.
const KEY_CHARACTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A fresh key, which nobody can know who wrote the data.
///
/// # Errors
/// The system has no randomness to give.
pub fn key() -> Result<String> {
    let mut key = String::with_capacity(KEY_LENGTH);
    let mut bytes = [0u8; 2 * KEY_LENGTH];
    while key.len() < KEY_LENGTH {
        getrandom::fill(&mut bytes).map_err(|error| Error::io("draw a key for \\restrict", std::io::Error::other(error.to_string())))?;
        // What does not divide evenly is drawn again, so that every character is as likely as any other.
        let fair = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| KEY_CHARACTERS.get(usize::from(byte % 62)));
        key.extend(fair.take(KEY_LENGTH - key.len()).map(|byte| char::from(*byte)));
    }
    Ok(key)
}

/// The command of a line, from its backslash to its line end: `\connect`.
pub fn command(line: &str) -> &str {
    line.split_ascii_whitespace().next().unwrap_or_default()
}

/// The database that a `\connect` line names. `None` where it names none, or in a way that is not followed.
/// (psqlscanslash.l; `appendPsqlMetaConnect` in src/fe_utils/string_utils.c.)
pub fn connected(line: &str) -> Option<Name> {
    let rest = line.trim_end().strip_prefix(command(line))?;
    let mut words = arguments(rest)?;
    if words.first().is_some_and(|word| word.starts_with("-reuse-previous=")) {
        words.remove(0);
    }
    let first = words.into_iter().next().filter(|word| !word.is_empty() && word != "-")?;
    match first.strip_prefix("dbname=") {
        Some(value) => connection_value(value).map(Name::new),
        // Other connection strings lead elsewhere.
        None if first.contains('=') || first.starts_with("postgres://") || first.starts_with("postgresql://") => None,
        None => Some(Name::new(first)),
    }
}

/// The arguments of a command: apart by blanks, quotes taken off.
fn arguments(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut open) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                open = true;
                loop {
                    match chars.next()? {
                        '"' if chars.peek() == Some(&'"') => {
                            chars.next();
                            word.push('"');
                        }
                        '"' => break,
                        c => word.push(c),
                    }
                }
            }
            // pg_dump writes no other quotes.
            '\'' => return None,
            c if c.is_ascii_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            c => {
                open = true;
                word.push(c);
            }
        }
    }
    if open {
        words.push(word);
    }
    Some(words)
}

/// A value of a connection string (`conninfo_parse` in src/interfaces/libpq/fe-connect.c), which must be the last.
fn connection_value(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('\'') else {
        return (!text.contains([' ', '\\', '\''])).then(|| text.to_owned());
    };
    let mut value = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next()? {
            '\\' => value.push(chars.next()?),
            '\'' => return chars.as_str().trim().is_empty().then_some(value),
            c => value.push(c),
        }
    }
}

/// Whether a name needs a connection string around it.
pub fn is_complex(name: &str) -> bool {
    !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// A `\connect` line for a database, as pg_dump writes it (`appendPsqlMetaConnect`), with its line end.
pub fn connect(name: &str) -> String {
    if !is_complex(name) {
        return format!("\\connect {}\n", super::quote::identifier(name));
    }
    let value = format!("dbname='{}'", name.replace('\\', "\\\\").replace('\'', "\\'"));
    format!("\\connect -reuse-previous=on \"{}\"\n", value.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_that_are_connected_to() {
        for (line, name) in [
            ("\\connect api\n", Some("api")),
            ("\\c Api\r\n", Some("Api")),
            ("\\connect \"user\"\n", Some("user")),
            ("\\connect -reuse-previous=on \"dbname='x y'\"\n", Some("x y")),
            ("\\connect -reuse-previous=on \"dbname='we ird\\'D\"\"B=x; -- y'\"\n", Some("we ird'D\"B=x; -- y")),
            ("\\connect db user host 5432\n", Some("db")),
            ("\\connect dbname=a\n", Some("a")),
            ("\\connect -\n", None),
            ("\\connect\n", None),
            ("\\connect 'x'\n", None),
            ("\\connect \"open\n", None),
            ("\\connect \"dbname=a host=b\"\n", None),
            ("\\connect postgres://x/y\n", None),
        ] {
            assert_eq!(connected(line), name.map(Name::new), "{line}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for name in ["api", "user", "a.b", "x y", "we ird'D\"B=x; -- y", "back\\slash", "é", "a=b", "-x"] {
            assert_eq!(connected(&connect(name)), Some(Name::new(name)), "{}", connect(name));
        }
        assert_eq!(connect("api_staging"), "\\connect api_staging\n");
        assert_eq!(connect("x y"), "\\connect -reuse-previous=on \"dbname='x y'\"\n");
    }

    #[test]
    fn keys_are_long_and_fresh() {
        let (one, other) = (key().expect("draws"), key().expect("draws"));
        assert!(one.len() == 63 && one.bytes().all(|b| b.is_ascii_alphanumeric()) && one != other);
    }
}
