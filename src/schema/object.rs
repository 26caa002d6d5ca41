//! The objects of a dump: what they are, and which is which. Identity comes from the SQL, never from a comment.

use std::fmt;

use crate::name::{Name, RelationName};

/// What an object is, in the words of pg_dump's table of contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// CREATE ACCESS METHOD.
    AccessMethod,
    /// CREATE AGGREGATE.
    Aggregate,
    /// CREATE CAST.
    Cast,
    /// CREATE COLLATION.
    Collation,
    /// PRIMARY KEY, UNIQUE, EXCLUDE, CHECK and NOT NULL that ALTER TABLE adds.
    Constraint,
    /// CREATE CONVERSION.
    Conversion,
    /// The database itself.
    Database,
    /// ALTER TABLE … SET DEFAULT.
    Default,
    /// ALTER DEFAULT PRIVILEGES.
    DefaultPrivileges,
    /// CREATE DOMAIN.
    Domain,
    /// CREATE EVENT TRIGGER.
    EventTrigger,
    /// CREATE EXTENSION.
    Extension,
    /// CREATE FOREIGN DATA WRAPPER.
    ForeignDataWrapper,
    /// FOREIGN KEY that ALTER TABLE adds.
    ForeignKey,
    /// CREATE FOREIGN TABLE.
    ForeignTable,
    /// CREATE FUNCTION.
    Function,
    /// CREATE INDEX.
    Index,
    /// CREATE LANGUAGE.
    Language,
    /// A large object.
    LargeObject,
    /// CREATE MATERIALIZED VIEW.
    MaterializedView,
    /// CREATE OPERATOR.
    Operator,
    /// CREATE OPERATOR CLASS.
    OperatorClass,
    /// CREATE OPERATOR FAMILY.
    OperatorFamily,
    /// CREATE POLICY, and ENABLE ROW LEVEL SECURITY.
    Policy,
    /// CREATE PROCEDURE.
    Procedure,
    /// CREATE PUBLICATION and what belongs to it.
    Publication,
    /// A role.
    Role,
    /// CREATE RULE.
    Rule,
    /// CREATE SCHEMA.
    Schema,
    /// CREATE SEQUENCE.
    Sequence,
    /// CREATE SERVER.
    Server,
    /// CREATE STATISTICS.
    Statistics,
    /// CREATE SUBSCRIPTION.
    Subscription,
    /// CREATE TABLE.
    Table,
    /// CREATE TABLESPACE.
    Tablespace,
    /// CREATE TEXT SEARCH CONFIGURATION.
    TextSearchConfiguration,
    /// CREATE TEXT SEARCH DICTIONARY.
    TextSearchDictionary,
    /// CREATE TEXT SEARCH PARSER.
    TextSearchParser,
    /// CREATE TEXT SEARCH TEMPLATE.
    TextSearchTemplate,
    /// CREATE TRANSFORM.
    Transform,
    /// CREATE TRIGGER.
    Trigger,
    /// CREATE TYPE.
    Type,
    /// CREATE USER MAPPING.
    UserMapping,
    /// CREATE VIEW.
    View,
    /// No object: SET, SELECT set_config, BEGIN.
    Setting,
    /// What we know no more of than the names in it.
    Other,
}

/// The words of each kind that rules and messages use.
const WORDS: &[(Kind, &str)] = &[
    (Kind::AccessMethod, "access method"),
    (Kind::Aggregate, "aggregate"),
    (Kind::Cast, "cast"),
    (Kind::Collation, "collation"),
    (Kind::Constraint, "constraint"),
    (Kind::Conversion, "conversion"),
    (Kind::Database, "database"),
    (Kind::Default, "default"),
    (Kind::DefaultPrivileges, "default privileges"),
    (Kind::Domain, "domain"),
    (Kind::EventTrigger, "event trigger"),
    (Kind::Extension, "extension"),
    (Kind::ForeignDataWrapper, "foreign data wrapper"),
    (Kind::ForeignKey, "foreign key"),
    (Kind::ForeignTable, "foreign table"),
    (Kind::Function, "function"),
    (Kind::Index, "index"),
    (Kind::Language, "language"),
    (Kind::LargeObject, "large object"),
    (Kind::MaterializedView, "materialized view"),
    (Kind::Operator, "operator"),
    (Kind::OperatorClass, "operator class"),
    (Kind::OperatorFamily, "operator family"),
    (Kind::Policy, "policy"),
    (Kind::Procedure, "procedure"),
    (Kind::Publication, "publication"),
    (Kind::Role, "role"),
    (Kind::Rule, "rule"),
    (Kind::Schema, "schema"),
    (Kind::Sequence, "sequence"),
    (Kind::Server, "server"),
    (Kind::Statistics, "statistics"),
    (Kind::Subscription, "subscription"),
    (Kind::Table, "table"),
    (Kind::Tablespace, "tablespace"),
    (Kind::TextSearchConfiguration, "text search configuration"),
    (Kind::TextSearchDictionary, "text search dictionary"),
    (Kind::TextSearchParser, "text search parser"),
    (Kind::TextSearchTemplate, "text search template"),
    (Kind::Transform, "transform"),
    (Kind::Trigger, "trigger"),
    (Kind::Type, "type"),
    (Kind::UserMapping, "user mapping"),
    (Kind::View, "view"),
];

impl Kind {
    /// The word for it: `materialized view`.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(kind, _)| *kind == self).map_or("statement", |(_, word)| word)
    }

    /// The kind that a word names.
    pub fn of_word(word: &str) -> Option<Kind> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    /// All words, in order.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(_, word)| *word)
    }

    /// Whether pg_dump puts it behind the data (`dbObjectTypePriorities` in src/bin/pg_dump/pg_dump_sort.c).
    pub fn is_post_data(self) -> bool {
        matches!(
            self,
            Kind::Constraint
                | Kind::ForeignKey
                | Kind::Index
                | Kind::Trigger
                | Kind::Rule
                | Kind::Policy
                | Kind::Statistics
                | Kind::Publication
                | Kind::Subscription
                | Kind::EventTrigger
                | Kind::DefaultPrivileges
        )
    }
}

/// An object by its identity: two statements that speak of the same object give equal ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// What stands in `pg_class`: tables, views, sequences, indexes.
    Relation(RelationName),
    /// What stands in `pg_type`: types, domains, and the row types of relations.
    Type(RelationName),
    /// A function, procedure or aggregate, with the types of its input arguments; an operator, with those of its sides (a
    /// side that is not there is `NONE`).
    Routine(RelationName, Vec<String>),
    /// What belongs to a table and has a name there: a trigger, rule, policy or constraint.
    On(Kind, RelationName, Name),
    /// What has a schema and a name, and a name space of its own: statistics, collations, text search.
    Within(Kind, RelationName),
    /// What belongs to an access method, and has a schema and a name there: operator classes and families.
    Method(Kind, Name, RelationName),
    /// What has a name alone: a schema, an extension, a publication.
    Global(Kind, Name),
    /// What has no name, or an odd one: a cast, a user mapping, a large object.
    Other(Kind, String),
}

/// A name without its kind: `public.users`, `constraint users_pkey of public.users`.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Relation(name) | Object::Type(name) | Object::Within(_, name) => write!(f, "{name}"),
            Object::Routine(name, arguments) => write!(f, "{name}({})", arguments.join(", ")),
            Object::Method(_, method, name) => write!(f, "{name} for {method}"),
            Object::On(_, table, name) => write!(f, "{name} of {table}"),
            Object::Global(_, name) => write!(f, "{name}"),
            Object::Other(_, name) => f.write_str(name),
        }
    }
}

/// What a statement says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// It creates it.
    Definition,
    /// It adds to it or changes it.
    Part,
    /// COMMENT ON.
    Comment,
    /// … OWNER TO.
    Owner,
    /// GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.
    Privileges,
    /// SECURITY LABEL.
    SecurityLabel,
    /// REFRESH MATERIALIZED VIEW.
    Refresh,
    /// setval: a sequence's value, which is data.
    Value,
    /// DROP, as `pg_dump --clean` writes it.
    Removal,
    /// SET and the like.
    Setting,
}

/// What a statement or an object cannot be without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// An object.
    Object(Object),
    /// A function or an operator by its name, and how many arguments it is called with where that is known.
    Routine(RelationName, Option<usize>),
}

/// What a statement creates, speaks of and needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What its object is. ALTER TABLE says so of views and sequences too: their statement of creation knows better.
    pub kind: Kind,
    /// What it says of it.
    pub aspect: Aspect,
    /// What it creates or speaks of.
    pub about: Vec<Object>,
    /// What it cannot be without, the objects that it speaks of apart.
    pub needs: Vec<Need>,
    /// Objects that go when others go, beyond what this statement creates: a sequence with the table that owns it.
    pub links: Vec<(Object, Object)>,
    /// Parts of CREATE TABLE that need something.
    pub parts: Vec<Part>,
    /// The text of a function's body, which is not followed.
    pub body: Option<String>,
    /// The setting that SET or set_config names.
    pub setting: Option<String>,
    /// It stands behind the data, whatever its object is: CREATE OR REPLACE VIEW, by which pg_dump gives a stand-in its real
    /// query; CLUSTER ON and REPLICA IDENTITY USING INDEX, which it writes with the index (`dumpIndex` and `dumpConstraint`
    /// in src/bin/pg_dump/pg_dump.c).
    pub behind_data: bool,
}

/// A part of CREATE TABLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The column it belongs to, where it belongs to one.
    pub column: Option<Name>,
    /// For a default: where it stands in the statement, in bytes of its decoded text, from DEFAULT to its end.
    pub default: Option<std::ops::Range<usize>>,
    /// What it needs.
    pub needs: Vec<Need>,
}
