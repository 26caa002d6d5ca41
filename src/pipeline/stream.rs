//! A bare COPY stream: the plan comes from the schema file, and the rows take the way of all rows.

use std::sync::Arc;

use super::batch::{Batch, Form};
use super::digests::Looked;
use super::director::Director;
use super::limit::Limited;
use super::queue::{Slot, Table};
use super::run::{Input, SchemaSource};
use crate::dump::buffer::Buffer;
use crate::dump::copy::Stream;
use crate::dump::copy::reader::{Header, Piece, StreamReader};
use crate::dump::event::Rows;
use crate::encoding::Charset;
use crate::error::{Error, Fault, Place, Result};
use crate::name::{Name, RelationName, nearest};
use crate::plan::{Absence, Copied, CopyFacts, Plan, TableAction, TablePlan};
use crate::rewrite::{Cause, Choice, RowProgram};
use crate::row::layout::Layout;
use crate::schema::catalogue::Catalogue;

/// What is done with a stream.
struct Treated {
    planned: TablePlan,
    /// Its columns, where they are known, and its encoding.
    columns: Option<Vec<Name>>,
    charset: Charset,
}

impl Director {
    /// Reads the stream in `input` to its end. It is read under `schema`, which is a file or nothing.
    ///
    /// # Errors
    /// As [`Director::run`].
    pub fn run_stream(mut self, stream: Stream, input: Input, schema: SchemaSource) -> Result<()> {
        let Treated { planned, columns, charset } = self.treat_stream(&stream, schema)?;
        let buffer = Buffer::new(input, self.block());
        let layout = stream.options.layout.clone();
        let mut reader = StreamReader::new(buffer, stream.relation.clone(), layout.clone(), self.limits().max_row);
        let header = if stream.options.header { Some(reader.header()?) } else { None };
        if let (Some(header), Some(columns)) = (&header, &columns) {
            check_header(header, columns, charset, &stream.relation)?;
        }
        let limit = planned.limit.map(|limit| self.begin_limit(limit));
        self.put(Slot::Agree)?;
        self.put(Slot::Table(Box::new(Table {
            relation: stream.relation,
            action: planned.action,
            absence: planned.absence,
            columns: planned.columns,
            listed: columns.clone(),
            charset,
            statements: None,
            limit: limit.clone(),
            head: None,
        })))?;
        if let Some(header) = header {
            self.put(Slot::Text(header.line))?;
        }
        let rows = StreamRows { charset, layout: Arc::new(layout), program: planned.program, limit };
        while let Some(piece) = reader.next_piece()? {
            match piece {
                Piece::Rows(found) => self.stream_rows(found, &rows)?,
                Piece::End(marker) => self.put(Slot::TableEnd(Some(marker)))?,
            }
        }
        self.finish_stream(reader.offset())
    }

    /// What is done with the rows, and which columns they have.
    fn treat_stream(&mut self, stream: &Stream, schema: SchemaSource) -> Result<Treated> {
        let charset = stream.options.charset;
        let SchemaSource::File(input) = schema else {
            let charset = charset.unwrap_or(Charset::Utf8);
            let program = stream.columns.as_ref().and_then(|columns| counted(columns, charset));
            let planned = TablePlan { program, ..TablePlan::pass() };
            return Ok(Treated { planned, columns: stream.columns.clone(), charset });
        };
        let (catalogue, said) = self.read_catalogue(input)?;
        let charset = charset.unwrap_or(said);
        let columns = columns(stream, &catalogue)?;
        let mut planned = if self.is_idle() {
            TablePlan::pass()
        } else {
            let copied = Copied::from([(stream.relation.clone(), Some(columns.clone()))]);
            let left_out = self.settle_stream(&catalogue, charset, &copied, &stream.relation)?;
            let facts = CopyFacts { relation: &stream.relation, columns: Some(&columns), options: false, charset, byte: 0 };
            match self.plan() {
                Some(plan) if !left_out => plan.copy(&facts)?,
                Some(_) => TablePlan::skip(Absence::Dropped),
                None => TablePlan::pass(),
            }
        };
        if planned.action == TableAction::Skip {
            return Err(Error::Usage(format!(
                "the rules leave out the rows of {}, so nothing of the stream would be left; leave out the copy of this table, or the rule",
                stream.relation
            )));
        }
        planned.program = planned.program.or_else(|| counted(&columns, charset));
        Ok(Treated { planned, columns: Some(columns), charset })
    }

    fn stream_rows(&self, rows: Rows, how: &StreamRows) -> Result<()> {
        let form = if how.layout.is_plain() {
            Form::Copy { crlf: rows.crlf, statements: None }
        } else {
            Form::Delimited { crlf: rows.crlf, layout: Arc::clone(&how.layout) }
        };
        let looked = if how.layout.is_plain() { Looked::Copy { crlf: rows.crlf } } else { Looked::Unknown };
        let digests = self.digests(looked, how.charset);
        let batch = Batch { bytes: rows.bytes, offset: rows.offset, form, first: 0, program: how.program.clone(), digests };
        if how.limit.as_ref().is_some_and(Limited::is_full) {
            return self.put(Slot::Skip(batch.count(), Some(Cause::Limit)));
        }
        if batch.program.is_none() {
            let count = batch.count();
            return self.pass_rows(batch.bytes, count, digests);
        }
        self.rewrite(batch, true)
    }

    fn finish_stream(&mut self, bytes_in: u64) -> Result<()> {
        if let Some(lists) = self.plan().map(Plan::erasures) {
            self.put(Slot::Erased(lists))?;
        }
        self.put(Slot::Done { bytes_in })
    }
}

/// How the rows of a stream are treated, each run of them alike.
struct StreamRows {
    charset: Charset,
    layout: Arc<Layout>,
    program: Option<Arc<RowProgram>>,
    limit: Option<Limited>,
}

/// What is done with rows that pass as they are: their fields are counted. `None` where the bytes of characters could be
/// taken for those between fields.
fn counted(columns: &[Name], charset: Charset) -> Option<Arc<RowProgram>> {
    let program = RowProgram { fields: columns.len(), steps: Vec::new(), rows: None, unless: None, choice: Choice::default(), charset };
    (!charset.hides_ascii()).then(|| Arc::new(program))
}

/// The columns of a stream, as they were given or as the schema has them.
fn columns(stream: &Stream, catalogue: &Catalogue) -> Result<Vec<Name>> {
    let table = &stream.relation;
    let Some(relation) = catalogue.relations.get(table) else {
        let names: Vec<String> = catalogue.relations.keys().map(ToString::to_string).collect();
        let near = nearest(&table.to_string(), names.iter().map(String::as_str));
        let help = near.map_or_else(|| "expected a table of the schema".into(), |near| format!("did you mean {near}?"));
        return Err(Error::Usage(format!("--copy names {table}, which --schema-file does not describe; {help}")));
    };
    let stored = || relation.columns.iter().filter(|column| !column.generated).map(|column| column.name.clone());
    let Some(columns) = &stream.columns else { return Ok(stored().collect()) };
    for (index, name) in columns.iter().enumerate() {
        let refuse = |what: &str| Err(Error::Usage(format!("--copy {table}: column {name} {what}")));
        match relation.column(name) {
            None => {
                let near = nearest(name.as_str(), relation.columns.iter().map(|column| column.name.as_str()));
                let near = near.map(|near| format!("; did you mean {}?", Name::new(near))).unwrap_or_default();
                return refuse(&format!("is not in the schema{near}"));
            }
            Some(column) if column.generated => return refuse("is generated, and COPY neither writes nor takes it"),
            Some(_) if columns.iter().take(index).any(|other| other == name) => return refuse("is named twice"),
            Some(_) => {}
        }
    }
    Ok(columns.clone())
}

/// Refuses a header line that does not name the columns in their order, as COPY does with `HEADER match`.
fn check_header(header: &Header, columns: &[Name], charset: Charset, table: &RelationName) -> Result<()> {
    for field in 0..header.names.len().max(columns.len()) {
        let found = header.names.get(field).and_then(|name| name.as_deref());
        let expected = columns.get(field);
        let same = found.zip(expected).is_some_and(|(found, expected)| charset.decode(found) == expected.as_str());
        if !same {
            let place = Place { table: Some(table.clone()), byte: Some(0), ..Place::default() };
            return Err(Error::Data { place, fault: Fault::HeaderDiffers { field: field + 1, expected: expected.cloned() } });
        }
    }
    Ok(())
}
