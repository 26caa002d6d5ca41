//! Any bytes as a COPY stream of CSV, under options of any kind: no panic, nothing is lost, and rows of which no field is
//! masked stay as they are; what a mask made is read again as what it is.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use pgveil::dump::buffer::Buffer;
use pgveil::dump::copy::options::Options;
use pgveil::dump::copy::reader::{Piece, StreamReader};
use pgveil::encoding::Charset;
use pgveil::mask::{Cell, Mask, Masked, Refusal};
use pgveil::name::{Name, RelationName};
use pgveil::rewrite::{Choice, Part, RowProgram, Scratch, Step};
use pgveil::row::Value;
use pgveil::row::csv::Csv;
use pgveil::row::layout::Layout;

#[derive(Debug)]
struct Backwards;

impl Mask for Backwards {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend(cell.value.iter().rev());
        Ok(Masked::Value)
    }
}

fn program(fields: usize, masks: bool) -> RowProgram {
    let step = Step {
        field: 0,
        column: Name::new("a"),
        mask_name: "backwards",
        mask: Arc::new(Backwards),
        takes_empty: false,
        takes_null: false,
        reads: Vec::new(),
    };
    let steps = if masks { vec![step] } else { Vec::new() };
    RowProgram { fields, steps, rows: None, unless: None, choice: Choice::default(), charset: Charset::SqlAscii }
}

fuzz_target!(|data: &[u8]| {
    let Some((head, body)) = data.split_at_checked(5) else { return };
    let [delimiter, quote, escape, block, fields] = *head else { return };
    let _ = Options::parse(&String::from_utf8_lossy(body));
    if [delimiter, quote, escape].iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) || delimiter == quote {
        return;
    }
    let csv = Csv { delimiter, quote, escape, null: Vec::new() };
    let layout = Layout::Csv(csv.clone());
    let fields = usize::from(fields % 4) + 1;
    let buffer = Buffer::new(Box::new(std::io::Cursor::new(body.to_vec())), usize::from(block) + 1);
    let mut reader = StreamReader::new(buffer, RelationName::new("public", "t"), layout.clone(), 1 << 20);
    let mut read = Vec::new();
    loop {
        match reader.next_piece() {
            Ok(Some(Piece::Rows(rows))) => {
                read.extend_from_slice(&rows.bytes);
                let part = Part::of(&rows.bytes, rows.crlf);
                let mut out = Vec::new();
                if program(fields, false).run_delimited(&part, &layout, &mut Scratch::default(), &mut out).is_ok() {
                    assert_eq!(out, &rows.bytes[..]);
                    let mut masked = Vec::new();
                    let tally = program(fields, true).run_delimited(&part, &layout, &mut Scratch::default(), &mut masked).expect("was read");
                    check(&csv, &out, &masked, tally.rows_in);
                }
            }
            Ok(Some(Piece::End(end))) => read.extend_from_slice(&end),
            Ok(None) => return assert_eq!(read, body),
            Err(_) => return,
        }
    }
});

/// Each first field is what it was, backwards; the others are as they were.
fn check(csv: &Csv, mut before: &[u8], mut after: &[u8], rows: u64) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let (ends, ended) = (csv.line_end(before).expect("a row"), csv.line_end(after).expect("a row"));
        csv.split(&before[..ends], &mut old);
        csv.split(&after[..ended], &mut new);
        assert_eq!(old.len(), new.len());
        // The CR of a line end is no part of the only field of a row.
        if old.len() > 1 {
            let (mut one, mut two) = (Vec::new(), Vec::new());
            let value = csv.value(&before[old[0].clone()], &mut one);
            match (value, csv.value(&after[new[0].clone()], &mut two)) {
                (Value::Text(value), Value::Text(made)) if !value.is_empty() => {
                    // What is no UTF-8 backwards is not written as the mask made it.
                    assert!(!value.is_ascii() || value.iter().rev().eq(made));
                }
                (value, made) => assert_eq!(value, made),
            }
            assert_eq!(before[old[1].start..ends], after[new[1].start..ended]);
        }
        (before, after) = (&before[ends + 1..], &after[ended + 1..]);
    }
}
