//! One table of the manifest against the target.

use std::pin::pin;

use futures_util::TryStreamExt;

use super::found::Verdict;
use super::session::{Session, failed, refuses_value};
use super::tables::Relation;
use crate::encoding::Charset;
use crate::error::Result;
use crate::manifest::Table;
use crate::row::digest::Digest;

/// Masks that write what a rule, a file or a program says, as it stands there: the server may spell it otherwise (`2024-01-01` in a
/// `timestamp` is `2024-01-01 00:00:00`).
const AS_WRITTEN: [&str; 7] = ["append", "choice", "command", "const", "default", "map", "map_file"];

/// Why rows are not compared.
const UNCOUNTED: &str = "some came by statements that are no list of values (INSERT … SELECT), which do not say how many";

/// What is to be in a table of the target.
pub(super) struct Expected<'a> {
    /// The table of the manifest.
    pub(super) table: &'a Table,
    /// What the target has of its name.
    pub(super) relation: &'a Relation,
    /// Its rows, and those of its partitions that came under their own names.
    pub(super) rows: u64,
    /// Whether there may be more, since some came by statements that do not say how many.
    pub(super) open: bool,
    /// Their checksum; or why there is none to compare.
    pub(super) sum: Result<u128, String>,
}

impl<'a> Expected<'a> {
    /// What is to be in a table. `others` gives the manifest's entries of partitions below it.
    pub(super) fn new(table: &'a Table, relation: &'a Relation, others: &[&Table], counts_only: bool) -> Expected<'a> {
        let mut rows = table.rows_out;
        let mut open = table.rows_uncounted;
        let why = if open {
            UNCOUNTED
        } else {
            "the report knows no checksum: some rows were no plain values, or came with their columns in another order"
        };
        let mut sum = table.sum().ok_or_else(|| why.to_owned());
        for other in others {
            rows += other.rows_out;
            open |= other.rows_uncounted;
            sum = sum.and_then(|sum| match other.sum() {
                Some(more) if other.row_columns == table.row_columns => Ok(sum.wrapping_add(more)),
                _ => Err("some of its partitions have their columns in another order".to_owned()),
            });
        }
        if counts_only {
            sum = Err("--counts-only".to_owned());
        }
        Expected { table, relation, rows, open, sum }
    }

    /// Compares.
    ///
    /// # Errors
    /// The server refuses to give the rows, or goes away.
    pub(super) async fn compare(&self, session: &Session) -> Result<Verdict> {
        let columns = match self.columns() {
            Ok(columns) => columns,
            Err(verdict) => return Ok(verdict),
        };
        let sum = match (&self.sum, self.table.row_width) {
            (Ok(_), Some(width)) if width != columns.len() as u64 => {
                return self
                    .count(
                        session,
                        "its rows came as INSERT without the names of their columns, and have another number of values than the table",
                    )
                    .await;
            }
            (Ok(sum), _) => *sum,
            (Err(why), _) => return self.count(session, why).await,
        };
        let found = self.read(session, &columns).await?;
        let Some((rows, mut digest)) = found else { return Ok(Verdict::Differs { rows: self.rows }) };
        if rows == self.rows && digest != sum && self.relation.columns.iter().any(|column| column.bytea) {
            // The dump may come from a database that writes bytea in the old way.
            session.run("set up the session", "SET LOCAL bytea_output = 'escape'").await?;
            digest = self.read(session, &columns).await?.map_or(digest, |(_, digest)| digest);
            session.run("set up the session", "SET LOCAL bytea_output = 'hex'").await?;
        }
        Ok(match self.doubt() {
            _ if rows != self.rows => Verdict::Rows { expected: self.rows, found: rows },
            _ if digest == sum => Verdict::Equal { rows },
            Some(why) => Verdict::Counted { rows, why },
            None => Verdict::Differs { rows },
        })
    }

    /// Why rows may have another checksum and be the same.
    fn doubt(&self) -> Option<String> {
        let columns = &self.relation.columns;
        if let Some(money) = columns.iter().find(|column| column.money) {
            return Some(format!("the text of {} depends on lc_monetary", quoted(&money.name)));
        }
        let inside = |name: &str| columns.iter().any(|column| column.name == name && column.padded);
        if let Some(masked) = self.table.columns.iter().find(|masked| inside(&masked.column)) {
            return Some(format!("the server pads the values inside of {}", quoted(&masked.column)));
        }
        let written = self.table.columns.iter().filter(|masked| AS_WRITTEN.contains(&masked.mask.as_str()));
        let mut odd = written.filter(|masked| columns.iter().any(|column| column.name == masked.column && !column.plain));
        let masked = odd.next()?;
        Some(format!("the mask \"{}\" may spell values of {} in another way than the server", masked.mask, quoted(&masked.column)))
    }

    /// The columns to be read, quoted.
    fn columns(&self) -> Result<Vec<String>, Verdict> {
        let kept = self.relation.columns.iter().filter(|column| !column.generated);
        match &self.table.row_columns {
            None => Ok(kept.map(|column| quoted(&column.name)).collect()),
            Some(named) => {
                let known = |name: &String| self.relation.columns.iter().any(|column| column.name == *name);
                match named.iter().find(|name| !known(name)) {
                    Some(missing) => Err(Verdict::NoColumn(missing.clone())),
                    None => Ok(named.iter().map(|name| quoted(name)).collect()),
                }
            }
        }
    }

    /// The table in a FROM clause. Rows of a partitioned table are those of its partitions; those of heirs are their own.
    fn from(&self) -> String {
        let only = if self.relation.kind == "p" { "" } else { "ONLY " };
        format!("{only}{}.{}", quoted(&self.table.schema), quoted(&self.table.table))
    }

    /// Compares the number of rows alone.
    async fn count(&self, session: &Session, why: &str) -> Result<Verdict> {
        let sql = format!("SELECT pg_catalog.count(*) FROM {}", self.from());
        let refused = |error: tokio_postgres::Error| failed(&format!("count the rows of {}", self.table.relation()), &error);
        let rows: i64 = session.client.query_one(&sql, &[]).await.and_then(|row| row.try_get(0)).map_err(refused)?;
        let found = u64::try_from(rows).unwrap_or(0);
        Ok(if found == self.rows || self.open && found > self.rows {
            Verdict::Counted { rows: found, why: why.to_owned() }
        } else {
            Verdict::Rows { expected: self.rows, found }
        })
    }

    /// The number of rows and their checksum; `None` where a value cannot be written in the encoding of the dump.
    async fn read(&self, session: &Session, columns: &[String]) -> Result<Option<(u64, u128)>> {
        let encoding = self.table.encoding.as_deref().unwrap_or("UTF8");
        let hides_ascii = Charset::from_name(encoding).is_some_and(Charset::hides_ascii);
        let sql = format!(
            "COPY (SELECT {} FROM {}) TO STDOUT WITH (ENCODING '{}')",
            columns.join(", "),
            self.from(),
            encoding.replace('\'', "''")
        );
        session.run("set a savepoint", "SAVEPOINT before").await?;
        match stream(session, &sql, hides_ascii).await {
            Ok(done) => Ok(Some(done)),
            Err(error) if refuses_value(&error) => session.run("go back", "ROLLBACK TO before").await.map(|()| None),
            Err(error) => Err(failed(&format!("read the rows of {}", self.table.relation()), &error)),
        }
    }
}

/// Reads what COPY writes, and keeps no more of it than a row.
async fn stream(session: &Session, sql: &str, hides_ascii: bool) -> Result<(u64, u128), tokio_postgres::Error> {
    let mut rows = pin!(session.client.copy_out(sql).await?);
    let (mut count, mut digest) = (0, Digest::default());
    let (mut begun, mut memory) = (Vec::new(), Vec::new());
    while let Some(piece) = rows.try_next().await? {
        let whole = piece.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (lines, rest) = piece.split_at(whole);
        let lines = if begun.is_empty() || whole == 0 {
            lines
        } else {
            begun.extend_from_slice(lines);
            &begun
        };
        count += memchr::memchr_iter(b'\n', lines).count() as u64;
        digest += Digest::of_copy(lines, false, hides_ascii, &mut memory);
        if whole > 0 {
            begun.clear();
        }
        begun.extend_from_slice(rest);
    }
    // All values of COPY text are known.
    Ok((count, digest.checksum().unwrap_or_default()))
}

/// An identifier in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
