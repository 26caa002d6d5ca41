//! A connection to the target: one read-only transaction, in which values are written as pg_dump has them written.
//!
//! Facts from src/bin/pg_dump/pg_dump.c (`setup_connection`).

use std::io;

use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::tls::{self, Mode};
use crate::error::{Error, Result};

/// What the transaction sets, where the server knows it. The time zone is that of [`crate::row::digest`].
const SETTINGS: &str = "
SELECT pg_catalog.set_config(s.name, v.value, true) FROM pg_catalog.pg_settings s JOIN (VALUES
    ('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('extra_float_digits', '3'), ('TimeZone', 'UTC'), ('bytea_output', 'hex'),
    ('search_path', ''), ('row_security', 'off'), ('synchronize_seqscans', 'off'), ('statement_timeout', '0'), ('lock_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'), ('array_nulls', 'on'), ('xmlbinary', 'base64'),
    ('quote_all_identifiers', 'off'), ('jit', 'off')) v (name, value) ON s.name OPERATOR(pg_catalog.=) v.name";

/// A connection inside its transaction.
pub(super) struct Session {
    pub(super) client: Client,
}

impl Session {
    /// Connects, and begins the transaction; `snapshot` is that of another session, to see what it sees.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub(super) async fn open(address: &Address, snapshot: Option<&str>) -> Result<Session> {
        let client = connect(address).await?;
        let mut begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned();
        if let Some(snapshot) = snapshot {
            begin.push_str(&format!("; SET TRANSACTION SNAPSHOT '{}'", snapshot.replace('\'', "''")));
        }
        // By itself, and first: what follows is a query of its own.
        begin.push_str("; SET LOCAL statement_timeout = 0");
        let session = Session { client };
        session.run("begin a transaction", &begin).await?;
        session.run("set up the session", SETTINGS).await?;
        Ok(session)
    }

    /// Runs statements whose rows do not matter.
    pub(super) async fn run(&self, doing: &str, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).await.map_err(|error| failed(doing, &error))
    }

    /// The snapshot of the transaction, for others to see the same.
    pub(super) async fn snapshot(&self) -> Result<String> {
        let doing = "share the snapshot of the transaction (--jobs 1 needs none)";
        let row = self.client.query_one("SELECT pg_catalog.pg_export_snapshot()", &[]).await.map_err(|error| failed(doing, &error))?;
        row.try_get(0).map_err(|error| failed(doing, &error))
    }
}

async fn connect(address: &Address) -> Result<Client> {
    let with = |mode: SslMode| {
        let mut config = address.config.clone();
        config.ssl_mode(mode);
        config
    };
    let refused = |error: tokio_postgres::Error| failed(&format!("connect to {}", address.shown()), &error);
    let mode = if address.is_local() { Mode::Disable } else { address.mode };
    if mode == Mode::Disable {
        return plain(&with(SslMode::Disable)).await.map_err(refused);
    }
    let tls = MakeRustlsConnect::new(tls::configure(mode, &address.files)?);
    match mode {
        Mode::Disable => plain(&with(SslMode::Disable)).await.map_err(refused),
        Mode::Allow => match plain(&with(SslMode::Disable)).await {
            Err(error) if error.as_db_error().is_some() => secured(&with(SslMode::Require), tls).await.map_err(|_| refused(error)),
            done => done.map_err(refused),
        },
        // A server that has TLS may refuse it to us, and then takes us without.
        Mode::Prefer => match secured(&with(SslMode::Prefer), tls).await {
            Err(error) => plain(&with(SslMode::Disable)).await.map_err(|_| refused(error)),
            done => done.map_err(refused),
        },
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => secured(&with(SslMode::Require), tls).await.map_err(refused),
    }
}

async fn plain(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // Whatever ends it, the client is told too.
    tokio::spawn(connection);
    Ok(client)
}

async fn secured(config: &Config, tls: MakeRustlsConnect) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// An error of the server, or on the way to it.
pub(super) fn failed(doing: &str, error: &tokio_postgres::Error) -> Error {
    // A closed connection is no closed pipe of ours.
    Error::Io { doing: doing.to_owned(), source: io::Error::other(told(error)) }
}

/// The words of an error. Where the server speaks of data, its words may hold a value: then only their code is told.
fn told(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        let code = said.code().code();
        return if speaks_of_data(code) {
            format!("the server says SQLSTATE {code}")
        } else {
            format!("{} (SQLSTATE {code})", said.message())
        };
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Whether the words of an error may hold a value: all but those of classes that speak of names, rights and the system
/// (PostgreSQL's documentation, appendix "PostgreSQL Error Codes").
fn speaks_of_data(code: &str) -> bool {
    !["08", "0A", "25", "26", "28", "34", "3D", "3F", "40", "42", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class))
}

/// Whether it is a value that the server refused: one that it cannot write in the encoding asked for.
pub(super) fn refuses_value(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("22"))
}
