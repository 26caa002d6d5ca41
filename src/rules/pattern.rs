//! Names and globs, as the keys of a rules file write them, and whether they mean a stored name.
//!
//! Does not know which names a dump has. Braces are written out when the pattern is read, so that a list of names is a
//! sorted list here and not an expression.
//!
//! Why not the crate globset: it matches bytes, so that `pr?nom` and `pr[eé]nom` miss `prénom`, and a rule that misses in
//! silence is a leak; it gives `**` and `/` the sense they have in paths; it panics on deeply nested braces. The tests
//! hold this file against it where the two must agree.

use std::str::Chars;

/// What one pattern may come to when its braces are written out, counted in characters.
const MAX_EXPANDED: usize = 1 << 16;

/// How deep braces may nest.
const MAX_DEPTH: usize = 16;

/// A name or a glob: `*`, `?`, `[a-z]`, `{a,b}`. Case matters. What stands in SQL double quotes stands for itself.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Of an exact name the name as it is stored (no quotes), of a glob what was written.
    pub text: String,
    /// `None` for an exact name.
    glob: Option<Glob>,
}

/// A glob with its braces written out.
#[derive(Clone, Debug)]
struct Glob {
    /// Those alternatives that are plain names; sorted, each once.
    names: Vec<String>,
    /// The others.
    wild: Vec<Vec<Token>>,
}

/// The name of a table in its parts, each a name or a glob.
#[derive(Clone, Debug)]
pub(super) struct TableName {
    /// The database, where it is named.
    pub(super) database: Option<Pattern>,
    /// The schema; `public` where none is written.
    pub(super) schema: Pattern,
    /// The table.
    pub(super) name: Pattern,
}

/// One step of a match.
#[derive(Clone, Debug)]
enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any run of characters, also none.
    Run,
    /// `[a-z]`, `[!a-z]`.
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// Alternatives, each a run of tokens. Never empty.
type Alternatives = Vec<Vec<Token>>;

impl Pattern {
    /// Reads the key of a column rule. A dot in it is a character like any other.
    ///
    /// # Errors
    /// What was found and what was expected, where it is no pattern.
    pub(super) fn column(written: &str) -> Result<Pattern, String> {
        Parser { rest: written.chars(), dots: false, special: false }.part("column")
    }

    /// Reads the key of a table rule: `table` (in the schema `public`), `schema.table` or `database.schema.table`.
    ///
    /// # Errors
    /// What was found and what was expected, where it is no pattern.
    pub(super) fn table(written: &str) -> Result<TableName, String> {
        let mut parser = Parser { rest: written.chars(), dots: true, special: false };
        let first = parser.part("table")?;
        if parser.rest.next().is_none() {
            return Ok(TableName { database: None, schema: Pattern { text: "public".to_owned(), glob: None }, name: first });
        }
        let second = parser.part("table")?;
        if parser.rest.next().is_none() {
            return Ok(TableName { database: None, schema: first, name: second });
        }
        let third = parser.part("table")?;
        match parser.rest.next() {
            None => Ok(TableName { database: Some(first), schema: second, name: third }),
            Some(_) => Err(
                r#"the name has more than three parts, expected table, schema.table or database.schema.table; quote a part that holds a dot: '"a.b"'"#
                    .to_owned(),
            ),
        }
    }

    /// Whether a stored name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.matches(name),
            None => self.text == name,
        }
    }

    /// The names that it means, in their order, if it can be written out: an exact name, or braces over names.
    pub fn names(&self) -> Option<Vec<&str>> {
        match &self.glob {
            None => Some(vec![&self.text]),
            Some(glob) if glob.wild.is_empty() => Some(glob.names.iter().map(String::as_str).collect()),
            Some(_) => None,
        }
    }

    /// Whether it is a name and no glob.
    pub fn is_exact(&self) -> bool {
        self.glob.is_none()
    }
}

impl Glob {
    fn new(alternatives: Alternatives) -> Glob {
        let mut glob = Glob { names: Vec::new(), wild: Vec::new() };
        for tokens in alternatives {
            match literal(&tokens) {
                Some(name) => glob.names.push(name),
                None => glob.wild.push(tokens),
            }
        }
        glob.names.sort_unstable();
        glob.names.dedup();
        glob
    }

    fn matches(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok() || self.wild.iter().any(|tokens| matches(tokens, name))
    }
}

/// The name that a run of tokens spells, if it spells one only.
fn literal(tokens: &[Token]) -> Option<String> {
    tokens
        .iter()
        .map(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One | Token::Run | Token::Set { .. } => None,
        })
        .collect()
}

/// Greedy, with one way back: only the last `*` can be worth a longer run, so the time is the product of the lengths at most.
fn matches(tokens: &[Token], name: &str) -> bool {
    let (mut tokens, mut rest) = (tokens, name.chars());
    let mut last_run: Option<(&[Token], Chars<'_>)> = None;
    loop {
        match tokens.split_first() {
            Some((Token::Run, after)) => {
                last_run = Some((after, rest.clone()));
                tokens = after;
                continue;
            }
            Some((token, after)) => {
                let mut next = rest.clone();
                if next.next().is_some_and(|c| token.takes(c)) {
                    (tokens, rest) = (after, next);
                    continue;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, mut from)) = last_run.take() else { return false };
        if from.next().is_none() {
            return false;
        }
        last_run = Some((after, from.clone()));
        (tokens, rest) = (after, from);
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Token::Char(wanted) => *wanted == c,
            Token::One | Token::Run => true,
            Token::Set { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
        }
    }
}

/// Reads one key.
struct Parser<'a> {
    rest: Chars<'a>,
    /// Whether a dot outside quotes, braces and brackets ends a part.
    dots: bool,
    /// Whether the part so far holds more than plain characters.
    special: bool,
}

impl Parser<'_> {
    /// One name or glob, up to the dot that ends it.
    fn part(&mut self, of: &str) -> Result<Pattern, String> {
        self.special = false;
        let start = self.rest.as_str();
        let alternatives = self.sequence(0)?;
        let written = start.strip_suffix(self.rest.as_str()).unwrap_or(start);
        let text = if self.special { written.to_owned() } else { alternatives.first().and_then(|only| literal(only)).unwrap_or_default() };
        if text.is_empty() {
            return Err(format!("the name is empty, expected a {of}'s name or a glob"));
        }
        Ok(Pattern { text, glob: self.special.then(|| Glob::new(alternatives)) })
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// Everything up to the end of the part or, inside braces, of the alternative.
    fn sequence(&mut self, depth: usize) -> Result<Alternatives, String> {
        let mut all: Alternatives = vec![Vec::new()];
        while let Some(c) = self.peek() {
            if (c == '.' && self.dots && depth == 0) || (matches!(c, ',' | '}') && depth > 0) {
                break;
            }
            self.rest.next();
            self.special |= matches!(c, '*' | '?' | '[' | '{');
            match c {
                '"' => self.quoted(&mut all)?,
                '*' => {
                    all.iter_mut().filter(|tokens| !matches!(tokens.last(), Some(Token::Run))).for_each(|tokens| tokens.push(Token::Run))
                }
                '?' => append(&mut all, &Token::One),
                '[' => append(&mut all, &self.set()?),
                '{' => all = product(&all, &self.braces(depth + 1)?)?,
                '}' => return Err("the pattern has a } without its {; write it in double quotes if the name holds it".to_owned()),
                c => append(&mut all, &Token::Char(c)),
            }
            limit(&all)?;
        }
        Ok(all)
    }

    /// The rest of `"…"`, where `""` is one quote, as in SQL.
    fn quoted(&mut self, all: &mut Alternatives) -> Result<(), String> {
        loop {
            match self.rest.next() {
                None => return Err("the pattern has a double quote that is not closed, expected another one".to_owned()),
                Some('"') if self.peek() == Some('"') => {
                    self.rest.next();
                    append(all, &Token::Char('"'));
                }
                Some('"') => return Ok(()),
                Some(c) => append(all, &Token::Char(c)),
            }
            limit(all)?;
        }
    }

    /// The rest of `{a,b}`.
    fn braces(&mut self, depth: usize) -> Result<Alternatives, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the pattern nests its braces too deep, expected {MAX_DEPTH} levels at most"));
        }
        let (mut all, mut size) = (Vec::new(), 0);
        loop {
            let mut more = self.sequence(depth)?;
            size += expanded(&more);
            if size > MAX_EXPANDED {
                return Err(too_large());
            }
            all.append(&mut more);
            match self.rest.next() {
                Some('}') => return Ok(all),
                Some(_) => {}
                None => return Err("the pattern has a { that is not closed, expected }".to_owned()),
            }
        }
    }

    /// The rest of `[a-z]`. A `]` that comes first stands for itself.
    fn set(&mut self) -> Result<Token, String> {
        let negated = matches!(self.peek(), Some('!' | '^'));
        if negated {
            self.rest.next();
        }
        let mut ranges = Vec::new();
        loop {
            let low = match self.rest.next() {
                None => return Err("the pattern has a [ that is not closed, expected ]".to_owned()),
                Some(']') if !ranges.is_empty() => return Ok(Token::Set { negated, ranges }),
                Some(c) => c,
            };
            let mut ahead = self.rest.clone();
            let high = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(high)) if high != ']' => {
                    self.rest = ahead;
                    high
                }
                _ => low,
            };
            if high < low {
                return Err(format!("the pattern has the range {low}-{high}, expected its lower end first"));
            }
            ranges.push((low, high));
        }
    }
}

fn append(all: &mut Alternatives, token: &Token) {
    all.iter_mut().for_each(|tokens| tokens.push(token.clone()));
}

/// Each of the one followed by each of the other.
fn product(left: &Alternatives, right: &Alternatives) -> Result<Alternatives, String> {
    let mut all = Vec::new();
    let mut size = 0;
    for head in left {
        for tail in right {
            size += head.len() + tail.len() + 1;
            if size > MAX_EXPANDED {
                return Err(too_large());
            }
            all.push(head.iter().chain(tail).cloned().collect());
        }
    }
    Ok(all)
}

/// What the alternatives come to; one for each, so that empty ones count.
fn expanded(all: &Alternatives) -> usize {
    all.iter().map(|tokens| tokens.len() + 1).sum()
}

fn limit(all: &Alternatives) -> Result<(), String> {
    if expanded(all) > MAX_EXPANDED { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> String {
    format!("the pattern stands for too much, expected at most {MAX_EXPANDED} characters with its braces written out; split it")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(written: &str) -> Pattern {
        Pattern::column(written).unwrap()
    }

    #[test]
    fn names_are_exact() {
        for (written, name) in
            [("email", "email"), ("a.b", "a.b"), ("\"a*\"", "a*"), ("\"a\"\"b\"", "a\"b"), ("x\"{\"", "x{"), ("a]", "a]"), ("a,b", "a,b")]
        {
            let pattern = column(written);
            assert!(pattern.is_exact() && pattern.text == name && pattern.matches(name), "{written}");
        }
        assert!(!column("email").matches("Email"));
        assert!(!column("{email}").is_exact());
    }

    #[test]
    fn globs_match_whole_names_by_characters() {
        for (written, yes, no) in [
            ("*email*", "work_email_2", "emial"),
            ("pr?nom", "prénom", "prééenom"),
            ("pr[eé]nom", "prénom", "prènom"),
            ("[!a]", "é", "a"),
            ("[^a-c]x", "dx", "bx"),
            ("[]]", "]", "["),
            ("[a-]", "-", "b"),
            ("a*", "a/b.c\nd", "ba"),
            ("**/x", "a/b/x", "x"),
            ("{a,b{c,d},}z", "bdz", "bz"),
            ("{a,b{c,d},}z", "z", "az "),
            ("{a,*_b}", "x_b", "ab"),
            ("*a*b*c", "xaxbxbxc", "xaxcxb"),
            ("{a.b,c}", "a.b", "a"),
            ("\"*\"*", "*x", "x*"),
            ("{\",\",x}", ",", "\",\""),
        ] {
            assert!(column(written).matches(yes), "{written} does not match {yes}");
            assert!(!column(written).matches(no), "{written} matches {no}");
        }
    }

    #[test]
    fn tables_have_one_part_to_three() {
        for (written, schema, name) in [
            ("users", "public", "users"),
            ("crm.users", "crm", "users"),
            ("\"a.b\"", "public", "a.b"),
            ("crm.\"x.y\"", "crm", "x.y"),
            ("{a.b,c}.d", "{a.b,c}", "d"),
            ("[.].x", "[.]", "x"),
            ("*.*", "*", "*"),
        ] {
            let found = Pattern::table(written).unwrap();
            assert_eq!((found.schema.text.as_str(), found.name.text.as_str()), (schema, name));
            assert!(found.database.is_none());
        }
        let found = Pattern::table("shop_*.crm.\"x.y\"").unwrap();
        assert!(found.database.is_some_and(|database| database.matches("shop_1")));
        assert_eq!((found.schema.text.as_str(), found.name.text.as_str()), ("crm", "x.y"));
        assert!(Pattern::table("a.b.c.d").is_err_and(|message| message.starts_with("the name has more than three parts")));
    }

    #[test]
    fn large_patterns_are_refused_quickly() {
        for written in
            ["{a,b}".repeat(40), "{,}".repeat(40), format!("{{{}}}", "a,".repeat(1 << 20)), "a".repeat(1 << 17), "{".repeat(1 << 17)]
        {
            assert!(Pattern::column(&written).is_err());
        }
        // The worst case of a match: every run is tried at every place.
        assert!(!column(&format!("{}b", "*a".repeat(1000))).matches(&"a".repeat(5000)));
    }

    proptest! {
        #[test]
        fn agrees_with_globset_on_ascii(written in "([abc*?,]|\\[!?[abc]{1,2}\\]|\\{[abc*,]{0,4}\\}){1,6}", name in "[abc,]{0,8}") {
            // `**` has another sense there.
            prop_assume!(!written.contains("**") && !written.contains("*{") && !written.contains("}*") && !written.contains("}{"));
            let oracle = globset::GlobBuilder::new(&written).empty_alternates(true).build().unwrap().compile_matcher();
            prop_assert_eq!(column(&written).matches(&name), oracle.is_match(&name), "{} on {}", written, name);
        }

        #[test]
        fn any_text_is_a_pattern_or_refused(written in "[ab\\[\\]{},*?\"!.é-]{0,24}", name in "[abé.]{0,6}") {
            if let Ok(pattern) = Pattern::column(&written) {
                prop_assert!(!pattern.is_exact() || pattern.matches(&pattern.text));
                pattern.matches(&name);
            }
            let _ = Pattern::table(&written);
        }

        #[test]
        fn a_quoted_name_means_itself(name in "[^\u{0}]{1,12}") {
            let pattern = column(&format!("\"{}\"", name.replace('"', "\"\"")));
            prop_assert!(pattern.is_exact());
            prop_assert_eq!(&pattern.text, &name);
        }
    }
}
