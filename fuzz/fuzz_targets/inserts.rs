//! Any bytes behind `INSERT INTO t VALUES`: no panic; the reader, which finds where statements end, and the row program,
//! which reads their tuples, see the same rows; what no mask changes stays as it is, and what one made is read again.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use pgveil::dump::buffer::Buffer;
use pgveil::dump::event::{Event, InsertRows};
use pgveil::dump::script::reader::{Limits, ScriptReader};
use pgveil::encoding::Charset;
use pgveil::mask::{Cell, Mask, Masked, Refusal};
use pgveil::name::Name;
use pgveil::rewrite::{RowProgram, Run, Scratch, Step};
use pgveil::row::Value;
use pgveil::row::insert::{self, Field};

#[derive(Debug)]
struct Backwards;

impl Mask for Backwards {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend(cell.value.iter().rev());
        Ok(Masked::Value)
    }
}

/// The tuples of a run that the row program has read, with the fields of each.
fn tuples(text: &[u8], head: usize, backslashes: bool) -> Vec<Vec<Field>> {
    let mut all = Vec::new();
    let mut begin = 0;
    while begin < text.len() {
        let mut at = begin + head;
        loop {
            let mut fields = Vec::new();
            at = insert::tuple(text, insert::skip_blanks(text, at), backslashes, &mut fields).expect("was read before");
            all.push(fields);
            let next = insert::skip_blanks(text, at);
            if text.get(next) != Some(&b',') {
                break;
            }
            at = next + 1;
        }
        let end = at + text[at..].iter().position(|b| *b == b';').expect("a statement ends") + 1;
        begin = text[end..].iter().position(|b| *b == b'\n').map_or(text.len(), |line| end + line + 1);
    }
    all
}

fn check(text: &[u8], head: usize, backslashes: bool, rows: u64, shape: u8) {
    let fields = usize::from(shape & 3) + 1;
    let masked = usize::from(shape >> 2) % fields;
    let step = Step { field: masked, column: Name::new("c"), mask_name: "backwards", mask: Arc::new(Backwards), takes_empty: true, takes_null: false, reads: Vec::new() };
    let program = RowProgram { fields, steps: vec![step], rows: None, unless: None, choice: pgveil::rewrite::Choice::default(), charset: Charset::Utf8 };
    let mut out = Vec::new();
    let Ok(tally) = program.run_inserts(Run { text, head, backslashes }, &mut Scratch::default(), &mut out) else { return };
    assert_eq!(tally.rows_in, rows);
    let (before, after) = (tuples(text, head, backslashes), tuples(&out, head, backslashes));
    assert_eq!(before.len() as u64, rows);
    assert_eq!(before.len(), after.len());
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for (old, new) in before.iter().zip(&after) {
        assert_eq!((old.len(), new.len()), (fields, fields));
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            match (old.value(text, &mut one), new.value(&out, &mut other)) {
                // What is no UTF-8 backwards is not written as the mask made it.
                (Value::Text(old), Value::Text(new)) if index == masked => assert!(!old.is_ascii() || old.iter().rev().eq(new)),
                _ => assert_eq!(text[old.start..old.end], out[new.start..new.end]),
            }
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((shape, text)) = input.split_first() else { return };
    let setting = if shape & 1 == 1 { "off" } else { "on" };
    let script = [format!("SET standard_conforming_strings = {setting};\nINSERT INTO t VALUES ").as_bytes(), text, b"\n"].concat();
    for block in [1 << 20, 7] {
        let buffer = Buffer::new(Box::new(std::io::Cursor::new(script.clone())), block);
        let mut reader = ScriptReader::new(buffer, Limits { max_row: 1 << 20, require_trailer: false });
        while let Ok(Some(event)) = reader.next_event() {
            if let Event::Insert(found) = event
                && let InsertRows::Values(rows) = found.rows
            {
                check(&found.text, found.head, found.backslashes, rows, shape >> 1);
            }
        }
    }
});
