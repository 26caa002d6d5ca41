//! What the script says of large objects (src/bin/pg_dump/pg_backup_db.c and pg_backup_archiver.c).

use std::io::{self, Read};

/// How many bytes of a large object one statement writes (LOBBUFSIZE in pg_backup_archiver.h).
const PIECE: u64 = 16 * 1024;

/// Appends a command for each OID of a list of lines (`IssueCommandPerBlob`).
pub(super) fn for_each(list: &[u8], begin: &[u8], end: &[u8], out: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = list.split(|byte| *byte == b'\n').collect();
    // What stands behind the last line end is no line.
    lines.pop();
    for oid in lines {
        out.extend([begin, oid, end, b";\n"].concat());
    }
    out.push(b'\n');
}

/// Appends the grants of one object for each OID of a list (`IssueACLPerBlob`); `None` where they are no such grants.
pub(super) fn grants(mut sql: &[u8], list: &[u8], out: &mut Vec<u8>) -> Option<()> {
    loop {
        let Some(end) = outside_quotes(sql, b";") else { return Some(()) };
        let (command, rest) = sql.split_at_checked(end)?;
        let object = b"LARGE OBJECT ";
        let (begin, behind) = command.split_at_checked(outside_quotes(command, object)? + object.len())?;
        let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        for_each(list, begin, behind.get(digits..).filter(|_| digits > 0)?, out);
        sql = rest.get(1..)?;
        // isspace() of the C locale.
        let blanks = sql.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
        sql = sql.get(blanks..)?;
    }
}

/// Where a text stands first outside of double quotes.
fn outside_quotes(sql: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut quoted = false;
    (0..sql.len()).find(|at| {
        let rest = sql.get(*at..).unwrap_or_default();
        quoted ^= rest.first() == Some(&b'"');
        !quoted && rest.starts_with(wanted)
    })
}

/// Appends the statement that writes the next piece of an object; false where nothing was left (`dump_lo_buf`).
///
/// # Errors
/// Reading failed.
pub(super) fn write_piece(source: &mut impl Read, std_strings: bool, out: &mut Vec<u8>) -> io::Result<bool> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut piece = Vec::new();
    if source.take(PIECE).read_to_end(&mut piece)? == 0 {
        return Ok(false);
    }
    out.extend_from_slice(if std_strings { br"SELECT pg_catalog.lowrite(0, '\x" } else { br"SELECT pg_catalog.lowrite(0, '\\x" });
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
    out.extend(piece.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    out.extend_from_slice(b"');\n");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_repeated() {
        let mut out = Vec::new();
        let sql = b"GRANT ALL ON LARGE OBJECT 7 TO \"a;LARGE OBJECT 1\";\nREVOKE ALL ON LARGE OBJECT 7 FROM b;\n";
        assert_eq!(grants(sql, b"7\n8\n", &mut out), Some(()));
        let expected = "GRANT ALL ON LARGE OBJECT 7 TO \"a;LARGE OBJECT 1\";\nGRANT ALL ON LARGE OBJECT 8 TO \"a;LARGE OBJECT 1\";\n\n\
                        REVOKE ALL ON LARGE OBJECT 7 FROM b;\nREVOKE ALL ON LARGE OBJECT 8 FROM b;\n\n";
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
        assert_eq!(grants(b"GRANT x;", b"7\n", &mut Vec::new()), None);
        assert_eq!(grants(b"GRANT ALL ON LARGE OBJECT x;", b"7\n", &mut Vec::new()), None);
    }

    #[test]
    fn contents_come_in_pieces() {
        let mut out = Vec::new();
        let mut source: &[u8] = &[0xab; 16385];
        assert!(write_piece(&mut source, true, &mut out).expect("reads"));
        assert_eq!(out.len(), 32 + 2 * 16384 + 4);
        out.clear();
        assert!(write_piece(&mut source, false, &mut out).expect("reads"));
        assert_eq!(out, br"SELECT pg_catalog.lowrite(0, '\\xab');".iter().chain(b"\n").copied().collect::<Vec<u8>>());
        assert!(!write_piece(&mut source, false, &mut out).expect("reads"));
    }
}
