//! The tables of a subset: which foreign keys join them, and so which columns of which rows are to be read. Made of the
//! schema and of what the rules choose, before any row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::{KeyRef, Outline};
use super::key::Form;
use crate::name::{Name, RelationName};
use crate::schema::catalogue::{Catalogue, ForeignKey, RelationKind};

/// What the rules choose, by tables' names.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The tables in which the subset begins.
    pub roots: BTreeSet<RelationName>,
    /// Tables all of whose rows stay.
    pub whole: BTreeSet<RelationName>,
    /// Tables whose rows come along with the rows that they point at, and how many at most.
    pub children: BTreeMap<RelationName, Option<u64>>,
    /// Tables without rows: rules leave them out.
    pub skipped: BTreeSet<RelationName>,
}

/// The tables of a subset.
#[derive(Debug, Default)]
pub struct Shape {
    tables: Vec<Table>,
    /// The place of each relation among them; partitions stand where their partitioned table does.
    places: HashMap<RelationName, usize>,
}

/// A table, or a partitioned table with all its partitions.
#[derive(Debug)]
struct Table {
    name: RelationName,
    keys: Vec<Vec<(Name, Form)>>,
    links: Vec<Link>,
    most: Option<u64>,
}

/// A foreign key.
#[derive(Debug)]
struct Link {
    /// Its name, for messages.
    name: String,
    /// The relations whose rows it is for: the table itself, or one of its partitions and that one's.
    holders: BTreeSet<RelationName>,
    columns: Vec<(Name, Form)>,
    to: KeyRef,
    down: bool,
}

/// A foreign key that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfollowed {
    /// The table.
    pub table: RelationName,
    /// A space and the key's name, or nothing.
    pub key: String,
    /// Why.
    pub why: Obstacle,
}

/// Why a foreign key cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// This column of it is generated.
    Generated(Name),
    /// It joins columns of these types, as SQL writes them, whose equal values may be written differently.
    Unlike(String, String),
}

/// The columns of one table that are to be read, as fields of the rows at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The table's place in the graph.
    pub table: usize,
    /// For each key its fields.
    pub keys: Vec<Vec<(usize, Form)>>,
    /// For each link its fields; none where these rows have not that key.
    pub links: Vec<Option<Vec<(usize, Form)>>>,
}

/// The table whose rows a relation's are counted with: itself, or the topmost partitioned table that it is a part of.
fn family(catalogue: &Catalogue, name: &RelationName) -> RelationName {
    let partitioned = |name: &RelationName| catalogue.relation(name).is_some_and(|found| found.kind == RelationKind::Partitioned);
    catalogue.ancestors(name).iter().rfind(|ancestor| partitioned(ancestor)).unwrap_or(name).clone()
}

/// A foreign key between two families.
struct Edge<'c> {
    holder: &'c RelationName,
    from: RelationName,
    to: RelationName,
    name: String,
    key: &'c ForeignKey,
    referenced: Vec<Name>,
}

fn edges<'c>(catalogue: &'c Catalogue, skipped: &BTreeSet<RelationName>) -> Vec<Edge<'c>> {
    let mut edges = Vec::new();
    for (holder, relation) in &catalogue.relations {
        for constraint in &relation.constraints {
            let crate::schema::catalogue::ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
            let referenced = catalogue.referenced_columns(key).filter(|columns| columns.len() == key.columns.len());
            let (Some(referenced), true) = (referenced, catalogue.relations.contains_key(&key.references)) else { continue };
            let (from, to) = (family(catalogue, holder), family(catalogue, &key.references));
            if !skipped.contains(&from) && !skipped.contains(&to) {
                let name = constraint.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
                edges.push(Edge { holder, from, to, name, key, referenced });
            }
        }
    }
    edges
}

impl Shape {
    /// The tables that foreign keys join with those of `wanted`, in either direction, also through others.
    ///
    /// # Errors
    /// Foreign keys whose values the dump does not hold.
    pub fn new(catalogue: &Catalogue, wanted: &Wanted) -> Result<Shape, Vec<Unfollowed>> {
        let families: HashMap<&RelationName, RelationName> =
            catalogue.relations.keys().map(|name| (name, family(catalogue, name))).collect();
        let whose = |names: &BTreeSet<RelationName>| -> BTreeSet<RelationName> {
            names.iter().map(|name| families.get(name).unwrap_or(name).clone()).collect()
        };
        let edges = edges(catalogue, &wanted.skipped);
        let joined = joined(whose(&wanted.roots).union(&whose(&wanted.whole)).cloned().collect(), &edges);
        let numbers: BTreeMap<&RelationName, usize> = joined.iter().enumerate().map(|(number, name)| (name, number)).collect();
        let mut shape = Shape {
            tables: (joined.iter()).map(|name| Table { name: name.clone(), keys: Vec::new(), links: Vec::new(), most: None }).collect(),
            places: families.iter().filter_map(|(name, family)| Some(((*name).clone(), *numbers.get(family)?))).collect(),
        };
        // What is said of a partitioned table itself counts before what is said of its partitions.
        let (whole, parts): (Vec<_>, Vec<_>) = wanted.children.iter().partition(|(name, _)| numbers.contains_key(name));
        for (name, most) in parts.into_iter().chain(whole) {
            if let Some(table) = shape.places.get(name).and_then(|place| shape.tables.get_mut(*place)) {
                table.most = *most;
            }
        }
        let down: BTreeSet<&RelationName> = wanted.children.keys().map(|name| families.get(name).unwrap_or(name)).collect();
        let mut unfollowed = Vec::new();
        for edge in &edges {
            let (Some(from), Some(to)) = (numbers.get(&edge.from), numbers.get(&edge.to)) else { continue };
            match shape.link(catalogue, edge, *from, *to, down.contains(&edge.from)) {
                Ok(()) => {}
                Err(why) => unfollowed.push(Unfollowed { table: edge.holder.clone(), key: edge.name.clone(), why }),
            }
        }
        if unfollowed.is_empty() { Ok(shape) } else { Err(unfollowed) }
    }

    /// Adds a foreign key, and the key that it points at; or says why it cannot be followed.
    fn link(&mut self, catalogue: &Catalogue, edge: &Edge<'_>, from: usize, to: usize, down: bool) -> Result<(), Obstacle> {
        let column = |table: &RelationName, name: &Name| catalogue.relation(table).and_then(|found| found.column(name)).cloned();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (name, other) in edge.key.columns.iter().zip(&edge.referenced) {
            // A column that nobody describes has values like any other.
            let (one, two) = (column(edge.holder, name), column(&edge.key.references, other));
            if let Some(generated) = one.iter().chain(&two).find(|column| column.generated) {
                return Err(Obstacle::Generated(generated.name.clone()));
            }
            let form = one.zip(two).map_or(Ok(Form::Plain), |(one, two)| {
                let unlike = || Obstacle::Unlike(one.data_type.written.clone(), two.data_type.written.clone());
                Form::of(catalogue, &one, &two).ok_or_else(unlike)
            })?;
            ours.push((name.clone(), form));
            theirs.push((other.clone(), form));
        }
        // One key may be pointed at in another order of its columns.
        let mut pairs: Vec<_> = theirs.into_iter().zip(ours).collect();
        pairs.sort();
        let (theirs, ours): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let Some(parent) = self.tables.get_mut(to) else { return Ok(()) };
        let key = parent.keys.iter().position(|key| *key == theirs).unwrap_or_else(|| {
            parent.keys.push(theirs);
            parent.keys.len() - 1
        });
        let mut holders = BTreeSet::from([edge.holder.clone()]);
        if catalogue.relation(edge.holder).is_some_and(|found| found.kind == RelationKind::Partitioned) {
            holders.extend(catalogue.descendants(edge.holder));
        }
        if let Some(child) = self.tables.get_mut(from) {
            child.links.push(Link { name: edge.name.clone(), holders, columns: ours, to: KeyRef { table: to, key }, down });
        }
        Ok(())
    }

    /// What the graph must know of the tables.
    pub fn outlines(&self) -> Vec<Outline> {
        let outline = |table: &Table| Outline {
            keys: table.keys.len(),
            links: table.links.iter().map(|link| (link.to, link.down)).collect(),
            most: table.most,
        };
        self.tables.iter().map(outline).collect()
    }

    /// The place of a relation's rows in the graph; `None` for a table that nothing joins with the subset.
    pub fn place(&self, relation: &RelationName) -> Option<usize> {
        self.places.get(relation).copied()
    }

    /// The tables' names, in the order of their places.
    pub fn names(&self) -> impl Iterator<Item = &RelationName> {
        self.tables.iter().map(|table| &table.name)
    }

    /// Where the columns to read stand in rows of a relation that has these; or a column of a key that they have not.
    pub fn fields(&self, relation: &RelationName, columns: &[Name]) -> Option<Result<Fields, Name>> {
        let place = self.place(relation)?;
        let table = self.tables.get(place)?;
        let read = |key: &Vec<(Name, Form)>| -> Result<Vec<(usize, Form)>, Name> {
            let field = |(name, form): &(Name, Form)| {
                columns.iter().position(|column| column == name).map(|field| (field, *form)).ok_or_else(|| name.clone())
            };
            key.iter().map(field).collect()
        };
        let links = table.links.iter().map(|link| link.holders.contains(relation).then(|| read(&link.columns)).transpose());
        let fields = || -> Result<Fields, Name> {
            Ok(Fields {
                table: place,
                keys: table.keys.iter().map(read).collect::<Result<_, _>>()?,
                links: links.collect::<Result<_, _>>()?,
            })
        };
        Some(fields())
    }

    /// A link of a table, for messages: `foreign key orders_user of public.orders`.
    pub fn link_name(&self, table: usize, link: usize) -> Option<String> {
        let table = self.tables.get(table)?;
        Some(format!("foreign key{} of {}", table.links.get(link)?.name, table.name))
    }
}

/// The tables that edges join, in either direction, with those of a set, which are among them; each once, by name.
fn joined(mut found: BTreeSet<RelationName>, edges: &[Edge<'_>]) -> BTreeSet<RelationName> {
    loop {
        let before = found.len();
        for edge in edges {
            if found.contains(&edge.from) || found.contains(&edge.to) {
                found.extend([edge.from.clone(), edge.to.clone()]);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue_of(statements: &[&str]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        let path = Name::new("public");
        for statement in statements {
            catalogue.apply(statement, Some(&path)).expect("readable");
        }
        catalogue
    }

    fn name(text: &str) -> RelationName {
        RelationName::new("public", text)
    }

    const SCHEMA: &[&str] = &[
        "CREATE TABLE orgs (id int PRIMARY KEY, parent int REFERENCES orgs)",
        "CREATE TABLE users (org int REFERENCES orgs, id numeric(9,2), PRIMARY KEY (org, id))",
        "CREATE TABLE posts (id int PRIMARY KEY, who int, org int, FOREIGN KEY (who, org) REFERENCES users(id, org)) PARTITION BY HASH (id)",
        "CREATE TABLE posts_1 PARTITION OF posts FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "CREATE TABLE notes (post int REFERENCES posts)",
        "CREATE TABLE apart (id int PRIMARY KEY)",
        "CREATE TABLE beside (apart int REFERENCES apart)",
    ];

    fn wanted(roots: &[&str], children: &[&str]) -> Wanted {
        Wanted {
            roots: roots.iter().map(|root| name(root)).collect(),
            children: children.iter().map(|child| (name(child), None)).collect(),
            ..Wanted::default()
        }
    }

    #[test]
    fn tables_that_keys_join_belong_together() {
        let catalogue = catalogue_of(SCHEMA);
        let shape = Shape::new(&catalogue, &wanted(&["orgs"], &["users"])).expect("followed");
        assert_eq!(
            shape.names().map(ToString::to_string).collect::<Vec<_>>(),
            ["public.notes", "public.orgs", "public.posts", "public.users"]
        );
        assert_eq!(shape.place(&name("posts_1")), shape.place(&name("posts")), "a partition's rows are its table's");
        assert_eq!(shape.place(&name("apart")), None);
        let down: Vec<Vec<bool>> = shape.outlines().iter().map(|outline| outline.links.iter().map(|(_, down)| *down).collect()).collect();
        assert_eq!(down, [vec![false], vec![false], vec![false], vec![true]]);
    }

    #[test]
    fn both_ends_are_read_in_one_order_and_one_form() {
        let catalogue = catalogue_of(SCHEMA);
        let shape = Shape::new(&catalogue, &wanted(&["orgs"], &[])).expect("followed");
        let columns = |names: &[&str]| names.iter().map(|name| Name::new(*name)).collect::<Vec<_>>();
        let users = shape.fields(&name("users"), &columns(&["org", "id"])).expect("in it").expect("all there");
        assert_eq!(users.keys, [[(1, Form::Number), (0, Form::Plain)]]);
        let posts = shape.fields(&name("posts_1"), &columns(&["id", "org", "who"])).expect("in it").expect("all there");
        assert_eq!(posts.links, [Some(vec![(2, Form::Number), (1, Form::Plain)])]);
        assert_eq!(posts.keys, [[(0, Form::Plain)]]);
        assert_eq!(shape.fields(&name("posts_1"), &columns(&["id", "org"])), Some(Err(Name::new("who"))));
        assert_eq!(shape.fields(&name("apart"), &columns(&["id"])), None);
    }

    #[test]
    fn a_partitioned_table_has_its_own_limit_whatever_its_partitions_have() {
        let catalogue = catalogue_of(SCHEMA);
        let children = [(name("posts"), Some(5)), (name("posts_1"), Some(9)), (name("users"), None)].into();
        let shape = Shape::new(&catalogue, &Wanted { children, ..wanted(&["orgs"], &[]) }).expect("followed");
        let most: Vec<_> = shape.outlines().iter().map(|outline| outline.most).collect();
        assert_eq!(most, [None, None, Some(5), None]);
    }

    #[test]
    fn skipped_tables_join_nothing() {
        let catalogue = catalogue_of(SCHEMA);
        let wanted = Wanted { skipped: [name("posts")].into(), ..wanted(&["orgs"], &[]) };
        let shape = Shape::new(&catalogue, &wanted).expect("followed");
        assert_eq!(shape.names().count(), 2);
    }

    #[test]
    fn a_generated_key_cannot_be_followed() {
        let catalogue = catalogue_of(&[
            "CREATE TABLE a (id int PRIMARY KEY)",
            "CREATE TABLE b (x int, g int GENERATED ALWAYS AS (x) STORED REFERENCES a)",
        ]);
        let error = Shape::new(&catalogue, &wanted(&["a"], &[])).expect_err("generated");
        assert_eq!(error[0].why, Obstacle::Generated(Name::new("g")));
    }
}
