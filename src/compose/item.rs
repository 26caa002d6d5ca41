//! An entry in the making.

use crate::archive::Section;
use crate::schema::object::Object;

/// What will be an entry. Other items are named by their places among all.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) desc: &'static str,
    pub(super) tag: Vec<u8>,
    pub(super) namespace: Option<Vec<u8>>,
    pub(super) defn: Vec<u8>,
    pub(super) drop: Option<Vec<u8>>,
    pub(super) copy: Option<bytes::Bytes>,
    /// The same with the schema of its table, where it names none.
    pub(super) qualified: Option<bytes::Bytes>,
    /// Its rows are INSERT statements that name no schema.
    pub(super) is_bare: bool,
    pub(super) has_data: bool,
    /// As ALTER … OWNER TO says.
    pub(super) owner: Option<Vec<u8>>,
    /// As the comment before it says: for what has no owner of its own.
    pub(super) told_owner: Option<Vec<u8>>,
    pub(super) tablespace: Option<Vec<u8>>,
    pub(super) table_am: Option<Vec<u8>>,
    pub(super) relkind: u8,
    /// What it belongs to: it has its owner, and goes behind it.
    pub(super) parent: Option<usize>,
    pub(super) needs: Vec<usize>,
    /// What it defines or is about.
    pub(super) about: Vec<Object>,
    /// Where it belongs if its desc does not say.
    pub(super) section: Option<Section>,
    /// SET search_path, which is an entry only where pg_restore does not set it itself.
    pub(super) is_path: bool,
}

/// The kind of an entry that is none of pg_dump's: a statement that somebody wrote into the script.
pub(super) const STATEMENT: &str = "STATEMENT";

/// The large objects of a script.
pub(super) const BLOBS: &str = "BLOBS";

impl Item {
    /// When it is restored, as pg_dump says of its kind.
    pub(super) fn section(&self) -> Section {
        if let Some(section) = self.section {
            return section;
        }
        match self.desc {
            "COMMENT" | "ACL" | "SECURITY LABEL" => Section::None,
            "TABLE DATA" | "SEQUENCE SET" | BLOBS | "BLOB METADATA" => Section::Data,
            "CONSTRAINT"
            | "CHECK CONSTRAINT"
            | "FK CONSTRAINT"
            | "INDEX"
            | "INDEX ATTACH"
            | "STATISTICS"
            | "RULE"
            | "TRIGGER"
            | "EVENT TRIGGER"
            | "ROW SECURITY"
            | "POLICY"
            | "PUBLICATION"
            | "PUBLICATION TABLE"
            | "PUBLICATION TABLES IN SCHEMA"
            | "SUBSCRIPTION"
            | "DEFAULT ACL"
            | "MATERIALIZED VIEW DATA" => Section::PostData,
            _ => Section::PreData,
        }
    }

    /// Whether pg_dump writes it behind the data where it needs a primary key (`postponed_def` in src/bin/pg_dump/pg_dump.c).
    pub(super) fn can_wait(&self) -> bool {
        matches!(self.desc, "MATERIALIZED VIEW" | "FUNCTION" | "PROCEDURE")
    }

    /// Whether pg_restore gives it its owner (`_getObjectDescription`): then only ALTER … OWNER TO says which.
    pub(super) fn is_owned(&self) -> bool {
        matches!(
            self.desc,
            "AGGREGATE"
                | "BLOB"
                | "BLOB METADATA"
                | "COLLATION"
                | "CONVERSION"
                | "DATABASE"
                | "DOMAIN"
                | "EVENT TRIGGER"
                | "FOREIGN DATA WRAPPER"
                | "FOREIGN TABLE"
                | "FUNCTION"
                | "MATERIALIZED VIEW"
                | "OPERATOR"
                | "OPERATOR CLASS"
                | "OPERATOR FAMILY"
                | "PROCEDURAL LANGUAGE"
                | "PROCEDURE"
                | "PUBLICATION"
                | "SCHEMA"
                | "SEQUENCE"
                | "SERVER"
                | "STATISTICS"
                | "SUBSCRIPTION"
                | "TABLE"
                | "TEXT SEARCH CONFIGURATION"
                | "TEXT SEARCH DICTIONARY"
                | "TYPE"
                | "VIEW"
        ) && self.drop.as_ref().is_some_and(|drop| !drop.is_empty())
    }
}
