//! COPY blocks that leave as INSERT statements (`--inserts` and its sisters): what a table's statements look like, and how
//! they are put together in order.

use std::sync::Arc;

use crate::dump::event::CopyStart;
use crate::error::{Error, Fault, Place, Result};
use crate::name::Name;
use crate::output::Sink;
use crate::rewrite::Statements;
use crate::rewrite::statements::BETWEEN;
use crate::row::insert::Style;
use crate::schema::catalogue::{Catalogue, Column, DataType, Relation, RelationKind};

/// How rows are written as INSERT, by the options that pg_dump has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserts {
    /// `--column-inserts`: each statement names its columns.
    pub columns: bool,
    /// `--rows-per-insert`: 1 or more.
    pub rows: u64,
    /// `--on-conflict-do-nothing`.
    pub skip_conflicts: bool,
}

impl Inserts {
    /// The statements that the rows of a COPY block become. `catalogue` describes the tables.
    ///
    /// # Errors
    /// The types of the columns are not known, or the text cannot be written as literals.
    pub fn statements(&self, start: &CopyStart, catalogue: &Catalogue) -> Result<Statements> {
        let refuse = |fault| Error::Data {
            place: Place { table: Some(start.relation.clone()), byte: Some(start.offset), ..Place::default() },
            fault,
        };
        if start.options {
            return Err(refuse(Fault::BadStatement("COPY without options: only COPY text can be written as INSERT")));
        }
        if start.charset.hides_ascii() {
            return Err(refuse(Fault::InsertEncoding(start.charset.name())));
        }
        let relation = catalogue.relation(&start.relation);
        let named = start.columns.as_deref();
        let (list, styles, overriding) = match (relation, named) {
            (Some(relation), None) => {
                let (list, styles) = self.unnamed(start, catalogue, relation).ok_or_else(|| refuse(Fault::NoTypes))?;
                (list, styles, overrides(catalogue, relation))
            }
            (Some(relation), Some(named)) => {
                let (list, styles) = self.named(catalogue, relation, named).ok_or_else(|| refuse(Fault::UnknownColumn))?;
                (start.listed.as_deref().filter(|_| list).map(<[u8]>::to_vec), styles, overrides(catalogue, relation))
            }
            // A table of an extension: the server reads any type from a string.
            (None, Some(named)) if !catalogue.relations.is_empty() => {
                (start.listed.as_deref().map(<[u8]>::to_vec), vec![Style::Text; named.len()], true)
            }
            (None, _) => return Err(refuse(Fault::NoTypes)),
        };
        let mut head = [b"INSERT INTO ", &*start.named, b" "].concat();
        let tail: &'static [u8] = if self.skip_conflicts { b" ON CONFLICT DO NOTHING;\n" } else { b";\n" };
        if styles.is_empty() {
            head.extend_from_slice(b"DEFAULT VALUES;\n");
        } else {
            if let Some(list) = list {
                head.extend_from_slice(&list);
                head.push(b' ');
            }
            head.extend_from_slice(if overriding { b"OVERRIDING SYSTEM VALUE VALUES" } else { b"VALUES" });
        }
        Ok(Statements { head, styles, rows: self.rows, tail, backslashes: start.backslashes })
    }

    /// The list of columns, and how values are written, for a COPY block that names no columns: pg_dump writes so where
    /// there are none but generated ones.
    fn unnamed(&self, start: &CopyStart, catalogue: &Catalogue, relation: &Relation) -> Option<(Option<Vec<u8>>, Vec<Style>)> {
        let of = |column: &Column| if column.generated { Style::Default } else { style(catalogue, &column.data_type) };
        let styles: Vec<Style> = relation.columns.iter().map(of).collect();
        if !self.columns {
            return Some((None, styles));
        }
        let mut list = Vec::new();
        for column in relation.columns.iter().filter(|column| !column.generated) {
            list.extend_from_slice(if list.is_empty() { b"(\"" } else { b", \"" });
            list.extend_from_slice(&start.charset.encode(&column.name.as_str().replace('"', "\"\""))?);
            list.push(b'"');
        }
        let styles = styles.into_iter().filter(|style| *style != Style::Default).collect();
        list.extend_from_slice(if list.is_empty() { b"" } else { b")" });
        Some((Some(list), styles))
    }

    /// Whether columns are listed, and how values are written, for a COPY block that names its columns.
    fn named(&self, catalogue: &Catalogue, relation: &Relation, named: &[Name]) -> Option<(bool, Vec<Style>)> {
        let of = |name: &Name| relation.column(name).map(|column| style(catalogue, &column.data_type));
        let plain: Vec<Style> = named.iter().map(of).collect::<Option<_>>()?;
        // Without their names, values stand in the order of CREATE TABLE. Where the dump has another (a table that came to
        // inherit later), pg_dump's own statements would fill the wrong columns: then the names are safer.
        let given = relation.columns.iter().filter(|column| !column.generated).map(|column| &column.name);
        if self.columns || !given.eq(named) {
            return Some((true, plain));
        }
        let mut values = plain.into_iter();
        let next = |column: &Column| if column.generated { Some(Style::Default) } else { values.next() };
        Some((false, relation.columns.iter().filter_map(next).collect()))
    }
}

/// Whether a table has an identity that INSERT may not give a value without a word. (`needs_override` in pg_dump.c; a
/// partition takes the identity of its partitioned table since PostgreSQL 17.)
fn overrides(catalogue: &Catalogue, relation: &Relation) -> bool {
    let always = |relation: &Relation| relation.columns.iter().any(|column| column.always);
    let above = catalogue.ancestors(&relation.name);
    let above = above.iter().filter_map(|name| catalogue.relation(name));
    always(relation) || above.filter(|found| found.kind == RelationKind::Partitioned).any(always)
}

/// How pg_dump writes the values of a type: it looks under domains, and not into arrays.
fn style(catalogue: &Catalogue, declared: &DataType) -> Style {
    let resolved = catalogue.base_type(declared);
    if resolved.array || resolved.definition.is_some() || resolved.base.schema.as_str() != "pg_catalog" {
        return Style::Text;
    }
    match resolved.base.name.as_str() {
        "int2" | "int4" | "int8" | "oid" | "float4" | "float8" | "numeric" => Style::Number,
        "bool" => Style::Boolean,
        "bit" | "varbit" => Style::Bits,
        _ => Style::Text,
    }
}

/// The statements of one table as they are written.
#[derive(Debug)]
pub struct Open {
    statements: Arc<Statements>,
    /// Rows of the statement that has been begun.
    rows: u64,
}

impl Open {
    /// No statement is begun.
    pub fn new(statements: Arc<Statements>) -> Open {
        Open { statements, rows: 0 }
    }

    /// Whether a statement is begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.rows > 0
    }

    /// Writes what [`Statements::write`] made of a batch.
    ///
    /// # Errors
    /// Those of [`Sink::write`].
    pub fn write(&mut self, bytes: &[u8], starts: &[usize], sink: &mut Sink) -> Result<()> {
        if self.statements.are_whole() {
            return sink.write(bytes);
        }
        let mut rest = starts;
        while let Some(from) = rest.first() {
            if self.rows == 0 {
                sink.write(&self.statements.head)?;
                sink.write(b"\n\t")?;
            } else {
                sink.write(BETWEEN)?;
            }
            let room = usize::try_from(self.statements.rows - self.rows).unwrap_or(usize::MAX).min(rest.len());
            let (_, behind) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            let to = behind.first().map_or(bytes.len(), |next| next - BETWEEN.len());
            sink.write(bytes.get(*from..to).unwrap_or_default())?;
            self.rows += room as u64;
            rest = behind;
            if self.rows == self.statements.rows {
                self.close(sink)?;
            }
        }
        Ok(())
    }

    /// Ends the statement that is begun, if one is.
    ///
    /// # Errors
    /// Those of [`Sink::write`].
    pub fn close(&mut self, sink: &mut Sink) -> Result<()> {
        if self.is_inside() {
            self.rows = 0;
            sink.write(self.statements.tail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
