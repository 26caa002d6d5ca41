//! The ending that stops a restore.
//!
//! psql takes the end of its input inside COPY for the end of the data, and commits. So a stream that fails ends in a
//! row that COPY refuses and a statement that raises, and psql is told to stop there, with exit status 3.

use bytes::Bytes;

use super::trailer::Trailer;
use crate::row::layout::Layout;

/// What the server and the person who reads its message are told.
const REASON: &str = "pgveil stopped before the end of this dump, nothing of it must be kept";

/// How many fields no table has: the server's limit is 1600 columns (`MaxHeapAttributeNumber`, htup_details.h).
const TOO_MANY_TABS: usize = 1601;

/// What has been written of a script, as far as its bad ending depends on it.
#[derive(Clone, Debug, Default)]
pub struct Position {
    /// Inside a table's data: how many columns its statement names, if it names them.
    in_copy: Option<Option<usize>>,
    /// Inside an INSERT statement, behind one of its tuples.
    in_statement: bool,
    trailer: Trailer,
    /// It is no script: rows alone are written, in this form.
    bare: Option<Layout>,
}

impl Position {
    /// The position in a bare COPY stream.
    pub fn of_rows(layout: Layout) -> Position {
        Position { bare: Some(layout), ..Position::default() }
    }

    /// A COPY statement was written, with as many columns as it names.
    pub fn copy_start(&mut self, columns: Option<usize>) {
        self.in_copy = Some(columns);
    }

    /// An end marker was written.
    pub fn copy_end(&mut self) {
        self.in_copy = None;
    }

    /// An INSERT statement was begun, or ended.
    pub fn statement(&mut self, inside: bool) {
        self.in_statement = inside;
    }

    /// A backslash command was written.
    pub fn command(&mut self, line: &Bytes) {
        self.trailer.command(line);
    }

    /// The ending for a stream that stops here, at the end of a row, line or statement.
    pub fn poison(&self) -> Vec<u8> {
        let mut ending = Vec::new();
        if let Some(layout) = &self.bare {
            // More fields than any table has columns, whatever reads them; a quote that nobody closes says it once more. Twice, as
            // the first line may be taken for a header, which COPY skips (`NextCopyFromRawFields` in
            // src/backend/commands/copyfromparse.c).
            for _ in 0..2 {
                ending.extend_from_slice(REASON.as_bytes());
                ending.resize(ending.len() + TOO_MANY_TABS, layout.delimiter());
                ending.push(b'\n');
            }
            if let Layout::Csv(csv) = layout {
                ending.push(csv.quote);
                ending.extend_from_slice(REASON.as_bytes());
            }
            return ending;
        }
        if let Some(columns) = self.in_copy {
            ending.extend_from_slice(REASON.as_bytes());
            // One field too many, whatever the columns' types.
            ending.resize(ending.len() + columns.unwrap_or(TOO_MANY_TABS), b'\t');
            ending.extend_from_slice(b"\n\\.\n");
        } else if self.in_statement {
            // No statement that the server takes, so that not even its first rows stay.
            ending.extend_from_slice(format!("\n) {REASON};\n").as_bytes());
        } else {
            // A statement may end without a line end.
            ending.push(b'\n');
        }
        if let Some(key) = self.trailer.restricted() {
            ending.extend_from_slice(b"\\unrestrict ");
            ending.extend_from_slice(key);
            ending.push(b'\n');
        }
        ending.extend_from_slice(b"\\set ON_ERROR_STOP on\n");
        ending.extend_from_slice(format!("DO $pgveil$ BEGIN RAISE EXCEPTION '{REASON}'; END $pgveil$;\n").as_bytes());
        ending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::csv::Csv;
    use crate::row::layout::Text;

    #[test]
    fn the_ending_fits_the_place() {
        let mut position = Position::default();
        let text = |position: &Position| String::from_utf8(position.poison()).expect("text");
        assert!(text(&position).starts_with("\n\\set ON_ERROR_STOP on\nDO $pgveil$"));
        position.command(&Bytes::from_static(b"\\restrict key1\n"));
        position.copy_start(Some(2));
        let ending = text(&position);
        assert!(ending.starts_with(&format!("{REASON}\t\t\n\\.\n\\unrestrict key1\n\\set")), "{ending}");
        position.copy_start(Some(0));
        assert!(text(&position).starts_with(&format!("{REASON}\n\\.\n")));
        position.copy_start(None);
        assert_eq!(text(&position).matches('\t').count(), TOO_MANY_TABS);
        position.copy_end();
        position.statement(true);
        assert!(text(&position).starts_with(&format!("\n) {REASON};\n\\unrestrict key1\n\\set")), "{}", text(&position));
        position.statement(false);
        position.command(&Bytes::from_static(b"\\unrestrict key1\n"));
        assert!(!text(&position).contains("unrestrict"));
    }

    #[test]
    fn rows_alone_end_in_a_row_that_copy_refuses() {
        let text = |layout| String::from_utf8(Position::of_rows(layout).poison()).expect("text");
        let tabs = "\t".repeat(TOO_MANY_TABS);
        // Two: COPY … HEADER skips one.
        assert_eq!(text(Layout::Text(Text::default())), format!("{REASON}{tabs}\n{REASON}{tabs}\n"));
        let csv = Csv { delimiter: b';', ..Csv::default() };
        let row = format!("{REASON}{}\n", ";".repeat(TOO_MANY_TABS));
        assert_eq!(text(Layout::Csv(csv)), format!("{row}{row}\"{REASON}"));
    }
}
