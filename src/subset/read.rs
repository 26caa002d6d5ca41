//! Rows → the graph: reads the columns of keys and nothing else.

use super::graph::{Graph, Standing};
use super::key;
use super::shape::Fields;
use crate::error::Fault;
use crate::rewrite::{Look, Part, RowFault, Scratch, Seen};

/// How the rows of a table stand in a subset from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// The subset begins with those for which the condition holds that is told apart, with so many at most.
    Chosen(u64),
    /// All stay.
    Needed,
    /// They stay if others need them or they belong to others.
    Open,
}

/// Reads the rows of one COPY block.
#[derive(Debug)]
pub struct Reader {
    look: Look,
    fields: Fields,
    begin: Begin,
    scratch: Scratch,
    keys: Vec<u64>,
    links: Vec<u64>,
}

impl Reader {
    /// A reader of rows that have these fields. `look` says which rows pass, and for which the subset's condition holds.
    pub fn new(mut look: Look, fields: Fields, begin: Begin) -> Reader {
        let keys = fields.keys.iter().chain(fields.links.iter().flatten());
        look.reads = keys.flatten().map(|(field, _)| *field).collect();
        Reader { look, fields, begin, scratch: Scratch::default(), keys: Vec::new(), links: Vec::new() }
    }

    /// Adds the rows of a part to the graph. `chosen` counts the rows of the table that the subset begins with.
    ///
    /// # Errors
    /// A row that is malformed, or one too many.
    pub fn read(&mut self, part: &Part<'_>, graph: &mut Graph, chosen: &mut u64) -> Result<(), RowFault> {
        let Reader { look, fields, begin, scratch, keys, links } = self;
        look.each(part, scratch, |seen| {
            keys.clear();
            links.clear();
            keys.extend(fields.keys.iter().map(|key| hash(key, seen)));
            links.extend(fields.links.iter().map(|link| link.as_ref().map_or(0, |link| hash(link, seen))));
            let standing = match *begin {
                _ if !seen.passes => Standing::Absent,
                Begin::Chosen(most) if seen.held && *chosen < most => {
                    *chosen += 1;
                    Standing::Chosen
                }
                Begin::Needed => Standing::Needed,
                Begin::Chosen(_) | Begin::Open => Standing::Open,
            };
            let told = Fault::Unsupported("a table of more than 4,294,967,295 rows in a subset");
            graph.push(fields.table, keys, links, standing).map_err(|_| told)
        })
    }
}

fn hash(key: &[(usize, key::Form)], seen: &Seen<'_, '_>) -> u64 {
    key::hash(key.iter().map(|(field, form)| (*form, seen.value(*field))))
}
