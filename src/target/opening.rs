//! What is written between the dump's settings and its first statement: BEGIN, and the block that empties the target.

use super::quote::{array, block, encode, literal, qualified};
use std::collections::BTreeSet;

use super::outside::Made;
use super::pattern;
use super::{Reset, Target};
use crate::encoding::Charset;
use crate::error::Result;
use crate::name::{Name, NamePattern, RelationName};

/// Drops what stands in schemas. What an extension owns (`pg_depend.deptype` e) and what is a part of something else
/// (i) is left alone; what others need that are not dropped stops it, by name, before anything is dropped.
const DROP: &str = include_str!("drop.sql");

/// Drops schemas and makes them anew, with their owners, grants and comments.
const SCHEMA: &str = include_str!("schema.sql");

/// Finds who needs what is about to be dropped.
const HOLDERS: &str = include_str!("holders.sql");

/// Empties tables in one TRUNCATE, with the partitioned tables all of whose partitions are among them.
const TRUNCATE: &str = include_str!("truncate.sql");

/// The block that empties schemas. Nothing for [`Reset::Truncate`].
///
/// # Errors
/// The encoding cannot hold a name.
pub(super) fn reset(how: Reset, keep: &[NamePattern], schemas: &[Name], made: &BTreeSet<Made>, charset: Charset) -> Result<Vec<u8>> {
    let list = format!("{}::pg_catalog.name[]", array(schemas.iter().map(Name::as_str)));
    let holders = HOLDERS.replace("{reset}", how.name()).replace("{made}", &Made::rows(made));
    let text = match how {
        Reset::Owned | Reset::Objects => {
            let kept: Vec<String> = keep.iter().map(pattern::condition).collect();
            let kept = if kept.is_empty() { "false".to_owned() } else { kept.join("\n            OR ") };
            let owned = match how {
                Reset::Owned => "t.owner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)",
                _ => "true",
            };
            let drop = DROP.replace("{exact}", &pattern::exact(keep));
            drop.replace("{owned}", owned).replace("{holders}", &holders).replace("{schemas}", &list).replace("{kept}", &kept)
        }
        Reset::Schema => SCHEMA.replace("{holders}", &holders).replace("{schemas}", &list),
        Reset::Truncate => return Ok(Vec::new()),
    };
    Ok(block(&encode(&text, charset)?))
}

/// The block that empties tables; nothing where there is none.
///
/// # Errors
/// The encoding cannot hold a name.
pub(super) fn truncate(tables: &[RelationName], charset: Charset) -> Result<Vec<u8>> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = tables.iter().map(|table| format!("        {}", literal(&qualified(&table.schema, &table.name)))).collect();
    Ok(block(&encode(&TRUNCATE.replace("{tables}", &list.join(",\n")), charset)?))
}

/// The comment before a block of ours.
pub(super) fn remark(target: &Target, how: Reset) -> String {
    if target.driver {
        return String::new();
    }
    format!("--\n-- pgveil: empties the target first (--reset={})\n--\n\n", how.name())
}

/// Has the server take functions whose bodies speak of tables that come later, for this transaction only: pg_dump sets
/// it for the session.
pub(super) fn unchecked_bodies() -> Vec<u8> {
    block(b"BEGIN\n    PERFORM pg_catalog.set_config('check_function_bodies', 'off', true);\nEND")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Result<Vec<u8>>) -> String {
        String::from_utf8(bytes.expect("fits")).expect("text")
    }

    #[test]
    fn blocks_are_whole() {
        let schemas = [Name::new("public"), Name::new("it's")];
        for how in [Reset::Owned, Reset::Objects, Reset::Schema] {
            let keep = [NamePattern::relation("answers").expect("reads"), NamePattern::relation("crm.*").expect("reads")];
            let block = text(reset(how, &keep, &schemas, &BTreeSet::new(), Charset::Utf8));
            assert!(block.contains("ARRAY['public', 'it''s']::pg_catalog.name[]"), "{block}");
            assert!(
                !["{schemas}", "{kept}", "{owned}", "{holders}", "{reset}", "{made}", "{exact}"].iter().any(|hole| block.contains(hole)),
                "{block}"
            );
            assert_eq!(block.contains("current_user"), how == Reset::Owned);
            assert_eq!(block.contains("'^(answers)$'"), how != Reset::Schema);
            assert!(!block.contains("--\n") && !block.contains("\n--"), "no comment: {block}");
        }
        assert!(text(reset(Reset::Objects, &[], &schemas, &BTreeSet::new(), Charset::Utf8)).contains("WHERE false"));
    }

    #[test]
    fn tables_stand_in_one_list() {
        let tables = [RelationName::new("public", "a"), RelationName::new("x", "with 'space\"")];
        let block = text(truncate(&tables, Charset::Utf8));
        assert!(block.contains("ARRAY[\n        'public.a',\n        'x.\"with ''space\"\"\"'\n    ]::"), "{block}");
        assert_eq!(block.matches("TRUNCATE").count(), 1);
        assert_eq!(text(truncate(&[], Charset::Utf8)), "");
    }
}
