//! PostgreSQL's advanced regular expressions (ARE) → those of the crate `regex`, where both mean the same: only whether
//! a text matches is asked, so greediness does not matter. What cannot be said there is refused by name: back
//! references, lookaround, options that change the meaning of line ends.
//!
//! The grammar is that of the server's src/backend/regex/regc_lex.c and of "9.7.3. POSIX Regular Expressions" in its
//! documentation. Classes of characters beyond ASCII are those of Unicode.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

const SPACE: &str = r"\t-\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}";
const WORD: &str = r"\p{Alphabetic}\p{Nd}_";

/// `[[:alpha:]]` and its like, as they stand in the brackets of the crate.
const CLASSES: &[(&str, &str)] = &[
    ("alpha", r"\p{Alphabetic}"),
    ("alnum", r"\p{Alphabetic}\p{Nd}"),
    ("digit", "0-9"),
    ("lower", r"\p{Lowercase}"),
    ("upper", r"\p{Uppercase}"),
    ("space", SPACE),
    ("blank", r"\t "),
    ("punct", r"\p{P}\p{S}"),
    ("xdigit", "0-9A-Fa-f"),
    ("cntrl", r"\p{Cc}"),
    ("word", WORD),
];

/// The most that a bound may say (`DUPMAX`).
const MOST: u32 = 255;

/// Reads an expression.
///
/// # Errors
/// What is found that cannot be, or that cannot be translated: `a back reference (\1)`.
pub(super) fn regex(pattern: &str, ignore_case: bool) -> Result<Regex, String> {
    let (pattern, ignore_case) = options(pattern, ignore_case)?;
    let mut translator = Translator { rest: pattern.chars().peekable(), out: String::new(), open: 0 };
    translator.expression()?;
    RegexBuilder::new(&translator.out)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .build()
        .map_err(|_| "more than a regular expression may hold".to_owned())
}

/// SIMILAR TO as a regular expression (`similar_escape_internal` in src/backend/utils/adt/regexp.c).
///
/// # Errors
/// A pattern that ends with the escape, or takes parts out with `\"`.
pub(super) fn similar(pattern: &str, escape: Option<&str>, ignore_case: bool) -> Result<Regex, String> {
    let escape = escape.unwrap_or("\\");
    let mut characters = escape.chars();
    let (escape, more) = (characters.next(), characters.next());
    if more.is_some() {
        return Err("an escape of more than one character".into());
    }
    let mut out = String::from("^(?:");
    let mut in_class = false;
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            _ if Some(c) == escape => match rest.next() {
                Some('"') if !in_class => return Err("a part taken out by quotes".into()),
                Some(escaped) => out.extend(['\\', escaped]),
                None => return Err("an escape at the end".into()),
            },
            '\\' => out.push_str("\\\\"),
            _ if in_class => {
                in_class = c != ']';
                out.push(c);
            }
            '[' => {
                in_class = true;
                out.push(c);
            }
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '.' | '^' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.push_str(")$");
    regex(&out, ignore_case)
}

/// What stands before the expression itself: `(?i)`.
fn options(pattern: &str, ignore_case: bool) -> Result<(&str, bool), String> {
    if pattern.starts_with("***") {
        return Err("a director (***)".into());
    }
    let letters = pattern
        .strip_prefix("(?")
        .and_then(|rest| rest.split_once(')'))
        .filter(|(letters, _)| !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_alphabetic()));
    let Some((letters, rest)) = letters else { return Ok((pattern, ignore_case)) };
    let mut ignore_case = ignore_case;
    for letter in letters.chars() {
        match letter {
            'i' => ignore_case = true,
            'c' => ignore_case = false,
            's' | 't' => {}
            _ => return Err(format!("the option (?{letter})")),
        }
    }
    Ok((rest, ignore_case))
}

/// What stands before the place at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Something that a quantifier may follow.
    Atom,
    /// Nothing, or something that none may follow.
    Nothing,
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    open: u32,
}

impl Translator<'_> {
    fn expression(&mut self) -> Result<(), String> {
        let mut before = Before::Nothing;
        while let Some(c) = self.rest.next() {
            before = match c {
                '\\' => self.escape()?,
                '[' => self.bracket()?,
                '(' => self.group()?,
                ')' => {
                    self.open = self.open.checked_sub(1).ok_or("a \")\" that closes nothing")?;
                    self.out.push(')');
                    Before::Atom
                }
                '|' => {
                    self.out.push('|');
                    Before::Nothing
                }
                '^' => self.anchor("\\A"),
                '$' => self.anchor("\\z"),
                '.' => {
                    self.out.push('.');
                    Before::Atom
                }
                '*' | '+' | '?' => self.quantifier(before, c.to_string())?,
                '{' if self.rest.peek().is_some_and(char::is_ascii_digit) => {
                    let bound = self.bound()?;
                    self.quantifier(before, bound)?
                }
                _ => self.literal(c),
            };
        }
        if self.open > 0 { Err("a \"(\" that is not closed".into()) } else { Ok(()) }
    }

    fn literal(&mut self, c: char) -> Before {
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        Before::Atom
    }

    fn anchor(&mut self, anchor: &str) -> Before {
        self.out.push_str(anchor);
        Before::Nothing
    }

    fn group(&mut self) -> Result<Before, String> {
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next() {
                Some(':') => {}
                Some('=' | '!') => return Err("lookahead (?= (?!".into()),
                Some('<') => return Err("lookbehind (?<= (?<!".into()),
                _ => return Err("a (? that opens nothing known".into()),
            }
        }
        self.open += 1;
        self.out.push_str("(?:");
        Ok(Before::Nothing)
    }

    fn quantifier(&mut self, before: Before, quantifier: String) -> Result<Before, String> {
        if before == Before::Nothing {
            return Err(format!("a {quantifier} with nothing before it to repeat"));
        }
        self.out.push_str(&quantifier);
        // Non-greedy: what matches stays the same.
        self.rest.next_if_eq(&'?');
        Ok(Before::Nothing)
    }

    /// `{2}`, `{2,}`, `{2,5}`, behind the brace.
    fn bound(&mut self) -> Result<String, String> {
        let mut inside = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(c @ ('0'..='9' | ',')) => inside.push(c),
                _ => return Err("a bound that is none ({2,5})".into()),
            }
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number <= MOST);
        let good = match inside.split_once(',') {
            None => number(&inside).is_some(),
            Some((least, "")) => number(least).is_some(),
            Some((least, most)) => number(least).zip(number(most)).is_some_and(|(least, most)| least <= most),
        };
        if good { Ok(format!("{{{inside}}}")) } else { Err("a bound that is none ({2,5}, up to 255)".into()) }
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<Before, String> {
        let Some(c) = self.rest.next() else { return Err("a backslash at the end".into()) };
        let class = match c {
            'd' => "[0-9]".to_owned(),
            'D' => "[^0-9]".to_owned(),
            's' => format!("[{SPACE}]"),
            'S' => format!("[^{SPACE}]"),
            'w' => format!("[{WORD}]"),
            'W' => format!("[^{WORD}]"),
            'A' => return Ok(self.anchor("\\A")),
            'Z' => return Ok(self.anchor("\\z")),
            'm' => return Ok(self.anchor("\\b{start}")),
            'M' => return Ok(self.anchor("\\b{end}")),
            'y' => return Ok(self.anchor("\\b")),
            'Y' => return Ok(self.anchor("\\B")),
            _ => {
                let c = self.character(c)?;
                return Ok(self.literal(c));
            }
        };
        self.out.push_str(&class);
        Ok(Before::Atom)
    }

    /// A character by its escape.
    fn character(&mut self, c: char) -> Result<char, String> {
        let wrong = || "an escape that names no character".to_owned();
        match c {
            'a' => Ok('\x07'),
            'b' => Ok('\x08'),
            'B' => Ok('\\'),
            'e' => Ok('\x1b'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            'c' => {
                let control = self.rest.next().and_then(|c| u8::try_from(c).ok()).ok_or_else(wrong)?;
                Ok(char::from(control & 0x1f))
            }
            'u' => self.hex(4, 4).ok_or_else(wrong),
            'U' => self.hex(8, 8).ok_or_else(wrong),
            'x' => self.hex(1, 255).ok_or_else(wrong),
            '0'..='9' => Err("a back reference or octal number (\\1)".into()),
            c if c.is_ascii_alphanumeric() => Err(format!("the escape \\{c}")),
            c => Ok(c),
        }
    }

    fn hex(&mut self, least: usize, most: usize) -> Option<char> {
        let (mut value, mut count) = (0_u32, 0);
        while count < most
            && let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit).and_then(|c| c.to_digit(16))
        {
            value = value.checked_mul(16)?.checked_add(digit)?;
            count += 1;
        }
        char::from_u32(value).filter(|c| count >= least && *c != '\0')
    }

    /// A bracket expression, behind its `[`.
    fn bracket(&mut self) -> Result<Before, String> {
        let unclosed = || "a \"[\" that is not closed".to_owned();
        // `[[:<:]]` and `[[:>:]]` are the edges of a word.
        let ahead: String = self.rest.clone().take(6).collect();
        for (written, anchor) in [("[:<:]]", "\\b{start}"), ("[:>:]]", "\\b{end}")] {
            if ahead == written {
                self.rest.by_ref().take(6).for_each(drop);
                return Ok(self.anchor(anchor));
            }
        }
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut set = String::new();
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or_else(unclosed)?;
            let from = match c {
                ']' if !first => break,
                '[' if matches!(self.rest.peek(), Some(':' | '.' | '=')) => match self.named_class(&mut set)? {
                    Some(c) => c,
                    None => {
                        first = false;
                        continue;
                    }
                },
                '\\' => match self.class_escape(&mut set)? {
                    Some(c) => c,
                    None => {
                        first = false;
                        continue;
                    }
                },
                c => c,
            };
            first = false;
            let to = self.range_end()?.unwrap_or(from);
            if to < from {
                return Err("a range that ends before it begins ([z-a])".into());
            }
            set.push_str(&format!("\\x{{{:X}}}-\\x{{{:X}}}", u32::from(from), u32::from(to)));
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(&set);
        self.out.push(']');
        Ok(Before::Atom)
    }

    /// The end of a range, where a `-` that is not the last character follows.
    fn range_end(&mut self) -> Result<Option<char>, String> {
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
            return Ok(None);
        }
        self.rest.next();
        match self.rest.next() {
            Some('\\') => {
                let Some(c) = self.rest.next() else { return Err("a backslash at the end".into()) };
                if "dswDSW".contains(c) {
                    return Err("a range that ends with a class".into());
                }
                self.character(c).map(Some)
            }
            Some('[') if matches!(self.rest.peek(), Some(':' | '.' | '=')) => Err("a range that ends with a class".into()),
            other => Ok(other),
        }
    }

    /// `[:alpha:]`, `[.x.]`, `[=x=]`, behind the `[`: a class goes into the set, a character is given back.
    fn named_class(&mut self, set: &mut String) -> Result<Option<char>, String> {
        let kind = self.rest.next().unwrap_or(':');
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some(c) if c == kind && self.rest.peek() == Some(&']') => break,
                Some(c) => name.push(c),
                None => return Err("a \"[\" that is not closed".into()),
            }
        }
        self.rest.next();
        let mut characters = name.chars();
        match (kind, characters.next(), characters.next()) {
            (':', ..) => {
                let class = CLASSES.iter().find(|(known, _)| *known == name);
                set.push_str(class.ok_or_else(|| format!("the class [:{name}:]"))?.1);
                Ok(None)
            }
            (_, Some(c), None) => Ok(Some(c)),
            _ => Err("a named collating element ([.space.])".into()),
        }
    }

    /// What follows a backslash inside of brackets.
    fn class_escape(&mut self, set: &mut String) -> Result<Option<char>, String> {
        let Some(c) = self.rest.next() else { return Err("a backslash at the end".into()) };
        let class = match c {
            'd' => "0-9".to_owned(),
            's' => SPACE.to_owned(),
            'w' => WORD.to_owned(),
            'D' | 'S' | 'W' => return Err(format!("\\{c} in brackets")),
            _ => return self.character(c).map(Some),
        };
        set.push_str(&class);
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_the_server() {
        let cases: &[(&str, &str, bool)] = &[
            ("^[a-z]+$", "abc", true),
            ("^[a-z]+$", "abc\n", false),
            ("a.c", "a\nc", true),
            ("^b", "a\nb", false),
            ("[^a]", "\n", true),
            (r"^\d{2,3}$", "12", true),
            (r"^\d{2,3}$", "1234", false),
            ("a{,2}", "a{,2}", true),
            ("x{a", "x{a", true),
            ("[]a]", "]", true),
            ("[^]a]", "]", false),
            ("[a-]", "-", true),
            (r"[\d.-]+", "1-2", true),
            (r"\mfoo\M", "a foo b", true),
            ("[[:<:]]foo[[:>:]]", "afoo", false),
            ("^(a|b)*?$", "abab", true),
            ("(?i)ABC", "xabcx", true),
            ("^[[:alpha:]_]+$", "é_a", true),
            (r"\u00e9", "é", true),
            (r"a\.b", "a.b", true),
            ("", "anything", true),
            ("(|a)b", "b", true),
            ("[a&&b]", "&", true),
            ("[+--]", ",", true),
            ("a#b c", "a#b c", true),
            ("^[^@ ]+@[^@ ]+$", "a@b.c", true),
        ];
        for (pattern, text, expected) in cases {
            let found = regex(pattern, false).map(|regex| regex.is_match(text.as_bytes()));
            assert_eq!(found, Ok(*expected), "{pattern} {text:?}");
        }
        assert_eq!(regex("É", true).map(|regex| regex.is_match("é".as_bytes())), Ok(true));
    }

    #[test]
    fn what_is_refused_has_a_name() {
        let cases: &[(&str, &str)] = &[
            (r"(a)\1", r"a back reference or octal number (\1)"),
            ("a(?=b)", "lookahead (?= (?!"),
            ("a(?<!b)", "lookbehind (?<= (?<!"),
            ("(?n)a", "the option (?n)"),
            ("***=a", "a director (***)"),
            ("a**", "a * with nothing before it to repeat"),
            ("^*", "a * with nothing before it to repeat"),
            ("a|+", "a + with nothing before it to repeat"),
            ("a{3,2}", "a bound that is none ({2,5}, up to 255)"),
            ("a{300}", "a bound that is none ({2,5}, up to 255)"),
            ("a)", "a \")\" that closes nothing"),
            ("(a", "a \"(\" that is not closed"),
            ("[a", "a \"[\" that is not closed"),
            ("[a--b]", "a range that ends before it begins ([z-a])"),
            ("[z-a]", "a range that ends before it begins ([z-a])"),
            ("[[:foo:]]", "the class [:foo:]"),
            ("[[.space.]]", "a named collating element ([.space.])"),
            (r"\q", r"the escape \q"),
            (r"a\", "a backslash at the end"),
            (r"[\S]", r"\S in brackets"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(regex(pattern, false).map(|_| ()), Err((*expected).to_owned()), "{pattern}");
        }
    }

    #[test]
    fn similar_to() {
        let matches =
            |pattern: &str, escape: Option<&str>, text: &str| similar(pattern, escape, false).map(|regex| regex.is_match(text.as_bytes()));
        assert_eq!(matches("a%|b_", None, "abc"), Ok(true));
        assert_eq!(matches("a%|b_", None, "xb1"), Ok(false));
        assert_eq!(matches("a.c", None, "abc"), Ok(false));
        assert_eq!(matches("(ab)+", None, "abab"), Ok(true));
        assert_eq!(matches("50!%", Some("!"), "50%"), Ok(true));
        assert_eq!(matches("[_%]", None, "%"), Ok(true));
        assert!(matches("a\\", None, "a").is_err());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(pattern in r"[\[\](){}\\^$.|*+?:=a-d0-3,\-!<&~é ]{0,20}") {
            let _ = (regex(&pattern, false), similar(&pattern, None, false));
        }
    }
}
