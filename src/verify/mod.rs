//! The target against the manifest: is what was written there, and is it the same?
//!
//! ```text
//! report ─▶ manifest ─▶ tables ─┬─▶ session 1: COPY … TO STDOUT ─▶ digest ─▶ verdict
//!                               └─▶ session 2 …
//! ```
//!
//! All sessions see one snapshot and write nothing. Rows are hashed as they come, by [`crate::row::digest`], as those were
//! that went out; no more than a row of each session is kept. tokio carries this, and nothing else.

pub mod address;
mod compare;
pub mod found;
mod passfile;
mod session;
mod tables;
mod tls;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::try_join_all;

pub use address::Address;
pub use found::{Found, Verdict};

use compare::Expected;
use session::Session;
use tables::Relation;

use crate::error::{Error, Result};
use crate::manifest::{Action, Manifest, SCHEMA_VERSION, Table};
use crate::name::RelationName;
use crate::row::digest;

/// How it is compared.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// How many sessions, 1 or more.
    pub jobs: usize,
    /// Rows are counted, and not read.
    pub counts_only: bool,
}

/// A report that can be compared with.
///
/// # Errors
/// It is no report, or that of a run that failed, wrote nothing, or made no checksums.
pub fn manifest(text: &[u8], shown: &str) -> Result<Manifest> {
    let refuse = |what: &str| Err(Error::Usage(format!("{shown} {what}")));
    let value: serde_json::Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(_) => return refuse("is no report of pgveil, expected what filter --report writes"),
    };
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(SCHEMA_VERSION) => {}
        Some(version) => {
            return refuse(&format!("is a report of version {version}, expected {SCHEMA_VERSION}; take the pgveil that wrote it"));
        }
        None => return refuse("is no report of pgveil, expected what filter --report writes"),
    }
    let Ok(manifest) = serde_json::from_value::<Manifest>(value) else {
        return refuse("is no whole report of pgveil, expected what filter --report writes");
    };
    if manifest.dry_run {
        return refuse("is the report of a dry run: nothing was written that could be compared");
    }
    if !manifest.complete {
        return refuse("is the report of a run that failed: what it wrote must not be used");
    }
    if manifest.several_databases {
        return refuse("is the report of a script of several databases: it does not say which table is in which; filter them one by one");
    }
    match manifest.checksum_method.as_deref() {
        Some(digest::METHOD) => Ok(manifest),
        Some(other) => {
            refuse(&format!("has checksums of the method {other:?}, expected {:?}; take the pgveil that wrote it", digest::METHOD))
        }
        None => refuse(&format!("has no checksums: pgveil {} made none; filter again with this one", manifest.pgveil_version)),
    }
}

/// Compares these tables of a manifest with a target, in their order.
///
/// # Errors
/// The server cannot be reached, or refuses to give its rows.
pub fn verify(manifest: &Manifest, tables: &[&Table], address: &Address, how: How) -> Result<Vec<Found>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::io("start the connection's runtime", error))?.block_on(compare(manifest, tables, address, how))
}

async fn compare(manifest: &Manifest, tables: &[&Table], address: &Address, how: How) -> Result<Vec<Found>> {
    let mut sessions = vec![Session::open(address, None).await?];
    let known = match sessions.first() {
        Some(session) => tables::read(session, tables).await?,
        None => HashMap::new(),
    };
    let jobs = how.jobs.min(tables.len());
    if let (2.., Some(first)) = (jobs, sessions.first()) {
        let snapshot = first.snapshot().await?;
        sessions.extend(try_join_all((1..jobs).map(|_| Session::open(address, Some(&snapshot)))).await?);
    }
    let next = Cell::new(0);
    let found = RefCell::new(Vec::with_capacity(tables.len()));
    let work = async |session: &Session| -> Result<()> {
        while let Some(table) = tables.get(next.get()) {
            let place = next.replace(next.get() + 1);
            let verdict = one(manifest, table, &known, session, how).await?;
            found.borrow_mut().push((place, Found { relation: table.relation(), verdict }));
        }
        Ok(())
    };
    try_join_all(sessions.iter().map(work)).await?;
    let mut found = found.into_inner();
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

async fn one(manifest: &Manifest, table: &Table, known: &HashMap<RelationName, Relation>, session: &Session, how: How) -> Result<Verdict> {
    if table.action == Action::Skip && manifest.leaves_out(table) {
        return Ok(Verdict::LeftOut);
    }
    let Some(relation) = known.get(&table.relation()) else { return Ok(Verdict::Missing) };
    match relation.kind.as_str() {
        "r" | "p" => {}
        "v" => return Ok(Verdict::NoTable("a view")),
        "m" => return Ok(Verdict::NoTable("a materialized view")),
        "f" => return Ok(Verdict::NoTable("a foreign table")),
        _ => return Ok(Verdict::NoTable("something else")),
    }
    let below = |other: &&Table| relation.partitions.contains(&other.relation());
    let others: Vec<&Table> = manifest.tables.iter().filter(below).collect();
    Expected::new(table, relation, &others, how.counts_only).compare(session).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_that_cannot_be_compared_with() {
        let whole = serde_json::to_value(Manifest {
            schema_version: SCHEMA_VERSION,
            pgveil_version: "0.1.0".into(),
            complete: true,
            checksum_method: Some(digest::METHOD.into()),
            ..Manifest::default()
        })
        .expect("JSON");
        let read = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut value = whole.clone();
            change(&mut value);
            manifest(value.to_string().as_bytes(), "r.json").map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(read(&|_| {}), Ok(()));
        let refused = |change: &dyn Fn(&mut serde_json::Value)| read(change).expect_err("refused");
        assert_eq!(
            refused(&|value| value["complete"] = false.into()),
            "r.json is the report of a run that failed: what it wrote must not be used"
        );
        assert!(refused(&|value| value["dry_run"] = true.into()).contains("dry run"));
        assert!(refused(&|value| value["schema_version"] = 2.into()).contains("version 2, expected 1"));
        assert!(refused(&|value| value["several_databases"] = true.into()).contains("several databases"));
        assert!(refused(&|value| value["checksum_method"] = "md5".into()).contains("\"md5\", expected \"xxh3-128-sum\""));
        let older = refused(&|value| _ = value.as_object_mut().expect("an object").remove("checksum_method"));
        assert_eq!(older, "r.json has no checksums: pgveil 0.1.0 made none; filter again with this one");
        assert!(refused(&|value| value["tables"] = 7.into()).contains("no whole report"));
        assert!(manifest(b"{}", "r.json").is_err() && manifest(b"x", "r.json").is_err());
    }
}
