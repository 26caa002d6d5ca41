//! `--rename-database`: every place of a script where a database's name stands.

use super::head::Head;
use super::quote::{encode, identifier, literal};
use crate::encoding::Charset;
use crate::error::{Error, Result};
use crate::name::{Name, nearest};

/// A database that gets another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// Its name in the script, as it is stored.
    pub old: Name,
    /// Its name in the output, as it is stored.
    pub new: Name,
}

/// How many bytes a name may have (NAMEDATALEN - 1).
const LONGEST: usize = 63;

/// Databases that every server has: a script that names them need not bring them.
const TEMPLATES: [&str; 2] = ["template0", "template1"];

impl Renaming {
    /// Reads `OLD=NEW`. Names are taken as they are, like those of `pg_dump -d`; one in double quotes may hold `=`.
    ///
    /// # Errors
    /// It is none, or PostgreSQL takes no such name.
    pub fn read(written: &str) -> Result<Renaming> {
        let refuse = |why: &str| Error::Usage(format!("--rename-database {written:?}: {why}, expected OLD=NEW"));
        let mut quoted = false;
        let middle = written.find(|c| {
            quoted ^= c == '"';
            c == '=' && !quoted
        });
        let (old, new) =
            middle.and_then(|at| Some((written.get(..at)?, written.get(at + 1..)?))).ok_or_else(|| refuse("there is no \"=\""))?;
        let plain = |part: &str| match part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => inner.replace("\"\"", "\""),
            None => part.to_owned(),
        };
        let (old, new) = (plain(old), plain(new));
        if old.is_empty() || new.is_empty() {
            return Err(refuse("a name is empty"));
        }
        if new.len() > LONGEST {
            return Err(refuse("the new name has more than 63 bytes"));
        }
        if new.contains(['\n', '\r', '\0']) {
            return Err(refuse("the new name holds a line end, which pg_dump cannot write"));
        }
        if old == new {
            return Err(refuse("both names are the same"));
        }
        Ok(Renaming { old: Name::new(old), new: Name::new(new) })
    }
}

/// What is renamed, and which databases the script has named so far.
#[derive(Clone, Debug, Default)]
pub struct Names {
    renamed: Vec<Renaming>,
    seen: Vec<Name>,
}

impl Names {
    /// # Errors
    /// Two renamings that cannot both be.
    pub fn new(renamed: Vec<Renaming>) -> Result<Names> {
        for (index, one) in renamed.iter().enumerate() {
            for other in renamed.iter().skip(index + 1) {
                if one.old == other.old || one.new == other.new {
                    let twice = if one.old == other.old { &one.old } else { &one.new };
                    return Err(Error::Usage(format!("--rename-database names {twice} twice, expected one new name for one old one")));
                }
            }
        }
        Ok(Names { renamed, seen: Vec::new() })
    }

    /// The new name of a database, if it gets one. Notes that the script has it.
    ///
    /// # Errors
    /// The script has a database of the name that another one gets.
    pub fn look_up(&mut self, name: &Name) -> Result<Option<&Name>> {
        if !self.seen.contains(name) && !TEMPLATES.contains(&name.as_str()) {
            self.seen.push(name.clone());
        }
        if let Some(found) = self.renamed.iter().find(|renaming| renaming.old == *name) {
            return Ok(Some(&found.new));
        }
        match self.renamed.iter().find(|renaming| renaming.new == *name) {
            Some(taken) => Err(Error::Usage(format!(
                "--rename-database: {} cannot become {name}, for the script has a database of that name too; choose another",
                taken.old
            ))),
            None => Ok(None),
        }
    }

    /// What is said of a name that the script has not; `None` where it has them all. With `last`, no database comes any
    /// more; otherwise it is only an error where none has come at all.
    pub fn missing(&self, last: bool) -> Option<Error> {
        let wanted = self.renamed.iter().map(|renaming| &renaming.old).find(|old| !self.seen.contains(old))?;
        if self.seen.is_empty() {
            return Some(Error::Usage(format!(
                "--rename-database: the script names no database, expected {wanted}; dump it with pg_dump --create"
            )));
        }
        if !last {
            return None;
        }
        let list = self.seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let help = nearest(wanted.as_str(), self.seen.iter().map(Name::as_str));
        let help = help.map_or_else(String::new, |near| format!("; did you mean {}?", Name::new(near)));
        Some(Error::Usage(format!("--rename-database: the script has no database {wanted}, found {list}{help}")))
    }

    /// A statement with its database renamed, and the comments before it.
    ///
    /// # Errors
    /// As [`Names::look_up`]; or the encoding cannot hold the new name.
    pub fn rewrite(&mut self, lead: &[u8], text: &[u8], head: &Head, charset: Charset) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        let places = places(head);
        let (mut lead, mut written, mut copied, mut changed) = (lead.to_vec(), Vec::new(), 0, false);
        for index in places {
            let Some(token) = head.token(index) else { continue };
            let (old, quote): (Name, fn(&str) -> String) = match (head.name(index), stored(token.of(text), charset)) {
                (Some(name), _) => (name.clone(), identifier),
                (None, Some(name)) => (name, literal),
                (None, None) => continue,
            };
            let Some(new) = self.look_up(&old)? else { continue };
            written.extend_from_slice(text.get(copied..token.start).unwrap_or_default());
            written.extend_from_slice(&encode(&quote(new.as_str()), charset)?);
            copied = token.end;
            changed = true;
            lead = comments(&lead, &old, new, charset)?;
        }
        written.extend_from_slice(text.get(copied..).unwrap_or_default());
        Ok(changed.then_some((lead, written)))
    }

    /// pg_dumpall's comment before a database's part, which stands before no statement of it.
    ///
    /// # Errors
    /// The encoding cannot hold the new name.
    pub fn rewrite_lead(&self, lead: &[u8], charset: Charset) -> Result<Option<Vec<u8>>> {
        let mut result = None;
        for Renaming { old, new } in &self.renamed {
            let from = encode(&format!("-- Database \"{}\" dump", one_line(old)), charset)?;
            if memchr::memmem::find(lead, &from).is_some() {
                let to = encode(&format!("-- Database \"{}\" dump", one_line(new)), charset)?;
                result = Some(replace(result.as_deref().unwrap_or(lead), &from, &to));
            }
        }
        Ok(result)
    }
}

/// The tokens of a statement that name a database.
fn places(head: &Head) -> Vec<usize> {
    let after = |word: &str| (1..head.count()).find(|at| head.reads(*at, &[word, "database"])).map(|at| at + 2);
    let start = match head.word(0) {
        "create" | "alter" if head.word(1) == "database" => Some(2),
        "drop" if head.word(1) == "database" => Some(if head.reads(2, &["if", "exists"]) { 4 } else { 2 }),
        "comment" if head.reads(1, &["on", "database"]) => Some(3),
        "security" | "grant" | "revoke" => after("on"),
        "alter" if matches!(head.word(1), "role" | "user") => after("in"),
        // pg_dump of a template database: `UPDATE pg_catalog.pg_database SET … WHERE datname = 'x'`.
        "update" if head.word(1) == "pg_catalog" && head.word(3) == "pg_database" => {
            (4..head.count()).find(|at| head.word(*at) == "datname" && head.sign(at + 1, b'=')).map(|at| at + 2)
        }
        _ => None,
    };
    let Some(start) = start else { return Vec::new() };
    let mut places = vec![start];
    let mut at = start + 1;
    while matches!(head.word(0), "grant" | "revoke") && head.sign(at, b',') {
        places.push(at + 1);
        at += 2;
    }
    if head.reads(0, &["create", "database"]) {
        let template = (start..head.count()).find(|at| head.word(*at) == "template");
        places.extend(template.map(|at| if head.sign(at + 1, b'=') { at + 2 } else { at + 1 }));
    }
    places
}

/// The text of a plain literal.
fn stored(written: &[u8], charset: Charset) -> Option<Name> {
    let inner = written.strip_prefix(b"'")?.strip_suffix(b"'")?;
    (!inner.contains(&b'\\')).then(|| Name::new(charset.decode(inner).replace("''", "'")))
}

/// A name as pg_dump's comments show it: line ends become blanks (`sanitize_line` in src/bin/pg_dump/dumputils.c).
fn one_line(name: &Name) -> String {
    name.as_str().replace(['\n', '\r'], " ")
}

/// The comments before a statement about a database, with its new name (`_printTocEntry` in
/// src/bin/pg_dump/pg_backup_archiver.c; `dumpDatabase` in pg_dump.c).
fn comments(lead: &[u8], old: &Name, new: &Name, charset: Charset) -> Result<Vec<u8>> {
    let mut lead = lead.to_vec();
    let pairs = [
        (format!("-- Name: {}; Type: DATABASE", one_line(old)), format!("-- Name: {}; Type: DATABASE", one_line(new))),
        (
            format!("-- Name: DATABASE {}; Type: ", one_line(&Name::new(identifier(old.as_str())))),
            format!("-- Name: DATABASE {}; Type: ", one_line(&Name::new(identifier(new.as_str())))),
        ),
    ];
    for (from, to) in pairs {
        lead = replace(&lead, &encode(&from, charset)?, &encode(&to, charset)?);
    }
    Ok(lead)
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in memchr::memmem::find_iter(text, from) {
        result.extend_from_slice(text.get(copied..at).unwrap_or_default());
        result.extend_from_slice(to);
        copied = at + from.len();
    }
    result.extend_from_slice(text.get(copied..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexeme::Dialect;

    fn names(list: &[&str]) -> Names {
        Names::new(list.iter().map(|written| Renaming::read(written).expect("reads")).collect()).expect("fits")
    }

    fn rewritten(names: &mut Names, text: &str) -> Option<String> {
        let head = Head::read(text.as_bytes(), Dialect::default());
        let found = names.rewrite(b"", text.as_bytes(), &head, Charset::Utf8).expect("no clash");
        found.map(|(_, text)| String::from_utf8(text).expect("text"))
    }

    #[test]
    fn every_statement_that_names_the_database() {
        let mut names = names(&["api=api_staging"]);
        for (text, expected) in [
            (
                "CREATE DATABASE api WITH TEMPLATE = template0 ENCODING = 'UTF8';",
                "CREATE DATABASE api_staging WITH TEMPLATE = template0 ENCODING = 'UTF8';",
            ),
            ("CREATE DATABASE x TEMPLATE api;", "CREATE DATABASE x TEMPLATE api_staging;"),
            ("ALTER DATABASE \"api\" OWNER TO api;", "ALTER DATABASE api_staging OWNER TO api;"),
            ("ALTER DATABASE api SET search_path TO 'api';", "ALTER DATABASE api_staging SET search_path TO 'api';"),
            ("DROP DATABASE IF EXISTS api;", "DROP DATABASE IF EXISTS api_staging;"),
            ("DROP DATABASE api;", "DROP DATABASE api_staging;"),
            ("COMMENT ON DATABASE api IS 'the database api';", "COMMENT ON DATABASE api_staging IS 'the database api';"),
            ("GRANT ALL ON DATABASE x, api TO api;", "GRANT ALL ON DATABASE x, api_staging TO api;"),
            ("REVOKE CONNECT,TEMPORARY ON DATABASE api FROM PUBLIC;", "REVOKE CONNECT,TEMPORARY ON DATABASE api_staging FROM PUBLIC;"),
            ("SECURITY LABEL FOR dummy ON DATABASE api IS 'x';", "SECURITY LABEL FOR dummy ON DATABASE api_staging IS 'x';"),
            ("ALTER ROLE api IN DATABASE api SET a TO 'b';", "ALTER ROLE api IN DATABASE api_staging SET a TO 'b';"),
            (
                "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'api';",
                "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'api_staging';",
            ),
        ] {
            assert_eq!(rewritten(&mut names, text).as_deref(), Some(expected));
        }
        for text in [
            "CREATE TABLE public.api (database text);",
            "COMMENT ON TABLE public.api IS 'ON DATABASE api';",
            "ALTER DATABASE apis SET a = 'b';",
        ] {
            assert_eq!(rewritten(&mut names, text), None);
        }
    }

    #[test]
    fn names_that_need_quotes() {
        let mut names = names(&["x y=\"a=b\"\"c\"", "we'ird=user"]);
        assert_eq!(rewritten(&mut names, "CREATE DATABASE \"x y\";").as_deref(), Some("CREATE DATABASE \"a=b\"\"c\";"));
        assert_eq!(rewritten(&mut names, "CREATE DATABASE \"we'ird\";").as_deref(), Some("CREATE DATABASE \"user\";"));
    }

    #[test]
    fn comments_follow() {
        let mut names = names(&["api=api_staging"]);
        let text = b"COMMENT ON DATABASE api IS 'x';";
        let lead = b"\n\n--\n-- Name: DATABASE api; Type: COMMENT; Schema: -; Owner: api\n--\n\n";
        let head = Head::read(text, Dialect::default());
        let (lead, _) = names.rewrite(lead, text, &head, Charset::Utf8).expect("no clash").expect("renamed");
        assert_eq!(String::from_utf8_lossy(&lead), "\n\n--\n-- Name: DATABASE api_staging; Type: COMMENT; Schema: -; Owner: api\n--\n\n");
        let lead = names.rewrite_lead(b"--\n-- Database \"api\" dump\n--\n", Charset::Utf8).expect("fits").expect("renamed");
        assert_eq!(String::from_utf8_lossy(&lead), "--\n-- Database \"api_staging\" dump\n--\n");
    }

    #[test]
    fn what_cannot_be() {
        for written in ["api", "=b", "a=", "a=a", "a=\n", &format!("a={}", "x".repeat(64))] {
            assert!(matches!(Renaming::read(written), Err(Error::Usage(_))), "{written}");
        }
        assert!(Names::new(vec![Renaming::read("a=b").expect("reads"), Renaming::read("a=c").expect("reads")]).is_err());
        let mut names = names(&["appi=b"]);
        assert_eq!(
            names.missing(false).map(|error| error.to_string()).as_deref(),
            Some("--rename-database: the script names no database, expected appi; dump it with pg_dump --create")
        );
        assert_eq!(rewritten(&mut names, "CREATE DATABASE api;"), None);
        assert!(names.missing(false).is_none());
        assert_eq!(
            names.missing(true).map(|error| error.to_string()).as_deref(),
            Some("--rename-database: the script has no database appi, found api; did you mean api?")
        );
        assert!(names.look_up(&Name::new("b")).is_err());
    }
}
