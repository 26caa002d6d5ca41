//! A statement as tokens: enough to read what its head names, as it is written.
//!
//! Where statements end the reader has found already; here nothing is decided that a wrong guess could turn into data.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A word or a number.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A literal, in quotes or dollar quotes.
    Literal,
    /// An operator.
    Operator,
    /// One of `( ) , ; . [ ] :`.
    Sign(u8),
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) sort: Sort,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A name of several parts as it is written.
#[derive(Clone, Debug)]
pub(super) struct Qualified {
    /// Its parts, unquoted and folded.
    pub(super) parts: Vec<Vec<u8>>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where its last part begins.
    pub(super) last: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl Qualified {
    /// The last part.
    pub(super) fn name(&self) -> Vec<u8> {
        self.parts.last().cloned().unwrap_or_default()
    }

    /// What stands before the last part.
    pub(super) fn schema(&self) -> Option<Vec<u8>> {
        self.parts.len().checked_sub(2).and_then(|at| self.parts.get(at)).cloned()
    }
}

/// A text and a place among its tokens.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a text. `backslashes`: they escape inside plain quotes.
    pub(super) fn new(text: &'a [u8], backslashes: bool) -> Cursor<'a> {
        Cursor { text, tokens: tokens(text, backslashes), at: 0 }
    }

    /// The token at hand.
    pub(super) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The token behind it.
    pub(super) fn second(&self) -> Option<Token> {
        self.tokens.get(self.at + 1).copied()
    }

    /// Goes on by one.
    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// A token's text.
    pub(super) fn text_of(&self, token: Token) -> &'a [u8] {
        self.slice(token.start, token.end)
    }

    /// A part of the text.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Where the token at hand begins, or the text ends.
    pub(super) fn start(&self) -> usize {
        self.peek().map_or(self.text.len(), |token| token.start)
    }

    /// Where the token before ends.
    pub(super) fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.end)
    }

    /// Whether the token at hand is a word, in any case.
    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| self.means(token, word))
    }

    fn means(&self, token: Token, word: &str) -> bool {
        token.sort == Sort::Word && self.text_of(token).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Goes past these words, if they are next.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let here =
            words.iter().enumerate().all(|(index, word)| self.tokens.get(self.at + index).is_some_and(|token| self.means(*token, word)));
        if here {
            self.at += words.len();
        }
        here
    }

    /// Goes past any of these words.
    pub(super) fn skip(&mut self, words: &[&str]) {
        while words.iter().any(|word| self.eat(&[word])) {}
    }

    /// Goes past a sign, if it is next.
    pub(super) fn sign(&mut self, sign: u8) -> bool {
        let here = self.peek().is_some_and(|token| token.sort == Sort::Sign(sign));
        self.at += usize::from(here);
        here
    }

    /// Goes to the next of these words outside of parentheses; stays behind it. False at the end.
    pub(super) fn seek(&mut self, word: &str) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match token.sort {
                Sort::Sign(b'(') => depth += 1,
                Sort::Sign(b')') => depth = depth.saturating_sub(1),
                Sort::Word if depth == 0 && self.means(token, word) => return true,
                _ => {}
            }
        }
        false
    }

    /// Goes past what stands in parentheses, if they are next; gives where it begins and ends, without them.
    pub(super) fn parentheses(&mut self) -> Option<(usize, usize)> {
        if !self.sign(b'(') {
            return None;
        }
        let start = self.end();
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match token.sort {
                Sort::Sign(b'(') => depth += 1,
                Sort::Sign(b')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((start, token.start));
            }
        }
        None
    }

    /// A name of one part, unquoted and folded.
    pub(super) fn name(&mut self) -> Option<Vec<u8>> {
        let token = self.peek()?;
        let name = match token.sort {
            Sort::Word => self.text_of(token).to_ascii_lowercase(),
            Sort::Quoted => unquoted(self.text_of(token)),
            Sort::Operator => self.text_of(token).to_vec(),
            Sort::Literal | Sort::Sign(_) => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// A name with what stands before it.
    pub(super) fn qualified(&mut self) -> Option<Qualified> {
        let start = self.start();
        let mut parts = Vec::new();
        loop {
            let last = self.start();
            parts.push(self.name()?);
            if !self.sign(b'.') {
                return Some(Qualified { parts, start, last, end: self.end() });
            }
        }
    }

    /// A literal in quotes, as it reads; one in dollar quotes is none here.
    pub(super) fn literal(&mut self) -> Option<Vec<u8>> {
        let token = self.peek().filter(|token| token.sort == Sort::Literal)?;
        let body = self.text_of(token).strip_prefix(b"'")?.strip_suffix(b"'")?;
        self.at += 1;
        Some(undoubled(body, b'\''))
    }
}

/// The stored name of one in double quotes.
fn unquoted(text: &[u8]) -> Vec<u8> {
    undoubled(text.get(1..text.len().saturating_sub(1)).unwrap_or_default(), b'"')
}

fn undoubled(body: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut doubled = false;
    for &byte in body {
        doubled = byte == quote && !doubled && out.last() == Some(&quote);
        if !doubled {
            out.push(byte);
        }
    }
    out
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn tokens(text: &[u8], backslashes: bool) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        let (sort, length) = match (byte, rest.get(1)) {
            (b' ' | b'\t'..=b'\r', _) => {
                at += 1;
                continue;
            }
            (b'-', Some(b'-')) => {
                at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                continue;
            }
            (b'/', Some(b'*')) => {
                at += comment(rest);
                continue;
            }
            (b'\'', _) => {
                let escaped = backslashes || at > 0 && matches!(text.get(at - 1), Some(b'e' | b'E'));
                (Sort::Literal, quoted(rest, b'\'', escaped))
            }
            (b'"', _) => (Sort::Quoted, quoted(rest, b'"', false)),
            (b'$', _) if dollars(rest).is_some() => (Sort::Literal, dollars(rest).unwrap_or(1)),
            (b'(' | b')' | b',' | b';' | b'.' | b'[' | b']' | b':', _) => (Sort::Sign(byte), 1),
            _ if is_word(byte) => (Sort::Word, rest.iter().take_while(|byte| is_word(**byte)).count()),
            _ => (Sort::Operator, operator(rest)),
        };
        found.push(Token { sort, start: at, end: at + length });
        at += length;
    }
    found
}

fn comment(text: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1_usize);
    while depth > 0 && at < text.len() {
        match text.get(at..at + 2) {
            Some(b"/*") => (at, depth) = (at + 2, depth + 1),
            Some(b"*/") => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    at.min(text.len())
}

fn quoted(text: &[u8], quote: u8, backslashes: bool) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        if byte == b'\\' && backslashes {
            at += 2;
        } else if byte != quote {
            at += 1;
        } else if text.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    text.len()
}

/// How long a literal in dollar quotes is, if one begins here.
fn dollars(text: &[u8]) -> Option<usize> {
    let tag = memchr::memchr(b'$', text.get(1..)?)? + 2;
    let opening = text.get(..tag)?;
    let name = opening.get(1..tag - 1)?;
    if name.first().is_some_and(u8::is_ascii_digit) || !name.iter().all(|byte| is_word(*byte) && *byte != b'$') {
        return None;
    }
    let end = memchr::memmem::find(text.get(tag..)?, opening)?;
    Some(tag + end + tag)
}

fn operator(text: &[u8]) -> usize {
    let is_operator = |byte: &u8| b"+-*/<>=~!@#%^&|`?".contains(byte);
    let length = (0..text.len())
        .take_while(|at| {
            let rest = text.get(*at..).unwrap_or_default();
            rest.first().is_some_and(is_operator) && !rest.starts_with(b"--") && !rest.starts_with(b"/*")
        })
        .count();
    length.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let cursor = Cursor::new(text.as_bytes(), false);
        cursor.tokens.iter().map(|token| &text[token.start..token.end]).collect()
    }

    #[test]
    fn statements_fall_into_tokens() {
        assert_eq!(
            words("a.\"b\"\"c\" -- x\n('it''s', E'\\'', $$;$$ /* /* */ */ <= $1)"),
            ["a", ".", "\"b\"\"c\"", "(", "'it''s'", ",", "E", "'\\''", ",", "$$;$$", "<=", "$1", ")"]
        );
        assert_eq!(words("$a$ $$ $a$;"), ["$a$ $$ $a$", ";"]);
    }

    #[test]
    fn names_are_read_as_they_are_stored() {
        let mut cursor = Cursor::new(b"Public.\"A \"\"b\"\"\" rest", false);
        let name = cursor.qualified().expect("a name");
        assert_eq!((name.schema().as_deref(), name.name().as_slice()), (Some(&b"public"[..]), &b"A \"b\""[..]));
        assert_eq!(cursor.slice(name.last, name.end), b"\"A \"\"b\"\"\"");
        assert!(cursor.eat(&["REST"]));
    }
}
