//! ALTER TABLE, of tables and of composite types (ALTER TYPE … ADD ATTRIBUTE comes as one).

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType as Do, ObjectType};

use super::catalogue::{Column, Relation, TypeDefinition};
use super::ddl::{Change, DdlError, Work};
use super::literal::literal;
use super::table::merge;
use super::types::data_type;
use crate::name::RelationName;

impl Work<'_> {
    /// ALTER TABLE, ALTER FOREIGN TABLE, ALTER TYPE of a composite type.
    pub(super) fn alter_table(&mut self, tree: &AlterTableStmt) -> Result<(), DdlError> {
        let Some(range) = &tree.relation else { return Ok(()) };
        let name = self.cx.relation(range);
        for node in &tree.cmds {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
            match tree.objtype() {
                ObjectType::ObjectTable | ObjectType::ObjectForeignTable => self.alter_relation(&name, range.inh, command)?,
                ObjectType::ObjectType => self.alter_composite(&name, command),
                // ALTER INDEX … ATTACH PARTITION, ALTER VIEW, ALTER SEQUENCE … OWNER TO.
                _ => {}
            }
        }
        Ok(())
    }

    /// One action of ALTER TABLE. `recurse` unless ONLY is written.
    fn alter_relation(&mut self, name: &RelationName, recurse: bool, command: &AlterTableCmd) -> Result<(), DdlError> {
        let subtype = command.subtype();
        match subtype {
            Do::AtAddConstraint => self.add_constraint(name, command),
            Do::AtDropConstraint => self.drop_constraint(name, command),
            Do::AtAddInherit | Do::AtAttachPartition | Do::AtDropInherit | Do::AtDetachPartition => return self.link(name, command),
            _ if changes_columns(subtype) => {
                let mut names = vec![name.clone()];
                if recurse {
                    names.extend(self.catalogue.descendants(name));
                }
                for name in names {
                    self.alter_columns_of(&name, command);
                }
            }
            // Owners, storage, statistics, triggers, rules, security, replica identity: nothing that bears on values.
            _ => {}
        }
        Ok(())
    }

    fn add_constraint(&mut self, name: &RelationName, command: &AlterTableCmd) {
        let Some(NodeEnum::Constraint(constraint)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else { return };
        let Some(mut relation) = self.catalogue.relations.remove(name) else { return };
        let before = relation.columns.clone();
        self.constrain(&mut relation, None, constraint);
        if relation.columns != before {
            self.note(Change::Relation(name.clone()));
        }
        self.catalogue.relations.insert(name.clone(), relation);
    }

    fn drop_constraint(&mut self, name: &RelationName, command: &AlterTableCmd) {
        let Some(relation) = self.catalogue.relations.get_mut(name) else { return };
        let dropped = self.cx.source.name(&command.name);
        relation.constraints.retain(|constraint| constraint.name.as_ref() != Some(&dropped));
        self.note(Change::Relation(name.clone()));
    }

    /// INHERIT, NO INHERIT (of the child), ATTACH PARTITION, DETACH PARTITION (of the parent).
    fn link(&mut self, name: &RelationName, command: &AlterTableCmd) -> Result<(), DdlError> {
        let other = match command.def.as_ref().and_then(|def| def.node.as_ref()) {
            Some(NodeEnum::RangeVar(parent)) => self.cx.relation(parent),
            Some(NodeEnum::PartitionCmd(partition)) => {
                let Some(child) = &partition.name else { return Ok(()) };
                self.cx.relation(child)
            }
            _ => return Ok(()),
        };
        let subtype = command.subtype();
        let of_child = matches!(subtype, Do::AtAddInherit | Do::AtDropInherit);
        let (child, parent) = if of_child { (name, &other) } else { (&other, name) };
        let adds = matches!(subtype, Do::AtAddInherit | Do::AtAttachPartition);
        if adds && (child == parent || self.catalogue.ancestors(parent).contains(child)) {
            return Err(DdlError::about(child, "a table that would inherit from itself"));
        }
        let Some(relation) = self.catalogue.relations.get_mut(child) else { return Ok(()) };
        relation.parents.retain(|known| known != parent);
        if adds {
            relation.parents.push(parent.clone());
        }
        self.note(Change::Relation(child.clone()));
        Ok(())
    }

    fn alter_columns_of(&mut self, name: &RelationName, command: &AlterTableCmd) {
        let Some(mut relation) = self.catalogue.relations.remove(name) else { return };
        let before = relation.columns.clone();
        self.alter_columns(&mut relation.columns, command);
        if let Some(NodeEnum::ColumnDef(column)) = command.def.as_ref().and_then(|def| def.node.as_ref())
            && command.subtype() == Do::AtAddColumn
        {
            self.column_constraints(&mut relation, column);
        }
        if command.subtype() == Do::AtAddIdentity {
            self.add_identity(&mut relation, command);
        }
        if relation.columns != before {
            self.note(Change::Relation(name.clone()));
        }
        self.catalogue.relations.insert(name.clone(), relation);
    }

    /// Actions on a table's columns or on a composite type's attributes.
    fn alter_columns(&self, columns: &mut Vec<Column>, command: &AlterTableCmd) {
        let name = self.cx.source.name(&command.name);
        let definition = match command.def.as_ref().and_then(|def| def.node.as_ref()) {
            Some(NodeEnum::ColumnDef(definition)) => Some(definition),
            _ => None,
        };
        match (command.subtype(), definition) {
            (Do::AtAddColumn, Some(definition)) => {
                if let Some(column) = self.column(definition) {
                    merge(columns, column);
                }
            }
            (Do::AtDropColumn, _) => columns.retain(|column| column.name != name),
            (subtype, definition) => {
                let new_type =
                    definition.and_then(|definition| definition.type_name.as_ref()).map(|tree| data_type(&self.cx, self.catalogue, tree));
                let Some(column) = columns.iter_mut().find(|column| column.name == name) else { return };
                match (subtype, new_type) {
                    (Do::AtColumnDefault, _) => {
                        column.has_default = command.def.is_some();
                        column.default = command.def.as_deref().and_then(|expression| literal(&self.cx, expression));
                    }
                    (Do::AtSetNotNull, _) => column.not_null = true,
                    (Do::AtDropNotNull, _) => column.not_null = false,
                    (Do::AtDropExpression, _) => column.generated = false,
                    (Do::AtDropIdentity, _) => (column.identity, column.always) = (false, false),
                    (Do::AtAlterColumnType, Some(new_type)) => column.data_type = new_type,
                    _ => {}
                }
            }
        }
    }

    /// ALTER COLUMN … ADD GENERATED … AS IDENTITY.
    fn add_identity(&mut self, relation: &mut Relation, command: &AlterTableCmd) {
        let column = self.cx.source.name(&command.name);
        if let Some(NodeEnum::Constraint(constraint)) = command.def.as_ref().and_then(|def| def.node.as_ref()) {
            self.constrain(relation, Some(&column), constraint);
        }
    }

    fn alter_composite(&mut self, name: &RelationName, command: &AlterTableCmd) {
        let Some(TypeDefinition::Composite(mut columns)) = self.catalogue.types.get(name).cloned() else { return };
        self.alter_columns(&mut columns, command);
        self.catalogue.types.insert(name.clone(), TypeDefinition::Composite(columns));
        self.note(Change::Type(name.clone()));
    }

    /// Adds a change, once.
    pub(super) fn note(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }
}

fn changes_columns(subtype: Do) -> bool {
    matches!(
        subtype,
        Do::AtAddColumn
            | Do::AtDropColumn
            | Do::AtColumnDefault
            | Do::AtSetNotNull
            | Do::AtDropNotNull
            | Do::AtDropExpression
            | Do::AtAddIdentity
            | Do::AtDropIdentity
            | Do::AtAlterColumnType
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::schema::catalogue::{Catalogue, RelationKind};
    use crate::schema::ddl::tests::catalogue_of;

    const TABLE: &str = "CREATE TABLE public.t (id integer NOT NULL, a text)";

    fn name(text: &str) -> RelationName {
        RelationName::new("public", text)
    }

    fn column<'a>(catalogue: &'a Catalogue, table: &str, column: &str) -> Option<&'a Column> {
        catalogue.relation(&name(table)).and_then(|relation| relation.column(&Name::new(column)))
    }

    #[test]
    fn columns_change() {
        let mut catalogue = catalogue_of(&[TABLE, "CREATE TABLE public.child () INHERITS (public.t)"]);
        let mut change = |sql: &str| catalogue.apply(sql, None).expect("readable");
        let both = [Change::Relation(name("t")), Change::Relation(name("child"))];
        assert_eq!(change("ALTER TABLE public.t ALTER COLUMN a SET NOT NULL"), both);
        assert_eq!(change("ALTER TABLE ONLY public.t ALTER COLUMN a SET DEFAULT 'x'::text"), both[..1]);
        assert_eq!(change("ALTER TABLE public.t ADD COLUMN b varchar(3) NOT NULL DEFAULT '', DROP COLUMN id"), both);
        assert_eq!(change("ALTER TABLE public.t ALTER a TYPE varchar(20) USING a::varchar(20)"), both);
        for table in ["t", "child"] {
            let a = column(&catalogue, table, "a").expect("there");
            assert_eq!((a.not_null, a.has_default, a.data_type.written.as_str()), (true, table == "t", "character varying(20)"));
            assert!(column(&catalogue, table, "b").is_some_and(|b| b.not_null && b.has_default));
            assert_eq!(column(&catalogue, table, "id"), None);
        }
        catalogue.apply("ALTER TABLE public.t ALTER a DROP NOT NULL, ALTER a DROP DEFAULT", None).expect("readable");
        assert!(column(&catalogue, "t", "a").is_some_and(|a| !a.not_null && !a.has_default));
    }

    #[test]
    fn identity_owns_its_sequence() {
        let sql = "ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME public.t_id_seq\n    \
                   START WITH 1\n    INCREMENT BY 1\n    NO MINVALUE\n    NO MAXVALUE\n    CACHE 1\n);";
        let catalogue = catalogue_of(&[TABLE, sql]);
        assert!(column(&catalogue, "t", "id").is_some_and(|id| id.identity));
        assert_eq!(catalogue.owned_sequences, [(name("t_id_seq"), name("t"), Name::new("id"))]);
    }

    #[test]
    fn links() {
        let mut catalogue = catalogue_of(&[
            TABLE,
            "CREATE TABLE public.p (id int) PARTITION BY LIST (id)",
            "CREATE TABLE public.p1 (id int)",
            "ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 FOR VALUES IN (1, 2);",
            "ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 FOR VALUES IN (1, 2);",
            "ALTER TABLE ONLY public.t INHERIT public.elsewhere",
        ]);
        assert_eq!(catalogue.relation(&name("p")).map(|p| p.kind), Some(RelationKind::Partitioned));
        assert_eq!(catalogue.ancestors(&name("p1")), [name("p")]);
        assert_eq!(catalogue.ancestors(&name("t")), [name("elsewhere")]);
        catalogue.apply("ALTER TABLE public.p DETACH PARTITION public.p1", None).expect("readable");
        catalogue.apply("ALTER TABLE public.t NO INHERIT public.elsewhere", None).expect("readable");
        assert_eq!((catalogue.ancestors(&name("p1")), catalogue.ancestors(&name("t"))), (Vec::new(), Vec::new()));
        let error = catalogue.apply("ALTER TABLE public.t INHERIT public.t", None).expect_err("a circle");
        assert_eq!(error.to_string(), "public.t: a table that would inherit from itself");
    }

    #[test]
    fn what_is_not_there_is_passed_over() {
        let catalogue = catalogue_of(&[
            "ALTER TABLE IF EXISTS ONLY public.t DROP CONSTRAINT IF EXISTS t_pkey;",
            "ALTER TABLE ONLY public.t DROP CONSTRAINT t_pkey;",
            "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);",
            "ALTER TABLE IF EXISTS public.t ALTER COLUMN id DROP DEFAULT;",
            "ALTER TABLE public.some_view OWNER TO someone;",
            "ALTER TABLE ONLY public.p ATTACH PARTITION public.p1 DEFAULT;",
            "ALTER INDEX public.p_pkey ATTACH PARTITION public.p1_pkey;",
        ]);
        assert_eq!(catalogue, Catalogue::default());
        let mut catalogue = catalogue_of(&[TABLE]);
        for sql in [
            "ALTER TABLE public.t OWNER TO someone",
            "ALTER TABLE ONLY public.t REPLICA IDENTITY FULL",
            "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE ONLY public.t ALTER COLUMN a SET STATISTICS 100",
            "ALTER TABLE public.t CLUSTER ON t_pkey",
        ] {
            assert_eq!(catalogue.apply(sql, None), Ok(Vec::new()), "{sql}");
        }
    }

    #[test]
    fn constraints_go() {
        let catalogue = catalogue_of(&[TABLE, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)", "ALTER TABLE t DROP CONSTRAINT u"]);
        assert_eq!(catalogue.relation(&name("t")).map(|t| t.constraints.len()), Some(0));
    }

    #[test]
    fn a_primary_key_makes_not_null() {
        let mut catalogue = catalogue_of(&[TABLE]);
        let changes = catalogue.apply("ALTER TABLE ONLY t ADD CONSTRAINT k PRIMARY KEY (a)", None).expect("readable");
        assert_eq!(changes, [Change::Constraint { relation: name("t"), index: 0 }, Change::Relation(name("t"))]);
        assert!(column(&catalogue, "t", "a").is_some_and(|a| a.not_null));
        catalogue.apply("ALTER TABLE t ADD COLUMN c int, ADD CONSTRAINT c_there NOT NULL c NOT VALID", None).expect("readable");
        assert!(column(&catalogue, "t", "c").is_some_and(|c| c.not_null));
    }
}
