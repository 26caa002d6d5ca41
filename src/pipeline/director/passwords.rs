//! The passwords of roles, which pg_dumpall writes as hashes: what can be tried offline, and is no part of any table.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use pg_query::protobuf::Token;

use super::{Director, LeftOut};
use crate::dump::event::Statement;
use crate::error::{Error, Fault, Result};
use crate::figures::counted;
use crate::pipeline::queue::Slot;
use crate::sql;

/// A statement that sets a password in a form that is not known: PostgreSQL itself may take it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unclear;

/// Whether a text has the word, in any case, quotes not looked at.
fn mentions_password(text: &[u8]) -> bool {
    text.windows(8).any(|word| word.eq_ignore_ascii_case(b"password"))
}

/// The text as the scanner takes it, byte for byte: in an encoding that is not UTF-8 its other characters are letters.
fn scannable(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(text.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { 'x' }).collect()),
    }
}

/// Where a statement about a role sets its password: from the blanks before `PASSWORD` to the end of the literal
/// (`AlterOptRoleElem` in src/backend/parser/gram.y), whatever its form. `PASSWORD NULL` is none.
///
/// `backslashes`: they escape in plain literals (`standard_conforming_strings` is off).
fn passwords(text: &[u8], backslashes: bool) -> std::result::Result<Vec<Range<usize>>, Unclear> {
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
    if !(begins(b"create") || begins(b"alter")) || !mentions_password(text) {
        return Ok(Vec::new());
    }
    let written = scannable(text);
    let Ok(scanned) = sql::tokens(&written) else {
        // What the scanner cannot read may be a role's all the same.
        let second = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(1).unwrap_or_default();
        let role = [&b"role"[..], b"user", b"group"].iter().any(|word| second.eq_ignore_ascii_case(word));
        return if role { Err(Unclear) } else { Ok(Vec::new()) };
    };
    let token = |at: usize| scanned.get(at).map(sql::ScanToken::token);
    let place = |at: usize| {
        let number = |offset: i32| usize::try_from(offset).unwrap_or(0);
        scanned.get(at).map(|token| number(token.start)..number(token.end)).unwrap_or_default()
    };
    let role = matches!(token(1), Some(Token::Role | Token::GroupP)) || token(1) == Some(Token::User) && token(2) != Some(Token::Mapping);
    if !role {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for at in (2..scanned.len()).filter(|at| token(*at) == Some(Token::Password)) {
        let end = match token(at + 1) {
            Some(Token::Sconst) => at + 1,
            Some(Token::Usconst) if token(at + 2) == Some(Token::Uescape) => at + 3,
            Some(Token::Usconst) => at + 1,
            Some(Token::NullP) => continue,
            // A role or a setting of that name.
            _ if is_name(token(at - 1)) => continue,
            _ => return Err(Unclear),
        };
        if backslashes && text.contains(&b'\\') {
            // The scanner reads literals as they have been since PostgreSQL 9.1.
            return Err(Unclear);
        }
        let first = if matches!(token(at - 1), Some(Token::Encrypted | Token::Unencrypted)) { at - 1 } else { at };
        let start = place(first).start;
        let blanks = text.get(..start).unwrap_or_default().iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        found.push(start - blanks..place(end).end);
    }
    Ok(found)
}

/// Whether what follows is a name: of a role, a database, a setting.
fn is_name(before: Option<Token>) -> bool {
    use Token::{Admin, Ascii44, Ascii46, Database, GroupP, Role, Set, To, User};
    matches!(before, Some(Role | User | GroupP | Admin | Database | Set | To | Ascii44 | Ascii46))
}

/// What is said of it.
const UNCLEAR: &str = "a role whose PASSWORD is no literal that is known, so that it cannot be left out";

impl Director {
    /// Leaves out the password that a statement sets, where that is asked for.
    ///
    /// # Errors
    /// It is asked for, and what stands behind `PASSWORD` is no literal that is known.
    pub(super) fn without_password(&mut self, statement: &mut Statement) -> Result<()> {
        let leaves = self.databases.choice().no_role_passwords || self.database.planner.leaves_role_passwords();
        let places = match passwords(&statement.text, self.dialect().backslashes) {
            Ok(places) if places.is_empty() => return Ok(()),
            Ok(places) if leaves => places,
            Err(Unclear) if leaves => return Err(Error::at_byte(statement.offset, Fault::Unsupported(UNCLEAR))),
            _ => {
                self.left_out.passwords_passed += 1;
                return Ok(());
            }
        };
        self.left_out.passwords_left += 1;
        let mut kept = Vec::with_capacity(statement.text.len());
        let mut at = 0;
        for place in places {
            kept.extend_from_slice(statement.text.get(at..place.start).unwrap_or_default());
            at = place.end;
        }
        kept.extend_from_slice(statement.text.get(at..).unwrap_or_default());
        statement.text = Bytes::from(kept);
        Ok(())
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
            assert_eq!(cut(text.as_bytes()).as_deref(), Ok(without.unwrap_or(text)), "{text}");
        }
    }

    fn cut(text: &[u8]) -> std::result::Result<String, Unclear> {
        let mut kept = text.to_vec();
        for place in passwords(text, false)?.into_iter().rev() {
            kept.drain(place);
        }
        Ok(String::from_utf8_lossy(&kept).into_owned())
    }

    #[test]
    fn every_form_of_a_literal_is_one() {
        for literal in [
            "'a'",
            "$$secret$$",
            "$é$sec$$ret$é$",
            "/* c */ 'secret'",
            "-- c\n'secret'",
            "U&'s\\0065cret'",
            "U&'s!0065cret' UESCAPE '!'",
            "e'a\\'b'",
            "'secret'\n  'more'",
            "'secret' -- c\n  'more'",
            "E'a\\''\n'b'",
            "'a'\n'b'\n\t'c'",
            "''",
        ] {
            for (before, behind) in [("", ""), (" LOGIN", " VALID UNTIL 'x'"), (" ENCRYPTED", " IN ROLE a")] {
                let expected = format!("CREATE /* x */ ROLE b WITH{}{behind};", if before == " LOGIN" { before } else { "" });
                let text = format!("CREATE /* x */ ROLE b WITH{before} PASSWORD {literal}{behind};");
                assert_eq!(cut(text.as_bytes()).as_deref(), Ok(&*expected), "{text}");
            }
        }
        assert_eq!(cut(b"ALTER ROLE \xe9\xe8 PASSWORD 'a' PASSWORD 'b';").as_deref(), Ok("ALTER ROLE \u{fffd}\u{fffd};"));
        assert_eq!(cut(b"ALTER ROLE password PASSWORD 'a';").as_deref(), Ok("ALTER ROLE password;"));
        for name in ["ALTER ROLE a SET password TO 'x';", "CREATE ROLE a IN ROLE b, password;", "ALTER GROUP a RENAME TO password;"] {
            assert_eq!(cut(name.as_bytes()).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_known_literal_stops_the_run() {
        for text in [
            "ALTER ROLE b PASSWORD :'hash';",
            "ALTER ROLE b PASSWORD B'01';",
            "ALTER ROLE b PASSWORD 'open",
            "ALTER ROLE b PASSWORD f('x');",
        ] {
            assert_eq!(cut(text.as_bytes()), Err(Unclear), "{text}");
        }
        assert_eq!(passwords(b"ALTER ROLE b PASSWORD 'a\\'b';", true), Err(Unclear));
        let found = passwords(b"ALTER ROLE b PASSWORD 'ab';", true).expect("is clear");
        assert_eq!(found.iter().map(|found| (found.start, found.end)).collect::<Vec<_>>(), [(12, 26)]);
        assert_eq!(cut(b"CREATE FUNCTION f() AS 'password").as_deref(), Ok("CREATE FUNCTION f() AS 'password"));
    }
}
