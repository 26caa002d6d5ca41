//! CREATE TABLE in all its forms: own columns, inherited ones, partitions, OF a type, LIKE another, foreign tables.

use pg_query::NodeEnum;
use pg_query::protobuf::{ColumnDef, ConstrType, Constraint, CreateStmt, Node, PartitionSpec};

use super::catalogue::{Column, Positions, Relation, RelationKind, TypeDefinition};
use super::constraint::add_unreadable;
use super::ddl::{Change, DdlError, Work};
use super::expression::columns_read;
use super::literal::literal;
use super::spans::Role;
use super::types::{data_type, is_serial};
use crate::name::{Name, RelationName};

impl Work<'_> {
    /// CREATE TABLE, CREATE FOREIGN TABLE.
    pub(super) fn create_table(&mut self, tree: &CreateStmt, foreign: bool) -> Result<(), DdlError> {
        let Some(name) = tree.relation.as_ref().map(|relation| self.cx.relation(relation)) else { return Ok(()) };
        if tree.if_not_exists && self.catalogue.relations.contains_key(&name) {
            return Ok(());
        }
        let kind = match (foreign, &tree.partspec) {
            (_, Some(_)) => RelationKind::Partitioned,
            (true, None) => RelationKind::Foreign,
            (false, None) => RelationKind::Table,
        };
        let parents = tree.inh_relations.iter().filter_map(|node| self.range_var(node)).collect();
        let positions = Positions::default();
        let mut relation = Relation {
            name: name.clone(),
            kind,
            columns: Vec::new(),
            positions,
            parents,
            partition_key: Vec::new(),
            constraints: Vec::new(),
        };
        self.inherit_columns(tree, &mut relation);
        let inherited: Vec<Name> = relation.columns.iter().map(|column| column.name.clone()).collect();
        self.own_columns(tree, &mut relation);
        relation.positions = self.positions(tree, &relation, &inherited);
        relation.partition_key = tree.partspec.as_ref().map(|spec| self.partition_key(&relation.columns, spec)).unwrap_or_default();
        if let Some(known) = self.catalogue.relations.remove(&name) {
            if !is_same(&known, &relation) {
                return Err(DdlError::about(&name, "a table that is created twice, with different columns"));
            }
            relation = known;
        }
        self.changes.push(Change::Relation(name.clone()));
        self.table_constraints(tree, &mut relation);
        self.catalogue.relations.insert(name, relation);
        Ok(())
    }

    fn range_var(&self, node: &Node) -> Option<RelationName> {
        match &node.node {
            Some(NodeEnum::RangeVar(tree)) => Some(self.cx.relation(tree)),
            _ => None,
        }
    }

    /// The columns that the statement leaves out: those of its parents, and of the type that it is OF.
    fn inherit_columns(&self, tree: &CreateStmt, relation: &mut Relation) {
        let partition = tree.partbound.is_some();
        for parent in relation.parents.iter().filter_map(|parent| self.catalogue.relations.get(parent)) {
            for column in &parent.columns {
                // Of several parents' columns of one name there is one. A partition takes the identity, a child does not.
                merge(
                    &mut relation.columns,
                    Column { identity: column.identity && partition, always: column.always && partition, ..column.clone() },
                );
            }
        }
        if let Some(of) = &tree.of_typename {
            let name = data_type(&self.cx, self.catalogue, of).type_name();
            if let Some(TypeDefinition::Composite(columns)) = self.catalogue.types.get(&name) {
                relation.columns.extend(columns.iter().cloned());
            }
        }
    }

    /// What rows are whose columns are not named. pg_dump writes a column of a child if it is the child's own too, in the
    /// order that the child has (`attislocal`).
    fn positions(&self, tree: &CreateStmt, relation: &Relation, inherited: &[Name]) -> Positions {
        let parents = || relation.parents.iter().map(|parent| self.catalogue.relations.get(parent));
        let likes = tree.table_elts.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::TableLikeClause(like)) => like.relation.as_ref(),
            _ => None,
        });
        let is_known = |of: &RelationName| matches!(self.catalogue.types.get(of), Some(TypeDefinition::Composite(_)));
        let of = tree.of_typename.as_ref().map(|of| data_type(&self.cx, self.catalogue, of).type_name());
        if parents().any(|parent| parent.is_none_or(|parent| parent.positions == Positions::Unknown))
            || of.is_some_and(|of| !is_known(&of))
            || likes.into_iter().any(|like| !self.catalogue.relations.contains_key(&self.cx.relation(like)))
        {
            return Positions::Unknown;
        }
        let own: Vec<Name> = tree
            .table_elts
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::ColumnDef(column)) => Some(self.cx.source.name(&column.colname)),
                _ => None,
            })
            .collect();
        let in_order = match relation.parents.len() {
            0 => true,
            // Every column is its own: so they stand in its own order.
            _ if inherited.iter().all(|name| own.contains(name)) => own.iter().eq(relation.columns.iter().map(|column| &column.name)),
            // None is: what the one parent has got, it has got in the same order.
            1 => own.is_empty() && parents().flatten().all(|parent| parent.positions == Positions::InOrder),
            _ => false,
        };
        if in_order { Positions::InOrder } else { Positions::Unordered }
    }

    fn own_columns(&self, tree: &CreateStmt, relation: &mut Relation) {
        for node in &tree.table_elts {
            match &node.node {
                Some(NodeEnum::ColumnDef(column)) => {
                    if let Some(column) = self.column(column) {
                        merge(&mut relation.columns, column);
                    }
                }
                Some(NodeEnum::TableLikeClause(like)) => {
                    let other = like.relation.as_ref().and_then(|other| self.catalogue.relations.get(&self.cx.relation(other)));
                    // What LIKE takes besides names, types and NOT NULL depends on INCLUDING; these are the safe guesses:
                    // `generated` would say that the data lacks the column.
                    let columns = other.into_iter().flat_map(|other| &other.columns);
                    relation.columns.extend(columns.map(|column| Column {
                        generated: false,
                        identity: false,
                        always: false,
                        ..column.clone()
                    }));
                }
                _ => {}
            }
        }
    }

    /// A column as it is defined; `None` where only options of an inherited column are given (`CREATE TABLE … OF`).
    pub(super) fn column(&self, tree: &ColumnDef) -> Option<Column> {
        let written = tree.type_name.as_ref()?;
        let data_type = data_type(&self.cx, self.catalogue, written);
        let serial = is_serial(written);
        let not_null = tree.is_not_null || serial || self.catalogue.base_type(&data_type).not_null;
        let has_default = tree.raw_default.is_some() || serial;
        let name = self.cx.source.name(&tree.colname);
        let default = tree.raw_default.as_deref().and_then(|expression| literal(&self.cx, expression));
        let mut column = Column { name, data_type, not_null, has_default, default, generated: false, identity: false, always: false };
        for constraint in constraints(&tree.constraints) {
            match constraint.contype() {
                ConstrType::ConstrDefault => {
                    column.has_default = true;
                    column.default = constraint.raw_expr.as_deref().and_then(|expression| literal(&self.cx, expression));
                }
                ConstrType::ConstrGenerated => column.generated = true,
                _ => {}
            }
        }
        Some(column)
    }

    /// Applies the constraints of the columns and of the table, once all columns are there.
    fn table_constraints(&mut self, tree: &CreateStmt, relation: &mut Relation) {
        for node in tree.table_elts.iter().chain(&tree.constraints).chain(&tree.nnconstraints) {
            match &node.node {
                Some(NodeEnum::ColumnDef(column)) => self.column_constraints(relation, column),
                Some(NodeEnum::Constraint(constraint)) => self.constrain(relation, None, constraint),
                _ => {}
            }
        }
    }

    /// Applies the constraints that stand in a column's definition.
    pub(super) fn column_constraints(&mut self, relation: &mut Relation, tree: &ColumnDef) {
        let name = self.cx.source.name(&tree.colname);
        for constraint in constraints(&tree.constraints) {
            self.constrain(relation, Some(&name), constraint);
        }
    }

    fn partition_key(&self, columns: &[Column], tree: &PartitionSpec) -> Vec<Name> {
        let mut key: Vec<Name> = Vec::new();
        for node in &tree.part_params {
            let Some(NodeEnum::PartitionElem(element)) = &node.node else { continue };
            let read = match &element.expr {
                Some(expression) => columns_read(&self.cx, columns, expression),
                None => vec![self.cx.source.name(&element.name)],
            };
            for name in read {
                if !key.contains(&name) {
                    key.push(name);
                }
            }
        }
        add_unreadable(&mut key, columns, self.cx.source.unreadable_names(Role::Member, None));
        key
    }
}

fn constraints(nodes: &[Node]) -> impl Iterator<Item = &Constraint> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(&**constraint),
        _ => None,
    })
}

/// Adds a column, or joins it with the inherited one of its name (`MergeAttributes` in src/backend/commands/tablecmds.c).
pub(super) fn merge(columns: &mut Vec<Column>, column: Column) {
    match columns.iter_mut().find(|known| known.name == column.name) {
        Some(known) => {
            known.not_null |= column.not_null;
            if column.has_default {
                known.has_default = true;
                known.default = column.default;
            }
            known.generated = column.generated;
            known.data_type = column.data_type;
        }
        None => columns.push(column),
    }
}

/// Whether a table that is created again is the one that is known, but for what ALTER TABLE may have said in between.
fn is_same(known: &Relation, again: &Relation) -> bool {
    let column = |column: &Column| (column.name.clone(), column.data_type.clone(), column.generated);
    known.kind == again.kind
        && known.partition_key == again.partition_key
        && known.columns.iter().map(column).eq(again.columns.iter().map(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalogue::Catalogue;
    use crate::schema::ddl::tests::catalogue_of;

    fn table<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Relation {
        catalogue.relation(&RelationName::new("public", name)).expect("created")
    }

    /// The columns of a table with a letter for each thing that is said of them.
    fn columns(catalogue: &Catalogue, name: &str) -> Vec<String> {
        let letters = |column: &Column| {
            let said = [(column.not_null, 'n'), (column.has_default, 'd'), (column.generated, 'g'), (column.identity, 'i')];
            said.into_iter().filter(|(holds, _)| *holds).map(|(_, letter)| letter).collect::<String>()
        };
        let columns = &table(catalogue, name).columns;
        columns
            .iter()
            .map(|column| format!("{} {} {}", column.name, column.data_type.written, letters(column)).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn columns_and_what_is_said_of_them() {
        let catalogue = catalogue_of(&["CREATE UNLOGGED TABLE public.t (
            id integer NOT NULL,
            email character varying(255) DEFAULT ''::character varying NOT NULL,
            \"firstName\" text COLLATE pg_catalog.\"C\" CONSTRAINT present NOT NULL,
            total numeric(10,2) GENERATED ALWAYS AS (((id)::numeric * 1.2)) STORED,
            twice integer GENERATED ALWAYS AS ((id * 2)) VIRTUAL,
            seq bigint GENERATED BY DEFAULT AS IDENTITY,
            tags text[] STORAGE EXTERNAL COMPRESSION lz4,
            n serial,
            CONSTRAINT t_pkey PRIMARY KEY (id),
            CONSTRAINT tagged NOT NULL tags
        ) WITH (fillfactor='70', autovacuum_enabled='false') TABLESPACE x;"]);
        assert_eq!(
            columns(&catalogue, "t"),
            [
                "id integer n",
                "email character varying(255) nd",
                "\"firstName\" text n",
                "total numeric(10,2) g",
                "twice integer g",
                "seq bigint ni",
                "tags text[] n",
                "n integer nd",
            ]
        );
        assert!(table(&catalogue, "t").primary_key().is_some());
    }

    #[test]
    fn constraints_in_columns() {
        let mut catalogue = Catalogue::default();
        let sql = "CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE REFERENCES u (x), b int CONSTRAINT pos CHECK ((b > 0) AND (a > 1)), c int NULL)";
        let changes = catalogue.apply(sql, None).expect("readable");
        let name = RelationName::new("public", "t");
        let constraint = |index| Change::Constraint { relation: name.clone(), index };
        assert_eq!(changes, [Change::Relation(name.clone()), constraint(0), constraint(1), constraint(2), constraint(3)]);
        assert_eq!(columns(&catalogue, "t"), ["id integer n", "a integer", "b integer", "c integer"]);
    }

    #[test]
    fn inheritance() {
        let catalogue = catalogue_of(&[
            "CREATE TABLE public.a (id integer NOT NULL, x text DEFAULT 'x', seq int GENERATED ALWAYS AS IDENTITY)",
            "CREATE TABLE public.b (y date)",
            "CREATE TABLE public.c (\n)\nINHERITS (public.a);",
            "CREATE TABLE public.d (x text NOT NULL, z integer) INHERITS (public.a, public.b);",
        ]);
        assert_eq!(columns(&catalogue, "c"), ["id integer n", "x text d", "seq integer n"]);
        assert_eq!(columns(&catalogue, "d"), ["id integer n", "x text nd", "seq integer n", "y date", "z integer"]);
        assert_eq!(table(&catalogue, "d").parents, [RelationName::new("public", "a"), RelationName::new("public", "b")]);
    }

    #[test]
    fn partitions() {
        let catalogue = catalogue_of(&[
            "CREATE TABLE public.m (id int NOT NULL, at date, \"Name\" text) PARTITION BY RANGE (at, lower(\"Name\"), ((id % 10)))",
            "CREATE TABLE public.m1 PARTITION OF public.m (CONSTRAINT k CHECK ((id > 0)), at NOT NULL, \"Name\" WITH OPTIONS DEFAULT 'x')
             FOR VALUES FROM ('2024-01-01', MINVALUE, 1) TO ('2025-01-01', MAXVALUE, 2) PARTITION BY LIST (id)",
            "CREATE TABLE public.m2 (id int, at date, \"Name\" text)",
            "ALTER TABLE ONLY public.m ATTACH PARTITION public.m2 DEFAULT;",
            "CREATE FOREIGN TABLE public.m3 PARTITION OF public.m FOR VALUES FROM ('2026-01-01', 'a', 1) TO ('2027-01-01', 'b', 2) SERVER s",
        ]);
        let parent = table(&catalogue, "m");
        assert_eq!(parent.kind, RelationKind::Partitioned);
        assert_eq!(parent.partition_key, [Name::new("at"), Name::new("Name"), Name::new("id")]);
        assert_eq!(columns(&catalogue, "m1"), ["id integer n", "at date n", "\"Name\" text d"]);
        assert_eq!(table(&catalogue, "m1").kind, RelationKind::Partitioned);
        assert_eq!(table(&catalogue, "m1").constraints.len(), 1);
        for child in ["m1", "m2", "m3"] {
            assert_eq!(table(&catalogue, child).parents, [RelationName::new("public", "m")], "{child}");
        }
        assert_eq!(table(&catalogue, "m3").kind, RelationKind::Foreign);
    }

    #[test]
    fn unreadable_partition_key() {
        let deep = vec!["b"; 100].join(" || ");
        let catalogue = catalogue_of(&[&format!("CREATE TABLE t (a int, b text, c text) PARTITION BY LIST (({deep}))")]);
        assert_eq!(table(&catalogue, "t").partition_key, [Name::new("b")]);
    }

    #[test]
    fn of_a_type_and_like_another() {
        let catalogue = catalogue_of(&[
            "CREATE TYPE public.person AS (\n\tname text,\n\tage integer\n);",
            "CREATE TABLE public.p OF public.person (name WITH OPTIONS NOT NULL, CONSTRAINT k PRIMARY KEY (age));",
            "CREATE TABLE public.q (extra date, LIKE public.p INCLUDING ALL);",
            "CREATE FOREIGN TABLE public.f (id integer OPTIONS (column_name 'x') NOT NULL) SERVER s OPTIONS (filename '/f');",
        ]);
        assert_eq!(columns(&catalogue, "p"), ["name text n", "age integer n"]);
        assert_eq!(columns(&catalogue, "q"), ["extra date", "name text n", "age integer n"]);
        assert_eq!(columns(&catalogue, "f"), ["id integer n"]);
    }

    #[test]
    fn created_twice() {
        let sql = "CREATE TABLE public.t (id integer NOT NULL, a text)";
        let mut catalogue = catalogue_of(&[
            sql,
            "ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.s'::regclass)",
            "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id)",
        ]);
        let before = catalogue.clone();
        catalogue.apply(sql, None).expect("the same table");
        assert_eq!(catalogue, before);
        catalogue.apply("CREATE TABLE IF NOT EXISTS public.t (b text)", None).expect("nothing happens");
        assert_eq!(catalogue, before);
        let error = catalogue.apply("CREATE TABLE public.t (id integer NOT NULL)", None).expect_err("another table");
        assert_eq!(error.to_string(), "public.t: a table that is created twice, with different columns");
        let mut again = before;
        again.apply("DROP TABLE public.t", None).expect("readable");
        again.apply("CREATE TABLE public.t (b text)", None).expect("the first is gone");
        assert_eq!(columns(&again, "t"), ["b text"]);
    }
}
