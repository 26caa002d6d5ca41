//! What a statement is, by its first words: no more than what stands around a dump's statements depends on.
//!
//! pg_query would say it too, but not of statements that it cannot read, and not where in the bytes a name stands.

use crate::dump::script::lexer;
use crate::encoding::Charset;
use crate::name::Name;

/// How many tokens are looked at: no head that matters is longer.
const MOST_TOKENS: usize = 64;

/// One token of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins in the statement.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word or number, folded to lower case.
    Word(Name),
    /// A quoted identifier, as it is stored.
    Quoted(Name),
    /// A string, in whatever quotes.
    Literal,
    /// A character of punctuation.
    Sign(u8),
}

/// The first tokens of a statement.
#[derive(Clone, Debug)]
pub struct Head {
    tokens: Vec<Token>,
}

/// What a CREATE statement makes, where that lives in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// `table`, `text search configuration`, …
    pub kind: &'static str,
    /// The schema, where the statement names one.
    pub schema: Option<Name>,
    /// The name in it.
    pub name: Name,
    /// The first token behind the name.
    pub next: usize,
}

/// The kinds of objects that live in schemas, by the words behind CREATE. Longer ones first.
const KINDS: [(&[&str], &str); 23] = [
    (&["text", "search", "configuration"], "text search configuration"),
    (&["text", "search", "dictionary"], "text search dictionary"),
    (&["text", "search", "parser"], "text search parser"),
    (&["text", "search", "template"], "text search template"),
    (&["operator", "class"], "operator class"),
    (&["operator", "family"], "operator family"),
    (&["operator"], "operator"),
    (&["materialized", "view"], "materialized view"),
    (&["recursive", "view"], "view"),
    (&["foreign", "table"], "foreign table"),
    (&["unlogged", "table"], "table"),
    (&["unlogged", "sequence"], "sequence"),
    (&["default", "conversion"], "conversion"),
    (&["table"], "table"),
    (&["view"], "view"),
    (&["sequence"], "sequence"),
    (&["type"], "type"),
    (&["domain"], "domain"),
    (&["function"], "function"),
    (&["procedure"], "procedure"),
    (&["aggregate"], "aggregate"),
    (&["collation"], "collation"),
    (&["conversion"], "conversion"),
];

impl Head {
    /// Reads the first tokens of a statement. `backslashes`: `standard_conforming_strings` is off.
    pub fn read(text: &[u8], charset: Charset, backslashes: bool) -> Head {
        Head { tokens: Tokens { text, charset, backslashes, at: 0 }.take(MOST_TOKENS).collect() }
    }

    /// The word at a position, folded; empty where something else stands.
    pub fn word(&self, index: usize) -> &str {
        match self.tokens.get(index) {
            Some(Token { kind: Kind::Word(word), .. }) => word.as_str(),
            _ => "",
        }
    }

    /// Whether these words stand at a position.
    pub fn reads(&self, index: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.word(index + offset) == *word)
    }

    /// The identifier at a position.
    pub fn name(&self, index: usize) -> Option<&Name> {
        match &self.tokens.get(index)?.kind {
            Kind::Word(name) | Kind::Quoted(name) => Some(name),
            Kind::Literal | Kind::Sign(_) => None,
        }
    }

    /// Whether this sign stands at a position.
    pub fn sign(&self, index: usize, sign: u8) -> bool {
        self.tokens.get(index).is_some_and(|token| token.kind == Kind::Sign(sign))
    }

    /// The token at a position.
    pub fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// All tokens.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// `[schema.]name` at a position, and what stands behind it.
    pub fn qualified(&self, index: usize) -> Option<(Option<Name>, Name, usize)> {
        let first = self.name(index)?.clone();
        if !self.sign(index + 1, b'.') {
            return Some((None, first, index + 1));
        }
        // An operator's name is signs.
        let second = self.name(index + 2).cloned().unwrap_or_else(|| Name::new("operator"));
        Some((Some(first), second, index + 3))
    }

    /// Whether it is a setting: `SET …`, `SELECT pg_catalog.set_config(…)`.
    pub fn is_setting(&self) -> bool {
        self.word(0) == "set" || self.reads(0, &["select", "set_config"]) || (self.word(0) == "select" && self.word(3) == "set_config")
    }

    /// Whether it begins or ends a transaction.
    pub fn is_transaction(&self) -> bool {
        matches!(self.word(0), "begin" | "commit" | "end") || self.reads(0, &["start", "transaction"])
    }

    /// The schema that `CREATE SCHEMA` makes, and the token at which its name stands.
    pub fn created_schema(&self) -> Option<(Name, usize)> {
        if !self.reads(0, &["create", "schema"]) {
            return None;
        }
        let mut at = if self.reads(2, &["if", "not", "exists"]) { 5 } else { 2 };
        if self.word(at) == "authorization" {
            at += 1;
        }
        Some((self.name(at)?.clone(), at))
    }

    /// What a CREATE makes in a schema.
    pub fn created(&self) -> Option<Created> {
        if self.word(0) != "create" {
            return None;
        }
        let start = if self.reads(1, &["or", "replace"]) { 3 } else { 1 };
        let (words, kind) = KINDS.iter().find(|(words, _)| self.reads(start, words))?;
        let mut at = start + words.len();
        if self.reads(at, &["if", "not", "exists"]) {
            at += 3;
        }
        let (schema, name, next) = match *kind {
            // `CREATE OPERATOR schema.+`, or `CREATE OPERATOR +`.
            "operator" if !self.sign(at + 1, b'.') => (None, Name::new("operator"), at),
            _ => self.qualified(at)?,
        };
        Some(Created { kind, schema, name, next })
    }
}

/// The tokens of a text, one by one.
#[derive(Debug)]
pub struct Tokens<'a> {
    text: &'a [u8],
    charset: Charset,
    backslashes: bool,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of a whole statement.
    pub fn new(text: &'a [u8], charset: Charset, backslashes: bool) -> Tokens<'a> {
        Tokens { text, charset, backslashes, at: 0 }
    }

    /// Where a quoted thing ends that opens at `open`: doubled quotes stand for one.
    fn quoted(&self, open: usize, quote: u8, backslashes: bool) -> usize {
        let mut at = open + 1;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            match rest {
                [] => return self.text.len(),
                [first, second, ..] if *first == quote && *second == quote => at += 2,
                [first, ..] if *first == quote => return at + 1,
                [b'\\', ..] if backslashes => at = (at + 2).min(self.text.len()),
                _ => at += self.charset.step(rest),
            }
        }
    }

    /// Where a dollar-quoted string ends that opens here, if one does.
    fn dollar(&self) -> Option<usize> {
        let rest = self.text.get(self.at..)?;
        let tag = rest.get(1..)?.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_' || **b >= 0x80).count();
        let delimiter = rest.get(..tag + 2).filter(|found| found.ends_with(b"$") && !found.get(1).is_some_and(u8::is_ascii_digit))?;
        let length = memchr::memmem::find(rest.get(tag + 2..)?, delimiter)?;
        Some(self.at + length + 2 * delimiter.len())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = lexer::skip_blanks(self.text, self.at).ok()?;
        self.at = start;
        let rest = self.text.get(start..)?;
        let first = *rest.first()?;
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'$' || *b >= 0x80;
        let (kind, end) = match first {
            b'\'' => (Kind::Literal, self.quoted(start, b'\'', self.backslashes)),
            b'"' => {
                let end = self.quoted(start, b'"', false);
                let inner = self.text.get(start + 1..end.saturating_sub(1).max(start + 1)).unwrap_or_default();
                (Kind::Quoted(Name::new(self.charset.decode(inner).replace("\"\"", "\""))), end)
            }
            b'$' => self.dollar().map_or((Kind::Sign(b'$'), start + 1), |end| (Kind::Literal, end)),
            _ if is_word(&first) => {
                let mut length = 0;
                while rest.get(length).is_some_and(is_word) {
                    length += self.charset.step(rest.get(length..).unwrap_or_default()).max(1);
                }
                let word = rest.get(..length).unwrap_or(rest);
                let end = start + word.len();
                let escapes = word.eq_ignore_ascii_case(b"e");
                if matches!(word, [b'e' | b'E' | b'b' | b'B' | b'x' | b'X']) && self.text.get(end) == Some(&b'\'') {
                    (Kind::Literal, self.quoted(end, b'\'', escapes))
                } else {
                    (Kind::Word(Name::folded(&self.charset.decode(word))), end)
                }
            }
            sign => (Kind::Sign(sign), start + 1),
        };
        self.at = end;
        Some(Token { kind, start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        Head::read(text.as_bytes(), Charset::Utf8, false)
    }

    fn created(text: &str) -> Option<(&'static str, Option<String>, String)> {
        head(text).created().map(|made| (made.kind, made.schema.map(|name| name.as_str().to_owned()), made.name.as_str().to_owned()))
    }

    #[test]
    fn what_is_created_where() {
        for (text, kind, schema, name) in [
            ("CREATE TABLE public.a (b int);", "table", Some("public"), "a"),
            ("create unlogged table \"a\"\"b\".\"C\" ();", "table", Some("a\"b"), "C"),
            ("CREATE /* x */ TABLE IF NOT EXISTS s.t -- y\n ();", "table", Some("s"), "t"),
            ("CREATE OR REPLACE FUNCTION Pub.F() RETURNS int", "function", Some("pub"), "f"),
            ("CREATE TEXT SEARCH CONFIGURATION public.wagtail_french (", "text search configuration", Some("public"), "wagtail_french"),
            ("CREATE OPERATOR CLASS o.c DEFAULT", "operator class", Some("o"), "c"),
            ("CREATE OPERATOR o.<-> (", "operator", Some("o"), "operator"),
            ("CREATE MATERIALIZED VIEW v AS", "materialized view", None, "v"),
            ("CREATE DEFAULT CONVERSION s.c FOR", "conversion", Some("s"), "c"),
        ] {
            assert_eq!(created(text), Some((kind, schema.map(str::to_owned), name.to_owned())), "{text}");
        }
        for text in
            ["CREATE INDEX i ON s.t (a);", "CREATE EXTENSION x WITH SCHEMA s;", "ALTER TABLE s.t ADD x int;", "CREATE TRIGGER t", ""]
        {
            assert_eq!(created(text), None, "{text}");
        }
    }

    #[test]
    fn settings_and_transactions() {
        for text in ["SET a = 1;", "SELECT pg_catalog.set_config('search_path', '', false);", "select set_config('a', 'b', true);"] {
            assert!(head(text).is_setting(), "{text}");
        }
        assert!(!head("SELECT pg_catalog.setval('public.s', 3, true);").is_setting());
        for text in ["BEGIN;", "COMMIT;", "START TRANSACTION;", "END;"] {
            assert!(head(text).is_transaction(), "{text}");
        }
        assert!(!head("\"begin\";").is_transaction());
    }

    #[test]
    fn schemas() {
        let made = |text| head(text).created_schema().map(|(name, _)| name.as_str().to_owned());
        assert_eq!(made("CREATE SCHEMA \"a b\";").as_deref(), Some("a b"));
        assert_eq!(made("CREATE SCHEMA IF NOT EXISTS x;").as_deref(), Some("x"));
        assert_eq!(made("CREATE SCHEMA AUTHORIZATION bob;").as_deref(), Some("bob"));
        assert_eq!(made("CREATE TABLE schema (a int);"), None);
    }

    #[test]
    fn strings_hold_no_words() {
        let words = |text: &str, backslashes| {
            let tokens = Tokens::new(text.as_bytes(), Charset::Utf8, backslashes);
            tokens
                .filter(|token| matches!(token.kind, Kind::Word(_)))
                .map(|token| text[token.start..token.end].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(words("a 'b''c' $$d$$ $x$ e $x$ f E'g\\'h' i \"j\" U&'k'", false), ["a", "f", "i", "U"]);
        assert_eq!(words("a 'b\\' c' d", true), ["a", "d"]);
        assert_eq!(words("a 'open", false), ["a"]);
        assert_eq!(words("a \"open", false), ["a"]);
        assert_eq!(words("a $x$ b", false), ["a", "x$", "b"]);
    }
}
