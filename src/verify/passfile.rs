//! The password file, `~/.pgpass`: lines of `host:port:database:user:password`, of which the first that matches counts.
//!
//! Facts from PostgreSQL's documentation, "The Password File", and src/interfaces/libpq/fe-connect.c (`passwordFromFile`).

/// What a connection is looked for by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The host, or the directory of a socket.
    pub(super) host: &'a str,
    /// The port.
    pub(super) port: u16,
    /// The database.
    pub(super) database: &'a str,
    /// The user.
    pub(super) user: &'a str,
}

/// The password for a connection in the text of a password file. A socket is found as `localhost` too.
pub(super) fn find(text: &str, wanted: Wanted<'_>) -> Option<String> {
    text.lines().find_map(|line| {
        if line.starts_with('#') {
            return None;
        }
        let mut fields = fields(line);
        let mut is = |values: &[&str]| fields.next().is_some_and(|field| field == "*" || values.contains(&field.as_str()));
        let socket = if wanted.host.starts_with('/') { "localhost" } else { wanted.host };
        let matches = is(&[wanted.host, socket]) && is(&[&wanted.port.to_string()]) && is(&[wanted.database]) && is(&[wanted.user]);
        if matches { fields.next().filter(|password| !password.is_empty()) } else { None }
    })
}

/// The fields of a line; a backslash takes the next character as it is.
fn fields(line: &str) -> impl Iterator<Item = String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, fields.last_mut()) {
            (':', _) => fields.push(String::new()),
            ('\\', Some(field)) => field.extend(characters.next()),
            (other, Some(field)) => field.push(other),
            (_, None) => {}
        }
    }
    fields.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_matches_counts() {
        let text = "# a comment\ndb:5432:app:zoe:first\n*:*:app:zoe:second\nlocalhost:5432:*:*:so\\:cket\\\\\n";
        let find = |host, port, database, user| find(text, Wanted { host, port, database, user });
        assert_eq!(find("db", 5432, "app", "zoe").as_deref(), Some("first"));
        assert_eq!(find("db", 5433, "app", "zoe").as_deref(), Some("second"));
        assert_eq!(find("/var/run/postgresql", 5432, "x", "y").as_deref(), Some("so:cket\\"));
        assert_eq!(find("db", 5432, "other", "zoe"), None);
    }
}
