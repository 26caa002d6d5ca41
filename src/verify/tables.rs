//! What the target's catalogue says of the tables of a manifest.

use std::collections::HashMap;

use super::session::{Session, failed};
use crate::error::Result;
use crate::manifest::Table;
use crate::name::RelationName;

/// A relation of the target.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) oid: u32,
    /// `relkind` of pg_class.
    pub(super) kind: String,
    /// In their order, those that were dropped apart.
    pub(super) columns: Vec<Column>,
    /// The partitions below it, and those below them.
    pub(super) partitions: Vec<RelationName>,
}

/// A column of such a relation.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) generated: bool,
    /// It holds amounts of money, whose text depends on `lc_monetary`.
    pub(super) money: bool,
    /// It holds values of `char(n)` inside of others: an array, a composite.
    pub(super) padded: bool,
    /// Its values have one spelling: texts, labels of an enum, whole numbers.
    pub(super) plain: bool,
    /// It holds bytea, whose text depends on `bytea_output`.
    pub(super) bytea: bool,
}

/// The types that hold values of one type: itself, its domains, arrays, ranges and composites, and so on.
const HOLDERS: &str = "
WITH RECURSIVE edge (held, oid) AS (
    SELECT t.typelem, t.oid FROM pg_catalog.pg_type t WHERE t.typelem <> 0
    UNION ALL SELECT t.typbasetype, t.oid FROM pg_catalog.pg_type t WHERE t.typbasetype <> 0
    UNION ALL SELECT r.rngsubtype, r.rngtypid FROM pg_catalog.pg_range r
    UNION ALL SELECT a.atttypid, c.reltype FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        WHERE a.attnum > 0 AND c.reltype <> 0
), holder (oid) AS (
    SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typname = $1 AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
    UNION
    SELECT e.oid FROM holder h JOIN edge e ON e.held = h.oid
)
SELECT oid FROM holder";

/// The type of `char(n)` (src/include/catalog/pg_type.dat).
const BPCHAR: u32 = 1042;

const RELATIONS: &str = "
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.oid, c.relkind::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN unnest($1::pg_catalog.text[], $2::pg_catalog.text[]) w (nspname, relname) ON n.nspname = w.nspname AND c.relname = w.relname";

const COLUMNS: &str = "
SELECT a.attrelid, a.attname::pg_catalog.text, a.attgenerated <> '', a.atttypid,
    t.typcategory IN ('S', 'E') OR COALESCE(NULLIF(t.typbasetype, 0), t.oid) IN (20, 21, 23)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

const PARTITIONS: &str = "
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) p
    JOIN pg_catalog.pg_class c ON c.oid = p.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.relid <> $1::pg_catalog.oid";

/// The relations of the target that have the names of these tables.
pub(super) async fn read(session: &Session, tables: &[&Table]) -> Result<HashMap<RelationName, Relation>> {
    let catalogue = |error: tokio_postgres::Error| failed("read the catalogue of the target", &error);
    let schemas: Vec<&str> = tables.iter().map(|table| table.schema.as_str()).collect();
    let names: Vec<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    let mut found = HashMap::new();
    let mut of_oid = HashMap::new();
    for row in session.client.query(RELATIONS, &[&schemas, &names]).await.map_err(catalogue)? {
        let name = RelationName::new(get::<String>(&row, 0)?, get::<String>(&row, 1)?);
        let relation = Relation { oid: get(&row, 2)?, kind: get(&row, 3)?, columns: Vec::new(), partitions: Vec::new() };
        of_oid.insert(relation.oid, name.clone());
        found.insert(name, relation);
    }
    let padded = holders(session, "bpchar").await?;
    let (money, bytea) = (holders(session, "money").await?, holders(session, "bytea").await?);
    let oids: Vec<u32> = of_oid.keys().copied().collect();
    for row in session.client.query(COLUMNS, &[&oids]).await.map_err(catalogue)? {
        let holds: u32 = get(&row, 3)?;
        let column = Column {
            name: get(&row, 1)?,
            generated: get(&row, 2)?,
            money: money.contains(&holds),
            bytea: bytea.contains(&holds),
            padded: holds != BPCHAR && padded.contains(&holds),
            plain: get(&row, 4)?,
        };
        if let Some(relation) = of_oid.get(&get::<u32>(&row, 0)?).and_then(|name| found.get_mut(name)) {
            relation.columns.push(column);
        }
    }
    for relation in found.values_mut().filter(|relation| relation.kind == "p") {
        for row in session.client.query(PARTITIONS, &[&relation.oid]).await.map_err(catalogue)? {
            relation.partitions.push(RelationName::new(get::<String>(&row, 0)?, get::<String>(&row, 1)?));
        }
    }
    Ok(found)
}

async fn holders(session: &Session, name: &str) -> Result<Vec<u32>> {
    let rows = session.client.query(HOLDERS, &[&name]).await.map_err(|error| failed("read the types of the target", &error))?;
    rows.iter().map(|row| get(row, 0)).collect()
}

fn get<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r tokio_postgres::Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|error| failed("read the catalogue of the target", &error))
}
