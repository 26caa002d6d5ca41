//! DDL → catalogue: what a statement is, and who reads it. The reading itself is in `table.rs` (CREATE TABLE),
//! `alter.rs`, `constraint.rs` (constraints and unique indexes), `define.rs` (types, domains, sequences), `remove.rs`
//! (DROP) and `rename.rs`.
//!
//! What does not bear on columns, types, constraints or the tree of tables is passed over: functions, views, grants,
//! triggers, comments, data. So is what is said of a table that the catalogue does not have: a dump of one section
//! (`pg_dump --section=post-data`) or of one table speaks of tables that it does not create, and `--clean` drops what
//! is not there.

use std::fmt;

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, RangeVar};

use super::catalogue::Catalogue;
use super::parse::{Source, first_words, parse};
use crate::name::{Name, RelationName};

/// Something that a statement changed in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A table was created, altered, renamed (both names are given) or dropped (it is no longer there).
    Relation(RelationName),
    /// A constraint came to a table that is there.
    Constraint {
        /// The table.
        relation: RelationName,
        /// The place among the table's constraints, good until the next statement.
        index: usize,
    },
    /// A type or domain was created, altered or dropped.
    Type(RelationName),
}

/// A statement that the catalogue cannot follow. Holds a name and a fixed text only, never a part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdlError {
    /// The table or type, where one is known.
    pub about: Option<RelationName>,
    /// What was found: `a statement that …`.
    pub what: &'static str,
}

impl DdlError {
    pub(super) fn new(what: &'static str) -> DdlError {
        DdlError { about: None, what }
    }

    pub(super) fn about(name: &RelationName, what: &'static str) -> DdlError {
        DdlError { about: Some(name.clone()), what }
    }
}

impl fmt::Display for DdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.about {
            Some(name) => write!(f, "{name}: {}", self.what),
            None => f.write_str(self.what),
        }
    }
}

impl std::error::Error for DdlError {}

/// What it takes to turn the parser's names into ours.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The statement.
    pub(super) source: Source<'a>,
    /// The schema of names without one.
    pub(super) search_path: Name,
}

impl Context<'_> {
    /// The name in a node that holds a string.
    pub(super) fn string(&self, node: &Node) -> Option<Name> {
        match &node.node {
            Some(NodeEnum::String(text)) => Some(self.source.name(&text.sval)),
            _ => None,
        }
    }

    /// A list of names.
    pub(super) fn strings(&self, nodes: &[Node]) -> Vec<Name> {
        nodes.iter().filter_map(|node| self.string(node)).collect()
    }

    /// A name that may have a schema before it.
    pub(super) fn qualified(&self, nodes: &[Node]) -> Option<RelationName> {
        let parts = self.strings(nodes);
        let (name, before) = parts.split_last()?;
        let schema = before.last().unwrap_or(&self.search_path);
        Some(RelationName::within(schema.clone(), name.clone()))
    }

    /// The name of a table.
    pub(super) fn relation(&self, tree: &RangeVar) -> RelationName {
        let schema = if tree.schemaname.is_empty() { self.search_path.clone() } else { self.source.name(&tree.schemaname) };
        RelationName::within(schema, self.source.name(&tree.relname))
    }
}

/// A statement at work on the catalogue.
pub(super) struct Work<'a> {
    pub(super) cx: Context<'a>,
    pub(super) catalogue: &'a mut Catalogue,
    pub(super) changes: Vec<Change>,
}

impl Catalogue {
    /// Applies a statement of a dump, with or without its semicolon; psql's backslash commands are not SQL and must not
    /// come here. `sql` is decoded to Unicode. `search_path` is the schema of names without one (`public` if `None`).
    /// Statements that do not describe tables or types are passed over without being parsed.
    ///
    /// A table that is created again must have the same columns, and then keeps what was said of it in between: so a
    /// schema file and the dump that it describes can go through the same catalogue. If the columns differ (two
    /// databases in one pg_dumpall), that is an error, since rules could not tell the two apart: use a catalogue for
    /// each database. A constraint that comes again under its name takes the place of the older.
    ///
    /// # Errors
    /// Where the statement describes a table or type, but not in a way that can be followed. The catalogue may then hold a
    /// part of it, and should not be used further.
    pub fn apply(&mut self, sql: &str, search_path: Option<&Name>) -> Result<Vec<Change>, DdlError> {
        if !concerns(sql) {
            return Ok(Vec::new());
        }
        let (statements, source) = parse(sql)?;
        let search_path = search_path.cloned().unwrap_or_else(|| Name::new("public"));
        let mut work = Work { cx: Context { source, search_path }, catalogue: self, changes: Vec::new() };
        for statement in &statements {
            work.apply(statement)?;
        }
        Ok(work.changes)
    }
}

impl Work<'_> {
    /// Sends a statement to the one who reads it.
    fn apply(&mut self, statement: &NodeEnum) -> Result<(), DdlError> {
        match statement {
            NodeEnum::CreateStmt(tree) => self.create_table(tree, false),
            NodeEnum::CreateForeignTableStmt(tree) => tree.base_stmt.as_ref().map_or(Ok(()), |base| self.create_table(base, true)),
            NodeEnum::CreateTableAsStmt(_) => Err(DdlError::new("CREATE TABLE AS, whose columns the statement does not name")),
            NodeEnum::CreateSchemaStmt(tree) => self.create_schema(&tree.schemaname, &tree.schema_elts),
            NodeEnum::AlterTableStmt(tree) => self.alter_table(tree),
            NodeEnum::IndexStmt(tree) => {
                self.create_index(tree);
                Ok(())
            }
            NodeEnum::CreateDomainStmt(tree) => self.create_domain(tree),
            NodeEnum::AlterDomainStmt(tree) => {
                self.alter_domain(tree);
                Ok(())
            }
            NodeEnum::CreateEnumStmt(tree) => self.create_enum(tree),
            NodeEnum::AlterEnumStmt(tree) => self.alter_enum(tree),
            NodeEnum::CompositeTypeStmt(tree) => self.create_composite(tree),
            NodeEnum::CreateRangeStmt(tree) => self.create_other_type(&tree.type_name),
            NodeEnum::DefineStmt(tree) => self.create_other_type(&tree.defnames),
            NodeEnum::CreateSeqStmt(tree) => {
                self.sequence_options(tree.sequence.as_ref(), &tree.options);
                Ok(())
            }
            NodeEnum::AlterSeqStmt(tree) => {
                self.sequence_options(tree.sequence.as_ref(), &tree.options);
                Ok(())
            }
            NodeEnum::DropStmt(tree) => {
                self.drop_objects(tree);
                Ok(())
            }
            NodeEnum::RenameStmt(tree) => self.rename(tree),
            NodeEnum::AlterObjectSchemaStmt(tree) => self.set_schema(tree),
            // ALTER … OWNER TO, SET (…), and whatever else begins with the words of `concerns` but tells us nothing.
            _ => Ok(()),
        }
    }

    /// CREATE SCHEMA may hold the statements that fill it.
    fn create_schema(&mut self, name: &str, elements: &[Node]) -> Result<(), DdlError> {
        let inside = self.cx.source.name(name);
        let outside = std::mem::replace(&mut self.cx.search_path, inside);
        let done = elements.iter().filter_map(|element| element.node.as_ref()).try_for_each(|element| self.apply(element));
        self.cx.search_path = outside;
        done
    }
}

/// Whether a statement can describe tables or types, by its first words.
fn concerns(sql: &str) -> bool {
    const BETWEEN: &[&str] = &["GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "FOREIGN"];
    const OBJECTS: &[&str] = &["TABLE", "DOMAIN", "TYPE", "SEQUENCE", "SCHEMA"];
    let words = first_words(sql, 4);
    let Some((verb, rest)) = words.split_first() else { return false };
    let object = rest.iter().find(|word| !BETWEEN.contains(&word.as_str())).map_or("", String::as_str);
    match verb.as_str() {
        "CREATE" => OBJECTS.contains(&object) || (object == "UNIQUE" && words.contains(&"INDEX".to_owned())),
        "ALTER" | "DROP" => OBJECTS.contains(&object) || object == "INDEX",
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::schema::catalogue::ConstraintKind;

    /// The catalogue after some statements, each of which must be understood.
    pub(in crate::schema) fn catalogue_of(statements: &[&str]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for statement in statements {
            if let Err(error) = catalogue.apply(statement, None) {
                panic!("{error}: {statement}");
            }
        }
        catalogue
    }

    #[test]
    fn what_concerns_us() {
        for sql in [
            "CREATE TABLE t (a int)",
            "create unlogged table t ()",
            "CREATE LOCAL TEMPORARY TABLE t ()",
            "CREATE FOREIGN TABLE t ()",
            "CREATE UNIQUE INDEX i ON t (a)",
            "ALTER INDEX i RENAME TO j",
            "-- Name: t\nDROP TABLE IF EXISTS t",
        ] {
            assert!(concerns(sql), "{sql}");
        }
        for sql in [
            "CREATE INDEX i ON t (a)",
            "CREATE FUNCTION f() RETURNS void AS $$ CREATE TABLE $$",
            "CREATE FOREIGN DATA WRAPPER w",
            "COPY t FROM stdin",
            "INSERT INTO t VALUES ('CREATE TABLE')",
            "SELECT 1",
            "",
        ] {
            assert!(!concerns(sql), "{sql}");
        }
    }

    #[test]
    fn errors_tell_nothing_of_the_statement() {
        let mut catalogue = Catalogue::default();
        for sql in [
            "CREATE TABLE t (a int DEFAULT 'Canary' 'unfinished",
            "CREATE TABLE Canary Canary",
            "CREATE TABLE t (a int CHECK (a > 'Canary') Canary)",
            "CREATE TABLE canary\0 ()",
            "CREATE TABLE t AS SELECT 'Canary'",
        ] {
            let error = catalogue.apply(sql, None).expect_err(sql);
            assert!(!format!("{error} {error:?}").to_lowercase().contains("canary"), "{error}");
        }
        assert_eq!(catalogue, Catalogue::default());
    }

    #[test]
    fn search_path_is_the_schema_of_bare_names() {
        let mut catalogue = Catalogue::default();
        let changes = catalogue.apply("CREATE TABLE t (a int);", Some(&Name::new("crm"))).expect("readable");
        assert_eq!(changes, [Change::Relation(RelationName::new("crm", "t"))]);
        catalogue.apply("CREATE SCHEMA s CREATE TABLE t (a int)", None).expect("readable");
        assert!(catalogue.relations.contains_key(&RelationName::new("s", "t")));
    }

    /// What the catalogue knows, a line for a column or constraint.
    fn summary(catalogue: &Catalogue) -> Vec<String> {
        let mut lines = Vec::new();
        for relation in catalogue.relations.values() {
            lines.push(format!(
                "{:?} {} < {:?} by {:?}",
                relation.kind,
                relation.name,
                catalogue.ancestors(&relation.name),
                relation.partition_key
            ));
            for column in &relation.columns {
                let said = [(column.not_null, "n"), (column.has_default, "d"), (column.generated, "g"), (column.identity, "i")];
                let said: String = said.into_iter().filter(|(holds, _)| *holds).map(|(_, letter)| letter).collect();
                let base = &catalogue.base_type(&column.data_type).base.written;
                lines.push(format!("  {} {} = {base} {said}", column.name, column.data_type.written).trim_end().to_owned());
            }
            lines.extend(relation.constraints.iter().map(|constraint| match &constraint.kind {
                ConstraintKind::Unique(key) => {
                    format!("  unique {:?} where {:?} exclusion {}", key.members, key.predicate_columns, key.exclusion)
                }
                ConstraintKind::ForeignKey(key) => format!("  {:?} -> {} {:?}", key.columns, key.references, key.referenced),
                ConstraintKind::Check { expression, columns, .. } => format!("  check {columns:?} {expression}"),
            }));
        }
        lines.extend(catalogue.owned_sequences.iter().map(|(sequence, table, column)| format!("{sequence} of {table}.{column}")));
        lines
    }

    #[test]
    fn a_dump_as_pg_dump_writes_it() {
        let mut catalogue = Catalogue::default();
        let mut schema = Some(Name::new("crm"));
        for statement in include_str!("fixtures/dump.sql").split_inclusive(";\n") {
            if statement.contains("set_config") {
                schema = None;
            }
            if let Err(error) = catalogue.apply(statement, schema.as_ref()) {
                panic!("{error}: {statement}");
            }
        }
        insta::assert_snapshot!(summary(&catalogue).join("\n"));
    }

    #[test]
    fn odd_input_ends_well() {
        let words = [
            "CREATE TABLE",
            "ALTER TABLE",
            "t",
            "(",
            ")",
            "[",
            "]",
            ",",
            ";",
            "CHECK",
            "DEFAULT",
            "WHERE",
            "EXCLUDE",
            "PARTITION BY",
            "GENERATED ALWAYS AS",
            "USING",
            "OPERATOR",
            "ADD",
            "int",
            "'x",
            "'",
            "\"",
            "$$",
            "/*",
            "*/",
            "--",
            "\n",
            "\u{F8FF}0",
            "é",
            "NOT",
        ];
        let soup = proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40);
        proptest::proptest!(|(soup in soup)| {
            for sql in [format!("CREATE TABLE {}", soup.join(" ")), format!("CREATE TABLE t (a int {})", soup.join(" ")), soup.join(" ")] {
                let mut catalogue = Catalogue::default();
                let changes = catalogue.apply(&sql, None).unwrap_or_default();
                for change in changes {
                    let there = match &change {
                        Change::Constraint { relation, index } => {
                            catalogue.relation(relation).is_some_and(|relation| *index < relation.constraints.len())
                        }
                        Change::Relation(name) => catalogue.relation(name).is_some(),
                        Change::Type(name) => catalogue.types.contains_key(name),
                    };
                    proptest::prop_assert!(there, "{change:?}");
                }
            }
        });
    }
}
