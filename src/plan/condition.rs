//! The conditions of masks that stand inside of others: over the columns of the row, and in a document over the keys beside
//! the value (`@.key`) and from its root (`$.key`), which PostgreSQL's grammar takes as quoted names.

use std::borrow::Cow;

use crate::encoding::Charset;
use crate::mask::branches::{Conditions, When};
use crate::mask::fit::Target;
use crate::mask::registry::BuildError;
use crate::rewrite::filter::{Clock, Filter};
use crate::rules::expr;

/// PostgreSQL cuts longer names (NAMEDATALEN), and they would name another key.
const LONGEST: usize = 63;

/// Reads the conditions of one table.
#[derive(Debug)]
pub(super) struct Inner<'a> {
    /// As conditions see them.
    pub(super) columns: &'a [(String, Target)],
    pub(super) charset: Charset,
    pub(super) clock: &'a Clock,
}

impl Conditions for Inner<'_> {
    fn bind(&self, text: &str, document: bool) -> Result<When, BuildError> {
        let wrong = |message: String, help| BuildError::of("when", format!("the condition {text:?}: {message}"), help);
        let written = if document { quoted(text) } else { Cow::Borrowed(text) };
        let expr = expr::parse(&written).map_err(|error| wrong(error.message, error.help))?;
        let mut columns = self.columns.to_vec();
        for name in expr.columns() {
            let name = name.as_str();
            if document && is_path(name) && !columns.iter().any(|(known, _)| known == name) {
                if name.len() >= LONGEST {
                    let help = Some("give the path a filter, such as $.list[?@.key == 'value'].name".into());
                    return Err(wrong(format!("{name:?} is too long for a condition"), help));
                }
                columns.push((name.to_owned(), Target { charset: self.charset, ..Target::of_sql("text") }));
            }
        }
        let filter = Filter::bind(&expr, &columns, self.clock).map_err(|error| wrong(error.message, error.help))?;
        let reads = filter.reads().to_vec();
        Ok(When { condition: Box::new(filter), reads, text: text.to_owned() })
    }
}

fn is_path(name: &str) -> bool {
    name.starts_with("@.") || name.starts_with("$.")
}

/// Puts paths in double quotes, unless they stand in quotes of any kind.
fn quoted(text: &str) -> Cow<'_, str> {
    let mut made = String::new();
    let (mut rest, mut quote) = (text, None);
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let path = is_path(rest) && rest.get(2..).is_some_and(|key| key.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        let taken = match quote {
            Some(open) => {
                quote = Some(open).filter(|open| *open != c);
                c.len_utf8()
            }
            None if path => {
                let end = rest.char_indices().skip(1).find(|(_, c)| !word(*c)).map_or(rest.len(), |(at, _)| at);
                made.push('"');
                made.push_str(rest.get(..end).unwrap_or_default());
                made.push('"');
                rest = rest.get(end..).unwrap_or_default();
                continue;
            }
            None => {
                quote = Some(c).filter(|c| matches!(c, '\'' | '"'));
                c.len_utf8()
            }
        };
        made.push_str(rest.get(..taken).unwrap_or_default());
        rest = rest.get(taken..).unwrap_or_default();
    }
    if made == text { Cow::Borrowed(text) } else { Cow::Owned(made) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_they_stand_free() {
        for (text, expected) in [
            ("@.kind = 'a'", "\"@.kind\" = 'a'"),
            ("a = '@.kind' AND $.a.b IS NULL", "a = '@.kind' AND \"$.a.b\" IS NULL"),
            ("\"@.kind\" = 'it''s @.x'", "\"@.kind\" = 'it''s @.x'"),
            ("@.é<>'x'", "\"@.é\"<>'x'"),
            ("@ .5 > n", "@ .5 > n"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
