//! The heads of statements that the reader must understand: the table of COPY and INSERT, and the settings that change
//! how the rest is read.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt, recognize, value};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::lexeme;
use crate::encoding::Charset;
use crate::error::Fault;
use crate::name::{Name, RelationName};

/// What a COPY statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copy {
    /// `COPY table [(columns)] FROM stdin [options]`: rows follow.
    FromStdin {
        /// The schema, where the statement names one.
        schema: Option<Name>,
        /// The table.
        table: Name,
        /// The columns, where the statement names them.
        columns: Option<Vec<Name>>,
        /// Where the table's name stands in the statement, as written.
        named: Range<usize>,
        /// Where the list of columns stands, parentheses included.
        listed: Option<Range<usize>>,
        /// Whether there are options.
        options: bool,
    },
    /// Rows go out; none follow in the script.
    ToStdout,
}

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// Blanks and comments.
fn blanks(input: &[u8]) -> Parsed<'_, ()> {
    let end = lexeme::skip_blanks(input, 0).unwrap_or(input.len());
    Ok((input.get(end..).unwrap_or_default(), ()))
}

/// A keyword, blanks before it.
fn keyword<'a>(word: &'static str) -> impl Parser<&'a [u8], Output = (), Error = nom::error::Error<&'a [u8]>> {
    let whole =
        |input: &'a [u8]| -> Parsed<'a, &'a [u8]> { take_while1(|b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)(input) };
    move |input: &'a [u8]| {
        let (input, ()) = blanks(input)?;
        let (rest, found) = whole(input)?;
        value((), all_consuming(tag_no_case(word))).parse(found)?;
        Ok((rest, ()))
    }
}

/// Punctuation, blanks before it.
fn sign<'a>(c: char) -> impl Parser<&'a [u8], Output = char, Error = nom::error::Error<&'a [u8]>> {
    preceded(blanks, char(c))
}

/// An identifier, quoted or not, blanks before it.
fn identifier(charset: Charset) -> impl FnMut(&[u8]) -> Parsed<'_, Name> {
    move |input: &[u8]| {
        let (input, ()) = blanks(input)?;
        alt((|i| quoted(charset, i), |i| unquoted(charset, i))).parse(input)
    }
}

fn quoted(charset: Charset, input: &[u8]) -> Parsed<'_, Name> {
    let piece = take_while(|b| b != b'"');
    let (rest, inner) =
        delimited(char('"'), recognize((piece, many0((nom::bytes::complete::tag("\"\""), take_while(|b| b != b'"'))))), char('"'))
            .parse(input)?;
    let stored: Vec<u8> = if inner.contains(&b'"') { undouble(inner) } else { inner.to_vec() };
    Ok((rest, Name::new(charset.decode(&stored).into_owned())))
}

/// `""` stands for `"`.
fn undouble(inner: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(inner.len());
    let mut second = false;
    for byte in inner {
        second = *byte == b'"' && !second;
        if !second {
            stored.push(*byte);
        }
    }
    stored
}

fn unquoted(charset: Charset, input: &[u8]) -> Parsed<'_, Name> {
    let (rest, word) = recognize((
        take_while1(|b: u8| b.is_ascii_alphabetic() || b == b'_' || b >= 0x80),
        take_while(|b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80),
    ))
    .parse(input)?;
    Ok((rest, Name::folded(&charset.decode(word))))
}

/// `[schema.]table`.
fn table(charset: Charset) -> impl FnMut(&[u8]) -> Parsed<'_, (Option<Name>, Name)> {
    move |input: &[u8]| {
        let (rest, first) = identifier(charset)(input)?;
        let (rest, second) = opt(preceded(sign('.'), identifier(charset))).parse(rest)?;
        Ok((
            rest,
            match second {
                Some(name) => (Some(first), name),
                None => (None, first),
            },
        ))
    }
}

/// Reads a whole COPY statement, semicolon included; `None` where it is none that can be followed.
pub fn copy(statement: &[u8], charset: Charset) -> Option<Copy> {
    let (rest, _) = (keyword("copy"), opt(keyword("binary"))).parse(statement).ok()?;
    if sign('(').parse(rest).is_ok() {
        // COPY (query) can only go out, or it is not SQL.
        return Some(Copy::ToStdout);
    }
    let place = |rest: &[u8]| statement.len() - rest.len();
    let name = place(blanks(rest).ok()?.0);
    let (rest, (schema, table)) = table(charset)(rest).ok()?;
    let named = name..place(rest);
    let list = place(blanks(rest).ok()?.0);
    let (rest, columns) = opt(column_list(charset)).parse(rest).ok()?;
    let listed = columns.is_some().then(|| list..place(rest));
    if preceded(keyword("to"), keyword("stdout")).parse(rest).is_ok() {
        return Some(Copy::ToStdout);
    }
    let (rest, ()) = preceded(keyword("from"), keyword("stdin")).parse(rest).ok()?;
    let plain = all_consuming(terminated(sign(';'), blanks)).parse(rest).is_ok();
    Some(Copy::FromStdin { schema, table, columns, named, listed, options: !plain })
}

/// `(column, …)`.
fn column_list<'a>(charset: Charset) -> impl Parser<&'a [u8], Output = Vec<Name>, Error = nom::error::Error<&'a [u8]>> {
    delimited(sign('('), separated_list1(sign(','), identifier(charset)), sign(')'))
}

/// Reads `[schema.]table [(column, …)]` and nothing else.
pub fn table_and_columns(text: &[u8], charset: Charset) -> Option<(Option<Name>, Name, Option<Vec<Name>>)> {
    let whole = (table(charset), opt(column_list(charset)));
    let (_, ((schema, table), columns)) = all_consuming(terminated(whole, blanks)).parse(text).ok()?;
    Some((schema, table, columns))
}

/// What the head of an INSERT statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// The schema, where the statement names one.
    pub schema: Option<Name>,
    /// The table.
    pub table: Name,
    /// The columns, where the statement names them.
    pub columns: Option<Vec<Name>>,
    /// What brings the rows.
    pub source: Source,
    /// How long the head is: up to the word that says so.
    pub length: usize,
}

/// What brings the rows of an INSERT statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `VALUES`; tuples follow.
    Values,
    /// `DEFAULT VALUES`.
    Defaults,
    /// Anything else.
    Other,
}

/// Reads the head of an `INSERT INTO`; `None` where it is none that can be followed.
pub fn insert(statement: &[u8], charset: Charset) -> Option<Insert> {
    let (name, (schema, table)) = preceded((keyword("insert"), keyword("into")), table(charset)).parse(statement).ok()?;
    let (rest, columns) = opt(column_list(charset)).parse(name).ok()?;
    let overriding = (keyword("overriding"), alt((keyword("system"), keyword("user"))), keyword("value"));
    let (rest, overridden) = opt(overriding).parse(rest).ok()?;
    let defaults = value(Source::Defaults, (keyword("default"), keyword("values")));
    let (rest, source) = match alt((value(Source::Values, keyword("values")), defaults)).parse(rest) {
        Ok((rest, source)) => (rest, source),
        // A name of three parts or in U&"…" is another than what was read of it.
        Err(_) if !ends_name(name) => return None,
        Err(_) => (name, Source::Other),
    };
    // DEFAULT VALUES takes no list of columns.
    let source = if source == Source::Defaults && (columns.is_some() || overridden.is_some()) { Source::Other } else { source };
    Some(Insert { schema, table, columns, source, length: statement.len() - rest.len() })
}

/// Whether what stands behind the name of a table in INSERT INTO can stand there.
fn ends_name(rest: &[u8]) -> bool {
    let word = |word| keyword(word).parse(rest).is_ok();
    sign('(').parse(rest).is_ok() || ["as", "values", "default", "overriding", "select", "table", "with"].into_iter().any(word)
}

/// Whether a text is `[ON CONFLICT DO NOTHING];`, and how long that is: what may stand behind the tuples of an INSERT.
pub fn insert_tail(text: &[u8]) -> Option<usize> {
    let nothing = (keyword("on"), keyword("conflict"), keyword("do"), keyword("nothing"));
    let (rest, _) = (opt(nothing), sign(';')).parse(text).ok()?;
    Some(text.len() - rest.len())
}

/// A table's name with its schema: the one it is written with, or the one that the script's search path says.
pub fn resolve(schema: Option<Name>, name: Name, search_path: Option<&Name>) -> RelationName {
    let schema = schema.or_else(|| search_path.cloned()).unwrap_or_else(|| Name::new("public"));
    RelationName::within(schema, name)
}

/// A setting that changes how the rest of the script is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `SET client_encoding`: the encoding's name.
    ClientEncoding(String),
    /// `SET standard_conforming_strings`.
    StandardStrings(bool),
    /// `SET search_path` or `set_config('search_path', …)`: its first schema, `None` for an empty path.
    SearchPath(Option<Name>),
}

/// Reads `SET name = value;` and `SELECT pg_catalog.set_config('name', 'value', …);`, if it is a setting that matters.
///
/// # Errors
/// It is one that matters, in a form that cannot be followed.
pub fn setting(statement: &[u8], charset: Charset) -> Result<Option<Setting>, Fault> {
    let set = |input| -> Parsed<'_, (Name, Vec<Name>)> {
        let (rest, _) = (keyword("set"), opt(keyword("session"))).parse(input)?;
        let (rest, name) = identifier(charset)(rest)?;
        let (rest, _) = alt((value((), sign('=')), keyword("to"))).parse(rest)?;
        // Nothing may stand behind: `E'x'` begins like an identifier.
        let list = separated_list1(sign(','), alt((literal(charset), identifier(charset), number)));
        let (rest, values) = terminated(list, sign(';')).parse(rest)?;
        Ok((rest, (name, values)))
    };
    let set_config = |input| -> Parsed<'_, (Name, Vec<Name>)> {
        let (rest, _) = (keyword("select"), opt((keyword("pg_catalog"), sign('.'))), keyword("set_config"), sign('(')).parse(input)?;
        let (rest, name) = literal(charset)(rest)?;
        let (rest, found) = preceded(sign(','), literal(charset)).parse(rest)?;
        // The value of search_path is itself a list of identifiers.
        let (_, values) =
            alt((all_consuming(separated_list1(sign(','), identifier(charset))), value(vec![Name::new("")], all_consuming(blanks))))
                .parse(found.as_str().as_bytes())
                .map_err(|_: nom::Err<nom::error::Error<&[u8]>>| {
                    nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify))
                })?;
        Ok((rest, (name, values)))
    };
    let names = |input| -> Parsed<'_, (Name, Vec<Name>)> {
        let (rest, _) = (keyword("set"), opt(keyword("session")), keyword("names")).parse(input)?;
        let (rest, encoding) = literal(charset)(rest)?;
        Ok((rest, (Name::new("client_encoding"), vec![encoding])))
    };
    let Ok((_, (name, values))) = alt((names, set, set_config)).parse(statement) else {
        // A form that is not read here may set what changes the reading: then it cannot be followed.
        return if mentions_setting(statement) { Err(Fault::Unsupported(ODD_SETTING)) } else { Ok(None) };
    };
    let [first, rest @ ..] = &values[..] else { return Ok(None) };
    let lower = first.as_str().to_ascii_lowercase();
    match name.as_str().to_ascii_lowercase().as_str() {
        "client_encoding" => Ok(Some(Setting::ClientEncoding(first.as_str().to_owned()))),
        "standard_conforming_strings" => match lower.as_str() {
            "on" | "true" | "yes" | "1" => Ok(Some(Setting::StandardStrings(true))),
            "off" | "false" | "no" | "0" => Ok(Some(Setting::StandardStrings(false))),
            _ => Err(Fault::Unsupported(ODD_SETTING)),
        },
        // The schemas behind the first could hold a table of the name too.
        "search_path" if first.as_str() != "$user" && rest.iter().all(|schema| schema.as_str() == "pg_catalog") => {
            Ok(Some(Setting::SearchPath(Some(first.clone()).filter(|schema| !schema.as_str().is_empty()))))
        }
        "search_path" => Err(Fault::Unsupported(ODD_SETTING)),
        _ => Ok(None),
    }
}

/// What is said of a setting that cannot be followed.
const ODD_SETTING: &str = "a search_path, client_encoding or standard_conforming_strings set in a way that pg_dump does not use";

/// Whether a statement names a setting that changes how the rest is read. `SET SCHEMA` sets the search path; RESET,
/// DISCARD and ROLLBACK may put an old one back.
fn mentions_setting(statement: &[u8]) -> bool {
    let head = statement.get(..4096).unwrap_or(statement).to_ascii_lowercase();
    let names = [&b"search_path"[..], b"client_encoding", b"standard_conforming_strings", b"set_config"];
    let mut words = head.split(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let undoes = matches!((first, second), (b"rollback" | b"abort", _) | (b"reset" | b"discard", b"all"));
    let schema = (first, second) == (b"set", b"schema");
    undoes || schema || names.iter().any(|name| memchr::memmem::find(&head, name).is_some())
}

/// A number, as text.
fn number(input: &[u8]) -> Parsed<'_, Name> {
    let (rest, digits) = preceded(blanks, take_while1(|b: u8| b.is_ascii_digit())).parse(input)?;
    Ok((rest, Name::new(String::from_utf8_lossy(digits).into_owned())))
}

/// A plain string literal.
fn literal(charset: Charset) -> impl FnMut(&[u8]) -> Parsed<'_, Name> {
    move |input: &[u8]| {
        let (rest, text) = delimited(sign('\''), take_while(|b| b != b'\''), char('\'')).parse(input)?;
        Ok((rest, Name::new(charset.decode(text).into_owned())))
    }
}

/// The encoding that `\encoding NAME` sets, if the line is that command.
pub fn encoding_command(line: &[u8]) -> Option<String> {
    let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    (words.next()? == br"\encoding").then(|| words.next().map(|name| String::from_utf8_lossy(name).into_owned()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Option<Vec<Name>> {
        Some(list.iter().map(|name| Name::new(*name)).collect())
    }

    /// What a COPY statement says, without where it says so.
    #[derive(Debug, PartialEq)]
    struct Said(Option<Name>, Name, Option<Vec<Name>>, bool);

    fn copied(schema: &str, table: &str, columns: Option<Vec<Name>>) -> Option<Said> {
        Some(Said(Some(Name::new(schema)), Name::new(table), columns, false))
    }

    #[test]
    fn copy_heads_of_every_kind() {
        let read = |text: &str| match copy(text.as_bytes(), Charset::Utf8) {
            Some(Copy::FromStdin { schema, table, columns, named, listed, options }) => {
                let whole = [Some(named), listed.clone()].into_iter().flatten().map(|range| &text[range]).collect::<Vec<_>>().join(" ");
                let rebuilt = copy(format!("COPY {whole} FROM stdin;").as_bytes(), Charset::Utf8);
                assert!(matches!(rebuilt, Some(Copy::FromStdin { columns: again, .. }) if again == columns), "{whole}");
                assert_eq!(listed.is_some(), columns.is_some());
                Some(Said(schema, table, columns, options))
            }
            _ => None,
        };
        let out = |text: &str| copy(text.as_bytes(), Charset::Utf8);
        assert_eq!(read("COPY public.users (id, \"firstName\") FROM stdin;"), copied("public", "users", names(&["id", "firstName"])));
        assert_eq!(read("COPY public.nocols  FROM stdin;"), copied("public", "nocols", None));
        assert_eq!(
            read("COPY \"a b\".\"x\"\"y.z (\" (\"a) FROM stdin;\", \"b, c\", \"COPY x (y) FROM stdin;\") FROM stdin;"),
            copied("a b", "x\"y.z (", names(&["a) FROM stdin;", "b, c", "COPY x (y) FROM stdin;"]))
        );
        assert_eq!(
            read("COPY public.\"new\nline\" (\"col\numn\", \"second\nCOPY fake FROM stdin;\n\\.\") FROM stdin;"),
            copied("public", "new\nline", names(&["col\numn", "second\nCOPY fake FROM stdin;\n\\."]))
        );
        assert_eq!(read("copy S.T(A) from STDIN ;"), copied("s", "t", names(&["a"])));
        assert_eq!(read("COPY t FROM stdin WITH (FORMAT csv);"), Some(Said(None, Name::new("t"), None, true)));
        assert_eq!(out("COPY t TO stdout;"), Some(Copy::ToStdout));
        assert_eq!(out("COPY (SELECT 1) TO stdout;"), Some(Copy::ToStdout));
        assert_eq!(out("COPY t FROM '/etc/passwd';"), None);
        assert_eq!(out("COPY t FROM PROGRAM 'x';"), None);
    }

    #[test]
    fn settings_that_matter() {
        let read = |text: &str| setting(text.as_bytes(), Charset::Utf8).expect("followed");
        assert_eq!(read("SET client_encoding = 'LATIN1';"), Some(Setting::ClientEncoding("LATIN1".into())));
        assert_eq!(read("SET standard_conforming_strings = off;"), Some(Setting::StandardStrings(false)));
        assert_eq!(read("set session standard_conforming_strings to 'on';"), Some(Setting::StandardStrings(true)));
        assert_eq!(read("SELECT pg_catalog.set_config('search_path', '', false);"), Some(Setting::SearchPath(None)));
        assert_eq!(read("SET search_path = \"a b\", pg_catalog;"), Some(Setting::SearchPath(Some(Name::new("a b")))));
        assert_eq!(read("SET NAMES 'SJIS';"), Some(Setting::ClientEncoding("SJIS".into())));
        assert_eq!(read("SET statement_timeout = 0;"), None);
        assert_eq!(read("SELECT 1;"), None);
    }

    #[test]
    fn settings_that_cannot_be_followed() {
        for text in [
            "SET SCHEMA 'crm';",
            "SET search_path = E'crm';",
            "SELECT 1, set_config('search_path','crm',false);",
            "SET search_path = a, crm;",
            "SET search_path = \"$user\", public;",
            "RESET standard_conforming_strings;",
            "SET LOCAL standard_conforming_strings = off;",
            "SET standard_conforming_strings = tru;",
            "DISCARD ALL;",
            "ROLLBACK;",
        ] {
            assert!(setting(text.as_bytes(), Charset::Utf8).is_err(), "{text}");
        }
        assert_eq!(
            setting(b"SELECT pg_catalog . set_config ('SEARCH_PATH','CRM',false);", Charset::Utf8),
            Ok(Some(Setting::SearchPath(Some(Name::new("crm")))))
        );
        assert_eq!(setting(b"SET standard_conforming_strings = 0;", Charset::Utf8), Ok(Some(Setting::StandardStrings(false))));
    }

    #[test]
    fn insert_heads_of_every_kind() {
        let read = |text: &str| {
            let found = insert(text.as_bytes(), Charset::Utf8)?;
            Some((found.schema, found.table, found.columns, found.source, text[..found.length].to_owned()))
        };
        let evil = "INSERT INTO public.\"evil (a) VALUES ('x');\" (a, overriding) VALUES";
        assert_eq!(
            read(&format!("{evil} (1, 2);")),
            Some((
                Some(Name::new("public")),
                Name::new("evil (a) VALUES ('x');"),
                names(&["a", "overriding"]),
                Source::Values,
                evil.to_owned()
            ))
        );
        let source = |text: &str| read(text).map(|(_, _, columns, source, head)| (columns.map(|columns| columns.len()), source, head));
        let told = |columns, source, head: &str| Some((columns, source, head.to_owned()));
        assert_eq!(source("INSERT INTO users VALUES(1);"), told(None, Source::Values, "INSERT INTO users VALUES"));
        assert_eq!(
            source("insert into a (\"values\", \") VALUES (\") overriding system value values (1, 2);"),
            told(Some(2), Source::Values, "insert into a (\"values\", \") VALUES (\") overriding system value values")
        );
        assert_eq!(source("INSERT INTO a DEFAULT VALUES;"), told(None, Source::Defaults, "INSERT INTO a DEFAULT VALUES"));
        for text in [
            "INSERT INTO a SELECT 1;",
            "INSERT INTO a AS b VALUES (1);",
            "INSERT INTO a (b[1]) VALUES (1);",
            "INSERT INTO a (b) DEFAULT VALUES;",
        ] {
            assert_eq!(source(text).map(|found| found.1), Some(Source::Other), "{text}");
        }
        for text in [
            "INSERT x;",
            "INSERT INTO app.public.users VALUES (1);",
            "INSERT INTO U&\"us\\0065rs\" VALUES (1);",
            "INSERT INTO a.b.c SELECT 1;",
        ] {
            assert_eq!(source(text), None, "{text}");
        }
    }

    #[test]
    fn tails_of_inserts() {
        let read = |text: &str| insert_tail(text.as_bytes());
        assert_eq!(read("; x"), Some(1));
        assert_eq!(read(" ON CONFLICT DO NOTHING;\n"), Some(24));
        assert_eq!(read(" on conflict do nothing ;"), Some(25));
        assert_eq!(read(" ON CONFLICT (id) DO NOTHING;"), None);
        assert_eq!(read(" ON CONFLICT DO UPDATE SET a = 1;"), None);
        assert_eq!(read(" RETURNING a;"), None);
    }

    #[test]
    fn encoding_commands() {
        assert_eq!(encoding_command(b"\\encoding SQL_ASCII\n").as_deref(), Some("SQL_ASCII"));
        assert_eq!(encoding_command(b"\\connect x\n"), None);
    }
}
