//! Statements that speak of an object: COMMENT ON, OWNER TO, GRANT, SECURITY LABEL, DROP, setval.

use pg_query::protobuf::ObjectType;

use super::Reader;
use super::tree::Tree;
use crate::name::RelationName;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object};

/// What the grammar's word for an object means to us.
pub(super) fn kind_of(object: ObjectType) -> Kind {
    match object {
        ObjectType::ObjectAccessMethod => Kind::AccessMethod,
        ObjectType::ObjectAggregate => Kind::Aggregate,
        ObjectType::ObjectCast => Kind::Cast,
        ObjectType::ObjectCollation => Kind::Collation,
        ObjectType::ObjectConversion => Kind::Conversion,
        ObjectType::ObjectDatabase => Kind::Database,
        ObjectType::ObjectDefault => Kind::Default,
        ObjectType::ObjectDefacl => Kind::DefaultPrivileges,
        ObjectType::ObjectDomain | ObjectType::ObjectDomconstraint => Kind::Domain,
        ObjectType::ObjectEventTrigger => Kind::EventTrigger,
        ObjectType::ObjectExtension => Kind::Extension,
        ObjectType::ObjectFdw => Kind::ForeignDataWrapper,
        ObjectType::ObjectForeignServer => Kind::Server,
        ObjectType::ObjectForeignTable => Kind::ForeignTable,
        ObjectType::ObjectFunction | ObjectType::ObjectRoutine => Kind::Function,
        ObjectType::ObjectIndex => Kind::Index,
        ObjectType::ObjectLanguage => Kind::Language,
        ObjectType::ObjectLargeobject => Kind::LargeObject,
        ObjectType::ObjectMatview => Kind::MaterializedView,
        ObjectType::ObjectOpclass => Kind::OperatorClass,
        ObjectType::ObjectOperator => Kind::Operator,
        ObjectType::ObjectOpfamily => Kind::OperatorFamily,
        ObjectType::ObjectPolicy => Kind::Policy,
        ObjectType::ObjectProcedure => Kind::Procedure,
        ObjectType::ObjectPublication | ObjectType::ObjectPublicationNamespace | ObjectType::ObjectPublicationRel => Kind::Publication,
        ObjectType::ObjectRole => Kind::Role,
        ObjectType::ObjectRule => Kind::Rule,
        ObjectType::ObjectSchema => Kind::Schema,
        ObjectType::ObjectSequence => Kind::Sequence,
        ObjectType::ObjectStatisticExt => Kind::Statistics,
        ObjectType::ObjectSubscription => Kind::Subscription,
        ObjectType::ObjectTabconstraint => Kind::Constraint,
        ObjectType::ObjectTable | ObjectType::ObjectColumn => Kind::Table,
        ObjectType::ObjectTablespace => Kind::Tablespace,
        ObjectType::ObjectTransform => Kind::Transform,
        ObjectType::ObjectTrigger => Kind::Trigger,
        ObjectType::ObjectTsconfiguration => Kind::TextSearchConfiguration,
        ObjectType::ObjectTsdictionary => Kind::TextSearchDictionary,
        ObjectType::ObjectTsparser => Kind::TextSearchParser,
        ObjectType::ObjectTstemplate => Kind::TextSearchTemplate,
        ObjectType::ObjectType | ObjectType::ObjectAttribute => Kind::Type,
        ObjectType::ObjectUserMapping => Kind::UserMapping,
        ObjectType::ObjectView => Kind::View,
        ObjectType::Undefined | ObjectType::ObjectAmop | ObjectType::ObjectAmproc | ObjectType::ObjectParameterAcl => Kind::Other,
    }
}

/// What stands for the side that a prefix operator has not.
pub(super) const NO_SIDE: &str = "NONE";

/// A field that holds an `ObjectType`.
pub(super) fn object_type(tree: Tree<'_>, field: &str) -> ObjectType {
    ObjectType::try_from(tree.number(field)).unwrap_or(ObjectType::Undefined)
}

impl Reader<'_> {
    /// COMMENT ON and its like; `None` for any other statement.
    pub(super) fn say(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        let of = |aspect, field: &str, object: Tree<'_>| {
            let object_type = object_type(tree, field);
            Facts::new(kind_of(object_type), aspect).about(self.object(object_type, object))
        };
        Some(match verb {
            "CommentStmt" => of(Aspect::Comment, "objtype", tree.get("object")),
            "SecLabelStmt" => of(Aspect::SecurityLabel, "objtype", tree.get("object")),
            "AlterOwnerStmt" => {
                let object = if tree.get("relation").is_some() { tree.get("relation") } else { tree.get("object") };
                of(Aspect::Owner, "object_type", object)
            }
            "AlterObjectSchemaStmt" => {
                let object = if tree.get("relation").is_some() { tree.get("relation") } else { tree.get("object") };
                of(Aspect::Part, "object_type", object)
            }
            "DropStmt" => {
                let object_type = object_type(tree, "remove_type");
                let objects = tree.get("objects").items().filter_map(|object| self.object(object_type, object));
                Facts::new(kind_of(object_type), Aspect::Removal).about(objects)
            }
            "GrantStmt" => self.grant(tree),
            "AlterDefaultPrivilegesStmt" => {
                let schemas = tree.get("options").items().filter(|option| option.variant().1.text("defname") == Some("schemas"));
                let schemas = schemas.flat_map(|option| self.names(option.variant().1.get("arg")));
                let needs = schemas.map(|name| Need::Object(Object::Global(Kind::Schema, name)));
                Facts::new(Kind::DefaultPrivileges, Aspect::Privileges).needs(needs)
            }
            "GrantRoleStmt" => Facts::new(Kind::Role, Aspect::Privileges),
            "RefreshMatViewStmt" => {
                let view = self.range_var(tree.get("relation")).map(Object::Relation);
                Facts::new(Kind::MaterializedView, Aspect::Refresh).about(view)
            }
            "VariableSetStmt" => {
                let name = tree.text("name").unwrap_or_default();
                let method = tree.get("args").items().next().and_then(constant).filter(|_| name == "default_table_access_method");
                let method = method.map(|name| Object::Global(Kind::AccessMethod, self.source.name(name)));
                setting(name).needs(method.map(Need::Object))
            }
            "TransactionStmt" | "DiscardStmt" => setting(""),
            "SelectStmt" => return self.select(tree),
            _ => return None,
        })
    }

    fn grant(&self, tree: Tree<'_>) -> Facts {
        let object_type = object_type(tree, "objtype");
        let objects = tree.get("objects").items().filter_map(|object| self.object(object_type, object));
        let mut facts = Facts::new(kind_of(object_type), Aspect::Privileges).about(objects);
        // ALL TABLES IN SCHEMA names schemas; it stays as long as they do.
        if tree.number("targtype") == pg_query::protobuf::GrantTargetType::AclTargetAllInSchema as i32 {
            facts.about = self.names(tree.get("objects")).into_iter().map(|name| Object::Global(Kind::Schema, name)).collect();
        }
        facts
    }

    /// The calls that pg_dump writes as SELECT.
    fn select(&self, tree: Tree<'_>) -> Option<Facts> {
        let (_, target) = tree.get("target_list").items().next()?.variant();
        let (_, from) = tree.get("from_clause").items().next().map_or(("", Tree(&serde_json::Value::Null)), Tree::variant);
        let call = match target.get("val").variant() {
            ("FuncCall", call) => call,
            // SELECT * FROM pg_catalog.pg_restore_relation_stats(…)
            _ => from.get("functions").items().next()?.items().next()?.variant().1,
        };
        let arguments: Vec<Tree<'_>> = call.get("args").items().collect();
        let text = |index: usize| arguments.get(index).and_then(|argument| constant(*argument));
        match call.get("funcname").items().last().and_then(Tree::string)? {
            "setval" => {
                let sequence = text(0).and_then(|name| self.relation_in(name)).map(Object::Relation);
                Some(Facts::new(Kind::Sequence, Aspect::Value).about(sequence))
            }
            "set_config" => Some(setting(text(0).unwrap_or_default())),
            "lo_create" | "lo_open" | "lowrite" | "lo_close" | "lo_unlink" | "lo_from_bytea" | "lo_put" => {
                Some(Facts::new(Kind::LargeObject, Aspect::Definition))
            }
            "pg_restore_relation_stats" | "pg_restore_attribute_stats" => {
                let after = |key: &str| (0..arguments.len()).find(|index| text(*index) == Some(key)).and_then(|index| text(index + 1));
                let relation = match (after("schemaname"), after("relname"), after("relation")) {
                    (Some(schema), Some(name), _) => Some(RelationName::new(schema, name)),
                    (_, _, Some(written)) => self.relation_in(written),
                    _ => None,
                };
                Some(Facts::new(Kind::Statistics, Aspect::Value).about(relation.map(Object::Relation)))
            }
            _ => None,
        }
    }

    /// The object that a statement names.
    pub(super) fn object(&self, object_type: ObjectType, tree: Tree<'_>) -> Option<Object> {
        let kind = kind_of(object_type);
        let (variant, node) = tree.variant();
        let list = || self.names(tree);
        Some(match kind {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence | Kind::Index | Kind::ForeignTable => {
                if tree.get("relname").is_some() {
                    return self.range_var(tree).map(Object::Relation);
                }
                let parts = match variant {
                    "RangeVar" => return self.range_var(node).map(Object::Relation),
                    _ if object_type == ObjectType::ObjectColumn => list().split_last().map(|(_, relation)| relation.to_vec())?,
                    _ => list(),
                };
                Object::Relation(self.qualified(&parts)?)
            }
            Kind::Type | Kind::Domain => {
                let name = if variant == "List" { tree.items().next()?.variant().1 } else { node };
                match self.type_name(name) {
                    Some(name) => Object::Type(name),
                    None => Object::Type(self.qualified(&list())?),
                }
            }
            Kind::Function | Kind::Procedure | Kind::Aggregate => self.routine(node)?,
            Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Constraint => {
                let parts = list();
                let (name, table) = parts.split_last()?;
                Object::On(kind, self.qualified(table)?, name.clone())
            }
            Kind::Statistics
            | Kind::Collation
            | Kind::Conversion
            | Kind::TextSearchConfiguration
            | Kind::TextSearchDictionary
            | Kind::TextSearchParser
            | Kind::TextSearchTemplate => Object::Within(kind, self.qualified(&list())?),
            Kind::OperatorClass | Kind::OperatorFamily => {
                let parts = list();
                let (method, name) = parts.split_first()?;
                Object::Method(kind, method.clone(), self.qualified(name)?)
            }
            Kind::Operator => {
                let sides = node.get("objargs").items().map(|side| match side.variant() {
                    ("TypeName", name) => self.type_text(name),
                    _ => NO_SIDE.into(),
                });
                Object::Routine(self.qualified(&self.names(node.get("objname")))?, sides.collect())
            }
            Kind::Cast | Kind::Transform => {
                let parts = tree.items().map(|part| match part.variant() {
                    ("TypeName", name) => self.type_text(name),
                    _ => part.string().unwrap_or_default().to_owned(),
                });
                Object::Other(kind, parts.collect::<Vec<_>>().join(" "))
            }
            Kind::LargeObject => Object::Other(kind, tree.variant().1.0.to_string()),
            _ => Object::Global(kind, tree.string().map(|name| self.source.name(name))?),
        })
    }

    /// An `ObjectWithArgs` of a function.
    pub(super) fn routine(&self, tree: Tree<'_>) -> Option<Object> {
        let name = self.qualified(&self.names(tree.get("objname")))?;
        Some(Object::Routine(name, tree.get("objargs").items().map(|argument| self.type_text(argument.variant().1)).collect()))
    }
}

/// The text of a constant, also behind a cast.
fn constant(tree: Tree<'_>) -> Option<&str> {
    match tree.variant() {
        ("TypeCast", cast) => cast.get("arg").string(),
        _ => tree.string(),
    }
}

fn setting(name: &str) -> Facts {
    Facts { setting: Some(name.to_ascii_lowercase()), ..Facts::new(Kind::Setting, Aspect::Setting) }
}
