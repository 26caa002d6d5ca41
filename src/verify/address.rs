//! Where the target is, as libpq says it: a URL, `key=value`, or the name of a database; what is missing there comes from
//! the environment (`PGHOST`, `PGPASSWORD`, …) and the password file.
//!
//! Facts from PostgreSQL's documentation, "Connection Strings" and "Environment Variables" of libpq.

use std::fs;
use std::path::Path;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::passfile::{self, Wanted};
use super::tls::{Files, Mode};
use crate::error::{Error, Result};

/// A target, ready to be connected to.
#[derive(Clone, Debug)]
pub struct Address {
    /// How to connect, but for TLS.
    pub(super) config: Config,
    /// How far TLS goes.
    pub(super) mode: Mode,
    /// What it is made with.
    pub(super) files: Files,
}

/// What libpq knows about TLS and tokio-postgres does not.
const OURS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/// What has no meaning here, and does no harm.
const IGNORED: [&str; 5] = ["gssencmode", "sslcompression", "sslsni", "fallback_application_name", "client_encoding"];

/// A setting of a connection string.
type Setting = (String, String);

impl Address {
    /// Reads a connection string. `environment` gives variables.
    ///
    /// # Errors
    /// It is no connection string. The message does not repeat it: it may hold a password.
    pub fn read(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Address> {
        let (mut config, settings) = parse(text).ok_or_else(|| {
            Error::Usage(
                "--to cannot be read, expected postgresql://USER@HOST:PORT/DATABASE, \"host=… dbname=…\" or the name of a database; in a URL, other characters than letters and digits stand as %XX".into(),
            )
        })?;
        let setting = |name: &str, variable: &str| {
            let named = settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            named.or_else(|| environment(variable)).filter(|value| !value.is_empty())
        };
        let files = Files {
            roots: setting("sslrootcert", "PGSSLROOTCERT"),
            certificate: setting("sslcert", "PGSSLCERT"),
            key: setting("sslkey", "PGSSLKEY"),
        };
        let mode = match setting("sslmode", "PGSSLMODE") {
            // libpq takes the system's roots as a wish to have them checked.
            None if files.roots.as_deref() == Some("system") => Mode::VerifyFull,
            None => Mode::Prefer,
            Some(word) => Mode::from_word(&word).ok_or_else(|| {
                Error::Usage("sslmode is none that is known, expected disable, allow, prefer, require, verify-ca or verify-full".into())
            })?,
        };
        complete(&mut config, environment)?;
        Ok(Address { config, mode, files })
    }

    /// How messages name it: never with a password.
    pub fn shown(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => self.config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(PORT);
        let database = self.config.get_dbname().or_else(|| self.config.get_user()).unwrap_or("its default database");
        format!("{database} at {host}:{port}")
    }

    /// Whether it is reached through sockets alone, which TLS is not for.
    pub(super) fn is_local(&self) -> bool {
        self.config.get_hostaddrs().is_empty() && self.config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
    }
}

/// Where a server listens.
const PORT: u16 = 5432;

/// A connection string, and of it what tokio-postgres does not know.
fn parse(text: &str) -> Option<(Config, Vec<Setting>)> {
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let (rest, settings) = if is_url {
        url(text)?
    } else if text.contains('=') {
        pairs(text)?
    } else {
        let mut config = Config::new();
        config.dbname(text);
        return (!text.is_empty()).then_some((config, Vec::new()));
    };
    Some((rest.parse().ok()?, settings))
}

/// Takes our settings out of a URL.
fn url(text: &str) -> Option<(String, Vec<Setting>)> {
    let Some((base, query)) = text.split_once('?') else { return Some((text.to_owned(), Vec::new())) };
    let (mut kept, mut ours) = (Vec::new(), Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        if OURS.contains(&name) {
            ours.push((name.to_owned(), percent_decode_str(value).decode_utf8().ok()?.into_owned()));
        } else if !IGNORED.contains(&name) {
            kept.push(pair);
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    Some((format!("{base}{mark}{}", kept.join("&")), ours))
}

/// Takes our settings out of `key=value` pairs.
fn pairs(text: &str) -> Option<(String, Vec<Setting>)> {
    let (mut kept, mut ours) = (String::new(), Vec::new());
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=')?;
        let (value, behind) = value(behind.trim_start())?;
        let name = name.trim();
        if OURS.contains(&name) {
            ours.push((name.to_owned(), value));
        } else if !IGNORED.contains(&name) {
            kept.push_str(&format!("{name}='{}' ", value.replace('\\', "\\\\").replace('\'', "\\'")));
        }
        rest = behind.trim_start();
    }
    Some((kept, ours))
}

/// The value at the head of a text, quoted or not, and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => return Some((value, text.get(at + 1..)?)),
            other if !quoted && other.is_whitespace() => return Some((value, text.get(at..)?)),
            other => value.push(other),
        }
    }
    (!quoted).then_some((value, ""))
}

/// Fills in what the string does not say.
fn complete(config: &mut Config, environment: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let sockets = ["/var/run/postgresql", "/tmp"].into_iter().find(|folder| Path::new(folder).exists());
        config.host(variable("PGHOST").unwrap_or_else(|| sockets.unwrap_or("localhost").to_owned()));
    }
    if config.get_ports().is_empty()
        && let Some(port) = variable("PGPORT")
    {
        config.port(port.parse().map_err(|_| Error::Usage("PGPORT is no port, expected a number up to 65535".into()))?);
    }
    if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
        config.user(user);
    }
    if let (None, Some(database)) = (config.get_dbname(), variable("PGDATABASE")) {
        config.dbname(database);
    }
    if config.get_application_name().is_none() {
        config.application_name("pgveil");
    }
    if config.get_password().is_none()
        && let Some(password) = variable("PGPASSWORD").or_else(|| from_file(config, environment))
    {
        config.password(password);
    }
    Ok(())
}

/// The password that the password file has for it.
fn from_file(config: &Config, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let path = environment("PGPASSFILE").or_else(|| Some(format!("{}/.pgpass", environment("HOME")?)))?;
    let user = config.get_user().map(str::to_owned).or_else(|| environment("USER"))?;
    let host = match config.get_hosts().first()? {
        Host::Tcp(host) => host.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    let text = fs::read_to_string(path).ok()?;
    passfile::find(&text, Wanted { host: &host, port, database: config.get_dbname().unwrap_or(&user), user: &user })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Address> {
        Address::read(text, &|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_way_to_say_it() {
        let url = "postgresql://zoe:s%20e@db.example:5433/app?sslmode=verify-full&sslrootcert=%2Ftmp%2Fa&connect_timeout=3";
        let pairs = "host=db.example port = 5433 user=zoe password='s e' dbname=app sslmode=verify-full sslrootcert='/tmp/a'";
        for text in [url, pairs] {
            let found = read(text, &[("PGPASSWORD", "other")]).expect("reads");
            assert_eq!((found.mode, found.files.roots.as_deref()), (Mode::VerifyFull, Some("/tmp/a")));
            assert_eq!(found.config.get_password(), Some(&b"s e"[..]));
            assert_eq!(found.shown(), "app at db.example:5433");
            assert!(!found.is_local());
        }
        let found = read("app", &[("PGHOST", "/run/x"), ("PGPORT", "7"), ("PGUSER", "zoe"), ("PGPASSWORD", "s"), ("PGSSLMODE", "require")]);
        let found = found.expect("reads");
        assert_eq!((found.shown().as_str(), found.mode), ("app at /run/x:7", Mode::Require));
        assert_eq!((found.config.get_user(), found.config.get_password()), (Some("zoe"), Some(&b"s"[..])));
        assert!(found.is_local());
        assert_eq!(read("postgres://h/app?sslrootcert=system", &[]).expect("reads").mode, Mode::VerifyFull);
    }

    #[test]
    fn the_password_may_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), "h:*:app:zoe:secret\n").expect("writes");
        let variables = [("PGPASSFILE", file.path().to_str().expect("UTF-8")), ("PGUSER", "zoe")];
        assert_eq!(read("postgres://h/app", &variables).expect("reads").config.get_password(), Some(&b"secret"[..]));
        assert_eq!(read("postgres://h/other", &variables).expect("reads").config.get_password(), None);
    }

    #[test]
    fn messages_hold_no_password() {
        for text in ["postgres://zoe:hunter2@h:x/app", "postgres://zoe:hunter2?@h/app", "host=h password='hunter2", "", "x=hunter2"] {
            let message = read(text, &[]).expect_err("refused").to_string();
            assert!(!message.contains("hunter2"), "{message}");
        }
        let message = read("postgres://zoe:hunter2@h/app?sslmode=hunter2", &[]).expect_err("refused").to_string();
        assert!(message.starts_with("sslmode is none") && !message.contains("hunter2"), "{message}");
        assert!(!read("postgres://zoe:hunter2@h/app", &[]).expect("reads").shown().contains("hunter2"));
    }
}
