//! What a statement does to the table of contents: begins an entry, adds to one, names an owner.

use super::cursor::Cursor;
use super::header::Header;
use super::item::{BLOBS, Item, STATEMENT};
use super::shape::{self, Alteration, Shape};
use super::{Composer, encoded};
use crate::archive::Section;
use crate::dump::event::Statement;
use crate::dump::script::lexeme::Dialect;
use crate::dump::script::template;
use crate::dump::script::token::TokenKind;
use crate::error::{Error, Fault, Result};
use crate::schema::object::{Aspect, Facts, Kind, Need, Object};

/// What an archive of one database cannot hold.
const ROLES: Fault = Fault::NoArchive {
    what: "roles and tablespaces",
    remedy: "of a script by pg_dumpall take the part of one database: csplit all.sql '/^-- Database \"/' '{*}'",
};

impl Composer {
    pub(super) fn take(&mut self, statement: &Statement, text: &[u8], said: &Facts) -> Result<()> {
        if said.kind == Kind::LargeObject && self.large_object(statement, text, said)? {
            return Ok(());
        }
        if said.aspect != Aspect::Setting {
            self.large.end();
        }
        match said.aspect {
            Aspect::Setting => self.setting(statement, said)?,
            Aspect::Owner => self.owner(text, said),
            Aspect::Removal => self.removal(text, said),
            Aspect::Comment | Aspect::SecurityLabel => self.remark_on(statement, text, said),
            Aspect::Privileges => self.privileges(statement, text, said),
            Aspect::Refresh | Aspect::Value => self.value(statement, text, said),
            Aspect::Definition | Aspect::Part => self.definition(statement, text, said)?,
        }
        Ok(())
    }

    fn definition(&mut self, statement: &Statement, text: &[u8], said: &Facts) -> Result<()> {
        if template::is_reset(text) {
            // It makes ready for DROP DATABASE.
            self.removal(text, said);
            return Ok(());
        }
        let mut cursor = Cursor::new(text, self.settings.dialect);
        if let Some(shape) = shape::create(&mut cursor) {
            if fills(shape.desc, text, self.settings.dialect) {
                self.stand_alone(text, said);
                let place = self.items.len() - 1;
                said.about.iter().for_each(|object| self.place_object(object.clone(), place));
                return Ok(());
            }
            self.begin(statement, text, said, shape);
            return Ok(());
        }
        let mut cursor = Cursor::new(text, self.settings.dialect);
        if cursor.is("drop") {
            // DROP DATABASE, which the facts call a part of it.
            self.removal(text, said);
            return Ok(());
        }
        if matches!(said.kind, Kind::Role | Kind::Tablespace) && !cursor.eat(&["alter", "role"]) {
            return Err(Error::at_byte(statement.offset, ROLES));
        }
        if said.kind == Kind::Role {
            return self.role_in_database(statement, text, &mut cursor);
        }
        match shape::alter(&mut cursor) {
            Some(Alteration::Entry(shape)) if shape.desc == "DATABASE PROPERTIES" => self.properties(statement, text, shape),
            Some(Alteration::Entry(shape)) => self.begin(statement, text, said, shape),
            Some(Alteration::Switch(shape)) => {
                if !self.adds_to_last(statement, text, &said.about) {
                    self.begin(statement, text, said, shape);
                }
            }
            Some(Alteration::AccessMethod(name)) => self.access_method(text, said, name),
            Some(Alteration::AllTriggers) => self.triggers_off(statement),
            Some(Alteration::OfIndex) => {
                let index: Vec<Object> = said
                    .needs
                    .iter()
                    .filter_map(|need| if let Need::Object(object) = need { Some(object.clone()) } else { None })
                    .collect();
                if !self.adds_to_last(statement, text, &index) && !self.adds_to_last(statement, text, &said.about) {
                    self.stand_alone(text, said);
                }
            }
            Some(Alteration::Part) if self.adds_to_last(statement, text, &said.about) => {}
            Some(Alteration::Part) | None => self.stand_alone(text, said),
        }
        Ok(())
    }

    /// A table's access method is part of it.
    fn access_method(&mut self, text: &[u8], said: &Facts, name: Vec<u8>) {
        let same = |item: &&mut Item| item.desc == "TABLE" && item.about.iter().any(|object| said.about.contains(object));
        match self.items.last_mut().filter(same) {
            Some(item) => item.table_am = Some(name),
            None => self.stand_alone(text, said),
        }
    }

    /// `ALTER TABLE … DISABLE TRIGGER ALL` around data: pg_restore has a flag of its own for it.
    fn triggers_off(&mut self, statement: &Statement) {
        self.tell(
            "statement that switches triggers off or on around the data was left out: give pg_restore --disable-triggers",
            "statements that switch triggers off or on around the data were left out: give pg_restore --disable-triggers",
        );
        self.data_lead = Some(statement.lead.clone());
    }

    /// `ALTER ROLE … IN DATABASE … SET` is a property of the database; any other ALTER ROLE is none of the archive's.
    fn role_in_database(&mut self, statement: &Statement, text: &[u8], cursor: &mut Cursor<'_>) -> Result<()> {
        let tag = if cursor.seek("database") { cursor.name() } else { None };
        let Some(tag) = tag else { return Err(Error::at_byte(statement.offset, ROLES)) };
        self.properties(statement, text, Shape { desc: "DATABASE PROPERTIES", tag, drop: Some(Vec::new()), ..Shape::default() });
        Ok(())
    }

    /// Settings of the database stand in one entry.
    fn properties(&mut self, statement: &Statement, text: &[u8], shape: Shape) {
        if let Some(last) = self.items.last_mut().filter(|item| item.desc == "DATABASE PROPERTIES" && item.tag == shape.tag) {
            last.defn.extend([text, b"\n"].concat());
            return;
        }
        let parent = self.items.iter().position(|item| item.desc == "DATABASE" && item.tag == shape.tag);
        let item = Item { parent, ..self.item(statement, text, shape) };
        self.items.add(item);
    }

    /// An entry of this shape; what it needs is still to be said.
    pub(super) fn item(&self, statement: &Statement, text: &[u8], shape: Shape) -> Item {
        let namespace = match (shape.in_schema, shape.schema) {
            (true, Some(schema)) => Some(schema),
            (true, None) => {
                Some(statement.search_path.as_ref().map_or_else(|| b"public".to_vec(), |path| encoded(statement.charset, path.as_str())))
            }
            (false, _) => None,
        };
        Item {
            desc: shape.desc,
            tag: shape.tag,
            namespace,
            defn: [text, b"\n"].concat(),
            drop: shape.drop,
            relkind: shape.relkind,
            owner: self.settings.user.clone(),
            told_owner: Header::read(&statement.lead).and_then(|told| told.owner),
            tablespace: if shape.placed { self.settings.tablespace.clone() } else { None },
            table_am: if matches!(shape.relkind, b'r' | b'm') { self.settings.table_am.clone() } else { None },
            ..Item::default()
        }
    }

    fn begin(&mut self, statement: &Statement, text: &[u8], said: &Facts, shape: Shape) {
        let mut item = self.item(statement, text, shape);
        let place = self.items.len();
        item.needs = self.needs(said);
        item.parent = self.parent(&item, said);
        match item.desc {
            "INDEX ATTACH" => self.attach_index(&mut item, said),
            // As pg_dump has it.
            "ROW SECURITY" => item.defn.truncate(text.len()),
            _ => {}
        }
        // GROUP BY a primary key needs it (`check_functional_grouping` in src/backend/catalog/pg_constraint.c).
        if item.desc == "VIEW" || item.can_wait() {
            item.needs.extend(self.keys_of(said));
        }
        if item.desc == "VIEW" && said.behind_data && self.stands_in(&mut item, said) {
            self.items.add(item);
            return;
        }
        if item.desc == "TYPE" {
            self.complete_shell(said);
        }
        let identity = item.desc == "SEQUENCE" && said.aspect == Aspect::Part;
        if said.aspect == Aspect::Definition || matches!(item.desc, "TRIGGER" | "RULE") {
            item.about.clone_from(&said.about);
            if item.desc == "TRIGGER" && said.aspect != Aspect::Definition {
                item.needs.extend(self.items.triggers_like(&item));
            }
            // Its parts, as constraints that stand in CREATE TABLE, are where it is.
            let inside = said.links.iter().map(|(dependent, _)| dependent.clone());
            for object in said.about.iter().cloned().chain(inside) {
                self.place_object(object, place);
            }
        } else if identity {
            for (sequence, _) in &said.links {
                self.places.insert(sequence.clone(), place);
                item.about.push(sequence.clone());
            }
        } else {
            item.about.clone_from(&said.about);
        }
        self.items.add(item);
    }

    /// An index of a partition goes with that of its table, and waits for both tables' rows.
    fn attach_index(&mut self, item: &mut Item, said: &Facts) {
        let tables: Vec<usize> = item.needs.iter().filter_map(|place| self.items.get(*place)?.parent).collect();
        item.needs.extend(tables);
        for (child, _) in &said.links {
            let child = self.places.get(child).and_then(|place| self.items.get_mut(*place));
            if let Some(index) = child.filter(|item| item.desc == "INDEX") {
                index.drop = Some(Vec::new());
            }
        }
    }

    fn place_object(&mut self, object: Object, place: usize) {
        if let Object::Routine(name, _) = &object {
            self.routines.entry(name.clone()).or_default().push(place);
        }
        self.places.insert(object, place);
    }

    /// CREATE OR REPLACE VIEW of a view that has a stand-in is its rule, and goes back to the stand-in when dropped
    /// (`dumpRule` in src/bin/pg_dump/pg_dump.c).
    fn stands_in(&self, item: &mut Item, said: &Facts) -> bool {
        let Some(stand_in) = said.about.iter().find_map(|object| self.places.get(object)).and_then(|place| self.items.get(*place)) else {
            return false;
        };
        let Some(rest) = stand_in.defn.strip_prefix(b"CREATE VIEW ") else { return false };
        item.drop = Some([b"CREATE OR REPLACE VIEW ", rest].concat());
        item.desc = "RULE";
        item.tag.extend_from_slice(b" _RETURN");
        item.relkind = 0;
        true
    }

    /// A type that was announced by `CREATE TYPE name;` comes now.
    fn complete_shell(&mut self, said: &Facts) {
        let place = said.about.iter().find_map(|object| self.places.get(object)).copied();
        if let Some(shell) = place.and_then(|place| self.items.get_mut(place)).filter(|item| item.desc == "TYPE") {
            shell.desc = "SHELL TYPE";
            shell.drop = None;
        }
    }

    /// Adds a statement to the last entry, if that is about one of these objects.
    fn adds_to_last(&mut self, statement: &Statement, text: &[u8], about: &[Object]) -> bool {
        let Some(last) = self.items.last_mut() else { return false };
        let same = last.about.iter().any(|object| about.contains(object)) && !last.defn.is_empty();
        if !same || matches!(last.desc, "COMMENT" | "ACL" | "SECURITY LABEL" | "TABLE DATA" | STATEMENT | BLOBS) {
            return false;
        }
        // Blank lines between the statements of an entry are its own.
        let blank = statement.lead.iter().all(u8::is_ascii_whitespace);
        let gap = if blank { statement.lead.strip_prefix(b"\n").unwrap_or(&statement.lead) } else { b"" };
        last.defn.extend([gap, text, b"\n"].concat());
        true
    }

    fn owner(&mut self, text: &[u8], said: &Facts) {
        let mut cursor = Cursor::new(text, self.settings.dialect);
        let name = owner_named(&mut cursor);
        let place = said.about.iter().rev().find_map(|object| self.places.get(object)).copied();
        let owned = place.and_then(|place| self.items.get_mut(place)).filter(|item| item.is_owned());
        match (name, owned) {
            (Some(name), Some(item)) => item.owner = Some(name),
            _ => self.stand_alone(text, said),
        }
    }

    /// DROP before what it drops is made comes from `pg_dump --clean`; pg_restore has its own.
    fn removal(&mut self, text: &[u8], said: &Facts) {
        let known = said.about.iter().any(|object| self.places.contains_key(object));
        let nothing_yet = self
            .items
            .iter()
            .all(|item| matches!(item.desc, "DATABASE" | "DATABASE PROPERTIES") || item.is_path || super::is_of_database(item));
        if nothing_yet && !known {
            self.tell(
                "statement that drops an object first was left out: give pg_restore --clean --if-exists",
                "statements that drop objects first were left out: give pg_restore --clean --if-exists",
            );
        } else {
            self.stand_alone(text, said);
        }
    }

    /// REFRESH, setval, statistics.
    fn value(&mut self, statement: &Statement, text: &[u8], said: &Facts) {
        let place = said.about.iter().find_map(|object| self.places.get(object)).copied();
        let (desc, section) = match (said.aspect, said.kind) {
            (Aspect::Refresh, _) => ("MATERIALIZED VIEW DATA", None),
            (_, Kind::Statistics) => {
                let of = place.and_then(|place| self.items.get(place));
                let early = of.map_or(self.items.latest_section() < Section::PostData, |of| matches!(of.desc, "TABLE" | "FOREIGN TABLE"));
                ("STATISTICS DATA", Some(if early { Section::Data } else { Section::PostData }))
            }
            _ => ("SEQUENCE SET", None),
        };
        let Some(Object::Relation(name)) = said.about.first() else {
            self.stand_alone(text, said);
            return;
        };
        if desc == "STATISTICS DATA"
            && let Some(last) = self.items.last_mut().filter(|item| item.desc == desc && item.about == said.about)
        {
            last.defn.extend([text, b"\n"].concat());
            return;
        }
        let schema = Some(encoded(statement.charset, name.schema.as_str()));
        let shape = Shape { desc, tag: encoded(statement.charset, name.name.as_str()), schema, in_schema: true, ..Shape::default() };
        let mut item = Item { parent: place, section, about: said.about.clone(), ..self.item(statement, text, shape) };
        item.needs = self.needs(said);
        match desc {
            "MATERIALIZED VIEW DATA" => match place {
                Some(view) => item.needs.extend(self.refreshed_before(view)),
                // What it reads is not known: pg_dump has ordered them.
                None => {
                    item.needs.extend(self.refreshed.replace(self.items.len()));
                    self.contents.entry(name.clone()).or_default().push(self.items.len());
                }
            },
            // REFRESH makes statistics of its own.
            "STATISTICS DATA" => {
                let of = [place, place.and_then(|place| self.items.get(place)?.parent)];
                item.needs.extend(of.into_iter().flatten().flat_map(|view| self.items.refreshes_of(view)));
            }
            _ => {}
        }
        self.items.add(item);
    }
}

/// The name behind the last OWNER TO; what is owned may have such a name too.
pub(super) fn owner_named(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let mut named = None;
    while cursor.seek("owner") {
        if cursor.eat(&["to"]) {
            named = cursor.name();
        }
    }
    named
}

/// Whether a statement fills what it creates, by a query: then what that reads must be there, rows too. pg_dump writes no
/// CREATE TABLE AS, and materialized views WITH NO DATA.
fn fills(desc: &str, text: &[u8], dialect: Dialect) -> bool {
    let mut cursor = Cursor::new(text, dialect);
    match desc {
        "MATERIALIZED VIEW" => !cursor.ends_with(&["with", "no", "data"]),
        "TABLE" => loop {
            // In brackets AS is of a generated column.
            if cursor.is("as") {
                break !cursor.ends_with(&["with", "no", "data"]);
            }
            if cursor.parentheses().is_none() && cursor.next().is_none() {
                break false;
            }
        },
        _ => false,
    }
}

/// Whether pg_restore can split INSERT statements at their semicolons: it knows quotes, and nothing else
/// (`ExecuteSimpleCommands` in src/bin/pg_dump/pg_backup_db.c).
pub(super) fn is_simple(text: &[u8], dialect: Dialect) -> bool {
    if dialect.backslashes {
        return true;
    }
    let mut cursor = Cursor::new(text, dialect);
    let mut end = 0;
    while let Some(token) = cursor.next() {
        let gap = cursor.slice(end, token.start);
        let literal = cursor.text_of(token);
        let hard = token.kind == TokenKind::Literal && !is_simple_literal(literal);
        if hard || !gap.iter().all(u8::is_ascii_whitespace) {
            return false;
        }
        end = token.end;
    }
    true
}

/// Whether a literal is one to pg_restore as well: in plain quotes, without escapes, and not going on in the next line.
fn is_simple_literal(literal: &[u8]) -> bool {
    let escapes = matches!(literal.first(), Some(b'e' | b'E')) && literal.contains(&b'\\');
    let inner = memchr::memchr(b'\'', literal).and_then(|open| literal.get(open + 1..literal.len() - 1)).unwrap_or_default();
    let mut quotes = memchr::memchr_iter(b'\'', inner);
    let doubled = std::iter::from_fn(|| quotes.next().map(|first| quotes.next() == Some(first + 1))).all(|doubled| doubled);
    doubled && !escapes && !literal.starts_with(b"$")
}
