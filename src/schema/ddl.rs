//! pg_query's tree → catalogue: which statement changes what.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, ObjectType};

use super::catalogue::{Catalogue, DataType, TypeDefinition};
use super::{constraint, deep, table, types};
use crate::name::{Name, RelationName};

/// What a statement changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A relation came, or changed its columns or parents.
    Relation(RelationName),
    /// A constraint or unique index came.
    Constraint {
        /// The relation that has it.
        relation: RelationName,
        /// Its place in the relation's list.
        index: usize,
    },
    /// A type came or changed.
    Type(RelationName),
}

/// Why a statement was not understood. A fixed text: statements hold defaults and checks, which may hold values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DdlError(&'static str);

impl DdlError {
    /// An error with a fixed text.
    pub const fn new(reason: &'static str) -> DdlError {
        DdlError(reason)
    }

    /// The reason.
    pub fn reason(self) -> &'static str {
        self.0
    }
}

/// The longest statement that is handed to the parser, in bytes.
const LONGEST: usize = 64 << 20;

impl Catalogue {
    /// Applies one statement, decoded to Unicode. Names without a schema are found in `search_path`, or in "public".
    /// Statements that say nothing of tables, types or keys change nothing.
    ///
    /// # Errors
    /// The statement does not parse as PostgreSQL 18 would have it, or describes a table in a way that is not known.
    pub fn apply(&mut self, sql: &str, search_path: Option<&Name>) -> Result<Vec<Change>, DdlError> {
        if sql.len() > LONGEST {
            return Err(DdlError("it is longer than 64 MiB"));
        }
        let parsed = deep::parse(sql)?;
        let mut apply = Apply {
            catalogue: self,
            search_path: search_path.cloned().unwrap_or_else(|| Name::new("public")),
            blanked: parsed.blanked,
            changes: Vec::new(),
        };
        for statement in parsed.tree.stmts {
            if let Some(node) = statement.stmt.and_then(|stmt| stmt.node) {
                apply.statement(node)?;
            }
        }
        Ok(apply.changes)
    }
}

/// One statement on its way into the catalogue.
pub(super) struct Apply<'a> {
    pub(super) catalogue: &'a mut Catalogue,
    pub(super) search_path: Name,
    /// The text of expressions too deep to be parsed, if any was left out.
    pub(super) blanked: Option<String>,
    pub(super) changes: Vec<Change>,
}

impl Apply<'_> {
    fn statement(&mut self, node: NodeEnum) -> Result<(), DdlError> {
        match node {
            NodeEnum::CreateStmt(create) => table::create(self, &create, false),
            NodeEnum::CreateForeignTableStmt(foreign) => match foreign.base_stmt {
                Some(create) => table::create(self, &create, true),
                None => Err(DdlError("a foreign table without columns")),
            },
            NodeEnum::AlterTableStmt(alter) => table::alter(self, &alter),
            NodeEnum::IndexStmt(index) => {
                constraint::index(self, &index);
                Ok(())
            }
            NodeEnum::CreateDomainStmt(domain) => self.create_domain(&domain),
            NodeEnum::AlterDomainStmt(domain) => {
                self.alter_domain(&domain);
                Ok(())
            }
            NodeEnum::CreateEnumStmt(created) => {
                let labels = created.vals.iter().filter_map(string).map(str::to_owned).collect();
                self.put_type(&created.type_name, TypeDefinition::Enum(labels));
                Ok(())
            }
            NodeEnum::AlterEnumStmt(altered) => {
                self.alter_enum(&altered);
                Ok(())
            }
            NodeEnum::CompositeTypeStmt(composite) => self.create_composite(&composite),
            NodeEnum::CreateRangeStmt(range) => {
                self.put_type(&range.type_name, TypeDefinition::Other);
                Ok(())
            }
            NodeEnum::DefineStmt(define) if define.kind == ObjectType::ObjectType as i32 => {
                self.put_type(&define.defnames, TypeDefinition::Other);
                Ok(())
            }
            NodeEnum::CreateSeqStmt(sequence) => {
                self.own_sequence(sequence.sequence.as_ref(), &sequence.options);
                Ok(())
            }
            NodeEnum::AlterSeqStmt(sequence) => {
                self.own_sequence(sequence.sequence.as_ref(), &sequence.options);
                Ok(())
            }
            NodeEnum::RenameStmt(rename) => table::rename(self, &rename),
            NodeEnum::DropStmt(drop) if drop.remove_type == ObjectType::ObjectTable as i32 => {
                for object in &drop.objects {
                    if let Some(NodeEnum::List(list)) = &object.node {
                        let name = self.name(&list.items);
                        self.catalogue.relations.remove(&name);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A table's name with its schema.
    pub(super) fn relation(&self, range: &protobuf::RangeVar) -> RelationName {
        let schema = if range.schemaname.is_empty() { self.search_path.clone() } else { Name::new(range.schemaname.as_str()) };
        RelationName { schema, name: Name::new(range.relname.as_str()) }
    }

    /// A dotted name with its schema.
    fn name(&self, parts: &[Node]) -> RelationName {
        let parts: Vec<&str> = parts.iter().filter_map(string).collect();
        match parts[..] {
            [.., schema, name] => RelationName::new(schema, name),
            [name] => RelationName { schema: self.search_path.clone(), name: Name::new(name) },
            [] => RelationName { schema: self.search_path.clone(), name: Name::new("") },
        }
    }

    /// A declared type.
    pub(super) fn data_type(&self, name: &protobuf::TypeName) -> DataType {
        types::data_type(name, self.catalogue, &self.search_path)
    }

    fn put_type(&mut self, name: &[Node], definition: TypeDefinition) {
        let name = self.name(name);
        self.catalogue.types.insert(name.clone(), definition);
        self.changes.push(Change::Type(name));
    }

    fn create_domain(&mut self, domain: &protobuf::CreateDomainStmt) -> Result<(), DdlError> {
        let base = domain.type_name.as_ref().map(|name| self.data_type(name)).ok_or(DdlError("a domain without a type"))?;
        let mut not_null = false;
        let mut checks = Vec::new();
        for node in &domain.constraints {
            let Some(NodeEnum::Constraint(found)) = &node.node else { continue };
            match constraint::kind(found) {
                protobuf::ConstrType::ConstrNotnull => not_null = true,
                protobuf::ConstrType::ConstrCheck => checks.push(constraint::expression_text(found)),
                _ => {}
            }
        }
        self.put_type(&domain.domainname, TypeDefinition::Domain { base, not_null, checks });
        Ok(())
    }

    fn alter_domain(&mut self, altered: &protobuf::AlterDomainStmt) {
        let name = self.name(&altered.type_name);
        let Some(TypeDefinition::Domain { not_null, checks, .. }) = self.catalogue.types.get_mut(&name) else { return };
        match altered.subtype.as_str() {
            "O" => *not_null = true,
            "N" => *not_null = false,
            "C" => {
                if let Some(NodeEnum::Constraint(found)) = altered.def.as_ref().and_then(|def| def.node.as_ref()) {
                    match constraint::kind(found) {
                        protobuf::ConstrType::ConstrNotnull => *not_null = true,
                        protobuf::ConstrType::ConstrCheck => checks.push(constraint::expression_text(found)),
                        _ => {}
                    }
                }
            }
            _ => return,
        }
        self.changes.push(Change::Type(name));
    }

    fn alter_enum(&mut self, altered: &protobuf::AlterEnumStmt) {
        let name = self.name(&altered.type_name);
        let Some(TypeDefinition::Enum(labels)) = self.catalogue.types.get_mut(&name) else { return };
        let known = labels.contains(&altered.new_val);
        match labels.iter_mut().find(|label| !altered.old_val.is_empty() && **label == altered.old_val) {
            Some(label) => label.clone_from(&altered.new_val),
            None if !known => labels.push(altered.new_val.clone()),
            None => {}
        }
        self.changes.push(Change::Type(name));
    }

    fn create_composite(&mut self, composite: &protobuf::CompositeTypeStmt) -> Result<(), DdlError> {
        let Some(range) = &composite.typevar else { return Err(DdlError("a type without a name")) };
        let name = self.relation(range);
        let mut columns = Vec::new();
        for node in &composite.coldeflist {
            if let Some(NodeEnum::ColumnDef(column)) = &node.node {
                columns.push(table::column(self, column)?);
            }
        }
        self.catalogue.types.insert(name.clone(), TypeDefinition::Composite(columns));
        self.changes.push(Change::Type(name));
        Ok(())
    }

    /// `OWNED BY table.column`.
    fn own_sequence(&mut self, sequence: Option<&protobuf::RangeVar>, options: &[Node]) {
        let Some(sequence) = sequence.map(|range| self.relation(range)) else { return };
        for option in options {
            let Some(NodeEnum::DefElem(element)) = &option.node else { continue };
            if element.defname != "owned_by" {
                continue;
            }
            self.catalogue.owned_sequences.retain(|(known, ..)| *known != sequence);
            let Some(NodeEnum::List(list)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else { continue };
            // OWNED BY NONE has one part.
            if let Some((column, table)) = list.items.split_last().filter(|(_, table)| !table.is_empty()) {
                let column = Name::new(string(column).unwrap_or_default());
                let table = self.name(table);
                self.catalogue.owned_sequences.push((sequence.clone(), table, column));
            }
        }
    }
}

/// The text of a string node.
pub(super) fn string(node: &Node) -> Option<&str> {
    match &node.node {
        Some(NodeEnum::String(text)) => Some(&text.sval),
        _ => None,
    }
}

/// The texts of a list of string nodes, as names.
pub(super) fn names(nodes: &[Node]) -> Vec<Name> {
    nodes.iter().filter_map(string).map(Name::new).collect()
}
