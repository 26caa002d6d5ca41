//! What a statement is, by its first words: no more than what stands around a dump's statements depends on.

use crate::dump::script::lexeme::Dialect;
use crate::dump::script::token::{Token, TokenKind, Tokens};
use crate::name::Name;

/// How many tokens are looked at: no head that matters is longer.
const MOST_TOKENS: usize = 64;

/// The first tokens of a statement.
#[derive(Clone, Debug)]
pub struct Head {
    tokens: Vec<(Token, Option<Name>)>,
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
    /// Reads the first tokens of a statement.
    pub fn read(text: &[u8], dialect: Dialect) -> Head {
        let tokens = Tokens::new(text, dialect).take(MOST_TOKENS);
        Head { tokens: tokens.map(|token| (token, token.name(text, dialect.charset))).collect() }
    }

    /// How many tokens there are, 64 at most.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// The word at a position, folded; empty where something else stands.
    pub fn word(&self, index: usize) -> &str {
        match self.tokens.get(index) {
            Some((Token { kind: TokenKind::Word, .. }, Some(word))) => word.as_str(),
            _ => "",
        }
    }

    /// Whether these words stand at a position.
    pub fn reads(&self, index: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.word(index + offset) == *word)
    }

    /// The identifier at a position.
    pub fn name(&self, index: usize) -> Option<&Name> {
        self.tokens.get(index)?.1.as_ref()
    }

    /// Whether this sign stands at a position.
    pub fn sign(&self, index: usize, sign: u8) -> bool {
        self.token(index).is_some_and(|token| token.kind == TokenKind::Sign(sign))
    }

    /// The token at a position.
    pub fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index).map(|(token, _)| token)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        Head::read(text.as_bytes(), Dialect::default())
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
}
