//! Bare COPY streams: the rows alone, as `\copy (select …) to stdout` writes them. What they are rows of, and in which form,
//! is told from outside.

pub mod options;
pub mod reader;

use crate::encoding::Charset;
use crate::name::{Name, RelationName};

use super::script::head;
use options::Options;

/// What a COPY stream is, as the command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The table that its rows are for.
    pub relation: RelationName,
    /// The columns of its fields; `None` stands for all of the table that are not generated.
    pub columns: Option<Vec<Name>>,
    /// Its form.
    pub options: Options,
}

impl Stream {
    /// Reads `[schema.]table [(column, …)]`, with identifiers as SQL has them; a table without a schema is in `public`.
    /// `None` where the text is nothing of the kind.
    pub fn parse(text: &str, options: Options) -> Option<Stream> {
        let (schema, table, columns) = head::table_and_columns(text.as_bytes(), Charset::Utf8)?;
        Some(Stream { relation: head::resolve(schema, table, None), columns, options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_as_sql_has_them() {
        let read = |text: &str| Stream::parse(text, Options::default()).map(|found| (found.relation, found.columns));
        let columns = |list: &[&str]| Some(list.iter().map(|name| Name::new(*name)).collect::<Vec<_>>());
        assert_eq!(read("answers(id, Value)"), Some((RelationName::new("public", "answers"), columns(&["id", "value"]))));
        assert_eq!(
            read(" crm.\"knowledge-elements\" ( \"createdAt\" , \"a\"\"b(\" ) "),
            Some((RelationName::new("crm", "knowledge-elements"), columns(&["createdAt", "a\"b("])))
        );
        assert_eq!(read("answers"), Some((RelationName::new("public", "answers"), None)));
        for text in ["", "answers(", "answers()", "answers(id) x", "answers(id,)", "a.b.c", "1a", "(id)"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
