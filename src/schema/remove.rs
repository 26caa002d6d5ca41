//! DROP. Of `--clean` dumps it names what is not there yet, which is no error.

use pg_query::NodeEnum;
use pg_query::protobuf::{DropBehavior, DropStmt, Node, ObjectType};

use super::catalogue::{ConstraintKind, RelationKind};
use super::ddl::{Change, Work};
use crate::name::{Name, RelationName};

impl Work<'_> {
    /// DROP TABLE, FOREIGN TABLE, TYPE, DOMAIN, INDEX, SEQUENCE, SCHEMA.
    pub(super) fn drop_objects(&mut self, tree: &DropStmt) {
        let cascade = tree.behavior() == DropBehavior::DropCascade;
        for object in &tree.objects {
            let Some(name) = self.dropped_name(object) else { continue };
            match tree.remove_type() {
                ObjectType::ObjectTable | ObjectType::ObjectForeignTable => self.drop_relation(&name, cascade),
                ObjectType::ObjectType | ObjectType::ObjectDomain => self.drop_type(&name),
                ObjectType::ObjectIndex => self.drop_index(&name),
                ObjectType::ObjectSequence => self.catalogue.owned_sequences.retain(|(sequence, _, _)| *sequence != name),
                ObjectType::ObjectSchema if cascade => self.drop_schema(&name.name),
                _ => {}
            }
        }
    }

    fn dropped_name(&self, object: &Node) -> Option<RelationName> {
        match object.node.as_ref()? {
            NodeEnum::List(parts) => self.cx.qualified(&parts.items),
            NodeEnum::TypeName(tree) => self.cx.qualified(&tree.names),
            NodeEnum::String(_) => self.cx.qualified(std::slice::from_ref(object)),
            _ => None,
        }
    }

    /// A table goes, with its partitions (its children only with CASCADE), and the keys that point at them.
    fn drop_relation(&mut self, name: &RelationName, cascade: bool) {
        let Some(relation) = self.catalogue.relations.get(name) else { return };
        let mut names = vec![name.clone()];
        if cascade || relation.kind == RelationKind::Partitioned {
            names.extend(self.catalogue.descendants(name));
        }
        for name in names {
            self.catalogue.relations.remove(&name);
            self.catalogue.owned_sequences.retain(|(_, table, _)| *table != name);
            for relation in self.catalogue.relations.values_mut() {
                relation.parents.retain(|parent| *parent != name);
                relation
                    .constraints
                    .retain(|constraint| !matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.references == name));
            }
            self.changes.push(Change::Relation(name));
        }
    }

    fn drop_type(&mut self, name: &RelationName) {
        if self.catalogue.types.remove(name).is_some() {
            self.changes.push(Change::Type(name.clone()));
        }
    }

    fn drop_index(&mut self, name: &RelationName) {
        let here = self.catalogue.relations.values_mut().filter(|relation| relation.name.schema == name.schema);
        for relation in here {
            let before = relation.constraints.len();
            relation
                .constraints
                .retain(|constraint| constraint.name.as_ref() != Some(&name.name) || !matches!(constraint.kind, ConstraintKind::Unique(_)));
            if relation.constraints.len() != before {
                self.changes.push(Change::Relation(relation.name.clone()));
            }
        }
    }

    fn drop_schema(&mut self, schema: &Name) {
        let relations: Vec<RelationName> = self.catalogue.relations.keys().filter(|name| name.schema == *schema).cloned().collect();
        relations.iter().for_each(|name| self.drop_relation(name, true));
        let types: Vec<RelationName> = self.catalogue.types.keys().filter(|name| name.schema == *schema).cloned().collect();
        types.iter().for_each(|name| self.drop_type(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalogue::Catalogue;
    use crate::schema::ddl::tests::catalogue_of;

    #[test]
    fn clean_drops_what_is_not_there() {
        let catalogue = catalogue_of(&[
            "DROP TABLE IF EXISTS public.t;",
            "DROP TABLE public.t;",
            "DROP TYPE IF EXISTS public.mood;",
            "DROP DOMAIN public.code;",
            "DROP INDEX IF EXISTS public.i;",
            "DROP SEQUENCE public.s;",
            "DROP SCHEMA IF EXISTS crm CASCADE;",
            "DROP FOREIGN TABLE IF EXISTS public.f;",
        ]);
        assert_eq!(catalogue, Catalogue::default());
    }

    #[test]
    fn all_that_hangs_on_it_goes() {
        let mut catalogue = catalogue_of(&[
            "CREATE TABLE crm.p (id int PRIMARY KEY) PARTITION BY LIST (id)",
            "CREATE TABLE crm.p1 PARTITION OF crm.p DEFAULT",
            "CREATE TABLE t (p int REFERENCES crm.p, a text)",
            "CREATE UNIQUE INDEX i ON t (a)",
            "CREATE TYPE crm.mood AS ENUM ('a')",
            "CREATE DOMAIN d AS text",
            "CREATE SEQUENCE s OWNED BY t.a",
        ]);
        let t = RelationName::new("public", "t");
        assert_eq!(catalogue.apply("DROP INDEX public.i", None), Ok(vec![Change::Relation(t.clone())]));
        assert_eq!(catalogue.apply("DROP DOMAIN d", None), Ok(vec![Change::Type(RelationName::new("public", "d"))]));
        let gone = [("p", true), ("p1", true), ("mood", false)].map(|(name, table)| {
            let name = RelationName::new("crm", name);
            if table { Change::Relation(name) } else { Change::Type(name) }
        });
        assert_eq!(catalogue.apply("DROP SCHEMA crm CASCADE", None), Ok(gone.to_vec()));
        assert_eq!(catalogue.relation(&t).map(|t| t.constraints.len()), Some(0));
        catalogue.apply("DROP TABLE t", None).expect("readable");
        assert_eq!(catalogue, Catalogue::default());
    }
}
