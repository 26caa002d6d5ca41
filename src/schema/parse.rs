//! One statement through PostgreSQL's own parser, without surprises.
//!
//! An expression that is nested too deeply for [`crate::sql`] fails the whole statement. What fails is therefore tried
//! again without the expressions that fail by themselves. What a statement means is the business of the other files.

use std::ops::Range;

use pg_query::NodeEnum;
use pg_query::protobuf::{ScanToken, Token};

use super::ddl::DdlError;
use super::spans::{Role, Span, expressions, offset};
use crate::name::Name;
use crate::sql::{self, LONGEST_NAME};

/// Opens a stand-in for a name that the parser would change.
const STAND_IN: char = '\u{F8FF}';

/// An expression longer than this is not parsed: its cost grows with the square of its length.
const LONGEST_EXPRESSION: usize = 64 * 1024;

/// A statement's text, with what is needed to take names and expressions from it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    sql: &'a str,
    tokens: Vec<ScanToken>,
    spans: Vec<Span>,
    /// Names that the parser would change: it gets the stand-in with the index of the name.
    stand_ins: Vec<Name>,
}

/// Parses a statement (or several). Comments before and after are fine.
///
/// # Errors
/// Where it is not SQL as PostgreSQL 18 reads it, even without the expressions that are not.
pub(super) fn parse(sql: &str) -> Result<(Vec<NodeEnum>, Source<'_>), DdlError> {
    if sql.contains('\0') {
        return Err(DdlError::new("a zero byte in a statement"));
    }
    let tokens = sql::tokens(sql).map_err(|_| DdlError::new("a statement that breaks off inside a literal"))?;
    let spans = expressions(&tokens);
    let mut source = Source { sql, tokens, spans, stand_ins: Vec::new() };
    for span in &mut source.spans {
        span.readable = span.range.len() <= LONGEST_EXPRESSION;
    }
    if let Ok(statements) = sql::statements(&source.prepare(needs_stand_in)?) {
        return Ok((statements, source));
    }
    for index in 0..source.spans.len() {
        source.probe(index);
    }
    // Before PostgreSQL 16, SYSTEM_USER was a name like any other.
    source.stand_ins.clear();
    let text = source.prepare(|token, text| needs_stand_in(token, text) || token.token() == Token::SystemUser)?;
    match sql::statements(&text) {
        Ok(statements) => Ok((statements, source)),
        Err(_) => Err(DdlError::new("a statement that does not parse as PostgreSQL 18 would have it")),
    }
}

/// Whether the parser would change a name: cut it, or take it for a stand-in.
fn needs_stand_in(token: &ScanToken, text: &str) -> bool {
    token.token() == Token::Ident && (text.len() > LONGEST_NAME || text.contains(STAND_IN))
}

/// The name that an identifier's token stands for.
fn stored(written: &str) -> Name {
    match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => Name::new(quoted.replace("\"\"", "\"")),
        None => Name::folded(written),
    }
}

impl Source<'_> {
    fn text_of(&self, token: &ScanToken) -> &str {
        self.sql.get(offset(token.start)..offset(token.end)).unwrap_or("")
    }

    /// The text for the parser: unreadable expressions are replaced by a `1`, and names of which `changes` says so by
    /// stand-ins. Every byte that stays keeps its offset.
    fn prepare(&mut self, changes: impl Fn(&ScanToken, &str) -> bool) -> Result<String, DdlError> {
        let mut text = String::with_capacity(self.sql.len());
        let mut replacements: Vec<(usize, usize, String)> =
            self.spans.iter().filter(|span| !span.readable).map(|span| (span.range.start, span.range.end, "1".to_owned())).collect();
        for token in &self.tokens {
            let (start, end) = (offset(token.start), offset(token.end));
            let written = self.sql.get(start..end).unwrap_or("");
            if !changes(token, written) || replacements.iter().any(|(from, to, _)| (*from..*to).contains(&start)) {
                continue;
            }
            let stand_in = format!("{STAND_IN}{}", self.stand_ins.len());
            if stand_in.len() > written.len() {
                return Err(DdlError::new("a name that the parser cannot take"));
            }
            self.stand_ins.push(stored(written));
            replacements.push((start, end, stand_in));
        }
        replacements.sort();
        let mut copied = 0;
        for (start, end, replacement) in replacements {
            text.push_str(self.sql.get(copied..start).unwrap_or(""));
            text.push_str(&replacement);
            text.extend(std::iter::repeat_n(' ', (end - start).saturating_sub(replacement.len())));
            copied = end;
        }
        text.push_str(self.sql.get(copied..).unwrap_or(""));
        Ok(text)
    }

    /// Tries an expression by itself, at the depth at which it stands in a table.
    fn probe(&mut self, index: usize) {
        let Some(span) = self.spans.get_mut(index) else { return };
        let expression = self.sql.get(span.range.clone()).unwrap_or("");
        let list = if span.role == Role::Member { format!("f({expression})") } else { expression.to_owned() };
        span.readable &= sql::statements(&format!("CREATE TABLE t (c integer CHECK ({list}\n))")).is_ok();
    }

    /// A name as the tree has it.
    pub(super) fn name(&self, in_tree: &str) -> Name {
        let index = in_tree.strip_prefix(STAND_IN).and_then(|index| index.parse::<usize>().ok());
        match index.and_then(|index| self.stand_ins.get(index)) {
            Some(name) => name.clone(),
            None => Name::new(in_tree),
        }
    }

    /// The expression of the CHECK whose node stands at `location` (an offset of the tree), and whether it was parsed.
    pub(super) fn check_at(&self, location: i32) -> (String, bool) {
        let from = offset(location);
        let found = self.spans.iter().find(|span| span.role == Role::Check && span.range.start >= from);
        found.map_or_else(|| (String::new(), false), |span| (self.sql.get(span.range.clone()).unwrap_or("").to_owned(), span.readable))
    }

    /// Whether what stands at `location` (an offset of the tree) is in the statement: it may stand in for an expression that
    /// the parser could not take.
    pub(super) fn was_read(&self, location: i32) -> bool {
        !self.spans.iter().any(|span| !span.readable && span.range.contains(&offset(location)))
    }

    /// Where a default stands whose DEFAULT is at `location` (an offset of the tree): from that word to its end, in bytes.
    pub(super) fn default_at(&self, location: i32) -> Option<Range<usize>> {
        let from = offset(location);
        let token = self.tokens.iter().find(|token| offset(token.start) >= from)?;
        let span = self.spans.iter().find(|span| span.role == Role::Value && span.range.start >= from)?;
        (token.token() == Token::Default).then(|| offset(token.start)..span.range.end)
    }

    /// Names with a schema before them in the expressions that the parser could not take.
    pub(super) fn unreadable_pairs(&self) -> Vec<(Name, Name)> {
        let mut pairs = Vec::new();
        for span in self.spans.iter().filter(|span| !span.readable) {
            let inside: Vec<_> = self.tokens.iter().filter(|token| span.range.contains(&offset(token.start))).collect();
            for three in inside.windows(3) {
                let [schema, dot, name] = three else { continue };
                if self.text_of(dot) == "." {
                    pairs.push((stored(self.text_of(schema)), stored(self.text_of(name))));
                }
            }
            // 'public.s'::regclass
            for token in inside.iter().filter(|token| token.token() == Token::Sconst) {
                let text = self.text_of(token).trim_matches('\'');
                if let Some((schema, name)) = text.split_once('.') {
                    pairs.push((stored(schema), stored(name)));
                }
            }
        }
        pairs
    }

    /// The names that occur in the unreadable expressions of a role; with `location`, only in the first at or after it.
    pub(super) fn unreadable_names(&self, role: Role, location: Option<i32>) -> Vec<Name> {
        let from = location.map_or(0, offset);
        let limit = if location.is_some() { 1 } else { usize::MAX };
        let mut names: Vec<Name> = Vec::new();
        let spans = self.spans.iter().filter(|span| span.role == role && span.range.start >= from).take(limit);
        for span in spans.filter(|span| !span.readable) {
            let inside = self.tokens.iter().filter(|token| span.range.contains(&offset(token.start)));
            let written = inside.map(|token| self.text_of(token));
            for written in written.filter(|text| text.starts_with(|c: char| c == '"' || c == '_' || c.is_alphabetic())) {
                let name = stored(written);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// The first words of a statement in upper case, at most `count`; comments, white space and anything else are passed
/// over up to the first word, and end the search after it.
pub(super) fn first_words(sql: &str, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while words.len() < count {
        rest = after_space(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        words.push(word.to_ascii_uppercase());
        rest = tail;
    }
    words
}

/// What comes after white space and comments (which nest, as in scan.l).
fn after_space(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        if rest.starts_with("--") {
            rest = rest.find(['\n', '\r']).and_then(|end| rest.get(end..)).unwrap_or("");
        } else if rest.starts_with("/*") {
            rest = after_comment(rest);
        } else {
            return rest;
        }
    }
}

/// What comes after the `/*` comment that opens here.
fn after_comment(sql: &str) -> &str {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = sql.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return sql.get(at..).unwrap_or("");
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_pass_comments() {
        assert_eq!(first_words("--\n-- Name: x\n--\n\n/* a /* b */ c */ Create table\n x (", 3), ["CREATE", "TABLE", "X"]);
        assert_eq!(first_words("INSERT INTO t VALUES (1)", 2), ["INSERT", "INTO"]);
        assert_eq!(first_words("/* open", 2), Vec::<String>::new());
        assert_eq!(first_words("", 2), Vec::<String>::new());
    }

    #[test]
    fn long_names_stay_whole() {
        let long = "é".repeat(40);
        let sql = format!("CREATE TABLE \"{long}a\" (\"{long}b\" int)");
        let (statements, source) = parse(&sql).expect("parses");
        let [NodeEnum::CreateStmt(table)] = statements.as_slice() else { panic!("a table") };
        let relation = table.relation.as_ref().expect("named");
        assert_eq!(source.name(&relation.relname), Name::new(format!("{long}a")));
    }

    #[test]
    fn depth_ends_in_an_error() {
        let deep = |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
        for expression in [deep("(", ")", 20_000), deep("f(", ")", 20_000), deep("- ", "", 20_000), deep("(1 || ", ")", 9_000)] {
            assert!(parse(&format!("CREATE TABLE t (a int DEFAULT {expression})")).is_ok(), "the default is taken out");
            assert!(parse(&format!("CREATE TABLE t (a int) WITH (x = {expression})")).is_err());
            assert!(parse(&format!("CREATE TABLE t {expression}")).is_err());
        }
    }

    #[test]
    fn unreadable_checks_keep_their_text() {
        let chain = vec!["a"; 300].join(" || ");
        let sql = format!("CREATE TABLE t (a text, CONSTRAINT c CHECK (({chain}) <> 'x'::text), CHECK (a > ''))");
        let (_, source) = parse(&sql).expect("parses");
        let (expression, readable) = source.check_at(0);
        assert!(!readable && expression.starts_with("(a || a") && expression.ends_with("<> 'x'::text"));
        assert!(source.unreadable_names(Role::Check, Some(0)).contains(&Name::new("a")));
        assert_eq!(source.spans.iter().map(|span| span.readable).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn old_servers_had_fewer_reserved_words() {
        let (statements, source) = parse("CREATE TABLE t (system_user text DEFAULT (5 !))").expect("parses");
        let [NodeEnum::CreateStmt(table)] = statements.as_slice() else { panic!("a table") };
        let Some(NodeEnum::ColumnDef(column)) = table.table_elts.first().and_then(|node| node.node.as_ref()) else { panic!("a column") };
        assert_eq!(source.name(&column.colname), Name::new("system_user"));
    }
}
