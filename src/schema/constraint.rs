//! Constraints and unique indexes, wherever they are written: in a column, in a table, in ALTER TABLE, in CREATE INDEX.
//! What they mean for a mask is the plan's business.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, ConstrType, IndexStmt, Node};

use super::catalogue::{Column, Constraint, ConstraintKind, ForeignKey, KeyMember, Relation, UniqueKey};
use super::ddl::{Change, Context, Work};
use super::expression::{columns_read, key_member, values_read};
use super::literal::literal;
use super::spans::Role;
use crate::name::{Name, RelationName};

impl Work<'_> {
    /// Applies a constraint to a table that is out of the catalogue at the moment; `column` where it is written in one.
    pub(super) fn constrain(&mut self, relation: &mut Relation, column: Option<&Name>, tree: &protobuf::Constraint) {
        set_attributes(&self.cx, relation, column, tree);
        if let (Some(sequence), Some(column)) = (identity_sequence(&self.cx, tree), column) {
            self.own_sequence(sequence, Some((relation.name.clone(), column.clone())));
        }
        let index = if tree.indexname.is_empty() {
            convert(&self.cx, relation, column, tree).map(|constraint| put(relation, constraint))
        } else {
            promote_index(&self.cx, relation, tree)
        };
        if let Some(index) = index {
            self.changes.push(Change::Constraint { relation: relation.name.clone(), index });
        }
    }

    /// CREATE UNIQUE INDEX. Other indexes refuse nothing.
    pub(super) fn create_index(&mut self, tree: &IndexStmt) {
        let name = tree.relation.as_ref().map(|relation| self.cx.relation(relation));
        let Some(relation) = name.as_ref().and_then(|name| self.catalogue.relations.get_mut(name)).filter(|_| tree.unique) else { return };
        let (cx, columns) = (&self.cx, &relation.columns);
        let key = UniqueKey {
            primary: false,
            members: tree.index_params.iter().filter_map(|node| member(cx, columns, node)).collect(),
            predicate_columns: predicate_columns(cx, columns, tree.where_clause.as_deref()),
            null_tested: null_tested(cx, columns, tree.where_clause.as_deref()),
            partial: tree.where_clause.is_some(),
            nulls_equal: tree.nulls_not_distinct,
            exclusion: false,
        };
        let name = (!tree.idxname.is_empty()).then(|| cx.source.name(&tree.idxname));
        let index = put(relation, Constraint { name, kind: ConstraintKind::Unique(key) });
        self.changes.push(Change::Constraint { relation: relation.name.clone(), index });
    }
}

/// The columns that a constraint of the column or of the table names.
fn keys(cx: &Context<'_>, column: Option<&Name>, named: &[Node]) -> Vec<Name> {
    let named = cx.strings(named);
    if named.is_empty() { column.cloned().into_iter().collect() } else { named }
}

/// What a constraint says about its columns themselves.
fn set_attributes(cx: &Context<'_>, relation: &mut Relation, column: Option<&Name>, tree: &protobuf::Constraint) {
    let mut names = keys(cx, column, &tree.keys);
    let set: fn(&mut Column) = match tree.contype() {
        ConstrType::ConstrNotnull => |column| column.not_null = true,
        ConstrType::ConstrPrimary => |column| column.not_null = true,
        ConstrType::ConstrDefault => |column| column.has_default = true,
        ConstrType::ConstrGenerated => |column| column.generated = true,
        ConstrType::ConstrIdentity if tree.generated_when == "a" => |column| {
            (column.identity, column.always) = (true, true);
            column.not_null = true;
        },
        ConstrType::ConstrIdentity => |column| {
            (column.identity, column.always) = (true, false);
            column.not_null = true;
        },
        ConstrType::Undefined
        | ConstrType::ConstrNull
        | ConstrType::ConstrCheck
        | ConstrType::ConstrUnique
        | ConstrType::ConstrExclusion
        | ConstrType::ConstrForeign
        | ConstrType::ConstrAttrDeferrable
        | ConstrType::ConstrAttrNotDeferrable
        | ConstrType::ConstrAttrDeferred
        | ConstrType::ConstrAttrImmediate
        | ConstrType::ConstrAttrEnforced
        | ConstrType::ConstrAttrNotEnforced => return,
    };
    if tree.contype() == ConstrType::ConstrPrimary && !tree.indexname.is_empty() {
        names = index_columns(relation, &cx.source.name(&tree.indexname));
    }
    let default = tree.raw_expr.as_deref().filter(|_| tree.contype() == ConstrType::ConstrDefault);
    let default = default.map(|expression| literal(cx, expression));
    for column in relation.columns.iter_mut().filter(|column| names.contains(&column.name)) {
        set(column);
        if let Some(default) = &default {
            column.default.clone_from(default);
        }
    }
}

/// The sequence of GENERATED … AS IDENTITY (SEQUENCE NAME …).
fn identity_sequence(cx: &Context<'_>, tree: &protobuf::Constraint) -> Option<RelationName> {
    tree.options.iter().find_map(|option| match &option.node {
        Some(NodeEnum::DefElem(option)) if option.defname == "sequence_name" => match option.arg.as_ref()?.node.as_ref()? {
            NodeEnum::List(parts) => cx.qualified(&parts.items),
            _ => None,
        },
        _ => None,
    })
}

/// The constraint itself, where it is one that the catalogue keeps.
fn convert(cx: &Context<'_>, relation: &Relation, column: Option<&Name>, tree: &protobuf::Constraint) -> Option<Constraint> {
    let kind = match tree.contype() {
        ConstrType::ConstrCheck => check(cx, &relation.columns, tree),
        ConstrType::ConstrPrimary | ConstrType::ConstrUnique => ConstraintKind::Unique(UniqueKey {
            primary: tree.contype() == ConstrType::ConstrPrimary,
            members: keys(cx, column, &tree.keys).into_iter().map(KeyMember::Column).collect(),
            predicate_columns: Vec::new(),
            null_tested: Vec::new(),
            partial: false,
            nulls_equal: tree.nulls_not_distinct,
            exclusion: tree.without_overlaps,
        }),
        ConstrType::ConstrExclusion => ConstraintKind::Unique(exclusion(cx, &relation.columns, tree)),
        ConstrType::ConstrForeign => ConstraintKind::ForeignKey(ForeignKey {
            columns: keys(cx, column, &tree.fk_attrs),
            references: cx.relation(tree.pktable.as_ref()?),
            referenced: cx.strings(&tree.pk_attrs),
        }),
        ConstrType::Undefined
        | ConstrType::ConstrNull
        | ConstrType::ConstrNotnull
        | ConstrType::ConstrDefault
        | ConstrType::ConstrIdentity
        | ConstrType::ConstrGenerated
        | ConstrType::ConstrAttrDeferrable
        | ConstrType::ConstrAttrNotDeferrable
        | ConstrType::ConstrAttrDeferred
        | ConstrType::ConstrAttrImmediate
        | ConstrType::ConstrAttrEnforced
        | ConstrType::ConstrAttrNotEnforced => return None,
    };
    Some(Constraint { name: constraint_name(cx, tree), kind })
}

fn constraint_name(cx: &Context<'_>, tree: &protobuf::Constraint) -> Option<Name> {
    (!tree.conname.is_empty()).then(|| cx.source.name(&tree.conname))
}

fn check(cx: &Context<'_>, columns: &[Column], tree: &protobuf::Constraint) -> ConstraintKind {
    let (expression, readable) = cx.source.check_at(tree.location);
    let mut read = tree.raw_expr.as_ref().map(|node| columns_read(cx, columns, node)).unwrap_or_default();
    if !readable {
        add_unreadable(&mut read, columns, cx.source.unreadable_names(Role::Check, Some(tree.location)));
    }
    ConstraintKind::Check { expression, columns: read, readable }
}

fn exclusion(cx: &Context<'_>, columns: &[Column], tree: &protobuf::Constraint) -> UniqueKey {
    let mut members = Vec::new();
    let mut equality = true;
    for pair in &tree.exclusions {
        let Some(NodeEnum::List(pair)) = &pair.node else { continue };
        members.extend(pair.items.iter().filter_map(|node| member(cx, columns, node)));
        let operator = pair.items.iter().find_map(|node| match &node.node {
            Some(NodeEnum::List(parts)) => cx.qualified(&parts.items),
            _ => None,
        });
        equality &= operator.is_some_and(|operator| operator.name.as_str() == "=");
    }
    UniqueKey {
        primary: false,
        members,
        predicate_columns: predicate_columns(cx, columns, tree.where_clause.as_deref()),
        null_tested: null_tested(cx, columns, tree.where_clause.as_deref()),
        partial: tree.where_clause.is_some(),
        nulls_equal: false,
        exclusion: !equality,
    }
}

fn member(cx: &Context<'_>, columns: &[Column], node: &Node) -> Option<KeyMember> {
    let Some(NodeEnum::IndexElem(tree)) = &node.node else { return None };
    Some(match key_member(cx, columns, tree) {
        KeyMember::Expression(mut read) => {
            add_unreadable(&mut read, columns, cx.source.unreadable_names(Role::Member, None));
            KeyMember::Expression(read)
        }
        plain @ (KeyMember::Column(_) | KeyMember::Folded(_)) => plain,
    })
}

fn predicate_columns(cx: &Context<'_>, columns: &[Column], predicate: Option<&Node>) -> Vec<Name> {
    let mut read = predicate.map(|node| columns_read(cx, columns, node)).unwrap_or_default();
    add_unreadable(&mut read, columns, cx.source.unreadable_names(Role::Predicate, None));
    read
}

/// The columns that a predicate reads for nothing but whether they are NULL. None where it could not be parsed.
fn null_tested(cx: &Context<'_>, columns: &[Column], predicate: Option<&Node>) -> Vec<Name> {
    let Some(predicate) = predicate.filter(|_| cx.source.unreadable_names(Role::Predicate, None).is_empty()) else { return Vec::new() };
    let otherwise = values_read(cx, columns, predicate);
    columns_read(cx, columns, predicate).into_iter().filter(|name| !otherwise.contains(name)).collect()
}

/// Adds the columns whose names occur in an expression that could not be parsed.
pub(super) fn add_unreadable(read: &mut Vec<Name>, columns: &[Column], names: Vec<Name>) {
    for name in names {
        if !read.contains(&name) && columns.iter().any(|column| column.name == name) {
            read.push(name);
        }
    }
}

/// Puts a constraint into its table, in the place of one of the same name or of one that is the same; gives the place.
fn put(relation: &mut Relation, constraint: Constraint) -> usize {
    let same = |old: &Constraint| *old == constraint || (old.name.is_some() && old.name == constraint.name);
    if let Some(index) = relation.constraints.iter().position(same) {
        if let Some(old) = relation.constraints.get_mut(index) {
            *old = constraint;
        }
        return index;
    }
    relation.constraints.push(constraint);
    relation.constraints.len() - 1
}

/// PRIMARY KEY or UNIQUE USING INDEX: the index becomes the constraint and takes its name.
fn promote_index(cx: &Context<'_>, relation: &mut Relation, tree: &protobuf::Constraint) -> Option<usize> {
    let wanted = Some(cx.source.name(&tree.indexname));
    let index = relation.constraints.iter().position(|constraint| constraint.name == wanted)?;
    let constraint = relation.constraints.get_mut(index)?;
    constraint.name = constraint_name(cx, tree).or(wanted);
    if let ConstraintKind::Unique(key) = &mut constraint.kind {
        key.primary = tree.contype() == ConstrType::ConstrPrimary;
    }
    Some(index)
}

/// The plain columns of a unique index.
fn index_columns(relation: &Relation, index: &Name) -> Vec<Name> {
    let found = relation.constraints.iter().find(|constraint| constraint.name.as_ref() == Some(index));
    match found.map(|constraint| &constraint.kind) {
        Some(ConstraintKind::Unique(key)) => key.columns().unwrap_or_default(),
        Some(ConstraintKind::ForeignKey(_) | ConstraintKind::Check { .. }) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalogue::Catalogue;
    use crate::schema::ddl::tests::catalogue_of;

    const TABLE: &str = "CREATE TABLE public.t (id integer NOT NULL, a text, b integer, c integer, during int4range)";

    fn names(of: &[&str]) -> Vec<Name> {
        of.iter().map(|name| Name::new(*name)).collect()
    }

    fn columns(of: &[&str]) -> Vec<KeyMember> {
        of.iter().map(|name| KeyMember::Column(Name::new(*name))).collect()
    }

    fn table(catalogue: &Catalogue) -> &Relation {
        catalogue.relation(&RelationName::new("public", "t")).expect("created")
    }

    fn unique(members: Vec<KeyMember>) -> UniqueKey {
        UniqueKey {
            primary: false,
            members,
            predicate_columns: Vec::new(),
            null_tested: Vec::new(),
            partial: false,
            nulls_equal: false,
            exclusion: false,
        }
    }

    /// The only unique key after one more statement.
    fn key(sql: &str) -> UniqueKey {
        let catalogue = catalogue_of(&[TABLE, sql]);
        let mut keys = table(&catalogue).unique_keys().cloned();
        let key = keys.next().expect("a key");
        assert_eq!(keys.next(), None);
        key
    }

    #[test]
    fn keys_of_alter_table() {
        let primary = key("ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id, b) INCLUDE (c);");
        assert_eq!(primary, UniqueKey { primary: true, ..unique(columns(&["id", "b"])) });
        assert_eq!(key("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) DEFERRABLE INITIALLY DEFERRED"), unique(columns(&["a"])));
        let nulls = key("ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a, b);");
        assert_eq!(nulls, UniqueKey { nulls_equal: true, ..unique(columns(&["a", "b"])) });
        let temporal = key("ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (a, during WITHOUT OVERLAPS);");
        assert_eq!(temporal, UniqueKey { exclusion: true, ..unique(columns(&["a", "during"])) });
    }

    #[test]
    fn exclusion() {
        let overlap = key("ALTER TABLE ONLY public.t ADD CONSTRAINT e EXCLUDE USING gist (a WITH =, during WITH &&) WHERE ((b > 0));");
        let expected = UniqueKey { partial: true, predicate_columns: names(&["b"]), exclusion: true, ..unique(columns(&["a", "during"])) };
        assert_eq!(overlap, expected);
        let equal = key("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING btree (lower(a) WITH OPERATOR(pg_catalog.=));");
        assert_eq!(equal, unique(vec![KeyMember::Folded(Name::new("a"))]));
    }

    #[test]
    fn unique_indexes() {
        let partial =
            key("CREATE UNIQUE INDEX i ON ONLY public.t USING btree (a, lower(a)) INCLUDE (c) NULLS NOT DISTINCT WHERE (b IS NULL);");
        let members = vec![KeyMember::Column(Name::new("a")), KeyMember::Folded(Name::new("a"))];
        let b = names(&["b"]);
        let expected = UniqueKey { partial: true, predicate_columns: b.clone(), null_tested: b, nulls_equal: true, ..unique(members) };
        assert_eq!(partial, expected);
        let catalogue = catalogue_of(&[TABLE, "CREATE INDEX i ON public.t USING gin (to_tsvector('simple', a))"]);
        assert_eq!(table(&catalogue).constraints, []);
    }

    #[test]
    fn a_predicate_that_only_asks_for_null_is_told_apart() {
        let tested = |predicate: &str| {
            let key = key(&format!("CREATE UNIQUE INDEX i ON public.t USING btree (a) WHERE {predicate}"));
            (key.predicate_columns, key.null_tested)
        };
        assert_eq!(tested("(b IS NOT NULL)"), (names(&["b"]), names(&["b"])));
        assert_eq!(tested("((b IS NULL) AND (c > 0))"), (names(&["b", "c"]), names(&["b"])));
        assert_eq!(tested("((b IS NULL) OR (b > 0))"), (names(&["b"]), Vec::new()));
        assert_eq!(tested("(NULLIF(b, 0) IS NULL)"), (names(&["b"]), Vec::new()));
        assert_eq!(tested("(b IS NOT DISTINCT FROM 1)"), (names(&["b"]), Vec::new()));
        // A row counts as NULL by its fields: t.* is left to the careful side.
        assert_eq!(tested("(t.* IS NOT NULL)").1, Vec::new());
        let deep = vec!["c"; 200].join(" + ");
        assert_eq!(tested(&format!("((b IS NULL) AND (({deep}) > 0))")).1, Vec::new());
    }

    #[test]
    fn an_index_becomes_the_primary_key() {
        let catalogue = catalogue_of(&[
            TABLE,
            "CREATE UNIQUE INDEX i ON public.t (b)",
            "ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX i",
        ]);
        let table = table(&catalogue);
        let [constraint] = table.constraints.as_slice() else { panic!("one constraint") };
        assert_eq!(constraint.name, Some(Name::new("t_pkey")));
        assert_eq!(table.primary_key().map(|key| &key.members), Some(&columns(&["b"])));
        assert!(table.column(&Name::new("b")).is_some_and(|column| column.not_null));
    }

    #[test]
    fn foreign_keys() {
        let catalogue = catalogue_of(&[
            TABLE,
            "ALTER TABLE ONLY public.t ADD CONSTRAINT f1 FOREIGN KEY (b, c) REFERENCES crm.u(x, y) ON DELETE SET NULL (b) NOT VALID;",
            "ALTER TABLE ONLY public.t ADD CONSTRAINT f2 FOREIGN KEY (b) REFERENCES public.t;",
        ]);
        let keys: Vec<_> = table(&catalogue).foreign_keys().cloned().collect();
        let first = ForeignKey { columns: names(&["b", "c"]), references: RelationName::new("crm", "u"), referenced: names(&["x", "y"]) };
        let second = ForeignKey { columns: names(&["b"]), references: RelationName::new("public", "t"), referenced: Vec::new() };
        assert_eq!(keys, [first, second]);
    }

    #[test]
    fn changes_name_the_constraint() {
        let mut catalogue = catalogue_of(&[TABLE, "ALTER TABLE t ADD CONSTRAINT x CHECK (b > 0)"]);
        let relation = RelationName::new("public", "t");
        for _ in 0..2 {
            let changes = catalogue.apply("ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (a);", None).expect("readable");
            assert_eq!(changes, [Change::Constraint { relation: relation.clone(), index: 1 }]);
        }
        assert_eq!(table(&catalogue).constraints.len(), 2);
    }

    #[test]
    fn a_check_is_quoted_as_written() {
        let chain = vec!["a"; 120].join(" || ");
        let many = (0..300).map(|i| format!("b = {i}")).collect::<Vec<_>>().join(" OR ");
        let sql = format!(
            "ALTER TABLE ONLY public.t ADD CONSTRAINT one CHECK (({many})) NOT VALID, ADD CONSTRAINT two CHECK ((({chain}) <> ')'::text)), \
             ADD CHECK ((c > 0)) NO INHERIT"
        );
        let catalogue = catalogue_of(&[TABLE, &sql]);
        let checks: Vec<_> = table(&catalogue).constraints.iter().map(|constraint| &constraint.kind).cloned().collect();
        let expected = [
            ConstraintKind::Check { expression: format!("({many})"), columns: names(&["b"]), readable: true },
            ConstraintKind::Check { expression: format!("(({chain}) <> ')'::text)"), columns: names(&["a"]), readable: false },
            ConstraintKind::Check { expression: "(c > 0)".to_owned(), columns: names(&["c"]), readable: true },
        ];
        assert_eq!(checks, expected);
    }
}
