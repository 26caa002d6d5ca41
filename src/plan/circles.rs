//! Masks that read what other masks of the row make: each must come after those that it reads.

use std::collections::HashMap;

use super::ColumnPlan;
use crate::error::RuleError;
use crate::name::{Name, RelationName};

/// The mistake of a table whose masks wait for one another, if they do.
pub(super) fn circle(relation: &RelationName, masked: &HashMap<Name, ColumnPlan>) -> Option<RuleError> {
    let mut names: Vec<&Name> = masked.keys().collect();
    names.sort();
    names.into_iter().find_map(|start| {
        let path = way_back(masked, start)?;
        let plan = masked.get(start)?;
        let message = match &path[..] {
            [_] => format!("the mask of {relation}.{start} reads what it makes itself"),
            _ => {
                let names: Vec<&str> = path.iter().map(|name| name.as_str()).collect();
                format!("the masks of {relation} wait for one another: {} and {start} again", names.join(", "))
            }
        };
        let help = Some("read the value that the row had: {column:original} in a template".into());
        Some(RuleError { at: Some(plan.at.clone()), message, help })
    })
}

/// The columns on a way from a column back to itself.
fn way_back<'p>(masked: &'p HashMap<Name, ColumnPlan>, start: &'p Name) -> Option<Vec<&'p Name>> {
    let mut seen: Vec<&Name> = Vec::new();
    let mut paths = vec![vec![start]];
    while let Some(path) = paths.pop() {
        let last = path.last()?;
        for read in masked.get(*last)?.reads.iter().filter(|read| read.masked) {
            let Some((next, _)) = masked.get_key_value(&Name::new(read.of.clone())) else { continue };
            if next == start {
                return Some(path);
            }
            if !seen.contains(&next) {
                seen.push(next);
                paths.push(path.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}
