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

/// Where a `\connect` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connect {
    /// To the database of that name.
    To(String),
    /// To the database that one is in already, perhaps as another user.
    Same,
    /// It cannot be told: a URI.
    Unknown,
}

/// Where a command leads, if it is `\connect` (`exec_command_connect` and `do_connect` in src/bin/psql/command.c;
/// `appendPsqlMetaConnect` in src/fe_utils/string_utils.c). Bytes of the name that are no UTF-8 become U+FFFD.
pub fn connect(line: &[u8]) -> Option<Connect> {
    let text = String::from_utf8_lossy(line);
    let rest = text.strip_prefix(r"\connect").or_else(|| text.strip_prefix(r"\c"))?;
    if !rest.is_empty() && !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        return None;
    }
    let mut arguments = arguments(rest).into_iter();
    let first = arguments.next().map(|first| if first.starts_with("-reuse-previous=") { arguments.next() } else { Some(first) });
    Some(match first.flatten() {
        None => Connect::Same,
        Some(same) if same == "-" || same.is_empty() => Connect::Same,
        Some(uri) if uri.starts_with("postgresql://") || uri.starts_with("postgres://") => Connect::Unknown,
        Some(info) if info.contains('=') => database_of(&info).map_or(Connect::Same, Connect::To),
        Some(name) => Connect::To(name),
    })
}

/// A command's arguments without their quotes (`psql_scan_slash_option` in src/bin/psql/psqlscanslash.l).
fn arguments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut argument: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_ascii_whitespace() => found.extend(argument.take()),
            (None, '\'' | '"') => {
                argument.get_or_insert_default();
                quote = Some(c);
            }
            (Some(open), c) if c == open && chars.peek() == Some(&open) => argument.get_or_insert_default().extend(chars.next()),
            (Some(open), c) if c == open => quote = None,
            (Some('\''), '\\') => argument.get_or_insert_default().extend(chars.next()),
            (_, c) => argument.get_or_insert_default().push(c),
        }
    }
    found.extend(argument);
    found
}

/// The database that a connection string names, the last where it names several (`conninfo_parse` in
/// src/interfaces/libpq/fe-connect.c).
fn database_of(info: &str) -> Option<String> {
    let mut database = None;
    let mut chars = info.chars().peekable();
    loop {
        let mut key = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=') {
            key.push(c);
        }
        chars.next()?;
        while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        while let Some(c) = chars.next_if(|c| quoted || !c.is_ascii_whitespace()) {
            match c {
                '\'' if quoted => break,
                '\\' => value.extend(chars.next()),
                c => value.push(c),
            }
        }
        if key.trim() == "dbname" {
            database = Some(value);
        }
        if chars.peek().is_none() {
            return database;
        }
    }
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
    fn where_a_connect_leads() {
        let to = |name: &str| Some(Connect::To(name.into()));
        for (line, expected) in [
            ("\\connect shop\n", to("shop")),
            ("\\c shop alice\r\n", to("shop")),
            ("\\connect \"My Shop\"\n", to("My Shop")),
            ("\\connect \"a\"\"b\"\n", to("a\"b")),
            ("\\connect 'it\\'s'\n", to("it's")),
            ("\\connect -reuse-previous=on \"dbname='we ird\\'D\"\"B=x; -- y'\"\n", to("we ird'D\"B=x; -- y")),
            ("\\connect \"dbname = a user=x dbname=b\"\n", to("b")),
            ("\\connect -reuse-previous=on \"user=x\"\n", Some(Connect::Same)),
            ("\\connect - alice\n", Some(Connect::Same)),
            ("\\c\n", Some(Connect::Same)),
            ("\\connect postgresql://host/shop\n", Some(Connect::Unknown)),
            ("\\conninfo\n", None),
            ("\\restrict connect\n", None),
        ] {
            assert_eq!(connect(line.as_bytes()), expected, "{line}");
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
