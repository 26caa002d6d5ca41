//! Backslash commands of psql: which may stand in a script without changing what is read.
//! (src/bin/psql/command.c, psqlscanslash.l.)

/// Commands that neither bring data from elsewhere nor change how the rest is read.
const HARMLESS: [&[u8]; 10] =
    [br"\connect", br"\c", br"\restrict", br"\unrestrict", br"\encoding", br"\echo", br"\qecho", br"\warn", br"\timing", br"\pset"];

/// Variables that change neither. Others may stand for any text in the statements behind them, or change where a
/// statement ends (SINGLELINE).
const HARMLESS_VARIABLES: [&[u8]; 7] =
    [b"ON_ERROR_STOP", b"ON_ERROR_ROLLBACK", b"AUTOCOMMIT", b"QUIET", b"ECHO", b"VERBOSITY", b"SHOW_CONTEXT"];

/// Whether a command's line, from its backslash to its line end, may pass.
pub fn is_harmless(line: &[u8]) -> bool {
    let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let known = match words.next() {
        Some(br"\set" | br"\unset") => words.next().is_some_and(|name| HARMLESS_VARIABLES.contains(&name)),
        Some(word) => HARMLESS.contains(&word),
        None => false,
    };
    known && is_alone(line.get(1..).unwrap_or_default())
}

/// Whether nothing else stands on the command's line: a backslash outside quotes ends a command's arguments, and SQL or
/// another command follows. Backquotes run a program.
fn is_alone(arguments: &[u8]) -> bool {
    let mut quote = None;
    let mut bytes = arguments.iter();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (None, b'\\' | b'`') => return false,
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(b'\''), b'\\') => {
                bytes.next();
            }
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    quote.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_pass() {
        for line in [
            "\\connect db\n",
            "\\connect -reuse-previous=on \"dbname='we ird\\'D\"\"B=x; -- y'\"\n",
            "\\restrict abc\r\n",
            "\\unrestrict abc",
            "\\set ON_ERROR_STOP on\n",
            "\\echo 'it\\'s \\\\ fine'\n",
        ] {
            assert!(is_harmless(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn commands_that_do_not() {
        for line in [
            "\\i x.sql\n",
            "\\copy a from stdin\n",
            "\\set x 'INSERT'\n",
            "\\set SINGLELINE on\n",
            "\\echo a \\\\ COPY t FROM stdin;\n",
            "\\echo a\\i x.sql\n",
            "\\echo `cat x`\n",
            "\\echo 'open\n",
            "\\gexec\n",
            "\\",
        ] {
            assert!(!is_harmless(line.as_bytes()), "{line}");
        }
    }
}
