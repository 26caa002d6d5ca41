//! Entries about other entries: comments, security labels, privileges.

use super::cursor::Cursor;
use super::item::Item;
use super::shape::Shape;
use super::{Composer, encoded};
use crate::dump::event::Statement;
use crate::dump::script::lexeme::Dialect;
use crate::dump::script::token::TokenKind;
use crate::schema::object::{Aspect, Facts, Object};

impl Composer {
    /// COMMENT ON, SECURITY LABEL ON.
    pub(super) fn remark_on(&mut self, statement: &Statement, text: &[u8], said: &Facts) {
        let label = said.aspect == Aspect::SecurityLabel;
        let mut cursor = Cursor::new(text, self.settings.dialect);
        let tag = if cursor.seek("on") { object(&mut cursor, "is") } else { None };
        let Some((mut tag, schema)) = tag else {
            self.stand_alone(text, said);
            return;
        };
        let item = self.attached(statement, text, said, if label { "SECURITY LABEL" } else { "COMMENT" });
        if label {
            // Labels of columns stand with their table's.
            if tag.starts_with(b"COLUMN ") {
                tag = item.parent.and_then(|place| self.items.get(place)).map_or(tag, |of| [of.desc.as_bytes(), b" ", &of.tag].concat());
            }
            if let Some(last) = self.items.last_mut().filter(|last| last.desc == item.desc && last.about == said.about) {
                last.defn.extend([text, b"\n"].concat());
                return;
            }
        }
        self.items.add(Item { tag, namespace: self.schema_of(&item, schema), ..item });
    }

    /// GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.
    pub(super) fn privileges(&mut self, statement: &Statement, text: &[u8], said: &Facts) {
        let mut cursor = Cursor::new(text, self.settings.dialect);
        if cursor.eat(&["alter", "default", "privileges"]) {
            self.default_privileges(statement, text, said, &mut cursor);
            return;
        }
        let found = if cursor.eat(&["grant"]) || cursor.eat(&["revoke"]) { granted(&mut cursor) } else { None };
        let Some((tag, schema)) = found else {
            self.stand_alone(text, said);
            return;
        };
        let mut item = self.attached(statement, text, said, "ACL");
        // REVOKE ALL on a table takes the privileges on its columns along, so these wait for it.
        item.needs.extend(item.parent.and_then(|parent| self.items.privileges_of(parent)));
        let namespace = self.schema_of(&item, schema);
        let same = |last: &&mut Item| last.desc == "ACL" && last.tag == tag && last.namespace == namespace;
        match self.items.last_mut().filter(same) {
            Some(last) => last.defn.extend([text, b"\n"].concat()),
            None => _ = self.items.add(Item { tag, namespace, ..item }),
        }
    }

    fn default_privileges(&mut self, statement: &Statement, text: &[u8], said: &Facts, cursor: &mut Cursor<'_>) {
        let (mut owner, mut schema) = (None, None);
        if cursor.eat(&["for", "role"]) || cursor.eat(&["for", "user"]) {
            owner = cursor.name();
        }
        if cursor.eat(&["in", "schema"]) {
            schema = cursor.name();
        }
        let kind = if cursor.seek("on") { cursor.next().map(|token| cursor.text_of(token).to_ascii_uppercase()) } else { None };
        let Some(kind) = kind else {
            self.stand_alone(text, said);
            return;
        };
        let tag = [b"DEFAULT PRIVILEGES FOR ", kind.as_slice()].concat();
        if let Some(last) = self
            .items
            .last_mut()
            .filter(|last| last.desc == "DEFAULT ACL" && last.tag == tag && last.namespace == schema && last.owner == owner)
        {
            last.defn.extend([text, b"\n"].concat());
            return;
        }
        let shape = Shape { desc: "DEFAULT ACL", tag, ..Shape::default() };
        let item = Item { namespace: schema, owner, needs: self.needs(said), ..self.item(statement, text, shape) };
        self.items.add(item);
    }

    /// An entry that goes behind the one that it is about.
    fn attached(&self, statement: &Statement, text: &[u8], said: &Facts, desc: &'static str) -> Item {
        let item = self.item(statement, text, Shape { desc, ..Shape::default() });
        let place = said.about.iter().find_map(|object| self.place_of(object, statement));
        let mut needs = self.needs(said);
        needs.extend(place);
        Item { parent: place, about: said.about.clone(), needs, owner: None, ..item }
    }

    /// The entry of an object: of its table, where it stands in that.
    fn place_of(&self, object: &Object, statement: &Statement) -> Option<usize> {
        if let Some(place) = self.places.get(object) {
            return Some(*place);
        }
        match object {
            Object::On(_, table, _) => {
                self.places.get(&Object::Relation(table.clone())).or_else(|| self.places.get(&Object::Type(table.clone()))).copied()
            }
            // GRANT ON TYPE and COMMENT ON DOMAIN name what stands in pg_type; GRANT ON FUNCTION may mean a procedure.
            Object::Global(_, name) => self.items.global(&encoded(statement.charset, name.as_str())),
            Object::Other(..) => self.large.place(statement),
            _ => None,
        }
    }

    /// The schema of an entry: as it is written, or that of what it is about.
    fn schema_of(&self, item: &Item, written: Option<Vec<u8>>) -> Option<Vec<u8>> {
        written.or_else(|| item.parent.and_then(|place| self.items.get(place)).and_then(|of| of.namespace.clone()))
    }
}

/// What stands between ON and the word that ends it, without the schema: `TABLE t`, `TRIGGER g ON t`; and that schema.
fn object(cursor: &mut Cursor<'_>, until: &str) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let start = cursor.start();
    const ALONE: &[&str] =
        &["cast", "transform", "database", "extension", "schema", "role", "tablespace", "publication", "subscription", "server", "access"];
    let alone = ALONE.iter().any(|word| cursor.is(word))
        || [
            &["event", "trigger"][..],
            &["large", "object"],
            &["procedural", "language"],
            &["language"],
            &["foreign", "data"],
            &["foreign", "server"],
        ]
        .iter()
        .any(|words| cursor.clone().eat(words));
    if alone {
        let end = ending(cursor, until)?;
        return Some((cursor.slice(start, end).to_vec(), None));
    }
    let column = cursor.is("column");
    let named_on = ["constraint", "trigger", "rule", "policy"].iter().any(|word| cursor.is(word));
    if named_on {
        cursor.next();
        cursor.name()?;
        if !cursor.eat(&["on"]) {
            return None;
        }
        cursor.eat(&["domain"]);
    } else {
        const KINDS: &[&[&str]] = &[
            &["text", "search", "configuration"],
            &["text", "search", "dictionary"],
            &["text", "search", "parser"],
            &["text", "search", "template"],
            &["materialized", "view"],
            &["foreign", "table"],
            &["operator", "class"],
            &["operator", "family"],
        ];
        if !KINDS.iter().any(|words| cursor.eat(words)) {
            cursor.next()?;
        }
    }
    let name = cursor.qualified()?;
    let parts = name.parts.len();
    // Of a column the last two parts stay, of all others the last.
    let (schema, begin) = match (column, parts) {
        (true, 3..) => {
            (parts.checked_sub(3).and_then(|at| name.parts.get(at)).cloned(), second_to_last(cursor, name.start, name.end, parts))
        }
        (true, _) => (None, name.start),
        (false, _) => (name.schema(), name.last),
    };
    let end = ending(cursor, until)?;
    Some(([cursor.slice(start, name.start), cursor.slice(begin, end)].concat(), schema))
}

/// Where the second to last part of a name begins.
fn second_to_last(cursor: &Cursor<'_>, start: usize, end: usize, parts: usize) -> usize {
    let mut inner = Cursor::new(cursor.slice(start, end), Dialect::default());
    for _ in 0..parts.saturating_sub(2) {
        inner.next();
        inner.next();
    }
    start + inner.start()
}

/// Where the object ends: before this word.
fn ending(cursor: &mut Cursor<'_>, until: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut end = cursor.end();
    while let Some(token) = cursor.peek() {
        match token.kind {
            TokenKind::Sign(b'(') => depth += 1,
            TokenKind::Sign(b')') => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 0 && cursor.is(until) => return Some(end),
            _ => {}
        }
        cursor.next();
        end = cursor.end();
    }
    None
}

/// What privileges are granted on: `TABLE t`, `COLUMN t.c`, `FUNCTION f(integer)`.
fn granted(cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let mut column = None;
    loop {
        if cursor.is("on") {
            break;
        }
        if let Some((start, end)) = cursor.parentheses() {
            let listed = cursor.slice(start, end).trim_ascii();
            column = Some(column.filter(|known| *known != listed).map_or(listed, |_| &b""[..]));
        } else {
            cursor.next()?;
        }
    }
    cursor.next()?;
    const KINDS: &[&str] = &[
        "table",
        "sequence",
        "schema",
        "function",
        "procedure",
        "routine",
        "type",
        "domain",
        "language",
        "database",
        "foreign",
        "large",
        "tablespace",
        "parameter",
    ];
    if cursor.is("all") {
        let start = cursor.start();
        let end = ["to", "from"].iter().find_map(|until| ending(&mut cursor.clone(), until))?;
        return Some((cursor.slice(start, end).to_vec(), None));
    }
    let bare = !KINDS.iter().any(|word| cursor.is(word)) || cursor.second().is_some_and(|token| token.kind == TokenKind::Sign(b'.'));
    let ends = |cursor: &Cursor<'_>| {
        ["to", "from"].iter().filter_map(|until| object(&mut cursor.clone(), until)).min_by_key(|found| found.0.len())
    };
    let (tag, schema) = if bare {
        let name = cursor.qualified()?;
        ([b"TABLE ", cursor.slice(name.last, name.end)].concat(), name.schema())
    } else {
        ends(cursor)?
    };
    match (column, tag.strip_prefix(b"TABLE ")) {
        (Some(column), Some(table)) if !column.is_empty() && !column.contains(&b',') => {
            Some(([b"COLUMN ", table, b".", column].concat(), schema))
        }
        _ => Some((tag, schema)),
    }
}
