//! What indexes, keys of partitions and operator classes need of access methods; what publications need of schemas.

use pg_query::protobuf::{PartitionStrategy, PublicationObjSpecType};

use super::Reader;
use super::tree::Tree;
use crate::name::{Name, RelationName};
use crate::schema::object::{Kind, Need, Object};

impl Reader<'_> {
    /// A name with its schema that is none of PostgreSQL's own.
    pub(super) fn own(&self, name: Tree<'_>) -> Option<RelationName> {
        let parts = self.names(name);
        self.qualified(&parts).filter(|name| parts.len() > 1 && name.schema.as_str() != "pg_catalog")
    }

    /// An operator class or family, by the field that names it and `amname`.
    pub(super) fn of_method(&self, kind: Kind, tree: Tree<'_>, field: &str) -> Option<Object> {
        let method = self.source.name(tree.text("amname")?);
        Some(Object::Method(kind, method, self.qualified(&self.names(tree.get(field)))?))
    }

    /// The access method that a field names.
    pub(super) fn method(&self, tree: Tree<'_>, field: &str) -> Option<Need> {
        let name = tree.text(field).filter(|name| !BUILT_IN.contains(name))?;
        Some(Need::Object(Object::Global(Kind::AccessMethod, self.source.name(name))))
    }

    /// What the elements of an index need beyond what they name as expressions: operator classes, the access method.
    pub(super) fn indexing(&self, tree: Tree<'_>, elements: &str) -> Vec<Need> {
        let method = tree.text("access_method").filter(|name| !name.is_empty()).unwrap_or("btree");
        let classes = tree.get(elements).items().filter_map(|element| self.class(method, element.variant().1));
        classes.chain(self.method(tree, "access_method")).collect()
    }

    /// The same of EXCLUDE, with its operators; nothing for other constraints.
    pub(super) fn excluding(&self, constraint: Tree<'_>) -> Vec<Need> {
        let method = constraint.text("access_method").filter(|name| !name.is_empty()).unwrap_or("btree");
        let mut needs = Vec::new();
        for pair in constraint.get("exclusions").items() {
            let mut pair = pair.items();
            needs.extend(pair.next().and_then(|element| self.class(method, element.variant().1)));
            needs.extend(pair.next().and_then(|operator| self.own(operator)).map(|name| Need::Routine(name, None)));
        }
        if !needs.is_empty() || constraint.get("exclusions").items().next().is_some() {
            needs.extend(self.method(constraint, "access_method"));
        }
        needs
    }

    /// PARTITION BY.
    pub(super) fn partition_key(&self, tree: Tree<'_>) -> Vec<Need> {
        let hash = PartitionStrategy::try_from(tree.number("strategy")) == Ok(PartitionStrategy::Hash);
        let method = if hash { "hash" } else { "btree" };
        let classes = tree.get("part_params").items().filter_map(|element| self.class(method, element.variant().1));
        self.references(tree).into_iter().chain(classes).collect()
    }

    fn class(&self, method: &str, element: Tree<'_>) -> Option<Need> {
        let name = self.own(element.get("opclass"))?;
        Some(Need::Object(Object::Method(Kind::OperatorClass, Name::new(method), name)))
    }

    /// The schemas all of whose tables a statement about a publication names.
    pub(super) fn published_schemas(&self, tree: Tree<'_>) -> Vec<Need> {
        let objects = tree.get("pubobjects").items().map(|object| object.variant().1);
        let schemas = objects.filter(|object| {
            PublicationObjSpecType::try_from(object.number("pubobjtype")) == Ok(PublicationObjSpecType::PublicationobjTablesInSchema)
        });
        schemas.filter_map(|object| Some(Need::Object(Object::Global(Kind::Schema, self.source.name(object.text("name")?))))).collect()
    }
}

/// The access methods that every database has (src/include/catalog/pg_am.dat).
const BUILT_IN: &[&str] = &["", "heap", "btree", "hash", "gist", "gin", "spgist", "brin"];
