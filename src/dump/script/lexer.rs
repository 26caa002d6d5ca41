//! Where a statement of a script ends, exactly as psql sees it (src/fe_utils/psqlscan.l): what [`lexeme`] says of single
//! things, parentheses, `BEGIN … END` bodies of SQL functions, backslash commands.
//!
//! Works on a text from a statement's start; knows nothing of what statements mean beyond their first words. What is said
//! at the head of [`lexeme`] on changes goes for this as well.

use memchr::memchr;

use super::lexeme::{self, Dialect, End, Worded, continues_word, skip_blanks, starts_word};
use crate::error::Fault;

/// What stands at the head of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A statement.
    Statement {
        /// How many bytes of blanks and comments stand before it.
        lead: usize,
        /// Where it ends, its semicolon included.
        end: usize,
        /// Its first words outside parentheses.
        words: Words,
    },
    /// A backslash command.
    Meta {
        /// How many bytes of blanks and comments stand before it.
        lead: usize,
        /// Where its line ends, its line end included if there is one.
        end: usize,
    },
    /// Blanks and comments up to the end of the text.
    Blank,
    /// The text ends before what it holds does.
    Cut {
        /// How many bytes of blanks and comments stand before it.
        lead: usize,
        /// Inside what the text ends: `a quoted string`.
        inside: &'static str,
    },
}

/// The first words of a statement outside quotes and parentheses, folded to lower case; longer ones are cut off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    letters: [[u8; 12]; 5],
    count: usize,
}

impl Words {
    /// The word at a position, empty where there is none.
    pub fn get(&self, index: usize) -> &[u8] {
        self.letters.get(index).map_or(&[][..], |word| word.split(|b| *b == 0).next().unwrap_or_default())
    }

    fn push(&mut self, word: &[u8]) {
        if let Some(slot) = self.letters.get_mut(self.count) {
            for (to, from) in slot.iter_mut().zip(word) {
                *to = from.to_ascii_lowercase();
            }
        }
        self.count += 1;
    }

    /// Whether the words so far begin `CREATE [OR REPLACE] FUNCTION | PROCEDURE`, whose body may be `BEGIN … END`.
    fn begin_routine(&self) -> bool {
        let routine = |word: &[u8]| word == b"function" || word == b"procedure";
        self.get(0) == b"create" && (routine(self.get(1)) || (self.get(1) == b"or" && self.get(2) == b"replace" && routine(self.get(3))))
    }
}

/// Reads what stands at the head of `text`.
///
/// # Errors
/// A backslash outside quotes in the middle of a statement: psql would take it for a command.
pub fn read(text: &[u8], dialect: Dialect) -> Result<Found, Fault> {
    let lead = match skip_blanks(text, 0) {
        Ok(lead) => lead,
        Err(inside) => return Ok(Found::Cut { lead: 0, inside }),
    };
    match text.get(lead) {
        None => Ok(Found::Blank),
        Some(b'\\') => {
            let end = memchr(b'\n', text.get(lead..).unwrap_or_default()).map_or(text.len(), |at| lead + at + 1);
            Ok(Found::Meta { lead, end })
        }
        Some(_) => {
            let mut scan = Scan::new(text, lead, dialect);
            match scan.statement()? {
                Ok(end) => Ok(Found::Statement { lead, end, words: scan.words }),
                Err(inside) => Ok(Found::Cut { lead, inside }),
            }
        }
    }
}

/// The walk through one statement.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    /// How far it has come.
    pub(super) at: usize,
    dialect: Dialect,
    parentheses: u32,
    begins: u32,
    words: Words,
}

/// Bytes that matter inside parentheses: others can be leapt over, a word's and a number's among them.
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let mut i = 0;
    let bytes = b"'\"$-/\\()";
    while i < bytes.len() {
        matters[bytes[i] as usize] = true;
        i += 1;
    }
    matters
};

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8], at: usize, dialect: Dialect) -> Scan<'a> {
        Scan { text, at, dialect, parentheses: 0, begins: 0, words: Words::default() }
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Walks to behind the semicolon that ends the statement.
    fn statement(&mut self) -> Result<End, Fault> {
        loop {
            if self.text.get(self.at) == Some(&b';') && self.parentheses == 0 && self.begins == 0 {
                return Ok(Ok(self.at + 1));
            }
            match self.step()? {
                Ok(end) => self.at = end,
                Err(inside) => return Ok(Err(inside)),
            }
        }
    }

    /// Walks from an opening parenthesis to behind the one that closes it.
    pub(super) fn group(&mut self) -> Result<End, Fault> {
        let outside = self.parentheses;
        loop {
            match self.step()? {
                Ok(end) => self.at = end,
                Err(inside) => return Ok(Err(inside)),
            }
            if self.parentheses == outside {
                return Ok(Ok(self.at));
            }
        }
    }

    /// Where the next thing ends: a string, a word, a comment, parentheses or a single byte.
    #[inline]
    fn step(&mut self) -> Result<End, Fault> {
        let Some(byte) = self.text.get(self.at).copied() else { return Ok(Err("a statement")) };
        Ok(match byte {
            b'\'' => self.string(self.dialect.backslashes),
            b'"' => {
                // It takes a word's place: `CREATE "or" …` is no routine.
                self.note(b"\"");
                lexeme::identifier(self.text, self.at)
            }
            b'$' => lexeme::dollar(self.text, self.at),
            b'-' if self.rest().get(1) == Some(&b'-') => lexeme::line_comment(self.rest()).map(|n| self.at + n),
            b'/' if self.rest().get(1) == Some(&b'*') => lexeme::block_comment(self.rest()).map(|n| self.at + n),
            b'\\' => return Err(Fault::Unsupported("a backslash inside a statement")),
            b'(' => {
                // Only outermost ones: a closer look at each of many levels would be a look at all of them each time.
                if let Some(end) = (self.parentheses == 0).then(|| self.quick_group()).flatten() {
                    return Ok(end);
                }
                self.parentheses += 1;
                Ok(self.at + 1)
            }
            b')' => {
                self.parentheses = self.parentheses.saturating_sub(1);
                Ok(self.at + 1)
            }
            b'0'..=b'9' => Ok(lexeme::number(self.text, self.at)?),
            _ if starts_word(byte) => self.word(),
            _ => Ok(self.at + 1),
        })
    }

    /// Where the parentheses that open here close, found without a look at words: they count only outside. `None` where
    /// something stands inside that needs a closer look.
    #[inline]
    fn quick_group(&mut self) -> Option<End> {
        let start = self.at;
        let end = self.leap();
        self.at = start;
        end
    }

    /// [`Scan::quick_group`], but for where the scan is afterwards.
    #[inline]
    fn leap(&mut self) -> Option<End> {
        let mut depth = 0u32;
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|b| MATTERS.get(usize::from(*b)) == Some(&true));
            let Some(plain) = plain else { return Some(Err("a statement")) };
            let (byte, next) = (rest.get(plain).copied().unwrap_or_default(), rest.get(plain + 1).copied());
            self.at += plain;
            match byte {
                b'\'' => match self.string(self.prefix()?) {
                    Ok(end) => {
                        self.at = end;
                        continue;
                    }
                    Err(inside) => return Some(Err(inside)),
                },
                b'(' => depth += 1,
                b')' if depth == 1 => return Some(Ok(self.at + 1)),
                b')' => depth -= 1,
                b'-' if !matches!(next, Some(b'-') | None) => {}
                b'/' if !matches!(next, Some(b'*') | None) => {}
                _ => return None,
            }
            self.at += 1;
        }
    }

    /// Whether backslashes escape in the string that opens here, by what stands before its quote; `None` where that is
    /// more than one letter of a usual prefix.
    fn prefix(&self) -> Option<bool> {
        let before = |n: usize| self.at.checked_sub(n).and_then(|at| self.text.get(at)).copied();
        let alone = |byte: Option<u8>| !byte.is_some_and(|b| continues_word(b) || b == b'&');
        match before(1) {
            Some(b'e' | b'E') if alone(before(2)) => Some(true),
            Some(b'b' | b'B' | b'x' | b'X') if alone(before(2)) => Some(false),
            byte if alone(byte) => Some(self.dialect.backslashes),
            _ => None,
        }
    }

    fn string(&self, backslashes: bool) -> End {
        lexeme::string(self.text, self.at, backslashes, self.dialect.charset)
    }

    fn word(&mut self) -> End {
        let end = match lexeme::word(self.text, self.at, self.dialect.charset)? {
            Worded::String(end) => return Ok(end),
            Worded::Word(end) => end,
        };
        let word = self.text.get(self.at..end).unwrap_or_default().to_ascii_lowercase();
        self.note(&word);
        Ok(end)
    }

    /// Notes a word: counts `BEGIN`, `CASE` and `END` in a routine's body, as psql does.
    fn note(&mut self, word: &[u8]) {
        if self.parentheses == 0 {
            self.words.push(word);
        }
        if self.parentheses > 0 || !self.words.begin_routine() {
            return;
        }
        match word {
            b"begin" => self.begins += 1,
            b"case" if self.begins > 0 => self.begins += 1,
            b"end" => self.begins = self.begins.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexeme::LINE_COMMENT;
    use crate::encoding::Charset;

    const PLAIN: Dialect = Dialect { backslashes: false, charset: Charset::Utf8 };
    const OLD: Dialect = Dialect { backslashes: true, charset: Charset::Utf8 };

    /// Splits a whole text; what is left stands last.
    fn split(text: &str, dialect: Dialect) -> Vec<String> {
        let mut rest = text.as_bytes();
        let mut parts = Vec::new();
        loop {
            let (lead, end) = match read(rest, dialect).expect("no fault") {
                Found::Statement { lead, end, .. } | Found::Meta { lead, end } => (lead, end),
                Found::Blank => return parts,
                Found::Cut { inside, .. } => {
                    parts.push(format!("cut in {inside}"));
                    return parts;
                }
            };
            parts.push(String::from_utf8_lossy(&rest[lead..end]).into_owned());
            rest = &rest[end..];
        }
    }

    #[test]
    fn statements_end_where_psql_ends_them() {
        for (text, dialect, expected) in [
            ("a; b;", PLAIN, &["a;", "b;"][..]),
            ("a 'x;''y' ; b;", PLAIN, &["a 'x;''y' ;", "b;"]),
            (r"a 'x\'; b;", PLAIN, &[r"a 'x\';", "b;"]),
            (r"a 'x\'; b';", OLD, &[r"a 'x\'; b';"]),
            (r"a E'x\'; b' ;", PLAIN, &[r"a E'x\'; b' ;"]),
            (r"a typE'x\'; b;", PLAIN, &[r"a typE'x\';", "b;"]),
            (r"a U&'x\'; b;", OLD, &[r"a U&'x\';", "b;"]),
            (r"a B'1\'; b;", OLD, &[r"a B'1\';", "b;"]),
            ("a E'x'\n  '\\'; b';", PLAIN, &["a E'x'\n  '\\'; b';"]),
            ("a E'x' --y\n '\\'; b';", PLAIN, &["a E'x' --y\n '\\'; b';"]),
            ("a 1e5+1.5; b;", PLAIN, &["a 1e5+1.5;", "b;"]),
            ("a E'x' '\\'; b;", PLAIN, &["a E'x' '\\';", "b;"]),
            ("a $$ ; ' $$; b;", PLAIN, &["a $$ ; ' $$;", "b;"]),
            ("a $x$ $y$ ; $x$; b;", PLAIN, &["a $x$ $y$ ; $x$;", "b;"]),
            ("a b$x$ ; $1; c;", PLAIN, &["a b$x$ ;", "$1;", "c;"]),
            ("a \"x;\"\"'\" ; b;", PLAIN, &["a \"x;\"\"'\" ;", "b;"]),
            ("a -- ; '\r; b;", PLAIN, &["a -- ; '\r;", "b;"]),
            ("-- c\ra;", PLAIN, &["a;"]),
            ("a -- ; '\n; b;", PLAIN, &["a -- ; '\n;", "b;"]),
            ("a /* ; /* ' */ ; */ ; b;", PLAIN, &["a /* ; /* ' */ ; */ ;", "b;"]),
            ("a (b; c); d;", PLAIN, &["a (b; c);", "d;"]),
            ("a ('b', \"c;'\", 'd'); e;", PLAIN, &["a ('b', \"c;'\", 'd');", "e;"]),
            ("a ('b', -1, 1/2, (c;)); e;", PLAIN, &["a ('b', -1, 1/2, (c;));", "e;"]),
            ("a ('b' -- '\n, /* ' */ $$'$$); e;", PLAIN, &["a ('b' -- '\n, /* ' */ $$'$$);", "e;"]),
            (r"a ('x\', E'x\');', B'1\'); b;", PLAIN, &[r"a ('x\', E'x\');', B'1\');", "b;"]),
            (r"a (typE'x\', xE'\'); b;", PLAIN, &[r"a (typE'x\', xE'\');", "b;"]),
            (r"a ('x\');', U&'\', N'\''); b;", OLD, &[r"a ('x\');', U&'\', N'\'');", "b;"]),
            ("a ) ; d;", PLAIN, &["a ) ;", "d;"]),
            ("\\connect x; y\na;", PLAIN, &["\\connect x; y\n", "a;"]),
            ("-- c\n/* d */ a;", PLAIN, &["a;"]),
        ] {
            assert_eq!(split(text, dialect), expected, "{text}");
        }
    }

    #[test]
    fn sql_bodies_hold_semicolons() {
        let body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;";
        assert_eq!(split(&format!("{body} b;"), PLAIN), [body, "b;"]);
        let replaced = "create or replace procedure p() BEGIN ATOMIC a; END;";
        assert_eq!(split(&format!("{replaced} b;"), PLAIN), [replaced, "b;"]);
        assert_eq!(split("BEGIN; COMMIT;", PLAIN), ["BEGIN;", "COMMIT;"]);
        assert_eq!(split("CREATE VIEW begin AS b; c;", PLAIN), ["CREATE VIEW begin AS b;", "c;"]);
    }

    #[test]
    fn every_cut_is_seen() {
        for (text, inside) in [
            ("a", "a statement"),
            ("a 'b", "a quoted string"),
            (r"a E'b\", "a quoted string"),
            ("a \"b", "a quoted identifier"),
            ("a $x$ b $x", "a dollar-quoted string"),
            ("a /* b", "a comment"),
            ("-- b", LINE_COMMENT),
        ] {
            let Ok(Found::Cut { inside: found, .. }) = read(text.as_bytes(), PLAIN) else { panic!("{text} is not cut") };
            assert_eq!(found, inside, "{text}");
        }
        assert_eq!(read(b" \n", PLAIN), Ok(Found::Blank));
    }

    #[test]
    fn client_only_encodings_hide_backslashes() {
        let sjis = Dialect { backslashes: true, charset: Charset::from_name("SJIS").expect("known") };
        let text = b"a '\x95\x5c'; b;";
        let Ok(Found::Statement { end, .. }) = read(text, sjis) else { panic!("no statement") };
        assert_eq!(&text[..end], b"a '\x95\x5c';");
    }

    #[test]
    fn the_first_words_are_kept() {
        let Ok(Found::Statement { words, .. }) = read(b"Alter /* x */ TABLE Only public.x ADD (y);", PLAIN) else { panic!("no statement") };
        assert_eq!([words.get(0), words.get(1), words.get(2), words.get(3)], [&b"alter"[..], b"table", b"only", b"public"]);
    }
}
