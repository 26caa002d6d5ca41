//! Questions that the plan asks of the catalogue: what a type comes down to, who is whose parent, who points at whom.
//!
//! Nothing here changes the catalogue, and nothing here trusts it to be free of cycles.

use std::collections::{HashMap, HashSet};

use super::catalogue::{Catalogue, Column, ConstraintKind, DataType, ForeignKey, Relation, RelationKind, TypeDefinition, UniqueKey};
use crate::name::{Name, RelationName};

/// What a declared type comes down to once its domains are taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// The type under the last domain; the declared type itself where there is no domain. Its modifiers are the ones
    /// that hold, since a domain takes none.
    pub base: &'a DataType,
    /// What the dump says of `base`: never a domain, unless domains go in a circle. `None` for built-in and unknown types.
    pub definition: Option<&'a TypeDefinition>,
    /// Whether an array stands anywhere on the way.
    pub array: bool,
    /// Whether a domain on the way refuses NULL (not counting domains of an array's elements).
    pub not_null: bool,
    /// The CHECK expressions of the domains on the way, as SQL over VALUE; outermost domain first.
    pub checks: Vec<&'a str>,
}

impl<'a> Resolved<'a> {
    /// The labels, where the type is an enum.
    pub fn labels(&self) -> Option<&'a [String]> {
        match self.definition {
            Some(TypeDefinition::Enum(labels)) => Some(labels),
            Some(TypeDefinition::Domain { .. } | TypeDefinition::Composite(_) | TypeDefinition::Other) | None => None,
        }
    }
}

impl DataType {
    /// The type's schema and name, as the key of [`Catalogue::types`].
    pub fn type_name(&self) -> RelationName {
        RelationName::within(self.schema.clone(), self.name.clone())
    }
}

impl Relation {
    /// Finds a column by its stored name.
    pub fn column(&self, name: &Name) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == *name)
    }

    /// Its own primary key.
    pub fn primary_key(&self) -> Option<&UniqueKey> {
        self.unique_keys().find(|key| key.primary)
    }

    /// Its own unique keys, the primary key among them.
    pub fn unique_keys(&self) -> impl Iterator<Item = &UniqueKey> {
        self.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::Unique(key) => Some(key),
            ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. } => None,
        })
    }

    /// Its own foreign keys.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ForeignKey> {
        self.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(key),
            ConstraintKind::Unique(_) | ConstraintKind::Check { .. } => None,
        })
    }
}

impl Catalogue {
    /// Finds a table by its name.
    pub fn relation(&self, name: &RelationName) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// Takes the domains off a type. Stops where domains go in a circle.
    pub fn base_type<'a>(&'a self, declared: &'a DataType) -> Resolved<'a> {
        let mut resolved = Resolved { base: declared, definition: None, array: declared.array, not_null: false, checks: Vec::new() };
        let mut seen = Vec::new();
        loop {
            let name = resolved.base.type_name();
            resolved.definition = self.types.get(&name);
            let Some(TypeDefinition::Domain { base, not_null, checks }) = resolved.definition else { return resolved };
            if seen.contains(&name) {
                return resolved;
            }
            seen.push(name);
            resolved.not_null |= *not_null && !resolved.array;
            resolved.checks.extend(checks.iter().map(String::as_str));
            resolved.base = base;
            resolved.array |= base.array;
        }
    }

    /// The names of a table's parents, their parents and so on, nearest first, each once, the table itself never.
    /// A parent that the dump does not create is named too.
    pub fn ancestors(&self, name: &RelationName) -> Vec<RelationName> {
        self.reach(name, |relation| relation.parents.clone())
    }

    /// The names of the tables that inherit from a table or are partitions of it, and theirs, nearest first.
    pub fn descendants(&self, name: &RelationName) -> Vec<RelationName> {
        let mut children: HashMap<&RelationName, Vec<&RelationName>> = HashMap::new();
        for child in self.relations.values() {
            for parent in &child.parents {
                children.entry(parent).or_default().push(&child.name);
            }
        }
        self.reach(name, |relation| children.get(&relation.name).into_iter().flatten().copied().cloned().collect())
    }

    /// Everything that repeated steps from `name` reach, breadth first.
    fn reach(&self, name: &RelationName, step: impl Fn(&Relation) -> Vec<RelationName>) -> Vec<RelationName> {
        let mut reached: Vec<RelationName> = Vec::new();
        let mut seen: HashSet<RelationName> = HashSet::from([name.clone()]);
        let mut next = 0;
        let mut current = Some(name.clone());
        while let Some(here) = current {
            for found in self.relations.get(&here).map(&step).unwrap_or_default() {
                if seen.insert(found.clone()) {
                    reached.push(found);
                }
            }
            current = reached.get(next).cloned();
            next += 1;
        }
        reached
    }

    /// The primary key that holds for a table: its own, or that of the partitioned table that it belongs to.
    pub fn primary_key(&self, name: &RelationName) -> Option<&UniqueKey> {
        let own = self.relation(name).and_then(Relation::primary_key);
        own.or_else(|| {
            let ancestors = self.ancestors(name);
            let mut partitioned = ancestors
                .iter()
                .filter_map(|ancestor| self.relation(ancestor))
                .filter(|ancestor| ancestor.kind == RelationKind::Partitioned);
            partitioned.find_map(Relation::primary_key)
        })
    }

    /// The foreign keys that point at this very table (not at its parents or partitions), with the tables that hold them.
    pub fn foreign_keys_to<'a>(&'a self, name: &'a RelationName) -> impl Iterator<Item = (&'a RelationName, &'a ForeignKey)> {
        self.relations
            .iter()
            .flat_map(|(holder, relation)| relation.foreign_keys().map(move |key| (holder, key)))
            .filter(move |(_, key)| key.references == *name)
    }

    /// The columns that a foreign key points at: those it names, or else the primary key's. `None` where it names none
    /// and no primary key of plain columns is known (yet).
    pub fn referenced_columns(&self, key: &ForeignKey) -> Option<Vec<Name>> {
        if !key.referenced.is_empty() {
            return Some(key.referenced.clone());
        }
        self.primary_key(&key.references)?.columns()
    }
}

impl UniqueKey {
    /// Its columns, where it consists of plain columns only.
    pub fn columns(&self) -> Option<Vec<Name>> {
        use super::catalogue::KeyMember;
        let plain = |member: &KeyMember| match member {
            KeyMember::Column(name) => Some(name.clone()),
            KeyMember::Folded(_) | KeyMember::Expression(_) => None,
        };
        self.members.iter().map(plain).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ddl::tests::catalogue_of;

    fn name(text: &str) -> RelationName {
        RelationName::new("public", text)
    }

    #[test]
    fn domains_come_off() {
        let catalogue = catalogue_of(&[
            "CREATE DOMAIN public.short AS character varying(10) CONSTRAINT c CHECK ((VALUE <> ''::text))",
            "CREATE DOMAIN public.code AS public.short NOT NULL CHECK (length(VALUE) > 2)",
            "CREATE TABLE public.t (a public.code, b public.code[], c text)",
        ]);
        let table = catalogue.relation(&name("t")).expect("created");
        let [a, b, c] = table.columns.as_slice() else { panic!("three columns") };
        let code = catalogue.base_type(&a.data_type);
        assert_eq!(code.base.written, "character varying(10)");
        assert!(code.not_null && a.not_null && !code.array);
        assert_eq!(code.checks, ["length(VALUE) > 2", "(VALUE <> ''::text)"]);
        let codes = catalogue.base_type(&b.data_type);
        assert!(codes.array && !codes.not_null && !b.not_null, "elements, not the column, refuse NULL");
        assert_eq!(catalogue.base_type(&c.data_type).definition, None);
    }

    #[test]
    fn circles_end() {
        let mut catalogue = catalogue_of(&["CREATE DOMAIN public.a AS public.b", "CREATE DOMAIN public.b AS public.a"]);
        let declared = DataType {
            schema: Name::new("public"),
            name: Name::new("a"),
            modifiers: Vec::new(),
            array: false,
            written: "public.a".to_owned(),
        };
        assert!(matches!(catalogue.base_type(&declared).definition, Some(TypeDefinition::Domain { .. })));
        for (child, parent) in [("x", "y"), ("y", "x")] {
            catalogue.apply(&format!("CREATE TABLE {child} () INHERITS ({parent})"), None).expect("readable");
        }
        assert_eq!(catalogue.ancestors(&name("x")), [name("y")]);
        assert_eq!(catalogue.descendants(&name("x")), [name("y")]);
    }

    #[test]
    fn ancestors_nearest_first() {
        let catalogue =
            catalogue_of(&["CREATE TABLE a (i int)", "CREATE TABLE b () INHERITS (a)", "CREATE TABLE c () INHERITS (b, elsewhere.z)"]);
        assert_eq!(catalogue.ancestors(&name("c")), [name("b"), RelationName::new("elsewhere", "z"), name("a")]);
        assert_eq!(catalogue.descendants(&name("a")), [name("b"), name("c")]);
    }

    #[test]
    fn keys_that_point_here() {
        let catalogue = catalogue_of(&[
            "CREATE TABLE p (id int, PRIMARY KEY (id)) PARTITION BY HASH (id)",
            "CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
            "CREATE TABLE c (p int REFERENCES p)",
        ]);
        let parent = name("p");
        let found: Vec<_> = catalogue.foreign_keys_to(&parent).collect();
        let [(holder, key)] = found.as_slice() else { panic!("one key") };
        assert_eq!(**holder, name("c"));
        assert_eq!(catalogue.referenced_columns(key), Some(vec![Name::new("id")]));
        assert!(catalogue.primary_key(&name("p1")).is_some(), "a partition has its parent's key");
    }
}
