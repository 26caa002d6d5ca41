//! Statements that change an object or add to it: ALTER.

use pg_query::protobuf::{AlterTableType, ConstrType, ObjectType};

use super::Reader;
use super::about::{kind_of, object_type};
use super::tree::Tree;
use crate::name::RelationName;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object};

/// A need of a relation.
pub(super) fn relation(name: RelationName) -> Need {
    Need::Object(Object::Relation(name))
}

impl Reader<'_> {
    /// ALTER; `None` for any other statement.
    pub(super) fn alter(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        let part = |kind, object: Option<Object>| Facts::new(kind, Aspect::Part).about(object);
        let global = |kind, field: &str| part(kind, tree.text(field).map(|name| Object::Global(kind, self.source.name(name))));
        Some(match verb {
            "AlterTableStmt" => self.alter_table(tree),
            "AlterSeqStmt" => {
                let name = self.range_var(tree.get("sequence"))?;
                self.owned(part(Kind::Sequence, Some(Object::Relation(name.clone()))), &name, tree.get("options"))
            }
            "AlterDomainStmt" | "AlterEnumStmt" | "AlterTypeStmt" => {
                let name = self.qualified(&self.names(tree.get("type_name"))).map(Object::Type);
                part(if verb == "AlterDomainStmt" { Kind::Domain } else { Kind::Type }, name).needs(self.references(tree.get("def")))
            }
            "CompositeTypeStmt" | "RenameStmt" => return None,
            "AlterFunctionStmt" => part(kind_of(object_type(tree, "objtype")), self.routine(tree.get("func"))),
            "AlterObjectDependsStmt" => {
                let object_type = object_type(tree, "object_type");
                let object =
                    self.range_var(tree.get("relation")).map(Object::Relation).or_else(|| self.object(object_type, tree.get("object")));
                let extension = tree.get("extname").text("sval").map(|name| Object::Global(Kind::Extension, self.source.name(name)));
                part(kind_of(object_type), object).needs(extension.map(Need::Object))
            }
            "AlterTsconfigurationStmt" => {
                let name = self.qualified(&self.names(tree.get("cfgname")))?;
                let dictionaries = tree.get("dicts").items().filter_map(|list| self.qualified(&self.names(list)));
                let needs = dictionaries.map(|name| Need::Object(Object::Within(Kind::TextSearchDictionary, name)));
                part(Kind::TextSearchConfiguration, Some(Object::Within(Kind::TextSearchConfiguration, name))).needs(needs)
            }
            "AlterTsdictionaryStmt" => {
                let name = self.qualified(&self.names(tree.get("dictname")))?;
                part(Kind::TextSearchDictionary, Some(Object::Within(Kind::TextSearchDictionary, name)))
            }
            "AlterStatsStmt" => {
                let name = self.qualified(&self.names(tree.get("defnames")))?;
                part(Kind::Statistics, Some(Object::Within(Kind::Statistics, name)))
            }
            "AlterOpFamilyStmt" => part(Kind::OperatorFamily, self.of_method(Kind::OperatorFamily, tree, "opfamilyname"))
                .needs(self.references(tree.get("items"))),
            "AlterEventTrigStmt" => global(Kind::EventTrigger, "trigname"),
            // A table or a schema of a publication goes with it, and leaves the publication.
            "AlterPublicationStmt" => {
                global(Kind::Publication, "pubname").needs(self.references(tree.get("pubobjects"))).needs(self.published_schemas(tree))
            }
            "AlterSubscriptionStmt" => global(Kind::Subscription, "subname"),
            "AlterForeignServerStmt" => global(Kind::Server, "servername"),
            "AlterFdwStmt" => global(Kind::ForeignDataWrapper, "fdwname"),
            "AlterExtensionStmt" | "AlterExtensionContentsStmt" => global(Kind::Extension, "extname"),
            "AlterDatabaseStmt" | "AlterDatabaseSetStmt" | "AlterDatabaseRefreshCollStmt" | "DropdbStmt" => {
                global(Kind::Database, "dbname")
            }
            "AlterRoleSetStmt" | "AlterRoleStmt" => Facts::new(Kind::Role, Aspect::Part),
            _ => return None,
        })
    }

    /// OWNED BY among a sequence's options: the sequence goes with the column's table.
    pub(super) fn owned(&self, facts: Facts, sequence: &RelationName, options: Tree<'_>) -> Facts {
        let owner = options.items().map(|option| option.variant().1).find(|option| option.text("defname") == Some("owned_by"));
        let parts = owner.map(|option| self.names(option.get("arg"))).unwrap_or_default();
        match parts.split_last().and_then(|(_, table)| self.qualified(table)) {
            Some(table) => {
                let table = Object::Relation(table);
                facts.link(Object::Relation(sequence.clone()), table.clone()).needs([Need::Object(table)])
            }
            None => facts,
        }
    }

    fn alter_table(&self, tree: Tree<'_>) -> Facts {
        let object_type = object_type(tree, "objtype");
        let kind = kind_of(object_type);
        let Some(table) = self.range_var(tree.get("relation")) else { return Facts::new(kind, Aspect::Part) };
        let whole = Object::Relation(table.clone());
        let mut commands = tree.get("cmds").items().map(|command| command.variant().1).peekable();
        let subtype = |command: Tree<'_>| AlterTableType::try_from(command.number("subtype")).unwrap_or(AlterTableType::Undefined);
        let only = commands.next().filter(|_| commands.peek().is_none());
        let Some(command) = only else {
            return Facts::new(kind, Aspect::Part).about([whole]).needs(self.references(tree.get("cmds")));
        };
        let part = |kind| Facts::new(kind, Aspect::Part).about([whole.clone()]);
        let beside = |name: &str| Object::Relation(RelationName::within(table.schema.clone(), self.source.name(name)));
        match subtype(command) {
            AlterTableType::AtChangeOwner => Facts::new(kind, Aspect::Owner).about([whole]),
            AlterTableType::AtAddConstraint => self.constraint(&table, command.get("def").variant().1),
            AlterTableType::AtColumnDefault => {
                Facts::new(Kind::Default, Aspect::Definition).needs([Need::Object(whole)]).needs(self.references(command.get("def")))
            }
            AlterTableType::AtAttachPartition => match self.range_var(command.get("def").variant().1.get("name")) {
                Some(child) => {
                    let child = Object::Relation(child);
                    let kind = if object_type == ObjectType::ObjectIndex { Kind::Index } else { kind };
                    part(kind).link(child.clone(), whole.clone()).needs([Need::Object(child)])
                }
                None => part(kind),
            },
            AlterTableType::AtAddInherit => {
                let parents = self.references(command.get("def"));
                let mut facts = part(kind);
                for parent in &parents {
                    if let Need::Object(parent) = parent {
                        facts = facts.link(whole.clone(), parent.clone());
                    }
                }
                facts.needs(parents)
            }
            AlterTableType::AtAddIdentity => self.identity(part(kind), &whole, command.get("def").variant().1.get("options")),
            AlterTableType::AtClusterOn => {
                let facts = part(kind).needs(command.text("name").map(|name| Need::Object(beside(name))));
                Facts { behind_data: true, ..facts }
            }
            AlterTableType::AtReplicaIdentity => {
                let index = command.get("def").variant().1.text("name").filter(|name| !name.is_empty());
                Facts { behind_data: index.is_some(), ..part(kind).needs(index.map(|name| Need::Object(beside(name)))) }
            }
            AlterTableType::AtEnableRowSecurity => part(Kind::Policy),
            AlterTableType::AtDropConstraint => {
                let name = command.text("name").map(|name| Object::On(Kind::Constraint, table.clone(), self.source.name(name)));
                Facts::new(Kind::Constraint, Aspect::Removal).about(name).needs([Need::Object(whole)])
            }
            AlterTableType::AtEnableAlwaysTrig | AlterTableType::AtEnableReplicaTrig | AlterTableType::AtDisableTrig => {
                let name = command.text("name").map(|name| Object::On(Kind::Trigger, table.clone(), self.source.name(name)));
                Facts::new(Kind::Trigger, Aspect::Part).about(name).needs([Need::Object(whole)])
            }
            AlterTableType::AtEnableAlwaysRule | AlterTableType::AtEnableReplicaRule | AlterTableType::AtDisableRule => {
                let name = command.text("name").map(|name| Object::On(Kind::Rule, table.clone(), self.source.name(name)));
                Facts::new(Kind::Rule, Aspect::Part).about(name).needs([Need::Object(whole)])
            }
            _ => part(kind).needs(self.references(command.get("def"))),
        }
    }

    /// ADD CONSTRAINT.
    fn constraint(&self, table: &RelationName, constraint: Tree<'_>) -> Facts {
        let kind = match ConstrType::try_from(constraint.number("contype")) {
            Ok(ConstrType::ConstrForeign) => Kind::ForeignKey,
            _ => Kind::Constraint,
        };
        let name = constraint.text("conname").filter(|name| !name.is_empty()).map(|name| self.source.name(name));
        let mut facts = Facts::new(kind, Aspect::Definition).needs([relation(table.clone())]).needs(self.references(constraint));
        facts.needs.extend(self.excluding(constraint));
        if let Some(name) = name {
            facts.about.push(Object::On(Kind::Constraint, table.clone(), name.clone()));
            if indexed(constraint) {
                facts.about.push(Object::Relation(RelationName::within(table.schema.clone(), name)));
            }
        }
        // USING INDEX takes over an index that is there.
        let index = constraint.text("indexname").filter(|name| !name.is_empty());
        facts.needs.extend(index.map(|name| relation(RelationName::within(table.schema.clone(), self.source.name(name)))));
        facts
    }

    /// ADD GENERATED … AS IDENTITY makes a sequence, which goes with its table.
    fn identity(&self, facts: Facts, table: &Object, options: Tree<'_>) -> Facts {
        let option = options.items().map(|option| option.variant().1).find(|option| option.text("defname") == Some("sequence_name"));
        match option.and_then(|option| self.qualified(&self.names(option.get("arg")))) {
            Some(sequence) => facts.link(Object::Relation(sequence), table.clone()),
            None => facts,
        }
    }
}

/// Whether a constraint has an index of its name.
pub(super) fn indexed(constraint: Tree<'_>) -> bool {
    matches!(
        ConstrType::try_from(constraint.number("contype")),
        Ok(ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion)
    )
}
