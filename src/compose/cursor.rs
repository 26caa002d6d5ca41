//! A walk over the tokens of a statement: what its head names, as it is written.
//!
//! Where statements end the reader has found already; here nothing is decided that a wrong guess could turn into data.

use crate::dump::script::lexeme::Dialect;
use crate::dump::script::token::{Token, TokenKind, Tokens, is_operator, undoubled, unquoted};

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
    /// At the beginning of a text.
    pub(super) fn new(text: &'a [u8], dialect: Dialect) -> Cursor<'a> {
        Cursor { text, tokens: Tokens::new(text, dialect).collect(), at: 0 }
    }

    /// The same, and it ends behind so many tokens as say what a statement does.
    pub(super) fn head(text: &'a [u8], dialect: Dialect) -> Cursor<'a> {
        const HEAD: usize = 16;
        Cursor { text, tokens: Tokens::new(text, dialect).take(HEAD).collect(), at: 0 }
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
        token.of(self.text)
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
        token.kind == TokenKind::Word && self.text_of(token).eq_ignore_ascii_case(word.as_bytes())
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

    /// Whether these words end the statement.
    pub(super) fn ends_with(&self, words: &[&str]) -> bool {
        let semicolon = self.tokens.last().is_some_and(|token| token.kind == TokenKind::Sign(b';'));
        let last = self.tokens.len() - usize::from(semicolon);
        let ending = last.checked_sub(words.len()).and_then(|first| self.tokens.get(first..last));
        ending.is_some_and(|ending| ending.iter().zip(words).all(|(token, word)| self.means(*token, word)))
    }

    /// Goes past any of these words.
    pub(super) fn skip(&mut self, words: &[&str]) {
        while words.iter().any(|word| self.eat(&[word])) {}
    }

    /// Goes past a sign, if it is next.
    pub(super) fn sign(&mut self, sign: u8) -> bool {
        let here = self.peek().is_some_and(|token| token.kind == TokenKind::Sign(sign));
        self.at += usize::from(here);
        here
    }

    /// Goes to the next of these words outside of parentheses; stays behind it. False at the end.
    pub(super) fn seek(&mut self, word: &str) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match token.kind {
                TokenKind::Sign(b'(') => depth += 1,
                TokenKind::Sign(b')') => depth = depth.saturating_sub(1),
                TokenKind::Word if depth == 0 && self.means(token, word) => return true,
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
            match token.kind {
                TokenKind::Sign(b'(') => depth += 1,
                TokenKind::Sign(b')') => depth -= 1,
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
        let name = match token.kind {
            TokenKind::Word => self.text_of(token).to_ascii_lowercase(),
            TokenKind::Quoted => unquoted(self.text_of(token)),
            TokenKind::Operator => self.text_of(token).to_vec(),
            TokenKind::Sign(byte) if is_operator(byte) => vec![byte],
            TokenKind::Literal | TokenKind::Sign(_) => return None,
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

    /// A literal in quotes, its backslashes as they are written; one in dollar quotes is none here.
    pub(super) fn literal(&mut self) -> Option<Vec<u8>> {
        let token = self.peek().filter(|token| token.kind == TokenKind::Literal)?;
        let written = self.text_of(token);
        let plain = if let [b'e' | b'E', plain @ ..] = written { plain } else { written };
        let body = plain.strip_prefix(b"'")?.strip_suffix(b"'")?;
        self.at += 1;
        Some(undoubled(body, b'\''))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_stored() {
        let mut cursor = Cursor::new(b"Public.\"A \"\"b\"\"\" rest", Dialect::default());
        let name = cursor.qualified().expect("a name");
        assert_eq!((name.schema().as_deref(), name.name().as_slice()), (Some(&b"public"[..]), &b"A \"b\""[..]));
        assert_eq!(cursor.slice(name.last, name.end), b"\"A \"\"b\"\"\"");
        assert!(cursor.eat(&["REST"]));
    }
}
