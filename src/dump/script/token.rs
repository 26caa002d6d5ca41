//! A statement as tokens: enough to read what its head names, as it is written, and where that stands.
//!
//! pg_query would say it too, but not of statements that it cannot read, and not in the bytes of another encoding. Where
//! statements end [`lexer`](super::lexer) has found before; what single things are, [`lexeme`] says to both.

use super::lexeme::{self, Dialect, Worded, starts_word};
use crate::encoding::Charset;
use crate::name::Name;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word or a number.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A string, in quotes with whatever letter before them, or in dollar quotes.
    Literal,
    /// An operator that is no single sign.
    Operator,
    /// One of `, ( ) [ ] . ; : + - * / % ^ < > =` (`self` in src/backend/parser/scan.l), and whatever else is none of the
    /// others.
    Sign(u8),
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Token {
    /// Its text, as it is written.
    pub fn of<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The stored name that it is: a word folded to lower case, a quoted name without its quotes. `None` of anything else.
    pub fn name(&self, text: &[u8], charset: Charset) -> Option<Name> {
        match self.kind {
            TokenKind::Word => Some(Name::folded(&charset.decode(self.of(text)))),
            TokenKind::Quoted => Some(Name::new(charset.decode(&unquoted(self.of(text))))),
            TokenKind::Literal | TokenKind::Operator | TokenKind::Sign(_) => None,
        }
    }
}

/// The tokens of a text, one by one. What the text ends in is a token up to its end.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a [u8],
    dialect: Dialect,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Those of a text from its beginning.
    pub fn new(text: &'a [u8], dialect: Dialect) -> Tokens<'a> {
        Tokens { text, dialect, at: 0 }
    }

    /// What begins at a byte that is no blank, and where it ends if the text holds its end.
    fn read(&self, start: usize, byte: u8) -> (TokenKind, Option<usize>) {
        let (text, charset) = (self.text, self.dialect.charset);
        match byte {
            b'\'' => (TokenKind::Literal, lexeme::string(text, start, self.dialect.backslashes, charset).ok()),
            b'"' => (TokenKind::Quoted, lexeme::identifier(text, start).ok()),
            b'$' => match lexeme::dollar(text, start) {
                Ok(end) if end > start + 1 => (TokenKind::Literal, Some(end)),
                _ => (TokenKind::Word, Some(self.word(start + 1))),
            },
            b'0'..=b'9' => (TokenKind::Word, lexeme::number(text, start).ok()),
            _ if starts_word(byte) => match lexeme::word(text, start, charset) {
                Ok(Worded::Word(end)) => (TokenKind::Word, Some(end)),
                Ok(Worded::String(end)) => (TokenKind::Literal, Some(end)),
                Err(_) => (TokenKind::Literal, None),
            },
            _ if is_operator(byte) => match self.operator(start) {
                end if end == start + 1 && b"+-*/%^<>=".contains(&byte) => (TokenKind::Sign(byte), Some(end)),
                end => (TokenKind::Operator, Some(end)),
            },
            sign => (TokenKind::Sign(sign), Some(start + 1)),
        }
    }

    /// Where the letters and digits end that follow a dollar: `$1`.
    fn word(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
    }

    /// Where an operator ends: before what is none, and before a comment.
    fn operator(&self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        let goes_on = |at: &usize| {
            let rest = rest.get(*at..).unwrap_or_default();
            rest.first().is_some_and(|byte| is_operator(*byte)) && !rest.starts_with(b"--") && !rest.starts_with(b"/*")
        };
        start + (0..rest.len()).take_while(goes_on).count().max(1)
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = lexeme::skip_blanks(self.text, self.at).ok()?;
        let (kind, end) = self.read(start, *self.text.get(start)?);
        self.at = end.unwrap_or(self.text.len());
        Some(Token { kind, start, end: self.at })
    }
}

/// The characters of operators (`op_chars` in src/fe_utils/psqlscan.l).
pub fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

/// A name in double quotes without them.
pub fn unquoted(written: &[u8]) -> Vec<u8> {
    undoubled(written.get(1..written.len().saturating_sub(1)).unwrap_or_default(), b'"')
}

/// A text in which a quote is written as two of them.
pub fn undoubled(body: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut second = false;
    for &byte in body {
        second = byte == quote && !second;
        if !second {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str, backslashes: bool) -> Vec<(TokenKind, &str)> {
        let dialect = Dialect { backslashes, charset: Charset::Utf8 };
        Tokens::new(text.as_bytes(), dialect).map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    fn written(text: &str) -> Vec<&str> {
        tokens(text, false).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn statements_fall_into_tokens() {
        assert_eq!(
            written("a.\"b\"\"c\" -- x\n('it''s', E'\\'', $$;$$ /* /* */ */ <= $1)"),
            ["a", ".", "\"b\"\"c\"", "(", "'it''s'", ",", "E'\\''", ",", "$$;$$", "<=", "$1", ")"]
        );
        assert_eq!(written("$a$ $$ $a$;"), ["$a$ $$ $a$", ";"]);
        assert_eq!(written("1.5+a-- b\n*/* c */2"), ["1.5", "+", "a", "*", "2"]);
        assert_eq!(written("a{\\}"), ["a", "{", "\\", "}"]);
        assert_eq!(tokens("= => |", false), [(TokenKind::Sign(b'='), "="), (TokenKind::Operator, "=>"), (TokenKind::Operator, "|")]);
    }

    #[test]
    fn strings_hold_no_words() {
        let words = |text, backslashes| -> Vec<&str> {
            tokens(text, backslashes).into_iter().filter(|(kind, _)| *kind == TokenKind::Word).map(|(_, text)| text).collect()
        };
        assert_eq!(words("a 'b''c' $$d$$ $x$ e $x$ f E'g\\'h' i \"j\" U&'k'", false), ["a", "f", "i"]);
        assert_eq!(words("a 'b\\' c' d", true), ["a", "d"]);
        assert_eq!(words("a 'b'\n  'c' d", false), ["a", "d"]);
        assert_eq!(words("a 'open", false), ["a"]);
        assert_eq!(words("a \"open", false), ["a"]);
        assert_eq!(words("a $x$ b", false), ["a", "$x", "$", "b"]);
    }

    #[test]
    fn names_are_read_as_they_are_stored() {
        let names = |text: &str| -> Vec<Option<Name>> {
            Tokens::new(text.as_bytes(), Dialect::default()).map(|token| token.name(text.as_bytes(), Charset::Utf8)).collect()
        };
        assert_eq!(names("Public \"A \"\"b\"\"\" 'c'"), [Some(Name::new("public")), Some(Name::new("A \"b\"")), None]);
        assert_eq!(undoubled(b"''''", b'\''), b"''");
    }

    #[test]
    fn bytes_of_one_character_are_not_taken_apart() {
        let sjis = Dialect { backslashes: true, charset: Charset::from_name("SJIS").expect("known") };
        let text = b"a '\x95\x5c' b";
        assert_eq!(Tokens::new(text, sjis).map(|token| token.of(text)).collect::<Vec<_>>(), [&b"a"[..], b"'\x95\x5c'", b"b"]);
    }
}
