//! Questions to the catalogue.

use super::catalogue::{Catalogue, ConstraintKind, DataType, KeyMember, TypeDefinition};
use crate::name::{Name, RelationName};

/// What a type comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The type under all domains.
    pub data_type: &'a DataType,
    /// Whether a domain on the way refuses NULL.
    pub not_null: bool,
    /// The labels, if it is an enum.
    pub labels: Option<&'a [String]>,
    /// The CHECK expressions of all domains on the way.
    pub checks: Vec<&'a str>,
}

impl Catalogue {
    /// What a type comes down to: domains are followed to their base, at most as many as there are types.
    pub fn base_type<'a>(&'a self, declared: &'a DataType) -> Resolved<'a> {
        let mut resolved = Resolved { data_type: declared, not_null: false, labels: None, checks: Vec::new() };
        for _ in 0..=self.types.len() {
            let found = resolved.data_type;
            // An array of a domain is an array.
            if found.array {
                break;
            }
            match self.types.get(&RelationName { schema: found.schema.clone(), name: found.name.clone() }) {
                Some(TypeDefinition::Domain { base, not_null, checks }) => {
                    resolved.not_null |= not_null;
                    resolved.checks.extend(checks.iter().map(String::as_str));
                    resolved.data_type = base;
                }
                Some(TypeDefinition::Enum(labels)) => {
                    resolved.labels = Some(labels);
                    break;
                }
                Some(TypeDefinition::Composite(_) | TypeDefinition::Other) | None => break,
            }
        }
        resolved
    }

    /// The tables that a relation inherits from or is a partition of, nearest first, each once.
    pub fn ancestors(&self, relation: &RelationName) -> Vec<RelationName> {
        let parents = |name: &RelationName| self.relations.get(name).map(|found| found.parents.clone()).unwrap_or_default();
        let mut found: Vec<RelationName> = Vec::new();
        let mut next = parents(relation);
        while !next.is_empty() {
            let mut further = Vec::new();
            for parent in next {
                if parent != *relation && !found.contains(&parent) {
                    further.extend(parents(&parent));
                    found.push(parent);
                }
            }
            next = further;
        }
        found
    }

    /// The columns of a relation's primary key, if it has one.
    pub fn primary_key(&self, relation: &RelationName) -> Option<Vec<Name>> {
        self.relations.get(relation)?.constraints.iter().find_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique(key) if key.primary => Some(
                key.members
                    .iter()
                    .filter_map(|member| match member {
                        KeyMember::Column(column) => Some(column.clone()),
                        KeyMember::Folded(_) | KeyMember::Expression(_) => None,
                    })
                    .collect(),
            ),
            ConstraintKind::Unique(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. } => None,
        })
    }
}
