//! Identifiers: decoding, quoting and case folding, done once and here; and the patterns of them that flags take.

mod pattern;

use std::fmt;

pub use pattern::NamePattern;

/// An identifier as PostgreSQL stores it: unquoted, case folded, decoded to Unicode.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// A relation by its schema and name. Where a script names none, the schema comes from its `search_path`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationName {
    /// The database, in what is told of a script with several; `None` everywhere else.
    pub database: Option<Name>,
    /// The schema.
    pub schema: Name,
    /// The name within the schema.
    pub name: Name,
}

impl Name {
    /// Takes an identifier as it is stored: already unquoted and folded.
    pub fn new(stored: impl Into<Box<str>>) -> Name {
        Name(stored.into())
    }

    /// Takes an identifier as it is written without quotes: PostgreSQL folds ASCII letters to lower case.
    /// (`downcase_identifier` in src/backend/parser/scansup.c; bytes above ASCII are left alone in multi-byte encodings.)
    pub fn folded(written: &str) -> Name {
        Name(written.to_ascii_lowercase().into())
    }

    /// The stored form, unquoted.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RelationName {
    /// Puts a relation's name together from its stored parts.
    pub fn new(schema: impl Into<Box<str>>, name: impl Into<Box<str>>) -> RelationName {
        RelationName::within(Name::new(schema), Name::new(name))
    }

    /// A relation of a schema.
    pub fn within(schema: Name, name: Name) -> RelationName {
        RelationName { database: None, schema, name }
    }

    /// The same, with its database named.
    pub fn of(self, database: Option<&Name>) -> RelationName {
        RelationName { database: database.cloned(), ..self }
    }
}

/// Prints the identifier as SQL would have it: in double quotes unless it is a plain lower-case word.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && self.0.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\"\"")?,
                // A message is one line, and a name must not move the cursor of the terminal that shows it.
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(database) = &self.database {
            write!(f, "{database}.")?;
        }
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// The known name that is nearest to a misspelt one, if one is near enough to be worth asking about.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = wanted.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(wanted.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_as_sql() {
        assert_eq!(Name::new("users").to_string(), "users");
        assert_eq!(Name::new("knowledge-elements").to_string(), "\"knowledge-elements\"");
        assert_eq!(Name::new("x\"y").to_string(), "\"x\"\"y\"");
        assert_eq!(Name::new("new\nline").to_string(), "\"new\\nline\"");
        assert_eq!(RelationName::new("public", "firstName").to_string(), "public.\"firstName\"");
        assert_eq!(RelationName::new("public", "t").of(Some(&Name::new("my shop"))).to_string(), "\"my shop\".public.t");
    }

    #[test]
    fn nearest_is_near() {
        assert_eq!(nearest("emial", ["id", "email", "phone"]), Some("email"));
        assert_eq!(nearest("FIRSTNAME", ["firstName"]), Some("firstName"));
        assert_eq!(nearest("zzz", ["id", "email"]), None);
    }
}
