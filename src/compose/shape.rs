//! What a statement begins: an entry of pg_dump's table of contents, with the words that pg_dump has for it
//! (`ARCHIVE_OPTS` in src/bin/pg_dump/pg_dump.c).

use super::cursor::{Cursor, Qualified};
use super::routine;
use crate::dump::script::lexeme::Dialect;

/// What is known of an entry by the statement that begins it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) desc: &'static str,
    pub(super) tag: Vec<u8>,
    /// The schema as it is written; none where none is.
    pub(super) schema: Option<Vec<u8>>,
    /// Whether it stands in a schema at all.
    pub(super) in_schema: bool,
    pub(super) drop: Option<Vec<u8>>,
    /// `relkind` of `pg_class`, or 0.
    pub(super) relkind: u8,
    /// Whether it is put in a tablespace.
    pub(super) placed: bool,
}

impl Shape {
    fn new(desc: &'static str, tag: Vec<u8>) -> Shape {
        Shape { desc, tag, ..Shape::default() }
    }

    fn inside(self, schema: Option<Vec<u8>>) -> Shape {
        Shape { schema, in_schema: true, ..self }
    }

    fn dropped(self, parts: &[&[u8]]) -> Shape {
        Shape { drop: Some([&[&b"DROP "[..]], parts, &[b";\n"]].concat().concat()), ..self }
    }
}

/// What CREATE begins; `None` for what is no entry of its own.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Option<Shape> {
    if !cursor.eat(&["create"]) {
        return None;
    }
    cursor.eat(&["or", "replace"]);
    for (words, desc) in NAMED {
        if cursor.eat(words) {
            cursor.eat(&["if", "not", "exists"]);
            let name = cursor.name_text()?;
            return Some(Shape::new(desc, name.0).dropped(&[desc.as_bytes(), b" ", name.1]));
        }
    }
    for (words, desc) in QUALIFIED {
        if cursor.eat(words) {
            cursor.eat(&["if", "not", "exists"]);
            let name = cursor.qualified()?;
            return Some(qualified(desc, cursor, &name));
        }
    }
    relation(cursor).or_else(|| routine_or_operator(cursor)).or_else(|| on_table(cursor)).or_else(|| nameless(cursor))
}

/// What has a name alone.
const NAMED: &[(&[&str], &str)] = &[
    (&["extension"], "EXTENSION"),
    (&["access", "method"], "ACCESS METHOD"),
    (&["event", "trigger"], "EVENT TRIGGER"),
    (&["publication"], "PUBLICATION"),
    (&["subscription"], "SUBSCRIPTION"),
    (&["server"], "SERVER"),
    (&["foreign", "data", "wrapper"], "FOREIGN DATA WRAPPER"),
    (&["database"], "DATABASE"),
    (&["trusted", "procedural", "language"], "PROCEDURAL LANGUAGE"),
    (&["trusted", "language"], "PROCEDURAL LANGUAGE"),
    (&["procedural", "language"], "PROCEDURAL LANGUAGE"),
    (&["language"], "PROCEDURAL LANGUAGE"),
];

/// What has a name in a schema, and nothing else about it.
const QUALIFIED: &[(&[&str], &str)] = &[
    (&["domain"], "DOMAIN"),
    (&["sequence"], "SEQUENCE"),
    (&["collation"], "COLLATION"),
    (&["conversion"], "CONVERSION"),
    (&["default", "conversion"], "CONVERSION"),
    (&["statistics"], "STATISTICS"),
    (&["text", "search", "parser"], "TEXT SEARCH PARSER"),
    (&["text", "search", "dictionary"], "TEXT SEARCH DICTIONARY"),
    (&["text", "search", "template"], "TEXT SEARCH TEMPLATE"),
    (&["text", "search", "configuration"], "TEXT SEARCH CONFIGURATION"),
];

fn qualified(desc: &'static str, cursor: &Cursor<'_>, name: &Qualified) -> Shape {
    let written = cursor.slice(name.start, name.end);
    Shape::new(desc, name.name()).inside(name.schema()).dropped(&[desc.as_bytes(), b" ", written])
}

/// Tables, views, indexes, types, schemas.
fn relation(cursor: &mut Cursor<'_>) -> Option<Shape> {
    let mut ahead = cursor.clone();
    ahead.skip(&["unlogged", "global", "local", "temporary", "temp", "recursive"]);
    let (desc, relkind) = if ahead.eat(&["table"]) {
        ("TABLE", b'r')
    } else if ahead.eat(&["foreign", "table"]) {
        ("FOREIGN TABLE", b'f')
    } else if ahead.eat(&["materialized", "view"]) {
        ("MATERIALIZED VIEW", b'm')
    } else if ahead.eat(&["view"]) {
        ("VIEW", b'v')
    } else if ahead.eat(&["sequence"]) {
        ("SEQUENCE", 0)
    } else if ahead.eat(&["schema"]) {
        ahead.eat(&["if", "not", "exists"]);
        ahead.eat(&["authorization"]);
        let (name, written) = ahead.name_text()?;
        return Some(Shape::new("SCHEMA", name).dropped(&[b"SCHEMA ", written]));
    } else if ahead.eat(&["type"]) {
        let name = ahead.qualified()?;
        let shape = qualified("TYPE", &ahead, &name);
        // A base type goes with its functions, which need it.
        let written = ahead.slice(name.start, name.end);
        return Some(if ahead.sign(b'(') { shape.dropped(&[b"TYPE ", written, b" CASCADE"]) } else { shape });
    } else {
        return index(ahead);
    };
    ahead.eat(&["if", "not", "exists"]);
    let name = ahead.qualified()?;
    let shape = qualified(desc, &ahead, &name);
    let partitioned = relkind == b'r' && is_partitioned(&mut ahead);
    let relkind = if partitioned { b'p' } else { relkind };
    Some(Shape { relkind, placed: matches!(relkind, b'r' | b'p' | b'm'), ..shape })
}

fn is_partitioned(cursor: &mut Cursor<'_>) -> bool {
    // PARTITION OF may stand before.
    while cursor.seek("partition") {
        if cursor.is("by") {
            return true;
        }
    }
    false
}

fn index(mut cursor: Cursor<'_>) -> Option<Shape> {
    cursor.eat(&["unique"]);
    if !cursor.eat(&["index"]) {
        return None;
    }
    cursor.eat(&["concurrently"]);
    cursor.eat(&["if", "not", "exists"]);
    let (name, written) = if cursor.is("on") { (Vec::new(), &b""[..]) } else { cursor.name_text()? };
    cursor.eat(&["on"]);
    cursor.eat(&["only"]);
    let table = cursor.qualified()?;
    let before = cursor.slice(table.start, table.last);
    let shape = Shape { placed: true, ..Shape::new("INDEX", name).inside(table.schema()) };
    Some(if written.is_empty() { shape } else { shape.dropped(&[b"INDEX ", before, written]) })
}

/// What has arguments.
fn routine_or_operator(cursor: &mut Cursor<'_>) -> Option<Shape> {
    for (word, desc) in [("function", "FUNCTION"), ("procedure", "PROCEDURE"), ("aggregate", "AGGREGATE")] {
        if cursor.eat(&[word]) {
            let name = cursor.qualified()?;
            let (start, end) = cursor.parentheses()?;
            let arguments = routine::arguments(cursor.slice(start, end));
            let tag = [name.name().as_slice(), b"(", &arguments.types, b")"].concat();
            let written = [cursor.slice(name.start, name.end), b"(", &arguments.identity, b")"].concat();
            return Some(Shape::new(desc, tag).inside(name.schema()).dropped(&[desc.as_bytes(), b" ", &written]));
        }
    }
    for (word, desc) in [("class", "OPERATOR CLASS"), ("family", "OPERATOR FAMILY")] {
        if cursor.eat(&["operator", word]) {
            let name = cursor.qualified()?;
            let mut method = cursor.clone();
            let method = if method.seek("using") { method.name_text()?.1 } else { return None };
            let written = cursor.slice(name.start, name.end);
            let shape = Shape::new(desc, name.name()).inside(name.schema());
            return Some(shape.dropped(&[desc.as_bytes(), b" ", written, b" USING ", method]));
        }
    }
    if !cursor.eat(&["operator"]) {
        return None;
    }
    let name = cursor.qualified()?;
    let written = cursor.slice(name.start, name.end);
    let (start, end) = cursor.parentheses()?;
    let (left, right) = routine::operands(cursor.slice(start, end));
    let shape = Shape::new("OPERATOR", name.name()).inside(name.schema());
    Some(shape.dropped(&[b"OPERATOR ", written, b" (", &left, b", ", &right, b")"]))
}

/// What has a name on its table.
fn on_table(cursor: &mut Cursor<'_>) -> Option<Shape> {
    let mut ahead = cursor.clone();
    ahead.eat(&["constraint"]);
    let (desc, before) = if ahead.eat(&["trigger"]) {
        ("TRIGGER", "on")
    } else if ahead.eat(&["rule"]) {
        ("RULE", "to")
    } else if ahead.eat(&["policy"]) {
        ("POLICY", "on")
    } else {
        return None;
    };
    let (name, written) = ahead.name_text()?;
    if !ahead.seek(before) {
        return None;
    }
    let table = ahead.qualified()?;
    let shape = Shape::new(desc, [&table.name(), &b" "[..], &name].concat()).inside(table.schema());
    Some(shape.dropped(&[desc.as_bytes(), b" ", written, b" ON ", ahead.slice(table.start, table.end)]))
}

/// What has no name of its own, or an odd one.
fn nameless(cursor: &mut Cursor<'_>) -> Option<Shape> {
    if cursor.eat(&["cast"]) {
        let (start, end) = cursor.parentheses()?;
        let tag = [b"CAST (", cursor.slice(start, end), b")"].concat();
        return Some(Shape::new("CAST", tag.clone()).dropped(&[&tag]));
    }
    if cursor.eat(&["transform"]) {
        let start = cursor.start();
        if !cursor.seek("language") {
            return None;
        }
        cursor.name()?;
        let tag = [b"TRANSFORM ", cursor.slice(start, cursor.end())].concat();
        return Some(Shape::new("TRANSFORM", tag.clone()).dropped(&[&tag]));
    }
    if cursor.eat(&["user", "mapping"]) {
        cursor.eat(&["if", "not", "exists"]);
        let start = cursor.start();
        cursor.eat(&["for"]);
        let user = cursor.name()?;
        if !cursor.eat(&["server"]) {
            return None;
        }
        let server = cursor.name()?;
        let tag = [b"USER MAPPING ", user.as_slice(), b" SERVER ", &server].concat();
        let written = cursor.slice(start, cursor.end());
        return Some(Shape::new("USER MAPPING", tag).dropped(&[b"USER MAPPING ", written]));
    }
    None
}

/// What ALTER begins, or adds to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alteration {
    /// An entry of its own.
    Entry(Shape),
    /// A trigger or rule that is switched on its table: a part of its entry, or an entry where it has none.
    Switch(Shape),
    /// All triggers of a table, around its data (`pg_dump --disable-triggers`).
    AllTriggers,
    /// A table's access method, of a partitioned table.
    AccessMethod(Vec<u8>),
    /// A part of what the index is that it names: CLUSTER ON, REPLICA IDENTITY USING INDEX.
    OfIndex,
    /// A part of its object.
    Part,
}

/// What ALTER does to a table of contents.
pub(super) fn alter(cursor: &mut Cursor<'_>) -> Option<Alteration> {
    if !cursor.eat(&["alter"]) {
        return None;
    }
    if cursor.eat(&["sequence"]) {
        cursor.eat(&["if", "exists"]);
        let name = cursor.qualified()?;
        let owned = cursor.seek("owned");
        let shape = Shape::new("SEQUENCE OWNED BY", name.name()).inside(name.schema());
        return Some(if owned { Alteration::Entry(shape) } else { Alteration::Part });
    }
    if cursor.eat(&["index"]) {
        cursor.qualified()?;
        if !cursor.eat(&["attach", "partition"]) {
            return Some(Alteration::Part);
        }
        let child = cursor.qualified()?;
        return Some(Alteration::Entry(Shape::new("INDEX ATTACH", child.name()).inside(child.schema())));
    }
    if cursor.eat(&["domain"]) {
        return domain(cursor);
    }
    if cursor.eat(&["publication"]) {
        return publication(cursor);
    }
    if cursor.eat(&["database"]) {
        return Some(Alteration::Entry(Shape { drop: Some(Vec::new()), ..Shape::new("DATABASE PROPERTIES", cursor.name()?) }));
    }
    let start = cursor.start();
    for words in [&["table"][..], &["foreign", "table"], &["view"], &["materialized", "view"]] {
        if cursor.eat(words) {
            cursor.eat(&["if", "exists"]);
            let only = cursor.eat(&["only"]);
            let kind: &[u8] = if only {
                b"TABLE ONLY "
            } else if words.first() == Some(&"foreign") {
                b"FOREIGN TABLE "
            } else {
                b"TABLE "
            };
            let table = cursor.qualified()?;
            return Some(table_alteration(cursor, kind, &table));
        }
    }
    (start < cursor.text.len()).then_some(Alteration::Part)
}

fn table_alteration(cursor: &mut Cursor<'_>, kind: &[u8], table: &Qualified) -> Alteration {
    let written = cursor.slice(table.start, table.end);
    let on = |desc, name: &[u8]| Shape::new(desc, [&table.name(), &b" "[..], name].concat()).inside(table.schema());
    if cursor.eat(&["add"]) {
        return added(cursor, kind, table).map_or(Alteration::Part, Alteration::Entry);
    }
    if cursor.eat(&["alter"]) {
        cursor.eat(&["column"]);
        let Some((column, name)) = cursor.name_text() else { return Alteration::Part };
        if cursor.eat(&["set", "default"]) {
            // pg_dump drops without ONLY.
            let kind = kind.strip_suffix(b"ONLY ").unwrap_or(kind);
            let drop = [b"ALTER ", kind, written, b" ALTER COLUMN ", name, b" DROP DEFAULT;\n"].concat();
            return Alteration::Entry(Shape { drop: Some(drop), ..on("DEFAULT", &column) });
        }
        if cursor.eat(&["add", "generated"]) {
            return identity(cursor).map_or(Alteration::Part, Alteration::Entry);
        }
        return Alteration::Part;
    }
    if cursor.eat(&["attach", "partition"]) {
        let child = cursor.qualified();
        return child.map_or(Alteration::Part, |child| Alteration::Entry(Shape::new("TABLE ATTACH", child.name()).inside(child.schema())));
    }
    if cursor.eat(&["enable", "row", "level", "security"]) {
        return Alteration::Entry(Shape::new("ROW SECURITY", table.name()).inside(table.schema()));
    }
    if cursor.eat(&["set", "access", "method"]) {
        return cursor.name().map_or(Alteration::Part, Alteration::AccessMethod);
    }
    if cursor.eat(&["cluster", "on"]) || cursor.eat(&["replica", "identity", "using", "index"]) {
        return Alteration::OfIndex;
    }
    if cursor.eat(&["enable"]) || cursor.eat(&["disable"]) {
        cursor.skip(&["replica", "always"]);
        let desc = if cursor.eat(&["trigger"]) {
            "TRIGGER"
        } else if cursor.eat(&["rule"]) {
            "RULE"
        } else {
            return Alteration::Part;
        };
        if desc == "TRIGGER" && cursor.is("all") {
            return Alteration::AllTriggers;
        }
        if !cursor.is("user") {
            return cursor.name().map_or(Alteration::Part, |name| Alteration::Switch(on(desc, &name)));
        }
    }
    Alteration::Part
}

/// A constraint that is added.
fn added(cursor: &mut Cursor<'_>, kind: &[u8], table: &Qualified) -> Option<Shape> {
    if !cursor.eat(&["constraint"]) {
        return None;
    }
    let (name, written) = cursor.name_text()?;
    let (desc, placed) = if cursor.eat(&["foreign", "key"]) {
        ("FK CONSTRAINT", false)
    } else if cursor.eat(&["check"]) {
        ("CHECK CONSTRAINT", false)
    } else if cursor.is("not") {
        ("CONSTRAINT", false)
    } else {
        ("CONSTRAINT", true)
    };
    let tag = [&table.name(), &b" "[..], &name].concat();
    let drop = [b"ALTER ", kind, cursor.slice(table.start, table.end), b" DROP CONSTRAINT ", written, b";\n"].concat();
    Some(Shape { drop: Some(drop), placed, ..Shape::new(desc, tag).inside(table.schema()) })
}

/// The sequence of an identity column: pg_dump makes it with the column.
fn identity(cursor: &mut Cursor<'_>) -> Option<Shape> {
    cursor.skip(&["always", "by", "default", "as", "identity"]);
    let (start, end) = cursor.parentheses()?;
    let mut options = Cursor::new(cursor.slice(start, end), Dialect::default());
    if !options.eat(&["sequence", "name"]) {
        return None;
    }
    let name = options.qualified()?;
    Some(Shape { drop: Some(Vec::new()), ..Shape::new("SEQUENCE", name.name()).inside(name.schema()) })
}

fn domain(cursor: &mut Cursor<'_>) -> Option<Alteration> {
    let domain = cursor.qualified()?;
    if !cursor.eat(&["add", "constraint"]) {
        return Some(Alteration::Part);
    }
    let (name, written) = cursor.name_text()?;
    let tag = [&domain.name(), &b" "[..], &name].concat();
    let drop = [b"ALTER DOMAIN ", cursor.slice(domain.start, domain.end), b" DROP CONSTRAINT ", written, b";\n"].concat();
    Some(Alteration::Entry(Shape { drop: Some(drop), ..Shape::new("CHECK CONSTRAINT", tag).inside(domain.schema()) }))
}

/// Tables and schemas that a publication takes in.
fn publication(cursor: &mut Cursor<'_>) -> Option<Alteration> {
    let publication = cursor.name()?;
    let tag = |name: &[u8]| [&publication, &b" "[..], name].concat();
    if cursor.eat(&["add", "tables", "in", "schema"]) {
        let schema = cursor.name()?;
        return Some(Alteration::Entry(Shape::new("PUBLICATION TABLES IN SCHEMA", tag(&schema)).inside(Some(schema))));
    }
    if cursor.eat(&["add", "table"]) {
        cursor.eat(&["only"]);
        let table = cursor.qualified()?;
        return Some(Alteration::Entry(Shape::new("PUBLICATION TABLE", tag(&table.name())).inside(table.schema())));
    }
    Some(Alteration::Part)
}

impl<'a> Cursor<'a> {
    /// A name of one part as it is stored, and as it is written.
    pub(super) fn name_text(&mut self) -> Option<(Vec<u8>, &'a [u8])> {
        let start = self.start();
        let name = self.name()?;
        Some((name, self.slice(start, self.end())))
    }
}
