//! The passwords of roles, which pg_dumpall writes as hashes: what can be tried offline, and is no part of any table.

use std::ops::Range;

use bytes::Bytes;

use super::{Director, LeftOut};
use crate::dump::event::Statement;
use crate::error::Result;
use crate::figures::counted;
use crate::pipeline::queue::Slot;

/// Where a statement about a role sets its password: from the blanks before `PASSWORD` to the end of the literal
/// (`AlterOptRoleElem` in src/backend/parser/gram.y). `PASSWORD NULL` is none.
fn password(text: &[u8]) -> Option<Range<usize>> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(<[u8]>::to_ascii_lowercase);
    let (verb, kind, third) = (words.next()?, words.next()?, words.next()?);
    let role =
        matches!(&*verb, b"create" | b"alter") && (&*kind == b"role" || &*kind == b"group" || &*kind == b"user" && third != b"mapping");
    if !role {
        return None;
    }
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let mut at = 0;
    // The words before this place, with nothing but blanks between them, and where each begins.
    let mut words: Vec<(usize, Vec<u8>)> = Vec::new();
    while let Some(byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b'\'' => {
                // The E of E'…'.
                let escapes = words.pop_if(|(start, word)| *start + 1 == at && word == b"e").is_some();
                let end = at + quoted(rest, b'\'', escapes);
                if let Some((start, _)) = words.pop_if(|(_, word)| word == b"password") {
                    let start = words.pop_if(|(_, word)| word == b"encrypted").map_or(start, |(start, _)| start);
                    let blanks = text.get(..start)?.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
                    return Some(start - blanks..end);
                }
                at = end;
                words.clear();
            }
            b'"' => {
                at += quoted(rest, b'"', false);
                words.clear();
            }
            byte if is_word(byte) => {
                let length = rest.iter().take_while(|byte| is_word(byte)).count();
                words.push((at, rest.get(..length).unwrap_or_default().to_ascii_lowercase()));
                at += length;
            }
            byte => {
                if !byte.is_ascii_whitespace() {
                    words.clear();
                }
                at += 1;
            }
        }
    }
    None
}

/// The length of a quoted text, with both its quotes.
fn quoted(text: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'\\' if escapes => 2,
            byte if *byte == quote && text.get(at + 1) == Some(&quote) => 2,
            byte if *byte == quote => return at + 1,
            _ => 1,
        };
    }
    text.len()
}

impl Director {
    /// Leaves out the password that a statement sets, where that is asked for.
    pub(super) fn without_password(&mut self, statement: &mut Statement) {
        let Some(place) = password(&statement.text) else { return };
        if !self.databases.choice().no_role_passwords && !self.database.planner.leaves_role_passwords() {
            self.left_out.passwords_passed += 1;
            return;
        }
        self.left_out.passwords_left += 1;
        let (head, tail) = (statement.text.get(..place.start), statement.text.get(place.end..));
        statement.text = Bytes::from([head.unwrap_or_default(), tail.unwrap_or_default()].concat());
    }

    /// Tells what has become of them.
    pub(super) fn tell_passwords(&self) -> Result<()> {
        let LeftOut { passwords_left, passwords_passed, .. } = self.left_out;
        let roles = |count| counted(count, "role", "roles");
        let remark = match (passwords_left, passwords_passed) {
            (0, 0) => return Ok(()),
            (0, 1) => "the password of 1 role passes as it is, a hash; --no-role-passwords leaves it out".to_owned(),
            (0, many) => format!("the passwords of {} pass as they are, as hashes; --no-role-passwords leaves them out", roles(many)),
            (1, _) => "the password of 1 role was left out".to_owned(),
            (many, _) => format!("the passwords of {} were left out", roles(many)),
        };
        self.put(Slot::Remark(remark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_and_nothing_else() {
        for (text, without) in [
            (
                "ALTER ROLE bob WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:x==$y=:z=' VALID UNTIL '2030-01-01';",
                Some("ALTER ROLE bob WITH NOSUPERUSER LOGIN VALID UNTIL '2030-01-01';"),
            ),
            ("CREATE USER \"PASSWORD 'x'\" ENCRYPTED PASSWORD 'md5a''b';", Some("CREATE USER \"PASSWORD 'x'\";")),
            ("ALTER USER bob PASSWORD E'a\\'b' LOGIN;", Some("ALTER USER bob LOGIN;")),
            ("ALTER ROLE bob PASSWORD NULL;", None),
            ("ALTER ROLE bob SET password_encryption TO 'scram-sha-256';", None),
            ("ALTER ROLE bob SET \"my.password\" TO 'x';", None),
            ("CREATE ROLE password;", None),
            ("CREATE USER MAPPING FOR bob SERVER s OPTIONS (password 'x');", None),
            ("COMMENT ON ROLE bob IS 'PASSWORD';", None),
        ] {
            let found = password(text.as_bytes()).map(|place| format!("{}{}", &text[..place.start], &text[place.end..]));
            assert_eq!(found.as_deref(), without, "{text}");
        }
    }
}
