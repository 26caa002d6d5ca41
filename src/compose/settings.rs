//! SET: what pg_restore sets itself, what entries remember, what stays a statement.

use super::Composer;
use super::cursor::Cursor;
use super::header;
use super::item::{Item, STATEMENT};
use crate::archive::Section;
use crate::dump::event::Statement;
use crate::dump::script::lexeme::Dialect;
use crate::dump::script::token::TokenKind;
use crate::error::{Error, Result};
use crate::schema::object::Facts;

/// The settings of a script as far as entries depend on them.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Each version line of the head.
    pub(super) server_version: Option<Vec<u8>>,
    pub(super) dump_version: Option<Vec<u8>>,
    /// `default_tablespace`; empty is the default one.
    pub(super) tablespace: Option<Vec<u8>>,
    pub(super) table_am: Option<Vec<u8>>,
    /// Who SET SESSION AUTHORIZATION makes the owner of what follows.
    pub(super) user: Option<Vec<u8>>,
    pub(super) encoding: Option<Vec<u8>>,
    /// How literals are written.
    pub(super) dialect: Dialect,
    /// What the first statements are that set the search path: two at most, and not the same.
    pub(super) paths: Vec<Vec<u8>>,
}

/// What pg_restore sets before the first entry (`_doSetFixedOutputState` in src/bin/pg_dump/pg_backup_archiver.c), and what
/// scripts of older releases set that means nothing any more.
const FIXED: &[&str] = &[
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "check_function_bodies",
    "xmloption",
    "client_min_messages",
    "escape_string_warning",
    "row_security",
    "default_with_oids",
];

impl Settings {
    /// The versions stand in the comments before the first statement.
    pub(super) fn read_versions(&mut self, lead: &[u8]) {
        if self.dump_version.is_none() && self.server_version.is_none() {
            self.server_version = header::version(lead, b"-- Dumped from database version ");
            self.dump_version = header::version(lead, b"-- Dumped by pg_dump version ");
        }
    }
}

impl Composer {
    /// SET, BEGIN and the like.
    pub(super) fn setting(&mut self, statement: &Statement, said: &Facts) -> Result<()> {
        let text = &statement.text;
        match said.setting.as_deref().unwrap_or_default() {
            "default_tablespace" => self.settings.tablespace = Some(value(text).unwrap_or_default()),
            "default_table_access_method" => self.settings.table_am = value(text),
            "session_authorization" => self.settings.user = user(text),
            "client_encoding" => self.settings.encoding = value(text),
            "standard_conforming_strings" => {
                self.settings.dialect.backslashes = value(text).is_some_and(|value| value.eq_ignore_ascii_case(b"off"))
            }
            "search_path" => self.path(statement, said),
            "role" => self.tell("SET ROLE was left out: give pg_restore --role", "SET ROLE were left out: give pg_restore --role"),
            "" => {
                // BEGIN comes before the contents of large objects, and COMMIT behind them.
                let begins = ["begin", "start"].iter().any(|word| Cursor::new(text, Dialect::default()).is(word));
                if !begins && !self.large.end_transaction() {
                    self.tell(
                        "BEGIN, COMMIT or the like was left out: give pg_restore -1 for one transaction",
                        "BEGIN, COMMIT and their like were left out: give pg_restore -1 for one transaction",
                    );
                }
            }
            name if FIXED.contains(&name) => {}
            _ => self.stand_alone(text, said),
        }
        Ok(())
    }

    /// SET search_path: an entry until it is known whether pg_restore sets it.
    fn path(&mut self, statement: &Statement, said: &Facts) {
        // More than two say no more than two.
        if self.settings.paths.len() < 2 && !self.settings.paths.iter().any(|path| *path == statement.text) {
            self.settings.paths.push(statement.text.to_vec());
        }
        // What comes behind it waits for what came before it, and not for this.
        let barrier = self.barrier;
        self.stand_alone(&statement.text, said);
        self.barrier = barrier;
        if let Some(item) = self.items.last_mut() {
            item.is_path = true;
        }
    }

    /// One search path for all is the archive's own. Where scripts of old releases name the schema of each entry, pg_restore does so
    /// too. Any other way each entry sets its own: `pg_restore -j` goes on with other connections, and an entry's statements go to
    /// one of them together.
    ///
    /// # Errors
    /// INSERT statements that name no schema: nothing can stand before them.
    pub(super) fn settle_paths(&mut self) -> Result<()> {
        // Objects in the search path that a connection has by itself.
        let early = self.items.iter().take_while(|item| !item.is_path).any(|item| item.namespace.is_some());
        let several = self.settings.paths.len() > 1 || early && !self.settings.paths.is_empty();
        if several && self.is_by_entry() {
            self.settings.paths.clear();
        } else if several {
            self.set_paths(if early { b"RESET search_path;\n".to_vec() } else { Vec::new() })?;
        }
        self.settings.paths.truncate(1);
        Ok(())
    }

    /// Whether the search path is always the schema of the entry, as pg_restore sets it where the archive has none.
    fn is_by_entry(&self) -> bool {
        let mut path = None;
        self.items.iter().all(|item| {
            if item.is_path {
                path = schema_of_entry(&item.defn);
                return path.is_some();
            }
            path.is_none() || item.desc != STATEMENT && (item.namespace.is_none() || item.namespace == path)
        })
    }

    /// Puts its search path, the first one at first, before what each entry runs, and its schema before the table of its rows.
    fn set_paths(&mut self, mut path: Vec<u8>) -> Result<()> {
        for item in self.items.iter_mut() {
            if item.is_path {
                path.clone_from(&item.defn);
            } else if item.has_data {
                if item.copy.is_none() && item.is_bare {
                    return Err(Error::Usage(BARE_INSERTS.into()));
                }
                item.copy = item.qualified.take().or_else(|| item.copy.take());
            } else if !item.defn.is_empty() && !stands_apart(item) {
                item.defn = [&path, &*item.defn].concat();
            }
        }
        Ok(())
    }

    /// What comes behind a statement of its own is not restored before it: `pg_restore -j` restores all that stands in the
    /// section before the data first, whatever it needs (`restore_toc_entries_prefork` in src/bin/pg_dump/pg_backup_archiver.c). Of what
    /// comes later, needs make the order.
    pub(super) fn settle_sections(&mut self) {
        let mut least = Section::PreData;
        for item in self.items.iter_mut().filter(|item| !item.is_path) {
            let section = item.section();
            if item.desc == STATEMENT {
                least = least.max(section);
            } else if section == Section::PreData {
                item.section = Some(least);
            }
        }
    }

    /// An entry of its own for what is none of pg_dump's: it runs behind what comes before it, and before what comes behind it.
    pub(super) fn stand_alone(&mut self, text: &[u8], said: &Facts) {
        let mut item = Item { desc: STATEMENT, tag: first_words(text), ..Item::default() };
        item.defn = [text, b"\n"].concat();
        item.section = Some(self.items.latest_section());
        item.needs = self.needs(said);
        let from = self.barrier.unwrap_or_default();
        item.needs.extend(from..self.items.len());
        self.barrier = Some(self.items.len());
        self.items.add(item);
    }
}

/// Why rows as INSERT statements are refused where the search path changes.
const BARE_INSERTS: &str = "the search path changes on the way, and INSERT statements name their table without its schema: pg_restore -j would not find it; dump with pg_dump 10.3 or later, or write a script";

/// What must be a statement by itself, and what is no statement.
fn stands_apart(item: &Item) -> bool {
    super::is_of_database(item) || matches!(item.desc, "SUBSCRIPTION" | "BLOB METADATA") || takes_no_transaction(&item.defn)
}

/// Whether the server takes a statement in no transaction, as several that are sent together are
/// (`PreventInTransactionBlock` in src/backend/access/transam/xact.c; REFRESH … CONCURRENTLY is taken).
fn takes_no_transaction(text: &[u8]) -> bool {
    let mut cursor = Cursor::head(text, Dialect::default());
    if cursor.is("vacuum") || cursor.is("reindex") || cursor.eat(&["alter", "system"]) {
        return true;
    }
    if cursor.eat(&["create"]) {
        cursor.eat(&["unique"]);
        return cursor.eat(&["index", "concurrently"]);
    }
    if cursor.eat(&["alter", "table"]) {
        cursor.eat(&["if", "exists"]);
        let detached = cursor.qualified().filter(|_| cursor.eat(&["detach", "partition"])).and_then(|_| cursor.qualified());
        return detached.is_some() && cursor.is("concurrently");
    }
    cursor.eat(&["drop", "index", "concurrently"])
}

/// The value that SET gives, without its quotes.
fn value(text: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(text, Dialect::default());
    cursor.next()?;
    cursor.skip(&["session", "local"]);
    cursor.name()?;
    cursor.next()?;
    cursor.literal().or_else(|| cursor.name())
}

/// Who SET SESSION AUTHORIZATION names; nobody for DEFAULT.
fn user(text: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(text, Dialect::default());
    if !cursor.eat(&["set", "session", "authorization"]) || cursor.is("default") {
        return None;
    }
    cursor.literal().or_else(|| cursor.name())
}

/// The schema to which a statement sets the search path as pg_restore does for an entry of an old archive: to that, and
/// pg_catalog.
fn schema_of_entry(text: &[u8]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(text, Dialect::default());
    if !cursor.eat(&["set", "search_path"]) {
        return None;
    }
    cursor.next()?;
    let schema = cursor.name()?;
    if cursor.sign(b',') && !cursor.eat(&["pg_catalog"]) {
        return None;
    }
    cursor.sign(b';').then_some(schema)
}

/// What a statement begins with, for a list: no literal, so no value.
pub(super) fn first_words(text: &[u8]) -> Vec<u8> {
    let mut cursor = Cursor::new(text, Dialect::default());
    let mut words: Vec<&[u8]> = Vec::new();
    while let Some(token) = cursor.next().filter(|token| token.kind == TokenKind::Word) {
        words.push(cursor.text_of(token));
        if words.len() == 3 {
            break;
        }
    }
    words.join(&b" "[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_no_transaction_is_said_by_its_first_words() {
        for text in [
            "CREATE INDEX CONCURRENTLY i ON t (a);",
            "create /* soon */ unique index\n concurrently on s.t (a);",
            "DROP INDEX CONCURRENTLY i;",
            "ALTER TABLE s.p DETACH PARTITION s.a CONCURRENTLY;",
            "REINDEX TABLE CONCURRENTLY t;",
            "VACUUM (ANALYZE) t;",
            "ALTER SYSTEM SET work_mem = '1MB';",
        ] {
            assert!(takes_no_transaction(text.as_bytes()), "{text}");
        }
        for text in [
            "COMMENT ON INDEX i IS 'made by create index concurrently on t';",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ CREATE INDEX CONCURRENTLY i ON t (a); $$;",
            "CREATE VIEW v AS SELECT a AS concurrently FROM t;",
            "CREATE INDEX i ON t (a) WHERE (b = ' concurrently ');",
            "ALTER TABLE p DETACH PARTITION a;",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
            "",
        ] {
            assert!(!takes_no_transaction(text.as_bytes()), "{text}");
        }
    }
}
