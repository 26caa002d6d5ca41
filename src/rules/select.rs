//! Which rule wins for a column or a table.
//!
//! The first difference decides: the scope (the table's own name, then an ancestor's, the nearest first, then a glob over
//! tables, then `[columns]`); within a scope what names the database; then the later layer; within a layer the exact name of a column over a glob. What is
//! left must agree, or it is a [`Conflict`]. Whether the names exist, and what a mask makes of the column, is not asked here.

use super::{ColumnRule, EraseRule, Rules, SampleRule, Spanned, TableData, TableRule};
use crate::error::{At, RuleError};
use crate::name::{Name, RelationName};

/// The rule that wins.
#[derive(Clone, Debug)]
pub struct Winner<'r> {
    /// The rule.
    pub rule: &'r ColumnRule,
    /// Why it wins.
    pub scope: Scope,
}

/// What a rule stands under. The nearer one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The table's own name.
    Table,
    /// The name of the partitioned table, or of the table that it inherits from.
    Ancestor(RelationName),
    /// A glob that matches the table or one of its ancestors.
    TableGlob,
    /// `[columns]`.
    Columns,
}

/// Two rules of equal rank that ask for different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict<'r> {
    /// The one that stands first.
    pub first: Claim<'r>,
    /// The other.
    pub second: Claim<'r>,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'r> {
    /// Where the rule stands.
    pub at: &'r At,
    /// The name or the glob, as the file writes it.
    pub pattern: &'r str,
}

/// Which rule wins for a column of `relation`, whose ancestors (partitioned parents, inheritance) come nearest first.
/// For many columns of one table make one [`Selection`].
///
/// # Errors
/// Two rules of equal rank disagree.
pub fn column<'r>(
    rules: &'r Rules,
    relation: &RelationName,
    ancestors: &[RelationName],
    column: &str,
) -> Result<Option<Winner<'r>>, Conflict<'r>> {
    Selection::new(rules, relation, ancestors).column(column)
}

/// Which `data` wins for a table.
///
/// # Errors
/// Two rules of equal rank disagree.
pub fn data<'r>(
    rules: &'r Rules,
    relation: &RelationName,
    ancestors: &[RelationName],
) -> Result<Option<&'r Spanned<TableData>>, Conflict<'r>> {
    Selection::new(rules, relation, ancestors).data()
}

/// The rules that can touch one table, sorted by scope: made once for a table, asked for each of its columns.
#[derive(Clone, Debug)]
pub struct Selection<'r> {
    /// Scopes with at least one rule, the nearest first.
    levels: Vec<(Scope, Vec<&'r TableRule>)>,
    /// `[columns]`.
    columns: &'r [ColumnRule],
}

impl<'r> Selection<'r> {
    /// Looks through the table rules once. Ancestors come nearest first.
    pub fn new(rules: &'r Rules, relation: &RelationName, ancestors: &[RelationName]) -> Selection<'r> {
        let mut own = Vec::new();
        let mut inherited: Vec<Vec<&TableRule>> = vec![Vec::new(); ancestors.len()];
        let mut globs = Vec::new();
        for table in &rules.tables {
            if !table.is_exact() {
                if table.matches(relation) || ancestors.iter().any(|ancestor| table.matches(ancestor)) {
                    globs.push(table);
                }
            } else if table.matches(relation) {
                own.push(table);
            } else if let Some((_, level)) = ancestors.iter().zip(&mut inherited).find(|(ancestor, _)| table.matches(ancestor)) {
                level.push(table);
            }
        }
        let inherited = ancestors.iter().zip(inherited).map(|(ancestor, level)| (Scope::Ancestor(ancestor.clone()), level));
        let scopes = std::iter::once((Scope::Table, own)).chain(inherited).chain([(Scope::TableGlob, globs)]);
        let levels = scopes.flat_map(|(scope, tables)| {
            let (named, any): (Vec<_>, Vec<_>) = tables.into_iter().partition(|table| table.database.is_some());
            [(scope.clone(), named), (scope, any)]
        });
        Selection { levels: levels.filter(|(_, tables)| !tables.is_empty()).collect(), columns: &rules.columns }
    }

    /// Which rule wins for a column.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn column(&self, column: &str) -> Result<Option<Winner<'r>>, Conflict<'r>> {
        for (scope, tables) in &self.levels {
            if let Some(rule) = best_column(under(tables), column)? {
                return Ok(Some(Winner { rule, scope: scope.clone() }));
            }
        }
        Ok(best_column(self.columns.iter(), column)?.map(|rule| Winner { rule, scope: Scope::Columns }))
    }

    /// Which `data` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn data(&self) -> Result<Option<&'r Spanned<TableData>>, Conflict<'r>> {
        self.of_table(|table| table.data.as_ref())
    }

    /// Which `where` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn rows(&self) -> Result<Option<&'r Spanned<String>>, Conflict<'r>> {
        self.of_table(|table| table.rows.as_ref())
    }

    /// Which `unless` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn unless(&self) -> Result<Option<&'r Spanned<String>>, Conflict<'r>> {
        self.of_table(|table| table.unless.as_ref())
    }

    /// Which `drop` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn drop(&self) -> Result<Option<&'r Spanned<bool>>, Conflict<'r>> {
        self.of_table(|table| table.drop.as_ref())
    }

    /// Which `sample` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn sample(&self) -> Result<Option<&'r Spanned<SampleRule>>, Conflict<'r>> {
        self.of_table(|table| table.sample.as_ref())
    }

    /// Which `limit` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn limit(&self) -> Result<Option<&'r Spanned<u64>>, Conflict<'r>> {
        self.of_table(|table| table.limit.as_ref())
    }

    /// Which `erase` wins.
    ///
    /// # Errors
    /// Two rules of equal rank disagree.
    pub fn erase(&self) -> Result<Option<&'r Spanned<EraseRule>>, Conflict<'r>> {
        self.of_table(|table| table.erase.as_ref())
    }

    /// Which setting of the table itself wins.
    fn of_table<T: PartialEq>(
        &self,
        setting: impl Fn(&'r TableRule) -> Option<&'r Spanned<T>>,
    ) -> Result<Option<&'r Spanned<T>>, Conflict<'r>> {
        for (_, tables) in &self.levels {
            let stated = tables.iter().filter_map(|table| Some((*table, setting(table)?)));
            let claim = |(table, data): (&'r TableRule, &'r Spanned<T>)| Claim { at: &data.at, pattern: &table.key };
            let found = best(stated, |(table, _)| (table.layer, false), |(_, a), (_, b)| a.value == b.value, claim)?;
            if let Some((_, data)) = found {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The table rules that match the table or an ancestor, the nearest scope first.
    pub fn tables(&self) -> impl Iterator<Item = &'r TableRule> {
        self.levels.iter().flat_map(|(_, tables)| tables.iter().copied())
    }

    /// All column rules that match a column, also those that do not win: so that a rule which matched nothing can be told.
    pub fn matching(&self, column: &str) -> impl Iterator<Item = &'r ColumnRule> {
        self.tables().flat_map(|table| &table.columns).chain(self.columns).filter(move |rule| rule.pattern.matches(column))
    }
}

fn under<'r>(tables: &[&'r TableRule]) -> impl Iterator<Item = &'r ColumnRule> {
    tables.iter().flat_map(|table| &table.columns)
}

/// Which of the rules of one `erase` wins for a column: an exact name over a glob.
///
/// # Errors
/// Two globs disagree.
pub fn erased<'r>(erase: &'r EraseRule, column: &str) -> Result<Option<&'r ColumnRule>, Conflict<'r>> {
    best_column(erase.columns.iter().flatten(), column)
}

fn best_column<'r>(rules: impl Iterator<Item = &'r ColumnRule>, column: &str) -> Result<Option<&'r ColumnRule>, Conflict<'r>> {
    best(
        rules.filter(|rule| rule.pattern.matches(column)),
        |rule| (rule.layer, rule.pattern.is_exact()),
        |a, b| a.agrees(b),
        |rule| Claim { at: &rule.at, pattern: &rule.pattern.text },
    )
}

/// The first of the highest rank, if all of that rank agree with it.
fn best<'r, T: Copy>(
    items: impl Iterator<Item = T>,
    rank: impl Fn(T) -> (usize, bool),
    agree: impl Fn(T, T) -> bool,
    claim: impl Fn(T) -> Claim<'r>,
) -> Result<Option<T>, Conflict<'r>> {
    let mut best: Option<T> = None;
    let mut rival: Option<T> = None;
    for item in items {
        match best {
            Some(held) if rank(item) < rank(held) => {}
            Some(held) if rank(item) == rank(held) => {
                if rival.is_none() && !agree(held, item) {
                    rival = Some(item);
                }
            }
            _ => (best, rival) = (Some(item), None),
        }
    }
    match (best, rival) {
        (Some(best), Some(rival)) => Err(Conflict { first: claim(best), second: claim(rival) }),
        (best, _) => Ok(best),
    }
}

impl Conflict<'_> {
    /// The conflict as a mistake in the rules: over a column of `relation`, or (`None`) over its `data`.
    pub fn error(&self, relation: &RelationName, column: Option<&str>) -> RuleError {
        let subject = match column {
            Some(column) => format!("{relation}, column {}", Name::new(column)),
            None => format!("{relation}, data"),
        };
        let (first, second) = (super::reader::quoted(self.first.pattern), super::reader::quoted(self.second.pattern));
        RuleError {
            at: Some(self.second.at.clone()),
            message: format!("{second} and {first} ({}) disagree on {subject}, expected one answer", self.first.at),
            help: Some("remove one, or add a rule with the exact name, which wins".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::load::{Memory, load_from};
    use crate::rules::parse;

    fn rules(text: &str) -> Rules {
        parse("r", &format!("version = 1\n{text}")).unwrap()
    }

    fn layered(low: &str, high: &str) -> Rules {
        let (low, high) = (format!("version = 1\n{low}"), format!("version = 1\n{high}"));
        let files = Memory([("low", low.as_bytes()), ("high", high.as_bytes())].into());
        load_from(&files, &["low".to_owned(), "high".to_owned()]).unwrap()
    }

    fn public(name: &str) -> RelationName {
        RelationName::new("public", name)
    }

    /// The winning mask for a column of `public.t`, a partition of `public.p`, itself one of `crm.root`.
    fn winner(rules: &Rules, name: &str) -> String {
        match column(rules, &public("t"), &[public("p"), RelationName::new("crm", "root")], name) {
            Ok(Some(winner)) => winner.rule.masks[0].name.as_ref().expect("a name").value.clone(),
            Ok(None) => "none".to_owned(),
            Err(conflict) => conflict.error(&public("t"), Some(name)).to_string(),
        }
    }

    #[test]
    fn scopes_come_first() {
        let lines = [
            ("[columns]\n\"*\" = \"columns\"\n", "columns"),
            ("[tables.\"*\".columns]\nb = \"glob\"\n", "glob"),
            ("[tables.\"crm.root\".columns]\nb = \"root\"\n", "root"),
            ("[tables.p.columns]\nb = \"parent\"\n", "parent"),
            ("[tables.t.columns]\n\"*\" = \"own\"\n", "own"),
        ];
        for count in 1..=lines.len() {
            let text: String = lines[..count].iter().map(|(text, _)| *text).collect();
            assert_eq!(winner(&rules(&text), "b"), lines[count - 1].1);
            // A later file does not make up for a wider scope.
            let (last, others) = (lines[count - 1].0, lines[..count - 1].iter().map(|(text, _)| *text).collect::<String>());
            assert_eq!(winner(&layered(last, &others), "b"), lines[count - 1].1);
        }
        assert_eq!(winner(&rules("[tables.u.columns]\nb = \"x\"\n[tables.\"crm.t\".columns]\nb = \"y\""), "b"), "none");
        // A rule under the own name that does not match the column decides nothing.
        assert_eq!(winner(&rules("[columns]\nb = \"x\"\n[tables.t.columns]\na = \"y\""), "b"), "x");
    }

    #[test]
    fn a_glob_that_matches_an_ancestor_counts() {
        let found = rules("[tables.\"crm.*\".columns]\nb = \"glob\"");
        assert_eq!(winner(&found, "b"), "glob");
        let scope = |text: &str| column(&rules(text), &public("t"), &[public("p")], "b").unwrap().map(|winner| winner.scope);
        assert_eq!(scope("[tables.p.columns]\nb = \"x\""), Some(Scope::Ancestor(public("p"))));
        assert_eq!(scope("[tables.\"{t,u}\".columns]\nb = \"x\""), Some(Scope::TableGlob));
        assert_eq!(scope("[tables.t.columns]\nb = \"x\""), Some(Scope::Table));
        assert_eq!(scope("[columns]\nb = \"x\""), Some(Scope::Columns));
        assert_eq!(scope("[columns]\nc = \"x\""), None);
    }

    #[test]
    fn then_layers_then_exact_names() {
        assert_eq!(winner(&layered("[columns]\nb = \"low\"", "[columns]\n\"*\" = \"high\""), "b"), "high");
        assert_eq!(winner(&layered("[columns]\nb = \"low\"", "[columns]\nc = \"high\""), "b"), "low");
        assert_eq!(winner(&rules("[columns]\nb = \"exact\"\n\"*\" = \"glob\""), "b"), "exact");
        assert_eq!(winner(&rules("[columns]\n\"{a,b}\" = \"glob\"\nb = \"exact\""), "b"), "exact");
    }

    #[test]
    fn equal_ranks_must_agree() {
        let message = "r:4:1: \"{b,c}\" and \"*b\" (r:3:1) disagree on public.t, column \"bB\", expected one answer; \
                       remove one, or add a rule with the exact name, which wins";
        let disagreeing = rules("[columns]\n\"*b\" = \"x\"\n\"{b,c}\" = \"y\"");
        assert_eq!(winner(&disagreeing, "b"), message.replace("\"bB\"", "b"));
        assert_eq!(winner(&disagreeing, "ab"), "x");
        assert_eq!(winner(&rules("[columns]\n\"*b\" = \"x\"\n\"{b,c}\" = \"y\"\nb = \"z\""), "b"), "z");
        for (first, second, agree) in [
            ("\"x\"", "{ mask = \"x\" }", true),
            ("\"x\"", "{ mask = \"x\", domain = \"d\" }", false),
            ("{ mask = \"x\", a = 1, b = [1, { c = 2.5 }] }", "{ b = [1, { c = 2.5 }], a = 1, mask = \"x\" }", true),
            ("{ mask = \"x\", a = 1 }", "{ mask = \"x\", a = 1.0 }", false),
            ("{ mask = \"x\", a = 1 }", "{ mask = \"x\", b = 1 }", false),
            ("{ mask = \"x\", a = [1] }", "{ mask = \"x\", a = [1, 2] }", false),
        ] {
            let found = winner(&rules(&format!("[columns]\n\"*b\" = {first}\n\"b*\" = {second}")), "b");
            assert_eq!(found == "x", agree, "{first} and {second}: {found}");
        }
        // A conflict in a lower layer is settled by a higher one.
        assert_eq!(winner(&layered("[columns]\n\"*b\" = \"x\"\n\"b*\" = \"y\"", "[columns]\n\"?\" = \"z\""), "b"), "z");
    }

    #[test]
    fn data_follows_the_same_order() {
        let found = |rules: &Rules| match data(rules, &public("t"), &[public("p")]) {
            Ok(data) => format!("{:?}", data.map(|data| data.value)),
            Err(conflict) => conflict.error(&public("t"), None).to_string(),
        };
        assert_eq!(found(&rules("[tables]\n\"*\".data = \"skip\"\nt.columns = {}")), "Some(Skip)");
        assert_eq!(found(&rules("[tables]\n\"*\".data = \"skip\"\np.data = \"keep\"")), "Some(Keep)");
        assert_eq!(found(&rules("[tables]\nt.data = \"skip\"\np.data = \"keep\"")), "Some(Skip)");
        assert_eq!(found(&layered("[tables]\n\"*\".data = \"skip\"", "[tables]\n\"*.t\".data = \"keep\"")), "Some(Keep)");
        assert_eq!(found(&rules("[tables]\nu.data = \"skip\"")), "None");
        assert_eq!(
            found(&rules("[tables]\n\"*\".data = \"skip\"\n\"{t,p}\".data = \"keep\"")),
            "r:4:16: \"{t,p}\" and \"*\" (r:3:12) disagree on public.t, data, expected one answer; \
             remove one, or add a rule with the exact name, which wins"
        );
    }

    #[test]
    fn what_matches_can_be_marked() {
        let rules = rules("[columns]\nb = \"x\"\nc = \"x\"\n[tables.t.columns]\n\"b*\" = \"y\"\n[tables.u.columns]\nb = \"z\"");
        let selection = Selection::new(&rules, &public("t"), &[]);
        let ids: Vec<usize> = selection.matching("b").map(|rule| rule.id).collect();
        assert_eq!(ids, [2, 0]);
        assert_eq!(selection.tables().map(|table| table.key.as_str()).collect::<Vec<_>>(), ["t"]);
    }

    proptest! {
        /// The rules of one file may stand in any order.
        #[test]
        fn order_within_a_file_does_not_matter(
            lines in prop::collection::btree_map("[ab*]{1,3}|\\{a,b\\}", "[xy]", 1..6),
            swap in any::<bool>(),
            name in "[ab]{1,2}",
        ) {
            let mut lines: Vec<String> = lines.iter().map(|(key, mask)| format!("\"{key}\" = \"{mask}\"\n")).collect();
            let before = winner(&rules(&format!("[columns]\n{}", lines.concat())), &name);
            if swap { lines.reverse() } else { lines.rotate_left(1) }
            let after = winner(&rules(&format!("[columns]\n{}", lines.concat())), &name);
            prop_assert_eq!(before.contains("disagree"), after.contains("disagree"));
            prop_assert!(before == after || before.contains("disagree"));
        }
    }
}
