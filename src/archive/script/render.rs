//! The text of entries (`RestoreArchive`, `_doSetFixedOutputState` and `_printTocEntry` in
//! src/bin/pg_dump/pg_backup_archiver.c).

use bytes::Bytes;

use super::super::{Entry, Header};
use super::order::{is_database, text, wanted};
use super::quote::{connect, identifier};
use super::style::Style;
use super::{drop, objects};
use crate::error::{Error, Fault, Place, Result};

/// `RELKIND_PARTITIONED_TABLE` in src/include/catalog/pg_class.h.
const PARTITIONED: i32 = b'p' as i32;

/// What the script says so far, as far as later entries depend on it.
pub(super) struct Renderer {
    /// The major version of pg_restore whose script this is.
    release: u32,
    style: Style,
    encoding: Bytes,
    pub(super) std_strings: bool,
    search_path: Option<Bytes>,
    restrict_key: Option<String>,
    server_version: Option<Bytes>,
    dump_version: Option<Bytes>,
    schema: Option<Bytes>,
    tablespace: Option<Bytes>,
    table_am: Option<Bytes>,
}

impl Renderer {
    /// # Errors
    /// The entries that say what encoding and literals are cannot be understood.
    pub(super) fn new(header: &Header, entries: &[Entry], style: Style, restrict_key: Option<String>) -> Result<Renderer> {
        let mut renderer = Renderer {
            release: release(header),
            style,
            encoding: Bytes::from_static(b"SQL_ASCII"),
            std_strings: false,
            search_path: None,
            restrict_key,
            server_version: header.server_version.clone(),
            dump_version: header.dump_version.clone(),
            schema: None,
            tablespace: None,
            table_am: None,
        };
        for entry in entries {
            let defn = text(entry.defn.as_ref());
            match text(entry.desc.as_ref()) {
                b"ENCODING" => renderer.encoding = encoding(defn).ok_or_else(|| bad(entry, "an encoding", "SET client_encoding = '…';"))?,
                b"STDSTRINGS" => {
                    renderer.std_strings = match defn.split(|byte| *byte == b'\'').nth(1) {
                        Some(b"on") => true,
                        Some(b"off") => false,
                        _ => return Err(bad(entry, "a setting of literals", "SET standard_conforming_strings = 'on';")),
                    }
                }
                b"SEARCHPATH" => renderer.search_path.clone_from(&entry.defn),
                _ => {}
            }
        }
        Ok(renderer)
    }

    /// What stands before the first entry, with what drops the objects of a script that is to be clean.
    pub(super) fn head(&mut self, entries: &[Entry], out: &mut Vec<u8>) {
        out.extend_from_slice(b"--\n-- PostgreSQL database dump\n--\n\n");
        if let Some(key) = &self.restrict_key {
            out.extend_from_slice(format!("\\restrict {key}\n\n").as_bytes());
        }
        for (what, version) in [("database", &self.server_version), ("by pg_dump", &self.dump_version)] {
            if let Some(version) = version {
                let from = if what == "database" { "-- Dumped from database version " } else { "-- Dumped by pg_dump version " };
                out.extend([from.as_bytes(), version, b"\n"].concat());
            }
        }
        out.push(b'\n');
        self.fixed_state(out);
        if self.style.clean {
            self.drops(entries, out);
        }
    }

    /// Drops what is there, the last first. Where the database is made anew, it alone: the rest goes with it.
    fn drops(&mut self, entries: &[Entry], out: &mut Vec<u8>) {
        for entry in entries.iter().rev() {
            let wanted = wanted(entry, self.style);
            if (wanted.schema || wanted.data) && entry.drop_stmt.is_some() && (!self.style.create || is_database(entry)) {
                self.select_schema(entry.namespace.as_ref(), out);
                drop::statement(entry, self.style.if_exists, out);
            }
        }
        // The schema may be gone that names were looked up in.
        self.schema = None;
    }

    /// Goes to the database that has been made, where nothing is set yet (`_reconnectToDB`).
    fn reconnect(&mut self, database: &[u8], out: &mut Vec<u8>) {
        if let Some(key) = &self.restrict_key {
            out.extend_from_slice(format!("\\unrestrict {key}\n").as_bytes());
        }
        connect(database, self.release, out);
        if let Some(key) = &self.restrict_key {
            out.extend_from_slice(format!("\\restrict {key}\n").as_bytes());
        }
        out.push(b'\n');
        (self.schema, self.tablespace, self.table_am) = (None, None, None);
        self.fixed_state(out);
    }

    /// What stands behind the last entry.
    pub(super) fn tail(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"--\n-- PostgreSQL database dump complete\n--\n\n");
        if let Some(key) = &self.restrict_key {
            out.extend_from_slice(format!("\\unrestrict {key}\n\n").as_bytes());
        }
    }

    fn fixed_state(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\n");
        if self.release >= 17 {
            out.extend_from_slice(b"SET transaction_timeout = 0;\n");
        }
        out.extend([b"SET client_encoding = '", self.encoding.as_ref(), b"';\n"].concat());
        let setting = if self.std_strings { "on" } else { "off" };
        out.extend_from_slice(format!("SET standard_conforming_strings = {setting};\n").as_bytes());
        out.extend_from_slice(text(self.search_path.as_ref()));
        out.extend_from_slice(b"SET check_function_bodies = false;\nSET xmloption = content;\nSET client_min_messages = warning;\n");
        if !self.std_strings {
            out.extend_from_slice(b"SET escape_string_warning = off;\n");
        }
        out.extend_from_slice(b"SET row_security = off;\n\n");
    }

    /// Has names without a schema looked up in this one; old archives only (`_selectOutputSchema`).
    pub(super) fn select_schema(&mut self, schema: Option<&Bytes>, out: &mut Vec<u8>) {
        let Some(schema) = schema.filter(|schema| !schema.is_empty()) else { return };
        if self.search_path.is_some() || self.schema.as_ref() == Some(schema) {
            return;
        }
        out.extend_from_slice(b"SET search_path = ");
        identifier(schema, self.release, out);
        out.extend_from_slice(if schema.as_ref() == b"pg_catalog" { b";\n\n" } else { b", pg_catalog;\n\n" });
        self.schema = Some(schema.clone());
    }

    fn select_tablespace(&mut self, entry: &Entry, out: &mut Vec<u8>) {
        let Some(wanted) = &entry.tablespace else { return };
        if self.tablespace.as_ref() == Some(wanted) {
            return;
        }
        out.extend_from_slice(b"SET default_tablespace = ");
        if wanted.is_empty() {
            out.extend_from_slice(b"''")
        } else {
            identifier(wanted, self.release, out)
        }
        out.extend_from_slice(b";\n\n");
        self.tablespace = Some(wanted.clone());
    }

    fn select_table_am(&mut self, entry: &Entry, out: &mut Vec<u8>) {
        let Some(wanted) = entry.table_am.as_ref().filter(|wanted| self.table_am.as_ref() != Some(*wanted)) else { return };
        out.extend_from_slice(b"SET default_table_access_method = ");
        identifier(wanted, self.release, out);
        out.extend_from_slice(b";\n\n");
        self.table_am = Some(wanted.clone());
    }

    /// Everything of an entry but its data; `prefix` stands before `Name:`.
    ///
    /// # Errors
    /// Grants of large objects that cannot be told apart.
    pub(super) fn entry(&mut self, entry: &Entry, entries: &[Entry], prefix: &str, out: &mut Vec<u8>) -> Result<()> {
        self.select_schema(entry.namespace.as_ref(), out);
        self.select_tablespace(entry, out);
        if entry.relkind != PARTITIONED {
            self.select_table_am(entry, out);
        }
        comment(entry, prefix, out);
        self.definition(entry, entries, out)?;
        self.owner(entry, out);
        if let Some(table_am) = entry.table_am.as_ref().filter(|_| entry.relkind == PARTITIONED) {
            out.extend_from_slice(b"ALTER TABLE ");
            self.qualified(entry, out);
            out.extend_from_slice(b" SET ACCESS METHOD ");
            identifier(table_am, self.release, out);
            out.extend_from_slice(b";\n\n");
        }
        if is_database(entry) {
            self.reconnect(text(entry.tag.as_ref()), out);
        }
        Ok(())
    }

    /// A statement that names the table which INSERT statements fill: the entry's own, or the root that it is loaded through
    /// (`dumpTableData` in pg_dump.c).
    pub(super) fn filled_by_insert(&self, entry: &Entry, out: &mut Vec<u8>) {
        out.extend_from_slice(b"INSERT INTO ");
        match text(entry.defn.as_ref()).strip_prefix(b"-- load via partition root ") {
            Some(root) => out.extend_from_slice(root.trim_ascii_end()),
            None => self.qualified(entry, out),
        }
        out.extend_from_slice(b" DEFAULT VALUES;\n\n");
    }

    fn definition(&self, entry: &Entry, entries: &[Entry], out: &mut Vec<u8>) -> Result<()> {
        let defn = text(entry.defn.as_ref());
        match text(entry.desc.as_ref()) {
            b"BLOB METADATA" => objects::for_each(defn, b"SELECT pg_catalog.lo_create('", b"')", out),
            b"ACL" if text(entry.tag.as_ref()).starts_with(b"LARGE OBJECTS") => {
                let what = "grants on large objects";
                let of = entry.dependencies.first().and_then(|id| entries.iter().find(|other| other.dump_id == *id));
                let of = of.filter(|other| text(other.desc.as_ref()) == b"BLOB METADATA");
                let list = of.ok_or_else(|| bad(entry, what, "a dependency on the large objects"))?;
                let done = objects::grants(defn, text(list.defn.as_ref()), out);
                done.ok_or_else(|| bad(entry, what, "GRANT and REVOKE of one large object"))?;
            }
            _ if !defn.is_empty() => out.extend([defn, b"\n\n"].concat()),
            _ => {}
        }
        Ok(())
    }

    /// `ALTER … OWNER TO`: for what has an owner and can be dropped.
    fn owner(&self, entry: &Entry, out: &mut Vec<u8>) {
        let owner = text(entry.owner.as_ref());
        if owner.is_empty() || text(entry.drop_stmt.as_ref()).is_empty() {
            return;
        }
        let mut to = b" OWNER TO ".to_vec();
        identifier(owner, self.release, &mut to);
        if text(entry.desc.as_ref()) == b"BLOB METADATA" {
            objects::for_each(text(entry.defn.as_ref()), b"ALTER LARGE OBJECT ", &to, out);
            return;
        }
        let mut object = Vec::new();
        self.describe(entry, &mut object);
        if !object.is_empty() {
            out.extend([b"ALTER ".as_slice(), &object, &to, b";\n\n"].concat());
        }
    }

    /// An entry's object as ALTER names it; nothing for what has no owner of its own (`_getObjectDescription`).
    fn describe(&self, entry: &Entry, out: &mut Vec<u8>) {
        let desc = text(entry.desc.as_ref());
        match desc {
            // pg_restore up to 15 says TABLE of all these.
            b"VIEW" | b"SEQUENCE" | b"MATERIALIZED VIEW" if self.release < 16 => {
                out.extend_from_slice(b"TABLE ");
                self.qualified(entry, out);
            }
            b"COLLATION"
            | b"CONVERSION"
            | b"DATABASE"
            | b"DOMAIN"
            | b"FOREIGN TABLE"
            | b"MATERIALIZED VIEW"
            | b"SEQUENCE"
            | b"STATISTICS"
            | b"TABLE"
            | b"TEXT SEARCH DICTIONARY"
            | b"TEXT SEARCH CONFIGURATION"
            | b"TYPE"
            | b"VIEW"
            | b"PROCEDURAL LANGUAGE"
            | b"SCHEMA"
            | b"EVENT TRIGGER"
            | b"FOREIGN DATA WRAPPER"
            | b"SERVER"
            | b"PUBLICATION"
            | b"SUBSCRIPTION" => {
                out.extend([desc, b" "].concat());
                self.qualified(entry, out);
            }
            b"BLOB" => out.extend([b"LARGE OBJECT ", text(entry.tag.as_ref())].concat()),
            b"AGGREGATE" | b"FUNCTION" | b"OPERATOR" | b"OPERATOR CLASS" | b"OPERATOR FAMILY" | b"PROCEDURE" => {
                // What follows DROP, without what ends the statement.
                let object = text(entry.drop_stmt.as_ref()).get(5..).unwrap_or_default();
                let end = object.iter().rposition(|byte| !matches!(byte, b'\n' | b';')).map_or(0, |last| last + 1);
                out.extend_from_slice(object.get(..end).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn qualified(&self, entry: &Entry, out: &mut Vec<u8>) {
        let namespace = text(entry.namespace.as_ref());
        if !namespace.is_empty() {
            identifier(namespace, self.release, out);
            out.push(b'.');
        }
        identifier(text(entry.tag.as_ref()), self.release, out);
    }
}

/// The comment before an entry, with line ends in names made blanks (`sanitize_line` in dumputils.c).
fn comment(entry: &Entry, prefix: &str, out: &mut Vec<u8>) {
    let mut part = |before: &str, field: &[u8]| {
        out.extend_from_slice(before.as_bytes());
        out.extend(field.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    };
    let or_hyphen = |field: &Option<Bytes>| field.clone().unwrap_or(Bytes::from_static(b"-"));
    part("--\n-- ", b"");
    part(prefix, b"");
    part("Name: ", text(entry.tag.as_ref()));
    part("; Type: ", text(entry.desc.as_ref()));
    part("; Schema: ", &or_hyphen(&entry.namespace));
    part("; Owner: ", &or_hyphen(&entry.owner));
    let tablespace = text(entry.tablespace.as_ref());
    if !tablespace.is_empty() {
        part("; Tablespace: ", tablespace);
    }
    part("\n--\n\n", b"");
}

/// The major version of pg_restore to go by: that of the pg_dump that wrote the archive, as far as they still exist.
fn release(header: &Header) -> u32 {
    let version = text(header.dump_version.as_ref());
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let major = version.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let by_archive = if header.version.minor >= 16 { 17 } else { u32::from(header.version.minor) + 1 };
    major.unwrap_or(by_archive).clamp(14, 18)
}

/// The name between the first two quotes (`processEncodingEntry`), if it can be one.
fn encoding(defn: &[u8]) -> Option<Bytes> {
    let mut parts = defn.split(|byte| *byte == b'\'').skip(1);
    let (name, _behind) = (parts.next()?, parts.next()?);
    let plain = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    plain.then(|| Bytes::copy_from_slice(name))
}

fn bad(entry: &Entry, what: &'static str, expected: &'static str) -> Error {
    let fault = Fault::BadArchive { entry: Some(entry.dump_id), what, found: None, expected };
    Error::Data { place: Place::default(), fault }
}
