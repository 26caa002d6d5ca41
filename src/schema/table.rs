//! CREATE TABLE, ALTER TABLE, RENAME.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AlterTableType, ConstrType, ObjectType};

use super::catalogue::{Catalogue, Column, Relation, RelationKind, TypeDefinition};
use super::constraint;
use super::ddl::{Apply, Change, DdlError, string};
use super::expression;
use crate::name::{Name, RelationName};

/// CREATE TABLE and CREATE FOREIGN TABLE. A table that is created a second time replaces the first.
pub(super) fn create(apply: &mut Apply<'_>, create: &protobuf::CreateStmt, foreign: bool) -> Result<(), DdlError> {
    let name = create.relation.as_ref().map(|range| apply.relation(range)).ok_or(DdlError::new("a table without a name"))?;
    let mut relation = Relation {
        name: name.clone(),
        kind: if create.partspec.is_some() {
            RelationKind::Partitioned
        } else if foreign {
            RelationKind::Foreign
        } else {
            RelationKind::Table
        },
        columns: Vec::new(),
        parents: Vec::new(),
        partition_key: create.partspec.as_ref().map(partition_key).unwrap_or_default(),
        constraints: Vec::new(),
    };
    for node in &create.inh_relations {
        let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
        relation.parents.push(apply.relation(range));
    }
    for parent in &relation.parents {
        merge(&mut relation.columns, columns_of(apply.catalogue, parent));
    }
    if let Some(of) = &create.of_typename {
        let of = apply.data_type(of);
        if let Some(TypeDefinition::Composite(columns)) = apply.catalogue.types.get(&RelationName { schema: of.schema, name: of.name }) {
            merge(&mut relation.columns, columns.clone());
        }
    }
    let mut constraints: Vec<(protobuf::Constraint, Option<Name>)> = Vec::new();
    for node in &create.table_elts {
        match &node.node {
            Some(NodeEnum::ColumnDef(definition)) => {
                merge(&mut relation.columns, vec![column(apply, definition)?]);
                let own = Name::new(definition.colname.as_str());
                constraints.extend(inline(definition).map(|constraint| (constraint.clone(), Some(own.clone()))));
            }
            Some(NodeEnum::Constraint(constraint)) => constraints.push(((**constraint).clone(), None)),
            Some(NodeEnum::TableLikeClause(like)) => {
                if let Some(range) = &like.relation {
                    merge(&mut relation.columns, columns_of(apply.catalogue, &apply.relation(range)));
                }
            }
            _ => return Err(DdlError::new("a table with something else than columns and constraints")),
        }
    }
    apply.catalogue.relations.insert(name.clone(), relation);
    apply.changes.push(Change::Relation(name.clone()));
    let further = create.constraints.iter().chain(&create.nnconstraints).filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(((**constraint).clone(), None)),
        _ => None,
    });
    constraints.extend(further);
    for (found, column) in constraints {
        constraint::add(apply, &name, &found, column.as_ref());
    }
    Ok(())
}

/// The columns of a relation, if it is known.
fn columns_of(catalogue: &Catalogue, relation: &RelationName) -> Vec<Column> {
    catalogue.relations.get(relation).map(|found| found.columns.clone()).unwrap_or_default()
}

/// Adds columns; one that is there already (from a parent or a type) takes over what the new one says more.
fn merge(columns: &mut Vec<Column>, more: Vec<Column>) {
    for column in more {
        match columns.iter_mut().find(|known| known.name == column.name) {
            Some(known) => {
                let untyped = column.data_type.name.as_str().is_empty();
                let data_type = if untyped { known.data_type.clone() } else { column.data_type.clone() };
                *known = Column {
                    data_type,
                    not_null: known.not_null || column.not_null,
                    has_default: known.has_default || column.has_default,
                    generated: known.generated || column.generated,
                    identity: known.identity || column.identity,
                    name: column.name,
                };
            }
            None => columns.push(column),
        }
    }
}

fn inline(definition: &protobuf::ColumnDef) -> impl Iterator<Item = &protobuf::Constraint> {
    definition.constraints.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::Constraint(constraint)) => Some(&**constraint),
        _ => None,
    })
}

/// A column's definition.
pub(super) fn column(apply: &Apply<'_>, definition: &protobuf::ColumnDef) -> Result<Column, DdlError> {
    let has = |wanted: &[ConstrType]| inline(definition).any(|constraint| wanted.contains(&constraint::kind(constraint)));
    let serial =
        definition.type_name.as_ref().and_then(|name| name.names.last()).and_then(string).is_some_and(|name| name.contains("serial"));
    let data_type = match &definition.type_name {
        Some(name) => apply.data_type(name),
        // WITH OPTIONS, of a typed table or a partition: the type stands elsewhere.
        None => apply.data_type(&protobuf::TypeName::default()),
    };
    Ok(Column {
        name: Name::new(definition.colname.as_str()),
        data_type,
        not_null: definition.is_not_null
            || serial
            || has(&[ConstrType::ConstrNotnull, ConstrType::ConstrPrimary, ConstrType::ConstrIdentity]),
        has_default: serial || has(&[ConstrType::ConstrDefault]),
        generated: has(&[ConstrType::ConstrGenerated]),
        identity: has(&[ConstrType::ConstrIdentity]),
    })
}

fn partition_key(spec: &protobuf::PartitionSpec) -> Vec<Name> {
    let mut key = Vec::new();
    for node in &spec.part_params {
        let Some(NodeEnum::PartitionElem(element)) = &node.node else { continue };
        match &element.expr {
            Some(node) => key.extend(expression::columns(node)),
            None => key.push(Name::new(element.name.as_str())),
        }
    }
    key
}

/// ALTER TABLE. What is altered on a relation that is not known (a view, a sequence, an index) changes nothing.
pub(super) fn alter(apply: &mut Apply<'_>, alter: &protobuf::AlterTableStmt) -> Result<(), DdlError> {
    let Some(range) = &alter.relation else { return Ok(()) };
    let name = apply.relation(range);
    if !apply.catalogue.relations.contains_key(&name) {
        return Ok(());
    }
    for node in &alter.cmds {
        let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
        let kind = AlterTableType::try_from(command.subtype).unwrap_or(AlterTableType::Undefined);
        match (kind, command.def.as_ref().and_then(|def| def.node.as_ref())) {
            (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(found))) => constraint::add(apply, &name, found, None),
            (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(definition))) => {
                let added = column(apply, definition)?;
                change(apply, &name, |relation| merge(&mut relation.columns, vec![added]));
                let own = Name::new(definition.colname.as_str());
                for found in inline(definition) {
                    constraint::add(apply, &name, found, Some(&own));
                }
            }
            (AlterTableType::AtAttachPartition, Some(NodeEnum::PartitionCmd(command))) => {
                let Some(child) = command.name.as_ref().map(|range| apply.relation(range)) else { continue };
                inherit(apply, &child, &name);
            }
            (AlterTableType::AtAddInherit, Some(NodeEnum::RangeVar(parent))) => {
                let parent = apply.relation(parent);
                inherit(apply, &name, &parent);
            }
            (AlterTableType::AtDropInherit, Some(NodeEnum::RangeVar(parent))) => {
                let parent = apply.relation(parent);
                change(apply, &name, |relation| relation.parents.retain(|known| *known != parent));
            }
            (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(definition))) => {
                let Some(data_type) = definition.type_name.as_ref().map(|name| apply.data_type(name)) else { continue };
                change_column(apply, &name, &command.name, |column| column.data_type = data_type);
            }
            (kind, _) => alter_simply(apply, &name, kind, &command.name),
        }
    }
    Ok(())
}

/// Commands that need no definition.
fn alter_simply(apply: &mut Apply<'_>, name: &RelationName, kind: AlterTableType, target: &str) {
    match kind {
        AlterTableType::AtSetNotNull => change_column(apply, name, target, |column| column.not_null = true),
        AlterTableType::AtDropNotNull => change_column(apply, name, target, |column| column.not_null = false),
        AlterTableType::AtColumnDefault => change_column(apply, name, target, |column| column.has_default = true),
        AlterTableType::AtAddIdentity => change_column(apply, name, target, |column| column.identity = true),
        AlterTableType::AtDropColumn => change(apply, name, |relation| relation.columns.retain(|column| column.name.as_str() != target)),
        AlterTableType::AtDropConstraint => {
            change(apply, name, |relation| {
                relation.constraints.retain(|constraint| constraint.name.as_ref().is_none_or(|known| known.as_str() != target))
            });
        }
        _ => {}
    }
}

fn change(apply: &mut Apply<'_>, name: &RelationName, how: impl FnOnce(&mut Relation)) {
    if let Some(relation) = apply.catalogue.relations.get_mut(name) {
        how(relation);
        apply.changes.push(Change::Relation(name.clone()));
    }
}

fn change_column(apply: &mut Apply<'_>, name: &RelationName, column: &str, how: impl FnOnce(&mut Column)) {
    change(apply, name, |relation| {
        if let Some(column) = relation.columns.iter_mut().find(|known| known.name.as_str() == column) {
            how(column);
        }
    });
}

/// A table becomes a partition or an heir of another.
fn inherit(apply: &mut Apply<'_>, child: &RelationName, parent: &RelationName) {
    change(apply, child, |relation| {
        if !relation.parents.contains(parent) {
            relation.parents.push(parent.clone());
        }
    });
}

/// ALTER … RENAME of tables and columns; a hand-edited dump may hold them.
pub(super) fn rename(apply: &mut Apply<'_>, rename: &protobuf::RenameStmt) -> Result<(), DdlError> {
    let Some(range) = &rename.relation else { return Ok(()) };
    let name = apply.relation(range);
    let new = Name::new(rename.newname.as_str());
    if rename.rename_type == ObjectType::ObjectTable as i32 {
        if let Some(mut relation) = apply.catalogue.relations.remove(&name) {
            relation.name = RelationName { schema: name.schema, name: new };
            apply.changes.push(Change::Relation(relation.name.clone()));
            apply.catalogue.relations.insert(relation.name.clone(), relation);
        }
    } else if rename.rename_type == ObjectType::ObjectColumn as i32 && apply.catalogue.relations.contains_key(&name) {
        // Its keys and partitions name it too.
        return Err(DdlError::new("a column is renamed after its table was created; pg_dump writes its last name at once"));
    }
    Ok(())
}
