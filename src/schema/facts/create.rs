//! Statements that create an object.

use pg_query::protobuf::{ConstrType, FunctionParameterMode, ObjectType};

use super::Reader;
use super::about::{NO_SIDE, kind_of, object_type};
use super::alter::{indexed, relation};
use super::tree::Tree;
use crate::name::RelationName;
use crate::schema::object::{Aspect, Facts, Kind, Need, Object, Part};

fn created(kind: Kind) -> Facts {
    Facts::new(kind, Aspect::Definition)
}

/// A relation with its row type.
fn rows(name: &RelationName) -> [Object; 2] {
    [Object::Relation(name.clone()), Object::Type(name.clone())]
}

impl Reader<'_> {
    /// CREATE; `None` for any other statement.
    pub(super) fn create(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        match verb {
            "CreateStmt" => self.table(Kind::Table, tree),
            "CreateForeignTableStmt" => {
                let facts = self.table(Kind::ForeignTable, tree.get("base_stmt"))?;
                let server = tree.text("servername").map(|name| Object::Global(Kind::Server, self.source.name(name)));
                Some(facts.needs(server.map(Need::Object)))
            }
            "ViewStmt" => {
                let name = self.range_var(tree.get("view"))?;
                let facts = created(Kind::View).about(rows(&name)).needs(self.references(tree.get("query")));
                Some(Facts { behind_data: tree.flag("replace"), ..facts })
            }
            "CreateTableAsStmt" => {
                let name = self.range_var(tree.get("into").get("rel"))?;
                let is_view = object_type(tree, "objtype") == ObjectType::ObjectMatview;
                let kind = if is_view { Kind::MaterializedView } else { Kind::Table };
                Some(created(kind).about(rows(&name)).needs(self.references(tree.get("query"))))
            }
            "CreateSeqStmt" => {
                let name = self.range_var(tree.get("sequence"))?;
                Some(self.owned(created(Kind::Sequence).about([Object::Relation(name.clone())]), &name, tree.get("options")))
            }
            "IndexStmt" => {
                let table = self.range_var(tree.get("relation"))?;
                let name = tree.text("idxname").filter(|name| !name.is_empty()).map(|name| self.source.name(name));
                let index = name.map(|name| Object::Relation(RelationName::within(table.schema.clone(), name)));
                Some(
                    created(Kind::Index)
                        .about(index)
                        .needs([relation(table)])
                        .needs(self.references(tree))
                        .needs(self.indexing(tree, "index_params")),
                )
            }
            "CreateFunctionStmt" => self.function(tree),
            "CompositeTypeStmt" | "CreateDomainStmt" | "CreateEnumStmt" | "CreateRangeStmt" => self.data_type_of(verb, tree),
            "DefineStmt" => self.define(tree),
            "CreateTrigStmt" => self.trigger(tree),
            "RuleStmt" => self.on_table(Kind::Rule, tree, "relation", "rulename"),
            "CreatePolicyStmt" => self.on_table(Kind::Policy, tree, "table", "policy_name"),
            "CreateStatsStmt" => {
                let name = self.qualified(&self.names(tree.get("defnames")))?;
                let needs = [self.references(tree.get("relations")), self.references(tree.get("exprs"))].concat();
                Some(created(Kind::Statistics).about([Object::Within(Kind::Statistics, name)]).needs(needs))
            }
            "CreateConversionStmt" => {
                let name = self.qualified(&self.names(tree.get("conversion_name")))?;
                let function = self.qualified(&self.names(tree.get("func_name"))).map(|name| Need::Routine(name, None));
                Some(created(Kind::Conversion).about([Object::Within(Kind::Conversion, name)]).needs(function))
            }
            _ => self.create_global(verb, tree),
        }
    }

    /// What has a name without a schema, or none.
    fn create_global(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        let global = |kind, field: &str| {
            let name = tree.text(field).map(|name| Object::Global(kind, self.source.name(name)));
            Some(created(kind).about(name))
        };
        let needs = |kind, field: &str| {
            let name = tree.text(field).filter(|name| !name.is_empty());
            name.map(|name| Need::Object(Object::Global(kind, self.source.name(name))))
        };
        match verb {
            "CreateSchemaStmt" => global(Kind::Schema, "schemaname"),
            "CreateExtensionStmt" => {
                let schema = tree.get("options").items().map(|option| option.variant().1);
                let schema =
                    schema.filter(|option| option.text("defname") == Some("schema")).filter_map(|option| option.get("arg").string());
                let needs = schema.map(|name| Need::Object(Object::Global(Kind::Schema, self.source.name(name))));
                Some(global(Kind::Extension, "extname")?.needs(needs))
            }
            "CreatePlangStmt" => {
                Some(global(Kind::Language, "plname")?.needs(self.named_functions(tree, &["plhandler", "plinline", "plvalidator"])))
            }
            "CreateAmStmt" => Some(global(Kind::AccessMethod, "amname")?.needs(self.named_functions(tree, &["handler_name"]))),
            "CreateFdwStmt" => {
                let functions =
                    tree.get("func_options").items().filter_map(|option| self.qualified(&self.names(option.variant().1.get("arg"))));
                let functions: Vec<_> = functions.map(|name| Need::Routine(name, None)).collect();
                Some(global(Kind::ForeignDataWrapper, "fdwname")?.needs(functions))
            }
            "CreateForeignServerStmt" => Some(global(Kind::Server, "servername")?.needs(needs(Kind::ForeignDataWrapper, "fdwname"))),
            "CreateUserMappingStmt" => {
                let user = tree.get("user").text("rolename").unwrap_or_default();
                let server = tree.text("servername").unwrap_or_default();
                let name = Object::Other(Kind::UserMapping, format!("{user} on {server}"));
                Some(created(Kind::UserMapping).about([name]).needs(needs(Kind::Server, "servername")))
            }
            "CreateEventTrigStmt" => Some(global(Kind::EventTrigger, "trigname")?.needs(self.named_functions(tree, &["funcname"]))),
            "CreatePublicationStmt" => {
                let facts = global(Kind::Publication, "pubname")?.needs(self.references(tree.get("pubobjects")));
                Some(facts.needs(self.published_schemas(tree)))
            }
            "CreateSubscriptionStmt" => global(Kind::Subscription, "subname"),
            "CreatedbStmt" => global(Kind::Database, "dbname"),
            "CreateRoleStmt" => global(Kind::Role, "role"),
            "CreateTableSpaceStmt" => global(Kind::Tablespace, "tablespacename"),
            _ => self.create_nameless(verb, tree),
        }
    }

    /// What has no name of its own, or an odd one.
    fn create_nameless(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        let types = || {
            let texts = ["sourcetype", "targettype"].map(|field| self.type_text(tree.get(field)));
            Object::Other(Kind::Cast, texts.join(" "))
        };
        match verb {
            "CreateCastStmt" => Some(created(Kind::Cast).about([types()]).needs(self.references(tree))),
            "CreateTransformStmt" => {
                let name = format!("{} {}", self.type_text(tree.get("type_name")), tree.text("lang").unwrap_or_default());
                Some(created(Kind::Transform).about([Object::Other(Kind::Transform, name)]).needs(self.references(tree)))
            }
            "CreateOpClassStmt" => {
                let class = self.of_method(Kind::OperatorClass, tree, "opclassname")?;
                let family = self.of_method(Kind::OperatorFamily, tree, "opfamilyname").map(Need::Object);
                Some(
                    created(Kind::OperatorClass)
                        .about([class])
                        .needs(self.references(tree))
                        .needs(family)
                        .needs(self.method(tree, "amname")),
                )
            }
            "CreateOpFamilyStmt" => {
                let family = self.of_method(Kind::OperatorFamily, tree, "opfamilyname")?;
                Some(created(Kind::OperatorFamily).about([family]).needs(self.method(tree, "amname")))
            }
            _ => None,
        }
    }

    /// Functions that fields name, whatever their arguments.
    fn named_functions(&self, tree: Tree<'_>, fields: &[&str]) -> Vec<Need> {
        let names = fields.iter().filter_map(|field| self.qualified(&self.names(tree.get(field))));
        names.map(|name| Need::Routine(name, None)).collect()
    }

    /// CREATE TABLE: what the whole needs, and what its columns do.
    fn table(&self, kind: Kind, tree: Tree<'_>) -> Option<Facts> {
        let name = self.range_var(tree.get("relation"))?;
        let mut facts = created(kind).about(rows(&name));
        for field in ["inh_relations", "of_typename"] {
            facts.needs.extend(self.references(tree.get(field)));
        }
        let key = self.partition_key(tree.get("partspec"));
        if !key.is_empty() {
            facts.parts.push(Part { column: None, default: None, needs: key });
        }
        for element in ["table_elts", "constraints"].iter().flat_map(|field| tree.get(field).items()) {
            match element.variant() {
                ("ColumnDef", column) => self.column(column, &mut facts),
                ("Constraint", constraint) => self.inline(&name, constraint, &mut facts),
                (_, other) => facts.needs.extend(self.references(other)),
            }
        }
        Some(facts)
    }

    fn column(&self, column: Tree<'_>, facts: &mut Facts) {
        let name = column.text("colname").map(|name| self.source.name(name));
        let mut needs = self.references(column.get("type_name"));
        needs.extend(self.references(column.get("coll_clause")));
        for constraint in column.get("constraints").items().map(|constraint| constraint.variant().1) {
            if ConstrType::try_from(constraint.number("contype")) == Ok(ConstrType::ConstrDefault) {
                let needs = self.references(constraint.get("raw_expr"));
                let default = self.source.default_at(constraint.number("location"));
                if !needs.is_empty() {
                    facts.parts.push(Part { column: name.clone(), default, needs });
                }
            } else {
                needs.extend(self.references(constraint));
            }
        }
        if !needs.is_empty() {
            facts.parts.push(Part { column: name, default: None, needs });
        }
    }

    /// A constraint inside CREATE TABLE.
    fn inline(&self, table: &RelationName, constraint: Tree<'_>, facts: &mut Facts) {
        if let Some(name) = constraint.text("conname").filter(|name| !name.is_empty()).map(|name| self.source.name(name)) {
            facts.links.push((Object::On(Kind::Constraint, table.clone(), name.clone()), Object::Relation(table.clone())));
            if indexed(constraint) {
                let index = RelationName::within(table.schema.clone(), name);
                facts.links.push((Object::Relation(index), Object::Relation(table.clone())));
            }
        }
        let needs = [self.references(constraint), self.excluding(constraint)].concat();
        if !needs.is_empty() {
            facts.parts.push(Part { column: None, default: None, needs });
        }
    }

    fn function(&self, tree: Tree<'_>) -> Option<Facts> {
        let name = self.qualified(&self.names(tree.get("funcname")))?;
        let mut arguments = Vec::new();
        for parameter in tree.get("parameters").items().map(|parameter| parameter.variant().1) {
            let mode = FunctionParameterMode::try_from(parameter.number("mode")).unwrap_or(FunctionParameterMode::Undefined);
            if !matches!(mode, FunctionParameterMode::FuncParamOut | FunctionParameterMode::FuncParamTable) {
                arguments.push(self.type_text(parameter.get("arg_type")));
            }
        }
        let kind = if tree.flag("is_procedure") { Kind::Procedure } else { Kind::Function };
        let mut facts = created(kind).about([Object::Routine(name, arguments)]);
        for field in ["parameters", "return_type", "sql_body"] {
            facts.needs.extend(self.references(tree.get(field)));
        }
        for option in tree.get("options").items().map(|option| option.variant().1) {
            match option.text("defname") {
                Some("as") => facts.body = option.get("arg").items().next().and_then(Tree::string).map(str::to_owned),
                Some("language") => {
                    let language = option.get("arg").string().map(|name| Object::Global(Kind::Language, self.source.name(name)));
                    facts.needs.extend(language.map(Need::Object));
                }
                Some("support") => {
                    let function = self.qualified(&self.names(option.get("arg")));
                    facts.needs.extend(function.map(|name| Need::Routine(name, None)));
                }
                _ => {}
            }
        }
        Some(facts)
    }

    fn data_type_of(&self, verb: &str, tree: Tree<'_>) -> Option<Facts> {
        match verb {
            "CompositeTypeStmt" => {
                let name = self.range_var(tree.get("typevar"))?;
                let mut facts = created(Kind::Type).about(rows(&name));
                for column in tree.get("coldeflist").items().map(|column| column.variant().1) {
                    self.column(column, &mut facts);
                }
                Some(facts)
            }
            "CreateDomainStmt" => {
                let name = self.qualified(&self.names(tree.get("domainname")))?;
                let needs = ["type_name", "constraints", "coll_clause"].map(|field| self.references(tree.get(field))).concat();
                Some(created(Kind::Domain).about([Object::Type(name)]).needs(needs))
            }
            _ => {
                let name = self.qualified(&self.names(tree.get("type_name")))?;
                let needs = self.definition(tree.get("params"));
                // A range's collation looks like a type there, too.
                let collations = needs.iter().filter_map(|need| match need {
                    Need::Object(Object::Type(name)) => Some(Need::Object(Object::Within(Kind::Collation, name.clone()))),
                    _ => None,
                });
                let collations: Vec<_> = collations.collect();
                Some(created(Kind::Type).about([Object::Type(name)]).needs(needs).needs(collations))
            }
        }
    }

    /// CREATE AGGREGATE, OPERATOR, TYPE, COLLATION, TEXT SEARCH …
    fn define(&self, tree: Tree<'_>) -> Option<Facts> {
        let kind = kind_of(object_type(tree, "kind"));
        let parts = self.names(tree.get("defnames"));
        let name = self.qualified(&parts)?;
        let object = match kind {
            Kind::Aggregate => {
                // The arguments stand in a list of parameters and the number of direct ones.
                let parameters = tree.get("args").items().next().map(|list| list.items().map(|item| item.variant().1).collect::<Vec<_>>());
                let types = parameters.unwrap_or_default().into_iter().map(|parameter| self.type_text(parameter.get("arg_type")));
                Object::Routine(name, types.collect())
            }
            Kind::Type => Object::Type(name),
            Kind::Operator => {
                let side = |of: &str| {
                    let definition = tree.get("definition").items().map(|item| item.variant().1);
                    let found = definition.filter(|item| item.text("defname") == Some(of)).map(|item| item.get("arg").variant().1);
                    found.map(|name| self.type_text(name)).next().unwrap_or_else(|| NO_SIDE.into())
                };
                Object::Routine(name, vec![side("leftarg"), side("rightarg")])
            }
            _ => Object::Within(kind, name),
        };
        let mut facts =
            created(kind).about([object]).needs(self.definition(tree.get("definition"))).needs(self.references(tree.get("args")));
        if matches!(kind, Kind::TextSearchConfiguration | Kind::TextSearchDictionary) {
            let other = if kind == Kind::TextSearchConfiguration { Kind::TextSearchParser } else { Kind::TextSearchTemplate };
            let named = facts.needs.iter().filter_map(|need| match need {
                Need::Object(Object::Type(name)) => Some(Need::Object(Object::Within(other, name.clone()))),
                _ => None,
            });
            let named: Vec<_> = named.collect();
            facts.needs.extend(named);
        }
        Some(facts)
    }

    /// The parameters of a definition: what looks like a type there may as well be a function.
    fn definition(&self, tree: Tree<'_>) -> Vec<Need> {
        let mut needs = self.references(tree);
        for need in needs.clone() {
            if let Need::Object(Object::Type(name)) = need {
                needs.push(Need::Routine(name, None));
            }
        }
        needs
    }

    fn trigger(&self, tree: Tree<'_>) -> Option<Facts> {
        let facts = self.on_table(Kind::Trigger, tree, "relation", "trigname")?;
        let function = self.qualified(&self.names(tree.get("funcname")));
        Some(facts.needs(function.map(|name| Need::Routine(name, Some(0)))))
    }

    /// What has a name on its table, and names other things besides.
    fn on_table(&self, kind: Kind, tree: Tree<'_>, table: &str, name: &str) -> Option<Facts> {
        let table = self.range_var(tree.get(table))?;
        let object = Object::On(kind, table.clone(), self.source.name(tree.text(name)?));
        // OLD and NEW are what a rule's actions call its row.
        let needs = self.references(tree).into_iter().filter(|need| match need {
            Need::Object(Object::Relation(name)) => kind != Kind::Rule || !matches!(name.name.as_str(), "old" | "new"),
            _ => true,
        });
        Some(created(kind).about([object]).needs([relation(table)]).needs(needs.collect::<Vec<_>>()))
    }
}
