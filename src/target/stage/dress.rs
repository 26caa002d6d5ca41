//! How a statement or a backslash command changes on its way out.

use bytes::Bytes;

use super::{Piece, Pieces, Stage};
use crate::dump::event::{self, Statement};
use crate::encoding::Charset;
use crate::error::{Error, Result};
use crate::name::Name;
use crate::target::head::Head;
use crate::target::quote::{encode, identifier};
use crate::target::{Meta, Reset, driver, idempotent, meta};

impl Stage {
    /// A statement as it goes out.
    pub(super) fn dress(&mut self, statement: Statement, head: &Head) -> Result<Pieces> {
        let Statement { mut lead, mut text, charset, search_path, .. } = statement;
        if let Some((new_lead, new_text)) = self.names.rewrite(&lead, &text, head, charset)? {
            (lead, text) = (new_lead.into(), new_text.into());
        }
        if let Some(renamed) = self.names.rewrite_lead(&lead, charset)? {
            lead = renamed.into();
        }
        if self.target.driver {
            if head.is_setting() {
                driver::setting(&text, head, charset)?;
                return Ok(Vec::new());
            }
            if head.is_transaction() {
                return Ok(Vec::new());
            }
            lead = Bytes::from_static(driver::lead(&lead, self.first));
            self.first = false;
        }
        let inner = self.target.single_transaction && head.is_transaction();
        let role = self.target.role.is_some() && head.reads(0, &["set", "role"]);
        if inner || role {
            return Ok(vec![Piece::Text(lead)]);
        }
        if let Some(changed) = self.repeatable(&text, head, charset, search_path.as_ref())? {
            text = changed.into();
        }
        let mut pieces = vec![Piece::Text(lead), Piece::Text(text)];
        if self.target.reset.is_some() && head.word(0) == "commit" && !self.told_commit {
            self.told_commit = true;
            pieces.push(Piece::Remark(
                "the script has COMMIT in its middle (large objects), so psql -1 keeps what came before it, the reset too; -1 of pgveil leaves it out and is all or nothing".into(),
            ));
        }
        if let Some(role) = self.target.role.as_deref().filter(|_| head.reads(0, &["set", "standard_conforming_strings"])) {
            pieces.push(Piece::Text(encode(&format!("\nSET ROLE {};", identifier(role)), charset)?.into()));
            self.role_set = true;
        }
        Ok(pieces)
    }

    /// A statement that may run where an earlier run has left its mark, changed accordingly.
    fn repeatable(&self, text: &[u8], head: &Head, charset: Charset, path: Option<&Name>) -> Result<Option<Vec<u8>>> {
        let resets = matches!(self.target.reset, Some(Reset::Owned | Reset::Objects | Reset::Schema));
        if resets && let Some(changed) = idempotent::outside_schemas(text, head, charset)? {
            return Ok(Some(changed));
        }
        if (resets || self.target.if_not_exists)
            && let Some(changed) = idempotent::schema(text, head)
        {
            return Ok(Some(changed));
        }
        if self.target.if_not_exists { idempotent::text_search(text, head, charset, path) } else { Ok(None) }
    }

    /// A backslash command as it goes out.
    pub(super) fn dress_command(&mut self, command: event::Meta, line: &str) -> Result<Pieces> {
        let event::Meta { mut lead, line: bytes } = command;
        if let Some(renamed) = self.names.rewrite_lead(&lead, self.charset)? {
            lead = renamed.into();
        }
        let word = meta::command(line);
        if matches!(word, r"\connect" | r"\c") {
            return self.connect(lead, bytes, line);
        }
        if self.target.driver {
            return Ok(Vec::new());
        }
        if self.strips().is_some() {
            // What follows is read in another encoding: that must not get lost.
            let name = line.split_ascii_whitespace().nth(1).filter(|_| word == r"\encoding");
            let set = name.map(|name| Piece::Text(format!("SET client_encoding = '{}';\n", name.replace('\'', "")).into()));
            return Ok(std::iter::once(Piece::Text(lead)).chain(set).collect());
        }
        let line = match (self.target.meta, word) {
            (Meta::Rewrite, r"\restrict") => format!("\\restrict {}\n", self.key.insert(meta::key()?)).into(),
            (Meta::Rewrite, r"\unrestrict") => match self.key.take() {
                Some(key) => format!("\\unrestrict {key}\n").into(),
                None => bytes,
            },
            _ => bytes,
        };
        Ok(vec![Piece::Text(lead), Piece::Command(line)])
    }

    /// `\connect`, to the database's new name where it has one.
    fn connect(&mut self, lead: Bytes, bytes: Bytes, line: &str) -> Result<Pieces> {
        self.refuse_database("connects to a database")?;
        let name = meta::connected(line);
        let Some(name) = name else {
            let touched = self.target.meta == Meta::Rewrite || !self.target.renamed.is_empty();
            let shown = "a \\connect that names no database, or names it in a connection string";
            return if touched {
                Err(Error::Usage(format!("the script has {shown}, expected one as pg_dump writes it; it can only be kept as it is")))
            } else {
                Ok(vec![Piece::Text(lead), Piece::Command(bytes)])
            };
        };
        let new = self.names.look_up(&name)?.cloned();
        let line: Bytes = match &new {
            None if self.target.meta != Meta::Rewrite => bytes,
            _ => encode(&meta::connect(new.as_ref().unwrap_or(&name).as_str()), self.charset)?.into(),
        };
        let mut pieces = vec![Piece::Text(lead)];
        // psql must not read the name in an encoding that it is not in (`appendPsqlMetaConnect`).
        if new.is_some_and(|new| !new.as_str().is_ascii()) && !meta::is_complex(name.as_str()) {
            pieces.push(Piece::Command(Bytes::from_static(b"\\encoding SQL_ASCII\n")));
        }
        pieces.push(Piece::Command(line));
        Ok(pieces)
    }

    /// Refuses a script that brings its own database, where that cannot be.
    pub(super) fn refuse_database(&self, what: &str) -> Result<()> {
        let refuse = |flag: &str, why: &str| Err(Error::Usage(format!("{flag}: the script {what} (pg_dump --create), {why}")));
        if self.target.single_transaction {
            return refuse("-1", "which no transaction can hold; dump without --create, or load without -1");
        }
        if let Some(how) = self.target.reset {
            let flag = format!("--reset={}", how.name());
            return refuse(&flag, "so the database that is to be emptied is another one; dump without --create, or load without --reset");
        }
        match self.strips() {
            Some("--for-driver") => refuse("--for-driver", "which no script in one string can do; dump without --create"),
            Some(flag) if what.starts_with("connects") => {
                refuse(flag, "which only psql can do; dump without --create, or use --psql-meta=rewrite")
            }
            _ => Ok(()),
        }
    }
}
