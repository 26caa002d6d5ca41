//! Types, domains and the owners of sequences.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDomainStmt, AlterEnumStmt, CompositeTypeStmt, ConstrType, Constraint, CreateDomainStmt, CreateEnumStmt, Node, RangeVar,
};

use super::catalogue::{Column, TypeDefinition};
use super::ddl::{Change, DdlError, Work};
use super::types::data_type;
use crate::name::{Name, RelationName};

impl Work<'_> {
    /// CREATE DOMAIN.
    pub(super) fn create_domain(&mut self, tree: &CreateDomainStmt) -> Result<(), DdlError> {
        let (Some(name), Some(base)) = (self.cx.qualified(&tree.domainname), &tree.type_name) else { return Ok(()) };
        let base = data_type(&self.cx, self.catalogue, base);
        let (mut not_null, mut checks) = (false, Vec::new());
        for node in &tree.constraints {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node {
                self.domain_constraint(constraint, &mut not_null, &mut checks);
            }
        }
        self.define(name, TypeDefinition::Domain { base, not_null, checks })
    }

    /// ALTER DOMAIN. A CHECK that is dropped stays: its name is not kept, and a check too many does no harm.
    pub(super) fn alter_domain(&mut self, tree: &AlterDomainStmt) {
        let Some(name) = self.cx.qualified(&tree.type_name) else { return };
        let Some(TypeDefinition::Domain { base, mut not_null, mut checks }) = self.catalogue.types.get(&name).cloned() else { return };
        // The letters stand in src/include/nodes/parsenodes.h, at AlterDomainStmt.
        match (tree.subtype.as_str(), tree.def.as_ref().and_then(|def| def.node.as_ref())) {
            ("N", _) => not_null = false,
            ("O", _) => not_null = true,
            ("C", Some(NodeEnum::Constraint(constraint))) => self.domain_constraint(constraint, &mut not_null, &mut checks),
            _ => return,
        }
        self.catalogue.types.insert(name.clone(), TypeDefinition::Domain { base, not_null, checks });
        self.changes.push(Change::Type(name));
        self.spread_not_null();
    }

    fn domain_constraint(&self, tree: &Constraint, not_null: &mut bool, checks: &mut Vec<String>) {
        match tree.contype() {
            ConstrType::ConstrNotnull => *not_null = true,
            ConstrType::ConstrCheck => {
                let (expression, _) = self.cx.source.check_at(tree.location);
                if !checks.contains(&expression) {
                    checks.push(expression);
                }
            }
            // NULL, DEFAULT and the rest refuse nothing.
            _ => {}
        }
    }

    /// A domain that has come to refuse NULL makes its columns do so.
    fn spread_not_null(&mut self) {
        let mut refusing: Vec<(RelationName, Name)> = Vec::new();
        for relation in self.catalogue.relations.values() {
            let columns = relation.columns.iter().filter(|column| self.catalogue.base_type(&column.data_type).not_null);
            refusing.extend(columns.map(|column| (relation.name.clone(), column.name.clone())));
        }
        for (relation, column) in refusing {
            let columns = self.catalogue.relations.get_mut(&relation).into_iter().flat_map(|relation| &mut relation.columns);
            columns.filter(|known| known.name == column).for_each(|column| column.not_null = true);
        }
    }

    /// CREATE TYPE … AS ENUM.
    pub(super) fn create_enum(&mut self, tree: &CreateEnumStmt) -> Result<(), DdlError> {
        let Some(name) = self.cx.qualified(&tree.type_name) else { return Ok(()) };
        let labels = tree.vals.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::String(label)) => Some(label.sval.clone()),
            _ => None,
        });
        let labels = labels.collect();
        self.define(name, TypeDefinition::Enum(labels))
    }

    /// ALTER TYPE … ADD VALUE, RENAME VALUE.
    pub(super) fn alter_enum(&mut self, tree: &AlterEnumStmt) -> Result<(), DdlError> {
        let Some(name) = self.cx.qualified(&tree.type_name) else { return Ok(()) };
        let Some(TypeDefinition::Enum(labels)) = self.catalogue.types.get_mut(&name) else { return Ok(()) };
        let place = |label: &str| labels.iter().position(|known| known == label);
        if !tree.old_val.is_empty() {
            let old = place(&tree.old_val).and_then(|index| labels.get_mut(index));
            *old.ok_or_else(|| DdlError::about(&name, "a label to rename that the enum has not"))? = tree.new_val.clone();
        } else if place(&tree.new_val).is_none() {
            let at = if tree.new_val_neighbor.is_empty() {
                labels.len()
            } else {
                let neighbour = place(&tree.new_val_neighbor);
                neighbour.ok_or_else(|| DdlError::about(&name, "a label beside one that the enum has not"))?
                    + usize::from(tree.new_val_is_after)
            };
            labels.insert(at, tree.new_val.clone());
        }
        self.changes.push(Change::Type(name));
        Ok(())
    }

    /// CREATE TYPE … AS (…).
    pub(super) fn create_composite(&mut self, tree: &CompositeTypeStmt) -> Result<(), DdlError> {
        let Some(name) = tree.typevar.as_ref().map(|name| self.cx.relation(name)) else { return Ok(()) };
        let columns: Vec<Column> = tree
            .coldeflist
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::ColumnDef(column)) => self.column(column),
                _ => None,
            })
            .collect();
        self.define(name, TypeDefinition::Composite(columns))
    }

    /// CREATE TYPE of any other kind; also other things that come as the same node (collations, text search).
    pub(super) fn create_other_type(&mut self, name: &[Node]) -> Result<(), DdlError> {
        self.cx.qualified(name).map_or(Ok(()), |name| self.define(name, TypeDefinition::Other))
    }

    /// A type that is defined again must be the same, as with tables; a shell may be filled.
    fn define(&mut self, name: RelationName, definition: TypeDefinition) -> Result<(), DdlError> {
        match self.catalogue.types.get(&name) {
            Some(known) if *known != TypeDefinition::Other && !is_same(known, &definition) => {
                return Err(DdlError::about(&name, "a type that is created twice, with different contents"));
            }
            Some(known) if *known == definition || *known != TypeDefinition::Other => {}
            Some(_) | None => {
                self.catalogue.types.insert(name.clone(), definition);
            }
        }
        self.changes.push(Change::Type(name));
        Ok(())
    }

    /// OWNED BY among the options of CREATE SEQUENCE and ALTER SEQUENCE.
    pub(super) fn sequence_options(&mut self, sequence: Option<&RangeVar>, options: &[Node]) {
        let Some(sequence) = sequence.map(|sequence| self.cx.relation(sequence)) else { return };
        for option in options {
            let Some(NodeEnum::DefElem(option)) = &option.node else { continue };
            let Some(NodeEnum::List(owner)) = option.arg.as_ref().and_then(|arg| arg.node.as_ref()) else { continue };
            if option.defname != "owned_by" {
                continue;
            }
            // OWNED BY NONE has one part only.
            let owner = owner.items.split_last().and_then(|(column, table)| Some((self.cx.qualified(table)?, self.cx.string(column)?)));
            self.own_sequence(sequence.clone(), owner);
        }
    }

    /// Notes which column owns a sequence, in place of what was known.
    pub(super) fn own_sequence(&mut self, sequence: RelationName, owner: Option<(RelationName, Name)>) {
        self.catalogue.owned_sequences.retain(|(known, _, _)| *known != sequence);
        if let Some((table, column)) = owner {
            self.catalogue.owned_sequences.push((sequence, table.clone(), column));
            self.note(Change::Relation(table));
        }
    }
}

/// Whether a type that is defined again is the one that is known; a domain may have got more checks in between.
fn is_same(known: &TypeDefinition, again: &TypeDefinition) -> bool {
    match (known, again) {
        (TypeDefinition::Domain { base, checks, .. }, TypeDefinition::Domain { base: again, checks: checks_again, .. }) => {
            base == again && checks_again.iter().all(|check| checks.contains(check))
        }
        _ => known == again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalogue::Catalogue;
    use crate::schema::ddl::tests::catalogue_of;

    fn name(text: &str) -> RelationName {
        RelationName::new("public", text)
    }

    fn labels(catalogue: &Catalogue) -> Vec<&str> {
        match catalogue.types.get(&name("mood")) {
            Some(TypeDefinition::Enum(labels)) => labels.iter().map(String::as_str).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn enums_grow() {
        let catalogue = catalogue_of(&[
            "CREATE TYPE public.mood AS ENUM (\n    'sad',\n    'it''s ok'\n);",
            "ALTER TYPE public.mood ADD VALUE 'happy';",
            "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'happy';",
            "ALTER TYPE public.mood ADD VALUE 'worst' BEFORE 'sad';",
            "ALTER TYPE public.mood ADD VALUE 'bad' AFTER 'worst';",
            "ALTER TYPE public.mood RENAME VALUE 'sad' TO 'so-so';",
            "CREATE TYPE public.empty AS ENUM ();",
        ]);
        assert_eq!(labels(&catalogue), ["worst", "bad", "so-so", "it's ok", "happy"]);
    }

    #[test]
    fn enum_errors() {
        let mut catalogue = catalogue_of(&["CREATE TYPE mood AS ENUM ('a')"]);
        let error = catalogue.apply("ALTER TYPE mood ADD VALUE 'b' AFTER 'canary'", None).expect_err("no such label");
        assert_eq!(error.to_string(), "public.mood: a label beside one that the enum has not");
        let error = catalogue.apply("CREATE TYPE mood AS ENUM ('canary')", None).expect_err("another enum");
        assert_eq!(error.to_string(), "public.mood: a type that is created twice, with different contents");
        assert_eq!(catalogue.apply("CREATE TYPE mood AS ENUM ('a')", None), Ok(vec![Change::Type(name("mood"))]));
    }

    #[test]
    fn domains() {
        let chain = vec!["VALUE"; 100].join(" || ");
        let catalogue = catalogue_of(&[
            "CREATE DOMAIN public.code AS character varying(10) COLLATE pg_catalog.\"C\" DEFAULT 'x'::character varying NOT NULL\n\t\
             CONSTRAINT one CHECK (((VALUE)::text <> ''::text))\n\tCONSTRAINT two CHECK ((length(VALUE) > 1));",
            &format!("ALTER DOMAIN public.code ADD CONSTRAINT three CHECK (({chain}) <> '') NOT VALID;"),
            "ALTER DOMAIN public.code VALIDATE CONSTRAINT three;",
            "ALTER DOMAIN public.nowhere DROP CONSTRAINT IF EXISTS three;",
        ]);
        let Some(TypeDefinition::Domain { base, not_null, checks }) = catalogue.types.get(&name("code")) else { panic!("a domain") };
        assert_eq!((base.written.as_str(), *not_null), ("character varying(10)", true));
        assert_eq!(checks, &["((VALUE)::text <> ''::text)".to_owned(), "(length(VALUE) > 1)".to_owned(), format!("({chain}) <> ''")]);
    }

    #[test]
    fn a_domain_comes_to_refuse_null() {
        let catalogue = catalogue_of(&[
            "CREATE DOMAIN public.a AS text",
            "CREATE DOMAIN public.b AS public.a",
            "CREATE TABLE public.t (x public.b, y text)",
            "ALTER DOMAIN public.a SET NOT NULL",
        ]);
        let table = catalogue.relation(&name("t")).expect("created");
        assert_eq!(table.columns.iter().map(|column| column.not_null).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn composites_and_others() {
        let catalogue = catalogue_of(&[
            "CREATE TYPE public.pair AS (\n\ta text COLLATE pg_catalog.\"C\",\n\tb integer\n);",
            "ALTER TYPE public.pair ADD ATTRIBUTE c date, ALTER ATTRIBUTE a TYPE varchar(5), DROP ATTRIBUTE b;",
            "CREATE TYPE public.span AS RANGE (\n    subtype = integer,\n    multirange_type_name = public.spans\n);",
            "CREATE TYPE public.shell;",
            "CREATE TYPE public.shell (INPUT = public.shell_in, OUTPUT = public.shell_out, INTERNALLENGTH = 8);",
            "ALTER TYPE public.pair OWNER TO someone;",
        ]);
        let Some(TypeDefinition::Composite(columns)) = catalogue.types.get(&name("pair")) else { panic!("a composite type") };
        let written: Vec<_> = columns.iter().map(|column| format!("{} {}", column.name, column.data_type.written)).collect();
        assert_eq!(written, ["a character varying(5)", "c date"]);
        assert_eq!(catalogue.types.get(&name("span")), Some(&TypeDefinition::Other));
        assert_eq!(catalogue.types.get(&name("shell")), Some(&TypeDefinition::Other));
    }

    #[test]
    fn sequences_have_owners() {
        let catalogue = catalogue_of(&[
            "CREATE SEQUENCE public.s\n    AS integer\n    START WITH 1\n    INCREMENT BY 1\n    CACHE 1;",
            "ALTER SEQUENCE public.s OWNED BY public.t.id;",
            "ALTER SEQUENCE public.s OWNED BY crm.\"T\".id;",
            "CREATE SEQUENCE public.gone OWNED BY t.id",
            "ALTER SEQUENCE public.gone OWNED BY NONE",
        ]);
        assert_eq!(catalogue.owned_sequences, [(name("s"), RelationName::new("crm", "T"), Name::new("id"))]);
    }
}
