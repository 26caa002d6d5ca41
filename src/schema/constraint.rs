//! Constraints and unique indexes.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, ConstrType, Node};

use super::catalogue::{Constraint, ConstraintKind, ForeignKey, KeyMember, UniqueKey};
use super::ddl::{Apply, Change, names, string};
use super::expression;
use crate::name::{Name, RelationName};

/// What kind of constraint it is.
pub(super) fn kind(constraint: &protobuf::Constraint) -> ConstrType {
    ConstrType::try_from(constraint.contype).unwrap_or(ConstrType::Undefined)
}

/// The text of a CHECK, as far as there is one.
pub(super) fn expression_text(constraint: &protobuf::Constraint) -> String {
    // Only its presence matters today; its meaning is for whoever tests values against it.
    constraint
        .raw_expr
        .as_ref()
        .map_or_else(String::new, |node| expression::columns(node).iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// Adds a constraint to a relation. `column` is the one that it stands behind, if it does.
pub(super) fn add(apply: &mut Apply<'_>, relation: &RelationName, constraint: &protobuf::Constraint, column: Option<&Name>) {
    let own = |keys: Vec<Name>| if keys.is_empty() { column.cloned().into_iter().collect() } else { keys };
    let found = match kind(constraint) {
        ConstrType::ConstrNotnull => {
            for name in own(names(&constraint.keys)) {
                set_not_null(apply, relation, &name);
            }
            return;
        }
        ConstrType::ConstrPrimary | ConstrType::ConstrUnique => {
            let primary = kind(constraint) == ConstrType::ConstrPrimary;
            let mut columns = own(names(&constraint.keys));
            if columns.is_empty() && !constraint.indexname.is_empty() {
                columns = take_index(apply, relation, &constraint.indexname);
            }
            for name in columns.iter().filter(|_| primary) {
                set_not_null(apply, relation, name);
            }
            ConstraintKind::Unique(UniqueKey {
                primary,
                members: columns.into_iter().map(KeyMember::Column).collect(),
                predicate_columns: Vec::new(),
                partial: false,
                nulls_equal: constraint.nulls_not_distinct,
                exclusion: constraint.without_overlaps,
            })
        }
        ConstrType::ConstrExclusion => ConstraintKind::Unique(exclusion(constraint)),
        ConstrType::ConstrForeign => {
            let Some(target) = &constraint.pktable else { return };
            ConstraintKind::ForeignKey(ForeignKey {
                columns: own(names(&constraint.fk_attrs)),
                references: apply.relation(target),
                referenced: names(&constraint.pk_attrs),
            })
        }
        ConstrType::ConstrCheck => {
            let mut columns = constraint.raw_expr.as_ref().map_or_else(Vec::new, |node| expression::columns(node));
            if let (Some(text), Some(found)) = (&apply.blanked, apply.catalogue.relations.get(relation)) {
                // Too deep to be parsed: every column whose name stands in the text may be read.
                columns.extend(found.columns.iter().filter(|column| text.contains(column.name.as_str())).map(|column| column.name.clone()));
            }
            ConstraintKind::Check { expression: String::new(), columns }
        }
        _ => return,
    };
    push(apply, relation, &constraint.conname, found);
}

/// Notes a constraint, if its relation is known.
fn push(apply: &mut Apply<'_>, relation: &RelationName, name: &str, kind: ConstraintKind) {
    let Some(found) = apply.catalogue.relations.get_mut(relation) else { return };
    let name = (!name.is_empty()).then(|| Name::new(name));
    found.constraints.push(Constraint { name, kind });
    apply.changes.push(Change::Constraint { relation: relation.clone(), index: found.constraints.len() - 1 });
}

fn set_not_null(apply: &mut Apply<'_>, relation: &RelationName, name: &Name) {
    if let Some(column) =
        apply.catalogue.relations.get_mut(relation).and_then(|found| found.columns.iter_mut().find(|column| column.name == *name))
    {
        column.not_null = true;
    }
}

/// `UNIQUE USING INDEX`: the index becomes the constraint.
fn take_index(apply: &mut Apply<'_>, relation: &RelationName, index: &str) -> Vec<Name> {
    let found = apply.catalogue.relations.get(relation).and_then(|found| {
        found.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique(key) if constraint.name.as_ref().is_some_and(|name| name.as_str() == index) => Some(key.members.clone()),
            ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. } => None,
        })
    });
    let column = |member| match member {
        KeyMember::Column(name) | KeyMember::Folded(name) => Some(name),
        KeyMember::Expression(_) => None,
    };
    found.unwrap_or_default().into_iter().filter_map(column).collect()
}

/// EXCLUDE: with equality everywhere it is UNIQUE by another name.
fn exclusion(constraint: &protobuf::Constraint) -> UniqueKey {
    let mut members = Vec::new();
    let mut equality = true;
    for node in &constraint.exclusions {
        let Some(NodeEnum::List(pair)) = &node.node else { continue };
        let [element, operator] = &pair.items[..] else { continue };
        if let Some(NodeEnum::IndexElem(element)) = &element.node {
            members.push(member(element));
        }
        equality &= match &operator.node {
            Some(NodeEnum::List(name)) => name.items.last().and_then(string) == Some("="),
            _ => false,
        };
    }
    let predicate = constraint.where_clause.as_ref().map(|node| expression::columns(node));
    UniqueKey {
        primary: false,
        members,
        partial: predicate.is_some(),
        predicate_columns: predicate.unwrap_or_default(),
        nulls_equal: false,
        exclusion: !equality,
    }
}

fn member(element: &protobuf::IndexElem) -> KeyMember {
    match &element.expr {
        Some(node) => expression::member(node),
        None => KeyMember::Column(Name::new(element.name.as_str())),
    }
}

/// CREATE UNIQUE INDEX; other indexes demand nothing.
pub(super) fn index(apply: &mut Apply<'_>, index: &protobuf::IndexStmt) {
    let (true, Some(range)) = (index.unique, &index.relation) else { return };
    let relation = apply.relation(range);
    let members = index.index_params.iter().filter_map(|node: &Node| match &node.node {
        Some(NodeEnum::IndexElem(element)) => Some(member(element)),
        _ => None,
    });
    let predicate = index.where_clause.as_ref().map(|node| expression::columns(node));
    let key = UniqueKey {
        primary: false,
        members: members.collect(),
        partial: predicate.is_some(),
        predicate_columns: predicate.unwrap_or_default(),
        nulls_equal: index.nulls_not_distinct,
        exclusion: false,
    };
    push(apply, &relation, &index.idxname, ConstraintKind::Unique(key));
}
