//! RENAME and SET SCHEMA: pg_dump writes neither, hands do. The text of a CHECK keeps its old names.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterObjectSchemaStmt, Node, ObjectType, RenameStmt};

use super::catalogue::{Catalogue, Column, ConstraintKind, DataType, KeyMember, TypeDefinition};
use super::ddl::{Change, DdlError, Work};
use crate::name::{Name, RelationName};

impl Work<'_> {
    /// ALTER … RENAME.
    pub(super) fn rename(&mut self, tree: &RenameStmt) -> Result<(), DdlError> {
        let relation = tree.relation.as_ref().map(|relation| self.cx.relation(relation));
        let (old, new) = (self.cx.source.name(&tree.subname), self.cx.source.name(&tree.newname));
        match (tree.rename_type(), relation) {
            (ObjectType::ObjectTable | ObjectType::ObjectForeignTable | ObjectType::ObjectSequence, Some(from)) => {
                let to = RelationName::within(from.schema.clone(), new);
                self.move_relation(&from, &to)?;
            }
            (ObjectType::ObjectColumn, Some(relation)) => self.rename_column(&relation, &old, &new),
            (ObjectType::ObjectTabconstraint, Some(relation)) => self.rename_constraint(&relation, &old, &new),
            (ObjectType::ObjectIndex, Some(index)) => {
                let here: Vec<RelationName> = self.catalogue.relations.keys().filter(|name| name.schema == index.schema).cloned().collect();
                here.iter().for_each(|relation| self.rename_constraint(relation, &index.name, &new));
            }
            (ObjectType::ObjectAttribute, Some(name)) => {
                if let Some(TypeDefinition::Composite(columns)) = self.catalogue.types.get_mut(&name) {
                    columns.iter_mut().for_each(|column| replace(&mut column.name, &old, &new));
                    self.changes.push(Change::Type(name));
                }
            }
            (ObjectType::ObjectType | ObjectType::ObjectDomain, _) => {
                if let Some(from) = self.object(tree.object.as_deref()) {
                    let to = RelationName::within(from.schema.clone(), new);
                    self.move_type(&from, &to)?;
                }
            }
            (ObjectType::ObjectSchema, _) => self.rename_schema(&old, &new)?,
            // Views, triggers, roles, constraints of domains: nothing of them is kept.
            _ => {}
        }
        Ok(())
    }

    /// ALTER … SET SCHEMA.
    pub(super) fn set_schema(&mut self, tree: &AlterObjectSchemaStmt) -> Result<(), DdlError> {
        let schema = self.cx.source.name(&tree.newschema);
        let relation = tree.relation.as_ref().map(|relation| self.cx.relation(relation));
        match tree.object_type() {
            ObjectType::ObjectTable | ObjectType::ObjectForeignTable | ObjectType::ObjectSequence => match relation {
                Some(from) => self.move_relation(&from, &RelationName::within(schema, from.name.clone())),
                None => Ok(()),
            },
            ObjectType::ObjectType | ObjectType::ObjectDomain => match self.object(tree.object.as_deref()) {
                Some(from) => self.move_type(&from, &RelationName::within(schema, from.name.clone())),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn object(&self, node: Option<&Node>) -> Option<RelationName> {
        match node?.node.as_ref()? {
            NodeEnum::List(parts) => self.cx.qualified(&parts.items),
            NodeEnum::TypeName(tree) => self.cx.qualified(&tree.names),
            _ => None,
        }
    }

    /// A table or a sequence takes another name.
    fn move_relation(&mut self, from: &RelationName, to: &RelationName) -> Result<(), DdlError> {
        if self.catalogue.relations.contains_key(to) {
            return Err(DdlError::about(to, "a table that takes the name of another"));
        }
        let known = self.catalogue.relations.contains_key(from);
        move_relations(self.catalogue, |name| replace(name, from, to));
        if known {
            self.changes.extend([Change::Relation(from.clone()), Change::Relation(to.clone())]);
        }
        Ok(())
    }

    fn move_type(&mut self, from: &RelationName, to: &RelationName) -> Result<(), DdlError> {
        if self.catalogue.types.contains_key(to) {
            return Err(DdlError::about(to, "a type that takes the name of another"));
        }
        let known = self.catalogue.types.contains_key(from);
        move_types(self.catalogue, |name| replace(name, from, to));
        if known {
            self.changes.extend([Change::Type(from.clone()), Change::Type(to.clone())]);
        }
        Ok(())
    }

    fn rename_schema(&mut self, old: &Name, new: &Name) -> Result<(), DdlError> {
        let mut names = self.catalogue.relations.keys().chain(self.catalogue.types.keys());
        if names.any(|name| name.schema == *new) {
            return Err(DdlError::new("a schema that takes the name of another"));
        }
        move_relations(self.catalogue, |name| replace(&mut name.schema, old, new));
        move_types(self.catalogue, |name| replace(&mut name.schema, old, new));
        let moved = self.catalogue.relations.keys().filter(|name| name.schema == *new).cloned().map(Change::Relation);
        self.changes.extend(moved);
        Ok(())
    }

    fn rename_column(&mut self, relation: &RelationName, old: &Name, new: &Name) {
        let mut tables = vec![relation.clone()];
        tables.extend(self.catalogue.descendants(relation));
        for (_, _, column) in self.catalogue.owned_sequences.iter_mut().filter(|(_, table, _)| tables.contains(table)) {
            replace(column, old, new);
        }
        for relation in self.catalogue.relations.values_mut() {
            let own = tables.contains(&relation.name);
            if own {
                relation.columns.iter_mut().for_each(|column| replace(&mut column.name, old, new));
                relation.partition_key.iter_mut().for_each(|name| replace(name, old, new));
                self.changes.push(Change::Relation(relation.name.clone()));
            }
            for constraint in &mut relation.constraints {
                rename_in_constraint(&mut constraint.kind, own, &tables, |name| replace(name, old, new));
            }
        }
    }

    fn rename_constraint(&mut self, relation: &RelationName, old: &Name, new: &Name) {
        let Some(relation) = self.catalogue.relations.get_mut(relation) else { return };
        relation.constraints.iter_mut().filter_map(|constraint| constraint.name.as_mut()).for_each(|name| replace(name, old, new));
    }
}

fn replace<T: PartialEq + Clone>(name: &mut T, old: &T, new: &T) {
    if name == old {
        name.clone_from(new);
    }
}

/// Renames columns in a constraint: its own if `own`, and those that it references in one of `tables`.
fn rename_in_constraint(kind: &mut ConstraintKind, own: bool, tables: &[RelationName], rename: impl Fn(&mut Name)) {
    match kind {
        ConstraintKind::ForeignKey(key) => {
            if own {
                key.columns.iter_mut().for_each(&rename);
            }
            if tables.contains(&key.references) {
                key.referenced.iter_mut().for_each(&rename);
            }
        }
        ConstraintKind::Unique(key) if own => {
            key.predicate_columns.iter_mut().for_each(&rename);
            for member in &mut key.members {
                match member {
                    KeyMember::Column(name) | KeyMember::Folded(name) => rename(name),
                    KeyMember::Expression(names) => names.iter_mut().for_each(&rename),
                }
            }
        }
        ConstraintKind::Check { columns, .. } if own => columns.iter_mut().for_each(&rename),
        ConstraintKind::Unique(_) | ConstraintKind::Check { .. } => {}
    }
}

/// Renames tables and sequences wherever the catalogue names them.
fn move_relations(catalogue: &mut Catalogue, rename: impl Fn(&mut RelationName)) {
    let mut moved = BTreeMap::new();
    for (mut name, mut relation) in std::mem::take(&mut catalogue.relations) {
        rename(&mut name);
        rename(&mut relation.name);
        relation.parents.iter_mut().for_each(&rename);
        for constraint in &mut relation.constraints {
            if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
                rename(&mut key.references);
            }
        }
        moved.insert(name, relation);
    }
    catalogue.relations = moved;
    for (sequence, table, _) in &mut catalogue.owned_sequences {
        rename(sequence);
        rename(table);
    }
}

/// Renames types wherever the catalogue names them.
fn move_types(catalogue: &mut Catalogue, rename: impl Fn(&mut RelationName)) {
    let in_type = |declared: &mut DataType| {
        let old = declared.type_name();
        let mut new = old.clone();
        rename(&mut new);
        if new != old {
            declared.written = declared.written.replacen(&old.to_string(), &new.to_string(), 1);
            (declared.schema, declared.name) = (new.schema, new.name);
        }
    };
    let in_columns = |columns: &mut Vec<Column>| columns.iter_mut().for_each(|column| in_type(&mut column.data_type));
    catalogue.relations.values_mut().for_each(|relation| in_columns(&mut relation.columns));
    let mut moved = BTreeMap::new();
    for (mut name, mut definition) in std::mem::take(&mut catalogue.types) {
        rename(&mut name);
        match &mut definition {
            TypeDefinition::Domain { base, .. } => in_type(base),
            TypeDefinition::Composite(columns) => in_columns(columns),
            TypeDefinition::Enum(_) | TypeDefinition::Other => {}
        }
        moved.insert(name, definition);
    }
    catalogue.types = moved;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ddl::tests::catalogue_of;

    const BEFORE: &[&str] = &[
        "CREATE DOMAIN public.code AS text",
        "CREATE TABLE public.a (id public.code PRIMARY KEY, n int CHECK (n > 0)) PARTITION BY LIST (id)",
        "CREATE TABLE public.b () INHERITS (public.a)",
        "CREATE TABLE public.c (a public.code REFERENCES public.a (id))",
        "CREATE UNIQUE INDEX i ON public.a (n, lower(id))",
        "CREATE SEQUENCE public.s OWNED BY public.a.id",
    ];

    /// What the same statements give with other words, apart from the text of checks.
    fn written_otherwise(from: &str, to: &str) -> Catalogue {
        let statements: Vec<String> = BEFORE.iter().map(|sql| sql.replace(from, to)).collect();
        catalogue_of(&statements.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn renamed(sql: &str) -> Catalogue {
        let mut statements = BEFORE.to_vec();
        statements.push(sql);
        catalogue_of(&statements)
    }

    #[test]
    fn a_new_name_is_as_if_it_had_always_been() {
        assert_eq!(renamed("ALTER TABLE public.a RENAME TO z"), written_otherwise("public.a", "public.z"));
        assert_eq!(renamed("ALTER TABLE public.a SET SCHEMA crm"), written_otherwise("public.a", "crm.a"));
        assert_eq!(renamed("ALTER TABLE public.a RENAME COLUMN id TO key"), written_otherwise("id", "key"));
        assert_eq!(renamed("ALTER DOMAIN public.code RENAME TO token"), written_otherwise("public.code", "public.token"));
        assert_eq!(renamed("ALTER TYPE public.code SET SCHEMA crm"), written_otherwise("public.code", "crm.code"));
        assert_eq!(renamed("ALTER INDEX public.i RENAME TO j"), written_otherwise("INDEX i", "INDEX j"));
        assert_eq!(renamed("ALTER SEQUENCE public.s RENAME TO q"), written_otherwise("public.s", "public.q"));
        assert_eq!(renamed("ALTER SCHEMA public RENAME TO crm"), written_otherwise("public.", "crm."));
    }

    #[test]
    fn constraints_and_attributes() {
        let catalogue = catalogue_of(&[
            "CREATE TABLE t (a int CONSTRAINT x CHECK (a > 0))",
            "ALTER TABLE t RENAME CONSTRAINT x TO y",
            "CREATE TYPE pair AS (a int, b int)",
            "ALTER TYPE pair RENAME ATTRIBUTE a TO z",
        ]);
        let table = catalogue.relation(&RelationName::new("public", "t")).expect("created");
        assert_eq!(table.constraints.first().and_then(|constraint| constraint.name.clone()), Some(Name::new("y")));
        let Some(TypeDefinition::Composite(columns)) = catalogue.types.get(&RelationName::new("public", "pair")) else { panic!("a type") };
        assert_eq!(columns.first().map(|column| column.name.clone()), Some(Name::new("z")));
    }

    #[test]
    fn a_name_that_is_taken() {
        let mut catalogue = catalogue_of(BEFORE);
        let error = catalogue.apply("ALTER TABLE public.a RENAME TO b", None).expect_err("taken");
        assert_eq!(error.to_string(), "public.b: a table that takes the name of another");
    }
}
